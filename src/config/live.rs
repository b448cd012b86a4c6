//! Reads `[live]`: what is known of the deployed site.

use jiff::SignedDuration;

use super::LiveRule;
use super::analytics::read_age;
use crate::fields::Fields;

/// How long a deployment may take to arrive everywhere, unless `settle` says otherwise.
const SETTLE: SignedDuration = SignedDuration::from_mins(5);
/// Where a build writes its deployed manifest.
const MANIFEST: &str = "/.well-known/watchpost.json";

impl Default for LiveRule {
    fn default() -> Self {
        LiveRule { settle: SETTLE, manifest: MANIFEST.to_owned() }
    }
}

pub(super) fn read(fields: &mut Fields<'_>) -> LiveRule {
    let mut rule = LiveRule::default();
    let Some(mut table) = fields.table("live") else { return rule };
    rule.settle = read_age(&mut table, "settle", SETTLE);
    let span = table.span_of("manifest").unwrap_or(0..0);
    if let Some(path) = table.string("manifest") {
        match path.starts_with('/') && path.ends_with(".json") && !path.contains(['?', '#', ' ', '\\']) {
            true => rule.manifest = path,
            false => {
                table.refuse(span, format!("`live.manifest` is `{path}`, which is no path of a manifest")).hint =
                    Some("write its path below the site, as `manifest = \"/watchpost.json\"`".to_owned());
            }
        }
    }
    table.finish();
    rule
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use jiff::SignedDuration;

    #[test]
    fn a_site_may_take_longer_to_settle_and_keep_its_manifest_elsewhere() {
        let usual = sample("").live;
        assert_eq!(
            (usual.settle, usual.manifest.as_str()),
            (SignedDuration::from_mins(5), "/.well-known/watchpost.json")
        );
        let own = sample("[live]\nsettle = \"1h\"\nmanifest = \"/watchpost.json\"\n").live;
        assert_eq!((own.settle, own.manifest.as_str()), (SignedDuration::from_hours(1), "/watchpost.json"));
    }
}
