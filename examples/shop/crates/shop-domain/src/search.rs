//! Finding products by the words in their names.

use std::collections::{BTreeMap, HashMap};

use crate::catalog::Catalog;
use crate::ids::Sku;

/// Which words occur in the names of which products.
#[derive(Clone, Debug, Default)]
pub struct SearchIndex {
    postings: BTreeMap<String, Vec<Sku>>,
}

impl SearchIndex {
    /// Indexes everything in the catalog.
    pub fn build(catalog: &Catalog) -> Self {
        let mut index = Self::default();
        for product in catalog.iter() {
            for word in words(&product.name).chain(words(product.category.slug())) {
                let skus = index.postings.entry(word).or_default();
                if skus.last() != Some(&product.sku) {
                    skus.push(product.sku.clone());
                }
            }
        }
        index
    }

    /// The products that match, best first. The last word of the query may be
    /// unfinished.
    pub fn find(&self, query: &str, limit: usize) -> Vec<Sku> {
        let mut scores: HashMap<&Sku, u32> = HashMap::new();
        for word in words(query) {
            for (term, skus) in self
                .postings
                .range(word.clone()..)
                .take_while(|(term, _)| term.starts_with(&word))
            {
                let score = if *term == word { 3 } else { 1 };
                for sku in skus {
                    *scores.entry(sku).or_default() += score;
                }
            }
        }
        let mut hits: Vec<_> = scores.into_iter().collect();
        hits.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        hits.into_iter()
            .take(limit)
            .map(|(sku, _)| sku.clone())
            .collect()
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Category, Product};
    use crate::currency::Currency;
    use crate::money::Money;

    #[test]
    fn whole_words_rank_first() {
        let product = |sku: &str, name: &str| {
            let price = Money::new(100, Currency::Eur);
            Product::new(sku.parse().unwrap(), name, price, Category::Garden)
        };
        let catalog = Catalog::with_products(
            Currency::Eur,
            [product("A", "Potting bench"), product("B", "Pot")],
        )
        .unwrap();
        let hits = SearchIndex::build(&catalog).find("pot", 10);
        assert_eq!(hits.iter().map(Sku::as_str).collect::<Vec<_>>(), ["B", "A"]);
    }
}
