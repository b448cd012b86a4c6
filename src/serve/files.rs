//! Owns the opening of the site's own files, which may have become something else since they were found.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file of the site, and tells how long it is. Refuses links that leave the site, and waits for no pipe.
pub(super) fn open(root: &Path, path: &Path) -> Result<(File, u64), String> {
    let describe = |error: io::Error| error.to_string();
    let real = fs::canonicalize(path).map_err(describe)?;
    if !real.starts_with(fs::canonicalize(root).map_err(describe)?) {
        return Err("it is a link that leaves the site".to_owned());
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(real).map_err(describe)?;
    let metadata = file.metadata().map_err(describe)?;
    match metadata.is_file() {
        true => Ok((file, metadata.len())),
        false => Err("it is no file".to_owned()),
    }
}

/// Reads a file of the site.
pub(super) fn read(root: &Path, path: &Path) -> Result<Vec<u8>, String> {
    let (mut file, _) = open(root, path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
