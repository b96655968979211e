//! Item-item weights by EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019): the linear
//! model that best predicts each choice of a user from all the others, in closed form. One inverse of an items × items
//! matrix replaces training.
//!
//! Two refinements, each one exponent: the pull to zero may grow with how often an item was chosen (Steck, "Autoencoders
//! that don't overfit towards the identity", NeurIPS 2020), and users who chose much may weigh less a choice.

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use triqueta::model::Neighbours;

use super::inverse::negative_inverse;
use crate::Result;
use crate::interactions::Interactions;
use crate::progress::{Progress, check};

/// How item-item weights are learned. The defaults were chosen on the validation slice of MovieLens-1M.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemItemOptions {
    /// The pull to zero, above 0, in choices: towards 0 rare items' coincidences decide, a large one leaves only the
    /// co-occurrence of what is popular.
    pub regularisation: f64,
    /// How that pull grows with an item's number of choices: 0 pulls all items alike, 1 in proportion.
    pub frequency_exponent: f64,
    /// How much less each choice of a user weighs who has many: 0 not at all, 1 gives every user the same total.
    pub user_exponent: f64,
    /// Neighbours kept an item, those of the largest absolute weight: few are small to ship and forget the long tail.
    pub neighbours: usize,
}

impl Default for ItemItemOptions {
    fn default() -> Self {
        Self {
            regularisation: 100.0,
            frequency_exponent: 0.0,
            user_exponent: 0.4,
            neighbours: 500,
        }
    }
}

/// Learns what each item says of the others. It holds one matrix of items × items in double precision: 110 MB for
/// 3,700 items, 3 GB for 20,000.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`].
pub fn fit_item_item(
    interactions: &Interactions,
    options: &ItemItemOptions,
    progress: &dyn Progress,
) -> Result<Neighbours> {
    progress.begin("item-item weights", None);
    let mut matrix = co_choices(interactions, options.user_exponent);
    for item in 0..interactions.items() {
        let weight = matrix[[item, item]].max(1.0);
        let scale = libm::pow(weight, options.frequency_exponent);
        // A pull of 0 would leave the matrix without an inverse.
        matrix[[item, item]] += (options.regularisation * scale).max(1e-6);
    }
    check(progress)?;
    negative_inverse(&mut matrix);
    check(progress)?;
    let diagonal = matrix.diag().to_owned();
    let rows: Vec<_> = matrix.axis_iter(Axis(0)).collect();
    let lists: Vec<Vec<(u32, f32)>> = rows
        .par_iter()
        .enumerate()
        .map(|(item, row)| {
            let others = row.iter().zip(&diagonal).enumerate();
            let mut list: Vec<(u32, f32)> = others
                .filter(|&(other, (&value, _))| other != item && value != 0.0)
                .map(|(other, (value, own))| (other as u32, (-value / own) as f32))
                .collect();
            strongest(&mut list, options.neighbours);
            list
        })
        .collect();
    Ok(Neighbours::new(lists))
}

/// Keeps the `count` entries of the largest absolute weight, the lower item first among equals.
fn strongest(list: &mut Vec<(u32, f32)>, count: usize) {
    if list.len() > count {
        let order =
            |a: &(u32, f32), b: &(u32, f32)| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0));
        list.select_nth_unstable_by(count, order);
        list.truncate(count);
    }
}

/// How often two items were chosen by the same user, each user weighed by `(number of choices)^-exponent`.
fn co_choices(interactions: &Interactions, exponent: f64) -> Array2<f64> {
    let items = interactions.items();
    let weights: Vec<f64> = (0..interactions.users() as u32)
        .map(|user| libm::pow(interactions.of_user(user).len() as f64, -exponent))
        .collect();
    let mut counts = Array2::zeros((items, items));
    counts
        .axis_iter_mut(Axis(0))
        .collect::<Vec<_>>()
        .into_par_iter()
        .enumerate()
        .for_each(|(item, mut row)| {
            for &user in interactions.of_item(item as u32) {
                let weight = weights[user as usize];
                for &other in interactions.of_user(user) {
                    row[other as usize] += weight;
                }
            }
        });
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use triqueta::math::Random;

    fn random_log(users: u32, items: usize, seed: u64) -> Interactions {
        let mut random = Random::new(seed);
        let pairs: Vec<(u32, u32)> = (0..users)
            .flat_map(|user| (0..6).map(move |_| user))
            .map(|user| (user, random.below(items) as u32))
            .collect();
        Interactions::new(users as usize, items, pairs)
    }

    fn all(options: ItemItemOptions) -> ItemItemOptions {
        ItemItemOptions {
            neighbours: usize::MAX,
            ..options
        }
    }

    /// The reference goes another way: each column of weights is a ridge regression of one item on all the others, solved
    /// by Gauss's elimination.
    #[test]
    fn weights_are_those_of_a_regression_of_each_item_on_the_others() {
        let (items, ridge) = (9, 2.5);
        let log = random_log(30, items, 4);
        let options = all(ItemItemOptions {
            regularisation: ridge,
            user_exponent: 0.0,
            ..ItemItemOptions::default()
        });
        let fitted = fit_item_item(&log, &options, &Silent).unwrap();
        for target in 0..items {
            let others: Vec<usize> = (0..items).filter(|&item| item != target).collect();
            let both = |a: usize, b: usize| {
                let of_a = log.of_item(a as u32).iter();
                of_a.filter(|&&user| log.contains(user, b as u32)).count() as f64
            };
            let mut system: Vec<Vec<f64>> = others
                .iter()
                .map(|&a| {
                    let mut row: Vec<f64> = others.iter().map(|&b| both(a, b)).collect();
                    row.push(both(a, target));
                    row
                })
                .collect();
            for (row, line) in system.iter_mut().enumerate() {
                line[row] += ridge;
            }
            let width = others.len();
            for pivot in 0..width {
                let own = system[pivot].clone();
                for (other, row) in system.iter_mut().enumerate() {
                    if other != pivot {
                        let share = row[pivot] / own[pivot];
                        row.iter_mut().zip(&own).for_each(|(x, y)| *x -= share * y);
                    }
                }
            }
            for (row, &source) in others.iter().enumerate() {
                let expected = system[row][width] / system[row][row];
                let found = fitted.of(source).find(|&(item, _)| item == target as u32);
                let found = found.map_or(0.0, |(_, weight)| f64::from(weight));
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }

    #[test]
    fn the_strongest_neighbours_are_kept_and_threads_change_nothing() {
        let log = random_log(200, 150, 1);
        let options = ItemItemOptions {
            neighbours: 5,
            ..ItemItemOptions::default()
        };
        let few = fit_item_item(&log, &options, &Silent).unwrap();
        let many = fit_item_item(&log, &all(options), &Silent).unwrap();
        for item in 0..150 {
            let least = few
                .of(item)
                .fold(f32::MAX, |least, (_, w)| least.min(w.abs()));
            assert_eq!(few.of(item).count(), 5);
            let stronger = many.of(item).filter(|(_, w)| w.abs() > least).count();
            assert!(stronger < 5);
        }
        let two = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .build()
            .unwrap();
        assert_eq!(
            two.install(|| fit_item_item(&log, &options, &Silent))
                .unwrap(),
            few
        );
    }

    #[test]
    fn an_empty_log_gives_no_neighbours() {
        for (users, items) in [(0, 0), (1, 1), (0, 4)] {
            let log = Interactions::new(users, items, []);
            let fitted = fit_item_item(&log, &ItemItemOptions::default(), &Silent).unwrap();
            assert!((0..items).all(|item| fitted.of(item).next().is_none()));
        }
    }
}
