//! Owns what `redirects.json` or `redirects.yaml` beside an export says: addresses that lead on to a post become its aliases.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Place};
use crate::import::Sink;
use crate::import::export::plain_address;

/// The redirects, by where they lead.
#[derive(Debug, Default)]
pub(super) struct Redirects {
    all: BTreeMap<String, Vec<String>>,
    used: RefCell<BTreeSet<String>>,
}

impl Redirects {
    /// Reads the files beside an export.
    pub(super) fn read(folder: &Path, sink: &mut dyn Sink) -> Redirects {
        let mut found = Redirects::default();
        for name in ["redirects.json", "redirects.yaml", "redirects.yml"] {
            let Ok(text) = fs::read_to_string(folder.join(name)) else { continue };
            let pairs = if name.ends_with("json") { of_json(&text) } else { of_yaml(&text) };
            let Some(pairs) = pairs else {
                let message = format!("`{name}` cannot be read, and was left out");
                sink.remark(Diagnostic::error("import/unreadable", message).at(Place::file(name)));
                continue;
            };
            for (from, to) in pairs {
                match (plain(&from), plain(&to)) {
                    (Some(from), Some(to)) => found.all.entry(whole(&to)).or_default().push(from),
                    _ => {
                        let message = format!("`{name}` leads `{from}` to `{to}`, which was left out");
                        let hint = "write it for your server, if readers still come by it";
                        sink.remark(Diagnostic::warning("import/left", message).at(Place::file(name)).hint(hint));
                    }
                }
            }
        }
        found
    }

    /// Returns the addresses that lead to one.
    pub(super) fn to(&self, address: &str) -> Vec<String> {
        self.used.borrow_mut().insert(address.to_owned());
        self.all.get(address).cloned().unwrap_or_default()
    }

    /// Says which lead to nothing that came along.
    pub(super) fn rest(&self, sink: &mut dyn Sink) {
        for (to, from) in self.all.iter().filter(|(to, _)| !self.used.borrow().contains(*to)) {
            let message = format!("`{}` led to `{to}`, which is no post, and was left out", from.join("`, `"));
            sink.remark(Diagnostic::warning("import/left", message));
        }
    }
}

fn of_json(text: &str) -> Option<Vec<(String, String)>> {
    let rows: Vec<Value> = serde_json::from_str(text).ok()?;
    let said = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    rows.iter().map(|row| Some((said(row, "from")?, said(row, "to")?))).collect()
}

fn of_yaml(text: &str) -> Option<Vec<(String, String)>> {
    let rows: BTreeMap<u16, Option<BTreeMap<String, String>>> = yaml_serde::from_str(text).ok()?;
    Some(rows.into_values().flatten().flatten().collect())
}

/// Returns an address that a pattern names, if it names one only.
fn plain(pattern: &str) -> Option<String> {
    let bare = pattern.trim_start_matches('^').trim_end_matches('$').replace("\\/", "/").replace("\\.", "\u{1}");
    let is_plain = !bare.contains(|letter: char| "\\()[]{}*+?|^$.".contains(letter));
    let address = bare.replace('\u{1}', ".");
    let file = !bare.contains('.') || pattern.starts_with('/') || pattern.starts_with('^');
    (is_plain && file && plain_address(&address)).then_some(address)
}

/// Returns an address as posts have it.
fn whole(address: &str) -> String {
    if address.ends_with('/') { address.to_owned() } else { format!("{address}/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_names_one_address_is_one() {
        assert_eq!(plain("^\\/old\\/way\\.html$").as_deref(), Some("/old/way.html"));
        assert_eq!(plain("/old/").as_deref(), Some("/old/"));
        for pattern in ["^/blog/(.*)$", "https://elsewhere.example/", "old", "/a.*/", "/../x/"] {
            assert_eq!(plain(pattern), None, "{pattern}");
        }
    }
}
