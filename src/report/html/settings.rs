//! What was run, and what the numbers mean.

use std::io;

use super::markup::{Page, put};
use super::parts::verdict;
use crate::report::say::count;
use crate::report::say::reading::cut_from;
use crate::report::say::terms::{self, Term};
use crate::report::settings::Settings;
use crate::report::verdict::VerdictWord;

pub(super) fn settings(page: &mut Page<'_>, found: &Settings) -> io::Result<()> {
    put!(page, "<section id=settings>\n<h2>Settings</h2>\n");
    rows(page, found)?;
    put!(page, "</section>\n");
    Ok(())
}

/// What was run, as a list.
pub(super) fn rows(page: &mut Page<'_>, found: &Settings) -> io::Result<()> {
    put!(page, "<dl>\n");
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
        ("scored", found.scored()),
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
    let draws = found.spent.knockouts;
    let told = || format!("edges {}, against {draws} draws of random words", cut_from(&found.knockout_from));
    let knockout = (draws > 0).then(|| ("attention knockout", told()));
    for (name, value) in rows.into_iter().chain(knockout).chain(notes) {
        put!(page, "<dt>", (name), "<dd><bdi>", (value), "</bdi>\n");
    }
    put!(page, "</dl>\n");
    Ok(())
}

/// What the verdicts and the terms mean, for who has not read the manual.
pub(super) fn legend(page: &mut Page<'_>) -> io::Result<()> {
    put!(page, "<section id=reading>\n<h2>How to read this</h2>\n<dl>\n");
    for word in VerdictWord::ALL {
        put!(page, "<dt>");
        verdict(page, word)?;
        put!(page, "<dd>", (terms::verdict(word)), "\n");
    }
    for term in Term::ALL {
        put!(page, "<dt>", (term.name()), "<dd>", (term.meaning()), "\n");
    }
    put!(page, "</dl>\n");
    plots(page)?;
    put!(
        page,
        "<p>A map that agrees with people is plausible; that is another matter, and never enters a verdict. The \
         thresholds are conventions, told under Settings.</p>\n</section>\n"
    );
    Ok(())
}

/// How the plots of a text are read.
fn plots(page: &mut Page<'_>) -> io::Result<()> {
    put!(
        page,
        "<h3 id=plots>The plots</h3>\n<dl>\n<dt>words<dd>each word's share of all scores of a method, by size, in \
         multiples of an even share, 1/n of n words: 1× is what a map gives that distinguishes nothing. The scale is the \
         same for every method and every text. Blue: weight, or speaks for the explained class; orange with a dash or \
         dots: speaks against it. A word under the pointer is marked everywhere; with the text or the plot chosen by \
         Tab, the arrow keys go from word to word\n\
         <dt>erasure<dd>probability of the explained class lost by erasing the \
         top words (comprehensiveness, higher is better) and by keeping only them (sufficiency, lower is better), by how \
         many words. Grey: nine of ten random orders lie in the band, and the line in it is their mean\n\
         <dt>swaps<dd>each mark is another attention at the site: to the right the map differs more, upward the prediction \
         moves more, on a square-root axis that is the same in every plot. In the shaded corner, beyond the threshold of \
         JSD and below ε, a very different map gives the same prediction. Faint marks do not count there, because they \
         still point at the words that the map highlights\n\
         <dt>heads<dd>each head's pattern, queries downward and keys across, darker where more attention goes, by the \
         square root of the weight; each row sums to 1. The framed row of the large pattern is the decision token's, which \
         the readings take. The arrow keys move over it, where scripts run\n</dl>\n"
    );
    Ok(())
}

/// The same for a report that has other numbers than an audit: these terms, and the verdicts where it has any.
pub(super) fn terms_of(page: &mut Page<'_>, verdicts: bool, of: &[Term]) -> io::Result<()> {
    put!(page, "<section id=reading>\n<h2>How to read this</h2>\n<dl>\n");
    for word in VerdictWord::ALL.into_iter().filter(|_| verdicts) {
        put!(page, "<dt>");
        verdict(page, word)?;
        put!(page, "<dd>", (terms::verdict(word)), "\n");
    }
    for term in of {
        put!(page, "<dt>", (term.name()), "<dd>", (term.meaning()), "\n");
    }
    put!(page, "</dl>\n</section>\n");
    Ok(())
}
