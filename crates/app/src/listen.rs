//! Binding, with an error a user can act on.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::address::Address;
use crate::config::plain;
use crate::failure::Failure;

/// Ports tried after the wanted one by [`bind_near`].
const NEARBY_PORTS: u16 = 20;

/// Listens at `address`; `flag` is what the hint tells the user to change.
pub(crate) async fn bind(address: &Address, flag: &str) -> Result<TcpListener, Failure> {
    try_bind(address).await.map_err(|e| refused(address, flag, &e))
}

/// Listens at `address`, or at one of the next ports if its own is taken.
pub(crate) async fn bind_near(address: &Address, flag: &str) -> Result<TcpListener, Failure> {
    let mut last = None;
    for step in 0..=NEARBY_PORTS {
        let Some(port) = address.port().checked_add(step) else {
            break;
        };
        match try_bind(&address.with_port(port)).await {
            Ok(listener) => return Ok(listener),
            Err(e) if e.kind() == ErrorKind::AddrInUse => last = Some(e),
            Err(e) => return Err(refused(address, flag, &e)),
        }
    }
    Err(refused(
        address,
        flag,
        &last.unwrap_or_else(|| ErrorKind::AddrInUse.into()),
    ))
}

async fn try_bind(address: &Address) -> Result<TcpListener, Error> {
    let mut last = Error::from(ErrorKind::AddrNotAvailable);
    for candidate in address.resolve().await? {
        match TcpListener::bind(candidate).await {
            Ok(listener) => return Ok(listener),
            // A taken port stays taken: do not slip from the IPv6 wildcard to the IPv4 one beside another program.
            Err(e) if e.kind() == ErrorKind::AddrInUse => return Err(e),
            Err(e) => last = e,
        }
    }
    Err(last)
}

fn refused(address: &Address, flag: &str, e: &Error) -> Failure {
    let (what, hint) = match e.kind() {
        ErrorKind::AddrInUse => (
            "the port is in use".to_owned(),
            format!(
                "stop the program that uses it, perhaps another projectionist, or choose another with {flag}"
            ),
        ),
        ErrorKind::PermissionDenied => (
            "not permitted".to_owned(),
            format!("ports below 1024 need special rights; choose another with {flag}"),
        ),
        ErrorKind::AddrNotAvailable => (
            "this machine has no such address".to_owned(),
            format!(
                "{flag} :{} listens on every address of the machine",
                address.port()
            ),
        ),
        _ => (
            plain(e),
            format!("{flag} takes an address such as 0.0.0.0:9595 or :9595"),
        ),
    };
    Failure::failed(format!("cannot listen on {address}: {what}")).hint(hint)
}

/// A URL that opens what listens at `bound` in a browser on this machine.
pub(crate) fn url(bound: SocketAddr, base_path: &str) -> String {
    let mut shown = bound;
    if bound.ip().is_unspecified() {
        shown.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{shown}{base_path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_told_or_stepped_over() {
        let first = bind(&"127.0.0.1:0".parse().unwrap(), "--listen").await.unwrap();
        let taken = first
            .local_addr()
            .unwrap()
            .to_string()
            .parse::<Address>()
            .unwrap();
        let failure = bind(&taken, "--listen").await.unwrap_err();
        assert_eq!(
            failure.message,
            format!("cannot listen on {taken}: the port is in use")
        );
        assert!(failure.hint.unwrap().contains("choose another with --listen"));
        let near = bind_near(&taken, "--listen").await.unwrap().local_addr().unwrap();
        assert_ne!(near.port(), taken.port());
    }

    #[tokio::test]
    async fn every_address_includes_ipv4() {
        let listener = bind(&":0".parse().unwrap(), "--listen").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        assert_eq!(
            url(listener.local_addr().unwrap(), "/p"),
            format!("http://127.0.0.1:{port}/p")
        );
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_refused() {
        let failure = bind(&"192.0.2.1:0".parse().unwrap(), "--listen")
            .await
            .unwrap_err();
        assert_eq!(
            failure.message,
            "cannot listen on 192.0.2.1:0: this machine has no such address"
        );
    }
}
