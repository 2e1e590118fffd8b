//! The two text forms of an exposition: classic 0.0.4 and `OpenMetrics` 1.0.
//!
//! Everything is appended to one buffer; nothing is allocated per series. A family's head is written with its
//! first sample, so that a family without samples does not appear.

use std::io::Write as _;

use crate::values::Index;

/// Which text form to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text 0.0.4.
    Text,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Format {
    /// The `Content-Type` an answer in this form must carry.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What a family's samples mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Gauge,
    /// Only grows; the name ends in `_total`.
    Counter,
    /// Always 1, the labels are the message; the name ends in `_info`. The classic form calls it a gauge.
    Info,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Info => "info",
        }
    }
}

/// What stands above a family's samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// As samples carry it: with `_total` or `_info`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<&'static str>,
    pub(crate) help: &'static str,
}

impl Head {
    /// The name of the family in `OpenMetrics`, where `_total` and `_info` belong to the sample.
    pub(crate) fn family_name(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Gauge => "",
            Kind::Counter => "_total",
            Kind::Info => "_info",
        };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }
}

/// The value of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Int(u64),
    /// Milliseconds, written as exact seconds.
    Millis(u64),
    /// Left out with its sample unless finite.
    Float(f64),
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(u64::from(yes))
    }
}

impl From<usize> for Value {
    fn from(n: usize) -> Self {
        Self::Int(n as u64)
    }
}

/// Label names in the order they are written, with the text that goes before each value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelSet {
    pub(crate) names: &'static [&'static str],
    pub(crate) openers: &'static [&'static str],
}

impl LabelSet {
    pub(crate) const NONE: Self = Self {
        names: &[],
        openers: &[],
    };
}

/// Builds a [`LabelSet`] from literals.
macro_rules! label_set {
    ($first:literal $(, $rest:literal)* $(,)?) => {
        $crate::text::LabelSet {
            names: &[$first $(, $rest)*],
            openers: &[concat!("{", $first, "=\"") $(, concat!("\",", $rest, "=\""))*],
        }
    };
}
pub(crate) use label_set;

/// Appends `{a="…",b="…"} `, or only the blank if the set is empty.
pub(crate) fn push_labels(out: &mut Vec<u8>, set: &LabelSet, values: &[&str]) {
    debug_assert_eq!(set.names.len(), values.len(), "labels {:?}", set.names);
    for (opener, value) in set.openers.iter().zip(values) {
        out.extend_from_slice(opener.as_bytes());
        push_escaped(out, value);
    }
    out.extend_from_slice(if values.is_empty() { b" " } else { b"\"} " });
}

/// As [`push_labels`], without the labels that are empty: to a reader they are the same.
pub(crate) fn push_known_labels(out: &mut Vec<u8>, set: &LabelSet, values: &[&str]) {
    debug_assert_eq!(set.names.len(), values.len(), "labels {:?}", set.names);
    let mut opened = false;
    for (i, (opener, value)) in set.openers.iter().zip(values).enumerate() {
        if value.is_empty() {
            continue;
        }
        if opened || i == 0 {
            out.extend_from_slice(opener.as_bytes());
        } else {
            // In place of the quote and the comma after a value that is not there.
            out.push(b'{');
            out.extend_from_slice(&opener.as_bytes()[2..]);
        }
        opened = true;
        push_escaped(out, value);
    }
    out.extend_from_slice(if opened { b"\"} " } else { b" " });
}

/// Appends a label value with `\`, `"` and line feed escaped.
pub(crate) fn push_escaped(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    if is_clean(bytes) {
        out.extend_from_slice(bytes);
        return;
    }
    for &b in bytes {
        match b {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', b]),
            _ => out.push(b),
        }
    }
}

