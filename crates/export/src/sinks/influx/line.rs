//! Points as line protocol: one line each, which every receiver we know reads as we meant it.
//!
//! The rules are those of InfluxDB 1, 2 and 3 and of VictoriaMetrics together. They differ on backslashes in tags: 1
//! and 2 look at the one before a comma only, 3 and VictoriaMetrics read pairs of them, and none takes one at the end.
//! So a backslash is never written right before a character that has one of its own.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::point::{Field, Point};

/// Bytes of a text field. Beyond it InfluxDB 2 and 3 refuse the line, so the text is cut.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a tag's value. Longer ones would make an absurd series, and many of them a key no server takes; the value
/// is cut.
pub const TAG_BYTES_MAX: usize = 2 * 1024;

/// Bytes of measurement and tags as written, with [`KEY_SEPARATOR_BYTES`] and the longest name of a field: where
/// InfluxDB 1 and 2 keep it the length is a `u16`. A point beyond it is not written.
pub const KEY_BYTES_MAX: usize = 65_535;

/// What InfluxDB 1 and 2 put between a series and a field's name.
const KEY_SEPARATOR_BYTES: usize = 4;

/// The moments InfluxDB takes; it keeps the last few numbers for itself.
const AT_NS_MAX: i64 = i64::MAX - 1;
const AT_NS_MIN: i64 = i64::MIN + 2;

/// Neither a tag nor a field may be called this: a tag is refused, a field silently dropped.
const RESERVED: &str = "time";

/// Appends the point as a line with its line feed. False, and nothing appended, if no field is left, if the point's
/// name is empty, if its time is out of the range of InfluxDB, or if measurement and tags are too long.
///
/// Never produces a line that a server refuses or reads as two.
pub fn encode(point: &Point<'_>, out: &mut Vec<u8>) -> bool {
    if !(AT_NS_MIN..=AT_NS_MAX).contains(&point.at_ns) {
        return false;
    }
    let start = out.len();
    let written = push_measurement(out, point.measurement) && {
        push_tags(out, &point.tags);
        let key_bytes = out.len() - start;
        push_fields(
            out,
            &point.fields,
            KEY_BYTES_MAX.saturating_sub(key_bytes + KEY_SEPARATOR_BYTES),
        )
    };
    if !written {
        out.truncate(start);
        return false;
    }
    out.push(b' ');
    push_int(out, point.at_ns);
    out.push(b'\n');
    true
}

fn push_measurement(out: &mut Vec<u8>, name: &str) -> bool {
    // A leading `#` makes a comment, and the point would vanish without a word.
    !name.starts_with('#') && push_name(out, name, &MEASUREMENT)
}

