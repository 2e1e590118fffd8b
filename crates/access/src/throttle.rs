//! How often somebody may be wrong.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};

use crate::entry::Client;

/// Wrong attempts of an address that cost nothing but the attempt.
const FREE: u32 = 5;

/// Longest wait of an address, in milliseconds; it doubles from a second up to this.
const WAIT_MS_MAX: u64 = 15 * 60 * 1000;

/// An address that was silent for this long is forgotten.
const FORGET_MS: u64 = 60 * 60 * 1000;

/// Addresses that are remembered; at this, the one that was silent longest is forgotten for a new one.
const ADDRESSES_MAX: usize = 1024;

/// An address from which somebody was right is not held up by others for this long.
const TRUST_MS: u64 = 30 * 24 * FORGET_MS;

/// Attempts of all addresses together in a minute; beyond this, everybody waits for the next but this machine and those
/// from where somebody was right lately. It bounds what many addresses can guess, and the computing they can make us do.
const PER_MINUTE_MAX: u32 = 120;

const MINUTE_MS: u64 = 60 * 1000;

/// Attempts that were wrong, by address.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    addresses: HashMap<IpAddr, Wrong>,
    /// When somebody was last right there.
    right: HashMap<IpAddr, u64>,
    minute: u64,
    in_minute: u32,
}

#[derive(Debug, Default)]
struct Wrong {
    /// By account, empty for all that there are not: who knows one password cannot clear what they guess at another.
    /// Bounded by the accounts there are.
    times: BTreeMap<String, u32>,
    last_ms: u64,
}

impl Wrong {
    fn sum(&self) -> u32 {
        self.times.values().fold(0, |sum, n| sum.saturating_add(*n))
    }
}

impl Throttle {
    /// Counts an attempt as wrong, which [`Self::right`] takes back; so many attempts at once are no way around. If
    /// it must wait: the seconds.
    pub(crate) fn attempt(&mut self, from: Client, account: Option<&str>, now_ms: u64) -> Result<(), u64> {
        let network = network_of(from.address);
        let is_old = |w: &Wrong| now_ms.saturating_sub(w.last_ms) >= FORGET_MS;
        if self.addresses.get(&network).is_some_and(is_old) {
            self.addresses.remove(&network);
        }
        if let Some(wrong) = self.addresses.get(&network) {
            let free_ms = wrong.last_ms + wait_ms(wrong.sum());
            if now_ms < free_ms {
                return Err((free_ms - now_ms).div_ceil(1000));
            }
        }
        let minute = now_ms / MINUTE_MS;
        if minute != self.minute {
            (self.minute, self.in_minute) = (minute, 0);
        }
        let is_trusted = |at: &u64| now_ms.saturating_sub(*at) < TRUST_MS;
        if !from.straight && !self.right.get(&network).is_some_and(is_trusted) {
            if self.in_minute >= PER_MINUTE_MAX {
                return Err(((minute + 1) * MINUTE_MS - now_ms).div_ceil(1000));
            }
            self.in_minute += 1;
        }
        if !self.addresses.contains_key(&network) {
            make_room(&mut self.addresses, |w| w.last_ms);
        }
        let wrong = self.addresses.entry(network).or_default();
        let times = wrong.times.entry(account.unwrap_or_default().to_owned());
        let times = times.or_default();
        *times = times.saturating_add(1);
        wrong.last_ms = now_ms;
        Ok(())
    }

    /// The last attempt from there at `account` was right.
    pub(crate) fn right(&mut self, from: Client, account: Option<&str>, now_ms: u64) {
        let network = network_of(from.address);
        if let Some(wrong) = self.addresses.get_mut(&network) {
            wrong.times.remove(account.unwrap_or_default());
            if wrong.times.is_empty() {
                self.addresses.remove(&network);
            }
        }
        if !self.right.contains_key(&network) {
            make_room(&mut self.right, |at| *at);
        }
        self.right.insert(network, now_ms);
    }
}

