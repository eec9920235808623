//! What `logis diff` found, as text, JSON and one HTML page; `diff.html` says how the page looks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;
use logis::compare::{
    Acceptance, ByRows, Cause, CellChange, Change, Changed, Difference, Effect, ForceChange, Kind, KindRows,
    Report, ReserveChange, ReserveRows, RuleRows, Seen, Structure, Unaccepted,
};
use logis::exchange::Document;
use logis::explain::{Explanation, to_text};
use logis::value::format_number;
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
    #[derive(Serialize)]
    struct Body<'f> {
        base: &'f str,
        head: &'f str,
        fine: bool,
        structure: &'f Structure,
        #[serde(flatten)]
        report: &'f Report,
        acceptance: &'f Option<Acceptance>,
    }
    let Found { base, head, structure, report, acceptance, .. } = found;
    Ok(Document::new("diff", Body { base, head, fine: found.is_fine(), structure, report, acceptance })
        .pretty()?)
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
        for line in &page.changed {
            let _ = writeln!(out, "   {line}");
        }
        let mut table =
            text::empty(&["Corpus", "Règle", "Devient", "Effet", "Lignes", "Au", "Mouvement", "D'où"]);
        for d in &page.differences {
            table.add_row([&d.corpus, &d.rule, &d.kind, &d.effect, &d.count, &d.dates, &d.moved, &d.cause]);
        }
        let _ = writeln!(out, "{table}");
    }
    if !page.reserves.is_empty() {
        out.push_str("\nCe qui est accordé sous d'autres réserves\n");
    }
    for line in &page.reserves {
        let _ = writeln!(out, "   {line}");
    }
    for by in &page.by {
        let _ = writeln!(out, "\nPar {} (chaque ligne une fois)", by.name);
        let mut table = text::empty(&[&by.column, "Gagnent", "Perdent", "Autres"]);
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
        let _ = writeln!(out, "\nExemple : {about}, {} {before} → {after} (au {})", d.rule, example.date);
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
    /// Rows that differ, by corpus and entity.
    changed: Vec<String>,
    /// Rows under other reserves, by rule and reserve.
    reserves: Vec<String>,
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
    dates: String,
    rule: String,
    label: String,
    gain: String,
    loss: String,
    other: String,
}

/// Counts by one thing.
#[derive(Serialize)]
struct By {
    /// What is counted by, with corpus and entity.
    name: String,
    /// What is counted by.
    column: String,
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
    /// The dates as of which it happens.
    dates: String,
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
    date: String,
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
        let left: BTreeMap<usize, u64> = found
            .acceptance
            .iter()
            .flat_map(|a| a.unaccepted.iter().map(|u| (u.difference, u.rows)))
            .collect();
        Page {
            base: found.base.clone(),
            head: found.head.clone(),
            fine: found.is_fine(),
            structure: said(&found.structure),
            seen: seen(&report.seen),
            notes: report.notes.clone(),
            changed: report.summary.changed.iter().map(changed).collect(),
            reserves: reserves(&report.reserves),
            totals: totals(report),
            by: by(&report.summary.by),
            withheld: report.differences.iter().any(|d| found.withheld.contains(&d.corpus)),
            withheld_text: WITHHELD,
            differences: report
                .summary
                .kinds
                .iter()
                .filter_map(|rows| {
                    let own = report.differences.iter().enumerate().filter(|(_, d)| is_of(rows, d));
                    difference(rows, &own.collect::<Vec<_>>(), &found.withheld, &left)
                })
                .collect(),
            verdict: verdict(found),
        }
    }
}

/// Is a difference, which has one date, of that kind?
fn is_of(rows: &KindRows, d: &Difference) -> bool {
    (&rows.corpus, &rows.entity, &rows.rule) == (&d.corpus, &d.entity, &d.rule)
        && rows.kind == d.kind
        && rows.cause == d.cause
}

