//! Tests of addresses that two want: each pair stops the arrangement, and both are named with a place.

use super::arranged;

/// Two files that want one address, or addresses of which a file system cannot tell one from the other, and more settings.
type Pair = (&'static str, (&'static str, &'static str), (&'static str, &'static str));

/// What the second file of a row wants that the engine makes, in words of the message.
const AGAINST_THE_ENGINE: &[(&str, (&str, &str), &str)] = &[
    ("", ("static/index.html", ""), "the home page"),
    ("", ("static/INDEX.HTML", ""), "the home page"),
    ("", ("static/ROBOTS.txt", ""), "robots.txt"),
    ("", ("static/Sitemap.xml", ""), "the sitemap"),
    ("", ("static/404.HTML", ""), "the page for broken links"),
    ("", ("static/Highlight.css", ""), "the stylesheet for code"),
    ("", ("content/x.md", "+++\npath = \"/Robots.txt\"\n+++\n"), "robots.txt"),
    ("", ("content/x.md", "+++\naliases = [\"/sitemap.xml/old/\"]\n+++\n"), "the sitemap"),
    ("", ("static/feed.xml", ""), "the feed `feed.xml`"),
    ("", ("static/FEED.xml/a", ""), "the feed `feed.xml`"),
    ("", ("content/x.md", "+++\npath = \"/feed.xml/\"\n+++\n"), "the feed `feed.xml`"),
    ("[paginate]\nposts = 1\n", ("content/x.md", "+++\npath = \"/page/2/\"\n+++\n"), "the home page"),
    ("[paginate]\nposts = 1\n", ("static/page/2", ""), "the home page"),
    ("", ("content/x.md", "+++\npath = \"/Tags/\"\n+++\n"), "the list of `tags`"),
    ("", ("content/x.md", "+++\npath = \"/tags/red\"\n+++\n"), "`red` of `tags`"),
    ("[archives]\nby = [\"year\", \"month\"]\n", ("static/2026/01/index.html", ""), "the archive of 2026"),
    ("[redirects]\nemit = [\"nginx\"]\n", ("static/redirects.nginx", ""), "`[redirects]`"),
    ("[[headers]]\nfor = \"/*\"\nvalues = { A = \"b\" }\n", ("static/_headers", ""), "`[[headers]]`"),
    ("[csp]\nmode = \"auto\"\n", ("static/_Headers", ""), "`_headers`"),
    ("[search]\n", ("static/pagefind", ""), "`[search]`"),
    ("[search]\n", ("static/PageFind/a.js", ""), "`[search]`"),
    ("[search]\n", ("content/x.md", "+++\npath = \"/pagefind/\"\n+++\n"), "`[search]`"),
    ("", ("static/.well-known/watchpost.json", ""), "its manifest"),
    ("", ("static/.well-known/Watchpost.json", ""), "its manifest"),
    ("", ("content/x.md", "+++\naliases = [\"/.well-known/watchpost/\"]\n+++\n"), "its manifest"),
    ("", ("static/.well-known", ""), "its manifest"),
    (
        "[taxonomies.kinds]\npath = \"tags\"\n",
        ("content/x.md", "+++\ndate = 2026-01-01\nkinds = [\"b\"]\n+++\n"),
        "the list of `kinds`",
    ),
];

#[test]
fn whatever_the_engine_makes_shares_no_address_with_a_file_of_the_site() {
    let posts = [
        ("content/posts/p.md", "+++\ndate = 2026-01-02\ntags = [\"red\"]\naliases = [\"/p-old/\"]\n+++\n"),
        ("content/posts/q.md", "+++\ndate = 2026-01-03\n+++\n"),
    ];
    for (settings, file, what) in AGAINST_THE_ENGINE {
        assert!(arranged(settings, &posts).is_ok(), "{settings}");
        let found = arranged(settings, &[posts[0], posts[1], *file]).err().unwrap_or_default();
        assert!(!found.is_empty(), "{settings} {file:?}");
        let text = format!("{found:?}");
        assert!(text.contains(what), "{file:?}: {found:?}");
        assert!(text.contains(file.0) || *what == "the list of `kinds`", "{file:?}: {found:?}");
        assert!(found.iter().all(|one| one.place.is_some() && one.hint.is_some()), "{found:?}");
    }
}

/// Files of the site against one another.
const AGAINST_ONE_ANOTHER: &[Pair] = &[
    ("", ("content/Foo.md", "+++\npath = \"/Foo/\"\n+++\n"), ("content/a.md", "+++\npath = \"/foo/\"\n+++\n")),
    (
        "",
        ("content/a.md", "+++\npath = \"/caf\u{e9}/\"\n+++\n"),
        ("content/b.md", "+++\npath = \"/cafe\u{301}/\"\n+++\n"),
    ),
    ("", ("content/a.md", "+++\npath = \"/a.html\"\n+++\n"), ("content/b.md", "+++\npath = \"/a.html/\"\n+++\n")),
    ("", ("content/a.md", "+++\npath = \"/b/c.html\"\n+++\n"), ("static/b", "")),
    ("", ("content/a.md", ""), ("content/b.md", "+++\naliases = [\"/A/\"]\n+++\n")),
    ("", ("content/a.md", "+++\naliases = [\"/o/\"]\n+++\n"), ("content/b.md", "+++\naliases = [\"/O/\"]\n+++\n")),
    (
        "",
        ("content/a.md", "+++\naliases = [\"/o.html\"]\n+++\n"),
        ("content/b.md", "+++\naliases = [\"/o.html/x/\"]\n+++\n"),
    ),
    ("", ("static/a.css", ""), ("static/A.css", "")),
    ("", ("static/a/b.css", ""), ("static/A", "")),
    ("", ("content/a.png", ""), ("static/A.png", "")),
    (
        "[permalinks]\nposts = \"/:title/\"\n",
        ("content/posts/a.md", "+++\ntitle = \"One\"\ndate = 2026-01-01\n+++\n"),
        ("content/posts/b.md", "+++\ntitle = \"ONE\"\ndate = 2026-01-02\n+++\n"),
    ),
];

#[test]
fn files_of_the_site_share_no_address_whatever_makes_it() {
    for (settings, one, other) in AGAINST_ONE_ANOTHER {
        for order in [[*one, *other], [*other, *one]] {
            let found = arranged(settings, &order).err().unwrap_or_default();
            let text = format!("{found:?}");
            assert!(found.iter().any(|one| one.code == "route/collision"), "{one:?} {other:?}: {found:?}");
            assert!(text.contains(one.0) && text.contains(other.0), "{found:?}");
            assert!(found.iter().all(|one| one.place.is_some()), "{found:?}");
        }
    }
}
