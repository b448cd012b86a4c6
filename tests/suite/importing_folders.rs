//! `blog import jekyll` and `eleventy`: sites of folders, brought in, built, and held against the old addresses; by the real
//! Jekyll (Debian) and Eleventy, where they are installed.

use std::fs;
use std::process::Command;

use crate::foreign::tool;
use crate::harness::{Skip, tests};
use crate::site::Site;

tests![
    what_jekyll_would_build_is_built_here_and_nothing_is_lost,
    jekylls_other_patterns_are_kept,
    what_the_real_jekyll_built_is_built_here_and_nothing_is_lost,
    what_liquid_would_do_is_named_with_its_line,
    what_eleventy_built_is_built_here_and_nothing_is_lost,
];

/// A site of Jekyll's in `old/`; how its addresses and ids come about says Jekyll's documentation and its own source.
fn jekyll_site(settings: &str) -> Site {
    Site::empty()
        .file("old/_config.yml", settings)
        .file("old/_layouts/default.html", "{{ content }}")
        .file("old/_posts/2011-03-10-who-is-Watching.md", "---\ntitle: \"Who is watching?\"\ndate: 2011-03-10 23:30:00 -0500\ntags: piwik drupal\nredirect_from:\n  - /old/guards/\n---\nSee [the other]({% post_url 2012-01-02-other %}) and [me]({{ site.baseurl }}{% link about.md %}).\n\n![p]({{ '/img/p.png' | relative_url }})\n\n## Part one\n{: #one .big}\n\n{% highlight rust linenos %}\nfn main() {}\n{% endhighlight %}\n")
        .file("old/_posts/2012-01-02-other.markdown", "---\ncategories: [Letters, \"To Ann\"]\nauthor: Ann\nmood: gay\n---\n* TOC\n{:toc}\n\nText. <!--more--> Rest.\n")
        .file("old/news/_posts/2013-05-06-deep.md", "---\ntitle: Deep\n---\nNews.\n")
        .file("old/_posts/2014-01-01-off.md", "---\ntitle: Off\npublished: false\n---\nx\n")
        .file("old/_drafts/some-idea.md", "---\ntitle: Idea\n---\nx\n")
        .file("old/about.md", "---\ntitle: About\npermalink: /about/\n---\nMe.\n")
        .file("old/docs/index.md", "---\ntitle: Docs\n---\nAll docs.\n")
        .file("old/docs/setup.md", "---\ntitle: Setup\n---\n[up](/docs/)\n")
        .file("old/contact.html", "---\ntitle: Contact\n---\n<p>Write <em>here</em>.</p>\n")
        .file("old/index.html", "---\nlayout: default\n---\n{% for post in site.posts %}{{ post.title }}{% endfor %}\n")
        .file("old/_recipes/bread.md", "---\ntitle: Bread\n---\nFlour.\n")
        .file("old/_notes/hidden.md", "---\ntitle: Hidden\n---\nNo page.\n")
        .file("old/_data/people.yml", "- name: Ann\n")
        .file("old/img/p.png", "x")
        .file("old/css/main.scss", "---\n---\na { b: c }\n")
        .file("old/Gemfile", "gem 'jekyll'\n")
        .file("old/README.md", "read me\n")
        .file("old/_site/index.html", "<p>stale</p>")
}

const SETTINGS: &str = "title: The old blog\nurl: https://old.example\nbaseurl: /b\ntimezone: Europe/Brussels\nplugins: [jekyll-feed, jekyll-sitemap, jekyll-redirect-from]\nauthor:\n  name: Ada\n\
     collections:\n  recipes:\n    output: true\n  notes:\n    output: false\ndefaults:\n  - scope: {path: \"\", type: posts}\n    values: {author: Bob}\n";

fn sitemap(paths: &[&str]) -> String {
    let urls: String = paths.iter().map(|path| format!("<url><loc>https://old.example/b{path}</loc></url>")).collect();
    format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{urls}</urlset>")
}

