//! Owns what search engines and previews read in the head of a page: `seo()`.
//!
//! Everything that a writer typed is escaped for where it stands: attributes as HTML, JSON-LD so that no text can end
//! its `<script>`.

use serde_json::{Map, Value as Json, json};
use tera::{Kwargs, State, TeraResult, Value};

use crate::images::{CARD_HEIGHT, CARD_WIDTH};
use crate::library::{Page, PostId};
use crate::render::cards;
use crate::render::filters::text_of;
use crate::render::functions::{Here, here};
use crate::render::pages::escaped;
use crate::render::shelf::{Alternate, Shelf, is_post};

/// How many characters of a summary make a description.
const DESCRIPTION: usize = 200;

/// What a server answers with where nothing stands: it is no address of its own.
const NOT_FOUND: &str = "/404.html";

/// What is said of one page.
struct Facts {
    title: String,
    description: Option<String>,
    canonical: Option<String>,
    image: Option<Shown>,
    noindex: bool,
    post: Option<PostId>,
}

/// The picture that stands for a page.
struct Shown {
    address: String,
    /// Its size, if we know it.
    size: Option<(u32, u32)>,
    /// What it shows, where it is a card, which says so itself.
    alt: Option<String>,
}

/// Prints all of it.
pub(super) fn print(shelf: &Shelf, _: &Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let here = here(shelf, state)?;
    let facts = facts(shelf, &here);
    let mut lines = Vec::new();
    let mut tag = |kind: &str, name: &str, content: &str| {
        lines.push(format!("<meta {kind}=\"{name}\" content=\"{}\">", escaped(content)));
    };
    if let Some(description) = &facts.description {
        tag("name", "description", description);
    }
    if facts.noindex {
        tag("name", "robots", "noindex");
    }
    let authors = match facts.post {
        Some(id) => shelf.authors(shelf.library.post(id)),
        None => &shelf.config.authors,
    };
    for author in authors {
        tag("name", "author", author);
    }
    tag("property", "og:site_name", &shelf.config.title);
    tag("property", "og:title", &facts.title);
    let kind = if facts.post.is_some() { "article" } else { "website" };
    tag("property", "og:type", kind);
    if let Some(canonical) = &facts.canonical {
        tag("property", "og:url", canonical);
    }
    if let Some(description) = &facts.description {
        tag("property", "og:description", description);
    }
    if let Some(locale) = locale(&shelf.config.language) {
        tag("property", "og:locale", &locale);
    }
    let alternates = match facts.canonical.is_some() && !facts.noindex {
        true => shelf.alternates(&shelf.library, here.page),
        false => Vec::new(),
    };
    let others = alternates.iter().filter(|other| other.lang != "x-default" && other.lang != shelf.config.language);
    for other in others.filter_map(|other| locale(&other.lang)) {
        tag("property", "og:locale:alternate", &other);
    }
    if let Some(image) = &facts.image {
        tag("property", "og:image", &image.address);
        if let Some((width, height)) = image.size {
            tag("property", "og:image:width", &width.to_string());
            tag("property", "og:image:height", &height.to_string());
        }
        if let Some(alt) = &image.alt {
            tag("property", "og:image:alt", alt);
        }
    }
    if let Some(id) = facts.post {
        let front = &shelf.library.post(id).front;
        if let Some(date) = &front.date {
            tag("property", "article:published_time", &shelf.date(date));
        }
        if let Some(date) = &front.updated {
            tag("property", "article:modified_time", &shelf.date(date));
        }
        for (taxonomy, term) in shelf.terms_of(id) {
            tag("property", "article:tag", &shelf.library.taxonomies[taxonomy].terms[term].name);
        }
    }
    let card = if facts.image.is_some() { "summary_large_image" } else { "summary" };
    tag("name", "twitter:card", card);
    for (place, Alternate { lang, permalink }) in alternates.iter().enumerate() {
        let (lang, address) = (escaped(lang), escaped(permalink));
        lines.insert(place, format!("<link rel=\"alternate\" hreflang=\"{lang}\" href=\"{address}\">"));
    }
    if let Some(canonical) = &facts.canonical {
        lines.insert(0, format!("<link rel=\"canonical\" href=\"{}\">", escaped(canonical)));
    }
    if let Some(data) = linked_data(shelf, &here, &facts) {
        lines.push(format!("<script type=\"application/ld+json\">{}</script>", for_script(&data)));
    }
    if let Some(data) = breadcrumbs(shelf, &here, &facts) {
        lines.push(format!("<script type=\"application/ld+json\">{}</script>", for_script(&data)));
    }
    Ok(Value::safe_string(&lines.join("\n")))
}

