//! The numbers that other Prometheus exporters for Plex get wrong, and the sessions they lose or never let go.
//!
//! Each row is something a user of `timothystewart6/prometheus-plex-exporter` or of either generation of
//! `cplieger/plex-exporter` meets, and the test in which we get it right: on a simulated server over real sockets,
//! in the live state, in our own metrics and in the metrics under their names. What holds whatever happens
//! (counters never fall, no session is there twice, every exposition is well formed) is checked in all of them.
//!
//! | Wrong number | Right in |
//! |---|---|
//! | the counter of plays is always 1 | [`counters::the_play_counter_counts_every_play`] |
//! | a play between two looks is not counted | [`counters::a_play_of_one_second_is_counted`] |
//! | play seconds go on while paused or buffering | [`counters::play_seconds_are_the_time_spent_playing_not_paused_nor_buffering`] |
//! | play seconds go on while Plex is down, for minutes, and stay | [`counters::play_seconds_stand_still_while_the_server_is_down`] |
//! | play seconds go on until the poll that misses the session | [`counters::play_seconds_end_with_the_notified_stop`], [`counters::a_stop_nobody_told_adds_no_second_after_the_last_look`] |
//! | a paused session counts as active and sends bytes | [`counters::a_paused_session_is_open_and_earns_nothing`] |
//! | the next item inherits the seconds and the library of the one before | [`counters::the_next_item_under_the_same_key_starts_from_zero_with_its_own_labels`] |
//! | estimated bytes are 2.4 % high | [`counters::estimated_bytes_are_125_per_kilobit_and_second`] |
//! | estimated bytes fall when the bit rate does; each bit rate is another series | [`counters::estimated_bytes_do_not_fall_with_the_bit_rate_and_the_play_stays_one`] |
//! | trailers and prerolls are plays | [`counters::prerolls_trailers_and_photos_are_shown_but_are_no_plays`] |
//! | an ended session counts, with its bandwidth and bit rate, for 60 to 120 s | [`counters::an_ended_session_leaves_every_profile_at_once`] |
//! | sessions and libraries beyond 256 are dropped | [`counters::no_session_and_no_library_is_one_too_many`] |
//! | traffic is counted again by a poll without a new row, or not from 0 on | [`bandwidth::bytes_count_once_however_often_the_server_repeats_them`] |
//! | the rest of a second that still grew is lost | [`bandwidth::a_second_that_still_grows_is_counted_whole`] |
//! | rows that come late are lost | [`bandwidth::rows_that_come_late_are_counted`] |
//! | traffic is lost while Plex's clock is behind ours | [`bandwidth::a_server_whose_clock_is_behind_ours_loses_no_byte`], [`bandwidth::a_server_that_comes_back_with_its_clock_an_hour_behind_is_counted_again`] |
//! | earlier traffic is counted while Plex's clock is ahead of ours | [`bandwidth::a_server_whose_clock_is_ahead_of_ours_invents_no_byte`] |
//! | traffic is 0 without a Plex Pass | [`bandwidth::without_a_plex_pass_traffic_is_absent_not_zero`] |
//! | counts are 0 for the first 20 s and between refreshes; artists are tracks | [`libraries::counts_are_true_from_their_first_appearance_and_through_every_recount`] |
//! | a library that becomes empty keeps its old count, or has none | [`libraries::a_library_that_becomes_empty_has_zero_items`] |
//! | a new library has no count for 15 minutes | [`libraries::a_new_library_is_counted_when_it_appears`] |
//! | a music library without tracks has as many tracks as artists | [`libraries::a_music_library_without_tracks_has_no_tracks_rather_than_artists`] |
//! | home videos are films | [`libraries::home_videos_are_not_counted_as_films`] |
//! | a library's old name sticks to its sessions | [`libraries::a_library_that_is_renamed_or_removed_leaves_no_series_behind`] |
//! | an upgrade leaves two `server_info` series | [`server::an_upgrade_leaves_one_server_info_series`] |
//! | the load is 0 without a Plex Pass | [`server::without_a_plex_pass_the_load_is_absent_not_zero`] |
//! | the load stays when its endpoint fails, or the server is gone | [`server::a_load_nobody_confirms_any_more_goes`], [`server::a_load_does_not_outlive_its_server`] |
//! | empty `server` labels, or no process at all, while Plex is down at the start | [`server::no_series_has_an_empty_server_label_while_the_server_is_down_at_the_start`] |
//! | the session poll is reachable before it was ever tried | [`server::a_session_list_that_never_worked_is_not_called_reachable`] |
//! | nothing tells a failing session list from a server that is gone | [`server::a_session_list_that_fails_later_is_told_from_a_server_that_is_gone`] |
//! | a transcode is ascribed to another session, since "4" is contained in its id | [`streams::a_transcode_belongs_to_its_own_session_only`] |
//! | every video transcode burns a subtitle; an SRT beside it is copied | [`streams::a_subtitle_is_burnt_only_if_the_server_says_so`] |
//! | resolution and bit rate are those of the item's first version | [`streams::the_version_that_plays_is_shown_not_the_first`] |
//! | "720p" in streams, "720" in files | [`streams::a_resolution_is_spelled_the_same_in_file_and_stream`] |
//! | the type of a transcode stays when it has ended | [`streams::the_transcode_type_goes_when_the_transcode_does`] |
//! | a copied stream is a transcode if its codec is called `*` | [`streams::a_copied_stream_is_no_transcode_whatever_its_codecs_are_called`] |
//! | direct play is a transcode because the client asked for a decision | [`streams::a_converter_that_was_only_asked_is_direct_play`] |
//! | transcodes of sound alone are not active transcodes | [`streams::a_transcode_of_sound_alone_is_an_active_transcode`] |
//! | user and device are empty while there is no media yet | [`streams::a_session_in_its_first_moments_has_its_user_and_its_device`] |
//! | an unknown library stays unknown, or is asked for at every poll | [`streams::a_library_that_the_session_does_not_name_is_asked_for_once`] |
//! | live television has no title and is "other" | [`streams::live_television_has_a_title_and_a_kind`] |
//! | one text where a number should be loses the whole answer | [`payloads::one_field_of_the_wrong_type_loses_neither_the_answer_nor_the_session`] |
//! | quoted ids lose every session | [`payloads::numbers_and_ids_in_quotes_change_nothing`] |
//! | answers beyond 10 MB are cut | [`payloads::an_answer_of_eleven_megabytes_is_read_whole`] |
//! | names break a scrape, or are cut | [`payloads::names_with_quotes_backslashes_and_line_breaks_stay_whole_and_break_no_scrape`], [`payloads::text_that_is_not_utf_8_loses_nothing`] |
//!
//! | Lost session | Found in |
//! |---|---|
//! | what played or was paused before the exporter started | [`lost::what_plays_and_what_is_paused_at_the_start_is_there_at_once`] |
//! | everything, when Plex is down or still starting at the start | [`lost::a_server_that_is_down_at_the_start_appears_later`], [`lost::a_server_that_is_still_starting_appears_when_it_has_started`] |
//! | everything, when the token is wrong at the start | [`lost::a_wrong_token_that_is_mended_in_its_file_is_taken_up`] |
//! | everything, when the `WebSocket` breaks off | [`lost::nothing_is_lost_when_the_notifications_break_off`], [`payloads::a_notification_of_two_megabytes_does_not_break_the_connection`] |
//! | everything, where `WebSocket`s are blocked | [`lost::where_web_sockets_are_blocked_an_event_source_tells`], [`lost::where_both_are_blocked_looking_is_enough`] |
//! | one that is listed more than 0.7 s after it was told of | [`lost::a_session_that_the_server_lists_late_is_found`] |
//! | changes, while every notification waits for the session list | [`lost::a_session_list_that_takes_its_time_does_not_hold_up_what_is_told`], [`ghosts::a_storm_of_notifications_costs_few_looks_and_hides_nothing`] |
//! | one whose rating key is no number | [`lost::a_rating_key_that_is_no_number_is_as_good_as_any`] |
//! | one without a session key | [`lost::a_session_without_a_session_key_is_kept`] |
//! | one whose item cannot be described; or it loses its title | [`lost::an_item_the_server_cannot_describe_keeps_its_session_and_its_labels`] |
//! | the play before a restart, or the one after it under the same key | [`lost::a_restart_with_session_keys_from_one_makes_new_plays`], [`lost::after_a_restart_the_same_film_from_its_beginning_is_a_new_play`] |
//! | the play that goes on after an outage; or it is counted twice | [`lost::a_restart_that_the_viewer_sits_out_is_no_new_play`] |
//! | all, when an error page stands in for the list | [`payloads::an_answer_that_is_no_session_list_does_not_say_that_nothing_plays`] |
//! | the server, when another one answers at its address | [`lost::another_server_at_the_same_address_is_not_taken_for_the_old_one`] |
//!
//! | Ghost | Gone in |
//! |---|---|
//! | a stop nobody told of: playing, paused and buffering sessions stay for ever | [`ghosts::a_stop_that_nobody_tells_shows_at_the_next_look`], [`ghosts::a_paused_session_whose_client_vanished_goes`] |
//! | a stop told while `/status/sessions` fails | [`ghosts::a_stop_told_while_the_session_list_fails_is_a_stop`], [`ghosts::a_stop_told_during_an_outage_is_a_stop`] |
//! | a stop told on a connection that has gone silent | [`ghosts::a_connection_that_says_nothing_any_more_hides_no_stop`] |
//! | stops told twice, without a key, or under another one | [`ghosts::a_stop_told_twice_ends_one_play_once`], [`ghosts::a_stop_without_a_session_key_stops_nothing`], [`ghosts::a_stop_told_under_other_keys_ends_the_session_that_is_gone`], [`ghosts::a_seek_to_the_end_that_stops_under_a_new_key_ends_the_old_one`] |
//! | a stop that was none, or was taken back | [`ghosts::a_stop_that_was_not_true_ends_nothing`], [`ghosts::a_resume_right_after_the_stop_goes_on_with_the_play`] |
//! | transcodes and downloads that belong to no session | [`streams::transcodes_without_a_session_are_no_sessions`] |
//! | sessions told of and never listed | [`ghosts::a_session_that_is_told_of_and_never_listed_is_none_and_costs_little`] |
//! | paused sessions that play because the list was read again | [`ghosts::looking_again_does_not_start_what_is_paused`] |
//! | one client twice, one session twice | [`ghosts::two_sessions_of_one_client_are_two_sessions`], [`ghosts::a_session_listed_twice_is_one_session`] |
//! | the one who had the key before | [`ghosts::a_key_that_another_client_takes_over_is_another_play`] |
//! | sessions of a server that never comes back | [`ghosts::sessions_of_a_server_that_stays_away_end_when_they_were_last_seen`] |

