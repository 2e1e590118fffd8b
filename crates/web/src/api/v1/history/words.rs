//! What the values of a filter are called.

use history::ask::slices::{Hardware, Net, Tier};
use history::columns::Way;
use history::rules::Class;

pub(super) const DECISIONS: [(&str, Way); 4] = [
    ("directplay", Way::DirectPlay),
    ("copy", Way::Copy),
    ("transcode", Way::Transcode),
    ("unknown", Way::Unknown),
];

pub(super) const MEDIA: [(&str, Class); 4] = [
    ("movie", Class::Movies),
    ("episode", Class::Tv),
    ("track", Class::Music),
    ("live", Class::LiveTv),
];

pub(super) const NETWORKS: [(&str, Net); 5] = [
    ("lan", Net::Lan),
    ("wan", Net::Wan),
    ("relay", Net::Relay),
    ("cellular", Net::Cellular),
    ("unknown", Net::Unknown),
];

/// By their number from Monday.
pub(super) const WEEKDAYS: [(&str, u8); 7] = [
    ("monday", 0),
    ("tuesday", 1),
    ("wednesday", 2),
    ("thursday", 3),
    ("friday", 4),
    ("saturday", 5),
    ("sunday", 6),
];

pub(super) const HARDWARE: [(&str, Hardware); 3] = [
    ("full", Hardware::Full),
    ("part", Hardware::Part),
    ("software", Hardware::Software),
];

pub(super) const TIERS: [(&str, Tier); 6] = [
    ("0-25", Tier::Started),
    ("25-50", Tier::Quarter),
    ("50-75", Tier::Half),
    ("75-watched", Tier::ThreeQuarters),
    ("watched", Tier::Watched),
    ("unknown", Tier::Unknown),
];
