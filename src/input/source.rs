//! An input as UTF-8: opened, unpacked, its encoding told by its first bytes.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek};
use std::path::{Path, PathBuf};

use super::InputError;
use super::kind::{self, Kind, Packing};
use super::looks::Looks;
use super::stream::{Stream, TooMuch};
use super::utf16::{self, Order};

/// UTF-8's byte-order mark, which some editors write at the start of a file.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The marks of every encoding that has one.
const MARKS: [&[u8]; 5] = [MARK, b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\xff\xfe", b"\xfe\xff"];

/// An input that is ready to be read as text, or as parquet.
pub(super) struct Source<'a> {
    /// What a report calls it.
    pub name: String,
    stream: Stream<'a>,
    packing: Option<Packing>,
    /// Bytes of the mark before the text.
    mark: usize,
    /// It is parquet, and no text.
    pub parquet: bool,
    /// The file, where it is one that can be read at any place.
    file: Option<File>,
}

/// Opens the file at `path`.
pub(super) fn open(path: &Path, letters: bool) -> Result<Source<'static>, InputError> {
    let failed = |source| opening(path, source);
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(folder(path));
    }
    let again = if about.is_file() { Some(file.try_clone().map_err(failed)?) } else { None };
    Source::of(Box::new(file), path.display().to_string(), again, letters)
}

fn folder(path: &Path) -> InputError {
    let saved = ["state.json", "dataset_dict.json"].iter().any(|file| path.join(file).is_file());
    InputError::Directory { path: path.to_path_buf(), saved }
}

fn opening(path: &Path, source: io::Error) -> InputError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => InputError::Missing { path },
        _ if path.is_dir() => folder(&path),
        _ => InputError::Unreadable { path, source },
    }
}

impl<'a> Source<'a> {
    /// The input of a stream; `letters` where it is wanted as text even if its first letters say that it is something
    /// else.
    pub fn of(
        stream: Box<dyn Read + 'a>,
        name: String,
        file: Option<File>,
        letters: bool,
    ) -> Result<Self, InputError> {
        let stream = Stream::new(stream);
        let mut source = Self { name, stream, packing: None, mark: 0, parquet: false, file };
        match source.kind()? {
            Some(Kind::Packed(packing)) => {
                source = source.unpacked(packing)?;
                match source.kind()? {
                    Some(Kind::Packed(inner)) => return Err(source.twice(inner)),
                    kind => source.accept(kind, letters)?,
                }
            }
            kind => source.accept(kind, letters)?,
        }
        Ok(source)
    }

    /// A text that is at hand.
    pub fn held(name: &str, text: &'a str) -> Self {
        let stream = Stream::new(Box::new(text.as_bytes()));
        Self { name: name.to_owned(), stream, packing: None, mark: 0, parquet: false, file: None }
    }

    fn kind(&mut self) -> Result<Option<Kind>, InputError> {
        match self.stream.look(|head| !kind::undecided(head)) {
            Ok(head) => Ok(kind::of(head)),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn unpacked(self, packing: Packing) -> Result<Self, InputError> {
        let path = PathBuf::from(&self.name);
        let inner: Box<dyn Read + 'a> = match packing {
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(self.stream)),
            Packing::Zstd => Box::new(
                zstd::stream::read::Decoder::with_buffer(self.stream)
                    .map_err(|source| InputError::Unreadable { path, source })?,
            ),
        };
        Ok(Self { stream: Stream::new(inner), packing: Some(packing), file: None, ..self })
    }

    fn twice(&self, inner: Packing) -> InputError {
        let what = match inner {
            Packing::Gzip => "compressed twice, by gzip inside",
            Packing::Zstd => "compressed twice, by zstd inside",
        };
        InputError::Foreign { name: self.name.clone(), what, mend: "unpack it first" }
    }

    /// Takes what is text or parquet, and refuses all else.
    fn accept(&mut self, kind: Option<Kind>, as_text: bool) -> Result<(), InputError> {
        match kind {
            Some(Kind::Parquet) => self.parquet = true,
            Some(Kind::Foreign { what, mend, letters }) if !(letters && as_text) => {
                return Err(InputError::Foreign { name: self.name.clone(), what, mend });
            }
            _ => self.decode()?,
        }
        Ok(())
    }

