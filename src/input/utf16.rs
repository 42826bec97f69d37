//! UTF-16 to UTF-8, as it is read.

use std::collections::VecDeque;
use std::io::{self, Read};

/// Which byte of two comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The encoding as iconv calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Little => "UTF-16LE",
            Self::Big => "UTF-16BE",
        }
    }

    /// The order of what begins with no mark but has an empty byte in most pairs, as Latin letters have.
    pub fn guess(head: &[u8]) -> Option<Self> {
        let pairs: Vec<&[u8]> = head.chunks_exact(2).take(128).collect();
        let empty = |place: usize| pairs.iter().filter(|pair| pair[place] == 0).count();
        let (first, second, many) = (empty(0), empty(1), pairs.len().div_ceil(2).max(2));
        match (first, second) {
            (0, second) if second >= many => Some(Self::Little),
            (first, 0) if first >= many => Some(Self::Big),
            _ => None,
        }
    }
}

/// Half of a character without the other, or half a pair of bytes at the end.
#[derive(Debug, thiserror::Error)]
#[error("half a character of UTF-16 at byte {offset} of the file")]
pub(super) struct Broken {
    /// 0-based place in the file.
    pub offset: u64,
}

/// Reads UTF-16 after its mark as UTF-8.
#[derive(Debug)]
pub(super) struct Decoder<R> {
    inner: R,
    order: Order,
    /// Bytes read so far, the mark included.
    offset: u64,
    /// Read and not yet decoded: less than a character.
    rest: Vec<u8>,
    ready: VecDeque<u8>,
}

impl<R: Read> Decoder<R> {
    pub fn new(inner: R, order: Order) -> Self {
        Self { inner, order, offset: 2, rest: Vec::new(), ready: VecDeque::new() }
    }

    /// Decodes what is at hand; at the `end` nothing may be left.
    fn decode(&mut self, end: bool) -> io::Result<()> {
        let units = self.rest.chunks_exact(2).map(|pair| match self.order {
            Order::Little => u16::from_le_bytes([pair[0], pair[1]]),
            Order::Big => u16::from_be_bytes([pair[0], pair[1]]),
        });
        let mut units: Vec<u16> = units.collect();
        let high = |unit: &u16| (0xd800..0xdc00).contains(unit);
        if !end && units.last().is_some_and(high) {
            units.pop();
        }
        let mut used = 0;
        for decoded in char::decode_utf16(units.iter().copied()) {
            let Ok(c) = decoded else { return Err(self.broken(used)) };
            used += 2 * c.len_utf16();
            self.ready.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if end && used < self.rest.len() {
            return Err(self.broken(used));
        }
        self.rest.drain(..used);
        self.offset += used as u64;
        Ok(())
    }

    fn broken(&self, used: usize) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Broken { offset: self.offset + used as u64 })
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !out.is_empty() {
            let mut block = [0; 8192];
            let read = self.inner.read(&mut block)?;
            self.rest.extend_from_slice(&block[..read]);
            self.decode(read == 0)?;
            if read == 0 {
                break;
            }
        }
        self.ready.read(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let one = out.len().min(1);
            self.0.read(&mut out[..one])
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in ".{0,20}") {
            let units: Vec<u16> = text.encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for (order, bytes) in [(Order::Little, little), (Order::Big, big)] {
                let (mut whole, mut slow) = (String::new(), String::new());
                Decoder::new(bytes.as_slice(), order).read_to_string(&mut whole).unwrap();
                Decoder::new(Slow(&bytes), order).read_to_string(&mut slow).unwrap();
                prop_assert_eq!(&whole, &text);
                prop_assert_eq!(&slow, &text);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..32)) {
            let mut out = Vec::new();
            let read = Decoder::new(bytes.as_slice(), Order::Little).read_to_end(&mut out);
            prop_assert!(read.is_err() || std::str::from_utf8(&out).is_ok());
        }
    }

    #[test]
    fn half_a_character_is_told_with_its_place() {
        for (bytes, offset) in [(&b"a\0b"[..], 4), (b"a\0\0\xd8", 4), (b"a\0\0\xd8b\0", 4), (b"\0\xdc", 2)] {
            let error = Decoder::new(bytes, Order::Little).read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.get_ref().unwrap().downcast_ref::<Broken>().unwrap().offset, offset);
        }
    }

    #[test]
    fn latin_text_without_a_mark_is_guessed() {
        let little: Vec<u8> = "a film".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "a film".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!((Order::guess(&little), Order::guess(&big)), (Some(Order::Little), Some(Order::Big)));
        assert_eq!(
            (Order::guess(b"a film"), Order::guess(b"a\0film is"), Order::guess(b"")),
            (None, None, None)
        );
    }
}
