//! What an export of WordPress becomes: item by item, in bounded memory, wherever it breaks off.

use std::cell::Cell;
use std::fs;
use std::rc::Rc;
use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::import::Document;
use crate::import::export::tests::Kept;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:wp=\"http://wordpress.org/export/1.2/\"><channel>\
    <title>The &amp; old blog</title><link>https://old.example/blog</link><description>About things</description><language>en-GB</language>\
    <wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://old.example/</wp:base_site_url><wp:base_blog_url>https://old.example/blog</wp:base_blog_url>\
    <wp:author><wp:author_login><![CDATA[ada]]></wp:author_login><wp:author_email>ada@old.example</wp:author_email>\
    <wp:author_display_name><![CDATA[Ada L.]]></wp:author_display_name></wp:author>";
const TAIL: &str = "</channel></rss>";

/// An item with elements of its own, which come first.
fn item(kind: &str, id: usize, slug: &str, more: &str, content: &str) -> String {
    format!(
        "<item>{more}<title>Item {id}</title><link>https://old.example/blog/2011/03/{slug}/</link><dc:creator><![CDATA[ada]]></dc:creator>\
         <guid isPermaLink=\"false\">https://old.example/blog/?p={id}</guid><content:encoded><![CDATA[{content}]]></content:encoded>\
         <wp:post_id>{id}</wp:post_id><wp:post_date><![CDATA[2011-03-10 00:30:00]]></wp:post_date><wp:post_date_gmt><![CDATA[2011-03-09 23:30:00]]></wp:post_date_gmt>\
         <wp:post_name><![CDATA[{slug}]]></wp:post_name><wp:status><![CDATA[publish]]></wp:status><wp:post_type><![CDATA[{kind}]]></wp:post_type></item>\n"
    )
}

/// Reads an export as a file; with folders beside it, if any are named.
fn kept(items: &[String], beside: &[(&str, &str)]) -> Kept {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.xml"), format!("{HEAD}{}{TAIL}", items.concat())).unwrap();
    for (path, text) in beside {
        let whole = folder.path().join(path);
        fs::create_dir_all(whole.parent().unwrap()).unwrap();
        fs::write(whole, text).unwrap();
    }
    let mut kept = Kept::default();
    kept.settings = (WORDPRESS.read)(&folder.path().join("old.xml"), &mut kept).unwrap();
    kept
}

