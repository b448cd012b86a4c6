//! Owns the tree of a piece of HTML as html5ever builds it: elements with all they carry, texts, comments.
//!
//! Gives [`Tree`]. Nothing is left out, because whatever Markdown cannot say is written again from here.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::{Attribute, ParseOpts, QualName, local_name, ns, parse_fragment};

/// How deep elements may nest; what is deeper is not looked into.
const DEEPEST: usize = 160;

/// The number of a node.
pub(super) type Id = usize;

/// A piece of HTML.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    root: Id,
}

/// One node.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// What it is.
    pub(super) kind: Kind,
    /// The nodes within it.
    pub(super) children: Vec<Id>,
    parent: Option<Id>,
    /// Where a template's contents stand while the tree grows.
    contents: Option<Id>,
}

/// What a node is.
#[derive(Debug, Default)]
pub(super) enum Kind {
    /// The whole piece, or something without a meaning here.
    #[default]
    Root,
    /// An element.
    Element(Element),
    /// Text.
    Text(String),
    /// A comment.
    Comment(String),
}

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    /// Its name.
    pub(super) name: String,
    /// Its attributes in the order in which they were written.
    pub(super) attributes: Vec<(String, String)>,
    /// Whether it is one of HTML, not of SVG or MathML.
    pub(super) is_html: bool,
    /// How it stands among others.
    pub(super) shape: Shape,
}

/// How an element stands among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As a block.
    Block,
    /// As a block where no text stands beside it.
    Alone,
    /// Within a line.
    Inline,
}

impl Element {
    /// Returns the value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Makes an element of HTML without attributes.
    pub(super) fn plain(name: &str) -> Element {
        Element { name: name.to_owned(), attributes: Vec::new(), is_html: true, shape: shape(name) }
    }

    /// Whether it carries no other attributes than these.
    pub(super) fn has_only(&self, names: &[&str]) -> bool {
        self.attributes.iter().all(|(name, _)| names.contains(&name.as_str()))
    }
}

impl Tree {
    /// Reads a piece of HTML as the content of `<body>`; nothing if it nests too deep.
    pub(super) fn read(html: &str) -> Option<Tree> {
        if depth(html) > DEEPEST {
            return None;
        }
        let body = QualName::new(None, ns!(html), local_name!("body"));
        let tree = parse_fragment(Sink::default(), ParseOpts::default(), body, Vec::new(), false).one(html);
        (tree.height() <= DEEPEST + 2).then_some(tree)
    }

    /// Returns how deep its nodes nest.
    fn height(&self) -> usize {
        let mut most = 0;
        let mut pending = vec![(self.root, 0)];
        while let Some((id, depth)) = pending.pop() {
            most = most.max(depth);
            pending.extend(self.nodes[id].children.iter().map(|child| (*child, depth + 1)));
        }
        most
    }

    /// Returns a node.
    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// Returns the node that holds all others.
    pub(super) fn root(&self) -> Id {
        self.root
    }

    /// Returns the nodes within a node.
    pub(super) fn children(&self, id: Id) -> &[Id] {
        &self.nodes[id].children
    }

    /// Returns an element, if the node is one.
    pub(super) fn element(&self, id: Id) -> Option<&Element> {
        match &self.nodes[id].kind {
            Kind::Element(element) => Some(element),
            _ => None,
        }
    }

    /// Returns the name of an element of HTML; an empty one for all else.
    pub(super) fn name(&self, id: Id) -> &str {
        self.element(id).filter(|element| element.is_html).map_or("", |element| &element.name)
    }

    /// Adds a node that stands nowhere yet.
    pub(super) fn add(&mut self, kind: Kind, children: Vec<Id>) -> Id {
        self.nodes.push(Node { kind, children, ..Node::default() });
        self.nodes.len() - 1
    }

    /// Puts other nodes into a node.
    pub(super) fn set_children(&mut self, id: Id, children: Vec<Id>) {
        self.nodes[id].children = children;
    }

    /// Takes out the comments that the test holds for, and returns their texts.
    pub(super) fn take_comments(&mut self, test: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut taken = Vec::new();
        for id in 0..self.nodes.len() {
            let children = std::mem::take(&mut self.nodes[id].children);
            let stays = |child: &Id| match &self.nodes[*child].kind {
                Kind::Comment(text) if test(text) => {
                    taken.push(text.clone());
                    false
                }
                _ => true,
            };
            self.nodes[id].children = children.into_iter().filter(stays).collect();
        }
        taken
    }

