//! Owns one connection from its first byte to its last: what it may say at each step, and for how long it may hesitate.
//!
//! One request each. A guest never waits inside: [`Guest::attend`] does what can be done now and returns.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::admission::Rules;
use super::errand::{Errand, Fetched, Outgoing, Request};
use super::head::{self, Progress};
use super::places::Standing;
use super::refusal::Refusal;
use super::tickets::{Parcel, Stub};
use super::wire::Wire;

/// How long a guest may take to say what it wants, handshake included.
const TO_ASK: Duration = Duration::from_secs(5);
/// How long it may take until it has handed over a body, too.
const TO_HAND_OVER: Duration = Duration::from_secs(10);
/// How long it may take nothing of what it gets.
const TO_TAKE: Duration = Duration::from_secs(30);
/// How long it may take to hang up.
const TO_LEAVE: Duration = Duration::from_secs(1);
/// After how long a guest that takes slowly gives way, if somebody else needs its place.
const SATED_AFTER: Duration = Duration::from_secs(1);
/// How much it may say that nobody asked for.
const MOST_IGNORED: usize = 256 * 1024;
/// How often in a row one guest gets something before the others have their turn.
const HELPINGS: usize = 16;
/// The bytes of a parcel that are carried at a time.
const HELPING: usize = 64 * 1024;

/// What becomes of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Stays,
    /// It goes.
    Goes,
}

/// What a guest is at.
enum Stage {
    /// It says what it wants; so many of these bytes have been looked at.
    Asking(Vec<u8>, usize),
    /// It has been let in, and hands over a body of this length.
    HandingOver(Request, usize),
    /// It waits for its turn.
    Waiting(Request),
    /// tiny_http is busy with it.
    Served(Request, Errand),
    /// The rest of the answer is carried to it.
    Carried(Parcel),
    /// It gets the last bytes.
    Leaving,
    /// It has everything, and is to hang up.
    Lingering,
}

/// One connection.
pub(super) struct Guest {
    wire: Wire,
    came: Instant,
    /// When it last took something, or last got something to take.
    moved: Instant,
    stage: Stage,
    out: Outgoing,
    ignored: usize,
}

impl Guest {
    /// Receives a connection.
    pub(super) fn new(wire: Wire, now: Instant) -> Self {
        let stage = Stage::Asking(Vec::new(), 0);
        Guest { wire, came: now, moved: now, stage, out: Outgoing::default(), ignored: 0 }
    }

    /// Does what can be done for it now.
    pub(super) fn attend(&mut self, rules: &Rules, now: Instant) -> Fate {
        let listened = self.wire.flush().and_then(|()| self.listen(rules));
        match listened {
            // A connection that breaks has broken; there is nobody left to tell.
            Ok(Fate::Stays) => self.speak(now).unwrap_or(Fate::Goes),
            Ok(Fate::Goes) | Err(_) => Fate::Goes,
        }
    }

