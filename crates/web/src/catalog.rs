//! Questions to the watched servers about what is in their libraries.
//!
//! Whoever asks holds a handle and waits for an answer, for a limited time; whoever answers is elsewhere and reads a
//! bounded queue. Answers are remembered for seconds, since one page asks the same thing many times.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::Kind;
use model::catalog::{
    Answer, CatalogItem, CatalogSection, Children, Collection, Member, Parent, Picture, PicturePath,
    PictureSize, Question,
};
use model::{LibraryKind, SourceId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// Questions waiting for one server; beyond it, who asks waits too, as long as for an answer.
pub const QUESTIONS_MAX: usize = 32;

/// Pictures asked for and not yet looked at by whoever keeps them; beyond it, who asks waits too.
const PICTURES_MAX: usize = 64;

/// Longest wait for an answer: a large collection takes some pages.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long an answer is taken for the present.
const FRESH: Duration = Duration::from_secs(10);

/// Rows (members, items, collections) remembered in all; some kilobytes each at most. Larger answers are not kept.
const CACHED_ROWS_MAX: usize = 2000;

/// What travels to a server's task: the question, and where its answer goes.
pub type CatalogQuestion = (Question, oneshot::Sender<Result<Answer, (Kind, String)>>);

/// What travels to whoever keeps pictures.
#[derive(Debug)]
pub struct PictureQuestion {
    pub server: SourceId,
    pub path: PicturePath,
    pub size: PictureSize,
    pub tell: oneshot::Sender<Result<Picture, CatalogError>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    /// [`Kind::NotFound`] where the server has no such thing, or is not watched; else what keeps it from answering.
    pub kind: Kind,
    /// One line, without secrets.
    pub message: String,
}

impl CatalogError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// The server answered that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }
}

/// Asks watched servers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Catalog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    timeout: Duration,
    servers: Mutex<BTreeMap<SourceId, mpsc::Sender<CatalogQuestion>>>,
    cache: Mutex<Cache>,
    /// Who keeps pictures, if anybody does.
    pictures: Mutex<Option<mpsc::Sender<PictureQuestion>>>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self::with_timeout(TIMEOUT)
    }
}

impl Catalog {
    pub fn with_timeout(timeout: Duration) -> Self {
        Self(Arc::new(Inner {
            timeout,
            servers: Mutex::default(),
            cache: Mutex::default(),
            pictures: Mutex::default(),
        }))
    }

    /// Makes the queue of a server, or replaces it. Who holds the other end answers.
    pub fn add(&self, server: SourceId) -> mpsc::Receiver<CatalogQuestion> {
        let (ask, asked) = mpsc::channel(QUESTIONS_MAX);
        lock(&self.0.servers).insert(server, ask);
        asked
    }

    /// The servers that can be asked.
    pub fn servers(&self) -> Vec<SourceId> {
        lock(&self.0.servers).keys().cloned().collect()
    }

    /// The libraries of a server. `counted`: with how much they hold, which takes the server longer.
    pub async fn sections(
        &self,
        server: &SourceId,
        counted: bool,
    ) -> Result<Arc<[CatalogSection]>, CatalogError> {
        match self.ask(server, Question::Sections { counted }).await? {
            Answer::Sections(sections) => Ok(sections),
            other => Err(mismatch(&other)),
        }
    }

    /// The collections of a library, with where they are shown.
    pub async fn collections(
        &self,
        server: &SourceId,
        section_id: i64,
    ) -> Result<Arc<[Collection]>, CatalogError> {
        match self.ask(server, Question::Collections { section_id }).await? {
            Answer::Collections(collections) => Ok(collections),
            other => Err(mismatch(&other)),
        }
    }

    /// Keys and kinds of everything in a collection.
    pub async fn collection_members(
        &self,
        server: &SourceId,
        rating_key: i64,
    ) -> Result<Arc<[Member]>, CatalogError> {
        self.members(server, Parent::Collection, rating_key).await
    }

