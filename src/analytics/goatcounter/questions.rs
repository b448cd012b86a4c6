//! Owns what GoatCounter's reporting interface is asked: for a marked hit on a canary site, and for the visits
//! of each day.
//!
//! Read in the source of 2.7.0 (`handlers/api.go`, `vcounter.go`, `memstore.go`) and held against a running
//! one: hits are stored every 10 s (`-store-every`), a path that does not exist is an empty list, and a server
//! with a single site answers for any host, so that a canary must be shown to be a site of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use serde_json::Value;
use url::Url;

use super::{NO_SUCH_HOST, is_no_site};
use crate::analytics::below;
use crate::analytics::daily::{self, Day, DayZone, Paths, Series};
use crate::analytics::exchange::{Reply, Request, TokenPlace};
use crate::analytics::read_back::{BROWSER, Context, Finding, Step, odd, on_host, passing, report};

/// When the stored hit is looked for, each time after so many milliseconds: the server stores every 10 s.
const PATIENCE: [u64; 5] = [1_000, 5_000, 5_000, 4_000, 4_000];

/// Asks whether the canary is a site of its own, whether the reader tells nothing of the mark, sends the hit,
/// and looks for it: on the canary until it is there, and last that it is not on the real site.
pub(super) fn read_back(context: &Context<'_>, replies: &[Reply]) -> Step {
    converse(context, replies).unwrap_or_else(Step::Done)
}

fn converse(context: &Context<'_>, replies: &[Reply]) -> Result<Step, Finding> {
    let canary = Canary::of(context)?;
    let Some(control) = replies.first() else { return Ok(Step::Ask(canary.impossible())) };
    if !is_no_site(control) {
        return Err(Finding::not_set_up(
            "one-site-server",
            "this server answers for any host, as one with a single site does: the hit would count on the real site; \
             nothing was sent",
            "make the canary a site of its own in this GoatCounter (Settings → Sites)",
        ));
    }
    let Some(before) = replies.get(1) else { return Ok(Step::Ask(canary.look(0))) };
    if is_no_site(before) {
        return Err(Finding::not_set_up(
            "no-such-canary",
            "GoatCounter has no site at the host in `canary_site`; nothing was sent",
            "make a site with that host, or correct `canary_site`",
        ));
    }
    if canary.found(before)? {
        return Err(odd(before, "that it knows nothing of a mark that nobody has sent"));
    }
    let Some(hit) = replies.get(2) else { return Ok(Step::Hit(canary.hit())) };
    canary.taken(hit)?;
    let recorded = format!("one page view of `{}` on the canary site `{}`", canary.path(), canary.host);
    let mut looks = replies[3..].iter().enumerate();
    for (index, look) in looks.by_ref() {
        if canary.found(look)? {
            return match (looks.next(), context.target.has_token) {
                (None, true) => Ok(Step::Ask(canary.look_at_real_site())),
                (Some((_, real)), true) if canary.found(real)? => Err(Finding::NotSetUp {
                    kind: "canary-is-the-site",
                    meaning: format!(
                        "the canary `{}` is another name of the real site: one page view of `{}` was recorded there",
                        canary.host,
                        canary.path()
                    ),
                    fix: "make the canary a site of its own, and purge that path from the real one".to_owned(),
                }),
                _ => {
                    let span: u64 = PATIENCE[..=index.min(PATIENCE.len() - 1)].iter().sum();
                    let how = format!("was found in the statistics within {} s", span.div_ceil(1_000));
                    Err(Finding::Found { how, recorded: Some(recorded) })
                }
            };
        }
    }
    match PATIENCE.get(replies.len() - 3) {
        Some(pause) => Ok(Step::AskAfter(Duration::from_millis(*pause), canary.look(replies.len() - 2))),
        None => Err(Finding::Lost {
            meaning: format!(
                "GoatCounter took the hit, and after {} s it is not in the statistics of `{}`",
                PATIENCE.iter().sum::<u64>() / 1_000,
                canary.host
            ),
            fix: "look into GoatCounter's log: hits that it takes are stored every 10 s".to_owned(),
            recorded: Some(format!("{recorded}, should it be stored later")),
        }),
    }
}

