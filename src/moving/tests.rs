//! What a move changes, and what it refuses.

use super::*;
use crate::config::sample;

fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        let source = SourcePath::new(*path);
        match path.ends_with(".md") {
            true => drop(sources.markdown.insert(source, (*text).into())),
            false => drop(sources.assets.insert(source, PathBuf::from(path))),
        }
    }
    sources
}

fn dated(more: &str, body: &str) -> String {
    format!("+++\ntitle = \"T\" # said\ndate = 2026-01-02\n{more}+++\n{body}")
}

fn after(files: &[(&str, &str)], old: &str, new: &str) -> (Plan, BTreeMap<String, String>) {
    let sources = sources(files);
    let settings = "[permalinks]\nposts = \"/posts/:slug/\"\n[markdown]\nwikilinks = true\nmath = true\n";
    let plan = plan(&sample(settings), &sources, old, new).unwrap();
    let texts =
        plan.edits.iter().map(|(source, edits)| (source.to_string(), applied(&sources.markdown[source], edits)));
    let texts = texts.collect();
    (plan, texts)
}

fn refused(files: &[(&str, &str)], old: &str, new: &str) -> String {
    let problems = plan(&sample(""), &sources(files), old, new).unwrap_err();
    assert_eq!(problems[0].code, "mv/refused", "{problems:?}");
    format!("{} / {}", problems[0].message, problems[0].hint.clone().unwrap_or_default())
}

#[test]
fn every_link_to_a_post_follows_it_and_nothing_else_changes() {
    let linking = "See [a](@/posts/a.md#part), [b](./a.md \"the title\"), [`](a.md)`](a.md), ![p](a.md/../p.png)\n\
                   and [r], `[a](@/posts/a.md)`, [c](other.md), <https://x.example/a.md>, [d](/posts/a/), $[e](a.md)$.\n\n\
                   [r]: ../posts/a.md 'x'\n\n```\n[a](@/posts/a.md)\n```\n";
    let (own, other) = (dated("", "Me: [b](b.md), ![p](p.png), [part](#part)\n\n# Part\n"), dated("", linking));
    let files = [
        ("content/posts/a.md", own.as_str()),
        ("content/posts/b.md", other.as_str()),
        ("content/posts/other.md", &dated("slug = \"o\"\n", "")),
        ("content/posts/p.png", ""),
    ];
    let (plan, texts) = after(&files, "content/posts/a.md", "content/notes/new name.md");
    let expected = linking
        .replacen("@/posts/a.md#part", "@/notes/new%20name.md#part", 1)
        .replacen("./a.md \"", "../notes/new%20name.md \"", 1)
        .replacen("`](a.md),", "`](../notes/new%20name.md),", 1)
        .replacen("[r]: ../posts/a.md", "[r]: ../notes/new%20name.md", 1);
    assert_eq!(texts["content/posts/b.md"], dated("", &expected));
    assert_eq!(
        texts["content/posts/a.md"],
        dated("", "Me: [b](../posts/b.md), ![p](../posts/p.png), [part](#part)\n\n# Part\n")
            .replace("# said\n", "# said\naliases = [\"/posts/a/\"]\n")
    );
    assert_eq!(plan.alias.unwrap().as_str(), "/posts/a/");
    assert_eq!(plan.address.unwrap().as_str(), "/notes/new-name/");
    assert_eq!(plan.edits.len(), 2);
}

#[test]
fn a_bundle_moves_with_what_lies_in_it() {
    let files = [
        ("content/posts/a/index.md", &*dated("slug = \"s\"\n", "![p](p.png) [b](../b.md)\n")),
        ("content/posts/a/p.png", ""),
        ("content/posts/b.md", &dated("", "![p](a/p.png) [a](a/index.md) [k](@/posts/a/p.png)\n")),
    ];
    for (old, new) in [("content/posts/a", "content/posts/z"), ("content/posts/a/index.md", "content/posts/z/index.md")]
    {
        let (plan, texts) = after(&files, old, new);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts["content/posts/b.md"].ends_with("![p](z/p.png) [a](z/index.md) [k](@/posts/z/p.png)\n"));
        assert_eq!(plan.alias, None, "its slug keeps its address");
        let (from, to) = plan.moves.unwrap();
        assert_eq!((from.as_str(), to.as_str()), ("content/posts/a", "content/posts/z"));
    }
    let (plan, _) = after(&files, "content/posts/a/", "content/notes/");
    assert_eq!(plan.moves.unwrap().1.as_str(), "content/notes/a");
}

#[test]
fn the_id_in_feeds_is_kept_where_the_name_would_change_it() {
    let files = [("content/posts/a.md", &*dated("slug = \"s\"\n", ""))];
    let (plan, texts) = after(&files, "content/posts/a.md", "content/posts/b.md");
    let (source, id) = plan.id.unwrap();
    assert_eq!((source.as_str(), id.as_str()), ("content/posts/b.md", "tag:blog.example,2026-01-02:a"));
    assert!(texts.is_empty());
    let (plan, _) = after(&files, "content/posts/a.md", "content/notes/a.md");
    assert_eq!(plan.id, None);
    let own = [("content/posts/a.md", &*dated("id = \"urn:1\"\n", ""))];
    assert_eq!(after(&own, "content/posts/a.md", "content/posts/b.md").0.id, None);
}

