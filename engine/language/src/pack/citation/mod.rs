//! Legal references that can be opened: what `source:` says, parsed.
//!
//! A reference is a text and a place in it. It can be opened if the text is a code with an article, a law, decree or
//! order with its number, what carries an identifier (LEGIARTI, JORFTEXT, NOR…) or an address, a sheet of
//! service-public with its day, a form by its number, a judgment by its number, or a text that `[sources]` of
//! `pack.toml` declares. Several in one line are separated by semicolons.

mod addresses;
mod named;
mod places;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;

use std::collections::BTreeMap;

pub use addresses::{address, is_identifier};
use addresses::{is_address, numbered, sheet};
pub use named::{Code, code, is_of_court, is_of_law};
use named::{begins_with_code, begins_with_law, is_form, is_judgment, short_names};
use places::{articles, split};

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
    if !begins_with_code(part) {
        return None;
    }
    // Of all codes and all words that join two references: the place that comes first.
    let (end, begin) = [", puis ", " puis ", " et ", ", "]
        .iter()
        .flat_map(|joined| {
            short_names().filter_map(move |name| {
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
    let identified = id.map(|id| {
        let at = parts.iter().position(|part| part.contains(id));
        (at.or_else(|| parts.iter().rposition(|part| begins_with_law(part))).unwrap_or(0), id)
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

/// One reference, if it can be opened.
fn one(part: &str, known: &KnownTexts) -> Option<Citation> {
    let mut citation = written(part);
    // Last in alphabetical order is the longest of names of which one begins another: the most precise.
    if let Some((name, text)) = known.iter().rev().find(|(name, _)| begins_with(part, name)) {
        citation.text.clone_from(name);
        citation.ids.extend(text.id.clone());
        let declared = text.url.clone().or_else(|| text.id.as_deref().and_then(address));
        citation.link = citation.link.or(declared);
        return Some(citation);
    }
    let opens = citation.link.is_some() || !citation.ids.is_empty();
    let code = begins_with_code(part) && !citation.articles.is_empty();
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
    let mut told = plain.split(" : ");
    let first = told.next().unwrap_or("");
    let bare = !first.contains(|c: char| c == ',' || c.is_ascii_digit());
    let named =
        told.next().filter(|next| bare && begins_with_law(next.trim()) && !begins_with_law(first.trim()));
    let plain = named.unwrap_or(first).trim().to_string();
    let (text, place) = split(&plain);
    let link = url
        .or_else(|| ids.first().and_then(|id| address(id)))
        .or_else(|| sheet(part))
        .or_else(|| numbered(part));
    Citation { written: part.to_string(), text, articles: articles(&place), ids, link, also: urls.collect() }
}
