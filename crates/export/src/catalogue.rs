//! The native schema: each series defined once, from which the exposition and its reference page are printed.

use std::sync::LazyLock;

use model::iptv::FeedRun;
use model::{Counters, Library, Play, ServerSnapshot};

use crate::native;
use crate::text::{Blocks, Encoder, Head, Kind, LabelSet, Value, label_set};
use crate::view::{Login, View};

/// One family of series.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    head: Head,
    collect: Collect,
}

/// Where a family's samples come from. The shape decides the labels; only `Custom` brings its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Collect {
    /// One sample for each watched server, seen as something we ask.
    Source(fn(&ServerSnapshot) -> Option<Value>),
    /// One sample for each server.
    Server(fn(&ServerSnapshot) -> Option<Value>),
    /// One sample for each library.
    Library(fn(&Library) -> Option<Value>),
    /// One sample for each open session.
    Session(fn(&Play) -> Option<Value>),
    /// One sample for each feed on the air.
    Feed(fn(&FeedRun) -> Option<Value>),
    /// One sample for each login of a provider; none unless `include_m3u_stats`.
    Login(fn(&Login<'_>) -> Option<Value>),
    /// One sample for each way plays are counted.
    Plays(fn(&Counters) -> Value),
    Custom(LabelSet, fn(&View<'_>, &mut Samples<'_>)),
}

/// Takes label values, in the order of the family's labels, and the sample's value.
pub(crate) type Samples<'s> = dyn FnMut(&[&str], Value) + 's;

const SOURCE: LabelSet = label_set!["source"];
const SERVER: LabelSet = label_set!["server"];
const LIBRARY: LabelSet = label_set!["server", "library_id", "library"];
const SESSION: LabelSet = label_set!["server", "session"];
const FEED: LabelSet = label_set!["server", "feed"];
const LOGIN: LabelSet = label_set!["server", "profile"];
const PLAYS: LabelSet = label_set![
    "server",
    "library_id",
    "library",
    "user",
    "media_type",
    "decision"
];

impl Family {
    pub(crate) const fn gauge(name: &'static str, help: &'static str, collect: Collect) -> Self {
        Self {
            head: Head {
                name,
                kind: Kind::Gauge,
                unit: None,
                help,
            },
            collect,
        }
    }

    pub(crate) const fn counter(name: &'static str, help: &'static str, collect: Collect) -> Self {
        Self {
            head: Head {
                name,
                kind: Kind::Counter,
                unit: None,
                help,
            },
            collect,
        }
    }

    pub(crate) const fn info(name: &'static str, help: &'static str, collect: Collect) -> Self {
        Self {
            head: Head {
                name,
                kind: Kind::Info,
                unit: None,
                help,
            },
            collect,
        }
    }

    /// The unit, which the name (before `_total`) must end in.
    pub(crate) const fn unit_is(mut self, unit: &'static str) -> Self {
        self.head.unit = Some(unit);
        self
    }

    /// As samples carry it.
    pub fn name(&self) -> &'static str {
        self.head.name
    }

    pub fn kind(&self) -> Kind {
        self.head.kind
    }

    pub fn unit(&self) -> Option<&'static str> {
        self.head.unit
    }

    pub fn help(&self) -> &'static str {
        self.head.help
    }

    /// Names of the labels, in the order they are written. A label whose value is not known is left out.
    pub fn labels(&self) -> &'static [&'static str] {
        match self.collect {
            Collect::Source(_) => SOURCE.names,
            Collect::Server(_) => SERVER.names,
            Collect::Library(_) => LIBRARY.names,
            Collect::Session(_) => SESSION.names,
            Collect::Feed(_) => FEED.names,
            Collect::Login(_) => LOGIN.names,
            Collect::Plays(_) => PLAYS.names,
            Collect::Custom(set, _) => set.names,
        }
    }

    /// Writes a family that brings its own labels, outside of the catalogue's order.
    pub(crate) fn write(&self, view: &View<'_>, encoder: &mut Encoder<'_>) {
        if let Collect::Custom(set, f) = self.collect {
            encoder.family(self.head);
            f(view, &mut |values, value| encoder.known(&set, values, value));
        }
    }
}

/// Every native family, in the order it is exported.
pub fn catalogue() -> &'static [Family] {
    static ALL: LazyLock<Vec<Family>> = LazyLock::new(|| {
        let groups = [
            native::server::FAMILIES,
            native::library::FAMILIES,
            native::sessions::FAMILIES,
            native::session::FAMILIES,
            native::plays::FAMILIES,
            native::iptv::FAMILIES,
            native::iptv_client::FAMILIES,
            native::iptv_provider::FAMILIES,
            native::own::FAMILIES,
            native::history::FAMILIES,
            native::sinks::FAMILIES,
            native::process::FAMILIES,
        ];
        groups.concat()
    });
    &ALL
}

/// A session's few labels, a library's title: enough for one block without growing twice.
const BLOCK_BYTES: usize = 64;

