//! Owns the tree that html5ever builds of one page: an arena of nodes linked by number, walked
//! without recursion, so that no page is too deep.
//!
//! Keeps elements with their attributes, the text of the few elements whose text matters, and the
//! comments that hold a script. Nesting beyond `flattener::DEEPEST` is flattened, as browsers do.

mod flattener;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, QualName, TokenizerResult, local_name, ns};

use self::flattener::Flattener;
use super::PageFacts;
use super::gather::{self, Attributes, Element, Gatherer, Namespace};
use super::tags::Tag;

/// No node.
const NONE: u32 = u32::MAX;

/// One element, the document or a template's contents.
pub(super) struct Node {
    index: u32,
    /// Its name; the document and the contents of a template have an empty one.
    pub(super) name: QualName,
    /// The line that its start tag ends on, from 1.
    pub(super) line: u64,
    attributes: RefCell<Vec<Attribute>>,
    text: RefCell<String>,
    /// A template's contents, which are not part of the document.
    contents: Option<Handle>,
    annotation: bool,
}

impl Node {
    fn is(&self, name: &LocalName) -> bool {
        self.name.ns == ns!(html) && self.name.local == *name
    }

    /// Returns its attributes.
    pub(super) fn attributes(&self) -> std::cell::Ref<'_, Vec<Attribute>> {
        self.attributes.borrow()
    }

    fn tag(&self) -> Tag {
        Tag::of(self.name.local.as_bytes())
    }

    fn namespace(&self) -> Namespace {
        match self.name.ns {
            ns!(html) => Namespace::Html,
            ns!(svg) => Namespace::Svg,
            _ => Namespace::Other,
        }
    }
}

impl Attributes for Vec<Attribute> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.iter().find(|attribute| &*attribute.name.local == name).map(|found| Cow::Borrowed(&*found.value))
    }

    fn each(&self, with: &mut dyn FnMut(&str, &str)) {
        for attribute in self {
            match &attribute.name.prefix {
                Some(prefix) => with(&format!("{prefix}:{}", attribute.name.local), &attribute.value),
                None => with(&attribute.name.local, &attribute.value),
            }
        }
    }
}

/// Reads a page, or a part that browsers do not parse (`whole` is false).
pub(super) fn read(text: &str, whole: bool) -> PageFacts {
    let tree = parse(text, whole);
    let mut gatherer = Gatherer::new(whole, |part| read(part, false));
    for (node, in_template) in tree.elements() {
        let in_head = tree.parent(node).is_some_and(|parent| parent.is(&local_name!("head")));
        gatherer.element(&Element {
            tag: node.tag(),
            namespace: node.namespace(),
            attributes: &*node.attributes.borrow(),
            text: &node.text.borrow(),
            line: node.line,
            in_head,
            in_template,
        });
    }
    for (comment, line) in &tree.comments {
        gatherer.comment(comment, *line);
    }
    PageFacts { doctype: tree.doctype, html_tag: tree.html_tag_merged, flattened: tree.flattened, ..gatherer.finish() }
}

/// A shared node.
pub(super) type Handle = Rc<Node>;

/// Where a node stands among the others.
#[derive(Clone, Copy)]
struct Links {
    parent: u32,
    previous: u32,
    next: u32,
    first: u32,
    last: u32,
    depth: u32,
}

const ALONE: Links = Links { parent: NONE, previous: NONE, next: NONE, first: NONE, last: NONE, depth: 0 };

/// The finished tree.
pub(super) struct Tree {
    nodes: Vec<Handle>,
    links: Vec<Links>,
    /// Whether there is a document type.
    pub(super) doctype: bool,
    /// Whether the page itself writes a second `<html>` tag: attributes were merged into the first.
    pub(super) html_tag_merged: bool,
    /// Whether nesting was flattened, so that some elements are missing.
    pub(super) flattened: bool,
    /// The comments that hold something like a script, with their lines.
    pub(super) comments: Vec<(String, u64)>,
}

