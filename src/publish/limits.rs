//! Owns what hosts refuse, found before anything is sent; and the targets whose hosts take a folder by tools of their own.
//!
//! Sources, looked at in November 2026: Cloudflare's "Limits" of Pages, GitHub's "GitHub Pages limits", GitLab's "Maximum number of
//! GitLab Pages entries", Netlify's message on names of deployed files.

use super::shipment::Shipment;
use super::{Done, Order, stores};
use crate::diagnostic::Diagnostic;

const MIB: u64 = 1 << 20;

/// A place that takes what there is.
pub(super) fn none(_: &Shipment) -> Vec<Diagnostic> {
    Vec::new()
}

fn error(message: String, hint: &str) -> Diagnostic {
    Diagnostic::error("publish/limit", message).hint(hint)
}

fn warning(message: String, hint: &str) -> Diagnostic {
    Diagnostic::warning("publish/limit", message).hint(hint)
}

/// Cloudflare Pages.
pub(super) fn cloudflare(shipment: &Shipment) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let count = shipment.files.len() + 1;
    if count > 100_000 {
        found.push(error(format!("the site has {count} files, and Cloudflare takes 100,000"), "publish it to a store"));
    } else if count > 20_000 {
        let message = format!("the site has {count} files, and Cloudflare takes 20,000 without a paid plan");
        found.push(warning(message, "with a paid plan all is well"));
    }
    for (path, parcel) in shipment.files.iter().filter(|(_, parcel)| parcel.size > 25 * MIB) {
        let message = format!("`{path}` has {} MiB, and Cloudflare takes 25 of a file", parcel.size / MIB);
        found.push(error(message, "make it smaller, or keep it elsewhere"));
    }
    let redirects = std::fs::read_to_string(shipment.folder.join("_redirects")).unwrap_or_default();
    let rows = redirects.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_dynamic = |row: &&str| row.split_whitespace().next().is_some_and(|from| from.contains(['*', ':']));
    let (dynamic, plain): (Vec<&str>, Vec<&str>) = rows.partition(is_dynamic);
    for (rows, most, what) in [(&plain, 2_000, "plain redirects"), (&dynamic, 100, "redirects with a pattern")] {
        if rows.len() > most {
            let message = format!("`_redirects` has {} {what}, and Cloudflare obeys {most}", rows.len());
            found.push(error(
                message,
                "leave the redirects to the pages that `aliases` make, without `[redirects] emit`",
            ));
        }
    }
    for row in plain.iter().chain(&dynamic).filter(|row| row.len() > 1_000) {
        let begin: String = row.chars().take(60).collect();
        found.push(error(format!("the redirect `{begin}…` has more than 1,000 characters"), "shorten its addresses"));
    }
    found
}

/// Netlify.
pub(super) fn netlify(shipment: &Shipment) -> Vec<Diagnostic> {
    let wrong = shipment.files.keys().filter(|path| path.contains(['#', '?']));
    let refuse = |path: &String| {
        error(format!("`{path}` has a `#` or `?` in its name, which Netlify refuses"), "give it another name")
    };
    wrong.map(refuse).collect()
}

/// GitHub Pages and GitLab Pages.
pub(super) fn pages(shipment: &Shipment) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let bytes: u64 = shipment.files.values().map(|parcel| parcel.size).sum();
    if bytes > 1024 * MIB {
        let message = format!("the site has {} MiB, and GitHub Pages promises to take 1,024", bytes / MIB);
        found.push(warning(message, "pictures in `[images] formats` are smaller; a store has no such limit"));
    }
    if shipment.files.len() >= 200_000 {
        let message = format!("the site has {} files, and GitLab Pages takes 200,000 entries", shipment.files.len());
        found.push(warning(message, "a store has no such limit"));
    }
    found
}

/// Puts a shipment where the host's own tool finds it: its output folder, or another that is named.
pub(super) fn prepared(order: &Order<'_>, shipment: &Shipment) -> Result<Done, Vec<Diagnostic>> {
    if order.target.to.is_empty() {
        return Ok(Done { build: Some(shipment.build), kept: shipment.files.len(), ..Done::default() });
    }
    stores::prepare(order, shipment)
}

/// Says that going back is the host's business.
pub(super) fn by_the_host(order: &Order<'_>, _: Option<&str>) -> Result<Done, Vec<Diagnostic>> {
    let message = format!("`{}` keeps its earlier deployments itself", order.target.kind);
    Err(vec![Diagnostic::error("publish/no-build", message).hint("go back with the host's own pages or tool")])
}
