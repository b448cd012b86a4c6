//! The codes of templates, themes, rendering and feeds.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    // Derived files: hashed names, headers.
    Code {
        code: "asset/changed",
        exit: Exit::Site,
        text: "A file that pages name by its digest (`get_url(path=, cachebust=true)`) was written while the site was built, so \
               that its name would not be its own. A browser keeps such a file for a year, so nothing is published. Build again.",
    },
    Code {
        code: "csp/second-file",
        exit: Exit::Usage,
        text: "`_headers` is to be computed, because of `[csp]` or `[assets] fingerprint`, but the site has a file of that name \
               below `static/` or `content/`. One would replace the other. Move what the file says to `[[headers]]` in \
               `site.toml`; the build puts both into one file.",
    },
    Code {
        code: "csp/too-long",
        exit: Exit::Site,
        text: "The policy that the pages need is longer than hosts read: Cloudflare ignores a line of more than 2,000 characters, \
               and a site without its policy would look protected and not be. Most often inline scripts or `style` attributes \
               differ from page to page, and each has a hash. Move them into files below `static/`, or use classes. With \
               `headers_from = \"netlify\"` there is no such limit.",
    },
    // The search index: `[search]`.
    Code {
        code: "search/folder",
        exit: Exit::Usage,
        text: "`[search]` writes its index below `/pagefind/`, and the site has files of its own there: below `static/`, or a \
               section of that name. The two would be mixed, and an old index would be searched. Give the folder another \
               name, or take `[search]` out of `site.toml`.",
    },
    Code {
        code: "search/failed",
        exit: Exit::Site,
        text: "Pagefind, which makes the search index, gave up. The message says on which page, if it was one. A site whose \
               search finds only some of its pages looks whole and is not, so nothing is published. Leave the page out with \
               `exclude = [\"/the/page/\"]` under `[search]`, or take `[search]` out until it is mended.",
    },
    Code {
        code: "search/not-built-in",
        exit: Exit::Usage,
        text: "`site.toml` has `[search]`, and this program was built without the feature `search`, which takes Pagefind in. \
               Take a `blog` that was built with it, as released ones are, or take `[search]` out.",
    },
    // Words of themes: `i18n`.
    Code {
        code: "words/syntax",
        exit: Exit::Site,
        text: "A file below `i18n/` is no valid TOML. Each line gives a word: `next = \"Next\"`. In the preview the last good \
               words stay until the file is mended.",
    },
    Code {
        code: "words/value",
        exit: Exit::Site,
        text: "A word below `i18n/` is neither a text nor a table of forms for numbers. The forms are `zero`, `one`, `two`, \
               `few`, `many` and `other`; which of them a language uses is settled by the Unicode CLDR, and `other` has to be \
               there: `posts = { one = \"{count} post\", other = \"{count} posts\" }`.",
    },
    Code {
        code: "words/file",
        exit: Exit::Site,
        text: "A file below `i18n/` is not named after a language. Each language has one file, `i18n/de.toml` or \
               `i18n/pt-BR.toml`, beside one another and without folders. Under another name nobody would ever read it.",
    },
    // Stylesheets: `sass`.
    Code {
        code: "sass/invalid",
        exit: Exit::Site,
        text: "A file below `sass/` is no valid Sass, or uses what it does not define: the frame shows the line. Nothing is \
               rendered before all stylesheets compile, because a site without its stylesheet is no site. `@use` and \
               `@import` look beside the file, then in the site's and the theme's `sass/`; the site's file wins over \
               the theme's of the same name. Nothing outside of those two folders is read.",
    },
    Code {
        code: "sass/failed",
        exit: Exit::Site,
        text: "The Sass compiler gave up without saying why. That is a fault of the compiler, not of the stylesheet. Take \
               parts of the file out until it compiles, and write the one that was at fault in another way, or as plain \
               CSS below `static/`.",
    },
    Code {
        code: "sass/warns",
        exit: Exit::Site,
        text: "A stylesheet says something with `@warn` or `@debug`: most often that a mixin is old, or that a value is not \
               what it should be. The stylesheet is compiled all the same. Follow the advice, or take the rule out.",
    },
    Code {
        code: "template/missing",
        exit: Exit::Site,
        text: "A page of the site needs a template that neither the theme nor the site has. The message names the template \
               and the kind of page, or the post whose front matter asks for it. Write the template into `templates/`, take \
               a theme that has it, or correct the name. `docs/templates.md` lists which page uses which template.",
    },
    Code {
        code: "template/syntax",
        exit: Exit::Site,
        text: "A template is not valid Tera: a tag that is not closed, a word that cannot stand where it stands. Nothing is \
               rendered until all templates can be read. Note that a call cannot be followed by a dot: write \
               `{% set page = get_page(path=\"a.md\") %}{{ page.title }}`.",
    },
    Code {
        code: "template/unknown",
        exit: Exit::Site,
        text: "A template uses a filter, a function, a test, a component or another template that does not exist. Most often \
               it is a typing error; the hint names what comes nearest. `docs/templates.md` lists what there is beside \
               Tera's own.",
    },
    Code {
        code: "template/circle",
        exit: Exit::Site,
        text: "A template extends or includes itself, perhaps by way of others, and could never be finished. A site's own \
               template that is to change only a block of the theme's must extend it by its full name: \
               `{% extends \"paper/templates/post.html\" %}`.",
    },
    Code {
        code: "template/component",
        exit: Exit::Site,
        text: "Two templates define a component of the same name, so that nobody can tell which one is meant. Rename one of \
               them. A component of the site may have the name of one of the theme's: then it takes its place.",
    },
    Code {
        code: "template/unstable",
        exit: Exit::Site,
        text: "A template prints `__tera_context`, all variables at once. Their order is another one in each run, so that two \
               builds of the same site would differ, and nobody could tell a real change from that noise. Print the one \
               variable that you want to see: `{{ page | json_encode(pretty=true) }}`.",
    },
    Code {
        code: "template/render",
        exit: Exit::Site,
        text: "A template is valid, but for this page it asked for something that is not there, or a function refused its \
               arguments. The message names the template, the line and the page. A value that may be missing can be given a \
               stand-in: `{{ page.extra.mood | default(value=\"\") }}`; a variable that does not apply to a kind of page is \
               `none`, and `{% if page %}` tells.",
    },
    Code {
        code: "theme/malformed",
        exit: Exit::Usage,
        text: "The theme's `theme.toml` cannot be read: it is no TOML, lacks `name` or `api`, or has a key that is not known. \
               Settings of the theme stand under `[extra]`.",
    },
    Code {
        code: "theme/renamed",
        exit: Exit::Success,
        text: "This template has the name that it has in another engine, or had in an older version. It is used all the \
               same, as long as there is none by today's name. `blog upgrade` renames the file, and what extends or \
               includes it.",
    },
    Code {
        code: "theme/api",
        exit: Exit::Usage,
        text: "The theme was written for another version of the names that templates may use. Such a theme could render pages \
               that look right and lack something, so it is refused. Take a release of the theme and a release of the \
               engine that fit.",
    },
    Code {
        code: "theme/unknown",
        exit: Exit::Usage,
        text: "`blog theme check` was given a name that is no theme of the site and none of the program, and no folder with a \
               `theme.toml`. `blog theme list` names those that there are.",
    },
    Code {
        code: "theme/refused",
        exit: Exit::Site,
        text: "A trial site that `blog theme check` built with the theme did not pass its verification: a layout without \
               `{{ analytics() }}`, a broken link, an id that stands twice. The report above names page, layout and line.",
    },
    Code {
        code: "theme/document",
        exit: Exit::Site,
        text: "A page of the trial site lacks a part that every page needs: `lang` on `<html>`, one `<title>` with words in it, a \
               viewport, one `<main>`, one `<h1>`. Without them a page cannot be found by those who listen, or is unreadable on a \
               telephone. The message names the template; the part most often belongs into the layout that it extends.",
    },
    Code {
        code: "theme/headings",
        exit: Exit::Site,
        text: "A page leaves out a level of headings: after an `<h1>` comes an `<h3>`. People who listen to pages go from heading to \
               heading, and miss a part that is not there. Use the next level, and style it as you like.",
    },
    Code {
        code: "theme/code-colours",
        exit: Exit::Site,
        text: "A page has coloured code, but does not link the stylesheet with its colours, so that all code is of one colour. Link \
               `config.highlight_css` where `page.has_code`, and on lists whose summaries have code.",
    },
    Code {
        code: "theme/feeds",
        exit: Exit::Site,
        text: "A page does not name the site's feeds, so that no feed reader finds them there. Write `{{ feeds() }}` once into the \
               head of the layout.",
    },
    Code {
        code: "theme/unescaped",
        exit: Exit::Site,
        text: "A title, a name or a description was printed as markup: whoever may write a title may then run a script on the site. \
               Templates escape what they print unless `| safe` stands behind it; take it off. What is HTML, as `content` and \
               `summary`, needs no `safe`.",
    },
    Code {
        code: "theme/foreign-request",
        exit: Exit::Site,
        text: "A page of the theme fetches something from another host: a font, a script, a picture. That host learns who reads the \
               site, can change the page, and breaks it when it is gone. Put the file into the theme's `static/`.",
    },
    Code {
        code: "theme/inline",
        exit: Exit::Site,
        text: "A page of the theme carries a script, a style or an event handler in itself. A content security policy that forbids \
               what attackers would put in forbids these as well. Move them into files of `static/`.",
    },
    Code {
        code: "theme/text",
        exit: Exit::Site,
        text: "A template does not print the text of what it shows: the words of a post, of a page, of a section's `_index.md` or a \
               term's. Whoever writes them would find them nowhere. Print `content` where it belongs.",
    },
    Code {
        code: "theme/unreachable",
        exit: Exit::Site,
        text: "There are posts, or further pages of a list, that nobody reaches who begins at the home page and follows links: most \
               often a list that does not link its next page. Readers and search engines find them by chance only.",
    },
    Code {
        code: "theme/setting",
        exit: Exit::Usage,
        text: "A key under `[extra]` of `site.toml` has another type than the theme's default for it: a text where the theme \
               counts, say. The hint shows the theme's own value.",
    },
    Code {
        code: "feed/bad-id",
        exit: Exit::Site,
        text: "The `id` in a post's front matter is no URI, and one of the site's feeds is Atom, which allows nothing else. \
               Write a whole address or a `tag:` URI, or leave the key out: then the id is made from `feed_authority`, the \
               date and the file's name. In RSS and JSON Feed any text will do, as the ids of a blog that came from Drupal.",
    },
    Code {
        code: "feed/html",
        exit: Exit::Site,
        text: "The HTML of a post could not be rewritten with absolute links, which a feed needs because readers show it on \
               another host. Look for raw HTML in the post that no browser could make sense of.",
    },
    Code {
        code: "route/unknown",
        exit: Exit::Site,
        text: "An address was asked for at which the site has nothing. In a build this cannot happen, because a build asks \
               only for the addresses that it found itself.",
    },
];
