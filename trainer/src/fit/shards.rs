//! Rows cut into shards that do not depend on the number of threads.
//!
//! Whatever is summed over rows is summed within a shard first and then over the shards in their order: so one thread and
//! many give the same bits.

use std::ops::Range;

use rayon::prelude::*;

/// Rows of a shard of dense layers: enough for a matrix product to be worth its set-up, few enough to stay in the cache.
pub(crate) const DENSE_ROWS: usize = 256;

/// The shards of `rows` rows, `size` each but the last.
pub(crate) fn shards(rows: usize, size: usize) -> Vec<Range<usize>> {
    let size = size.max(1);
    (0..rows)
        .step_by(size)
        .map(|from| from..(from + size).min(rows))
        .collect()
}

/// What `operation` makes of each shard, in the shards' order, on all threads there are.
pub(crate) fn map_shards<R: Send>(
    shards: &[Range<usize>],
    operation: impl Fn(Range<usize>) -> R + Sync + Send,
) -> Vec<R> {
    if shards.len() < 2 {
        return shards.iter().cloned().map(operation).collect();
    }
    shards.par_iter().cloned().map(operation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_every_row_once_and_keep_their_order() {
        for rows in [0, 1, 255, 256, 257, 1_000] {
            let shards = shards(rows, DENSE_ROWS);
            let seen: Vec<usize> = map_shards(&shards, Iterator::collect::<Vec<_>>).concat();
            assert_eq!(seen, (0..rows).collect::<Vec<_>>());
        }
    }
}
