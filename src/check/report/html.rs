//! Owns the report as one HTML page that needs nothing else: no script, no request, a policy of its own that
//! forbids both. What to do stands first; then the causes, the coverage, the levels, what is locked, and what nobody verified.
//!
//! Whatever pages and servers said is text in it. `pictures` draws the bars and the strips.

mod pictures;
mod sections;

use std::fmt::{self, Write as _};

use sha2::Digest as _;

use super::blocks::{Block, Weight};
use super::text::{Colour, counted, number, tame};
use super::{Report, Whole};
use crate::diagnostic::Exit;
use crate::guard::csp::base64;

const STYLE: &str = include_str!("html/style.css");
/// How many causes are shown in full.
const SHOWN: usize = 200;
/// How many pages of one cause are named.
const PAGES: usize = 500;

/// HTML in the making; only what went through [`text`] or [`words`] comes from outside.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn add(&mut self, html: fmt::Arguments<'_>) {
        writeln!(self.0, "{html}").expect("writing into a string never fails");
    }
}

/// Returns the report as a page.
pub(super) fn html(whole: &Whole<'_>) -> String {
    let empty = Report::default();
    let report = whole.report.unwrap_or(&empty);
    let mut blocks = whole.blocks();
    blocks.sort_by_key(|block| block.weight);
    let headline = whole.headline();
    let site = match report.background.base_url.as_str() {
        "" => "a run that ended early",
        site => site,
    };
    let style = base64(&sha2::Sha256::digest(STYLE));
    let mut page = Page::default();
    page.add(format_args!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; img-src data:; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{} · {} · Watchpost</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>{STYLE}</style>\n</head>\n<body>",
        text(headline.word),
        text(site),
    ));
    let when = whole.report.map(|report| format!(", {}", date(report.now))).unwrap_or_default();
    page.add(format_args!(
        "<header class=\"outcome {}\">\n<h1><strong>{}:</strong> {}</h1>\n<p>The guard's report on <strong>{}</strong>{when}. {}</p>\n</header>\n<main>",
        tone(headline.colour),
        text(&capital(headline.word)),
        words(&headline.message),
        text(site),
        meaning(whole.exit),
    ));
    first(&mut page, report, &blocks);
    causes(&mut page, &blocks);
    sections::coverage(&mut page, report);
    sections::levels(&mut page, report);
    sections::locked(&mut page, report);
    sections::uncovered(&mut page, report);
    sections::holding(&mut page, report);
    page.add(format_args!(
        "</main>\n<footer><p>Made by Watchpost {} with <code>--format html</code>. This page runs no script and asks nobody for anything. \
         It says what was so when it was made.</p></footer>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION"),
    ));
    page.0
}

/// Says what a run's exit code means for whoever reads this.
fn meaning(exit: Exit) -> &'static str {
    match exit {
        Exit::Success => "Nothing that was verified speaks against publishing (exit code 0).",
        Exit::Site => "The site itself has to be mended first (exit code 1).",
        Exit::Usage => "A setting has to be mended first (exit code 2).",
        Exit::Drift => "Visits are being lost, or would be if this were published (exit code 3).",
        Exit::Unknown => "It is not known whether visits are counted (exit code 4).",
        Exit::Trend => "Fewer visits arrive than there should be (exit code 5).",
        Exit::World => "This machine could not do what was asked of it (exit code 6).",
    }
}

