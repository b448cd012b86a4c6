//! The page, read as a browser reads it: what it shows, and that nothing that was said to us became a part of it.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::check::report::tests::{HOSTILE, everything};
use crate::check::report::{Document, Memory};
use crate::verdict::GuardLevel;

fn shown(report: &Report) -> String {
    Document::Html.of(&Whole { report: Some(report), said: &[], exit: report.exit() })
}

fn remembered() -> Report {
    let mut report = everything();
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 30);
    let held = [(GuardLevel::L1, 3), (GuardLevel::L4, 24 * 9)];
    report.now = now;
    report.last_held = held.map(|(level, hours)| ((0, level), now - SignedDuration::from_hours(hours))).into();
    report.background.tables = vec![Memory { locked: None, tolerated: Some(SignedDuration::from_hours(24 * 14)) }];
    report
}

#[test]
fn the_page_says_the_outcome_what_to_do_and_what_is_not_covered() {
    let page = shown(&remembered());
    for words in [
        "<h1><strong>Drift:</strong> the analytics contract is broken, for 2 causes",
        "<p class=\"do\">Add <code>{{ analytics() }}</code>.</p>",
        "<dt>expected</dt><dd>one snippet on each page</dd>",
        "<strong>1 of 4 pages</strong>",
        "aria-label=\"0 of 3\"",
        "<td>9 days ago, <time datetime=\"1970-01-22T00:00:00Z\">22 January 1970, 00:00 UTC</time></td>",
        "<td>never, as far as is remembered</td>",
        "Nothing is locked",
        "<li>L7 real browser (not asked for)</li>",
        "<code>snippet/doubled</code>: no page carries two",
    ] {
        assert!(page.contains(words), "`{words}` is not in\n{page}");
    }
}

#[test]
fn nothing_that_was_said_to_us_is_markup() {
    let page = shown(&remembered());
    assert!(!page.contains("<script") && !page.contains("\u{1b}") && !page.contains("\u{202e}"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    // Whatever a text is, it stays one text.
    for hostile in [HOSTILE, "`</code><script>`", "`a` `</code>", "\"onload=alert(1) x='"] {
        let html = words(hostile).replace("<code>", "").replace("</code>", "");
        assert!(!html.contains(['<', '>', '"', '\'']), "{html}");
    }
}

#[test]
fn the_page_asks_nobody_and_its_own_policy_forbids_it() {
    let page = shown(&remembered());
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    let digest = base64(&sha2::Sha256::digest(page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap()));
    assert!(policy.contains(&format!("'sha256-{digest}'")), "the policy lets the page's own style through");
    for attribute in [" src=", " style=", "@import", "url(", " onclick=", "<iframe", "<img"] {
        assert!(!page.contains(attribute), "{attribute}");
    }
    assert_eq!(page.matches(" href=").count(), 1, "only the empty icon");
}

#[test]
fn a_run_that_ended_early_and_one_in_which_all_holds_are_pages_too() {
    let said = [crate::diagnostic::Diagnostic::error("front/key", "`tilte` is no key").hint("write `title`")];
    let page = Document::Html.of(&Whole { report: None, said: &said, exit: Exit::Site });
    assert!(page.contains("<p class=\"do\">Write <code>title</code>.</p>"), "{page}");
    let mut report = everything();
    report.verdicts.retain(|judged| judged.verdict.outcome == crate::verdict::Outcome::Ok);
    report.findings.clear();
    let page = shown(&report);
    assert!(page.contains("<h1><strong>Holds:</strong>") && page.contains("<p class=\"do\">Nothing."), "{page}");
}
