//! Owns where the links of one post lead: each is resolved to an address that holds on any page of
//! the site, and each that leads nowhere becomes a diagnostic with its place and a suggestion.
//!
//! Links to sources (`@/posts/a.md#b`, `../b.md`) and to files beside the post are decided here.
//! Addresses of the site (`/tags/`) only get the base URL's path: the checker reads the written
//! pages and judges those. Other hosts are left alone. `wiki` finds what `[[name]]` means.

mod wiki;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization;

use super::{OutlineLink, OutlineLinkKind};
use crate::config::{Config, ImagesRule};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::images::Picture;
use crate::library::{Library, Page, PostId};
use crate::paths::{Route, SourcePath};
use crate::post::{Hidden, Post};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The reader follows it.
    Link,
    /// The browser shows or loads it.
    Image,
    /// The reader follows it, and it is written as a name: `[[name]]`.
    Wiki,
}

/// The post whose links are resolved, within its site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links<'l> {
    pub(super) config: &'l Config,
    pub(super) library: &'l Library,
    pub(super) id: PostId,
    pub(super) post: &'l Post,
    pub(super) route: &'l Route,
    /// Whether the text will stand on other pages than the post's: then `#a` names the page too.
    pub(super) elsewhere: bool,
}

/// What is wrong with a link, before it has a place.
#[derive(Debug)]
struct Broken {
    code: &'static str,
    message: String,
    hint: Option<String>,
}

impl Broken {
    fn new(message: String) -> Self {
        Broken { code: "link/broken", message, hint: None }
    }

    fn hint(self, hint: Option<String>) -> Self {
        Broken { hint, ..self }
    }

    fn at(self, place: Place) -> Box<Diagnostic> {
        let diagnostic = Diagnostic::error(self.code, self.message).at(place);
        Box::new(match self.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        })
    }
}

impl<'l> Links<'l> {
    /// Starts with the links of a post.
    pub(super) fn of(config: &'l Config, library: &'l Library, id: PostId) -> Self {
        Links { config, library, id, post: library.post(id), route: library.route(id), elsewhere: false }
    }

