//! Owns the keys of front matter: every key that [`super::front`] may take, what other engines call it, its kind, and a
//! sentence on it. Taxonomies that a site declares are keys besides.
//!
//! To add a key: a row here, then its reading. To rename one: the old name into `also`.

use crate::fields::keys::{Key, Kind};

use Kind::{Boolean, Date, Either, Free, Integer, Named, Terms, Text, Texts};

/// Any whole number.
const NUMBER: Kind = Integer(i64::MIN, i64::MAX);

/// The keys of front matter. Case makes no difference.
pub const KEYS: &[Key] = &[
    Key::new("title", Text("Watching the guards"), "The title; without it, the file's name"),
    Key::new("date", Date, "When it was published; without it, the date in the file's name"),
    Key::new("updated", Date, "When it was last changed in a way that matters to readers").also(&[
        "lastmod",
        "modified",
        "last_modified_at",
    ]),
    Key::new("publish_date", Date, "Shown from then on, if that is not `date`").also(&["publishDate", "pubdate"]),
    Key::new("expiry_date", Date, "Shown until then").also(&["expiryDate", "unpublishDate"]),
    Key::new("draft", Boolean, "Whether it is shown only with `--drafts`"),
    Key::new("slug", Text("watching-the-guards"), "The last part of the address"),
    Key::new("path", Text("/old/way.html"), "The whole address").also(&["url"]),
    Key::new("aliases", Texts("/old/address/"), "Older addresses; each gets a page that leads on")
        .also(&["redirect_from"]),
    Key::new("tags", Terms("rust"), "Its tags").also(&["tag"]),
    Key::new("categories", Terms("notes"), "Its categories").also(&["category"]),
    Key::new("series", Terms("Watching"), "The series that it is a part of"),
    Key::new("series_index", NUMBER, "Its place in the series"),
    Key::new("authors", Texts("Ada"), "Who wrote it, if not the site's authors").also(&["author"]),
    Key::new("summary", Text("What it is about."), "The summary, in Markdown").also(&["excerpt"]),
    Key::new("description", Text("What it is about"), "One sentence for search engines and lists"),
    Key::new("image", Texts("guards.jpg"), "A picture for previews: a file beside the post, or an address")
        .also(&["images"]),
    Key::new("template", Text("note.html"), "Another template than the usual one"),
    Key::new("layout", Text("note"), "A template as Jekyll and Hugo name it; `template` says the same"),
    Key::new("weight", NUMBER, "The order among pages of a section: small ones first"),
    Key::new("noindex", Boolean, "Whether search engines are asked to leave it out"),
    Key::new("analytics", Boolean, "Whether it carries the snippet"),
    Key::new("canonical", Text("https://elsewhere.example/post/"), "Where it was first published")
        .also(&["canonicalURL", "canonical_url"]),
    Key::new("id", Text("tag:blog.example,2026-11-22:guards"), "Its id in feeds, if it is not the derived one")
        .also(&["guid"]),
    Key::new("permalink", Text("/:year/:slug/"), "A pattern for its address, as Jekyll has it"),
    Key::new("published", Either(&[Boolean, Date]), "Jekyll's opposite of `draft`, or Hugo's name for `publish_date`"),
    Key::new("taxonomies", Named(&Terms("rust")), "Terms by taxonomy, as Zola has them"),
    Key::new("extra", Free, "A table of your own, for your templates").also(&["params"]),
];

/// Keys that every file needs its own of, and that `[[defaults]]` cannot set.
pub const NEVER_DEFAULTS: &[&str] = &["title", "slug", "path", "aliases", "id", "canonical"];
