//! Owns the gathering of what the scripts of a page do with one vendor's queue, and its parting into
//! snippets: one for each loading of the tracker. Vendors whose snippet fills a queue share it.
//!
//! Gives [`gather`], which asks a [`Queue`] what is the vendor's, and [`Part`]s. Refuses to know a vendor.

use super::deeds::{Constants, Deed, Value, deeds};
use super::script::lex;
use super::{ScriptTag, file_name};

/// Something that the scripts of a page do, in a browser's order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// A command is put into the queue, or a setting is made: its name, its arguments, the script's index.
    Command(String, Vec<Value>, usize),
    /// The tracker is asked for: its URL as written, the script's index.
    Load(String, usize),
}

impl Part {
    /// Returns the index of the script that does it.
    pub(super) fn tag(&self) -> usize {
        match self {
            Part::Command(.., tag) | Part::Load(_, tag) => *tag,
        }
    }
}

/// A command's name and its arguments.
pub(super) type Command = (String, Vec<Value>);

/// How a vendor's queue is known.
pub(super) struct Queue {
    /// Words of which an inline script has one, if it has to do with the queue.
    pub(super) words: &'static [&'static str],
    /// Returns whether a tag loads the tracker.
    pub(super) is_tag: fn(&ScriptTag) -> bool,
    /// Returns whether a URL that an inline script loads is the tracker's by its name.
    pub(super) is_tracker: fn(&str) -> bool,
    /// Returns the commands of a deed: name and arguments.
    pub(super) commands: fn(&Deed) -> Vec<Command>,
    /// Returns whether a command names the site: what comes after it and is followed by no tracker is a snippet.
    pub(super) names_site: fn(&str, &[Value]) -> bool,
}

/// Returns the snippets among the scripts of a page that run, or of those that do not.
pub(super) fn gather(queue: &Queue, scripts: &[ScriptTag], running: bool) -> Vec<Vec<Part>> {
    let mut parts = Vec::new();
    let mut constants = Constants::new();
    for (tag, script) in scripts.iter().enumerate().filter(|(_, script)| script.runs() == running) {
        match script.source() {
            Some(url) if (queue.is_tag)(script) => parts.push(Part::Load(url.to_owned(), tag)),
            None if queue.words.iter().any(|word| script.body.contains(word)) => {
                inline(queue, tag, &script.body, &mut constants, &mut parts);
            }
            Some(_) | None => {}
        }
    }
    parted(queue, parts)
}

/// Gathers what an inline script does.
fn inline(queue: &Queue, tag: usize, body: &str, constants: &mut Constants, parts: &mut Vec<Part>) {
    let start = parts.len();
    let mut loads = Vec::new();
    for deed in deeds(&lex(body), constants) {
        match deed {
            Deed::Load(url) => loads.push(url),
            other => {
                let commands = (queue.commands)(&other).into_iter();
                parts.extend(commands.map(|(name, arguments)| Part::Command(name, arguments, tag)));
            }
        }
    }
    // A tracker under a name of its own is known by the queue beside it.
    let mut chosen: Vec<String> = loads.iter().filter(|url| (queue.is_tracker)(url)).cloned().collect();
    if chosen.is_empty() && names_site(queue, &parts[start..]) {
        chosen = loads.into_iter().filter(|url| file_name(url).ends_with(".js")).take(1).collect();
    }
    parts.extend(chosen.into_iter().map(|url| Part::Load(url, tag)));
}

fn names_site(queue: &Queue, parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Command(name, arguments, _) if (queue.names_site)(name, arguments)))
}

/// Parts what was gathered: one snippet for each loading of the tracker.
fn parted(queue: &Queue, parts: Vec<Part>) -> Vec<Vec<Part>> {
    let load_first = matches!(parts.first(), Some(Part::Load(..)));
    let mut snippets: Vec<Vec<Part>> = Vec::new();
    let mut current: Vec<Part> = Vec::new();
    for part in parts {
        let is_load = matches!(part, Part::Load(..));
        if is_load && load_first && !current.is_empty() {
            snippets.push(std::mem::take(&mut current));
        }
        current.push(part);
        if is_load && !load_first {
            snippets.push(std::mem::take(&mut current));
        }
    }
    match snippets.last_mut() {
        // What is queued after the tracker was asked for belongs to it, unless it brings a site of its own.
        Some(last) if !load_first && !names_site(queue, &current) => last.append(&mut current),
        _ if current.is_empty() => {}
        _ => snippets.push(current),
    }
    snippets
}
