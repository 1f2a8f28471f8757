//! The rules that make a basket cheaper.

use super::{PricingError, QuoteLine};
use crate::prelude::*;

/// A line of the basket while it is being priced.
#[derive(Clone, Debug)]
pub struct PricedLine<'a> {
    pub product: &'a Product,
    pub quantity: u32,
    pub gross: Money,
    pub net: Money,
    pub tax_rate: Rate,
}

impl From<PricedLine<'_>> for QuoteLine {
    fn from(line: PricedLine<'_>) -> Self {
        Self {
            sku: line.product.sku.clone(),
            name: line.product.name.clone(),
            quantity: line.quantity,
            unit_price: line.product.price,
            gross: line.gross,
            net: line.net,
            tax_rate: line.tax_rate,
        }
    }
}

/// What a rule gets to see.
#[derive(Debug)]
pub struct PricingContext<'a> {
    pub lines: &'a [PricedLine<'a>],
    /// The basket at list prices.
    pub subtotal: Money,
    pub tier: Tier,
    pub day: Date,
}

impl PricingContext<'_> {
    /// What the basket costs after the rules so far.
    fn remaining(&self) -> Result<Money, MoneyError> {
        Money::total(
            self.subtotal.currency(),
            self.lines.iter().map(|line| line.net),
        )
    }
}

/// What a rule takes off, and from which lines.
#[derive(Clone, Debug)]
pub struct Discount {
    pub amount: Money,
    category: Option<Category>,
}

impl Discount {
    fn on_everything(amount: Money) -> Self {
        Self {
            amount,
            category: None,
        }
    }

    fn on_category(category: Category, amount: Money) -> Self {
        Self {
            amount,
            category: Some(category),
        }
    }

    /// Whether the line is made cheaper.
    pub fn covers(&self, line: &PricedLine<'_>) -> bool {
        self.category
            .is_none_or(|category| category == line.product.category)
    }
}

/// A reason to charge less.
pub trait PriceRule {
    /// The reason as the customer reads it.
    fn reason(&self) -> String;

    /// The discount, if the rule applies to this basket.
    fn discount(&self, context: &PricingContext<'_>) -> Result<Option<Discount>, PricingError>;
}

/// Every so many products of a category, the cheapest is free.
#[derive(Clone, Copy, Debug)]
pub struct BundleRule {
    category: Category,
    size: u32,
}

impl PriceRule for BundleRule {
    fn reason(&self) -> String {
        format!(
            "{} for {} on {}",
            self.size,
            self.size - 1,
            self.category.slug()
        )
    }

    fn discount(&self, context: &PricingContext<'_>) -> Result<Option<Discount>, PricingError> {
        let mut lines: Vec<_> = context
            .lines
            .iter()
            .filter(|line| line.product.category == self.category)
            .collect();
        lines.sort_by_key(|line| line.product.price.minor());

        let count: u32 = lines.iter().map(|line| line.quantity).sum();
        let mut free = count / self.size;
        if free == 0 {
            return Ok(None);
        }
        let mut amount = Money::zero(context.subtotal.currency());
        for line in lines {
            let taken = free.min(line.quantity);
            amount = amount.checked_add(line.product.price.checked_mul(taken)?)?;
            free -= taken;
        }
        Ok(Some(Discount::on_category(self.category, amount)))
    }
}

/// Large baskets get a share off.
#[derive(Clone, Copy, Debug)]
pub struct VolumeRule {
    /// In major units, so that it works in every currency.
    threshold: i64,
    rate: Rate,
}

impl PriceRule for VolumeRule {
    fn reason(&self) -> String {
        format!("{} volume discount", self.rate)
    }

    fn discount(&self, context: &PricingContext<'_>) -> Result<Option<Discount>, PricingError> {
        let remaining = context.remaining()?;
        let scale = remaining.currency().minor_per_major();
        if remaining.minor() < self.threshold * scale {
            return Ok(None);
        }
        Ok(Some(Discount::on_everything(remaining.share(self.rate)?)))
    }
}

/// Loyal customers pay less.
#[derive(Clone, Copy, Debug)]
pub struct LoyaltyRule;

impl PriceRule for LoyaltyRule {
    fn reason(&self) -> String {
        "Loyalty discount".to_owned()
    }

    fn discount(&self, context: &PricingContext<'_>) -> Result<Option<Discount>, PricingError> {
        match context.tier.discount() {
            Rate::ZERO => Ok(None),
            rate => {
                let amount = context.remaining()?.share(rate)?;
                Ok(Some(Discount::on_everything(amount)))
            }
        }
    }
}

/// What the customer typed in.
#[derive(Clone, Copy, Debug)]
pub struct CouponRule<'a> {
    coupon: &'a Coupon,
}

impl<'a> CouponRule<'a> {
    pub fn new(coupon: &'a Coupon) -> Self {
        Self { coupon }
    }

    /// Unlike the other rules, a coupon that does not apply is an error: the
    /// customer asked for it and wants to know.
    fn check(&self, context: &PricingContext<'_>) -> Result<(), PricingError> {
        let code = || self.coupon.code().to_owned();
        match (self.coupon.last_day(), self.coupon.threshold()) {
            (Some(last_day), _) if self.coupon.is_expired(context.day) => {
                Err(PricingError::CouponExpired {
                    code: code(),
                    last_day,
                })
            }
            (_, Some(minimum)) if context.subtotal.checked_sub(minimum)?.is_negative() => {
                Err(PricingError::CouponThreshold {
                    code: code(),
                    minimum,
                })
            }
            _ => Ok(()),
        }
    }
}

impl PriceRule for CouponRule<'_> {
    fn reason(&self) -> String {
        format!("Coupon {}", self.coupon.code())
    }

    fn discount(&self, context: &PricingContext<'_>) -> Result<Option<Discount>, PricingError> {
        self.check(context)?;
        let remaining = context.remaining()?;
        let amount = match *self.coupon.kind() {
            CouponKind::Percent(rate) => remaining.share(rate)?,
            CouponKind::Fixed(amount) => amount,
            CouponKind::Capped { rate, limit } => remaining.share(rate)?.at_most(limit),
        };
        Ok(Some(Discount::on_everything(amount)))
    }
}

/// The rules that hold for everyone, in the order they apply.
pub fn standard_rules<'a>() -> Vec<Box<dyn PriceRule + 'a>> {
    vec![
        Box::new(BundleRule {
            category: Category::Books,
            size: 4,
        }),
        Box::new(VolumeRule {
            threshold: 250,
            rate: Rate::percent(5),
        }),
        Box::new(LoyaltyRule),
    ]
}
