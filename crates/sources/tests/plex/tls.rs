//! Certificates: whom to trust, for which name, and what is said when it does not work out.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sim::plex::{Plex, Seed, SessionSeed};
use sources::plex::Config;

use crate::watch::{Watch, quiet};

struct Signed {
    ca: String,
    pem: String,
    key: String,
}

/// A certificate for `name`, signed by an authority made for it.
fn signed(name: &str) -> Signed {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    Signed {
        ca: ca.pem(),
        pem: cert.pem(),
        key: key.serialize_pem(),
    }
}

async fn server(cert: &Signed) -> Plex {
    let plex = Plex::start(Seed::default().still().tls(cert.pem.clone(), &cert.key)).await;
    plex.world().start(SessionSeed::movie("Silt"));
    plex
}

fn ca_file(plex: &Plex, cert: &Signed) -> std::path::PathBuf {
    let file = std::env::temp_dir().join(format!("ca-{}-{}.pem", std::process::id(), plex.addr().port()));
    std::fs::write(&file, &cert.ca).unwrap();
    file
}

#[tokio::test]
async fn a_certificate_of_ones_own_authority_is_accepted_for_http_and_web_socket() {
    let cert = signed("127.0.0.1");
    let plex = server(&cert).await;
    let ca_file = ca_file(&plex, &cert);
    let mut watch = Watch::start(Config {
        ca_file: Some(ca_file.clone()),
        ..quiet(&plex)
    });
    watch.shows(&["Silt"]).await;
    watch.link(model::Link::WebSocket).await;
    std::fs::remove_file(ca_file).unwrap();
}

#[tokio::test]
async fn a_certificate_for_another_name_needs_that_name() {
    let cert = signed("192-168-1-5.0123456789abcdef.plex.direct");
    let plex = server(&cert).await;
    let ca_file = ca_file(&plex, &cert);
    let trusting = Config {
        ca_file: Some(ca_file.clone()),
        ..quiet(&plex)
    };
    let mut watch = Watch::start(trusting.clone());
    let told = watch.outage_of("tls").await;
    assert!(told.contains("is for another name"), "{told}");
    let e = sources::plex::check(&trusting, None).await.unwrap_err();
    assert!(e.hint().unwrap().contains("tls_name"), "{e}");

    let tls_name = Some("192-168-1-5.0123456789abcdef.plex.direct".to_owned());
    let mut watch = Watch::start(Config { tls_name, ..trusting });
    watch.shows(&["Silt"]).await;
    std::fs::remove_file(ca_file).unwrap();
}

#[tokio::test]
async fn a_certificate_signed_by_nobody_known_is_refused_unless_told_otherwise() {
    let cert = signed("127.0.0.1");
    let plex = server(&cert).await;
    let mut watch = Watch::start(quiet(&plex));
    let told = watch.outage_of("tls").await;
    assert!(told.contains("signed by nobody we trust"), "{told}");
    let mut watch = Watch::start(Config {
        tls_skip_verify: true,
        ..quiet(&plex)
    });
    watch.shows(&["Silt"]).await;
}

#[tokio::test]
async fn plain_http_and_tls_taken_for_each_other_are_told() {
    let plex = Plex::start(Seed::default().still()).await;
    let url = Some(plex.url().replace("http://", "https://"));
    let mut watch = Watch::start(Config { url, ..quiet(&plex) });
    let told = watch.outage_of("tls").await;
    assert!(told.contains("does not speak TLS"), "{told}");
}
