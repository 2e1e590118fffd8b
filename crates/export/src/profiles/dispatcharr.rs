//! `sethwv/dispatcharr-exporter`, a plugin inside Dispatcharr.

use crate::text::Encoder;
use crate::view::View;

/// Version 3, with what 3.1 adds.
pub(crate) fn v3(_view: &View<'_>, _encoder: &mut Encoder<'_>) {}

/// Version 2.
pub(crate) fn v2(_view: &View<'_>, _encoder: &mut Encoder<'_>) {}
