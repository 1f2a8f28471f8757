//! Summaries for the admin pages.

use std::collections::BTreeMap;
use std::fmt::Write;

use shop_domain::prelude::*;

use crate::format;
use crate::locale::Locale;

/// What was sold in a month.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthlySales {
    pub year: i32,
    pub month: u8,
    pub orders: usize,
    pub revenue: Money,
}

/// Sums the orders up by month. Cancelled orders do not count.
pub fn monthly_sales<'a>(
    currency: Currency,
    orders: impl IntoIterator<Item = &'a Order>,
) -> Result<Vec<MonthlySales>, MoneyError> {
    let mut months: BTreeMap<(i32, u8), MonthlySales> = BTreeMap::new();
    for order in orders {
        if order.status() == OrderStatus::Cancelled {
            continue;
        }
        let (year, month) = (order.placed_on.year(), order.placed_on.month());
        let sales = months.entry((year, month)).or_insert(MonthlySales {
            year,
            month,
            orders: 0,
            revenue: Money::zero(currency),
        });
        sales.orders += 1;
        sales.revenue = sales.revenue.checked_add(order.total())?;
    }
    Ok(months.into_values().collect())
}

/// The sales as a chart of text, the best month being the longest bar.
pub fn sales_chart(sales: &[MonthlySales], locale: Locale) -> String {
    const WIDTH: i64 = 40;

    let best = sales.iter().map(|month| month.revenue.minor()).max();
    let mut chart = String::new();
    for month in sales {
        let length = month.revenue.minor().max(0) * WIDTH / best.unwrap_or(1).max(1);
        let bar = "#".repeat(length as usize);
        let revenue = format::money(month.revenue, locale);
        writeln!(
            chart,
            "{}-{:02} {bar:<40} {revenue} ({})",
            month.year, month.month, month.orders
        )
        .expect("a string takes everything");
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_month_has_the_longest_bar() {
        let month = |month, minor| MonthlySales {
            year: 2025,
            month,
            orders: 1,
            revenue: Money::new(minor, Currency::Eur),
        };
        let chart = sales_chart(&[month(1, 500), month(2, 1000)], Locale::English);
        let bars: Vec<_> = chart
            .lines()
            .map(|line| line.matches('#').count())
            .collect();
        assert_eq!(bars, [20, 40]);
    }
}