fn facts(shelf: &Shelf, here: &Here<'_>) -> Facts {
    let index = shelf.library.index_of(here.page);
    let post = match here.page {
        Page::Post(id) if is_post(shelf.library.post(*id)) => Some(*id),
        _ => None,
    };
    let front = index.map(|id| &shelf.library.post(id).front);
    let elsewhere = front.and_then(|front| front.canonical.clone());
    let lost = here.route.as_str() == NOT_FOUND;
    let noindex = lost || front.is_some_and(|front| front.noindex);
    let own = || shelf.permalink(&here.route);
    Facts {
        title: title(shelf, here.page, index),
        description: description(shelf, here.page, index),
        canonical: (!lost).then(|| elsewhere.unwrap_or_else(own)),
        image: index.and_then(|id| image(shelf, id)),
        noindex,
        post,
    }
}

/// Returns the picture that stands for a post: its own, else its card.
fn image(shelf: &Shelf, id: PostId) -> Option<Shown> {
    if let Some(image) = shelf.image(id) {
        let address = shelf.config.base_url.url().join(&image).ok()?.to_string();
        let picture = shelf.config.base_url.route_of(&image).and_then(|route| shelf.library.pictures.get(&route));
        let size = picture.and_then(|picture| picture.seen.as_ref().ok()).map(|seen| (seen.width, seen.height));
        return Some(Shown { address, size: size.filter(|size| *size > (0, 0)), alt: None });
    }
    let (route, card) = cards::of(shelf, id)?;
    let address = shelf.permalink(&route);
    shelf.articles.ask([(route, Some(shelf.library.post(id).place("title")))]);
    let alt = Some(if card.site.is_empty() { card.title } else { format!("{}, {}", card.title, card.site) });
    Some(Shown { address, size: Some((CARD_WIDTH, CARD_HEIGHT)), alt })
}

fn title(shelf: &Shelf, page: &Page, index: Option<PostId>) -> String {
    match (page, index) {
        (Page::Home(_), _) => shelf.config.title.clone(),
        (_, Some(id)) => shelf.library.post(id).title().to_owned(),
        (Page::Term(taxonomy, term, _), None) => shelf.library.taxonomies[*taxonomy].terms[*term].name.clone(),
        (Page::Taxonomy(taxonomy), None) => shelf.library.taxonomies[*taxonomy].name.clone(),
        (Page::Archive(Some(year), None), None) => format!("{} · {year:04}", shelf.config.title),
        (Page::Archive(Some(year), Some(month)), None) => format!("{} · {year:04}-{month:02}", shelf.config.title),
        _ => shelf.config.title.clone(),
    }
}

fn description(shelf: &Shelf, page: &Page, index: Option<PostId>) -> Option<String> {
    let own = index.and_then(|id| shelf.library.post(id).front.description.clone());
    let of_site = || match page {
        Page::Home(_) => Some(shelf.config.description.clone()),
        _ => None,
    };
    let summary = || match page {
        Page::Post(id) => shelf.summary(*id).ok().and_then(|html| html.as_str().map(|html| shortened(&text_of(html)))),
        _ => None,
    };
    own.or_else(of_site).or_else(summary).filter(|description| !description.is_empty())
}

/// Returns the beginning of a text, cut between words.
fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = words.join(" ");
    if whole.chars().count() <= DESCRIPTION {
        return whole;
    }
    let cut: String = whole.chars().take(DESCRIPTION - 1).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end_matches([',', ';', ':', '.', ' ']))
}

/// Returns `en_GB` for `en-GB`; a language without a territory is no locale.
fn locale(language: &str) -> Option<String> {
    let (language, territory) = language.split_once('-')?;
    (territory.len() == 2).then(|| format!("{}_{}", language.to_lowercase(), territory.to_uppercase()))
}

