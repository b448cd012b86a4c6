//! `blog trend` against a real GoatCounter with a history of visits, with and without a planted drop.

use serde_json::Value;

use crate::goatcounter::{blog_at, says};
use crate::goatcounter_server::{self, GoatCounter};
use crate::harness::{Skip, tests};
use crate::server::{Answer, Server};
use crate::site::Site;

tests!(
    a_history_as_usual_is_steady_and_a_planted_drop_is_an_alarm,
    a_broken_reader_is_unknown_and_no_drop,
    what_was_put_in_place_is_named_beside_the_drop,
);

/// The last whole day before the tests' clock, 22 November 2026 10:00 UTC, that is over everywhere.
const LAST: &str = "2026-11-20";

/// Writes a history of 100 visits a day into the database, as the server keeps them: by path and hour.
fn with_history(server: &GoatCounter, days: u32) {
    server.query("insert into paths (site_id, path, title, event) values (1, '/posts/a/', '', 0), (1, '/', '', 0) returning path_id");
    server.query(&format!(
        "with recursive day(ago) as (select 0 union all select ago + 1 from day where ago < {}) \
         insert into hit_counts (site_id, path_id, hour, total) \
         select 1, (select path_id from paths where site_id = 1 and path = path.name), \
                strftime('%Y-%m-%d 12:00:00', date('{LAST}', '-' || ago || ' days')), path.part + ago * 7 % 11 \
         from day, (select '/' as name, 40 as part union all select '/posts/a/', 60) as path returning hour",
        days - 1
    ));
}

fn blog(server: &GoatCounter) -> Site {
    blog_at(&server.real_site()).config("token_env = \"STATS_TOKEN\"").variable("STATS_TOKEN", &server.token())
}

fn a_history_as_usual_is_steady_and_a_planted_drop_is_an_alarm() -> Result<(), Skip> {
    if let Some(reason) = goatcounter_server::missing() {
        return Err(Skip(reason));
    }
    let server = GoatCounter::with_canary("2.7.0");
    with_history(&server, 120);
    let before = server.query("select count(*) from hit_counts");
    let run = says(blog(&server).run(&["trend"]).exit(0), &["as many visits as usual, to 2026-11-20", "█"]);
    let run = run.then().run(&["trend", "--format", "json"]).exit(0);
    let json: Value = serde_json::from_str(&run.stdout).expect("one object");
    assert_eq!(json["days"].as_array().map(Vec::len), Some(111), "{json}");
    assert_eq!(json["outcome"], "steady");
    // Nobody came on the last two days.
    server.query(&format!("delete from hit_counts where hour >= date('{LAST}', '-1 days') returning hour"));
    let run = says(run.then().run(&["trend"]).exit(5), &["dropped", "since", "2026-11-19", "blog check --read-back"]);
    let run = run.then().run(&["trend", "--format", "html"]).exit(5);
    assert!(run.stdout.starts_with("<!doctype html>") && run.stdout.contains("<svg"), "{}", run.stdout);
    assert!(!run.stdout.contains(&server.token()));
    assert_ne!(server.query("select count(*) from hit_counts"), before, "the drop was planted");
    assert_eq!(server.query("select count(*) from hits"), ["0"], "asking records nothing");
    Ok(())
}

fn a_broken_reader_is_unknown_and_no_drop() -> Result<(), Skip> {
    for (status, body, word) in [
        (200, "{\"pages\": []}", "reader-shape"),
        (402, "{}", "reader-plan"),
        (500, "{}", "reader-down"),
        (200, "<!doctype html><title>Sign in</title>", "reader-shape"),
    ] {
        let server = Server::start(move |_| Answer::new(status, "application/json", body));
        let site = blog_at(&server.url()).config("token_env = \"STATS_TOKEN\"").variable("STATS_TOKEN", "t0ken");
        let run = says(site.run(&["trend"]).exit(4), &["trend/reader", word]);
        assert!(server.asked().len() <= 3);
        assert!(!run.stderr.contains("t0ken"));
    }
    // A refused token is not sent again.
    let server = Server::start(|_| Answer::new(401, "application/json", "{\"error\":\"unknown token\"}"));
    let site = blog_at(&server.url()).config("token_env = \"STATS_TOKEN\"").variable("STATS_TOKEN", "t0ken");
    let site = says(site.run(&["trend"]).exit(4), &["token-refused"]).then();
    assert_eq!(server.asked().len(), 1);
    let site = says(site.run(&["trend"]).exit(4), &["was not sent again"]).then();
    assert_eq!(server.asked().len(), 0);
    says(site.variable("STATS_TOKEN", "").run(&["trend"]).exit(4), &["no-token", "token_env"]);
    Ok(())
}

fn what_was_put_in_place_is_named_beside_the_drop() -> Result<(), Skip> {
    if let Some(reason) = goatcounter_server::missing() {
        return Err(Skip(reason));
    }
    let server = GoatCounter::with_canary("2.7.0");
    with_history(&server, 120);
    let site = blog(&server).build().exit(0).then();
    let state = std::fs::read_to_string(site.path(".blog/state/guard.json")).expect("a build remembers");
    let mut state: Value = serde_json::from_str(&state).expect("it is JSON");
    assert_eq!(state["history"].as_array().map(Vec::len), Some(1), "{state}");
    // The same again is no deployment; another page is one.
    let site = site.build().exit(0).then().post("four.md", "Fourth.").build().exit(0).then();
    let now = std::fs::read_to_string(site.path(".blog/state/guard.json")).expect("a build remembers");
    let now: Value = serde_json::from_str(&now).expect("it is JSON");
    assert_eq!(now["history"].as_array().map(Vec::len), Some(2), "{now}");
    state["history"] = now["history"].clone();
    state["history"][0]["at"] = "2026-10-01T10:00:00Z".into();
    state["history"][1]["at"] = "2026-11-19T10:00:00Z".into();
    state["history"][1]["snippets"] = "0".repeat(64).into();
    site.write(".blog/state/guard.json", state.to_string());
    server.query(&format!("delete from hit_counts where hour >= date('{LAST}', '-1 days') returning hour"));
    says(site.run(&["trend"]).exit(5), &["2026-11-19, the day of build", "the snippet changed"]);
    Ok(())
}
