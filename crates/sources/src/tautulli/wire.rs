//! Tautulli's answers. Values are numbers, texts or null as they please.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Around every answer.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) response: Response<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Response<'a> {
    pub(super) result: String,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
}

/// A row or an object of values.
pub(super) type Row = Map<String, Value>;

/// A page of rows.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    #[serde(rename = "recordsFiltered", default)]
    pub(super) filtered: u64,
    #[serde(rename = "recordsTotal", default)]
    pub(super) total: u64,
    #[serde(default)]
    pub(super) data: Vec<Row>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Identity {
    #[serde(default)]
    pub(super) machine_identifier: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct About {
    #[serde(default)]
    pub(super) tautulli_version: Option<String>,
}

/// A whole number, in a number or a text; fractions are cut downwards.
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to lie well within the range"
)]
pub(super) fn int(value: Option<&Value>) -> Option<i64> {
    let whole = |r: f64| (r.is_finite() && r.abs() < 9.0e15).then_some(r.floor() as i64);
    match value? {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().and_then(whole)),
        Value::String(s) => {
            let s = s.trim();
            s.parse().ok().or_else(|| s.parse().ok().and_then(whole))
        }
        Value::Bool(b) => Some(i64::from(*b)),
        _ => None,
    }
}

/// A text; '' is absent, a number is written out.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(s) => (!s.is_empty()).then(|| s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// A list as Tautulli's database holds it: joined by semicolons.
pub(super) fn list(value: Option<&Value>) -> Option<String> {
    let Value::Array(items) = value? else { return None };
    let items: Vec<String> = items.iter().filter_map(|i| text(Some(i))).collect();
    (!items.is_empty()).then(|| items.join(";"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_in_every_form() {
        for (value, as_int, as_text) in [
            (json!(5), Some(5), Some("5")),
            (json!("5"), Some(5), Some("5")),
            (json!(5.7), Some(5), Some("5.7")),
            (json!("5.7"), Some(5), Some("5.7")),
            (json!(""), None, None),
            (json!(null), None, None),
            (json!("abc"), None, Some("abc")),
            (json!([1]), None, None),
            (json!(true), Some(1), None),
        ] {
            assert_eq!(int(Some(&value)), as_int, "{value}");
            assert_eq!(text(Some(&value)).as_deref(), as_text, "{value}");
        }
        assert_eq!(list(Some(&json!(["a", 2, ""]))).as_deref(), Some("a;2"));
        assert_eq!(list(Some(&json!([]))), None);
    }
}
