//! A house with servers in it: a live actor, a context, and a listener on a free port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use base::Clock;
use base::supervise::Supervisor;
use base::tls::Trust;
use jiff::Timestamp;
use model::{Body, Observation, Session, SourceId};
use reqwest::{Client, Method, RequestBuilder};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use web::{Context, Events, ScrapeHint};

/// 2026-11-21T20:00:00Z
pub(crate) const START: Timestamp = Timestamp::constant(1_795_291_200, 0);

/// Longer than anything here takes; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct House {
    pub(crate) ctx: Arc<Context>,
    pub(crate) clock: Clock,
    observations: mpsc::Sender<Observation>,
}

impl House {
    pub(crate) fn new(servers: &[&str]) -> Self {
        Self::with(servers, |_| ())
    }

    pub(crate) fn with(servers: &[&str], change: impl FnOnce(&mut Context)) -> Self {
        Self::of_kinds(servers.iter().map(|id| (*id, model::PLEX)), change)
    }

    /// Servers of any kind.
    pub(crate) fn of_kinds<'a>(
        servers: impl Iterator<Item = (&'a str, &'static str)>,
        change: impl FnOnce(&mut Context),
    ) -> Self {
        let (actor, live) = live::channel(servers.map(|(id, kind)| (SourceId::from(id), kind)));
        let (observations, queue) = mpsc::channel(live::OBSERVATION_QUEUE);
        tokio::spawn(actor.run(queue));
        let (clock, cancel) = (Clock::manual(START), CancellationToken::new());
        let mut ctx = Context {
            live,
            clock: clock.clone(),
            tasks: Supervisor::new(cancel.clone()).stats(),
            options: export::Options::default(),
            version: "1.2.3",
            started_at: START,
            cancel,
            ready: Arc::new(AtomicBool::new(true)),
            base_path: String::new(),
            events: Events::default(),
            scrape_hint: ScrapeHint::default(),
            history: None,
            recording: history::record::Status::default(),
            tautulli: None,
            access: access::Gate::open(),
            catalog: None,
            collector: None,
            setup: None,
            sinks: Vec::new(),
            places: std::collections::BTreeMap::default(),
            upload_limit_bps: None,
        };
        change(&mut ctx);
        Self {
            ctx: Arc::new(ctx),
            clock,
            observations,
        }
    }

    /// Tells `live` something about a server and waits until it is published.
    pub(crate) async fn tell(&self, server: &str, body: Body) {
        let before = self.ctx.live.snapshot().version;
        self.say(server, body).await;
        let mut snapshots = self.ctx.live.watch();
        let published = snapshots.wait_for(|s| s.version > before);
        tokio::time::timeout(PATIENCE, published).await.unwrap().unwrap();
    }

    /// The same without waiting.
    pub(crate) async fn say(&self, server: &str, body: Body) {
        let (taken_at, mono_ms) = (self.clock.now(), self.clock.mono_ms());
        self.observations
            .send(Observation {
                source: server.into(),
                taken_at,
                mono_ms,
                body,
            })
            .await
            .unwrap();
    }

    /// A full look at what plays, ten milliseconds after whatever came before.
    pub(crate) async fn plays(&self, server: &str, sessions: Vec<Session>) {
        let asked_mono_ms = self.clock.mono_ms();
        self.clock.advance(10);
        self.tell(
            server,
            Body::Sessions {
                sessions,
                asked_mono_ms,
            },
        )
        .await;
    }

    pub(crate) fn router(&self) -> axum::Router {
        web::router(self.ctx.clone(), export::Profile::Native)
    }

    pub(crate) async fn open(self) -> Open {
        let router = self.router();
        Open::serve(self, router).await
    }
}

/// A house with its door open.
pub(crate) struct Open {
    pub(crate) house: House,
    pub(crate) address: SocketAddr,
    pub(crate) served: JoinHandle<std::io::Result<()>>,
    client: Client,
}

impl Open {
    pub(crate) async fn serve(house: House, router: axum::Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(web::serve(listener, router, house.ctx.cancel.clone()));
        let client = base::http::client(&Trust::default(), PATIENCE).unwrap();
        Self {
            house,
            address,
            served,
            client,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, path, headers).await
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {}", self.text()))
    }

