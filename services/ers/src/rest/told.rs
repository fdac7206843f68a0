//! What REST tells, as messages of CLM's contract.

use std::collections::HashMap;

use ers_pki::pem;
use ers_proto::clm::v1 as proto;
use prost_types::Timestamp;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub fn text(value: &Value, name: &str) -> String {
    let found = value.get(name).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

pub fn texts(value: &Value, name: &str) -> Vec<String> {
    let found = value.get(name).and_then(Value::as_array);
    let found = found.into_iter().flatten().filter_map(Value::as_str);
    found.map(str::to_owned).collect()
}

pub fn text_map(value: &Value, name: &str) -> HashMap<String, String> {
    let found = value.get(name).and_then(Value::as_object);
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    found.into_iter().flatten().filter_map(text).collect()
}

pub fn yes(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

pub fn number<T: TryFrom<i64> + Default>(value: &Value, name: &str) -> T {
    let found = value.get(name).and_then(Value::as_i64).unwrap_or_default();
    T::try_from(found).unwrap_or_default()
}

pub fn time(value: &Value, name: &str) -> Option<Timestamp> {
    let text = value.get(name).and_then(Value::as_str)?;
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(Timestamp {
        seconds: at.unix_timestamp(),
        nanos: 0,
    })
}

pub fn rows<T>(value: &Value, name: &str, read: impl Fn(&Value) -> T) -> Vec<T> {
    let found = value.get(name).and_then(Value::as_array);
    found.into_iter().flatten().map(read).collect()
}

pub fn realm(told: &Value) -> proto::Realm {
    proto::Realm {
        name: text(told, "name"),
        description: text(told, "description"),
        created_at: time(told, "created_at"),
        title: text(told, "title"),
        archived_at: time(told, "archived_at"),
    }
}

pub fn policy(told: &Value) -> proto::Policy {
    proto::Policy {
        name: text(told, "name"),
        realm: text(told, "realm"),
        version: number(told, "version"),
        definition: text(told, "definition"),
        updated_at: time(told, "updated_at"),
        updated_by: text(told, "updated_by"),
    }
}

pub fn role(told: &Value) -> proto::Role {
    proto::Role {
        name: text(told, "name"),
        description: text(told, "description"),
        permissions: texts(told, "permissions"),
        ready: yes(told, "ready"),
        version: number(told, "version"),
    }
}

pub fn binding(told: &Value) -> proto::RoleBinding {
    proto::RoleBinding {
        id: text(told, "id"),
        role: text(told, "role"),
        subject_kind: text(told, "subject_kind"),
        subject: text(told, "subject"),
        realm: text(told, "realm"),
        policy: text(told, "policy"),
        created_at: time(told, "created_at"),
        created_by: text(told, "created_by"),
    }
}

pub fn person(told: &Value) -> proto::Person {
    proto::Person {
        username: text(told, "username"),
        display_name: text(told, "display_name"),
        email: text(told, "email"),
        closed: yes(told, "closed"),
        second_factor: yes(told, "second_factor"),
        certificate: text(told, "certificate"),
        created_at: time(told, "created_at"),
        last_login_at: time(told, "last_login_at"),
    }
}

pub fn end_entity(told: &Value) -> proto::EndEntity {
    proto::EndEntity {
        realm: text(told, "realm"),
        name: text(told, "name"),
        state: text(told, "state"),
        contact: text(told, "contact"),
        registration_authority: yes(told, "registration_authority"),
        has_password: yes(told, "has_password"),
        has_secret: yes(told, "has_shared_secret"),
        created_at: time(told, "created_at"),
        owners: texts(told, "owners"),
        metadata: text_map(told, "metadata"),
    }
}

pub fn request(told: &Value) -> proto::Request {
    proto::Request {
        id: text(told, "id"),
        state: text(told, "state"),
        policy: text(told, "policy"),
        requester: text(told, "requester"),
        subject: text(told, "subject"),
        subject_alternative_names: texts(told, "subject_alternative_names"),
        created_at: time(told, "created_at"),
        decided_by: text(told, "decided_by"),
        detail: text(told, "detail"),
    }
}

pub fn certificate(told: &Value) -> proto::InventoryCertificate {
    let der = |pem: &str| pem::decode(pem, &["CERTIFICATE"]).unwrap_or_default();
    proto::InventoryCertificate {
        issuer: text(told, "issuer"),
        serial: text(told, "serial"),
        subject: text(told, "subject"),
        subject_alternative_names: texts(told, "subject_alternative_names"),
        not_before: time(told, "not_before"),
        not_after: time(told, "not_after"),
        state: text(told, "state"),
        realm: text(told, "realm"),
        policy: text(told, "policy"),
        end_entity: text(told, "end_entity"),
        requester: text(told, "requester"),
        protocol: text(told, "protocol"),
        revocation_reason: text(told, "revocation_reason"),
        revoked_at: time(told, "revoked_at"),
        der: der(&text(told, "certificate_pem")),
        chain: texts(told, "chain_pem")
            .iter()
            .map(|pem| der(pem))
            .collect(),
        fingerprint: text(told, "fingerprint"),
        key_algorithm: text(told, "key_algorithm"),
        source: text(told, "source"),
        owner: text(told, "owner"),
        tags: texts(told, "tags"),
        locations: texts(told, "locations"),
        comment: text(told, "comment"),
        version: number(told, "version"),
    }
}

pub fn history_event(told: &Value) -> proto::HistoryEvent {
    proto::HistoryEvent {
        at: time(told, "at"),
        act: text(told, "act"),
        actor: text(told, "actor"),
        detail: text(told, "detail"),
        before: text(told, "before"),
        after: text(told, "after"),
        certificate: text(told, "certificate"),
    }
}

pub fn imported(told: &Value) -> proto::ImportedCertificate {
    proto::ImportedCertificate {
        fingerprint: text(told, "fingerprint"),
        subject: text(told, "subject"),
        outcome: text(told, "outcome"),
        remarks: texts(told, "remarks"),
    }
}

pub fn bulk_act(told: &Value) -> proto::BulkAct {
    proto::BulkAct {
        id: text(told, "id").parse().unwrap_or_default(),
        kind: text(told, "kind"),
        state: text(told, "state"),
        total: number(told, "total"),
        done: number(told, "done"),
        unchanged: number(told, "unchanged"),
        failed: number(told, "failed"),
        created_by: text(told, "created_by"),
        created_at: time(told, "created_at"),
        finished_at: time(told, "finished_at"),
        failures: rows(told, "failures", |one| proto::BulkFailure {
            certificate: text(one, "certificate"),
            reason: text(one, "reason"),
        }),
    }
}

pub fn subscription(told: &Value) -> proto::Subscription {
    proto::Subscription {
        name: text(told, "name"),
        realm: text(told, "realm"),
        policy: text(told, "policy"),
        events: texts(told, "events"),
        days: rows(told, "days", |days| {
            days.as_u64()
                .and_then(|days| u32::try_from(days).ok())
                .unwrap_or_default()
        }),
        channel: text(told, "channel"),
        recipient: text(told, "recipient"),
        language: text(told, "language"),
        active: yes(told, "active"),
        version: number(told, "version"),
        created_at: time(told, "created_at"),
        created_by: text(told, "created_by"),
        updated_at: time(told, "updated_at"),
        updated_by: text(told, "updated_by"),
        secret: text(told, "secret"),
    }
}

pub fn delivery(told: &Value) -> proto::Delivery {
    proto::Delivery {
        id: number(told, "id"),
        subscription: text(told, "subscription"),
        event: text(told, "event"),
        channel: text(told, "channel"),
        recipient: text(told, "recipient"),
        state: text(told, "state"),
        attempts: number(told, "attempts"),
        last_error: text(told, "last_error"),
        created_at: time(told, "created_at"),
        next_attempt_at: time(told, "next_attempt_at"),
        finished_at: time(told, "finished_at"),
        content: told
            .get("content")
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}
