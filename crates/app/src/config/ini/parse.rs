//! The grammar of Python's `configparser`, as far as its users meet it: sections, `key = value` or `key: value`,
//! comments on lines of their own, values that go on in indented lines, `%(other)s` and `%%`.

use std::collections::BTreeMap;

/// A value may be made of values; deeper than this it is taken for a circle.
const INTERPOLATION_DEPTH: usize = 10;

/// Keys of this section stand in for those that other sections lack.
const DEFAULTS: &str = "DEFAULT";

/// What is wrong, and on which line (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) what: String,
    pub(super) hint: &'static str,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// As it is spelled in the file.
    pub(super) key: String,
    pub(super) raw: String,
    pub(super) line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) line: usize,
    /// By the key in lower case.
    pub(super) entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) sections: Vec<Section>,
    defaults: BTreeMap<String, Entry>,
}

impl Document {
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }

    /// The entry of `key`, in any case, in a section of exactly this name.
    pub(super) fn entry(&self, section: &str, key: &str) -> Option<&Entry> {
        let key = key.to_lowercase();
        let section = self.section(section)?;
        section.entries.get(&key).or_else(|| self.defaults.get(&key))
    }

    /// The value with what it refers to put in. A lone `%` stays one: it has no other meaning.
    pub(super) fn text(&self, section: &str, entry: &Entry) -> Result<String, Problem> {
        self.interpolated(section, entry, &entry.raw, 0)
    }

    fn interpolated(&self, section: &str, entry: &Entry, raw: &str, depth: usize) -> Result<String, Problem> {
        let refuse = |what: String| Problem {
            line: entry.line,
            what: format!("{section}.{}: {what}", entry.key),
            hint: "a percent sign before a bracket is written %%",
        };
        if depth > INTERPOLATION_DEPTH {
            return Err(refuse("its references go round in a circle".to_owned()));
        }
        let mut out = String::new();
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(more) = after.strip_prefix('%') {
                out.push('%');
                rest = more;
            } else if let Some(more) = after.strip_prefix('(') {
                let Some((name, more)) = more.split_once(")s") else {
                    return Err(refuse("%( has no )s".to_owned()));
                };
                let Some(other) = self.entry(section, name) else {
                    return Err(refuse(format!("it refers to \"{name}\", which is not there")));
                };
                out.push_str(&self.interpolated(section, entry, &other.raw, depth + 1)?);
                rest = more;
            } else {
                out.push('%');
                rest = after;
            }
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// What lines belong to.
enum Place {
    /// Before the first section.
    Nowhere,
    Defaults,
    Section(usize),
}

struct Reader {
    document: Document,
    place: Place,
    /// Key in lower case to which indented lines belong.
    open: Option<String>,
    /// Columns before the line that began the value.
    indent: usize,
}

/// Reads a whole file.
pub(super) fn parse(text: &str) -> Result<Document, Problem> {
    let mut reader = Reader {
        document: Document::default(),
        place: Place::Nowhere,
        open: None,
        indent: 0,
    };
    // Editors of Windows begin a file with this mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (n, line) in text.lines().enumerate() {
        reader.line(n + 1, line)?;
    }
    let Document { sections, defaults } = &mut reader.document;
    for entries in sections.iter_mut().map(|s| &mut s.entries).chain([defaults]) {
        for entry in entries.values_mut() {
            entry.raw.truncate(entry.raw.trim_end().len());
        }
    }
    Ok(reader.document)
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Problem> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if text.is_empty() {
            if let Some(entry) = self.open_entry() {
                entry.raw.push('\n');
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if indent > self.indent
            && let Some(entry) = self.open_entry()
        {
            entry.raw.push('\n');
            entry.raw.push_str(text);
            return Ok(());
        }
        self.indent = indent;
        match text.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
            Some((name, _)) if !name.is_empty() => self.header(number, name),
            _ => self.entry(number, text),
        }
    }

    fn entries(&mut self) -> Option<&mut BTreeMap<String, Entry>> {
        match self.place {
            Place::Nowhere => None,
            Place::Defaults => Some(&mut self.document.defaults),
            Place::Section(n) => self.document.sections.get_mut(n).map(|s| &mut s.entries),
        }
    }

    fn open_entry(&mut self) -> Option<&mut Entry> {
        let open = self.open.clone()?;
        self.entries()?.get_mut(&open)
    }

    fn header(&mut self, line: usize, name: &str) -> Result<(), Problem> {
        self.open = None;
        if name == DEFAULTS {
            self.place = Place::Defaults;
            return Ok(());
        }
        if let Some(earlier) = self.document.section(name) {
            return Err(Problem {
                line,
                what: format!("section [{name}] stands on line {} already", earlier.line),
                hint: "put the keys of both below one of them",
            });
        }
        self.place = Place::Section(self.document.sections.len());
        self.document.sections.push(Section {
            name: name.to_owned(),
            line,
            entries: BTreeMap::new(),
        });
        Ok(())
    }

    fn entry(&mut self, line: usize, text: &str) -> Result<(), Problem> {
        let problem = |what: &str, hint| {
            Err(Problem {
                line,
                what: what.to_owned(),
                hint,
            })
        };
        let Some(entries) = self.entries() else {
            return problem(
                "this stands before any section",
                "the first line of a config.ini is a section such as [GENERAL]",
            );
        };
        // The line itself is not repeated: it may hold a password.
        let Some((key, value)) = text.split_once(['=', ':']) else {
            return problem(
                "expected a key, = and a value",
                "write Key = value; comments begin with # or ;, a value that goes on is indented",
            );
        };
        let key = key.trim_end();
        if key.is_empty() {
            return problem("there is no key before the =", "write Key = value");
        }
        let lower = key.to_lowercase();
        if let Some(earlier) = entries.get(&lower) {
            let what = format!("{key} stands on line {} already", earlier.line);
            return Err(Problem {
                line,
                what,
                hint: "keep one of the two; upper and lower case are the same",
            });
        }
        entries.insert(
            lower.clone(),
            Entry {
                key: key.to_owned(),
                raw: value.trim().to_owned(),
                line,
            },
        );
        self.open = Some(lower);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, section: &str, key: &str) -> Option<String> {
        let document = parse(text).unwrap();
        let entry = document.entry(section, key)?;
        Some(document.text(section, entry).unwrap())
    }

    #[test]
    fn values_are_read_as_configparser_reads_them() {
        let cases = [
            ("[A]\nk = v", "v"),
            ("[A]\nk=v", "v"),
            ("[A]\nk : v", "v"),
            ("[A]\nk = a:b=c", "a:b=c"),
            ("[A]\nK = v", "v"),
            ("[A] trailing\r\nk = v\r\n", "v"),
            ("\u{feff}[A]\nk = v", "v"),
            ("# c\n; c\n[A]\n # c\nk = v\n", "v"),
            ("[A]\nk = v # no comment", "v # no comment"),
            ("[A]\nk =", ""),
            ("[A]\nk = a,\n  b,\n  # c\n\n  c\n", "a,\nb,\n\nc"),
            ("[A]\n  k = v\n  l = w\n", "v"),
            ("[A]\nk = v\n\n\n[B]\n", "v"),
            ("[A]\nk = 50%%", "50%"),
            ("[A]\nk = 50%", "50%"),
            ("[A]\nk = a%b", "a%b"),
            ("[A]\nk = %(l)s!\nl = %(m)s\nm = w", "w!"),
            ("[DEFAULT]\nm = w\n[A]\nk = %(m)s", "w"),
            ("[DEFAULT]\nk = w\n[A]\nx = y", "w"),
            ("[DEFAULT]\nk = w\n[A]\nk = v", "v"),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text, "A", "k").as_deref(), Some(expected), "{text:?}");
        }
        assert_eq!(value("[a]\nk = v", "A", "k"), None, "sections keep their case");
    }

    #[test]
    fn nonsense_is_refused_with_its_line() {
        let cases = [
            ("k = v\n[A]", 1, "this stands before any section"),
            ("[A]\n\nhunter2", 3, "expected a key, = and a value"),
            ("[A]\n= v", 2, "there is no key before the ="),
            ("[A]\nk = 1\n[B]\n[A]", 4, "section [A] stands on line 1 already"),
            ("[A]\nk = 1\nK = 2", 3, "K stands on line 2 already"),
            ("[A\nk = 1", 1, "this stands before any section"),
        ];
        for (text, line, what) in cases {
            let problem = parse(text).unwrap_err();
            assert_eq!((problem.line, problem.what.as_str()), (line, what), "{text:?}");
        }
        let cases = [
            ("[A]\nk = %(x)s", "A.k: it refers to \"x\", which is not there"),
            ("[A]\nk = %(x", "A.k: %( has no )s"),
            (
                "[A]\nk = %(l)s\nl = %(k)s",
                "A.k: its references go round in a circle",
            ),
        ];
        for (text, what) in cases {
            let document = parse(text).unwrap();
            let problem = document.text("A", document.entry("A", "k").unwrap()).unwrap_err();
            assert_eq!((problem.line, problem.what.as_str()), (2, what), "{text:?}");
        }
    }

    proptest::proptest! {
        /// What Python writes, we read.
        #[test]
        fn what_is_written_is_read(
            values in proptest::collection::btree_map("[a-z]{1,8}", "[ -~äß]{0,30}", 0..8),
            spaces in " {0,3}",
        ) {
            let lines = values.iter().map(|(key, value)| format!("{key}{spaces}={spaces}{value}\n\n"));
            let text: String = ["[A]\n".to_owned()].into_iter().chain(lines).collect();
            let document = parse(&text).unwrap();
            for (key, value) in &values {
                let entry = document.entry("A", key).unwrap();
                proptest::prop_assert_eq!(&entry.raw, value.trim());
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in "[\\[\\]=:%()a-zA-Z#; \n\r\t]{0,200}") {
            if let Ok(document) = parse(&text) {
                for section in &document.sections {
                    for entry in section.entries.values() {
                        let _ = document.text(&section.name, entry);
                    }
                }
            }
        }
    }
}
