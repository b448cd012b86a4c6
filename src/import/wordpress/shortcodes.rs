//! Owns WordPress's shortcodes: `[caption]`, `[gallery]`, `[embed]`, `[audio]`, `[video]`, `[code]`. They are found in the text
//! before it is read as HTML, as WordPress does it; tags and attributes are read over.
//!
//! Gives the text with a mark in the place of each, and what each mark stands for. Others stay as they are, and are named.

use std::collections::BTreeMap;

use super::Pictures;
use crate::import::html::{FigureParts, Options, figure_parts, plain_text, whole_link};

/// A text whose shortcodes were taken out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    /// HTML with comments in the places of shortcodes.
    pub(super) html: String,
    /// What the comments stand for, by number.
    pub(super) inserts: Vec<Insert>,
    /// The word with which each comment begins.
    pub(super) mark: String,
    /// The names of shortcodes that nobody here knows.
    pub(super) unknown: Vec<String>,
}

/// What a mark stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Insert {
    /// Where a block may stand: Markdown.
    markdown: String,
    /// Elsewhere: HTML.
    html: String,
}

/// A shortcode as it was written.
struct Call<'t> {
    name: &'t str,
    given: BTreeMap<String, String>,
    inner: &'t str,
    length: usize,
}

const KNOWN: [&str; 9] =
    ["caption", "wp_caption", "gallery", "embed", "audio", "video", "code", "sourcecode", "youtube"];

/// Takes the shortcodes out of a text. `post` is the number of the post, whose pictures a gallery without names shows.
pub(super) fn expanded(text: &str, post: &str, pictures: &Pictures, options: Options<'_>) -> Expanded {
    let mut out = Expanded { mark: "insert".to_owned(), ..Expanded::default() };
    while text.contains(&format!("<!--{}", out.mark)) {
        out.mark.push('x');
    }
    let mut at = 0;
    let mut ends = Ends { text, last: BTreeMap::new() };
    // Where no tag ends any more, none is looked for.
    let mut tags_end = true;
    while let Some(open) = text[at..].find(['[', '<']).map(|open| at + open) {
        out.html.push_str(&text[at..open]);
        at = open;
        let rest = &text[open..];
        if rest.starts_with('<') {
            let found = if tags_end { past_tag(rest) } else { Some(1) };
            tags_end = found.is_some();
            let length = found.unwrap_or(1);
            out.html.push_str(&rest[..length]);
            at += length;
            continue;
        }
        match read(rest, open, &mut ends) {
            Some(call) => {
                at += call.length;
                match insert(&call, post, pictures, options) {
                    Some(insert) => {
                        out.html.push_str(&format!("\n\n<!--{}-{}-->\n\n", out.mark, out.inserts.len()));
                        out.inserts.push(insert);
                    }
                    None => {
                        out.unknown.push(call.name.to_owned());
                        out.html.push_str(&rest[..call.length]);
                    }
                }
            }
            None => {
                if let Some(name) = foreign(rest, open, &mut ends)
                    && !out.unknown.contains(&name)
                {
                    out.unknown.push(name);
                }
                let length = rest.chars().next().map_or(1, char::len_utf8);
                out.html.push_str(&rest[..length]);
                at += length;
            }
        }
    }
    out.html.push_str(&text[at..]);
    out
}

impl Expanded {
    /// Puts what they stand for into the places of the marks.
    pub(super) fn filled(&self, markdown: &str) -> String {
        if self.inserts.is_empty() {
            return markdown.to_owned();
        }
        let mark = |number: usize| format!("<!--{}-{number}-->", self.mark);
        let mut out = String::with_capacity(markdown.len());
        let mut lines = markdown.split_inclusive('\n').peekable();
        // A block of its own has blank lines around it; within other HTML there are none.
        let mut is_after_blank = true;
        while let Some(line) = lines.next() {
            let bare = line.trim_end_matches('\n');
            let is_before_blank = lines.peek().is_none_or(|next| next.trim().is_empty());
            let whole = (0..self.inserts.len()).find(|number| bare == mark(*number));
            match whole.filter(|_| is_after_blank && is_before_blank) {
                Some(number) => {
                    out.push_str(&self.inserts[number].markdown);
                    out.push_str(&line[bare.len()..]);
                }
                None if line.contains(&format!("<!--{}-", self.mark)) => {
                    let fill =
                        |line: String, (number, insert): (usize, &Insert)| line.replace(&mark(number), &insert.html);
                    out.push_str(&self.inserts.iter().enumerate().fold(line.to_owned(), fill));
                }
                None => out.push_str(line),
            }
            is_after_blank = bare.trim().is_empty();
        }
        out
    }
}

