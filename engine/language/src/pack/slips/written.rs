//! Numbers, dates and truths as people in France write them, and as the files of a pack do.

use crate::diagnostic::fold;
use crate::value::{FRENCH_MONTHS, parse_date, parse_number};

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pack) enum What {
    /// `20 000,50`
    Number,
    /// `30 %`
    Percent,
    /// `1 000 €`, `2 ans`: a number with its unit.
    Measure,
    /// `01/01/2017`, `1er janvier 2017`
    Date,
    /// `vrai`, `oui`
    Truth,
}

impl What {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            What::Number => "nombre écrit à la française",
            What::Percent => "pourcentage",
            What::Measure => "nombre écrit avec son unité",
            What::Date => "date écrite à la française",
            What::Truth => "mot pour vrai ou faux",
        }
    }

    /// In words, with its article.
    pub fn with_article(self) -> String {
        format!("{} {}", if self == What::Date { "une" } else { "un" }, self.name())
    }
}

/// What a text says, and how it is written in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pack) struct Written {
    pub what: What,
    pub corrected: String,
}

/// Reads a text as a French author writes it. `None` if it is something else, or is written as a table
/// writes it already.
pub(in crate::pack) fn written(text: &str) -> Option<Written> {
    let text = text.trim_matches(is_blank);
    let told = |what, corrected: String| (corrected != text).then_some(Written { what, corrected });
    if let Some(corrected) = date(text) {
        return told(What::Date, corrected);
    }
    if let Some(corrected) = truth(text) {
        return told(What::Truth, corrected.to_string());
    }
    if let Some(corrected) = number(text) {
        return told(What::Number, corrected);
    }
    let digits = text.find(|c: char| c.is_alphabetic() || matches!(c, '%' | '€' | '$'))?;
    let (amount, unit) = (text.get(..digits)?, text.get(digits..)?);
    let amount = number(amount.trim_end_matches(is_blank))?;
    if is_percent(unit) {
        return told(What::Percent, hundredth(&amount));
    }
    is_unit(unit).then_some(Written { what: What::Measure, corrected: amount })
}

/// A blank of any width.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n' && c != '\r' || matches!(c, '\u{200b}' | '\u{feff}')
}

/// Does a word after a number say per cent?
pub(super) fn is_percent(unit: &str) -> bool {
    let plain: String = unit.chars().filter(|c| !is_blank(*c)).collect();
    matches!(plain.as_str(), "%" | "p.100" | "pourcent" | "p.c.")
}

/// Is it the unit of a number?
pub(super) fn is_unit(word: &str) -> bool {
    const UNITS: [&str; 26] = [
        "€",
        "eur",
        "euro",
        "euros",
        "k€",
        "an",
        "ans",
        "annee",
        "annees",
        "mois",
        "jour",
        "jours",
        "m2",
        "m²",
        "km",
        "personne",
        "personnes",
        "logement",
        "logements",
        "salarie",
        "salaries",
        "min",
        "heures",
        "€/an",
        "€/mois",
        "euros/an",
    ];
    let folded: String = fold(word).chars().filter(|c| !is_blank(*c) && *c != '_').collect();
    // `fold` takes no accent off `²`.
    UNITS.contains(&folded.trim_end_matches('.'))
}

/// A number as tables write it: `20 000,50` is `20000.50`. Groups of thousands have three digits; a
/// single comma is the decimal one.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.trim_matches(is_blank);
    let (sign, body) = match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => ("-", rest.trim_start_matches(is_blank)),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let starts = body.starts_with(|c: char| c.is_ascii_digit() || c == ',' || c == '.');
    let known = |c: char| c.is_ascii_digit() || is_blank(c) || matches!(c, ',' | '.' | '\'' | '’' | '_');
    if !starts || !body.chars().all(known) || !body.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    // Which sign is decimal follows from how often each stands: one comma is decimal, several separate
    // thousands, and then the point is decimal.
    let (commas, dots) = (body.matches(',').count(), body.matches('.').count());
    let (whole, decimals) = match (commas, dots) {
        // English thousands.
        (2.., _) => body.split_once('.').unwrap_or((body, "")),
        (1, _) => body.split_once(',')?,
        (0, 0 | 1) => body.split_once('.').unwrap_or((body, "")),
        _ => (body, ""),
    };
    let groups: Vec<&str> = whole.split(|c: char| !c.is_ascii_digit() && c != '_').collect();
    let in_groups =
        groups.iter().skip(1).all(|g| g.len() == 3) && groups.first().is_none_or(|g| g.len() <= 3);
    if groups.len() > 1 && !in_groups || !decimals.chars().all(|c| c.is_ascii_digit() || c == '_') {
        return None;
    }
    let whole: String = groups.concat();
    let whole = if whole.is_empty() { "0".to_string() } else { whole };
    // `20000,` was meant to have decimals: one zero keeps it a decimal number.
    let has_sign = body.contains([',', '.']) && (commas == 1 || dots == 1);
    let corrected = match (decimals, has_sign) {
        ("", true) if commas < 2 => format!("{sign}{whole}.0"),
        ("", _) => format!("{sign}{whole}"),
        (decimals, _) => format!("{sign}{whole}.{decimals}"),
    };
    // Digits that are no number, such as `007`, are a code.
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    (!leading_zero && parse_number(&corrected).is_some()).then_some(corrected)
}

