//! Reads where stores are that machines of ours share: `[cache]`, and what `--stage` names.

use std::collections::BTreeMap;

use super::world::World;
use super::{Overrides, Token};
use crate::fields::Fields;

/// The beginnings of the environment variables that stores read their credentials from.
const CREDENTIALS: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];
/// The beginnings of addresses of stores; anything else is a folder.
const SCHEMES: [&str; 3] = ["s3://", "gs://", "az://"];

/// A store, and what is needed to speak with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePlace {
    /// Where it is: `s3://bucket/prefix`, or a folder.
    pub to: String,
    /// The server of a store that is not its maker's: `http://localhost:9000`.
    pub endpoint: Option<String>,
    /// The region of a store.
    pub region: Option<String>,
    /// The account of an Azure store.
    pub account: Option<String>,
    /// The variables from which the store takes its credentials.
    pub credentials: BTreeMap<String, Token>,
}

/// The stores that machines of ours share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shared {
    /// Where builds leave for one another what they made.
    pub cache: Option<StorePlace>,
    /// Where the parts of a build meet.
    pub stage: Option<StorePlace>,
}

/// Returns the variables from which stores take their credentials.
pub(super) fn credentials(world: &World) -> BTreeMap<String, Token> {
    let is_credential = |name: &str| CREDENTIALS.iter().any(|beginning| name.starts_with(beginning));
    let found = world.environment.iter().filter(|(name, _)| is_credential(name));
    found.map(|(name, value)| (name.clone(), Token(value.clone()))).collect()
}

pub(super) fn read(fields: &mut Fields<'_>, overrides: &Overrides, world: &World) -> Shared {
    let place = |to: &str, endpoint: &Option<String>, region: &Option<String>, account: &Option<String>| StorePlace {
        to: to.trim_end_matches('/').to_owned(),
        endpoint: endpoint.clone(),
        region: region.clone(),
        account: account.clone(),
        credentials: credentials(world),
    };
    let mut cache = None;
    let (mut endpoint, mut region, mut account) = (None, None, None);
    if let Some(mut table) = fields.table("cache") {
        let span = table.span_of("remote").unwrap_or(0..0);
        let remote = table.string("remote").unwrap_or_default();
        (endpoint, region, account) = (table.string("endpoint"), table.string("region"), table.string("account"));
        match is_place(&remote) {
            true => cache = Some(place(&remote, &endpoint, &region, &account)),
            false => {
                let message = format!("`cache.remote` is `{remote}`, which is no place for a cache");
                let hint = "write `remote = \"s3://bucket/cache\"`, `gs://…`, `az://…` or the path of a folder";
                table.refuse(span, message).hint = Some(hint.to_owned());
            }
        }
        table.finish();
    }
    let stage = overrides.stage.as_ref().map(|to| place(to, &endpoint, &region, &account));
    Shared { cache, stage }
}

/// Returns whether something can be the address of a store.
pub fn is_place(text: &str) -> bool {
    match SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => !rest.trim_matches('/').is_empty(),
        None => !text.is_empty() && !text.contains("://"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Overrides, World, read, sample};

    #[test]
    fn a_cache_is_a_store_or_a_folder() {
        for to in ["s3://blog/cache/", "gs://blog", "az://blog/x", "/srv/cache", "../cache"] {
            let config = sample(&format!("[cache]\nremote = \"{to}\"\nregion = \"x\"\n"));
            let place = config.shared.cache.unwrap();
            assert_eq!((place.to.as_str(), place.region.as_deref()), (to.trim_end_matches('/'), Some("x")));
        }
        assert_eq!(sample("").shared.cache, None);
    }

    #[test]
    fn another_scheme_is_refused() {
        for to in ["ftp://host/x", "s3://", ""] {
            let text = format!("title = \"x\"\nbase_url = \"https://x.example/\"\n[cache]\nremote = \"{to}\"\n");
            let problems = read(Path::new("/site"), &text, &Overrides::default(), &World::default()).unwrap_err();
            assert!(problems.iter().any(|problem| problem.message.contains("no place for a cache")), "{problems:?}");
        }
    }
}
