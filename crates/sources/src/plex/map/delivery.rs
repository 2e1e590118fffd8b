//! How a session reaches its player: decisions per stream and overall, what is delivered, the transcoder's work.

use model::{
    AudioStream, Decision, Delivery, MediaKind, SourceMedia, SubtitleAction, SubtitleStream, Text, Told,
    ToldTranscoder, Transcode, VideoStream,
};

use super::super::decode::Str;
use super::super::wire::item;
use super::reasons::{self, Facts};
use super::{bare_key, bps, codec, text, titles};

/// The parts of a session that the rules look at.
pub(super) struct Chosen<'w, 'a> {
    pub(super) kind: MediaKind,
    pub(super) live: bool,
    pub(super) position_ms: Option<u64>,
    pub(super) media: Option<&'w item::Media<'a>>,
    pub(super) part: Option<&'w item::Part<'a>>,
    pub(super) video: Option<&'w item::Stream<'a>>,
    pub(super) audio: Option<&'w item::Stream<'a>>,
    pub(super) subtitle: Option<&'w item::Stream<'a>>,
    pub(super) transcode: Option<&'w item::Transcode<'a>>,
    pub(super) run: Option<&'w item::ClientRun<'a>>,
}

/// What was decided for each stream, and for the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Decisions {
    pub(super) overall: Option<Decision>,
    pub(super) video: Option<Decision>,
    pub(super) audio: Option<Decision>,
    pub(super) subtitle: Option<SubtitleAction>,
}

impl<'w, 'a> Chosen<'w, 'a> {
    /// Of several versions and parts the selected one counts; old servers and live television select none, then
    /// it is the first.
    pub(super) fn of(item: &'w item::Item<'a>, kind: MediaKind, live: bool) -> Self {
        let media = selected(&item.media, |m| m.selected);
        let part = media.and_then(|m| selected(&m.parts, |p| p.selected));
        let streams = part.map_or(&[][..], |p| &p.streams);
        Self {
            kind,
            live,
            position_ms: item.view_offset_ms,
            media,
            part,
            video: stream(streams, 1).filter(|_| kind != MediaKind::Track),
            audio: stream(streams, 2),
            subtitle: subtitle(streams),
            transcode: item.transcode.as_deref(),
            run: item.session.as_deref(),
        }
    }

    fn has_video(&self) -> bool {
        self.kind != MediaKind::Track
            && (self.video.is_some()
                || self
                    .media
                    .is_some_and(|m| m.video_codec.is_some() || m.video_resolution.is_some())
                || self.transcode.is_some_and(|t| t.video_decision.is_some()))
    }

    fn has_audio(&self) -> bool {
        self.audio.is_some()
            || self.media.is_some_and(|m| m.audio_codec.is_some())
            || self.transcode.is_some_and(|t| t.audio_decision.is_some())
    }

    /// Each stream: its own word; else direct play if the part is played directly (that word has one meaning
    /// only); else the transcoder's word for it.
    ///
    /// The whole: any stream transcoded is a transcode, else any copied is a copy, else direct play. If no
    /// stream tells, the part's word is the last resort: its `transcode` is also said of a mere change of
    /// container. Nothing said at all and no transcoder at work is direct play. A transcoder alone proves
    /// nothing: servers attach one whenever a client asked for a decision.
    pub(super) fn decisions(&self) -> Decisions {
        let part = self.part.and_then(|p| word(&p.decision));
        let directly = part.filter(|d| *d == Decision::DirectPlay);
        let of = |stream: Option<&item::Stream<'_>>, fallback: Option<&Str<'_>>| {
            stream
                .and_then(|s| word(&s.decision))
                .or(directly)
                .or_else(|| word(fallback?))
        };
        let transcode = self.transcode;
        let subtitle = self.subtitle_action();
        let mut video = of(self.video, transcode.map(|t| &t.video_decision)).filter(|_| self.has_video());
        let mut audio = of(self.audio, transcode.map(|t| &t.audio_decision)).filter(|_| self.has_audio());
        if subtitle == Some(SubtitleAction::Burn) && self.has_video() {
            // Painting into the picture needs a new picture.
            video = video.or(Some(Decision::Transcode));
        }
        let nothing_at_work =
            || (self.media.is_some() && transcode.is_none()).then_some(Decision::DirectPlay);
        // `Decision` is ordered from direct play to transcode.
        let overall = video.max(audio).or(part).or_else(nothing_at_work);
        if overall == Some(Decision::DirectPlay) {
            video = self.has_video().then_some(Decision::DirectPlay);
            audio = self.has_audio().then_some(Decision::DirectPlay);
        }
        Decisions {
            overall,
            video,
            audio,
            subtitle,
        }
    }

