//! The codes of what the machine refuses, and of the output folder.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "output/busy",
        exit: Exit::World,
        text: "Another `blog` is writing to the same output folder. Two builds at once would mix their files, so the \
               second one stops before it touches anything. Wait for the first to end, or give this one a folder of \
               its own with `--out`. If no other build runs, whatever holds the lock file beside the output folder \
               is to be ended; a build that was killed leaves no lock behind.",
    },
    Code {
        code: "output/occupied",
        exit: Exit::Usage,
        text: "The output folder holds files that no build of this site has written. A build replaces the folder as \
               a whole, so it refuses rather than lose them. If they belong to the site (a `CNAME`, a verification \
               file), move them to `static/`: every build then writes them. If the folder is the wrong one, choose \
               another with `out` in `site.toml` or with `--out`.",
    },
    Code {
        code: "output/unsafe",
        exit: Exit::Usage,
        text: "The output folder is one that a build must never own: the root of the disk, the site itself, \
               a folder that holds the site, or one of the site's own sources such as `content/`. Name a \
               folder that is there for the pages alone; `public`, beside `content`, is the usual one.",
    },
    Code {
        code: "output/write",
        exit: Exit::World,
        text: "The machine refused to write a file: the disk is full, a permission is missing, or the folder cannot \
               be reached. The message says which file and what the system answered. The output folder is as it was \
               before; what had been prepared beside it was removed.",
    },
    Code {
        code: "output/read",
        exit: Exit::World,
        text: "A file that was to be copied, or the output folder itself, could not be read. It may have been \
               removed while the build ran, or you may not have the permission. The output folder is as it was before.",
    },
    Code {
        code: "output/twice",
        exit: Exit::Site,
        text: "Two addresses of the site ask for the same file, or one needs a file where another needs a folder. \
               Neither may win silently. Change the slug, alias or file name of one of them.",
    },
    Code {
        code: "output/not-atomic",
        exit: Exit::Success,
        text: "The output folder could not be exchanged in one step, because it is a mount point, lies on another \
               disk than the folder it is in, or its file system cannot do it. Its files were replaced one by one, \
               pages after what they refer to. A reader may for a moment have seen some files of the old site and \
               some of the new; if the machine stops half-way, the next build finishes the work.",
    },
    Code {
        code: "output/recovered",
        exit: Exit::Success,
        text: "An earlier build was stopped while it put a finished, verified site in place. This build found its \
               notes and brought the output folder into one piece again before it began its own work.",
    },
    Code {
        code: "output/left",
        exit: Exit::Success,
        text: "While the new site was put in place, a file that is not ours turned up among the old one. It was not \
               deleted: the message says where it is now. Move it where it belongs; the next build will leave it \
               alone again.",
    },
    Code {
        code: "output/stdout",
        exit: Exit::World,
        text: "Standard output could not take what was to be printed, for instance because it is a file on a disk \
               that is full. A reader that has merely stopped reading, such as `head`, is no error.",
    },
    Code {
        code: "serve/exposed",
        exit: Exit::Success,
        text: "`--bind` names an address that other machines can reach. A preview shows drafts and posts of the future, and it \
               is made for one person: it counts on everybody who can reach it being trusted. Leave `--bind` out, or use \
               `--tls` and a network that you know.",
    },
    Code {
        code: "serve/no-browser",
        exit: Exit::Success,
        text: "`--open` found no browser to open. The preview runs all the same: open the address that was printed yourself.",
    },
    Code {
        code: "serve/signal",
        exit: Exit::World,
        text: "The system did not let `blog serve` take care of Ctrl-C, so it could not have ended cleanly.",
    },
    Code {
        code: "serve/unwatchable",
        exit: Exit::World,
        text: "The folder that `blog serve` was to watch is not there, is no folder, or may not be read. The message \
               says what the system answered. Run it in the folder that holds `site.toml`, or name that folder.",
    },
    Code {
        code: "serve/watch-limit",
        exit: Exit::Success,
        text: "The system watches only so many folders for one user, or for so many programs, and the limit is \
               reached. The preview therefore looks at every file once a second: a change shows within about two \
               seconds rather than at once, and a large site keeps the disk busy. The hint names the setting and the \
               command that raises it until the next start of the machine, and the file that keeps it raised.",
    },
    Code {
        code: "serve/watch-refused",
        exit: Exit::Success,
        text: "The system cannot tell of changed files here: some containers and network file systems lack it, or the \
               site's folder was moved away while it was watched. The preview looks at every file once a second \
               instead. `--poll` asks for that from the start.",
    },
    Code {
        code: "serve/port-taken",
        exit: Exit::World,
        text: "Another program listens at the port that the preview wanted; often it is a preview that still runs in \
               another window. Without `--port` the preview takes the first free port from 2011 on, and tries twenty \
               of them. `--port 0` takes any that is free.",
    },
    Code {
        code: "serve/listen",
        exit: Exit::World,
        text: "The system did not let the preview listen at its address. The address given with `--bind` may not \
               belong to this machine, or the port may be one of those below 1024, which only the system's \
               administrator may use. The message says what the system answered.",
    },
    Code {
        code: "serve/private-socket",
        exit: Exit::World,
        text: "Inside the preview, requests travel over a socket in a temporary folder that only you may enter. The \
               folder or the socket could not be made: the disk is full, the folder for temporary files may not be \
               written to, or its path is too long for a socket. Name another folder in the variable `TMPDIR`.",
    },
    Code {
        code: "serve/certificate",
        exit: Exit::World,
        text: "With `--tls` the preview makes a certificate for itself each time it starts, and keeps it in memory. \
               Making it failed, which happens when the system has no random numbers to give. Without `--tls` the \
               preview works as well: browsers treat loopback as a safe place.",
    },
];
