//! Parses every Markdown file, in parallel, all problems at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::{Timestamp, Zoned};
use rayon::prelude::*;

use super::front::{Front, check_defaults};
use super::name::{Name, Role};
use super::rows::of_rows;
use super::{Draft, FrontMatter, Hidden, Kind, Post, name, split};
use crate::article::{self, Outline, Outlines};
use crate::config::{Config, FILE};
use crate::diagnostic::{Diagnostic, Level, Place};
use crate::fields::Document;
use crate::paths::SourcePath;
use crate::source::Sources;

/// Parses every Markdown file of the site, and makes the pages of data rows.
pub fn parse(config: &Config, sources: &Sources) -> Result<Vec<Arc<Post>>, Vec<Diagnostic>> {
    parse_recalling(config, sources, None)
}

/// The same, with what an earlier run has read of texts.
pub fn parse_recalling(
    config: &Config,
    sources: &Sources,
    outlines: Option<&Outlines>,
) -> Result<Vec<Arc<Post>>, Vec<Diagnostic>> {
    let (mut posts, mut problems) = parse_with(config, sources, outlines);
    if !config.pages.is_empty() {
        let (rows, more) = of_rows(config, sources);
        posts.extend(rows);
        problems.extend(more);
        settle(config, sources, &mut posts);
    }
    if problems.is_empty() { Ok(posts) } else { Err(problems) }
}

/// Parses every Markdown file of the site, and returns those that can be parsed, with what is wrong with the others.
pub fn parse_all(config: &Config, sources: &Sources) -> (Vec<Arc<Post>>, Vec<Diagnostic>) {
    parse_with(config, sources, None)
}

fn parse_with(config: &Config, sources: &Sources, outlines: Option<&Outlines>) -> (Vec<Arc<Post>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let settings = Document::new(FILE, &config.text);
    for rule in &config.defaults {
        check_defaults(config, &settings, &rule.front_matter, &mut problems);
    }
    let parsed: Vec<Result<Post, Vec<Diagnostic>>> = sources
        .markdown
        .par_iter()
        .map(|(source, text)| {
            let changed = sources.changed.get(source).copied();
            Parser { config, settings: &settings, source, text, changed, outlines }.parse()
        })
        .collect();
    let mut posts = Vec::with_capacity(parsed.len());
    for one in parsed {
        match one {
            Ok(post) => posts.push(Arc::new(post)),
            Err(more) => problems.extend(more),
        }
    }
    settle(config, sources, &mut posts);
    (posts, problems)
}

/// Parses one Markdown file by itself: what its surroundings make of it, [`settle`] adds.
pub fn parse_one(
    config: &Config,
    sources: &Sources,
    source: &SourcePath,
    text: &Arc<str>,
) -> Result<Post, Vec<Diagnostic>> {
    let changed = sources.changed.get(source).copied();
    let settings = &Document::new(FILE, &config.text);
    Parser { config, settings, source, text, changed, outlines: None }.parse()
}

/// Gives posts what their surroundings make of them: a bundle its files, and what lies in a draft section its hiding.
/// Posts that it makes nothing else of stay the very same.
pub fn settle(config: &Config, sources: &Sources, posts: &mut [Arc<Post>]) {
    give_assets(posts, sources);
    hide_below_drafts(config, posts);
}

/// One file, and what it is read with.
struct Parser<'a> {
    config: &'a Config,
    settings: &'a Document,
    source: &'a SourcePath,
    text: &'a Arc<str>,
    /// When it was last changed, as far as git knows.
    changed: Option<Timestamp>,
    /// What an earlier run has read of texts.
    outlines: Option<&'a Outlines>,
}

