//! Owns the moving of a post: what has to change in which file so that no link and no reader notices.
//!
//! Gives [`plan`], a function of the sources: edits of exact bytes, files that move, ids that have to be kept. The whole site is
//! read again as it would be then, and a plan that would break it is refused. Touches no file; `blog mv` carries it out.

mod alias;
mod links;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place};
use crate::feed::id::post_id;
use crate::library::{self, Library};
use crate::paths::{Route, SourcePath};
use crate::post::{self, Kind, Post};
use crate::source::Sources;

/// What has to be done to move a post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The file or folder that moves, and where to, both relative to the site's folder.
    pub moves: Option<(SourcePath, SourcePath)>,
    /// The text of each source that changes, by where it stands before the move: edits from first to last.
    pub edits: BTreeMap<SourcePath, Vec<Edit>>,
    /// The address before, if it was published and is another now.
    pub alias: Option<Route>,
    /// The address after, if the post is shown.
    pub address: Option<Route>,
    /// The feed id that has to be kept for the source after the move.
    pub id: Option<(SourcePath, String)>,
    /// What is worth knowing.
    pub notes: Vec<Diagnostic>,
}

/// One change of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub span: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

/// What is moved, before anything else is known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Move {
    /// The Markdown file.
    old: SourcePath,
    new: SourcePath,
    /// The bundle's folder, if it is one.
    folder: Option<(String, String)>,
}

impl Move {
    /// Returns where a source is after the move.
    fn of(&self, source: &SourcePath) -> SourcePath {
        let in_folder = self.folder.as_ref().and_then(|(old, new)| {
            let rest = source.as_str().strip_prefix(old.as_str())?;
            rest.starts_with('/').then(|| SourcePath::new(format!("{new}{rest}")))
        });
        match in_folder {
            Some(moved) => moved,
            None if *source == self.old => self.new.clone(),
            None => source.clone(),
        }
    }
}

/// Says what has to be done to move the post `old` to `new`, both as sources below `content/`.
pub fn plan(config: &Config, sources: &Sources, old: &str, new: &str) -> Result<Plan, Vec<Diagnostic>> {
    let posts = post::parse(config, sources)?;
    let before = library::arrange(config, sources, posts.clone())?;
    let moved = name(sources, old, new).map_err(|problem| vec![*problem])?;
    let post = posts.iter().find(|post| post.source == moved.old).expect("its source is among those that were parsed");
    if matches!(post.kind, Kind::Section | Kind::Term) {
        let message = format!("`{}` speaks for a whole list, and moves only with it", moved.old);
        return Err(vec![
            Diagnostic::error("mv/refused", message).hint("move the folder by hand, and mind its addresses"),
        ]);
    }
    let is_elsewhere = |post: &&Arc<Post>| {
        moved.of(&post.source) != post.source && post.hidden.is_none() && before.find(&post.source).is_none()
    };
    if let Some(other) = posts.iter().find(is_elsewhere) {
        let message =
            format!("`{}` is in another language than the site, and its address could not be kept", other.source);
        let hint = "move it by hand, and add its old address to its `aliases`";
        return Err(vec![Diagnostic::error("mv/refused", message).at(Place::file(&other.source)).hint(hint)]);
    }
    let mut plan = Plan { moves: Some(paths(&moved)), ..Plan::default() };
    let mut problems = Vec::new();
    for other in posts.iter().filter(|post| post.row.is_none()) {
        match links::edits(config, sources, &before, other, &moved) {
            Ok(edits) if edits.is_empty() => {}
            Ok(edits) => drop(plan.edits.insert(other.source.clone(), edits)),
            Err(more) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    // Names may mean something else by a file's new name: they are settled once that is known.
    let (after, _) = then(config, sources, &plan, &moved)?;
    for other in posts.iter().filter(|post| post.row.is_none()) {
        let more = links::names(config, &before, &after, other, &moved);
        if !more.is_empty() {
            let edits = plan.edits.entry(other.source.clone()).or_default();
            edits.extend(more);
            sort(edits);
        }
    }
    let old_route = before.find(&moved.old).map(|id| before.route(id).clone());
    let (after, landed) = then(config, sources, &plan, &moved)?;
    keep_date(post, &landed, &moved)?;
    let new_route = after.find(&moved.new).map(|id| after.route(id).clone());
    plan.address = new_route.clone();
    if let Some(old_route) = old_route.filter(|old| new_route.as_ref().is_some_and(|new| new != old)) {
        let edit = alias::edit(post, &old_route);
        plan.edits.entry(moved.old.clone()).or_default().push(edit);
        sort(plan.edits.get_mut(&moved.old).expect("an edit was pushed in the line above"));
        plan.alias = Some(old_route);
        let (_, landed) = then(config, sources, &plan, &moved)?;
        if !plan.alias.as_ref().is_some_and(|alias| landed.front.aliases.contains(alias)) {
            let message =
                format!("the front matter of `{}` is written in a way that an alias cannot be added to", moved.old);
            let place = post.place("aliases");
            return Err(vec![
                Diagnostic::error("mv/refused", message).at(place).hint("write `aliases` as a list, and try again"),
            ]);
        }
    }
    let (after, _) = then(config, sources, &plan, &moved)?;
    let astray = links::astray(config, &before, &after, &moved);
    if !astray.is_empty() {
        return Err(astray);
    }
    let (old_id, new_id) = (post_id(config, post), post_id(config, &landed));
    if let (Some(old_id), true) = (old_id.clone(), old_id != new_id) {
        plan.id = Some((moved.new.clone(), old_id));
    }
    Ok(plan)
}

/// Returns the file or folder that moves.
fn paths(moved: &Move) -> (SourcePath, SourcePath) {
    match &moved.folder {
        Some((old, new)) => (SourcePath::new(old.as_str()), SourcePath::new(new.as_str())),
        None => (moved.old.clone(), moved.new.clone()),
    }
}

/// Says what moves where: a file to a file, a bundle's folder to a folder.
fn name(sources: &Sources, old: &str, new: &str) -> Result<Move, Box<Diagnostic>> {
    let refuse = |message: String, hint: &str| Box::new(Diagnostic::error("mv/refused", message).hint(hint));
    let trimmed = old.trim_end_matches('/');
    let bundle = |folder: &str| {
        let file = SourcePath::new(format!("{folder}/index.md"));
        sources.markdown.contains_key(&file).then_some(file)
    };
    let of_bundle = trimmed.strip_suffix("/index.md").unwrap_or(trimmed);
    let file = SourcePath::new(trimmed);
    let (source, folder) = match bundle(of_bundle) {
        Some(source) => (source, Some(of_bundle.to_owned())),
        None if sources.markdown.contains_key(&file) => (file, None),
        None => {
            let all = sources.markdown.keys().map(SourcePath::as_str);
            let hint = match crate::diagnostic::did_you_mean(trimmed, all) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a Markdown file, the folder of a bundle, or an address of the site".to_owned(),
            };
            return Err(refuse(format!("there is no post `{trimmed}`"), &hint));
        }
    };
    let is_folder = |path: &str| {
        let below = format!("{path}/");
        let within = |source: &SourcePath| source.as_str().starts_with(&below);
        path == "content" || sources.markdown.keys().chain(sources.assets.keys()).any(within)
    };
    let own = folder.as_deref().unwrap_or(source.as_str());
    let own = own.rsplit('/').next().unwrap_or(own);
    let target = new.trim_end_matches('/');
    let target = match new.ends_with('/') || (is_folder(target) && bundle(target).is_none()) {
        true => format!("{target}/{own}"),
        false => target.strip_suffix("/index.md").filter(|_| folder.is_some()).unwrap_or(target).to_owned(),
    };
    if !target.starts_with("content/") || target.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err(refuse(format!("`{target}` is not below `content/`"), "posts live there: `content/posts/new.md`"));
    }
    let moved = match &folder {
        Some(_) if target.ends_with(".md") => {
            return Err(refuse(
                format!("`{own}` is a folder, and `{target}` is a file"),
                "name a folder, without `.md`; what lies beside the post moves with it",
            ));
        }
        Some(old) => {
            let new = SourcePath::new(format!("{target}/index.md"));
            Move { old: source, new, folder: Some((old.clone(), target.clone())) }
        }
        None if !target.ends_with(".md") => {
            return Err(refuse(format!("`{target}` is no Markdown file"), "end its name with `.md`"));
        }
        None => Move { old: source, new: SourcePath::new(target.as_str()), folder: None },
    };
    if moved.old == moved.new {
        return Err(refuse(format!("`{}` is there already", moved.new), "name another place"));
    }
    if matches!(moved.new.file_name(), "_index.md") {
        return Err(refuse(format!("`{}` would speak for a whole list", moved.new), "name it otherwise"));
    }
    let is_taken = |source: &SourcePath| sources.markdown.contains_key(source) || sources.assets.contains_key(source);
    if is_taken(&moved.new) || is_folder(&target) {
        return Err(refuse(format!("`{target}` is there already, and nothing is overwritten"), "name another place"));
    }
    if let Some((old, new)) = &moved.folder
        && new.starts_with(&format!("{old}/"))
    {
        return Err(refuse(format!("`{new}` lies in `{old}` itself"), "name a place outside it"));
    }
    Ok(moved)
}

