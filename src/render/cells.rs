//! Owns values that are made when they are first asked for, one for each post, in chunks that are made the same way: a
//! preview exchanges its site with every edit, and a blog may have a hundred thousand posts.

use std::sync::OnceLock;

/// How many values a chunk has.
const CHUNK: usize = 512;

/// Some values side by side, each made when it is first asked for.
type Chunk<T> = Box<[OnceLock<T>]>;

/// Values that are made when they are first asked for.
#[derive(Debug)]
pub(crate) struct Cells<T>(Box<[OnceLock<Chunk<T>>]>);

impl<T> Cells<T> {
    /// Starts with none of so many values.
    pub(crate) fn new(count: usize) -> Self {
        Cells((0..count.div_ceil(CHUNK)).map(|_| OnceLock::new()).collect())
    }

    /// Returns the place of a value.
    pub(crate) fn cell(&self, index: usize) -> &OnceLock<T> {
        let chunk = self.0[index / CHUNK].get_or_init(|| (0..CHUNK).map(|_| OnceLock::new()).collect());
        &chunk[index % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_a_place_of_its_own() {
        let cells = Cells::new(CHUNK + 1);
        for index in [0, CHUNK - 1, CHUNK] {
            assert_eq!(*cells.cell(index).get_or_init(|| index), index);
        }
        assert_eq!(cells.cell(0).get(), Some(&0));
        assert_eq!(cells.cell(1).get(), None);
    }
}
