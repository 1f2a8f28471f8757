//! Identifiers, one type per kind of thing so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that is not an identifier of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not a valid {kind}")]
pub struct IdError {
    kind: &'static str,
    text: String,
}

impl IdError {
    fn new(kind: &'static str, text: &str) -> Self {
        Self {
            kind,
            text: text.to_owned(),
        }
    }
}

/// Defines newtypes around the row ids of the database. In text they carry a
/// prefix (`ord_42`), in JSON they are plain numbers.
macro_rules! define_ids {
    ($($(#[$meta:meta])* $name:ident => $prefix:literal;)+) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a row id.
            pub const fn new(raw: i64) -> Self {
                Self(raw)
            }

            /// The row id itself.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|digits| digits.parse().ok())
                    .filter(|raw| *raw > 0)
                    .map(Self)
                    .ok_or_else(|| IdError::new(stringify!($name), text))
            }
        }
    )+};
}

define_ids! {
    /// Identifies a registered customer.
    CustomerId => "cus";
    /// Identifies an order.
    OrderId => "ord";
    /// Identifies an invoice.
    InvoiceId => "inv";
}

/// A stock keeping unit: upper case letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sku(String);

impl Sku {
    const MAX_LEN: usize = 32;

    /// The text of the unit.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_valid(text: &str) -> bool {
        !text.is_empty()
            && text.len() <= Self::MAX_LEN
            && text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Sku {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if Self::is_valid(&text) {
            Ok(Self(text))
        } else {
            Err(IdError::new("SKU", &text))
        }
    }
}

impl FromStr for Sku {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_through_text() {
        let id = OrderId::new(42);
        assert_eq!(id.to_string(), "ord_42");
        assert_eq!("ord_42".parse(), Ok(id));
    }

    #[test]
    fn ids_of_another_kind_are_refused() {
        assert!("cus_42".parse::<OrderId>().is_err());
        assert!("ord_0".parse::<OrderId>().is_err());
    }

    #[test]
    fn skus_are_checked() {
        assert!("MUG-BLUE-1".parse::<Sku>().is_ok());
        let error = "mug".parse::<Sku>().unwrap_err();
        assert_eq!(error.to_string(), "`mug` is not a valid SKU");
    }
}
