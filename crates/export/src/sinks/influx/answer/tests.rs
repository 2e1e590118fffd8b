//! Every row of what servers are known to answer.

use proptest::prelude::*;

use super::*;

/// What a case expects, without what every case would repeat.
#[derive(Clone, Debug)]
enum Expected {
    Stored,
    /// Reason, points, lines named, a part of the cause.
    Partial(DropReason, Option<u64>, usize, &'static str),
    ResendOnce,
    Refused(DropReason, Option<u64>, usize, &'static str),
    TooLarge,
    NoDatabase,
    Denied(Kind),
    /// Kind, and a part of the hint.
    Misconfigured(Kind, &'static str),
    /// Kind, and a part of the cause.
    Later(Kind, &'static str),
}

use DropReason::{Invalid, Limit, TooOld, TypeConflict};
use Expected as E;

fn agrees(verdict: &Verdict, expected: &Expected) -> bool {
    let same = |bad: &Bad, reason: DropReason, points: Option<u64>, lines: usize, cause: &str| {
        bad.reason == reason && bad.points == points && bad.lines.len() == lines && bad.cause.contains(cause)
    };
    match (verdict, expected) {
        (Verdict::Stored, E::Stored)
        | (Verdict::ResendOnce, E::ResendOnce)
        | (Verdict::TooLarge, E::TooLarge)
        | (Verdict::NoDatabase, E::NoDatabase) => true,
        (Verdict::Partial(bad), E::Partial(reason, points, lines, cause))
        | (Verdict::Refused(bad), E::Refused(reason, points, lines, cause)) => {
            same(bad, *reason, *points, *lines, cause)
        }
        (Verdict::Denied(trouble), E::Denied(kind)) => trouble.kind == *kind,
        (Verdict::Misconfigured(trouble), E::Misconfigured(kind, hint)) => {
            trouble.kind == *kind && trouble.hint.is_some_and(|h| h.contains(hint))
        }
        (Verdict::Later(trouble, _), E::Later(kind, cause)) => {
            trouble.kind == *kind && trouble.cause.contains(cause)
        }
        _ => false,
    }
}

/// Interface, status, body.
type Case = (Api, u16, &'static str, Expected);

#[test]
fn every_known_answer_means_what_it_means() {
    for (api, status, body, expected) in [VERSION_1_LINES, VERSION_1_TROUBLE, VERSION_2, VERSION_3].concat() {
        let verdict = judge(api, status, None, body);
        assert!(
            agrees(&verdict, &expected),
            "{api:?} {status} {body}\n  is {verdict:?}\n  not {expected:?}"
        );
    }
}

const VERSION_1_LINES: &[Case] = &[
    (Api::V1, 204, "", E::Stored),
    (Api::V1, 200, "", E::Stored),
    (Api::V1, 200, r#"{"results":[]}"#, E::Stored),
    (
        Api::V1,
        400,
        r#"{"error":"partial write: unable to parse 'm v=': missing field value\nunable to parse 'm,a= v=3 1': missing tag value dropped=0"}"#,
        E::Partial(
            Invalid,
            Some(2),
            2,
            "cannot read a line of m: missing field value",
        ),
    ),
    (
        Api::V1,
        400,
        r#"{"error":"partial write: field type conflict: input field \"v\" on measurement \"m\" is type float, already exists as type integer dropped=3"}"#,
        E::Partial(
            TypeConflict,
            Some(3),
            0,
            r#"input field "v" on measurement "m" is type float, already exists as type integer"#,
        ),
    ),
    (Api::V1, 400, r#"{"error":"field type conflict"}"#, E::ResendOnce),
    (
        Api::V1,
        400,
        r#"{"error":"unable to parse 'm v=': missing field value"}"#,
        E::Refused(Invalid, Some(1), 1, "missing field value"),
    ),
    (
        Api::V1,
        400,
        r#"{"error":"partial write: points beyond retention policy dropped=7"}"#,
        E::Partial(TooOld, Some(7), 0, "points beyond retention policy"),
    ),
    (
        Api::V1,
        400,
        r#"{"error":"partial write: max-series-per-database limit exceeded: (1000000) dropped=2"}"#,
        E::Partial(
            Limit,
            Some(2),
            0,
            "max-series-per-database limit exceeded: (1000000)",
        ),
    ),
    (
        Api::V1,
        400,
        r#"{"error":"partial write: max-values-per-tag limit exceeded (10/10): measurement=\"m\" tag=\"user\" value=\"Bob\" dropped=1"}"#,
        E::Partial(Limit, Some(1), 0, r#"tag="user""#),
    ),
    (
        Api::V1,
        413,
        r#"{"error":"Request Entity Too Large"}"#,
        E::TooLarge,
    ),
    (
        Api::V1,
        413,
        "<html>413 Request Entity Too Large</html>",
        E::TooLarge,
    ),
    (
        Api::V1,
        400,
        "what is this?",
        E::Refused(Invalid, None, 0, "what is this?"),
    ),
];

const VERSION_1_TROUBLE: &[Case] = &[
    (
        Api::V1,
        401,
        r#"{"error":"authorization failed"}"#,
        E::Denied(Kind::Unauthorized),
    ),
    (
        Api::V1,
        401,
        r#"{"error":"unable to parse authentication credentials"}"#,
        E::Denied(Kind::Unauthorized),
    ),
    (
        Api::V1,
        403,
        r#"{"error":"\"bob\" user is not authorized to write to database \"x\""}"#,
        E::Denied(Kind::Forbidden),
    ),
    (
        Api::V1,
        404,
        r#"{"error":"database not found: \"x\""}"#,
        E::NoDatabase,
    ),
    (
        Api::V1,
        404,
        "404 page not found",
        E::Misconfigured(Kind::NotFound, "InfluxDB 2 wants"),
    ),
    (
        Api::V1,
        405,
        "Method Not Allowed",
        E::Misconfigured(Kind::WrongTarget, "InfluxDB"),
    ),
    (
        Api::V1,
        400,
        r#"{"error":"database is required"}"#,
        E::Misconfigured(Kind::Config, "database"),
    ),
    (
        Api::V1,
        400,
        r#"{"error":"gzip: invalid header"}"#,
        E::Misconfigured(Kind::Config, "gzip"),
    ),
    (
        Api::V1,
        500,
        r#"{"error":"retention policy not found: x"}"#,
        E::Misconfigured(Kind::NotFound, "retention_policy"),
    ),
    (
        Api::V1,
        500,
        r#"{"error":"engine: cache-max-memory-size exceeded: (1073741825/1073741824)"}"#,
        E::Later(Kind::ServerError, "cache-max-memory-size"),
    ),
    (
        Api::V1,
        500,
        r#"{"error":"timeout"}"#,
        E::Later(Kind::ServerError, "timeout (HTTP 500)"),
    ),
    (
        Api::V1,
        503,
        "request throttled, queue full",
        E::Later(Kind::ServerError, "queue full"),
    ),
    (
        Api::V1,
        502,
        "<html>502 Bad Gateway</html>",
        E::Later(Kind::ServerError, "HTTP 502"),
    ),
    (
        Api::V1,
        500,
        "<html>oops</html>",
        E::Later(Kind::ServerError, "HTTP 500"),
    ),
    (Api::V1, 504, "", E::Later(Kind::Timeout, "HTTP 504")),
    (Api::V1, 408, "", E::Later(Kind::Timeout, "HTTP 408")),
    (
        Api::V1,
        500,
        r#"{"error":"partial write: node 3 is away"}"#,
        E::Later(Kind::ServerError, "away"),
    ),
    // What is no InfluxDB at all.
    (
        Api::V1,
        200,
        "<!doctype html><title>Plex</title>",
        E::Misconfigured(Kind::WrongTarget, "address"),
    ),
    (
        Api::V1,
        404,
        "<html>Not Found</html>",
        E::Misconfigured(Kind::WrongTarget, "address"),
    ),
    (Api::V1, 401, "<html>log in</html>", E::Denied(Kind::Unauthorized)),
    (
        Api::V1,
        400,
        "<html>The plain HTTP request was sent to HTTPS port</html>",
        E::Misconfigured(Kind::WrongTarget, "address"),
    ),
    (Api::V1, 302, "", E::Misconfigured(Kind::WrongTarget, "address")),
];

const VERSION_2: &[Case] = &[
    (Api::V2, 204, "", E::Stored),
    (
        Api::V2,
        400,
        r#"{"code":"invalid","message":"unable to parse 'm v=': missing field value\nunable to parse 'x': missing fields"}"#,
        E::Refused(Invalid, Some(2), 2, "missing field value"),
    ),
    (
        Api::V2,
        400,
        r#"{"code":"invalid","message":"failed to parse line protocol","line":2}"#,
        E::Refused(Invalid, Some(1), 1, "failed to parse"),
    ),
    (
        Api::V2,
        422,
        r#"{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict: input field \"v\" on measurement \"m\" is type string, already exists as type integer dropped=4"}"#,
        E::Partial(TypeConflict, Some(4), 0, r#"input field "v" on measurement "m""#),
    ),
    (
        Api::V2,
        500,
        r#"{"code":"internal error","message":"unexpected error writing points to database: partial write: points beyond retention policy dropped=2"}"#,
        E::Partial(TooOld, Some(2), 0, "beyond"),
    ),
    (
        Api::V2,
        500,
        r#"{"code":"internal error","message":"unexpected error writing points to database: field type conflict"}"#,
        E::ResendOnce,
    ),
    (
        Api::V2,
        500,
        r#"{"code":"internal error","message":"unexpected error writing points to database: points beyond retention policy"}"#,
        E::Refused(TooOld, None, 0, "beyond"),
    ),
    (
        Api::V2,
        400,
        r#"{"code":"invalid","message":"invalid precision; valid precision units are ns, us, ms, and s"}"#,
        E::Misconfigured(Kind::Config, "gzip"),
    ),
    (
        Api::V2,
        404,
        r#"{"code":"not found","message":"bucket \"plex\" not found"}"#,
        E::Misconfigured(Kind::NotFound, "`bucket`"),
    ),
    (
        Api::V2,
        404,
        r#"{"code":"not found","message":"organization name \"home\" not found"}"#,
        E::Misconfigured(Kind::NotFound, "`org`"),
    ),
    (
        Api::V2,
        404,
        "404 page not found",
        E::Misconfigured(Kind::NotFound, "before 1.8"),
    ),
    (
        Api::V2,
        404,
        r#"{"code":"not found","message":"no dbrp mapping found"}"#,
        E::Misconfigured(Kind::WrongTarget, "`bucket`"),
    ),
    (
        Api::V2,
        401,
        r#"{"code":"unauthorized","message":"unauthorized access"}"#,
        E::Denied(Kind::Unauthorized),
    ),
    (
        Api::V2,
        403,
        r#"{"code":"forbidden","message":"insufficient permissions for write"}"#,
        E::Denied(Kind::Forbidden),
    ),
    (
        Api::V2,
        413,
        r#"{"code":"request too large","message":"cannot read data: points batch is too large"}"#,
        E::TooLarge,
    ),
    (
        Api::V2,
        429,
        r#"{"code":"too many requests","message":"org is over its limit"}"#,
        E::Later(Kind::RateLimited, "limit"),
    ),
    (
        Api::V2,
        503,
        r#"{"code":"unavailable","message":"unavailable"}"#,
        E::Later(Kind::ServerError, "unavailable"),
    ),
    (
        Api::V2,
        503,
        r#"{"code":"unavailable","message":"partial write: field type conflict: input field \"v\" on measurement \"m\" is type string, already exists as type integer dropped=1"}"#,
        E::Partial(TypeConflict, Some(1), 0, "input field"),
    ),
    (
        Api::V2,
        500,
        r#"{"code":"internal error","message":"disk full"}"#,
        E::Later(Kind::ServerError, "disk full"),
    ),
];

const VERSION_3: &[Case] = &[
    (Api::V3, 204, "", E::Stored),
    (
        Api::V3,
        400,
        r#"{"error":"partial write of line protocol occurred","data":[{"original_line":"m v=","line_number":2,"error_message":"No field value"},{"original_line":"m v=\"x\" 1","line_number":5,"error_message":"invalid column type for column 'v', expected iox::column_type::field::float, got iox::column_type::field::string"}]}"#,
        E::Partial(Invalid, Some(2), 2, "No field value"),
    ),
    (
        Api::V3,
        400,
        r#"{"error":"parsing failed for write_lp endpoint","data":{"original_line":"m v=","line_number":1,"error_message":"No field value"}}"#,
        E::Refused(Invalid, Some(1), 1, "No field value"),
    ),
    (
        Api::V3,
        401,
        r#"{"error":"the request was not authenticated"}"#,
        E::Denied(Kind::Unauthorized),
    ),
    (
        Api::V3,
        403,
        r#"{"error":"the request was not authorized"}"#,
        E::Denied(Kind::Forbidden),
    ),
    (Api::V3, 404, "", E::Misconfigured(Kind::NotFound, "before 3")),
    (
        Api::V3,
        422,
        r#"{"error":"Update to schema would exceed number of columns per table limit of 500 columns"}"#,
        E::Refused(Limit, None, 0, "would exceed"),
    ),
    (
        Api::V3,
        422,
        r#"{"error":"Adding a new database would exceed limit of 5 databases"}"#,
        E::Misconfigured(Kind::Config, "database"),
    ),
    // Its own memory is at its limit, which is about no line.
    (
        Api::V3,
        500,
        r#"{"error":"memory limit exceeded"}"#,
        E::Later(Kind::ServerError, "memory limit exceeded"),
    ),
    (
        Api::V3,
        500,
        r#"{"error":"partial write: memory limit exceeded"}"#,
        E::Later(Kind::ServerError, "memory limit exceeded"),
    ),
    (
        Api::V3,
        500,
        r#"{"error":"partial write: max-series-per-database limit exceeded: (9) dropped=2"}"#,
        E::Partial(Limit, Some(2), 0, "max-series-per-database"),
    ),
    (
        Api::V3,
        500,
        r#"{"error":"object store is away"}"#,
        E::Later(Kind::ServerError, "away"),
    ),
    (Api::V3, 503, "", E::Later(Kind::ServerError, "HTTP 503")),
];

#[test]
fn a_wait_told_is_kept_within_its_bound() {
    for (told, expected) in [
        (None, None),
        (Some(Duration::from_secs(7)), Some(Duration::from_secs(7))),
        (Some(Duration::from_hours(24)), Some(RETRY_AFTER_MAX)),
    ] {
        for status in [429, 500, 503] {
            let Verdict::Later(_, wait) = judge(Api::V2, status, told, "") else {
                panic!("{status}");
            };
            assert_eq!(wait, expected);
        }
    }
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now: Timestamp = "2026-11-21T13:42:27Z".parse().unwrap();
    for (header, expected_s) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("99999999999999999999999", Some(u64::MAX)),
        ("Sat, 21 Nov 2026 13:43:27 GMT", Some(60)),
        ("Sun, 01 Mar 2026 00:00:00 GMT", Some(0)),
        ("Fri, 01 Jan 2027 00:00:00 GMT", Some(40 * 86_400 + 37_053)),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Sat, 31 Feb 2027 00:00:00 GMT", None),
        ("Sat, 21 Nov 2026 13:43:27 CET", None),
    ] {
        assert_eq!(
            retry_after(header, now).map(|d| d.as_secs()),
            expected_s,
            "{header}"
        );
    }
}

#[test]
fn lines_named_are_taken_out_whole() {
    let body = r#"{"error":"partial write: unable to parse 'm,title=It's\\ on: v=': missing field value\nunable to parse 'm s=\"a\nb\" x': bad timestamp dropped=0"}"#;
    let Verdict::Partial(bad) = judge(Api::V1, 400, None, body) else {
        panic!();
    };
    let texts: Vec<_> = bad
        .lines
        .iter()
        .map(|line| line.text.as_deref().unwrap())
        .collect();
    assert_eq!(texts, [r"m,title=It's\ on: v=", "m s=\"a\nb\" x"]);
}

#[test]
fn causes_hold_nothing_of_a_line_but_its_measurement() {
    for (api, status, body) in [
        (
            Api::V1,
            400,
            r#"{"error":"partial write: unable to parse 'm,user=Bob v=': missing field value dropped=0"}"#,
        ),
        (
            Api::V1,
            400,
            r#"{"error":"partial write: max-values-per-tag limit exceeded (1/1): measurement=\"m\" tag=\"user\" value=\"Bob\" dropped=1"}"#,
        ),
        (Api::V1, 400, r#"{"error":"strange line: \"m,user=Bob v=\""}"#),
        (
            Api::V2,
            400,
            r#"{"code":"invalid","message":"unable to parse 'm,user=Bob's v=': missing field value"}"#,
        ),
        (
            Api::V3,
            400,
            r#"{"error":"partial write of line protocol occurred","data":[{"original_line":"m,user=Bob v=","line_number":1,"error_message":"Could not parse entire line. Found trailing content: 'user=Bob'"}]}"#,
        ),
    ] {
        let (Verdict::Partial(bad) | Verdict::Refused(bad)) = judge(api, status, None, body) else {
            panic!("{body}");
        };
        assert!(
            !bad.cause.contains("Bob") && !bad.cause.is_empty(),
            "{}",
            bad.cause
        );
        assert!(
            bad.lines.iter().all(|line| !line.cause.contains("Bob")),
            "{bad:?}"
        );
    }
}

proptest! {
    /// Any rubbish gets a verdict, on one line, and neither a success nor a refusal of lines comes of a status that
    /// is about something else.
    #[test]
    fn no_answer_is_beyond_judgement(status in 100_u16..600, body in "\\PC{0,80}|(\\{\"(error|message)\":\"[a-z '=:]{0,60}\"\\})") {
        for api in [Api::V1, Api::V2, Api::V3] {
            match judge(api, status, None, &body) {
                Verdict::Stored => prop_assert!((200..300).contains(&status)),
                Verdict::Denied(trouble) | Verdict::Misconfigured(trouble) | Verdict::Later(trouble, _) => {
                    prop_assert!(!trouble.cause.is_empty() && !trouble.cause.chars().any(char::is_control));
                }
                Verdict::Refused(_) | Verdict::Partial(_) => prop_assert!(!matches!(status, 401 | 403 | 413)),
                Verdict::TooLarge => prop_assert_eq!(status, 413),
                Verdict::ResendOnce | Verdict::NoDatabase => {}
            }
        }
    }
}
