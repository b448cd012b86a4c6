//! Owns the provider `custom`: analytics that nobody here knows, whose facts all stand in site.toml. The tracker is
//! known by its address alone, and what it is to look like by `[analytics.expect]`.
//!
//! It is in no list of vendors, because a page is never searched for it unasked. It concludes nothing about a server: no
//! request is known that such a one would not count.

use std::collections::BTreeMap;

use url::Url;

use super::exchange::{Finding, HitFacts, Reply, Request, Step, Target};
use super::expect::Expect;
use super::loading::{self, Compiled};
use super::{
    Class, Expected, Probe, Provider, Revision, ScriptTag, Sighting, StandIn, Tracker, attribute, below, file_name, tag,
};
use crate::config::{Analytics, Endpoint};

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "custom",
    title: "custom analytics",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "the snippet of site.toml, else one script tag", print }],
    options: &[],
    canonical_decides_path: false,
    site_in_snippet: |_| false,
    recognise: |_| Vec::new(),
    pixel: |_| None,
    site_problem: |_| None,
    home: None,
    addresses: |endpoint, _| (below(endpoint, "tracker.js"), below(endpoint, "collect")),
    collects: |_| Vec::new(),
    parameters,
    decides: |_, _, _| false,
    tracker: Tracker { class: |_| Class::Fingerprint, markers: &[], impostors: &[], hosts: &[], released: &[] },
    commands: &[],
    signs: |_| Vec::new(),
    explain: |_| None,
    order: |_, _| Ok(()),
    transports: |script, _| loading::transport(script),
    lookups: loading::lookups,
    compiled: |_| Compiled::default(),
    domains: |_| None,
    version: None,
    probe: Probe {
        name: "none",
        method: "POST",
        next: |_, _| {
            Step::Done(Finding::Indistinguishable {
                answer: "nothing was asked".to_owned(),
                meaning: "nothing is known of a server of your own, so that no request is known that it would not count: what \
                          it has counted tells whether visits arrive"
                    .to_owned(),
            })
        },
    },
    needs_referrer: |_| Some(false),
    read_back: None,
    daily: None,
    stand_in: StandIn { version: "1", tracker: include_str!("standin/custom.js"), answer, hits },
};

const PLAIN: &str = "<script async src=\"{script}\"></script>";

fn template(analytics: &Analytics) -> String {
    Expect::of(analytics).ok().and_then(|expect| expect.snippet).unwrap_or_else(|| PLAIN.to_owned())
}

fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let filled = template(analytics)
        .replace("{script}", &attribute(script.as_str()))
        .replace("{collect}", &attribute(collect.as_str()));
    filled.replace("{site}", &attribute(&analytics.site))
}

/// A snippet that loads a module has to go on doing so.
fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    let template = template(analytics);
    let is_module =
        ["type=\"module\"", "type='module'", "type=module"].iter().any(|written| template.contains(written));
    is_module.then(|| ("type".to_owned(), "module".to_owned())).into_iter().collect()
}

/// Returns what is wrong with a table of this provider, each problem as a sentence.
pub(super) fn problems(analytics: &Analytics) -> Vec<String> {
    let mut problems = Vec::new();
    if analytics.endpoint != Endpoint::Embedded {
        let addresses =
            [("script", &analytics.script, "the tracker"), ("collect", &analytics.collect, "where hits go")];
        let missing = addresses.into_iter().filter(|(_, url, _)| url.is_none());
        problems.extend(
            missing.map(|(key, _, what)| format!("the provider `custom` wants `{key}`, the address of {what}")),
        );
    }
    if let Ok(Expect { snippet: Some(snippet), .. }) = Expect::of(analytics) {
        // Without it the preview could not keep the page from the real server.
        for wanted in ["{script}", "<script"] {
            if !snippet.contains(wanted) {
                problems.push(format!("`expect.snippet` lacks `{wanted}`: the tracker's address is put in there"));
            }
        }
    }
    problems
}

