//! Orders.

use rusqlite::{Connection, Row, params};
use shop_domain::prelude::*;

use super::{DbError, parsed};

/// Stores a new order.
pub fn insert(
    connection: &Connection,
    customer: CustomerId,
    placed_on: Date,
    quote: Quote,
) -> Result<Order, DbError> {
    connection.execute(
        "INSERT INTO orders (customer, placed_on, status, quote) VALUES (?1, ?2, ?3, ?4)",
        params![
            customer.get(),
            placed_on.to_string(),
            OrderStatus::Placed.name(),
            serde_json::to_string(&quote)?
        ],
    )?;
    let id = OrderId::new(connection.last_insert_rowid());
    Ok(Order::place(id, customer, placed_on, quote))
}

/// Loads one order.
pub fn find(connection: &Connection, id: OrderId) -> Result<Option<Order>, DbError> {
    let mut statement = connection.prepare_cached("SELECT * FROM orders WHERE id = ?1")?;
    let mut rows = statement.query([id.get()])?;
    rows.next()?.map(read).transpose()
}

/// Loads all orders, the oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Order>, DbError> {
    let mut statement = connection.prepare_cached("SELECT * FROM orders ORDER BY id")?;
    let orders = statement.query_and_then((), read)?;
    orders.collect()
}

/// Stores how far an order has come.
pub fn set_status(connection: &Connection, order: &Order) -> Result<(), DbError> {
    connection.execute(
        "UPDATE orders SET status = ?2 WHERE id = ?1",
        params![order.id.get(), order.status().name()],
    )?;
    Ok(())
}

/// Cancels what was placed before `limit` and never paid for.
pub fn cancel_unpaid(connection: &Connection, limit: Date) -> Result<usize, DbError> {
    let cancelled = connection.execute(
        "UPDATE orders SET status = ?1 WHERE status = ?2 AND placed_on < ?3",
        [
            OrderStatus::Cancelled.name(),
            OrderStatus::Placed.name(),
            &limit.to_string(),
        ],
    )?;
    Ok(cancelled)
}

fn read(row: &Row<'_>) -> Result<Order, DbError> {
    let quote: String = row.get("quote")?;
    Ok(Order::restore(
        OrderId::new(row.get("id")?),
        CustomerId::new(row.get("customer")?),
        parsed(row, "placed_on")?,
        serde_json::from_str(&quote)?,
        parsed(row, "status")?,
    ))
}
