//! The outermost parts of the page.

use std::io;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::markup::{Page, put};
use super::swaps;
use crate::report::say::count;
use crate::report::whole::Report;

/// What makes the page easier to use; it says everything without it.
const SCRIPT: &str = include_str!("script.js");
/// The style sheet of the page.
const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded or sent, and no script run but [`SCRIPT`], which is known by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; \
         form-action 'none'"
    )
});

/// The page from its first byte up to the summary.
pub(super) fn head(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let found = &report.settings;
    put!(
        page,
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n<meta http-equiv=Content-Security-Policy \
         content=\"",
        (*POLICY),
        "\">\n<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<meta name=generator \
         content=\"attncheck ",
        (found.attncheck),
        "\">\n<title>Attention audit: ",
        (found.model.name),
        " on ",
        (found.input.name),
        "</title>\n<style>\n"
    );
    page.raw(STYLE)?;
    chosen_heads(page, found.model.layers * found.model.heads)?;
    put!(
        page,
        "</style>\n</head>\n<body>\n<header>\n<p class=what>attncheck ",
        (found.attncheck),
        "</p>\n<h1>How far may the attention maps of <bdi>",
        (found.model.name),
        "</bdi> be believed?</h1>\n<p>An audit of ",
        (count(report.summary.examples, "text")),
        " from <bdi>",
        (found.input.name),
        "</bdi> at effort ",
        (found.effort),
        ".</p>\n<nav aria-label=Sections><a href=#summary>Summary</a> <a href=#examples>Examples</a> \
         <a href=#settings>Settings</a> <a href=#reading>How to read this</a></nav>\n</header>\n<main>\n"
    );
    swaps::ground(page, &found.thresholds)?;
    if !report.failures.is_empty() {
        put!(
            page,
            "<p class=warning><a href=#failed>",
            (count(report.failures.len(), "text")),
            "</a> could not be audited and count nowhere but here.</p>\n"
        );
    }
    if report.interrupted {
        put!(
            page,
            "<p class=warning>The audit was interrupted: these are the examples that were done.</p>\n"
        );
    }
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
