//! JSON as Python's library writes it: a space after every comma and colon, or lines that are indented.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// A value as `json.dumps(value, ensure_ascii=False, indent=indent)` writes it.
pub(super) fn written(value: &impl Serialize, indent: Option<usize>) -> serde_json::Result<String> {
    let mut out = Bounded(Vec::new());
    let formatter = Python { indent: indent.map(|width| width.min(WIDEST)), depth: 0, empty: true };
    value.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
    Ok(String::from_utf8_lossy(&out.0).into_owned())
}

/// Bytes of one value, at most: lists that hold one list twice over and over are small and written long.
const MOST: usize = 1 << 22;

/// Spaces of one level, at most.
const WIDEST: usize = 16;

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(io::Error::other("it is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Python {
    indent: Option<usize>,
    depth: usize,
    /// Whether nothing stands in the innermost list or object yet.
    empty: bool,
}

impl Python {
    fn begin<W: io::Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn end<W: io::Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if !std::mem::replace(&mut self.empty, false) {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn next<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        match (first, self.indent) {
            (true, _) => {}
            (false, None) => out.write_all(b", ")?,
            (false, Some(_)) => out.write_all(b",")?,
        }
        self.line(out)
    }

    fn line<W: io::Write + ?Sized>(&self, out: &mut W) -> io::Result<()> {
        let Some(width) = self.indent else { return Ok(()) };
        out.write_all(b"\n")?;
        (0..width * self.depth).try_for_each(|_| out.write_all(b" "))
    }
}

impl Formatter for Python {
    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_python_writes_them() {
        let value = json!({"a": [1, 2.5, "é<b>"], "b": {}, "c": [], "d": {"e": null}});
        assert_eq!(
            written(&value, None).unwrap(),
            r#"{"a": [1, 2.5, "é<b>"], "b": {}, "c": [], "d": {"e": null}}"#
        );
        assert_eq!(
            written(&json!({"a": [1], "b": []}), Some(2)).unwrap(),
            "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}"
        );
    }
}
