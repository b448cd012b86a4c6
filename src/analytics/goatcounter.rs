//! Owns what is known of GoatCounter: its one script tag, the trackers that it froze, `/status`, and
//! the request that its counting handler refuses before it stores anything.
//!
//! Read in the sources of 2.0 to 2.7 and on a running 2.7.0.

mod hits;
mod questions;

use std::borrow::Cow;
use std::collections::BTreeMap;

use url::Url;

use super::daily::Daily;
use super::deeds::{Constants, Deed, Value, deeds};
use super::exchange::{Control, Finding, Reply, Request, Step, Target, VersionFound};
use super::loading::{Compiled, Lookup};
use super::read_back::ReadBack;
use super::script::{Script, Token, lex};
use super::{
    Class, OptionRow, Probe, Provider, Revision, ScriptTag, Sighting, Sign, StandIn, Takes, Tracker, Transport,
    VersionQuery, attribute, below, file_name, host_of, queried,
};
use crate::config::Analytics;

/// The row.
pub(super) const PROVIDER: Provider = Provider {
    name: "goatcounter",
    title: "GoatCounter",
    facts_as_of: "2026-11",
    revisions: &[Revision { number: 1, what: "one script tag with `data-goatcounter`", print }],
    options: OPTIONS,
    canonical_decides_path: true,
    site_in_snippet: |_| false,
    recognise,
    pixel,
    site_problem: |_| None,
    home: None,
    addresses,
    collects: |_| Vec::new(),
    parameters,
    // `public/count.js`: what is filtered, and what is sent as path or event. Settings that are no JSON are none at all.
    decides: |_, name, value| match name {
        "settings" | "settings.path" => true,
        "settings.no_onload" | "settings.event" => value != "false",
        _ => false,
    },
    tracker: Tracker {
        class,
        markers: &[&["goatcounter"]],
        impostors: &[],
        hosts: &["www.goatcounter.com", "goatcounter.com", "opensource.org"],
        released: FROZEN,
    },
    commands: &["data-goatcounter", "data-goatcounter-settings"],
    signs,
    explain,
    order: |_, _| Ok(()),
    transports,
    lookups,
    compiled: |_| Compiled::default(),
    domains: |_| None,
    version: Some(VersionQuery { learned_by: "status", needs_token: false, ask: ask_version, read: read_version }),
    probe: Probe { name: "count-b1", method: "GET", next },
    needs_referrer: |_| Some(false),
    read_back: Some(ReadBack { name: "canary-stats-hits", next: questions::read_back }),
    daily: Some(Daily { name: "stats-total", needs_token: true, next: questions::daily }),
    stand_in: StandIn { version: "2.7.0", tracker: include_str!("standin/goatcounter.js"), answer, hits: hits::read },
};

const OPTIONS: &[OptionRow] = &[
    OptionRow {
        name: "no_onload",
        takes: Takes::Flag,
        text: "counts nothing by itself; the page calls `goatcounter.count()`",
    },
    OptionRow { name: "no_events", takes: Takes::Flag, text: "binds no clicks to `data-goatcounter-click`" },
    OptionRow { name: "allow_local", takes: Takes::Flag, text: "counts visits to localhost and private addresses too" },
    OptionRow { name: "allow_frame", takes: Takes::Flag, text: "counts pages that are shown in a frame" },
    OptionRow { name: "path", takes: Takes::Text, text: "counts every page under this path" },
    OptionRow { name: "title", takes: Takes::Text, text: "counts every page under this title" },
    OptionRow { name: "referrer", takes: Takes::Text, text: "names this as where the visitor came from" },
    OptionRow { name: "event", takes: Takes::Flag, text: "counts an event instead of a page view" },
];

/// The files that the vendor promises never to change. Their digests were taken from the release 2.7.0, and agree with
/// the integrity values that its manual publishes. `count.js` is not here: it rolls, so that its bytes
/// are looked at once, when they are locked.
const FROZEN: &[(&str, &str)] = &[
    ("count.v1.js", "daf75cfadf39302e1e4806495c4f066bccc1ededdd234515f3be9aa72b860f49"),
    ("count.v2.js", "7ec62865202ca1b197690f8f6b0c2a0afd24bd564c911429f1c716c6e931ef61"),
    ("count.v3.js", "6bcae1eaede6699e89898eb0eb3b0b970f4e5107f6b453d45f7b75fc157e44a7"),
    ("count.v4.js", "b9f5c4c04edb8802d7b73f479a2f532f52367b633b56a09a224fc659fde86c03"),
    ("count.v5.js", "9e4391f5c18cb24de433b6ef31d8b1f1c85ee41c6f0ad274b28664168063725a"),
];

