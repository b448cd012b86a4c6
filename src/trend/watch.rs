//! Owns the watch over a series: day after day, as if it had been looked at each morning, whether the last days
//! had fewer visits than chance allows.
//!
//! An alarm keeps the baseline that it was raised against until visits are back: an outage of many weeks would
//! else become what is expected. After 8 weeks what is, is taken for normal.

use super::baseline::{Baseline, DAYS, LONGEST, Sum};

/// How unlikely so few visits must be.
pub(super) const ALARM: f64 = 0.001;
/// From which probability on visits are back.
const OVER: f64 = 0.01;

/// A time with fewer visits than chance allows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Episode {
    /// The first day with too few visits.
    pub(super) since: usize,
    /// The day that raised the alarm.
    pub(super) raised: usize,
    /// The last day of it; none while it lasts.
    pub(super) over: Option<usize>,
    /// How many days silence needs to be no chance.
    pub(super) patience: usize,
    /// How many days raised the alarm together: those, or one more.
    pub(super) length: usize,
    /// What the days that raised it came to.
    pub(super) sum: Sum,
    /// What was expected when it was raised.
    pub(super) baseline: Baseline,
}

/// Looks at every day in turn, and returns the episodes, the oldest first.
pub(super) fn episodes(days: &[Option<f64>]) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    // What later baselines are made of: days of an episode are no part of what is usual.
    let mut usual = days.to_vec();
    for today in 0..days.len() {
        if let Some(episode) = episodes.last_mut().filter(|episode| episode.over.is_none()) {
            let now = window(days, today, episode.length).map(|window| episode.baseline.judge(window));
            // A quiet day that is silent, too, is no return.
            let is_back = now.is_some_and(|sum| sum.found > 0.0 && sum.probability >= OVER);
            let is_over = is_back || today - episode.raised >= DAYS;
            if !is_over {
                usual[today] = None;
                continue;
            }
            episode.over = Some(today.saturating_sub(1));
            continue;
        }
        let Some(mut episode) = raise(days, &usual, today) else { continue };
        // The first of the days up to now that had not even half of what was expected.
        let first = today.saturating_sub(LONGEST);
        let is_low = |day: usize| days[day].is_some_and(|visits| visits * 2.0 <= episode.baseline.expected(day));
        episode.since = (first..=today).rev().take_while(|day| is_low(*day)).last().unwrap_or(today);
        usual[episode.since..=today].fill(None);
        episodes.push(episode);
    }
    episodes
}

/// Returns an episode if the days up to `today` raise an alarm: as many as the baseline before them has patience for, or one
/// more, because the first day of an outage is seldom a whole one.
fn raise(days: &[Option<f64>], usual: &[Option<f64>], today: usize) -> Option<Episode> {
    (1..=LONGEST + 1).find_map(|length| {
        let window = window(days, today, length)?;
        let baseline = Baseline::before(usual, (today + 1).checked_sub(length)?)?;
        let patience = baseline.patience_to(today)?;
        if length != patience && length != patience + 1 {
            return None;
        }
        let sum = baseline.judge(window);
        // A blog that was never silent for so long is silent, however its days vary.
        let is_silence = length > patience && sum.found == 0.0 && was_never_silent(usual, today + 1 - length, length);
        let is_alarm = sum.probability < ALARM || is_silence;
        is_alarm.then_some(Episode { since: today, raised: today, over: None, patience, length, sum, baseline })
    })
}

/// Returns whether no so many days on end were without a visit in the baseline before `end`.
fn was_never_silent(usual: &[Option<f64>], end: usize, length: usize) -> bool {
    let before = &usual[end.saturating_sub(DAYS)..end];
    !before.windows(length).any(|days| days.iter().all(|day| *day == Some(0.0)))
}

/// Returns the last days up to `today`; nothing if one of them is not known.
pub(super) fn window(days: &[Option<f64>], today: usize, length: usize) -> Option<Vec<(usize, f64)>> {
    let first = (today + 1).checked_sub(length)?;
    (first..=today).map(|day| Some((day, days[day]?))).collect()
}
