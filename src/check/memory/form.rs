//! Owns the form in which one page is kept: its facts one after the other, numbers for what many pages share.
//!
//! Every value that is written can be read again as it was, or it is not written: the page is then read from its bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use url::Url;

use super::super::addresses::Named;
use super::super::contracts::Breach;
use super::super::evidence::{
    Assignment, Canonical, Difference, Found, Page, PageKind, Place, Said, SiteFacts, Snippet,
};
use super::super::oddities::Oddity;
use super::super::page::Inert;
use crate::analytics::{self, ScriptTag, Sighting};
use crate::bytes::{Reader, push_count, push_number, push_text};

const KINDS: [PageKind; 4] = [PageKind::Document, PageKind::Redirect, PageKind::Fragment, PageKind::Amp];
const PLACES: [Place; 3] = [Place::Own, Place::Other, Place::Elsewhere];

/// Numbers values in the order in which they first come.
struct Numbers<K>(HashMap<K, usize>);

impl<K: Eq + Hash> Numbers<K> {
    fn number(&mut self, key: K, add: impl FnOnce()) -> usize {
        let next = self.0.len();
        *self.0.entry(key).or_insert_with(|| {
            add();
            next
        })
    }
}

/// Writes pages.
pub(super) struct Writer<'p> {
    /// Equal values are one value, so that the place of one is its name.
    found_numbers: Numbers<*const Found>,
    found: Vec<&'p Found>,
    policy_numbers: Numbers<*const Vec<String>>,
    policies: Vec<&'p [String]>,
    /// The new number of each address, by the number that it has in this run.
    address_numbers: Vec<Option<u32>>,
    addresses: Vec<u32>,
}

impl<'p> Writer<'p> {
    /// Starts; so many addresses are known.
    pub(super) fn new(addresses: usize) -> Writer<'p> {
        Writer {
            found_numbers: Numbers(HashMap::new()),
            found: Vec::new(),
            policy_numbers: Numbers(HashMap::new()),
            policies: Vec::new(),
            address_numbers: vec![None; addresses],
            addresses: Vec::new(),
        }
    }

    /// Adds what pages share, `texts` being those of all addresses.
    pub(super) fn tables(&self, bytes: &mut Vec<u8>, texts: &[Arc<str>]) {
        list(bytes, &self.found, |bytes, found| write_found(bytes, found));
        list(bytes, &self.policies, |bytes, policies| list(bytes, policies, |bytes, text| push_text(bytes, text)));
        list(bytes, &self.addresses, |bytes, number| {
            push_text(bytes, texts.get(*number as usize).map_or("", |text| text));
        });
    }

    /// Adds one page; nothing if it could not be read again.
    pub(super) fn page(
        &mut self,
        bytes: &mut Vec<u8>,
        page: &'p Page,
        breaches: &[Breach],
        named: &Named,
    ) -> Option<()> {
        push_count(bytes, KINDS.iter().position(|kind| *kind == page.kind)?);
        push_count(bytes, page.snippets.len());
        for snippet in &page.snippets {
            self.snippet(bytes, snippet)?;
        }
        push_count(bytes, page.inert.len());
        for (snippet, why) in &page.inert {
            self.snippet(bytes, snippet)?;
            write_inert(bytes, why)?;
        }
        match &page.canonical {
            None => bytes.push(0),
            Some(canonical) => {
                bytes.push(1);
                write_canonical(bytes, canonical)?;
            }
        }
        let policies = &page.policies;
        let number = self.policy_numbers.number(Arc::as_ptr(policies), || self.policies.push(policies));
        push_count(bytes, number);
        optional(bytes, page.referrer.as_deref());
        write_assignment(bytes, &page.assignment);
        match &page.site {
            None => bytes.push(0),
            Some(site) => {
                bytes.push(1);
                write_site(bytes, site);
            }
        }
        list(bytes, breaches, |bytes, breach| {
            push_count(bytes, breach.contract);
            push_count(bytes, breach.demand);
            push_count(bytes, breach.count.map_or(0, |count| count.saturating_add(1)));
            list(bytes, &breach.lines, |bytes, line| push_number(bytes, *line));
        });
        let numbers = &mut self.address_numbers;
        let known = &mut self.addresses;
        let named = named.iter().map(|(number, line)| {
            let next = known.len() as u32;
            let renewed = *numbers[*number as usize].get_or_insert_with(|| {
                known.push(*number);
                next
            });
            (renewed, *line)
        });
        push_addresses(bytes, named);
        Some(())
    }

    fn snippet(&mut self, bytes: &mut Vec<u8>, snippet: &'p Snippet) -> Option<()> {
        let found = &snippet.found;
        let sighting = &found.sighting;
        let is_readable = || {
            provider(sighting.provider).is_some()
                && analytics::style_named(sighting.style).is_some()
                && sighting.tags.is_empty()
                && found.scripts.iter().all(|script| script.line == 0)
        };
        let is_new = !self.found_numbers.0.contains_key(&Arc::as_ptr(found));
        (!is_new || is_readable()).then_some(())?;
        let number = self.found_numbers.number(Arc::as_ptr(found), || self.found.push(found));
        push_count(bytes, number);
        push_number(bytes, snippet.line);
        Some(())
    }
}

