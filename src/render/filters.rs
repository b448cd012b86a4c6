//! Owns the filters of templates that Tera 2 lacks.
//!
//! Gives [`FILTERS`]. To add one: a function below, a row in the list, a line in `docs/templates.md`. A filter is pure:
//! it sees a value, its arguments and the settings.

use std::sync::Arc;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, ScriptData};
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use tera::value::Key;
use tera::{Error, Kwargs, Map, State, Tera, TeraResult, Value};

use crate::config::Config;
use crate::library;
use crate::render::{names, seo};

/// One filter of templates.
pub(crate) struct TemplateFilter {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub call: fn(&Value, &Kwargs, &Config) -> TeraResult<Value>,
}

/// All filters beside Tera's own. `group_by` replaces Tera's, whose groups come in another order in each run.
pub(crate) const FILTERS: &[TemplateFilter] = &[
    TemplateFilter { name: "date", call: date },
    TemplateFilter { name: "slugify", call: slugify },
    TemplateFilter { name: "striptags", call: striptags },
    TemplateFilter { name: "markdown", call: markdown },
    TemplateFilter { name: "json_encode", call: json_encode },
    TemplateFilter { name: "urlencode", call: urlencode },
    TemplateFilter { name: "absolute_url", call: absolute_url },
    TemplateFilter { name: "filter", call: filter },
    TemplateFilter { name: "map", call: map },
    TemplateFilter { name: "concat", call: concat },
    TemplateFilter { name: "group_by", call: group_by },
];

/// Tera's own filters.
const BUILT_IN: &[&str] = &[
    "abs",
    "capitalize",
    "default",
    "escape",
    "escape_html",
    "escape_xml",
    "first",
    "float",
    "get",
    "indent",
    "int",
    "join",
    "keys",
    "last",
    "length",
    "lower",
    "newlines_to_br",
    "nth",
    "pairs",
    "pluralize",
    "replace",
    "reverse",
    "round",
    "safe",
    "sort",
    "split",
    "str",
    "title",
    "trim",
    "trim_end",
    "trim_start",
    "truncate",
    "unique",
    "upper",
    "values",
    "wordcount",
];

/// Tera's own tests.
pub(crate) const TESTS: &[&str] = &[
    "string",
    "number",
    "map",
    "bool",
    "array",
    "integer",
    "float",
    "none",
    "iterable",
    "defined",
    "undefined",
    "odd",
    "even",
    "divisible_by",
    "starting_with",
    "ending_with",
    "containing",
];

/// What stands as it is in a part of a URL.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the names of all filters.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().map(|filter| filter.name).chain(BUILT_IN.iter().copied())
}

/// Registers all filters.
pub(crate) fn register(tera: &mut Tera, config: &Arc<Config>) {
    for row in FILTERS {
        let config = Arc::clone(config);
        tera.register_filter(row.name, move |of: Value, arguments: Kwargs, _: &State<'_>| {
            (row.call)(&of, &arguments, &config)
        });
    }
    // A date has the names of the page's language, where the site has several.
    let config = Arc::clone(config);
    tera.register_filter("date", move |of: Value, arguments: Kwargs, state: &State<'_>| {
        let language: Option<Value> = state.get("lang")?;
        let language = language.as_ref().and_then(Value::as_str).unwrap_or(&config.language);
        date_in(&of, &arguments, &config, language)
    });
}

fn date(of: &Value, arguments: &Kwargs, config: &Config) -> TeraResult<Value> {
    date_in(of, arguments, config, &config.language)
}

/// Writes a date with the names that months and days have in a language, unless another one is asked for.
fn date_in(of: &Value, arguments: &Kwargs, config: &Config, language: &str) -> TeraResult<Value> {
    let language = arguments.get::<&str>("locale")?.unwrap_or(language);
    let format = arguments.get::<&str>("format")?.unwrap_or("%Y-%m-%d");
    let zone = match arguments.get::<&str>("timezone")? {
        Some(name) => TimeZone::get(name).map_err(|_| Error::message(format!("there is no time zone `{name}`")))?,
        None => config.timezone.clone(),
    };
    if of.is_none() {
        return Ok(Value::none());
    }
    let Some(date) = zoned(of, &config.timezone) else {
        return Err(Error::message(format!(
            "`{of}` is no date; it takes RFC 3339 (`2026-11-05T09:00:00+01:00`), a day, or seconds since 1970"
        )));
    };
    let date = date.with_time_zone(zone);
    match jiff::fmt::strtime::format(&*names::spelled(format, &date, language), &date) {
        Ok(text) => Ok(Value::normal_string(&text)),
        Err(error) => Err(Error::message(format!("`{format}` is no format of a date: {error}"))),
    }
}

