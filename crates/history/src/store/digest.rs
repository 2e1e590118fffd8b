//! What makes two items, clients or streams the same.

use std::hash::{Hash, Hasher};

use model::{RecordClient, RecordItem, RecordStream, Scalar};
use ring::digest::{Context, SHA256};

use super::fields::figure;
use crate::rules::Marks;

/// First bytes of SHA-256 over the content, as the store keeps it. It must never change: content already kept would
/// be kept again.
pub(super) type Digest = [u8; 16];

/// Feeds `content` to a hash as the digest sees it.
pub(super) trait Content {
    fn feed(&self, to: &mut impl Sink);
}

/// Where content goes: the digest that lasts, or the quick hash of a cache.
pub(super) trait Sink {
    fn bytes(&mut self, bytes: &[u8]);

    /// Absent is not the same as empty.
    fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.bytes(&[0]),
            Some(text) => {
                self.bytes(&[1]);
                self.bytes(&(text.len() as u64).to_le_bytes());
                self.bytes(text.as_bytes());
            }
        }
    }

    fn number(&mut self, number: Option<i64>) {
        match number {
            None => self.bytes(&[0]),
            Some(number) => {
                self.bytes(&[2]);
                self.bytes(&number.to_le_bytes());
            }
        }
    }

    fn field(&mut self, name: &str, value: &Scalar) {
        self.text(Some(name));
        match value {
            Scalar::Int(number) => self.number(Some(*number)),
            Scalar::Text(text) => self.text(Some(text)),
        }
    }
}

struct Lasting(Context);

impl Sink for Lasting {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

struct Quick<H>(H);

impl<H: Hasher> Sink for Quick<H> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn text(&mut self, text: Option<&str>) {
        text.hash(&mut self.0);
    }

    fn number(&mut self, number: Option<i64>) {
        number.hash(&mut self.0);
    }
}

/// The digest that the store keeps.
pub(super) fn digest(content: &impl Content) -> Digest {
    let mut sink = Lasting(Context::new(&SHA256));
    content.feed(&mut sink);
    let whole = sink.0.finish();
    let mut digest = Digest::default();
    digest.copy_from_slice(&whole.as_ref()[..16]);
    digest
}

/// A hash for this process alone, ten times as quick. Among a cache's entries two different contents share one with
/// a probability below 1 in 10⁹ per million plays.
pub(super) fn quick(content: &impl Content, hasher: impl Hasher) -> u64 {
    let mut sink = Quick(hasher);
    content.feed(&mut sink);
    sink.0.finish()
}

impl Content for RecordItem {
    fn feed(&self, to: &mut impl Sink) {
        to.text(Some(self.kind.as_str()));
        to.number(Some(i64::from(self.live)));
        to.number(self.rating_key);
        to.number(self.parent_rating_key);
        to.number(self.grandparent_rating_key);
        to.text(self.guid.as_deref());
        to.text(self.title.as_deref());
        to.text(self.parent_title.as_deref());
        to.text(self.grandparent_title.as_deref());
        to.text(self.original_title.as_deref());
        to.text(Some(&self.full_title));
        to.number(self.media_index);
        to.number(self.parent_media_index);
        to.number(self.year);
        to.number(self.duration_ms);
        to.text(self.thumb.as_deref());
        to.text(self.originally_available_at.as_deref());
        to.number(self.marker_credits_first_ms);
        to.number(self.marker_credits_final_ms);
        for (name, value) in &self.extra {
            to.field(name, value);
        }
    }
}

impl Content for RecordClient {
    fn feed(&self, to: &mut impl Sink) {
        to.text(self.machine_id.as_deref());
        to.text(self.player.as_deref());
        to.text(self.product.as_deref());
        to.text(self.product_version.as_deref());
        to.text(self.platform.as_deref());
        to.text(self.platform_version.as_deref());
        to.text(self.profile.as_deref());
    }
}

/// A stream as the store's table has it: without the figures, which may have decided the marks.
pub(super) struct Shape<'a> {
    pub(super) stream: &'a RecordStream,
    pub(super) marks: Marks,
}

impl Content for Shape<'_> {
    fn feed(&self, to: &mut impl Sink) {
        let decision = self.stream.decision.map(super::words::decision);
        to.text(decision);
        to.text(self.stream.source_resolution.as_deref());
        to.text(self.stream.stream_resolution.as_deref());
        to.number(Some(i64::from(self.marks.bits())));
        let fields = self.stream.fields.iter();
        for (name, value) in fields.filter(|(name, value)| figure(name, value).is_none()) {
            to.field(name, value);
        }
    }
}
