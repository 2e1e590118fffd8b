//! `reconcile` through its door: observations in, plays and counters out.

mod actor;
mod build;
mod hints;
mod iptv_again;
mod iptv_build;
mod iptv_logins;
mod iptv_looks;
mod iptv_outages;
mod iptv_properties;
mod iptv_rules;
mod looks;
mod outages;
mod path;
mod path_doubts;
mod properties;
mod recent;
mod restore;
mod rules;
mod servers;
