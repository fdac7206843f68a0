//! From what happened to who is told: a notice becomes a delivery for each subscription that wants it.

use super::Flows;
use crate::{
    domain::{
        inventory::Told,
        notice::Notice,
        subscription::{Recipient, Subscription},
    },
    store::{NewDelivery, StoreError},
};

/// In the log of what was sent, in the place of a subscription: what owners are told in any case.
const OWNER: &str = "key-owner";

impl Flows {
    /// What there is to tell of what CARA told, as far as anybody listens: most of the time nobody does, and then this
    /// costs next to nothing.
    pub(super) fn heard_of(&self, told: &[Told]) -> Vec<Notice> {
        if !self.policies.has_subscriptions() {
            return Vec::new();
        }
        told.iter().filter_map(Told::notice).collect()
    }

    /// The deliveries that notices become.
    pub(super) async fn deliveries_of(
        &self,
        notices: impl IntoIterator<Item = Notice>,
    ) -> Result<Vec<NewDelivery>, StoreError> {
        let mut deliveries = Vec::new();
        for notice in notices {
            for subscription in self.policies.listeners(notice.event) {
                if subscription.wants(&notice) {
                    deliveries.extend(self.delivery_of(&subscription, notice.clone()).await?);
                }
            }
        }
        Ok(deliveries)
    }

    /// The delivery of a notice to one subscription; none where nobody can be reached.
    pub(super) async fn delivery_of(
        &self,
        subscription: &Subscription,
        notice: Notice,
    ) -> Result<Option<NewDelivery>, StoreError> {
        let recipient = match &subscription.wish.recipient {
            Recipient::Contact => match self.contact_of(&notice).await? {
                Some(address) => Recipient::Mail(address),
                None => return Ok(None),
            },
            other => other.clone(),
        };
        Ok(Some(NewDelivery {
            subscription: subscription.name.clone(),
            recipient,
            notice,
        }))
    }

    /// Tells the owner of a certificate, whether anybody has subscribed or not; none where nobody can be reached.
    pub(super) async fn delivery_to_owner(
        &self,
        notice: Notice,
    ) -> Result<Option<NewDelivery>, StoreError> {
        let (Ok(subscription), true) = (OWNER.parse(), self.mail.is_some()) else {
            return Ok(None);
        };
        let address = self.contact_of(&notice).await?;
        Ok(address.map(|address| NewDelivery {
            subscription,
            recipient: Recipient::Mail(address),
            notice,
        }))
    }

    /// The mail address of the owner of the certificate that a notice is about, or else of its end entity.
    async fn contact_of(&self, notice: &Notice) -> Result<Option<String>, StoreError> {
        let Some(certificate) = &notice.content.certificate else {
            return Ok(None);
        };
        let is_address = |text: &String| text.parse::<lettre::Address>().is_ok();
        let owner = self.store.find_owner(&certificate.fingerprint).await?;
        if let Some(owner) = owner.filter(is_address) {
            return Ok(Some(owner));
        }
        let (Ok(realm), Ok(name)) = (notice.realm.parse(), certificate.end_entity.parse()) else {
            return Ok(None);
        };
        let entity = self.store.find_end_entity(&realm, &name).await?;
        Ok(entity.map(|entity| entity.contact).filter(is_address))
    }
}