    /// Returns what links to parts of this piece may name.
    pub(super) fn anchors(&self) -> BTreeSet<String> {
        let elements = self.nodes.iter().filter_map(|node| match &node.kind {
            Kind::Element(element) => Some(element),
            _ => None,
        });
        let names = |element: &Element| {
            let name = element.attribute("name").filter(|_| element.name == "a");
            [element.attribute("id"), name].into_iter().flatten().map(str::to_owned).collect::<Vec<_>>()
        };
        elements.flat_map(names).collect()
    }

    /// Changes each element.
    pub(super) fn change(&mut self, mut change: impl FnMut(&mut Element)) {
        for node in &mut self.nodes {
            if let Kind::Element(element) = &mut node.kind {
                change(element);
            }
        }
    }

    /// Returns the text within a node.
    pub(super) fn text(&self, id: Id) -> String {
        let mut text = String::new();
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            match &self.nodes[id].kind {
                Kind::Text(own) => text.push_str(own),
                _ => pending.extend(self.nodes[id].children.iter().rev()),
            }
        }
        text
    }

    /// Whether a node is a block of HTML.
    pub(super) fn is_block(&self, id: Id) -> bool {
        self.element(id).is_some_and(|element| element.shape == Shape::Block)
    }

    /// Whether a node stands as a block where no text stands beside it.
    pub(super) fn is_alone(&self, id: Id) -> bool {
        self.element(id).is_some_and(|element| element.shape == Shape::Alone)
    }

    /// Whether a node is a block or holds one.
    pub(super) fn has_block(&self, id: Id) -> bool {
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            if self.is_block(id) {
                return true;
            }
            pending.extend(&self.nodes[id].children);
        }
        false
    }
}

/// Whether an element has no end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Returns how deep tags nest at most, as far as it can be told without reading them as a browser does: those of html5ever take
/// hours where they nest a million deep.
fn depth(html: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let rest = &html.as_bytes()[at + 1..];
        match rest.first() {
            Some(b'/') => now = now.saturating_sub(1),
            Some(byte) if byte.is_ascii_alphabetic() => {
                let length = rest.iter().take(12).take_while(|byte| byte.is_ascii_alphanumeric()).count();
                let name = html[at + 1..at + 1 + length].to_ascii_lowercase();
                let ends_itself = matches!(name.as_str(), "p" | "li" | "td" | "th" | "tr" | "dd" | "dt" | "option");
                now += usize::from(!ends_itself && !is_void(&name));
                most = most.max(now);
            }
            _ => {}
        }
    }
    most
}

/// Returns how an element of this name stands among others.
fn shape(name: &str) -> Shape {
    match name {
        "address" | "article" | "aside" | "blockquote" | "caption" | "center" | "col" | "colgroup" | "dd"
        | "details" | "dialog" | "dir" | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure" | "footer"
        | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "hr" | "legend" | "li" | "main" | "menu"
        | "nav" | "ol" | "optgroup" | "p" | "pre" | "search" | "section" | "summary" | "table" | "tbody" | "td"
        | "tfoot" | "th" | "thead" | "tr" | "ul" => Shape::Block,
        "audio" | "canvas" | "embed" | "iframe" | "math" | "noscript" | "object" | "picture" | "script" | "style"
        | "svg" | "template" | "video" => Shape::Alone,
        _ => Shape::Inline,
    }
}

/// What the tree builder knows of a node.
#[derive(Debug)]
struct Known {
    id: Id,
    name: QualName,
    annotation: bool,
}

type Handle = Rc<Known>;

struct Sink {
    nodes: RefCell<Vec<Node>>,
    document: Handle,
}

impl Default for Sink {
    fn default() -> Sink {
        let name = QualName::new(None, ns!(), local_name!(""));
        Sink { nodes: RefCell::new(vec![Node::default()]), document: Rc::new(Known { id: 0, name, annotation: false }) }
    }
}

impl Sink {
    fn add(&self, node: Node, name: Option<QualName>, annotation: bool) -> Handle {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(node);
        let name = name.unwrap_or_else(|| QualName::new(None, ns!(), local_name!("")));
        Rc::new(Known { id: nodes.len() - 1, name, annotation })
    }

    fn detach(nodes: &mut [Node], id: Id) {
        if let Some(parent) = nodes[id].parent.take() {
            let siblings = &mut nodes[parent].children;
            if let Some(at) = siblings.iter().rposition(|sibling| *sibling == id) {
                siblings.remove(at);
            }
        }
    }

