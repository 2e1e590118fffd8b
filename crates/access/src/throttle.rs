//! How often somebody may be wrong.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Wrong attempts of an address that cost nothing but the attempt.
const FREE: u32 = 5;

/// Longest wait of an address, in milliseconds; it doubles from a second up to this.
const WAIT_MS_MAX: u64 = 15 * 60 * 1000;

/// An address that was silent for this long is forgotten.
const FORGET_MS: u64 = 60 * 60 * 1000;

/// Addresses that are remembered; at this, the one that was silent longest is forgotten for a new one.
const ADDRESSES_MAX: usize = 1024;

/// Attempts of all addresses together in a minute; beyond this, everybody waits for the next. It bounds what many
/// addresses can guess, and the computing they can make us do.
const PER_MINUTE_MAX: u32 = 120;

const MINUTE_MS: u64 = 60 * 1000;

/// Attempts that were wrong, by address.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    addresses: HashMap<IpAddr, Wrong>,
    minute: u64,
    in_minute: u32,
}

#[derive(Clone, Copy, Debug)]
struct Wrong {
    times: u32,
    last_ms: u64,
}

impl Throttle {
    /// Counts an attempt as wrong, which [`Self::right`] takes back; so many attempts at once are no way around. If
    /// it must wait: the seconds.
    pub(crate) fn attempt(&mut self, from: IpAddr, now_ms: u64) -> Result<(), u64> {
        let from = network_of(from);
        let known = self.addresses.get(&from).copied();
        let known = known.filter(|w| now_ms.saturating_sub(w.last_ms) < FORGET_MS);
        if let Some(wrong) = known {
            let free_ms = wrong.last_ms + wait_ms(wrong.times);
            if now_ms < free_ms {
                return Err((free_ms - now_ms).div_ceil(1000));
            }
        }
        let minute = now_ms / MINUTE_MS;
        if minute != self.minute {
            (self.minute, self.in_minute) = (minute, 0);
        }
        if self.in_minute >= PER_MINUTE_MAX {
            return Err(((minute + 1) * MINUTE_MS - now_ms).div_ceil(1000));
        }
        self.in_minute += 1;
        if known.is_none() {
            self.make_room();
        }
        let times = known.map_or(0, |w| w.times).saturating_add(1);
        self.addresses.insert(
            from,
            Wrong {
                times,
                last_ms: now_ms,
            },
        );
        Ok(())
    }

    /// The last attempt from there was right.
    pub(crate) fn right(&mut self, from: IpAddr) {
        self.addresses.remove(&network_of(from));
        self.in_minute = self.in_minute.saturating_sub(1);
    }

    fn make_room(&mut self) {
        if self.addresses.len() < ADDRESSES_MAX {
            return;
        }
        let longest = self.addresses.iter().min_by_key(|(_, w)| w.last_ms);
        if let Some(address) = longest.map(|(a, _)| *a) {
            self.addresses.remove(&address);
        }
    }
}

/// Milliseconds to wait after this many wrong attempts: nothing, then 1 s, 2 s, 4 s…
fn wait_ms(times: u32) -> u64 {
    match times.checked_sub(FREE) {
        None => 0,
        Some(over) => 1000_u64
            .checked_shl(over.min(20))
            .unwrap_or(WAIT_MS_MAX)
            .min(WAIT_MS_MAX),
    }
}

/// Whoever has one IPv6 address has its whole /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        for (times, seconds) in [
            (0, 0),
            (4, 0),
            (5, 1),
            (6, 2),
            (7, 4),
            (14, 512),
            (15, 900),
            (4_000_000, 900),
        ] {
            assert_eq!(wait_ms(times), seconds * 1000, "{times}");
        }
    }

    #[test]
    fn an_address_waits_for_itself_alone() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            assert_eq!(throttle.attempt(ip("192.0.2.1"), 1000), Ok(()));
        }
        assert_eq!(throttle.attempt(ip("192.0.2.1"), 1000), Err(1));
        assert_eq!(throttle.attempt(ip("::ffff:192.0.2.1"), 1999), Err(1));
        assert_eq!(throttle.attempt(ip("192.0.2.2"), 1000), Ok(()));
        assert_eq!(
            throttle.attempt(ip("192.0.2.1"), 2000),
            Ok(()),
            "the sixth, a second later"
        );
        assert_eq!(throttle.attempt(ip("192.0.2.1"), 3000), Err(1), "now it is two");
        throttle.right(ip("192.0.2.1"));
        assert_eq!(throttle.attempt(ip("192.0.2.1"), 3000), Ok(()));
    }

    #[test]
    fn after_an_hour_of_silence_all_is_forgotten() {
        let mut throttle = Throttle::default();
        for n in 0..14 {
            assert_eq!(throttle.attempt(ip("192.0.2.1"), n * 1_000_000), Ok(()), "{n}");
        }
        assert!(throttle.attempt(ip("192.0.2.1"), 13_000_001).is_err());
        assert_eq!(throttle.attempt(ip("192.0.2.1"), 13_000_000 + FORGET_MS), Ok(()));
        assert_eq!(throttle.addresses[&ip("192.0.2.1")].times, 1);
    }

    #[test]
    fn a_network_of_v6_is_one_address() {
        let mut throttle = Throttle::default();
        for n in 0..5 {
            assert_eq!(throttle.attempt(ip(&format!("2001:db8::{n}")), 0), Ok(()));
        }
        assert!(throttle.attempt(ip("2001:db8::9:9"), 0).is_err());
        assert_eq!(throttle.attempt(ip("2001:db8:0:1::9"), 0), Ok(()));
    }

    #[test]
    fn many_addresses_are_bounded_in_what_they_try_and_in_what_they_take() {
        let mut throttle = Throttle::default();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..PER_MINUTE_MAX {
            assert_eq!(throttle.attempt(address(n), 30_000), Ok(()));
        }
        assert_eq!(throttle.attempt(address(9_999), 30_000), Err(30));
        for n in 0..5_000_u32 {
            let _ = throttle.attempt(address(n), u64::from(n) * 1000);
        }
        assert_eq!(throttle.addresses.len(), ADDRESSES_MAX);
        assert!(throttle.addresses.contains_key(&address(4_999)));
        assert!(!throttle.addresses.contains_key(&address(1)));
    }
}
