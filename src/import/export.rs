//! What reading an export needs, whichever engine made it: addresses within the old site, names of files that no two items
//! share, texts without what no page may hold.

use std::collections::BTreeMap;
use std::path::Path;

use percent_encoding::percent_decode_str;
use toml::Value;
use url::Url;

use super::{Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};
use crate::paths::Route;

/// The longest name that is given to a file, in bytes, without its date and ending.
const LONGEST: usize = 120;

/// Where the old site stood.
#[derive(Debug, Clone)]
pub(super) struct Home {
    url: Option<Url>,
}

impl Home {
    /// Takes the site's address; anything that is none is no home.
    pub(super) fn new(address: &str) -> Home {
        Home { url: Url::parse(address.trim()).ok().filter(Url::has_host) }
    }

    /// Returns the address as `site.toml` has it.
    pub(super) fn base_url(&self) -> Option<String> {
        let url = self.url.as_ref()?;
        Some(format!("{}{}/", url.origin().ascii_serialization(), url.path().trim_end_matches('/')))
    }

    /// Returns where something stood within the site, decoded: `/2011/03/watching/`. Nothing for what stood elsewhere, for an
    /// address that only a query tells from others, and for one that no page here can have.
    pub(super) fn address(&self, link: &str) -> Option<String> {
        let url = match &self.url {
            Some(home) => home.join(link.trim()).ok()?,
            None => Url::parse(link.trim()).ok().filter(Url::has_host)?,
        };
        let bare = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
        if url.query().is_some() || self.url.as_ref().is_some_and(|home| bare(home) != bare(&url)) {
            return None;
        }
        let prefix = self.url.as_ref().map_or("", |home| home.path().trim_end_matches('/'));
        let rest = url.path().strip_prefix(prefix).filter(|rest| rest.starts_with('/'))?;
        let address = percent_decode_str(rest).decode_utf8().ok()?.into_owned();
        Route::new(address.as_str()).ok().map(|_| address)
    }
}

/// Gives names to files: those of two items never differ by case alone.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeMap<String, u64>,
}

impl Names {
    /// Returns the path of a post: `content/posts/2011-03-10-watching.md`.
    pub(super) fn post(&mut self, day: Option<&str>, slug: &str) -> String {
        let stem = stem(slug);
        self.free("content/posts/", &day.map_or_else(|| stem.clone(), |day| format!("{day}-{stem}")), ".md")
    }

    /// Returns the path of a page: `content/about.md`.
    pub(super) fn page(&mut self, slug: &str) -> String {
        self.free("content/", &stem(slug), ".md")
    }

    /// Returns the path of a file beside the texts.
    pub(super) fn free(&mut self, folder: &str, stem: &str, ending: &str) -> String {
        let mut name = format!("{folder}{stem}{ending}");
        let key = name.to_lowercase();
        let mut number = self.taken.get(&key).copied().unwrap_or_default();
        if number > 0 {
            let first = key;
            loop {
                number += 1;
                name = format!("{folder}{stem}-{number}{ending}");
                if !self.taken.contains_key(&name.to_lowercase()) {
                    break;
                }
            }
            self.taken.insert(first, number);
            self.taken.insert(name.to_lowercase(), 1);
        } else {
            self.taken.insert(key, 1);
        }
        name
    }
}

/// Returns a file's name without its ending, from the last part of an address or a title.
pub(super) fn stem(slug: &str) -> String {
    let decoded = percent_decode_str(slug).decode_utf8().map_or_else(|_| slug.to_owned(), |text| text.into_owned());
    let is_bad = |letter: char| letter.is_control() || letter.is_whitespace() || "/\\<>:\"|?*#%&{}".contains(letter);
    let mut name: String = decoded.trim().chars().map(|letter| if is_bad(letter) { '-' } else { letter }).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    let mut name = name.trim_matches(['-', '.', '_', ' ']).to_owned();
    let end = name.floor_char_boundary(LONGEST);
    name.truncate(end);
    let name = name.trim_end_matches(['-', '.', ' ']);
    // What is called so is the head of a folder.
    match name {
        "" => "untitled".to_owned(),
        "index" => "index-page".to_owned(),
        name => name.to_owned(),
    }
}

/// Returns words as the last part of an address.
pub(super) fn slug(words: &str) -> String {
    let lower = words.to_lowercase();
    let parts = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// Returns the last part of an address: `watching`.
pub(super) fn last_part(address: &str) -> &str {
    let last = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.strip_suffix(".html").or_else(|| last.strip_suffix(".htm")).unwrap_or(last)
}

/// Whether a page here can have this address.
pub(super) fn plain_address(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//") && Route::new(address).is_ok()
}

/// Puts a space in the place of each character that no page and no feed may hold; tells whether there was one.
pub(super) fn cleaned(text: String) -> (String, bool) {
    let is_forbidden = |letter: char| {
        matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}')
            || u32::from(letter) & 0xfffe == 0xfffe
    };
    if !text.contains(is_forbidden) {
        return (text, false);
    }
    (text.chars().map(|letter| if is_forbidden(letter) { ' ' } else { letter }).collect(), true)
}

