//! Users of Dispatcharr that have a password for players, as the plugin shows only them.

use std::collections::HashSet;

use model::iptv::ManagerUser;

use super::super::{family, gauge};
use super::labels::{Labels, flag};
use super::{Scrape, Server};
use crate::native::iptv_client::viewings;
use crate::text::{Blocks, Encoder, Value};

const USER_BLOCK_BYTES: usize = 48;

fn players<'a>(server: &Server<'a>) -> Vec<&'a ManagerUser> {
    let mut seen = HashSet::new();
    let users = server.inventory.and_then(|i| i.users.as_ref());
    let players = users.into_iter().flatten();
    players.filter(|u| u.can_play && seen.insert(u.id)).collect()
}

pub(super) fn users(scrape: &Scrape<'_>, encoder: &mut Encoder<'_>) {
    let known: Vec<_> = scrape
        .servers
        .iter()
        .flat_map(|s| players(s).into_iter().map(move |u| (s, u)))
        .collect();
    encoder.family(gauge("dispatcharr_user_info", "One user each."));
    let mut blocks = Blocks::with_capacity(known.len(), USER_BLOCK_BYTES);
    for (server, user) in &known {
        let name = scrape.view.mask.user(&user.name);
        encoder.line(Value::Int(1), |out| {
            Labels::new(out)
                .shown("user_id", user.id)
                .put("username", name.as_str())
                .put("user_level", user.level.unwrap_or_default())
                .put("is_staff", flag(user.is_staff))
                .end(server.label);
        });
        blocks.push_with(|out| {
            Labels::new(out)
                .shown("user_id", user.id)
                .put("username", name.as_str())
                .end(server.label);
        });
    }
    let head = gauge(
        "dispatcharr_user_date_joined_timestamp",
        "When the user was added, in seconds since 1970.",
    );
    family(encoder, head, &blocks, &known, |(_, u)| {
        u.joined_at.map(whole_seconds)
    });
    let head = gauge(
        "dispatcharr_user_stream_limit",
        "Streams the user may watch at once; 0 means no limit.",
    );
    family(encoder, head, &blocks, &known, |(_, u)| {
        u.stream_limit.map(|n| Value::Int(n.into()))
    });
    let head = gauge("dispatcharr_user_active_streams", "Streams the user watches.");
    family(encoder, head, &blocks, &known, |(s, u)| {
        s.has_looked().then(|| watched(s, u.id))
    });
}

fn whole_seconds(at: model::Timestamp) -> Value {
    Value::Int(u64::try_from(at.as_second()).unwrap_or(0))
}

fn watched(server: &Server<'_>, user: i64) -> Value {
    let of_feed = |feed: &super::Feed<'_>| {
        let all = viewings(feed.run);
        all.iter().filter(|v| v.viewer.user_id == Some(user)).count()
    };
    server.feeds.iter().map(of_feed).sum::<usize>().into()
}
