//! `logis doc`: the rule book as one page of HTML, by aid, by folder of the pack, by article of law, by field.
//!
//! This module says what stands on the page; `doc.html` says how it looks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use logis::diagnostic::Span;
use logis::pack::Parsed;
use logis::pack::cases::CaseValue;
use logis::pack::params::Parameter;
use logis::value::{Date, Value, french_day};
use serde::Serialize;

use crate::args::RulesArgs;
use crate::{End, input, output};

/// `logis doc`
#[derive(clap::Args)]
pub struct DocArgs {
    #[command(flatten)]
    rules: RulesArgs,
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
    let pack = input::pack(&args.rules)?;
    let page = Page::of(pack.parsed());
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
    counts: [usize; 4],
    aids: Vec<Aid>,
    /// Folder of the pack as people read it.
    folder_titles: BTreeMap<String, String>,
    /// Folder of the pack, then its topics.
    folders: BTreeMap<String, BTreeMap<String, Topic>>,
    /// Legal reference, then what leans on it.
    articles: BTreeMap<String, BTreeSet<String>>,
    entities: Vec<Entity>,
    groups: BTreeMap<String, Vec<String>>,
}

/// An aid: whoever has a right to it, since when which text holds, what it gives.
#[derive(Serialize)]
struct Aid {
    name: String,
    title: String,
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
    texts: Vec<Text>,
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
    sources: Vec<String>,
    doubts: Vec<String>,
    combined: Vec<String>,
    code: String,
    place: String,
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
    source: String,
    doubt: Option<String>,
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
    fn of(parsed: &Parsed) -> Page {
        let uses: Vec<Uses> = parsed.rules.iter().map(|rule| Uses::of(parsed, rule)).collect();
        let users = |of: &dyn Fn(&Uses) -> bool| -> Vec<String> {
            let rules = parsed.rules.iter().zip(&uses);
            rules.filter(|(_, uses)| of(uses)).map(|(rule, _)| rule.name.clone()).collect()
        };
        let mut folders: BTreeMap<String, BTreeMap<String, Topic>> = BTreeMap::new();
        let mut articles: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let expected = expected(parsed);
        for (rule, uses) in parsed.rules.iter().zip(&uses) {
            // Helpers decide nothing by themselves.
            let texts: Vec<_> = rule.texts.iter().filter(|t| !t.helper).collect();
            let Some(first) = texts.first() else { continue };
            for source in texts.iter().flat_map(|t| &t.doc.sources) {
                articles.entry(source.clone()).or_default().insert(rule.name.clone());
            }
            let (folder, topic) = topic(parsed, &first.span);
            folders.entry(folder).or_default().entry(topic).or_default().rules.push(Rule {
                name: rule.name.clone(),
                entity: parsed.schema.entities.get(rule.entity).map_or_else(String::new, |e| e.name.clone()),
                unit: first.doc.unit.clone(),
                texts: texts.iter().map(|text| self::text(parsed, text)).collect(),
                fields: uses.fields.iter().cloned().collect(),
                rules: uses.rules.iter().cloned().collect(),
                parameters: uses.parameters.iter().cloned().collect(),
                used_by: users(&|u| u.rules.contains(&rule.name)),
                cases: expected.get(rule.name.as_str()).cloned().unwrap_or_default(),
            });
        }
        for parameter in &parsed.parameters {
            for version in &parameter.versions {
                articles.entry(version.source.to_string()).or_default().insert(parameter.path.clone());
            }
            let (folder, topic) = topic(parsed, &parameter.span);
            let used_by = users(&|u| u.parameters.contains(&parameter.path));
            let topic = folders.entry(folder).or_default().entry(topic).or_default();
            topic.parameters.push(table(parameter, used_by));
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
            aids: aids(&folders, parsed),
            counts: [
                parsed.rules.len(),
                parsed.parameters.len(),
                parsed.cases.iter().map(|f| f.cases.len()).sum(),
                articles.len(),
            ],
            folder_titles: folders
                .keys()
                .map(|f| (f.clone(), if f.is_empty() { "Racine".to_string() } else { titled(f) }))
                .collect(),
            folders,
            articles,
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

/// What the texts of a rule name, whatever their dates.
#[derive(Default)]
struct Uses {
    fields: BTreeSet<String>,
    rules: BTreeSet<String>,
    parameters: BTreeSet<String>,
}

impl Uses {
    fn of(parsed: &Parsed, rule: &logis::pack::RuleTexts) -> Uses {
        let mut uses = Uses::default();
        for text in &rule.texts {
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

fn text(parsed: &Parsed, text: &logis::pack::script::RuleText) -> Text {
    Text {
        day: text.from,
        from: text.from.map(french_day),
        label: text.doc.label.clone(),
        sources: text.doc.sources.clone(),
        doubts: text.doc.doubts.clone(),
        combined: text.doc.combined.clone(),
        code: code(parsed, &text.span),
        place: parsed.sources.locate(&text.span),
    }
}

/// The cases of each rule, in the order of the files.
fn expected(parsed: &Parsed) -> BTreeMap<&str, Vec<Expected>> {
    let mut found: BTreeMap<&str, Vec<Expected>> = BTreeMap::new();
    for case in parsed.cases.iter().flat_map(|file| &file.cases) {
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

fn table(parameter: &Parameter, used_by: Vec<String>) -> Table {
    let all: BTreeSet<&Vec<Value>> = parameter.versions.iter().flat_map(|v| v.cells.keys()).collect();
    let key = |key: &&Vec<Value>| key.iter().map(Value::to_string).collect::<Vec<_>>().join(" · ");
    let cell = |version: &logis::pack::params::ParameterVersion, key: &Vec<Value>| {
        version.cells.get(key).map_or_else(|| "–".to_string(), |c| shown(&CaseValue::Typed(c.value.clone())))
    };
    Table {
        path: parameter.path.clone(),
        label: parameter.label.clone(),
        unit: parameter.unit.clone(),
        keys: all.iter().map(key).collect(),
        versions: parameter
            .versions
            .iter()
            .map(|version| Version {
                from: french_day(version.from),
                until: version.until.map(french_day),
                cells: all.iter().map(|key| cell(version, key)).collect(),
                source: version.cited(),
                doubt: version.doubt.clone(),
            })
            .collect(),
        chart: chart(parameter, &all),
        used_by,
    }
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