fn what_jekyll_would_build_is_built_here_and_nothing_is_lost() {
    let paths = [
        // 23:30 at -05:00 is the next day in Brussels.
        "/2011/03/11/who-is-Watching.html",
        "/letters/to%20ann/2012/01/02/other.html",
        "/news/2013/05/06/deep.html",
        "/about/",
        "/docs/",
        "/docs/setup.html",
        "/contact.html",
        "/recipes/bread.html",
        "/old/guards/",
        "/img/p.png",
        "/feed.xml",
        "/",
    ];
    let feed = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Old</title><id>x</id><updated>2013-05-06T00:00:00Z</updated>\
                <entry><title>Who is watching?</title><id>https://old.example/b/2011/03/11/who-is-Watching</id><link href=\"https://old.example/b/2011/03/11/who-is-Watching.html\"/>\
                <published>2011-03-11T05:30:00+01:00</published><updated>2011-03-11T05:30:00+01:00</updated></entry>\
                <entry><title>Other</title><id>https://old.example/b/letters/to%20ann/2012/01/02/other</id><link href=\"https://old.example/b/letters/to%20ann/2012/01/02/other.html\"/>\
                <published>2012-01-02T00:00:00+01:00</published><updated>2012-01-02T00:00:00+01:00</updated></entry></feed>";
    let site = jekyll_site(SETTINGS).file("map.xml", sitemap(&paths)).file("old.xml", feed);
    let run = site.run(&["import", "jekyll", "old", "--into", "new"]).exit(0);
    let run = run.stderr_has("4 posts").stderr_has("`_layouts/` stays behind").stderr_has("is made by a template");
    let site = run.then().run(&["build", "--root", "new"]).exit(0).then();
    let run = site.run(&["import", "--root", "new", "--prove", "map.xml", "old.xml"]).exit(0);
    let site = run.stderr_has("0 lost").stderr_lacks("not the same").then();
    let page = fs::read_to_string(site.path("new/public/2011/03/11/who-is-Watching.html")).unwrap();
    for words in [
        "href=\"https://old.example/b/letters/to%20ann/2012/01/02/other.html\"",
        "id=\"one\"",
        "/b/img/p.png",
        "Bob",
        "/b/about/",
    ] {
        let rooted = words.replace("https://old.example", "");
        assert!(page.contains(words) || page.contains(&rooted), "{words}\n{page}");
    }
    let other = fs::read_to_string(site.path("new/content/posts/2012-01-02-other.md")).unwrap();
    assert!(
        other.contains("mood = \"gay\"") && other.contains("authors = [\"Ann\"]") && !other.contains("toc"),
        "{other}"
    );
    for path in ["data/people.yml", "content/notes/hidden.md", "content/posts/some-idea.md"] {
        assert!(site.path("new").join(path).is_file(), "{path}");
    }
    for path in [
        "static/Gemfile",
        "static/README.md",
        "static/_site/index.html",
        "public/notes/hidden.html",
        "public/notes/hidden/index.html",
    ] {
        assert!(!site.path("new").join(path).exists(), "{path}");
    }
}

fn jekylls_other_patterns_are_kept() {
    for (permalink, post, page, member) in [
        ("pretty", "/2011/03/11/who-is-Watching/", "/docs/setup/", "/recipes/bread/"),
        ("none", "/who-is-Watching.html", "/docs/setup.html", "/recipes/bread.html"),
        ("ordinal", "/2011/070/who-is-Watching.html", "/docs/setup.html", "/recipes/bread.html"),
        ("/:year/:slug/", "/2011/who-is-watching/", "/docs/setup/", "/recipes/bread/"),
        ("/:short_year-:i_month/:title", "/11-3/who-is-Watching", "/docs/setup", "/recipes/bread"),
    ] {
        let site = jekyll_site(&format!("{SETTINGS}permalink: {permalink}\n"));
        let site = site.file("map.xml", sitemap(&[post, page, member, "/about/", "/docs/"]));
        let site = site.run(&["import", "jekyll", "old", "--into", "new"]).exit(0).then();
        let site = site.run(&["build", "--root", "new"]).exit(0).then();
        site.run(&["import", "--root", "new", "--prove", "map.xml"]).exit(0).stderr_has("0 lost");
    }
}

