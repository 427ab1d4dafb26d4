//! TLS by rustls with ring, as `sslmode` asks for it.

use std::{fs::File, io::BufReader, path::Path, sync::Arc};

use quintet_core::{Error, Result};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    },
};

use super::target::{SslMode, Target};

/// How to begin TLS.
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// Reads the authorities that `verify-full` needs.
    ///
    /// # Errors
    /// If there are none, or their file can't be read.
    pub(super) fn new(target: &Target) -> Result<Tls> {
        // Its own provider, so that it does not matter what else the program links.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::internal("rustls has no protocol versions").with_source(e))?;
        let mut config = if target.ssl == SslMode::VerifyFull {
            builder.with_root_certificates(roots(target)?).with_no_client_auth()
        } else {
            let any = Arc::new(AnyCertificate(provider));
            builder.dangerous().with_custom_certificate_verifier(any).with_no_client_auth()
        };
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Tls(TlsConnector::from(Arc::new(config))))
    }

    /// Begins TLS after the server has agreed to it.
    pub(super) async fn begin(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> Result<Box<TlsStream<TcpStream>>, String> {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| format!("`{host}` is no host name for TLS"))?;
        let stream =
            self.0.connect(name, stream).await.map_err(|e| format!("TLS with the server failed: {e}"))?;
        Ok(Box::new(stream))
    }
}

fn roots(target: &Target) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &target.root_cert {
        for certificate in from_file(path).map_err(|why| unreadable(target, path, &why))? {
            roots.add(certificate).map_err(|e| unreadable(target, path, &e.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unreadable(target, path, "it holds no certificate"));
        }
        return Ok(roots);
    }
    let found = rustls_native_certs::load_native_certs();
    // A store of a system may hold certificates that are of no use to rustls.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(Error::settings(format!(
            "database URL `{}`: the system has no certificates of authorities to check the server's by; install them (the \
             package `ca-certificates`), or name a file with `sslrootcert`",
            target.url
        )));
    }
    Ok(roots)
}

fn from_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    CertificateDer::pem_reader_iter(BufReader::new(file)).collect::<Result<_, _>>().map_err(|e| e.to_string())
}

fn unreadable(target: &Target, path: &Path, why: &str) -> Error {
    Error::settings(format!(
        "database URL `{}`: the certificates in {} can't be used: {why}; `sslrootcert` names a PEM file",
        target.url,
        path.display()
    ))
}

/// Takes every certificate, as `prefer` and `require` say; the handshake must still be signed with it.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
