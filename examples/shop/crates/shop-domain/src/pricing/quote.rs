//! The outcome of pricing.

use crate::catalog::TaxClass;
use crate::ids::Sku;
use crate::money::{BasisPoints, Money};

/// Something taken off, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    /// Why, as customers see it.
    pub label: String,
    /// How much, before tax.
    pub amount: Money,
}

/// One priced line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteLine {
    /// Which product.
    pub sku: Sku,
    /// What it is called.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// The price of one, before discount and tax.
    pub unit_price: Money,
    /// All of them, after discount, before tax.
    pub net: Money,
    /// How it is taxed.
    pub tax_class: TaxClass,
    /// At what rate.
    pub tax_rate: BasisPoints,
    /// The tax on it.
    pub tax: Money,
}

/// What a basket costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The lines, in the basket's order.
    pub lines: Vec<QuoteLine>,
    /// What was taken off, in the order it was.
    pub discounts: Vec<Discount>,
    /// All lines before discounts.
    pub subtotal: Money,
    /// All lines after discounts.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// What the customer pays.
    pub total: Money,
}

impl Quote {
    /// Everything that was taken off.
    pub fn saved(&self) -> Money {
        self.subtotal - self.net
    }
}
