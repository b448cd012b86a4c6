//! A small site, built and deployed, and the web that serves it: with what may go wrong on the way.

use std::cell::RefCell;

use super::super::*;
use crate::analytics::exchange::Reply;
use crate::analytics::find;
use crate::config::sample;
use crate::guard::dial::{Arrival, Hop};
use crate::guard::{Ask, ask_by};
use crate::manifest::{Contract, Entry};

pub(super) const TABLE: &str =
    "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n";
pub(super) const SNIPPET: &str =
    "<script data-goatcounter=\"https://stats.example/count\" async src=\"https://stats.example/count.js\"></script>";

pub(super) fn page(title: &str, head: &str) -> String {
    format!("<!doctype html><html lang=en><head><title>{title}</title>{head}</head><body>{title}</body></html>")
}

pub(super) fn feed(ids: &[(&str, &str)]) -> String {
    let items = ids.iter().map(|(path, id)| {
        format!("<item><title>a</title><link>https://blog.example{path}</link><guid isPermaLink=\"false\">{id}</guid></item>")
    });
    let items: String = items.collect();
    format!(
        "<rss version=\"2.0\"><channel><title>t</title><link>https://blog.example/</link><description>d</description>{items}</channel></rss>"
    )
}

/// A build: its files with layout and section.
pub(super) struct Build {
    pub(super) manifest: Manifest,
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl Build {
    pub(super) fn new(files: &[(&str, &str, &str, String)]) -> Build {
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let kind = |path: &str| if path.ends_with(".xml") { FileKind::Feed } else { FileKind::Page };
        let entry = |(path, layout, section, text): &(&str, &str, &str, String)| {
            let mut entry = Entry::of(Digest::of(text), 1, kind(path));
            (entry.layout, entry.section) = (Some((*layout).to_owned()), Some((*section).to_owned()));
            ((*path).to_owned(), entry)
        };
        let manifest = Manifest::new(&base, files.iter().map(entry).collect());
        let mut bytes: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(path, .., text)| ((*path).to_owned(), text.clone().into_bytes())).collect();
        let deployed = manifest.deployed(&Contract::default(), &BTreeSet::new());
        bytes.extend(deployed.into_iter().map(|(path, text)| (path.to_string(), text)));
        Build { manifest, files: bytes }
    }

    /// Three layouts and a feed.
    pub(super) fn usual() -> Build {
        Build::new(&[
            ("index.html", "index.html", "", page("home", SNIPPET)),
            ("404.html", "404.html", "", page("lost", SNIPPET)),
            ("posts/a/index.html", "post.html", "posts", page("a", SNIPPET)),
            ("posts/b/index.html", "post.html", "posts", page("b", SNIPPET)),
            ("about/index.html", "page.html", "", page("about", SNIPPET)),
            ("feed.xml", "", "", feed(&[("/posts/a/", "tag:a"), ("/posts/b/", "tag:b")])),
        ])
    }
}

pub(super) type Answering<'w> = Box<dyn Fn(&Url, bool) -> Option<Result<Reply, Failure>> + 'w>;

/// The web: a host that serves a build's files, but for what a test says.
pub(super) struct Web<'w> {
    pub(super) files: &'w BTreeMap<String, Vec<u8>>,
    pub(super) otherwise: Answering<'w>,
    pub(super) asked: RefCell<Vec<String>>,
}

impl Line for Web<'_> {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        let url = &hop.request.url;
        let is_busted = url.query().is_some_and(|query| query.contains("watchpost="));
        let redirected = url.host_str() == Some("parked.example");
        assert_eq!(
            is_busted && !redirected,
            !redirected && hop.request.headers.iter().any(|(name, _)| *name == "Cache-Control"),
            "{url}"
        );
        assert_eq!(hop.request.method, "GET", "nothing is ever sent that records");
        self.asked.borrow_mut().push(url.to_string());
        let reply = (self.otherwise)(url, is_busted).unwrap_or_else(|| Ok(self.usual(url)));
        reply.map(|reply| Arrival { reply, private: false })
    }

    fn wait(&self, _: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

impl Web<'_> {
    fn usual(&self, url: &Url) -> Reply {
        if url.host_str() == Some("stats.example") {
            let tracker = find("goatcounter").unwrap().stand_in.tracker;
            return reply(200, "application/javascript", tracker);
        }
        if url.scheme() == "http" {
            let location = url.as_str().replacen("http", "https", 1);
            let headers = BTreeMap::from([("location".to_owned(), location)]);
            return Reply { status: 301, headers, ..Reply::default() };
        }
        let path = url.path().trim_start_matches('/');
        let path = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        match self.files.get(&path) {
            Some(bytes) if path.ends_with(".html") => reply(200, "text/html; charset=utf-8", bytes),
            Some(bytes) => reply(200, "application/octet-stream", bytes),
            None => reply(404, "text/html", self.files.get("404.html").map_or(&b"gone"[..], Vec::as_slice)),
        }
    }
}

