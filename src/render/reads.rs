//! Tells what templates read of a variable, so that long lists that none of them reads are never made.
//!
//! When in doubt, it is read: a variable that stands alone may be handed on whole.

/// Returns whether a template may read a field of a variable: `pages` of `section`.
pub(crate) fn reads(template: &str, variable: &str, field: &str) -> bool {
    blocks(template).any(|code| block_reads(code, variable, field))
}

/// Returns the code between `{{` and `}}`, and between `{%` and `%}`.
fn blocks(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let start = rest.find("{{").into_iter().chain(rest.find("{%")).min()?;
        let end = if rest[start..].starts_with("{{") { "}}" } else { "%}" };
        let code = &rest[start + 2..];
        let length = end_of(code, end);
        rest = &code[length..];
        Some(&code[..length])
    })
}

/// Returns where a block ends, strings within it left aside.
fn end_of(code: &str, end: &str) -> usize {
    let mut quote = None;
    for (at, character) in code.char_indices() {
        match quote {
            Some(open) if open == character => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'' | '`') => quote = Some(character),
            None if code[at..].starts_with(end) => return at,
            None => {}
        }
    }
    code.len()
}

fn block_reads(code: &str, variable: &str, field: &str) -> bool {
    let mut before = ' ';
    let mut rest = after_bindings(code);
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'' | '`') {
            let inner = &rest[1..];
            rest = inner.find(first).map_or("", |end| &inner[end + 1..]);
            before = first;
        } else if is_word(first) {
            let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            if word == "__tera_context" || (word == variable && before != '.' && may_be(after, field)) {
                return true;
            }
            rest = after;
            before = 'a';
        } else {
            if !first.is_whitespace() {
                before = first;
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    false
}

/// Returns the code of a block without the names that a loop gives to what it walks.
fn after_bindings(code: &str) -> &str {
    let inner = code.trim_start_matches('-').trim_start();
    let names = inner.strip_prefix("for ").and_then(|names| names.split_once(" in "));
    names.map_or(code, |(_, walked)| walked)
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
        ] {
            assert!(reads(template, "section", "pages"), "{template}");
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
            "{% for section in all %}{%- for name, section in all -%}",
        ] {
            assert!(!reads(template, "section", "pages"), "{template}");
        }
    }
}
