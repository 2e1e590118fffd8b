//! Mends the faults that servers leave in otherwise good answers. Called only after a first try failed.

use std::borrow::Cow;

/// `\uXXXX`
const ESCAPE_LEN: usize = 6;

/// Blanks raw control characters (old titles hold them; between tokens a blank is harmless too), replaces
/// escaped halves of a UTF-16 pair that lack the other half, and puts `null` for numbers that JSON does not know
/// (`nan`, `-inf`, `1e999`). Borrowed if there is nothing to mend.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let mut in_string = false;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let (len, instead) = match bytes[at] {
            b if b < b' ' => (1, Some(" ")),
            b'"' => {
                in_string = !in_string;
                (1, None)
            }
            b'\\' if in_string => escape(&text[at..]),
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' if !in_string => word(&bytes[at..]),
            _ => (1, None),
        };
        if let Some(instead) = instead {
            out.push_str(&text[copied..at]);
            out.push_str(instead);
            copied = at + len;
        }
        at += len;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Length of the bare word or number that `bytes` start with, and what to put there instead.
fn word(bytes: &[u8]) -> (usize, Option<&'static str>) {
    let len = bytes
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
        .count();
    let word = std::str::from_utf8(&bytes[..len]).unwrap_or_default();
    // Rust reads all of these as numbers that are none.
    let is_bad = word.parse::<f64>().is_ok_and(|n| !n.is_finite()) || word.eq_ignore_ascii_case("-nan");
    (len, is_bad.then_some("null"))
}

/// Length of the escape that `text` starts with (both halves of a pair), and what to put there instead.
fn escape(text: &str) -> (usize, Option<&'static str>) {
    match half(text) {
        Some(0xD800..=0xDBFF) if matches!(text.get(ESCAPE_LEN..).and_then(half), Some(0xDC00..=0xDFFF)) => {
            (2 * ESCAPE_LEN, None)
        }
        Some(0xD800..=0xDFFF) => (ESCAPE_LEN, Some("\\ufffd")),
        Some(_) => (ESCAPE_LEN, None),
        // A backslash and what it escapes, unless that is longer than one byte: its bytes are passed one by one.
        None if text.is_char_boundary(2) => (2, None),
        None => (1, None),
    }
}

fn half(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

/// Blanks raw control characters and references to them, neither of which XML allows.
pub(crate) fn xml(text: &str) -> Cow<'_, str> {
    let is_bad = |c: char| !is_xml_char(u32::from(c));
    let mut out = if text.contains(is_bad) {
        Cow::Owned(text.replace(is_bad, " "))
    } else {
        Cow::Borrowed(text)
    };
    let mut from = 0;
    while let Some(start) = out[from..].find("&#").map(|i| i + from) {
        from = start + 2;
        let Some(end) = out[from..].find(';').map(|i| i + from) else {
            break;
        };
        let code = match out[from..end].strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => out[from..end].parse(),
        };
        if code.is_ok_and(|code| !is_xml_char(code)) {
            // As long as it was, so that nothing moves.
            let blanks = " ".repeat(end + 1 - start);
            out.to_mut().replace_range(start..=end, &blanks);
        }
    }
    out
}

fn is_xml_char(code: u32) -> bool {
    matches!(code, 0x9 | 0xA | 0xD)
        || (code >= 0x20 && !matches!(code, 0xFFFE | 0xFFFF) && char::from_u32(code).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_mended_only_where_it_must() {
        let cases = [
            (r#"{"a":"b\n\"ä\\"}"#, None),
            (r#"{"a":"\ud83d\ude00"}"#, None),
            ("{\"a\":\"x\u{1}y\"}", Some("{\"a\":\"x y\"}")),
            ("{\"a\":\"x\ny\"}", Some("{\"a\":\"x y\"}")),
            (r#"{"a":"\ud83d!"}"#, Some(r#"{"a":"\ufffd!"}"#)),
            (r#"{"a":"\ude00\ud83d"}"#, Some(r#"{"a":"\ufffd\ufffd"}"#)),
            (r#"{"a":"\\ud83d"}"#, None),
            (r#"{"a":"nan, 1e999","b":-1.5e3,"c":null}"#, None),
            (
                r#"{"a":nan,"b":-NaN,"c":[1e999,-inf]}"#,
                Some(r#"{"a":null,"b":null,"c":[null,null]}"#),
            ),
            ("\"\\ä", None),
            ("\"\\", None),
            ("\"\\u00", None),
        ];
        for (text, expected) in cases {
            let mended = json(text);
            assert_eq!(
                matches!(mended, Cow::Owned(_)).then_some(&*mended),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn xml_loses_only_what_it_may_not_hold() {
        let cases = [
            ("<a b=\"x\u{8}y\"/>", "<a b=\"x y\"/>"),
            (
                "<a b='&#13;&#xA;&#x1;&#0;&#xZ;'/>",
                "<a b='&#13;&#xA;         &#xZ;'/>",
            ),
            ("<a b='&#", "<a b='&#"),
            ("ok\n", "ok\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(xml(text), expected);
        }
    }
}
