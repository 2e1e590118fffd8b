//! The one place that knows the TLS provider, the trust roots and how verification may be relaxed.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::CryptoProvider;
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// How a server's certificate is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// PEM text of further certificate authorities.
    pub extra_ca_pem: Option<Arc<str>>,
    /// Verify the certificate for this host name instead of the one in the URL.
    pub name_override: Option<String>,
    /// Verify nothing. The caller has warned the user.
    pub skip_verification: bool,
}

/// Why a TLS set-up is unusable.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("reading CA file {path}")]
    ReadCa {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the CA text holds no PEM certificate")]
    NoCertificate,
    #[error("a certificate of the CA file is malformed")]
    BadCertificate(#[source] rustls_pki_types::pem::Error),
    #[error("\"{0}\" is not a host name a certificate can be verified for")]
    BadName(String),
    #[error("setting up TLS")]
    Setup(#[source] Error),
}

/// The provider: ring. Swap it here and nowhere else.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| Arc::new(rustls::crypto::ring::default_provider()))
        .clone()
}

/// Reads a PEM file of certificate authorities.
pub fn read_ca(path: &Path) -> Result<Arc<str>, TlsError> {
    std::fs::read_to_string(path)
        .map(Into::into)
        .map_err(|source| TlsError::ReadCa {
            path: path.display().to_string(),
            source,
        })
}

/// A client configuration for `trust`: the bundled Mozilla roots, the system's (if it has any, a container
/// often has none), and the user's own.
pub fn client_config(trust: &Trust) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?;
    if trust.skip_verification {
        let verifier = Arc::new(AcceptAny(provider()));
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth());
    }
    let roots = roots(trust.extra_ca_pem.as_deref())?;
    let Some(name) = &trust.name_override else {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    };
    let name = ServerName::try_from(name.clone()).map_err(|_| TlsError::BadName(name.clone()))?;
    let verifier = Arc::new(FixedName {
        name,
        roots,
        provider: provider(),
    });
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn roots(extra_pem: Option<&str>) -> Result<Arc<RootCertStore>, TlsError> {
    // Most processes need only this one; it is read once and shared by every client.
    static COMMON: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let common = COMMON.get_or_init(|| {
        let mut store = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for cert in rustls_native_certs::load_native_certs().certs {
            // A malformed certificate in the system's store is the system's business.
            let _ = store.add(cert);
        }
        Arc::new(store)
    });
    let Some(pem) = extra_pem else {
        return Ok(common.clone());
    };
    let mut store = RootCertStore::clone(common);
    let mut found = false;
    for cert in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        store
            .add(cert.map_err(TlsError::BadCertificate)?)
            .map_err(TlsError::Setup)?;
        found = true;
    }
    if found {
        Ok(Arc::new(store))
    } else {
        Err(TlsError::NoCertificate)
    }
}

/// Verifies the chain and the dates as usual, but for a name the user gave.
#[derive(Debug)]
struct FixedName {
    name: ServerName<'static>,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for FixedName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _asked: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let cert = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&cert, &self.roots, intermediates, now, algorithms)?;
        rustls::client::verify_server_name(&cert, &self.name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Accepts any certificate; used only on the user's explicit word.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether [`client_config`] will accept `trust`, so that a wrong CA file fails at start and not at first use.
pub fn check(trust: &Trust) -> Result<(), TlsError> {
    client_config(trust).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rubbish_instead_of_a_ca_is_refused_by_name() {
        let trust = Trust {
            extra_ca_pem: Some("not pem".into()),
            ..Trust::default()
        };
        assert_eq!(
            client_config(&trust).unwrap_err().to_string(),
            "the CA text holds no PEM certificate"
        );
    }

    #[test]
    fn a_bad_override_name_is_refused() {
        let trust = Trust {
            name_override: Some("not a name".into()),
            ..Trust::default()
        };
        assert!(
            client_config(&trust)
                .unwrap_err()
                .to_string()
                .contains("not a name")
        );
    }

    #[test]
    fn defaults_and_skip_build() {
        assert!(check(&Trust::default()).is_ok());
        assert!(
            client_config(&Trust {
                skip_verification: true,
                ..Trust::default()
            })
            .is_ok()
        );
    }
}
