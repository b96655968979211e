//! How often is an activity drawn into a batch?
//!
//! The streaming estimate of Yi et al. (2019, algorithm 2): a moving average of the number of steps between two
//! sightings; its inverse is the probability of being drawn. It needs no counts beforehand and follows a log that drifts.

/// Estimated sampling probabilities, one an activity.
#[derive(Debug, Clone)]
pub(super) struct Frequency {
    last_step: Vec<f32>,
    interval: Vec<f32>,
    rate: f32,
}

impl Frequency {
    /// Assumes every activity to be seen each `interval` steps until it is seen. `rate` is the share a new interval has
    /// in the average: near 0 it is steady, near 1 it follows the last sighting.
    pub(super) fn new(activities: usize, interval: f32, rate: f32) -> Self {
        Self {
            last_step: vec![0.0; activities],
            interval: vec![interval.max(1.0); activities],
            rate,
        }
    }

    /// Takes in that an activity is in the batch of this step (from 1). Several sightings in one step count once.
    pub(super) fn observe(&mut self, activity: usize, step: u32) {
        let step = step as f32;
        let passed = step - self.last_step[activity];
        if passed > 0.0 {
            self.interval[activity] += self.rate * (passed - self.interval[activity]);
            self.last_step[activity] = step;
        }
    }

    /// The probability that a batch holds the activity.
    pub(super) fn probability(&self, activity: usize) -> f32 {
        1.0 / self.interval[activity].max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_finds_the_rate_of_a_steady_stream() {
        let mut frequency = Frequency::new(2, 10.0, 0.05);
        for step in 1..=2_000 {
            if step % 4 == 0 {
                frequency.observe(0, step);
                frequency.observe(0, step);
            }
            frequency.observe(1, step);
        }
        assert!((frequency.probability(0) - 0.25).abs() < 0.01);
        assert!((frequency.probability(1) - 1.0).abs() < 0.01);
    }
}
