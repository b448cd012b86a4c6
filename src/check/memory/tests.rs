//! What is remembered is what is read: over random edits of a folder, by other settings, and after damage.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::check::evidence::Evidence;
use crate::check::{Options, Rules, folder, run_with};
use crate::config::{Config, Overrides, World, read};
use crate::guard::Answers;
use crate::manifest::{Entry, FileKind, Manifest};
use crate::verdict::Outcome;

const GOATCOUNTER: &str =
    "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"x\"\n";
const SNIPPET: &str =
    "<script data-goatcounter=\"https://stats.example/count\" async src=\"https://stats.example/count.js\"></script>";

/// Settings under which a folder is judged; each tells another story of the same pages.
const SETTINGS: &[(&str, &str)] = &[
    ("https://blog.example/", GOATCOUNTER),
    ("https://blog.example/", ""),
    ("https://blog.example/c%20d/", GOATCOUNTER),
    ("http://localhost/", GOATCOUNTER),
    (
        "https://blog.example/",
        "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"x\"\nplaced = \"consent\"\n",
    ),
    (
        "https://blog.example/",
        "[[analytics]]\nprovider = \"matomo\"\nendpoint = \"https://blog.example/stats/\"\nsite = \"1\"\nexclude = [\"/a/**\"]\n\
         [[analytics]]\nprovider = \"custom\"\nendpoint = \"https://own.example/\"\nsite = \"x\"\n\
         script = \"https://own.example/t.js\"\ncollect = \"https://own.example/c\"\n",
    ),
    (
        "https://blog.example/",
        "[[contract]]\nmatch = \"**\"\nexactly_one = \"h1\"\nnone = \"img\"\n\
         [[contract]]\nmatch = \"/a/**\"\nat_least_one = \"a[href]\"\n",
    ),
    ("https://blog.example/", "[[contract]]\nmatch = \"**\"\nat_most_one = \"p > a\"\nat_least_one = \"title\"\n"),
];

const PATHS: &[&str] = &[
    "index.html",
    "a/index.html",
    "a.html",
    "a/b/index.html",
    "old/index.htm",
    "c d/index.html",
    "caf\u{e9}/index.html",
    "about/index.html",
    "x.png",
];

const PARTS: &[&str] = &[
    SNIPPET,
    include_str!("../../analytics/fixtures/matomo.html"),
    include_str!("../../analytics/fixtures/ga4.html"),
    include_str!("../../analytics/fixtures/plausible.html"),
    include_str!("../../analytics/fixtures/cloudflare.html"),
    include_str!("../../analytics/fixtures/fathom-lite.html"),
    "<script data-goatcounter=\"http://stats.example/count\" src=\"//stats.example/count.js\"></script>",
    "<script type=text/plain data-goatcounter=\"https://stats.example/count\" src=https://stats.example/count.js></script>",
    "<!-- <script data-goatcounter=\"https://stats.example/count\" src=https://stats.example/count.js></script> -->",
    "<noscript><img src=\"https://stats.example/count?p=/x\"><script src=https://stats.example/count.js></script></noscript>",
    "<template><script src=https://stats.example/count.js></script></template>",
    "<textarea><script src=https://stats.example/count.js></script></textarea>",
    "<script nomodule src=https://stats.example/count.js></script><script src='' data-goatcounter=/x></script>",
    "<script for=window event=onclick src=https://stats.example/count.js></script>",
    "<script src=https://own.example/t.js></script>",
    "<img src=\"https://stats.example/count?p=/x\" alt=''>",
    "<script data-watchpost=preview src=/w.js></script>",
    "<base href=\"/a/\">",
    "<link rel=canonical href=\"https://blog.example/a/\">",
    "<link rel=canonical href=\"/a/index.html\">",
    "<link rel=canonical href=\"https://other.example/\">",
    "<link rel=canonical href=\"https://[\">",
    "<meta http-equiv=Content-Security-Policy content=\"script-src 'self'\">",
    "<meta http-equiv=refresh content=\"0; url=/a/\">",
    "<meta name=referrer content=no-referrer>",
    "<title>One</title>",
    "<title>Two\nlines</title>",
    "<h1 id=one>One</h1>\n",
    "<h1>Two</h1>\n",
    "<p id=one>again</p>\n<p id=two><a name=three></a></p>\n",
    "<p><a href=\"/a/\">a</a> <a href=\"/a\">a</a>\n<a href=\"/a/?q#one\">a</a></p>",
    "<a href=\"#one\">here</a><a href=\"#gone\">here</a>\n<a href=\"\">here</a>",
    "<a href=\"../a/b/#two\">b</a>\n<a href=\"/a/b/#two\">b</a><a href=\"/a/b/#caf%C3%A9\">b</a>",
    "<a href=\"/c%20d/#one\">c</a><a href=\"/café/\">c</a><a href=\"/caf%C3%A9\">c</a>",
    "<a href=\"/old/#one\">o</a><a href=\"/old\">o</a><a href=\"/moved/x/\">m</a><a href=\"/stats/x\">s</a>",
    "<a href=\"/about/\">about</a>\n\n<a href=\"/%61bout/\">about</a><a href=\"//blog.example/about\">about</a>",
    "<form action=\"/gone/\"><button formaction=/gone/></form><img src=/x.png srcset=\"/x.png 1x, /y.png 2x\">",
    "<a href=\"http://localhost:1313/\">l</a><img alt=x src=\"http://127.0.0.1/x.png\"><a href=\"https://[\">x</a>",
];

