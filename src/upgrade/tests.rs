//! Tests of the plan on texts: what is rewritten, what is left, and that a second run finds nothing.

use super::*;
use crate::paths::SourcePath;
use crate::source::Template;

fn site(files: &[(&str, &str)]) -> (Config, Sources) {
    let mut sources = Sources::default();
    let mut config = config::sample("");
    for (path, text) in files {
        let (source, text): (_, Arc<str>) = (SourcePath::new(*path), (*text).into());
        if let Some(name) = path.strip_prefix("templates/") {
            sources.templates.insert(name.to_owned(), Template { source, text });
        } else if *path == FILE {
            let world = config::World::default();
            config = config::read("/site".as_ref(), &text, &config::Overrides::default(), &world).unwrap();
        } else {
            sources.markdown.insert(source, text);
        }
    }
    (config, sources)
}

/// Returns each file as it is after the upgrade, demanding that the next upgrade finds nothing.
fn upgraded(path: &str, text: &str) -> String {
    let (config, sources) = site(&[(path, text)]);
    let plan = plan(&config, &sources).unwrap();
    assert!(plan.left.is_empty(), "{:?}", plan.left);
    let after = plan.files.get(path).map_or_else(|| text.to_owned(), |one| applied(text, &one.edits));
    let (config, sources) = site(&[(path, &after)]);
    assert_eq!(super::plan(&config, &sources).unwrap(), Plan::default(), "{after}");
    after
}

#[test]
fn keys_get_todays_names_and_everything_else_stays() {
    let toml = "# Mine\ntitle = \"T\" # the title\n'baseURL'  =  \"https://x.example/\"\nlang=\"nl\"\nlanguageCode = \"fr\" # not used\n\n\
                [[defaults]]\npath = \"a/**\"\nauthor = \"Ada\"\n[env.s]\nbaseurl = \"https://s.example/\"\n";
    let after = "# Mine\ntitle = \"T\" # the title\n'base_url'  =  \"https://x.example/\"\nlanguage=\"nl\"\n\n\
                 [[defaults]]\npath = \"a/**\"\nauthors = \"Ada\"\n[env.s]\nbase_url = \"https://s.example/\"\n";
    assert_eq!(upgraded(FILE, toml), after);
    let post = "content/posts/a.md";
    for (before, after) in [
        (
            "+++\ntitle = \"T\"\nlastMod = 2026-01-02 # yes\nurl = \"/a.html\"\n[params]\nx = 1\n[params.y]\nz = 2\n+++\nlastmod = 1\n",
            "+++\ntitle = \"T\"\nupdated = 2026-01-02 # yes\npath = \"/a.html\"\n[extra]\nx = 1\n[extra.y]\nz = 2\n+++\nlastmod = 1\n",
        ),
        ("+++\nparams.a = 1\nparams.b = 2\n+++\n", "+++\nextra.a = 1\nextra.b = 2\n+++\n"),
        ("---\ntag: one two\nauthor: Ada # she\n---\nx", "---\ntags: [\"one two\"]\nauthors: Ada # she\n---\nx"),
        ("---\n\"redirect_from\":\n  - /a/\n  - /b/\n---\n", "---\n\"aliases\":\n  - /a/\n  - /b/\n---\n"),
        ("---\npublished: false\nlayout: post\n---\n", "---\ndraft: true\n---\n"),
        ("---\npublished: true\nlayout: note\n---\n", "---\ntemplate: \"note.html\"\n---\n"),
        ("---\npublished: 2026-01-02\n---\n", "---\npublish_date: 2026-01-02\n---\n"),
        ("{\"title\": \"T\", \"excerpt\": \"S\"}\nText", "{\"title\": \"T\", \"summary\": \"S\"}\nText"),
        ("+++\ntitle = \"T\"\n+++\n", "+++\ntitle = \"T\"\n+++\n"),
        ("No front matter: url = 1", "No front matter: url = 1"),
    ] {
        assert_eq!(upgraded(post, before), after);
    }
}

#[test]
fn what_cannot_be_rewritten_for_certain_is_left_and_named() {
    for (text, line) in [
        ("{\"title\": \"T\",\n\"summary\": \"S\", \"excerpt\": \"E\"}\nText", 2),
        ("---\ndraft: false\npublished: false\n---\n", 3),
        ("+++\ntext = \"\"\"\n[params]\n\"\"\"\n[params]\nx = 1\n+++\n", 3),
    ] {
        let text = text.replace("text =", "description =");
        let (config, sources) = site(&[("content/posts/a.md", &text)]);
        let plan = plan(&config, &sources).unwrap();
        let lines: Vec<_> = plan.left.iter().map(|one| one.place.as_ref().unwrap().line_column().unwrap().0).collect();
        assert!(lines.contains(&line), "{text}: {plan:?}");
        assert!(plan.files.is_empty(), "{plan:?}");
    }
}

#[test]
fn templates_and_what_names_them_are_renamed_if_the_name_is_free() {
    let old = [
        ("templates/taxonomy_single.html", "{% extends \"base.html\" %}"),
        ("templates/tags.html", "{%- extends 'taxonomy_single.html' -%} \"taxonomy_single.html\""),
        ("content/a.md", "+++\ntemplate = \"taxonomy_single.html\"\n+++\n"),
    ];
    let (config, sources) = site(&old);
    let whole = plan(&config, &sources).unwrap();
    assert_eq!(whole.moves, [("templates/taxonomy_single.html".to_owned(), "templates/term.html".to_owned())]);
    let after = |path: &str| applied(&whole.files[path].text, &whole.files[path].edits);
    assert_eq!(after("templates/tags.html"), "{%- extends 'term.html' -%} \"taxonomy_single.html\"");
    assert_eq!(after("content/a.md"), "+++\ntemplate = \"term.html\"\n+++\n");
    let (config, sources) = site(&[old[0], old[1], old[2], ("templates/term.html", "x")]);
    assert_eq!(plan(&config, &sources).unwrap(), Plan::default());
}
