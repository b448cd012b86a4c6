//! Owns what Matomo's tracking API asks of a hit: one in the query or in a form, several in a bulk request.

use std::collections::BTreeMap;

use url::Url;

use crate::analytics::exchange::{HitFacts, Request, Target};

/// Parameters that say that a request is something else than a page view, and what.
const OTHERS: [(&str, &str); 6] = [
    ("e_c", "event on"),
    ("link", "click on a link of"),
    ("download", "download from"),
    ("search", "search on"),
    ("idgoal", "goal on"),
    ("ping", "heartbeat of"),
];

/// Reads the hits of a request.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let query = request.url.query().unwrap_or_default();
    if request.method != "POST" || request.body.trim().is_empty() {
        return vec![hit(&pairs(query), target, Vec::new())];
    }
    let bulk = serde_json::from_str::<serde_json::Value>(&request.body).ok();
    if let Some(requests) = bulk.as_ref().and_then(|bulk| bulk.get("requests")?.as_array()) {
        let texts = requests.iter().map(|request| request.as_str().unwrap_or_default());
        return texts.map(|text| hit(&pairs(text.trim_start_matches('?')), target, Vec::new())).collect();
    }
    let kind = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let form = kind.is_some_and(|(_, kind)| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    let mut problems = Vec::new();
    let mut values = pairs(query);
    match form {
        true => values.extend(pairs(&request.body)),
        false => problems
            .push("the body is not sent as `application/x-www-form-urlencoded`: Matomo does not read it".to_owned()),
    }
    vec![hit(&values, target, problems)]
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn hit(values: &BTreeMap<String, String>, target: &Target, mut problems: Vec<String>) -> HitFacts {
    let value = |name: &str| values.get(name).map(String::as_str).filter(|value| !value.is_empty());
    match value("idsite") {
        None => problems.push("`idsite` is missing: Matomo answers 400".to_owned()),
        Some(site) if site != target.site => {
            problems
                .push(format!("`idsite` is `{site}`, and site.toml says `{}`: another site is counted", target.site));
        }
        Some(_) => {}
    }
    if value("rec") != Some("1") {
        problems.push("`rec` is not `1`: Matomo answers, and records nothing".to_owned());
    }
    let address = value("url").map(Url::parse);
    let mut path = String::new();
    match &address {
        None => problems.push("`url`, the address of the page, is missing".to_owned()),
        Some(Err(error)) => problems.push(format!("`url`, the address of the page, is none: {error}")),
        Some(Ok(url)) => {
            path = url.path().to_owned();
            let origin = url.origin().ascii_serialization();
            if origin != target.origin {
                problems.push(format!("`url` is on `{origin}`, and not on this site: Matomo counts it there"));
            }
        }
    }
    let other = OTHERS.iter().find(|(name, _)| value(name).is_some());
    if other.is_none() && value("action_name").is_none() {
        problems.push("`action_name`, the title of the page, is missing".to_owned());
    }
    if other.is_some_and(|(name, _)| *name == "e_c") && value("e_a").is_none() {
        problems.push("`e_a`, what the event does, is missing: Matomo records no event".to_owned());
    }
    if let Some(visitor) = value("_id").filter(|id| !is_visitor(id)) {
        problems.push(format!("`_id`, the visitor, is `{visitor}` and not 16 hexadecimal digits"));
    }
    if let Some(size) = value("res").filter(|size| !is_resolution(size)) {
        problems.push(format!("`res`, the size of the screen, is `{size}` and not like `1280x800`"));
    }
    if value("urlref").is_some_and(|referrer| Url::parse(referrer).is_err()) {
        problems.push("`urlref`, the referrer, is no address".to_owned());
    }
    let kind = other.map_or("page view of", |(_, kind)| kind);
    HitFacts { what: format!("{kind} `{path}`"), path, problems, remarks: Vec::new() }
}

fn is_visitor(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_resolution(text: &str) -> bool {
    text.split_once('x').is_some_and(|(width, height)| width.parse::<u32>().is_ok() && height.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "http://127.0.0.1:1111";

    fn target() -> Target {
        let endpoint = Url::parse(&format!("{HERE}/__blog/stats/1/")).unwrap();
        let (script, collect) = super::super::addresses(&endpoint, "1");
        Target { endpoint, script, collect, site: "7".to_owned(), origin: HERE.to_owned(), has_token: false }
    }

    fn get(query: &str) -> Vec<HitFacts> {
        let target = target();
        read(&Request::get(Url::parse(&format!("{}{query}", target.collect)).unwrap()), &target)
    }

    const GOOD: &str = "action_name=A&idsite=7&rec=1&r=123456&h=10&m=20&s=30&url=http%3A%2F%2F127.0.0.1%3A1111%2Fposts%2Fa%2F%3Fx%3D1&urlref=&_id=0123456789abcdef&_idn=1&send_image=0&res=1280x800";

    #[test]
    fn what_the_vendor_s_tracker_sends_is_a_good_hit_by_every_way() {
        let target = target();
        let form = Request::post_form(target.collect.clone(), GOOD);
        let bulk = serde_json::json!({ "requests": [format!("?{GOOD}"), format!("?{GOOD}")] });
        let bulk = Request::post_form(target.collect.clone(), bulk.to_string());
        let mut beacon = Request::get(Url::parse(&format!("{}?{GOOD}", target.collect)).unwrap());
        beacon.method = "POST";
        for (request, count) in [(form, 1), (bulk, 2), (beacon.clone(), 1), (Request { method: "GET", ..beacon }, 1)] {
            let hits = read(&request, &target);
            assert_eq!(hits.len(), count);
            assert!(hits.iter().all(|hit| hit.problems.is_empty() && hit.path == "/posts/a/"), "{hits:?}");
        }
        assert_eq!(read(&Request::get(target.script.clone()), &target), []);
    }

    #[test]
    fn every_breach_of_the_contract_is_named() {
        for (from, to, word) in [
            ("idsite=7&", "", "`idsite` is missing"),
            ("idsite=7&", "idsite=8&", "`idsite` is `8`"),
            ("rec=1", "rec=0", "`rec`"),
            ("url=http%3A%2F%2F127.0.0.1%3A1111", "url=", "`url`"),
            ("127.0.0.1", "blog.example", "not on this site"),
            ("action_name=A", "action_name=", "`action_name`"),
            ("action_name=A", "e_c=video", "`e_a`"),
            ("0123456789abcdef", "0123", "`_id`"),
            ("1280x800", "wide", "`res`"),
            ("urlref=", "urlref=nowhere", "`urlref`"),
        ] {
            let hits = get(&format!("?{}", GOOD.replacen(from, to, 1)));
            assert!(hits[0].problems.len() == 1 && hits[0].problems[0].contains(word), "{to}: {:?}", hits[0]);
        }
        let text = Request {
            headers: vec![("Content-Type", "text/plain".to_owned())],
            ..Request::post_form(target().collect, GOOD)
        };
        assert!(read(&text, &target())[0].problems[0].contains("does not read it"));
    }
}
