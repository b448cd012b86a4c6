//! What stands in feeds, sitemaps and other files.

use super::fixture::{Blog, text};
use crate::library::Page;
use crate::paths::{BaseUrl, Route};
use crate::render::Site;

#[test]
fn a_full_feed_quotes_whole_posts_with_absolute_links() {
    let body = "# Part\n\nSee [two](two.md) and [part](#part).\n\n<video poster=\"/p.jpg\"></video>\u{b}\n";
    let site = Blog::new().post("one", "2026-01-01", body).post("two", "2025-01-01", "Text.").site();
    let feed = text(&site, "/feed.xml");
    let channel = rss::Channel::read_from(feed.as_bytes()).unwrap();
    let content = channel.items[0].content().unwrap();
    assert!(
        !content.contains("href=\"/") && !content.contains("href=\"#") && !content.contains("src=\"c"),
        "{content}"
    );
    assert!(content.contains("poster=\"https://example.org/blog/p.jpg\""), "{content}");
    assert!(!feed.contains('\u{b}'));
    let guid = channel.items[0].guid().unwrap();
    assert_eq!((guid.value(), guid.is_permalink()), ("tag:example.org,2026-01-01:one", false));
    assert_eq!(channel.items[0].pub_date(), Some("Thu, 01 Jan 2026 09:00:00 +0100"));
    assert_eq!(channel.last_build_date(), Some("Thu, 01 Jan 2026 09:00:00 +0100"));
}

#[test]
fn a_feed_of_summaries_has_no_content_but_absolute_links_too() {
    let site = Blog::new().post("one", "2026-01-01", "A [link](one.md).\n\nMore.").site();
    let feed = text(&site, "/atom.xml");
    let atom = atom_syndication::Feed::read_from(feed.as_bytes()).unwrap();
    let entry = &atom.entries[0];
    assert!(entry.content.is_none());
    assert!(entry.summary.as_ref().unwrap().as_str().contains("href=\"https://example.org/"), "{feed}");
    assert_eq!(atom.updated.to_rfc3339(), "2026-01-01T09:00:00+01:00");
    assert_eq!(atom.links[0].href, "https://example.org/blog/atom.xml");
}

#[test]
fn an_id_survives_a_new_title_address_and_domain() {
    let id = |blog: Blog| {
        let feed = text(&blog.site(), "/feed.xml");
        rss::Channel::read_from(feed.as_bytes()).unwrap().items[0].guid().unwrap().value().to_owned()
    };
    let before = id(Blog::new().post("one", "2026-01-01", "Text."));
    let renamed = Blog::new().post_with("one", "2026-01-01", "title = \"Another\"\nslug = \"other\"", "Text.");
    assert_eq!(id(renamed.set(|config| config.base_url = BaseUrl::parse("http://new.example/").unwrap())), before);
    let own = Blog::new().post_with("one", "2026-01-01", "id = \"https://old.example/?p=1\"", "Text.");
    assert_eq!(id(own), "https://old.example/?p=1");
}

#[test]
fn a_term_has_a_feed_of_its_own_posts() {
    let one = Blog::new().post_with("one", "2026-01-01", "tags = [\"Rust\"]", "Text.");
    let site = one.post("two", "2026-01-02", "Text.").site();
    let feed = text(&site, "/tags/rust/feed.xml");
    assert_eq!(rss::Channel::read_from(feed.as_bytes()).unwrap().items.len(), 1);
    let link = "title=\"Watching the guards: Rust\" href=\"https://example.org/blog/tags/rust/feed.xml\"";
    let page = text(&site, "/tags/rust/");
    assert!(page.contains(link), "{page}");
}

#[test]
fn the_sitemap_lists_what_is_to_be_found_with_real_dates_only() {
    let site = Blog::new()
        .post("one", "2026-01-01", "Text.")
        .post("about", "", "Text.")
        .post_with("hidden", "2026-01-02", "noindex = true", "Text.")
        .post_with("copy", "2025-01-02", "canonical = \"https://first.example/\"\naliases = [\"/old/\"]", "Text.")
        .site();
    let map = text(&site, "/sitemap.xml");
    let one = "<loc>https://example.org/blog/posts/one/</loc><lastmod>2026-01-01T09:00:00+01:00</lastmod>";
    assert!(map.contains(one), "{map}");
    assert!(map.contains("<loc>https://example.org/blog/posts/about/</loc></url>"), "{map}");
    for left_out in ["hidden", "/copy/", "/old/", "404", "feed.xml", "highlight"] {
        assert!(!map.contains(left_out), "{left_out} stands in {map}");
    }
    assert!(text(&site, "/robots.txt").ends_with("Sitemap: https://example.org/blog/sitemap.xml\n"));
}

#[test]
fn a_long_sitemap_has_parts_and_an_index() {
    let blog = Blog::new().post("one", "2026-01-01", "Text.").post("two", "2026-01-02", "Text.");
    let mut library = blog.library();
    let listed = library.routes.iter().filter(|(route, page)| library.is_in_sitemap(route, page)).count();
    for part in [1, 2] {
        library.routes.insert(Route::new(format!("/sitemap-{part}.xml")).unwrap(), Page::Sitemap(Some(part)));
    }
    let site = Site::new(blog.config.into(), blog.sources.into(), library).unwrap_or_else(|_| panic!("a whole site"));
    let [index, first, second] = ["/sitemap.xml", "/sitemap-1.xml", "/sitemap-2.xml"].map(|route| text(&site, route));
    assert_eq!(index.matches("<sitemap>").count(), 2);
    assert_eq!(first.matches("<url>").count() + second.matches("<url>").count(), listed);
    assert!(first.contains("<url>") && second.contains("<url>"));
}

#[test]
fn robots_can_be_a_template() {
    let site = Blog::new().template("robots.txt", "# {{ config.title }}").site();
    assert_eq!(text(&site, "/robots.txt"), "# Watching the guards");
}
