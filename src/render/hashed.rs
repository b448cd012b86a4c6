//! Owns the names of files that change with their content: `style.css` is also published as `style.1f0c….css`.
//!
//! Templates ask for them by `get_url(path=, cachebust=true)`; only what was asked for is published twice. The plain name
//! stays, for feeds and for pages that somebody saved. A hashed file lies beside its plain one, so that what it refers to
//! is found from both.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::digest::{Digest, base64_sha, sha};
use crate::library::{Library, Page};
use crate::paths::Route;
use crate::render::derived::{Finished, Made};
use crate::render::shelf::Shelf;
use crate::source::{self, Origin};

/// What is known of the files that templates asked about. A memory only: each value is a function of the file.
#[derive(Debug, Default)]
pub(crate) struct Hashes {
    names: Mutex<BTreeMap<Route, Route>>,
    digests: Mutex<BTreeMap<(Route, u16, bool), String>>,
}

/// Returns the address of a file with its digest in its name.
pub(crate) fn route(shelf: &Shelf, plain: &Route) -> Result<Route, String> {
    let names = || shelf.hashes.names.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names().get(plain) {
        return Ok(known.clone());
    }
    let hashed = named(plain, &Digest::of(bytes(shelf, plain)?).short())?;
    if files_of(shelf).routes.contains_key(&hashed) {
        return Err(format!("something else stands at `{hashed}`, the name that `{plain}` has with its digest"));
    }
    names().insert(plain.clone(), hashed.clone());
    Ok(hashed)
}

/// Returns the digest of a file as `integrity` has it, or as hexadecimal digits.
pub(crate) fn digest(shelf: &Shelf, plain: &Route, bits: u16, as_base64: bool) -> Result<String, String> {
    let digests = || shelf.hashes.digests.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (plain.clone(), bits, as_base64);
    if let Some(known) = digests().get(&key) {
        return Ok(known.clone());
    }
    let bytes = bytes(shelf, plain)?;
    let text = match as_base64 {
        true => base64_sha(bits, &bytes),
        false => sha(bits, &bytes).map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect()),
    };
    let text = text.ok_or_else(|| format!("`sha_type` is {bits}, and browsers know 256, 384 and 512"))?;
    digests().insert(key, text.clone());
    Ok(text)
}

/// Returns the bytes of a file that is not made from a template.
pub(crate) fn bytes(shelf: &Shelf, route: &Route) -> Result<Vec<u8>, String> {
    let read =
        |path: &std::path::Path| source::bytes(path).map_err(|error| format!("`{route}` cannot be read: {error}"));
    let sources = &shelf.sources;
    let library = files_of(shelf);
    let found = match library.routes.get(route) {
        Some(Page::Static(name)) => sources.statics.get(name).map(|file| match &file.origin {
            Origin::Disk(path) => read(path),
            Origin::Program(bytes) => Ok(bytes.to_vec()),
        }),
        Some(Page::Asset(source)) => sources.assets.get(source).map(|path| read(path)),
        Some(Page::Stylesheet(name)) => sources.sass.stylesheet(name).map(|css| Ok(css.as_bytes().to_vec())),
        Some(Page::HighlightStylesheet) => Some(Ok(shelf.typesetter.stylesheet().as_bytes().to_vec())),
        Some(_) => return Err(format!("`{route}` is made from a template, so it cannot be known while templates run")),
        None => None,
    };
    let published = |bytes| match library.pictures.get(route) {
        Some(picture) => picture.published(bytes),
        None => bytes,
    };
    found.map(|read| read.map(published)).unwrap_or_else(|| {
        let is_file = |page: &Page| matches!(page, Page::Static(_) | Page::Asset(_) | Page::Stylesheet(_));
        let files = library.routes.iter().filter(|(_, page)| is_file(page)).map(|(route, _)| route.as_str());
        Err(match did_you_mean(route.as_str(), files) {
            Some(near) => format!("there is no file at `{route}`; did you mean `{near}`?"),
            None => format!("there is no file at `{route}`"),
        })
    })
}

/// Returns the library whose routes have the files: all languages share them.
fn files_of(shelf: &Shelf) -> &Library {
    shelf.library.editions.first().unwrap_or(&shelf.library)
}

/// Puts a digest before the ending of a file's name.
fn named(plain: &Route, digest: &str) -> Result<Route, String> {
    let (folder, file) = plain.as_str().rsplit_once('/').unwrap_or(("", plain.as_str()));
    let hashed = match file.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
        Some((stem, ending)) => format!("{folder}/{stem}.{digest}.{ending}"),
        None => format!("{folder}/{file}.{digest}"),
    };
    Route::new(hashed).map_err(|bad| format!("`{plain}` cannot be named by its digest: {}", bad.reason))
}

/// Returns the plain address of a hashed one, if some file has it now.
pub(super) fn plain(shelf: &Shelf, hashed: &Route) -> Option<Route> {
    let (folder, file) = hashed.as_str().rsplit_once('/')?;
    let is_digest = |part: &&str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digest = file.rsplit('.').take(2).find(is_digest)?;
    let plain = Route::new(format!("{folder}/{}", file.replacen(&format!(".{digest}"), "", 1))).ok()?;
    let is_file = files_of(shelf).routes.contains_key(&plain);
    (is_file && route(shelf, &plain).as_ref() == Ok(hashed)).then_some(plain)
}

/// Returns the plain and the hashed address of each file that a template asked for, in whatever language.
pub(super) fn all(shelves: &[Arc<Shelf>]) -> Vec<(Route, Route)> {
    let mut all = BTreeMap::new();
    for shelf in shelves {
        all.extend(shelf.hashes.names.lock().unwrap_or_else(PoisonError::into_inner).clone());
    }
    all.into_iter().collect()
}

/// Makes the files with hashed names from the plain ones.
pub(super) fn files(finished: &Finished<'_>) -> Result<Made, Vec<Diagnostic>> {
    let (mut made, mut problems) = (Made::new(), Vec::new());
    for (plain, hashed) in finished.site.hashed_files() {
        let bytes = (finished.read)(plain.out_path().as_str()).unwrap_or_default();
        // A file that is written while the site is built would be published under a name that is not its own.
        match named(&plain, &Digest::of(&bytes).short()) {
            Ok(name) if name == hashed => made.push((hashed.out_path(), bytes)),
            _ => problems.push(
                Diagnostic::error("asset/changed", format!("`{plain}` was changed while the site was built"))
                    .hint("build again"),
            ),
        }
    }
    if problems.is_empty() { Ok(made) } else { Err(problems) }
}
