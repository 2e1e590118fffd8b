//! The server itself: root, identity, providers, accounts, devices, activities, update, preferences.

use crate::plex::catalog::Library;
use crate::plex::names;
use crate::plex::seed::LibraryKind;
use crate::plex::server::reply::Reply;
use crate::plex::server::request::Request;
use crate::plex::server::routes::Caller;
use crate::plex::value::Node;
use crate::plex::world::{State, World, activity_node};

/// Attributes that `/` and `/media/providers` share.
fn server(container: Node, world: &World, state: &State, caller: &Caller) -> Node {
    let owner = world.seed.owner_name.as_ref();
    let claimed = owner.is_some();
    let mut node = container
        .attr("allowCameraUpload", true)
        .attr("allowChannelAccess", true)
        .attr("allowMediaDeletion", true)
        .attr("allowSharing", true)
        .attr("allowSync", state.plex_pass)
        .attr("allowTuners", true)
        .attr("backgroundProcessing", true)
        .attr("certificate", claimed)
        .attr("companionProxy", true)
        .attr("countryCode", "nzl")
        .attr("diagnostics", "logs,databases,streaminglogs")
        .attr("eventStream", true)
        .attr("friendlyName", &state.name)
        .attr("livetv", 7)
        .attr("machineIdentifier", &state.machine_id)
        .attr("musicAnalysis", 2)
        .attr("myPlex", claimed)
        .attr("myPlexMappingState", if claimed { "mapped" } else { "unknown" })
        .attr("myPlexSigninState", if claimed { "ok" } else { "none" })
        .attr("myPlexSubscription", state.plex_pass)
        .attr("offlineTranscode", 1)
        .attr("platform", &world.seed.platform)
        .attr("platformVersion", &world.seed.platform_version)
        .attr("pluginHost", false)
        .attr("pushNotifications", false)
        .attr("readOnlyLibraries", false)
        .attr("streamingBrainABRVersion", 3)
        .attr("streamingBrainVersion", 2)
        .attr("sync", true);
    if caller.is_owner() {
        let pass = if state.plex_pass {
            "pass,hwtranscode,livetv,sync,webhooks"
        } else {
            "home,sharing"
        };
        node = node.opt("myPlexUsername", owner).attr("ownerFeatures", pass);
    }
    let video = state
        .sessions
        .values()
        .filter(|s| s.delivery.transcodes_video())
        .count();
    node.attr("transcoderActiveVideoSessions", video)
        .attr("transcoderAudio", true)
        .attr("transcoderLyrics", true)
        .attr("transcoderPhoto", true)
        .attr("transcoderSubtitles", true)
        .attr("transcoderVideo", true)
        .attr(
            "transcoderVideoBitrates",
            "64,96,208,320,720,1500,2000,3000,4000,8000,10000,12000,20000",
        )
        .attr("transcoderVideoQualities", "0,1,2,3,4,5,6,7,8,9,10,11,12")
        .attr(
            "transcoderVideoResolutions",
            "128,128,160,240,320,480,768,720,720,1080,1080,1080,1080",
        )
        .attr("updatedAt", state.sessions.len() + 1_763_000_000)
        .attr("updater", true)
        .attr("version", &state.version)
        .attr("voiceSearch", true)
}

pub(super) fn root(world: &World, caller: &Caller) -> Reply {
    let (state, _) = world.current();
    let node = server(Node::new("MediaContainer"), world, &state, caller);
    let names = [
        "actions",
        "activities",
        "butler",
        "hubs",
        "library",
        "media",
        "playlists",
        "statistics",
        "updater",
    ];
    let directories = names.iter().map(|n| {
        Node::new("Directory")
            .attr("count", 1)
            .attr("key", *n)
            .attr("title", *n)
    });
    Reply::Tree(node.with(directories).sized())
}

pub(super) fn identity(world: &World) -> Reply {
    let state = world.lock();
    let node = Node::new("MediaContainer")
        .attr("size", 0)
        .attr("claimed", world.seed.owner_name.is_some())
        .attr("machineIdentifier", &state.machine_id)
        .attr("version", &state.version);
    Reply::Tree(node)
}

