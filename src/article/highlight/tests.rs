//! Our parser and engine beside `syntect`'s parser, over real code in many languages.
//!
//! `tests/corpus/fetch.py FOLDER` fetches the code; `WATCHPOST_CORPUS=FOLDER cargo test --lib -- --ignored --nocapture same_scopes`
//! reads it and prints the table. Demands the same scopes for every byte, and looks to match them. With
//! `WATCHPOST_CORPUS_LANGUAGES=a,b` only those are read, and nothing is demanded of their number; with
//! `WATCHPOST_CORPUS_LINES=12000` so many lines of each.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use syntect::parsing::{ParseState, Scope, ScopeStack, ScopeStackOp};

use super::engine::Engine;
use super::grammars::Grammars;
use super::machine::Machine;
use super::parser::{Position, Scratch};
use super::scheme::{Look, Scheme};
use super::steps::Step;
use super::themes;

/// Lines of one language, unless others are asked for; a file that reaches them is the last.
const MOST_LINES: usize = 3000;
/// What there must be at least: languages with so many lines each, and lines in all.
const LANGUAGES: usize = 50;
const LINES_OF_LANGUAGE: usize = 100;
const LINES: usize = 100_000;
/// Differences that are shown; of each file only the first.
const SHOWN: usize = 40;

/// Files that `syntect` never comes back from; ours gives them up (`a_grammar_that_goes_round_in_a_circle_is_given_up`).
const ENDLESS: &[&str] = &["debian/fish/share/tools/web_config/js/colorutils.js"];

/// Names of files that have no ending which says what they are.
const NAMES: &[(&str, &str)] = &[
    ("CMakeLists.txt", "CMake"),
    ("Dockerfile", "Dockerfile"),
    ("GNUmakefile", "Makefile"),
    ("Gemfile", "Ruby"),
    ("Makefile", "Makefile"),
    ("Rakefile", "Ruby"),
    ("nginx.conf", "nginx"),
];

/// How the reading of a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    /// The grammar leads nowhere.
    Refused,
    Panicked,
}

/// The steps of each line, as far as the reading came.
struct Reading<S> {
    lines: Vec<Vec<(usize, S)>>,
    end: End,
    took: Duration,
}

/// What was read of a language.
#[derive(Debug, Default, Clone)]
struct Sum {
    files: usize,
    lines: usize,
    bytes: usize,
    theirs: Duration,
    ours: Duration,
    engine: Duration,
    /// Files that `syntect` did not read to the end; what it read of them was compared.
    unread: usize,
    differences: Vec<String>,
}

fn read<S>(text: &str, mut line: impl FnMut(&str) -> Option<Vec<(usize, S)>>) -> Reading<S> {
    let mut lines = Vec::new();
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for one in text.split_inclusive('\n') {
            match line(one) {
                Some(steps) => lines.push(steps),
                None => return End::Refused,
            }
        }
        End::Whole
    }));
    Reading { lines, end: outcome.unwrap_or(End::Panicked), took: began.elapsed() }
}

fn read_by_syntect(machine: &Machine, grammar: usize, text: &str) -> Reading<ScopeStackOp> {
    let mut state = ParseState::new(&machine.syntaxes()[grammar]);
    read(text, |line| state.parse_line(line, machine.set()).ok())
}

fn read_by_parser(machine: &Machine, scratch: &mut Scratch, grammar: usize, text: &str) -> Reading<Step> {
    let mut position = machine.start(grammar).map(Position::start);
    read(text, |line| {
        let mut steps = Vec::new();
        let position = position.as_mut().ok()?;
        position.read(line, machine, scratch, &mut |at, step| steps.push((at, step))).ok()?;
        Some(steps)
    })
}

fn read_by_engine(
    machine: &Machine,
    engine: &mut Engine,
    scheme: &Scheme,
    grammar: usize,
    text: &str,
) -> Reading<Look> {
    let mut cursor = machine.start(grammar).map(|id| engine.start(id));
    read(text, |line| {
        let pieces = engine.line(cursor.as_mut().ok()?, line, machine, scheme).ok()?;
        Some(pieces.iter().map(|(end, look)| (*end as usize, *look)).collect())
    })
}

