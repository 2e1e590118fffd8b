//! Accounts, users, counters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::iptv::ProfileId;

use super::super::inventory::level;
use super::*;
use crate::dispatcharr::redis::Extras;

#[test]
fn levels_have_names() {
    for (number, name) in [
        (-1, "streamer"),
        (0, "streamer"),
        (1, "standard"),
        (9, "standard"),
        (10, "admin"),
        (99, "admin"),
    ] {
        assert_eq!(level(number), name, "{number}");
    }
}

#[test]
fn accounts_and_their_expiry() {
    let expiry = |profile: Value| {
        let rows = json!([{"id": 3, "name": "XC Panel", "account_type": "XC", "profiles": [profile]}]);
        let profile = accounts(&list(&rows)).remove(0).profiles.remove(0);
        profile.expires_at.map(Timestamp::as_second)
    };
    let info = |told: Value| {
        json!({"id": 1, "name": "p", "exp_date": "2026-12-21T06:25:16Z",
        "custom_properties": {"user_info": {"exp_date": told, "password": "planted"}}})
    };
    for (profile, at) in [
        (info(json!("1797834317")), Some(1_797_834_317)),
        (info(json!(1_797_834_317)), Some(1_797_834_317)),
        (info(json!(null)), Some(1_797_834_316)),
        (info(json!("0")), Some(1_797_834_316)),
        (info(json!("never")), Some(1_797_834_316)),
        (
            json!({"id": 1, "name": "p", "exp_date": null, "custom_properties": {}}),
            None,
        ),
        (json!({"id": 1, "name": "p", "custom_properties": []}), None),
    ] {
        assert_eq!(expiry(profile.clone()), at, "{profile}");
    }
    let rows = json!([
        {"id": 1, "name": "Custom", "account_type": "STD"},
        {"id": 2, "name": "A", "account_type": "STD", "username": "", "channel_groups": [{"stream_count": 2}, {"stream_count": "3"}, {}]},
        {"id": 3, "name": "B", "account_type": "STD", "username": "someone", "password": "planted-pw"},
        {"id": 4, "name": "C", "account_type": "XC", "username": "someone", "channel_groups": []},
        {"id": 6, "name": "D", "account_type": "STD", "channel_groups": [{"channel_group": 1, "enabled": true}, {}]},
        {"name": "no number"}, {"id": 5}, "x"]);
    let read = accounts(&list(&rows));
    assert!(!format!("{read:?}").contains("planted"));
    let told: Vec<_> = read
        .iter()
        .map(|a| (a.id, &*a.kind, a.username.as_deref(), a.streams))
        .collect();
    assert_eq!(
        told,
        [
            (2, "STD", None, Some(5)),
            (3, "STD", None, None),
            (4, "XC", Some("someone"), Some(0)),
            // Before 0.25.
            (6, "STD", None, None)
        ]
    );
}

#[test]
fn counters_are_put_in_and_taken_out() {
    let parts = Parts {
        accounts: Some(list(
            &json!([{"id": 2, "name": "A", "profiles": [{"id": 2, "name": "a"}, {"id": 5, "name": "b"}]}]),
        )),
        ..Parts::default()
    };
    let plain = inventory(&parts);
    assert_eq!(with_reserved(&plain, &Extras::default()), None);
    let extras = Extras {
        reserved: BTreeMap::from([(ProfileId(2), 4), (ProfileId(9), 1)]),
        ..Extras::default()
    };
    let counted = with_reserved(&plain, &extras).unwrap();
    let counters: Vec<_> = counted.profiles().map(|(_, p)| p.reserved_connections).collect();
    assert_eq!(counters, [Some(4), None]);
    assert_eq!(with_reserved(&counted, &extras), None);
    // Redis is gone: what it knew is, too.
    assert_eq!(with_reserved(&counted, &Extras::default()), Some(plain));
}
