//! Whole runs: pages and servers together, the report, and what it promises to say.

use super::*;

#[test]
fn without_a_manifest_the_sites_own_rules_are_off_unless_asked() {
    let site = Written::new().page("index.html", SNIPPET, "<a href=/gone/>x</a>");
    let config = read(Path::new("/site"), &site.toml, &Overrides::default(), &World::default()).unwrap();
    let report = run(&config, site.folder.path(), None, &Answers::default(), &Options::default());
    assert!(report.findings.is_empty() && !report.site_rules);
}

#[test]
fn a_folder_that_is_not_there_is_a_usage_error() {
    let site = Written::new();
    let config = read(Path::new("/site"), &site.toml, &Overrides::default(), &World::default()).unwrap();
    let report = run(&config, &site.folder.path().join("nowhere"), None, &Answers::default(), &Options::default());
    assert_eq!(report.exit(), Exit::Usage);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_is_never_passed_over_in_silence() {
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("p.html"), "<!doctype html><title>No snippet</title>").unwrap();
    for (link, to) in [("p.html", outside.path().join("p.html")), ("blog", outside.path().to_owned())] {
        let site = Written::new().page("index.html", SNIPPET, "");
        assert!(!site.report().findings.iter().any(|problem| problem.code == "check/unreadable"));
        std::os::unix::fs::symlink(to, site.folder.path().join(link)).unwrap();
        let report = site.report();
        let told: Vec<_> = report.findings.iter().filter(|problem| problem.code == "check/unreadable").collect();
        assert_eq!(told.len(), 1, "{link}");
        assert!(told[0].message.contains("symbolic link") && told[0].hint.is_some());
        assert_eq!(told[0].level, Level::Error, "{link}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_hides_no_page_is_a_note() {
    let outside = TempDir::new().unwrap();
    for name in ["logo.png", "page.html"] {
        fs::write(outside.path().join(name), "x").unwrap();
    }
    for (link, to, level) in [
        ("logo.png", outside.path().join("logo.png"), Level::Note),
        ("gone.html", outside.path().join("gone.html"), Level::Note),
        // By its own name or by the other's: a host may serve either as a page.
        ("about", outside.path().join("page.html"), Level::Error),
        ("a.html", outside.path().join("logo.png"), Level::Error),
        // A circle: nobody can say what it is.
        ("round", "round".into(), Level::Error),
    ] {
        let site = Written::new().page("index.html", SNIPPET, "");
        std::os::unix::fs::symlink(to, site.folder.path().join(link)).unwrap();
        let told = site.report().findings.into_iter().find(|problem| problem.code == "check/unreadable").unwrap();
        assert_eq!(told.level, level, "{link}");
    }
}

#[test]
fn the_same_folder_gives_the_same_report() {
    let mut site = Written::new();
    for number in 0..40 {
        site = site.page(&format!("p{number}/index.html"), "", &format!("<a href=/gone{number}/>"));
    }
    assert_eq!(site.report(), site.report());
    assert_eq!(site.report().json().to_string(), site.report().json().to_string());
}

#[test]
fn every_rule_has_a_code_that_is_explained() {
    for rule in RULES {
        assert!(crate::codes::find(rule.code).is_some(), "`{}` is not explained", rule.code);
    }
}

/// A network on which nobody answers.
struct Unreachable;

impl guard::dial::Line for Unreachable {
    fn exchange(&self, _: &guard::dial::Hop<'_>) -> Result<guard::dial::Arrival, guard::dial::Failure> {
        Err(guard::dial::Failure::Refused)
    }

    fn wait(&self, _: std::time::Duration) {}

    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

const EMBEDDED: &str = "[analytics]\nprovider = \"goatcounter\"\nendpoint = \"embedded\"\nsite = \"x\"\n";

/// Returns the report of a run that asks the stand-in, or nobody.
fn asked(site: &Written, offline: bool, levels: Option<BTreeSet<GuardLevel>>) -> Report {
    let config = read(Path::new("/site"), &site.toml, &Overrides::default(), &World::default()).unwrap();
    let answers = guard::ask(&config, &guard::Ask { offline, levels: levels.clone(), ..guard::Ask::default() });
    run(&config, site.folder.path(), None, &answers, &Options { levels, ..Options::default() })
}

fn text(report: &Report) -> String {
    report.human(report::Look { columns: 100, coloured: false })
}

#[test]
fn a_site_against_the_stand_in_holds_in_a_dozen_lines_and_says_what_that_proves() {
    let snippet = SNIPPET.replace("stats.example", "analytics.invalid");
    let site = Written::with(EMBEDDED).page("index.html", &snippet, "");
    let config = read(Path::new("/site"), &site.toml, &Overrides::default(), &World::default()).unwrap();
    let answers = guard::ask(&config, &guard::Ask::default());
    let lock = guard::lock_of(&config, &answers).unwrap();
    let options = Options { site_rules: true, lock: Some(&lock), ..Options::default() };
    let report = run(&config, site.folder.path(), None, &answers, &options);
    let text = text(&report);
    assert_eq!(report.exit(), Exit::Success, "{text}");
    assert!(text.lines().count() <= 12, "{text}");
    assert!(text.contains("stand-in endpoint: this proves the site, not your analytics"), "{text}");
    let levels: BTreeSet<GuardLevel> =
        report.verdicts.iter().filter(|judged| judged.holds()).map(|judged| judged.verdict.level).collect();
    assert!(levels.contains(&GuardLevel::L1) && levels.contains(&GuardLevel::L4), "{levels:?}");
}

#[test]
fn the_last_line_names_what_was_left_out() {
    let snippet = SNIPPET.replace("stats.example", "analytics.invalid");
    let site = Written::with(EMBEDDED).page("index.html", &snippet, "");
    let last = |report: Report| {
        let text = text(&report);
        let line = text.trim_end().lines().last().unwrap_or_default();
        assert!(line.starts_with("not verified:"), "every report ends with what it does not show: {line}");
        line.to_owned()
    };
    let offline = last(asked(&site, true, None));
    assert!(offline.contains("L1 tracker") && offline.contains("offline"), "{offline}");
    let config = read(Path::new("/site"), &site.toml, &Overrides::default(), &World::default()).unwrap();
    let nobody = last(run(&config, site.folder.path(), None, &Answers::default(), &Options::default()));
    assert!(nobody.contains("L4 collecting") && nobody.contains("nobody was asked"), "{nobody}");
    let selected = last(asked(&site, false, Some(BTreeSet::from([GuardLevel::L0]))));
    assert!(selected.contains("L3 version") && selected.contains("not selected"), "{selected}");
}

#[test]
fn an_unknown_passes_only_while_it_is_remembered_to_have_held() {
    let site = Written::with(&format!("{GOATCOUNTER}on_unknown = \"warn\"\n")).page("index.html", SNIPPET, "");
    let now: jiff::Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let world = World { now, ..World::default() };
    let config = read(Path::new("/site"), &site.toml, &Overrides::default(), &world).unwrap();
    let answers = guard::ask_by(&config, &guard::Ask::default(), &Unreachable);
    let judge = |state: Option<&State>| {
        run(&config, site.folder.path(), None, &answers, &Options { state, ..Options::default() })
    };
    let report = judge(None);
    assert_eq!(report.exit(), Exit::Unknown);
    assert!(text(&report).contains(".blog/state"), "{}", text(&report));
    let remember = |days: i64| {
        let mut state = State::default();
        for level in [GuardLevel::L1, GuardLevel::L2, GuardLevel::L3, GuardLevel::L4] {
            state.hold(&config, &config.analytics[0], level, now - jiff::SignedDuration::from_hours(24 * days));
        }
        state
    };
    let report = judge(Some(&remember(3)));
    assert_eq!(report.exit(), Exit::Success, "{}", text(&report));
    assert!(!report.holds() && text(&report).contains("last held 3 days ago"), "{}", text(&report));
    assert_eq!(judge(Some(&remember(20))).exit(), Exit::Unknown);
}

#[test]
fn a_policy_is_judged_where_the_host_is_said_to_obey_it_and_in_the_page() {
    let snippet = SNIPPET.replace("stats.example", "analytics.invalid");
    let policy = "script-src https://analytics.invalid; default-src 'self'";
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">{snippet}");
    let headers = format!("/*\n  Content-Security-Policy: {policy}\n");
    let obeyed = format!("headers_from = \"netlify\"\n{EMBEDDED}");
    for (site, drifts) in [
        (Written::with(EMBEDDED).page("index.html", &meta, ""), true),
        (Written::with(&obeyed).page("index.html", &snippet, "").file("_headers", &headers), true),
        (Written::with(EMBEDDED).page("index.html", &snippet, "").file("_headers", &headers), false),
        (Written::with(&obeyed).page("index.html", &snippet, ""), false),
    ] {
        let report = asked(&site, false, None);
        let blocked = report.verdicts.iter().find(|judged| judged.exit() == Exit::Drift).map(|judged| &judged.verdict);
        assert_eq!(blocked.map(|verdict| verdict.code), drifts.then_some("contract/policy"), "{}", text(&report));
        assert!(!drifts || text(&report).contains("connect-src"), "{}", text(&report));
    }
}

#[test]
fn the_documentation_names_every_field_of_the_json() {
    let documentation = include_str!("../../../docs/report.md");
    let site = Written::new().page("index.html", SNIPPET, "<a href=/gone/>").page("a/index.html", "", "");
    let json = site.report().json();
    let mut pending = vec![&json];
    let mut fields = BTreeSet::new();
    while let Some(value) = pending.pop() {
        match value {
            serde_json::Value::Object(map) => {
                fields.extend(map.keys());
                pending.extend(map.values());
            }
            serde_json::Value::Array(list) => pending.extend(list),
            _ => {}
        }
    }
    assert!(fields.len() > 30, "{fields:?}");
    for field in fields {
        assert!(documentation.contains(&format!("`{field}`")), "`{field}` is not documented");
    }
}

#[test]
fn what_does_not_hold_is_told_with_when_it_last_held() {
    let site = Written::with(EMBEDDED).page("index.html", "", "");
    let config = read(Path::new("/site"), &site.toml, &Overrides::default(), &World::default()).unwrap();
    let answers = guard::ask(&config, &guard::Ask::default());
    let mut state = State::default();
    let before = config.now - jiff::SignedDuration::from_hours(72);
    state.hold(&config, &config.analytics[0], GuardLevel::L0, before);
    let judge = |state| run(&config, site.folder.path(), None, &answers, &Options { state, ..Options::default() });
    let report = judge(Some(&state));
    assert!(text(&report).contains("3 days ago"), "{}", text(&report));
    let drift = &report.json()["verdicts"].as_array().unwrap().clone();
    let drift = drift.iter().find(|verdict| verdict["code"] == "snippet/missing").unwrap();
    assert_eq!(drift["last_held"], before.to_string());
    assert!(!text(&judge(None)).contains("last held"));
}
