//! A thousand machines that ask the same server, over a line with a clock of its own: how often each asks a server that is
//! dying, and whether they do it in step.

use std::cell::{Cell, RefCell};

use super::*;
use crate::config::{Config, sample};
use crate::guard::splay::place;
use crate::guard::{Answers, Ask, Heard, ask_by};

/// How many machines there are.
const MACHINES: usize = 1_000;

/// What a server does at a moment.
type Server = dyn Fn(Duration, &Request) -> Result<Arrival, Failure>;

/// One machine: when it begins, and what it has sent.
struct Machine<'s> {
    begins: Duration,
    clock: Cell<Duration>,
    chance: Cell<u64>,
    busy: Cell<bool>,
    server: &'s Server,
    sent: RefCell<Vec<(Duration, bool)>>,
}

impl Line for Machine<'_> {
    fn exchange(&self, hop: &Hop<'_>) -> Result<Arrival, Failure> {
        assert!(!self.busy.replace(true), "two requests at a time");
        let at = self.begins + self.clock.get();
        let came = (self.server)(at, hop.request);
        let took = if came == Err(Failure::Timeout) { hop.timeout } else { Duration::from_millis(40) };
        self.clock.set(self.clock.get() + took);
        let served = matches!(&came, Ok(arrival) if arrival.reply.status < 429);
        self.sent.borrow_mut().push((at, served));
        self.busy.set(false);
        came
    }

    fn wait(&self, span: Duration) {
        self.clock.set(self.clock.get() + span);
    }

    fn elapsed(&self) -> Duration {
        self.clock.get()
    }

    fn chance(&self) -> f64 {
        // Xorshift: reproducible, and another row for each machine.
        let mut state = self.chance.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.chance.set(state);
        f64::from(u32::try_from(state >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// What a fleet has sent: for each machine when, and whether it was served; and what it was answered.
struct Told {
    sent: Vec<Vec<(Duration, bool)>>,
    answers: Vec<Answers>,
}

fn fleet(config: &Config, splay: Duration, server: &Server) -> Told {
    let mut told = Told { sent: Vec::new(), answers: Vec::new() };
    for number in 0..MACHINES {
        let machine = Machine {
            begins: place(&["fleet", &number.to_string()], splay),
            clock: Cell::default(),
            chance: Cell::new(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number as u64 + 1)),
            busy: Cell::new(false),
            server,
            sent: RefCell::default(),
        };
        told.answers.push(ask_by(config, &Ask::default(), &machine));
        told.sent.push(machine.sent.into_inner());
    }
    told
}

impl Told {
    /// Returns the most requests that any span of time has seen, of those that `which` says (by number within a machine's run).
    fn peak(&self, span: Duration, which: impl Fn(usize) -> bool) -> usize {
        let chosen = self.sent.iter().flat_map(|sent| sent.iter().enumerate().filter(|(number, _)| which(*number)));
        let mut times: Vec<Duration> = chosen.map(|(_, (at, _))| *at).collect();
        times.sort();
        let within = |start: usize| times[start..].partition_point(|at| *at < times[start] + span);
        (0..times.len()).map(within).max().unwrap_or(0)
    }

    fn unserved(&self) -> impl Iterator<Item = usize> {
        self.sent.iter().map(|sent| sent.iter().filter(|(_, served)| !served).count())
    }
}

fn goatcounter(tables: usize) -> Config {
    let table = "[[analytics]]\nprovider = \"goatcounter\"\nendpoint = \"https://stats.example/\"\nsite = \"1\"\n";
    sample(&table.repeat(tables).replacen("\"1\"", "\"2\"", tables.saturating_sub(1)))
}

/// Answers as a GoatCounter in good health.
fn healthy(request: &Request) -> Result<Arrival, Failure> {
    let (code, headers, body): (u16, &[(&str, &str)], &str) = match request.url.path() {
        "/count.js" => {
            (200, &[("content-type", "text/javascript")], "window.goatcounter = {}; navigator.sendBeacon('x')")
        }
        "/status" => (200, &[("content-type", "application/json")], "{\"version\": \"v2.5.0\"}"),
        _ if request.host.is_some() => (400, &[], "no site at this domain"),
        _ => (400, &[("x-goatcounter", "wrong value: b=1")], ""),
    };
    let mut arrival = status(code, headers)?;
    arrival.reply.body = body.as_bytes().to_vec();
    Ok(arrival)
}

#[test]
fn a_healthy_server_gets_at_most_five_requests_of_each() {
    let told = fleet(&goatcounter(1), Duration::ZERO, &|_, request| healthy(request));
    assert!(told.sent.iter().all(|sent| (3..=5).contains(&sent.len())), "{:?}", told.sent[0]);
    assert_eq!(told.unserved().max(), Some(0));
}

#[test]
fn a_server_that_is_down_gets_three_requests_of_each_and_not_in_step() {
    let down = |_: Duration, _: &Request| status(503, &[]);
    let told = fleet(&goatcounter(1), Duration::ZERO, &down);
    assert!(told.sent.iter().all(|sent| sent.len() == 3));
    // Their timetable has made them begin as one; nothing after that is done as one.
    assert_eq!(told.peak(Duration::from_millis(1), |number| number == 0), MACHINES);
    let later = told.peak(Duration::from_millis(20), |number| number > 0);
    assert!(later < 170, "{later} came back within 20 ms");
}

#[test]
fn those_that_are_told_the_same_time_do_not_come_back_as_one() {
    let told = fleet(&goatcounter(1), Duration::ZERO, &|_, _| status(429, &[("retry-after", "5")]));
    assert!(told.sent.iter().all(|sent| sent.len() <= 3));
    for sent in &told.sent {
        let pauses = sent.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0));
        assert!(pauses.into_iter().all(|pause| pause >= Duration::from_secs(5)), "sooner than it was asked to");
    }
    let later = told.peak(Duration::from_millis(100), |number| number > 0);
    assert!(later < 90, "{later} came back within 100 ms");
}

