//! The formats for other programs, over one report that has everything in it, hostile words among them.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

use super::*;
use crate::check::coverage::Row;
use crate::diagnostic::Place;
use crate::verdict::Covers;

/// What pages and servers may say: markup, what XML forbids, what steers a terminal, what begins a command.
pub(super) const HOSTILE: &str =
    "</title><script>alert(1)</script>\u{0}\u{1b}[31m\u{fffe}\u{202e}]]>&amp;\"'\r\n::error::x\n##[group]y %0A";

/// A report in which everything happens.
pub(super) fn everything() -> Report {
    let judged = |verdict, table, pardon| Judged { verdict, table, pardon };
    let unknown = || Outcome::Unknown("refused".to_owned());
    let pages = ["posts/a/index.html", "posts/b/index.html", "about.html"].map(str::to_owned);
    let missing = Verdict::new(
        "snippet/missing",
        GuardLevel::L0,
        Covers::Built,
        Outcome::Drift,
        "all 3 pages made by `post.html` lack the GoatCounter snippet",
    );
    Report {
        verdicts: vec![
            judged(
                missing.expected_found("one snippet on each page", "none").fix("add `{{ analytics() }}`").pages(pages),
                None,
                Pardon::None,
            ),
            judged(
                Verdict::new("snippet/doubled", GuardLevel::L0, Covers::Built, Outcome::Ok, "no page carries two"),
                None,
                Pardon::None,
            ),
            judged(
                Verdict::new("tracker/javascript", GuardLevel::L1, Covers::Server, Outcome::Drift, HOSTILE)
                    .evidence(HOSTILE)
                    .expected_found("JavaScript", HOSTILE)
                    .fix(HOSTILE),
                Some(0),
                Pardon::None,
            ),
            judged(
                Verdict::new("version/answer", GuardLevel::L3, Covers::Server, unknown(), "the server says nothing"),
                Some(0),
                Pardon::None,
            ),
            judged(
                Verdict::new("collect/site", GuardLevel::L4, Covers::Server, unknown(), "nobody listens"),
                Some(0),
                Pardon::Granted("this level last held 2 hours ago".to_owned()),
            ),
            judged(
                Verdict::new("policy/unread", GuardLevel::L0, Covers::Built, unknown(), "the policy is not known"),
                None,
                Pardon::None,
            ),
        ],
        findings: vec![
            Diagnostic::error("link/broken-page", "a link leads nowhere").at(Place::file("posts/a/index.html:12")),
            Diagnostic::warning("page/repeated-id", HOSTILE).at(Place::file("static/x y.html:3")).hint("rename it"),
        ],
        guarded: vec![Guarded {
            provider: "goatcounter".to_owned(),
            title: "GoatCounter".to_owned(),
            endpoint: Endpoint::Server(url::Url::parse("https://stats.example/").unwrap()),
            site: HOSTILE.to_owned(),
        }],
        coverage: vec![Coverage {
            provider: "goatcounter".to_owned(),
            endpoint: "https://stats.example/".to_owned(),
            site: "1".to_owned(),
            expected: 4,
            found: 1,
            excluded: 0,
            sections: vec![
                Row { name: String::new(), expected: 1, found: 1 },
                Row { name: HOSTILE.to_owned(), expected: 3, found: 0 },
            ],
            layouts: vec![],
        }],
        site_rules: true,
        left_out: BTreeMap::from([(GuardLevel::L7, BTreeSet::from(["not asked for".to_owned()]))]),
        background: Background {
            base_url: "https://blog.example/".to_owned(),
            folder: "public/".to_owned(),
            sources: BTreeMap::from([("posts/a/index.html".to_owned(), "content/posts/a.md".to_owned())]),
            tables: Vec::new(),
        },
        ..Report::default()
    }
}

fn whole(report: &Report) -> Whole<'_> {
    Whole { report: Some(report), said: &[], exit: report.exit() }
}

fn value(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().map(Result::unwrap).find(|attribute| attribute.key.as_ref() == name)?;
    Some(found.normalized_value(quick_xml::XmlVersion::Explicit1_0).unwrap().into_owned())
}

/// A suite: its name, its counts, and its cases with what became of them.
type Suite = (String, [usize; 4], Vec<(String, String)>);

