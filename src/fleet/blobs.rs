//! Bytes of any length in a store: blobs of at most [`LENGTH`], each named by its digest.

use std::io::{self, Read};

use crate::digest::Digest;
use crate::store::{Dress, Fault, Store, When};

/// How long a blob is at most: large enough that requests are few, small enough to be held in memory.
pub(super) const LENGTH: usize = 16 << 20;

/// Why bytes could not be left.
pub(super) enum Broken {
    /// They could not be read.
    Source(io::Error),
    /// The store did not take them.
    Store(Fault),
}

/// Leaves bytes, and returns the names of their blobs in order.
pub(super) fn leave(store: &dyn Store, mut source: &mut dyn Read) -> Result<Vec<Digest>, Broken> {
    let mut names = Vec::new();
    loop {
        let mut blob = Vec::new();
        (&mut source).take(LENGTH as u64).read_to_end(&mut blob).map_err(Broken::Source)?;
        if blob.is_empty() {
            return Ok(names);
        }
        let (name, is_last) = (Digest::of(&blob), blob.len() < LENGTH);
        let dress = Dress::of_bytes(&blob);
        store.put(&key(&name), blob, &dress, &When::Always).map_err(Broken::Store)?;
        names.push(name);
        if is_last {
            return Ok(names);
        }
    }
}

/// Returns one blob, if it is there and whole.
pub(super) fn get(store: &dyn Store, name: &Digest) -> Result<Option<Vec<u8>>, Fault> {
    let stored = store.get(&key(name))?;
    Ok(stored.map(|stored| stored.bytes).filter(|bytes| Digest::of(bytes) == *name))
}

fn key(name: &Digest) -> String {
    let name = name.to_string();
    format!("blobs/{}/{name}", &name[..2])
}

/// Reads blobs one after the other, holding one of them.
pub(super) struct Blobs<'a> {
    store: &'a dyn Store,
    names: std::slice::Iter<'a, Digest>,
    blob: io::Cursor<Vec<u8>>,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(store: &'a dyn Store, names: &'a [Digest]) -> Blobs<'a> {
        Blobs { store, names: names.iter(), blob: io::Cursor::default() }
    }
}

impl Read for Blobs<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.blob.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(name) = self.names.next() else { return Ok(0) };
            let blob = get(self.store, name).map_err(|fault| io::Error::other(fault.words()))?;
            let blob = blob.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "is missing or damaged"))?;
            self.blob = io::Cursor::new(blob);
        }
    }
}
