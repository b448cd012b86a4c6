//! Reads `[languages.TAG]`, and makes of the settings of a site those of one of its languages.
//!
//! What a language does not say is as in the site's own: formats, lists, taxonomies. All of them share `base_url`.

use std::ops::Range;

use super::{Config, FeedOf, FeedRule, LanguageRule, TaxonomyRule, lists};
use crate::fields::{Fields, Value};
use crate::paths::Route;

/// Refuses what is no BCP 47 tag.
pub(super) fn demand_tag(fields: &mut Fields<'_>, tag: &str, span: Range<usize>) {
    let alphanumeric = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let primary = tag.split('-').next().unwrap_or_default();
    let is_primary = primary.len() >= 2 && primary.bytes().all(|b| b.is_ascii_alphabetic());
    if !is_primary || !tag.split('-').all(alphanumeric) {
        fields.refuse(span, format!("`{tag}` is no language tag")).hint =
            Some("write a BCP 47 tag, as `en`, `nl-BE` or `zh-Hant`".to_owned());
    }
}

pub(super) fn read(fields: &mut Fields<'_>, own: &str, taxonomies: &[TaxonomyRule]) -> Vec<LanguageRule> {
    let mut rules: Vec<LanguageRule> = Vec::new();
    let Some(mut table) = fields.table("languages") else { return rules };
    for row in table.rest() {
        let tag = row.key.clone();
        let Value::Table(below) = row.node.value else {
            table.mistyped::<()>(&tag, "a table", &row.node.value, row.node.span);
            continue;
        };
        demand_tag(&mut table, &tag, row.span.clone());
        if tag.eq_ignore_ascii_case(own) {
            table.refuse(row.span.clone(), format!("`{tag}` is the site's own language already")).hint =
                Some("its settings stand at the top of `site.toml`; here stand the other languages".to_owned());
        }
        if let Some(other) = rules.iter().find(|rule| rule.tag.eq_ignore_ascii_case(&tag)) {
            table.refuse(row.span.clone(), format!("`{tag}` and `{}` are one language", other.tag));
        }
        let path = table.dotted(&tag);
        let mut one = table.below(path, row.span, below);
        let has_feeds = one.span_of("feeds").is_some();
        let feeds = lists::read_feeds(&mut one, taxonomies);
        rules.push(LanguageRule {
            tag,
            title: one.string("title"),
            description: one.string("description"),
            feeds: has_feeds.then_some(feeds),
            fallback: one.boolean("fallback").unwrap_or(false),
            extra: one.plain_table("extra").unwrap_or_default().to_toml(),
        });
        one.finish();
    }
    rules
}

impl Config {
    /// Returns the tag of a language: 0 is the site's own.
    pub fn tag(&self, edition: usize) -> &str {
        match edition.checked_sub(1).and_then(|index| self.languages.get(index)) {
            Some(rule) => &rule.tag,
            None => self.main.as_ref().map_or(&self.language, |(language, _)| language),
        }
    }

    /// Returns what stands before the addresses of a language: nothing before those of the site's own.
    pub fn prefix_of(&self, edition: usize) -> String {
        match edition.checked_sub(1).and_then(|index| self.languages.get(index)) {
            Some(rule) => format!("/{}", rule.tag.to_ascii_lowercase()),
            None => String::new(),
        }
    }

    /// Returns the site's name in a language.
    pub fn title_in(&self, edition: usize) -> &str {
        let rule = edition.checked_sub(1).and_then(|index| self.languages.get(index));
        let main = || self.main.as_ref().map_or(&*self.title, |(_, title)| title);
        rule.and_then(|rule| rule.title.as_deref()).unwrap_or_else(main)
    }

    /// Returns the settings of one language, from those of the site.
    pub fn localised(&self, edition: usize) -> Config {
        let Some(rule) = edition.checked_sub(1).and_then(|index| self.languages.get(index)) else {
            return self.clone();
        };
        let mut config = self.clone();
        config.main = Some((self.language.clone(), self.title.clone()));
        config.edition = edition;
        config.prefix = self.prefix_of(edition);
        config.language.clone_from(&rule.tag);
        config.title = rule.title.clone().unwrap_or(config.title);
        config.description = rule.description.clone().unwrap_or(config.description);
        config.feeds = rule.feeds.clone().unwrap_or(config.feeds);
        for feed in config.feeds.iter_mut().filter(|feed| !matches!(feed.of, FeedOf::Terms(_))) {
            feed.path = format!("{}/{}", &config.prefix[1..], feed.path);
        }
        for taxonomy in &mut config.taxonomies {
            taxonomy.path = format!("{}{}", config.prefix, taxonomy.path);
        }
        config.extra.extend(rule.extra.clone());
        config
    }

    /// Returns the feeds of the site and of sections in all languages, as they stand below the root.
    pub fn feeds_everywhere(&self) -> Vec<FeedRule> {
        let further = (1..=self.languages.len()).flat_map(|edition| self.localised(edition).feeds);
        let all = self.feeds.iter().cloned().chain(further);
        all.filter(|rule| !matches!(rule.of, FeedOf::Terms(_))).collect()
    }

    /// Returns the address of the home page in this language.
    pub fn home(&self) -> Route {
        self.at("/")
    }

    /// Returns an address below the home page of this language, from one that is known to be sound.
    pub fn at(&self, path: &str) -> Route {
        Route::new(format!("{}{path}", self.prefix)).expect("a language tag before a sound address")
    }

    /// Returns the key in site.toml of a row of `feeds`.
    pub fn feed_key(&self, row: usize) -> String {
        let own = self.edition.checked_sub(1).and_then(|index| self.languages.get(index));
        match own.filter(|rule| rule.feeds.is_some()) {
            Some(rule) => format!("languages.{}.feeds.{row}", rule.tag),
            None => format!("feeds.{row}"),
        }
    }
}
