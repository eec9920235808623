//! Quantities and days as French writes them: `18 760 € par an`, `≈ 33,33 % des revenus`, `1er janvier 2019`.

use std::fmt::Write as _;

use logis_language::value::{
    Date, Exact, Rounding, Value, finite_decimals, french_day, mul, parse_date, power_of_ten, round,
};

/// A space at which no line breaks.
const SPACE: char = '\u{a0}';

/// A value with its unit: money to the cent, parts of something as percents, the unit in the singular where it
/// belongs. What is rounded says so: `≈`.
pub(super) fn quantity(number: &Exact, unit: Option<&str>) -> String {
    let unit = unit.map(str::trim).filter(|unit| !unit.is_empty());
    // Years and other bare numbers of four digits are not parted.
    let Some(unit) = unit else { return about(number, 0, 2, is_large(number)) };
    if let Some(of) = unit.strip_prefix("part").filter(|of| of.is_empty() || of.starts_with(' ')) {
        return part(number, of.trim_start());
    }
    let money = unit.split('/').next() == Some("EUR");
    let digits = about(number, if money { 2 } else { 0 }, 2, true);
    format!("{digits}{SPACE}{}", unit_words(unit, is_one(number)))
}

/// Is it less than two? French then writes the singular: `0 personne`, `1,5 an`.
fn is_one(number: &Exact) -> bool {
    let two = Exact::from_integer(2);
    *number < two && *number > Exact::from_integer(-2)
}

fn is_large(number: &Exact) -> bool {
    let limit = Exact::from_integer(10_000);
    *number >= limit || *number <= Exact::from_integer(-10_000)
}

/// A part as a percentage: `10 % des ressources`; thirds, which no percentage is, by their names.
fn part(number: &Exact, of: &str) -> String {
    let of = if of.is_empty() { String::new() } else { format!(" {of}") };
    if *number == Exact::new(1, 3) {
        return format!("un tiers{of}");
    }
    if *number == Exact::new(2, 3) {
        return format!("deux tiers{of}");
    }
    let hundred = mul(number, &Exact::from_integer(100));
    let percents = hundred.as_ref().map_or_else(|_| about(number, 0, 2, true), |n| about(n, 0, 2, true));
    format!("{percents}{SPACE}%{of}")
}

/// A number with at most `most` decimals, in groups of three digits if they are asked for; at least `least` decimals,
/// if it has any. `≈` where digits are dropped.
fn about(number: &Exact, least: u32, most: u32, groups: bool) -> String {
    let own = finite_decimals(*number.denom()).filter(|decimals| *decimals <= most);
    let (mark, decimals) = match own {
        Some(0) => ("", 0),
        Some(decimals) => ("", decimals.max(least)),
        None => ("≈\u{a0}", most),
    };
    let rounded = round(number, decimals, Rounding::Nearest).unwrap_or(*number);
    let scaled = power_of_ten(decimals).and_then(|unit| mul(&rounded, &Exact::from_integer(unit)).ok());
    // Too many digits to be a quantity of this world: as it is.
    let Some(scaled) = scaled.filter(Exact::is_integer) else { return Value::Number(*number).to_string() };
    let digits = format!("{:0>width$}", scaled.to_integer().unsigned_abs(), width = decimals as usize + 1);
    let (whole, fraction) =
        digits.split_at_checked(digits.len() - decimals as usize).unwrap_or((&digits, ""));
    let sign = if scaled < Exact::from_integer(0) { "−" } else { "" };
    let whole = if groups { grouped(whole) } else { whole.to_string() };
    let comma = if fraction.is_empty() { "" } else { "," };
    format!("{mark}{sign}{whole}{comma}{fraction}")
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(SPACE);
        }
        out.push(digit);
    }
    out
}

/// A unit in words: `EUR/an/personne` is « € par an et par personne »; the symbols of physics stay.
fn unit_words(unit: &str, one: bool) -> String {
    let mut parts = unit.split('/');
    let first = parts.next().unwrap_or(unit);
    let is_word = first.chars().all(|c| c.is_lowercase() || c == ' ' || c == '²' || c == '\'');
    let mut out = match first {
        "EUR" => "€".to_string(),
        _ if !is_word => return unit.to_string(),
        word if one => singular(word),
        word => word.to_string(),
    };
    for (at, part) in parts.enumerate() {
        let and = if at == 0 { "" } else { "et " };
        let _ = write!(out, " {and}par {}", singular(part));
    }
    out
}

/// A unit over a column: `EUR/an` is « € par an ».
pub fn unit_in_words(unit: &str) -> String {
    unit_words(unit.trim(), false)
}

/// The first word of a unit without its plural: `logements` is « logement », `mois` stays.
fn singular(words: &str) -> String {
    let (first, rest) = words.split_at_checked(words.find(' ').unwrap_or(words.len())).unwrap_or((words, ""));
    match first.strip_suffix('s') {
        Some(one) if first != "mois" && one.len() > 1 => format!("{one}{rest}"),
        _ => words.to_string(),
    }
}

