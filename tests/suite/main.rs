//! The integration tests, in one binary with a harness of its own, so that what is skipped is said.
//!
//! To add a test: write a function whose name is a sentence into the module of its subject and name
//! it in that module's `tests!`. To add a module: a file, a `mod`, and a row in [`MODULES`].

#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod architecture;
mod assets;
mod atomic;
mod azure;
mod browser;
mod build;
mod commands;
mod content;
mod contracts;
mod crooked;
mod data;
mod data_pages;
mod door;
mod drill;
mod feeds;
mod fence;
mod finding;
mod fleet;
mod foreign;
mod front;
mod goatcounter;
mod goatcounter_server;
mod golden;
mod guard;
mod harness;
mod history;
mod hooks;
mod hostile;
mod hosts;
mod images;
mod importing;
mod importing_exports;
mod importing_folders;
mod incidents;
mod input;
mod kitchen;
mod languages;
mod laws;
mod ledgers;
mod live;
mod moving;
mod pages;
mod publish;
mod readback;
mod relations;
mod reports;
mod reproducible;
mod s3s;
mod schedule;
mod serve;
mod served;
mod server;
mod shortcodes;
mod siege;
mod site;
mod ssh_server;
mod store_server;
mod themes;
mod timings;
mod tls;
mod trend;
mod upkeep;
mod warm;
mod watch;
mod watch_limits;
mod watch_reader;
mod workflows;
mod writing;

use std::process::ExitCode;

/// What there is to run.
const MODULES: &[fn() -> Vec<harness::Test>] = &[
    architecture::tests,
    assets::tests,
    atomic::tests,
    azure::tests,
    browser::tests,
    build::tests,
    commands::tests,
    content::tests,
    contracts::tests,
    data::tests,
    data_pages::tests,
    drill::tests,
    feeds::tests,
    fence::tests,
    finding::tests,
    fleet::tests,
    foreign::tests,
    front::tests,
    golden::tests,
    guard::tests,
    goatcounter::tests,
    history::tests,
    hostile::tests,
    hooks::tests,
    hosts::tests,
    images::tests,
    importing::tests,
    importing_exports::tests,
    importing_folders::tests,
    incidents::tests,
    input::tests,
    languages::tests,
    kitchen::tests,
    laws::tests,
    ledgers::tests,
    live::tests,
    moving::tests,
    pages::tests,
    publish::tests,
    readback::tests,
    relations::tests,
    reports::tests,
    reproducible::tests,
    s3s::tests,
    schedule::tests,
    serve::tests,
    shortcodes::tests,
    siege::tests,
    themes::tests,
    timings::tests,
    tls::tests,
    trend::tests,
    upkeep::tests,
    warm::tests,
    watch::tests,
    watch_limits::tests,
    watch_reader::tests,
    workflows::tests,
    writing::tests,
];

fn main() -> ExitCode {
    if let Some(exit) = door::in_a_child() {
        return exit;
    }
    harness::run(MODULES.iter().flat_map(|tests| tests()).collect())
}