fn keys(kept: &Kept, at: usize) -> Vec<(String, String)> {
    kept.documents[at].front.iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn a_post_keeps_address_id_time_terms_and_author() {
    let more = "<category domain=\"category\" nicename=\"letters\"><![CDATA[Letters &amp; notes]]></category><category domain=\"post_tag\" nicename=\"rust\"><![CDATA[Rust]]></category>\
        <category domain=\"mood\" nicename=\"gay\"><![CDATA[Gay]]></category><excerpt:encoded><![CDATA[In <em>short</em>.]]></excerpt:encoded>\
        <wp:postmeta><wp:meta_key>_wp_old_slug</wp:meta_key><wp:meta_value><![CDATA[first-name]]></wp:meta_value></wp:postmeta>\
        <wp:postmeta><wp:meta_key>_yoast_wpseo_metadesc</wp:meta_key><wp:meta_value><![CDATA[For engines]]></wp:meta_value></wp:postmeta>\
        <wp:postmeta><wp:meta_key>_yoast_wpseo_title</wp:meta_key><wp:meta_value><![CDATA[%%title%% x]]></wp:meta_value></wp:postmeta>\
        <wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value><![CDATA[9]]></wp:meta_value></wp:postmeta>";
    let picture = item(
        "attachment",
        9,
        "x",
        "<wp:attachment_url>https://old.example/blog/wp-content/uploads/2011/x.png</wp:attachment_url>",
        "",
    );
    let kept = kept(&[item("post", 7, "%C3%BCber-uns", more, "One.\n\nTwo <b>2</b>"), picture], &[]);
    assert_eq!(kept.documents.len(), 2);
    // A term whose address was not made of its name leads to where it stands here.
    let head = &kept.documents[1];
    assert_eq!(head.path, "content/categories/letters-notes/_index.md");
    assert_eq!(keys(&kept, 1), [pair("title", "\"Letters & notes\""), pair("aliases", "[\"/category/letters/\"]")]);
    let document: &Document = &kept.documents[0];
    assert_eq!(document.path, "content/posts/2011-03-10-über-uns.md");
    assert_eq!(document.address.as_deref(), Some("/2011/03/über-uns/"));
    assert_eq!(document.body, "One.\n\nTwo <b>2</b>\n");
    assert_eq!(
        keys(&kept, 0),
        [
            pair("title", "\"Item 7\""),
            pair("date", "2011-03-10T00:30:00+01:00"),
            pair("path", "\"/2011/03/über-uns/\""),
            pair("aliases", "[\"/2011/03/first-name/\"]"),
            pair("id", "\"https://old.example/blog/?p=7\""),
            pair("categories", "[\"Letters & notes\"]"),
            pair("tags", "[\"Rust\"]"),
            pair("authors", "[\"Ada L.\"]"),
            pair("summary", "\"In *short*.\""),
            pair("description", "\"For engines\""),
            pair("image", "\"https://old.example/blog/wp-content/uploads/2011/x.png\""),
            pair("extra", "{ mood = [\"Gay\"] }"),
        ]
    );
    let settings = &kept.settings;
    assert_eq!(settings.keys["base_url"].as_str(), Some("https://old.example/blog/"));
    assert_eq!(settings.keys["title"].as_str(), Some("The & old blog"));
    assert!(kept.says("an export holds no pictures: 1 uploaded"));
}

#[test]
fn what_was_not_public_is_a_draft_and_what_was_thrown_away_stays() {
    let with = |status: &str, id: usize| item("post", id, "a", "", "x").replace("[publish]", &format!("[{status}]"));
    let locked = item("post", 5, "e", "<wp:post_password>secret</wp:post_password>", "x");
    let all = [
        with("draft", 1),
        with("private", 2),
        with("pending", 3),
        with("future", 4),
        locked,
        with("trash", 6),
        with("auto-draft", 7),
    ];
    let kept = kept(&all, &[]);
    let drafts: Vec<bool> = (0..kept.documents.len()).map(|at| kept.front(at, "draft").is_some()).collect();
    assert_eq!(drafts, [true, true, true, false, true]);
    let paths: Vec<&str> = kept.documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(
        paths[..3],
        ["content/posts/2011-03-10-a.md", "content/posts/2011-03-10-a-2.md", "content/posts/2011-03-10-a-3.md"]
    );
    assert!(kept.says("is private") && kept.says("has a password") && kept.says("1 in the bin"));
}

#[test]
fn pages_and_kinds_of_plugins_have_their_places() {
    let menu = item("nav_menu_item", 3, "c", "", "");
    let kept = kept(&[item("page", 1, "about", "", "x"), item("book", 2, "b", "", "x"), menu], &[]);
    let paths: Vec<&str> = kept.documents.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(paths, ["content/about.md", "content/book/b.md"]);
    assert!(
        kept.front(0, "date").is_none() && kept.front(0, "id").is_none() && kept.says("`nav_menu_item` stay behind")
    );
}

#[test]
fn texts_become_markdown_whichever_editor_wrote_them() {
    let blocks = "<!-- wp:paragraph -->\n<p>One\nline</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:code -->\n<pre class=\"wp-block-code\"><code>a</code></pre>\n<!-- /wp:code -->\n\
        <!-- wp:latest-posts {\"postsToShow\":3} /-->\n<!-- wp:more -->\n<!--more-->\n<!-- /wp:more -->";
    let classic =
        "One\nline[gallery ids=\"9\"]\n\n[form id=\"3\"]\n\nhttps://youtu.be/dQw4w9WgXcQ\n\n<a href=\"../x/\">x</a>";
    let picture = item(
        "attachment",
        9,
        "x",
        "<wp:attachment_url>https://old.example/blog/wp-content/uploads/2011/x.png</wp:attachment_url>",
        "",
    );
    let files = [("wp-content/uploads/2011/x.png", "png")];
    let kept = kept(&[item("post", 1, "a", "", blocks), item("post", 2, "b", "", classic), picture], &files);
    assert_eq!(kept.documents[0].body, "One line\n\n```\na\n```\n\n<!--more-->\n");
    assert_eq!(
        kept.documents[1].body,
        "One\\\nline\n\n{{ gallery(images=[\"/wp-content/uploads/2011/x.png\"], alt=[\"\"], columns=3) }}\n\n\\[form id=\"3\"]\n\n\
         {{ youtube(id=\"dQw4w9WgXcQ\") }}\n\n[x](/2011/03/x/)\n"
    );
    assert!(kept.says("the block `latest-posts`") && kept.says("the shortcode `[form]`"));
    assert_eq!(kept.files.len(), 1);
    assert_eq!(kept.files[0].path, "static/wp-content/uploads/2011/x.png");
}

#[test]
fn comments_come_along_without_what_was_not_public() {
    let comment = |id: usize, approved: &str, kind: &str| {
        format!(
            "<wp:comment><wp:comment_id>{id}</wp:comment_id><wp:comment_author><![CDATA[Bob]]></wp:comment_author><wp:comment_author_email>bob@mail.example\
             </wp:comment_author_email><wp:comment_author_url>https://bob.example/</wp:comment_author_url><wp:comment_author_IP>192.0.2.1</wp:comment_author_IP>\
             <wp:comment_date_gmt>2011-03-11 10:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[So *true*\n<script>x</script>]]></wp:comment_content>\
             <wp:comment_approved>{approved}</wp:comment_approved><wp:comment_type>{kind}</wp:comment_type><wp:comment_parent>0</wp:comment_parent></wp:comment>"
        )
    };
    let more =
        [comment(1, "1", ""), comment(2, "spam", ""), comment(3, "0", "comment"), comment(4, "1", "pingback")].concat();
    let kept = kept(&[item("post", 1, "a", &more, "x")], &[]);
    assert_eq!(kept.files[0].path, "data/comments/2011-03-10-a.json");
    let Bytes::Here(bytes) = &kept.files[0].bytes else { panic!("comments come from the export") };
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains("mail.example") && !text.contains("192.0.2"), "{text}");
    let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(
        (&rows[0]["author"], &rows[0]["date"]),
        (&serde_json::json!("Bob"), &serde_json::json!("2011-03-11T10:00:00Z"))
    );
}