/// Where the ends of shortcodes stand.
struct Ends<'t> {
    text: &'t str,
    /// The last one of each name that was asked for.
    last: BTreeMap<String, Option<usize>>,
}

impl Ends<'_> {
    /// Whether `[/name]` stands somewhere after a place.
    fn after(&mut self, name: &str, at: usize) -> bool {
        if let Some(last) = self.last.get(name) {
            return last.is_some_and(|last| last > at);
        }
        // A text of names without end is no text of shortcodes.
        if self.last.len() > 200 {
            return false;
        }
        let last = self.text.rfind(&format!("[/{name}]"));
        self.last.insert(name.to_owned(), last);
        last.is_some_and(|last| last > at)
    }
}

/// Returns the length of a tag or a comment at the beginning of a text: no shortcode stands in one. Nothing if it has no end.
fn past_tag(text: &str) -> Option<usize> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.find("-->").map(|end| end + 7);
    }
    let after = text.strip_prefix('<')?;
    if !after.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/') {
        return Some(1);
    }
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

/// Reads a known shortcode at the beginning of a text.
fn read<'t>(text: &'t str, at: usize, ends: &mut Ends<'_>) -> Option<Call<'t>> {
    let after = text.strip_prefix('[')?;
    let name = KNOWN.iter().copied().find(|name| {
        let rest = after.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with([']', ' ', '\n', '/', '\u{a0}']))
    })?;
    let end = after[..after.floor_char_boundary(8000)].find(']')?;
    let head = after[name.len()..end].trim_end_matches('/');
    let given = attributes(head);
    let close = format!("[/{name}]");
    let body = &after[end + 1..];
    let is_single = after[..end].ends_with('/') || matches!(name, "gallery" | "youtube");
    let (inner, length) =
        match Some(()).filter(|()| !is_single && ends.after(name, at)).and_then(|()| body.find(&close)) {
            Some(at) => (&body[..at], 1 + end + 1 + at + close.len()),
            None => ("", 1 + end + 1),
        };
    Some(Call { name, given, inner, length })
}

/// Reads `key="value" key=value value`; those without a name are numbered.
fn attributes(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_whitespace() || letter == '=').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match after.strip_prefix('=') {
            Some(after) => {
                let after = after.trim_start();
                let quote = after.chars().next().filter(|quote| "\"'".contains(*quote));
                let (value, next) = match quote {
                    Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                    None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
                };
                found.insert(word.to_lowercase(), plain_text(value));
                rest = next.trim_start();
            }
            None => {
                found.insert(found.len().to_string(), word.trim_matches(['"', '\'']).to_owned());
                rest = after.trim_start();
            }
        }
    }
    found
}

/// Returns the name of what looks like a shortcode that nobody here knows: it has a value, or an end.
fn foreign(text: &str, at: usize, ends: &mut Ends<'_>) -> Option<String> {
    let after = text.strip_prefix('[')?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let name = &after[..after.find(|letter| !is_name(letter)).filter(|length| *length < 64)?];
    let end = after[..after.floor_char_boundary(2000)].find([']', '\n'])?;
    let head = &after[name.len()..end];
    let has_value = head.contains("=\"") || head.contains("='");
    let has_end = (head.is_empty() || head.starts_with(' ')) && ends.after(name, at);
    (name.starts_with(|first: char| first.is_ascii_alphabetic()) && (has_value || has_end)).then(|| name.to_owned())
}

/// Returns what stands in the place of a shortcode; nothing if it cannot be said here.
fn insert(call: &Call<'_>, post: &str, pictures: &Pictures, options: Options<'_>) -> Option<Insert> {
    let given = |name: &str| call.given.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let html = |html: String| Some(Insert { markdown: html.clone(), html });
    match call.name {
        "caption" | "wp_caption" => {
            caption(figure_parts(call.inner, options)?, given("caption"), given("align"), pictures)
        }
        "gallery" => gallery(call, post, pictures),
        "embed" => embedded(plain_text(call.inner).trim()),
        "youtube" => given("id").or(given("0")).and_then(embedded),
        "code" | "sourcecode" => {
            let language = given("language").or(given("lang")).filter(|language| is_word(language));
            let class = language.map(|language| format!(" class=\"language-{language}\"")).unwrap_or_default();
            let text = call.inner.trim_matches('\n');
            let (decoded, language) = (undone(text), language.unwrap_or_default());
            let ticks =
                "`".repeat(decoded.split(|letter| letter != '`').map(str::len).max().unwrap_or_default().max(2) + 1);
            let markdown = format!("{ticks}{language}\n{decoded}\n{ticks}");
            Some(Insert { markdown, html: format!("<pre><code{class}>{}</code></pre>", one_line(&decoded)) })
        }
        name => {
            let kinds: &[&str] = match name {
                "audio" => &["src", "mp3", "ogg", "wav", "m4a", "wma"],
                _ => &["src", "mp4", "webm", "m4v", "ogv", "wmv", "flv"],
            };
            let address = whole_link(kinds.iter().find_map(|kind| given(kind))?, options);
            let more = ["poster", "width", "height"].iter().filter(|_| name == "video");
            let more: String =
                more.filter_map(|key| given(key).map(|value| format!(" {key}=\"{}\"", escaped(value)))).collect();
            html(
                format!("<{name} controls src=\"{}\"{more}></{name}>", escaped(&pictures.address(&address)))
                    .replace("></", ">\n</"),
            )
            .map(|insert| Insert { html: insert.html.replace('\n', ""), ..insert })
        }
    }
}

