//! `blog import` of exports: a blog comes out of one file, is built here, and is held against the addresses that the file names.

use std::fs;

use crate::harness::tests;
use crate::site::Site;

tests![
    what_wordpress_exported_is_built_here_and_nothing_is_lost,
    what_ghost_exported_is_built_here,
    a_feed_becomes_a_blog_whose_entries_keep_their_ids,
    an_export_that_breaks_off_gives_what_is_whole_and_says_so,
    an_archive_is_refused,
];

/// The addresses of the export's items, below the site.
const ADDRESSES: [&str; 5] =
    ["2011/03/over-the-pond/", "2011/04/%C3%BCber-uns/", "about/", "about/team/", "2011/03/first-name/"];

fn item(kind: &str, id: usize, address: &str, more: &str, content: &str) -> String {
    let slug = address.trim_end_matches('/').rsplit('/').next().unwrap();
    format!(
        "<item><title>Item {id} &amp; more</title><link>https://old.example/{address}</link><pubDate>Thu, 10 Mar 2011 12:00:0{id} +0000</pubDate>\
         <dc:creator><![CDATA[ada]]></dc:creator><guid isPermaLink=\"false\">https://old.example/?p={id}</guid><content:encoded><![CDATA[{content}]]></content:encoded>\
         <wp:post_id>{id}</wp:post_id><wp:post_date>2011-03-10 12:00:0{id}</wp:post_date><wp:post_date_gmt>2011-03-10 12:00:0{id}</wp:post_date_gmt>\
         <wp:post_name>{slug}</wp:post_name><wp:status>publish</wp:status><wp:post_type>{kind}</wp:post_type>{more}</item>\n"
    )
}

/// What a post in the block editor has.
const BLOCKS: &str = "<!-- wp:paragraph -->\n<p>Across the <strong>pond</strong>, <a href=\"https://old.example/about/\">about</a> 2 * 3 {{ x }} [a].</p>\n<!-- /wp:paragraph -->\n\n\
    <!-- wp:list --><ul><li>a<ul><li>b</li></ul></li></ul><!-- /wp:list -->\n\n<!-- wp:image {\"id\":9} --><figure class=\"wp-block-image size-large\">\
    <img src=\"https://old.example/wp-content/uploads/2011/x.png\" alt=\"X\" class=\"wp-image-9\"/><figcaption>A caption</figcaption></figure><!-- /wp:image -->";

/// What a post in the classic editor has.
const CLASSIC: &str = "First line\nsecond line.\n\n[caption id=\"c\" align=\"alignleft\" width=\"3\"]<img src=\"https://old.example/wp-content/uploads/2011/x.png\" alt=\"X\" width=\"3\" /> A caption[/caption]\n\n\
    [gallery ids=\"9\"]\n\n<pre>a\n\n*b*</pre>\n\nLast.";

fn export() -> String {
    let old_name = "<wp:postmeta><wp:meta_key>_wp_old_slug</wp:meta_key><wp:meta_value>first-name</wp:meta_value></wp:postmeta>\
        <category domain=\"category\" nicename=\"letters\"><![CDATA[Letters]]></category><category domain=\"post_tag\" nicename=\"rust\"><![CDATA[Rust]]></category>";
    let comment = "<wp:comment><wp:comment_id>1</wp:comment_id><wp:comment_author>Bob</wp:comment_author><wp:comment_author_email>bob@mail.example</wp:comment_author_email>\
        <wp:comment_date_gmt>2011-03-11 10:00:00</wp:comment_date_gmt><wp:comment_content>True</wp:comment_content><wp:comment_approved>1</wp:comment_approved></wp:comment>";
    let picture = "<wp:attachment_url>https://old.example/wp-content/uploads/2011/x.png</wp:attachment_url>";
    let items = [
        item("attachment", 9, "x/", picture, ""),
        item("post", 1, ADDRESSES[0], old_name, BLOCKS),
        item("post", 2, ADDRESSES[1], comment, CLASSIC),
        item("page", 3, ADDRESSES[2], "", "About us."),
        item(
            "page",
            4,
            ADDRESSES[3],
            "",
            "The team. <a href=\"#nobody\">a</a> <a href=\"\">b</a> <a href=\"#\">c</a> <a href=\"/nowhere/\">d</a> <a href=\"gone.html\">e</a> <img src=\"/wp-content/uploads/none.png\" alt=\"\">",
        ),
    ];
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\
         xmlns:wp=\"http://wordpress.org/export/1.2/\"><channel><title>The old blog</title><link>https://old.example</link><description>Things</description>\
         <language>en-GB</language><wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://old.example</wp:base_blog_url>\n{}</channel></rss>\n",
        items.concat()
    )
}