/// One change.
#[derive(Debug, Clone)]
enum Edit {
    Write(String, String),
    Remove(String),
    Settings(usize, bool),
}

fn page() -> impl Strategy<Value = String> {
    let wrapped = |(parts, form): (Vec<&str>, usize)| {
        let content = parts.concat();
        match form {
            0 => content,
            1 => format!("<!doctype html><html amp><head>{content}</head></html>"),
            2 => format!("<!doctype html><html lang=en><body>{}{content}</body></html>", "<div>".repeat(600)),
            3 => format!("<!doctype html><html lang=en>\n<head>{content}</head>\n<body></body></html>"),
            _ => format!("<!doctype html><html lang=en>\n<head></head>\n<body>\n{content}\n</body></html>"),
        }
    };
    (prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..6), 0_usize..9).prop_map(wrapped)
}

fn edit() -> impl Strategy<Value = Edit> {
    let path = || prop::sample::select(PATHS.to_vec()).prop_map(str::to_owned);
    let redirects = prop::sample::select(vec!["/moved/* /a/ 301\n", "/about /a/\n/gone/ /a/ 302\n", ""]);
    prop_oneof![
        12 => (path(), page()).prop_map(|(path, text)| Edit::Write(path, text)),
        3 => path().prop_map(Edit::Remove),
        1 => redirects.prop_map(|text| Edit::Write("_redirects".to_owned(), text.to_owned())),
        2 => (0..SETTINGS.len(), any::<bool>()).prop_map(|(number, ours)| Edit::Settings(number, ours)),
    ]
}

/// A written folder, and what is set about it.
struct Folder {
    folder: TempDir,
    config: Config,
    manifest: Option<Manifest>,
}

fn config(number: usize) -> Config {
    let (base_url, more) = SETTINGS[number];
    let text = format!("title = \"t\"\nbase_url = \"{base_url}\"\ntimezone = \"UTC\"\nfeeds = []\n{more}");
    read(Path::new("/site"), &text, &Overrides::default(), &World::default()).unwrap()
}

impl Folder {
    fn new() -> Folder {
        Folder { folder: TempDir::new().unwrap(), config: config(0), manifest: None }
    }

