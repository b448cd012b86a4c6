//! Sites of other generators, made by the real ones: Hugo and Eleventy build small sites with templates of ours, and
//! `blog check` finds what is wrong with them by a `site.toml` that it has written itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::guard;
use crate::harness::{Skip, tests};
use crate::live::Host;
use crate::server::{Answer, Server};
use crate::site::Site;

tests![
    what_hugo_built_is_surveyed_checked_and_checked_on_the_web,
    what_eleventy_built_is_surveyed_checked_and_checked_on_the_web,
    a_survey_overwrites_nothing_and_says_if_there_is_nothing_to_learn,
];

/// Returns a tool that `.ci/run` installs, or why there is none.
pub(crate) fn tool(installed: &str, name: &str) -> Result<PathBuf, Skip> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(installed);
    if installed.is_file() {
        return Ok(installed);
    }
    match Command::new(name).arg("--version").output().is_ok() || Command::new(name).arg("version").output().is_ok() {
        true => Ok(PathBuf::from(name)),
        false => Err(Skip(format!("{name} is neither in target/tools, where `.ci/run` puts it, nor in PATH"))),
    }
}

/// The snippet as GoatCounter's own documentation gives it.
fn snippet(counter: &Server) -> String {
    format!("<script data-goatcounter=\"{0}count\" async src=\"{0}count.js\"></script>", counter.url())
}

