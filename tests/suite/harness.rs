//! The harness: libtest-mimic's, with skips that nobody can overlook.
//!
//! A test that lacks something (Go, Chromium, root) returns a [`Skip`] and counts as ignored; the
//! last lines say which tests were skipped and why. With `WATCHPOST_REQUIRE_ALL=1` a skip fails.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// One test of the suite.
pub(crate) struct Test {
    name: String,
    run: fn() -> Result<(), Skip>,
}

/// Why a test cannot run here.
#[derive(Debug)]
pub(crate) struct Skip(pub(crate) String);

impl Test {
    /// Takes a test by its module and function.
    pub(crate) fn new(module: &str, name: &str, run: fn() -> Result<(), Skip>) -> Self {
        let module = module.rsplit("::").next().unwrap_or(module);
        Test { name: format!("{module}::{name}"), run }
    }
}

/// What a test may return: nothing, or perhaps a [`Skip`].
pub(crate) trait Verdict {
    /// Returns it as one type.
    fn verdict(self) -> Result<(), Skip>;
}

impl Verdict for () {
    fn verdict(self) -> Result<(), Skip> {
        Ok(())
    }
}

impl Verdict for Result<(), Skip> {
    fn verdict(self) -> Result<(), Skip> {
        self
    }
}

/// Makes the list of a module's tests.
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        /// The tests of this module.
        pub(crate) fn tests() -> Vec<$crate::harness::Test> {
            vec![$($crate::harness::Test::new(module_path!(), stringify!($name), || {
                $crate::harness::Verdict::verdict($name())
            })),*]
        }
    };
}
pub(crate) use tests;

/// Runs the tests and says at the end what was skipped.
#[expect(clippy::print_stdout, reason = "a harness reports on stdout")]
#[expect(clippy::disallowed_methods, reason = "the switch of `.ci/run`")]
pub(crate) fn run(tests: Vec<Test>) -> ExitCode {
    let require_all = std::env::var_os("WATCHPOST_REQUIRE_ALL").is_some_and(|value| !value.is_empty() && value != "0");
    let skipped: Arc<Mutex<Vec<String>>> = Arc::default();
    let trials = tests
        .into_iter()
        .map(|Test { name, run }| {
            let skipped = Arc::clone(&skipped);
            Trial::ignorable_test(name.clone(), move || match run() {
                Ok(()) => Ok(Completion::Completed),
                Err(Skip(reason)) if require_all => Err(Failed::from(format!("skipped, but nothing may be: {reason}"))),
                Err(Skip(reason)) => {
                    skipped.lock().expect("no test panics while it holds this").push(format!("{name}: {reason}"));
                    Ok(Completion::ignored_with(reason))
                }
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    let mut skipped = skipped.lock().expect("no test panics while it holds this").clone();
    skipped.sort();
    if !skipped.is_empty() {
        println!("SKIPPED, and so not shown by this run ({}):", skipped.len());
        skipped.iter().for_each(|line| println!("  {line}"));
        println!("WATCHPOST_REQUIRE_ALL=1 makes each of them a failure; `.ci/run` sets it.\n");
    }
    conclusion.exit_code()
}