/// Finds the tags that load the tracker of one table; `resolve` makes an address of what a page writes.
pub(super) fn sightings(
    scripts: &[ScriptTag],
    expected: &Expected,
    resolve: &dyn Fn(&str) -> Option<Url>,
) -> Vec<Sighting> {
    let name = file_name(expected.script.as_str()).to_owned();
    let words: &[&str] = if name.is_empty() { &[] } else { &[&name] };
    let tags = tag::tags(scripts, words).into_iter();
    let own = tags.filter(|tag| tag.source.as_deref().and_then(resolve).is_some_and(|url| url == expected.script));
    own.map(|tag| Sighting {
        provider: PROVIDER.name,
        style: tag.style,
        script: tag.source.clone(),
        collect: Some(expected.collect.to_string()),
        is_derived: true,
        parameters: tag.parameters(std::iter::empty()),
        tags: vec![tag.index],
        ..Sighting::default()
    })
    .collect()
}

/// Plays the server: a tracker, and 204 for whatever is sent.
fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| Reply::to(request, status, "*", kind, body);
    match request.url.path() {
        path if path == target.script.path() => reply(200, "text/javascript", PROVIDER.stand_in.tracker.as_bytes()),
        path if path == target.collect.path() => reply(204, "text/plain", b""),
        _ => reply(404, "text/plain", b"not found"),
    }
}

/// Reads the hit of our own tracker: the address of the page.
fn hits(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let page = request.url.query_pairs().find(|(name, _)| name == "url").and_then(|(_, url)| Url::parse(&url).ok());
    let path = page.as_ref().map(|url| url.path().to_owned()).unwrap_or_default();
    let problems = match page {
        Some(url) if url.origin().ascii_serialization() == target.origin => Vec::new(),
        Some(url) => vec![format!("`url` is `{url}`, and not on this site")],
        None => vec!["`url`, the address of the page, is missing".to_owned()],
    };
    vec![HitFacts { what: format!("page view of `{path}`"), path, problems, remarks: Vec::new() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::tests::{analytics, tags};

    fn table(expect: &str) -> Analytics {
        Analytics {
            script: Some(Url::parse("https://s.example/t.js").unwrap()),
            collect: Some(Url::parse("https://c.example/hit").unwrap()),
            expect: expect.parse::<toml::Table>().unwrap().into_iter().collect(),
            ..analytics("custom")
        }
    }

    #[test]
    fn the_snippet_is_the_owner_s_with_the_addresses_put_in() {
        assert_eq!(print(&table("")), "<script async src=\"https://s.example/t.js\"></script>");
        let own = table(
            "snippet = '<script type=\"module\" data-to=\"{collect}\" data-id=\"{site}\" src=\"{script}\"></script>'",
        );
        assert_eq!(
            print(&own),
            "<script type=\"module\" data-to=\"https://c.example/hit\" data-id=\"1\" src=\"https://s.example/t.js\"></script>"
        );
        assert_eq!(parameters(&own)["type"], "module");
        assert_eq!(crate::analytics::problems(&own), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_is_named() {
        let told = crate::analytics::problems(&Analytics { script: None, ..table("snippet = '<img>'") });
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("wants `script`") && told[1].contains("`{script}`"), "{told:?}");
        let vendor = Analytics { expect: table("snippet = '<script src=\"{script}\">'").expect, ..analytics("matomo") };
        assert!(crate::analytics::problems(&vendor)[0].contains("only `custom`"));
        let embedded = Analytics { script: None, collect: None, endpoint: Endpoint::Embedded, ..table("") };
        assert_eq!(crate::analytics::problems(&embedded), Vec::<String>::new());
    }

    #[test]
    fn the_tracker_is_known_by_its_whole_address() {
        let expected = crate::analytics::expected(&table("")).unwrap();
        let base = Url::parse("https://blog.example/a/").unwrap();
        let seen = |html: &str| sightings(&tags(html), &expected, &|address| base.join(address).ok());
        assert_eq!(seen(&print(&table(""))).len(), 1);
        assert_eq!(seen("<script src=//s.example/t.js></script>")[0].style, "tag");
        assert_eq!(
            seen("<script>var s=document.createElement('script');s.src='https://s.example/t.js'</script>")[0].style,
            "injected"
        );
        assert_eq!(seen("<script type=text/plain src=https://s.example/t.js></script>")[0].style, "inert");
        assert_eq!(seen("<script src=https://s.example/t.js?v=2></script><script src=/t.js></script>"), []);
    }
}
