//! What a cell of Tautulli's means. A column of `SQLite` takes any value whatever its type says, and Tautulli writes ''
//! for "not known" into most of them.

use std::borrow::Cow;

use model::{Decision, Scalar, Text};
use rusqlite::types::ValueRef;

use super::words::Words;

/// A whole number. '' and NULL are absent; fractions are cut downwards; texts count if they hold a number.
pub(super) fn int(cell: ValueRef<'_>) -> Option<i64> {
    match cell {
        ValueRef::Null => None,
        ValueRef::Integer(i) => Some(i),
        ValueRef::Real(r) => whole(r.floor()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            let text = std::str::from_utf8(bytes).ok()?.trim();
            let number = || text.parse::<f64>().ok().and_then(|r| whole(r.floor()));
            text.parse().ok().or_else(number)
        }
    }
}

/// A float that is a whole number some integer holds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to lie well within the range"
)]
fn whole(r: f64) -> Option<i64> {
    (r.is_finite() && r.fract() == 0.0 && r.abs() < 9.0e15).then_some(r as i64)
}

/// A text. '' and NULL are absent; numbers are written out; what is no UTF-8 is replaced by the usual mark.
pub(super) fn text(cell: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match cell {
        ValueRef::Null => None,
        ValueRef::Integer(i) => Some(Cow::Owned(i.to_string())),
        ValueRef::Real(r) => Some(Cow::Owned(
            whole(r).map_or_else(|| r.to_string(), |i| i.to_string()),
        )),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            (!bytes.is_empty()).then(|| String::from_utf8_lossy(bytes))
        }
    }
}

/// A value as it is, a number or a text. '' and NULL are absent.
pub(super) fn scalar(cell: ValueRef<'_>, words: &mut Words) -> Option<Scalar> {
    match cell {
        ValueRef::Integer(i) => Some(Scalar::Int(i)),
        ValueRef::Real(r) => Some(match whole(r) {
            Some(i) => Scalar::Int(i),
            None => Scalar::Text(r.to_string().into()),
        }),
        other => text(other).map(|t| Scalar::Text(words.of(&t))),
    }
}

/// A value as it is, where '' is not the same as NULL.
pub(super) fn exact(cell: ValueRef<'_>, words: &mut Words) -> Option<Scalar> {
    match cell {
        ValueRef::Text([]) | ValueRef::Blob([]) => Some(Scalar::Text(words.of(""))),
        other => scalar(other, words),
    }
}

/// Yes or no, in the ways `SQLite` and Python write it.
pub(super) fn flag(cell: ValueRef<'_>) -> Option<bool> {
    if let Some(number) = int(cell) {
        return Some(number != 0);
    }
    match text(cell)?.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// Tautulli's words for how a stream was delivered.
pub(super) fn decision(word: &str) -> Option<Decision> {
    match word.trim().to_ascii_lowercase().as_str() {
        "direct play" | "directplay" => Some(Decision::DirectPlay),
        "copy" | "direct stream" => Some(Decision::Copy),
        "transcode" => Some(Decision::Transcode),
        _ => None,
    }
}

/// Text for a field of a record.
pub(super) fn word(cell: ValueRef<'_>, words: &mut Words) -> Option<Text> {
    text(cell).map(|t| words.of(&t))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::types::ValueRef::{Blob, Integer, Null, Real, Text as T};

    use super::*;

    #[test]
    fn dirty_cells_mean_what_they_can() {
        let mut words = Words::default();
        let num = |i| Some(Scalar::Int(i));
        let txt = |t: &str| Some(Scalar::Text(t.into()));
        for (cell, as_int, as_text, as_scalar) in [
            (Null, None, None, None),
            (Integer(0), Some(0), Some("0"), num(0)),
            (Integer(-7), Some(-7), Some("-7"), num(-7)),
            (Real(12.0), Some(12), Some("12"), num(12)),
            (Real(-0.5), Some(-1), Some("-0.5"), txt("-0.5")),
            (Real(f64::NAN), None, Some("NaN"), txt("NaN")),
            (T(b""), None, None, None),
            (T(b" "), None, Some(" "), txt(" ")),
            (T(b"1080"), Some(1080), Some("1080"), txt("1080")),
            (T(b" 42 "), Some(42), Some(" 42 "), txt(" 42 ")),
            (T(b"23.976"), Some(23), Some("23.976"), txt("23.976")),
            (T(b"-1.5"), Some(-2), Some("-1.5"), txt("-1.5")),
            (T(b"1e400"), None, Some("1e400"), txt("1e400")),
            (T(b"None"), None, Some("None"), txt("None")),
            (T(b"a\xffb"), None, Some("a\u{fffd}b"), txt("a\u{fffd}b")),
            (Blob(b"5"), Some(5), Some("5"), txt("5")),
            (Blob(b""), None, None, None),
        ] {
            assert_eq!(int(cell), as_int, "{cell:?}");
            assert_eq!(text(cell).as_deref(), as_text, "{cell:?}");
            assert_eq!(scalar(cell, &mut words), as_scalar, "{cell:?}");
        }
        assert_eq!(int(Real(1e300)), None);
        assert_eq!(exact(T(b""), &mut words), txt(""));
        assert_eq!(exact(Null, &mut words), None);
    }

    #[test]
    fn flags_and_decisions_have_spellings() {
        for (cell, expected) in [
            (Integer(1), Some(true)),
            (Integer(0), Some(false)),
            (T(b"1"), Some(true)),
            (T(b"True"), Some(true)),
            (T(b"no"), Some(false)),
            (T(b""), None),
            (T(b"maybe"), None),
            (Null, None),
        ] {
            assert_eq!(flag(cell), expected, "{cell:?}");
        }
        for (word, expected) in [
            ("direct play", Some(Decision::DirectPlay)),
            ("Direct Play", Some(Decision::DirectPlay)),
            ("copy", Some(Decision::Copy)),
            ("direct stream", Some(Decision::Copy)),
            (" transcode", Some(Decision::Transcode)),
            ("", None),
            ("throttled", None),
        ] {
            assert_eq!(decision(word), expected, "{word:?}");
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_survive_in_every_form(i in -9_000_000_000_000_000_i64..9_000_000_000_000_000) {
            let written = i.to_string();
            prop_assert_eq!(int(Integer(i)), Some(i));
            prop_assert_eq!(int(Real(i as f64)), Some(i));
            prop_assert_eq!(int(T(written.as_bytes())), Some(i));
            prop_assert_eq!(text(Integer(i)).unwrap(), written.as_str());
            prop_assert_eq!(scalar(Real(i as f64), &mut Words::default()), Some(Scalar::Int(i)));
        }

        #[test]
        fn fractions_are_cut_downwards(r in -1.0e12..1.0e12_f64) {
            let expected = r.floor();
            prop_assert!((int(Real(r)).unwrap() as f64 - expected).abs() < 0.5);
            prop_assert_eq!(int(T(r.to_string().as_bytes())), int(Real(r)));
        }

        #[test]
        fn any_bytes_are_some_text_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let read = text(T(&bytes));
            prop_assert_eq!(read.is_none(), bytes.is_empty());
            if let Ok(valid) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(read.as_deref().unwrap_or_default(), valid);
            }
            // Never a panic, and a number only from what reads as one.
            if let Some(i) = int(T(&bytes)) {
                let shown = std::str::from_utf8(&bytes).unwrap().trim().parse::<f64>().unwrap();
                prop_assert!((shown.floor() - i as f64).abs() < 1.0);
            }
        }
    }
}