/// What was decided, a line for all dates as of which it was the same.
fn seen(all: &[Seen]) -> Vec<String> {
    let mut groups: Vec<(&Seen, Vec<String>)> = Vec::new();
    for one in all {
        let same = |(first, _): &&mut (&Seen, Vec<String>)| {
            (&first.corpus, &first.entity, first.rows, &first.rules)
                == (&one.corpus, &one.entity, one.rows, &one.rules)
        };
        match groups.iter_mut().find(same) {
            Some((_, dates)) => dates.push(one.date.clone()),
            None => groups.push((one, vec![one.date.clone()])),
        }
    }
    let line = |(seen, on): (&Seen, Vec<String>)| {
        let (rows, rules) = (count(seen.rows), seen.rules.join(", "));
        format!("{}, au {} : {rows} {} ; {rules}", seen.corpus, dates(&on), seen.entity)
    };
    groups.into_iter().map(line).collect()
}

fn changed(changed: &Changed) -> String {
    let Changed { corpus, entity, rows, decided } = changed;
    format!("{corpus} : {} lignes de `{entity}` sur {} décidées", count(*rows), count(*decided))
}

/// Rows under other reserves, a line for all dates on which they are as many.
fn reserves(all: &[ReserveRows]) -> Vec<String> {
    let mut groups: Vec<(&ReserveRows, Vec<String>)> = Vec::new();
    for one in all {
        let same = |(first, _): &&mut (&ReserveRows, Vec<String>)| {
            ReserveRows { date: one.date.clone(), ..(*first).clone() } == *one
        };
        match groups.iter_mut().find(same) {
            Some((_, dates)) => dates.push(one.date.clone()),
            None => groups.push((one, vec![one.date.clone()])),
        }
    }
    let line = |(rows, on): (&ReserveRows, Vec<String>)| {
        let ReserveRows { corpus, entity, rule, reserve, .. } = rows;
        let counts = [(rows.added, "de plus"), (rows.removed, "de moins")];
        let counts = counts.into_iter().filter(|(n, _)| *n > 0);
        let counts = counts.map(|(n, what)| format!("{} lignes de `{entity}` {what}", count(n)));
        let counts = counts.collect::<Vec<_>>().join(", ");
        format!("{corpus}, au {} : {rule} : {counts} sous réserve de : {reserve}", dates(&on))
    };
    groups.into_iter().map(line).collect()
}

/// `2017-06-30`, `2017-06-30 et 2018-01-01`, or how many, from which to which.
fn dates(dates: &[String]) -> String {
    match dates {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} et {other}"),
        [first, .., last] => format!("{first}, …, {last} ({} dates)", dates.len()),
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
            before: before.as_ref().map(ToString::to_string),
            after: after.as_ref().map(ToString::to_string),
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
    for ForceChange { rule, before, after, .. } in &structure.in_force {
        let side = |days: &Option<String>| Some(days.clone().unwrap_or_else(|| "toujours".to_string()));
        let what = format!("en vigueur : {rule}");
        all.push(Said { what, before: side(before), after: side(after), long: false });
    }
    for ReserveChange { rule, from, added, removed } in &structure.reserves {
        for (what, texts) in [("réserve ajoutée", added), ("réserve retirée", removed)] {
            for text in texts {
                let what = format!("{what} : {rule}{} : {text}", since(from));
                all.push(Said { what, before: None, after: None, long: true });
            }
        }
    }
    for table in &structure.references {
        let what = format!("table de référence changée : {table}");
        all.push(Said { what, before: None, after: None, long: true });
    }
    all
}

/// By rule: rows, each once whatever the number of dates.
fn totals(report: &Report) -> Vec<Total> {
    let one = |rows: &RuleRows| {
        let own = report.summary.kinds.iter().filter(|kind| {
            (&kind.corpus, &kind.entity, &kind.rule) == (&rows.corpus, &rows.entity, &rows.rule)
        });
        let on: BTreeSet<String> = own.flat_map(|kind| kind.dates.iter().cloned()).collect();
        let label = report.differences.iter().find(|d| d.rule == rows.rule).map(|d| d.label.clone());
        Total {
            corpus: rows.corpus.clone(),
            dates: dates(&on.into_iter().collect::<Vec<_>>()),
            rule: rows.rule.clone(),
            label: label.unwrap_or_default(),
            gain: count(rows.counts.gain),
            loss: count(rows.counts.loss),
            other: count(rows.counts.other),
        }
    };
    report.summary.rules.iter().map(one).collect()
}

