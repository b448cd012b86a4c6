//! Simulates blogs day after day, with a spread of 0.3 from one day to the next, and counts false alarms and how
//! long a drop goes unseen. The seeds are fixed and not chosen: 1 to 12 times a constant.

use super::baseline::{Baseline, LONGEST};
use super::watch::episodes;

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (one, other) = (self.next().max(1e-300), self.next());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }

    fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 200.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let (mut count, mut product) = (0.0, self.next());
        while product > (-mean).exp() {
            count += 1.0;
            product *= self.next();
        }
        count
    }
}

/// Returns the visits of some days: weekdays differ, days vary by 0.3 around them, and visitors come by chance.
pub(super) fn blog(rate: f64, days: usize, seed: u64) -> Vec<Option<f64>> {
    let mut chance = Chance(seed.wrapping_mul(0x0002_545f_4914_f6cd));
    let sigma = (1.0_f64 + 0.3 * 0.3).ln().sqrt();
    let visits = (0..days).map(|day| {
        let weekday = [1.1, 1.15, 1.1, 1.1, 1.05, 0.7, 0.8][day % 7];
        let mood = (sigma * chance.normal() - sigma * sigma / 2.0).exp();
        Some(chance.poisson(rate * weekday * mood))
    });
    visits.collect()
}

const RATES: [f64; 12] = [0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 30.0, 100.0, 300.0, 3_000.0];
const SEEDS: u64 = 12;
/// The first day of the year that is watched.
const BEGIN: usize = 70;

#[test]
fn a_year_of_mornings_has_at_most_one_false_alarm() {
    let mut all = 0;
    for rate in RATES {
        let alarms: Vec<usize> = (1..=SEEDS)
            .map(|seed| episodes(&blog(rate, BEGIN + 365, seed)).iter().filter(|one| one.raised >= BEGIN).count())
            .collect();
        let sum: usize = alarms.iter().sum();
        // On average far less than one.
        assert!(sum as u64 * 2 <= SEEDS, "{rate} a day: {alarms:?}");
        assert!(alarms.iter().all(|alarms| *alarms <= 1), "{rate} a day: {alarms:?}");
        all += sum;
    }
    let years = RATES.len() * usize::try_from(SEEDS).unwrap();
    assert!(all * 4 <= years, "{all} false alarms in {years} years");
}

#[test]
fn silence_is_found_within_k_and_one_days() {
    let mut judged = 0;
    for rate in RATES {
        for seed in 1..=SEEDS {
            let mut days = blog(rate, 220, seed);
            let baseline = Baseline::before(&days, 180).unwrap();
            if baseline.patience().is_none() {
                continue;
            }
            // k: the days on which 6.9 visits were expected.
            let Some(patience) =
                (1..=LONGEST).find(|days| (180..180 + days).map(|day| baseline.expected(day)).sum::<f64>() >= 6.9)
            else {
                continue;
            };
            days[180..].fill(Some(0.0));
            let found = episodes(&days).into_iter().rfind(|episode| episode.over.is_none());
            let found = found.unwrap_or_else(|| panic!("{rate} a day, seed {seed}: never found"));
            if found.raised < 180 {
                continue; // A false alarm that the silence has made true.
            }
            judged += 1;
            let took = found.raised - 180 + 1;
            assert!(took <= patience + 1, "{rate} a day, seed {seed}: {took} days, {patience} were promised");
            // Days at the edge may have been empty by chance.
            assert!(
                found.since <= 180 && found.since + patience + 1 >= 180,
                "{rate} a day, seed {seed}: {}",
                found.since
            );
        }
    }
    assert!(judged > 100, "{judged} drops");
}

#[test]
fn an_outage_of_weeks_stays_an_alarm_and_a_new_normal_ends_it() {
    let mut days = blog(300.0, 300, 5);
    days[150..].iter_mut().for_each(|day| *day = Some(2.0));
    let found = episodes(&days);
    let first = found.iter().find(|episode| episode.since == 150).expect("the drop is found");
    assert_eq!(first.raised, 150);
    assert_eq!(episodes(&days[..200]).pop().unwrap().over, None, "after seven weeks, too");
    assert_eq!(first.over, Some(205), "after eight weeks, what is, is normal");
}

#[test]
fn a_day_on_a_front_page_hides_no_later_silence_and_raises_no_alarm() {
    let mut days = blog(50.0, 260, 3);
    for day in [150, 151, 152, 178, 179] {
        days[day] = Some(5_000.0);
    }
    assert!(episodes(&days).iter().all(|episode| episode.raised < 150), "back to usual is no drop");
    days[190..].fill(Some(0.0));
    let found = episodes(&days).pop().unwrap();
    assert!((190..=191).contains(&found.raised) && found.since == 190);
}
