//! The gate with its file: two processes, damage, a disk that takes nothing, restarts.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::Path;

use access::{Client, FILE_NAME, Gate, Mode, Refused, Role, Scope, Settings};
use base::{Clock, Secret};
use jiff::Timestamp;

const START: Timestamp = Timestamp::constant(1_795_291_200, 0);
const HERE: Client = Client {
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
    straight: true,
};

fn load(dir: &Path, clock: &Clock) -> Gate {
    Gate::load(Settings::new(Mode::Password), dir, clock.clone()).unwrap()
}

fn password(text: &str) -> Secret {
    Secret::new(text)
}

#[tokio::test]
async fn what_another_process_changes_counts_within_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let (running, command) = (load(dir.path(), &clock), load(dir.path(), &clock));
    command
        .reset_password("admin", password("first one"))
        .await
        .unwrap();
    clock.advance(1000);
    running.refresh().await;
    let signed_in = running
        .sign_in(HERE, "admin", password("first one"))
        .await
        .unwrap();
    let token = signed_in.token.expose().to_owned();
    assert_eq!(running.session(&token).unwrap().role, Role::Admin);
    command
        .reset_password("admin", password("second one"))
        .await
        .unwrap();
    assert!(running.session(&token).is_some(), "not looked yet");
    running.refresh().await;
    assert!(running.session(&token).is_some(), "nor is it time");
    clock.advance(1000);
    running.refresh().await;
    assert!(
        running.session(&token).is_none(),
        "another password ends sessions"
    );
    // Neither loses what the other wrote.
    let (key, _) = running.add_key("k".to_owned(), vec![Scope::Read]).await.unwrap();
    command
        .add_account("anna".to_owned(), Role::Viewer, password("annas own"))
        .await
        .unwrap();
    clock.advance(1000);
    command.refresh().await;
    running.refresh().await;
    assert!(command.key(key.expose()).is_some());
    assert_eq!(running.accounts().len(), 2);
    // A restart forgets nothing, least of all who is signed in.
    let again = running
        .sign_in(HERE, "ANNA", password("annas own"))
        .await
        .unwrap();
    let restarted = load(dir.path(), &clock);
    assert_eq!(
        restarted.session(again.token.expose()).unwrap().name.as_deref(),
        Some("anna")
    );
    assert_eq!(restarted.cookie_name(), running.cookie_name());
}

#[tokio::test]
async fn a_file_damaged_meanwhile_opens_nothing_and_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let gate = load(dir.path(), &clock);
    gate.reset_password("admin", password("first one")).await.unwrap();
    let path = dir.path().join(FILE_NAME);
    std::fs::write(&path, "rubbish").unwrap();
    clock.advance(1000);
    gate.refresh().await;
    assert!(gate.password_set(), "what was known stays in force");
    let refused = gate.add_key("k".to_owned(), vec![Scope::Read]).await.unwrap_err();
    assert!(matches!(refused, Refused::File(_)), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "rubbish");
    assert!(Gate::load(Settings::new(Mode::Off), dir.path(), clock).is_err());
}

#[tokio::test]
async fn where_nothing_can_be_written_one_can_still_sign_in() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = Settings {
        admin_password: Some(password("configured")),
        ..Settings::new(Mode::Password)
    };
    let gate = Gate::load(settings, &file.path().join("data"), Clock::manual(START)).unwrap();
    gate.adopt_configured_password().await.unwrap();
    let signed_in = gate.sign_in(HERE, "admin", password("configured")).await.unwrap();
    assert!(gate.session(signed_in.token.expose()).is_some());
    gate.sign_out(signed_in.token.expose()).await.unwrap();
    assert!(gate.session(signed_in.token.expose()).is_none());
    let refused = gate.add_key("k".to_owned(), vec![Scope::Read]).await.unwrap_err();
    assert_eq!(refused.kind(), base::Kind::Storage);
}

