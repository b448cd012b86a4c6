//! `blog import`: sites that the real Hugo builds are brought in, built here, and held against what Hugo built.

use std::fs;
use std::process::Command;

use crate::foreign::tool;
use crate::guard;
use crate::harness::{Skip, tests};
use crate::site::{Run, Site};

tests![
    what_hugo_built_is_built_here_and_nothing_is_lost,
    addresses_by_other_rules_of_hugo_are_kept,
    what_zola_would_build_is_built_here_and_nothing_is_lost,
    what_drupal_had_is_built_here_and_nothing_is_lost,
    a_broken_item_is_named_and_the_others_are_brought_in,
    nothing_is_written_over_and_nothing_outside,
    what_is_lost_is_named_and_is_an_error,
    what_is_typed_wrongly_is_explained,
];

/// A site of Hugo's in `old/`, with templates that write what the proof looks at.
fn hugo_site(settings: &str, snippet: &str) -> Site {
    let page = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>{{{{ .Title }}}}</title><link rel=canonical href=\"{{{{ .Permalink }}}}\">{snippet}\
         </head><body><h1>{{{{ .Title }}}}</h1>{{{{ .Content }}}}{{{{ range .Pages }}}}<a href=\"{{{{ .RelPermalink }}}}\">x</a>{{{{ end }}}}</body></html>\n"
    );
    let site = Site::empty().file("old/hugo.toml", settings);
    let site = site.file("old/layouts/_default/single.html", &page).file("old/layouts/_default/list.html", &page);
    let site = (1..=24).fold(site, |site, n| {
        let text = format!(
            "---\ntitle: \"Post {n}: it's Ünïcode & more\"\ndate: 2020-{:02}-{:02}T23:30:00-05:00\ntags: [one, \"Two Words\"]\ncategories: Letters\n\
             aliases: [/old/{n}/, relative-{n}]\n---\nHello *world* number {n}. \"Quoted\" -- text.\n\n## A heading\n\n- a\n- b\n",
            n % 12 + 1,
            n % 28 + 1
        );
        site.file(&format!("old/content/posts/Post {n}.md"), text)
    });
    site.file("old/content/posts/bundle/index.md", "---\ntitle: Bundle\ndate: 2021-01-02\nslug: \"My Slug\"\n---\n[data](data.csv)\n")
        .file("old/content/posts/bundle/data.csv", "a,b\n")
        .file("old/content/notes/_index.md", "+++\ntitle = \"All notes\"\n+++\nHere.\n")
        .file(
            "old/content/notes/a.md",
            "+++\ntitle = \"Note\"\ndate = 2021-02-03\nmood = \"gay\"\n+++\n[x]({{< relref \"/posts/bundle/index.md\" >}}), {{< ref \"/about.md\" >}}\n\n\
             {{< highlight go >}}\nfunc main() {}\n{{< /highlight >}}\n\n`{{</* kept */>}}`\n",
        )
        .file("old/content/about.md", "---\ntitle: About\nurl: /about/me.html\n---\nMe.\n")
        .file("old/content/posts/draft.md", "{\"title\": \"Draft\", \"date\": \"2019-05-06\", \"draft\": true}\n\nNot yet.\n")
        .file("old/static/files/paper.pdf", "%PDF-1.4\n")
}

const SETTINGS: &str = "baseURL = \"https://old.example/\"\ntitle = \"The old blog\"\nlanguageCode = \"en-gb\"\n[params]\ndescription = \"About things\"\nauthor = \"Ada\"\n\
     [permalinks]\nposts = \"/:year/:month/:slug/\"\n[[menus.main]]\nname = \"About\"\nurl = \"/about/me.html\"\nweight = 2\n[[menus.main]]\nname = \"Notes\"\nurl = \"/notes/\"\nweight = 1\n";

/// Lets the real Hugo build `old/`.
fn build_by_hugo(site: &Site) -> Result<(), Skip> {
    let hugo = tool("hugo/hugo/binaries/hugo", "hugo")?;
    let output = Command::new(hugo).arg("--quiet").current_dir(site.path("old")).output().expect("it was found");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    Ok(())
}

/// Imports `old/` into `new/` and builds it.
fn moved(site: Site) -> Run {
    let run = site.run(&["import", "hugo", "old", "--into", "new"]).exit(0);
    run.then().run(&["build", "--root", "new"]).exit(0)
}

