//! What `logis diff` found, as text, JSON and one HTML page; `diff.html` says how the page looks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;
use logis_engine::compare::{Cause, CellChange, Change, Difference, Effect, Kind, Structure};
use logis_engine::explain::{Explanation, to_text};
use serde::Serialize;

use super::diff::Found;
use super::replay::shown;
use crate::text;

/// Examples that the terminal shows, gains and losses first: what each explanation says that the other does
/// not.
const EXAMPLES: usize = 6;

/// Values of a field that the terminal shows.
const VALUES: usize = 10;

/// The whole as JSON.
pub fn json(found: &Found) -> Result<String> {
    let json = serde_json::json!({
        "base": found.base,
        "head": found.head,
        "fine": found.is_fine(),
        "structure": found.structure,
        "seen": found.report.seen,
        "differences": found.report.differences,
        "notes": found.report.notes,
        "acceptance": found.acceptance,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&json)?))
}

/// As a page.
pub fn html(found: &Found) -> Result<String> {
    let mut engine = minijinja::Environment::new();
    engine.add_template("diff.html", include_str!("diff.html"))?;
    let page = Page::of(found);
    Ok(engine.get_template("diff.html")?.render(minijinja::Value::from(minijinja::value::Serde(&page)))?)
}

/// For the terminal.
pub fn text(found: &Found) -> String {
    let page = Page::of(found);
    let mut out = format!("De {} à {}\n\n", page.base, page.head);
    let _ = writeln!(out, "Ce que les règles disent autrement");
    if page.structure.is_empty() {
        out.push_str("   rien\n");
    }
    for line in &page.structure {
        let _ = writeln!(out, "   {}{}", line.what, line.values());
    }
    out.push_str("\nCe qui a été comparé\n");
    if page.seen.is_empty() {
        out.push_str("   aucune règle ne peut décider autrement : rien à comparer\n");
    }
    for line in &page.seen {
        let _ = writeln!(out, "   {line}");
    }
    for note in &page.notes {
        let _ = writeln!(out, "   note : {note}");
    }
    out.push_str("\nCe qui change\n");
    if page.differences.is_empty() {
        out.push_str("   rien\n");
    } else {
        let mut table =
            text::empty(&["Corpus", "Date", "Règle", "Devient", "Effet", "Lignes", "Mouvement", "D'où"]);
        for d in &page.differences {
            table.add_row([&d.corpus, &d.date, &d.rule, &d.kind, &d.effect, &d.count, &d.moved, &d.cause]);
        }
        let _ = writeln!(out, "{table}");
    }
    for by in &page.by {
        let _ = writeln!(out, "\nPar {}", by.name);
        let mut table = text::empty(&[&by.name, "Gagnent", "Perdent", "Autres"]);
        for row in by.rows.iter().take(VALUES) {
            table.add_row([&row.value, &row.gain, &row.loss, &row.other]);
        }
        text::align_numbers(&mut table);
        let _ = writeln!(out, "{table}");
        if by.rows.len() > VALUES {
            let _ = writeln!(out, "   … et {} autres (--format json ou html)", by.rows.len() - VALUES);
        }
    }
    let mut examples: Vec<&Shown> = page.differences.iter().collect();
    examples.sort_by_key(|d| ["gain", "perte", "neutre"].iter().position(|effect| *effect == d.effect));
    let shown = examples.iter().filter_map(|d| Some((d, d.example.as_ref()?)));
    for (d, example) in shown.take(EXAMPLES) {
        let (about, before, after) = (&example.about, &example.before, &example.after);
        let _ = writeln!(out, "\nExemple : {about}, {} {before} → {after} (au {})", d.rule, d.date);
        let mut table = text::empty(&["Avant", "Après"]);
        table.add_row([other_lines(&example.explained_before), other_lines(&example.explained_after)]);
        let _ = writeln!(out, "{table}");
    }
    if examples.iter().any(|d| d.example.is_some()) {
        out.push_str("\nUn exemple de chaque sorte, expliqué en entier : --format html ou json\n");
    }
    if page.withheld {
        let _ = writeln!(out, "\n{WITHHELD}");
    }
    if !page.verdict.is_empty() {
        out.push('\n');
        for line in &page.verdict {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// Said where the rows of people are left out.
const WITHHELD: &str =
    "Les exemples tirés des données (identifiants, revenus) sont laissés de côté : --with-rows les montre";

/// The lines that the other side says otherwise.
fn other_lines(lines: &[Line]) -> String {
    let text: Vec<&str> = lines.iter().filter(|line| line.other).map(|line| line.text.trim()).collect();
    text.join("\n")
}

/// What is shown.
#[derive(Serialize)]
struct Page {
    base: String,
    head: String,
    fine: bool,
    structure: Vec<Said>,
    seen: Vec<String>,
    notes: Vec<String>,
    totals: Vec<Total>,
    by: Vec<By>,
    differences: Vec<Shown>,
    /// Are rows left out, and what is said of it?
    withheld: bool,
    withheld_text: &'static str,
    verdict: Vec<String>,
}

/// What is said differently, in a line.
#[derive(Serialize)]
struct Said {
    what: String,
    before: Option<String>,
    after: Option<String>,
    /// Are before and after texts of several lines?
    long: bool,
}

impl Said {
    fn values(&self) -> String {
        if self.long {
            return String::new();
        }
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "aucune valeur".to_string());
        format!(" : {} → {}", side(&self.before), side(&self.after))
    }
}

/// Counts of one rule.
#[derive(Serialize)]
struct Total {
    corpus: String,
    date: String,
    rule: String,
    label: String,
    gain: String,
    loss: String,
    other: String,
}

/// Counts by one thing.
#[derive(Serialize)]
struct By {
    name: String,
    rows: Vec<ByRow>,
}

#[derive(Serialize)]
struct ByRow {
    value: String,
    gain: String,
    loss: String,
    other: String,
}

/// A kind of difference.
#[derive(Serialize)]
struct Shown {
    corpus: String,
    date: String,
    rule: String,
    label: String,
    kind: String,
    effect: String,
    count: String,
    moved: String,
    cause: String,
    /// A row; none, if the rows of the corpus are those of people.
    example: Option<ShownExample>,
    /// Rows that no entry accepts.
    left: Option<String>,
}

/// A row of a kind of difference.
#[derive(Serialize)]
struct ShownExample {
    about: String,
    before: String,
    after: String,
    explained_before: Vec<Line>,
    explained_after: Vec<Line>,
}

/// A line of an explanation; does the other side say it otherwise?
#[derive(Serialize)]
struct Line {
    text: String,
    other: bool,
}

impl Page {
    fn of(found: &Found) -> Page {
        let report = &found.report;
        let left: BTreeMap<usize, u64> =
            found.acceptance.iter().flat_map(|a| a.unaccepted.iter().copied()).collect();
        let shown = report.differences.iter().enumerate();
        Page {
            base: found.base.clone(),
            head: found.head.clone(),
            fine: found.is_fine(),
            structure: said(&found.structure),
            seen: report
                .seen
                .iter()
                .map(|seen| {
                    format!(
                        "{}, au {} : {} {} ; {}",
                        seen.corpus,
                        seen.date,
                        count(seen.rows),
                        seen.entity,
                        seen.rules.join(", ")
                    )
                })
                .collect(),
            notes: report.notes.clone(),
            totals: totals(&report.differences),
            by: by(&report.differences),
            withheld: report.differences.iter().any(|d| found.withheld.contains(&d.corpus)),
            withheld_text: WITHHELD,
            differences: shown
                .map(|(at, d)| {
                    let example = (!found.withheld.contains(&d.corpus)).then(|| example(d));
                    difference(d, example, left.get(&at).copied())
                })
                .collect(),
            verdict: verdict(found),
        }
    }
}

fn count(n: u64) -> String {
    text::count(usize::try_from(n).unwrap_or(usize::MAX))
}

fn said(structure: &Structure) -> Vec<Said> {
    let mut all = Vec::new();
    let since =
        |from: &Option<String>| from.as_ref().map_or_else(String::new, |from| format!(" depuis le {from}"));
    for rule in &structure.rules {
        let what = match rule.change {
            Change::Added => "règle ajoutée",
            Change::Removed => "règle retirée",
            Change::Changed => "texte changé",
        };
        all.push(Said {
            what: format!("{what} : {}{}", rule.rule, since(&rule.from)),
            before: rule.before.clone(),
            after: rule.after.clone(),
            long: true,
        });
    }
    for CellChange { path, keys, from, before, after } in &structure.parameters {
        all.push(Said {
            what: format!("paramètre {path}{keys}{}", since(from)),
            before: before.clone(),
            after: after.clone(),
            long: false,
        });
    }
    for field in &structure.fields {
        let what = match field.change {
            Change::Added => "champ ajouté",
            Change::Removed => "champ retiré",
            Change::Changed => "champ changé",
        };
        all.push(Said {
            what: format!("{what} : {}", field.field),
            before: field.before.clone(),
            after: field.after.clone(),
            long: true,
        });
    }
    for table in &structure.references {
        let what = format!("table de référence changée : {table}");
        all.push(Said { what, before: None, after: None, long: true });
    }
    all
}

/// Gains, losses, others.
type Three = [u64; 3];

fn place(effect: Effect) -> usize {
    match effect {
        Effect::Gain => 0,
        Effect::Perte => 1,
        Effect::Neutre => 2,
    }
}

fn add(counts: &mut Three, effect: Effect, n: u64) {
    if let Some(slot) = counts.get_mut(place(effect)) {
        *slot += n;
    }
}

fn totals(differences: &[Difference]) -> Vec<Total> {
    let mut order: Vec<(&str, &str, &str, &str)> = Vec::new();
    let mut counts: BTreeMap<(&str, &str, &str, &str), Three> = BTreeMap::new();
    for d in differences {
        let key = (d.corpus.as_str(), d.date.as_str(), d.rule.as_str(), d.label.as_str());
        if !order.contains(&key) {
            order.push(key);
        }
        add(counts.entry(key).or_default(), d.effect, d.count);
    }
    let total = |key: (&str, &str, &str, &str)| {
        let [gain, loss, other] = counts.get(&key).copied().unwrap_or_default();
        Total {
            corpus: key.0.to_string(),
            date: key.1.to_string(),
            rule: key.2.to_string(),
            label: key.3.to_string(),
            gain: count(gain),
            loss: count(loss),
            other: count(other),
        }
    };
    order.into_iter().map(total).collect()
}

/// Counts by each thing, over all rules and dates: the values with most differences first.
fn by(differences: &[Difference]) -> Vec<By> {
    let names: BTreeSet<&String> = differences.iter().flat_map(|d| d.by.keys()).collect();
    let one = |name: &String| {
        let mut values: BTreeMap<&str, Three> = BTreeMap::new();
        for d in differences {
            for (value, n) in d.by.get(name).into_iter().flatten() {
                add(values.entry(value).or_default(), d.effect, *n);
            }
        }
        let mut rows: Vec<(&str, Three)> = values.into_iter().collect();
        rows.sort_by_key(|(value, counts)| (std::cmp::Reverse(counts.iter().sum::<u64>()), *value));
        let row = |(value, [gain, loss, other]): (&str, Three)| ByRow {
            value: value.to_string(),
            gain: count(gain),
            loss: count(loss),
            other: count(other),
        };
        By { name: name.clone(), rows: rows.into_iter().map(row).collect() }
    };
    names.into_iter().map(one).collect()
}

/// A kind of difference in words.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::DevientVrai => "vrai",
        Kind::DevientFaux => "faux",
        Kind::Hausse => "plus grand",
        Kind::Baisse => "plus petit",
        Kind::Autre => "autre",
        Kind::DevientConnu => "connu",
        Kind::DevientInconnu => "inconnu",
        Kind::Erreur => "une erreur",
        Kind::ErreurLevee => "sans erreur",
    }
}

