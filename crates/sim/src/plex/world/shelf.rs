//! What people put together by hand, changed while the server runs.

use crate::plex::shelf::{CollectionSeed, PlaylistSeed, Promoted, Shelved};
use crate::plex::world::World;

impl World {
    /// Adds an item described attribute by attribute, or replaces the one with its key.
    pub fn shelve(&self, item: Shelved) {
        self.lock().shelf.items.insert(item.rating_key, item);
    }

    /// Adds a collection, or replaces the one with its key.
    pub fn put_collection(&self, collection: CollectionSeed) {
        self.lock().shelf.put(collection);
    }

    pub fn put_playlist(&self, playlist: PlaylistSeed) {
        self.lock().shelf.playlists.insert(playlist.rating_key, playlist);
    }

    /// All collections of a library, invented or put there.
    pub fn collections(&self, library: u32) -> Vec<CollectionSeed> {
        let state = self.lock();
        state
            .library(library)
            .map_or_else(Vec::new, |l| state.shelf.collections(l))
    }

    /// Shows a collection elsewhere.
    pub fn promote(&self, collection: u64, to: Promoted) {
        self.change_collection(collection, |c| c.promoted = to);
    }

    /// Puts other things into a collection.
    pub fn set_members(&self, collection: u64, members: impl IntoIterator<Item = u64>) {
        self.change_collection(collection, |c| c.members = members.into_iter().collect());
    }

    fn change_collection(&self, rating_key: u64, change: impl FnOnce(&mut CollectionSeed)) {
        let mut state = self.lock();
        if let Some(mut collection) = state.shelf.collection(&state.libraries, rating_key) {
            change(&mut collection);
            state.shelf.put(collection);
        }
    }

    pub fn delete_collection(&self, rating_key: u64) {
        self.lock().shelf.delete(rating_key);
    }
}
