//! The tables that an agreement gives to its partners: rows counted by what they have in common, with a dictionary.
//!
//! No identifier leaves: a line is a count, and the sums of its rows. What a line is not known by is said in its cell.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gather::table_name;
use crate::sheet::{Cell, Sheet};
use crate::table::scaled;
use logis_data::{Dataset, Needs, column_of};
use logis_decide::evaluate::{Decisions, Outcome, evaluate};
use logis_language::Pack;
use logis_language::diagnostic::PackError;
use logis_language::graph::{Target, text_at};
use logis_language::pack::Parsed;
use logis_language::pack::agreement::{Agreement, Exported};
use logis_language::plan::Plan;
use logis_language::value::{Date, Exact, Value, add};

/// What a cell says whose value is not known.
const UNKNOWN: &str = "inconnu";

/// The tables of an agreement, planned as of a day.
pub struct Exporter<'p> {
    pack: &'p Pack,
    as_of: Date,
    tables: Vec<(&'p Exported, Arc<Plan>)>,
}

/// The sums of a line: its rows, then what is added up, each with the rows of which it is not known.
#[derive(Default)]
struct Line {
    rows: u64,
    sums: Vec<(Exact, u64)>,
}

impl<'p> Exporter<'p> {
    /// Plans the tables of an agreement.
    ///
    /// # Errors
    /// A rule that is not in force on the day.
    pub fn new(pack: &'p Pack, agreement: &'p Agreement, as_of: Date) -> Result<Exporter<'p>, PackError> {
        let parsed = pack.parsed();
        let plan = |export: &'p Exported| {
            let entity = parsed.schema.entity(&export.of.0).unwrap_or_default();
            let names: Vec<&str> = names(export).collect();
            Plan::seen_from(parsed, as_of, entity, &names).map(|plan| (export, Arc::new(plan)))
        };
        let tables = agreement.exports.iter().map(plan).collect::<Result<_, _>>()?;
        Ok(Exporter { pack, as_of, tables })
    }

    /// What it reads of a data package. Tables that are not there give no line.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for (export, plan) in &self.tables {
            needs.join(plan.needs());
            needs.fields.extend(export.date.as_ref().and_then(|(name, _)| plan.parsed.schema.field(name)));
        }
        needs.decided.clear();
        needs.any_table = true;
        needs
    }

    /// The tables, and the dictionary of their columns.
    pub fn export(&self, dataset: &Dataset) -> Vec<Sheet> {
        let mut sheets: Vec<Sheet> =
            self.tables.iter().map(|(export, plan)| table(export, plan, dataset)).collect();
        sheets.push(self.dictionary());
        sheets
    }

    /// What each column of each table is.
    fn dictionary(&self) -> Sheet {
        let mut sheet = Sheet::new(
            "dictionnaire",
            "Dictionnaire des données",
            "Une ligne par colonne de chaque table : ce qu'elle est, son unité, ses valeurs, et d'où elle vient.",
            "schéma et règles du paquet",
        );
        sheet.header = ["table", "titre", "article", "colonne", "libelle", "unite", "valeurs", "origine"]
            .map(str::to_string)
            .to_vec();
        let parsed = self.pack.parsed();
        for (export, _) in &self.tables {
            let mut line = |column: &str, label: String, unit: String, values: String, origin: String| {
                let cells =
                    [export.id.clone(), export.title.clone(), export.article.clone(), column.to_string()];
                let cells = cells.into_iter().chain([label, unit, values, origin]);
                sheet.rows.push(cells.map(Cell::Text).collect());
            };
            if let Some((date, _)) = &export.date {
                let (_, _, _, origin) = self.about(date);
                line("annee", "Année de la date".into(), String::new(), String::new(), origin);
            }
            for (name, _) in &export.by {
                let (label, unit, values, origin) = self.about(name);
                let values = match bands(export, name) {
                    Some(ends) => band_names(ends).join(", "),
                    None => values,
                };
                line(name, label, unit, values, origin);
            }
            let entity = parsed.schema.entity(&export.of.0).unwrap_or_default();
            let counted = match &export.only {
                Some((only, _)) => {
                    format!("Lignes de {} où : {}", table_name(parsed, entity), self.about(only).0)
                }
                None => format!("Lignes de {}", table_name(parsed, entity)),
            };
            line("nombre", counted, "lignes".into(), String::new(), "compte".into());
            for (name, _) in &export.sums {
                let (label, unit, _, origin) = self.about(name);
                line(&format!("somme_{name}"), format!("Somme : {label}"), unit, String::new(), origin);
            }
        }
        sheet
    }

    /// Of a rule or a field: label, unit, values and origin.
    fn about(&self, name: &str) -> (String, String, String, String) {
        let parsed = self.pack.parsed();
        match Target::find(parsed, name) {
            Some((Target::Field(field), entity)) => {
                let Some(field) = parsed.schema.fields.get(field) else { return Default::default() };
                let values = match field.value_type() {
                    logis_language::value::Type::Text(Some(values)) => values.join(", "),
                    logis_language::value::Type::Bool => "true, false".to_string(),
                    _ => String::new(),
                };
                let origin = format!("champ {} de {}", field.column, table_name(parsed, entity));
                (field.label.clone(), field.unit.clone().unwrap_or_default(), values, origin)
            }
            Some((Target::Rule(rule), _)) => {
                let text = parsed.rules.get(rule).and_then(|rule| text_at(&rule.texts, self.as_of));
                let Some(text) = text else { return Default::default() };
                let origin = format!("règle {name} : {}", text.doc.sources.join(" ; "));
                (text.doc.label.clone(), text.doc.unit.clone().unwrap_or_default(), String::new(), origin)
            }
            _ => Default::default(),
        }
    }
}

