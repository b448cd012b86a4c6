//! Owns links by name, `[[name]]` and `[[name#heading]]`, and which post any link of an outline leads to.
//!
//! A name that several posts answer to is refused with all of them; one that none answers to, with what was probably
//! meant. Absolute addresses lead to no post, even those of this site: a preview stands elsewhere, and must say the same.

use super::{Broken, Links, Use, decoded, has_scheme, shortened};
use crate::article::words::heading_id;
use crate::article::{OutlineLink, OutlineLinkKind};
use crate::diagnostic::did_you_mean;
use crate::library::{Page, PostId};
use crate::paths::{Route, SourcePath};
use crate::post::Post;

impl Links<'_> {
    /// Returns the link to what a name means.
    pub(super) fn of_name(&self, written: &str) -> Result<String, Broken> {
        let (found, fragment) = self.named(written)?;
        let Some(id) = found else {
            let id = self.anchor(self.post, fragment.unwrap_or_default(), written)?;
            let page = if self.elsewhere { self.config.base_url.link(self.route) } else { String::new() };
            return Ok(format!("{page}#{id}"));
        };
        let link = self.config.base_url.link(self.library.route(id));
        match fragment {
            Some(fragment) => Ok(format!("{link}#{}", self.anchor(self.library.post(id), fragment, written)?)),
            None => Ok(link),
        }
    }

    /// Returns the post that a link leads to, if it is one of this site that is shown.
    pub(in crate::article) fn target(&self, link: &OutlineLink) -> Option<PostId> {
        let destination = link.destination.as_str();
        match link.kind {
            OutlineLinkKind::Image | OutlineLinkKind::Mail => return None,
            OutlineLinkKind::Wiki if !destination.contains("://") => return self.named(destination).ok()?.0,
            OutlineLinkKind::Wiki | OutlineLinkKind::Link => {}
        }
        let path = &destination[..destination.find(['?', '#']).unwrap_or(destination.len())];
        if path.is_empty() || has_scheme(destination) || destination.starts_with("//") {
            return None;
        }
        let path = decoded(path);
        if let Some(site) = path.strip_prefix("@/") {
            return self.library.find(&self.normalised("content", site, destination).ok()?);
        }
        if path.starts_with('/') {
            let written = Route::new(&*path).ok().and_then(|route| self.stands_at(&route));
            return written.or_else(|| self.stands_at(&self.config.base_url.route_of(&path)?));
        }
        let source = self.normalised(self.post.source.folder(), &path, destination).ok();
        let found = source.and_then(|source| self.library.find(&source));
        found.or_else(|| self.stands_at(&self.route_of_address(&path)?))
    }

    /// Returns the post, or the `_index.md` of the list, that stands at an address; redirects are followed.
    fn stands_at(&self, route: &Route) -> Option<PostId> {
        match self.library.routes.get(route)? {
            Page::Alias(target) => self.library.index_of(self.library.routes.get(target)?),
            page => self.library.index_of(page),
        }
    }

    /// Returns the post that a name means, none for the post itself, and the heading that it names.
    fn named<'d>(&self, written: &'d str) -> Result<(Option<PostId>, Option<&'d str>), Broken> {
        let whole = written.trim();
        let (name, fragment) = match whole.split_once('#') {
            // `C#` is a name, too.
            Some((name, fragment)) if self.library.named(whole).is_empty() => (name.trim(), Some(fragment.trim())),
            _ => (whole, None),
        };
        if name.is_empty() {
            return Ok((None, fragment));
        }
        match self.library.named(name).as_slice() {
            [] => Err(self.of_no_name(name, written)),
            [id] => Ok((Some(*id), fragment)),
            several => Err(self.of_several(several, written)),
        }
    }

    /// Returns the id of a heading by its id or by its words.
    fn anchor(&self, post: &Post, fragment: &str, written: &str) -> Result<String, Broken> {
        let id = heading_id(fragment, self.config.markdown.heading_ids);
        let same = |title: &str| title.to_lowercase() == fragment.to_lowercase();
        let headings = &post.outline.headings;
        let found = headings.iter().find(|heading| heading.id == fragment);
        let found = found.or_else(|| headings.iter().find(|heading| same(&heading.title) || heading.id == id));
        if let Some(heading) = found {
            return Ok(heading.id.clone());
        }
        self.anchored(post, fragment, &format!("[[{written}]]"))?;
        Ok(fragment.to_owned())
    }

    fn of_several(&self, several: &[PostId], written: &str) -> Broken {
        let source = |id: &PostId| self.library.post(*id).source.as_str();
        let names: Vec<String> = several.iter().map(|id| format!("`{}`", source(id))).collect();
        let (last, others) = names.split_last().expect("several are at least two");
        let path = source(&several[0]).trim_start_matches("content/").trim_end_matches(".md");
        let path = path.trim_end_matches("/index").trim_end_matches("/_index");
        Broken {
            code: "link/ambiguous",
            message: format!("`[[{}]]` can mean {} and {last}", shortened(written), others.join(", ")),
            hint: Some(format!("write its path, as in `[[{path}]]`")),
        }
    }

    fn of_no_name(&self, name: &str, written: &str) -> Broken {
        let written = format!("[[{written}]]");
        if let Some(hidden) = self.library.hidden_named(name) {
            return self.leads_to_hidden(hidden, &written);
        }
        let titles = || self.library.posts.iter().map(|post| post.title());
        let files = || {
            let names = self.library.sources().map(SourcePath::file_name);
            names.map(|name| name.rsplit_once('.').map_or(name, |(name, _)| name))
        };
        let stems = || self.library.posts.iter().map(|post| post.stem.as_str());
        let near = did_you_mean(name, files()).or_else(|| did_you_mean(name, stems()));
        let near = near.or_else(|| did_you_mean(name, titles()));
        Broken::new(format!("`{}` names no post", shortened(&written))).hint(Some(match near {
            Some(near) => format!("did you mean `[[{near}]]`?"),
            None => "a name is that of a file, a title or the last part of an address".to_owned(),
        }))
    }
}

