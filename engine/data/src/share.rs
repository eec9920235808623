//! One of several parts into which the rows of a table are divided, each decided by a process of its own.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// The `number`-th of `of` parts, from 1. Parts follow each other, leave no row out, and differ by one row at most.
///
/// ```
/// use logis_data::Share;
///
/// let share = |text: &str| text.parse::<Share>();
/// let parts: Result<Vec<_>, _> = (1..=3).map(|n| share(&format!("{n}/3")).map(|part| part.rows(10))).collect();
/// assert_eq!(parts, Ok(vec![0..3, 3..6, 6..10]));
/// assert!(share("0/3").is_err() && share("4/3").is_err() && share("un/3").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    number: u64,
    of: u64,
}

/// A text is no part of a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attendu: une partie telle que 2/4, de 1 à leur nombre")]
pub struct NoShare;

impl Share {
    /// The part of that number; `None` if there is no such part.
    pub fn new(number: u64, of: u64) -> Option<Share> {
        (1..=of).contains(&number).then_some(Share { number, of })
    }

    /// Its rows, of so many.
    pub fn rows(&self, all: u64) -> Range<u64> {
        let before = |parts: u64| {
            let rows = u128::from(all) * u128::from(parts) / u128::from(self.of);
            u64::try_from(rows).unwrap_or(all)
        };
        before(self.number - 1)..before(self.number)
    }

    /// Is it the first part?
    pub fn is_first(&self) -> bool {
        self.number == 1
    }
}

impl FromStr for Share {
    type Err = NoShare;

    fn from_str(text: &str) -> Result<Share, NoShare> {
        let (number, of) = text.split_once('/').ok_or(NoShare)?;
        let whole = |text: &str| text.trim().parse().map_err(|_| NoShare);
        Share::new(whole(number)?, whole(of)?).ok_or(NoShare)
    }
}

/// `2/4`
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}
