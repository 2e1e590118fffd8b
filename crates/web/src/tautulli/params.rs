//! What was asked: names and values, all of them text, and Tautulli's ways of reading them.

use http::Uri;

/// Parameters of the address and of a form, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn of(uri: &Uri, form: &[u8]) -> Self {
        let query = uri.query().unwrap_or_default().as_bytes();
        let pairs = form_urlencoded::parse(query).chain(form_urlencoded::parse(form));
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// All values of `name`.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The last value of `name`, the empty one included.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The value of `name` unless it is empty, which nearly everywhere means "not given".
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|v| !v.is_empty())
    }

    /// A switch: 1, true, t, yes, y and on are on, anything else is off.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        let value = self.raw(name)?.to_ascii_lowercase();
        Some(matches!(value.as_str(), "1" | "true" | "t" | "yes" | "y" | "on"))
    }

    /// An integer as Python's `int()` reads it; `Err` for anything else.
    pub(super) fn int(&self, name: &str) -> Result<Option<i64>, NotANumber> {
        self.raw(name).map(python_int).transpose()
    }

    /// An integer, or `default` where there is none, where it is none, and for 0.
    pub(super) fn int_or(&self, name: &str, default: i64) -> i64 {
        let given = self.int(name).ok().flatten();
        given.filter(|n| *n != 0).unwrap_or(default)
    }

    /// The parts between commas, without the spaces around them; empty if not given.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        match self.text(name) {
            Some(text) => text.split(',').map(str::trim).collect(),
            None => Vec::new(),
        }
    }

    /// A list of whole numbers. `None` if not given, or if any part is not made of digits alone: then Tautulli
    /// drops the whole filter without a word.
    pub(super) fn digits(&self, name: &str) -> Option<Vec<i64>> {
        let parts = self.list(name);
        let all_digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if parts.is_empty() || !parts.iter().all(all_digits) {
            return None;
        }
        Some(parts.iter().map(|p| p.parse().unwrap_or(i64::MAX)).collect())
    }
}

/// A number was needed and something else was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotANumber;

/// Python's `int()`: spaces around, a sign, single underscores between digits.
pub(super) fn python_int(text: &str) -> Result<i64, NotANumber> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let fine = !digits.is_empty()
        && digits
            .split('_')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !fine {
        return Err(NotANumber);
    }
    // Beyond what we can count, the sign still tells the direction.
    let limit = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Ok(text.replace('_', "").parse().unwrap_or(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::of(&format!("/api/v2?{query}").parse().unwrap(), b"")
    }

    #[test]
    fn query_and_form_are_one() {
        let uri = "/api/v2?a=1&b=x%20y+z&c".parse().unwrap();
        let both = Params::of(&uri, "a=2&d=%C3%BC".as_bytes());
        assert_eq!(both.raw("a"), Some("2"));
        assert_eq!(both.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(both.text("b"), Some("x y z"));
        assert_eq!((both.raw("c"), both.text("c")), (Some(""), None));
        assert_eq!(both.text("d"), Some("ü"));
        assert_eq!(both.raw("e"), None);
    }

    #[test]
    fn switches_are_on_for_six_words() {
        for on in ["1", "true", "True", "t", "yes", "y", "on", "ON"] {
            assert_eq!(
                params(&format!("grouping={on}")).switch("grouping"),
                Some(true),
                "{on}"
            );
        }
        for off in ["0", "", "2", "false", "ja"] {
            assert_eq!(
                params(&format!("grouping={off}")).switch("grouping"),
                Some(false),
                "{off}"
            );
        }
        assert_eq!(params("").switch("grouping"), None);
    }

    #[test]
    fn integers_are_pythons() {
        for (text, expected) in [
            ("30", Ok(30)),
            (" -1 ", Ok(-1)),
            ("+1_000", Ok(1000)),
            ("1__0", Err(NotANumber)),
            ("_1", Err(NotANumber)),
            ("", Err(NotANumber)),
            ("3.5", Err(NotANumber)),
            ("-", Err(NotANumber)),
            ("+-1", Err(NotANumber)),
            ("99999999999999999999", Ok(i64::MAX)),
            ("-99999999999999999999", Ok(i64::MIN)),
        ] {
            assert_eq!(python_int(text), expected, "{text:?}");
        }
        for (query, expected) in [
            ("", 30),
            ("n=", 30),
            ("n=x", 30),
            ("n=0", 30),
            ("n=7", 7),
            ("n=-2", -2),
        ] {
            assert_eq!(params(query).int_or("n", 30), expected, "{query}");
        }
    }

    #[test]
    fn a_list_with_anything_but_digits_is_no_filter() {
        for (query, expected) in [
            ("u=1,2", Some(vec![1, 2])),
            ("u=1,%202", Some(vec![1, 2])),
            ("u=1", Some(vec![1])),
            ("u=1,x", None),
            ("u=-1", None),
            ("u=1,", None),
            ("u=", None),
            ("", None),
        ] {
            assert_eq!(params(query).digits("u"), expected, "{query}");
        }
    }
}
