//! Everything that can go wrong in the domain.

use std::num::ParseIntError;

use thiserror::Error;

use crate::calendar::Date;
use crate::catalog::TaxClass;
use crate::country::Country;
use crate::currency::Currency;
use crate::ids::Sku;
use crate::order::OrderStatus;

/// An id's text does not have the form it should.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseIdError {
    /// The prefix is missing or belongs to another kind of id.
    #[error("expected an id that starts with `{expected}-`")]
    Prefix {
        /// The prefix that was looked for.
        expected: &'static str,
    },
    /// What follows the prefix is no number.
    #[error("the id's number is not valid")]
    Number(#[from] ParseIntError),
    /// Not a SKU.
    #[error("`{0}` is not a SKU")]
    Sku(String),
}

/// Arithmetic on money, or parsing it, failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Two amounts in different currencies met.
    #[error("cannot combine {left} with {right}")]
    CurrencyMismatch {
        /// Currency of the left operand.
        left: Currency,
        /// Currency of the right operand.
        right: Currency,
    },
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
    /// The text is not an amount followed by a currency.
    #[error("`{0}` is not an amount of money")]
    Syntax(String),
    /// The currency is not one the shop trades in.
    #[error("unknown currency `{0}`")]
    UnknownCurrency(String),
}

/// A coupon cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CouponError {
    /// The basket is too small for it.
    #[error("coupon {code} needs a basket of at least {minimum}")]
    BelowMinimum {
        /// The coupon's code.
        code: String,
        /// The smallest basket it applies to, printed.
        minimum: String,
    },
    /// Every use is taken.
    #[error("coupon {0} is used up")]
    UsedUp(String),
    /// It was valid once.
    #[error("coupon {code} expired on {on}")]
    Expired {
        /// The coupon's code.
        code: String,
        /// Last day it was valid.
        on: Date,
    },
}

/// A basket cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PricingError {
    /// There is nothing in it.
    #[error("the basket is empty")]
    EmptyBasket,
    /// A line refers to something the catalog does not have.
    #[error("no product {0} in the catalog")]
    UnknownProduct(Sku),
    /// The tax table has a gap.
    #[error("no tax rate for {class} goods sent to {country}")]
    NoTaxRate {
        /// Where the goods go.
        country: Country,
        /// What kind of goods they are.
        class: TaxClass,
    },
    /// The coupon was refused.
    #[error(transparent)]
    Coupon(#[from] CouponError),
    /// Adding up failed.
    #[error("cannot add up the basket")]
    Money(#[from] MoneyError),
}

/// Anything else the domain refuses, and a roof over the errors above.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DomainError {
    /// See [`ParseIdError`].
    #[error(transparent)]
    Id(#[from] ParseIdError),
    /// See [`MoneyError`].
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// See [`PricingError`].
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// Text that ought to be an e-mail address.
    #[error("`{0}` is not an e-mail address")]
    Email(String),
    /// Text that ought to be a country code.
    #[error("the shop does not deliver to `{0}`")]
    Country(String),
    /// A date that is in no calendar.
    #[error("`{0}` is not a date")]
    Date(String),
    /// An order cannot change like that.
    #[error("an order that is {from} cannot become {to}")]
    Transition {
        /// What it is.
        from: OrderStatus,
        /// What it was asked to become.
        to: OrderStatus,
    },
    /// The shelf does not hold that many.
    #[error("only {available} of {sku} in stock, {wanted} wanted")]
    OutOfStock {
        /// What was wanted.
        sku: Sku,
        /// How many were wanted.
        wanted: u32,
        /// How many there are.
        available: u32,
    },
}
