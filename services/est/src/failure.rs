//! Why a request has no answer, and how EST tells it: a status and a text for people (RFC 7030 section 4.2.3).

use actix_web::{HttpResponse, ResponseError, http::StatusCode, http::header};

use ers_enrollment::ClmError;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Who asks must show who they are, or was not let in.
    #[error("{detail}")]
    NotLetIn {
        /// In words.
        detail: String,
        /// Seconds before which nothing is looked at.
        retry_after: Option<u64>,
        /// Whether a password would be looked at.
        password: bool,
    },
    /// They may not have that.
    #[error("{0}")]
    Forbidden(String),
    /// The request cannot be read, or says what it may not.
    #[error("{0}")]
    BadRequest(String),
    /// A body of another kind.
    #[error("the body must be {0}")]
    MediaType(&'static str),
    /// Nothing at this path, or no such policy.
    #[error("{0}")]
    NotFound(String),
    /// Another method.
    #[error(
        "cacerts and csrattrs are by GET; simpleenroll, simplereenroll and serverkeygen by POST"
    )]
    Method,
    /// There is an active certificate already.
    #[error("{0}")]
    Conflict(String),
    /// The policy does not do this.
    #[error("{0}")]
    NotImplemented(String),
    /// Another service is out of reach, or has too much to do.
    #[error("try again later")]
    Unavailable(#[source] ClmError),
    /// It failed.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ClmError> for Failure {
    fn from(error: ClmError) -> Self {
        match error {
            ClmError::Unavailable { .. } => Self::Unavailable(error),
            ClmError::NotFound { detail, .. } | ClmError::NotForUs { detail, .. } => {
                Self::NotFound(detail)
            }
            ClmError::Invalid { detail, .. } => Self::BadRequest(detail),
            ClmError::Failed { .. } | ClmError::Malformed { .. } => Self::Internal(Box::new(error)),
        }
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotLetIn {
                retry_after: Some(_),
                ..
            } => StatusCode::TOO_MANY_REQUESTS,
            Self::NotLetIn { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Internal(error) => {
                tracing::error!(
                    error = ers_runtime::error::chain(error.as_ref()),
                    "request failed"
                );
            }
            Self::Unavailable(error) => {
                tracing::warn!(
                    error = ers_runtime::error::chain(error),
                    "request not answered"
                );
            }
            _ => {}
        }
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::NotLetIn {
                retry_after: Some(seconds),
                ..
            } => {
                response.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            Self::NotLetIn { password: true, .. } => {
                // RFC 7030 section 3.2.3
                response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"est\""));
            }
            Self::NotLetIn { .. } => {
                // RFC 9110 section 11.6.1 demands a challenge; there is no registered one for certificates.
                response.insert_header((header::WWW_AUTHENTICATE, "ClientCertificate"));
            }
            Self::Unavailable(_) => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            _ => {}
        }
        response
            .content_type("text/plain; charset=utf-8")
            .body(format!("{self}\n"))
    }
}
