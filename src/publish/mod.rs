//! Owns how a finished output folder gets to where visitors are served from, and back to an earlier one.
//!
//! [`TARGETS`] says what kinds of places there are. Stores (S3, Google Cloud Storage, Azure, a folder) get file after file in an
//! order in which nothing refers to what is not there yet, and the manifest by compare-and-swap; a server gets a new release
//! beside the old one and one link that is exchanged; a repository gets a commit. Only a [`Shipment`] goes out: a folder of
//! which every byte is what the build wrote.
//!
//! To add a kind: one file, a row in [`TARGETS`], and its name in `config/publish.rs`.

mod carry;
mod class;
mod git;
mod limits;
mod plan;
mod process;
mod record;
mod rsync;
mod shipment;
mod standing;
mod stores;
#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;

use crate::config::PublishTarget;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::guard::dial::Network;
use crate::store::{Fault, Store};

pub use self::class::Class;
pub use self::shipment::{Parcel, Shipment};

/// A kind of place.
pub struct Target {
    /// Its name in site.toml.
    pub kind: &'static str,
    /// What its host would refuse, found before anything is sent.
    pub limits: fn(&Shipment) -> Vec<Diagnostic>,
    /// Puts a shipment there.
    pub publish: fn(&Order<'_>, &Shipment) -> Result<Done, Vec<Diagnostic>>,
    /// Puts an earlier deployment there, by the beginning of its build id, or else the one before.
    pub back: fn(&Order<'_>, Option<&str>) -> Result<Done, Vec<Diagnostic>>,
}

/// Every kind, in the order of `config::TARGET_KINDS`.
pub const TARGETS: &[Target] = &[
    Target { kind: "s3", limits: limits::none, publish: stores::publish, back: stores::back },
    Target { kind: "gcs", limits: limits::none, publish: stores::publish, back: stores::back },
    Target { kind: "azure", limits: limits::none, publish: stores::publish, back: stores::back },
    Target { kind: "rsync", limits: limits::none, publish: rsync::publish, back: rsync::back },
    Target { kind: "folder", limits: limits::none, publish: stores::publish, back: stores::back },
    Target { kind: "git", limits: limits::pages, publish: git::publish, back: git::back },
    Target { kind: "netlify", limits: limits::netlify, publish: limits::prepared, back: limits::by_the_host },
    Target { kind: "cloudflare", limits: limits::cloudflare, publish: limits::prepared, back: limits::by_the_host },
];

/// Returns the kind of a target.
pub fn find(target: &PublishTarget) -> &'static Target {
    TARGETS.iter().find(|row| row.kind == target.kind).expect("settings name a kind of the table")
}

/// What is wanted, and what it needs of the world.
pub struct Order<'a> {
    /// Where.
    pub target: &'a PublishTarget,
    /// The site's folder: relative paths begin there.
    pub root: &'a Path,
    /// The way out.
    pub network: &'a Network,
    /// What the machine's clock says.
    pub now: Timestamp,
    /// What was allowed.
    pub leave: Leave,
    /// Who is told how far it is.
    pub progress: &'a dyn Progress,
}

/// What the person who publishes has asked for or allowed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Leave {
    /// Change nothing; say what would be done.
    pub dry_run: bool,
    /// More than a quarter of the files may be given up.
    pub remove_many: bool,
    /// The store need not know compare-and-swap.
    pub unconditional: bool,
    /// Another run's claim, or its lock, counts as left behind.
    pub take_over: bool,
}

/// Is told how far it is.
pub trait Progress: Sync {
    /// Begins a step of so many parts.
    fn step(&self, name: &str, parts: usize);
    /// Ends one part.
    fn one(&self);
}

/// What was done, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The build that is there now.
    pub build: Option<Digest>,
    /// Whether it was there already, and nothing was to be done.
    pub is_there: bool,
    /// How many files were sent.
    pub uploaded: usize,
    /// Their bytes, as they were sent.
    pub bytes: usize,
    /// How many files were there already.
    pub kept: usize,
    /// How many files were removed.
    pub removed: usize,
    /// The paths whose addresses caches should forget.
    pub changed: Vec<String>,
    /// Of a dry run: what would be written, with its size and class, in this order.
    pub writes: Vec<(String, u64, Class)>,
    /// Of a dry run: what would be removed.
    pub removes: Vec<String>,
    /// What is given up, and removed by the next deployment.
    pub given_up: Vec<String>,
    /// Whether nothing was there before.
    pub is_first: bool,
}

/// Runs the program that is told what caches should forget; nothing if there is none.
pub fn tell(command: &[String], addresses: &str) -> Result<(), Vec<Diagnostic>> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let said = process::Call::new(program, arguments.iter().cloned()).input(addresses).run();
    let said = said.map_err(|problem| vec![problem])?;
    if said.is_good() {
        return Ok(());
    }
    let message = format!("`{program}`, which is told what caches should forget, failed: {}", said.complaint());
    Err(vec![Diagnostic::error("publish/program", message).hint("the site is published; caches may hold old pages")])
}

/// Says that a store did not do what it was asked.
fn refused(store: &dyn Store, key: &str, fault: &Fault) -> Diagnostic {
    let message = format!("`{key}` {} ({})", fault.words(), store.shown());
    let (code, hint) = match fault {
        Fault::Conflict => ("publish/conflict", "publish again"),
        Fault::Denied(_) => {
            ("publish/denied", "look at the credentials, what they may do there, and this machine's clock")
        }
        Fault::Broken(_) => {
            ("publish/broken", "publish again: it goes on from here, and sends nothing that is there already")
        }
    };
    Diagnostic::error(code, message).hint(hint)
}
