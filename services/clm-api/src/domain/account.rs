//! Local accounts: which passwords will do, and how long a guesser waits. Hashing is elsewhere.

use super::{attempts::Attempts, id::Username};

/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 12;
/// Most characters of a password; more would only cost hashing time.
pub const LONGEST_PASSWORD: usize = 256;

/// An account as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub username: Username,
    /// Argon2id, in the PHC string format.
    pub password_hash: String,
    /// Wrong passwords in a row, attempts under way counted.
    pub failures: i64,
    /// Until when no password is looked at.
    pub locked_until_ms: Option<i64>,
    /// Name for people; may be empty.
    pub display_name: String,
    /// Mail address; may be empty.
    pub email: String,
    /// Nobody logs in with it.
    pub closed: bool,
    /// The secret of the second factor, sealed by the signer.
    pub sealed_totp: Option<Vec<u8>>,
    /// The second factor is asked for.
    pub totp_confirmed: bool,
    /// SHA-256 of the client certificate that logs in without a password, lower-case hex.
    pub certificate: Option<String>,
    /// When it was made.
    pub created_at_ms: i64,
    /// When somebody last logged in with it.
    pub last_login_at_ms: Option<i64>,
    /// Counts from 1 with each change of name, address, closing and certificate.
    pub version: i64,
}

/// A password will not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("set password: at least {SHORTEST_PASSWORD} characters")]
    TooShort,
    /// Too long.
    #[error("set password: at most {LONGEST_PASSWORD} characters")]
    TooLong,
    /// Hardly any different characters.
    #[error("set password: at least 5 different characters")]
    Monotonous,
    /// The login name again.
    #[error("set password: must not contain the username")]
    ContainsUsername,
}

/// Whether a password will do: length is what counts (NIST SP 800-63B), so no rules about kinds of characters.
pub fn check_password(username: &Username, password: &str) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD {
        return Err(WeakPassword::TooShort);
    }
    if length > LONGEST_PASSWORD {
        return Err(WeakPassword::TooLong);
    }
    let different: std::collections::HashSet<char> = password.chars().collect();
    if different.len() < 5 {
        return Err(WeakPassword::Monotonous);
    }
    if password.to_lowercase().contains(username.as_str()) {
        return Err(WeakPassword::ContainsUsername);
    }
    Ok(())
}

impl Account {
    /// One that is open and has nothing but a password.
    pub fn new(username: Username, password_hash: String, created_at_ms: i64) -> Self {
        Self {
            username,
            password_hash,
            failures: 0,
            locked_until_ms: None,
            display_name: String::new(),
            email: String::new(),
            closed: false,
            sealed_totp: None,
            totp_confirmed: false,
            certificate: None,
            created_at_ms,
            last_login_at_ms: None,
            version: 1,
        }
    }

    /// How long the account stays closed, when it is.
    pub fn locked_for_ms(&self, now_ms: i64) -> Option<i64> {
        self.attempts().locked_for_ms(now_ms)
    }

    /// Failures and lock after one more attempt, which is counted before its password is looked at: guesses made at
    /// the same moment count each.
    pub fn after_attempt(&self, now_ms: i64) -> (i64, Option<i64>) {
        let after = self.attempts().after_one(now_ms);
        (after.failures, after.locked_until_ms)
    }

    fn attempts(&self) -> Attempts {
        Attempts {
            failures: self.failures,
            locked_until_ms: self.locked_until_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(failures: i64, locked_until_ms: Option<i64>) -> Account {
        Account {
            failures,
            locked_until_ms,
            ..Account::new("admin".parse().unwrap(), String::new(), 0)
        }
    }

    #[test]
    fn the_fifth_wrong_password_locks_and_each_further_one_doubles() {
        assert_eq!(account(3, None).after_attempt(1000), (4, None));
        assert_eq!(account(4, None).after_attempt(1000), (5, Some(31_000)));
        assert_eq!(account(5, None).after_attempt(1000), (6, Some(61_000)));
        assert_eq!(account(6, None).after_attempt(1000), (7, Some(121_000)));
    }

    #[test]
    fn a_lock_never_lasts_longer_than_a_quarter_of_an_hour() {
        let (_, until) = account(i64::MAX, None).after_attempt(0);
        assert_eq!(until, Some(900_000));
    }

    #[test]
    fn a_lock_ends() {
        assert_eq!(account(5, Some(2000)).locked_for_ms(1500), Some(500));
        assert_eq!(account(5, Some(2000)).locked_for_ms(2000), None);
        assert_eq!(account(5, None).locked_for_ms(0), None);
    }

    #[test]
    fn passwords_are_long_and_not_the_username() {
        let admin = "admin".parse().unwrap();
        assert_eq!(check_password(&admin, "short"), Err(WeakPassword::TooShort));
        assert_eq!(
            check_password(&admin, &"abcde".repeat(60)),
            Err(WeakPassword::TooLong)
        );
        assert_eq!(
            check_password(&admin, "aaaaaaaaaaaabc"),
            Err(WeakPassword::Monotonous)
        );
        assert_eq!(
            check_password(&admin, "my-Admin-password"),
            Err(WeakPassword::ContainsUsername)
        );
        assert_eq!(check_password(&admin, "correct horse battery"), Ok(()));
    }
}
