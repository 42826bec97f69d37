//! The tables of tensors that `torch.save` writes, with their bytes left where they are in the file: an archive of
//! stored files, or, before `PyTorch` 1.6, pickles with the storages behind them.

use std::collections::HashMap;
use std::io::Cursor;
use std::ops::Range;

use candle_core::DType;
use thiserror::Error;
use zip::{CompressionMethod, ZipArchive};

use super::Stored;
use super::pickle::{Id, Object, Pickle, PickleError};
use super::stored::Element;

/// What files older than `PyTorch` 1.6 begin with: a number, pickled.
const LEGACY: &[u8] = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.";
/// The largest list of tensors that is read, in bytes; a list of ten thousand takes a quarter.
const LARGEST_LIST: usize = 16 << 20;

/// Why a file is no table of tensors.
#[derive(Debug, Error)]
pub(super) enum TorchError {
    #[error(transparent)]
    Pickle(#[from] PickleError),
    #[error("it is neither an archive nor a pickle of PyTorch")]
    Neither,
    #[error("the archive is broken: {0}")]
    Archive(#[from] zip::result::ZipError),
    #[error("it is cut short: {bytes} bytes are there, and the archive's list of files is not among them")]
    NoDirectory { bytes: usize },
    #[error("the archive has no data.pkl")]
    NoList,
    #[error("{file} in the archive is compressed, which PyTorch never does")]
    Compressed { file: String },
    #[error("{file} in the archive lies outside the file")]
    OutOfFile { file: String },
    #[error("the list of its tensors has {bytes} bytes, more than {LARGEST_LIST}")]
    LargeList { bytes: usize },
    #[error("its numbers are in big-endian order")]
    BigEndian,
    #[error("it holds {found}, not a table of tensors (a state dict)")]
    NotATable { found: String },
    #[error("tensor {name:?} is described in a way that is not understood")]
    Tensor { name: String },
    #[error("tensor {name:?} has shape {shape:?}, more than its storage holds")]
    TooLarge { name: String, shape: Vec<usize> },
    #[error("the numbers of tensor {name:?} are missing or cut short")]
    CutShort { name: String },
}

/// A tensor as the list describes it; its storage is looked up by key.
struct Described<'a> {
    key: &'a str,
    element: Element,
    /// Numbers in the storage.
    room: usize,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

/// The tensors of a file, by name.
pub(super) fn tensors(bytes: &[u8]) -> Result<Vec<(String, Stored)>, TorchError> {
    if bytes.starts_with(b"PK") {
        of_archive(bytes)
    } else if bytes.starts_with(LEGACY) {
        of_legacy(bytes)
    } else {
        Err(TorchError::Neither)
    }
}

fn of_archive(bytes: &[u8]) -> Result<Vec<(String, Stored)>, TorchError> {
    // The list of files ends with this record, behind which there is at most a comment.
    let tail = &bytes[bytes.len().saturating_sub(22 + (1 << 16))..];
    if !tail.windows(4).any(|signature| signature == b"PK\x05\x06") {
        return Err(TorchError::NoDirectory { bytes: bytes.len() });
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let (mut files, mut list) = (HashMap::new(), None);
    for i in 0..archive.len() {
        let entry = archive.by_index_raw(i)?;
        let file = entry.name()?.into_owned();
        let start = entry.data_start().unwrap_or(u64::MAX) as usize;
        let end = start.checked_add(entry.size() as usize).filter(|&end| end <= bytes.len());
        let Some(end) = end else { return Err(TorchError::OutOfFile { file }) };
        if entry.compression() != CompressionMethod::Stored || entry.compressed_size() != entry.size() {
            return Err(TorchError::Compressed { file });
        }
        if list.is_none() && file.ends_with("/data.pkl") {
            list = file.strip_suffix("data.pkl").map(str::to_owned);
        }
        files.insert(file, start..end);
    }
    let folder = list.ok_or(TorchError::NoList)?;
    let file = |name: &str| files.get(&format!("{folder}{name}")).cloned();
    if file("byteorder").is_some_and(|range| bytes[range].starts_with(b"big")) {
        return Err(TorchError::BigEndian);
    }
    let range = file("data.pkl").ok_or(TorchError::NoList)?;
    if range.len() > LARGEST_LIST {
        return Err(TorchError::LargeList { bytes: range.len() });
    }
    let pickle = Pickle::read(&bytes[range])?;
    let storage = |key: &str| file(&format!("data/{key}"));
    table(&pickle, &storage)
}

fn of_legacy(bytes: &[u8]) -> Result<Vec<(String, Stored)>, TorchError> {
    // The number, the protocol, the machine, the table, the keys of the storages; then these.
    let mut at = LEGACY.len();
    let mut next = || {
        let pickle = Pickle::read(&bytes[at..])?;
        at += pickle.length;
        Ok::<_, PickleError>(pickle)
    };
    let (_protocol, _machine, pickle, keys) = (next()?, next()?, next()?, next()?);
    let widths: HashMap<&str, usize> = pickle
        .objects
        .iter()
        .filter_map(|object| match object {
            Object::Persistent(id) => Some(*id),
            _ => None,
        })
        .filter_map(|id| {
            let (key, element, _) = storage(&pickle, id)?;
            Some((key, element.width()?))
        })
        .collect();
    let mut places: HashMap<&str, Range<usize>> = HashMap::new();
    for &id in keys.list(keys.root) {
        let key = keys.text(id).ok_or(PickleError::Broken { what: "a storage without a key" })?;
        let name = || TorchError::CutShort { name: key.to_owned() };
        let head = bytes.get(at..at + 8).ok_or_else(name)?;
        let numbers = head.iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte));
        let length = widths.get(key).and_then(|width| width.checked_mul(numbers)).ok_or_else(name)?;
        let start = at + 8;
        let end = start.checked_add(length).filter(|&end| end <= bytes.len()).ok_or_else(name)?;
        places.insert(key, start..end);
        at = end;
    }
    table(&pickle, &|key| places.get(key).cloned())
}

/// The tensors of the table that was pickled; what else it holds is not one of the model's.
fn table(
    pickle: &Pickle,
    place: &dyn Fn(&str) -> Option<Range<usize>>,
) -> Result<Vec<(String, Stored)>, TorchError> {
    let Object::Dict(pairs) = &pickle.objects[pickle.root] else {
        return Err(TorchError::NotATable { found: kind(pickle, pickle.root) });
    };
    let mut tensors = Vec::new();
    for &(key, value) in pairs {
        let Some(name) = pickle.text(key) else { continue };
        let Object::Call { .. } = pickle.objects[value] else { continue };
        let fault = || TorchError::Tensor { name: name.to_owned() };
        let stored = match describe(pickle, value).ok_or_else(fault)? {
            Ok(described) => settle(name, described, place)?,
            Err(function) => Stored::other(function.to_owned()),
        };
        tensors.push((name.to_owned(), stored));
    }
    if tensors.is_empty() && !pairs.is_empty() {
        let keys: Vec<&str> = pairs.iter().filter_map(|(key, _)| pickle.text(*key)).take(5).collect();
        let found = format!("a dictionary of {}", keys.join(", "));
        return Err(TorchError::NotATable { found });
    }
    Ok(tensors)
}

/// What an object is, for people.
fn kind(pickle: &Pickle, id: Id) -> String {
    match &pickle.objects[id] {
        Object::Call { function, .. } => match pickle.objects[*function] {
            Object::Global { module, name } => format!("an object of {module}.{name}"),
            _ => "an object".to_owned(),
        },
        Object::List(_) => "a list".to_owned(),
        _ => "a single value".to_owned(),
    }
}

/// The tensor that a call makes; the function's name where it is not one of those that make plain tensors.
fn describe<'a>(pickle: &Pickle<'a>, mut id: Id) -> Option<Result<Described<'a>, &'a str>> {
    // A parameter wraps a tensor, and a subclass the call that makes it; no writer wraps deeper.
    for _ in 0..4 {
        let Object::Call { function, arguments } = pickle.objects[id] else { return None };
        let arguments = pickle.list(arguments);
        let (mut function, mut arguments) = (function, arguments);
        if let Object::Global { module: "torch._tensor", name: "_rebuild_from_type_v2" } =
            pickle.objects[function]
        {
            function = *arguments.first()?;
            arguments = pickle.list(*arguments.get(2)?);
        }
        let Object::Global { module: "torch._utils", name } = pickle.objects[function] else {
            return match pickle.objects[function] {
                Object::Global { name, .. } => Some(Err(name)),
                _ => None,
            };
        };
        match name {
            "_rebuild_parameter" | "_rebuild_parameter_with_state" => id = *arguments.first()?,
            "_rebuild_tensor" | "_rebuild_tensor_v2" => return plain(pickle, arguments).map(Ok),
            _ => return Some(Err(name)),
        }
    }
    None
}

