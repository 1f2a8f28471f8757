//! What it costs to send a parcel, and how long it takes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shop_domain::money::{Money, MoneyError, Rate};
use shop_domain::prelude::Address;
use shop_domain::tax::Region;
use thiserror::Error;
use tokio::time::timeout;

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parcel {
    pub weight_grams: u32,
    /// What the parcel is insured for.
    pub value: Money,
}

/// How much of a hurry there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speed {
    #[default]
    Standard,
    Express,
}

/// The best offer for a parcel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShippingEstimate {
    pub carrier: String,
    pub price: Money,
    pub min_days: u32,
    pub max_days: u32,
}

/// Why a parcel cannot be sent.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ShippingError {
    #[error("the parcel weighs nothing")]
    Weightless,
    #[error("no carrier takes {weight_grams} g")]
    TooHeavy { weight_grams: u32 },
    #[error("the address lacks a {0}")]
    IncompleteAddress(&'static str),
    #[error("no carrier answered in time")]
    NoAnswer,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What a carrier charges, in cents of the currency of the parcel.
#[derive(Clone, Copy, Debug)]
struct Carrier {
    name: &'static str,
    base: i64,
    per_started_kilo: i64,
    max_grams: u32,
    /// On top of the price per zone away from home.
    zone_surcharge: Rate,
    days: (u32, u32),
    express: bool,
}

const CARRIERS: [Carrier; 3] = [
    Carrier {
        name: "Landpost",
        base: 390,
        per_started_kilo: 60,
        max_grams: 31_500,
        zone_surcharge: Rate::percent(45),
        days: (2, 4),
        express: false,
    },
    Carrier {
        name: "Velo Kurier",
        base: 250,
        per_started_kilo: 140,
        max_grams: 8_000,
        zone_surcharge: Rate::percent(120),
        days: (1, 3),
        express: true,
    },
    Carrier {
        name: "Aerofracht",
        base: 1_290,
        per_started_kilo: 210,
        max_grams: 70_000,
        zone_surcharge: Rate::percent(15),
        days: (1, 2),
        express: true,
    },
];

/// A customer at the checkout does not wait longer than this.
const PATIENCE: Duration = Duration::from_secs(2);

/// Finds the cheapest carrier for a parcel, asking all of them at once.
pub async fn estimate_shipping(
    parcel: &Parcel,
    destination: &Address,
    speed: Speed,
) -> Result<ShippingEstimate, ShippingError> {
    if parcel.weight_grams == 0 {
        return Err(ShippingError::Weightless);
    }
    check_address(destination)?;

    let zone = zone(destination.region);
    let [land, velo, aero] = &CARRIERS;
    let answers = timeout(PATIENCE, async {
        tokio::join!(
            ask(land, parcel, zone, speed),
            ask(velo, parcel, zone, speed),
            ask(aero, parcel, zone, speed),
        )
    });
    let (land, velo, aero) = answers.await.map_err(|_| ShippingError::NoAnswer)?;
    [land?, velo?, aero?]
        .into_iter()
        .flatten()
        .min_by_key(|offer| (offer.price.minor(), offer.max_days))
        .ok_or(ShippingError::TooHeavy {
            weight_grams: parcel.weight_grams,
        })
}

/// [`estimate_shipping`] for code that is not async, such as the label printer's thread.
///
/// # Panics
/// On a thread that drives async code already: await [`estimate_shipping`] there.
pub fn estimate_shipping_blocking(
    parcel: &Parcel,
    destination: &Address,
    speed: Speed,
) -> Result<ShippingEstimate, ShippingError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|_| ShippingError::NoAnswer)?
        .block_on(estimate_shipping(parcel, destination, speed))
}

