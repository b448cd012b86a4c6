//! Gives each post and page its address.

use super::slugify;
use crate::config::Config;
use crate::config::pages::PatternPart;
use crate::config::permalink::{Part, Permalink, Token};
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::Route;
use crate::post::{DataRow, Kind, Post};

/// Returns the address of a post, a page or a section; that of a term is its taxonomy's matter.
pub(super) fn of(config: &Config, post: &Post) -> Result<Route, Box<Diagnostic>> {
    let is_home = post.kind == Kind::Section && post.section.is_empty();
    if let Some(path) = post.front.path.as_ref().filter(|_| !is_home) {
        return Ok(path.clone());
    }
    if let Some(row) = &post.row {
        return of_row(post, row);
    }
    let prefix = config.prefix_of(post.language);
    if post.is_not_found() {
        return checked(post, format!("{prefix}/404.html"));
    }
    if post.kind == Kind::Section {
        return section(post, &prefix);
    }
    match post.front.permalink.as_ref().or_else(|| pattern(config, &post.section)) {
        Some(permalink) => checked(post, prefix + &expand(permalink, post)?),
        None => {
            let section = slugs(post, &post.section)?;
            let slug = slug(post)?;
            checked(
                post,
                if section.is_empty() { format!("{prefix}/{slug}/") } else { format!("{prefix}/{section}/{slug}/") },
            )
        }
    }
}

/// Returns which rule gives a post, a page or a section its address, in words, and where that rule is written.
pub fn address_rule(config: &Config, post: &Post) -> (String, Place) {
    if let Some(row) = &post.row {
        let place = config.place(&format!("pages.{}.path", row.rule.number));
        return (format!("the pattern `{}` of `[[pages]]`", row.rule.path.written), place);
    }
    let written = |key: &str| post.front.spans.contains_key(key);
    let slug = match (&post.front.slug, written("slug")) {
        (Some(_), true) => "`slug` in its front matter",
        (Some(_), false) => "`slug` of `[[defaults]]`",
        (None, _) => "the file's name",
    };
    if post.front.path.is_some() {
        let whose = if written("path") { "its front matter" } else { "`[[defaults]]`" };
        return (format!("`path` in {whose}"), post.place("path"));
    }
    if post.kind == Kind::Section {
        return (format!("its folder, and {slug}").replace(", and the file's name", ""), post.place("slug"));
    }
    let named = match &post.front.permalink {
        Some(own) => Some((own, "`permalink` in its front matter".to_owned(), post.place("permalink"))),
        None => pattern(config, &post.section).map(|permalink| {
            let section = config.permalinks.iter().find(|(_, known)| std::ptr::eq(*known, permalink));
            let key = format!("permalinks.{}", section.map_or("", |(name, _)| name.as_str()));
            (permalink, format!("`{key}`"), config.place(&key))
        }),
    };
    match named {
        Some((permalink, key, place)) if permalink.parts.contains(&Part::Token(Token::Slug)) => {
            (format!("the pattern `{permalink}` of {key}, with {slug}"), place)
        }
        Some((permalink, key, place)) => (format!("the pattern `{permalink}` of {key}"), place),
        None => (format!("its folder, and {slug}"), post.place("slug")),
    }
}

/// Returns the address of the page of a data row.
fn of_row(post: &Post, row: &DataRow) -> Result<Route, Box<Diagnostic>> {
    let mut path = String::new();
    for part in &row.rule.path.parts {
        let column = match part {
            PatternPart::Text(text) => {
                path.push_str(text);
                continue;
            }
            PatternPart::Column(column) => column,
        };
        let is_slug = column == "slug";
        let named = match row.text_of(column) {
            _ if is_slug && post.front.slug.is_some() => post.front.slug.clone().unwrap_or_default(),
            Some(text) => slugify(&text),
            None if is_slug => slugify(post.front.title.as_deref().unwrap_or_default()),
            None => String::new(),
        };
        if named.is_empty() {
            let message = match row.text_of(column) {
                Some(text) => format!("no address can be made of `{text}`: it has no letter and no digit"),
                None => format!("this row has no `{column}`, which its address `{}` needs", row.rule.path.written),
            };
            let problem = Diagnostic::error("route/empty-slug", message).at(row.place(column));
            return Err(Box::new(problem.hint("fill it in, or name another column in `path` of `[[pages]]`")));
        }
        path.push_str(&named);
    }
    checked(post, path)
}

