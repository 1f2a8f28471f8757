//! Coupons.

use rusqlite::{Connection, Row};
use shop_domain::prelude::*;

use super::{DbError, parsed_if_any};

/// Finds a coupon by what the customer typed in.
pub fn find(connection: &Connection, code: &str) -> Result<Option<Coupon>, DbError> {
    let mut statement = connection.prepare_cached("SELECT * FROM coupons WHERE code = ?1")?;
    let mut rows = statement.query([code.trim().to_uppercase()])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<Coupon, DbError> {
    let code: String = row.get("code")?;
    let rate = Rate::percent(row.get("percent")?);
    let kind = match parsed_if_any(row, "max_discount")? {
        Some(limit) => CouponKind::Capped { rate, limit },
        None => CouponKind::Percent(rate),
    };
    let mut coupon = Coupon::new(&code, kind);
    if let Some(date) = parsed_if_any(row, "valid_until")? {
        coupon = coupon.valid_until(date);
    }
    if let Some(amount) = parsed_if_any(row, "minimum_spend")? {
        coupon = coupon.minimum_spend(amount);
    }
    Ok(coupon)
}
