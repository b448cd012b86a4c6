//! Every rule against a breakage that only it finds: with the rule the breakage is told, without it
//! it is not. And the ways in which a page can look guarded or unguarded without being so.

mod hosted;
mod site;
mod whole;

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::config::{Overrides, World, read};
use crate::diagnostic::Exit;
use crate::digest::Digest;
use crate::manifest::{Entry, FileKind};
use crate::verdict::Outcome;

const GOATCOUNTER: &str =
    "[analytics]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"x\"\n";
const SNIPPET: &str =
    "<script data-goatcounter=\"https://stats.example/count\" async src=\"https://stats.example/count.js\"></script>";

/// A written site and what is set about it.
struct Written {
    folder: TempDir,
    toml: String,
    entries: Option<BTreeMap<String, Entry>>,
    token: Option<String>,
}

impl Written {
    /// A site of another generator, guarded by GoatCounter.
    fn new() -> Written {
        Written::with(GOATCOUNTER)
    }

    fn with(analytics: &str) -> Written {
        let feeds = if analytics.contains("[[feeds]]") { "" } else { "feeds = []\n" };
        let toml =
            format!("title = \"t\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\n{feeds}{analytics}");
        Written { folder: TempDir::new().unwrap(), toml, entries: None, token: None }
    }

    /// A site of ours: each file gets an entry in the manifest.
    fn ours(mut self) -> Written {
        self.entries = Some(BTreeMap::new());
        self
    }

    fn file(self, path: &str, body: &str) -> Written {
        let target = self.folder.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, body).unwrap();
        self
    }

    fn entry(mut self, path: &str, body: &str, change: impl Fn(&mut Entry)) -> Written {
        let layout = Some("post.html".to_owned());
        let section = path.split_once('/').map(|(section, _)| section.to_owned());
        let mut entry = Entry {
            digest: Digest::of(body),
            size: body.len() as u64,
            kind: FileKind::Page,
            source: None,
            layout,
            section,
            no_analytics: false,
            canonical: None,
        };
        change(&mut entry);
        self.entries.as_mut().expect("`ours` comes first").insert(path.to_owned(), entry);
        self.file(path, body)
    }

    /// A page with this in its head and this in its body.
    fn page(self, path: &str, head: &str, body: &str) -> Written {
        let (title, headline) = ("<title>t</title>", "<h1>t</h1>");
        let text =
            format!("<!doctype html><html lang=\"en\"><head>{title}{head}</head><body>{headline}{body}</body></html>");
        match self.entries {
            Some(_) => self.entry(path, &text, |_| {}),
            None => self.file(path, &text),
        }
    }

    fn judge(&self, rules: &Rules<'_>) -> Report {
        let environment = self.token.iter().map(|token| ("STATS_TOKEN".to_owned(), token.clone())).collect();
        let world = World { environment, ..World::default() };
        let config = read(Path::new("/site"), &self.toml, &Overrides::default(), &world).unwrap();
        let manifest = self.entries.clone().map(|files| Manifest::new(&config.base_url, files));
        let rules = Rules { servers: Cow::Borrowed(&[]), ..rules.clone() };
        let options = Options { site_rules: true, ..Options::default() };
        run_with(&rules, &config, self.folder.path(), manifest.as_ref(), &Answers::default(), &options)
    }

    fn report(&self) -> Report {
        self.judge(&Rules::ALL)
    }

    /// Returns the codes of everything that is wrong or could not be told.
    fn told(&self, rules: &Rules<'_>) -> Vec<&'static str> {
        let report = self.judge(rules);
        let verdicts = report.verdicts.iter().map(|judged| &judged.verdict);
        let wrong = verdicts.filter(|verdict| !matches!(verdict.outcome, Outcome::Ok | Outcome::Note));
        let findings = report.findings.iter().filter(|finding| finding.level > Level::Note);
        wrong.map(|verdict| verdict.code).chain(findings.map(|finding| finding.code)).collect()
    }

    /// Demands that exactly this rule tells of the breakage, and that nobody does without it.
    #[track_caller]
    fn only(&self, code: &str) {
        assert_eq!(self.told(&Rules::ALL), [code], "{:#?}", self.report().verdicts);
        assert!(RULES.iter().any(|rule| rule.code == code));
        assert_eq!(self.told(&Rules::ALL.without(code)), [""; 0]);
    }

    #[track_caller]
    fn holds(&self) {
        assert_eq!(self.told(&Rules::ALL), [""; 0], "{:#?}", self.report());
        assert_eq!(self.report().exit(), Exit::Success);
    }
}

