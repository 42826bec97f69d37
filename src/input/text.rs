//! Plain text: one example a line.

use super::gather::Gather;
use super::lines::Lines;
use super::source::Source;
use super::{Example, Examples, InputError};

/// Every line that holds anything is an example.
pub(super) fn parse(source: &mut Source, limit: Option<usize>) -> Result<Examples, InputError> {
    let name = source.name.clone();
    let mut gather = Gather::new(&name, limit);
    let mut lines = Lines::of(source);
    let mut tabs = 0;
    while !gather.full()
        && let Some(line) = lines.next()?
    {
        if line.text.trim().is_empty() {
            gather.blank(1);
            continue;
        }
        tabs += usize::from(line.text.contains('\t'));
        let example = Example {
            id: line.number.to_string(),
            line: line.number,
            text: line.text.to_owned(),
            pair: None,
            label: None,
            target: None,
            rationale: None,
            continuation: None,
            foil: None,
        };
        gather.line(line.number, Ok(example));
    }
    let mut found = gather.finish()?;
    if tabs > 0 && tabs == found.examples.len() {
        found.notes.push(TABS.to_owned());
    }
    Ok(found)
}

const TABS: &str = "every line holds a tab and is read as text with what follows it; a table is read with --input-format \
                    tsv, and with --no-header where its first line is an example already";
