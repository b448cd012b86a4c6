//! Rewrites Hugo's shortcodes in a text as ours, where we have the like; all others stay, and are named.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// What is wrong with a shortcode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) span: Range<usize>,
    pub(super) hint: String,
    pub(super) is_error: bool,
}

/// A shortcode of Hugo's that we have, the names of its arguments without a name, and those that we take.
const KNOWN: &[(&str, &[&str], &[&str])] = &[
    ("figure", &["src"], &["src", "alt", "caption", "title", "link", "class"]),
    ("youtube", &["id"], &["id", "title"]),
    ("vimeo", &["id"], &["id", "title"]),
    ("gist", &["user", "id", "file"], &["user", "id", "file"]),
    ("ref", &["path"], &["path"]),
    ("relref", &["path"], &["path"]),
    ("details", &["summary"], &["summary", "open"]),
];

/// Returns a text with what can be rewritten rewritten, and what is to be said of the rest. Code stays as it is.
pub(super) fn rewritten(text: &str) -> (String, Vec<Problem>) {
    if !text.contains("{{<") && !text.contains("{{%") {
        return (text.to_owned(), Vec::new());
    }
    let mut inert: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) | Event::Code(_) => inert.push(range),
            _ => {}
        }
    }
    let (mut written, mut problems) = (String::with_capacity(text.len()), Vec::new());
    // How many bytes were taken over; the closing marks that a rewritten opening one waits for.
    let (mut taken, mut open): (usize, Vec<(String, &str)>) = (0, Vec::new());
    while let Some((range, inner)) = next(text, taken) {
        written.push_str(&text[taken..range.start]);
        taken = range.end;
        let is_code = inert.iter().any(|code| code.start <= range.start && range.start < code.end);
        // In Hugo, a comment inside shows a shortcode as it is written; also in code.
        if let Some(shown) = inner.trim().strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")) {
            let (begin, end) = (&text[range.start..range.start + 3], &text[range.end - 3..range.end]);
            written.push_str(&format!("{begin}{shown}{end}"));
            continue;
        }
        if is_code {
            written.push_str(&text[range.clone()]);
            continue;
        }
        let words = words(inner);
        let name = words.first().map(|(_, value)| value.clone()).unwrap_or_default();
        if let Some(closed) = name.strip_prefix('/') {
            match open.iter().rposition(|(known, _)| known == closed) {
                Some(at) => written.push_str(open.remove(at).1),
                None => written.push_str(&text[range.clone()]),
            }
            continue;
        }
        match here(&name, &words[1.min(words.len())..], text, &range) {
            Ok((call, close)) => {
                written.push_str(&call);
                open.extend(close.map(|close| (name, close)));
            }
            Err(problem) => {
                written.push_str(&text[range.clone()]);
                problems.push(problem);
            }
        }
    }
    written.push_str(&text[taken..]);
    (written, problems)
}

/// Returns the next shortcode from a place on: its bytes, and what is in it.
fn next(text: &str, from: usize) -> Option<(Range<usize>, &str)> {
    let mut at = from;
    loop {
        let start = at + text[at..].find("{{")?;
        let close = match text[start + 2..].chars().next() {
            Some('<') => ">}}",
            Some('%') => "%}}",
            _ => {
                at = start + 2;
                continue;
            }
        };
        let Some(length) = text[start + 3..].find(close) else {
            at = start + 3;
            continue;
        };
        let end = start + 3 + length;
        return Some((start..end + 3, &text[start + 3..end]));
    }
}

/// Returns the words of a call: the name of an argument, if it has one, and its value.
fn words(inner: &str) -> Vec<(Option<String>, String)> {
    let mut words = Vec::new();
    let mut rest = inner.trim().trim_end_matches('/').trim();
    while !rest.is_empty() {
        let key_end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        let (key, value) = match rest[key_end..].strip_prefix('=') {
            Some(value) if key_end > 0 => (Some(rest[..key_end].to_owned()), value),
            _ => (None, rest),
        };
        let (text, after) = match value.chars().next() {
            Some(quote @ ('"' | '`')) => match closing(&value[1..], quote) {
                Some(end) => (value[1..1 + end].replace("\\\"", "\""), &value[end + 2..]),
                None => (value[1..].to_owned(), ""),
            },
            _ => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                (value[..end].to_owned(), &value[end..])
            }
        };
        words.push((key, text));
        rest = after.trim_start();
    }
    words
}

/// Returns where a quote ends.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut was_escape = false;
    text.char_indices()
        .find(|(_, character)| {
            let ends = *character == quote && !was_escape;
            was_escape = *character == '\\' && !was_escape;
            ends
        })
        .map(|(at, _)| at)
}

