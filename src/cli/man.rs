//! `attncheck man`: one page for the program and all its commands.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::Cli;

/// What every rendered part begins with, and the page needs once: an apostrophe that any reader of roff shows as it is.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The page in roff.
///
/// `clap_mangen` makes a page for every command; here each is a section of one page, with its own sections below it.
pub fn page() -> io::Result<String> {
    let mut program = Cli::command().disable_help_subcommand(true);
    // Gives every command its full name and the flags that all have.
    program.build();
    let man = Man::new(program.clone());
    // No date: the page is made when it is asked for, and the same version gives the same page.
    let version = program.get_version().unwrap_or_default();
    let mut page = format!("{PREAMBLE}.TH attncheck 1 \"\" \"attncheck {version}\" \"User Commands\"\n");
    page += &plain(&part(|out| man.render_name_section(out))?);
    page += &plain(&body(&man)?);
    for command in program.get_subcommands() {
        let name = command.get_name();
        page += &[".SH \"ATTNCHECK ", &name.to_uppercase(), "\"\n"].concat();
        page += &plain(&body(&Man::new(command.clone()))?).replace(".SH ", ".SS ");
    }
    Ok(page)
}

/// How a command is called, what it does, its flags and its examples.
fn body(man: &Man) -> io::Result<String> {
    let mut body = part(|out| man.render_synopsis_section(out))?;
    body += &part(|out| man.render_description_section(out))?;
    body += &part(|out| man.render_options_section(out))?;
    let examples = part(|out| man.render_extra_section(out))?;
    // Examples keep their lines.
    if let Some((before, lines)) = examples.split_once(".SH EXTRA\n")
        && !lines.trim().is_empty()
    {
        body += &[before, ".SH EXAMPLES\n.nf\n", lines, ".fi\n"].concat();
    }
    Ok(body)
}

fn part(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<String> {
    let mut out = Vec::new();
    render(&mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// A part without the preamble.
fn plain(part: &str) -> String {
    let is_new = |line: &&str| !PREAMBLE.lines().any(|known| known == *line);
    part.lines().filter(is_new).flat_map(|line| [line, "\n"]).collect()
}
