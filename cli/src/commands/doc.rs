//! `logis doc`: the rule book as one page of HTML, by aid, by folder of the pack, by article of law, by field; with
//! `--as-of`, the book of one day.
//!
//! This module says what stands on the page; `doc.html` says how it looks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use logis::diagnostic::Span;
use logis::pack::cases::CaseValue;
use logis::pack::doubt::{self, Kind};
use logis::pack::force::{InForce, Outside};
use logis::pack::params::{Parameter, ParameterVersion};
use logis::pack::script::{RuleText, text_at};
use logis::pack::{Parsed, RuleTexts};
use logis::value::{Date, Value, french_day};
use serde::Serialize;

use super::doc_index::{Collector, Index, Source};
use crate::args::{RulesArgs, date};
use crate::{End, input, output};

/// `logis doc`
#[derive(clap::Args)]
pub struct DocArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Jour du livre: les textes et les valeurs de ce jour, ce qui n'est pas en vigueur avec sa raison (sinon, tous)
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FICHIER")]
    output: Option<PathBuf>,
}

/// A page has one form: another ending of the file is told.
pub fn form(args: &DocArgs) -> Result<()> {
    output::form(None, args.output.as_deref(), &[("html", ()), ("htm", ())], ())
}

/// Writes the page.
pub fn run(args: &DocArgs) -> Result<End> {
    let pack = input::pack_with_cases(&args.rules)?;
    let page = Page::of(pack.parsed(), args.as_of);
    let mut engine = minijinja::Environment::new();
    engine.add_template("doc.html", include_str!("doc.html"))?;
    let html =
        engine.get_template("doc.html")?.render(minijinja::Value::from(minijinja::value::Serde(&page)))?;
    output::bytes_to(html.as_bytes(), args.output.as_deref(), false)?;
    Ok(End::Fine)
}

/// What the page shows.
#[derive(Serialize)]
struct Page {
    title: String,
    /// The day of the book, if it has one.
    day: Option<String>,
    counts: [usize; 4],
    /// Rules and tables that are not in force on the day of the book.
    out_of_force: [usize; 2],
    aids: Vec<Aid>,
    /// Folder of the pack as people read it.
    folder_titles: BTreeMap<String, String>,
    /// Folder of the pack, then its topics.
    folders: BTreeMap<String, BTreeMap<String, Topic>>,
    /// By text and article, what leans on it.
    index: Index,
    entities: Vec<Entity>,
    groups: BTreeMap<String, Vec<String>>,
}

/// An aid: whoever has a right to it, since when which text holds, what it gives.
#[derive(Serialize)]
struct Aid {
    name: String,
    title: String,
    in_force: Option<String>,
    status: Option<String>,
    texts: Vec<(Option<String>, String)>,
    /// Days on which a rule behind the right changed, and those rules.
    changes: Vec<(String, Vec<String>)>,
    gives: Vec<String>,
    combined: Vec<String>,
}

/// A topic: the files of one name in one folder.
#[derive(Default, Serialize)]
struct Topic {
    title: String,
    about: String,
    rules: Vec<Rule>,
    parameters: Vec<Table>,
}

#[derive(Serialize)]
struct Rule {
    name: String,
    entity: String,
    unit: Option<String>,
    /// The days on which it is in force, if it says them.
    in_force: Option<String>,
    /// Why it is not in force on the day of the book.
    status: Option<String>,
    texts: Vec<Text>,
    /// Days from which other texts hold, that a book of one day does not show.
    other_texts: Vec<String>,
    fields: Vec<String>,
    rules: Vec<String>,
    parameters: Vec<String>,
    used_by: Vec<String>,
    cases: Vec<Expected>,
}

/// The text of a rule from a day on.
#[derive(Serialize)]
struct Text {
    #[serde(skip)]
    day: Option<Date>,
    from: Option<String>,
    label: String,
    sources: Vec<Source>,
    reserves: Vec<String>,
    doubts: Vec<Doubt>,
    combined: Vec<String>,
    code: String,
    place: String,
}