/// The canary site's addresses.
struct Canary<'a> {
    context: &'a Context<'a>,
    host: &'a str,
    endpoint: Url,
    collect: Url,
}

impl<'a> Canary<'a> {
    fn of(context: &'a Context<'a>) -> Result<Canary<'a>, Finding> {
        let host = context.canary()?;
        let moved = |url: &Url| {
            on_host(url, host).ok_or_else(|| {
                let meaning = format!("`canary_site` is `{host}`, which is no host; nothing was sent");
                Finding::not_set_up("no-host", &meaning, "write the canary's host: `canary_site = \"canary.example\"`")
            })
        };
        let (endpoint, collect) = (moved(&context.target.endpoint)?, moved(&context.target.collect)?);
        if collect == context.target.collect {
            return Err(Finding::not_set_up(
                "canary-is-the-site",
                "`canary_site` names the real site's own host, whose statistics a hit would spoil; nothing was sent",
                "make a second site in this GoatCounter, and write its host into `canary_site`",
            ));
        }
        Ok(Canary { context, host, endpoint, collect })
    }

    /// The path as GoatCounter stores it: without slashes at its end.
    fn path(&self) -> String {
        self.context.path().trim_end_matches('/').to_owned()
    }

    /// Asks whether the server tells sites by their hosts: a request that it refuses before it stores anything.
    fn impossible(&self) -> Request {
        let mut url = self.collect.clone();
        url.query_pairs_mut().append_pair("p", "/__verify").append_pair("b", "1");
        Request { host: Some(NO_SUCH_HOST), ..Request::get(url) }
    }

    /// Looks for the mark: by the API where there is a token, else by the public visitor counter.
    fn look(&self, time: usize) -> Request {
        match self.context.target.has_token {
            true => self.ask_api(&self.endpoint),
            false => {
                let path = format!("counter{}.json", self.path());
                let mut url = below(&self.endpoint, &path);
                // Caches before the server keep its answers for half an hour.
                url.query_pairs_mut().append_pair("rnd", &time.to_string());
                Request::get(url)
            }
        }
    }

    fn look_at_real_site(&self) -> Request {
        self.ask_api(&self.context.target.endpoint)
    }

    fn ask_api(&self, endpoint: &Url) -> Request {
        let mut url = below(endpoint, "api/v0/stats/hits");
        url.query_pairs_mut()
            .append_pair("include_paths", &self.path())
            .append_pair("path_by_name", "true")
            .append_pair("limit", "5");
        api(url)
    }

    /// Returns whether an answer knows the mark.
    fn found(&self, reply: &Reply) -> Result<bool, Finding> {
        let path = self.path();
        let is_path = |hit: &Value| hit.get("path").and_then(Value::as_str) == Some(path.as_str());
        if self.context.target.has_token {
            let json = report(reply)?;
            let hits = json.get("hits").ok_or_else(|| odd(reply, "a list of `hits`"))?;
            return match hits {
                Value::Null => Ok(false),
                Value::Array(hits) => Ok(hits.iter().any(is_path)),
                _ => Err(odd(reply, "a list of `hits`")),
            };
        }
        // The visitor counter answers 404 with a count of 0 for a path that it does not know.
        let known = matches!(reply.status, 200 | 404);
        match reply.json().filter(|_| known).and_then(|json| Some(json.get("count")?.as_str()?.trim().to_owned())) {
            Some(count) => Ok(reply.status == 200 && count != "0"),
            None if reply.status == 403 => Err(Finding::not_set_up(
                "no-token",
                "the canary's statistics are read with a token, or by its visitor counter, which is switched off; \
                 nothing was sent",
                "set `token_env`, or allow the visitor counter in the settings of the canary site",
            )),
            None => Err(report(reply).err().unwrap_or_else(|| odd(reply, "a `count`"))),
        }
    }

    /// The hit as a browser sends it: GoatCounter throws the hits of programs away.
    fn hit(&self) -> Request {
        let mut url = self.collect.clone();
        url.query_pairs_mut()
            .append_pair("p", &self.path())
            .append_pair("t", "Watchpost read-back")
            .append_pair("rnd", self.context.nonce);
        Request::get(url).header("User-Agent", BROWSER).header("Origin", self.context.target.origin.clone())
    }

    /// Demands that the hit was taken.
    fn taken(&self, hit: &Reply) -> Result<(), Finding> {
        let said = hit.header("x-goatcounter").unwrap_or_default();
        let answer = format!("{}, {}", hit.status, if said.is_empty() { hit.glimpse() } else { format!("`{said}`") });
        let refused = |meaning: &str, fix: &str| {
            Err(Finding::Refused { answer: answer.clone(), meaning: meaning.to_owned(), fix: fix.to_owned() })
        };
        if let Some(trouble) = passing(hit, "GoatCounter") {
            return Err(trouble);
        }
        match hit.status {
            200 => Ok(()),
            202 if said.starts_with("ignored because") => Err(Finding::not_set_up(
                "ignored-address",
                "the canary site ignores hits from this machine's address, so that none can be read back",
                "take this machine's address out of the ignored ones in the settings of the canary site",
            )),
            _ => refused(
                "GoatCounter does not take a hit as a browser sends it",
                "look at what is served at the counting address",
            ),
        }
    }
}

