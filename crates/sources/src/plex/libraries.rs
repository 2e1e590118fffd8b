//! The libraries, and when their items are to be counted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use base::Kind;
use futures_util::StreamExt as _;
use model::{ContentCount, ContentKind, Library, LibraryId, LibraryKind};
use tokio::time::{Instant, sleep};

use super::ask::{self, LIBRARIES, SECTIONS};
use super::error::Error;
use super::map;
use super::server::Server;
use super::shared::{LibraryRefs, Shared};
use crate::pace::phase;

/// Count probes at once when a library is counted for the first time.
const PROBES_AT_ONCE: usize = 3;

/// Wait between two probes of a recount, which nobody is waiting for.
const RECOUNT_PAUSE: Duration = Duration::from_millis(500);

/// The sections, which tell home videos from movies, are asked for again after this time.
const SECTIONS_EVERY: Duration = Duration::from_mins(15);

/// Libraries told of; a server has a few dozen at most. The rest is left out.
const LIBRARIES_MAX: usize = 1000;

/// What a server answered about its libraries.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) libraries: Vec<Library>,
    /// Which of them hold home videos, if that was asked.
    home_videos: Option<HashSet<LibraryId>>,
}

/// How one probe went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    Items(u64),
    /// The library is gone, or has no such kind: nothing to try again.
    Nothing,
    Failed,
}

/// The probes of one round.
#[derive(Debug)]
pub(super) struct Counted(Vec<(LibraryId, ContentKind, Probe)>);

#[derive(Debug)]
struct Tally {
    counts: Vec<ContentCount>,
    counted_at: Instant,
    /// Size when it was counted: if it changes, so may the counts.
    size: (Option<u64>, Option<u64>),
    failed: bool,
}

/// All that is known of the libraries.
#[derive(Debug, Default)]
pub(super) struct Book {
    libraries: Vec<Library>,
    home_videos: HashSet<LibraryId>,
    sections_at: Option<Instant>,
    tallies: HashMap<LibraryId, Tally>,
    told: Option<Arc<Vec<Library>>>,
}

impl Book {
    /// True if the sections are to be asked for as well.
    pub(super) fn wants_sections(&self, now: Instant) -> bool {
        self.sections_at.is_none_or(|at| now >= at + SECTIONS_EVERY)
    }

    /// Ids known so far; if others appear, the sections are asked for as well.
    pub(super) fn ids(&self) -> HashSet<LibraryId> {
        self.libraries.iter().map(|l| l.id.clone()).collect()
    }

    /// Takes in a new list.
    pub(super) fn update(&mut self, listed: Listed, now: Instant) {
        if let Some(home_videos) = listed.home_videos {
            self.home_videos = home_videos;
            self.sections_at = Some(now);
        }
        self.libraries = listed.libraries;
        self.libraries.truncate(LIBRARIES_MAX);
        for library in &mut self.libraries {
            if library.kind == LibraryKind::Movie && self.home_videos.contains(&library.id) {
                library.kind = LibraryKind::HomeVideo;
            }
        }
        let ids = self.ids();
        self.tallies.retain(|id, _| ids.contains(id));
    }

    /// Libraries to count now, and whether for the first time. `changed`: the server said that a library changed,
    /// but not which.
    pub(super) fn due(
        &self,
        source: &str,
        interval: Duration,
        changed: bool,
        now: Instant,
    ) -> (Vec<(LibraryId, LibraryKind)>, bool) {
        let is_due = |library: &&Library| {
            let Some(tally) = self.tallies.get(&library.id) else {
                return true;
            };
            // Spread, so that a server with a hundred libraries is not asked about all at once for ever.
            let interval = interval.mul_f64(0.9) + phase(source, library.id.as_str(), interval.mul_f64(0.2));
            let size = size(library);
            tally.failed
                || tally.size != size
                || (changed && size == (None, None))
                || now >= tally.counted_at + interval
        };
        let due: Vec<&Library> = self
            .libraries
            .iter()
            .filter(|l| !ask::counted_kinds(l.kind).is_empty())
            .filter(is_due)
            .collect();
        let first = due.iter().any(|l| !self.tallies.contains_key(&l.id));
        (due.into_iter().map(|l| (l.id.clone(), l.kind)).collect(), first)
    }