/// At the limit, forgets the address of longest ago.
fn make_room<T>(addresses: &mut HashMap<IpAddr, T>, last_ms: impl Fn(&T) -> u64) {
    if addresses.len() < ADDRESSES_MAX {
        return;
    }
    let longest = addresses.iter().min_by_key(|(_, known)| last_ms(known));
    if let Some(address) = longest.map(|(a, _)| *a) {
        addresses.remove(&address);
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

    fn ip(text: &str) -> Client {
        Client {
            address: text.parse().unwrap(),
            straight: false,
        }
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
            assert_eq!(throttle.attempt(ip("192.0.2.1"), None, 1000), Ok(()));
        }
        assert_eq!(throttle.attempt(ip("192.0.2.1"), None, 1000), Err(1));
        assert_eq!(throttle.attempt(ip("::ffff:192.0.2.1"), None, 1999), Err(1));
        assert_eq!(throttle.attempt(ip("192.0.2.2"), None, 1000), Ok(()));
        assert_eq!(
            throttle.attempt(ip("192.0.2.1"), None, 2000),
            Ok(()),
            "the sixth, a second later"
        );
        assert_eq!(
            throttle.attempt(ip("192.0.2.1"), None, 3000),
            Err(1),
            "now it is two"
        );
        throttle.right(ip("192.0.2.1"), None, 3000);
        assert_eq!(throttle.attempt(ip("192.0.2.1"), None, 3000), Ok(()));
    }

    #[test]
    fn after_an_hour_of_silence_all_is_forgotten() {
        let mut throttle = Throttle::default();
        for n in 0..14 {
            assert_eq!(
                throttle.attempt(ip("192.0.2.1"), None, n * 1_000_000),
                Ok(()),
                "{n}"
            );
        }
        assert!(throttle.attempt(ip("192.0.2.1"), None, 13_000_001).is_err());
        assert_eq!(
            throttle.attempt(ip("192.0.2.1"), None, 13_000_000 + FORGET_MS),
            Ok(())
        );
        assert_eq!(throttle.addresses[&ip("192.0.2.1").address].sum(), 1);
    }

    #[test]
    fn a_network_of_v6_is_one_address() {
        let mut throttle = Throttle::default();
        for n in 0..5 {
            assert_eq!(throttle.attempt(ip(&format!("2001:db8::{n}")), None, 0), Ok(()));
        }
        assert!(throttle.attempt(ip("2001:db8::9:9"), None, 0).is_err());
        assert_eq!(throttle.attempt(ip("2001:db8:0:1::9"), None, 0), Ok(()));
    }

    #[test]
    fn many_addresses_are_bounded_in_what_they_try_and_in_what_they_take() {
        let mut throttle = Throttle::default();
        let address = |n: u32| Client {
            address: n.to_be_bytes().into(),
            straight: false,
        };
        for n in 0..PER_MINUTE_MAX {
            assert_eq!(throttle.attempt(address(n), None, 30_000), Ok(()));
        }
        assert_eq!(throttle.attempt(address(9_999), None, 30_000), Err(30));
        for n in 0..5_000_u32 {
            let _ = throttle.attempt(address(n), None, u64::from(n) * 1000);
        }
        assert_eq!(throttle.addresses.len(), ADDRESSES_MAX);
        assert!(throttle.addresses.contains_key(&address(4_999).address));
        assert!(!throttle.addresses.contains_key(&address(1).address));
    }

    #[test]
    fn who_is_right_clears_what_was_wrong_at_the_same_account_alone() {
        let mut throttle = Throttle::default();
        let from = ip("192.0.2.1");
        for n in 0..5 {
            if n > 0 {
                assert_eq!(throttle.attempt(from, Some("anna"), n), Ok(()), "{n}");
                throttle.right(from, Some("anna"), n);
            }
            assert_eq!(throttle.attempt(from, Some("admin"), n), Ok(()), "{n}");
        }
        assert_eq!(throttle.attempt(from, Some("admin"), 5), Err(1), "five are wrong");
        assert_eq!(
            throttle.attempt(from, Some("anna"), 5),
            Err(1),
            "whoever they say to be"
        );
    }

    #[test]
    fn a_flood_keeps_out_neither_this_machine_nor_who_was_right_before() {
        let mut throttle = Throttle::default();
        assert_eq!(throttle.attempt(ip("192.0.2.1"), Some("admin"), 0), Ok(()));
        throttle.right(ip("192.0.2.1"), Some("admin"), 0);
        let later = 25 * FORGET_MS;
        for n in 0..PER_MINUTE_MAX {
            let address = Client {
                address: (0x0a00_0000 + n).to_be_bytes().into(),
                straight: false,
            };
            let _ = throttle.attempt(address, None, later);
        }
        let here = |straight| Client {
            straight,
            ..ip("127.0.0.1")
        };
        assert!(throttle.attempt(ip("192.0.2.2"), None, later).is_err());
        assert!(throttle.attempt(here(false), None, later).is_err());
        assert_eq!(throttle.attempt(here(true), None, later), Ok(()));
        for _ in 0..5 {
            assert_eq!(throttle.attempt(ip("192.0.2.1"), None, later), Ok(()));
        }
        assert_eq!(
            throttle.attempt(ip("192.0.2.1"), None, later),
            Err(1),
            "its own wait counts"
        );
    }
}
