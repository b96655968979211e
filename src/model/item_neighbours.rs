//! Item-item neighbours: an activity speaks for those that the same people choose (Steck, "Embarrassingly shallow
//! autoencoders for sparse data", WWW 2019). The score of an activity is the sum of what the history's activities say
//! of it; and the neighbours of one activity are "similar to this".
//!
//! Each activity keeps its strongest neighbours only, in one list a row: what travels stays linear in the catalogue,
//! and scoring a visitor touches the lists of the history, not the catalogue.

use crate::catalog::BlobColumn;
use crate::math::{SparseAccumulator, is_ascending};

/// So many neighbours are checked at a time.
const PIECE: usize = 1 << 12;

/// For each activity, what it says of others: a sparse matrix by rows.
///
/// Rows and weights stay where they lie: a visitor needs a few lists of thousands.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    offsets: Vec<u32>,
    rows: BlobColumn<u32>,
    weights: BlobColumn<f32>,
}

impl Neighbours {
    /// From `lists[a]`: the `(row, weight)` of the neighbours of activity `a`. Each list is put in the order of weights,
    /// largest first, then rows; that order is the one sums are taken in.
    pub fn new(lists: Vec<Vec<(u32, f32)>>) -> Self {
        let (mut offsets, mut rows, mut weights) = (vec![0], Vec::new(), Vec::new());
        for mut list in lists {
            list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            rows.extend(list.iter().map(|&(row, _)| row));
            weights.extend(list.iter().map(|&(_, weight)| weight));
            offsets.push(rows.len() as u32);
        }
        Self {
            offsets,
            rows: rows.into(),
            weights: weights.into(),
        }
    }

