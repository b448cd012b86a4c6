//! Writes the redirects from old addresses as servers read them: `_redirects`, and fragments for nginx and Caddy.
//!
//! Every alias leads straight to the post that has it, because no address can be an alias and a post, or two posts' alias:
//! there are no chains and no loops to follow. A redirect answers with 301, which caches and search engines keep. What was
//! given up (`[[gone]]`) answers with 410 where the server can: `_redirects` knows no such code.

use crate::config::{Config, GoneRule, RedirectFormat};
use crate::library::{Library, Page};
use crate::paths::Route;

/// Writes all redirects of a site for one server, sorted.
pub(super) fn write(config: &Config, library: &Library, format: RedirectFormat) -> String {
    let mut text = String::new();
    for (from, page) in &library.routes {
        let page = if let Page::Abroad(_, page) = page { page } else { page };
        let Page::Alias(to) = page else { continue };
        text.push_str(&line(config, format, text.lines().count(), from, to));
        // Netlify takes both forms for one; elsewhere readers who type no slash would find nothing.
        let bare = from.as_str().strip_suffix('/').filter(|bare| !bare.is_empty() && format != RedirectFormat::Netlify);
        if let Some(bare) = bare.and_then(|bare| Route::new(bare).ok())
            && !library.routes.contains_key(&bare)
        {
            text.push_str(&line(config, format, text.lines().count(), &bare, to));
        }
    }
    // Where something stands after all, which is warned about, it is served.
    let given_up = config.gone.iter().filter(|rule| !library.routes.keys().any(|route| rule.covers(route)));
    for (number, rule) in given_up.enumerate() {
        text.push_str(&gone(config, format, number, rule));
    }
    text
}

/// Writes that what a rule covers is gone; with and without a slash at its end.
fn gone(config: &Config, format: RedirectFormat, number: usize, rule: &GoneRule) -> String {
    let address = expression(&format!("{}{}", config.base_url.prefix(), rule.pattern));
    match format {
        RedirectFormat::Netlify | RedirectFormat::Cloudflare => String::new(),
        RedirectFormat::Nginx => format!("location ~ \"{address}\" {{ return 410; }}\n"),
        RedirectFormat::Caddy => format!("@gone{number} path_regexp `{address}`\nerror @gone{number} 410\n"),
    }
}

/// Returns the regular expression for a letter, in what PCRE and RE2 share: whatever means something to them, or to a
/// server's file, stands as a number.
fn quoted(letter: char) -> String {
    let means_itself = !letter.is_ascii() || letter.is_ascii_alphanumeric() || "/-_".contains(letter);
    if means_itself { letter.to_string() } else { format!("\\x{:02x}", u32::from(letter)) }
}

/// Returns the regular expression of a glob.
fn expression(glob: &str) -> String {
    let mut text = String::from("^");
    let (mut rest, end) = match glob.strip_suffix('/') {
        Some(bare) => (bare, "/?$"),
        None => (glob, "$"),
    };
    while let Some(letter) = rest.chars().next() {
        let (part, length) = match letter {
            '*' if rest.starts_with("**") => (".*".to_owned(), 2),
            '*' => ("[^/]*".to_owned(), 1),
            '?' => ("[^/]".to_owned(), 1),
            letter => (quoted(letter), letter.len_utf8()),
        };
        text.push_str(&part);
        rest = &rest[length..];
    }
    text + end
}

/// Writes one redirect; its number is its own in the file.
fn line(config: &Config, format: RedirectFormat, number: usize, from: &Route, to: &Route) -> String {
    let decoded = from.as_str();
    let prefix = config.base_url.prefix();
    // The hosts' own files stand beside the pages, and speak of addresses below that folder.
    let below = |route: &Route| config.base_url.link(route)[prefix.len()..].to_owned();
    let whole = |route: &Route| config.base_url.link(route);
    match format {
        // Without `!`, Netlify would show the alias page that stands there for other hosts.
        RedirectFormat::Netlify => format!("{} {} 301!\n", below(from), below(to)),
        RedirectFormat::Cloudflare => format!("{} {} 301\n", below(from), below(to)),
        RedirectFormat::Nginx => {
            // nginx compares the decoded address; in what it returns, `$` would begin a variable.
            let from = format!("{prefix}{decoded}").replace('\\', "\\\\").replace('"', "\\\"");
            format!("location = \"{from}\" {{ return 301 \"{}\"; }}\n", whole(to).replace('$', "%24"))
        }
        RedirectFormat::Caddy => {
            let to = whole(to).replace('{', "%7B").replace('}', "%7D");
            let from = format!("{prefix}{decoded}");
            let is_plain = |letter: char| letter.is_alphanumeric() || "/-_.~$".contains(letter);
            match from.chars().all(is_plain) {
                true => format!("redir {from} {to} 301\n"),
                // A star, a brace or a percent sign would mean something in a path.
                false => {
                    let address: String = from.chars().map(quoted).collect();
                    format!("@old{number} path_regexp `^{address}$`\nredir @old{number} {to} 301\n")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn a_glob_becomes_an_expression_in_which_nothing_else_has_a_meaning() {
        assert_eq!(expression("/old/"), "^/old/?$");
        assert_eq!(expression("/drafts/**"), "^/drafts/.*$");
        assert_eq!(expression("/a-b/*.ht?l"), "^/a-b/[^/]*\\x2eht[^/]l$");
        assert_eq!(expression("/{x}`$\"\\/ü"), "^/\\x7bx\\x7d\\x60\\x24\\x22\\x5c/ü$");
    }
}
