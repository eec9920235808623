//! The rule book of `logis doc`: every source of the pack stands under its text and article, with where it opens;
//! with `--as-of`, the book is that of the day. What is expected is read from the files of the pack, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{logis, root, stdout};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// `2017-06-01` as the page says it.
fn french(day: &str) -> String {
    let parts: Vec<usize> = day.split('-').map(|part| part.parse().unwrap()).collect();
    let first = if parts[2] == 1 { "1er".to_string() } else { parts[2].to_string() };
    format!("{first} {} {}", MONTHS[parts[1] - 1], parts[0])
}

fn plain(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split('<').enumerate() {
        text.push_str(if at == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) });
    }
    let signs =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    for (written, sign) in signs {
        text = text.replace(written, sign);
    }
    text.trim().to_string()
}

/// The value of an attribute of the first tag.
fn attribute(html: &str, name: &str) -> String {
    plain(html.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap())
}

/// The addresses to which a piece of the page leads outside of it.
fn outside(html: &str) -> Vec<String> {
    html.split("class=\"ext\"").skip(1).map(|link| attribute(link, "href")).collect()
}

/// One reference of the index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cited {
    text: String,
    article: String,
    paragraph: String,
    name: String,
    from: String,
    written: String,
    links: Vec<String>,
}

fn index(page: &str) -> Vec<Cited> {
    let part = page.split("id=\"par-article\"").nth(1).unwrap().split("id=\"par-champ\"").next().unwrap();
    let mut found = Vec::new();
    for text in part.split("<section class=\"texte\">").skip(1) {
        let title = plain(&format!("<{}", text.split_once("<h4").unwrap().1.split(['\n']).next().unwrap()));
        let whole = outside(text.split("</h4>").next().unwrap());
        for article in text.split("<li id=").skip(1) {
            let name = plain(article.split_once("<strong>").unwrap().1.split("</strong>").next().unwrap());
            for paragraph in article.split("<li>").skip(1) {
                let of_it =
                    paragraph.strip_prefix("<em>").map_or("", |rest| rest.split("</em>").next().unwrap());
                for used in paragraph.split("<span class=\"use\">").skip(1) {
                    for cite in used.split("<span class=\"petit cite\"").skip(1) {
                        let shown = plain(&format!("<{}", cite.split("</span>").next().unwrap()));
                        let from = shown.strip_prefix("depuis le ").unwrap_or("");
                        found.push(Cited {
                            text: title.clone(),
                            article: name.clone(),
                            paragraph: plain(of_it),
                            name: plain(used.split("</a>").next().unwrap()),
                            from: from.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
                            written: attribute(cite, "title"),
                            links: outside(cite).into_iter().chain(whole.clone()).collect(),
                        });
                    }
                }
            }
        }
    }
    found
}

fn files(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, into);
        } else if path.to_str().unwrap().ends_with(ending) {
            into.push(path);
        }
    }
}

/// The folders of the pack that hold rules and tables.
fn folders() -> [PathBuf; 2] {
    [root().join("rules/national"), root().join("rules/territoires")]
}

/// The tags of the rules: name of the rule, day of its file, tag, what it says.
fn tags() -> Vec<(String, String, String, String)> {
    let (mut scripts, mut found) = (Vec::new(), Vec::new());
    folders().iter().for_each(|folder| files(folder, ".rhai", &mut scripts));
    for script in scripts {
        let name = script.file_name().unwrap().to_str().unwrap().to_string();
        let day = name.split('.').nth(1).filter(|part| part.starts_with("20")).map_or(String::new(), french);
        // As the page names a rule that several territories give, each its own.
        let territory = script.to_str().unwrap().split("territoires/").nth(1);
        let of = territory.map_or(String::new(), |path| format!("@{}", path.split('/').next().unwrap()));
        let mut above: Vec<(String, String)> = Vec::new();
        for line in fs::read_to_string(&script).unwrap().lines() {
            if let Some(tag) = line.strip_prefix("/// ") {
                above.extend(
                    tag.split_once(": ").map(|(tag, said)| (tag.to_string(), said.trim().to_string())),
                );
            } else if let Some(rule) = line.strip_prefix("fn ") {
                let rule = format!("{}{of}", rule.split('(').next().unwrap());
                let above = std::mem::take(&mut above).into_iter();
                found.extend(above.map(|(tag, said)| (rule.clone(), day.clone(), tag, said)));
            } else if !line.starts_with("//") {
                above.clear();
            }
        }
    }
    assert!(found.len() > 800, "{}", found.len());
    found
}

/// A source of a table: path, first day, title, identifier, address.
type TableSource = (String, String, String, Option<String>, Option<String>);

