//! Owns the blocks: paragraphs, headings, lists, quotes, code, tables and rules as Markdown; what it has no way to say stays HTML.

use super::inline::{Inline, Place};
use super::raw::{self, Lines};
use super::same::{Run, runs};
use super::tree::{Element, Id, Kind, Tree};

/// Writes blocks.
pub(super) struct Blocks<'t> {
    tree: &'t Tree,
    /// Whether emphasis may be written with stars.
    stars: bool,
    /// How much was kept as HTML: blocks, and tags within lines.
    pub(super) kept: usize,
}

impl<'t> Blocks<'t> {
    pub(super) fn new(tree: &'t Tree, stars: bool) -> Blocks<'t> {
        Blocks { tree, stars, kept: 0 }
    }

    /// Writes one block; `before` is the block before it.
    pub(super) fn block(&mut self, id: Id, before: Option<Id>) -> String {
        let kept = self.kept;
        match self.markdown(id, before) {
            Some(text) => text,
            None => {
                self.kept = kept + 1;
                raw_block(self.tree, id)
            }
        }
    }

    /// Writes text that stands beside blocks as a paragraph.
    pub(super) fn paragraph(&mut self, ids: &[Id]) -> String {
        self.line(ids, Place::Paragraph).unwrap_or_else(|| {
            self.kept += 1;
            let mut out = "<p>".to_owned();
            ids.iter().for_each(|id| raw::push(self.tree, *id, Lines::Kept, &mut out));
            out.push_str("</p>");
            out
        })
    }

    fn line(&mut self, ids: &[Id], place: Place) -> Option<String> {
        let mut inline = Inline::new(self.tree, place, self.stars);
        inline.all(ids);
        let (text, kept) = inline.finish()?;
        self.kept += kept;
        Some(text)
    }

    fn markdown(&mut self, id: Id, before: Option<Id>) -> Option<String> {
        let element = self.tree.element(id)?;
        let children = self.tree.children(id);
        let is_plain = element.attributes.is_empty();
        match self.tree.name(id) {
            "p" if is_plain => self.line(children, Place::Paragraph).filter(|text| !text.is_empty()),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if element.has_only(&["id", "class"]) => {
                self.heading(element, children)
            }
            "blockquote" if is_plain => self.quote(children),
            "ul" if is_plain => {
                let other = before.is_some_and(|before| self.tree.name(before) == "ul");
                self.list(children, None, if other { "*" } else { "-" })
            }
            "ol" if element.has_only(&["start"]) => {
                let other = before.is_some_and(|before| self.tree.name(before) == "ol");
                let start = element.attribute("start").map_or(Some(1), |start| start.parse().ok())?;
                self.list(children, Some(start), if other { ")" } else { "." })
            }
            "pre" if is_plain => self.code(children),
            "table" if is_plain => self.table(id),
            "hr" if is_plain => Some("---".to_owned()),
            _ => None,
        }
    }

    fn heading(&mut self, element: &Element, children: &[Id]) -> Option<String> {
        let mut text = self.line(children, Place::Heading)?;
        if text.contains('\n') || text.is_empty() {
            return None;
        }
        let is_word = |word: &str| {
            !word.is_empty() && word.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_')
        };
        let mut marks = Vec::new();
        if let Some(id) = element.attribute("id") {
            marks.push(Some(format!("#{id}")).filter(|_| is_word(id))?);
        }
        if let Some(classes) = element.attribute("class") {
            for class in classes.split(' ') {
                marks.push(Some(format!(".{class}")).filter(|_| is_word(class))?);
            }
        }
        if !marks.is_empty() {
            text.push_str(&format!(" {{{}}}", marks.join(" ")));
        }
        let level = element.name[1..].parse::<usize>().ok()?;
        Some(format!("{} {text}", "#".repeat(level)))
    }

    /// Writes what an element holds that has nothing but blocks.
    fn all(&mut self, runs: Vec<Run>, between: &str) -> Option<String> {
        let mut out = String::new();
        let mut before = None;
        for run in runs {
            let Run::Block(id) = run else { return None };
            if before.is_some() {
                out.push_str(between);
            }
            out.push_str(&self.block(id, before));
            before = Some(id);
        }
        Some(out)
    }

    fn quote(&mut self, children: &[Id]) -> Option<String> {
        let inner = self.all(runs(self.tree, children), "\n\n").filter(|inner| !inner.is_empty())?;
        let line = |line: &str| if line.is_empty() { ">".to_owned() } else { format!("> {line}") };
        Some(inner.split('\n').map(line).collect::<Vec<_>>().join("\n"))
    }

    fn list(&mut self, children: &[Id], start: Option<u64>, mark: &str) -> Option<String> {
        let mut items = Vec::new();
        for run in runs(self.tree, children) {
            match run {
                Run::Block(id) if self.tree.name(id) == "li" && self.tree.element(id)?.attributes.is_empty() => {
                    items.push(runs(self.tree, self.tree.children(id)));
                }
                _ => return None,
            }
        }
        let is_paragraph = |run: &Run| matches!(run, Run::Block(id) if self.tree.name(*id) == "p");
        let is_loose = items.iter().flatten().any(is_paragraph);
        if items.is_empty() || is_loose && items.iter().flatten().any(|run| matches!(run, Run::Inline(_))) {
            return None;
        }
        let between = if is_loose { "\n\n" } else { "\n" };
        let mut out = String::new();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                out.push_str(between);
            }
            let mut marker = match start {
                Some(start) => format!("{}{mark}", start.checked_add(at as u64)?),
                None => mark.to_owned(),
            };
            let inner = self.item(item, between)?;
            marker.push(' ');
            let indent = " ".repeat(marker.len());
            for (number, line) in inner.split('\n').enumerate() {
                match (number, line.is_empty()) {
                    (0, true) => out.push_str(marker.trim_end()),
                    (0, false) => {
                        out.push_str(&marker);
                        out.push_str(line);
                    }
                    (_, true) => out.push('\n'),
                    (_, false) => {
                        out.push('\n');
                        out.push_str(&indent);
                        out.push_str(line);
                    }
                }
            }
        }
        Some(out)
    }

    fn item(&mut self, item: Vec<Run>, between: &str) -> Option<String> {
        let mut out = String::new();
        let mut before = None;
        for (at, run) in item.iter().enumerate() {
            if at > 0 {
                out.push_str(between);
            }
            match run {
                Run::Inline(_) if at > 0 => return None,
                Run::Inline(ids) => out.push_str(&self.line(ids, Place::Paragraph)?),
                Run::Block(id) => {
                    let text = self.block(*id, before);
                    // Below a line of text, dashes would make a heading of it.
                    out.push_str(if text == "---" { "***" } else { &text });
                    before = Some(*id);
                }
            }
        }
        Some(out)
    }

    fn code(&mut self, children: &[Id]) -> Option<String> {
        let [only] = children else { return None };
        let element =
            self.tree.element(*only).filter(|element| element.name == "code" && element.has_only(&["class"]))?;
        let language = match element.attribute("class") {
            None => "",
            Some(class) => class.strip_prefix("language-")?,
        };
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+#_-".contains(&byte);
        if !language.bytes().all(is_word) || element.attribute("class") == Some("language-") {
            return None;
        }
        let text = match self.tree.children(*only) {
            [] => return None,
            [one] => match &self.tree.node(*one).kind {
                Kind::Text(text) => text,
                _ => return None,
            },
            _ => return None,
        };
        if text.contains(['\r', '\u{c}']) {
            return None;
        }
        let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        let end = if text.ends_with('\n') { "" } else { "\n" };
        Some(format!("{fence}{language}\n{text}{end}{fence}"))
    }

    fn table(&mut self, id: Id) -> Option<String> {
        let parts = self.blocks(id)?;
        let [head, bodies @ ..] = parts.as_slice() else { return None };
        if self.tree.name(*head) != "thead" || bodies.len() > 1 {
            return None;
        }
        let [heading] = self.plain(*head)?[..] else { return None };
        let names = self.cells(heading, "th")?;
        // A heading without words would not be one.
        if names.iter().any(String::is_empty) {
            return None;
        }
        let row = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let mut lines = vec![row(&names), format!("|{}", "---|".repeat(names.len()))];
        if let [body] = bodies {
            if self.tree.name(*body) != "tbody" {
                return None;
            }
            for one in self.plain(*body)? {
                let cells = self.cells(one, "td")?;
                lines.push(Some(row(&cells)).filter(|_| cells.len() == names.len())?);
            }
            if lines.len() == 2 {
                return None;
            }
        }
        Some(lines.join("\n"))
    }

    /// Returns the blocks within an element, if there is nothing else.
    fn blocks(&self, id: Id) -> Option<Vec<Id>> {
        let block = |run: Run| match run {
            Run::Block(id) => Some(id),
            Run::Inline(_) => None,
        };
        runs(self.tree, self.tree.children(id)).into_iter().map(block).collect()
    }

    /// Returns the blocks within an element that has no attributes.
    fn plain(&self, id: Id) -> Option<Vec<Id>> {
        self.tree.element(id).filter(|element| element.attributes.is_empty())?;
        self.blocks(id)
    }

    fn cells(&mut self, row: Id, name: &str) -> Option<Vec<String>> {
        if self.tree.name(row) != "tr" {
            return None;
        }
        let mut cells = Vec::new();
        for cell in self.plain(row)? {
            let is_cell = self.tree.name(cell) == name && self.tree.element(cell)?.attributes.is_empty();
            let text = self.line(self.tree.children(cell), Place::Cell)?;
            cells.push(Some(text).filter(|text| is_cell && !text.contains('\n'))?);
        }
        Some(cells).filter(|cells| !cells.is_empty())
    }
}

