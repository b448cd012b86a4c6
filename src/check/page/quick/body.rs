//! Owns the tags of the body: what each opens, ends, and may stand in.

use super::super::markup::Doubt;
use super::super::tags::{Rule, Tag};
use super::{Mode, Open, Quirks, Reader};

impl<'t> Reader<'t> {
    pub(super) fn start_in_body(&mut self, tag: Tag, name: &'t str, closes_itself: bool) -> Result<(), Doubt> {
        match tag.rule() {
            Rule::Plain | Rule::Object => {}
            Rule::Formatting => {
                // A second one ends the first, wherever that was opened.
                if tag == Tag::A && self.is_open(tag) {
                    return Err(Doubt);
                }
            }
            Rule::Block => self.end_paragraph()?,
            Rule::Heading => {
                self.end_paragraph()?;
                if self.top().tag.rule() == Rule::Heading {
                    return Err(Doubt);
                }
            }
            Rule::Item => {
                self.end_item(tag)?;
                self.end_paragraph()?;
            }
            Rule::Void => {
                if matches!(tag, Tag::Input | Tag::Hr) && self.is_open(Tag::Select) {
                    return Err(Doubt);
                }
                if tag == Tag::Hr {
                    self.end_paragraph()?;
                }
                return self.leaf(tag, name, false);
            }
            Rule::Noscript if !self.whole => {}
            Rule::Head | Rule::Rcdata | Rule::Rawtext | Rule::Script | Rule::Noscript => {
                if tag == Tag::Xmp {
                    self.end_paragraph()?;
                }
                return self.leaf(tag, name, false);
            }
            Rule::Button | Rule::Select => {
                if self.is_open(tag) {
                    return Err(Doubt);
                }
            }
            Rule::Form => {
                if self.form {
                    return Err(Doubt);
                }
                self.end_paragraph()?;
                self.form = true;
            }
            Rule::Option => self.before_option(tag)?,
            Rule::RubyText => {
                if self.in_scope(Tag::Ruby) {
                    self.close_implied(Tag::Ruby);
                }
            }
            Rule::Table => {
                match self.quirks {
                    Quirks::No => self.end_paragraph()?,
                    Quirks::Yes => {}
                    Quirks::Unknown if self.is_open(Tag::P) => return Err(Doubt),
                    Quirks::Unknown => {}
                }
                self.mode = Mode::InTable;
            }
            Rule::Foreign => return self.open_foreign(name, closes_itself),
            Rule::Caption | Rule::ColumnGroup | Rule::Column | Rule::Section | Rule::Row | Rule::Cell => {
                return Err(Doubt);
            }
            Rule::Refused => return Err(Doubt),
        }
        self.push(tag, name)?;
        self.take(tag, false);
        Ok(())
    }

    pub(super) fn end_in_body(&mut self, tag: Tag, name: &'t str) -> Result<(), Doubt> {
        match tag.rule() {
            _ if matches!(tag, Tag::Body | Tag::Html) => {
                // Where something stands in between, a parser ignores the tag.
                if self.mode != Mode::InBody || !self.in_scope(Tag::Body) || self.top().foreign {
                    return Err(Doubt);
                }
                self.mode = if tag == Tag::Body { Mode::AfterBody } else { Mode::AfterAfterBody };
                Ok(())
            }
            // What is still open in a paragraph goes on after it.
            _ if tag == Tag::P => self.close(tag),
            Rule::Block | Rule::Heading | Rule::Item | Rule::Button | Rule::Object | Rule::Select => {
                self.close_implied(tag);
                self.close(tag)
            }
            Rule::Form => {
                if !self.form {
                    return Err(Doubt);
                }
                self.form = false;
                self.close_implied(tag);
                self.close(tag)
            }
            Rule::Noscript if self.whole => Err(Doubt),
            Rule::Plain | Rule::Formatting | Rule::Option | Rule::RubyText | Rule::Noscript => {
                // Names without a row share a tag.
                match tag == Tag::Other && !self.top().name.eq_ignore_ascii_case(name) {
                    true => Err(Doubt),
                    false => self.close(tag),
                }
            }
            _ => Err(Doubt),
        }
    }

    /// Ends the open paragraph, if one is open here.
    fn end_paragraph(&mut self) -> Result<(), Doubt> {
        if !self.is_open(Tag::P) {
            return Ok(());
        }
        let visible = self.open.iter().rev().find(|open| open.tag == Tag::P || bounds_paragraphs(open));
        match visible {
            Some(open) if open.tag == Tag::P => self.close(Tag::P),
            _ => Ok(()),
        }
    }

    /// Ends the item before the next of the same list.
    fn end_item(&mut self, tag: Tag) -> Result<(), Doubt> {
        let is_item = |open: Tag| match tag {
            Tag::Li => open == Tag::Li,
            _ => matches!(open, Tag::Dd | Tag::Dt),
        };
        let passes = |open: Tag| !open.is_special() || matches!(open, Tag::Address | Tag::Div | Tag::P);
        let found = self.open.iter().rev().map(|open| open.tag).find(|open| is_item(*open) || !passes(*open));
        match found {
            Some(item) if is_item(item) => {
                self.close_implied(item);
                self.close(item)
            }
            _ => Ok(()),
        }
    }

    fn before_option(&mut self, tag: Tag) -> Result<(), Doubt> {
        if self.in_scope(Tag::Select) {
            // Groups hold options, and no group holds another.
            self.close_implied(if tag == Tag::Option { Tag::Optgroup } else { Tag::Select });
        } else if self.is_open(Tag::Select) {
            return Err(Doubt);
        } else if self.top().tag == Tag::Option {
            self.pop();
        }
        Ok(())
    }

    /// Returns whether this element is open and nothing hides it from here.
    fn in_scope(&self, tag: Tag) -> bool {
        let visible = self.open.iter().rev().find(|open| open.tag == tag || open.foreign || open.tag.bounds_scope());
        visible.is_some_and(|open| open.tag == tag)
    }
}

fn bounds_paragraphs(open: &Open<'_>) -> bool {
    open.foreign || open.tag == Tag::Button || open.tag.bounds_scope()
}
