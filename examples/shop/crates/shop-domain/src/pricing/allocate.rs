//! Dividing money without losing a cent.

use crate::money::Money;

/// Splits a total into `parts` amounts that differ by a minor unit at most, larger ones first.
///
/// ```
/// use shop_domain::prelude::*;
/// use shop_domain::pricing::split_evenly;
///
/// let parts = split_evenly("10.00 EUR".parse()?, 3);
/// assert_eq!(parts[0].to_string(), "3.34 EUR");
/// assert_eq!(parts[2].to_string(), "3.33 EUR");
/// # Ok::<(), MoneyError>(())
/// ```
///
/// # Panics
///
/// If `parts` is zero: there is nobody to give the money to.
pub fn split_evenly(total: Money, parts: u32) -> Vec<Money> {
    assert!(parts > 0, "cannot split {total} into zero parts");
    allocate(total, &vec![1_u32; parts as usize])
}

/// Splits a total in proportion to `weights`, exactly.
///
/// What rounding down leaves over goes, a minor unit each, to the parts it took the most from. With
/// no weight above zero everything goes to the first part.
pub fn allocate<W>(total: Money, weights: &[W]) -> Vec<Money>
where
    W: Copy + Into<u64>,
{
    let weights: Vec<i128> = weights
        .iter()
        .map(|&weight| i128::from(weight.into()))
        .collect();
    let sum: i128 = weights.iter().sum();
    let amount = i128::from(total.minor());
    let part = |minor: i128| Money::from_minor(minor as i64, total.currency());

    if sum == 0 {
        return weights
            .iter()
            .enumerate()
            .map(|(i, _)| part(if i == 0 { amount } else { 0 }))
            .collect();
    }

    let mut shares: Vec<i128> = weights
        .iter()
        .map(|w| (amount * w).div_euclid(sum))
        .collect();
    let left_over = amount - shares.iter().sum::<i128>();

    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    by_remainder.sort_by_key(|&i| (-(amount * weights[i]).rem_euclid(sum), i));
    for &i in by_remainder.iter().take(left_over as usize) {
        shares[i] += 1;
    }
    shares.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::Currency;

    fn minors(parts: &[Money]) -> Vec<i64> {
        parts.iter().map(|part| part.minor()).collect()
    }

    #[test]
    fn nothing_is_lost() {
        for minor in [-1001, -1, 0, 1, 99, 100, 12_345] {
            let total = Money::from_minor(minor, Currency::Usd);
            let parts = allocate(total, &[3_u32, 0, 5, 9]);
            assert_eq!(minors(&parts).iter().sum::<i64>(), minor);
            assert_eq!(parts[1].minor(), 0);
        }
    }

    #[test]
    fn weightless_parts_leave_all_to_the_first() {
        let total = Money::from_minor(7, Currency::Jpy);
        assert_eq!(minors(&allocate(total, &[0_u32, 0])), [7, 0]);
        assert!(allocate::<u32>(total, &[]).is_empty());
    }

    #[test]
    #[should_panic(expected = "into zero parts")]
    fn zero_parts_panic() {
        split_evenly(Money::zero(Currency::Eur), 0);
    }
}
