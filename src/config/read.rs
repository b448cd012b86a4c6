//! Reads site.toml's text into a [`Config`]: a function of the text, the command line and a [`World`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::keys::KEYS;
use super::{
    CheckRule, CodeStyle, Config, ExternalLinks, FILE, HeadingIds, HighlightRule, MarkdownRule, Overrides,
    PublishTarget, SummaryRule, World, analytics, assets, contracts, gone, headers, images, languages, lastmod, lists,
    live, out, overlay, pages, publish, related, renames, search, stores,
};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::fields::keys::Kind;
use crate::fields::{Codes, Document, Fields, Node, Table, Value, parse_date, parse_toml};
use crate::ledger::{Addresses, FeedIds};
use crate::paths::BaseUrl;

/// Under which codes site.toml reports its problems.
pub(super) const CODES: Codes = Codes {
    syntax: "config/syntax",
    kind: "config/type",
    value: "config/value",
    unknown: "config/unknown-key",
    missing: "config/missing-key",
    own_keys: "a key of your own goes under `[extra]`",
    keys: Kind::Table(KEYS),
};

/// Reads a configuration, all problems at once; those of overlays that are not in use, too.
pub fn read(root: &Path, text: &str, overrides: &Overrides, world: &World) -> Result<Config, Vec<Diagnostic>> {
    let text: Arc<str> = text.into();
    let document = Document::new(FILE, &text);
    let mut table = parse_toml(&document, 0..text.len()).map_err(|problems| {
        let problems = problems.into_iter();
        problems
            .map(|one| Diagnostic::error(CODES.syntax, one.message).at(document.place(one.span)))
            .collect::<Vec<_>>()
    })?;
    let renamed = renames::apply(&mut table, &document);
    let env = overrides.env.clone().or_else(|| world.environment.get("BLOG_ENV").cloned());
    let env = env.filter(|env| !env.is_empty());
    let mut config = read_table(root, &document, table.clone(), env.as_deref(), overrides, world);
    for (name, spans) in overlay::others(&table, env.as_deref()) {
        let unused = read_table(root, &document, table.clone(), Some(&name), overrides, world);
        let mut problems = unused.err().unwrap_or_default();
        problems.retain(|one| {
            one.place.as_ref().and_then(|place| place.span.as_ref()).is_some_and(|span| spans.contains(span))
        });
        if !problems.is_empty() {
            let before = config.err().unwrap_or_default();
            config = Err([before, problems].concat());
        }
    }
    config.map(|mut config| {
        config.warnings.extend(renamed);
        config
    })
}

