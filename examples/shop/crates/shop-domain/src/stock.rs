//! How much of everything is left.

use std::collections::HashMap;

use thiserror::Error;

use crate::basket::Basket;
use crate::ids::{OrderId, Sku};

/// Why stock cannot be set aside.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StockError {
    #[error("only {available} of {sku} are left")]
    NotEnough { sku: Sku, available: u32 },
    #[error("nothing is set aside for {0}")]
    NoReservation(OrderId),
}

/// What lies in the warehouse, and for whom.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    available: HashMap<Sku, u32>,
    reserved: HashMap<OrderId, Vec<(Sku, u32)>>,
}

impl Stock {
    /// Books a delivery in.
    pub fn receive(&mut self, sku: Sku, quantity: u32) {
        let available = self.available.entry(sku).or_default();
        *available = available.saturating_add(quantity);
    }

    /// How many can still be sold.
    pub fn available(&self, sku: &Sku) -> u32 {
        self.available.get(sku).copied().unwrap_or_default()
    }

    /// Sets everything in the basket aside, or nothing at all.
    pub fn reserve(&mut self, order: OrderId, basket: &Basket) -> Result<(), StockError> {
        if let Some(line) = basket
            .lines()
            .iter()
            .find(|line| self.available(&line.sku) < line.quantity)
        {
            return Err(StockError::NotEnough {
                sku: line.sku.clone(),
                available: self.available(&line.sku),
            });
        }
        let parcel = self.reserved.entry(order).or_default();
        for line in basket.lines() {
            if let Some(available) = self.available.get_mut(&line.sku) {
                *available -= line.quantity;
            }
            parcel.push((line.sku.clone(), line.quantity));
        }
        Ok(())
    }

    /// Puts back what was set aside for a cancelled order.
    pub fn release(&mut self, order: OrderId) -> Result<(), StockError> {
        for (sku, quantity) in self.take(order)? {
            self.receive(sku, quantity);
        }
        Ok(())
    }

    /// Hands over what was set aside for an order that ships.
    pub fn take(&mut self, order: OrderId) -> Result<Vec<(Sku, u32)>, StockError> {
        self.reserved
            .remove(&order)
            .ok_or(StockError::NoReservation(order))
    }

    /// The units of which at most `threshold` are left.
    pub fn running_low(&self, threshold: u32) -> Vec<&Sku> {
        let mut low: Vec<_> = self
            .available
            .iter()
            .filter(|(_, available)| **available <= threshold)
            .map(|(sku, _)| sku)
            .collect();
        low.sort();
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::Date;
    use crate::tax::Region;

    #[test]
    fn reservations_are_all_or_nothing() {
        let (mug, spade): (Sku, Sku) = ("MUG".parse().unwrap(), "SPADE".parse().unwrap());
        let mut stock = Stock::default();
        stock.receive(mug.clone(), 5);

        let mut basket = Basket::new(Region::France, Date::from_unix_days(20_000));
        basket.add(mug.clone(), 2).add(spade.clone(), 1);
        let order = OrderId::new(1);
        assert!(stock.reserve(order, &basket).is_err());
        assert_eq!(stock.available(&mug), 5);

        stock.receive(spade.clone(), 1);
        stock.reserve(order, &basket).unwrap();
        assert_eq!(stock.available(&mug), 3);
        assert_eq!(stock.running_low(0), [&spade]);

        stock.release(order).unwrap();
        assert_eq!(stock.available(&mug), 5);
        assert_eq!(stock.take(order), Err(StockError::NoReservation(order)));
    }
}