/// Asks one carrier for an offer; it may decline.
async fn ask(
    carrier: &Carrier,
    parcel: &Parcel,
    zone: u32,
    speed: Speed,
) -> Result<Option<ShippingEstimate>, ShippingError> {
    // The rate cards are printed above. A carrier with an interface of its
    // own would be called here.
    tokio::task::yield_now().await;

    let refused = speed == Speed::Express && !carrier.express;
    if refused || parcel.weight_grams > carrier.max_grams {
        return Ok(None);
    }
    let (min_days, max_days) = match speed {
        Speed::Standard => carrier.days,
        Speed::Express => (carrier.days.0, carrier.days.0),
    };
    Ok(Some(ShippingEstimate {
        carrier: carrier.name.to_owned(),
        price: price(carrier, parcel, zone, speed)?,
        min_days: min_days + zone,
        max_days: max_days + 2 * zone,
    }))
}

fn price(carrier: &Carrier, parcel: &Parcel, zone: u32, speed: Speed) -> Result<Money, MoneyError> {
    let currency = parcel.value.currency();
    // A hundred yen buy about as much as a dollar, so the rate cards hold for
    // the minor unit of every currency.
    let cents = |cents| Money::new(cents, currency);
    let kilos = parcel.weight_grams.div_ceil(1_000);
    let basic =
        cents(carrier.base).checked_add(cents(carrier.per_started_kilo).checked_mul(kilos)?)?;
    let surcharge = basic.share(carrier.zone_surcharge)?.checked_mul(zone)?;
    let hurry = match speed {
        Speed::Standard => Money::zero(currency),
        Speed::Express => basic.share(Rate::percent(60))?,
    };
    let insurance = parcel.value.share(Rate::from_basis_points(30))?;
    Money::total(currency, [basic, surcharge, hurry, insurance])
}

/// How far away a country is, seen from the warehouse.
const fn zone(region: Region) -> u32 {
    match region {
        Region::Germany => 0,
        Region::France => 1,
        Region::UnitedKingdom => 2,
        Region::Japan | Region::UnitedStates => 4,
    }
}

fn check_address(address: &Address) -> Result<(), ShippingError> {
    let parts = [
        ("street", &address.street),
        ("postal code", &address.postal_code),
        ("city", &address.city),
    ];
    parts
        .into_iter()
        .find(|(_, text)| text.trim().is_empty())
        .map_or(Ok(()), |(name, _)| {
            Err(ShippingError::IncompleteAddress(name))
        })
}

#[cfg(test)]
mod tests {
    use shop_domain::Currency;

    use super::*;

    fn parcel(weight_grams: u32) -> Parcel {
        Parcel {
            weight_grams,
            value: Money::new(10_000, Currency::Eur),
        }
    }

    fn address(region: Region) -> Address {
        Address {
            street: "High Street 1".into(),
            postal_code: "12345".into(),
            city: "Somewhere".into(),
            region,
        }
    }

    #[tokio::test]
    async fn the_cheapest_carrier_wins() {
        let home = address(Region::Germany);
        let light = estimate_shipping(&parcel(900), &home, Speed::Standard).await;
        let light = light.unwrap();
        assert_eq!(
            (light.carrier.as_str(), light.price.minor()),
            ("Velo Kurier", 420)
        );

        let heavy = estimate_shipping(&parcel(9_000), &home, Speed::Standard).await;
        assert_eq!(heavy.unwrap().carrier, "Landpost");
    }

    #[tokio::test]
    async fn far_and_fast_goes_by_air() {
        let tokyo = address(Region::Japan);
        let estimate = estimate_shipping(&parcel(4_000), &tokyo, Speed::Express).await;
        let estimate = estimate.unwrap();
        assert_eq!(estimate.carrier, "Aerofracht");
        assert_eq!((estimate.min_days, estimate.max_days), (5, 9));
    }

    #[tokio::test]
    async fn impossible_parcels_are_refused() {
        let home = address(Region::Germany);
        let estimate = async |grams| {
            estimate_shipping(&parcel(grams), &home, Speed::Standard)
                .await
                .unwrap_err()
        };
        assert_eq!(estimate(0).await, ShippingError::Weightless);
        assert_eq!(
            estimate(70_001).await.to_string(),
            "no carrier takes 70001 g"
        );

        let mut nowhere = home.clone();
        nowhere.city.clear();
        let error = estimate_shipping(&parcel(1), &nowhere, Speed::Standard).await;
        assert_eq!(error, Err(ShippingError::IncompleteAddress("city")));
    }
}