fn what_the_real_jekyll_built_is_built_here_and_nothing_is_lost() -> Result<(), Skip> {
    if Command::new("jekyll").arg("--version").output().is_err() {
        return Err(Skip("jekyll is not installed".to_owned()));
    }
    for permalink in ["date", "pretty", "weekdate", "/:short_year-:i_month/:title", "/blog/:categories/:title.html"] {
        let site = jekyll_site(&format!("{SETTINGS}permalink: {permalink}\n"))
            .file("old/_layouts/default.html", "<!doctype html><html lang=en><head><meta charset=utf-8><title>{{ page.title }}</title></head><body>{{ content }}</body></html>")
            .file("old/_posts/2015-06-07-it's-Ünïcode, really.md", "---\ntitle: Uni\ncategory: One two\n---\nx\n")
            .file("old/_recipes/sweet/cake.md", "---\ntitle: Cake\n---\nSugar.\n")
            .file("old/plain.md", "---\ntitle: Plain\npermalink: /plain\n---\nMe.\n");
        // A Gemfile would be obeyed, and the stylesheet compiled by a program that need not be there.
        ["old/css/main.scss", "old/Gemfile"].iter().for_each(|path| fs::remove_file(site.path(path)).unwrap());
        let mut command = site.command("jekyll");
        command.current_dir(site.path("old")).args(["build", "--quiet"]);
        let output = command.output().expect("it was found");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
        let site = site.run(&["import", "jekyll", "old", "--into", "new"]).exit(0).then();
        let site = site.run(&["build", "--root", "new"]).exit(0).then();
        let run = site.run(&[
            "import",
            "--root",
            "new",
            "--prove",
            "old/_site",
            "old/_site/feed.xml",
            "old/_site/sitemap.xml",
        ]);
        let run = run.exit(0).stderr_has("0 lost");
        for other in ["title `", "date `", "id `", "images `"] {
            assert!(!run.stderr.contains(other), "{permalink}: {}", run.stderr);
        }
    }
    Ok(())
}

fn what_liquid_would_do_is_named_with_its_line() {
    let site = jekyll_site(SETTINGS)
        .file(
            "old/_posts/2015-01-01-tags.md",
            "---\ntitle: Tags\n---\nOne\n\n{% include video.html id=\"x\" %}\n\n{{ page.title }}\n",
        )
        .file("old/_posts/undated.md", "---\ntitle: x\n---\nx\n")
        .file("old/_posts/2015-01-02-broken.md", "---\ntitle: [\n---\nx\n");
    let run = site.run(&["import", "jekyll", "old", "--into", "new"]).exit(1);
    let run = run.stderr_has("_posts/2015-01-01-tags.md:6:1").stderr_has("_posts/2015-01-02-broken.md").then();
    let text = fs::read_to_string(run.path("new/content/posts/2015-01-01-tags.md")).unwrap();
    assert!(text.contains("{% include video.html id=\"x\" %}"), "{text}");
    let site = Site::empty().file("x/a.md", "x").run(&["import", "jekyll", "x", "--into", "y"]).exit(2);
    site.stderr_has("has no `_config.yml`");
}