    /// Returns whether it waits for its turn at the desk.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
    }

    /// Returns whether the desk is busy with it.
    pub(super) fn is_at_desk(&self) -> bool {
        matches!(&self.stage, Stage::Served(_, errand) if errand.is_at_desk())
    }

    /// Passes its request on, if it waits for that.
    pub(super) fn pass_on(&mut self, inner: UnixStream, stub: Stub) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Leaving) {
            Stage::Waiting(request) => {
                let errand = Errand::new(&request, inner, stub);
                Stage::Served(request, errand)
            }
            other => other,
        };
    }

    /// Returns how willingly it gives way.
    pub(super) fn standing(&self, now: Instant) -> Standing {
        match self.stage {
            Stage::Lingering => Standing::Done,
            Stage::Asking(..) | Stage::HandingOver(..) => Standing::Headless,
            _ if self.is_stuck() && now.duration_since(self.came) > SATED_AFTER => Standing::Sated,
            _ => Standing::Waiting,
        }
    }

    /// Returns when it has hesitated for too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Asking(..) => Some(self.came + TO_ASK),
            Stage::HandingOver(..) => Some(self.came + TO_HAND_OVER),
            Stage::Lingering => Some(self.moved + TO_LEAVE),
            _ => self.is_stuck().then(|| self.moved + TO_TAKE),
        }
    }

    /// Returns what to wait for on its connection.
    pub(super) fn interest(&self) -> PollFlags {
        let has_more = self.is_stuck() || matches!(self.stage, Stage::Carried(_) | Stage::Leaving);
        if has_more { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN }
    }

    /// Returns the connection.
    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Returns its errand and what to wait for there, if there is anything. A socket that nobody waits for must not be
    /// looked at: its end would be reported again and again.
    pub(super) fn errand(&self) -> Option<(&Errand, PollFlags)> {
        match &self.stage {
            Stage::Served(_, errand) if errand.has_more_to_say() => Some((errand, PollFlags::IN | PollFlags::OUT)),
            Stage::Served(_, errand) if !self.out.is_full() => Some((errand, PollFlags::IN)),
            _ => None,
        }
    }

    /// Returns whether it has not taken what it could have.
    fn is_stuck(&self) -> bool {
        !self.out.is_empty() || self.wire.holds_back()
    }

    /// Hears what it says. Who hangs up wants no answer any more.
    fn listen(&mut self, rules: &Rules) -> io::Result<Fate> {
        let mut buffer = [0; 8 * 1024];
        loop {
            match self.wire.read(&mut buffer)? {
                None => return Ok(Fate::Stays),
                Some(0) => return Ok(Fate::Goes),
                Some(count) => self.hear(&buffer[..count], rules),
            }
            if self.ignored > MOST_IGNORED {
                return Ok(Fate::Goes);
            }
        }
    }

    fn hear(&mut self, said: &[u8], rules: &Rules) {
        match &mut self.stage {
            Stage::Asking(bytes, seen) => {
                bytes.extend_from_slice(said);
                match head::progress(bytes, *seen) {
                    Ok(Progress::Unfinished) => *seen = bytes.len(),
                    Ok(Progress::Ends(end)) => {
                        let rest = bytes.split_off(end);
                        let bytes = std::mem::take(bytes);
                        self.ask(&bytes, &rest, rules);
                    }
                    Err(refusal) => self.refuse(refusal, false),
                }
            }
            Stage::HandingOver(..) => self.hand_over(said),
            _ => self.ignored += said.len(),
        }
    }

    /// Judges a whole head; `rest` is what came with it of the body.
    fn ask(&mut self, bytes: &[u8], rest: &[u8], rules: &Rules) {
        let head = match head::read(bytes) {
            Ok(head) => head,
            Err(refusal) => return self.refuse(refusal, false),
        };
        let is_head = head.method == "HEAD";
        match rules.admit(&head) {
            Ok(admitted) => {
                let request = Request { head: admitted.head, body: Vec::new(), is_head, again: false };
                self.stage = Stage::HandingOver(request, admitted.length);
                self.hand_over(rest);
            }
            Err(refusal) => self.refuse(refusal, is_head),
        }
    }

    /// Takes what belongs to the body; when that is whole, the request is.
    fn hand_over(&mut self, said: &[u8]) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Leaving) {
            Stage::HandingOver(mut request, length) => {
                let wanted = said.len().min(length - request.body.len());
                request.body.extend_from_slice(&said[..wanted]);
                self.ignored += said.len() - wanted;
                match request.body.len() == length {
                    true => Stage::Waiting(request),
                    false => Stage::HandingOver(request, length),
                }
            }
            other => other,
        };
    }

    fn refuse(&mut self, refusal: Refusal, is_head: bool) {
        self.out.put(&refusal.answer(is_head));
        self.stage = Stage::Leaving;
    }

    /// Sends what there is, and looks for more.
    fn speak(&mut self, now: Instant) -> io::Result<Fate> {
        for _ in 0..HELPINGS {
            while !self.out.is_empty() {
                match self.wire.write(self.out.rest())? {
                    0 => break,
                    count => self.out.sent(count),
                }
                self.moved = now;
            }
            if !self.help(now)? {
                break;
            }
        }
        Ok(Fate::Stays)
    }

    /// Looks for more to send, and returns whether it is worth going on.
    fn help(&mut self, now: Instant) -> io::Result<bool> {
        // What comes from tiny_http is taken off its hands; what is carried can stay where it is.
        let is_sated = if matches!(self.stage, Stage::Served(..)) { self.out.is_full() } else { !self.out.is_empty() };
        if is_sated {
            return Ok(false);
        }
        if self.out.is_empty() {
            self.moved = now;
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Leaving) {
            Stage::Served(mut request, mut errand) => match errand.fetch(&mut self.out) {
                Fetched::Some => Stage::Served(request, errand),
                Fetched::NotYet => {
                    self.stage = Stage::Served(request, errand);
                    return Ok(false);
                }
                Fetched::All(Some(parcel)) => Stage::Carried(parcel),
                Fetched::All(None) => Stage::Leaving,
                // tiny_http has died with it. Reading again harms nobody, posting might.
                Fetched::Nothing if !request.again && request.body.is_empty() => {
                    request.again = true;
                    Stage::Waiting(request)
                }
                Fetched::Nothing => {
                    self.refuse(Refusal::Unanswered, request.is_head);
                    Stage::Leaving
                }
            },
            Stage::Carried(mut parcel) => {
                let mut bytes = Vec::with_capacity(HELPING);
                match parcel.by_ref().take(HELPING as u64).read_to_end(&mut bytes)? {
                    0 => Stage::Leaving,
                    _ => {
                        self.out.put(&bytes);
                        Stage::Carried(parcel)
                    }
                }
            }
            Stage::Leaving if self.wire.holds_back() => return Ok(false),
            Stage::Leaving => {
                self.wire.finish()?;
                self.stage = Stage::Lingering;
                return Ok(false);
            }
            waiting => {
                self.stage = waiting;
                return Ok(false);
            }
        };
        Ok(!matches!(self.stage, Stage::Waiting(_)))
    }
}
