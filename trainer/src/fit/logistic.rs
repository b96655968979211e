//! The logistic loss of a logit, in the form that neither overflows nor loses digits at either end.

use super::real::Real;

/// `ln(1 + e^x) − y·x` and its derivative by `x`, `σ(x) − y`.
#[inline(always)]
pub(super) fn logistic_loss<F: Real>(logit: F, label: F) -> (f64, F) {
    let e = (if logit > F::zero() { -logit } else { logit }).exponential();
    let (positive, probability) = if logit > F::zero() {
        (logit, F::one() / (F::one() + e))
    } else {
        (F::zero(), e / (F::one() + e))
    };
    let loss = (positive - label * logit).to_f64() + libm::log1p(e.to_f64());
    (loss, probability - label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_logits_have_a_finite_loss_and_a_bounded_derivative() {
        for (logit, label, loss, slope) in [
            (200.0_f32, 1.0, 0.0, 0.0),
            (200.0, 0.0, 200.0, 1.0),
            (-200.0, 1.0, 200.0, -1.0),
            (-200.0, 0.0, 0.0, 0.0),
            (0.0, 1.0, std::f64::consts::LN_2, -0.5),
        ] {
            let (own, derivative) = logistic_loss(logit, label);
            assert!((own - loss).abs() < 1e-6 && (derivative - slope).abs() < 1e-6);
        }
    }
}
