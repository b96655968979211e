//! Is a probability to be believed?

use serde::Serialize;

/// Bins of the reliability diagram, of equal width.
const BINS: usize = 10;
/// Probabilities are kept this far from 0 and 1 in the logarithm, as scikit-learn does, or one certain mistake would be
/// infinitely bad.
const LEAST: f64 = 1e-15;

/// Sums over (probability, outcome) pairs; memory does not grow with their number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reliability {
    bins: [Sums; BINS],
    log_loss: f64,
    brier: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sums {
    weight: f64,
    probability: f64,
    outcome: f64,
    pairs: usize,
}

/// One bin of the reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Probabilities from here,
    pub from: f64,
    /// up to here (the last bin includes it).
    pub to: f64,
    /// Mean probability that was given.
    pub probability: f64,
    /// Share of outcomes that came true.
    pub observed: f64,
    /// Share of all weight in the bin.
    pub share: f64,
    /// Pairs in the bin.
    pub pairs: usize,
}

/// How far given probabilities are from what happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Expected calibration error (Naeini et al. 2015): over ten bins of equal width, the mean of |observed share − mean
    /// probability|, each bin by its share of the weight. 0 is perfect.
    pub ece: f64,
    /// Brier score: the mean of (probability − outcome)². 0 is perfect; 0.25 is a coin.
    pub brier: f64,
    /// Log-loss: the mean of −ln(probability given to what happened), natural logarithm. 0 is perfect; 0.693 is a coin.
    pub log_loss: f64,
    /// The bins that hold anything, in ascending order.
    pub bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// Takes in one pair. Probabilities outside 0 to 1 are brought there, no numbers are left out.
    pub fn add(&mut self, probability: f64, outcome: bool, weight: f64) {
        if probability.is_nan() || !(weight > 0.0 && weight.is_finite()) {
            return;
        }
        let p = probability.clamp(0.0, 1.0);
        let y = f64::from(u8::from(outcome));
        let bin = &mut self.bins[((p * BINS as f64) as usize).min(BINS - 1)];
        bin.weight += weight;
        bin.probability += weight * p;
        bin.outcome += weight * y;
        bin.pairs += 1;
        let given = (if outcome { p } else { 1.0 - p }).max(LEAST);
        self.log_loss -= weight * given.ln();
        self.brier += weight * (p - y) * (p - y);
    }

    /// Takes in what another has.
    pub fn merge(&mut self, other: &Self) {
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            bin.weight += more.weight;
            bin.probability += more.probability;
            bin.outcome += more.outcome;
            bin.pairs += more.pairs;
        }
        self.log_loss += other.log_loss;
        self.brier += other.brier;
    }

    /// The figures; `None` before the first pair.
    pub fn calibration(&self) -> Option<Calibration> {
        let total: f64 = self.bins.iter().map(|bin| bin.weight).sum();
        if total <= 0.0 {
            return None;
        }
        let of = |(number, sums): (usize, &Sums)| ReliabilityBin {
            from: number as f64 / BINS as f64,
            to: (number + 1) as f64 / BINS as f64,
            probability: sums.probability / sums.weight,
            observed: sums.outcome / sums.weight,
            share: sums.weight / total,
            pairs: sums.pairs,
        };
        let filled = self
            .bins
            .iter()
            .enumerate()
            .filter(|(_, sums)| sums.pairs > 0);
        let bins: Vec<ReliabilityBin> = filled.map(of).collect();
        let error = |bin: &ReliabilityBin| bin.share * (bin.observed - bin.probability).abs();
        Some(Calibration {
            ece: bins.iter().map(error).sum(),
            brier: self.brier / total,
            log_loss: self.log_loss / total,
            bins,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_coin_that_says_one_half_is_calibrated_and_a_boaster_is_not() {
        let (mut coin, mut boaster) = (Reliability::default(), Reliability::default());
        for toss in 0..100 {
            coin.add(0.5, toss % 2 == 0, 1.0);
            boaster.add(0.95, toss % 2 == 0, 1.0);
        }
        let (coin, boaster) = (coin.calibration().unwrap(), boaster.calibration().unwrap());
        assert!(coin.ece < 1e-12 && (coin.brier - 0.25).abs() < 1e-12);
        assert!((boaster.ece - 0.45).abs() < 1e-12);
        assert!((coin.log_loss - std::f64::consts::LN_2).abs() < 1e-12);
    }

    #[test]
    fn certain_and_wrong_is_bad_but_finite_and_no_number_is_nothing() {
        let mut sums = Reliability::default();
        sums.add(f64::NAN, true, 1.0);
        assert_eq!(sums.calibration(), None);
        sums.add(1.0, false, 1.0);
        assert!(sums.calibration().unwrap().log_loss.is_finite());
    }
}
