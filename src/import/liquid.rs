//! Rewrites what stands in the texts of Jekyll and Eleventy besides Markdown: Liquid, and kramdown's lists of attributes. What has
//! no counterpart stays as it is, and is named.
//!
//! Both carry Liquid out before anything is Markdown, in code as well; so it is done here. Kramdown's marks mean nothing in code.

use std::collections::BTreeMap;
use std::ops::Range;

/// What is wrong with a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) span: Range<usize>,
    pub(super) hint: &'static str,
    pub(super) is_error: bool,
}

/// What texts may refer to.
#[derive(Debug, Default)]
pub(super) struct World {
    /// The address of the site without its path: `https://blog.example`.
    pub(super) url: String,
    /// The path of the site, without a slash at its end.
    pub(super) base: String,
    /// Settings that texts may show.
    pub(super) settings: BTreeMap<String, String>,
    /// The new file and the address of each old file.
    pub(super) files: BTreeMap<String, (String, String)>,
    /// What ends an excerpt, if it is not what ends one here.
    pub(super) separator: Option<String>,
    /// Whether texts have kramdown's lists of attributes.
    pub(super) has_attributes: bool,
}

/// Returns a text with what can be rewritten rewritten, and what is to be said of the rest.
pub(super) fn rewritten(text: &str, world: &World) -> (String, Vec<Problem>) {
    let mut writing = Writing { text, world, written: String::with_capacity(text.len()), problems: Vec::new() };
    writing.liquid();
    let Writing { written, mut problems, .. } = writing;
    let (written, dropped) = if world.has_attributes { without_attributes(&written) } else { (written, 0) };
    if dropped > 0 {
        problems.push(Problem {
            message: format!("{dropped} of kramdown's lists of attributes (`{{: .class}}`) were left out"),
            span: 0..0,
            hint: "an id of a heading stays, as `{#id}`; for a class write HTML, or a hook in the theme",
            is_error: false,
        });
    }
    let written = match &world.separator {
        Some(separator) => written.replacen(separator.as_str(), "<!--more-->", 1),
        None => written,
    };
    (written, problems)
}

struct Writing<'a> {
    text: &'a str,
    world: &'a World,
    written: String,
    problems: Vec<Problem>,
}

impl Writing<'_> {
    fn liquid(&mut self) {
        let text = self.text;
        let mut at = 0;
        while let Some((range, inner, is_tag)) = next(text, at) {
            self.written.push_str(&text[at..range.start]);
            at = range.end;
            let words: Vec<&str> = inner.split_whitespace().collect();
            let name = words.first().copied().unwrap_or_default();
            let ended = |end: &str| ending(text, range.end, end);
            let done = match (is_tag, name) {
                (true, "raw") => ended("endraw").map(|(inside, after)| {
                    at = after;
                    text[inside].to_owned()
                }),
                (true, "comment") => ended("endcomment").map(|(_, after)| {
                    at = after;
                    String::new()
                }),
                (true, "highlight") => ended("endhighlight").map(|(inside, after)| {
                    at = after;
                    fence(&words[1..], &text[inside])
                }),
                (true, "post_url" | "link") => self.link(name, words.get(1).copied().unwrap_or_default()),
                (true, "gist") => gist(words.get(1).copied().unwrap_or_default()),
                (true, _) => None,
                (false, _) => self.value(inner),
            };
            match done {
                Some(done) => self.written.push_str(&done),
                None => self.refuse(range, is_tag, name),
            }
        }
        self.written.push_str(&text[at..]);
    }

    /// Leaves a mark as it is, and says so.
    fn refuse(&mut self, span: Range<usize>, is_tag: bool, name: &str) {
        let shown = &self.text[span.clone()];
        self.written.push_str(shown);
        let (message, hint) = match name {
            "post_url" | "link" => {
                (format!("`{shown}` names a file that is not there"), "write the address of the page as a link")
            }
            "include" => (
                format!("`{shown}` stays as it is: includes of other engines are no shortcodes"),
                "write what it stood for, or a shortcode in `templates/shortcodes/`",
            ),
            _ if is_tag => (
                format!("there is no tag `{name}` here"),
                "write what it stood for, or a shortcode in `templates/shortcodes/`",
            ),
            _ => (format!("`{shown}` stays as it is: texts are no templates"), "write what it stood for"),
        };
        self.problems.push(Problem { message, span, hint, is_error: true });
    }

    /// Returns a link to another file: by its new name where Markdown takes one, else by its address.
    fn link(&mut self, tag: &str, wanted: &str) -> Option<String> {
        let wanted = wanted.trim_matches(['"', '\'']).trim_start_matches('/');
        let named = self.world.files.get(wanted).or_else(|| {
            let is_it = |path: &str| {
                let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
                let (folder, name) = wanted.rsplit_once('/').unwrap_or(("", wanted));
                stem.rsplit('/').next() == Some(name) && stem.contains("_posts/") && stem.contains(folder)
            };
            self.world.files.iter().find(|(path, _)| tag == "post_url" && is_it(path)).map(|(_, found)| found)
        });
        let (file, address) = named?.clone();
        // What stands before it was the site's address.
        for before in [format!("{}{}", self.world.url, self.world.base), self.world.base.clone()] {
            if !before.is_empty() && self.written.ends_with(&before) {
                self.written.truncate(self.written.len() - before.len());
                break;
            }
        }
        match file.strip_prefix("content/") {
            Some(file) if self.written.ends_with("](") => Some(format!("@/{file}")),
            _ => Some(format!("{}{address}", self.world.base)),
        }
    }

    /// Returns what `{{ … }}` shows, where that is known without a template.
    fn value(&self, inner: &str) -> Option<String> {
        let mut parts = inner.split('|').map(str::trim);
        let first = parts.next()?;
        let quoted = |text: &str| {
            let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            text[1..].strip_suffix(quote).filter(|text| !text.contains(quote)).map(str::to_owned)
        };
        let world = self.world;
        let simple = |name: &str| match name {
            "site.url" => Some(world.url.clone()),
            "site.baseurl" => Some(world.base.clone()),
            name => {
                name.strip_prefix("site.").and_then(|name| world.settings.get(name)).cloned().or_else(|| quoted(name))
            }
        };
        let mut value = simple(first)?;
        for filter in parts {
            let (name, argument) =
                filter.split_once(':').map_or((filter, None), |(name, rest)| (name, Some(rest.trim())));
            let rooted = |value: &str| format!("/{}", value.trim_start_matches('/'));
            value = match (name.trim(), argument) {
                ("relative_url", None) => format!("{}{}", world.base, rooted(&value)),
                ("absolute_url", None) => format!("{}{}{}", world.url, world.base, rooted(&value)),
                ("prepend", Some(argument)) => format!("{}{value}", simple(argument)?),
                ("append", Some(argument)) => format!("{value}{}", simple(argument)?),
                ("escape" | "xml_escape" | "strip", None) => value,
                _ => return None,
            };
        }
        Some(value)
    }
}

