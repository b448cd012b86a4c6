//! Pictures from end to end: what pages, feeds and templates show, what is written and what is served, and what is said of
//! pictures that are broken, enormous or not what they seem.

use std::collections::BTreeMap;
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::harness::tests;
use crate::site::Site;

tests![
    what_no_picture_of_the_site_is_stays_as_it_was_named,
    figures_and_galleries_show_pictures_as_markdown_does,
    a_missing_picture_and_a_bomb_are_refused_by_name,
    the_digest_of_a_photo_is_that_of_what_is_published,
    avif_is_written_where_the_program_can_and_refused_where_not,
    a_card_says_what_its_fonts_can_say,
    a_picture_beside_a_post_is_offered_in_many_sizes_and_its_place_is_kept_from_readers,
    without_the_table_a_picture_is_what_it_was,
    a_warm_build_is_a_cold_one_byte_for_byte,
    what_is_served_is_what_is_built_and_no_page_waits_for_a_picture,
    lists_show_the_same_picture_and_feeds_a_simple_one,
    templates_resize_pictures_and_ask_what_they_are,
    a_shortcode_resizes_what_lies_beside_the_post_wherever_that_is_published,
    a_broken_picture_is_told_with_the_line_that_shows_it,
    a_template_that_asks_for_nonsense_is_told_where,
    the_example_of_the_documentation_builds,
    a_post_without_a_picture_gets_a_card,
];

const SECRET: &[u8] = b"51.0543N 3.7174E";

fn pixels(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x % 251) as u8, (y % 241) as u8, ((x * y) % 239) as u8]))
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels(width, height)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG as a telephone writes it: on its side, and with a place.
pub(crate) fn photo(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let plain = encoded(width, height, ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0]);
    exif.extend(b"\x0e\x01\x02\0\x11\0\0\0\x26\0\0\0\0\0\0\0");
    exif.extend(SECRET);
    exif.push(0);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
}

/// A site with one post and a photo of 600 × 400 that was taken upright.
fn album() -> Site {
    Site::new()
        .config("[images]\nwidths = [100, 200, 900]")
        .file("content/posts/trip/index.md", "+++\ntitle = \"Trip\"\ndate = 2026-01-02\n+++\n![The *sea*](sea.jpg \"At noon\")\n\nMore.\n\n![](sea.jpg)\n")
        .file("content/posts/trip/sea.jpg", photo(600, 400, 6))
}

