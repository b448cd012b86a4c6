//! Owns the reading back of sitemaps: well formed, and every address in them is a written page.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

use super::Evidence;
use super::page;
use super::resolve::{Site, Target};
use crate::diagnostic::{Diagnostic, Place};

/// One sitemap, or index of sitemaps, reduced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sitemap {
    /// Its path in the folder.
    pub path: String,
    /// How many addresses it names.
    pub addresses: usize,
    /// What is wrong, each as a sentence.
    pub problems: Vec<String>,
}

/// The most that the protocol allows in one file.
const LIMIT: usize = 50_000;

/// Reads a sitemap.
pub(super) fn read(path: &str, bytes: &[u8], site: &Site<'_>) -> Sitemap {
    let mut sitemap = Sitemap { path: path.to_owned(), addresses: 0, problems: Vec::new() };
    let mut address: Option<String> = None;
    let text = page::text(bytes);
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event() {
            Err(error) => {
                sitemap.problems.push(format!("it is not well formed: {error}"));
                break;
            }
            Ok(Event::Eof) => break,
            Ok(Event::Start(tag)) if tag.local_name().as_ref() == "loc" => address = Some(String::new()),
            Ok(Event::Text(text)) => address.iter_mut().for_each(|address| address.push_str(&text)),
            Ok(Event::GeneralRef(name)) => address.iter_mut().for_each(|address| address.push_str(&resolved(&name))),
            Ok(Event::End(tag)) if tag.local_name().as_ref() == "loc" => {
                let address = address.take().unwrap_or_default();
                sitemap.addresses += 1;
                sitemap.problems.extend(problem(address.trim(), site));
            }
            Ok(_) => {}
        }
    }
    if sitemap.addresses > LIMIT {
        let count = sitemap.addresses;
        sitemap.problems.push(format!("it names {count} addresses; search engines stop at {LIMIT}"));
    }
    sitemap
}

/// What a sitemap, or an index of them, names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locations {
    /// Whether they are further sitemaps, and not pages.
    pub is_index: bool,
    /// Each address as written, and when it last changed, as written.
    pub rows: Vec<(String, Option<String>)>,
}

/// Returns what a sitemap names, as far as it is well formed; nothing if it is none.
pub fn locations(bytes: &[u8]) -> Option<Locations> {
    let mut locations = Locations::default();
    let (mut is_sitemap, mut open) = (false, None::<(bool, String)>);
    let text = page::text(bytes);
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event() {
            Err(_) | Ok(Event::Eof) => break,
            Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                "urlset" => is_sitemap = true,
                "sitemapindex" => (is_sitemap, locations.is_index) = (true, true),
                "loc" => open = Some((true, String::new())),
                "lastmod" => open = Some((false, String::new())),
                _ => {}
            },
            Ok(Event::Text(text)) => open.iter_mut().for_each(|(_, value)| value.push_str(&text)),
            Ok(Event::GeneralRef(name)) => open.iter_mut().for_each(|(_, value)| value.push_str(&resolved(&name))),
            Ok(Event::End(_)) => match open.take() {
                Some((true, address)) => locations.rows.push((address.trim().to_owned(), None)),
                Some((false, time)) => {
                    locations.rows.last_mut().into_iter().for_each(|row| row.1 = Some(time.trim().to_owned()));
                }
                None => {}
            },
            Ok(_) => {}
        }
    }
    is_sitemap.then_some(locations)
}

fn resolved(name: &str) -> Cow<'static, str> {
    match name {
        "amp" => "&".into(),
        "apos" => "'".into(),
        "quot" => "\"".into(),
        "lt" => "<".into(),
        "gt" => ">".into(),
        _ => match name.strip_prefix('#') {
            Some(number) => {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
                    None => number.parse().ok(),
                };
                code.and_then(char::from_u32).map_or_else(|| "".into(), |character| character.to_string().into())
            }
            None => "".into(),
        },
    }
}

fn problem(address: &str, site: &Site<'_>) -> Option<String> {
    let Ok(url) = Url::parse(address) else {
        return Some(format!("`{address}` is no absolute URL"));
    };
    if url.origin() != site.base_url().url().origin() {
        return Some(format!("`{address}` is not below `{}`", site.base_url().as_str()));
    }
    match site.resolve(site.base_url().url(), address) {
        Target::File(..) => None,
        Target::Nothing(_) => Some(format!("`{address}` is not among the written files")),
        Target::Elsewhere => Some(format!("`{address}` is not below `{}`", site.base_url().as_str())),
    }
}

/// Says what is wrong with the sitemaps.
pub(super) fn broken(evidence: &Evidence<'_>) -> Vec<Diagnostic> {
    let wrong = evidence.sitemaps.iter().filter(|sitemap| !sitemap.problems.is_empty());
    wrong
        .map(|sitemap| {
            let (first, rest) = sitemap.problems.split_first().expect("the filter asks for one");
            let start = Diagnostic::error("sitemap/broken", format!("the sitemap misleads search engines: {first}"))
                .at(Place::file(&sitemap.path));
            let shown = rest.iter().take(4).fold(start, |diagnostic, problem| diagnostic.with(problem.clone()));
            match rest.len().saturating_sub(4) {
                0 => shown,
                more => shown.with(format!("and {more} more")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::BaseUrl;

    fn problems(text: &str) -> Vec<String> {
        let base = BaseUrl::parse("https://blog.example/").unwrap();
        let site = Site::new(&base, ["index.html", "a&b/index.html"], None, Vec::new());
        read("sitemap.xml", text.as_bytes(), &site).problems
    }

    fn locations(list: &[&str]) -> String {
        let rows: String = list.iter().map(|address| format!("<url>\n<loc> {address} </loc></url>")).collect();
        format!("<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{rows}</urlset>")
    }

    #[test]
    fn addresses_of_written_pages_are_fine() {
        let text =
            locations(&["https://blog.example/", "https://blog.example/a&amp;b/", "https://blog.example/a&#38;b/"]);
        assert!(problems(&text).is_empty());
    }

    #[test]
    fn each_address_that_leads_nowhere_is_named() {
        let text =
            locations(&["https://blog.example/x/", "/a&amp;b/", "https://other.example/", "http://blog.example/"]);
        let problems = problems(&text);
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems[0].contains("/x/") && problems[1].contains("no absolute URL"));
    }

    #[test]
    fn a_sitemap_that_is_cut_off_is_not_well_formed() {
        assert!(problems("<urlset><url><loc>https://blog.example/</loc></urlset>")[0].contains("not well formed"));
    }
}
