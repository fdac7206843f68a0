//! What a token says of itself.

use pkcs11::slot::{Limit, TokenInfo};

use super::super::token::Description;
use super::connection::Connection;
use super::fault::Fault;

pub(super) fn describe(connection: &Connection) -> Result<Description, Fault> {
    let (context, slot) = (&connection.context, connection.slot);
    let token = context.get_token_info(slot)?;
    let mechanisms = context.get_mechanism_list(slot)?;
    let initialised = context.get_slots_with_initialized_token()?.len();
    let free = context.get_all_slots()?.len().saturating_sub(initialised);
    let firmware = token.firmware_version();
    Ok(Description {
        label: token.label().to_owned(),
        serial: token.serial_number().to_owned(),
        manufacturer: token.manufacturer_id().to_owned(),
        model: token.model().to_owned(),
        firmware_version: format!("{}.{}", firmware.major(), firmware.minor()),
        slot: slot.id(),
        sessions: token.session_count(),
        max_sessions: match token.max_session_count() {
            Limit::Max(count) => Some(count),
            Limit::Unavailable | Limit::Infinite => None,
        },
        mechanisms: mechanisms.iter().map(ToString::to_string).collect(),
        free_slots: u32::try_from(free).unwrap_or(u32::MAX),
        pin_state: pin_state(&token).to_owned(),
    })
}

fn pin_state(token: &TokenInfo) -> &'static str {
    if token.user_pin_locked() {
        "locked"
    } else if token.user_pin_final_try() {
        "final try"
    } else if token.user_pin_count_low() {
        "count low"
    } else {
        "ok"
    }
}
