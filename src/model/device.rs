//! Where the model runs, and in what.

use std::fmt;
use std::str::FromStr;

use candle_core::DType;

/// Where the model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    /// By the kernels of this crate: the default.
    #[default]
    Cpu,
    /// On the NVIDIA GPU of this number, counted from 0, by candle's operations; same numbers up to rounding.
    Cuda(usize),
}

/// Why the model cannot run where it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No such name.
    #[error("{found:?} is no device")]
    Unknown {
        /// What was asked for.
        found: String,
    },
    /// The feature `cuda` was left out when this was built.
    #[error("{device} was asked for, but this build has no CUDA")]
    NotBuilt {
        /// What was asked for.
        device: Device,
    },
    /// The driver refuses the device.
    #[error("{device} cannot be used: {reason}")]
    Refused {
        /// What was asked for.
        device: Device,
        /// The driver's words.
        reason: String,
    },
}

impl DeviceError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unknown { .. } => "cpu, cuda (the first GPU) or cuda:N",
            Self::NotBuilt { .. } => "build with `cargo build --release --features cuda`",
            Self::Refused { .. } => "`nvidia-smi` lists the GPUs there are; `--device cpu` needs none",
        };
        Some(hint.to_owned())
    }
}

impl Device {
    /// Takes the device.
    ///
    /// # Errors
    ///
    /// Where this build has no CUDA, or the driver does not give the GPU.
    pub fn open(self) -> Result<candle_core::Device, DeviceError> {
        match self {
            Device::Cpu => Ok(candle_core::Device::Cpu),
            Device::Cuda(_) if !cfg!(feature = "cuda") => Err(DeviceError::NotBuilt { device: self }),
            Device::Cuda(number) => candle_core::Device::new_cuda(number)
                .map_err(|error| DeviceError::Refused { device: self, reason: plain(&error) }),
        }
    }
}

/// The driver's words on one line.
fn plain(error: &candle_core::Error) -> String {
    without_backtrace(error).to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text {
            "cpu" => Ok(Device::Cpu),
            "cuda" => Ok(Device::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|number| number.parse().ok())
                .map(Device::Cuda)
                .ok_or_else(|| DeviceError::Unknown { found: text.to_owned() }),
        }
    }
}

/// The element type the engine computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits: the default.
    F32,
    /// 64 bits: to tell rounding from fact, at about three times the cost.
    F64,
}

impl Precision {
    pub(super) fn dtype(self) -> DType {
        match self {
            Precision::F32 => DType::F32,
            Precision::F64 => DType::F64,
        }
    }

    /// "f32" or "f64".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }
}

/// What the engine computes in, and where. A precision alone means the CPU.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The element type.
    pub precision: Precision,
    /// An opened device ([`Device::open`]); the model and all it is fed live there.
    pub device: candle_core::Device,
}

impl From<Precision> for Engine {
    fn from(precision: Precision) -> Self {
        Self { precision, device: candle_core::Device::Cpu }
    }
}

/// The error without the backtrace that candle may have wrapped it in.
fn without_backtrace(error: &candle_core::Error) -> &candle_core::Error {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => without_backtrace(inner),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_by_name() {
        for (text, device) in [("cpu", Device::Cpu), ("cuda", Device::Cuda(0)), ("cuda:3", Device::Cuda(3))] {
            assert_eq!(text.parse(), Ok(device));
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        for text in ["", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:+1", "cuda:x", "cuda:99999999999999999999"] {
            let found = text.to_owned();
            assert_eq!(text.parse::<Device>(), Err(DeviceError::Unknown { found }));
        }
    }
}
