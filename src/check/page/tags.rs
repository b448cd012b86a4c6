//! Owns what is known of elements by their names: one row for each name that the standard treats in a
//! way of its own, or whose attributes the rules ask about.
//!
//! Gives [`Tag`], and what follows from it. All other names, also those that authors make up, are
//! [`Tag::Other`], which the standard treats like `span`.

/// How a parser in the body treats an element: the groups of
/// <https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inbody>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Nothing special: "any other start tag", "any other end tag".
    Plain,
    /// It ends an open paragraph.
    Block,
    /// The same, and no heading may hold it directly.
    Heading,
    /// `li`, `dd`, `dt`: it ends the one before.
    Item,
    /// It goes on in the next block if it is left open.
    Formatting,
    /// It has no content.
    Void,
    /// It has no content, and may stand in the head.
    Head,
    /// Its content is text with character references.
    Rcdata,
    /// Its content is text.
    Rawtext,
    /// Its content is a script.
    Script,
    Noscript,
    Button,
    Form,
    Object,
    Select,
    Option,
    /// `rt`, `rp`.
    RubyText,
    Table,
    Caption,
    ColumnGroup,
    Column,
    /// `tbody`, `thead`, `tfoot`.
    Section,
    Row,
    /// `td`, `th`.
    Cell,
    /// `svg`, `math`: its content has rules of its own.
    Foreign,
    /// It is left to the tree.
    Refused,
}

/// One of the standard's "special" elements.
const SPECIAL: u8 = 1;
/// Its end tag may be left out: the end of an element around it ends it.
const IMPLIED: u8 = 2;
/// Its start tag ends foreign content.
const BREAKOUT: u8 = 4;
/// Its attributes or its text say more than an id.
const FACTS: u8 = 8;
/// Nothing outside can be closed from within, nor can anything be seen from there.
const SCOPE: u8 = 16;

macro_rules! tags {
    ($($variant:ident $name:literal $rule:ident $($mark:ident)*;)*) => {
        /// The name of an element.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Tag {
            $($variant,)*
            /// A name without a row.
            Other,
        }

        const ROWS: &[(&str, Tag, Rule, u8)] = &[$(($name, Tag::$variant, Rule::$rule, 0 $(| $mark)*),)*];
    };
}

