//! Owns what a theme owes to each page, as rules over the finished pages of a trial site.
//!
//! What every site is judged by (the snippet, links, ids, feeds) is for `check`; this is about the theme alone.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::facts::{Facts, read};
use super::sites::TEXTS;
use super::{Finished, TrialSite};
use crate::diagnostic::{Diagnostic, folded};
use crate::manifest::FileKind;

/// Where the snippet's tracker comes from on a trial site: the stand-in's name on pages.
const STAND_IN: &str = "analytics.invalid";

/// One page and what was seen on it.
struct Seen<'a> {
    file: &'a Finished,
    url: Url,
    facts: Facts,
}

/// Judges the finished files of a trial site that stands at `base`.
pub fn judge(site: &TrialSite, base: &Url, files: &[Finished]) -> Vec<Diagnostic> {
    let mut pages = Vec::new();
    for file in files.iter().filter(|file| file.kind == FileKind::Page) {
        let address = file.path.strip_suffix("index.html").unwrap_or(&file.path);
        // A path that the engine wrote is one; what could not be joined stands nowhere.
        let Ok(url) = base.join(address) else { continue };
        pages.push(Seen { file, url, facts: read(&file.text) });
    }
    let mut found = Vec::new();
    for page in &pages {
        found.extend(document(page));
        found.extend(safety(page, base));
    }
    if site.is_whole {
        found.extend(texts(&pages));
        found.extend(reach(&pages, base));
    }
    let named =
        found.into_iter().map(|one| Diagnostic { message: format!("{} (site `{}`)", one.message, site.name), ..one });
    folded(named)
}

