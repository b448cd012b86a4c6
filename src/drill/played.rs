//! Owns the server of a drill: every table's own server as its vendor's stand-in plays it, with the faults
//! of one scene in between. Nothing leaves the process.

use std::time::Duration;

use url::Url;

use crate::analytics::Provider;
use crate::analytics::exchange::{Reply, Request, Target};
use crate::breakages::{Fault, Outage, Subject};
use crate::guard::dial::{Arrival, Failure, Hop, Line};

/// One table's server.
pub(super) struct Server {
    /// Whose.
    pub(super) provider: &'static Provider,
    /// Where it is.
    pub(super) target: Target,
}

/// All of a site's servers, one of them at fault.
pub(super) struct Played<'a> {
    /// The servers, in the order of site.toml.
    pub(super) servers: &'a [Server],
    /// Which of them is at fault.
    pub(super) number: usize,
    /// What goes wrong there.
    pub(super) faults: &'a [Fault],
}

impl Server {
    fn is_asked(&self, url: &Url) -> bool {
        [&self.target.script, &self.target.collect, &self.target.endpoint]
            .iter()
            .any(|own| own.origin() == url.origin())
    }

    fn subject(&self, request: &Request) -> Subject {
        let is = |url: &Url| url.origin() == request.url.origin() && url.path() == request.url.path();
        let version = self.provider.version.as_ref().map(|query| (query.ask)(&self.target).url);
        // Where one address is both, the one who asks whether hits are taken says who it is.
        let is_probe = is(&self.target.collect) && request.header_value("User-Agent").is_some();
        if is(&self.target.script) && !is_probe {
            return Subject::Tracker;
        }
        match version.is_some_and(|version| is(&version)) && !is(&self.target.collect) {
            true => Subject::Version,
            false => Subject::Collect,
        }
    }
}

impl Played<'_> {
    /// Answers as all is well, and says who answers about what. A stranger's host serves a copy of the tracker.
    fn well(&self, request: &Request) -> (usize, Subject, Reply) {
        let mut last = None;
        for (number, server) in self.servers.iter().enumerate().filter(|(_, server)| server.is_asked(&request.url)) {
            let reply = (server.provider.stand_in.answer)(request, &server.target);
            let found = (number, server.subject(request), reply);
            if found.2.status != 404 {
                return found;
            }
            last = Some(found);
        }
        last.unwrap_or_else(|| {
            let server = &self.servers[self.number];
            let copy = Request::get(server.target.script.clone());
            let reply = (server.provider.stand_in.answer)(&copy, &server.target);
            (self.number, Subject::Tracker, Reply { url: request.url.to_string(), ..reply })
        })
    }
}

impl Line for Played<'_> {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        let (number, subject, reply) = self.well(hop.request);
        let faults = if number == self.number { self.faults } else { &[] };
        let mut reply = Ok(reply);
        for fault in faults {
            reply = fault(subject, hop.request, reply);
        }
        reply.map(|reply| Arrival { reply, private: false }).map_err(|outage| match outage {
            Outage::Refused => Failure::Refused,
            Outage::Silent => Failure::Timeout,
            Outage::NoSuchName => Failure::NameNotFound,
            Outage::Certificate => Failure::Certificate("it has expired".to_owned()),
            Outage::Truncated => Failure::Truncated,
        })
    }

    fn wait(&self, _span: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn chance(&self) -> f64 {
        0.0
    }
}
