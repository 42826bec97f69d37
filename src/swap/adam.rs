//! Adam with `AMSGrad` (Kingma & Ba 2015; Reddi, Kale & Kumar 2018).

/// How much of the mean gradient a step keeps.
const BETA1: f64 = 0.9;
/// How much of the mean square a step keeps.
const BETA2: f64 = 0.999;
/// Added to the root of the mean square, so that nothing is divided by 0.
const EPS: f64 = 1e-8;

/// The state of one optimisation.
///
/// The greatest mean square so far is kept before its bias is corrected, and corrected when it is used; papers
/// and libraries differ in this order, which matters in the first steps.
#[derive(Debug, Clone)]
pub struct Adam {
    rate: f64,
    steps: i32,
    mean: Vec<f64>,
    square: Vec<f64>,
    greatest: Vec<f64>,
}

impl Adam {
    /// For `count` parameters at learning rate `rate`.
    #[must_use]
    pub fn new(count: usize, rate: f64) -> Self {
        let zeros = || vec![0.0; count];
        Self { rate, steps: 0, mean: zeros(), square: zeros(), greatest: zeros() }
    }

    /// One step down `gradient`; both slices have `count` entries.
    pub fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        self.steps += 1;
        let rate = self.rate / (1.0 - BETA1.powi(self.steps));
        let root = (1.0 - BETA2.powi(self.steps)).sqrt();
        let moments = self.mean.iter_mut().zip(&mut self.square).zip(&mut self.greatest);
        for ((p, g), ((mean, square), greatest)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *mean = BETA1 * *mean + (1.0 - BETA1) * g;
            *square = BETA2 * *square + (1.0 - BETA2) * g * g;
            *greatest = greatest.max(*square);
            *p -= rate * *mean / (greatest.sqrt() / root + EPS);
        }
    }
}
