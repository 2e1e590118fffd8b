//! What is on the air: `/proxy/stats/`, `/proxy/ts/status`, `/proxy/vod/stats/`, `/proxy/catchup/stats/`.

use model::Text;

use super::wire;

wire! {
    /// `/proxy/stats/`, since 0.28.0; put together of its parts for those before. A part is absent where the version has
    /// no such thing.
    struct Stats {
        live: Option<Box<LiveStatus>> = "live",
        vod: Option<Box<VodStats>> = "vod",
        catchup: Option<Box<CatchupStats>> = "catchup",
    }

    /// `/proxy/ts/status`
    struct LiveStatus {
        channels: Option<Vec<LiveChannel>> = "channels",
    }

    /// A channel, or the preview of a stream.
    struct LiveChannel {
        /// UUID of the channel, or hash of the stream (64 hex digits).
        channel_id: Option<Text> = "channel_id",
        state: Option<Text> = "state",
        /// Number of the stream profile, told as a text.
        stream_profile: Option<i64> = "stream_profile",
        client_count: Option<u64> = "client_count",
        uptime_s: Option<f64> = "uptime",
        started_at_s: Option<f64> = "started_at",
        /// Since 0.24.
        channel_name: Option<Text> = "channel_name",
        logo_id: Option<i64> = "logo_id",
        m3u_profile_id: Option<i64> = "m3u_profile_id",
        stream_id: Option<i64> = "stream_id",
        /// Stays that of the first stream after a failover.
        stream_name: Option<Text> = "stream_name",
        /// From the provider.
        total_bytes: Option<u64> = "total_bytes",
        /// Ten at most.
        clients: Vec<LiveClient> = "clients",
        video_codec: Option<Text> = "video_codec",
        resolution: Option<Text> = "resolution",
        source_fps: Option<f64> = "source_fps",
        ffmpeg_speed: Option<f64> = "ffmpeg_speed",
        audio_codec: Option<Text> = "audio_codec",
        audio_channels: Option<Text> = "audio_channels",
        stream_type: Option<Text> = "stream_type",
    }

    /// `/proxy/ts/status/{channel_id}`, of which only the viewers say more than the list.
    struct Detail {
        channel_id: Option<Text> = "channel_id",
        /// All of them.
        clients: Option<Vec<LiveClient>> = "clients",
    }

    /// A viewer of a channel. What follows the user is told in details only, and not before the first bytes.
    struct LiveClient {
        client_id: Option<Text> = "client_id",
        user_agent: Option<Text> = "user_agent",
        ip_address: Option<Text> = "ip_address",
        connected_at_s: Option<f64> = "connected_at",
        /// `"0"` for who did not sign in. Since 0.22.
        user_id: Option<Text> = "user_id",
        worker_id: Option<Text> = "worker_id",
        sent_bytes: Option<u64> = "bytes_sent",
        /// In 1024 bytes a second, whatever its name.
        mean_kib_s: Option<f64> = "avg_rate_KBps",
        /// As above.
        now_kib_s: Option<f64> = "current_rate_KBps",
    }

    /// `/proxy/vod/stats/`
    struct VodStats {
        vod_connections: Option<Vec<VodContent>> = "vod_connections",
        /// Now, by the manager's clock.
        timestamp_s: Option<f64> = "timestamp",
    }

    /// A film or an episode and its sessions.
    struct VodContent {
        content_type: Option<Text> = "content_type",
        content_name: Option<Text> = "content_name",
        content_uuid: Option<Text> = "content_uuid",
        metadata: Option<Box<Content>> = "content_metadata",
        connections: Vec<VodClient> = "connections",
    }

    struct Content {
        year: Option<u64> = "year",
        duration_s: Option<f64> = "duration_secs",
        series_name: Option<Text> = "series_name",
        episode_name: Option<Text> = "episode_name",
        season_number: Option<u64> = "season_number",
        episode_number: Option<u64> = "episode_number",
    }

    /// A session of a film; its number is that of the viewer too.
    struct VodClient {
        client_id: Option<Text> = "client_id",
        client_ip: Option<Text> = "client_ip",
        /// `"unknown"` for who did not sign in.
        user_id: Option<Text> = "user_id",
        user_agent: Option<Text> = "user_agent",
        connected_at_s: Option<f64> = "connected_at",
        m3u_profile_id: Option<i64> = "m3u_profile_id",
        sent_bytes: Option<u64> = "bytes_sent",
        duration_s: Option<f64> = "duration",
    }

    /// `/proxy/catchup/stats/`, since 0.28.0.
    struct CatchupStats {
        timeshift_sessions: Option<Vec<TimeshiftSession>> = "timeshift_sessions",
        /// Now, by the manager's clock.
        timestamp_s: Option<f64> = "timestamp",
    }

    struct TimeshiftSession {
        session_id: Option<Text> = "session_id",
        /// Number of the channel's row.
        channel_id: Option<i64> = "channel_id",
        channel_uuid: Option<Text> = "channel_uuid",
        channel_name: Option<Text> = "channel_name",
        logo_id: Option<i64> = "logo_id",
        paused: Option<bool> = "paused",
        resolution: Option<Text> = "resolution",
        source_fps: Option<f64> = "source_fps",
        video_codec: Option<Text> = "video_codec",
        audio_codec: Option<Text> = "audio_codec",
        audio_channels: Option<Text> = "audio_channels",
        stream_type: Option<Text> = "stream_type",
        connections: Vec<TimeshiftClient> = "connections",
    }

    struct TimeshiftClient {
        client_id: Option<Text> = "client_id",
        ip_address: Option<Text> = "ip_address",
        user_agent: Option<Text> = "user_agent",
        user_id: Option<Text> = "user_id",
        username: Option<Text> = "username",
        connected_at_s: Option<f64> = "connected_at",
        /// Of the session, not of this connection.
        streamed_bytes: Option<u64> = "bytes_streamed",
        /// In 1000 bits a second; of the session.
        mean_kbit_s: Option<f64> = "avg_bitrate_kbps",
        m3u_profile_id: Option<i64> = "m3u_profile_id",
    }
}
