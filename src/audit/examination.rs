//! An examination under way: what its steps share, and the account of what they cost.

use super::failure::Failure;
use super::protocol::Protocol;
use crate::attribution::Shared;
use crate::erasure::Curves;
use crate::missing::Measured;

/// One text under a protocol, with what was run so far and what each step cost.
pub(super) struct Examination<'a> {
    pub protocol: &'a Protocol,
    pub shared: &'a Shared<'a>,
    /// The random orders, once they were run.
    curves: Option<Measured<Curves<'a>>>,
    passes: Vec<(String, f64)>,
    spent: f64,
}

impl<'a> Examination<'a> {
    /// Before its first step.
    pub fn new(protocol: &'a Protocol, shared: &'a Shared<'a>) -> Self {
        Self { protocol, shared, curves: None, passes: Vec::new(), spent: 0.0 }
    }

    /// Books what was spent since the last step under this one.
    pub fn pass(&mut self, step: &str) {
        let spent = self.shared.subject.probe.spent();
        let forwards = spent - self.spent;
        self.spent = spent;
        self.book(step, forwards);
    }

    /// Books forward passes under a step.
    pub fn book(&mut self, step: &str, forwards: f64) {
        if forwards > 0.0 {
            match self.passes.iter_mut().find(|(known, _)| known == step) {
                Some((_, all)) => *all += forwards,
                None => self.passes.push((step.to_owned(), forwards)),
            }
        }
    }

    /// What each step cost, in forward passes.
    pub fn spent(self) -> Vec<(String, f64)> {
        self.passes
    }

    /// Runs the random orders of erasure now: the next call of [`Self::random_orders`] takes these.
    pub fn keep_random_orders(&mut self) -> Result<(), Failure> {
        self.curves = Some(self.random_orders()?);
        Ok(())
    }

    /// The random orders of erasure, run where they were not kept.
    pub fn random_orders(&mut self) -> Result<Measured<Curves<'a>>, Failure> {
        if let Some(ran) = self.curves.take() {
            return Ok(ran);
        }
        let erased = self.shared.erased(self.protocol.operator);
        let curves = Curves::new(erased, self.protocol.budget.random_orders)?;
        self.pass("random orders");
        Ok(curves)
    }
}
