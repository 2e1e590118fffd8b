//! What is answered is what the `OpenAPI` document says, and no more.

use std::sync::LazyLock;

use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&web::openapi_json()).unwrap());

/// Fails unless `value` has exactly the shape of the named schema.
#[track_caller]
pub(crate) fn check(schema: &str, value: &Value) {
    let reference = serde_json::json!({ "$ref": format!("#/components/schemas/{schema}") });
    if let Err(why) = fits(&reference, value, schema) {
        panic!("{why}");
    }
}

fn fits(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{at}: {what}: {value}"));
    if let Some(reference) = schema["$ref"].as_str() {
        let target = DOCUMENT.pointer(reference.trim_start_matches('#'));
        return fits(target.unwrap_or_else(|| panic!("no {reference}")), value, at);
    }
    if let Some(types) = schema["type"].as_array() {
        // A number of a series is null where nothing is known; anything else that is not known is left out.
        return match (types.as_slice(), value) {
            ([first, null], Value::Null) if first == "number" && null == "null" => Ok(()),
            ([first, null], _) if null == "null" => fits(&serde_json::json!({ "type": first }), value, at),
            _ => panic!("{at}: types this test cannot read"),
        };
    }
    match schema["type"].as_str() {
        Some("object") => object(schema, value, at),
        Some("array") => {
            let Some(members) = value.as_array() else {
                return wrong("not an array");
            };
            members
                .iter()
                .enumerate()
                .try_for_each(|(i, m)| fits(&schema["items"], m, &format!("{at}[{i}]")))
        }
        Some("string") => match (value.as_str(), schema["enum"].as_array()) {
            (None, _) => wrong("not text"),
            (Some(_), Some(words)) if !words.contains(value) => wrong("not one of the words"),
            _ if schema["format"] == "date-time"
                && value.as_str().unwrap().parse::<jiff::Timestamp>().is_err() =>
            {
                wrong("not a time")
            }
            _ => Ok(()),
        },
        Some("integer") if !value.is_i64() && !value.is_u64() => wrong("not an integer"),
        Some("number") if !value.is_number() => wrong("not a number"),
        Some("boolean") if !value.is_boolean() => wrong("not a boolean"),
        Some("integer" | "number" | "boolean") => Ok(()),
        _ => Err(format!("{at}: a schema this test cannot read: {schema}")),
    }
}

fn object(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Some(fields) = value.as_object() else {
        return Err(format!("{at}: not an object: {value}"));
    };
    if schema.get("properties").is_none() && schema.get("additionalProperties").is_none() {
        // Any object at all, as somebody gave it to us.
        return Ok(());
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(required.as_str().unwrap()) {
            return Err(format!("{at}: {required} is missing"));
        }
    }
    for (name, field) in fields {
        let of_field = schema["properties"]
            .get(name)
            .or_else(|| schema.get("additionalProperties"));
        let Some(of_field) = of_field else {
            return Err(format!("{at}.{name} is not documented"));
        };
        fits(of_field, field, &format!("{at}.{name}"))?;
    }
    Ok(())
}

#[test]
fn the_checker_can_say_no() {
    let good = serde_json::json!({ "error": { "kind": "not_found", "message": "m" } });
    assert!(fits(&DOCUMENT["components"]["schemas"]["ErrorBody"], &good, "").is_ok());
    for (bad, why) in [
        (
            serde_json::json!({ "error": { "kind": "x" } }),
            "\"message\" is missing",
        ),
        (
            serde_json::json!({ "error": { "kind": 1, "message": "m" } }),
            "not text",
        ),
        (
            serde_json::json!({ "error": { "kind": "x", "message": "m", "more": 1 } }),
            "more is not documented",
        ),
        (serde_json::json!({ "error": null }), "not an object"),
    ] {
        let said = fits(&DOCUMENT["components"]["schemas"]["ErrorBody"], &bad, "").unwrap_err();
        assert!(said.contains(why), "{said}");
    }
    let time = &DOCUMENT["components"]["schemas"]["Time"];
    assert!(fits(time, &"2026-11-21T20:00:00.5Z".into(), "").is_ok());
    assert!(fits(time, &"yesterday".into(), "").is_err());
    let state = &DOCUMENT["components"]["schemas"]["State"];
    assert!(fits(state, &"PLAYING".into(), "").is_err());
}

#[test]
fn every_reference_leads_somewhere_and_every_answer_is_described() {
    fn walk(value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    assert!(DOCUMENT.pointer(&reference[1..]).is_some(), "{reference}");
                }
                fields.values().for_each(walk);
            }
            Value::Array(members) => members.iter().for_each(walk),
            _ => {}
        }
    }
    walk(&DOCUMENT);
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for (code, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].is_string(), "{method} {path} {code}");
            }
        }
    }
}
