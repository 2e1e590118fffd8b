//! Libraries, collections and items as they are asked for one by one, with everything a server tells of them.

use super::super::decode::{Str, wire};

wire! {
    /// A listing, or the page of one item. In XML, shows, seasons, artists, albums and collections are `Directory`;
    /// in JSON a `Directory` beside the rows is a shortcut such as "All episodes", which has no rating key.
    struct Listing<'a> {
        size: Option<u64> = "size",
        total_size: Option<u64> = "totalSize",
        title: Str<'a> = "title",
        title1: Str<'a> = "title1",
        title2: Str<'a> = "title2",
        library_id: Option<i64> = "librarySectionID",
        library_title: Str<'a> = "librarySectionTitle",
        items: Vec<Item<'a>> = "Metadata",
        directories: Vec<Item<'a>> = "Directory",
        playlists: Vec<Item<'a>> = "Playlist",
    }

    /// Of a long listing only what membership needs.
    struct Keys<'a> {
        size: Option<u64> = "size",
        total_size: Option<u64> = "totalSize",
        items: Vec<Key<'a>> = "Metadata",
        directories: Vec<Key<'a>> = "Directory",
    }

    struct Key<'a> {
        rating_key: Option<i64> = "ratingKey",
        kind: Str<'a> = "type",
    }

    struct Item<'a> {
        rating_key: Option<i64> = "ratingKey",
        parent_rating_key: Option<i64> = "parentRatingKey",
        grandparent_rating_key: Option<i64> = "grandparentRatingKey",
        kind: Str<'a> = "type",
        subtype: Str<'a> = "subtype",
        guid: Str<'a> = "guid",
        parent_guid: Str<'a> = "parentGuid",
        grandparent_guid: Str<'a> = "grandparentGuid",
        slug: Str<'a> = "slug",
        parent_slug: Str<'a> = "parentSlug",
        grandparent_slug: Str<'a> = "grandparentSlug",
        library_id: Option<i64> = "librarySectionID",
        library_title: Str<'a> = "librarySectionTitle",
        title: Str<'a> = "title",
        parent_title: Str<'a> = "parentTitle",
        grandparent_title: Str<'a> = "grandparentTitle",
        original_title: Str<'a> = "originalTitle",
        title_sort: Str<'a> = "titleSort",
        edition_title: Str<'a> = "editionTitle",
        index: Option<i64> = "index",
        parent_index: Option<i64> = "parentIndex",
        studio: Str<'a> = "studio",
        content_rating: Str<'a> = "contentRating",
        summary: Str<'a> = "summary",
        tagline: Str<'a> = "tagline",
        rating: Option<f64> = "rating",
        rating_image: Str<'a> = "ratingImage",
        audience_rating: Option<f64> = "audienceRating",
        audience_rating_image: Str<'a> = "audienceRatingImage",
        user_rating: Option<f64> = "userRating",
        duration_ms: Option<i64> = "duration",
        year: Option<i64> = "year",
        parent_year: Option<i64> = "parentYear",
        grandparent_year: Option<i64> = "grandparentYear",
        min_year: Option<i64> = "minYear",
        max_year: Option<i64> = "maxYear",
        thumb: Str<'a> = "thumb",
        parent_thumb: Str<'a> = "parentThumb",
        grandparent_thumb: Str<'a> = "grandparentThumb",
        art: Str<'a> = "art",
        banner: Str<'a> = "banner",
        originally_available_at: Str<'a> = "originallyAvailableAt",
        added_at_s: Option<i64> = "addedAt",
        updated_at_s: Option<i64> = "updatedAt",
        last_viewed_at_s: Option<i64> = "lastViewedAt",
        child_count: Option<i64> = "childCount",
        leaf_count: Option<i64> = "leafCount",
        smart: Option<bool> = "smart",
        live: Option<bool> = "live",
        collection_mode: Option<i64> = "collectionMode",
        collection_sort: Option<i64> = "collectionSort",
        collection_published: Option<bool> = "collectionPublished",
        directors: Vec<Tag<'a>> = "Director",
        writers: Vec<Tag<'a>> = "Writer",
        actors: Vec<Tag<'a>> = "Role",
        genres: Vec<Tag<'a>> = "Genre",
        labels: Vec<Tag<'a>> = "Label",
        collections: Vec<Tag<'a>> = "Collection",
        guids: Vec<Guid<'a>> = "Guid",
        markers: Vec<Marker<'a>> = "Marker",
        media: Vec<Media<'a>> = "Media",
    }

    struct Tag<'a> {
        tag: Str<'a> = "tag",
    }

    struct Guid<'a> {
        id: Str<'a> = "id",
    }

    struct Marker<'a> {
        id: Option<i64> = "id",
        kind: Str<'a> = "type",
        start_ms: Option<i64> = "startTimeOffset",
        end_ms: Option<i64> = "endTimeOffset",
        is_final: Option<bool> = "final",
    }

    struct Media<'a> {
        id: Option<i64> = "id",
        container: Str<'a> = "container",
        bitrate_kbps: Option<i64> = "bitrate",
        width: Option<i64> = "width",
        height: Option<i64> = "height",
        aspect_ratio: Option<f64> = "aspectRatio",
        video_codec: Str<'a> = "videoCodec",
        video_resolution: Str<'a> = "videoResolution",
        video_frame_rate: Str<'a> = "videoFrameRate",
        video_profile: Str<'a> = "videoProfile",
        audio_codec: Str<'a> = "audioCodec",
        audio_channels: Option<i64> = "audioChannels",
        audio_profile: Str<'a> = "audioProfile",
        /// 42: made by the optimiser.
        proxy_type: Option<i64> = "proxyType",
        channel_call_sign: Str<'a> = "channelCallSign",
        channel_id: Str<'a> = "channelID",
        channel_identifier: Str<'a> = "channelIdentifier",
        channel_title: Str<'a> = "channelTitle",
        channel_thumb: Str<'a> = "channelThumb",
        channel_vcn: Str<'a> = "channelVcn",
        protocol: Str<'a> = "protocol",
        begins_at_s: Option<i64> = "beginsAt",
        ends_at_s: Option<i64> = "endsAt",
        parts: Vec<Part<'a>> = "Part",
    }

    struct Part<'a> {
        id: Option<i64> = "id",
        file: Str<'a> = "file",
        size_bytes: Option<i64> = "size",
        /// `sd` where preview pictures were made.
        indexes: Str<'a> = "indexes",
        selected: Option<bool> = "selected",
        streams: Vec<Stream<'a>> = "Stream",
    }

    struct Stream<'a> {
        id: Option<i64> = "id",
        index: Option<i64> = "index",
        /// 1 video, 2 audio, 3 subtitle, 4 lyrics.
        kind: Option<i64> = "streamType",
        codec: Str<'a> = "codec",
        profile: Str<'a> = "profile",
        level: Str<'a> = "level",
        bitrate_kbps: Option<i64> = "bitrate",
        bit_depth: Option<i64> = "bitDepth",
        chroma_subsampling: Str<'a> = "chromaSubsampling",
        color_primaries: Str<'a> = "colorPrimaries",
        color_range: Str<'a> = "colorRange",
        color_space: Str<'a> = "colorSpace",
        color_trc: Str<'a> = "colorTrc",
        dovi_present: Option<bool> = "DOVIPresent",
        dovi_base: Option<bool> = "DOVIBLPresent",
        dovi_enhancement: Option<bool> = "DOVIELPresent",
        dovi_rpu: Option<bool> = "DOVIRPUPresent",
        dovi_level: Option<i64> = "DOVILevel",
        dovi_profile: Option<i64> = "DOVIProfile",
        dovi_version: Str<'a> = "DOVIVersion",
        frame_rate: Option<f64> = "frameRate",
        ref_frames: Option<i64> = "refFrames",
        width: Option<i64> = "width",
        height: Option<i64> = "height",
        scan_type: Str<'a> = "scanType",
        language: Str<'a> = "language",
        language_code: Str<'a> = "languageCode",
        title: Str<'a> = "title",
        display_title: Str<'a> = "displayTitle",
        extended_display_title: Str<'a> = "extendedDisplayTitle",
        bitrate_mode: Str<'a> = "bitrateMode",
        channels: Option<i64> = "channels",
        channel_layout: Str<'a> = "audioChannelLayout",
        sample_rate_hz: Option<i64> = "samplingRate",
        container: Str<'a> = "container",
        format: Str<'a> = "format",
        forced: Option<bool> = "forced",
        default: Option<bool> = "default",
        selected: Option<bool> = "selected",
        /// Where a subtitle in a file of its own is fetched.
        key: Str<'a> = "key",
    }

    /// `/library/sections`.
    struct Sections<'a> {
        directories: Vec<Section<'a>> = "Directory",
    }

    struct Section<'a> {
        key: Str<'a> = "key",
        kind: Str<'a> = "type",
        title: Str<'a> = "title",
        agent: Str<'a> = "agent",
        thumb: Str<'a> = "thumb",
        art: Str<'a> = "art",
        uuid: Str<'a> = "uuid",
        updated_at_s: Option<i64> = "updatedAt",
        scanned_at_s: Option<i64> = "scannedAt",
    }

    /// `/hubs/sections/N/manage`.
    struct Hubs<'a> {
        hubs: Vec<Hub<'a>> = "Hub",
    }

    struct Hub<'a> {
        identifier: Str<'a> = "identifier",
        recommended: Option<bool> = "promotedToRecommended",
        own_home: Option<bool> = "promotedToOwnHome",
        shared_home: Option<bool> = "promotedToSharedHome",
        /// `all`, `none`, `admin`, `shared`: all that older servers tell.
        home_visibility: Str<'a> = "homeVisibility",
        recommendations_visibility: Str<'a> = "recommendationsVisibility",
    }
}
