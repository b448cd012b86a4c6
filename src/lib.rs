//! Watchpost renders Markdown posts to HTML and feeds, and verifies after every build that the
//! site's analytics still work.
//!
//! Data moves one way, through nine verbs; each hands over a type that promises more than the one
//! before: load, scan, parse, arrange, typeset, render, write, check, promote. `ARCHITECTURE.md`
//! draws the map; the modules below stand in reading order.

pub mod codes;
pub mod diagnostic;
pub mod digest;
pub mod fields;
pub mod paths;

pub mod config;
pub mod lock;
pub mod manifest;
pub mod state;

pub mod article;
pub mod library;
pub mod post;
pub mod source;

pub mod feed;
pub mod render;
pub mod theme_embedded;

pub mod output;

pub mod analytics;
pub mod check;
pub mod guard;
pub mod verdict;
