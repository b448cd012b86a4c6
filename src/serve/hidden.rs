//! Owns the preview's own pages: `/__blog/`, which lists what nobody else sees and what is wrong, and the page that stands
//! where a page cannot be rendered and never could.
//!
//! Both are whole documents without scripts, and every word in them is text: titles, paths and messages are escaped.

use std::fmt::Write as _;

use super::status::{frame_of, moment};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Level};
use crate::guard::standin;
use crate::post::{Hidden, Post};
use crate::preview::Edition;

/// The policy that these pages are sent with: nothing is loaded, and only their own style applies.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// What the list of hidden things says of the preview itself.
#[derive(Debug, Clone, Copy)]
pub struct Serving<'a> {
    /// The addresses at which it answers.
    pub addresses: &'a [String],
    /// What it was started with, as it would be typed again: `--drafts`.
    pub flags: &'a [String],
}

/// Returns the page `/__blog/`.
pub fn page(edition: &Edition, serving: &Serving<'_>) -> String {
    let site = edition.site.as_deref();
    let title = site.map_or("A site", |site| site.config.title.as_str());
    let mut body = format!("<h1>Preview of {}</h1>\n", escaped(title));
    body.push_str("<section aria-labelledby=\"served\"><h2 id=\"served\">What is served</h2>\n<dl>\n");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(body, "<dt>{name}</dt><dd>{value}</dd>");
    };
    let links = serving.addresses.iter().map(|address| format!("<a href=\"{0}\">{0}</a>", escaped(address)));
    row("Addresses", links.collect::<Vec<_>>().join("<br>"));
    row("Edition", format!("{}, counted from the start", edition.number));
    row("Pages and files", site.map_or(0, |site| site.library.routes.len()).to_string());
    if let Some(site) = site {
        row("Time", format!("{}, <code>--clock</code> sets another", moment(site.config.clock, &site.config.timezone)));
    }
    if !serving.flags.is_empty() {
        row("Started with", serving.flags.iter().map(|flag| code(flag)).collect::<Vec<_>>().join(" "));
    }
    if site.is_some_and(|site| !site.config.analytics.is_empty()) {
        row(
            "Analytics",
            format!("{}; nothing is counted, and no request leaves this machine", sentence(standin::NOTE)),
        );
    }
    if site.is_some_and(|site| site.config.search.is_some()) {
        row("Search", format!("not here: {} makes the index from the finished pages", code("blog build")));
    }
    body.push_str("</dl></section>\n");
    problems(&mut body, &edition.problems);
    if let Some(site) = site {
        hidden(&mut body, &site.config, site.library.hidden.iter().map(AsRef::as_ref));
    }
    document("Preview", "list", &body)
}

/// Returns the page that stands where nothing can be shown: what is wrong, with frames.
pub fn problem_page(about: &str, diagnostics: &[Diagnostic]) -> String {
    let mut body =
        format!("<h1>{}</h1>\n<p>The page appears here by itself when this is mended.</p>\n", sentence(about));
    problems(&mut body, diagnostics);
    document(about, "problems", &body)
}

fn problems(body: &mut String, problems: &[Diagnostic]) {
    body.push_str("<section aria-labelledby=\"problems\"><h2 id=\"problems\">Problems</h2>\n");
    if problems.is_empty() {
        body.push_str("<p>None.</p>\n");
    }
    for problem in problems {
        let level = match problem.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        let message = sentence(&problem.message);
        let frame = escaped(&frame_of(problem));
        let _ = writeln!(
            body,
            "<article class=\"{level}\"><h3>{message}</h3>\n<pre tabindex=\"0\">{frame}</pre></article>"
        );
    }
    body.push_str("</section>\n");
}

fn hidden<'a>(body: &mut String, config: &Config, posts: impl Iterator<Item = &'a Post>) {
    body.push_str("<section aria-labelledby=\"hidden\"><h2 id=\"hidden\">Not shown</h2>\n");
    let mut rows = String::new();
    for post in posts {
        let (why, remedy) = match &post.hidden {
            Some(Hidden::Draft(why)) => (escaped(&why.to_string()), code("--drafts")),
            Some(Hidden::Future(time)) => {
                let day = moment(*time, &config.timezone);
                let clock = day.replace(' ', "T");
                (format!("future: {day}"), format!("{} or {}", code("--future"), code(&format!("--clock {clock}"))))
            }
            Some(Hidden::Expired(time)) => (
                format!("expired: {}", moment(*time, &config.timezone)),
                format!("another {} in its front matter, or an earlier {}", code("expiry_date"), code("--clock")),
            ),
            None => continue,
        };
        let _ = writeln!(
            rows,
            "<tr><td>{}<br>{}</td><td>{why}</td><td>{remedy}</td></tr>",
            escaped(post.title()),
            code(post.source.as_str())
        );
    }
    match rows.is_empty() {
        true => body.push_str("<p>Every post is shown.</p>\n"),
        false => {
            let head =
                "<tr><th scope=\"col\">Post</th><th scope=\"col\">Why</th><th scope=\"col\">What shows it</th></tr>";
            let _ = writeln!(body, "<table><thead>{head}</thead><tbody>\n{rows}</tbody></table>");
        }
    }
    body.push_str("</section>\n");
}