/// True if nothing needs an escape, as in nearly every value. Eight bytes at a time: this is where a scrape spends
/// most of its time, and values are too short for wider vectors to pay.
fn is_clean(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // A byte of `word ^ pattern` is 0 exactly where `word` holds `byte`; subtracting 1 borrows into its high bit.
    let holds = |word: u64, byte: u8| {
        let zeroed = word ^ u64::from_ne_bytes([byte; 8]);
        zeroed.wrapping_sub(ONES) & !zeroed & HIGHS
    };
    let found = |word: u64| holds(word, b'\n') | holds(word, b'"') | holds(word, b'\\');
    // The last word may overlap the one before it, and in a short value its own first half.
    let last = if let Some(chunk) = bytes.last_chunk::<8>() {
        u64::from_ne_bytes(*chunk)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_ne_bytes(*first)) << 32 | u64::from(u32::from_ne_bytes(*last))
    } else if let [first, .., last] = bytes {
        u64::from_ne_bytes([*first, bytes[1], *last, 0, 0, 0, 0, 0])
    } else {
        u64::from(bytes.first().copied().unwrap_or(0))
    };
    let (words, _) = bytes.as_chunks::<8>();
    found(last) == 0 && !words.iter().any(|chunk| found(u64::from_ne_bytes(*chunk)) != 0)
}

/// Help text: the classic form leaves quotes alone, `OpenMetrics` escapes them too.
fn push_help(out: &mut Vec<u8>, help: &str, format: Format) {
    for &b in help.as_bytes() {
        match b {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'"' if format == Format::OpenMetrics => out.extend_from_slice(b"\\\""),
            _ => out.push(b),
        }
    }
}

/// `f` in millionths if that is exactly what a reader gets back from six decimals: most ratios and rates.
/// Dividing rounds to the double nearest to the quotient, and so does reading the digits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "checked on the way"
)]
fn exact_millionths(f: f64) -> Option<u64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0 / 1e6;
    let millionths = (f * 1e6).round();
    ((0.0..LARGEST).contains(&f) && millionths / 1e6 == f).then_some(millionths as u64)
}

/// Appends the number and a line feed.
fn push_value(out: &mut Vec<u8>, value: Value) {
    let mut line = LineEnd::new();
    match value {
        Value::Int(n) => line.int(n),
        Value::Millis(ms) => {
            line.fraction(ms % 1000, 3);
            line.int(ms / 1000);
        }
        Value::Float(f) => match exact_millionths(f) {
            Some(millionths) => {
                line.fraction(millionths % 1_000_000, 6);
                line.int(millionths / 1_000_000);
            }
            // Rust prints the shortest digits that read back the same, never an exponent: 1e300 is 301 digits.
            None if (1e-7..1e21).contains(&f.abs()) => write_to(out, format_args!("{f}")),
            None => write_to(out, format_args!("{f:e}")),
        },
    }
    out.extend_from_slice(&line.bytes[line.start..]);
}

fn write_to(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a Vec takes everything");
}

/// The end of a sample's line, written from the right: line feed, fraction, digits.
struct LineEnd {
    bytes: [u8; 32],
    start: usize,
}

impl LineEnd {
    fn new() -> Self {
        let mut new = Self {
            bytes: [0; 32],
            start: 32,
        };
        new.put(b'\n');
        new
    }

    fn put(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    fn int(&mut self, mut n: u64) {
        loop {
            self.put(b'0' + (n % 10) as u8);
            n /= 10;
            if n == 0 {
                return;
            }
        }
    }

    /// A fraction of so many decimal places with its point, without zeros at the end.
    fn fraction(&mut self, mut rest: u64, mut places: u32) {
        if rest == 0 {
            return;
        }
        while rest.is_multiple_of(10) {
            rest /= 10;
            places -= 1;
        }
        for _ in 0..places {
            self.put(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        self.put(b'.');
    }
}

/// Label blocks, ready to be copied once per family.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Blocks {
    pub(crate) fn with_capacity(blocks: usize, bytes_each: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(blocks * bytes_each),
            ends: Vec::with_capacity(blocks),
        }
    }

    pub(crate) fn push(&mut self, set: &LabelSet, values: &[&str]) {
        push_labels(&mut self.bytes, set, values);
        self.ends.push(self.bytes.len());
    }

    /// One block as its writer makes it; it ends in the blank before the value.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// Without empty labels.
    pub(crate) fn push_known(&mut self, set: &LabelSet, values: &[&str]) {
        push_known_labels(&mut self.bytes, set, values);
        self.ends.push(self.bytes.len());
    }

    /// The blocks in the order they were pushed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |&end| &self.bytes[std::mem::replace(&mut start, end)..end])
    }
}

