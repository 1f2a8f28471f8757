//! Spreadsheets for the people in accounting.

use std::borrow::Cow;

use shop_domain::prelude::*;

/// Something that fits on a row.
pub trait CsvRow {
    /// The names of the columns.
    const HEADER: &'static [&'static str];

    /// The values of the columns.
    fn fields(&self) -> Vec<Cow<'_, str>>;
}

impl CsvRow for Order {
    const HEADER: &'static [&'static str] = &["order", "customer", "date", "status", "total"];

    fn fields(&self) -> Vec<Cow<'_, str>> {
        vec![
            self.id.to_string().into(),
            self.customer.to_string().into(),
            self.placed_on.to_string().into(),
            self.status().name().into(),
            self.total().to_string().into(),
        ]
    }
}

impl CsvRow for Product {
    const HEADER: &'static [&'static str] = &["sku", "name", "price", "category", "grams"];

    fn fields(&self) -> Vec<Cow<'_, str>> {
        vec![
            self.sku.as_str().into(),
            self.name.as_str().into(),
            self.price.to_string().into(),
            self.category.slug().into(),
            self.weight_grams.to_string().into(),
        ]
    }
}

/// Writes rows under their header, in the dialect of RFC 4180.
pub fn to_csv<'a, T, I>(rows: I) -> String
where
    T: CsvRow + 'a,
    I: IntoIterator<Item = &'a T>,
{
    let mut out = String::new();
    push_row(&mut out, T::HEADER.iter().copied());
    for row in rows {
        push_row(&mut out, row.fields().iter().map(AsRef::as_ref));
    }
    out
}

fn push_row<'a>(out: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&quote(field));
    }
    out.push_str("\r\n");
}

fn quote(field: &str) -> Cow<'_, str> {
    // Spreadsheets take these for the start of a formula.
    let formula = field.starts_with(['=', '+', '@']);
    if formula || field.contains(['"', ',', '\r', '\n']) {
        let mark = if formula { "'" } else { "" };
        Cow::Owned(format!("\"{mark}{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_when_needed() {
        assert_eq!(quote("plain"), "plain");
        assert_eq!(quote("7\" plate, blue"), "\"7\"\" plate, blue\"");
        assert_eq!(quote("=1+1"), "\"'=1+1\"");
    }

    #[test]
    fn rows_follow_the_header() {
        let price = Money::new(450, Currency::Eur);
        let product = Product::new("JAM".parse().unwrap(), "Jam, plum", price, Category::Food);
        assert_eq!(
            to_csv([&product.weighing(340)]),
            "sku,name,price,category,grams\r\nJAM,\"Jam, plum\",4.50 EUR,food,340\r\n"
        );
    }
}
