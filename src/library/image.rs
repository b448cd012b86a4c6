//! Tells which picture a post's front matter names with `image`: one beside it, one of the site, or another host's.

use super::Library;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::paths::{Route, SourcePath};
use crate::post::Post;

/// Where the picture of a post is.
#[derive(Debug, PartialEq, Eq)]
pub enum NamedImage<'p> {
    /// At an address of another host.
    Elsewhere(&'p str),
    /// At an address of this site.
    Here(Route),
    /// Nothing stands at the address that it would have.
    Missing(Route),
}

impl Library {
    /// Finds the picture that a post names: a file beside it, a source (`@/posts/a/x.jpg`) or an address (`/img/x.jpg`).
    pub fn named_image<'p>(&self, post: &'p Post) -> Option<NamedImage<'p>> {
        let image = post.front.image.as_deref()?;
        if image.starts_with("//") || url::Url::parse(image).is_ok() {
            return Some(NamedImage::Elsewhere(image));
        }
        let source = match image.strip_prefix("@/") {
            Some(below) => SourcePath::within("content", below),
            None => SourcePath::within(post.source.folder(), image).filter(|_| !image.starts_with('/')),
        };
        if let Some(route) = source.and_then(|source| self.assets.get(&source)) {
            return Some(NamedImage::Here(route.clone()));
        }
        let route = Route::new(format!("/{}", image.trim_start_matches('/'))).ok()?;
        Some(if self.stands(&route).is_some() { NamedImage::Here(route) } else { NamedImage::Missing(route) })
    }
}

/// Returns a warning for each post that names a picture which is not there. The page that shows it fails the check.
pub(super) fn missing(library: &Library, config: &Config) -> Vec<Diagnostic> {
    let abroad = library.editions.iter().skip(1).flat_map(|edition| edition.posts.iter());
    let posts = library.posts.iter().chain(abroad.filter(|post| post.language > 0));
    let mut found = Vec::new();
    for post in posts {
        let Some(NamedImage::Missing(route)) = library.named_image(post) else { continue };
        let name = post.front.image.as_deref().unwrap_or_default();
        let warning =
            Diagnostic::warning("image/missing", format!("the picture `{name}` is not there")).at(post.place("image"));
        let folder = post.source.folder();
        let sources = library.assets.keys().map(SourcePath::as_str);
        let beside = sources.filter_map(|source| source.strip_prefix(folder)?.strip_prefix('/'));
        found.push(match did_you_mean(name, beside.chain(library.routes.keys().map(Route::as_str))) {
            Some(meant) => warning.hint(format!("did you mean `{meant}`?")),
            None => {
                let address = config.base_url.link(&route);
                warning.hint(format!("put it beside the post, or at `{address}`, as `static{route}` would"))
            }
        });
    }
    found
}
