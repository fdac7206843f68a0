//! Subscriptions made, changed, tried and removed, and the log of what was sent.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ers_runtime::error::{Fault, Kind};
use ers_signer_client::SignerError;
use zeroize::Zeroizing;

use super::{Actor, Flows};
use crate::{
    domain::{
        access::Reach,
        id::{PolicyName, RealmName, SubscriptionName},
        notice::{Content, EventType, Notice},
        page::{Page, PageRequest},
        subscription::{Recipient, SEALING_CONTEXT, Subscription, Wish, WrongWish},
    },
    store::{Delivery, DeliveryFilter, Inserted, NewDelivery, StoreError},
};

const SECRET_OCTETS: usize = 32;
/// As <https://www.standardwebhooks.com> has it.
const SECRET_PREFIX: &str = "whsec_";
const MOST_SUBSCRIPTIONS: usize = 1000;

/// Why a subscription was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// None of that name.
    #[error("there is no subscription {0}")]
    Unknown(SubscriptionName),
    /// No delivery of that number that has not arrived.
    #[error("there is no delivery {0} that has not arrived")]
    NoDelivery(i64),
    /// One of that name is there.
    #[error("make subscription: {0} is there already")]
    Exists(SubscriptionName),
    /// Somebody else has changed it.
    #[error("change subscription: {0} is another version by now")]
    Overtaken(SubscriptionName),
    /// A field.
    #[error("subscribe: {0}")]
    Wish(#[from] WrongWish),
    /// There are too many.
    #[error("make subscription: there are {MOST_SUBSCRIPTIONS} already")]
    TooMany,
    /// Mail is wanted, and none is configured.
    #[error("subscribe: channel: the configuration has no mail server")]
    NoMail,
    /// The secret was not sealed.
    #[error("seal the secret of a webhook")]
    Signer(#[from] SignerError),
    /// The machine has no randomness.
    #[error("make the secret of a webhook")]
    Random,
    /// The database.
    #[error("subscribe")]
    Store(#[from] StoreError),
}

/// A subscription, with the secret of its webhook when it was made just now.
pub struct Subscribed {
    /// As it is.
    pub subscription: Subscription,
    /// Shown this once.
    pub secret: Option<Zeroizing<String>>,
}

impl Flows {
    /// The subscriptions within reach, by name.
    pub async fn list_subscriptions(
        &self,
        reach: &Reach,
    ) -> Result<Vec<Subscription>, SubscriptionError> {
        let mut all = self.store.list_subscriptions().await?;
        all.retain(|subscription| subscription.wish.is_within(reach));
        Ok(all)
    }

    /// One of them.
    pub async fn show_subscription(
        &self,
        name: &SubscriptionName,
        reach: &Reach,
    ) -> Result<Subscription, SubscriptionError> {
        self.store
            .find_subscription(name)
            .await?
            .filter(|subscription| subscription.wish.is_within(reach))
            .ok_or_else(|| SubscriptionError::Unknown(name.clone()))
    }

    /// Makes one.
    pub async fn subscribe(
        &self,
        name: &SubscriptionName,
        wish: Wish,
        active: bool,
        actor: &Actor,
    ) -> Result<Subscribed, SubscriptionError> {
        self.check_wish(&wish).await?;
        if self.store.list_subscriptions().await?.len() >= MOST_SUBSCRIPTIONS {
            return Err(SubscriptionError::TooMany);
        }
        let (secret, sealed_secret) = self.secret_for(&wish.recipient).await?;
        let now_ms = self.clock.now_ms();
        let subscription = Subscription {
            name: name.clone(),
            wish,
            active,
            sealed_secret,
            version: 1,
            created_at_ms: now_ms,
            created_by: actor.name.clone(),
            updated_at_ms: now_ms,
            updated_by: actor.name.clone(),
        };
        self.note(
            actor,
            "subscription.make",
            name.as_str(),
            told(&subscription),
        )
        .await?;
        match self.store.insert_subscription(&subscription).await? {
            Inserted::Yes => {}
            Inserted::AlreadyThere => return Err(SubscriptionError::Exists(name.clone())),
        }
        self.policies.refresh(&self.store).await?;
        Ok(Subscribed {
            subscription,
            secret,
        })
    }

    /// Changes one. A webhook that goes elsewhere gets another secret.
    pub async fn change_subscription(
        &self,
        name: &SubscriptionName,
        wish: Wish,
        active: bool,
        version: Option<i64>,
        actor: &Actor,
    ) -> Result<Subscribed, SubscriptionError> {
        self.check_wish(&wish).await?;
        let before = self.show_subscription(name, &Reach::Everywhere).await?;
        if version.is_some_and(|version| version != before.version) {
            return Err(SubscriptionError::Overtaken(name.clone()));
        }
        let (secret, sealed_secret) = if before.wish.recipient == wish.recipient {
            (None, before.sealed_secret.clone())
        } else {
            self.secret_for(&wish.recipient).await?
        };
        let subscription = Subscription {
            wish,
            active,
            sealed_secret,
            version: before.version + 1,
            updated_at_ms: self.clock.now_ms(),
            updated_by: actor.name.clone(),
            ..before
        };
        self.note(
            actor,
            "subscription.change",
            name.as_str(),
            told(&subscription),
        )
        .await?;
        if !self.store.change_subscription(&subscription).await? {
            return Err(SubscriptionError::Overtaken(name.clone()));
        }
        self.policies.refresh(&self.store).await?;
        Ok(Subscribed {
            subscription,
            secret,
        })
    }

    /// Removes one, with what has not been sent yet.
    pub async fn unsubscribe(
        &self,
        name: &SubscriptionName,
        actor: &Actor,
    ) -> Result<(), SubscriptionError> {
        self.note(actor, "subscription.remove", name.as_str(), String::new())
            .await?;
        if !self.store.remove_subscription(name).await? {
            return Err(SubscriptionError::Unknown(name.clone()));
        }
        self.policies.refresh(&self.store).await?;
        Ok(())
    }

    /// Sends a notice that says nothing, to see whether it arrives.
    pub async fn try_subscription(
        &self,
        name: &SubscriptionName,
        actor: &Actor,
    ) -> Result<(), SubscriptionError> {
        let subscription = self.show_subscription(name, &Reach::Everywhere).await?;
        if subscription.wish.recipient == Recipient::Contact {
            return Err(SubscriptionError::Wish(WrongWish {
                field: "name",
                problem: "it goes to contacts of end entities: nobody to try it with".to_owned(),
            }));
        }
        self.note(actor, "subscription.try", name.as_str(), String::new())
            .await?;
        let at_ms = self.clock.now_ms();
        let content = Content {
            at_ms,
            detail: format!("tried by {}", actor.name),
            ..Content::default()
        };
        let key = format!("test:{}", uuid::Uuid::new_v4().simple());
        let notice = Notice::of_platform(EventType::Test, key, content);
        let delivery = NewDelivery {
            subscription: name.clone(),
            recipient: subscription.wish.recipient,
            notice,
        };
        Ok(self.store.add_deliveries(&[delivery], at_ms).await?)
    }

    /// A page of the log of what was sent and is to be by subscriptions within reach, newest first.
    pub async fn list_deliveries(
        &self,
        mut filter: DeliveryFilter,
        reach: &Reach,
        page: &PageRequest<i64>,
    ) -> Result<Page<Delivery>, SubscriptionError> {
        if *reach != Reach::Everywhere {
            let all = self.list_subscriptions(reach).await?;
            filter.within = Some(all.into_iter().map(|one| one.name).collect());
        }
        Ok(self.store.list_deliveries(&filter, page).await?)
    }

    /// Has one sent again now.
    pub async fn retry_delivery(
        &self,
        id: i64,
        reach: &Reach,
        actor: &Actor,
    ) -> Result<(), SubscriptionError> {
        if *reach != Reach::Everywhere {
            let of = self.store.find_subscription_of(id).await?;
            let name = of.and_then(|name| name.parse::<SubscriptionName>().ok());
            let name = name.ok_or(SubscriptionError::NoDelivery(id))?;
            self.show_subscription(&name, reach)
                .await
                .map_err(|error| match error {
                    SubscriptionError::Unknown(_) => SubscriptionError::NoDelivery(id),
                    error => error,
                })?;
        }
        self.note(actor, "delivery.retry", &id.to_string(), String::new())
            .await?;
        if self.store.retry_delivery(id, self.clock.now_ms()).await? {
            Ok(())
        } else {
            Err(SubscriptionError::NoDelivery(id))
        }
    }

    async fn check_wish(&self, wish: &Wish) -> Result<(), SubscriptionError> {
        wish.check()?;
        if !matches!(wish.recipient, Recipient::Webhook(_)) && self.mail.is_none() {
            return Err(SubscriptionError::NoMail);
        }
        let unknown =
            |field, problem: String| Err(SubscriptionError::Wish(WrongWish { field, problem }));
        if let Some(realm) = &wish.realm
            && !self.has_realm(realm).await?
        {
            return unknown("realm", format!("there is no realm {realm}"));
        }
        if let Some(policy) = &wish.policy
            && !self.has_policy(policy)
        {
            return unknown("policy", format!("there is no policy {policy}"));
        }
        Ok(())
    }

    async fn has_realm(&self, name: &RealmName) -> Result<bool, StoreError> {
        let realms = self.store.list_realms().await?;
        Ok(realms.iter().any(|realm| realm.name == *name))
    }

    fn has_policy(&self, name: &PolicyName) -> bool {
        self.policies.find(name).is_some()
    }

    /// A new secret for a webhook, as it is shown and as it is kept.
    async fn secret_for(
        &self,
        recipient: &Recipient,
    ) -> Result<(Option<Zeroizing<String>>, Option<Vec<u8>>), SubscriptionError> {
        if !matches!(recipient, Recipient::Webhook(_)) {
            return Ok((None, None));
        }
        let mut octets = Zeroizing::new([0; SECRET_OCTETS]);
        aws_lc_rs::rand::fill(octets.as_mut_slice()).map_err(|_| SubscriptionError::Random)?;
        let sealed = self.signer.seal(SEALING_CONTEXT, octets.as_slice()).await?;
        let shown = Zeroizing::new(format!(
            "{SECRET_PREFIX}{}",
            STANDARD.encode(octets.as_slice())
        ));
        Ok((Some(shown), Some(sealed)))
    }
}

/// What the trail says of it.
fn told(subscription: &Subscription) -> String {
    let wish = &subscription.wish;
    let events: Vec<&str> = wish.events.iter().map(|event| event.as_str()).collect();
    let (channel, recipient) = wish.recipient.as_parts();
    format!("{} to {channel} {recipient}", events.join(" "))
}

impl Fault for SubscriptionError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown(_) | Self::NoDelivery(_) => Kind::NotFound,
            Self::Exists(_) => Kind::AlreadyExists,
            Self::Overtaken(_) | Self::TooMany => Kind::FailedPrecondition,
            Self::Wish(_) | Self::NoMail => Kind::InvalidArgument,
            Self::Signer(error) if error.is_retryable() => Kind::Unavailable,
            Self::Signer(_) | Self::Random => Kind::Internal,
            Self::Store(error) => error.kind(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Wish(wrong) => Some(wrong.field),
            Self::NoMail => Some("channel"),
            Self::Unknown(_) | Self::Exists(_) => Some("name"),
            Self::NoDelivery(_) => Some("id"),
            Self::Overtaken(_) => Some("version"),
            Self::TooMany | Self::Signer(_) | Self::Random | Self::Store(_) => None,
        }
    }
}