#[test]
fn an_alias_is_added_in_every_form_of_front_matter() {
    for (before, expected) in [
        ("+++\ndate = 2026-01-02\naliases = [\"/x/\", # old\n]\n+++\n", "[\"/x/\", \"/posts/a/\", # old\n]"),
        ("+++\ndate = 2026-01-02\naliases = []\n+++\n", "aliases = [\"/posts/a/\"]\n"),
        ("+++\ndate = 2026-01-02\n[extra]\na = 1\n+++\n", "+++\naliases = [\"/posts/a/\"]\ndate"),
        ("+++\ntitle = '''\nA'''\ndate = 2026-01-02\n+++\n", "+++\naliases = [\"/posts/a/\"]\ntitle"),
        ("---\ntitle: A # b\ndate: 2026-01-02\n---\n", "title: A # b\naliases: [\"/posts/a/\"]\ndate"),
        ("---\ndate: 2026-01-02\naliases:\n  - /x/ # old\n  - /y/\n---\n", "  - /y/\n  - \"/posts/a/\"\n---"),
        ("---\ndate: 2026-01-02\naliases: [/x/, /y/]\n---\n", "[/x/, /y/, \"/posts/a/\"]"),
        ("---\ndate: 2026-01-02\nredirect_from: /x/\n---\n", "redirect_from: [/x/, \"/posts/a/\"]\n"),
        ("{\"date\": \"2026-01-02\"}\nText\n", "{\"aliases\": [\"/posts/a/\"], \"date\""),
    ] {
        let (plan, texts) = after(&[("content/posts/a.md", before)], "content/posts/a.md", "content/posts/b.md");
        assert!(plan.alias.is_some());
        let text = &texts["content/posts/a.md"];
        assert!(text.contains(expected), "{before}\n{text}");
    }
    let (_, texts) = after(&[("content/a.md", "# A\n\nText\n")], "content/a.md", "content/b.md");
    assert_eq!(texts["content/a.md"], "+++\naliases = [\"/a/\"]\n+++\n# A\n\nText\n");
}

#[test]
fn what_would_break_something_is_refused() {
    let post = dated("", "");
    let files = [
        ("content/posts/a.md", post.as_str()),
        ("content/posts/2026-05-06-d.md", "+++\ntitle = \"D\"\n+++\n"),
        ("content/posts/_index.md", ""),
        ("content/posts/z/index.md", &dated("", "")),
    ];
    for (old, new, words) in [
        ("content/posts/b.md", "content/posts/c.md", "did you mean `content/posts/a.md`"),
        ("content/posts/a.md", "content/posts/z/index.md", "there already"),
        ("content/posts/a.md", "content/posts/a.md", "there already"),
        ("content/posts/a.md", "content/../x.md", "not below `content/`"),
        ("content/posts/a.md", "themes/x.md", "not below `content/`"),
        ("content/posts/a.md", "content/posts/b.txt", "no Markdown file"),
        ("content/posts/z", "content/posts/z.md", "is a folder"),
        ("content/posts/z", "content/posts/z/in", "lies in"),
        ("content/posts/a.md", "content/posts/_index.md", "a whole list"),
        ("content/posts/_index.md", "content/notes/_index.md", "a whole list"),
        ("content/posts/2026-05-06-d.md", "content/posts/d.md", "begin the new name with `2026-05-06-`"),
    ] {
        let said = refused(&files, old, new);
        assert!(said.contains(words), "{old} {new}: {said}");
    }
    // Two posts on one address: the site's own rules say so, and nothing moves.
    let clash = [("content/posts/a.md", post.as_str()), ("content/notes/x.md", &dated("path = \"/posts/y/\"\n", ""))];
    let problems = plan(&sample(""), &sources(&clash), "content/posts/a.md", "content/posts/y.md").unwrap_err();
    assert_eq!(problems[0].code, "route/collision");
    let escaped = [
        ("content/posts/a\\_b.md", ""),
        ("content/posts/a_b.md", &dated("", "")),
        ("content/c.md", "[x](posts/a\\_b.md)"),
    ];
    let said = refused(&escaped[1..], "content/posts/a_b.md", "content/posts/c.md");
    assert!(said.contains("cannot be changed for you"), "{said}");
}

#[test]
fn a_draft_has_no_address_to_keep() {
    let files = [("content/posts/a.md", &*dated("draft = true\n", "")), ("content/b.md", "[a](/x/)")];
    let (plan, texts) = after(&files, "content/posts/a.md", "content/notes/");
    assert_eq!((plan.alias, plan.address, texts.len()), (None, None, 0));
    assert_eq!(plan.moves.unwrap().1.as_str(), "content/notes/a.md");
}

#[test]
fn a_link_by_name_follows_only_where_it_must() {
    let files = [
        ("content/posts/a.md", &*dated("", "# Part\n")),
        (
            "content/posts/b.md",
            &dated("slug = \"b\"\n", "[[a]] [[a|the first]] [[a#part]] [[T]]\n").replace("\"T\"", "\"B\""),
        ),
    ];
    let (_, texts) = after(&files, "content/posts/a.md", "content/notes/z.md");
    assert!(
        texts["content/posts/b.md"].ends_with("[[notes/z|a]] [[notes/z|the first]] [[notes/z#part|a]] [[T]]\n"),
        "{texts:?}"
    );
    let (_, texts) = after(&files, "content/posts/a.md", "content/notes/a.md");
    assert!(!texts.contains_key("content/posts/b.md"), "the name means it still: {texts:?}");
}
