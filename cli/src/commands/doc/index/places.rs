//! Where a reference stands in the index: by kind, text, article and paragraph.

use logis::pack::citation::{Citation, Code, KnownTexts, code, is_identifier, is_of_court, is_of_law};
use logis::value::FRENCH_MONTHS;

use super::names::{capital, slug};

/// Kinds of texts, in the order of the index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Codes,
    Laws,
    Declared,
    Judgments,
    Forms,
    Sheets,
    Sites,
    Closed,
}

impl Family {
    pub fn title(self) -> &'static str {
        match self {
            Family::Codes => "Codes",
            Family::Laws => "Lois, ordonnances, décrets, arrêtés et autres textes publiés",
            Family::Declared => "Textes que le paquet déclare",
            Family::Judgments => "Jugements",
            Family::Forms => "Formulaires",
            Family::Sheets => "Fiches et actualités de service-public.fr",
            Family::Sites => "Pages et publications, par site",
            Family::Closed => "Références sans adresse",
        }
    }

    /// What the identifiers of its texts on the page begin with: names of rules and fields have no hyphen.
    pub fn mark(self) -> &'static str {
        match self {
            Family::Codes => "code",
            Family::Laws => "loi",
            Family::Declared => "texte",
            Family::Judgments => "jugement",
            Family::Forms => "formulaire",
            Family::Sheets => "fiches",
            Family::Sites => "site",
            Family::Closed => "reference",
        }
    }
}

/// A place in a text.
pub(super) struct Place {
    pub family: Family,
    pub text: String,
    /// What sorts the text, where its name does not.
    pub order: Option<String>,
    pub article: String,
    pub paragraph: String,
}

/// The places that a reference names: one for each of its articles, at least one.
pub(super) fn places(citation: &Citation, known: &KnownTexts) -> Vec<Place> {
    let (written, lower) = (&citation.written, citation.text.to_lowercase());
    let whole = |family: Family, text: &str, article: &str| {
        let (text, article) = (text.to_string(), article.to_string());
        vec![Place { family, text, order: None, article, paragraph: String::new() }]
    };
    let all = |family: Family, text: String, order: Option<String>| -> Vec<Place> {
        let place = |article: &str, paragraph: &str| Place {
            family,
            text: text.clone(),
            order: order.clone(),
            article: article.to_string(),
            paragraph: paragraph.to_string(),
        };
        let found: Vec<Place> =
            citation.articles.iter().map(|(article, of_it)| place(article, of_it)).collect();
        if found.is_empty() { vec![place("", "")] } else { found }
    };
    if let Some(code) = code_title(&citation.text) {
        return all(Family::Codes, code, None);
    }
    if is_of_law(&citation.text) {
        let (text, order) = dated(&citation.text);
        return all(Family::Laws, text, Some(order));
    }
    if known.contains_key(&citation.text) {
        return all(Family::Declared, capital(&citation.text), None);
    }
    if let Some(form) = lower.strip_prefix("cerfa ") {
        let (number, part) = form.split_once(',').unwrap_or((form, ""));
        return whole(Family::Forms, &format!("Cerfa {number}"), part.trim());
    }
    if is_of_court(&citation.text) {
        return whole(Family::Judgments, &citation.text, "");
    }
    if citation.ids.iter().any(|id| is_identifier(id)) {
        let (text, order) = dated(&citation.text);
        return all(Family::Laws, text, Some(order));
    }
    if let Some(sheet) = sheet(citation) {
        let kind = if sheet.starts_with('A') { "actualité" } else { "fiche" };
        return whole(Family::Sheets, "service-public.fr", &format!("{kind} {sheet}"));
    }
    match citation.link.as_deref().or(citation.links().first().map(String::as_str)) {
        Some(address) => {
            let page = address.trim_start_matches("https://").trim_start_matches("www.");
            let (site, page) = page.split_once('/').unwrap_or((page, ""));
            whole(Family::Sites, site, page.trim_end_matches('/'))
        }
        None => whole(Family::Closed, written, ""),
    }
}

/// The name of a code, abbreviation and all.
fn code_title(text: &str) -> Option<String> {
    let plain = text.trim().replace("ann. ", "annexe ");
    if let Some(code) = code(&plain) {
        return Some(title_of(code));
    }
    (plain.to_lowercase().split_whitespace().next() == Some("code")).then(|| capital(&plain))
}

/// A code as the index names it.
pub(super) fn title_of(code: &Code) -> String {
    let short = if code.short.is_empty() { String::new() } else { format!(" ({})", code.short) };
    format!("{}{short}", capital(code.name))
}

/// A law or order up to its day, and what sorts it: year, month and day.
fn dated(text: &str) -> (String, String) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let day = words.windows(3).enumerate().find_map(|(at, three)| {
        let [day, month, year] = three else { return None };
        let month = FRENCH_MONTHS.iter().position(|m| m == month)? + 1;
        let year = year.trim_end_matches(|c: char| !c.is_ascii_digit());
        let digits: String = day.chars().filter(char::is_ascii_digit).collect();
        (year.len() == 4).then(|| (at, year, format!("{year} {month} {digits}")))
    });
    let Some((at, year, order)) = day else { return (capital(text), format!("9999 {}", slug(text))) };
    let kept: Vec<&str> = words.iter().take(at + 2).copied().chain([year]).collect();
    let kept = capital(&kept.join(" "));
    let order = format!("{order} {}", slug(&kept));
    (kept, order)
}

/// The number of a sheet of service-public that a reference names or whose address it gives.
fn sheet(citation: &Citation) -> Option<String> {
    let said = format!("{} {}", citation.written, citation.links().join(" "));
    if !said.to_lowercase().contains("service-public.") {
        return None;
    }
    let mut words = said.split(|c: char| !c.is_ascii_alphanumeric());
    // An article of a code is no sheet: `R313`.
    let number = |word: &&str| {
        let (digits, least) = match word.strip_prefix(['F', 'A']) {
            Some(digits) => (digits, 3),
            None => (word.strip_prefix(['N', 'R']).unwrap_or(""), 5),
        };
        digits.len() >= least && digits.bytes().all(|b| b.is_ascii_digit())
    };
    words.find(number).map(str::to_string)
}