#![expect(
    clippy::float_cmp,
    reason = "whole numbers and sums of milliseconds, printed and read back exactly"
)]

mod bandwidth;
mod counters;
mod ghosts;
mod guard;
mod libraries;
mod lost;
mod payloads;
mod rig;
mod scrape;
mod server;
mod streams;

/// A row whose test is gone would be a claim nobody checks.
#[test]
fn the_table_names_every_test_and_no_other() {
    use std::collections::BTreeSet;
    const MODULES: [(&str, &str); 8] = [
        ("bandwidth", include_str!("bandwidth.rs")),
        ("counters", include_str!("counters.rs")),
        ("ghosts", include_str!("ghosts.rs")),
        ("libraries", include_str!("libraries.rs")),
        ("lost", include_str!("lost.rs")),
        ("payloads", include_str!("payloads.rs")),
        ("server", include_str!("server.rs")),
        ("streams", include_str!("streams.rs")),
    ];
    let mut tests = BTreeSet::new();
    for (module, text) in MODULES {
        let after_attributes = text
            .split("#[tokio::test(start_paused = true)]\nasync fn ")
            .skip(1);
        for rest in after_attributes {
            let (name, _) = rest.split_once('(').expect("a function has parentheses");
            tests.insert(format!("{module}::{name}"));
        }
    }
    let table = include_str!("main.rs")
        .lines()
        .filter(|l| l.starts_with("//! | "));
    let named = table.flat_map(|row| row.split("[`").skip(1));
    let named: BTreeSet<_> = named
        .filter_map(|rest| Some(rest.split_once("`]")?.0.to_owned()))
        .collect();
    assert_eq!(named, tests);
}
