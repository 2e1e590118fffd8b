//! Line protocol, read twice over: as leniently as InfluxDB 1 does, and strictly.

use std::fmt;
use std::ops::RangeInclusive;

/// Bytes of measurement, tags and the longest name of a field, with what stands between them in its files.
const KEY_BYTES_MAX: usize = 65_535;
const KEY_SEPARATOR_BYTES: usize = 4;

/// Bytes of one string, beyond which version 2 and 3 refuse it.
const STRING_BYTES_MAX: usize = 64 * 1024;

/// Moments that InfluxDB takes.
const AT_NS: RangeInclusive<i64> = i64::MIN + 2..=i64::MAX - 1;

/// One line, read.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedPoint {
    pub measurement: String,
    /// Sorted by key.
    pub tags: Vec<(String, String)>,
    /// In the order of the line.
    pub fields: Vec<(String, Value)>,
    /// Since 1970.
    pub at_ns: i64,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
}

impl Value {
    /// InfluxDB's word for the type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Int(_) => "integer",
            Self::Float(_) => "float",
            Self::Bool(_) => "boolean",
        }
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for ParseError {}

/// Reads lines that every receiver would read alike; refuses whatever some version refuses, drops, guesses or reads
/// differently, though another may take it: control characters, comments, blanks too many, tags out of order, a
/// backslash whose meaning depends on the reader, a line without a time, a field `time`.
pub fn parse(text: &str) -> Result<Vec<ParsedPoint>, ParseError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let (last, lines) = lines.split_last().expect("a split has a part");
    if !last.is_empty() {
        return Err(ParseError {
            line: lines.len() + 1,
            what: "no line feed at the end".to_owned(),
        });
    }
    let numbered = lines.iter().enumerate();
    numbered
        .map(|(n, line)| {
            strict(line).map_err(|what| ParseError {
                line: n + 1,
                what: format!("{what} in {line:?}"),
            })
        })
        .collect()
}

fn strict(line: &str) -> Result<ParsedPoint, String> {
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err("control character".to_owned());
    }
    if line.is_empty() || line.starts_with(['#', ' ', '\t']) {
        return Err("comment, blank or nothing at the start".to_owned());
    }
    let (head, rest) = line.split_at(end_of_key(line.as_bytes(), 0));
    let doubled = ["\\\\ ", "\\\\,", "\\\\="].iter().any(|d| head.contains(d));
    if doubled || head.ends_with('\\') || head.contains('\t') {
        return Err("ambiguous backslash, or a tabulator, in measurement or tags".to_owned());
    }
    let point = lenient(line, None, 1)?;
    // The value of a field does not end in a blank.
    let fields = rest.strip_suffix(&format!(" {}", point.at_ns));
    if rest.starts_with("  ") || fields.is_none_or(|fields| fields.ends_with(' ')) {
        return Err("more than one blank, or a time not written as usual".to_owned());
    }
    if !tag_keys(head).is_sorted_by(|a, b| a < b) {
        return Err("tags out of order".to_owned());
    }
    let mut names: Vec<&str> = point.fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) || names.contains(&"time") {
        return Err("a field twice, or called time".to_owned());
    }
    if point.tags.iter().any(|(key, _)| key == "time") {
        return Err("a tag called time".to_owned());
    }
    let long = |text: &str| text.len() > STRING_BYTES_MAX;
    let long_field = |value: &Value| matches!(value, Value::Text(text) if long(text));
    if point.tags.iter().any(|(_, value)| long(value)) || point.fields.iter().any(|(_, v)| long_field(v)) {
        return Err("string too long".to_owned());
    }
    Ok(point)
}

/// The names of the tags in the order of the line.
fn tag_keys(head: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut from = 0;
    while let Some(comma) = find(head.as_bytes(), from, b",") {
        let end = find(head.as_bytes(), comma + 1, b"=").unwrap_or(head.len());
        keys.push(unescaped(&head[comma + 1..end], ",= "));
        from = end;
    }
    keys
}

