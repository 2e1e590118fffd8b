//! `[[dispatcharr]]` and `[dispatcharr_metrics]`.

use super::*;

#[test]
fn defaults_are_those_of_the_other_rooms() {
    let dir = Dir::new("[[dispatcharr]]\nurl = 'http://tv:9191'\napi_key = 'k'\n");
    let config = dir.load(&[], &[]).unwrap().config;
    let read = config.dispatcharr[0].clone();
    assert_eq!(read.id, "tv");
    let ours = dispatcharr::Config {
        id: String::new(),
        url: String::new(),
        api_key: None,
        ..read
    };
    assert!(ours == dispatcharr::Config::default(), "{ours:?}");
    let shown = config.dispatcharr_metrics;
    let theirs = export::DispatcharrOptions::default();
    assert_eq!(
        [
            shown.include_m3u_stats,
            shown.include_epg_stats,
            shown.include_client_stats,
            shown.include_source_urls,
            shown.include_user_stats,
            shown.include_plugin_stats,
            shown.include_channel_info,
            shown.include_vod_stats,
            shown.include_legacy_metrics,
        ],
        [
            theirs.include_m3u_stats,
            theirs.include_epg_stats,
            theirs.include_client_stats,
            theirs.include_source_urls,
            theirs.include_user_stats,
            theirs.include_plugin_stats,
            theirs.include_channel_info,
            theirs.include_vod_stats,
            theirs.include_legacy_metrics,
        ]
    );
}

#[test]
fn what_is_shown_decides_what_is_asked_for() {
    let dir = Dir::new(
        "[[dispatcharr]]\nurl = 'http://tv:9191'\napi_key = 'k'\n\
         [dispatcharr_metrics]\ninclude_client_stats = true\ninclude_channel_info = true\n",
    );
    let config = dir.load(&[], &[]).unwrap().config;
    let wants = dispatcharr::Wants {
        viewer_details: true,
        channel_list: true,
        plugins: false,
    };
    assert_eq!(config.dispatcharr[0].wants, wants);
}

#[test]
fn no_two_servers_share_a_name() {
    for twins in [
        "[[plex]]\nurl = 'http://tv:32400'\n[[dispatcharr]]\nurl = 'http://tv:9191'\napi_key = 'k'\n",
        "[[dispatcharr]]\nurl = 'http://tv:9191'\napi_key = 'k'\n\
         [[dispatcharr]]\nid = 'tv'\nurl = 'http://b:9191'\napi_key = 'k'\n",
    ] {
        let message = Dir::new(twins).load(&[], &[]).unwrap_err().to_string();
        assert!(message.contains("two servers are called \"tv\""), "{message}");
    }
}

#[test]
fn one_flag_and_one_variable_are_enough() {
    let loaded = Dir::new("").load(
        &[("PROJECTIONIST_DISPATCHARR_API_KEY", "planted-key")],
        &[("dispatcharr-url", "http://tv:9191")],
    );
    let loaded = loaded.unwrap();
    let key = loaded.config.dispatcharr[0].api_key.as_ref().map(Secret::expose);
    assert_eq!(key, Some("planted-key"));
    assert!(!print(&loaded.merged).contains("planted-key"));
}

#[test]
fn no_secret_is_printed() {
    let dir = Dir::new(
        "[[dispatcharr]]\nurl = 'http://me:planted-a@tv:9191'\nuser = 'admin'\npassword = 'planted-b'\n\
         redis_url = 'redis://:planted-c@tv:6379'\n",
    );
    let loaded = dir.load(&[], &[]).unwrap();
    let text = format!("{}{:?}", print(&loaded.merged), loaded.config.dispatcharr);
    assert!(!text.contains("planted"), "{text}");
}

#[test]
fn a_manager_is_no_server_to_choose_for_influxdb() {
    let dir = Dir::new(
        "[[dispatcharr]]\nid = 'tv'\nurl = 'http://tv:9191'\napi_key = 'k'\n\
         [[influxdb]]\nurl = 'http://i'\nservers = ['tv']\n[plex_tv]\nall_servers = true\n",
    );
    let message = dir.load(&[], &[]).unwrap_err().to_string();
    assert!(message.contains("\"tv\" is a Dispatcharr"), "{message}");
}
