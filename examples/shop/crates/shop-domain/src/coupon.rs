//! Coupons that customers type in at the checkout.

use crate::date::Date;
use crate::money::{Money, Rate};

/// What a coupon takes off.
#[derive(Clone, Debug, PartialEq)]
pub enum CouponKind {
    /// A share of the whole basket.
    Percent(Rate),
    /// A fixed amount, but never more than the basket costs.
    Fixed(Money),
    /// A share of the basket, up to a limit.
    Capped { rate: Rate, limit: Money },
}

/// A coupon and its conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupon {
    code: String,
    kind: CouponKind,
    valid_until: Option<Date>,
    minimum_spend: Option<Money>,
}

impl Coupon {
    /// A coupon without conditions. Codes are compared in upper case.
    pub fn new(code: &str, kind: CouponKind) -> Self {
        Self {
            code: code.trim().to_uppercase(),
            kind,
            valid_until: None,
            minimum_spend: None,
        }
    }

    /// Lets the coupon end after this day.
    #[must_use]
    pub fn valid_until(mut self, date: Date) -> Self {
        self.valid_until = Some(date);
        self
    }

    /// Demands that the basket costs at least this much.
    #[must_use]
    pub fn minimum_spend(mut self, amount: Money) -> Self {
        self.minimum_spend = Some(amount);
        self
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    pub fn kind(&self) -> &CouponKind {
        &self.kind
    }

    /// The last day the coupon can be used, if it ends.
    pub fn last_day(&self) -> Option<Date> {
        self.valid_until
    }

    /// What the basket has to cost before the coupon applies.
    pub fn threshold(&self) -> Option<Money> {
        self.minimum_spend
    }

    /// Whether the coupon ended before `today`.
    pub fn is_expired(&self, today: Date) -> bool {
        self.valid_until.is_some_and(|last| last < today)
    }
}
