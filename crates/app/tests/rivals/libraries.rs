//! Item counts: true, or absent; never a number that is not there yet or no longer.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use export::Profile;
use model::{Endpoint, LibraryId, ServerSnapshot, Snapshot};
use sim::plex::{Fault, LibrarySeed};

use crate::rig::{Rig, Setup};
use crate::scrape::Scrape;

const ITEMS: [Profile; 3] = [
    Profile::Cplieger,
    Profile::Cplieger202604,
    Profile::TimothyStewart6,
];

fn count(server: &ServerSnapshot, library: &str, kind: model::ContentKind) -> Option<u64> {
    let libraries = server.libraries.as_ref()?;
    libraries
        .iter()
        .find(|l| l.id == LibraryId::from(library))?
        .count(kind)
}

/// Every value each item series ever had, in all namings, as `name{library,content}=value`.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<BTreeSet<String>>>);

impl Recorder {
    fn record(&self, snapshot: &Snapshot) {
        for profile in Profile::ALL {
            for s in Scrape::of(profile, snapshot).samples() {
                if s.name.contains("library_items") || s.name.starts_with("plex_media_") {
                    let content = [s.label("content"), s.label("content_type")].concat();
                    let line = format!("{}{{{},{content}}}={}", s.name, s.label("library"), s.value);
                    self.0.lock().expect("nobody panics here").insert(line);
                }
            }
        }
    }

    fn seen(&self) -> Vec<String> {
        let seen = self.0.lock().expect("nobody panics here");
        seen.iter().cloned().collect()
    }
}

/// What [`Recorder`] should have seen of the usual libraries, and nothing else.
const TRUTH: &[&str] = &[
    "media_library_items{Films,movies}=412",
    "media_library_items{Series,shows}=38",
    "media_library_items{Series,seasons}=121",
    "media_library_items{Series,episodes}=1534",
    "media_library_items{Music,artists}=96",
    "media_library_items{Music,albums}=310",
    "media_library_items{Music,tracks}=4207",
    "media_library_items{Photos,photos}=2950",
    "media_library_items{Photos,photo_albums}=64",
    "media_library_items{Photos,videos}=41",
    "plex_library_items{Films,movies}=412",
    "plex_library_items{Series,shows}=38",
    "plex_library_items{Series,episodes}=1534",
    "plex_library_items{Music,artists}=96",
    "plex_library_items{Music,tracks}=4207",
    "plex_library_items{Photos,photos}=2950",
    "plex_media_movies{,}=412",
    "plex_media_episodes{,}=1534",
    "plex_media_music{,}=4207",
    "plex_media_photos{,}=2950",
    "plex_media_other_videos{,}=0",
];

#[tokio::test(start_paused = true)]
async fn counts_are_true_from_their_first_appearance_and_through_every_recount() {
    let recorder = Recorder::default();
    let told = recorder.clone();
    let rig = Setup::polling()
        .config(|c| c.library_interval_s = 60)
        .each(move |snapshot| told.record(snapshot))
        .start()
        .await;
    // All ten kinds are counted at the start, and again after a minute.
    rig.asked(Endpoint::Counts, 20).await;
    // A recount that fails leaves the counts as they are.
    rig.world.fault(Fault::Status(500).on("/library/sections"));
    rig.until("failed probes", |s| {
        s.endpoints
            .get(&Endpoint::Counts)
            .is_some_and(|e| !e.errors.is_empty())
    })
    .await;
    rig.world.clear_faults();
    let mut truth: Vec<_> = TRUTH.iter().map(ToString::to_string).collect();
    truth.sort_unstable();
    assert_eq!(recorder.seen(), truth);
}

