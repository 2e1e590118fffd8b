//! Names of people and titles in labels: kept, hashed or dropped.

use std::fmt;

/// What becomes of a label that may name a person or what they watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelPolicy {
    #[default]
    Keep,
    /// Twelve hex digits of a keyed hash (SipHash-2-4); the same text gives the same digits under the same salt.
    Hash,
    /// No label; in the profiles of other exporters an empty one, which is the same to Prometheus.
    Drop,
}

/// How labels are written. One for all profiles.
#[derive(Clone, Default)]
pub struct Options {
    /// User names, and the names users gave their players (`Dave's iPhone`).
    pub users: LabelPolicy,
    /// Titles of items and channels. Library names are always kept.
    pub titles: LabelPolicy,
    /// Key of the hash. Without one, whoever knows a name can compute its hash.
    pub hash_salt: String,
    pub dispatcharr: DispatcharrOptions,
}

/// What is shown of a stream manager; named as the switches of dispatcharr-exporter, with its defaults. The native
/// series follow the same switches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches, each by its own name")]
pub struct DispatcharrOptions {
    pub include_m3u_stats: bool,
    pub include_epg_stats: bool,
    pub include_client_stats: bool,
    pub include_source_urls: bool,
    pub include_user_stats: bool,
    pub include_plugin_stats: bool,
    pub include_channel_info: bool,
    pub include_vod_stats: bool,
    pub include_legacy_metrics: bool,
    /// Where we listen: `dispatcharr_exporter_port` and `dispatcharr_exporter_settings_info` say it.
    pub port: u16,
    pub host: String,
    /// Our path behind a reverse proxy.
    pub base_url: String,
}

impl Default for DispatcharrOptions {
    fn default() -> Self {
        Self {
            include_m3u_stats: true,
            include_epg_stats: false,
            include_client_stats: false,
            include_source_urls: false,
            include_user_stats: false,
            include_plugin_stats: false,
            include_channel_info: false,
            include_vod_stats: false,
            include_legacy_metrics: false,
            port: 9595,
            host: "0.0.0.0".to_owned(),
            base_url: String::new(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("users", &self.users)
            .field("titles", &self.titles)
            .finish_non_exhaustive()
    }
}

const DIGITS: usize = 12;

/// A label value after its policy was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Masked<'a> {
    Plain(&'a str),
    Hashed([u8; DIGITS]),
}

impl Masked<'_> {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Hashed(digits) => std::str::from_utf8(digits).unwrap_or_default(),
        }
    }
}

/// Applies the policies of [`Options`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Masker {
    users: LabelPolicy,
    titles: LabelPolicy,
    key: (u64, u64),
}

impl Masker {
    pub(crate) fn new(options: &Options) -> Self {
        let salt = options.hash_salt.as_bytes();
        Self {
            users: options.users,
            titles: options.titles,
            key: (siphash((0, 0), salt), siphash((0, 1), salt)),
        }
    }

    pub(crate) fn user<'a>(&self, text: &'a str) -> Masked<'a> {
        self.apply(self.users, text)
    }

    pub(crate) fn title<'a>(&self, text: &'a str) -> Masked<'a> {
        self.apply(self.titles, text)
    }

    pub(crate) fn keeps_titles(&self) -> bool {
        self.titles == LabelPolicy::Keep
    }

    fn apply<'a>(&self, policy: LabelPolicy, text: &'a str) -> Masked<'a> {
        match policy {
            LabelPolicy::Keep => Masked::Plain(text),
            LabelPolicy::Drop => Masked::Plain(""),
            LabelPolicy::Hash if text.is_empty() => Masked::Plain(""),
            LabelPolicy::Hash => {
                let hash = siphash(self.key, text.as_bytes());
                let mut digits = [0; DIGITS];
                for (i, digit) in digits.iter_mut().enumerate() {
                    *digit = b"0123456789abcdef"[(hash >> (60 - 4 * i) & 0xf) as usize];
                }
                Masked::Hashed(digits)
            }
        }
    }
}

/// SipHash-2-4. Written out because the standard library promises no algorithm, and a label must not change with
/// the compiler.
fn siphash((k0, k1): (u64, u64), bytes: &[u8]) -> u64 {
    let mut v = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        absorb(&mut v, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    absorb(&mut v, u64::from_le_bytes(last) | (bytes.len() as u64) << 56);
    v[2] ^= 0xff;
    for _ in 0..4 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn absorb(v: &mut [u64; 4], word: u64) {
    v[3] ^= word;
    round(v);
    round(v);
    v[0] ^= word;
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siphash_agrees_with_its_published_vectors() {
        let key = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let input: Vec<u8> = (0..15).collect();
        assert_eq!(siphash(key, &input), 0xa129_ca61_49be_45e5);
        assert_eq!(siphash(key, &[]), 0x726f_db47_dd0e_0e31);
        assert_eq!(siphash(key, &input[..8]), 0x93f5_f579_9a93_2462);
    }

    #[test]
    fn policies() {
        let masker = |users, salt: &str| {
            Masker::new(&Options {
                users,
                hash_salt: salt.to_owned(),
                ..Options::default()
            })
        };
        let keep = masker(LabelPolicy::Keep, "");
        assert_eq!(keep.user("dave").as_str(), "dave");
        assert_eq!(masker(LabelPolicy::Drop, "").user("dave").as_str(), "");
        let hash = masker(LabelPolicy::Hash, "s1");
        let dave = hash.user("dave").as_str().to_owned();
        assert_eq!(dave.len(), DIGITS);
        assert!(dave.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(hash.user("dave").as_str(), dave, "stable");
        assert_ne!(hash.user("eve").as_str(), dave);
        assert_ne!(
            masker(LabelPolicy::Hash, "s2").user("dave").as_str(),
            dave,
            "keyed"
        );
        assert_eq!(hash.user("").as_str(), "", "nothing to hide");
        assert_eq!(hash.title("Alien").as_str(), "Alien", "each policy for itself");
    }

    #[test]
    fn debug_hides_the_salt() {
        let options = Options {
            hash_salt: "planted-salt".to_owned(),
            ..Options::default()
        };
        assert!(!format!("{options:?}").contains("planted-salt"));
    }
}
