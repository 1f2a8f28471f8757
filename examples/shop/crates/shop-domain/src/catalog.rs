//! What the shop sells.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::ids::Sku;
use crate::money::{Money, MoneyError};
use crate::tax::TaxClass;

/// A shelf of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    Books,
    Kitchen,
    Garden,
    Food,
}

impl Category {
    /// The name used in links and in the database.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Books => "books",
            Self::Kitchen => "kitchen",
            Self::Garden => "garden",
            Self::Food => "food",
        }
    }

    /// How goods on this shelf are taxed unless a product says otherwise.
    pub const fn default_tax_class(self) -> TaxClass {
        match self {
            Self::Books => TaxClass::Books,
            Self::Food => TaxClass::Reduced,
            Self::Kitchen | Self::Garden => TaxClass::Standard,
        }
    }
}

/// A shelf the shop does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no category `{0}`")]
pub struct UnknownCategory(String);

impl FromStr for Category {
    type Err = UnknownCategory;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Books, Self::Kitchen, Self::Garden, Self::Food]
            .into_iter()
            .find(|category| category.slug() == text)
            .ok_or_else(|| UnknownCategory(text.to_owned()))
    }
}

/// A product and its price before tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub sku: Sku,
    pub name: String,
    pub price: Money,
    pub category: Category,
    pub tax_class: TaxClass,
    pub weight_grams: u32,
}

impl Product {
    /// A product that is taxed like the rest of its shelf.
    pub fn new(sku: Sku, name: impl Into<String>, price: Money, category: Category) -> Self {
        Self {
            sku,
            name: name.into(),
            price,
            category,
            tax_class: category.default_tax_class(),
            weight_grams: 0,
        }
    }

    /// Sets the weight for shipping.
    #[must_use]
    pub fn weighing(mut self, grams: u32) -> Self {
        self.weight_grams = grams;
        self
    }
}

/// All products on sale, priced in one currency.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    currency: Currency,
    products: BTreeMap<Sku, Product>,
}

impl Catalog {
    /// A catalog with nothing in it.
    pub fn new(currency: Currency) -> Self {
        Self {
            currency,
            products: BTreeMap::new(),
        }
    }

    /// A catalog of these products. Of two with the same unit the later wins.
    pub fn with_products<I>(currency: Currency, products: I) -> Result<Self, MoneyError>
    where
        I: IntoIterator<Item = Product>,
    {
        let mut catalog = Self::new(currency);
        for product in products {
            catalog.insert(product)?;
        }
        Ok(catalog)
    }

    /// The currency of all prices.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Adds or replaces a product, which must be priced in the catalog's
    /// currency.
    pub fn insert(&mut self, product: Product) -> Result<(), MoneyError> {
        if product.price.currency() != self.currency {
            return Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: product.price.currency(),
            });
        }
        self.products.insert(product.sku.clone(), product);
        Ok(())
    }

    /// Looks a product up.
    pub fn get(&self, sku: &Sku) -> Option<&Product> {
        self.products.get(sku)
    }

    /// The products, by unit.
    pub fn iter(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// How many products there are.
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_prices_are_refused() {
        let mug = Product::new(
            "MUG".parse().unwrap(),
            "Mug",
            Money::new(900, Currency::Usd),
            Category::Kitchen,
        );
        let error = Catalog::with_products(Currency::Eur, [mug]).unwrap_err();
        assert!(matches!(error, MoneyError::CurrencyMismatch { .. }));
    }
}