/// Returns the date that a value means; a day or a time without a zone is read in the site's.
fn zoned(of: &Value, zone: &TimeZone) -> Option<Zoned> {
    if let Some(seconds) = of.as_i64() {
        return Timestamp::from_second(seconds).ok().map(|time| time.to_zoned(zone.clone()));
    }
    let text = of.as_str()?;
    let with_offset = text.parse::<Timestamp>().map(|time| time.to_zoned(zone.clone()));
    let civil = || text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from)).ok();
    with_offset.ok().or_else(|| civil()?.to_zoned(zone.clone()).ok())
}

fn slugify(of: &Value, _: &Kwargs, _: &Config) -> TeraResult<Value> {
    Ok(Value::normal_string(&library::slugify(&of.to_string())))
}

fn striptags(of: &Value, _: &Kwargs, _: &Config) -> TeraResult<Value> {
    Ok(Value::normal_string(&text_of(&of.to_string())))
}

fn markdown(of: &Value, arguments: &Kwargs, config: &Config) -> TeraResult<Value> {
    let inline = arguments.get::<bool>("inline")?.unwrap_or_default();
    let text = of.to_string();
    let mut options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
    options.set(Options::ENABLE_SMART_PUNCTUATION, config.markdown.smart_punctuation);
    let events = Parser::new_ext(&text, options).filter_map(|event| match event {
        // A setting or a title is no place for raw HTML: it is shown as it was typed.
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) if inline => None,
        Event::Start(Tag::Link { ref dest_url, .. } | Tag::Image { ref dest_url, .. }) if runs(dest_url) => None,
        _ => Some(event),
    });
    let mut html = String::with_capacity(text.len() * 3 / 2);
    pulldown_cmark::html::push_html(&mut html, events);
    Ok(Value::safe_string(if inline { html.trim() } else { &html }))
}

/// Returns whether an address runs a script.
fn runs(address: &str) -> bool {
    matches!(url::Url::parse(address), Ok(url) if matches!(url.scheme(), "javascript" | "vbscript" | "data"))
}

fn json_encode(of: &Value, arguments: &Kwargs, _: &Config) -> TeraResult<Value> {
    let pretty = arguments.get::<bool>("pretty")?.unwrap_or_default();
    let text = match pretty {
        true => serde_json::to_string_pretty(of),
        false => serde_json::to_string(of),
    };
    let text = text.map_err(|error| Error::message(format!("it cannot be written as JSON: {error}")))?;
    Ok(Value::normal_string(&seo::guarded(&text)))
}

fn urlencode(of: &Value, _: &Kwargs, _: &Config) -> TeraResult<Value> {
    Ok(Value::normal_string(&utf8_percent_encode(&of.to_string(), UNRESERVED).to_string()))
}

fn absolute_url(of: &Value, _: &Kwargs, config: &Config) -> TeraResult<Value> {
    let address = of.to_string();
    match config.base_url.url().join(&address) {
        Ok(url) => Ok(Value::normal_string(url.as_str())),
        Err(error) => Err(Error::message(format!("`{address}` is no address: {error}"))),
    }
}

fn filter(of: &Value, arguments: &Kwargs, _: &Config) -> TeraResult<Value> {
    let attribute: &str = arguments.must_get("attribute")?;
    let wanted: Option<Value> = arguments.get("value")?;
    let keeps = |element: &&Value| match (element.get_from_path(attribute), &wanted) {
        (Some(found), Some(wanted)) => found == wanted,
        (Some(found), None) => !found.is_none(),
        (None, _) => false,
    };
    Ok(Value::from(list(of)?.iter().filter(keeps).cloned().collect::<Vec<_>>()))
}

fn map(of: &Value, arguments: &Kwargs, _: &Config) -> TeraResult<Value> {
    let attribute: &str = arguments.must_get("attribute")?;
    let found = list(of)?.iter().filter_map(|element| element.get_from_path(attribute)).cloned();
    Ok(Value::from(found.collect::<Vec<_>>()))
}

fn concat(of: &Value, arguments: &Kwargs, _: &Config) -> TeraResult<Value> {
    let with: Value = arguments.must_get("with")?;
    let mut elements = list(of)?.to_vec();
    match with.as_array() {
        Some(more) => elements.extend(more.iter().cloned()),
        None => elements.push(with),
    }
    Ok(Value::from(elements))
}

