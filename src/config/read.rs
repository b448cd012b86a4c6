//! Reads site.toml's text into a [`Config`]: a function of the text, the command line and a [`World`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::permalink::{Permalink, Token};
use super::{
    ArchiveRule, CheckRule, Config, DefaultRule, FILE, FeedRule, HighlightRule, MarkdownRule, Overrides, SummaryRule,
    TaxonomyRule, World, analytics, out,
};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::fields::{Codes, Document, Fields, Node, Row, Table, Value, parse_date, parse_toml};
use crate::paths::{BaseUrl, Route};

/// Under which codes site.toml reports its problems.
pub(super) const CODES: Codes = Codes {
    syntax: "config/syntax",
    kind: "config/type",
    value: "config/value",
    unknown: "config/unknown-key",
    missing: "config/missing-key",
    own_keys: "a key of your own goes under `[extra]`",
};

/// Keys that the formats promise and that this version does not act on.
const NOT_YET: &[&str] = &["languages", "images", "search", "headers", "contract", "gone", "cache"];

/// The taxonomies that need not be declared to have pages.
const KNOWN_TAXONOMIES: &[&str] = &["tags", "categories", "series"];

/// Reads a configuration, all problems at once.
pub fn read(root: &Path, text: &str, overrides: &Overrides, world: &World) -> Result<Config, Vec<Diagnostic>> {
    let text: Arc<str> = text.into();
    let document = Document::new(FILE, &text);
    let mut diagnostics = Vec::new();
    let mut table = parse_toml(&document, 0..text.len()).map_err(|problems| {
        let problems = problems.into_iter();
        problems
            .map(|one| Diagnostic::error(CODES.syntax, one.message).at(document.place(one.span)))
            .collect::<Vec<_>>()
    })?;
    let written_base_url = table.row("base_url").map(|row| row.node.value.clone());
    let env =
        overrides.env.clone().or_else(|| world.environment.get("BLOG_ENV").cloned()).filter(|env| !env.is_empty());
    overlay(&mut table, env.as_deref(), &document, &mut diagnostics);
    if let Some(row) = table.rows.iter_mut().find(|row| row.key == "analytics")
        && let Value::Table(one) = &row.node.value
    {
        let node = Node { span: row.node.span.clone(), value: Value::Table(one.clone()) };
        row.node.value = Value::List(vec![node]);
    }
    let mut spans = BTreeMap::new();
    table.walk(&mut |path, row| {
        spans.insert(path.to_owned(), row.node.span.clone());
    });

    let mut warnings = Vec::new();
    let mut fields = Fields::new(&document, &CODES, table, &mut diagnostics);
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
    let permalinks = read_permalinks(&mut fields);
    let defaults = read_defaults(&mut fields);
    let taxonomies = read_taxonomies(&mut fields);
    let paginate = read_paginate(&mut fields);
    let archives = read_archives(&mut fields);
    let feeds = read_feeds(&mut fields);
    let markdown = read_markdown(&mut fields, &mut warnings);
    let highlight = read_highlight(&mut fields);
    let analytics = analytics::read_all(&mut fields, world, &mut warnings);
    let check = read_check(&mut fields);
    let headers_from = read_headers_from(&mut fields, &mut warnings);
    let extra = fields.plain_table("extra").unwrap_or_default().to_toml();
    for key in NOT_YET {
        if let Some(row) = fields.take(key) {
            warnings.push(not_yet(&document, key, row.span));
        }
    }
    fields.report_unknown(&["env"]);

    let clock = read_clock(overrides, world, &timezone).unwrap_or_else(|diagnostic| {
        diagnostics.push(diagnostic);
        world.now
    });
    let out = out::choose(root, overrides, world).unwrap_or_else(|diagnostic| {
        diagnostics.push(diagnostic);
        root.join("public")
    });
    let (Some(base_url), true) = (base_url, diagnostics.is_empty()) else {
        diagnostics.sort_by_key(|one| one.place.as_ref().and_then(|place| place.span.clone()).map(|span| span.start));
        return Err(diagnostics);
    };
    Ok(Config {
        root: root.to_owned(),
        text,
        out,
        lock: world.lock.clone(),
        env,
        clock,
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
        markdown,
        highlight,
        analytics,
        check,
        headers_from,
        extra,
        spans,
        warnings,
    })
}

