//! Owns what a table becomes: a group that can be scrolled with the keyboard where it is wider than
//! the page, with headings that name their columns.

use std::fmt::Write as _;

use pulldown_cmark::Alignment;

/// The table that is being written.
#[derive(Debug, Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
    has_body: bool,
    /// Where the current cell starts, and where its text does.
    cell_at: usize,
    text_at: usize,
}

impl Table {
    /// Writes what stands before a table, whose number in the post names it. It is a group and no
    /// landmark: landmarks of one page must not share a name, and a list may quote several articles.
    pub(super) fn open(alignments: Vec<Alignment>, number: usize, out: &mut String) -> Self {
        let _ = writeln!(
            out,
            "<div class=\"table-scroll\" role=\"group\" aria-label=\"Table {number}\" tabindex=\"0\">\n<table>"
        );
        Table { alignments, ..Table::default() }
    }

    pub(super) fn open_head(&mut self, out: &mut String) {
        self.in_head = true;
        out.push_str("<thead>\n<tr>");
    }

    pub(super) fn close_head(&mut self, out: &mut String) {
        self.in_head = false;
        out.push_str("</tr>\n</thead>\n");
    }

    pub(super) fn open_row(&mut self, out: &mut String) {
        if !self.has_body {
            self.has_body = true;
            out.push_str("<tbody>\n");
        }
        self.column = 0;
        out.push_str("<tr>");
    }

    pub(super) fn open_cell(&mut self, out: &mut String) {
        self.cell_at = out.len();
        out.push_str(if self.in_head { "<th scope=\"col\"" } else { "<td" });
        // Classes, not styles: a content security policy may forbid those.
        out.push_str(match self.alignments.get(self.column) {
            Some(Alignment::Left) => " class=\"align-left\">",
            Some(Alignment::Center) => " class=\"align-center\">",
            Some(Alignment::Right) => " class=\"align-right\">",
            _ => ">",
        });
        self.text_at = out.len();
    }

    /// Returns whether the current cell is the first of its row.
    pub(super) fn is_first(&self) -> bool {
        self.column == 0
    }

    /// Returns what has been written of the current cell.
    pub(super) fn cell_text<'o>(&self, out: &'o str) -> &'o str {
        out.get(self.text_at..).unwrap_or_default()
    }

    /// Returns how the current cell is aligned: `left`, `center`, `right` or nothing.
    pub(super) fn alignment(&self) -> &'static str {
        match self.alignments.get(self.column) {
            Some(Alignment::Left) => "left",
            Some(Alignment::Center) => "center",
            Some(Alignment::Right) => "right",
            _ => "",
        }
    }

    pub(super) fn close_cell(&mut self, out: &mut String) {
        self.column += 1;
        if self.in_head && out.len() == self.text_at {
            // A heading without words names nothing.
            out.truncate(self.cell_at);
            out.push_str("<td></td>");
            return;
        }
        out.push_str(if self.in_head { "</th>" } else { "</td>" });
    }

    /// Writes what stands after a table.
    pub(super) fn close(&mut self, out: &mut String) {
        out.push_str(if self.has_body { "</tbody>\n</table>\n</div>\n" } else { "</table>\n</div>\n" });
    }
}
