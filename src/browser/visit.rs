//! Owns the visits: pages opened one beside the other in one browser, each as a visitor who was never there before, with a
//! proxy of its own, until nothing happens any more. Gives [`Browser::visit`], and what was [`Seen`].
//!
//! It tells what happened and judges nothing. What a page is answered, and what of it counts, a [`Stage`] knows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use super::door::{Answered, Answerer, Asked, Door, Identity};
use super::process::Process;
use super::program::Places;
use super::protocol::{Protocol, Told, Trouble};
use super::seen::Seen;

/// How long nothing may happen on a page that has sent a hit, before it counts as settled.
const QUIET: Duration = Duration::from_millis(500);
/// How long one page may take at all.
const LONGEST: Duration = Duration::from_secs(15);
/// Resolves when the page has nothing to do: a busy machine is no quiet page.
const AT_REST: &str = "new Promise(done => requestIdleCallback(() => setTimeout(done, 0), { timeout: 2000 }))";

/// What stands behind one page: it answers, and knows what counts as a hit.
pub trait Stage: Send + Sync {
    /// Answers a request.
    fn answer(&self, asked: &Asked) -> Answered;
    /// Returns how many hits have arrived.
    fn hits(&self) -> usize;
    /// Takes nothing down any more: what a page sends as it is closed is no part of the visit.
    fn close(&self);
}

/// One page to be visited.
#[derive(Clone)]
pub struct Plan {
    /// Its address.
    pub url: Url,
    /// What stands behind it.
    pub stage: Arc<dyn Stage>,
    /// How long nothing may happen on it before it counts as settled without a hit.
    pub patience: Duration,
}

/// A running browser.
pub struct Browser {
    protocol: Protocol,
    identity: Identity,
    /// Its name and version: `Chromium 156.0.8078.79`.
    pub version: String,
    agent: Value,
    /// Where everything goes that belongs to no page.
    _nowhere: Door,
}

impl Browser {
    /// Starts a browser for a certain time.
    pub fn start(places: &Places, budget: Duration) -> Result<Browser, NoBrowser> {
        let program = places.find().map_err(NoBrowser::Absent)?;
        let until = Instant::now() + budget;
        let failed = |why: String| NoBrowser::Failed(format!("`{}`: {why}", program.display()));
        let identity = Identity::make().map_err(failed)?;
        let nowhere: Answerer = Arc::new(|_| Answered::empty(403));
        let nowhere = Door::open(&identity, nowhere).map_err(|error| failed(error.to_string()))?;
        let process =
            Process::start(&program, &nowhere.proxy(), &identity.key, places.path.as_deref()).map_err(failed)?;
        let mut protocol = Protocol::new(process, until);
        let told = protocol.call(None, "Browser.getVersion", json!({})).map_err(|Trouble(why)| failed(why))?;
        let product = told["product"].as_str().unwrap_or_default().replace("HeadlessChrome", "Chrome");
        let agent = agent(&product, told["userAgent"].as_str().unwrap_or_default());
        Ok(Browser { protocol, identity, version: product.replace('/', " "), agent, _nowhere: nowhere })
    }

    /// Visits pages, some at the same time, and returns what was seen of each, in their order. A page that the time did
    /// not suffice for was not seen.
    pub fn visit(&mut self, plans: &[Plan], abreast: usize) -> Result<Vec<Option<Seen>>, NoBrowser> {
        self.visit_all(plans, abreast).map_err(|Trouble(why)| NoBrowser::Failed(why))
    }

    fn visit_all(&mut self, plans: &[Plan], abreast: usize) -> Result<Vec<Option<Seen>>, Trouble> {
        let mut all: Vec<Option<Seen>> = plans.iter().map(|_| None).collect();
        let mut open: BTreeMap<String, Visit> = BTreeMap::new();
        let mut next = 0;
        loop {
            while open.len() < abreast && next < plans.len() && Instant::now() < self.protocol.until() {
                let visit = self.open(next, &plans[next])?;
                open.insert(visit.session.clone(), visit);
                next += 1;
            }
            let Some(soonest) = open.values().map(Visit::due).min() else { return Ok(all) };
            let told = self.protocol.next(soonest.min(self.protocol.until()))?;
            match told {
                Some(Told::Event(session, name, facts)) => {
                    if let Some(visit) = open.get_mut(&session) {
                        visit.take(&name, &facts);
                    }
                }
                Some(Told::Done(number, result)) => open.values_mut().for_each(|visit| visit.done(number, &result)),
                None => {}
            }
            let now = Instant::now();
            let over = now >= self.protocol.until();
            let due: Vec<String> =
                open.values().filter(|visit| over || visit.due() <= now).map(|visit| visit.session.clone()).collect();
            for session in due {
                let visit = open.get_mut(&session).expect("it was listed just now");
                let late = over || now >= visit.latest;
                if !late && !visit.is_at_rest {
                    // It seems quiet: the page itself is asked, and answers once it has nothing to do.
                    let asked = json!({ "expression": AT_REST, "awaitPromise": true });
                    visit.asked = Some(self.protocol.send(Some(&session), "Runtime.evaluate", asked)?);
                    visit.asked_at = now;
                    continue;
                }
                let mut visit = open.remove(&session).expect("it was listed just now");
                visit.plan.stage.close();
                let context = json!({ "browserContextId": visit.context });
                if !over {
                    self.protocol.call(None, "Target.disposeBrowserContext", context)?;
                    visit.seen.is_settled = !late;
                    all[visit.number] = Some(visit.seen);
                }
            }
        }
    }

