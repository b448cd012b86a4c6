//! Owns what site.toml says of the host: headers, the content security policy, redirects.
//!
//! Shapes only: `headers` and `assets` read them.

use std::collections::{BTreeMap, BTreeSet};

/// Headers for the addresses that a pattern covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRule {
    /// As hosts read it: `*` stands for anything, `:name` for one part. `/*`, `/posts/*`.
    pub path: String,
    /// Names and values, in the order of site.toml.
    pub values: Vec<(String, String)>,
}

/// `[csp]`: the policy that is computed from the pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CspRule {
    /// Whether there is one.
    pub mode: CspMode,
    /// What it allows besides, by directive.
    pub allow: BTreeMap<String, BTreeSet<String>>,
}

/// Whether a policy is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CspMode {
    /// It is not.
    #[default]
    Off,
    /// It is, and browsers obey it.
    Auto,
    /// It is, and browsers only report what it would block.
    ReportOnly,
}

/// A server that can be told of redirects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RedirectFormat {
    /// `_redirects`, as Netlify reads it.
    Netlify,
    /// `_redirects`, as Cloudflare reads it.
    Cloudflare,
    /// A fragment for nginx.
    Nginx,
    /// A fragment for Caddy.
    Caddy,
}

impl RedirectFormat {
    /// All of them.
    pub const ALL: [RedirectFormat; 4] =
        [RedirectFormat::Netlify, RedirectFormat::Cloudflare, RedirectFormat::Nginx, RedirectFormat::Caddy];

    /// Returns its name in site.toml.
    pub fn name(self) -> &'static str {
        match self {
            RedirectFormat::Netlify => "netlify",
            RedirectFormat::Cloudflare => "cloudflare",
            RedirectFormat::Nginx => "nginx",
            RedirectFormat::Caddy => "caddy",
        }
    }

    /// Returns the address of its file.
    pub fn address(self) -> &'static str {
        match self {
            RedirectFormat::Netlify | RedirectFormat::Cloudflare => "/_redirects",
            RedirectFormat::Nginx => "/redirects.nginx",
            RedirectFormat::Caddy => "/redirects.caddy",
        }
    }
}
