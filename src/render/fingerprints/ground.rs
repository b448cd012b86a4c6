//! Owns what all pages of a language stand on: the program, the settings, the templates, the words; and for each template
//! what of the whole site it reads besides.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use tera::Value;
use tera::value::Key;

use super::Parts;
use crate::config::Config;
use crate::digest::Digest;
use crate::render::Site;
use crate::render::functions::revision;
use crate::render::reads::{blocks, names_field, reads};
use crate::render::shelf::Shelf;

/// The program, by its sources.
pub(super) const PROGRAM: &str = env!("WATCHPOST_PROGRAM");

/// What all pages of a language stand on.
pub(super) struct Ground<'s> {
    site: &'s Site,
    shelf: &'s Shelf,
    base: Digest,
    terms: OnceLock<Digest>,
    data: OnceLock<Digest>,
    layouts: Mutex<HashMap<String, Layout>>,
    /// Whether templates inside of texts may read data: those texts stand on any page.
    inserts_name_data: bool,
}

/// What is known of a template and all that it leads to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// The digest of the template, of all that it leads to, and of all that these read of the site as such.
    pub(super) digest: Digest,
    /// Whether they may read the terms of a taxonomy.
    pub(super) names_terms: bool,
    /// Whether they may read the posts that have most in common with a page.
    pub(super) names_related: bool,
    /// Whether they may read which posts link to a page.
    pub(super) names_backlinks: bool,
    /// Whether they may read the links to all posts of a section.
    pub(super) reads_section_pages: bool,
    /// Whether they may read the links to all posts of a term.
    pub(super) reads_term_pages: bool,
}

impl<'s> Ground<'s> {
    pub(super) fn of(site: &'s Site, shelf: &'s Shelf) -> Self {
        let mut parts = Parts::of(PROGRAM);
        parts.add(format!("{:?}", settings_of(&shelf.config)));
        // Of the lock pages show only which revision of each snippet they carry.
        for table in &shelf.config.analytics {
            let revision = revision(shelf.lock.as_ref(), shelf.config.env.as_deref(), table);
            parts.perhaps(revision, |parts, revision| parts.number(revision as usize));
        }
        parts.add(format!("{:?}", site.theme.extra));
        parts.add(format!("{:?}", shelf.sources.words));
        for (name, template) in site.theme.files() {
            parts.add(name);
            parts.digest(&Digest::of(template.text.as_bytes()));
        }
        let own = shelf.settings.as_map().into_iter().flatten();
        own.filter(|(name, _)| name.as_str() != Some("taxonomies")).for_each(|(name, value)| {
            parts.add(name.as_str().unwrap_or_default());
            parts.add(json(value));
        });
        for (number, taxonomy) in shelf.library.taxonomies.iter().enumerate() {
            parts.add(&taxonomy.name);
            parts.add(taxonomy.route.as_str());
            parts.number(usize::from(shelf.has_pages(number)));
        }
        let inserts = site.theme.files().keys().filter(|name| is_insert(name));
        let mut inserts = inserts.flat_map(|name| site.theme.chain(name));
        Ground {
            inserts_name_data: inserts.any(|template| template.text.contains("data")),
            base: parts.finish(),
            terms: OnceLock::new(),
            data: OnceLock::new(),
            layouts: Mutex::default(),
            site,
            shelf,
        }
    }

    /// Returns the digest of all terms of all taxonomies, with how often each is used.
    pub(super) fn terms(&self) -> &Digest {
        self.terms.get_or_init(|| {
            let mut parts = Parts::of("terms");
            for number in 0..self.shelf.library.taxonomies.len() {
                parts.add(json(&self.shelf.taxonomy(number)));
            }
            parts.finish()
        })
    }

    /// Returns what is known of a template.
    pub(super) fn layout(&self, name: &str) -> Layout {
        let layouts = || self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = layouts().get(name) {
            return *known;
        }
        let layout = self.look(name);
        layouts().insert(name.to_owned(), layout);
        layout
    }

