//! Numbers as people write them in a table: `21 300,50 €`, `21'300`, `1.234.567`. What reads in two ways
//! is refused with both.

use logis_language::diagnostic::fold;
use logis_language::value::{Exact, parse_number};

/// What is said of a number that reads in two ways.
pub(super) const TWO_READINGS: &str = "se lit de deux façons";

/// Why a text is not a number that can be taken: what it is instead, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotRead {
    /// The same for all cells that fail so.
    pub what: &'static str,
    /// What of this cell helps.
    pub hint: String,
}

/// What a number is one of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'f> {
    /// Is it money?
    pub amount: bool,
    /// The decimals that it may have.
    pub decimals: u32,
    /// `EUR/an`, `m²`…
    pub unit: Option<&'f str>,
}

/// Reads a number.
pub(super) fn read(text: &str, of: Of<'_>) -> Result<Exact, NotRead> {
    let not = |hint: &str| NotRead { what: of.what(), hint: hint.to_string() };
    let text = text.trim_matches(blank);
    let (negative, text) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start_matches(blank)),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let text = match of.amount.then(|| text.strip_prefix('€').or_else(|| text.strip_prefix("EUR "))).flatten()
    {
        Some(rest) => rest.trim_start_matches(blank),
        None => text,
    };
    // A unit may end with a digit (`m2`): what stands from the first letter on is then the unit of the field.
    let letter = text.find(char::is_alphabetic);
    let own_unit =
        letter.filter(|at| of.unit.is_some_and(|own| unit(own) == unit(text.get(*at..).unwrap_or(""))));
    let end =
        own_unit.or_else(|| text.rfind(|c: char| c.is_ascii_digit()).map(|at| at + 1)).unwrap_or_default();
    let (body, suffix) = (
        text.get(..end).unwrap_or("").trim_end_matches(blank),
        text.get(end..).unwrap_or("").trim_matches(blank),
    );
    if body.is_empty() {
        return Err(not(hint(text)));
    }
    if !suffix.is_empty() {
        of.suffix(suffix).map_err(|(what, hint)| NotRead { what: what.unwrap_or(of.what()), hint })?;
    }
    if !body.chars().all(|c| c.is_ascii_digit() || groups(c) || matches!(c, ',' | '.')) {
        return Err(not(hint(body)));
    }
    let (whole, decimals) = split(body, of)?;
    let digits = ungrouped(whole).ok_or_else(|| not(" (groupes de trois chiffres mal formés ?)"))?;
    let sign = if negative { "-" } else { "" };
    let plain = match decimals {
        "" => format!("{sign}{digits}"),
        decimals => format!("{sign}{digits}.{decimals}"),
    };
    parse_number(&plain).ok_or_else(|| not(" (trop de chiffres)"))
}

/// Splits a number at its decimal separator, if it has one; digits and separators only.
fn split<'b>(body: &'b str, of: Of<'_>) -> Result<(&'b str, &'b str), NotRead> {
    let not = |hint: &str| NotRead { what: of.what(), hint: hint.to_string() };
    let count = |sign: char| body.matches(sign).count();
    let Some(last) = body.rfind([',', '.']) else { return Ok((body, "")) };
    let (whole, rest) = (body.get(..last).unwrap_or(""), body.get(last + 1..).unwrap_or(""));
    let other = if body.get(last..).is_some_and(|r| r.starts_with(',')) { '.' } else { ',' };
    let same = if other == '.' { ',' } else { '.' };
    let spaced = body.chars().any(groups);
    if count(same) > 1 {
        // `1.234.567`: the same sign twice can only group.
        return if count(other) == 0 && !spaced {
            Ok((body, ""))
        } else {
            Err(not(" (plusieurs virgules ou points ?)"))
        };
    }
    if whole.is_empty() || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return Err(not(""));
    }
    if count(other) > 0 && spaced {
        return Err(not(" (plusieurs virgules ou points ?)"));
    }
    let may_group =
        count(other) == 0 && !spaced && rest.len() == 3 && whole.len() <= 3 && !whole.starts_with('0');
    if may_group && (of.amount || of.decimals < 3) {
        let decimal = match rest.strip_suffix('0') {
            Some(two) => format!("{whole},{two}"),
            None => format!("{whole},{rest}"),
        };
        return Err(NotRead { what: TWO_READINGS, hint: format!(": {whole} {rest} ou {decimal} ?") });
    }
    Ok((whole, rest))
}

/// The digits of a whole number, the separators of its groups left out: groups of three after a first
/// of one to three, all by one sign.
fn ungrouped(whole: &str) -> Option<String> {
    let mut signs = whole.chars().filter(|c| !c.is_ascii_digit());
    let Some(first) = signs.next() else { return Some(whole.to_string()) };
    if signs.any(|sign| sign != first) {
        return None;
    }
    let mut parts = whole.split(first);
    let head = parts.next().filter(|head| (1..=3).contains(&head.len()) && !head.starts_with('0'))?;
    let mut digits = head.to_string();
    for part in parts {
        if part.len() != 3 {
            return None;
        }
        digits.push_str(part);
    }
    Some(digits)
}