    /// Keys and kinds of everything in a playlist.
    pub async fn playlist_members(
        &self,
        server: &SourceId,
        rating_key: i64,
    ) -> Result<Arc<[Member]>, CatalogError> {
        self.members(server, Parent::Playlist, rating_key).await
    }

    async fn members(
        &self,
        server: &SourceId,
        of: Parent,
        rating_key: i64,
    ) -> Result<Arc<[Member]>, CatalogError> {
        match self.ask(server, Question::Members { of, rating_key }).await? {
            Answer::Members(members) => Ok(members),
            other => Err(mismatch(&other)),
        }
    }

    /// What is in a show, season, artist, album, collection or playlist, as a listing tells it.
    pub async fn children(
        &self,
        server: &SourceId,
        rating_key: i64,
        of: Parent,
    ) -> Result<Arc<Children>, CatalogError> {
        match self.ask(server, Question::Children { of, rating_key }).await? {
            Answer::Children(children) => Ok(children),
            other => Err(mismatch(&other)),
        }
    }

    /// One item with everything the server tells of it.
    pub async fn metadata(
        &self,
        server: &SourceId,
        rating_key: i64,
    ) -> Result<Arc<CatalogItem>, CatalogError> {
        match self.ask(server, Question::Item { rating_key }).await? {
            Answer::Item(item) => Ok(item),
            other => Err(mismatch(&other)),
        }
    }

    /// The newest items of a library, newest first: films, episodes or artists.
    pub async fn added(
        &self,
        server: &SourceId,
        section_id: i64,
        kind: LibraryKind,
    ) -> Result<Arc<Children>, CatalogError> {
        match self.ask(server, Question::Added { section_id, kind }).await? {
            Answer::Children(found) => Ok(found),
            other => Err(mismatch(&other)),
        }
    }

    /// From now on questions for pictures go to the one who holds the other end, who may keep them and asks servers
    /// with [`Catalog::fetch_picture`].
    pub fn keep_pictures(&self) -> mpsc::Receiver<PictureQuestion> {
        let (ask, asked) = mpsc::channel(PICTURES_MAX);
        *lock(&self.0.pictures) = Some(ask);
        asked
    }

    /// A picture: from whoever keeps them, else from its server.
    pub async fn picture(
        &self,
        server: &SourceId,
        path: PicturePath,
        size: PictureSize,
    ) -> Result<Picture, CatalogError> {
        let Some(queue) = lock(&self.0.pictures).clone() else {
            return self.fetch_picture(server, path, size).await;
        };
        let (tell, told) = oneshot::channel();
        let question = PictureQuestion {
            server: server.clone(),
            path,
            size,
            tell,
        };
        let gone = || CatalogError::new(Kind::Internal, "nobody keeps pictures any more");
        let exchange = async {
            queue.send(question).await.map_err(|_| gone())?;
            told.await.unwrap_or_else(|_| Err(gone()))
        };
        let answer = timeout(self.0.timeout, exchange).await;
        answer.unwrap_or_else(|_| Err(self.late(server)))
    }

    /// A picture from its server. It is not remembered: some would push everything else out of memory.
    pub async fn fetch_picture(
        &self,
        server: &SourceId,
        path: PicturePath,
        size: PictureSize,
    ) -> Result<Picture, CatalogError> {
        match self.exchange(server, Question::Picture { path, size }).await? {
            Answer::Picture(picture) => Ok(picture),
            other => Err(mismatch(&other)),
        }
    }

    async fn ask(&self, server: &SourceId, question: Question) -> Result<Answer, CatalogError> {
        let key = (server.clone(), question);
        if let Some(answer) = lock(&self.0.cache).get(&key) {
            return Ok(answer);
        }
        let answer = self.exchange(server, key.1.clone()).await?;
        lock(&self.0.cache).put(key, answer.clone());
        Ok(answer)
    }