/// Returns a time zone by its IANA name, from the tables that the program carries: those of the
/// machine differ from one to the next.
pub fn timezone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// Lays `[env.NAME]` over the rest of the table.
fn overlay(table: &mut Table, chosen: Option<&str>, document: &Document, diagnostics: &mut Vec<Diagnostic>) {
    let mut fields = Fields::new(document, &CODES, std::mem::take(table), diagnostics);
    let overlays: Vec<Row> = fields.plain_table("env").map(|overlays| overlays.rows).unwrap_or_default();
    let mut below = Table { rows: fields.rest() };
    let mut found = None;
    for row in overlays {
        match row.node.value {
            Value::Table(overlay) if Some(row.key.as_str()) == chosen => found = Some(overlay),
            Value::Table(_) => continue,
            value => fields.mistyped(&format!("env.{}", row.key), "a table", &value, row.node.span).unwrap_or_default(),
        }
    }
    match (chosen, found) {
        (Some(_), Some(overlay)) => below.overlay(overlay),
        (Some(name), None) => diagnostics.push(
            Diagnostic::error("config/no-env", format!("there is no `[env.{name}]` in `{FILE}`"))
                .hint("add that table, or leave out `--env` and `BLOG_ENV`"),
        ),
        (None, _) => {}
    }
    *table = below;
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
            let hint = Some("write the address of the home page, as `https://blog.example/`".to_owned());
            fields.refuse(span, message).hint = hint;
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
    let mut parts = language.split('-');
    let alphanumeric = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let primary = parts.next().is_some_and(|part| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_alphabetic()));
    if !primary || !language.split('-').all(alphanumeric) {
        fields.refuse(span, format!("`{language}` is no language tag")).hint =
            Some("write a BCP 47 tag, as `en`, `nl-BE` or `zh-Hant`".to_owned());
    }
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

fn read_permalinks(fields: &mut Fields<'_>) -> BTreeMap<String, Permalink> {
    let mut permalinks = BTreeMap::new();
    let Some(mut table) = fields.table("permalinks") else { return permalinks };
    for row in table.rest() {
        let section = row.key.trim_matches('/').to_owned();
        let Value::String(pattern) = &row.node.value else {
            table.mistyped::<()>(&row.key, "a string", &row.node.value, row.node.span);
            continue;
        };
        match Permalink::parse(pattern) {
            Ok(permalink) if !permalink.has(&[Token::Slug, Token::Title, Token::Stem]) => {
                table.refuse(row.node.span, format!("`{pattern}` gives every post the same address")).hint =
                    Some("add `:slug`".to_owned());
            }
            Ok(permalink) => {
                permalinks.insert(section, permalink);
            }
            Err(reason) => {
                table.refuse(row.node.span, format!("`{pattern}` is no pattern for addresses: {reason}"));
            }
        }
    }
    permalinks
}

fn read_defaults(fields: &mut Fields<'_>) -> Vec<DefaultRule> {
    let mut rules = Vec::new();
    for (index, (table, span)) in fields.plain_tables("defaults").unwrap_or_default().into_iter().enumerate() {
        let mut row = fields.below(format!("defaults.{index}"), span.clone(), table);
        let at = row.span_of("path").unwrap_or(span);
        let Some(path) = row.required_string("path", "\"notes/**\"") else { continue };
        let front_matter = Table { rows: row.rest() };
        let pattern = path.strip_prefix("content/").unwrap_or(&path);
        match globset::GlobBuilder::new(pattern).literal_separator(true).build() {
            Ok(glob) => rules.push(DefaultRule { path, matcher: glob.compile_matcher(), front_matter }),
            Err(error) => {
                row.refuse(at, format!("`{path}` is no pattern for files: {}", error.kind()));
            }
        }
    }
    rules
}

fn read_taxonomies(fields: &mut Fields<'_>) -> Vec<TaxonomyRule> {
    let mut rules: Vec<TaxonomyRule> = Vec::new();
    if let Some(mut table) = fields.table("taxonomies") {
        for row in table.rest() {
            let name = row.key.clone();
            let path = table.dotted(&name);
            let Value::Table(below) = row.node.value else {
                table.mistyped::<()>(&name, "a table", &row.node.value, row.node.span);
                continue;
            };
            let mut one = table.below(path, row.span, below);
            let span = one.span_of("path").unwrap_or(0..0);
            let address = one.string("path").unwrap_or_else(|| name.clone());
            let address = format!("/{}/", address.trim_matches('/'));
            if let Err(problem) = Route::new(&*address) {
                one.refuse(span, format!("`{address}` is no address: {}", problem.reason));
            }
            let rule = TaxonomyRule {
                path: address,
                render: one.boolean("render").unwrap_or(true),
                paginate: one.count("paginate"),
                feed: one.boolean("feed").unwrap_or(false),
                name,
            };
            one.finish();
            rules.push(rule);
        }
    }
    for name in KNOWN_TAXONOMIES {
        if rules.iter().all(|rule| rule.name != *name) {
            let path = format!("/{name}/");
            rules.push(TaxonomyRule { name: (*name).to_owned(), path, render: true, paginate: None, feed: false });
        }
    }
    rules
}

fn read_paginate(fields: &mut Fields<'_>) -> BTreeMap<String, usize> {
    let mut paginate = BTreeMap::from([("posts".to_owned(), 20)]);
    if let Some(mut table) = fields.table("paginate") {
        let keys: Vec<String> = table.rows().iter().map(|row| row.key.clone()).collect();
        for key in keys {
            if let Some(count) = table.count(&key) {
                paginate.insert(key.trim_matches('/').to_owned(), count);
            }
        }
    }
    paginate
}