/// Returns the next mark from a place on: its bytes, what is in it, and whether it is a tag.
fn next(text: &str, from: usize) -> Option<(Range<usize>, &str, bool)> {
    let mut at = from;
    loop {
        let start = at + text[at..].find('{')?;
        let (is_tag, close) = match text[start + 1..].chars().next() {
            Some('%') => (true, "%}"),
            Some('{') => (false, "}}"),
            _ => {
                at = start + 1;
                continue;
            }
        };
        let Some(length) = text[start + 2..].find(close) else {
            at = start + 2;
            continue;
        };
        let end = start + 2 + length;
        let inner = text[start + 2..end].trim_matches('-').trim();
        return Some((start..end + 2, inner, is_tag));
    }
}

/// Returns what stands before the tag that ends another, and where that tag ends.
fn ending(text: &str, from: usize, name: &str) -> Option<(Range<usize>, usize)> {
    let mut at = from;
    loop {
        let start = at + text[at..].find("{%")?;
        let end = start + text[start..].find("%}")? + 2;
        if text[start + 2..end - 2].trim_matches('-').trim() == name {
            return Some((from..start, end));
        }
        at = start + 2;
    }
}

/// Writes a listing as Markdown has it.
fn fence(words: &[&str], code: &str) -> String {
    let language = words.first().copied().unwrap_or_default();
    let numbers =
        if words[1.min(words.len())..].iter().any(|word| word.starts_with("linenos")) { ",linenos" } else { "" };
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}{numbers}\n{}\n{fence}", code.trim_matches('\n'))
}

/// Writes a gist as a shortcode of ours.
fn gist(which: &str) -> Option<String> {
    let (user, id) = which.trim_matches(['"', '\'']).split_once('/')?;
    let is_plain =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (is_plain(user) && is_plain(id)).then(|| format!("{{{{ gist(user=\"{user}\", id=\"{id}\") }}}}"))
}

/// Takes kramdown's lists of attributes out of a text, but for ids of headings; returns how many were dropped.
fn without_attributes(text: &str) -> (String, usize) {
    if !text.contains("{:") {
        return (text.to_owned(), 0);
    }
    let (mut lines, mut dropped): (Vec<String>, usize) = (Vec::new(), 0);
    let mut fence: Option<String> = None;
    for line in text.split('\n') {
        let trimmed = line.trim_start();
        if let Some(open) = &fence {
            if trimmed.starts_with(open.as_str()) && trimmed.trim_end().chars().all(|c| open.starts_with(c)) {
                fence = None;
            }
            lines.push(line.to_owned());
            continue;
        }
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            let mark = trimmed.chars().next().unwrap_or('`');
            fence = Some(trimmed.chars().take_while(|c| *c == mark).collect());
            lines.push(line.to_owned());
            continue;
        }
        if line.starts_with("    ") || line.starts_with('\t') || !line.contains("{:") {
            lines.push(line.to_owned());
            continue;
        }
        let whole = trimmed.trim_end();
        if whole.starts_with("{:") && whole.ends_with('}') && !whole[2..whole.len() - 1].contains('}') {
            let inner = whole[2..whole.len() - 1].trim();
            let before = lines.last().cloned().unwrap_or_default();
            if inner == "toc" {
                // The item before it only holds the place.
                let item = before.trim_start();
                if item.starts_with(['*', '-', '1']) {
                    lines.pop();
                }
                dropped += 1;
                continue;
            }
            let id = inner.split_whitespace().find_map(|word| word.strip_prefix('#'));
            match (id, before.starts_with('#')) {
                (Some(id), true) => {
                    lines.pop();
                    lines.push(format!("{} {{#{id}}}", before.trim_end()));
                }
                _ => dropped += 1,
            }
            continue;
        }
        let (line, count) = without_inline(line);
        dropped += count;
        lines.push(line);
    }
    (lines.join("\n"), dropped)
}

