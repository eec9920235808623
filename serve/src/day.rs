//! Days as callers write them.

use logis::value::{Date, parse_date};

/// A date, or in words that it is none.
pub fn date(text: &str) -> Result<Date, String> {
    parse_date(text.trim()).ok_or_else(|| format!("« {text} » n'est pas une date ; attendu: AAAA-MM-JJ"))
}

/// The day of today where the service runs.
pub fn today() -> Date {
    jiff::ZonedDateTime::now().date()
}
