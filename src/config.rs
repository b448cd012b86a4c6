//! Owns what `site.toml`, the command line and the lock files say, as one validated value.
//!
//! Gives [`Config`]. Everything is checked once, here; no other room reads a setting, the
//! environment or the clock. [`load`] reads the world, [`read()`] is the pure rest.

mod analytics;
mod assets;
pub mod contracts;
pub mod gone;
mod headers;
mod hosting;
mod images;
mod keys;
mod languages;
mod lastmod;
mod lists;
mod live;
mod markup;
mod out;
mod overlay;
pub mod pages;
pub mod permalink;
mod publish;
mod read;
mod related;
mod renames;
mod search;
pub mod selector;
mod stores;
mod world;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use semver::VersionReq;
use url::Url;

use crate::diagnostic::{Diagnostic, Place};
use crate::fields;
use crate::ledger::{Addresses, FeedIds};
use crate::paths::BaseUrl;

use self::contracts::ContractRule;
use self::permalink::Permalink;
pub use self::{gone::GoneRule, images::ImagesRule, lastmod::Lastmod};

pub use self::hosting::{CspMode, CspRule, HeaderRule, RedirectFormat};
pub use self::keys::KEYS;
pub use self::markup::{CodeStyle, ExternalLinks, HeadingIds, HighlightRule, MarkdownRule};
pub use self::publish::{CLASSES, PublishTarget, TARGET_KINDS};
pub use self::read::{read, timezone};
pub use self::related::RelatedRule;
pub use self::renames::renames;
pub use self::search::SearchRule;
pub use self::stores::{Shared, StorePlace, is_place};
pub use self::world::{World, load, not_found, now};

/// What the command line says over `site.toml`.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--base-url`.
    pub base_url: Option<String>,
    /// `--out`, relative to the current folder.
    pub out: Option<PathBuf>,
    /// `--env`, or `BLOG_ENV`.
    pub env: Option<String>,
    /// `--clock`, else `SOURCE_DATE_EPOCH`; without both the machine's clock.
    pub clock: Option<String>,
    /// `--drafts`.
    pub drafts: bool,
    /// `--future`.
    pub future: bool,
    /// `--stage`.
    pub stage: Option<String>,
}

/// Everything that is set about a site.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that `site.toml` is in.
    pub root: PathBuf,
    /// The text of `site.toml`, for frames.
    pub text: Arc<str>,
    /// Where the pages go; `public/` below the root.
    pub out: PathBuf,
    /// The text of `analytics.lock`, if there is one; `guard` reads it.
    pub lock: Option<Arc<str>>,
    /// `urls.lock`: every address that was ever published, if the site keeps them.
    pub urls: Option<Arc<Addresses>>,
    /// `feeds.lock`: the ids that posts keep though their files have another name.
    pub feed_ids: FeedIds,
    /// The overlay in use.
    pub env: Option<String>,
    /// What counts as now.
    pub clock: Timestamp,
    /// What the machine's clock says: for how old a memory is, and never for a page.
    pub now: Timestamp,
    /// Whether drafts are shown.
    pub drafts: bool,
    /// Whether posts of the future are shown.
    pub future: bool,
    /// The site's name.
    pub title: String,
    /// Where the site stands on the web.
    pub base_url: BaseUrl,
    /// The zone in which dates without a zone are read.
    pub timezone: TimeZone,
    /// A BCP 47 tag.
    pub language: String,
    /// One sentence about the site; may be empty.
    pub description: String,
    /// Who writes, unless a post says otherwise.
    pub authors: Vec<String>,
    /// The folder below `themes/`; empty for none.
    pub theme: String,
    /// The authority of feed ids (`tag:AUTHORITY,DATE:STEM`); never changes, even if the host does.
    pub feed_authority: String,
    /// How a summary is found.
    pub summary: SummaryRule,
    /// Permalink pattern per section, `""` for all others: `/posts/:slug/`.
    pub permalinks: BTreeMap<String, Permalink>,
    /// Front matter for files that match a pattern; later rows win over earlier ones.
    pub defaults: Vec<DefaultRule>,
    /// The taxonomies, in the order of site.toml.
    pub taxonomies: Vec<TaxonomyRule>,
    /// Posts a page, per section; `posts` also sets the home page's. None: all on one page.
    pub paginate: BTreeMap<String, usize>,
    /// Which archives by date there are.
    pub archives: ArchiveRule,
    /// The feeds; those that taxonomies ask for by `feed = true` come last.
    pub feeds: Vec<FeedRule>,
    /// What makes posts related.
    pub related: RelatedRule,
    /// `[search]`, if the site is searched.
    pub search: Option<SearchRule>,
    /// Which Markdown extensions are on.
    pub markdown: MarkdownRule,
    /// How code is coloured.
    pub highlight: HighlightRule,
    /// How pictures are shown; none: as they were written.
    pub images: Option<ImagesRule>,
    /// The analytics that every page must carry, in order; empty: nothing is guarded.
    pub analytics: Vec<Analytics>,
    /// `[check]`.
    pub check: CheckRule,
    /// What written pages have to hold.
    pub contracts: Vec<ContractRule>,
    /// Pages that are made of the rows of data files.
    pub pages: Vec<Arc<pages::PagesRule>>,
    /// Addresses that are given up on purpose.
    pub gone: Vec<GoneRule>,
    /// `[live]`.
    pub live: LiveRule,
    /// The headers that pages are to be sent with; a `_headers` file says so to the host.
    pub headers: Vec<HeaderRule>,
    /// The host that is said to obey `_headers`: `headers_from` or the publish target's kind.
    pub headers_from: Option<String>,
    /// Where the site is published.
    pub publish: Vec<PublishTarget>,
    /// The stores that machines of ours share.
    pub shared: Shared,
    /// Whether templates are to name files with their digest: `[assets] fingerprint`.
    pub fingerprint: bool,
    /// Whether pages and compiled stylesheets are written without needless white space.
    pub minify: bool,
    /// For whom redirects are written, sorted.
    pub redirects: Vec<RedirectFormat>,
    /// `[csp]`.
    pub csp: CspRule,
    /// The theme's and the site's own settings.
    pub extra: toml::Table,
    /// Where the time of a file's last change comes from.
    pub lastmod: Lastmod,
    /// Whether feeds name the `feed.xsl` of the theme or the site, if there is one.
    pub feed_stylesheet: bool,
    /// Whether `robots.txt` asks programs that collect texts for language models to stay away.
    pub no_ai: bool,
    /// The other languages of the site, in the order of site.toml.
    pub languages: Vec<LanguageRule>,
    /// Which language these settings are for: 0 is the site's own, the others count from 1.
    pub edition: usize,
    /// The language and the title of the site as such, where these settings are for another of its languages.
    pub main: Option<(String, String)>,
    /// What stands before the addresses of this language: empty, or `/fr`.
    pub prefix: String,
    /// Where in site.toml each key stands: `analytics.0.site` → its bytes. For frames and `blog config`.
    pub spans: BTreeMap<String, std::ops::Range<usize>>,
    /// What is worth saying about the configuration, though it is valid.
    pub warnings: Vec<Diagnostic>,
}

