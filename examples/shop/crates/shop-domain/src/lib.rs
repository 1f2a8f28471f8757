//! The domain of the shop: what things cost, who buys them and what they owe.
//!
//! Nothing in this crate does input or output. Most callers want the
//! [`prelude`]:
//!
//! ```
//! use shop_domain::prelude::*;
//!
//! let price: Money = "19.99 EUR".parse()?;
//! assert_eq!((price * 3).to_string(), "59.97 EUR");
//! # Ok::<(), MoneyError>(())
//! ```

pub mod basket;
pub mod catalog;
pub mod coupon;
pub mod currency;
pub mod customer;
pub mod date;
pub mod ids;
pub mod invoice;
pub mod money;
pub mod order;
pub mod page;
pub mod prelude;
pub mod pricing;
pub mod search;
pub mod stock;
pub mod tax;

pub use basket::Basket;
pub use catalog::{Catalog, Product};
pub use coupon::Coupon;
pub use currency::Currency;
pub use date::Date;
pub use invoice::Invoice;
pub use money::Money;
pub use pricing::{PricingError, Quote, price_basket};
