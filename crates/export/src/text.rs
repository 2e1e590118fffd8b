//! The two text forms of an exposition: classic 0.0.4 and `OpenMetrics` 1.0.
//!
//! Everything is appended to one buffer; nothing is allocated per series. A family's head is written with its
//! first sample, so that a family without samples does not appear.

use std::io::Write as _;

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

/// Appends a label value with `\`, `"` and line feed escaped.
fn push_escaped(out: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    // Without an early exit the compiler checks many bytes at once; nearly every value is clean.
    let dirty = bytes
        .iter()
        .fold(false, |dirty, b| dirty | matches!(b, b'\\' | b'"' | b'\n'));
    if !dirty {
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

const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

fn push_value(out: &mut Vec<u8>, value: Value) {
    match value {
        Value::Int(n) => push_int(out, n),
        Value::Millis(ms) => {
            push_int(out, ms / 1000);
            let rest = u8::try_from(ms % 1000 / 100).unwrap_or(0);
            let (tens, ones) = ((ms % 100 / 10) as u8, (ms % 10) as u8);
            let digits = [b'.', b'0' + rest, b'0' + tens, b'0' + ones];
            let kept = match (rest, tens, ones) {
                (0, 0, 0) => 0,
                (_, 0, 0) => 2,
                (_, _, 0) => 3,
                _ => 4,
            };
            out.extend_from_slice(&digits[..kept]);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked just before"
        )]
        Value::Float(f) if (0.0..LARGEST_EXACT).contains(&f) && f.fract() == 0.0 => push_int(out, f as u64),
        // Rust prints the shortest digits that read back the same, never an exponent: 1e300 is 301 digits.
        Value::Float(f) if f.abs() < 1e21 && f.abs() > 1e-7 => write_to(out, format_args!("{f}")),
        Value::Float(f) => write_to(out, format_args!("{f:e}")),
    }
}

fn write_to(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a Vec takes everything");
}

fn push_int(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
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
}

impl<'o> Encoder<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>, format: Format) -> Self {
        Self {
            out,
            format,
            head: None,
            name: "",
        }
    }

    /// The samples that follow belong to this family. Each family may be named once.
    pub(crate) fn family(&mut self, head: Head) {
        self.name = head.name;
        self.head = Some(head);
    }

    /// One sample with a block from [`push_labels`].
    pub(crate) fn sample(&mut self, block: &[u8], value: Value) {
        if let Value::Float(f) = value
            && !f.is_finite()
        {
            return;
        }
        self.open();
        self.out.extend_from_slice(self.name.as_bytes());
        self.out.extend_from_slice(block);
        push_value(self.out, value);
        self.out.push(b'\n');
    }

    /// One sample whose labels are used only here.
    pub(crate) fn labelled(&mut self, set: &LabelSet, values: &[&str], value: Value) {
        if let Value::Float(f) = value
            && !f.is_finite()
        {
            return;
        }
        self.open();
        self.out.extend_from_slice(self.name.as_bytes());
        push_labels(self.out, set, values);
        push_value(self.out, value);
        self.out.push(b'\n');
    }

    /// Must be called once, last.
    pub(crate) fn finish(self) {
        if self.format == Format::OpenMetrics {
            self.out.extend_from_slice(b"# EOF\n");
        }
    }

    fn open(&mut self) {
        if let Some(head) = self.head.take() {
            self.write_head(&head);
        }
    }

    #[cold]
    fn write_head(&mut self, head: &Head) {
        let open_metrics = self.format == Format::OpenMetrics;
        let (name, kind) = match head.kind {
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
    }
}