/// Reads the whole table, with one overlay laid over the rest.
fn read_table(
    root: &Path,
    document: &Document,
    mut table: Table,
    env: Option<&str>,
    overrides: &Overrides,
    world: &World,
) -> Result<Config, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let written_base_url = table.row("base_url").map(|row| row.node.value.clone());
    overlay::apply(&mut table, env, document, &mut diagnostics);
    if let Some(row) = table.rows.iter_mut().find(|row| row.key == "analytics")
        && let Value::Table(one) = &row.node.value
    {
        let node = Node { span: row.node.span.clone(), value: Value::Table(one.clone()) };
        row.node.value = Value::List(vec![node]);
    }
    let mut spans = BTreeMap::new();
    table.walk(&mut |path, span| {
        spans.insert(path.to_owned(), span.clone());
    });

    let mut warnings = Vec::new();
    let mut fields = Fields::new(document, &CODES, table, &mut diagnostics);
    let title = fields.required_string("title", "\"My blog\"").unwrap_or_default();
    let base_url = read_base_url(&mut fields, overrides);
    let timezone = read_timezone(&mut fields, &mut warnings);
    let feed_authority = fields.string("feed_authority").or_else(|| match &written_base_url {
        Some(Value::String(written)) => BaseUrl::parse(written).ok()?.url().host_str().map(str::to_owned),
        _ => base_url.as_ref()?.url().host_str().map(str::to_owned),
    });
    let language = read_language(&mut fields);
    let description = fields.string("description").unwrap_or_default();
    let authors = fields.strings("authors").unwrap_or_default();
    let theme = read_theme(&mut fields);
    let summary = choice(&mut fields, "summary", &[("auto", SummaryRule::Auto), ("off", SummaryRule::Off)]);
    let permalinks = lists::read_permalinks(&mut fields);
    let defaults = lists::read_defaults(&mut fields);
    let taxonomies = lists::read_taxonomies(&mut fields);
    let paginate = lists::read_paginate(&mut fields);
    let archives = lists::read_archives(&mut fields);
    let feeds = lists::read_feeds(&mut fields, &taxonomies);
    let related = related::read(&mut fields, &taxonomies);
    let search = search::read(&mut fields);
    let feed_stylesheet = fields.boolean("feed_stylesheet").unwrap_or(true);
    let lastmod = lastmod::read(&mut fields);
    let no_ai = read_robots(&mut fields);
    let languages = languages::read(&mut fields, &language, &taxonomies);
    let markdown = read_markdown(&mut fields);
    let highlight = read_highlight(&mut fields);
    let images = images::read(&mut fields);
    let analytics = analytics::read_all(&mut fields, world);
    let check = read_check(&mut fields);
    let contracts = contracts::read(&mut fields);
    let gone = gone::read(&mut fields);
    let pages = pages::read(&mut fields);
    let live = live::read(&mut fields);
    let headers = headers::read(&mut fields);
    let publish = publish::read(&mut fields, world);
    let shared = stores::read(&mut fields, overrides, world);
    let headers_from = read_headers_from(&mut fields, &publish);
    let fingerprint = assets::read_fingerprint(&mut fields);
    let minify = fields.boolean("minify").unwrap_or_default();
    let redirects = assets::read_redirects(&mut fields, headers_from.as_deref());
    let csp = assets::read_csp(&mut fields, &headers);
    let extra = fields.plain_table("extra").unwrap_or_default().to_toml();
    fields.report_unknown(&["env"]);

    let clock = read_clock(overrides, world, &timezone).unwrap_or_else(|diagnostic| {
        diagnostics.push(diagnostic);
        world.now
    });
    let out = out::choose(root, overrides, world).unwrap_or_else(|diagnostic| {
        diagnostics.push(diagnostic);
        root.join("public")
    });
    let (urls, feed_ids) = read_ledgers(world, &mut diagnostics);
    let (Some(base_url), true) = (base_url, diagnostics.is_empty()) else {
        diagnostics.sort_by_key(|one| one.place.as_ref().and_then(|place| place.span.clone()).map(|span| span.start));
        return Err(diagnostics);
    };
    Ok(Config {
        root: root.to_owned(),
        text: Arc::clone(&document.text),
        out,
        lock: world.lock.clone(),
        urls,
        feed_ids,
        env: env.map(str::to_owned),
        clock,
        now: world.now,
        drafts: overrides.drafts,
        future: overrides.future,
        title,
        base_url,
        timezone,
        language,
        description,
        authors,
        theme,
        feed_authority: feed_authority.unwrap_or_default(),
        summary: summary.unwrap_or(SummaryRule::Auto),
        permalinks,
        defaults,
        taxonomies,
        paginate,
        archives,
        feeds,
        related,
        search,
        markdown,
        highlight,
        images,
        analytics,
        check,
        contracts,
        gone,
        pages,
        live,
        headers,
        headers_from,
        publish,
        shared,
        fingerprint,
        minify,
        redirects,
        csp,
        extra,
        lastmod,
        feed_stylesheet,
        no_ai,
        languages,
        edition: 0,
        main: None,
        prefix: String::new(),
        spans,
        warnings,
    })
}

/// Reads the ledgers of addresses and of feed ids.
fn read_ledgers(world: &World, diagnostics: &mut Vec<Diagnostic>) -> (Option<Arc<Addresses>>, FeedIds) {
    let mut keep = |problems: Vec<Diagnostic>| diagnostics.extend(problems);
    let urls = world.urls.as_ref().and_then(|text| Addresses::parse(text).map_err(&mut keep).ok()).map(Arc::new);
    let feed_ids = world.feeds.as_ref().and_then(|text| FeedIds::parse(text).map_err(&mut keep).ok());
    (urls, feed_ids.unwrap_or_default())
}

/// Returns a time zone by its IANA name, from the tables that the program carries: those of the
/// machine differ from one to the next.
pub fn timezone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

fn read_base_url(fields: &mut Fields<'_>, overrides: &Overrides) -> Option<BaseUrl> {
    let span = fields.span_of("base_url").unwrap_or(0..0);
    let written = fields.required_string("base_url", "\"https://blog.example/\"");
    let (text, origin) = match &overrides.base_url {
        Some(text) => (text.clone(), "--base-url"),
        None => (written?, "base_url"),
    };
    match BaseUrl::parse(&text) {
        Ok(base_url) => Some(base_url),
        Err(reason) => {
            let message = format!("`{origin}` is `{text}`, which is no base URL: {reason}");
            let diagnostic = fields.refuse(span, message);
            diagnostic.hint = Some("write the address of the home page, as `https://blog.example/`".to_owned());
            if overrides.base_url.is_some() {
                diagnostic.place = None;
            }
            None
        }
    }
}