/// Returns the pattern of a section: its own, else that of the nearest one above it, else the one for all.
fn pattern<'a>(config: &'a Config, section: &str) -> Option<&'a Permalink> {
    let mut section = section;
    loop {
        if let Some(permalink) = config.permalinks.get(section) {
            return Some(permalink);
        }
        section = match section.rsplit_once('/') {
            Some((above, _)) => above,
            None if section.is_empty() => return None,
            None => "",
        };
    }
}

fn section(post: &Post, prefix: &str) -> Result<Route, Box<Diagnostic>> {
    if post.section.is_empty() {
        return checked(post, format!("{prefix}/"));
    }
    let folders = match (&post.front.slug, post.section.rsplit_once('/')) {
        (Some(slug), Some((above, _))) => format!("{}/{slug}", slugs(post, above)?),
        (Some(slug), None) => slug.clone(),
        (None, _) => slugs(post, &post.section)?,
    };
    checked(post, format!("{prefix}/{folders}/"))
}

/// Returns the folders of a section as they stand in an address.
fn slugs(post: &Post, section: &str) -> Result<String, Box<Diagnostic>> {
    let folders = section.split('/').filter(|folder| !folder.is_empty());
    Ok(folders.map(|folder| named(post, folder)).collect::<Result<Vec<_>, _>>()?.join("/"))
}

fn slug(post: &Post) -> Result<String, Box<Diagnostic>> {
    let slug = post.front.slug.clone().unwrap_or_else(|| slugify(&post.stem));
    if slug.is_empty() { Err(empty(post, &post.stem)) } else { Ok(slug) }
}

fn expand(permalink: &Permalink, post: &Post) -> Result<String, Box<Diagnostic>> {
    let mut path = String::new();
    for part in &permalink.parts {
        match part {
            Part::Text(text) => path.push_str(text),
            Part::Token(Token::Slug) => path.push_str(&slug(post)?),
            Part::Token(Token::Section) => path.push_str(&slugs(post, &post.section)?),
            Part::Token(Token::Stem) => path.push_str(&named(post, &post.stem)?),
            Part::Token(Token::Title) => path.push_str(&named(post, post.title())?),
            Part::Token(token) => {
                let Some(day) = post.day() else {
                    let message = format!("`{}` has no date, and its address needs one", post.source);
                    let problem = Diagnostic::error("route/needs-date", message).at(post.place("permalink"));
                    return Err(Box::new(problem.hint("give it a `date`, or an address of its own with `path`")));
                };
                path.push_str(&match token {
                    Token::Year => format!("{:04}", day.year()),
                    Token::Month => format!("{:02}", day.month()),
                    _ => format!("{:02}", day.day()),
                });
            }
        }
    }
    // `:section` is empty at the top.
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    Ok(path)
}

fn named(post: &Post, name: &str) -> Result<String, Box<Diagnostic>> {
    let slug = slugify(name);
    if slug.is_empty() { Err(empty(post, name)) } else { Ok(slug) }
}

fn empty(post: &Post, name: &str) -> Box<Diagnostic> {
    let message = format!("no address can be made of `{name}`: it has no letter and no digit");
    let problem = Diagnostic::error("route/empty-slug", message).at(post.place("title"));
    Box::new(problem.hint("rename it, or set `slug` or `path` in the front matter"))
}

fn checked(post: &Post, path: String) -> Result<Route, Box<Diagnostic>> {
    Route::new(&*path).map_err(|bad| {
        let message = format!("the address `{path}` cannot be used: {}", bad.reason);
        let problem = Diagnostic::error("route/unsafe", message).at(post.place("slug"));
        Box::new(problem.hint("set `slug` or `path` in its front matter"))
    })
}
