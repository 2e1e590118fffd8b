//! The exposition through its door, `render`, read back by a strict parser.

pub(crate) mod build;
mod dashboards;
mod dispatcharr;
pub(crate) mod dispatcharr_build;
mod dispatcharr_rules;
pub(crate) mod native;
pub(crate) mod policy;
pub(crate) mod properties;
mod rivals;
pub(crate) mod strict;
mod text;

use model::{Snapshot, Timestamp};

use crate::{Format, Options, Profile, render};
use strict::Exposition;

/// One rendering as text.
pub(crate) fn text(profile: Profile, format: Format, snapshot: &Snapshot, options: &Options) -> String {
    let mut out = Vec::new();
    render(
        profile,
        format,
        snapshot,
        &build::process(),
        options,
        now(),
        &mut out,
    );
    String::from_utf8(out).expect("an exposition is UTF-8")
}

/// One rendering in the classic form, parsed.
pub(crate) fn scrape(profile: Profile, snapshot: &Snapshot) -> Exposition {
    let text = text(profile, Format::Text, snapshot, &Options::default());
    strict::parse(&text, Format::Text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

pub(crate) fn now() -> Timestamp {
    build::at(60)
}
