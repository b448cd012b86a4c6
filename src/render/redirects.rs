//! Writes the redirects from old addresses as servers read them: `_redirects`, and fragments for nginx and Caddy.
//!
//! Every alias leads straight to the post that has it, because no address can be an alias and a post, or two posts' alias:
//! there are no chains and no loops to follow. A redirect answers with 301, which caches and search engines keep.

use crate::config::{Config, RedirectFormat};
use crate::library::{Library, Page};
use crate::paths::Route;

/// Writes all redirects of a site for one server, sorted.
pub(super) fn write(config: &Config, library: &Library, format: RedirectFormat) -> String {
    let mut text = String::new();
    for (from, page) in &library.routes {
        let page = if let Page::Abroad(_, page) = page { page } else { page };
        let Page::Alias(to) = page else { continue };
        text.push_str(&line(config, format, from, from.as_str(), to));
        // Netlify takes both forms for one; elsewhere readers who type no slash would find nothing.
        let bare = from.as_str().strip_suffix('/').filter(|bare| !bare.is_empty() && format != RedirectFormat::Netlify);
        if let Some(bare) = bare.and_then(|bare| Route::new(bare).ok())
            && !library.routes.contains_key(&bare)
        {
            text.push_str(&line(config, format, &bare, bare.as_str(), to));
        }
    }
    text
}

fn line(config: &Config, format: RedirectFormat, from: &Route, decoded: &str, to: &Route) -> String {
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
            let literal = |link: String| link.replace('*', "%2A").replace('{', "%7B").replace('}', "%7D");
            format!("redir {} {} 301\n", literal(whole(from)), literal(whole(to)))
        }
    }
}