/// The sources of the tables.
fn sources() -> Vec<TableSource> {
    fn walk(path: &str, table: &toml::Table, into: &mut Vec<TableSource>) {
        for (key, value) in table {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let Some(inner) = value.as_table() else { continue };
            let Some(values) = inner.get("values").and_then(toml::Value::as_array) else {
                walk(&path, inner, into);
                continue;
            };
            for value in values {
                let from = french(&value["from"].to_string());
                let source = &value["source"];
                let alone = [source.clone()];
                for source in source.as_array().map_or(&alone[..], Vec::as_slice) {
                    let of = |key: &str| source.get(key).map(|text| text.as_str().unwrap().to_string());
                    into.push((path.clone(), from.clone(), of("title").unwrap(), of("id"), of("url")));
                }
            }
        }
    }
    let (mut tables, mut found) = (Vec::new(), Vec::new());
    folders().iter().for_each(|folder| files(folder, ".toml", &mut tables));
    for path in tables.iter().filter(|path| !path.to_str().unwrap().ends_with(".cas.toml")) {
        let first = found.len();
        walk("", &fs::read_to_string(path).unwrap().parse().unwrap(), &mut found);
        // A table of a territory is called by both.
        let of_territory = path.ancestors().find(|folder| folder.join("territoire.toml").is_file());
        if let Some(folder) = of_territory {
            let territory = folder.file_name().unwrap().to_str().unwrap();
            found.iter_mut().skip(first).for_each(|source| source.0 = format!("{}@{territory}", source.0));
        }
    }
    assert!(found.len() > 300, "{}", found.len());
    found
}

fn book(args: &[&str]) -> String {
    stdout(&logis(&[&["doc", "--rules", "rules"], args].concat()))
}

/// The rules and tables of the page, by name.
struct Articles<'p>(BTreeMap<&'p str, &'p str>);

impl Articles<'_> {
    fn of(page: &str) -> Articles<'_> {
        let all = page.split("<article id=\"").skip(1).map(|rest| rest.split_once('"').unwrap());
        Articles(all.map(|(name, shown)| (name, shown.split("</article>").next().unwrap())).collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("{name} is not on the page"))
    }
}

/// Is what is written in a file found, whole or cut where another code begins?
fn is_found(written: &str, found: &BTreeSet<&str>) -> bool {
    let cut: usize = found.iter().filter(|part| written.contains(**part)).map(|part| part.len()).sum();
    found.contains(written) || (written.contains("CCH, art.") && cut + 8 >= written.len())
}

#[test]
fn every_source_of_the_pack_stands_in_the_index_with_its_rule_and_its_day() {
    let page = book(&[]);
    let (cited, articles) = (index(&page), Articles::of(&page));
    let mut by_place: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for cite in &cited {
        by_place.entry((&cite.name, &cite.from)).or_default().insert(&cite.written);
    }
    let mut parts = 0;
    for (rule, day, tag, said) in tags() {
        if tag == "source" {
            for part in said.split(" ; ").map(str::trim) {
                parts += 1;
                let found = by_place.get(&(rule.as_str(), day.as_str()));
                assert!(found.is_some_and(|found| is_found(part, found)), "{rule} {day}: {part}: {found:?}");
            }
        }
    }
    for (path, day, title, id, url) in sources() {
        for part in title.split(" ; ").map(str::trim) {
            parts += 1;
            let found = by_place.get(&(path.as_str(), day.as_str()));
            assert!(found.is_some_and(|found| is_found(part, found)), "{path} {day}: {part}: {found:?}");
        }
        // Its identifier and its address open from the index and from the page of the table.
        let own = || cited.iter().filter(|cite| cite.name == path && cite.from == day);
        let opens = |end: &str| {
            own().any(|cite| cite.links.iter().any(|link| link.ends_with(end)))
                && outside(articles.get(&path)).iter().any(|link| link.ends_with(end))
        };
        if let Some(id) = id.filter(|id| id.starts_with("LEGI") || id.starts_with("JORF")) {
            assert!(opens(&format!("/{id}")), "{path} {day}: {id}");
        }
        if let Some(url) = url {
            assert!(opens(&url), "{path} {day}: {url}");
        }
    }
    // Nothing lost, nothing made up: a part stands there once for each of its articles.
    let distinct: BTreeSet<&Cited> = cited.iter().collect();
    assert!(cited.len() >= parts && distinct.len() * 2 > cited.len(), "{} {parts}", cited.len());
}