/// The scopes of our side, as its steps have them.
#[derive(Debug, Default)]
struct Stack {
    scopes: Vec<Scope>,
    cleared: Vec<Vec<Scope>>,
}

impl Stack {
    fn take(&mut self, step: Step) {
        use syntect::parsing::ClearAmount;
        match step {
            Step::Push(scope) => self.scopes.push(scope),
            Step::Pop(count) => self.scopes.truncate(self.scopes.len().saturating_sub(count)),
            Step::Clear(ClearAmount::TopN(count)) => {
                let kept = self.scopes.len().saturating_sub(count);
                self.cleared.push(self.scopes.split_off(kept));
            }
            Step::Clear(ClearAmount::All) => self.cleared.push(std::mem::take(&mut self.scopes)),
            Step::Restore => self.scopes.extend(self.cleared.pop().unwrap_or_default()),
        }
    }
}

/// Returns what stands over each byte of a line, as pieces with their ends, and leaves the stack behind it.
fn pieces<S, K, L: PartialEq>(
    line: &str,
    steps: &[(usize, S)],
    stack: &mut K,
    take: impl Fn(&mut K, &S),
    mut look: impl FnMut(&K) -> L,
) -> Vec<(usize, L)> {
    let mut pieces: Vec<(usize, L)> = Vec::new();
    let mut done = 0;
    let mut push = |end: usize, look: L| match pieces.last_mut() {
        Some((last_end, last)) if *last == look => *last_end = end,
        _ => pieces.push((end, look)),
    };
    for (at, step) in steps {
        if *at > done && line.is_char_boundary(*at) {
            done = *at;
            push(done, look(stack));
        }
        take(stack, step);
    }
    if done < line.len() {
        push(line.len(), look(stack));
    }
    pieces
}

/// Returns the first place where two rows of pieces differ, and what each has there.
fn first_difference<'p, L: Copy, M: Copy>(
    theirs: &'p [(usize, L)],
    ours: &'p [(usize, M)],
    same: impl Fn(usize, usize, L, M) -> bool,
) -> Option<(usize, Option<L>, Option<M>)> {
    let (mut their, mut our, mut at) = (theirs.iter().peekable(), ours.iter().peekable(), 0);
    loop {
        match (their.peek(), our.peek()) {
            (None, None) => return None,
            (Some((end_of_theirs, left)), Some((end_of_ours, right))) => {
                let end = *end_of_theirs.min(end_of_ours);
                if !same(at, end, *left, *right) {
                    return Some((at, Some(*left), Some(*right)));
                }
                at = end;
                their.next_if(|(its_end, _)| *its_end == end);
                our.next_if(|(its_end, _)| *its_end == end);
            }
            (left, right) => return Some((at, left.map(|piece| piece.1), right.map(|piece| piece.1))),
        }
    }
}

/// What remembers across the files of one language.
struct Bench<'b> {
    grammars: &'b Grammars,
    scheme: &'b Scheme,
    grammar: usize,
    scratch: Scratch,
    engine: Engine,
    looks: HashMap<Vec<Scope>, Look>,
}

