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