pub(super) fn reply(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Reply {
    let headers = BTreeMap::from([("content-type".to_owned(), content_type.to_owned())]);
    Reply { status, headers, body: body.as_ref().to_vec(), ..Reply::default() }
}

pub(super) fn html(text: impl AsRef<[u8]>) -> Option<Result<Reply, Failure>> {
    Some(Ok(reply(200, "text/html", text)))
}

/// What stands around a look.
pub(super) struct Case<'c> {
    pub(super) settings: String,
    pub(super) local: Option<&'c Build>,
    pub(super) built: Option<i64>,
    pub(super) live: &'c Build,
    pub(super) base: &'c str,
    pub(super) hidden: Vec<(String, &'static str)>,
    pub(super) ours: bool,
    pub(super) all: bool,
}

impl<'c> Case<'c> {
    pub(super) fn of(build: &'c Build) -> Self {
        Case {
            settings: TABLE.to_owned(),
            local: Some(build),
            built: None,
            live: build,
            base: "https://blog.example/",
            hidden: vec![("/drafts/x/".to_owned(), "a draft")],
            ours: true,
            all: false,
        }
    }

    pub(super) fn judge(self, otherwise: impl Fn(&Url, bool) -> Option<Result<Reply, Failure>>) -> Told {
        let config = sample(&self.settings);
        let file = |path: &str| self.local?.files.get(path).cloned();
        let built = self.built.map(|ago| config.now - jiff::SignedDuration::from_secs(ago));
        let local = self.local.map(|build| Local { manifest: &build.manifest, file: &file, built });
        let base = BaseUrl::parse(self.base).unwrap();
        let question = Question { config: &config, base, local, hidden: self.hidden, ours: self.ours, all: self.all };
        let web = Web { files: &self.live.files, otherwise: Box::new(otherwise), asked: RefCell::default() };
        let seen = look(&question, &web);
        let asked = web.asked.take();
        let ask = Ask { levels: Some(BTreeSet::from([GuardLevel::L1])), ..Ask::default() };
        let answers = ask_by(&config, &ask, &web);
        let judgement = judge(&seen, &answers, &Options::default());
        for (_, verdict) in &judgement.verdicts {
            assert_eq!((verdict.level, verdict.covers), (GuardLevel::L6, Covers::Live), "{verdict:?}");
        }
        Told { verdicts: judgement.verdicts.into_iter().map(|(_, verdict)| verdict).collect(), asked }
    }
}

pub(super) struct Told {
    pub(super) verdicts: Vec<Verdict>,
    pub(super) asked: Vec<String>,
}

impl Told {
    pub(super) fn of(&self, wanted: impl Fn(&Outcome) -> bool) -> Vec<&'static str> {
        let mut codes: Vec<&str> =
            self.verdicts.iter().filter(|verdict| wanted(&verdict.outcome)).map(|verdict| verdict.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    #[track_caller]
    pub(super) fn drifts(&self, codes: &[&str]) -> &Self {
        assert_eq!(self.of(|outcome| *outcome == Outcome::Drift), codes, "{:#?}", self.verdicts);
        self
    }

    #[track_caller]
    pub(super) fn unknowns(&self, codes: &[(&str, &str)]) -> &Self {
        let unknown = |verdict: &Verdict| match &verdict.outcome {
            Outcome::Unknown(reason) => Some((verdict.code, reason.clone())),
            _ => None,
        };
        let told: BTreeSet<(&str, String)> = self.verdicts.iter().filter_map(unknown).collect();
        let wanted: BTreeSet<(&str, String)> = codes.iter().map(|(code, why)| (*code, (*why).to_owned())).collect();
        assert_eq!(told, wanted, "{:#?}", self.verdicts);
        self
    }

    #[track_caller]
    pub(super) fn notes(&self, codes: &[&str]) -> &Self {
        assert_eq!(self.of(|outcome| *outcome == Outcome::Note), codes, "{:#?}", self.verdicts);
        self
    }

    #[track_caller]
    pub(super) fn message(&self, code: &str) -> &str {
        let worst = |verdict: &&Verdict| verdict.code == code && verdict.outcome != Outcome::Ok;
        let found = self.verdicts.iter().find(worst).or(self.verdicts.iter().find(|verdict| verdict.code == code));
        &found.unwrap_or_else(|| panic!("nothing says {code}: {:#?}", self.verdicts)).message
    }
}

pub(super) fn nothing(_: &Url, _: bool) -> Option<Result<Reply, Failure>> {
    None
}
