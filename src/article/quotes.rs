//! Owns quotes, and alerts among them: which quote is one, its title, and the hook that may write either.
//!
//! What the first line of an alert says is read by `alerts`; here the events of that line become its title.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::alerts::{Alert, Fold};
use super::hooks::{Around, Hooked};
use super::markdown::Writer;
use super::shortcode::Fact;

/// A quote that is open.
#[derive(Debug)]
pub(super) struct Quote {
    pub(super) alert: Option<Alert>,
    is_hooked: bool,
    /// Its title, where a hook is to have it.
    title: String,
}

/// The title of an alert that is being written.
#[derive(Debug)]
pub(super) struct Title {
    /// Where it starts in the Markdown, and in the page.
    pub(super) from: usize,
    at: usize,
    /// How many elements are open in it.
    pub(super) depth: usize,
}

impl<'a> Writer<'a, '_> {
    /// Returns the alert that a quote is, by its first line.
    pub(super) fn alert_at(&self, quote: &Range<usize>) -> Option<Alert> {
        let text = self.source.get(quote.clone()).filter(|_| self.links.config.markdown.alerts)?;
        let line = text.strip_prefix('>')?;
        let first = line.trim_start_matches(' ');
        // More blanks than these make it code.
        let start = quote.start + text.len() - first.len();
        if line.len() - first.len() > 4 { None } else { Alert::read(self.source, start..quote.end) }
    }

    /// Takes an event that belongs to the first line of an alert; gives back all others.
    pub(super) fn in_alert(&mut self, event: Event<'a>, range: &Range<usize>) -> Option<Event<'a>> {
        if let Some((alert, quote)) = self.pending.take() {
            let is_alert = matches!(event, Event::Start(Tag::Paragraph));
            let from = alert.title.start;
            self.start_quote(is_alert.then_some(alert), quote);
            if is_alert {
                self.start_title(from);
                return None;
            }
        }
        let Some(title) = &mut self.title else { return Some(event) };
        match &event {
            Event::End(TagEnd::Paragraph) => {
                self.end_title();
                None
            }
            Event::SoftBreak | Event::HardBreak if title.depth == 0 => {
                self.end_title();
                self.open("<p>");
                None
            }
            // The mark itself is no part of the title.
            Event::Text(_) if range.start < title.from => {
                let rest = self.source.get(title.from..range.end).filter(|rest| !rest.is_empty());
                rest.map(|rest| Event::Text(rest.to_owned().into()))
            }
            _ if range.start < title.from => None,
            Event::Start(_) => {
                title.depth += 1;
                Some(event)
            }
            Event::End(_) => {
                title.depth = title.depth.saturating_sub(1);
                Some(event)
            }
            _ => Some(event),
        }
    }

    /// Starts a quote, or an alert.
    pub(super) fn start_quote(&mut self, alert: Option<Alert>, range: Range<usize>) {
        self.fresh_line();
        let is_hooked = self.hooks.blockquote && self.hooked(Around::Quote, range);
        match &alert {
            _ if is_hooked => {}
            Some(alert) => alert.open(&mut self.out),
            None => self.out.push_str("<blockquote>\n"),
        }
        self.quotes.push(Quote { alert, is_hooked, title: String::new() });
    }

    /// Starts the title of the alert that is open.
    pub(super) fn start_title(&mut self, from: usize) {
        self.title = Some(Title { from, at: self.out.len(), depth: 0 });
    }

    /// Ends the title of the alert that is open; the usual one stands where its author gave it none.
    pub(super) fn end_title(&mut self) {
        let at = self.title.take().map_or(self.out.len(), |title| title.at);
        let Some(Quote { alert: Some(alert), is_hooked, title }) = self.quotes.last_mut() else { return };
        let is_own = self.out.len() > at;
        match is_hooked {
            true if is_own => *title = self.out.split_off(at),
            true => {}
            false if is_own => alert.after_title(&mut self.out),
            false => alert.usual(&mut self.out),
        }
    }

    /// Ends the innermost quote.
    pub(super) fn end_quote(&mut self) {
        let Some(quote) = self.quotes.pop() else { return };
        if !quote.is_hooked {
            return match &quote.alert {
                Some(alert) => alert.close(&mut self.out),
                None => self.out.push_str("</blockquote>\n"),
            };
        }
        let Some(Hooked { at, range, .. }) = self.hooked.pop() else { return };
        let text = self.out.split_off(at.min(self.out.len()));
        let title = match &quote.alert {
            Some(alert) if quote.title.is_empty() => alert.usual_title(),
            _ => quote.title,
        };
        let fold = quote.alert.as_ref().map_or(Fold::None, |alert| alert.fold);
        let facts = vec![
            ("text", Fact::Html(text)),
            ("alert", Fact::Text(quote.alert.map(|alert| alert.kind).unwrap_or_default())),
            ("title", Fact::Html(title.trim().to_owned())),
            ("fold", Fact::Text(fold.name().to_owned())),
        ];
        self.ask_for_block("blockquote", facts, range);
    }
}
