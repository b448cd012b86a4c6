//! Owns level 5 as data: one marked hit, found again through the vendor's reporting interface. A provider's
//! row is a conversation, held by `guard/read_back`; nothing here dials out.
//!
//! Every conversation reads before it records: that the mark is not there yet is the negative control, and a
//! reader that is broken is found while nothing has been recorded. One hit at most is sent, never to the real
//! site, never twice.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::exchange::{Reply, Request, Target};

/// How a vendor's server is asked whether a hit was stored.
#[derive(Debug)]
pub struct ReadBack {
    /// Its name, for reports.
    pub name: &'static str,
    /// Returns what to do next, given the answers so far.
    pub next: fn(&Context<'_>, &[Reply]) -> Step,
}

/// What a conversation is about.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The real site's server.
    pub target: &'a Target,
    /// The second site on that server, which takes the marked hit; none if there is none.
    pub canary: Option<&'a str>,
    /// The mark: letters and digits that no run had before.
    pub nonce: &'a str,
    /// What counts as now.
    pub now: Timestamp,
}

/// What a browser calls itself in the marked hit: servers throw away the hits of programs.
pub const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

impl Context<'_> {
    /// Returns the path that the hit counts.
    pub fn path(&self) -> String {
        format!("/__watchpost/{}/", self.nonce)
    }

    /// Returns the address of the page that the hit counts; there is no such page.
    pub fn page(&self) -> String {
        format!("{}{}", self.target.origin, self.path())
    }

    /// Returns the canary site, or what to set up.
    pub fn canary(&self) -> Result<&str, Finding> {
        match self.canary.map(str::trim).filter(|canary| !canary.is_empty()) {
            Some(canary) if canary == self.target.site => Err(Finding::not_set_up(
                "canary-is-the-site",
                "`canary_site` names the real site, whose statistics a hit would spoil; nothing was sent",
                "make a second site on the same server, and write its name into `canary_site`",
            )),
            Some(canary) => Ok(canary),
            None => Err(Finding::not_set_up(
                "no-canary",
                "this server keeps every hit that it takes, and there is no site to spend one on; nothing was sent",
                "make a second site on the same server, and write `canary_site = \"…\"` into site.toml",
            )),
        }
    }

    /// Demands a token.
    pub fn token(&self) -> Result<(), Finding> {
        match self.target.has_token {
            true => Ok(()),
            false => Err(Finding::not_set_up(
                "no-token",
                "the server tells what it has counted only to who has a token, and there is none; nothing was sent",
                "set `token_env` to the name of a variable with a token that may view the statistics",
            )),
        }
    }
}

/// What a conversation wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ask this, which records nothing.
    Ask(Request),
    /// Wait so long, then ask this.
    AskAfter(Duration, Request),
    /// Send this, once: it may be recorded.
    Hit(Request),
    /// Enough was heard.
    Done(Finding),
}

/// What a conversation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The hit was found again.
    Found {
        /// How it was found, as the end of a sentence that starts with the hit.
        how: String,
        /// What is recorded now, and where; none if nothing is.
        recorded: Option<String>,
    },
    /// The hit was taken, and is nowhere.
    Lost {
        /// What that means, in a sentence.
        meaning: String,
        /// What to do.
        fix: String,
        /// What may be recorded later, and where.
        recorded: Option<String>,
    },
    /// The server did not take the hit.
    Refused {
        /// What it answered.
        answer: String,
        /// What that means, in a sentence.
        meaning: String,
        /// What to do.
        fix: String,
    },
    /// The server is in passing trouble, and did not take the hit for now.
    Trouble {
        /// What kind, in a word: `rate-limited`, `server-down`.
        kind: &'static str,
        /// What that means, in a sentence.
        meaning: String,
    },
    /// The reporting interface did not tell, which says nothing about counting.
    Reader {
        /// What kind of trouble, in a word: `token-refused`, `reader-shape`, `reader-moved` …
        kind: &'static str,
        /// What that means, in a sentence.
        meaning: String,
        /// What to do.
        fix: String,
    },
    /// Something is to be set up first; nothing was sent.
    NotSetUp {
        /// What, in a word: `no-canary`, `no-token`.
        kind: &'static str,
        /// What that means, in a sentence.
        meaning: String,
        /// What to do.
        fix: String,
    },
}

impl Finding {
    /// Says that something is to be set up first.
    pub fn not_set_up(kind: &'static str, meaning: &str, fix: &str) -> Finding {
        Finding::NotSetUp { kind, meaning: meaning.to_owned(), fix: fix.to_owned() }
    }

