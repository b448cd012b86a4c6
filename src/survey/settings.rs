//! Owns the text of a `site.toml` that says what a survey has found: the fewest keys that make the pages right.
//!
//! Endpoint and options are found by asking the vendor's own row: those are right that lead to what stands in the
//! pages. What no key can say is told beside it, and never left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::SignedDuration;
use url::Url;

use super::{Survey, Use};
use crate::analytics::{Provider, Takes};
use crate::config::{Analytics, Endpoint, OnUnknown, Placed};

/// What is known of a site besides its pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// What was surveyed, as it was typed.
    pub what: String,
    /// The site's title.
    pub title: Option<String>,
    /// Where it stands, if that is known.
    pub base_url: Option<String>,
    /// The host that obeys `_headers`, if that is known; `Some("")` where there is such a file and nobody knows.
    pub headers_from: Option<String>,
}

/// Returns the text.
pub fn site_toml(survey: &Survey, hints: &Hints) -> String {
    let mut text = String::new();
    let mut line = |words: &str| writeln!(text, "{words}").expect("writing into a string never fails");
    line(&format!(
        "# What {} of {} use. Written by `blog check --init`; correct what is wrong.",
        pages(survey.pages),
        tame(&hints.what)
    ));
    line(&format!("title = {}", quoted(hints.title.as_deref().unwrap_or("Untitled"))));
    match &hints.base_url {
        Some(base_url) => line(&format!("base_url = {}", quoted(base_url))),
        None => {
            line("base_url = \"https://blog.example/\"  # no page says where the site stands: write its address here")
        }
    }
    line("timezone = \"UTC\"");
    match hints.headers_from.as_deref() {
        None => {}
        Some("") => line("# headers_from = \"netlify\"  # or \"cloudflare\": if your host obeys the `_headers` file"),
        Some(host) => line(&format!("headers_from = {}", quoted(host))),
    }
    if survey.uses.is_empty() {
        line("");
        line("# No analytics that are known were found. Describe what you use, or say that there is nothing to guard:");
        line("[[analytics]]");
        line("provider = \"none\"");
    }
    for one in &survey.uses {
        line("");
        for words in table(one, survey) {
            line(&words);
        }
    }
    text
}

fn pages(count: usize) -> String {
    if count == 1 { "1 page".to_owned() } else { format!("{count} pages") }
}

