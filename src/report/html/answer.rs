//! The verdict on the file: the headline of the page.

use std::io;

use super::markup::{Page, put};
use crate::report::answer::FileAnswer;
use crate::report::say::answer as say;
use crate::report::say::reading::name;

/// The sentences, the first as a headline, and a row a reading.
pub(super) fn answer(page: &mut Page<'_>, answer: &FileAnswer) -> io::Result<()> {
    for (i, sentence) in answer.sentences.iter().enumerate() {
        if i == 0 {
            put!(page, "<p class=answer><b>", (sentence), "</b></p>\n");
        } else {
            put!(page, "<p>", (sentence), "</p>\n");
        }
    }
    put!(
        page,
        "<div class=scroll><table><caption>The verdict on the file: the share that each map finds of what erasure \
         finds, with its 95 % interval over texts</caption><thead><tr><th scope=col>reading<th scope=col>verdict<th \
         scope=col>effect<th scope=col>grounds<tbody>\n"
    );
    for found in say::told(answer) {
        put!(
            page,
            "<tr><th scope=row>",
            (name(&found.method, found.sinks_removed)),
            "<td>",
            (say::verdict(found.verdict)),
            "<td>",
            (say::found(found)),
            "<td>",
            (say::grounds(found)),
            "\n"
        );
    }
    put!(page, "</table></div>\n");
    Ok(())
}