    pub(crate) fn error(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |field: &str| error[field].as_str().unwrap().to_owned();
        (self.status, text("kind"), text("message"))
    }
}

pub(crate) mod sample {
    //! Things that play.

    use std::sync::Arc;

    use model::{
        Activity, AudioStream, Body, ContentCount, ContentKind, Decision, Delivery, HostLoad, Item, Library,
        LibraryKind, LibraryRef, LiveChannel, MediaKind, Network, Player, Reason, ServerInfo, Session,
        SourceMedia, State, SubtitleAction, SubtitleStream, Transcode, TranscodeCounts, UpdateStatus, User,
        VideoStream,
    };

    /// A film on a television at home, played as it is.
    pub(crate) fn film(key: &str, title: &str) -> Session {
        Session {
            key: key.into(),
            client_run: None,
            state: State::Playing,
            position_ms: Some(60_000),
            item: Arc::new(item(MediaKind::Movie, title)),
            user: Some(User {
                id: Some("1".into()),
                name: "anna".into(),
            }),
            player: Arc::new(Player {
                machine_id: Some(format!("machine-{key}").into()),
                title: Some("Living room".into()),
                product: Some("Plex for LG".into()),
                platform: Some("webOS".into()),
                address: Some("192.0.2.7".into()),
                local: Some(true),
                network: Some(Network::Lan),
                ..Player::default()
            }),
            source: Arc::new(source("h264", "1080", 9_500_000)),
            delivery: Arc::new(Delivery {
                decision: Some(Decision::DirectPlay),
                bitrate_bps: Some(9_500_000),
                ..Delivery::default()
            }),
        }
    }

    pub(crate) fn item(kind: MediaKind, title: &str) -> Item {
        Item {
            rating_key: Some(title.into()),
            guid: None,
            kind,
            title: Some(title.into()),
            parent_title: None,
            grandparent_title: None,
            original_title: None,
            index: None,
            parent_index: None,
            year: Some(1982),
            duration_ms: Some(5_400_000),
            library: Some(LibraryRef {
                id: "1".into(),
                title: "Films".into(),
                kind: LibraryKind::Movie,
            }),
            thumb: Some("/library/metadata/1/thumb/2?X-Plex-Token=planted-secret".into()),
            live: None,
            extra: false,
            details: model::ItemDetails::default(),
        }
    }

    fn source(codec: &str, resolution: &str, bitrate_bps: u64) -> SourceMedia {
        SourceMedia {
            container: Some("mkv".into()),
            bitrate_bps: Some(bitrate_bps),
            video_codec: Some(codec.into()),
            video_resolution: Some(resolution.into()),
            dynamic_range: Some("HDR10".into()),
            audio_codec: Some("truehd".into()),
            audio_channels: Some(8),
            subtitle_codec: Some("pgs".into()),
        }
    }

    /// An episode from outside, transcoded, with every field that can be set.
    pub(crate) fn episode(key: &str) -> Session {
        let mut session = film(key, "The Test");
        session.client_run = Some("run".into());
        session.user = Some(User {
            id: Some("42".into()),
            name: "bert".into(),
        });
        session.item = Arc::new(Item {
            guid: Some("plex://episode/5".into()),
            parent_title: Some("Season 2".into()),
            grandparent_title: Some("A Show".into()),
            original_title: Some("El Test".into()),
            index: Some(5),
            parent_index: Some(2),
            live: None,
            ..item(MediaKind::Episode, "The Test")
        });
        session.player = Arc::new(Player {
            machine_id: Some("machine-2".into()),
            title: Some("Bert's phone".into()),
            product: Some("Plex for Android".into()),
            platform: Some("Android".into()),
            device: Some("Pixel".into()),
            version: Some("10.1".into()),
            address: Some("198.51.100.4".into()),
            local: Some(false),
            secure: Some(true),
            network: Some(Network::Wan),
            location: Some("wan".into()),
        });
        session.source = Arc::new(source("hevc", "4k", 42_000_000));
        session.delivery = Arc::new(transcoded());
        session
    }

