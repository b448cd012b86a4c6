//! Owns the keys of `site.toml`: every key that [`super::read()`] may take, its kind, its older names, and a sentence on it.
//!
//! To add a key: a row here, then its reading. The reader stops every test at a key that has no row; the schema for editors
//! and `blog upgrade` come from these rows, so that neither can lack one. To rename a key: the old name into `also`.

use crate::fields::keys::{Key, Kind};

use Kind::{
    Boolean, Choice, ChoiceOf, Choices, Elsewhere, Free, Integer, Integers, List, Named, NamedOf, Table, Tables, Text,
    Texts,
};

/// Counts have no upper bound but that of the format.
const COUNT: Kind = Integer(1, i64::MAX);

/// The keys of `site.toml`.
pub const KEYS: &[Key] = &[
    Key::new("title", Text("My blog"), "The name of the site").required(),
    Key::new("base_url", Text("https://blog.example/"), "Where the site stands on the web; a path is fine")
        .required()
        .also(&["baseURL"]),
    Key::new("timezone", Text("Europe/Brussels"), "The zone in which dates without a zone are read"),
    Key::new("language", Text("en"), "The language of the site, as a BCP 47 tag").also(&[
        "languageCode",
        "default_language",
        "lang",
    ]),
    Key::new("description", Text("A blog about blogs"), "One sentence about the site, for search engines and feeds"),
    Key::new("authors", Texts("Ada"), "Who writes, unless a post says otherwise").also(&["author"]),
    Key::new("theme", Text("paper"), "A theme of the program, or a folder in `themes/`; empty for none"),
    Key::new("feed_authority", Text("blog.example"), "The name in feed ids; set once, never changed"),
    Key::new("summary", Choice(&["auto", "off"]), "How a summary is found where a post has none"),
    Key::new("permalinks", Named(&Text("/posts/:slug/")), "The pattern of addresses, for each section"),
    Key::new("defaults", Elsewhere("defaults"), "Front matter for every file that matches a pattern"),
    Key::new("pages", Elsewhere("pages"), "Pages that are made of the rows of a data file"),
    Key::new("taxonomies", Named(&Table(TAXONOMY)), "Ways of grouping posts"),
    Key::new("paginate", Named(&COUNT), "Posts on a page, for each section"),
    Key::new("archives", Table(ARCHIVES), "Archives by date"),
    Key::new("feeds", Tables(FEED), "The feeds"),
    Key::new("feed_stylesheet", Boolean, "Whether feeds name the theme's `feed.xsl`"),
    Key::new("related", Table(RELATED), "What makes posts related"),
    Key::new("search", Table(SEARCH), "The search of the site"),
    Key::new("lastmod", Choice(&["front-matter", "git"]), "Where the time of a file's last change comes from"),
    Key::new("robots", Table(ROBOTS), "What programs are asked not to do"),
    Key::new("languages", Named(&Table(LANGUAGE)), "The other languages of the site, by their tag"),
    Key::new("markdown", Table(MARKDOWN), "Which extensions of Markdown are on"),
    Key::new("highlight", Table(HIGHLIGHT), "How code is coloured"),
    Key::new("images", Table(IMAGES), "How pictures are shown; without the table they stay as they are"),
    Key::new("analytics", Tables(ANALYTICS), "The analytics that every page must carry"),
    Key::new("check", Table(CHECK), "How much the rules weigh"),
    Key::new("contract", Tables(CONTRACT), "What written pages have to hold"),
    Key::new("gone", Tables(GONE), "Addresses that are given up on purpose"),
    Key::new("live", Table(LIVE), "The deployed site"),
    Key::new("headers", Tables(HEADERS), "Headers that pages are to be sent with"),
    Key::new("headers_from", Text("netlify"), "The host that obeys a `_headers` file"),
    Key::new("publish", Named(&Table(PUBLISH)), "Where the site is published, by names of your own"),
    Key::new(
        "minify",
        Boolean,
        "Whether needless white space and comments are taken out of pages and of compiled Sass",
    ),
    Key::new("assets", Table(ASSETS), "How files are named"),
    Key::new("redirects", Table(REDIRECTS), "For whom redirects are written"),
    Key::new("csp", Table(CSP), "The content security policy that is computed from the pages"),
    Key::new("cache", Table(SHARED), "Where machines leave for one another what they made"),
    Key::new("env", Named(&Elsewhere("overlay")), "Other values for one environment, chosen by `--env` or `BLOG_ENV`"),
    Key::new("extra", Free, "Settings of the theme's and of your own"),
];