/// Why something may be wrong.
#[derive(Serialize)]
struct Doubt {
    /// As the tag writes it; none if it says none.
    kind: Option<String>,
    said: String,
}

impl Doubt {
    fn of(written: &str) -> Doubt {
        let (kind, said) = doubt::split(written);
        Doubt { kind: (kind != Kind::Other).then(|| kind.to_string()), said: said.to_string() }
    }
}

/// What a case expects of a rule.
#[derive(Clone, Serialize)]
struct Expected {
    name: String,
    date: String,
    given: String,
    outcome: String,
}

/// A parameter over time.
#[derive(Serialize)]
struct Table {
    path: String,
    label: String,
    unit: Option<String>,
    /// Keys of the columns.
    keys: Vec<String>,
    versions: Vec<Version>,
    /// Until when the values were seen to hold, and by what.
    verified: Option<(String, String)>,
    /// What is to be known of the value of the day of the book.
    notes: Vec<String>,
    chart: Option<Chart>,
    used_by: Vec<String>,
}

/// How the first columns of a parameter moved, for the eye only: the exact figures stand in the table.
#[derive(Serialize)]
struct Chart {
    /// The points of each line, in a box of 240 by 60.
    lines: Vec<String>,
    low: String,
    high: String,
    first: i16,
    last: i16,
}

#[derive(Serialize)]
struct Version {
    from: String,
    until: Option<String>,
    cells: Vec<String>,
    sources: Vec<Source>,
    doubt: Option<Doubt>,
}

#[derive(Serialize)]
struct Entity {
    name: String,
    label: String,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    label: String,
    unit: Option<String>,
    form: Option<String>,
    used_by: Vec<String>,
}