/// Reads one page up to its addresses: what it said, and which contracts it broke.
pub(super) fn page(
    reader: &mut Reader<'_>,
    path: &str,
    found: &[Arc<Found>],
    policies: &[Arc<Vec<String>>],
) -> Option<(Said, Vec<Breach>)> {
    let snippet = |reader: &mut Reader<'_>| {
        Some(Snippet { found: Arc::clone(found.get(reader.count()?)?), line: reader.number()? })
    };
    let kind = *KINDS.get(reader.count()?)?;
    let snippets = several(reader, snippet)?;
    let inert = several(reader, |reader| Some((snippet(reader)?, read_inert(reader)?)))?;
    let canonical = match reader.number()? {
        0 => None,
        _ => Some(Box::new(read_canonical(reader)?)),
    };
    let policies = Arc::clone(policies.get(reader.count()?)?);
    let referrer = maybe(reader)?;
    let assignment = read_assignment(reader)?;
    let site = match reader.number()? {
        0 => None,
        _ => Some(Box::new(read_site(reader)?)),
    };
    let breaches = several(reader, |reader| {
        Some(Breach {
            contract: reader.count()?,
            demand: reader.count()?,
            path: path.to_owned(),
            count: reader.count()?.checked_sub(1),
            lines: several(reader, |reader| reader.number())?,
        })
    })?;
    let said = Said { kind, snippets, inert, canonical, policies, referrer, site, assignment };
    // Rules look snippets up by their numbers.
    let count = said.snippets.len() + said.inert.len();
    let assigned = &said.assignment;
    let numbers =
        assigned.matched.iter().map(|(_, index, _)| index).chain(assigned.extra.iter().map(|(_, index)| index));
    numbers.chain(&assigned.foreign).all(|index| *index < count).then_some((said, breaches))
}

/// Writes the addresses that a page names. Those that come for the first time have numbers in a row.
pub(super) fn push_addresses(bytes: &mut Vec<u8>, named: impl Iterator<Item = (u32, u64)>) {
    let (mut expected, mut before) = (0, 0);
    for (number, line) in named {
        push_number(bytes, folded(i64::from(number).wrapping_sub(expected)));
        push_number(bytes, folded(line.wrapping_sub(before).cast_signed()));
        (expected, before) = (i64::from(number) + 1, line);
    }
}

/// Reads them to the end; `count` are known.
pub(super) fn named(bytes: &[u8], count: usize) -> Option<Named> {
    let mut reader = Reader::new(bytes);
    let (mut expected, mut before) = (0_i64, 0_u64);
    let mut named = Named::with_capacity(bytes.len() / 2);
    while !reader.is_at_end() {
        let number = u32::try_from(expected.checked_add(unfolded(reader.number()?))?).ok()?;
        before = before.wrapping_add_signed(unfolded(reader.number()?));
        expected = i64::from(number) + 1;
        ((number as usize) < count).then(|| named.push((number, before)))?;
    }
    Some(named)
}

/// Makes small numbers of those near zero, by whichever sign.
fn folded(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn unfolded(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn list<T>(bytes: &mut Vec<u8>, values: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    push_count(bytes, values.len());
    values.iter().for_each(|value| write(bytes, value));
}

fn several<T>(reader: &mut Reader<'_>, mut read: impl FnMut(&mut Reader<'_>) -> Option<T>) -> Option<Vec<T>> {
    let count = reader.count()?;
    // Every value takes a byte at least, so that no number asks for more memory than there are bytes.
    (count <= reader.left()).then_some(())?;
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        values.push(read(reader)?);
    }
    Some(values)
}

