//! Reads `[publish.NAME]`: where the site is published, and how.

use std::collections::BTreeMap;
use std::ops::Range;

use super::world::World;
use super::{StorePlace, Token, stores};
use crate::diagnostic::did_you_mean;
use crate::fields::Fields;

/// The kinds of targets, in the order in which documentation names them.
pub const TARGET_KINDS: [&str; 8] = ["s3", "gcs", "azure", "rsync", "folder", "git", "netlify", "cloudflare"];

/// How many deployments can be gone back to, unless `keep` says otherwise.
const KEEP: i64 = 5;

/// One place where the site is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishTarget {
    /// Its name in site.toml.
    pub name: String,
    /// What it is: one of [`TARGET_KINDS`].
    pub kind: String,
    /// Where it is: `s3://bucket/prefix`, `me@host:/srv/blog`, `/srv/blog`, the address of a repository.
    pub to: String,
    /// The server of a store that is not its maker's: `http://localhost:9000`.
    pub endpoint: Option<String>,
    /// The region of a store.
    pub region: Option<String>,
    /// The account of an Azure store.
    pub account: Option<String>,
    /// The branch of a repository.
    pub branch: String,
    /// Options for ssh.
    pub ssh: Vec<String>,
    /// How many earlier deployments can be gone back to.
    pub keep: usize,
    /// Whether texts are stored compressed.
    pub compress: bool,
    /// `Cache-Control`, by class of files.
    pub cache: BTreeMap<String, String>,
    /// Where the addresses are written that caches should forget.
    pub purge_file: Option<String>,
    /// The program that is given them, one a line.
    pub purge_command: Vec<String>,
    /// Whether the live site is verified afterwards.
    pub check_live: bool,
    /// Called when everything was verified.
    pub ping: Option<Token>,
    /// The name of the variable that holds the address to call.
    pub ping_env: Option<String>,
    /// The variables from which the store takes its credentials.
    pub credentials: BTreeMap<String, Token>,
}

impl PublishTarget {
    /// Returns the store that it is.
    pub fn place(&self) -> StorePlace {
        StorePlace {
            to: self.to.clone(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            account: self.account.clone(),
            credentials: self.credentials.clone(),
        }
    }
}

/// The classes of files that `cache` may name.
pub const CLASSES: [&str; 4] = ["hashed", "assets", "pages", "feeds"];

pub(super) fn read(fields: &mut Fields<'_>, world: &World) -> Vec<PublishTarget> {
    let Some(mut table) = fields.table("publish") else { return Vec::new() };
    let names: Vec<(String, Range<usize>)> =
        table.rows().iter().map(|row| (row.key.clone(), row.span.clone())).collect();
    let targets = names.into_iter().filter_map(|(name, span)| read_target(&mut table, &name, span, world)).collect();
    table.finish();
    targets
}

fn read_target(table: &mut Fields<'_>, name: &str, span: Range<usize>, world: &World) -> Option<PublishTarget> {
    let mut row = table.table(name)?;
    let kind_span = row.span_of("kind").unwrap_or(span);
    let kind = row.string("kind").unwrap_or_default();
    if !TARGET_KINDS.contains(&kind.as_str()) {
        let meant = did_you_mean(&kind, TARGET_KINDS).map(|meant| format!("did you mean `{meant}`?"));
        let problem = row.refuse(kind_span.clone(), format!("there is no kind of target `{kind}`"));
        problem.hint = meant.or_else(|| Some(format!("kinds are {}", TARGET_KINDS.join(", "))));
    }
    let to_span = row.span_of("to").unwrap_or(kind_span.clone());
    let to = row.string("to").unwrap_or_default();
    if let Some(wanted) = wrong_place(&kind, &to) {
        let message = match to.is_empty() {
            true => format!("`publish.{name}` does not say where to"),
            false => format!("`{to}` is no place for the kind `{kind}`"),
        };
        row.refuse(to_span, message).hint = Some(format!("write `to = \"{wanted}\"`"));
    }
    let keep = row.integer("keep").unwrap_or(KEEP);
    let mut cache = BTreeMap::new();
    if let Some(mut table) = row.table("cache") {
        for class in CLASSES {
            cache.extend(table.string(class).map(|value| (class.to_owned(), value)));
        }
        table.finish();
    }
    let ping_env = row.string("ping_env");
    let named = ping_env.as_ref().and_then(|name| world.environment.get(name));
    let target = PublishTarget {
        name: name.to_owned(),
        to: to.trim_end_matches('/').to_owned(),
        endpoint: row.string("endpoint"),
        region: row.string("region"),
        account: row.string("account"),
        branch: row.string("branch").unwrap_or_else(|| "pages".to_owned()),
        ssh: row.strings("ssh").unwrap_or_default(),
        keep: usize::try_from(keep.max(1)).unwrap_or(1),
        compress: row.boolean("compress").unwrap_or(false),
        cache,
        purge_file: row.string("purge_file"),
        purge_command: row.strings("purge_command").unwrap_or_default(),
        check_live: row.boolean("check_live").unwrap_or(!matches!(kind.as_str(), "netlify" | "cloudflare")),
        ping: named.map(|value| Token(value.trim().to_owned())).filter(|token| !token.0.is_empty()),
        ping_env,
        credentials: stores::credentials(world),
        kind,
    };
    row.finish();
    Some(target)
}

/// Returns an example of what fits, if this does not.
fn wrong_place(kind: &str, to: &str) -> Option<&'static str> {
    let fits = |beginning: &str| to.strip_prefix(beginning).is_some_and(|rest| !rest.trim_matches('/').is_empty());
    let (is_fit, example) = match kind {
        "s3" => (fits("s3://"), "s3://bucket/prefix"),
        "gcs" => (fits("gs://"), "gs://bucket/prefix"),
        "azure" => (fits("az://"), "az://container/prefix"),
        "rsync" => (to.contains(":/") && !to.starts_with('-'), "me@host:/srv/blog"),
        "git" => (!to.is_empty() && !to.starts_with('-'), "git@host:me/blog.git"),
        "folder" => (!to.is_empty(), "/srv/www/blog"),
        _ => (true, "dist"),
    };
    (!is_fit).then_some(example)
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn a_target_says_what_it_is_and_where() {
        let config = sample(
            "[publish.production]\nkind = \"s3\"\nto = \"s3://blog/\"\nkeep = 2\n[publish.production.cache]\npages = \"no-store\"\n",
        );
        let target = &config.publish[0];
        assert_eq!((target.name.as_str(), target.to.as_str(), target.keep), ("production", "s3://blog", 2));
        assert_eq!((target.cache["pages"].as_str(), target.check_live), ("no-store", true));
    }
}