/// Counts by each thing, over all rules and dates: the values with most rows first.
fn by(all: &[ByRows]) -> Vec<By> {
    let mut tables: BTreeMap<(&str, &str, &str), Vec<&ByRows>> = BTreeMap::new();
    for rows in all {
        tables.entry((&rows.by, &rows.corpus, &rows.entity)).or_default().push(rows);
    }
    let table = |((by, corpus, entity), mut rows): ((&str, &str, &str), Vec<&ByRows>)| {
        rows.sort_by_key(|row| {
            (std::cmp::Reverse(row.counts.gain + row.counts.loss + row.counts.other), row.value.clone())
        });
        let row = |row: &&ByRows| ByRow {
            value: row.value.clone(),
            gain: count(row.counts.gain),
            loss: count(row.counts.loss),
            other: count(row.counts.other),
        };
        By {
            name: format!("{by}, lignes de `{entity}`, {corpus}"),
            column: by.to_string(),
            rows: rows.iter().map(row).collect(),
        }
    };
    tables.into_iter().map(table).collect()
}

/// A kind of difference in words.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::BecomesTrue => "vrai",
        Kind::BecomesFalse => "faux",
        Kind::Rises => "plus grand",
        Kind::Falls => "plus petit",
        Kind::Other => "autre",
        Kind::BecomesKnown => "connu",
        Kind::BecomesUnknown => "inconnu",
        Kind::Error => "une erreur",
        Kind::ErrorLifted => "sans erreur",
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
        date: d.date.clone(),
        before: shown(&d.example.before),
        after: shown(&d.example.after),
        explained_before: marked(&before, &after),
        explained_after: marked(&after, &before),
    }
}

/// Differences of one kind; those of each date are `own`.
fn difference(
    rows: &KindRows,
    own: &[(usize, &Difference)],
    withheld: &BTreeSet<String>,
    left: &BTreeMap<usize, u64>,
) -> Option<Shown> {
    let (_, first) = own.first()?;
    let unit = first.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
    let moves: BTreeSet<(String, String, String)> = own
        .iter()
        .filter_map(|(_, d)| d.moved.as_ref())
        .map(|m| (format_number(&m.least), format_number(&m.most), format_number(&m.total)))
        .collect();
    let moved = moves.iter().map(|(least, most, total)| match least == most {
        true => format!("{}{unit} chacun", signed(least)),
        false => format!("de {} à {}, en tout {}{unit}", signed(least), signed(most), signed(total)),
    });
    // What moves otherwise on another date is said after it.
    let moved = moved.take(3).collect::<Vec<_>>().join(" ; ");
    let moved = if moves.len() > 3 { format!("{moved} ; … selon la date") } else { moved };
    let left: u64 = own.iter().filter_map(|(at, _)| left.get(at)).sum();
    Some(Shown {
        corpus: rows.corpus.clone(),
        dates: dates(&rows.dates),
        rule: rows.rule.clone(),
        label: first.label.clone(),
        kind: kind(rows.kind).to_string(),
        effect: match rows.effect {
            Effect::Gain => "gain",
            Effect::Loss => "perte",
            Effect::Neutral => "neutre",
        }
        .to_string(),
        count: count(rows.rows),
        moved,
        cause: cause(&rows.cause, &rows.rule),
        example: (!withheld.contains(&rows.corpus)).then(|| example(first)),
        left: (left > 0).then(|| count(left)),
    })
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
    if found.nothing_decided {
        let text = "Rien n'a été décidé : le changement atteint des règles, et aucun cas ni aucune donnée ne les décide (--corpus, --boundaries)";
        return vec![text.to_string()];
    }
    let Some(acceptance) = &found.acceptance else {
        return match found.report.differences.len() {
            0 => Vec::new(),
            n => vec![format!("{n} sorte(s) de différences, aucune acceptée (--accept)")],
        };
    };
    let mut lines = Vec::new();
    for Unaccepted { difference: number, rows } in &acceptance.unaccepted {
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
