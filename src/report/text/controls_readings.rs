//! What the controls say of every reading: text by text, and on files.

use super::controls::brief;
use super::names::abbreviated;
use super::page::Text;
use super::table::grid;
use crate::report::controls::ControlsReport;

/// False alarms and power of every reading, text by text.
pub(super) fn texts(text: Text, report: &ControlsReport) -> String {
    if report.readings.is_empty() {
        return String::new();
    }
    let columns = ["false supp", "false contra", "supported", "contradicted", "saturated"];
    let mut lines = vec![head("reading", &columns)];
    for of in &report.readings {
        let rates = [
            &of.false_supported,
            &of.false_contradicted,
            &of.power_supported,
            &of.power_contradicted,
            &of.power_saturated,
        ];
        let mut line = vec![name(&of.reading, of.sinks_removed)];
        line.extend(rates.map(|rate| brief(&rate.all)));
        lines.push(line);
    }
    let mut out = text.title('─', "every reading, text by text, %");
    out.push_str(&grid(text, &lines));
    out.push_str(&text.paragraph(
        "",
        &format!(
            "supported, contradicted: how often either is said where it alone is right; saturated: supported, where p tells \
             little; what is right for a reading of a model is told by how it ranks the words of {} texts that are not \
             audited (attncheck guide controls); over every n, behind each rate its 95 % interval over models",
            report.settings.looks
        ),
    ));
    out
}

/// The verdict on files, one model each.
pub(super) fn files(text: Text, report: &ControlsReport) -> String {
    let mut sizes: Vec<usize> = report.files.iter().map(|of| of.texts).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut out = String::new();
    for size in sizes {
        let columns = ["false shows", "false part", "false chance", "shows", "chance", "texts"];
        let mut lines = vec![head("reading", &columns)];
        for of in report.files.iter().filter(|of| of.texts == size) {
            let rates = [
                &of.false_shows,
                &of.false_part,
                &of.false_chance,
                &of.power_shows,
                &of.power_chance,
                &of.power_texts,
            ];
            if rates.iter().all(|rate| rate.value.is_none()) {
                continue;
            }
            let mut line = vec![name(&of.reading, of.sinks_removed)];
            line.extend(rates.map(brief));
            lines.push(line);
        }
        if lines.len() > 1 {
            out.push_str(&text.title('─', &format!("the verdict on files of {size} texts, %")));
            out.push_str(&grid(text, &lines));
        }
    }
    if !out.is_empty() {
        out.push_str(&text.paragraph(
            "",
            "false shows, false part: said to show what decides, or part of it, where its ranking finds no more than \
             chance; false chance: no more than chance, where it ranks as the truth does; shows, chance: how often either is \
             said where it is right; texts: how many are supported in files where nothing can stand in for the map",
        ));
    }
    out
}

fn head(first: &str, columns: &[&str]) -> Vec<String> {
    [first].iter().chain(columns).map(|&column| column.to_owned()).collect()
}

fn name(reading: &str, sinks_removed: bool) -> String {
    let name = abbreviated(reading);
    if sinks_removed { format!("{name} −sinks") } else { name }
}
