//! What becomes of a post over time: begun from an archetype, hidden, changed in git. Sites are those of the documentation.

use crate::harness::{Skip, tests};
use crate::site::Site;

tests![
    the_last_commit_is_when_a_page_was_changed,
    a_shallow_clone_is_refused_with_the_setting_to_change,
    a_site_without_a_repository_is_refused_and_one_that_does_not_ask_is_built,
    a_new_post_begins_as_its_archetype_says,
    an_archetype_that_no_build_would_take_is_refused,
    what_is_hidden_is_listed_by_its_reason,
];

/// Runs git in the site's folder at some time.
#[track_caller]
fn git(site: &Site, date: &str, arguments: &[&str]) {
    let mut command = site.command("git");
    command.args(["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "init.defaultBranch=main"]);
    command.env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date).args(arguments);
    let output = command.output().expect("git is there");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn need_git() -> Result<(), Skip> {
    let is_there = Site::empty().command("git").arg("--version").output().is_ok();
    if is_there { Ok(()) } else { Err(Skip("git is not there".to_owned())) }
}

/// A site with a history: a post that was changed later, one that was not, one that was only renamed.
fn with_history() -> Site {
    let site = Site::new()
        .file(".gitignore", "public/\n.blog/\n")
        .config("lastmod = \"git\"\n[[feeds]]\nformat = \"atom\"\npath = \"atom.xml\"")
        .post("changed.md", "one")
        .post("kept.md", "two")
        .post("before.md", "three")
        .post("said.md", "+++\ntitle = \"S\"\ndate = 2026-01-02\nupdated = 2026-02-02\n+++\n")
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\n");
    git(&site, "2026-01-02T10:00:00Z", &["init", "-q"]);
    git(&site, "2026-01-02T10:00:00Z", &["add", "-A"]);
    git(&site, "2026-01-02T10:00:00Z", &["commit", "-qm", "one"]);
    site.write("content/posts/changed.md", "+++\ntitle = \"changed\"\ndate = 2026-01-02\n+++\nanother\n");
    site.write("content/posts/said.md", "+++\ntitle = \"S2\"\ndate = 2026-01-02\nupdated = 2026-02-02\n+++\n");
    git(&site, "2026-03-04T10:00:00Z", &["commit", "-qam", "two"]);
    git(&site, "2026-05-06T10:00:00Z", &["mv", "content/posts/before.md", "content/posts/after.md"]);
    git(&site, "2026-05-06T10:00:00Z", &["commit", "-qm", "three"]);
    site
}

fn the_last_commit_is_when_a_page_was_changed() -> Result<(), Skip> {
    need_git()?;
    let site = with_history().post("new.md", "not committed");
    // The clock of the file system says nothing: it was all written just now.
    let run = site.build().exit(0);
    let page = |name: &str| run.site.output(&format!("posts/{name}/index.html"));
    assert!(page("changed").contains("\"dateModified\":\"2026-03-04T10:00:00"), "{}", page("changed"));
    assert!(page("changed").contains("article:modified_time\" content=\"2026-03-04T10:00:00"));
    assert!(page("said").contains("\"dateModified\":\"2026-02-02T00:00:00"));
    for name in ["kept", "after", "new"] {
        assert!(page(name).contains("\"dateModified\":\"2026-01-02T00:00:00"), "{name}: {}", page(name));
        assert!(!page(name).contains("article:modified_time"), "{name}");
    }
    let sitemap = run.site.output("sitemap.xml");
    for (route, day) in [("/posts/changed/", "2026-03-04"), ("/posts/after/", "2026-01-02"), ("/about/", "2026-01-02")]
    {
        let entry = sitemap.split("<url>").find(|entry| entry.contains(route)).unwrap();
        assert!(entry.contains(&format!("<lastmod>{day}")), "{entry}");
    }
    assert!(run.site.output("atom.xml").contains("<updated>2026-03-04T10:00:00"));
    Ok(())
}

fn a_shallow_clone_is_refused_with_the_setting_to_change() -> Result<(), Skip> {
    need_git()?;
    let site = with_history();
    let clone = Site::empty();
    let address = format!("file://{}", site.root().display());
    git(&clone, "2026-06-06T10:00:00Z", &["clone", "-q", "--depth", "1", &address, "."]);
    let run =
        clone.build().exit(2).stderr_has("lastmod/shallow").stderr_has("site.toml:4").stderr_has("fetch-depth: 0");
    git(&run.site, "2026-06-06T10:00:00Z", &["fetch", "-q", "--unshallow"]);
    let run = run.then().build().exit(0);
    assert!(site.build().exit(0).site.public() == run.site.public(), "a clone gives the bytes of its origin");
    Ok(())
}

fn a_site_without_a_repository_is_refused_and_one_that_does_not_ask_is_built() {
    let site = Site::new().config("lastmod = \"git\"").post("a.md", "one");
    let run = site.variable("GIT_CEILING_DIRECTORIES", "/").build().exit(2);
    let run = run.stderr_has("lastmod/git").stderr_has("site.toml:4");
    let site = run.then();
    let settings = std::fs::read_to_string(site.path("site.toml")).unwrap();
    site.write("site.toml", settings.replace("lastmod = \"git\"", "lastmod = \"front-matter\""));
    let site = site.build().exit(0).then();
    site.write("site.toml", settings.replace("lastmod = \"git\"", "lastmod = \"file\""));
    site.build().exit(2).stderr_has("`lastmod` cannot be `file`").stderr_has("`git`");
}

/// The example of `content/docs/front-matter.md`.
fn documented() -> String {
    let docs = include_str!("../../content/docs/front-matter.md");
    let (_, after) = docs.split_once("## Archetypes").expect("the guide has a part about archetypes");
    let (_, text) = after.split_once("```markdown\n").expect("it has an example");
    text.split("```").next().unwrap_or_default().to_owned()
}

fn a_new_post_begins_as_its_archetype_says() {
    let site = Site::new().file("archetypes/posts.md", documented()).file(
        "archetypes/default.md",
        "---\ntitle: {{ quoted_title }}\nslug: {{ slug }}\n---\n{{ note(a=\"b\") }} {{ section }}\n",
    );
    let run = site.run(&["new", "Où \"est\" l'été?"]).exit(0).stderr_has("archetypes/posts.md");
    let post = std::fs::read_to_string(run.site.path("content/posts/2026-11-22-où-est-lété.md"));
    let post = post.unwrap_or_else(|_| panic!("{}", run.stderr));
    assert!(post.starts_with("+++\ntitle = \"Où \\\"est\\\" l'été?\"\ndate = 2026-11-22T"), "{post}");
    assert!(post.contains("tags = [\"seen\"]") && post.ends_with("Seen on 2026-11-22:\n"), "{post}");
    let run = run.then().run(&["build", "--future"]).exit(0).page_has("/tags/seen/", "est");
    let run = run.then().run(&["new", "Deep", "--section", "notes/2026", "--draft"]).exit(0);
    let run = run.stderr_has("archetypes/default.md");
    let note = std::fs::read_to_string(run.site.path("content/notes/2026/2026-11-22-deep.md")).unwrap();
    assert_eq!(note, "---\ndraft: true\ntitle: \"Deep\"\nslug: deep\n---\n{{ note(a=\"b\") }} notes/2026\n");
    let run = run.then().run(&["new", "Deep", "--section", "notes/2026"]).exit(2).stderr_has("new/exists");
    assert_eq!(std::fs::read_to_string(run.site.path("content/notes/2026/2026-11-22-deep.md")).unwrap(), note);
}

fn an_archetype_that_no_build_would_take_is_refused() {
    for (text, words) in [
        ("+++\ntitle = {{ titel }}\n+++\n", ["new/archetype", "archetypes/posts.md:2:9", "`{{ title }}`"]),
        ("+++\ntitle = \"{{ title }}\"\n+++\n", ["front/syntax", "archetypes/posts.md:2", ""]),
        ("+++\ntilte = {{ quoted_title }}\n+++\n", ["front/unknown-key", "archetypes/posts.md:2", "`title`"]),
    ] {
        let mut run = Site::new().file("archetypes/posts.md", text).run(&["new", "A \"b\""]);
        for word in words {
            run = run.stderr_has(word);
        }
        assert!(!run.site.path("content/posts").exists(), "{}", run.stderr);
    }
    let site = Site::new().file("archetypes/posts.md", b"\xff");
    site.run(&["new", "A"]).exit(2).stderr_has("archetypes/posts.md").stderr_has("UTF-8");
    let site = Site::new().file("archetypes/posts.md", "{\"title\": {{ quoted_title }}}\n");
    site.run(&["new", "A", "--draft"]).exit(2).stderr_has("no room for `--draft`");
}

fn what_is_hidden_is_listed_by_its_reason() {
    let site = Site::new()
        .post("shown.md", "one")
        .post("draft.md", "+++\ntitle = \"D\"\ndate = 2026-01-01\ndraft = true\n+++\n")
        .post("future.md", "+++\ntitle = \"F\"\ndate = 2036-01-01\n+++\n")
        .post("expired.md", "+++\ntitle = \"E\"\ndate = 2026-01-01\nexpiry_date = 2026-02-01\n+++\n")
        .file("content/secret/_index.md", "+++\ntitle = \"S\"\ndraft = true\n+++\n")
        .file("content/secret/x.md", "+++\ntitle = \"X\"\ndate = 2026-01-01\n+++\n");
    let mut site = site;
    for (which, names) in [
        ("drafts", vec!["posts/draft.md", "secret/_index.md", "secret/x.md"]),
        ("future", vec!["posts/future.md"]),
        ("expired", vec!["posts/expired.md"]),
        ("hidden", vec!["posts/draft.md", "posts/expired.md", "posts/future.md", "secret/_index.md", "secret/x.md"]),
    ] {
        let run = site.run(&["list", which, "--format", "json"]).exit(0);
        let rows: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let sources: Vec<&str> = rows.iter().map(|row| row["source"].as_str().unwrap()).collect();
        let expected: Vec<String> = names.iter().map(|name| format!("content/{name}")).collect();
        assert_eq!(sources, expected, "{which}");
        assert!(rows.iter().all(|row| row["hidden"].is_string() && row["route"].is_null()), "{rows:?}");
        site = run.then();
    }
    site.run(&["list", "draft"]).exit(2).stderr_has("drafts");
}
