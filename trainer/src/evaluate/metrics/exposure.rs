//! What do the lists show, whoever likes it?
//!
//! A ranking can be accurate and dull: always the same few activities, all alike, all known already. These metrics look at
//! the lists alone.

/// Gini coefficient of exposure: 0 where every activity is shown equally often, towards 1 where one has everything. With
/// the counts `x` in ascending order, `Σ_i (2i − n − 1) · x(i) / (n · Σ x)`, `i` from 1. 0 where nothing is shown.
pub fn gini(counts: &[u64]) -> f64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let total: f64 = sorted.iter().map(|&count| count as f64).sum();
    if total == 0.0 {
        return 0.0;
    }
    let term =
        |(index, &count): (usize, &u64)| (2.0 * (index as f64 + 1.0) - n - 1.0) * count as f64;
    sorted.iter().enumerate().map(term).sum::<f64>() / (n * total)
}

/// Catalogue coverage: the share of activities that are in any list at all.
pub fn coverage(counts: &[u64]) -> f64 {
    let shown = counts.iter().filter(|&&count| count > 0).count();
    shown as f64 / counts.len().max(1) as f64
}

/// Self-information of an activity that `chosen_by` of `visitors` chose, in bits: `−log2((chosen_by + 1) / (visitors + 1))`.
/// One is added so that what nobody has chosen yet is very novel instead of infinitely so (Zhou et al. 2010 use the plain
/// share). The novelty of a list is the mean over its activities.
pub fn self_information(chosen_by: f64, visitors: f64) -> f64 {
    -((chosen_by.max(0.0) + 1.0) / (visitors.max(0.0) + 1.0))
        .min(1.0)
        .log2()
}

/// Intra-list diversity (Ziegler et al. 2005, as a distance): the mean of `1 − likeness` over all pairs of a list, 0 where
/// there are fewer than two.
pub fn intra_list_diversity<T>(list: &[T], likeness: impl Fn(&T, &T) -> f64) -> f64 {
    let mut sum = 0.0;
    for (index, first) in list.iter().enumerate() {
        for second in &list[index + 1..] {
            sum += 1.0 - likeness(first, second);
        }
    }
    let pairs = list.len() * list.len().saturating_sub(1) / 2;
    sum / pairs.max(1) as f64
}

/// Cosine of two sets of words, each sorted and without repetitions: `|A ∩ B| / √(|A| · |B|)`; 0 where one is empty.
pub fn set_cosine<T: Ord>(first: &[T], second: &[T]) -> f64 {
    let (mut a, mut b, mut common) = (0, 0, 0);
    while a < first.len() && b < second.len() {
        match first[a].cmp(&second[b]) {
            std::cmp::Ordering::Less => a += 1,
            std::cmp::Ordering::Greater => b += 1,
            std::cmp::Ordering::Equal => (a, b, common) = (a + 1, b + 1, common + 1),
        }
    }
    let norm = ((first.len() * second.len()) as f64).sqrt();
    if norm == 0.0 {
        0.0
    } else {
        f64::from(common) / norm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_exposure_is_fair_and_a_monopoly_is_not() {
        assert!(gini(&[3, 3, 3, 3]).abs() < 1e-12);
        assert!((gini(&[0, 0, 0, 8]) - 0.75).abs() < 1e-12);
        assert_eq!((gini(&[]), gini(&[0, 0]), coverage(&[])), (0.0, 0.0, 0.0));
        assert_eq!(coverage(&[0, 2, 0, 1]), 0.5);
    }

    #[test]
    fn what_everybody_knows_says_nothing_new() {
        assert_eq!(self_information(20.0, 20.0), 0.0);
        assert!((self_information(0.0, 7.0) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_list_of_one_thing_is_not_diverse() {
        let alike = |a: &Vec<u8>, b: &Vec<u8>| set_cosine(a, b);
        assert_eq!(intra_list_diversity(&[vec![1, 2], vec![1, 2]], alike), 0.0);
        assert_eq!(
            intra_list_diversity(&[vec![1], vec![2], vec![]], alike),
            1.0
        );
        assert_eq!(intra_list_diversity(&[vec![1]], alike), 0.0);
    }
}