/// A hundredth of a number, digit by digit: `2.5` gives `0.025`.
pub(super) fn hundredth(number: &str) -> String {
    let (sign, body) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, decimals) = body.split_once('.').unwrap_or((body, ""));
    // Two digits go behind the point, and one at least stays before it.
    let padded = format!("{whole:0>3}");
    let (left, right) = padded.split_at_checked(padded.len().saturating_sub(2)).unwrap_or(("0", "00"));
    let digits = format!("{right}{decimals}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { format!("{sign}{left}") } else { format!("{sign}{left}.{digits}") }
}

/// The number of a month by its name, from 1.
pub(super) fn month(word: &str) -> Option<usize> {
    let folded = fold(word);
    FRENCH_MONTHS
        .iter()
        .map(|month| fold(month))
        .position(|m| {
            m == folded
                || folded.len() >= 3 && folded.ends_with('.') && m.starts_with(folded.trim_end_matches('.'))
        })
        .map(|at| at + 1)
}

/// A date as tables write it: `1er janvier 2017` is `2017-01-01`.
pub(super) fn date(text: &str) -> Option<String> {
    let text = text.trim_matches(is_blank);
    let words: Vec<&str> = text.split(is_blank).filter(|w| !w.is_empty()).collect();
    let (day, month, year) = match words[..] {
        [day, name, year] => (day.trim_end_matches("er"), month(name)?.to_string(), year),
        [one] => {
            let parts: Vec<&str> = one.split(['/', '-', '.', '−', '–']).collect();
            match parts[..] {
                [year, month, day] if year.len() == 4 => (day, month.to_string(), year),
                [day, month, year] if year.len() == 4 => (day, month.to_string(), year),
                _ => return None,
            }
        }
        _ => return None,
    };
    let number = |text: &str, most: usize| -> Option<u32> {
        (text.len() <= most && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())?
    };
    let (day, month, year) = (number(day, 2)?, number(&month, 2)?, number(year, 4)?);
    let iso = format!("{year:04}-{month:02}-{day:02}");
    parse_date(&iso).map(|_| iso)
}

/// `true` or `false`, by a word of French, of a spreadsheet or of another language.
pub(super) fn truth(word: &str) -> Option<&'static str> {
    match fold(word).as_str() {
        "vrai" | "vraie" | "oui" | "true" | "yes" => Some("true"),
        "faux" | "fausse" | "non" | "false" | "no" => Some("false"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{What, hundredth, written};

    #[test]
    fn french_writing_is_read() {
        let read = |text: &str| written(text).map(|w| (w.what, w.corrected));
        let some = |what: What, text: &str| Some((what, text.to_string()));
        for (text, corrected) in [
            ("0,9", "0.9"),
            ("20000,50", "20000.50"),
            ("20 000", "20000"),
            ("20\u{202f}000,50", "20000.50"),
            ("20.000,50", "20000.50"),
            ("1.234.567", "1234567"),
            ("1,234,567.5", "1234567.5"),
            ("−3,5", "-3.5"),
            (",5", "0.5"),
            ("5.", "5.0"),
        ] {
            assert_eq!(read(text), some(What::Number, corrected), "{text}");
        }
        for text in ["30 %", "30%", "30\u{a0}%", "30 pour cent", "30 p. 100"] {
            assert_eq!(read(text), some(What::Percent, "0.3"), "{text}");
        }
        for text in ["1 000 €", "1000 euros", "1\u{202f}000\u{a0}EUR"] {
            assert_eq!(read(text), some(What::Measure, "1000"), "{text}");
        }
        for text in ["01/01/2017", "1/1/2017", "01-01-2017", "1er janvier 2017", "2017/01/01", "2017-1-1"] {
            assert_eq!(read(text), some(What::Date, "2017-01-01"), "{text}");
        }
        assert_eq!(read("VRAI"), some(What::Truth, "true"));
        for right in
            ["0.9", "20000", "2017-01-01", "true", "-3", "21231 Dijon", "007", "31/02/2017", "ville", ""]
        {
            assert_eq!(read(right), None, "{right}");
        }
    }

    #[test]
    fn a_hundredth_keeps_its_digits() {
        let cases = [
            ("30", "0.3"),
            ("2.5", "0.025"),
            ("100", "1"),
            ("150", "1.5"),
            ("0.5", "0.005"),
            ("-7", "-0.07"),
        ];
        for (number, expected) in cases {
            assert_eq!(hundredth(number), expected);
        }
    }
}
