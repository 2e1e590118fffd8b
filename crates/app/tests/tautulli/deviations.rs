//! Where our answer to a recorded question differs, and why. `docs/reference/compatibility.md` says it to users.

/// A difference that is meant. It must show in every recording it names.
pub(crate) struct Deviation {
    /// Names of recordings.
    pub(crate) of: &'static [&'static str],
    /// Paths below which the answer may differ; places in lists are `*`. `status` is that of HTTP.
    pub(crate) at: &'static [&'static str],
    pub(crate) why: &'static str,
}

pub(crate) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        of: &["error_no_cmd", "error_unknown_cmd"],
        at: &["response.message"],
        why: "the commands listed are ours",
    },
    Deviation {
        of: &["get_tautulli_info"],
        at: &[
            "response.data.tautulli_install_type",
            "response.data.tautulli_commit",
            "response.data.tautulli_platform_release",
            "response.data.tautulli_platform_version",
            "response.data.tautulli_platform_linux_distro",
            "response.data.tautulli_platform_device_name",
            "response.data.tautulli_python_version",
        ],
        why: "there is no checkout, no Python, and the machine's name is nobody's business",
    },
    Deviation {
        of: &[
            "get_home_stats_before",
            "get_home_stats_after",
            "get_home_stats_before_after",
        ],
        at: &["status", "response.result", "response.data"],
        why: "before and after are refused there since v2.17.0",
    },
    Deviation {
        of: &["get_history_length_minus1"],
        at: &["response.data.data", "response.data.filter_duration"],
        why: "length -1 leaves the last row out there",
    },
    Deviation {
        of: &["get_history_collection"],
        at: &["response.data.total_duration"],
        why: "there the time of a collection is asked for with a filter that nothing passes, and is always 0",
    },
    Deviation {
        of: &["poison_get_concurrent_streams_by_stream_type"],
        at: &["status", "response.result", "response.message", "response.data"],
        why: "one play of unknown decision makes it fail there",
    },
    Deviation {
        of: &["poison_get_history_length_minus1"],
        at: &["status", "response.result", "response.message", "response.data"],
        why: "one item of length 0 makes every page with it fail there",
    },
    Deviation {
        of: &["active_get_activity"],
        at: &[
            "response.data.sessions.*.summary",
            "response.data.sessions.*.tagline",
            "response.data.sessions.*.rating",
            "response.data.sessions.*.updated_at",
            "response.data.sessions.*.grandparent_year",
            "response.data.sessions.*.directors",
            "response.data.sessions.*.writers",
            "response.data.sessions.*.actors",
            "response.data.sessions.*.genres",
            "response.data.sessions.*.markers",
        ],
        why: "what plays is watched, not read about: an item's description is a question of its own (get_metadata)",
    },
    Deviation {
        of: &["active_get_activity"],
        at: &[
            "response.data.sessions.*.height",
            "response.data.sessions.*.width",
            "response.data.sessions.*.aspect_ratio",
            "response.data.sessions.*.video_framerate",
            "response.data.sessions.*.file",
            "response.data.sessions.*.file_size",
            "response.data.sessions.*.selected",
            "response.data.sessions.*.video_bitrate",
            "response.data.sessions.*.video_bit_depth",
            "response.data.sessions.*.video_frame_rate",
            "response.data.sessions.*.video_height",
            "response.data.sessions.*.video_width",
            "response.data.sessions.*.video_scan_type",
            "response.data.sessions.*.audio_bitrate",
            "response.data.sessions.*.audio_language",
            "response.data.sessions.*.audio_language_code",
            "response.data.sessions.*.stream_aspect_ratio",
            "response.data.sessions.*.stream_video_framerate",
            "response.data.sessions.*.stream_video_bitrate",
            "response.data.sessions.*.stream_video_bit_depth",
            "response.data.sessions.*.stream_video_dynamic_range",
            "response.data.sessions.*.stream_video_scan_type",
            "response.data.sessions.*.stream_audio_bitrate",
            "response.data.sessions.*.stream_audio_channel_layout",
            "response.data.sessions.*.stream_audio_language_code",
        ],
        why: "details of files and streams that are not kept of a session",
    },
    Deviation {
        of: &["active_get_activity"],
        at: &[
            "response.data.sessions.*.stream_container",
            "response.data.sessions.*.transcode_audio_channels",
            "response.data.sessions.*.transcode_audio_codec",
            "response.data.sessions.*.transcode_height",
            "response.data.sessions.*.transcode_width",
        ],
        why: "the recorded server's transcoder and streams contradict each other; ours is what is delivered, twice",
    },
    Deviation {
        of: &["active_get_activity"],
        at: &["response.data.sessions.*.quality_profile"],
        why: "the quality asked for is not told; of a transcode we do not guess it",
    },
    Deviation {
        of: &["active_get_activity"],
        at: &[
            "response.data.sessions.*.ip_address_public",
            "response.data.sessions.*.platform_version",
            "response.data.sessions.*.profile",
        ],
        why: "details of players that are not kept of a session",
    },
];
