//! Reads the analytics tables of site.toml.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use semver::VersionReq;
use url::Url;

use super::read::choice;
use super::{Analytics, Endpoint, OnUnknown, Placed, Token, World};
use crate::analytics;
use crate::fields::Fields;

/// Reads `[[analytics]]`; a table with `provider = "none"` says that nothing is to be guarded.
pub(super) fn read_all(fields: &mut Fields<'_>, world: &World) -> Vec<Analytics> {
    let tables = fields.plain_tables("analytics").unwrap_or_default();
    let mut all = Vec::new();
    for (index, (table, span)) in tables.into_iter().enumerate() {
        let mut row = fields.below(format!("analytics.{index}"), span.clone(), table);
        let provider = row.span_of("provider").unwrap_or(span);
        let options = row.span_of("options").unwrap_or(provider.clone());
        if let Some(analytics) = read_one(&mut row, world) {
            let at = if analytics::find(&analytics.provider).is_some() { options } else { provider };
            for problem in analytics::problems(&analytics) {
                row.refuse(at.clone(), problem);
            }
            all.push(analytics);
        }
        row.finish();
    }
    all
}

fn read_one(row: &mut Fields<'_>, world: &World) -> Option<Analytics> {
    let provider = row.required_string("provider", "\"goatcounter\"");
    let none = provider.as_deref() == Some("none");
    let script = read_url(row, "script");
    let endpoint = match none {
        true => row.string("endpoint").and(None),
        false => read_endpoint(row, provider.as_deref(), script.as_ref()),
    };
    let site = if none { row.string("site") } else { row.required_string("site", "\"1\"") };
    let collect = read_url(row, "collect");
    let accept = read_accept(row);
    let token_env = row.string("token_env");
    let exclude = read_exclude(row);
    let on_unknown = choice(row, "on_unknown", &[("fail", OnUnknown::Fail), ("warn", OnUnknown::Warn)]);
    let max_unknown_age = read_age(row, "max_unknown_age", SignedDuration::from_hours(14 * 24));
    let placed = choice(
        row,
        "placed",
        &[
            ("page", Placed::Page),
            ("edge", Placed::Edge),
            ("tag-manager", Placed::TagManager),
            ("consent", Placed::Consent),
        ],
    );
    let options = read_free_table(row, "options");
    let expect = read_free_table(row, "expect");
    let canary_site = read_canary(row, site.as_deref());
    if none {
        return None;
    }
    let token = token_env
        .as_ref()
        .and_then(|name| world.environment.get(name))
        .filter(|token| !token.trim().is_empty())
        .map(|token| Token(token.trim().to_owned()));
    Some(Analytics {
        provider: provider?,
        endpoint: endpoint?,
        site: site?,
        script,
        collect,
        accept,
        token_env,
        token,
        canary_site,
        exclude,
        on_unknown: on_unknown.unwrap_or(OnUnknown::Fail),
        max_unknown_age,
        placed: placed.unwrap_or(Placed::Page),
        options,
        expect,
    })
}

/// Reads where the server is; where the vendor itself runs it, that need not be said.
fn read_endpoint(row: &mut Fields<'_>, provider: Option<&str>, script: Option<&Url>) -> Option<Endpoint> {
    // Analytics of one's own are where their script is; without one, that is what is said to be missing.
    if provider == Some("custom") && row.span_of("endpoint").is_none() {
        let nowhere = || Url::parse("https://custom.invalid/").expect("a constant URL");
        return Some(Endpoint::Server(script.and_then(|script| script.join("/").ok()).unwrap_or_else(nowhere)));
    }
    let home = provider.and_then(analytics::find).and_then(|provider| provider.home);
    if let (Some(home), None) = (home, row.span_of("endpoint")) {
        return Some(Endpoint::Server(Url::parse(home).expect("a test demands that a vendor's home is an address")));
    }
    let span = row.span_of("endpoint").unwrap_or(0..0);
    let text = row.required_string("endpoint", "\"https://stats.example/\"")?;
    if text == "embedded" {
        return Some(Endpoint::Embedded);
    }
    let mut url = server_url(row, "endpoint", &text, span)?;
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Some(Endpoint::Server(url))
}