/// The rules and fields that a table decides.
fn names(export: &Exported) -> impl Iterator<Item = &str> {
    export.by.iter().chain(&export.sums).chain(&export.only).map(|(name, _)| name.as_str())
}

fn bands<'e>(export: &'e Exported, name: &str) -> Option<&'e [Exact]> {
    export.bands.iter().find(|(own, _)| own == name).map(|(_, ends)| ends.as_slice())
}

/// `moins de 300`, `de 300 à 399,99`: the lower end is in its band, the upper is not.
fn band_names(ends: &[Exact]) -> Vec<String> {
    let mut all: Vec<String> = ends.first().map(|first| format!("moins de {first}")).into_iter().collect();
    all.extend(ends.windows(2).filter_map(|pair| match pair {
        [low, high] => Some(format!("de {low} à moins de {high}")),
        _ => None,
    }));
    all.extend(ends.last().map(|last| format!("{last} et plus")));
    all
}

fn table(export: &Exported, plan: &Plan, dataset: &Dataset) -> Sheet {
    let parsed: &Parsed = &plan.parsed;
    let mut sheet = Sheet::new(
        &export.id,
        &export.title,
        "Des comptes de lignes par ce qu'elles ont en commun, et leurs sommes ; « inconnu » : la ligne ne le dit pas. Aucun identifiant.",
        &format!("convention, art. {}", export.article),
    );
    sheet.header = export.date.iter().map(|_| "annee".to_string()).collect();
    sheet.header.extend(export.by.iter().map(|(name, _)| name.clone()));
    sheet.header.push("nombre".to_string());
    sheet.header.extend(export.sums.iter().map(|(name, _)| format!("somme_{name}")));
    let rows = dataset.tables.get(plan.entity).map_or(0, logis_data::Table::rows);
    let decisions = evaluate(plan, dataset);
    let date = export.date.as_ref().and_then(|(name, _)| parsed.schema.field(name));
    let days = date.and_then(|date| column_of(dataset, &parsed.schema, date));
    let mut lines: BTreeMap<Vec<(usize, String)>, Line> = BTreeMap::new();
    for row in 0..rows {
        let known = |name: &str| value(&decisions, name, row);
        if let Some((only, _)) = &export.only
            && known(only) != Some(Value::Bool(true))
        {
            continue;
        }
        let year = match days.and_then(|days| days.get(row)) {
            Some(Value::Date(day)) => day.year().to_string(),
            _ => UNKNOWN.to_string(),
        };
        let year = export.date.iter().map(|_| (0, year.clone()));
        let by = export.by.iter().map(|(name, _)| shown(known(name), bands(export, name)));
        let line = lines.entry(year.chain(by).collect()).or_default();
        line.rows += 1;
        line.sums.resize(export.sums.len(), (Exact::from_integer(0), 0));
        for ((name, _), sum) in export.sums.iter().zip(&mut line.sums) {
            match known(name) {
                Some(Value::Number(number)) => match add(&sum.0, &number) {
                    Ok(all) => sum.0 = all,
                    Err(_) => sum.1 += 1,
                },
                _ => sum.1 += 1,
            }
        }
    }
    let count = |n: u64| Cell::Number { value: i64::try_from(n).unwrap_or(i64::MAX), decimals: 0 };
    for (key, line) in lines {
        let mut cells: Vec<Cell> = key.into_iter().map(|(_, text)| Cell::Text(text)).collect();
        cells.push(count(line.rows));
        cells.extend(line.sums.into_iter().map(|(sum, open)| match open {
            // A sum with a row that is not known is not known.
            1.. => Cell::Empty,
            0 => {
                let decimals = if sum.is_integer() { 0 } else { 2 };
                Cell::number(scaled(&sum, decimals), decimals)
            }
        }));
        sheet.rows.push(cells);
    }
    sheet
}

/// What is known of a row.
fn value(decisions: &Decisions, name: &str, row: usize) -> Option<Value> {
    match decisions.column(name)?.get(row)? {
        Outcome::Known(value) => Some(value),
        _ => None,
    }
}

/// A value as a cell, with what it is sorted by among its bands.
fn shown(value: Option<Value>, bands: Option<&[Exact]>) -> (usize, String) {
    match (value, bands) {
        (None, _) => (usize::MAX, UNKNOWN.to_string()),
        (Some(Value::Number(number)), Some(ends)) => {
            let band = ends.partition_point(|end| *end <= number);
            (band, band_names(ends).get(band).cloned().unwrap_or_default())
        }
        (Some(Value::Bool(is)), _) => (0, is.to_string()),
        (Some(other), _) => (0, other.to_string()),
    }
}
