//! Makes the edits that give a key another name, or take it out, in TOML, YAML and JSON: comments, order and spaces stay.

use std::ops::Range;

use super::Draft;
use crate::fields::Document;
use crate::fields::keys::Renamed;
use crate::moving::Edit;

/// The language that keys are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Toml,
    Yaml,
    Json,
}

/// Gives a key its name, wherever the file writes it, or takes it out if the name is there, too.
pub(super) fn rename(
    draft: &mut Draft,
    document: &Document,
    region: Range<usize>,
    language: Language,
    renamed: &Renamed,
) {
    if renamed.is_twice {
        remove(draft, document, language, &renamed.written, renamed.span.clone(), renamed.value.clone());
        return;
    }
    let text = &document.text;
    let mut spans = vec![renamed.span.clone()];
    if language == Language::Toml {
        let written = text.get(renamed.span.clone()).unwrap_or_default();
        spans.extend(mentions(text, region, written).into_iter().filter(|span| *span != renamed.span));
    }
    for span in spans {
        let found = text.get(span.clone()).unwrap_or_default();
        let quote = found.chars().next().filter(|letter| matches!(letter, '"' | '\''));
        if found.trim_matches(['"', '\'']) != renamed.written {
            draft.leave(document, span, &renamed.written, format!("write `{}`", renamed.name));
            return;
        }
        let quote = quote.map(String::from).unwrap_or_default();
        let new = format!("{quote}{}{quote}", renamed.name);
        draft.write(text, Edit { span, text: new }, &renamed.written, renamed.name);
    }
}

/// Takes a key out, with the lines that are its own.
pub(super) fn remove(
    draft: &mut Draft,
    document: &Document,
    language: Language,
    written: &str,
    key: Range<usize>,
    value: Range<usize>,
) {
    let text = &document.text;
    let start = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[value.end.max(key.end)..].find('\n').map_or(text.len(), |at| value.end.max(key.end) + at + 1);
    let before = text[start..key.start].trim();
    let after = text[value.end.max(key.end)..end].trim();
    let is_alone = before.is_empty() && (after.is_empty() || after.starts_with('#'));
    if !is_alone || language == Language::Json {
        draft.leave(document, key, written, format!("take `{written}` out"));
        return;
    }
    draft.write(text, Edit { span: start..end, text: String::new() }, written, "");
}

/// Returns where else TOML writes a key of the top: in the headers of tables below it, and in dotted keys.
fn mentions(text: &str, region: Range<usize>, written: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = region.start;
    let mut is_top = true;
    for line in text[region].split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let rest = &line[indent..];
        let opening = rest.len() - rest.trim_start_matches('[').len();
        is_top &= opening == 0;
        let (spaces, rest) = (rest[opening..].len() - rest[opening..].trim_start().len(), rest[opening..].trim_start());
        let follows = rest.strip_prefix(written).map(|after| after.trim_start().chars().next());
        let is_mention = match follows {
            Some(next) if opening > 0 => matches!(next, Some(']' | '.')),
            Some(next) => is_top && next == Some('.'),
            None => false,
        };
        if is_mention {
            let start = at + indent + opening + spaces;
            found.push(start..start + written.len());
        }
        at += line.len();
    }
    found
}
