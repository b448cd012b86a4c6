//! What breaks after the build, or after the hit: no file and no harmless answer shows it. The drill says
//! which level would, so that nobody takes a green build for more than it is.

use super::{Breakage, Class, Right, Scene, Staged};
use crate::verdict::GuardLevel::{L5, L6, L7, L8};

const fn beyond(
    name: &'static str,
    like: &'static [u8],
    story: &'static str,
    stage: fn(&mut Scene) -> Staged,
) -> Breakage {
    Breakage { name, class: Class::Beyond, story, like, right: Right::Drift, stage }
}

pub(super) const BREAKAGES: &[Breakage] = &[
    beyond(
        "accepted-and-never-stored",
        &[34],
        "hits are answered with 200 and wait in a queue that nobody works off",
        |_| Staged::Beyond(L5),
    ),
    beyond("stored-for-nobody", &[26, 28], "hits are stored under a site that nobody looks at", |_| Staged::Beyond(L5)),
    beyond("stale-copy-on-the-way", &[43], "a cache or a service worker serves last year's pages", |_| {
        Staged::Beyond(L6)
    }),
    beyond("rewritten-on-the-way", &[14], "the edge rewrites scripts after the build", |_| Staged::Beyond(L6)),
    beyond("header-on-the-way", &[29], "the host adds a policy of its own", |_| Staged::Beyond(L6)),
    beyond(
        "tracker-runs-and-sends-nothing",
        &[15, 48],
        "everything fits, and the script stops before it sends",
        |_| Staged::Beyond(L7),
    ),
    beyond("dropped-by-address", &[12], "the vendor drops all hits of a proxy's address", |_| Staged::Beyond(L8)),
    beyond("blocked-by-lists", &[42], "blocking lists learn the address, and numbers sink slowly", |_| {
        Staged::Beyond(L8)
    }),
    beyond("counted-twice-by-somebody-else", &[40, 46], "a robot, or our own tests, are counted", |_| {
        Staged::Beyond(L8)
    }),
];
