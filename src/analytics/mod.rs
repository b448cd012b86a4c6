//! Owns what is known of analytics vendors, as data and pure functions: the snippet we print, how a
//! snippet is recognised on a page, what its tracker must look like, which requests tell whether a
//! site is known. It knows no files, no HTML parser and no HTTP.
//!
//! To add one: write `analytics/NAME.rs` with a `const PROVIDER: Provider`, put the vendor's published
//! snippet into `analytics/fixtures/`, and add a row to [`PROVIDERS`].

mod cloudflare;
mod custom;
pub mod daily;
pub mod deeds;
pub mod exchange;
pub mod expect;
mod fathom;
mod fathom_lite;
mod ga4;
mod gathering;
mod goatcounter;
mod liwan;
pub mod loading;
mod matomo;
mod order;
mod owa;
mod plausible;
pub mod read_back;
pub mod script;
mod shynet;
mod sign;
mod simple;
mod tag;
mod text;
mod umami;

use std::collections::BTreeMap;

use serde::Serialize;
use url::Url;

use crate::config::{Analytics, Endpoint};
use crate::diagnostic::did_you_mean;
use crate::paths::BaseUrl;
use daily::Daily;
use exchange::{HitFacts, Reply, Request, Step, Target, VersionFound};
use loading::{Compiled, Lookup};
pub use order::OrderProblem;
use read_back::ReadBack;
use script::Script;
pub use sign::Sign;
pub use tag::style_named;
use text::{attribute, below, embedding, file_name, host_of, inline_json, printed, queried};

/// Every vendor that is known.
pub const PROVIDERS: &[Provider] = &[
    goatcounter::PROVIDER,
    matomo::PROVIDER,
    umami::PROVIDER,
    plausible::PROVIDER,
    liwan::PROVIDER,
    shynet::PROVIDER,
    fathom::PROVIDER,
    fathom_lite::PROVIDER,
    ga4::PROVIDER,
    cloudflare::PROVIDER,
    simple::PROVIDER,
    owa::PROVIDER,
];

/// One script that a browser would run on a page, as the page's parser found it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ScriptTag {
    /// The attributes as written, names in lower case; entities decoded.
    pub attributes: BTreeMap<String, String>,
    /// The text between the tags.
    pub body: String,
    /// The line of the page it starts on, from 1.
    pub line: u64,
}

impl ScriptTag {
    /// Returns the script's address as written, if it is not empty.
    pub fn source(&self) -> Option<&str> {
        self.attributes.get("src").map(|source| source.trim()).filter(|source| !source.is_empty())
    }

    /// Returns whether a browser runs it as it stands; a consent manager's `type="text/plain"` it does not.
    pub fn runs(&self) -> bool {
        let kind = self.attributes.get("type").map(|kind| kind.trim().to_ascii_lowercase()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        let is_script = matches!(essence, "" | "module" | "text/javascript" | "application/javascript")
            || matches!(essence, "text/ecmascript" | "application/ecmascript" | "application/x-javascript")
            || matches!(essence, "text/jscript" | "text/livescript" | "text/x-javascript" | "text/x-ecmascript")
            || essence.starts_with("text/javascript1.");
        is_script && (essence == "module" || !self.attributes.contains_key("nomodule"))
    }

    /// Returns whether it is a module: modules have no `document.currentScript`.
    pub fn is_module(&self) -> bool {
        self.attributes.get("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("module"))
    }
}

/// One snippet that was recognised on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Sighting {
    /// The provider's name.
    pub provider: &'static str,
    /// The variant: `tag`, `queue`, `synchronous`, `pixel` (an image), `inert` (no browser runs it before consent) …
    pub style: &'static str,
    /// The tracker's URL as written: absolute, protocol-relative or relative.
    pub script: Option<String>,
    /// The collect endpoint: as written, else as the vendor's tracker derives it from what is written.
    pub collect: Option<String>,
    /// Whether the snippet leaves the collect endpoint to the tracker, so that the line above is derived.
    pub is_derived: bool,
    /// The site's id, code or domain as written; none where the address alone says it.
    pub site: Option<String>,
    /// The commands that the snippet issues, in order: `trackPageView`, `setSiteId` …
    pub commands: Vec<String>,
    /// Attributes and options that matter, by name; `type` is `module` where the tag is one.
    pub parameters: BTreeMap<String, String>,
    /// The scripts it was made of, by their index on the page.
    pub tags: Vec<usize>,
}

impl Sighting {
    /// Says why nothing is counted under its site's id, whatever the page does; nothing where that cannot be told.
    pub fn dead(&self) -> Option<&'static str> {
        (find(self.provider)?.site_problem)(self.site.as_deref()?)
    }
}

