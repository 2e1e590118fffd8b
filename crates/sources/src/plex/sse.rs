//! Reads a `text/event-stream` body: lines in, events out.

/// Largest line or event; one that is larger ends the connection.
pub(super) const EVENT_LIMIT: usize = 4 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// `message` if the server gave no name.
    pub(super) name: String,
    pub(super) data: Vec<u8>,
}

/// The stream holds a line or an event beyond [`EVENT_LIMIT`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than the limit of {EVENT_LIMIT} bytes")]
pub(super) struct TooLarge;

/// Holds what has arrived of the line and of the event under way.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    /// The last byte was CR: a LF that follows belongs to it.
    after_cr: bool,
    name: String,
    data: Vec<u8>,
    has_data: bool,
}

impl Parser {
    /// Takes in a piece of the stream, cut anywhere; complete events are given to `tell`.
    pub(super) fn feed(&mut self, mut piece: &[u8], mut tell: impl FnMut(Event)) -> Result<(), TooLarge> {
        while !piece.is_empty() {
            if std::mem::take(&mut self.after_cr) && piece[0] == b'\n' {
                piece = &piece[1..];
                continue;
            }
            let end = piece.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let (part, rest) = piece.split_at(end.unwrap_or(piece.len()));
            if self.line.len() + part.len() > EVENT_LIMIT {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(part);
            piece = rest;
            if let Some((ending, rest)) = rest.split_first() {
                self.after_cr = *ending == b'\r';
                piece = rest;
                let line = std::mem::take(&mut self.line);
                if let Some(event) = self.take_line(&line)? {
                    tell(event);
                }
                // Keep the buffer for the next line.
                self.line = line;
                self.line.clear();
            }
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8]) -> Result<Option<Event>, TooLarge> {
        if line.is_empty() {
            return Ok(self.finish());
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            b"data" => {
                if self.data.len() + value.len() >= EVENT_LIMIT {
                    return Err(TooLarge);
                }
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            // Comments, ids and retry times are of no use here.
            _ => {}
        }
        Ok(None)
    }

    /// An empty line ends an event; one without data is none.
    fn finish(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        if !std::mem::take(&mut self.has_data) {
            return None;
        }
        let name = if name.is_empty() {
            "message".to_owned()
        } else {
            name
        };
        Some(Event {
            name,
            data: std::mem::take(&mut self.data),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let (mut parser, mut events) = (Parser::default(), Vec::new());
        for piece in pieces {
            let tell = |e: Event| events.push((e.name, String::from_utf8(e.data).unwrap()));
            parser.feed(piece, tell).unwrap();
        }
        events
    }

    #[test]
    fn streams_as_servers_send_them() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("event: ping\ndata: {}\n\n", &[("ping", "{}")]),
            ("event: ping\r\ndata: {}\r\n\r\n", &[("ping", "{}")]),
            ("event:ping\rdata:{}\r\r", &[("ping", "{}")]),
            (
                "data: a\n\nevent: x\ndata: b\n\n",
                &[("message", "a"), ("x", "b")],
            ),
            ("data: a\ndata: b\n\n", &[("message", "a\nb")]),
            (": comment\n\nid: 7\nretry: 10\n\n", &[]),
            ("event: lost\n\ndata: a\n\n", &[("message", "a")]),
            ("data\n\n", &[("message", "")]),
            ("data: unfinished", &[]),
        ];
        for (stream, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|(n, d)| ((*n).to_owned(), (*d).to_owned()))
                .collect();
            assert_eq!(parse(&[stream.as_bytes()]), expected, "{stream:?}");
        }
    }

    #[test]
    fn an_endless_line_or_event_is_an_error() {
        let mut parser = Parser::default();
        let big = vec![b'x'; EVENT_LIMIT];
        assert_eq!(parser.feed(&big, |_| ()), Ok(()));
        assert_eq!(parser.feed(b"x", |_| ()), Err(TooLarge));
        let mut parser = Parser::default();
        let line = [b"data: ".as_slice(), &vec![b'x'; EVENT_LIMIT / 2], b"\n"].concat();
        assert_eq!(parser.feed(&line, |_| ()), Ok(()));
        assert_eq!(parser.feed(&line, |_| ()), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            stream in "(event: [a-c]|data: [a-c]{0,3}|:|)((\r\n|\n|\r)(event: [a-c]|data: [a-c]{0,3}|)){0,12}",
            cuts in prop::collection::vec(0_usize..60, 0..6),
        ) {
            let bytes = stream.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&bytes[from..cut]);
                from = cut;
            }
            pieces.push(&bytes[from..]);
            prop_assert_eq!(parse(&pieces), parse(&[bytes]));
        }
    }
}
