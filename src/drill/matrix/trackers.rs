//! Owns the trackers of the matrix: ours, each with a vendor's contract, put together from ways of finding the tag, of
//! taking commands and of sending. Some of them keep the contract only in a comment, or under another name.

use super::chance::Chance;

/// A tracker: what it is called in the table, and its bytes.
#[derive(Debug, Clone)]
pub(super) struct Tracker {
    pub(super) name: String,
    pub(super) text: String,
}

/// Ways to send what `url` holds: name, code.
const SENDS: &[(u64, &(&str, &str))] = &[
    (5, &("beacon", "navigator.sendBeacon(url)")),
    (3, &("fetch", "fetch(url, { method: 'POST', keepalive: true, mode: 'no-cors' })")),
    (2, &("request", "var x = new XMLHttpRequest(); x.open('GET', url); x.send()")),
    (4, &("image", "new Image().src = url")),
    (2, &("beacon, else image", "if (!navigator.sendBeacon(url)) new Image().src = url")),
    (
        1,
        &("img element", "var i = document.createElement('img'); i.src = url; document.documentElement.appendChild(i)"),
    ),
];

/// Ways in which GoatCounter's tag is looked for.
const LOOKUPS: &[(u64, &(&str, &str))] = &[
    (
        8,
        &(
            "selector",
            "var tag = document.querySelector('script[data-goatcounter]'), to = tag && tag.dataset.goatcounter",
        ),
    ),
    (
        4,
        &(
            "attribute",
            "var to = [].slice.call(document.getElementsByTagName('script')).map(function (tag) { return \
             tag.getAttribute('data-goatcounter') }).filter(Boolean)[0]",
        ),
    ),
    (4, &("currentScript", "var tag = document.currentScript, to = tag.dataset.goatcounter")),
    (
        1,
        &(
            "currentScript, unpacked",
            "var { currentScript: tag } = document, to = tag.getAttribute('data-goatcounter')",
        ),
    ),
    (
        2,
        &(
            "currentScript, else selector",
            "var tag = document.currentScript || document.querySelector('script[data-goatcounter]'), to = tag.dataset.goatcounter",
        ),
    ),
    (
        1,
        &(
            "another attribute",
            "var tag = document.querySelector('script[data-counter]'), to = tag && tag.dataset.counter",
        ),
    ),
    (
        1,
        &(
            "named in a comment",
            "/* data-goatcounter */ var tag = document.querySelector('script[data-count]'), to = tag && tag.dataset.count",
        ),
    ),
    (
        1,
        &(
            "named in a message",
            "var tag = document.querySelector('script[data-count]'), to = tag && tag.dataset.count; if (!to) \
             console.warn('no data-goatcounter on any script')",
        ),
    ),
];

/// Returns a tracker that keeps GoatCounter's contract, or seems to.
pub(super) fn goatcounter(chance: &mut Chance) -> Tracker {
    let (send_name, send) = *chance.weighed(SENDS);
    let (lookup_name, lookup) = *chance.weighed(LOOKUPS);
    // Code that is made at run time cannot be read; most trackers make none.
    let prefixed;
    let lookup = match lookup_name {
        "selector" if chance.percent(4) => return evaluating(send_name, send),
        "attribute" if chance.percent(6) => {
            prefixed = format!("window.state = eval('1 + 1'); {lookup}");
            &prefixed
        }
        _ => lookup,
    };
    let text = format!(
        "(function () {{\n  {lookup}\n  if (!to) return\n  var url = to + '?p=' + encodeURIComponent(location.pathname) + '&t=' + \
         encodeURIComponent(document.title) + '&rnd=' + Math.random()\n  {send}\n}})()\n"
    );
    minified(Tracker { name: format!("{lookup_name}, {send_name}"), text }, chance)
}

/// Returns a tracker whose lookup nobody can read.
fn evaluating(send_name: &str, send: &str) -> Tracker {
    let text = format!(
        "(function () {{ var to = eval(atob('ZG9jdW1lbnQucXVlcnlTZWxlY3Rvcignc2NyaXB0W2RhdGEtZ29hdGNvdW50ZXJdJykuZGF0YXNldC5nb2F0Y291bnRlcg=='))\n\
         var url = to + '?p=' + encodeURIComponent(location.pathname) + '&t=' + encodeURIComponent(document.title) + '&rnd=' + Math.random()\n{send} }})()\n"
    );
    Tracker { name: format!("evaluating, {send_name}"), text }
}

