//! Legal references that can be opened: what `source:` says, parsed.
//!
//! A reference is a text and a place in it. It can be opened if the text is a code with an article, a law, decree or
//! order with its number, what carries an identifier (LEGIARTI, JORFTEXT, NOR…) or an address, a sheet of
//! service-public with its day, a form by its number, a judgment by its number, or a text that `[sources]` of
//! `pack.toml` declares. Several in one line are separated by semicolons.

use std::collections::BTreeMap;

use crate::value::{FRENCH_MONTHS, parse_date};

/// A text that `pack.toml` declares by the words with which references to it begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownText {
    /// Its identifier, if it is in an official collection.
    pub id: Option<String>,
    /// Its address, if it has one.
    pub url: Option<String>,
    /// Where it is to be had, if in neither.
    pub place: Option<String>,
}

/// The texts that a pack declares, by the words with which references to them begin.
pub type KnownTexts = BTreeMap<String, KnownText>;

/// One legal reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citation {
    /// As it is written.
    pub written: String,
    /// The text: `CCH`, `décret n° 99-794 du 14 septembre 1999`.
    pub text: String,
    /// The articles (or annexes, or sections) and what of each: `("L442-12", "al. 2")`, `("L441-1", "")`.
    pub articles: Vec<(String, String)>,
    /// The identifiers that it carries.
    pub ids: Vec<String>,
    /// Where it opens.
    pub link: Option<String>,
    /// Other addresses that show it.
    pub also: Vec<String>,
}

impl Citation {
    /// All addresses at which it is to be read, each once: those of its identifiers first.
    pub fn links(&self) -> Vec<String> {
        let identified = self.ids.iter().filter_map(|id| address(id));
        let mut found: Vec<String> = Vec::new();
        for link in identified.chain(self.link.clone()).chain(self.also.iter().cloned()) {
            if !found.contains(&link) {
                found.push(link);
            }
        }
        found
    }
}

/// Codes, by the names that they go by.
const CODES: [(&str, &str); 9] = [
    ("CCH", "CCH"),
    ("CSS", "CSS"),
    ("CASF", "CASF"),
    ("CGI", "CGI"),
    ("CRPM", "CRPM"),
    ("CESEDA", "CESEDA"),
    ("CRPA", "CRPA"),
    ("code ", ""),
    ("Code ", ""),
];

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

/// Parses the references of one line.
///
/// # Errors
/// The first part that cannot be opened.
///
/// ```
/// use logis::pack::citation::{KnownTexts, parse};
/// let found = parse("CCH, art. L442-12, al. 2 ; décret n° 99-794 du 14 septembre 1999", &KnownTexts::new())?;
/// assert_eq!((found[0].text.as_str(), &found[0].articles[0]), ("CCH", &("L442-12".into(), "al. 2".into())));
/// assert_eq!(parse("règlement Visale", &KnownTexts::new()), Err("règlement Visale".to_string()));
/// # Ok::<(), String>(())
/// ```
pub fn parse(line: &str, known: &KnownTexts) -> Result<Vec<Citation>, String> {
    pieces(line).into_iter().map(|part| one(part, known).ok_or_else(|| part.to_string())).collect()
}

/// The references of one line, between semicolons; the name of another code begins a reference too, in what begins
/// with a code: `CSS, art. R831-13-1, puis CCH, art. R822-25`.
fn pieces(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in line.split(" ; ") {
        let mut rest = part.trim();
        while let Some((before, after)) = next_code(rest) {
            found.push(before);
            rest = after;
        }
        found.push(rest);
    }
    found
}

/// The reference to one code, and what follows it from the name of the next code on.
fn next_code(part: &str) -> Option<(&str, &str)> {
    CODES.iter().find(|(name, _)| part.starts_with(name))?;
    let (end, begin) = [", puis ", " puis ", " et ", ", "]
        .iter()
        .flat_map(|joined| {
            let short = CODES.iter().filter(|(_, short)| !short.is_empty());
            short.filter_map(move |(name, _)| {
                let at = part.find(&format!("{joined}{name}, art. "))?;
                Some((at, at + joined.len()))
            })
        })
        .min()?;
    Some((part.get(..end)?, part.get(begin..)?))
}

