//! Finding the slot with the token that is meant.

use pkcs11::context::Pkcs11;
use pkcs11::slot::{Slot, TokenInfo};

use super::fault::Fault;
use crate::config::SlotConfig;

/// The slot of the token, looked for anew at each connection: slot numbers change.
pub(super) fn find(context: &Pkcs11, wanted: &SlotConfig) -> Result<Slot, Fault> {
    let mut seen = Vec::new();
    for (index, slot) in context.get_slots_with_token()?.into_iter().enumerate() {
        // a slot that does not say what is in it is not the one
        let Ok(token) = context.get_token_info(slot) else {
            continue;
        };
        if token.token_initialized() && is_wanted(wanted, slot, index, &token) {
            return Ok(slot);
        }
        seen.push(token.label().to_owned());
    }
    Err(Fault::TokenLost(format!(
        "no slot has a token with {wanted}; there are: {}",
        seen.join(", ")
    )))
}

fn is_wanted(wanted: &SlotConfig, slot: Slot, index: usize, token: &TokenInfo) -> bool {
    let says =
        |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
    wanted.number.is_none_or(|number| number == slot.id())
        && wanted.index.is_none_or(|wanted| wanted == index)
        && says(&wanted.label, token.label())
        && says(&wanted.serial, token.serial_number())
}
