//! Draws proportional to weights, in constant time: the alias method (Walker 1977; Vose, "A linear algorithm for
//! generating random numbers with a given distribution", 1991).

use triqueta::math::Random;

/// A prepared distribution over `0..n`.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// The share of a column that stays with it.
    keep: Vec<f64>,
    /// Who has the rest of it.
    alias: Vec<u32>,
}

impl Weighted {
    /// Prepares weights; what is not a number above 0 is never drawn. `None` where nothing can be.
    pub fn new(weights: &[f64]) -> Option<Self> {
        let usable = |weight: f64| {
            if weight.is_finite() && weight > 0.0 {
                weight
            } else {
                0.0
            }
        };
        let total: f64 = weights.iter().map(|&weight| usable(weight)).sum();
        let count = u32::try_from(weights.len()).ok()?;
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let scale = f64::from(count) / total;
        let mut keep: Vec<f64> = weights
            .iter()
            .map(|&weight| usable(weight) * scale)
            .collect();
        let mut alias: Vec<u32> = (0..count).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..count).partition(|&column| keep[column as usize] < 1.0);
        while let (Some(&poor), Some(&rich)) = (small.last(), large.last()) {
            small.pop();
            alias[poor as usize] = rich;
            let left = keep[rich as usize] - (1.0 - keep[poor as usize]);
            keep[rich as usize] = left;
            if left < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        // What rounding left over on either side is a full column, except where there is no weight at all.
        for &column in small.iter().chain(&large) {
            if usable(weights[column as usize]) > 0.0 {
                keep[column as usize] = 1.0;
            } else {
                alias[column as usize] = heaviest(weights);
            }
        }
        Some(Self { keep, alias })
    }

    /// Proportional to `counts` to the power `flatten`; 0 where nothing was counted, whatever the power.
    pub fn of_counts(counts: impl IntoIterator<Item = f64>, flatten: f64) -> Option<Self> {
        let weight = |count: f64| {
            if count > 0.0 {
                libm::pow(count, flatten)
            } else {
                0.0
            }
        };
        let weights: Vec<f64> = counts.into_iter().map(weight).collect();
        Self::new(&weights)
    }

    /// Draws one.
    #[inline]
    pub fn draw(&self, random: &mut Random) -> u32 {
        let column = random.below(self.keep.len());
        if random.uniform() < self.keep[column] {
            column as u32
        } else {
            self.alias[column]
        }
    }
}

fn heaviest(weights: &[f64]) -> u32 {
    let numbered = weights.iter().zip(0..);
    let best = numbered
        .filter(|(weight, _)| weight.is_finite())
        .max_by(|a, b| a.0.total_cmp(b.0));
    best.map_or(0, |(_, column)| column)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn frequencies_follow_the_weights() {
        let weights = [1.0, 0.0, 5.0, f64::NAN, 2.5, 0.001, 1.5, -3.0];
        let drawn = Weighted::new(&weights).unwrap();
        let (mut random, draws) = (Random::new(4), 200_000);
        let mut counts = [0_u32; 8];
        for _ in 0..draws {
            counts[drawn.draw(&mut random) as usize] += 1;
        }
        assert_eq!((counts[1], counts[3], counts[7]), (0, 0, 0));
        for (column, share) in [
            (0, 1.0 / 10.001),
            (2, 5.0 / 10.001),
            (4, 2.5 / 10.001),
            (6, 1.5 / 10.001),
        ] {
            let found = f64::from(counts[column]) / f64::from(draws);
            assert!((found - share).abs() < 0.005, "{column}: {found} {share}");
        }
    }

    #[test]
    fn without_weight_nothing_can_be_drawn() {
        assert!(Weighted::new(&[]).is_none());
        assert!(Weighted::new(&[0.0, f64::NAN, -1.0]).is_none());
        assert!(Weighted::new(&[f64::INFINITY]).is_none());
        assert!(Weighted::of_counts([0.0, 3.0], 0.0).is_some());
    }
}