    fn transcoded() -> Delivery {
        Delivery {
            decision: Some(Decision::Transcode),
            container_decision: Some(Decision::Transcode),
            container: Some("mpegts".into()),
            protocol: Some("hls".into()),
            bitrate_bps: Some(4_000_000),
            reserved_bps: Some(6_000_000),
            video: Some(VideoStream {
                decision: Some(Decision::Transcode),
                codec: Some("h264".into()),
                resolution: Some("720".into()),
                width: Some(1280),
                height: Some(720),
            }),
            audio: Some(AudioStream {
                decision: Some(Decision::Copy),
                codec: Some("aac".into()),
                channels: Some(2),
                language: Some("en".into()),
            }),
            subtitle: Some(SubtitleStream {
                action: Some(SubtitleAction::Burn),
                codec: Some("pgs".into()),
                language: Some("de".into()),
            }),
            transcode: Some(Transcode {
                key: Some("bare".into()),
                speed: Some(2.3),
                throttled: Some(false),
                complete: Some(false),
                progress_percent: Some(12.5),
                buffer_ahead_ms: Some(40_000),
                hw_requested: Some(true),
                hw_decode: Some("vaapi".into()),
                hw_encode: Some("vaapi".into()),
                hw_full_pipeline: Some(true),
                reasons: vec![Reason::SubtitleBurn, Reason::VideoCodec],
            }),
            ..Delivery::default()
        }
    }

    /// A television channel, in a session that knows little else.
    pub(crate) fn channel(key: &str) -> Session {
        let mut session = film(key, "News at Ten");
        session.user = None;
        session.player = Arc::default();
        session.source = Arc::default();
        session.delivery = Arc::default();
        session.item = Arc::new(Item {
            live: Some(LiveChannel {
                call_sign: Some("TST".into()),
                title: Some("Test TV".into()),
                number: Some("7.1".into()),
            }),
            library: None,
            ..item(MediaKind::Episode, "News at Ten")
        });
        session
    }

    /// Everything a server may tell besides sessions.
    pub(crate) fn everything() -> Vec<Body> {
        vec![
            Body::Info(ServerInfo {
                machine_id: "machine".into(),
                name: Some("Attic".into()),
                version: Some("1.43.0.1-abcdef".into()),
                platform: Some("Linux".into()),
                platform_version: Some("6.1".into()),
                plex_pass: Some(true),
                video_transcodes: Some(1),
            }),
            Body::Libraries(Arc::new(vec![library("1", "Films"), library("2", "More films")])),
            Body::Host(HostLoad {
                host_cpu_ratio: Some(0.25),
                host_memory_ratio: Some(f64::NAN),
                process_cpu_ratio: Some(0.5),
                process_memory_ratio: Some(0.125),
            }),
            Body::Transmitted(vec![model::TransmitDelta {
                network: Network::Lan,
                bytes: 5_000,
            }]),
            Body::Transcodes(TranscodeCounts {
                streaming: 1,
                offline: 0,
            }),
            Body::Activities(vec![Activity {
                uuid: "u".into(),
                kind: "library.update.section".into(),
                title: Some("Scanning Films".into()),
                subtitle: Some("A".into()),
                progress_percent: Some(3.0),
            }]),
            Body::Update(UpdateStatus {
                available_version: Some("1.44".into()),
                can_install: Some(false),
            }),
            Body::Feature(model::Feature::Resources, model::Availability::Available),
            Body::Feature(model::Feature::Bandwidth, model::Availability::Unavailable),
            Body::Link(model::Link::WebSocket),
            Body::Notifications(7),
            Body::Request(model::RequestReport {
                endpoint: model::Endpoint::Sessions,
                duration_ms: 12,
                error: Some("timeout"),
                retries: 1,
            }),
            Body::Request(model::RequestReport {
                endpoint: model::Endpoint::Sessions,
                duration_ms: 11,
                error: None,
                retries: 0,
            }),
        ]
    }

    pub(crate) fn library(id: &str, title: &str) -> Library {
        Library {
            id: id.into(),
            title: title.into(),
            kind: LibraryKind::Movie,
            storage_bytes: Some(1_500_000_000_000),
            duration_ms: Some(1_000),
            refreshing: Some(false),
            counts: vec![ContentCount {
                kind: ContentKind::Movies,
                items: 321,
            }],
        }
    }

    pub(crate) fn down(kind: &'static str) -> Body {
        Body::Outage(model::Outage {
            kind,
            message: format!("plex \"attic\": {kind}").into(),
        })
    }
}
