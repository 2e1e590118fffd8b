//! What a server tells of itself, its libraries and its load.

use super::super::decode::{Str, wire};

wire! {
    /// `/`, `/identity` and the head of `/media/providers`.
    struct Server<'a> {
        machine_id: Str<'a> = "machineIdentifier",
        name: Str<'a> = "friendlyName",
        version: Str<'a> = "version",
        claimed: Option<bool> = "claimed",
        platform: Str<'a> = "platform",
        platform_version: Str<'a> = "platformVersion",
        plex_pass: Option<bool> = "myPlexSubscription",
        video_transcodes: Option<u64> = "transcoderActiveVideoSessions",
        providers: Vec<Provider<'a>> = "MediaProvider",
    }

    struct Provider<'a> {
        identifier: Str<'a> = "identifier",
        features: Vec<Feature<'a>> = "Feature",
    }

    struct Feature<'a> {
        kind: Str<'a> = "type",
        directories: Vec<Directory<'a>> = "Directory",
    }

    /// `/library/sections`.
    struct Sections<'a> {
        directories: Vec<Directory<'a>> = "Directory",
    }

    /// A library. `/media/providers` names it by `id`, `/library/sections` by `key`.
    struct Directory<'a> {
        id: Str<'a> = "id",
        key: Str<'a> = "key",
        kind: Str<'a> = "type",
        title: Str<'a> = "title",
        agent: Str<'a> = "agent",
        refreshing: Option<bool> = "refreshing",
        storage_bytes: Option<u64> = "storageTotal",
        duration_ms: Option<u64> = "durationTotal",
    }

    /// The head of any listing.
    struct Page {
        size: Option<u64> = "size",
        total_size: Option<u64> = "totalSize",
    }

    struct Resources {
        samples: Vec<ResourceSample> = "StatisticsResources",
    }

    struct ResourceSample {
        at_s: Option<i64> = "at",
        host_cpu_percent: Option<f64> = "hostCpuUtilization",
        host_memory_percent: Option<f64> = "hostMemoryUtilization",
        process_cpu_percent: Option<f64> = "processCpuUtilization",
        process_memory_percent: Option<f64> = "processMemoryUtilization",
    }

    struct Bandwidth {
        rows: Vec<BandwidthRow> = "StatisticsBandwidth",
    }

    struct BandwidthRow {
        account_id: Option<i64> = "accountID",
        device_id: Option<i64> = "deviceID",
        at_s: Option<i64> = "at",
        lan: Option<bool> = "lan",
        bytes: Option<u64> = "bytes",
    }

    struct Activities<'a> {
        activities: Vec<Activity<'a>> = "Activity",
    }

    struct Activity<'a> {
        uuid: Str<'a> = "uuid",
        kind: Str<'a> = "type",
        title: Str<'a> = "title",
        subtitle: Str<'a> = "subtitle",
        /// −1 if the server does not know.
        progress_percent: Option<f64> = "progress",
    }

    /// `/updater/status`. Its download URLs hold the token and are not read.
    struct Update<'a> {
        can_install: Option<bool> = "canInstall",
        releases: Vec<Release<'a>> = "Release",
    }

    struct Release<'a> {
        version: Str<'a> = "version",
    }

    /// The body of a 503 while a server starts: `Response` in XML, bare in JSON.
    struct Maintenance<'a> {
        response: Option<Box<MaintenanceResponse<'a>>> = "Response",
        code: Option<u64> = "code",
        title: Str<'a> = "title",
        status: Str<'a> = "status",
    }

    struct MaintenanceResponse<'a> {
        code: Option<u64> = "code",
        title: Str<'a> = "title",
        status: Str<'a> = "status",
    }
}