impl Page {
    fn of(parsed: &Parsed, day: Option<Date>) -> Page {
        let uses: Vec<Uses> = parsed.rules.iter().map(|rule| Uses::of(parsed, rule, day)).collect();
        let users = |of: &dyn Fn(&Uses) -> bool| -> Vec<String> {
            let rules = parsed.rules.iter().zip(&uses);
            // Helpers are not on the page.
            let decides = |rule: &RuleTexts| rule.texts.iter().any(|t| !t.helper);
            rules
                .filter(|(rule, uses)| decides(rule) && of(uses))
                .map(|(rule, _)| rule.name.clone())
                .collect()
        };
        let mut folders: BTreeMap<String, BTreeMap<String, Topic>> = BTreeMap::new();
        let mut index = Collector::new(&parsed.manifest.texts);
        let mut out_of_force = [0, 0];
        let expected = expected(parsed);
        for (rule, uses) in parsed.rules.iter().zip(&uses) {
            // Helpers decide nothing by themselves.
            let texts: Vec<_> = rule.texts.iter().filter(|t| !t.helper).collect();
            let Some(first) = texts.first() else { continue };
            let status = day.and_then(|day| outside(rule, day));
            out_of_force[0] += usize::from(status.is_some());
            let shown: Vec<_> = shown_texts(rule, day).into_iter().filter(|t| !t.helper).collect();
            let other = texts.iter().filter(|t| !shown.iter().any(|s| s.from == t.from));
            let other_texts =
                other.map(|t| t.from.map_or_else(|| "toujours".to_string(), french_day)).collect();
            let enters = status.is_none();
            let shown = shown.iter().map(|text| self::text(parsed, rule, text, &mut index, enters)).collect();
            let (folder, topic) = topic(parsed, &first.span);
            folders.entry(folder).or_default().entry(topic).or_default().rules.push(Rule {
                name: rule.name.clone(),
                entity: parsed.schema.entities.get(rule.entity).map_or_else(String::new, |e| e.name.clone()),
                unit: first.doc.unit.clone(),
                in_force: rule.in_force().map(french_days),
                status,
                texts: shown,
                other_texts,
                fields: uses.fields.iter().cloned().collect(),
                rules: uses.rules.iter().cloned().collect(),
                parameters: uses.parameters.iter().cloned().collect(),
                used_by: users(&|u| u.rules.contains(&rule.name)),
                cases: expected.get(rule.name.as_str()).cloned().unwrap_or_default(),
            });
        }
        for parameter in &parsed.parameters {
            let (folder, topic) = topic(parsed, &parameter.span);
            let used_by = users(&|u| u.parameters.contains(&parameter.path));
            let topic = folders.entry(folder).or_default().entry(topic).or_default();
            let table = table(parameter, used_by, day, &mut index);
            out_of_force[1] += usize::from(table.versions.is_empty());
            topic.parameters.push(table);
        }
        let entities = parsed.schema.entities.iter().enumerate().map(|(id, entity)| Entity {
            name: entity.name.clone(),
            label: entity.label.clone(),
            fields: parsed
                .schema
                .fields
                .iter()
                .filter(|field| field.entity == id)
                .map(|field| Field {
                    name: field.name.clone(),
                    label: field.label.clone(),
                    unit: field.unit.clone(),
                    form: field.form.clone(),
                    used_by: users(&|u| u.fields.contains(&field.name)),
                })
                .collect(),
        });
        let groups = parsed.manifest.groups.iter();
        for (folder, topics) in &mut folders {
            for (name, topic) in topics {
                topic.title = titled(name);
                topic.about = about(parsed, folder, name);
                // What the others are for comes first.
                topic.rules.sort_by_key(|rule| !parsed.manifest.documentation.is_right(&rule.name));
            }
        }
        Page {
            title: parsed.manifest.title.clone(),
            day: day.map(french_day),
            out_of_force,
            aids: aids(&folders, parsed),
            counts: [
                parsed.rules.len(),
                parsed.parameters.len(),
                parsed.cases().unwrap_or_default().iter().map(|f| f.cases.len()).sum(),
                index.count(),
            ],
            folder_titles: folders
                .keys()
                .map(|f| (f.clone(), if f.is_empty() { "Racine".to_string() } else { titled(f) }))
                .collect(),
            folders,
            index: index.finish(),
            entities: entities.collect(),
            groups: groups
                .map(|(g, rules)| (g.clone(), rules.iter().map(|(r, _)| r.clone()).collect()))
                .collect(),
        }
    }
}

/// The aids of the pack: the rights of its group `aides`, or behind it.
fn aids(folders: &BTreeMap<String, BTreeMap<String, Topic>>, parsed: &Parsed) -> Vec<Aid> {
    let named = &parsed.manifest.documentation;
    let topics = || folders.values().flat_map(BTreeMap::iter);
    let find = |name: &str| {
        topics().find_map(|(topic, content)| {
            Some((topic, content, content.rules.iter().find(|r| r.name == name)?))
        })
    };
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in parsed.manifest.groups.get("aides").into_iter().flatten() {
        match find(name) {
            Some((_, _, rule)) if named.is_right(name) => names.push(&rule.name),
            Some((_, _, rule)) => {
                names.extend(rule.rules.iter().map(String::as_str).filter(|r| named.is_right(r)));
            }
            None => {}
        }
    }
    let aid = |name: &str| {
        let (topic, content, rule) = find(name)?;
        let near = |other: &str| other == topic || other.starts_with(&format!("{topic}_"));
        let rules: Vec<&Rule> =
            topics().filter(|(other, _)| near(other)).flat_map(|(_, content)| &content.rules).collect();
        let given = rules.iter().filter(|r| named.is_given(&r.name));
        let mut changes: BTreeMap<Date, Vec<String>> = BTreeMap::new();
        let later = |rule: &Rule| rule.texts.iter().skip(1).filter_map(|t| t.day).collect::<Vec<_>>();
        for changed in rules.iter().filter(|r| r.name != name) {
            for day in later(changed) {
                changes.entry(day).or_default().push(changed.name.clone());
            }
        }
        let mut combined: Vec<String> = rule.texts.iter().flat_map(|t| t.combined.clone()).collect();
        combined.dedup();
        Some(Aid {
            name: name.to_string(),
            title: subject(&content.about).unwrap_or_else(|| titled(topic)),
            in_force: rule.in_force.clone(),
            status: rule.status.clone(),
            changes: changes.into_iter().map(|(day, rules)| (french_day(day), rules)).collect(),
            texts: rule.texts.iter().map(|t| (t.from.clone(), t.label.clone())).collect(),
            gives: given.map(|r| r.name.clone()).collect(),
            combined,
        })
    };
    names.into_iter().filter_map(aid).collect()
}

