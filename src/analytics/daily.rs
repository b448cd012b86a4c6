//! Owns level 8's questions as data: how a vendor's reporting interface tells the visits of each day. A
//! provider's row is a conversation, held by `guard/daily`; what the numbers mean is `trend`'s affair.
//!
//! A day that is not in an answer counts as 0 only where the vendor is known to leave empty days out.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::exchange::{Reply, Request, Target};
use super::read_back::Finding;

/// How a vendor's server is asked for the visits of each day.
#[derive(Debug)]
pub struct Daily {
    /// Its name, for reports.
    pub name: &'static str,
    /// Whether it is no use without a token.
    pub needs_token: bool,
    /// Returns what to do next, given the answers so far.
    pub next: fn(&Context<'_>, &[Reply]) -> Step,
}

/// What a conversation is about.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The site's server.
    pub target: &'a Target,
    /// The first day that is wanted.
    pub from: Date,
    /// The last day that is wanted.
    pub to: Date,
    /// The first day of the part that shares of sections are compared with.
    pub earlier: Date,
    /// The first day of the recent part, to which that one extends.
    pub recent: Date,
    /// The site's time zone.
    pub zone: &'a TimeZone,
}

/// What a conversation wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask this.
    Ask(Request),
    /// Enough was heard: the days, or why the reader did not tell them.
    Done(Result<Series, Finding>),
}

/// The visits of each day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// What one visit is, as the vendor calls it: `visits`, `sessions`, `visitors`.
    pub unit: &'static str,
    /// What is known of each day.
    pub days: BTreeMap<Date, Day>,
    /// Whose days they are.
    pub zone: DayZone,
    /// Whether the vendor leaves out days without a visit, so that a missing one is 0.
    pub omits_empty_days: bool,
    /// Page views by path: before the recent part, and in it. Empty where the vendor was not asked.
    pub paths: Option<(Paths, Paths)>,
    /// What a reader of the numbers should know.
    pub remarks: Vec<String>,
}

/// Page views by path.
pub type Paths = BTreeMap<String, u64>;

/// One day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// The visits, in the series' unit.
    pub visits: u64,
    /// The page views, where the vendor tells them.
    pub views: Option<u64>,
}

/// Whose midnight ends a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DayZone {
    /// The site's: the question named its time zone.
    Site,
    /// One that the vendor keeps to itself: a day is taken once it is over everywhere on earth.
    #[default]
    Unknown,
}
