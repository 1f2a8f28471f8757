//! Customers and their credentials.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use shop_domain::prelude::*;

use super::DbError;

/// What customers tell about themselves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub address: Address,
}

/// What is needed to log someone in.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub id: CustomerId,
    pub password_hash: String,
    pub admin: bool,
}

/// Registers a customer, unless the address is taken.
pub fn insert(
    connection: &Connection,
    email: &Email,
    password_hash: &str,
    profile: &Profile,
) -> Result<Option<CustomerId>, DbError> {
    let changed = connection.execute(
        "INSERT INTO customers (email, password_hash, profile) VALUES (?1, ?2, ?3)
         ON CONFLICT (email) DO NOTHING",
        params![
            email.as_str(),
            password_hash,
            serde_json::to_string(profile)?
        ],
    )?;
    Ok((changed > 0).then(|| CustomerId::new(connection.last_insert_rowid())))
}

/// Looks up who logs in with this address.
pub fn credentials(connection: &Connection, email: &Email) -> Result<Option<Credentials>, DbError> {
    let found = connection
        .query_row(
            "SELECT id, password_hash, admin FROM customers WHERE email = ?1",
            [email.as_str()],
            |row| {
                Ok(Credentials {
                    id: CustomerId::new(row.get(0)?),
                    password_hash: row.get(1)?,
                    admin: row.get(2)?,
                })
            },
        )
        .optional()?;
    Ok(found)
}

/// Loads a customer. The tier follows from the orders placed since `since`.
pub fn load(
    connection: &Connection,
    id: CustomerId,
    since: Date,
) -> Result<Option<Customer>, DbError> {
    let row: Option<(String, String, u32)> = connection
        .query_row(
            "SELECT email, profile,
                    (SELECT count(*) FROM orders
                     WHERE customer = ?1 AND placed_on >= ?2 AND status <> 'cancelled')
             FROM customers WHERE id = ?1",
            params![id.get(), since.to_string()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((email, profile, orders)) = row else {
        return Ok(None);
    };
    let profile: Profile = serde_json::from_str(&profile)?;
    let email = Email::try_from(email).map_err(|error| DbError::Column {
        column: "email",
        text: id.to_string(),
        reason: error.to_string(),
    })?;
    Ok(Some(Customer {
        id,
        name: profile.name,
        email,
        address: profile.address,
        tier: Tier::for_orders(orders),
    }))
}
