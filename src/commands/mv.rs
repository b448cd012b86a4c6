//! `blog mv OLD NEW`: moves a post, and with it every link to it, its old address and its id in feeds.

use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::{Diagnostic, Exit};
use watchpost::ledger::{FEEDS, FeedIds};
use watchpost::library::Page;
use watchpost::moving::{self, Plan};
use watchpost::paths::Route;
use watchpost::source::{self, Sources};
use watchpost::{library, post};

use crate::cli::Format;
use crate::cli::addresses::Mv;
use crate::commands::Outcome;
use crate::commands::carry::{self, Change};
use crate::console::{Console, counted, printable};

/// Plans, shows, and carries out.
pub(super) fn run(arguments: &Mv, config: &Config, console: &Console) -> Outcome {
    let sources = source::scan(config)?;
    let (old, new) = (named(config, &sources, &arguments.old)?, below_root(config, &arguments.new));
    let plan = moving::plan(config, &sources, &old, &new)?;
    let mut changes = Vec::new();
    for (source, edits) in &plan.edits {
        let text = sources.markdown.get(source).map_or("", |text| text);
        changes.push(carry::change(config, source.as_str(), text, edits).map_err(|problem| vec![*problem])?);
    }
    let ids = ids(config, &plan);
    if let Some(text) = &ids {
        changes.push(Change::whole(config, FEEDS, text));
    }
    let moves = plan.moves.as_ref().map(|(from, to)| (from.to_string(), to.to_string()));
    if arguments.dry_run {
        show(&changes, moves.as_ref(), console);
    } else {
        carry::out(config, moves.as_slice(), &changes, "mv/failed")?;
    }
    tell(arguments, &plan, &changes, moves.as_ref(), console);
    Ok(Exit::Success)
}

/// Returns a source by what was typed: a path, with or without `content/`, or an address.
fn named(config: &Config, sources: &Sources, what: &str) -> Result<String, Vec<Diagnostic>> {
    let address = match what.strip_prefix(&config.base_url.origin()) {
        Some(path) => config.base_url.route_of(path),
        None if what.starts_with('/') && !std::path::Path::new(what).starts_with(&config.root) => {
            config.base_url.route_of(what).or_else(|| Route::new(what).ok())
        }
        None => None,
    };
    if let Some(route) = address {
        let library = library::arrange(config, sources, post::parse(config, sources)?)?;
        if let Some(Page::Post(id)) = library.routes.get(&route) {
            return Ok(library.post(*id).source.to_string());
        }
    }
    Ok(below_root(config, what))
}

/// Returns a path as sources are named: relative to the site's folder, from wherever it was typed.
fn below_root(config: &Config, path: &str) -> String {
    let slash = if path.ends_with('/') { "/" } else { "" };
    if path.starts_with("content/") {
        return path.to_owned();
    }
    let absolute = |path: &std::path::Path| std::path::absolute(path).ok();
    let below = absolute(path.as_ref())
        .zip(absolute(&config.root))
        .and_then(|(path, root)| Some(path.strip_prefix(root).ok()?.to_str()?.to_owned()));
    match below {
        Some(below) if below.starts_with("content") => format!("{}{slash}", below.trim_end_matches('/')),
        _ => format!("content/{}", path.trim_start_matches("./").trim_start_matches('/')),
    }
}

/// Returns the text of `feeds.lock`, if the move changes it: an id that has to be kept, or a source that has one.
fn ids(config: &Config, plan: &Plan) -> Option<String> {
    let mut ids = config.feed_ids.clone();
    if let Some((from, to)) = &plan.moves {
        ids.moved(from.as_str(), to.as_str());
    }
    if let Some((source, id)) = &plan.id {
        ids.rows.insert(source.to_string(), id.clone());
    }
    (ids != config.feed_ids).then(|| FeedIds::to_text(&ids))
}

/// Shows what would change, line by line.
fn show(changes: &[Change], moves: Option<&(String, String)>, console: &Console) {
    if console.format() != Format::Human {
        return;
    }
    if let Some((from, to)) = moves {
        console.data(&format!("rename {} -> {}\n", printable(from), printable(to)));
    }
    for change in changes {
        console.data(&change.diff());
    }
}

fn tell(arguments: &Mv, plan: &Plan, changes: &[Change], moves: Option<&(String, String)>, console: &Console) {
    console.object(
        "mv",
        json!({
            "done": !arguments.dry_run,
            "from": moves.map(|(from, _)| from), "to": moves.map(|(_, to)| to),
            "address": plan.address, "alias": plan.alias,
            "id_kept": plan.id.as_ref().map(|(_, id)| id),
            "changed": changes.iter().map(|change| &change.path).collect::<Vec<_>>(),
            "links": links(plan),
        }),
    );
    let (done, would) = if arguments.dry_run { ("would move", "would change") } else { ("moved", "changed") };
    if let Some((from, to)) = moves {
        console.say(format!("{done} `{}` to `{}`", printable(from), printable(to)));
    }
    console.say(format!("{would} {} in {}", counted(links(plan), "link"), counted(plan.edits.len(), "file")));
    match (&plan.alias, &plan.address) {
        (Some(alias), Some(address)) => {
            console.say(format!("its address is `{address}`; `{alias}` leads there, as an alias in its front matter"));
        }
        (None, Some(address)) => console.say(format!("its address is still `{address}`")),
        (_, None) => console.say("it is not shown yet, so it has no address to keep"),
    }
    if plan.id.is_some() {
        console.say(format!("`{FEEDS}` keeps its id in feeds, so that no reader shows it as new; commit it"));
    }
}

/// Returns how many links change.
fn links(plan: &Plan) -> usize {
    let edits: usize = plan.edits.values().map(Vec::len).sum();
    edits - usize::from(plan.alias.is_some())
}
