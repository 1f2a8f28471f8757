//! The names nearly every module of the shop needs.

pub use crate::basket::{Basket, BasketLine};
pub use crate::catalog::{Catalog, Category, Product};
pub use crate::coupon::{Coupon, CouponKind};
pub use crate::currency::Currency;
pub use crate::customer::{Address, Customer, Email, Tier};
pub use crate::date::Date;
pub use crate::ids::{CustomerId, InvoiceId, OrderId, Sku};
pub use crate::invoice::{Invoice, InvoiceLine, Party};
pub use crate::money::{Money, MoneyError, Rate};
pub use crate::order::{Order, OrderStatus};
pub use crate::pricing::{PricingError, Quote, QuoteLine, TaxAmount};
pub use crate::tax::{Region, TaxClass};
