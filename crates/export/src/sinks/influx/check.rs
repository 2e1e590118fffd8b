//! Is the InfluxDB there, is it one, and may we write?

use base::{Clock, Kind};
use bytes::Bytes;

use super::answer::{STRANGER_HINT, Trouble, Verdict, judge, refusal_of};
use super::client::{Answer, Client, Failure, Product};
use super::config::{Api, Config};
use super::deliver::missing_database_hint;
use base::Fault as Error;

/// What a version 2 and a version 3 say of an empty body.
const EMPTY_BODY: [&str; 2] = ["writing requires points", "incoming write was empty"];

/// And what others say of it that call themselves an InfluxDB.
const EMPTY_BODY_PERHAPS: [&str; 4] = ["requires points", "empty", "no lines", "no points"];

/// What was found out without writing anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// As the server tells it; VictoriaMetrics and InfluxDB 3 may not.
    pub version: Option<String>,
    /// The interface spoken; never [`Api::Auto`].
    pub api: Api,
    /// Where points go: `database "plex_data" at http://…`.
    pub target: String,
    /// What else a user should know, such as a database that is still missing.
    pub notes: Vec<String>,
}

/// Asks the server who it is, and offers it no lines at all, which it accepts from whoever may write.
pub async fn check(config: &Config) -> Result<CheckReport, Error> {
    config.validate()?;
    let client = Client::new(config, &Clock::system())?;
    let pong = client.ping().await.map_err(error_of)?;
    let answer = client.write(Bytes::new()).await.map_err(error_of)?;
    let product = answer.product.as_ref().or(pong.product.as_ref());
    let mut notes = Vec::new();
    match judge(client.api, answer.status, answer.retry_after, &answer.body) {
        Verdict::NoDatabase => notes.push(missing_database(&client, config)?),
        verdict => {
            if let Some(trouble) = trouble(&answer, verdict) {
                return Err(explained(&trouble, &client, config, product));
            }
        }
    }
    if let Some(policy) = config.retention_policy.as_deref().filter(|p| !p.is_empty())
        && notes.is_empty()
    {
        check_policy(&client, config, policy).await?;
    }
    if config.tls_skip_verify {
        notes.push("its certificate is not checked (`tls_skip_verify`)".to_owned());
    }
    Ok(CheckReport {
        version: match product {
            Some(Product::InfluxDb(version)) => Some(version.clone()),
            _ => version_in(&pong.body),
        },
        api: client.api,
        target: target(config, client.api),
        notes,
    })
}

fn error_of(failure: Failure) -> Error {
    match failure {
        Failure::Unreadable(error) | Failure::Other(error) => error,
    }
}

/// What is wrong, if anything is. Versions 2 and 3 refuse an empty body, but only after everything else was in order.
fn trouble(answer: &Answer, verdict: Verdict) -> Option<Trouble> {
    let lower = answer.body.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| lower.contains(words));
    let is_about_emptiness = says(&EMPTY_BODY)
        || (matches!(answer.product, Some(Product::InfluxDb(_))) && says(&EMPTY_BODY_PERHAPS));
    match verdict {
        Verdict::Denied(trouble) | Verdict::Misconfigured(trouble) | Verdict::Later(trouble, _) => {
            Some(trouble)
        }
        Verdict::Refused(bad) | Verdict::Partial(bad) if !bad.is_certain && !is_about_emptiness => {
            Some(Trouble {
                kind: Kind::BadPayload,
                cause: format!("{} (HTTP {})", bad.cause, answer.status),
                hint: Some(STRANGER_HINT),
            })
        }
        _ => None,
    }
}

