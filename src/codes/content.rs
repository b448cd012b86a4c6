//! The codes of source files, front matter, addresses and links.

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
    Code {
        code: "source/unreadable",
        exit: Exit::World,
        text: "A file or folder of the site could not be read: usually a permission is missing. Leaving it out would \
               publish a site with a hole in it, so the build stops.",
    },
    Code {
        code: "source/not-utf8",
        exit: Exit::Site,
        text: "A text file is not UTF-8, from the byte that is named on. It was probably saved by an old editor as \
               Latin-1 or UTF-16. Guessing would publish wrong letters. Save it again as UTF-8; whether with or \
               without a byte order mark makes no difference.",
    },
    Code {
        code: "source/name-not-utf8",
        exit: Exit::Site,
        text: "The name of a file is not UTF-8, so no address can be made of it that means the same everywhere. \
               Rename the file.",
    },
    Code {
        code: "source/same-name",
        exit: Exit::Site,
        text: "Two files have names that look the same and differ only in how an accent is stored, as one letter or \
               as a letter and a mark. Some file systems cannot keep both. Remove or rename one of them.",
    },
    Code {
        code: "source/not-a-file",
        exit: Exit::Site,
        text: "Something in the site's folders is a pipe, a socket or a device. Reading it could wait for ever. Remove it.",
    },
    Code {
        code: "source/link-leaves",
        exit: Exit::Site,
        text: "A symbolic link leads out of the site's folder. Following it would make the site depend on this machine, \
               and could publish files that were never meant to be. Links that stay inside the site are followed. Copy \
               what you need into the site.",
    },
    Code {
        code: "source/link-loops",
        exit: Exit::Site,
        text: "A symbolic link leads to a folder that it lies in itself, so following it would never end. Remove it.",
    },
    Code {
        code: "source/link-broken",
        exit: Exit::Site,
        text: "A symbolic link leads to nothing. Remove it, or put back what it leads to.",
    },
    Code {
        code: "source/no-content",
        exit: Exit::Success,
        text: "The site has no folder `content/`, so nothing but its lists and static files is built. Posts go to \
               `content/posts/`, pages directly into `content/`. `blog new` writes a first one.",
    },
    Code {
        code: "source/control-character",
        exit: Exit::Success,
        text: "A text file holds a character such as NUL or ESC that neither HTML nor XML can hold; one of them makes a \
               whole feed unreadable. It was replaced by U+FFFD, the mark for a letter that is not known. It often \
               comes from pasting out of a terminal or a PDF. Take it out.",
    },
];