/// Writes a picture with its caption: by the shortcode `figure` where that says all.
fn caption(parts: FigureParts, given: Option<&str>, align: Option<&str>, pictures: &Pictures) -> Option<Insert> {
    let words = if parts.caption.trim().is_empty() { given.unwrap_or_default().to_owned() } else { parts.caption };
    let class = align.filter(|align| *align != "alignnone" && is_word(align));
    let of_class = class.map(|class| format!(" class=\"{class}\"")).unwrap_or_default();
    let html = format!("<figure{of_class}>{}<figcaption>{}</figcaption></figure>", parts.picture, words.trim());
    let html = html.replace('\n', " ");
    let is_plain = !words.contains(['<', '&']);
    let Some(image) = parts.image.filter(|_| is_plain) else { return Some(Insert { markdown: html.clone(), html }) };
    let mut call = format!("src={}", quoted(&pictures.address(&image.src)));
    let more = [
        ("alt", Some(image.alt.as_str())),
        ("caption", Some(words.trim())),
        ("title", Some(image.title.as_str())),
        ("link", image.link.as_deref()),
        ("class", class),
    ];
    for (name, value) in more {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            call.push_str(&format!(", {name}={}", quoted(value)));
        }
    }
    Some(Insert { markdown: format!("{{{{ figure({call}) }}}}"), html })
}

/// Writes a gallery; one of pictures that the export does not have stays as it is.
fn gallery(call: &Call<'_>, post: &str, pictures: &Pictures) -> Option<Insert> {
    let of_list =
        |ids: &str| -> Option<Vec<(String, String)>> { ids.split(',').map(|id| pictures.of(id.trim())).collect() };
    let found = match call.given.get("ids").or_else(|| call.given.get("include")) {
        Some(ids) => of_list(ids)?,
        None => pictures.below(post),
    };
    if found.is_empty() {
        return None;
    }
    let columns = call.given.get("columns").and_then(|columns| columns.parse::<u8>().ok());
    let columns = columns.filter(|columns| (1..=8).contains(columns)).unwrap_or(3);
    let list = |values: Vec<String>| format!("[{}]", values.join(", "));
    let images = list(found.iter().map(|(address, _)| quoted(address)).collect());
    let alt = list(found.iter().map(|(_, alt)| quoted(alt)).collect());
    let tags: Vec<String> = found
        .iter()
        .map(|(address, alt)| format!("<img src=\"{}\" alt=\"{}\">", escaped(address), escaped(alt)))
        .collect();
    Some(Insert {
        markdown: format!("{{{{ gallery(images={images}, alt={alt}, columns={columns}) }}}}"),
        html: format!("<figure>{}</figure>", tags.concat()),
    })
}

/// Writes something of another site: a video as one, anything else as a link.
fn embedded(address: &str) -> Option<Insert> {
    if !address.starts_with("https://") && !address.starts_with("http://") {
        return None;
    }
    let html = format!("<a href=\"{0}\">{0}</a>", escaped(address));
    let short = |name: &str, id: &str| format!("{{{{ {name}(id=\"{id}\") }}}}");
    let markdown = match video(address) {
        Some((name, id)) => short(name, &id),
        None => format!("<p>{html}</p>"),
    };
    Some(Insert { markdown, html })
}

/// Returns the shortcode and the id of a video by its address.
fn video(address: &str) -> Option<(&'static str, String)> {
    let url = url::Url::parse(address).ok()?;
    let host = url.host_str()?.trim_start_matches("www.").trim_start_matches("m.");
    let mut parts = url.path_segments()?;
    let first = parts.next().unwrap_or_default().to_owned();
    let id = match host {
        "youtu.be" => first,
        "youtube.com" | "youtube-nocookie.com" if matches!(first.as_str(), "embed" | "v" | "shorts") => {
            parts.next()?.to_owned()
        }
        "youtube.com" => url.query_pairs().find(|(key, _)| key == "v")?.1.into_owned(),
        "vimeo.com" => {
            return first
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(("vimeo", first))
                .filter(|(_, id)| !id.is_empty());
        }
        _ => return None,
    };
    let is_id = id.len() == 11 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_id.then_some(("youtube", id))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+#".contains(&byte))
}

