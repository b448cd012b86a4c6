//! `blog config`: every setting as it is in effect, and where it is set; or the schema of settings.

use std::path::Path;

use serde_json::json;
use toml::Value;
use watchpost::config::{
    Analytics, Config, Endpoint, FILE, FeedOf, HeadingIds, Lastmod, OnUnknown, Overrides, Placed, SummaryRule,
};
use watchpost::diagnostic::Exit;
use watchpost::schema;

use crate::cli::Format;
use crate::cli::upkeep::{SchemaOf, Show};
use crate::commands::Outcome;
use crate::console::{Console, printable};

/// Prints one line a setting.
pub(super) fn run(config: &Config, overrides: &Overrides, console: &Console) -> Exit {
    for (key, value) in settings(config) {
        let origin = origin(config, overrides, &key);
        match console.format() {
            Format::Human => {
                let setting = format!("{key} = {value}");
                console.data(&format!("{:<60}  # {}\n", printable(&setting), origin.words()));
            }
            Format::Json => {
                let line = match origin {
                    Origin::Line(line) => Some(line),
                    _ => None,
                };
                let file = line.map(|_| FILE);
                console.object(
                    "setting",
                    json!({"key": key, "value": value, "origin": origin.name(), "file": file, "line": line}),
                );
            }
        }
    }
    Exit::Success
}

/// Prints a JSON Schema. It serves an owner who is about to write settings, so that those there are need not be right.
pub(super) fn schema(arguments: &Show, root: &Path, console: &Console) -> Outcome {
    let schema = match arguments.schema {
        Some(SchemaOf::FrontMatter) => {
            let config = watchpost::config::load(root, &arguments.site.overrides());
            if config.is_err() {
                console
                    .say("the taxonomies that a site declares are not in it: there is no `site.toml` that can be read");
            }
            let names: Vec<String> =
                config.into_iter().flat_map(|config| config.taxonomies).map(|rule| rule.name).collect();
            schema::front_matter(names.iter().map(String::as_str))
        }
        _ => schema::site_toml(),
    };
    console.data(&format!("{schema:#}\n"));
    Ok(Exit::Success)
}

