//! Where the provider is asked.

use url::Url;

use super::OidcError;

pub(super) fn check_url(field: &'static str, text: &str) -> Result<(), OidcError> {
    let url: Url = text.parse().map_err(|_| OidcError::Url(field))?;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "https" || (url.scheme() == "http" && is_here) {
        Ok(())
    } else {
        Err(OidcError::Url(field))
    }
}

/// An address below the issuer's, as it is reached from here.
pub(super) fn from_inside(url: &mut Url, issuer: &str, asked_at: &str) {
    let below = url.as_str().strip_prefix(issuer.trim_end_matches('/'));
    let inside = below
        .filter(|path| path.starts_with('/'))
        .and_then(|path| format!("{asked_at}{path}").parse().ok());
    if let Some(inside) = inside {
        *url = inside;
    }
}

/// Said by whoever configures it to be a way that nobody listens on, so `http` will do.
pub(super) fn internal(text: &str) -> Result<&str, OidcError> {
    let url: Url = text.parse().map_err(|_| OidcError::InternalUrl)?;
    match (url.scheme(), url.host_str()) {
        ("https" | "http", Some(_)) => Ok(text),
        _ => Err(OidcError::InternalUrl),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_asked_over_tls_only_unless_it_is_on_this_machine() {
        assert!(check_url("issuer", "https://id.example.com/realms/ers").is_ok());
        assert!(check_url("issuer", "http://127.0.0.1:9000").is_ok());
        for wrong in [
            "http://id.example.com",
            "id.example.com",
            "ftp://localhost",
            "",
        ] {
            assert!(check_url("issuer", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_lies_below_the_issuer_is_reached_from_inside() {
        let issuer = "https://id.example/realms/ers";
        for (told, reached) in [
            (
                "https://id.example/realms/ers/auth/device",
                "http://keycloak:8080/realms/ers/auth/device",
            ),
            (
                "https://id.example/realms/ersatz/device",
                "https://id.example/realms/ersatz/device",
            ),
            (
                "https://other.example/device",
                "https://other.example/device",
            ),
        ] {
            let mut url = told.parse().unwrap();
            from_inside(&mut url, issuer, "http://keycloak:8080/realms/ers");
            assert_eq!(url.as_str(), reached);
        }
    }

    #[test]
    fn inside_it_may_be_asked_without_tls() {
        for right in [
            "http://keycloak:8080/auth/realms/ers",
            "https://id.internal",
        ] {
            assert_eq!(internal(right).unwrap(), right);
        }
        for wrong in ["keycloak:8080", "file:///etc/passwd", ""] {
            assert!(internal(wrong).is_err(), "{wrong}");
        }
    }
}