/// Ways in which a tracker with Matomo's contract takes its commands.
const QUEUES: &[(u64, &(&str, &str))] = &[
    (5, &("puts them in order", REORDERS)),
    (3, &("puts them in order, as keys", REORDERS_BY_KEY)),
    (4, &("takes them as they come", AS_THEY_COME)),
    (2, &("knows no queue", CALLED)),
    (1, &("another queue", ANOTHER)),
    (1, &("queue in a comment", COMMENT)),
    (2, &("takes queue and calls", BOTH)),
];
const TAKE: &str = "var take = function () { [].forEach.call(arguments, function (command) { var name = command[0]; \
                    if (api[name]) api[name].apply(api, command.slice(1)) }) }";
const REORDERS: &str = "var first = ['setTrackerUrl', 'setSiteId'], queue = [].slice.call(window._paq || [])
  queue.filter(function (c) { return first.indexOf(c[0]) >= 0 }).forEach(function (c) { take(c) })
  queue.filter(function (c) { return first.indexOf(c[0]) < 0 }).forEach(function (c) { take(c) })
  window._paq = { push: take }";
const REORDERS_BY_KEY: &str = "var first = { setTrackerUrl: 1, setSiteId: 1 }, queue = [].slice.call(window._paq || [])
  queue.forEach(function (c) { if (first[c[0]]) take(c) }); queue.forEach(function (c) { if (!first[c[0]]) take(c) })
  window._paq = { push: take }";
const AS_THEY_COME: &str = "take.apply(null, window._paq || []); window._paq = { push: take }";
const CALLED: &str =
    "window.Piwik = { getTracker: function (url, site) { api.setTrackerUrl(url); api.setSiteId(site); return api } }";
const ANOTHER: &str = "take.apply(null, window._mtq || []); window._mtq = { push: take }";
const COMMENT: &str = "/* _paq */ take.apply(null, window._queue || []) // window._paq";
const BOTH: &str = "take.apply(null, window._paq || []); window._paq = { push: take }
  window.Piwik = { getTracker: function (url, site) { api.setTrackerUrl(url); api.setSiteId(site); return api } }";

/// Returns a tracker that keeps Matomo's contract, or seems to.
pub(super) fn matomo(chance: &mut Chance) -> Tracker {
    let (send_name, send) = *chance.weighed(SENDS);
    let (queue_name, queue) = *chance.weighed(QUEUES);
    let (url, site, view, renamed) = match chance.percent(6) {
        true => ("a", "b", "c", ", its methods renamed"),
        false => ("setTrackerUrl", "setSiteId", "trackPageView", ""),
    };
    let queue = match renamed.is_empty() {
        true => queue.to_owned(),
        false => queue.replace("setTrackerUrl", url).replace("setSiteId", site),
    };
    let text = format!(
        "/* Matomo, or what takes itself for it */\n(function () {{\n  var to = '', id = ''\n  var api = {{ {url}: function (url) {{ to = url }}, \
         {site}: function (site) {{ id = site }}, enableLinkTracking: function () {{}},\n    {view}: function (title) {{ if (!to) return\n    \
         var url = to + '?idsite=' + id + '&rec=1&url=' + encodeURIComponent(location.href) + '&action_name=' + \
         encodeURIComponent(title || document.title) + '&rnd=' + Math.random()\n    {send} }} }}\n  {TAKE}\n  {queue}\n}})()\n"
    );
    minified(Tracker { name: format!("{queue_name}, {send_name}{renamed}"), text }, chance)
}

/// Returns the same tracker as a minifier leaves it, sometimes: names of its own are lost, all others stay.
fn minified(tracker: Tracker, chance: &mut Chance) -> Tracker {
    if !chance.percent(35) {
        return tracker;
    }
    let mut text = tracker.text.lines().filter(|line| !line.starts_with("/*")).collect::<Vec<_>>().join("\n");
    for (name, short) in [("document.", "d."), ("navigator.", "n."), ("(function () {\n", "!function(d,n){")] {
        text = text.replace(name, short);
    }
    text = text.replace("= document", "= d").replace("\n})()", "\n}(document,navigator)");
    Tracker { name: format!("{}, minified", tracker.name), text }
}
