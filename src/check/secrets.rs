//! Owns the search for secrets in written files: a token that is published is no token any more.
//!
//! The value itself never leaves this module: findings name the file and the environment variable.

use memchr::memmem::Finder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Evidence;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place};

/// A secret shorter than this cannot be told from other text.
const SHORTEST: usize = 8;

/// What is searched for.
pub(super) struct Secrets {
    needles: Vec<(String, Finder<'static>)>,
    longest: usize,
    /// The environment variables whose value is too short to be searched for.
    pub too_short: Vec<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Secrets({} searched for, {} too short)", self.needles.len(), self.too_short.len())
    }
}

impl Secrets {
    /// Takes every secret that the configuration holds, each in the forms in which it may be written.
    pub(super) fn of(config: &Config) -> Secrets {
        let mut secrets = Secrets { needles: Vec::new(), longest: 0, too_short: Vec::new() };
        for analytics in &config.analytics {
            let Some(token) = &analytics.token else { continue };
            let name = analytics.token_env.clone().unwrap_or_else(|| "a token".to_owned());
            if token.0.len() < SHORTEST {
                secrets.too_short.push(name);
                continue;
            }
            let escaped = token.0.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let json = serde_json::Value::from(token.0.as_str()).to_string();
            let mut forms = vec![
                token.0.clone(),
                utf8_percent_encode(&token.0, NON_ALPHANUMERIC).to_string(),
                escaped,
                json[1..json.len() - 1].to_owned(),
            ];
            forms.sort();
            forms.dedup();
            for form in forms {
                secrets.longest = secrets.longest.max(form.len());
                secrets.needles.push((name.clone(), Finder::new(form.as_bytes()).into_owned()));
            }
        }
        secrets
    }

    /// Returns whether there is nothing to search for.
    pub(super) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Returns how many bytes of one piece must be looked at again with the next.
    pub(super) fn overlap(&self) -> usize {
        self.longest.saturating_sub(1)
    }

    /// Returns the environment variables whose value stands in these bytes.
    pub(super) fn found_in<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'a str> {
        self.needles.iter().filter(|(_, finder)| finder.find(bytes).is_some()).map(|(name, _)| name.as_str())
    }
}

/// Says which files hold a secret.
pub(super) fn in_output(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let finding = |(path, variable): &(String, String)| {
        Diagnostic::error("secrets/in-output", format!("the value of `{variable}` stands in a written file"))
            .at(Place::file(path))
            .hint("take it out of the page, and replace the token at its server: whoever read the page has it")
    };
    evidence.leaks.iter().map(finding).collect()
}