#[test]
fn a_site_with_one_snippet_a_page_holds() {
    Written::new().page("index.html", SNIPPET, "").page("posts/a/index.html", "", SNIPPET).holds();
}

#[test]
fn a_page_without_snippet_is_found_by_its_rule_alone() {
    Written::new().page("index.html", SNIPPET, "").page("a/index.html", "", "").only("snippet/missing");
}

#[test]
fn a_layout_that_lost_its_snippet_is_one_finding_with_its_name_and_number() {
    let mut site = Written::new().ours().page("index.html", SNIPPET, "");
    for number in 0..12 {
        site = site.page(&format!("posts/{number}/index.html"), "", "");
    }
    site = site.entry("about/index.html", &format!("<!doctype html>{SNIPPET}"), |entry| {
        entry.layout = Some("page.html".to_owned())
    });
    site.entries.as_mut().unwrap().get_mut("index.html").unwrap().layout = Some("index.html".to_owned());
    let report = site.report();
    let drifts: Vec<_> = report.verdicts.iter().filter(|judged| judged.verdict.outcome == Outcome::Drift).collect();
    assert_eq!(drifts.len(), 1);
    let verdict = &drifts[0].verdict;
    assert_eq!(
        verdict.message,
        "all 12 pages made by `post.html` lack the GoatCounter snippet: visits to them are not counted"
    );
    assert!(verdict.fix.as_deref().unwrap().contains("{{ analytics() }}"));
    assert_eq!(verdict.pages.len(), 12);
    assert_eq!(report.exit(), Exit::Drift);
    let row = |name: &str| {
        report.coverage[0].layouts.iter().find(|row| row.name == name).map(|row| (row.expected, row.found))
    };
    assert_eq!((row("post.html"), row("page.html")), (Some((12, 0)), Some((1, 1))));
}

#[test]
fn a_site_without_any_snippet_is_one_finding() {
    let site = Written::new().page("index.html", "", "").page("a/index.html", "", "").page("b/index.html", "", "");
    assert_eq!(site.told(&Rules::ALL), ["snippet/missing"]);
    let site = site.ours().page("index.html", "", "").entry("x.html", "<!doctype html>", |entry| entry.layout = None);
    assert_eq!(site.told(&Rules::ALL).iter().filter(|code| **code == "snippet/missing").count(), 1);
}

#[test]
fn a_cause_that_many_layouts_share_is_one_finding() {
    let mut site = Written::new().ours().page("index.html", SNIPPET, "");
    let hidden = format!("<noscript>{SNIPPET}</noscript>");
    let lacking = |site: Written, body: &str| {
        (0..6).fold(site, |site, number| {
            let layout = move |entry: &mut Entry| entry.layout = Some(format!("layout{number}.html"));
            site.entry(&format!("{number}/index.html"), &format!("<!doctype html>{body}"), layout)
        })
    };
    site = lacking(site, "");
    let messages = |site: &Written| -> Vec<String> {
        let drifts = site.report().verdicts.into_iter().filter(|judged| judged.verdict.outcome == Outcome::Drift);
        drifts.map(|judged| judged.verdict.message).collect()
    };
    let found = messages(&site);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("6 of the 7 pages (`layout0.html`, `layout1.html` and 4 more) lack"), "{found:?}");
    // One of the pages also quotes the snippet in a comment: that is not what the pages have in common.
    let quoting = format!("<!doctype html><!-- {SNIPPET} -->{hidden}");
    let site =
        lacking(site, &hidden).entry("0/index.html", &quoting, |entry| entry.layout = Some("layout0.html".into()));
    let found = messages(&site);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("only in a `<noscript>`"), "{found:?}");
}

