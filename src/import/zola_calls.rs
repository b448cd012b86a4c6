//! Owns what a site's own shortcodes take, learned from how its texts call them: here each says so in its first line.

use std::collections::{BTreeMap, BTreeSet};

/// The calls that were seen.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// The arguments of each shortcode, and the kind of value that each was given.
    seen: BTreeMap<String, BTreeMap<String, Kind>>,
    /// Those that enclose a text.
    enclosing: BTreeSet<String>,
}

/// A kind of value. One that was given in two ways is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
}

impl Calls {
    /// Learns from a text.
    pub(super) fn learn(&mut self, text: &str) {
        for (at, _) in text.match_indices('{') {
            let rest = &text[at + 1..];
            let Some(inner) = rest.strip_prefix(['{', '%']) else { continue };
            let inner = inner.trim_start();
            let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
            let Some(given) = inner[end..].strip_prefix('(').filter(|_| end > 0) else { continue };
            let arguments = self.seen.entry(inner[..end].to_owned()).or_default();
            if rest.starts_with('%') {
                self.enclosing.insert(inner[..end].to_owned());
            }
            for (name, kind) in arguments_of(given) {
                let known = arguments.entry(name).or_insert(kind);
                if *known != kind {
                    *known = Kind::Text;
                }
            }
        }
    }

    /// Returns the first line of a shortcode's template.
    pub(super) fn signature(&self, name: &str) -> String {
        let nothing = BTreeMap::new();
        let arguments = self.seen.get(name).unwrap_or(&nothing).iter().map(|(name, kind)| match kind {
            Kind::Text => format!("{name}: text = \"\""),
            Kind::Number => format!("{name}: number = 0"),
            Kind::Boolean => format!("{name}: boolean = false"),
        });
        let arguments = arguments.collect::<Vec<_>>().join(", ");
        let body = if self.enclosing.contains(name) { " with body" } else { "" };
        format!("{{# {name}({arguments}){body} #}}")
    }
}

/// Returns the arguments from an opening bracket on, as far as they can be read.
fn arguments_of(mut rest: &str) -> Vec<(String, Kind)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\n', '\t', ',']);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let Some(value) = rest[end..].trim_start().strip_prefix('=').filter(|_| end > 0) else { return found };
        let name = rest[..end].to_owned();
        let value = value.trim_start();
        let (kind, length) = match value.chars().next() {
            Some(quote @ ('"' | '\'' | '`')) => match value[1..].find(quote) {
                Some(length) => (Kind::Text, length + 2),
                None => return found,
            },
            _ => {
                let length = value.find([',', ')', ' ', '\n']).unwrap_or(value.len());
                let kind = match &value[..length] {
                    "true" | "false" => Kind::Boolean,
                    number if number.parse::<f64>().is_ok() => Kind::Number,
                    _ => Kind::Text,
                };
                (kind, length)
            }
        };
        found.push((name, kind));
        rest = &value[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shortcode_takes_is_learned_from_its_calls() {
        let mut calls = Calls::default();
        calls.learn("{{ box(a=\"1, (x)\", b=2) }} text {{box(b=2.5, c=true)}} {% quote(by='É') %}x{% end %} {{ x }} {{ broken(a=\"");
        assert_eq!(calls.signature("box"), "{# box(a: text = \"\", b: number = 0, c: boolean = false) #}");
        assert_eq!(calls.signature("quote"), "{# quote(by: text = \"\") with body #}");
        assert_eq!(calls.signature("never"), "{# never() #}");
        calls.learn("{{ box(b=\"two\") }}");
        assert!(calls.signature("box").contains("b: text"));
    }
}
