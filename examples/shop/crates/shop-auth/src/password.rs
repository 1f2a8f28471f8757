//! Passwords, hashed with Argon2id.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{self, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Passwords everyone tries first.
const COMMON: &[&str] = &[
    "123456789012",
    "correcthorsebatterystaple",
    "iloveyouiloveyou",
    "passwordpassword",
    "qwertyuiopasdf",
];

/// Hashing takes time in proportion to the length, so there has to be an end.
const MAX_LENGTH: usize = 1024;

/// What is demanded of passwords and how hard they are hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordPolicy {
    /// In characters, not in bytes.
    pub min_length: usize,
    /// How many of lower case, upper case, digits and others must occur.
    pub min_classes: usize,
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_length: 12,
            min_classes: 1,
            memory_kib: 19 * 1024,
            iterations: 2,
            parallelism: 1,
        }
    }
}

impl PasswordPolicy {
    fn hasher(&self) -> Result<Argon2<'static>, PasswordError> {
        let params = Params::new(self.memory_kib, self.iterations, self.parallelism, None)
            .map_err(|error| PasswordError::Parameters(error.to_string()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// Checks a password without hashing it.
    pub fn check(&self, password: &str) -> Result<(), PasswordError> {
        let length = password.chars().count();
        if length < self.min_length {
            return Err(PasswordError::TooShort {
                length,
                minimum: self.min_length,
            });
        }
        if password.len() > MAX_LENGTH {
            return Err(PasswordError::TooLong);
        }
        if COMMON.contains(&password.to_lowercase().as_str()) {
            return Err(PasswordError::TooCommon);
        }
        let classes = count_classes(password);
        if classes < self.min_classes {
            return Err(PasswordError::TooUniform {
                classes,
                minimum: self.min_classes,
            });
        }
        Ok(())
    }
}

/// Why a password cannot be hashed or verified.
#[derive(Debug, PartialEq, Error)]
pub enum PasswordError {
    #[error("the password has {length} characters, {minimum} are needed")]
    TooShort { length: usize, minimum: usize },
    #[error("the password is too long")]
    TooLong,
    #[error("the password is one of the first that anyone would try")]
    TooCommon,
    #[error("the password has {classes} kinds of characters, {minimum} are needed")]
    TooUniform { classes: usize, minimum: usize },
    #[error("the policy is not usable: {0}")]
    Parameters(String),
    #[error("the hash cannot be used: {0}")]
    Hash(#[from] password_hash::Error),
}

/// Hashes a password that satisfies the policy. The result holds the salt and
/// the parameters in the PHC format.
pub fn hash_password(password: &str, policy: &PasswordPolicy) -> Result<String, PasswordError> {
    policy.check(password)?;
    let salt = SaltString::generate(&mut OsRng);
    let hash = policy.hasher()?.hash_password(password.as_bytes(), &salt)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that was hashed.
///
/// # Errors
///
/// If `hash` is not a hash at all; a wrong password is not an error.
pub fn verify_password(password: &str, hash: &str) -> Result<bool, PasswordError> {
    if password.len() > MAX_LENGTH {
        return Err(PasswordError::TooLong);
    }
    let hash = PasswordHash::new(hash)?;
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::Password) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn count_classes(password: &str) -> usize {
    let classes: [fn(char) -> bool; 4] = [
        char::is_lowercase,
        char::is_uppercase,
        char::is_numeric,
        |c| !c.is_alphanumeric(),
    ];
    classes
        .into_iter()
        .filter(|class| password.chars().any(class))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> PasswordPolicy {
        PasswordPolicy {
            memory_kib: 64,
            iterations: 1,
            ..PasswordPolicy::default()
        }
    }

    #[test]
    fn only_the_right_password_verifies() {
        let hash = hash_password("the owl flies at noon", &cheap()).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_eq!(verify_password("the owl flies at noon", &hash), Ok(true));
        assert_eq!(verify_password("the owl flies at nine", &hash), Ok(false));
    }

    #[test]
    fn equal_passwords_have_different_hashes() {
        let hash = || hash_password("the owl flies at noon", &cheap()).unwrap();
        assert_ne!(hash(), hash());
    }

    #[test]
    fn weak_passwords_are_refused() {
        let policy = PasswordPolicy {
            min_classes: 3,
            ..cheap()
        };
        assert_eq!(
            policy.check("äöü"),
            Err(PasswordError::TooShort {
                length: 3,
                minimum: 12
            })
        );
        assert_eq!(
            policy.check("PasswordPassword"),
            Err(PasswordError::TooCommon)
        );
        assert_eq!(
            policy.check("all lower case"),
            Err(PasswordError::TooUniform {
                classes: 2,
                minimum: 3
            })
        );
        assert_eq!(policy.check("Not all lower case"), Ok(()));
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(verify_password("x", "plain text").is_err());
        let broken = PasswordPolicy {
            iterations: 0,
            ..cheap()
        };
        let error = hash_password("the owl flies at noon", &broken).unwrap_err();
        assert!(matches!(error, PasswordError::Parameters(_)));
    }
}
