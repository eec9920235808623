//! What goes by a name of its own: codes, laws and orders, courts, forms. Who reads a reference and who shows it go by
//! this one list.

/// A code of law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// Its usual abbreviation; empty where there is none in use.
    pub short: &'static str,
    /// Its name, as it stands within a sentence.
    pub name: &'static str,
    /// Its identifier on Légifrance; empty where it is not known here.
    pub id: &'static str,
}

const fn named(short: &'static str, name: &'static str, id: &'static str) -> Code {
    Code { short, name, id }
}

/// The codes that are known by abbreviation or by name. A reference may name others: any that begins with « code ».
const CODES: [Code; 10] = [
    named("CCH", "code de la construction et de l'habitation", "LEGITEXT000006074096"),
    named("CSS", "code de la sécurité sociale", "LEGITEXT000006073189"),
    named("CASF", "code de l'action sociale et des familles", "LEGITEXT000006074069"),
    named("CGI", "code général des impôts", "LEGITEXT000006069577"),
    named("CGI, annexe III", "code général des impôts, annexe III", "LEGITEXT000006069574"),
    named("CRPM", "code rural et de la pêche maritime", "LEGITEXT000006071367"),
    named("CESEDA", "code de l'entrée et du séjour des étrangers et du droit d'asile", ""),
    named("CRPA", "code des relations entre le public et l'administration", ""),
    named("", "code civil", "LEGITEXT000006070721"),
    named("", "code du travail", "LEGITEXT000006072050"),
];

/// The code of this abbreviation or name.
///
/// ```
/// use logis_language::pack::citation::code;
/// assert_eq!(code("CSS"), code("Code de la sécurité sociale"));
/// assert!(code("règlement Visale").is_none());
/// ```
pub fn code(text: &str) -> Option<&'static Code> {
    let lower = text.to_lowercase();
    CODES.iter().find(|code| (!text.is_empty() && text == code.short) || lower == code.name.to_lowercase())
}

/// The abbreviations of codes. An annex is a place in its code, so it is none here.
pub(super) fn short_names() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|code| code.short).filter(|short| !short.is_empty() && !short.contains(','))
}

/// Does a reference begin with a code?
pub(super) fn begins_with_code(part: &str) -> bool {
    part.starts_with("code ")
        || part.starts_with("Code ")
        || short_names().any(|short| part.starts_with(short))
}

/// What references to laws and orders begin with, in lower case.
pub(super) const LAWS: [&str; 4] = ["loi", "ordonnance", "décret", "arrêté"];

/// Does a reference begin as those to laws and orders do?
pub(super) fn begins_with_law(part: &str) -> bool {
    let lower = part.to_lowercase();
    LAWS.iter().any(|law| lower.starts_with(law))
}

/// Is a text a law or an order: is that its first word?
pub fn is_of_law(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or("").to_lowercase();
    LAWS.contains(&first.as_str())
}

/// Courts, as references to their judgments begin.
const COURTS: [&str; 7] = ["Cass.", "CE", "CAA", "TA", "CA", "Cons. const.", "CJUE"];

/// Does a reference begin with a court? `CESEDA` does not begin with the `CE`.
pub fn is_of_court(text: &str) -> bool {
    COURTS.iter().any(|court| {
        let rest = text.strip_prefix(court);
        rest.is_some_and(|rest| court.ends_with('.') || !rest.starts_with(char::is_alphanumeric))
    })
}

/// A form by its number: `cerfa 14069`.
pub(super) fn is_form(part: &str) -> bool {
    let number = part.strip_prefix("cerfa ").map(|rest| rest.trim_start_matches("n° "));
    number.is_some_and(|rest| rest.len() >= 5 && rest.bytes().take(5).all(|b| b.is_ascii_digit()))
}

/// A judgment by its court and number: `Cass. 2e civ., 4 mars 2021, n° 19-20.999`.
pub(super) fn is_judgment(part: &str) -> bool {
    is_of_court(part)
        && part
            .split_once("n°")
            .is_some_and(|(_, n)| n.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}
