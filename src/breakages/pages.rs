//! The breakages of the snippet on written pages: lost, moved to where no browser runs it, altered, doubled.

use std::collections::BTreeSet;

use super::{Breakage, Class, Page, Right, Scene, Staged, at};
use crate::analytics;
use crate::verdict::GuardLevel::{L0, L1, L2};

const fn drift(
    name: &'static str,
    like: &'static [u8],
    story: &'static str,
    stage: fn(&mut Scene) -> Staged,
) -> Breakage {
    Breakage { name, class: Class::Snippet, story, like, right: Right::Drift, stage }
}

const fn quiet(name: &'static str, story: &'static str, stage: fn(&mut Scene) -> Staged) -> Breakage {
    Breakage { name, class: Class::Harmless, story, like: &[], right: Right::Quiet, stage }
}

pub(super) const BREAKAGES: &[Breakage] = &[
    drift("lost-everywhere", &[20, 23, 24], "a theme update or a setting drops the snippet", |scene| {
        at(L0, scene.change_all(|_| String::new()))
    }),
    drift("lost-in-one-section", &[21, 45], "the layout of one section loses the snippet", |scene| {
        let sections: BTreeSet<String> = scene.pages.values().map(|page| page.section.clone()).collect();
        let Some(section) = sections.last().filter(|_| sections.len() > 1).cloned() else {
            return Staged::Pointless("the site has one section");
        };
        at(L0, scene.change(|_, page| page.section == section, |_| String::new()))
    }),
    drift("lost-on-one-page", &[45], "one page is made outside the template", |scene| {
        let Some(chosen) = last_page(scene) else { return Staged::Pointless("no page counts") };
        at(L0, scene.change(|path, _| path == chosen, |_| String::new()))
    }),
    drift("lost-on-the-home-page", &[21], "the home page has a layout of its own, without the snippet", |scene| {
        at(L0, scene.change(|path, _| path == "index.html", |_| String::new()))
    }),
    drift("lost-on-the-404-page", &[45], "the error page is not counted", |scene| {
        at(L0, scene.change(|path, _| path == "404.html", |_| String::new()))
    }),
    drift("commented-out", &[49], "somebody comments the snippet out and forgets it", |scene| {
        at(L0, scene.change_all(|snippet| format!("<!-- {snippet} -->")))
    }),
    drift("in-noscript", &[49], "the snippet slips into `noscript`", |scene| {
        at(L0, scene.change_all(|snippet| format!("<noscript>{snippet}</noscript>")))
    }),
    drift("in-template", &[49], "a component leaves the snippet in a `template` element", |scene| {
        at(L0, scene.change_all(|snippet| format!("<template>{snippet}</template>")))
    }),
    drift("in-textarea", &[49], "the snippet stands in a form field, as in a page of instructions", |scene| {
        at(L0, scene.change_all(|snippet| format!("<textarea>{snippet}</textarea>")))
    }),
    drift("shown-as-code", &[49], "the snippet is escaped: visitors read it, browsers do not run it", |scene| {
        let escape = |snippet: &str| snippet.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        at(L0, scene.change_all(|snippet| format!("<pre><code>{}</code></pre>", escape(snippet))))
    }),
    drift("cut-short", &[23], "pages end in the middle of the snippet", |scene| {
        let spans: Vec<_> =
            scene.pages.iter().filter_map(|(path, page)| Some((path.clone(), scene.snippet_in(&page.html)?))).collect();
        for (path, span) in &spans {
            let half = (span.start + span.end) / 2;
            if let Some(page) = scene.pages.get_mut(path) {
                let half = (span.start..=half).rev().find(|at| page.html.is_char_boundary(*at)).unwrap_or(span.start);
                page.html.truncate(half);
            }
        }
        at(L0, !spans.is_empty())
    }),
    drift("doubled", &[40], "theme and plugin both put the snippet in", |scene| {
        at(L0, scene.change_all(|snippet| format!("{snippet}\n{snippet}")))
    }),
    drift("doubled-on-one-page", &[40], "one post pastes the snippet a second time", |scene| {
        let Some(chosen) = last_page(scene) else { return Staged::Pointless("no page counts") };
        at(L0, scene.change(|path, _| path == chosen, |snippet| format!("{snippet}\n{snippet}")))
    }),
    drift("old-vendor-left-in", &[18], "the tag of the vendor before is still in the layout", |scene| {
        let other = match scene.provider.name {
            "matomo" => {
                "<script data-goatcounter=\"https://old.example/count\" async src=\"https://old.example/count.js\"></script>"
            }
            _ => {
                "<script>var _paq=window._paq=window._paq||[];_paq.push(['setTrackerUrl','https://old.example/matomo.php']);_paq.push(['setSiteId','1']);_paq.push(['trackPageView']);var g=document.createElement('script');g.src='https://old.example/matomo.js';document.head.appendChild(g)</script>"
            }
        };
        at(L0, scene.change_all(|snippet| format!("{other}{snippet}")))
    }),
    drift(
        "dead-tag-left-in",
        &[18],
        "the tag of a service that was switched off years ago is still in the layout",
        |scene| {
            if scene.provider.name == "ga4" {
                return Staged::Pointless("beside a live snippet of the same vendor it harms nobody");
            }
            let dead = "<script>ga('create', 'UA-12345-1', 'auto'); ga('send', 'pageview')</script>";
            at(L0, scene.change_all(|snippet| format!("{dead}{snippet}")))
        },
    ),
    drift("wrong-site", &[26], "the site id of another site is pasted in", |scene| {
        if !(scene.provider.site_in_snippet)(&scene.table) {
            return Staged::Pointless("the snippet names no site");
        }
        let site = scene.table.site.clone();
        let (from, to) = (format!("\"{site}\""), format!("\"{}\"", other_site(&site)));
        at(L0, scene.change_all(|snippet| snippet.replace(&from, &to)))
    }),
    drift("wrong-server", &[26], "the snippet names another server", |scene| {
        let Some(host) = scene.target.collect.host_str().map(str::to_owned) else {
            return Staged::Pointless("the server has no name");
        };
        at(L0, scene.change_all(|snippet| snippet.replace(&host, "stats.other.example")))
    }),
    drift("look-alike-tracker", &[38], "the script comes from a host that looks like the vendor's", |scene| {
        let script = scene.target.script.to_string();
        let Some(host) = scene.target.script.host_str().map(str::to_owned) else {
            return Staged::Pointless("the server has no name");
        };
        let other = script.replacen(&host, &format!("{host}.cdn.example"), 1);
        at(L0, scene.change_all(|snippet| snippet.replace(&script, &other)))
    }),
    drift("not-encrypted", &[37], "the snippet loads over http", |scene| {
        at(L0, scene.change_all(|snippet| snippet.replace("https://", "http://")))
    }),
    drift(
        "waits-for-a-consent-nobody-asks",
        &[48],
        "the tag is made inert for a consent manager that is gone",
        |scene| at(L0, scene.change_all(|snippet| snippet.replace("<script", "<script type=\"text/plain\""))),
    ),
    drift("type-rewritten", &[14], "an optimiser rewrites the type of every script", |scene| {
        let kind = "<script type=\"4f2a1c-text/javascript\"";
        at(L0, scene.change_all(|snippet| snippet.replace(" type=\"module\"", "").replace("<script", kind)))
    }),
    drift("source-renamed", &[14, 15], "a bundler copies the script under a name of its own", |scene| {
        let script = scene.target.script.to_string();
        at(L0, scene.change_all(|snippet| snippet.replace(&script, "/assets/bundle.3f9c1a.js")))
    }),
    drift("source-relative", &[15], "the script's address is written relative to the site", |scene| {
        let (script, path) = (scene.target.script.to_string(), scene.target.script.path().to_owned());
        at(L0, scene.change_all(|snippet| snippet.replace(&script, &path)))
    }),
    drift(
        "delayed-by-lazy-loading",
        &[14],
        "a plugin moves `src` to `data-src`, for a script that is not there",
        |scene| {
            at(L0, scene.change_all(|snippet| snippet.replace(" src=", " data-src=").replace(".src=", ".dataSrc=")))
        },
    ),
    drift("nomodule", &[14], "the tag is marked for browsers without modules: none is left", |scene| {
        if analytics::snippet(&scene.table, None).contains("type=\"module\"") {
            return Staged::Pointless("browsers run a module whether it says `nomodule` or not");
        }
        at(L0, scene.change_all(|snippet| snippet.replace("<script", "<script nomodule")))
    }),
    drift("wrong-digest", &[38], "the tag names a digest that the script no longer has", |scene| {
        let integrity = " integrity=\"sha384-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" crossorigin=\"anonymous\" src=";
        at(L1, scene.change_all(|snippet| snippet.replace(" src=\"", &format!("{integrity}\""))))
    }),
    drift(
        "hosts-of-the-old-domain",
        &[28],
        "the blog has moved, and the list of hosts in the snippet has not",
        |scene| {
            let list = scene
                .provider
                .options
                .iter()
                .find(|row| row.name.ends_with("domains") && !row.name.contains("excluded"));
            let Some(list) = list else { return Staged::Pointless("its snippet lists no hosts") };
            let old = toml::Value::Array(vec!["old.example".into()]);
            let mut table = scene.table.clone();
            table.options.insert(list.name.to_owned(), old);
            let snippet = analytics::snippet(&table, None);
            let changed = scene.change_all(|_| snippet.clone());
            // It was so when it was set up.
            scene.first_sight = true;
            scene.table = table;
            at(L2, changed)
        },
    ),
    drift("never-asked-to-count", &[1], "the snippet is trimmed, and the command that counts goes with it", |scene| {
        at(
            L2,
            scene.change_all(|snippet| {
                let mut snippet = snippet.to_owned();
                for view in [
                    "_paq.push([\"trackPageView\"]);",
                    "fathom(\"trackPageview\");",
                    "owa_cmds.push([\"trackPageView\"]);",
                ] {
                    snippet = snippet.replace(view, "");
                }
                snippet
            }),
        )
    }),
    drift("canonical-collapsed", &[], "every page names the home page as its canonical address", |scene| {
        if !scene.provider.canonical_decides_path {
            return Staged::Pointless("its tracker takes no path from the canonical address");
        }
        let home = scene.base_url.to_string();
        let mut changed = false;
        for page in scene.pages.values_mut().filter(|page| page.counts) {
            let (html, did) = with_canonical(&page.html, &home);
            page.html = html;
            changed |= did;
        }
        at(L0, changed)
    }),
    drift("excluded-page-counts", &[46], "a page that is to be left alone carries the snippet", |scene| {
        let Some(pattern) = scene.table.exclude.first().cloned() else {
            return Staged::Pointless("no page is excluded");
        };
        let path = format!("{}drill/index.html", pattern.trim_start_matches('/').trim_end_matches('*'));
        let Some(page) = scene.pages.values().find(|page| page.counts && page.section.is_empty()).cloned() else {
            return Staged::Pointless("no page counts");
        };
        scene.pages.insert(path, Page { counts: false, ..page });
        at(L0, true)
    }),
    Breakage {
        name: "settings-changed-unnoticed",
        class: Class::Settings,
        story: "site.toml leaves more pages out than it did when it was locked",
        like: &[23],
        right: Right::Drift,
        stage: |scene| {
            scene.table.exclude.push("/nothing-is-here/**".to_owned());
            at(L0, true)
        },
    },
    quiet("quoted-in-a-post", "a post quotes the snippet in a code block", |scene| {
        let Some(snippet) = any_snippet(scene) else { return Staged::Pointless("no page counts") };
        let quoted = snippet.replace('&', "&amp;").replace('<', "&lt;");
        scene.change_all(|own| format!("{own}<pre><code>{quoted}</code></pre><!-- {snippet} -->"));
        at(L0, true)
    }),
    quiet("copied-into-noscript-beside", "the snippet also stands where no browser runs it", |scene| {
        at(L0, scene.change_all(|snippet| format!("{snippet}<template>{snippet}</template>")))
    }),
    quiet("new-page-that-only-redirects", "an alias is added, which is to carry nothing", |scene| {
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Moved</title><meta http-equiv=\"refresh\" content=\"0; url={0}\"><link rel=\"canonical\" href=\"{0}\"></head><body><a href=\"{0}\">Moved</a></body></html>",
            scene.base_url
        );
        scene.pages.insert("drill-alias/index.html".to_owned(), Page { html, section: String::new(), counts: false });
        at(L0, true)
    }),
    quiet("moved-within-the-page", "the snippet moves to the end of the body", |scene| {
        let moved: Vec<(String, String)> = scene
            .pages
            .iter()
            .filter(|(_, page)| page.counts)
            .filter_map(|(path, page)| {
                let span = scene.snippet_in(&page.html)?;
                let snippet = page.html[span.clone()].to_owned();
                let mut html = page.html.clone();
                html.replace_range(span, "");
                let end = html.rfind("</body>").unwrap_or(html.len());
                html.insert_str(end, &snippet);
                Some((path.clone(), html))
            })
            .collect();
        let any = !moved.is_empty();
        for (path, html) in moved {
            if let Some(page) = scene.pages.get_mut(&path) {
                page.html = html;
            }
        }
        at(L0, any)
    }),
];

