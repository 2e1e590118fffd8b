//! The tree every answer is made of, and its two spellings: XML attributes and elements, or JSON.
//!
//! A server of this family keeps one tree and prints it either way, so the fake does the same: whatever a
//! client can read in one spelling it can read in the other. Attributes whose value moves with time can be
//! left open ([`Live`]) and filled in when the answer is sent, so that a long list is encoded once.

use std::borrow::Cow;
use std::io::Write as _;

/// Text of a payload: a literal or something computed.
pub type Text = Cow<'static, str>;

/// How an answer is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Xml,
    /// JSON as servers since 2021 write it.
    Json,
    /// JSON with every scalar a string, as session lists were from 2018 to 2020.
    JsonStrings,
    /// JSON with the types exchanged: numbers as strings, digits as numbers, booleans as 0 and 1.
    JsonSwapped,
}

impl Spelling {
    pub(crate) const COUNT: usize = 4;

    pub(crate) fn is_xml(self) -> bool {
        self == Self::Xml
    }
}

/// An attribute that changes by itself; see [`crate::plex::live`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Live {
    ViewOffset,
    State,
    Throttled,
    Complete,
    Progress,
    Speed,
    Remaining,
    MaxOffset,
}

/// One attribute value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Text(Text),
    Int(i64),
    Float(f64),
    Bool(bool),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Fixed(Scalar),
    Live(Live),
}

impl From<&'static str> for Scalar {
    fn from(v: &'static str) -> Self {
        Self::Text(Cow::Borrowed(v))
    }
}

impl From<String> for Scalar {
    fn from(v: String) -> Self {
        Self::Text(Cow::Owned(v))
    }
}

impl From<Text> for Scalar {
    fn from(v: Text) -> Self {
        Self::Text(v)
    }
}

impl From<&Text> for Scalar {
    fn from(v: &Text) -> Self {
        Self::Text(v.clone())
    }
}

impl From<bool> for Scalar {
    fn from(v: bool) -> Self {
        Self::Bool(v)
    }
}

impl From<f64> for Scalar {
    fn from(v: f64) -> Self {
        Self::Float(v)
    }
}

impl From<i64> for Scalar {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}

impl From<i32> for Scalar {
    fn from(v: i32) -> Self {
        Self::Int(v.into())
    }
}

impl From<u32> for Scalar {
    fn from(v: u32) -> Self {
        Self::Int(v.into())
    }
}

