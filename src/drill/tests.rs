//! Drills a small site of every provider, and drills the drill: without a rule, its breakages get through.

use super::*;
use crate::check::RULES;
use crate::config::sample as settings;

/// A small site with the snippet of its only table on every page but one.
fn site(provider: &str) -> (Config, Sample) {
    let config = settings(&format!(
        "headers_from = \"netlify\"\n[analytics]\nprovider = \"{provider}\"\nendpoint = \"embedded\"\nsite = \"{}\"\nexclude = [\"/private/**\"]\n",
        analytics::tests::site_of(provider)
    ));
    let snippet = analytics::snippet(&config.analytics[0], None);
    let mut sample = Sample { of: 5, ..Sample::default() };
    for (path, section) in [
        ("index.html", ""),
        ("404.html", ""),
        ("posts/a/index.html", "posts"),
        ("notes/b/index.html", "notes"),
        ("private/c/index.html", "private"),
    ] {
        let snippet = if section == "private" { "" } else { &snippet };
        let address = path.strip_suffix("index.html").unwrap_or(path);
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>T</title>\
             <link rel=\"canonical\" href=\"{}{address}\">{snippet}</head><body><p>Text</p></body></html>",
            config.base_url.url()
        );
        sample.files.insert(path.to_owned(), html.into_bytes());
        sample.sections.insert(path.to_owned(), section.to_owned());
    }
    (config, sample)
}

fn extent(rules: Rules<'_>) -> Extent<'_> {
    Extent { rules, levels: None, offline: false }
}

#[test]
fn every_promise_is_kept_for_every_provider() {
    for provider in analytics::PROVIDERS {
        let (config, sample) = site(provider.name);
        let drill = run(&config, &sample, None, &extent(Rules::ALL)).unwrap();
        assert!(drill.alarms.is_empty(), "{}: {:#?}", provider.name, drill.alarms);
        let failed: Vec<_> = drill.rows.iter().filter(|row| row.fails()).collect();
        assert!(failed.is_empty(), "{}: {failed:#?}", provider.name);
        let caught = drill.rows.iter().filter(|row| matches!(row.fate, Fate::Caught(_))).count();
        assert!(caught >= 40, "{}: only {caught} breakages were staged", provider.name);
        assert_eq!(drill.exit(), Exit::Success);
    }
}

/// Rules without which no breakage of these sites gets through, and why.
const NEVER_ALONE: &[(&str, &str)] = &[
    ("lock/entry", "a drill is always locked"),
    ("lock/revision", "worth a note, and no drift, unless the lock is of another engine"),
    ("tracker/hosts", "other hosts come with other bytes"),
    ("contract/referrer", "only Shynet asks where a page is, and no drilled site uses it"),
    ("contract/scheme", "an address without encryption is insecure on the page first"),
    ("collect/control", "never worse than a note"),
    ("snippet/insecure", "an address without encryption is altered first"),
    ("snippet/tag-manager", "pages of a drill carry the snippet themselves"),
    ("snippet/unguarded", "never worse than a note"),
    ("snippet/placed-elsewhere", "fails no run"),
    ("snippet/unknown-provider", "every table of a drill has a known one"),
    ("snippet/amp", "no page of the sample is one"),
    ("policy/unread", "fails no run"),
];

#[test]
fn without_a_rule_some_breakage_gets_through() {
    let (guarded, written) = (crate::guard::RULES.iter().map(|rule| rule.code), RULES.iter());
    let written = written.filter(|rule| matches!(rule.run, check::Run::Guard(_))).map(|rule| rule.code);
    let codes: BTreeSet<&str> = guarded.chain(written).collect();
    // What one vendor's snippet cannot show, another's does.
    let mut alone = BTreeSet::new();
    for provider in ["goatcounter", "matomo", "umami", "liwan"] {
        let (config, sample) = site(provider);
        let whole = run(&config, &sample, None, &extent(Rules::ALL)).unwrap();
        for code in &codes {
            if alone.contains(code) {
                continue;
            }
            let caught_by_it = whole.rows.iter().filter(|row| match &row.fate {
                Fate::Caught(by) => by.iter().any(|catch| catch.code == *code),
                _ => false,
            });
            let without = extent(Rules::ALL.without(code));
            let slipped = on_stage(&config, &sample, None, &without, |stage, _, known| {
                caught_by_it
                    .filter(|row| matches!(stage.fate(0, row.breakage, known), Fate::Missed(_) | Fate::Misjudged(..)))
                    .count()
            });
            if slipped.unwrap() > 0 {
                alone.insert(*code);
            }
        }
    }
    let never: BTreeSet<&str> = NEVER_ALONE.iter().map(|(code, _)| *code).collect();
    let unguarded: Vec<_> = codes.difference(&alone).filter(|code| !never.contains(**code)).collect();
    assert!(unguarded.is_empty(), "nothing is missed without {unguarded:?}: the drill does not drill them");
    let told: Vec<_> = never.intersection(&alone).collect();
    assert!(told.is_empty(), "{told:?} are drilled after all: take them out of the list");
}

#[test]
fn a_site_that_is_broken_already_raises_an_alarm() {
    let (config, mut sample) = site("goatcounter");
    let broken = sample.files["index.html"].clone();
    let broken = String::from_utf8(broken).unwrap().replace("data-goatcounter", "data-nothing");
    sample.files.insert("index.html".to_owned(), broken.into_bytes());
    let drill = run(&config, &sample, None, &extent(Rules::ALL)).unwrap();
    assert!(!drill.alarms.is_empty());
    assert_eq!(drill.exit(), Exit::Drift);
}

#[test]
fn what_is_switched_off_is_not_promised_and_the_table_says_what_to_switch_on() {
    let (config, sample) = site("goatcounter");
    let only = Extent { levels: Some(BTreeSet::from([GuardLevel::L0])), ..extent(Rules::ALL) };
    let drill = run(&config, &sample, None, &only).unwrap();
    assert_eq!(drill.exit(), Exit::Success, "{}", drill.human(&config));
    let gone = drill.rows.iter().find(|row| row.breakage.name == "tracker-gone").unwrap();
    assert_eq!(gone.fate, Fate::NotPromised(GuardLevel::L1));
    assert!(drill.human(&config).contains("not caught; L1 would: run without `--offline`"));
    let offline = Extent { offline: true, ..extent(Rules::ALL) };
    let drill = run(&config, &sample, None, &offline).unwrap();
    assert_eq!(drill.exit(), Exit::Success, "{}", drill.human(&config));
}

#[test]
fn a_site_without_analytics_has_nothing_to_drill() {
    let (_, sample) = site("goatcounter");
    let problems = run(&settings(""), &sample, None, &extent(Rules::ALL)).unwrap_err();
    assert_eq!(problems[0].code, "drill/nothing-guarded");
}
