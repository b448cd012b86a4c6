//! Owns what is known of Matomo (Piwik before 2018): the snippet that fills the queue `_paq`, its older
//! forms, the tracker, the API that tells the version, and the bulk request that records nothing.
//!
//! Read in the sources and verified on running servers of 4.16.1, 5.1.2 and 5.2.0-b5. How its snippets
//! are recognised stands in `sightings`, how its servers are asked in `questions`.

mod hits;
mod questions;
mod reports;
mod sightings;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

use super::daily::Daily;
use super::loading::Compiled;
use super::read_back::ReadBack;
use super::script::{Script, Token};
use super::{
    Class, OptionRow, OrderProblem, Probe, Provider, Revision, Sign, StandIn, Takes, Tracker, Transport, VersionQuery,
    below, inline_json,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "matomo",
    title: "Matomo",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "the queue `_paq`, address and site set before the page view", print }],
    options: OPTIONS,
    canonical_decides_path: false,
    site_in_snippet: |_| true,
    recognise: sightings::recognise,
    pixel: sightings::pixel,
    site_problem: |_| None,
    home: None,
    addresses,
    collects: |_| Vec::new(),
    parameters,
    decides: |_, name, _| DECISIVE.contains(&name),
    tracker: Tracker {
        class: |_| Class::Fingerprint,
        markers: &[&["Matomo", "Piwik"], &["trackPageView"]],
        impostors: &[(
            "there was an error loading matomo.js",
            "the tracker-proxy answers, and the Matomo server behind it does not",
        )],
        hosts: &["matomo.org", "piwik.org", "developer.matomo.org", "www.gnu.org"],
        released: &[
            ("4.16.1", "d7fc375178c93a2fc15fd888e30170eedf4ef3d04497e7f951ab7bfe0c921693"),
            ("5.2.0-b5", "bdb624df7090e96537ae3266fb1d8d0eeaa78eabaf324b81b4f01ac51416ae5d"),
        ],
    },
    commands: COMMANDS,
    signs,
    explain,
    order,
    transports,
    // It is told everything by the queue.
    lookups: |_| Vec::new(),
    compiled: |_| Compiled::default(),
    domains: |_| None,
    version: Some(VersionQuery {
        learned_by: "api",
        needs_token: true,
        ask: questions::ask_version,
        read: questions::read_version,
    }),
    probe: Probe { name: "bulk-rec0", method: "POST", next: questions::next },
    needs_referrer: |_| Some(false),
    read_back: Some(ReadBack { name: "install-check", next: reports::read_back }),
    daily: Some(Daily { name: "visits-summary", needs_token: true, next: reports::daily }),
    stand_in: StandIn {
        version: "5.2.0",
        tracker: include_str!("standin/matomo.js"),
        answer: questions::answer,
        hits: hits::read,
    },
};

const OPTIONS: &[OptionRow] = &[
    OptionRow { name: "disableCookies", takes: Takes::Flag, text: "sets no cookies" },
    OptionRow { name: "setDoNotTrack", takes: Takes::Flag, text: "does not count visitors who ask not to be tracked" },
    OptionRow { name: "requireConsent", takes: Takes::Flag, text: "counts nothing before the visitor consents" },
    OptionRow { name: "requireCookieConsent", takes: Takes::Flag, text: "sets no cookies before the visitor consents" },
    OptionRow {
        name: "disableBrowserFeatureDetection",
        takes: Takes::Flag,
        text: "does not look at the browser's features",
    },
    OptionRow { name: "disablePerformanceTracking", takes: Takes::Flag, text: "does not measure loading times" },
    OptionRow {
        name: "disableAlwaysUseSendBeacon",
        takes: Takes::Flag,
        text: "sends hits as images instead of beacons",
    },
    OptionRow {
        name: "enableCrossDomainLinking",
        takes: Takes::Flag,
        text: "follows a visitor from one domain to the other",
    },
    OptionRow { name: "setSecureCookie", takes: Takes::Flag, text: "sends cookies over https only" },
    OptionRow { name: "setCookieDomain", takes: Takes::Text, text: "the domain of the cookies: `*.example.org`" },
    OptionRow { name: "setCookiePath", takes: Takes::Text, text: "the path of the cookies" },
    OptionRow { name: "setDocumentTitle", takes: Takes::Text, text: "the title that every page is counted under" },
    OptionRow { name: "setDomains", takes: Takes::Texts, text: "hosts whose links count as the site's own" },
    OptionRow {
        name: "enableHeartBeatTimer",
        takes: Takes::Number,
        text: "measures the time on a page, every so many seconds",
    },
    OptionRow { name: "setLinkTrackingTimer", takes: Takes::Number, text: "waits so many milliseconds after a click" },
];