/// The smallest picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\xdac\xfc\xcf\xc0P\x0f\0\x04\x85\x01\x80\x84\xa9\x8c!\0\0\0\0IEND\xaeB`\x82";

fn sitemap(addresses: &[&str]) -> String {
    let rows: String =
        addresses.iter().map(|path| format!("<url><loc>https://old.example/{path}</loc></url>")).collect();
    format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{rows}</urlset>")
}

fn what_wordpress_exported_is_built_here_and_nothing_is_lost() {
    let site = Site::empty().file("old/export.xml", export()).file("old/wp-content/uploads/2011/x.png", PNG);
    let site = site.file("map.xml", sitemap(&ADDRESSES));
    let feed = format!(
        "<rss version=\"2.0\"><channel><title>x</title><link>https://old.example/</link><description>x</description>{}</channel></rss>",
        [(1, ADDRESSES[0]), (2, ADDRESSES[1])]
            .map(|(id, address)| format!(
                "<item><title>Item {id} &amp; more</title><link>https://old.example/{address}</link><guid isPermaLink=\"false\">https://old.example/?p={id}</guid>\
                 <pubDate>Thu, 10 Mar 2011 12:00:0{id} +0000</pubDate></item>"
            ))
            .concat()
    );
    let site = site.file("feed.xml", feed);
    let run = site.run(&["import", "wordpress", "old", "--into", "new"]).exit(0).stderr_has("2 posts, 2 other pages");
    let run = run.then().run(&["build", "--root", "new"]).exit(0);
    let run =
        run.then().run(&["import", "--root", "new", "--prove", "map.xml", "feed.xml"]).exit(0).stderr_has("0 lost");
    let site = run.stderr_lacks("not the same").then();
    let page = |path: &str| fs::read_to_string(site.path(&format!("new/public/{path}index.html"))).unwrap();
    let blocks = page("2011/03/over-the-pond/");
    assert!(blocks.contains("Across the <strong>pond</strong>") && blocks.contains("2 * 3 {{ x }} [a]."), "{blocks}");
    assert!(
        blocks.contains("<li>a\n<ul>\n<li>b</li>") && blocks.contains("<figcaption>A caption</figcaption>"),
        "{blocks}"
    );
    let classic = page("2011/04/über-uns/");
    assert!(classic.contains("First line<br>\nsecond line.") && classic.contains("<pre>a\n\n*b*</pre>"), "{classic}");
    assert!(
        classic.contains("class=\"gallery gallery-3\"") && classic.contains("<figure class=\"alignleft\">"),
        "{classic}"
    );
    assert!(site.path("new/public/wp-content/uploads/2011/x.png").is_file());
    assert!(
        site.path("new/public/category/letters/index.html").is_file()
            && site.path("new/public/tag/rust/index.html").is_file()
    );
    let comments = fs::read_to_string(site.path("new/data/comments/2011-03-10-über-uns.json")).unwrap();
    assert!(comments.contains("\"Bob\"") && !comments.contains("mail.example"), "{comments}");
    assert!(fs::read_to_string(site.path("new/public/feed/index.xml")).unwrap().contains("https://old.example/?p=1"));
}

