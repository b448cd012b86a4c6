//! Owns the shortcodes that every site has. To add one: a function and a row in [`BUILT_IN`], and a section in
//! `content/docs/shortcodes.md`.
//!
//! None of them loads anything from elsewhere: a video is a link until it is clicked, and remains one without scripts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::lex::Problem;
use super::{Fact, Signature};
use crate::article::escape::{push_attribute, push_href, push_text};
use crate::article::picture::Words;

/// Writes an image: how it is named in the call, its address, and what is said of it; returns whether it is one that the
/// site can resize.
pub(in crate::article) type Offer<'g> = dyn FnMut(&str, &str, Words<'_>, &mut String) -> bool + 'g;

/// What a built-in shortcode is made from.
pub(in crate::article) struct Given<'g> {
    pub(in crate::article) arguments: &'g BTreeMap<String, Fact>,
    /// Its text as HTML; empty if it takes none.
    pub(in crate::article) body: &'g str,
    /// Returns where a link or an image leads; what is wrong with it is told by whoever resolves.
    pub(in crate::article) resolve: &'g mut dyn FnMut(&str, bool) -> Option<String>,
    /// Returns the bytes of a file of the site by its address, or why there are none.
    pub(in crate::article) file: &'g dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// The code that stands in its place.
    pub(in crate::article) included: Option<Included>,
    /// Writes a picture that the site can resize.
    pub(in crate::article) picture: &'g mut Offer<'g>,
}

/// A part of a file, to be written as a block of code.
pub(in crate::article) struct Included {
    /// What an author would write after the fence.
    pub(in crate::article) info: String,
    pub(in crate::article) code: String,
    /// Whether the author named the language.
    pub(in crate::article) is_named: bool,
}

/// The largest file that is included.
const LARGEST: usize = 1 << 20;

impl Given<'_> {
    fn text(&self, name: &str) -> &str {
        match self.arguments.get(name) {
            Some(Fact::Text(text)) => text,
            _ => "",
        }
    }

    fn is(&self, name: &str) -> bool {
        self.arguments.get(name) == Some(&Fact::Boolean(true))
    }

    fn whole(&self, name: &str) -> Option<i64> {
        match self.arguments.get(name) {
            Some(Fact::Whole(number)) => Some(*number),
            _ => None,
        }
    }
}

/// One built-in shortcode.
pub(in crate::article) struct BuiltIn {
    /// Its signature, as templates write theirs.
    signature: &'static str,
    /// Whether it may stand within a line.
    pub(in crate::article) inline: bool,
    /// Writes it, or says what is wrong with an argument: its name, what is wrong, and a hint.
    pub(in crate::article) write: fn(&mut Given<'_>, &mut String) -> Result<(), Refused>,
}

/// What is wrong with the value of an argument.
pub(in crate::article) struct Refused {
    pub(in crate::article) argument: &'static str,
    pub(in crate::article) message: String,
    pub(in crate::article) hint: &'static str,
}

/// All built-in shortcodes.
pub(in crate::article) const BUILT_IN: &[BuiltIn] = &[
    BuiltIn { signature: "details(summary: text, open: boolean = false) with body", inline: false, write: details },
    BuiltIn {
        signature: "figure(src: text, alt: text = \"\", caption: text = \"\", title: text = \"\", link: text = \"\", class: text = \"\")",
        inline: false,
        write: figure,
    },
    BuiltIn {
        signature: "gallery(images: list, alt: list = [], caption: text = \"\", columns: number = 3)",
        inline: false,
        write: gallery,
    },
    BuiltIn { signature: "gist(user: text, id: text, file: text = \"\")", inline: false, write: gist },
    BuiltIn {
        signature: "include(file: text, lines: text = \"\", language: text = \"\", title: text = \"\", linenos: boolean = false)",
        inline: false,
        write: include,
    },
    BuiltIn { signature: "note(kind: text = \"note\", title: text = \"\") with body", inline: false, write: note },
    BuiltIn { signature: "ref(path: text)", inline: true, write: reference },
    BuiltIn { signature: "relref(path: text)", inline: true, write: reference },
    BuiltIn { signature: "vimeo(id: text, title: text = \"\")", inline: false, write: vimeo },
    BuiltIn { signature: "youtube(id: text, title: text = \"\", start: number = 0)", inline: false, write: youtube },
];

/// The signatures of the built-in shortcodes, by name.
static SIGNATURES: LazyLock<BTreeMap<String, (Signature, &'static BuiltIn)>> = LazyLock::new(|| {
    let read = |one: &'static BuiltIn| {
        let (name, signature) = Signature::read(one.signature).expect("a test reads each of them");
        (name, (signature, one))
    };
    BUILT_IN.iter().map(read).collect()
});