    /// The stream's own word; else the transcoder's, unless the stream says that it is not sent. On direct play
    /// the file brings its subtitles along and nobody acts on them.
    fn subtitle_action(&self) -> Option<SubtitleAction> {
        let own = self.subtitle.and_then(|s| {
            if s.burn == Some(true) {
                Some(SubtitleAction::Burn)
            } else {
                action(&s.decision)
            }
        });
        let is_silent = self.subtitle.is_none_or(|s| s.decision.is_none());
        own.or_else(|| action(&self.transcode?.subtitle_decision).filter(|_| is_silent))
    }

    /// Media describes what is sent, but servers before 2017 went on to describe the source while converting.
    /// Theirs has neither a protocol nor a decision anywhere; what is sent, only the transcoder tells then.
    pub(super) fn describes_source(&self) -> bool {
        let streams = [self.video, self.audio, self.subtitle];
        self.transcode.is_some()
            && self.media.is_some_and(|m| m.protocol.is_none())
            && self
                .part
                .is_none_or(|p| p.protocol.is_none() && p.decision.is_none())
            && streams.into_iter().flatten().all(|s| s.decision.is_none())
    }

    pub(super) fn delivery(&self, decisions: Decisions, source: &SourceMedia) -> Delivery {
        let direct = decisions.overall == Some(Decision::DirectPlay);
        let of_output = direct || !self.describes_source();
        let (media, part) = (self.media.filter(|_| of_output), self.part.filter(|_| of_output));
        let transcode = self.transcode.filter(|_| !direct);
        let mut delivery = Delivery {
            decision: decisions.overall,
            container_decision: part.and_then(|p| word(&p.decision)).or(match decisions.overall {
                Some(Decision::DirectPlay) => Some(Decision::DirectPlay),
                // Whatever passes the server's hands is packed anew.
                Some(_) => Some(Decision::Transcode),
                None => None,
            }),
            container: (part.and_then(|p| codec(&p.container)))
                .or_else(|| codec(&media?.container))
                .or_else(|| codec(&transcode?.container)),
            protocol: (media.and_then(|m| text(&m.protocol)))
                .or_else(|| text(&part?.protocol))
                .or_else(|| text(&transcode?.protocol))
                .filter(|_| !direct),
            bitrate_bps: if of_output { self.bitrate_bps() } else { None },
            reserved_bps: self.run.and_then(|r| bps(r.bandwidth_kbps)),
            video: self.has_video().then(|| self.video_stream(decisions.video)),
            audio: self.has_audio().then(|| self.audio_stream(decisions.audio)),
            subtitle: self.subtitle_stream(decisions.subtitle),
            transcode: None,
            told: Told::default(),
        };
        delivery.told = self.told(&delivery);
        if !direct && (transcode.is_some() || decisions.overall.is_some()) {
            let reasons = reasons::reasons(&Facts {
                decisions,
                source,
                delivery: &delivery,
            });
            delivery.transcode = Some(Transcode {
                reasons,
                ..self.transcoder()
            });
        }
        delivery
    }

