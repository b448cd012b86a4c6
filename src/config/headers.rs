//! Reads `[[headers]]`: the headers that pages are to be sent with.

use super::HeaderRule;
use crate::fields::{Fields, Value};

pub(super) fn read(fields: &mut Fields<'_>) -> Vec<HeaderRule> {
    let mut rules = Vec::new();
    for (index, (table, span)) in fields.plain_tables("headers").unwrap_or_default().into_iter().enumerate() {
        let mut row = fields.below(format!("headers.{index}"), span.clone(), table);
        let at = row.span_of("for").unwrap_or_else(|| span.clone());
        let path = row.required_string("for", "\"/*\"");
        if let Some(path) = path.as_ref().filter(|path| !path.starts_with('/') || path.contains(char::is_whitespace)) {
            row.refuse(at, format!("`{path}` is no pattern for addresses")).hint =
                Some("it starts with `/` and has no spaces: `/*`, `/posts/*`, `/:year/*`".to_owned());
        }
        let mut values = Vec::new();
        if row.span_of("values").is_none() {
            row.refuse(span, "a row of `[[headers]]` needs `values`").hint =
                Some("`values = { X-Frame-Options = \"DENY\" }`".to_owned());
        } else if let Some(mut table) = row.table("values") {
            for one in table.rest() {
                let Value::String(value) = &one.node.value else {
                    table.mistyped::<()>(&one.key, "a string", &one.node.value, one.node.span);
                    continue;
                };
                if !is_name(&one.key) {
                    table.refuse(one.span, format!("`{}` is no name of a header", one.key)).hint =
                        Some("a name has letters, digits and `-`".to_owned());
                } else if value.chars().any(char::is_control) {
                    table.refuse(one.node.span, "the value of a header stands on one line").hint =
                        Some("take the line ends and other control characters out".to_owned());
                } else {
                    values.push((one.key, value.trim().to_owned()));
                }
            }
        }
        row.report_unknown(&[]);
        rules.extend(path.map(|path| HeaderRule { path, values }));
    }
    rules
}

fn is_name(name: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && !name.starts_with(['!', '#']) && name.bytes().all(may_stand)
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, World, read, sample};
    use super::*;

    #[test]
    fn headers_are_read_in_their_order() {
        let config = sample("[[headers]]\nfor = \"/*\"\nvalues = { X-B = \"1\", X-A = \" 2 \" }\n");
        let values = [("X-B", "1"), ("X-A", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(config.headers, [HeaderRule { path: "/*".to_owned(), values: values.to_vec() }]);
    }

    #[test]
    fn what_no_host_could_obey_is_refused() {
        for (text, message) in [
            ("for = \"posts\"\nvalues = {}", "is no pattern"),
            ("values = {}", "`headers.0.for` is missing"),
            ("for = \"/*\"", "needs `values`"),
            ("for = \"/*\"\nvalues = { \"X A\" = \"\" }", "is no name"),
            ("for = \"/*\"\nvalues = { X-A = 1 }", "string"),
            ("for = \"/*\"\nvalues = { X-A = \"a\\nX-B: c\" }", "on one line"),
            ("for = \"/*\"\nvalues = {}\nmore = 1", "more"),
        ] {
            let text = format!("title = \"T\"\nbase_url = \"https://x.example\"\n[[headers]]\n{text}\n");
            let problems = read("/x".as_ref(), &text, &Overrides::default(), &World::default()).unwrap_err();
            assert!(problems[0].message.contains(message), "{text}: {problems:?}");
        }
    }
}