impl Bench<'_> {
    /// Reads a text three times; returns the first difference.
    fn compare(&mut self, text: &str, sum: &mut Sum) -> Option<String> {
        let machine = self.grammars.machine();
        let theirs = read_by_syntect(machine, self.grammar, text);
        let ours = read_by_parser(machine, &mut self.scratch, self.grammar, text);
        let engine = read_by_engine(machine, &mut self.engine, self.scheme, self.grammar, text);
        if ours.end == End::Panicked {
            self.scratch = Scratch::default();
        }
        if engine.end == End::Panicked {
            self.engine = Engine::default();
        }
        sum.files += 1;
        sum.lines += theirs.lines.len();
        sum.bytes += text.split_inclusive('\n').take(theirs.lines.len()).map(str::len).sum::<usize>();
        sum.theirs += theirs.took;
        sum.ours += ours.took;
        sum.engine += engine.took;
        // Where syntect panics over an expression, ours may not have had to try it.
        let as_far = |lines: usize, end: End| {
            if theirs.end == End::Panicked {
                lines >= theirs.lines.len()
            } else {
                (lines, end) == (theirs.lines.len(), theirs.end)
            }
        };
        sum.unread += usize::from(theirs.end != End::Whole);
        let mut stacks = (ScopeStack::new(), Stack::default());
        for (number, line) in text.split_inclusive('\n').enumerate().take(theirs.lines.len()) {
            let Some(difference) = self.line(line, number, &theirs, &ours, &engine, &mut stacks) else { continue };
            return Some(format!("{}:{difference}", number + 1));
        }
        for (name, lines, end) in
            [("the parser", ours.lines.len(), ours.end), ("the engine", engine.lines.len(), engine.end)]
        {
            if !as_far(lines, end) {
                let lines_of_theirs = theirs.lines.len();
                return Some(format!(
                    "{}: {name} ends {end:?} after {lines} lines, syntect {:?} after {lines_of_theirs}",
                    lines + 1,
                    theirs.end
                ));
            }
        }
        None
    }

    fn line(
        &mut self,
        line: &str,
        number: usize,
        theirs: &Reading<ScopeStackOp>,
        ours: &Reading<Step>,
        engine: &Reading<Look>,
        (their_stack, our_stack): &mut (ScopeStack, Stack),
    ) -> Option<String> {
        let (ours, engine) = (ours.lines.get(number)?, engine.lines.get(number)?);
        let take = |stack: &mut ScopeStack, step: &ScopeStackOp| {
            // A grammar may restore what was never cleared: then nothing comes back.
            let _ = stack.apply(step);
        };
        let theirs = pieces(line, &theirs.lines[number], their_stack, take, |stack| stack.scopes.clone());
        let ours = pieces(line, ours, our_stack, |stack, step| stack.take(*step), |stack| stack.scopes.clone());
        let shown = |scopes: Option<&[Scope]>| {
            scopes.unwrap_or_default().iter().map(|scope| scope.build_string()).collect::<Vec<_>>().join(" ")
        };
        let left: Vec<(usize, &[Scope])> = theirs.iter().map(|(end, scopes)| (*end, scopes.as_slice())).collect();
        let right: Vec<(usize, &[Scope])> = ours.iter().map(|(end, scopes)| (*end, scopes.as_slice())).collect();
        let difference = first_difference(&left, &right, |_, _, left, right| left == right);
        if let Some((at, left, right)) = difference {
            return Some(format!(
                "{}: other scopes\n    {:?}\n    syntect: {}\n    ours:    {}",
                at + 1,
                line,
                shown(left),
                shown(right)
            ));
        }
        if their_stack.scopes != our_stack.scopes {
            let (left, right) = (shown(Some(&their_stack.scopes)), shown(Some(&our_stack.scopes)));
            return Some(format!(
                "{}: other scopes behind the line\n    {line:?}\n    syntect: {left}\n    ours:    {right}",
                line.len()
            ));
        }
        let looks: Vec<(usize, Look)> = theirs
            .into_iter()
            .map(|(end, scopes)| {
                let look = self.looks.get(&scopes).copied().unwrap_or_else(|| self.scheme.look(&scopes));
                self.looks.insert(scopes, look);
                (end, look)
            })
            .collect();
        // Blanks take the look of what stands before them where nobody can see that.
        let same = |from: usize, to: usize, left: Look, right: Look| {
            left == right
                || (line.as_bytes()[from..to].iter().all(u8::is_ascii_whitespace)
                    && !left.shows_on_blanks()
                    && !right.shows_on_blanks())
        };
        let (at, left, right) = first_difference(&looks, engine, same)?;
        Some(format!(
            "{}: other looks of the engine\n    {line:?}\n    syntect: {left:?}\n    ours:    {right:?}",
            at + 1
        ))
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|_| panic!("{} was not fetched: tests/corpus/fetch.py", folder.display()));
    for entry in entries.flatten() {
        match entry.path() {
            path if path.is_dir() => walk(&path, files),
            path => files.push(path),
        }
    }
}

