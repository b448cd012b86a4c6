//! Owns the classes of coloured code: which scopes share one, what it is called, and the
//! stylesheet that gives it its light and its dark colour.
//!
//! Themes with the same rules (our own two) need one class a token; any other pair gets a class
//! for each. Text in the default colour has none. Names follow from the themes alone, so that no
//! order of files or threads changes a page.

use std::fmt::Write as _;

use syntect::highlighting::{Color, FontStyle, Theme, ThemeItem};
use syntect::parsing::{MatchPower, Scope};

/// What the classes and variables of a scheme start with; of both, where one class serves them.
const LIGHT: &str = "l";
const DARK: &str = "d";
const BOTH: &str = "k";

/// What a piece of code looks like: zero is plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(in crate::article) struct Look([Face; 2]);

/// What one layer makes of it: the numbers of its colours, from 1, and its font.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Face {
    foreground: u8,
    background: u8,
    font: u8,
}

impl Look {
    /// How many bytes one takes.
    pub(super) const BYTES: usize = 6;

    /// Writes it, for [`Look::of_bytes`].
    pub(super) fn to_bytes(self) -> [u8; Look::BYTES] {
        let [one, other] = self.0;
        [one.foreground, one.background, one.font, other.foreground, other.background, other.font]
    }

    /// Reads what [`Look::to_bytes`] wrote.
    pub(super) fn of_bytes(bytes: [u8; Look::BYTES]) -> Look {
        let [foreground, background, font, ..] = bytes;
        let one = Face { foreground, background, font };
        let [.., foreground, background, font] = bytes;
        Look([one, Face { foreground, background, font }])
    }

    /// Returns whether it is plain text.
    pub(in crate::article) fn is_plain(self) -> bool {
        self == Look::default()
    }

    /// Returns whether it shows where there is nothing but blanks.
    pub(super) fn shows_on_blanks(self) -> bool {
        self.0.iter().any(|face| face.background != 0 || face.font & FontStyle::UNDERLINE.bits() != 0)
    }
}

/// The classes for a light and a dark theme.
#[derive(Debug)]
pub(in crate::article) struct Scheme {
    layers: Vec<Layer>,
    stylesheet: String,
    /// The colours of text and of what is behind it, in the light and in the dark.
    text: (Color, Color),
    background: (Color, Color),
}

/// The rules of one theme, or of two with the same rules.
#[derive(Debug)]
struct Layer {
    /// What its classes start with.
    prefix: &'static str,
    /// The rules, with the number of their colours instead of the colours.
    rules: Vec<(ThemeItem, Face)>,
    /// By number less one: the colour in the light and in the dark.
    foregrounds: Vec<Pair>,
    backgrounds: Vec<Pair>,
}

/// A colour in the light and in the dark; a layer of one theme knows only one of them.
type Pair = (Option<Color>, Option<Color>);

impl Scheme {
    /// Makes the classes for two themes.
    pub(super) fn new((light_name, light): (&str, &Theme), (dark_name, dark): (&str, &Theme)) -> Self {
        let layers = match have_same_rules(light, dark) {
            true => vec![Layer::new(BOTH, Some(light), Some(dark))],
            false => vec![Layer::new(LIGHT, Some(light), None), Layer::new(DARK, None, Some(dark))],
        };
        let stylesheet = stylesheet(&layers, (light_name, light), (dark_name, dark));
        let text = (text_colour(light, false), text_colour(dark, true));
        let background = (background_colour(light, false), background_colour(dark, true));
        Scheme { layers, stylesheet, text, background }
    }

    /// Returns the stylesheet.
    pub(super) fn stylesheet(&self) -> &str {
        &self.stylesheet
    }

    /// Returns what text with these scopes looks like.
    pub(super) fn look(&self, scopes: &[Scope]) -> Look {
        let mut look = Look::default();
        for (face, layer) in look.0.iter_mut().zip(&self.layers) {
            *face = layer.face(scopes);
        }
        look
    }