    fn write(&self, path: &str, text: &str) {
        let target = self.folder.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, text).unwrap();
    }

    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Write(path, text) => self.write(path, text),
            Edit::Remove(path) => drop(fs::remove_file(self.folder.path().join(path))),
            Edit::Settings(number, ours) => {
                self.config = config(*number);
                self.manifest = ours.then(|| manifest(&self.config));
            }
        }
    }

    fn evidence(&self, memory: Option<&Memory>) -> Evidence<'_> {
        folder::gather(&self.config, self.folder.path(), self.manifest.as_ref(), true, memory).unwrap()
    }

    /// Returns what is left, and what the run says that was remembered with.
    fn remembering(&self, bytes: &[u8]) -> (Option<Vec<u8>>, String) {
        let memory = Memory::recall(bytes.to_vec());
        let told = told(&self.evidence(Some(&memory)));
        (memory.to_bytes(), told)
    }

    fn afresh(&self) -> String {
        told(&self.evidence(None))
    }

    /// Returns the codes of all that is wrong with the pages.
    fn wrong(&self, bytes: &[u8]) -> Vec<&'static str> {
        let memory = Memory::recall(bytes.to_vec());
        let options = Options { memory: Some(&memory), site_rules: true, ..Options::default() };
        let rules = Rules { servers: std::borrow::Cow::Borrowed(&[]), ..Rules::ALL };
        let report =
            run_with(&rules, &self.config, self.folder.path(), self.manifest.as_ref(), &Answers::default(), &options);
        let verdicts = report.verdicts.iter().map(|judged| &judged.verdict);
        verdicts.filter(|verdict| verdict.outcome == Outcome::Drift).map(|verdict| verdict.code).collect()
    }
}

/// A manifest that says something of its own about each page.
fn manifest(config: &Config) -> Manifest {
    let entry = |(number, path): (usize, &&str)| {
        let entry = Entry {
            digest: Digest::of(path),
            size: 1,
            kind: if number == 3 { FileKind::Asset } else { FileKind::Page },
            source: Some(format!("content/{number}.md")),
            layout: Some(format!("{}.html", number % 2)),
            section: (number % 3 > 0).then(|| "section".to_owned()),
            no_analytics: number == 2,
            canonical: (number == 4).then(|| "https://other.example/".to_owned()),
        };
        ((*path).to_owned(), entry)
    };
    Manifest::new(&config.base_url, PATHS.iter().enumerate().map(entry).collect())
}

/// All of the evidence but for what is set.
fn told(evidence: &Evidence<'_>) -> String {
    let Evidence { files, pages, feeds, sitemaps, leaks, breaches, lost, unreadable, .. } = evidence;
    format!("{files:#?}{pages:#?}{feeds:#?}{sitemaps:#?}{leaks:#?}{breaches:#?}{lost:#?}{unreadable:#?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_remembered_folder_is_the_one_that_is_read(edits in prop::collection::vec(edit(), 1..25)) {
        let mut folder = Folder::new();
        let mut bytes = Vec::new();
        for edit in &edits {
            folder.apply(edit);
            let (left, told) = folder.remembering(&bytes);
            prop_assert_eq!(told, folder.afresh());
            bytes = left.unwrap_or(bytes);
            // What is left does not tell of what was before.
            let (fresh, _) = folder.remembering(&[]);
            prop_assert!(fresh.is_none_or(|fresh| fresh == bytes), "bytes that are left depend on earlier runs");
            let (again, told) = folder.remembering(&bytes);
            prop_assert!(again.is_none(), "every page is known by now");
            prop_assert_eq!(told, folder.afresh());
        }
    }
}

/// A folder of three pages, and what a run leaves of it.
fn learnt() -> (Folder, Vec<u8>) {
    let folder = Folder::new();
    for (path, body) in [("index.html", "<a href=/a/#two>a</a>"), ("a/index.html", "<p id=two>"), ("b.html", "")] {
        folder.write(path, &format!("<!doctype html><title>t</title><h1>t</h1>{SNIPPET}{body}"));
    }
    let (left, _) = folder.remembering(&[]);
    (folder, left.unwrap())
}

#[test]
fn every_way_to_carry_a_snippet_can_be_kept() {
    let folder = Folder::new();
    for (number, part) in PARTS.iter().enumerate() {
        folder.write(&format!("{number}.html"), &format!("<!doctype html>{part}"));
    }
    let bytes = folder.remembering(&[]).0.unwrap();
    let kept = folder.evidence(Some(&Memory::recall(bytes.clone()))).pages.len();
    assert_eq!(kept, PARTS.len());
    assert_eq!(folder.remembering(&bytes).0, None, "each page is recalled");
}

