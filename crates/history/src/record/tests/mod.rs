mod body;
mod iptv;
mod of;
mod recorder;
mod save;