    /// Returns where a link leads, or what is wrong with it. Nothing at all if it may not lead
    /// anywhere: a script in a link, where raw HTML is off.
    pub(super) fn resolve<'d>(
        &self,
        destination: &'d str,
        purpose: Use,
        place: impl FnOnce() -> Place,
    ) -> Result<Option<Cow<'d, str>>, Box<Diagnostic>> {
        if purpose == Use::Wiki && !destination.contains("://") {
            let found = self.of_name(destination);
            return found.map(|address| Some(Cow::Owned(address))).map_err(|broken| broken.at(place()));
        }
        if has_scheme(destination) {
            if !self.config.markdown.html && is_active(destination, purpose) {
                let message = format!("a link to `{}` is taken out", shortened(destination));
                let hint = "link to a page or a file, or set `html = true` under `[markdown]` if you trust all authors";
                return Err(Box::new(Diagnostic::warning("link/unsafe", message).at(place()).hint(hint)));
            }
            return Ok(Some(Cow::Borrowed(destination)));
        }
        if destination.starts_with("//") {
            return Ok(Some(Cow::Borrowed(destination)));
        }
        self.within(destination, purpose).map(Some).map_err(|broken| broken.at(place()))
    }

    /// Returns the picture that a resolved address names, if the site resizes pictures. One with a query is left alone.
    pub(super) fn picture(&self, address: &str) -> Option<(&'l ImagesRule, &'l Route, &'l Arc<Picture>)> {
        let rule = self.config.images.as_ref()?;
        let route = self.config.base_url.route_of(address)?;
        let (route, picture) = self.library.pictures.get_key_value(&route)?;
        Some((rule, route, picture))
    }

    /// Returns the address that a link of the outline gets, and the picture that stands there.
    pub(super) fn leads(&self, link: &OutlineLink) -> Option<(String, Option<&'l Picture>)> {
        let purpose = match link.kind {
            OutlineLinkKind::Link => Use::Link,
            OutlineLinkKind::Wiki => Use::Wiki,
            OutlineLinkKind::Image => Use::Image,
            OutlineLinkKind::Mail => return Some((String::new(), None)),
        };
        let address = self.resolve(&link.destination, purpose, || Place::file(&self.post.source)).ok()??;
        let picture = self.picture(&address).map(|(_, _, picture)| &**picture);
        Some((address.into_owned(), picture))
    }

    /// Resolves a link within the site.
    fn within<'d>(&self, destination: &'d str, purpose: Use) -> Result<Cow<'d, str>, Broken> {
        let path_end = destination.find(['?', '#']).unwrap_or(destination.len());
        let (path, suffix) = destination.split_at(path_end);
        let fragment = suffix.split_once('#').map(|(_, fragment)| fragment);
        if path.is_empty() {
            return self.own(destination, fragment, purpose);
        }
        if let Some(site) = path.strip_prefix("@/") {
            let source = self.normalised("content", &decoded(site), destination)?;
            let found = self.of_source(&source, fragment, destination)?;
            return Ok(Cow::Owned(found + suffix));
        }
        if path.starts_with('/') {
            return Ok(match self.prefixed(path) {
                Some(prefixed) => Cow::Owned(prefixed + suffix),
                None => Cow::Borrowed(destination),
            });
        }
        let path = decoded(path);
        let found = match self.normalised(self.post.source.folder(), &path, destination) {
            Ok(source) if is_markdown(&path) || purpose == Use::Image => self.of_source(&source, fragment, destination),
            Ok(source) => match self.of_source(&source, fragment, destination) {
                Err(broken) => self.of_address(&path).ok_or(broken),
                found => found,
            },
            Err(broken) => self.of_address(&path).ok_or(broken),
        }?;
        Ok(Cow::Owned(found + suffix))
    }

    /// Resolves `#fragment`, `?query` and the empty link: the post itself.
    fn own<'d>(&self, destination: &'d str, fragment: Option<&str>, purpose: Use) -> Result<Cow<'d, str>, Broken> {
        if destination.is_empty() || purpose == Use::Image {
            let what = if purpose == Use::Image { "an image" } else { "a link" };
            return Err(Broken::new(format!("{what} leads to `{destination}`, which names no file or page"))
                .hint(Some("write its address between the parentheses".to_owned())));
        }
        if let Some(fragment) = fragment {
            self.anchored(self.post, fragment, destination)?;
            if !self.elsewhere && destination.starts_with('#') {
                return Ok(Cow::Borrowed(destination));
            }
        }
        Ok(Cow::Owned(self.config.base_url.link(self.route) + destination))
    }

    /// Returns an address of the site with the base URL's path before it, unless there is none or
    /// the author wrote it already.
    fn prefixed(&self, path: &str) -> Option<String> {
        let base = &self.config.base_url;
        if base.prefix().is_empty() {
            return None;
        }
        let written = Route::new(decoded(path)).is_ok_and(|route| self.stands(&route));
        let meant = base.route_of(path).is_some_and(|route| self.stands(&route));
        (written || !meant).then(|| format!("{}{path}", base.prefix()))
    }

    /// Returns whether something stands at an address, in whatever language.
    fn stands(&self, route: &Route) -> bool {
        let abroad = || self.library.editions.iter().any(|edition| edition.routes.contains_key(route));
        self.library.routes.contains_key(route) || abroad()
    }

    /// Joins a path to a folder of the site; refuses one that leaves `content/`.
    fn normalised(&self, folder: &str, path: &str, destination: &str) -> Result<SourcePath, Broken> {
        let leaves = || Broken::new(format!("`{}` leaves the folder `content`", shortened(destination)));
        SourcePath::within(folder, path).ok_or_else(leaves)
    }

    /// Returns the link to what a file of `content/` becomes: a post, or a file that is copied.
    fn of_source(&self, source: &SourcePath, fragment: Option<&str>, destination: &str) -> Result<String, Broken> {
        if let Some((library, id)) = self.library.find_anywhere(source) {
            if let Some(fragment) = fragment {
                self.anchored(library.post(id), fragment, destination)?;
            }
            return Ok(self.config.base_url.link(library.route(id)));
        }
        let abroad = self.library.editions.iter().flat_map(|edition| edition.hidden.iter());
        if let Some(hidden) = self.library.hidden.iter().chain(abroad).find(|post| post.source == *source) {
            return Err(self.leads_to_hidden(hidden, destination));
        }
        if let Some(route) = self.route_of_asset(source) {
            return Ok(self.config.base_url.link(&route));
        }
        Err(self.nothing_there(source, destination))
    }

    /// Returns where a file beside a post is copied to.
    fn route_of_asset(&self, source: &SourcePath) -> Option<Route> {
        let is_there =
            |route: &Route| matches!(self.library.routes.get(route), Some(Page::Asset(asset)) if asset == source);
        let folder = self.route.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = source.as_str().strip_prefix(self.post.source.folder()).and_then(|name| name.strip_prefix('/'));
        let guess = beside.and_then(|name| Route::new(format!("{folder}/{name}")).ok());
        if let Some(route) = guess.filter(is_there) {
            return Some(route);
        }
        if let Some(route) = self.library.assets.get(source) {
            return Some(route.clone());
        }
        // Another bundle's file: rare enough to look through all.
        let mut all = self.library.routes.iter();
        all.find(|(_, page)| matches!(page, Page::Asset(asset) if asset == source)).map(|(route, _)| route.clone())
    }

    /// Returns the link to an address relative to the post's own, if something stands there.
    fn of_address(&self, path: &str) -> Option<String> {
        self.route_of_address(path).map(|route| self.config.base_url.link(&route))
    }

    /// Returns an address relative to the post's own, if something stands there.
    fn route_of_address(&self, path: &str) -> Option<Route> {
        let mut parts: Vec<&str> = self.route.as_str().split('/').collect();
        parts.pop();
        for part in path.split('/') {
            match part {
                "." => {}
                ".." if parts.len() > 1 => {
                    parts.pop();
                }
                ".." => return None,
                _ => parts.push(part),
            }
        }
        let route = Route::new(parts.join("/")).ok()?;
        self.stands(&route).then_some(route)
    }

    /// Checks that a post has what a fragment names.
    fn anchored(&self, post: &Post, fragment: &str, destination: &str) -> Result<(), Broken> {
        let wanted: String = decoded(fragment).nfc().collect();
        // The browser itself knows `#` and `#top`; `#:~:text=` names a text, not an anchor.
        if wanted.is_empty() || wanted.eq_ignore_ascii_case("top") || wanted.starts_with(":~:") {
            return Ok(());
        }
        let ids = || {
            let headings = post.outline.headings.iter().map(|heading| heading.id.as_str());
            headings.chain(post.outline.anchors.iter().map(String::as_str))
        };
        if ids().any(|id| id == wanted) {
            return Ok(());
        }
        let message = match post.source == self.post.source {
            true => format!("`{}` leads to no heading of this post", shortened(destination)),
            false => format!("`{}` leads to no heading of `{}`", shortened(destination), post.source),
        };
        let hint = match did_you_mean(&wanted, ids()) {
            Some(near) => Some(format!("did you mean `#{near}`?")),
            None if post.outline.headings.is_empty() => Some("it has no headings at all".to_owned()),
            None => {
                let some: Vec<String> = ids().take(5).map(|id| format!("`#{id}`")).collect();
                Some(format!("it has {}", some.join(", ")))
            }
        };
        Err(Broken::new(message).hint(hint))
    }

    /// Says that a link leads to a post that is not shown.
    fn leads_to_hidden(&self, hidden: &Post, destination: &str) -> Broken {
        let (why, hint) = match &hidden.hidden {
            Some(Hidden::Future(when)) => {
                (format!("comes out on {when}"), "build with `--future`, or link to it once it is out")
            }
            Some(Hidden::Expired(when)) => {
                (format!("expired on {when}"), "take the link out, or move its `expiry_date`")
            }
            _ => ("is a draft".to_owned(), "publish it, take the link out, or build with `--drafts`"),
        };
        Broken {
            code: "link/hidden",
            message: format!("`{}` leads to `{}`, which {why}", shortened(destination), hidden.source),
            hint: Some(hint.to_owned()),
        }
    }

    /// Says that a link leads to no file of the site, and what may have been meant.
    fn nothing_there(&self, source: &SourcePath, destination: &str) -> Broken {
        let what = if is_markdown(source.as_str()) { "post" } else { "file or page" };
        let broken = Broken::new(format!("`{}` leads to no {what}", shortened(destination)))
            .hint(Some(format!("there is no `{source}`")));
        let near = if is_markdown(source.as_str()) {
            self.near_source(source).map(|near| format!("@/{}", near.trim_start_matches("content/")))
        } else {
            let name = source.as_str().strip_prefix(self.post.source.folder()).unwrap_or(source.as_str());
            did_you_mean(name.trim_start_matches('/'), self.post.assets.keys().map(String::as_str)).map(str::to_owned)
        };
        match near {
            Some(near) => broken.hint(Some(format!("did you mean `{near}`?"))),
            None => broken,
        }
    }

    /// Returns the source that was probably meant: one of the same name elsewhere, or of a similar one.
    fn near_source(&self, source: &SourcePath) -> Option<&'l str> {
        let all = || self.library.sources();
        if !matches!(source.file_name(), "index.md" | "_index.md") {
            // `2024-05-01-name.md` is often linked to as `name.md`.
            let name = source.file_name();
            let same = |other: &&SourcePath| {
                other.file_name().strip_suffix(name).is_some_and(|date| date.is_empty() || date.ends_with('-'))
            };
            if let Some(found) = all().find(same) {
                return Some(found.as_str());
            }
        }
        let length = source.as_str().len();
        let candidates = all().map(SourcePath::as_str).filter(|other| other.len().abs_diff(length) <= length / 3);
        did_you_mean(source.as_str(), candidates)
    }
}

