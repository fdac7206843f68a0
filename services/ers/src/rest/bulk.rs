//! Acts on many certificates over REST.

use ers_proto::clm::v1 as proto;
use reqwest::Method;
use serde_json::{Map, Value, json};
use tonic::Status;

use super::{Headers, Rest, people::some, told};

impl Rest {
    pub(super) async fn revoke_in_bulk(
        &self,
        wish: proto::RevokeInBulkRequest,
    ) -> Result<proto::BulkAct, Status> {
        let more = json!({"reason": wish.reason});
        self.begin_act("revocations", wish.selection, more).await
    }

    pub(super) async fn renew_in_bulk(
        &self,
        wish: proto::RenewInBulkRequest,
    ) -> Result<proto::BulkAct, Status> {
        let more = json!({
            "within": wish.within.map(|within| format!("{}s", within.seconds)),
            "explanation_url": some(wish.explanation_url),
        });
        self.begin_act("renewals", wish.selection, more).await
    }

    pub(super) async fn change_in_bulk(
        &self,
        wish: proto::ChangeInBulkRequest,
    ) -> Result<proto::BulkAct, Status> {
        let more = json!({
            "owner": wish.owner,
            "set_tags": wish.set_tags,
            "remove_tags": wish.remove_tags,
        });
        self.begin_act("changes", wish.selection, more).await
    }

    async fn begin_act(
        &self,
        kind: &str,
        selection: Option<proto::BulkSelection>,
        mut body: Value,
    ) -> Result<proto::BulkAct, Status> {
        let selection = selection.unwrap_or_default();
        if let Some(body) = body.as_object_mut() {
            if selection.ids.is_empty() {
                let filter = filter(&selection.filter.unwrap_or_default());
                body.insert("filter".to_owned(), filter);
            } else {
                body.insert("ids".to_owned(), json!(selection.ids));
            }
        }
        let headers = Headers {
            idempotency_key: &selection.key,
            ..Headers::default()
        };
        let path = format!("bulk-acts/{kind}");
        let begun = self.answer(Method::POST, &path, &body, headers).await?;
        Ok(told::bulk_act(&begun.body))
    }

    pub(super) async fn list_bulk_acts(
        &self,
        wanted: proto::ListBulkActsRequest,
    ) -> Result<proto::ListBulkActsResponse, Status> {
        let size = match wanted.page_size {
            0 => String::new(),
            size => size.to_string(),
        };
        let query = [
            ("page_size", size.as_str()),
            ("page_token", &wanted.page_token),
        ];
        let page = self.get("bulk-acts", &query).await?;
        Ok(proto::ListBulkActsResponse {
            acts: told::rows(&page, "bulk_acts", told::bulk_act),
            next_page_token: told::text(&page, "next_page_token"),
            total: told::number(&page, "total"),
        })
    }

    pub(super) async fn show_bulk_act(
        &self,
        which: proto::ShowBulkActRequest,
    ) -> Result<proto::BulkAct, Status> {
        let shown = self.get(&format!("bulk-acts/{}", which.id), &[]).await?;
        Ok(told::bulk_act(&shown))
    }

    pub(super) async fn cancel_bulk_act(
        &self,
        which: proto::CancelBulkActRequest,
    ) -> Result<proto::BulkAct, Status> {
        let path = format!("bulk-acts/{}/cancellation", which.id);
        let cancelled = self.call(Method::POST, &path, &Value::Null).await?;
        Ok(told::bulk_act(&cancelled))
    }
}

/// What is looked for, as REST has it in queries; what is not looked for is empty.
pub(super) fn members(filter: &proto::CertificateFilter) -> [(&'static str, String); 15] {
    let unowned = if filter.unowned { "true" } else { "" };
    [
        ("realm", filter.realm.clone()),
        ("search", filter.search.clone()),
        ("state", filter.state.clone()),
        ("expires_within", filter.expires_within.clone()),
        ("expires_from", filter.expires_from.clone()),
        ("expires_before", filter.expires_before.clone()),
        ("policy", filter.policy.clone()),
        ("issuer", filter.issuer.clone()),
        ("key_algorithm", filter.key_algorithm.clone()),
        ("end_entity", filter.end_entity.clone()),
        ("owner", filter.owner.clone()),
        ("unowned", unowned.to_owned()),
        ("tags", filter.tags.clone()),
        ("source", filter.source.clone()),
        ("order", filter.order.clone()),
    ]
}

/// The same in a body.
fn filter(filter: &proto::CertificateFilter) -> Value {
    let value = |(name, text): (&str, String)| match name {
        "unowned" => (name.to_owned(), Value::Bool(!text.is_empty())),
        _ => (name.to_owned(), Value::String(text)),
    };
    let said = members(filter)
        .into_iter()
        .filter(|(_, text)| !text.is_empty());
    Value::Object(said.map(value).collect::<Map<_, _>>())
}