    /// Leaves a mark out; UTF-16 is decoded.
    fn decode(&mut self) -> Result<(), InputError> {
        let marked = |head: &[u8]| MARKS.iter().any(|mark| mark.len() > head.len() && mark.starts_with(head));
        let head = match self.stream.look(|head| !marked(head)) {
            Ok(head) => head,
            Err(error) => return Err(self.failed(error)),
        };
        let order = match head {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
                return Err(InputError::Encoded { name: self.name.clone(), encoding: "UTF-32" });
            }
            [0xff, 0xfe, ..] => Order::Little,
            [0xfe, 0xff, ..] => Order::Big,
            [0xef, 0xbb, 0xbf, ..] => {
                self.stream.consume(MARK.len());
                self.mark = MARK.len();
                return Ok(());
            }
            head => {
                return match Order::guess(head) {
                    Some(order) => {
                        Err(InputError::Encoded { name: self.name.clone(), encoding: order.name() })
                    }
                    None => Ok(()),
                };
            }
        };
        self.stream.consume(2);
        let marked = std::mem::replace(&mut self.stream, Stream::new(Box::new(io::empty())));
        self.stream = Stream::new(Box::new(utf16::Decoder::new(marked, order)));
        Ok(())
    }

    /// What a failure of the stream means.
    pub fn failed(&self, error: io::Error) -> InputError {
        let name = self.name.clone();
        if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooMuch>) {
            return InputError::TooMuch { name, packing: self.packing.map(Packing::name) };
        }
        if let Some(broken) = error.get_ref().and_then(|cause| cause.downcast_ref::<utf16::Broken>()) {
            return InputError::NotUtf16 { name, offset: broken.offset };
        }
        match self.packing {
            Some(packing) => InputError::Damaged { name, packing: packing.name(), source: error },
            None => InputError::Unreadable { path: name.into(), source: error },
        }
    }

    /// What is at hand, after more was taken until `enough` or the end.
    pub fn look(&mut self, enough: impl Fn(&[u8]) -> bool) -> Result<&[u8], InputError> {
        while !enough(self.stream.held()) && self.more()? {}
        Ok(self.stream.held())
    }

    /// What is at hand.
    pub fn at_hand(&self) -> &[u8] {
        self.stream.held()
    }

    /// Takes more to hand; false at the end.
    pub fn more(&mut self) -> Result<bool, InputError> {
        self.stream.more().map_err(|error| self.failed(error))
    }

    /// Goes on behind so many bytes of what is at hand.
    pub fn consume(&mut self, bytes: usize) {
        self.stream.consume(bytes);
    }

    /// All that is left, as text.
    pub fn text(&mut self) -> Result<String, InputError> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).map_err(|error| self.failed(error))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let start = bytes[..valid].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                let line = bytes[..valid].split(|byte| *byte == b'\n').count();
                let end = bytes[valid..].iter().position(|byte| *byte == b'\n');
                let end = end.map_or(bytes.len(), |end| valid + end);
                Err(self.not_utf8(&bytes[start..end], valid - start, line, start))
            }
        }
    }

    /// The place of the bad byte `at` of a line that begins at `offset` of the text.
    pub fn not_utf8(&self, bytes: &[u8], at: usize, line: usize, offset: usize) -> InputError {
        InputError::NotUtf8 {
            name: self.name.clone(),
            line,
            column: at + 1,
            offset: self.mark + offset + at,
            byte: bytes[at],
            looks: Looks::like(bytes),
        }
    }

    /// The input as a file that can be read at any place: itself, or a copy that goes when it is closed.
    pub fn whole_file(&mut self) -> Result<File, InputError> {
        let failed = |source| InputError::Unreadable { path: PathBuf::from(&self.name), source };
        if let Some(file) = self.file.take() {
            return Ok(file);
        }
        let mut copy = tempfile::tempfile().map_err(failed)?;
        if let Err(error) = io::copy(&mut self.stream, &mut copy) {
            return Err(self.failed(error));
        }
        copy.rewind().map_err(failed)?;
        Ok(copy)
    }
}
