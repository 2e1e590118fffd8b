//! The strict reader, versions 2 and 3, and the faults. Version 1 is compared with the real one by a test of `export`.

use std::io::Write as _;

use base::tls::Trust;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value as Json, json};

use super::*;

#[test]
fn the_strict_reader_takes_what_all_read_alike() {
    let read = parse("m,a=x\\ y,b=\\\\c i=1i,s=\"\\\"\\\\n\\n, =\",f=1.5e-7,t=true 5\nn v=0.0 -5\n").unwrap();
    let field = |name: &str, value| (name.to_owned(), value);
    assert_eq!(
        read[0],
        ParsedPoint {
            measurement: "m".to_owned(),
            tags: vec![
                ("a".to_owned(), "x y".to_owned()),
                ("b".to_owned(), "\\\\c".to_owned())
            ],
            fields: vec![
                field("i", Value::Int(1)),
                field("s", Value::Text("\"\\n\\n, =".to_owned())),
                field("f", Value::Float(1.5e-7)),
                field("t", Value::Bool(true)),
            ],
            at_ns: 5,
        }
    );
    assert_eq!((read[1].at_ns, read.len()), (-5, 2));
    assert_eq!(parse(""), Ok(Vec::new()));
}

#[test]
fn the_strict_reader_refuses_what_some_refuse_or_read_otherwise() {
    for (text, line) in [
        ("m v=1i 5", 1),
        ("m v=1i 5\n\n", 2),
        ("m v=1i 5\n# comment v=1i 5\n", 2),
        (" m v=1i 5\n", 1),
        ("m v=1i  5\n", 1),
        ("m  v=1i 5\n", 1),
        ("m v=1i 5 \n", 1),
        ("m v=1i\n", 1),
        ("m v=1i 05\n", 1),
        ("m v=1i 5\r\n", 1),
        ("m v=\"a\nb\" 5\n", 1),
        ("m v=\"nul\0\" 5\n", 1),
        ("m,b=1,a=2 v=1i 5\n", 1),
        ("m,a=1,a=2 v=1i 5\n", 1),
        ("m,a= v=1i 5\n", 1),
        ("m,a=1\\ v=1i 5\n", 1),
        ("m,a=1\\\\,b=2 v=1i 5\n", 1),
        ("m,a=1\\\\\\ x v=1i 5\n", 1),
        ("m,time=1 v=1i 5\n", 1),
        ("m time=1i 5\n", 1),
        ("m v=1i,v=2i 5\n", 1),
        ("m v=5u 5\n", 1),
        ("m v=NaN 5\n", 1),
        ("m v=1i 9223372036854775807\n", 1),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text:?}: {error}");
    }
    let long = |bytes: usize| format!("m v=\"{}\" 5\n", "x".repeat(bytes));
    assert!(parse(&long(65_536)).is_ok());
    assert!(parse(&long(65_537)).is_err());
}

proptest! {
    /// Whatever comes, it answers.
    #[test]
    fn no_text_is_too_odd(text in "[mfta=, \"\\\\0-9.ie+\n#-]{0,40}|.*") {
        let _ = parse(&text);
        for line in parse::lines(&text) {
            let _ = parse::lenient(line, Some(1), 1_000);
        }
    }
}

fn client() -> Client {
    base::http::client(&Trust::default(), Duration::from_mins(1)).unwrap()
}

async fn answer(asked: RequestBuilder) -> (u16, Json) {
    let answer = asked.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Json::Null))
}

fn v2(settings: Settings) -> Settings {
    Settings {
        api: Api::V2,
        token: Some("t0ken".to_owned()),
        ..settings
    }
}

async fn write_v2(influx: &Influx, query: &str, token: &str, body: &str) -> (u16, String) {
    let asked = client().post(format!("{}/api/v2/write?{query}", influx.url()));
    let asked = asked.header("Authorization", format!("Token {token}"));
    let (status, json) = answer(asked.body(body.to_owned())).await;
    let code = json["code"].as_str().unwrap_or_default();
    (
        status,
        format!("{code}: {}", json["message"].as_str().unwrap_or_default()),
    )
}

const HOME: &str = "org=home&bucket=plex&precision=ns";

#[tokio::test]
async fn version_2_takes_all_or_nothing_of_what_it_cannot_read() {
    let influx = Influx::start(v2(Settings::default())).await;
    let write = async |query: &str, token: &str, body: &str| write_v2(&influx, query, token, body).await;
    for (query, token, body, status, said) in [
        (HOME, "t0ken", "m v=1 5", 204, ": "),
        (HOME, "wrong", "m v=1 5", 401, "unauthorized: unauthorized access"),
        (
            "org=home&bucket=x",
            "t0ken",
            "",
            404,
            "not found: bucket \"x\" not found",
        ),
        (
            "org=x&bucket=plex",
            "t0ken",
            "",
            404,
            "not found: organization name \"x\" not found",
        ),
        (
            "org=home&bucket=plex&precision=n",
            "t0ken",
            "",
            400,
            "invalid: invalid precision; valid precision units are ns, us, ms, and s",
        ),
        (
            HOME,
            "t0ken",
            "m v=2 6\nm v=\nm v=3 7",
            400,
            "invalid: unable to parse 'm v=': missing field value",
        ),
        (
            HOME,
            "t0ken",
            "m v=2 6\nm v=1i 7",
            422,
            "unprocessable entity: failure writing points to database: partial write: field type conflict: input \
             field \"v\" on measurement \"m\" is type integer, already exists as type float dropped=1",
        ),
    ] {
        assert_eq!(
            write(query, token, body).await,
            (status, said.to_owned()),
            "{body}"
        );
    }
    let times: Vec<i64> = influx.points().iter().map(|p| p.at_ns).collect();
    assert_eq!(times, [5, 6]);
    influx.change(|settings| settings.early_v2 = true);
    let (status, said) = write(HOME, "t0ken", "m v=1i 7").await;
    let early =
        "internal error: unexpected error writing points to database: partial write: field type conflict";
    assert!(status == 500 && said.starts_with(early), "{said}");
    influx.change(|settings| settings.privilege = Privilege::Read);
    let (status, said) = write(HOME, "t0ken", "m v=1 7").await;
    assert_eq!(
        (status, said.as_str()),
        (403, "forbidden: insufficient permissions for write")
    );
    let health = answer(client().get(format!("{}/health", influx.url()))).await;
    assert_eq!((health.0, &health.1["status"]), (200, &json!("pass")));
}