fn read_timezone(fields: &mut Fields<'_>, warnings: &mut Vec<Diagnostic>) -> TimeZone {
    let Some(span) = fields.span_of("timezone") else {
        fields.take("timezone");
        warnings.push(
            Diagnostic::warning("config/no-timezone", "`timezone` is not set: dates without a zone are read as UTC")
                .at(crate::diagnostic::Place::file(FILE))
                .hint("add `timezone = \"Europe/Brussels\"`, or `timezone = \"UTC\"` if that is what you mean"),
        );
        return TimeZone::UTC;
    };
    let Some(name) = fields.string("timezone") else { return TimeZone::UTC };
    timezone(&name).unwrap_or_else(|| {
        let database = TimeZoneDatabase::bundled();
        let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let hint = match did_you_mean(&name, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "use an IANA name, as `Europe/Brussels` or `UTC`".to_owned(),
        };
        fields.refuse(span, format!("there is no time zone `{name}`")).hint = Some(hint);
        TimeZone::UTC
    })
}

fn read_language(fields: &mut Fields<'_>) -> String {
    let span = fields.span_of("language").unwrap_or(0..0);
    let Some(language) = fields.string("language") else { return "en".to_owned() };
    languages::demand_tag(fields, &language, span);
    language
}

fn read_theme(fields: &mut Fields<'_>) -> String {
    let span = fields.span_of("theme").unwrap_or(0..0);
    let Some(theme) = fields.string("theme") else { return "paper".to_owned() };
    if theme.contains(['/', '\\']) || theme.starts_with('.') {
        fields.refuse(span, format!("`theme` is `{theme}`, which is not the name of a folder below `themes/`"));
    }
    theme
}

/// Takes a string that has to be one of a few.
pub(super) fn choice<T: Copy>(fields: &mut Fields<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
    let span = fields.span_of(key)?;
    let text = fields.string(key)?;
    if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
        return Some(*value);
    }
    let names = choices.iter().map(|(name, _)| *name);
    let hint = match did_you_mean(&text, names.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it is one of {}", names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    let name = fields.dotted(key);
    fields.refuse(span, format!("`{name}` cannot be `{text}`")).hint = Some(hint);
    None
}

fn read_markdown(fields: &mut Fields<'_>) -> MarkdownRule {
    let mut rule = MarkdownRule {
        footnotes: true,
        tables: true,
        tasklists: true,
        strikethrough: true,
        alerts: true,
        heading_attributes: true,
        definition_lists: true,
        smart_punctuation: false,
        wikilinks: false,
        autolinks: true,
        html: true,
        math: false,
        heading_ids: HeadingIds::Github,
        toc_levels: 6,
        external: ExternalLinks::default(),
    };
    let Some(mut table) = fields.table("markdown") else { return rule };
    for (key, switch) in [
        ("footnotes", &mut rule.footnotes),
        ("tables", &mut rule.tables),
        ("tasklists", &mut rule.tasklists),
        ("strikethrough", &mut rule.strikethrough),
        ("alerts", &mut rule.alerts),
        ("heading_attributes", &mut rule.heading_attributes),
        ("definition_lists", &mut rule.definition_lists),
        ("smart_punctuation", &mut rule.smart_punctuation),
        ("wikilinks", &mut rule.wikilinks),
        ("autolinks", &mut rule.autolinks),
        ("html", &mut rule.html),
        ("math", &mut rule.math),
        ("external_links_target_blank", &mut rule.external.target_blank),
        ("external_links_no_follow", &mut rule.external.no_follow),
        ("external_links_no_referrer", &mut rule.external.no_referrer),
    ] {
        *switch = table.boolean(key).unwrap_or(*switch);
    }
    rule.external.class = table.string("external_links_class").unwrap_or_default();
    for (host, span) in table.spanned_strings("external_links_own").unwrap_or_default() {
        match is_host(&host) {
            true => rule.external.own.push(host),
            false => {
                let message = format!("`markdown.external_links_own` has `{host}`, which is no host");
                table.refuse(span, message).hint = Some("write the name alone: `old.example`".to_owned());
            }
        }
    }
    let styles = [("github", HeadingIds::Github), ("zola", HeadingIds::Zola), ("kramdown", HeadingIds::Kramdown)];
    rule.heading_ids = choice(&mut table, "heading_ids", &styles).unwrap_or(rule.heading_ids);
    let span = table.span_of("toc_levels").unwrap_or(0..0);
    match table.count("toc_levels") {
        Some(levels @ 1..=6) => rule.toc_levels = u8::try_from(levels).unwrap_or(6),
        Some(levels) => {
            let message = format!("`markdown.toc_levels` is {levels}, and headings have the levels 1 to 6");
            table.refuse(span, message).hint =
                Some("write the deepest level that a table of contents is to show, as `3`".to_owned());
        }
        None => {}
    }
    table.finish();
    rule
}

