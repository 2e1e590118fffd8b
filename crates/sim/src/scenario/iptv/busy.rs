//! A Dispatcharr with a given number of channels and viewers.

use crate::dispatcharr::{
    AccountSeed, ChannelSeed, Dispatcharr, Media, ProfileSeed, Seed, StreamSeed, Viewer, World,
};

/// A server for load tests: this many channels of one provider without a limit.
pub fn iptv_busy_seed(channels: usize) -> Seed {
    let account = AccountSeed::playlist(2, "Wholesale", vec![ProfileSeed::new(2, "Wholesale Default", 0)]);
    let ids = (1_i64..).take(channels);
    let stream = |id: i64| StreamSeed {
        id,
        name: format!("W| Channel {id}"),
        account: 2,
        group: 1,
        url: account.stream_url(id),
        tvg_id: format!("{id}.guide.example"),
        provider_id: None,
        media: if id % 3 == 0 {
            Media::full_hd()
        } else {
            Media::hd()
        },
    };
    let channel = |id: i64| ChannelSeed {
        id,
        uuid: format!("00000000-0000-4000-9000-{id:012x}"),
        name: format!("Channel {id}"),
        number: Some(id as f64),
        group: 1,
        streams: vec![id],
        stream_profile: None,
        tvg_id: format!("{id}.guide.example"),
        catchup_days: 0,
        shows: vec!["An hour".to_owned(), "Another hour".to_owned()],
    };
    Seed {
        groups: vec![(1, "Wholesale".to_owned())],
        streams: ids.clone().map(stream).collect(),
        channels: ids.map(channel).collect(),
        accounts: vec![account],
        ..Seed::default()
    }
}

/// Puts the first `channels` channels on the air, each with `clients` viewers.
pub fn iptv_fill(world: &World, channels: usize, clients: usize) {
    for number in (1_u32..).take(channels) {
        for n in 0..clients {
            let viewer = Viewer::new(
                format!("10.{}.{}.7", number % 250, n % 250),
                "VLC/3.0.20 LibVLC/3.0.20",
            );
            let viewer = if n % 2 == 0 { viewer } else { viewer.user(2) };
            // Fails only if there are not that many channels.
            let _ = world.tune(f64::from(number), viewer);
        }
    }
}

/// A running server with `channels` channels on the air and `clients` viewers of each. Bytes grow with the clock.
pub async fn iptv_busy(channels: usize, clients: usize) -> Dispatcharr {
    let server = Dispatcharr::start(iptv_busy_seed(channels)).await;
    iptv_fill(&server.world(), channels, clients);
    server
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_server_is_as_busy_as_told() {
        let server = iptv_busy(20, 5).await;
        let world = server.world();
        assert_eq!((world.on_air().len(), world.connections(2)), (20, 20));
        assert_eq!(world.clients(20.0).len(), 5);
    }
}
