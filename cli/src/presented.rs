//! Results as people read them, in a table, a workbook or a French CSV file: columns by their labels with their units,
//! what is unknown and what is an error, names beside codes. Programs get the names of the pack and bare cells.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use logis::data::{self, Dataset, Output, OutputColumn, PLAIN, Reading, column_of};
use logis::evaluate::{DecisionColumn, Outcome};
use logis::explain::{Words, unit_in_words};
use logis::pack::schema::{EntityId, Origin};
use logis::plan::Plan;
use logis::plan::ir::{NodeId, Op};
use logis::value::{Type, Value, finite_decimals};

/// What stands in a cell whose outcome the missing inputs leave open.
const UNKNOWN: &str = "inconnu";

/// What stands in a cell whose rule failed.
const ERROR: &str = "erreur";

/// Columns that no pack names.
const OWN: [(&str, &str); 16] = [
    ("manque_admis", "Manque admis"),
    ("manque", "Manque"),
    ("attributions", "Attributions"),
    ("prouve", "Prouvé"),
    ("rang", "Rang"),
    ("priorite", "Priorité (points)"),
    ("adequation", "Adéquation"),
    ("partage", "Place partagée"),
    ("probabilite", "Probabilité d'accepter"),
    ("rangs", "Rangs"),
    ("places", "Places propres"),
    ("baux_attendus", "Baux attendus"),
    ("baux_au_plus", "Baux attendus, au plus"),
    ("points_candidats", "Points des candidats"),
    ("points_baux", "Points attendus de qui signe"),
    ("reserves", "Sous réserve de"),
];

/// A column, over its cells.
#[derive(Clone, Debug, Default)]
struct Heading {
    /// What people call it.
    label: String,
    unit: Option<String>,
    /// The texts of the law that its rule names.
    texts: String,
    /// Is it the outcome of a rule? Then an empty cell is unknown.
    decided: bool,
    /// Does it hold names beside codes, for people only?
    beside: bool,
    /// Rows in error.
    failed: BTreeSet<usize>,
    /// The values of its closed list, as people write them.
    spelled: BTreeMap<String, String>,
}

/// A result, and what people are to be told of it.
pub struct Presented {
    output: Output,
    headings: Vec<Heading>,
    /// What a workbook says of itself: a title, then lines.
    about: Vec<String>,
}

impl Presented {
    /// A result of rules of these plans.
    pub fn of(output: Output, plans: &[&Plan]) -> Presented {
        let headings = output
            .columns
            .iter()
            .map(|column| Heading { spelled: spelled(&column.kind, plans), ..heading(&column.name, plans) });
        let headings = headings.collect();
        Presented { output, headings, about: Vec::new() }
    }

    /// With what a workbook says of itself.
    pub fn with_about(self, about: Vec<String>) -> Presented {
        Presented { about, ..self }
    }

    /// A column is the outcomes of a rule, of these rows.
    pub fn decided(&mut self, name: &str, outcomes: &DecisionColumn) {
        let at = self.output.columns.iter().position(|column| column.name == name);
        if let Some(heading) = at.and_then(|at| self.headings.get_mut(at)) {
            heading.decided = true;
            let odd = outcomes.odd_rows().into_iter();
            let failed = odd.filter(|(_, outcome)| matches!(outcome, Outcome::Error(_)));
            heading.failed.extend(failed.map(|(row, _)| row));
        }
    }

    /// Puts the names of places and of other rows of the pack's tables beside columns of their codes.
    pub fn name_codes(&mut self, plans: &[&Plan], references: impl Fn() -> Result<Dataset>) -> Result<()> {
        let mut read: Option<Dataset> = None;
        let mut at = 0;
        while let Some(column) = self.output.columns.get(at) {
            at += 1;
            let Some((plan, entity)) = plans.iter().find_map(|p| Some((*p, codes(p, &column.name)?))) else {
                continue;
            };
            if read.is_none() {
                read = Some(references()?);
            }
            let names = read.as_ref().map(|dataset| names(plan, dataset, entity)).unwrap_or_default();
            let cells = column.cells.iter().map(|cell| match cell {
                Some(Value::Text(code)) => names.get(code.as_ref()).map(|name| Value::text(name)),
                _ => None,
            });
            let name = format!("{}.nom", column.name);
            let new = OutputColumn { name, cells: cells.collect(), kind: Type::Text(None) };
            let label = self.headings.get(at - 1).map_or("", |heading| heading.label.as_str());
            let heading = Heading { label: format!("{label} : nom"), beside: true, ..Heading::default() };
            self.output.columns.insert(at, new);
            self.headings.insert(at, heading);
            at += 1;
        }
        Ok(())
    }

