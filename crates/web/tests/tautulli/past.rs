//! A small history, and a house that has one.

use std::sync::Arc;

use base::Secret;
use history::{History, Settings};
use model::{
    Decision, Fields, Origin, Person, Record, RecordClient, RecordItem, RecordKind, RecordStream, Section,
};
use tempfile::TempDir;

use crate::support::{Answer, House, Open, START};

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A house with `plays` films behind it, each an hour after the one before, the last an hour ago.
pub(crate) struct Past {
    pub(crate) open: Open,
    _dir: TempDir,
}

impl Past {
    pub(crate) async fn of(plays: i64) -> Self {
        Self::with(plays, |_| ()).await
    }

    pub(crate) async fn with(plays: i64, change: impl FnOnce(&mut web::Context)) -> Self {
        Self::of_kinds(plays, &[("attic", model::PLEX)], change).await
    }

    /// With these servers instead of a single Plex.
    pub(crate) async fn of_kinds(
        plays: i64,
        servers: &[(&'static str, &'static str)],
        change: impl FnOnce(&mut web::Context),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let history = History::open(dir.path(), Settings::default()).unwrap();
        fill(&history, plays).await;
        let house = House::of_kinds(servers.iter().copied(), |ctx| {
            ctx.history = Some(history);
            ctx.tautulli = Some(web::tautulli::Settings::new(Secret::new(KEY)));
            change(ctx);
        });
        Self {
            open: house.open().await,
            _dir: dir,
        }
    }

    /// Asks with the key.
    pub(crate) async fn ask(&self, query: &str) -> Answer {
        self.open.get(&format!("/api/v2?apikey={KEY}&{query}")).await
    }

    /// The data of an answer that is a success.
    pub(crate) async fn data(&self, query: &str) -> serde_json::Value {
        let answer = self.ask(query).await;
        let json = answer.json();
        assert_eq!(answer.status, 200, "{query}: {json}");
        assert_eq!(json["response"]["result"], "success", "{query}: {json}");
        json["response"]["data"].clone()
    }
}

/// The number of a film is its rating key, its title, and its place by start.
pub(crate) fn film(n: i64, of: i64) -> Record {
    let started_ms = (START.as_second() - (of - n) * 3600) * 1000;
    let anna = n % 2 == 0;
    Record {
        server: "attic".into(),
        origin: Origin::Recorded,
        origin_key: format!("play-{n}").into(),
        wanted_id: None,
        started_ms,
        stopped_ms: Some(started_ms + 600_000),
        paused_ms: None,
        buffering_ms: None,
        view_offset_ms: Some(600_000),
        user_id: Some(if anna { 7 } else { 8 }),
        user: Some(if anna { "anna".into() } else { "bert".into() }),
        ip_address: None,
        section_id: Some(1),
        item: Arc::new(RecordItem {
            kind: RecordKind::Movie,
            live: false,
            rating_key: Some(n),
            parent_rating_key: None,
            grandparent_rating_key: None,
            guid: None,
            title: Some(format!("Film <{n}> & Zoë").into()),
            parent_title: None,
            grandparent_title: None,
            original_title: None,
            full_title: format!("Film <{n}> & Zoë").into(),
            media_index: None,
            parent_media_index: None,
            year: None,
            duration_ms: Some(6_000_000 + n),
            thumb: None,
            originally_available_at: None,
            marker_credits_first_ms: None,
            marker_credits_final_ms: None,
            extra: Fields::default(),
        }),
        client: Arc::new(RecordClient::default()),
        stream: Arc::new(RecordStream {
            decision: (n % 3 != 0).then_some(Decision::DirectPlay),
            ..RecordStream::default()
        }),
        location: None,
        secure: None,
        relayed: None,
        bandwidth_kbps: None,
        quality_profile: None,
        bytes: None,
        segments: Vec::new(),
    }
}

async fn fill(history: &History, plays: i64) {
    let changed = history.change(move |txn| {
        txn.set_person(&Person {
            user_id: 7,
            username: Some("anna".into()),
            ..Person::default()
        })?;
        txn.set_section(
            &"attic".into(),
            &Section {
                section_id: 1,
                name: Some("Films".into()),
                kind: Some("movie".into()),
                fields: Fields::default(),
            },
        )?;
        for n in 1..=plays {
            txn.add(&film(n, plays + 1))?;
        }
        Ok(())
    });
    changed.done().await.unwrap();
}
