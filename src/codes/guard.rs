//! The codes of what the guard finds on servers, and between servers, pages and the lock.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "lock/entry",
        exit: Exit::Drift,
        text: "`analytics.lock` remembers what was verified once, one entry for each [[analytics]] table of each \
               environment. This code says that a table has no entry, or an entry no table: then nothing is compared, \
               and a change would go unnoticed. If the change is meant, write the lock anew with `blog lock --accept` \
               and commit it.",
    },
    Code {
        code: "lock/changed",
        exit: Exit::Drift,
        text: "A setting under [[analytics]] in site.toml is not what it was when it was locked: the endpoint, the site, \
               an option, or which pages are left out. A wrong site id is the quietest of all failures, because the \
               server answers politely and counts for nobody. Compare the two values that the report names; take the \
               new one over with `blog lock --accept`.",
    },
    Code {
        code: "lock/revision",
        exit: Exit::Drift,
        text: "The snippet that pages carry has revisions, and the lock pins one, so that an upgrade of `blog` never \
               changes what browsers run. A newer revision is a note: take it over with `blog lock --accept` when it \
               suits you. A pinned revision that this `blog` does not know is drift: use the version that wrote the lock.",
    },
    Code {
        code: "tracker/answer",
        exit: Exit::Drift,
        text: "The script that every page loads was asked for. If it is not there (403, 404, a name that does not exist, \
               a certificate that is not good), browsers do not get it either, and nothing is counted: that is drift. If \
               the server is down or busy, nothing could be told: that is unknown, and a second run may tell.",
    },
    Code {
        code: "tracker/address",
        exit: Exit::Drift,
        text: "The script is served from another address than when it was locked. From another host that is drift: \
               whoever owns it runs code on every page of the site. Within the same host it is a note. Find out who \
               redirects, and take the new address over with `blog lock --accept` if it is right.",
    },
    Code {
        code: "tracker/javascript",
        exit: Exit::Drift,
        text: "The address of the script answers 200 with something that is no JavaScript: a login page, a captcha, an error \
               comment of a proxy, nothing at all. Monitors that look at the status see a healthy server, and no visit is \
               counted. Open the address in a private window and see what visitors are served.",
    },
    Code {
        code: "tracker/identity",
        exit: Exit::Drift,
        text: "The script is JavaScript, and lacks the words that every version of the vendor's tracker has. Some other \
               script stands at that address. Compare it with the vendor's; if it is a tracker of your own, say so with \
               `provider = \"custom\"`.",
    },
    Code {
        code: "tracker/bytes",
        exit: Exit::Drift,
        text: "A version and the bytes of its tracker belong together, and this pair is neither locked nor known as \
               released by the vendor. After an upgrade that you meant, look at the difference with `blog lock` and take \
               it over with `blog lock --accept`. If the version did not change, somebody changed the script: find out \
               who before you accept it.",
    },
    Code {
        code: "tracker/hosts",
        exit: Exit::Drift,
        text: "The script names a host that it did not name when it was locked. That is how injected scripts look, and also \
               how a vendor moves its endpoint, which a Content-Security-Policy then blocks. Read the script before you \
               accept it with `blog lock --accept`.",
    },
    Code {
        code: "contract/commands",
        exit: Exit::Drift,
        text: "The snippet on the pages and the tracker that they load do not speak the same language: the snippet gives \
               commands that this tracker does not know. Nothing looks wrong (the page, the server, its version and its \
               address are what they were) and nothing is counted. It happens when one half is upgraded and the other is \
               not. Bring the tracker up to the snippet, or the snippet down to the tracker. Unknown, with the reason \
               `L7`, means that the tracker makes its code as it runs, so that only a browser can tell.",
    },
    Code {
        code: "contract/order",
        exit: Exit::Drift,
        text: "Each command is known, and their order is one in which this tracker does not do what they say: it sends the \
               page view before it was told where to. Put the address and the site first, or upgrade the server.",
    },
    Code {
        code: "contract/endpoint",
        exit: Exit::Drift,
        text: "The snippet sends its hits to another address than site.toml says, or to none. Visits are counted somewhere \
               else or nowhere. Let `{{ analytics() }}` print the snippet, or correct site.toml.",
    },
    Code {
        code: "contract/integrity",
        exit: Exit::Drift,
        text: "A tag may name the digest that its script must have (`integrity`), and ask for leave with `crossorigin`. If the \
               bytes have another digest, or the server gives no leave, browsers refuse to run the tracker and say so \
               only in their console. Digests belong on files that their vendor never changes; on one that changes with each \
               release they are a trap.",
    },
    Code {
        code: "contract/isolation",
        exit: Exit::Drift,
        text: "Pages are sent with `Cross-Origin-Embedder-Policy: require-corp`, as sites do that want to be isolated from \
               others. Browsers then load a script from another host only if that host allows it, by \
               `Cross-Origin-Resource-Policy: cross-origin` or by CORS where the tag has `crossorigin`. The tracker's host \
               does neither. Let it, or send the pages with `credentialless`.",
    },
    Code {
        code: "contract/loading",
        exit: Exit::Drift,
        text: "Some trackers read their settings from the tag that loaded them, and find that tag in one way only: by \
               `document.currentScript`, which a module or a bundle does not have, or by `import.meta.url`, which is a \
               syntax error in a classic script, and with some vendors has to be written into the tag letter by letter. A \
               tracker that does not find its tag loads, says nothing and counts nobody. Load the vendor's own file, as \
               the vendor's snippet does, at its final address.",
    },
    Code {
        code: "contract/domain",
        exit: Exit::Drift,
        text: "The snippet names the hosts that its tracker may count on, or the server has written a domain into the \
               tracker, and this site is not among them: after a move to a new domain, say, or with the script of another \
               site. The server answers politely, and nothing is counted, or it is counted for somebody else. Correct the \
               list in the snippet, or the address of the script.",
    },
    Code {
        code: "contract/referrer",
        exit: Exit::Drift,
        text: "Some servers (a Shynet service with a list of origins) refuse the tracker to pages that do not say where they \
               are, and pages with `Referrer-Policy: no-referrer` do not: no visit to them is counted. Drift only where the \
               server was seen to refuse; where that cannot be told it is unknown, or a note where the server was not asked. \
               Use `strict-origin-when-cross-origin`, for the whole page or on the tag alone (`referrerpolicy`).",
    },
    Code {
        code: "contract/scheme",
        exit: Exit::Drift,
        text: "Tracker or hits go over http. A page that came over https loads no script and sends no hit that way, and \
               says so only in the browser's console. Give the analytics server a certificate and write `https://`. Only \
               this machine itself is exempt.",
    },
    Code {
        code: "contract/policy",
        exit: Exit::Drift,
        text: "A Content-Security-Policy of the pages forbids a part of the analytics: the inline snippet, the tracker, or \
               the hits, which need `connect-src` where they are beacons and `img-src` where they are images. Browsers \
               obey without a word to the visitor. Add what the report names to the policy. Unknown means that the tracker \
               may send in two ways and the policy allows only one of them.",
    },
    Code {
        code: "version/answer",
        exit: Exit::Drift,
        text: "The version of the analytics server, and how it was learned: from the server's own status, from its API with \
               a token, or from the bytes of its tracker. Where a vendor tells it to nobody, the report says \
               `indistinguishable`. Where it is locked and cannot be asked for now (no token, a token that was refused, a \
               server in trouble), it is unknown. A refused token is not sent again for an hour, because servers lock out \
               whoever insists.",
    },
    Code {
        code: "version/accepted",
        exit: Exit::Drift,
        text: "The server runs a version that is neither the locked one nor within `accept`. An upgrade is the moment at \
               which analytics break most often, and nobody notices. Look at what else changed with `blog lock`; take it over \
               with `blog lock --accept`, or let versions pass with `accept = \">=2.5, <3\"` in site.toml.",
    },
    Code {
        code: "collect/site",
        exit: Exit::Drift,
        text: "The server was asked, by a request that records nothing, whether it takes hits for this site. Many servers \
               answer 200 to hits that they throw away, so that it is not the status that counts, but what this vendor \
               is known to answer. Drift means that hits are lost: unknown site, recording switched off, not installed, \
               something else at that address. Unknown means that the server was in trouble.",
    },
    Code {
        code: "collect/control",
        exit: Exit::Drift,
        text: "A probe that cannot fail proves nothing. So a site that cannot exist is asked for too, and has to be \
               answered otherwise. Where a server answers both alike (a GoatCounter with a single site serves any host) \
               the report says `indistinguishable`.",
    },
    Code {
        code: "collect/origin",
        exit: Exit::Drift,
        text: "A tracker that sends its hits with `fetch` needs the server to allow the site's origin \
               (`Access-Control-Allow-Origin`), or browsers throw the request away. Beacons and images arrive without it, so \
               that for those it is a note.",
    },
    Code {
        code: "drill/nothing-guarded",
        exit: Exit::Usage,
        text: "`blog drill` breaks the site's analytics in every way that is known and sees whether the guard notices. \
               `site.toml` names no analytics, so that there is nothing to break. Add an [analytics] table; `endpoint = \
               \"embedded\"` is enough for a drill.",
    },
    Code {
        code: "drill/stand-in",
        exit: Exit::Drift,
        text: "A drill plays the site's analytics servers inside the program, and one of these did not answer as it should, so \
               that nothing could be broken on purpose. This is a fault of `blog` itself, not of your site; please report it.",
    },
    Code {
        code: "readback/stored",
        exit: Exit::Drift,
        text: "`blog check --read-back` sends one hit with a mark that no hit had before, and looks for it in what the \
               server has counted. Servers answer 200 to hits that they throw away or leave in a queue that nobody works \
               off, so that only the statistics themselves prove that a hit was kept. Matomo 5 has a check of its own that \
               records nothing; elsewhere the hit goes to a second site on the same server, named by `canary_site`, and \
               never to the real one. Drift means that the hit was refused, or taken and lost.",
    },
    Code {
        code: "readback/reader",
        exit: Exit::Unknown,
        text: "The hit of a read-back is looked for through the server's reporting interface. That interface is asked \
               before the hit is sent: it must answer, and know nothing of the mark. Where it refuses the token, has moved, \
               has changed its form or is not part of the plan any more, nothing is said about counting: a broken reader is \
               no broken tracking. Put it right first; a refused token is not sent again for an hour.",
    },
    Code {
        code: "trend/reader",
        exit: Exit::Unknown,
        text: "`blog trend` asks the analytics server's reporting interface for the visits of each day, and it did not tell: \
               the token is missing, refused or without the right, the plan has lapsed, the interface has moved or changed \
               its form, or the reports are not being made. Nothing is said about visits, which may well be counted. Where a \
               vendor tells nobody, it is a note and no fault.",
    },
];
