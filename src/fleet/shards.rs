//! Owns the building of one site by several machines: `blog build --shard 3/16 --stage STORE`.
//!
//! Each machine reads the whole site and renders the addresses that fall to its part: posts by their date with the lists that
//! show them, the rest by the digest of the address. What it made it leaves in the stage: the bytes as blobs, and last a sheet that says which files they are. Whoever finds every
//! sheet takes the rest from there, and goes on as a single build does: derived files, verification, promotion. So the
//! result is that of a single build by construction, and verified as a whole.
//!
//! A stage is addressed by all that decides a byte of the site: parts of another state, another clock, another program never
//! meet. Nothing is locked: two who find all sheets at once both put the site together, and the first one's mark stays.

use std::fmt;
use std::io::Read;
use std::str::FromStr;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::blobs::{self, Blobs, Broken};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::guard::dial::Network;
use crate::manifest::Entry;
use crate::output::{Output, Staged};
use crate::store::{self, Dress, Fault, Store, When};

/// How many parts there may be.
const MOST: u32 = 4096;

/// Which part of a site: `3/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) && of <= MOST => Ok(Shard { number, of }),
            _ => Err(format!("a part is written as 3/16: which one, counted from 1, and of how many, at most {MOST}")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// Returns whether an address falls to this part. `rank` is the place of its posts among all posts, and how many these are:
    /// what shows the same posts falls to the same part, so that few of them are typeset twice.
    pub fn takes(self, address: &str, rank: Option<(usize, usize)>) -> bool {
        if let Some((rank, all)) = rank.filter(|(rank, all)| rank < all) {
            return rank as u64 * u64::from(self.of) / all as u64 == u64::from(self.number - 1);
        }
        let digest = Digest::of(address);
        let number = digest.as_bytes()[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.of) == u64::from(self.number - 1)
    }
}

/// What is left by a part that is not the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which part this is.
    pub shard: String,
    /// How many files it has made.
    pub files: usize,
    /// Where they are.
    pub stage: String,
    /// The numbers of the parts that have not come yet.
    pub missing: Vec<u32>,
}

/// What a part has made: files, one after the other in the blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sheet {
    files: Vec<(String, Entry)>,
    blobs: Vec<Digest>,
}

/// What stands where a build is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    build_id: Digest,
}

/// Where the parts of one build meet.
pub struct Meeting {
    store: Box<dyn Store>,
    stage: String,
    shard: Shard,
}

impl Meeting {
    /// Opens the stage; refuses where parts could never meet.
    pub fn open(config: &Config, shard: Shard, network: &Network) -> Result<Meeting, Vec<Diagnostic>> {
        let refuse = |message: String, hint: &str| Err(vec![Diagnostic::error("shard/usage", message).hint(hint)]);
        let Some(place) = &config.shared.stage else {
            return refuse(
                "`--shard` needs a place where the parts meet".to_owned(),
                "add `--stage s3://bucket/stage`",
            );
        };
        if config.clock == config.now {
            let message = "the parts of a site must mean the same moment, and this one took its machine's clock";
            let hint = "give all of them the same: `--clock 2026-11-23T12:00:00Z`, or set `SOURCE_DATE_EPOCH` to the time of the commit";
            return refuse(message.to_owned(), hint);
        }
        match store::open(place, &config.root, network) {
            Ok(store) => Ok(Meeting { store, stage: place.to.clone(), shard }),
            Err(fault) => refuse(
                format!("the stage `{}` {}", place.to, fault.words()),
                "look at `--stage`, at `[cache]` in `site.toml`, and at the environment",
            ),
        }
    }

    /// Returns which part this is.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// Leaves what this part has made, takes in what the others did, and returns nothing if all have come.
    ///
    /// `identity` is the digest of all that decides the site.
    pub fn join(
        &self,
        identity: &Digest,
        output: &Output,
        staged: &mut Staged,
    ) -> Result<Option<Waiting>, Vec<Diagnostic>> {
        let own = self.leave(identity, staged)?;
        let mut sheets = Vec::new();
        let mut missing = Vec::new();
        for number in (1..=self.shard.of).filter(|number| *number != self.shard.number) {
            match self.sheet(identity, number)? {
                Some(sheet) => sheets.push((number, sheet)),
                None => missing.push(number),
            }
        }
        if !missing.is_empty() {
            let (shard, stage) = (self.shard.to_string(), self.stage.clone());
            return Ok(Some(Waiting { shard, files: own, stage, missing }));
        }
        let taken: Vec<Result<(), Vec<Diagnostic>>> =
            sheets.par_iter().map(|(number, sheet)| self.take(identity, *number, sheet, output, staged)).collect();
        let problems: Vec<Diagnostic> = taken.into_iter().filter_map(Result::err).flatten().collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        // A picture may have been needed by several parts.
        sheets.into_iter().for_each(|(_, sheet)| staged.files.extend(sheet.files));
        Ok(None)
    }

    fn key(&self, identity: &Digest, number: u32) -> String {
        format!("builds/{identity}/{number}-of-{}.json", self.shard.of)
    }

