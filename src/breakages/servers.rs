//! The breakages of version and counting address: another version, an unknown site, a wall before the handler.

use std::collections::BTreeMap;

use super::pages::other_site;
use super::{Breakage, Class, Outage, Right, Scene, Staged, Subject};
use crate::analytics::Transport;
use crate::analytics::exchange::{Reply, Request, Target};
use crate::analytics::script::lex;
use crate::verdict::GuardLevel::{L3, L4};

const fn drift(
    name: &'static str,
    class: Class,
    like: &'static [u8],
    story: &'static str,
    stage: fn(&mut Scene) -> Staged,
) -> Breakage {
    Breakage { name, class, story, like, right: Right::Drift, stage }
}

const fn unknown(name: &'static str, story: &'static str, stage: fn(&mut Scene) -> Staged) -> Breakage {
    Breakage { name, class: Class::Collect, story, like: &[], right: Right::Unknown, stage }
}

pub(super) const BREAKAGES: &[Breakage] = &[
    drift("upgraded-unasked", Class::Version, &[1, 8], "the server is upgraded to the next major version", |scene| {
        let Some(version) = version_of(scene) else { return NO_VERSION };
        let major: u64 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
        say_version(scene, &version, &format!("{}.0.0", major + 1))
    }),
    drift("downgraded", Class::Version, &[1], "a restored backup brings an older version back", |scene| {
        let Some(version) = version_of(scene) else { return NO_VERSION };
        say_version(scene, &version, "0.1.0")
    }),
    Breakage {
        name: "version-address-gone",
        class: Class::Version,
        story: "the address that told the version answers 404",
        like: &[47],
        right: Right::Either,
        stage: |scene| {
            if version_of(scene).is_none() {
                return NO_VERSION;
            }
            scene.answer(Subject::Version, |reply| Ok(Reply { status: 404, body: b"Not found".to_vec(), ..reply }));
            Staged::At(L3)
        },
    },
    drift("counting-address-gone", Class::Collect, &[8], "the counting address is gone: 404", |scene| {
        status(scene, 404)
    }),
    drift("counting-address-forbidden", Class::Collect, &[33], "a firewall refuses hits: 403", |scene| {
        status(scene, 403)
    }),
    drift("counting-method-refused", Class::Collect, &[33], "a proxy refuses the method of hits: 405", |scene| {
        status(scene, 405)
    }),
    drift(
        "counting-address-is-a-page",
        Class::Collect,
        &[31, 32],
        "the counting address answers 200 with a page",
        |scene| {
            if !is_probed(scene) {
                return NO_PROBE;
            }
            scene.answer(Subject::Collect, |mut reply| {
                reply.headers.insert("content-type".to_owned(), "text/html".to_owned());
                Ok(Reply { status: 200, body: b"<!doctype html><title>Welcome</title>".to_vec(), ..reply })
            });
            Staged::At(L4)
        },
    ),
    drift(
        "counting-address-says-nothing",
        Class::Collect,
        &[32],
        "a proxy swallows hits and answers 200 with nothing",
        |scene| {
            if !is_probed(scene) {
                return NO_PROBE;
            }
            scene.answer(Subject::Collect, |reply| {
                Ok(Reply { status: 200, body: Vec::new(), headers: BTreeMap::new(), ..reply })
            });
            Staged::At(L4)
        },
    ),
    drift(
        "site-unknown",
        Class::Collect,
        &[26, 28],
        "the site was deleted at the server, which stays polite",
        |scene| {
            if !knows_sites(scene) {
                return NO_PROBE;
            }
            let (answer, target) = (scene.provider.stand_in.answer, scene.target.clone());
            let in_snippet = (scene.provider.site_in_snippet)(&scene.table);
            // Some vendors make the script for the site, and refuse that.
            let asked = if is_probed(scene) { Subject::Collect } else { Subject::Tracker };
            scene.fault(move |subject, request, reply| {
                if subject != asked {
                    return reply;
                }
                Ok(match in_snippet {
                    true => answer(request, &Target { site: other_site(&target.site), ..target.clone() }),
                    false => answer(&Request { host: Some("gone.invalid"), ..request.clone() }, &target),
                })
            });
            Staged::At(L4)
        },
    ),
    drift("counting-host-gone", Class::Collect, &[10], "the name of the counting host no longer exists", |scene| {
        collect_outage(scene, Outage::NoSuchName)
    }),
    drift(
        "counting-host-s-certificate-expired",
        Class::Collect,
        &[36],
        "the counting host's certificate has expired",
        |scene| collect_outage(scene, Outage::Certificate),
    ),
    drift(
        "leave-of-origin-lost",
        Class::Collect,
        &[33],
        "a proxy drops the headers that let pages of this site send",
        |scene| {
            // Only a hit that asks for leave needs one: a beacon or an image is sent without.
            let stand_in = lex(scene.provider.stand_in.tracker);
            let ways = (scene.provider.transports)(&stand_in, &[]);
            if ways != [Transport::Fetch] {
                return Staged::Pointless("its hits ask nobody for leave");
            }
            scene.fault(|_, _, reply| {
                let mut reply = reply?;
                reply.headers.retain(|name, _| !name.starts_with("access-control-"));
                Ok(reply)
            });
            Staged::At(L4)
        },
    ),
    unknown("counting-in-trouble", "the counting address answers 502", |scene| passing(scene, 502)),
    unknown("counting-turns-away", "the counting address answers 429", |scene| passing(scene, 429)),
    unknown("counting-refuses", "nothing listens at the counting address any more", |scene| {
        collect_outage(scene, Outage::Refused)
    }),
];

