//! Where the shop delivers to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::DomainError;

/// A country, by its ISO 3166 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Country {
    /// Germany.
    De,
    /// France.
    Fr,
    /// United Kingdom.
    Gb,
    /// Japan.
    Jp,
    /// Sweden.
    Se,
    /// United States.
    Us,
}

impl Country {
    /// All of them, in the order of their codes.
    pub const ALL: [Country; 6] = [Self::De, Self::Fr, Self::Gb, Self::Jp, Self::Se, Self::Us];

    /// The ISO 3166 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::De => "DE",
            Self::Fr => "FR",
            Self::Gb => "GB",
            Self::Jp => "JP",
            Self::Se => "SE",
            Self::Us => "US",
        }
    }

    /// Whether goods travel there without customs.
    pub const fn in_customs_union(self) -> bool {
        matches!(self, Self::De | Self::Fr | Self::Se)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Country {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|country| country.code().eq_ignore_ascii_case(text))
            .ok_or_else(|| DomainError::Country(text.to_owned()))
    }
}