#[test]
fn control_characters_become_blanks_and_are_told() {
    let kept = kept(&[item("post", 1, "a", "", "a\u{b}b")], &[]);
    assert_eq!(kept.documents[0].body, "a b\n");
    assert!(kept.says("post 1 (“Item 1”) has control characters"));
}

fn converted(bytes: impl Read, kept: &mut Kept) {
    convert("old.xml", bytes, &mut Reading::new(Pictures::default()), kept).unwrap();
}

#[test]
fn wherever_an_export_breaks_off_whole_items_come_and_the_break_is_named() {
    let items: Vec<String> = (1..=3).map(|id| item("post", id, &format!("s{id}"), "", "Text & <b>more</b>")).collect();
    let whole = format!("{HEAD}{}{TAIL}", items.concat());
    let ends: Vec<usize> = whole.match_indices("</item>").map(|(at, end)| at + end.len()).collect();
    for length in 0..whole.len() {
        let mut kept = Kept::default();
        converted(&whole.as_bytes()[..length], &mut kept);
        assert_eq!(kept.documents.len(), ends.iter().filter(|end| **end <= length).count(), "{length}");
        let is_told = kept.says("`old.xml` ends");
        assert_eq!(is_told, length < whole.len() - "</rss>".len(), "{length}");
    }
    let mut kept = Kept::default();
    converted(&whole.as_bytes()[..ends[1] + 40], &mut kept);
    assert!(kept.says("ends in the item after post 2 (“Item 2”)") || kept.says("ends in"), "{:?}", kept.remarks);
}

/// Pieces of which texts in either editor may be made, broken ones included.
const PIECES: &[&str] = &[
    "<div class=x>",
    "</div>",
    "<center>",
    "</center>",
    "<p>",
    "</p>",
    "<ul>\n",
    "<li>",
    "</li>\n",
    "</ul>",
    "<blockquote>",
    "</blockquote>",
    "<pre>",
    "</pre>",
    "<pre><code>",
    "</code></pre>",
    "<table><tr><td>",
    "</td></tr></table>",
    "<em>",
    "</em>",
    "<b>",
    "</b>",
    "<!--more-->",
    "<!-- wp:x -->",
    "<!-- /wp:x -->",
    "<a href='../y/'>",
    "<a href='#z'>",
    "</a>",
    "<h2>",
    "</h2>",
    "a",
    "b c",
    "\n",
    "\n\n",
    " ",
    "é",
    "*",
    "{{ x() }}",
    "[caption id=\"c\" align=\"alignleft\"]<img src=\"https://a.example/a.png\" alt='\"'> words[/caption]",
    "[caption]",
    "[/caption]",
    "[gallery]",
    "[gallery ids=\"9\"]",
    "[embed]https://youtu.be/dQw4w9WgXcQ[/embed]",
    "https://a.example/x_y",
    "https://vimeo.com/1\n",
    "[code]a\n\n<b>`[/code]",
    "[audio src=\"https://a.example/a.mp3\"]",
    "[video mp4=\"https://a.example/a.mp4\"][/video]",
    "[x y=\"z\"]",
    "[",
    "]",
    "<",
    "<!--insert-0-->",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_becomes_one_that_is_typeset(picks in prop::collection::vec(0..PIECES.len(), 0..20)) {
        let source: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        let picture = item("attachment", 9, "x", "<wp:attachment_url>https://old.example/blog/wp-content/uploads/2011/x.png</wp:attachment_url>", "");
        let whole = format!("{HEAD}{}{picture}{TAIL}", item("post", 1, "a", "", &source.replace("]]>", "]] >")));
        let mut pictures = Pictures::default();
        learn(whole.as_bytes(), &mut pictures);
        let mut kept = Kept::default();
        convert("old.xml", whole.as_bytes(), &mut Reading::new(pictures), &mut kept).unwrap();
        crate::article::tests::html(&kept.documents[0].body);
    }
}