impl Parser<'_> {
    fn outline(&self, markdown: &str) -> Outline {
        match self.outlines {
            Some(outlines) => outlines.of(markdown),
            None => article::outline(markdown, &self.config.markdown),
        }
    }

    fn parse(&self) -> Result<Post, Vec<Diagnostic>> {
        let config = self.config;
        let name = name::read(config, self.source);
        let file = self.source.file_name();
        let is_index = file == "index.md" || (name.language > 0 && file.starts_with("index."));
        if is_index && self.source.folder() == "content" {
            let message = format!("`content/{file}` is no page: `content/_{file}` speaks for the home page");
            let problem = Diagnostic::error("post/home-index", message).at(Place::file(self.source));
            return Err(vec![problem.hint(format!("rename it to `_{file}`"))]);
        }
        let document = Document::new(self.source, self.text);
        let (table, body) = split::split(&document)?;
        let mut front = self.defaults();
        let mut diagnostics = Vec::new();
        let is_yaml = self.text.trim_start().starts_with("---");
        Front { config, document: &document, is_yaml }.read(table, &mut front, &mut diagnostics);
        diagnostics.sort_by_key(|one| one.place.as_ref().and_then(|place| Some(place.span.as_ref()?.start)));
        let kind = self.date_and_kind(&name, &mut front);
        if front.updated.is_none() {
            front.updated = self.changed.and_then(|time| changed_since(config, &front, time));
        }
        if front.id.is_none() {
            front.id = config.feed_ids.rows.get(self.source.as_str()).cloned();
        }
        let body = self.title(&name, &mut front, body);
        if diagnostics.iter().any(|one| one.level == Level::Error) {
            return Err(diagnostics);
        }
        complete(config, kind, &mut front);
        diagnostics.extend(article::remarks(self.source, self.text, body.clone(), &config.markdown));
        Ok(Post {
            source: self.source.clone(),
            text: Arc::clone(self.text),
            outline: self.outline(&self.text[body.clone()]),
            body,
            kind,
            language: name.language,
            section: name.section,
            stem: name.stem,
            hidden: hidden(config, self.source, &front),
            front,
            assets: BTreeMap::new(),
            warnings: diagnostics,
            row: None,
        })
    }

    /// Returns what `[[defaults]]` say about this file.
    fn defaults(&self) -> FrontMatter {
        let mut front = FrontMatter::default();
        let below = self.source.as_str().strip_prefix("content/").unwrap_or(self.source.as_str());
        for rule in self.config.defaults.iter().filter(|rule| rule.matcher.is_match(below)) {
            // What is wrong with them was reported once, for all files.
            let reader = Front { config: self.config, document: self.settings, is_yaml: false };
            reader.read(rule.front_matter.clone(), &mut front, &mut Vec::new());
        }
        front.spans.clear();
        front
    }

    /// Returns whether it is the page for addresses that do not exist, in some language.
    fn is_not_found(&self, name: &Name) -> bool {
        let file = self.source.file_name();
        self.source.folder() == "content" && (file == "404.md" || (name.language > 0 && file.starts_with("404.")))
    }

    /// Settles the date and, by it, what the file is for.
    fn date_and_kind(&self, name: &Name, front: &mut FrontMatter) -> Kind {
        front.draft |= name.draft;
        match name.role {
            Role::Section => return Kind::Section,
            Role::Term => return Kind::Term,
            Role::Single if self.is_not_found(name) => return Kind::Page,
            Role::Single | Role::Bundle => {}
        }
        let zone = || self.config.timezone.clone();
        if front.date.is_none() {
            front.date = name.date.and_then(|date| date.to_zoned(zone()).ok());
        }
        if front.date.is_none() && name.draft && self.config.drafts {
            // A draft in its folder has no date yet: it stands where it would if it were published now.
            front.date = Some(self.config.clock.to_zoned(zone()));
        }
        if front.date.is_some() { Kind::Post } else { Kind::Page }
    }

    /// Settles the title: front matter, else a heading that the text begins with (which then is no part of it), else the
    /// file's name. Returns what remains as body.
    fn title(&self, name: &Name, front: &mut FrontMatter, body: Range<usize>) -> Range<usize> {
        if front.title.is_some() {
            return body;
        }
        let markdown = &self.text[body.clone()];
        let start = markdown.len() - markdown.trim_start_matches('\n').len();
        let line = markdown[start..].lines().next().unwrap_or_default();
        if line.starts_with("# ") {
            let outline = article::outline(line, &self.config.markdown);
            if let Some(heading) = outline.headings.first().filter(|heading| !heading.title.trim().is_empty()) {
                front.title = Some(heading.title.trim().to_owned());
                return body.start + start + line.len()..body.end;
            }
        }
        let stem = if name.role == Role::Term && name.stem.is_empty() { &name.section } else { &name.stem };
        let words = stem.replace(['-', '_'], " ");
        let mut letters = words.trim().chars();
        front.title = Some(match letters.next() {
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => self.config.title_in(name.language).to_owned(),
        });
        body
    }
}