/// Says what is wrong with the frame of a document.
fn document(page: &Seen<'_>) -> Vec<Diagnostic> {
    let facts = &page.facts;
    let layout = layout(page);
    let mut found = Vec::new();
    let mut wrong = |message: String, hint: &str| {
        found.push(Diagnostic::error("theme/document", message).hint(hint.to_owned()));
    };
    if facts.language.is_none() {
        wrong(format!("{layout} writes no language"), "write `<html lang=\"{{ lang }}\">`");
    }
    if facts.titles != 1 || facts.title.trim().is_empty() {
        wrong(
            format!("{layout} has no title, or more than one"),
            "write one `<title>` in the head, with the page's own title in it",
        );
    }
    if facts.viewports != 1 {
        let hint = "write `<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">` once";
        wrong(format!("{layout} leaves a telephone at the width of a desk"), hint);
    }
    if facts.mains != 1 {
        let message = format!("{layout} has {} `<main>` elements", facts.mains);
        wrong(message, "put what a page is about into one `<main>`, so that those who listen can go there");
    }
    let first = facts.headings.iter().filter(|level| **level == 1).count();
    if first != 1 {
        wrong(
            format!("{layout} has {first} headings of the first level"),
            "give each page one `<h1>`: what it is about",
        );
    }
    let skips = facts.headings.windows(2).find(|pair| pair[1] > pair[0] + 1);
    if let Some(pair) = skips {
        let message = format!("{layout} goes from a heading of level {} to one of level {}", pair[0], pair[1]);
        found.push(
            Diagnostic::warning("theme/headings", message).hint("leave no level out: those who listen go by them"),
        );
    }
    if facts.has_colours && !facts.stylesheets.iter().any(|address| address.contains("highlight")) {
        let message = format!("{layout} shows coloured code without its stylesheet");
        found.push(
            Diagnostic::error("theme/code-colours", message)
                .hint("link `config.highlight_css` where `page.has_code`, and where a summary in a list has code"),
        );
    }
    if facts.feeds == 0 {
        let message = format!("{layout} names no feed");
        found.push(Diagnostic::warning("theme/feeds", message).hint("write `{{ feeds() }}` once into the head"));
    }
    found
}

/// Says what would let strangers in: text that became markup, foreign requests, scripts and styles in the page.
fn safety(page: &Seen<'_>, base: &Url) -> Vec<Diagnostic> {
    let facts = &page.facts;
    let layout = layout(page);
    let mut found = Vec::new();
    if facts.unescaped {
        let message = format!("{layout} prints a title, a name or a description as markup");
        found.push(
            Diagnostic::error("theme/unescaped", message).hint(
                "take `| safe` off: only `content`, `summary` and what functions give are HTML, and they need none",
            ),
        );
    }
    let addresses = facts.fetched.iter().chain(&facts.stylesheets);
    let hosts: BTreeSet<String> = addresses
        .filter_map(|address| page.url.join(address).ok())
        .filter(|url| url.host_str() != base.host_str() && url.host_str() != Some(STAND_IN))
        .filter_map(|url| url.host_str().map(ToOwned::to_owned))
        .collect();
    for host in hosts {
        let message = format!("{layout} fetches something from `{host}`");
        found.push(Diagnostic::warning("theme/foreign-request", message).hint(
            "put the file into the theme's `static/`: each foreign host learns who reads, and can break the page",
        ));
    }
    if let Some(first) = facts.inline.first() {
        let message = format!("{layout} has {first} in the page");
        found.push(Diagnostic::warning("theme/inline", message).hint(
            "move it into a file in `static/`: a strict content security policy runs nothing that stands in the page",
        ));
    }
    found
}

/// Says which texts are not printed.
fn texts(pages: &[Seen<'_>]) -> Vec<Diagnostic> {
    let missing = TEXTS.iter().filter_map(|(path, id)| {
        let page = pages.iter().find(|page| page.file.path == *path)?;
        (!page.facts.ids.contains(*id)).then(|| {
            let kind = id.strip_prefix("kit-").unwrap_or(id);
            let message = format!("{} does not print the text of a {kind}", layout(page));
            let name = if kind == "post" { "page" } else { kind };
            Diagnostic::error("theme/text", message).hint(format!("write `{{{{ {name}.content }}}}` where it belongs"))
        })
    });
    missing.collect()
}

/// Says which posts and which further pages of lists nobody can reach from the home page.
fn reach(pages: &[Seen<'_>], base: &Url) -> Vec<Diagnostic> {
    let by_address: BTreeMap<&str, &Seen<'_>> = pages.iter().map(|page| (page.url.path(), page)).collect();
    let mut reached = BTreeSet::new();
    // A section is for the site's own menu to link; what it lists is for the theme.
    let mut open = vec![base.path().to_owned(), format!("{}notes/", base.path())];
    while let Some(path) = open.pop() {
        let Some(page) = by_address.get(path.as_str()) else { continue };
        if !reached.insert(path) {
            continue;
        }
        let leads = page.facts.links.iter().filter_map(|link| page.url.join(link).ok());
        open.extend(leads.filter(|url| url.host_str() == base.host_str()).map(|url| url.path().to_owned()));
    }
    let lost = |page: &&Seen<'_>| {
        let path = &page.file.path;
        let is_wanted = path.starts_with("posts/")
            || path.contains("/page/")
            || path.starts_with("page/")
            || path.starts_with("tags/");
        is_wanted && !reached.contains(page.url.path())
    };
    let lost: Vec<&str> = pages.iter().filter(lost).map(|page| page.url.path()).collect();
    let Some(first) = lost.first() else { return Vec::new() };
    let others = if lost.len() > 1 { format!(" and {} more", lost.len() - 1) } else { String::new() };
    let message = format!("nobody who begins at the home page comes to `{first}`{others}");
    vec![
        Diagnostic::error("theme/unreachable", message)
            .hint("link `paginator.next` and `paginator.previous` on lists, terms where posts name them, and the archive in the menu"),
    ]
}

/// Names a page by the template that made it.
fn layout(page: &Seen<'_>) -> String {
    match &page.file.layout {
        Some(layout) => format!("`{layout}`"),
        None => format!("`{}`", page.file.path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::SITES;

    const GOOD: &str = "<!doctype html><html lang=en><head><title>x</title><meta name=viewport content=a>\
                        <link rel=alternate type=application/rss+xml href=feed.xml></head><body><main><h1>x</h1></main></body></html>";

    fn codes(html: &str) -> Vec<&'static str> {
        let base = Url::parse("https://kit.example/").unwrap();
        let file = Finished {
            path: "index.html".to_owned(),
            kind: FileKind::Page,
            layout: Some("index.html".to_owned()),
            text: html.to_owned(),
        };
        judge(&SITES[1], &base, &[file]).iter().map(|one| one.code).collect()
    }

    #[test]
    fn a_page_in_order_is_left_in_peace_and_each_fault_is_told() {
        assert_eq!(codes(GOOD), Vec::<&str>::new());
        for (from, to, code) in [
            (" lang=en", "", "theme/document"),
            ("<title>x</title>", "", "theme/document"),
            ("<title>x</title>", "<title> </title>", "theme/document"),
            ("<meta name=viewport content=a>", "", "theme/document"),
            ("<h1>x</h1>", "", "theme/document"),
            ("<h1>x</h1>", "<h1>x</h1><h1>y</h1>", "theme/document"),
            ("<main>", "<div>", "theme/document"),
            ("<h1>x</h1>", "<h1>x</h1><h3>y</h3>", "theme/headings"),
            ("<h1>x</h1>", "<h1>x</h1><pre class=code>y</pre>", "theme/code-colours"),
            ("<link rel=alternate type=application/rss+xml href=feed.xml>", "", "theme/feeds"),
            ("<h1>x</h1>", "<h1><kit-unescaped>x</h1>", "theme/unescaped"),
            ("<h1>x</h1>", "<h1>x</h1><img alt='' src=https://fonts.example/a.png>", "theme/foreign-request"),
            ("</head>", "<link rel=stylesheet href=//fonts.example/a.css></head>", "theme/foreign-request"),
            ("<h1>x</h1>", "<h1 style='color:red'>x</h1>", "theme/inline"),
            ("</head>", "<script>x()</script></head>", "theme/inline"),
            ("</head>", "<style>a{}</style></head>", "theme/inline"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            assert_eq!(codes(&GOOD.replace(from, to)), [code], "{to}");
        }
    }

    #[test]
    fn the_stand_in_s_tracker_and_data_for_machines_are_no_faults() {
        let more = "<script src=https://analytics.invalid/count.js></script><script type=application/ld+json>{}</script></head>";
        assert_eq!(codes(&GOOD.replace("</head>", more)), Vec::<&str>::new());
    }
}
