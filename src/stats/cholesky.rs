//! Linear equations with a symmetric positive definite matrix.

/// The lower triangle `L` of `A = L Lᵀ`.
#[derive(Debug, Clone)]
pub struct Cholesky {
    n: usize,
    /// `[n, n]`, row by row; 0 above the diagonal.
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors `matrix`, `[n, n]` row by row, of which the lower triangle is read.
    ///
    /// `None` where it is not positive definite, or not of that size.
    #[must_use]
    pub fn of(mut matrix: Vec<f64>, n: usize) -> Option<Self> {
        if matrix.len() != n * n {
            return None;
        }
        for row in 0..n {
            for column in 0..=row {
                let (before, below) = matrix.split_at(row * n);
                let other = if column == row { below } else { &before[column * n..] };
                let dot: f64 = below[..column].iter().zip(&other[..column]).map(|(a, b)| a * b).sum();
                let rest = below[column] - dot;
                matrix[row * n + column] = if column < row {
                    rest / matrix[column * n + column]
                } else if rest > 0.0 {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
            matrix[row * n + row + 1..(row + 1) * n].fill(0.0);
        }
        Some(Self { n, lower: matrix })
    }

    /// `x` with `A x = right`, `[n]`.
    #[must_use]
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = self.forward(right);
        for row in (0..self.n).rev() {
            x[row] /= self.lower[row * self.n + row];
            let (value, line) = (x[row], &self.lower[row * self.n..row * self.n + row]);
            x[..row].iter_mut().zip(line).for_each(|(x, l)| *x -= l * value);
        }
        x
    }

    /// `xᵀ A⁻¹ x`, for the leverage of a row of a regression.
    #[must_use]
    pub fn inverse_norm(&self, x: &[f64]) -> f64 {
        self.forward(x).iter().map(|y| y * y).sum()
    }

    /// `y` with `L y = right`.
    fn forward(&self, right: &[f64]) -> Vec<f64> {
        let mut y = Vec::with_capacity(self.n);
        for (row, right) in right.iter().enumerate().take(self.n) {
            let line = &self.lower[row * self.n..=row * self.n + row];
            let dot: f64 = line.iter().zip(&y).map(|(l, y)| l * y).sum();
            y.push((right - dot) / line[row]);
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_it_factored() {
        let matrix = vec![4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let (expected, right) = ([1.0, -2.0, 0.5], [0.3, -7.5, 0.1]);
        let factored = Cholesky::of(matrix, 3).expect("positive definite");
        let found = factored.solve(&right);
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        let norm: f64 = right.iter().zip(&found).map(|(a, b)| a * b).sum();
        assert!((factored.inverse_norm(&right) - norm).abs() < 1e-12);
    }

    #[test]
    fn refuses_what_is_not_positive_definite() {
        assert!(Cholesky::of(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::of(vec![1.0], 2).is_none());
    }
}