/// Where one of these bytes stands without a backslash before it, as InfluxDB 1 and 2 look for it.
fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let escaped = |at: usize| at > 0 && bytes[at - 1] == b'\\';
    (from..bytes.len()).find(|at| wanted.contains(&bytes[*at]) && !escaped(*at))
}

fn end_of_key(bytes: &[u8], from: usize) -> usize {
    find(bytes, from, b" ").unwrap_or(bytes.len())
}

/// The lines of a body. A line feed inside a string does not end one, comments and blanks are none.
pub(super) fn lines(body: &str) -> Vec<&str> {
    let bytes = body.as_bytes();
    let (mut found, mut start) = (Vec::new(), 0);
    while start < bytes.len() {
        let end = end_of_line(bytes, start);
        let line = body[start..end].trim_start_matches([' ', '\t', '\0']);
        if !line.is_empty() && !line.starts_with('#') {
            found.push(line);
        }
        start = end + 1;
    }
    found
}

fn end_of_line(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut in_fields, mut has_equals, mut quoted) = (start, false, false, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if at + 2 < bytes.len() => at += 1,
            b' ' if !quoted => in_fields = true,
            b'=' if in_fields && !quoted => has_equals = true,
            b'"' if in_fields && has_equals => quoted = !quoted,
            b'\n' if !quoted => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Reads a line as InfluxDB 1 does, with its words for what is wrong. `None` for `now_ns`: a time must be told.
/// `factor` turns the line's unit of time into nanoseconds.
pub(super) fn lenient(line: &str, now_ns: Option<i64>, factor: i64) -> Result<ParsedPoint, String> {
    let bytes = line.as_bytes();
    let (measurement, tags, key_end) = key(line)?;
    let from = blanks(bytes, key_end);
    let end = end_of_fields(bytes, from)?;
    let fields = fields(&line[from..end])?;
    let name_bytes = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    // The name counts only if the rest is not too long by itself.
    let key_bytes = match key_end {
        0..=KEY_BYTES_MAX => key_end + KEY_SEPARATOR_BYTES + name_bytes,
        longer => longer,
    };
    if key_bytes > KEY_BYTES_MAX {
        return Err(format!("max key length exceeded: {key_bytes} > {KEY_BYTES_MAX}"));
    }
    let at_ns = time(line[end..].trim_matches(' '), now_ns, factor)?;
    Ok(ParsedPoint {
        measurement,
        tags,
        fields,
        at_ns,
    })
}

fn blanks(bytes: &[u8], from: usize) -> usize {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | 0);
    from + bytes[from..].iter().take_while(|b| blank(b)).count()
}

type Tags = Vec<(String, String)>;

fn key(line: &str) -> Result<(String, Tags, usize), String> {
    let bytes = line.as_bytes();
    let mut at = find(bytes, 0, b", ").unwrap_or(bytes.len());
    if at == 0 {
        return Err("missing measurement".to_owned());
    }
    let measurement = unescaped(&line[..at], ", ");
    let mut tags = Vec::new();
    while bytes.get(at) == Some(&b',') {
        let from = at + 1;
        let equals = find(bytes, from, b"=, ").filter(|e| bytes[*e] == b'=');
        if matches!(bytes.get(from), Some(b' ' | b',' | b'=') | None) {
            return Err("missing tag key".to_owned());
        }
        let equals = equals.ok_or("missing tag value")?;
        at = find(bytes, equals + 1, b", =").unwrap_or(bytes.len());
        if at == equals + 1 {
            return Err("missing tag value".to_owned());
        }
        if bytes.get(at) == Some(&b'=') {
            return Err("invalid tag format".to_owned());
        }
        let part = |text| unescaped(text, ",= ");
        tags.push((part(&line[from..equals]), part(&line[equals + 1..at])));
    }
    tags.sort();
    if tags.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err("duplicate tags".to_owned());
    }
    if at == bytes.len() {
        return Err("missing fields".to_owned());
    }
    Ok((measurement, tags, at))
}

/// Without the backslashes before those characters; all others stay.
fn unescaped(text: &str, special: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some(next) if c == '\\' && special.contains(*next) => {}
            _ => out.push(c),
        }
    }
    out
}

