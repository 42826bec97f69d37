//! What `attncheck guide` prints: Markdown as it stands, with its prose wrapped to the page.

use attncheck::guide::{TOPICS, Topic};
use unicode_width::UnicodeWidthStr;

/// Prose is never wider, however wide the terminal: longer lines are hard to read.
const WIDEST: usize = 100;
/// Prose is never narrower, however narrow the terminal.
const NARROWEST: usize = 40;

/// The topic, or the list of all, on a terminal of so many columns.
pub fn printed(topic: Option<&Topic>, columns: usize) -> String {
    let columns = columns.clamp(NARROWEST, WIDEST);
    topic.map_or_else(|| listing(columns), |topic| page(topic.text, columns))
}

fn listing(columns: usize) -> String {
    let room = TOPICS.iter().map(|topic| topic.name.len()).max().unwrap_or_default();
    let mut out = "attncheck guide TOPIC, where TOPIC is\n\n".to_owned();
    for topic in TOPICS {
        let mut row = Paragraph::new(format!("  {:room$}  ", topic.name));
        row.put(topic.about);
        row.end(&mut out, columns);
    }
    out
}

/// Wraps paragraphs and items of lists. Headings, tables and code stay as they are.
fn page(text: &str, columns: usize) -> String {
    let mut out = String::new();
    let mut paragraph = Paragraph::new(String::new());
    let mut is_code = false;
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        if is_code || is_fence || line.is_empty() || line.starts_with(['|', '#']) {
            paragraph.end(&mut out, columns);
            paragraph = Paragraph::new(String::new());
            out += line;
            out.push('\n');
        } else {
            let (lead, words) = item(line).unwrap_or(("", line));
            if !lead.is_empty() {
                paragraph.end(&mut out, columns);
                paragraph = Paragraph::new(lead.to_owned());
            }
            paragraph.put(words);
        }
        is_code ^= is_fence;
    }
    paragraph.end(&mut out, columns);
    out
}

/// The mark of an item of a list, with the space before and after it, and what follows.
fn item(line: &str) -> Option<(&str, &str)> {
    let start = line.len() - line.trim_start().len();
    let digits = line[start..].bytes().take_while(u8::is_ascii_digit).count();
    let mark = if digits > 0 { digits + ". ".len() } else { "- ".len() };
    let (lead, words) = line.split_at_checked(start + mark)?;
    matches!(&lead[start + digits..], ". " | "- ").then_some((lead, words))
}

/// Words that are put together until the paragraph ends.
struct Paragraph {
    /// What the first line begins with; the others begin with as much space.
    lead: String,
    words: Vec<String>,
}

impl Paragraph {
    fn new(lead: String) -> Self {
        Self { lead, words: Vec::new() }
    }

    fn put(&mut self, line: &str) {
        self.words.extend(line.split_whitespace().map(str::to_owned));
    }

    /// Writes the lines, each as full as it goes.
    fn end(&self, out: &mut String, columns: usize) {
        let mut line = self.lead.clone();
        let indent = line.width();
        let mut has_words = false;
        for word in &self.words {
            if has_words && line.width() + 1 + word.width() > columns {
                out.push_str(&line);
                out.push('\n');
                line = " ".repeat(indent);
                has_words = false;
            }
            if has_words {
                line.push(' ');
            }
            line += word;
            has_words = true;
        }
        if has_words {
            out.push_str(&line);
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_nothing_else() {
        let text = "# A heading that is longer than the page, which is of forty columns\n\n\
                    one two three four five six seven eight\nnine ten\n\n\
                    - an item of a list that goes on\n  over its line\n\
                    10. another\n\n\
                    | a table | that is wider than the page is wide |\n\n\
                    ```sh\nattncheck audit reviews.txt --format html=report.html\n```\n";
        let told = "# A heading that is longer than the page, which is of forty columns\n\n\
                    one two three four five six seven eight\nnine ten\n\n\
                    - an item of a list that goes on over\n  its line\n\
                    10. another\n\n\
                    | a table | that is wider than the page is wide |\n\n\
                    ```sh\nattncheck audit reviews.txt --format html=report.html\n```\n";
        assert_eq!(page(text, 40), told);
    }

    #[test]
    fn items_are_known_by_their_mark() {
        assert_eq!(item("- a b"), Some(("- ", "a b")));
        assert_eq!(item("  - a"), Some(("  - ", "a")));
        assert_eq!(item("12. a"), Some(("12. ", "a")));
        assert_eq!(item("12 words"), None);
        assert_eq!(item("-5 is a number"), None);
        assert_eq!(item("–"), None);
    }
}