/// Options whose command takes `true` as its argument; the other flags are commands without any.
const WITH_TRUE: &[&str] = &["setDoNotTrack", "setSecureCookie"];

const COMMANDS: &[&str] = &[
    "_paq",
    "getTracker",
    "addTracker",
    "setTrackerUrl",
    "setSiteId",
    "trackPageView",
    "enableLinkTracking",
    "trackEvent",
    "trackGoal",
    "trackLink",
    "trackSiteSearch",
    "trackContentImpressionsWithinNode",
    "setCustomUrl",
    "setReferrerUrl",
    "setCustomDimension",
    "setCustomVariable",
    "setUserId",
    "setConsentGiven",
    "setCookieConsentGiven",
    "setRequestMethod",
    "disableCookies",
    "setDoNotTrack",
    "requireConsent",
    "requireCookieConsent",
    "disableBrowserFeatureDetection",
    "disablePerformanceTracking",
    "disableAlwaysUseSendBeacon",
    "enableCrossDomainLinking",
    "setSecureCookie",
    "setCookieDomain",
    "setCookiePath",
    "setDocumentTitle",
    "setDomains",
    "enableHeartBeatTimer",
    "setLinkTrackingTimer",
];

/// Writes address and site first: trackers of 1.1 to 1.5 take the queue's commands as they come, and
/// send a page view that stands before them to nowhere.
fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let mut commands = vec![json!(["setTrackerUrl", collect.as_str()]), json!(["setSiteId", analytics.site])];
    for (name, value) in &analytics.options {
        match value {
            toml::Value::Boolean(flag) if WITH_TRUE.contains(&name.as_str()) => commands.push(json!([name, flag])),
            toml::Value::Boolean(false) => {}
            toml::Value::Boolean(true) => commands.push(json!([name])),
            value => commands.push(json!([name, value])),
        }
    }
    commands.extend([json!(["trackPageView"]), json!(["enableLinkTracking"])]);
    let pushes: String = commands.iter().map(|command| format!("_paq.push({});", inline_json(command))).collect();
    let source = inline_json(&json!(script.as_str()));
    format!(
        "<script>var _paq=window._paq=window._paq||[];{pushes}(function(){{var d=document,g=d.createElement(\"script\"),\
         s=d.getElementsByTagName(\"script\")[0];g.async=true;g.src={source};s.parentNode.insertBefore(g,s);}})();</script>"
    )
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    (below(endpoint, "matomo.js"), below(endpoint, "matomo.php"))
}

/// Commands that decide whether a page view is counted, where and as which page, as `js/piwik.js` has them: they wait or
/// refuse, change the address, or hand the hit to the page's own code. `queue` is no command: nobody sees that queue.
const DECISIVE: &[&str] = &[
    "queue",
    "requireConsent",
    "forgetConsentGiven",
    "optUserOut",
    "setDoNotTrack",
    "setCustomUrl",
    "setCustomRequestProcessing",
    "appendToTrackingUrl",
    "addTracker",
    "setTrackerUrl",
    "setSiteId",
];

fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    let printed = |name: &str, value: &toml::Value| match value {
        toml::Value::Boolean(flag) if WITH_TRUE.contains(&name) => Some(flag.to_string()),
        toml::Value::Boolean(flag) => flag.then(String::new),
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Array(values) => {
            Some(values.iter().map(|value| value.as_str().unwrap_or_default()).collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    };
    analytics.options.iter().filter_map(|(name, value)| Some((name.clone(), printed(name, value)?))).collect()
}

/// Commands reach the tracker as the names of its methods, so that a minifier keeps them.
fn signs(command: &str) -> Vec<Sign> {
    vec![Sign::Name(Cow::Owned(command.to_owned()))]
}

fn explain(command: &str) -> Option<&'static str> {
    Some(match command {
        "_paq" => {
            "the snippet hands its commands over in a queue named `_paq`. This tracker never looks at a queue of that \
             name: it loads without an error, and then nobody counts. Piwik learnt to read the queue in 1.1; an older \
             tracker, or a copy of one, wants to be called by `Piwik.getTracker`"
        }
        "getTracker" => {
            "the snippet asks `Piwik.getTracker` for a tracker as soon as the script is there, and this script offers none"
        }
        _ => return None,
    })
}

/// Stands among the commands of a snippet where its tag has made the browser wait for the tracker: what comes after is
/// taken as it comes, by every tracker.
const THERE: &str = "(the tracker is there)";

fn order(commands: &[String], script: Option<&Script<'_>>) -> Result<(), OrderProblem> {
    // A page may count something else than itself, and says so.
    if !commands.iter().any(|command| command.starts_with("track")) {
        OrderProblem::unless_counted(commands, "_paq", "trackPageView")?;
        OrderProblem::unless_counted(commands, "getTracker", "trackPageView")?;
    }
    let place = |name: &str| commands.iter().position(|command| command == name);
    let (Some(view), Some(queue)) = (place("trackPageView"), place("_paq")) else { return Ok(()) };
    let late = ["setTrackerUrl", "setSiteId"].into_iter().find(|name| place(name).is_some_and(|at| at > view));
    let Some(late) = late.filter(|_| queue == 0) else { return Ok(()) };
    if place(THERE).is_some_and(|there| there < view) {
        return Err(OrderProblem {
            message: format!(
                "the snippet says `trackPageView` before `{late}`, and its tag makes the browser wait for the tracker \
                 first: commands are then taken as they come, and the page view is sent before it knows where to"
            ),
            fix: format!("put `{late}` before `trackPageView` in the snippet, or load the tracker with `async`"),
            is_certain: true,
        });
    }
    // A tracker that puts its queue in order names these commands as strings.
    let sorts = |script: &Script<'_>| {
        Sign::Text(Cow::Borrowed("setTrackerUrl")).found_in(script) || is_key(script, "setTrackerUrl")
    };
    if script.is_some_and(sorts) {
        return Ok(());
    }
    Err(OrderProblem {
        message: format!(
            "the snippet says `trackPageView` before `{late}`, and this tracker takes the queue's commands as they \
             come: the page view is sent before it knows where to"
        ),
        fix: format!("put `{late}` before `trackPageView` in the snippet, or upgrade the server to Matomo 2 or later"),
        is_certain: script.is_some(),
    })
}

/// Returns whether a name is the key of an object that is no method: `{setTrackerUrl: 1}`.
fn is_key(script: &Script<'_>, name: &str) -> bool {
    script.tokens.windows(3).any(|window| {
        window[0].names(name) && window[1].is(":") && (matches!(window[2], Token::Number(_)) || window[2].names("true"))
    })
}

/// Since 4.0 a hit is a beacon, unless the snippet switches that off; before, an image.
fn transports(script: &Script<'_>, commands: &[String]) -> Vec<Transport> {
    let name = |name: &'static str| Sign::Name(Cow::Borrowed(name)).found_in(script);
    if commands.iter().any(|command| command == "disableAlwaysUseSendBeacon") {
        return vec![Transport::Image];
    }
    // No tracker of the vendor's sends every hit so; copies and rewritings of it do.
    let requests = name("fetch") || name("XMLHttpRequest");
    match (name("sendBeacon"), name("disableAlwaysUseSendBeacon"), name("Image")) {
        (true, true, _) | (true, false, false) => vec![Transport::Beacon],
        // It knows beacons and images, and not the command that came with beacons as the rule.
        (true, false, true) => vec![Transport::Beacon, Transport::Image],
        (false, _, true) if requests => vec![Transport::Fetch, Transport::Image],
        (false, _, true) => vec![Transport::Image],
        (false, _, false) if requests => vec![Transport::Fetch],
        (false, _, false) => Vec::new(),
    }
}
