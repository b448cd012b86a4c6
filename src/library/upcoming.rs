//! Owns what will change by itself: posts whose date has not come, and posts that expire.
//!
//! Nothing runs at those times: a static site changes when it is built. The list says when a build is worth it.

use jiff::Timestamp;

use super::Library;
use crate::paths::SourcePath;
use crate::post::Hidden;

/// One change that a later build will show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upcoming {
    /// When.
    pub at: Timestamp,
    /// Which way.
    pub turn: Turn,
    /// Of what.
    pub source: SourcePath,
}

/// What becomes of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// It is shown from then on.
    Appears,
    /// It is not shown any more.
    Expires,
}

impl Library {
    /// Returns what will change after `now` without any edit, the next first.
    pub fn upcoming(&self, now: Timestamp) -> Vec<Upcoming> {
        let further = self.editions.iter().skip(1).flat_map(|edition| edition.own_upcoming(now));
        let mut upcoming: Vec<Upcoming> = self.own_upcoming(now).into_iter().chain(further).collect();
        upcoming.sort();
        upcoming.dedup();
        upcoming
    }

    /// Returns the same for one language.
    fn own_upcoming(&self, now: Timestamp) -> Vec<Upcoming> {
        let hidden = self.hidden.iter().filter_map(|post| match &post.hidden {
            Some(Hidden::Future(at)) => Some((post, *at, Turn::Appears)),
            _ => None,
        });
        // What a build with `--future` shows already appears later all the same.
        let future = self.posts.iter().filter_map(|post| {
            let date = post.front.publish_date.as_ref().or(post.front.date.as_ref())?;
            Some((post, date.timestamp(), Turn::Appears))
        });
        // A post that is still to come expires after that.
        let waiting = self.hidden.iter().filter(|post| matches!(post.hidden, Some(Hidden::Future(_))));
        let expiring = self.posts.iter().chain(waiting);
        let expiring = expiring.filter_map(|post| Some((post, post.front.expiry_date.as_ref()?, Turn::Expires)));
        let all = hidden.chain(future).chain(expiring.map(|(post, at, turn)| (post, at.timestamp(), turn)));
        let later = all.filter(|(_, at, _)| *at > now);
        later.map(|(post, at, turn)| Upcoming { at, turn, source: post.source.clone() }).collect()
    }
}
