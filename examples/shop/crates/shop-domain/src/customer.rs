//! Who buys.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ids::CustomerId;
use crate::money::Rate;
use crate::tax::Region;

/// A text that cannot be an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not an e-mail address")]
pub struct EmailError(String);

/// An e-mail address, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    /// Checks only the rough shape; whether the address works shows when the
    /// first mail is sent.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plausible = text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !host.contains('@')
        });
        if plausible && !text.contains(char::is_whitespace) {
            Ok(Self(text.to_lowercase()))
        } else {
            Err(EmailError(text))
        }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How loyal a customer is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    #[default]
    Regular,
    Silver,
    Gold,
}

impl Tier {
    /// What customers of this tier save on everything.
    pub const fn discount(self) -> Rate {
        match self {
            Self::Regular => Rate::ZERO,
            Self::Silver => Rate::percent(3),
            Self::Gold => Rate::percent(7),
        }
    }

    /// The tier earned by this many orders in a year.
    pub const fn for_orders(orders: u32) -> Self {
        match orders {
            0..=4 => Self::Regular,
            5..=19 => Self::Silver,
            _ => Self::Gold,
        }
    }
}

/// Where to send things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub region: Region,
}

impl Address {
    /// The address as it is printed, line by line.
    pub fn lines(&self) -> [String; 3] {
        [
            self.street.clone(),
            format!("{} {}", self.postal_code, self.city),
            self.region.code().to_owned(),
        ]
    }
}

/// A registered customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    pub name: String,
    pub email: Email,
    pub address: Address,
    #[serde(default)]
    pub tier: Tier,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_checked_and_lowered() {
        let email = Email::try_from("Ada@Example.org".to_owned()).unwrap();
        assert_eq!(email.as_str(), "ada@example.org");
        for text in ["", "ada", "@example.org", "ada@org", "a b@example.org"] {
            assert!(Email::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn tiers_grow_with_orders() {
        assert_eq!(Tier::for_orders(4), Tier::Regular);
        assert_eq!(Tier::for_orders(20), Tier::Gold);
    }
}