#[test]
fn a_static_page_gets_the_snippet_itself_as_its_fix() {
    let site = Written::new()
        .ours()
        .page("index.html", SNIPPET, "")
        .entry("x.html", "<!doctype html>", |entry| entry.layout = None);
    let report = site.report();
    let verdict = &report.verdicts.iter().find(|judged| judged.verdict.outcome == Outcome::Drift).unwrap().verdict;
    assert!(verdict.message.starts_with("`x.html` lacks"), "{}", verdict.message);
    assert!(verdict.fix.as_deref().unwrap().contains("data-goatcounter="));
}

#[test]
fn no_page_at_all_is_not_success() {
    assert_eq!(Written::new().file("a.txt", "x").report().exit(), Exit::Usage);
    let all = Written::with(&format!("{GOATCOUNTER}exclude = [\"/**\"]\n")).page("index.html", "", "");
    all.only("snippet/missing");
    assert_eq!(all.report().exit(), Exit::Unknown);
}

#[test]
fn a_snippet_where_no_browser_runs_it_is_misplaced() {
    for wrapped in [
        format!("<!-- {SNIPPET} -->"),
        format!("<template>{SNIPPET}</template>"),
        format!("<noscript>{SNIPPET}</noscript>"),
        format!("<textarea>{SNIPPET}</textarea>"),
        SNIPPET.replace("<script", "<script type=\"text/plain\""),
    ] {
        Written::new().page("index.html", SNIPPET, "").page("a/index.html", "", &wrapped).only("snippet/misplaced");
    }
}

#[test]
fn a_snippet_that_is_only_quoted_neither_counts_nor_harms() {
    let code = SNIPPET.replace('<', "&lt;");
    for quoted in [
        format!("<pre><code>{code}</code></pre>"),
        format!("<p title='{SNIPPET}'>x</p>"),
        format!(
            "<script type=\"application/ld+json\">{{\"x\": \"{}\"}}</script>",
            SNIPPET.replace('"', "\\\"").replace("</", "<\\/")
        ),
        format!("<script>var x = '{}';</script>", SNIPPET.replace("</", "<\\/")),
    ] {
        Written::new().page("index.html", SNIPPET, &quoted).holds();
        Written::new().page("index.html", SNIPPET, "").page("a/index.html", "", &quoted).only("snippet/missing");
    }
    // Beside the real one, inert copies do no harm either.
    Written::new().page("index.html", SNIPPET, &format!("<template>{SNIPPET}</template><!-- {SNIPPET} -->")).holds();
}

#[test]
fn two_snippets_on_a_page_are_doubled() {
    let site = Written::new().page("index.html", SNIPPET, "").page("a/index.html", SNIPPET, &format!("\n{SNIPPET}"));
    site.only("snippet/doubled");
    let report = site.report();
    let verdict = &report.verdicts.iter().find(|judged| judged.verdict.outcome == Outcome::Drift).unwrap().verdict;
    assert_eq!(verdict.evidence.as_deref(), Some("a/index.html, lines 1 and 2"));
    let other = SNIPPET.replace("stats.example", "other.example");
    Written::new().page("index.html", SNIPPET, &other).only("snippet/doubled");
}

#[test]
fn another_endpoint_than_the_configured_one_is_altered() {
    let other = SNIPPET.replace("stats.example/count\"", "other.example/count\"");
    let site = Written::new().page("index.html", SNIPPET, "").page("a/index.html", &other, "");
    site.only("snippet/altered");
    let report = site.report();
    let verdict = &report.verdicts.iter().find(|judged| judged.verdict.outcome == Outcome::Drift).unwrap().verdict;
    assert_eq!(verdict.expected.as_deref(), Some("endpoint = https://stats.example/count"));
    assert_eq!(verdict.found.as_deref(), Some("endpoint = https://other.example/count"));
    let option = SNIPPET.replace("async", "data-goatcounter-settings='{\"no_onload\": true}' async");
    Written::new().page("index.html", &option, "").only("snippet/altered");
}