impl Config {
    /// Returns where a key stands in site.toml: `analytics.0.site`; the nearest key above it that is
    /// written, else the file as a whole.
    pub fn place(&self, key: &str) -> Place {
        let mut key = key;
        loop {
            if let Some(span) = self.spans.get(key) {
                return Place::span(FILE, &self.text, span.clone());
            }
            match key.rsplit_once('.') {
                Some((above, _)) => key = above,
                None => return Place::file(FILE),
            }
        }
    }

    /// Returns whether `_headers` says more than `[[headers]]`, so that it is made from finished files.
    pub fn derives_headers(&self) -> bool {
        self.csp.mode != CspMode::Off || (self.fingerprint && self.headers_from.is_some())
    }

    /// Returns the row of a taxonomy.
    pub fn taxonomy(&self, name: &str) -> Option<&TaxonomyRule> {
        self.taxonomies.iter().find(|rule| rule.name == name)
    }

    /// Returns the feeds that each term of a taxonomy has, with their place in `feeds`.
    pub fn term_feeds(&self, taxonomy: &str) -> impl Iterator<Item = (usize, &FeedRule)> {
        let wanted = move |rule: &FeedRule| matches!(&rule.of, FeedOf::Terms(name) if name == taxonomy);
        self.feeds.iter().enumerate().filter(move |(_, rule)| wanted(rule))
    }
}

/// The name of the file that configures a site.
pub const FILE: &str = "site.toml";

/// How a post's summary is found when neither `<!-- more -->` nor front matter says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryRule {
    /// The first block.
    Auto,
    /// None.
    Off,
}

/// Front matter for every file that matches a pattern.
#[derive(Debug, Clone)]
pub struct DefaultRule {
    /// A glob below `content/`: `notes/**`.
    pub path: String,
    /// The glob, compiled.
    pub matcher: globset::GlobMatcher,
    /// The keys.
    pub front_matter: fields::Table,
}

/// One way of grouping posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxonomyRule {
    /// Its name in front matter and addresses: `tags`.
    pub name: String,
    /// Where the list of its terms stands: `/tags/`, and its terms below it.
    pub path: String,
    /// Whether it has pages at all; without, it is only known to front matter and templates.
    pub render: bool,
    /// Posts a page of a term; none: all on one.
    pub paginate: Option<usize>,
    /// Whether each term has a feed.
    pub feed: bool,
}

/// Which archives by date there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArchiveRule {
    /// `/archive/`, all posts by year.
    pub all: bool,
    /// `/2026/`.
    pub year: bool,
    /// `/2026/11/`.
    pub month: bool,
}