    /// What the session says of the version that plays, where our own word is another or there is none.
    fn told(&self, ours: &Delivery) -> Told {
        let media = self.media;
        let other = |word: Option<&Str<'_>>, ours: Option<&Text>| {
            let word = word.and_then(|w| w.as_deref()).filter(|w| *w != "*")?;
            (ours.is_none_or(|o| **o != *word)).then(|| Text::from(word))
        };
        let (video, audio) = (ours.video.as_ref(), ours.audio.as_ref());
        Told {
            duration_ms: media.and_then(|m| m.duration_ms),
            frame_rate: media.and_then(|m| text(&m.video_frame_rate)),
            container: other(media.map(|m| &m.container), ours.container.as_ref()),
            video_codec: other(
                media.map(|m| &m.video_codec),
                video.and_then(|v| v.codec.as_ref()),
            ),
            video_resolution: other(
                media.map(|m| &m.video_resolution),
                video.and_then(|v| v.resolution.as_ref()),
            ),
            audio_codec: other(
                media.map(|m| &m.audio_codec),
                audio.and_then(|a| a.codec.as_ref()),
            ),
            transcoder: self.transcode.map(|t| ToldTranscoder {
                video: word(&t.video_decision),
                audio: word(&t.audio_decision),
            }),
        }
    }

    /// The total as told; else the sum of the streams that are sent, if each is known.
    fn bitrate_bps(&self) -> Option<u64> {
        let told = bps(self.media.and_then(|m| m.bitrate_kbps)).or_else(|| bps(self.part?.bitrate_kbps));
        told.or_else(|| {
            let audio = self.audio.map(|a| bps(a.bitrate_kbps));
            let video = self.video.map(|v| bps(v.bitrate_kbps));
            match (video, audio) {
                (None, None) => None,
                (video, audio) => Some(video.unwrap_or(Some(0))? + audio.unwrap_or(Some(0))?),
            }
        })
    }

    fn video_stream(&self, decision: Option<Decision>) -> VideoStream {
        // A copied stream is the same in source and output.
        let as_sent = decision != Some(Decision::Transcode) || !self.describes_source();
        let (media, stream) = (self.media.filter(|_| as_sent), self.video.filter(|_| as_sent));
        let transcode = self.transcode;
        let width = media
            .and_then(|m| m.width)
            .or_else(|| stream?.width)
            .or_else(|| transcode?.width);
        let height = media
            .and_then(|m| m.height)
            .or_else(|| stream?.height)
            .or_else(|| transcode?.height);
        VideoStream {
            decision,
            codec: (stream.and_then(|s| codec(&s.codec)))
                .or_else(|| codec(&media?.video_codec))
                .or_else(|| codec(&transcode?.video_codec)),
            resolution: (media.and_then(|m| titles::resolution(m.video_resolution.as_deref()?)))
                .or_else(|| titles::resolution_of_size(width, height)),
            width: size(width),
            height: size(height),
        }
    }

    fn audio_stream(&self, decision: Option<Decision>) -> AudioStream {
        let as_sent = decision != Some(Decision::Transcode) || !self.describes_source();
        let (media, stream) = (self.media.filter(|_| as_sent), self.audio.filter(|_| as_sent));
        let transcode = self.transcode;
        AudioStream {
            decision,
            codec: (stream.and_then(|s| codec(&s.codec)))
                .or_else(|| codec(&media?.audio_codec))
                .or_else(|| codec(&transcode?.audio_codec)),
            channels: channels(
                stream
                    .and_then(|s| s.channels)
                    .or_else(|| media?.audio_channels)
                    .or_else(|| transcode?.audio_channels),
            ),
            language: self
                .audio
                .and_then(|s| text(&s.language).or_else(|| text(&s.language_code))),
        }
    }

    fn subtitle_stream(&self, action: Option<SubtitleAction>) -> Option<SubtitleStream> {
        let stream = self.subtitle;
        (stream.is_some() || action.is_some()).then(|| SubtitleStream {
            action,
            codec: stream.and_then(|s| codec(&s.codec)),
            language: stream.and_then(|s| text(&s.language).or_else(|| text(&s.language_code))),
        })
    }

    fn transcoder(&self) -> Transcode {
        let Some(t) = self.transcode else {
            return Transcode::default();
        };
        Transcode {
            key: bare_key(&t.key),
            speed: t.speed.filter(|s| *s >= 0.0),
            throttled: t.throttled,
            complete: t.complete,
            progress_percent: t.progress_percent.filter(|p| *p >= 0.0).map(|p| p.min(100.0)),
            buffer_ahead_ms: self.buffer_ahead_ms(t),
            hw_requested: t.hw_requested,
            hw_decode: text(&t.hw_decoding),
            hw_encode: text(&t.hw_encoding),
            hw_full_pipeline: t.hw_full_pipeline,
            reasons: Vec::new(),
        }
    }

    /// What is ready beyond the play position. Both figures are as old as their last report, so a player that
    /// seems to be ahead of the transcoder has nothing ready. Of live television the offsets count from another
    /// beginning than the position.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
    fn buffer_ahead_ms(&self, t: &item::Transcode<'_>) -> Option<i64> {
        /// A year: beyond it the figure is nonsense.
        const LIMIT_MS: f64 = 365.0 * 86_400_000.0;
        let ready_ms = t
            .max_offset_s
            .map(|s| s * 1000.0)
            .filter(|ms| (0.0..LIMIT_MS).contains(ms))?;
        let position_ms = i64::try_from(self.position_ms.filter(|_| !self.live)?).ok()?;
        Some((ready_ms as i64).saturating_sub(position_ms).max(0))
    }
}