/// Returns whether a text is the name of a host, and nothing more.
fn is_host(text: &str) -> bool {
    let rest = ['/', '?', '#', '@', ':', '\\'];
    !text.contains(rest) && url::Url::parse(&format!("https://{text}/")).is_ok_and(|url| url.host_str().is_some())
}

fn read_robots(fields: &mut Fields<'_>) -> bool {
    let Some(mut table) = fields.table("robots") else { return false };
    let no_ai = choice(&mut table, "ai", &[("allow", false), ("disallow", true)]).unwrap_or(false);
    table.finish();
    no_ai
}

fn read_highlight(fields: &mut Fields<'_>) -> HighlightRule {
    let mut rule = HighlightRule {
        enabled: true,
        light: "github-light".to_owned(),
        dark: "github-dark".to_owned(),
        line_numbers: false,
        style: CodeStyle::Classes,
    };
    let Some(mut table) = fields.table("highlight") else { return rule };
    rule.enabled = table.boolean("enabled").unwrap_or(rule.enabled);
    rule.light = table.string("light").unwrap_or(rule.light);
    rule.dark = table.string("dark").unwrap_or(rule.dark);
    rule.line_numbers = table.boolean("line_numbers").unwrap_or(rule.line_numbers);
    let styles = [("classes", CodeStyle::Classes), ("inline", CodeStyle::Inline)];
    rule.style = choice(&mut table, "style", &styles).unwrap_or(rule.style);
    table.finish();
    rule
}

fn read_check(fields: &mut Fields<'_>) -> CheckRule {
    let mut rule = CheckRule::default();
    let Some(mut table) = fields.table("check") else { return rule };
    if let Some(mut levels) = table.table("levels") {
        let choices = ["off", "note", "warn", "error"].map(|name| (name, name));
        let rows: Vec<(String, Range<usize>)> =
            levels.rows().iter().map(|row| (row.key.clone(), row.span.clone())).collect();
        for (code, span) in rows {
            if crate::codes::find(&code).is_none() {
                let known = crate::codes::CODES.iter().flat_map(|room| room.iter()).map(|row| row.code);
                let hint = did_you_mean(&code, known).map(|meant| format!("did you mean `{meant}`?"));
                levels.refuse(span, format!("there is no code `{code}`")).hint = hint;
            }
            if let Some(level) = choice(&mut levels, &code, &choices) {
                rule.levels.insert(code, level.to_owned());
            }
        }
    }
    table.finish();
    rule
}

/// Returns the host that obeys `_headers`: the one that is named, or else the first target that does.
fn read_headers_from(fields: &mut Fields<'_>, targets: &[PublishTarget]) -> Option<String> {
    let obeys = |target: &&PublishTarget| matches!(target.kind.as_str(), "netlify" | "cloudflare");
    fields.string("headers_from").or_else(|| targets.iter().find(obeys).map(|target| target.kind.clone()))
}

fn read_clock(overrides: &Overrides, world: &World, timezone: &TimeZone) -> Result<Timestamp, Diagnostic> {
    if let Some(clock) = &overrides.clock {
        return match parse_date(clock, timezone) {
            Ok(date) => Ok(date.timestamp()),
            Err(reason) => Err(Diagnostic::error("config/clock", format!("`--clock` is `{clock}`: {reason}"))
                .hint("write `--clock 2026-11-22T18:30:00+01:00`, or a day: `--clock 2026-11-22`")),
        };
    }
    let Some(epoch) = world.environment.get("SOURCE_DATE_EPOCH").filter(|epoch| !epoch.is_empty()) else {
        return Ok(world.now);
    };
    epoch.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(|| {
        Diagnostic::error(
            "config/clock",
            format!("`SOURCE_DATE_EPOCH` is `{epoch}`, which is no number of seconds since 1970"),
        )
    })
}