    /// From the parts it is stored as: list `a` is `offsets[a]..offsets[a + 1]` of `rows` and `weights`, of which nothing is
    /// read yet (see [`Neighbours::check`]).
    ///
    /// # Errors
    /// What is wrong, where the parts do not fit each other, or there are more lists than `activities`.
    pub fn from_parts(
        offsets: Vec<u32>,
        rows: BlobColumn<u32>,
        weights: BlobColumn<f32>,
        activities: usize,
    ) -> Result<Self, &'static str> {
        let ends = (offsets.first(), offsets.last());
        if ends != (Some(&0), Some(&(rows.len() as u32))) || offsets.len() > activities + 1 {
            return Err("the lists do not cover the neighbours");
        }
        if !is_ascending(&offsets) || rows.len() != weights.len() {
            return Err("the lists overlap");
        }
        Ok(Self {
            offsets,
            rows,
            weights,
        })
    }

    /// Reads all lists and checks that each neighbour is a row of `activities`, and each weight finite.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, activities: usize) -> Result<(), &'static str> {
        let places = 0..self.rows.len();
        for from in places.step_by(PIECE) {
            let piece = from..self.rows.len().min(from + PIECE);
            let (rows, weights) = (
                self.rows.read(piece.clone()),
                self.weights.read(piece.clone()),
            );
            for place in 0..piece.len() {
                if rows.get(place).is_none_or(|row| row as usize >= activities) {
                    return Err("a neighbour is no row of the catalogue");
                }
                if !weights.get(place).is_some_and(f32::is_finite) {
                    return Err("a weight is not finite");
                }
            }
        }
        Ok(())
    }

    /// Its parts: offsets, rows, weights, as [`Neighbours::from_parts`] takes them.
    pub fn parts(&self) -> (&[u32], &BlobColumn<u32>, &BlobColumn<f32>) {
        (&self.offsets, &self.rows, &self.weights)
    }

    /// How many activities have a list, however short.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The neighbours of an activity with their weights, largest first; none for a row that has no list, such as an
    /// activity published since the training. A weight below 0 says "not together". What is damaged is left out.
    pub fn of(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = match (self.offsets.get(row), self.offsets.get(row + 1)) {
            (Some(&from), Some(&until)) => from as usize..until as usize,
            _ => 0..0,
        };
        let (rows, weights) = (
            self.rows.read(range.clone()),
            self.weights.read(range.clone()),
        );
        let said = (0..range.len()).filter_map(move |at| Some((rows.get(at)?, weights.get(at)?)));
        said.filter(|(_, weight)| weight.is_finite())
    }

    /// The score of every activity for a visitor with this history, `(activity's row, weight)` with 1 for a plain choice:
    /// the weighted sum of what the history's activities say. A negative weight turns what its activity says round. Rows
    /// nobody speaks of score 0.
    pub fn scores(
        &self,
        history: impl IntoIterator<Item = (usize, f32)>,
        activities: usize,
    ) -> Vec<f32> {
        let mut scores = SparseAccumulator::default();
        scores.reset(activities);
        self.add_scores(history, &mut scores);
        scores.all().iter().map(|score| score + 0.0).collect()
    }

    /// Adds the same to what is 0 yet.
    pub fn add_scores(
        &self,
        history: impl IntoIterator<Item = (usize, f32)>,
        scores: &mut SparseAccumulator,
    ) {
        for (row, weight) in history {
            for (neighbour, says) in self.of(row) {
                scores.add(neighbour, weight * says);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Blob;

    fn three() -> Neighbours {
        Neighbours::new(vec![vec![(2, -0.5), (1, 0.75)], vec![(0, 0.25)], vec![]])
    }

    #[test]
    fn a_score_is_what_the_history_says() {
        assert_eq!(three().scores([(0, 1.0), (1, 2.0)], 3), [0.5, 0.75, -0.5]);
        assert_eq!(three().scores([(0, -1.0)], 3), [0.0, -0.75, 0.5]);
        assert_eq!(three().scores([(9, 1.0)], 3), [0.0; 3]);
        assert_eq!(three().scores([(0, 1.0)], 1), [0.0]);
    }

    #[test]
    fn neighbours_come_strongest_first() {
        let of_first: Vec<(u32, f32)> = three().of(0).collect();
        assert_eq!(of_first, [(1, 0.75), (2, -0.5)]);
        assert!(three().of(2).next().is_none() && three().of(99).next().is_none());
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let neighbours = three();
        let (offsets, rows, weights) = neighbours.parts();
        let (rows, weights) = (&rows.to_vec()[..], &weights.to_vec()[..]);
        let read = |offsets: &[u32], rows: &[u32], weights: &[f32], activities| {
            let (rows, weights) = (rows.to_vec().into(), weights.to_vec().into());
            let read = Neighbours::from_parts(offsets.to_vec(), rows, weights, activities)?;
            read.check(activities).map(|()| read)
        };
        assert_eq!(read(offsets, rows, weights, 3).unwrap(), neighbours);
        assert!(read(offsets, rows, weights, 2).is_err());
        assert!(read(&[0, 3, 2, 3], rows, weights, 3).is_err());
        assert!(read(&[0, 1], rows, weights, 3).is_err());
        assert!(read(&[], &[], &[], 3).is_err());
        assert!(read(offsets, &rows[..2], weights, 3).is_err());
        assert!(read(offsets, rows, &[0.1, f32::NAN, 0.2], 3).is_err());
    }

    #[test]
    fn every_piece_is_checked() {
        let lists = |last: u32| {
            let rows = (0..2 * PIECE as u32 + 1).map(|row| (row % 3, 0.5));
            Neighbours::new(vec![rows.chain([(last, 0.25)]).collect()])
        };
        assert!(lists(2).check(3).is_ok());
        assert!(lists(3).check(3).is_err());
    }

    #[test]
    fn what_is_damaged_says_nothing() {
        let numbers = Blob::from(vec![0, 9, 0]);
        let rows = BlobColumn::numbered(vec![1_u32], numbers, 1);
        let weights = vec![f32::INFINITY, 0.5, 0.25].into();
        let damaged = Neighbours::from_parts(vec![0, 3], rows, weights, 2).unwrap();
        assert!(damaged.check(2).is_err());
        assert_eq!(damaged.of(0).collect::<Vec<_>>(), [(1, 0.25)]);
    }
}
