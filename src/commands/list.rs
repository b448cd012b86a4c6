//! `blog list`: every post and page, and why some are not shown.

use serde_json::json;
use watchpost::config::Config;
use watchpost::diagnostic::Exit;
use watchpost::library::{Library, PostId};
use watchpost::post::{Hidden, Kind, Post};

use crate::cli::Format;
use crate::cli::writing::{List, Which};
use crate::commands::{Outcome, arrange};
use crate::console::{Console, counted, printable};

/// Prints one line a post: the newest first, then pages, then what is hidden.
pub(super) fn run(arguments: &List, config: &Config, console: &Console) -> Outcome {
    let library = arrange(config)?;
    let mut rows = rows(config, &library);
    if let Some(which) = arguments.which {
        rows.retain(|row| row.is_one_of(which));
    }
    for row in &rows {
        match console.format() {
            Format::Human => console.data(&format!(
                "{:<10}  {:<28}  {:<36}  {}\n",
                row.date,
                row.state,
                printable(&row.place),
                printable(&row.title)
            )),
            Format::Json => console.object(
                "post",
                json!({
                    "date": (!row.date.is_empty()).then_some(&row.date), "kind": row.kind, "hidden": row.hidden,
                    "route": row.route, "source": row.source, "title": row.title,
                }),
            ),
        }
    }
    let hidden = rows.iter().filter(|row| row.hidden.is_some()).count();
    console.say(format!("{}, {hidden} of them not shown", counted(rows.len(), "entry")));
    Ok(Exit::Success)
}

/// One line of the list.
struct Row {
    date: String,
    state: String,
    kind: &'static str,
    hidden: Option<String>,
    why: Option<Hidden>,
    route: Option<String>,
    source: String,
    /// The route, or for what has none the source.
    place: String,
    title: String,
}

impl Row {
    fn is_one_of(&self, which: Which) -> bool {
        match (&self.why, which) {
            (None, _) => false,
            (Some(Hidden::Draft(_)), Which::Drafts)
            | (Some(Hidden::Future(_)), Which::Future)
            | (Some(Hidden::Expired(_)), Which::Expired)
            | (Some(_), Which::Hidden) => true,
            (Some(_), _) => false,
        }
    }
}

fn rows(config: &Config, library: &Library) -> Vec<Row> {
    let mut rows = of_language(config, library);
    for edition in library.editions.iter().skip(1) {
        rows.extend(of_language(config, edition));
    }
    rows
}

/// Returns what one language has; not what it only lists for want of a translation.
fn of_language(config: &Config, library: &Library) -> Vec<Row> {
    let shown = |id: PostId| row(config, library.post(id), Some(library.route(id).to_string()));
    let native = |id: &PostId| library.is_native(*id);
    let dated = library.newest.iter().copied().filter(native).map(shown);
    let others = (0..library.posts.len()).map(PostId).filter(native);
    let others = others.filter(|id| !library.newest.contains(id)).map(shown);
    let hidden = library.hidden.iter().map(|post| row(config, post, None));
    dated.chain(others).chain(hidden).collect()
}

fn row(config: &Config, post: &Post, route: Option<String>) -> Row {
    let kind = match post.kind {
        Kind::Post => "post",
        Kind::Page => "page",
        Kind::Section => "section",
        Kind::Term => "term",
    };
    let hidden = post.hidden.as_ref().map(|hidden| reason(config, hidden));
    Row {
        date: post.front.date.as_ref().map(|date| date.strftime("%Y-%m-%d").to_string()).unwrap_or_default(),
        state: hidden.clone().unwrap_or_else(|| kind.to_owned()),
        kind,
        hidden,
        why: post.hidden.clone(),
        place: route.clone().unwrap_or_else(|| post.source.to_string()),
        route,
        source: post.source.to_string(),
        title: post.front.title.clone().unwrap_or_default(),
    }
}

/// Returns why a post is not shown, in a few words.
pub(super) fn reason(config: &Config, hidden: &Hidden) -> String {
    let day = |time: &jiff::Timestamp| time.to_zoned(config.timezone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    match hidden {
        Hidden::Draft(why) => why.to_string(),
        Hidden::Future(time) => format!("future: {}", day(time)),
        Hidden::Expired(time) => format!("expired: {}", day(time)),
    }
}
