//! Looks at the pictures among the files of a site: each is read once, in parallel, and forgotten.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Origin, Sources};
use crate::config::ImagesRule;
use crate::diagnostic::{Diagnostic, Place};
use crate::images::{Bytes, Format, LARGEST_FILE, Picture};
use crate::paths::SourcePath;

/// Finds out what the pictures of a site are, and says which of them are not what they seem.
pub(super) fn look(sources: &mut Sources, rule: &ImagesRule) {
    let assets = sources.assets.iter().map(|(source, path)| (source.clone(), Bytes::Disk(path.clone())));
    let statics = sources.statics.values().map(|file| {
        let bytes = match &file.origin {
            Origin::Disk(path) => Bytes::Disk(path.clone()),
            Origin::Program(bytes) => Bytes::Program(bytes),
        };
        (file.source.clone(), bytes)
    });
    let named: Vec<(SourcePath, Bytes)> =
        assets.chain(statics).filter(|(source, _)| Format::is_read(source.as_str())).collect();
    let looked: Vec<Picture> =
        named.into_par_iter().filter_map(|(source, bytes)| look_at(source, bytes, rule)).collect();
    for picture in looked {
        sources.warnings.extend(remark(&picture));
        sources.pictures.insert(picture.source.clone(), Arc::new(picture));
    }
}

/// Looks at one file; one that cannot be read is told by whoever copies it.
fn look_at(source: SourcePath, bytes: Bytes, rule: &ImagesRule) -> Option<Picture> {
    let read = match &bytes {
        Bytes::Program(bytes) => return Some(Picture::look(source, Bytes::Program(bytes), bytes, rule.most)),
        Bytes::Disk(path) => match length_of(path)? {
            length if length > LARGEST_FILE => return Some(Picture::too_large(source, bytes, length)),
            _ => std::fs::read(path).ok()?,
        },
    };
    Some(Picture::look(source, bytes, &read, rule.most))
}

fn length_of(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}

fn remark(picture: &Picture) -> Option<Diagnostic> {
    let source = &picture.source;
    if let Err(flaw) = &picture.seen {
        let message = format!("`{source}` {}; it is published as it is, with whatever else it says", flaw.what);
        let hint = "take it away if no page needs it: a picture may tell where it was taken";
        return Some(Diagnostic::warning("image/unread", message).at(Place::file(source)).hint(hint));
    }
    let ending = picture.misnamed()?;
    let message = format!("`{source}` holds a picture of another kind than its name says");
    let stem = source.as_str().rsplit_once('.').map_or(source.as_str(), |(stem, _)| stem);
    let hint = format!("rename it to `{stem}.{ending}`: hosts tell browsers what a file is by its name");
    Some(Diagnostic::warning("image/misnamed", message).at(Place::file(source)).hint(hint))
}
