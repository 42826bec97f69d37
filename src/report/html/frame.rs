//! The outermost parts of a page.

use std::io;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::markup::{Page, put};
use crate::report::drawn::style::STYLE as PLOTS;

/// What makes the page easier to use; it says everything without it.
const SCRIPT: &str = include_str!("script.js");
/// The style sheet of the page, after that of its plots.
const STYLE: &str = include_str!("page.css");

/// Nothing may be loaded or sent, and no script run but [`SCRIPT`], which is known by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; \
         form-action 'none'"
    )
});

/// What stands on top of a page.
pub(super) struct Head<'a> {
    /// The version that wrote it.
    pub attncheck: &'a str,
    /// The window's title.
    pub title: String,
    /// What was done, in small letters above the answer.
    pub what: String,
    /// The answer: the headline.
    pub answer: &'a str,
    /// The sections of the page: an id and a name each.
    pub sections: &'a [(&'static str, &'static str)],
    /// Heads of the model whose patterns are drawn; 0 where none are.
    pub patterns: usize,
}

/// The page from its first byte up to its first section.
pub(super) fn head(page: &mut Page<'_>, head: &Head<'_>) -> io::Result<()> {
    put!(
        page,
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n<meta http-equiv=Content-Security-Policy \
         content=\"",
        (*POLICY),
        "\">\n<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<meta name=generator \
         content=\"attncheck ",
        (head.attncheck),
        "\">\n<title>",
        (head.title),
        "</title>\n<style id=plot-style>\n"
    );
    page.raw(PLOTS)?;
    put!(page, "</style>\n<style>\n");
    page.raw(STYLE)?;
    chosen_heads(page, head.patterns)?;
    put!(
        page,
        "</style>\n</head>\n<body>\n<header>\n<p class=what>",
        (head.what),
        "; attncheck ",
        (head.attncheck),
        "</p>\n<h1>",
        (head.answer),
        "</h1>\n<nav aria-label=Sections>"
    );
    for (id, name) in head.sections {
        put!(page, "<a href=\"#", (id), "\">", (name), "</a> ");
    }
    put!(page, "</nav>\n</header>\n<main>\n");
    Ok(())
}

/// Without scripts, the pattern that is drawn large is chosen by these rules: one for each head.
fn chosen_heads(page: &mut Page<'_>, heads: usize) -> io::Result<()> {
    for k in 0..heads {
        put!(
            page,
            ".k",
            (k),
            "{--m:var(--m",
            (k),
            ")}.heads:has([value=k",
            (k),
            "]:checked) .big{--m:var(--m",
            (k),
            ")}\n"
        );
    }
    Ok(())
}

/// The page after its last section, to its end.
pub(super) fn tail(page: &mut Page<'_>) -> io::Result<()> {
    put!(page, "</main>\n<script>");
    page.raw(SCRIPT)?;
    put!(page, "</script>\n</body>\n</html>\n");
    Ok(())
}
