//! Agreement with what people marked: in a place of its own, because no verdict rests on it.

use std::io;

use super::markup::{Page, put};
use super::notes::size;
use crate::report::plausibility::{Plausibility, PlausibilitySummary};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{plain, share};

const HEAD: &str = "token F1, IOU F1, average precision";

/// Agreement of every map with people, over all examples.
pub(super) fn summary(
    page: &mut Page<'_>,
    found: &PlausibilitySummary,
    all: usize,
    notes: &mut Notes,
) -> io::Result<()> {
    put!(page, "<h3>Plausibility</h3>\n<p class=note>Agreement with what people marked in ");
    put!(page, (found.examples), " of ", (count(all, "example")));
    if let Some(marked) = &found.marked.value {
        put!(page, ", who marked ", (share(marked)), " of the words");
    }
    put!(
        page,
        ". A map that agrees with people is plausible, which is another matter than faithful: no verdict rests on \
         it.</p>\n"
    );
    head(page)?;
    for map in found.maps.iter().filter(|map| !map.sinks_removed) {
        put!(page, "<tr><th scope=row>", (map.method));
        for measure in [&map.token_f1, &map.iou_f1, &map.average_precision] {
            put!(page, "<td>");
            page.noted(&notes.alone(measure, size))?;
        }
        put!(page, "\n");
    }
    put!(page, "<tr><th scope=row>random words<td>");
    page.noted(&notes.alone(&found.chance, size))?;
    put!(page, "<td><td>\n</table></div>\n");
    Ok(())
}

/// Agreement of one example's maps with people.
pub(super) fn example(page: &mut Page<'_>, found: &Plausibility, notes: &mut Notes) -> io::Result<()> {
    put!(page, "<details><summary>Plausibility: people marked ", (found.marked), " of ");
    put!(
        page,
        (count(found.words, "word")),
        " (no verdict rests on it)</summary>\n<p class=note>Each map is cut to its top "
    );
    put!(page, (found.selected), ".</p>\n");
    head(page)?;
    for map in found.maps.iter().filter(|map| !map.sinks_removed) {
        put!(page, "<tr><th scope=row>", (map.method));
        for measure in [&map.token_f1, &map.iou_f1, &map.average_precision] {
            put!(page, "<td>");
            page.noted(&notes.show(measure, plain))?;
        }
        put!(page, "\n");
    }
    put!(page, "<tr><th scope=row>random words<td>");
    page.noted(&notes.show(&found.chance, plain))?;
    put!(page, "<td><td>\n</table></div></details>\n");
    Ok(())
}

fn head(page: &mut Page<'_>) -> io::Result<()> {
    put!(page, "<div class=scroll><table><thead><tr><th scope=col>map");
    for heading in HEAD.split(", ") {
        put!(page, "<th scope=col>", (heading));
    }
    put!(page, "<tbody>\n");
    Ok(())
}
