//! Owns what Umami's `/api/send` asks of a hit: its schema of 2.18 to 3.1, and what a hit of version 1 looks like.

use serde_json::Value;
use url::Url;

use crate::analytics::exchange::{HitFacts, Request, Target};

/// Reads the hit of a request.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() || request.method != "POST" {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let Ok(body) = serde_json::from_str::<Value>(&request.body) else {
        let problem = "the body is no JSON: Umami answers 400".to_owned();
        return vec![HitFacts { what: "something".to_owned(), problems: vec![problem], ..HitFacts::default() }];
    };
    let payload = &body["payload"];
    let text = |name: &str| payload[name].as_str().filter(|text| !text.is_empty());
    let kind = body["type"].as_str().unwrap_or_default();
    match kind {
        "event" | "identify" => {}
        "pageview" => problems
            .push("`type` is `pageview`, as in version 1: since 2.0 Umami answers 400 and wants `event`".to_owned()),
        other => problems.push(format!("`type` is `{other}`, and Umami takes `event` and `identify`")),
    }
    match text("website") {
        None => problems.push("`website`, the id of the site, is missing: Umami answers 400".to_owned()),
        Some(site) if site != target.site => problems
            .push(format!("`website` is `{site}`, and site.toml says `{}`: another site is counted", target.site)),
        Some(_) => {}
    }
    let origin = Url::parse(&target.origin).ok();
    let host = origin.as_ref().and_then(Url::host_str).unwrap_or_default();
    match text("hostname") {
        None => problems.push("`hostname` is missing: the hit is counted without a host".to_owned()),
        Some(found) if found.len() > 100 => {
            problems.push("`hostname` is longer than 100: Umami answers 400".to_owned())
        }
        Some(found) if found != host => problems.push(format!("`hostname` is `{found}`, and this site is `{host}`")),
        Some(_) => {}
    }
    let mut path = String::new();
    match text("url") {
        None if kind == "identify" => {}
        None => problems.push("`url`, the address of the page, is missing: the hit is counted for no page".to_owned()),
        // Whole since 3.0, a path before.
        Some(url) => match origin.as_ref().map(|origin| origin.join(url)) {
            Some(Ok(url)) => path = url.path().to_owned(),
            _ => problems.push(format!("`url` is `{url}`, which is no address")),
        },
    }
    let event = text("name");
    if event.is_none() && kind == "event" && payload["title"].as_str().is_none() {
        problems.push("`title`, the title of the page, is missing".to_owned());
    }
    let mut remarks = Vec::new();
    let agent = request.header_value("User-Agent").unwrap_or_default();
    if ["bot", "headless"].iter().any(|word| agent.to_ascii_lowercase().contains(word)) {
        remarks.push("Umami takes this browser for a robot, and does not count it".to_owned());
    }
    let what = match (event, kind) {
        (Some(event), _) => format!("event `{event}` on `{path}`"),
        (None, "identify") => "a name for the visitor".to_owned(),
        (None, _) => format!("page view of `{path}`"),
    };
    vec![HitFacts { what, path, problems, remarks }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analytics::exchange::VERIFY_BOT;

    fn hits(body: &Value) -> HitFacts {
        let endpoint = Url::parse("http://127.0.0.1:1111/__blog/stats/0/").unwrap();
        let (script, collect) = super::super::addresses(&endpoint, "1");
        let origin = "http://127.0.0.1:1111".to_owned();
        let target =
            Target { endpoint, script, collect: collect.clone(), site: "abc".to_owned(), origin, has_token: false };
        let hits = read(&Request::post_json(collect, body), &target);
        assert_eq!(hits.len(), 1);
        hits.into_iter().next().unwrap()
    }

    fn payload(change: impl FnOnce(&mut Value)) -> Value {
        let mut body = json!({"type": "event", "payload": {
            "website": "abc", "hostname": "127.0.0.1", "url": "/posts/a/?x=1", "title": "A", "referrer": "",
            "screen": "1280x800", "language": "en",
        }});
        change(&mut body);
        body
    }

    #[test]
    fn what_the_vendor_s_trackers_send_is_a_good_hit() {
        let whole = payload(|body| body["payload"]["url"] = json!("http://127.0.0.1:1111/posts/a/#b"));
        for body in [payload(|_| ()), whole] {
            let hit = hits(&body);
            assert_eq!((hit.path.as_str(), &hit.problems), ("/posts/a/", &Vec::new()), "{body}");
            assert_eq!(hit.what, "page view of `/posts/a/`");
        }
        assert_eq!(
            hits(&payload(|body| body["payload"]["name"] = json!("signup"))).what,
            "event `signup` on `/posts/a/`"
        );
        assert!(hits(&payload(|_| ())).remarks[0].contains("robot"), "{VERIFY_BOT} is one");
    }

    #[test]
    fn every_breach_of_the_contract_is_named() {
        let cases: [(Value, &str); 7] = [
            (payload(|body| body["type"] = json!("pageview")), "version 1"),
            (payload(|body| body["payload"]["website"] = json!("x")), "another site"),
            (payload(|body| drop(body["payload"].as_object_mut().unwrap().remove("website"))), "`website`"),
            (payload(|body| body["payload"]["hostname"] = json!("localhost")), "`hostname`"),
            (payload(|body| body["payload"]["hostname"] = json!("h".repeat(101))), "longer"),
            (payload(|body| body["payload"]["url"] = json!("")), "`url`"),
            (payload(|body| drop(body["payload"].as_object_mut().unwrap().remove("title"))), "`title`"),
        ];
        for (body, word) in cases {
            let hit = hits(&body);
            assert!(hit.problems.len() == 1 && hit.problems[0].contains(word), "{word}: {hit:?}");
        }
    }
}