/// The example of a difference, its lines marked where the other side says otherwise.
fn example(d: &Difference) -> ShownExample {
    let (before, after) = (lines(&d.example.explained_before), lines(&d.example.explained_after));
    let marked = |own: &[String], other: &[String]| -> Vec<Line> {
        own.iter().map(|text| Line { text: text.clone(), other: !other.contains(text) }).collect()
    };
    ShownExample {
        about: d.example.about.clone(),
        before: shown(&d.example.before),
        after: shown(&d.example.after),
        explained_before: marked(&before, &after),
        explained_after: marked(&after, &before),
    }
}

fn difference(d: &Difference, example: Option<ShownExample>, left: Option<u64>) -> Shown {
    let unit = d.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
    let moved = d.moved.as_ref().map_or_else(String::new, |m| match m.least == m.most {
        true => format!("{}{unit} chacun", signed(&m.least)),
        false => format!("de {} à {}, en tout {}{unit}", signed(&m.least), signed(&m.most), signed(&m.total)),
    });
    Shown {
        corpus: d.corpus.clone(),
        date: d.date.clone(),
        rule: d.rule.clone(),
        label: d.label.clone(),
        kind: kind(d.kind).to_string(),
        effect: match d.effect {
            Effect::Gain => "gain",
            Effect::Perte => "perte",
            Effect::Neutre => "neutre",
        }
        .to_string(),
        count: count(d.count),
        moved,
        cause: cause(&d.cause, &d.rule),
        example,
        left: left.map(count),
    }
}

