//! What the ingress hands on when TLS ends there: the client's certificate and address, in headers that are read only
//! from a peer whose identity is the ingress's own. The names are those of ingress-nginx.

use actix_web::{HttpRequest, http::StatusCode};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::problem::Problem;

const VERIFIED: &str = "ssl-client-verify";
const CERTIFICATE: &str = "ssl-client-cert";
const ADDRESS: &str = "x-real-ip";
/// Longest header looked at: a certificate with a 4096 bit key, escaped, has 3 to 5 KiB.
const LONGEST: usize = 32 << 10;

/// The client's certificate, DER; none when the client showed none. Only for requests of the ingress itself.
///
/// # Errors
/// When the header is no certificate in PEM.
pub fn client_certificate(request: &HttpRequest) -> Result<Option<Vec<u8>>, Problem> {
    if text(request, VERIFIED) != Some("SUCCESS") {
        return Ok(None);
    }
    let Some(escaped) = text(request, CERTIFICATE) else {
        return Ok(None);
    };
    let malformed = || {
        Problem::of(
            StatusCode::BAD_REQUEST,
            format!("{CERTIFICATE}: must be a certificate in PEM, percent-encoded"),
        )
        .in_field(CERTIFICATE)
    };
    if escaped.len() > LONGEST {
        return Err(malformed());
    }
    let unescaped = unescape(escaped).ok_or_else(malformed)?;
    CertificateDer::from_pem_slice(unescaped.as_bytes())
        .map(|certificate| Some(certificate.to_vec()))
        .map_err(|_| malformed())
}

/// The client's address. Only for requests of the ingress itself.
#[must_use]
pub fn client_address(request: &HttpRequest) -> Option<String> {
    let address: std::net::IpAddr = text(request, ADDRESS)?.parse().ok()?;
    Some(address.to_string())
}

fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// Percent-encoding, RFC 3986 section 2.1; `+` stands for itself, as in Base64.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_and_broken_ones_refused() {
        assert_eq!(unescape("a%20b%0A+/=").as_deref(), Some("a b\n+/="));
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(unescape(broken), None, "{broken}");
        }
    }
}