/// The files of a folder of the site that are pictures.
fn pictures(files: &BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    let is_picture = |name: &&String| [".jpg", ".webp", ".png"].iter().any(|ending| name.ends_with(ending));
    files.keys().filter(is_picture).map(String::as_str).collect()
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn a_picture_beside_a_post_is_offered_in_many_sizes_and_its_place_is_kept_from_readers() {
    let run = album().build().exit(0);
    let page = run.page("/posts/trip/");
    let first = page.find("<picture>").unwrap();
    let (before, second) = page[first + 1..].split_at(page[first + 1..].find("<picture>").unwrap());
    assert!(before.contains("<source type=\"image/webp\" srcset=\"/posts/trip/sea.100x150."), "{before}");
    assert!(
        before.contains(".webp 400w\" sizes=\"(min-width: 42rem) 40rem, 100vw\"><img src=\"/posts/trip/sea.jpg\""),
        "{before}"
    );
    assert!(before.contains("/posts/trip/sea.jpg 400w\""), "the file itself is the widest JPEG: {before}");
    assert!(
        before.contains(" alt=\"The sea\" title=\"At noon\" width=\"400\" height=\"600\" decoding=\"async\">"),
        "{before}"
    );
    assert!(second.contains("width=\"400\" height=\"600\" loading=\"lazy\" decoding=\"async\">"), "{second}");
    assert!(!page.contains("900w"), "nothing is wider than the picture");

    let files = run.site.public();
    let made = pictures(&files);
    assert_eq!(made.len(), 6, "three of WebP, two of JPEG, and the file itself: {made:?}");
    for name in made {
        let bytes = &files[name];
        assert!(!holds(bytes, SECRET), "{name}");
        let named = name.split('.').nth(1).and_then(|part| part.split_once('x'));
        let picture = image::load_from_memory(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let size = (picture.width().to_string(), picture.height().to_string());
        match named {
            Some((width, height)) => assert_eq!((size.0.as_str(), size.1.as_str()), (width, height), "{name}"),
            None => assert_eq!((picture.width(), picture.height()), (600, 400), "its own pixels are not touched"),
        }
    }
    // Which way up it is stays in the file that is published.
    assert!(holds(&files["posts/trip/sea.jpg"], b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06"));
}

fn without_the_table_a_picture_is_what_it_was() {
    let photo = photo(600, 400, 6);
    let run = Site::new()
        .file("content/posts/trip/index.md", "+++\ntitle = \"Trip\"\ndate = 2026-01-02\n+++\n![Sea](sea.jpg)\n")
        .file("content/posts/trip/sea.jpg", &photo)
        .build()
        .exit(0)
        .page_has("/posts/trip/", "<img src=\"/posts/trip/sea.jpg\" alt=\"Sea\">")
        .page_lacks("/posts/trip/", "<picture>");
    let files = run.site.public();
    assert_eq!(pictures(&files), ["posts/trip/sea.jpg"]);
    assert_eq!(files["posts/trip/sea.jpg"], photo);
    assert!(!run.site.path(".blog/cache/images").exists(), "nothing was read, nothing is kept");
}

fn a_warm_build_is_a_cold_one_byte_for_byte() {
    let site = album().build().exit(0).then();
    let cold = site.public();
    let cache = site.path(".blog/cache/images");
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 5);
    let site = site.build().exit(0).then();
    assert_eq!(site.public(), cold, "warm");
    for entry in std::fs::read_dir(&cache).unwrap().flatten() {
        std::fs::write(entry.path(), "damaged").unwrap();
    }
    let site = site.build().exit(0).then();
    assert_eq!(site.public(), cold, "with a damaged cache");
    std::fs::remove_dir_all(&cache).unwrap();
    std::fs::write(&cache, "in the way").unwrap();
    let site = site.build().exit(0).then();
    assert_eq!(site.public(), cold, "without any");
}

fn what_is_served_is_what_is_built_and_no_page_waits_for_a_picture() {
    let built = album().build().exit(0).then().public();
    let served = album().serve(&[]);
    // Each by itself, before any page was asked for.
    for name in pictures(&built) {
        let reply = served.get(&format!("/{name}"));
        assert_eq!(reply.status, 200, "{name}");
        assert!(reply.body == built[name], "{name}");
    }
    let fresh = album().serve(&[]);
    let page = fresh.page("/posts/trip/");
    assert!(page.contains("<picture>"));
    assert!(!fresh.site.path(".blog/cache/images").exists(), "the page named pictures, and made none");
    let variant = pictures(&built).into_iter().find(|name| name.ends_with(".webp")).unwrap();
    assert_eq!(fresh.get(&format!("/{}", variant.replace(".100x150.", ".101x150."))).status, 404);
    // An edit of a picture is an edit of its pages.
    fresh.write_until("content/posts/trip/sea.jpg", photo(300, 300, 1), "/posts/trip/", "width=\"300\" height=\"300\"");
}

fn lists_show_the_same_picture_and_feeds_a_simple_one() {
    let run = album().build().exit(0);
    let page = run.page("/posts/trip/");
    let set = page.split("srcset=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let run = run.page_has("/", &set).page_has("/", "loading=\"lazy\"");
    let feed = run.site.output("feed.xml");
    assert!(feed.contains("https://blog.example/posts/trip/sea.jpg"), "{feed}");
    for word in ["srcset", "&lt;picture", "<picture", ".webp"] {
        assert!(!feed.contains(word), "`{word}` is in the feed");
    }
    assert!(feed.contains("width=\"400\"") || feed.contains("width=&quot;400"), "{feed}");
}

fn templates_resize_pictures_and_ask_what_they_are() {
    let template = "<!doctype html><title>x</title>{% set r = resize_image(path=\"/img/logo.png\", width=30, height=30, op=\"fill\", format=\"jpg\", quality=60) %}\
        <p>{{ r.url }} {{ r.permalink }} {{ r.width }}x{{ r.height }} of {{ r.orig_width }}x{{ r.orig_height }}\n\
        {% set f = resize_image(path=\"img/logo.png\", width=50, format=\"png\") %}<p>{{ f.width }}x{{ f.height }}\n\
        {% set m = get_image_metadata(path=\"@/posts/trip/sea.jpg\") %}<p>{{ m.width }} {{ m.height }} {{ m.format }} {{ m.mime }}\n\
        {{ picture(path=\"/img/logo.png\", alt=\"A logo\", widths=[40], sizes=\"40px\", class=\"logo\") }}";
    let run = album()
        .file("static/img/logo.png", encoded(90, 60, ImageFormat::Png))
        .template("page.html", template)
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\n")
        .build()
        .exit(0)
        .page_has("/about/", "30x30 of 90x60")
        .page_has("/about/", "<p>50x33")
        .page_has("/about/", "<p>400 600 jpg image/jpeg")
        .page_has("/about/", "sizes=\"40px\"")
        .page_has("/about/", "class=\"logo\" width=\"90\" height=\"60\" loading=\"lazy\"");
    let files = run.site.public();
    let made: Vec<&str> = pictures(&files).into_iter().filter(|name| name.starts_with("img/")).collect();
    assert_eq!(made.len(), 5, "{made:?}");
    assert!(made.iter().any(|name| name.starts_with("img/logo.30x30fillq60.") && name.ends_with(".jpg")), "{made:?}");
}

fn a_shortcode_resizes_what_lies_beside_the_post_wherever_that_is_published() {
    let stamp = "{# stamp(path: text) #}\n{% set s = resize_image(path=path, width=40, height=40) %}<img src=\"{{ s.url }}\" alt=\"\">";
    let post =
        |title: &str| format!("+++\ntitle = \"{title}\"\ndate = 2026-01-02\n+++\n{{{{ stamp(path=\"sea.jpg\") }}}}\n");
    let run = album()
        .config("[permalinks]\nposts = \"/:year/:slug.html\"")
        .template("shortcodes/stamp.html", stamp)
        .file("content/posts/trip/index.md", post("Trip"))
        .file("content/posts/plain.md", post("Plain"))
        .file("content/posts/sea.jpg", photo(300, 200, 1))
        .build()
        .exit(0)
        .page_has("/2026/trip.html", "<img src=\"/2026/trip/sea.40x40fill.")
        .page_has("/2026/plain.html", "<img src=\"/posts/sea.40x40fill.");
    let files = run.site.public();
    assert_eq!(pictures(&files).into_iter().filter(|name| name.contains("40x40")).count(), 2);
}

fn a_broken_picture_is_told_with_the_line_that_shows_it() {
    let post = |name: &str| format!("+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\nWords.\n\n![x]({name})\n");
    let whole = encoded(60, 40, ImageFormat::Png);
    let mut bomb = encoded(1, 1, ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    // Sound at first sight: only its data is damaged.
    let mut rotten = whole.clone();
    let middle = rotten.len() / 2;
    rotten[middle..middle + 8].copy_from_slice(b"rotten!!");
    for (name, bytes, words) in [
        ("a.png", whole[..whole.len() - 20].to_vec(), "`content/posts/a/a.png` ends before its end: it was cut off"),
        (
            "b.jpg",
            b"<!doctype html><title>404</title>".to_vec(),
            "`content/posts/a/b.jpg` is no JPEG, PNG, WebP, GIF or SVG",
        ),
        ("c.png", Vec::new(), "`content/posts/a/c.png` is empty"),
        ("d.png", bomb, "has 60000 × 60000 pixels, and the limit is 100 megapixels"),
        ("e.png", rotten, "`content/posts/a/e.png` cannot be decoded"),
    ] {
        let run = Site::new()
            .config("[images]")
            .file("content/posts/a/index.md", post(name))
            .file(&format!("content/posts/a/{name}"), &bytes)
            .build()
            .exit(1)
            .stderr_has(words)
            .stderr_has("content/posts/a/index.md:7:6");
        assert!(!run.site.path("public").exists(), "nothing is put in place");
    }
    Site::new()
        .config("[images]")
        .file("content/posts/a/index.md", post("a.png"))
        .file("content/posts/a/a.png", encoded(30, 20, ImageFormat::Jpeg))
        .build()
        .exit(0)
        .stderr_has("`content/posts/a/a.png` holds a picture of another kind than its name says")
        .stderr_has("rename it to `content/posts/a/a.jpg`");
}

fn a_template_that_asks_for_nonsense_is_told_where() {
    for (call, words) in [
        ("resize_image(path=\"/img/lgoo.png\", width=3)", "there is no picture `/img/lgoo.png`"),
        ("resize_image(path=\"/img/logo.png\", width=3, op=\"fitwidth\")", "did you mean `fit_width`?"),
        ("resize_image(path=\"/img/logo.png\", op=\"fit\", width=3)", "`op = \"fit\"` needs `width` and `height`"),
        ("resize_image(path=\"/img/logo.png\", width=0)", "`width` is 0"),
        ("resize_image(path=\"/img/logo.png\", width=3, format=\"tiff\")", "there is no format `tiff`"),
        ("resize_image(path=\"/img/logo.png\", width=3, quality=101)", "`quality` is 101"),
        ("picture(path=\"/img/logo.png\", alt=\"\", widths=[])", "`widths` has no width in it"),
        ("get_image_metadata(path=\"/img/broken.png\")", "is empty"),
    ] {
        Site::new()
            .config("[images]")
            .file("static/img/logo.png", encoded(90, 60, ImageFormat::Png))
            .file("static/img/broken.png", "")
            .template("page.html", &format!("<title>x</title>\n{{% set r = {call} %}}"))
            .file("content/about.md", "+++\ntitle = \"About\"\n+++\n")
            .build()
            .exit(1)
            .stderr_has(words)
            .stderr_has("templates/page.html:2:");
    }
    Site::new()
        .template("page.html", "<title>x</title>\n{{ resize_image(path=\"/a.png\", width=3) }}")
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\n")
        .build()
        .exit(1)
        .stderr_has("add a table `[images]` to `site.toml`");
}

/// Returns the blocks of one language in a page of the documentation.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

fn the_example_of_the_documentation_builds() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/content/docs/images.md")).unwrap();
    let settings = blocks(&page, "toml").concat();
    let markdown = blocks(&page, "markdown").concat();
    let templates = blocks(&page, "jinja").join("\n");
    assert!(settings.contains("[images]") && markdown.contains("![") && templates.contains("resize_image("));
    Site::new()
        .config(&settings)
        .file("content/posts/trip/index.md", format!("+++\ntitle = \"Trip\"\ndate = 2026-01-02\n+++\n{markdown}\n"))
        .file("content/posts/trip/sea.jpg", photo(700, 500, 1))
        .file("static/img/team.png", encoded(300, 200, ImageFormat::Png))
        .template("page.html", &format!("<!doctype html><title>x</title>\n{templates}\n"))
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\n")
        .build()
        .exit(0)
        .page_has("/posts/trip/", "<picture>")
        .page_has("/about/", "/img/team.");
}

fn a_post_without_a_picture_gets_a_card() {
    let site = || {
        Site::new()
            .config("[images]\ncards = true\n[extra]\ncard_accent = \"#00ff00\"")
            .post("card.md", "+++\ntitle = \"Ships & harbours\"\ndate = 2026-01-02\n+++\nText.")
            .post("own.md", "+++\ntitle = \"Own\"\ndate = 2026-01-03\nimage = \"/img/own.png\"\n+++\nText.")
            .post("far.md", "+++\ntitle = \"日本\"\ndate = 2026-01-04\nslug = \"far\"\n+++\nText.")
            .file("static/img/own.png", encoded(90, 60, ImageFormat::Png))
    };
    let run = site()
        .build()
        .exit(0)
        .stderr_has("its fonts lack `日本`")
        .stderr_has("content/posts/far.md:2:")
        .page_has("/posts/card/", "<meta property=\"og:image:width\" content=\"1200\">")
        .page_has("/posts/card/", "<meta property=\"og:image:alt\" content=\"Ships &amp; harbours, Test\">")
        .page_has("/posts/card/", "summary_large_image")
        .page_has("/posts/own/", "<meta property=\"og:image\" content=\"https://blog.example/img/own.png\">")
        .page_has("/posts/own/", "<meta property=\"og:image:width\" content=\"90\">")
        .page_lacks("/posts/far/", "og:image");
    let files = run.site.public();
    let cards: Vec<&str> = pictures(&files).into_iter().filter(|name| name.contains("/card.")).collect();
    let [card] = cards[..] else { panic!("one card is written: {cards:?}") };
    let page = run.site.output("posts/card/index.html");
    assert!(page.contains(&format!("<meta property=\"og:image\" content=\"https://blog.example/{card}\">")), "{page}");
    let drawn = image::load_from_memory(&files[card]).unwrap().into_rgb8();
    assert_eq!(drawn.dimensions(), (1200, 630));
    assert_eq!(drawn.get_pixel(120, 92).0, [0, 255, 0], "the bar has the site's colour");
    let served = site().serve(&[]);
    assert!(served.get(&format!("/{card}")).body == files[card]);
    site()
        .config("card_text = \"black\"")
        .build()
        .exit(2)
        .stderr_has("`extra.card_text` is `black`, which is no colour of a card");
}

fn what_no_picture_of_the_site_is_stays_as_it_was_named() {
    let template = "<!doctype html><title>x</title>\
        {{ picture(path=\"https://elsewhere.example/a.png\", alt=\"Far & wide\") }}\
        {{ picture(path=\"/img/logo.png\", alt=\"\", class=\"logo\", lazy=false) }}";
    let site = |settings: &str| {
        Site::new()
            .config(settings)
            .file("static/img/logo.png", encoded(90, 60, ImageFormat::Png))
            .template("page.html", template)
            .file("content/about.md", "+++\ntitle = \"About\"\n+++\n")
            .build()
            .exit(0)
            .page_has(
                "/about/",
                "<img src=\"https://elsewhere.example/a.png\" alt=\"Far &amp; wide\" loading=\"lazy\" decoding=\"async\">",
            )
    };
    site("").page_has("/about/", "<img src=\"/img/logo.png\" alt=\"\" class=\"logo\" fetchpriority=\"high\">");
    site("[images]").page_has("/about/", "width=\"90\" height=\"60\" fetchpriority=\"high\"></picture>");
}

fn figures_and_galleries_show_pictures_as_markdown_does() {
    let text = "{{ figure(src=\"sea.jpg\", alt=\"The sea\", caption=\"Ostend\") }}\n\n{{ gallery(images=[\"sea.jpg\"], alt=[\"Again\"]) }}\n";
    let run = album()
        .file("content/posts/trip/index.md", format!("+++\ntitle = \"Trip\"\ndate = 2026-01-02\n+++\n{text}"))
        .build()
        .exit(0);
    let page = run.page("/posts/trip/");
    assert_eq!(page.matches("<picture>").count(), 2, "{page}");
    assert_eq!(page.matches("width=\"400\" height=\"600\" loading=\"lazy\" decoding=\"async\">").count(), 2, "{page}");
    assert_eq!(pictures(&run.site.public()).len(), 6);
}

fn a_missing_picture_and_a_bomb_are_refused_by_name() {
    let mut bomb = encoded(1, 1, ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let post = |text: &str| format!("+++\ntitle = \"A\"\ndate = 2026-01-02\n+++\nWords.\n\n{text}\n");
    for (text, words) in [
        ("![x](see.jpg)", "see.jpg"),
        ("{{ figure(src=\"see.jpg\", alt=\"x\") }}", "see.jpg"),
        ("{{ figure(src=\"bomb.png\", alt=\"x\") }}", "`content/posts/a/bomb.png` has 60000 × 60000 pixels"),
    ] {
        let run = Site::new()
            .config("[images]")
            .file("content/posts/a/index.md", post(text))
            .file("content/posts/a/sea.jpg", photo(60, 40, 1))
            .file("content/posts/a/bomb.png", &bomb)
            .build()
            .exit(1)
            .stderr_has(words)
            .stderr_has("content/posts/a/index.md:7:");
        assert!(!run.site.path("public").exists(), "nothing is put in place");
    }
}

fn the_digest_of_a_photo_is_that_of_what_is_published() {
    let template =
        "<!doctype html><title>x</title><img alt=\"\" src=\"{{ get_url(path=\"/img/team.jpg\", cachebust=true) }}\">";
    let run = Site::new()
        .config("[images]")
        .file("static/img/team.jpg", photo(90, 60, 1))
        .template("page.html", template)
        .file("content/about.md", "+++\ntitle = \"About\"\n+++\n")
        .build()
        .exit(0);
    let files = run.site.public();
    let made = pictures(&files);
    assert_eq!(made.len(), 2, "the plain name and the hashed one: {made:?}");
    assert!(files[made[0]] == files[made[1]] && !holds(&files[made[0]], SECRET));
}

fn avif_is_written_where_the_program_can_and_refused_where_not() {
    let run = album().config("formats = [\"avif\"]").build();
    match cfg!(feature = "avif") {
        true => {
            let files = run.exit(0).site.public();
            let made: Vec<_> = files.iter().filter(|(name, _)| name.ends_with(".avif")).collect();
            assert_eq!(made.len(), 3);
            assert!(made.iter().all(|(_, bytes)| &bytes[4..12] == b"ftypavif"));
        }
        false => {
            run.exit(2).stderr_has("this program was built without AVIF").stderr_has("--features avif");
        }
    }
}

fn a_card_says_what_its_fonts_can_say() {
    let post = |title: &str| format!("+++\ntitle = {title:?}\ndate = 2026-01-02\n+++\nText.");
    let run = Site::new()
        .config("[images]\ncards = true")
        .post("signs.md", &post("🚀 🚀"))
        .post("hebrew.md", &post("שלום"))
        .post("quotes.md", &post("“Quotes” — l’été, ‚und‘ «so» …"))
        .post("launch.md", &post("Launch 🚀 day"))
        .build()
        .exit(0)
        .stderr_has("no card can be drawn for `content/posts/signs.md`: its fonts have no sign of the title")
        .stderr_has(
            "no card can be drawn for `content/posts/hebrew.md`: its fonts lack `\u{5d5}\u{5dc}\u{5dd}\u{5e9}`",
        );
    let files = run.site.public();
    let cards: Vec<&str> = pictures(&files).into_iter().filter(|name| name.contains("/card.")).collect();
    assert_eq!(cards.len(), 2, "{cards:?}");
    let site = Site::new().config("[images]\ncards = true");
    let settings = std::fs::read_to_string(site.path("site.toml")).unwrap().replace("\"Test\"", "\"日本\"");
    site.file("site.toml", settings)
        .post("a.md", &post("A title"))
        .build()
        .exit(0)
        .stderr_has("cards are drawn without the name of the site: its fonts lack `日本`")
        .stderr_has("site.toml:1:")
        .page_has("/posts/a/", "<meta property=\"og:image:alt\" content=\"A title\">");
}