/// The host that the vendor serves its tracker from.
const VENDOR_HOST: &str = "gc.zgo.at";

fn print(analytics: &Analytics) -> String {
    let (script, collect) = super::addresses(&PROVIDER, analytics);
    let mut settings = String::new();
    if !analytics.options.is_empty() {
        let json = serde_json::to_string(&analytics.options).expect("TOML values are JSON values but for dates");
        settings = format!(" data-goatcounter-settings=\"{}\"", attribute(&json));
    }
    let (script, collect) = (attribute(script.as_str()), attribute(collect.as_str()));
    format!("<script data-goatcounter=\"{collect}\"{settings} async src=\"{script}\"></script>")
}

fn addresses(endpoint: &Url, _site: &str) -> (Url, Url) {
    let hosted = endpoint.host_str().is_some_and(|host| host.ends_with(".goatcounter.com"));
    let script = match hosted {
        true => Url::parse(&format!("https://{VENDOR_HOST}/count.js")).expect("a constant URL"),
        false => below(endpoint, "count.js"),
    };
    (script, below(endpoint, "count"))
}

fn class(script: &Url) -> Class {
    if frozen_version(script.path()).is_some() {
        return Class::Exact;
    }
    match script.host_str() == Some(VENDOR_HOST) {
        true => Class::Volatile,
        false => Class::Fingerprint,
    }
}

/// Returns the `N` of `…/count.vN.js`.
fn frozen_version(path: &str) -> Option<&str> {
    let number = file_name(path).strip_prefix("count.v")?.strip_suffix(".js")?;
    number.bytes().all(|digit| digit.is_ascii_digit()).then_some(number)
}

fn parameters(analytics: &Analytics) -> BTreeMap<String, String> {
    let printed = |value: &toml::Value| match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    analytics.options.iter().map(|(name, value)| (format!("settings.{name}"), printed(value))).collect()
}

fn recognise(scripts: &[ScriptTag]) -> Vec<Sighting> {
    let mut sightings = Vec::new();
    let mut globals = BTreeMap::new();
    let mut global_tags = Vec::new();
    let mut constants = Constants::new();
    for (index, tag) in scripts.iter().enumerate() {
        if tag.source().is_none() && tag.runs() && tag.body.contains("goatcounter") {
            let settings = settings_of_script(&tag.body, &mut constants);
            if !settings.is_empty() {
                globals.extend(settings);
                global_tags.push(index);
            }
        }
        let Some(mut sighting) = of_tag(tag, &globals) else { continue };
        sighting.tags = global_tags.iter().copied().chain([index]).collect();
        sightings.push(sighting);
    }
    sightings
}

/// Returns the sighting of one tag, given what `window.goatcounter` was set to before it.
fn of_tag(tag: &ScriptTag, globals: &BTreeMap<String, String>) -> Option<Sighting> {
    let attribute = tag.attributes.get("data-goatcounter").map(|value| value.trim().to_owned());
    let source = tag.source().map(str::to_owned);
    let bare = attribute.is_none();
    if bare && !source.as_deref().is_some_and(|source| is_tracker(source, globals)) {
        return None;
    }
    let mut parameters = globals.clone();
    if let Some(settings) = tag.attributes.get("data-goatcounter-settings") {
        match serde_json::from_str::<BTreeMap<String, serde_json::Value>>(settings) {
            Ok(settings) => parameters.extend(settings.into_iter().map(|(name, value)| {
                let printed = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (format!("settings.{name}"), printed)
            })),
            Err(_) => drop(parameters.insert("settings".to_owned(), "no valid JSON".to_owned())),
        }
    }
    for name in ["integrity", "crossorigin"] {
        if let Some(value) = tag.attributes.get(name) {
            parameters.insert(name.to_owned(), value.clone());
        }
    }
    if tag.is_module() {
        parameters.insert("type".to_owned(), "module".to_owned());
    }
    let mut commands = Vec::new();
    if !bare {
        commands.push("data-goatcounter".to_owned());
    }
    if tag.attributes.contains_key("data-goatcounter-settings") {
        commands.push("data-goatcounter-settings".to_owned());
    }
    let style = match (tag.runs(), bare, source.is_some()) {
        (false, ..) => "inert",
        (true, true, _) => "global",
        (true, false, true) => "tag",
        (true, false, false) => "inline",
    };
    let collect = attribute.or_else(|| parameters.remove("settings.endpoint"));
    Some(Sighting {
        provider: PROVIDER.name,
        style,
        script: source,
        collect,
        is_derived: false,
        site: None,
        commands,
        parameters,
        tags: Vec::new(),
    })
}

