//! What a basket costs.
//!
//! Prices in the catalog are before tax. A quote is computed in this order:
//! the lines at list price, then the discounts of the [`rules`] one after the
//! other, then the tax on what is left.

pub mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::rules::{CouponRule, Discount, PriceRule, PricedLine, PricingContext, standard_rules};
use crate::prelude::*;
use crate::tax::{TaxError, tax_rate};

/// Why a basket has no price.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PricingError {
    #[error("the basket is empty")]
    EmptyBasket,
    #[error("there is no product {0}")]
    UnknownSku(Sku),
    #[error("more than {limit} of {sku} cannot be ordered at once")]
    TooMany { sku: Sku, limit: u32 },
    #[error("the coupon {code} ended on {last_day}")]
    CouponExpired { code: String, last_day: Date },
    #[error("the coupon {code} needs a basket of at least {minimum}")]
    CouponThreshold { code: String, minimum: Money },
    #[error(transparent)]
    Tax(#[from] TaxError),
    #[error("cannot compute the price: {0}")]
    Money(#[from] MoneyError),
}

/// One line of a quote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuoteLine {
    pub sku: Sku,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    /// List price times quantity.
    pub gross: Money,
    /// What is left after all discounts, before tax.
    pub net: Money,
    pub tax_rate: Rate,
}

/// A discount that was granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedDiscount {
    pub reason: String,
    pub amount: Money,
}

/// The tax of all lines with the same rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaxAmount {
    pub rate: Rate,
    pub base: Money,
    pub tax: Money,
}

/// What a basket costs and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub lines: Vec<QuoteLine>,
    pub subtotal: Money,
    pub discounts: Vec<AppliedDiscount>,
    pub taxes: Vec<TaxAmount>,
    pub total: Money,
}

impl Quote {
    /// All discounts together.
    pub fn discount(&self) -> Money {
        self.discounts
            .iter()
            .fold(Money::zero(self.total.currency()), |sum, discount| {
                sum + discount.amount
            })
    }
}

/// More of one product is a matter for the wholesale desk.
const MAX_QUANTITY: u32 = 1_000;

/// Computes what `basket` costs.
///
/// # Errors
///
/// If the basket is empty or holds a product that `catalog` does not, or if
/// the conditions of `coupon` are not met.
///
/// # Examples
///
/// ```
/// use shop_domain::prelude::*;
/// use shop_domain::price_basket;
///
/// let sku: Sku = "MUG".parse()?;
/// let price = Money::new(1000, Currency::Eur);
/// let mug = Product::new(sku.clone(), "Mug", price, Category::Kitchen);
/// let catalog = Catalog::with_products(Currency::Eur, [mug])?;
///
/// let mut basket = Basket::new(Region::Germany, "2025-05-01".parse()?);
/// basket.add(sku, 2);
/// let quote = price_basket(&basket, &catalog, None)?;
/// assert_eq!(quote.total.to_string(), "23.80 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// extract: entry
pub fn price_basket(
    basket: &Basket,
    catalog: &Catalog,
    coupon: Option<&Coupon>,
) -> Result<Quote, PricingError> {
    if basket.is_empty() {
        return Err(PricingError::EmptyBasket);
    }
    let currency = catalog.currency();
    let mut lines = list_prices(basket, catalog)?;
    let subtotal = Money::total(currency, lines.iter().map(|line| line.gross))?;

    let mut rules = standard_rules();
    rules.extend(coupon.map(|coupon| Box::new(CouponRule::new(coupon)) as Box<dyn PriceRule>));
    let discounts = apply_rules(&rules, &mut lines, basket, subtotal)?;

    let taxes = taxes_by_rate(&lines)?;
    let net = Money::total(currency, lines.iter().map(|line| line.net))?;
    let tax = Money::total(currency, taxes.iter().map(|amount| amount.tax))?;
    Ok(Quote {
        lines: lines.into_iter().map(QuoteLine::from).collect(),
        subtotal,
        discounts,
        taxes,
        total: net.checked_add(tax)?,
    })
}

