//! Owns `[analytics.expect]`: what the owner of a site knows better than our table of facts, which rots.
//!
//! Gives [`Expect`]. Refuses keys and values that it does not know, by name.

use super::{Class, Transport};
use crate::config::Analytics;
use crate::diagnostic::did_you_mean;

/// The facts that site.toml overrides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// What a change of the tracker's bytes means.
    pub class: Option<Class>,
    /// Words that the tracker has, instead of the vendor's.
    pub markers: Option<Vec<String>>,
    /// Hosts that the tracker may name, besides the vendor's.
    pub hosts: Vec<String>,
    /// Commands that the tracker understands, though its tokens do not show it.
    pub understands: Vec<String>,
    /// How hits leave the page, instead of what the tokens show.
    pub transports: Option<Vec<Transport>>,
    /// The snippet of a vendor that is not known, with `{script}`, `{collect}` and `{site}` where those belong.
    pub snippet: Option<String>,
}

/// The keys, each with what it takes.
const KEYS: &[(&str, &str)] = &[
    ("class", "`\"exact\"`, `\"fingerprint\"` or `\"volatile\"`"),
    ("markers", "a list of words that the tracker has"),
    ("hosts", "a list of hosts that the tracker may name"),
    ("understands", "a list of commands"),
    ("snippet", "the snippet as a string, with `{script}` where the tracker's address belongs"),
    ("transports", "a list of `\"beacon\"`, `\"fetch\"` and `\"image\"`"),
];

impl Expect {
    /// Reads a table's overrides; every problem with them as a sentence.
    pub fn of(analytics: &Analytics) -> Result<Expect, Vec<String>> {
        let mut expect = Expect::default();
        let mut problems = Vec::new();
        for (key, value) in &analytics.expect {
            if expect.take(key, value).is_none() {
                problems.push(problem(key));
            }
        }
        match problems.is_empty() {
            true => Ok(expect),
            false => Err(problems),
        }
    }

    fn take(&mut self, key: &str, value: &toml::Value) -> Option<()> {
        match key {
            "class" => self.class = Some(Class::ALL.into_iter().find(|class| Some(class.name()) == value.as_str())?),
            "markers" => self.markers = Some(words(value)?),
            "hosts" => self.hosts = words(value)?,
            "understands" => self.understands = words(value)?,
            "transports" => {
                let named = |word: String| Transport::ALL.into_iter().find(|transport| transport.name() == word);
                self.transports = Some(words(value)?.into_iter().map(named).collect::<Option<_>>()?);
            }
            "snippet" => self.snippet = Some(value.as_str()?.to_owned()),
            _ => return None,
        }
        Some(())
    }
}

fn words(value: &toml::Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

fn problem(key: &str) -> String {
    if let Some((_, takes)) = KEYS.iter().find(|(known, _)| *known == key) {
        return format!("`expect.{key}` takes {takes}");
    }
    let hint = match did_you_mean(key, KEYS.iter().map(|(known, _)| *known)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known are {}", KEYS.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ")),
    };
    format!("`expect.{key}` is no fact that can be overridden; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::tests::analytics;

    fn of(text: &str) -> Result<Expect, Vec<String>> {
        let expect = text.parse::<toml::Table>().unwrap().into_iter().collect();
        Expect::of(&Analytics { expect, ..analytics("goatcounter") })
    }

    #[test]
    fn facts_are_read_and_what_is_none_is_refused_by_name() {
        let expect =
            of("class = \"volatile\"\nmarkers = [\"a\"]\nhosts = [\"h\"]\ntransports = [\"image\", \"beacon\"]")
                .unwrap();
        assert_eq!((expect.class, expect.markers), (Some(Class::Volatile), Some(vec!["a".to_owned()])));
        assert_eq!(expect.transports, Some(vec![Transport::Image, Transport::Beacon]));
        assert_eq!(of("").unwrap(), Expect::default());
        let told = of("clas = \"exact\"\nhosts = \"h\"\ntransports = [\"pigeon\"]").unwrap_err();
        assert_eq!(told[0], "`expect.clas` is no fact that can be overridden; did you mean `class`?");
        assert_eq!(told[1], "`expect.hosts` takes a list of hosts that the tracker may name");
        assert_eq!(told.len(), 3);
    }
}