/// Parses a reference given as a title, an identifier and an address.
///
/// # Errors
/// What of it cannot be opened.
pub fn parse_parts(
    title: &str,
    id: Option<&str>,
    url: Option<&str>,
    known: &KnownTexts,
) -> Result<Vec<Citation>, String> {
    if let Some(id) = id.filter(|id| !is_identifier(id)) {
        return Err(id.to_string());
    }
    if let Some(url) = url.filter(|url| !is_address(url)) {
        return Err(url.to_string());
    }
    if id.is_none() && url.is_none() {
        return parse(title, known);
    }
    let parts = pieces(title);
    // The identifier is that of the last law or order among several references, unless one of them writes it.
    let lawful = |part: &str| LAWS.iter().any(|word| part.to_lowercase().starts_with(word));
    let identified = id.map(|id| {
        let at = parts.iter().position(|part| part.contains(id));
        (at.or_else(|| parts.iter().rposition(|part| lawful(part))).unwrap_or(0), id)
    });
    let several = parts.len() > 1;
    let read = |(at, part): (usize, &&str)| {
        let own = written(part);
        let id = identified.filter(|(place, _)| *place == at).map(|(_, id)| id);
        let mut citation = one(part, known).unwrap_or_else(|| own.clone());
        if let Some(id) = id {
            citation.ids.clone_from(&own.ids);
            citation.ids.retain(|other| other != id);
            citation.ids.insert(0, id.to_string());
        }
        let (url, of_id) = (url.map(str::to_string), id.and_then(address));
        let first =
            if several { own.link.or(of_id).or(url.clone()) } else { url.clone().or(of_id).or(own.link) };
        citation.link = first.or(citation.link);
        citation.also.extend(url.filter(|url| citation.link.as_ref() != Some(url)));
        citation
    };
    Ok(parts.iter().enumerate().map(read).collect())
}

/// What references to laws and orders begin with, in lower case.
const LAWS: [&str; 4] = ["loi", "ordonnance", "décret", "arrêté"];

fn one(part: &str, known: &KnownTexts) -> Option<Citation> {
    let mut citation = written(part);
    if let Some((name, text)) = known.iter().rev().find(|(name, _)| begins_with(part, name)) {
        citation.text.clone_from(name);
        citation.ids.extend(text.id.clone());
        let declared = text.url.clone().or_else(|| text.id.as_deref().and_then(address));
        citation.link = citation.link.or(declared);
        return Some(citation);
    }
    let opens = citation.link.is_some() || !citation.ids.is_empty();
    let code = CODES.iter().any(|(name, _)| part.starts_with(name)) && !citation.articles.is_empty();
    (opens || code || is_form(part) || is_judgment(part)).then_some(citation)
}

