//! Owns the reading of WordPress's export (WXR) as a stream: one item after the other, whatever the size of the file.
//!
//! Gives [`Items`]. Says where a file breaks off, and never loses an item that was whole before.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What an export has at its top, before the items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Channel {
    /// Elements by their names: `title`, `description`, `language`, `base_blog_url`.
    pub(super) texts: BTreeMap<String, String>,
    /// Names of authors by their logins.
    pub(super) authors: BTreeMap<String, String>,
    /// The categories above others, by their names in addresses.
    pub(super) parents: BTreeMap<String, String>,
}

/// A term of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) taxonomy: String,
    /// Its name in addresses.
    pub(super) slug: String,
    /// Its name for people.
    pub(super) name: String,
}

/// One item: a post, a page, an attachment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// Elements by their names, with the prefix: `title`, `wp:post_id`, `content:encoded`.
    texts: BTreeMap<String, String>,
    /// Its terms.
    pub(super) terms: Vec<Term>,
    /// Its further fields, by key.
    pub(super) meta: Vec<(String, String)>,
    /// Its comments: elements by their names without `comment_`.
    pub(super) comments: Vec<BTreeMap<String, String>>,
}

impl Item {
    /// Returns an element's text; nothing of it if it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// Returns a field that is not empty.
    pub(super) fn meta(&self, key: &str) -> Option<&str> {
        self.meta.iter().find(|(known, value)| known == key && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }

    /// Returns what it is called in messages.
    pub(super) fn origin(&self) -> String {
        let kind = match self.text("wp:post_type") {
            "" => "item",
            kind => kind,
        };
        match (self.text("wp:post_id"), self.text("title")) {
            ("", "") => format!("a {kind}"),
            ("", title) => format!("{kind} “{title}”"),
            (id, "") => format!("{kind} {id}"),
            (id, title) => format!("{kind} {id} (“{title}”)"),
        }
    }

    /// Changes each text of it.
    pub(super) fn change(&mut self, mut change: impl FnMut(&mut String)) {
        self.texts.values_mut().for_each(&mut change);
        self.terms.iter_mut().for_each(|term| change(&mut term.name));
        self.meta.iter_mut().for_each(|(_, value)| change(value));
        self.comments.iter_mut().flat_map(BTreeMap::values_mut).for_each(change);
    }
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// An item.
    Item(Box<Item>),
    /// The end.
    End,
    /// The file breaks off or is broken: in this item, if it is within one, for this reason.
    Broken(Option<Box<Item>>, String),
}

/// Reads items.
pub(super) struct Items<R: Read> {
    reader: Reader<BufReader<Utf8<R>>>,
    buffer: Vec<u8>,
    /// What stands before the items, as far as it was read.
    pub(super) channel: Channel,
    /// Whether it has the elements of an export of WordPress.
    pub(super) is_export: bool,
    /// Whether the end of all items was read.
    is_complete: bool,
}

/// Where the element that is being read belongs.
#[derive(Default)]
struct Within {
    item: Option<Box<Item>>,
    /// The author, category, field or comment that is open, with its elements.
    group: Option<(&'static str, BTreeMap<String, String>)>,
    /// The element whose text is being read, and its attributes that matter.
    leaf: Option<(String, String, Term)>,
}

/// The elements that hold others.
const GROUPS: [&str; 6] = ["wp:author", "wp:category", "wp:tag", "wp:term", "wp:postmeta", "wp:comment"];

impl<R: Read> Items<R> {
    pub(super) fn new(file: R) -> Items<R> {
        let mut reader = Reader::from_reader(BufReader::with_capacity(32 << 10, Utf8::new(file)));
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_dangling_amp = true;
        Items { reader, buffer: Vec::new(), channel: Channel::default(), is_export: false, is_complete: false }
    }