#[test]
fn addresses_are_compared_as_the_browser_resolves_them() {
    let relative = SNIPPET.replace("https://stats.example/count.js", "//stats.example/count.js");
    Written::new().page("index.html", &relative, "").holds();
    let base = format!(
        "<base href=\"https://stats.example/\">{}",
        SNIPPET.replace("\"https://stats.example/count.js", "\"count.js")
    );
    Written::new().page("index.html", &base, "").holds();
}

#[test]
fn an_insecure_snippet_is_drift_unless_it_is_this_machines() {
    let analytics = GOATCOUNTER.replace("https:", "http:");
    let site = Written::with(&analytics).page("index.html", &SNIPPET.replace("https:", "http:"), "");
    site.only("snippet/insecure");
    for host in ["127.0.0.1:8081", "localhost", "[::1]:8081", "x.localhost"] {
        let place = |text: &str| text.replace("https://stats.example", &format!("http://{host}"));
        Written::with(&place(GOATCOUNTER)).page("index.html", &place(SNIPPET), "").holds();
    }
}

#[test]
fn an_excluded_page_with_a_snippet_is_drift() {
    let analytics = format!("{GOATCOUNTER}exclude = [\"/drafts/**\"]\n");
    let site = Written::with(&analytics).page("index.html", SNIPPET, "");
    site.page("drafts/a/index.html", SNIPPET, "").only("snippet/excluded");
    Written::with(&analytics).page("index.html", SNIPPET, "").page("drafts/a/index.html", "", "").holds();
    let text = format!("<!doctype html><title>a</title>{SNIPPET}");
    let opted_out = Written::new()
        .ours()
        .page("index.html", SNIPPET, "")
        .entry("a/index.html", &text, |entry| entry.no_analytics = true);
    opted_out.only("snippet/excluded");
}

#[test]
fn another_providers_snippet_is_foreign() {
    let matomo = "<script>var _paq = window._paq = window._paq || []; _paq.push(['trackPageView']); (function() { var \
                  u='https://m.example/'; _paq.push(['setTrackerUrl', u+'matomo.php']); _paq.push(['setSiteId', '1']); var \
                  d=document, g=d.createElement('script'), s=d.getElementsByTagName('script')[0]; g.async=true; \
                  g.src=u+'matomo.js'; s.parentNode.insertBefore(g,s); })();</script>";
    Written::new().page("index.html", &format!("{SNIPPET}{matomo}"), "").only("snippet/foreign");
    // With both listed, both are demanded.
    let matomo_table = "[[analytics]]\nprovider = \"matomo\"\nendpoint = \"https://m.example/\"\nsite = \"1\"\n";
    let both = format!("{}{matomo_table}", GOATCOUNTER.replace("[analytics]", "[[analytics]]"));
    let site = Written::with(&both).page("index.html", &format!("{SNIPPET}{matomo}"), "");
    site.holds();
    site.page("a/index.html", SNIPPET, "").only("snippet/missing");
}

#[test]
fn a_snippet_that_something_else_adds_is_not_judged_but_not_green_either() {
    let analytics = format!("{GOATCOUNTER}placed = \"edge\"\n");
    let site = Written::with(&analytics).page("index.html", "", "");
    site.only("snippet/placed-elsewhere");
    assert!(!site.report().verdicts.iter().any(|judged| judged.verdict.code == "snippet/missing"));
    let twice = Written::with(&analytics).page("index.html", SNIPPET, "");
    assert!(twice.told(&Rules::ALL).contains(&"snippet/doubled"));
}

#[test]
fn a_snippet_that_waits_for_consent_counts_where_that_is_set() {
    let analytics = format!("{GOATCOUNTER}placed = \"consent\"\n");
    let waiting = SNIPPET.replace("<script", "<script type=\"text/plain\"");
    Written::with(&analytics).page("index.html", &waiting, "").holds();
    Written::with(&analytics).page("index.html", SNIPPET, "").only("snippet/altered");
    Written::with(&analytics).page("index.html", "", "").only("snippet/missing");
}