/// Says what to do first: what mends the worst that was found.
fn first(page: &mut Page, report: &Report, blocks: &[Block<'_>]) {
    let worst = blocks.first().filter(|block| block.weight < Weight::Note);
    page.add(format_args!(
        "<section class=\"first\" aria-labelledby=\"first\">\n<h2 id=\"first\">What to do first</h2>"
    ));
    match worst {
        Some(block) => {
            let explain = format!("`blog explain {}` tells more", block.code);
            let todo = block.fix.as_deref().map_or_else(|| explain.clone(), ToOwned::to_owned);
            page.add(format_args!("<p class=\"do\">{}.</p>", words(&capital(&todo))));
            let also = if block.fix.is_some() { format!(" {}.", words(&capital(&explain))) } else { String::new() };
            page.add(format_args!("<p class=\"soft\">Because {}.{also}</p>", words(&block.message)));
            let more = blocks.iter().filter(|block| block.weight < Weight::Note).count() - 1;
            if more > 0 {
                page.add(format_args!("<p class=\"soft\">Then {more} more, in order of weight below.</p>"));
            }
        }
        None if report.guarded.is_empty() => {
            page.add(format_args!(
                "<p class=\"do\">If this site has analytics, describe them in an <code>[analytics]</code> table of <code>site.toml</code>.</p>\n\
                 <p class=\"soft\">Until then nothing about them can be verified.</p>"
            ));
        }
        None if report.stand_in() => {
            page.add(format_args!(
                "<p class=\"do\">Name your own server as <code>endpoint</code> in <code>site.toml</code> before you publish.</p>\n\
                 <p class=\"soft\">The stand-in answered: this proves the site, not your analytics.</p>"
            ));
        }
        None => page.add(format_args!("<p class=\"do\">Nothing. Read below what this report does not cover.</p>")),
    }
    page.add(format_args!("</section>"));
}

/// Writes a block for each cause.
fn causes(page: &mut Page, blocks: &[Block<'_>]) {
    if blocks.is_empty() {
        return;
    }
    page.add(format_args!("<section aria-labelledby=\"causes\">\n<h2 id=\"causes\">What was found</h2>"));
    for block in blocks.iter().take(SHOWN) {
        cause(page, block);
    }
    if blocks.len() > SHOWN {
        page.add(format_args!(
            "<p>And {} more; <code>--format json</code> lists all.</p>",
            number(blocks.len() - SHOWN)
        ));
    }
    page.add(format_args!("</section>"));
}

fn cause(page: &mut Page, block: &Block<'_>) {
    let tone = tone(block.colour);
    page.add(format_args!(
        "<article class=\"{tone}\">\n<p class=\"head\"><span class=\"mark\">{}</span> <code>{}</code></p>\n<h3>{}</h3>",
        text(block.word),
        text(block.code),
        words(&capital(&block.message)),
    ));
    // All pages stand below, so that the few need not.
    let many = block.pages().len() > 1;
    let rows: Vec<_> = block.rows.iter().filter(|(label, _)| !(many && *label == "pages")).collect();
    if !rows.is_empty() || block.fix.is_some() {
        page.add(format_args!("<dl>"));
        for (label, row) in rows {
            page.add(format_args!("<dt>{label}</dt><dd>{}</dd>", words(row)));
        }
        if let Some(fix) = &block.fix {
            page.add(format_args!("<dt>fix</dt><dd class=\"fix\">{}</dd>", words(fix)));
        }
        page.add(format_args!("</dl>"));
    }
    if many {
        page.add(format_args!("<details><summary>{}</summary><ul>", counted(block.pages().len(), "page")));
        for path in block.pages().iter().take(PAGES) {
            page.add(format_args!("<li><code>{}</code></li>", text(path)));
        }
        if block.pages().len() > PAGES {
            let more = number(block.pages().len() - PAGES);
            page.add(format_args!("<li>and {more} more; <code>--format json</code> lists all</li>"));
        }
        page.add(format_args!("</ul></details>"));
    }
    page.add(format_args!("</article>"));
}

/// Returns the class that gives an element a colour; the words beside it say the same.
fn tone(colour: Colour) -> &'static str {
    match colour {
        Colour::Red => "red",
        Colour::Yellow => "amber",
        Colour::Green => "green",
        Colour::Blue | Colour::Bold => "blue",
    }
}

/// Returns words as text: what HTML gives a meaning to is escaped, what would turn or hide text is spelt out.
fn text(words: &str) -> String {
    tame(words).chars().fold(String::with_capacity(words.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' => escaped.extend(character.escape_unicode()),
            _ => escaped.push(character),
        }
        escaped
    })
}

/// Returns words as text, with what stands in backticks as code.
fn words(words: &str) -> String {
    let parts: Vec<&str> = words.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(words);
    }
    let part = |(index, part): (usize, &&str)| match index % 2 {
        1 => format!("<code>{}</code>", text(part)),
        _ => text(part),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Returns a sentence with a capital at its start; code keeps its own.
fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Returns a moment for people and for machines.
fn date(moment: jiff::Timestamp) -> String {
    format!(
        "<time datetime=\"{}\">{}</time>",
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        moment.strftime("%-d %B %Y, %H:%M UTC")
    )
}

#[cfg(test)]
mod tests;
