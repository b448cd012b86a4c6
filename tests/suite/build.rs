//! `blog build`, when nothing is wrong: what it writes and what it says.

use std::fs;
use std::os::unix::fs::symlink;

use crate::harness::tests;
use crate::site::{Site, modes, tree};

tests![
    a_fresh_blog_builds_and_builds_again_without_changing_a_byte,
    a_post_is_at_its_address_and_in_the_feeds,
    hidden_posts_are_named_with_their_reason,
    drafts_and_future_posts_are_shown_on_request,
    the_output_goes_where_it_is_told_and_each_folder_is_remembered,
    files_are_readable_to_a_web_server_whatever_the_umask,
    what_a_post_was_renamed_from_is_gone_after_the_next_build,
    json_says_what_was_built_and_nothing_is_said_to_people,
    the_site_is_found_from_any_folder_below_it,
    the_deployed_manifest_names_no_source_and_no_machine,
    an_output_folder_that_is_a_link_is_replaced_where_it_leads,
    clean_undoes_a_build_and_keeps_what_is_not_ours,
    new_posts_and_bundles_build,
    why_and_list_tell_where_things_come_from,
    a_draft_is_named_with_what_makes_it_one,
    why_tells_rules_templates_data_lists_and_feeds,
    a_base_url_with_a_path_is_in_every_link,
    a_template_of_the_site_wins_over_the_themes,
    the_repositorys_own_blog_builds_against_its_lock,
];

