//! Integrals of a density from any places of a piece of a path, where what its components add up to is known.

use super::quadrature::legendre;

/// Differences of the highest orders, at most so many, from which errors are told.
const ORDERS: usize = 5;

/// The six nodes of the Gauss–Lobatto rule on [0, 1]: both ends, exact up to degree 9.
pub const LOBATTO: [f64; 6] = [
    0.0,
    0.117_472_338_035_267_65,
    0.357_384_241_759_677_5,
    0.642_615_758_240_322_6,
    0.882_527_661_964_732_3,
    1.0,
];

/// What its Kronrod extension adds between any two of them; all eleven are exact up to degree 15.
pub const KRONROD: [f64; 5] = [
    0.037_148_159_927_535_21,
    0.227_548_696_822_584_57,
    0.5,
    0.772_451_303_177_415_4,
    0.962_851_840_072_464_8,
];

/// A place between any two, half way by the angle under which the piece's ends are those of a half circle, so that places
/// stay dense at both ends.
#[must_use]
pub fn between(places: &[f64]) -> Vec<f64> {
    let (start, width) = extent(places);
    let angle = |place: f64| ((place - start) / width).clamp(0.0, 1.0).sqrt().asin();
    let half_way = |pair: &[f64]| start + width * f64::midpoint(angle(pair[0]), angle(pair[1])).sin().powi(2);
    places.windows(2).map(half_way).collect()
}

/// A rule on the piece from the first of its places to the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Rising.
    pub places: Vec<f64>,
    /// One per place, above 0, of the piece's width together.
    pub weights: Vec<f64>,
    /// Sums over the places that are 0 for every polynomial of low degree (null rules: Berntsen & Espelid 1991),
    /// orthonormal where places count by their weights.
    differences: Vec<Vec<f64>>,
}

/// The integrals of the components of a density that add up to the slope of a known height.
#[derive(Debug, Clone, PartialEq)]
pub struct Integral {
    /// By the rule's own weights.
    pub plain: Vec<f64>,
    /// By the nearest weights under which all components together give what the height gains.
    pub complete: Vec<f64>,
    /// How far a component of `complete` may be off: an estimate, in its unit, and no bound.
    pub error: f64,
}

impl Rule {
    /// The rule of the highest degree that these places, three or more and rising, allow with weights above 0: on those of
    /// [`LOBATTO`] that of Gauss and Lobatto.
    #[must_use]
    pub fn on(places: Vec<f64>) -> Self {
        let (start, width) = extent(&places);
        let nodes: Vec<f64> = places.iter().map(|place| (place - start) / width).collect();
        let cells = cells(&nodes);
        let roots: Vec<f64> = cells.iter().map(|cell| cell.sqrt()).collect();
        // From the cells' widths on, the least change that is exact up to each degree.
        let (mut scaled, mut weights) = (roots.clone(), cells.clone());
        for (row, integral) in orthonormal(&nodes, &cells) {
            let lacking = integral - dot(&row, &roots);
            scaled.iter_mut().zip(&row).for_each(|(weight, r)| *weight += lacking * r);
            let found: Vec<f64> = scaled.iter().zip(&roots).map(|(weight, root)| weight * root).collect();
            if found.iter().all(|weight| *weight > 0.0) {
                weights = found;
            }
        }
        let highest = orthonormal(&nodes, &weights).into_iter().skip(2).rev().take(ORDERS);
        let sums = |(row, _): (Vec<f64>, f64)| row.iter().zip(&weights).map(|(r, w)| r * w.sqrt()).collect();
        let differences = highest.map(sums).collect();
        for weight in &mut weights {
            *weight *= width;
        }
        Self { places, weights, differences }
    }

