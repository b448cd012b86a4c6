//! The codes of what is found in written pages and files.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "snippet/missing",
        exit: Exit::Drift,
        text: "Pages that are to be counted carry no analytics snippet in any form. Visits to them are lost, and nothing \
               else will tell you: the page looks right and the server is up. Usually one template does not print \
               `{{ analytics() }}`, or prints it under a condition; the report names the layout or the section. A page \
               that is not to be counted is listed under `exclude`, or says `analytics = false` in its front matter.",
    },
    Code {
        code: "snippet/misplaced",
        exit: Exit::Drift,
        text: "The snippet stands in the page, but where no browser runs it: in a comment, a `<template>`, a \
               `<noscript>`, an element whose content is only text, or a script of a type that is no script's. A search \
               for its text would find it; a visitor's browser does not. Move it into the head, as a script of its own. \
               If a consent manager is to start it, set `placed = \"consent\"`.",
    },
    Code {
        code: "snippet/doubled",
        exit: Exit::Drift,
        text: "A page carries the same provider's snippet more than once, so each visit is counted more than once. Every \
               number since then is wrong, and cannot be corrected afterwards. Usually both a base template and a page's \
               own template print it, or a plugin adds what the theme has already. Leave one.",
    },
    Code {
        code: "snippet/altered",
        exit: Exit::Drift,
        text: "The snippet on the pages names another site, endpoint, script or option than site.toml does. Visits then go \
               to somebody else's statistics, or nowhere. If the pages are right, correct `[analytics]`; else look for a \
               snippet that was pasted into a template by hand, and use `{{ analytics() }}` in its place. A setting that site.toml \
               does not name and that decides nothing about what is counted (`anonymize_ip`) is a note.",
    },
    Code {
        code: "snippet/insecure",
        exit: Exit::Drift,
        text: "A snippet loads its tracker, or sends its hits, over http. On an https page browsers block that without a \
               word to the visitor; on an http page anybody on the way can change the script. Use https. A server on \
               this machine is exempt.",
    },
    Code {
        code: "snippet/excluded",
        exit: Exit::Drift,
        text: "A page that is to carry no snippet, by `exclude` in site.toml or by `analytics = false` in its front matter, \
               carries one. Somebody promised that visits to it are not counted, and they are. `{{ analytics() }}` keeps \
               the promise by itself; a snippet that was pasted into a template does not.",
    },
    Code {
        code: "snippet/foreign",
        exit: Exit::Drift,
        text: "A page carries the snippet of an analytics provider that site.toml does not list: a theme's default, a \
               remainder of a move, or something that was put there by somebody else. It sends visitors' data where \
               nobody looks after it. Take it out, or list it as a further `[[analytics]]` table, so that it is guarded too.",
    },
    Code {
        code: "snippet/dead",
        exit: Exit::Drift,
        text: "A page carries a snippet whose id belongs to a service that was switched off: Google's Universal Analytics \
               (`UA-…`) since July 2023. Its script still loads and its server still answers 200, so that the page looks \
               counted and is not. Blogs have carried such snippets for years. Beside a live snippet of the same vendor it \
               only costs your readers a request, and is a note. Take it out.",
    },
    Code {
        code: "snippet/tag-manager",
        exit: Exit::Drift,
        text: "A tag manager's container is on some of the pages that are to be counted through it, and not on others: \
               those others are not counted. What a container does when it runs cannot be read in the page; where it stands \
               beside a snippet of its own vendor it may count each visit a second time, and only a browser (level L7) \
               can tell.",
    },
    Code {
        code: "snippet/placed-elsewhere",
        exit: Exit::Success,
        text: "`placed` says that a CDN or a tag manager adds the snippet after the build. The written pages cannot show \
               it, so nothing was verified about it here. Only a real browser on the deployed site can (level L7).",
    },
    Code {
        code: "snippet/unknown-provider",
        exit: Exit::Unknown,
        text: "site.toml names an analytics provider that this version of the engine does not know, so it prints no snippet \
               for it and can tell nothing about it. Correct the name if it is misspelt; `provider = \"none\"` says that \
               nothing is to be guarded.",
    },
    Code {
        code: "snippet/amp",
        exit: Exit::Unknown,
        text: "An AMP page runs no script but AMP's own, so no analytics snippet in it can count, and AMP's analytics \
               element is not judged. List these pages under `exclude`, or stop publishing them.",
    },
    Code {
        code: "snippet/unguarded",
        exit: Exit::Success,
        text: "site.toml lists no analytics, so there is nothing to guard, and `{{ analytics() }}` prints nothing. If pages \
               carry a snippet all the same, describe it in an `[analytics]` table (`provider`, `endpoint`, `site`): then \
               every build proves that it is there and that its server still takes its hits.",
    },
    Code {
        code: "canonical/other-page",
        exit: Exit::Drift,
        text: "The tracker takes the path of a page from its `<link rel=\"canonical\">`, and that link names another page of \
               this site. All such pages are counted as that one page. Let every page's canonical link name the page \
               itself. A link to another host, as on an article that was first published elsewhere, does no harm here: \
               trackers then take the page's own path.",
    },
    Code {
        code: "policy/unread",
        exit: Exit::Success,
        text: "The folder has a `_headers` file with a Content-Security-Policy. Some hosts obey that file and others ignore \
               it; which one yours does is not known, so the policy that visitors get is not known either. If your host \
               obeys it, say `headers_from = \"netlify\"` or `\"cloudflare\"` in site.toml: then the policy is judged at every \
               build. Otherwise only a look at the deployed site tells (level L6).",
    },
    Code {
        code: "secrets/in-output",
        exit: Exit::Site,
        text: "The value of a token stands in a file that would be published. Whoever reads it can do what you can do at \
               that server. Take it out, and replace the token there, since it may have been published before. The value \
               itself is never printed. Tokens belong into the environment, named by `token_env`, and are used by the \
               guard alone.",
    },
    Code {
        code: "output/altered",
        exit: Exit::Site,
        text: "A file of the output folder is not what the engine wrote, or is gone. What is published would not be what \
               was built and verified. Build again. If a later step (a minifier, say) changes the files on purpose, verify \
               its result: `blog check DIR` judges any folder.",
    },
    Code {
        code: "output/foreign",
        exit: Exit::Success,
        text: "The output folder has files that the last build did not write. They are published with the site and are \
               verified like its pages, but nobody keeps track of them. The engine never removes what it did not write.",
    },
    Code {
        code: "check/no-folder",
        exit: Exit::Usage,
        text: "There is no folder to check, or it holds no HTML page, so nothing could be verified; that must not look like \
               success. Build first, or name the folder with the written site: `blog check DIR`.",
    },
    Code {
        code: "check/unreadable",
        exit: Exit::World,
        text: "A file of the written site could not be read, so nothing is known of it, and the report would be about \
               another site than the one that gets published. Usually a permission is missing. A symbolic link is not followed \
               either: web servers serve the pages that it leads to, so put the files themselves in its place. A link to anything \
               but a folder or a page is a note.",
    },
    Code {
        code: "link/broken-page",
        exit: Exit::Site,
        text: "A written page links to an address of this site where no file stands, so a reader gets a 404. The pages are \
               read as they were written, so this also finds links that a theme or a piece of raw HTML makes. Servers \
               tell upper from lower case even where this machine does not.",
    },
    Code {
        code: "link/broken-fragment",
        exit: Exit::Site,
        text: "A link names a part of a page (`#part`) that no element there has as its id. The reader lands at the top of \
               the page. Usually a heading was reworded, which changes its id; give the heading an id of its own with \
               `{#part}` to keep the link alive.",
    },
    Code {
        code: "page/repeated-id",
        exit: Exit::Site,
        text: "Two elements of a page have the same id. Links, scripts and screen readers reach only the first, so the \
               second might as well have none.",
    },
    Code {
        code: "page/title",
        exit: Exit::Site,
        text: "A document has no `<title>` with words in it, or more than one. The title is what a tab, a bookmark and a \
               search result show; of several, browsers take the first. Usually a template prints it under a condition, \
               or both a base template and the page's own.",
    },
    Code {
        code: "page/heading",
        exit: Exit::Site,
        text: "A document has no `<h1>`, or more than one. It is the page's own headline, by which screen readers and search \
               engines know what the page is. Where a template prints the title as `<h1>`, headings in the text begin \
               with `##`. This is a note; `[check.levels]` can make it weigh more, or turn it off.",
    },
    Code {
        code: "page/alt",
        exit: Exit::Site,
        text: "An image has no `alt`, and no other text that says what it shows. Readers who do not see it hear its file name \
               at best. Write the text between the brackets of `![…](…)`; an image that only decorates has an empty one, \
               `alt=\"\"`, which counts as an answer.",
    },
    Code {
        code: "page/loopback",
        exit: Exit::Site,
        text: "A page names an address on `localhost`, 127.0.0.1 or another address of the reader's own machine. What is loaded \
               from there is missing for everybody but its author, so that is an error; a link for people to follow is a \
               warning, because instructions may mean it. Nothing is said where `base_url` itself lies there, nor of an \
               analytics server that site.toml puts there.",
    },
    Code {
        code: "page/preview",
        exit: Exit::Site,
        text: "A page carries the script that `blog serve` adds to what it shows, so it was saved from the preview. It would \
               ask visitors' browsers for changes that never come. Copy the page's source, or what `blog build` writes.",
    },
    Code {
        code: "page/contract",
        exit: Exit::Site,
        text: "A page does not hold what a `[[contract]]` of site.toml demands of it: an element that is to be there is missing, \
               or one that is not to be there is. Elements are counted in the written page as a browser would build it, so \
               it does not matter whether a template, a shortcode or a piece of raw HTML put them there. The report names \
               the page, the layout that made it, its source, and the line of site.toml that asks for it.",
    },
    Code {
        code: "page/contract-idle",
        exit: Exit::Site,
        text: "A `[[contract]]` holds for no page, because no document has an address that its `match` fits. It then proves \
               nothing. Addresses are those of the finished site, without its host: `posts/**` is everything below \
               `/posts/`, `*` stands for one part of an address, and `**` for any number of parts.",
    },
    Code {
        code: "urls/lost",
        exit: Exit::Site,
        text: "An address that was published once, by `urls.lock`, would lead nowhere after this build. Links on other sites, \
               bookmarks and search engines still name it. Let the page that takes its place list it under `aliases`, \
               bring the page back, or say with a `[[gone]]` row in site.toml that it is given up. `blog mv` moves a post \
               and adds the alias by itself.",
    },
    Code {
        code: "urls/not-gone",
        exit: Exit::Site,
        text: "A `[[gone]]` row of site.toml gives up an address at which the build writes a page all the same. One of the two \
               is an oversight.",
    },
    Code {
        code: "feed/unreadable",
        exit: Exit::Site,
        text: "An independent reader cannot read the feed as it was written: it is not well formed, or it holds a control \
               character, which XML forbids even in escaped form. Subscribers' programs would drop the feed, most of them \
               without a word.",
    },
    Code {
        code: "feed/count",
        exit: Exit::Site,
        text: "The feed that site.toml asks for is not there, or has more entries than its limit.",
    },
    Code {
        code: "feed/id",
        exit: Exit::Site,
        text: "An entry of a feed has no id, or shares one with another entry. Readers know entries by their ids: without \
               one they show old posts as new, with a shared one they show only one of the two.",
    },
    Code {
        code: "feed/date",
        exit: Exit::Site,
        text: "An entry of a feed has no date that an independent reader understands. Readers then sort it by chance, or \
               show it as published today, every day.",
    },
    Code {
        code: "feed/relative",
        exit: Exit::Site,
        text: "The text of a feed's entry names an address without a host. In the reader's program it has no page to be \
               relative to, so images are missing and links lead nowhere.",
    },
    Code {
        code: "feed/link",
        exit: Exit::Site,
        text: "An entry of a feed has no link, or one to an address of this site where nothing is written.",
    },
    Code {
        code: "sitemap/broken",
        exit: Exit::Site,
        text: "A sitemap is not well formed, or names an address that is not among the written files. Search engines then \
               trust it less, and pages are found later.",
    },
];