impl From<u64> for Scalar {
    fn from(v: u64) -> Self {
        Self::Int(i64::try_from(v).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Scalar {
    fn from(v: usize) -> Self {
        Self::Int(i64::try_from(v).unwrap_or(i64::MAX))
    }
}

/// An element.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// XML element name.
    pub(crate) tag: &'static str,
    /// JSON key; differs for library items, which are all `Metadata`.
    json: &'static str,
    /// An object in JSON, not an array of one.
    single: bool,
    attrs: Vec<(&'static str, Value)>,
    children: Vec<Node>,
}

impl Node {
    /// An element that JSON puts into an array named by the tag.
    pub(crate) fn new(tag: &'static str) -> Self {
        Self {
            tag,
            json: tag,
            single: false,
            attrs: Vec::new(),
            children: Vec::new(),
        }
    }

    /// A library item: JSON calls all of them `Metadata`.
    pub(crate) fn item(tag: &'static str) -> Self {
        Self {
            json: "Metadata",
            ..Self::new(tag)
        }
    }

    /// A one-off child (`User`, `Player`, `Session`, …): an object in JSON.
    pub(crate) fn single(tag: &'static str) -> Self {
        Self {
            single: true,
            ..Self::new(tag)
        }
    }

    pub(crate) fn attr(mut self, name: &'static str, value: impl Into<Scalar>) -> Self {
        self.attrs.push((name, Value::Fixed(value.into())));
        self
    }

    /// Adds the attribute if there is a value: unknown is absent, never empty.
    pub(crate) fn opt<T: Into<Scalar>>(self, name: &'static str, value: Option<T>) -> Self {
        match value {
            Some(v) => self.attr(name, v),
            None => self,
        }
    }

    /// Adds an attribute that is filled in when the answer is sent. Never the first one of its element.
    pub(crate) fn live(mut self, name: &'static str, field: Live) -> Self {
        debug_assert!(!self.attrs.is_empty(), "a comma precedes a live attribute");
        self.attrs.push((name, Value::Live(field)));
        self
    }

    pub(crate) fn child(mut self, child: Node) -> Self {
        self.children.push(child);
        self
    }

    pub(crate) fn with(mut self, children: impl IntoIterator<Item = Node>) -> Self {
        self.children.extend(children);
        self
    }

    /// Puts `size`, the number of list entries, first: the way every container begins.
    pub(crate) fn sized(mut self) -> Self {
        let size = self.children.len();
        self.attrs.insert(0, ("size", Value::Fixed(size.into())));
        self
    }

    /// Visits this node and all below it.
    pub(crate) fn walk(&mut self, visit: &mut impl FnMut(&mut Node)) {
        visit(self);
        for child in &mut self.children {
            child.walk(visit);
        }
    }

    /// True if `name` names this kind of element, in either spelling.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.tag == name || self.json == name
    }

    pub(crate) fn remove_attr(&mut self, name: &str) {
        self.attrs.retain(|(n, _)| *n != name);
    }

    pub(crate) fn remove_children(&mut self, name: &str) {
        self.children.retain(|c| !c.is_called(name));
    }

    /// Replaces or adds an attribute.
    pub(crate) fn set_attr(&mut self, name: &'static str, value: Scalar) {
        match self.attrs.iter_mut().find(|(n, _)| *n == name) {
            Some((_, v)) => *v = Value::Fixed(value),
            None => self.attrs.push((name, Value::Fixed(value))),
        }
    }
}

/// An encoded node with the places where live values go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    cuts: Vec<(usize, &'static str, Live)>,
}

impl Template {
    /// Encodes `node` as a list entry: in JSON without its key.
    pub(crate) fn new(node: &Node, spelling: Spelling) -> Self {
        let mut t = Self::default();
        if spelling.is_xml() {
            t.xml(node);
        } else {
            t.json_object(node, spelling);
        }
        t
    }

    /// Appends the node with its live values; one that `values` does not have is left out.
    pub(crate) fn render(
        &self,
        spelling: Spelling,
        values: impl Fn(Live) -> Option<Scalar>,
        out: &mut Vec<u8>,
    ) {
        let mut from = 0;
        for (at, name, field) in &self.cuts {
            out.extend_from_slice(&self.bytes[from..*at]);
            from = *at;
            if let Some(value) = values(*field) {
                if spelling.is_xml() {
                    xml_attr(name, &value, out);
                } else {
                    out.push(b',');
                    json_text(name, out);
                    out.push(b':');
                    json_scalar(&value, spelling, out);
                }
            }
        }
        out.extend_from_slice(&self.bytes[from..]);
    }

    fn xml(&mut self, node: &Node) {
        self.bytes.push(b'<');
        self.bytes.extend_from_slice(node.tag.as_bytes());
        for (name, value) in &node.attrs {
            match value {
                Value::Fixed(v) => xml_attr(name, v, &mut self.bytes),
                Value::Live(field) => self.cuts.push((self.bytes.len(), name, *field)),
            }
        }
        if node.children.is_empty() {
            self.bytes.extend_from_slice(b"/>\n");
            return;
        }
        self.bytes.extend_from_slice(b">\n");
        for child in &node.children {
            self.xml(child);
        }
        self.bytes.extend_from_slice(b"</");
        self.bytes.extend_from_slice(node.tag.as_bytes());
        self.bytes.extend_from_slice(b">\n");
    }

