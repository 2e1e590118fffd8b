//! The wrapping of every answer, and the forms it can take.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode};

use super::params::Params;
use super::value::{Value, object};
use crate::respond::answer;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const XML: HeaderValue = HeaderValue::from_static("application/xml;charset=UTF-8");
const JAVASCRIPT: HeaderValue = HeaderValue::from_static("application/javascript");

/// About as much as a graph takes.
const USUAL_BYTES: usize = 4096;

/// What a question came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    status: StatusCode,
    error: bool,
    message: Option<Cow<'static, str>>,
    data: Value,
}

impl Reply {
    /// Where a command has nothing to tell, `data` is an empty object.
    pub(super) fn success(data: Value) -> Self {
        let data = if data == Value::Null {
            Value::empty_object()
        } else {
            data
        };
        Self {
            status: StatusCode::OK,
            error: false,
            message: None,
            data,
        }
    }

    pub(super) fn with_message(mut self, message: &'static str) -> Self {
        self.message = Some(message.into());
        self
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// A wrong key, an unknown command and everything else a client did wrong: 400, whatever it is.
    pub(super) fn refused(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: Some(message.into()),
            ..Self::incomplete()
        }
    }

    /// A needed parameter is not there: 400 without a word.
    pub(super) fn incomplete() -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: true,
            message: None,
            data: Value::empty_object(),
        }
    }

    /// The command failed on the way.
    pub(super) fn failed() -> Self {
        Self::refused("Check the logs for errors").with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn into_envelope(self) -> Value {
        object! {
            "result" => if self.error { "error" } else { "success" },
            "message" => self.message.map(Cow::into_owned),
            "data" => self.data,
        }
    }
}

/// How the answer is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Format {
    xml: bool,
    /// Indented, with sorted keys.
    pretty: bool,
    /// JSON handed to a function of this name.
    callback: Option<String>,
}

impl Format {
    pub(super) fn of(params: &Params) -> Result<Self, Reply> {
        let xml = match params.raw("out_type") {
            None | Some("json") => false,
            Some("xml") => true,
            Some(_) => {
                let refusal = Reply::refused("out_type is json or xml");
                return Err(refusal.with_status(StatusCode::INTERNAL_SERVER_ERROR));
            }
        };
        let callback = params.text("callback").map(str::to_owned);
        if callback.as_deref().is_some_and(|name| !is_identifier(name)) {
            let refusal = Reply::refused("callback is not the name of a function");
            return Err(refusal.with_status(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Ok(Self {
            xml,
            pretty: params.switch("debug").unwrap_or(false),
            callback,
        })
    }

    pub(super) fn write(&self, reply: Reply) -> Written {
        let status = reply.status;
        let envelope = reply.into_envelope();
        let mut body = Vec::with_capacity(USUAL_BYTES);
        if self.xml {
            body.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
            envelope.write_xml(&mut body, "response", 0);
            return Written {
                status,
                content_type: XML,
                body,
            };
        }
        self.open(&mut body);
        let whole = Value::Object(vec![("response", envelope)]);
        if self.pretty {
            whole.write_pretty(&mut body, 0);
        } else {
            whole.write_json(&mut body);
        }
        self.close(&mut body);
        Written {
            status,
            content_type: self.content_type(),
            body,
        }
    }

    /// True for JSON without line breaks, whatever it is handed to.
    pub(super) fn is_plain(&self) -> bool {
        !self.xml && !self.pretty
    }

    /// What comes before JSON.
    pub(super) fn open(&self, out: &mut Vec<u8>) {
        if let Some(name) = &self.callback {
            out.extend_from_slice(name.as_bytes());
            out.push(b'(');
        }
    }

    /// What comes after it.
    pub(super) fn close(&self, out: &mut Vec<u8>) {
        if self.callback.is_some() {
            out.extend_from_slice(b");");
        }
    }

    pub(super) fn content_type(&self) -> HeaderValue {
        match (self.xml, &self.callback) {
            (true, _) => XML,
            (false, Some(_)) => JAVASCRIPT,
            (false, None) => JSON,
        }
    }

    pub(super) fn response(&self, reply: Reply) -> Response {
        self.write(reply).into_response()
    }
}

/// An answer as it goes out.
#[derive(Clone, Debug)]
pub(super) struct Written {
    status: StatusCode,
    content_type: HeaderValue,
    body: Vec<u8>,
}

impl Written {
    pub(super) fn into_response(self) -> Response {
        answer(self.status, self.content_type, Body::from(self.body))
    }
}

/// A name in JavaScript, so that nothing else can be smuggled into a script.
fn is_identifier(name: &str) -> bool {
    let first = name.bytes().next().unwrap_or(b'0');
    !first.is_ascii_digit()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(query: &str, reply: Reply) -> (u16, String, String) {
        let params = Params::of(&format!("/api/v2?{query}").parse().unwrap(), b"");
        let format = Format::of(&params).unwrap();
        let Written {
            status,
            content_type,
            body,
        } = format.write(reply);
        let body = String::from_utf8(body).unwrap();
        (status.as_u16(), content_type.to_str().unwrap().to_owned(), body)
    }

    #[test]
    fn every_answer_wears_the_envelope() {
        for (reply, status, body) in [
            (
                Reply::success(Value::from("text")),
                200,
                r#"{"response": {"result": "success", "message": null, "data": "text"}}"#,
            ),
            (
                Reply::success(Value::Null).with_message("Ok"),
                200,
                r#"{"response": {"result": "success", "message": "Ok", "data": {}}}"#,
            ),
            (
                Reply::refused("no"),
                400,
                r#"{"response": {"result": "error", "message": "no", "data": {}}}"#,
            ),
            (
                Reply::incomplete(),
                400,
                r#"{"response": {"result": "error", "message": null, "data": {}}}"#,
            ),
            (
                Reply::failed(),
                500,
                r#"{"response": {"result": "error", "message": "Check the logs for errors", "data": {}}}"#,
            ),
        ] {
            let (code, content_type, text) = written("", reply);
            assert_eq!((code, text.as_str()), (status, body));
            assert_eq!(content_type, "application/json;charset=UTF-8");
        }
    }

    #[test]
    fn the_form_is_chosen() {
        let reply = || Reply::success(Value::from(vec!["a"]));
        let (_, kind, text) = written("callback=pong_1&out_type=json", reply());
        assert_eq!(kind, "application/javascript");
        assert_eq!(
            text,
            r#"pong_1({"response": {"result": "success", "message": null, "data": ["a"]}});"#
        );
        let (_, kind, text) = written("out_type=xml&callback=pong", reply());
        assert_eq!(kind, "application/xml;charset=UTF-8");
        let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<response>\n\t<result>success</result>\n\
                        \t<message></message>\n\t<data>a</data>\n</response>";
        assert_eq!(text, expected);
        let (_, _, text) = written("debug=1", reply());
        assert!(
            text.starts_with("{\n    \"response\": {\n        \"data\": [\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_form_or_no_name_is_refused() {
        for query in [
            "out_type=yaml",
            "callback=a.b",
            "callback=alert(1)",
            "callback=1a",
            "callback=a%20b",
        ] {
            let params = Params::of(&format!("/api/v2?{query}").parse().unwrap(), b"");
            assert_eq!(Format::of(&params).unwrap_err().status, 500, "{query}");
        }
    }
}