/// Returns the last page that counts and has an address of its own.
fn last_page(scene: &Scene) -> Option<String> {
    let counting = scene.pages.iter().filter(|(path, page)| page.counts && path.as_str() != "404.html");
    counting.map(|(path, _)| path.clone()).next_back()
}

/// Returns the snippet of some page.
fn any_snippet(scene: &Scene) -> Option<String> {
    let counting = scene.pages.values().filter(|page| page.counts);
    counting.filter_map(|page| Some(page.html[scene.snippet_in(&page.html)?].to_owned())).next()
}

/// Returns a site that is not this one.
pub(super) fn other_site(site: &str) -> String {
    match site.parse::<u64>() {
        Ok(number) => (number + 1).to_string(),
        Err(_) => format!("{site}x"),
    }
}

/// Lets a page name another canonical address.
fn with_canonical(html: &str, target: &str) -> (String, bool) {
    let Some(link) = html.find("rel=\"canonical\"").or_else(|| html.find("rel=canonical")) else {
        return (html.to_owned(), false);
    };
    let start = html[..link].rfind("<link").unwrap_or(link);
    let Some(end) = html[start..].find('>').map(|end| start + end + 1) else { return (html.to_owned(), false) };
    let changed = format!("{}<link rel=\"canonical\" href=\"{target}\">{}", &html[..start], &html[end..]);
    let did = changed != html;
    (changed, did)
}
