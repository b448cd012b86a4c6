//! Owns what GoatCounter's counting handler asks of a hit: `handlers/count.go` of 2.7, and what its trackers send.

use std::collections::BTreeMap;

use crate::analytics::exchange::{HitFacts, Request, Target};

/// How long a path, a title or a referrer may be.
const LONGEST: usize = 2_048;

/// Reads the hit of a request: all of it is in the query, also of a beacon.
pub(super) fn read(request: &Request, target: &Target) -> Vec<HitFacts> {
    if request.url.path() != target.collect.path() {
        return Vec::new();
    }
    let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
    let value = |name: &str| query.get(name).map(String::as_str);
    let event = value("e").is_some_and(|event| matches!(event, "true" | "1" | "t"));
    let path = value("p").unwrap_or_default();
    let mut problems = Vec::new();
    match path {
        "" => problems.push("`p`, the path, is missing: GoatCounter answers 400".to_owned()),
        _ if path.len() > LONGEST => {
            problems.push(format!("`p`, the path, is longer than {LONGEST} bytes: GoatCounter answers 400"));
        }
        _ if !event && !path.starts_with('/') => {
            problems
                .push(format!("the path `{path}` does not begin with `/`: it would be counted beside the real one"));
        }
        _ => {}
    }
    match value("t") {
        Some("") | None if !event => problems.push("`t`, the title of the page, is missing".to_owned()),
        Some(title) if title.len() > LONGEST => {
            problems.push(format!("`t`, the title, is longer than {LONGEST} bytes"));
        }
        _ => {}
    }
    if value("r").is_some_and(|referrer| referrer.len() > LONGEST) {
        problems.push(format!("`r`, the referrer, is longer than {LONGEST} bytes"));
    }
    if let Some(size) = value("s").filter(|size| !is_size(size)) {
        problems.push(format!("`s`, the size of the screen, is `{size}`, which is no width"));
    }
    let mut remarks = Vec::new();
    match value("b").map(str::parse::<u32>) {
        None | Some(Ok(0)) => {}
        Some(Ok(bot @ 1..150)) => problems.push(format!("`b={bot}` is a value that GoatCounter refuses with 400")),
        Some(Ok(bot)) => {
            remarks.push(format!("`b={bot}`: the tracker takes this browser for a bot, and so would GoatCounter"));
        }
        Some(Err(_)) => problems.push("`b`, which says whether it is a bot, is no number".to_owned()),
    }
    let kind = if event { "event" } else { "page view of" };
    let path_alone = path.split(['?', '#']).next().unwrap_or_default();
    vec![HitFacts { what: format!("{kind} `{path}`"), path: path_alone.to_owned(), problems, remarks }]
}

/// Returns whether this is `1280`, or `1280,800,1` as older trackers send it.
fn is_size(text: &str) -> bool {
    let mut parts = text.split(',');
    text.is_empty()
        || (parts.clone().count() <= 3 && parts.all(|part| part.parse::<f64>().is_ok_and(|size| size >= 0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn hits(query: &str) -> Vec<HitFacts> {
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
        read(&Request::get(Url::parse(&format!("{collect}{query}")).unwrap()), &target)
    }

    #[test]
    fn what_the_vendor_s_trackers_send_is_a_good_hit() {
        for query in [
            "?p=%2Fposts%2Fa%2F&r=&t=A&s=1280%2C800%2C1&b=0&q=&rnd=abc12",
            "?p=%2Fposts%2Fa%2F%3Fx%3D1&t=A&r=https%3A%2F%2Fa.example&s=1280&b=0",
            "?p=%2Fposts%2Fa%2F&t=A",
        ] {
            let hits = hits(query);
            assert_eq!((hits.len(), &hits[0].problems), (1, &Vec::new()), "{query}");
            assert_eq!(hits[0].path, "/posts/a/");
        }
        assert_eq!(hits("?p=click&e=true")[0].what, "event `click`");
    }

    #[test]
    fn every_breach_of_the_contract_is_named() {
        for (query, word) in [
            ("?t=A", "`p`"),
            ("?p=&t=A", "`p`"),
            ("?p=posts&t=A", "does not begin"),
            (&format!("?p=/{}&t=A", "x".repeat(3_000)), "longer"),
            ("?p=/", "`t`"),
            ("?p=/&t=", "`t`"),
            ("?p=/&t=A&s=wide", "`s`"),
            ("?p=/&t=A&s=1,2,3,4", "`s`"),
            ("?p=/&t=A&b=1", "refuses"),
            ("?p=/&t=A&b=x", "no number"),
        ] {
            let hits = hits(query);
            assert!(hits[0].problems.len() == 1 && hits[0].problems[0].contains(word), "{query}: {:?}", hits[0]);
        }
        let bot = &hits("?p=/&t=A&b=153")[0];
        assert!(bot.problems.is_empty() && bot.remarks[0].contains("bot"));
    }
}