fn a_fresh_blog_builds_and_builds_again_without_changing_a_byte() {
    let site = Site::empty().run(&["init", "."]).exit(0).then();
    let run = site.build().exit(0).stderr_has("built ").stderr_has("post into `public`");
    assert!(run.page("/").contains("A first post"), "{}", run.page("/"));
    let first = run.site.public();
    let run = run.then().build().exit(0);
    assert!(run.site.public() == first, "a second build changed something");
    let left: Vec<_> = fs::read_dir(run.site.root()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    let beside = left.iter().filter(|name| name.to_string_lossy().starts_with(".public"));
    assert_eq!(
        beside.collect::<Vec<_>>(),
        [".public.spare"],
        "the tree before this one, for the next build, and nothing else"
    );
    assert_eq!(fs::read(run.site.path(".public.spare/.gitignore")).unwrap(), b"*\n", "git need not know of it");
}

fn a_post_is_at_its_address_and_in_the_feeds() {
    let site = Site::new().post("2011-03-10-watching.md", "+++\ntitle = \"Watching <us>\"\n+++\nHello *there*.\n");
    let run = site.config("[[feeds]]\nformat = \"rss\"\npath = \"feed.xml\"").build().exit(0);
    let run = run.page_has("/posts/watching/", "<em>there</em>").page_has("/posts/watching/", "Watching &lt;us&gt;");
    let feed = run.site.output("feed.xml");
    assert!(feed.contains("https://blog.example/posts/watching/"), "{feed}");
}

fn hidden_posts_are_named_with_their_reason() {
    Site::new()
        .post("a.md", "+++\ntitle = \"A\"\ndate = 2026-01-01\ndraft = true\n+++\n")
        .post("b.md", "+++\ntitle = \"B\"\ndate = 2036-01-01\n+++\n")
        .post("c.md", "+++\ntitle = \"C\"\ndate = 2026-01-01\nexpiry_date = 2026-02-01\n+++\n")
        .build()
        .exit(0)
        .stderr_has("content/posts/a.md (draft)")
        .stderr_has("content/posts/b.md (future: 2036-01-01 00:00)")
        .stderr_has("content/posts/c.md (expired: 2026-02-01 00:00)")
        .has_file("posts/a/index.html", false)
        .has_file("posts/b/index.html", false)
        .has_file("posts/c/index.html", false);
}

fn drafts_and_future_posts_are_shown_on_request() {
    Site::new()
        .post("a.md", "+++\ntitle = \"A\"\ndate = 2026-01-01\ndraft = true\n+++\n")
        .post("b.md", "+++\ntitle = \"B\"\ndate = 2036-01-01\n+++\n")
        .run(&["build", "--drafts", "--future"])
        .exit(0)
        .has_file("posts/a/index.html", true)
        .has_file("posts/b/index.html", true);
}

fn the_output_goes_where_it_is_told_and_each_folder_is_remembered() {
    let run = Site::new().post("a.md", "one").build().exit(0);
    let run = run.then().run(&["build", "--out", "other/deep"]).exit(0).stderr_has("`other/deep`");
    assert!(run.site.path("other/deep/posts/a/index.html").exists());
    run.then().build().exit(0).then().run(&["build", "--out", "other/deep"]).exit(0);
}

fn files_are_readable_to_a_web_server_whatever_the_umask() {
    for mask in ["000", "022", "077", "777"] {
        let site = Site::new().post("a.md", "one").file("static/deep/photo.jpg", "x");
        let mut command = site.command("sh");
        command.args(["-c", &format!("umask {mask}; exec \"$0\" build"), crate::site::BLOG]);
        let run = site.finish(command);
        // Nobody but root gets far with a umask that forbids everything to the owner.
        if mask == "777" && run.code != Some(0) {
            continue;
        }
        let run = run.exit(0);
        for (path, mode) in modes(&run.site.path("public")) {
            let wanted = if path.is_dir() { 0o755 } else { 0o644 };
            assert_eq!(mode, wanted, "{} with umask {mask}", path.display());
        }
    }
}

fn what_a_post_was_renamed_from_is_gone_after_the_next_build() {
    let run = Site::new().post("a.md", "one").build().exit(0).has_file("posts/a/index.html", true);
    let site = run.then();
    fs::rename(site.path("content/posts/a.md"), site.path("content/posts/b.md")).unwrap();
    site.build().exit(0).has_file("posts/a/index.html", false).has_file("posts/b/index.html", true);
}

fn json_says_what_was_built_and_nothing_is_said_to_people() {
    let run = Site::new().post("a.md", "one").run(&["build", "--format", "json"]).exit(0);
    assert_eq!(run.stderr, "");
    let last: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(
        (last["type"].as_str(), last["exit"].as_u64(), last["posts"].as_u64()),
        (Some("build"), Some(0), Some(1))
    );
}

fn the_site_is_found_from_any_folder_below_it() {
    let site = Site::new().post("a.md", "one");
    let mut command = site.command(crate::site::BLOG);
    command.arg("build").current_dir(site.path("content/posts"));
    site.finish(command).exit(0).has_file("posts/a/index.html", true);
}

fn the_deployed_manifest_names_no_source_and_no_machine() {
    let run = Site::new()
        .post("a.md", "one")
        .post("hidden-away.md", "+++\ntitle = \"B\"\ndate = 2026-01-01\nnoindex = true\n+++\n")
        .build()
        .exit(0);
    let public = run.site.public();
    let ours: Vec<_> = public.iter().filter(|(path, _)| path.starts_with(".well-known/watchpost")).collect();
    assert!(ours.len() >= 2, "{ours:?}");
    let text: String = ours.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    assert!(text.contains("posts/a/index.html"), "{text}");
    for word in ["hidden-away", "content/", ".md", run.site.root().to_str().unwrap()] {
        assert!(!text.contains(word), "`{word}` is in {text}");
    }
}

fn an_output_folder_that_is_a_link_is_replaced_where_it_leads() {
    let site = Site::new().post("a.md", "one").file("elsewhere/.keep", "");
    fs::remove_file(site.path("elsewhere/.keep")).unwrap();
    symlink("elsewhere", site.path("public")).unwrap();
    let run = site.build().exit(0).then().build().exit(0);
    assert!(fs::symlink_metadata(run.site.path("public")).unwrap().is_symlink());
    assert!(run.site.path("elsewhere/posts/a/index.html").exists());
}

fn clean_undoes_a_build_and_keeps_what_is_not_ours() {
    let run = Site::new().post("a.md", "one").build().exit(0);
    run.site.write("public/posts/mine.txt", "precious");
    let run = run.then().run(&["clean"]).exit(0).stderr_has("posts/mine.txt");
    assert_eq!(run.site.public().into_keys().collect::<Vec<_>>(), ["posts/mine.txt"]);
    assert!(!run.site.path(".blog").exists() && run.site.path("content/posts/a.md").exists());
}

fn new_posts_and_bundles_build() {
    let run = Site::new().run(&["new", "Où \"est\" l'été?", "--draft"]).exit(0).stderr_has("content/posts/2026-11-22-");
    let run = run.then().run(&["new", "With photos", "--bundle", "--section", "notes"]).exit(0);
    assert!(run.site.path("content/notes/2026-11-22-with-photos/index.md").exists());
    let run = run.then().run(&["new", "With photos", "--section", "notes"]).exit(2).stderr_has("is there already");
    let run = run.then().run(&["new", "???"]).exit(2).stderr_has("no address");
    let run = run.then().run(&["new", "x", "--section", "../.."]).exit(2);
    run.then().run(&["build", "--drafts"]).exit(0).page_has("/", "With photos");
}

fn a_draft_is_named_with_what_makes_it_one() {
    let draft = "+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\n";
    let site = Site::new()
        .config("[[defaults]]\npath = \"ideas/**\"\ndraft = true")
        .file("content/posts/own.md", draft.replace("title", "draft = true\ntitle"))
        .file("content/posts/drafts/folder.md", draft)
        .file("content/_drafts/_index.md", "")
        .file("content/ideas/settings.md", draft)
        .file("content/notes/_index.md", "+++\ndraft = true\n+++\n")
        .file("content/notes/deep/section.md", draft);
    let reasons = [
        ("content/posts/own.md", "draft"),
        ("content/posts/drafts/folder.md", "draft, in content/posts/drafts/"),
        ("content/_drafts/_index.md", "draft, in content/_drafts/"),
        ("content/ideas/settings.md", "draft, by site.toml"),
        ("content/notes/deep/section.md", "draft, as content/notes/_index.md is"),
    ];
    let mut run =
        site.build().exit(0).stderr_has("not shown: 6 posts").has_file("drafts", false).has_file("_drafts", false);
    for (source, reason) in reasons {
        run =
            run.stderr_has(&format!("{source} ({reason})")).then().run(&["list", "drafts"]).exit(0).stdout_has(reason);
        run = run.then().run(&["why", source]).exit(0).stdout_has(&format!("is not shown: {reason}\n")).then().build();
    }
    let run = run.then().run(&["build", "--drafts"]).exit(0);
    run.has_file("posts/own/index.html", true)
        .has_file("notes/deep/section/index.html", true)
        .has_file("posts/folder/index.html", true);
}

fn why_tells_rules_templates_data_lists_and_feeds() {
    let settings = "[permalinks]\nnotes = \"/:year/:slug.html\"\n[archives]\nby = [\"year\"]\n\
        [[feeds]]\nformat = \"atom\"\npath = \"all.xml\"\n[[feeds]]\nsection = \"notes\"\npath = \"notes.xml\"\n[taxonomies.tags]\nfeed = true";
    let site = Site::new()
        .config(settings)
        .file("content/notes/2026-01-05-first.md", "+++\ntags = [\"Rye\"]\naliases = [\"/old/\"]\nupdated = 2026-02-01\n+++\nText.\n")
        .file("content/notes/second.md", "+++\ndate = 2026-01-06\nslug = \"two\"\n+++\nText.\n")
        .file("content/posts/drafts/third.md", "+++\ndate = 2026-01-06\n+++\nText.\n")
        .file("data/shop/items.yaml", "- a\n")
        .file("data/other.yaml", "- a\n")
        .template(
            "post.html",
            "{% extends \"paper/templates/post.html\" %}{% block content %}{{ data.shop.items | length }}{{ super() }}{% endblock content %}",
        );
    let run = site
        .run(&["why", "/2026/first.html"])
        .exit(0)
        .stdout_has("is a post\n")
        .stdout_has("by the pattern `/:year/:slug.html` of `permalinks.notes`, with the file's name (site.toml:")
        .stdout_has("dated 2026-01-05T00:00:00+00:00 by the name of its file")
        .stdout_has("updated 2026-02-01T00:00:00+00:00 by its front matter (content/notes/2026-01-05-first.md:4)")
        .stdout_has("listed at /, /2026/, /archive/, /tags/rye/\n")
        .stdout_has("in the feeds /all.xml, /notes.xml, /tags/rye/all.xml")
        .stdout_has("also reached from /old/")
        .stdout_has(
            "rendered by templates/post.html, with themes/paper/templates/post.html, themes/paper/templates/base.html",
        )
        .stdout_has("themes/paper/templates/partials/contents.html")
        .stdout_has("reading data/shop/items.yaml\n");
    let run = run.then().run(&["why", "content/notes/second.md"]).exit(0).stdout_has("with `slug` in its front matter");
    let run = run
        .then()
        .run(&["why", "content/posts/drafts/third.md"])
        .exit(0)
        .stdout_has("that folder is for drafts: move it out");
    let run =
        run.then().run(&["why", "/old/"]).exit(0).stdout_has("by `aliases` (content/notes/2026-01-05-first.md:3)\n");
    let run = run.then().run(&["why", "/paper.css"]).exit(0).stdout_has("from themes/paper/static/paper.css");
    let run = run.then().run(&["why", "/notes.xml"]).exit(0).stdout_has("a feed of `[[feeds]]` (site.toml:");
    let run = run.then().run(&["why", "/2026/first.html", "--format", "json"]).exit(0);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["data"], serde_json::json!(["data/shop/items.yaml"]));
    assert_eq!(answer["templates"][0], "templates/post.html");
    // A template that is wrong keeps nobody from an answer.
    run.then()
        .template("post.html", "{% if %}")
        .run(&["why", "/2026/first.html"])
        .exit(0)
        .stdout_has("that have errors");
}

