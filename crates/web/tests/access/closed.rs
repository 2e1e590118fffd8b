//! Closed means closed: everything the document lists, and everything else there is.

use access::Mode;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::Value;

use crate::house::{at_base, settings};
use crate::support::{Answer, Open};

/// What answers whoever comes.
const OPEN: [(&str, &str); 7] = [
    ("get", "/health"),
    ("get", "/live"),
    ("get", "/ready"),
    ("get", "/api/v1/access"),
    ("post", "/api/v1/access/sign-in"),
    ("post", "/api/v1/access/sign-out"),
    ("post", "/api/v1/access/password"),
];

/// Every method and path of the document, with something for each parameter.
fn documented() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&web::openapi_json()).unwrap();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let filled: Vec<_> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect();
        for method in methods.as_object().unwrap().keys() {
            all.push((method.clone(), filled.join("/")));
        }
    }
    assert!(all.len() > 40, "{}", all.len());
    all
}

async fn ask(open: &Open, method: &str, path: &str) -> Answer {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    open.ask(method, path, &[]).await
}

#[tokio::test]
async fn nothing_documented_answers_without_access() {
    for base in ["", "/media", "/m", "/a", "/apis/v1"] {
        let open = at_base(settings(Mode::Password), base).await;
        for (method, path) in documented() {
            let answer = ask(&open, &method, &format!("{base}{path}")).await;
            let is_open = OPEN.contains(&(method.as_str(), path.as_str()));
            if is_open {
                assert_ne!(answer.status, 401, "{method} {path}");
                continue;
            }
            let (status, kind, _) = answer.error();
            assert_eq!(
                (status, kind.as_str()),
                (401, "unauthorized"),
                "{method} {base}{path}"
            );
        }
        let openapi = ask(&open, "get", "/api/v1/openapi.json").await;
        assert_eq!(openapi.status, 401);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Spellings of a path that some servers take for the same.
    #[test]
    fn no_spelling_of_a_path_leads_past_the_gate(
        n in 0..1000_usize, slashes in 1..3_usize, dots in any::<bool>(), upper in any::<bool>(),
        encoded in any::<bool>(), end in prop::sample::select(vec!["", "/", "/.", "?x=/api/v1/access", "%2f..", ";a"]),
    ) {
        let all: Vec<_> = documented().into_iter().filter(|(m, p)| m == "get" && p.starts_with("/api/v1/")
            && !OPEN.contains(&("get", p.as_str()))).collect();
        let (_, path) = &all[n % all.len()];
        let mut spelled = path.replacen("/v1/", &format!("{}v1{}", "/".repeat(slashes), if dots { "/./" } else { "/" }), 1);
        if upper { spelled = spelled.replacen("api", "API", 1); }
        if encoded { spelled = spelled.replacen("v1", "v%31", 1); }
        spelled.push_str(end);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(async {
            let open = at_base(settings(Mode::Password), "").await;
            ask(&open, "get", &spelled).await.status
        });
        prop_assert!([400, 401, 404].contains(&status), "{} {}", spelled, status);
    }
}
