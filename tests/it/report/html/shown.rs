//! What is shown: the answer first, words on one scale, everything explained where it stands.

use attncheck::report::example::VerdictWord;

use super::*;

/// The page of these examples with raw scores as they are named.
fn scored(scores: &[f64]) -> String {
    let mut list = examples();
    list.truncate(1);
    list[0].text = (0..scores.len()).map(|i| format!("w{i}")).collect::<Vec<_>>().join(" ");
    let mut at = 0;
    list[0].words = (0..scores.len())
        .map(|i| {
            let word = format!("w{i}");
            let start = at;
            at += word.len() + 1;
            WordReport { end: start + word.len(), text: word, sequence: 0, start, pieces: 1, unknown: false }
        })
        .collect();
    for reading in &mut list[0].readings {
        reading.scores = Measure::of(scores.to_vec());
    }
    for reference in &mut list[0].references {
        reference.scores = missing("not here");
    }
    page(&report_of(&list))
}

/// The bars above the words: the numbers of their classes.
fn bars(page: &str) -> Vec<String> {
    let tags = check(page);
    let words = tags.iter().filter(|tag| tag.name == "b" && tag.parent == "p" && tag.text.starts_with('w'));
    words.map(|tag| tag.get("class").unwrap_or("").to_owned()).collect()
}

#[test]
fn a_flat_map_looks_flat_and_one_word_alone_does_not() {
    assert_eq!(bars(&scored(&[0.05; 20])), ["a2"; 20]);
    // The same up to rounding, and in another unit.
    let almost: Vec<f64> = (0..20).map(|i| 7.0 + 1e-6 * f64::from(i)).collect();
    assert_eq!(bars(&scored(&almost)), ["a2"; 20]);
    let mut one = [0.001; 20];
    one[4] = 0.9;
    let shown = bars(&scored(&one));
    assert_eq!((shown[4].as_str(), shown[5].as_str()), ("a9", ""));
    // Below 0 in capitals.
    assert_eq!(bars(&scored(&[1.0, -1.0])), ["a2", "A2"]);
    assert_eq!(bars(&scored(&[0.0; 3])), [""; 3]);
}

#[test]
fn every_method_has_a_row_of_the_same_shades() {
    let page = page(&drawn());
    let tags = check(&page);
    let rows: Vec<&str> = tags.iter().filter_map(|tag| tag.get("data-s")).collect();
    // Three readings, their variants where a word is a sink, and two references; a character a word.
    assert!(rows.len() >= 15, "{rows:?}");
    assert_eq!((rows[0].len(), rows[0]), (13, rows[1]));
    assert!(rows.iter().all(|row| row.chars().all(|c| c.is_ascii_digit() || ('a'..='j').contains(&c))));
    assert!(rows.iter().any(|row| row.contains(|c: char| c.is_ascii_lowercase())), "none speaks against");
    assert_eq!(page.matches("times an even share").count(), 3);
}

#[test]
fn the_answer_is_the_headline() {
    let report = report();
    let answer = report.summary.answer.as_ref().unwrap();
    let page = page(&report);
    let tags = check(&page);
    let headline = tags.iter().find(|tag| tag.name == "h1").unwrap();
    assert!(answer.sentences[0].starts_with(headline.text.split('&').next().unwrap()), "{}", headline.text);
    let items = tags.iter().filter(|tag| tag.name == "li" && tag.parent == "ul").count();
    assert!(items >= answer.sentences.len() - 1);
    assert!(page.contains("data-name=\"file-effects\""));
    // A report that knows of no answer asks its question.
    let old = self::page(&report_of(&examples()));
    assert!(old.contains("<h1>How far may the attention maps of sst2-tiny-s1 be believed?</h1>"));
}

#[test]
fn every_verdict_and_term_says_what_it_means() {
    let page = page(&report());
    let tags = check(&page);
    let marks: Vec<_> =
        tags.iter().filter(|tag| tag.get("class").is_some_and(|class| class.starts_with("v "))).collect();
    assert!(marks.len() > 20);
    for mark in marks {
        assert!(mark.get("title").is_some_and(|title| title.ends_with('.')), "{mark:?}");
    }
    for heading in ["tau", "luck p", "consistency", "robustness", "leverage", "violation"] {
        let explained = tags.iter().any(|tag| tag.text == heading && tag.get("title").is_some());
        assert!(explained, "{heading}");
    }
    for word in VerdictWord::ALL {
        let told = tags.iter().any(|tag| tag.parent == "dt" && tag.text == word.name());
        assert!(told, "{} is not in the list of terms", word.name());
    }
}

#[test]
fn each_text_has_its_title_and_every_plot_its_name() {
    let page = page(&drawn());
    let tags = check(&page);
    let names: Vec<&str> = tags.iter().filter_map(|tag| tag.get("data-name")).collect();
    for name in [
        "file-verdicts",
        "file-means",
        "text-1-words",
        "text-1-erasure-raw",
        "text-1-swaps-row",
        "text-1-heads",
    ] {
        assert_eq!(names.iter().filter(|n| **n == name).count(), 1, "{name} in {names:?}");
    }
    // Whatever is drawn can be saved, but for what others use.
    let plots = tags.iter().filter(|tag| tag.name == "svg" && tag.get("aria-hidden").is_none()).count();
    assert_eq!(plots, names.len());
    let titles = tags.iter().filter(|tag| tag.name == "summary" && tag.parent == "details").count();
    assert!(titles >= 3);
}

#[test]
fn long_texts_have_bands_and_the_whole_text_once() {
    let page = scored(&vec![0.01; 120]);
    check(&page);
    assert_eq!(page.matches("class=\"column\"").count(), 120);
    // Each method is named before each of its three bands.
    assert_eq!(page.matches(">rollout</text>").count(), 3 + 2);
}