/// Writes a block as HTML that Markdown reads as one.
fn raw_block(tree: &Tree, id: Id) -> String {
    let mut out = String::new();
    let name = tree.name(id);
    let ends_itself =
        matches!(name, "pre" | "script" | "style" | "textarea") || matches!(tree.node(id).kind, Kind::Comment(_));
    if ends_itself || tree.is_block(id) || name == "iframe" {
        raw::push(tree, id, if ends_itself { Lines::Blank } else { Lines::Kept }, &mut out);
        return out;
    }
    let Some(element) = tree.element(id).filter(|_| tree.is_alone(id)) else {
        return raw_line(tree, &[id]);
    };
    // Only a tag that has its line for itself begins a block.
    raw::push(tree, id, Lines::Kept, &mut out);
    let mut tag = String::new();
    raw::start(element, &mut tag);
    if out.len() > tag.len() && !out[tag.len()..].starts_with('\n') {
        out.insert(tag.len(), '\n');
    }
    out
}

/// Writes a block as one line that begins with a comment: raw HTML whatever is in it.
pub(super) fn raw_line(tree: &Tree, ids: &[Id]) -> String {
    let mut out = "<!---->".to_owned();
    ids.iter().for_each(|id| raw::push(tree, *id, Lines::One, &mut out));
    out
}