fn what_hugo_built_is_built_here_and_nothing_is_lost() -> Result<(), Skip> {
    let counter = guard::counting();
    let snippet = format!("<script data-goatcounter=\"{0}count\" async src=\"{0}count.js\"></script>", counter.url());
    let site = hugo_site(SETTINGS, &snippet);
    build_by_hugo(&site)?;
    let run = site.run(&["import", "hugo", "old", "--into", "new"]).exit(0);
    let run = run.stderr_has("27 posts, 3 other pages (1 of them drafts), 2 files").stderr_has("use GoatCounter");
    let settings = fs::read_to_string(run.site.path("new/site.toml")).unwrap();
    assert!(settings.contains("provider = \"goatcounter\"") && settings.contains(&counter.url()), "{settings}");
    let site = run.then().run(&["build", "--root", "new"]).exit(0).stderr_has("holds: GoatCounter").then();
    let prove = ["import", "--root", "new", "--prove", "old/public"];
    let run = site.run(&prove).exit(0).stderr_has("0 lost").stderr_lacks("not the same");
    let site = run.then();
    let site =
        site.run(&["import", "--root", "new", "--prove", "old/public/sitemap.xml", "old/public/index.xml"]).exit(0);
    let site = site.stderr_has("0 lost").then();
    // Each entry of each feed has the id that it had, so that no reader shows an old post as new.
    let run = site.run(&["import", "--root", "new", "--format", "json", "--prove", "old/public"]).exit(0);
    let proof: serde_json::Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    let rows = proof["rows"].as_array().unwrap();
    assert!(rows.len() > 80 && rows.iter().all(|row| row["differs"].as_array().unwrap().is_empty()), "{proof}");
    let to = |address: &str| rows.iter().find(|row| row["address"] == address).map(|row| row["to"].clone());
    for alias in ["/old/7/", "/2020/08/relative-7/"] {
        assert_eq!(to(alias).unwrap(), "/2020/08/post-7-its-ünïcode-more/", "{alias}");
    }
    let site = run.then();
    let note = fs::read_to_string(site.path("new/public/notes/a/index.html")).unwrap();
    assert!(note.contains("href=\"/2021/01/my-slug/\"") && note.contains("{{&lt; kept &gt;}}"), "{note}");
    let draft = fs::read_to_string(site.path("new/content/posts/draft.md")).unwrap();
    assert!(draft.contains("draft = true"), "{draft}");
    Ok(())
}

fn addresses_by_other_rules_of_hugo_are_kept() -> Result<(), Skip> {
    for more in [
        "[permalinks.page]\nposts = \"/:sections/:yearday/:slugorcontentbasename/\"\n",
        "[permalinks]\nposts = \"/:monthname/:day/:title\"\nnotes = \"/n/:contentbasename/\"\n",
        "[outputFormats.RSS]\nmediaType = \"application/rss+xml\"\nbaseName = \"feed\"\n",
        "",
    ] {
        let settings = format!("baseURL = \"https://old.example/blog/\"\ntitle = \"Old\"\n{more}");
        let site = hugo_site(&settings, "");
        fs::remove_file(site.path("old/content/notes/a.md")).unwrap();
        build_by_hugo(&site)?;
        let run = moved(site).then().run(&["import", "--root", "new", "--prove", "old/public"]);
        assert_eq!(run.code, Some(0), "{more}: {}", run.stderr);
    }
    Ok(())
}

