//! Owns the order of series: which part of which a post is, and that no two posts are the same part.

use std::sync::Arc;

use super::{Library, PostId, Taxonomy};
use crate::diagnostic::Diagnostic;
use crate::post::Post;

/// The place of a post in its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The taxonomy of series.
    pub taxonomy: usize,
    /// The series.
    pub term: usize,
    /// Which part, from 0.
    pub index: usize,
}

impl Library {
    /// Returns which part of which series a post is; of several series, the first that it names.
    pub fn part(&self, id: PostId) -> Option<Part> {
        let taxonomy = self.taxonomies.iter().position(|taxonomy| taxonomy.name == "series")?;
        let terms = self.terms_of(id);
        let (_, term) = terms.into_iter().find(|(of, _)| *of == taxonomy)?;
        let index = self.taxonomies[taxonomy].terms[term].posts.iter().position(|post| *post == id)?;
        Some(Part { taxonomy, term, index })
    }
}

/// Reports posts that say that they are the same part of a series.
pub(super) fn same_index(posts: &[Arc<Post>], taxonomies: &[Taxonomy], problems: &mut Vec<Diagnostic>) {
    for term in taxonomies.iter().filter(|taxonomy| taxonomy.name == "series").flat_map(|taxonomy| &taxonomy.terms) {
        // Sorted by it.
        for pair in term.posts.windows(2) {
            let (one, other) = (&posts[pair[0].0], &posts[pair[1].0]);
            if let Some(index) = one.front.series_index.filter(|index| other.front.series_index == Some(*index))
                && one.language == other.language
            {
                let message =
                    format!("`{}` and `{}` are both part {index} of `{}`", one.source, other.source, term.name);
                let problem = Diagnostic::error("series/same-index", message).at(other.place("series_index"));
                problems.push(problem.hint("give each its own `series_index`, or leave it out: then dates decide"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sample;
    use crate::library::arrange;
    use crate::paths::SourcePath;
    use crate::post;
    use crate::source::Sources;

    fn arranged(posts: &[(&str, &str)]) -> Result<Library, Vec<Diagnostic>> {
        let text = |front: &str| Arc::from(format!("+++\n{front}\n+++\n").as_str());
        let markdown =
            posts.iter().map(|(name, front)| (SourcePath::new(format!("content/posts/{name}.md")), text(front)));
        let sources = Sources { markdown: markdown.collect(), ..Sources::default() };
        let config = sample("");
        arrange(&config, &sources, post::parse(&config, &sources).unwrap())
    }

    #[test]
    fn the_order_is_the_index_and_then_the_date() {
        let library = arranged(&[
            ("a", "date = 2026-01-04\nseries = \"s\""),
            ("b", "date = 2026-01-03\nseries = \"S\""),
            ("c", "date = 2026-01-02\nseries = [\"s\", \"t\"]\nseries_index = 2"),
            ("d", "date = 2026-01-05\nseries = \"s\"\nseries_index = 1"),
            ("e", "date = 2026-01-05"),
        ])
        .unwrap();
        let parts = (0..5).map(|id| library.part(PostId(id)).map(|part| part.index));
        assert_eq!(parts.collect::<Vec<_>>(), [Some(3), Some(2), Some(1), Some(0), None]);
    }

    #[test]
    fn two_posts_that_are_the_same_part_are_both_named() {
        let problems = arranged(&[
            ("a", "date = 2026-01-01\nseries = \"s\"\nseries_index = 2"),
            ("b", "date = 2026-01-02\nseries = \"s\"\nseries_index = 2"),
            ("c", "date = 2026-01-02\nseries = \"t\"\nseries_index = 2"),
        ])
        .unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, "series/same-index");
        assert_eq!(problems[0].message, "`content/posts/a.md` and `content/posts/b.md` are both part 2 of `s`");
        let place = problems[0].place.as_ref().unwrap();
        assert_eq!((place.file.as_str(), place.span.is_some()), ("content/posts/b.md", true));
    }
}