    /// Reads on to the next item.
    pub(super) fn next(&mut self) -> Next {
        let mut within = Within::default();
        loop {
            self.buffer.clear();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(_) if self.is_complete => return Next::End,
                Err(error) => return Next::Broken(within.item, error.to_string()),
            };
            match event {
                Event::Eof => {
                    return match self.is_complete {
                        true => Next::End,
                        false => Next::Broken(within.item, "the file breaks off".to_owned()),
                    };
                }
                Event::Start(tag) => {
                    let name = name(&tag);
                    self.is_export |= name == "wp:wxr_version";
                    match (name.as_str(), GROUPS.iter().find(|group| **group == name)) {
                        ("item", _) => within.item = Some(Box::default()),
                        (_, Some(group)) => within.group = Some((group, BTreeMap::new())),
                        ("rss" | "channel" | "image", _) => {}
                        _ => {
                            let term = Term {
                                taxonomy: attribute(&tag, "domain"),
                                slug: attribute(&tag, "nicename"),
                                name: String::new(),
                            };
                            within.leaf = Some((name, String::new(), term));
                        }
                    }
                }
                Event::Text(text) => within.push(&text),
                Event::CData(text) => within.push(&text),
                Event::GeneralRef(reference) => {
                    let letter = reference.resolve_char_ref().ok().flatten();
                    match (letter, &*reference) {
                        (Some(letter), _) => within.push(letter.encode_utf8(&mut [0; 4])),
                        (None, "amp") => within.push("&"),
                        (None, "lt") => within.push("<"),
                        (None, "gt") => within.push(">"),
                        (None, "quot") => within.push("\""),
                        (None, "apos") => within.push("'"),
                        (None, "nbsp") => within.push("\u{a0}"),
                        (None, other) => within.push(&format!("&{other};")),
                    }
                }
                Event::End(tag) => match (&*tag.name().as_ref().to_owned(), within.leaf.take()) {
                    ("item", _) => {
                        if let Some(item) = within.item.take() {
                            return Next::Item(item);
                        }
                    }
                    ("rss" | "channel", _) => self.is_complete = true,
                    (_, Some((name, text, term))) => within.leaf(&mut self.channel, name, text, term),
                    (name, None) if GROUPS.contains(&name) => within.group(&mut self.channel),
                    _ => {}
                },
                _ => {}
            }
        }
    }
}

impl Within {
    fn push(&mut self, text: &str) {
        if let Some((_, own, _)) = &mut self.leaf {
            own.push_str(text);
        }
    }

    /// Takes an element that is complete.
    fn leaf(&mut self, channel: &mut Channel, name: String, text: String, term: Term) {
        match (&mut self.group, &mut self.item) {
            (Some((_, texts)), _) => _ = texts.insert(name, text),
            (None, Some(item)) if name == "category" => item.terms.push(Term { name: text, ..term }),
            (None, Some(item)) => _ = item.texts.insert(name, text),
            (None, None) => _ = channel.texts.entry(name).or_insert(text),
        }
    }