impl Tree {
    /// Returns the document's elements in order, and with each whether a template holds it.
    pub(super) fn elements(&self) -> impl Iterator<Item = (&Handle, bool)> {
        let mut pending = vec![(0_u32, false)];
        std::iter::from_fn(move || {
            let (index, inert) = pending.pop()?;
            let node = &self.nodes[index as usize];
            let contents = node.contents.as_ref().map(|contents| contents.index);
            // Children are pushed last to first, so that they are popped in order.
            for (parent, inert) in [(Some(index), inert), (contents, true)] {
                let mut child = parent.map_or(NONE, |parent| self.links[parent as usize].last);
                while child != NONE {
                    pending.push((child, inert));
                    child = self.links[child as usize].previous;
                }
            }
            Some((node, inert))
        })
        .filter(|(node, _)| !node.name.local.is_empty())
    }

    /// Returns the element that holds this one directly.
    pub(super) fn parent(&self, node: &Node) -> Option<&Handle> {
        let parent = self.links[node.index as usize].parent;
        (parent != NONE).then(|| &self.nodes[parent as usize])
    }

    /// Returns the element before this one, in the same element.
    pub(super) fn previous(&self, node: &Node) -> Option<&Handle> {
        let previous = self.links[node.index as usize].previous;
        (previous != NONE).then(|| &self.nodes[previous as usize])
    }

    /// Returns the element after this one, in the same element.
    pub(super) fn next(&self, node: &Node) -> Option<&Handle> {
        let next = self.links[node.index as usize].next;
        (next != NONE).then(|| &self.nodes[next as usize])
    }
}

/// Parses a page. `scripting` says whether the content of `noscript` is text, as where scripts run.
pub(super) fn parse(text: &str, scripting: bool) -> Tree {
    let options = TreeBuilderOpts { scripting_enabled: scripting, ..TreeBuilderOpts::default() };
    let flattener = Flattener::new(TreeBuilder::new(Sink::new(), options));
    let tokenizer = Tokenizer::new(flattener, TokenizerOpts::default());
    let input = BufferQueue::default();
    // A tendril holds at most 4 GiB; a page is handed over in parts that end where a character does.
    let mut rest = text;
    while !rest.is_empty() {
        let part = rest.floor_char_boundary(1 << 30);
        input.push_back(StrTendril::from_slice(&rest[..part]));
        rest = &rest[part..];
    }
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.finish()
}

/// What the tree builder builds with.
struct Sink {
    nodes: RefCell<Vec<Handle>>,
    links: RefCell<Vec<Links>>,
    document: Handle,
    comments: RefCell<Vec<(String, u64)>>,
    doctype: Cell<bool>,
    merged: Cell<bool>,
    line: Cell<u64>,
    /// How deep the element stands that was put in last, less the end tags since.
    depth: Cell<u32>,
}

impl Sink {
    fn new() -> Sink {
        let mut nodes = Vec::new();
        let mut links = Vec::new();
        let document = node(&mut nodes, &mut links, QualName::new(None, ns!(), local_name!("")), Vec::new(), 1, None);
        Sink {
            nodes: RefCell::new(nodes),
            links: RefCell::new(links),
            document,
            comments: RefCell::default(),
            doctype: Cell::default(),
            merged: Cell::default(),
            line: Cell::new(1),
            depth: Cell::default(),
        }
    }

    fn detach(links: &mut [Links], index: u32) {
        let Links { parent, previous, next, .. } = links[index as usize];
        match previous {
            NONE if parent != NONE => links[parent as usize].first = next,
            NONE => {}
            previous => links[previous as usize].next = next,
        }
        match next {
            NONE if parent != NONE => links[parent as usize].last = previous,
            NONE => {}
            next => links[next as usize].previous = previous,
        }
        let own = &mut links[index as usize];
        (own.parent, own.previous, own.next) = (NONE, NONE, NONE);
    }