/// What a correct page shows of one analytics table: what a [`Sighting`] is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The provider's name.
    pub provider: &'static str,
    /// The tracker's URL.
    pub script: Url,
    /// The collect endpoint's URL.
    pub collect: Url,
    /// The site as it stands in the snippet; none where the address alone says it.
    pub site: Option<String>,
    /// Attributes and options by name, as a sighting names them.
    pub parameters: BTreeMap<String, String>,
}

/// All that is known of one vendor.
#[derive(Debug)]
pub struct Provider {
    /// Its name in site.toml.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// When the facts below were last looked at.
    pub facts_as_of: &'static str,
    /// The snippets that we print, the oldest first; a lock pins one.
    pub revisions: &'static [Revision],
    /// What may stand in the `options` table.
    pub options: &'static [OptionRow],
    /// Whether the vendor's tracker takes the path of a page from its `rel=canonical`.
    pub canonical_decides_path: bool,
    /// Returns whether the snippet of a table names the site, rather than the address or the script alone.
    pub site_in_snippet: fn(&Analytics) -> bool,
    /// Finds the vendor's snippets among the scripts of a page, whoever wrote them.
    pub recognise: fn(&[ScriptTag]) -> Vec<Sighting>,
    /// Recognises an image that counts a visit as it is loaded, by its address as written.
    pub pixel: fn(&str) -> Option<Sighting>,
    /// Says why nothing is counted under a site's id, in site.toml or on a page; nothing where the id cannot tell.
    pub site_problem: fn(&str) -> Option<&'static str>,
    /// Where the vendor itself runs it, where `endpoint` may be left out.
    pub home: Option<&'static str>,
    /// Returns where tracker and collect endpoint are, below an endpoint, for a site.
    pub addresses: fn(&Url, &str) -> (Url, Url),
    /// Returns where page views may go besides the collect endpoint, by region or by the vendor's choice: a policy has
    /// to let all of them pass.
    pub collects: fn(&Target) -> Vec<Url>,
    /// Returns the options of site.toml as a sighting's parameters.
    pub parameters: fn(&Analytics) -> BTreeMap<String, String>,
    /// Returns whether a parameter of a snippet, with this value, decides if a page view is counted, where, or as which
    /// page: then site.toml has to speak of it. Of any other that it does not name, a page may have what it likes.
    pub decides: fn(&Analytics, &str, &str) -> bool,
    /// What its tracker looks like.
    pub tracker: Tracker,
    /// The commands that a snippet may give, all of them: the lock keeps which are understood.
    pub commands: &'static [&'static str],
    /// Returns what a tracker must have to understand a command: any one of these.
    pub signs: fn(&str) -> Vec<Sign>,
    /// Says what it means that a tracker does not understand a command, where there is more to say than that.
    pub explain: fn(&str) -> Option<&'static str>,
    /// Returns whether the commands, in this order, count a page view with this tracker, or with one that is not known.
    pub order: fn(&[String], Option<&Script<'_>>) -> Result<(), OrderProblem>,
    /// Returns how a page view leaves the page, given the snippet's commands; several mean that tokens cannot tell which.
    pub transports: fn(&Script<'_>, &[String]) -> Vec<Transport>,
    /// Returns how a tracker finds the tag that loaded it.
    pub lookups: fn(&Script<'_>) -> Vec<Lookup>,
    /// Returns what its server has written into a tracker.
    pub compiled: fn(&Script<'_>) -> Compiled,
    /// Returns the hosts that a snippet confines its tracker to; nothing: any host.
    pub domains: fn(&Sighting) -> Option<Vec<String>>,
    /// How the version is learned; none if the server never tells.
    pub version: Option<VersionQuery>,
    /// How a server is asked, without recording anything, whether it takes hits for the site.
    pub probe: Probe,
    /// Returns whether its server refuses pages that send no `Referer`, by what the probe was answered, if that tells.
    pub needs_referrer: fn(&[Reply]) -> Option<bool>,
    /// How a marked hit is found again; none where no vendor's interface tells single pages.
    pub read_back: Option<ReadBack>,
    /// How the visits of each day are told; none where they cannot be asked for.
    pub daily: Option<Daily>,
    /// Its server as the stand-in plays it.
    pub stand_in: StandIn,
}

/// One revision of the snippet that we print.
#[derive(Debug)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// What is new in it.
    pub what: &'static str,
    /// Prints it.
    pub print: fn(&Analytics) -> String,
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `true` or `false`.
    Flag,
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// A list of strings.
    Texts,
}

/// One option of a vendor's snippet.
#[derive(Debug)]
pub struct OptionRow {
    /// Its name, the vendor's own.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it does.
    pub text: &'static str,
}

/// What a change of a tracker's bytes means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The file is frozen: its bytes must match.
    Exact,
    /// The bytes change with a release, and only then.
    Fingerprint,
    /// The bytes change at will.
    Volatile,
}

impl Class {
    /// All of them.
    pub const ALL: [Class; 3] = [Class::Exact, Class::Fingerprint, Class::Volatile];

    /// Returns its name in the lock.
    pub fn name(self) -> &'static str {
        match self {
            Class::Exact => "exact",
            Class::Fingerprint => "fingerprint",
            Class::Volatile => "volatile",
        }
    }
}