#[tokio::test(start_paused = true)]
async fn a_library_that_becomes_empty_has_zero_items() {
    let rig = Setup::polling().start().await;
    rig.world.set_counts(1, |c| (c.movies, c.collections) = (0, 0));
    rig.until("none", |s| count(s, "1", model::ContentKind::Movies) == Some(0))
        .await;
    let films = [("library", "Films")];
    assert_eq!(rig.native().value("media_library_items", &films), 0.0);
    for profile in ITEMS {
        assert_eq!(rig.scrape(profile).value("plex_library_items", &films), 0.0);
    }
    assert_eq!(
        rig.scrape(Profile::TimothyStewart6)
            .value("plex_media_movies", &[]),
        0.0
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_library_is_counted_when_it_appears() {
    let rig = Setup::polling().start().await;
    let added = tokio::time::Instant::now();
    rig.world
        .add_library(LibrarySeed::movies("Documentaries", 31).id(9));
    rig.until("listed", |s| {
        s.libraries
            .iter()
            .any(|all| all.iter().any(|l| l.id.as_str() == "9"))
    })
    .await;
    let listed = tokio::time::Instant::now();
    rig.until("counted", |s| {
        count(s, "9", model::ContentKind::Movies) == Some(31)
    })
    .await;
    assert!(listed.elapsed().as_secs() < 5, "{:?}", listed.elapsed());
    assert!(added.elapsed().as_secs() < 75, "{:?}", added.elapsed());
    for profile in ITEMS {
        let new = [("library", "Documentaries")];
        assert_eq!(rig.scrape(profile).value("plex_library_items", &new), 31.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_music_library_without_tracks_has_no_tracks_rather_than_artists() {
    let rig = Setup::polling()
        .seed(|s| s.libraries(vec![LibrarySeed::music("Music", 5, 2, 0)]))
        .start()
        .await;
    let value = |profile, content| {
        rig.scrape(profile)
            .value("plex_library_items", &[("content_type", content)])
    };
    assert_eq!(value(Profile::Cplieger, "tracks"), 0.0);
    assert_eq!(value(Profile::Cplieger202604, "tracks"), 0.0);
    assert_eq!(value(Profile::TimothyStewart6, "artists"), 5.0);
    assert_eq!(
        rig.scrape(Profile::TimothyStewart6)
            .value("plex_media_music", &[]),
        0.0
    );
    let native = |content| rig.native().value("media_library_items", &[("content", content)]);
    assert_eq!((native("artists"), native("tracks")), (5.0, 0.0));
}

#[tokio::test(start_paused = true)]
async fn home_videos_are_not_counted_as_films() {
    let rig = Setup::polling()
        .seed(|s| {
            s.libraries(vec![
                LibrarySeed::movies("Films", 20),
                LibrarySeed::home_videos("Family", 7),
            ])
        })
        .start()
        .await;
    let scrape = rig.scrape(Profile::TimothyStewart6);
    assert_eq!(scrape.value("plex_media_movies", &[]), 20.0);
    assert_eq!(scrape.value("plex_media_other_videos", &[]), 7.0);
    for profile in ITEMS {
        let scrape = rig.scrape(profile);
        let family = scrape.one("plex_library_items", &[("library", "Family")]);
        assert_eq!(
            (
                family.label("content_type"),
                family.label("library_type"),
                family.value
            ),
            ("items", "homevideo", 7.0)
        );
    }
}

async fn until_libraries(rig: &Rig, titles: &[&str]) {
    rig.until("the libraries", |s| {
        let all = s.libraries.iter().flat_map(|all| all.iter());
        all.map(|l| &*l.title).eq(titles.iter().copied())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_library_that_is_renamed_or_removed_leaves_no_series_behind() {
    let rig = Setup::polling().start().await;
    let key = rig.world.start(sim::plex::SessionSeed::movie("Harbour Lights"));
    rig.until_shown(&key).await;
    rig.world.rename_library(1, "Cinema");
    rig.world.remove_library(3);
    until_libraries(&rig, &["Cinema", "Series", "Photos"]).await;
    rig.until_play(&key, "of the renamed library", |p| {
        p.session
            .item
            .library
            .as_ref()
            .is_some_and(|l| &*l.title == "Cinema")
    })
    .await;
    for profile in Profile::ALL {
        let scrape = rig.scrape(profile);
        // What was counted stays counted, under the name it had.
        let counts = |s: &crate::scrape::Sample| profile == Profile::Native && s.name.ends_with("_total");
        let gone =
            |s: &&crate::scrape::Sample| !counts(s) && ["Films", "Music"].contains(&s.label("library"));
        let left: Vec<_> = scrape.samples().iter().filter(gone).collect();
        assert!(left.is_empty(), "{profile}: {left:?}");
    }
}