pub(super) fn providers(world: &World, request: &Request, caller: &Caller) -> Reply {
    let (state, _) = world.current();
    let storage = request.arg("includeStorage") == Some("1");
    // The first entry is the home screen, which has no id.
    let home = Node::new("Directory")
        .attr("hubKey", "/hubs")
        .attr("title", "Home");
    let libraries = state
        .libraries
        .iter()
        .filter(|l| caller.sees(l.id))
        .map(|l| provider_library(l, storage));
    let content = Node::new("Feature")
        .attr("type", "content")
        .attr("key", "/library/sections");
    let content = content.child(home).with(libraries);
    let search = Node::new("Feature")
        .attr("type", "search")
        .attr("key", "/library/search");
    let library = Node::new("MediaProvider")
        .attr("identifier", "com.plexapp.plugins.library")
        .attr("title", "Library")
        .attr("types", "video,audio,photo")
        .attr("protocols", "stream,download")
        .child(content)
        .child(search);
    let guide = Node::new("Directory")
        .attr("id", "tv.plex.providers.epg.cloud:12")
        .attr("title", "Guide");
    let guide = Node::new("Feature")
        .attr("type", "content")
        .attr("key", "/tv.plex.providers.epg.cloud:12")
        .child(guide);
    let guide = Node::new("MediaProvider")
        .attr("identifier", "tv.plex.providers.epg.cloud:12")
        .attr("providerIdentifier", "tv.plex.providers.epg.cloud")
        .attr("title", "Live TV & DVR")
        .attr("types", "video")
        .attr("protocols", "livetv")
        .child(guide);
    let node = server(Node::new("MediaContainer"), world, &state, caller).child(library);
    let node = if state.plex_pass { node.child(guide) } else { node };
    Reply::Tree(node.sized())
}

fn provider_library(library: &Library, storage: bool) -> Node {
    let id = library.id;
    let mut node = Node::new("Directory")
        .attr("id", id.to_string())
        .attr("key", format!("/library/sections/{id}"))
        .attr("hubKey", format!("/hubs/sections/{id}"))
        .attr("type", library.kind.type_name())
        .attr("title", &library.title)
        .attr("agent", library.kind.agent())
        .attr("scanner", library.kind.scanner())
        .attr("language", language(library))
        .attr("uuid", names::uuid(171, id.into()))
        .attr("refreshing", library.refreshing)
        .attr("updatedAt", 1_763_010_000 + u64::from(id) * 977)
        .attr("scannedAt", 1_763_020_000 + u64::from(id) * 1_371);
    if library.kind == LibraryKind::HomeVideo {
        node = node.attr("subtype", "clip");
    }
    if storage {
        node = node
            .opt("durationTotal", library.duration())
            .attr("storageTotal", library.storage());
    }
    let pivot = Node::new("Pivot")
        .attr("id", "library")
        .attr("key", format!("/library/sections/{id}/all"))
        .attr("type", "list")
        .attr("title", "Library");
    node.child(pivot)
}

pub(super) fn language(library: &Library) -> &'static str {
    match library.kind {
        LibraryKind::HomeVideo | LibraryKind::Photo => "xn",
        _ => "en-US",
    }
}

pub(super) fn account_node(id: i64, name: &crate::plex::value::Text) -> Node {
    Node::new("Account")
        .attr("id", id)
        .attr("key", format!("/accounts/{id}"))
        .attr("name", name)
        .attr("defaultAudioLanguage", "en")
        .attr("autoSelectAudio", true)
        .attr("defaultSubtitleLanguage", "en")
        .attr("subtitleMode", 1)
        .attr("thumb", "")
}

pub(super) fn accounts(world: &World) -> Reply {
    let state = world.lock();
    let rows = state.accounts.iter().map(|(id, name)| account_node(*id, name));
    let node = Node::new("MediaContainer").attr("identifier", "com.plexapp.system.accounts");
    Reply::Tree(node.with(rows).sized())
}

pub(super) fn account(world: &World, id: &str) -> Reply {
    let state = world.lock();
    match id
        .parse()
        .ok()
        .and_then(|id: i64| Some((id, state.accounts.get(&id)?)))
    {
        Some((id, name)) => Reply::Tree(Node::new("MediaContainer").child(account_node(id, name)).sized()),
        None => Reply::NOT_FOUND,
    }
}

