//! Owns the watching of a site's files: what changed, batch by batch.
