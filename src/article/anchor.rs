//! Owns how a link is written: its address, its title, and what a link to another host gets.
//!
//! Where it leads is decided in `links`; here a broken one is reported, and stays without an address.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CowStr, LinkType};

use super::escape::{push_attribute, push_href};
use super::external;
use super::hooks::Around;
use super::links::{Use, place};
use super::markdown::{Origin, Writer};
use super::outline;
use crate::diagnostic::Place;

impl<'a> Writer<'a, '_> {
    /// Writes what stands before a link's text.
    pub(super) fn start_link(
        &mut self,
        link_type: LinkType,
        destination: CowStr<'a>,
        title: CowStr<'a>,
        range: Range<usize>,
    ) {
        let config = self.links.config;
        let address = match link_type {
            LinkType::Email => Some(Cow::Owned(format!("mailto:{destination}"))),
            _ => self.resolve(&destination, Use::of(link_type), range.clone()),
        };
        let is_marked = config.markdown.external.is_used();
        let is_external = |address: &str| external::is_external(address, config);
        if self.hooks.link {
            let external = address.as_deref().is_some_and(is_external);
            let url = address.as_deref().map(str::to_owned);
            let (destination, title) = (destination.clone(), title.clone());
            if self.hooked(Around::Link { url, destination, title, external }, range) {
                return;
            }
        }
        self.out.push_str("<a");
        if let Some(address) = &address {
            self.out.push_str(" href=\"");
            push_href(&mut self.out, address);
            self.out.push('"');
            if is_marked && is_external(address) {
                external::push_attributes(config, &mut self.out);
            }
        }
        self.push_title(&title);
        self.out.push('>');
    }

    /// Writes what stands after a link's text.
    pub(super) fn end_link(&mut self) {
        if !self.end_hooked_link() {
            self.out.push_str("</a>");
        }
    }

    /// Writes the title of a link or an image, if it has one.
    pub(super) fn push_title(&mut self, title: &str) {
        if !title.is_empty() {
            self.out.push_str(" title=\"");
            push_attribute(&mut self.out, title);
            self.out.push('"');
        }
    }

    /// Returns where a destination stands in the post's file.
    pub(super) fn place_of(&self, destination: &str, range: Range<usize>) -> Place {
        let post = self.links.post;
        match &self.origin {
            Origin::Body => place(post, outline::destination(post.markdown(), destination, range)),
            Origin::At(place) => place.clone(),
        }
    }

    /// Returns where a link leads. A broken one is reported and stays as it was written.
    pub(super) fn resolve<'d>(
        &mut self,
        destination: &'d str,
        purpose: Use,
        range: Range<usize>,
    ) -> Option<Cow<'d, str>> {
        let at = || self.place_of(destination, range);
        match self.links.resolve(destination, purpose, at) {
            Ok(address) => address,
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }
}
