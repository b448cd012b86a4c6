//! Owns the tags of tables: which may stand where, and which parts are there without being written.
//!
//! What a parser would move out of a table is a doubt.

use super::super::markup::Doubt;
use super::super::tags::{Rule, Tag};
use super::{Mode, Reader, Step};

impl<'t> Reader<'t> {
    pub(super) fn start_in_table(&mut self, tag: Tag, name: &'t str) -> Result<Step, Doubt> {
        let rule = tag.rule();
        let is_part =
            matches!(rule, Rule::Caption | Rule::ColumnGroup | Rule::Column | Rule::Section | Rule::Row | Rule::Cell);
        match self.mode {
            Mode::InCaption if is_part => return Err(Doubt),
            Mode::InCaption => return Ok(Step::InBody),
            Mode::InCell if is_part => return self.close_cell(),
            Mode::InCell => return Ok(Step::InBody),
            Mode::InColumnGroup if rule == Rule::Column => {
                self.take(tag, false);
                return Ok(Step::Done);
            }
            Mode::InColumnGroup => return self.close_part(Rule::ColumnGroup, Mode::InTable),
            _ if matches!(tag, Tag::Script | Tag::Style) => return self.leaf(tag, name, false).map(|()| Step::Done),
            _ => {}
        }
        match (self.mode, rule) {
            (Mode::InTable, Rule::Caption) => self.open_part(Rule::Table, tag, Mode::InCaption),
            (Mode::InTable, Rule::ColumnGroup) => self.open_part(Rule::Table, tag, Mode::InColumnGroup),
            (Mode::InTable, Rule::Column) => self.imply_part(Rule::Table, Tag::Colgroup, Mode::InColumnGroup),
            (Mode::InTable, Rule::Section) => self.open_part(Rule::Table, tag, Mode::InTableBody),
            (Mode::InTable, Rule::Row | Rule::Cell) => self.imply_part(Rule::Table, Tag::Tbody, Mode::InTableBody),
            (Mode::InTableBody, Rule::Row) => self.open_part(Rule::Section, tag, Mode::InRow),
            (Mode::InTableBody, Rule::Cell) => self.imply_part(Rule::Section, Tag::Tr, Mode::InRow),
            (Mode::InTableBody, _) if is_part => self.close_part(Rule::Section, Mode::InTable),
            (Mode::InRow, Rule::Cell) => self.open_part(Rule::Row, tag, Mode::InCell),
            (Mode::InRow, _) if is_part => self.close_part(Rule::Row, Mode::InTableBody),
            _ => Err(Doubt),
        }
    }

    pub(super) fn end_in_table(&mut self, tag: Tag) -> Result<Step, Doubt> {
        let rule = tag.rule();
        match (self.mode, rule) {
            (Mode::InTable, Rule::Table) => {
                self.close(tag)?;
                self.mode = self.mode_of_open();
                Ok(Step::Done)
            }
            (Mode::InColumnGroup, Rule::ColumnGroup) => self.close_written(tag, Mode::InTable),
            (Mode::InColumnGroup, Rule::Column) => Err(Doubt),
            (Mode::InColumnGroup, _) => self.close_part(Rule::ColumnGroup, Mode::InTable),
            (Mode::InTableBody, Rule::Section) => self.close_written(tag, Mode::InTable),
            (Mode::InTableBody, Rule::Table) => self.close_part(Rule::Section, Mode::InTable),
            (Mode::InRow, Rule::Row) => self.close_written(tag, Mode::InTableBody),
            (Mode::InRow, Rule::Section | Rule::Table) => self.close_part(Rule::Row, Mode::InTableBody),
            (Mode::InCell, Rule::Cell) => {
                self.close_implied(tag);
                self.close_written(tag, Mode::InRow)
            }
            (Mode::InCell, Rule::Row | Rule::Section | Rule::Table) => self.close_cell(),
            (Mode::InCaption, Rule::Caption) => {
                self.close_implied(tag);
                self.close_written(tag, Mode::InTable)
            }
            (Mode::InCaption, Rule::Row | Rule::Section | Rule::Table | Rule::Cell) => Err(Doubt),
            (Mode::InCell | Mode::InCaption, Rule::Caption | Rule::Column | Rule::ColumnGroup) => Err(Doubt),
            (Mode::InCell | Mode::InCaption, _) if !matches!(tag, Tag::Body | Tag::Html) => Ok(Step::InBody),
            _ => Err(Doubt),
        }
    }

    fn open_part(&mut self, holder: Rule, tag: Tag, mode: Mode) -> Result<Step, Doubt> {
        self.imply_part(holder, tag, mode)?;
        self.take(tag, false);
        Ok(Step::Done)
    }

    /// Opens a part; where it is not written, the tag at hand belongs into it.
    fn imply_part(&mut self, holder: Rule, tag: Tag, mode: Mode) -> Result<Step, Doubt> {
        if self.top().tag.rule() != holder {
            return Err(Doubt);
        }
        self.push(tag, tag.name())?;
        self.mode = mode;
        Ok(Step::Again)
    }

    fn close_written(&mut self, tag: Tag, mode: Mode) -> Result<Step, Doubt> {
        self.close(tag)?;
        self.mode = mode;
        Ok(Step::Done)
    }

    fn close_part(&mut self, rule: Rule, mode: Mode) -> Result<Step, Doubt> {
        if self.top().tag.rule() != rule {
            return Err(Doubt);
        }
        self.pop();
        self.mode = mode;
        Ok(Step::Again)
    }

    fn close_cell(&mut self) -> Result<Step, Doubt> {
        self.close_implied(Tag::Td);
        self.close_part(Rule::Cell, Mode::InRow)
    }

    /// Returns the mode that belongs to the elements that are open.
    fn mode_of_open(&self) -> Mode {
        let mode = |tag: Tag| match tag.rule() {
            Rule::Cell => Some(Mode::InCell),
            Rule::Caption => Some(Mode::InCaption),
            _ if tag == Tag::Body => Some(Mode::InBody),
            _ => None,
        };
        // A table stands in a cell, a caption or the body.
        self.open.iter().rev().find_map(|open| mode(open.tag)).unwrap_or(Mode::InBody)
    }
}
