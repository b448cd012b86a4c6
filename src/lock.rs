//! Owns the shape of `analytics.lock`: what was verified once and must not change unnoticed.
//!
//! Parses and writes it as sorted TOML without secrets and without a clock. Decides nothing: what
//! fits and what does not is judged in `guard`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;

/// The newest shape that this engine writes.
pub const SCHEMA: u32 = 1;

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The version of this shape.
    pub schema: u32,
    /// One entry for each `[[analytics]]` of each environment.
    #[serde(default)]
    pub analytics: Vec<LockEntry>,
}

/// What is locked of one analytics table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockEntry {
    /// The environment that it belongs to; empty for none.
    #[serde(default)]
    pub environment: String,
    /// The provider's name.
    pub provider: String,
    /// The endpoint as written in site.toml, or `embedded`.
    pub endpoint: String,
    /// The site as the provider calls it.
    pub site: String,
    /// Which pages are to carry the snippet, in words: `every page but /drafts/**`.
    pub coverage: String,
    /// What pages carry.
    pub snippet: LockedSnippet,
    /// What they load.
    pub tracker: LockedTracker,
    /// Who answers.
    #[serde(default)]
    pub server: Option<LockedServer>,
    /// How a hit is taken.
    #[serde(default)]
    pub collect: Option<LockedCollect>,
    /// The directives that a policy needs to grant, as `connect-src https://stats.example/count`.
    #[serde(default)]
    pub csp: Vec<String>,
}

/// What pages carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSnippet {
    /// The provider's revision of it that the engine writes.
    pub revision: u32,
    /// The snippet itself.
    pub text: String,
    /// Its digest.
    pub sha256: Sha256,
    /// Its parameters by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// What pages load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedTracker {
    /// Its URL in the page.
    pub url: String,
    /// Where redirects led.
    pub final_url: String,
    /// Its content type.
    pub content_type: String,
    /// `exact`, `fingerprint` or `volatile`.
    pub class: String,
    /// The versions and bytes that were seen together.
    pub released: Vec<Released>,
    /// The provider's markers that were found in it.
    #[serde(default)]
    pub markers: Vec<String>,
    /// The provider's commands that it understands.
    #[serde(default)]
    pub commands: Vec<String>,
    /// How it sends: `beacon`, `fetch`, `image`.
    #[serde(default)]
    pub transports: Vec<String>,
    /// Other hosts named in it.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The collect endpoint that its server has written into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded: Option<String>,
    /// The domain that its server has written into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// How it finds its own tag: `current-script`, `import-meta`, `import-meta-source`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<String>,
}

/// A version and the tracker's bytes that came with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The server's version, or `unknown`.
    pub version: String,
    /// The digest of the decoded body.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedServer {
    /// The version.
    pub version: String,
    /// How it was learned: `status`, `api`, `tracker`.
    pub learned_by: String,
}

/// How a hit is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedCollect {
    /// The method of the tracker's own hits.
    pub method: String,
    /// The path of the endpoint.
    pub path: String,
    /// The name of the probe.
    pub probe: String,
    /// What a known site answers.
    pub expect_known: String,
    /// What an impossible site answers, or `indistinguishable`.
    pub expect_unknown: String,
}

/// Why a lock file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockProblem {
    /// It is no TOML of this shape.
    Malformed(String),
    /// A newer engine wrote it.
    Newer(u32),
}

impl Lock {
    /// Reads a lock file's text.
    pub fn parse(text: &str) -> Result<Lock, LockProblem> {
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| LockProblem::Malformed(error.to_string()))?;
        match table.get("schema").and_then(toml::Value::as_integer) {
            Some(schema) if schema > i64::from(SCHEMA) => {
                return Err(LockProblem::Newer(u32::try_from(schema).unwrap_or(u32::MAX)));
            }
            _ => {}
        }
        table.try_into().map_err(|error: toml::de::Error| LockProblem::Malformed(error.to_string()))
    }

    /// Writes the file's text: entries sorted, the same bytes for the same facts.
    pub fn to_text(&self) -> String {
        let mut lock = self.clone();
        lock.schema = SCHEMA;
        lock.analytics.sort_by(|one, other| {
            (&one.environment, &one.provider, &one.endpoint, &one.site).cmp(&(
                &other.environment,
                &other.provider,
                &other.endpoint,
                &other.site,
            ))
        });
        let body = toml::to_string_pretty(&lock).expect("a lock has only keys and values that TOML knows");
        format!("# Written by `blog`; commit it. `blog lock` compares, `blog lock --accept` renews it.\n{body}")
    }
}
