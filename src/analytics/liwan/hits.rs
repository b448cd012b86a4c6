//! Owns what Liwan's `/api/event` asks of a hit (`web/routes/event.rs`); what it does not say, this does.

use serde_json::Value;
use url::Url;

use crate::analytics::exchange::{HitFacts, Request, Target};

/// Reads the hit of a request.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() || request.method != "POST" {
        return Vec::new();
    }
    let Ok(body) = serde_json::from_str::<Value>(&request.body) else {
        let problem = "the body is no JSON: Liwan answers 400".to_owned();
        return vec![HitFacts { what: "something".to_owned(), problems: vec![problem], ..HitFacts::default() }];
    };
    let mut problems = Vec::new();
    let mut remarks = Vec::new();
    let kind = request.header_value("Content-Type").unwrap_or_default().to_ascii_lowercase();
    if !kind.starts_with("application/json") {
        remarks.push("the hit is not sent as `application/json`: Liwan takes that since 1.7 only".to_owned());
    }
    match body["entity_id"].as_str() {
        None => {
            problems.push("`entity_id` is missing: Liwan refuses the hit; has the tag no `data-entity`?".to_owned())
        }
        Some(entity) if entity != target.site => problems.push(format!(
            "`entity_id` is `{entity}`, and site.toml says `{}`: Liwan answers 200, and counts another or nobody",
            target.site
        )),
        Some(_) => {}
    }
    let name = body["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        problems.push("`name`, what happened, is missing: Liwan refuses the hit".to_owned());
    }
    let mut path = String::new();
    match body["url"].as_str().map(Url::parse) {
        None => problems.push("`url`, the address of the page, is missing: Liwan refuses the hit".to_owned()),
        Some(Err(error)) => {
            problems.push(format!("`url`, the address of the page, is none: {error}; Liwan answers 400"));
        }
        Some(Ok(url)) => {
            path = url.path().to_owned();
            let origin = url.origin().ascii_serialization();
            if origin != target.origin {
                problems
                    .push(format!("`url` is on `{origin}`, and not on this site: Liwan counts it there, or drops it"));
            }
        }
    }
    let agent = request.header_value("User-Agent").unwrap_or_default();
    if ["bot", "headless"].iter().any(|word| agent.to_ascii_lowercase().contains(word)) {
        remarks.push("Liwan takes this browser for a robot: it answers 200 and counts nothing".to_owned());
    }
    let what = match name {
        "pageview" => format!("page view of `{path}`"),
        other => format!("event `{other}` on `{path}`"),
    };
    vec![HitFacts { what, path, problems, remarks }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hit(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> HitFacts {
        let endpoint = Url::parse("http://127.0.0.1:1111/__blog/stats/0/").unwrap();
        let (script, collect) = super::super::addresses(&endpoint, "1");
        let target = Target {
            endpoint,
            script,
            collect: collect.clone(),
            site: "blog".to_owned(),
            origin: "http://127.0.0.1:1111".to_owned(),
            has_token: false,
        };
        let mut body =
            json!({"entity_id": "blog", "name": "pageview", "url": "http://127.0.0.1:1111/posts/a/", "referrer": ""});
        change(body.as_object_mut().unwrap());
        let hits = read(&Request::post_json(collect, &body), &target);
        assert_eq!(hits.len(), 1);
        hits.into_iter().next().unwrap()
    }

    #[test]
    fn what_the_vendor_s_trackers_send_is_a_good_hit() {
        let page = hit(|_| ());
        assert_eq!((page.path.as_str(), page.what.as_str()), ("/posts/a/", "page view of `/posts/a/`"));
        assert_eq!(page.problems, Vec::<String>::new());
        assert!(page.remarks[0].contains("robot"));
    }

    #[test]
    fn every_breach_of_the_contract_is_named() {
        for (name, value, word) in [
            ("entity_id", json!(null), "`entity_id`"),
            ("entity_id", json!("blgo"), "counts another or nobody"),
            ("name", json!(""), "`name`"),
            ("url", json!(null), "`url`"),
            ("url", json!("/posts/a/"), "400"),
            ("url", json!("https://blog.example/posts/a/"), "not on this site"),
        ] {
            let found = hit(|body| drop(body.insert(name.to_owned(), value)));
            assert!(found.problems.len() == 1 && found.problems[0].contains(word), "{name}: {found:?}");
        }
    }
}
