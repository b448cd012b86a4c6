//! Owns the certificate that the door makes for itself, and the settings of TLS.
//!
//! The certificate and its key live in memory only and go with the run: there is nothing to install, to leak or to expire.
//! A browser asks whether to trust it; the fingerprint is what to compare.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};

/// A certificate, and how to speak with it.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// The settings of every connection.
    pub(super) settings: Arc<ServerConfig>,
    /// The certificate, in DER.
    pub(super) certificate: CertificateDer<'static>,
}

impl Identity {
    /// Makes a certificate for loopback and for the address that the door is bound to.
    pub(super) fn make(bind: IpAddr) -> Result<Self, String> {
        let mut names = vec!["localhost".to_owned()];
        for address in [bind, Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
            let name = address.to_string();
            if !address.is_unspecified() && !names.contains(&name) {
                names.push(name);
            }
        }
        let mut parameters = CertificateParams::new(names).map_err(|error| error.to_string())?;
        parameters.distinguished_name.push(DnType::CommonName, "blog serve");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let certificate = parameters.self_signed(&key).map_err(|error| error.to_string())?.der().clone();
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let mut settings = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], secret)
            .map_err(|error| error.to_string())?;
        settings.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Identity { settings: Arc::new(settings), certificate })
    }

    /// Returns the certificate's SHA-256 fingerprint in the form in which browsers show it: `AB:CD:…`.
    pub(super) fn fingerprint(&self) -> String {
        let pairs: Vec<String> = Sha256::digest(&self.certificate).iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_a_certificate_of_its_own() {
        let bind = Ipv4Addr::new(192, 168, 0, 9).into();
        let (one, other) = (Identity::make(bind).unwrap(), Identity::make(bind).unwrap());
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_eq!(one.fingerprint().len(), 32 * 3 - 1);
    }
}
