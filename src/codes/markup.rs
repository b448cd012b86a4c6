//! The codes of what stands in texts: shortcodes, hooks, alerts.

use super::Code;
use crate::diagnostic::Exit;

/// The rows.
pub(super) const CODES: &[Code] = &[
    Code {
        code: "shortcode/unknown",
        exit: Exit::Site,
        text: "A post calls a shortcode that neither the program, nor the theme, nor the site has. Its place on the \
               page would be empty, so the site is not built. Mend the name, or write the shortcode in \
               `templates/shortcodes/`. To show such a thing as text, write `{{/* name() */}}`, or put it into \
               code.",
    },
    Code {
        code: "shortcode/argument",
        exit: Exit::Site,
        text: "A shortcode is called with an argument that it does not take, without one that it needs, with a \
               value of another kind, or with a text where it encloses none. The message names the argument and its \
               line. Each shortcode's signature is in the documentation, or in the first line of its template.",
    },
    Code {
        code: "shortcode/syntax",
        exit: Exit::Site,
        text: "Something begins like a shortcode, `{{ name(` or `{% name(`, and does not go on like one: a quote, a \
               comma or a bracket is missing. It would stand on the page as text, so the site is not built. Mend it \
               at the place that is shown. To show it as text, write `{{/* … */}}`, or put it into code.",
    },
    Code {
        code: "shortcode/unclosed",
        exit: Exit::Site,
        text: "A shortcode that encloses a text, `{% name() %}`, has no `{% end %}`, so it is not known where its \
               text ends. Write `{% end %}` on a line of its own.",
    },
    Code {
        code: "shortcode/misplaced",
        exit: Exit::Site,
        text: "A shortcode stands where its HTML could not: a block within a line, its beginning and end in \
               different lists or quotes, in a link's address or an image's text, or too deep within others. Put \
               it, and its `{% end %}`, on lines of their own.",
    },
    Code {
        code: "shortcode/end",
        exit: Exit::Success,
        text: "`{% end %}` stands where no shortcode is open. It stays as text. Take it out, or write `{%/* end \
               */%}` if readers are meant to see it.",
    },
    Code {
        code: "shortcode/foreign",
        exit: Exit::Success,
        text: "A text has shortcodes in the writing of Hugo or of newer versions of Zola. They are not carried out, \
               and readers would see them as they are. The hint shows how the first one is written here; the others \
               of the file go the same way.",
    },
    Code {
        code: "hook/unknown",
        exit: Exit::Site,
        text: "A file in `templates/hooks/` has a name that no hook has, so nothing would ever ask it. There are \
               `link.html`, `image.html`, `heading.html`, `blockquote.html`, `table.html`, `code.html`, and \
               `code-LANGUAGE.html` for code of one language. Parts that several hooks include belong into another \
               folder, such as `templates/partials/`.",
    },
    Code {
        code: "hook/nested",
        exit: Exit::Site,
        text: "What hooks write is nested more than 32 deep in a text: quotes within quotes. Each hook gets the whole \
               text of those within it, so that it would be copied again and again. Take some of the quotes out.",
    },
    Code {
        code: "shortcode/signature",
        exit: Exit::Site,
        text: "A template in `templates/shortcodes/` does not begin with a signature that can be read: `{# \
               name(key: text, other: number = 1) #}`, with `with body` before the end if the shortcode encloses a \
               text. The signature is what tells a misspelt argument in a post from a right one.",
    },
];