    /// The integrals of a density, `densities [n][T]`, over a piece on which `heights [n]` stand above its places.
    ///
    /// What the components add up to is known, and so is what the weights miss of it. The weights are moved, along the
    /// differences alone and as little as may be, until nothing is missed (calibration: Deville & Särndal 1992): a
    /// component gets back of it what its share in the bends of the sum is. The rest of its differences the sum does not
    /// explain; how much error they stand for is told by three integrals that are known exactly or nearly: of the
    /// slope, of slope × height and of slope × place. The worst of the three counts.
    #[must_use]
    pub fn integral(&self, densities: &[Vec<f64>], heights: &[f64]) -> Integral {
        let (first, last) = (heights[0], heights[heights.len() - 1]);
        let (start, width) = extent(&self.places);
        let (gain, middle) = (last - first, f64::midpoint(first, last));
        let slopes: Vec<f64> = densities.iter().map(|density| density.iter().sum()).collect();
        let times = |factors: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
            factors.zip(&slopes).map(|(factor, slope)| factor * slope).collect()
        };
        let by_height = times(&mut heights.iter().map(|height| height - middle));
        let by_place = times(&mut self.places.iter().map(|place| place - (start + 0.5 * width)));
        // Half the square of the height is the same at both ends; by parts a place leaves the height's own integral, which
        // bends less than the slope.
        let known = [
            (slopes.as_slice(), gain),
            (by_height.as_slice(), 0.0),
            (by_place.as_slice(), width * middle - dot(&self.weights, heights)),
        ];
        let rate = |(values, integral): &(&[f64], f64)| {
            let size = self.differences.iter().map(|sum| dot(sum, values).powi(2)).sum::<f64>().sqrt();
            if size > 0.0 { (integral - dot(&self.weights, values)).abs() / size } else { 0.0 }
        };
        let rate = known.iter().map(rate).fold(0.0, larger);
        let residual = gain - dot(&self.weights, &slopes);
        let of_sum: Vec<f64> = self.differences.iter().map(|sum| dot(sum, &slopes)).collect();
        let square = dot(&of_sum, &of_sum);
        let of_each: Vec<Vec<f64>> = self.differences.iter().map(|sum| weighted(sum, densities)).collect();
        let plain = weighted(&self.weights, densities);
        let (mut complete, mut left, mut moved) = (plain.clone(), 0.0, 0.0);
        for (t, score) in complete.iter_mut().enumerate() {
            let own: Vec<f64> = of_each.iter().map(|difference| difference[t]).collect();
            let share = if square > 0.0 { dot(&own, &of_sum) / square } else { 0.0 };
            *score += residual * share;
            let apart = own.iter().zip(&of_sum).map(|(own, sum)| (own - share * sum).powi(2));
            left = larger(left, apart.sum::<f64>().sqrt());
            moved = larger(moved, (residual * share).abs());
        }
        let lacking = (complete.iter().sum::<f64>() - gain).abs();
        // Nor is a move taken to be right to more than three quarters.
        let error = larger(larger(rate * left, lacking), 0.25 * moved);
        Integral { plain, complete, error }
    }
}

/// Where places begin, and how far they reach.
fn extent(places: &[f64]) -> (f64, f64) {
    (places[0], places[places.len() - 1] - places[0])
}

/// The larger of two; NaN where one is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}

/// The width of what is nearer to each node than to any other.
fn cells(nodes: &[f64]) -> Vec<f64> {
    let middles = || nodes.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    let (from, to) = ([0.0].into_iter().chain(middles()), middles().chain([1.0]));
    from.zip(to).map(|(from, to)| to - from).collect()
}

/// The polynomials of degrees 0, 1, … that are orthonormal over the nodes under the weights: their values × √weight,
/// and their integrals over [0, 1].
fn orthonormal(nodes: &[f64], weights: &[f64]) -> Vec<(Vec<f64>, f64)> {
    let mut basis: Vec<(Vec<f64>, f64)> = Vec::with_capacity(nodes.len());
    for degree in 0..nodes.len() {
        let value = |(node, weight): (&f64, &f64)| weight.sqrt() * legendre(degree, 2.0 * node - 1.0).1;
        let mut row: Vec<f64> = nodes.iter().zip(weights).map(value).collect();
        let mut integral = if degree == 0 { 1.0 } else { 0.0 };
        // Once leaves rounding of the size of what is taken away, twice does not.
        for (other, known) in basis.iter().chain(&basis) {
            let along = dot(&row, other);
            row.iter_mut().zip(other).for_each(|(r, o)| *r -= along * o);
            integral -= along * known;
        }
        let length = dot(&row, &row).sqrt();
        for r in &mut row {
            *r /= length;
        }
        basis.push((row, integral / length));
    }
    basis
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `Σ weight · density` over places, `[T]`.
fn weighted(weights: &[f64], densities: &[Vec<f64>]) -> Vec<f64> {
    let mut sums = vec![0.0; densities.first().map_or(0, Vec::len)];
    for (weight, density) in weights.iter().zip(densities) {
        sums.iter_mut().zip(density).for_each(|(sum, d)| *sum += weight * d);
    }
    sums
}