tags! {
    A "a" Formatting FACTS;
    Address "address" Block SPECIAL;
    Applet "applet" Refused SPECIAL SCOPE;
    Area "area" Void SPECIAL FACTS;
    Article "article" Block SPECIAL;
    Aside "aside" Block SPECIAL;
    Audio "audio" Plain FACTS;
    B "b" Formatting BREAKOUT;
    Base "base" Head SPECIAL FACTS;
    Basefont "basefont" Refused SPECIAL;
    Bgsound "bgsound" Refused SPECIAL;
    Big "big" Formatting BREAKOUT;
    Blockquote "blockquote" Block SPECIAL BREAKOUT FACTS;
    Body "body" Refused SPECIAL BREAKOUT;
    Br "br" Void SPECIAL BREAKOUT;
    Button "button" Button SPECIAL FACTS;
    Caption "caption" Caption SPECIAL SCOPE;
    Center "center" Block SPECIAL BREAKOUT;
    Code "code" Formatting BREAKOUT;
    Col "col" Column SPECIAL;
    Colgroup "colgroup" ColumnGroup SPECIAL;
    Dd "dd" Item SPECIAL IMPLIED BREAKOUT;
    Del "del" Plain FACTS;
    Details "details" Block SPECIAL;
    Dialog "dialog" Block;
    Dir "dir" Block SPECIAL;
    Div "div" Block SPECIAL BREAKOUT;
    Dl "dl" Block SPECIAL BREAKOUT;
    Dt "dt" Item SPECIAL IMPLIED BREAKOUT;
    Em "em" Formatting BREAKOUT;
    Embed "embed" Void SPECIAL BREAKOUT FACTS;
    Fieldset "fieldset" Block SPECIAL;
    Figcaption "figcaption" Block SPECIAL;
    Figure "figure" Block SPECIAL;
    Font "font" Formatting BREAKOUT;
    Footer "footer" Block SPECIAL;
    Form "form" Form SPECIAL FACTS;
    Frame "frame" Refused SPECIAL;
    Frameset "frameset" Refused SPECIAL;
    H1 "h1" Heading SPECIAL BREAKOUT FACTS;
    H2 "h2" Heading SPECIAL BREAKOUT;
    H3 "h3" Heading SPECIAL BREAKOUT;
    H4 "h4" Heading SPECIAL BREAKOUT;
    H5 "h5" Heading SPECIAL BREAKOUT;
    H6 "h6" Heading SPECIAL BREAKOUT;
    Head "head" Refused SPECIAL BREAKOUT;
    Header "header" Block SPECIAL;
    Hgroup "hgroup" Block SPECIAL;
    Hr "hr" Void SPECIAL BREAKOUT;
    Html "html" Refused SPECIAL SCOPE FACTS;
    I "i" Formatting BREAKOUT;
    Iframe "iframe" Rawtext SPECIAL FACTS;
    Image "image" Refused;
    Img "img" Void SPECIAL BREAKOUT FACTS;
    Input "input" Void SPECIAL FACTS;
    Ins "ins" Plain FACTS;
    Isindex "isindex" Refused SPECIAL;
    Keygen "keygen" Refused;
    Li "li" Item SPECIAL IMPLIED BREAKOUT;
    Link "link" Head SPECIAL FACTS;
    Listing "listing" Block SPECIAL BREAKOUT;
    Main "main" Block SPECIAL;
    Marquee "marquee" Refused SPECIAL SCOPE;
    Math "math" Foreign;
    Menu "menu" Block SPECIAL BREAKOUT;
    Meta "meta" Head SPECIAL BREAKOUT FACTS;
    Nav "nav" Block SPECIAL;
    Nobr "nobr" Refused BREAKOUT;
    Noembed "noembed" Rawtext SPECIAL FACTS;
    Noframes "noframes" Rawtext SPECIAL FACTS;
    Noscript "noscript" Noscript SPECIAL FACTS;
    Object "object" Object SPECIAL SCOPE FACTS;
    Ol "ol" Block SPECIAL BREAKOUT;
    Optgroup "optgroup" Option IMPLIED;
    Option "option" Option IMPLIED;
    P "p" Block SPECIAL IMPLIED BREAKOUT;
    Param "param" Void SPECIAL;
    Plaintext "plaintext" Refused SPECIAL;
    Pre "pre" Block SPECIAL BREAKOUT;
    Q "q" Plain FACTS;
    Rb "rb" Refused IMPLIED;
    Rp "rp" RubyText IMPLIED;
    Rt "rt" RubyText IMPLIED;
    Rtc "rtc" Refused IMPLIED;
    Ruby "ruby" Plain BREAKOUT;
    S "s" Formatting BREAKOUT;
    Script "script" Script SPECIAL FACTS;
    Search "search" Block;
    Section "section" Block SPECIAL;
    Select "select" Select SPECIAL SCOPE;
    Small "small" Formatting BREAKOUT;
    Source "source" Void SPECIAL FACTS;
    Span "span" Plain BREAKOUT;
    Strike "strike" Formatting BREAKOUT;
    Strong "strong" Formatting BREAKOUT;
    Style "style" Rawtext SPECIAL;
    Sub "sub" Plain BREAKOUT;
    Summary "summary" Block SPECIAL;
    Sup "sup" Plain BREAKOUT;
    Svg "svg" Foreign;
    Table "table" Table SPECIAL SCOPE BREAKOUT;
    Tbody "tbody" Section SPECIAL;
    Td "td" Cell SPECIAL SCOPE;
    Template "template" Refused SPECIAL SCOPE;
    Textarea "textarea" Rcdata SPECIAL FACTS;
    Tfoot "tfoot" Section SPECIAL;
    Th "th" Cell SPECIAL SCOPE;
    Thead "thead" Section SPECIAL;
    Title "title" Rcdata SPECIAL FACTS;
    Tr "tr" Row SPECIAL;
    Track "track" Void SPECIAL FACTS;
    Tt "tt" Formatting BREAKOUT;
    U "u" Formatting BREAKOUT;
    Ul "ul" Block SPECIAL BREAKOUT;
    Var "var" Plain BREAKOUT;
    Video "video" Plain FACTS;
    Wbr "wbr" Void SPECIAL;
    Xmp "xmp" Rawtext SPECIAL FACTS;
}

