//! Where references open: identifiers of official collections, and addresses that follow from a number and a day.

use crate::value::{FRENCH_MONTHS, parse_date};

/// What identifiers of official collections begin with, and the address that opens them.
const COLLECTIONS: [(&str, &str); 9] = [
    ("LEGIARTI", "https://www.legifrance.gouv.fr/loda/article_lc/"),
    ("LEGITEXT", "https://www.legifrance.gouv.fr/loda/id/"),
    ("LEGISCTA", "https://www.legifrance.gouv.fr/codes/section_lc/"),
    ("JORFTEXT", "https://www.legifrance.gouv.fr/jorf/id/"),
    ("JORFARTI", "https://www.legifrance.gouv.fr/jorf/article_jo/"),
    ("JORFSCTA", "https://www.legifrance.gouv.fr/jorf/section_jo/"),
    ("JURITEXT", "https://www.legifrance.gouv.fr/juri/id/"),
    ("CETATEXT", "https://www.legifrance.gouv.fr/ceta/id/"),
    ("KALITEXT", "https://www.legifrance.gouv.fr/conv_coll/id/"),
];

/// Is it an identifier of an official collection (`LEGIARTI000044979273`, a NOR such as `LHAL1629455A`, an ECLI)?
pub fn is_identifier(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let collection = COLLECTIONS.iter().find_map(|(name, _)| word.strip_prefix(name));
    let nor = || {
        let (letters, rest) = word.split_at_checked(4)?;
        let (number, last) = rest.split_at_checked(7)?;
        let upper = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase());
        Some(upper(letters) && digits(number) && last.len() == 1 && upper(last))
    };
    collection.is_some_and(|rest| rest.len() == 12 && digits(rest))
        || nor() == Some(true)
        || word.starts_with("ECLI:")
        || word.starts_with("BOI-")
}

/// Is it an address that a browser opens?
pub(super) fn is_address(word: &str) -> bool {
    word.strip_prefix("https://").is_some_and(|rest| rest.contains('.') && !rest.starts_with('.'))
}

/// The address that opens an identifier; of a NOR, an ECLI and a BOI there is none.
pub fn address(id: &str) -> Option<String> {
    let (_, address) = COLLECTIONS.iter().find(|(name, _)| id.starts_with(name))?;
    Some(format!("{address}{id}"))
}

/// The address of a sheet of service-public, whose version is told by a day: `fiche F18490 de service-public.fr,
/// version du 11 avril 2013`.
pub(super) fn sheet(part: &str) -> Option<String> {
    if !part.contains("service-public") {
        return None;
    }
    let words = || part.split(|c: char| c.is_whitespace() || "[](),".contains(c));
    let number = |word: &str| {
        let (letter, digits) = word.split_at_checked(1)?;
        let right = ["F", "N", "R"].contains(&letter) && digits.len() >= 2;
        (right && digits.bytes().all(|b| b.is_ascii_digit())).then(|| word.to_string())
    };
    let sheet = words().find_map(number)?;
    has_day(part).then(|| format!("https://www.service-public.fr/particuliers/vosdroits/{sheet}"))
}

/// The first day that a text names, as `2013-04-11` or `11 avril 2013`.
fn day(text: &str) -> Option<(String, usize, String)> {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "[](),".contains(c)).collect();
    words.windows(3).find_map(|three| {
        let [day, month, year] = three else { return None };
        let month = FRENCH_MONTHS.iter().position(|m| m == month)? + 1;
        let day = day.strip_suffix("er").unwrap_or(day);
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        (number(day) && number(year)).then(|| (day.to_string(), month, year.to_string()))
    })
}

/// Does a text name a day?
fn has_day(text: &str) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || "[](),".contains(c));
    day(text).is_some() || words.any(|word| parse_date(word).is_some())
}

/// The address of a law, decree or order that carries its number: `loi n° 2017-86 du 27 janvier 2017`.
pub(super) fn numbered(part: &str) -> Option<String> {
    let lower = part.to_lowercase();
    let kinds = [("loi", "loi"), ("décret", "decret"), ("ordonnance", "ordonnance")];
    let (_, kind) = kinds.iter().find(|(word, _)| lower.starts_with(word))?;
    let number = part.split_once("n°")?.1.split_whitespace().next()?;
    let (year, own) = number.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (day, month, full) = day(part)?;
    let right = digits(year) && digits(own);
    right.then(|| format!("https://www.legifrance.gouv.fr/eli/{kind}/{full}/{month}/{day}/{number}/jo/texte"))
}
