//! Owns `_headers`: the headers of site.toml, the policy that the finished pages need, and how long hashed files are kept.
//!
//! The policy is computed from the written bytes, as one for the whole site: hosts that find two policies for a page send
//! both, and browsers then obey both. The guard judges it as it judges any other.

mod needs;

use rayon::prelude::*;

use crate::analytics;
use crate::config::{Config, CspMode};
use crate::diagnostic::Diagnostic;
use crate::paths::OutPath;
use crate::render::derived::{Finished, Made};

use needs::Needs;

/// How long a line of `_headers` may be: Cloudflare ignores longer ones (developers.cloudflare.com/pages/configuration/headers).
const LONGEST: usize = 2000;
/// What a policy of ours always says, beside `default-src 'self'`; these have no fallback, or need none of it.
const ALWAYS: [(&str, &str); 4] =
    [("base-uri", "'self'"), ("form-action", "'self'"), ("frame-ancestors", "'self'"), ("object-src", "'none'")];

/// Writes `[[headers]]` of site.toml as hosts read them.
pub(super) fn declared(config: &Config) -> String {
    written(&rules(config))
}

type Rule = (String, Vec<(String, String)>);

fn rules(config: &Config) -> Vec<Rule> {
    config.headers.iter().map(|rule| (rule.path.clone(), rule.values.clone())).collect()
}

fn written(rules: &[Rule]) -> String {
    let mut text = String::new();
    for (path, values) in rules {
        text.push_str(&format!("{path}\n"));
        for (name, value) in values {
            text.push_str(&format!("  {name}: {value}\n"));
        }
    }
    text
}

/// Makes `_headers` from the finished files.
pub(super) fn headers(finished: &Finished<'_>) -> Result<Made, Vec<Diagnostic>> {
    let config = &finished.site.config;
    if !config.derives_headers() {
        return Ok(Vec::new());
    }
    let mut rules = rules(config);
    let name = match config.csp.mode {
        CspMode::Off => None,
        CspMode::Auto => Some("Content-Security-Policy"),
        CspMode::ReportOnly => Some("Content-Security-Policy-Report-Only"),
    };
    if let Some(name) = name {
        let policy = policy(finished);
        let length = name.len() + policy.len() + 4;
        if length > LONGEST && config.headers_from.as_deref() != Some("netlify") {
            return Err(vec![too_long(finished, &policy, length)]);
        }
        let header = (name.to_owned(), policy);
        match rules.iter_mut().find(|(path, _)| path == "/*") {
            Some((_, values)) => values.push(header),
            None => rules.insert(0, ("/*".to_owned(), vec![header])),
        }
    }
    for (_, hashed) in finished.site.hashed_files() {
        // Another content has another name, so nobody ever needs to ask again.
        let kept = ("Cache-Control".to_owned(), "public, max-age=31536000, immutable".to_owned());
        rules.push((hashed.encoded(), vec![kept]));
    }
    match rules.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![(OutPath::new("_headers"), written(&rules).into_bytes())]),
    }
}

/// Computes the policy.
fn policy(finished: &Finished<'_>) -> String {
    let mut needs = of_files(finished);
    let config = &finished.site.config;
    if config.search.is_some() {
        // The index is searched by a program in WebAssembly; this lets it be compiled, and no script besides.
        needs.add("script-src", "'wasm-unsafe-eval'");
    }
    for table in &config.analytics {
        let Some((target, provider)) = analytics::target(table, &config.base_url).zip(analytics::find(&table.provider))
        else {
            continue;
        };
        let base = config.base_url.url();
        needs.address("script-src", target.script.as_str(), base);
        // A tracker sends beacons, and falls back to an image.
        for url in std::iter::once(target.collect.clone()).chain((provider.collects)(&target)) {
            needs.address("connect-src", url.as_str(), base);
            needs.address("img-src", url.as_str(), base);
        }
    }
    let mut directives: std::collections::BTreeMap<&str, std::collections::BTreeSet<String>> =
        needs.0.into_iter().collect();
    for (directive, sources) in &config.csp.allow {
        directives.entry(directive).or_default().extend(sources.iter().cloned());
    }
    for directive in ["script-src", "style-src"].into_iter().chain(ALWAYS.map(|(name, _)| name)) {
        directives.entry(directive).or_default();
    }
    let of_default = directives.remove("default-src").unwrap_or_default();
    let mut text = format!("default-src {}", words("'self'", &of_default));
    for (directive, sources) in &directives {
        let own = ALWAYS.iter().find(|(name, _)| name == directive).map_or("'self'", |(_, own)| own);
        text.push_str(&format!("; {directive} {}", words(own, sources)));
    }
    text
}

/// Puts the usual source before the others; `'none'` stands alone or not at all.
fn words(own: &str, sources: &std::collections::BTreeSet<String>) -> String {
    let own = Some(own).filter(|own| *own != "'none'" || sources.is_empty());
    own.into_iter().chain(sources.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

/// Gathers what all files need.
fn of_files(finished: &Finished<'_>) -> Needs {
    let paths: Vec<&String> = finished.files.keys().collect();
    let all = paths.into_par_iter().map(|path| of_file(finished, path));
    all.reduce(Needs::default, Needs::merge)
}

fn of_file(finished: &Finished<'_>, path: &str) -> Needs {
    let out = OutPath::new(path);
    let is_style = path.ends_with(".css");
    let text = (out.is_html() || is_style).then(|| (finished.read)(path)).flatten();
    let Some(text) = text else { return Needs::default() };
    let text = String::from_utf8_lossy(&text);
    let address = finished.site.config.base_url.permalink(&out.route());
    let Ok(address) = url::Url::parse(&address) else { return Needs::default() };
    match is_style {
        true => {
            let mut needs = Needs::default();
            needs.stylesheet(&text, &address);
            needs
        }
        false => needs::of_page(&text, &address),
    }
}

/// Says that a host would ignore the policy, and which pages make it long.
fn too_long(finished: &Finished<'_>, policy: &str, length: usize) -> Diagnostic {
    let count = policy.matches("'sha256-").count();
    let mut pages: Vec<(usize, &String)> = finished
        .files
        .keys()
        .map(|path| (of_file(finished, path).0.values().map(std::collections::BTreeSet::len).sum(), path))
        .collect();
    pages.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let message = format!(
        "the policy is {length} characters long, and hosts ignore a line of more than {LONGEST}: it has {count} hashes"
    );
    let mut problem = Diagnostic::error("csp/too-long", message).at(finished.site.config.place("csp.mode"));
    for (sources, page) in pages.into_iter().take(3).filter(|(sources, _)| *sources > 0) {
        problem = problem.with(format!("`{page}` needs {sources} sources"));
    }
    problem
        .hint("move inline scripts and styles into files below `static/`, or allow what they share under `[csp.allow]`")
}
