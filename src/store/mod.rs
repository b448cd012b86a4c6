//! Owns places that keep files by key, to which several machines may write: [`Store`], and [`open()`] by an address.
//!
//! One implementation a file: `folder` for a folder of this machine, `objects` for what S3, Google and Azure keep. Knows
//! neither pages nor caches; `publish` and `fleet` stand on it.

mod folder;
#[cfg(feature = "stores")]
mod objects;

use std::path::Path;

use jiff::Timestamp;

use crate::config::StorePlace;
use crate::digest::Digest;
use crate::guard::dial::Network;

/// A place that keeps files by key, to which several may write at once.
pub trait Store: Sync {
    /// Returns its name for people: `s3://bucket/prefix`.
    fn shown(&self) -> String;
    /// Returns a file, if it is there.
    fn get(&self, key: &str) -> Result<Option<Stored>, Fault>;
    /// Returns what is known of a file without its bytes, if it is there.
    fn look(&self, key: &str) -> Result<Option<Seen>, Fault>;
    /// Writes a file as a whole, if the condition holds.
    fn put(&self, key: &str, bytes: Vec<u8>, dress: &Dress, when: &When) -> Result<Tag, Fault>;
    /// Writes a file with the bytes and all that was told of another.
    fn copy(&self, from: &str, to: &str) -> Result<(), Fault>;
    /// Removes a file; one that is not there is as good as removed.
    fn delete(&self, key: &str) -> Result<(), Fault>;
    /// Returns every key.
    fn list(&self) -> Result<Vec<String>, Fault>;
}

/// A file of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What is known of it.
    pub seen: Seen,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which writing of it.
    pub tag: Tag,
    /// When it was written, by the store's clock.
    pub modified: Option<Timestamp>,
    /// The digest of the file, as it was told when it was written, or as it is.
    pub digest: Option<Digest>,
    /// `Content-Type` and `Cache-Control`, where the store keeps them.
    pub dress: Option<(String, String)>,
}

/// Names one writing of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tag {
    /// As HTTP names it.
    pub etag: Option<String>,
    /// As stores number it.
    pub version: Option<String>,
}

impl Tag {
    /// Returns one that no file has.
    pub fn of_nothing() -> Tag {
        Tag { etag: Some(format!("\"{}\"", "0".repeat(32))), version: Some("1".to_owned()) }
    }
}

/// What a store is told of a file besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dress {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Cache-Control`.
    pub cache: String,
    /// Whether the bytes are stored compressed by gzip.
    pub is_packed: bool,
    /// The digest of the file before it was compressed.
    pub digest: Digest,
}

impl Dress {
    /// Returns what is told of a record or a manifest: it is asked for anew each time.
    pub fn of_record(bytes: &[u8]) -> Dress {
        let (content_type, cache) = ("application/json", "no-cache".to_owned());
        Dress { content_type, cache, is_packed: false, digest: Digest::of(bytes) }
    }

    /// Returns what is told of bytes that are for machines of ours alone.
    pub fn of_bytes(bytes: &[u8]) -> Dress {
        let (content_type, cache) = ("application/octet-stream", "no-store".to_owned());
        Dress { content_type, cache, is_packed: false, digest: Digest::of(bytes) }
    }
}

/// Opens a store by its address, without connecting to anything: `s3://bucket/prefix`, `gs://`, `az://`, or the path of a
/// folder, below `site` if it is relative.
pub fn open(place: &StorePlace, site: &Path, network: &Network) -> Result<Box<dyn Store>, Fault> {
    if !place.to.contains("://") {
        return folder::Folder::open(&place.to, site).map(|folder| Box::new(folder) as _);
    }
    #[cfg(feature = "stores")]
    return objects::Objects::open(place, network).map(|store| Box::new(store) as _);
    #[cfg(not(feature = "stores"))]
    {
        let _ = network;
        Err(Fault::Broken("was built without the feature `stores`".to_owned()))
    }
}

/// Under which condition a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Under none.
    Always,
    /// If there is no such file.
    Absent,
    /// If nobody has written it since.
    Unchanged(Tag),
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The condition did not hold.
    Conflict,
    /// It may not be done with these credentials.
    Denied(String),
    /// Anything else; a sentence that goes on after "the store".
    Broken(String),
}

impl Fault {
    /// Returns it as a sentence that goes on after the name of a key.
    pub fn words(&self) -> String {
        match self {
            Fault::Conflict => "was written by somebody else".to_owned(),
            Fault::Denied(why) => format!("is refused: {why}"),
            Fault::Broken(why) => why.clone(),
        }
    }
}