    /// Writes a look as the value of a `style` attribute: one colour for browsers that know no more, then both.
    pub(in crate::article) fn push_style(&self, look: Look, out: &mut String) {
        let mut colours: [Pair; 2] = [(None, None); 2];
        let mut font = 0;
        for (face, layer) in look.0.iter().zip(&self.layers) {
            for (colour, number, known) in
                [(0, face.foreground, &layer.foregrounds), (1, face.background, &layer.backgrounds)]
            {
                let found = usize::from(number).checked_sub(1).and_then(|index| known.get(index));
                let (light, dark) = found.copied().unwrap_or_default();
                let (known_light, known_dark) = colours[colour];
                colours[colour] = (known_light.or(light), known_dark.or(dark));
            }
            if layer.prefix != DARK {
                font = face.font;
            }
        }
        for (property, (light, dark), usual) in
            [("color", colours[0], self.text), ("background", colours[1], self.background)]
        {
            if light.is_some() || dark.is_some() {
                push_colours(property, (light.unwrap_or(usual.0), dark.unwrap_or(usual.1)), out);
            }
        }
        for (style, _, property, value) in FONTS {
            if font & style.bits() != 0 {
                let _ = write!(out, "{property}:{value};");
            }
        }
    }

    /// Writes the colours of a block as a whole as the value of a `style` attribute.
    pub(in crate::article) fn push_ground(&self, out: &mut String) {
        push_colours("color", self.text, out);
        push_colours("background", self.background, out);
    }

    /// Writes the classes of a look.
    pub(in crate::article) fn push_classes(&self, look: Look, out: &mut String) {
        let start = out.len();
        for (face, layer) in look.0.iter().zip(&self.layers) {
            let fonts = FONTS.iter().filter(|(style, ..)| face.font & style.bits() != 0);
            for class in [(face.foreground, ""), (face.background, "g")]
                .iter()
                .filter(|(number, _)| *number != 0)
                .map(|(number, kind)| (Some(*number), *kind))
                .chain(fonts.map(|(_, kind, ..)| (None, *kind)))
            {
                if out.len() > start {
                    out.push(' ');
                }
                out.push_str(layer.prefix);
                out.push_str(class.1);
                if let Some(number) = class.0 {
                    let _ = write!(out, "{number}");
                }
            }
        }
    }
}

/// The fonts: the letter of its class, its property and value.
const FONTS: &[(FontStyle, &str, &str, &str)] = &[
    (FontStyle::BOLD, "b", "font-weight", "bold"),
    (FontStyle::ITALIC, "i", "font-style", "italic"),
    (FontStyle::UNDERLINE, "u", "text-decoration", "underline"),
];

/// Returns whether two themes colour the same scopes, so that one class serves both.
fn have_same_rules(light: &Theme, dark: &Theme) -> bool {
    light.scopes.len() == dark.scopes.len()
        && light.scopes.iter().zip(&dark.scopes).all(|(light, dark)| {
            light.scope == dark.scope
                && light.style.font_style == dark.style.font_style
                && light.style.foreground.is_some() == dark.style.foreground.is_some()
                && light.style.background.is_some() == dark.style.background.is_some()
        })
}

impl Layer {
    fn new(prefix: &'static str, light: Option<&Theme>, dark: Option<&Theme>) -> Self {
        let default = |of: fn(&Theme) -> Option<Color>| (light.and_then(of), dark.and_then(of));
        let text = default(|theme| theme.settings.foreground);
        let ground = default(|theme| theme.settings.background);
        let items = light.or(dark).map(|theme| theme.scopes.as_slice()).unwrap_or_default();
        let mut layer = Layer { prefix, rules: Vec::new(), foregrounds: Vec::new(), backgrounds: Vec::new() };
        for (index, item) in items.iter().enumerate() {
            let style = |theme: Option<&Theme>| theme.and_then(|theme| theme.scopes.get(index)).map(|item| item.style);
            let (light, dark) = (style(light), style(dark));
            let foreground = (light.and_then(|style| style.foreground), dark.and_then(|style| style.foreground));
            let background = (light.and_then(|style| style.background), dark.and_then(|style| style.background));
            let face = Face {
                foreground: number(foreground, text, &mut layer.foregrounds),
                background: number(background, ground, &mut layer.backgrounds),
                font: item.style.font_style.map_or(0, |font| font.bits()),
            };
            layer.rules.push((item.clone(), face));
        }
        layer
    }