    /// Puts a node below `parent`, before `next` or last.
    fn place(&self, parent: u32, child: u32, next: u32) {
        let mut links = self.links.borrow_mut();
        Sink::detach(&mut links, child);
        let previous = match next {
            NONE => links[parent as usize].last,
            next => links[next as usize].previous,
        };
        let depth = links[parent as usize].depth + 1;
        let own = &mut links[child as usize];
        (own.parent, own.previous, own.next, own.depth) = (parent, previous, next, depth);
        match previous {
            NONE => links[parent as usize].first = child,
            previous => links[previous as usize].next = child,
        }
        match next {
            NONE => links[parent as usize].last = child,
            next => links[next as usize].previous = child,
        }
        self.depth.set(depth);
    }

    fn parent(&self, node: &Handle) -> u32 {
        self.links.borrow()[node.index as usize].parent
    }
}

fn node(
    nodes: &mut Vec<Handle>,
    links: &mut Vec<Links>,
    name: QualName,
    attributes: Vec<Attribute>,
    line: u64,
    contents: Option<Handle>,
) -> Handle {
    let index = u32::try_from(nodes.len()).expect("a page of 4 GiB has fewer elements than bytes");
    let annotation = name.local == local_name!("annotation-xml")
        && attributes.iter().any(|attribute| {
            attribute.name.local == local_name!("encoding")
                && ["text/html", "application/xhtml+xml"].iter().any(|kind| attribute.value.eq_ignore_ascii_case(kind))
        });
    let attributes = RefCell::new(attributes);
    let handle = Rc::new(Node { index, name, line, attributes, text: RefCell::default(), contents, annotation });
    nodes.push(Rc::clone(&handle));
    links.push(ALONE);
    handle
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Tree {
        Tree {
            nodes: self.nodes.into_inner(),
            links: self.links.into_inner(),
            doctype: self.doctype.get(),
            html_tag_merged: self.merged.get(),
            flattened: false,
            comments: self.comments.into_inner(),
        }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Rc::clone(&self.document)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a QualName {
        &target.name
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Handle {
        let (mut nodes, mut links) = (self.nodes.borrow_mut(), self.links.borrow_mut());
        let line = self.line.get();
        let nameless = || QualName::new(None, ns!(), local_name!(""));
        let contents = flags.template.then(|| node(&mut nodes, &mut links, nameless(), Vec::new(), line, None));
        node(&mut nodes, &mut links, name, attributes, line, contents)
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        if gather::mentions_script(&text) {
            self.comments.borrow_mut().push((text.to_string(), self.line.get()));
        }
        // A comment has no place in this tree: it needs a handle, and is never linked in.
        Rc::clone(&self.document)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        Rc::clone(&self.document)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        match child {
            NodeOrText::AppendNode(child) if child.index != 0 => self.place(parent.index, child.index, NONE),
            NodeOrText::AppendNode(_) => {}
            NodeOrText::AppendText(text) if gather::keeps_text(parent.tag(), parent.namespace()) => {
                parent.text.borrow_mut().push_str(&text)
            }
            NodeOrText::AppendText(_) => {}
        }
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        match self.parent(element) {
            NONE => self.append(previous, child),
            _ => self.append_before_sibling(element, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {
        self.doctype.set(true);
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        Rc::clone(target.contents.as_ref().unwrap_or(target))
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.index == other.index
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        if let NodeOrText::AppendNode(child) = child
            && child.index != 0
        {
            match self.parent(sibling) {
                NONE => {}
                parent => self.place(parent, child.index, sibling.index),
            }
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        if target.is(&local_name!("html")) {
            self.merged.set(true);
        }
        let mut known = target.attributes.borrow_mut();
        for attribute in attributes {
            if !known.iter().any(|other| other.name == attribute.name) {
                known.push(attribute);
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        Sink::detach(&mut self.links.borrow_mut(), target.index);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        loop {
            let child = self.links.borrow()[node.index as usize].first;
            if child == NONE {
                return;
            }
            self.place(new_parent.index, child, NONE);
        }
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &Handle) -> bool {
        handle.annotation
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(line);
    }

    fn attach_declarative_shadow(&self, host: &Handle, template: &Handle, _: &[Attribute]) -> bool {
        // A shadow root is part of the page: its scripts run. So its contents stand below its host.
        match &template.contents {
            Some(contents) => {
                self.place(host.index, contents.index, NONE);
                true
            }
            None => false,
        }
    }
}