/// All that have a name and a value, in the order of their names' bytes, as servers like them; of two with one name
/// the first.
fn push_tags(out: &mut Vec<u8>, tags: &[(&str, Cow<'_, str>)]) {
    if tags.is_sorted_by(|a, b| a.0 < b.0) {
        for (key, value) in tags {
            push_tag(out, key, value);
        }
        return;
    }
    let mut sorted: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (*key, value.as_ref())).collect();
    // Stable, so that the first of equal names stays the first.
    sorted.sort_by(|a, b| a.0.cmp(b.0));
    let mut last = None;
    for (key, value) in sorted {
        if last != Some(key) && push_tag(out, key, value) {
            last = Some(key);
        }
    }
}

/// False, and nothing appended, if it has no value or no name that can be written.
fn push_tag(out: &mut Vec<u8>, key: &str, value: &str) -> bool {
    let value = trimmed(cut(trimmed(value), TAG_BYTES_MAX));
    let start = out.len();
    out.push(b',');
    if key == RESERVED || value.is_empty() || !push_name(out, key, &KEY) {
        out.truncate(start);
        return false;
    }
    out.push(b'=');
    push_clean(out, value, &KEY);
    true
}

/// False if none is left or if a name does not fit into `name_bytes_max`.
fn push_fields(out: &mut Vec<u8>, fields: &[(&str, Field<'_>)], name_bytes_max: usize) -> bool {
    let mut separator = b' ';
    for (name, field) in fields {
        if *name == RESERVED || matches!(field, Field::Float(f) if !f.is_finite()) {
            continue;
        }
        let start = out.len();
        out.push(separator);
        if !push_name(out, name, &KEY) {
            out.truncate(start);
            continue;
        }
        if out.len() - start - 1 > name_bytes_max {
            return false;
        }
        out.push(b'=');
        push_field(out, field);
        separator = b',';
    }
    separator == b','
}

fn push_field(out: &mut Vec<u8>, field: &Field<'_>) {
    match field {
        Field::Text(text) => {
            out.push(b'"');
            push_clean(out, cut_text(text), &TEXT);
            out.push(b'"');
        }
        Field::Int(n) => {
            push_int(out, *n);
            out.push(b'i');
        }
        Field::Float(f) => push_float(out, *f),
        Field::Bool(true) => out.extend_from_slice(b"true"),
        Field::Bool(false) => out.extend_from_slice(b"false"),
    }
}

/// False, with part of it appended, if it is empty or holds what would have to be changed: two names must not become
/// one.
fn push_name(out: &mut Vec<u8>, name: &str, classes: &Classes) -> bool {
    let bytes = name.as_bytes();
    if is_plain(bytes, classes) {
        out.extend_from_slice(bytes);
        return !bytes.is_empty();
    }
    for (at, &byte) in bytes.iter().enumerate() {
        match classes.of(byte) {
            Class::Latin if is_control(&bytes[at + 1..]) => return false,
            Class::Plain | Class::Latin => {}
            Class::Escape => out.push(b'\\'),
            Class::Backslash | Class::Control | Class::LineFeed => return false,
        }
        out.push(byte);
    }
    true
}

#[expect(clippy::cast_possible_truncation, reason = "below 100")]
fn push_int(out: &mut Vec<u8>, n: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    // Two at a time: half the divisions, and every line has the 19 digits of its time.
    while rest >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[rest as usize]);
    } else {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    if n < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.extend_from_slice(&digits[at..]);
}

/// 00 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n: u8 = 0;
    while n < 100 {
        pairs[n as usize] = [b'0' + n / 10, b'0' + n % 10];
        n += 1;
    }
    pairs
};

/// The shortest digits that read back the same, as JSON has them too; `{f}` would print 1e300 as 301 digits, and
/// `{f:?}` takes several times longer than this.
fn push_float(out: &mut Vec<u8>, f: f64) {
    serde_json::to_writer(out, &f).expect("a Vec takes everything");
}

/// Without blanks and control characters at both ends, and without backslashes at the end: no server takes those.
fn trimmed(text: &str) -> &str {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    match (text.as_bytes().first(), text.as_bytes().last()) {
        // Nearly all.
        (Some(first), Some(last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => text,
        _ => text
            .trim_start_matches(blank)
            .trim_end_matches(|c| blank(c) || c == '\\'),
    }
}

/// As many whole characters as fit.
fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        text
    } else {
        &text[..text.floor_char_boundary(bytes_max)]
    }
}

/// As much of a text field as may be stored. A line feed is stored as two bytes.
fn cut_text(text: &str) -> &str {
    // Nearly all.
    if text.len() <= TEXT_BYTES_MAX / 2 {
        return text;
    }
    let mut stored = 0;
    let too_much = text.char_indices().find(|(_, c)| {
        stored += c.len_utf8() + usize::from(*c == '\n');
        stored > TEXT_BYTES_MAX
    });
    too_much.map_or(text, |(at, _)| &text[..at])
}

/// What to do with a byte of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    /// A backslash goes before it.
    Escape,
    /// A backslash in a name or tag: left out before what needs one itself.
    Backslash,
    /// Becomes a space, as the receiver would read it.
    Control,
    /// Becomes a backslash and an n, as with influxdb-python since 5.2.3: boards may ask for it.
    LineFeed,
    /// May begin one of the control characters U+0080 to U+009F.
    Latin,
}

struct Classes {
    of: [Class; 256],
    /// Bytes above the blank and below 0x7f that are not plain, the last one repeated.
    marks: [u8; 3],
}

const KEY: Classes = classes(b",= ", Class::Backslash, Class::Control, [b',', b'=', b'\\']);
const MEASUREMENT: Classes = classes(b", ", Class::Backslash, Class::Control, [b',', b'\\', b'\\']);
/// A tabulator is an ordinary character of a text.
const TEXT: Classes = classes(b"\"", Class::Escape, Class::Plain, [b'"', b'\\', b'\\']);