    /// Returns what text with these scopes looks like: for each property the rule counts that
    /// matches best, of equal ones the first.
    fn face(&self, scopes: &[Scope]) -> Face {
        let mut face = Face::default();
        let mut powers = [MatchPower(-1.0); 3];
        for (item, found) in &self.rules {
            let Some(power) = item.scope.does_match(scopes) else { continue };
            let mut take = |sets: bool, index: usize, property: &mut u8, value: u8| {
                if sets && power > powers[index] {
                    powers[index] = power;
                    *property = value;
                }
            };
            take(item.style.foreground.is_some(), 0, &mut face.foreground, found.foreground);
            take(item.style.background.is_some(), 1, &mut face.background, found.background);
            take(item.style.font_style.is_some(), 2, &mut face.font, found.font);
        }
        face
    }
}

/// Returns the number of a pair of colours, counted from 1; 0 for the default and for none. More
/// than 255 pairs share the last number: no theme has as many.
fn number(pair: Pair, default: Pair, known: &mut Vec<Pair>) -> u8 {
    if pair == default || pair == (None, None) {
        return 0;
    }
    let index = known.iter().position(|other| *other == pair).unwrap_or_else(|| {
        known.push(pair);
        known.len() - 1
    });
    u8::try_from(index + 1).unwrap_or(u8::MAX)
}

/// Writes the stylesheet. Each class sets its colours as variables, and one rule for each scheme
/// chooses between them.
fn stylesheet(layers: &[Layer], (light_name, light): (&str, &Theme), (dark_name, dark): (&str, &Theme)) -> String {
    let mut css = format!("/* Code in the colours of {light_name} and {dark_name}. */\n");
    css.push_str(LAYOUT);
    // What each scheme says of fonts besides colours.
    let mut fonts = [String::new(), String::new()];
    for layer in layers {
        for (kind, variable, pairs) in [("", "", &layer.foregrounds), ("g", "g", &layer.backgrounds)] {
            for (index, pair) in pairs.iter().enumerate() {
                let _ = write!(css, ".code .{}{kind}{}{{", layer.prefix, index + 1);
                push_variables(&mut css, variable, *pair);
                css.push_str("}\n");
            }
        }
        for (style, kind, property, value) in FONTS {
            if layer.rules.iter().all(|(_, face)| face.font & style.bits() == 0) {
                continue;
            }
            let prefix = layer.prefix;
            if prefix == BOTH {
                let _ = writeln!(css, ".code .{prefix}{kind}{{{property}:{value}}}");
            } else {
                // One scheme's font must not show in the other.
                let _ = writeln!(css, ".code .{prefix}{kind}{{--{prefix}{kind}:{value}}}");
                let _ = write!(fonts[usize::from(prefix == DARK)], ";{property}:var(--{prefix}{kind},inherit)");
            }
        }
    }
    let (light, dark) = (ground(LIGHT, light), ground(DARK, dark));
    let [light_fonts, dark_fonts] = &fonts;
    css.push_str(&rules("", &light, LIGHT, light_fonts));
    css.push_str("@media (prefers-color-scheme:dark){\n");
    css.push_str(&rules(":root:not([data-theme=light]) ", &dark, DARK, dark_fonts));
    css.push_str("}\n");
    css.push_str(&rules(":root[data-theme=dark] ", &dark, DARK, dark_fonts));
    css.push_str("@media print{\n");
    // The root thrice: it must win over both rules for the dark.
    css.push_str(&rules(":root:root:root ", &light, LIGHT, light_fonts));
    css.push_str("}\n");
    css
}

