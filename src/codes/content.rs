//! The codes of source files, front matter, addresses and links.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    // Links, code and footnotes: `article`.
    Code {
        code: "link/broken",
        exit: Exit::Site,
        text: "A link or an image in a post leads to a source file, a heading or a co-located file that does not exist. \
               Readers would get \"not found\", so the site is not built. Links may be written as `@/posts/name.md#heading` \
               (from `content/`), relative to the file (`../name.md`, `picture.png`), or as an address of the site (`/tags/`); \
               addresses of the site are checked later, in the written pages. Mend the link, or take it out.",
    },
    Code {
        code: "link/ambiguous",
        exit: Exit::Site,
        text: "A link by name, `[[name]]`, can mean several posts: a name may be that of a file, a title or the last part of an \
               address, and case makes no difference. Which one a reader would come to should not depend on chance. Write the \
               file's path below `content/`, as in `[[posts/name]]` or `[[posts/name|the words to show]]`, or rename one of them.",
    },
    Code {
        code: "link/hidden",
        exit: Exit::Site,
        text: "A link leads to a post that exists but is not shown: a draft, a post whose date has not come, or one that has expired. \
               Its page is not written, so the link would be dead. Publish that post, take the link out, or build with \
               `--drafts` or `--future` to see both.",
    },
    Code {
        code: "link/unsafe",
        exit: Exit::Site,
        text: "A link with `javascript:`, `vbscript:` or `data:` would run a script or show a page of its own making in a reader's browser. \
               With `html = false` under `[markdown]`, which says that authors are not trusted with markup, such a link loses its \
               address and keeps its text. Link to a page or a file instead, or set `html = true` if you trust all authors.",
    },
    Code {
        code: "math/invalid",
        exit: Exit::Site,
        text: "A formula is no TeX that can be shown, or holds a link or a label, which belong outside of it. With \
               `math = true` under `[markdown]`, what stands between dollar signs is a formula if no blank follows the \
               first sign and none precedes the last. The frame shows the part that could not be read. Write `\\$` for \
               a dollar sign that opens no formula.",
    },
    Code {
        code: "code/language",
        exit: Exit::Site,
        text: "A block of code names a language that no grammar is known for, so it is shown without colours. Often the name is a \
               typing error; else write `text`, and the warning goes away. The name is the first word after the fence; more than \
               200 languages are known by name and by the ending of their files (`rust` and `rs`).",
    },
    Code {
        code: "code/long-line",
        exit: Exit::Site,
        text: "A line of code is longer than 10,000 bytes. Grammars may need time that grows with the square of a line's length, so the \
               block is shown without colours. Minified code is rarely worth showing: shorten the line, or name the language `text`.",
    },
    Code {
        code: "code/grammar",
        exit: Exit::Site,
        text: "The grammar of a language failed on a block of code, so that block is shown without colours; the rest of the site is not \
               touched. This is a fault of the grammar, not of the code. Name the language `text` to silence the note.",
    },
    Code {
        code: "highlight/theme",
        exit: Exit::Usage,
        text: "`[highlight] light` and `dark` name the colours of code. Ours are `github-light` and `github-dark`; these come with the \
               grammars: catppuccin-frappe, catppuccin-latte, catppuccin-macchiato, catppuccin-mocha, coldark-cold, coldark-dark, \
               darkneon, dracula, github, gruvbox-dark, gruvbox-light, inspiredgithub, 1337, monokai-extended, \
               monokai-extended-bright, monokai-extended-light, monokai-extended-origin, nord, onehalfdark, onehalflight, \
               solarized-dark, solarized-light, sublime-snazzy, twodark, zenburn, base16-eighties-dark, base16-mocha-dark, \
               base16-ocean-dark and base16-ocean-light. Only ours are checked for contrast.",
    },
    Code {
        code: "footnote/unused",
        exit: Exit::Site,
        text: "A footnote is defined, but nothing in the post refers to it, so it is not written. Often its name is misspelt in \
               the text: `[^name]` there and `[^name]:` at the note must be the same. Add the reference, or delete the note.",
    },
    Code {
        code: "source/unreadable",
        exit: Exit::World,
        text: "A file or folder of the site could not be read: usually a permission is missing. Leaving it out would \
               publish a site with a hole in it, so the build stops.",
    },
    Code {
        code: "source/not-utf8",
        exit: Exit::Site,
        text: "A text file is not UTF-8, from the byte that is named on. It was probably saved by an old editor as \
               Latin-1 or UTF-16. Guessing would publish wrong letters. Save it again as UTF-8; whether with or \
               without a byte order mark makes no difference.",
    },
    Code {
        code: "source/name-not-utf8",
        exit: Exit::Site,
        text: "The name of a file is not UTF-8, so no address can be made of it that means the same everywhere. \
               Rename the file.",
    },
    Code {
        code: "source/same-name",
        exit: Exit::Site,
        text: "Two files have names that look the same and differ only in how an accent is stored, as one letter or \
               as a letter and a mark. Some file systems cannot keep both. Remove or rename one of them.",
    },
    Code {
        code: "source/not-a-file",
        exit: Exit::Site,
        text: "Something in the site's folders is a pipe, a socket or a device. Reading it could wait for ever. Remove it.",
    },
    Code {
        code: "source/link-leaves",
        exit: Exit::Site,
        text: "A symbolic link leads out of the site's folder. Following it would make the site depend on this machine, \
               and could publish files that were never meant to be. Links that stay inside the site are followed. Copy \
               what you need into the site.",
    },
    Code {
        code: "source/link-loops",
        exit: Exit::Site,
        text: "A symbolic link leads to a folder that it lies in itself, so following it would never end. Remove it.",
    },
    Code {
        code: "source/link-broken",
        exit: Exit::Site,
        text: "A symbolic link leads to nothing. Remove it, or put back what it leads to.",
    },
    Code {
        code: "source/no-content",
        exit: Exit::Success,
        text: "The site has no folder `content/`, so nothing but its lists and static files is built. Posts go to \
               `content/posts/`, pages directly into `content/`. `blog new` writes a first one.",
    },
    Code {
        code: "source/control-character",
        exit: Exit::Success,
        text: "A text file holds a character such as NUL or ESC that neither HTML nor XML can hold; one of them makes a \
               whole feed unreadable. It was replaced by U+FFFD, the mark for a letter that is not known. It often \
               comes from pasting out of a terminal or a PDF. Take it out.",
    },
    Code {
        code: "front/fence",
        exit: Exit::Site,
        text: "The front matter is not fenced in. It begins with `+++` (TOML) or `---` (YAML) alone on the first \
               line and ends with the same line again. With a fence that is almost right, the settings would be \
               published as text, and a draft would be shown.",
    },
    Code {
        code: "front/syntax",
        exit: Exit::Site,
        text: "The front matter is not TOML, YAML or JSON, whichever its fence says. The frame shows where the \
               parser stopped; what is wrong is often just before. In YAML, text with a colon or a leading `@` \
               needs quotes.",
    },
    Code {
        code: "front/type",
        exit: Exit::Site,
        text: "A key of the front matter has a value of another type than it needs: a number where text is \
               expected, text where a list is. The message names both. In TOML, text stands in quotes; dates, \
               numbers, `true` and `false` do not.",
    },
    Code {
        code: "front/value",
        exit: Exit::Site,
        text: "A value in the front matter has the right type and still cannot be used: a date that the calendar \
               does not have, an address that is none. The hint shows what would do.",
    },
    Code {
        code: "front/missing-key",
        exit: Exit::Site,
        text: "A key that the front matter needs is missing. The hint shows what to add.",
    },
    Code {
        code: "front/unknown-key",
        exit: Exit::Site,
        text: "The front matter has a key that no part of the program reads. A misspelt `draft` or `aliases` that \
               is silently ignored publishes what should be hidden or breaks an old address, so this is an error. \
               Keys of your own go under `[extra]` (in YAML `extra:`), where templates find them. The names that \
               Hugo, Zola and Jekyll give to the same things are understood.",
    },
    Code {
        code: "front/twice",
        exit: Exit::Success,
        text: "Two keys of the front matter say the same thing under different names, as `lastmod` and `updated`. \
               The engine's own name is used and the other one is ignored. Take the other out.",
    },
    Code {
        code: "front/in-extra",
        exit: Exit::Success,
        text: "A key that the engine knows stands under `[extra]`, where it has no effect. In TOML a key belongs to \
               the last `[table]` above it, so everything below `[extra]` is yours. Move it above that line if you \
               mean the engine's.",
    },
    Code {
        code: "post/home-index",
        exit: Exit::Site,
        text: "`content/index.md` would be a page at the address of the home page, which is a list of posts. \
               `content/_index.md`, with an underscore, gives the home page its title and text. Rename it.",
    },
    Code {
        code: "post/no-date",
        exit: Exit::Success,
        text: "A file in a folder of dated posts has no date. Without a date it is a page: it has its address, but \
               the home page, archives, terms and feeds leave it out. Give it a `date`, or begin its file name with \
               the day.",
    },
    Code {
        code: "post/index-beside-posts",
        exit: Exit::Success,
        text: "An `index.md` makes its folder one page with files beside it, but there are posts in the same \
               folder. To give the folder's list a title and a text, the file is called `_index.md`, with an \
               underscore.",
    },
    Code {
        code: "feed/empty-section",
        exit: Exit::Success,
        text: "A `[[feeds]]` table asks for the feed of a section in which there is neither a post nor a page. The feed \
               is written, and it stays empty. Perhaps the folder below `content/` has another name.",
    },
    Code {
        code: "post/undated-terms",
        exit: Exit::Success,
        text: "A file without a date is a page, and lists of tags or categories hold posts. Its terms are therefore \
               named nowhere. Give it a `date`, or take the terms out.",
    },
    Code {
        code: "series/same-index",
        exit: Exit::Site,
        text: "Two posts of a series have the same `series_index`, so that nobody can say which is read first. Often one was \
               copied from the other. Number them apart, or leave `series_index` out of all of them: then the oldest comes first.",
    },
    Code {
        code: "data/syntax",
        exit: Exit::Site,
        text: "A file below `data/` is no TOML, YAML, JSON or CSV, as its ending says it should be. A CSV file has the names of its \
               columns in the first row, commas between values, and as many values in each row; a value with a comma or a line \
               end stands in quotation marks. The line is shown where it stops making sense.",
    },
    Code {
        code: "data/same-name",
        exit: Exit::Site,
        text: "Two files below `data/` differ only in their ending, or a file is named as a folder beside it, so that templates \
               could not tell them apart: both would be `data.name`. Rename one.",
    },
    Code {
        code: "data/kind",
        exit: Exit::Success,
        text: "Files below `data/` are for templates, which read `.toml`, `.yaml`, `.json` and `.csv`. Another file there is seen by nobody. \
               Put it into `static/` if readers are to get it, or out of the site.",
    },
    Code {
        code: "pages/no-data",
        exit: Exit::Site,
        text: "A `[[pages]]` table of `site.toml` makes pages of a data file that is not there, or that cannot be read. Its `data` is the \
               file's path below `data/`: `data = \"books.csv\"`.",
    },
    Code {
        code: "pages/rows",
        exit: Exit::Site,
        text: "A `[[pages]]` table makes a page of each row of a data file, and something there is no row: a row gives its values names. A CSV \
               file is a list of rows; in the other formats a list of tables is one, or a table whose values are tables. Where the list \
               stands within the file, `rows` says how it is reached: `rows = \"shop.books\"`.",
    },
    Code {
        code: "pages/column",
        exit: Exit::Site,
        text: "A text in `[[pages]]` names a column, as `:slug` does, that no row of the data file has. Every page would lack it. Mend the \
               name; if a colon is meant, write `::`.",
    },
    Code {
        code: "taxonomy/undeclared",
        exit: Exit::Site,
        text: "The front matter groups the post by a taxonomy that `site.toml` does not declare. `tags`, \
               `categories` and `series` are always known; any other needs a table `[taxonomies.NAME]`, so that a \
               typing mistake does not make a new one.",
    },
    Code {
        code: "taxonomy/collision",
        exit: Exit::Site,
        text: "Two different terms of a taxonomy would have the same address, as `a b` and `a-b`. One would \
               overwrite the other. Spellings that differ only in upper and lower case are one term and no \
               collision. Write the term in one way everywhere, or give one of them a `slug` in its `_index.md`.",
    },
    Code {
        code: "taxonomy/empty-slug",
        exit: Exit::Site,
        text: "No address can be made of a term, because it has no letter and no digit. Rename it, or give it a \
               `slug` in its `_index.md`.",
    },
    Code {
        code: "taxonomy/two-pages",
        exit: Exit::Site,
        text: "Two `_index.md` files speak for the same term, and its page can show only one of them. Keep one, and move \
               what the other says into it.",
    },
    Code {
        code: "route/collision",
        exit: Exit::Site,
        text: "Two things of the site want the same address, or addresses that some file system or web server \
               cannot tell apart: they differ only in case, in how an accent is stored, or one needs a file where \
               the other needs a folder. One would silently overwrite the other, and which one would depend on the \
               machine. Both are named; give one of them another `slug`, `path` or file name.",
    },
    Code {
        code: "route/alias-self",
        exit: Exit::Site,
        text: "An alias is the address of the post itself. It would redirect to itself for ever. Take it out.",
    },
    Code {
        code: "route/unsafe",
        exit: Exit::Site,
        text: "An address would leave the output folder, or is one that no file can have: it has `..`, an empty \
               part, a backslash, a control character, a query, or names another host. Write an address within the \
               site, as `/old/way.html`.",
    },
    Code {
        code: "route/empty-slug",
        exit: Exit::Site,
        text: "No address can be made of a file's, folder's or post's name, because nothing in it is a letter or a \
               digit of any script. Rename it, or set `slug` or `path` in the front matter.",
    },
    Code {
        code: "route/needs-date",
        exit: Exit::Site,
        text: "The pattern for addresses in this section has `:year`, `:month` or `:day`, and the file has no date. \
               Give it a `date`, or an address of its own with `path`.",
    },
    Code {
        code: "path/not-portable",
        exit: Exit::Success,
        text: "An address has a part that Windows cannot keep as a file name: a colon or another reserved \
               character, a dot at its end, or the name of a device such as `aux`. The site works where it is built \
               and served from Linux or macOS; a checkout of the output on Windows fails. Set a `slug` without it.",
    },
    Code {
        code: "lastmod/git",
        exit: Exit::Usage,
        text: "With `lastmod = \"git\"` the time of a page's last change is that of its last commit, and git could not be asked: \
               it is not installed, the site lies in no repository, or there is no commit yet. A page without its time would \
               differ from the same page built elsewhere, so nothing is built. Build in a checkout, or take `lastmod` out.",
    },
    Code {
        code: "lastmod/shallow",
        exit: Exit::Usage,
        text: "With `lastmod = \"git\"` the time of a page's last change is that of its last commit. A shallow clone, which most \
               CI makes by default, has only the newest commits, and to it all older files seem to be changed by the oldest of \
               those: every page would claim a change that never was. Fetch the whole history: `git fetch --unshallow`, or \
               `fetch-depth: 0` for `actions/checkout`, or `GIT_DEPTH: 0` in GitLab CI. A clone without old files \
               (`--filter=blob:none`) is enough.",
    },
    Code {
        code: "feed/same-id",
        exit: Exit::Site,
        text: "Two posts have the same id in feeds: ids are made of the day and the file's name, or two posts set \
               the same `id`. A feed reader would take them for one and show only one. Rename one of the files, or \
               give the newer post an `id` of its own; never change that of a post that subscribers have seen.",
    },
    Code {
        code: "image/broken",
        exit: Exit::Site,
        text: "A post or a template shows a picture that cannot be read: its file is empty, was cut off, holds something else \
               than a picture, or changed while the site was built. Readers would see nothing, so the site is not built. \
               Open the file in a picture viewer and save it again, or copy it once more from where it came.",
    },
    Code {
        code: "image/too-large",
        exit: Exit::Site,
        text: "A post or a template shows a picture with more pixels than the limit, or in a file of more than 256 MB. Such a file may \
               be small and take all memory once it is decoded, so it is refused by what its head says, before anything is \
               decoded. Make it smaller; if it is what it seems, raise `max_megapixels` under `[images]`.",
    },
    Code {
        code: "image/unread",
        exit: Exit::Success,
        text: "A file has a picture's name, and cannot be read as one. No page shows it, or that would be an error; it is \
               published as it is. Its metadata could not be taken out either: it may say where and when it was taken. Take the \
               file away, or mend it.",
    },
    Code {
        code: "image/misnamed",
        exit: Exit::Success,
        text: "A file holds a picture of another kind than its name says, as a JPEG that is called `.png`. Hosts tell browsers what \
               a file is by its name, and some readers of feeds believe them. Rename it, and the places that show it.",
    },
    Code {
        code: "image/missing",
        exit: Exit::Success,
        text: "`image` in front matter names the picture that previews of a page show: a file beside the post (`sea.jpg`), one below \
               `content/` (`@/posts/trip/sea.jpg`), one below `static/` (`/img/sea.jpg`), or an address on another host. Nothing stands \
               where this one points. The preview still shows the page; the check of a build fails, because the page links to nothing.",
    },
    Code {
        code: "image/card-letters",
        exit: Exit::Success,
        text: "With `cards = true` under `[images]` each post without a picture gets a card with its title, for those who share it. \
               The fonts of the cards have Latin, Greek and Cyrillic letters; this title has others, or signs alone, so the post has no card and \
               is shared without a picture. Give it an `image` in its front matter. Where it is the site's name that cannot be set, cards \
               are drawn without it.",
    },
];
