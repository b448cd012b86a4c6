//! The laws of building, on a blog of 1,000 posts: what is kept from an earlier build, and how the work is shared out, changes
//! no byte of what is written.
//!
//! `WATCHPOST_LAW_POSTS=10000` holds them on a larger one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::harness::tests;
use crate::reproducible::assert_same;
use crate::site::Site;

tests![
    a_warm_build_is_a_cold_one_before_and_after_an_edit,
    what_is_kept_serves_a_site_whose_output_is_gone,
    what_is_kept_may_be_damaged_or_half_written,
    neither_threads_nor_the_order_of_files_change_a_byte,
];

const SETTINGS: &str = "title = \"Laws\"\nbase_url = \"https://blog.example/\"\ntimezone = \"Europe/Brussels\"\n\
    [taxonomies.tags]\nfeed = true\npaginate = 20\n[paginate]\nposts = 20\n[archives]\nby = [\"year\", \"month\"]\n\
    [images]\nwidths = [16, 32]\n\
    [[feeds]]\nformat = \"rss\"\npath = \"feed.xml\"\n[[feeds]]\nformat = \"atom\"\npath = \"atom.xml\"\n";

/// Code of several languages; lines come again in other posts, as in a real blog.
const CODE: [(&str, &str); 4] = [
    ("rust", "/// Doubles.\npub fn double(value: u64) -> u64 {\n    value * 2 // twice NUMBER\n}\n"),
    ("python", "def double(value):\n    \"\"\"Twice.\"\"\"\n    return value * NUMBER\n"),
    ("html", "<p class=\"a\">NUMBER</p>\n<script>const a = 'b';</script>\n"),
    ("yaml", "- name: text\n  count: NUMBER\n"),
];

/// How many posts.
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the suite")]
fn count() -> usize {
    let asked = std::env::var("WATCHPOST_LAW_POSTS").ok();
    asked.map_or(1_000, |count| count.parse().expect("WATCHPOST_LAW_POSTS is a number of posts"))
}

/// One post: its text depends on its number alone.
fn post(number: usize, count: usize) -> (String, Vec<u8>) {
    let (language, code) = CODE[number % CODE.len()];
    let code = code.replace("NUMBER", &(number % 97).to_string());
    let (year, month, day) = (2010 + number % 15, number / 7 % 12 + 1, number % 28 + 1);
    let text = format!(
        "+++\ntitle = \"Post {number}\"\ndate = {year}-{month:02}-{day:02}\ntags = [\"t{}\", \"u{}\"]\n+++\n\
         Words of post {number}, with a note[^1], *more* and [a link](@/posts/p{}.md).\n\n<!-- more -->\n\n## Part {number}\n\n\
         ```{language}\n{code}```\n\n| a | b |\n|---|---|\n| {number} | `c` |\n\n[^1]: Note.\n",
        number % 10,
        number % 23,
        (number * 31 + 7) % count,
    );
    (format!("content/posts/p{number}.md"), text.into_bytes())
}

fn files() -> Vec<(String, Vec<u8>)> {
    let count = count();
    let mut files: Vec<_> = (0..count).map(|number| post(number, count)).collect();
    files.push(("site.toml".to_owned(), SETTINGS.as_bytes().to_vec()));
    for number in 0..4_u8 {
        let picture = RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8 * 3, y as u8 * 5, number * 60]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
        let text =
            format!("+++\ntitle = \"Picture {number}\"\ndate = 2026-01-0{}\n+++\n![A square](a.png)\n", number + 1);
        files.push((format!("content/posts/picture{number}/index.md"), text.into_bytes()));
        files.push((format!("content/posts/picture{number}/a.png"), bytes.into_inner()));
    }
    files
}

fn site() -> Site {
    files().into_iter().fold(Site::empty(), |site, (path, bytes)| site.file(&path, bytes))
}

/// The site from nothing, made once for all laws.
fn cold() -> &'static BTreeMap<String, Vec<u8>> {
    static COLD: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    COLD.get_or_init(|| {
        let public = site().build().exit(0).site.public();
        assert!(public.len() > count(), "every post is there: {}", public.len());
        public
    })
}

/// Changes the body, the title and the tags of one post.
fn edit(site: &Site) {
    let (path, text) = post(5, count());
    let text = String::from_utf8(text).unwrap();
    let edited = text.replace("title = \"Post 5\"", "title = \"Edited\"").replace("\"t5\"", "\"t9\", \"new\"");
    let edited = edited.replace("Words of", "Other words of").replace("pub fn", "fn").replace("def ", "async def ");
    assert_ne!(edited, text);
    site.write(&path, edited);
}

fn a_warm_build_is_a_cold_one_before_and_after_an_edit() {
    let site = site().build().exit(0).then().build().exit(0).then();
    assert_same(cold(), &site.public(), "built again");
    edit(&site);
    let warm = site.build().exit(0).site.public();
    let fresh = self::site();
    edit(&fresh);
    let fresh = fresh.build().exit(0).site.public();
    assert!(fresh != *cold(), "the edit shows");
    assert_same(&fresh, &warm, "built after an edit");
}

fn what_is_kept_serves_a_site_whose_output_is_gone() {
    let site = site().build().exit(0).then();
    fs::remove_dir_all(site.path("public")).unwrap();
    let site = site.build().exit(0).then();
    assert_same(cold(), &site.public(), "with `.blog/` and without `public/`");
}

/// Every file of the cache, wherever in it.
fn kept(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => kept(&entry.path(), files),
            false => files.push(entry.path()),
        }
    }
}

/// What happens to the bytes of a file.
type Damage<'d> = &'d dyn Fn(Vec<u8>) -> Vec<u8>;

fn what_is_kept_may_be_damaged_or_half_written() {
    let mut site = site().build().exit(0).then();
    let flip = |mut bytes: Vec<u8>| {
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 0x20;
        }
        bytes
    };
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() / 2);
        bytes
    };
    let nothing = |_| Vec::new();
    let damages: [(&str, Damage<'_>); 3] =
        [("one bit is another", &flip), ("half is missing", &cut), ("nothing is left", &nothing)];
    for (what, damage) in damages {
        let mut files = Vec::new();
        kept(&site.path(".blog/cache"), &mut files);
        assert!(files.len() >= 8, "something is kept: {files:?}");
        for name in ["code", "facts"] {
            assert!(files.iter().any(|file| file.ends_with(name)), "`{name}` is among what is damaged: {files:?}");
        }
        for file in &files {
            fs::write(file, damage(fs::read(file).unwrap())).unwrap();
        }
        // Without its output, so that everything that is kept is asked for.
        fs::remove_dir_all(site.path("public")).unwrap();
        site = site.build().exit(0).then();
        assert_same(cold(), &site.public(), what);
    }
}

fn neither_threads_nor_the_order_of_files_change_a_byte() {
    for (threads, step) in [("1", 1), ("2", 389), ("5", 611)] {
        // Written in another order, a folder lists its files in another order.
        let mut files = files();
        let length = files.len();
        files.rotate_left(step % length);
        files.reverse();
        let site = files.into_iter().fold(Site::empty(), |site, (path, bytes)| site.file(&path, bytes));
        let public = site.variable("RAYON_NUM_THREADS", threads).build().exit(0).site.public();
        assert_same(cold(), &public, &format!("on {threads} threads"));
    }
}
