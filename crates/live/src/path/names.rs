//! Channel numbers and names, brought to a form in which two guides agree.

use model::LiveChannel;
use model::iptv::Channel;

/// Words at the end of a name that tell of the picture, not of the channel.
const PICTURE: [&str; 4] = ["uhd", "fhd", "hd", "4k"];

/// A call sign carries such a word without a space; what is left must still be a name.
const SHORTEST_NAME: usize = 3;

/// A channel number as text, major and minor: `7.10` is the tenth part of channel 7, and `7.1` the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number {
    major: String,
    /// Empty if there is none, or 0.
    minor: String,
}

/// No channel number is as large; beyond it a figure is something else.
const NUMBER_MAX: f64 = 1e9;

impl Number {
    /// As a manager tells it that has it as a float.
    pub(super) fn from_f64(number: f64) -> Option<Self> {
        let rounded = (number * 1_000.0).round() / 1_000.0;
        if !(0.0..=NUMBER_MAX).contains(&number) {
            return None;
        }
        Self::parse(&rounded.to_string())
    }

    /// `7.1`, `7-1`, `101`, `101.0`, `007.1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (major, minor) = text.split_once(['.', '-']).unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if major.is_empty() || !is_digits(major) || !is_digits(minor) {
            return None;
        }
        let has_minor = minor.bytes().any(|b| b != b'0');
        Some(Self {
            major: major.trim_start_matches('0').to_owned(),
            minor: if has_minor {
                minor.to_owned()
            } else {
                String::new()
            },
        })
    }

    /// Whether a float may stand for both: it has no zeros at the end.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let float = |n: &Self| n.minor.trim_end_matches('0').len();
        self.major == other.major && self.minor[..float(self)] == other.minor[..float(other)]
    }
}

/// Letters and digits only, in lower case, without a trailing word about the picture. A `+` and a `&` are words: they
/// tell channels apart. Nothing if no letter is left.
pub(super) fn name(text: &str) -> Option<String> {
    let mut spelled = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '+' => spelled.push_str(" plus "),
            '&' => spelled.push_str(" and "),
            _ if c.is_alphanumeric() => spelled.extend(c.to_lowercase()),
            '\'' | '’' | '.' => {}
            _ => spelled.push(' '),
        }
    }
    let mut words: Vec<&str> = spelled.split_whitespace().collect();
    while words.len() > 1 && words.last().is_some_and(|w| PICTURE.contains(w)) {
        words.pop();
    }
    let mut joined = words.concat();
    if let Some(short) = PICTURE.iter().find_map(|p| joined.strip_suffix(p))
        && short.chars().count() >= SHORTEST_NAME
    {
        joined.truncate(short.len());
    }
    joined.contains(char::is_alphabetic).then_some(joined)
}

/// What a media server calls a channel: call sign, title, and the parts of a title like `6.5 WGCECD5 (Buzzr)`.
pub(super) fn of_play(channel: &LiveChannel) -> Vec<String> {
    let mut names: Vec<String> = channel.call_sign.as_deref().and_then(name).into_iter().collect();
    if let Some(title) = &channel.title {
        let bare = without_number(title);
        names.extend(name(title));
        names.extend(name(bare));
        if let Some((before, rest)) = bare.split_once('(')
            && let Some((inside, _)) = rest.split_once(')')
        {
            names.extend(name(before));
            names.extend(name(inside));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// What a manager calls a channel, with and without a number in front.
pub(super) fn of_feed(channel: &Channel) -> Vec<String> {
    let Some(told) = &channel.name else {
        return Vec::new();
    };
    let mut names: Vec<String> = [name(told), name(without_number(told))]
        .into_iter()
        .flatten()
        .collect();
    names.dedup();
    names
}

/// The number a title begins with is not part of the name: `6.5 WGCECD5`.
fn without_number(title: &str) -> &str {
    match title.trim().split_once(char::is_whitespace) {
        Some((first, rest)) if Number::parse(first).is_some() => rest,
        _ => title,
    }
}