/// Returns a built-in shortcode by its name.
pub(in crate::article) fn find(name: &str) -> Option<&'static (Signature, &'static BuiltIn)> {
    SIGNATURES.get(name)
}

/// Returns the names of the built-in shortcodes.
pub(in crate::article) fn names() -> impl Iterator<Item = &'static str> {
    SIGNATURES.keys().map(String::as_str)
}

/// Returns the addresses that a call of a built-in shortcode names: they count as links of the post.
pub(in crate::article) fn addresses(call: &super::lex::Call) -> Vec<(&str, std::ops::Range<usize>)> {
    let named = |argument: &str| {
        matches!(
            (call.name.as_str(), argument),
            ("figure", "src") | ("gallery", "images") | ("include", "file") | ("ref" | "relref", "path")
        )
    };
    let mut found = Vec::new();
    for argument in call.arguments.iter().filter(|argument| named(&argument.name)) {
        match &argument.value {
            Fact::Text(text) => found.push((text.as_str(), argument.at.clone())),
            Fact::List(list) => found.extend(list.iter().filter_map(|one| match one {
                Fact::Text(text) => Some((text.as_str(), argument.at.clone())),
                _ => None,
            })),
            _ => {}
        }
    }
    found
}

fn details(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    out.push_str(if given.is("open") { "<details open>\n<summary>" } else { "<details>\n<summary>" });
    push_text(out, given.text("summary"));
    out.push_str("</summary>\n");
    out.push_str(given.body);
    out.push_str("</details>\n");
    Ok(())
}

fn note(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    const KINDS: [(&str, &str); 5] =
        [("note", "Note"), ("tip", "Tip"), ("important", "Important"), ("warning", "Warning"), ("caution", "Caution")];
    let kind = given.text("kind");
    let Some((kind, usual)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let message = format!("`{kind}` is no kind of note");
        let hint = "the kinds are `note`, `tip`, `important`, `warning` and `caution`";
        return Err(Refused { argument: "kind", message, hint });
    };
    let title = if given.text("title").is_empty() { usual } else { given.text("title") };
    out.push_str("<div class=\"alert alert-");
    out.push_str(kind);
    out.push_str("\" role=\"note\">\n<p class=\"alert-title\">");
    push_text(out, title);
    out.push_str("</p>\n");
    out.push_str(given.body);
    out.push_str("</div>\n");
    Ok(())
}