/// How many places the table of names has; more than names, so that a search in it ends.
const PLACES: usize = 512;

/// The rows by the hash of their names, from 1; 0 is a free place.
const TABLE: [u8; PLACES] = {
    let mut table = [0; PLACES];
    let mut row = 0;
    while row < ROWS.len() {
        let mut place = hash(ROWS[row].0.as_bytes());
        while table[place] != 0 {
            place = (place + 1) % PLACES;
        }
        row += 1;
        table[place] = row as u8;
    }
    table
};

const fn hash(name: &[u8]) -> usize {
    let (first, middle, last) = (name[0] as usize, name[name.len() / 2] as usize, name[name.len() - 1] as usize);
    (first * 31 + middle * 7 + last * 113 + name.len() * 67) % PLACES
}

/// Longer names have no row.
const LONGEST: usize = 12;

impl Tag {
    /// How many names there are.
    pub(super) const COUNT: usize = ROWS.len() + 1;

    /// Returns the tag of a name, whatever its case.
    pub(super) fn of(name: &[u8]) -> Tag {
        if name.is_empty() || name.len() > LONGEST {
            return Tag::Other;
        }
        let mut buffer = [0; LONGEST];
        let lower = match name.iter().any(u8::is_ascii_uppercase) {
            false => name,
            true => {
                let lower = &mut buffer[..name.len()];
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                lower
            }
        };
        let mut place = hash(lower);
        loop {
            match TABLE[place] {
                0 => return Tag::Other,
                row => match ROWS[usize::from(row) - 1] {
                    (known, tag, ..) if known.as_bytes() == lower => return tag,
                    _ => place = (place + 1) % PLACES,
                },
            }
        }
    }

    fn row(self) -> (&'static str, Tag, Rule, u8) {
        ROWS.get(self as usize).copied().unwrap_or(("", Tag::Other, Rule::Plain, 0))
    }

    /// Returns its name; nothing for a name without a row.
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns how a parser treats it.
    pub(super) fn rule(self) -> Rule {
        self.row().2
    }

    /// Returns whether it is one of the standard's "special" elements.
    pub(super) fn is_special(self) -> bool {
        self.row().3 & SPECIAL != 0
    }

    /// Returns whether its end tag may be left out.
    pub(super) fn is_implied(self) -> bool {
        self.row().3 & IMPLIED != 0
    }

    /// Returns whether its start tag ends foreign content.
    pub(super) fn breaks_out(self) -> bool {
        self.row().3 & BREAKOUT != 0
    }

    /// Returns whether more than its id may matter.
    pub(super) fn has_facts(self) -> bool {
        self.row().3 & FACTS != 0
    }

    /// Returns whether scopes end at it.
    pub(super) fn bounds_scope(self) -> bool {
        self.row().3 & SCOPE != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        for (row, (name, tag, rule, _)) in ROWS.iter().enumerate() {
            assert_eq!(*tag as usize, row);
            assert_eq!(Tag::of(name.as_bytes()), *tag);
            assert_eq!(Tag::of(name.to_uppercase().as_bytes()), *tag);
            assert_eq!((tag.name(), tag.rule()), (*name, *rule));
            assert!(name.len() <= LONGEST);
        }
        for unknown in ["", "x", "blog-post", "spam", "scriptscriptscript"] {
            assert_eq!(Tag::of(unknown.as_bytes()), Tag::Other);
        }
        assert_eq!((Tag::Other.name(), Tag::Other.rule()), ("", Rule::Plain));
    }
}