/// Returns each suite with its counts, and each of its cases with what became of it.
fn parsed(xml: &str) -> Vec<Suite> {
    let mut reader = Reader::from_str(xml);
    let mut suites: Vec<Suite> = Vec::new();
    loop {
        match reader.read_event().expect("the document is well formed") {
            Event::Eof => return suites,
            Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                "testsuite" => {
                    let counts = ["tests", "failures", "errors", "skipped"];
                    let counts = counts.map(|name| value(&tag, name).unwrap().parse().unwrap());
                    suites.push((value(&tag, "name").unwrap(), counts, Vec::new()));
                }
                "testcase" => {
                    let suite = suites.last_mut().unwrap();
                    assert_eq!(value(&tag, "classname").as_ref(), Some(&suite.0));
                    suite.2.push((value(&tag, "name").unwrap(), "passed".to_owned()));
                }
                state @ ("failure" | "error" | "skipped") => {
                    let case = suites.last_mut().unwrap().2.last_mut().unwrap();
                    case.1 = state.to_owned();
                }
                _ => {}
            },
            _ => {}
        }
    }
}

#[test]
fn junit_has_a_suite_a_level_and_a_case_a_verdict() {
    let report = everything();
    let suites = parsed(&Document::Junit.of(&whole(&report)));
    let names: Vec<&str> = suites.iter().map(|(name, ..)| name.as_str()).collect();
    let levels = ["L0 written pages", "L1 tracker", "L3 version", "L4 collecting", "L7 real browser", "site"];
    assert_eq!(names, levels);
    let case = |suite: usize, case: usize| (suites[suite].2[case].0.as_str(), suites[suite].2[case].1.as_str());
    assert_eq!(suites[0].1, [3, 1, 0, 1]);
    assert_eq!(case(0, 0), ("snippet/missing", "failure"));
    assert_eq!(case(0, 1), ("snippet/doubled", "passed"));
    assert_eq!(case(0, 2), ("policy/unread", "skipped"));
    assert_eq!(case(1, 0), ("tracker/javascript", "failure"));
    assert_eq!((suites[2].1, case(2, 0)), ([1, 0, 1, 0], ("version/answer", "error")));
    assert_eq!((suites[3].1, case(3, 0)), ([1, 0, 0, 1], ("collect/site", "skipped")));
    assert_eq!(case(4, 0), ("not verified", "skipped"));
    assert_eq!((suites[5].1, case(5, 0)), ([3, 1, 0, 0], ("link/broken-page posts/a/index.html:12", "failure")));
}

#[test]
fn cases_of_one_name_are_told_apart() {
    let mut report = everything();
    report.verdicts = vec![report.verdicts[0].clone(), report.verdicts[0].clone()];
    let suites = parsed(&Document::Junit.of(&whole(&report)));
    let names: Vec<&str> = suites[0].2.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["snippet/missing", "snippet/missing #2"]);
}

#[test]
fn nothing_that_xml_forbids_is_in_junit() {
    let report = everything();
    let xml = Document::Junit.of(&whole(&report));
    let forbidden = |character: char| !matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert_eq!(xml.chars().find(|character| forbidden(*character)), None);
    assert!(xml.contains("\\u{1b}[31m\\u{fffe}\\u{202e}]]&gt;&amp;amp;"), "{xml}");
    assert!(!xml.contains("<script>"), "{xml}");
}

#[test]
fn a_run_that_ended_early_is_a_document_too() {
    let said =
        [Diagnostic::error("front/key", "`tilte` is no key").at(Place::span("content/a.md", &"tilte".into(), 0..5))];
    let whole = Whole { report: None, said: &said, exit: Exit::Site };
    let suites = parsed(&Document::Junit.of(&whole));
    assert_eq!(suites[0].2, [("front/key content/a.md".to_owned(), "failure".to_owned())]);
    let github = Document::Github.of(&whole);
    assert!(
        github.starts_with("::error file=content/a.md,line=1,col=1,title=error[front/key]::`tilte` is no key"),
        "{github}"
    );
    assert!(
        github.ends_with(
            "error: 1 problem ended the run, and nothing was verified; `blog explain front/key` tells more\n"
        )
    );
    let sarif: Value = serde_json::from_str(&Document::Sarif.of(&whole)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startColumn"], 1);
}

/// Returns an array's elements.
fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

#[test]
fn sarif_has_what_its_schema_and_its_readers_demand() {
    let report = everything();
    let sarif: Value = serde_json::from_str(&Document::Sarif.of(&whole(&report))).unwrap();
    assert_eq!((sarif["version"].as_str(), list(&sarif["runs"]).len()), (Some("2.1.0"), 1));
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "Watchpost");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["exitCode"], 3);
    let rules = list(&run["tool"]["driver"]["rules"]);
    let mut ids = BTreeSet::new();
    for rule in rules {
        assert!(ids.insert(rule["id"].as_str().unwrap()), "a rule stands twice: {rule}");
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].as_str().is_some_and(|text| text.len() > 10), "{rule}");
        }
    }
    let results = list(&run["results"]);
    assert_eq!(results.len(), 7, "each block but what holds");
    let mut fingerprints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains([':', ' ']), "{uri}");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(fingerprints.insert(result["partialFingerprints"]["watchpostCause/v1"].as_str().unwrap()));
    }
    let uri = |number: usize| &results[number]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    // The pages are sorted: the first is one that no manifest knows the source of.
    assert_eq!((uri(0), &results[0]["level"]), (&Value::from("public/about.html"), &Value::from("error")));
    let further = &results[0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(further, "content/posts/a.md");
    assert_eq!(
        (uri(1), uri(5), uri(6)),
        (&"site.toml".into(), &"content/posts/a.md".into(), &"public/static/x%20y.html".into())
    );
    let told = list(&run["invocations"][0]["toolExecutionNotifications"]);
    assert!(told[0]["message"]["text"].as_str().unwrap().contains("L7 real browser"), "{told:?}");
}

