//! A site of a few posts in memory, and what typesetting makes of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Article, NoInserts, Typesetter, outline};
use crate::config::{
    ArchiveRule, CheckRule, CodeStyle, Config, ExternalLinks, HeadingIds, HighlightRule, LiveRule, MarkdownRule,
    RelatedRule, SummaryRule,
};
use crate::diagnostic::Diagnostic;
use crate::library::{Library, Page, PostId};
use crate::paths::{BaseUrl, Route, SourcePath};
use crate::post::{FrontMatter, Hidden, Kind, Post};

/// Every extension on.
pub(super) const RULE: MarkdownRule = MarkdownRule {
    footnotes: true,
    tables: true,
    tasklists: true,
    strikethrough: true,
    alerts: true,
    heading_attributes: true,
    definition_lists: true,
    smart_punctuation: false,
    wikilinks: true,
    autolinks: true,
    html: true,
    math: false,
    heading_ids: HeadingIds::Github,
    toc_levels: 6,
    external: ExternalLinks {
        class: String::new(),
        target_blank: false,
        no_follow: false,
        no_referrer: false,
        own: Vec::new(),
    },
};

/// A site with the defaults that these tests stand on.
pub(super) fn config() -> Config {
    Config {
        pages: Vec::new(),
        no_ai: false,
        lastmod: crate::config::Lastmod::Front,
        feed_stylesheet: true,
        languages: Vec::new(),
        edition: 0,
        main: None,
        prefix: String::new(),
        images: None,
        shared: Default::default(),
        root: PathBuf::new(),
        text: "".into(),
        out: PathBuf::new(),
        lock: None,
        env: None,
        clock: Timestamp::UNIX_EPOCH,
        now: Timestamp::UNIX_EPOCH,
        drafts: false,
        future: false,
        title: "T".to_owned(),
        base_url: BaseUrl::parse("https://blog.example/").unwrap(),
        timezone: TimeZone::UTC,
        language: "en".to_owned(),
        description: String::new(),
        authors: Vec::new(),
        theme: String::new(),
        feed_authority: String::new(),
        summary: SummaryRule::Auto,
        permalinks: BTreeMap::new(),
        defaults: Vec::new(),
        taxonomies: Vec::new(),
        paginate: BTreeMap::new(),
        archives: ArchiveRule::default(),
        feeds: Vec::new(),
        related: RelatedRule::default(),
        search: None,
        markdown: RULE,
        highlight: HighlightRule {
            enabled: true,
            light: "github-light".to_owned(),
            dark: "github-dark".to_owned(),
            line_numbers: false,
            style: CodeStyle::Classes,
        },
        analytics: Vec::new(),
        contracts: Vec::new(),
        gone: Vec::new(),
        urls: None,
        feed_ids: Default::default(),
        check: CheckRule::default(),
        live: LiveRule::default(),
        headers: Vec::new(),
        headers_from: None,
        publish: Vec::new(),
        fingerprint: false,
        minify: false,
        redirects: Vec::new(),
        csp: crate::config::CspRule::default(),
        extra: toml::Table::new(),
        spans: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

/// A few posts. The first is the one that is typeset; its file is `content/posts/a.md`.
pub(super) struct Shelf {
    pub(super) config: Config,
    pub(super) library: Library,
    first: SourcePath,
}

impl Shelf {
    fn empty() -> Self {
        Shelf { config: config(), library: Library::default(), first: SourcePath::new("") }
    }

    pub(super) fn new(markdown: &str) -> Self {
        Shelf::empty().post("content/posts/a.md", "/posts/a/", markdown)
    }

    /// Starts with a bundle: `content/posts/a/index.md`.
    pub(super) fn bundle(markdown: &str, assets: &[&str]) -> Self {
        let mut shelf = Shelf::empty().post("content/posts/a/index.md", "/posts/a/", markdown);
        for asset in assets {
            let source = SourcePath::new(format!("content/posts/a/{asset}"));
            shelf.first().assets.insert((*asset).to_owned(), source.clone());
            let route = Route::new(format!("/posts/a/{asset}")).unwrap();
            shelf.library.routes.insert(route, Page::Asset(source));
        }
        shelf
    }

    pub(super) fn post(mut self, source: &str, route: &str, markdown: &str) -> Self {
        let post = Arc::new(self.made(source, markdown));
        let route = Route::new(route).unwrap();
        if self.library.posts.is_empty() {
            self.first = post.source.clone();
        }
        // A library has its posts sorted by source.
        let posts = Arc::make_mut(&mut self.library.posts);
        let at = posts.partition_point(|other| other.source < post.source);
        posts.insert(at, post);
        Arc::make_mut(&mut self.library.routes_of).insert(at, route);
        for (id, route) in self.library.routes_of.iter().enumerate() {
            self.library.routes.insert(route.clone(), Page::Post(PostId(id)));
        }
        self
    }

    /// Returns the post that is typeset, to change it.
    pub(super) fn first(&mut self) -> &mut Post {
        let id = self.id();
        Arc::make_mut(&mut Arc::make_mut(&mut self.library.posts)[id.0])
    }

    pub(super) fn id(&self) -> PostId {
        self.library.find(&self.first).unwrap()
    }

    pub(super) fn draft(mut self, source: &str) -> Self {
        let post = Post { hidden: Some(Hidden::Draft(crate::post::Draft::Own)), ..self.made(source, "") };
        Arc::make_mut(&mut self.library.hidden).push(Arc::new(post));
        self
    }

    pub(super) fn set(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    fn made(&self, source: &str, markdown: &str) -> Post {
        let text: Arc<str> = format!("+++\n+++\n{markdown}").into();
        Post {
            source: SourcePath::new(source),
            body: text.len() - markdown.len()..text.len(),
            text,
            kind: Kind::Post,
            language: 0,
            section: "posts".to_owned(),
            stem: "a".to_owned(),
            front: FrontMatter::default(),
            outline: outline(markdown, &self.config.markdown),
            assets: BTreeMap::new(),
            hidden: None,
            warnings: Vec::new(),
            row: None,
        }
    }

    pub(super) fn typeset(&self) -> Result<Article, Vec<Diagnostic>> {
        Typesetter::new(&self.config).unwrap().typeset(&self.config, &self.library, &NoInserts, self.id())
    }

    pub(super) fn html(&self) -> String {
        self.typeset().unwrap().html
    }

    /// Returns code, line, marked text, message and hint of each problem.
    pub(super) fn problems(&self) -> Vec<(String, String)> {
        let found = match self.typeset() {
            Ok(article) => article.warnings,
            Err(diagnostics) => diagnostics,
        };
        let marked = |diagnostic: &Diagnostic| {
            let place = diagnostic.place.as_ref().unwrap();
            place.text.as_ref().unwrap()[place.span.clone().unwrap()].to_owned()
        };
        let words = |diagnostic: &Diagnostic| {
            format!("{}: {}; {}", diagnostic.code, diagnostic.message, diagnostic.hint.as_deref().unwrap_or("-"))
        };
        found.iter().map(|diagnostic| (marked(diagnostic), words(diagnostic))).collect()
    }
}

/// Typesets one post; what other rooms write as Markdown is tried with it, too.
pub(crate) fn html(markdown: &str) -> String {
    Shelf::new(markdown).html()
}

#[test]
fn plain_markdown_is_plain_html() {
    assert_eq!(
        html("Two *lines*\nof **text** & `<code>`.  \nBroken.\n\n> Quoted\n\n3. three\n4. four\n\n---\n"),
        "<p>Two <em>lines</em>\nof <strong>text</strong> &amp; <code>&lt;code&gt;</code>.<br>\nBroken.</p>\n\
         <blockquote>\n<p>Quoted</p>\n</blockquote>\n<ol start=\"3\">\n<li>three</li>\n<li>four</li>\n</ol>\n<hr>\n"
    );
}

#[test]
fn a_heading_has_an_id_and_a_link_to_itself() {
    assert_eq!(
        html("## Über *uns* {.wide data-x=1 onclick=1 1=2}\n\n## Über uns"),
        "<h2 id=\"über-uns\" class=\"wide\" data-x=\"1\" onclick=\"1\">Über <em>uns</em> \
         <a class=\"heading-anchor\" href=\"#%C3%BCber-uns\" aria-label=\"Link to this section\">#</a></h2>\n\
         <h2 id=\"über-uns-1\">Über uns \
         <a class=\"heading-anchor\" href=\"#%C3%BCber-uns-1\" aria-label=\"Link to this section\">#</a></h2>\n"
    );
}

#[test]
fn footnotes_are_listed_at_the_end_in_the_order_of_their_references() {
    let article =
        Shelf::new("One[^b] two[^a] one[^b].\n\n[^a]: A.\n[^b]:\n    B[^c].\n\n    Second.\n[^c]: C.\n").html();
    let (text, notes) = article.split_once("<section").unwrap();
    assert_eq!(
        text,
        "<p>One<sup class=\"footnote-ref\" id=\"fnref-posts-a-1\"><a href=\"#fn-posts-a-1\" role=\"doc-noteref\">1</a></sup> \
         two<sup class=\"footnote-ref\" id=\"fnref-posts-a-2\"><a href=\"#fn-posts-a-2\" role=\"doc-noteref\">2</a></sup> \
         one<sup class=\"footnote-ref\" id=\"fnref-posts-a-1-2\"><a href=\"#fn-posts-a-1\" role=\"doc-noteref\">1</a></sup>.</p>\n"
    );
    assert_eq!(
        notes,
        " class=\"footnotes\" role=\"doc-endnotes\" aria-label=\"Footnotes\">\n<ol>\n\
         <li id=\"fn-posts-a-1\"><p>B<sup class=\"footnote-ref\" id=\"fnref-posts-a-3\"><a href=\"#fn-posts-a-3\" \
         role=\"doc-noteref\">3</a></sup>.</p>\n<p>Second. \
         <a class=\"footnote-backref\" href=\"#fnref-posts-a-1\" role=\"doc-backlink\" aria-label=\"Back to reference 1\">↩\u{fe0e}</a> \
         <a class=\"footnote-backref\" href=\"#fnref-posts-a-1-2\" role=\"doc-backlink\" aria-label=\"Back to reference 1-2\">↩\u{fe0e}<sup>2</sup></a></p>\n</li>\n\
         <li id=\"fn-posts-a-2\"><p>A. <a class=\"footnote-backref\" href=\"#fnref-posts-a-2\" role=\"doc-backlink\" aria-label=\"Back to reference 2\">↩\u{fe0e}</a></p>\n</li>\n\
         <li id=\"fn-posts-a-3\"><p>C. <a class=\"footnote-backref\" href=\"#fnref-posts-a-3\" role=\"doc-backlink\" aria-label=\"Back to reference 3\">↩\u{fe0e}</a></p>\n</li>\n\
         </ol>\n</section>\n"
    );
}

#[test]
fn headings_in_footnotes_keep_the_ids_of_the_outline() {
    let shelf = Shelf::new("# One\n\nx[^b] y[^a]\n\n[^a]: # Two\n[^b]: # Three\n\n# Four\n");
    let html = shelf.html();
    for (id, title) in [("one", "One"), ("two", "Two"), ("three", "Three"), ("four", "Four")] {
        assert!(html.contains(&format!("<h1 id=\"{id}\">{title}")), "{html}");
    }
}

#[test]
fn a_footnote_without_a_reference_is_left_out_and_said() {
    let shelf = Shelf::new("Text.\n\n[^x]: Lost.\n");
    assert_eq!(shelf.html(), "<p>Text.</p>\n");
    assert_eq!(
        shelf.problems(),
        [(
            "[^x]: Lost.".to_owned(),
            "footnote/unused: nothing refers to the footnote `[^x]`, so it is left out; -".to_owned()
        )]
    );
}

#[test]
fn a_table_can_be_scrolled_and_its_headings_are_headings() {
    assert_eq!(
        html("| | b |\n|---|--:|\n| 1 | *2* |\n"),
        "<div class=\"table-scroll\" role=\"group\" aria-label=\"Table 1\" tabindex=\"0\">\n<table>\n<thead>\n\
         <tr><td></td><th scope=\"col\" class=\"align-right\">b</th></tr>\n</thead>\n<tbody>\n\
         <tr><td>1</td><td class=\"align-right\"><em>2</em></td></tr>\n</tbody>\n</table>\n</div>\n"
    );
    assert!(!html("| a |\n|---|\n").contains("tbody"));
}

#[test]
fn tasks_are_checkboxes_with_a_name() {
    assert_eq!(
        html("- [x] done\n- [ ] *open*\n- none\n"),
        "<ul>\n<li class=\"task-list-item\"><input type=\"checkbox\" disabled checked aria-label=\"Done\"> done</li>\n\
         <li class=\"task-list-item\"><input type=\"checkbox\" disabled aria-label=\"Done\"> <em>open</em></li>\n\
         <li>none</li>\n</ul>\n"
    );
    assert!(html("- [x] a\n\n  b\n").starts_with(
        "<ul>\n<li class=\"task-list-item\">\n<p><input type=\"checkbox\" disabled checked aria-label=\"Done\"> a</p>\n<p>b</p>"
    ));
}

#[test]
fn alerts_have_a_role_and_a_title() {
    assert_eq!(
        html("> [!WARNING]\n> Hot.\n"),
        "<div class=\"alert alert-warning\" role=\"note\">\n<p class=\"alert-title\">Warning</p>\n<p>Hot.</p>\n</div>\n"
    );
}

#[test]
fn the_other_extensions_are_written_too() {
    assert_eq!(html("~~a~~"), "<p><del>a</del></p>\n");
    assert_eq!(html("term\n: what it is\n"), "<dl>\n<dt>term</dt>\n<dd>what it is</dd>\n</dl>\n");
    let smart = Shelf::new("\"a\" -- b...").set(|config| config.markdown.smart_punctuation = true);
    assert_eq!(smart.html(), "<p>“a” – b…</p>\n");
}

#[test]
fn extensions_can_be_switched_off() {
    let off = MarkdownRule {
        footnotes: false,
        tables: false,
        tasklists: false,
        strikethrough: false,
        alerts: false,
        heading_attributes: false,
        definition_lists: false,
        wikilinks: false,
        autolinks: false,
        smart_punctuation: false,
        ..RULE
    };
    let text = "~~a~~ [^b]\n\n| a |\n|---|\n\n- [x] c\n\n> [!NOTE]\n> d\n\nx\n: y\n";
    assert_eq!(
        Shelf::new(text).set(|config| config.markdown = off).html(),
        "<p>~~a~~ [^b]</p>\n<p>| a |\n|---|</p>\n<ul>\n<li>[x] c</li>\n</ul>\n\
         <blockquote>\n<p>[!NOTE]\nd</p>\n</blockquote>\n<p>x\n: y</p>\n"
    );
}

#[test]
fn images_after_the_first_are_loaded_when_they_come_near() {
    assert_eq!(
        html("![a *b* \"c\"](https://x/1.png \"t\")\n![](https://x/2.png)"),
        "<p><img src=\"https://x/1.png\" alt=\"a b &quot;c&quot;\" title=\"t\">\n\
         <img src=\"https://x/2.png\" alt=\"\" loading=\"lazy\"></p>\n"
    );
}

#[test]
fn raw_html_comes_through_unless_it_is_switched_off() {
    let text = "<div class=x>\n\na <b onclick=y>c</b><!-- d -->\n\n</div>\n\n<!-- e -->\n";
    assert_eq!(html(text), "<div class=x>\n<p>a <b onclick=y>c</b><!-- d --></p>\n</div>\n<!-- e -->\n");
    let off = Shelf::new(text).set(|config| config.markdown.html = false);
    assert_eq!(
        off.html(),
        "<p>&lt;div class=x&gt;</p>\n<p>a &lt;b onclick=y&gt;c&lt;/b&gt;</p>\n<p>&lt;/div&gt;</p>\n"
    );
}

#[test]
fn without_raw_html_no_link_runs_a_script() {
    let text = "[a](javascript:x) [b](JaVa&#x0A;script:x) [c](<\u{1} vbscript:x>) [d](data:text/html,x) \
                ![e](data:image/png;base64,AA==) ![f](data:image/svg+xml,x)\n\n# g {onclick=x lang=de}";
    let off = Shelf::new(text).set(|config| config.markdown.html = false);
    assert_eq!(
        off.html(),
        "<p><a>a</a> <a>b</a> <a>c</a> <a>d</a> <img src=\"data:image/png;base64,AA==\" alt=\"e\"> f</p>\n\
         <h1 id=\"g\" lang=\"de\">g <a class=\"heading-anchor\" href=\"#g\" aria-label=\"Link to this section\">#</a></h1>\n"
    );
    assert_eq!(off.problems().len(), 5);
    assert!(off.problems()[0].1.starts_with("link/unsafe: a link to `javascript:x` is taken out"));
    assert!(html("[a](javascript:x)").contains("href=\"javascript:x\""));
}

#[test]
fn control_characters_never_reach_a_page() {
    let article = html("a\u{1}b &#2; `c\u{8}` [d](https://x/\u{7}) <b title=\"\u{1b}\">\n\n```\n\u{1b}[31m\n```\n");
    assert!(!article.chars().any(|character| character.is_control() && character != '\n'), "{article:?}");
}

#[test]
fn the_table_of_contents_is_a_tree_of_the_headings() {
    let article = Shelf::new("# A\n\n## B `c`\n\n# D").typeset().unwrap();
    let titles: Vec<_> = article.toc.iter().map(|heading| (&*heading.title, heading.children.len())).collect();
    assert_eq!(titles, [("A", 1), ("D", 0)]);
    assert_eq!(article.toc[0].children[0].id, "b-c");
}

#[test]
fn hostile_markdown_takes_neither_the_stack_nor_much_time() {
    let many = 20_000;
    for text in [
        "> ".repeat(many) + "a",
        "- ".repeat(many) + "a",
        "*a **a ".repeat(many),
        "[".repeat(many) + "a" + &"](b)".repeat(many),
        "![".repeat(many) + "a" + &"](b.png)".repeat(many),
        "`".repeat(many) + "a",
        "<div>\n".repeat(many),
        "<b x=1>".repeat(many),
        "<!--".repeat(many),
        "[^a]".repeat(many) + "\n\n[^a]: b",
        "[a]: b\n".repeat(many),
        "| a ".repeat(many) + "\n" + &"|---".repeat(many) + "\n",
        "&".repeat(many),
        "\\".repeat(many),
        "# a\n".repeat(many),
        "a\n: b\n".repeat(many),
        (0..many).map(|depth| format!("{}- a\n", " ".repeat(depth % 200))).collect(),
    ] {
        let shelf = Shelf::new(&text);
        let _ = shelf.typeset();
    }
}

#[test]
fn bare_addresses_are_links_but_not_within_links_code_and_raw_anchors() {
    let link = |address: &str| format!("<a href=\"{address}\">{address}</a>");
    let (one, two) = (link("https://a.example/b_c_d"), link("http://e.example/x--y"));
    assert_eq!(
        html("*https://a.example/b_c_d*, `https://a.example`"),
        format!("<p><em>{one}</em>, <code>https://a.example</code></p>\n")
    );
    assert_eq!(
        html("[see www.a.example](https://b.example) <a href=\"https://c.example\">www.c.example</a> www.d.example"),
        "<p><a href=\"https://b.example\">see www.a.example</a> <a href=\"https://c.example\">www.c.example</a> <a href=\"http://www.d.example\">www.d.example</a></p>\n"
    );
    let curly = Shelf::new("\"http://e.example/x--y\" -- ada@a.example...")
        .set(|config| config.markdown.smart_punctuation = true)
        .html();
    assert_eq!(curly, format!("<p>“{two}” – <a href=\"mailto:ada@a.example\">ada@a.example</a>…</p>\n"));
    assert_eq!(
        html("www.a.example/?a=1&amp;b=2&lt;"),
        "<p><a href=\"http://www.a.example/?a=1&amp;b=2\">www.a.example/?a=1&amp;b=2</a>&lt;</p>\n"
    );
    let off = Shelf::new("https://a.example").set(|config| config.markdown.autolinks = false).html();
    assert_eq!(off, "<p>https://a.example</p>\n");
}