/// Returns the site as it would be: arranged, and the post that moved.
fn then(
    config: &Config,
    sources: &Sources,
    plan: &Plan,
    moved: &Move,
) -> Result<(Library, Arc<Post>), Vec<Diagnostic>> {
    let mut after = Sources { markdown: BTreeMap::new(), assets: BTreeMap::new(), ..sources.clone() };
    for (source, text) in &sources.markdown {
        let text = match plan.edits.get(source) {
            Some(edits) => applied(text, edits).into(),
            None => Arc::clone(text),
        };
        after.markdown.insert(moved.of(source), text);
    }
    let assets = sources.assets.iter().map(|(source, path)| (moved.of(source), PathBuf::clone(path)));
    after.assets = assets.collect();
    let posts = post::parse(config, &after)?;
    let landed = posts.iter().find(|post| post.source == moved.new).cloned();
    let library = library::arrange(config, &after, posts)?;
    Ok((library, landed.expect("its source is among those that were parsed")))
}

/// Refuses a move that would take the date away with the name.
fn keep_date(before: &Post, after: &Post, moved: &Move) -> Result<(), Vec<Diagnostic>> {
    let day = |post: &Post| post.front.date.as_ref().map(jiff::Zoned::timestamp);
    if day(before) == day(after) {
        return Ok(());
    }
    let message = format!("the date of `{}` stands in its name, and `{}` would change it", moved.old, moved.new);
    let hint = match before.day() {
        Some(day) => format!("begin the new name with `{day}-`, or write `date = {day}` into its front matter first"),
        None => "take the date out of the new name".to_owned(),
    };
    Err(vec![Diagnostic::error("mv/refused", message).at(Place::file(&moved.old)).hint(hint)])
}

fn sort(edits: &mut [Edit]) {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
}

/// Returns a text with its edits made.
pub fn applied(text: &str, edits: &[Edit]) -> String {
    let mut applied = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        applied.push_str(&text[at..edit.span.start]);
        applied.push_str(&edit.text);
        at = edit.span.end;
    }
    applied.push_str(&text[at..]);
    applied
}

#[cfg(test)]
mod tests;
