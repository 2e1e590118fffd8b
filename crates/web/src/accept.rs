//! What a client can read, from its `Accept` and `Accept-Encoding` headers (RFC 9110 §12.5).

use export::Format;
use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

/// The versions of `OpenMetrics` that our answer, 1.0.0, satisfies.
const OPEN_METRICS_VERSIONS: [&str; 2] = ["1.0.0", "0.0.1"];

/// `OpenMetrics` only for a client that names it and does not like plain text better; text for everyone else, since
/// every scraper reads it.
pub(crate) fn format(headers: &HeaderMap) -> Format {
    let (mut open_metrics, mut text) = (0_u16, None);
    for range in members(headers, &ACCEPT) {
        if range.name.eq_ignore_ascii_case("application/openmetrics-text") {
            if range
                .parameter("version")
                .is_none_or(|v| OPEN_METRICS_VERSIONS.contains(&v))
            {
                open_metrics = open_metrics.max(range.weight());
            }
        } else if range.name.eq_ignore_ascii_case("text/plain") {
            text = text.max(Some(range.weight()));
        }
    }
    if open_metrics > 0 && open_metrics >= text.unwrap_or(0) {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// True if the client takes gzip and does not prefer the plain bytes.
pub(crate) fn gzip(headers: &HeaderMap) -> bool {
    let (mut named, mut any, mut identity) = (None, None, None);
    for coding in members(headers, &ACCEPT_ENCODING) {
        let slot = match coding.name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => &mut named,
            "identity" => &mut identity,
            "*" => &mut any,
            _ => continue,
        };
        *slot = (*slot).max(Some(coding.weight()));
    }
    let gzip = named.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// One member of a comma-separated list with its parameters.
struct Member<'a> {
    name: &'a str,
    parameters: &'a str,
}

impl<'a> Member<'a> {
    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|p| {
            let (key, value) = p.split_once('=')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().trim_matches('"'))
        })
    }

    /// `q` in thousandths. A weight we cannot read counts as refused: the client did not ask for this clearly.
    fn weight(&self) -> u16 {
        let Some(q) = self.parameter("q") else { return 1000 };
        match q.parse::<f32>() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within 0 to 1000"
            )]
            Ok(q) if (0.0..=1.0).contains(&q) => (q * 1000.0).round() as u16,
            _ => 0,
        }
    }
}

/// Every member of every header of this name; headers that are not text are skipped.
fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Member<'a>> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(|member| {
            let (name, parameters) = member.split_once(';').unwrap_or((member, ""));
            Member {
                name: name.trim(),
                parameters,
            }
        })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|v| (name.clone(), HeaderValue::from_str(v).unwrap()))
            .collect()
    }

    #[track_caller]
    fn check_format(accept: &[&str], open_metrics: bool) {
        let got = format(&headers(&ACCEPT, accept));
        assert_eq!(matches!(got, Format::OpenMetrics), open_metrics, "{accept:?}");
    }

    #[test]
    fn open_metrics_only_for_those_who_name_it() {
        // Prometheus 2.42 and 3.x, as they send it.
        check_format(
            &[
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
               text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            ],
            true,
        );
        check_format(
            &[
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
               application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,*/*;q=0.1",
            ],
            true,
        );
        check_format(&[], false);
        check_format(&["*/*"], false);
        check_format(&["text/html,application/xhtml+xml,*/*;q=0.8"], false);
        check_format(&["application/*"], false);
        check_format(&["application/openmetrics-text"], true);
        check_format(&["Application/OpenMetrics-Text; Version=\"1.0.0\""], true);
        check_format(&["text/plain", "application/openmetrics-text"], true);
        check_format(&["text/plain;q=0.9, application/openmetrics-text;q=0.8"], false);
        check_format(&["application/openmetrics-text;q=0"], false);
        check_format(&["application/openmetrics-text;q=0.000, */*"], false);
        check_format(&["application/openmetrics-text;version=2.0.0"], false);
        check_format(&["application/openmetrics-text;q=nonsense"], false);
        check_format(&["application/openmetrics-text;q=-1", ";;,,=;q"], false);
    }

    #[test]
    fn gzip_unless_refused_or_liked_less_than_plain() {
        let cases: [(&[&str], bool); 11] = [
            (&[], false),
            (&["gzip"], true),
            (&["GZIP;q=0.1"], true),
            (&["x-gzip"], true),
            (&["deflate, gzip;q=1.0, *;q=0.5"], true),
            (&["br", "gzip"], true),
            (&["*"], true),
            (&["gzip;q=0, *"], false),
            (&["identity;q=1, gzip;q=0.5"], false),
            (&["identity"], false),
            (&["br, zstd"], false),
        ];
        for (values, expected) in cases {
            assert_eq!(gzip(&headers(&ACCEPT_ENCODING, values)), expected, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_text_upsets_it(text in "[ -~]{0,80}") {
            let both: HeaderMap = [(ACCEPT, text.as_str()), (ACCEPT_ENCODING, text.as_str())]
                .into_iter()
                .map(|(name, v)| (name, HeaderValue::from_str(v).unwrap()))
                .collect();
            let named = text.to_ascii_lowercase().contains("openmetrics-text");
            prop_assert!(named || matches!(format(&both), Format::Text));
            let _ = gzip(&both);
        }

        #[test]
        fn weights_decide_whatever_the_order(om in 0_u16..=1000, text in 0_u16..=1000, swap: bool) {
            let mut ranges = [
                format!("application/openmetrics-text;q={}", f32::from(om) / 1000.0),
                format!("text/plain;q={}", f32::from(text) / 1000.0),
            ];
            if swap {
                ranges.reverse();
            }
            let got = format(&headers(&ACCEPT, &[&ranges.join(", ")]));
            prop_assert_eq!(matches!(got, Format::OpenMetrics), om > 0 && om >= text);
        }
    }
}
