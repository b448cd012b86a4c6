//! Owns the one thread of the door, which never waits for anybody in particular: it accepts, attends to whoever is ready,
//! passes requests on, and sends off those who have hesitated for too long.
//!
//! It lives through a lack of open files, by making room and trying again, and through the death of tiny_http, by starting
//! another.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustls::ServerConfig;

use super::admission::Rules;
use super::clerk::Clerk;
use super::guest::{Fate, Guest};
use super::inner::{Inner, PrivateSocket, WORKERS};
use super::places::Places;
use super::wire::Wire;

/// How many newcomers are received before those who are there are attended to again.
const NEWCOMERS: usize = 16;
/// How many requests may be with tiny_http and unanswered. It has a thread for each; the rest wait here.
const MOST_AT_DESK: usize = WORKERS + 2;
/// How long a tiny_http has to live before another is started. The threads of a dead one take five seconds to go.
const REST: Duration = Duration::from_secs(2);
/// How long to wait after the system has refused something.
const PAUSE: Duration = Duration::from_millis(50);

/// What the door stands on; it outlives a [`Relay`].
pub(super) struct Ground {
    /// The public socket, which never blocks.
    pub(super) listener: TcpListener,
    /// Ready to be read once it is all over.
    pub(super) end: UnixStream,
    /// The rules of the door.
    pub(super) rules: Rules,
    /// The settings of TLS, if it is spoken.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// Who answers.
    pub(super) clerk: Arc<Clerk>,
    /// How many places there are.
    pub(super) places: usize,
}

/// The door at work.
pub(super) struct Relay<'a> {
    ground: &'a Ground,
    inner: Option<Inner>,
    /// When tiny_http was last started.
    started: Instant,
    places: Places<Guest>,
    /// Nobody is received and nothing passed on before this.
    pause: Option<Instant>,
}

/// Who is ready.
#[derive(Default)]
struct Ready {
    guests: Vec<u64>,
    newcomers: bool,
    end: bool,
}

/// One socket that is waited for.
enum Watched {
    End,
    Newcomers,
    Guest(u64),
}

impl<'a> Relay<'a> {
    /// Starts tiny_http on a socket, if there is one already.
    pub(super) fn new(ground: &'a Ground, socket: Option<PrivateSocket>) -> Self {
        let inner = socket.and_then(|socket| Inner::start(socket, &ground.clerk).ok());
        Relay { ground, inner, started: Instant::now(), places: Places::new(ground.places), pause: None }
    }

    /// Works until the end.
    pub(super) fn run(&mut self) {
        loop {
            let ready = self.wait(Instant::now());
            if ready.end {
                return;
            }
            let now = Instant::now();
            self.pause = self.pause.filter(|pause| *pause > now);
            for number in ready.guests {
                self.attend(number, now);
            }
            self.places.retain(|guest| guest.deadline().is_none_or(|deadline| deadline > now));
            if ready.newcomers {
                self.receive(now);
            }
            if self.pause.is_none() && self.rests_until().is_none_or(|until| until <= now) {
                self.pass_on(now);
            }
        }
    }

    fn attend(&mut self, number: u64, now: Instant) {
        if let Some(guest) = self.places.guest(number)
            && guest.attend(&self.ground.rules, now) == Fate::Goes
        {
            self.places.send_off(number);
        }
    }