    /// Puts a question to a server and waits.
    async fn exchange(&self, server: &SourceId, question: Question) -> Result<Answer, CatalogError> {
        let Some(queue) = lock(&self.0.servers).get(server).cloned() else {
            let what = format!("no server \"{server}\" is watched");
            return Err(CatalogError::new(Kind::NotFound, what));
        };
        let gone = || {
            CatalogError::new(
                Kind::Internal,
                format!("nobody answers for \"{server}\" any more"),
            )
        };
        let exchange = async {
            let (tell, told) = oneshot::channel();
            queue.send((question, tell)).await.map_err(|_| gone())?;
            told.await
                .unwrap_or_else(|_| Err((Kind::Internal, gone().message)))
                .map_err(|(kind, message)| CatalogError::new(kind, message))
        };
        let answer = timeout(self.0.timeout, exchange).await;
        answer.unwrap_or_else(|_| Err(self.late(server)))
    }

    fn late(&self, server: &SourceId) -> CatalogError {
        let s = self.0.timeout.as_secs_f64();
        let what = format!("\"{server}\" did not tell about its libraries within {s} s");
        CatalogError::new(Kind::Timeout, what)
    }
}

/// Never held across an await.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn mismatch(answer: &Answer) -> CatalogError {
    let what = match answer {
        Answer::Sections(_) => "sections",
        Answer::Collections(_) => "collections",
        Answer::Members(_) => "members",
        Answer::Children(_) => "children",
        Answer::Item(_) => "an item",
        Answer::Picture(_) => "a picture",
    };
    CatalogError::new(Kind::Internal, format!("asked for something else, got {what}"))
}

/// Recent answers. Failures are not kept: the next question may succeed.
#[derive(Debug, Default)]
struct Cache {
    answers: HashMap<(SourceId, Question), (Instant, usize, Answer)>,
    rows: usize,
}

impl Cache {
    fn get(&self, key: &(SourceId, Question)) -> Option<Answer> {
        let (at, _, answer) = self.answers.get(key)?;
        (at.elapsed() < FRESH).then(|| answer.clone())
    }

    fn put(&mut self, key: (SourceId, Question), answer: Answer) {
        let rows = weight(&answer);
        if rows > CACHED_ROWS_MAX {
            return;
        }
        self.answers.retain(|_, (at, _, _)| at.elapsed() < FRESH);
        self.answers.remove(&key);
        self.rows = self.answers.values().map(|(_, rows, _)| rows).sum();
        if self.rows + rows > CACHED_ROWS_MAX {
            self.answers.clear();
            self.rows = 0;
        }
        self.rows += rows;
        self.answers.insert(key, (Instant::now(), rows, answer));
    }
}