fn what_eleventy_built_is_built_here_and_nothing_is_lost() -> Result<(), Skip> {
    let eleventy = tool("node_modules/.bin/eleventy", "eleventy")?;
    let page = "<!doctype html><html lang=en><head><meta charset=utf-8><title>{{ title }}</title></head><body>{{ content }}</body></html>\n";
    let feed = "---\npermalink: /feed/feed.xml\neleventyExcludeFromCollections: true\n---\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
                <feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Old</title><id>https://old.example/</id><updated>2024-05-06T00:00:00Z</updated>\
                {% for post in collections.posts %}<entry><title>{{ post.data.title }}</title><link href=\"https://old.example{{ post.url }}\"/>\
                <id>own:{{ post.fileSlug }}</id><updated>{{ post.date | date: \"%Y-%m-%dT%H:%M:%SZ\" }}</updated><published>{{ post.date | date: \"%Y-%m-%dT%H:%M:%SZ\" }}</published>\
                <content type=\"html\">{{ post.content | escape }}</content></entry>{% endfor %}</feed>\n";
    let site = Site::empty()
        .file("old/package.json", "{}")
        .file(
            "old/eleventy.config.js",
            "module.exports = function (config) { config.addPassthroughCopy({ \"src/public\": \"/\" }); config.addPassthroughCopy(\"src/img\"); return { dir: { input: \"src\" } }; };\n",
        )
        .file("old/src/_includes/page.html", page)
        .file("old/src/_data/metadata.json", "{\"title\": \"By Eleventy\", \"url\": \"https://old.example/\", \"language\": \"en\", \"author\": {\"name\": \"Ada\"}}")
        .file("old/src/posts/posts.json", "{\"tags\": [\"posts\"], \"layout\": \"page.html\"}")
        .file("old/src/posts/2024-01-02-first.md", "---\ntitle: First\ntags: [rust, piwik]\n---\nOne *two* {% raw %}{{ x }}{% endraw %}.\n\n![p](/img/p.png)\n")
        .file("old/src/posts/second.md", "---json\n{\"title\": \"Second\", \"date\": \"2024-05-06\"}\n---\n[first](/posts/2024-01-02-first/)\n")
        .file("old/src/posts/own.md", "---\ntitle: \"My Own\"\ndate: 2024-03-04\npermalink: \"/blog/{{ page.fileSlug }}/index.html\"\n---\nx\n")
        .file("old/src/about/index.md", "---\ntitle: About\nlayout: page.html\n---\nMe.\n")
        .file("old/src/contact.html", "---\ntitle: Contact\nlayout: page.html\n---\n<p>Write <em>here</em>.</p>\n")
        .file("old/src/hidden.md", "---\ntitle: Hidden\npermalink: false\n---\nx\n")
        .file("old/src/index.liquid", "---\nlayout: page.html\ntitle: Home\n---\n{% for post in collections.posts %}{{ post.url }}{% endfor %}\n")
        .file("old/src/feed.liquid", feed)
        .file("old/src/public/robots2.txt", "x\n")
        .file("old/src/img/p.png", "x")
        .file("old/src/notes.txt", "never copied\n");
    let mut command = site.command(eleventy.to_str().unwrap());
    command.current_dir(site.path("old")).arg("--quiet");
    let output = command.output().expect("it was found");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    let site = site.run(&["import", "eleventy", "old", "--into", "new"]).exit(0).stderr_has("3 posts").then();
    let site = site.run(&["build", "--root", "new"]).exit(0).then();
    let run = site.run(&["import", "--root", "new", "--prove", "old/_site"]).exit(0).stderr_has("0 lost");
    let site = run.stderr_lacks("not the same").then();
    let post = fs::read_to_string(site.path("new/content/posts/2024-01-02-first.md")).unwrap();
    assert!(post.contains("tags = [\"rust\", \"piwik\"]") && post.contains("id = \"own:first\""), "{post}");
    assert!(site.path("new/static/robots2.txt").is_file() && !site.path("new/static/notes.txt").exists());
    // Without the finished site, files keep their paths.
    fs::remove_dir_all(site.path("old/_site")).unwrap();
    let run = site.run(&["import", "eleventy", "old", "--into", "blind"]).exit(0).stderr_has("no finished site");
    assert!(run.site.path("blind/static/public/robots2.txt").is_file());
    Ok(())
}
