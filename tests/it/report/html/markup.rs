//! A strict reader of the page's markup: what a browser would mend in silence is an error here.

use std::collections::BTreeSet;

/// An element's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// The element it stands in.
    pub parent: String,
    /// The text that follows it, up to the next tag; entities as they stand.
    pub text: String,
}

impl Tag {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Elements without content.
const VOID: [&str; 4] = ["meta", "input", "br", "use"];
/// Elements whose end may be left out.
const OPEN: [&str; 10] = ["li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "option", "path"];

/// Every start tag in order; panics at the first thing that is not well-formed.
pub fn tags(page: &str) -> Vec<Tag> {
    let mut rest = page.strip_prefix("<!doctype html>").expect("a page begins with its type");
    let mut open: Vec<String> = Vec::new();
    let mut found: Vec<Tag> = Vec::new();
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        assert!(!text.contains('>'), "a stray > in {text:?}");
        entities(text);
        if let Some(tag) = found.last_mut().filter(|tag| tag.text.is_empty()) {
            text.clone_into(&mut tag.text);
        }
        rest = &rest[at + 1..];
        if let Some(end) = rest.strip_prefix('/') {
            let (name, after) = end.split_once('>').unwrap();
            close(&mut open, name);
            rest = after;
            continue;
        }
        let (mut tag, closed, after) = start(rest);
        imply(&mut open, &tag.name);
        tag.parent = open.last().cloned().unwrap_or_default();
        rest = after;
        if !closed && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
            if ["script", "style"].contains(&tag.name.as_str()) {
                let end = format!("</{}", tag.name);
                rest = &rest[rest.find(&end).expect("it ends")..];
            }
        }
        found.push(tag);
    }
    assert_eq!(open, [""; 0], "left open");
    found
}

fn start(rest: &str) -> (Tag, bool, &str) {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
    let mut tag = Tag {
        name: rest[..end].to_owned(),
        attributes: Vec::new(),
        parent: String::new(),
        text: String::new(),
    };
    assert!(!tag.name.is_empty() && tag.name == tag.name.to_lowercase(), "no tag: <{rest:.40}");
    let mut rest = &rest[end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return (tag, true, after);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, false, after);
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap();
        let name = rest[..end].to_owned();
        assert!(!name.is_empty(), "no attribute: {rest:.40}");
        rest = &rest[end..];
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            if let Some(quoted) = after.strip_prefix('"') {
                (value, rest) = quoted.split_once('"').unwrap();
            } else {
                let end = after.find([' ', '>', '\n']).unwrap();
                (value, rest) = after.split_at(end);
                assert!(!value.contains(['"', '\'', '=', '<', '`']), "{name}={value} needs quotes");
            }
            assert!(!value.contains('<'));
            entities(value);
        }
        assert!(tag.get(&name).is_none(), "{name} twice on <{}>", tag.name);
        tag.attributes.push((name, value.to_owned()));
    }
}

/// Ends what the start of `name` ends: a row ends a cell, a cell a cell.
fn imply(open: &mut Vec<String>, name: &str) {
    let ends: &[&str] = match name {
        "li" => &["li"],
        "dt" | "dd" => &["dt", "dd"],
        "td" | "th" => &["td", "th"],
        "tr" => &["td", "th", "tr"],
        "tbody" => &["td", "th", "tr", "thead"],
        "option" => &["option"],
        _ => &[],
    };
    while open.last().is_some_and(|last| ends.contains(&last.as_str())) {
        open.pop();
    }
}

fn close(open: &mut Vec<String>, name: &str) {
    while let Some(last) = open.pop() {
        if last == name {
            return;
        }
        assert!(OPEN.contains(&last.as_str()), "</{name}> within <{last}>");
    }
    panic!("</{name}> without its start");
}

/// An ampersand begins one of the five entities.
fn entities(text: &str) {
    for after in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
        assert!(known.iter().any(|entity| after.starts_with(entity)), "&{after:.20}");
    }
}

/// The names, for comparing the build of two pages.
pub fn shape(page: &str) -> Vec<String> {
    let told = |tag: Tag| {
        let names: Vec<&str> = tag.attributes.iter().map(|(name, _)| name.as_str()).collect();
        format!("{} {}", tag.name, names.join(" "))
    };
    tags(page).into_iter().map(told).collect()
}

/// What is wanted of every page.
pub fn check(page: &str) -> Vec<Tag> {
    let tags = tags(page);
    let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len(), "an id twice");
    for (i, tag) in tags.iter().enumerate() {
        for (name, value) in &tag.attributes {
            assert!(
                !name.starts_with("on") && !["src", "srcset", "action"].contains(&name.as_str()),
                "{name}"
            );
            if name == "href" {
                let id = value.strip_prefix('#').expect("links lead into the page");
                assert!(known.contains(id), "no {id}");
            }
            let urls = value.split("url(").skip(1);
            assert!(urls.into_iter().all(|url| url.starts_with("data:image/png;base64,")), "{value:.80}");
        }
        if tag.name == "svg" && tag.get("aria-hidden").is_none() {
            assert_eq!(tag.get("role"), Some("img"));
            assert!(tags[i + 1].name == "title" && tags[i + 1].text.len() > 10, "a plot without a name");
        }
        if tag.get("role") == Some("img") && tag.name != "svg" {
            assert!(tag.get("aria-label").is_some_and(|label| !label.is_empty()), "{tag:?}");
        }
    }
    assert_eq!(tags.iter().filter(|tag| tag.name == "script").count(), 1);
    tags
}