/// Returns whether an address names a scheme: `https:`, `mailto:`.
pub(super) fn has_scheme(address: &str) -> bool {
    // As a browser reads it: blanks before it and line ends within it do not count.
    let address = address.trim_start_matches(|character: char| character <= ' ');
    let scheme_end = address.find([':', '/', '?', '#']).filter(|&end| address.as_bytes()[end] == b':');
    scheme_end.is_some_and(|end| {
        let scheme = &address.as_bytes()[..end];
        scheme.first().is_some_and(u8::is_ascii_alphabetic)
            && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+.-\t\n\r".contains(byte))
    })
}

/// Returns whether following an address would run a script or show a page of its own making.
pub(super) fn is_active(address: &str, purpose: Use) -> bool {
    let mut plain =
        address.chars().filter(|character| *character > ' ').map(|character| character.to_ascii_lowercase());
    let start: String = plain.by_ref().take(24).collect();
    let is_picture = ["data:image/png", "data:image/gif", "data:image/jpeg", "data:image/webp", "data:image/avif"]
        .iter()
        .any(|kind| start.starts_with(kind));
    start.starts_with("javascript:")
        || start.starts_with("vbscript:")
        || (start.starts_with("data:") && !(is_picture && purpose == Use::Image))
}

/// Returns an address without percent-encoding.
fn decoded(address: &str) -> String {
    percent_decode_str(address).decode_utf8_lossy().into_owned()
}

/// Returns whether a path names a Markdown file.
fn is_markdown(path: &str) -> bool {
    path.ends_with(".md")
}

/// Returns an address as it may be shown in a message.
fn shortened(address: &str) -> String {
    match address.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &address[..end]),
        None => address.to_owned(),
    }
}

/// Returns the place of some bytes of a post's Markdown.
pub(super) fn place(post: &Post, span: Range<usize>) -> Place {
    Place::span(&post.source, &post.text, post.body.start + span.start..post.body.start + span.end)
}

#[cfg(test)]
mod tests;
