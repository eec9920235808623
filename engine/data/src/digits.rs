//! How many digits a column of decimal numbers has.

/// The digits that numbers are held in, of which so many are decimals, and the largest of which is `most` counts of the
/// last one: 18, which files hold in a whole number of 8 bytes, or 38, where those may be too few. With many decimals
/// few digits would be left before the point, whatever the numbers are.
pub fn decimal_digits(decimals: u32, most: u128) -> u8 {
    /// Before the point of 18 digits there are nine at least.
    const MOST_DECIMALS: u32 = 9;
    if decimals <= MOST_DECIMALS && most < 1_000_000_000_000_000_000 { 18 } else { 38 }
}