#[test]
fn a_result_is_known_again_when_only_its_numbers_have_changed() {
    let fingerprint = |report: &Report| {
        let sarif: Value = serde_json::from_str(&Document::Sarif.of(&whole(report))).unwrap();
        sarif["runs"][0]["results"][0]["partialFingerprints"]["watchpostCause/v1"].clone()
    };
    let (report, mut grown, mut other) = (everything(), everything(), everything());
    grown.verdicts[0].verdict.message = "all 1,004 pages made by `post.html` lack the GoatCounter snippet".to_owned();
    grown.verdicts[0].verdict.pages.push("posts/c/index.html".to_owned());
    other.verdicts[0].verdict.message = "all 3 pages made by `page.html` lack the GoatCounter snippet".to_owned();
    assert_eq!(fingerprint(&report), fingerprint(&grown));
    assert_ne!(fingerprint(&report), fingerprint(&other));
}

#[test]
fn github_gets_the_worst_first_and_no_command_that_was_smuggled_in() {
    let report = everything();
    let text = Document::Github.of(&whole(&report));
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("::error file=public/about.html,line=1,title=drift[snippet/missing]::all 3 pages"),
        "{text}"
    );
    assert!(lines[0].contains("%0Aexpected: one snippet on each page%0Afound: none%0A"), "{text}");
    assert!(lines[1].starts_with("::error file=site.toml,line=1,title=drift[tracker/javascript]::</title>"), "{text}");
    assert!(lines[1].contains("%0A::error::x%0A##[group]y %250A"), "{text}");
    let commands = |kind: &str| lines.iter().filter(|line| line.starts_with(&format!("::{kind} "))).count();
    assert_eq!((commands("error"), commands("warning"), commands("notice"), lines.len()), (4, 2, 1, 8), "{text}");
    assert!(lines[7].starts_with("drift: the analytics contract is broken, for 2 causes"), "{text}");
    let mut flood = everything();
    flood.findings = vec![flood.findings[0].clone(); 40];
    let text = Document::Github.of(&whole(&flood));
    assert_eq!(text.matches("::error ").count(), SHOWN_OF_A_KIND);
    assert!(text.ends_with("33 more are not annotated, `--format json` lists all\n"), "{text}");
}

/// How many annotations of a kind the runner shows.
const SHOWN_OF_A_KIND: usize = 10;

/// What no run could tell fails none, and is shown as holding in no form.
#[test]
fn what_could_not_be_told_is_ok_in_no_form() {
    let mut report = everything();
    let note = |note: Verdict| Judged { verdict: note, table: Some(0), pardon: Pardon::None };
    let of =
        |code, outcome| Verdict::new(code, GuardLevel::L4, Covers::Server, outcome, "indistinguishable: who knows");
    report.verdicts = vec![note(of("collect/site", Outcome::Note).untold()), note(of("collect/origin", Outcome::Ok))];
    let human = report.human(Look { columns: 100, coloured: false });
    let line = human.lines().find(|line| line.contains("L4 collecting")).unwrap();
    assert!(line.contains("not told") && !line.contains(" ok "), "{line}");
    let suites = parsed(&Document::Junit.of(&whole(&report)));
    assert_eq!(suites[0].2[0], ("collect/site".to_owned(), "skipped".to_owned()));
    assert_eq!(suites[0].2[1].1, "passed");
    assert!(Document::Html.of(&whole(&report)).contains(">not told<"));
    assert_eq!(report.json()["verdicts"][0]["untold"], true);
    assert_eq!(report.json()["verdicts"][0]["fails"], false);
    report.verdicts[0].verdict.is_untold = false;
    assert!(!report.human(Look { columns: 100, coloured: false }).contains("not told"));
}
