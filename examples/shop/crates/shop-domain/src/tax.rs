//! Where the shop sells to and what the state takes.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::money::Rate;

/// A country the shop sells to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Region {
    #[default]
    #[serde(rename = "DE")]
    Germany,
    #[serde(rename = "FR")]
    France,
    #[serde(rename = "GB")]
    UnitedKingdom,
    #[serde(rename = "JP")]
    Japan,
    #[serde(rename = "US")]
    UnitedStates,
}

/// How a product is taxed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum TaxClass {
    #[default]
    Standard,
    Reduced,
    Books,
    Exempt,
}

/// Why there is no tax rate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TaxError {
    #[error("no tax rate is known for {class:?} goods in {region:?}")]
    NoRate { region: Region, class: TaxClass },
    #[error("the shop does not sell to `{0}`")]
    UnknownRegion(String),
}

/// The rates by region and class, looked up for every line of every basket.
static TAX_RATES: LazyLock<HashMap<(Region, TaxClass), Rate>> = LazyLock::new(|| {
    use Region::*;
    use TaxClass::*;

    let table = [
        // region, standard, reduced, books
        (Germany, 1900, 700, 700),
        (France, 2000, 1000, 550),
        (UnitedKingdom, 2000, 500, 0),
        (Japan, 1000, 800, 1000),
    ];
    table
        .into_iter()
        .flat_map(|(region, standard, reduced, books)| {
            [(Standard, standard), (Reduced, reduced), (Books, books)]
                .map(|(class, points)| ((region, class), Rate::from_basis_points(points)))
        })
        // Sales tax is charged by the states, which the shop leaves to its
        // marketplace partner.
        .chain([Standard, Reduced].map(|class| ((UnitedStates, class), Rate::ZERO)))
        .collect()
});

/// The rate for goods of `class` sold to `region`.
pub fn tax_rate(region: Region, class: TaxClass) -> Result<Rate, TaxError> {
    if class == TaxClass::Exempt {
        return Ok(Rate::ZERO);
    }
    TAX_RATES
        .get(&(region, class))
        .copied()
        .ok_or(TaxError::NoRate { region, class })
}

impl Region {
    /// The ISO 3166 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Germany => "DE",
            Self::France => "FR",
            Self::UnitedKingdom => "GB",
            Self::Japan => "JP",
            Self::UnitedStates => "US",
        }
    }
}

impl FromStr for Region {
    type Err = TaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "DE" => Ok(Self::Germany),
            "FR" => Ok(Self::France),
            "GB" => Ok(Self::UnitedKingdom),
            "JP" => Ok(Self::Japan),
            "US" => Ok(Self::UnitedStates),
            other => Err(TaxError::UnknownRegion(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_come_from_the_table() {
        let rate = tax_rate(Region::Germany, TaxClass::Books);
        assert_eq!(rate, Ok(Rate::percent(7)));
        assert_eq!(tax_rate(Region::Japan, TaxClass::Exempt), Ok(Rate::ZERO));
    }

    #[test]
    fn a_gap_in_the_table_is_an_error() {
        let error = tax_rate(Region::UnitedStates, TaxClass::Books).unwrap_err();
        assert!(error.to_string().contains("Books goods in UnitedStates"));
    }
}
