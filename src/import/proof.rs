//! Owns the proof that a move lost nothing: each address of the old site is kept, leads on, or is lost; and of what is kept, what
//! differs. A function of what both sites say.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What is known of the old site.
#[derive(Debug, Clone, Default)]
pub struct Old {
    /// Its addresses below the site, decoded: `/posts/a/`.
    pub addresses: BTreeSet<String>,
    /// Entries of its feeds, by address.
    pub entries: BTreeMap<String, Entry>,
    /// Addresses of its feeds.
    pub feeds: BTreeSet<String>,
}

/// What is known of the new site.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// The addresses that are there.
    pub addresses: BTreeSet<String>,
    /// The addresses that lead on, and where to.
    pub redirects: BTreeMap<String, String>,
    /// Entries of its feeds, by address.
    pub entries: BTreeMap<String, Entry>,
    /// The old addresses that its settings give up on purpose.
    pub given_up: BTreeSet<String>,
}

/// One entry of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its title.
    pub title: String,
    /// The day on which it was published, in UTC: `2011-02-03`.
    pub date: String,
    /// Its id.
    pub id: String,
    /// How many words its text has; nothing where a feed holds summaries.
    pub words: Option<usize>,
    /// How many pictures its text has.
    pub images: usize,
}

/// What became of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "fate")]
pub enum Fate {
    /// It is there.
    Kept,
    /// It leads on to this address.
    Redirected {
        /// The address.
        to: String,
    },
    /// The settings give it up on purpose.
    GivenUp,
    /// It is gone.
    Lost,
}

/// One row of the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The old address.
    pub address: String,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
    /// What differs: its name, the old, the new.
    pub differs: Vec<(&'static str, String, String)>,
}

impl Row {
    /// Returns whether a reader loses something: the page, or its id, with which a feed reader would show it anew.
    pub fn is_lost(&self) -> bool {
        self.fate == Fate::Lost || self.differs.iter().any(|(what, ..)| *what == "id")
    }
}

/// From how many hundredths on a difference in words is told: typography and shortcodes change a few.
const WORDS: usize = 5;

/// Compares.
pub fn prove(old: &Old, new: &New) -> Vec<Row> {
    let all: BTreeSet<&String> = old.addresses.iter().chain(old.entries.keys()).chain(&old.feeds).collect();
    all.into_iter()
        .map(|address| {
            let fate = fate(address, new);
            let at = match &fate {
                Fate::Redirected { to } => to,
                Fate::Kept | Fate::GivenUp | Fate::Lost => address,
            };
            let differs = match (old.entries.get(address), new.entries.get(at)) {
                (Some(old), Some(new)) => differing(old, new),
                _ => Vec::new(),
            };
            Row { address: address.clone(), fate, differs }
        })
        .collect()
}

fn fate(address: &str, new: &New) -> Fate {
    if new.addresses.contains(address) {
        return Fate::Kept;
    }
    // Web servers lead on to a folder whose slash was left out. That a page is found without its ending, the old one needed, too.
    let folder = format!("{address}/");
    let near = [folder.clone(), format!("{address}.html")].into_iter().find(|near| new.addresses.contains(near));
    if let Some(to) = near.filter(|_| !address.ends_with('/')) {
        return Fate::Redirected { to };
    }
    let at_folder =
        !address.ends_with('/') && new.redirects.contains_key(&folder) && !new.redirects.contains_key(address);
    let mut at = if at_folder { folder.as_str() } else { address };
    // A redirect may lead to another; nobody follows more than a few.
    for _ in 0..8 {
        match new.redirects.get(at) {
            Some(to) if new.addresses.contains(to) => return Fate::Redirected { to: to.clone() },
            Some(to) => at = to,
            None => break,
        }
    }
    if new.given_up.contains(address) { Fate::GivenUp } else { Fate::Lost }
}

fn differing(old: &Entry, new: &Entry) -> Vec<(&'static str, String, String)> {
    let mut differs = Vec::new();
    let mut told = |what, one: &str, other: &str| {
        if one != other {
            differs.push((what, one.to_owned(), other.to_owned()));
        }
    };
    told("title", &old.title, &new.title);
    told("date", &old.date, &new.date);
    told("id", &old.id, &new.id);
    if let (Some(before), Some(after)) = (old.words, new.words) {
        if before.abs_diff(after) * 100 > before * WORDS {
            differs.push(("words", before.to_string(), after.to_string()));
        }
        if old.images != new.images {
            differs.push(("images", old.images.to_string(), new.images.to_string()));
        }
    }
    differs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_old_address_is_kept_leads_on_or_is_lost() {
        let set = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
        let entry =
            |id: &str, words| Entry { title: "T".into(), date: "2011-02-03".into(), id: id.into(), words, images: 1 };
        let old = Old {
            addresses: set(&["/a/", "/b/", "/c/", "/d/", "/z", "/b", "/c", "/f"]),
            entries: [("/a/".into(), entry("1", Some(100))), ("/e/".into(), entry("2", None))].into(),
            feeds: set(&["/index.xml"]),
        };
        let new = New {
            addresses: set(&["/a/", "/z/", "/e/", "/f.html", "/index.xml"]),
            redirects: [("/b/".into(), "/y/".into()), ("/y/".into(), "/z/".into()), ("/d/".into(), "/d/".into())]
                .into(),
            entries: [("/a/".into(), entry("1", Some(90))), ("/e/".into(), entry("other", Some(9)))].into(),
            given_up: set(&["/d/"]),
        };
        let rows = prove(&old, &new);
        let of = |address: &str| rows.iter().find(|row| row.address == address).unwrap();
        for address in ["/b/", "/z", "/b"] {
            assert_eq!(of(address).fate, Fate::Redirected { to: "/z/".into() }, "{address}");
        }
        assert_eq!(of("/c").fate, Fate::Lost);
        assert_eq!(of("/f").fate, Fate::Redirected { to: "/f.html".into() });
        assert_eq!(
            (&of("/c/").fate, &of("/d/").fate, &of("/index.xml").fate),
            (&Fate::Lost, &Fate::GivenUp, &Fate::Kept)
        );
        assert_eq!(of("/a/").differs, [("words", "100".to_owned(), "90".to_owned())]);
        assert!(!of("/a/").is_lost() && of("/e/").is_lost(), "another id shows old posts as new ones");
    }
}