/// Returns the files of each language, no package before another.
fn corpus(folder: &Path, grammars: &Grammars) -> BTreeMap<usize, Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(folder, &mut files);
    files.retain(|path| !ENDLESS.iter().any(|endless| path.ends_with(endless)));
    files.sort_by_cached_key(|path| {
        let path = path.strip_prefix(folder).unwrap_or(path);
        *blake3::hash(path.as_os_str().as_encoded_bytes()).as_bytes()
    });
    let mut languages: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, grammar)| *grammar);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        let Some(grammar) = named.or(ending).or(Some(&name)).and_then(|name| grammars.find(name)) else { continue };
        if !grammars.is_plain(grammar) {
            languages.entry(grammar).or_default().push(path);
        }
    }
    languages
}

#[expect(clippy::disallowed_methods, reason = "whoever runs this says where the fetched code is")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn row(name: &str, sum: &Sum) -> String {
    let rate = |took: Duration| sum.bytes as f64 / 1e6 / took.as_secs_f64().max(1e-9);
    let Sum { files, lines, bytes, theirs, ours, engine, unread, .. } = sum;
    let unread = if *unread == 0 { String::new() } else { format!("  (syntect fails in {unread})") };
    format!(
        "{name:32} {files:>6} {lines:>7} {bytes:>9} {:>8.2} {:>8.2} {:>8.2} {:>6.1}{unread}",
        rate(*theirs),
        rate(*ours),
        rate(*engine),
        rate(*ours) / rate(*theirs)
    )
}

