//! Changes to bytes, to JSON by its structure, and to lines.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// One to four changes that fit the file.
pub fn bytes(name: &str, mut bytes: Vec<u8>, rng: &mut ChaCha8Rng) -> Vec<u8> {
    for _ in 0..rng.random_range(1..=4) {
        let structured = rng.random_bool(0.7);
        bytes = match serde_json::from_slice::<Value>(&bytes) {
            Ok(mut value) if structured => {
                json(&mut value, rng);
                value.to_string().into_bytes()
            }
            _ if structured && name.ends_with(".safetensors") => header(&bytes, rng).unwrap_or(bytes),
            _ if structured => lines(&bytes, rng),
            _ => raw(bytes, rng),
        };
    }
    bytes
}

/// Any bytes: turned, taken out, put in, repeated, cut off.
pub fn raw(mut bytes: Vec<u8>, rng: &mut ChaCha8Rng) -> Vec<u8> {
    if bytes.is_empty() {
        return vec![rng.random()];
    }
    // Half of the changes fall where formats keep what they are.
    let reach = if rng.random_bool(0.5) { bytes.len().min(256) } else { bytes.len() };
    let at = rng.random_range(0..reach);
    let end = (at + rng.random_range(1..=16)).min(bytes.len());
    match rng.random_range(0..6) {
        0 => bytes[at] = rng.random(),
        1 => bytes[at] ^= 1 << rng.random_range(0..8),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let new: Vec<u8> = (at..end).map(|_| rng.random()).collect();
            drop(bytes.splice(at..at, new));
        }
        4 => {
            let again = bytes[at..end].repeat(rng.random_range(1..200));
            drop(bytes.splice(at..at, again));
        }
        _ => bytes.truncate(at),
    }
    bytes
}

/// Whole lines: doubled, dropped, exchanged, joined, filled with what is hard to read.
fn lines(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    const HARD: [&str; 12] = [
        "",
        "\t",
        "\u{feff}",
        "\u{202e}evil",
        "\u{1b}[2J",
        "\0\0",
        "\"",
        "{",
        "[[[[[[[[",
        "a\u{301}\u{301}\u{301}",
        "::error::x",
        "=1+1",
    ];
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (i, j) = (rng.random_range(0..lines.len()), rng.random_range(0..lines.len()));
    match rng.random_range(0..6) {
        0 => lines.swap(i, j),
        1 => drop(lines.remove(i)),
        2 => lines.insert(i, lines[j].clone()),
        3 => lines[i] = lines[i].repeat(rng.random_range(2..400)),
        4 => lines[i].extend_from_slice(hard(&HARD, rng).as_bytes()),
        _ => lines[i] = hard(&HARD, rng).repeat(rng.random_range(1..300)).into_bytes(),
    }
    let end = if rng.random_bool(0.1) { "\r" } else { "\n" };
    lines.join(end.as_bytes())
}

fn hard<'a>(of: &[&'a str], rng: &mut ChaCha8Rng) -> &'a str {
    of.choose(rng).copied().unwrap_or_default()
}

/// One place of a document: another value, another name, gone, doubled, nested.
pub fn json(value: &mut Value, rng: &mut ChaCha8Rng) {
    let other = other(value, rng);
    let count = count(value);
    let mut at = rng.random_range(0..count);
    visit(value, &mut at, &mut |node| match (rng.random_range(0..8), &mut *node) {
        (0..=1, Value::Object(fields)) if !fields.is_empty() => {
            let name = fields.keys().nth(rng.random_range(0..fields.len())).cloned().unwrap_or_default();
            let kept = fields.remove(&name);
            if rng.random_bool(0.5) {
                fields.insert(format!("{name}_"), kept.unwrap_or_default());
            }
        }
        (0..=1, Value::Array(items)) if !items.is_empty() => {
            let i = rng.random_range(0..items.len());
            if rng.random_bool(0.5) {
                items.remove(i);
            } else {
                let item = items[i].clone();
                items.extend(std::iter::repeat_n(item, rng.random_range(1..50)));
            }
        }
        (0..=2, Value::String(text)) => {
            let twice = text.repeat(rng.random_range(0..30));
            *text = twice;
        }
        (0..=2, Value::Number(number)) => {
            let was = number.as_f64().unwrap_or(0.0);
            let near = [was + 1.0, was - 1.0, -was, was * 1e6, was / 3.0, was * 1024.0];
            let near = near.choose(rng).copied().unwrap_or(0.0);
            *node = if near.fract() == 0.0 && near.abs() < 1e15 { json!(near as i64) } else { json!(near) };
        }
        (3, _) => *node = json!([node.take()]),
        (4, _) => *node = json!({ "type": node.take(), "pattern": { "Regex": "(a|a)*$" }, "content": "" }),
        _ => *node = other.clone(),
    });
}

/// A value that is seldom expected, or one from elsewhere in the same document.
fn other(document: &Value, rng: &mut ChaCha8Rng) -> Value {
    let seldom = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1),
        json!(0.5),
        json!(1e308),
        json!(4_294_967_295_u64),
        json!(u64::MAX),
        json!(""),
        json!("\u{1b}]0;x\u{7}\n::error::x"),
        json!("x".repeat(10_000)),
        json!([]),
        json!({}),
        json!([[[[[[[[[[]]]]]]]]]]),
    ];
    if rng.random_bool(0.6) {
        return seldom.choose(rng).cloned().unwrap_or_default();
    }
    let mut at = rng.random_range(0..count(document));
    let mut copy = document.clone();
    let mut found = Value::Null;
    visit(&mut copy, &mut at, &mut |node| found = node.take());
    found
}

/// How many values a document holds, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Changes the value at place `at`, counted from the outside in.
fn visit(value: &mut Value, at: &mut usize, change: &mut dyn FnMut(&mut Value)) {
    if *at == 0 {
        change(value);
        *at = usize::MAX;
        return;
    }
    *at -= 1;
    let mut inner = |value: &mut Value| {
        if *at != usize::MAX {
            visit(value, at, change);
        }
    };
    match value {
        Value::Array(items) => items.iter_mut().for_each(&mut inner),
        Value::Object(fields) => fields.values_mut().for_each(&mut inner),
        _ => {}
    }
}

/// The header of a safetensors file, changed as the document it is.
fn header(bytes: &[u8], rng: &mut ChaCha8Rng) -> Option<Vec<u8>> {
    let length = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?) as usize;
    let mut header: Value = serde_json::from_slice(bytes.get(8..8 + length)?).ok()?;
    json(&mut header, rng);
    let header = header.to_string();
    let length = if rng.random_bool(0.1) { rng.random() } else { header.len() as u64 };
    Some(
        [&length.to_le_bytes()[..], header.as_bytes(), &bytes[8 + header.len().min(bytes.len() - 8)..]]
            .concat(),
    )
}
