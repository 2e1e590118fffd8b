use std::time::Duration;

use base::http::read_capped;
use base::tls::Trust;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::*;

const CLIENT: &str = "tests-0001";

async fn house() -> (PlexTv, Client) {
    let attic = ServerSeed::new("Attic & Co", "m-attic", "ada", "st-attic")
        .shared_with("bob", "st-bob")
        .connection(Place::Local, "http://192.168.1.5:32400")
        .connection(Place::Relay, "https://203-0-113-9.hash.plex.direct:8443");
    let seed = TvSeed::default()
        .account(AccountSeed::new("ada", "pässword", "at-ada").two_factor("123456"))
        .account(AccountSeed::new("bob", "builder", "at-bob"))
        .server(attic);
    let client = base::http::client(&Trust::default(), Duration::from_secs(5)).unwrap();
    (PlexTv::start(seed).await.unwrap(), client)
}

async fn ask(request: RequestBuilder) -> (u16, String) {
    let response = request
        .header("x-plex-client-identifier", CLIENT)
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    let body = read_capped(response, 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn ask_json(request: RequestBuilder) -> (u16, Value) {
    let (status, body) = ask(request).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn the_older_sign_in_wants_the_code_behind_the_password() {
    let (tv, http) = house().await;
    let url = format!("{}/users/sign_in.json", tv.url());
    let (status, body) = ask_json(http.post(&url).basic_auth("ada", Some("pässword123456"))).await;
    assert_eq!(status, 201);
    assert_eq!(body["user"]["authToken"], body["user"]["authentication_token"]);
    let (status, body) = ask_json(http.post(&url).basic_auth("ada", Some("pässword"))).await;
    assert_eq!(
        (status, body["error"].as_str().unwrap()),
        (401, "Please enter the verification code")
    );
    let (status, body) = ask_json(http.post(&url).basic_auth("ada", Some("wrong"))).await;
    assert_eq!(
        (status, body["error"].as_str().unwrap()),
        (401, "Invalid email, username, or password.")
    );
}

#[tokio::test]
async fn the_newer_sign_in_has_a_field_for_the_code() {
    let (tv, http) = house().await;
    let url = format!("{}/api/v2/users/signin", tv.url());
    for (password, code, status, error) in [
        ("pässword", "123456", 201, 0),
        ("pässword", "", 401, 1029),
        ("pässword", "654321", 401, 1030),
        ("pässword123456", "", 201, 0),
        ("nope", "123456", 401, 1001),
    ] {
        let form = [
            ("login", "ADA@example.net"),
            ("password", password),
            ("verificationCode", code),
        ];
        let (got, body) = ask_json(http.post(&url).form(&form)).await;
        assert_eq!(got, status, "{password} {code}");
        assert_eq!(
            body["errors"][0]["code"].as_u64().unwrap_or(0),
            error,
            "{password} {code}"
        );
    }
}

#[tokio::test]
async fn a_pin_is_linked_once_and_runs_out() {
    let (tv, http) = house().await;
    let (status, pin) = ask_json(http.post(format!("{}/api/v2/pins?strong=true", tv.url()))).await;
    assert_eq!((status, pin["authToken"].is_null()), (201, true));
    let code = pin["code"].as_str().unwrap();
    assert_eq!((code.len(), tv.pin_codes()), (25, vec![code.to_owned()]));
    let url = format!("{}/api/v2/pins/{}", tv.url(), pin["id"]);
    assert_eq!(tv.link_pin("nonsense", "ada"), None);
    let token = tv.link_pin(code, "ada").unwrap();
    let (_, linked) = ask_json(http.get(&url)).await;
    assert_eq!(linked["authToken"].as_str(), Some(token.as_str()));
    let (status, _) = ask(http
        .get(format!("{}/api/v2/user", tv.url()))
        .header("x-plex-token", &token))
    .await;
    assert_eq!(status, 200);
    tv.expire_pin(code);
    let (status, gone) = ask_json(http.get(&url)).await;
    assert_eq!((status, gone["errors"][0]["code"].as_u64()), (404, Some(1020)));
}

#[tokio::test]
async fn each_account_sees_its_servers_with_its_own_token() {
    let (tv, http) = house().await;
    let url = format!("{}/api/v2/resources?includeHttps=1&includeRelay=1", tv.url());
    let (_, list) = ask_json(http.get(&url).header("x-plex-token", "at-bob")).await;
    assert_eq!(list[0]["accessToken"], "st-bob");
    assert_eq!(list[0]["owned"], false);
    assert_eq!(list[0]["connections"].as_array().unwrap().len(), 2);
    let old = format!("{}/api/resources?includeHttps=1", tv.url());
    let (status, xml) = ask(http.get(&old).header("x-plex-token", "at-ada")).await;
    assert_eq!(status, 200);
    assert!(
        xml.contains("name=\"Attic &amp; Co\"") && xml.contains("accessToken=\"st-attic\""),
        "{xml}"
    );
    assert!(
        !xml.contains("8443"),
        "relays are told only when asked for: {xml}"
    );
    tv.revoke("at-bob");
    tv.expire_token("at-ada");
    assert_eq!(ask(http.get(&url).header("x-plex-token", "at-bob")).await.0, 401);
    assert_eq!(ask(http.get(&url).header("x-plex-token", "at-ada")).await.0, 498);
}

#[tokio::test]
async fn faults_hit_what_they_name_as_often_as_they_say() {
    let (tv, http) = house().await;
    let url = format!("{}/api/v2/user", tv.url());
    let user = || http.get(&url).header("x-plex-token", "at-bob");
    let limited = FaultKind::RateLimited {
        retry_after: Some("7".to_owned()),
    };
    tv.fault(Fault::always(limited).at("/api/v2/user").times(1));
    let response = user().send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(ask(user()).await.0, 200);
    tv.fault(Fault::always(FaultKind::BadJson));
    assert!(serde_json::from_str::<Value>(&ask(user()).await.1).is_err());
    tv.clear_faults();
    tv.set_down(true);
    assert!(user().send().await.is_err());
    tv.clear_faults();
    assert_eq!(ask(user()).await.0, 200);
    let log = tv.requests();
    assert_eq!(tv.request_count("/api/v2/user"), 4);
    assert!(log.iter().all(|r| r.had_token && r.query.is_empty()));
    let printed = format!("{tv:?} {log:?}");
    assert!(
        !printed.contains("at-bob") && !printed.contains("builder"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_server_may_be_listed_without_a_token() {
    let (tv, http) = house().await;
    tv.set_server(ServerSeed::new("Cellar", "m-cellar", "ada", "x").without_access_token());
    for path in ["/api/v2/resources", "/api/resources"] {
        let url = format!("{}{path}", tv.url());
        let (_, list) = ask(http.get(&url).header("x-plex-token", "at-ada")).await;
        assert!(list.contains("m-cellar"), "{list}");
        assert_eq!(list.matches("accessToken").count(), 1, "Attic's alone: {list}");
    }
}