fn include(given: &mut Given<'_>, _: &mut String) -> Result<(), Refused> {
    let file = given.text("file").to_owned();
    // What is wrong with the address has been told.
    let Some(address) = (given.resolve)(&file, true) else { return Ok(()) };
    let refused = |message: String| Refused {
        argument: "file",
        message,
        hint: "put the file beside the post, or below `static/`: `file=\"main.rs\"`, `file=\"/main.rs\"`",
    };
    if !address.starts_with('/') || address.starts_with("//") {
        return Err(refused(format!("`{file}` is no file of this site")));
    }
    let bytes = (given.file)(&address).map_err(refused)?;
    if bytes.len() > LARGEST {
        return Err(refused(format!("`{file}` is larger than {LARGEST} bytes, so it is not included")));
    }
    let text = String::from_utf8(bytes).map_err(|_| refused(format!("`{file}` is no text in UTF-8")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let (first, last) = lines(given.text("lines"), all.len()).map_err(|message| Refused {
        argument: "lines",
        message,
        hint: "write `lines=\"3-7\"`, `lines=\"3-\"`, `lines=\"-7\"` or `lines=\"3\"`, counted from 1",
    })?;
    let (language, title) = (given.text("language"), given.text("title"));
    if language.contains(|letter: char| letter.is_whitespace() || ",{}\"".contains(letter)) {
        let message = format!("`{language}` is no name of a language");
        return Err(Refused { argument: "language", message, hint: "write one word: `language=\"rust\"`" });
    }
    if title.contains(['"', '\n']) {
        let message = "a title of code has no `\"`, and one line".to_owned();
        return Err(Refused { argument: "title", message, hint: "write `title='main.rs'`" });
    }
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_word = !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut info = match language {
        "" if is_word => ending.to_owned(),
        "" => "text".to_owned(),
        language => language.to_owned(),
    };
    if given.is("linenos") {
        info.push_str(&format!(",linenos,linenostart={first}"));
    }
    if !title.is_empty() {
        info.push_str(&format!(",title=\"{title}\""));
    }
    let code = all.get(first - 1..last).unwrap_or_default().concat();
    let is_named = !language.is_empty();
    given.included = Some(Included { info, code, is_named });
    Ok(())
}

/// Returns the first and the last line that `3-7` and its like name, of so many.
fn lines(text: &str, count: usize) -> Result<(usize, usize), String> {
    if text.is_empty() {
        return Ok((1, count));
    }
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number > 0);
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => {
            let first = if first.trim().is_empty() { Some(1) } else { number(first) };
            (first, if last.trim().is_empty() { Some(count) } else { number(last) })
        }
        None => (number(text), number(text)),
    };
    match (first, last) {
        (Some(first), Some(last)) if first <= last && last <= count => Ok((first, last)),
        (Some(_), Some(_)) => Err(format!("there are no lines `{text}` in a file of {count}")),
        _ => Err(format!("`{text}` names no lines")),
    }
}

fn figure(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    out.push_str("<figure");
    if !given.text("class").is_empty() {
        out.push_str(" class=\"");
        push_attribute(out, given.text("class"));
        out.push('"');
    }
    out.push_str(">\n");
    let link = given.text("link").to_owned();
    let link = if link.is_empty() { None } else { (given.resolve)(&link, false) };
    if let Some(link) = &link {
        out.push_str("<a href=\"");
        push_href(out, link);
        out.push_str("\">");
    }
    let (src, alt, title) =
        (given.text("src").to_owned(), given.text("alt").to_owned(), given.text("title").to_owned());
    image(given, &src, Words { alt: &alt, title: &title, columns: 1 }, out);
    out.push_str(if link.is_some() { "</a>\n" } else { "\n" });
    caption(given, out);
    out.push_str("</figure>\n");
    Ok(())
}

fn gallery(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    let list = |name: &str| match given.arguments.get(name) {
        Some(Fact::List(list)) => list.clone(),
        _ => Vec::new(),
    };
    let (images, texts) = (list("images"), list("alt"));
    let is_text = |list: &[Fact]| list.iter().all(|one| matches!(one, Fact::Text(_)));
    if images.is_empty() || !is_text(&images) {
        let (message, hint) =
            ("a gallery is a list of names of images".to_owned(), "write `images=[\"a.jpg\", \"b.jpg\"]`");
        return Err(Refused { argument: "images", message, hint });
    }
    if !is_text(&texts) || (!texts.is_empty() && texts.len() != images.len()) {
        let message = format!("there are {} images and {} texts for them", images.len(), texts.len());
        return Err(Refused {
            argument: "alt",
            message,
            hint: "write one text for each image, `\"\"` for one that only decorates",
        });
    }
    let columns = given.whole("columns").and_then(|columns| u8::try_from(columns).ok());
    let columns = columns.filter(|columns| (1..=8).contains(columns)).ok_or_else(|| Refused {
        argument: "columns",
        message: "a gallery has 1 to 8 columns".to_owned(),
        hint: "write a whole number from 1 to 8",
    })?;
    out.push_str(&format!("<figure class=\"gallery gallery-{columns}\">\n"));
    for (index, image_name) in images.iter().enumerate() {
        if let Fact::Text(src) = image_name {
            let alt = match texts.get(index) {
                Some(Fact::Text(alt)) => alt.clone(),
                _ => String::new(),
            };
            image(given, src, Words { alt: &alt, title: "", columns }, out);
            out.push('\n');
        }
    }
    caption(given, out);
    out.push_str("</figure>\n");
    Ok(())
}