fn document(title: &str, kind: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\" data-watchpost=\"{kind}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         </body>\n</html>\n",
        escaped(title)
    )
}

/// Returns a message with what stands between backticks as code.
fn sentence(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    pieces.map(|(index, piece)| if index % 2 == 1 { code(piece) } else { escaped(piece) }).collect()
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// Returns text that stays text wherever it stands in a page.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(character),
            _ if character.is_control() => safe.push('\u{fffd}'),
            _ => safe.push(character),
        }
    }
    safe
}

const STYLE: &str = "
:root { color-scheme: light dark; --paper: #fcfcf9; --sheet: #f3f3ee; --ink: #191b1f; --soft: #565a61; --rule: #d8d8d0; --accent: #15497f; --bad: #a3231d; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171a; --sheet: #1d2024; --ink: #e3e1da; --soft: #a2a39f; --rule: #34383d; --accent: #9cc0ec; --bad: #f29d92; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 1.0625rem/1.6 \"Iowan Old Style\", \"Palatino Linotype\", \"URW Palladio L\", P052, Palatino, serif; overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem clamp(1.15rem, 5vw, 3rem) 4rem; }
h1, h2, h3 { font-weight: 400; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2rem; margin: 0 0 1rem; } h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; } h3 { font-size: 1.1rem; margin: 1.25rem 0 .4rem; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
dl { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .35rem 1.5rem; margin: 0; }
dt, th { color: var(--soft); font-weight: 400; text-align: start; } dd { margin: 0; }
code, pre { font: .85em/1.5 ui-monospace, \"Cascadia Code\", \"Source Code Pro\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace; }
pre { margin: 0; padding: .7rem .9rem; overflow: auto; overflow-wrap: normal; background: var(--sheet); border-inline-start: 3px solid var(--rule); }
.error pre { border-color: var(--bad); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .45rem 1rem .45rem 0; vertical-align: top; border-block-end: 1px solid var(--rule); }
@media (max-width: 40rem) { dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-block-end: .5rem; } table, tbody, tr, td { display: block; } thead { display: none; } td { border: 0; padding: 0; } tr { padding-block: .5rem; border-block-end: 1px solid var(--rule); } }
";

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use url::Url;

    use super::*;
    use crate::check::page as reader;
    use crate::config::Overrides;
    use crate::diagnostic::Place;
    use crate::preview::{self, Preview};
    use crate::serve::stats;

    const HOSTILE: &str = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

    fn listed(posts: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("content/posts")).unwrap();
        let settings = format!("title = '''{HOSTILE}'''\nbase_url = \"https://blog.example/\"\ntheme = \"paper\"\n");
        fs::write(folder.path().join("site.toml"), settings).unwrap();
        for (name, front) in posts {
            let text = format!("+++\n{front}\n+++\nText.\n");
            fs::write(folder.path().join("content/posts").join(name), text).unwrap();
        }
        let place = preview::Place { origin: Url::parse("http://127.0.0.1:1/").unwrap(), endpoint: stats::endpoint };
        let overrides = Overrides { clock: Some("2026-11-22T12:00:00Z".to_owned()), ..Overrides::default() };
        let preview = Preview::open(folder.path(), &overrides, place);
        let addresses = ["http://127.0.0.1:1111/".to_owned()];
        page(preview.edition(), &Serving { addresses: &addresses, flags: &[] })
    }

    #[test]
    fn every_hidden_post_is_listed_with_its_reason_and_what_shows_it() {
        let html = listed(&[
            ("a.md", "title = \"Ada\"\ndate = 2026-01-01\ndraft = true"),
            ("b.md", "title = \"Bea\"\ndate = 2026-12-24T08:00:00Z"),
            ("c.md", "title = \"Cyd\"\ndate = 2026-01-01\nexpiry_date = 2026-02-01"),
            ("d.md", "title = \"Dee\"\ndate = 2026-01-01"),
        ]);
        for words in [
            "Ada<br><code>content/posts/a.md</code></td><td>draft</td><td><code>--drafts</code>",
            "Bea<br><code>content/posts/b.md</code></td><td>future: 2026-12-24 08:00</td>",
            "<code>--clock 2026-12-24T08:00</code>",
            "Cyd<br><code>content/posts/c.md</code></td><td>expired: 2026-02-01 00:00</td>",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("Dee"));
    }

    #[test]
    fn nothing_that_a_blog_says_becomes_markup() {
        let text: Arc<str> = format!("+++\n{HOSTILE}\n").into();
        let problem = Diagnostic::error("front/toml", HOSTILE)
            .at(Place::span(format!("content/{HOSTILE}.md"), &text, 4..10))
            .with(HOSTILE)
            .hint(HOSTILE);
        let title = format!("title = '''{HOSTILE}'''\ndate = 2026-01-01\ndraft = true");
        for html in [listed(&[("a.md", &title)]), problem_page(HOSTILE, &[problem])] {
            let facts = reader::read(html.as_bytes());
            assert!(facts.scripts.is_empty(), "{html}");
            assert!(!facts.links.iter().any(|link| link.element == "img"), "{html}");
            assert!(html.contains("&lt;script&gt;"));
        }
    }
}
