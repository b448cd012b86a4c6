//! Shortcodes: what each built-in one becomes, a site's own, where they are inert, and how each fails.

use crate::content::refuses;
use crate::harness::tests;
use crate::site::Site;

tests![
    each_built_in_shortcode_becomes_what_it_says,
    bodies_are_markdown_and_nest,
    a_site_has_shortcodes_of_its_own,
    shortcodes_are_inert_in_code_and_comments,
    every_mistake_in_a_shortcode_has_its_line,
    foreign_shortcodes_stay_as_text_and_are_named_once,
    a_summary_never_cuts_a_shortcode,
    a_feed_has_what_works_without_a_script,
    a_template_of_a_shortcode_says_what_it_takes,
];

fn each_built_in_shortcode_becomes_what_it_says() {
    let site = Site::new()
        .file("static/a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
        .post("b.md", "## Part\n\ntext")
        .post(
            "a.md",
            "{{ figure(src=\"/a.svg\", alt=\"An A\", caption=\"So & so\", link=\"@/posts/b.md\") }}\n\n\
             {{ gallery(images=[\"/a.svg\", \"/a.svg\"], alt=[\"one\", \"two\"], columns=2) }}\n\n\
             {{ youtube(id=\"dQw4w9WgXcQ\", title=\"A song\", start=5) }}\n\n{{ vimeo(id=\"76979871\") }}\n\n\
             {{ gist(user=\"ada\", id=\"abc123\", file=\"a_b.rs\") }}\n\n\
             {% details(summary=\"More\", open=true) %}\nhidden *text*\n{% end %}\n\
             {% note(kind=\"tip\", title=\"Mind\") %}\na note\n{% end %}\n\
             See {{ ref(path=\"@/posts/b.md#part\") }} and [b]({{ relref(path=\"./b.md\") }}).\n",
        );
    let run = site.build().exit(0);
    for html in [
        "<figure>\n<a href=\"/posts/b/\"><img src=\"/a.svg\" alt=\"An A\" loading=\"lazy\"></a>\n<figcaption>So &amp; so</figcaption>\n</figure>",
        "<figure class=\"gallery gallery-2\">\n<img src=\"/a.svg\" alt=\"one\" loading=\"lazy\">\n<img src=\"/a.svg\" alt=\"two\"",
        "href=\"https://www.youtube.com/watch?v=dQw4w9WgXcQ&amp;t=5s\" data-embed=\"https://www.youtube-nocookie.com/embed/",
        ">A song (YouTube)</a>",
        "data-embed=\"https://player.vimeo.com/video/76979871?dnt=1",
        "<a href=\"https://gist.github.com/ada/abc123#file-a-b-rs\">a_b.rs (gist by ada)</a>",
        "<details open>\n<summary>More</summary>\n<p>hidden <em>text</em></p>\n</details>",
        "<div class=\"alert alert-tip\" role=\"note\">\n<p class=\"alert-title\">Mind</p>\n<p>a note</p>\n</div>",
        "<p>See /posts/b/#part and <a href=\"/posts/b/\">b</a>.</p>",
        "embed.js",
    ] {
        assert!(run.page("/posts/a/").contains(html), "{html} is not in:\n{}", run.page("/posts/a/"));
    }
    let run = run.page_lacks("/posts/b/", "embed.js").page_lacks("/posts/a/", "<iframe");
    assert!(!run.page("/posts/a/").contains("zzz"));
}

fn bodies_are_markdown_and_nest() {
    let text = "Before\n{% details(summary=\"A\") %}\n## In it\n\n- one\n- two\n{% note() %}\n[here](#in-it)[^n]\n{% end %}\n{% end %}\nafter\n\n\
                - item\n  {% note() %}\n  in a list\n  {% end %}\n\n> {% note() %}in a quote{% end %}\n\n[^n]: A note.\n";
    Site::new()
        .post("a.md", text)
        .build()
        .exit(0)
        .page_has("/posts/a/", "<p>Before</p>\n<details>\n<summary>A</summary>\n<h2 id=\"in-it\">")
        .page_has("/posts/a/", "<li>two</li>\n</ul>\n<div class=\"alert alert-note\"")
        .page_has("/posts/a/", "<a href=\"#in-it\">here</a><sup")
        .page_has("/posts/a/", "</div>\n</details>\n<p>after</p>")
        .page_has("/posts/a/", "in a list\n</div>")
        .page_has("/posts/a/", "<blockquote>\n<div class=\"alert alert-note\" role=\"note\">\n<p class=\"alert-title\">Note</p>\n<p>in a quote</p>\n</div>\n</blockquote>");
}

fn a_site_has_shortcodes_of_its_own() {
    Site::new()
        .template("shortcodes/quote.html", "{# quote(author: text, year: number = 0, loud: boolean = false, of: list = []) with body #}\n<blockquote>{{ body }}<cite>{{ author }} {{ year }} {{ page.title }} {{ config.title }}{% for one in of %}+{{ one }}{% endfor %}</cite></blockquote>\n")
        .template("shortcodes/key.html", "{# key(name: text) #}<kbd>{{ name }}</kbd>")
        .template("shortcodes/verbatim.html", "{# verbatim() with body #}<pre>{{ source }}</pre>")
        .post("a.md", "{% quote(author=\"A <b>\", of=['x', \"y\"]) %}\n*hi*\n{% end %}\n\nPress {{ key(name=\"q\") }}.\n\n{% verbatim() %}\n*raw* & so\n{% end %}")
        .build()
        .exit(0)
        .page_has("/posts/a/", "<blockquote><p><em>hi</em></p>\n<cite>A &lt;b&gt; 0 a Test+x+y</cite></blockquote>")
        .page_has("/posts/a/", "<p>Press <kbd>q</kbd>.</p>")
        .page_has("/posts/a/", "<pre>*raw* &amp; so</pre>");
}

fn shortcodes_are_inert_in_code_and_comments() {
    let text = "`{{ gone(a=\"b\") }}` and {{/* gone(a=1) */}} and {{ text }} {% if x %}\n\n```\n{{ gone(\n  a=1) }}\n{% end %}\n```\n\n    {% gone() %}\n\n<!-- {{ gone() }} -->\n\n<!--\n{{ gone() }}\n-->\n\n<pre>\n{{ gone() }}\n</pre>\n\n- x\n\n  ```\n  {{ gone(\n    a=1) }}\n  ```\n";
    Site::new()
        .post("a.md", text)
        .build()
        .exit(0)
        .page_has("/posts/a/", "<code>{{ gone(a=\"b\") }}</code> and {{ gone(a=1) }}")
        .page_has("/posts/a/", "{{ text }} {% if x %}")
        .page_has("/posts/a/", "{{ gone(\n  a=1) }}\n{% end %}\n</code>")
        .page_has("/posts/a/", "{% gone() %}\n")
        .page_has("/posts/a/", "<pre>\n{{ gone() }}\n</pre>");
}

fn every_mistake_in_a_shortcode_has_its_line() {
    for (text, words) in [
        ("{{ yuotube(id=\"x\") }}", &["shortcode/unknown", "did you mean `youtube`?"][..]),
        ("{{ youtube(ids=\"dQw4w9WgXcQ\") }}", &["shortcode/argument", "did you mean `id`?", "needs `id`"]),
        ("{{ youtube(id=5) }}", &["shortcode/argument", "is a text, not a number"]),
        ("{{ youtube(id=\"short\") }}", &["shortcode/argument", "no id of a YouTube video"]),
        ("{{ vimeo(id=\"abc\") }}", &["shortcode/argument", "no id of a Vimeo video"]),
        ("{{ gist(user=\"a b\", id=\"x\") }}", &["shortcode/argument", "no `user` of a gist"]),
        ("{{ gallery(images=[]) }}", &["shortcode/argument", "list of names"]),
        ("{% note(kind=\"loud\") %}x{% end %}", &["shortcode/argument", "no kind of note"]),
        ("{{ youtube(id=\"dQw4w9WgXcQ\", id=\"dQw4w9WgXcQ\") }}", &["given twice"]),
        ("{{ youtube(id=\"dQw4w9WgXcQ }}", &["shortcode/syntax", "no partner"]),
        ("{{ youtube(\"dQw4w9WgXcQ\") }}", &["shortcode/syntax", "arguments have names"]),
        ("{% note() %}\ntext", &["shortcode/unclosed", "never closed"]),
        ("{{ note() }}", &["shortcode/argument", "encloses a text"]),
        ("{% gist(user=\"a\", id=\"b\") %}x{% end %}", &["shortcode/argument", "encloses no text"]),
        ("a {{ youtube(id=\"dQw4w9WgXcQ\") }} b", &["shortcode/misplaced", "within a line"]),
        ("- {% note() %}\n\nx\n\n{% end %}", &["shortcode/misplaced", "another list"]),
        ("{{ ref(path=\"@/posts/god.md\") }}", &["link/broken", "did you mean"]),
        ("{{ figure(src=\"gone.png\") }}", &["link/broken"]),
        ("![a {{ ref(path=\"@/posts/good.md\") }}](/x.png)", &["shortcode/misplaced", "text of an image"]),
        ("[x]\n\n[x]: {{ ref(path=\"@/posts/good.md\") }}", &["shortcode/misplaced"]),
    ] {
        let post = format!("+++\ntitle = \"A\"\ndate = 2026-01-01\n+++\n\n{text}\n");
        let words: Vec<&str> = words.iter().copied().chain(["content/posts/a.md:"]).collect();
        refuses(("content/posts/a.md", post.as_bytes()), 1, &words);
    }
    refuses(
        ("content/posts/a.md", b"+++\ntitle = \"A\"\n+++\n\ntext\n\nand {{ gone() }}\n"),
        1,
        &["content/posts/a.md:7:8"],
    );
}

fn foreign_shortcodes_stay_as_text_and_are_named_once() {
    let run = Site::new()
        .post("a.md", "{{< youtube dQw4w9WgXcQ >}}\n\n{{% note %}}\n\n`{{< x >}}`\n\n{% end %}")
        .build()
        .exit(0)
        .stderr_has("shortcode/foreign")
        .stderr_has("write `{{ youtube(id=\"dQw4w9WgXcQ\") }}`")
        .stderr_has("shortcode/end")
        .page_has("/posts/a/", "{{&lt; youtube dQw4w9WgXcQ &gt;}}");
    assert_eq!(run.stderr.matches("[shortcode/foreign]").count(), 1, "{}", run.stderr);
}

fn a_summary_never_cuts_a_shortcode() {
    Site::new()
        .post("a.md", "{% note() %}\nFirst.\n\n<!-- more -->\n\nSecond.\n{% end %}\n\nThird.")
        .post("b.md", "{{ youtube(id=\"dQw4w9WgXcQ\") }}\n\nWords.\n\nMore words.")
        .build()
        .exit(0)
        .page_has("/", "<p>First.</p>\n<p>Second.</p>\n</div>")
        .page_lacks("/", "Third.")
        .page_has("/", "Watch the video (YouTube)</a></p>\n<p>Words.</p>");
}

fn a_feed_has_what_works_without_a_script() {
    let run = Site::new()
        .post("a.md", "{{ youtube(id=\"dQw4w9WgXcQ\") }}\n\n{% details(summary=\"More\") %}in{% end %}")
        .build()
        .exit(0);
    let feed = run.page("/feed.xml");
    for words in ["https://www.youtube.com/watch?v=dQw4w9WgXcQ", "<summary>More</summary>"] {
        assert!(
            feed.contains(words) || feed.contains(&words.replace('<', "&lt;").replace('>', "&gt;")),
            "{words}\n{feed}"
        );
    }
    assert!(!feed.contains("iframe") && !feed.contains("<script"), "{feed}");
}

fn a_template_of_a_shortcode_says_what_it_takes() {
    for (text, words) in [
        ("<b>{{ x }}</b>", "does not say what it takes"),
        ("{# other() #}", "it says `other`"),
        ("{# mine(a) #}", "`:` and a kind are missing"),
        ("{# mine(a: word) #}", "a kind is `text`"),
    ] {
        refuses(("templates/shortcodes/mine.html", text.as_bytes()), 1, &["shortcode/signature", words]);
    }
    let spoilt = b"{# mine() #}{{ get_page(path=\"posts/good.md\") }}";
    let run = Site::new().post("a.md", "x {{ mine() }}").file("templates/shortcodes/mine.html", spoilt).build().exit(1);
    run.stderr_has("cannot be called inside of a text").stderr_has("called from `content/posts/a.md`, line 5");
}
