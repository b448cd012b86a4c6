//! Owns the places of a page where something may be inserted, as byte offsets: its scripts, its policies, the end of its
//! body. Gives places only; what is inserted is decided elsewhere. Never fails: what cannot be read has no places.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use lol_html::{HtmlRewriter, Settings, doctype, element, end_tag};

use crate::analytics::ScriptTag;
use crate::check::page;

/// The places of one page.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Every script outside of templates.
    pub(super) scripts: Vec<ScriptMark>,
    /// After the name of each `<meta http-equiv="Content-Security-Policy">`, and what it says.
    pub(super) policies: Vec<(usize, String)>,
    /// After the name of each `<img>`, and its address as written.
    pub(super) images: Vec<(usize, String)>,
    /// Before `</body>`, if it is written.
    pub(super) body_end: Option<usize>,
    /// After the document type and `<html>`: the first place where an element may stand.
    pub(super) start: usize,
}

/// One script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScriptMark {
    /// Where its tag begins.
    pub(super) start: usize,
    /// After the tag's name.
    pub(super) name_end: usize,
    /// After its end tag; none where it has no end.
    end: Option<usize>,
    /// Whether it is SVG's.
    svg: bool,
}

impl ScriptMark {
    /// Reads the script as a browser does: attributes decoded, text whole. None if no browser runs it.
    pub(super) fn tag(&self, html: &[u8]) -> Option<ScriptTag> {
        let bytes = &html[self.start..self.end.unwrap_or(html.len()).max(self.start)];
        let wrapped = match self.svg {
            true => [b"<!doctype html><svg>", bytes, b"</svg>"].concat(),
            false => [b"<!doctype html>", bytes].concat(),
        };
        page::read(&wrapped).scripts.into_iter().next()
    }
}

impl Marks {
    /// Finds the places of a page.
    pub(super) fn of(html: &[u8]) -> Marks {
        let marks = Rc::new(RefCell::new(Marks::default()));
        let in_templates = Rc::new(RefCell::new(Vec::new()));
        if read(html, &marks, &in_templates).is_err() {
            return Marks::default();
        }
        let mut marks = marks.take();
        let in_templates = in_templates.take();
        marks.scripts.retain(|script| !in_templates.contains(&script.start));
        if marks.body_end.is_some_and(|at| at < marks.start) {
            marks.body_end = None;
        }
        marks
    }
}

fn read(
    html: &[u8],
    marks: &Rc<RefCell<Marks>>,
    in_templates: &Rc<RefCell<Vec<usize>>>,
) -> Result<(), lol_html::errors::RewritingError> {
    let after_name = |range: &Range<usize>, name: &str| range.start + 1 + name.len();
    let scripts = element!("script", |element| {
        let range = element.source_location().bytes();
        let mut all = marks.borrow_mut();
        let index = all.scripts.len();
        all.scripts.push(ScriptMark {
            start: range.start,
            name_end: after_name(&range, "script"),
            end: None,
            svg: element.namespace_uri().ends_with("svg"),
        });
        let marks = Rc::clone(marks);
        if let Some(handlers) = element.end_tag_handlers() {
            handlers.push(end_tag!(move |tag| {
                marks.borrow_mut().scripts[index].end = Some(tag.source_location().bytes().end);
                Ok(())
            }));
        }
        Ok(())
    });
    let templates = element!("template script", |element| {
        in_templates.borrow_mut().push(element.source_location().bytes().start);
        Ok(())
    });
    let policies = element!("meta[http-equiv][content]", |element| {
        let equivalent = element.get_attribute("http-equiv").unwrap_or_default();
        if equivalent.trim().eq_ignore_ascii_case("content-security-policy") {
            let range = element.source_location().bytes();
            // Decoded as a browser decodes it, by reading the tag alone.
            let tag = [b"<!doctype html><head>", &html[range.clone()]].concat();
            let content = page::read(&tag).policies.into_iter().next();
            marks.borrow_mut().policies.extend(content.map(|content| (after_name(&range, "meta"), content)));
        }
        Ok(())
    });
    let images = element!("img[src]", |element| {
        let range = element.source_location().bytes();
        let address = element.get_attribute("src").unwrap_or_default();
        marks.borrow_mut().images.push((after_name(&range, "img"), address.trim().to_owned()));
        Ok(())
    });
    let body = element!("body", |element| {
        let marks = Rc::clone(marks);
        if let Some(handlers) = element.end_tag_handlers() {
            handlers.push(end_tag!(move |tag| {
                let at = tag.source_location().bytes().start;
                // The last one: templates may hold others.
                marks.borrow_mut().body_end = Some(at);
                Ok(())
            }));
        }
        Ok(())
    });
    let root = element!("html", |element| {
        let end = element.source_location().bytes().end;
        let mut marks = marks.borrow_mut();
        marks.start = marks.start.max(end);
        Ok(())
    });
    let doctype = doctype!(|doctype| {
        let end = doctype.source_location().bytes().end;
        let mut marks = marks.borrow_mut();
        marks.start = marks.start.max(end);
        Ok(())
    });
    let settings = Settings::new()
        .append_element_content_handler(scripts)
        .append_element_content_handler(templates)
        .append_element_content_handler(policies)
        .append_element_content_handler(images)
        .append_element_content_handler(body)
        .append_element_content_handler(root)
        .append_document_content_handler(doctype)
        .with_strict(false);
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| ());
    rewriter.write(html)?;
    rewriter.end()
}
