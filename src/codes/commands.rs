//! The codes of commands other than `build`.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "lock/malformed",
        exit: Exit::Usage,
        text: "`analytics.lock` is no TOML of the shape that this version knows, so nothing can be held against it. \
               Perhaps a merge left its marks in it. Take the last good one back from version control; only if there \
               is none, remove it and run `blog lock --accept`, which locks what is deployed now.",
    },
    Code {
        code: "lock/newer",
        exit: Exit::Usage,
        text: "A newer version of blog wrote `analytics.lock`, and this one cannot read all that it says. Judging by \
               half of it would be guessing, so the run stops. Use the version that wrote it, or a newer one.",
    },
    Code {
        code: "lock/missing",
        exit: Exit::Usage,
        text: "There is no `analytics.lock`, and this run may not write one: `--locked` demands that it is there, and \
               where `CI` is set nobody would look at a new one and commit it. Without a lock a build could only \
               say what it saw for the first time. Run `blog build` on your own machine, look at the file, commit it.",
    },
    Code {
        code: "lock/written",
        exit: Exit::Success,
        text: "This was the first build that could verify everything, so it wrote down what it saw: the snippet, the \
               tracker's bytes, the server's version and how it takes hits. It compared that with nothing. Look at the \
               file and commit it; from now on each build is held against it.",
    },
    Code {
        code: "lock/unverified",
        exit: Exit::Unknown,
        text: "What is deployed could not be told, so it can be neither compared nor locked: the server was not \
               reached, or did not answer as this provider does. `blog check` says more. Try again when the server \
               answers.",
    },
    Code {
        code: "lock/differs",
        exit: Exit::Drift,
        text: "What the server answers now is not what `analytics.lock` says. Until somebody decides that the change \
               is wanted, that is drift. If it is (you have upgraded the server), run `blog lock --accept` and commit \
               the file; if not, find out who changed the server.",
    },
    Code {
        code: "init/exists",
        exit: Exit::Usage,
        text: "`blog init` never overwrites a file, and one of those that it would write is there already; nor does \
               `blog check --init` overwrite a `site.toml`. Nothing was written. Name a new folder, or move the file away.",
    },
    Code {
        code: "new/archetype",
        exit: Exit::Usage,
        text: "An archetype is the text that a new post begins as: `archetypes/posts.md` for the section `posts`, or \
               `archetypes/default.md`. This one cannot be read, has a token in double braces that is none, or leaves no room for \
               `--draft`. The tokens are `title`, `quoted_title`, `date`, `day`, `slug` and `section`; a title may hold quotes, so \
               front matter is safest with `title = {{ quoted_title }}`. No post was written.",
    },
    Code {
        code: "new/exists",
        exit: Exit::Usage,
        text: "`blog new` never overwrites a post, and there is one with this title and today's date. Change that \
               one, or choose another title.",
    },
    Code {
        code: "urls/unreadable",
        exit: Exit::Usage,
        text: "`urls.lock` cannot be read: a line is no address, or the file is of a version that this program does not know. \
               After a merge that met with conflicts keep every line of both sides; doubled lines do no harm.",
    },
    Code {
        code: "urls/no-build",
        exit: Exit::Site,
        text: "`blog lock --urls` takes the addresses of the last build, and none is known here. Run `blog build` first; what it \
               wrote is remembered in `.blog/state`.",
    },
    Code {
        code: "feeds/unreadable",
        exit: Exit::Usage,
        text: "`feeds.lock` cannot be read: each line is an id and a source below `content/`, with a space between them. `blog mv` \
               writes it, so that a post keeps its id in feeds when its file is renamed. Without its line readers would be \
               shown the post as a new one.",
    },
    Code {
        code: "feeds/no-build",
        exit: Exit::Site,
        text: "`blog feeds` holds the feed of the last build against the one on the web, and there is no such file in the output \
               folder. Run `blog build` first.",
    },
    Code {
        code: "feeds/no-live",
        exit: Exit::Unknown,
        text: "The feed as subscribers read it now could not be had, or is no feed, so nothing can be said of what they will see. A feed \
               that is not there at all (404 or 410) is no problem: nobody reads it yet.",
    },
    Code {
        code: "feeds/re-sent",
        exit: Exit::Site,
        text: "A post that subscribers have read is in the built feed under another id. Feed readers know entries by their ids \
               alone, so every one of them will show it again as new. Usually a file was renamed by hand, `feed_authority` was \
               changed, or the site has moved from another engine. Give the post its old `id` in front matter; `blog mv` keeps \
               it by itself.",
    },
    Code {
        code: "feeds/lost",
        exit: Exit::Site,
        text: "An entry that subscribers have is not in the built feed, though older ones are: it was taken back, hidden, or moved to \
               another section. Readers keep their copy. If the post comes back, it should come back under the same id.",
    },
    Code {
        code: "mv/refused",
        exit: Exit::Site,
        text: "The post cannot be moved as it was asked for: something is in the way, or the move would break what it must not. \
               Nothing was changed. The message says what to do first.",
    },
    Code {
        code: "mv/failed",
        exit: Exit::World,
        text: "The machine refused a step of the move: a permission, a full disk, a folder that cannot be written to. What was \
               done until then was undone.",
    },
    Code {
        code: "upgrade/by-hand",
        exit: Exit::Success,
        text: "This has another name today, and `blog upgrade` could not tell for certain how to write it: the key stands \
               twice, its value would have to move, or the text would mean something else. The file stays as it is, \
               and is read as before. The hint says what to write.",
    },
    Code {
        code: "upgrade/failed",
        exit: Exit::World,
        text: "The machine refused a step of the upgrade: a permission, a full disk, a folder that cannot be written to. \
               What was done until then was undone.",
    },
    Code {
        code: "new/section",
        exit: Exit::Usage,
        text: "The section of a new post is a folder below `content/`, such as `posts` or `notes/2026`. It cannot \
               leave `content/`, and its parts begin with neither a dot nor an underscore.",
    },
    Code {
        code: "new/title",
        exit: Exit::Usage,
        text: "The file and the address of a new post are made of its title, and nothing is left of this one. A \
               title needs at least one letter or digit, of any script.",
    },
    Code {
        code: "why/unknown",
        exit: Exit::Usage,
        text: "`blog why` was asked for an address or a file that the site does not have. Addresses are written as \
               `/posts/hello/` or as the whole URL, files as `content/posts/hello.md`.",
    },
    Code {
        code: "explain/unknown",
        exit: Exit::Usage,
        text: "There is no diagnostic or verdict of this name. Codes are written as `room/what`; `blog explain` \
               without a code lists all of them.",
    },
    Code {
        code: "usage/arguments",
        exit: Exit::Usage,
        text: "The command line holds something that `blog` does not know, or lacks something that it needs. \
               `blog help COMMAND` shows what each command takes.",
    },
    Code {
        code: "import/from",
        exit: Exit::Usage,
        text: "It is not clear what to import: the engine is none that `blog` can read, nothing lies at the path, or what \
               lies there is not what the engine leaves. `blog import --help` says what PATH has to be.",
    },
    Code {
        code: "import/exists",
        exit: Exit::Usage,
        text: "A file of the new site is there already. An import never writes over anything. Import into a new folder, and \
               take from it what you need.",
    },
    Code {
        code: "import/unreadable",
        exit: Exit::Site,
        text: "One item of the old blog could not be read and was left out: it is not UTF-8, not Markdown, or its front \
               matter is broken. All others were imported. Mend it there and import again, or write it anew here.",
    },
    Code {
        code: "import/shortcode",
        exit: Exit::Site,
        text: "A shortcode of the old engine has no counterpart here. It stands in the new file as it was. Write a template \
               of its name in `templates/shortcodes/`, or write what it stood for.",
    },
    Code {
        code: "import/left",
        exit: Exit::Success,
        text: "Something did not come along, because it means nothing here: templates of another engine, keys that only its \
               themes read. Links are not followed: what they lead to may be anything.",
    },
    Code {
        code: "import/guessed",
        exit: Exit::Success,
        text: "The old blog does not say something that the new one needs, so a guess stands in `site.toml`. Look at it.",
    },
    Code {
        code: "import/unbuilt",
        exit: Exit::Usage,
        text: "The proof compares what was built: the old site's sitemap, feeds or pages with the new one's. Run \
               `blog build` first.",
    },
    Code {
        code: "import/lost",
        exit: Exit::Site,
        text: "Readers who follow old links, or whose feed readers remember old ids, would lose something: an address neither \
               is there nor leads on, or an entry has another id and would be shown as new.",
    },
    Code {
        code: "import/analytics",
        exit: Exit::Success,
        text: "What was found of the old site's analytics. They are recognised in its finished pages, as `blog check --init` does \
               it, and written into `site.toml`, so that the first build verifies them. Without such pages, write the table by hand.",
    },
];