    /// Takes in a round of probes. A probe that failed leaves the count as it was.
    pub(super) fn counted(&mut self, counted: Counted, now: Instant) {
        let sizes: HashMap<&LibraryId, _> = self.libraries.iter().map(|l| (&l.id, size(l))).collect();
        let mut fresh = HashSet::new();
        for (id, kind, probe) in counted.0 {
            let Some(size) = sizes.get(&id) else { continue };
            let tally = self.tallies.entry(id.clone()).or_insert_with(|| Tally {
                counts: Vec::new(),
                counted_at: now,
                size: *size,
                failed: false,
            });
            if fresh.insert(id) {
                (tally.counted_at, tally.size, tally.failed) = (now, *size, false);
            }
            match probe {
                Probe::Failed => tally.failed = true,
                Probe::Nothing => tally.counts.retain(|c| c.kind != kind),
                Probe::Items(items) => {
                    tally.counts.retain(|c| c.kind != kind);
                    tally.counts.push(ContentCount { kind, items });
                    tally.counts.sort_unstable_by_key(|c| c.kind);
                }
            }
        }
    }

    /// The list to tell, if it is not what was told last.
    pub(super) fn news(&mut self) -> Option<Arc<Vec<Library>>> {
        let mut libraries = self.libraries.clone();
        for library in &mut libraries {
            if let Some(tally) = self.tallies.get(&library.id) {
                library.counts.clone_from(&tally.counts);
            }
        }
        if self.told.as_deref() == Some(&libraries) {
            return None;
        }
        let news = Arc::new(libraries);
        self.told = Some(news.clone());
        Some(news)
    }

    pub(super) fn refs(&self) -> LibraryRefs {
        self.libraries
            .iter()
            .map(|l| (l.id.clone(), l.to_ref()))
            .collect()
    }
}

fn size(library: &Library) -> (Option<u64>, Option<u64>) {
    (library.storage_bytes, library.duration_ms)
}

/// Asks for the libraries, and for the sections if wanted or if the set has changed. Servers without the list of
/// providers have the sections.
pub(super) async fn list(
    server: &Server,
    known: HashSet<LibraryId>,
    wants_sections: bool,
) -> Result<Listed, Error> {
    let sections = || server.fetch_leniently(&SECTIONS, map::sections);
    let libraries = match server.fetch_leniently(&LIBRARIES, map::libraries).await {
        // While a server starts it has no providers yet: the sections tell whether it really has no library.
        Ok(libraries) if libraries.is_empty() && !known.is_empty() => sections().await?,
        Ok(libraries) => libraries,
        Err(e) if matches!(e.kind(), Kind::NotFound | Kind::Forbidden | Kind::BadPayload) => {
            let libraries = sections().await?;
            let home_videos = Some(home_videos(&libraries));
            return Ok(Listed {
                libraries,
                home_videos,
            });
        }
        Err(e) => return Err(e),
    };
    let is_new = libraries.iter().any(|l| !known.contains(&l.id));
    let may_be_home = libraries.iter().any(|l| l.kind == LibraryKind::Movie);
    if !(may_be_home && (wants_sections || is_new)) {
        return Ok(Listed {
            libraries,
            home_videos: None,
        });
    }
    let home_videos = sections().await.ok().map(|sections| home_videos(&sections));
    Ok(Listed {
        libraries,
        home_videos,
    })
}

fn home_videos(sections: &[Library]) -> HashSet<LibraryId> {
    sections
        .iter()
        .filter(|l| l.kind == LibraryKind::HomeVideo)
        .map(|l| l.id.clone())
        .collect()
}