    /// Leaves what this part has made, unless an earlier run of it has; returns how many files it is.
    fn leave(&self, identity: &Digest, staged: &Staged) -> Result<usize, Vec<Diagnostic>> {
        let files: Vec<(String, Entry)> =
            staged.files.iter().map(|(path, entry)| (path.clone(), entry.clone())).collect();
        if let Some(left) = self.sheet(identity, self.shard.number)?
            && left.files == files
        {
            return Ok(files.len());
        }
        let mut bytes = Files { staged, files: files.iter(), file: None };
        let blobs = blobs::leave(self.store.as_ref(), &mut bytes).map_err(|broken| match broken {
            Broken::Store(fault) => self.refused(&fault),
            Broken::Source(error) => {
                vec![Diagnostic::error("output/read", format!("cannot read what was staged: {error}"))]
            }
        })?;
        let count = files.len();
        let key = self.key(identity, self.shard.number);
        self.write(&key, &Sheet { files, blobs }, &When::Always).map_err(|fault| self.refused(&fault))?;
        Ok(count)
    }

    fn write(&self, key: &str, value: &impl Serialize, when: &When) -> Result<(), Fault> {
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        let dress = Dress::of_record(&bytes);
        self.store.put(key, bytes, &dress, when).map(drop)
    }

    fn sheet(&self, identity: &Digest, number: u32) -> Result<Option<Sheet>, Vec<Diagnostic>> {
        let stored = self.store.get(&self.key(identity, number)).map_err(|fault| self.refused(&fault))?;
        Ok(stored.and_then(|stored| serde_json::from_slice(&stored.bytes).ok()))
    }

    /// Takes in what another part has made.
    fn take(
        &self,
        identity: &Digest,
        number: u32,
        sheet: &Sheet,
        output: &Output,
        staged: &Staged,
    ) -> Result<(), Vec<Diagnostic>> {
        let mut bytes = Blobs::new(self.store.as_ref(), &sheet.blobs);
        for (path, entry) in &sheet.files {
            let is_whole = staged.receive(output, path, entry, &mut (&mut bytes).take(entry.size))?;
            if !is_whole {
                // Its next run leaves it anew.
                let _ = self.store.delete(&self.key(identity, number));
                let message =
                    format!("`{path}` of part {number}/{} is missing or damaged in {}", self.shard.of, self.stage);
                let hint = format!("run `--shard {number}/{}` again, and then this part", self.shard.of);
                return Err(vec![Diagnostic::error("shard/damaged", message).hint(hint)]);
            }
        }
        Ok(())
    }

    /// Marks the build as whole; the first mark stays, and another build under it is refused.
    pub fn mark(&self, identity: &Digest, build_id: Digest) -> Result<(), Vec<Diagnostic>> {
        let key = format!("builds/{identity}/whole-of-{}.json", self.shard.of);
        let mark = Mark { build_id };
        match self.write(&key, &mark, &When::Absent) {
            Ok(()) => Ok(()),
            Err(Fault::Conflict) => {
                let stored = self.store.get(&key).map_err(|fault| self.refused(&fault))?;
                let found: Option<Mark> = stored.and_then(|stored| serde_json::from_slice(&stored.bytes).ok());
                match found {
                    Some(found) if found == mark => Ok(()),
                    _ => {
                        let message =
                            format!("another run has put the same parts in {} together otherwise", self.stage);
                        let hint = "the servers may have answered otherwise; see which of the two is right, and use a new stage";
                        Err(vec![Diagnostic::error("shard/differs", message).hint(hint)])
                    }
                }
            }
            Err(fault) => Err(self.refused(&fault)),
        }
    }

    fn refused(&self, fault: &Fault) -> Vec<Diagnostic> {
        let message = format!("the stage `{}` {}", self.stage, fault.words());
        let hint = "run this part again: it goes on from here";
        vec![Diagnostic::error("shard/broken", message).hint(hint)]
    }
}

/// Reads staged files one after the other.
struct Files<'a> {
    staged: &'a Staged,
    files: std::slice::Iter<'a, (String, Entry)>,
    file: Option<Box<dyn Read>>,
}

impl Read for Files<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(file) = &mut self.file {
                let count = file.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
            }
            let Some((path, _)) = self.files.next() else { return Ok(0) };
            self.file = Some(self.staged.open(path)?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_falls_to_one_part() {
        for of in [1, 2, 3, 16, 97] {
            let parts: Vec<Shard> = (1..=of).map(|number| Shard { number, of }).collect();
            for number in 0..500 {
                let address = format!("/posts/{number}/");
                for rank in [None, Some((number, 500)), Some((0, 0)), Some((500, 500))] {
                    let takers = parts.iter().filter(|part| part.takes(&address, rank)).count();
                    assert_eq!(takers, 1, "{address} at {rank:?} of {of}");
                }
            }
        }
        let part = Shard { number: 2, of: 4 };
        let taken = (0..4_000).filter(|number| part.takes(&format!("/posts/{number}/"), None)).count();
        assert!((900..1_100).contains(&taken), "{taken}");
        let taken: Vec<usize> = (0..40).filter(|rank| part.takes("/", Some((*rank, 40)))).collect();
        assert_eq!(taken, (10..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_part_is_one_of_those_that_there_are() {
        assert_eq!("3/16".parse::<Shard>().map(|shard| shard.to_string()), Ok("3/16".to_owned()));
        for text in ["0/4", "5/4", "4", "/", "1/", "/1", "-1/4", "1/0", "1/4097", "a/b", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