    /// Waits until somebody is ready, or somebody's time is up.
    fn wait(&self, now: Instant) -> Ready {
        let mut who = vec![Watched::End];
        let mut sockets = vec![PollFd::new(&self.ground.end, PollFlags::IN)];
        let has_room = self.places.has_room(|guest| guest.standing(now));
        if has_room && self.pause.is_none() {
            who.push(Watched::Newcomers);
            sockets.push(PollFd::new(&self.ground.listener, PollFlags::IN));
        }
        for (number, guest) in self.places.iter() {
            who.push(Watched::Guest(number));
            sockets.push(PollFd::new(guest.wire(), guest.interest()));
            if let Some((errand, interest)) = guest.errand() {
                who.push(Watched::Guest(number));
                sockets.push(PollFd::new(errand, interest));
            }
        }
        // Somebody may become willing to give way without a sign.
        let look_again = (!has_room).then(|| now + PAUSE);
        let deadlines = self.places.iter().filter_map(|(_, guest)| guest.deadline());
        let first = deadlines.chain(self.pause).chain(self.rests_until()).chain(look_again).min();
        let timeout = first.map(|deadline| timespec(deadline.saturating_duration_since(now)));
        if let Err(error) = poll(&mut sockets, timeout.as_ref()) {
            if error != Errno::INTR {
                // Out of memory, for a moment. Whoever is ready will still be so.
                std::thread::sleep(PAUSE);
            }
            return Ready::default();
        }
        let mut ready = Ready::default();
        for (_, watched) in sockets.iter().zip(who).filter(|(socket, _)| !socket.revents().is_empty()) {
            match watched {
                Watched::End => ready.end = true,
                Watched::Newcomers => ready.newcomers = true,
                Watched::Guest(number) if ready.guests.last() != Some(&number) => ready.guests.push(number),
                Watched::Guest(_) => {}
            }
        }
        ready
    }

    /// Receives newcomers; if there is no place, whoever gives way first goes.
    fn receive(&mut self, now: Instant) {
        for _ in 0..NEWCOMERS {
            if !self.places.has_room(|guest| guest.standing(now)) {
                return;
            }
            let wire = match self.ground.listener.accept() {
                Ok((socket, _)) => Wire::new(socket, self.ground.tls.as_ref()),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => continue,
                    // No more open files, most likely.
                    _ => return self.lack(now),
                },
            };
            let Ok(wire) = wire else { continue };
            if self.places.is_full() {
                self.places.make_room(|guest| guest.standing(now));
            }
            let number = self.places.seat(Guest::new(wire, now));
            // Most clients have said what they want by now.
            self.attend(number, now);
        }
    }

    /// Passes on the requests whose turn it is.
    fn pass_on(&mut self, now: Instant) {
        let mut free = MOST_AT_DESK.saturating_sub(self.places.iter().filter(|(_, guest)| guest.is_at_desk()).count());
        let waiting: Vec<u64> =
            self.places.iter().filter(|(_, guest)| guest.is_waiting()).map(|(number, _)| number).collect();
        for number in waiting {
            if free == 0 {
                return;
            }
            let Ok(inner) = self.connect(now) else { return self.lack(now) };
            let stub = self.ground.clerk.tickets.write();
            if let Some(guest) = self.places.guest(number) {
                guest.pass_on(inner, stub);
                free -= 1;
            }
            self.attend(number, now);
        }
    }

    /// Returns when another tiny_http may be started, if there is none.
    fn rests_until(&self) -> Option<Instant> {
        self.inner.is_none().then(|| self.started + REST)
    }

    /// Connects to tiny_http, if need be to a new one.
    fn connect(&mut self, now: Instant) -> io::Result<UnixStream> {
        if let Some(inner) = &self.inner {
            match inner.connect() {
                // It has died, or somebody has cleaned up its folder.
                Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {}
                connected => return connected,
            }
            self.inner = None;
        }
        if self.rests_until().is_some_and(|until| until > now) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        self.started = now;
        let inner = Inner::start(PrivateSocket::make()?, &self.ground.clerk)?;
        self.inner.insert(inner).connect()
    }

    /// Makes room after the system has refused something, and lets a moment pass.
    fn lack(&mut self, now: Instant) {
        self.places.make_room(|guest| guest.standing(now));
        self.pause = Some(now + PAUSE);
    }
}

fn timespec(duration: Duration) -> Timespec {
    // A nanosecond more, so that what is waited for has come when the wait is over.
    let duration = duration + Duration::from_nanos(1);
    Timespec { tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX), tv_nsec: duration.subsec_nanos().into() }
}