#[test]
#[ignore = "needs the code that tests/corpus/fetch.py fetches; .ci/run runs it"]
fn same_scopes_as_syntect_in_real_code() {
    let folder = variable("WATCHPOST_CORPUS").expect("WATCHPOST_CORPUS names the folder that fetch.py filled");
    let only = variable("WATCHPOST_CORPUS_LANGUAGES");
    let most = variable("WATCHPOST_CORPUS_LINES").map_or(MOST_LINES, |lines| lines.parse().expect("a number"));
    let grammars = Grammars::load();
    let (light, dark) = (themes::find("github-light"), themes::find("github-dark"));
    let (light, dark) = (light.expect("it is ours"), dark.expect("it is ours"));
    let scheme = Scheme::new(("github-light", &light), ("github-dark", &dark));
    let mut languages: Vec<_> = corpus(&Path::new(&folder).join("files"), &grammars).into_iter().collect();
    if let Some(only) = &only {
        let wanted: Vec<_> = only.split(',').map(|name| grammars.find(name).expect("a language")).collect();
        languages.retain(|(grammar, _)| wanted.contains(grammar));
    }
    // Panics of syntect are counted; the hook would print each.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let sums: Mutex<BTreeMap<String, Sum>> = Mutex::default();
    std::thread::scope(|scope| {
        let work = || {
            while let Some((grammar, files)) = languages.get(next.fetch_add(1, Ordering::Relaxed)) {
                let name = grammars.machine().syntaxes()[*grammar].name.clone();
                let sum = read_language(&grammars, &scheme, (*grammar, files), Path::new(&folder), most);
                sums.lock().unwrap().insert(name, sum);
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| worker.join().expect("it catches panics of the readers"));
    });
    std::panic::set_hook(hook);
    let sums = sums.into_inner().unwrap();
    let mut all = Sum::default();
    println!("MB/s: syntect, our parser, our engine with its memory; the ratio is the parser's to syntect's");
    println!(
        "{:32} {:>6} {:>7} {:>9} {:>8} {:>8} {:>8} {:>6}",
        "language", "files", "lines", "bytes", "syntect", "parser", "engine", "ratio"
    );
    for (name, sum) in &sums {
        println!("{}", row(name, sum));
        all.files += sum.files;
        all.lines += sum.lines;
        all.bytes += sum.bytes;
        all.theirs += sum.theirs;
        all.ours += sum.ours;
        all.engine += sum.engine;
        all.unread += sum.unread;
        all.differences.extend(sum.differences.iter().cloned());
    }
    println!("{}", row(&format!("{} languages", sums.len()), &all));
    let differ = all.differences.len();
    let shown: Vec<_> = all.differences.iter().take(SHOWN).cloned().collect();
    assert!(differ == 0, "{differ} files differ:\n{}", shown.join("\n"));
    let languages = sums.values().filter(|sum| sum.lines >= LINES_OF_LANGUAGE).count();
    let enough = languages >= LANGUAGES && all.lines >= LINES;
    assert!(
        only.is_some() || enough,
        "only {languages} languages with {LINES_OF_LANGUAGE} lines, {} lines in all",
        all.lines
    );
}

fn read_language(
    grammars: &Grammars,
    scheme: &Scheme,
    (grammar, files): (usize, &[PathBuf]),
    folder: &Path,
    most: usize,
) -> Sum {
    let mut sum = Sum::default();
    let (scratch, engine, looks) = Default::default();
    let mut bench = Bench { grammars, scheme, grammar, scratch, engine, looks };
    for path in files {
        if sum.lines >= most {
            break;
        }
        let text = std::fs::read_to_string(path).expect("fetch.py writes UTF-8");
        if let Some(difference) = bench.compare(&text, &mut sum) {
            let name = &grammars.machine().syntaxes()[grammar].name;
            let path = path.strip_prefix(folder).unwrap_or(path).display();
            sum.differences.push(format!("{name}: {path}:{difference}"));
        }
    }
    sum
}

#[test]
fn the_comparison_sees_the_first_byte_that_differs() {
    let same = |_: usize, _: usize, left: char, right: char| left == right;
    let difference = |theirs: &[(usize, char)], ours: &[(usize, char)]| first_difference(theirs, ours, same);
    assert_eq!(difference(&[(3, 'a'), (5, 'b')], &[(1, 'a'), (3, 'a'), (5, 'b')]), None);
    assert_eq!(difference(&[(3, 'a'), (5, 'b')], &[(2, 'a'), (5, 'b')]), Some((2, Some('a'), Some('b'))));
    assert_eq!(difference(&[(3, 'a')], &[(3, 'a'), (5, 'b')]), Some((3, None, Some('b'))));
    assert_eq!(difference(&[(3, 'a')], &[]), Some((0, Some('a'), None)));
}

#[test]
fn the_comparison_tells_two_grammars_apart() {
    let grammars = Grammars::load();
    let machine = grammars.machine();
    let (rust, python) = (grammars.find("rust").expect("known"), grammars.find("python").expect("known"));
    let text = "fn f() {}\n";
    let theirs = read_by_syntect(machine, rust, text);
    for (grammar, is_same) in [(rust, true), (python, false)] {
        let ours = read_by_parser(machine, &mut Scratch::default(), grammar, text);
        assert_eq!((theirs.end, ours.end), (End::Whole, End::Whole));
        let take = |stack: &mut ScopeStack, step: &ScopeStackOp| stack.apply(step).expect("nothing is restored here");
        let theirs = pieces(text, &theirs.lines[0], &mut ScopeStack::new(), take, |stack| stack.scopes.clone());
        let take = |stack: &mut Stack, step: &Step| stack.take(*step);
        let ours = pieces(text, &ours.lines[0], &mut Stack::default(), take, |stack| stack.scopes.clone());
        assert_eq!(theirs == ours, is_same);
    }
}

#[test]
fn a_grammar_that_goes_round_in_a_circle_is_given_up() {
    let grammars = Grammars::load();
    let grammar = grammars.find("js").expect("known");
    let text = "[\n    ]\n    /* Given a color setting name like 'autosuggestion', return the user visible name we present */\n";
    let read = read_by_parser(grammars.machine(), &mut Scratch::default(), grammar, text);
    assert_eq!((read.lines.len(), read.end), (2, End::Refused));
}
