//! Owns how a Liwan server is asked, and what its answers mean.
//!
//! It answers 200 and `{"status":"OK"}` to every well-formed hit: kept, of a robot, for an entity or a host that it does not
//! know, or while its disk is full. So the counting handler is asked with an empty object, which it refuses in a way that
//! tells its generation; and the site is looked for among the entities of its public projects, which anybody may list.

use serde_json::{Value, json};

use super::PROVIDER;
use crate::analytics::below;
use crate::analytics::exchange::{Control, Finding, Reply, Request, Step, Target};

/// The entity of the negative control, looked for in the same list.
const NOBODY: &str = "no-such-entity.invalid";

pub(super) fn next(target: &Target, replies: &[Reply]) -> Step {
    let Some(event) = replies.first() else {
        let request = Request::post_json(target.collect.clone(), &json!({}));
        return Step::Ask(request.header("Origin", target.origin.clone()));
    };
    let generation = match judge_event(event) {
        Ok(generation) => generation,
        Err(finding) => return Step::Done(finding),
    };
    match replies.get(1) {
        None => Step::Ask(Request::get(below(&target.endpoint, "api/dashboard/projects"))),
        Some(projects) => Step::Done(judge_projects(target, generation, projects)),
    }
}

/// Returns which generation's counting handler refused the empty object, or what else answered.
fn judge_event(reply: &Reply) -> Result<&'static str, Finding> {
    let text = reply.text();
    match reply.status {
        422 if text.contains("entity_id") => Ok("422 entity_id missing"),
        400 if text.contains("invalid json") => Ok("400 invalid json"),
        200..=299 => Err(Finding::Broken {
            kind: "not-the-counter",
            answer: format!("{}, {}", reply.status, reply.glimpse()),
            meaning: "something answers at the counting address, and it is not Liwan: that one refuses an empty hit"
                .to_owned(),
            fix: "look at what is served at that address: a login page, a proxy's fallback or another program"
                .to_owned(),
        }),
        _ => Err(Finding::Unclassified),
    }
}

/// Looks for the entity among those of public projects. That it is not there proves nothing: a project may be private or unlisted.
fn judge_projects(target: &Target, generation: &str, reply: &Reply) -> Finding {
    let json = reply.json().unwrap_or_default();
    let projects = match reply.status {
        200 => json["projects"].as_array(),
        404 => Some(&const { Vec::new() }),
        _ => None,
    };
    // A limit, a challenge, a server in trouble: nothing about the entity.
    let Some(projects) = projects else { return Finding::Unclassified };
    let of = |site: &str| {
        projects.iter().find(|project| {
            let entities = project["entities"].as_array().map(Vec::as_slice).unwrap_or_default();
            entities.iter().any(|entity| entity["id"].as_str() == Some(site))
        })
    };
    match of(&target.site) {
        Some(project) => Finding::Known {
            answer: generation.to_owned(),
            control: match of(NOBODY) {
                Some(_) => Control::Indistinguishable,
                None => Control::Within("not among the entities of public projects".to_owned()),
            },
            remark: Some(format!(
                "the public project `{}` has it; whether a hit is kept, Liwan's 200 does not say",
                project["id"].as_str().unwrap_or_default()
            )),
        },
        None => Finding::Indistinguishable {
            answer: generation.to_owned(),
            meaning:
                "Liwan answers 200 to every hit, also for an entity or a host name that it does not know and while its \
                      disk is full, and no public project has this entity; a visit that is read back, or the daily \
                      numbers, can show whether it counts"
                    .to_owned(),
        },
    }
}

/// Plays a server of 1.6: `script.js`, `api/event` and the list of public projects below the endpoint.
pub(super) fn answer(request: &Request, target: &Target) -> Reply {
    let reply = |status, kind: &str, body: String| Reply::to(request, status, "*", kind, body);
    let path = request.url.path();
    if path == target.script.path() {
        return reply(200, "text/javascript", PROVIDER.stand_in.tracker.to_owned());
    }
    if path == below(&target.endpoint, "api/dashboard/projects").path() {
        let entities = [json!({"id": target.site, "displayName": target.site})];
        let projects =
            json!({"projects": [{"id": "stand-in", "displayName": "stand-in", "entities": entities, "public": true}]});
        return reply(200, "application/json", projects.to_string());
    }
    if path != target.collect.path() {
        return reply(404, "text/plain", String::new());
    }
    if request.method != "POST" {
        return reply(405, "text/plain", String::new());
    }
    let body = serde_json::from_str::<Value>(&request.body).unwrap_or_default();
    if !body["entity_id"].is_string() || !body["url"].is_string() {
        let missing = "Failed to deserialize the JSON body into the target type: missing field `entity_id`";
        return reply(422, "text/plain; charset=utf-8", missing.to_owned());
    }
    reply(200, "application/json", json!({"status": "OK"}).to_string())
}