    /// Puts a node or text below `parent`, before `next` or last.
    fn place(&self, parent: Id, next: Option<Id>, child: NodeOrText<Handle>) {
        let mut nodes = self.nodes.borrow_mut();
        if let NodeOrText::AppendNode(child) = &child {
            Sink::detach(&mut nodes, child.id);
        }
        let siblings = &nodes[parent].children;
        let at = next.and_then(|next| siblings.iter().rposition(|sibling| *sibling == next)).unwrap_or(siblings.len());
        let id = match child {
            NodeOrText::AppendNode(child) => child.id,
            NodeOrText::AppendText(text) => {
                let before = at.checked_sub(1).map(|before| siblings[before]);
                if let Some(before) = before
                    && let Kind::Text(known) = &mut nodes[before].kind
                {
                    known.push_str(&text);
                    return;
                }
                nodes.push(Node { kind: Kind::Text(text.to_string()), ..Node::default() });
                nodes.len() - 1
            }
        };
        nodes[id].parent = Some(parent);
        nodes[parent].children.insert(at, id);
    }
}

fn attributes(all: Vec<Attribute>) -> Vec<(String, String)> {
    let pair = |attribute: Attribute| {
        let name = match &attribute.name.prefix {
            Some(prefix) => format!("{prefix}:{}", attribute.name.local),
            None => attribute.name.local.to_string(),
        };
        (name, attribute.value.to_string())
    };
    all.into_iter().map(pair).collect()
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Tree {
        let mut nodes = self.nodes.into_inner();
        for id in 0..nodes.len() {
            if let Some(contents) = nodes[id].contents {
                let own = std::mem::take(&mut nodes[contents].children);
                nodes[id].children.extend(own);
            }
        }
        // A fragment stands in an `<html>` of its own.
        let root = nodes[0].children.iter().copied().find(|id| matches!(nodes[*id].kind, Kind::Element(_)));
        Tree { nodes, root: root.unwrap_or(0) }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Rc::clone(&self.document)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a QualName {
        &target.name
    }

    fn create_element(&self, name: QualName, given: Vec<Attribute>, flags: ElementFlags) -> Handle {
        let contents = flags.template.then(|| self.add(Node::default(), None, false).id);
        let attributes = attributes(given);
        let is_html_kind =
            |value: &str| ["text/html", "application/xhtml+xml"].contains(&value.to_lowercase().as_str());
        let annotation = &*name.local == "annotation-xml"
            && attributes.iter().any(|(name, value)| name == "encoding" && is_html_kind(value));
        let is_html = name.ns == ns!(html);
        let shape = if is_html || matches!(&*name.local, "svg" | "math") { shape(&name.local) } else { Shape::Inline };
        let element = Element { name: name.local.to_string(), attributes, is_html, shape };
        self.add(Node { kind: Kind::Element(element), contents, ..Node::default() }, Some(name), annotation)
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        self.add(Node { kind: Kind::Comment(text.to_string()), ..Node::default() }, None, false)
    }

    fn create_pi(&self, _: StrTendril, data: StrTendril) -> Handle {
        self.create_comment(data)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.place(parent.id, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let has_parent = self.nodes.borrow()[element.id].parent.is_some();
        match has_parent {
            true => self.append_before_sibling(element, child),
            false => self.append(previous, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        let contents = self.nodes.borrow()[target.id].contents.unwrap_or(target.id);
        let name = QualName::new(None, ns!(), local_name!(""));
        Rc::new(Known { id: contents, name, annotation: false })
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.id == other.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        let parent = self.nodes.borrow()[sibling.id].parent;
        if let Some(parent) = parent {
            self.place(parent, Some(sibling.id), child);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, given: Vec<Attribute>) {
        if let Kind::Element(element) = &mut self.nodes.borrow_mut()[target.id].kind {
            for (name, value) in attributes(given) {
                if element.attribute(&name).is_none() {
                    element.attributes.push((name, value));
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        Sink::detach(&mut self.nodes.borrow_mut(), target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut nodes = self.nodes.borrow_mut();
        let moved = std::mem::take(&mut nodes[node.id].children);
        moved.iter().for_each(|child| nodes[*child].parent = Some(new_parent.id));
        nodes[new_parent.id].children.extend(moved);
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        handle.annotation
    }
}
