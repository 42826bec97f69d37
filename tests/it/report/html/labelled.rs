//! Gold labels, pairs, rationales and gates.

use super::*;

/// The same with a pair, gold labels, what people marked, and gates; `text` wherever words come from outside.
fn labelled(text: &str) -> Report {
    let mut examples = examples();
    let marked = MapPlausibility {
        method: "raw".into(),
        sinks_removed: false,
        token_f1: Measure::of(0.44),
        iou_f1: missing("no stretch was marked"),
        average_precision: Measure::of(0.61),
    };
    examples[0].plausibility = Some(Plausibility {
        words: 13,
        marked: 3,
        selected: 4,
        chance: Measure::of(0.27),
        maps: vec![marked],
    });
    examples[0].gold = Some(Gold { label: text.into(), class: 1, correct: true });
    examples[1].gold = Some(Gold { label: text.into(), class: 0, correct: false });
    examples[1].pair = Some(text.to_owned());
    examples[1].words[2].sequence = 1;
    let mut report = report_of(&examples);
    let of = |x: f64| Measure::of(estimate(x, 2));
    let marked = MapPlausibilitySummary {
        method: "raw".into(),
        sinks_removed: false,
        token_f1: of(0.44),
        iou_f1: missing("no stretch was marked"),
        average_precision: of(0.61),
    };
    let group = Box::new(report_of(&examples[..1]).summary);
    let summary = &mut report.summary;
    summary.accuracy = Some(of(0.5));
    (summary.correct, summary.wrong) = (Some(group.clone()), Some(group));
    summary.plausibility =
        Some(PlausibilitySummary { examples: 1, chance: of(0.3), marked: of(0.2), maps: vec![marked] });
    for (passed, on) in [(true, GateOn::Estimate), (false, GateOn::Interval)] {
        report.gates.push(GateResult {
            gate: format!("{text} <= 0.2"),
            figure: "raw.contradicted".into(),
            on,
            found: of(0.25),
            judged: Some(0.35),
            passed,
        });
    }
    report
}

#[test]
fn gold_labels_pairs_rationales_and_gates_have_their_places() {
    let found = page(&labelled("plain"));
    check(&found);
    for told in [
        "<td class=fails>wrong: <bdi>plain</bdi>",
        "while the gold label is <b><bdi>plain</bdi></b>",
        "1 predicted correctly and 1 wrongly",
        "people marked 3 of 13 words (no verdict rests on it)",
        "another matter than faithful: no verdict rests on it",
        "0.61 [0.51, 0.71]",
        "plain &lt;= 0.2<td class=holds>passed<td>0.250 [0.150, 0.350]<td>2<td>the estimate",
        "<td class=fails>failed",
        "</p>\n<p dir=auto class=strip>",
        "<option value=wrong>wrong",
        " data-g=wrong>",
        "<span class=fails title=\"The predicted class is not the gold label.\">wrong</span>",
    ] {
        assert!(found.contains(told), "{told:?} is not told");
    }
    let hostile = page(&labelled("</b><script>"));
    check(&hostile);
    assert_eq!(shape(&hostile), shape(&found));
}
