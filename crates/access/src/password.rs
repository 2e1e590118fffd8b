//! Passwords: Argon2id, with the parameters kept beside each hash.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base::Secret;
use serde::{Deserialize, Serialize, Serializer};

use crate::token;

/// Characters a password has at least.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// Bytes a password has at most; a longer one is refused, so that nobody makes us read novels.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// OWASP's first choice for Argon2id where memory counts: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Most memory a hash in the file may ask for, in KiB; beyond it the file counts as damaged.
const MEMORY_KIB_MAX: u32 = 256 * 1024;

/// Most passes a hash in the file may ask for; beyond it the file counts as damaged.
const PASSES_MAX: u32 = 16;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hashed {
    algorithm: Name,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    #[serde(serialize_with = "as_hex", deserialize_with = "token::hexadecimal")]
    salt: Vec<u8>,
    #[serde(serialize_with = "as_hex", deserialize_with = "token::hexadecimal")]
    hash: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Name {
    #[serde(rename = "argon2id")]
    Argon2id,
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hashed]")
    }
}

fn as_hex<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&token::hex(bytes))
}

impl Hashed {
    /// Takes some 30 ms and 19 MiB: not for a thread that others wait for.
    pub(crate) fn new(password: &Secret) -> Self {
        let mut hashed = Self::nobody();
        hashed.salt = token::random::<SALT_BYTES>().to_vec();
        hashed.hash = hashed.compute(password).unwrap_or_default();
        hashed
    }

    /// One that no password fits, for names that nobody has: checking it costs as much as checking another.
    pub(crate) fn nobody() -> Self {
        Self {
            algorithm: Name::Argon2id,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: vec![0; SALT_BYTES],
            hash: Vec::new(),
        }
    }

    /// True if it is the hash of `password`. As costly as [`Self::new`].
    pub(crate) fn fits(&self, password: &Secret) -> bool {
        let computed = self.compute(password).unwrap_or_default();
        !self.hash.is_empty() && token::same(&computed, &self.hash)
    }

    /// False for one that cannot be checked, or would take more than it may.
    pub(crate) fn is_usable(&self) -> bool {
        self.memory_kib <= MEMORY_KIB_MAX
            && self.passes <= PASSES_MAX
            && self.salt.len() >= argon2::MIN_SALT_LEN
            && self.hash.len() == HASH_BYTES
            && self.params().is_some()
    }

    fn params(&self) -> Option<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES)).ok()
    }

    fn compute(&self, password: &Secret) -> Option<Vec<u8>> {
        let Name::Argon2id = self.algorithm;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params()?);
        let mut hash = vec![0; HASH_BYTES];
        argon
            .hash_password_into(password.expose().as_bytes(), &self.salt, &mut hash)
            .ok()?;
        Some(hash)
    }
}

/// Why `password` cannot be one.
pub(crate) fn fault(password: &Secret) -> Option<String> {
    let text = password.expose();
    if text.chars().count() < PASSWORD_CHARS_MIN {
        return Some(format!("a password has at least {PASSWORD_CHARS_MIN} characters"));
    }
    (text.len() > PASSWORD_BYTES_MAX).then(|| format!("a password has at most {PASSWORD_BYTES_MAX} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone() {
        let hashed = Hashed::new(&Secret::new("correct horse"));
        assert!(hashed.is_usable());
        assert!(hashed.fits(&Secret::new("correct horse")));
        assert!(!hashed.fits(&Secret::new("correct horsf")));
        assert!(!hashed.fits(&Secret::new("")));
        let again = Hashed::new(&Secret::new("correct horse"));
        assert_ne!(hashed.hash, again.hash, "each has a salt of its own");
        assert!(!Hashed::nobody().fits(&Secret::new("")));
        assert!(!Hashed::nobody().is_usable());
    }

    #[test]
    fn it_is_written_with_its_parameters_and_without_the_password() {
        let hashed = Hashed::new(&Secret::new("planted-password"));
        let text = serde_json::to_string(&hashed).unwrap();
        assert!(
            text.starts_with(r#"{"algorithm":"argon2id","memory_kib":19456,"passes":2,"lanes":1,"salt":""#)
        );
        assert!(!text.contains("planted") && !format!("{hashed:?}").contains("planted"));
        let read: Hashed = serde_json::from_str(&text).unwrap();
        assert!(read.fits(&Secret::new("planted-password")));
        for (what, wrong) in [
            ("another algorithm", text.replace("argon2id", "md5")),
            ("half a digit", text.replace("\"salt\":\"", "\"salt\":\"0")),
        ] {
            assert!(serde_json::from_str::<Hashed>(&wrong).is_err(), "{what}");
        }
        let greedy: Hashed = serde_json::from_str(&text.replace("19456", "4000000000")).unwrap();
        assert!(!greedy.is_usable());
    }

    /// Argon2's reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32`, one of the
    /// test vectors in its `test.c`.
    #[test]
    fn it_is_the_argon2_that_others_compute() {
        let hashed = Hashed {
            memory_kib: 1 << 16,
            salt: b"somesalt".to_vec(),
            ..Hashed::nobody()
        };
        let computed = hashed.compute(&Secret::new("password")).unwrap();
        assert_eq!(
            token::hex(&computed),
            "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"
        );
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        for (password, fine) in [
            ("1234567", false),
            ("12345678", true),
            ("üüüüüüüü", true),
            ("üüüü", false),
        ] {
            assert_eq!(fault(&Secret::new(password)).is_none(), fine, "{password}");
        }
        assert!(fault(&Secret::new(&"a".repeat(1025))).is_some());
    }
}