    /// Takes a group of elements that is complete.
    fn group(&mut self, channel: &mut Channel) {
        let Some((kind, mut texts)) = self.group.take() else { return };
        let mut take = |name: &str| texts.remove(name).unwrap_or_default();
        match (kind, &mut self.item) {
            ("wp:author", None) => {
                let (login, name) = (take("wp:author_login"), take("wp:author_display_name"));
                if !login.is_empty() && !name.is_empty() {
                    channel.authors.insert(login, name);
                }
            }
            ("wp:category", None) => {
                let (slug, parent) = (take("wp:category_nicename"), take("wp:category_parent"));
                if !slug.is_empty() && !parent.is_empty() && slug != parent {
                    channel.parents.insert(slug, parent);
                }
            }
            ("wp:postmeta", Some(item)) => {
                let pair = (take("wp:meta_key"), take("wp:meta_value"));
                item.meta.push(pair);
            }
            ("wp:comment", Some(item)) => {
                let bare = |(name, text): (String, String)| (name.replace("wp:comment_", ""), text);
                item.comments.push(texts.into_iter().map(bare).collect());
            }
            _ => {}
        }
    }
}

fn name(tag: &BytesStart<'_>) -> String {
    tag.name().as_ref().to_owned()
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    let found = tag.attributes().flatten().find(|one| one.key.as_ref() == name);
    found.map(|found| found.value.into_owned()).unwrap_or_default()
}

/// Reads bytes as UTF-8, with a mark in the place of what is none: one broken character does not end an export.
pub(super) struct Utf8<R> {
    inner: R,
    /// Bytes that are UTF-8, and where the next one is.
    ready: Vec<u8>,
    at: usize,
    /// The beginning of a character whose end was not read yet.
    rest: Vec<u8>,
}

impl<R: Read> Utf8<R> {
    fn new(inner: R) -> Utf8<R> {
        Utf8 { inner, ready: Vec::new(), at: 0, rest: Vec::new() }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let mut bytes = std::mem::take(&mut self.rest);
        let known = bytes.len();
        bytes.resize(known + (16 << 10), 0);
        let read = self.inner.read(&mut bytes[known..])?;
        bytes.truncate(known + read);
        self.ready.clear();
        self.at = 0;
        let chunks: Vec<(usize, usize)> =
            bytes.utf8_chunks().map(|one| (one.valid().len(), one.invalid().len())).collect();
        let mut start = 0;
        for (number, (valid, invalid)) in chunks.iter().copied().enumerate() {
            self.ready.extend_from_slice(&bytes[start..start + valid]);
            let is_last = number + 1 == chunks.len() && start + valid + invalid == bytes.len();
            if is_last && read > 0 && invalid < 4 && invalid > 0 && !is_whole(&bytes[start + valid..]) {
                self.rest = bytes[start + valid..].to_vec();
            } else if invalid > 0 {
                self.ready.extend_from_slice("\u{fffd}".as_bytes());
            }
            start += valid + invalid;
        }
        // A character of which only the beginning was read: there may be more.
        if self.ready.is_empty() && read > 0 { self.fill() } else { Ok(()) }
    }
}

/// Whether bytes that are no character cannot become one by more bytes.
fn is_whole(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some())
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.ready.len() {
            self.fill()?;
        }
        let count = out.len().min(self.ready.len() - self.at);
        out[..count].copy_from_slice(&self.ready[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Whether a file begins like XML.
pub(super) fn looks_like_xml(file: &mut impl BufRead) -> bool {
    let beginning = file.fill_buf().unwrap_or_default();
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> (Vec<Item>, Channel, Next) {
        let mut items = Items::new(bytes);
        let mut found = Vec::new();
        loop {
            match items.next() {
                Next::Item(item) => found.push(*item),
                end => return (found, items.channel, end),
            }
        }
    }

    const SMALL: &str = "<rss><channel><title>A &amp; b</title><wp:author><wp:author_login>ada</wp:author_login><wp:author_display_name>\
         <![CDATA[Ada]]></wp:author_display_name></wp:author><item><title>One</title><category domain=\"post_tag\" nicename=\"x\"><![CDATA[X]]></category>\
         <content:encoded><![CDATA[a]]]]><![CDATA[>b &amp;]]></content:encoded><wp:postmeta><wp:meta_key>k</wp:meta_key><wp:meta_value>v</wp:meta_value>\
         </wp:postmeta><wp:comment><wp:comment_id>7</wp:comment_id></wp:comment></item><item><title>Zwölf</title></item></channel></rss>";

    #[test]
    fn items_come_with_all_that_they_hold() {
        let (items, channel, end) = all(SMALL.as_bytes());
        assert_eq!((items.len(), end), (2, Next::End));
        assert_eq!(channel.texts["title"], "A & b");
        assert_eq!(channel.authors["ada"], "Ada");
        assert_eq!(items[0].text("content:encoded"), "a]]>b &amp;");
        assert_eq!(
            items[0].terms,
            [Term { taxonomy: "post_tag".to_owned(), slug: "x".to_owned(), name: "X".to_owned() }]
        );
        assert_eq!(items[0].meta("k"), Some("v"));
        assert_eq!(items[0].comments[0]["id"], "7");
        assert_eq!(items[1].text("title"), "Zwölf");
    }

    #[test]
    fn wherever_a_file_breaks_off_what_was_whole_is_there() {
        let ends: Vec<usize> = SMALL.match_indices("</item>").map(|(at, end)| at + end.len()).collect();
        for length in 0..SMALL.len() {
            let (items, _, end) = all(&SMALL.as_bytes()[..length]);
            assert_eq!(items.len(), ends.iter().filter(|end| **end <= length).count(), "{length}");
            let is_end = length >= SMALL.len() - "</rss>".len();
            assert_eq!(matches!(end, Next::End), is_end, "{length}: {end:?}");
        }
    }

    #[test]
    fn a_broken_character_does_not_end_the_export() {
        let broken = [b"<rss><item><title>a\xff\xe2\x82".as_slice(), b"b\xc3\xa9</title></item></rss>"].concat();
        let (items, _, end) = all(&broken);
        assert_eq!((items[0].text("title"), end), ("a\u{fffd}\u{fffd}bé", Next::End));
    }

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(out.len()).min(1);
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn characters_are_whole_however_they_are_read() {
        let mut text = String::new();
        Utf8::new(Slow("aé日\u{1f600}z".as_bytes())).read_to_string(&mut text).unwrap();
        assert_eq!(text, "aé日\u{1f600}z");
    }
}
