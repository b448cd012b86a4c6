//! Owns the questions of level 8: the visits of each day, from every vendor that tells them. It judges nothing; a
//! reader that does not tell is said to be broken, and is no drop.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Ask;
use super::dial::{Dialer, Line, QUESTIONS, Wire};
use crate::analytics;
use crate::analytics::daily::{Context, Series, Step};
use crate::analytics::read_back::{Finding, TOKEN_REFUSED};
use crate::config::{Analytics, Config, Endpoint};
use crate::digest::Digest;
use crate::state::token_digest;

/// How many days the recent part has, for shares of sections.
const RECENT: i32 = 7;

/// The visits of each day, of every table.
#[derive(Debug, Default)]
pub struct Told {
    /// One for each table of site.toml, in its order: the days, or why they were not told.
    pub tables: Vec<Result<Series, Untold>>,
    /// Tokens that were refused, by digest: to be remembered for an hour.
    pub refused_tokens: BTreeSet<Digest>,
    /// How many requests were sent.
    pub requests: usize,
}

/// Why the visits were not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// A word for it: `no-token`, `reader-shape`, `never-told` …
    pub kind: String,
    /// What that means, in a sentence.
    pub meaning: String,
    /// What to do.
    pub fix: String,
    /// Whether nobody can tell: no fault of anything.
    pub is_by_nature: bool,
}

/// Asks every analytics server of a site for the visits from one day to another, over the network.
pub fn ask(config: &Config, ask: &Ask, from: Date, to: Date) -> Told {
    ask_by(config, ask, from, to, &mut || Box::new(Wire::new(&ask.network)))
}

/// Asks over any line; each table has the time of a run to itself.
pub fn ask_by(config: &Config, ask: &Ask, from: Date, to: Date, line: &mut dyn FnMut() -> Box<dyn Line>) -> Told {
    let mut told = Told::default();
    for analytics in &config.analytics {
        let line = line();
        let mut dialer = Dialer::new(&*line);
        let refused: BTreeSet<Digest> = ask.refused_tokens.union(&told.refused_tokens).copied().collect();
        let table = converse(config, analytics, &refused, from, to, &mut dialer);
        told.requests += dialer.sent();
        if let (Err(Untold { kind, .. }), Some(token)) = (&table, &analytics.token)
            && kind == TOKEN_REFUSED
        {
            told.refused_tokens.insert(token_digest(&analytics.endpoint, token));
        }
        told.tables.push(table);
    }
    told
}

fn converse(
    config: &Config,
    analytics: &Analytics,
    refused: &BTreeSet<Digest>,
    from: Date,
    to: Date,
    dialer: &mut Dialer<'_>,
) -> Result<Series, Untold> {
    let untold = |kind: &str, meaning: String, fix: &str| Untold {
        kind: kind.to_owned(),
        meaning,
        fix: fix.to_owned(),
        is_by_nature: false,
    };
    let provider = analytics::find(&analytics.provider);
    let title = provider.map_or(analytics.provider.as_str(), |provider| provider.title);
    let (Some(row), Some(target), true) = (
        provider.and_then(|provider| provider.daily.as_ref()),
        analytics::target(analytics, &config.base_url),
        analytics.endpoint != Endpoint::Embedded,
    ) else {
        let meaning = match analytics.endpoint {
            Endpoint::Embedded => "the stand-in counts nobody".to_owned(),
            Endpoint::Server(_) => {
                format!("how {title} tells the visits of each day is not known here, so that it was not asked")
            }
        };
        let fix = "look at the numbers where they are shown".to_owned();
        return Err(Untold { kind: "never-told".to_owned(), meaning, fix, is_by_nature: true });
    };
    if row.needs_token {
        let Some(token) = &analytics.token else {
            let meaning = format!("{title} tells its numbers only to who has a token, and there is none");
            return Err(untold(
                "no-token",
                meaning,
                "set `token_env` to the name of a variable with a token that may view the statistics",
            ));
        };
        if refused.contains(&token_digest(&analytics.endpoint, token)) {
            let meaning =
                format!("the {title} server refused this token within the last hour, so that it was not sent again");
            return Err(untold(TOKEN_REFUSED, meaning, "put a token that is good into the environment"));
        }
    }
    let days_before = |date: Date, days: i32| date.checked_sub(jiff::Span::new().days(days)).unwrap_or(date);
    let recent = days_before(to, RECENT - 1);
    let context =
        Context { target: &target, from, to, recent, earlier: days_before(recent, 4 * RECENT), zone: &config.timezone };
    let mut replies = Vec::new();
    loop {
        let request = match (row.next)(&context, &replies) {
            Step::Ask(request) => request,
            Step::Done(Ok(series)) => return Ok(series),
            Step::Done(Err(finding)) => return Err(untold_by(finding)),
        };
        if replies.len() == QUESTIONS {
            return Err(untold("reader-shape", format!("{title} wants to be asked again and again"), "report this"));
        }
        match dialer.ask(&request, analytics.token.as_ref(), &|_| false) {
            Ok(reply) => replies.push(reply),
            Err(failure) => {
                let meaning = format!("the address of {title}'s reporting interface {}", failure.words());
                return Err(untold(&format!("reader-{}", failure.word()), meaning, failure.fix()));
            }
        }
    }
}

fn untold_by(finding: Finding) -> Untold {
    let (kind, meaning, fix) = match finding {
        Finding::Reader { kind, meaning, fix } | Finding::NotSetUp { kind, meaning, fix } => (kind, meaning, fix),
        Finding::Trouble { kind, meaning } => (kind, meaning, "run this again when the server is well".to_owned()),
        // Said of hits, and nobody sends one here.
        other => ("reader-shape", format!("{other:?}"), "report this".to_owned()),
    };
    Untold { kind: kind.to_owned(), meaning, fix, is_by_nature: false }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::analytics::exchange::Reply;
    use crate::config::{Token, sample};
    use crate::guard::dial::{Arrival, Failure, Hop};

    struct Played(Result<Reply, Failure>);

    impl Line for Played {
        fn exchange(&self, _hop: &Hop<'_>) -> Result<Arrival, Failure> {
            Ok(Arrival { reply: self.0.clone()?, private: false })
        }

        fn wait(&self, _span: Duration) {}

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        fn chance(&self) -> f64 {
            0.0
        }
    }

    fn kind(config: &Config, came: &Result<Reply, Failure>) -> String {
        let day = |text: &str| text.parse().unwrap();
        let mut line = || -> Box<dyn Line> { Box::new(Played(came.clone())) };
        let told = ask_by(config, &Ask::default(), day("2026-10-01"), day("2026-11-21"), &mut line);
        told.tables[0].as_ref().unwrap_err().kind.clone()
    }

    #[test]
    fn a_broken_reader_has_its_own_words() {
        let table = "[[analytics]]\nprovider = \"matomo\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n";
        let mut config = sample(table);
        let reply = |status| Ok(Reply { status, body: b"{}".to_vec(), ..Reply::default() });
        assert_eq!(kind(&config, &reply(200)), "no-token");
        config.analytics[0].token = Some(Token("secret".to_owned()));
        assert_eq!(kind(&config, &reply(401)), TOKEN_REFUSED);
        assert_eq!(kind(&config, &reply(402)), "reader-plan");
        assert_eq!(kind(&config, &reply(500)), "reader-down");
        assert_eq!(kind(&config, &Err(Failure::Timeout)), "reader-timeout");
        config.analytics[0].endpoint = Endpoint::Embedded;
        assert_eq!(kind(&config, &reply(200)), "never-told");
    }
}
