//! Erasure bin by bin: a plot per reading, and the numbers.

use std::io;

use super::markup::{Page, put};
use super::parts::figures;
use crate::report::drawn::curves;
use crate::report::erasure::Erasure;
use crate::report::example::ExampleReport;
use crate::report::say::number::signed;

pub(super) fn curves(page: &mut Page<'_>, prefix: &str, i: usize, example: &ExampleReport) -> io::Result<()> {
    let found = curves::drawable(example);
    let Some((_, first)) = found.first() else { return Ok(()) };
    put!(
        page,
        "<h4>Erasure</h4>\n<p class=note>Probability lost by erasing the top words, or by keeping only them; grey: \
         nine of ten random orders, and their mean. <a href=#plots>More</a></p>\n"
    );
    figures(page, prefix, curves::plots(i, example))?;
    table(page, &found, first)
}

fn table(page: &mut Page<'_>, found: &[(String, &Erasure)], first: &Erasure) -> io::Result<()> {
    let bins = first.bins.len();
    put!(page, "<details><summary>Erasure in numbers</summary><div class=scroll><table><thead><tr><th>");
    for heading in ["comprehensiveness", "sufficiency"] {
        put!(page, "<th scope=colgroup colspan=", (bins), ">", (heading));
    }
    put!(page, "<th><tr><th scope=col>words");
    for words in first.bins.iter().chain(&first.bins) {
        put!(page, "<th scope=col>", (words));
    }
    put!(page, "<th scope=col>bottom up<tbody>\n");
    for (name, erasure) in found {
        put!(page, "<tr><th scope=row>", (name));
        for value in erasure.comprehensiveness.iter().chain(&erasure.sufficiency) {
            put!(page, "<td>", (signed(*value)));
        }
        let bottom = erasure.aopc_bottom_up.value.map_or_else(|| "–".to_owned(), signed);
        put!(page, "<td>", (bottom), "\n");
    }
    put!(page, "<tr><th scope=row>random orders: mean, 5 % to 95 %");
    for band in first.random_comprehensiveness.iter().chain(&first.random_sufficiency) {
        put!(page, "<td>", (signed(band.mean)), "<br>", (signed(band.low)), "…", (signed(band.high)));
    }
    put!(page, "<td>\n</table></div></details>\n");
    Ok(())
}