/// A further language of the site.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageRule {
    /// A BCP 47 tag, as it stands in file names: `fr`.
    pub tag: String,
    /// The site's name in it, if it has another.
    pub title: Option<String>,
    /// The sentence about the site in it.
    pub description: Option<String>,
    /// Its feeds, if they are others; paths are below `/fr/`.
    pub feeds: Option<Vec<FeedRule>>,
    /// Whether what is not translated is listed all the same, where it stands.
    pub fallback: bool,
    /// What `[extra]` says otherwise in it.
    pub extra: toml::Table,
}

/// What a feed is the feed of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedOf {
    /// All posts.
    Site,
    /// The posts of a section and of those below it.
    Section(String),
    /// Each term of a taxonomy has one: its posts.
    Terms(String),
}

/// One feed, or one for each term of a taxonomy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRule {
    /// What it is the feed of.
    pub of: FeedOf,
    /// A name of [`crate::feed::FORMATS`]: `rss`, `atom`, `json`.
    pub format: String,
    /// Its address: `feed.xml`; that of a term's feed is below the term's.
    pub path: String,
    /// Whether items carry the whole post or only its summary.
    pub full: bool,
    /// How many posts.
    pub limit: usize,
}

impl FeedRule {
    /// Returns the feed of a site that says nothing about feeds.
    pub fn usual() -> Self {
        FeedRule { of: FeedOf::Site, format: "rss".to_owned(), path: "feed.xml".to_owned(), full: true, limit: 20 }
    }
}

/// Where an analytics server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The stand-in that is built in; pages name `https://analytics.invalid/`.
    Embedded,
    /// A server, with `/` at its end.
    Server(Url),
}

impl Endpoint {
    /// Returns the URL that pages name.
    pub fn url(&self) -> Url {
        match self {
            Endpoint::Embedded => Url::parse("https://analytics.invalid/").expect("a constant URL"),
            Endpoint::Server(url) => url.clone(),
        }
    }
}

/// What becomes of a build whose verification stays unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// It fails with 4.
    Fail,
    /// It passes with a warning, until a level has not held for `max_unknown_age`.
    Warn,
}

/// How the snippet comes into the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is in the page's bytes.
    Page,
    /// A CDN adds it.
    Edge,
    /// A tag manager adds it.
    TagManager,
    /// It is inert until the visitor consents.
    Consent,
}

/// One analytics table of site.toml.
#[derive(Debug, Clone)]
pub struct Analytics {
    /// A name of [`crate::analytics::PROVIDERS`].
    pub provider: String,
    /// Where its server is.
    pub endpoint: Endpoint,
    /// The site as the provider calls it: id, code or domain.
    pub site: String,
    /// The tracker's URL, where it is not the provider's usual one below the endpoint.
    pub script: Option<Url>,
    /// The collect endpoint's URL, where it is not the provider's usual one.
    pub collect: Option<Url>,
    /// Server versions that pass besides the locked one.
    pub accept: Option<VersionReq>,
    /// The environment variable that holds a token.
    pub token_env: Option<String>,
    /// The token, read from the environment; never printed.
    pub token: Option<Token>,
    /// A second site on the same server, which takes the marked hit of a read-back.
    pub canary_site: Option<String>,
    /// Routes that are to carry no snippet, as globs: `/drafts/**`.
    pub exclude: Vec<String>,
    /// What becomes of a build that could not be verified.
    pub on_unknown: OnUnknown,
    /// How long a level may stay unknown under `warn`.
    pub max_unknown_age: SignedDuration,
    /// How the snippet comes into the page.
    pub placed: Placed,
    /// The provider's own options, passed on to its snippet.
    pub options: BTreeMap<String, toml::Value>,
    /// Facts that override the provider's table.
    pub expect: BTreeMap<String, toml::Value>,
}

/// A secret: it has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// `[check]`: what the verifier weighs otherwise than by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckRule {
    /// Level by code, `off`, `note`, `warn` or `error`: `"link/broken" = "warn"`.
    pub levels: BTreeMap<String, String>,
}

/// `[live]`: what is known of the deployed site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRule {
    /// How long after a build an older deployed one is still on its way.
    pub settle: SignedDuration,
    /// Where the deployed manifest is found, below the site; its lists stand in the folder of the same name.
    pub manifest: String,
}

/// Returns the configuration of a small site, with more lines for its site.toml.
#[cfg(test)]
pub(crate) fn sample(more: &str) -> Config {
    let world = World { current: PathBuf::from("/site"), ..World::default() };
    let overrides = Overrides { clock: Some("2026-11-22T12:00:00Z".to_owned()), ..Overrides::default() };
    let text = format!("title = \"Sample\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\n{more}");
    read(std::path::Path::new("/site"), &text, &overrides, &world)
        .unwrap_or_else(|problems| panic!("the sample is no configuration: {problems:#?}"))
}

#[cfg(test)]
mod tests;
