//! Owns the options by which an owner tells a tracker to do something else than to count each page at once:
//! what a browser then shows is meant, and no drift.

use crate::config::Analytics;

/// Options by which a tracker is told to count nothing by itself: provider, option, the value that does so.
const WAITING: &[(&str, &str, bool)] = &[
    ("goatcounter", "no_onload", true),
    ("matomo", "requireConsent", true),
    ("umami", "data-auto-track", false),
    ("simple-analytics", "data-auto-collect", false),
    ("fathom", "data-auto", false),
    ("plausible", "autoCapturePageviews", false),
    ("ga4", "send_page_view", false),
];
/// Options by which a page is counted under another path than its own.
const OTHER_PATH: &[(&str, &str)] = &[("goatcounter", "path"), ("ga4", "page_location")];

/// Returns the option by which the tracker is told to count nothing by itself.
pub(super) fn waits(table: &Analytics) -> Option<&'static str> {
    let set = |provider: &str, option: &str, value: bool| {
        table.provider == provider && table.options.get(option).and_then(toml::Value::as_bool) == Some(value)
    };
    WAITING.iter().find(|(provider, option, value)| set(provider, option, *value)).map(|(_, option, _)| *option)
}

/// Returns whether pages are counted under another path than their own.
pub(super) fn name_another_path(table: &Analytics) -> bool {
    OTHER_PATH.iter().any(|(provider, option)| table.provider == *provider && table.options.contains_key(*option))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_that_are_named_are_options_of_their_vendors() {
        let named = WAITING.iter().map(|(provider, option, _)| (provider, option));
        for (provider, option) in named.chain(OTHER_PATH.iter().map(|(provider, option)| (provider, option))) {
            let provider = crate::analytics::find(provider).expect("a vendor that is known");
            assert!(provider.options.iter().any(|row| row.name == *option), "{} has no {option}", provider.name);
        }
    }
}