    fn look(&self, name: &str) -> Layout {
        let chain = self.site.theme.chain(name);
        let any = |is: &dyn Fn(&str) -> bool| chain.iter().any(|template| is(&template.text));
        let mut parts = Parts::of("layout");
        parts.digest(&self.base);
        parts.add(name);
        let names_terms = any(&|text| names_terms(text));
        if names_terms && any(&|text| reads(text, "config", "taxonomies")) {
            parts.digest(self.terms());
        }
        let site = self.shelf.site();
        for field in ["newest", "last_updated"] {
            if any(&|text| reads(text, "site", field)) {
                parts.add(site.as_map().and_then(|site| site.get(&Key::Str(field))).map(json).unwrap_or_default());
            }
        }
        if self.inserts_name_data || any(&|text| text.contains("data")) {
            parts.digest(self.data());
        }
        Layout {
            digest: parts.finish(),
            names_terms,
            names_related: any(&|text| names_field(text, "related")),
            names_backlinks: any(&|text| names_field(text, "backlinks")),
            reads_section_pages: any(&|text| reads(text, "section", "pages")),
            reads_term_pages: any(&|text| reads(text, "term", "pages")),
        }
    }

    fn data(&self) -> &Digest {
        self.data.get_or_init(|| {
            let mut parts = Parts::of("data");
            for (source, node) in &self.shelf.sources.data {
                parts.add(source.as_str());
                parts.add(format!("{:?}", node.value));
            }
            parts.finish()
        })
    }
}

/// Returns whether a template stands inside of texts, whether it is the site's or the theme's.
fn is_insert(name: &str) -> bool {
    ["shortcodes/", "hooks/"]
        .iter()
        .any(|folder| name.starts_with(folder) || name.contains(&format!("/templates/{folder}")))
}

/// Returns whether a template may read the terms of a taxonomy: by their name, or with the whole taxonomy.
fn names_terms(text: &str) -> bool {
    let is_known = |code: &str| {
        // `{% for taxonomy in config.taxonomies %}` names no terms by itself.
        let inner = code.trim_start_matches('-').trim();
        let walked = inner.strip_prefix("for ").and_then(|rest| rest.split_once(" in "));
        walked.is_some_and(|(_, walked)| walked.trim_end_matches('-').trim() == "config.taxonomies")
    };
    let walks = || blocks(text).filter(|code| is_known(code));
    let bound = || {
        walks()
            .filter_map(|code| Some(code.split_once("for ")?.1.split_once(" in ")?.0))
            .flat_map(|names| names.split(','))
    };
    blocks(text).filter(|code| !is_known(code)).any(|code| {
        let code = format!("{{{{{code}}}}}");
        code.contains("terms") || reads(&code, "config", "taxonomies") || reads(&code, "taxonomy", "terms")
    }) || bound().any(|name| reads(text, name.trim(), "terms"))
}

/// Returns the settings without what decides no page: where things are on this machine, its clock, what was published
/// before, where to, and how site.toml is written.
fn settings_of(config: &Config) -> Config {
    Config {
        root: PathBuf::new(),
        out: PathBuf::new(),
        text: "".into(),
        spans: Default::default(),
        lock: None,
        urls: None,
        feed_ids: Default::default(),
        publish: Vec::new(),
        shared: Default::default(),
        clock: Timestamp::UNIX_EPOCH,
        now: Timestamp::UNIX_EPOCH,
        warnings: Vec::new(),
        ..config.clone()
    }
}

/// Returns the settings without what decides no byte of the site: where things are on this machine, how site.toml is written,
/// where the site is published, and what the machine's clock says.
pub(super) fn all_settings_of(config: &Config) -> Config {
    let Config { lock, urls, feed_ids, clock, .. } = config.clone();
    Config { lock, urls, feed_ids, clock, ..settings_of(config) }
}

/// Returns a template value as text that is the same for the same value.
pub(super) fn json(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("values of templates have only text keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_over_taxonomies_reads_no_terms_by_itself() {
        for text in [
            "{% for taxonomy in config.taxonomies -%}<a href=\"{{ taxonomy.path }}\">{{ taxonomy.name }}</a>{% endfor %}",
            "{{ config.title }}",
        ] {
            assert!(!names_terms(text), "{text}");
        }
        for text in [
            "{% for t in config.taxonomies %}{% for term in t.terms %}{{ term.name }}{% endfor %}{% endfor %}",
            "{% for t in config.taxonomies %}{{ t | json_encode }}{% endfor %}",
            "{% set all = config.taxonomies %}",
            "{{ config | json_encode }}",
            "{% for term in terms %}{% endfor %}",
            "{{ taxonomy | json_encode }}",
        ] {
            assert!(names_terms(text), "{text}");
        }
    }
}
