//! Every recorded answer of a real Tautulli that is to a command of ours, asked again over the same plays.
//!
//! The recordings are not part of the repository: without `PROJECTIONIST_SHARED` there is nothing to do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base::Clock;
use history::import::tautulli;
use jiff::Timestamp;

use crate::deviations::DEVIATIONS;
use crate::ordered::Json;
use crate::plex::behind;
use crate::served::{Answer, SERVER, Served, open};
use crate::sessions::session;

/// A recorded answer.
pub(crate) struct Capture {
    pub(crate) name: String,
    request: Vec<(String, String)>,
    now_s: i64,
    status: i64,
    content_type: String,
    bytes: usize,
    pub(crate) body: Json,
}

/// Where the recorded material is, if it is there.
#[expect(
    clippy::disallowed_methods,
    reason = "tests read where the recorded material is"
)]
pub(crate) fn shared() -> Option<PathBuf> {
    std::env::var("PROJECTIONIST_SHARED").ok().map(PathBuf::from)
}

/// All recordings, in the order in which they were made.
pub(crate) fn recordings(dir: &Path) -> Vec<Capture> {
    let mut all: Vec<Capture> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .filter_map(|path| capture(&path))
        .collect();
    all.sort_by(|a, b| (a.now_s, &a.name).cmp(&(b.now_s, &b.name)));
    all
}

fn capture(path: &Path) -> Option<Capture> {
    let file = Json::parse(&std::fs::read_to_string(path).unwrap());
    let Json::Object(request) = file.get("request") else {
        return None;
    };
    Some(Capture {
        name: path.file_stem()?.to_str()?.to_owned(),
        request: request.iter().map(|(k, v)| (k.clone(), v.plain())).collect(),
        now_s: file.get("server_now").int(),
        status: file.get("http_status").int(),
        content_type: file.get("content_type").plain(),
        bytes: usize::try_from(file.get("bytes").int()).unwrap(),
        body: file.get("body").clone(),
    })
}

/// The plays behind the recordings.
pub(crate) async fn imported(dir: &Path, db: &Path) -> history::History {
    let history = open(dir, "America/New_York");
    let (to, db, scratch) = (history.clone(), db.to_owned(), dir.to_owned());
    let imported = tokio::task::spawn_blocking(move || {
        let options = tautulli::Options::new(SERVER.into(), scratch, Clock::system());
        tautulli::run(&to, &db, &options, &mut ()).unwrap()
    });
    imported.await.unwrap();
    history
}

/// Everything that is asked again, over plays that make nothing fail.
#[tokio::test]
async fn recorded_answers_are_ours() {
    let Some(shared) = shared() else { return };
    let captures = shared.join("captures/tautulli");
    let dir = tempfile::tempdir().unwrap();
    let history = imported(dir.path(), &captures.join("tautulli-2k.db")).await;
    let all = recordings(&captures);
    // The earliest are those of what played, a second before.
    let served = Served::of(history, Timestamp::from_second(all[0].now_s).unwrap()).await;
    let _plex = behind(&served, &shared, &all).await;
    served.plays(Vec::new()).await;
    let mut audit = Audit::new(&served).await;
    let (active, quiet): (Vec<_>, Vec<_>) = all.iter().partition(|c| c.name.starts_with("active_"));
    for capture in quiet.into_iter().filter(|c| !c.name.starts_with("poison_")) {
        served.at(capture.now_s);
        audit.replay(capture).await;
    }
    let playing = active.iter().find(|c| c.name == "active_get_activity").unwrap();
    let sessions = playing.body.get("response").get("data").get("sessions").items();
    let started = active.iter().find(|c| c.name == "active_get_history").unwrap();
    let started = started.body.get("response").get("data").get("data").items()[0]
        .get("started")
        .int();
    let served = Served::of(served.history.clone(), Timestamp::from_second(started).unwrap()).await;
    served.plays(sessions.iter().map(session).collect()).await;
    audit.served = &served;
    for capture in active {
        served.at(capture.now_s);
        audit.replay(capture).await;
    }
    audit.finish("poison_");
}

/// The same over plays that make the real one fail.
#[tokio::test]
async fn what_made_it_fail_has_an_answer() {
    let Some(shared) = shared() else { return };
    let captures = shared.join("captures/tautulli");
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("tautulli.db");
    let meta = Json::parse(&std::fs::read_to_string(captures.join("tautulli-2k.meta.json")).unwrap());
    let mut generator = std::process::Command::new("python3");
    generator.arg("-B").arg(shared.join("tools/tautulli_gen_db.py"));
    for (name, value) in meta.get("args").fields() {
        match (name.as_str(), value) {
            ("out", _) => generator.arg("--out").arg(&db),
            ("edge", _) => generator.args(["--edge", "2"]),
            (_, Json::Bool(_)) => &mut generator,
            (name, value) => generator.arg(format!("--{name}={}", value.plain())),
        };
    }
    let made = generator.arg("--quiet").output().expect("python3");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let history = imported(dir.path(), &db).await;
    let all = recordings(&captures);
    let served = Served::of(history, Timestamp::from_second(all[0].now_s).unwrap()).await;
    let mut audit = Audit::new(&served).await;
    for capture in all.iter().filter(|c| c.name.starts_with("poison_")) {
        served.at(capture.now_s);
        audit.replay(capture).await;
    }
    audit.finish("");
}

/// Compares answers and keeps account of the differences that are meant.
struct Audit<'a> {
    served: &'a Served,
    /// Our commands.
    ours: Vec<String>,
    /// Deviations seen: place in the list, recording, path.
    seen: BTreeSet<(usize, String, &'static str)>,
    equal: Vec<String>,
    wrong: Vec<String>,
}

