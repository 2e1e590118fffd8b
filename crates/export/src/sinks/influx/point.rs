//! A point before it is a line.

use std::borrow::Cow;

/// One point. Names come from us and need no escaping beyond the rules of the format; values come from anywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    pub measurement: &'a str,
    /// An empty value is the same as no tag.
    pub tags: Vec<(&'a str, Cow<'a, str>)>,
    pub fields: Vec<(&'a str, Field<'a>)>,
    /// Nanoseconds since 1970; always told, because points without a time collapse into one.
    pub at_ns: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Field<'a> {
    Text(Cow<'a, str>),
    Int(i64),
    /// Left out unless finite.
    Float(f64),
    Bool(bool),
}
