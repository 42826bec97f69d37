//! What was run, and what the numbers mean.

use std::io;

use super::markup::{Page, put};
use crate::report::say::count;
use crate::report::settings::Settings;

pub(super) fn settings(page: &mut Page<'_>, found: &Settings) -> io::Result<()> {
    put!(page, "<section id=settings>\n<h2>Settings</h2>\n<dl>\n");
    let model = &found.model;
    let revision = model.revision.as_ref().map(|revision| format!(" at {revision}")).unwrap_or_default();
    let adversary = &found.adversary;
    let limits = &found.thresholds;
    let rows: [(&str, String); 13] = [
        ("model", format!("{}{revision}", model.name)),
        (
            "architecture",
            format!(
                "{}, {} layers of {} heads, width {}, {} a head, {} tokens at most, {} on {}",
                model.family,
                model.layers,
                model.heads,
                model.width,
                model.head_width,
                model.longest,
                model.dtype,
                found.device
            ),
        ),
        ("weights", format!("sha256 {}", model.sha256)),
        (
            "texts",
            format!(
                "{}: {} read, {} left out{}{}",
                found.input.name,
                found.input.examples,
                count(found.input.empty_lines, "empty line"),
                if found.input.notes.is_empty() { "" } else { "; " },
                found.input.notes.join("; ")
            ),
        ),
        ("explained", format!("{} of the class {}", found.target, found.class)),
        ("scored", found.units.clone()),
        ("erasure", format!("by {}, checked by {}", found.operator, found.second_operator)),
        ("baseline", found.baseline.clone()),
        (
            "effort",
            format!(
                "{}: {} random orders, {} permutations, {} permuted patterns, adversary of {} candidates and {} steps",
                found.effort,
                found.random_orders,
                found.permutations,
                found.permuted_patterns,
                adversary.candidates,
                adversary.steps
            ),
        ),
        ("methods", if found.only.is_empty() { "all".to_owned() } else { found.only.join(", ") }),
        ("seed", found.seed.to_string()),
        (
            "conventions of the verdict",
            format!(
                "margin {}, ε {}, JSD {} nats, ceiling {}, {} words, level {}",
                limits.margin, limits.epsilon, limits.jsd, limits.ceiling, limits.words, limits.alpha
            ),
        ),
        ("attncheck", found.attncheck.clone()),
    ];
    let notes = model.notes.iter().map(|note| ("note", note.clone()));
    for (name, value) in rows.into_iter().chain(notes) {
        put!(page, "<dt>", (name), "<dd><bdi>", (value), "</bdi>\n");
    }
    put!(page, "</dl>\n</section>\n");
    Ok(())
}

/// What the numbers mean, for who has not read the manual.
pub(super) fn legend(page: &mut Page<'_>) -> io::Result<()> {
    const TERMS: [(&str, &str); 12] = [
        (
            "supported",
            "the evidence supports showing this map: erasing its words costs more than erasing random ones, and no very \
             different attention gives the same prediction",
        ),
        ("mixed", "the evidence disagrees with itself; the reasons say where"),
        ("contradicted", "the evidence speaks against this map as an explanation"),
        ("inert", "the prediction ignores where this attention goes"),
        ("inconclusive", "the references disagree with one another, so nothing can be concluded"),
        ("insufficient", "too few words to conclude anything"),
        (
            "tau",
            "agreement with leave-one-out in ranking words, −1 to 1; p: how often a shuffled map agrees as well. Read it \
             beside the ceiling, which is how well the references agree with one another",
        ),
        (
            "excess",
            "probability lost by erasing the map's top words, minus that lost by as many random ones; 0 is chance. Luck p: \
             how likely one more random order does as well",
        ),
        ("violation", "erasing the top word alone raised the prediction"),
        (
            "leverage",
            "largest change of the prediction (TVD, 0 to 1) by uniform, permuted and one-hot attention; below ε the site is \
             inert",
        ),
        (
            "JSD",
            "how far another map is from the observed one, in nats, at most 0.69; a counterfactual with a large JSD and a \
             TVD up to ε is another explanation of the same prediction",
        ),
        (
            "shades of words",
            "blue: weight, or speaks for the explained class; orange with a dotted line: speaks against it; strength is the \
             share of the method's own largest score",
        ),
    ];
    put!(page, "<section id=reading>\n<h2>How to read this</h2>\n<dl>\n");
    for (term, meaning) in TERMS {
        put!(page, "<dt>", (term), "<dd>", (meaning), "\n");
    }
    put!(
        page,
        "</dl>\n<h3 id=plots>The plots</h3>\n<dl>\n<dt>erasure<dd>probability of the explained class lost by erasing the \
         top words (comprehensiveness, higher is better) and by keeping only them (sufficiency, lower is better), by how \
         many words. Grey: nine of ten random orders lie in the band, and the line in it is their mean\n\
         <dt>swaps<dd>each mark is another attention at the site: to the right the map differs more, upward the prediction \
         moves more, on a square-root axis that is the same in every plot. In the shaded corner, beyond the threshold of \
         JSD and below ε, a very different map gives the same prediction. Faint marks do not count there, because they \
         still point at the words that the map highlights\n\
         <dt>heads<dd>each head's pattern, queries downward and keys across, darker where more attention goes, by the \
         square root of the weight; each row sums to 1. The framed row of the large pattern is the decision token's, which \
         the readings take. The arrow keys move over it, where scripts run\n</dl>\n<p>A map that agrees with people is plausible; that is another matter, and never enters a verdict. The \
         thresholds are conventions, told under Settings.</p>\n</section>\n"
    );
    Ok(())
}