fn group_by(of: &Value, arguments: &Kwargs, _: &Config) -> TeraResult<Value> {
    let attribute: &str = arguments.must_get("attribute")?;
    let mut groups: Vec<(Key<'static>, Vec<Value>)> = Vec::new();
    let mut place: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for element in list(of)? {
        let Some(found) = element.get_from_path(attribute) else {
            return Err(Error::message(format!("an element has no attribute `{attribute}`")));
        };
        if found.is_none() {
            continue;
        }
        let key = match (found.as_i64(), found.as_bool()) {
            (Some(number), _) => Key::I64(number),
            (None, Some(truth)) => Key::Bool(truth),
            _ => Key::String(Arc::from(found.to_string())),
        };
        let index = *place.entry(format!("{}:{found}", found.name())).or_insert(groups.len());
        match groups.get_mut(index) {
            Some((_, group)) => group.push(element.clone()),
            None => groups.push((key, vec![element.clone()])),
        }
    }
    let map: Map = groups.into_iter().map(|(key, group)| (key, Value::from(group))).collect();
    Ok(Value::from(map))
}

fn list(of: &Value) -> TeraResult<&[Value]> {
    of.as_array().ok_or_else(|| Error::message(format!("it takes a list, not a value of kind `{}`", of.name())))
}

/// Returns the text of some HTML as a browser would show it: no tags, no scripts, entities decoded.
pub(crate) fn text_of(html: &str) -> String {
    let tokenizer = Tokenizer::new(TextSink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.text.into_inner().trim().to_owned()
}

/// Gathers the text of a page.
#[derive(Default)]
struct TextSink {
    text: std::cell::RefCell<String>,
    hidden: std::cell::Cell<bool>,
    formula: std::cell::Cell<Formula>,
}

/// Where in a formula the text is. Its TeX, where that stands beside the MathML, is the one form of it that reads well.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Formula {
    #[default]
    None,
    /// In one that began where the text had this length.
    MathMl(usize),
    /// In its TeX.
    Tex,
    /// After its TeX.
    Told,
}

impl TextSink {
    /// Takes note of a tag that may be one of a formula's; returns whether it may end a word.
    fn enters(&self, tag: &html5ever::tokenizer::Tag) -> bool {
        let is_start = tag.kind == TagKind::StartTag;
        let is_tex =
            || tag.attrs.iter().any(|one| &*one.name.local == "encoding" && &*one.value == "application/x-tex");
        match (self.formula.get(), &*tag.name) {
            (Formula::None, "math") if is_start && !tag.self_closing => {
                self.formula.set(Formula::MathMl(self.text.borrow().len()));
                false
            }
            (Formula::MathMl(start), "annotation") if is_start && is_tex() => {
                self.text.borrow_mut().truncate(start);
                self.formula.set(Formula::Tex);
                false
            }
            (Formula::Tex, "annotation") if !is_start => {
                self.formula.set(Formula::Told);
                false
            }
            (_, "math") if !is_start => {
                self.formula.set(Formula::None);
                false
            }
            (formula, _) => matches!(formula, Formula::None | Formula::MathMl(_)),
        }
    }
}

/// The elements that do not end a word.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s", "samp",
    "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
];

impl TokenSink for TextSink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(characters) if !self.hidden.get() && self.formula.get() != Formula::Told => {
                self.text.borrow_mut().push_str(&characters);
            }
            Token::TagToken(tag) => {
                let name = &*tag.name;
                let raw = matches!(name, "script" | "style");
                if self.enters(&tag) && !INLINE.contains(&name) {
                    let mut text = self.text.borrow_mut();
                    if !text.is_empty() && !text.ends_with(char::is_whitespace) {
                        text.push(' ');
                    }
                }
                self.hidden.set(raw && tag.kind == TagKind::StartTag);
                if raw && tag.kind == TagKind::StartTag {
                    return TokenSinkResult::RawData(if name == "script" { ScriptData } else { Rawtext });
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_read_once_as_tex_or_else_as_it_is_shown() {
        let both = "a <math><semantics><mrow><mi>x</mi><mo>=</mo><mn>1</mn></mrow>\
                    <annotation encoding=\"application/x-tex\">x=1 &lt; 2</annotation></semantics></math>, b <b>c</b>";
        let words = |html: &str| text_of(html).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(text_of(both), "a x=1 < 2, b c");
        assert_eq!(words("a <math><mi>x</mi></math> b"), "a x b");
        let hostile =
            "a <math><annotation encoding=\"application/x-tex\">t</annotation>gone</math> b</math></annotation> c";
        assert_eq!(words(hostile), "a t b c");
    }
}
