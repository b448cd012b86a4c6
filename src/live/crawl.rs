//! Owns the finding of a site's pages where no manifest lists them: `robots.txt`, its sitemaps and indexes of sitemaps,
//! packed or not; without any, the links of the home page.
//!
//! Only addresses of the site itself are ever asked: what a fetched file names on another host is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::GzDecoder;
use url::Url;

use super::Question;
use super::fetching::{Fetcher, Way};
use crate::check::{page, sitemap};
use crate::paths::Route;

/// How many sitemaps are read: of an index that names more, the first ones.
const SITEMAPS: usize = 20;
/// The same where all pages are asked for.
const ALL_SITEMAPS: usize = 500;
/// How many bytes a sitemap may have, unpacked; the protocol allows 50 MB.
const LARGEST: u64 = 50 * 1024 * 1024;

/// The pages that were found, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The routes, with the time of their last change as the sitemap writes it.
    pub(super) routes: BTreeMap<Route, Option<String>>,
    /// Where they stand: `sitemap.xml`; none if it was the home page's links.
    pub(super) sitemap: Option<String>,
    /// What a person should know: sitemaps that were not read, addresses on other hosts.
    pub(super) notes: Vec<String>,
}

/// Finds the pages of a site.
pub(super) fn find(question: &Question<'_>, fetcher: &mut Fetcher<'_>) -> Found {
    let mut found = Found::default();
    let mut pending = from_robots(question, fetcher);
    let usual = ["sitemap.xml", "sitemap_index.xml", "sitemap-index.xml"];
    let guessed = pending.is_empty();
    if guessed {
        pending = usual.iter().filter_map(|name| question.base.url().join(name).ok()).collect();
    }
    pending.reverse();
    let most = if question.all { ALL_SITEMAPS } else { SITEMAPS };
    let (mut asked, mut elsewhere) = (BTreeSet::new(), 0);
    while let Some(url) = pending.pop() {
        if !asked.insert(url.clone()) {
            continue;
        }
        if asked.len() > most {
            found.notes.push(format!("{most} sitemaps were read, and {} were not", pending.len() + 1));
            break;
        }
        let locations = match fetcher.fetch(&url, Way::Plain) {
            Ok((copy, bytes)) if copy.status == 200 => sitemap::locations(&unpacked(bytes)),
            Ok(_) | Err(_) => None,
        };
        let Some(locations) = locations else {
            if !guessed || found.sitemap.is_some() {
                found.notes.push(format!("the sitemap `{url}` could not be read"));
            }
            continue;
        };
        found.sitemap.get_or_insert_with(|| url.path().trim_start_matches('/').to_owned());
        for (address, time) in locations.rows {
            let Ok(url) = Url::parse(&address) else { continue };
            match (question.here(&url), locations.is_index) {
                (None, _) => elsewhere += 1,
                (Some(here), true) => pending.insert(0, here),
                (Some(here), false) if here.query().is_none() => {
                    found.routes.extend(question.base.route_of(here.path()).map(|route| (route, time)));
                }
                (Some(_), false) => {}
            }
        }
        if guessed {
            // The other usual names stand for the same list.
            pending.retain(|url| !usual.iter().any(|name| url.path().ends_with(&format!("/{name}"))));
        }
    }
    if elsewhere > 0 {
        found.notes.push(format!("the sitemap names {elsewhere} addresses that are not of this site: left out"));
    }
    if found.routes.is_empty() {
        from_home(question, fetcher, &mut found);
    }
    found.routes.insert(Route::home(), None);
    found
}

/// Returns the sitemaps that `robots.txt` names.
fn from_robots(question: &Question<'_>, fetcher: &mut Fetcher<'_>) -> Vec<Url> {
    // Crawlers look at the root of the host alone, wherever the site begins.
    let Ok(url) = question.base.url().join("/robots.txt") else { return Vec::new() };
    let Ok((copy, bytes)) = fetcher.fetch(&url, Way::Plain) else { return Vec::new() };
    if copy.status != 200 || copy.content_type == "text/html" {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let named = text.lines().filter_map(|line| {
        let (name, address) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("sitemap").then(|| url.join(address.trim()).ok())?
    });
    named.filter_map(|url| question.here(&url)).collect()
}

/// Takes the links of the home page.
fn from_home(question: &Question<'_>, fetcher: &mut Fetcher<'_>, found: &mut Found) {
    let home = question.base.url();
    let Ok((copy, bytes)) = fetcher.fetch(home, Way::Plain) else { return };
    if !copy.is_page() {
        return;
    }
    let facts = page::read(&bytes);
    let base = facts.base.as_deref().and_then(|base| home.join(base).ok()).unwrap_or_else(|| home.clone());
    let links = facts.links.iter().filter(|link| link.element == "a" && link.attribute == "href");
    for url in links.filter_map(|link| base.join(&link.target).ok()).filter(|url| url.query().is_none()) {
        let Some(here) = question.here(&url) else { continue };
        let last = here.path().rsplit('/').next().unwrap_or_default();
        let is_page = !last.contains('.') || last.ends_with(".html") || last.ends_with(".htm");
        found.routes.extend(question.base.route_of(here.path()).filter(|_| is_page).map(|route| (route, None)));
    }
}

/// Unpacks a sitemap that was packed as a file; what is too large or broken comes out as far as it goes.
fn unpacked(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let mut plain = Vec::new();
    match GzDecoder::new(bytes.as_slice()).take(LARGEST).read_to_end(&mut plain) {
        Ok(_) | Err(_) => plain,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_packed_sitemap_is_unpacked_and_a_plain_one_left_alone() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(b"<urlset/>").unwrap();
        assert_eq!(unpacked(packer.finish().unwrap()), b"<urlset/>");
        assert_eq!(unpacked(b"<urlset/>".to_vec()), b"<urlset/>");
        assert_eq!(unpacked(vec![0x1f, 0x8b, 0x08]), b"");
    }
}
