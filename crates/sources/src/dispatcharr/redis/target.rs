//! Where a Redis is, and a connection to it.

use std::fmt;
use std::sync::Arc;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, IntoConnectionInfo, RedisConnectionInfo};
use base::tls::{self, Trust};
use base::{Fault, Kind, Secret};
use reqwest::Url;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::words;

/// Redis's own port.
const PORT: u16 = 6379;

pub(super) struct Target {
    /// Without user and password.
    pub(super) shown: String,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Holds the password.
    login: RedisConnectionInfo,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown).finish()
    }
}

impl Target {
    pub(super) fn new(url: &Secret, trust: &Trust) -> Result<Self, Fault> {
        let wrong = |what: &str| {
            Fault::new("redis_url", Kind::Config, what.to_owned()).with_hint(
                "`redis_url = \"redis://host:6379/0\"`, with a password `redis://:password@host:6379/0`",
            )
        };
        // The causes quote what is given, so none is kept.
        let mut url = Url::parse(url.expose()).map_err(|_| wrong("is not an address"))?;
        let is_tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return Err(wrong("must begin with redis:// or rediss://")),
        };
        // Brackets belong to the address of an IPv6 host in a URL only.
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| wrong("names no host"))?
            .trim_matches(['[', ']'])
            .to_owned();
        let port = url.port().unwrap_or(PORT);
        let shown = format!("Redis at {}", base::http::redacted(&url));
        let tls = if is_tls {
            let config = tls::client_config(trust)
                .map_err(|e| Fault::new(&shown, Kind::Tls, "setting up TLS").with_source(e))?;
            let name = ServerName::try_from(host.clone())
                .map_err(|_| wrong("names a host no certificate can be for"))?;
            Some((TlsConnector::from(Arc::new(config)), name))
        } else {
            None
        };
        // TLS is done here, below the client; of the rest it reads user, password and database.
        url.set_scheme("redis").map_err(|()| wrong("is not an address"))?;
        let info = url
            .into_connection_info()
            .map_err(|_| wrong("has a part that is not understood"))?;
        Ok(Self {
            shown,
            host,
            port,
            tls,
            // Else it would write its name into the server's list of clients.
            login: info.redis_settings().clone().set_skip_set_lib_name(),
        })
    }

    /// A new connection, logged in. Takes as long as it takes.
    pub(super) async fn connect(&self) -> Result<Link, Fault> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|e| words::unreachable(&self.shown, e))?;
        // Nothing is gained by waiting for more to send.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            Some((connector, name)) => {
                let stream = connector
                    .connect(name.clone(), stream)
                    .await
                    .map_err(|e| words::insecure(&self.shown, e))?;
                self.log_in(stream).await
            }
            None => self.log_in(stream).await,
        }
    }

    async fn log_in<S>(&self, stream: S) -> Result<Link, Fault>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        // The caller has the time limits.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let (connection, driver) = MultiplexedConnection::new_with_config(&self.login, stream, config)
            .await
            .map_err(|e| words::fault(&self.shown, &e))?;
        Ok(Link {
            connection,
            driver: tokio::spawn(driver),
        })
    }
}

/// An open connection. Dropping it closes it.
pub(super) struct Link {
    pub(super) connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
