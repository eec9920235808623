//! What the figures of a report rest on, as its first screen says it, and as lines for a workbook or a terminal.

use std::collections::BTreeMap;

use logis::scenario::basis::{Basis, Doubt, Stands};
use logis::scenario::report::Cell;
use serde::Serialize;

use super::day;

/// Characters of a hash that are shown: enough to compare, not to seal.
const SHOWN: usize = 16;

/// How many days are told one by one.
const DAYS: usize = 6;

/// How many doubtful things are named before the list is folded.
const NAMED: usize = 5;

/// A kind of doubts: the word for one, and for several.
const RESERVE: &str = "réserve";

/// What stands on the first screen of a page.
#[derive(Serialize)]
pub struct BasisView {
    /// Are the data invented, in a sentence.
    synthetic: &'static str,
    /// The class of that sentence.
    class: &'static str,
    /// Label, and what is said.
    lines: Vec<(String, Vec<Said>)>,
    /// How many doubts and reserves, and the first things that are doubtful; empty if nothing is.
    doubted: String,
    doubts: Vec<Shown>,
    /// How many assumptions, in words; empty if there are none.
    assumed: String,
    assumptions: Vec<(String, String)>,
}

/// A line, with the hash that seals it.
#[derive(Serialize)]
struct Said {
    text: String,
    hash: String,
}

/// Doubts of one kind about one thing.
#[derive(Serialize)]
struct Shown {
    of: String,
    kind: String,
    text: String,
}

impl BasisView {
    /// Of a report; `repeated` is whether it is computed from seeds.
    pub fn of(basis: &Basis, repeated: bool) -> BasisView {
        let (class, synthetic) = synthetic(basis);
        let mut lines: Vec<(String, Vec<Said>)> = Vec::new();
        for stands in &basis.stands {
            let said = Said { text: named(stands), hash: short(&stands.hash) };
            match lines.iter_mut().find(|(role, _)| *role == stands.role) {
                Some((_, all)) => all.push(said),
                None => lines.push((stands.role.clone(), vec![said])),
            }
        }
        let mut plain = |label: &str, text: String| {
            lines.push((label.to_string(), vec![Said { text, hash: String::new() }]));
        };
        if !basis.places.is_empty() {
            plain("Règles locales", places(basis));
        }
        if !basis.dates.is_empty() {
            plain("Décidé au", dates(basis));
        }
        plain("Fait le", made(basis));
        if repeated {
            plain("Graines", seeds(&basis.seeds));
        }
        BasisView {
            synthetic,
            class,
            lines,
            doubted: doubted(&basis.doubts),
            doubts: basis
                .doubts
                .iter()
                .map(|d| Shown { of: d.of.clone(), kind: d.kind.clone(), text: d.text.clone() })
                .collect(),
            assumed: assumed(basis),
            assumptions: basis.assumptions.clone(),
        }
    }
}

/// All of it as lines, for a workbook or a terminal.
pub fn lines(basis: &Basis, repeated: bool) -> Vec<String> {
    let view = BasisView::of(basis, repeated);
    let mut all = vec![view.synthetic.to_string()];
    for (label, said) in view.lines {
        let said = said.into_iter().map(|one| match one.hash.is_empty() {
            true => one.text,
            false => format!("{}, empreinte {}", one.text, one.hash),
        });
        all.push(format!("{label} : {}.", said.collect::<Vec<_>>().join(" ; ")));
    }
    if !view.doubted.is_empty() {
        all.push(format!("Doutes : {}.", view.doubted));
    }
    if !view.assumed.is_empty() {
        all.push(format!("Hypothèses : {}.", view.assumed));
    }
    all
}

/// The sentence on whether the data are invented, and its class.
fn synthetic(basis: &Basis) -> (&'static str, &'static str) {
    match basis.synthetic() {
        Some(true) => ("invente", "Données synthétiques : aucune personne, aucune opération n'est réelle."),
        Some(false) if basis.stands.iter().any(|one| one.synthetic == Some(true)) => {
            ("reel", "Données en partie synthétiques : un des paquets ne se dit pas synthétique.")
        }
        Some(false) => {
            ("reel", "Données qui ne se disent pas synthétiques : à tenir pour celles de personnes réelles.")
        }
        None => ("reel", "Aucune donnée : des cas du paquet de règles seulement."),
    }
}

