//! Values as PHP writes them (`serialize`): how Drupal keeps its settings in a database.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Php {
    /// A text, or a number as text.
    Text(String),
    /// A list or a map, its keys as text; an object counts as one.
    Map(Vec<(String, Php)>),
    /// Nothing.
    Null,
}

impl Php {
    /// Reads a value; nothing of what is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Php> {
        Reader { bytes, at: 0, depth: 0 }.value()
    }

    /// Returns what stands under a path of keys, as text.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        match (self, path) {
            (Php::Text(text), []) => Some(text),
            (Php::Map(rows), [first, rest @ ..]) => {
                rows.iter().find(|(key, _)| key == first).and_then(|(_, value)| value.text(rest))
            }
            _ => None,
        }
    }
}

/// How deep values may nest.
const DEEPEST: usize = 64;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Php> {
        let kind = *self.bytes.get(self.at)?;
        if kind == b'N' {
            self.at += 2;
            return Some(Php::Null);
        }
        self.at += 2;
        match kind {
            b'i' | b'd' | b'b' => self.until(b';').map(|text| Php::Text(text.to_owned())),
            b's' => {
                let text = self.text()?;
                self.at += 1;
                Some(Php::Text(text))
            }
            b'a' => self.map(),
            b'O' => {
                self.text()?;
                self.at += 1;
                self.map()
            }
            _ => None,
        }
    }

    /// Reads `3:"abc"`.
    fn text(&mut self) -> Option<String> {
        let length: usize = self.until(b':')?.parse().ok()?;
        let start = self.at.checked_add(1)?;
        let end = start.checked_add(length)?;
        let text = String::from_utf8_lossy(self.bytes.get(start..end)?).into_owned();
        self.at = end + 1;
        Some(text)
    }

    /// Reads `2:{key value key value}`.
    fn map(&mut self) -> Option<Php> {
        let count: usize = self.until(b':')?.parse().ok()?;
        self.at += 1;
        self.depth += 1;
        let mut rows = Vec::new();
        for _ in 0..count {
            let key = (self.depth < DEEPEST).then(|| self.value()).flatten()?;
            let Php::Text(key) = key else { return None };
            rows.push((key, self.value()?));
        }
        self.depth -= 1;
        self.at += 1;
        Some(Php::Map(rows))
    }

    fn until(&mut self, end: u8) -> Option<&str> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte == end)?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_by_their_path() {
        let text =
            "a:3:{s:4:\"name\";s:7:\"Wächter\";s:4:\"page\";a:2:{s:5:\"front\";s:5:\"/node\";i:0;b:1;}s:1:\"x\";N;}";
        let value = Php::parse(text.replace("s:7:\"W", "s:8:\"W").as_bytes()).unwrap();
        assert_eq!(value.text(&["name"]), Some("Wächter"));
        assert_eq!((value.text(&["page", "front"]), value.text(&["page", "0"])), (Some("/node"), Some("1")));
        assert_eq!((value.text(&["page"]), value.text(&["x"]), value.text(&["y"])), (None, None, None));
        let object = Php::parse(b"O:8:\"stdClass\":1:{s:8:\"language\";s:2:\"de\";}").unwrap();
        assert_eq!(object.text(&["language"]), Some("de"));
    }

    #[test]
    fn what_is_cut_or_made_up_is_nothing_and_never_a_panic() {
        let text = "a:2:{s:4:\"name\";s:3:\"abc\";s:1:\"d\";d:1.5;}";
        for end in 0..text.len() {
            assert_eq!(Php::parse(&text.as_bytes()[..end]).is_some(), end >= text.len() - 1, "cut at {end}");
        }
        for bad in
            ["s:99999999999999999999:\"a\";", "s:18446744073709551615:\"a\";", "a:5:{i:0;", "x:1;", "a:1:{a:0:{}i:1;}"]
        {
            assert_eq!(Php::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Php::parse("a:1:{i:0;".repeat(100_000).as_bytes()), None);
    }
}
