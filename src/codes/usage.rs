//! The codes of the command line and site.toml.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "config/not-found",
        exit: Exit::Usage,
        text: "There is no `site.toml` where it was looked for. That file makes a folder a site; everything else is \
               found from there. Go to the folder of your site, or name it with `--root`. To start a new site, run \
               `blog init DIR`.",
    },
    Code {
        code: "config/unreadable",
        exit: Exit::Usage,
        text: "A file that configures the site could not be read, or is not UTF-8. The message says what the system \
               answered, or at which byte the text stops being UTF-8. Nothing was built.",
    },
    Code {
        code: "config/syntax",
        exit: Exit::Usage,
        text: "`site.toml` is not TOML. The frame shows where the parser stopped; what is wrong is often just before: \
               a quote that is not closed, a missing `=`, a key that stands twice. All places are reported at once.",
    },
    Code {
        code: "config/type",
        exit: Exit::Usage,
        text: "A key of `site.toml` has a value of another type than it needs: a number where text is expected, a \
               string where a list is. The message names both. Text stands in quotes; numbers, dates, `true` and \
               `false` do not.",
    },
    Code {
        code: "config/value",
        exit: Exit::Usage,
        text: "A value in `site.toml` has the right type and still cannot be used: an address that is none, a time \
               zone that does not exist, a word that is not one of the choices. The hint shows what would do.",
    },
    Code {
        code: "config/unknown-key",
        exit: Exit::Usage,
        text: "`site.toml` has a key that no part of the program reads. A misspelt setting that is silently ignored \
               is worse than an error, so this is one. If the key is your own, put it under `[extra]`, where themes \
               and templates find it. In TOML a key belongs to the last `[table]` above it: it may only stand too low.",
    },
    Code {
        code: "config/missing-key",
        exit: Exit::Usage,
        text: "A setting that has no sensible default is missing. A site needs a `title` and a `base_url`; an \
               analytics table needs to say which provider, where its server is and which site it counts.",
    },
    Code {
        code: "config/no-env",
        exit: Exit::Usage,
        text: "`--env` or `BLOG_ENV` names an overlay that `site.toml` does not have. A build that quietly went on with the \
               ordinary settings might publish a staging site under its real address, so it stops. Add a table \
               `[env.NAME]`, or leave the option out.",
    },
    Code {
        code: "config/no-theme",
        exit: Exit::Usage,
        text: "`theme` names a folder that is not below `themes/`, and no theme of that name is built in. The theme \
               `paper` is always there. `theme = \"\"` means that all templates are in the site's own `templates/`.",
    },
    Code {
        code: "config/no-timezone",
        exit: Exit::Success,
        text: "`timezone` is not set, so dates without a zone are read as UTC. A post dated today may then count as \
               one of the future for some hours, or stand on the day before in an archive. The machine's own zone \
               is never asked, because it differs between your desk and the server that builds. Set \
               `timezone` to where you write, as `Europe/Brussels`, or to `UTC` if that is what you mean.",
    },
    Code {
        code: "config/renamed",
        exit: Exit::Success,
        text: "This setting has another name: that of another engine, or the one that it had in an older version. It is \
               read all the same, and will be: no upgrade breaks a blog. `blog upgrade` writes today's name, and leaves \
               comments and everything else in the file as they are.",
    },
    Code {
        code: "config/clock",
        exit: Exit::Usage,
        text: "What counts as now was given by `--clock` or by `SOURCE_DATE_EPOCH`, and is no point in time. `--clock` \
               takes a day, a local date and time (read in the site's zone), or one with an offset; \
               `SOURCE_DATE_EPOCH` takes the seconds since 1970. Without both, the machine's clock is read once.",
    },
    Code {
        code: "usage/format",
        exit: Exit::Usage,
        text: "`--format junit`, `sarif`, `github` and `html` are forms of a report, and only `blog build` and `blog check` \
               end with one. Every command speaks `human` and `json`.",
    },
];
