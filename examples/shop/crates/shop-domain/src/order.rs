//! Orders and the states they go through.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::date::Date;
use crate::ids::{CustomerId, OrderId};
use crate::money::Money;
use crate::pricing::Quote;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    Placed,
    Paid,
    Shipped,
    Delivered,
    Cancelled,
}

/// A step an order cannot take.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OrderError {
    #[error("an order that is {from} cannot become {to}")]
    IllegalStep { from: OrderStatus, to: OrderStatus },
    #[error("`{0}` is not a status of an order")]
    UnknownStatus(String),
}

impl OrderStatus {
    const ALL: [Self; 5] = [
        Self::Placed,
        Self::Paid,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether an order may go from here to `next`.
    pub const fn allows(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Placed, Self::Paid | Self::Cancelled)
                | (Self::Paid, Self::Shipped | Self::Cancelled)
                | (Self::Shipped, Self::Delivered)
        )
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for OrderStatus {
    type Err = OrderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.name() == text)
            .ok_or_else(|| OrderError::UnknownStatus(text.to_owned()))
    }
}

/// A quote that a customer has accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    pub customer: CustomerId,
    pub placed_on: Date,
    pub quote: Quote,
    status: OrderStatus,
}

impl Order {
    /// A fresh order.
    pub fn place(id: OrderId, customer: CustomerId, placed_on: Date, quote: Quote) -> Self {
        Self::restore(id, customer, placed_on, quote, OrderStatus::Placed)
    }

    /// An order as it was stored.
    pub fn restore(
        id: OrderId,
        customer: CustomerId,
        placed_on: Date,
        quote: Quote,
        status: OrderStatus,
    ) -> Self {
        Self {
            id,
            customer,
            placed_on,
            quote,
            status,
        }
    }

    pub fn status(&self) -> OrderStatus {
        self.status
    }

    pub fn total(&self) -> Money {
        self.quote.total
    }

    /// Takes the order one step further.
    pub fn advance(&mut self, next: OrderStatus) -> Result<(), OrderError> {
        if !self.status.allows(next) {
            return Err(OrderError::IllegalStep {
                from: self.status,
                to: next,
            });
        }
        self.status = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_delivery() {
        for next in OrderStatus::ALL {
            assert!(!OrderStatus::Delivered.allows(next));
            assert!(!OrderStatus::Cancelled.allows(next));
        }
    }

    #[test]
    fn names_parse_back() {
        for status in OrderStatus::ALL {
            assert_eq!(status.name().parse(), Ok(status));
        }
    }
}