    /// Opens a page in a profile of its own, and goes to its address.
    fn open(&mut self, number: usize, plan: &Plan) -> Result<Visit, Trouble> {
        let stage = Arc::clone(&plan.stage);
        let answer: Answerer = Arc::new(move |asked| stage.answer(asked));
        let door = Door::open(&self.identity, answer).map_err(|error| Trouble(error.to_string()))?;
        let protocol = &mut self.protocol;
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let profile = json!({
            "disposeOnDetach": true, "proxyServer": door.proxy(), "proxyBypassList": "<-loopback>",
        });
        let context = text(&protocol.call(None, "Target.createBrowserContext", profile)?, "browserContextId");
        let target = json!({
            "url": "about:blank", "browserContextId": context, "newWindow": true, "width": 1280, "height": 800,
        });
        let target = text(&protocol.call(None, "Target.createTarget", target)?, "targetId");
        let attach = json!({ "targetId": target, "flatten": true });
        let session = text(&protocol.call(None, "Target.attachToTarget", attach)?, "sessionId");
        for method in ["Page.enable", "Network.enable", "Log.enable", "Runtime.enable", "Audits.enable"] {
            protocol.send(Some(&session), method, json!({}))?;
        }
        protocol.send(Some(&session), "Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))?;
        protocol.call(Some(&session), "Emulation.setUserAgentOverride", self.agent.clone())?;
        let navigated = protocol.send(Some(&session), "Page.navigate", json!({ "url": plan.url.as_str() }))?;
        let now = Instant::now();
        Ok(Visit {
            number,
            plan: plan.clone(),
            door,
            context,
            session,
            navigated,
            seen: Seen::default(),
            last: now,
            latest: now + LONGEST,
            asked: None,
            asked_at: now,
            is_at_rest: false,
        })
    }
}

/// Why no page was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoBrowser {
    /// There is none.
    Absent(String),
    /// There is one, and it failed.
    Failed(String),
}

/// Returns how the browser presents itself: as one that people use.
fn agent(product: &str, agent: &str) -> Value {
    let version = product.rsplit('/').next().unwrap_or_default();
    let major = version.split('.').next().unwrap_or_default();
    let brands = |version: &str, other: &str| {
        json!([
            { "brand": "Not;A=Brand", "version": other },
            { "brand": "Chromium", "version": version },
            { "brand": "Google Chrome", "version": version },
        ])
    };
    let (platform, system) = match cfg!(target_os = "macos") {
        true => ("macOS", "14.0.0"),
        false => ("Linux", "6.1.0"),
    };
    json!({
        "userAgent": agent.replace("HeadlessChrome", "Chrome"),
        "acceptLanguage": "en-GB,en",
        "userAgentMetadata": {
            "brands": brands(major, "24"), "fullVersionList": brands(version, "24.0.0.0"),
            "platform": platform, "platformVersion": system,
            "architecture": "x86", "model": "", "mobile": false, "bitness": "64", "wow64": false,
        },
    })
}

/// One page that is open.
struct Visit {
    number: usize,
    plan: Plan,
    door: Door,
    context: String,
    session: String,
    navigated: u64,
    seen: Seen,
    /// When something last happened.
    last: Instant,
    /// When it is left, whatever happens.
    latest: Instant,
    /// The question whether the page is at rest, while it is open.
    asked: Option<u64>,
    asked_at: Instant,
    is_at_rest: bool,
}

impl Visit {
    /// Returns when it has to be looked at again, if nothing is told before.
    fn due(&self) -> Instant {
        if self.is_at_rest || self.seen.failure.is_some() {
            return self.last;
        }
        if self.asked.is_some() || !self.seen.is_loaded {
            return self.latest;
        }
        let quiet = if self.plan.stage.hits() > 0 { QUIET } else { self.plan.patience.max(QUIET) };
        (self.last.max(self.door.last()) + quiet).min(self.latest)
    }

    fn take(&mut self, name: &str, facts: &Value) {
        if self.seen.take(name, facts) {
            self.last = Instant::now();
        }
    }

    fn done(&mut self, number: u64, result: &Value) {
        if number == self.navigated {
            self.seen.failure = result["errorText"].as_str().map(str::to_owned);
            self.is_at_rest |= self.seen.failure.is_some();
        }
        if self.asked == Some(number) {
            self.asked = None;
            self.is_at_rest = self.last.max(self.door.last()) <= self.asked_at;
        }
    }
}
