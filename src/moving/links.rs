//! Finds the links of a source that a move would break, and says what stands in their place: only their destinations change.
//!
//! Looks where a link really stands, in the text or in a reference definition; what is only quoted in code is left alone.

use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use pulldown_cmark::{Event, LinkType, Parser, Tag};

use super::{Edit, Move};
use crate::article::{self, OutlineLinkKind};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place};
use crate::library::{Library, Page, PostId};
use crate::paths::{Route, SourcePath};
use crate::post::Post;
use crate::source::Sources;

/// What cannot stand in a destination as it is.
const ESCAPED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'<').add(b'>').add(b'(').add(b')').add(b'\\').add(b'?').add(b'#').add(b'%');

/// Returns the edits of one source, in order.
pub(super) fn edits(
    config: &Config,
    sources: &Sources,
    library: &Library,
    post: &Post,
    moved: &Move,
) -> Result<Vec<Edit>, Vec<Diagnostic>> {
    let markdown = post.markdown();
    let mut edits = Vec::new();
    let mut problems = Vec::new();
    let mut visit = |destination: &str, range: Range<usize>, from: usize| {
        let Some(new) = changed(sources, library, post, moved, destination) else { return };
        // As it stands in the text: between the label and the end, where it is the first such word.
        let written = markdown.get(from..range.end).and_then(|text| text.find(destination)).map(|at| from + at);
        match written {
            Some(at) => {
                let start = post.body.start + at;
                edits.push(Edit { span: start..start + destination.len(), text: new });
            }
            None => {
                let message = format!(
                    "the link to `{destination}` would break, and is written in a way that cannot be changed for you"
                );
                let place =
                    Place::span(&post.source, &post.text, post.body.start + range.start..post.body.start + range.end);
                problems.push(
                    Diagnostic::error("mv/refused", message)
                        .at(place)
                        .hint(format!("write it without escapes, or change it to `{new}` yourself")),
                );
            }
        }
    };
    let parser = Parser::new_ext(markdown, article::parser_options(&config.markdown));
    let definitions: Vec<(String, Range<usize>)> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| (definition.dest.to_string(), definition.span.clone()))
        .collect();
    for (destination, span) in definitions {
        let from = markdown[span.clone()].find("]:").map_or(span.start, |at| span.start + at + 2);
        visit(&destination, span, from);
    }
    // Where the content of each open link ends so far: its destination stands after that.
    let mut open: Vec<(String, Range<usize>, usize)> = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
                let destination = if link_type == LinkType::Inline { dest_url.into_string() } else { String::new() };
                let start = range.start + 1;
                open.push((destination, range, start));
            }
            Event::End(pulldown_cmark::TagEnd::Link | pulldown_cmark::TagEnd::Image) => {
                let Some((destination, own, inner)) = open.pop() else { continue };
                if !destination.is_empty() {
                    let from = markdown[inner..own.end].find("](").map_or(inner, |at| inner + at + 2);
                    visit(&destination, own.clone(), from);
                }
                if let Some((.., inner)) = open.last_mut() {
                    *inner = own.end;
                }
            }
            _ => {
                if let Some((.., inner)) = open.last_mut() {
                    *inner = range.end.max(*inner);
                }
            }
        }
    }
    if problems.is_empty() {
        super::sort(&mut edits);
        edits.dedup();
        Ok(edits)
    } else {
        Err(problems)
    }
}

/// Returns the edits of links by name (`[[name]]`) that would mean another post, or none, after the move: the path is written
/// in the name's place, and what the reader sees stays.
pub(super) fn names(config: &Config, before: &Library, after: &Library, post: &Post, moved: &Move) -> Vec<Edit> {
    let (Some(id), Some(then)) = (before.find(&post.source), after.find(&moved.of(&post.source))) else {
        return Vec::new();
    };
    let mut edits = Vec::new();
    for link in post.outline.links.iter().filter(|link| link.kind == OutlineLinkKind::Wiki) {
        let Some(target) = article::target(config, before, id, link) else { continue };
        let wanted = moved.of(&before.post(target).source);
        let found = article::target(config, after, then, link).map(|id| &after.post(id).source);
        if found == Some(&wanted) {
            continue;
        }
        let written = link.destination.as_str();
        let (name, fragment) = match written.split_once('#') {
            Some((name, fragment)) if before.named(written.trim()).is_empty() => (name, format!("#{fragment}")),
            _ => (written, String::new()),
        };
        let path = wanted.as_str().trim_start_matches("content/").trim_end_matches(".md");
        let path = path.strip_suffix("/index").or_else(|| path.strip_suffix("/_index")).unwrap_or(path);
        let end = post.body.start + link.span.end;
        let shown = if post.text[end..].starts_with('|') { String::new() } else { format!("|{}", name.trim()) };
        let text = format!("{path}{fragment}{shown}");
        edits.push(Edit { span: post.body.start + link.span.start..end, text });
    }
    edits
}

