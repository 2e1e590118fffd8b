//! Questions about libraries against the simulator, over sockets.

use std::time::Duration;

use base::{Clock, Kind};
use model::catalog::{Answer, CatalogItem, Children, Collection, ItemKind, Member, Parent, Question};
use model::{ContentKind, LibraryKind, SourceId};
use sim::plex::{
    CollectionSeed, Element, Fault, LibrarySeed, PlaylistSeed, Plex, Promoted, Seed, ShelfSeed, Shelved,
};
use sources::Ctx;
use sources::plex::catalog::{self, Asked};
use sources::plex::{Config, TvConfig};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::discovery::{Account, address_alone, plex_tv};
use crate::watch::{PATIENCE, lively, still_server, wait_for};

/// A desk that answers. Stops when dropped.
pub(crate) struct Desk {
    ask: mpsc::Sender<Asked>,
    cancel: CancellationToken,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Desk {
    pub(crate) fn open(cfg: Config) -> Self {
        Self::open_with(cfg, None)
    }

    fn open_with(cfg: Config, tv: Option<TvConfig>) -> Self {
        crate::logs::record();
        let (ask, mut asked) = mpsc::channel(8);
        let cancel = CancellationToken::new();
        // What requests are reported is nobody's concern here.
        let (out, mut reports) = mpsc::channel(1024);
        tokio::spawn(async move { while reports.recv().await.is_some() {} });
        let ctx = Ctx {
            id: SourceId::new("attic"),
            clock: Clock::system(),
            out,
            cancel: cancel.clone(),
        };
        tokio::spawn(async move { catalog::run(cfg, tv, ctx, &mut asked).await });
        Self { ask, cancel }
    }

    pub(crate) async fn ask(&self, question: Question) -> Result<Answer, (Kind, String)> {
        let (tell, told) = oneshot::channel();
        self.ask.send((question, tell)).await.unwrap();
        timeout(PATIENCE, told).await.unwrap().unwrap()
    }

    async fn collections(&self, section_id: i64) -> Vec<Collection> {
        match self.ask(Question::Collections { section_id }).await.unwrap() {
            Answer::Collections(found) => found.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    async fn members(&self, of: Parent, rating_key: i64) -> Vec<Member> {
        match self.ask(Question::Members { of, rating_key }).await.unwrap() {
            Answer::Members(found) => found.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    async fn children(&self, of: Parent, rating_key: i64) -> Children {
        match self.ask(Question::Children { of, rating_key }).await.unwrap() {
            Answer::Children(found) => (*found).clone(),
            other => panic!("{other:?}"),
        }
    }

    async fn item(&self, rating_key: i64) -> CatalogItem {
        match self.ask(Question::Item { rating_key }).await.unwrap() {
            Answer::Item(found) => (*found).clone(),
            other => panic!("{other:?}"),
        }
    }

    async fn fails(&self, question: Question) -> (Kind, String) {
        self.ask(question).await.unwrap_err()
    }
}

/// Films 1 to `films`, a show with a season of two episodes, three collections and a playlist.
fn shelf(films: u64) -> ShelfSeed {
    let film = |n: u64| {
        Shelved::new(1, n, "movie", format!("Film {n}"))
            .attr("year", 2000)
            .with(Element::tag("Genre", "Drama"))
            .with(
                Element::new("Media").attr("id", n).child(
                    Element::new("Part")
                        .attr("id", n)
                        .child(Element::new("Stream").attr("id", n * 10).attr("streamType", 1)),
                ),
            )
    };
    let mut items: Vec<_> = (1..=films).map(film).collect();
    items.push(Shelved::new(2, 900_015, "show", "Harbour"));
    items.push(
        Shelved::new(2, 900_016, "season", "Season 1")
            .below(900_015)
            .attr("index", 1),
    );
    for n in 1..=2_u64 {
        items.push(
            Shelved::new(2, 900_020 + n, "episode", format!("Part {n}"))
                .below(900_016)
                .attr("index", n),
        );
    }
    ShelfSeed {
        items,
        collections: vec![
            CollectionSeed::new(1, 800_001, "Sea")
                .members(1..=films)
                .promoted(Promoted::to(true, false, true)),
            CollectionSeed::new(1, 800_002, "Land"),
            CollectionSeed::new(2, 800_003, "Sea")
                .of("show")
                .members([900_015])
                .smart(),
        ],
        playlists: vec![PlaylistSeed::new(700_001, "Tonight", [900_021, 1, 900_021])],
    }
}

async fn house(films: u64) -> Plex {
    let seed = Seed::default()
        .still()
        .shelf(shelf(films))
        .shared("guest-token", 77, &[])
        .libraries(vec![
            LibrarySeed::movies("Films", 0),
            LibrarySeed::shows("Series", 0, 0, 0),
        ]);
    Plex::start(seed).await
}

#[tokio::test]
async fn everything_a_library_holds_can_be_asked_for() {
    let plex = house(3).await;
    let desk = Desk::open(lively(&plex));
    let found = desk.collections(1).await;
    let titles: Vec<_> = found
        .iter()
        .map(|c| (c.rating_key, &*c.title, c.child_count))
        .collect();
    assert_eq!(titles, [(800_001, "Sea", Some(3)), (800_002, "Land", Some(0))]);
    let shown = found[0].visibility.unwrap();
    assert!(shown.recommended && !shown.own_home && shown.shared_home);
    assert!(
        !found[1].visibility.unwrap().is_promoted(),
        "not listed is promoted nowhere, which is known"
    );
    assert_eq!(found[0].section_title.as_deref(), Some("Films"));
    assert_eq!(desk.collections(2).await[0].smart, Some(true));

    let keys = |members: Vec<Member>| members.iter().map(|m| m.rating_key).collect::<Vec<_>>();
    assert_eq!(keys(desk.members(Parent::Collection, 800_001).await), [1, 2, 3]);
    assert_eq!(desk.members(Parent::Collection, 800_002).await, []);
    assert_eq!(
        keys(desk.members(Parent::Playlist, 700_001).await),
        [900_021, 1, 900_021]
    );
    let show = desk.members(Parent::Collection, 800_003).await;
    assert_eq!((show[0].rating_key, show[0].kind), (900_015, ItemKind::Show));

    let of_show = desk.children(Parent::Item, 900_015).await;
    assert_eq!(
        (of_show.title.as_deref(), of_show.items.len()),
        (Some("Harbour"), 1)
    );
    let of_season = desk.children(Parent::Item, 900_016).await;
    assert_eq!(of_season.items[1].grandparent_title.as_deref(), Some("Harbour"));
    let of_collection = desk.children(Parent::Collection, 800_001).await;
    assert_eq!(of_collection.title.as_deref(), Some("Sea"));
    assert_eq!(&*of_collection.items[0].genres[0], "Drama");
    assert!(of_collection.items[0].media[0].parts[0].streams.is_empty());
    assert_eq!(
        desk.children(Parent::Playlist, 700_001).await.title.as_deref(),
        Some("Tonight")
    );
    let item = desk.item(2).await;
    assert_eq!(
        (item.title.as_deref(), item.section_id),
        (Some("Film 2"), Some(1))
    );
    assert_eq!(item.media[0].parts[0].streams[0].id, Some(20));

    let Answer::Sections(sections) = desk.ask(Question::Sections { counted: true }).await.unwrap() else {
        panic!("something else");
    };
    assert_eq!((sections[0].section_id, &*sections[1].title), (1, "Series"));
    let counts: Vec<_> = sections[1].counts.iter().map(|c| (c.kind, c.items)).collect();
    assert_eq!(
        counts,
        [
            (ContentKind::Shows, 1),
            (ContentKind::Seasons, 1),
            (ContentKind::Episodes, 2)
        ]
    );
    for request in plex.world().requests() {
        assert!(!request.token_in_query && request.method == "GET", "{request:?}");
    }
}

#[tokio::test]
async fn large_collections_are_read_page_by_page() {
    let plex = house(4321).await;
    let desk = Desk::open(lively(&plex));
    let members = desk.members(Parent::Collection, 800_001).await;
    assert!(members.iter().map(|m| m.rating_key).eq(1..=4321));
    let pages: Vec<_> = plex
        .world()
        .requests()
        .into_iter()
        .filter(|r| r.path.ends_with("/children"))
        .collect();
    assert_eq!(pages.len(), 5);
    assert!(pages.iter().all(|p| p.query.contains("X-Plex-Container-Start=")
        && p.query.contains("X-Plex-Container-Size=")
        && p.query.contains("excludeElements=")));
    let items = desk.children(Parent::Collection, 800_001).await.items;
    assert!(items.iter().map(|i| i.rating_key).eq(1..=4321));
}

#[tokio::test]
async fn the_newest_items_of_a_library_are_told_newest_first() {
    let seed = Seed::default().still().libraries(vec![
        LibrarySeed::movies("Films", 30),
        LibrarySeed::shows("Series", 2, 4, 24),
    ]);
    let plex = Plex::start(seed).await;
    let desk = Desk::open(lively(&plex));
    let Answer::Sections(sections) = desk.ask(Question::Sections { counted: false }).await.unwrap() else {
        panic!("sections are answered by sections")
    };
    for (kind, told) in [
        (LibraryKind::Movie, ItemKind::Movie),
        (LibraryKind::Show, ItemKind::Episode),
    ] {
        let section_id = sections.iter().find(|s| s.kind == kind).unwrap().section_id;
        let Answer::Children(found) = desk.ask(Question::Added { section_id, kind }).await.unwrap() else {
            panic!("a listing is answered by a listing")
        };
        assert_eq!(found.items.len(), 10, "{kind:?}");
        assert!(found.items.iter().all(|i| i.kind == told), "{kind:?}");
        assert!(
            found.items.is_sorted_by(|a, b| a.added_at_s > b.added_at_s),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let plex = house(3).await;
    let desk = Desk::open(lively(&plex));
    for question in [
        Question::Item { rating_key: 77 },
        Question::Members {
            of: Parent::Collection,
            rating_key: 77,
        },
        Question::Children {
            of: Parent::Playlist,
            rating_key: 77,
        },
        Question::Collections { section_id: 77 },
    ] {
        let (kind, message) = desk.fails(question.clone()).await;
        assert_eq!(kind, Kind::NotFound, "{question:?}");
        assert!(message.starts_with("plex \"attic\": "), "{message}");
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_an_error_and_never_an_empty_answer() {
    let plex = house(3).await;
    let world = plex.world();
    let cfg = Config {
        timeout_s: 0.4,
        ..lively(&plex)
    };
    let desk = Desk::open(cfg);
    let question = || Question::Members {
        of: Parent::Collection,
        rating_key: 800_001,
    };
    desk.ask(question()).await.unwrap();
    for (fault, expected) in [
        (Fault::Refuse, Kind::Unreachable),
        (Fault::Unauthorized, Kind::Unauthorized),
        (Fault::Status(500), Kind::ServerError),
        (Fault::Maintenance, Kind::Starting),
        (Fault::Truncate, Kind::BadPayload),
        (Fault::BadJson, Kind::BadPayload),
        (Fault::HugeBody(64 << 20), Kind::BadPayload),
        (Fault::Hang, Kind::Timeout),
    ] {
        let faults = world.fault(fault.clone().on("/library"));
        let (kind, message) = desk.fails(question()).await;
        assert_eq!(kind, expected, "{fault:?}: {message}");
        assert!(!message.contains(plex.token()), "{message}");
        world.release(faults);
    }
    desk.ask(question()).await.unwrap();
    // The second half of a listing is missing: half a collection is no collection.
    let plex = house(2500).await;
    let desk = Desk::open(lively(&plex));
    let world = plex.world();
    let task = {
        let question = question();
        async { desk.fails(question).await }
    };
    let breaker = async {
        wait_for("the first page", || {
            world.request_count("/library/collections") >= 1
        })
        .await;
        world.fault(Fault::Status(500).on("/library/collections"))
    };
    world.fault(
        Fault::Slow(Duration::from_millis(300))
            .on("/library/collections")
            .times(1),
    );
    let (failed, _) = tokio::join!(task, breaker);
    assert_eq!(failed.0, Kind::ServerError);
}

#[tokio::test]
async fn another_machine_is_not_believed() {
    let plex = house(3).await;
    let cfg = Config {
        machine_id: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        ..lively(&plex)
    };
    let desk = Desk::open(cfg);
    assert_eq!(
        desk.fails(Question::Sections { counted: false }).await.0,
        Kind::WrongTarget
    );
    assert_eq!(plex.world().request_count("/library"), 0);
}

#[tokio::test]
async fn who_is_not_the_owner_learns_collections_but_not_where_they_are_shown() {
    let plex = house(3).await;
    let cfg = Config {
        token: Some(base::Secret::new("guest-token")),
        ..lively(&plex)
    };
    let desk = Desk::open(cfg);
    let found = desk.collections(1).await;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|c| c.visibility.is_none()));
    // Trouble with that question is another matter.
    plex.world().fault(Fault::Status(500).on("/hubs"));
    assert_eq!(
        desk.fails(Question::Collections { section_id: 1 }).await.0,
        Kind::ServerError
    );
}

#[tokio::test]
async fn any_spelling_gives_the_same_answer() {
    let plex = still_server().await;
    let desk = Desk::open(lively(&plex));
    let plain = desk.collections(1).await;
    assert_eq!(plain.len(), 10);
    let first = plain[0].rating_key;
    let members = desk.members(Parent::Collection, first).await;
    let item = desk.item(members[0].rating_key).await;
    assert!(!item.markers.is_empty() && !item.media[0].parts[0].streams.is_empty());
    for fault in [Fault::WrongTypes, Fault::StringTypes] {
        plex.world().clear_faults();
        plex.world().fault(fault.on("/"));
        let desk = Desk::open(lively(&plex));
        assert_eq!(desk.collections(1).await, plain);
        assert_eq!(desk.members(Parent::Collection, first).await, members);
        assert_eq!(desk.item(members[0].rating_key).await, item);
    }
}

#[tokio::test]
async fn a_few_questions_at_once_and_none_for_those_who_left() {
    let plex = house(3).await;
    let world = plex.world();
    let desk = Desk::open(lively(&plex));
    desk.ask(Question::Item { rating_key: 1 }).await.unwrap();
    world.fault(Fault::Hang.on("/library/metadata"));
    let before = world.request_count("/library/metadata");
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let (tell, told) = oneshot::channel();
        desk.ask
            .send((Question::Item { rating_key: 2 }, tell))
            .await
            .unwrap();
        waiting.push(told);
    }
    wait_for("four", || world.request_count("/library/metadata") - before == 4).await;
    drop(waiting);
    world.clear_faults();
    let answer = desk.ask(Question::Item { rating_key: 3 }).await.unwrap();
    assert!(matches!(answer, Answer::Item(item) if item.rating_key == 3));
    assert_eq!(
        world.request_count("/library/metadata") - before,
        5,
        "the questions of those who left were not asked"
    );
}

#[tokio::test]
async fn a_desk_finds_its_server_once_it_is_back() {
    let plex = house(3).await;
    let world = plex.world();
    let desk = Desk::open(lively(&plex));
    world.fault(Fault::Refuse.on("/"));
    assert_eq!(
        desk.fails(Question::Item { rating_key: 1 }).await.0,
        Kind::Unreachable
    );
    world.clear_faults();
    desk.ask(Question::Item { rating_key: 1 }).await.unwrap();
}

#[tokio::test]
async fn a_token_of_the_account_that_is_refused_is_asked_for_again() {
    let plex = house(3).await;
    let (tv, tv_cfg) = plex_tv(&plex).await;
    let account = Account::signed_in(tv_cfg, "catalog");
    let desk = Desk::open_with(address_alone(&plex), Some(account.cfg.clone()));
    let question = || Question::Item { rating_key: 1 };
    desk.ask(question()).await.unwrap();
    account.sign_in_anew(&plex, &tv).await;
    assert_eq!(desk.fails(question()).await.0, Kind::Unauthorized);
    desk.ask(question()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_the_account_does_not_open_is_left_alone_for_a_while() {
    let plex = house(3).await;
    let (tv, tv_cfg) = plex_tv(&plex).await;
    tv.remove_server(&plex.machine_id());
    let desk = Desk::open_with(address_alone(&plex), Some(tv_cfg));
    for _ in 0..4 {
        let (kind, told) = desk.fails(Question::Item { rating_key: 1 }).await;
        assert_eq!(kind, Kind::Unauthorized);
        assert!(told.contains("not among the servers"), "{told}");
    }
    assert_eq!(plex.world().request_count("/identity"), 1);
    assert_eq!(tv.request_count("/api/v2/resources"), 1);
}
