//! Where Jekyll puts a document: its patterns, by the names that it gives to them, and the tokens in them.

use jiff::Zoned;

/// What an address is made from.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts<'a> {
    /// When it was written, in the site's zone.
    pub(super) date: Option<&'a Zoned>,
    /// The slug: of front matter, or the name without its date.
    pub(super) slug: &'a str,
    /// The name without date and ending.
    pub(super) name: &'a str,
    /// The folders above it, below its collection: `/docs`.
    pub(super) folder: &'a str,
    pub(super) categories: &'a [String],
    pub(super) collection: &'a str,
}

/// Returns the pattern that a name of Jekyll's stands for; what is none of them is a pattern itself.
pub(super) fn pattern(style: &str) -> &str {
    match style {
        "date" => "/:categories/:year/:month/:day/:title:output_ext",
        "pretty" => "/:categories/:year/:month/:day/:title/",
        "ordinal" => "/:categories/:year/:y_day/:title:output_ext",
        "weekdate" => "/:categories/:year/W:week/:short_day/:title:output_ext",
        "none" => "/:categories/:title:output_ext",
        own => own,
    }
}

/// Returns the end that pages and collections take over from the pattern of posts.
pub(super) fn ending(style: &str) -> &'static str {
    match style {
        "pretty" => "/",
        "date" | "ordinal" | "weekdate" | "none" => ":output_ext",
        own if own.ends_with('/') => "/",
        own if own.ends_with(":output_ext") => ":output_ext",
        _ => "",
    }
}

/// Fills a pattern; nothing where it needs a date that is not there.
pub(super) fn fill(pattern: &str, facts: &Facts<'_>) -> Option<String> {
    let mut made = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(':') {
        made.push_str(&rest[..at]);
        let token = &rest[at + 1..];
        let end = token.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(token.len());
        // `:title_x` is `:title` and `_x`: the longest name that there is counts.
        let known = (1..=end).rev().find_map(|end| Some((end, value(&token[..end], facts)?)));
        match known {
            Some((end, value)) => {
                made.push_str(&value?);
                rest = &token[end..];
            }
            None => {
                made.push(':');
                rest = token;
            }
        }
    }
    made.push_str(rest);
    let parts: Vec<&str> = made.split('/').filter(|part| !part.is_empty() && !matches!(*part, "." | "..")).collect();
    let end = if made.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    Some(format!("/{}{end}", parts.join("/")))
}

/// Returns what a token stands for: nothing where there is no such token, and within it nothing where its value is missing.
fn value(token: &str, facts: &Facts<'_>) -> Option<Option<String>> {
    let date = |form: &str| facts.date.map(|date| date.strftime(form).to_string());
    let number = |form: &str| date(form).map(|text| text.trim_start_matches('0').to_owned());
    let categories = |one: fn(&String) -> String| {
        let mut all: Vec<String> = Vec::new();
        for category in facts.categories.iter().map(one) {
            if !all.contains(&category) {
                all.push(category);
            }
        }
        Some(all.join("/"))
    };
    Some(match token {
        "year" => date("%Y"),
        "month" => date("%m"),
        "day" => date("%d"),
        "hour" => date("%H"),
        "minute" => date("%M"),
        "second" => date("%S"),
        "i_day" => number("%d"),
        "i_month" => number("%m"),
        "short_month" => date("%b"),
        "long_month" => date("%B"),
        "short_year" => date("%y"),
        "y_day" => date("%j"),
        "week" => date("%V"),
        "w_year" => date("%G"),
        "w_day" => date("%u"),
        "short_day" => date("%a"),
        "long_day" => date("%A"),
        "title" => Some(slugify(facts.slug, true)),
        "slug" => Some(slugify(facts.slug, false)),
        "name" => Some(slugify(facts.name, false)),
        "basename" => Some(facts.name.to_owned()),
        "path" if facts.collection.is_empty() => Some(facts.folder.to_owned()),
        "path" => Some(format!("{}/{}", facts.folder, facts.name)),
        "collection" => Some(facts.collection.to_owned()),
        "categories" => categories(|category| category.to_lowercase()),
        "slugified_categories" => categories(|category| slugify(category, false)),
        "output_ext" => Some(".html".to_owned()),
        _ => return None,
    })
}

/// Returns a text as Jekyll puts it into addresses; `pretty` keeps the case, and more signs.
pub(super) fn slugify(text: &str, pretty: bool) -> String {
    let keeps = |c: char| c.is_alphanumeric() || is_mark(c) || pretty && "._~!$&'()+,;=@".contains(c);
    let mut made = String::new();
    for character in text.chars() {
        match keeps(character) {
            true => made.push(character),
            false if made.ends_with('-') => {}
            false => made.push('-'),
        }
    }
    let made = made.trim_matches('-');
    if pretty { made.to_owned() } else { made.to_lowercase() }
}

/// Returns whether a character belongs to the one before it.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character), 0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

/// Returns the day at the beginning of a post's name, and the rest: `2011-03-10` and `guards`.
pub(super) fn dated(stem: &str) -> Option<(String, &str)> {
    let mut parts = stem.splitn(4, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let rest = parts.next()?;
    let is_number =
        |text: &str, lengths: &[usize]| lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(year, &[2, 4]) || !is_number(month, &[1, 2]) || !is_number(day, &[1, 2]) {
        return None;
    }
    let year = if year.len() == 2 { format!("20{year}") } else { year.to_owned() };
    Some((format!("{year}-{month:0>2}-{day:0>2}"), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_that_jekyll_makes() {
        let date: Zoned = "2011-03-05T08:09:10[UTC]".parse().unwrap();
        let categories = ["News".to_owned(), "Old Things".to_owned(), "news".to_owned()];
        let facts = Facts {
            date: Some(&date),
            slug: "Who's watching, Ünïcode",
            name: "who",
            folder: "/docs",
            categories: &categories,
            collection: "",
        };
        for (style, wanted) in [
            ("date", "/news/old things/2011/03/05/Who's-watching,-Ünïcode.html"),
            ("pretty", "/news/old things/2011/03/05/Who's-watching,-Ünïcode/"),
            ("ordinal", "/news/old things/2011/064/Who's-watching,-Ünïcode.html"),
            ("weekdate", "/news/old things/2011/W09/Sat/Who's-watching,-Ünïcode.html"),
            ("none", "/news/old things/Who's-watching,-Ünïcode.html"),
            ("/blog/:slug/", "/blog/who-s-watching-ünïcode/"),
            ("/:short_year/:i_month/:i_day/:slugified_categories/:name", "/11/3/5/news/old-things/who"),
            ("/:path/:basename:output_ext", "/docs/who.html"),
            ("/:year-:month:foo", "/2011-03:foo"),
            ("/", "/"),
        ] {
            assert_eq!(fill(pattern(style), &facts).as_deref(), Some(wanted), "{style}");
        }
        assert_eq!(fill("/:year/x", &Facts::default()), None);
    }

    #[test]
    fn names_of_posts_begin_with_a_day() {
        assert_eq!(dated("2011-3-5-a-b"), Some(("2011-03-05".to_owned(), "a-b")));
        assert_eq!(dated("11-03-05-a"), Some(("2011-03-05".to_owned(), "a")));
        for stem in ["2011-03-05", "about", "2011-xx-05-a", "a-b-c-d", ""] {
            assert_eq!(dated(stem), None, "{stem}");
        }
    }
}