fn selected<T>(all: &[T], is_selected: impl Fn(&T) -> Option<bool>) -> Option<&T> {
    all.iter()
        .find(|one| is_selected(one) == Some(true))
        .or(all.first())
}

/// The stream of a kind that is played: the selected one, else one with a decision, else the default, else the
/// one the file has first. The order in the answer does not count.
pub(super) fn stream<'w, 'a>(streams: &'w [item::Stream<'a>], kind: u64) -> Option<&'w item::Stream<'a>> {
    let rank = |s: &&item::Stream<'_>| {
        let yes = |flag| flag != Some(true);
        (
            yes(s.selected),
            word(&s.decision).is_none(),
            yes(s.default),
            order(s),
        )
    };
    streams.iter().filter(|s| s.kind == Some(kind)).min_by_key(rank)
}

/// The subtitle that is shown: one that is acted on, else the selected one, if any.
fn subtitle<'w, 'a>(streams: &'w [item::Stream<'a>]) -> Option<&'w item::Stream<'a>> {
    let acted_on = |s: &item::Stream<'_>| match (s.burn, action(&s.decision)) {
        (Some(true), _) | (_, Some(SubtitleAction::Burn)) => 2,
        (_, Some(_)) => 1,
        (_, None) => 0,
    };
    let candidates = streams.iter().filter(|s| s.kind == Some(3));
    candidates
        .filter(|s| s.selected == Some(true) || acted_on(s) > 0)
        .min_by_key(|s| (std::cmp::Reverse(acted_on(s)), s.selected != Some(true), order(s)))
}

fn order(s: &item::Stream<'_>) -> (u64, u64) {
    (s.index.unwrap_or(u64::MAX), s.id.unwrap_or(u64::MAX))
}

fn word(field: &Str<'_>) -> Option<Decision> {
    match field.as_deref()? {
        "transcode" | "transcoding" => Some(Decision::Transcode),
        "copy" | "copying" => Some(Decision::Copy),
        "directplay" | "direct play" => Some(Decision::DirectPlay),
        _ => None,
    }
}

fn action(field: &Str<'_>) -> Option<SubtitleAction> {
    match field.as_deref()? {
        "burn" | "burn-in" => Some(SubtitleAction::Burn),
        "transcode" | "transcoding" => Some(SubtitleAction::Transcode),
        "copy" | "copying" => Some(SubtitleAction::Copy),
        _ => None,
    }
}

fn size(pixels: Option<u64>) -> Option<u32> {
    pixels.filter(|n| *n > 0).and_then(|n| u32::try_from(n).ok())
}

pub(super) fn channels(n: Option<u64>) -> Option<u8> {
    n.filter(|n| *n > 0).and_then(|n| u8::try_from(n).ok())
}
