//! What each call of `Administration` and `Notifications` needs: the one table for gRPC. A call that is not in it is refused to everybody.

use crate::domain::permission::Permission as P;

/// Each call and the permission that it needs.
pub(super) const OPERATIONS: &[(&str, P)] = &[
    ("ListRealms", P::RealmRead),
    ("CreateRealm", P::RealmManage),
    ("ChangeRealm", P::RealmManage),
    ("DeleteRealm", P::RealmManage),
    ("ListPolicies", P::PolicyRead),
    ("ShowPolicy", P::PolicyRead),
    ("ApplyPolicy", P::PolicyManage),
    ("ListCertificates", P::CertificateRead),
    ("ShowCertificate", P::CertificateRead),
    ("ChangeCertificate", P::CertificateManage),
    ("ShowHistory", P::CertificateRead),
    ("ImportCertificates", P::CertificateManage),
    ("ForgetCertificate", P::CertificateManage),
    ("RevokeInBulk", P::CertificateRevoke),
    ("RenewInBulk", P::CertificateRenew),
    ("ChangeInBulk", P::CertificateManage),
    ("ListBulkActs", P::CertificateRead),
    ("ShowBulkAct", P::CertificateRead),
    ("CancelBulkAct", P::CertificateRead),
    ("ListRequests", P::RequestRead),
    ("DecideRequest", P::RequestDecide),
    ("CreateExternalAccountKey", P::EndEntityManage),
    ("SetAdministratorPassword", P::PersonManage),
    ("AddEndEntity", P::EndEntityManage),
    ("ListEndEntities", P::EndEntityRead),
    ("ShowEndEntity", P::EndEntityRead),
    ("ChangeEndEntity", P::EndEntityManage),
    ("SetEndEntityPassword", P::EndEntityManage),
    ("SetEndEntitySecret", P::EndEntityManage),
    ("RemoveEndEntity", P::EndEntityManage),
    ("CreateChallenge", P::EndEntityManage),
    ("RenewNow", P::CertificateRenew),
    ("ListRoles", P::RoleRead),
    ("PutRole", P::RoleManage),
    ("RemoveRole", P::RoleManage),
    ("ListRoleBindings", P::RoleRead),
    ("BindRole", P::RoleManage),
    ("UnbindRole", P::RoleManage),
    ("ListPeople", P::PersonRead),
    ("AddPerson", P::PersonManage),
    ("ChangePerson", P::PersonManage),
    ("RemovePerson", P::PersonManage),
    ("ResetSecondFactor", P::PersonManage),
    ("VerifyTrail", P::AuditRead),
    ("ListSubscriptions", P::NotificationRead),
    ("ShowSubscription", P::NotificationRead),
    ("Subscribe", P::NotificationManage),
    ("ChangeSubscription", P::NotificationManage),
    ("Unsubscribe", P::NotificationManage),
    ("TrySubscription", P::NotificationManage),
    ("ListDeliveries", P::NotificationRead),
    ("RetryDelivery", P::NotificationManage),
];

/// What a call needs.
pub(super) fn find(operation: &str) -> Option<P> {
    OPERATIONS
        .iter()
        .find(|(name, _)| *name == operation)
        .map(|(_, needed)| *needed)
}
