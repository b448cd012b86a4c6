//! Owns what Shynet's ingress asks of a hit (`analytics/tasks.py`): it answers 200 to almost anything, and reads it later.

use serde_json::Value;
use url::Url;

use crate::analytics::exchange::{HitFacts, Request, Target};

/// Reads the hit of a request; the script's own address takes it.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() || request.method != "POST" {
        return Vec::new();
    }
    let body = serde_json::from_str::<Value>(&request.body).unwrap_or_default();
    if !body.is_object() {
        let problem = "the body is no JSON object: Shynet answers 200 or 500, and counts nothing".to_owned();
        return vec![HitFacts { what: "something".to_owned(), problems: vec![problem], ..HitFacts::default() }];
    }
    let mut problems = Vec::new();
    if body["idempotency"].as_str().is_none_or(str::is_empty) {
        problems.push("`idempotency`, which tells one view from the next, is missing".to_owned());
    }
    let mut path = String::new();
    match body["location"].as_str().map(Url::parse) {
        None => {
            problems.push("`location`, the address of the page, is missing: the hit is counted for no page".to_owned())
        }
        Some(Err(error)) => problems.push(format!("`location`, the address of the page, is none: {error}")),
        Some(Ok(url)) => {
            path = url.path().to_owned();
            let origin = url.origin().ascii_serialization();
            if origin != target.origin {
                problems
                    .push(format!("`location` is on `{origin}`, and not on this site: Shynet counts it all the same"));
            }
        }
    }
    let mut remarks = Vec::new();
    let agent = request.header_value("User-Agent").unwrap_or_default();
    if ["bot", "headless"].iter().any(|word| agent.to_ascii_lowercase().contains(word)) {
        remarks.push("a service that ignores robots would not count this browser".to_owned());
    }
    vec![HitFacts { what: format!("page view of `{path}`"), path, problems, remarks }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hit(body: &Value) -> HitFacts {
        let endpoint = Url::parse("http://127.0.0.1:1111/__blog/stats/0/").unwrap();
        let (script, collect) = super::super::addresses(&endpoint, "abc");
        let target = Target {
            endpoint,
            script,
            collect: collect.clone(),
            site: "abc".to_owned(),
            origin: "http://127.0.0.1:1111".to_owned(),
            has_token: false,
        };
        assert_eq!(read(&Request::get(collect.clone()), &target), [], "loading the script is no hit");
        let hits = read(&Request::post_json(collect, body), &target);
        assert_eq!(hits.len(), 1);
        hits.into_iter().next().unwrap()
    }

    #[test]
    fn a_hit_is_good_or_its_breaches_are_named() {
        let good = hit(&json!({"idempotency": "x1", "location": "http://127.0.0.1:1111/posts/a/", "loadTime": 12}));
        assert_eq!((good.path.as_str(), &good.problems), ("/posts/a/", &Vec::new()));
        for (body, word) in [
            (json!([]), "no JSON object"),
            (json!({"location": "http://127.0.0.1:1111/"}), "`idempotency`"),
            (json!({"idempotency": "x"}), "`location`"),
            (json!({"idempotency": "x", "location": "/a/"}), "`location`"),
            (json!({"idempotency": "x", "location": "https://blog.example/"}), "not on this site"),
        ] {
            let found = hit(&body);
            assert!(found.problems.len() == 1 && found.problems[0].contains(word), "{word}: {found:?}");
        }
    }
}