impl<'a> Audit<'a> {
    async fn new(served: &'a Served) -> Self {
        let docs = served.ask(&[("cmd".to_owned(), "docs".to_owned())]).await;
        let docs = Json::parse(&docs.body);
        let ours = docs.get("response").get("data").fields();
        Self {
            served,
            ours: ours.iter().map(|(name, _)| name.clone()).collect(),
            seen: BTreeSet::new(),
            equal: Vec::new(),
            wrong: Vec::new(),
        }
    }

    async fn replay(&mut self, capture: &Capture) {
        let answer = match capture.name.as_str() {
            "error_no_apikey" => self.served.ask_as_is(&capture.request).await,
            "error_bad_apikey" => {
                let mut request = capture.request.clone();
                request.push(("apikey".to_owned(), "wrong".to_owned()));
                self.served.ask(&request).await
            }
            _ => self.served.ask(&capture.request).await,
        };
        let command = capture
            .request
            .iter()
            .find(|(name, _)| name == "cmd")
            .map(|(_, cmd)| cmd.as_str());
        match command {
            Some(other) if !self.ours.iter().any(|ours| ours == other) && other != "nope" => {
                let expected = format!("Unknown command: {other}. Possible commands are: arnold, docs, ");
                let message = Json::parse(&answer.body).get("response").get("message").plain();
                assert!(
                    answer.status == 400 && message.starts_with(&expected),
                    "{}: {message}",
                    capture.name
                );
            }
            Some("arnold") => self.compare_texts(capture, &answer),
            _ => match &capture.body {
                Json::Text(_) => self.compare_texts(capture, &answer),
                _ => self.compare(capture, &answer),
            },
        }
    }

    /// As bytes, but for what `arnold` says.
    fn compare_texts(&mut self, capture: &Capture, answer: &Answer) {
        let theirs = match &capture.body {
            Json::Text(text) => text.clone(),
            json => json.python(),
        };
        assert_eq!(theirs.len(), capture.bytes, "{}: not as recorded", capture.name);
        let theirs = without_quote(&theirs);
        if theirs == without_quote(&answer.body)
            && (capture.status, &capture.content_type) == (i64::from(answer.status), &answer.content_type)
        {
            self.equal.push(capture.name.clone());
        } else {
            self.wrong.push(format!(
                "{}: {theirs:.300} against {:.300}",
                capture.name, answer.body
            ));
        }
    }

    fn compare(&mut self, capture: &Capture, answer: &Answer) {
        let ours = Json::parse(&answer.body);
        let mut differences = capture.body.differences(&ours);
        if capture.status != i64::from(answer.status) {
            let what = format!("{} against {}", capture.status, answer.status);
            differences.push(("status".to_owned(), what));
        }
        if capture.content_type != answer.content_type {
            differences.push(("content type".to_owned(), answer.content_type.clone()));
        }
        let is_pretty = capture.request.iter().any(|(name, _)| name == "debug");
        if !is_pretty {
            assert_eq!(
                capture.body.python().len(),
                capture.bytes,
                "{}: not as recorded",
                capture.name
            );
            assert_eq!(
                ours.python(),
                answer.body,
                "{}: written in another way",
                capture.name
            );
        } else if answer.body.len() != capture.bytes {
            differences.push(("bytes".to_owned(), answer.body.len().to_string()));
        }
        if differences.is_empty() {
            self.equal.push(capture.name.clone());
        }
        for (path, what) in differences {
            let place = places(&path);
            let meant = meant(&capture.name, &place);
            if meant.is_empty() {
                self.wrong.push(format!("{} {path}: {what}", capture.name));
            }
            self.seen.extend(
                meant
                    .into_iter()
                    .map(|(at, path)| (at, capture.name.clone(), path)),
            );
        }
    }

    /// Fails on differences that are not meant, and on meant ones that no longer are. `except`: recordings that are
    /// replayed elsewhere.
    fn finish(self, except: &str) {
        assert!(!self.equal.is_empty(), "nothing was compared");
        let mut wrong = self.wrong;
        for (at, deviation) in DEVIATIONS.iter().enumerate() {
            let replayed = |name: &&&str| match except {
                "" => name.starts_with("poison_"),
                except => !name.starts_with(except),
            };
            for name in deviation.of.iter().filter(replayed) {
                for path in deviation.at {
                    if !self.seen.contains(&(at, (*name).to_owned(), path)) {
                        wrong.push(format!("{name} {path} no longer deviates ({})", deviation.why));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// The path with `*` for places in lists.
fn places(path: &str) -> String {
    let parts = path.split('.');
    let parts = parts.map(|p| {
        if p.bytes().all(|b| b.is_ascii_digit()) {
            "*"
        } else {
            p
        }
    });
    parts.collect::<Vec<_>>().join(".")
}

/// The deviations a difference at this place belongs to, by their place in the list.
fn meant(name: &str, place: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (at, deviation) in DEVIATIONS
        .iter()
        .enumerate()
        .filter(|(_, d)| d.of.contains(&name))
    {
        let below = |path: &&&str| place == **path || place.starts_with(&format!("{path}."));
        found.extend(deviation.at.iter().filter(below).map(|path| (at, *path)));
    }
    found
}

/// What is said without the saying.
fn without_quote(text: &str) -> String {
    for (before, after) in [("\"data\": \"", "\"}}"), ("<data>", "</data>")] {
        if let Some((head, rest)) = text.split_once(before)
            && let Some((_, tail)) = rest.split_once(after)
            && !rest.starts_with('\n')
        {
            return format!("{head}{before}…{after}{tail}");
        }
    }
    text.to_owned()
}
