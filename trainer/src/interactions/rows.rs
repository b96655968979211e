//! A sparse 0/1 matrix, by row and by column.

/// Which user chose which item; each pair once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interactions {
    by_user: Rows,
    by_item: Rows,
}

/// Compressed sparse rows: the columns of row `r` are `columns[offsets[r]..offsets[r + 1]]`, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Rows {
    offsets: Vec<usize>,
    columns: Vec<u32>,
}

impl Rows {
    /// `pairs` are distinct and ascend by column within a row.
    fn new(rows: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut offsets = vec![0; rows + 1];
        for (row, _) in pairs.clone() {
            offsets[row as usize + 1] += 1;
        }
        for row in 0..rows {
            offsets[row + 1] += offsets[row];
        }
        let mut next = offsets.clone();
        let mut columns = vec![0; offsets[rows]];
        for (row, column) in pairs {
            columns[next[row as usize]] = column;
            next[row as usize] += 1;
        }
        Self { offsets, columns }
    }

    fn of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        match (self.offsets.get(row), self.offsets.get(row + 1)) {
            (Some(&from), Some(&until)) => &self.columns[from..until],
            _ => &[],
        }
    }
}

impl Interactions {
    /// Takes in pairs in any order; repeated ones count once, and those outside `users` × `items` are left out.
    pub fn new(users: usize, items: usize, pairs: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let inside =
            |&(user, item): &(u32, u32)| (user as usize) < users && (item as usize) < items;
        let mut pairs: Vec<(u32, u32)> = pairs.into_iter().filter(inside).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self {
            by_user: Rows::new(users, pairs.iter().copied()),
            by_item: Rows::new(items, pairs.iter().map(|&(user, item)| (item, user))),
        }
    }

    /// How many users there are, with or without interactions.
    pub fn users(&self) -> usize {
        self.by_user.offsets.len().saturating_sub(1)
    }

    /// How many items there are, chosen or not.
    pub fn items(&self) -> usize {
        self.by_item.offsets.len().saturating_sub(1)
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.by_user.columns.len()
    }

    /// Whether nobody chose anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a user chose, ascending; nothing for an unknown user.
    pub fn of_user(&self, user: u32) -> &[u32] {
        self.by_user.of(user)
    }

    /// Who chose an item, ascending; nobody for an unknown item.
    pub fn of_item(&self, item: u32) -> &[u32] {
        self.by_item.of(item)
    }

    /// Whether the user chose the item.
    pub fn contains(&self, user: u32, item: u32) -> bool {
        self.of_user(user).binary_search(&item).is_ok()
    }

    /// All pairs, in order of user and item.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + Clone + '_ {
        (0..self.users() as u32)
            .flat_map(|user| self.of_user(user).iter().map(move |&item| (user, item)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_hold_the_same_pairs_once() {
        let interactions =
            Interactions::new(3, 2, [(2, 1), (0, 1), (2, 0), (0, 1), (7, 0), (0, 9)]);
        assert_eq!(interactions.len(), 3);
        assert_eq!(interactions.of_user(2), [0, 1]);
        assert_eq!(interactions.of_item(1), [0, 2]);
        assert!(interactions.of_user(1).is_empty() && interactions.of_user(99).is_empty());
        assert!(interactions.contains(0, 1) && !interactions.contains(0, 0));
    }

    #[test]
    fn nobody_and_nothing_is_a_valid_log() {
        let empty = Interactions::new(0, 0, []);
        assert!(empty.is_empty() && empty.users() == 0 && empty.items() == 0);
    }
}
