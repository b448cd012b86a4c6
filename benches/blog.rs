//! A blog to measure with: posts made from a seed, the same on every machine, in a folder of their own in memory.
//!
//! Gives what each stage of a build begins with. Posts have what posts have: paragraphs with links to one another, lists,
//! tables, footnotes, and code in six languages, no two blocks alike.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use watchpost::config::{self, Config, Overrides};
use watchpost::diagnostic::Diagnostic;
use watchpost::library::{self, Library};
use watchpost::post::{self, Post};
use watchpost::source::{self, Sources};

const SITE: &str = r#"title = "A blog to measure with"
base_url = "https://bench.example/"
timezone = "UTC"
description = "No word of it is true"
[permalinks]
posts = "/posts/:slug/"
[taxonomies.tags]
paginate = 20
[paginate]
posts = 20
[[feeds]]
format = "rss"
path = "rss.xml"
limit = 20
[analytics]
provider = "goatcounter"
endpoint = "https://stats.bench.example/"
site = "bench"
[env.plain.highlight]
enabled = false
"#;

const NOUNS: &[&str] = &[
    "compiler", "server", "reader", "buffer", "cache", "morning", "library", "module", "pattern", "request", "header",
    "garden", "kitchen", "bicycle", "river", "letter", "window", "battery", "packet", "table", "query", "schema",
    "commit", "warning", "queue", "worker", "clock", "calendar", "café", "résumé",
];
const ADJECTIVES: &[&str] =
    &["small", "quick", "quiet", "late", "careful", "stable", "public", "lazy", "honest", "empty", "nested", "warm"];
const VERBS: &[&str] = &["builds", "reads", "parses", "caches", "opens", "hides", "breaks", "merges", "sorts", "waits"];

/// A blog with its folder, which goes with it.
pub(crate) struct Blog {
    _folder: tempfile::TempDir,
    pub(crate) config: Arc<Config>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) posts: Vec<Arc<Post>>,
}

impl Blog {
    /// Makes so many posts; code has colours or none.
    pub(crate) fn new(posts: u64, highlight: bool) -> Blog {
        // Where memory can be had as a folder, no disk is measured.
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(place).expect("a folder can be made");
        let write = |path: String, text: String| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder can be made");
            std::fs::write(path, text).expect("a file can be written");
        };
        write("site.toml".to_owned(), SITE.to_owned());
        for number in 0..posts {
            write(format!("content/posts/{}.md", name(number)), Writer::new(number).post(number, posts));
        }
        let env = (!highlight).then(|| "plain".to_owned());
        let clock = Some("2026-03-10T00:00:00Z".to_owned());
        let overrides = Overrides { env, clock, ..Overrides::default() };
        let config = Arc::new(whole(config::load(folder.path(), &overrides)));
        let sources = Arc::new(whole(source::scan(&config)));
        let posts = whole(post::parse(&config, &sources));
        Blog { _folder: folder, config, sources, posts }
    }

    /// Arranges the posts.
    pub(crate) fn library(&self) -> Library {
        whole(library::arrange(&self.config, &self.sources, self.posts.clone()))
    }
}

/// Returns the value of a stage that has nothing to complain of.
pub(crate) fn whole<T>(outcome: Result<T, Vec<Diagnostic>>) -> T {
    outcome.unwrap_or_else(|problems| panic!("the blog is whole: {problems:?}"))
}

fn name(number: u64) -> String {
    let (year, month, day) = (2016 + number % 10, 1 + number / 10 % 12, 1 + number / 120 % 28);
    format!("{year}-{month:02}-{day:02}-post-{number}")
}

/// Writes one post: a generator of numbers (xorshift64*), and what was written.
struct Writer {
    state: u64,
    text: String,
    notes: usize,
}