/// The lines of the basket before any discount.
fn list_prices<'a>(
    basket: &Basket,
    catalog: &'a Catalog,
) -> Result<Vec<PricedLine<'a>>, PricingError> {
    basket
        .lines()
        .iter()
        .filter(|line| line.quantity > 0)
        .map(|line| {
            let product = catalog
                .get(&line.sku)
                .ok_or_else(|| PricingError::UnknownSku(line.sku.clone()))?;
            if line.quantity > MAX_QUANTITY {
                return Err(PricingError::TooMany {
                    sku: line.sku.clone(),
                    limit: MAX_QUANTITY,
                });
            }
            let gross = product.price.checked_mul(line.quantity)?;
            Ok(PricedLine {
                product,
                quantity: line.quantity,
                gross,
                net: gross,
                tax_rate: tax_rate(basket.region(), product.tax_class)?,
            })
        })
        .collect()
}

/// Lets every rule see what the rules before it have left.
fn apply_rules(
    rules: &[Box<dyn PriceRule + '_>],
    lines: &mut [PricedLine<'_>],
    basket: &Basket,
    subtotal: Money,
) -> Result<Vec<AppliedDiscount>, PricingError> {
    let mut applied = Vec::new();
    for rule in rules {
        let context = PricingContext {
            lines,
            subtotal,
            tier: basket.tier(),
            day: basket.day(),
        };
        let Some(discount) = rule.discount(&context)? else {
            continue;
        };
        let amount = spread(&discount, lines)?;
        if !amount.is_zero() {
            applied.push(AppliedDiscount {
                reason: rule.reason(),
                amount,
            });
        }
    }
    Ok(applied)
}

/// Takes a discount off the lines it covers and returns how much that was.
fn spread(discount: &Discount, lines: &mut [PricedLine<'_>]) -> Result<Money, MoneyError> {
    let covered: Vec<&mut PricedLine<'_>> = lines
        .iter_mut()
        .filter(|line| discount.covers(line))
        .collect();
    let available = Money::total(
        discount.amount.currency(),
        covered.iter().map(|line| line.net),
    )?;
    let amount = discount.amount.at_most(available);
    let shares = allocate(amount, &covered, |line| line.net.minor());
    for (line, share) in covered.into_iter().zip(shares) {
        line.net = line.net.checked_sub(share)?;
    }
    Ok(amount)
}

/// Divides `total` in proportion to the weights, to the last cent: what
/// rounding down leaves over goes to those who lost most by it.
fn allocate<T>(total: Money, items: &[T], weight: impl Fn(&T) -> i64) -> Vec<Money> {
    let weights: Vec<i128> = items.iter().map(|item| weight(item).into()).collect();
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        return vec![Money::zero(total.currency()); items.len()];
    }
    let exact = |index: usize| i128::from(total.minor()) * weights[index];
    let mut shares: Vec<i128> = (0..items.len()).map(|index| exact(index) / sum).collect();
    let left_over = i128::from(total.minor()) - shares.iter().sum::<i128>();

    let mut by_loss: Vec<usize> = (0..items.len()).collect();
    by_loss.sort_by_key(|&index| std::cmp::Reverse(exact(index) % sum));
    for &index in by_loss.iter().take(left_over as usize) {
        shares[index] += 1;
    }
    shares
        .into_iter()
        // A share is never larger than the whole, which fits.
        .map(|share| Money::new(share as i64, total.currency()))
        .collect()
}

/// Sums the tax up per rate, which is what the law wants rounded.
fn taxes_by_rate(lines: &[PricedLine<'_>]) -> Result<Vec<TaxAmount>, MoneyError> {
    let mut bases: BTreeMap<Rate, Money> = BTreeMap::new();
    for line in lines {
        let base = bases
            .entry(line.tax_rate)
            .or_insert_with(|| Money::zero(line.net.currency()));
        *base = base.checked_add(line.net)?;
    }
    bases
        .into_iter()
        .map(|(rate, base)| {
            let tax = base.share(rate)?;
            Ok(TaxAmount { rate, base, tax })
        })
        .collect()
}

/// Splits an amount into instalments that differ by at most one minor unit,
/// the larger ones first.
///
/// # Panics
///
/// If `parts` is zero.
pub fn split_evenly(total: Money, parts: u32) -> Vec<Money> {
    assert!(parts > 0, "cannot split {total} into zero parts");
    let (quotient, remainder) = (
        total.minor().div_euclid(i64::from(parts)),
        total.minor().rem_euclid(i64::from(parts)),
    );
    (0..i64::from(parts))
        .map(|index| quotient + i64::from(index < remainder))
        .map(|minor| Money::new(minor, total.currency()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(text: &str) -> Sku {
        text.parse().unwrap()
    }

    const fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::Eur)
    }

    fn day() -> Date {
        "2025-05-01".parse().unwrap()
    }

    fn catalog() -> Catalog {
        Catalog::with_products(
            Currency::Eur,
            [
                Product::new(sku("MUG"), "Mug", eur(1000), Category::Kitchen),
                Product::new(sku("NOVEL"), "Novel", eur(2000), Category::Books),
                Product::new(sku("SPADE"), "Spade", eur(333), Category::Garden),
            ],
        )
        .unwrap()
    }

    fn basket(lines: &[(&str, u32)]) -> Basket {
        let mut basket = Basket::new(Region::Germany, day());
        for (text, quantity) in lines {
            basket.add(sku(text), *quantity);
        }
        basket
    }

    #[test]
    fn tax_is_summed_per_rate() {
        let quote = price_basket(&basket(&[("MUG", 1), ("NOVEL", 1)]), &catalog(), None).unwrap();
        let taxes: Vec<_> = quote.taxes.iter().map(|t| (t.rate, t.tax)).collect();
        assert_eq!(
            taxes,
            [(Rate::percent(7), eur(140)), (Rate::percent(19), eur(190))]
        );
        assert_eq!(quote.total, eur(3330));
    }

    #[test]
    fn every_fourth_book_is_free() {
        let quote = price_basket(&basket(&[("NOVEL", 4)]), &catalog(), None).unwrap();
        assert_eq!(quote.discount(), eur(2000));
        assert_eq!(quote.lines[0].net, eur(6000));
    }

    #[test]
    fn loyal_customers_pay_less() {
        let basket = basket(&[("MUG", 1)]).for_tier(Tier::Gold);
        let quote = price_basket(&basket, &catalog(), None).unwrap();
        assert_eq!(quote.discount(), eur(70));
    }

    #[test]
    fn a_fixed_coupon_never_exceeds_the_basket() {
        let coupon = Coupon::new("gift", CouponKind::Fixed(eur(5000)));
        let quote = price_basket(&basket(&[("SPADE", 1)]), &catalog(), Some(&coupon)).unwrap();
        assert!(quote.total.is_zero());
        assert_eq!(quote.discounts[0].reason, "Coupon GIFT");
    }

    #[test]
    fn conditions_of_coupons_are_enforced() {
        let basket = basket(&[("MUG", 1)]);
        let old = Coupon::new("OLD", CouponKind::Percent(Rate::percent(5)))
            .valid_until("2025-04-30".parse().unwrap());
        let error = price_basket(&basket, &catalog(), Some(&old)).unwrap_err();
        assert_eq!(error.to_string(), "the coupon OLD ended on 2025-04-30");

        let big =
            Coupon::new("BIG", CouponKind::Percent(Rate::percent(5))).minimum_spend(eur(1001));
        let error = price_basket(&basket, &catalog(), Some(&big)).unwrap_err();
        assert!(matches!(error, PricingError::CouponThreshold { .. }));
    }

    #[test]
    fn nonsense_has_no_price() {
        let price = |lines: &[(&str, u32)]| price_basket(&basket(lines), &catalog(), None);
        assert_eq!(price(&[]), Err(PricingError::EmptyBasket));
        assert_eq!(price(&[("X", 1)]), Err(PricingError::UnknownSku(sku("X"))));
        assert!(matches!(
            price(&[("MUG", 1001)]),
            Err(PricingError::TooMany { .. })
        ));
    }

    #[test]
    fn allocation_loses_nothing() {
        let shares = allocate(eur(100), &[1, 1, 1, 0], |weight| *weight);
        assert_eq!(shares, [eur(34), eur(33), eur(33), eur(0)]);
    }

    #[test]
    fn instalments_add_up() {
        assert_eq!(split_evenly(eur(100), 3), [eur(34), eur(33), eur(33)]);
        assert_eq!(split_evenly(eur(-1), 2), [eur(0), eur(-1)]);
    }

    #[test]
    #[should_panic(expected = "cannot split 1.00 EUR into zero parts")]
    fn zero_instalments_are_a_bug() {
        split_evenly(eur(100), 0);
    }
}
