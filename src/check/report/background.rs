//! Owns what the readers of a report need besides its verdicts: of which site it is, where a written page
//! comes from, what is locked, and how long an unknown may last. Gives [`Background`], and the [`Spot`]s that a block is about.
//!
//! Reads no file; the lock is handed in.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;

use super::blocks::{About, Block};
use super::{Judged, Report};
use crate::check::Options;
use crate::config::{Analytics, Config, OnUnknown};
use crate::guard;
use crate::lock::LockEntry;
use crate::manifest::Manifest;

/// The file that a verdict about a server is about: where the server is named.
const SETTINGS: &str = "site.toml";
/// The file that a verdict about the lock is about.
const LOCK: &str = "analytics.lock";

/// What a report is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Background {
    /// Where the site stands on the web.
    pub base_url: String,
    /// The folder with the written pages, relative to the site's and with `/` at its end; empty where it lies elsewhere.
    pub folder: String,
    /// The source of each page that a verdict or a finding names, where the manifest knows one.
    pub sources: BTreeMap<String, String>,
    /// What is known of each analytics table, in the order of site.toml.
    pub tables: Vec<Memory>,
}

/// What is remembered of one analytics table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// What is locked of it.
    pub locked: Option<LockEntry>,
    /// How long a level may stay unknown; none where an unknown fails at once.
    pub tolerated: Option<SignedDuration>,
}

/// A place that a person can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// A path relative to the site's folder.
    pub(super) file: String,
    /// The line, from 1.
    pub(super) line: Option<usize>,
    /// The column, from 1, in characters.
    pub(super) column: Option<usize>,
}

impl Spot {
    fn whole(file: impl Into<String>) -> Spot {
        Spot { file: file.into(), line: None, column: None }
    }
}

impl Background {
    /// Gathers it for a report over a folder.
    pub(crate) fn of(
        config: &Config,
        folder: &Path,
        manifest: Option<&Manifest>,
        options: &Options<'_>,
        report: &Report,
    ) -> Background {
        let memory = |(number, analytics): (usize, &Analytics)| Memory {
            locked: options.lock.and_then(|lock| guard::locked(lock, config, number)).cloned(),
            tolerated: (analytics.on_unknown == OnUnknown::Warn).then_some(analytics.max_unknown_age),
        };
        Background {
            base_url: config.base_url.as_str().to_owned(),
            // A build is judged before it is put in place.
            folder: prefix(&config.root, if manifest.is_some() { &config.out } else { folder }),
            sources: manifest.map(|manifest| sources(manifest, report)).unwrap_or_default(),
            tables: config.analytics.iter().enumerate().map(memory).collect(),
        }
    }

    /// Returns the places that a block is about, in the order in which it names them; never none.
    pub(super) fn spots(&self, block: &Block<'_>) -> Vec<Spot> {
        match block.about {
            About::Verdict(judged) if judged.verdict.pages.is_empty() => {
                vec![Spot::whole(if block.code.starts_with("lock/") { LOCK } else { SETTINGS })]
            }
            About::Verdict(judged) => judged.verdict.pages.iter().map(|page| self.of_page(page)).collect(),
            About::Finding(finding) => vec![match &finding.place {
                Some(place) => self.of_page(&place.file),
                None => Spot::whole(SETTINGS),
            }],
            About::Run(diagnostic) => vec![match &diagnostic.place {
                Some(place) => {
                    let at = place.line_column();
                    Spot {
                        file: place.file.clone(),
                        line: at.map(|(line, _)| line),
                        column: at.map(|(_, column)| column),
                    }
                }
                None => Spot::whole(SETTINGS),
            }],
        }
    }

    /// Returns where a written page comes from, else the page itself; a line is the written page's.
    fn of_page(&self, named: &str) -> Spot {
        let (page, line) = parted(named);
        match self.sources.get(page) {
            Some(source) => Spot::whole(source),
            None => Spot { file: format!("{}{page}", self.folder), line, column: None },
        }
    }
}

/// Parts `posts/a/index.html:12` into its path and its line.
fn parted(named: &str) -> (&str, Option<usize>) {
    let line = |(path, line): (&'_ str, &str)| Some((path.len(), line.parse().ok().filter(|line| *line > 0)?));
    match named.rsplit_once(':').and_then(line) {
        Some((end, line)) => (&named[..end], Some(line)),
        None => (named, None),
    }
}

/// Returns a folder as the beginning of paths relative to the site's; empty if it is the site's own or lies elsewhere.
fn prefix(root: &Path, folder: &Path) -> String {
    // A folder that is still to be put in place is named in full already.
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match real(folder).strip_prefix(real(root)).ok().and_then(Path::to_str) {
        Some(name) if !name.is_empty() => format!("{name}/"),
        _ => String::new(),
    }
}

/// Returns the sources of the pages that a report names where something is not as it should be.
fn sources(manifest: &Manifest, report: &Report) -> BTreeMap<String, String> {
    let told = report.verdicts.iter().filter(|judged: &&Judged| judged.verdict.outcome != crate::verdict::Outcome::Ok);
    let pages = told.flat_map(|judged| judged.verdict.pages.iter().map(String::as_str));
    let places = report.findings.iter().filter_map(|finding| Some(parted(&finding.place.as_ref()?.file).0));
    let source = |page: &str| Some((page.to_owned(), manifest.files.get(page)?.source.clone()?));
    pages.chain(places).filter_map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_as_the_site_sees_it() {
        let site = tempfile::tempdir().unwrap();
        let root = site.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("out/www")).unwrap();
        for (folder, expected) in [
            (root.join("out/www"), "out/www/"),
            (root.join("public"), "public/"),
            (root.join("out/.."), ""),
            ("/srv".into(), ""),
        ] {
            assert_eq!(prefix(&root, &folder), expected, "{}", folder.display());
        }
    }

    #[test]
    fn a_line_is_parted_from_its_path() {
        assert_eq!(parted("posts/a/index.html:12"), ("posts/a/index.html", Some(12)));
        assert_eq!(parted("posts/a:b/index.html"), ("posts/a:b/index.html", None));
        assert_eq!(parted("posts/a:0"), ("posts/a:0", None));
    }
}