fn end_of_fields(bytes: &[u8], from: usize) -> Result<usize, String> {
    let (mut at, mut value, mut quoted) = (from, false, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if at + 1 < bytes.len() => at += 1,
            b'"' if value => quoted = !quoted,
            b'=' if !quoted => value = true,
            b',' if !quoted => value = false,
            b' ' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    if quoted {
        return Err("unbalanced quotes".to_owned());
    }
    Ok(at)
}

fn fields(text: &str) -> Result<Vec<(String, Value)>, String> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    loop {
        let equals = find(bytes, at, b"=,").ok_or("invalid field format")?;
        if bytes[equals] == b',' {
            return Err("invalid field format".to_owned());
        }
        if equals == at {
            return Err("missing field key".to_owned());
        }
        let from = equals + 1;
        let end = end_of_value(bytes, from);
        found.push((unescaped(&text[at..equals], ",= "), value(&text[from..end])?));
        match bytes.get(end) {
            None => return Ok(found),
            Some(_) => at = end + 1,
        }
    }
}

fn end_of_value(bytes: &[u8], from: usize) -> usize {
    if bytes.get(from) != Some(&b'"') {
        return find(bytes, from, b",").unwrap_or(bytes.len());
    }
    let mut at = from + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        let pair = bytes[at] == b'\\' && matches!(bytes.get(at + 1), Some(b'"' | b'\\'));
        at += 1 + usize::from(pair);
    }
    // Whatever follows the closing quote belongs to the value.
    find(bytes, at, b",").unwrap_or(bytes.len())
}

fn value(text: &str) -> Result<Value, String> {
    let mut chars = text.chars();
    match text.as_bytes() {
        [] => Err("missing field value".to_owned()),
        [b'"', .., _] => {
            // Its last character is taken for the closing quote, whatever it is.
            chars.next();
            chars.next_back();
            Ok(Value::Text(string(chars.as_str())))
        }
        [b'"'] => Err("unbalanced quotes".to_owned()),
        [b'0'..=b'9' | b'-' | b'.' | b'N' | b'n', ..] => number(text),
        _ => match text {
            "t" | "T" | "true" | "True" | "TRUE" => Ok(Value::Bool(true)),
            "f" | "F" | "false" | "False" | "FALSE" => Ok(Value::Bool(false)),
            _ => Err("invalid boolean".to_owned()),
        },
    }
}

fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some('"' | '\\') if c == '\\' => out.extend(rest.next()),
            _ => out.push(c),
        }
    }
    out
}

fn number(text: &str) -> Result<Value, String> {
    let bad = || "invalid number".to_owned();
    if let Some(digits) = text.strip_suffix('i') {
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let int = digits.parse().map(Value::Int);
        return int.map_err(|_| format!("unable to parse integer {digits}: {}", out_of_range(digits)));
    }
    let mut before = None;
    let (mut points, mut digits) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => points += 1,
            b'e' | b'E' => {}
            b'-' if before.is_none() => {}
            b'-' | b'+' if matches!(before, Some(b'e' | b'E')) => {}
            _ => return Err(bad()),
        }
        before = Some(byte);
    }
    if points > 1 || digits == 0 {
        return Err(bad());
    }
    match text.parse() {
        Ok(float) if f64::is_finite(float) => Ok(Value::Float(float)),
        _ => Err("invalid float".to_owned()),
    }
}

fn out_of_range(digits: &str) -> String {
    format!("strconv.ParseInt: parsing \"{digits}\": value out of range")
}

fn time(text: &str, now_ns: Option<i64>, factor: i64) -> Result<i64, String> {
    if text.is_empty() {
        return now_ns.ok_or_else(|| "no time".to_owned());
    }
    let (text, rest) = text.split_once(' ').unwrap_or((text, ""));
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("bad timestamp".to_owned());
    }
    if !rest.is_empty() {
        return Err("point is invalid".to_owned());
    }
    let units: i64 = text.parse().map_err(|_| out_of_range(text))?;
    let at_ns = units.checked_mul(factor).filter(|at| AT_NS.contains(at));
    at_ns.ok_or_else(|| format!("time outside range {} - {}", AT_NS.start(), AT_NS.end()))
}
