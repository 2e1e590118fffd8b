//! An endless evening: a few people, their devices, and what they do with them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use crate::plex::{
    ActivitySeed, Delivery, DownloadSeed, Item, Kind, LibraryKind, LibrarySeed, Network, Player, Quality,
    Seed, SessionSeed, Subtitle, SubtitleDecision, User, World,
};

/// Seconds of the evening one turn stands for, on average.
const TURN_MS: std::ops::Range<u64> = 1_200..3_600;

/// The server of the demo: a house with a Plex Pass.
pub fn household_seed() -> Seed {
    let user = |id, name: &'static str| User {
        id,
        name: name.into(),
    };
    Seed {
        history_rows: 60,
        random: 20,
        ..Seed::default()
    }
    .name("Attic")
    .libraries(vec![
        LibrarySeed::movies("Films", 846),
        LibrarySeed::shows("Series", 74, 268, 3_912),
        LibrarySeed::music("Music", 214, 702, 8_655),
        LibrarySeed::photos("Photos", 131, 9_482, 207),
        LibrarySeed::home_videos("Family tapes", 63),
    ])
    .users(vec![
        user(1, "marlo"),
        user(20_417_733, "Wren"),
        user(51_902_864, "Tobias"),
        user(33_580_112, "Odalys"),
        user(77_120_945, "Grandpa Finch"),
        user(64_009_381, "ines.k"),
        user(80_255_017, "Bartholomew"),
    ])
}

/// The second server of the demo: smaller, elsewhere, without a Plex Pass.
pub fn cabin_seed() -> Seed {
    let user = |id, name: &'static str| User {
        id,
        name: name.into(),
    };
    Seed {
        history_rows: 9,
        random: 21,
        ..Seed::default()
    }
    .name("Cabin")
    .machine_id("0c44b7e91f6a4d0b8d2e75a13f90c6128e5b7d3a")
    .token("sim-cabin-token-Vd4k")
    .without_pass()
    .libraries(vec![
        LibrarySeed::movies("Rainy days", 118),
        LibrarySeed::shows("Serials", 9, 31, 402),
        LibrarySeed::music("Records", 40, 77, 912),
    ])
    .users(vec![
        user(1, "marlo"),
        user(20_417_733, "Wren"),
        user(95_310_226, "Neighbour Lund"),
    ])
}

/// Where somebody watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Sofa,
    Kitchen,
    Desk,
    Phone,
    Away,
    Travelling,
}

const PLACES: [Place; 6] = [
    Place::Sofa,
    Place::Desk,
    Place::Phone,
    Place::Away,
    Place::Kitchen,
    Place::Travelling,
];

/// A person on a device.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) user: User,
    pub(super) place: Place,
    pub(super) player: Player,
    pub(super) network: Network,
}

/// What goes on at a seat.
#[derive(Clone, Debug)]
struct Watching {
    key: String,
    /// Turns until a pause or a buffering ends by itself.
    resumes_in: Option<u32>,
}

pub(super) struct Evening {
    pub(super) world: Arc<World>,
    pub(super) rng: Rng,
    pub(super) seats: Vec<Seat>,
    /// By seat number.
    watching: BTreeMap<usize, Watching>,
    libraries: Vec<(u32, LibraryKind)>,
    hardware: bool,
    turn: u32,
    scan: Option<(String, u32, i64)>,
    download: Option<(String, u32)>,
    programme: usize,
}

/// Plays an evening on this server until cancelled.
pub async fn household(world: Arc<World>, cancel: CancellationToken) {
    let mut evening = Evening::new(world);
    evening.begin();
    loop {
        let wait = Duration::from_millis(evening.rng.u64(TURN_MS));
        if cancel
            .run_until_cancelled(tokio::time::sleep(wait))
            .await
            .is_none()
        {
            return;
        }
        evening.turn();
    }
}

impl Evening {
    pub(super) fn new(world: Arc<World>) -> Self {
        let seed = &world.seed;
        let rng = Rng::with_seed(seed.random);
        let mut seats = Vec::new();
        // Everybody has two places, so that more can play than there are people.
        for (round, shift) in [(0, 0), (1, 3)] {
            for (n, user) in seed.users.iter().enumerate() {
                seats.push(seat(user.clone(), PLACES[(n + shift) % PLACES.len()], n, round));
            }
        }
        let libraries = world.libraries();
        let hardware = seed.plex_pass;
        Self {
            rng,
            seats,
            watching: BTreeMap::new(),
            libraries,
            hardware,
            turn: 0,
            scan: None,
            download: None,
            programme: 0,
            world,
        }
    }

