//! Where links lead, and what is said of those that lead nowhere.

use super::super::tests::Shelf;
use crate::library::Page;
use crate::paths::{BaseUrl, Route};

/// A post with this text, and others that it may link to.
fn shelf(markdown: &str) -> Shelf {
    Shelf::new(markdown)
        .post("content/posts/2024-05-01-guards.md", "/posts/guards/", "# The guard\n\n<a id=\"raw\"></a>\n")
        .post("content/about me.md", "/über/", "")
        .draft("content/posts/secret.md")
}

#[test]
fn links_to_sources_become_addresses_that_hold_everywhere() {
    for (link, expected) in [
        ("@/posts/2024-05-01-guards.md", "/posts/guards/"),
        ("@/posts/2024-05-01-guards.md#the-guard", "/posts/guards/#the-guard"),
        ("@/posts/2024-05-01-guards.md#raw", "/posts/guards/#raw"),
        ("./2024-05-01-guards.md?x=1#the-guard", "/posts/guards/?x=1#the-guard"),
        ("2024-05-01-guards.md", "/posts/guards/"),
        ("../about%20me.md", "/%C3%BCber/"),
        ("../guards/", "/posts/guards/"),
        ("/tags/rust/", "/tags/rust/"),
        ("#", "#"),
        ("#top", "#top"),
        ("?page=2", "/posts/a/?page=2"),
        ("https://x.example/a", "https://x.example/a"),
        ("//x.example/a", "//x.example/a"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("tel:1", "tel:1"),
    ] {
        let expected = format!("<p><a href=\"{expected}\">x</a></p>\n");
        assert_eq!(shelf(&format!("[x]({link})")).html(), expected, "{link}");
    }
}

#[test]
fn a_link_to_a_heading_of_the_same_post_stays_short() {
    assert!(shelf("# Here\n\n[x](#here)").html().contains("<a href=\"#here\">"));
    assert!(shelf("# Été\n\n[x](#%C3%A9te%CC%81)").html().contains("<a href=\"#%C3%A9te%CC%81\">"));
}

#[test]
fn files_of_a_bundle_are_found_beside_it() {
    let shelf = Shelf::bundle(
        "![a](pic.png) ![b](./sub/b%20c.png) [d](data.csv)\n\n<img src=pic.png alt=e> <a href='data.csv'>f</a>\n",
        &["pic.png", "sub/b c.png", "data.csv"],
    );
    assert_eq!(
        shelf.html(),
        "<p><img src=\"/posts/a/pic.png\" alt=\"a\"> <img src=\"/posts/a/sub/b%20c.png\" alt=\"b\" loading=\"lazy\"> \
         <a href=\"/posts/a/data.csv\">d</a></p>\n\
         <p><img src=\"/posts/a/pic.png\" alt=e> <a href=\"/posts/a/data.csv\">f</a></p>\n"
    );
}

#[test]
fn another_bundles_file_is_found_too() {
    let mut shelf = shelf("![a](../photos/p.png)");
    let source = crate::paths::SourcePath::new("content/photos/p.png");
    shelf.library.routes.insert(Route::new("/albums/p.png").unwrap(), Page::Asset(source));
    assert_eq!(shelf.html(), "<p><img src=\"/albums/p.png\" alt=\"a\"></p>\n");
}

#[test]
fn a_base_url_with_a_path_is_put_before_links() {
    let text = "[a](@/posts/2024-05-01-guards.md) [b](/posts/guards/) [c](/blog/posts/guards/) [d](/unknown/) [e](https://x/)\n\n<a href=\"/posts/guards/\">f</a>\n";
    let shelf = shelf(text).set(|config| config.base_url = BaseUrl::parse("https://x.example/blog").unwrap());
    assert_eq!(
        shelf.html(),
        "<p><a href=\"/blog/posts/guards/\">a</a> <a href=\"/blog/posts/guards/\">b</a> \
         <a href=\"/blog/posts/guards/\">c</a> <a href=\"/blog/unknown/\">d</a> <a href=\"https://x/\">e</a></p>\n\
         <p><a href=\"/blog/posts/guards/\">f</a></p>\n"
    );
}

#[test]
fn every_broken_link_is_reported_with_its_place_and_a_suggestion() {
    let text = "# Intro\n\n[a](@/posts/guards.md) [b](./2024-05-01-gaurds.md) [c](#intor) [d][ref] ![e](pic.png)\n\n\
                > <a href=\"nowhere.md\">f</a>\n\n[ref]: @/posts/2024-05-01-guards.md#teh-guard\n\n[g](../../etc/passwd) [h]()";
    let found = shelf(text).problems();
    let expected = [
        ("@/posts/guards.md", "`@/posts/guards.md` leads to no post; did you mean `@/posts/2024-05-01-guards.md`?"),
        (
            "./2024-05-01-gaurds.md",
            "`./2024-05-01-gaurds.md` leads to no post; did you mean `@/posts/2024-05-01-guards.md`?",
        ),
        ("#intor", "`#intor` leads to no heading of this post; did you mean `#intro`?"),
        (
            "[d][ref]",
            "`@/posts/2024-05-01-guards.md#teh-guard` leads to no heading of `content/posts/2024-05-01-guards.md`; did you mean `#the-guard`?",
        ),
        ("pic.png", "`pic.png` leads to no file or page; there is no `content/posts/pic.png`"),
        ("\"nowhere.md\"", "`nowhere.md` leads to no post; there is no `content/posts/nowhere.md`"),
        ("../../etc/passwd", "`../../etc/passwd` leaves the folder `content`; -"),
        ("[h]()", "a link leads to ``, which names no file or page; write its address between the parentheses"),
    ];
    let expected: Vec<_> = expected.iter().map(|(at, text)| (at.to_string(), format!("link/broken: {text}"))).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_misspelt_file_of_a_bundle_is_guessed() {
    let found = Shelf::bundle("![a](pci.png)", &["pic.png"]).problems();
    assert!(found[0].1.ends_with("did you mean `pic.png`?"), "{found:?}");
}

#[test]
fn a_link_to_a_draft_is_an_error_of_its_own() {
    let found = shelf("[a](@/posts/secret.md)").problems();
    let text = "link/hidden: `@/posts/secret.md` leads to `content/posts/secret.md`, which is a draft; \
                publish it, take the link out, or build with `--drafts`";
    assert_eq!(found, [("@/posts/secret.md".to_owned(), text.to_owned())]);
}

#[test]
fn a_colon_in_a_path_is_no_scheme() {
    for (address, expected) in [
        ("a:b", true),
        ("./a:b", false),
        ("a/b:c", false),
        ("1a:b", false),
        ("?a:b", false),
        ("\u{1} java\nscript:x", true),
        (":", false),
        ("é:x", false),
    ] {
        assert_eq!(super::has_scheme(address), expected, "{address:?}");
    }
}
