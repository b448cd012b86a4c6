//! The breakages of the pages' Content-Security-Policy: too narrow for the snippet, for its tracker or for its hits.

use super::{Breakage, Class, Right, Scene, Staged, Subject};
use crate::analytics::Transport;
use crate::analytics::script::lex;
use crate::verdict::GuardLevel::{self, L1, L2, L6};

const fn drift(
    name: &'static str,
    like: &'static [u8],
    story: &'static str,
    stage: fn(&mut Scene) -> Staged,
) -> Breakage {
    Breakage { name, class: Class::Policy, story, like, right: Right::Drift, stage }
}

const fn quiet(name: &'static str, story: &'static str, stage: fn(&mut Scene) -> Staged) -> Breakage {
    Breakage { name, class: Class::Harmless, story, like: &[], right: Right::Quiet, stage }
}

pub(super) const BREAKAGES: &[Breakage] = &[
    drift(
        "policy-for-images-only",
        &[5, 6],
        "the policy of the days when hits were images: `img-src`, no `connect-src`",
        |scene| {
            if sends_images(scene) {
                return Staged::Pointless("its hits are images still");
            }
            let text = format!(
                "default-src 'none'; script-src 'unsafe-inline' {0}; img-src {1}",
                scene.target.script, scene.target.collect
            );
            meta(scene, &text)
        },
    ),
    drift(
        "policy-for-beacons-only",
        &[29],
        "a policy for beacons, as most vendors send them: `connect-src`, and images of the site alone",
        |scene| {
            if !sends_images(scene) {
                return Staged::Pointless("its hits are no images");
            }
            let text = format!(
                "default-src 'none'; script-src 'unsafe-inline' {0}; connect-src {1}; img-src 'self'",
                scene.target.script, scene.target.collect
            );
            meta(scene, &text)
        },
    ),
    drift("policy-without-the-tracker", &[29], "a policy is added that knows nothing of the analytics", |scene| {
        meta(scene, "default-src 'self'; script-src 'self' 'unsafe-inline'; connect-src *")
    }),
    drift(
        "policy-without-the-collect-host",
        &[29],
        "the script's host is allowed, the counting host is not",
        |scene| {
            let text = format!("script-src 'unsafe-inline' {}; connect-src 'self'; img-src 'self'", origin(scene));
            meta(scene, &text)
        },
    ),
    drift("policy-with-a-wrong-path", &[29], "the policy names a path that the script is not below", |scene| {
        let text = format!("script-src 'unsafe-inline' {}/elsewhere/; connect-src *; img-src *", origin(scene));
        meta(scene, &text)
    }),
    drift("policy-none", &[29], "a page is locked down completely", |scene| meta(scene, "default-src 'none'")),
    drift("policy-by-a-stale-hash", &[29], "inline scripts are allowed by the hash of an older snippet", |scene| {
        meta(scene, "script-src 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='; connect-src *; img-src *")
    }),
    drift("policy-by-a-nonce-nobody-has", &[29], "the policy wants a nonce that the snippet does not carry", |scene| {
        meta(scene, "script-src 'nonce-abc123' 'strict-dynamic'; connect-src *; img-src *")
    }),
    drift("two-policies-intersect", &[29], "a second policy takes away what the first allows", |scene| {
        meta(scene, "script-src * 'unsafe-inline'; connect-src *; img-src *");
        meta(scene, "connect-src 'self'; img-src 'self'")
    }),
    drift("policy-in-headers", &[5, 29], "the host's headers gain a policy without the counting host", |scene| {
        let text = format!("script-src 'unsafe-inline' {}; connect-src 'self'; img-src 'self'", origin(scene));
        headers(scene, "Content-Security-Policy", &text)
    }),
    drift("headers-against-meta", &[29], "the page's own policy is right, the header's is narrower", |scene| {
        meta(scene, "script-src * 'unsafe-inline'; connect-src *; img-src *");
        headers(scene, "Content-Security-Policy", "default-src 'self'")
    }),
    drift("sandboxed", &[], "the header puts every page into a sandbox without scripts", |scene| {
        headers(scene, "Content-Security-Policy", "sandbox allow-same-origin")
    }),
    drift(
        "isolated",
        &[],
        "the host sends pages that embed only what allows it, and the tracker allows nothing",
        |scene| {
            let is_module = |html: &str| scene.snippet_in(html).is_some_and(|span| html[span].contains("\"module\""));
            if scene.pages.values().any(|page| is_module(&page.html)) {
                return Staged::Pointless("its script is a module, which is asked for by CORS");
            }
            scene.answer(Subject::Tracker, |mut reply| {
                reply.headers.remove("cross-origin-resource-policy");
                Ok(reply)
            });
            match headers(scene, "Cross-Origin-Embedder-Policy", "require-corp") {
                // Whether the tracker allows it, only its server tells.
                Staged::At(_) => Staged::At(L1),
                beyond => beyond,
            }
        },
    ),
    quiet("policy-that-fits", "a policy is added that allows just what is needed", |scene| {
        let text = format!(
            "default-src 'self'; script-src 'self' 'unsafe-inline' {0}; connect-src 'self' {1}; img-src 'self' {1}",
            origin(scene),
            scene.target.collect
        );
        meta(scene, &text);
        Staged::At(L2)
    }),
    quiet("policy-that-only-reports", "a policy that would block everything is sent as Report-Only", |scene| {
        headers(scene, "Content-Security-Policy-Report-Only", "default-src 'none'");
        Staged::At(L2)
    }),
];

/// Returns whether page views leave as images, by what the played tracker says.
fn sends_images(scene: &Scene) -> bool {
    let tracker = lex(scene.provider.stand_in.tracker);
    (scene.provider.transports)(&tracker, &[]) == [Transport::Image]
}

fn origin(scene: &Scene) -> String {
    scene.target.script.origin().ascii_serialization()
}

/// Puts a policy into the head of every page that counts, before everything else.
fn meta(scene: &mut Scene, text: &str) -> Staged {
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{text}\">");
    let mut done = false;
    for page in scene.pages.values_mut().filter(|page| page.counts) {
        let Some(at) = page.html.find("<head>").map(|at| at + "<head>".len()) else { continue };
        page.html.insert_str(at, &meta);
        done = true;
    }
    match done {
        true => Staged::At(L2),
        false => Staged::Pointless("its pages have no head to put a policy into"),
    }
}

/// Lets the host send a header with every page. Whether a build sees that depends on whether the host's headers are known.
fn headers(scene: &mut Scene, name: &str, value: &str) -> Staged {
    scene.headers.push_str(&format!("\n/*\n  {name}: {value}\n"));
    let level: GuardLevel = if scene.headers_obeyed { L2 } else { L6 };
    match level {
        L2 => Staged::At(L2),
        beyond => Staged::Beyond(beyond),
    }
}
