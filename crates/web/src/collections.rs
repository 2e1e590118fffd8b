//! Finding collections on the watched servers, and asking for what was watched of them to be counted.
//!
//! Counting changes the history, so it is done elsewhere: a handle here passes the request on and waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::Kind;
use futures_util::future::join_all;
use history::collections::Snapshot;
use model::catalog::{Collection, Visibility};
use model::{LibraryKind, SourceId, Text};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;

use crate::{Catalog, CatalogError};

/// Requests waiting to be counted; further ones are told to come back.
const REQUESTS_MAX: usize = 4;

/// A place where collections are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Recommended,
    OwnHome,
    SharedHome,
}

impl Place {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::OwnHome => "own_home",
            Self::SharedHome => "shared_home",
        }
    }

    fn shows(self, visibility: Visibility) -> bool {
        match self {
            Self::Recommended => visibility.recommended,
            Self::OwnHome => visibility.own_home,
            Self::SharedHome => visibility.shared_home,
        }
    }
}

/// Which collections. Empty lists let everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Our names of servers.
    pub servers: Vec<String>,
    /// Names of libraries.
    pub libraries: Vec<String>,
    /// Exact names of collections.
    pub names: Vec<String>,
    /// Shown in one of these places.
    pub visibility: Vec<Place>,
}

impl Wish {
    /// Nothing in particular.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// A collection on a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub server: SourceId,
    /// The name of its library.
    pub library: Text,
    pub collection: Collection,
}

/// Something that was wished for and could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    pub server: Option<SourceId>,
    pub library: Option<Text>,
    pub collection: Option<Text>,
    pub rating_key: Option<i64>,
    pub kind: Kind,
    /// One line for people.
    pub reason: String,
}

impl Missed {
    fn of(kind: Kind, reason: impl Into<String>) -> Self {
        Self {
            server: None,
            library: None,
            collection: None,
            rating_key: None,
            kind,
            reason: reason.into(),
        }
    }

    fn at(server: &SourceId, e: CatalogError) -> Self {
        Self {
            server: Some(server.clone()),
            ..Self::of(e.kind, e.message)
        }
    }

    /// This collection, for this reason.
    pub fn collection(found: &Found, kind: Kind, reason: impl Into<String>) -> Self {
        Self {
            server: Some(found.server.clone()),
            library: Some(found.library.clone()),
            collection: Some(found.collection.title.clone()),
            rating_key: Some(found.collection.rating_key),
            ..Self::of(kind, reason)
        }
    }
}

/// What was found. Collections of one name in several libraries are several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finding {
    /// By server, library and title.
    pub found: Vec<Found>,
    pub missed: Vec<Missed>,
}

/// Asks the servers, all at once. A server that does not answer is missed, and hides nothing of the others.
pub async fn find(catalog: &Catalog, wish: &Wish) -> Finding {
    let known = catalog.servers();
    let wanted = |server: &SourceId| {
        wish.servers.is_empty() || wish.servers.iter().any(|name| name == server.as_str())
    };
    let asked: Vec<SourceId> = known.iter().filter(|s| wanted(s)).cloned().collect();
    let of_servers = asked.iter().map(|server| find_on(catalog, server, wish));
    let mut finding = Finding::default();
    let mut libraries_seen = Vec::new();
    for of_server in join_all(of_servers).await {
        finding.found.extend(of_server.finding.found);
        finding.missed.extend(of_server.finding.missed);
        libraries_seen.extend(of_server.libraries);
    }
    for name in &wish.servers {
        if !known.iter().any(|server| server.as_str() == name) {
            let what = format!("no server \"{name}\" is watched");
            finding.missed.push(Missed::of(Kind::NotFound, what));
        }
    }
    // A name that nobody knows is worth a word; while somebody has not answered, they might.
    if finding.missed.is_empty() {
        name_the_unknown(wish, &libraries_seen, &mut finding);
    }
    finding.found.sort_by(|a, b| {
        let key = |f: &Found| {
            (
                f.server.clone(),
                f.library.clone(),
                f.collection.title.clone(),
                f.collection.rating_key,
            )
        };
        key(a).cmp(&key(b))
    });
    finding
}

fn name_the_unknown(wish: &Wish, libraries: &[Text], finding: &mut Finding) {
    for name in &wish.libraries {
        if !libraries.iter().any(|library| **library == **name) {
            finding.missed.push(Missed {
                library: Some(name.as_str().into()),
                ..Missed::of(Kind::NotFound, format!("no library is called \"{name}\""))
            });
        }
    }
    for name in &wish.names {
        if !finding.found.iter().any(|f| *f.collection.title == **name) {
            let what = format!("no collection that fits is called \"{name}\"");
            finding.missed.push(Missed {
                collection: Some(name.as_str().into()),
                ..Missed::of(Kind::NotFound, what)
            });
        }
    }
}

#[derive(Default)]
struct OfServer {
    finding: Finding,
    /// Names of all its libraries.
    libraries: Vec<Text>,
}

async fn find_on(catalog: &Catalog, server: &SourceId, wish: &Wish) -> OfServer {
    let mut out = OfServer::default();
    let sections = match catalog.sections(server, false).await {
        Ok(sections) => sections,
        Err(e) => {
            out.finding.missed.push(Missed::at(server, e));
            return out;
        }
    };
    for section in sections.iter() {
        out.libraries.push(section.title.clone());
        let wanted = wish.libraries.is_empty() || wish.libraries.iter().any(|name| **name == *section.title);
        if !wanted || section.kind == LibraryKind::Other {
            continue;
        }
        let collections = match catalog.collections(server, section.section_id).await {
            Ok(collections) => collections,
            // Deleted since it was listed.
            Err(e) if e.is_not_found() => continue,
            Err(e) => {
                out.finding.missed.push(Missed {
                    library: Some(section.title.clone()),
                    ..Missed::at(server, e)
                });
                continue;
            }
        };
        pick(server, &section.title, &collections, wish, &mut out.finding);
    }
    out
}