fn why_and_list_tell_where_things_come_from() {
    let site = Site::new().post("a.md", "one").post("b.md", "+++\ntitle = \"B\"\ndate = 2036-01-01\n+++\n");
    let run = site.run(&["why", "https://blog.example/posts/a/"]).exit(0).stdout_has("content/posts/a.md");
    let run = run.then().run(&["why", "/posts/a"]).exit(0).stdout_has("content/posts/a.md");
    let run = run.then().run(&["why", "content/posts/a.md"]).exit(0).stdout_has("https://blog.example/posts/a/");
    let run = run.then().run(&["why", "content/posts/b.md"]).exit(0).stdout_has("future: 2036-01-01");
    let run = run.then().run(&["why", "/posts/aa/"]).exit(2).stderr_has("did you mean `/posts/a/`?");
    let run = run.then().run(&["list"]).exit(0).stdout_has("future: 2036-01-01").stdout_has("/posts/a/");
    let run = run.then().run(&["list", "--format", "json"]).exit(0);
    let rows: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["route"], "/posts/a/");
    assert!(rows.iter().any(|row| row["hidden"].as_str().is_some_and(|reason| reason.starts_with("future"))));
}

fn a_base_url_with_a_path_is_in_every_link() {
    let site = Site::new().post("a.md", "[b](./b.md)").post("b.md", "two");
    site.run(&["build", "--base-url", "https://example.org/blog"])
        .exit(0)
        .page_has("/posts/a/", "/blog/posts/b/")
        .page_lacks("/posts/a/", "\"/posts/");
}

fn a_template_of_the_site_wins_over_the_themes() {
    let template = "<!doctype html>\n<title>{{ page.title }}</title>\n{{ analytics() }}\n<main>mine</main>\n";
    Site::new().post("a.md", "one").template("post.html", template).build().exit(0).page_has("/posts/a/", "<main>mine");
}

fn the_repositorys_own_blog_builds_against_its_lock() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut site = Site::empty();
    for folder in ["content", "static", "templates", "themes"] {
        for (path, bytes) in tree(&root.join(folder)) {
            site = site.file(&format!("{folder}/{path}"), bytes);
        }
    }
    for file in ["site.toml", "analytics.lock"] {
        site = site.file(file, fs::read(root.join(file)).unwrap());
    }
    let run = site.variable("CI", "true").run(&["build", "--locked"]).exit(0).stderr_has("stand-in endpoint");
    let first = run.site.public();
    assert!(run.then().run(&["build", "--locked"]).exit(0).site.public() == first, "a second build changed something");
}
