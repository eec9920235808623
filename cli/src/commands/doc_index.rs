//! The index of the rule book by what it rests on: text, article, paragraph, then the rules and tables, each with
//! where the reference opens.

use std::collections::BTreeMap;

use logis::diagnostic::fold;
use logis::pack::citation::{Citation, KnownTexts, address, is_identifier, parse, parse_parts};
use logis::pack::params::Source as TableSource;
use logis::value::{Date, FRENCH_MONTHS, french_day};
use serde::Serialize;

/// A reference as the page of a rule or table shows it.
#[derive(Serialize)]
pub struct Source {
    pub written: String,
    /// Where it stands in the index: the identifier of the first of its articles on the page.
    pub anchor: Option<String>,
    pub links: Vec<Link>,
}

/// An address outside of the page.
#[derive(Clone, Serialize)]
pub struct Link {
    pub address: String,
    /// Légifrance, or the site.
    pub label: String,
}

/// The whole index, by kind of text.
#[derive(Serialize)]
pub struct Index {
    kinds: Vec<Kind>,
}

#[derive(Serialize)]
struct Kind {
    title: &'static str,
    texts: Vec<Text>,
}

#[derive(Serialize)]
struct Text {
    anchor: String,
    title: String,
    links: Vec<Link>,
    articles: Vec<Article>,
}

#[derive(Serialize)]
struct Article {
    anchor: String,
    /// Empty for the text as a whole.
    title: String,
    paragraphs: Vec<Paragraph>,
}

#[derive(Serialize)]
struct Paragraph {
    /// Empty for the article as a whole.
    title: String,
    uses: Vec<Use>,
}

/// A rule or table and each of its references to the paragraph.
#[derive(Serialize)]
struct Use {
    name: String,
    cites: Vec<Cite>,
}

/// One reference: from which day the text or value that carries it holds.
#[derive(Serialize)]
struct Cite {
    from: Option<String>,
    written: String,
    links: Vec<Link>,
}

/// Kinds of texts, in the order of the index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
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
    fn title(self) -> &'static str {
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
    fn mark(self) -> &'static str {
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

/// Codes by abbreviation and by name, and the identifier of each on Légifrance.
const CODES: [(&str, &str, &str); 9] = [
    ("CCH", "code de la construction et de l'habitation", "LEGITEXT000006074096"),
    ("CSS", "code de la sécurité sociale", "LEGITEXT000006073189"),
    ("CASF", "code de l'action sociale et des familles", "LEGITEXT000006074069"),
    ("CGI", "code général des impôts", "LEGITEXT000006069577"),
    ("CGI, annexe III", "code général des impôts, annexe III", "LEGITEXT000006069574"),
    ("CRPM", "code rural et de la pêche maritime", "LEGITEXT000006071367"),
    ("", "code civil", "LEGITEXT000006070721"),
    ("", "code du travail", "LEGITEXT000006072050"),
    ("CESEDA", "code de l'entrée et du séjour des étrangers et du droit d'asile", ""),
];

/// What collects the index. All is grouped by what is left of names without case, accents and punctuation.
pub struct Collector<'p> {
    known: &'p KnownTexts,
    /// By kind, then by what sorts texts and by the identifier on the page.
    texts: BTreeMap<(Family, String, String), Gathered>,
}

struct Gathered {
    title: String,
    links: Vec<Link>,
    /// By what sorts articles.
    articles: BTreeMap<String, GatheredArticle>,
}

struct GatheredArticle {
    anchor: String,
    title: String,
    /// By what sorts paragraphs: the paragraph, then the names in the order of the pack.
    paragraphs: BTreeMap<String, Paragraph>,
}

/// A place in a text.
struct Place {
    family: Family,
    text: String,
    /// What sorts the text, where its name does not.
    order: Option<String>,
    article: String,
    paragraph: String,
}