/// Writes the native exposition.
pub(crate) fn render(view: &View<'_>, encoder: &mut Encoder<'_>) {
    let totals = native::plays::totals(view);
    let blocks = LabelBlocks::new(view, &totals);
    let mut of_feeds = feed_values(view).into_iter();
    for family in catalogue() {
        encoder.family(family.head);
        match family.collect {
            Collect::Source(f) => {
                let values = view.servers.iter().map(|s| f(s.snapshot));
                each(encoder, &blocks.sources, values);
            }
            Collect::Server(f) => {
                let values = view.servers.iter().map(|s| f(s.snapshot));
                each(encoder, &blocks.servers, values);
            }
            Collect::Library(f) => {
                let values = view.servers.iter().flat_map(|s| &s.libraries).map(|l| f(l));
                each(encoder, &blocks.libraries, values);
            }
            Collect::Session(f) => {
                let values = view.servers.iter().flat_map(|s| &s.plays).map(|p| f(p));
                each(encoder, &blocks.sessions, values);
            }
            Collect::Feed(_) => {
                let values = of_feeds.next().unwrap_or_default();
                each(encoder, &blocks.feeds, values.into_iter());
            }
            Collect::Login(f) => {
                let values = logins(view).map(|(_, l)| f(l));
                each(encoder, &blocks.logins, values);
            }
            Collect::Plays(f) => each(
                encoder,
                &blocks.totals,
                totals.iter().map(|t| Some(f(&t.counters))),
            ),
            Collect::Custom(..) => family.write(view, encoder),
        }
    }
}

/// The values of every feed family, in the catalogue's order. What is known of a feed lies in several places of memory:
/// with thousands of feeds, walking there anew for each family would cost more than writing the text.
fn feed_values(view: &View<'_>) -> Vec<Vec<Option<Value>>> {
    let runs: Vec<&FeedRun> = native::iptv::on_air(view).map(|(_, run)| run).collect();
    let families = catalogue().iter().filter_map(|family| match family.collect {
        Collect::Feed(f) => Some((f, Vec::with_capacity(runs.len()))),
        _ => None,
    });
    let mut families: Vec<_> = families.collect();
    for run in runs {
        for (f, values) in &mut families {
            values.push(f(run));
        }
    }
    families.into_iter().map(|(_, values)| values).collect()
}

/// Takes a family, its label values in the order of its labels (empty: not known), and a sample's value.
pub(crate) type Visit<'s> = dyn FnMut(&'static Family, &[&str], Value) + 's;

/// Shows every sample of the native schema, in the order of the exposition, to who writes another form of it.
pub(crate) fn walk(view: &View<'_>, visit: &mut Visit<'_>) {
    let totals = native::plays::totals(view);
    for family in catalogue() {
        let mut known = |labels: &[&str], value: Option<Value>| {
            if let Some(value) = value {
                visit(family, labels, value);
            }
        };
        for server in &view.servers {
            match family.collect {
                Collect::Source(f) | Collect::Server(f) => known(&[server.id], f(server.snapshot)),
                Collect::Library(f) => {
                    for l in &server.libraries {
                        known(&[server.id, l.id.as_str(), &l.title], f(l));
                    }
                }
                Collect::Session(f) => {
                    for p in &server.plays {
                        known(&[server.id, p.session.key.as_str()], f(p));
                    }
                }
                Collect::Feed(f) => {
                    for r in server.on_air.iter().flatten() {
                        known(&[server.id, r.feed.key.as_str()], f(r));
                    }
                }
                Collect::Login(_) | Collect::Plays(_) | Collect::Custom(..) => {}
            }
        }
        match family.collect {
            Collect::Login(f) => logins(view).for_each(|(server, l)| known(&[server, &l.id], f(l))),
            Collect::Plays(f) => totals
                .iter()
                .for_each(|t| known(&t.labels(), Some(f(&t.counters)))),
            Collect::Custom(_, f) => f(view, &mut |labels, value| visit(family, labels, value)),
            _ => {}
        }
    }
}

/// All logins that are to be shown, with their servers.
fn logins<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v str, &'v Login<'v>)> {
    let shown = view.servers.iter().filter(|_| view.dispatcharr.include_m3u_stats);
    shown.flat_map(|s| s.logins.iter().map(move |l| (s.id, l)))
}

fn each(encoder: &mut Encoder<'_>, blocks: &Blocks, values: impl Iterator<Item = Option<Value>>) {
    for (block, value) in blocks.iter().zip(values) {
        if let Some(value) = value {
            encoder.sample(block, value);
        }
    }
}

/// Labels of everything that appears in more than one family, written once.
struct LabelBlocks {
    sources: Blocks,
    servers: Blocks,
    libraries: Blocks,
    sessions: Blocks,
    feeds: Blocks,
    logins: Blocks,
    totals: Blocks,
}

impl LabelBlocks {
    fn new(view: &View<'_>, totals: &[native::plays::Total<'_>]) -> Self {
        let plays = view.servers.iter().map(|s| s.plays.len()).sum();
        let feeds = view
            .servers
            .iter()
            .filter_map(|s| s.on_air.as_ref())
            .map(Vec::len)
            .sum();
        let mut new = Self {
            sources: Blocks::default(),
            servers: Blocks::default(),
            libraries: Blocks::default(),
            sessions: Blocks::with_capacity(plays, BLOCK_BYTES),
            feeds: Blocks::with_capacity(feeds, 2 * BLOCK_BYTES),
            logins: Blocks::default(),
            totals: Blocks::with_capacity(totals.len(), 2 * BLOCK_BYTES),
        };
        for server in &view.servers {
            new.sources.push_known(&SOURCE, &[server.id]);
            new.servers.push_known(&SERVER, &[server.id]);
            for library in &server.libraries {
                new.libraries
                    .push_known(&LIBRARY, &[server.id, library.id.as_str(), &library.title]);
            }
            for play in &server.plays {
                new.sessions
                    .push_known(&SESSION, &[server.id, play.session.key.as_str()]);
            }
            for run in server.on_air.iter().flatten() {
                new.feeds.push_known(&FEED, &[server.id, run.feed.key.as_str()]);
            }
        }
        for (server, login) in logins(view) {
            new.logins.push_known(&LOGIN, &[server, &login.id]);
        }
        for total in totals {
            new.totals.push_known(&PLAYS, &total.labels());
        }
        new
    }
}