pub(super) fn device_node(device: &crate::plex::world::Device) -> Node {
    Node::new("Device")
        .attr("id", device.id)
        .attr("name", &device.name)
        .attr("platform", &device.platform)
        .attr("clientIdentifier", &device.machine_id)
        .attr("createdAt", device.created_s)
}

pub(super) fn devices(world: &World) -> Reply {
    let state = world.lock();
    let node = Node::new("MediaContainer").attr("identifier", "com.plexapp.system.devices");
    Reply::Tree(node.with(state.devices.iter().map(device_node)).sized())
}

pub(super) fn servers(world: &World) -> Reply {
    let state = world.lock();
    let server = Node::new("Server")
        .attr("name", &state.name)
        .attr("host", "127.0.0.1")
        .attr("address", "127.0.0.1")
        .attr("port", 32_400)
        .attr("machineIdentifier", &state.machine_id)
        .attr("version", &state.version);
    Reply::Tree(Node::new("MediaContainer").child(server).sized())
}

/// Everything here belongs to the owner; a shared token sees nothing of it.
pub(super) fn activities(world: &World, caller: &Caller) -> Reply {
    let state = world.lock();
    let seen = if caller.is_owner() {
        state.activities.as_slice()
    } else {
        &[]
    };
    let rows = seen.iter().map(|a| activity_node(&a.uuid, &a.seed, true));
    Reply::Tree(Node::new("MediaContainer").with(rows).sized())
}

pub(super) fn update(world: &World) -> Reply {
    let (state, now) = world.current();
    let mut node = Node::new("MediaContainer")
        .attr("canInstall", false)
        .attr("checkedAt", now.wall_s - 1_800)
        .attr("downloadURL", "https://plex.tv/downloads/latest/5")
        .attr("status", 0);
    if let Some(release) = &state.update {
        let release = Node::new("Release")
            .attr("key", "https://plex.tv/updater/releases/9001")
            .attr("version", &release.version)
            .attr("added", "")
            .attr("fixed", "")
            .attr("downloadURL", "https://plex.tv/downloads/latest/5")
            .attr("state", &release.state);
        node = node.child(release);
    }
    Reply::Tree(node.sized())
}

pub(super) fn preferences(world: &World) -> Reply {
    let name = world.lock().name.clone();
    let setting = |id: &'static str, kind: &'static str| {
        Node::new("Setting")
            .attr("id", id)
            .attr("label", id)
            .attr("summary", "")
            .attr("type", kind)
    };
    let end = |node: Node| {
        node.attr("hidden", false)
            .attr("advanced", false)
            .attr("group", "general")
    };
    let rows = [
        end(setting("FriendlyName", "text")
            .attr("default", "")
            .attr("value", name)),
        end(setting("WanTotalMaxUploadRate", "int")
            .attr("default", 0)
            .attr("value", 40_000)),
        end(setting("LanNetworksBandwidth", "text")
            .attr("default", "")
            .attr("value", "")),
        end(setting("TranscoderCanOnlyRemuxVideo", "bool")
            .attr("default", false)
            .attr("value", false)),
    ];
    Reply::Tree(Node::new("MediaContainer").with(rows).sized())
}

/// The one list whose root is not a container.
pub(super) fn butler() -> Reply {
    let task = |name: &'static str, interval: u32| {
        Node::new("ButlerTask")
            .attr("name", name)
            .attr("interval", interval)
            .attr("scheduleRandomized", false)
            .attr("enabled", true)
    };
    Reply::Tree(Node::new("ButlerTasks").with([task("BackupDatabase", 3), task("OptimizeDatabase", 7)]))
}

/// Without the token a real server prints here.
pub(super) fn my_plex(world: &World) -> Reply {
    let plex_pass = world.lock().plex_pass;
    let node = Node::new("MyPlex")
        .opt("username", world.seed.owner_name.as_ref())
        .attr("mappingState", "mapped")
        .attr("signInState", "ok")
        .attr("subscriptionState", if plex_pass { "Active" } else { "Inactive" });
    Reply::Tree(node)
}

/// A list with nothing in it.
pub(super) fn nothing() -> Reply {
    Reply::Tree(Node::new("MediaContainer").sized())
}