    /// The evening has begun before anybody looks.
    pub(super) fn begin(&mut self) {
        // With a tuner, television is on already.
        let sofa = self.seats.iter().position(|s| matches!(s.place, Place::Sofa));
        if let Some(number) = sofa.filter(|_| self.hardware) {
            let item = self.live();
            self.play(number, item, true);
        }
        for _ in self.watching.len()..self.target() {
            self.start(true);
        }
    }

    /// How many play at once now: rises and falls.
    fn target(&self) -> usize {
        let most = (self.seats.len() * 2 / 3).clamp(2, 9);
        let least = (most / 2).max(1);
        let wave = (f64::from(self.turn) / 45.0).sin() * 0.5 + 0.5;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number"
        )]
        let extra = (wave * (most - least) as f64).round() as usize;
        least + extra
    }

    pub(super) fn turn(&mut self) {
        self.turn += 1;
        self.forget_ended();
        self.go_on();
        self.chores();
        match (self.watching.len(), self.target()) {
            // One too few may last a while, more may not.
            (now, target) if now + 1 < target || (now < target && self.rng.u8(..) < 150) => self.start(false),
            (now, target) if now > target && self.rng.u8(..) < 110 => self.leave(),
            _ => self.fidget(),
        }
    }

    /// Sessions somebody else ended (a restart, a terminate call).
    fn forget_ended(&mut self) {
        let alive = self.world.session_keys();
        self.watching.retain(|_, w| alive.contains(&w.key));
    }

    /// Ends of items, of pauses and of buffering.
    fn go_on(&mut self) {
        let mut left = Vec::new();
        for (seat, watching) in &mut self.watching {
            if let Some(turns) = &mut watching.resumes_in {
                *turns = turns.saturating_sub(1);
                if *turns == 0 {
                    watching.resumes_in = None;
                    self.world.resume(&watching.key);
                }
                continue;
            }
            let Some(item) = self.world.item(&watching.key) else {
                continue;
            };
            let Some(duration) = item.duration_ms else {
                continue;
            };
            if self.world.position_ms(&watching.key).unwrap_or(0) + 400 < duration {
                continue;
            }
            let continues = matches!(item.kind, Kind::Episode | Kind::Track) && self.rng.u8(..) < 220;
            match self.world.next_item(&item).filter(|_| continues) {
                Some(next) => self.world.play_next(&watching.key, next),
                None => left.push(*seat),
            }
        }
        for seat in left {
            if let Some(watching) = self.watching.remove(&seat) {
                self.world.stop(&watching.key);
            }
        }
    }

    fn start(&mut self, in_the_middle: bool) {
        let free: Vec<usize> = (0..self.seats.len())
            .filter(|n| !self.watching.contains_key(n))
            .collect();
        let Some(number) = self.rng.choice(free) else {
            return;
        };
        if let Some(item) = self.choose(self.seats[number].place) {
            self.play(number, item, in_the_middle);
        }
    }

    fn play(&mut self, number: usize, item: Item, in_the_middle: bool) {
        let seat = self.seats[number].clone();
        let position_ms = match item.duration_ms {
            // Often the end of an episode or a track: then the next one starts by itself.
            Some(d) if item.kind != Kind::Movie && self.rng.u8(..) < 120 => {
                d.saturating_sub(self.rng.u64(15_000..150_000))
            }
            Some(d) if in_the_middle || self.rng.u8(..) < 90 => self.rng.u64(0..=d * 3 / 4),
            _ => 0,
        };
        let selected = if item.versions.len() > 1 && seat.network == Network::Lan {
            item.versions.len() - 1
        } else {
            0
        };
        // Two in five who could have subtitles want them.
        let subtitles = item.versions.get(selected).map_or(&[][..], |v| &v.subtitles);
        let subtitle = subtitles.first().filter(|_| self.rng.u8(..) < 100);
        let delivery = self.delivery(&seat, &item, selected, subtitle);
        let subtitle = subtitle.is_some();
        let mut session = SessionSeed::of(item)
            .user(seat.user.id, seat.user.name.clone())
            .player(seat.player.clone())
            .network(seat.network)
            .select(selected)
            .position_ms(position_ms)
            .delivery(delivery);
        if subtitle {
            session = session.subtitle(0);
        }
        let key = self.world.start(session);
        self.watching.insert(
            number,
            Watching {
                key,
                resumes_in: None,
            },
        );
    }

    pub(super) fn choose(&mut self, place: Place) -> Option<Item> {
        let dice = self.rng.u8(..100);
        let kind = match place {
            Place::Kitchen => LibraryKind::Artist,
            Place::Travelling if dice < 45 => LibraryKind::Artist,
            Place::Sofa if dice < 14 && self.hardware => return Some(self.live()),
            Place::Phone if dice < 12 => LibraryKind::HomeVideo,
            Place::Desk if dice < 14 => LibraryKind::Photo,
            _ if dice < 55 => LibraryKind::Show,
            _ => LibraryKind::Movie,
        };
        let fitting: Vec<u32> = self
            .libraries
            .iter()
            .filter(|(_, k)| *k == kind)
            .map(|(id, _)| *id)
            .collect();
        let library = self
            .rng
            .choice(fitting)
            .or_else(|| self.libraries.first().map(|(id, _)| *id))?;
        self.world.pick(library, self.rng.u32(..))
    }

    fn live(&mut self) -> Item {
        let (call_sign, number) = crate::plex::channel(self.rng.u64(..));
        let (show, title) = self.next_on();
        Item::live_tv(call_sign, number).programme(Some(show), title)
    }

    fn next_on(&mut self) -> (&'static str, &'static str) {
        self.programme += 1;
        crate::plex::programme(self.programme as u64)
    }

    /// What the server must do for this item on this device.
    pub(super) fn delivery(
        &self,
        seat: &Seat,
        item: &Item,
        selected: usize,
        subtitle: Option<&Subtitle>,
    ) -> Delivery {
        let fast = |d: Delivery| if self.hardware { d.hw("vaapi") } else { d };
        let version = item.versions.get(selected);
        let video = version.and_then(|v| v.video.as_ref());
        let heavy = video.is_some_and(|v| v.codec == "hevc" || v.codec == "mpeg2video");
        let surround = version
            .and_then(|v| v.audio.first())
            .is_some_and(|a| a.channels > 2);
        // Pictures and styled text must be drawn into the film; plain text is only converted.
        let drawn = subtitle.is_some_and(|s| s.is_picture() || s.codec == "ass");
        let shown = |d: Delivery| match (subtitle, drawn) {
            (None, _) => d,
            (Some(_), true) => d.subtitle(SubtitleDecision::Burn),
            (Some(_), false) => d.subtitle(SubtitleDecision::Transcode),
        };
        match (item.kind, seat.place) {
            (Kind::LiveTv, _) => Delivery::live_tv(),
            (Kind::Track, Place::Travelling | Place::Away) => Delivery::transcode_music("opus"),
            (Kind::Track | Kind::Photo, _) => Delivery::DirectPlay,
            (_, Place::Travelling) => fast(shown(Delivery::transcode(Quality::P480_1500))),
            (_, Place::Away) if heavy => fast(shown(Delivery::transcode(Quality::P720_2M))),
            (_, Place::Away) => fast(shown(Delivery::transcode(Quality::P720_4M))),
            (_, Place::Desk | Place::Phone) if drawn => Delivery::burn(),
            (_, Place::Desk) if heavy => fast(shown(Delivery::transcode(Quality::P1080_8M))),
            (_, Place::Desk) if surround => shown(Delivery::transcode_audio()),
            (_, Place::Phone) if surround => shown(Delivery::direct_stream()),
            _ => Delivery::DirectPlay,
        }
    }

    fn somebody(&mut self) -> Option<usize> {
        self.rng.choice(self.watching.keys().copied().collect::<Vec<_>>())
    }

    /// Somebody turns off, or the device just dies.
    fn leave(&mut self) {
        let Some(seat) = self.somebody() else { return };
        let Some(watching) = self.watching.remove(&seat) else {
            return;
        };
        if self.rng.u8(..) < 20 {
            self.world.vanish(&watching.key);
        } else {
            self.world.stop(&watching.key);
        }
    }

    /// Somebody does something to what is playing.
    fn fidget(&mut self) {
        let Some(seat) = self.somebody() else { return };
        let Some(watching) = self.watching.get(&seat).cloned() else {
            return;
        };
        let key = watching.key.as_str();
        let Some(item) = self.world.item(key) else { return };
        match self.rng.u8(..100) {
            0..=24 => self.interrupt(seat, false),
            25..=32 => self.interrupt(seat, true),
            33..=46 if item.duration_ms.is_some() => {
                let at = self.world.position_ms(key).unwrap_or(0);
                let by = self.rng.u64(10_000..120_000);
                let to = if self.rng.bool() {
                    at.saturating_sub(by)
                } else {
                    at + by
                };
                self.world
                    .seek(key, to.min(item.duration_ms.unwrap_or(0).saturating_sub(5_000)));
            }
            47..=58 if matches!(item.kind, Kind::Movie | Kind::Episode) => self.change_quality(seat, key),
            59..=64 if item.kind == Kind::LiveTv => {
                let (show, title) = self.next_on();
                self.world.next_programme(key, Some(show), title);
            }
            65..=70 if item.kind == Kind::Track => {
                if let Some(next) = self.world.next_item(&item) {
                    self.world.play_next(key, next);
                }
            }
            71..=84 if self.watching.len() >= self.target() => self.leave(),
            _ => {}
        }
    }

    /// A pause, or a moment of buffering.
    fn interrupt(&mut self, seat: usize, buffering: bool) {
        let turns = if buffering { 1 } else { self.rng.u32(3..22) };
        let Some(watching) = self.watching.get_mut(&seat).filter(|w| w.resumes_in.is_none()) else {
            return;
        };
        watching.resumes_in = Some(turns);
        if buffering {
            self.world.buffer(&watching.key);
        } else {
            self.world.pause(&watching.key);
        }
    }

    fn change_quality(&mut self, seat: usize, key: &str) {
        let choices = match self.seats.get(seat).map(|s| s.network) {
            Some(Network::Lan) => vec![Quality::ORIGINAL, Quality::P1080_8M, Quality::P720_4M],
            _ => vec![
                Quality::P1080_8M,
                Quality::P720_4M,
                Quality::P720_2M,
                Quality::P480_1500,
            ],
        };
        if let Some(quality) = self.rng.choice(choices) {
            self.world.set_quality(key, quality);
        }
    }

    /// What the server does beside playing: a scan now and then, and somebody's download.
    fn chores(&mut self) {
        match self.scan.take() {
            Some((uuid, library, percent)) if percent >= 100 => {
                self.world.end_activity(&uuid);
                self.world.set_refreshing(library, false);
            }
            Some((uuid, library, percent)) => {
                let percent = percent + self.rng.i64(4..18);
                self.world.update_activity(&uuid, percent.min(100), "Scanning");
                self.scan = Some((uuid, library, percent));
            }
            None if self.turn % 40 == 5 => {
                let library = self.rng.choice(self.libraries.clone()).map_or(1, |(id, _)| id);
                self.world.set_refreshing(library, true);
                let seed = ActivitySeed {
                    kind: "library.update.section".into(),
                    title: "Scanning".into(),
                    subtitle: "".into(),
                    progress: 0,
                    library: Some(library),
                };
                self.scan = Some((self.world.add_activity(seed), library, 0));
            }
            None => {}
        }
        match self.download.take() {
            Some((key, 0)) => self.world.end_download(&key),
            Some((key, turns)) => self.download = Some((key, turns - 1)),
            None if self.hardware && self.turn % 90 == 12 => {
                let library = self.libraries.first().map_or(1, |(id, _)| *id);
                if let Some(item) = self.world.pick(library, self.rng.u32(..)) {
                    let seed = DownloadSeed {
                        item,
                        speed: 6.4,
                        percent: 3.0,
                        size_bytes: 2_400_000_000,
                    };
                    self.download = Some((self.world.start_download(seed), 40));
                }
            }
            None => {}
        }
    }
}

fn seat(user: User, place: Place, n: usize, round: u32) -> Seat {
    let machine = format!("{}-{round}-{}", user.id, n);
    let (player, network) = match place {
        Place::Sofa => (Player::android_tv(machine, "Living room"), Network::Lan),
        Place::Kitchen => (Player::music(machine, "Kitchen"), Network::Lan),
        Place::Desk => (Player::web(machine), Network::Lan),
        Place::Phone => (
            Player::ios(machine, format!("{}'s phone", user.name)),
            Network::Lan,
        ),
        Place::Away => {
            let network = if n % 2 == 1 { Network::Relay } else { Network::Wan };
            (Player::roku(machine, format!("{}'s den", user.name)), network)
        }
        Place::Travelling => (Player::ios(machine, "Tablet"), Network::Cellular),
    };
    let address = format!("192.168.20.{}", 20 + n * 7 % 200);
    Seat {
        player: player.at(address),
        user,
        place,
        network,
    }
}