fn image(given: &mut Given<'_>, src: &str, words: Words<'_>, out: &mut String) {
    // What is wrong with the address has been told.
    let Some(address) = (given.resolve)(src, true) else { return };
    if (given.picture)(src, &address, words, out) {
        return;
    }
    out.push_str("<img src=\"");
    push_href(out, &address);
    out.push_str("\" alt=\"");
    push_attribute(out, words.alt);
    if !words.title.is_empty() {
        out.push_str("\" title=\"");
        push_attribute(out, words.title);
    }
    out.push_str("\" loading=\"lazy\">");
}

fn caption(given: &Given<'_>, out: &mut String) {
    if !given.text("caption").is_empty() {
        out.push_str("<figcaption>");
        push_text(out, given.text("caption"));
        out.push_str("</figcaption>\n");
    }
}

fn reference(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    let path = given.text("path").to_owned();
    if let Some(address) = (given.resolve)(&path, false) {
        push_href(out, &address);
    }
    Ok(())
}

fn youtube(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    let id = given.text("id");
    if id.len() != 11 || !id.bytes().all(is_of_id) {
        let message = format!("`{id}` is no id of a YouTube video");
        return Err(Refused { argument: "id", message, hint: "take the eleven characters after `v=` in its address" });
    }
    let start = given.whole("start").filter(|start| *start >= 0).ok_or_else(|| Refused {
        argument: "start",
        message: "a video starts at a whole number of seconds".to_owned(),
        hint: "write `start=90` for one and a half minutes",
    })?;
    let (mut address, mut player) = (
        format!("https://www.youtube.com/watch?v={id}"),
        format!("https://www.youtube-nocookie.com/embed/{id}?autoplay=1"),
    );
    if start > 0 {
        address.push_str(&format!("&t={start}s"));
        player.push_str(&format!("&start={start}"));
    }
    video("YouTube", &address, &player, given.text("title"), out);
    Ok(())
}

fn vimeo(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    let id = given.text("id");
    if id.is_empty() || id.len() > 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("`{id}` is no id of a Vimeo video");
        return Err(Refused {
            argument: "id",
            message,
            hint: "take the number in its address, between quotes: `id=\"76979871\"`",
        });
    }
    let player = format!("https://player.vimeo.com/video/{id}?dnt=1&autoplay=1");
    video("Vimeo", &format!("https://vimeo.com/{id}"), &player, given.text("title"), out);
    Ok(())
}

/// Writes a link that a theme's script may exchange for the player when it is clicked.
fn video(vendor: &str, address: &str, player: &str, title: &str, out: &mut String) {
    out.push_str("<p class=\"embed\"><a class=\"embed-link\" href=\"");
    push_href(out, address);
    out.push_str("\" data-embed=\"");
    push_attribute(out, player);
    out.push_str("\" rel=\"noopener noreferrer\">");
    push_text(out, if title.is_empty() { "Watch the video" } else { title });
    out.push_str(" (");
    out.push_str(vendor);
    out.push_str(")</a></p>\n");
}

fn gist(given: &mut Given<'_>, out: &mut String) -> Result<(), Refused> {
    let (user, id, file) = (given.text("user"), given.text("id"), given.text("file"));
    for (argument, value) in [("user", user), ("id", id)] {
        if value.is_empty() || !value.bytes().all(is_of_id) {
            let message = format!("`{value}` is no `{argument}` of a gist");
            return Err(Refused {
                argument,
                message,
                hint: "take both from its address: `https://gist.github.com/USER/ID`",
            });
        }
    }
    let mut address = format!("https://gist.github.com/{user}/{id}");
    if !file.is_empty() {
        let kept =
            |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' };
        address.push_str("#file-");
        address.extend(file.chars().map(kept));
    }
    out.push_str("<p class=\"gist\"><a href=\"");
    push_href(out, &address);
    out.push_str("\">");
    push_text(out, if file.is_empty() { id } else { file });
    out.push_str(" (gist by ");
    push_text(out, user);
    out.push_str(")</a></p>\n");
    Ok(())
}

fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Returns the problem of a refused value, at the argument.
pub(in crate::article) fn refused(refused: Refused, call: &super::lex::Call) -> Problem {
    let argument = call.arguments.iter().find(|argument| argument.name == refused.argument);
    let at = argument.map_or(call.name_at.clone(), |argument| argument.at.clone());
    Problem::new("shortcode/argument", refused.message, at).hint(refused.hint)
}
