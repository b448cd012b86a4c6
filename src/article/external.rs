//! Owns which links lead away from the site, and what `[markdown] external_links_…` adds to those.
//!
//! A link is external if it names another host than `base_url` and `external_links_own` do; `www.` before a host does not
//! count. Refuses to touch what authors wrote as raw HTML.

use url::Url;

use super::escape::push_attribute;
use crate::config::Config;

/// Returns whether an address leads to another host.
pub(super) fn is_external(address: &str, config: &Config) -> bool {
    let is_web = address.starts_with("//")
        || ["http:", "https:"]
            .iter()
            .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if !is_web {
        return false;
    }
    let Ok(url) = config.base_url.url().join(address) else { return true };
    let Some(host) = url.host_str() else { return false };
    let own = config.base_url.url().host_str().into_iter().map(str::to_owned);
    let mut own = own.chain(config.markdown.external.own.iter().filter_map(|host| host_of(host)));
    !own.any(|own| bare(&own) == bare(host))
}

/// Returns a host as browsers write it, if it is one.
fn host_of(host: &str) -> Option<String> {
    Url::parse(&format!("https://{host}/")).ok()?.host_str().map(str::to_owned)
}

fn bare(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.strip_prefix("www.").unwrap_or(host)
}

/// Writes the attributes that an external link gets.
pub(super) fn push_attributes(config: &Config, out: &mut String) {
    let rule = &config.markdown.external;
    if !rule.class.is_empty() {
        out.push_str(" class=\"");
        push_attribute(out, &rule.class);
        out.push('"');
    }
    let words = [(rule.target_blank, "noopener"), (rule.no_follow, "nofollow"), (rule.no_referrer, "noreferrer")];
    let words: Vec<&str> = words.into_iter().filter_map(|(on, word)| on.then_some(word)).collect();
    if rule.target_blank {
        out.push_str(" target=\"_blank\"");
    }
    if !words.is_empty() {
        out.push_str(" rel=\"");
        out.push_str(&words.join(" "));
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use super::*;

    #[test]
    fn another_host_is_external_and_the_sites_own_are_not() {
        let mut config = config();
        config.markdown.external.own = vec!["old.example".to_owned(), "bücher.example".to_owned()];
        for own in [
            "/a/",
            "#a",
            "mailto:a@b.example",
            "https://blog.example/x",
            "HTTPS://WWW.Blog.Example:8080/",
            "//blog.example./",
            "http://old.example",
            "https://www.old.example/#a",
            "https://xn--bcher-kva.example/",
            "javascript:0",
            "",
        ] {
            assert!(!is_external(own, &config), "{own}");
        }
        for other in [
            "https://other.example/",
            "//other.example",
            "http://blog.example.other/",
            "https://notblog.example/",
            "https://blog.example@other.example/",
            "https://sub.blog.example/",
            "https://[",
        ] {
            assert!(is_external(other, &config), "{other}");
        }
    }
}
