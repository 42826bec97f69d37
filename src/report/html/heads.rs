//! Every head's pattern as a small picture with its figures, and one of them large, token by token.
//!
//! A picture is kept once, as a property of the section's style, and drawn both small and large. Which one is large is a
//! matter of radio buttons and style rules, so it works without scripts.

use std::io;

use super::markup::{Page, put};
use super::parts::{Heading, numbers, table};
use crate::report::drawn::Drawn;
use crate::report::drawn::names::safe;
use crate::report::drawn::plots::patterns;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, percent, signed};
use crate::report::say::terms::Term;

/// Tokens beside which there is room for a label.
const LABELLED: usize = 128;

pub(super) fn heads(
    page: &mut Page<'_>,
    prefix: &str,
    i: usize,
    maps: Option<&Drawn>,
    notes: &mut Notes,
) -> io::Result<()> {
    put!(page, "<h4>Heads</h4>\n");
    let Some(maps) = maps else {
        put!(page, "<p class=note>The patterns were not kept in this report (--maps).</p>\n");
        return Ok(());
    };
    let (first, layers) = (maps.first, maps.layers);
    if first > 0 {
        put!(page, "<p class=warning>To keep the page small only ");
        match first.checked_sub(1) {
            _ if first >= layers => put!(page, "the figures of the heads are shown, not their patterns"),
            Some(0) => put!(page, "the patterns of layers 1 and up are drawn, not those of layer 0"),
            last => {
                put!(page, "the patterns of layer ", (first), " and up are drawn, not those of layers 0 to ");
                put!(page, (last.unwrap_or(0)));
            }
        }
        put!(page, "; a JSON document with --maps has them all.</p>\n");
    }
    if first < layers {
        put!(
            page,
            "<p class=note>Under each pattern: tau with leave-one-out, share of the decision row on special tokens. \
             Choose one to see it large. <a href=#plots>More</a></p>\n"
        );
        drawn(page, i, maps)?;
        saved(page, prefix, maps)?;
    }
    if !maps.heads.is_empty() {
        figures(page, maps, notes)?;
    }
    Ok(())
}

/// The grid and the large pattern.
fn drawn(page: &mut Page<'_>, i: usize, maps: &Drawn) -> io::Result<()> {
    let heads = maps.per_layer;
    let last = maps.layers.saturating_sub(1) * heads;
    put!(page, "<div class=heads style=\"--n:", (maps.pieces.len()), ";--h:", (heads));
    for (k, picture) in (maps.first * heads..).zip(&maps.pictures) {
        if let Some(picture) = picture {
            put!(page, ";--m", (k), ":url(data:image/png;base64,", (picture), ")");
        }
    }
    put!(page, "\">\n<fieldset class=grid aria-label=\"Choose a head\">\n");
    for layer in maps.first..maps.layers {
        put!(page, "<span class=layer>layer ", (layer), "</span>");
        for head in 0..heads {
            let k = layer * heads + head;
            put!(page, "<label><input type=radio name=h", (i), " value=k", (k));
            if k == last {
                put!(page, " checked");
            }
            put!(
                page,
                "><i class=\"map k",
                (k),
                "\" role=img aria-label=\"layer ",
                (layer),
                ", head ",
                (head)
            );
            put!(page, "\"></i>");
            if let Some(found) = maps.heads.get(k) {
                let tau = found.tau.value.map_or_else(|| "–".to_owned(), signed);
                put!(page, "<b>", (tau), "</b> ", (percent(found.special_mass)));
            }
            put!(page, "</label>");
        }
        put!(page, "\n");
    }
    put!(
        page,
        "<div class=ramp role=img aria-label=\"Shades of the patterns: white is weight 0, the darkest is 1, by the \
         square root\"><i></i><span>0</span><span>.04</span><span>.25</span><span>1</span></div></fieldset>\n"
    );
    large(page, maps)?;
    put!(page, "</div>\n");
    Ok(())
}

/// The same as one plot, out of sight: what the script saves, with the pictures from the style above.
fn saved(page: &mut Page<'_>, prefix: &str, maps: &Drawn) -> io::Result<()> {
    let Some(plot) = patterns::plot(maps) else { return Ok(()) };
    let name = safe(&format!("{prefix}{}", plot.name));
    put!(page, "<figure class=\"plot saved\" data-name=\"", (name), "\"><div hidden>");
    plot.draw(page)?;
    put!(page, "</div></figure>\n");
    Ok(())
}

/// The chosen pattern with a label for each token.
fn large(page: &mut Page<'_>, maps: &Drawn) -> io::Result<()> {
    let t = maps.pieces.len();
    let size = match t {
        0..=20 => "huge",
        21..=32 => "wide",
        33..=64 => "middle",
        65..=LABELLED => "narrow",
        _ => "bare",
    };
    put!(page, "<div class=\"large ", (size), "\"><p class=chosen aria-live=polite></p><div class=matrix>");
    if t <= LABELLED {
        for side in ["keys", "queries"] {
            put!(page, "<ol class=", (side), " aria-label=", (side), ">");
            for (place, piece) in maps.pieces.iter().enumerate() {
                if place == maps.decision {
                    put!(page, "<li class=decision>");
                } else {
                    put!(page, "<li>");
                }
                put!(page, (piece));
            }
            put!(page, "</ol>");
        }
    }
    put!(
        page,
        "<div class=\"map big\" role=img aria-label=\"the chosen head's pattern, a row per query, a column per \
         key\" style=\"--d:",
        (maps.decision),
        "\"></div></div>\n"
    );
    if t > LABELLED {
        put!(page, "<p class=note>With ", (t), " tokens there is no room for their names.</p>");
    }
    put!(page, "</div>\n");
    Ok(())
}

/// A row per head.
fn figures(page: &mut Page<'_>, maps: &Drawn, notes: &mut Notes) -> io::Result<()> {
    put!(page, "<details><summary>Figures of every head</summary><p class=note>The best of ");
    put!(page, (maps.heads.len()), " heads reaches by luck, in one case of twenty, a tau of ");
    page.noted(&notes.show(&maps.best_of_all_p95, signed))?;
    put!(page, "; p is against the best of all heads.</p>");
    table(
        page,
        "figures",
        &[
            "head".into(),
            Term::Entropy.into(),
            Heading::Named(Term::Entropy, "of the decision row"),
            Term::Specials.into(),
            Term::Sinks.into(),
            Term::Tau.into(),
            Term::P.into(),
            "the decision row attends to".into(),
        ],
    )?;
    for (head, attended) in maps.heads.iter().zip(&maps.attended) {
        numbers(page, head, notes)?;
        put!(page, "<td>");
        for (rank, (key, weight)) in attended.iter().enumerate() {
            if rank > 0 {
                put!(page, ", ");
            }
            put!(page, "<i>", (maps.pieces[*key]), "</i> ", (fine(*weight)));
        }
        put!(page, "\n");
    }
    put!(page, "</table></div></details>\n");
    Ok(())
}