#[tokio::test]
async fn another_configured_password_ends_sessions_and_the_same_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let configured = |text: &str| Settings {
        admin_password: Some(password(text)),
        ..Settings::new(Mode::Password)
    };
    let start = async |text: &str| {
        let gate = Gate::load(configured(text), dir.path(), Clock::manual(START)).unwrap();
        gate.adopt_configured_password().await.unwrap();
        gate
    };
    let first = start("configured").await;
    let signed_in = first
        .sign_in(HERE, "admin", password("configured"))
        .await
        .unwrap();
    let token = signed_in.token.expose();
    assert!(start("configured").await.session(token).is_some());
    let changed = start("configured anew").await;
    assert!(changed.session(token).is_none());
    assert!(
        changed
            .sign_in(HERE, "admin", password("configured"))
            .await
            .is_err()
    );
    let refused = changed.remove_account("Admin".to_owned()).await.unwrap_err();
    assert_eq!(refused.kind(), base::Kind::Forbidden);
}

#[tokio::test]
async fn when_a_key_was_used_is_written_now_and_then() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let gate = load(dir.path(), &clock);
    let (key, _) = gate.add_key("k".to_owned(), vec![Scope::Metrics]).await.unwrap();
    let path = dir.path().join(FILE_NAME);
    let on_disk = || std::fs::read_to_string(&path).unwrap().contains("last_used_at_s");
    clock.advance(60_000);
    assert!(gate.key(key.expose()).is_some());
    assert_eq!(gate.keys()[0].last_used_at_s, Some(START.as_second() + 60));
    assert!(!on_disk(), "a request writes nothing");
    clock.advance(15 * 60_000);
    assert!(gate.key(key.expose()).is_some());
    for _ in 0..1000 {
        if on_disk() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it was never written");
}

fn change_of(entry: &access::Entry, current: &str, new: &str) -> access::NewPassword {
    access::NewPassword {
        entry: Some(entry.clone()),
        client: HERE,
        current: Some(password(current)),
        new: password(new),
        setup_code: None,
    }
}

/// Both sides of a race, in every order the machine likes; what holds in all of them is checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_goes_meanwhile_is_not_made_again() {
    for n in 0..12 {
        let gate = Gate::in_memory(Settings::new(Mode::Password), Clock::manual(START));
        gate.reset_password("admin", password("first one")).await.unwrap();
        let name = "anna".to_owned();
        let made = gate.add_account(name.clone(), Role::Viewer, password("annas own"));
        made.await.unwrap();
        let viewer = gate.sign_in(HERE, "anna", password("annas own")).await.unwrap();
        let (changing, removing) = (gate.clone(), gate.clone());
        let change = tokio::spawn(async move {
            let asked = change_of(&viewer.entry, "annas own", "annas second");
            changing.set_password(asked).await
        });
        // At some moment of its two hashes.
        tokio::time::sleep(std::time::Duration::from_millis(n * 25)).await;
        removing.remove_account(name).await.unwrap();
        if let Ok(signed_in) = change.await.unwrap() {
            assert_eq!(signed_in.entry.role, Role::Viewer);
            assert!(gate.session(signed_in.token.expose()).is_none());
        }
        assert_eq!(gate.accounts().len(), 1);
    }
}

#[tokio::test]
async fn signing_out_of_nothing_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let gate = load(dir.path(), &Clock::manual(START));
    gate.sign_out("no session of ours").await.unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_sign_in_and_a_change_of_password_meanwhile_leave_no_session_of_the_old_one() {
    let gate = Gate::in_memory(Settings::new(Mode::Password), Clock::manual(START));
    gate.reset_password("admin", password("first one")).await.unwrap();
    for n in 0..4_u32 {
        let (old, new) = (format!("one {n}--------"), format!("one {}--------", n + 1));
        gate.reset_password("admin", password(&old)).await.unwrap();
        let (signed_in, reset) = tokio::join!(
            gate.sign_in(HERE, "admin", password(&old)),
            gate.reset_password("admin", password(&new)),
        );
        reset.unwrap();
        if let Ok(signed_in) = signed_in {
            assert!(gate.session(signed_in.token.expose()).is_none(), "{n}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_was_found_out_stays_so() {
    let gate = Gate::in_memory(Settings::new(Mode::Auto), Clock::manual(START));
    assert!(!gate.is_behind_proxy());
    gate.found_proxy("tv.example");
    assert!(gate.clone().is_behind_proxy());
}
