//! Owns the stand-in: every provider's server, played within this process, for `endpoint = "embedded"`.
//!
//! Pages then name `https://analytics.invalid/`, which no network knows; only this line answers for it.
//! It proves the site, not anybody's analytics, and every report says so.

use std::time::Duration;

use super::dial::{Arrival, Failure, Hop, Line};
use crate::analytics::Provider;
use crate::analytics::exchange::Target;

/// What a report says of a run against it.
pub const NOTE: &str = "stand-in endpoint: this proves the site, not your analytics";

/// A line to a provider's server as we play it.
pub struct StandIn<'a> {
    /// Whose server.
    pub provider: &'static Provider,
    /// The site that it knows.
    pub target: &'a Target,
}

impl Line for StandIn<'_> {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        if hop.request.url.host_str() != self.target.endpoint.host_str() {
            return Err(Failure::NameNotFound);
        }
        Ok(Arrival { reply: (self.provider.stand_in.answer)(hop.request, self.target), private: true })
    }

    fn wait(&self, _span: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn chance(&self) -> f64 {
        0.0
    }
}
