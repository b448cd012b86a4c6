//! The least a blog build can cost: `floor CONTENT OUT` reads every Markdown file, makes HTML of it, and writes it.
//!
//! It stands for the floor in `scripts/bench`: no front matter, template, list, feed, highlighting or check; a folder and an
//! `index.html` for each source, on as many threads as there are cores. Prints how many there were.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Options, Parser, html};
use rayon::prelude::*;

#[expect(clippy::print_stdout, reason = "it is a measurement, and this is its result")]
fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(content), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: floor CONTENT OUT"));
    };
    let mut sources = Vec::new();
    gather(&content, &mut sources)?;
    sources.par_iter().try_for_each(|source| convert(source, &content, &out))?;
    println!("{}", sources.len());
    Ok(())
}

/// Writes one source as HTML.
fn convert(source: &Path, content: &Path, out: &Path) -> io::Result<()> {
    let text = fs::read_to_string(source)?;
    let body = text.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n")).map_or(&*text, |(_, body)| body);
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let mut page = String::with_capacity(body.len() * 3 / 2);
    html::push_html(&mut page, Parser::new_ext(body, options));
    let folder = out.join(source.strip_prefix(content).map_err(io::Error::other)?.with_extension(""));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("index.html"), page)
}

fn gather(folder: &Path, sources: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            gather(&path, sources)?;
        } else if path.extension().is_some_and(|ending| ending == "md") {
            sources.push(path);
        }
    }
    Ok(())
}
