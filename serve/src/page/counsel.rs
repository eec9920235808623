//! The counsellor's view: one request against units, on one page. What is known of the household, the units and the
//! date travel in its form, as on the page of a household; with the data of a package at hand (`--data`) a request is
//! named by its number instead.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use logis::data::Dataset;
use logis::evaluate::Context;
use logis::evaluate::possible::MissingInput;
use logis::explain::{Words, explain, missing};
use logis::plan::Plan;
use logis::value::french_day;
use serde::Serialize;

use super::decided::{Decided, decided};
use super::facing::{Answer, Faced, Facing, MOST as UNITS};
use super::household::{Cell, Household, MOST};
use super::kin::Kin;
use super::words::{Asked, Cells, label_of};
use crate::problem::Problem;
use crate::questions::column_of;
use crate::service::Service;

/// The most cells that are asked for at once; those that fewer units wait for come later.
const ASKED: usize = 16;

/// The page.
#[derive(Default, Serialize)]
struct View {
    title: String,
    date: String,
    day: String,
    /// Is there a package of data, of which a request may be named?
    with_data: bool,
    request: String,
    /// How many live in the household, as it is written.
    members: String,
    most_members: usize,
    units: String,
    /// The columns of units that the rules read.
    columns: Vec<String>,
    fields: Vec<Asked>,
    /// What the rules wait for that the page does not ask.
    elsewhere: Vec<String>,
    errors: Vec<String>,
    shown: bool,
    points: Option<[String; 2]>,
    publics: Vec<String>,
    open_publics: Vec<String>,
    groups: Vec<Group>,
    why: Option<Why>,
    notes: Vec<String>,
}

/// Units of one state.
#[derive(Serialize)]
struct Group {
    state: &'static str,
    label: &'static str,
    units: Vec<Faced>,
}

/// Why one unit is as it is, or why the points are.
#[derive(Serialize)]
struct Why {
    about: String,
    answer: Decided,
}

/// What a form asks for.
struct Form<'f> {
    fields: &'f [(String, String)],
}

impl Form<'_> {
    fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim())
    }
}

/// The page as a form asks for it; nothing is known before the first.
pub fn page(service: &Service, fields: &[(String, String)]) -> Result<Response<Body>, Problem> {
    let form = Form { fields };
    let kin = super::kin(service)?;
    let parsed = service.pack.parsed();
    let household = Household::of(fields, &kin, &parsed.schema).map_err(Problem::query)?;
    let facing = Facing::new(&service.pack, household.date).map_err(|error| Problem::rules(&error))?;
    let facing = facing.filter(|facing| facing.request == kin.main);
    let none = || Problem::not_found("ce paquet de règles n'attribue pas de logements");
    let facing = facing.ok_or_else(none)?;
    let cells = Cells { schema: &parsed.schema, kin: &kin, of_others: true };
    let mut view = View {
        title: super::view::title(service),
        date: household.date.to_string(),
        day: french_day(household.date),
        with_data: service.data.is_some(),
        request: form.get("demande").to_string(),
        members: form.get("n").to_string(),
        most_members: MOST,
        units: form.get("unites").to_string(),
        columns: columns(service, &facing),
        fields: household
            .answers
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(cell, value)| given(&cells, cell, value))
            .collect(),
        ..View::default()
    };
    if !fields.iter().any(|(name, _)| name == "action") {
        return show(view);
    }
    if !view.members.is_empty() && household.members.is_none() {
        view.errors
            .push(format!("Personnes du ménage : « {} » ; attendu: un nombre de 1 à {MOST}.", view.members));
    }
    let posed = pose(service, &facing, &kin, &household, &view);
    let (dataset, row) = match posed {
        Ok(posed) if view.errors.is_empty() => posed,
        Ok(_) => return show(view),
        Err(errors) => {
            view.errors.extend(errors);
            return show(view);
        }
    };
    let answer = facing.answer(&dataset, row);
    ask(&mut view, &answer, &facing, &dataset, (&cells, &household));
    tell(&mut view, answer);
    view.why = why(&facing, &dataset, row, form.get("action"));
    let plan = facing.suitability();
    view.notes = plan.warnings.iter().chain(&plan.notes).cloned().collect();
    show(view)
}

fn show(view: View) -> Result<Response<Body>, Problem> {
    let status = if view.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    super::fill("counsel.html", status, view)
}

