//! Owns what Plausible's `/api/event` asks of a hit (`external_controller.ex`, `event.ex`), and what its trackers send.

use serde_json::Value;
use url::Url;

use crate::analytics::exchange::{HitFacts, Request, Target};

/// Reads the hit of a request; short and long names are the same to the server.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() || request.method != "POST" {
        return Vec::new();
    }
    let Ok(body) = serde_json::from_str::<Value>(&request.body) else {
        let problem = "the body is no JSON: Plausible answers 400".to_owned();
        return vec![HitFacts { what: "something".to_owned(), problems: vec![problem], ..HitFacts::default() }];
    };
    let text = |short: &str, long: &str| {
        let value = body.get(short).or_else(|| body.get(long)).and_then(Value::as_str);
        value.filter(|value| !value.is_empty())
    };
    let mut problems = Vec::new();
    let name = text("n", "name");
    if name.is_none() {
        problems.push("`n`, the name of the event, is missing: Plausible answers 400".to_owned());
    }
    match text("d", "domain") {
        None => problems.push("`d`, the site, is missing: Plausible answers 400".to_owned()),
        Some(domain) if !domain.split(',').any(|domain| domain.trim() == target.site) => problems
            .push(format!("`d` is `{domain}`, and site.toml says `{}`: another site is counted, or none", target.site)),
        Some(_) => {}
    }
    let mut path = String::new();
    match text("u", "url").map(Url::parse) {
        None => problems.push("`u`, the address of the page, is missing: Plausible answers 400".to_owned()),
        Some(Err(error)) => problems.push(format!("`u`, the address of the page, is none: {error}")),
        Some(Ok(url)) => {
            path = url.path().to_owned();
            let origin = url.origin().ascii_serialization();
            if origin != target.origin {
                problems.push(format!("`u` is on `{origin}`, and not on this site: Plausible counts it there"));
            }
        }
    }
    let mut remarks = Vec::new();
    let agent = request.header_value("User-Agent").unwrap_or_default();
    if ["bot", "headless"].iter().any(|word| agent.to_ascii_lowercase().contains(word)) {
        remarks.push("Plausible takes this browser for a robot, and drops the hit".to_owned());
    }
    let what = match name {
        Some("pageview") => format!("page view of `{path}`"),
        Some("engagement") => format!("time spent on `{path}`"),
        Some(other) => format!("event `{other}` on `{path}`"),
        None => format!("something on `{path}`"),
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
            site: "blog.example".to_owned(),
            origin: "http://127.0.0.1:1111".to_owned(),
            has_token: false,
        };
        let mut body = json!({
            "n": "pageview", "v": 33, "u": "http://127.0.0.1:1111/posts/a/?x=1", "d": "blog.example", "r": null,
        });
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
        let several = hit(|body| drop(body.insert("d".to_owned(), json!("all.example,blog.example"))));
        assert_eq!(several.problems, Vec::<String>::new());
        assert!(hit(|body| drop(body.insert("n".to_owned(), json!("engagement")))).what.starts_with("time"));
    }

    #[test]
    fn every_breach_of_the_contract_is_named() {
        for (name, value, word) in [
            ("n", json!(""), "`n`"),
            ("d", json!(null), "`d`"),
            ("d", json!("blog.exmaple"), "another site"),
            ("u", json!(""), "`u`"),
            ("u", json!("/posts/a/"), "`u`"),
            ("u", json!("https://blog.example/posts/a/"), "not on this site"),
        ] {
            let found = hit(|body| drop(body.insert(name.to_owned(), value)));
            assert!(found.problems.len() == 1 && found.problems[0].contains(word), "{name}: {found:?}");
        }
    }
}
