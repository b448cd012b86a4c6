//! Owns the reading of Drupal's blogs: a dump of the database (Drupal 7 and later), or what JSON:API gives.
//!
//! A dump of any size is read twice: first what the small tables say, then text after text, so that one text is in memory. The
//! addresses are Drupal's own: the alias of each node, and `/node/NUMBER` leads to it.

mod dump;
mod jsonapi;
mod node;
mod php;
mod tables;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use self::dump::{Broken, Dump};
use self::node::Writing;
use self::tables::{Tables, is_body, is_small};
use super::export::refuse_archive;
use super::folder::{carry_below, entries, has_ending, unreadable};
use super::{Importer, Settings, Sink};
use crate::diagnostic::{Diagnostic, Place};

/// The row.
pub(super) const DRUPAL: Importer = Importer {
    name: "drupal",
    title: "Drupal",
    path: "a dump of the database (`.sql`, `.sql.gz`), or answers of JSON:API (`.json`), or a folder that holds either, with `sites/default/files` beside it",
    read,
};

/// Where Drupal keeps files, and where they stand on the web.
const FILES: &str = "sites/default/files";

fn read(path: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    let (root, files) = match path.is_dir() {
        true => (path.to_owned(), entries(path, Path::new(""))?),
        false => {
            let name = path.file_name().map(PathBuf::from).unwrap_or_default();
            (path.parent().unwrap_or(Path::new("")).to_owned(), vec![name])
        }
    };
    let is_dump =
        |file: &&PathBuf| has_ending(file, &["sql"]) || file.to_string_lossy().to_lowercase().ends_with(".sql.gz");
    let dumps: Vec<&PathBuf> = files.iter().filter(is_dump).collect();
    let answers: Vec<PathBuf> = files.iter().filter(|file| has_ending(file, &["json"])).cloned().collect();
    if let Some(first) = files.first().filter(|_| dumps.is_empty() && answers.is_empty()) {
        refuse_archive(first)?;
    }
    let settings = match dumps.as_slice() {
        [] if answers.is_empty() => {
            let message =
                format!("`{}` holds neither a dump (`.sql`) nor answers of JSON:API (`.json`)", path.display());
            let hint =
                "write one with `drush sql:dump --result-file=blog.sql`, or fetch `/jsonapi/node/article` page by page";
            return Err(vec![Diagnostic::error("import/from", message).hint(hint)]);
        }
        [] => jsonapi::read(&root, &answers, sink)?,
        [dump] => read_dump(&root, dump, sink)?,
        [first, second, ..] => {
            let message = format!("`{}` and `{}` are two dumps", first.display(), second.display());
            return Err(vec![Diagnostic::error("import/from", message).hint("name the one that is meant")]);
        }
    };
    match root.join(FILES).is_dir() {
        true => carry_below(&root, Path::new(FILES), "static", sink)?,
        false => {
            let message =
                format!("no `{FILES}` lies beside the export, so pictures and other files did not come along");
            let hint = format!("copy that folder of the old site to `static/{FILES}`, and the links hold");
            sink.remark(Diagnostic::warning("import/left", message).hint(hint));
        }
    }
    Ok(settings)
}

/// Opens a dump, unpacking it on the way.
fn open(root: &Path, file: &Path) -> Result<Box<dyn BufRead>, Vec<Diagnostic>> {
    let opened = File::open(root.join(file)).map_err(|error| vec![unreadable(file, &error.to_string())])?;
    let reader = BufReader::with_capacity(1 << 18, opened);
    Ok(match file.extension() == Some(OsStr::new("gz")) {
        true => Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(reader))),
        false => Box::new(reader),
    })
}

fn read_dump(root: &Path, file: &Path, sink: &mut dyn Sink) -> Result<Settings, Vec<Diagnostic>> {
    let mut tables = Tables::default();
    let mut dump = Dump::new(open(root, file)?, is_small);
    let mut broken = None;
    let mut last = None;
    loop {
        match dump.next() {
            Ok(Some(row)) => {
                if tables.prefix.is_empty() && last.as_ref() != Some(&row.table) {
                    tables.prefix = prefix(dump.tables());
                    last = Some(row.table.clone());
                }
                tables.take(&row);
            }
            Ok(None) => break,
            Err(problem) => {
                broken = Some(problem);
                break;
            }
        }
    }
    if tables.nodes.is_empty() && broken.is_none() {
        let message = format!("`{}` has no rows of Drupal's tables `node` or `node_field_data`", file.display());
        let hint = "a dump as `mysqldump` or `drush sql:dump` writes it is read; of PostgreSQL and SQLite, and of Drupal before 7, use JSON:API or a feed";
        return Err(vec![Diagnostic::error("import/from", message).hint(hint)]);
    }
    tables.join();
    let language = tables.language.clone().unwrap_or_default();
    let mut writing = Writing::new(sink, None, language);
    let mut dump = Dump::new(open(root, file)?, is_body);
    // Where it breaks was seen before.
    while let Ok(Some(row)) = dump.next() {
        if let Some(node) = tables.with_body(&row) {
            writing.node(&node)?;
        }
    }
    for node in std::mem::take(&mut tables.nodes).into_values() {
        writing.node(&node)?;
    }
    for term in tables.terms() {
        writing.term(&term)?;
    }
    if let Some(problem) = broken {
        writing.sink.remark(cut(file, &problem));
    }
    Ok(writing.finish(tables.title, tables.slogan, tables.timezone))
}

/// Returns what stands before the name of each table.
fn prefix<'a>(mut tables: impl Iterator<Item = &'a str>) -> String {
    let known = tables.find_map(|table| {
        ["node_field_data", "field_data_body", "node__body", "batch"].iter().find_map(|name| table.strip_suffix(name))
    });
    known.unwrap_or_default().to_owned()
}

/// Says where a dump breaks off.
fn cut(file: &Path, broken: &Broken) -> Diagnostic {
    let place = match &broken.table {
        Some(table) => format!("in row {} of the table `{table}`, in line {}", broken.row, broken.line),
        None => format!("in line {}", broken.line),
    };
    let message = format!("`{}` breaks off {place}: {}", file.display(), broken.why);
    let hint = "what stood before it was imported, and what came behind it is missing: make the dump anew, and import into a new folder";
    Diagnostic::error("import/unreadable", message).at(Place::file(file.display())).hint(hint)
}

#[cfg(test)]
mod tests;
