//! Bodies cut at the ends of their lines.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bytes::Bytes;

use super::super::answer::BadLine;

/// Some lines of a batch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) lines: Bytes,
    pub(super) points: u64,
    /// It was sent before, and a receiver wanted it again.
    pub(super) is_resent: bool,
    /// Its lines were in a request before, of which nothing came.
    pub(super) is_again: bool,
}

impl Piece {
    pub(super) fn new(lines: Bytes, points: u32) -> Self {
        Self {
            lines,
            points: u64::from(points),
            is_resent: false,
            is_again: false,
        }
    }

    pub(super) fn again(self) -> Self {
        Self {
            is_again: true,
            ..self
        }
    }

    pub(super) fn resent(self) -> Self {
        Self {
            is_resent: true,
            ..self.again()
        }
    }

    /// The older and the newer half of the lines; nothing if there is but one.
    pub(super) fn halves(&self) -> Option<(Self, Self)> {
        let lines = split(&self.lines);
        let middle = lines.len() / 2;
        let cut = lines.get(middle).filter(|_| middle > 0)?.start;
        let half = |range: Range<usize>, lines: usize| Self {
            lines: self.lines.slice(range),
            points: u64::try_from(lines).unwrap_or(u64::MAX),
            is_resent: false,
            is_again: true,
        };
        Some((
            half(0..cut, middle),
            half(cut..self.lines.len(), lines.len() - middle),
        ))
    }

    /// What is left without the lines named, if anything is, and which of them were found.
    pub(super) fn without(&self, named: &[BadLine]) -> (Option<Self>, Vec<BadLine>) {
        if named.is_empty() {
            return (Some(self.clone()), Vec::new());
        }
        let texts: BTreeMap<&[u8], &BadLine> = named
            .iter()
            .filter_map(|bad| Some((bad.text.as_ref()?.trim().as_bytes(), bad)))
            .collect();
        let ranges = split(&self.lines);
        let there: BTreeSet<&[u8]> = ranges
            .iter()
            .map(|range| self.lines[range.clone()].trim_ascii())
            .filter(|line| texts.contains_key(line))
            .collect();
        // Who repeats a line may count lines in a way of its own; the number serves where the text does not.
        let is_found = |bad: &BadLine| {
            let text = bad.text.as_ref();
            text.is_some_and(|text| there.contains(text.trim().as_bytes()))
        };
        let numbers: BTreeMap<usize, &BadLine> = named
            .iter()
            .filter(|bad| !is_found(bad))
            .filter_map(|bad| Some((bad.number?, bad)))
            .collect();
        let (mut kept, mut points, mut found) = (Vec::with_capacity(self.lines.len()), 0, Vec::new());
        for (n, range) in ranges.into_iter().enumerate() {
            let line = &self.lines[range];
            let bad = texts.get(line.trim_ascii()).or_else(|| numbers.get(&(n + 1)));
            if let Some(bad) = bad {
                found.push((*bad).clone());
            } else {
                kept.extend_from_slice(line);
                points += 1;
            }
        }
        let rest = (points > 0).then(|| Self {
            lines: kept.into(),
            points,
            is_resent: self.is_resent,
            is_again: true,
        });
        (rest, found)
    }
}

/// Where each line is, its line feed included. A line feed inside a text does not end a line.
fn split(body: &[u8]) -> Vec<Range<usize>> {
    let (mut lines, mut start) = (Vec::new(), 0);
    while start < body.len() {
        let end = start + line_length(&body[start..]);
        lines.push(start..end);
        start = end;
    }
    lines
}