const TAXONOMY: &[Key] = &[
    Key::new("path", Text("topics"), "Its address; without it, its name"),
    Key::new("render", Boolean, "Whether it has pages at all"),
    Key::new("paginate", COUNT, "Posts on a page of a term"),
    Key::new("feed", Boolean, "Whether each term has a feed"),
];

const ARCHIVES: &[Key] = &[
    Key::new("all", Boolean, "Whether `/archive/` lists all posts"),
    Key::new("by", Choices(&["year", "month"]), "The lists by date that there are"),
];

const FEED: &[Key] = &[
    Key::new("format", Choice(&["rss", "atom", "json"]), "Its format"),
    Key::new("path", Text("feed.xml"), "Its address"),
    Key::new("section", Text("notes"), "Only the posts of this section"),
    Key::new("taxonomy", Text("tags"), "One for each term of this taxonomy"),
    Key::new("content", Choice(&["full", "summary"]), "Whether whole posts or summaries stand in it"),
    Key::new("limit", COUNT, "How many posts"),
];

const RELATED: &[Key] = &[
    Key::new("limit", COUNT, "How many are shown"),
    Key::new("threshold", Integer(0, 100), "How much two posts must have in common"),
    Key::new("newer", Boolean, "Whether newer posts are shown, too"),
    Key::new("weights", Named(&Integer(0, 1000)), "How much each taxonomy, `words` and `date` count"),
];

const SEARCH: &[Key] = &[
    Key::new("enabled", Boolean, "Whether the pages are indexed"),
    Key::new("exclude", Texts("/notes/**"), "Addresses that are not found"),
];

const ROBOTS: &[Key] =
    &[Key::new("ai", Choice(&["allow", "disallow"]), "Whether texts may be collected for language models")];

const LANGUAGE: &[Key] = &[
    Key::new("title", Text("Mon blog"), "The name of the site in this language"),
    Key::new("description", Text("Un blog"), "One sentence about the site in this language"),
    Key::new("feeds", Tables(FEED), "Its feeds, if they are others"),
    Key::new("fallback", Boolean, "Whether what is not translated is listed all the same"),
    Key::new("extra", Free, "What `[extra]` says otherwise in this language"),
];

const MARKDOWN: &[Key] = &[
    Key::new("footnotes", Boolean, "Footnotes: `[^1]`"),
    Key::new("tables", Boolean, "Tables with pipes"),
    Key::new("tasklists", Boolean, "Tasks: `- [x]`"),
    Key::new("strikethrough", Boolean, "What is struck through: `~~gone~~`"),
    Key::new("alerts", Boolean, "Alerts: `> [!NOTE]` and its like"),
    Key::new("heading_attributes", Boolean, "Attributes of headings: `## Title {#id}`"),
    Key::new("definition_lists", Boolean, "A term, and below it `: meaning`"),
    Key::new("smart_punctuation", Boolean, "Curly quotes, dashes and ellipses"),
    Key::new("wikilinks", Boolean, "Links by name: `[[name]]`"),
    Key::new("autolinks", Boolean, "Whether a bare address is a link"),
    Key::new("html", Boolean, "Raw HTML"),
    Key::new("math", Boolean, "Mathematics: `$x$` and `$$…$$`"),
    Key::new("heading_ids", Choice(&["github", "zola", "kramdown"]), "Whose way of making heading ids is followed"),
    Key::new("toc_levels", Integer(1, 6), "The deepest level of headings in a table of contents"),
    Key::new("external_links_class", Text("external"), "The class of links to other hosts"),
    Key::new("external_links_target_blank", Boolean, "Whether links to other hosts open a window of their own"),
    Key::new("external_links_no_follow", Boolean, "Whether links to other hosts have `rel=\"nofollow\"`"),
    Key::new("external_links_no_referrer", Boolean, "Whether links to other hosts have `rel=\"noreferrer\"`"),
    Key::new("external_links_own", Texts("old.example"), "Hosts that are yours, too"),
];

