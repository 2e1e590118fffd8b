//! Nothing that may name a person or a title stands in any profile once it is switched off.

use std::sync::Arc;

use model::{CounterKey, Counters, Decision, LiveChannel, MediaKind, Snapshot};

use super::{build, strict, text};
use crate::{Format, LabelPolicy, Options, Profile};

/// A server on which every text a policy covers is marked.
pub(crate) fn marked() -> Snapshot {
    let mut server = build::server("attic");
    let mut session = build::watching("11", "TITLE-own", Decision::Transcode);
    let item = Arc::make_mut(&mut session.item);
    item.kind = MediaKind::Episode;
    item.parent_title = Some("TITLE-season".into());
    item.grandparent_title = Some("TITLE-show".into());
    item.original_title = Some("TITLE-artist".into());
    item.live = Some(LiveChannel {
        call_sign: None,
        title: Some("TITLE-channel".into()),
        number: None,
    });
    session.user = Some(model::User {
        id: None,
        name: "USER-dave".into(),
    });
    Arc::make_mut(&mut session.player).title = Some("USER-phone".into());
    server.plays = vec![Arc::new(build::play("attic", session))];
    let key = |user: &str| CounterKey {
        library: None,
        user: Some(user.into()),
        media: MediaKind::Movie,
        live: false,
        decision: None,
    };
    let one = Counters {
        plays: 1,
        ..Counters::default()
    };
    server.counters = Arc::new([(key("USER-dave"), one), (key("USER-eve"), one)].into());
    build::snapshot([server])
}

fn all(users: LabelPolicy, titles: LabelPolicy) -> String {
    let options = Options {
        users,
        titles,
        hash_salt: "PLANTED-SALT".to_owned(),
        ..Options::default()
    };
    let each = Profile::ALL.map(|profile| text(profile, Format::Text, &marked(), &options));
    each.concat()
}

#[test]
fn policies_cover_every_profile() {
    let kept = all(LabelPolicy::Keep, LabelPolicy::Keep);
    assert!(
        ["USER-dave", "USER-phone", "TITLE-own", "TITLE-channel"]
            .iter()
            .all(|t| kept.contains(t)),
        "{kept}"
    );
    for policy in [LabelPolicy::Hash, LabelPolicy::Drop] {
        let text = all(policy, LabelPolicy::Keep);
        assert!(!text.contains("USER-") && text.contains("TITLE-own"), "{text}");
        let text = all(LabelPolicy::Keep, policy);
        assert!(!text.contains("TITLE-") && text.contains("USER-dave"), "{text}");
        assert!(!text.contains("PLANTED-SALT"));
    }
}

#[test]
fn dropped_users_are_summed_and_hashed_ones_kept_apart() {
    let plays = |users| {
        let options = Options {
            users,
            ..Options::default()
        };
        let text = text(Profile::Native, Format::Text, &marked(), &options);
        let read = strict::parse(&text, Format::Text).unwrap();
        read.values("media_plays_total", &[]).join(" ")
    };
    assert_eq!(plays(LabelPolicy::Keep), "1 1");
    assert_eq!(plays(LabelPolicy::Hash), "1 1");
    assert_eq!(plays(LabelPolicy::Drop), "2");
}