    fn json_object(&mut self, node: &Node, spelling: Spelling) {
        self.bytes.push(b'{');
        let mut first = true;
        for (name, value) in &node.attrs {
            match value {
                Value::Fixed(v) => {
                    self.json_key(name, &mut first);
                    json_scalar(v, spelling, &mut self.bytes);
                }
                Value::Live(field) => self.cuts.push((self.bytes.len(), name, *field)),
            }
        }
        let mut rest = node.children.as_slice();
        while let Some(head) = rest.first() {
            let run = rest.iter().take_while(|c| c.json == head.json).count();
            let (group, after) = rest.split_at(run);
            debug_assert!(
                !after.iter().any(|c| c.json == head.json),
                "{} twice in one object",
                head.json
            );
            rest = after;
            self.json_key(head.json, &mut first);
            if head.single {
                self.json_object(head, spelling);
                continue;
            }
            self.bytes.push(b'[');
            for (i, child) in group.iter().enumerate() {
                if i > 0 {
                    self.bytes.push(b',');
                }
                self.json_object(child, spelling);
            }
            self.bytes.push(b']');
        }
        self.bytes.push(b'}');
    }

    fn json_key(&mut self, name: &str, first: &mut bool) {
        if !*first {
            self.bytes.push(b',');
        }
        *first = false;
        json_text(name, &mut self.bytes);
        self.bytes.push(b':');
    }
}

/// The first line of every XML answer.
pub(crate) const XML_HEAD: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A whole document without live values.
pub(crate) fn document(root: &Node, spelling: Spelling) -> Vec<u8> {
    let template = Template::new(root, spelling);
    let mut out = Vec::with_capacity(template.bytes.len() + 64);
    let nothing = |_| None;
    if spelling.is_xml() {
        out.extend_from_slice(XML_HEAD);
        template.render(spelling, nothing, &mut out);
    } else {
        out.push(b'{');
        json_text(root.json, &mut out);
        out.push(b':');
        template.render(spelling, nothing, &mut out);
        out.push(b'}');
    }
    out
}

fn xml_attr(name: &str, value: &Scalar, out: &mut Vec<u8>) {
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    match value {
        Scalar::Text(t) => xml_escape(t, out),
        other => plain(other, out),
    }
    out.push(b'"');
}

fn xml_escape(text: &str, out: &mut Vec<u8>) {
    let mut utf8 = [0; 4];
    for c in text.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\n' => out.extend_from_slice(b"&#10;"),
            '\t' => out.extend_from_slice(b"&#9;"),
            // Not allowed in XML 1.0 in any form.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(b'?'),
            c => out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes()),
        }
    }
}

/// A scalar without quotes: booleans as 1 and 0.
fn plain(value: &Scalar, out: &mut Vec<u8>) {
    let written = match value {
        Scalar::Text(t) => out.write_all(t.as_bytes()),
        Scalar::Int(n) => write!(out, "{n}"),
        Scalar::Float(f) => write!(out, "{f}"),
        Scalar::Bool(b) => out.write_all(if *b { b"1" } else { b"0" }),
    };
    debug_assert!(written.is_ok(), "writing to memory does not fail");
}

fn json_text(text: &str, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(out, text);
    debug_assert!(written.is_ok(), "writing to memory does not fail");
}

fn json_scalar(value: &Scalar, spelling: Spelling, out: &mut Vec<u8>) {
    match (spelling, value) {
        (Spelling::JsonSwapped, Scalar::Text(t)) if is_plain_number(t) => out.extend_from_slice(t.as_bytes()),
        (Spelling::JsonSwapped, Scalar::Bool(_)) => plain(value, out),
        (_, Scalar::Text(t)) => json_text(t, out),
        (Spelling::JsonStrings, _) | (Spelling::JsonSwapped, Scalar::Int(_) | Scalar::Float(_)) => {
            out.push(b'"');
            plain(value, out);
            out.push(b'"');
        }
        (_, Scalar::Bool(b)) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        // JSON has no word for infinity; a real server never sends one.
        (_, Scalar::Float(f)) if !f.is_finite() => out.push(b'0'),
        (_, Scalar::Float(f)) if f.fract() == 0.0 => {
            plain(value, out);
            out.extend_from_slice(b".0");
        }
        (_, Scalar::Int(_) | Scalar::Float(_)) => plain(value, out),
    }
}

