//! Labels as this model writes them: which ones a series has depends on what is known of it.

use std::fmt::Display;
use std::io::Write as _;

use crate::text::push_escaped;

/// Writes one block of labels.
pub(super) struct Labels<'o> {
    out: &'o mut Vec<u8>,
    opened: bool,
}

impl<'o> Labels<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, opened: false }
    }

    pub(super) fn put(&mut self, name: &str, value: &str) -> &mut Self {
        self.open(name);
        push_escaped(self.out, value);
        self.out.push(b'"');
        self
    }

    /// Several, in order.
    pub(super) fn all(&mut self, labels: &[(&str, &str)]) -> &mut Self {
        for (name, value) in labels {
            self.put(name, value);
        }
        self
    }

    /// A value that needs no escape: a number, a word of ours.
    pub(super) fn shown(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.open(name);
        write!(self.out, "{value}\"").expect("a Vec takes everything");
        self
    }

    /// Only if there is a value.
    pub(super) fn known(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    fn open(&mut self, name: &str) {
        self.out.push(if self.opened { b',' } else { b'{' });
        self.opened = true;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
    }

    /// The last label, which tells servers apart, and the blank before the value.
    pub(super) fn end(&mut self, server: Option<&str>) {
        if let Some(server) = server {
            self.put("server", server);
        }
        self.out.extend_from_slice(if self.opened { b"} " } else { b" " });
    }
}

/// A channel's number as Python prints a float: `101.0`, `102.5`, `None`.
pub(super) fn number(number: Option<f64>) -> String {
    number.map_or_else(|| "None".to_owned(), |n| format!("{n:?}"))
}

/// A moment as Python's `isoformat` writes it: `2026-11-21T05:00:00+00:00`; fractions, if any, have six digits.
pub(super) fn iso(at: Option<model::Timestamp>) -> String {
    let Some(at) = at else {
        return String::new();
    };
    let form = if at.subsec_nanosecond() == 0 {
        "%Y-%m-%dT%H:%M:%S+00:00"
    } else {
        "%Y-%m-%dT%H:%M:%S%.6f+00:00"
    };
    at.strftime(form).to_string()
}

/// So many decimal places, as the model rounds.
pub(super) fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale
}

pub(super) fn true_false(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

/// The model knows no third value.
pub(super) fn flag(yes: Option<bool>) -> &'static str {
    yes.map_or("", true_false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(labels: impl FnOnce(&mut Labels<'_>), server: Option<&str>) -> String {
        let mut out = Vec::new();
        let mut new = Labels::new(&mut out);
        labels(&mut new);
        new.end(server);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_block_with_and_without_labels_and_server() {
        let two = |l: &mut Labels<'_>| {
            l.put("a", "q\"\\").shown("n", 7).known("no", None);
        };
        assert_eq!(written(two, None), r#"{a="q\"\\",n="7"} "#);
        assert_eq!(written(two, Some("x")), r#"{a="q\"\\",n="7",server="x"} "#);
        assert_eq!(written(|_| (), None), " ");
        assert_eq!(written(|_| (), Some("x")), r#"{server="x"} "#);
    }

    #[test]
    fn numbers_and_moments_are_written_like_python() {
        for (given, expected) in [
            (Some(101.0), "101.0"),
            (Some(102.5), "102.5"),
            (Some(0.0), "0.0"),
            (None, "None"),
        ] {
            assert_eq!(number(given), expected);
        }
        let at = |text: &str| Some(text.parse().unwrap());
        assert_eq!(iso(at("2026-11-21T05:00:00Z")), "2026-11-21T05:00:00+00:00");
        assert_eq!(
            iso(at("2026-11-21T05:29:22.42Z")),
            "2026-11-21T05:29:22.420000+00:00"
        );
        assert_eq!(iso(None), "");
    }

    #[test]
    fn rounding_keeps_so_many_places() {
        for (value, places, expected) in [(10.056, 2, "10.06"), (0.333_333, 4, "0.3333"), (0.004, 2, "0")] {
            assert_eq!(rounded(value, places).to_string(), expected);
        }
    }
}