#[tokio::test]
async fn version_3_names_the_lines_it_does_not_take() {
    let influx = Influx::start(Settings {
        api: Api::V3,
        token: Some("t0ken".to_owned()),
        databases: Vec::new(),
        ..Settings::default()
    })
    .await;
    let write = async |more: &str, body: &'static str| {
        let url = format!("{}/api/v3/write_lp?db=new{more}", influx.url());
        answer(client().post(url).bearer_auth("t0ken").body(body)).await
    };
    let (status, said) = write(
        "&precision=nanosecond",
        "m,t=a v=1 5\nm,t=a v=1i 6\nm,v=a w=1 7\nbad\nm w=1 8",
    )
    .await;
    assert_eq!(
        (status, &said["error"]),
        (400, &json!("partial write of line protocol occurred"))
    );
    let lines: Vec<_> = said["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| &l["line_number"])
        .collect();
    assert_eq!(lines, [2, 3, 4]);
    assert_eq!(said["data"][2]["original_line"], "bad");
    assert_eq!((influx.len(), influx.databases()), (2, vec!["new".to_owned()]));
    // A type is kept for ever, whatever the week.
    let late = "m v=1i 700000000000000000\nm w=2 9";
    let (status, said) = write("&precision=nanosecond&accept_partial=false", late).await;
    assert_eq!((status, &said["data"]["line_number"]), (400, &json!(1)));
    assert_eq!(influx.len(), 2);
    // Without a precision it guesses.
    assert_eq!(write("", "m v=1 1700000000").await.0, 204);
    assert_eq!(influx.points()[2].at_ns, 1_700_000_000_000_000_000);
    assert_eq!(write("&precision=ns", "m v=1 5").await.0, 400);
    let url = format!("{}/api/v3/write_lp?db=new", influx.url());
    assert_eq!(answer(client().post(url).body("m v=1 5")).await.0, 401);
}

#[tokio::test]
async fn points_are_kept_by_series_and_time_in_their_order() {
    let influx = Influx::start(Settings::default()).await;
    let write = async |body: &'static str| {
        let url = format!("{}/write?db=plex_data", influx.url());
        assert_eq!(answer(client().post(url).body(body)).await.0, 204);
    };
    write("m,b=2,a=1 v=1 7\nm v=1 5").await;
    write("m,a=1,b=2 v=2,w=1i 7").await;
    let points = influx.points();
    let told: Vec<_> = points.iter().map(|p| (p.at_ns, p.writes)).collect();
    assert_eq!(told, [(7, 2), (5, 1)]);
    let expected = [("v", Value::Float(2.0)), ("w", Value::Int(1))];
    assert_eq!(points[0].fields, expected.map(|(k, v)| (k.to_owned(), v)).into());
}

#[tokio::test]
async fn what_goes_wrong_does_so_as_often_as_told() {
    let influx = Influx::start(Settings::default()).await;
    let client = client();
    let write = async |body: &'static str| {
        let asked = client.post(format!("{}/write?db=plex_data&u=me&p=secret", influx.url()));
        asked
            .body(body)
            .send()
            .await
            .map(|answer| answer.status().as_u16())
            .ok()
    };
    influx.fault_times(Fault::retry_after(503, "7"), 2);
    assert_eq!(write("m v=1 1").await, Some(503));
    assert_eq!(write("m v=1 1").await, Some(503));
    assert_eq!(write("m v=1 1").await, Some(204));
    influx.fault_times(Fault::Cut, 1);
    assert_eq!(write("m v=1 2").await, None);
    assert_eq!(influx.len(), 1);
    influx.fault_times(Fault::LoseAnswer, 1);
    assert_eq!(write("m v=1 2").await, None);
    assert_eq!(influx.len(), 2);
    influx.fault(Fault::Refuse);
    assert_eq!(write("m v=1 3").await, None);
    assert_eq!(write("m v=1 3").await, None);
    influx.heal();
    while write("m v=1 3").await.is_none() {
        tokio::task::yield_now().await;
    }
    let seen = influx.requests();
    let told: Vec<_> = seen.iter().map(|s| s.status).collect();
    assert_eq!(told[..5], [Some(503), Some(503), Some(204), None, None]);
    assert!(
        seen.iter()
            .all(|s| s.secret_in_url && !s.query.contains_key("p") && s.lines == 1)
    );
    assert!(!format!("{seen:?}").contains("secret\""));
    influx.stop().await;
}

#[tokio::test]
async fn packed_bodies_are_unpacked_part_by_part() {
    let influx = Influx::start(Settings::default()).await;
    let packed = |text: &str| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let body = [packed("m v=1 1\nm v=2"), packed(" 2\n")].concat();
    let asked = client().post(format!("{}/write?db=plex_data", influx.url()));
    let asked = asked.header("Content-Encoding", "gzip").body(body);
    assert_eq!(answer(asked).await.0, 204);
    assert_eq!(influx.len(), 2);
    let seen = &influx.requests()[0];
    assert!(seen.gzip && seen.lines == 2 && seen.auth.is_none());
}