impl Writer {
    fn new(seed: u64) -> Writer {
        Writer { state: seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15), text: String::new(), notes: 0 }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len() as u64) as usize]
    }

    fn noun(&mut self) -> &'static str {
        self.pick(NOUNS)
    }

    fn clause(&mut self) -> String {
        let (one, verb, other) = (self.pick(ADJECTIVES), self.pick(VERBS), self.pick(ADJECTIVES));
        format!("the {one} {} {verb} a {other} {}", self.noun(), self.noun())
    }

    fn sentence(&mut self, posts: u64) -> String {
        let clause = self.clause();
        let noun = self.noun();
        match self.below(12) {
            0 => format!("Often {clause}, and *{noun}* follows. "),
            1 => format!("Here {clause} with `{noun}_{}`. ", self.below(100)),
            2 => {
                let other = self.below(posts);
                format!("See [this {noun}](/posts/post-{other}/), where {clause}. ")
            }
            3 => format!("They say {clause} at [the {noun}](https://example.org/{}). ", self.below(1000)),
            4 => format!("**Never** forget that {clause}! "),
            5 if self.notes < 3 => {
                self.notes += 1;
                format!("Then {clause}.[^{}] ", self.notes)
            }
            _ => format!("Because {clause}, {}. ", self.clause()),
        }
    }

    fn paragraph(&mut self, posts: u64) {
        for _ in 0..2 + self.below(4) {
            let sentence = self.sentence(posts);
            self.text.push_str(&sentence);
        }
        self.text.push_str("\n\n");
    }

    fn post(mut self, number: u64, posts: u64) -> String {
        let (title, clause) = (self.clause(), self.clause());
        let (one, other) = (self.below(15), 15 + self.below(15));
        let date = name(number)[..10].to_owned();
        let front = format!(
            "+++\ntitle = \"On {title}\"\ndate = {date}\nslug = \"post-{number}\"\ntags = [\"tag-{one}\", \"tag-{other}\"]\ndescription = \"How {clause}\"\n+++\n\n"
        );
        self.text.push_str(&front);
        for _ in 0..3 + self.below(4) {
            let (adjective, part) = (self.pick(ADJECTIVES), self.below(1000));
            let _ = writeln!(self.text, "## {adjective} {part}\n");
            for _ in 0..1 + self.below(3) {
                self.paragraph(posts);
            }
            match self.below(4) {
                0 => self.list(),
                1 => self.table(),
                _ => self.code(),
            }
        }
        for note in 1..=self.notes {
            let clause = self.clause();
            let _ = writeln!(self.text, "[^{note}]: Where {clause}.");
        }
        self.text
    }

    fn list(&mut self) {
        for _ in 0..3 + self.below(4) {
            let clause = self.clause();
            let _ = writeln!(self.text, "- {clause}");
        }
        self.text.push('\n');
    }

    fn table(&mut self) {
        self.text.push_str("| name | count |\n|---|--:|\n");
        for _ in 0..2 + self.below(5) {
            let (noun, count) = (self.noun(), self.below(10_000));
            let _ = writeln!(self.text, "| {noun} | {count} |");
        }
        self.text.push('\n');
    }

    fn code(&mut self) {
        let language = self.below(6);
        let _ = writeln!(self.text, "```{}", ["rust", "python", "bash", "js", "yaml", "html"][language as usize]);
        for _ in 0..2 + self.below(4) {
            let piece = self.piece(language);
            self.text.push_str(&piece);
        }
        self.text.push_str("```\n\n");
    }

    /// A few lines of code that say nothing.
    fn piece(&mut self, language: u64) -> String {
        let (a, b) = (self.pick(&NOUNS[..28]), self.pick(&NOUNS[..28]));
        let (n, m, text) = (self.below(1000), self.below(4096), self.clause());
        match language {
            0 => format!(
                "/// {text}\n#[derive(Debug, Clone)]\npub struct {a}_{n} {{\n    pub {b}: Vec<Option<&'static str>>,\n    count: u32, // {m:#x}\n}}\n\nimpl {a}_{n} {{\n    fn {b}(&self, n: usize) -> Result<bool, std::io::Error> {{\n        Ok(self.{b}.len() > n + {m} && self.count != {n}_u32)\n    }}\n}}\n\n"
            ),
            1 => format!(
                "def {a}_{n}({b}, *, limit={m}):\n    \"\"\"{text}.\"\"\"\n    result = [x for x in {b} if x != '{a}' and x > {n}.5]  # {m}\n    if not result:\n        raise ValueError(f\"{{limit!r}} is {a}\")\n    return sorted(result, key=lambda x: x.{b})[:limit]\n\n"
            ),
            2 => format!(
                "# {text}\n{a}_{n}=\"${{1:-{b}}}\"\nfor f in \"${{{a}_{n}[@]}}\"; do\n    if [[ -f \"/var/{b}/$f.log\" ]]; then\n        grep -E '^[0-9]+ {a}' \"$f\" | sort -rn | head -n {m}\n    fi\ndone\n\n"
            ),
            3 => format!(
                "export async function {a}{n}({b}, {{ limit = {m} }} = {{}}) {{\n  const response = await fetch(`/api/${{{b}}}?n=${{limit}}`); // {text}\n  if (!response.ok) throw new Error(\"{a}\");\n  return response.items.filter((x) => x.{b} !== null && /^{a}[a-z]+$/i.test(x));\n}}\n\n"
            ),
            4 => format!(
                "# {text}\n{a}_{n}:\n  {b}: {m}\n  image: \"example/{a}:{n}\"\n  ports: [{n}, {m}]\n  script: |\n    make {b}\n"
            ),
            _ => format!(
                "<!-- {text} -->\n<section id=\"{a}-{n}\" class=\"{b}\">\n  <p>{text} <a href=\"/{a}/?q={m}\">{b} &amp; co</a></p>\n  <style>.{a} > .{b}:hover {{ margin: {n}px auto; }}</style>\n</section>\n"
            ),
        }
    }
}