/// Does it stand between groups of digits, and nowhere else?
fn groups(c: char) -> bool {
    blank(c) || matches!(c, '\'' | '\u{2019}' | '\u{2bc}')
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}')
}

/// What a text that is no number may have been meant as.
fn hint(text: &str) -> &'static str {
    let has = |signs: &[char]| text.contains(signs);
    let mut letters = text.chars().filter(|c| c.is_alphabetic());
    let exponent = matches!((letters.next(), letters.next()), (Some('e' | 'E'), None));
    if exponent && has(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        " (notation d'un tableur, qui a arrondi ?)"
    } else if has(&['O', 'o']) {
        " (lettre O ?)"
    } else if has(&['l', 'I']) {
        " (lettre l ou I ?)"
    } else if has(&['/']) {
        " (une fraction ne se lit que dans les paramètres)"
    } else if has(&['_']) {
        " (sans « _ » entre les chiffres)"
    } else {
        ""
    }
}

impl Of<'_> {
    fn what(self) -> &'static str {
        if self.amount { "n'est pas un montant" } else { "n'est pas un nombre" }
    }

    /// Is what stands behind the digits the unit of the field?
    fn suffix(self, suffix: &str) -> Result<(), (Option<&'static str>, String)> {
        let written = unit(suffix);
        let own = self.unit.map(unit);
        if own.as_deref() == Some(&written) || self.amount && written == "eur" {
            return Ok(());
        }
        if self.amount && matches!(written.as_str(), "keur" | "k" | "meur") {
            return Err((None, " (en milliers ou en millions ?)".to_string()));
        }
        if self.amount && written.starts_with("eur") {
            return Err((
                Some("n'est pas dans l'unité du champ"),
                format!(" ({})", self.unit.unwrap_or("EUR")),
            ));
        }
        Err((None, hint(suffix).to_string()))
    }
}

/// A unit in one spelling: `€ / an`, `euros par an` and `EUR/an` are one.
fn unit(text: &str) -> String {
    let text = fold(text).replace('€', "eur").replace("euros", "eur").replace("euro", "eur");
    let text = text.replace("_par_", "/").replace('²', "2").replace('³', "3");
    text.chars().filter(|c| !matches!(c, '_') && !blank(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EUROS: Of<'static> = Of { amount: true, decimals: 2, unit: Some("EUR/an") };

    /// What a reader in France would take each text for, written out by hand.
    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (text, units, per) in [
            ("21300", 21_300, 1),
            ("21 300", 21_300, 1),
            ("21\u{202f}300,50 €", 42_601, 2),
            ("21'300", 21_300, 1),
            ("21\u{2019}300.5", 42_601, 2),
            ("1.234.567", 1_234_567, 1),
            ("1,234,567.8", 6_172_839, 5),
            ("1.234,56", 30_864, 25),
            ("21.30", 213, 10),
            ("21,3 EUR", 213, 10),
            ("2130,000", 2130, 1),
            ("0,125", 1, 8),
            ("-12", -12, 1),
            ("\u{2212}12", -12, 1),
            ("21300 €/an", 21_300, 1),
            ("21 300 euros par an", 21_300, 1),
            ("€ 21300", 21_300, 1),
        ] {
            assert_eq!(read(text, EUROS), Ok(Exact::new(units, per)), "{text}");
        }
    }

    #[test]
    fn what_reads_in_two_ways_or_none_is_refused() {
        for (text, hint) in [
            ("21.300", ": 21 300 ou 21,30 ?"),
            ("21,300", ": 21 300 ou 21,30 ?"),
            ("1.125", ": 1 125 ou 1,125 ?"),
            ("42600/2", " (une fraction ne se lit que dans les paramètres)"),
            ("21_300", " (sans « _ » entre les chiffres)"),
            ("2,13E+04", " (notation d'un tableur, qui a arrondi ?)"),
            ("21 30", " (groupes de trois chiffres mal formés ?)"),
            ("2 1300", " (groupes de trois chiffres mal formés ?)"),
            ("21 3O0", " (lettre O ?)"),
            ("2130O", " (lettre O ?)"),
            ("21,3 k€", " (en milliers ou en millions ?)"),
            ("1775 €/mois", " (EUR/an)"),
            ("1.23.456", " (groupes de trois chiffres mal formés ?)"),
            ("1.234.5", " (groupes de trois chiffres mal formés ?)"),
            ("12,", ""),
            (",5", ""),
            ("(300)", ""),
            ("", ""),
            ("99999999999999999999999999999999999999999", " (trop de chiffres)"),
        ] {
            assert_eq!(read(text, EUROS).map_err(|e| e.hint), Err(hint.to_string()), "{text}");
        }
    }

    #[test]
    fn three_decimals_are_read_where_the_field_has_them() {
        let of = Of { amount: false, decimals: 3, unit: Some("m²") };
        assert_eq!(read("21.300", of), Ok(Exact::new(213, 10)));
        assert_eq!(read("45,125 m2", of), Ok(Exact::new(361, 8)));
        assert!(read("21.300", Of { decimals: 2, ..of }).is_err());
        assert!(read("1.200", Of { decimals: 0, ..of }).is_err());
    }
}