/// Runs a generator in a site's folder.
fn generate(site: &Site, mut command: Command) {
    let output = command.current_dir(site.root()).output().expect("it was found");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Twenty posts, a few notes, and a page, with front matter that both generators read.
fn content(site: Site, folder: &str) -> Site {
    let post = |kind: &str, number: usize| {
        format!("---\ntitle: {kind} {number}\ndate: 2026-01-{number:02}\nlayout: {kind}\n---\nWords.\n")
    };
    let posts = (1..=20).map(|number| (format!("{folder}/posts/p{number}.md"), post("post", number)));
    let notes = (1..=4).map(|number| (format!("{folder}/notes/n{number}.md"), post("note", number)));
    posts.chain(notes).fold(site, |site, (path, text)| site.file(&path, text))
}

/// What each site is put through, once it is built into `public/`.
fn put_through(site: Site, host: &Host, counter: &Server) {
    let folder = site.path("public");
    host.serves(folder.clone());
    // The folder as it is: the notes lost the snippet, and so are left out by the survey, which says so.
    let run = site.run(&["check", "--init", "public"]).exit(0).stderr_has("GoatCounter at").stderr_has("in `notes`");
    let run = run.stderr_has("wrote ./site.toml").stderr_has("next: blog check public");
    let settings = std::fs::read_to_string(run.site.path("site.toml")).unwrap();
    assert!(settings.contains(&format!("base_url = \"{}\"", host.url())), "{settings}");
    assert!(settings.contains("exclude = [\"/notes/**\"]") && settings.lines().count() <= 20, "{settings}");
    let site = run.then().run(&["check", "public"]).exit(0).stderr_has("L0 written pages  ok").then();
    // Whoever knows better takes the line out: a section that lost its snippet is one cause.
    let site = site.file("site.toml", settings.replace("exclude =", "# exclude ="));
    let run =
        site.run(&["check", "public"]).exit(3).stderr_has("pages in section `notes` lack the GoatCounter snippet");
    let run = run.stderr_has("notes").stderr_lacks("posts/p1/index.html");
    // The same on the web, by the sitemap.
    let run = run.then().run(&["check", "--live"]).exit(3).stderr_has("drift[snippet/missing]").stderr_has("/notes/");
    let run = run.stderr_has("L6 deployed site").stderr_has("live/no-manifest").stderr_has("L1 tracker        ok");
    let asked = host.server.asked();
    assert!(asked.len() < 60, "a sample: {} requests", asked.len());
    let site = run.then().run(&["check", "--live", "--all"]).exit(3).stderr_has("sitemap.xml").then();
    let pages = host.server.asked().iter().filter(|asked| asked.url.contains("/posts/p")).count();
    assert_eq!(pages, 2 * 20, "--all asks for each page twice");
    let site = site.file("site.toml", settings).run(&["check", "--live"]).exit(0).stderr_has("holds").then();
    // A policy that only the web server knows of.
    let home = std::fs::read_to_string(folder.join("index.html")).unwrap();
    host.but(move |asked| {
        let with = || Answer::new(200, "text/html", &home).header("Content-Security-Policy", "default-src 'self'");
        (asked.url.split('?').next() == Some("/")).then(with)
    });
    let site = site.run(&["check", "--live"]).exit(3).stderr_has("drift[contract/policy]").then();
    host.but(|_| None);
    // What is learned from the web is what was learned from the folder.
    std::fs::remove_file(site.path("site.toml")).unwrap();
    let site =
        site.run(&["check", "--init", &host.url(), "--all"]).exit(0).stderr_has("next: blog check --live").then();
    let again = std::fs::read_to_string(site.path("site.toml")).unwrap();
    assert!(again.contains(&format!("endpoint = \"{}\"", counter.url())) && again.contains("/notes/**"), "{again}");
}

fn what_hugo_built_is_surveyed_checked_and_checked_on_the_web() -> Result<(), Skip> {
    let hugo = tool("hugo/hugo/binaries/hugo", "hugo")?;
    let (host, counter) = (Host::start(), guard::counting());
    let head = "<meta charset=utf-8><title>{{ .Title }}</title><link rel=\"canonical\" href=\"{{ .Permalink }}\">";
    let page = |head: &str, body: &str| {
        format!("<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>\n")
    };
    let counted = page(
        &format!("{head}{}", snippet(&counter)),
        "<main>{{ .Content }}{{ range .Pages }}<a href=\"{{ .RelPermalink }}\">{{ .Title }}</a>{{ end }}</main>",
    );
    let bare = page(head, "<main>{{ .Content }}</main>");
    let site = content(Site::empty(), "content")
        .file(
            "hugo.toml",
            format!("baseURL = \"{}\"\ntitle = \"By Hugo\"\ndisableKinds = [\"taxonomy\", \"term\"]\n", host.url()),
        )
        .file("content/about.md", "---\ntitle: About\naliases: [/old-about/]\n---\nAbout.\n")
        .file("layouts/home.html", &counted)
        .file("layouts/section.html", &counted)
        .file("layouts/page.html", &counted)
        .file("layouts/404.html", &counted)
        .file("layouts/notes/section.html", &bare)
        .file("layouts/notes/page.html", &bare)
        .file("layouts/notes/note.html", &bare)
        .file("layouts/posts/post.html", &counted);
    let mut command = Command::new(hugo);
    command.args(["--quiet", "--destination", "public"]);
    generate(&site, command);
    assert!(site.path("public/old-about/index.html").is_file() && site.path("public/index.xml").is_file());
    put_through(site, &host, &counter);
    Ok(())
}

fn what_eleventy_built_is_surveyed_checked_and_checked_on_the_web() -> Result<(), Skip> {
    let eleventy = tool("node_modules/.bin/eleventy", "eleventy")?;
    let (host, counter) = (Host::start(), guard::counting());
    let base = host.url().trim_end_matches('/').to_owned();
    let head = format!(
        "<meta charset=utf-8><title>{{{{ title }}}}</title><link rel=\"canonical\" href=\"{base}{{{{ page.url }}}}\">"
    );
    let page = |head: &str| {
        format!("<!doctype html><html lang=en><head>{head}</head><body><main>{{{{ content }}}}</main></body></html>\n")
    };
    let counted = page(&format!("{head}{}", snippet(&counter)));
    let urls = "{% for page in collections.all %}{% unless page.url contains \".\" %}<url><loc>BASE{{ page.url }}</loc></url>{% endunless %}{% endfor %}";
    let sitemap = format!(
        "---\npermalink: /sitemap.xml\neleventyExcludeFromCollections: true\n---\n<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</urlset>\n",
        urls.replace("BASE", &base)
    );
    let site = content(Site::empty(), "source")
        .file("source/_includes/post.html", &counted)
        .file("source/_includes/note.html", page(&head))
        .file("source/index.md", "---\ntitle: By Eleventy\nlayout: post\n---\nHome.\n")
        .file("source/about.md", "---\ntitle: About\nlayout: post\n---\nAbout.\n")
        .file("source/404.md", "---\ntitle: Lost\nlayout: post\npermalink: /404.html\n---\nLost.\n")
        .file("source/sitemap.liquid", sitemap);
    let mut command = Command::new(eleventy);
    command.args(["--quiet", "--input=source", "--output=public"]);
    generate(&site, command);
    put_through(site, &host, &counter);
    Ok(())
}

fn a_survey_overwrites_nothing_and_says_if_there_is_nothing_to_learn() {
    let site = Site::new().file("folder/index.html", "<!doctype html><title>a</title>");
    let before = std::fs::read(site.path("site.toml")).unwrap();
    let site = site.run(&["check", "--init", "folder"]).exit(2).stderr_has("nothing was written").then();
    assert_eq!(std::fs::read(site.path("site.toml")).unwrap(), before);
    let empty = Site::empty().file("folder/a.txt", "");
    let empty = empty.run(&["check", "--init", "folder"]).exit(4).stderr_has("init/nothing").then();
    assert!(!empty.path("site.toml").exists());
    let away = crate::server::nobody();
    let away = empty.run(&["check", "--init", &away]).exit(4).stderr_has("refuses connections").then();
    let none = away.file("folder/index.html", "<!doctype html><title>a</title>");
    let run =
        none.run(&["check", "--init", "folder"]).exit(0).stderr_has("none of 1 page runs analytics that are known");
    run.then().run(&["check", "folder"]).exit(0).stderr_has("nothing was verified about analytics");
}
