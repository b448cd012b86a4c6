//! Reads a dump of a database (`mysqldump`, `mariadb-dump`, phpMyAdmin) row by row: a file of any size, one row in memory.
//!
//! Knows of SQL what such a dump needs: `CREATE TABLE` for the names of columns, `INSERT INTO` for rows, comments, quoted
//! names and texts. Rows of tables that nobody asked for are passed over without being kept.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::sync::Arc;

/// The longest value that is kept: a text of a page, not a film.
const LONGEST: usize = 64 << 20;

/// Where and why a dump could not be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// The table whose rows were read, if it was one.
    pub(super) table: Option<String>,
    /// Which of its rows, counted from 1.
    pub(super) row: usize,
    /// In which line of the file.
    pub(super) line: usize,
    /// What is wrong; goes on after the place.
    pub(super) why: String,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) table: Arc<str>,
    columns: Arc<[String]>,
    values: Vec<Option<Vec<u8>>>,
}

impl Row {
    /// Returns the bytes in a column; nothing for NULL and for a column that is not there.
    pub(super) fn bytes(&self, column: &str) -> Option<&[u8]> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.values.get(at)?.as_deref()
    }

    /// Returns the text in a column.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        self.bytes(column).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Returns the number in a column.
    pub(super) fn number(&self, column: &str) -> Option<i64> {
        std::str::from_utf8(self.bytes(column)?).ok()?.trim().parse().ok()
    }

    /// Returns the first column whose name ends so.
    pub(super) fn column(&self, ending: &str) -> Option<&str> {
        self.columns.iter().map(String::as_str).find(|name| name.ends_with(ending))
    }
}

/// A dump that is being read.
pub(super) struct Dump<R> {
    reader: R,
    /// Which tables matter.
    wants: fn(&str) -> bool,
    columns: BTreeMap<String, Arc<[String]>>,
    /// The table whose rows follow, and how many were read.
    open: Option<(Arc<str>, Arc<[String]>, usize)>,
    /// The table whose rows are passed over, and how many were.
    passed: Option<(String, usize)>,
    /// Whether a row was given, behind which nothing was read yet.
    is_given: bool,
    line: usize,
    peeked: Option<u8>,
}

impl<R: BufRead> Dump<R> {
    pub(super) fn new(reader: R, wants: fn(&str) -> bool) -> Dump<R> {
        Dump {
            reader,
            wants,
            columns: BTreeMap::new(),
            open: None,
            passed: None,
            is_given: false,
            line: 1,
            peeked: None,
        }
    }

