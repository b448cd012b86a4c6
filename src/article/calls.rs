//! Owns what the writer does at a shortcode: the call is checked, its body is taken as it was written, and HTML comes in its place.
//!
//! One flat stack, as in `markdown`: nesting costs no recursion, and is refused beyond [`DEPTH`].

use std::collections::BTreeMap;
use std::ops::Range;

use super::links::{Use, place};
use super::markdown::image::{Offered, offered};
use super::markdown::{Origin, Writer};
use super::picture::Words;
use super::shortcode::builtin::{self, Given, Included};
use super::shortcode::lex::{Call, Problem};
use super::shortcode::mask::{Piece, Placement};
use super::shortcode::{Fact, Signature};
use crate::diagnostic::{Diagnostic, did_you_mean};

/// How deep shortcodes may nest: each hands its whole text on to the one around it.
pub(super) const DEPTH: usize = 32;

/// A shortcode whose body is being written.
pub(super) struct Frame<'a> {
    call: &'a Call,
    placement: Placement,
    /// Its values, if the call is right.
    values: Option<BTreeMap<String, Fact>>,
    /// Where its body starts in the page.
    at: usize,
    /// Where its body starts in the Markdown.
    source: usize,
}

impl<'a> Writer<'a, '_> {
    /// Writes what is no Markdown.
    pub(super) fn write_call(&mut self, piece: Piece<'a>, range: Range<usize>) {
        match piece {
            Piece::Event(event) => self.write(Piece::Event(event), range),
            Piece::Wrong(problem) => self.say(problem),
            Piece::Alone(call, placement) => {
                if let Some(values) = self.checked(call, placement, false) {
                    self.expand(call, placement, &values, None);
                }
            }
            Piece::Open(call, placement) => {
                let values = self.checked(call, placement, true);
                if placement == Placement::Block {
                    self.fresh_line();
                }
                self.calls.push(Frame { call, placement, values, at: self.out.len(), source: range.end });
            }
            Piece::Close => {
                let Some(frame) = self.calls.pop() else { return };
                if frame.placement == Placement::Block {
                    self.fresh_line();
                }
                let body = self.out.split_off(frame.at.min(self.out.len()));
                if let Some(values) = &frame.values {
                    let source = self.source.get(frame.source..range.start).unwrap_or_default();
                    self.expand(frame.call, frame.placement, values, Some((body, source)));
                }
            }
        }
    }

    /// Says what is wrong with a shortcode.
    pub(super) fn say(&mut self, problem: Problem) {
        let at = match &self.origin {
            Origin::Body => place(self.links.post, problem.at),
            Origin::At(place) => place.clone(),
        };
        let diagnostic = match problem.code {
            "shortcode/end" => Diagnostic::warning("shortcode/end", problem.message),
            code => Diagnostic::error(code, problem.message),
        };
        let diagnostic = diagnostic.at(at);
        self.diagnostics.push(match problem.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
    }

    /// Returns the values of a call, or says what is wrong with it.
    fn checked(&mut self, call: &Call, placement: Placement, has_body: bool) -> Option<BTreeMap<String, Fact>> {
        let inserts = self.inserts;
        let own = inserts.shortcode(&call.name);
        let built_in = builtin::find(&call.name).filter(|_| own.is_none());
        let signature: &Signature = match (own, built_in) {
            (Some(signature), _) => signature,
            (None, Some((signature, _))) => signature,
            (None, None) => {
                let mut known: Vec<&str> = inserts.shortcodes();
                for name in builtin::names() {
                    known.push(name);
                }
                let problem = Problem::new(
                    "shortcode/unknown",
                    format!("there is no shortcode `{}`", call.name),
                    call.name_at.clone(),
                );
                self.say(problem.hint(match did_you_mean(&call.name, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "write one in `templates/shortcodes/{}.html`; to show this as text, `{{{{/* … */}}}}`",
                        call.name
                    ),
                }));
                return None;
            }
        };
        if self.calls.len() >= DEPTH {
            let message = format!("shortcodes are nested more than {DEPTH} deep");
            self.say(
                Problem::new("shortcode/misplaced", message, call.name_at.clone()).hint("close some of them before"),
            );
            return None;
        }
        if built_in.is_some_and(|(_, built_in)| !built_in.inline)
            && placement == Placement::Inline
            && self.html.is_none()
        {
            let message = format!("the shortcode `{}` cannot stand within a line", call.name);
            self.say(
                Problem::new("shortcode/misplaced", message, call.name_at.clone()).hint("put it on a line of its own"),
            );
            return None;
        }
        let name = &call.name;
        let wrong = match (signature.body, has_body) {
            (true, false) => Some((
                format!("the shortcode `{name}` encloses a text"),
                format!("write `{{% {name}(…) %}}` before the text and `{{% end %}}` after it"),
            )),
            (false, true) => Some((
                format!("the shortcode `{name}` encloses no text"),
                format!("write `{{{{ {name}(…) }}}}`, without an `end`"),
            )),
            _ => None,
        };
        if let Some((message, hint)) = wrong {
            self.say(Problem::new("shortcode/argument", message, call.name_at.clone()).hint(hint));
            return None;
        }
        match signature.check(call) {
            Ok(values) => Some(values),
            Err(problems) => {
                problems.into_iter().for_each(|problem| self.say(problem));
                None
            }
        }
    }

    /// Writes a part of a file as a block of code.
    fn include(&mut self, included: Included, at: Range<usize>) {
        let Included { info, code, is_named } = included;
        if self.hooks.code && self.hooked_code(&info, &code, at.clone()) {
            return;
        }
        let remarks = self.code.write(&info, &code, &mut self.out);
        // A file's ending may name no language; nobody said that it does.
        if is_named {
            self.remark(remarks, at);
        }
    }

    /// Writes the HTML of a call that is right.
    fn expand(
        &mut self,
        call: &Call,
        placement: Placement,
        values: &BTreeMap<String, Fact>,
        body: Option<(String, &str)>,
    ) {
        let mut html = String::new();
        let mut included = None;
        match (self.inserts.shortcode(&call.name), builtin::find(&call.name)) {
            (Some(_), _) => {
                let mut facts: Vec<(&str, Fact)> =
                    values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
                if let Some((body, source)) = body {
                    facts.push(("body", Fact::Html(body)));
                    facts.push(("source", Fact::Text(source.trim_matches('\n').to_owned())));
                }
                match self.inserts.expand(self.links.id, &call.name, facts) {
                    Ok(made) => html = made.trim().to_owned(),
                    Err(diagnostic) => {
                        self.called_from(diagnostic, call.name_at.clone());
                    }
                }
            }
            (None, Some((_, built_in))) => {
                self.has_embed |= matches!(call.name.as_str(), "youtube" | "vimeo");
                let body = body.map(|(body, _)| body).unwrap_or_default();
                let (links, origin) = (self.links, self.origin.clone());
                let (mut problems, mut unfit) = (Vec::new(), Vec::new());
                let at = |written: &str| match &origin {
                    Origin::Body => {
                        let argument = call.arguments.iter().find(|argument| match &argument.value {
                            Fact::Text(text) => text == written,
                            Fact::List(list) => list.contains(&Fact::Text(written.to_owned())),
                            _ => false,
                        });
                        place(links.post, argument.map_or(call.name_at.clone(), |argument| argument.at.clone()))
                    }
                    Origin::At(place) => place.clone(),
                };
                let mut resolve = |address: &str, is_image: bool| {
                    let purpose = if is_image { Use::Image } else { Use::Link };
                    match links.resolve(address, purpose, || at(address)) {
                        Ok(found) => found.map(|found| found.into_owned()),
                        Err(diagnostic) => {
                            problems.push(*diagnostic);
                            None
                        }
                    }
                };
                let pictures = &mut self.pictures;
                let mut picture = |written: &str, address: &str, words: Words<'_>, out: &mut String| {
                    match offered(&links, address, words, true, || at(written), out) {
                        Offered::No => return false,
                        Offered::Yes(needed) => pictures.extend(needed),
                        Offered::Unfit(problem) => unfit.push(*problem),
                    }
                    true
                };
                let inserts = self.inserts;
                let file = |link: &str| inserts.file(link);
                let mut given = Given {
                    arguments: values,
                    body: &body,
                    resolve: &mut resolve,
                    picture: &mut picture,
                    file: &file,
                    included: None,
                };
                let refused = (built_in.write)(&mut given, &mut html).err();
                included = given.included;
                self.diagnostics.append(&mut problems);
                self.diagnostics.append(&mut unfit);
                if let Some(refused) = refused {
                    self.say(builtin::refused(refused, call));
                }
            }
            (None, None) => {}
        }
        if placement == Placement::Block {
            self.fresh_line();
        }
        self.flush_html();
        self.out.push_str(&html);
        if let Some(included) = included {
            self.include(included, call.name_at.clone());
        }
        if placement == Placement::Block {
            self.fresh_line();
        }
    }
}
