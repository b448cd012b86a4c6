//! Owns the limit to how deep a tree may get: tags beyond it are dropped before the tree builder sees them, so that what
//! they hold is laid beside each other, as browsers do. Decides nothing else about a tag.

use std::cell::{Cell, RefCell};

use html5ever::interface::TreeSink as _;
use html5ever::tokenizer::{self, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::TreeBuilder;
use html5ever::{LocalName, local_name};

use super::{Handle, Sink, Tree};

/// How deep elements nest before further ones are laid beside each other. Chromium's number.
const DEEPEST: u32 = 512;

/// Stands between tokenizer and tree builder and drops tags that nest too deep: the builder looks
/// through all open elements for every tag, which takes hours at a depth of a million.
pub(super) struct Flattener {
    builder: TreeBuilder<Handle, Sink>,
    dropped: RefCell<Vec<LocalName>>,
    flattened: Cell<bool>,
}

impl TokenSink for Flattener {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        if let Token::TagToken(tag) = &token
            && self.drops(tag)
        {
            return TokenSinkResult::Continue;
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

impl Flattener {
    /// Puts itself before a builder.
    pub(super) fn new(builder: TreeBuilder<Handle, Sink>) -> Flattener {
        Flattener { builder, dropped: RefCell::default(), flattened: Cell::default() }
    }

    /// Returns the finished tree.
    pub(super) fn finish(self) -> Tree {
        let mut tree = self.builder.sink.finish();
        tree.flattened = self.flattened.get();
        tree
    }

    fn drops(&self, tag: &tokenizer::Tag) -> bool {
        let depth = &self.builder.sink.depth;
        let mut dropped = self.dropped.borrow_mut();
        match tag.kind {
            TagKind::StartTag if depth.get() <= DEEPEST || stays(&tag.name) => false,
            TagKind::StartTag => {
                self.flattened.set(true);
                dropped.push(tag.name.clone());
                true
            }
            TagKind::EndTag if dropped.last() == Some(&tag.name) => dropped.pop().is_some(),
            TagKind::EndTag => {
                depth.set(depth.get().saturating_sub(1));
                false
            }
        }
    }
}

/// Returns whether a tag is passed on at any depth: it nests nothing, or says how what follows is read.
fn stays(name: &LocalName) -> bool {
    const STAY: &[LocalName] = &[
        local_name!("html"),
        local_name!("head"),
        local_name!("body"),
        local_name!("script"),
        local_name!("style"),
        local_name!("template"),
        local_name!("noscript"),
        local_name!("title"),
        local_name!("textarea"),
        local_name!("xmp"),
        local_name!("iframe"),
        local_name!("noembed"),
        local_name!("noframes"),
        local_name!("plaintext"),
        local_name!("svg"),
        local_name!("math"),
        local_name!("base"),
        local_name!("link"),
        local_name!("meta"),
        local_name!("img"),
        local_name!("br"),
        local_name!("hr"),
        local_name!("input"),
        local_name!("source"),
        local_name!("track"),
        local_name!("embed"),
        local_name!("wbr"),
        local_name!("area"),
        local_name!("col"),
        local_name!("param"),
    ];
    STAY.contains(name)
}