/// Where a setting comes from.
enum Origin {
    /// A line of `site.toml`.
    Line(usize),
    /// A flag.
    Flag(&'static str),
    /// Nobody said it.
    Default,
}

impl Origin {
    fn words(&self) -> String {
        match self {
            Origin::Line(line) => format!("{FILE}:{line}"),
            Origin::Flag(flag) => (*flag).to_owned(),
            Origin::Default => "by default".to_owned(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Origin::Line(_) => FILE,
            Origin::Flag(flag) => flag,
            Origin::Default => "default",
        }
    }
}

fn origin(config: &Config, overrides: &Overrides, key: &str) -> Origin {
    match key {
        "base_url" if overrides.base_url.is_some() => return Origin::Flag("--base-url"),
        "out" if overrides.out.is_some() => return Origin::Flag("--out"),
        "env" if overrides.env.is_some() => return Origin::Flag("--env"),
        "env" if config.env.is_some() => return Origin::Flag("BLOG_ENV"),
        "clock" if overrides.clock.is_some() => return Origin::Flag("--clock"),
        "drafts" if overrides.drafts => return Origin::Flag("--drafts"),
        "future" if overrides.future => return Origin::Flag("--future"),
        _ => {}
    }
    let below = format!("{key}.");
    let is_set = config.spans.keys().any(|set| set == key || set.starts_with(&below));
    match config.place(key).line_column() {
        Some((line, _)) if is_set => Origin::Line(line),
        _ => Origin::Default,
    }
}

/// Returns every setting as it is in effect, in the order of the reference.
fn settings(config: &Config) -> Vec<(String, Value)> {
    let text = |text: &str| Value::from(text);
    let texts = |texts: &[String]| Value::Array(texts.iter().map(|text| Value::from(text.as_str())).collect());
    let number = |number: usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let mut all: Vec<(String, Value)> = Vec::new();
    let mut add = |key: &str, value: Value| all.push((key.to_owned(), value));
    add("title", text(&config.title));
    add("base_url", text(config.base_url.as_str()));
    add("timezone", text(config.timezone.iana_name().unwrap_or("UTC")));
    add("language", text(&config.language));
    add("description", text(&config.description));
    add("authors", texts(&config.authors));
    add("theme", text(&config.theme));
    add("feed_authority", text(&config.feed_authority));
    add(
        "summary",
        text(match config.summary {
            SummaryRule::Auto => "auto",
            SummaryRule::Off => "off",
        }),
    );
    add("out", text(&config.out.strip_prefix(&config.root).unwrap_or(&config.out).display().to_string()));
    add("env", text(config.env.as_deref().unwrap_or_default()));
    add("clock", text(&config.clock.to_string()));
    add("drafts", config.drafts.into());
    add("future", config.future.into());
    for (section, pattern) in &config.permalinks {
        add(&format!("permalinks.{section}"), text(&pattern.to_string()));
    }
    for rule in &config.taxonomies {
        add(&format!("taxonomies.{}.paginate", rule.name), number(rule.paginate.unwrap_or_default()));
        add(&format!("taxonomies.{}.feed", rule.name), rule.feed.into());
    }
    for (section, size) in &config.paginate {
        add(&format!("paginate.{section}"), number(*size));
    }
    let archives = [(config.archives.all, "all"), (config.archives.year, "year"), (config.archives.month, "month")];
    let archives = archives.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| text(name)).collect();
    add("archives.by", Value::Array(archives));
    for (index, feed) in config.feeds.iter().enumerate() {
        match &feed.of {
            FeedOf::Site => {}
            FeedOf::Section(section) => add(&format!("feeds.{index}.section"), text(section)),
            FeedOf::Terms(taxonomy) => add(&format!("feeds.{index}.taxonomy"), text(taxonomy)),
        }
        add(&format!("feeds.{index}.format"), text(&feed.format));
        add(&format!("feeds.{index}.path"), text(&feed.path));
        add(&format!("feeds.{index}.content"), text(if feed.full { "full" } else { "summary" }));
        add(&format!("feeds.{index}.limit"), number(feed.limit));
    }
    add("lastmod", text(if config.lastmod == Lastmod::Git { "git" } else { "front-matter" }));
    add("feed_stylesheet", config.feed_stylesheet.into());
    add("robots.ai", text(if config.no_ai { "disallow" } else { "allow" }));
    for rule in &config.languages {
        add(&format!("languages.{}.title", rule.tag), text(rule.title.as_deref().unwrap_or(&config.title)));
        let description = rule.description.as_deref().unwrap_or(&config.description);
        add(&format!("languages.{}.description", rule.tag), text(description));
        add(&format!("languages.{}.fallback", rule.tag), rule.fallback.into());
    }
    let markdown = &config.markdown;
    for (name, is_on) in [
        ("footnotes", markdown.footnotes),
        ("tables", markdown.tables),
        ("tasklists", markdown.tasklists),
        ("strikethrough", markdown.strikethrough),
        ("alerts", markdown.alerts),
        ("heading_attributes", markdown.heading_attributes),
        ("definition_lists", markdown.definition_lists),
        ("smart_punctuation", markdown.smart_punctuation),
        ("wikilinks", markdown.wikilinks),
        ("autolinks", markdown.autolinks),
        ("html", markdown.html),
        ("math", markdown.math),
        ("external_links_target_blank", markdown.external.target_blank),
        ("external_links_no_follow", markdown.external.no_follow),
        ("external_links_no_referrer", markdown.external.no_referrer),
    ] {
        add(&format!("markdown.{name}"), is_on.into());
    }
    let ids = match markdown.heading_ids {
        HeadingIds::Github => "github",
        HeadingIds::Zola => "zola",
        HeadingIds::Kramdown => "kramdown",
    };
    add("markdown.heading_ids", text(ids));
    add("markdown.toc_levels", markdown.toc_levels.into());
    add("markdown.external_links_class", text(&markdown.external.class));
    add("markdown.external_links_own", markdown.external.own.clone().into());
    add("highlight.enabled", config.highlight.enabled.into());
    add("highlight.light", text(&config.highlight.light));
    add("highlight.dark", text(&config.highlight.dark));
    add("highlight.line_numbers", config.highlight.line_numbers.into());
    for (index, analytics) in config.analytics.iter().enumerate() {
        analytics_settings(analytics)
            .into_iter()
            .for_each(|(key, value)| add(&format!("analytics.{index}.{key}"), value));
    }
    for (code, level) in &config.check.levels {
        add(&format!("check.levels.{code}"), text(level));
    }
    add("live.settle", Value::from(format!("{}s", config.live.settle.as_secs())));
    add("live.manifest", text(&config.live.manifest));
    add("headers_from", text(config.headers_from.as_deref().unwrap_or_default()));
    config.extra.iter().for_each(|(key, value)| add(&format!("extra.{key}"), value.clone()));
    all
}

/// Returns the settings of one analytics table; its token is said to be there, never shown.
fn analytics_settings(analytics: &Analytics) -> Vec<(String, Value)> {
    let endpoint = match &analytics.endpoint {
        Endpoint::Embedded => "embedded".to_owned(),
        Endpoint::Server(url) => url.to_string(),
    };
    let on_unknown = match analytics.on_unknown {
        OnUnknown::Fail => "fail",
        OnUnknown::Warn => "warn",
    };
    let placed = match analytics.placed {
        Placed::Page => "page",
        Placed::Edge => "edge",
        Placed::TagManager => "tag-manager",
        Placed::Consent => "consent",
    };
    let mut all = vec![
        ("provider", Value::from(analytics.provider.as_str())),
        ("endpoint", Value::from(endpoint)),
        ("site", Value::from(analytics.site.as_str())),
        ("on_unknown", Value::from(on_unknown)),
        ("max_unknown_age", Value::from(format!("{}d", analytics.max_unknown_age.as_hours() / 24))),
        ("placed", Value::from(placed)),
        ("exclude", Value::Array(analytics.exclude.iter().map(|path| Value::from(path.as_str())).collect())),
    ];
    let optional = [
        ("script", analytics.script.as_ref().map(ToString::to_string)),
        ("collect", analytics.collect.as_ref().map(ToString::to_string)),
        ("accept", analytics.accept.as_ref().map(ToString::to_string)),
        ("token_env", analytics.token_env.clone()),
    ];
    all.extend(optional.into_iter().filter_map(|(key, value)| Some((key, Value::from(value?)))));
    let mut all: Vec<(String, Value)> = all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    all.extend(analytics.options.iter().map(|(key, value)| (format!("options.{key}"), value.clone())));
    all.extend(analytics.expect.iter().map(|(key, value)| (format!("expect.{key}"), value.clone())));
    all
}
