//! Reads `[assets]`, `[redirects]` and `[csp]`: how files are named, and what hosts are told of redirects and of policy.

use super::{CspMode, CspRule, RedirectFormat};
use crate::diagnostic::did_you_mean;
use crate::fields::{Fields, Value};

/// The directives that may be widened.
pub(super) const DIRECTIVES: &[&str] = &[
    "connect-src",
    "default-src",
    "font-src",
    "form-action",
    "frame-ancestors",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "script-src",
    "style-src",
    "worker-src",
];

/// Returns whether templates are to use hashed names.
pub(super) fn read_fingerprint(fields: &mut Fields<'_>) -> bool {
    let Some(mut table) = fields.table("assets") else { return false };
    let fingerprint = table.boolean("fingerprint").unwrap_or(false);
    table.finish();
    fingerprint
}

/// Reads for whom redirects are written; `host` is the one that is known to obey `_redirects`.
pub(super) fn read_redirects(fields: &mut Fields<'_>, host: Option<&str>) -> Vec<RedirectFormat> {
    let of_host = RedirectFormat::ALL.into_iter().filter(|format| Some(format.name()) == host).collect();
    let Some(mut table) = fields.table("redirects") else { return of_host };
    let span = table.span_of("emit").unwrap_or(0..0);
    let mut formats = match table.spanned_strings("emit") {
        None => of_host,
        Some(names) => {
            let mut formats: Vec<RedirectFormat> = Vec::new();
            for (name, span) in names {
                match RedirectFormat::ALL.into_iter().find(|format| format.name() == name) {
                    Some(format) if formats.contains(&format) => {}
                    Some(format) => formats.push(format),
                    None => {
                        let known = RedirectFormat::ALL.map(RedirectFormat::name);
                        let hint = match did_you_mean(&name, known) {
                            Some(meant) => format!("did you mean `{meant}`?"),
                            None => format!("it is one of `{}`", known.join("`, `")),
                        };
                        table.refuse(span, format!("redirects cannot be written for `{name}`")).hint = Some(hint);
                    }
                }
            }
            formats
        }
    };
    if formats.contains(&RedirectFormat::Netlify) && formats.contains(&RedirectFormat::Cloudflare) {
        table.refuse(span, "`netlify` and `cloudflare` both read `_redirects`, and not in the same way").hint =
            Some("name the one that serves the site".to_owned());
    }
    table.finish();
    formats.sort();
    formats
}

/// Reads `[csp]`; `headers` are those that the owner writes.
pub(super) fn read_csp(fields: &mut Fields<'_>, headers: &[super::HeaderRule]) -> CspRule {
    let mut rule = CspRule::default();
    let Some(mut table) = fields.table("csp") else { return rule };
    let span = table.span_of("mode").unwrap_or(0..0);
    let modes = [("off", CspMode::Off), ("auto", CspMode::Auto), ("report-only", CspMode::ReportOnly)];
    rule.mode = super::read::choice(&mut table, "mode", &modes).unwrap_or_default();
    let is_policy = |name: &str| name.to_ascii_lowercase().starts_with("content-security-policy");
    if rule.mode != CspMode::Off && headers.iter().any(|row| row.values.iter().any(|(name, _)| is_policy(name))) {
        table.refuse(span, "`[csp]` makes a policy, and `[[headers]]` has another: browsers would obey both").hint =
            Some("take the one out of `[[headers]]`, and write what it allows under `[csp.allow]`".to_owned());
    }
    if let Some(mut allow) = table.table("allow") {
        for row in allow.rest() {
            if !DIRECTIVES.contains(&row.key.as_str()) {
                let hint = match did_you_mean(&row.key, DIRECTIVES.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("it is one of `{}`", DIRECTIVES.join("`, `")),
                };
                allow.refuse(row.span, format!("`{}` is no directive that can be widened", row.key)).hint = Some(hint);
                continue;
            }
            let Value::List(sources) = &row.node.value else {
                allow.mistyped::<()>(&row.key, "a list of strings", &row.node.value, row.node.span);
                continue;
            };
            for source in sources {
                match &source.value {
                    Value::String(text) if is_source(text) => {
                        rule.allow.entry(row.key.clone()).or_default().insert(text.clone());
                    }
                    Value::String(text) => {
                        allow.refuse(source.span.clone(), format!("`{text}` is no source of a policy")).hint =
                            Some("write one source, as `https://media.example` or `'unsafe-inline'`".to_owned());
                    }
                    other => drop(allow.mistyped::<()>(&row.key, "a string", other, source.span.clone())),
                }
            }
        }
    }
    table.finish();
    rule
}

fn is_source(text: &str) -> bool {
    !text.is_empty()
        && text.is_ascii()
        && !text.contains([';', ','])
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, World, read, sample};
    use super::*;

    #[test]
    fn a_host_that_obeys_redirects_gets_them_unless_others_are_named() {
        assert_eq!(sample("").redirects, []);
        assert_eq!(sample("headers_from = \"netlify\"\n").redirects, [RedirectFormat::Netlify]);
        let named = sample("headers_from = \"netlify\"\n[redirects]\nemit = [\"nginx\", \"caddy\"]\n");
        assert_eq!(named.redirects, [RedirectFormat::Nginx, RedirectFormat::Caddy]);
        assert_eq!(sample("headers_from = \"netlify\"\n[redirects]\nemit = []\n").redirects, []);
    }

    #[test]
    fn what_no_host_or_browser_understands_is_refused() {
        for (text, message) in [
            ("[redirects]\nemit = [\"nginy\"]", "cannot be written for `nginy`"),
            ("[redirects]\nemit = [\"netlify\", \"cloudflare\"]", "not in the same way"),
            ("[redirects]\nto = 1", "to"),
            ("[assets]\nfingerprint = \"yes\"", "fingerprint"),
            ("[csp]\nmode = \"on\"", "cannot be `on`"),
            ("[csp]\nmode = \"auto\"\n[csp.allow]\nimage-src = []", "no directive"),
            ("[csp]\nmode = \"auto\"\n[csp.allow]\nimg-src = [\"a; b\"]", "no source"),
            ("[csp]\nmode = \"auto\"\n[csp.allow]\nimg-src = [1]", "string"),
            ("[csp]\nmode = \"auto\"\n[[headers]]\nfor = \"/*\"\nvalues = { Content-Security-Policy = \"a\" }", "both"),
        ] {
            let text = format!("title = \"T\"\nbase_url = \"https://x.example\"\n{text}\n");
            let problems = read("/x".as_ref(), &text, &Overrides::default(), &World::default()).unwrap_err();
            assert!(problems[0].message.contains(message), "{text}: {problems:?}");
            assert!(problems[0].place.as_ref().unwrap().line_column().is_some(), "{text}: {problems:?}");
        }
    }
}