/// What a vendor's tracker looks like.
#[derive(Debug)]
pub struct Tracker {
    /// What a change of its bytes means, by its address: a vendor may freeze some files.
    pub class: fn(&Url) -> Class,
    /// Words by which it is known, anywhere in its code, its strings and its banner: one of each row.
    pub markers: &'static [&'static [&'static str]],
    /// Texts that stand in its place when something is wrong, and what they mean.
    pub impostors: &'static [(&'static str, &'static str)],
    /// Hosts that a genuine tracker names besides its own server.
    pub hosts: &'static [&'static str],
    /// Bytes as the vendor released them: (version or range, SHA-256).
    pub released: &'static [(&'static str, &'static str)],
}

/// How a hit leaves the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// `navigator.sendBeacon`.
    Beacon,
    /// `fetch` or `XMLHttpRequest`.
    Fetch,
    /// An image.
    Image,
}

impl Transport {
    /// All of them.
    pub const ALL: [Transport; 3] = [Transport::Beacon, Transport::Fetch, Transport::Image];

    /// Returns its name in the lock.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Beacon => "beacon",
            Transport::Fetch => "fetch",
            Transport::Image => "image",
        }
    }

    /// Returns the directive of a Content-Security-Policy that it needs.
    pub fn directive(self) -> &'static str {
        match self {
            Transport::Beacon | Transport::Fetch => "connect-src",
            Transport::Image => "img-src",
        }
    }
}

/// How a server's version is learned.
#[derive(Debug)]
pub struct VersionQuery {
    /// Its name in the lock: `status`, `api`.
    pub learned_by: &'static str,
    /// Whether it is no use without a token.
    pub needs_token: bool,
    /// What to ask.
    pub ask: fn(&Target) -> Request,
    /// What the answer means.
    pub read: fn(&Reply) -> VersionFound,
}

/// How a server is asked whether it takes hits for a site, without recording anything.
#[derive(Debug)]
pub struct Probe {
    /// Its name in the lock.
    pub name: &'static str,
    /// The method of the tracker's own hits.
    pub method: &'static str,
    /// Returns what to ask next, given the answers so far.
    pub next: fn(&Target, &[Reply]) -> Step,
}

/// A vendor's server as the stand-in plays it.
#[derive(Debug)]
pub struct StandIn {
    /// The version that it says it has, apart from the engine's own.
    pub version: &'static str,
    /// Its tracker: ours, small, and speaking the vendor's protocol.
    pub tracker: &'static str,
    /// Answers a request; the site is the one that it knows.
    pub answer: fn(&Request, &Target) -> Reply,
    /// Holds the hits of a request against the vendor's contract; none if the request is no hit.
    pub hits: fn(&Request, &Target) -> Vec<HitFacts>,
}

/// Returns a vendor by its name in site.toml.
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().chain([&custom::PROVIDER]).find(|provider| provider.name == name)
}

/// Returns the snippet of an analytics table: its newest revision, or the one that a lock pins.
///
/// A provider that is not known has none; `config` refuses it before anybody asks.
pub fn snippet(analytics: &Analytics, revision: Option<u32>) -> String {
    let Some(provider) = find(&analytics.provider) else { return String::new() };
    let print = match revision.and_then(|number| provider.revisions.iter().find(|row| row.number == number)) {
        Some(row) => row.print,
        None => provider.newest().print,
    };
    print(analytics)
}

/// Returns every snippet of any known vendor among the scripts of a page.
pub fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    PROVIDERS.iter().flat_map(|provider| (provider.recognise)(scripts)).collect()
}

/// Returns the snippets of a table whose analytics nobody knows but its owner: known by the tracker's address.
pub fn recognise_own(
    scripts: &[ScriptTag],
    expected: &Expected,
    resolve: &dyn Fn(&str) -> Option<Url>,
) -> Vec<Sighting> {
    match expected.provider == custom::PROVIDER.name {
        true => custom::sightings(scripts, expected, resolve),
        false => Vec::new(),
    }
}

