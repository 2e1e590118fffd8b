//! The person of a play, as every list shows one.

use model::{Scalar, Text};

use crate::columns::Columns;
use crate::rules::friendly_name;

/// Names and picture of a known account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    pub user_id: i64,
    pub username: Option<Text>,
    /// The friendly name unless it is blank, else the user name.
    pub friendly_name: Option<Text>,
    pub thumb: Option<Text>,
    /// A picture set in Tautulli, which it shows instead.
    pub custom_thumb: Option<Text>,
}

impl Who {
    /// `None` for an account that is not known (any more).
    pub(crate) fn of(c: &Columns, user_id: Option<i64>) -> Option<Self> {
        let person = c.dims.people().get(&user_id?)?;
        let name = friendly_name(person.friendly_name.as_deref(), person.username.as_deref());
        Some(Self {
            user_id: person.user_id,
            username: person.username.clone(),
            friendly_name: name.map(Into::into),
            thumb: person.thumb.clone(),
            custom_thumb: match person.fields.get("custom_avatar_url") {
                Some(Scalar::Text(url)) if !url.is_empty() => Some(url.clone()),
                _ => None,
            },
        })
    }
}