/// Says which links would lead elsewhere after the move than before: nothing may, and this is the proof.
pub(super) fn astray(config: &Config, before: &Library, after: &Library, moved: &Move) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (number, post) in before.posts.iter().enumerate() {
        let Some(then) = after.find(&moved.of(&post.source)) else { continue };
        let links = post.outline.links.iter().zip(&after.post(then).outline.links);
        for (old, new) in links {
            let target =
                article::target(config, before, PostId(number), old).map(|id| moved.of(&before.post(id).source));
            let landed = article::target(config, after, then, new).map(|id| after.post(id).source.clone());
            if target.is_some() && target != landed {
                let message = format!("the link to `{}` would lead elsewhere after the move", old.destination);
                let span = post.body.start + old.span.start..post.body.start + old.span.end;
                let place = Place::span(&post.source, &post.text, span);
                let hint = "write it as `@/…`, and try again";
                problems.push(Diagnostic::error("mv/refused", message).at(place).hint(hint));
            }
        }
    }
    problems
}

/// Returns what a destination has to become, if it has to.
fn changed(sources: &Sources, library: &Library, post: &Post, moved: &Move, destination: &str) -> Option<String> {
    let end = destination.find(['?', '#']).unwrap_or(destination.len());
    let (path, suffix) = destination.split_at(end);
    let has_scheme = path.find([':', '/']).is_some_and(|at| path.as_bytes()[at] == b':');
    if path.is_empty() || path.starts_with('/') || has_scheme {
        return None;
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let exists = |source: &SourcePath| sources.markdown.contains_key(source) || sources.assets.contains_key(source);
    if let Some(below) = decoded.strip_prefix("@/") {
        let target = joined("content", below)?;
        let after = moved.of(&target);
        let rest = after.as_str().strip_prefix("content/")?;
        return (after != target && exists(&target)).then(|| format!("@/{}{suffix}", escaped(rest)));
    }
    let own = moved.of(&post.source);
    let target = joined(post.source.folder(), &decoded);
    if let Some(target) = target.filter(exists) {
        let after = moved.of(&target);
        if joined(own.folder(), &decoded).as_ref() == Some(&after) {
            return None;
        }
        let relative = relative(own.folder(), after.as_str());
        let dotted = if path.starts_with("./") && !relative.starts_with("..") { "./" } else { "" };
        return Some(format!("{dotted}{}{suffix}", escaped(&relative)));
    }
    // An address relative to the post's own: it moves with the post, and what it names does not.
    if own == post.source {
        return None;
    }
    let from = library.find(&post.source).map(|id| library.route(id))?;
    let route = address(from, &decoded)?;
    match library.routes.get(&route)? {
        Page::Post(id) => {
            let after = moved.of(&library.post(*id).source);
            Some(format!("@/{}{suffix}", escaped(after.as_str().strip_prefix("content/")?)))
        }
        _ => Some(format!("{}{suffix}", route.encoded())),
    }
}

/// Joins a path to a folder below `content/`; nothing for one that leaves it.
fn joined(folder: &str, path: &str) -> Option<SourcePath> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.len() > 1 => drop(parts.pop()),
            ".." => return None,
            _ => parts.push(part),
        }
    }
    Some(SourcePath::new(parts.join("/")))
}

/// Returns the address that a relative one names from a page.
fn address(from: &Route, path: &str) -> Option<Route> {
    let mut parts: Vec<&str> = from.as_str().split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.len() > 1 => drop(parts.pop()),
            ".." => return None,
            _ => parts.push(part),
        }
    }
    Route::new(parts.join("/")).ok()
}

/// Returns the way from a folder to a file.
fn relative(folder: &str, file: &str) -> String {
    let from: Vec<&str> = folder.split('/').collect();
    let to: Vec<&str> = file.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..", from.len() - shared);
    up.chain(to[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

fn escaped(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}
