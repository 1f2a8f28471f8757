//! Invoices: what was bought, frozen on the day it was billed.

use serde::{Deserialize, Serialize};

use crate::customer::{Address, Customer, Email};
use crate::date::Date;
use crate::ids::{InvoiceId, OrderId, Sku};
use crate::money::{Money, MoneyError, Rate};
use crate::order::Order;
use crate::pricing::{AppliedDiscount, QuoteLine, TaxAmount};

/// One side of the deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub name: String,
    pub address: Address,
    pub email: Option<Email>,
    /// The number the tax office knows the party by.
    pub tax_number: Option<String>,
}

impl From<&Customer> for Party {
    fn from(customer: &Customer) -> Self {
        Self {
            name: customer.name.clone(),
            address: customer.address.clone(),
            email: Some(customer.email.clone()),
            tax_number: None,
        }
    }
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvoiceLine {
    pub sku: Sku,
    pub description: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub tax_rate: Rate,
    pub amount: Money,
}

impl From<&QuoteLine> for InvoiceLine {
    fn from(line: &QuoteLine) -> Self {
        Self {
            sku: line.sku.clone(),
            description: line.name.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            tax_rate: line.tax_rate,
            amount: line.gross,
        }
    }
}

/// A bill for one order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: InvoiceId,
    pub order: OrderId,
    pub issued_on: Date,
    pub due_on: Date,
    pub seller: Party,
    pub buyer: Party,
    pub lines: Vec<InvoiceLine>,
    pub discounts: Vec<AppliedDiscount>,
    pub taxes: Vec<TaxAmount>,
    pub total: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How long customers may take to pay.
const PAYMENT_DAYS: u32 = 14;

impl Invoice {
    /// Bills an order.
    pub fn for_order(
        id: InvoiceId,
        order: &Order,
        seller: Party,
        customer: &Customer,
        issued_on: Date,
    ) -> Self {
        Self {
            id,
            order: order.id,
            issued_on,
            due_on: issued_on.plus_days(PAYMENT_DAYS),
            seller,
            buyer: customer.into(),
            lines: order.quote.lines.iter().map(InvoiceLine::from).collect(),
            discounts: order.quote.discounts.clone(),
            taxes: order.quote.taxes.clone(),
            total: order.quote.total,
            note: None,
        }
    }

    /// What the lines, discounts and taxes add up to.
    pub fn computed_total(&self) -> Result<Money, MoneyError> {
        let currency = self.total.currency();
        let lines = Money::total(currency, self.lines.iter().map(|line| line.amount))?;
        let discounts = Money::total(currency, self.discounts.iter().map(|d| d.amount))?;
        let taxes = Money::total(currency, self.taxes.iter().map(|tax| tax.tax))?;
        lines.checked_sub(discounts)?.checked_add(taxes)
    }

    /// Whether the bill should have been paid by `today`.
    pub fn is_overdue(&self, today: Date) -> bool {
        today > self.due_on
    }
}
