//! Owns the ids of feeds and entries: pure functions of what never changes, so that no renamed title, moved address or
//! new domain makes readers show old posts as new ones.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::Config;
use crate::post::Post;

/// What may stand in a tag URI as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the id of a dated post: `tag:AUTHORITY,DATE:STEM` (RFC 4151), or what its front matter says. The date is the
/// one that stands in the file, so that a change of the site's zone changes nothing. A page without a date has none.
pub fn post_id(config: &Config, post: &Post) -> Option<String> {
    if let Some(id) = &post.front.id {
        return Some(id.clone());
    }
    let date = post.front.date.as_ref()?.date();
    let stem = utf8_percent_encode(&post.stem, KEPT);
    // A translation is another post to a feed reader: `guards.fr`, as its file is called.
    let language = if post.language > 0 { format!(".{}", config.tag(post.language)) } else { String::new() };
    Some(format!("tag:{},{}:{stem}{language}", config.feed_authority, date.strftime("%Y-%m-%d")))
}

/// Returns the id of a whole feed: a UUID (RFC 9562, version 8) made from the authority and the feed's own path.
pub fn feed_id(authority: &str, path: &str) -> String {
    let parts = ["watchpost feed".as_bytes(), authority.as_bytes(), path.trim_start_matches('/').as_bytes()];
    let digest = crate::digest::Digest::of_parts(parts).to_string();
    // Version 8, "made by the vendor's own rule", and the variant that RFC 9562 asks for.
    let variant = match &digest[16..17] {
        "0" | "4" | "8" | "c" => '8',
        "1" | "5" | "9" | "d" => '9',
        "2" | "6" | "a" | "e" => 'a',
        _ => 'b',
    };
    format!(
        "urn:uuid:{}-{}-8{}-{variant}{}-{}",
        &digest[0..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_keeps_its_id_and_another_path_has_another() {
        let id = feed_id("blog.example", "feed.xml");
        assert_eq!(id, feed_id("blog.example", "/feed.xml"));
        assert_ne!(id, feed_id("blog.example", "atom.xml"));
        assert_eq!(id.len(), "urn:uuid:".len() + 36);
        assert_eq!(&id[23..24], "8");
    }
}