/// Returns what an image is, by its address as written, if it counts visits for any known vendor.
pub fn recognise_pixel(address: &str) -> Option<Sighting> {
    PROVIDERS.iter().find_map(|provider| (provider.pixel)(address))
}

/// Returns what a correct page shows of an analytics table; nothing for an unknown provider.
pub fn expected(analytics: &Analytics) -> Option<Expected> {
    let provider = find(&analytics.provider)?;
    let (script, collect) = addresses(provider, analytics);
    Some(Expected {
        provider: provider.name,
        script,
        collect,
        site: (provider.site_in_snippet)(analytics).then(|| analytics.site.clone()),
        parameters: (provider.parameters)(analytics),
    })
}

/// Returns where an analytics table's server is; nothing for an unknown provider.
pub fn target(analytics: &Analytics, base_url: &BaseUrl) -> Option<Target> {
    let provider = find(&analytics.provider)?;
    let (script, collect) = addresses(provider, analytics);
    Some(Target {
        endpoint: analytics.endpoint.url(),
        script,
        collect,
        site: analytics.site.clone(),
        origin: base_url.origin(),
        // The stand-in asks for no token of anybody's.
        has_token: analytics.token.is_some() || analytics.endpoint == Endpoint::Embedded,
    })
}

/// Returns what is wrong with an analytics table's options and overrides, each problem as a sentence.
pub fn problems(analytics: &Analytics) -> Vec<String> {
    let Some(provider) = find(&analytics.provider) else {
        let names = PROVIDERS.iter().map(|provider| provider.name).chain([custom::PROVIDER.name]);
        let hint = match did_you_mean(&analytics.provider, names.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known are {}", names.collect::<Vec<_>>().join(", ")),
        };
        return vec![format!("`{}` is no analytics provider that is known; {hint}", analytics.provider)];
    };
    let site = (provider.site_problem)(&analytics.site);
    let site = site.map(|problem| format!("the site `{}` cannot be: {problem}", analytics.site)).into_iter();
    let options = analytics.options.iter().filter_map(|(name, value)| provider.option_problem(name, value));
    let own = match (provider.name == custom::PROVIDER.name, analytics.expect.contains_key("snippet")) {
        (true, _) => custom::problems(analytics),
        (false, true) => vec!["`expect.snippet` is for a vendor that is not known: only `custom` takes it".to_owned()],
        (false, false) => Vec::new(),
    };
    site.chain(own).chain(options).chain(expect::Expect::of(analytics).err().unwrap_or_default()).collect()
}

/// Returns tracker and collect endpoint of an analytics table.
fn addresses(provider: &Provider, analytics: &Analytics) -> (Url, Url) {
    let (script, collect) = (provider.addresses)(&analytics.endpoint.url(), &analytics.site);
    match analytics.endpoint {
        // The stand-in has one address for each: pages name it, and nothing else.
        Endpoint::Embedded => (script, collect),
        Endpoint::Server(_) => {
            (analytics.script.clone().unwrap_or(script), analytics.collect.clone().unwrap_or(collect))
        }
    }
}

impl Provider {
    /// Returns the newest revision of its snippet.
    pub fn newest(&self) -> &'static Revision {
        self.revisions.last().expect("a test demands a revision of every provider")
    }

    /// Returns whether a tracker's tokens show that it understands a command.
    pub fn understands(&self, script: &Script<'_>, command: &str) -> bool {
        (self.signs)(command).iter().any(|sign| sign.found_in(script))
    }

    /// Returns which of its commands a tracker understands.
    pub fn understood(&self, script: &Script<'_>) -> Vec<&'static str> {
        self.commands.iter().copied().filter(|command| self.understands(script, command)).collect()
    }

    fn option_problem(&self, name: &str, value: &toml::Value) -> Option<String> {
        let Some(row) = self.options.iter().find(|row| row.name == name) else {
            let hint = match did_you_mean(name, self.options.iter().map(|row| row.name)) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => String::new(),
            };
            return Some(format!("`{name}` is no option of {} that is known{hint}", self.title));
        };
        let (fits, takes) = match row.takes {
            Takes::Flag => (value.is_bool(), "`true` or `false`"),
            Takes::Text => (value.is_str(), "a string"),
            Takes::Number => (value.is_integer(), "a whole number"),
            Takes::Texts => {
                (value.as_array().is_some_and(|values| values.iter().all(toml::Value::is_str)), "a list of strings")
            }
        };
        (!fits).then(|| format!("the option `{name}` of {} takes {takes}", self.title))
    }
}

#[cfg(test)]
pub(crate) mod tests;