/// Returns a text that cannot end the comment it stands in.
fn tame(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Returns the lines of one table.
fn table(one: &Use, survey: &Survey) -> Vec<String> {
    let (analytics, left) = settle(one);
    let mut lines = vec![format!("[[analytics]]  # {}: on {} of {}", one.title, one.pages.len(), pages(survey.pages))];
    lines.push(format!("provider = {}", quoted(one.provider)));
    lines.push(format!("endpoint = {}", quoted(analytics.endpoint.url().as_str())));
    match one.site {
        Some(_) => lines.push(format!("site = {}", quoted(&analytics.site))),
        None => lines.push(format!("site = {}  # not in the snippet: a name for reports", quoted(&analytics.site))),
    }
    lines.extend(analytics.script.as_ref().map(|url| format!("script = {}", quoted(url.as_str()))));
    lines.extend(analytics.collect.as_ref().map(|url| format!("collect = {}", quoted(url.as_str()))));
    if one.waits {
        lines.push("placed = \"consent\"  # no browser runs it before the visitor consents".to_owned());
    }
    if !one.without.is_empty() {
        let patterns: Vec<String> = one.without.iter().map(|(section, _)| quoted(&format!("/{section}/**"))).collect();
        lines.push("# No page below these carries it. Take out what should be counted: it was lost there.".to_owned());
        lines.push(format!("exclude = [{}]", patterns.join(", ")));
    }
    let version = &one.vendor().version;
    if version.as_ref().is_some_and(|version| version.needs_token) {
        lines.push(
            "# token_env = \"STATS_TOKEN\"  # the variable with a token: then the server's version is told".to_owned(),
        );
    }
    for (name, expected, found) in &left {
        lines.push(tame(&format!(
            "# No option says this: `{name}` is `{found}` in the pages, and would be `{expected}`."
        )));
    }
    if !analytics.options.is_empty() {
        lines.push("[analytics.options]".to_owned());
        lines.extend(analytics.options.iter().map(|(name, value)| format!("{name} = {value}")));
    }
    lines
}

/// What is left over that no key says: name, what would be printed, what was found.
type Left = Vec<(String, String, String)>;

/// Finds the settings that lead to what stands in the pages.
fn settle(one: &Use) -> (Analytics, Left) {
    let provider = one.vendor();
    let url = |text: &Option<String>| text.as_deref().and_then(|text| Url::parse(text).ok());
    let (script, collect) = (url(&one.script), url(&one.collect));
    let host = collect.as_ref().or(script.as_ref()).and_then(Url::host_str).unwrap_or("analytics");
    let site = one.site.clone().unwrap_or_else(|| host.split('.').next().unwrap_or(host).to_owned());
    let endpoint = endpoint(provider, script.as_ref(), collect.as_ref(), &site);
    let (usual_script, usual_collect) = (provider.addresses)(&endpoint, &site);
    let mut analytics = Analytics {
        provider: provider.name.to_owned(),
        script: script.filter(|script| *script != usual_script),
        collect: collect.filter(|collect| !one.is_derived && *collect != usual_collect),
        endpoint: Endpoint::Server(endpoint),
        site,
        accept: None,
        token_env: None,
        token: None,
        canary_site: None,
        exclude: Vec::new(),
        on_unknown: OnUnknown::Fail,
        max_unknown_age: SignedDuration::from_hours(14 * 24),
        placed: Placed::Page,
        options: BTreeMap::new(),
        expect: BTreeMap::new(),
    };
    options(provider, &mut analytics, &one.parameters);
    let printed = (provider.parameters)(&analytics);
    let names: BTreeSet<&String> = printed.keys().chain(one.parameters.keys()).collect();
    let nothing = || "nothing".to_owned();
    let left = names
        .into_iter()
        .filter(|name| printed.get(*name) != one.parameters.get(*name))
        .map(|name| {
            let value = |of: &BTreeMap<String, String>| of.get(name).cloned().unwrap_or_else(nothing);
            (name.clone(), value(&printed), value(&one.parameters))
        })
        .collect();
    (analytics, left)
}

/// Returns the endpoint below which the vendor's row finds most of what was found.
fn endpoint(provider: &Provider, script: Option<&Url>, collect: Option<&Url>, site: &str) -> Url {
    let home = provider.home.and_then(|home| Url::parse(home).ok());
    let above = [collect, script].into_iter().flatten().flat_map(folders);
    let candidates: Vec<Url> = home.into_iter().chain(above).collect();
    let fit = |candidate: &Url| {
        let (one, other) = (provider.addresses)(candidate, site);
        usize::from(Some(&one) == script) + usize::from(Some(&other) == collect)
    };
    let best = candidates.iter().map(fit).max().unwrap_or(0);
    let found = candidates.iter().find(|candidate| fit(candidate) == best).cloned();
    found.unwrap_or_else(|| Url::parse("https://stats.example/").expect("a constant URL"))
}

/// Returns the folders that an address lies in, the nearest first.
fn folders(url: &Url) -> Vec<Url> {
    let mut folders = Vec::new();
    let mut path = url.path();
    while let Some((above, _)) = path.rsplit_once('/') {
        let mut folder = url.clone();
        folder.set_query(None);
        folder.set_fragment(None);
        folder.set_path(&format!("{above}/"));
        folders.push(folder);
        path = above;
    }
    folders
}

/// Sets options one by one, as long as each brings what would be printed nearer to what was found.
fn options(provider: &Provider, analytics: &mut Analytics, found: &BTreeMap<String, String>) {
    let distance = |analytics: &Analytics| {
        let printed = (provider.parameters)(analytics);
        let names: BTreeSet<&String> = printed.keys().chain(found.keys()).collect();
        names.into_iter().filter(|name| printed.get(*name) != found.get(*name)).count()
    };
    let mut nearest = distance(analytics);
    while nearest > 0 {
        let mut better = None;
        for row in provider.options {
            for value in values(row.takes, found) {
                let mut candidate = analytics.clone();
                candidate.options.insert(row.name.to_owned(), value);
                if !crate::analytics::problems(&candidate).is_empty() {
                    continue;
                }
                let far = distance(&candidate);
                if far < nearest {
                    nearest = far;
                    better = Some(candidate);
                }
            }
        }
        match better {
            Some(candidate) => *analytics = candidate,
            None => return,
        }
    }
}

/// Returns the values that an option may have, given what stands in the pages.
fn values(takes: Takes, found: &BTreeMap<String, String>) -> Vec<toml::Value> {
    let texts = found.values();
    match takes {
        Takes::Flag => vec![true.into(), false.into()],
        Takes::Number => texts.filter_map(|text| text.trim().parse::<i64>().ok()).map(toml::Value::from).collect(),
        Takes::Text => texts.map(|text| toml::Value::from(text.as_str())).collect(),
        Takes::Texts => texts
            .map(|text| {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                toml::Value::Array(parts.map(toml::Value::from).collect())
            })
            .collect(),
    }
}
