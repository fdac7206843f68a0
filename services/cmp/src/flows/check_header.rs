//! What a header must have, RFC 9483 sections 3.1 and 3.5, before anybody looks further.

use ers_pki::cmp::{Failure as Bit, Header};
use time::{Duration, OffsetDateTime};

use crate::failure::Refusal;

/// RFC 9483 wants 128 bits; some older clients send less.
const LEAST_NONCE: usize = 8;
const LONGEST_NONCE: usize = 64;

/// The transactionID and nonce of a header that is right.
pub fn check(header: &Header, now: OffsetDateTime, tolerance: Duration) -> Result<&[u8], Refusal> {
    if !(2..=3).contains(&header.version) {
        return Err(Refusal::new(
            Bit::UnsupportedVersion,
            format!("pvno {} is not supported; 2 and 3 are", header.version),
        ));
    }
    let nonce = header.sender_nonce.as_deref().unwrap_or_default();
    if !(LEAST_NONCE..=LONGEST_NONCE).contains(&nonce.len()) {
        let text = "senderNonce must have 16 octets";
        return Err(Refusal::new(Bit::BadSenderNonce, text));
    }
    let transaction_id = header.transaction_id.as_deref().unwrap_or_default();
    if !(LEAST_NONCE..=LONGEST_NONCE).contains(&transaction_id.len()) {
        let text = "transactionID must have 16 octets";
        return Err(Refusal::new(Bit::BadDataFormat, text));
    }
    if let Some(at) = header.message_time
        && (at - now).abs() > tolerance
    {
        let text = format!("messageTime {at} is too far from our time {now}");
        return Err(Refusal::new(Bit::BadTime, text));
    }
    Ok(transaction_id)
}

#[cfg(test)]
mod tests {
    use ers_pki::cmp::Party;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

    fn checked(change: impl FnOnce(&mut Header)) -> Result<(), Bit> {
        let mut header = Header {
            message_time: Some(NOW),
            transaction_id: Some(vec![1; 16]),
            sender_nonce: Some(vec![2; 16]),
            ..Header::new(2, Party::unnamed(), Party::unnamed())
        };
        change(&mut header);
        check(&header, NOW, Duration::minutes(5))
            .map(drop)
            .map_err(|refusal| refusal.failure)
    }

    #[test]
    fn a_header_is_refused_for_what_is_wrong_with_it() {
        assert_eq!(checked(|_| {}), Ok(()));
        assert_eq!(checked(|header| header.version = 3), Ok(()));
        assert_eq!(checked(|header| header.message_time = None), Ok(()));
        let unsupported = Err(Bit::UnsupportedVersion);
        assert_eq!(checked(|header| header.version = 1), unsupported);
        assert_eq!(checked(|header| header.version = 4), unsupported);
        assert_eq!(
            checked(|header| header.sender_nonce = None),
            Err(Bit::BadSenderNonce)
        );
        assert_eq!(
            checked(|header| header.transaction_id = None),
            Err(Bit::BadDataFormat)
        );
        for hours in [-1, 1] {
            let wrong = Some(NOW + Duration::hours(hours));
            assert_eq!(
                checked(|header| header.message_time = wrong),
                Err(Bit::BadTime)
            );
        }
    }
}
