//! The instructions of Python's pickle that tables of tensors are written with. Nothing is imported and nothing runs:
//! a call is kept as what would be called, and with what.
//!
//! Objects stand in one list and name one another by their place in it. So nothing is copied, however often it is
//! taken from the memo, nothing is deep, and the memory is at most some multiple of the file.

use std::collections::HashMap;

use thiserror::Error;

/// The place of an object in [`Pickle::objects`].
pub(super) type Id = usize;

/// Instructions of one pickle; a table of ten thousand tensors takes less than a tenth.
const MOST: usize = 4 << 20;

/// What is wrong with a pickle.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum PickleError {
    #[error("the list of its tensors is cut short")]
    Cut,
    #[error(
        "the list of its tensors has the instruction {code:#04x}, which a table of tensors does not need"
    )]
    Unknown { code: u8 },
    #[error("the list of its tensors has more than {MOST} instructions")]
    TooLong,
    #[error("the list of its tensors is broken: {what}")]
    Broken { what: &'static str },
}

/// A Python object.
#[derive(Debug)]
pub(super) enum Object<'a> {
    Int(i64),
    Text(&'a str),
    /// A class or a function by its name.
    Global {
        module: &'a str,
        name: &'a str,
    },
    /// A tuple or a list.
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// What would be called, with its arguments.
    Call {
        function: Id,
        arguments: Id,
    },
    /// Something that stands outside the pickle: a storage.
    Persistent(Id),
    /// None, a bool, a float: nothing a tensor is described by.
    Other,
}

/// A pickle that was read.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    pub objects: Vec<Object<'a>>,
    /// The object that was pickled, which holds the others.
    pub root: Id,
    /// Bytes that the pickle took.
    pub length: usize,
}

impl<'a> Pickle<'a> {
    /// Reads the pickle at the start of `bytes`.
    pub fn read(bytes: &'a [u8]) -> Result<Self, PickleError> {
        let mut machine = Machine {
            bytes,
            at: 0,
            objects: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        for _ in 0..MOST {
            if machine.step()? {
                let root = machine.pop()?;
                return Ok(Self { objects: machine.objects, root, length: machine.at });
            }
        }
        Err(PickleError::TooLong)
    }

    /// The elements of a tuple or a list; nothing of what is neither.
    pub fn list(&self, id: Id) -> &[Id] {
        match &self.objects[id] {
            Object::List(list) => list,
            _ => &[],
        }
    }

    pub fn text(&self, id: Id) -> Option<&'a str> {
        match self.objects[id] {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub fn count(&self, id: Id) -> Option<usize> {
        match self.objects[id] {
            Object::Int(n) => usize::try_from(n).ok(),
            _ => None,
        }
    }
}

/// Pickle's stack machine.
struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    objects: Vec<Object<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Machine<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], PickleError> {
        let end = self.at.checked_add(count).ok_or(PickleError::Cut)?;
        let taken = self.bytes.get(self.at..end).ok_or(PickleError::Cut)?;
        self.at = end;
        Ok(taken)
    }

    /// A whole number of up to eight bytes, the lowest first.
    fn number(&mut self, width: usize) -> Result<u64, PickleError> {
        Ok(self.take(width)?.iter().rev().fold(0, |n, &byte| n << 8 | u64::from(byte)))
    }

    fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&byte| byte == b'\n').ok_or(PickleError::Cut)?;
        let line = self.take(end + 1)?;
        text(&line[..end])
    }

    fn push(&mut self, object: Object<'a>) {
        self.stack.push(self.objects.len());
        self.objects.push(object);
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        if self.marks.last().is_some_and(|&mark| mark >= self.stack.len()) {
            return Err(PickleError::Broken { what: "it takes what is not there" });
        }
        self.stack.pop().ok_or(PickleError::Broken { what: "it takes what is not there" })
    }

    fn pop_marked(&mut self) -> Result<Vec<Id>, PickleError> {
        let mark = self.marks.pop().ok_or(PickleError::Broken { what: "a list without a beginning" })?;
        Ok(self.stack.split_off(mark))
    }

    /// Puts the last `count` objects into a tuple.
    fn tuple(&mut self, count: usize) -> Result<(), PickleError> {
        let mut elements = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        elements.reverse();
        self.push(Object::List(elements));
        Ok(())
    }

    /// Appends to the list or dictionary on top.
    fn append(&mut self, new: Vec<Id>) -> Result<(), PickleError> {
        let top = *self.stack.last().ok_or(PickleError::Broken { what: "it fills what is not there" })?;
        match &mut self.objects[top] {
            Object::List(list) => list.extend(new),
            Object::Dict(pairs) => pairs.extend(new.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            _ => return Err(PickleError::Broken { what: "it fills what is no list" }),
        }
        Ok(())
    }

    fn call(&mut self) -> Result<(), PickleError> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let object = match self.objects[function] {
            Object::Global { module: "collections", name: "OrderedDict" | "defaultdict" } => {
                Object::Dict(Vec::new())
            }
            _ => Object::Call { function, arguments },
        };
        self.push(object);
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Result<(), PickleError> {
        let key = self.number(width)? as u32;
        let id = *self.memo.get(&key).ok_or(PickleError::Broken { what: "it recalls what is not there" })?;
        self.stack.push(id);
        Ok(())
    }

    fn remember(&mut self, width: usize) -> Result<(), PickleError> {
        let key = self.number(width)? as u32;
        let id = *self.stack.last().ok_or(PickleError::Broken { what: "it keeps what is not there" })?;
        self.memo.insert(key, id);
        Ok(())
    }

    /// Carries out one instruction; true at the end.
    fn step(&mut self) -> Result<bool, PickleError> {
        match self.take(1)?[0] {
            b'.' => return Ok(true),
            0x80 => drop(self.take(1)?),
            b'(' => self.marks.push(self.stack.len()),
            b'N' | 0x88 | 0x89 => self.push(Object::Other),
            b'G' => {
                self.take(8)?;
                self.push(Object::Other);
            }
            b'K' => self.int(1, 0)?,
            b'M' => self.int(2, 0)?,
            b'J' => self.int(4, 32)?,
            0x8a => {
                let width = self.number(1)? as usize;
                if width > 8 {
                    self.take(width)?;
                    self.push(Object::Other);
                } else {
                    self.int(width, 64 - 8 * width.max(1) as u32)?;
                }
            }
            b'X' => {
                let length = self.number(4)? as usize;
                let bytes = self.take(length)?;
                self.push(Object::Text(text(bytes)?));
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(Object::Global { module, name });
            }
            b')' | b']' => self.push(Object::List(Vec::new())),
            b'}' => self.push(Object::Dict(Vec::new())),
            b't' | b'l' => {
                let elements = self.pop_marked()?;
                self.push(Object::List(elements));
            }
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b'd' => {
                let elements = self.pop_marked()?;
                self.push(Object::Dict(Vec::new()));
                self.append(elements)?;
            }
            b'a' => {
                let value = self.pop()?;
                self.append(vec![value])?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.append(vec![key, value])?;
            }
            b'e' | b'u' => {
                let elements = self.pop_marked()?;
                self.append(elements)?;
            }
            b'R' | 0x81 => self.call()?,
            // The state that an object is given: attributes of the table, never its entries.
            b'b' => drop(self.pop()?),
            b'Q' => {
                let key = self.pop()?;
                self.push(Object::Persistent(key));
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            code => return Err(PickleError::Unknown { code }),
        }
        Ok(false)
    }

    /// A number whose uppermost `spare` bits of 64 are copies of its sign.
    fn int(&mut self, width: usize, spare: u32) -> Result<(), PickleError> {
        let bits = self.number(width)?;
        self.push(Object::Int((bits << spare) as i64 >> spare));
        Ok(())
    }
}

fn text(bytes: &[u8]) -> Result<&str, PickleError> {
    std::str::from_utf8(bytes).map_err(|_| PickleError::Broken { what: "a name is no text" })
}