/// In rows; a member takes a hundredth of what an item does.
fn weight(answer: &Answer) -> usize {
    match answer {
        Answer::Sections(sections) => sections.len() + 1,
        Answer::Collections(collections) => collections.len() + 1,
        Answer::Members(members) => members.len() / 100 + 1,
        Answer::Children(children) => children.items.len() + 1,
        Answer::Item(_) => 1,
        // Larger than anything: never kept.
        Answer::Picture(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use model::catalog::ItemKind;

    use super::*;

    /// A server whose items carry how often it was asked.
    fn answering(catalog: &Catalog, server: &str) -> Arc<AtomicUsize> {
        let mut asked = catalog.add(server.into());
        let times = Arc::new(AtomicUsize::new(0));
        let count = times.clone();
        tokio::spawn(async move {
            while let Some((question, tell)) = asked.recv().await {
                let n = count.fetch_add(1, Ordering::SeqCst) + 1;
                let answer = match question {
                    Question::Item { rating_key: 404 } => Err((Kind::NotFound, "no such item".to_owned())),
                    Question::Item { rating_key } => {
                        let mut item = CatalogItem::new(ItemKind::Movie, rating_key);
                        item.index = Some(i64::try_from(n).unwrap());
                        Ok(Answer::Item(Arc::new(item)))
                    }
                    Question::Members { .. } => Ok(Answer::Members(
                        vec![
                            Member {
                                rating_key: 1,
                                kind: ItemKind::Movie
                            };
                            1000 * CACHED_ROWS_MAX
                        ]
                        .into(),
                    )),
                    // Never answered, as by a server that hangs.
                    _ => {
                        tokio::spawn(async move {
                            std::future::pending::<()>().await;
                            drop(tell);
                        });
                        continue;
                    }
                };
                let _ = tell.send(answer);
            }
        });
        times
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_remembered_for_seconds_per_server() {
        let catalog = Catalog::default();
        let (a, b) = ("a".into(), "b".into());
        let (times_a, times_b) = (answering(&catalog, "a"), answering(&catalog, "b"));
        assert_eq!(catalog.metadata(&a, 5).await.unwrap().index, Some(1));
        assert_eq!(catalog.metadata(&a, 5).await.unwrap().index, Some(1));
        assert_eq!(catalog.metadata(&a, 6).await.unwrap().index, Some(2));
        assert_eq!(catalog.metadata(&b, 5).await.unwrap().index, Some(1));
        tokio::time::advance(FRESH).await;
        assert_eq!(catalog.metadata(&a, 5).await.unwrap().index, Some(3));
        assert_eq!(times_a.load(Ordering::SeqCst), 3);
        assert_eq!(times_b.load(Ordering::SeqCst), 1);
        assert_eq!(catalog.servers(), [a, b]);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_told_and_not_remembered() {
        let catalog = Catalog::default();
        let times = answering(&catalog, "a");
        let a = "a".into();
        for _ in 0..2 {
            let e = catalog.metadata(&a, 404).await.unwrap_err();
            assert!(e.is_not_found() && e.message == "no such item");
        }
        assert_eq!(times.load(Ordering::SeqCst), 2);
        let e = catalog.metadata(&"other".into(), 5).await.unwrap_err();
        assert_eq!(
            (e.kind, e.message.as_str()),
            (Kind::NotFound, "no server \"other\" is watched")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let catalog = Catalog::default();
        answering(&catalog, "a");
        let begun = Instant::now();
        let e = catalog.sections(&"a".into(), false).await.unwrap_err();
        assert_eq!(e.kind, Kind::Timeout);
        assert_eq!(begun.elapsed(), TIMEOUT);
        // A task that has gone, and one that never reads its queue.
        drop(catalog.add("b".into()));
        assert_eq!(
            catalog.sections(&"b".into(), false).await.unwrap_err().kind,
            Kind::Internal
        );
        let unread = catalog.add("c".into());
        let many = (0..2 * QUESTIONS_MAX).map(|n| {
            let catalog = catalog.clone();
            async move { catalog.metadata(&"c".into(), i64::try_from(n).unwrap()).await }
        });
        let begun = Instant::now();
        for answer in futures_util::future::join_all(many).await {
            assert_eq!(answer.unwrap_err().kind, Kind::Timeout);
        }
        assert_eq!(begun.elapsed(), TIMEOUT);
        drop(unread);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let catalog = Catalog::default();
        let times = answering(&catalog, "a");
        let a = "a".into();
        for _ in 0..2 {
            catalog.collection_members(&a, 1).await.unwrap();
        }
        assert_eq!(times.load(Ordering::SeqCst), 2, "too large to be kept");
        // Beyond the one key that does not exist.
        for key in 1000..1000 + 3 * i64::try_from(CACHED_ROWS_MAX).unwrap() {
            catalog.metadata(&a, key).await.unwrap();
        }
        let cache = lock(&catalog.0.cache);
        assert!(cache.answers.len() <= CACHED_ROWS_MAX && cache.rows <= CACHED_ROWS_MAX);
    }
}