fn what_ghost_exported_is_built_here() {
    let export = r#"{"db":[{"meta":{},"data":{"posts":[{"id":"5c1","title":"One","slug":"one","html":"<p>See <a href=\"__GHOST_URL__/about/\">it</a></p>","type":"post",
        "status":"published","visibility":"public","published_at":"2019-01-02T03:04:05.000Z"},{"id":"5c2","title":"About","slug":"about","html":"<p>Me</p>","type":"page",
        "status":"published","visibility":"public","published_at":"2019-01-02T03:04:05.000Z"},{"id":"5c3","title":"Paid","slug":"paid","html":"<p>Secret</p>","type":"post",
        "status":"published","visibility":"paid","published_at":"2019-01-02T03:04:05.000Z"}],"settings":[{"key":"title","value":"Old"}]}}]}"#;
    let site = Site::empty()
        .file("old/ghost.json", export)
        .file("map.xml", sitemap(&["one/", "about/"]).replace("old.example", "blog.example"));
    let run =
        site.run(&["import", "ghost", "old/ghost.json", "--into", "new"]).exit(0).stderr_has("2 posts, 1 other page");
    let site = run.stderr_has("is for `paid` only").then().run(&["build", "--root", "new"]).exit(0).then();
    let site = site.run(&["import", "--root", "new", "--prove", "map.xml"]).exit(0).stderr_has("0 lost").then();
    let feed = fs::read_to_string(site.path("new/public/rss/index.xml")).unwrap();
    assert!(feed.contains(">5c1</guid>") && !feed.contains("Paid"), "{feed}");
    assert!(!site.path("new/public/paid").exists());
}

fn a_feed_becomes_a_blog_whose_entries_keep_their_ids() {
    let feed = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Old</title><id>x</id><updated>2012-01-02T08:00:00Z</updated><link href=\"https://old.example/\"/>\
        <link rel=\"self\" href=\"https://old.example/atom.xml\"/><entry><title>One</title><id>tag:old.example,2012:1</id><link href=\"https://old.example/2012/one.html\"/>\
        <published>2012-01-01T08:00:00Z</published><updated>2012-01-02T08:00:00Z</updated><content type=\"html\">&lt;p&gt;Text &lt;em&gt;one&lt;/em&gt;&lt;/p&gt;</content></entry></feed>";
    let site = Site::empty().file("old.xml", feed).run(&["import", "feed", "old.xml", "--into", "new"]).exit(0).then();
    let site = site.run(&["build", "--root", "new"]).exit(0).then();
    let run = site.run(&["import", "--root", "new", "--prove", "old.xml"]).exit(0).stderr_has("0 lost");
    let site = run.stderr_lacks("not the same").then();
    assert!(fs::read_to_string(site.path("new/public/atom.xml")).unwrap().contains("tag:old.example,2012:1"));
    assert!(fs::read_to_string(site.path("new/public/2012/one.html")).unwrap().contains("Text <em>one</em>"));
}

fn an_export_that_breaks_off_gives_what_is_whole_and_says_so() {
    let export = export();
    let cut = export.find("The team.").unwrap();
    let site = Site::empty().file("old.xml", &export[..cut]);
    let run =
        site.run(&["import", "wordpress", "old.xml", "--into", "new"]).exit(1).stderr_has("2 posts, 1 other page");
    let run = run.stderr_has("import/unreadable").stderr_has("in item “Item 4 & more”");
    assert!(run.site.path("new/content/about.md").is_file() && run.site.path("new/site.toml").is_file());
}

fn an_archive_is_refused() {
    for engine in ["wordpress", "ghost", "feed"] {
        let site = Site::empty().file("old.zip", "PK");
        site.run(&["import", engine, "old.zip", "--into", "new"]).exit(2).stderr_has("unpack it");
    }
}
