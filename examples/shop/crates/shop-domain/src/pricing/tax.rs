//! Tax rates.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::catalog::TaxClass::{self, *};
use crate::country::Country;
use crate::error::PricingError;
use crate::money::BasisPoints;

/// Rates in hundredths of a percent, by destination. Sales within the US are taxed by the carrier's
/// marketplace, so there is nothing to add here.
const RATES: &[(Country, &[(TaxClass, u16)])] = &[
    (
        Country::De,
        &[(Standard, 1900), (Reduced, 700), (Books, 700)],
    ),
    (
        Country::Fr,
        &[(Standard, 2000), (Reduced, 550), (Books, 550)],
    ),
    (Country::Gb, &[(Standard, 2000), (Reduced, 500), (Books, 0)]),
    (Country::Jp, &[(Standard, 1000), (Reduced, 800)]),
    (
        Country::Se,
        &[(Standard, 2500), (Reduced, 1200), (Books, 600)],
    ),
    (Country::Us, &[(Standard, 0), (Reduced, 0), (Books, 0)]),
];

/// [`RATES`], ready to look things up in.
static TAX_TABLE: LazyLock<HashMap<(Country, TaxClass), BasisPoints>> = LazyLock::new(|| {
    RATES
        .iter()
        .flat_map(|(country, rates)| {
            rates
                .iter()
                .map(|(class, points)| ((*country, *class), BasisPoints::new(*points)))
        })
        .collect()
});

/// The rate for goods of a class sent to a country.
///
/// A class without a rate of its own is taxed like anything else there.
pub fn tax_rate(country: Country, class: TaxClass) -> Result<BasisPoints, PricingError> {
    if class == Exempt {
        return Ok(BasisPoints::default());
    }
    TAX_TABLE
        .get(&(country, class))
        .or_else(|| TAX_TABLE.get(&(country, Standard)))
        .copied()
        .ok_or(PricingError::NoTaxRate { country, class })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_standard_rate() {
        for country in Country::ALL {
            assert!(tax_rate(country, Standard).is_ok(), "{country}");
        }
    }

    #[test]
    fn falls_back_to_the_standard_rate() {
        assert_eq!(
            tax_rate(Country::Jp, Books),
            tax_rate(Country::Jp, Standard)
        );
        assert_eq!(tax_rate(Country::Gb, Books), Ok(BasisPoints::default()));
        assert_eq!(tax_rate(Country::Gb, Exempt), Ok(BasisPoints::default()));
    }
}