/// A text with its days in words: `2018-01-01` is « 1er janvier 2018 », but for days in addresses and names.
pub(super) fn days_in_words(text: &str) -> String {
    const LENGTH: usize = "2018-01-01".len();
    let mut out = String::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let apart = |c: char| !c.is_alphanumeric() && !matches!(c, '/' | '-' | '_' | '.' | '=');
        let after = |tail: &str| tail.chars().next().is_none_or(|c| apart(c) || c == '.');
        let day = rest.split_at_checked(LENGTH).filter(|(day, _)| apart(before) && day.is_ascii());
        let day = day.and_then(|(day, tail)| Some((parse_date(day)?, tail))).filter(|(_, tail)| after(tail));
        match day {
            Some((day, tail)) => {
                out.push_str(&french_day(day));
                (rest, before) = (tail, '0');
            }
            None => {
                out.push(first);
                before = first;
                rest = rest.split_at_checked(first.len_utf8()).map_or("", |(_, tail)| tail);
            }
        }
    }
    out
}

/// A day that is written `2018-01-01`, in words; any other text as it is.
pub(super) fn day_in_words(day: &str) -> String {
    parse_date(day).map_or_else(|| day.to_string(), french_day)
}

/// A day after a word that takes an article: `le 1er janvier 2018`.
pub(super) fn the_day(day: Date) -> String {
    format!("le {}", french_day(day))
}

/// What a label says before it goes into detail, without its full stop, and the detail.
pub(super) fn parted(label: &str) -> (&str, Option<&str>) {
    let label = label.trim().trim_end_matches('.');
    // Not inside parentheses, which the head would leave open.
    let whole = |head: &str| head.matches('(').count() == head.matches(')').count();
    let cuts = [" : ", " ; "].iter().flat_map(|mark| label.match_indices(*mark).map(|(at, _)| at));
    let cut = cuts.filter(|at| label.get(..*at).is_some_and(whole)).min();
    let cut = cut.and_then(|at| Some((label.get(..at)?, label.get(at + " : ".len()..)?)));
    match cut {
        // « Deuxième cas : … » says nothing before its colon.
        Some((head, detail)) if head.split_whitespace().count() > 2 || !head.ends_with("cas") => {
            (head.trim(), Some(detail.trim()))
        }
        _ => (label, None),
    }
}

/// What a label says before it goes into detail.
pub(super) fn short(label: &str) -> &str {
    parted(label).0
}

/// A sentence that goes on: its first letter is small, unless it begins with an abbreviation or a name.
pub(super) fn on(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == '\'' || second == ' ' => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_string(),
    }
}

/// With a capital: `demande D0017` begins a sentence.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(n: i128, d: i128, unit: &str) -> String {
        quantity(&Exact::new(n, d), Some(unit)).replace('\u{a0}', " ")
    }

    #[test]
    fn money_parts_and_counts_are_french() {
        assert_eq!(said(18760, 3, "EUR/an"), "≈ 6 253,33 € par an");
        assert_eq!(said(18760, 1, "EUR/an"), "18 760 € par an");
        assert_eq!(said(92403, 10, "EUR/an"), "9 240,30 € par an");
        assert_eq!(said(5765, 1, "EUR/an/personne"), "5 765 € par an et par personne");
        assert_eq!(said(1, 10, "part des ressources"), "10 % des ressources");
        assert_eq!(said(1, 3, "part des revenus"), "un tiers des revenus");
        assert_eq!(said(1, 7, "part"), "≈ 14,29 %");
        assert_eq!(said(1, 100, "part par an"), "1 % par an");
        assert_eq!(said(1, 1, "personnes"), "1 personne");
        assert_eq!(said(0, 1, "personnes"), "0 personne");
        assert_eq!(said(2, 1, "personnes"), "2 personnes");
        assert_eq!(said(1, 1, "mois"), "1 mois");
        assert_eq!(said(-1500, 1, "EUR"), "−1 500 €");
        assert_eq!(said(96, 1, "kWhep/m²/an"), "96 kWhep/m²/an");
        assert_eq!(said(12, 1, "mois/an"), "12 mois par an");
        assert_eq!(quantity(&Exact::from_integer(2015), None), "2015");
        assert_eq!(quantity(&Exact::new(1, 3), None), "≈\u{a0}0,33");
    }

    #[test]
    fn days_are_in_words_but_in_addresses() {
        assert_eq!(days_in_words("depuis le 2023-07-01."), "depuis le 1er juillet 2023.");
        assert_eq!(days_in_words("(2019-01-02)"), "(2 janvier 2019)");
        let address = "https://a.fr/2019-01-02/page-2019-01-02.html";
        assert_eq!(days_in_words(address), address);
    }

    #[test]
    fn sentences_go_on() {
        assert_eq!(on("Le revenu"), "le revenu");
        assert_eq!(on("RFR du ménage"), "RFR du ménage");
        assert_eq!(short("Ressources du ménage : les plus faibles."), "Ressources du ménage");
        assert_eq!(short("Premier cas : un contrat nouveau."), "Premier cas : un contrat nouveau");
        let open = "Menacé d'expulsion (pour le DALO : une décision l'a dit) : vide, non";
        assert_eq!(short(open), "Menacé d'expulsion (pour le DALO : une décision l'a dit)");
    }
}
