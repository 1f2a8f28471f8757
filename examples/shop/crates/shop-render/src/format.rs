//! Numbers and dates as people of a locale write them.

use shop_domain::prelude::*;

use crate::locale::Locale;

/// An amount with the sign of its currency: `€1,234.50`, `1.234,50 €`.
pub(crate) fn money(amount: Money, locale: Locale) -> String {
    let currency = amount.currency();
    let (_, decimal) = locale.separators();
    let magnitude = amount.minor().unsigned_abs();
    let scale = currency.minor_per_major().unsigned_abs();

    let mut number = group_thousands(magnitude / scale, locale);
    let digits = currency.exponent() as usize;
    if digits > 0 {
        number.push(decimal);
        number.push_str(&format!("{:0digits$}", magnitude % scale));
    }
    let sign = if amount.is_negative() { "-" } else { "" };
    let symbol = currency.symbol();
    match locale {
        Locale::English => format!("{sign}{symbol}{number}"),
        Locale::French | Locale::German => format!("{sign}{number}\u{a0}{symbol}"),
    }
}

/// A rate in percent with the decimals it needs.
pub(crate) fn rate(rate: Rate, locale: Locale) -> String {
    let (_, decimal) = locale.separators();
    rate.to_string().replace('.', &decimal.to_string())
}

/// A date in digits.
pub(crate) fn date(date: Date, locale: Locale) -> String {
    match locale {
        Locale::English => date.to_string(),
        Locale::French => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
        Locale::German => format!("{:02}.{:02}.{}", date.day(), date.month(), date.year()),
    }
}

fn group_thousands(number: u64, locale: Locale) -> String {
    let (separator, _) = locale.separators();
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_follows_the_locale() {
        let amount = Money::new(-123_456_705, Currency::Eur);
        assert_eq!(money(amount, Locale::English), "-€1,234,567.05");
        assert_eq!(money(amount, Locale::German), "-1.234.567,05\u{a0}€");
        let yen = Money::new(999, Currency::Jpy);
        assert_eq!(money(yen, Locale::English), "¥999");
    }

    #[test]
    fn rates_use_the_decimal_sign() {
        let reduced = Rate::from_basis_points(550);
        assert_eq!(rate(reduced, Locale::French), "5,5 %");
        assert_eq!(rate(reduced, Locale::English), "5.5 %");
    }
}
