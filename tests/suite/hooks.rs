//! Render hooks, alerts with titles, links to other hosts: what a site's own templates and settings make of Markdown.

use crate::harness::tests;
use crate::site::Site;

tests![
    each_hook_writes_what_it_is_for,
    a_site_without_hooks_and_one_with_others_write_the_same,
    a_picture_alone_takes_the_place_of_its_paragraph,
    hooked_text_holds_in_lists_and_feeds,
    a_hook_that_fails_names_its_template_and_the_line,
    a_hook_that_fails_in_an_excerpt_only_stops_the_build,
    a_file_that_is_no_hook_is_refused,
    alerts_have_titles_and_can_be_folded,
    links_to_other_hosts_are_marked_on_request,
    a_host_that_is_none_is_refused,
    parts_of_files_are_included,
    what_cannot_be_included_is_said,
    the_hooks_of_the_documentation_work,
    a_description_has_a_formula_once,
    an_edit_of_a_hook_or_an_included_file_shows_at_once,
];

/// Builds a site that cannot be built, and looks for what is said.
fn refuses(site: Site, exit: i32, words: &[&str]) {
    let mut run = site.build().exit(exit);
    for word in words {
        run = run.stderr_has(word);
    }
}

fn each_hook_writes_what_it_is_for() {
    let run = Site::new()
        .template("hooks/link.html", "<a href=\"{{ url }}\" data-d=\"{{ destination }}\" data-x=\"{{ external }}\" title=\"{{ title }}\">{{ text }}</a>")
        .template("hooks/image.html", "<img src=\"{{ url }}\" alt=\"{{ alt }}\" data-title=\"{{ title }}\" data-lazy=\"{{ lazy }}\" data-block=\"{{ block }}\">")
        .template("hooks/heading.html", "<h{{ level }} class=\"mine {{ class }}\" id=\"{{ id }}\"{{ attributes }}>{{ text }}</h{{ level }}>")
        .template("hooks/code-mermaid.html", "<div class=\"mermaid\" title=\"{{ title }}\">{{ words }}|{{ code }}</div>")
        .template("hooks/code.html", "<div class=\"copy\" data-of=\"{{ language }}\">{{ html }}</div>")
        .template("hooks/blockquote.html", "<q-{{ alert }} data-fold=\"{{ fold }}\" data-title=\"{{ title }}\">{{ text }}</q-{{ alert }}>")
        .template("hooks/table.html", "<x-table>{% for cell in head %}[{{ cell.text }}:{{ cell.align }}]{% endfor %}{% for row in rows %}/{% for cell in row %}({{ cell.text }}){% endfor %}{% endfor %}</x-table>{{ page.title }}{{ config.title }}{{ lang }}")
        .file("static/a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
        .post("b.md", "b")
        .post(
            "a.md",
            "[*to* b](./b.md \"a title\") and <https://other.example/?a&b> and ![i & j](/a.svg \"t\") x\n\n\
             ## Head *ing* {#own .wide data-k=v}\n\n```mermaid,title=\"T\" {x}\na --> b\n```\n\n```rust\nfn a() {}\n```\n\n\
             > said\n>\n> > inner\n\n> [!TIP]- My `title`\n> text\n\n\
             | a | *b* |\n|:--|----:|\n| 1 | [2](#own) |\n\n",
        )
        .build()
        .exit(0);
    let page = run.page("/posts/a/");
    for html in [
        "<p><a href=\"/posts/b/\" data-d=\"./b.md\" data-x=\"false\" title=\"a title\"><em>to</em> b</a> and ",
        "<a href=\"https://other.example/?a&amp;b\" data-d=\"https://other.example/?a&amp;b\" data-x=\"true\" title=\"\">",
        "<img src=\"/a.svg\" alt=\"i &amp; j\" data-title=\"t\" data-lazy=\"false\" data-block=\"false\"> x</p>",
        "<h2 class=\"mine wide\" id=\"own\" data-k=\"v\">Head <em>ing</em></h2>",
        "<div class=\"mermaid\" title=\"T\">",
        "|a --&gt; b\n</div>",
        "<div class=\"copy\" data-of=\"rust\"><pre class=\"code\" tabindex=\"0\"><code class=\"language-rust\">",
        "<q- data-fold=\"\" data-title=\"\"><p>said</p>\n<q- data-fold=\"\" data-title=\"\"><p>inner</p>\n</q->\n</q->",
        "<q-tip data-fold=\"closed\" data-title=\"My <code>title</code>\"><p>text</p>\n</q-tip>",
        "<x-table>[a:left][<em>b</em>:right]/(1)(<a href=\"#own\" data-d=\"#own\" data-x=\"false\" title=\"\">2</a>)</x-table>aTesten",
    ] {
        assert!(page.contains(html), "{html} is not in:\n{page}");
    }
    assert!(!page.contains("<blockquote") && !page.contains("<table"), "{page}");
}

fn a_site_without_hooks_and_one_with_others_write_the_same() {
    let text =
        "> q\n\n> [!NOTE]\n> n\n\n# H\n\n[a](#h) ![b](/a.svg)\n\n| t |\n|---|\n| u |\n\n```rust\nfn a() {}\n```\n";
    let site = || Site::new().file("static/a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").post("a.md", text);
    let without = site().build().exit(0);
    let with = site().template("hooks/code-mermaid.html", "{{ code }}").build().exit(0);
    assert_eq!(without.page("/posts/a/"), with.page("/posts/a/"));
}

fn a_picture_alone_takes_the_place_of_its_paragraph() {
    Site::new()
        .template("hooks/image.html", "{% if block %}<figure><img src=\"{{ url }}\" alt=\"{{ alt }}\"><figcaption>{{ title }}</figcaption></figure>{% else %}<img src=\"{{ url }}\" alt=\"{{ alt }}\">{% endif %}")
        .file("static/a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
        .post("a.md", "one\n\n![A](/a.svg \"Cap\")\n\n> ![B](/a.svg \"In\")\n\n- ![C](/a.svg)\n\n[![D](/a.svg)](/a.svg)\n")
        .build()
        .exit(0)
        .page_has("/posts/a/", "<p>one</p>\n<figure><img src=\"/a.svg\" alt=\"A\"><figcaption>Cap</figcaption></figure>\n<blockquote>\n<figure>")
        .page_has("/posts/a/", "<figcaption>In</figcaption></figure>\n</blockquote>")
        .page_has("/posts/a/", "<li><img src=\"/a.svg\" alt=\"C\"></li>")
        .page_has("/posts/a/", "<p><a href=\"/a.svg\"><img src=\"/a.svg\" alt=\"D\"></a></p>");
}

fn hooked_text_holds_in_lists_and_feeds() {
    let run = Site::new()
        .template("hooks/link.html", "<a href=\"{{ url }}\"{% if excerpt %} class=\"quoted\"{% endif %}>{{ text }}</a>")
        .template("hooks/heading.html", "<h{{ level }}{% if id %} id=\"{{ id }}\"{% endif %}>{{ text }}</h{{ level }}>")
        .template("hooks/blockquote.html", "<blockquote class=\"mine\">{{ text }}</blockquote>")
        .post("a.md", "> See [this](#part)[^n].\n\nmore\n\n## Part\n\ntext\n\n[^n]: A [note](./b.md).\n")
        .post("b.md", "> See [that](./a.md)[^n].\n\n<!-- more -->\n\n## Part\n\ntext\n\n[^n]: Another.\n")
        .build()
        .exit(0)
        .page_has(
            "/posts/a/",
            "<blockquote class=\"mine\"><p>See <a href=\"#part\">this</a><sup class=\"footnote-ref\"",
        )
        .page_has("/posts/a/", "<p>A <a href=\"/posts/b/\">note</a>.")
        .page_has("/", "<blockquote class=\"mine\"><p>See <a href=\"/posts/a/#part\" class=\"quoted\">this</a>.</p>");
    let feed = run.site.output("feed.xml");
    let feed = feed.split_once("<channel>").expect("a feed has a channel").1;
    assert!(
        feed.contains("https://blog.example/posts/a/#part") && feed.contains("https://blog.example/posts/b/"),
        "{feed}"
    );
    assert!(!feed.contains("href=\"/") && !feed.contains("href=&quot;/") && !feed.contains("href=\"#"), "{feed}");
}

fn a_hook_that_fails_names_its_template_and_the_line() {
    Site::new()
        .template("hooks/link.html", "\n{{ throw(message=\"no such colour\") }}")
        .post("a.md", "fine\n\n[x](https://a.example/)\n")
        .build()
        .exit(1)
        .stderr_has("no such colour")
        .stderr_has("templates/hooks/link.html:2")
        .stderr_has("called from `content/posts/a.md`, line 7");
}

fn a_hook_that_fails_in_an_excerpt_only_stops_the_build() {
    Site::new()
        .template("hooks/link.html", "{% if excerpt %}{{ throw(message=\"not in lists\") }}{% endif %}")
        .post("a.md", "[x](https://a.example/)\n")
        .build()
        .exit(1)
        .stderr_has("not in lists")
        .stderr_has("line 5");
}

fn a_file_that_is_no_hook_is_refused() {
    let site = || Site::new().post("a.md", "a");
    refuses(
        site().template("hooks/links.html", "x"),
        1,
        &["hook/unknown", "there is no hook `links.html`", "did you mean `link.html`?"],
    );
    refuses(site().template("hooks/code-.html", "x"), 1, &["hook/unknown", "did you mean `code.html`?"]);
    let deep = "> ".repeat(40);
    let site = site().template("hooks/blockquote.html", "{{ text }}").post("b.md", &format!("{deep}x"));
    refuses(site, 1, &["hook/nested", "more than 32 deep"]);
}

fn alerts_have_titles_and_can_be_folded() {
    Site::new()
        .post(
            "a.md",
            "> [!NOTE] Mind *this* & `that`\n> text\n> more\n\n> [!WARNING]- Closed\n>\n> - a list\n\n> [!tip]+\n> open\n\n\
             > [!see-also]\n> own kind\n\n> [!NOTE] Only a title\n\n> [!a b] no kind\n\n> [!NOTE](https://a.example/)\n\n- > [!FAQ]- In a *list\n  > over* lines\n",
        )
        .build()
        .exit(0)
        .page_has("/posts/a/", "<div class=\"alert alert-note\" role=\"note\">\n<p class=\"alert-title\">Mind <em>this</em> &amp; <code>that</code></p>\n<p>text\nmore</p>\n</div>")
        .page_has("/posts/a/", "<details class=\"alert alert-warning\">\n<summary class=\"alert-title\">Closed</summary>\n<ul>")
        .page_has("/posts/a/", "<details class=\"alert alert-tip\" open>\n<summary class=\"alert-title\">Tip</summary>\n<p>open</p>\n</details>")
        .page_has("/posts/a/", "<div class=\"alert alert-see-also\" role=\"note\">\n<p class=\"alert-title\">See also</p>\n<p>own kind</p>")
        .page_has("/posts/a/", "<p class=\"alert-title\">Only a title</p>\n</div>")
        .page_has("/posts/a/", "<blockquote>\n<p>[!a b] no kind</p>\n</blockquote>")
        .page_has("/posts/a/", "<blockquote>\n<p><a href=\"https://a.example/\">!NOTE</a></p>\n</blockquote>")
        .page_has("/posts/a/", "<summary class=\"alert-title\">In a <em>list\nover</em> lines</summary>\n</details>");
}

fn links_to_other_hosts_are_marked_on_request() {
    let text = "[a](https://other.example/) [b](/posts/a/) [c](https://www.blog.example/x) [d](https://old.example/) <ada@a.example> https://third.example\n";
    let marked = " class=\"external\" target=\"_blank\" rel=\"noopener nofollow noreferrer\"";
    let run = Site::new()
        .config("[markdown]\nexternal_links_class = \"external\"\nexternal_links_target_blank = true\nexternal_links_no_follow = true\nexternal_links_no_referrer = true\nexternal_links_own = [\"old.example\"]\n")
        .post("a.md", text)
        .build()
        .exit(0)
        .page_has("/posts/a/", &format!("<a href=\"https://other.example/\"{marked}>a</a> <a href=\"/posts/a/\">b</a> <a href=\"https://www.blog.example/x\">c</a> <a href=\"https://old.example/\">d</a> <a href=\"mailto:ada@a.example\">"))
        .page_has("/posts/a/", &format!("<a href=\"https://third.example\"{marked}>"))
        .page_has("/", marked);
    assert!(run.site.output("feed.xml").contains("noopener nofollow noreferrer"));
    Site::new().post("a.md", text).build().exit(0).page_has("/posts/a/", "<a href=\"https://other.example/\">a</a>");
}

fn a_host_that_is_none_is_refused() {
    let site = Site::new().config("[markdown]\nexternal_links_own = [\"https://old.example/\"]\n").post("a.md", "a");
    refuses(site, 2, &["site.toml:5", "which is no host", "write the name alone"]);
    let site = Site::new().config("[markdown]\nexternal_links_clas = \"x\"\n").post("a.md", "a");
    refuses(site, 2, &["external_links_class"]);
}

fn parts_of_files_are_included() {
    Site::new()
        .file("content/posts/a/main.rs", "one\ntwo & 2\nthree\nfour")
        .file("static/all.txt", "whole\r\nfile\n")
        .post("a/index.md", "+++\ntitle = \"a\"\ndate = 2026-01-02\n+++\n{{ include(file=\"main.rs\", lines=\"2-3\", title=\"main.rs\", linenos=true) }}\n\n{{ include(file=\"/all.txt\") }}\n\n{{ include(file=\"main.rs\", lines=\"4-\", language=\"text\") }}\n")
        .build()
        .exit(0)
        .page_has("/posts/a/", "<figcaption class=\"code-title\">main.rs</figcaption>")
        .page_has("/posts/a/", "data-line=\"2\"")
        .page_has("/posts/a/", "two ")
        .page_lacks("/posts/a/", "data-line=\"4\"")
        .page_has("/posts/a/", "whole\nfile\n</code>")
        .page_has("/posts/a/", "<code class=\"language-text\">four</code>");
}

fn what_cannot_be_included_is_said() {
    let page = |call: &str| {
        Site::new()
            .file("content/posts/a/main.rs", "one\ntwo\n")
            .file("content/posts/a/raw.bin", [0xff_u8, 0xfe, 0x00])
            .post("a/index.md", &format!("+++\ntitle = \"a\"\ndate = 2026-01-02\n+++\n{{{{ include({call}) }}}}\n"))
    };
    for (call, said) in [
        ("file=\"main.rs\", lines=\"3\"", "there are no lines `3` in a file of 2"),
        ("file=\"main.rs\", lines=\"2-1\"", "there are no lines `2-1`"),
        ("file=\"main.rs\", lines=\"x\"", "`x` names no lines"),
        ("file=\"mian.rs\"", "mian.rs"),
        ("file=\"raw.bin\"", "no text in UTF-8"),
        ("file=\"/none.rs\"", "there is no file at `/none.rs`"),
        ("file=\"https://a.example/x.rs\"", "is no file of this site"),
        ("file=\"../../../site.toml\"", "leaves the folder"),
        ("file=\"main.rs\", language=\"a b\"", "is no name of a language"),
    ] {
        refuses(page(call), 1, &[said, "content/posts/a/index.md:5"]);
    }
}

fn the_hooks_of_the_documentation_work() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/content/docs/hooks.md")).unwrap();
    let mut site = Site::new().file("static/gate.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    for (name, rest) in text.split("title=\"templates/").skip(1).filter_map(|rest| rest.split_once("\"\n")) {
        let template = rest.split("```").next().unwrap_or_default();
        site = site.template(name, template);
    }
    site.post(
        "a.md",
        "![The gate](/gate.svg \"At night\")\n\n```mermaid\ngraph TD\n```\n\n## Part\n\n[x](https://other.example/)\n",
    )
    .build()
    .exit(0)
    .page_has(
        "/posts/a/",
        "<figure>\n<img src=\"/gate.svg\" alt=\"The gate\">\n<figcaption>At night</figcaption>\n</figure>",
    )
    .page_has("/posts/a/", "<pre class=\"mermaid\">graph TD\n</pre>")
    .page_has(
        "/posts/a/",
        "<h2 id=\"part\">Part <a class=\"heading-anchor\" href=\"#part\" aria-label=\"Link to “Part”\">¶</a></h2>",
    );
}

fn a_description_has_a_formula_once() {
    let run =
        Site::new().config("[markdown]\nmath = true\n").post("a.md", "Mass is $E=mc^2$, he said.").build().exit(0);
    let page = run.page("/posts/a/");
    assert!(page.contains("content=\"Mass is E=mc^2, he said.\""), "{page}");
}

fn an_edit_of_a_hook_or_an_included_file_shows_at_once() {
    let served = Site::new()
        .template("hooks/link.html", "<a class=\"first\" href=\"{{ url }}\">{{ text }}</a>")
        .file("static/x.txt", "first line\n")
        .post("a.md", "[x](https://a.example/)\n\n{{ include(file=\"/x.txt\") }}\n")
        .serve(&[]);
    assert!(served.page("/posts/a/").contains("<a class=\"first\""), "{}", served.page("/posts/a/"));
    let hook = "<a class=\"second\" href=\"{{ url }}\">{{ text }}</a>";
    served.write_until("templates/hooks/link.html", hook, "/posts/a/", "<a class=\"second\"");
    served.write_until("static/x.txt", "second line\n", "/posts/a/", "second line");
    served.write_until("templates/hooks/heading.html", "{{ text }}", "/posts/a/", "<a class=\"second\"");
}