impl<'p> Collector<'p> {
    pub fn new(known: &'p KnownTexts) -> Collector<'p> {
        Collector { known, texts: BTreeMap::new() }
    }

    /// The references of one line of a rule; they enter the index if they are in force.
    pub fn line(&mut self, name: &str, day: Option<Date>, line: &str, enters: bool) -> Vec<Source> {
        let mut shown = Vec::new();
        for part in line.split(" ; ").map(str::trim) {
            // What cannot be opened stands there all the same.
            let found = parse(part, self.known)
                .unwrap_or_else(|_| vec![Citation { written: part.to_string(), ..Citation::default() }]);
            shown.extend(found.iter().map(|citation| self.cite(name, day, citation, enters)));
        }
        shown
    }

    /// The references of one source of a table.
    pub fn source(&mut self, name: &str, day: Date, source: &TableSource) -> Vec<Source> {
        match parse_parts(&source.title, source.id.as_deref(), source.url.as_deref(), self.known) {
            Ok(found) => found.iter().map(|citation| self.cite(name, Some(day), citation, true)).collect(),
            Err(_) => self.line(name, Some(day), &source.to_string(), true),
        }
    }

    fn cite(&mut self, name: &str, day: Option<Date>, citation: &Citation, enters: bool) -> Source {
        let links: Vec<Link> = citation.links().into_iter().map(link).collect();
        let mut anchor = None;
        for place in places(citation, self.known).into_iter().filter(|_| enters) {
            let at = self.enter(name, day, citation, &links, place);
            anchor.get_or_insert(at);
        }
        Source { written: citation.written.clone(), anchor, links }
    }

    fn enter(
        &mut self,
        name: &str,
        day: Option<Date>,
        citation: &Citation,
        links: &[Link],
        place: Place,
    ) -> String {
        let in_law = place.family == Family::Laws;
        let of_text = format!("{}-{}", place.family.mark(), slug(&place.text));
        let order = natural(place.order.as_ref().unwrap_or(&of_text));
        let text = self.texts.entry((place.family, order, of_text.clone())).or_insert_with(|| Gathered {
            links: text_links(&place.text, place.family),
            title: place.text,
            articles: BTreeMap::new(),
        });
        // Where the whole text opens is said once, beside its name.
        let of_ids = |link: &Link| {
            let whole = |id: &&String| id.starts_with("JORFTEXT") || id.starts_with("LEGITEXT");
            citation.ids.iter().filter(whole).any(|id| link.address.ends_with(id.as_str()))
        };
        let whole = |link: &&Link| of_ids(link) || link.address.contains("/eli/");
        if let Some(link) = links.iter().find(whole).filter(|_| in_law && text.links.is_empty()) {
            text.links.push(link.clone());
        }
        let own = links.iter().filter(|link| text.links.iter().all(|l| l.address != link.address));
        let links: Vec<Link> = own.cloned().collect();
        let article = text.articles.entry(natural(&slug(&place.article))).or_insert_with(|| {
            let whole = place.article.is_empty();
            let anchor = if whole { "texte-entier".to_string() } else { slug(&place.article) };
            GatheredArticle {
                anchor: format!("{of_text}--{anchor}"),
                title: place.article,
                paragraphs: BTreeMap::new(),
            }
        });
        let paragraph = article
            .paragraphs
            .entry(natural(&place.paragraph))
            .or_insert_with(|| Paragraph { title: place.paragraph, uses: Vec::new() });
        let cite = Cite { from: day.map(french_day), written: citation.written.clone(), links };
        match paragraph.uses.iter_mut().find(|used| used.name == name) {
            Some(used) => used.cites.push(cite),
            None => paragraph.uses.push(Use { name: name.to_string(), cites: vec![cite] }),
        }
        article.anchor.clone()
    }

    /// The number of articles, or of texts that are cited as a whole.
    pub fn count(&self) -> usize {
        self.texts.values().map(|text| text.articles.len()).sum()
    }

    pub fn finish(self) -> Index {
        let mut kinds: BTreeMap<Family, Vec<Text>> = BTreeMap::new();
        for ((family, _, anchor), text) in self.texts {
            let article = |found: GatheredArticle| Article {
                anchor: found.anchor,
                title: found.title,
                paragraphs: found.paragraphs.into_values().collect(),
            };
            let articles = text.articles.into_values().map(article).collect();
            kinds.entry(family).or_default().push(Text {
                anchor,
                title: text.title,
                links: text.links,
                articles,
            });
        }
        let kinds = kinds.into_iter().map(|(family, texts)| Kind { title: family.title(), texts });
        Index { kinds: kinds.collect() }
    }
}

/// The places that a reference names: one for each of its articles, at least one.
fn places(citation: &Citation, known: &KnownTexts) -> Vec<Place> {
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
    if let Some(code) = code(&citation.text) {
        return all(Family::Codes, code, None);
    }
    if ["loi", "ordonnance", "décret", "arrêté"].iter().any(|kind| first_word(&lower) == *kind) {
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
    if ["Cass.", "CE ", "CE,", "CAA ", "TA ", "CA ", "Cons. const.", "CJUE"]
        .iter()
        .any(|court| citation.text.starts_with(court))
    {
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

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// The name of a code, abbreviation and all.
fn code(text: &str) -> Option<String> {
    let plain = text.trim().replace("ann. ", "annexe ");
    if plain.is_empty() {
        return None;
    }
    let found = CODES.iter().find(|(short, name, _)| plain == *short || plain.to_lowercase() == *name);
    if let Some((short, name, _)) = found {
        let short = if short.is_empty() { String::new() } else { format!(" ({short})") };
        return Some(format!("{}{short}", capital(name)));
    }
    let abbreviated = ["CRPA"].contains(&plain.as_str());
    (abbreviated || first_word(&plain.to_lowercase()) == "code").then(|| capital(&plain))
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

/// Where the text itself opens, if that does not go by its references.
fn text_links(title: &str, family: Family) -> Vec<Link> {
    if family != Family::Codes {
        return Vec::new();
    }
    let known = CODES
        .iter()
        .find(|(_, name, _)| title == capital(name) || title.starts_with(&format!("{} (", capital(name))));
    known.and_then(|(_, _, id)| address(id)).into_iter().map(link).collect()
}

fn link(address: String) -> Link {
    let site = address.trim_start_matches("https://").split(['/', '?']).next().unwrap_or("");
    let site = site.trim_start_matches("www.");
    let last = address.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let label = match site {
        "legifrance.gouv.fr" if is_identifier(last) => format!("Légifrance, {last}"),
        "legifrance.gouv.fr" => "Légifrance".to_string(),
        site => site.to_string(),
    };
    Link { address, label }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A name in small letters, digits and single hyphens.
fn slug(text: &str) -> String {
    let mut found = String::new();
    for c in fold(text).chars() {
        let plain = if c.is_ascii_alphanumeric() { c } else { '-' };
        if plain != '-' || !found.ends_with('-') {
            found.push(plain);
        }
    }
    found.trim_matches('-').to_string()
}

/// What sorts a name by its numbers: `L441-2` before `L441-10`.
fn natural(text: &str) -> String {
    let mut found = String::new();
    let mut digits = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            if !digits.is_empty() {
                found.push_str(&format!("{:0>8}", std::mem::take(&mut digits)));
            }
            found.push(c);
        }
    }
    found
}
