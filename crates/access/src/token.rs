//! Random tokens, and the digests that are kept of them.

use std::fmt;

use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use base::Secret;

/// SHA-256 of a token. Fast is safe here: the tokens are random and at least 128 bits long, so nobody guesses one.
#[derive(Clone, Copy)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    /// In a time that does not depend on where they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

/// What is kept of a token is no secret to whoever has the file, but has no place in a log either.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[digest]")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let bytes = hexadecimal(d)?;
        let exact = bytes.try_into();
        exact
            .map(Self)
            .map_err(|_| serde::de::Error::custom("a digest of 64 hexadecimal digits"))
    }
}

/// Compares two texts of equal length in a time that does not depend on where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    let differing = |sum: u8, (a, b): (&u8, &u8)| std::hint::black_box(sum | (a ^ b));
    a.len() == b.len() && a.iter().zip(b).fold(0, differing) == 0
}

/// Random bytes of the system. The generator of a running system does not fail; if it did, nothing here could be safe.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system's random generator answers");
    bytes
}

/// 256 random bits, for a browser session.
pub(crate) fn session() -> Secret {
    Secret::new(&hex(&random::<32>()))
}

/// 128 random bits in 32 digits: the form of Tautulli's keys, since some of its clients check the length.
pub(crate) fn key() -> Secret {
    Secret::new(&hex(&random::<16>()))
}

/// 32 random bits, to tell things apart.
pub(crate) fn id() -> String {
    hex(&random::<4>())
}

/// Characters of a setup code: none that is easily taken for another. 32, so that every one is as likely.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters in a setup code: 40 bits, against which the throttle leaves no chance.
const CODE_CHARS: usize = 8;

/// A code to be typed: `ABCD-EFGH`.
pub(crate) fn code() -> Secret {
    let letters = random::<CODE_CHARS>().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let (first, second) = letters.split_at(CODE_CHARS / 2);
    let half = |part: &[char]| part.iter().collect::<String>();
    Secret::new(&format!("{}-{}", half(first), half(second)))
}

/// What was typed in the form of [`code`]: capitals, without anything else.
pub(crate) fn plain_code(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to memory cannot fail");
    }
    text
}

/// Reads what [`hex`] wrote.
pub(crate) fn hexadecimal<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(d)?;
    unhex(&text).ok_or_else(|| serde::de::Error::custom("an even number of hexadecimal digits"))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| u8::try_from(digit(&pair[0])? * 16 + digit(&pair[1])?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        assert_eq!(session().expose().len(), 64);
        assert_eq!(key().expose().len(), 32);
        assert_eq!(id().len(), 8);
        assert_ne!(session(), session());
        assert_ne!(key(), key());
        let code = code();
        assert_eq!(plain_code(&code.expose().to_lowercase()).len(), 8);
        assert_eq!(code.expose().as_bytes()[4], b'-');
    }

    #[test]
    fn only_the_same_is_the_same() {
        for (a, b, expected) in [
            ("abc", "abc", true),
            ("abc", "abd", false),
            ("abc", "ab", false),
            ("", "", true),
        ] {
            assert_eq!(same(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(Digest::of(a).is(&Digest::of(b)), expected, "{a} {b}");
        }
    }

    #[test]
    fn a_digest_is_written_as_its_digits_and_read_back() {
        // FIPS 180-4, "abc".
        let written = serde_json::to_string(&Digest::of("abc")).unwrap();
        assert_eq!(
            written,
            "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""
        );
        let read: Digest = serde_json::from_str(&written).unwrap();
        assert!(read.is(&Digest::of("abc")));
        for wrong in ["\"ba\"", "\"zz\"", "\"b\"", "3"] {
            assert!(serde_json::from_str::<Digest>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{:?}", Digest::of("abc")), "[digest]");
    }
}