/// Takes lists of attributes out of one line, where they stand behind something that can have some.
fn without_inline(line: &str) -> (String, usize) {
    let (mut made, mut count, mut at) = (String::new(), 0, 0);
    let mut is_code = false;
    while let Some(offset) = line[at..].find(['{', '`']) {
        let start = at + offset;
        made.push_str(&line[at..start]);
        if line.as_bytes()[start] == b'`' {
            is_code = !is_code;
            made.push('`');
            at = start + 1;
            continue;
        }
        let end = line[start..].find('}').map(|length| start + length + 1);
        let is_list = line[start..].starts_with("{:") && made.ends_with([')', ']', '*', '_', '`', '>']);
        match end {
            Some(end) if is_list && !is_code => {
                count += 1;
                at = end;
            }
            _ => {
                made.push('{');
                at = start + 1;
            }
        }
    }
    made.push_str(&line[at..]);
    (made, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        let file = |old: &str, new: &str, address: &str| (old.to_owned(), (new.to_owned(), address.to_owned()));
        World {
            url: "https://blog.example".to_owned(),
            base: "/b".to_owned(),
            settings: [("title".to_owned(), "My blog".to_owned())].into(),
            files: [
                file("_posts/2011-03-05-guards.md", "content/posts/2011-03-05-guards.md", "/2011/03/05/guards.html"),
                file("about.md", "content/about.md", "/about/"),
                file("files/a.pdf", "static/files/a.pdf", "/files/a.pdf"),
            ]
            .into(),
            separator: None,
            has_attributes: true,
        }
    }

    fn clean(text: &str) -> String {
        let (written, problems) = rewritten(text, &world());
        assert_eq!(problems.iter().filter(|one| one.is_error).count(), 0, "{text}: {problems:?}");
        written
    }

    #[test]
    fn what_has_a_counterpart_is_written_so() {
        for (text, wanted) in [
            ("{% highlight ruby linenos %}\nputs `1`\n{% endhighlight %}\n", "```ruby,linenos\nputs `1`\n```\n"),
            ("{% highlight md %}\n```\na\n```\n{% endhighlight %}", "````md\n```\na\n```\n````"),
            ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
            ("a{% comment %} no {% endcomment %}b", "ab"),
            ("[x]({% post_url 2011-03-05-guards %})", "[x](@/posts/2011-03-05-guards.md)"),
            ("[x]({{ site.baseurl }}{% link about.md %}#top)", "[x](@/about.md#top)"),
            ("[x]({{ site.url }}{{ site.baseurl }}{% link about.md %})", "[x](@/about.md)"),
            ("<a href=\"{% link about.md %}\">", "<a href=\"/b/about/\">"),
            ("[p]({% link /files/a.pdf %})", "[p](/b/files/a.pdf)"),
            ("![i]({{ '/img/a.png' | relative_url }})", "![i](/b/img/a.png)"),
            ("{{ \"img/a.png\" | absolute_url }}", "https://blog.example/b/img/a.png"),
            (
                "{{ '/a' | prepend: site.baseurl | prepend: site.url }} {{ site.title }}",
                "https://blog.example/b/a My blog",
            ),
            ("{% gist ann/5 %}", "{{ gist(user=\"ann\", id=\"5\") }}"),
            ("* TOC\n{:toc}\n\n# A\n{: #own .x}\n\ntext\n{: .note}\n", "\n# A {#own}\n\ntext\n"),
            ("[x](y){:target=\"_blank\"} and `{: .x}`", "[x](y) and `{: .x}`"),
            ("```\n{: .x}\n```\n", "```\n{: .x}\n```\n"),
        ] {
            assert_eq!(clean(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_has_none_stays_and_is_named_where_it_stands() {
        for text in [
            "{% include video.html id=\"x\" %}",
            "{% for a in b %}",
            "{{ page.title }}",
            "{% post_url 2000-01-01-x %}",
            "{{ 'a' | date: '%Y' }}",
        ] {
            let whole = format!("One\n\n{text}\n");
            let (written, problems) = rewritten(&whole, &world());
            assert_eq!(written, whole);
            assert_eq!(
                (problems.len(), problems[0].span.clone(), problems[0].is_error),
                (1, 5..5 + text.len(), true),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_that_is_cut_is_a_panic() {
        let text =
            "é{% highlight r %}\nü{{ 'a' | x: }}{% endhighlight %}{: .é}\n* TOC\n{:toc}\n{% raw %}[x](y){:t} `{{";
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let _ = rewritten(&text[..end], &world());
        }
    }
}
