//! JSON as every format of it is written: what would steer a terminal is an escape, and no number is lost.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::hidden;
use crate::report::render::{RenderError, refuse_not_finite};

/// Writes a document over many lines, indented.
///
/// # Errors
///
/// Where a number is not finite, or `out` refuses.
pub(in crate::report) fn document(value: &impl Serialize, out: &mut dyn Write) -> Result<(), RenderError> {
    refuse_not_finite(value)?;
    value.serialize(&mut Serializer::with_formatter(&mut *out, Indented::default()))?;
    Ok(out.write_all(b"\n")?)
}

/// Writes a document on one line, in one piece, so that a kill leaves at most one broken line.
///
/// # Errors
///
/// As [`document`].
pub(in crate::report) fn line(value: &impl Serialize, out: &mut dyn Write) -> Result<(), RenderError> {
    refuse_not_finite(value)?;
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, OneLine))?;
    bytes.push(b'\n');
    out.write_all(&bytes)?;
    Ok(out.flush()?)
}

/// Objects a field a line; lists of plain values on one line, other lists an item a line.
#[derive(Debug, Default)]
struct Indented {
    /// From the outside in.
    open: Vec<Open>,
    /// A list's next value has been announced; it says itself whether it is plain.
    announced: bool,
}

/// A list or an object that has begun.
#[derive(Debug, Default)]
struct Open {
    /// Nothing is in it yet.
    empty: bool,
    /// Its last value began on a line of its own.
    broken: bool,
}

impl Indented {
    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        write!(out, "\n{:width$}", "", width = 2 * self.open.len())
    }

    /// Puts what separates an announced value of a list from what stands before it.
    fn place<W: ?Sized + Write>(&mut self, out: &mut W, plain: bool) -> io::Result<()> {
        if !std::mem::take(&mut self.announced) {
            return Ok(());
        }
        let Some(list) = self.open.last_mut() else { return Ok(()) };
        let first = std::mem::take(&mut list.empty);
        list.broken = !plain;
        out.write_all(if first { b"" } else { b"," })?;
        match (plain, first) {
            (true, true) => Ok(()),
            (true, false) => out.write_all(b" "),
            (false, _) => self.line(out),
        }
    }

    fn enter<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.place(out, false)?;
        self.open.push(Open { empty: true, broken: false });
        out.write_all(bracket)
    }

    fn leave<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let left = self.open.pop().unwrap_or_default();
        if left.broken {
            self.line(out)?;
        }
        out.write_all(bracket)
    }
}

macro_rules! plain {
    ($($name:ident: $type:ty),*) => { $(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W, value: $type) -> io::Result<()> {
            self.place(out, true)?;
            CompactFormatter.$name(out, value)
        }
    )* };
}

impl Formatter for Indented {
    plain!(write_bool: bool, write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64);
    plain!(write_u8: u8, write_u16: u16, write_u32: u32, write_u64: u64, write_f32: f32, write_f64: f64);

    fn write_null<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.place(out, true)?;
        CompactFormatter.write_null(out)
    }
    fn begin_string<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.place(out, true)?;
        CompactFormatter.begin_string(out)
    }
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        fragment(out, text)
    }
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.enter(out, b"[")
    }
    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.leave(out, b"]")
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        self.announced = true;
        Ok(())
    }
    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.enter(out, b"{")
    }
    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.leave(out, b"}")
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b"," })?;
        if let Some(object) = self.open.last_mut() {
            object.broken = true;
        }
        self.line(out)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

/// JSON on one line, with the same characters written out.
#[derive(Debug, Clone, Copy)]
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        fragment(out, text)
    }
}

/// A part of a text in which nothing is left that JSON itself has an escape for.
fn fragment<W: ?Sized + Write>(out: &mut W, text: &str) -> io::Result<()> {
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| hidden(*c)) {
        out.write_all(&rest.as_bytes()[..at])?;
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.write_all(rest.as_bytes())
}