/// The data: of the package, or of the form; and the row of the request. Otherwise all that is wrong.
fn pose(
    service: &Service,
    facing: &Facing,
    kin: &Kin,
    household: &Household,
    view: &View,
) -> Result<(Dataset, u64), Vec<String>> {
    let schema = &service.pack.parsed().schema;
    let told = |issue: &logis::data::Issue| issue.to_string();
    let (own, row) = match &service.data {
        Some(data) if !view.request.is_empty() => {
            let table = data.tables.get(facing.request);
            let Some(row) = table.and_then(|table| table.row(&view.request)) else {
                let near = table.and_then(|t| logis::diagnostic::nearest(&view.request, t.ids.texts()));
                let near = near.map_or_else(String::new, |near| format!(" ; vouliez-vous dire « {near} » ?"));
                return Err(vec![format!("« {} » n'est le numéro d'aucune demande{near}", view.request)]);
            };
            (data.clone(), row as u64)
        }
        _ => {
            let reader = service.decider(household.date, &[]).map_err(|error| vec![error.to_string()])?;
            let read = reader.dataset(&household.record(kin, schema));
            (read.map_err(|error| error.issues.iter().map(told).collect::<Vec<_>>())?, 0)
        }
    };
    let whole = match (view.units.is_empty(), &service.data) {
        (false, _) => {
            facing.beside(own, &view.units).map_err(|wrong| wrong.iter().map(told).collect::<Vec<_>>())?
        }
        // The units of the package, for a household of the form.
        (true, Some(data)) if view.request.is_empty() => {
            let mut whole = own;
            for (own, other) in whole.tables.iter_mut().zip(&data.tables) {
                if own.rows() == 0 && other.present {
                    own.clone_from(other);
                }
            }
            whole
        }
        (true, Some(_)) => own,
        (true, None) => return Err(vec!["Donnez les logements : les lignes d'un fichier CSV.".to_string()]),
    };
    let units = whole.tables.get(facing.unit).map_or(0, |table| table.rows());
    if units > UNITS {
        return Err(vec![format!("{units} logements ; attendu: {UNITS} au plus")]);
    }
    let wrong = facing.contradictions(&whole);
    if wrong.is_empty() { Ok((whole, row)) } else { Err(wrong) }
}

/// The columns of a file of units: those that the rules read, and the identifier.
fn columns(service: &Service, facing: &Facing) -> Vec<String> {
    let schema = &service.pack.parsed().schema;
    let needs = facing.needs();
    let Some(entity) = schema.entities.get(facing.unit) else { return Vec::new() };
    let mut found = vec![entity.key.clone()];
    let relations = entity.belongs_to.iter().map(|relation| &relation.column);
    let fields = entity.fields.iter().filter(|id| needs.fields.contains(id));
    let fields = fields.filter_map(|id| schema.fields.get(*id)).map(|field| &field.column);
    for column in relations.chain(fields) {
        if !found.contains(column) {
            found.push(column.clone());
        }
    }
    found
}

fn given(cells: &Cells<'_>, cell: &Cell, value: &str) -> Asked {
    let mut asked = cells.asked(cell);
    asked.value = value.to_string();
    asked
}

/// Asks for what units wait for, first for that which most of them do; then for what points and publics wait for.
fn ask(
    view: &mut View,
    answer: &Answer,
    facing: &Facing,
    dataset: &Dataset,
    (cells, household): (&Cells<'_>, &Household),
) {
    let mut all: BTreeMap<MissingInput, usize> = answer.missing.clone();
    for cell in &answer.standing.missing {
        all.entry(*cell).or_default();
    }
    let mut wanted: Vec<(MissingInput, usize)> = all.into_iter().collect();
    wanted.sort_by_key(|(cell, units)| (std::cmp::Reverse(*units), *cell));
    let plan = facing.suitability();
    let of_form = view.request.is_empty();
    let mut asked = 0;
    for (cell, units) in wanted.iter().filter(|(cell, _)| cell.entity != facing.unit) {
        let column = column_of(cells.schema, cell);
        let own = column.and_then(|column| Cell::of(cell.entity, cell.row, column, cells.kin, cells.schema));
        match own {
            Some(own) if of_form => {
                // One cell may be missed by several of its fields.
                let path = own.to_string();
                if asked < ASKED
                    && !household.answers.iter().any(|(cell, value)| *cell == own && !value.is_empty())
                    && !view.fields.iter().any(|field| field.path == path)
                {
                    asked += 1;
                    view.fields.push(given(cells, &own, ""));
                }
            }
            _ if *units > 0 => view.elsewhere.push(missing(&plan, dataset, cell).to_string()),
            _ => {}
        }
    }
}

/// Puts the answer into the page.
fn tell(view: &mut View, answer: Answer) {
    view.shown = true;
    view.points = answer.standing.points.map(|(points, label)| [points, label]);
    view.publics = answer.standing.publics;
    view.open_publics = answer.standing.open;
    let states = [
        ("recevable", "Logements à proposer"),
        ("en_attente", "Logements en attente d'une donnée"),
        ("refuse", "Logements refusés"),
        ("erreur", "Logements sans réponse"),
    ];
    view.groups = states.map(|(state, label)| Group { state, label, units: Vec::new() }).into();
    for unit in answer.units {
        if let Some(group) = view.groups.iter_mut().find(|group| group.state == unit.state) {
            group.units.push(unit);
        }
    }
}

/// The explanation that a button asks for: `pourquoi:L0001`, or `points`.
fn why(facing: &Facing, dataset: &Dataset, request: u64, action: &str) -> Option<Why> {
    let told = |plan: &Plan, row: u64, about: String| {
        let explained = explain(plan, dataset, row);
        let (explanation, (_, node)) = (explained.first()?, plan.selected.first()?);
        let answer = decided(plan, explanation, *node, (dataset, row), &Words::new(plan));
        Some(Why { about, answer })
    };
    if action == "points" {
        let plan = facing.points()?;
        let name = plan.selected.first().map_or("", |(name, _)| name.as_str());
        return told(plan, request, label_of(&plan.parsed, name, plan.date));
    }
    let id = action.strip_prefix("pourquoi:")?;
    let unit = dataset.tables.get(facing.unit)?.row(id)?;
    let plan = facing.suitability();
    let row = Context::new(&plan, dataset).pair_row(request, unit as u64);
    told(&plan, row, format!("Logement {id}"))
}