fn what_zola_would_build_is_built_here_and_nothing_is_lost() {
    let settings = "base_url = \"https://old.example/blog\"\ntitle = \"Old\"\ndescription = \"D\"\ngenerate_feeds = true\nfeed_filenames = [\"atom.xml\", \"rss.xml\"]\n\
         taxonomies = [{ name = \"tags\", feed = true }]\n[markdown]\nsmart_punctuation = true\nhighlight_code = true\n[extra]\nmood = \"good\"\n";
    let site = Site::empty()
        .file("old/config.toml", settings)
        .file("old/content/_index.md", "+++\n+++\n")
        .file("old/content/posts/_index.md", "+++\ntitle = \"Posts\"\nsort_by = \"date\"\npaginate_by = 1\ngenerate_feeds = true\n+++\n")
        .file(
            "old/content/posts/2011-02-03-Über den Teich.md",
            "+++\ntitle = \"Pond\"\naliases = [\"old/pond\", \"pond.html\"]\n[taxonomies]\ntags = [\"Water\"]\n[extra]\ndepth = 3\n+++\nSee [x](@/posts/two/index.md#a-b).\n",
        )
        .file("old/content/posts/two/index.md", "---\ntitle: Two\ndate: 2012-01-02T10:00:00+02:00\nslug: zwei\n---\n## A b\n\n{{ box(a=\"1\", wide=true) }}\n\n[f](f.txt)\n")
        .file("old/content/posts/two/f.txt", "f")
        .file("old/content/about.md", "+++\ntitle = \"About\"\npath = \"/me/\"\n+++\nMe. {{<box a=\"2\" wide={true} />}} `{{<box />}}` {% raw %}{{ x }}{% endraw %}\n")
        .file("old/static/x.png", "x")
        .file("old/templates/index.html", "x")
        .file("old/templates/shortcodes/box.html", "<b>{{ a }}</b>")
        .file("old/sass/x.scss", "a {}");
    let run = site.run(&["import", "zola", "old", "--into", "new"]).exit(0).stderr_has("2 posts, 3 other pages");
    let run = run.stderr_has("`sort_by` has no meaning here").stderr_has("`sass/` stays behind").stderr_has("box.html");
    let old = [
        "",
        "posts/",
        "posts/uber-den-teich/",
        "posts/zwei/",
        "me/",
        "old/pond/",
        "pond.html",
        "tags/",
        "tags/water/",
        "atom.xml",
        "rss.xml",
        "posts/atom.xml",
        "tags/water/atom.xml",
    ];
    let map: String = old.iter().map(|path| format!("<url><loc>https://old.example/blog/{path}</loc></url>")).collect();
    let map = format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{map}</urlset>");
    let entry = |path: &str, title: &str, time: &str| {
        format!(
            "<entry><title>{title}</title><id>https://old.example/blog/{path}</id><link href=\"https://old.example/blog/{path}\"/><published>{time}</published>\
             <updated>{time}</updated></entry>"
        )
    };
    let feed = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Old</title><id>x</id><updated>2012-01-02T08:00:00Z</updated>{}{}</feed>",
        entry("posts/zwei/", "Two", "2012-01-02T08:00:00Z"),
        entry("posts/uber-den-teich/", "Pond", "2011-02-03T00:00:00Z")
    );
    let site = run.then().file("map.xml", map).file("old.xml", feed);
    let site = site.run(&["build", "--root", "new"]).exit(0).then();
    let run = site.run(&["import", "--root", "new", "--prove", "map.xml", "old.xml"]).exit(0).stderr_has("0 lost");
    let site = run.stderr_lacks("not the same").then();
    let page = fs::read_to_string(site.path("new/public/posts/zwei/index.html")).unwrap();
    assert!(page.contains("<b>1</b>") && site.path("new/public/posts/zwei/f.txt").is_file(), "{page}");
    let about = fs::read_to_string(site.path("new/content/about.md")).unwrap();
    assert!(about.contains("Me. {{ box(a=\"2\", wide=true) }} `{{<box />}}` {{ x }}\n"), "{about}");
}

fn what_drupal_had_is_built_here_and_nothing_is_lost() {
    let old = |paths: &[&str]| -> String {
        let urls: String =
            paths.iter().map(|path| format!("<url><loc>https://blog.example{path}</loc></url>")).collect();
        format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{urls}</urlset>")
    };
    let dump = include_str!("../../src/import/drupal/tests/seven.sql");
    let site = Site::empty().file("old/blog.sql", dump).file("old/sites/default/files/2011/a.png", "x");
    let site = site.file(
        "map.xml",
        old(&[
            "/content/who-is-watching",
            "/node/12",
            "/node/13",
            "/about",
            "/rss.xml",
            "/old/guards",
            "/taxonomy/term/1",
            "/tags/piwik",
            "/sites/default/files/2011/a.png",
        ]),
    );
    let run = site.run(&["import", "drupal", "old", "--into", "new"]).exit(1).stderr_has("program in PHP");
    let run = run.stderr_has("2 posts, 3 other pages (1 of them drafts), 2 files");
    let run = run.then().run(&["build", "--root", "new"]).exit(0);
    let run = run.then().run(&["import", "--root", "new", "--prove", "map.xml"]).exit(0).stderr_has("0 lost");
    let site = run.then();
    let page = fs::read_to_string(site.path("new/public/content/who-is-watching/index.html")).unwrap();
    assert!(page.contains("<strong>part</strong>") && page.contains("/sites/default/files/2011/a.png"), "{page}");
    // In several languages, and by JSON:API.
    let site =
        site.file("ten/sites/default/files/inline-images/cat.png", "x").file("api/sites/default/files/five.jpg", "x");
    let site = site.file("ten/blog.sql", include_str!("../../src/import/drupal/tests/ten.sql"));
    let site = site.file("ten.xml", old(&["/blog/hello", "/fr/blog/bonjour", "/node/7"]));
    let site = site.run(&["import", "drupal", "ten", "--into", "ten-new"]).exit(0).then();
    let site = site.run(&["build", "--root", "ten-new"]).exit(0).then();
    let site = site.run(&["import", "--root", "ten-new", "--prove", "ten.xml"]).exit(0).stderr_has("0 lost").then();
    let answer = include_str!("../../src/import/drupal/tests/answer.json");
    let feed = "<rss version=\"2.0\"><channel><title>x</title><link>https://blog.example/</link><description>x</description><item><title>Five</title>\
                <link>https://blog.example/blog/five</link><guid isPermaLink=\"false\">5 at https://blog.example</guid>\
                <pubDate>Sat, 06 May 2023 07:08:09 +0000</pubDate></item></channel></rss>";
    let site = site
        .file("api/1.json", answer)
        .file("api.xml", old(&["/blog/five", "/thema/one", "/node/5"]))
        .file("old.xml", feed);
    let site = site.run(&["import", "drupal", "api", "--into", "api-new"]).exit(0).then();
    let site = site.run(&["build", "--root", "api-new"]).exit(0).then();
    site.run(&["import", "--root", "api-new", "--prove", "api.xml", "old.xml"])
        .exit(0)
        .stderr_has("0 lost")
        .stderr_lacks("not the same");
}