    /// The rows as programs read them; with `states`, beside each outcome `known`, `unknown` or `error`, in columns named
    /// after the rules.
    pub fn for_programs(&self, states: bool) -> Output {
        let mut columns = Vec::new();
        let own = self.output.columns.iter().zip(&self.headings).filter(|(_, heading)| !heading.beside);
        for (column, heading) in own {
            columns.push(column.clone());
            if states && heading.decided {
                let state = |(row, cell): (usize, &Option<Value>)| {
                    let state = match cell {
                        Some(_) => "known",
                        None if heading.failed.contains(&row) => "error",
                        None => "unknown",
                    };
                    Some(Value::text(state))
                };
                let cells = column.cells.iter().enumerate().map(state).collect();
                columns.push(OutputColumn {
                    name: format!("{}.state", column.name),
                    cells,
                    kind: Type::Text(None),
                });
            }
        }
        Output { name: self.output.name.clone(), columns }
    }

    /// The rows as people read them; `names` keeps the names of the pack over the columns.
    pub fn for_people(&self, names: bool) -> Output {
        let headers = self.headers(names);
        let column = |((column, heading), name): ((&OutputColumn, &Heading), String)| OutputColumn {
            name,
            cells: column
                .cells
                .iter()
                .enumerate()
                .map(|(row, cell)| heading.shown(row, cell, names))
                .collect(),
            kind: column.kind.clone(),
        };
        let columns = self.output.columns.iter().zip(&self.headings).zip(headers).map(column);
        Output { name: self.output.name.clone(), columns: columns.collect() }
    }

    /// Is each column a quantity, whose digits are grouped?
    pub fn quantities(&self) -> Vec<bool> {
        self.headings.iter().map(|heading| heading.unit.is_some()).collect()
    }

    /// What stands over each column, each once.
    fn headers(&self, names: bool) -> Vec<String> {
        let label = |(column, heading): (&OutputColumn, &Heading)| match &heading.unit {
            _ if names || heading.label.is_empty() => column.name.clone(),
            Some(unit) => format!("{} ({})", heading.label, unit_in_words(unit)),
            None => heading.label.clone(),
        };
        let all: Vec<String> = self.output.columns.iter().zip(&self.headings).map(label).collect();
        let twice = |header: &String| all.iter().filter(|other| *other == header).count() > 1;
        let own = self.output.columns.iter().zip(&all);
        own.map(|(column, header)| match twice(header) && *header != column.name {
            true => format!("{header} [{}]", column.name),
            false => header.clone(),
        })
        .collect()
    }

    /// A workbook: the rows, what the columns are, and what was decided.
    pub fn workbook(&self, names: bool) -> Result<Vec<u8>> {
        let people = self.for_people(names);
        let rows = people.columns.first().map_or(0, |column| column.cells.len());
        let decimals: Vec<u32> = people.columns.iter().zip(&self.headings).map(decimals).collect();
        let row = |row: usize| {
            let cells = people.columns.iter().zip(&decimals);
            cells.map(|(column, decimals)| (column.cells.get(row).cloned().flatten(), *decimals)).collect()
        };
        let name = if people.name.is_empty() { "resultat" } else { &people.name };
        let result = Reading {
            name: name.chars().take(31).collect(),
            title: "Le résultat, une ligne par ligne décidée".to_string(),
            note: format!(
                "{rows} lignes ; « {UNKNOWN} » : une donnée manque ; « {ERROR} » : la règle n'a pas pu être calculée"
            ),
            header: people.columns.iter().map(|column| column.name.clone()).collect(),
            signed: Vec::new(),
            rows: (0..rows).map(row).collect(),
        };
        let text = |text: &str| (Some(Value::text(text)).filter(|_| !text.is_empty()), 0);
        let told = self.output.columns.iter().zip(&self.headings).zip(&people.columns);
        let columns = Reading {
            name: "Colonnes".to_string(),
            title: "Ce que sont les colonnes".to_string(),
            note: "Le nom est celui du paquet de règles, qu'emploient les autres formats".to_string(),
            header: ["Colonne", "Nom", "Unité", "Textes"].map(str::to_string).to_vec(),
            signed: Vec::new(),
            rows: told
                .map(|((column, heading), shown)| {
                    let unit = heading.unit.as_deref().map(unit_in_words).unwrap_or_default();
                    vec![text(&shown.name), text(&column.name), text(&unit), text(&heading.texts)]
                })
                .collect(),
        };
        let about = match self.about.is_empty() {
            true => vec![format!("Résultat de logis {}", env!("CARGO_PKG_VERSION"))],
            false => self.about.clone(),
        };
        Ok(data::to_result_workbook(&[result, columns], &about)?)
    }
}

