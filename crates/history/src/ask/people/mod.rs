//! People, their addresses, and libraries, with what was played (Tautulli `get_users_table`, `get_libraries_table`,
//! `get_user_ips` and the lists of names).

mod libraries;
mod table;
#[cfg(test)]
mod tests;
mod users;

use model::{Fields, Person, Scalar, Section, Text};

pub use libraries::{LibraryColumn, LibraryRow, last_accessed_s, libraries_table, library_names, sections};
pub use table::{Table, TableQuery};
pub use users::{
    IpColumn, IpRow, UserColumn, UserRow, last_seen_s, user_ips, user_names, users, users_table,
};

/// True for an account that is no longer on the server.
pub fn is_deleted(person: &Person) -> bool {
    flag(&person.fields, "deleted_user")
}

/// True for a library that is no longer on the server.
pub fn is_gone(section: &Section) -> bool {
    flag(&section.fields, "deleted_section")
}

fn flag(fields: &Fields, name: &str) -> bool {
    matches!(fields.get(name), Some(Scalar::Int(1)))
}

fn text(fields: &Fields, name: &str) -> Option<Text> {
    match fields.get(name)? {
        Scalar::Text(text) => Some(text.clone()),
        Scalar::Int(number) => Some(number.to_string().into()),
    }
}
