//! Owns chance that can be repeated: the same seed gives the same cases on every machine.

/// A sequence of numbers (SplitMix64, by Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// Begins a sequence; nearby numbers of cases begin far apart.
    pub(super) fn new(seed: u64, number: usize) -> Self {
        let mut chance = Chance(seed ^ (number as u64).wrapping_mul(0xD1B5_4A32_D192_ED03));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// Returns whether something happens that does so this often in a hundred times.
    pub(super) fn percent(&mut self, often: u64) -> bool {
        self.next() % 100 < often
    }

    /// Takes one of several.
    pub(super) fn of<'a, T: ?Sized>(&mut self, several: &[&'a T]) -> &'a T {
        several[(self.next() % several.len() as u64) as usize]
    }

    /// Takes one of several, each as often as its weight says.
    pub(super) fn weighed<'a, T: ?Sized>(&mut self, several: &[(u64, &'a T)]) -> &'a T {
        let whole: u64 = several.iter().map(|(weight, _)| weight).sum();
        let mut at = self.next() % whole;
        for (weight, one) in several {
            match at.checked_sub(*weight) {
                None => return one,
                Some(rest) => at = rest,
            }
        }
        several[0].1
    }
}
