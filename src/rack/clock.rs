//! The rack's own time. Everything in the rack is a function of a moment that is handed to it; only the server asks the
//! clock.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// Milliseconds of the rack's time since it was switched on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// When the rack was switched on.
    pub const START: Self = Self(0);

    /// So many seconds later; nobody waits longer than the clock counts.
    #[must_use]
    pub fn after(self, seconds: f64) -> Self {
        Self(self.0.saturating_add(milliseconds(seconds)))
    }

    /// Seconds since the rack was switched on.
    #[expect(clippy::cast_precision_loss, reason = "no rack runs for so many milliseconds")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates, and times below zero are refused where they are read"
)]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

/// Runs at a multiple of real time and can be put forward.
#[derive(Debug)]
pub struct Clock {
    speed: f64,
    since: Instant,
    began: Timestamp,
    put_forward: f64,
}

impl Clock {
    /// A clock that goes `speed` times as fast as real time; at 0 it only goes when it is put forward.
    pub fn new(speed: f64) -> Self {
        Self { speed, since: Instant::now(), began: Timestamp::now(), put_forward: 0.0 }
    }

    pub fn now(&self) -> Moment {
        let passed = self.since.elapsed().as_secs_f64() * self.speed;
        Moment::default().after(passed + self.put_forward)
    }

    /// Lets so many seconds pass at once.
    pub fn put_forward(&mut self, seconds: f64) {
        self.put_forward += seconds;
    }

    /// When the rack was switched on, in the world's time.
    pub fn began(&self) -> Timestamp {
        self.began
    }
}

/// A moment in the world's time.
pub fn timestamp(began: Timestamp, moment: Moment) -> Timestamp {
    let passed = SignedDuration::try_from_secs_f64(moment.seconds()).unwrap_or_default();
    began.checked_add(passed).unwrap_or(Timestamp::MAX)
}

/// A moment as Ironic writes times: whole seconds, UTC.
pub fn written(began: Timestamp, moment: Moment) -> String {
    timestamp(began, moment).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// A moment as Ironic's conductors write times among internal things: UTC, without saying so.
pub fn unzoned(began: Timestamp, moment: Moment) -> String {
    timestamp(began, moment).strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_stands_goes_only_when_told() {
        let mut clock = Clock::new(0.0);
        assert_eq!(clock.now(), Moment::default());
        clock.put_forward(1.5);
        assert_eq!(clock.now(), Moment(1500));
        assert_eq!(Moment(1500).after(f64::MAX), Moment(u64::MAX));
    }

    #[test]
    fn moments_are_written_as_ironic_does() {
        let began = Timestamp::from_second(1_800_000_000).unwrap();
        let said = written(began, Moment::default().after(61.2));
        assert_eq!(said, "2027-01-15T08:01:01+00:00");
    }
}
