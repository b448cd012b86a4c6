//! Finds posts by what an author may call them: the file's name, the title, the last part of the address, or the path
//! below `content/`.
//!
//! Case, accents' composition and the signs between words make no difference. Two posts of one name are both given: it is
//! the caller's to refuse.

use std::collections::BTreeMap;

use super::{Library, PostId, slugify};
use crate::paths::Route;
use crate::post::{Kind, Post};

/// The posts by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, Vec<PostId>>);

impl Library {
    /// Returns the posts that are shown and that a name can mean, sorted by source.
    pub fn named(&self, name: &str) -> Vec<PostId> {
        let Names(names) = self.index.names.get_or_init(|| Names::of(self));
        let mut found: Vec<PostId> =
            [key(name), path_key(name)].iter().filter_map(|key| names.get(key)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Returns the hidden post that a name can mean.
    pub fn hidden_named(&self, name: &str) -> Option<&Post> {
        let wanted = [key(name), path_key(name)];
        let means = |post: &&Post| words(post, None).any(|word| wanted.contains(&word));
        self.hidden.iter().map(|post| &**post).find(means)
    }
}

impl Names {
    fn of(library: &Library) -> Self {
        let mut names: BTreeMap<String, Vec<PostId>> = BTreeMap::new();
        for (index, (post, route)) in library.posts.iter().zip(library.routes_of.iter()).enumerate() {
            for word in words(post, Some(route)) {
                let known = names.entry(word).or_default();
                if known.last() != Some(&PostId(index)) {
                    known.push(PostId(index));
                }
            }
        }
        Names(names)
    }
}

/// Returns all that a post can be called. The home page and the pages of terms have no names.
fn words<'p>(post: &'p Post, route: Option<&'p Route>) -> impl Iterator<Item = String> + 'p {
    let is_named = match post.kind {
        Kind::Post | Kind::Page => true,
        Kind::Section => !post.section.is_empty(),
        Kind::Term => false,
    };
    let source = post.source.as_str();
    let path = source.strip_prefix("content/").unwrap_or(source);
    let path = path.rsplit_once('.').map_or(path, |(path, _)| path);
    let path = path.strip_suffix("/index").or_else(|| path.strip_suffix("/_index")).unwrap_or(path);
    // The file of a row is that of all the others, too.
    let path = if post.row.is_some() { post.stem.as_str() } else { path };
    let file = path.rsplit('/').next().unwrap_or(path);
    let slug = route.map(|route| route.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default());
    let slug = slug.map(|slug| slug.strip_suffix(".html").unwrap_or(slug));
    let own = [Some(file), Some(post.stem.as_str()), Some(post.title()), slug].into_iter().flatten().map(key);
    let by_stem = format!("{}/{}", post.section, post.stem);
    let words = own.chain([path_key(path), path_key(&by_stem)]);
    words.filter(move |word| is_named && !word.is_empty())
}

/// Returns what two ways of writing a name share.
fn key(name: &str) -> String {
    match slugify(name) {
        slug if slug.is_empty() => name.trim().to_lowercase(),
        slug => slug,
    }
}

/// Returns what two ways of writing a path share.
fn path_key(path: &str) -> String {
    let path = path.trim();
    let path = path.strip_suffix(".md").unwrap_or(path);
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(key).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use crate::config::sample;
    use crate::library::arrange;
    use crate::paths::SourcePath;
    use crate::post;
    use crate::source::Sources;

    fn found(name: &str) -> Vec<String> {
        let files = [
            ("content/_index.md", "+++\ntitle = \"Home\"\n+++\n"),
            ("content/docs/_index.md", "+++\ntitle = \"The manual\"\n+++\n"),
            (
                "content/posts/2026-01-02-first-steps.md",
                "+++\ntitle = \"Erste Schritte: Los!\"\nslug = \"start\"\n+++\n",
            ),
            ("content/posts/bundle/index.md", "+++\ndate = 2026-01-03\ntitle = \"TCP/IP\"\n+++\n"),
            ("content/docs/bundle.md", "+++\ntitle = \"Other\"\n+++\n"),
        ];
        let markdown = files.iter().map(|(name, text)| (SourcePath::new(*name), (*text).into())).collect();
        let sources = Sources { markdown, ..Sources::default() };
        let config = sample("");
        let library = arrange(&config, &sources, post::parse(&config, &sources).unwrap()).unwrap();
        library.named(name).into_iter().map(|id| library.post(id).source.to_string()).collect()
    }

    #[test]
    fn a_name_is_that_of_the_file_the_title_the_slug_or_the_path() {
        let first = ["content/posts/2026-01-02-first-steps.md"];
        for name in ["first-steps", "First Steps", "2026-01-02-first-steps", "ERSTE SCHRITTE – los", "start"] {
            assert_eq!(found(name), first, "{name}");
        }
        for name in ["posts/first-steps", "posts/2026-01-02-first-steps.md"] {
            assert_eq!(found(name), first, "{name}");
        }
        assert_eq!(found("tcp/ip"), ["content/posts/bundle/index.md"]);
        assert_eq!(found("docs"), ["content/docs/_index.md"]);
        assert_eq!(found("the manual"), ["content/docs/_index.md"]);
    }

    #[test]
    fn one_name_may_mean_two_posts_and_a_path_only_one() {
        assert_eq!(found("bundle"), ["content/docs/bundle.md", "content/posts/bundle/index.md"]);
        assert_eq!(found("posts/bundle"), ["content/posts/bundle/index.md"]);
        assert!(found("home").is_empty() && found("").is_empty() && found("nothing").is_empty());
    }
}