impl Heading {
    /// A cell as it is shown.
    fn shown(&self, row: usize, cell: &Option<Value>, names: bool) -> Option<Value> {
        match cell {
            Some(Value::Text(text)) if !names => {
                let spelled = self.spelled.get(text.as_ref()).map(|spelled| Value::text(spelled));
                spelled.or_else(|| cell.clone())
            }
            None if self.failed.contains(&row) => Some(Value::text(ERROR)),
            None if self.decided => Some(Value::text(UNKNOWN)),
            other => other.clone(),
        }
    }
}

/// The decimals of the numbers of a column: as many as one of them needs.
fn decimals((column, heading): (&OutputColumn, &Heading)) -> u32 {
    if heading.unit.is_none() {
        return PLAIN;
    }
    let needed = column.cells.iter().flatten().map(|cell| match cell {
        Value::Number(number) => finite_decimals(*number.denom()).unwrap_or(PLAIN),
        _ => 0,
    });
    needed.max().unwrap_or(0)
}

/// The values of a closed list in words: `autres régions` for `autres_regions`.
fn spelled(kind: &Type, plans: &[&Plan]) -> BTreeMap<String, String> {
    let (Type::Text(Some(values)), Some(plan)) = (kind, plans.first()) else { return BTreeMap::new() };
    let words = Words::new(plan);
    // An empty text stays empty.
    let values = values.iter().filter(|value| !value.is_empty());
    values.map(|value| (value.to_string(), words.value(&Value::text(value), None))).collect()
}

/// What people call a column.
fn heading(name: &str, plans: &[&Plan]) -> Heading {
    if let Some((_, label)) = OWN.iter().find(|(own, _)| *own == name) {
        return Heading { label: label.to_string(), ..Heading::default() };
    }
    for plan in plans {
        let schema = &plan.parsed.schema;
        let key = schema.entities.iter().find(|entity| entity.key == name);
        if let Some(entity) = key {
            let label = if entity.label == entity.name { String::new() } else { entity.label.clone() };
            return Heading { label, ..Heading::default() };
        }
        let words = Words::new(plan);
        if let Some(label) = words.own_label(name) {
            let (unit, texts) = (words.unit(name).map(str::to_string), texts(plan, name));
            return Heading { label, unit, texts, ..Heading::default() };
        }
    }
    Heading::default()
}

/// The texts of the law that a rule names on the date of the plan.
fn texts(plan: &Plan, name: &str) -> String {
    let parsed = &plan.parsed;
    let rule = parsed.rule(name).and_then(|id| parsed.rules.get(id));
    rule.and_then(|rule| rule.text_near(plan.date))
        .map_or_else(String::new, |text| text.doc.sources.join(" ; "))
}

/// The entity of the pack's tables whose codes a selected column holds, if it has names.
fn codes(plan: &Plan, name: &str) -> Option<EntityId> {
    let schema = &plan.parsed.schema;
    let (_, node) = plan.selected.iter().find(|(selected, _)| selected == name)?;
    let field = schema.fields.get(field(plan, *node)?)?;
    // Codes of a list of its own, or of the row that it belongs to.
    let relation = || {
        let relations = &schema.entities.get(field.entity)?.belongs_to;
        relations.iter().find(|relation| relation.column == field.column).map(|relation| relation.target)
    };
    let entity = field.of.or_else(relation)?;
    let declared = schema.entities.get(entity)?;
    (matches!(declared.origin, Origin::Reference { .. }) && declared.names.is_some()).then_some(entity)
}

/// The field that a node hands on unchanged.
fn field(plan: &Plan, node: NodeId) -> Option<usize> {
    match &plan.node(node)?.op {
        Op::Field(id) => Some(*id),
        Op::Rule(_, inner) | Op::Up(_, inner) | Op::Strict(_, inner) => field(plan, *inner),
        _ => None,
    }
}

/// The names of a table of the pack, by code.
fn names(plan: &Plan, dataset: &Dataset, entity: EntityId) -> BTreeMap<String, String> {
    let schema = &plan.parsed.schema;
    let declared = schema.entities.get(entity);
    let named = declared.and_then(|entity| entity.names.as_deref());
    let mut fields = declared.into_iter().flat_map(|entity| &entity.fields).copied();
    let field = fields.find(|id| schema.fields.get(*id).is_some_and(|f| Some(f.column.as_str()) == named));
    let column = field.and_then(|field| column_of(dataset, schema, field));
    let (Some(table), Some(column)) = (dataset.tables.get(entity), column) else { return BTreeMap::new() };
    let name = |(row, id): (usize, &str)| Some((id.to_string(), column.get(row)?.to_string()));
    table.ids.texts().enumerate().filter_map(name).collect()
}