/// Digits that are also a JSON number (no leading zero).
fn is_plain_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 18
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Node {
        Node::new("MediaContainer")
            .child(
                Node::item("Video")
                    .attr("title", "A \"quoted\" <b> & 'c'\n\u{1}é")
                    .attr("index", 3)
                    .attr("live", true)
                    .attr("rate", 23.976)
                    .attr("id", "042")
                    .attr("key", "42")
                    .child(Node::new("Media").attr("id", 1))
                    .child(Node::new("Media").attr("id", 2))
                    .child(Node::single("User").attr("id", "1")),
            )
            .child(Node::item("Track").attr("speed", 2.0))
            .sized()
    }

    #[test]
    fn one_tree_four_spellings() {
        let print = |s| String::from_utf8(document(&tree(), s)).unwrap();
        assert_eq!(
            print(Spelling::Xml),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MediaContainer size=\"2\">\n\
             <Video title=\"A &quot;quoted&quot; &lt;b&gt; &amp; 'c'&#10;?é\" index=\"3\" live=\"1\" rate=\"23.976\" \
             id=\"042\" key=\"42\">\n<Media id=\"1\"/>\n<Media id=\"2\"/>\n<User id=\"1\"/>\n</Video>\n\
             <Track speed=\"2\"/>\n</MediaContainer>\n"
        );
        assert_eq!(
            print(Spelling::Json),
            "{\"MediaContainer\":{\"size\":2,\"Metadata\":[{\"title\":\"A \\\"quoted\\\" <b> & 'c'\\n\\u0001é\",\
             \"index\":3,\"live\":true,\"rate\":23.976,\"id\":\"042\",\"key\":\"42\",\"Media\":[{\"id\":1},{\"id\":2}],\
             \"User\":{\"id\":\"1\"}},{\"speed\":2.0}]}}"
        );
        assert!(print(Spelling::JsonStrings).contains("\"index\":\"3\",\"live\":\"1\",\"rate\":\"23.976\""));
        let swapped = print(Spelling::JsonSwapped);
        assert!(swapped.contains("\"index\":\"3\",\"live\":1,"), "{swapped}");
        assert!(swapped.contains("\"id\":\"042\",\"key\":42,"), "{swapped}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives_json_and_any_allowed_text_xml(text: String) {
            let node = Node::new("MediaContainer").attr("title", text.clone());
            let json: serde_json::Value = serde_json::from_slice(&document(&node, Spelling::Json)).unwrap();
            proptest::prop_assert_eq!(json["MediaContainer"]["title"].as_str(), Some(text.as_str()));
            let xml = String::from_utf8(document(&node, Spelling::Xml)).unwrap();
            let parsed = roxmltree::Document::parse(&xml).unwrap();
            let allowed = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
            let want: String = text.chars().map(|c| if allowed(c) { c } else { '?' }).collect();
            proptest::prop_assert_eq!(parsed.root_element().attribute("title"), Some(want.as_str()));
        }
    }

    #[test]
    fn an_empty_list_is_an_absent_key() {
        let empty = Node::new("MediaContainer").sized();
        assert_eq!(
            document(&empty, Spelling::Json),
            b"{\"MediaContainer\":{\"size\":0}}"
        );
    }

    #[test]
    fn live_values_are_filled_in_or_left_out() {
        let node = Node::item("Video")
            .attr("a", 1)
            .live("viewOffset", Live::ViewOffset)
            .live("speed", Live::Speed);
        for (spelling, want) in [
            (Spelling::Xml, "<Video a=\"1\" viewOffset=\"7\"/>\n"),
            (Spelling::Json, "{\"a\":1,\"viewOffset\":7}"),
        ] {
            let mut out = Vec::new();
            Template::new(&node, spelling).render(
                spelling,
                |l| (l == Live::ViewOffset).then_some(Scalar::Int(7)),
                &mut out,
            );
            assert_eq!(String::from_utf8(out).unwrap(), want);
        }
    }
}