    /// Says that the reporting interface did not tell.
    pub fn reader(kind: &'static str, meaning: impl Into<String>, fix: &str) -> Finding {
        Finding::Reader { kind, meaning: meaning.into(), fix: fix.to_owned() }
    }
}

/// Returns what the status of an answer to the hit says for every vendor, if the server is in passing trouble.
pub fn passing(hit: &Reply, title: &str) -> Option<Finding> {
    let kind = match hit.status {
        429 => "rate-limited",
        500.. => "server-down",
        _ => return None,
    };
    let meaning = format!("{title} answered the hit with {}, {}: it is not sent again", hit.status, hit.glimpse());
    Some(Finding::Trouble { kind, meaning })
}

/// The usual conversation with a canary: look, send, look again until it is there.
pub struct Talk<'a> {
    /// Looks for the mark.
    pub look: Request,
    /// Returns whether an answer knows the mark.
    pub found: &'a dyn Fn(&Reply) -> Result<bool, Finding>,
    /// The hit.
    pub hit: Request,
    /// Demands that the hit was taken.
    pub taken: &'a dyn Fn(&Reply) -> Result<(), Finding>,
    /// After how many milliseconds each the mark is looked for.
    pub patience: &'a [u64],
    /// What is recorded then, and where.
    pub recorded: String,
    /// What it means that the mark is nowhere, and what to do.
    pub lost: (&'a str, &'a str),
}

impl Talk<'_> {
    /// Holds it, given the answers from the first look on.
    pub fn step(self, replies: &[Reply]) -> Result<Step, Finding> {
        let Some(before) = replies.first() else { return Ok(Step::Ask(self.look)) };
        if (self.found)(before)? {
            return Err(odd(before, "that it knows nothing of a mark that nobody has sent"));
        }
        let Some(hit) = replies.get(1) else { return Ok(Step::Hit(self.hit)) };
        (self.taken)(hit)?;
        for look in &replies[2..] {
            if (self.found)(look)? {
                let how = "was found in the statistics".to_owned();
                return Err(Finding::Found { how, recorded: Some(self.recorded) });
            }
        }
        match self.patience.get(replies.len() - 2) {
            Some(pause) => Ok(Step::AskAfter(Duration::from_millis(*pause), self.look)),
            None => Err(Finding::Lost {
                meaning: format!("{}, after {} s of looking", self.lost.0, self.patience.iter().sum::<u64>() / 1_000),
                fix: self.lost.1.to_owned(),
                recorded: Some(format!("{}, should it be stored later", self.recorded)),
            }),
        }
    }
}

/// Sends JSON, under no robot's name.
pub fn post(url: Url, body: &serde_json::Value) -> Request {
    let headers = vec![("Content-Type", "application/json".to_owned())];
    Request { method: "POST", headers, body: body.to_string(), ..Request::get(url) }
}

/// Sends a hit as a browser does.
pub fn browser(context: &Context<'_>, request: Request) -> Request {
    request.header("User-Agent", BROWSER).header("Origin", context.target.origin.clone())
}

/// The word for a token that the server does not take: it is not sent again within the hour.
pub const TOKEN_REFUSED: &str = "token-refused";

/// Reads what a reporting interface answered: JSON, or why it is none.
pub fn report(reply: &Reply) -> Result<serde_json::Value, Finding> {
    let answered = format!("the reporting interface answers {}, {}", reply.status, reply.glimpse());
    let (kind, fix) = match reply.status {
        200..=299 => match reply.json() {
            Some(json) => return Ok(json),
            None => ("reader-shape", "see what is served at that address; a newer release may have moved its reports"),
        },
        401 => (TOKEN_REFUSED, "make a new token that may view the statistics, and put it into the environment"),
        402 => ("reader-plan", "the plan no longer holds the reporting interface; counting may well go on"),
        403 => ("reader-forbidden", "give the token the right to view the statistics of this site"),
        404 | 405 | 410 => ("reader-moved", "compare the release of the server with what this version of blog knows"),
        429 => ("reader-rate-limited", "run this again later"),
        500.. => ("reader-down", "run this again when the server is well"),
        _ => ("reader-shape", "compare the release of the server with what this version of blog knows"),
    };
    Err(Finding::reader(kind, answered, fix))
}

/// Says that a report has another form than is known.
pub fn odd(reply: &Reply, wanted: &str) -> Finding {
    let meaning = format!("the reporting interface answers {}, and not {wanted}", reply.glimpse());
    Finding::reader("reader-shape", meaning, "compare the release of the server with what this version of blog knows")
}