/// `Règles d'Action Logement, version 0.1.0`
fn named(stands: &Stands) -> String {
    match &stands.version {
        Some(version) => format!("{}, version {version}", stands.title),
        None => stands.title.clone(),
    }
}

fn short(hash: &str) -> String {
    hash.trim_start_matches("sha256:").chars().take(SHOWN).collect()
}

fn count(n: u64) -> String {
    i64::try_from(n).map_or_else(|_| n.to_string(), |value| Cell::Number { value, decimals: 0 }.to_string())
}

/// `1 ligne`, `2 lignes`
fn many(n: usize, word: &str) -> String {
    format!("{} {word}{}", count(n as u64), if n > 1 { "s" } else { "" })
}

fn places(basis: &Basis) -> String {
    let one = |place: &logis::scenario::basis::Counted| {
        format!("{} ({} ligne{})", place.label, count(place.rows), if place.rows > 1 { "s" } else { "" })
    };
    basis.places.iter().map(one).collect::<Vec<_>>().join(" ; ")
}

/// The days, or how many from which to which.
fn dates(basis: &Basis) -> String {
    match basis.dates.as_slice() {
        [first, .., last] if basis.dates.len() > DAYS => {
            format!("{} dates, du {} au {}", count(basis.dates.len() as u64), day(first), day(last))
        }
        all => all.iter().map(|date| day(date)).collect::<Vec<_>>().join(", "),
    }
}

fn made(basis: &Basis) -> String {
    basis.made_on.as_ref().map_or_else(|| "non dit (--made-on)".to_string(), |made| day(made))
}

/// `1 à 20 (20 répétitions)`; a list that has holes in full, up to ten.
fn seeds(seeds: &[u64]) -> String {
    let repeated = match seeds.len() {
        1 => "un seul tirage".to_string(),
        n => many(n, "répétition"),
    };
    let next = seeds.windows(2).all(|pair| matches!(pair, [a, b] if a.checked_add(1) == Some(*b)));
    let shown = match seeds {
        [first, .., last] if next => format!("{first} à {last}"),
        _ if seeds.len() <= 10 => seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        _ => {
            let first: Vec<String> = seeds.iter().take(9).map(u64::to_string).collect();
            format!("{}, …", first.join(", "))
        }
    };
    format!("{shown} ({repeated})")
}

/// `12 doutes et 3 réserves, sur : …`
fn doubted(doubts: &[Doubt]) -> String {
    if doubts.is_empty() {
        return String::new();
    }
    let reserves = doubts.iter().filter(|doubt| doubt.kind == RESERVE).count();
    let counts = [(doubts.len() - reserves, "doute"), (reserves, RESERVE)];
    let counts = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| many(n, word));
    let counts = counts.collect::<Vec<_>>().join(" et ");
    // What is doubtful of figures and dates of the law comes first, then what has most said of it.
    let mut about: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for doubt in doubts {
        let found = about.entry(&doubt.of).or_default();
        found.0 += usize::from(doubt.kind == "chiffre" || doubt.kind == "date");
        found.1 += 1;
    }
    let mut about: Vec<(&str, (usize, usize))> = about.into_iter().collect();
    about.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    // A label says after a colon what it takes in.
    let short = |of: &'_ str| of.split(" : ").next().unwrap_or(of).to_string();
    let named: Vec<String> = about.iter().take(NAMED).map(|(of, _)| short(of)).collect();
    let more = match about.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" ; et {} de plus", count(n as u64)),
    };
    format!("{counts}, sur {}{more}", named.join(" ; "))
}

fn assumed(basis: &Basis) -> String {
    if basis.assumptions.is_empty() { String::new() } else { many(basis.assumptions.len(), "hypothèse") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader sees of seeds and of doubts.
    #[test]
    fn in_words() {
        assert_eq!(seeds(&[7]), "7 (un seul tirage)");
        assert_eq!(seeds(&[1, 2, 3]), "1 à 3 (3 répétitions)");
        assert_eq!(seeds(&[1, 3]), "1, 3 (2 répétitions)");
        let doubt = |of: &str, kind: &str| {
            let [of, kind] = [of, kind].map(str::to_string);
            Doubt { of, name: String::new(), kind, text: String::new() }
        };
        assert_eq!(doubted(&[]), "");
        let two = [doubt("A", "lecture"), doubt("A", RESERVE), doubt("B", "chiffre")];
        assert_eq!(doubted(&two), "2 doutes et 1 réserve, sur B ; A");
    }
}