fn linked_data(shelf: &Shelf, here: &Here<'_>, facts: &Facts) -> Option<Json> {
    let mut data = Map::new();
    let mut set = |name: &str, value: Json| {
        data.insert(name.to_owned(), value);
    };
    set("@context", json!("https://schema.org"));
    let people = |names: &[String]| -> Json {
        names.iter().map(|name| json!({ "@type": "Person", "name": name })).collect::<Vec<_>>().into()
    };
    match (here.page, facts.post) {
        (_, Some(id)) => {
            let post = shelf.library.post(id);
            set("@type", json!("BlogPosting"));
            set("headline", json!(facts.title));
            set("mainEntityOfPage", json!(facts.canonical));
            set("url", json!(shelf.permalink(&here.route)));
            set("inLanguage", json!(shelf.config.language));
            set("wordCount", json!(post.outline.words));
            if let Some(date) = &post.front.date {
                set("datePublished", json!(shelf.date(date)));
                set("dateModified", json!(shelf.date(post.front.updated.as_ref().unwrap_or(date))));
            }
            if !shelf.authors(post).is_empty() {
                set("author", people(shelf.authors(post)));
            }
            let keywords: Vec<&str> = shelf
                .terms_of(id)
                .iter()
                .map(|(taxonomy, term)| &*shelf.library.taxonomies[*taxonomy].terms[*term].name)
                .collect();
            if !keywords.is_empty() {
                set("keywords", json!(keywords));
            }
        }
        (Page::Home(pager), None) if pager.number <= 1 => {
            set("@type", json!("WebSite"));
            set("name", json!(shelf.config.title));
            set("url", json!(shelf.permalink(&shelf.config.home())));
            set("inLanguage", json!(shelf.config.language));
        }
        _ => return None,
    }
    if let Some(description) = &facts.description {
        set("description", json!(description));
    }
    if let Some(image) = &facts.image {
        set("image", json!(image.address));
    }
    Some(Json::Object(data))
}

/// Returns the way to a post through its sections, if one has a page of its own.
fn breadcrumbs(shelf: &Shelf, here: &Here<'_>, facts: &Facts) -> Option<Json> {
    let post = shelf.library.post(facts.post?);
    let library = &shelf.library;
    let names = library.way_to(post);
    let sections = names.iter().filter(|name| !name.is_empty()).filter_map(|name| library.sections.get(*name));
    let sections = sections.map(|section| section.index);
    let mut way = vec![(&*shelf.config.title, shelf.permalink(&shelf.config.home()))];
    way.extend(sections.map(|index| (library.post(index).title(), shelf.permalink(library.route(index)))));
    if way.len() < 2 {
        return None;
    }
    way.push((&*facts.title, shelf.permalink(&here.route)));
    let items = way.iter().zip(1..).map(
        |((name, address), place)| json!({ "@type": "ListItem", "position": place, "name": name, "item": address }),
    );
    Some(json!({
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": items.collect::<Vec<_>>(),
    }))
}

/// Returns JSON that may stand inside of `<script>`: nothing in it can end the element or start a comment.
pub(crate) fn for_script(data: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(data).expect("a value made of text and numbers");
    guarded(&text)
}

/// Writes the characters that mean something to an HTML parser as JSON escapes.
pub(crate) fn guarded(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_end_the_script() {
        let json = for_script(&json!({ "headline": "</script><!-- & \u{2028}" }));
        assert_eq!(json, r#"{"headline":"\u003c/script\u003e\u003c!-- \u0026 \u2028"}"#);
    }

    #[test]
    fn a_long_summary_is_cut_between_words() {
        let text = "word, ".repeat(60);
        let short = shortened(&text);
        assert!(short.ends_with("word…"), "{short}");
        assert!(short.chars().count() <= DESCRIPTION);
        assert_eq!(shortened(" a \n b "), "a b");
        assert_eq!(shortened(&"é".repeat(300)).chars().count(), DESCRIPTION);
    }

    #[test]
    fn a_locale_needs_a_territory() {
        assert_eq!(locale("en-GB").as_deref(), Some("en_GB"));
        assert_eq!(locale("en"), None);
        assert_eq!(locale("zh-Hant"), None);
    }
}