const HIGHLIGHT: &[Key] = &[
    Key::new("enabled", Boolean, "Whether code is coloured"),
    Key::new("light", Text("github-light"), "The theme for light pages"),
    Key::new("dark", Text("github-dark"), "The theme for dark pages"),
    Key::new("line_numbers", Boolean, "Whether lines are numbered"),
    Key::new("style", Choice(&["classes", "inline"]), "Where the colours stand: in a stylesheet, or in the page"),
];

const IMAGES: &[Key] = &[
    Key::new("widths", Integers(1, 16_383), "The widths that browsers may choose from"),
    Key::new(
        "formats",
        Choices(&["webp", "avif"]),
        "The formats that are offered before the picture's own, best first",
    ),
    Key::new("quality", Integer(1, 100), "How good JPEG and WebP are"),
    Key::new("avif_quality", Integer(1, 100), "How good AVIF is"),
    Key::new("sizes", Text("(min-width: 42rem) 40rem, 100vw"), "How wide pictures are on the page, as CSS says it"),
    Key::new("max_megapixels", Integer(1, 1000), "The most that a picture may have"),
    Key::new("cards", Boolean, "Whether posts without a picture get a card for those who share them"),
];

const ANALYTICS: &[Key] = &[
    Key::new("provider", ChoiceOf(providers), "Whose analytics they are").required(),
    Key::new("endpoint", Text("https://stats.example/"), "The server's address, or `embedded` for the stand-in"),
    Key::new("site", Text("1"), "The site as the provider calls it: a code, a number, a host"),
    Key::new("script", Text("https://stats.example/count.js"), "The tracker's address, if it is not the usual one"),
    Key::new("collect", Text("https://stats.example/count"), "Where hits go, if it is elsewhere"),
    Key::new("accept", Text(">=2.5, <3"), "Server versions that pass besides the locked one"),
    Key::new("token_env", Text("STATS_TOKEN"), "The name of the environment variable with a token, never the token"),
    Key::new("canary_site", Text("2"), "A second site on the same server, for the marked hit of a read-back"),
    Key::new("exclude", Texts("/drafts/**"), "Addresses that carry no snippet"),
    Key::new("on_unknown", Choice(&["fail", "warn"]), "What becomes of a build that could not be verified"),
    Key::new("max_unknown_age", Text("14d"), "How long a level may stay unknown under `warn`"),
    Key::new("placed", Choice(&["page", "edge", "tag-manager", "consent"]), "What puts the snippet into the page"),
    Key::new("options", Free, "The provider's own options"),
    Key::new("expect", Free, "Facts that override what is known of the provider"),
];

const CHECK: &[Key] = &[Key::new(
    "levels",
    NamedOf(codes, &Choice(&["off", "note", "warn", "error"])),
    "How much each code weighs; `blog explain` lists them",
)];

const CONTRACT: &[Key] = &[
    Key::new("match", Texts("posts/**"), "The pages that it holds for, by their address").required(),
    Key::new("exactly_one", Texts("h1"), "CSS selectors that fit once"),
    Key::new("at_least_one", Texts("h1"), "CSS selectors that fit once or more"),
    Key::new("at_most_one", Texts("h1"), "CSS selectors that fit once or not at all"),
    Key::new("none", Texts("font"), "CSS selectors that do not fit"),
    Key::new("message", Text("every post has one heading"), "What to tell whoever breaks it"),
];