#[test]
fn a_shortcode_within_other_html_is_html_there() {
    let source = "<div class=\"x\">[caption]<img src=\"a.png\" /> words[/caption]</div>";
    let kept =
        kept(&[item("post", 1, "a", "", source), item("post", 2, "b", "", &format!("<!-- wp:html -->{source}"))], &[]);
    let figure =
        |slug: &str| format!("<figure><img src=\"/2011/03/{slug}/a.png\"><figcaption>words</figcaption></figure>");
    assert_eq!(kept.documents[0].body, format!("<div class=\"x\">{}</div>\n", figure("a")));
    assert_eq!(kept.documents[1].body, format!("<div class=\"x\">\n{}\n</div>\n", figure("b")));
}

/// Twelve paragraphs of forty words, with a link and emphasis in each.
fn usual_post() -> String {
    let words = "one two three four five six seven eight nine ";
    format!(
        "{0}<a href=\"https://a.example/x\">a link</a> {0}<em>and</em> {0}{0}\n\n",
        words.trim_end().to_owned() + " "
    )
    .repeat(12)
}

/// Makes an export as it is read, and counts what was read.
struct Endless {
    read: Rc<Cell<usize>>,
    next: usize,
    count: usize,
    ready: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.ready.is_empty() && self.next <= self.count + 1 {
            self.ready = match self.next {
                0 => HEAD.as_bytes().to_vec(),
                next if next <= self.count => item("post", next, &format!("s{next}"), "", &usual_post()).into_bytes(),
                _ => TAIL.as_bytes().to_vec(),
            };
            self.next += 1;
        }
        let count = out.len().min(self.ready.len());
        out[..count].copy_from_slice(&self.ready[..count]);
        self.ready.drain(..count);
        self.read.set(self.read.get() + count);
        Ok(count)
    }
}

/// Demands that each item arrives soon after it was read.
struct Prompt {
    read: Rc<Cell<usize>>,
    before: usize,
    most: usize,
    documents: usize,
}

impl Sink for Prompt {
    fn document(&mut self, _: Document) -> Result<(), Vec<Diagnostic>> {
        self.documents += 1;
        self.most = self.most.max(self.read.get() - self.before * self.documents);
        Ok(())
    }

    fn carry(&mut self, _: Carried) -> Result<(), Vec<Diagnostic>> {
        Ok(())
    }

    fn remark(&mut self, remark: Diagnostic) {
        panic!("{}", remark.message);
    }
}

fn endless(count: usize) -> (Prompt, Endless) {
    let read = Rc::new(Cell::new(0));
    let length = item("post", 1, "s1", "", &usual_post()).len();
    let prompt = Prompt { read: Rc::clone(&read), before: length, most: 0, documents: 0 };
    (prompt, Endless { read, next: 0, count, ready: Vec::new() })
}

#[test]
fn an_item_is_handed_over_before_much_more_is_read() {
    let (mut prompt, file) = endless(300);
    convert("old.xml", file, &mut Reading::new(Pictures::default()), &mut prompt).unwrap();
    assert_eq!(prompt.documents, 300);
    assert!(prompt.most < 256 << 10, "{} bytes were read ahead", prompt.most);
}

#[test]
#[ignore = "takes seconds; run it by name to see how fast an export of 10,000 posts is read"]
fn ten_thousand_posts_are_read_in_ten_seconds() {
    let (mut prompt, file) = endless(10_000);
    let start = Instant::now();
    convert("old.xml", file, &mut Reading::new(Pictures::default()), &mut prompt).unwrap();
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn an_archive_and_what_is_no_export_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.zip"), "PK").unwrap();
    fs::write(folder.path().join("old.txt"), "Dear diary").unwrap();
    for (name, words) in
        [("old.zip", "is an archive"), ("old.txt", "is no export of WordPress"), ("", "holds no export of WordPress")]
    {
        let problems = (WORDPRESS.read)(&folder.path().join(name), &mut Kept::default()).unwrap_err();
        assert!(problems[0].message.contains(words), "{}", problems[0].message);
    }
}
