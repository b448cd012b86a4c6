//! A digest of everything that was read: two machines with the same one build from the same.

use std::fs::File;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::{Origin, Sources};
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, Digesting};

/// Returns it; files that are only copied are read for it.
pub fn identity(sources: &Sources) -> Result<Digest, Vec<Diagnostic>> {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |kind: &str, name: &str, digest: Digest| lines.push(format!("{kind} {digest} {name}"));
    sources.markdown.iter().for_each(|(name, text)| add("text", name.as_str(), Digest::of(text.as_bytes())));
    for (name, template) in &sources.templates {
        add("template", &format!("{name} {}", template.source), Digest::of(template.text.as_bytes()));
    }
    for (name, node) in &sources.data {
        add("data", name.as_str(), Digest::of(format!("{node:?}")));
    }
    sources.data_texts.iter().for_each(|(name, text)| add("data-text", name.as_str(), Digest::of(text.as_bytes())));
    sources.theme.iter().for_each(|(name, text)| add("theme", name.as_str(), Digest::of(text.as_bytes())));
    add("words", "", Digest::of(format!("{:?}", sources.words)));
    add("sass", "", Digest::of(format!("{:?}", sources.sass.files())));
    add("changed", "", Digest::of(format!("{:?}", sources.changed)));
    let assets = sources.assets.iter().map(|(name, path)| (name.to_string(), Origin::Disk(path.clone())));
    let statics = sources.statics.iter().map(|(name, file)| (format!("static {name}"), file.origin.clone()));
    let files: Vec<(String, Origin)> = assets.chain(statics).collect();
    let read = files.par_iter().map(|(name, origin)| {
        let digest = match origin {
            Origin::Program(bytes) => Digest::of(bytes),
            Origin::Disk(path) => digest_of(path).map_err(|error| {
                vec![Diagnostic::error("output/read", format!("cannot read `{}`: {error}", path.display()))]
            })?,
        };
        Ok(format!("file {digest} {name}"))
    });
    lines.extend(read.collect::<Result<Vec<String>, Vec<Diagnostic>>>()?);
    Ok(Digest::of(lines.join("\n")))
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let (mut file, mut digesting, mut buffer) = (File::open(path)?, Digesting::default(), vec![0; 128 * 1024]);
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(digesting.finish()),
            count => digesting.add(&buffer[..count]),
        }
    }
}
