//! A set of small numbers.

/// Members are places of a table, or rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Room for members below `len`; larger ones are never members.
    pub fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    /// The places of `values` that `wanted` accepts.
    pub fn of<T>(values: &[T], mut wanted: impl FnMut(&T) -> bool) -> Self {
        let mut bits = Self::new(values.len());
        for (at, value) in values.iter().enumerate() {
            if wanted(value) {
                bits.insert(at);
            }
        }
        bits
    }

    /// True if it was no member before.
    pub fn insert(&mut self, at: usize) -> bool {
        let Some(word) = self.0.get_mut(at / 64) else {
            return false;
        };
        let bit = 1 << (at % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    #[inline]
    pub fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Keeps what both have.
    pub fn retain(&mut self, other: &Self) {
        for (at, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(at).copied().unwrap_or(0);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                (left != 0).then(|| {
                    left &= left - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_those_that_went_in() {
        let mut bits = Bits::new(130);
        for at in [0, 63, 64, 129] {
            assert!(bits.insert(at));
            assert!(!bits.insert(at));
        }
        assert!(!bits.insert(1000) && !bits.has(1000));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert_eq!(bits.count(), 4);
        bits.retain(&Bits::of(&[1, 2, 3], |n| *n < 3));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0]);
    }
}