/// Those that are wished for.
fn pick(server: &SourceId, library: &Text, all: &[Collection], wish: &Wish, finding: &mut Finding) {
    let named = all
        .iter()
        .filter(|c| wish.names.is_empty() || wish.names.iter().any(|name| **name == *c.title));
    let mut hidden = false;
    for collection in named {
        let shown = match collection.visibility {
            _ if wish.visibility.is_empty() => true,
            Some(visibility) => wish.visibility.iter().any(|place| place.shows(visibility)),
            None => {
                hidden = true;
                false
            }
        };
        if shown {
            finding.found.push(Found {
                server: server.clone(),
                library: library.clone(),
                collection: collection.clone(),
            });
        }
    }
    if hidden {
        let what = "where its collections are shown is not known: only the owner's token may ask";
        finding.missed.push(Missed {
            server: Some(server.clone()),
            library: Some(library.clone()),
            ..Missed::of(Kind::Forbidden, what)
        });
    }
}

/// A counting to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectRequest {
    /// An open one leaves the choice to the configuration.
    pub wish: Wish,
    pub rotation_id: Option<String>,
    /// Days of history to count, 0 for all; absent: as configured.
    pub window_days: Option<u32>,
    /// A JSON object to be kept with each snapshot.
    pub extra: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CollectReport {
    /// As kept, with where each collection was shown at that time.
    pub collected: Vec<(Snapshot, Option<Visibility>)>,
    pub failed: Vec<Missed>,
}

/// A request, and where its report goes.
pub type CollectAsked = (CollectRequest, oneshot::Sender<CollectReport>);

/// Asks for countings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Collector(Arc<mpsc::Sender<CollectAsked>>);

impl Collector {
    /// The handle, and the queue of whoever counts.
    pub fn channel() -> (Self, mpsc::Receiver<CollectAsked>) {
        let (ask, asked) = mpsc::channel(REQUESTS_MAX);
        (Self(Arc::new(ask)), asked)
    }

    /// Waits until it is counted; refused at once if too many wait already.
    pub async fn collect(&self, request: CollectRequest) -> Result<CollectReport, CatalogError> {
        let (tell, told) = oneshot::channel();
        self.0.try_send((request, tell)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => CatalogError {
                kind: Kind::RateLimited,
                message: "too many countings wait already".to_owned(),
            },
            mpsc::error::TrySendError::Closed(_) => gone(),
        })?;
        told.await.map_err(|_| gone())
    }
}

fn gone() -> CatalogError {
    CatalogError {
        kind: Kind::Internal,
        message: "nobody counts collections any more".to_owned(),
    }
}

/// Collections by server and key.
pub(crate) fn by_key(found: &[Found]) -> BTreeMap<(&SourceId, i64), &Found> {
    found
        .iter()
        .map(|f| ((&f.server, f.collection.rating_key), f))
        .collect()
}

/// A counting asked of a running instance: the body of `POST /api/v1/collections/collect`.
pub fn request_json(request: &CollectRequest) -> String {
    let mut body = serde_json::Map::new();
    let mut put = |key: &str, value: serde_json::Value| {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            body.insert(key.to_owned(), value);
        }
    };
    let wish = &request.wish;
    put("names", wish.names.clone().into());
    put("library", wish.libraries.clone().into());
    put("server", wish.servers.clone().into());
    let places = wish.visibility.iter().map(|place| place.as_str());
    put("visibility", places.collect());
    put("rotation_id", request.rotation_id.clone().into());
    put("window_days", request.window_days.into());
    let extra = request
        .extra
        .as_deref()
        .and_then(|e| serde_json::from_str(e).ok());
    put("extra", extra.unwrap_or_default());
    serde_json::Value::Object(body).to_string()
}

/// What came of a counting, as far as a line of text tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub collected: Vec<ToldCollection>,
    /// Reasons.
    pub failed: Vec<String>,
}

/// One collection, counted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ToldCollection {
    pub server: String,
    pub library: String,
    pub collection: String,
    pub window_days: i64,
    pub plays: i64,
    pub duration_s: i64,
    pub unique_users: i64,
    pub items: Option<i64>,
    pub items_watched: Option<i64>,
}

impl Told {
    /// Of an answer of a running instance; `None` if it is something else.
    pub fn of_json(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            collected: Vec<Kept>,
            failed: Vec<Failed>,
        }
        #[derive(Deserialize)]
        struct Kept {
            snapshot: ToldCollection,
        }
        #[derive(Deserialize)]
        struct Failed {
            reason: String,
        }
        let body: Body = serde_json::from_slice(body).ok()?;
        Some(Self {
            collected: body.collected.into_iter().map(|kept| kept.snapshot).collect(),
            failed: body.failed.into_iter().map(|failed| failed.reason).collect(),
        })
    }
}

impl From<&CollectReport> for Told {
    fn from(report: &CollectReport) -> Self {
        let collected = report.collected.iter().map(|(s, _)| ToldCollection {
            server: s.server.to_string(),
            library: s.library.to_string(),
            collection: s.collection_name.to_string(),
            window_days: s.window_days,
            plays: s.total_plays,
            duration_s: s.total_duration_s,
            unique_users: s.unique_users,
            items: s.items,
            items_watched: s.items_watched,
        });
        Self {
            collected: collected.collect(),
            failed: report.failed.iter().map(|missed| missed.reason.clone()).collect(),
        }
    }
}