impl Use {
    /// Returns what a link is for, by its kind in the text.
    pub(in crate::article) fn of(link_type: pulldown_cmark::LinkType) -> Self {
        match link_type {
            pulldown_cmark::LinkType::WikiLink { .. } => Use::Wiki,
            _ => Use::Link,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::article::tests::Shelf;

    fn shelf(markdown: &str) -> Shelf {
        Shelf::new(markdown)
            .post("content/posts/b-side.md", "/posts/b-side/", "## One & two\n\n## Two")
            .post("content/notes/same.md", "/notes/same/", "")
            .post("content/posts/same.md", "/posts/same/", "")
            .draft("content/posts/secret.md")
    }

    #[test]
    fn a_name_leads_to_its_post_and_to_a_heading_of_it() {
        assert_eq!(
            shelf("[[b-side]] [[B Side|its words]] [[b-side#One & two|x]] [[posts/b-side#two]]").html(),
            "<p><a href=\"/posts/b-side/\">b-side</a> <a href=\"/posts/b-side/\">its words</a> \
             <a href=\"/posts/b-side/#one--two\">x</a> <a href=\"/posts/b-side/#two\">posts/b-side#two</a></p>\n"
        );
        assert!(shelf("## Here\n\n[[#here|up]]").html().contains("<a href=\"#here\">up</a>"));
    }

    #[test]
    fn a_name_in_code_is_no_link() {
        let html = shelf("`[[b-side]]`\n\n```text\n[[nothing]]\n```\n").html();
        assert!(html.contains("<code>[[b-side]]</code>") && !html.contains("href"), "{html}");
    }

    #[test]
    fn wikilinks_are_text_where_they_are_off() {
        let html = shelf("[[nothing]]").set(|config| config.markdown.wikilinks = false).html();
        assert_eq!(html, "<p>[[nothing]]</p>\n");
    }

    #[test]
    fn a_name_of_two_posts_names_both() {
        let message = "link/ambiguous: `[[same]]` can mean `content/notes/same.md` and `content/posts/same.md`; \
                       write its path, as in `[[notes/same]]`";
        assert_eq!(shelf("A [[same]].").problems(), [("same".to_owned(), message.to_owned())]);
        assert!(shelf("[[notes/same]]").html().contains("\"/notes/same/\""));
    }

    #[test]
    fn a_name_of_nobody_is_shown_with_what_was_meant() {
        let problems = shelf("[[b-sdie]] [[secret]] [[b-side#three]] [[qqqqqqqqqq]]").problems();
        let words: Vec<&str> = problems.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(words[0], "link/broken: `[[b-sdie]]` names no post; did you mean `[[b-side]]`?");
        assert!(words[1].starts_with("link/hidden: `[[secret]]` leads to `content/posts/secret.md`"), "{}", words[1]);
        assert!(words[2].starts_with("link/broken: `[[b-side#three]]` leads to no heading"), "{}", words[2]);
        assert!(words[3].ends_with("a name is that of a file, a title or the last part of an address"), "{}", words[3]);
    }
}