fn a_broken_item_is_named_and_the_others_are_brought_in() {
    let site = hugo_site(SETTINGS, "")
        .file("old/content/posts/broken.md", "---\ntitle: [\n---\nx\n")
        .file("old/content/posts/latin.md", b"---\ntitle: x\n---\n\xff\n")
        .file("old/content/posts/own.md", "---\ntitle: Own\ndate: 2020-01-01\n---\nText\n\n{{< mine a=\"b\" >}}\n")
        .file("old/content/page.org", "#+TITLE: Org\n");
    std::os::unix::fs::symlink("/etc/passwd", site.path("old/content/posts/link.md")).unwrap();
    let run = site.run(&["import", "hugo", "old", "--into", "new"]).exit(1).stderr_has("28 posts");
    let run = run.stderr_has("content/posts/broken.md").stderr_has("content/posts/latin.md").stderr_has("own.md:7:1");
    let run = run.stderr_has("there is no shortcode `mine` here").stderr_has("content/page.org");
    assert!(!run.site.path("new/content/posts/link.md").exists());
    assert!(fs::read_to_string(run.site.path("new/content/posts/own.md")).unwrap().contains("{{< mine a=\"b\" >}}"));
}

fn nothing_is_written_over_and_nothing_outside() {
    let site = hugo_site(SETTINGS, "").file("new/content/about.md", "mine");
    let run = site.run(&["import", "hugo", "old", "--into", "new"]).exit(2).stderr_has("import/exists");
    assert_eq!(fs::read_to_string(run.site.path("new/content/about.md")).unwrap(), "mine");
    run.then().run(&["import", "hugo", "old", "--into", "new"]).exit(2).stderr_has("has a `site.toml` already");
}

fn what_is_lost_is_named_and_is_an_error() {
    let map = "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><url><loc>https://blog.example/posts/a/</loc></url>\
               <url><loc>https://blog.example/lost/</loc></url></urlset>";
    let feed = "<rss version=\"2.0\"><channel><title>x</title><link>https://blog.example/</link><description>x</description><item><title>Other</title>\
                <link>https://blog.example/posts/a/</link><guid>mine</guid><pubDate>Fri, 02 Jan 2026 00:00:00 GMT</pubDate></item></channel></rss>";
    let site = Site::new().post("a.md", "one").file("map.xml", map).file("old.xml", feed);
    let site = site.run(&["import", "--prove", "map.xml"]).exit(2).stderr_has("import/unbuilt").then();
    let site = site.build().exit(0).then();
    let site = site.run(&["import", "--prove", "map.xml"]).exit(1).stderr_has("/lost/").stderr_has("1 kept").then();
    let site = site.run(&["import", "--prove", "old.xml"]).exit(1).stderr_has("id `mine`, now").then();
    let site = site.config("[[gone]]\npath = [\"/lost/\"]").build().exit(0).then();
    let site = site.run(&["import", "--prove", "map.xml"]).exit(0).stderr_has("1 given up").then();
    site.run(&["import", "--prove", "site.toml"]).exit(2).stderr_has("neither a sitemap nor a feed");
}

fn what_is_typed_wrongly_is_explained() {
    let site = Site::empty().run(&["import", "hugoo", "."]).exit(2).stderr_has("did you mean `hugo`?").then();
    let site = site.run(&["import", "hugo", "nowhere"]).exit(2).stderr_has("there is nothing at").then();
    let site = site.run(&["import", "hugo", "."]).exit(2).stderr_has("hugo.toml").then();
    let site = site.run(&["import", "zola", "."]).exit(2).stderr_has("config.toml").then();
    site.run(&["import"]).exit(2);
}