const GONE: &[Key] = &[Key::new("path", Texts("/old/"), "An address, or a pattern: `/drafts/**`").required()];

const LIVE: &[Key] = &[
    Key::new("settle", Text("5min"), "How long a deployment may take to arrive everywhere"),
    Key::new("manifest", Text("/.well-known/watchpost.json"), "Where the deployed manifest stands"),
];

const PUBLISH: &[Key] = &[
    Key::new("kind", Choice(&super::publish::TARGET_KINDS), "What kind of place it is").required(),
    Key::new("to", Text("s3://bucket/prefix"), "Where it is"),
    Key::new("endpoint", Text("https://s3.example/"), "The server of a store, if it is not its maker's"),
    Key::new("region", Text("eu-west-1"), "The region of a store"),
    Key::new("account", Text("myblog"), "The account of an Azure store"),
    Key::new("branch", Text("pages"), "The branch of a repository"),
    Key::new("ssh", Texts("-p"), "Options for ssh"),
    Key::new("keep", COUNT, "How many earlier deployments can be gone back to"),
    Key::new("compress", Boolean, "Whether texts are stored compressed by gzip"),
    Key::new("cache", Table(CACHE), "`Cache-Control`, by class of files"),
    Key::new("purge_file", Text("purge.txt"), "Where the addresses are written that caches should forget"),
    Key::new("purge_command", Texts("./purge"), "The program that is given them on its standard input, one a line"),
    Key::new("check_live", Boolean, "Whether the live site is verified afterwards"),
    Key::new("ping_env", Text("PING_URL"), "The name of the variable with an address to call when all was verified"),
];

const SHARED: &[Key] = &[
    Key::new("remote", Text("s3://bucket/cache"), "A store, or a folder that several machines see").required(),
    Key::new("endpoint", Text("https://s3.example/"), "The server of the store, if it is not its maker's"),
    Key::new("region", Text("eu-west-1"), "The region of the store"),
    Key::new("account", Text("myblog"), "The account of an Azure store"),
];

const CACHE: &[Key] = &[
    Key::new("hashed", Text("public, max-age=31536000, immutable"), "Files that are named by their digest"),
    Key::new("assets", Text("public, max-age=3600"), "Other files"),
    Key::new("pages", Text("no-cache"), "Pages"),
    Key::new("feeds", Text("no-cache"), "Feeds, sitemaps and manifests"),
];

const HEADERS: &[Key] = &[
    Key::new("for", Text("/*"), "The addresses, as hosts read patterns").required(),
    Key::new("values", Named(&Text("DENY")), "Names and values").required(),
];

const ASSETS: &[Key] = &[Key::new("fingerprint", Boolean, "Whether files are linked by a name with their digest")];

const REDIRECTS: &[Key] =
    &[Key::new("emit", Choices(&["netlify", "cloudflare", "nginx", "caddy"]), "The servers to write for")];

const CSP: &[Key] = &[
    Key::new(
        "mode",
        Choice(&["off", "auto", "report-only"]),
        "Whether there is a policy, and whether browsers obey it",
    ),
    Key::new("allow", NamedOf(directives, &List("https://media.example")), "Further sources, by directive"),
];

fn providers() -> Vec<&'static str> {
    let all = crate::analytics::PROVIDERS.iter().map(|provider| provider.name);
    all.chain(["custom", "none"]).collect()
}

fn codes() -> Vec<&'static str> {
    crate::codes::CODES.iter().flat_map(|room| room.iter()).map(|row| row.code).collect()
}

fn directives() -> Vec<&'static str> {
    super::assets::DIRECTIVES.to_vec()
}
