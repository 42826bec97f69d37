//! The checks of a user's own model.

use std::io;

use super::frame;
use super::markup::{Page, put};
use super::parts::{Heading, end_table, figures, method, table};
use super::{settings, summary};
use crate::report::drawn::plots::own::plots;
use crate::report::html::Html;
use crate::report::measure::Measure;
use crate::report::own::{Cascade, Check, ChoiceAgreement, MapVerdicts, ModelReport};
use crate::report::render::{Render, RenderError};
use crate::report::say::count;
use crate::report::say::number::{percent, plain};
use crate::report::say::terms::Term;
use crate::report::verdict::VerdictWord;

/// What its numbers are called.
const TERMS: [Term; 5] = [Term::Tau, Term::Operators, Term::FalseAlarm, Term::Loo, Term::Interval];

impl Render<ModelReport> for Html {
    fn render(&self, report: &ModelReport, out: &mut dyn io::Write) -> Result<(), RenderError> {
        let page = &mut Page::new(out);
        let (found, checked) = (&report.settings, &report.checked);
        frame::head(
            page,
            &frame::Head {
                attncheck: &found.attncheck,
                title: format!("How far an audit of {} can be trusted", found.model.name),
                what: format!(
                    "How far an audit of {} can be trusted: {} of {}",
                    found.model.name,
                    count(checked.texts, "text"),
                    found.input.name
                ),
                answer: &checked.sentence,
                sections: &[
                    ("summary", "Checks"),
                    ("measured", "What was measured"),
                    ("settings", "Settings"),
                    ("reading", "How to read this"),
                ],
                patterns: 0,
            },
        )?;
        put!(page, "<section id=summary>\n<h2>Checks</h2>\n");
        for warning in &report.warnings {
            put!(page, "<p class=warning>line ", (warning.line), ": ", (warning.text), "</p>\n");
        }
        checks(page, &checked.checks)?;
        put!(page, "</section>\n<section id=measured>\n<h2>What was measured</h2>\n");
        figures(page, "", plots(report))?;
        summary::key(page)?;
        agreements(page, "Leave-one-out by two ways of erasing", &checked.operators)?;
        agreements(page, "Integrated gradients from two baselines", &checked.baselines)?;
        cascade(page, &checked.randomisation)?;
        maps(page, &checked.maps)?;
        seeds(page, report)?;
        put!(page, "</section>\n");
        settings::settings(page, found)?;
        settings::terms_of(page, true, &TERMS)?;
        Ok(frame::tail(page)?)
    }
}

fn checks(page: &mut Page<'_>, checks: &[Check]) -> io::Result<()> {
    table(page, "failed", &["check", "outcome", "measured", "trusted", "so"].map(Heading::Plain))?;
    for check in checks {
        put!(page, "<tr><th scope=row>", (check.name));
        match check.holds {
            Some(true) => put!(page, "<td class=holds>passed"),
            Some(false) => put!(page, "<td class=fails>failed"),
            None => put!(page, "<td class=undecided>open"),
        }
        put!(page, "<td>", (check.measured), "<td>", (check.expected), "<td>");
        if check.holds == Some(false) {
            put!(page, (check.otherwise));
        }
        put!(page, "\n");
    }
    end_table(page)
}

/// A number with two decimals, or a dash where it is missing.
fn figure(measure: &Measure<f64>) -> String {
    measure.value.map_or_else(|| "–".to_owned(), plain)
}

fn agreements(page: &mut Page<'_>, title: &str, pairs: &[ChoiceAgreement]) -> io::Result<()> {
    put!(page, "<details><summary>", (title), "</summary>\n");
    table(page, "", &["pair".into(), Term::Tau.into(), Term::Interval.into(), "texts".into()])?;
    for pair in pairs {
        put!(page, "<tr><th scope=row>", (pair.first), ", ", (pair.second), "<td>");
        if let Some(tau) = &pair.tau.value {
            put!(page, (plain(*tau)));
        } else {
            put!(page, "– (", (pair.tau.why()), ")");
        }
        put!(page, "<td>");
        if let (Some(low), Some(high)) = (pair.low, pair.high) {
            put!(page, (plain(low)), "…", (plain(high)));
        }
        put!(page, "<td>", (pair.texts), "\n");
    }
    end_table(page)?;
    put!(page, "</details>\n");
    Ok(())
}

fn cascade(page: &mut Page<'_>, found: &Cascade) -> io::Result<()> {
    put!(page, "<details><summary>Likeness to itself as weights become random from the top, over ");
    put!(
        page,
        (count(found.texts, "text")),
        "</summary>\n<div class=scroll><table><thead><tr><th scope=col>random down to"
    );
    for stage in &found.stages {
        put!(page, "<th scope=col>", (stage));
    }
    put!(page, "<th scope=col>tells of the text alone<tbody>\n");
    for followed in &found.methods {
        method(page, &followed.method, false)?;
        for stage in &followed.stages {
            put!(page, "<td>", (figure(&stage.absolute)));
        }
        match followed.insensitive {
            Some(true) => put!(page, "<td class=fails>yes\n"),
            Some(false) => put!(page, "<td class=holds>no\n"),
            None => put!(page, "<td>–\n"),
        }
    }
    end_table(page)?;
    put!(page, "</details>\n");
    Ok(())
}

fn maps(page: &mut Page<'_>, maps: &[MapVerdicts]) -> io::Result<()> {
    put!(page, "<details><summary>What is said of whose map</summary>\n");
    let mut columns: Vec<Heading> = vec!["map of".into()];
    columns.extend(VerdictWord::ALL.map(Heading::Verdict));
    columns.extend(["judged", "supported", "contradicted"].map(Heading::Plain));
    table(page, "", &columns)?;
    for donor in maps {
        put!(page, "<tr><th scope=row>", (donor.donor));
        if donor.foreign {
            put!(page, " *");
        }
        for word in VerdictWord::ALL {
            let found = donor.verdicts.iter().find(|(of, _)| *of == word);
            put!(page, "<td>", (found.map_or_else(String::new, |(_, count)| count.to_string())));
        }
        put!(page, "<td>", (donor.judged));
        for (share, interval) in
            [(&donor.supported, donor.supported_interval), (&donor.contradicted, donor.contradicted_interval)]
        {
            put!(page, "<td>", (share.value.map_or_else(|| "–".to_owned(), percent)));
            if let Some((low, high)) = interval {
                put!(page, " [", (percent(low)), ", ", (percent(high)), "]");
            }
        }
        put!(page, "\n");
    }
    end_table(page)?;
    put!(
        page,
        "<p class=note>*: cannot be faithful, so supported is a false alarm; of integrated gradients contradicted would \
         be one.</p>\n</details>\n"
    );
    Ok(())
}

fn seeds(page: &mut Page<'_>, report: &ModelReport) -> io::Result<()> {
    let found = &report.checked.seeds;
    put!(page, "<p>Over ", (count(found.seeds, "seed")), ": the excess moves by ", (figure(&found.excess)));
    put!(
        page,
        " and the counterfactual's JSD by ",
        (figure(&found.jsd)),
        " in the mean; the verdict on raw changes on "
    );
    put!(page, (found.verdict_changes.value.map_or_else(|| "–".to_owned(), percent)), " of texts");
    if let Some((low, high)) = found.verdict_interval {
        put!(page, " [", (percent(low)), ", ", (percent(high)), "]");
    }
    put!(page, ".</p>\n");
    Ok(())
}
