//! Amounts of money, counted in minor units so that nothing is lost.

use std::cmp::Ordering;
use std::fmt;
use std::iter;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::currency::{Currency, UnknownCurrency};

/// What can go wrong when computing with money.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    #[error("cannot combine {left} with {right}")]
    CurrencyMismatch { left: Currency, right: Currency },
    #[error("the amount is out of range")]
    Overflow,
    #[error("`{0}` is not an amount of money")]
    Malformed(String),
    #[error(transparent)]
    UnknownCurrency(#[from] UnknownCurrency),
}

/// An amount in one currency.
///
/// The operators panic where the `checked_*` methods return an error, so use
/// them only where the currencies are known to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units, such as cents.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in the given currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency of the amount.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is exactly zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Adds an amount of the same currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// Subtracts an amount of the same currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// Multiplies by a quantity.
    pub fn checked_mul(self, quantity: u32) -> Result<Self, MoneyError> {
        self.minor
            .checked_mul(i64::from(quantity))
            .map(|minor| Self::new(minor, self.currency))
            .ok_or(MoneyError::Overflow)
    }

    /// The given share of the amount, rounded half away from zero.
    pub fn share(self, rate: Rate) -> Result<Self, MoneyError> {
        let scaled = i128::from(self.minor) * i128::from(rate.basis_points());
        let half = i128::from(Rate::SCALE / 2) * scaled.signum();
        i64::try_from((scaled + half) / i128::from(Rate::SCALE))
            .map(|minor| Self::new(minor, self.currency))
            .map_err(|_| MoneyError::Overflow)
    }

    /// Adds up amounts that must all be in `currency`.
    pub fn total<I>(currency: Currency, amounts: I) -> Result<Self, MoneyError>
    where
        I: IntoIterator<Item = Self>,
    {
        amounts
            .into_iter()
            .try_fold(Self::zero(currency), Self::checked_add)
    }

    /// The smaller of two amounts of the same currency.
    pub fn at_most(self, limit: Self) -> Self {
        if self > limit { limit } else { self }
    }

    fn combine(
        self,
        other: Self,
        operation: impl FnOnce(i64, i64) -> Option<i64>,
    ) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            });
        }
        operation(self.minor, other.minor)
            .map(|minor| Self::new(minor, self.currency))
            .ok_or(MoneyError::Overflow)
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.checked_add(other).expect("amounts can be added")
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.checked_sub(other).expect("amounts can be subtracted")
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.minor, self.currency)
    }
}

impl Mul<u32> for Money {
    type Output = Self;

    fn mul(self, quantity: u32) -> Self {
        self.checked_mul(quantity)
            .expect("amount can be multiplied")
    }
}

/// Amounts of different currencies have no order.
impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let scale = self.currency.minor_per_major().unsigned_abs();
        let (major, minor) = (
            self.minor.unsigned_abs() / scale,
            self.minor.unsigned_abs() % scale,
        );
        match self.currency.exponent() as usize {
            0 => write!(f, "{sign}{major} {}", self.currency),
            digits => write!(f, "{sign}{major}.{minor:0digits$} {}", self.currency),
        }
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Parses the form that [`Display`](fmt::Display) writes: `12.50 EUR`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || MoneyError::Malformed(text.to_owned());
        let (number, code) = text.trim().split_once(' ').ok_or_else(malformed)?;
        let currency: Currency = code.trim().parse()?;

        let (negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (major, fraction) = number.split_once('.').unwrap_or((number, ""));
        let width = currency.exponent() as usize;
        if fraction.len() > width || major.is_empty() {
            return Err(malformed());
        }
        let digits: String = major
            .chars()
            .chain(fraction.chars())
            .chain(iter::repeat_n('0', width - fraction.len()))
            .collect();
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        let minor: i64 = digits.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self::new(if negative { -minor } else { minor }, currency))
    }
}

/// A share of something in basis points: 1900 is 19 %.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Rate(u32);

impl Rate {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);

    const SCALE: u32 = 10_000;

    /// A whole number of percent.
    pub const fn percent(percent: u32) -> Self {
        Self(percent * 100)
    }

    /// Hundredths of a percent.
    pub const fn from_basis_points(points: u32) -> Self {
        Self(points)
    }

    /// Hundredths of a percent.
    pub const fn basis_points(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{whole} %"),
            (_, 0) => write!(f, "{whole}.{} %", rest / 10),
            _ => write!(f, "{whole}.{rest:02} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::Eur)
    }

    #[test]
    fn text_round_trips() {
        for text in ["0.00 EUR", "-12.05 USD", "1500 JPY", "7.10 GBP"] {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), text);
        }
        assert_eq!("3.5 EUR".parse(), Ok(eur(350)));
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in ["", "12", "1.234 EUR", "x EUR", ".5 EUR", "1 XXX", "--1 EUR"] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }

    #[test]
    fn shares_round_half_away_from_zero() {
        assert_eq!(eur(50).share(Rate::percent(1)), Ok(eur(1)));
        assert_eq!(eur(-50).share(Rate::percent(1)), Ok(eur(-1)));
        assert_eq!(eur(49).share(Rate::percent(1)), Ok(eur(0)));
    }

    #[test]
    fn currencies_do_not_mix() {
        let error = eur(1)
            .checked_add(Money::new(1, Currency::Usd))
            .unwrap_err();
        assert_eq!(error.to_string(), "cannot combine EUR with USD");
        assert_eq!(eur(1).partial_cmp(&Money::new(1, Currency::Usd)), None);
    }

    #[test]
    fn rates_print_as_percent() {
        assert_eq!(Rate::percent(19).to_string(), "19 %");
        assert_eq!(Rate::from_basis_points(550).to_string(), "5.5 %");
        assert_eq!(Rate::from_basis_points(725).to_string(), "7.25 %");
    }
}