const fn classes(escape: &[u8], backslash: Class, tab: Class, marks: [u8; 3]) -> Classes {
    let mut all = [Class::Plain; 256];
    let mut n = 0;
    while n < 0x20 {
        all[n] = Class::Control;
        n += 1;
    }
    all[0x7f] = Class::Control;
    all[b'\t' as usize] = tab;
    all[b'\n' as usize] = Class::LineFeed;
    all[b'\\' as usize] = backslash;
    all[0xc2] = Class::Latin;
    let mut n = 0;
    while n < escape.len() {
        all[escape[n] as usize] = Class::Escape;
        n += 1;
    }
    Classes { of: all, marks }
}

impl Classes {
    fn of(&self, byte: u8) -> Class {
        self.of[usize::from(byte)]
    }
}

/// True only if all bytes are plain, as in nearly every name and value; not for all of which it is so. Eight bytes at
/// a time: this is where most of the time goes, and values are too short for wider vectors to pay.
fn is_plain(bytes: &[u8], classes: &Classes) -> bool {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    const BLANKS: u64 = u64::from_ne_bytes([b' '; 8]);
    // A byte of `word ^ pattern` is 0 exactly where `word` holds `byte`; subtracting 1 borrows into its high bit.
    let holds = |word: u64, byte: u8| {
        let zeroed = word ^ u64::from_ne_bytes([byte; 8]);
        zeroed.wrapping_sub(ONES) & !zeroed
    };
    let [a, b, c] = classes.marks;
    // A blank escapes in names and tags, so there it counts as one of those below.
    let lowest = BLANKS + if classes.of(b' ') == Class::Plain { 0 } else { ONES };
    let odd = |word: u64| {
        let low = word.wrapping_sub(lowest) & !word;
        let high = word | word.wrapping_add(ONES);
        (low | high | holds(word, a) | holds(word, b) | holds(word, c)) & HIGHS != 0
    };
    // The last word may overlap the one before it, and in a short value its own first half.
    let last = if let Some(chunk) = bytes.last_chunk::<8>() {
        u64::from_ne_bytes(*chunk)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_ne_bytes(*first)) << 32 | u64::from(u32::from_ne_bytes(*last))
    } else if let [first, .., last] = bytes {
        u64::from_ne_bytes([*first, bytes[1], *last, b'0', b'0', b'0', b'0', b'0'])
    } else {
        u64::from_ne_bytes([bytes.first().copied().unwrap_or(b'0'); 8])
    };
    let (words, _) = bytes.as_chunks::<8>();
    !odd(last) && !words.iter().any(|chunk| odd(u64::from_ne_bytes(*chunk)))
}

/// Appends a text whose ends are [`trimmed`] if it is a name or a tag.
fn push_clean(out: &mut Vec<u8>, text: &str, classes: &Classes) {
    let bytes = text.as_bytes();
    if is_plain(bytes, classes) {
        out.extend_from_slice(bytes);
        return;
    }
    // Everything before it is in `out`.
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let class = classes.of(byte);
        if class == Class::Plain {
            continue;
        }
        let (instead, taken): (&[u8], usize) = match class {
            Class::Escape => (b"\\", 0),
            Class::Backslash if needs_one(&bytes[at..], classes) => (b"", 1),
            Class::Control if escaped_space(classes) => (b"\\ ", 1),
            Class::Control => (b" ", 1),
            Class::LineFeed => (b"\\n", 1),
            Class::Latin if is_control(&bytes[at + 1..]) => {
                (if escaped_space(classes) { b"\\ " } else { b" " }, 2)
            }
            Class::Plain | Class::Backslash | Class::Latin => continue,
        };
        out.extend_from_slice(&bytes[done..at]);
        out.extend_from_slice(instead);
        done = at + taken;
    }
    out.extend_from_slice(&bytes[done..]);
}

/// True if this follows a byte of [`Class::Latin`] and makes a control character of it.
fn is_control(after: &[u8]) -> bool {
    matches!(after.first(), Some(0x80..=0x9f))
}

fn escaped_space(classes: &Classes) -> bool {
    classes.of(b' ') == Class::Escape
}

/// True if these backslashes are followed by something that is written with a backslash of its own.
fn needs_one(from: &[u8], classes: &Classes) -> bool {
    let after = from.iter().position(|b| *b != b'\\').map(|n| &from[n..]);
    match after {
        Some([next, rest @ ..]) => match classes.of(*next) {
            Class::Escape | Class::Control | Class::LineFeed => true,
            Class::Latin => is_control(rest),
            Class::Plain | Class::Backslash => false,
        },
        _ => true,
    }
}
