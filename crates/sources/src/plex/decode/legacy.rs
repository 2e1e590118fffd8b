//! JSON of servers before 1.3 (2016), where every object names its own kind and holds all children in one list.

use serde_json::{Map, Value};

use super::xml::list_name;

/// Rewrites `{"_elementType": "X", "_children": […]}` to `{"X": {…, "<kind>": […]}}`. `None` if it is not JSON.
pub(super) fn to_current(text: &str) -> Option<String> {
    let Ok(Value::Object(root)) = serde_json::from_str(text) else {
        return None;
    };
    let (kind, value) = object(root);
    let mut out = Map::new();
    out.insert(kind, value);
    serde_json::to_string(&out).ok()
}

fn object(mut from: Map<String, Value>) -> (String, Value) {
    let kind = match from.remove("_elementType") {
        Some(Value::String(kind)) => kind,
        _ => String::new(),
    };
    if let Some(Value::Array(children)) = from.remove("_children") {
        for child in children {
            if let Value::Object(child) = child {
                let (kind, value) = object(child);
                let list = from
                    .entry(list_name(&kind))
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(list) = list {
                    list.push(value);
                }
            }
        }
    }
    (kind, Value::Object(from))
}
