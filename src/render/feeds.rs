//! Owns what goes into the feeds of the site and of its terms; how it is written is `feed`'s business.

use url::Url;

use crate::config::{Config, FeedOf, FeedRule};
use crate::diagnostic::{Diagnostic, Place};
use crate::feed::{self, Category, Entry, Feed};
use crate::library::{Library, PostId};
use crate::paths::Route;
use crate::post::Post;
use crate::render::articles::ForFeeds;
use crate::render::shelf::{Shelf, changed};

/// Writes a feed of the site or of a section.
pub(crate) fn of_site(shelf: &Shelf, row: usize, route: &Route) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let rule = &shelf.config.feeds[row];
    let title = shelf.feed_title(&rule.of);
    match &rule.of {
        FeedOf::Section(name) => {
            let page = shelf.library.sections.get(name).map(|section| shelf.library.route(section.index).clone());
            let home = shelf.permalink(&page.unwrap_or_else(|| shelf.config.home()));
            write(shelf, rule, Heading { title, home }, route, &shelf.library.quoted_of_site(rule))
        }
        FeedOf::Site | FeedOf::Terms(_) => {
            let heading = Heading { title, home: shelf.permalink(&shelf.config.home()) };
            write(shelf, rule, heading, route, &shelf.library.quoted_of_site(rule))
        }
    }
}

/// Writes the feed of a term.
pub(crate) fn of_term(
    shelf: &Shelf,
    row: usize,
    (taxonomy, term): (usize, usize),
    route: &Route,
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let term = &shelf.library.taxonomies[taxonomy].terms[term];
    let title = format!("{}: {}", shelf.config.title, term.name);
    let heading = Heading { title, home: shelf.permalink(&term.route) };
    let rule = &shelf.config.feeds[row];
    write(shelf, rule, heading, route, &shelf.library.quoted_of_term(rule, &term.posts))
}

/// Returns what is wrong with the ids that front matter sets: Atom takes URIs only, the other formats any text.
pub(crate) fn problems(config: &Config, library: &Library) -> Vec<Diagnostic> {
    if config.feeds.iter().all(|rule| rule.format != "atom") {
        return Vec::new();
    }
    let dated = library.particular().filter(|id| library.position(*id).is_some()).map(|id| library.post(id));
    let own = dated.filter_map(|post| Some((post, post.front.id.as_ref()?)));
    let refused = own.filter(|(_, id)| Url::parse(id).is_err());
    let problem = |(post, id): (&Post, &String)| {
        Diagnostic::error("feed/bad-id", format!("the feed id `{id}` is no URI")).at(post.place("id")).hint(
            "in Atom an id is a whole address or a `tag:` URI; leave `id` out to have one made, or write RSS alone",
        )
    };
    refused.map(problem).collect()
}

/// What a feed is called and what it is the feed of.
struct Heading {
    title: String,
    home: String,
}

fn write(
    shelf: &Shelf,
    rule: &FeedRule,
    heading: Heading,
    route: &Route,
    posts: &[PostId],
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    for &id in posts {
        match entry(shelf, id, rule.full) {
            Ok(entry) => entries.extend(entry),
            Err(errors) => problems.extend(errors),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let authors = match shelf.config.authors.is_empty() {
        // Atom wants an author for the whole feed, if not for each entry.
        true => vec![shelf.config.title.clone()],
        false => shelf.config.authors.clone(),
    };
    let feed = Feed {
        title: heading.title,
        description: shelf.config.description.clone(),
        home: heading.home,
        address: shelf.permalink(route),
        id: feed::feed_id(&shelf.config.feed_authority, route.as_str()),
        language: shelf.config.language.clone(),
        updated: entries.iter().map(|entry: &Entry| entry.updated.clone()).max(),
        stylesheet: shelf.feed_stylesheet.clone(),
        authors,
        entries,
    };
    Ok((feed::format(&rule.format).write)(&feed))
}

/// Returns one post as an entry; nothing for one without a date.
fn entry(shelf: &Shelf, id: PostId, full: bool) -> Result<Option<Entry>, Vec<Diagnostic>> {
    let post = shelf.library.post(id);
    let (Some(date), Some(feed_id)) = (&post.front.date, feed::post_id(&shelf.config, post)) else {
        return Ok(None);
    };
    let zoned = |date: &jiff::Zoned| date.with_time_zone(shelf.config.timezone.clone());
    let permalink = shelf.permalink(shelf.library.route(id));
    let text = shelf.articles.for_feeds(id, || {
        let article = shelf.article(id)?;
        let elsewhere = |html: &str| {
            feed::absolute(html, &permalink).map_err(|error| {
                let message = format!("the HTML of `{}` cannot be made fit for feeds: {error}", post.source);
                vec![Diagnostic::error("feed/html", message).at(Place::file(&post.source))]
            })
        };
        Ok(ForFeeds { summary: elsewhere(&article.summary)?, content: elsewhere(&article.html)? })
    })?;
    let categories = shelf.terms_of(id).into_iter().map(|(number, term)| {
        let taxonomy = &shelf.library.taxonomies[number];
        let term = &taxonomy.terms[term];
        let scheme = shelf.has_pages(number).then(|| shelf.permalink(&taxonomy.route));
        Category { name: term.name.clone(), slug: term.slug.clone(), scheme }
    });
    Ok(Some(Entry {
        title: post.title().to_owned(),
        id: feed_id,
        published: zoned(date),
        updated: zoned(changed(post).unwrap_or(date)),
        authors: shelf.authors(post).to_vec(),
        categories: categories.collect(),
        summary: text.summary.clone(),
        content: full.then(|| text.content.clone()),
        permalink,
    }))
}