/// Returns when a file was changed after readers first saw it: what is committed on the day on which it appears, or before
/// that, is no update of it.
fn changed_since(config: &Config, front: &FrontMatter, time: Timestamp) -> Option<Zoned> {
    let changed = time.to_zoned(config.timezone.clone());
    let appeared = front.published().map(|appeared| appeared.to_zoned(config.timezone.clone()));
    appeared.is_none_or(|appeared| changed.date() > appeared.date()).then_some(changed)
}

/// Adds what the site says of a dated post: its authors, and that they are terms.
pub(super) fn complete(config: &Config, kind: Kind, front: &mut FrontMatter) {
    if kind == Kind::Post && front.authors.is_empty() {
        front.authors.clone_from(&config.authors);
    }
    if config.taxonomy("authors").is_some() && kind == Kind::Post {
        front.terms.insert("authors".to_owned(), front.authors.clone());
    }
}

/// Returns why a file is not shown, if it is not.
pub(super) fn hidden(config: &Config, source: &SourcePath, front: &FrontMatter) -> Option<Hidden> {
    if front.draft && !config.drafts {
        let is_written = ["draft", "published"].iter().any(|key| front.spans.contains_key(*key));
        return Some(Hidden::Draft(match name::drafts(source) {
            _ if is_written => Draft::Own,
            Some(folder) => Draft::Folder(folder.to_owned()),
            None => Draft::Settings,
        }));
    }
    let expiry = front.expiry_date.as_ref().map(jiff::Zoned::timestamp);
    if let Some(expiry) = expiry.filter(|&expiry| expiry <= config.clock) {
        return Some(Hidden::Expired(expiry));
    }
    front.published().filter(|&from| from > config.clock && !config.future).map(Hidden::Future)
}

/// Hides what lies in a section whose `_index.md` is a draft.
fn hide_below_drafts(config: &Config, posts: &mut [Arc<Post>]) {
    let is_draft = |post: &&Arc<Post>| post.kind == Kind::Section && post.front.draft && !config.drafts;
    // A section that is a draft in the site's own language is one in all; another's is one in that language.
    let drafts: BTreeMap<(usize, String), SourcePath> = posts
        .iter()
        .filter(is_draft)
        .map(|post| ((post.language, post.section.clone()), post.source.clone()))
        .collect();
    for post in posts {
        let mut up =
            std::iter::successors(Some(post.section.as_str()), |at| at.rsplit_once('/').map(|(above, _)| above));
        let own = hidden(config, &post.source, &post.front);
        let index_of =
            |section: &str| [0, post.language].iter().find_map(|language| drafts.get(&(*language, section.to_owned())));
        let above = if drafts.is_empty() { None } else { up.find_map(index_of) };
        let hidden = own.or_else(|| above.map(|index| Hidden::Draft(Draft::Section(index.clone()))));
        if hidden != post.hidden {
            Arc::make_mut(post).hidden = hidden;
        }
    }
}

/// Gives each bundle the files of its folder, but for those of a bundle within.
fn give_assets(posts: &mut [Arc<Post>], sources: &Sources) {
    // One folder may have a text in each language.
    let mut bundles: BTreeMap<String, (Vec<usize>, BTreeMap<String, SourcePath>)> = BTreeMap::new();
    for (index, post) in posts.iter().enumerate() {
        if post.is_bundle() {
            bundles.entry(post.source.folder().to_owned()).or_default().0.push(index);
        }
    }
    let assets = if bundles.is_empty() { None } else { Some(sources.assets.keys()) };
    for asset in assets.into_iter().flatten() {
        let mut up = std::iter::successors(Some(asset.folder()), |at| at.rsplit_once('/').map(|(above, _)| above));
        if let Some(folder) = up.find(|folder| bundles.contains_key(*folder))
            && let Some((_, files)) = bundles.get_mut(folder)
        {
            files.insert(asset.as_str()[folder.len() + 1..].to_owned(), asset.clone());
        }
    }
    for (texts, files) in bundles.into_values() {
        for index in texts {
            if posts[index].assets != files {
                Arc::make_mut(&mut posts[index]).assets.clone_from(&files);
            }
        }
    }
}
