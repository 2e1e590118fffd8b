//! Our own metrics: a measurement for each family of the catalogue, its labels as tags, one field.

use model::Timestamp;

use super::super::point::{Field, Point};
use super::Input;
use crate::catalogue::{self, Family};
use crate::text::{Kind, Value};
use crate::view::View;

/// The one field of every point.
const VALUE: &str = "value";

pub(super) fn points<'a>(input: &Input<'a>) -> Vec<Point<'a>> {
    let (Some(process), Ok(now)) = (
        input.process,
        Timestamp::from_nanosecond(i128::from(input.now_ns)),
    ) else {
        return Vec::new();
    };
    let mut view = View::new(input.snapshot, process, input.options, now);
    view.servers.retain(|s| input.wants(&s.snapshot.id));
    let mut points = Vec::new();
    catalogue::walk(&view, &mut |family, labels, value| {
        if let Some(field) = field(family, value) {
            let known = family.labels().iter().zip(labels).filter(|(_, v)| !v.is_empty());
            points.push(Point {
                measurement: family.name(),
                tags: known.map(|(name, v)| (*name, (*v).to_owned().into())).collect(),
                fields: vec![(VALUE, field)],
                at_ns: input.now_ns,
            });
        }
    });
    points
}

/// A field keeps its type for ever, and what is whole today may not be tomorrow: every figure is a float. Only the
/// 1 of an info family, which is none, is an integer.
#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 bytes are 9 petabytes; the text exposition is read as floats, too"
)]
fn field(family: &Family, value: Value) -> Option<Field<'static>> {
    if family.kind() == Kind::Info {
        return Some(Field::Int(1));
    }
    let float = match value {
        Value::Int(n) => n as f64,
        Value::Millis(ms) => ms as f64 / 1000.0,
        Value::Float(f) => f,
    };
    float.is_finite().then_some(Field::Float(float))
}
