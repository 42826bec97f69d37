//! Random tensors from a seed that the test names, so that what fails once fails again.

use std::cell::RefCell;

use candle_core::{DType, Device, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::model::kernels::Linear;
use crate::stats::seed::normal;

/// A stream of standard normal numbers; each tensor takes the next ones.
pub struct Draw(RefCell<ChaCha8Rng>);

impl Draw {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(RefCell::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// Standard normal numbers.
    pub fn tensor(&self, dtype: DType, shape: &[usize]) -> Tensor {
        self.sized(dtype, shape, 1)
    }

    /// Normal numbers of variance 1/n: sums of n products with standard normal ones are of the order of 1.
    pub fn sized(&self, dtype: DType, shape: &[usize], n: usize) -> Tensor {
        let mut rng = self.0.borrow_mut();
        let size = 1.0 / (n as f64).sqrt();
        let all: Vec<f64> = (0..shape.iter().product()).map(|_| size * normal(&mut rng)).collect();
        Tensor::from_vec(all, shape, &Device::Cpu).unwrap().to_dtype(dtype).unwrap()
    }

    /// 1 for about one key in four, 0 for the others: `[batch, tokens]` of u8, and never all of a row.
    pub fn blocked(&self, batch: usize, tokens: usize) -> Tensor {
        let mut rng = self.0.borrow_mut();
        let one = |i: usize, x: f64| u8::from(!i.is_multiple_of(tokens) && x > 0.67);
        let all: Vec<u8> = (0..batch * tokens).map(|i| one(i, normal(&mut rng))).collect();
        Tensor::from_vec(all, (batch, tokens), &Device::Cpu).unwrap()
    }

    /// A map whose outputs are of the order of 1 for standard normal inputs.
    pub fn linear(&self, dtype: DType, inputs: usize, outputs: usize, bias: bool) -> Linear {
        let weight = self.sized(dtype, &[inputs, outputs], inputs);
        Linear::new(&weight, bias.then(|| self.tensor(dtype, &[outputs]))).unwrap()
    }
}