#[test]
fn a_splayed_fleet_is_spread_over_its_span_and_a_dying_server_gets_three_requests_of_each() {
    let splay = Duration::from_secs(600);
    // It serves, then it is too busy, then it says nothing at all, then nobody listens.
    let dying = |at: Duration, request: &Request| match at.as_secs() {
        0..200 => healthy(request),
        200..300 => status(503, &[]),
        300..400 => Err(Failure::Timeout),
        _ => Err(Failure::Refused),
    };
    let told = fleet(&goatcounter(1), splay, &dying);
    assert!(told.unserved().max() <= Some(3), "{:?}", told.unserved().max());
    assert!(told.sent.iter().filter(|sent| sent[0].0 >= Duration::from_secs(200)).all(|sent| sent.len() <= 3));
    // Who is kept waiting asks once.
    let silent = told.sent.iter().filter(|sent| (300..385).contains(&sent[0].0.as_secs()));
    assert!(silent.into_iter().all(|sent| sent.len() == 1));
    // A second has 1.7 beginnings on the average, with a few requests each.
    assert!(told.peak(Duration::from_secs(1), |number| number == 0) <= 10);
    assert!(told.peak(Duration::from_secs(1), |_| true) <= 40, "ten beginnings, four requests each");
    let known = |answers: &Answers| matches!(&answers.tables[0].tracker, Heard::Reply(reply) if reply.status == 200);
    let known = told.answers.iter().filter(|answers| known(answers)).count();
    assert!((280..390).contains(&known), "{known} were served, a third of them");
}

#[test]
fn several_tables_on_one_host_share_its_patience() {
    let told = fleet(&goatcounter(3), Duration::ZERO, &|_, _| Err(Failure::Refused));
    assert!(told.sent.iter().all(|sent| sent.len() == 3), "{:?}", told.sent[0]);
}
