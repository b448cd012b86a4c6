//! Owns the place of one machine in a fleet: when, within a span, it begins to ask, so that a thousand of them with the same
//! timetable do not ask one server at once.
//!
//! The place follows from what the machine is called, so that each keeps its own from day to day: two checks of a machine
//! stay as far apart as its timetable says, which a new place each day would not grant.

use std::time::Duration;

use crate::digest::Digest;

/// Returns the place of a machine within a span; the same for the same machine and span.
pub fn place(machine: &[impl AsRef<[u8]>], span: Duration) -> Duration {
    let digest = Digest::of_parts(machine.iter().map(AsRef::as_ref)).to_string();
    let drawn = u32::from_str_radix(&digest[..8], 16).expect("a digest is written in hexadecimal digits");
    span.mul_f64(f64::from(drawn) / (f64::from(u32::MAX) + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_keeps_its_place_and_machines_have_different_ones() {
        let span = Duration::from_secs(600);
        let of = |machine: usize| place(&["machine", &machine.to_string()], span);
        assert_eq!(of(1), of(1));
        let mut minutes = [0_usize; 10];
        for machine in 0..1_000 {
            let place = of(machine);
            assert!(place < span);
            minutes[usize::try_from(place.as_secs() / 60).unwrap()] += 1;
        }
        assert!(minutes.iter().all(|count| (60..150).contains(count)), "{minutes:?}");
        assert_eq!(place(&["x"], Duration::ZERO), Duration::ZERO);
    }
}
