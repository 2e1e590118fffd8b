//! JSON as Python writes it, XML, JSONP, pretty JSON, and a page too long to be held.

use serde_json::Value;

use crate::past::Past;

const NAMES: &str = "cmd=get_library_names";

#[tokio::test]
async fn an_answer_takes_the_form_asked_for() {
    let past = Past::of(1).await;
    let row = r#"{"section_id": 1, "section_name": "Films", "section_type": "movie", "agent": null}"#;
    let json = format!(r#"{{"response": {{"result": "success", "message": null, "data": [{row}]}}}}"#);
    let plain = past.ask(NAMES).await;
    assert_eq!(plain.text(), json);
    assert_eq!(
        plain.header("content-type"),
        Some("application/json;charset=UTF-8")
    );

    let jsonp = past.ask(&format!("{NAMES}&callback=got")).await;
    assert_eq!(jsonp.text(), format!("got({json});"));
    assert_eq!(jsonp.header("content-type"), Some("application/javascript"));

    let xml = past.ask(&format!("{NAMES}&out_type=xml")).await;
    let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<response>\n\t<result>success</result>\n\t<message></message>\n\
                    \t<data>\n\t\t<section_id>1</section_id>\n\t\t<section_name>Films</section_name>\n\
                    \t\t<section_type>movie</section_type>\n\t\t<agent></agent>\n\t</data>\n</response>";
    assert_eq!(xml.text(), expected);
    assert_eq!(xml.header("content-type"), Some("application/xml;charset=UTF-8"));

    let pretty = past.ask(&format!("{NAMES}&debug=1")).await;
    assert!(pretty.text().starts_with(
        "{\n    \"response\": {\n        \"data\": [\n            {\n                \"agent\": null,"
    ));
    for refused in ["out_type=yaml", "callback=1", "callback=a()"] {
        let answer = past.ask(&format!("{NAMES}&{refused}")).await;
        assert_eq!(
            (answer.status, answer.json()["response"]["result"].as_str()),
            (500, Some("error")),
            "{refused}"
        );
    }
    // Refusals take the form, too.
    let refused = past.open.get("/api/v2?cmd=arnold&out_type=xml").await;
    assert!(
        refused
            .text()
            .contains("<message>Parameter apikey is required</message>")
    );
}

#[tokio::test]
async fn letters_beyond_ascii_stay_letters() {
    let past = Past::of(1).await;
    let json = past.ask("cmd=get_history").await;
    assert!(
        json.text().contains("\"full_title\": \"Film <1> & Zoë\""),
        "{}",
        json.text()
    );
    let xml = past.ask("cmd=get_history&out_type=xml").await;
    assert!(
        xml.text()
            .contains("<full_title>Film &lt;1&gt; &amp; Zoë</full_title>"),
        "{}",
        xml.text()
    );
}

/// However long a page is, it has the same bytes as one that is held at once: pretty JSON always is.
#[tokio::test]
async fn a_long_page_is_sent_in_parts_and_is_whole() {
    let past = Past::of(2500).await;
    let keys = |data: &Value| -> Vec<i64> {
        data["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["rating_key"].as_i64().unwrap())
            .collect()
    };
    for (query, expected) in [
        ("length=-1", (1..=2500).rev().collect::<Vec<_>>()),
        ("length=1000", (1501..=2500).rev().collect()),
        ("length=1001", (1500..=2500).rev().collect()),
        ("length=2500", (1..=2500).rev().collect()),
        ("length=5000&start=1", (1..=2499).rev().collect()),
        ("length=2000&start=2000", (1..=500).rev().collect()),
        ("length=2000&start=2500", vec![]),
        (
            "length=2000&order_column=started&order_dir=asc&user_id=7",
            (1..=1250).map(|n| n * 2).collect(),
        ),
    ] {
        let query = format!("cmd=get_history&{query}");
        let data = past.data(&query).await;
        assert_eq!(keys(&data), expected, "{query}");
        let held = past.data(&format!("{query}&debug=1")).await;
        assert_eq!(data, held, "{query}");
    }
    let jsonp = past.ask("cmd=get_history&length=-1&callback=got").await;
    assert!(jsonp.text().starts_with("got({\"response\": ") && jsonp.text().ends_with("}}});"));
    let refused = past.ask("cmd=get_history&length=5000&start=x").await;
    assert_eq!(refused.status, 500);
}
