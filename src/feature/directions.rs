//! What goes together in people? Directions in which tastes depart from the common one: sums of facets, each with its share.
//!
//! All directions know mostly the same facets, so that an activity's facets are looked for once for all of them.

use super::facet::{DIRECTION, Facet, READINESS};
use crate::math::sort;

/// Directions, each of facets by code ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Directions {
    lists: Vec<Vec<Facet>>,
    /// The codes of all their facets, ascending.
    codes: Vec<u32>,
    /// Of each code its share of each direction; 0 where it has none.
    shares: Vec<f32>,
}

impl From<Vec<Vec<Facet>>> for Directions {
    fn from(lists: Vec<Vec<Facet>>) -> Self {
        let mut codes: Vec<u32> = lists.iter().flatten().map(|facet| facet.0).collect();
        sort(&mut codes, |a, b| a < b);
        codes.dedup();
        let mut shares = vec![0.0; codes.len() * lists.len()];
        for (number, list) in lists.iter().enumerate() {
            for &(code, share) in list {
                let row = codes.partition_point(|&known| known < code);
                shares[row * lists.len() + number] = share;
            }
        }
        Self {
            lists,
            codes,
            shares,
        }
    }
}

impl Directions {
    /// The facets of each.
    pub(super) fn lists(&self) -> &[Vec<Facet>] {
        &self.lists
    }

    /// The shares of a facet in all directions.
    fn of(&self, code: u32) -> Option<&[f32]> {
        let row = self.codes.binary_search(&code).ok()?;
        Some(&self.shares[row * self.lists.len()..][..self.lists.len()])
    }

    /// Puts into `sums` how far an activity with these facets lies in each direction: what was in it is gone.
    pub(super) fn along(&self, facets: &[Facet], sums: &mut Vec<f32>) {
        sums.clear();
        sums.resize(self.lists.len(), 0.0);
        for &(code, value) in facets {
            let shares = self.of(code).unwrap_or_default();
            for (sum, share) in sums.iter_mut().zip(shares) {
                *sum += value * share;
            }
        }
        let ready = self.of(READINESS).unwrap_or_default();
        for (sum, ready) in sums.iter_mut().zip(ready) {
            *sum += ready;
        }
    }

    /// Weights, by code ascending, in which the way along each direction has become weights of its facets.
    pub(super) fn unfold(&self, weights: &[Facet]) -> Vec<Facet> {
        let first = weights.partition_point(|facet| facet.0 < DIRECTION.code(0));
        let (alone, along) = weights.split_at(first);
        if along.is_empty() {
            return alone.to_vec();
        }
        let mut ways = vec![0.0; self.lists.len()];
        for &(code, way) in along {
            if let Some(known) = ways.get_mut((code - DIRECTION.code(0)) as usize) {
                *known = way;
            }
        }
        let mut unfolded = Vec::with_capacity(alone.len() + self.codes.len());
        let mut alone = alone.iter().copied().peekable();
        for (row, &code) in self.codes.iter().enumerate() {
            while let Some(before) = alone.next_if(|facet| facet.0 < code) {
                unfolded.push(before);
            }
            let own = alone.next_if(|facet| facet.0 == code);
            let shares = self.shares[row * ways.len()..].iter().zip(&ways);
            let weight = shares.fold(own.map_or(0.0, |own| own.1), |sum, (share, way)| {
                sum + share * way
            });
            if own.is_some() || weight != 0.0 {
                unfolded.push((code, weight));
            }
        }
        unfolded.extend(alone);
        unfolded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two facets a direction ties together, and a third that goes its own way.
    const TIED: [u32; 3] = [3 << 24 | 1, 3 << 24 | 2, 3 << 24 | 3];

    #[test]
    fn a_way_along_a_direction_speaks_of_facets_never_met() {
        let directions = Directions::from(vec![
            vec![(TIED[0], 0.8), (TIED[1], -0.6)],
            vec![(READINESS, 0.5), (TIED[1], 0.25)],
        ]);
        let mut along = vec![7.0];
        directions.along(
            &[(TIED[0], 1.0), (TIED[1], 0.5), (TIED[2], 9.0)],
            &mut along,
        );
        assert_eq!(along, [0.8 - 0.3, 0.125 + 0.5]);
        let weights = [
            (TIED[0], 0.1),
            (TIED[2], 0.3),
            (DIRECTION.code(0), 2.0),
            (DIRECTION.code(1), 4.0),
        ];
        let unfolded = [
            (READINESS, 2.0),
            (TIED[0], 0.1 + 1.6),
            (TIED[1], -1.2 + 1.0),
            (TIED[2], 0.3),
        ];
        assert_eq!(directions.unfold(&weights), unfolded);
        // A way along a direction that is not there leads nowhere.
        assert!(directions.unfold(&[(DIRECTION.code(7), 2.0)]).is_empty());
        Directions::default().along(&[(TIED[0], 1.0)], &mut along);
        assert!(along.is_empty());
    }
}
