//! stub
use std::io;
#[derive(Debug, Clone, Copy)]
pub struct Style { pub color: bool, pub width: usize }
pub trait Render { fn text(&self, out: &mut Vec<u8>, style: Style) -> io::Result<()>; fn json(&self, out: &mut Vec<u8>) -> io::Result<()>; }
impl<T: serde::Serialize> Render for T { fn text(&self, out: &mut Vec<u8>, _: Style) -> io::Result<()> { self.json(out) } fn json(&self, out: &mut Vec<u8>) -> io::Result<()> { serde_json::to_writer_pretty(out, self).map_err(io::Error::other) } }
