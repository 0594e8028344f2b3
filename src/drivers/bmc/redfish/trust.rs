//! Which certificate of a BMC is a good one.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use camino::Utf8Path;
use reqwest::{Certificate, ClientBuilder};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use sha2::{Digest, Sha256};

use crate::{
    drivers::bmc::{told::hex, whose::Whose},
    model::bmc::Trust,
    trouble::{Result, Tell, Trouble},
};

/// A client that trusts as the site says.
pub(super) fn trusting(
    whose: &Whose,
    trust: &Trust,
    builder: ClientBuilder,
) -> Result<ClientBuilder> {
    // Fails only when another part of the program installed one before, which is as good.
    drop(ring::default_provider().install_default());
    match trust {
        Trust::System { .. } | Trust::Plain { .. } => Ok(builder),
        Trust::Authorities { path } => {
            let found = authorities(&path.value).map_err(|trouble| {
                trouble
                    .while_trying(format!("{}: verifying the certificate of its BMC", whose.host))
                    .set_by(&path.setting)
                    .hint("a path in `redfish_verify_ca` is one on the machine where Ironic runs; `ymir_bmc_certificate_authorities` names the one on this machine")
            })?;
            Ok(builder.tls_certs_only(found))
        }
        Trust::Pinned { digest } => preconfigured(builder, Pin::to(&digest.value)),
        Trust::Unverified { .. } => preconfigured(builder, Pin::to_any()),
    }
}

/// The authorities in a file, or in all files of a directory.
fn authorities(path: &Utf8Path) -> Result<Vec<Certificate>> {
    let what = || format!("reading {path}");
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = path.read_dir_utf8().or_refused(what)?;
        files = entries.filter_map(Result::ok).map(camino::Utf8DirEntry::into_path).collect();
        files.retain(|file| file.is_file());
    }
    let mut found = Vec::new();
    for file in files {
        let what = || format!("reading {file}");
        let bytes = std::fs::read(&file).or_refused(what)?;
        found.extend(Certificate::from_pem_bundle(&bytes).or_refused(what)?);
    }
    if found.is_empty() {
        return Err(Trouble::refused(what()).because("it holds no certificate"));
    }
    Ok(found)
}

fn preconfigured(builder: ClientBuilder, pin: Pin) -> Result<ClientBuilder> {
    Ok(builder.tls_backend_preconfigured(pin.config()?))
}

/// The SHA-256 of the certificate that a service presents to anybody; no password is sent.
pub(super) async fn presented(url: reqwest::Url, limit: Duration) -> Option<String> {
    let pin = Pin::to_any();
    let seen = Arc::clone(&pin.seen);
    let builder = reqwest::Client::builder().no_proxy().timeout(limit);
    let client = preconfigured(builder, pin).ok()?.build().ok()?;
    // What is answered does not matter: the certificate comes before.
    drop(client.head(url).send().await);
    seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Why a certificate was refused, if that is what an error is about.
pub(super) fn refused_certificate(error: &reqwest::Error) -> Option<String> {
    const BEGIN: &str = "invalid peer certificate";
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if let Some((_, why)) = text.split_once(BEGIN) {
            return Some(why.trim_start_matches(':').trim().to_owned());
        }
        cause = error.source();
    }
    None
}

/// Trusts one certificate, or any; whoever presents it must have its key.
#[derive(Debug)]
struct Pin {
    wanted: Option<String>,
    seen: Arc<Mutex<Option<String>>>,
    provider: Arc<CryptoProvider>,
}

impl Pin {
    fn to(digest: &str) -> Self {
        Self { wanted: Some(digest.to_owned()), ..Self::to_any() }
    }

    fn to_any() -> Self {
        let provider = Arc::new(ring::default_provider());
        Self { wanted: None, seen: Arc::default(), provider }
    }

    fn config(self) -> Result<ClientConfig> {
        let provider = Arc::clone(&self.provider);
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .or_internal(|| "preparing TLS".into())?;
        Ok(versions
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(self))
            .with_no_client_auth())
    }
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let digest = hex(&Sha256::digest(end_entity.as_ref()));
        let is_wanted = self.wanted.as_ref().is_none_or(|wanted| *wanted == digest);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest);
        if is_wanted {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
