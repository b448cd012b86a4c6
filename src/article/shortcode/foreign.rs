//! Owns the warning about shortcodes in the writing of other engines: Hugo's `{{< x >}}` and `{{% x %}}`, Zola's `{{<x a="b" />}}`
//! and `{% <x> %}`. They are text here; the first one of a text is named, with how it is written here.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag as Mark};

use super::lex::Problem;

/// How the other engines open and close a shortcode.
const DIALECTS: [(&str, &str); 4] = [("{{<", ">}}"), ("{{%", "%}}"), ("{% <", "%}"), ("{%<", "%}")];

/// Returns what there is to say about the first foreign shortcode in the prose of a text.
pub(in crate::article) fn find(markdown: &str, options: Options) -> Option<Problem> {
    let (range, inner) = all(markdown, options).next()?;
    let message = "a shortcode in the writing of another engine stays as text";
    Some(Problem::new("shortcode/foreign", message, range).hint(format!("write {}", here(inner))))
}

/// Returns a text with each foreign shortcode of its prose in our writing, and how many there were.
pub(in crate::article) fn rewritten(markdown: &str, options: Options) -> (String, usize) {
    let (mut written, mut taken, mut count) = (String::with_capacity(markdown.len()), 0, 0);
    for (range, inner) in all(markdown, options) {
        written.push_str(&markdown[taken..range.start]);
        match (call(inner), markdown[range.start..].starts_with("{{")) {
            (None, _) => written.push_str("{% end %}"),
            (Some(call), true) => written.push_str(&format!("{{{{ {call} }}}}")),
            (Some(call), false) => written.push_str(&format!("{{% {call} %}}")),
        }
        (taken, count) = (range.end, count + 1);
    }
    written.push_str(&markdown[taken..]);
    (written, count)
}

/// Returns the foreign shortcodes in the prose of a text: their bytes, and what is in them.
fn all(markdown: &str, options: Options) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut inert: Vec<Range<usize>> = Vec::new();
    let mut found = next(markdown, 0);
    if found.is_some() {
        for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
            match event {
                Event::Start(Mark::CodeBlock(_)) | Event::Code(_) => inert.push(range),
                Event::Html(html) | Event::InlineHtml(html) if html.trim_start().starts_with("<!--") => {
                    inert.push(range);
                }
                _ => {}
            }
        }
    }
    std::iter::from_fn(move || {
        while let Some((range, inner)) = found.take() {
            found = next(markdown, range.end);
            let is_shown = inner.trim_start().starts_with("/*") || markdown[..range.start].ends_with('\\');
            let after = inert.partition_point(|code| code.end <= range.start);
            if !is_shown && inert.get(after).is_none_or(|code| code.start > range.start) {
                return Some((range, inner));
            }
        }
        None
    })
}

/// Returns the next one at or after a place: its bytes, and what is in it.
fn next(markdown: &str, from: usize) -> Option<(Range<usize>, &str)> {
    // All of them begin with a brace, of which most texts have few.
    let braces = memchr::memchr_iter(b'{', &markdown.as_bytes()[from..]).map(|at| from + at);
    let opened = |start: usize| DIALECTS.iter().find(|(open, _)| markdown[start..].starts_with(open));
    let (start, (open, close)) = braces.into_iter().find_map(|start| Some((start, opened(start)?)))?;
    let inner = &markdown[start + open.len()..];
    match inner.find(close).filter(|end| !inner[..*end].contains("\n\n")) {
        Some(end) => Some((start..start + open.len() + end + close.len(), &inner[..end])),
        None => next(markdown, start + open.len()),
    }
}

/// Returns how a foreign shortcode is written here.
fn here(inner: &str) -> String {
    match call(inner) {
        Some(call) => format!("`{{{{ {call} }}}}`, or `{{% {call} %}}` … `{{% end %}}` around a text"),
        None => "`{% end %}`".to_owned(),
    }
}

/// Returns a foreign shortcode as a call; nothing for what ends one.
fn call(inner: &str) -> Option<String> {
    let inner = inner.trim().trim_end_matches(['/', '>']).trim();
    let mut words = Words(inner);
    let name = words.next().unwrap_or_default();
    if name.is_empty() || name.starts_with('/') || inner.starts_with('/') {
        return None;
    }
    let mut arguments = Vec::new();
    for word in words {
        let (key, value) = match word.split_once('=').filter(|(key, _)| !key.contains('"')) {
            Some((key, value)) => (key, value),
            None => (positional(name), word),
        };
        let is_quoted = value.starts_with(['"', '\'']);
        let value = value.trim_matches(['"', '\'', '{', '}']);
        arguments.push(match value.parse::<f64>().is_ok() || matches!(value, "true" | "false") {
            true if key != "id" && !is_quoted => format!("{key}={value}"),
            _ => format!("{key}=\"{}\"", value.replace('"', "\\\"")),
        });
    }
    Some(format!("{name}({})", arguments.join(", ")))
}

/// Returns what an argument without a name means to Hugo's own shortcodes.
fn positional(name: &str) -> &'static str {
    match name {
        "youtube" | "vimeo" | "gist" => "id",
        "ref" | "relref" => "path",
        "figure" => "src",
        _ => "NAME",
    }
}

/// The words of a foreign shortcode; quotes keep theirs together.
struct Words<'w>(&'w str);

impl<'w> Iterator for Words<'w> {
    type Item = &'w str;

    fn next(&mut self) -> Option<&'w str> {
        let text = self.0.trim_start();
        if text.is_empty() {
            return None;
        }
        let mut quote = None;
        let end = text.find(|character: char| match quote {
            Some(open) => {
                quote = if character == open { None } else { quote };
                false
            }
            None if matches!(character, '"' | '\'') => {
                quote = Some(character);
                false
            }
            None => character.is_whitespace(),
        });
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        self.0 = rest;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_foreign_shortcode_is_named_with_how_it_is_written_here() {
        for (text, written) in [
            ("{{< youtube dQw4w9WgXcQ >}}", "youtube(id=\"dQw4w9WgXcQ\")"),
            ("a {{% note title=\"a b\" width=3 %}}", "note(title=\"a b\", width=3)"),
            ("{{<yt id=\"x\" />}}", "yt(id=\"x\")"),
            ("{% <quote author=\"A\"> %}", "quote(author=\"A\")"),
            ("`{{< a >}}` {{< ref \"b.md\" >}}", "ref(path=\"b.md\")"),
            ("{{< /note >}}", "{% end %}"),
        ] {
            let problem = find(text, Options::empty()).unwrap();
            assert!(problem.hint.as_deref().unwrap_or_default().contains(written), "{problem:?}");
        }
        assert_eq!(
            rewritten(
                "a {{<yt id=\"x\" n={3} />}}\n\n{% <q author=\"A\"> %}\nB `{{<c />}}`\n{% </q> %}\n",
                Options::empty()
            ),
            ("a {{ yt(id=\"x\", n=3) }}\n\n{% q(author=\"A\") %}\nB `{{<c />}}`\n{% end %}\n".to_owned(), 3)
        );
        for text in ["{{ x }}", "`{{< a >}}`", "    {{< a >}}", "<!-- {{< a >}} -->", "{{</* a */>}}", "{{< a"] {
            assert_eq!(find(text, Options::empty()), None, "{text}");
        }
    }
}
