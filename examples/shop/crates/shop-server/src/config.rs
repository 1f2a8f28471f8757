//! The configuration, which comes from the environment.

use std::env;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use shop_auth::PasswordPolicy;
use shop_domain::Currency;
use thiserror::Error;

/// Why the configuration is not usable.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("the variable {0} must be set")]
    Missing(&'static str),
    #[error("the variable {name} is not valid: {reason}")]
    Invalid { name: &'static str, reason: String },
}

/// What differs between installations.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// The file of the database; without one it is kept in memory.
    pub database: Option<PathBuf>,
    pub currency: Currency,
    pub token_secret: String,
    pub session_idle: Duration,
    pub passwords: PasswordPolicy,
}

const MIN_SECRET_LENGTH: usize = 16;

impl Config {
    /// Reads `SHOP_LISTEN`, `SHOP_DATABASE`, `SHOP_CURRENCY`, `SHOP_SECRET`
    /// and `SHOP_SESSION_MINUTES`. Only the secret has no default.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let token_secret = lookup("SHOP_SECRET").ok_or(ConfigError::Missing("SHOP_SECRET"))?;
        if token_secret.len() < MIN_SECRET_LENGTH {
            return Err(ConfigError::Invalid {
                name: "SHOP_SECRET",
                reason: format!("at least {MIN_SECRET_LENGTH} bytes are needed"),
            });
        }
        let minutes = parse_or(&lookup, "SHOP_SESSION_MINUTES", 30_u64)?;
        Ok(Self {
            listen: parse_or(
                &lookup,
                "SHOP_LISTEN",
                SocketAddr::from(([127, 0, 0, 1], 8080)),
            )?,
            database: lookup("SHOP_DATABASE").map(PathBuf::from),
            currency: parse_or(&lookup, "SHOP_CURRENCY", Currency::Eur)?,
            token_secret,
            session_idle: Duration::from_secs(60 * minutes),
            passwords: PasswordPolicy::default(),
        })
    }
}

fn parse_or<T>(
    lookup: impl Fn(&str) -> Option<String>,
    name: &'static str,
    default: T,
) -> Result<T, ConfigError>
where
    T: FromStr<Err: Display>,
{
    lookup(name).map_or(Ok(default), |text| {
        text.parse().map_err(|error: T::Err| ConfigError::Invalid {
            name,
            reason: error.to_string(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_is_needed() {
        let config = Config::from_lookup(|name| {
            (name == "SHOP_SECRET").then(|| "0123456789abcdef".to_owned())
        })
        .unwrap();
        assert_eq!(config.listen.port(), 8080);
        assert!(matches!(
            Config::from_lookup(|_| None),
            Err(ConfigError::Missing("SHOP_SECRET"))
        ));
    }

    #[test]
    fn nonsense_is_named() {
        let error = Config::from_lookup(|name| match name {
            "SHOP_SECRET" => Some("0123456789abcdef".to_owned()),
            "SHOP_CURRENCY" => Some("shells".to_owned()),
            _ => None,
        })
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the variable SHOP_CURRENCY is not valid: unknown currency `shells`"
        );
    }
}
