//! The codes of publishing.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "publish/target",
        exit: Exit::Usage,
        text: "It is not clear where to publish: `site.toml` has no `[publish.NAME]`, or several and none was named, or \
               the name is none of them. Write `blog publish NAME`. A site whose analytics end at the stand-in \
               (`endpoint = \"embedded\"`) is not published at all: its pages name an address that nobody answers.",
    },
    Code {
        code: "publish/no-build",
        exit: Exit::Usage,
        text: "There is no finished build to publish, or no earlier deployment to go back to. A folder can be published \
               if it holds `.well-known/watchpost.json`, which every build writes, and the lists that this names.",
    },
    Code {
        code: "publish/changed",
        exit: Exit::Site,
        text: "The folder is not what was built and verified: a file was changed, added or removed since. What nobody \
               verified is not published. Build again; what should be part of the site belongs into `static/`.",
    },
    Code {
        code: "publish/limit",
        exit: Exit::Site,
        text: "The host would refuse the site, or a part of it, or leave it without effect. It is said before anything is \
               sent. Hosts change their limits; these are as their documentation had them in November 2026.",
    },
    Code {
        code: "publish/removes-many",
        exit: Exit::World,
        text: "More than a quarter of the deployed files are not in this build. That is what a build of half a site looks \
               like: an empty content folder, another `--env`, a checkout without its pictures. If it is meant, \
               `--remove-many` says so. Nothing was changed.",
    },
    Code {
        code: "publish/conflict",
        exit: Exit::World,
        text: "Somebody else published to the same place, before this run or at the same time. Files of two builds are \
               never mixed: the second one stops. The record that lies beside the deployed manifest says which build it \
               is. A run that was killed leaves its claim behind: a run of the same build goes on with it, another one \
               waits for fifteen minutes, or is told `--take-over`.",
    },
    Code {
        code: "publish/unconditional",
        exit: Exit::World,
        text: "The store wrote a file though the condition of the write did not hold (`If-Match`). Such a store cannot \
               keep two runs that publish at once apart. If only one ever does, `--unconditional` publishes all the \
               same. Nothing but the record of publications was written.",
    },
    Code {
        code: "publish/denied",
        exit: Exit::World,
        text: "The place refused: the credentials are wrong, missing, or do not allow this; it is read-only; or this \
               machine's clock is so wrong that signatures are not believed. Stores read `AWS_ACCESS_KEY_ID` and \
               `AWS_SECRET_ACCESS_KEY`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_KEY` and their like from the \
               environment. What was published before is as it was.",
    },
    Code {
        code: "publish/broken",
        exit: Exit::World,
        text: "The place could not be reached, or failed on the way. The run stopped there: every page that is deployed \
               still finds what it refers to. Publish again: it goes on from there and sends nothing twice.",
    },
    Code {
        code: "publish/read-back",
        exit: Exit::World,
        text: "Each file is read back after it was written, and one was not what had been sent. The manifest was not \
               exchanged. Something else writes to the same place, or something between changes what passes.",
    },
    Code {
        code: "publish/strange",
        exit: Exit::World,
        text: "A file that only publications write says something else. Nothing is overwritten on a guess. Look at the \
               place: perhaps it belongs to another site.",
    },
    Code {
        code: "publish/program",
        exit: Exit::World,
        text: "A program that this kind of target needs (ssh, rsync, git), or the one that is told what caches should \
               forget, could not be run, or failed.",
    },
    Code {
        code: "publish/rolled-back",
        exit: Exit::Drift,
        text: "The live site showed drift, past all caches, after it was published, so the deployment before was put \
               back. The report above says what was wrong. Mend it, and publish again.",
    },
    Code {
        code: "publish/ping",
        exit: Exit::World,
        text: "All was published and verified, but the address that should be told so (`ping_env`) could not be reached. \
               Whoever waits for it will sound an alarm.",
    },
];