/// How blocks of code are laid out, whatever the colours. Numbers are no text: they are neither
/// copied nor read out.
const LAYOUT: &str = "\
pre.code{overflow-x:auto}\n\
pre.code>code{display:block;width:max-content;min-width:100%}\n\
.code .line{display:block}\n\
.code mark{color:inherit;padding:0}\n\
.code ins,.code del{text-decoration:none}\n\
.code ins{box-shadow:inset .2em 0 #1a7f37}\n\
.code del{box-shadow:inset .2em 0 #cf222e}\n\
.code [data-sign]::before{content:attr(data-sign);display:inline-block;min-width:2ch;text-align:right;\
margin-inline-end:1ch;user-select:none}\n\
.code a[data-line]{color:inherit;text-decoration:none}\n\
.code [data-line]::before{content:attr(data-line);display:inline-block;min-width:3ch;margin-inline-end:2ch;\
text-align:right;user-select:none}\n\
@supports (content:\"a\"/\"b\"){.code [data-line]::before{content:attr(data-line)/\"\"}}\n\
.code [data-line][data-sign]::before{content:attr(data-line) \" \" attr(data-sign)}\n\
.code-title{font-size:.875em}\n";

/// The colours of a block as a whole.
struct Ground {
    text: String,
    background: String,
    marked: String,
    numbers: String,
}

/// Returns the colours of a block as a whole.
fn ground(scheme: &str, theme: &Theme) -> Ground {
    let settings = &theme.settings;
    let (text, background) = (text_colour(theme, scheme == DARK), background_colour(theme, scheme == DARK));
    Ground {
        text: hex(text),
        background: hex(background),
        marked: hex(settings.line_highlight.unwrap_or(background)),
        numbers: hex(settings.gutter_foreground.unwrap_or(text)),
    }
}

fn text_colour(theme: &Theme, dark: bool) -> Color {
    theme.settings.foreground.unwrap_or(if dark { Color::WHITE } else { Color::BLACK })
}

fn background_colour(theme: &Theme, dark: bool) -> Color {
    theme.settings.background.unwrap_or(if dark { Color::BLACK } else { Color::WHITE })
}

/// Writes a property with its colour in the light, and again with that for each scheme.
fn push_colours(property: &str, (light, dark): (Color, Color), out: &mut String) {
    let (light, dark) = (hex(light), hex(dark));
    let _ = write!(out, "{property}:{light};{property}:light-dark({light},{dark});");
}

/// Writes the rules that choose one scheme.
fn rules(within: &str, ground: &Ground, scheme: &str, fonts: &str) -> String {
    let Ground { text, background, marked, numbers } = ground;
    format!(
        "{within}pre.code{{color:{text};background:{background}}}\n\
         {within}.code mark{{background:{marked}}}\n\
         {within}.code [data-line]::before{{color:{numbers}}}\n\
         {within}.code span{{color:var(--{scheme},inherit);background:var(--{scheme}g,none){fonts}}}\n"
    )
}

/// Writes the variables of a pair of colours.
fn push_variables(css: &mut String, variable: &str, (light, dark): Pair) {
    for (scheme, colour) in [("l", light), ("d", dark)] {
        if let Some(colour) = colour {
            if !css.ends_with('{') {
                css.push(';');
            }
            let _ = write!(css, "--{scheme}{variable}:{}", hex(colour));
        }
    }
}

/// Returns a colour as CSS writes it.
fn hex(colour: Color) -> String {
    let Color { r, g, b, a } = colour;
    match a {
        0xff => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => format!("#{r:02x}{g:02x}{b:02x}{a:02x}"),
    }
}

#[cfg(test)]
mod tests;