/// The rule is said only if it is another than the decided one.
fn cause(cause: &Cause, rule: &str) -> String {
    let text = cause.in_full();
    if cause.rule == rule {
        text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_string())
    } else {
        text
    }
}

fn signed(number: &str) -> String {
    if number.starts_with('-') { number.replacen('-', "−", 1) } else { format!("+{number}") }
}

fn lines(explanation: &Option<Explanation>) -> Vec<String> {
    let text = explanation.as_ref().map_or_else(String::new, to_text);
    text.lines().map(str::to_string).collect()
}

fn verdict(found: &Found) -> Vec<String> {
    let Some(acceptance) = &found.acceptance else {
        return match found.report.differences.len() {
            0 => Vec::new(),
            n => vec![format!("{n} sorte(s) de différences, aucune acceptée (--accept)")],
        };
    };
    let mut lines = Vec::new();
    for (number, rows) in &acceptance.unaccepted {
        if let Some(d) = found.report.differences.get(*number) {
            lines.push(format!(
                "non acceptée : {}, au {}, {} devient {} ({} lignes) ; {}",
                d.corpus,
                d.date,
                d.rule,
                kind(d.kind),
                count(*rows),
                d.cause.in_full()
            ));
        }
    }
    for unmet in &acceptance.unmet {
        let expected = unmet
            .expected
            .map_or_else(|| "au moins une ligne".to_string(), |n| format!("{} lignes", count(n)));
        lines.push(format!(
            "acceptée, mais n'arrive pas ainsi : n° {} ({}) : {expected} attendue(s), {} trouvée(s)",
            unmet.entry,
            unmet.rule,
            count(unmet.found)
        ));
    }
    if lines.is_empty() {
        lines.push("Tout ce qui change est accepté, et tout ce qui est accepté arrive.".to_string());
    }
    lines
}
