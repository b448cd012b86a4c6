//! The codes of what machines that build one site share.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "cache/place",
        exit: Exit::Usage,
        text: "The store that `[cache]` names cannot be opened: its settings or its credentials are incomplete. Nothing was \
               built. A store that is complete and does not answer is no reason to stop (`cache/alone`).",
    },
    Code {
        code: "cache/alone",
        exit: Exit::Success,
        text: "The shared cache did not answer, or did not take what this build made. It was asked once, and the build went \
               on without it: it took longer, and wrote the same bytes. If it stays away, look at `[cache]`, at the \
               credentials, and at the machine's network.",
    },
    Code {
        code: "shard/usage",
        exit: Exit::Usage,
        text: "Parts of a site cannot meet like this. `--shard 3/16` makes the third of sixteen parts; `--stage` names the \
               store or the folder that all of them share; and all must mean the same moment, by `--clock` or by \
               `SOURCE_DATE_EPOCH`, since the moment decides which posts are shown.",
    },
    Code {
        code: "shard/damaged",
        exit: Exit::World,
        text: "What another part left in the stage is not there any more, or is not what it left. Nothing of it was used, \
               and its sheet was taken away. Run that part again, and then the one that puts the site together.",
    },
    Code {
        code: "shard/differs",
        exit: Exit::World,
        text: "Two runs found all parts and put the site together, and did not come to the same bytes. Parts are the same \
               for the same sources; so the servers of the analytics may have answered one of them otherwise. The mark of \
               the first one stays in the stage. Look at both before you publish either.",
    },
    Code {
        code: "shard/broken",
        exit: Exit::World,
        text: "The stage could not be read or written. What was left there before stays: run the same part again.",
    },
];