fn api(url: Url) -> Request {
    Request { token: Some(TokenPlace::Bearer), ..Request::get(url) }
}

/// Asks for the visits of each day, then for the most read paths before the recent part and in it.
pub(super) fn daily(context: &daily::Context<'_>, replies: &[Reply]) -> daily::Step {
    let ask = |from: Date, to: Date, path: &str| {
        let mut url = below(&context.target.endpoint, path);
        // Days are those of the token's user; one more on either side covers any time zone.
        url.query_pairs_mut()
            .append_pair("start", &format!("{from}T00:00:00Z"))
            .append_pair("end", &format!("{to}T23:59:59Z"));
        daily::Step::Ask(api(url))
    };
    let day_before = |date: Date| date.yesterday().unwrap_or(date);
    let [total, earlier, recent] = match replies {
        [] => {
            let to = context.to.tomorrow().unwrap_or(context.to);
            return ask(day_before(context.from), to, "api/v0/stats/total");
        }
        [total] => match totals(total, context) {
            Ok(_) => return ask(context.earlier, day_before(context.recent), "api/v0/stats/hits?limit=100&daily=true"),
            Err(finding) => return daily::Step::Done(Err(finding)),
        },
        [_, _] => return ask(context.recent, context.to, "api/v0/stats/hits?limit=100&daily=true"),
        [total, earlier, recent, ..] => [total, earlier, recent],
    };
    daily::Step::Done(totals(total, context).map(|days| Series {
        unit: "visits",
        days,
        zone: DayZone::Unknown,
        omits_empty_days: false,
        paths: paths(earlier).zip(paths(recent)),
        remarks: Vec::new(),
    }))
}

/// Reads `/api/v0/stats/total`: days without a visit are in it.
fn totals(reply: &Reply, context: &daily::Context<'_>) -> Result<BTreeMap<Date, Day>, Finding> {
    let json = report(reply)?;
    let stats = json.get("stats").and_then(Value::as_array).ok_or_else(|| odd(reply, "the `stats` of each day"))?;
    let mut days = BTreeMap::new();
    for day in stats {
        let date = day.get("day").and_then(Value::as_str).and_then(|text| text.parse::<Date>().ok());
        let visits = day.get("daily").and_then(Value::as_u64);
        let (Some(date), Some(visits)) = (date, visits) else { return Err(odd(reply, "a `day` with its `daily` sum")) };
        if (context.from..=context.to).contains(&date) {
            days.insert(date, Day { visits, views: None });
        }
    }
    Ok(days)
}

/// Reads the paths of `/api/v0/stats/hits`; events are none.
fn paths(reply: &Reply) -> Option<Paths> {
    let json = report(reply).ok()?;
    let hits = match json.get("hits")? {
        Value::Null => return Some(Paths::new()),
        hits => hits.as_array()?,
    };
    let is_event = |hit: &&Value| hit.get("event").and_then(Value::as_bool).unwrap_or_default();
    let path = |hit: &Value| Some((hit.get("path")?.as_str()?.to_owned(), hit.get("count")?.as_u64()?));
    Some(hits.iter().filter(|hit| !is_event(hit)).filter_map(path).collect())
}

#[cfg(test)]
mod tests;