/// `<img src="https://CODE.goatcounter.com/count?p=/path">`, as the manual offers it for pages without scripts.
fn pixel(address: &str) -> Option<Sighting> {
    let (place, query) = queried(address).filter(|(place, _)| file_name(place) == "count")?;
    query.get("p").filter(|path| path.starts_with('/'))?;
    Some(Sighting { provider: PROVIDER.name, style: "pixel", collect: Some(place.to_owned()), ..Sighting::default() })
}

/// Returns whether a script without `data-goatcounter` is the tracker: by the vendor's host, or because
/// the page has told it an endpoint.
fn is_tracker(source: &str, globals: &BTreeMap<String, String>) -> bool {
    let name = file_name(source);
    let named = name == "count.js" || frozen_version(name).is_some();
    let vendor = host_of(source).is_some_and(|host| host == VENDOR_HOST || host.ends_with(".goatcounter.com"));
    named && (vendor || globals.contains_key("settings.endpoint"))
}

/// Returns what an inline script sets on `window.goatcounter`, named as the settings of a tag are.
fn settings_of_script(body: &str, constants: &mut Constants) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let mut set = |name: &str, value: &Value| {
        let printed = value.printed().map_or_else(|| "a script's own".to_owned(), Cow::into_owned);
        settings.insert(format!("settings.{name}"), printed);
    };
    for deed in deeds(&lex(body), constants) {
        match deed {
            Deed::Set(path, Value::Object(object)) if path == "goatcounter" => {
                object.iter().for_each(|(name, value)| set(name, value));
            }
            Deed::Set(path, value) => match path.strip_prefix("goatcounter.") {
                Some(name) if OPTIONS.iter().any(|row| row.name == name) || name == "endpoint" => set(name, &value),
                _ => {}
            },
            Deed::Call(..) | Deed::Load(_) => {}
        }
    }
    settings
}

fn signs(command: &str) -> Vec<Sign> {
    match command {
        // The lookup of the tag is a string by nature, and survives every minifier.
        "data-goatcounter" => vec![
            Sign::Members(&["dataset", "goatcounter"]),
            Sign::Text(Cow::Borrowed("data-goatcounter")),
            Sign::Text(Cow::Borrowed("script[data-goatcounter]")),
        ],
        "data-goatcounter-settings" => vec![
            Sign::Members(&["dataset", "goatcounterSettings"]),
            Sign::Text(Cow::Borrowed("data-goatcounter-settings")),
        ],
        other => vec![Sign::Name(Cow::Owned(other.to_owned())), Sign::Text(Cow::Owned(other.to_owned()))],
    }
}

fn explain(command: &str) -> Option<&'static str> {
    match command {
        "data-goatcounter" => Some(
            "GoatCounter's tracker finds the address of the server in the attribute `data-goatcounter` of its own tag; \
             this script never looks for it, so that it does not know where to send a hit",
        ),
        _ => None,
    }
}

/// The vendor's trackers look for their attribute, wherever the tag stands; one that asks for `document.currentScript`
/// and for nothing else finds itself only where a classic script is.
fn lookups(script: &Script<'_>) -> Vec<Lookup> {
    let searches = script.tokens.iter().any(|token| match token {
        Token::Text(text) | Token::Template(text) => text.contains("[data-goatcounter"),
        Token::Identifier(name) => name == "getElementsByTagName",
        _ => false,
    });
    let mut lookups = super::loading::lookups(script);
    lookups.retain(|lookup| *lookup != Lookup::CurrentScript);
    if !searches && Sign::Name(Cow::Borrowed("currentScript")).found_in(script) {
        lookups.push(Lookup::CurrentScript);
    }
    lookups
}

/// Since version 4 a hit is a beacon. The image that version 5 falls back to does not rescue it: where a
/// policy forbids the beacon, `sendBeacon` still answers `true`.
fn transports(script: &Script<'_>, _commands: &[String]) -> Vec<Transport> {
    let name = |name: &'static str| Sign::Name(Cow::Borrowed(name)).found_in(script);
    if name("sendBeacon") {
        return vec![Transport::Beacon];
    }
    if name("fetch") || name("XMLHttpRequest") {
        // What follows a request that failed may be an image.
        return match name("Image") {
            true => vec![Transport::Fetch, Transport::Image],
            false => vec![Transport::Fetch],
        };
    }
    match name("Image") || Sign::Text(Cow::Borrowed("img")).found_in(script) {
        true => vec![Transport::Image],
        false => Vec::new(),
    }
}

