//! What a customer is about to buy.

use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::customer::Tier;
use crate::date::Date;
use crate::ids::Sku;
use crate::tax::Region;

/// So many of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketLine {
    pub sku: Sku,
    pub quantity: u32,
}

/// The basket of one customer on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basket {
    lines: Vec<BasketLine>,
    region: Region,
    #[serde(default)]
    tier: Tier,
    day: Date,
}

impl Basket {
    /// An empty basket for a delivery to `region`.
    pub fn new(region: Region, day: Date) -> Self {
        Self {
            lines: Vec::new(),
            region,
            tier: Tier::default(),
            day,
        }
    }

    /// Prices the basket for a customer of this tier.
    #[must_use]
    pub fn for_tier(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// Puts products in. The same product is kept on one line.
    pub fn add(&mut self, sku: Sku, quantity: u32) -> &mut Self {
        match self.lines.iter_mut().find(|line| line.sku == sku) {
            Some(line) => line.quantity = line.quantity.saturating_add(quantity),
            None if quantity > 0 => self.lines.push(BasketLine { sku, quantity }),
            None => {}
        }
        self
    }

    /// Takes a product out altogether and tells how many there were.
    pub fn remove(&mut self, sku: &Sku) -> Option<u32> {
        let index = self.lines.iter().position(|line| line.sku == *sku)?;
        Some(self.lines.remove(index).quantity)
    }

    pub fn lines(&self) -> &[BasketLine] {
        &self.lines
    }

    pub fn region(&self) -> Region {
        self.region
    }

    pub fn tier(&self) -> Tier {
        self.tier
    }

    pub fn day(&self) -> Date {
        self.day
    }

    /// Whether there is nothing to pay for.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.quantity == 0)
    }

    /// What the known products weigh together.
    pub fn weight_grams(&self, catalog: &Catalog) -> u32 {
        self.lines
            .iter()
            .filter_map(|line| Some((catalog.get(&line.sku)?, line.quantity)))
            .map(|(product, quantity)| product.weight_grams.saturating_mul(quantity))
            .fold(0, u32::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_products_share_a_line() {
        let mut basket = Basket::new(Region::Germany, Date::from_unix_days(20_000));
        let mug: Sku = "MUG".parse().unwrap();
        basket.add(mug.clone(), 1).add(mug.clone(), 2);
        assert_eq!(basket.lines().len(), 1);
        assert_eq!(basket.remove(&mug), Some(3));
        assert!(basket.is_empty());
    }
}
