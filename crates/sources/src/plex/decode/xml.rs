//! XML answers as the JSON that the same server would have sent.

use std::borrow::Cow;

use roxmltree::{Document, Node};

use super::DecodeError;
use crate::lenient::{clip, repair};

/// Deeper elements are left out; the wire needs six levels.
const DEPTH_MAX: usize = 32;

/// Attributes become texts, children become lists named by their tag. The few children that are single objects
/// in JSON (`User`, `Player`…) become lists of one, which every object field accepts.
pub(super) fn to_json(text: &str) -> Result<String, DecodeError> {
    let mended: Cow<'_, str>;
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(e) => {
            mended = repair::xml(text);
            if matches!(mended, Cow::Borrowed(_)) {
                return Err(xml_error(&e, text));
            }
            Document::parse(&mended).map_err(|e| xml_error(&e, text))?
        }
    };
    let root = document.root_element();
    let mut out = String::with_capacity(text.len());
    out.push('{');
    quote(root.tag_name().name(), &mut out);
    out.push(':');
    element(root, 0, &mut out);
    out.push('}');
    Ok(out)
}

fn xml_error(e: &roxmltree::Error, text: &str) -> DecodeError {
    match e {
        // The parser gives no position for these, but it is always the end.
        roxmltree::Error::UnexpectedEndOfStream | roxmltree::Error::UnclosedRootNode => {
            let last = text.lines().last().unwrap_or_default();
            DecodeError::CutShort {
                line: text.lines().count(),
                column: last.chars().count(),
            }
        }
        _ => DecodeError::NotXml {
            what: clip(&e.to_string()),
        },
    }
}

fn element(node: Node<'_, '_>, depth: usize, out: &mut String) {
    out.push('{');
    let mut first = true;
    let mut key = |name: &str, out: &mut String| {
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        quote(name, out);
        out.push(':');
    };
    for attribute in node.attributes() {
        key(attribute.name(), out);
        quote(attribute.value(), out);
    }
    let mut names: Vec<&str> = Vec::new();
    for child in node.children().filter(Node::is_element) {
        let name = list_name(child.tag_name().name());
        if depth < DEPTH_MAX && !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        key(name, out);
        let children = node
            .children()
            .filter(|c| c.is_element() && list_name(c.tag_name().name()) == name);
        let mut opening = '[';
        for child in children {
            out.push(opening);
            element(child, depth + 1, out);
            opening = ',';
        }
        out.push(']');
    }
    out.push('}');
}

/// What JSON calls a list of these elements. `Directory` keeps its name: libraries are called so in both forms.
pub(super) fn list_name(tag: &str) -> &str {
    match tag {
        "Video" | "Track" | "Photo" => "Metadata",
        other => other,
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
}
