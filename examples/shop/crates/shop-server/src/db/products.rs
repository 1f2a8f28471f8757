//! Products.

use rusqlite::{Connection, Row};
use shop_domain::prelude::*;

use super::{DbError, parsed};

/// Loads everything that is sold in this currency.
pub fn load_catalog(connection: &Connection, currency: Currency) -> Result<Catalog, DbError> {
    let mut catalog = Catalog::new(currency);
    let mut statement = connection.prepare_cached("SELECT * FROM products ORDER BY sku")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let product = read(row)?;
        if let Err(error) = catalog.insert(product) {
            tracing::warn!(%error, "left a product out");
        }
    }
    Ok(catalog)
}

fn read(row: &Row<'_>) -> Result<Product, DbError> {
    let name: String = row.get("name")?;
    let product = Product::new(
        parsed(row, "sku")?,
        name,
        parsed(row, "price")?,
        parsed(row, "category")?,
    );
    Ok(product.weighing(row.get("weight_grams")?))
}