    /// Returns the names of the tables that were made so far.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// Returns the next row of a table that matters.
    pub(super) fn next(&mut self) -> Result<Option<Row>, Broken> {
        let read = self.read_next();
        read.map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::UnexpectedEof => "the file ends in the middle of it".to_owned(),
                _ => error.to_string(),
            };
            let open = self.open.as_ref().map(|(table, _, row)| (table.to_string(), *row));
            let at = open.or_else(|| self.passed.clone());
            let (table, row) = at.map_or((None, 0), |(table, row)| (Some(table), row + 1));
            Broken { table, row, line: self.line, why }
        })
    }

    fn read_next(&mut self) -> io::Result<Option<Row>> {
        if std::mem::take(&mut self.is_given) {
            self.end_of_row()?;
        }
        loop {
            if let Some((table, columns, _)) = self.open.clone() {
                let row = self.row(true)?;
                if let Some((.., count)) = &mut self.open {
                    *count += 1;
                }
                self.is_given = true;
                return Ok(Some(Row { table, columns, values: row }));
            }
            let Some(word) = self.word()? else { return Ok(None) };
            match word.as_str() {
                "CREATE" => self.create()?,
                "INSERT" | "REPLACE" => self.insert()?,
                ";" => {}
                _ => self.skip_statement()?,
            }
        }
    }

    /// Reads on to the next row of the same statement, or past its end.
    fn end_of_row(&mut self) -> io::Result<()> {
        match self.some_word()?.as_str() {
            "," => return Ok(()),
            ";" => {}
            _ => self.skip_statement()?,
        }
        self.open = None;
        Ok(())
    }

    /// Reads the names of a table's columns.
    fn create(&mut self) -> io::Result<()> {
        let mut word = self.some_word()?;
        if word != "TABLE" {
            return if word == ";" { Ok(()) } else { self.skip_statement() };
        }
        while matches!(word.as_str(), "TABLE" | "IF" | "NOT" | "EXISTS") {
            word = self.some_word()?;
        }
        let mut table = name(&word);
        word = self.some_word()?;
        while word == "." {
            table = name(&self.some_word()?);
            word = self.some_word()?;
        }
        if word != "(" {
            return self.skip_statement();
        }
        let (mut columns, mut depth, mut is_first) = (Vec::new(), 1, true);
        while depth > 0 {
            let word = self.some_word()?;
            match word.as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                "," if depth == 1 => is_first = true,
                _ => {
                    // A key of the table has a word before its name; a column is quoted.
                    if is_first && word.starts_with(['`', '"']) {
                        columns.push(name(&word));
                    }
                    is_first = false;
                }
            }
        }
        self.columns.insert(table, columns.into());
        self.skip_statement()
    }

    /// Reads `INTO table (columns) VALUES`.
    fn insert(&mut self) -> io::Result<()> {
        let mut word = self.some_word()?;
        while matches!(word.as_str(), "INTO" | "IGNORE" | "DELAYED" | "LOW_PRIORITY" | "HIGH_PRIORITY") {
            word = self.some_word()?;
        }
        let mut table = name(&word);
        word = self.some_word()?;
        while word == "." {
            table = name(&self.some_word()?);
            word = self.some_word()?;
        }
        let mut columns = self.columns.get(&table).cloned().unwrap_or_default();
        if word == "(" {
            let mut named = Vec::new();
            loop {
                match self.some_word()?.as_str() {
                    ")" => break,
                    "," => {}
                    column => named.push(name(column)),
                }
            }
            columns = named.into();
            word = self.some_word()?;
        }
        if !matches!(word.as_str(), "VALUES" | "VALUE") {
            return self.skip_statement();
        }
        if (self.wants)(&table) {
            self.open = Some((table.into(), columns, 0));
            return Ok(());
        }
        for row in 0.. {
            self.passed = Some((table.clone(), row));
            self.row(false)?;
            match self.some_word()?.as_str() {
                "," => continue,
                ";" => {}
                _ => self.skip_statement()?,
            }
            break;
        }
        self.passed = None;
        Ok(())
    }

    /// Reads `(value, value)`.
    fn row(&mut self, keep: bool) -> io::Result<Vec<Option<Vec<u8>>>> {
        self.space()?;
        if self.byte()? != Some(b'(') {
            return Err(invalid("a row does not begin with `(`"));
        }
        let mut values = Vec::new();
        loop {
            self.space()?;
            let mut value: Option<Vec<u8>> = Some(Vec::new());
            let mut word = Vec::new();
            loop {
                match self.must()? {
                    b'\'' => {
                        let is_hexadecimal = word.eq_ignore_ascii_case(b"x");
                        let text = self.quoted(b'\'', keep)?;
                        value = Some(if is_hexadecimal { unhex(&text) } else { text });
                        word.clear();
                    }
                    byte @ (b',' | b')') => {
                        if !word.is_empty() {
                            value = plain(&word);
                        }
                        if keep {
                            values.push(value);
                        }
                        if byte == b')' {
                            return Ok(values);
                        }
                        break;
                    }
                    // `_binary 'x'`, `NULL`, `12`, `0x41`.
                    byte if byte.is_ascii_whitespace() => {
                        if word.starts_with(b"_") {
                            word.clear();
                        }
                    }
                    byte if word.len() < LONGEST => word.push(byte),
                    _ => return Err(invalid("a value is longer than 64 MiB")),
                }
            }
        }
    }

    /// Reads a quoted text behind its first quote.
    fn quoted(&mut self, quote: u8, keep: bool) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let byte = match self.must()? {
                b'\\' if quote == b'\'' => match self.must()? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'0' => 0,
                    b'Z' => 0x1a,
                    b'b' => 8,
                    other => other,
                },
                byte if byte == quote => match self.peek()? {
                    Some(next) if next == quote => self.must()?,
                    _ => return Ok(text),
                },
                byte => byte,
            };
            if keep {
                if text.len() >= LONGEST {
                    return Err(invalid("a value is longer than 64 MiB"));
                }
                text.push(byte);
            }
        }
    }

    /// Reads to the end of a statement.
    fn skip_statement(&mut self) -> io::Result<()> {
        while !matches!(self.word()?.as_deref(), Some(";") | None) {}
        Ok(())
    }

    fn some_word(&mut self) -> io::Result<String> {
        self.word()?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Reads a word in capitals, a sign, or a quoted name with its first quote; texts are passed over.
    fn word(&mut self) -> io::Result<Option<String>> {
        self.space()?;
        let Some(first) = self.byte()? else { return Ok(None) };
        match first {
            b'`' | b'"' => {
                let text = self.quoted(first, true)?;
                return Ok(Some(format!("{}{}", char::from(first), String::from_utf8_lossy(&text))));
            }
            b'\'' => {
                self.quoted(b'\'', false)?;
                return Ok(Some("''".to_owned()));
            }
            _ if !is_of_word(first) => return Ok(Some(char::from(first).to_string())),
            _ => {}
        }
        let mut word = vec![first];
        while let Some(byte) = self.peek()?.filter(|byte| is_of_word(*byte)) {
            if word.len() > 4096 {
                return Err(invalid("this is no dump of a database"));
            }
            word.push(byte);
            self.byte()?;
        }
        let word = String::from_utf8_lossy(&word).into_owned();
        let upper = word.to_ascii_uppercase();
        // A table may be named without quotes.
        let is_known = matches!(
            upper.as_str(),
            "CREATE"
                | "TABLE"
                | "IF"
                | "NOT"
                | "EXISTS"
                | "INSERT"
                | "REPLACE"
                | "INTO"
                | "IGNORE"
                | "DELAYED"
                | "VALUES"
                | "VALUE"
        );
        Ok(Some(if is_known { upper } else { word }))
    }

    /// Passes over spaces and comments; what a comment for certain versions holds is no comment.
    fn space(&mut self) -> io::Result<()> {
        loop {
            match self.peek()? {
                Some(byte) if byte.is_ascii_whitespace() => _ = self.byte()?,
                Some(b'#') => self.line_end()?,
                Some(b'-') => {
                    // The first one was taken from the reader already.
                    if self.reader.fill_buf()?.first() != Some(&b'-') {
                        return Ok(());
                    }
                    self.line_end()?;
                }
                Some(b'/') => {
                    self.byte()?;
                    if self.peek()? != Some(b'*') {
                        return Ok(());
                    }
                    let mut last = 0;
                    loop {
                        let byte = self.must()?;
                        if last == b'*' && byte == b'/' {
                            break;
                        }
                        last = byte;
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn line_end(&mut self) -> io::Result<()> {
        while !matches!(self.byte()?, Some(b'\n') | None) {}
        Ok(())
    }

    fn must(&mut self) -> io::Result<u8> {
        self.byte()?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.peeked.is_none() {
            self.peeked = self.take()?;
        }
        Ok(self.peeked)
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = match self.peeked.take() {
            Some(byte) => Some(byte),
            None => self.take()?,
        };
        self.line += usize::from(byte == Some(b'\n'));
        Ok(byte)
    }

    fn take(&mut self) -> io::Result<Option<u8>> {
        let byte = self.reader.fill_buf()?.first().copied();
        self.reader.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@') || byte >= 0x80
}

/// Returns a name without the quote that [`Dump::word`] left before it.
fn name(word: &str) -> String {
    word.trim_start_matches(['`', '"']).to_owned()
}

/// Reads a value without quotes.
fn plain(word: &[u8]) -> Option<Vec<u8>> {
    if word.eq_ignore_ascii_case(b"null") {
        return None;
    }
    match word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X")) {
        Some(digits) => Some(unhex(digits)),
        None => Some(word.to_vec()),
    }
}

fn unhex(digits: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    digits.chunks(2).map(|pair| pair.iter().fold(0, |value, byte| value << 4 | digit(*byte))).collect()
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests;
