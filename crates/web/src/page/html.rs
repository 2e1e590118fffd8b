//! HTML in which nothing unescaped can be written: markup is only ever a literal of this program.

use std::fmt::{self, Display, Write as _};

/// Text under construction.
#[derive(Debug)]
pub(super) struct Html(String);

impl Html {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Markup, as it is.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Content, escaped; safe between tags and inside a quoted attribute.
    pub(super) fn text(&mut self, value: impl Display) -> &mut Self {
        write!(Escape(&mut self.0), "{value}").expect("writing to memory cannot fail");
        self
    }

    /// ` name="value"`; `name` is a literal with its leading space and equals sign: ` href=`.
    pub(super) fn attribute(&mut self, name: &'static str, value: impl Display) -> &mut Self {
        self.raw(name).raw("\"").text(value).raw("\"")
    }

    /// An element without attributes around content.
    pub(super) fn wrapped(
        &mut self,
        open: &'static str,
        value: impl Display,
        close: &'static str,
    ) -> &mut Self {
        self.raw(open).text(value).raw(close)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

struct Escape<'a>(&'a mut String);

impl fmt::Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            self.0.push_str(&rest[..at]);
            self.0.push_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            });
            rest = &rest[at + 1..];
        }
        self.0.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut html = Html::with_capacity(0);
        html.text(text);
        html.0
    }

    #[test]
    fn the_five_dangerous_characters_are_escaped() {
        let mut html = Html::with_capacity(0);
        html.raw("<a")
            .attribute(" title=", "\"><script>'&amp;")
            .raw(">")
            .text("<b>ü</b>")
            .raw("</a>");
        assert_eq!(
            html.0,
            "<a title=\"&quot;&gt;&lt;script&gt;&#39;&amp;amp;\">&lt;b&gt;ü&lt;/b&gt;</a>"
        );
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in "[&<>\"' a-zé;#]{0,40}") {
            let out = escaped(&text);
            prop_assert!(!out.contains(['<', '>', '"', '\'']));
            let back = out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
            prop_assert_eq!(back.replace("&amp;", "&"), text);
        }
    }
}
