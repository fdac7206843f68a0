//! What each operation needs: the one table for REST. The guard of every handler and the API's description read it; an
//! operation that is not in it is refused to everybody.

use Access::{LoggedIn, Needs, Public};

use crate::domain::permission::Permission as P;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody.
    Public,
    /// A person with a session, about themselves.
    LoggedIn,
    /// Who has this permission, as far as it reaches.
    Needs(P),
}

/// Method, path below `/clm-api`, and who may.
pub(super) const OPERATIONS: &[(&str, &str, Access)] = &[
    ("POST", "/v1/session", Public),
    ("POST", "/v1/session/certificate", Public),
    ("GET", "/v1/login-methods", Public),
    ("GET", "/v1/oidc/login", Public),
    ("GET", "/v1/oidc/callback", Public),
    ("POST", "/v1/oidc/device", Public),
    ("POST", "/v1/session/device", Public),
    ("GET", "/v1/session", LoggedIn),
    ("DELETE", "/v1/session", LoggedIn),
    ("POST", "/v1/account/password", LoggedIn),
    ("POST", "/v1/account/second-factor", LoggedIn),
    ("POST", "/v1/account/second-factor/confirmation", LoggedIn),
    ("POST", "/v1/account/second-factor/removal", LoggedIn),
    ("GET", "/v1/realms", Needs(P::RealmRead)),
    ("POST", "/v1/realms", Needs(P::RealmManage)),
    ("GET", "/v1/realms/{name}", Needs(P::RealmRead)),
    ("PATCH", "/v1/realms/{name}", Needs(P::RealmManage)),
    ("DELETE", "/v1/realms/{name}", Needs(P::RealmManage)),
    ("GET", "/v1/policies", Needs(P::PolicyRead)),
    ("GET", "/v1/policies/{name}", Needs(P::PolicyRead)),
    ("GET", "/v1/policies/{name}/versions", Needs(P::PolicyRead)),
    ("PUT", "/v1/policies/{name}", Needs(P::PolicyManage)),
    ("GET", "/v1/certificates", Needs(P::CertificateRead)),
    ("POST", "/v1/certificates", Needs(P::RequestCreate)),
    ("GET", "/v1/certificates/export", Needs(P::CertificateRead)),
    ("GET", "/v1/certificates/{id}", Needs(P::CertificateRead)),
    (
        "PATCH",
        "/v1/certificates/{id}",
        Needs(P::CertificateManage),
    ),
    (
        "DELETE",
        "/v1/certificates/{id}",
        Needs(P::CertificateManage),
    ),
    (
        "POST",
        "/v1/certificates/imports",
        Needs(P::CertificateManage),
    ),
    (
        "GET",
        "/v1/certificates/{id}/history",
        Needs(P::CertificateRead),
    ),
    (
        "POST",
        "/v1/certificates/{id}/revocation",
        Needs(P::CertificateRevoke),
    ),
    (
        "POST",
        "/v1/bulk-acts/revocations",
        Needs(P::CertificateRevoke),
    ),
    ("POST", "/v1/bulk-acts/renewals", Needs(P::CertificateRenew)),
    ("POST", "/v1/bulk-acts/changes", Needs(P::CertificateManage)),
    ("GET", "/v1/bulk-acts", Needs(P::CertificateRead)),
    ("GET", "/v1/bulk-acts/{id}", Needs(P::CertificateRead)),
    (
        "POST",
        "/v1/bulk-acts/{id}/cancellation",
        Needs(P::CertificateRead),
    ),
    ("GET", "/v1/statistics", Needs(P::CertificateRead)),
    ("GET", "/v1/requests", Needs(P::RequestRead)),
    (
        "POST",
        "/v1/requests/{id}/decision",
        Needs(P::RequestDecide),
    ),
    ("POST", "/v1/requests/{id}/key", Needs(P::RequestCreate)),
    ("GET", "/v1/key-recoveries", Needs(P::RecoveryRead)),
    ("POST", "/v1/key-recoveries", Needs(P::RecoveryCreate)),
    ("GET", "/v1/key-recoveries/{id}", Needs(P::RecoveryRead)),
    (
        "POST",
        "/v1/key-recoveries/{id}/decision",
        Needs(P::RecoveryDecide),
    ),
    (
        "POST",
        "/v1/key-recoveries/{id}/withdrawal",
        Needs(P::RecoveryCreate),
    ),
    (
        "POST",
        "/v1/key-recoveries/{id}/key",
        Needs(P::RecoveryCreate),
    ),
    ("GET", "/v1/permissions", LoggedIn),
    ("GET", "/v1/roles", Needs(P::RoleRead)),
    ("GET", "/v1/roles/{name}", Needs(P::RoleRead)),
    ("PUT", "/v1/roles/{name}", Needs(P::RoleManage)),
    ("DELETE", "/v1/roles/{name}", Needs(P::RoleManage)),
    ("GET", "/v1/role-bindings", Needs(P::RoleRead)),
    ("POST", "/v1/role-bindings", Needs(P::RoleManage)),
    ("DELETE", "/v1/role-bindings/{id}", Needs(P::RoleManage)),
    ("GET", "/v1/people", Needs(P::PersonRead)),
    ("POST", "/v1/people", Needs(P::PersonManage)),
    ("GET", "/v1/people/{username}", Needs(P::PersonRead)),
    ("PATCH", "/v1/people/{username}", Needs(P::PersonManage)),
    ("DELETE", "/v1/people/{username}", Needs(P::PersonManage)),
    (
        "PUT",
        "/v1/people/{username}/password",
        Needs(P::PersonManage),
    ),
    (
        "DELETE",
        "/v1/people/{username}/second-factor",
        Needs(P::PersonManage),
    ),
    ("GET", "/v1/clients", Needs(P::ClientRead)),
    ("POST", "/v1/clients", Needs(P::ClientManage)),
    ("GET", "/v1/clients/{name}", Needs(P::ClientRead)),
    ("PATCH", "/v1/clients/{name}", Needs(P::ClientManage)),
    ("DELETE", "/v1/clients/{name}", Needs(P::ClientManage)),
    ("GET", "/v1/clients/{name}/tokens", Needs(P::ClientRead)),
    ("POST", "/v1/clients/{name}/tokens", Needs(P::ClientManage)),
    (
        "DELETE",
        "/v1/clients/{name}/tokens/{id}",
        Needs(P::ClientManage),
    ),
    ("GET", "/v1/end-entities", Needs(P::EndEntityRead)),
    ("POST", "/v1/end-entities", Needs(P::EndEntityManage)),
    (
        "GET",
        "/v1/end-entities/{realm}/{name}",
        Needs(P::EndEntityRead),
    ),
    (
        "PATCH",
        "/v1/end-entities/{realm}/{name}",
        Needs(P::EndEntityManage),
    ),
    (
        "DELETE",
        "/v1/end-entities/{realm}/{name}",
        Needs(P::EndEntityManage),
    ),
    (
        "PUT",
        "/v1/end-entities/{realm}/{name}/password",
        Needs(P::EndEntityManage),
    ),
    (
        "DELETE",
        "/v1/end-entities/{realm}/{name}/password",
        Needs(P::EndEntityManage),
    ),
    (
        "PUT",
        "/v1/end-entities/{realm}/{name}/shared-secret",
        Needs(P::EndEntityManage),
    ),
    (
        "DELETE",
        "/v1/end-entities/{realm}/{name}/shared-secret",
        Needs(P::EndEntityManage),
    ),
    ("GET", "/v1/authorities", Needs(P::PolicyRead)),
    ("GET", "/v1/authorities/{name}", Needs(P::PolicyRead)),
    ("GET", "/v1/system", Needs(P::SystemRead)),
    ("GET", "/v1/subscriptions", Needs(P::NotificationRead)),
    ("POST", "/v1/subscriptions", Needs(P::NotificationManage)),
    (
        "GET",
        "/v1/subscriptions/{name}",
        Needs(P::NotificationRead),
    ),
    (
        "PUT",
        "/v1/subscriptions/{name}",
        Needs(P::NotificationManage),
    ),
    (
        "DELETE",
        "/v1/subscriptions/{name}",
        Needs(P::NotificationManage),
    ),
    (
        "POST",
        "/v1/subscriptions/{name}/test",
        Needs(P::NotificationManage),
    ),
    ("GET", "/v1/deliveries", Needs(P::NotificationRead)),
    (
        "POST",
        "/v1/deliveries/{id}/retry",
        Needs(P::NotificationManage),
    ),
    ("GET", "/v1/audit", Needs(P::AuditRead)),
    ("GET", "/v1/audit/export", Needs(P::AuditRead)),
    ("GET", "/v1/audit/verification", Needs(P::AuditRead)),
];

/// Who may call the operation of a method and a route's pattern, which begins with `/clm-api`.
pub(super) fn find(method: &str, pattern: &str) -> Option<Access> {
    let path = pattern.strip_prefix("/clm-api").unwrap_or(pattern);
    OPERATIONS
        .iter()
        .find(|(of, at, _)| *of == method && *at == path)
        .map(|(_, _, access)| *access)
}
