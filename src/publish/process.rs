//! Owns the running of other programs: ssh, rsync, git, and the one that is told what caches should forget.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use crate::diagnostic::Diagnostic;

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Its exit code; nothing if it was ended.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) error: String,
}

impl Said {
    pub(super) fn is_good(&self) -> bool {
        self.code == Some(0)
    }

    /// Returns the last lines that it complained in.
    pub(super) fn complaint(&self) -> String {
        let lines: Vec<&str> = self.error.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let from = lines.len().saturating_sub(3);
        if lines.is_empty() { "it said nothing".to_owned() } else { lines[from..].join("; ") }
    }
}

/// A program with its arguments, which no shell reads.
pub(super) struct Call<'a> {
    pub(super) program: &'a str,
    pub(super) arguments: Vec<String>,
    /// Variables besides those of this process.
    pub(super) variables: Vec<(&'static str, String)>,
    pub(super) input: Vec<u8>,
}

impl<'a> Call<'a> {
    pub(super) fn new(program: &'a str, arguments: impl IntoIterator<Item = impl Into<String>>) -> Call<'a> {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Call { program, arguments, variables: Vec::new(), input: Vec::new() }
    }

    pub(super) fn input(mut self, input: impl Into<Vec<u8>>) -> Call<'a> {
        self.input = input.into();
        self
    }

    pub(super) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Call<'a> {
        self.variables.push((name, value.into()));
        self
    }

    /// Runs it to its end.
    pub(super) fn run(&self) -> Result<Said, Diagnostic> {
        let refuse = |error: std::io::Error| {
            let message = match error.kind() {
                ErrorKind::NotFound => format!("`{}` is not installed", self.program),
                _ => format!("`{}` could not be run: {error}", self.program),
            };
            Diagnostic::error("publish/program", message).hint("install it, or choose another kind of target")
        };
        let mut child = Command::new(OsStr::new(self.program))
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(refuse)?;
        let input = child.stdin.take();
        let said = std::thread::scope(|scope| {
            // A program that does not read what it is given has its reasons.
            scope.spawn(move || input.map(|mut input| input.write_all(&self.input)));
            child.wait_with_output()
        });
        let said = said.map_err(refuse)?;
        Ok(Said {
            code: said.status.code(),
            out: String::from_utf8_lossy(&said.stdout).into_owned(),
            error: String::from_utf8_lossy(&said.stderr).into_owned(),
        })
    }
}

/// Returns a text as a shell takes it literally.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
