//! End entities over REST.

use ers_proto::clm::v1 as proto;
use reqwest::Method;
use serde_json::{Value, json};
use tonic::Status;

use super::{Rest, people::some, segment, told};

/// Where one is that names no realm.
const USUAL_REALM: &str = "default";

impl Rest {
    pub(super) async fn add_end_entity(
        &self,
        new: proto::AddEndEntityRequest,
    ) -> Result<proto::EndEntity, Status> {
        let body = json!({
            "realm": some(new.realm),
            "name": new.name,
            "contact": new.contact,
            "registration_authority": new.registration_authority,
            "owners": new.owners,
            "metadata": new.metadata,
        });
        let made = self.call(Method::POST, "end-entities", &body).await?;
        Ok(told::end_entity(&made))
    }

    pub(super) async fn list_end_entities(
        &self,
        wanted: proto::ListEndEntitiesRequest,
    ) -> Result<proto::ListEndEntitiesResponse, Status> {
        let size = wanted.page_size.to_string();
        let query = [
            ("realm", wanted.realm.as_str()),
            ("state", &wanted.state),
            ("owner", &wanted.owner),
            ("search", &wanted.search),
            ("page_size", &size),
            ("page_token", &wanted.page_token),
        ];
        let page = self.get("end-entities", &query).await?;
        Ok(proto::ListEndEntitiesResponse {
            end_entities: told::rows(&page, "end_entities", told::end_entity),
            next_page_token: told::text(&page, "next_page_token"),
            total: told::number(&page, "total"),
        })
    }

    pub(super) async fn show_end_entity(
        &self,
        which: proto::ShowEndEntityRequest,
    ) -> Result<proto::EndEntity, Status> {
        let shown = self.get(&at(&which.realm, &which.name), &[]).await?;
        Ok(told::end_entity(&shown))
    }

    pub(super) async fn change_end_entity(
        &self,
        change: proto::ChangeEndEntityRequest,
    ) -> Result<proto::EndEntity, Status> {
        let path = at(&change.realm, &change.name);
        let body = json!({
            "state": some(change.state),
            "contact": change.contact,
            "registration_authority": change.registration_authority,
            "owners": change.owners.map(|owners| owners.values),
            "metadata": change.metadata.map(|metadata| metadata.values),
        });
        let changed = self.call(Method::PATCH, &path, &body).await?;
        Ok(told::end_entity(&changed))
    }

    pub(super) async fn set_end_entity_password(
        &self,
        wish: proto::SetEndEntityPasswordRequest,
    ) -> Result<proto::SetEndEntityPasswordResponse, Status> {
        let path = format!("{}/password", at(&wish.realm, &wish.name));
        let made = self.set_secret(&path, wish.password, wish.none).await?;
        Ok(proto::SetEndEntityPasswordResponse { made })
    }

    pub(super) async fn set_end_entity_secret(
        &self,
        wish: proto::SetEndEntitySecretRequest,
    ) -> Result<proto::SetEndEntitySecretResponse, Status> {
        let path = format!("{}/shared-secret", at(&wish.realm, &wish.name));
        let made = self.set_secret(&path, wish.secret, wish.none).await?;
        Ok(proto::SetEndEntitySecretResponse { made })
    }

    async fn set_secret(&self, path: &str, chosen: String, none: bool) -> Result<String, Status> {
        if none {
            self.delete(path).await?;
            return Ok(String::new());
        }
        let body = match some(chosen) {
            Value::Null => json!({}),
            chosen => json!({"secret": chosen}),
        };
        let set = self.call(Method::PUT, path, &body).await?;
        Ok(told::text(&set, "secret"))
    }

    pub(super) async fn remove_end_entity(
        &self,
        which: proto::RemoveEndEntityRequest,
    ) -> Result<proto::RemoveEndEntityResponse, Status> {
        self.delete(&at(&which.realm, &which.name)).await?;
        Ok(proto::RemoveEndEntityResponse {})
    }
}

fn at(realm: &str, name: &str) -> String {
    let realm = if realm.is_empty() { USUAL_REALM } else { realm };
    format!("end-entities/{}/{}", segment(realm), segment(name))
}
