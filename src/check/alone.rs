//! Owns the judging of one page without its folder: what the rules would say of it once it is written.
//!
//! The very rules of [`super::run`] judge, over evidence of one page. What only a folder can tell (feeds, sitemaps, foreign
//! files, fragments of other pages) is left out, and so is every server: nothing here is ever a verdict about one.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::Addresses;
use super::evidence::{Evidence, Table};
use super::folder::served_elsewhere;
use super::headers::Headers;
use super::page;
use super::reduce::{Interner, Reducer};
use super::resolve::{Files, Site};
use super::{RULES, Run};
use crate::config::Config;
use crate::manifest::Entry;
use crate::paths::OutPath;
use crate::verdict::Verdict;

/// What stands around a page.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// What is set.
    pub config: &'a Config,
    /// Whether a file of this path is part of the site.
    pub exists: &'a (dyn Fn(&str) -> bool + Sync),
    /// The text of `_redirects`.
    pub redirects: Option<&'a str>,
    /// The text of `_headers`.
    pub headers: Option<&'a str>,
}

/// What is so of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What the guard's rules about written pages say.
    pub verdicts: Vec<Verdict>,
    /// Links to addresses where nothing stands: path, line.
    pub broken: Vec<(String, u64)>,
    /// Links to parts of pages, but for parts of this one that are there: file, fragment, line.
    pub fragments: Vec<(String, String, u64)>,
    /// The images without a text: address, line.
    pub without_alt: Vec<(String, u64)>,
}

/// Judges one page by the rules for all of them. `entry` says what the writer would say of it.
pub fn page(surroundings: &Surroundings<'_>, path: &OutPath, bytes: &[u8], entry: Option<&Entry>) -> Findings {
    let config = surroundings.config;
    let tables = Table::all(config);
    let facts = page::read(bytes);
    let without_alt = facts.without_alt.clone();
    let reduced = {
        let elsewhere = served_elsewhere(config, &tables);
        let site = Site::of(&config.base_url, Files::Asked(surroundings.exists), surroundings.redirects, elsewhere);
        let reducer = Reducer {
            site,
            tables: &tables,
            site_rules: true,
            interner: Interner::default(),
            addresses: Addresses::default(),
        };
        reducer.page(path.as_str(), facts, entry).0
    };
    let (broken, fragments) = match &reduced.site {
        Some(site) => {
            let fragments = site.fragments.iter();
            let fragments = fragments.map(|(file, fragment, line)| (file.to_string(), fragment.clone(), *line));
            (site.broken.clone(), fragments.collect())
        }
        None => (Vec::new(), Vec::new()),
    };
    let evidence = Evidence {
        config,
        manifest: None,
        tables,
        files: BTreeMap::new(),
        pages: vec![reduced],
        feeds: Vec::new(),
        sitemaps: Vec::new(),
        headers: surroundings.headers.map(Headers::parse),
        sent: None,
        leaks: BTreeSet::new(),
        breaches: Vec::new(),
        lost: Vec::new(),
        unreadable: Vec::new(),
    };
    let rules = RULES.iter().filter_map(|rule| match rule.run {
        Run::Guard(run) => Some(run),
        Run::Site(_) => None,
    });
    Findings { verdicts: rules.flat_map(|run| run(&evidence)).collect(), broken, fragments, without_alt }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sample;
    use crate::verdict::Outcome;

    const ANALYTICS: &str = "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://s.example/\"\nsite = \"1\"\nexclude = [\"/x/\"]\n";
    const SNIPPET: &str =
        "<script data-goatcounter=\"https://s.example/count\" async src=\"https://s.example/count.js\"></script>";

    fn findings(path: &str, html: &str) -> Findings {
        let config = sample(ANALYTICS);
        let exists = |path: &str| ["index.html", "a/index.html", "b.png"].contains(&path);
        let surroundings =
            Surroundings { config: &config, exists: &exists, redirects: Some("/old/* /a/ 301\n"), headers: None };
        page(&surroundings, &OutPath::new(path), html.as_bytes(), None)
    }

    fn drifts(findings: &Findings) -> Vec<&str> {
        let drift = findings.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Drift);
        drift.map(|verdict| verdict.code).collect()
    }

    #[test]
    fn the_rules_for_all_pages_judge_one() {
        let page = |snippets: &str| format!("<!doctype html><head>{snippets}</head><body>a</body>");
        assert_eq!(drifts(&findings("a/index.html", &page(SNIPPET))), Vec::<&str>::new());
        assert_eq!(drifts(&findings("a/index.html", &page(""))), ["snippet/missing"]);
        assert_eq!(drifts(&findings("a/index.html", &page(&SNIPPET.repeat(2)))), ["snippet/doubled"]);
        assert_eq!(drifts(&findings("x/index.html", &page(SNIPPET))), ["snippet/excluded"]);
        let other = SNIPPET.replace("s.example", "t.example");
        assert_eq!(drifts(&findings("a/index.html", &page(&other))), ["snippet/altered"]);
    }

    #[test]
    fn links_and_images_are_judged_against_the_rest_of_the_site() {
        let page = "<!doctype html>\n<a href=/a/>a</a><a href=/nothing/>b</a><a href=/old/c/>c</a><a href=#d>d</a>\n\
                    <p id=e><a href=#e>e</a><a href=/#f>f</a><img src=/b.png><img src=/b.png alt=''><img src=c.png title=c>";
        let findings = findings("a/index.html", page);
        assert_eq!(findings.broken, [("/a/c.png".to_owned(), 3), ("/nothing/".to_owned(), 2)]);
        assert_eq!(
            findings.fragments,
            [("a/index.html".to_owned(), "d".to_owned(), 2), ("index.html".to_owned(), "f".to_owned(), 3)]
        );
        assert_eq!(findings.without_alt, [("/b.png".to_owned(), 3)]);
    }
}