/// Returns a call as we write it, and what closes it where it encloses a text.
fn here(
    name: &str,
    given: &[(Option<String>, String)],
    text: &str,
    range: &Range<usize>,
) -> Result<(String, Option<&'static str>), Problem> {
    let refuse = |message: String, hint: &str| {
        Err(Problem { message, span: range.clone(), hint: hint.to_owned(), is_error: true })
    };
    if name == "highlight" {
        let language = given.first().map(|(_, value)| value.as_str()).unwrap_or_default();
        return Ok((format!("```{language}"), Some("```")));
    }
    let Some((_, positions, taken)) = KNOWN.iter().find(|(known, ..)| *known == name) else {
        return refuse(
            format!("there is no shortcode `{name}` here, so it stays as text"),
            &format!(
                "write `templates/shortcodes/{name}.html` and call it as `{{{{ {name}(…) }}}}`, or write what it stood for"
            ),
        );
    };
    let mut arguments = Vec::new();
    for (index, (key, value)) in given.iter().enumerate() {
        let key = key.as_deref().or_else(|| positions.get(index).copied()).unwrap_or("?");
        if !taken.contains(&key) {
            // Its size, and how it is loaded, is our business.
            continue;
        }
        let value = match (name, key) {
            ("ref" | "relref", _) if !value.starts_with('@') => linked(value),
            _ => value.clone(),
        };
        let value = match value.as_str() {
            "true" | "false" if key == "open" => value,
            _ => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
        };
        arguments.push(format!("{key}={value}"));
    }
    if name == "figure" && !is_alone(text, range) {
        // A figure is a block; within a line only a picture can stand.
        let of = |wanted: &str| {
            let at = |index: usize| (wanted == "src" && index == 0).then_some("src");
            let found =
                given.iter().enumerate().find(|(index, (key, _))| key.as_deref().or(at(*index)) == Some(wanted));
            found.map(|(_, (_, value))| value.replace(['[', ']', '(', ')'], "")).unwrap_or_default()
        };
        return Ok((format!("![{}]({})", of("alt"), of("src").replace(' ', "%20")), None));
    }
    let call = format!("{name}({})", arguments.join(", "));
    let encloses = text[range.end..].contains(&format!("/{name} ")) || text[range.end..].contains(&format!("/{name}>"));
    match name == "details" && encloses {
        true => Ok((format!("{{% {call} %}}"), Some("{% end %}"))),
        false => Ok((format!("{{{{ {call} }}}}"), None)),
    }
}

/// Returns whether a shortcode has its line for itself.
fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].rsplit('\n').next().unwrap_or_default();
    let after = text[range.end..].split('\n').next().unwrap_or_default();
    before.trim().is_empty() && after.trim().is_empty()
}

/// Returns a file that Hugo's `ref` names as our links do: from `content/` on, with its ending.
fn linked(path: &str) -> String {
    let (file, anchor) = path.split_once('#').map_or((path, None), |(file, anchor)| (file, Some(anchor)));
    let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
    match file.strip_prefix('/') {
        Some(rooted) if rooted.ends_with(".md") => format!("@/{rooted}{anchor}"),
        _ => format!("{file}{anchor}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_have_is_called_as_we_call_it_and_the_rest_is_named() {
        for (hugo, ours) in [
            ("{{< youtube dQw4w9WgXcQ >}}", "{{ youtube(id=\"dQw4w9WgXcQ\") }}"),
            (
                "{{< figure src=\"a.png\" alt=\"A \\\"b\\\"\" width=\"3\" >}}",
                "{{ figure(src=\"a.png\", alt=\"A \\\"b\\\"\") }}",
            ),
            ("[x]({{< relref \"/posts/a.md#b\" >}})", "[x]({{ relref(path=\"@/posts/a.md#b\") }})"),
            ("{{% details \"More\" %}}\ntext\n{{% /details %}}", "{% details(summary=\"More\") %}\ntext\n{% end %}"),
            ("{{< highlight rust >}}\nfn x() {}\n{{< /highlight >}}", "```rust\nfn x() {}\n```"),
            ("a {{< figure src=\"a b.png\" alt=\"A\" >}} b", "a ![A](a%20b.png) b"),
            ("`{{< youtube x >}}`", "`{{< youtube x >}}`"),
            ("    {{< youtube x >}}", "    {{< youtube x >}}"),
            ("{{ x }} and {{< unclosed", "{{ x }} and {{< unclosed"),
            ("```\n{{</* youtube x */>}}\n```", "```\n{{< youtube x >}}\n```"),
        ] {
            assert_eq!(rewritten(hugo), (ours.to_owned(), Vec::new()), "{hugo}");
        }
        let (text, problems) = rewritten("a {{< mine b=\"c\" >}} d");
        assert_eq!(text, "a {{< mine b=\"c\" >}} d");
        assert_eq!((problems.len(), problems[0].span.clone()), (1, 2..20));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let sound = "a {{< figure src=\"ü.png\" >}} {{% /x %}} `{{<` {{< y `z` \"\\\" >}}";
        for (at, _) in sound.char_indices() {
            let _ = rewritten(&sound[..at]);
            let _ = rewritten(&sound[at..]);
            let _ = rewritten(&format!("{}>}}}}{}", &sound[..at], &sound[at..]));
        }
    }
}