fn optional(bytes: &mut Vec<u8>, text: Option<&str>) {
    bytes.push(u8::from(text.is_some()));
    if let Some(text) = text {
        push_text(bytes, text);
    }
}

fn maybe(reader: &mut Reader<'_>) -> Option<Option<String>> {
    match reader.number()? {
        0 => Some(None),
        _ => Some(Some(reader.text()?.to_owned())),
    }
}

fn owned(reader: &mut Reader<'_>) -> Option<String> {
    reader.text().map(str::to_owned)
}

/// Reads a list of texts.
pub(super) fn texts(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    several(reader, owned)
}

fn pairs(bytes: &mut Vec<u8>, pairs: &BTreeMap<String, String>) {
    push_count(bytes, pairs.len());
    for (name, value) in pairs {
        push_text(bytes, name);
        push_text(bytes, value);
    }
}

fn read_pairs(reader: &mut Reader<'_>) -> Option<BTreeMap<String, String>> {
    Some(several(reader, |reader| Some((owned(reader)?, owned(reader)?)))?.into_iter().collect())
}

/// Returns a provider's name by its text; one that is not known counts as none.
fn provider(name: &str) -> Option<&'static str> {
    if name.is_empty() { Some("") } else { analytics::find(name).map(|provider| provider.name) }
}

fn write_found(bytes: &mut Vec<u8>, found: &Found) {
    let sighting = &found.sighting;
    push_text(bytes, sighting.provider);
    push_text(bytes, sighting.style);
    for text in [&sighting.script, &sighting.collect, &sighting.site, &found.script, &found.collect] {
        optional(bytes, text.as_deref());
    }
    bytes.push(u8::from(sighting.is_derived));
    list(bytes, &sighting.commands, |bytes, text| push_text(bytes, text));
    pairs(bytes, &sighting.parameters);
    list(bytes, &found.scripts, |bytes, script| {
        pairs(bytes, &script.attributes);
        push_text(bytes, &script.body);
    });
}

/// Reads a snippet.
pub(super) fn found(reader: &mut Reader<'_>) -> Option<Found> {
    let (provider, style) = (provider(reader.text()?)?, analytics::style_named(reader.text()?)?);
    let (written, derived, site) = (maybe(reader)?, maybe(reader)?, maybe(reader)?);
    let (script, collect) = (maybe(reader)?, maybe(reader)?);
    let sighting = Sighting {
        provider,
        style,
        script: written,
        collect: derived,
        is_derived: reader.number()? != 0,
        site,
        commands: texts(reader)?,
        parameters: read_pairs(reader)?,
        tags: Vec::new(),
    };
    let scripts =
        several(reader, |reader| Some(ScriptTag { attributes: read_pairs(reader)?, body: owned(reader)?, line: 0 }))?;
    Some(Found { sighting, scripts, script, collect })
}

fn write_inert(bytes: &mut Vec<u8>, why: &Inert) -> Option<()> {
    let (number, text) = match why {
        Inert::Comment => (0, ""),
        Inert::Template => (1, ""),
        Inert::Noscript => (2, ""),
        Inert::Type(kind) => (3, kind.as_str()),
        Inert::Text(element) => (4, Inert::word(element)?),
        Inert::Never(attribute) => (5, Inert::word(attribute)?),
    };
    bytes.push(number);
    push_text(bytes, text);
    Some(())
}

fn read_inert(reader: &mut Reader<'_>) -> Option<Inert> {
    let (number, text) = (reader.number()?, reader.text()?);
    Some(match number {
        0 => Inert::Comment,
        1 => Inert::Template,
        2 => Inert::Noscript,
        3 => Inert::Type(text.to_owned()),
        4 => Inert::Text(Inert::word(text)?),
        5 => Inert::Never(Inert::word(text)?),
        _ => return None,
    })
}

fn write_canonical(bytes: &mut Vec<u8>, canonical: &Canonical) -> Option<()> {
    let target = canonical.target.as_ref().map(Url::as_str);
    (target.and_then(|target| Url::parse(target).ok()) == canonical.target).then_some(())?;
    push_text(bytes, &canonical.written);
    optional(bytes, target);
    push_count(bytes, PLACES.iter().position(|place| *place == canonical.place)?);
    push_number(bytes, canonical.line);
    Some(())
}

