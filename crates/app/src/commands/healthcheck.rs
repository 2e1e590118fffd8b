//! `projectionist healthcheck`: for images without a shell or curl.

use std::time::Duration;

use base::error::Chain;
use base::http;
use base::tls::Trust;

use super::block_on;
use crate::config::{self, Env, Flags};
use crate::failure::Failure;

/// Below the 30 s after which container runtimes give up.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn healthcheck(flags: &Flags, env: &Env, url: Option<&str>) -> Result<(), Failure> {
    let url = if let Some(url) = url {
        url.to_owned()
    } else {
        let config = config::load(flags, env)?.config;
        // Probes answer with and without the base path.
        format!("http://{}/health", config.listen.as_seen_from_here())
    };
    block_on(ask(&url))
}

async fn ask(url: &str) -> Result<(), Failure> {
    let shown = config::without_secrets(url);
    let failed = |why: String| Failure::failed(format!("asking {shown}: {why}"));
    // Nothing secret is sent, and over plain HTTP the roots need not even be read.
    let trust = Trust {
        skip_verification: url.starts_with("http://"),
        ..Trust::default()
    };
    let client = http::client(&trust, TIMEOUT).map_err(|e| failed(Chain(&e).to_string()))?;
    let answer = client.get(url).send().await.map_err(|e| {
        let why = match http::kind_of_error(&e) {
            base::Kind::Timeout => format!("no answer within {} s", TIMEOUT.as_secs()),
            base::Kind::Unreachable => "nothing answers there".to_owned(),
            _ => Chain(&e.without_url()).to_string(),
        };
        failed(why).hint("is projectionist running, and does it listen there? --url names another address")
    })?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(failed(format!("it answers {}", status.as_u16()))),
    }
}