/// Counts libraries: a few probes at once the `first` time, else one by one without haste.
pub(super) async fn count(shared: &Shared, due: Vec<(LibraryId, LibraryKind)>, first: bool) -> Counted {
    let probes = due
        .iter()
        .flat_map(|(id, kind)| ask::counted_kinds(*kind).iter().map(move |c| (id, *kind, *c)));
    let probe = |(id, kind, counted): (&LibraryId, LibraryKind, ContentKind)| {
        let (ask, id) = (ask::count(id, kind, counted), id.clone());
        async move {
            if !first {
                sleep(RECOUNT_PAUSE).await;
            }
            if !*shared.up.borrow() {
                return (id, counted, Probe::Failed);
            }
            let probe = match shared.server.fetch(&ask, |body| map::total(&body)).await {
                Ok(Some(items)) => Probe::Items(items),
                Ok(None) => Probe::Nothing,
                Err(e) if e.kind() == Kind::NotFound => Probe::Nothing,
                Err(_) => Probe::Failed,
            };
            (id, counted, probe)
        }
    };
    let at_once = if first { PROBES_AT_ONCE } else { 1 };
    let probes: Vec<_> = probes.collect();
    Counted(
        futures_util::stream::iter(probes)
            .map(probe)
            .buffer_unordered(at_once)
            .collect()
            .await,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(id: &str, kind: LibraryKind, storage_bytes: Option<u64>) -> Library {
        Library {
            id: id.into(),
            title: id.into(),
            kind,
            storage_bytes,
            duration_ms: None,
            refreshing: None,
            counts: Vec::new(),
        }
    }

    fn listed(libraries: &[Library]) -> Listed {
        Listed {
            libraries: libraries.to_vec(),
            home_videos: None,
        }
    }

    const INTERVAL: Duration = Duration::from_mins(15);

    fn due(book: &Book, changed: bool, now: Instant) -> Vec<String> {
        book.due("x", INTERVAL, changed, now)
            .0
            .iter()
            .map(|(id, _)| id.to_string())
            .collect()
    }

    #[test]
    fn what_is_counted_when() {
        let now = Instant::now();
        let mut book = Book::default();
        let (movies, shows) = (
            library("1", LibraryKind::Movie, Some(10)),
            library("2", LibraryKind::Show, None),
        );
        book.update(
            listed(&[
                movies.clone(),
                shows.clone(),
                library("3", LibraryKind::Other, None),
            ]),
            now,
        );
        assert_eq!(
            due(&book, false, now),
            ["1", "2"],
            "new ones at once, unknown kinds never"
        );
        assert!(book.due("x", INTERVAL, false, now).1);
        let counted = |probe| {
            Counted(vec![
                ("1".into(), ContentKind::Movies, Probe::Items(5)),
                ("2".into(), ContentKind::Shows, Probe::Items(6)),
                ("2".into(), ContentKind::Episodes, probe),
                ("9".into(), ContentKind::Movies, Probe::Items(7)),
            ])
        };
        book.counted(counted(Probe::Items(60)), now);
        assert!(due(&book, false, now).is_empty());
        assert_eq!(
            due(&book, true, now),
            ["2"],
            "a change somewhere is looked for where size does not tell"
        );
        assert_eq!(
            due(&book, false, now + INTERVAL.mul_f64(1.2)),
            ["1", "2"],
            "all in time"
        );

        book.counted(counted(Probe::Failed), now);
        assert_eq!(due(&book, false, now), ["2"], "a failure soon again");
        assert_eq!(
            book.news().unwrap()[1].count(ContentKind::Episodes),
            Some(60),
            "and the count stays"
        );

        book.update(listed(&[library("1", LibraryKind::Movie, Some(11)), shows]), now);
        assert_eq!(due(&book, false, now), ["1", "2"], "a library that grew");
        assert_eq!(book.tallies.len(), 2);
        book.update(listed(&[movies]), now);
        assert_eq!(book.tallies.len(), 1, "what is gone is forgotten");
    }

    #[test]
    fn home_videos_are_told_from_movies_and_stay_so() {
        let now = Instant::now();
        let mut book = Book::default();
        assert!(book.wants_sections(now));
        let all = [
            library("1", LibraryKind::Movie, None),
            library("2", LibraryKind::Movie, None),
        ];
        let home_videos = Some(HashSet::from(["2".into()]));
        book.update(
            Listed {
                libraries: all.to_vec(),
                home_videos,
            },
            now,
        );
        book.update(listed(&all), now);
        assert_eq!(book.refs()[&"2".into()].kind, LibraryKind::HomeVideo);
        assert_eq!(book.refs()[&"1".into()].kind, LibraryKind::Movie);
        assert!(!book.wants_sections(now) && book.wants_sections(now + SECTIONS_EVERY));
    }

    #[test]
    fn the_same_news_is_told_once() {
        let now = Instant::now();
        let mut book = Book::default();
        book.update(listed(&[library("1", LibraryKind::Movie, None)]), now);
        assert!(book.news().is_some() && book.news().is_none());
        book.counted(
            Counted(vec![("1".into(), ContentKind::Movies, Probe::Items(5))]),
            now,
        );
        assert_eq!(book.news().unwrap()[0].count(ContentKind::Movies), Some(5));
        assert!(book.news().is_none());
    }
}
