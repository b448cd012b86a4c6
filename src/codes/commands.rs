//! The codes of commands other than `build`.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "init/exists",
        exit: Exit::Usage,
        text: "`blog init` never overwrites a file, and one of those that it would write is there already. Nothing \
               was written. Name a new folder, or move the file away.",
    },
    Code {
        code: "new/exists",
        exit: Exit::Usage,
        text: "`blog new` never overwrites a post, and there is one with this title and today's date. Change that \
               one, or choose another title.",
    },
    Code {
        code: "new/section",
        exit: Exit::Usage,
        text: "The section of a new post is a folder below `content/`, such as `posts` or `notes/2026`. It cannot \
               leave `content/`, and its parts begin with neither a dot nor an underscore.",
    },
    Code {
        code: "new/title",
        exit: Exit::Usage,
        text: "The file and the address of a new post are made of its title, and nothing is left of this one. A \
               title needs at least one letter or digit, of any script.",
    },
    Code {
        code: "why/unknown",
        exit: Exit::Usage,
        text: "`blog why` was asked for an address or a file that the site does not have. Addresses are written as \
               `/posts/hello/` or as the whole URL, files as `content/posts/hello.md`.",
    },
    Code {
        code: "explain/unknown",
        exit: Exit::Usage,
        text: "There is no diagnostic or verdict of this name. Codes are written as `room/what`; `blog explain` \
               without a code lists all of them.",
    },
    Code {
        code: "usage/arguments",
        exit: Exit::Usage,
        text: "The command line holds something that `blog` does not know, or lacks something that it needs. \
               `blog help COMMAND` shows what each command takes.",
    },
];