fn read_url(row: &mut Fields<'_>, key: &str) -> Option<Url> {
    let span = row.span_of(key)?;
    let text = row.string(key)?;
    server_url(row, key, &text, span)
}

fn server_url(row: &mut Fields<'_>, key: &str, text: &str, span: std::ops::Range<usize>) -> Option<Url> {
    let name = row.dotted(key);
    let reason = match Url::parse(text) {
        Err(error) => error.to_string(),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            format!("its scheme is `{}`, not `https` or `http`", url.scheme())
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            row.refuse(span, format!("`{name}` holds a user name or a password")).hint =
                Some("secrets come from the environment: use `token_env`".to_owned());
            return None;
        }
        Ok(url) if key == "endpoint" && (url.query().is_some() || url.fragment().is_some()) => {
            "it has a query or a fragment".to_owned()
        }
        Ok(url) => return Some(url),
    };
    row.refuse(span, format!("`{name}` is no address of a server: {reason}")).hint =
        Some(format!("write `{key} = \"https://stats.example/\"`"));
    None
}

fn read_accept(row: &mut Fields<'_>) -> Option<VersionReq> {
    let span = row.span_of("accept")?;
    let text = row.string("accept")?;
    match VersionReq::parse(&text) {
        Ok(accept) => Some(accept),
        Err(error) => {
            let name = row.dotted("accept");
            row.refuse(span, format!("`{name}` is no range of versions: {error}")).hint =
                Some("write `accept = \">=2.5, <3\"`".to_owned());
            None
        }
    }
}

/// Reads the second site, which takes the marked hit of a read-back: never the real one.
fn read_canary(row: &mut Fields<'_>, site: Option<&str>) -> Option<String> {
    let Some(span) = row.span_of("canary_site") else {
        row.take("canary_site");
        return None;
    };
    let text = row.string("canary_site")?;
    let canary = text.trim();
    if !canary.is_empty() && Some(canary) != site {
        return Some(canary.to_owned());
    }
    let name = row.dotted("canary_site");
    let problem = match canary.is_empty() {
        true => format!("`{name}` is empty"),
        false => format!("`{name}` is the real site, whose statistics a read-back would spoil"),
    };
    row.refuse(span, problem).hint =
        Some("make a second site on the same server, and write its id or host; or leave the key out".to_owned());
    None
}

pub(super) fn read_exclude(row: &mut Fields<'_>) -> Vec<String> {
    let mut exclude = Vec::new();
    for (pattern, span) in row.spanned_strings("exclude").unwrap_or_default() {
        if !pattern.starts_with('/') {
            row.refuse(span, format!("`{pattern}` does not start with `/`")).hint =
                Some(format!("patterns match addresses: write `/{pattern}`"));
        } else if let Err(error) = globset::Glob::new(&pattern) {
            row.refuse(span, format!("`{pattern}` is no pattern for addresses: {}", error.kind()));
        } else {
            exclude.push(pattern);
        }
    }
    exclude
}

/// Reads a length of time; where it is not set it is the usual one.
pub(super) fn read_age(row: &mut Fields<'_>, key: &str, usual: SignedDuration) -> SignedDuration {
    let Some(span) = row.span_of(key) else {
        row.take(key);
        return usual;
    };
    let Some(text) = row.string(key) else { return usual };
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit.trim() {
        "s" => Some(1),
        "min" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        "w" => Some(7 * 86_400),
        _ => None,
    };
    match (number.parse::<i64>().ok(), seconds) {
        (Some(number), Some(seconds)) if number > 0 && number < 100_000 => SignedDuration::from_secs(number * seconds),
        _ => {
            let name = row.dotted(key);
            row.refuse(span, format!("`{name}` is `{text}`, which is no length of time")).hint =
                Some("write a number with `s`, `min`, `h`, `d` or `w`, as `14d`".to_owned());
            usual
        }
    }
}

fn read_free_table(row: &mut Fields<'_>, key: &str) -> BTreeMap<String, toml::Value> {
    row.plain_table(key).unwrap_or_default().to_toml().into_iter().collect()
}