/// A tensor from its storage, offset, shape and strides.
fn plain<'a>(pickle: &Pickle<'a>, arguments: &[Id]) -> Option<Described<'a>> {
    let [source, offset, shape, strides, ..] = arguments else { return None };
    let Object::Persistent(source) = pickle.objects[*source] else { return None };
    let (key, element, room) = storage(pickle, source)?;
    let counts = |id: Id| -> Option<Vec<usize>> {
        let Object::List(list) = &pickle.objects[id] else { return None };
        list.iter().map(|&id| pickle.count(id)).collect()
    };
    let (shape, strides) = (counts(*shape)?, counts(*strides)?);
    let offset = pickle.count(*offset)?;
    (shape.len() == strides.len()).then_some(Described { key, element, room, offset, shape, strides })
}

/// Key, element type and count of numbers of a storage: `("storage", class, key, device, count)`.
fn storage<'a>(pickle: &Pickle<'a>, id: Id) -> Option<(&'a str, Element, usize)> {
    let [_, class, key, _, room, view @ ..] = pickle.list(id) else { return None };
    let Object::Global { name, .. } = pickle.objects[*class] else { return None };
    if view.iter().any(|&id| !matches!(pickle.objects[id], Object::Other)) {
        return None;
    }
    let element = match name {
        "FloatStorage" => Element::Float(DType::F32),
        "DoubleStorage" => Element::Float(DType::F64),
        "HalfStorage" => Element::Float(DType::F16),
        "BFloat16Storage" => Element::Float(DType::BF16),
        _ => Element::Other(name.strip_suffix("Storage").unwrap_or(name).to_lowercase()),
    };
    Some((pickle.text(*key)?, element, pickle.count(*room)?))
}

