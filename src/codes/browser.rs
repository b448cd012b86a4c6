//! The codes of what a real browser shows.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "browser/hits",
        exit: Exit::Drift,
        text: "Each layout of the site was opened in a real Chromium, which could reach nothing but this program: the site \
               from its folder, the tracker's bytes as they were fetched, and a counter that nobody else sees. Exactly one \
               page view has to leave each page. None means that nobody is counted, several that everybody is counted \
               several times. In February 2011 everything that could be read looked right, and no hit left: this check is \
               for such days.",
    },
    Code {
        code: "browser/address",
        exit: Exit::Drift,
        text: "A hit says which page was viewed. Here it names another one than the page that sent it, so that visits are \
               counted in the wrong place. A canonical link, a `<base>` element or a script that sets the path are the \
               usual reasons.",
    },
    Code {
        code: "browser/blocked",
        exit: Exit::Drift,
        text: "The browser obeyed a Content-Security-Policy of the page and did not run the snippet, not load the tracker or \
               not send the hit. The report names the directive and the address. Grant exactly that. Where a hit left all \
               the same, this is only a note.",
    },
    Code {
        code: "browser/strangers",
        exit: Exit::Success,
        text: "The pages ask hosts for things that are neither the site nor its analytics: fonts, widgets, a second \
               tracker. During the check nobody was contacted; the list is what a visitor's browser would contact.",
    },
    Code {
        code: "browser/placed-elsewhere",
        exit: Exit::Unknown,
        text: "site.toml says that the snippet is not in the pages as such: the host adds it, a tag manager loads it, or it \
               waits for consent. A browser shows what these pages do by themselves, which proves neither that visitors \
               are counted nor that they are not. `blog check --live` looks at the deployed site.",
    },
    Code {
        code: "browser/disagrees",
        exit: Exit::Success,
        text: "The guard reads pages and trackers (L2), and a browser runs them (L7). Here the two came to different ends. \
               The browser is right: reading was wrong, or it spoke of something that does not keep a hit from leaving. \
               Please report it, so that the guard learns to read better.",
    },
    Code {
        code: "browser/left",
        exit: Exit::Unknown,
        text: "The browser visits every layout once, and further pages that differ in their snippet or policy, two dozen in \
               all. As a note: some pages differ from all that were visited, though none in its layout; the levels that read \
               every page have judged them. As unknown: there are more layouts than that, and some were not visited at all.",
    },
    Code {
        code: "browser/tracker",
        exit: Exit::Unknown,
        text: "A browser needs the tracker's bytes. They were not fetched in this run (it was offline, or the server did not \
               answer), and no copy is kept in `.blog/state` whose digest is in the lock. Run the check once with a \
               connection.",
    },
    Code {
        code: "drill/no-browser",
        exit: Exit::Unknown,
        text: "`blog drill --matrix` opens generated pages in a real Chromium and holds what leaves them against what the \
               guard reads in them. No Chromium was found, or it did not run, so that nothing was compared. Install one, or \
               name it with `BLOG_CHROMIUM`.",
    },
    Code {
        code: "browser/program",
        exit: Exit::Unknown,
        text: "No Chromium was found, or it did not run. It is looked for as `BLOG_CHROMIUM`, `CHROME`, and under its usual \
               names in `PATH`. Nothing was told about what leaves the pages, which is why this is no success.",
    },
];