fn read_canonical(reader: &mut Reader<'_>) -> Option<Canonical> {
    let (written, target) = (owned(reader)?, maybe(reader)?);
    let target = match target {
        Some(target) => Some(Url::parse(&target).ok()?),
        None => None,
    };
    Some(Canonical { written, target, place: *PLACES.get(reader.count()?)?, line: reader.number()? })
}

fn write_assignment(bytes: &mut Vec<u8>, assignment: &Assignment) {
    list(bytes, &assignment.matched, |bytes, (table, snippet, differences)| {
        push_count(bytes, *table);
        push_count(bytes, *snippet);
        list(bytes, differences, |bytes, difference| {
            push_text(bytes, &difference.name);
            push_text(bytes, &difference.expected);
            push_text(bytes, &difference.found);
            bytes.push(u8::from(difference.decides));
        });
    });
    list(bytes, &assignment.extra, |bytes, (table, snippet)| {
        push_count(bytes, *table);
        push_count(bytes, *snippet);
    });
    list(bytes, &assignment.foreign, |bytes, snippet| push_count(bytes, *snippet));
}

fn read_assignment(reader: &mut Reader<'_>) -> Option<Assignment> {
    let difference = |reader: &mut Reader<'_>| {
        let (name, expected, found) = (owned(reader)?, owned(reader)?, owned(reader)?);
        Some(Difference { name, expected, found, decides: reader.number()? != 0 })
    };
    Some(Assignment {
        matched: several(reader, |reader| Some((reader.count()?, reader.count()?, several(reader, difference)?)))?,
        extra: several(reader, |reader| Some((reader.count()?, reader.count()?)))?,
        foreign: several(reader, |reader| reader.count())?,
    })
}

/// What other files decide (`broken`, `fragments`) is left out.
fn write_site(bytes: &mut Vec<u8>, site: &SiteFacts) {
    push_count(bytes, site.anchors.len());
    site.anchors.iter().for_each(|anchor| push_text(bytes, anchor));
    list(bytes, &site.repeated_ids, |bytes, (id, line)| {
        push_text(bytes, id);
        push_number(bytes, *line);
    });
    list(bytes, &site.oddities, write_oddity);
    bytes.push(u8::from(site.flattened));
}

fn read_site(reader: &mut Reader<'_>) -> Option<SiteFacts> {
    Some(SiteFacts {
        broken: Vec::new(),
        fragments: Vec::new(),
        anchors: texts(reader)?.into_iter().collect::<BTreeSet<String>>(),
        repeated_ids: several(reader, |reader| Some((owned(reader)?, reader.number()?)))?,
        oddities: several(reader, read_oddity)?,
        flattened: reader.number()? != 0,
    })
}

fn write_oddity(bytes: &mut Vec<u8>, oddity: &Oddity) {
    match oddity {
        Oddity::Titles(count) => {
            bytes.push(0);
            push_count(bytes, *count);
        }
        Oddity::Headings(count, None) => {
            bytes.push(1);
            push_count(bytes, *count);
        }
        Oddity::Headings(count, Some(line)) => {
            bytes.push(2);
            push_count(bytes, *count);
            push_number(bytes, *line);
        }
        Oddity::NoText(address, line) => {
            bytes.push(3);
            push_text(bytes, address);
            push_number(bytes, *line);
        }
        Oddity::Loopback(address, is_loaded, line) => {
            bytes.push(if *is_loaded { 4 } else { 5 });
            push_text(bytes, address);
            push_number(bytes, *line);
        }
        Oddity::Preview(line) => {
            bytes.push(6);
            push_number(bytes, *line);
        }
    }
}

fn read_oddity(reader: &mut Reader<'_>) -> Option<Oddity> {
    Some(match reader.number()? {
        0 => Oddity::Titles(reader.count()?),
        1 => Oddity::Headings(reader.count()?, None),
        2 => Oddity::Headings(reader.count()?, Some(reader.number()?)),
        3 => Oddity::NoText(owned(reader)?, reader.number()?),
        4 => Oddity::Loopback(owned(reader)?, true, reader.number()?),
        5 => Oddity::Loopback(owned(reader)?, false, reader.number()?),
        6 => Oddity::Preview(reader.number()?),
        _ => return None,
    })
}