/// Lets links that lead nowhere be warnings: a blog of many years has some, and its first build should not fail for them.
pub(super) fn forgive_links(settings: &mut Settings, sink: &mut dyn Sink) {
    let levels = ["link/broken-page", "link/broken-fragment"].map(|code| (code.to_owned(), text("warn")));
    let levels =
        Value::Table([("levels".to_owned(), Value::Table(levels.into_iter().collect()))].into_iter().collect());
    settings.tables.insert("check".to_owned(), levels);
    let message =
        "links within the blog that lead nowhere are warnings by now: `[check.levels]` in `site.toml` says so";
    let hint = "mend them, and take the table out: then they are errors, as usual";
    sink.remark(Diagnostic::note("import/guessed", message).hint(hint));
}

/// Refuses an archive: what is in it is to be read, not it.
pub(super) fn refuse_archive(path: &Path) -> Result<(), Vec<Diagnostic>> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    if ![".zip", ".gz", ".tgz", ".tar"].iter().any(|ending| name.ends_with(ending)) {
        return Ok(());
    }
    let message = format!("`{}` is an archive", path.display());
    let hint = "unpack it, and name the file that was in it, or the folder";
    Err(vec![Diagnostic::error("import/from", message).at(Place::file(path.display())).hint(hint)])
}

/// Makes a text of front matter.
pub(super) fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

/// Makes a list of front matter.
pub(super) fn texts<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Value {
    Value::Array(values.into_iter().map(text).collect())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::import::{Carried, Document};

    /// Keeps what a reader hands over.
    #[derive(Debug, Default)]
    pub(in crate::import) struct Kept {
        pub(in crate::import) documents: Vec<Document>,
        pub(in crate::import) files: Vec<Carried>,
        pub(in crate::import) remarks: Vec<Diagnostic>,
        pub(in crate::import) settings: Settings,
    }

    impl Kept {
        /// Returns a value of a document's front matter.
        pub(in crate::import) fn front(&self, at: usize, key: &str) -> Option<&Value> {
            self.documents[at].front.iter().find(|(known, _)| known == key).map(|(_, value)| value)
        }

        /// Whether some remark says this.
        pub(in crate::import) fn says(&self, words: &str) -> bool {
            self.remarks.iter().any(|remark| remark.message.contains(words))
        }
    }

    impl Sink for Kept {
        fn document(&mut self, document: Document) -> Result<(), Vec<Diagnostic>> {
            self.documents.push(document);
            Ok(())
        }

        fn carry(&mut self, file: Carried) -> Result<(), Vec<Diagnostic>> {
            self.files.push(file);
            Ok(())
        }

        fn remark(&mut self, remark: Diagnostic) {
            self.remarks.push(remark);
        }
    }

    #[test]
    fn an_address_is_what_stands_below_the_site() {
        let home = Home::new("https://www.old.example/blog");
        assert_eq!(home.base_url().as_deref(), Some("https://www.old.example/blog/"));
        for (link, expected) in [
            ("https://old.example/blog/2011/%C3%BCber/", Some("/2011/über/")),
            ("http://www.old.example/blog/a.html", Some("/a.html")),
            ("https://old.example/blog/?p=12", None),
            ("https://old.example/elsewhere/", None),
            ("https://new.example/blog/a/", None),
            ("nonsense", None),
        ] {
            assert_eq!(home.address(link).as_deref(), expected, "{link}");
        }
    }

    #[test]
    fn names_never_differ_by_case_alone() {
        let mut names = Names::default();
        assert_eq!(names.post(Some("2011-03-10"), "Watching"), "content/posts/2011-03-10-Watching.md");
        assert_eq!(names.post(Some("2011-03-10"), "watching"), "content/posts/2011-03-10-watching-2.md");
        assert_eq!(names.post(Some("2011-03-10"), "watching-2"), "content/posts/2011-03-10-watching-2-2.md");
        assert_eq!(names.post(Some("2011-03-10"), "WATCHING"), "content/posts/2011-03-10-WATCHING-3.md");
        assert_eq!(names.page("index"), "content/index-page.md");
        assert_eq!(names.page("../..//etc/%2Fpasswd"), "content/etc-passwd.md");
        assert_eq!(names.page("%E6%97%A5"), "content/日.md");
        assert_eq!(names.page(&"é".repeat(200)).len(), "content/.md".len() + LONGEST);
    }

    #[test]
    fn characters_that_no_page_may_hold_become_blanks() {
        assert_eq!(cleaned("a\u{b}b\tc\u{ffff}".to_owned()), ("a b\tc ".to_owned(), true));
        assert_eq!(cleaned("a\n\u{85}é".to_owned()), ("a\n\u{85}é".to_owned(), false));
    }

    #[test]
    fn an_archive_is_refused_with_what_to_do() {
        let problems = refuse_archive(Path::new("old/Export.ZIP")).unwrap_err();
        assert!(problems[0].hint.as_ref().unwrap().starts_with("unpack it"));
        assert!(refuse_archive(Path::new("export.xml")).is_ok());
    }
}
