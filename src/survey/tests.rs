//! Surveys of small sites, and the settings that come of them: the rules for pages have nothing to say afterwards.

use std::fs;

use super::*;
use crate::check::fetched;
use crate::config::sample;

const COUNTER: &str =
    "<script data-goatcounter=\"https://stats.example/count\" async src=\"https://stats.example/count.js\"></script>";

fn matomo(id: &str) -> String {
    format!(
        "<script>var _paq=window._paq=window._paq||[];_paq.push(['disableCookies']);_paq.push(['trackPageView']);\
         _paq.push(['enableLinkTracking']);(function(){{var u='https://m.example/';_paq.push(['setTrackerUrl',u+'matomo.php']);\
         _paq.push(['setSiteId','{id}']);var d=document,g=d.createElement('script'),s=d.getElementsByTagName('script')[0];\
         g.async=true;g.src=u+'matomo.js';s.parentNode.insertBefore(g,s);}})();</script>"
    )
}

fn page(head: &str, canonical: &str) -> String {
    format!(
        "<!doctype html><html><head><title>t</title><link rel=canonical href='{canonical}'>{head}</head><body>x</body></html>"
    )
}

fn site(pages: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, head) in pages {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let place = path.strip_suffix("index.html").unwrap_or(path);
        fs::write(file, page(head, &format!("https://blog.example/sub/{place}"))).unwrap();
    }
    folder
}

fn surveyed(pages: &[(&str, String)]) -> (Survey, String, Vec<&'static str>) {
    let folder = site(pages);
    let config = sample("");
    let found = survey(&fetched::folder(&config, folder.path()).unwrap());
    let hints = Hints { what: "public".to_owned(), base_url: found.base_url.clone(), ..Hints::default() };
    let text = site_toml(&found, &hints);
    let config = crate::config::read(
        std::path::Path::new("/site"),
        &text,
        &crate::config::Overrides::default(),
        &crate::config::World { current: "/site".into(), ..Default::default() },
    );
    let config = config.unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
    let evidence = fetched::folder(&config, folder.path()).unwrap();
    let report = fetched::judge(&evidence, &crate::guard::Answers::default(), &crate::check::Options::default());
    let drift = report.verdicts.iter().filter(|judged| judged.verdict.outcome == crate::verdict::Outcome::Drift);
    let mut codes: Vec<&str> = drift.map(|judged| judged.verdict.code).collect();
    codes.sort_unstable();
    codes.dedup();
    (found, text, codes)
}

#[test]
fn what_every_page_uses_becomes_settings_that_hold() {
    let both = format!("{COUNTER}{}", matomo("7"));
    let (found, text, codes) =
        surveyed(&[("index.html", both.clone()), ("a/index.html", both.clone()), ("b/index.html", both)]);
    assert_eq!(codes, Vec::<&str>::new(), "{text}");
    assert_eq!(found.base_url.as_deref(), Some("https://blog.example/sub/"));
    assert_eq!(found.uses.len(), 2);
    assert!(
        text.contains("endpoint = \"https://m.example/\"\nsite = \"7\"") && text.contains("disableCookies = true"),
        "{text}"
    );
    assert!(text.contains("base_url = \"https://blog.example/sub/\"") && text.lines().count() <= 20, "{text}");
}

#[test]
fn a_group_without_is_left_out_and_a_single_page_is_missed() {
    let none = String::new;
    let (found, text, codes) = surveyed(&[
        ("index.html", COUNTER.to_owned()),
        ("a/index.html", COUNTER.to_owned()),
        ("b/index.html", none()),
        ("print/1/index.html", none()),
        ("print/2/index.html", none()),
    ]);
    assert_eq!(codes, ["snippet/missing"], "the page that stands alone is not hidden");
    assert!(text.contains("exclude = [\"/print/**\"]"), "{text}");
    assert_eq!(found.uses[0].lacking, ["b/index.html"]);
}

#[test]
fn what_is_doubled_and_what_differs_is_told_and_not_made_right() {
    let (found, text, codes) = surveyed(&[
        ("index.html", matomo("7")),
        ("a/index.html", matomo("7")),
        ("b/index.html", matomo("7").repeat(2)),
        ("c/index.html", matomo("8")),
    ]);
    assert_eq!(found.uses.len(), 1);
    assert_eq!(found.uses[0].doubled, BTreeSet::from(["b/index.html".to_owned()]));
    assert_eq!(found.others.len(), 1);
    assert_eq!(found.others[0].site.as_deref(), Some("8"));
    assert_eq!(codes, ["snippet/altered", "snippet/doubled"], "{text}");
}

#[test]
fn what_waits_for_consent_and_what_is_shown_as_code_is_told_apart() {
    let waiting = COUNTER.replace("<script", "<script type=text/plain");
    let shown = format!("<noscript>{}</noscript>", matomo("7"));
    let (found, text, codes) = surveyed(&[("index.html", format!("{waiting}{shown}")), ("a/index.html", waiting)]);
    assert_eq!(codes, Vec::<&str>::new(), "{text}");
    assert!(text.contains("placed = \"consent\"") && !text.contains("matomo"), "{text}");
    assert_eq!(found.inert.len(), 2);
}

#[test]
fn a_site_without_analytics_is_said_to_have_none() {
    let (found, text, codes) = surveyed(&[("index.html", String::new())]);
    assert_eq!((found.uses.len(), found.bare.len(), codes.len()), (0, 1, 0));
    assert!(text.contains("provider = \"none\""), "{text}");
}