/// Writes families one after another.
#[derive(Debug)]
pub(crate) struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    format: Format,
    head: Option<Head>,
    name: &'static str,
    /// Notes the families that have samples, and where these begin.
    index: Option<&'o mut Index>,
}

impl<'o> Encoder<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>, format: Format) -> Self {
        Self {
            out,
            format,
            head: None,
            name: "",
            index: None,
        }
    }

    /// In the classic form, noting where families begin.
    pub(crate) fn indexed(out: &'o mut Vec<u8>, index: &'o mut Index) -> Self {
        Self {
            index: Some(index),
            ..Self::new(out, Format::Text)
        }
    }

    /// The samples that follow belong to this family. Each family may be named once.
    pub(crate) fn family(&mut self, head: Head) {
        self.name = head.name;
        self.head = Some(head);
    }

    /// One sample with a ready block of labels.
    pub(crate) fn sample(&mut self, block: &[u8], value: Value) {
        self.line(value, |out| out.extend_from_slice(block));
    }

    /// One sample whose labels are used only here.
    pub(crate) fn labelled(&mut self, set: &LabelSet, values: &[&str], value: Value) {
        self.line(value, |out| push_labels(out, set, values));
    }

    /// As [`Encoder::labelled`], without empty labels.
    pub(crate) fn known(&mut self, set: &LabelSet, values: &[&str], value: Value) {
        self.line(value, |out| push_known_labels(out, set, values));
    }

    /// One sample whose labels, with the blank before the value, are written by `labels`.
    pub(crate) fn line(&mut self, value: Value, labels: impl FnOnce(&mut Vec<u8>)) {
        if matches!(value, Value::Float(f) if !f.is_finite()) {
            return;
        }
        if let Some(head) = self.head.take() {
            self.write_head(&head);
        }
        self.out.extend_from_slice(self.name.as_bytes());
        labels(self.out);
        push_value(self.out, value);
    }

    /// Must be called once, last.
    pub(crate) fn finish(self) {
        if self.format == Format::OpenMetrics {
            self.out.extend_from_slice(b"# EOF\n");
        }
    }

    #[cold]
    fn write_head(&mut self, head: &Head) {
        let open_metrics = self.format == Format::OpenMetrics;
        let (name, kind) = match head.kind {
            // There a counter must end in `_total`. Some of our models' do not, and names are kept.
            Kind::Counter if open_metrics && !head.name.ends_with("_total") => (head.name, "unknown"),
            _ if open_metrics => (head.family_name(), head.kind.as_str()),
            Kind::Info => (head.name, Kind::Gauge.as_str()),
            Kind::Gauge | Kind::Counter => (head.name, head.kind.as_str()),
        };
        for part in ["# HELP ", name, " "] {
            self.out.extend_from_slice(part.as_bytes());
        }
        push_help(self.out, head.help, self.format);
        for part in ["\n# TYPE ", name, " ", kind, "\n"] {
            self.out.extend_from_slice(part.as_bytes());
        }
        if let (true, Some(unit)) = (open_metrics, head.unit) {
            for part in ["# UNIT ", name, " ", unit, "\n"] {
                self.out.extend_from_slice(part.as_bytes());
            }
        }
        if let Some(index) = &mut self.index {
            index.push((*head, self.out.len()));
        }
    }
}