/// Does a text begin with these words, in any case of the first letter, and do they end there?
fn begins_with(text: &str, words: &str) -> bool {
    let lower = |text: &str| {
        let mut letters = text.chars();
        let first = letters.next().map(|c| c.to_lowercase().collect::<String>()).unwrap_or_default();
        format!("{first}{}", letters.as_str())
    };
    let (text, words) = (lower(text), lower(words));
    text.strip_prefix(&words).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// What a reference says of itself: its text, its articles, its identifiers and where it opens.
fn written(part: &str) -> Citation {
    let words: Vec<&str> = part.split(|c: char| c.is_whitespace() || "[](),".contains(c)).collect();
    let ids: Vec<String> = words.iter().filter(|w| is_identifier(w)).map(ToString::to_string).collect();
    let mut urls = words.iter().filter(|w| is_address(w)).map(ToString::to_string);
    let url = urls.next();
    // Brackets and what follows a colon with spaces are no place in the text.
    let mut plain = String::new();
    let mut depth = 0_u32;
    for c in part.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    // What comes before a colon is the reference, except where it only says for what (`outre-mer : arrêté du …`).
    let begins = |part: &str| LAWS.iter().any(|law| part.trim().to_lowercase().starts_with(law));
    let mut told = plain.split(" : ");
    let first = told.next().unwrap_or("");
    let bare = !first.contains(|c: char| c == ',' || c.is_ascii_digit());
    let named = told.next().filter(|next| bare && begins(next) && !begins(first));
    let plain = named.unwrap_or(first).trim().to_string();
    let (text, place) = split(&plain);
    let link = url
        .or_else(|| ids.first().and_then(|id| address(id)))
        .or_else(|| sheet(part))
        .or_else(|| numbered(part));
    Citation { written: part.to_string(), text, articles: articles(&place), ids, link, also: urls.collect() }
}

/// The text of a reference, and the place in it.
fn split(plain: &str) -> (String, String) {
    for mark in [", art. ", " art. ", ", article ", ", annexe", ", §", " §"] {
        if let Some((text, place)) = plain.split_once(mark) {
            let mark = mark.trim_start_matches(',').trim();
            let kept = if ["annexe", "§"].contains(&mark) { mark } else { "" };
            return (text.trim().trim_end_matches(',').to_string(), format!("{kept}{place}"));
        }
    }
    // `CCH L441-1 al. 3`
    if let Some((code, place)) = plain.split_once(' ')
        && CODES.iter().any(|(_, short)| !short.is_empty() && *short == code.trim_end_matches(','))
    {
        return (code.trim_end_matches(',').to_string(), place.to_string());
    }
    (plain.to_string(), String::new())
}

/// The articles of a place, each with what of it is meant: `L313-3, R313-19-1 III et R313-20-1 III`.
fn articles(place: &str) -> Vec<(String, String)> {
    let place = place.replace(" et ", ", ").replace(" puis ", ", ");
    let mut found: Vec<(String, String)> = Vec::new();
    let mut elsewhere = false;
    for item in place.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        // From where another text is named (`issu de la loi n° …, art. 110`), articles are those of that text.
        elsewhere |= item.split([' ', '\'', '’']).any(|word| LAWS.contains(&word));
        if let Some((_, rest)) = found.last_mut().filter(|_| elsewhere) {
            let comma = if rest.is_empty() { "" } else { ", " };
            rest.push_str(comma);
            rest.push_str(item);
            continue;
        }
        // Articles are named in their order: a smaller number, or one after `L441-1`, is a part of the article before.
        if let Some((_, rest)) = found.last_mut().filter(|(last, _)| part_of(item, last)) {
            let comma = if rest.is_empty() { "" } else { ", " };
            rest.push_str(comma);
            rest.push_str(item);
            continue;
        }
        let item = item.strip_prefix("art. ").unwrap_or(item);
        let item = CODES.iter().find_map(|(name, _)| item.strip_prefix(&format!("{name}, "))).unwrap_or(item);
        if let Some((number, rest)) = article(item) {
            found.push((number, rest));
        } else if let Some((last, rest)) = found.last_mut() {
            // `annexes I et II` are two annexes; `I`, `al. 2` and `c` are parts of the article before.
            if last.starts_with("annexe") && item.chars().all(|c| "IVX".contains(c)) {
                found.push((format!("annexe {item}"), String::new()));
            } else if rest.is_empty() {
                *rest = item.to_string();
            } else {
                rest.push_str(", ");
                rest.push_str(item);
            }
        }
    }
    found
}

/// Is a number a part of an article: the 3 of `6, 3`, the 5 of `L442-12, al. 4 et 5`?
fn part_of(item: &str, article: &str) -> bool {
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end).and_then(|digits| digits.parse::<u32>().ok())
    };
    match (number(item), number(article)) {
        (Some(part), Some(whole)) => part < whole,
        (Some(_), None) => article.starts_with(['L', 'R', 'D', 'A']),
        _ => false,
    }
}

