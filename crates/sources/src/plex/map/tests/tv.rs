//! plex.tv, in each form that it answers in.

use serde_json::json;

use super::super::{tv_error, tv_pin, tv_resources, tv_user};

#[test]
fn resources_of_all_versions() {
    let v2 = json!([
        {"name": "Attic", "clientIdentifier": "m1", "provides": "server", "owned": true, "accessToken": "hunter2",
         "productVersion": "1.40", "publicAddressMatches": true, "httpsRequired": false, "connections": [
            {"protocol": "https", "address": "192.168.1.5", "port": 32400, "uri": "https://192-168-1-5.ab.plex.direct:32400",
             "local": true, "relay": false, "IPv6": false}]},
        {"name": "TV", "clientIdentifier": "p1", "provides": "client,player", "owned": true},
    ]);
    let attributes = r#"name="Attic" clientIdentifier="m1" provides="server" owned="1" accessToken="hunter2" productVersion="1.40" publicAddressMatches="1" httpsRequired="0""#;
    let connection = r#"protocol="https" address="192.168.1.5" port="32400" uri="https://192-168-1-5.ab.plex.direct:32400" local="1""#;
    let v1 = format!(
        r#"<MediaContainer size="2"><Device {attributes}><Connection {connection}/></Device><Device name="TV" clientIdentifier="p1" provides="client,player"/></MediaContainer>"#
    );
    let v2_xml = format!(
        r"<resources><resource {attributes}><connections><connection {connection}/></connections></resource></resources>"
    );
    for body in [v2.to_string(), v1, v2_xml] {
        let decoded = tv_resources(body.as_bytes()).unwrap();
        assert_eq!(decoded.issues, []);
        let [server] = decoded.value.as_slice() else {
            panic!("one server in {body}")
        };
        assert_eq!(
            (&*server.name, &*server.machine_id, server.version.as_deref()),
            ("Attic", "m1", Some("1.40"))
        );
        assert!(server.owned && server.public_address_matches && !server.https_required);
        assert_eq!(
            server.access_token.as_ref().map(base::Secret::expose),
            Some("hunter2")
        );
        let [c] = server.connections.as_slice() else {
            panic!("one connection in {body}")
        };
        assert_eq!(
            (c.uri.as_str(), c.port),
            ("https://192-168-1-5.ab.plex.direct:32400", Some(32400))
        );
        assert!(c.local && !c.relay && !c.ipv6);
        assert!(!format!("{server:?}").contains("hunter2"));
    }
}

#[test]
fn resources_may_lack_almost_everything() {
    let decoded = tv_resources(
        json!([
            {"provides": "player, server", "clientIdentifier": "m1"},
            {"provides": "server", "name": "nameless"},
            {"provides": "server", "clientIdentifier": "m2", "connections": [
                {"protocol": "http", "address": "10.0.0.1", "port": "32400"},
                {"protocol": "https", "address": "2001:db8::1", "port": 32400, "local": 0},
                {"address": "10.0.0.2", "port": 99999}, {}]},
        ])
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    assert_eq!(decoded.issues.len(), 1);
    let [bare, other] = decoded.value.as_slice() else {
        panic!("two servers")
    };
    assert_eq!(
        (&*bare.name, bare.owned, bare.access_token.is_none()),
        ("m1", false, true)
    );
    assert!(bare.connections.is_empty());
    let uris: Vec<&str> = other.connections.iter().map(|c| c.uri.as_str()).collect();
    assert_eq!(uris, ["http://10.0.0.1:32400", "https://[2001:db8::1]:32400"]);
    assert!(other.connections[1].ipv6);
    assert!(tv_resources(b"[]").unwrap().value.is_empty());
    assert!(tv_resources(br#"{"errors":[]}"#).is_err());
}

#[test]
fn pins() {
    let new = tv_pin(br#"{"id":111,"code":"AB12","expiresIn":900,"authToken":null}"#).unwrap();
    assert_eq!(
        (
            new.id,
            new.code.as_str(),
            new.auth_token.clone(),
            new.expires_in_s
        ),
        (111, "AB12", None, Some(900))
    );
    let linked = tv_pin(br#"<pin id="111" code="AB12" authToken="hunter2"/>"#).unwrap();
    assert_eq!(
        linked.auth_token.as_ref().map(base::Secret::expose),
        Some("hunter2")
    );
    assert!(!format!("{linked:?}").contains("hunter2"));
    assert_eq!(tv_pin(b"{}").unwrap_err().to_string(), "the answer has no id");
}

#[test]
fn accounts() {
    let bodies = [
        r#"{"user":{"id":5,"username":"ada","title":"Ada","authToken":"hunter2","authentication_token":"hunter2"}}"#,
        r#"{"id":5,"username":"ada","authToken":"hunter2","subscription":{"active":true}}"#,
        r#"<user id="5" username="" title="ada" authToken="hunter2"><subscription active="1"/></user>"#,
    ];
    for body in bodies {
        let user = tv_user(body.as_bytes()).unwrap();
        assert_eq!(
            (user.id.as_deref(), user.username.as_deref()),
            (Some("5"), Some("ada")),
            "{body}"
        );
        assert_eq!(
            user.auth_token.as_ref().map(base::Secret::expose),
            Some("hunter2")
        );
        assert!(!format!("{user:?}").contains("hunter2"));
    }
    assert!(tv_user(br#"{"error":"no"}"#).is_err());
}

#[test]
fn refusals() {
    let cases = [
        (
            r#"{"errors":[{"code":1001,"message":"User could not be authenticated","status":401}]}"#,
            Some(1001),
            "User could not be authenticated",
        ),
        (
            r#"{"errors":[{},{"code":"1029","message":"Verification code"}]}"#,
            Some(1029),
            "Verification code",
        ),
        (
            r#"<errors><error code="1001" message="No" status="401"/></errors>"#,
            Some(1001),
            "No",
        ),
        (
            r#"{"error":"Invalid email, username, or password."}"#,
            None,
            "Invalid email, username, or password.",
        ),
    ];
    for (body, code, message) in cases {
        let told = tv_error(body.as_bytes()).unwrap();
        assert_eq!((told.code, told.message.as_str()), (code, message));
    }
    for body in ["", "{}", "<html></html>", "[]", r#"{"errors":[]}"#] {
        assert_eq!(tv_error(body.as_bytes()), None, "{body}");
    }
}