fn ask_version(target: &Target) -> Request {
    Request::get(below(&target.endpoint, "status"))
}

fn read_version(reply: &Reply) -> VersionFound {
    let version = reply.json().and_then(|json| Some(json.get("version")?.as_str()?.to_owned()));
    match version {
        Some(version) if reply.status == 200 && !version.is_empty() => {
            VersionFound::Version(version.strip_prefix('v').unwrap_or(&version).to_owned())
        }
        _ => VersionFound::Unclassified,
    }
}

/// The host of the negative control: no server has a site there.
const NO_SUCH_HOST: &str = "no-such-site.invalid";

/// `b=1` is a value that the handler refuses once it has found the site, and before it stores anything.
/// Never `b` of 150 or more: that stores a row.
fn next(target: &Target, replies: &[Reply]) -> Step {
    let mut url = target.collect.clone();
    url.query_pairs_mut().append_pair("p", "/__verify").append_pair("b", "1");
    let request = Request::get(url).header("Origin", target.origin.clone());
    let Some(reply) = replies.first() else { return Step::Ask(request) };
    let (answer, remark) = match judge(reply) {
        Ok(known) => known,
        Err(finding) => return Step::Done(finding),
    };
    let Some(control) = replies.get(1) else {
        return Step::Ask(Request { host: Some(NO_SUCH_HOST), ..request });
    };
    let control = match judge(control) {
        Ok(_) => Control::Indistinguishable,
        Err(_) if is_no_site(control) => Control::Told("400 no site at this domain".to_owned()),
        // Whatever stands before the server sorts by host: the probe can fail, which is what counts.
        Err(_) => Control::Told(format!("{} for another host", control.status)),
    };
    Step::Done(Finding::Known { answer, control, remark })
}

/// Returns what the counting handler said, or what else answered.
fn judge(reply: &Reply) -> Result<(String, Option<String>), Finding> {
    let said = reply.header("x-goatcounter").unwrap_or_default();
    match reply.status {
        400 if said.starts_with("wrong value: b=1") => Ok(("400 wrong value: b=1".to_owned(), None)),
        202 if said.starts_with("ignored because") => {
            let remark = "the server ignores hits from this machine's address; those of other visitors it takes";
            Ok(("202 ignored address".to_owned(), Some(remark.to_owned())))
        }
        400 if is_no_site(reply) => Err(Finding::Broken {
            kind: "unknown-site",
            answer: "400 no site at this domain".to_owned(),
            meaning: "GoatCounter has no site at this host: every hit of this blog is thrown away".to_owned(),
            fix: "set `endpoint` to the address of the site as GoatCounter knows it, or add that address to the site's settings".to_owned(),
        }),
        200..=299 => Err(Finding::Broken {
            kind: "not-the-counter",
            answer: format!("{}, {}", reply.status, reply.glimpse()),
            meaning: "something answers at the address of the counter, and it is not GoatCounter's counting handler: that one refuses this request with 400".to_owned(),
            fix: "look at what is served at that address: a login page, a proxy's fallback or another program".to_owned(),
        }),
        _ => Err(Finding::Unclassified),
    }
}

fn is_no_site(reply: &Reply) -> bool {
    reply.status == 400 && reply.text().contains("no site at this domain")
}

/// Plays the server: `count.js`, `count` and `status` below the endpoint.
fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: &[u8]| {
        Reply::to(request, status, "*", kind, body).with("cross-origin-resource-policy", "cross-origin")
    };
    let path = request.url.path();
    if path == target.script.path() {
        return reply(200, "text/javascript; charset=utf-8", PROVIDER.stand_in.tracker.as_bytes());
    }
    if path == below(&target.endpoint, "status").path() {
        let status = serde_json::json!({ "version": format!("v{}", PROVIDER.stand_in.version) });
        return reply(200, "application/json", status.to_string().as_bytes());
    }
    if path != target.collect.path() {
        return reply(404, "text/plain", b"not found");
    }
    if request.host.is_some() {
        return reply(400, "text/plain", b"no site at this domain");
    }
    let bot = request.url.query_pairs().find(|(name, _)| name == "b").map(|(_, value)| value.into_owned());
    match bot.as_deref() {
        Some(bot @ "1") => {
            let mut refused = reply(400, "image/gif", GIF);
            refused.headers.insert("x-goatcounter".to_owned(), format!("wrong value: b={bot}"));
            refused
        }
        _ => reply(200, "image/gif", GIF),
    }
}

/// The smallest GIF, one pixel.
pub(super) const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x01\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\x0a\x00\x01\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x4c\x01\x00\x3b";
