//! The codes of front matter, Markdown, links.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    // Links, code and footnotes: `article`.
    Code {
        code: "link/broken",
        exit: Exit::Site,
        text: "A link or an image in a post leads to a source file, a heading or a co-located file that does not exist. \
               Readers would get \"not found\", so the site is not built. Links may be written as `@/posts/name.md#heading` \
               (from `content/`), relative to the file (`../name.md`, `picture.png`), or as an address of the site (`/tags/`); \
               addresses of the site are checked later, in the written pages. Mend the link, or take it out.",
    },
    Code {
        code: "link/hidden",
        exit: Exit::Site,
        text: "A link leads to a post that exists but is not shown: a draft, a post whose date has not come, or one that has expired. \
               Its page is not written, so the link would be dead. Publish that post, take the link out, or build with \
               `--drafts` or `--future` to see both.",
    },
    Code {
        code: "link/unsafe",
        exit: Exit::Site,
        text: "A link with `javascript:`, `vbscript:` or `data:` would run a script or show a page of its own making in a reader's browser. \
               With `html = false` under `[markdown]`, which says that authors are not trusted with markup, such a link loses its \
               address and keeps its text. Link to a page or a file instead, or set `html = true` if you trust all authors.",
    },
    Code {
        code: "footnote/unused",
        exit: Exit::Site,
        text: "A footnote is defined, but nothing in the post refers to it, so it is not written. Often its name is misspelt in \
               the text: `[^name]` there and `[^name]:` at the note must be the same. Add the reference, or delete the note.",
    },
];
