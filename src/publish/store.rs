//! Owns what is asked of a place that keeps files by key: [`Store`]. One implementation a file: `folder`, `objects`.

use jiff::Timestamp;

use super::class::Dress;
use crate::digest::Digest;

/// A place that keeps files by key, to which several may write at once.
pub(super) trait Store: Sync {
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
pub(super) struct Stored {
    pub(super) bytes: Vec<u8>,
    pub(super) seen: Seen,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// Which writing of it.
    pub(super) tag: Tag,
    /// When it was written, by the store's clock.
    pub(super) modified: Option<Timestamp>,
    /// The digest of the file, as it was told when it was written, or as it is.
    pub(super) digest: Option<Digest>,
    /// `Content-Type` and `Cache-Control`, where the store keeps them.
    pub(super) dress: Option<(String, String)>,
}

/// Names one writing of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tag {
    pub(super) etag: Option<String>,
    pub(super) version: Option<String>,
}

impl Tag {
    /// Returns one that no file has.
    pub(super) fn of_nothing() -> Tag {
        Tag { etag: Some(format!("\"{}\"", "0".repeat(32))), version: Some("1".to_owned()) }
    }
}

/// Under which condition a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum When {
    /// Under none.
    Always,
    /// If there is no such file.
    Absent,
    /// If nobody has written it since.
    Unchanged(Tag),
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The condition did not hold.
    Conflict,
    /// It may not be done with these credentials.
    Denied(String),
    /// Anything else; a sentence that goes on after "the store".
    Broken(String),
}

impl Fault {
    /// Returns it as a sentence that goes on after the name of a key.
    pub(super) fn words(&self) -> String {
        match self {
            Fault::Conflict => "was written by somebody else".to_owned(),
            Fault::Denied(why) => format!("is refused: {why}"),
            Fault::Broken(why) => why.clone(),
        }
    }
}
