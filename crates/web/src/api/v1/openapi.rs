//! The `OpenAPI` document, made from the handlers and the types.

use std::sync::OnceLock;

use serde_json::Value;
use utoipa::OpenApi;

use super::types::{Progresses, ServerLibraries, Snapshot};
use crate::health;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Projectionist",
        version = "1",
        description = "What plays on your media servers, and what was played. Times are RFC 3339 in UTC, units stand \
            in names, and a value that is not known is left out, never null or zero. New fields may appear at any time; a field \
            that changes its meaning or goes comes with a new version in the path.",
    ),
    paths(
        super::servers,
        super::libraries,
        super::sessions,
        super::session,
        super::events,
        super::images::image,
        super::load::load,
        super::growth::growth,
        super::metrics_browser::metrics,
        super::sinks::sinks,
        super::history::history,
        super::history::one,
        super::history::export::export,
        super::history::analytics::plays,
        super::history::analytics::streams,
        super::history::analytics::ranking,
        super::history::analytics::concurrency,
        super::history::analytics::completion,
        super::history::analytics::transcodes,
        super::history::pages::users,
        super::history::pages::user,
        super::history::pages::user_history,
        super::history::pages::library,
        super::history::pages::library_history,
        super::history::pages::title,
        super::history::pages::title_history,
        super::collections::list,
        super::collections::one,
        super::collections::snapshots,
        super::collections::all_snapshots,
        super::collections::top,
        super::collections::collect,
        super::collections::rotation,
        super::collections::compare,
        super::iptv::now::channels,
        super::iptv::now::providers,
        super::iptv::now::guides,
        super::iptv::now::paths,
        super::iptv::past::ranking,
        super::iptv::past::viewers,
        super::iptv::past::provider_days,
        super::iptv::past::provider_totals,
        super::iptv::past::runs,
        super::iptv::past::viewings,
        super::iptv::past::users,
        super::setup::overview,
        super::setup::start_pin,
        super::setup::sign_in,
        super::setup::test,
        super::setup::test_server,
        super::setup::save,
        super::setup::imports::list,
        super::setup::imports::start,
        super::setup::imports::upload,
        crate::access::endpoints::state,
        crate::access::endpoints::sign_in,
        crate::access::endpoints::sign_out,
        crate::access::endpoints::change_password,
        crate::access::endpoints::list_accounts,
        crate::access::endpoints::add_account,
        crate::access::endpoints::remove_account,
        crate::access::endpoints::list_keys,
        crate::access::endpoints::add_key,
        crate::access::endpoints::remove_key,
        health::health,
        health::live,
        health::ready,
    ),
    components(schemas(Snapshot, Progresses, ServerLibraries)),
    tags(
        (name = "state", description = "What is so now"),
        (name = "events", description = "What changes"),
        (name = "history", description = "What was played"),
        (name = "analytics", description = "What was played, counted"),
        (name = "collections", description = "What was watched of collections"),
        (name = "iptv", description = "What stream managers pull from providers and hand on"),
        (name = "setup", description = "The first run: signing in, testing, saving the configuration, importing"),
        (name = "access", description = "Who may see and do what"),
        (name = "health", description = "How this process is"),
    )
)]
struct Document;

/// The description of `/api/v1`, pretty-printed; also what `docs openapi` prints.
pub fn openapi_json() -> String {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let mut document = serde_json::to_value(Document::openapi()).expect("utoipa's types serialise");
        without_null(&mut document);
        let mut text = serde_json::to_string_pretty(&document).expect("a JSON value serialises");
        text.push('\n');
        text
    });
    text.clone()
}

/// utoipa describes an optional field as "this or null"; ours are left out instead, so null is struck out. What is in
/// a list keeps its own word: a series of numbers has null where nothing is known of a moment.
fn without_null(value: &mut Value) {
    match value {
        Value::Array(members) => members.iter_mut().for_each(without_null),
        Value::Object(fields) => {
            let own = fields.get_mut("items").map(|items| items["type"].clone());
            fields.values_mut().for_each(without_null);
            if let Some(own @ Value::Array(_)) = own {
                fields["items"]["type"] = own;
            }
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(choices)) = fields.get_mut("oneOf") {
                choices.retain(|c| c.get("type").is_none_or(|t| t != "null"));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    fields.remove("oneOf");
                    fields.extend(only);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn optional_is_absent_never_null() {
        let mut value = json!({
            "a": { "type": ["string", "null"], "description": "d" },
            "b": { "description": "why", "oneOf": [{ "type": "null" }, { "$ref": "#/x" }] },
            "c": { "oneOf": [{ "type": "string" }, { "type": "integer" }] },
            "d": { "type": ["array", "null"], "items": { "type": ["number", "null"] } },
        });
        without_null(&mut value);
        assert_eq!(
            value,
            json!({
                "a": { "type": "string", "description": "d" },
                "b": { "description": "why", "$ref": "#/x" },
                "c": { "oneOf": [{ "type": "string" }, { "type": "integer" }] },
                "d": { "type": "array", "items": { "type": ["number", "null"] } },
            })
        );
    }

    #[test]
    fn the_document_is_the_golden_one() {
        insta::assert_snapshot!(openapi_json());
    }
}
