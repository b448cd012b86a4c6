//! The read-back against a real GoatCounter with two sites: what is recorded, and where, counted in its database.

use crate::goatcounter::{blog_at, says};
use crate::goatcounter_server::{self, GoatCounter};
use crate::harness::{Skip, tests};
use crate::site::Site;

tests!(
    a_hit_is_read_back_on_the_canary_and_the_real_site_has_none,
    a_refused_token_is_a_broken_reader_and_nothing_is_recorded,
    a_canary_that_is_no_site_of_its_own_gets_no_hit,
    without_a_canary_the_report_says_what_to_set_up,
);

/// Makes a blog on the real site of a server with a canary, built and locked.
fn blog(server: &GoatCounter, canary: &str, token: &str) -> Site {
    let canary = if canary.is_empty() { String::new() } else { format!("canary_site = \"{canary}\"\n") };
    let site = blog_at(&server.real_site()).config(&format!("{canary}token_env = \"STATS_TOKEN\""));
    site.variable("STATS_TOKEN", token).build().exit(0).then()
}

fn server() -> Result<GoatCounter, Skip> {
    match goatcounter_server::missing() {
        Some(reason) => Err(Skip(reason)),
        None => Ok(GoatCounter::with_canary("2.7.0")),
    }
}

/// Returns what each site has counted, as `site,visits`, and how many bots there are.
fn rows(server: &GoatCounter) -> (Vec<String>, Vec<String>) {
    (
        server.query("select site_id, sum(total) from hit_counts group by site_id"),
        server.query("select count(*) from bots"),
    )
}

fn a_hit_is_read_back_on_the_canary_and_the_real_site_has_none() -> Result<(), Skip> {
    let server = server()?;
    let site = blog(&server, "canary.localhost", &server.token());
    assert_eq!(rows(&server), (Vec::new(), vec!["0".to_owned()]));
    let run = site.run(&["check", "--read-back"]).exit(0);
    let run = says(
        run,
        &["L5 read-back ok", "recorded: one page view of `/__watchpost/", "the canary site `canary.localhost`"],
    );
    assert_eq!(rows(&server), (vec!["2,1".to_owned()], vec!["0".to_owned()]), "one hit, on the canary, and no bot");
    let paths = server.query("select path from paths where site_id = 2");
    assert!(paths.iter().all(|path| path.starts_with("/__watchpost/")) && paths.len() == 1, "{paths:?}");
    // Each run has a mark of its own; `--levels` asks for it, too.
    let run = run.then().run(&["check", "--levels", "L5", "--format", "json"]).exit(0);
    assert!(!run.stdout.contains(&server.token()) && !run.stderr.contains(&server.token()));
    assert_eq!(rows(&server).0, ["2,2"]);
    Ok(())
}

fn a_refused_token_is_a_broken_reader_and_nothing_is_recorded() -> Result<(), Skip> {
    let server = server()?;
    let site = blog(&server, "canary.localhost", "no-such-token");
    let run = site.run(&["check", "--read-back"]).exit(4);
    let run = says(run, &["readback/reader", "token-refused", "no hit was sent"]);
    let run = says(run.then().run(&["check", "--read-back"]).exit(4), &["was not sent again"]);
    assert!(!run.stderr.contains("no-such-token"));
    assert_eq!(rows(&server), (Vec::new(), vec!["0".to_owned()]));
    Ok(())
}

fn a_canary_that_is_no_site_of_its_own_gets_no_hit() -> Result<(), Skip> {
    let server = server()?;
    let site = blog(&server, "no-such-site.localhost", &server.token());
    says(site.run(&["check", "--read-back"]).exit(4), &["no-such-canary"]);
    // A server with one site answers for any host: the hit would count there.
    if let Some(reason) = goatcounter_server::missing() {
        return Err(Skip(reason));
    }
    let single = GoatCounter::start("2.7.0");
    let site = blog_at(&single.endpoint()).config("canary_site = \"canary.localhost\"").build().exit(0).then();
    says(site.run(&["check", "--read-back"]).exit(4), &["one-site-server"]);
    assert_eq!(single.query("select count(*) from hit_counts"), ["0"]);
    assert_eq!(rows(&server).0, Vec::<String>::new());
    Ok(())
}

fn without_a_canary_the_report_says_what_to_set_up() -> Result<(), Skip> {
    let server = server()?;
    let site = blog(&server, "", &server.token());
    let run = says(site.run(&["check", "--read-back"]).exit(4), &["no-canary", "canary_site"]);
    assert_eq!(rows(&server).0, Vec::<String>::new());
    says(run.then().run(&["build", "--levels", "L5"]).exit(2), &["blog check"]);
    Ok(())
}