/// What a topic is about, in its first words: « Garantie Visale » of « Garantie Visale : qui … ».
fn subject(about: &str) -> Option<String> {
    let first = about.split([':', ',', '.']).next().map(str::trim).filter(|words| !words.is_empty())?;
    Some(first.to_string())
}

/// A file's or folder's name as people read it: `national/aides` as « National › aides ».
fn titled(name: &str) -> String {
    let words = name.replace('_', " ").replace('/', " › ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the first lines of a topic's undated rule file say it is about.
fn about(parsed: &Parsed, folder: &str, topic: &str) -> String {
    let path = if folder.is_empty() { format!("{topic}.rhai") } else { format!("{folder}/{topic}.rhai") };
    let Some(file) = parsed
        .sources
        .files()
        .iter()
        .find(|file| file.path == path || file.path.ends_with(&format!("/{path}")))
    else {
        return String::new();
    };
    let lines = file.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    lines.filter(|line| !line.starts_with("entité")).collect::<Vec<_>>().join(" ")
}

/// What the texts of a rule name: all of them, or that of the day of the book.
#[derive(Default)]
struct Uses {
    fields: BTreeSet<String>,
    rules: BTreeSet<String>,
    parameters: BTreeSet<String>,
}

impl Uses {
    fn of(parsed: &Parsed, rule: &RuleTexts, day: Option<Date>) -> Uses {
        let mut uses = Uses::default();
        for text in shown_texts(rule, day) {
            for (name, _) in &text.params {
                match parsed.rule(name) {
                    Some(_) => uses.rules.insert(name.clone()),
                    // The date of decision is every row's, and no column.
                    None if parsed.schema.field(name).is_none() => false,
                    None => uses.fields.insert(name.clone()),
                };
            }
            for read in code(parsed, &text.span).split("param(\"").skip(1) {
                let path = read.split('"').next().unwrap_or("");
                uses.parameters.insert(path.to_string());
            }
        }
        uses
    }
}

/// The function whose name stands at a place.
fn code(parsed: &Parsed, name: &Span) -> String {
    let Some(file) = parsed.sources.get(name.file) else { return String::new() };
    let rest = file.text.get(name.range.start..).unwrap_or("");
    let end = rest.find("\n}").map_or(rest.len(), |at| at + 2);
    format!("fn {}", rest.get(..end).unwrap_or(rest))
}

/// Folder and topic of a place: `national/aides` and `visale` for `national/aides/visale.2018-05-24.rhai`.
fn topic(parsed: &Parsed, span: &Span) -> (String, String) {
    let path = parsed.sources.get(span.file).map_or("", |f| f.path.as_str());
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    (folder.to_string(), file.split('.').next().unwrap_or(file).to_string())
}

/// The texts of a rule that the book shows: all, or that of its day; of a rule that has none yet, the first.
fn shown_texts(rule: &RuleTexts, day: Option<Date>) -> Vec<&RuleText> {
    match day {
        None => rule.texts.iter().collect(),
        Some(day) => rule.text_near(day).into_iter().collect(),
    }
}

/// Why a rule says nothing, or no, on a day whatever the data.
fn outside(rule: &RuleTexts, day: Date) -> Option<String> {
    match (rule.outside(day), text_at(&rule.texts, day), rule.texts.first()) {
        (Some(Outside::NotYet(first)), _, _) => {
            Some(format!("n'est pas encore en vigueur (à partir du {})", french_day(first)))
        }
        (Some(Outside::NoLonger(since)), _, _) => {
            Some(format!("n'est plus en vigueur depuis le {}", french_day(since)))
        }
        (None, None, Some(RuleText { from: Some(first), .. })) => {
            Some(format!("n'a pas de texte avant le {}", french_day(*first)))
        }
        _ => None,
    }
}

/// The days on which a rule is in force, as a sentence ends.
fn french_days(days: InForce) -> String {
    match (days.from, days.until) {
        (Some(first), Some(last)) => format!("du {} au {}", french_day(first), french_day(last)),
        (Some(first), None) => format!("depuis le {}", french_day(first)),
        (None, Some(last)) => format!("jusqu'au {}", french_day(last)),
        (None, None) => "toujours".to_string(),
    }
}

/// A text of a rule, whose sources enter the index if it is in force.
fn text(parsed: &Parsed, rule: &RuleTexts, text: &RuleText, index: &mut Collector<'_>, enters: bool) -> Text {
    let lines = text.doc.sources.iter();
    Text {
        day: text.from,
        from: text.from.map(french_day),
        label: text.doc.label.clone(),
        sources: lines.flat_map(|line| index.line(&rule.name, text.from, line, enters)).collect(),
        reserves: text.doc.reserves.clone(),
        doubts: text.doc.doubts.iter().map(|doubt| Doubt::of(doubt)).collect(),
        combined: text.doc.combined.clone(),
        code: code(parsed, &text.span),
        place: parsed.sources.locate(&text.span),
    }
}

/// The cases of each rule, in the order of the files.
fn expected(parsed: &Parsed) -> BTreeMap<&str, Vec<Expected>> {
    let mut found: BTreeMap<&str, Vec<Expected>> = BTreeMap::new();
    // What is wrong in them was said before.
    for case in parsed.cases().unwrap_or_default().iter().flat_map(|file| &file.cases) {
        let rows = case.inputs.iter().flat_map(|(entity, rows)| rows.iter().map(move |row| (entity, row)));
        let given: Vec<String> = rows
            .map(|(entity, row)| {
                let cells: Vec<String> =
                    row.iter().map(|(name, (value, _))| format!("{name} = {}", shown(value))).collect();
                format!("{entity} ({})", cells.join(", "))
            })
            .collect();
        for (rule, value, _) in &case.expected {
            found.entry(rule).or_default().push(Expected {
                name: case.name.clone(),
                date: french_day(case.date),
                given: given.join(" ; "),
                outcome: shown(value),
            });
        }
    }
    found
}

fn shown(value: &CaseValue) -> String {
    match value {
        CaseValue::Typed(Value::Bool(true)) => "oui".to_string(),
        CaseValue::Typed(Value::Bool(false)) => "non".to_string(),
        CaseValue::Typed(value) => value.to_string(),
        CaseValue::Text(text) => text.clone(),
        CaseValue::Unknown => "inconnu".to_string(),
    }
}

/// A table with all its values, or that of the day of the book.
fn table(parameter: &Parameter, used_by: Vec<String>, day: Option<Date>, index: &mut Collector<'_>) -> Table {
    let versions: Vec<&ParameterVersion> = match day {
        None => parameter.versions.iter().collect(),
        Some(day) => parameter.at(day).into_iter().collect(),
    };
    let all: BTreeSet<&Vec<Value>> = versions.iter().flat_map(|v| v.cells.keys()).collect();
    let key = |key: &&Vec<Value>| key.iter().map(Value::to_string).collect::<Vec<_>>().join(" · ");
    let cell = |version: &ParameterVersion, key: &Vec<Value>| {
        version.cells.get(key).map_or_else(|| "–".to_string(), |c| shown(&CaseValue::Typed(c.value.clone())))
    };
    Table {
        path: parameter.path.clone(),
        label: parameter.label.clone(),
        unit: parameter.unit.clone(),
        keys: all.iter().map(key).collect(),
        verified: parameter.verified.as_ref().map(|v| (french_day(v.on), v.by.clone())),
        notes: day.map(|day| notes(parameter, day)).unwrap_or_default(),
        versions: versions
            .iter()
            .map(|version| Version {
                from: french_day(version.from),
                until: version.until.map(french_day),
                cells: all.iter().map(|key| cell(version, key)).collect(),
                sources: version
                    .sources()
                    .flat_map(|source| index.source(&parameter.path, version.from, source))
                    .collect(),
                doubt: version.doubt.as_deref().map(Doubt::of),
            })
            .collect(),
        // One value does not move.
        chart: if day.is_none() { chart(parameter, &all) } else { None },
        used_by,
    }
}

/// What is to be known of the value of a day: that there is none, that it is an earlier year's, that it was not seen
/// to hold so late.
fn notes(parameter: &Parameter, day: Date) -> Vec<String> {
    let mut notes = Vec::new();
    if parameter.at(day).is_none() {
        let before = parameter.versions.iter().rev().find(|v| v.from <= day).and_then(|v| v.until);
        let after = parameter.versions.iter().find(|v| v.from > day);
        let ended = before.map(|until| format!("la précédente cesse le {}", french_day(until)));
        let begins = after.map(|v| format!("la suivante vaut depuis le {}", french_day(v.from)));
        let around: Vec<String> = ended.into_iter().chain(begins).collect();
        let around = if around.is_empty() { String::new() } else { format!(" : {}", around.join(", ")) };
        notes.push(format!("Pas de valeur ce jour{around}."));
    }
    if parameter.is_stale(day) {
        notes.push(
            "Table renouvelée chaque année : celle de ce jour manque, une année d'avant en tient lieu."
                .into(),
        );
    }
    if let Some(verified) = parameter.verified.as_ref().filter(|v| v.on < day) {
        notes.push(format!(
            "Ce jour est après le {}, dernier où ces valeurs ont été vues.",
            french_day(verified.on)
        ));
    }
    notes
}

/// Lines of the chart, at most: more could not be told apart.
const LINES: usize = 6;

/// The steps of the first keys' values, each holding until the next; none if nothing is a number or
/// nothing moves.
fn chart(parameter: &Parameter, keys: &BTreeSet<&Vec<Value>>) -> Option<Chart> {
    let moves = |key: &Vec<Value>| -> Vec<(Date, f64)> {
        let value =
            |v: &logis::pack::params::ParameterVersion| v.cells.get(key)?.value.to_string().parse().ok();
        parameter.versions.iter().filter_map(|v| Some((v.from, value(v)?))).collect()
    };
    let series: Vec<Vec<(Date, f64)>> = keys.iter().take(LINES).map(|key| moves(key)).collect();
    let all = || series.iter().flatten().map(|(_, value)| *value);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let (first, last) = (parameter.versions.first()?.from, parameter.versions.last()?.from);
    if low >= high || first >= last {
        return None;
    }
    let days = |from: Date| f64::from((from - first).get_days()).max(0.0);
    let width = days(last) * 1.1;
    let line = |values: &Vec<(Date, f64)>| {
        let mut points = Vec::new();
        let mut before = None;
        for (from, value) in values {
            let (x, y) = (days(*from) / width * 240.0, 58.0 - (value - low) / (high - low) * 56.0);
            points.extend(before.map(|y: f64| format!("{x:.1},{y:.1}")));
            points.push(format!("{x:.1},{y:.1}"));
            before = Some(y);
        }
        points.extend(before.map(|y| format!("240.0,{y:.1}")));
        points.join(" ")
    };
    Some(Chart {
        lines: series.iter().map(line).collect(),
        low: low.to_string(),
        high: high.to_string(),
        first: first.year(),
        last: last.year(),
    })
}