/// The words of [`judge`], with what only the headers tell: who it was.
fn explained(trouble: &Trouble, client: &Client, config: &Config, product: Option<&Product>) -> Error {
    let wrong = |what: &str, hint: String| {
        Error::new(
            &client.who,
            Kind::WrongTarget,
            format!("{what}: {}", trouble.cause),
        )
        .with_hint(hint)
    };
    let major = match product {
        Some(Product::Plex) => {
            return wrong(
                "this is a Plex Media Server",
                "give the address of the InfluxDB".to_owned(),
            );
        }
        Some(Product::InfluxDb(version)) => version.split('.').next().and_then(|n| n.parse::<u32>().ok()),
        None => None,
    };
    match (client.api, major) {
        (Api::V2 | Api::V3, Some(1)) if trouble.kind == Kind::NotFound => wrong(
            "this is InfluxDB 1",
            "leave out `bucket` and `token`, and set `database`, `user` and `password`".to_owned(),
        ),
        // It speaks the old interface too, and knows tokens there.
        (Api::V1, Some(2..))
            if config.has_token() && matches!(trouble.kind, Kind::Unauthorized | Kind::Forbidden) =>
        {
            trouble
                .error(&client.who)
                .with_hint("check `token`, and what it may write to")
        }
        (Api::V1, Some(major @ 2..)) if !trouble.kind.is_transient() => wrong(
            &format!("this is InfluxDB {major}"),
            if major == 2 {
                "set `org`, `bucket` and `token`".to_owned()
            } else {
                "set `database` and `token`".to_owned()
            },
        ),
        (Api::V3, Some(2)) if trouble.kind == Kind::NotFound => wrong(
            "this is InfluxDB 2",
            "set `org` and `bucket` beside `token`".to_owned(),
        ),
        (Api::V2, Some(3..)) if trouble.kind == Kind::NotFound => wrong(
            "this is InfluxDB 3",
            "set `database` instead of `org` and `bucket`".to_owned(),
        ),
        _ => trouble.error(&client.who),
    }
}

/// A missing database is no error if it is to be made; whether we may will show.
fn missing_database(client: &Client, config: &Config) -> Result<String, Error> {
    let name = &config.database;
    if config.create_database && client.api == Api::V1 {
        return Ok(format!("the database \"{name}\" is missing, and will be made"));
    }
    Err(Error::new(
        &client.who,
        Kind::NotFound,
        format!("there is no database \"{name}\""),
    )
    .with_hint(missing_database_hint(client.api)))
}

/// An InfluxDB 1 speaks of a retention policy only when there is something to write. Who may not ask is not told.
async fn check_policy(client: &Client, config: &Config, policy: &str) -> Result<(), Error> {
    let answer = client
        .retention_policies(&config.database)
        .await
        .map_err(error_of)?;
    if refusal_of(&answer).is_some() {
        return Ok(());
    }
    let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let Some(rows) = json
        .pointer("/results/0/series/0/values")
        .and_then(|v| v.as_array())
    else {
        return Ok(());
    };
    let names: Vec<&str> = rows.iter().filter_map(|row| row.get(0)?.as_str()).collect();
    if names.is_empty() || names.contains(&policy) {
        return Ok(());
    }
    Err(Error::new(
        &client.who,
        Kind::NotFound,
        format!(
            "the database \"{}\" has no retention policy \"{policy}\"",
            config.database
        ),
    )
    .with_hint(format!("it has {}", names.join(", "))))
}

/// InfluxDB 3 answers a ping with a document.
fn version_in(body: &str) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(body).ok()?;
    let version = json.get("version")?.as_str()?;
    Some(version.chars().filter(|c| !c.is_control()).take(40).collect())
}

fn target(config: &Config, api: Api) -> String {
    let at = config
        .address()
        .map(|url| base::http::redacted(&url))
        .unwrap_or_default();
    let at = at.trim_end_matches('/');
    match api {
        Api::V2 => format!(
            "bucket \"{}\" of \"{}\" at {at}",
            config.bucket.as_deref().unwrap_or_default(),
            config.org.as_deref().unwrap_or_default()
        ),
        Api::Auto | Api::V1 | Api::V3 => format!("database \"{}\" at {at}", config.database),
    }
}