/// The number of an article, an annex or a section, and what follows it.
fn article(item: &str) -> Option<(String, String)> {
    if item.starts_with("annexe") || item.starts_with('§') {
        let mut words = item.trim_start_matches('§').split_whitespace();
        let annex = item.starts_with("annexe");
        let number = words.find(|w| !w.starts_with("annexe")).unwrap_or("");
        let name = if annex { format!("annexe {number}") } else { format!("§ {number}") };
        return Some((name.trim().to_string(), words.collect::<Vec<_>>().join(" ")));
    }
    // A letter of the parts of a code, perhaps with a dot or a space, then a number that begins with a digit.
    let letter = item.chars().next().filter(|c| "LRDA".contains(*c));
    let rest = letter.map_or(item, |_| item.get(1..).unwrap_or("")).trim_start_matches(['.', '*', ' ']);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
    let (number, after) = rest.split_at_checked(end)?;
    // `2 terdecies D`, `196 A bis` are one number.
    let mut words = after.split_whitespace().peekable();
    let mut number = format!("{}{number}", letter.map_or_else(String::new, String::from));
    while let Some(word) = words.next_if(|w| {
        matches!(*w, "bis" | "ter" | "quater" | "terdecies" | "A" | "B" | "D" | "F") || w.ends_with("ies")
    }) {
        number.push(' ');
        number.push_str(word);
    }
    Some((number, words.collect::<Vec<_>>().join(" ")))
}

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

fn is_address(word: &str) -> bool {
    word.strip_prefix("https://").is_some_and(|rest| rest.contains('.') && !rest.starts_with('.'))
}

/// The address that opens an identifier; of a NOR, an ECLI and a BOI there is none.
pub fn address(id: &str) -> Option<String> {
    let (_, address) = COLLECTIONS.iter().find(|(name, _)| id.starts_with(name))?;
    Some(format!("{address}{id}"))
}

/// The address of a sheet of service-public, whose version is told by a day: `fiche F18490 de service-public.fr,
/// version du 11 avril 2013`.
fn sheet(part: &str) -> Option<String> {
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

fn has_day(text: &str) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || "[](),".contains(c));
    day(text).is_some() || words.any(|word| parse_date(word).is_some())
}

