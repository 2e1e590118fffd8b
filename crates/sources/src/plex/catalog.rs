//! Answers questions about what is in a server's libraries.
//!
//! It has a connection of its own and stands beside the loops that watch: a long listing never delays a look, and a
//! question may be asked while the looks fail. It remembers nothing but where the server is and which machine it is.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base::Kind;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use model::catalog::{Answer, CatalogItem, CatalogSection, Children, Collection, Member, Parent, Question};
use model::{ContentCount, ContentKind, Endpoint, LibraryId, LibraryKind, Text};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::ask::{self, Ask};
use super::client::Client;
use super::config::Config;
use super::decode::{DecodeError, Decoded};
use super::error::Error;
use super::map::{self, Page};
use super::pictures;
use super::server::{Outbox, Server, one_line};
use super::target;
use super::tv::TvConfig;
use super::words::Words;
use crate::Ctx;

/// What arrives: the question, and where its answer goes.
pub type Asked = (Question, oneshot::Sender<Result<Answer, (Kind, String)>>);

/// Questions worked on at once; further ones wait in the queue. Looks share the server with us.
const AT_ONCE: usize = 4;

/// Count probes of one question at once.
const PROBES_AT_ONCE: usize = 3;

/// Rows of a page: keys alone, or whole items of some kilobytes.
const KEYS_PER_PAGE: usize = 1000;
const ITEMS_PER_PAGE: usize = 200;

/// Rows of one listing. A larger one is refused: nobody can use it, and it would fill the memory.
const KEYS_MAX: usize = 200_000;
const ITEMS_MAX: usize = 20_000;

/// Newest items of a library that are told.
const ADDED: usize = 10;

const MIB: usize = 1 << 20;

/// Who answers is made sure of this often.
const IDENTIFY_EVERY: Duration = Duration::from_mins(1);

/// After a failure to find the server, plex.tv is left alone for this long.
const LOCATE_PAUSE: Duration = Duration::from_secs(20);

/// Leaves out what membership does not need. Servers that do not know these parameters ignore them.
const KEYS_ONLY: &str = "excludeElements=Media,Genre,Director,Writer,Role,Country,Collection,Label,Guid,Image,\
                         UltraBlurColors&excludeFields=summary,tagline,guid,thumb,art";

/// Answers questions until cancelled. A server that is down or unknown fails each question with the reason.
pub async fn run(cfg: Config, tv: Option<TvConfig>, ctx: Ctx, asked: &mut mpsc::Receiver<Asked>) {
    let span = tracing::info_span!("catalog", id = %ctx.id, kind = "plex");
    let cancel = ctx.cancel.clone();
    tokio::select! {
        () = cancel.cancelled() => {}
        () = answer_all(cfg, tv, ctx, asked).instrument(span) => {}
    }
}

async fn answer_all(mut cfg: Config, tv: Option<TvConfig>, ctx: Ctx, asked: &mut mpsc::Receiver<Asked>) {
    cfg.id = ctx.id.to_string();
    let desk = Desk {
        cfg,
        tv,
        outbox: Outbox::new(ctx),
        place: tokio::sync::Mutex::default(),
    };
    let mut working = FuturesUnordered::new();
    loop {
        tokio::select! {
            next = asked.recv(), if working.len() < AT_ONCE => match next {
                Some((question, tell)) => working.push(desk.serve(question, tell)),
                None => break,
            },
            Some(()) = working.next() => {}
        }
    }
    // Nobody can ask any more; who runs us decides when we end.
    while working.next().await.is_some() {}
    std::future::pending::<()>().await;
}

#[derive(Debug)]
struct Desk {
    cfg: Config,
    tv: Option<TvConfig>,
    outbox: Outbox,
    place: tokio::sync::Mutex<Place>,
}

/// Where the server is, as far as known.
#[derive(Debug, Default)]
struct Place {
    server: Option<Arc<Server>>,
    identified: Option<Instant>,
    /// The machine first seen: another one is never told of as if it were this.
    machine_id: Option<Text>,
    /// The last failure to find it, and when.
    lost: Option<(Instant, Kind, String)>,
}

type Failure = (Kind, String);

fn failure(e: &Error) -> Failure {
    (e.kind(), one_line(e))
}

impl Desk {
    async fn serve(&self, question: Question, mut tell: oneshot::Sender<Result<Answer, Failure>>) {
        let answer = tokio::select! {
            // Whoever asked waits no longer.
            () = tell.closed() => return,
            answer = self.answer(question) => answer,
        };
        // Likewise.
        let _ = tell.send(answer);
    }

    async fn answer(&self, question: Question) -> Result<Answer, Failure> {
        let server = self.server().await?;
        let answer = look_up(&server, question).await;
        if let Err(e) = &answer
            && !matches!(e.kind(), Kind::NotFound | Kind::Forbidden)
        {
            self.doubt().await;
        }
        answer.map_err(|e| failure(&e))
    }

