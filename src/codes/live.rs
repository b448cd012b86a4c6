//! The codes of what is found on a deployed site.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "live/page",
        exit: Exit::Drift,
        text: "A page that was built is not what visitors get: the host answers with an error, sends them to another address, \
               or sends the page as something that browsers do not show. A page that nobody gets is counted by nobody. Where \
               the host is busy or asks whether we are human, nothing could be told: that is unknown, and a second run may tell.",
    },
    Code {
        code: "live/build",
        exit: Exit::Unknown,
        text: "Each build has an id, and `.well-known/watchpost.json` says which one is deployed. If it is the one in the output \
               folder, pages are held against that folder; if not, against the lists of the deployed manifest, because a check \
               that runs by a timetable must not cry because somebody has built since. For as long as `[live] settle` says after \
               a build, an older one on the web is still on its way: that is unknown.",
    },
    Code {
        code: "live/no-manifest",
        exit: Exit::Unknown,
        text: "`.well-known/watchpost.json` is not on the web, so nobody can say which build is. Many tools leave out folders \
               that begin with a dot (GitHub Pages' upload does, unless told otherwise), and many servers refuse them. Put it right \
               there, or put a copy elsewhere and name it with `[live] manifest`. A site of another generator has none and needs \
               none: its pages are judged by the rules.",
    },
    Code {
        code: "live/embedded",
        exit: Exit::Drift,
        text: "Deployed pages name `https://analytics.invalid/`, the stand-in that this program plays for builds and previews. It \
               exists on no network, so no visit is counted. Set `endpoint` to your server, build, and deploy again.",
    },
    Code {
        code: "live/insecure",
        exit: Exit::Drift,
        text: "The site is reached without encryption. Whoever sits between it and a visitor can change its pages, and some do: \
               hotels and providers have put scripts of their own into pages. A `base_url` with `http` is drift; a server that \
               answers both and redirects nobody is a note.",
    },
    Code {
        code: "live/edge",
        exit: Exit::Drift,
        text: "Something between the server and the visitor rewrites the snippet so that browsers no longer run it themselves. \
               Cloudflare's Rocket Loader changes the type of every script and runs them later from a loader of its own; a tracker \
               that looks for its own tag then finds nothing and sends no hit, or sends it to `undefined`. The built page is right, \
               and nobody who looks at it sees why the counts are down. Switch it off for the script, or as a whole.",
    },
    Code {
        code: "live/stale",
        exit: Exit::Drift,
        text: "A cache gives visitors an older copy of a page than the one its origin has, and the older one counts wrongly. Whoever \
               tests by adding something to the address sees the new page and finds nothing. The report names the header that tells \
               the copy's age. Purge the cache, and let HTML be asked for anew each time. In the first minutes after a deployment \
               it is unknown.",
    },
    Code {
        code: "live/rewritten",
        exit: Exit::Success,
        text: "A page has other bytes than were built, while what it says about analytics is the same: a proxy that minifies, hides \
               mail addresses, or adds a line. It is a note, because nothing is wrong; but whoever rewrites pages today may rewrite \
               the snippet tomorrow.",
    },
    Code {
        code: "live/not-found",
        exit: Exit::Success,
        text: "Visitors of missing addresses get a page of the host's, and not the site's own `404.html`. Nobody counts those visits, \
               and that is where broken links from elsewhere would show. Tell the host to serve `404.html`: nginx by `error_page 404 \
               /404.html`, Caddy by `handle_errors`.",
    },
    Code {
        code: "live/soft-404",
        exit: Exit::Success,
        text: "An address that cannot exist was asked for, and the host did not answer 404. People see a page where there is none, \
               search engines store it, and no monitor notices a page that is gone. It also means that an answer of 200 proves nothing \
               about any other address of this host.",
    },
    Code {
        code: "live/draft-public",
        exit: Exit::Drift,
        text: "Something stands on the web that was not meant to: a draft, a post whose date has not come, or files of the workshop \
               such as `.blog/` or `.git/`. A build with `--drafts` was deployed, or the site's folder instead of its output folder. \
               Take it down first; then see what else was deployed with it.",
    },
    Code {
        code: "live/feed-ids",
        exit: Exit::Drift,
        text: "Feed readers know a post by its id. Here a post that is in both the deployed feed and the local build has two ids: \
               every reader would show it, and with it often the whole feed, as new. Ids come from `feed_authority`, the date and the \
               file's name; find out which of them changed. A deployed feed that is gone or cannot be read is drift as well.",
    },
    Code {
        code: "init/nothing",
        exit: Exit::Unknown,
        text: "`blog check --init` found no page to learn from: the folder holds no HTML, or the host answered none of its \
               pages. Nothing was written. Name the folder with the finished pages (not the sources), or the address of \
               the home page.",
    },
];
