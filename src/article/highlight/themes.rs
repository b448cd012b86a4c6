//! Owns the colour themes of code: our own two, and those that come with the grammars, by name.
//!
//! A theme of ours is a small TOML file; the others are TextMate themes.

use std::str::FromStr;

use serde::Deserialize;
use syntect::highlighting::{Color, FontStyle, ScopeSelectors, StyleModifier, Theme, ThemeItem, ThemeSettings};
use two_face::theme::{EmbeddedLazyThemeSet, EmbeddedThemeName};

use crate::diagnostic::did_you_mean;

/// Our own themes, by name.
const OWN: &[(&str, &str)] = &[
    ("github-light", include_str!("../themes/github-light.toml")),
    ("github-dark", include_str!("../themes/github-dark.toml")),
];

/// Themes that only name a terminal's colours, which a page does not have.
const FOR_TERMINALS: &[EmbeddedThemeName] =
    &[EmbeddedThemeName::Ansi, EmbeddedThemeName::Base16, EmbeddedThemeName::Base16_256];

/// A theme file of ours.
#[derive(Deserialize)]
struct File {
    foreground: String,
    background: String,
    /// Behind lines that the author marks.
    marked: String,
    /// For the numbers of lines.
    numbers: String,
    rules: Vec<Rule>,
}

/// What some scopes look like.
#[derive(Deserialize)]
struct Rule {
    scope: String,
    foreground: Option<String>,
    background: Option<String>,
    style: Option<String>,
}

/// Returns the theme of this name, however it is capitalised or joined (`Solarized (dark)`,
/// `solarized-dark`), or the name that was probably meant.
pub(super) fn find(name: &str) -> Result<Theme, Option<String>> {
    let wanted = plain(name);
    if let Some((_, file)) = OWN.iter().find(|(own, _)| plain(own) == wanted) {
        return Ok(read(file).expect("the themes of this crate are read by a test"));
    }
    let embedded = || EmbeddedLazyThemeSet::theme_names().iter().filter(|theme| !FOR_TERMINALS.contains(theme));
    if let Some(theme) = embedded().find(|theme| plain(theme.as_name()) == wanted) {
        return Ok(two_face::theme::extra().get(*theme).clone());
    }
    let known: Vec<String> =
        OWN.iter().map(|(own, _)| (*own).to_owned()).chain(embedded().map(|theme| spelt(theme.as_name()))).collect();
    Err(did_you_mean(&spelt(name), known.iter().map(String::as_str)).map(str::to_owned))
}

/// Returns a name in the form that we suggest: `Solarized (dark)` → `solarized-dark`.
fn spelt(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

/// Returns a name without what people write differently.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Reads a theme file of ours.
fn read(text: &str) -> Result<Theme, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut scopes = Vec::with_capacity(file.rules.len());
    for rule in file.rules {
        let font_style = match rule.style.as_deref() {
            None => None,
            Some("bold") => Some(FontStyle::BOLD),
            Some("italic") => Some(FontStyle::ITALIC),
            Some("underline") => Some(FontStyle::UNDERLINE),
            Some(other) => return Err(format!("`{other}` is no style")),
        };
        scopes.push(ThemeItem {
            scope: ScopeSelectors::from_str(&rule.scope).map_err(|error| error.to_string())?,
            style: StyleModifier {
                foreground: rule.foreground.as_deref().map(colour).transpose()?,
                background: rule.background.as_deref().map(colour).transpose()?,
                font_style,
            },
        });
    }
    let settings = ThemeSettings {
        foreground: Some(colour(&file.foreground)?),
        background: Some(colour(&file.background)?),
        line_highlight: Some(colour(&file.marked)?),
        gutter_foreground: Some(colour(&file.numbers)?),
        ..ThemeSettings::default()
    };
    Ok(Theme { settings, scopes, ..Theme::default() })
}

/// Reads `#rrggbb`.
fn colour(text: &str) -> Result<Color, String> {
    Color::from_str(text).map_err(|_| format!("`{text}` is no colour"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the contrast of two colours as WCAG 2 defines it.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |colour: Color| {
            let linear = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)
        };
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        if one > other { one / other } else { other / one }
    }

    #[test]
    fn every_colour_of_our_themes_can_be_read_on_its_background() {
        for (name, file) in OWN {
            let theme = read(file).unwrap();
            let text = theme.settings.foreground.unwrap();
            let grounds = [theme.settings.background.unwrap(), theme.settings.line_highlight.unwrap()];
            for ground in grounds {
                assert!(
                    contrast(text, ground) >= 4.5 && contrast(theme.settings.gutter_foreground.unwrap(), ground) >= 4.5
                );
                for item in &theme.scopes {
                    let own = item.style.background.unwrap_or(ground);
                    let ratio = contrast(item.style.foreground.unwrap_or(text), own);
                    assert!(ratio >= 4.5, "{name}: {:?} has {ratio:.2} on {own:?}", item.scope);
                }
            }
        }
    }

    #[test]
    fn our_themes_have_the_same_rules() {
        let rules = |name| find(name).unwrap().scopes;
        let (light, dark) = (rules("github-light"), rules("GitHub Dark"));
        assert_eq!(light.len(), dark.len());
        for (light, dark) in light.iter().zip(&dark) {
            assert_eq!((&light.scope, light.style.font_style), (&dark.scope, dark.style.font_style));
            assert_eq!(light.style.foreground.is_some(), dark.style.foreground.is_some());
            assert_eq!(light.style.background.is_some(), dark.style.background.is_some());
        }
    }

    #[test]
    fn a_theme_is_found_however_its_name_is_written() {
        for name in ["github-light", "Solarized (dark)", "solarized-dark", "Monokai Extended", "catppuccin_mocha"] {
            assert!(find(name).is_ok(), "{name}");
        }
        assert_eq!(find("solarised-dark").unwrap_err().as_deref(), Some("solarized-dark"));
        assert_eq!(find("github-lite").unwrap_err().as_deref(), Some("github-light"));
        assert_eq!(find("ansi").err(), Some(None));
    }

    #[test]
    fn every_theme_that_is_offered_can_be_loaded() {
        for theme in EmbeddedLazyThemeSet::theme_names().iter().filter(|theme| !FOR_TERMINALS.contains(theme)) {
            assert!(find(&spelt(theme.as_name())).is_ok(), "{theme}");
        }
    }
}