    /// The server, found and known to be the right one.
    async fn server(&self) -> Result<Arc<Server>, Failure> {
        // Held across the search: one question finds it for all.
        let mut place = self.place.lock().await;
        let server = if let Some(server) = &place.server {
            server.clone()
        } else {
            let server = Arc::new(self.locate(&mut place).await?);
            place.server = Some(server.clone());
            server
        };
        if place.identified.is_none_or(|at| at.elapsed() >= IDENTIFY_EVERY) {
            match server.identify().await {
                Ok(identity) => {
                    place.identified = Some(Instant::now());
                    place.machine_id = Some(identity.machine_id);
                }
                Err(e) => {
                    self.forget(&mut place);
                    return Err(failure(&e));
                }
            }
        }
        Ok(server)
    }

    async fn locate(&self, place: &mut Place) -> Result<Server, Failure> {
        if let Some((at, kind, message)) = &place.lost
            && at.elapsed() < LOCATE_PAUSE
            && self.is_by_account()
        {
            return Err((*kind, message.clone()));
        }
        let found = async {
            let located = target::locate(&self.cfg, self.tv.as_ref(), Some(&self.outbox)).await?;
            let client = Client::new(&self.cfg, located.target)?;
            let machine_id = place.machine_id.as_deref().or(located.machine_id.as_deref());
            Ok::<_, Error>(Server::new(client, machine_id, Some(self.outbox.clone())))
        };
        let found = found.await.map_err(|e| failure(&e));
        place.lost = found
            .as_ref()
            .err()
            .map(|(kind, message)| (Instant::now(), *kind, message.clone()));
        found
    }

    fn is_by_account(&self) -> bool {
        target::is_by_account(&self.cfg, self.tv.as_ref())
    }

    /// After a failure the server may have moved, be another one, or want another token.
    async fn doubt(&self) {
        self.forget(&mut *self.place.lock().await);
    }

    fn forget(&self, place: &mut Place) {
        place.identified = None;
        if self.is_by_account() {
            place.server = None;
        }
    }
}

async fn look_up(server: &Server, question: Question) -> Result<Answer, Error> {
    match question {
        Question::Sections { counted } => sections(server, counted).await.map(Answer::Sections),
        Question::Collections { section_id } => {
            collections(server, section_id).await.map(Answer::Collections)
        }
        Question::Members { of, rating_key } => {
            let path = below(of, rating_key);
            members(server, &path)
                .await
                .map(|found| Answer::Members(found.into()))
        }
        Question::Children { of, rating_key } => {
            let path = below(of, rating_key);
            let found = children(server, &path).await?;
            Ok(Answer::Children(Arc::new(found)))
        }
        Question::Item { rating_key } => {
            let found = item(server, rating_key).await?;
            Ok(Answer::Item(Arc::new(found)))
        }
        Question::Added { section_id, kind } => {
            let found = added(server, section_id, kind).await?;
            Ok(Answer::Children(Arc::new(found)))
        }
        Question::Picture { path, size } => pictures::picture(server, &path, size).await.map(Answer::Picture),
    }
}

fn below(of: Parent, rating_key: i64) -> String {
    match of {
        Parent::Item => format!("/library/metadata/{rating_key}/children"),
        Parent::Collection => format!("/library/collections/{rating_key}/children"),
        Parent::Playlist => format!("/playlists/{rating_key}/items"),
    }
}

/// A question of ours: patient, since a large listing takes a server long, and asked again once.
fn question(endpoint: Endpoint, path: String, limit: usize) -> Ask {
    Ask {
        endpoint,
        path: Cow::Owned(path),
        limit,
        patience: 2,
        retries: 1,
    }
}

async fn sections(server: &Server, counted: bool) -> Result<Arc<[CatalogSection]>, Error> {
    let mut sections = server
        .fetch_leniently(&ask::SECTIONS, map::catalog_sections)
        .await?;
    if counted {
        count(server, &mut sections).await?;
    }
    Ok(sections.into())
}

async fn count(server: &Server, sections: &mut [CatalogSection]) -> Result<(), Error> {
    let probes = sections.iter().enumerate().flat_map(|(at, section)| {
        let kinds = ask::counted_kinds(section.kind).iter();
        kinds.map(move |counted| (at, section.section_id, section.kind, *counted))
    });
    let probes: Vec<_> = probes.collect();
    let probe = |(at, section_id, of, kind): (usize, i64, LibraryKind, ContentKind)| async move {
        let ask = ask::count(&LibraryId::new(section_id.to_string()), of, kind);
        match server.fetch(&ask, |body| map::total(&body)).await {
            Ok(items) => Ok((at, items.map(|items| ContentCount { kind, items }))),
            // Gone since it was listed.
            Err(e) if e.kind() == Kind::NotFound => Ok((at, None)),
            Err(e) => Err(e),
        }
    };
    let mut counts = futures_util::stream::iter(probes)
        .map(probe)
        .buffered(PROBES_AT_ONCE);
    while let Some(count) = counts.next().await {
        let (at, count) = count?;
        sections[at].counts.extend(count);
    }
    Ok(())
}

