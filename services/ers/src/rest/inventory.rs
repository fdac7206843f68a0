//! Policies, certificates and requests over REST.

use ers_proto::clm::v1 as proto;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tonic::{Code, Status};

use super::{Headers, LARGE, Rest, bulk::members, segment, told};

/// How often tags are set when others change them at the same moment.
const ATTEMPTS: u32 = 5;

impl Rest {
    pub(super) async fn list_policies(
        &self,
        wanted: proto::ListPoliciesRequest,
    ) -> Result<proto::ListPoliciesResponse, Status> {
        let mut query = LARGE.to_vec();
        query.push(("realm", &wanted.realm));
        let all = self.all("policies", &query, "policies").await?;
        let policies = all.iter().map(told::policy).collect();
        Ok(proto::ListPoliciesResponse { policies })
    }

    pub(super) async fn show_policy(
        &self,
        which: proto::ShowPolicyRequest,
    ) -> Result<proto::Policy, Status> {
        let path = format!("policies/{}", segment(&which.name));
        Ok(told::policy(&self.get(&path, &[]).await?))
    }

    pub(super) async fn apply_policy(
        &self,
        wish: proto::ApplyPolicyRequest,
    ) -> Result<proto::ApplyPolicyResponse, Status> {
        let read: Value = serde_norway::from_str(&wish.definition)
            .map_err(|error| Status::invalid_argument(format!("definition: {error}")))?;
        let name = told::text(&read, "name");
        if name.is_empty() {
            return Err(Status::invalid_argument("name: the definition has none"));
        }
        let path = format!("policies/{}", segment(&name));
        let before = self.get(&path, &[]).await.ok();
        let before = before.map(|before| told::policy(&before).version);
        let body = json!({"definition": wish.definition});
        let applied = self
            .answer(Method::PUT, &path, &body, Headers::default())
            .await?;
        let policy = told::policy(&applied.body);
        Ok(proto::ApplyPolicyResponse {
            changed: before != Some(policy.version),
            created: applied.status == StatusCode::CREATED,
            policy: Some(policy),
        })
    }

    pub(super) async fn list_certificates(
        &self,
        wanted: proto::ListCertificatesRequest,
    ) -> Result<proto::ListCertificatesResponse, Status> {
        let size = wanted.page_size.to_string();
        let filter = members(&wanted.filter.unwrap_or_default());
        let mut query: Vec<(&str, &str)> = filter
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        query.push(("page_size", &size));
        query.push(("page_token", &wanted.page_token));
        let page = self.get("certificates", &query).await?;
        Ok(proto::ListCertificatesResponse {
            certificates: told::rows(&page, "certificates", told::certificate),
            next_page_token: told::text(&page, "next_page_token"),
            total: told::number(&page, "total"),
        })
    }

    pub(super) async fn show_certificate(
        &self,
        which: proto::ShowCertificateRequest,
    ) -> Result<proto::InventoryCertificate, Status> {
        let path = format!("certificates/{}", segment(&which.id));
        let query = [("format", "json")];
        Ok(told::certificate(&self.get(&path, &query).await?))
    }

    pub(super) async fn change_certificate(
        &self,
        wish: proto::ChangeCertificateRequest,
    ) -> Result<proto::InventoryCertificate, Status> {
        let path = format!("certificates/{}", segment(&wish.id));
        let retags = !wish.set_tags.is_empty() || !wish.remove_tags.is_empty();
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            // REST puts tags in the place of those that are there: which those are must not have changed meanwhile.
            let (tags, version) = match retags {
                false => (None, String::new()),
                true => {
                    let there = self.send(self.question(&path, &[])?).await?;
                    let tags = told::texts(&there.body, "tags");
                    (Some(retagged(tags, &wish)), there.version)
                }
            };
            let body = json!({
                "owner": wish.owner,
                "comment": wish.comment,
                "tags": tags,
                "locations": wish.locations.as_ref().map(|all| &all.values),
            });
            let headers = Headers {
                if_match: &version,
                ..Headers::default()
            };
            match self.answer(Method::PATCH, &path, &body, headers).await {
                Err(status) if status.code() == Code::Aborted && retags && attempts > 0 => {}
                changed => return Ok(told::certificate(&changed?.body)),
            }
        }
    }

    pub(super) async fn show_history(
        &self,
        which: proto::ShowHistoryRequest,
    ) -> Result<proto::History, Status> {
        let path = format!("certificates/{}/history", segment(&which.id));
        let told = self.get(&path, &[]).await?;
        let events = told::rows(&told, "events", told::history_event);
        Ok(proto::History { events })
    }

    pub(super) async fn import_certificates(
        &self,
        wish: proto::ImportCertificatesRequest,
    ) -> Result<proto::ImportCertificatesResponse, Status> {
        let body = json!({
            "certificates": wish.certificates,
            "policy": wish.policy,
            "owner": wish.owner,
            "tags": wish.tags,
        });
        let report = self
            .call(Method::POST, "certificates/imports", &body)
            .await?;
        let certificates = told::rows(&report, "certificates", told::imported);
        Ok(proto::ImportCertificatesResponse { certificates })
    }

    pub(super) async fn forget_certificate(
        &self,
        which: proto::ForgetCertificateRequest,
    ) -> Result<proto::ForgetCertificateResponse, Status> {
        self.delete(&format!("certificates/{}", segment(&which.id)))
            .await?;
        Ok(proto::ForgetCertificateResponse {})
    }

    pub(super) async fn list_requests(
        &self,
        wanted: proto::ListRequestsRequest,
    ) -> Result<proto::ListRequestsResponse, Status> {
        let size = wanted.page_size.to_string();
        let query = [
            ("state", wanted.state.as_str()),
            // whoever is logged in
            (
                "mine",
                if wanted.requester.is_empty() {
                    ""
                } else {
                    "true"
                },
            ),
            ("page_size", &size),
            ("page_token", &wanted.page_token),
        ];
        let page = self.get("requests", &query).await?;
        Ok(proto::ListRequestsResponse {
            requests: told::rows(&page, "requests", told::request),
            next_page_token: told::text(&page, "next_page_token"),
            total: told::number(&page, "total"),
        })
    }

    pub(super) async fn decide_request(
        &self,
        decision: proto::DecideRequestRequest,
    ) -> Result<proto::Request, Status> {
        let path = format!("requests/{}/decision", segment(&decision.id));
        let body = json!({"approve": decision.approve, "comment": decision.comment});
        let decided = self.call(Method::POST, &path, &body).await?;
        Ok(told::request(&decided))
    }
}

/// Tags as they are wished: one of a name at most.
fn retagged(mut tags: Vec<String>, wish: &proto::ChangeCertificateRequest) -> Vec<String> {
    let name = |tag: &str| tag.split('=').next().unwrap_or_default().to_owned();
    for gone in &wish.remove_tags {
        tags.retain(|tag| name(tag) != *gone);
    }
    for set in &wish.set_tags {
        tags.retain(|tag| name(tag) != name(set));
        tags.push(set.clone());
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_takes_the_place_of_the_one_of_its_name() {
        let wish = proto::ChangeCertificateRequest {
            set_tags: vec!["stage=live".to_owned(), "new".to_owned()],
            remove_tags: vec!["web".to_owned()],
            ..proto::ChangeCertificateRequest::default()
        };
        let there = ["stage=test", "web=1", "stages=2"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(retagged(there, &wish), ["stages=2", "stage=live", "new"]);
    }
}
