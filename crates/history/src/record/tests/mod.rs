mod body;
mod of;
mod recorder;
mod save;