async fn collections(server: &Server, section_id: i64) -> Result<Arc<[Collection]>, Error> {
    let path = format!("/library/sections/{section_id}/collections?");
    let mut all: Vec<Collection> = Vec::new();
    let mut pages = Pages::new(path, ITEMS_PER_PAGE, ITEMS_MAX);
    while let Some(ask) = pages.next(server)? {
        let page = server
            .fetch_leniently(&ask, |body| map::collections(body, section_id))
            .await?;
        pages.received(&page);
        all.extend(page.rows);
    }
    let path = format!("/hubs/sections/{section_id}/manage");
    let ask = question(Endpoint::Libraries, path, 4 * MIB);
    let promoted = server
        .fetch_leniently(&ask, |body| map::promoted(body, section_id))
        .await;
    match promoted {
        Ok(promoted) => {
            for collection in &mut all {
                let shown = promoted.get(&collection.rating_key).copied();
                collection.visibility = Some(shown.unwrap_or_default());
            }
        }
        // Only the owner may ask, and servers before 2020 do not know the question.
        Err(e) if matches!(e.kind(), Kind::Unauthorized | Kind::Forbidden | Kind::NotFound) => {}
        Err(e) => return Err(e),
    }
    Ok(all.into())
}

async fn members(server: &Server, path: &str) -> Result<Vec<Member>, Error> {
    let mut all = Vec::new();
    let mut pages = Pages::new(format!("{path}?{KEYS_ONLY}&"), KEYS_PER_PAGE, KEYS_MAX);
    while let Some(ask) = pages.next(server)? {
        let page = server.fetch_leniently(&ask, map::members).await?;
        pages.received(&page);
        all.extend(page.rows);
    }
    Ok(all)
}

async fn children(server: &Server, path: &str) -> Result<Children, Error> {
    let mut all: Option<Children> = None;
    let mut pages = Pages::new(format!("{path}?includeGuids=1&"), ITEMS_PER_PAGE, ITEMS_MAX);
    while let Some(ask) = pages.next(server)? {
        let (about, page): (Children, Page<CatalogItem>) =
            server.fetch_leniently(&ask, map::children).await?;
        pages.received(&page);
        all.get_or_insert(about).items.extend(page.rows);
    }
    Ok(all.unwrap_or_default())
}

async fn added(server: &Server, section_id: i64, kind: LibraryKind) -> Result<Children, Error> {
    let kind = match kind {
        LibraryKind::Movie => "type=1&",
        LibraryKind::Show => "type=4&",
        LibraryKind::Artist => "type=8&",
        LibraryKind::Photo | LibraryKind::HomeVideo | LibraryKind::Other => "",
    };
    let path = format!(
        "/library/sections/{section_id}/all?{kind}sort=addedAt:desc&X-Plex-Container-Start=0&\
         X-Plex-Container-Size={ADDED}"
    );
    let ask = question(Endpoint::Metadata, path, 16 * MIB);
    let (mut found, mut page): (Children, Page<CatalogItem>) =
        server.fetch_leniently(&ask, map::children).await?;
    // A server that does not page lists everything.
    page.rows.truncate(ADDED);
    found.items = page.rows;
    Ok(found)
}

async fn item(server: &Server, rating_key: i64) -> Result<CatalogItem, Error> {
    let path = format!("/library/metadata/{rating_key}?includeMarkers=1&includeGuids=1");
    let ask = question(Endpoint::Metadata, path, 8 * MIB);
    let read = |body: &[u8]| -> Result<Decoded<Option<CatalogItem>>, DecodeError> { map::item_page(body) };
    let found = server.fetch_leniently(&ask, read).await?;
    found.ok_or_else(|| {
        let words = Words {
            what: format!("the server knows no item {rating_key}"),
            kind: Kind::NotFound,
            hint: None,
            more: false,
        };
        server.client.error(words, None)
    })
}

/// Walks through a listing page by page.
#[derive(Debug)]
struct Pages {
    /// Ends with `?` or `&`.
    path: String,
    size: usize,
    limit: usize,
    start: usize,
    over: bool,
}

impl Pages {
    fn new(path: String, size: usize, limit: usize) -> Self {
        Self {
            path,
            size,
            limit,
            start: 0,
            over: false,
        }
    }

    /// The next page to ask for; an error if there are more rows than anyone can use.
    fn next(&self, server: &Server) -> Result<Option<Ask>, Error> {
        if self.over {
            return Ok(None);
        }
        if self.start >= self.limit {
            let place = self.path.split('?').next().unwrap_or_default();
            let words = Words {
                what: format!("{place} lists more than {} items", self.limit),
                kind: Kind::BadPayload,
                hint: None,
                more: false,
            };
            return Err(server.client.error(words, None));
        }
        let path = format!(
            "{}X-Plex-Container-Start={}&X-Plex-Container-Size={}",
            self.path, self.start, self.size
        );
        Ok(Some(question(Endpoint::Metadata, path, 16 * MIB)))
    }

    /// Servers may send fewer rows than asked for, so the next page begins after those that came. A page without
    /// a total is the whole listing: the server does not page it.
    fn received<T>(&mut self, page: &Page<T>) {
        self.start += page.received;
        self.over = page.received == 0 || page.total.is_none_or(|total| self.start >= total);
    }
}