fn line_length(body: &[u8]) -> usize {
    // Quotes mean something among the fields only, and what follows a backslash means nothing.
    let (mut in_fields, mut in_text, mut at) = (false, false, 0);
    while let Some(byte) = body.get(at) {
        match byte {
            b'\\' if body.get(at + 1).is_some_and(|next| *next != b'\n' || in_text) => at += 1,
            b'\n' if !in_text => return at + 1,
            b' ' if !in_text => in_fields = true,
            b'"' if in_fields => in_text = !in_text,
            _ => {}
        }
        at += 1;
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sinks::DropReason;
    use crate::sinks::influx::line::encode;
    use crate::sinks::influx::point::{Field, Point};

    fn lines(body: &str) -> Vec<&str> {
        split(body.as_bytes())
            .into_iter()
            .map(|range| &body[range])
            .collect()
    }

    #[test]
    fn lines_end_where_a_server_ends_them() {
        for (body, expected) in [
            ("", vec![]),
            ("m v=1 1\n", vec!["m v=1 1\n"]),
            ("m v=1 1\nm v=2 2", vec!["m v=1 1\n", "m v=2 2"]),
            ("m s=\"a\nb\" 1\nm v=2 2\n", vec!["m s=\"a\nb\" 1\n", "m v=2 2\n"]),
            // Quotes are ordinary in tags, and spaces in them are escaped.
            (
                "m,t=\"a\\ \" v=1 1\nn v=1 1\n",
                vec!["m,t=\"a\\ \" v=1 1\n", "n v=1 1\n"],
            ),
            (
                "m s=\"a\\\"\nb\\\\\" 1\nn v=1\n",
                vec!["m s=\"a\\\"\nb\\\\\" 1\n", "n v=1\n"],
            ),
            ("m,t=a\\\nn v=1\n", vec!["m,t=a\\\n", "n v=1\n"]),
        ] {
            assert_eq!(lines(body), expected, "{body:?}");
        }
    }

    #[test]
    fn halves_keep_every_line_in_order() {
        for count in 0..9_u32 {
            let body = (0..count)
                .map(|n| format!("m v={n} {n}\n"))
                .collect::<Vec<_>>()
                .concat();
            let piece = Piece::new(body.clone().into(), count);
            let Some((older, newer)) = piece.halves() else {
                assert!(count < 2);
                continue;
            };
            assert_eq!([&older.lines[..], &newer.lines[..]].concat(), body.as_bytes());
            assert_eq!(older.points + newer.points, u64::from(count));
            assert!(older.points > 0 && newer.points > 0);
        }
    }

    #[test]
    fn lines_are_found_by_text_or_number_and_the_rest_is_kept() {
        let bad = |text: Option<&str>, number| BadLine {
            text: text.map(str::to_owned),
            number,
            reason: DropReason::Invalid,
            cause: String::new(),
        };
        let piece = Piece::new("a v=1\nb v=2\nc v=3\n".into(), 3);
        for (named, kept, found) in [
            (vec![], Some("a v=1\nb v=2\nc v=3\n"), 0),
            (vec![bad(Some("b v=2"), None)], Some("a v=1\nc v=3\n"), 1),
            (
                vec![bad(None, Some(1)), bad(Some("c v=3"), Some(9))],
                Some("b v=2\n"),
                2,
            ),
            (
                vec![bad(Some("x"), None), bad(None, Some(4))],
                Some("a v=1\nb v=2\nc v=3\n"),
                0,
            ),
            ((1..=3).map(|n| bad(None, Some(n))).collect(), None, 3),
            // It counts from 0, or counts comments too: the text is right.
            (vec![bad(Some("b v=2"), Some(1))], Some("a v=1\nc v=3\n"), 1),
            (vec![bad(Some("b v=2 …"), Some(2))], Some("a v=1\nc v=3\n"), 1),
        ] {
            let (rest, gone) = piece.without(&named);
            assert_eq!(rest.as_ref().map(|p| &p.lines[..]), kept.map(str::as_bytes));
            assert_eq!(gone.len(), found);
            assert_eq!(rest.map_or(0, |p| p.points) + gone.len() as u64, 3);
        }
    }

    /// Mostly what means something to somebody.
    const TEXT: &str = "([a\"\\\\\n\r ,=#é]|\\PC){0,9}";

    proptest! {
        /// Whatever the texts: what was encoded as a line is cut as one.
        #[test]
        fn encoded_lines_are_found_again(texts in prop::collection::vec((TEXT, TEXT), 0..8)) {
            let mut body = Vec::new();
            let mut ends = Vec::new();
            for (n, (tag, text)) in texts.iter().enumerate() {
                let point = Point {
                    measurement: "m",
                    tags: vec![("t", tag.into()), ("u", text.into())],
                    fields: vec![("s", Field::Text(text.into())), ("r", Field::Text(tag.into()))],
                    at_ns: i64::try_from(n).unwrap(),
                };
                prop_assert!(encode(&point, &mut body));
                ends.push(body.len());
            }
            let found: Vec<usize> = split(&body).into_iter().map(|range| range.end).collect();
            prop_assert_eq!(found, ends);
        }
    }
}
