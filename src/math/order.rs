//! Putting things in order. The standard library is built for size in the module, and sorts accordingly: these are as short, and
//! fast for the few hundred things that a list is made of, and not slow for hundreds of thousands.

/// Distances at which things are compared, one after the other (Ciura 2001, "Best increments for the average case of Shellsort");
/// above his one that is usual, and from there on 2.25 times the one before.
const GAPS: [usize; 16] = [
    510_774, 227_011, 100_894, 44_842, 19_930, 8_858, 3_937, 1_750, 701, 301, 132, 57, 23, 10, 4, 1,
];

/// Sorts (Shell 1959). `is_before` is a strict order in which no two things are equal, or equal ones are alike.
pub fn sort<T: Copy>(things: &mut [T], is_before: impl Fn(&T, &T) -> bool) {
    for gap in GAPS {
        for end in gap..things.len() {
            // Mostly nothing moves.
            if !is_before(&things[end], &things[end - gap]) {
                continue;
            }
            let thing = things[end];
            let mut at = end;
            while at >= gap && is_before(&thing, &things[at - gap]) {
                things[at] = things[at - gap];
                at -= gap;
            }
            things[at] = thing;
        }
    }
}

/// Puts what is at `place` in order there, what is before it before it and the rest behind it (Hoare 1961, "Algorithm 65:
/// Find"). `is_before` is a strict order.
pub fn select<T: Copy>(things: &mut [T], place: usize, is_before: impl Fn(&T, &T) -> bool) {
    let (mut from, mut until) = (0, things.len());
    while from + 1 < until {
        let middle = things[place];
        let (mut low, mut high) = (from, until);
        while low < high {
            while is_before(&things[low], &middle) {
                low += 1;
            }
            while is_before(&middle, &things[high - 1]) {
                high -= 1;
            }
            if low < high {
                things.swap(low, high - 1);
                low += 1;
                high -= 1;
            }
        }
        if high <= place {
            from = low;
        }
        if place < low {
            until = high;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;

    /// Numbers of which many are equal, in orders that sorts are known to find hard too.
    fn orders(size: usize) -> [Vec<usize>; 4] {
        let mut random = Random::new(size as u64);
        let drawn = (0..size).map(|_| random.below(size / 2 + 1)).collect();
        let organ_pipe = (0..size).map(|n| n.min(size - n)).collect();
        [drawn, organ_pipe, (0..size).rev().collect(), vec![3; size]]
    }

    #[test]
    fn things_are_in_order_and_none_is_lost() {
        for size in [0, 1, 2, 3, 10, 200, 2_000, 20_000] {
            for mut things in orders(size) {
                let mut expected = things.clone();
                expected.sort_unstable();
                sort(&mut things, |a, b| a < b);
                assert_eq!(things, expected);
            }
        }
    }

    #[test]
    fn many_things_are_in_order_before_anybody_waits() {
        let [mut drawn, ..] = orders(600_000);
        let mut expected = drawn.clone();
        expected.sort_unstable();
        let asked = std::cell::Cell::new(0);
        sort(&mut drawn, |a, b| {
            asked.set(asked.get() + 1);
            a < b
        });
        assert_eq!(drawn, expected);
        assert!(
            asked.get() < 60 * drawn.len(),
            "{} comparisons",
            asked.get()
        );
    }

    #[test]
    fn what_is_at_a_place_in_order_is_found_and_parts_the_rest() {
        for size in [1, 2, 3, 10, 400] {
            for things in orders(size) {
                let mut expected = things.clone();
                expected.sort_unstable();
                for place in [0, size / 3, size - 1] {
                    let mut things = things.clone();
                    select(&mut things, place, |a, b| a < b);
                    assert_eq!(things[place], expected[place]);
                    assert!(
                        things[..place]
                            .iter()
                            .all(|&before| before <= things[place])
                    );
                    things.sort_unstable();
                    assert_eq!(things, expected);
                }
            }
        }
    }
}