#[test]
fn a_provider_that_nobody_knows_is_unknown_and_never_unguarded() {
    let site = Written::new().page("index.html", "", "");
    let mut config = read(Path::new("/site"), &site.toml, &Overrides::default(), &World::default()).unwrap();
    // `config` refuses such a name; this room does not rely on it.
    config.analytics[0].provider = "gaotcounter".to_owned();
    let judge = |rules: &Rules<'_>| {
        run_with(rules, &config, site.folder.path(), None, &Answers::default(), &Options::default())
    };
    let codes: Vec<_> = judge(&Rules::ALL).verdicts.iter().map(|judged| judged.verdict.code).collect();
    assert_eq!(codes, ["snippet/unknown-provider"]);
    assert_eq!(judge(&Rules::ALL).exit(), Exit::Unknown);
    assert!(judge(&Rules::ALL.without("snippet/unknown-provider")).verdicts.is_empty());
}

#[test]
fn an_amp_page_is_unknown_unless_it_is_excluded() {
    let amp = "<!doctype html><html amp><head><title>a</title></head></html>";
    let site = Written::new().page("index.html", SNIPPET, "").file("a/amp.html", amp);
    site.only("snippet/amp");
    assert_eq!(site.report().exit(), Exit::Unknown);
    let analytics = format!("{GOATCOUNTER}exclude = [\"/**/amp.html\"]\n");
    Written::with(&analytics).page("index.html", SNIPPET, "").file("a/amp.html", amp).holds();
}

#[test]
fn nothing_configured_is_a_note_and_never_silent() {
    let site = Written::with("").page("index.html", SNIPPET, "");
    let report = site.report();
    let codes: Vec<_> = report.verdicts.iter().map(|judged| (judged.verdict.code, &judged.verdict.outcome)).collect();
    assert_eq!(codes, [("snippet/foreign", &Outcome::Note), ("snippet/unguarded", &Outcome::Note)]);
    assert_eq!(report.exit(), Exit::Success);
    assert_eq!(site.judge(&Rules::ALL.without("snippet/unguarded")).verdicts.len(), 1);
}

#[test]
fn redirects_and_fragments_are_not_expected_and_the_404_page_is() {
    let redirect =
        "<!doctype html><meta http-equiv=\"refresh\" content=\"0; url=/new/\"><link rel=canonical href=/new/>";
    let site = Written::new()
        .page("index.html", SNIPPET, "")
        .file("old/index.html", redirect)
        .file("part.html", "<p>part</p>");
    let site = site.page("new/index.html", SNIPPET, "");
    site.holds();
    let pages = site.report().pages;
    assert_eq!((pages.documents, pages.redirects, pages.fragments), (2, 1, 1));
    site.page("404.html", "", "").only("snippet/missing");
    // A page that loads itself again after a while is a page.
    let reload = "<!doctype html><title>a</title><meta http-equiv=refresh content=0>";
    Written::new().page("index.html", SNIPPET, "").file("live.html", reload).only("snippet/missing");
}

#[test]
fn a_canonical_link_to_another_page_is_drift_where_the_tracker_reads_it() {
    let canonical = |path: &str| format!("{SNIPPET}<link rel=\"canonical\" href=\"{path}\">");
    let site = |path: &str| Written::new().page("index.html", SNIPPET, "").page("a/index.html", &canonical(path), "");
    for own in ["https://blog.example/a/", "/a/", "/a", "/a/index.html", "http://blog.example/a/?x=1"] {
        site(own).holds();
    }
    site("https://blog.example/").only("canonical/other-page");
    let foreign = site("https://first.example/a/");
    foreign.holds();
    let matomo = GOATCOUNTER.replace("goatcounter", "matomo");
    let other = Written::with(&matomo).page("index.html", &canonical("/x.html"), "").file("x.html", "part");
    assert!(!other.told(&Rules::ALL).contains(&"canonical/other-page"));
}

#[test]
fn a_policy_that_nobody_is_said_to_obey_is_not_known() {
    let headers = "/*\n  Content-Security-Policy: default-src 'self'\n";
    let site = Written::new().page("index.html", SNIPPET, "").file("_headers", headers);
    site.only("policy/unread");
    assert_eq!(site.report().exit(), Exit::Success);
    let report = site.report();
    assert!(report.human(report::Look { columns: 100, coloured: false }).contains("as far as it"));
}