const NO_VERSION: Staged = Staged::Pointless("its server tells its version to nobody");
const NO_PROBE: Staged = Staged::Pointless("no harmless request tells whether it counts");

/// Returns the version that the stand-in says it has, if the vendor's servers tell theirs.
fn version_of(scene: &Scene) -> Option<String> {
    scene.provider.version.as_ref()?;
    Some(scene.provider.stand_in.version.to_owned())
}

fn say_version(scene: &mut Scene, from: &str, to: &str) -> Staged {
    let (from, to) = (from.to_owned(), to.to_owned());
    scene.answer(Subject::Version, move |reply| {
        let body = reply.text().replace(&from, &to).into_bytes();
        Ok(Reply { body, ..reply })
    });
    Staged::At(L3)
}

/// Returns whether the counting address is asked anything at all, and so can be seen to fail.
fn is_probed(scene: &Scene) -> bool {
    use crate::analytics::exchange::Step;
    match (scene.provider.probe.next)(&scene.target, &[]) {
        // A vendor that makes the script for the site is asked for that instead.
        Step::Ask(request) => request.url.path() != scene.target.script.path(),
        Step::Done(_) => false,
    }
}

/// Returns whether the vendor's probe tells a known site from one that cannot exist.
fn knows_sites(scene: &Scene) -> bool {
    use crate::analytics::exchange::{Control, Finding, Step};
    let mut replies = Vec::new();
    for _ in 0..QUESTIONS {
        match (scene.provider.probe.next)(&scene.target, &replies) {
            Step::Ask(request) => replies.push((scene.provider.stand_in.answer)(&request, &scene.target)),
            Step::Done(Finding::Known { control: Control::Told(_) | Control::Within(_), .. }) => return true,
            Step::Done(_) => return false,
        }
    }
    false
}

/// How many questions a probe may take.
const QUESTIONS: usize = 5;

fn status(scene: &mut Scene, status: u16) -> Staged {
    if !is_probed(scene) {
        return NO_PROBE;
    }
    scene.answer(Subject::Collect, move |reply| {
        Ok(Reply { status, body: b"Refused".to_vec(), headers: BTreeMap::new(), ..reply })
    });
    Staged::At(L4)
}

fn passing(scene: &mut Scene, status: u16) -> Staged {
    if !is_probed(scene) {
        return NO_PROBE;
    }
    scene.answer(Subject::Collect, move |reply| {
        Ok(Reply { status, body: b"Try again later".to_vec(), headers: BTreeMap::new(), ..reply })
    });
    Staged::At(L4)
}

fn collect_outage(scene: &mut Scene, outage: Outage) -> Staged {
    if !is_probed(scene) {
        return NO_PROBE;
    }
    scene.fault(move |subject, _, reply| match subject {
        Subject::Collect => Err(outage),
        Subject::Tracker | Subject::Version => reply,
    });
    Staged::At(L4)
}