#[test]
fn a_page_is_known_by_its_bytes_and_its_path() {
    let (folder, bytes) = learnt();
    let name = name(&folder.config.base_url, &Table::all(&folder.config), &[], true);
    let site = Site::new(&folder.config.base_url, [], None, Vec::new());
    let (recalled, addresses) = Memory::recall(bytes).open(&name, &site);
    assert_eq!((recalled.count(), addresses.count()), (3, 1));
    let digest = |path: &str| Digest::of(fs::read(folder.folder.path().join(path)).unwrap());
    let index = digest("index.html");
    assert!(recalled.page("index.html", key("index.html", &index)).is_some());
    assert!(recalled.page("b.html", key("b.html", &index)).is_none());
    assert!(recalled.page("index.html", key("index.html", &digest("b.html"))).is_none());
}

#[test]
fn what_is_broken_after_a_build_is_found_by_the_next() {
    let (folder, bytes) = learnt();
    assert_eq!(folder.wrong(&bytes), [""; 0]);
    folder.write("b.html", "<!doctype html><title>t</title><h1>t</h1>");
    assert_eq!(folder.wrong(&bytes), ["snippet/missing"]);
    // Nor is it forgotten once it is known.
    let bytes = folder.remembering(&bytes).0.unwrap();
    assert_eq!(folder.wrong(&bytes), ["snippet/missing"]);
}

#[test]
fn other_settings_find_what_the_same_pages_lack_by_them() {
    let (mut folder, bytes) = learnt();
    let text = format!(
        "title = \"t\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\n{}",
        GOATCOUNTER.replace("stats.example", "other.example")
    );
    folder.config = read(Path::new("/site"), &text, &Overrides::default(), &World::default()).unwrap();
    assert_eq!(folder.wrong(&bytes), ["snippet/altered"]);
}

#[test]
fn a_secret_is_found_in_a_page_that_is_known_and_never_kept() {
    let (mut folder, _) = learnt();
    let token = "sEcret-T0ken-of-x";
    folder.write("b.html", &format!("<!doctype html><title>t</title><h1>t</h1>{SNIPPET}<p>{token}"));
    let text = format!(
        "title = \"t\"\nbase_url = \"https://blog.example/\"\ntimezone = \"UTC\"\n{GOATCOUNTER}token_env = \"STATS_TOKEN\"\n"
    );
    let bytes = folder.remembering(&[]).0.unwrap();
    let with = |token: &str| {
        let environment = BTreeMap::from([("STATS_TOKEN".to_owned(), token.to_owned())]);
        let world = World { environment: environment.into_iter().collect(), ..World::default() };
        read(Path::new("/site"), &text, &Overrides::default(), &world).unwrap()
    };
    folder.config = with("another-T0ken");
    let bytes = folder.remembering(&bytes).0.unwrap();
    assert!(folder.evidence(Some(&Memory::recall(bytes.clone()))).leaks.is_empty());
    // The same name whatever the token: no digest of it is anywhere.
    folder.config = with(token);
    assert_eq!(folder.remembering(&bytes).0, None, "each page is recalled");
    let leaks = folder.evidence(Some(&Memory::recall(bytes.clone()))).leaks;
    assert_eq!(leaks.into_iter().collect::<Vec<_>>(), [("b.html".to_owned(), "STATS_TOKEN".to_owned())]);
    assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()));
}

#[test]
fn damage_is_no_memory() {
    let (folder, bytes) = learnt();
    let afresh = folder.afresh();
    let mut step = 0;
    while step < bytes.len() {
        let mut damaged = bytes.clone();
        damaged[step] ^= 4;
        for damaged in [damaged, bytes[..step].to_vec()] {
            let (left, told) = folder.remembering(&damaged);
            assert_eq!(told, afresh, "at {step}");
            assert_eq!(left.as_ref(), Some(&bytes), "at {step}");
        }
        step += 7;
    }
}

#[test]
fn what_is_sealed_and_makes_no_sense_is_read_without_a_panic() {
    let (folder, bytes) = learnt();
    let name = name(&folder.config.base_url, &Table::all(&folder.config), &[], true);
    let content = opened(&name, bytes).unwrap();
    for at in 0..content.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xff, content[at] ^ 1] {
            let mut forged = content.clone();
            forged[at] = byte;
            folder.remembering(&sealed([begun(&name), forged].concat()));
        }
        folder.remembering(&sealed([begun(&name).as_slice(), &content[..at]].concat()));
    }
}
