//! Owns what is expected of a day: the median of the same weekday over the 8 weeks before, and how far days
//! usually fall below it.
//!
//! Medians of small counts are coarse: below [`COARSE`] visits a day the middle weeks take their place. Only shortfalls are looked at for the spread, because only those are judged: a day on
//! somebody's front page makes no later silence less strange.

use super::tail;

/// How many days the baseline has.
pub const DAYS: usize = 56;
/// How many days are looked at together at most: with fewer visits, silence of a month may be chance.
pub const LONGEST: usize = 28;
/// How many of them must be known.
const KNOWN: usize = 28;
/// Below so many visits a day, weekdays are not told apart.
const COARSE: f64 = 5.0;
/// The variance of a median of 8 values, by that of one value.
const OF_MEDIAN: f64 = std::f64::consts::FRAC_PI_2 / 8.0;
/// The least spread that days are trusted to have, squared: blogs vary.
const FLOOR: f64 = 0.06;
/// By how much an estimated spread is taken larger: 49 free values estimate it about so well.
const CAUTION: f64 = 1.5;

/// What is expected, as of some day.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Baseline {
    /// The visits expected on each weekday, by a day's index modulo 7.
    expected: [f64; 7],
    /// By how much the variance of a day exceeds its mean, as a part of the mean's square.
    excess: f64,
    /// The variance of what is expected, by that of a day: it is an estimate, too.
    doubt: f64,
}

impl Baseline {
    /// Looks at the days before `end`; nothing if too few of them are known.
    pub(super) fn before(days: &[Option<f64>], end: usize) -> Option<Baseline> {
        let start = end.saturating_sub(DAYS);
        let known: Vec<(usize, f64)> = (start..end).filter_map(|day| Some((day, (*days.get(day)?)?))).collect();
        if known.len() < KNOWN {
            return None;
        }
        let mut expected = [0.0; 7];
        for (weekday, expected) in expected.iter_mut().enumerate() {
            *expected =
                median(known.iter().filter(|(day, _)| day % 7 == weekday).map(|(_, visits)| *visits).collect())?;
        }
        let mut doubt = OF_MEDIAN;
        if expected.iter().sum::<f64>() < COARSE * 7.0 {
            expected = of_few(days, start, end)?;
            // Of few visits chance itself is the better part, and patience is long: the doubt would outlast it.
            doubt = 0.0;
        }
        let excess = excess(&known, &expected);
        Some(Baseline { expected, excess, doubt })
    }

    /// Returns what is expected of a day, by its index.
    pub(super) fn expected(&self, day: usize) -> f64 {
        self.expected[day % 7]
    }

    /// Returns the visits expected of a day of an average week.
    pub(super) fn rate(&self) -> f64 {
        self.expected.iter().sum::<f64>() / 7.0
    }

    /// Returns after how many days silence is no chance any more: `P(0) < 0.001` at this rate, if days vary no more than
    /// chance.
    pub(super) fn patience(&self) -> Option<usize> {
        let days = (6.9 / self.rate()).ceil();
        // Not a number where nothing is expected.
        (days <= LONGEST as f64).then_some(days as usize)
    }

    /// Returns how many days up to `today` silence needs to be no chance: those on which 6.9 visits were expected, which on a
    /// quiet weekend are more than in the week.
    pub(super) fn patience_to(&self, today: usize) -> Option<usize> {
        let mut sum = 0.0;
        (1..=LONGEST.min(today + 1)).find(|length| {
            sum += self.expected(today + 1 - length);
            sum >= 6.9
        })
    }

    /// Returns the usual spread of days below what is expected, beyond chance: 0.3 is 30 %.
    pub(super) fn spread(&self) -> f64 {
        self.excess.sqrt()
    }

    /// Returns what some days were expected to sum up to, what they summed up to, and how likely so few are.
    pub(super) fn judge(&self, days: impl IntoIterator<Item = (usize, f64)>) -> Sum {
        let (mut found, mut counts) = (0.0, [0.0; 7]);
        for (day, visits) in days {
            found += visits;
            counts[day % 7] += 1.0;
        }
        let (mut mean, mut variance) = (0.0, 0.0);
        for (count, expected) in counts.iter().zip(self.expected) {
            let of_day = expected + self.excess * CAUTION * expected * expected;
            mean += count * expected;
            variance += count * of_day + count * count * of_day * self.doubt;
        }
        Sum { found, expected: mean, probability: tail::lower(found, mean, variance.max(mean)) }
    }
}

/// What some days came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sum {
    /// Their visits.
    pub(super) found: f64,
    /// The visits expected of them.
    pub(super) expected: f64,
    /// The probability of so few or fewer.
    pub(super) probability: f64,
}

/// Returns what is expected of each weekday where visits are few: the mean of the middle weeks, and of weekdays half of
/// what they show, because 8 small numbers show little.
fn of_few(days: &[Option<f64>], start: usize, end: usize) -> Option<[f64; 7]> {
    let backwards: Vec<usize> = (start..end).rev().collect();
    let mut weeks: Vec<f64> =
        backwards.chunks_exact(7).filter_map(|week| week.iter().map(|day| days[*day]).sum::<Option<f64>>()).collect();
    weeks.sort_by(f64::total_cmp);
    let middle = &weeks[weeks.len() / 4..weeks.len() - weeks.len() / 4];
    if middle.is_empty() {
        return None;
    }
    let rate = middle.iter().sum::<f64>() / middle.len() as f64 / 7.0;
    // A day on somebody's front page says nothing of its weekday.
    let most = 3.0 * rate + 3.0;
    let mut sums = [0.0; 7];
    let mut counts = [0.0; 7];
    for day in start..end {
        if let Some(visits) = days[day] {
            sums[day % 7] += visits.min(most);
            counts[day % 7] += 1.0;
        }
    }
    let mean = sums.iter().sum::<f64>() / counts.iter().sum::<f64>();
    if mean <= 0.0 {
        return Some([rate; 7]);
    }
    Some(std::array::from_fn(|weekday| {
        let of_weekday = if counts[weekday] > 0.0 { sums[weekday] / counts[weekday] / mean } else { 1.0 };
        rate * f64::midpoint(1.0, of_weekday)
    }))
}

/// Returns by how much days fall further below what is expected than chance lets them, as a part of the expected's
/// square; 0 unless chance is ruled out.
fn excess(known: &[(usize, f64)], expected: &[f64; 7]) -> f64 {
    let (mut shortfall, mut mean, mut square) = (0.0, 0.0, 0.0);
    for (day, visits) in known {
        let expected = expected[day % 7];
        // A shortfall stands for its mirror image, too: half of all days have one.
        shortfall += 2.0 * (expected - visits).max(0.0).powi(2);
        mean += expected;
        square += expected * expected;
    }
    if mean <= 0.0 {
        return FLOOR;
    }
    let days = known.len() as f64;
    let freedom = days - 7.0;
    let variance = shortfall * days / freedom;
    ((variance - mean) / square).max(FLOOR)
}

/// Returns the middle value, or the mean of the two middle ones.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