/// `CCH, art. L442-12, al. 2` is found by code, article and paragraph.
#[test]
fn what_names_an_article_and_a_paragraph_stands_under_both() {
    let cited = index(&book(&[]));
    let mut seen = 0;
    for cite in &cited {
        let Some(place) = cite.written.strip_prefix("CCH, art. ") else { continue };
        assert!(cite.text.starts_with("Code de la construction et de l'habitation (CCH)"), "{cite:?}");
        let (number, paragraph) = place.split_once(", ").unwrap_or((place, ""));
        let simple = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-. ".contains(c));
        if simple(number) && !number.contains(' ') && simple(paragraph) && paragraph.len() < 8 {
            seen += 1;
            assert_eq!((cite.article.as_str(), cite.paragraph.as_str()), (number, paragraph), "{cite:?}");
        }
    }
    assert!(seen > 100, "{seen}");
    let order: Vec<_> =
        cited.iter().filter(|cite| cite.text.starts_with("Arrêté du 29 juillet 1987")).collect();
    let ceilings = order.iter().filter(|c| c.article == "annexe I" && c.name == "plus.plafond");
    let days: BTreeSet<&str> = ceilings.map(|cite| cite.from.as_str()).collect();
    assert!(days.contains("1er janvier 2017") && days.contains("1er janvier 2026"), "{days:?}");
    for cite in &cited {
        assert!(!cite.text.starts_with("Code ") || cite.written.contains(", art. "), "{cite:?}");
        for link in &cite.links {
            let rest = link.strip_prefix("https://").unwrap_or_else(|| panic!("{link}"));
            assert!(rest.contains('.') && !link.contains([' ', '(', ')', '"', '<']), "{link}");
        }
    }
}

#[test]
fn days_in_force_reserves_doubts_and_verified_days_stand_on_the_page() {
    let page = book(&[]);
    let articles = Articles::of(&page);
    let mut reserves = 0;
    for (rule, _, tag, said) in tags() {
        let shown = plain(articles.get(&rule));
        match tag.as_str() {
            "réserve" => {
                reserves += 1;
                assert!(shown.contains(&format!("Sous réserve de : {said}")), "{rule}: {said}");
            }
            "doute" => {
                let kind = said
                    .split_once(": ")
                    .filter(|(kind, _)| ["chiffre", "date", "lecture", "source"].contains(kind));
                let shows = match kind {
                    Some((kind, said)) => format!("Doute ({kind}) : {said}"),
                    None => format!("Doute : {said}"),
                };
                assert!(shown.contains(&shows), "{rule}: {said}");
            }
            "en vigueur" => {
                let days: Vec<String> = said.split(' ').filter(|w| w.starts_with("20")).map(french).collect();
                assert!(
                    days.iter().all(|day| shown.contains(day)) && shown.contains("en vigueur "),
                    "{rule}"
                );
            }
            _ => {}
        }
    }
    assert!(reserves > 20, "{reserves}");
    assert!(plain(articles.get("plus.plafond")).contains("Valeurs vues en vigueur jusqu'au "));
}

/// The order prints 20,123 euros for 2017 and 20,304 for 2018.
#[test]
fn the_book_of_a_day_has_its_texts_and_values_and_says_what_is_not_in_force() {
    let day = "2017-06-30";
    let page = book(&["--as-of", day]);
    assert!(page.contains("Le livre au 30 juin 2017."));
    let articles = Articles::of(&page);
    let table = articles.get("plus.plafond");
    assert!(table.contains(">20123</td>") && !table.contains(">20304</td>"));
    assert_eq!(table.matches("<tr><td class=\"d\">").count(), 1);
    let cited = index(&page);
    let mut told = [0, 0];
    for (rule, _, tag, said) in tags() {
        if tag != "en vigueur" {
            continue;
        }
        let days: Vec<&str> = said.split(' ').filter(|word| word.starts_with("20")).collect();
        let (first, last) = match said.split(' ').next().unwrap() {
            "du" => (days[0], days[1]),
            "jusqu'au" => ("0000", days[0]),
            _ => (days[0], "9999"),
        };
        let shown = articles.get(&rule);
        let outside = day < first || last < day;
        told[usize::from(outside)] += 1;
        let says = plain(shown).contains("Cette règle n'est pas encore en vigueur (à partir du")
            || plain(shown).contains("Cette règle n'est plus en vigueur depuis le");
        assert_eq!(says, outside, "{rule}: {said}");
        // What is not in force that day rests on nothing that day.
        assert_eq!(cited.iter().any(|cite| cite.name == rule), !outside, "{rule}");
    }
    assert!(told[0] > 3 && told[1] > 3, "{told:?}");
    // A text that holds from a later day is not shown, but its day is.
    let changed = tags()
        .into_iter()
        .find(|(rule, from, ..)| from.ends_with(" 2018") && !articles.get(rule).contains("class=\"hors\""));
    let (rule, from, ..) = changed.unwrap();
    let shown = plain(articles.get(&rule));
    assert!(!shown.contains(&format!("Depuis le {from}.")) && shown.contains(&from), "{rule} {from}");
    let later = cited.into_iter().find(|cite| {
        let year = cite.from.rsplit(' ').next().unwrap_or("");
        year.parse::<u32>().is_ok_and(|year| year > 2017)
    });
    assert_eq!(later, None);
    // Another day, another book; the same day, the same.
    assert_ne!(page, book(&["--as-of", "2018-06-30"]));
    assert_eq!(page, book(&["--as-of", "30/06/2017"]));
    let wrong = logis(&["doc", "--as-of", "hier"]);
    assert_eq!(wrong.status.code(), Some(2));
}
