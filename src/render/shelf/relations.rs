//! Owns what posts have to do with one another: which link to which, and which are about the same. Found when a template
//! first asks.

use rayon::prelude::*;
use tera::Value;

use super::Shelf;
use crate::article;
use crate::library::{PostId, Related};

impl Shelf {
    /// Returns links to the posts that have most in common with a post or page.
    pub(crate) fn related(&self, id: PostId, limit: usize) -> Value {
        self.links(&self.related_ids(id, limit))
    }

    /// Returns the posts that have most in common with a post or page.
    pub(crate) fn related_ids(&self, id: PostId, limit: usize) -> Vec<PostId> {
        let related = self.related.get_or_init(|| Related::new(&self.config.related, &self.library));
        related.of(&self.config.related, &self.library, id, limit)
    }

    /// Returns links to the posts and pages whose text links to a post.
    pub(crate) fn backlinks(&self, id: PostId) -> Value {
        self.links(self.backlink_ids(id))
    }

    /// Returns the posts and pages whose text links to a post.
    pub(crate) fn backlink_ids(&self, id: PostId) -> &[PostId] {
        &self.backlinks.get_or_init(|| self.find_backlinks())[id.0]
    }

    /// Finds which posts link to which, from outlines alone: no post is typeset for another.
    fn find_backlinks(&self) -> Vec<Vec<PostId>> {
        let library = &self.library;
        let targets: Vec<Vec<PostId>> = library
            .posts
            .par_iter()
            .enumerate()
            .map(|(from, post)| {
                let from = PostId(from);
                let links = post.outline.links.iter();
                let mut targets: Vec<PostId> =
                    links.filter_map(|link| article::target(&self.config, library, from, link)).collect();
                targets.sort_unstable();
                targets.dedup();
                targets.retain(|target| *target != from && post.source.as_str() != "content/404.md");
                targets
            })
            .collect();
        let mut backlinks = vec![Vec::new(); targets.len()];
        let (mut order, pages): (Vec<PostId>, Vec<PostId>) =
            (0..targets.len()).map(PostId).partition(|id| library.position(*id).is_some());
        order.sort_by_key(|id| library.position(*id));
        for from in order.into_iter().chain(pages) {
            for target in &targets[from.0] {
                backlinks[target.0].push(from);
            }
        }
        backlinks
    }
}
