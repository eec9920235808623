//! What stands on the page, and in which order.

use std::collections::BTreeMap;

use logis::diagnostic::Span;
use logis::pack::{Parsed, RuleTexts};
use logis::value::{Date, french_day};
use serde::Serialize;

use super::aids::{Aid, aids};
use super::index::{Collector, Index};
use super::rules::{Rule, Uses, expected, french_days, outside, shown_texts, text};
use super::tables::{Table, table};

/// What the page shows.
#[derive(Serialize)]
pub(super) struct Page {
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

/// A topic: the files of one name in one folder.
#[derive(Default, Serialize)]
pub(super) struct Topic {
    pub title: String,
    pub about: String,
    pub rules: Vec<Rule>,
    pub parameters: Vec<Table>,
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
    pub fn of(parsed: &Parsed, day: Option<Date>) -> Page {
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
            let shown = shown.iter().map(|own| text(parsed, rule, own, &mut index, enters)).collect();
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

/// A file's or folder's name as people read it: `national/aides` as « National › aides ».
pub(super) fn titled(name: &str) -> String {
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

/// Folder and topic of a place: `national/aides` and `visale` for `national/aides/visale.2018-05-24.rhai`.
fn topic(parsed: &Parsed, span: &Span) -> (String, String) {
    let path = parsed.sources.get(span.file).map_or("", |f| f.path.as_str());
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    (folder.to_string(), file.split('.').next().unwrap_or(file).to_string())
}