/// Returns a server's address with another host, for vendors that tell sites by their hosts.
pub fn on_host(url: &Url, host: &str) -> Option<Url> {
    let mut url = url.clone();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse::<u16>().ok()),
        _ => (host, url.port()),
    };
    url.set_host(Some(name)).ok()?;
    url.set_port(port).ok()?;
    Some(url)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns what a real server answered, by the exchange's id.
    pub(crate) fn recorded(recording: &str, id: &str) -> Reply {
        let exchanges = recording.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let exchange = exchanges.into_iter().find(|exchange| exchange["id"] == id);
        let response = &exchange.unwrap_or_else(|| panic!("no exchange {id} was recorded"))["response"];
        Reply {
            status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
            body: response["body"].as_str().unwrap_or_default().into(),
            ..Reply::default()
        }
    }

    /// Returns a server as the conversations see it.
    pub(crate) fn target(site: &str, has_token: bool) -> Target {
        let url = |path: &str| Url::parse(&format!("https://stats.example/{path}")).unwrap();
        let (endpoint, script, collect) = (url(""), url("x.js"), url("collect"));
        Target {
            endpoint,
            script,
            collect,
            site: site.to_owned(),
            origin: "https://blog.example".to_owned(),
            has_token,
        }
    }

    /// Holds a conversation with these answers, all of them, and returns the steps in words and what it came to.
    #[track_caller]
    pub(crate) fn converse(
        row: &ReadBack,
        target: &Target,
        canary: Option<&str>,
        answers: &[Reply],
    ) -> (Vec<&'static str>, Finding) {
        let context =
            Context { target, canary, nonce: "0123456789abcdef", now: "2026-11-22T10:00:00Z".parse().unwrap() };
        let (mut steps, mut heard) = (Vec::new(), Vec::new());
        loop {
            match (row.next)(&context, &heard) {
                Step::Ask(_) => steps.push("ask"),
                Step::AskAfter(..) => steps.push("wait"),
                Step::Hit(request) => {
                    let agent = request.headers.iter().any(|(name, value)| *name == "User-Agent" && value == BROWSER);
                    assert!(agent && request.token.is_none(), "a hit is a browser's, and has no token: {request:?}");
                    steps.push("hit");
                }
                Step::Done(finding) => {
                    assert_eq!(heard.len(), answers.len(), "answers were left over after {steps:?}");
                    assert!(steps.iter().filter(|step| **step == "hit").count() <= 1, "{steps:?}");
                    return (steps, finding);
                }
            }
            let answer = answers.get(heard.len());
            heard.push(answer.unwrap_or_else(|| panic!("one question too many: {steps:?}")).clone());
        }
    }

    /// Returns the word of a finding for which there is something to do.
    pub(crate) fn kind(finding: &Finding) -> &'static str {
        match finding {
            Finding::Found { .. } => "found",
            Finding::Lost { .. } => "lost",
            Finding::Refused { .. } => "refused",
            Finding::Trouble { kind, .. } | Finding::Reader { kind, .. } | Finding::NotSetUp { kind, .. } => kind,
        }
    }

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, body: body.into(), ..Reply::default() }
    }

    #[test]
    fn a_broken_reader_has_a_word_of_its_own_for_every_way_in_which_it_breaks() {
        for (status, body, kind) in [
            (401, "{}", TOKEN_REFUSED),
            (402, "", "reader-plan"),
            (403, "{}", "reader-forbidden"),
            (404, "", "reader-moved"),
            (429, "", "reader-rate-limited"),
            (500, "", "reader-down"),
            (200, "<html>", "reader-shape"),
            (302, "", "reader-shape"),
        ] {
            let Err(Finding::Reader { kind: found, .. }) = report(&reply(status, body)) else { panic!("{status}") };
            assert_eq!(found, kind, "{status}");
        }
        assert_eq!(report(&reply(200, "[]")), Ok(serde_json::json!([])));
    }

    #[test]
    fn another_host_keeps_scheme_port_and_path_unless_it_names_a_port() {
        let url = Url::parse("http://stats.example:8080/count").unwrap();
        let moved = |host: &str| on_host(&url, host).map(String::from);
        assert_eq!(moved("canary.example").as_deref(), Some("http://canary.example:8080/count"));
        assert_eq!(moved("canary.example:99").as_deref(), Some("http://canary.example:99/count"));
        assert_eq!(moved("[::1]").as_deref(), Some("http://[::1]:8080/count"));
        assert_eq!(moved("a b"), None);
    }

    #[test]
    fn a_canary_is_never_the_real_site() {
        let target = target("1", false);
        let context =
            |canary| Context { target: &target, canary, nonce: "abc", now: Timestamp::UNIX_EPOCH }.canary().is_ok();
        assert!(context(Some("2")));
        assert!(!context(Some("1")) && !context(Some(" 1 ")) && !context(Some("")) && !context(None));
    }
}
