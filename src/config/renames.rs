//! Gives the keys of `site.toml` today's names: other engines' and older ones are read all the same, with a warning.

use super::FILE;
use super::keys::KEYS;
use crate::diagnostic::Diagnostic;
use crate::fields::keys::{Kind, Renamed, settle};
use crate::fields::{Document, Table};

/// Renames keys in place, those of overlays too, and returns those that had another name.
pub fn renames(table: &mut Table) -> Vec<Renamed> {
    let mut found = Vec::new();
    let elsewhere = |name: &str| (name == "overlay").then_some(Kind::Table(KEYS));
    settle(table, &Kind::Table(KEYS), &elsewhere, &mut found);
    found
}

/// Says which keys have another name today.
pub(super) fn apply(table: &mut Table, document: &Document) -> Vec<Diagnostic> {
    let renamed = renames(table).into_iter();
    renamed
        .map(|one| {
            let (message, hint) = match one.is_twice {
                true => (
                    format!("`{}` says the same as `{1}`, which is there too: `{1}` is used", one.written, one.name),
                    format!("take `{}` out, or let `blog upgrade` do it", one.written),
                ),
                false => (
                    format!("`{}` is called `{}` in `{FILE}`; it is read all the same", one.written, one.name),
                    format!("write `{}`, or let `blog upgrade` do it", one.name),
                ),
            };
            let told = Diagnostic::warning("config/renamed", message).at(document.place(one.span)).hint(hint);
            if one.is_twice { told } else { told.fixed_by(one.name) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, World, read};

    #[test]
    fn a_key_of_another_engine_is_read_with_a_warning_that_has_its_place() {
        let text = "title = \"T\"\nbaseURL = \"https://x.example/\"\nlanguageCode = \"nl\"\nlang = \"fr\"\n\
                    [env.s]\nbaseurl = \"https://s.example/\"\n";
        let overrides = Overrides { env: Some("s".to_owned()), ..Overrides::default() };
        let config = read("/x".as_ref(), text, &overrides, &World::default()).unwrap();
        assert_eq!((config.base_url.as_str(), &*config.language), ("https://s.example/", "nl"));
        let told: Vec<_> = config
            .warnings
            .iter()
            .filter(|one| one.code == "config/renamed")
            .map(|one| (one.place.as_ref().unwrap().line_column().unwrap().0, one.message.clone()))
            .collect();
        assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 6], "{told:?}");
        assert!(told[2].1.contains("says the same as `language`"), "{told:?}");
    }
}
