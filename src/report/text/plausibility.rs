//! Agreement with what people marked, in a section of its own.

use super::notes::size;
use super::page::Text;
use super::table::{Align, Table};
use crate::attribution::LEAVE_ONE_OUT;
use crate::report::example::ReadingReport;
use crate::report::plausibility::{MapPlausibility, Plausibility, PlausibilitySummary};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{plain, share};

/// One example: the reading that people would show, beside leave-one-out.
pub(super) fn example(
    text: Text,
    found: &Plausibility,
    shown: Option<&ReadingReport>,
    notes: &mut Notes,
) -> String {
    let mut told = vec![format!(
        "people marked {} of {}, and each map is cut to its top {}",
        found.marked,
        count(found.words, "word"),
        found.selected
    )];
    let wanted = |map: &&MapPlausibility| {
        let reading = shown.is_some_and(|r| r.method == map.method && r.sinks_removed == map.sinks_removed);
        reading || map.method == LEAVE_ONE_OUT
    };
    for map in found.maps.iter().filter(wanted) {
        told.push(format!(
            "{}: token F1 {}, IOU F1 {}, average precision {}",
            map.method,
            notes.show(&map.token_f1, plain),
            notes.show(&map.iou_f1, plain),
            notes.show(&map.average_precision, plain)
        ));
    }
    told.push(format!("chance: token F1 {}", notes.show(&found.chance, plain)));
    text.paragraph("plausible   ", &format!("{} (no verdict rests on it)", told.join("; ")))
}

/// Agreement of every map with people, over all examples.
pub(super) fn summary(text: Text, found: &PlausibilitySummary, all: usize, notes: &mut Notes) -> String {
    let mut table = Table::new(&[
        (Align::Left, "plausibility"),
        (Align::Left, "token F1, 95 %"),
        (Align::Left, "IOU F1, 95 %"),
        (Align::Left, "average precision, 95 %"),
    ]);
    for map in found.maps.iter().filter(|map| !map.sinks_removed) {
        let mut cells = vec![map.method.clone().into()];
        cells.extend(
            [&map.token_f1, &map.iou_f1, &map.average_precision].map(|f1| notes.alone(f1, size).into()),
        );
        table.row(cells);
    }
    table.row(vec!["chance".into(), notes.alone(&found.chance, size).into(), "".into(), "".into()]);
    let marked =
        found.marked.value.as_ref().map(|marked| format!(", who marked {} of the words", share(marked)));
    let note = format!(
        "agreement with what people marked in {} of {}{}; chance: as many random words, in the mean; a map that agrees with people is plausible, which is another \
         matter than faithful: no verdict rests on it",
        found.examples,
        count(all, "example"),
        marked.unwrap_or_default()
    );
    format!("{}{}", table.print(text), text.paragraph("", &note))
}