/// Where the numbers stand, once it is sure that all of them do.
fn settle(
    name: &str,
    tensor: Described,
    place: &dyn Fn(&str) -> Option<Range<usize>>,
) -> Result<Stored, TorchError> {
    let Described { key, element, room, offset, shape, strides } = tensor;
    let Element::Float(dtype) = element else { return Ok(Stored { shape, ..Stored::new(element) }) };
    let width = dtype.size_in_bytes();
    let cut_short = || TorchError::CutShort { name: name.to_owned() };
    let storage = place(key).ok_or_else(cut_short)?;
    let count = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size));
    // The last number, counted from the start of the storage; none where the shape has a 0.
    let steps = shape.iter().zip(&strides).map(|(&size, &stride)| (size.saturating_sub(1), stride));
    let last = steps.into_iter().try_fold(offset, |at, (steps, stride)| {
        steps.checked_mul(stride).and_then(|step| at.checked_add(step))
    });
    // A view that repeats numbers could claim any size.
    let (Some(count), Some(last)) = (count.filter(|&count| count <= room), last) else {
        return Err(TorchError::TooLarge { name: name.to_owned(), shape });
    };
    let end = if count == 0 { Some(0) } else { last.checked_add(1).and_then(|end| end.checked_mul(width)) };
    if end.is_none_or(|end| end > storage.len()) {
        return Err(cut_short());
    }
    let start = if count == 0 { storage.start } else { storage.start + offset * width };
    Ok(Stored { start, shape, strides: Some(strides), ..Stored::new(element) })
}