/// The address of a law, decree or order that carries its number: `loi n° 2017-86 du 27 janvier 2017`.
fn numbered(part: &str) -> Option<String> {
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

/// A form by its number: `cerfa 14069`.
fn is_form(part: &str) -> bool {
    let number = part.strip_prefix("cerfa ").map(|rest| rest.trim_start_matches("n° "));
    number.is_some_and(|rest| rest.len() >= 5 && rest.bytes().take(5).all(|b| b.is_ascii_digit()))
}

/// A judgment by its court and number: `Cass. 2e civ., 4 mars 2021, n° 19-20.999`.
fn is_judgment(part: &str) -> bool {
    let court =
        ["Cass.", "CE", "CAA ", "TA ", "CA ", "Cons. const.", "CJUE"].iter().any(|c| part.starts_with(c));
    court
        && part
            .split_once("n°")
            .is_some_and(|(_, n)| n.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn places(line: &str) -> Vec<(String, String)> {
        parse(line, &KnownTexts::new()).unwrap().into_iter().flat_map(|c| c.articles).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect()
    }

    #[test]
    fn articles_of_codes_are_read_with_their_paragraphs() {
        assert_eq!(places("CCH, art. L442-12, al. 2"), pairs(&[("L442-12", "al. 2")]));
        assert_eq!(places("CCH, art. L441-1, m"), pairs(&[("L441-1", "m")]));
        assert_eq!(places("CCH, art. L441-2-8 : la cotation aide à la décision"), pairs(&[("L441-2-8", "")]));
        assert_eq!(
            places("CCH, art. L313-3, R313-19-1 III et R313-20-1 III"),
            pairs(&[("L313-3", ""), ("R313-19-1", "III"), ("R313-20-1", "III")])
        );
        assert_eq!(places("CSS, art. R831-13-1, puis CCH, art. R822-25").first().unwrap().0, "R831-13-1");
        let two = parse("CSS, art. R831-13-1, puis CCH, art. R822-25", &KnownTexts::new()).unwrap();
        assert_eq!(two.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["CSS", "CCH"]);
        assert_eq!(
            places("CCH, art. L442-12, al. 7, issu de la loi n° 2018-1021 du 23 novembre 2018, art. 110"),
            pairs(&[("L442-12", "al. 7, issu de la loi n° 2018-1021 du 23 novembre 2018, art. 110")])
        );
        assert_eq!(places("CCH L441-1 al. 3 [LEGIARTI000044979273]"), pairs(&[("L441-1", "al. 3")]));
        assert_eq!(places("CCH, art. D331-17 (ancien R331-17)"), pairs(&[("D331-17", "")]));
        assert_eq!(places("CCH, art. L442-12, al. 4 et 5"), pairs(&[("L442-12", "al. 4, 5")]));
        assert_eq!(places("CGI, art. 6, 3 et 196 B"), pairs(&[("6", "3"), ("196 B", "")]));
        assert_eq!(places("CGI, art. 194 et 196, 1°"), pairs(&[("194", ""), ("196", "1°")]));
        let order = "outre-mer : arrêté du 12 avril 2005, art. 1er [JORFTEXT000000259245]";
        assert_eq!(places(order), pairs(&[("1er", "")]));
        assert_eq!(places("CGI, art. 196 A bis"), pairs(&[("196 A bis", "")]));
        assert_eq!(places("code civil, art. 413-2 et 414"), pairs(&[("413-2", ""), ("414", "")]));
    }

    #[test]
    fn what_has_an_identifier_or_an_address_opens_there() {
        let opens = |line: &str| parse(line, &KnownTexts::new()).unwrap()[0].link.clone().unwrap_or_default();
        assert_eq!(
            opens("arrêté du 22 mai 2026 [JORFTEXT000054126589]"),
            "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000054126589"
        );
        assert_eq!(
            opens("loi n° 2017-86 du 27 janvier 2017, art. 70"),
            "https://www.legifrance.gouv.fr/eli/loi/2017/1/27/2017-86/jo/texte"
        );
        assert_eq!(
            opens("fiche F18490 de service-public.fr, version du 11 avril 2013"),
            "https://www.service-public.fr/particuliers/vosdroits/F18490"
        );
        assert_eq!(
            opens("règlement, https://exemple.fr/a.pdf (28 novembre 2026)"),
            "https://exemple.fr/a.pdf"
        );
    }

    #[test]
    fn the_identifier_of_several_references_is_that_of_the_order_and_no_address_is_lost() {
        let title = "CCH, art. D331-17 (ancien R331-17) ; arrêté du 12 avril 2005, art. 1er ; ADIL, https://adil.fr/a";
        let page = "https://exemple.fr/page";
        let found = parse_parts(title, Some("JORFTEXT000000259245"), Some(page), &KnownTexts::new()).unwrap();
        let links: Vec<Vec<String>> = found.iter().map(Citation::links).collect();
        let order = "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000000259245";
        assert_eq!(links, [vec![page], vec![order, page], vec!["https://adil.fr/a", page]]);
        assert_eq!(found[1].articles, pairs(&[("1er", "")]));
    }

    #[test]
    fn what_cannot_be_opened_is_none() {
        for wrong in [
            "règlement Visale",
            "arrêté du 29 juillet 1987, art. 2",
            "CCH",
            "fiche F18490 de service-public.fr",
            "usage des bailleurs",
            "CCH, art. L441-1 ; grille du territoire",
            "arrêté du 22 mai 2026 [JORFTEXT54126589]",
            "http://exemple.fr/a",
        ] {
            assert!(parse(wrong, &KnownTexts::new()).is_err(), "{wrong}");
        }
        assert_eq!(
            parse("CCH, art. L441-1 ; grille du territoire", &KnownTexts::new()),
            Err("grille du territoire".to_string())
        );
    }

    #[test]
    fn a_text_that_the_pack_declares_opens() {
        let text = KnownText { id: Some("JORFTEXT000000294318".to_string()), ..KnownText::default() };
        let known = KnownTexts::from([("arrêté du 29 juillet 1987".to_string(), text)]);
        let found = &parse("Arrêté du 29 juillet 1987, annexes I et II", &known).unwrap()[0];
        assert_eq!(found.articles, pairs(&[("annexe I", ""), ("annexe II", "")]));
        assert_eq!(
            found.link.as_deref(),
            Some("https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000000294318")
        );
        assert!(parse("arrêté du 29 juillet 19870", &known).is_err());
    }
}