fn read_archives(fields: &mut Fields<'_>) -> ArchiveRule {
    let mut rule = ArchiveRule { all: true, year: false, month: false };
    let Some(mut table) = fields.table("archives") else { return rule };
    rule.all = table.boolean("all").unwrap_or(true);
    for (word, span) in table.spanned_strings("by").unwrap_or_default() {
        match word.as_str() {
            "year" => rule.year = true,
            "month" => rule.month = true,
            _ => {
                table.refuse(span, format!("there are no archives by `{word}`")).hint =
                    Some("write `by = [\"year\", \"month\"]`".to_owned());
            }
        }
    }
    table.finish();
    rule
}

fn read_feeds(fields: &mut Fields<'_>) -> Vec<FeedRule> {
    let Some(tables) = fields.plain_tables("feeds") else { return vec![FeedRule::usual()] };
    let mut rules = Vec::new();
    for (index, (table, span)) in tables.into_iter().enumerate() {
        let mut row = fields.below(format!("feeds.{index}"), span, table);
        let format = choice(&mut row, "format", &[("rss", "rss"), ("atom", "atom")]).unwrap_or("rss");
        let usual = match format {
            "atom" => "atom.xml",
            _ => "feed.xml",
        };
        let at = row.span_of("path").unwrap_or(0..0);
        let path = row.string("path").unwrap_or_else(|| usual.to_owned());
        let path = path.trim_start_matches('/').to_owned();
        if path.is_empty() || path.ends_with('/') {
            row.refuse(at.clone(), format!("the feed's path `{path}` names a folder")).hint =
                Some(format!("write `path = \"{path}index.xml\"`"));
        } else if let Err(problem) = Route::new(format!("/{path}")) {
            row.refuse(at, format!("`{path}` is no address: {}", problem.reason));
        }
        let full = choice(&mut row, "content", &[("full", true), ("summary", false)]).unwrap_or(true);
        let limit = row.count("limit").unwrap_or(20);
        row.finish();
        rules.push(FeedRule { format: format.to_owned(), path, full, limit });
    }
    rules
}

fn read_markdown(fields: &mut Fields<'_>, warnings: &mut Vec<Diagnostic>) -> MarkdownRule {
    let mut rule = MarkdownRule {
        footnotes: true,
        tables: true,
        tasklists: true,
        strikethrough: true,
        alerts: true,
        heading_attributes: true,
        definition_lists: true,
        smart_punctuation: false,
        html: true,
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
        ("html", &mut rule.html),
    ] {
        *switch = table.boolean(key).unwrap_or(*switch);
    }
    for key in ["math", "wikilinks"] {
        let span = table.span_of(key);
        if let (Some(true), Some(span)) = (table.boolean(key), span) {
            warnings.push(not_yet(table.document(), &table.dotted(key), span));
        }
    }
    table.finish();
    rule
}

fn read_highlight(fields: &mut Fields<'_>) -> HighlightRule {
    let mut rule = HighlightRule {
        enabled: true,
        light: "github-light".to_owned(),
        dark: "github-dark".to_owned(),
        line_numbers: false,
    };
    let Some(mut table) = fields.table("highlight") else { return rule };
    rule.enabled = table.boolean("enabled").unwrap_or(rule.enabled);
    rule.light = table.string("light").unwrap_or(rule.light);
    rule.dark = table.string("dark").unwrap_or(rule.dark);
    rule.line_numbers = table.boolean("line_numbers").unwrap_or(rule.line_numbers);
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

fn read_headers_from(fields: &mut Fields<'_>, warnings: &mut Vec<Diagnostic>) -> Option<String> {
    let named = fields.string("headers_from");
    let mut by_kind = None;
    if let Some(mut targets) = fields.table("publish") {
        for row in targets.rest() {
            let Value::Table(target) = row.node.value else {
                targets.mistyped::<()>(&row.key, "a table", &row.node.value, row.node.span);
                continue;
            };
            let kind = match target.row("kind").map(|row| &row.node.value) {
                Some(Value::String(kind)) => kind.as_str(),
                _ => "",
            };
            if matches!(kind, "netlify" | "cloudflare") {
                by_kind = by_kind.or_else(|| Some(kind.to_owned()));
            }
            warnings.push(not_yet(targets.document(), &format!("publish.{}", row.key), row.span));
        }
    }
    named.or(by_kind)
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

/// Says that a key is known and without effect.
pub(super) fn not_yet(document: &Document, key: &str, span: Range<usize>) -> Diagnostic {
    Diagnostic::warning("config/not-yet", format!("`{key}` is known, but this version does not act on it"))
        .at(document.place(span))
        .hint("leave it for a later version, or take it out to be rid of this warning")
}
