//! Tells what templates read of a variable, so that long lists that none of them reads are never made.
//!
//! When in doubt, it is read: a variable that stands alone may be handed on whole.

/// Returns whether a template may read a field of a variable: `pages` of `section`.
pub(crate) fn reads(template: &str, variable: &str, field: &str) -> bool {
    // What is printed as it stands may look like code.
    let is_raw = template.contains("{%") && template.contains("endraw");
    (is_raw && template.contains(variable)) || blocks(template).any(|code| block_reads(code, variable, field))
}

/// Returns whether a template may read a field of any variable at all: `related` of `page`, or of what `get_page` gives.
/// A function of the same name is none.
pub(crate) fn names_field(template: &str, field: &str) -> bool {
    let is_raw = template.contains("{%") && template.contains("endraw");
    (is_raw && template.contains(field))
        || blocks(template).any(|code| {
            let mut places = code.match_indices(field);
            code.contains("__tera_context")
                || places.any(|(at, _)| {
                    let before = code[..at].trim_end();
                    let after = code[at + field.len()..].chars().next();
                    let is_field = before.ends_with('.') && !before.ends_with("..");
                    // `trans(key="related")` is a word of the theme.
                    let unquoted = before.strip_suffix(['"', '\'', '`']);
                    let is_quoted = unquoted.is_some_and(|before| !before.ends_with("trans(key="));
                    (is_field || is_quoted) && !after.is_some_and(is_word)
                })
        })
}

/// Returns the code between `{{` and `}}`, and between `{%` and `%}`; comments are left out.
pub(super) fn blocks(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        loop {
            let start = ["{{", "{%", "{#"].into_iter().filter_map(|open| rest.find(open)).min()?;
            let code = &rest[start + 2..];
            let end = match &rest[start..start + 2] {
                "{{" => "}}",
                "{%" => "%}",
                _ => {
                    rest = code.find("#}").map_or("", |end| &code[end + 2..]);
                    continue;
                }
            };
            let length = end_of(code, end);
            rest = &code[length..];
            return Some(&code[..length]);
        }
    })
}

/// Returns where a block ends, strings within it left aside.
fn end_of(code: &str, end: &str) -> usize {
    let mut at = 0;
    while let Some(character) = code[at..].chars().next() {
        if code[at..].starts_with(end) {
            return at;
        }
        at += match character {
            '"' | '\'' | '`' => string(&code[at..]).unwrap_or(code.len() - at),
            _ => character.len_utf8(),
        };
    }
    code.len()
}

/// Returns the length of the string that a text begins with; nothing if it never ends.
fn string(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    let (_, quote) = characters.next()?;
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            _ if character == quote => return Some(at + quote.len_utf8()),
            _ => {}
        }
    }
    None
}

fn block_reads(code: &str, variable: &str, field: &str) -> bool {
    // The end of what was looked at so far: a field's dot, or the dots that spread a list out.
    let mut dots = 0;
    let mut rest = after_bindings(code);
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'' | '`') {
            // A string that never ends is none; whatever this is, it may be a reading.
            let Some(length) = string(rest) else { return rest.contains(variable) };
            rest = &rest[length..];
            dots = 0;
        } else if is_word(first) {
            let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            if word == "__tera_context" || (word == variable && dots != 1 && may_be(after, field)) {
                return true;
            }
            rest = after;
            dots = 0;
        } else {
            match first {
                '.' => dots += 1,
                _ if first.is_whitespace() => {}
                _ => dots = 0,
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    false
}

/// Returns the code of a block without the names that a loop gives to what it walks.
fn after_bindings(code: &str) -> &str {
    let inner = code.trim_start_matches('-').trim_start();
    let Some((names, walked)) = inner.strip_prefix("for ").and_then(|names| names.split_once(" in ")) else {
        return code;
    };
    let is_name = |character: char| is_word(character) || character == ',' || character == ' ';
    if names.chars().all(is_name) { walked } else { code }
}

/// Returns whether what follows a variable may lead to a field of it.
fn may_be(after: &str, field: &str) -> bool {
    let Some(name) = after.trim_start().strip_prefix('?').unwrap_or(after.trim_start()).strip_prefix('.') else {
        return true;
    };
    let name = name.trim_start();
    let length = name.find(|character| !is_word(character)).unwrap_or(name.len());
    length == 0 || &name[..length] == field
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_by_its_name_or_with_the_whole_variable() {
        for template in [
            "{{ section.pages }}",
            "{% for post in section . pages %}",
            "{{ section?.pages }}",
            "{{ section[\"pages\"] }}",
            "{% set s = section %}",
            "{{ list(section=section) }}",
            "{{ \"}}\" ~ section.pages }}",
            "{% if 'section.title' == section %}",
            "{{ __tera_context }}",
            "{{ section.pages",
            "{% for a in section %}",
            "{% if section in all %}",
            "{{ [...section.pages] }}",
            "{% set s = {...section} %}",
            "{{ \"a\\\"\" ~ section.pages ~ \"b\" }}",
            "{# {{ the post's title }} #}{% for p in section.pages %}{{ 'x' }}",
            "{% raw %}{{ it's }}{% endraw %}{{ section.pages }}",
            "{% for p in\nsection.pages %}{{ \" in \" }}",
        ] {
            assert!(reads(template, "section", "pages"), "{template}");
        }
    }

    #[test]
    fn a_field_is_named_after_a_dot_or_in_quotes_and_a_function_is_none() {
        for template in [
            "{{ page.related }}",
            "{{ page | get(key=\"related\") }}",
            "{% for a in about?.related %}",
            "{{ page[\"related\"] }}",
            "{{ __tera_context }}",
        ] {
            assert!(names_field(template, "related"), "{template}");
        }
        for template in [
            "{% for a in related() %}",
            "related",
            "{{ trans(key=\"related\") }}",
            "{{ page.related_work }}",
            "{# page.related #}",
        ] {
            assert!(!names_field(template, "related"), "{template}");
        }
    }

    #[test]
    fn what_is_not_the_field_of_the_variable_is_not_read() {
        for template in [
            "<section class=\"pages\">section.pages</section>",
            "{{ section.title }}{{ section?.has_code }}{% if section . content %}",
            "{{ page.section.pages }}{{ my_section.pages }}{{ sections }}",
            "{{ \"section.pages\" }}{% if kind == 'section' %}",
            "{{ paginator.pages }}",
            "{# {{ section.pages }} #}",
            "{{ page . section . pages }}",
            "{% for section in all %}{%- for name, section in all -%}",
        ] {
            assert!(!reads(template, "section", "pages"), "{template}");
        }
    }
}