/// Writes the value of a shortcode's argument.
fn quoted(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes the value of an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

fn one_line(text: &str) -> String {
    escaped(text).replace('\n', "&#10;")
}

/// Undoes the character references that WordPress's editor leaves in code.
fn undone(text: &str) -> String {
    let references = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&#91;", "["),
        ("&#93;", "]"),
        ("&amp;", "&"),
    ];
    references.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures() -> Pictures {
        let mut pictures = Pictures::default();
        pictures.add("5", "9", "https://old.example/wp-content/uploads/a.png", "A \"b\"");
        pictures.add("6", "9", "https://old.example/wp-content/uploads/b.png", "");
        pictures
    }

    fn whole(text: &str) -> String {
        let expanded = expanded(text, "9", &pictures(), Options::default());
        let html = expanded.html.replace("\n\n", "\n");
        expanded.filled(html.trim()).trim().to_owned()
    }

    #[test]
    fn known_shortcodes_become_ours() {
        let two = "images=[\"https://old.example/wp-content/uploads/a.png\", \"https://old.example/wp-content/uploads/b.png\"], alt=[\"A \\\"b\\\"\", \"\"]";
        for (source, expected) in [
            (
                "[caption id=\"x\" align=\"alignleft\" width=\"3\"]<a href=\"/big.png\"><img src=\"/a.png\" alt=\"A\" width=\"3\"></a> The  “caption”[/caption]",
                "{{ figure(src=\"/a.png\", alt=\"A\", caption=\"The “caption”\", link=\"/big.png\", class=\"alignleft\") }}",
            ),
            (
                "[caption]<img src=\"/a.png\"> by <em>me</em>[/caption]",
                "<figure><img src=\"/a.png\"><figcaption>by <em>me</em></figcaption></figure>",
            ),
            ("[gallery ids=\"5,6\" columns=\"2\"]", &format!("{{{{ gallery({two}, columns=2) }}}}")),
            ("[gallery]", &format!("{{{{ gallery({two}, columns=3) }}}}")),
            ("[embed]https://www.youtube.com/watch?v=dQw4w9WgXcQ&amp;t=1[/embed]", "{{ youtube(id=\"dQw4w9WgXcQ\") }}"),
            ("[embed width=3]https://vimeo.com/123[/embed]", "{{ vimeo(id=\"123\") }}"),
            (
                "[embed]https://a.example/?a=1&b[/embed]",
                "<p><a href=\"https://a.example/?a=1&amp;b\">https://a.example/?a=1&amp;b</a></p>",
            ),
            ("[audio mp3=\"/a.mp3\"][/audio]", "<audio controls src=\"/a.mp3\">\n</audio>"),
            ("[video width=\"3\" mp4=\"/a.mp4\"][/video]", "<video controls src=\"/a.mp4\" width=\"3\">\n</video>"),
            ("[code language=\"php\"]\n&lt;?php\n\necho [1];\n[/code]", "```php\n<?php\n\necho [1];\n```"),
        ] {
            assert_eq!(whole(source), expected);
        }
    }

    #[test]
    fn others_stay_and_are_named() {
        for (source, unknown) in [
            ("[contact-form-7 id=\"3\"]", "contact-form-7"),
            ("[box]a[/box]", "box"),
            ("[gallery ids=\"77\"]", "gallery"),
            ("[audio]", "audio"),
        ] {
            let expanded = expanded(source, "9", &pictures(), Options::default());
            assert_eq!((expanded.html.as_str(), expanded.unknown.as_slice()), (source, &[unknown.to_owned()][..]));
        }
        for source in [
            "[sic]",
            "a [1] b",
            "<a title=\"[gallery]\">[x]</a>",
            "<!-- [gallery] -->",
            "[",
            "[code",
            "a < b [c",
            "é [é]",
            "[[gallery",
        ] {
            let expanded = expanded(source, "9", &pictures(), Options::default());
            assert_eq!((expanded.html.as_str(), expanded.unknown.len()), (source, 0), "{source}");
        }
    }

    #[test]
    fn within_other_html_a_shortcode_becomes_html() {
        let expanded = expanded("[embed]https://vimeo.com/123[/embed]", "9", &pictures(), Options::default());
        assert_eq!(
            expanded.filled("<div><!--insert-0--></div>\n"),
            "<div><a href=\"https://vimeo.com/123\">https://vimeo.com/123</a></div>\n"
        );
    }
}
