//! A tensor that stands in a file: where its numbers are, and how they are laid out.

use candle_core::{DType, Device, Result, Tensor};

/// What the numbers of a tensor are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Element {
    Float(DType),
    /// Something that is no weight as it stands, by its name.
    Other(String),
}

impl Element {
    /// Bytes of one number, where the name tells.
    pub fn width(&self) -> Option<usize> {
        match self {
            Self::Float(dtype) => Some(dtype.size_in_bytes()),
            Self::Other(name) => match name.as_str() {
                "byte" | "char" | "bool" | "quint8" | "qint8" => Some(1),
                "short" => Some(2),
                "int" | "qint32" => Some(4),
                "long" | "complexfloat" => Some(8),
                "complexdouble" => Some(16),
                _ => None,
            },
        }
    }
}

/// The place of a tensor in its file.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub element: Element,
    pub shape: Vec<usize>,
    /// Of the first number, in bytes from the start of the file.
    pub start: usize,
    /// Numbers from one element to the next, per axis; row after row where there are none.
    pub strides: Option<Vec<usize>>,
}

impl Stored {
    pub fn new(element: Element) -> Self {
        Self { element, shape: Vec::new(), start: 0, strides: None }
    }

    /// A tensor that is no table of floats, by the name of what it is.
    pub fn other(name: String) -> Self {
        Self::new(Element::Other(name))
    }

    /// The tensor from the bytes of its file, which hold all its numbers.
    pub fn read(&self, dtype: DType, file: &[u8]) -> Result<Tensor> {
        let width = dtype.size_in_bytes();
        let count: usize = self.shape.iter().product();
        let Some(strides) = self.strides.as_ref().filter(|strides| !is_plain(&self.shape, strides)) else {
            let bytes = &file[self.start..self.start + count * width];
            return Tensor::from_raw_buffer(bytes, dtype, &self.shape, &Device::Cpu);
        };
        let mut bytes = Vec::with_capacity(count * width);
        let mut index = vec![0; self.shape.len()];
        for _ in 0..count {
            let steps: usize = index.iter().zip(strides).map(|(i, stride)| i * stride).sum();
            let at = self.start + steps * width;
            bytes.extend_from_slice(&file[at..at + width]);
            // The next index, the last axis first.
            for (i, &size) in index.iter_mut().zip(&self.shape).rev() {
                *i += 1;
                if *i < size {
                    break;
                }
                *i = 0;
            }
        }
        Tensor::from_raw_buffer(&bytes, dtype, &self.shape, &Device::Cpu)
    }
}

/// Whether the strides are those of rows that follow one another.
fn is_plain(shape: &[usize], strides: &[usize]) -> bool {
    let mut step = 1;
    for (&size, &stride) in shape.iter().zip(strides).rev() {
        if size != 1 && stride != step {
            return false;
        }
        step *= size;
    }
    true
}
