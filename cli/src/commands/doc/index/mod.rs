//! The index of the rule book by what it rests on: text, article, paragraph, then the rules and tables, each with
//! where the reference opens.

mod names;
mod places;

use std::collections::BTreeMap;

use logis::pack::citation::{Citation, KnownTexts, address, code, is_identifier, parse, parse_parts};
use logis::pack::params::Source as TableSource;
use logis::value::{Date, french_day};
use serde::Serialize;

use names::{natural, slug};
use places::{Family, Place, places};

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

/// Where the text itself opens, if that does not go by its references.
fn text_links(title: &str, family: Family) -> Vec<Link> {
    if family != Family::Codes {
        return Vec::new();
    }
    let name = title.split(" (").next().unwrap_or(title);
    code(name).and_then(|code| address(code.id)).into_iter().map(link).collect()
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
