//! What the sums of indicators add up: the outcomes of rules on the rows of tables, by time and place.
//!
//! A row that is not counted is never silent: without a date, outside of the territory or after the day of the review it
//! is in [`Left`]; where its outcome is not known it is an [`Open`] row, with the cells that it lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::places::Places;
use crate::basis::Local;
use logis_data::{Dataset, Needs, column_of};
use logis_decide::dated::DatedPlan;
use logis_decide::evaluate::possible::{MissingCell, MissingInput};
use logis_decide::evaluate::{DecisionColumn, Outcome, evaluate};
use logis_decide::places::Places as RowPlaces;
use logis_language::Pack;
use logis_language::diagnostic::PackError;
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::agreement::{Agreement, How, Term};
use logis_language::pack::schema::{EntityId, FieldId, Origin};
use logis_language::plan::Plan;
use logis_language::value::{Date, Exact, Value, add};

/// Where and when rows are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The day; none of rows without a time.
    pub day: Option<Date>,
    /// By kind of place of the agreement: the row of its table, or [`NOWHERE`](super::places::NOWHERE).
    pub places: Vec<u32>,
}

/// A sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// What is known of it.
    pub known: Exact,
    /// How many rows were looked at.
    pub rows: u64,
    /// Of how many the outcome is not known.
    pub open: u64,
}

impl Default for Sum {
    fn default() -> Sum {
        Sum { known: Exact::from_integer(0), rows: 0, open: 0 }
    }
}

impl Sum {
    /// Both sums together; a sum that is too large for exact numbers stays open.
    #[must_use]
    pub fn and(&self, other: &Sum) -> Sum {
        let sum = Sum { rows: self.rows + other.rows, open: self.open + other.open, ..*self };
        match add(&self.known, &other.known) {
            Ok(known) => Sum { known, ..sum },
            Err(_) => Sum { open: sum.open + 1, ..sum },
        }
    }
}

/// A row whose outcome is not known.
#[derive(Clone, Debug, Default)]
pub struct Open {
    /// Where it would count.
    pub slot: Slot,
    /// Its entity.
    pub entity: EntityId,
    /// Its row.
    pub row: usize,
    /// The cells that it lacks, or the error, in words.
    pub lacks: BTreeSet<String>,
    /// Whose cells they are, where they are not its own: table and identifier.
    pub whose: BTreeSet<String>,
}

/// A row that is left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// Its entity.
    pub entity: EntityId,
    /// Its row.
    pub row: usize,
    /// Why, in words.
    pub why: String,
}

/// What one sum adds up.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Why nothing could be added up: a table or a column that is not there.
    pub absent: Option<String>,
    /// The sums.
    pub slots: BTreeMap<Slot, Sum>,
    /// The rows that leave it open.
    pub open: Vec<Open>,
    /// The rows that it counts: those that are true, or not zero.
    pub counted: Vec<(Slot, usize)>,
    /// The entity of its rows.
    pub entity: EntityId,
    /// The first and the last year of the rows of its table, counted or not.
    pub years: Option<(i16, i16)>,
    /// Has its table rows without a time?
    pub timeless: bool,
    /// Are the numbers that it adds up amounts of money?
    pub money: bool,
}

/// The rules of one table that are decided together.
struct Group {
    entity: EntityId,
    date: Option<FieldId>,
    names: Vec<String>,
}

/// What the sums of an agreement read, planned.
pub struct Gatherer<'p> {
    pack: &'p Pack,
    agreement: &'p Agreement,
    as_of: Date,
    groups: Vec<Group>,
    kinds: Vec<EntityId>,
}

/// The decided columns of a group, by name; an error is why there is none.
type Decided = BTreeMap<String, Result<DecisionColumn, String>>;

impl<'p> Gatherer<'p> {
    /// Plans the sums of an agreement.
    pub fn new(pack: &'p Pack, agreement: &'p Agreement, as_of: Date) -> Gatherer<'p> {
        let parsed = pack.parsed();
        let mut groups: Vec<Group> = Vec::new();
        for term in agreement.indicators.iter().flat_map(|i| i.terms()) {
            let Some(entity) = entity_of(parsed, term) else { continue };
            let date = term.date.as_ref().and_then(|(name, _)| parsed.schema.field(name));
            let at = groups.iter().position(|g| g.entity == entity && g.date == date);
            let at = at.unwrap_or_else(|| {
                groups.push(Group { entity, date, names: Vec::new() });
                groups.len() - 1
            });
            let Some(group) = groups.get_mut(at) else { continue };
            for name in decided_by(term) {
                if !group.names.iter().any(|n| n == name) {
                    group.names.push(name.to_string());
                }
            }
        }
        let kinds = agreement.places.iter().filter_map(|(name, _)| parsed.schema.entity(name)).collect();
        Gatherer { pack, agreement, as_of, groups, kinds }
    }

    /// The entities of the kinds of places.
    pub fn kinds(&self) -> &[EntityId] {
        &self.kinds
    }

    /// What is read of a data package. Any table may be absent: what needs it is then not known.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs { any_table: true, ..Needs::default() };
        let schema = &self.pack.parsed().schema;
        for group in &self.groups {
            let names: Vec<&str> = group.names.iter().map(String::as_str).collect();
            for day in self.days(group, &names) {
                drop(self.pack.plan(day, &names).map(|plan| needs.join(plan.needs())));
            }
            needs.fields.extend(group.date);
            let data =
                |e: EntityId| matches!(schema.entities.get(e).map(|e| &e.origin), Some(Origin::Data { .. }));
            if data(group.entity) {
                needs.entities.insert(group.entity);
            }
        }
        needs.decided.clear();
        needs
    }

    /// The days whose plans read all that a group may read: that of the review and, where rows have dates of their own,
    /// the first that an indicator counts and those on which a text of a rule begins.
    fn days(&self, group: &Group, names: &[&str]) -> BTreeSet<Date> {
        let mut days = BTreeSet::from([self.as_of]);
        if names.is_empty() || group.date.is_none() {
            return days;
        }
        let parsed = self.pack.parsed();
        let first = self.agreement.indicators.iter().filter_map(|i| i.from).min();
        days.insert(first.unwrap_or(self.agreement.from).min(self.agreement.from));
        let plans: Vec<Arc<Plan>> = days.iter().filter_map(|day| self.pack.plan(*day, names).ok()).collect();
        let rules = plans.iter().flat_map(|plan| plan.rule_nodes()).map(|(rule, _)| rule);
        let texts = rules.filter_map(|rule| parsed.rules.get(rule)).flat_map(|rule| &rule.texts);
        days.extend(texts.filter_map(|text| text.from).filter(|from| *from <= self.as_of));
        days
    }

    /// Adds up all sums, in the order of the terms of the indicators; and the rows that are left out.
    pub fn gather(&self, dataset: &Dataset) -> (Vec<Gathered>, BTreeSet<Left>) {
        let decided: Vec<Decided> = self.groups.iter().map(|group| self.decide(group, dataset)).collect();
        let mut left = BTreeSet::new();
        let terms = self.agreement.indicators.iter().flat_map(|i| i.terms().map(move |term| (i, term)));
        let all = terms
            .map(|(indicator, term)| {
                let daily = indicator.every == logis_language::pack::agreement::Every::Last;
                let from = indicator.from.unwrap_or(self.agreement.from);
                let until = indicator.until.unwrap_or(self.agreement.until);
                self.term(term, (daily, (from, until)), dataset, &decided, &mut left)
            })
            .collect();
        (all, left)
    }

    /// Whose local rules decide the rows that are counted: rows of other territories are left out.
    pub fn local(&self, dataset: &Dataset) -> Local {
        let parsed = self.pack.parsed();
        let mut places = RowPlaces::default();
        let mut seen = BTreeSet::new();
        for group in self.groups.iter().filter(|group| seen.insert(group.entity)) {
            let origin = parsed.schema.entities.get(group.entity).map(|entity| &entity.origin);
            // The tables of the pack are no data.
            if matches!(origin, Some(Origin::Data { .. })) {
                places.add(parsed, dataset, group.entity);
            }
        }
        let own = parsed.territories.all.get(self.agreement.territory).map(|own| own.name.clone());
        places.of.retain(|name, _| Some(name) == own.as_ref());
        places.nowhere = 0;
        Local::of(parsed, &places)
    }

    /// Decides the rules of a group: as of each row's date, or as of that of the review.
    fn decide(&self, group: &Group, dataset: &Dataset) -> Decided {
        let each = |names: &[&str]| -> Result<Decided, PackError> {
            let decisions = match group.date {
                Some(date) => DatedPlan::new(self.pack.parsed(), date, names).evaluate(dataset)?,
                None => evaluate(&*self.pack.plan(self.as_of, names)?, dataset),
            };
            Ok(decisions.names.into_iter().zip(decisions.columns.into_iter().map(Ok)).collect())
        };
        let names: Vec<&str> = group.names.iter().map(String::as_str).collect();
        if names.is_empty() {
            return Decided::new();
        }
        // Together, what they share is decided once; where one is not in force on some day, each is asked for alone.
        each(&names).unwrap_or_else(|_| {
            let alone = |name: &&str| match each(&[name]) {
                Ok(own) => own,
                Err(error) => {
                    let why = error.diagnostics.first().map_or_else(String::new, |d| d.message.clone());
                    [((*name).to_string(), Err(why))].into()
                }
            };
            names.iter().flat_map(alone).collect()
        })
    }

    fn term(
        &self,
        term: &Term,
        (daily, days_of): (bool, (Date, Date)),
        dataset: &Dataset,
        decided: &[Decided],
        left: &mut BTreeSet<Left>,
    ) -> Gathered {
        let parsed = self.pack.parsed();
        let mut found = Gathered::default();
        let Some(entity) = entity_of(parsed, term) else { return found };
        found.entity = entity;
        found.money =
            term.how == How::Sum && unit_of(parsed, &term.name.0).is_some_and(|u| u.starts_with("EUR"));
        let date = term.date.as_ref().and_then(|(name, _)| parsed.schema.field(name));
        let table = dataset.tables.get(entity);
        let name = |id: EntityId| table_name(parsed, id);
        let (Some(table), Some(at)) = (
            table.filter(|t| t.present),
            self.groups.iter().position(|g| g.entity == entity && g.date == date),
        ) else {
            found.absent = Some(format!("la table `{}` n'est pas dans les données", name(entity)));
            return found;
        };
        let days = match date {
            None => None,
            Some(date) => match column_of(dataset, &parsed.schema, date) {
                Some(column) => Some(column),
                None => {
                    let column = parsed.schema.fields.get(date).map_or("", |f| f.column.as_str());
                    found.absent = Some(format!(
                        "la colonne `{column}` manque dans `{}` : ses lignes ne sont d'aucune année",
                        name(entity)
                    ));
                    return found;
                }
            },
        };
        let columns = match decided.get(at).map(|d| Columns::of(term, d)) {
            Some(Ok(columns)) => columns,
            Some(Err(why)) => {
                found.absent = Some(why);
                return found;
            }
            None => return found,
        };
        let of_data =
            matches!(parsed.schema.entities.get(entity).map(|e| &e.origin), Some(Origin::Data { .. }));
        let places = Places::new(parsed, dataset, self.agreement, &self.kinds, entity, term);
        for row in 0..table.rows() {
            // The row of a reference table that stands for all others is no place.
            if table.ids.text(row) == Some("*") {
                continue;
            }
            let mut leave = |why: String| {
                left.insert(Left { entity, row, why });
            };
            let day = match days.map(|days| days.get(row)) {
                None => None,
                Some(Some(Value::Date(day))) => Some(day),
                Some(_) => {
                    let (date, _) = term.date.clone().unwrap_or_default();
                    leave(format!("sans {date} : d'aucune année"));
                    continue;
                }
            };
            if day.is_some_and(|day| day > self.as_of) {
                leave(format!("après le {}, date du bilan", self.as_of));
                continue;
            }
            let Some(at) = places.of(row) else {
                // That the country has other communes is no news.
                if of_data {
                    leave("hors du territoire".to_string());
                }
                continue;
            };
            match day.map(Date::year) {
                Some(year) => {
                    let (first, last) = found.years.unwrap_or((year, year));
                    found.years = Some((first.min(year), last.max(year)));
                }
                None => found.timeless = true,
            }
            if let Some(why) = day.filter(|_| !daily).and_then(|day| beside(day, days_of)) {
                leave(why);
                continue;
            }
            // Figures are of years; the state at a date keeps its day.
            let day = if daily { day } else { day.and_then(|day| Date::new(day.year(), 1, 1).ok()) };
            let slot = Slot { day, places: at };
            let (outcome, counted) = match columns.outcome(row) {
                None => continue,
                Some(Ok(number)) => {
                    (Sum { known: number, rows: 1, open: 0 }, number != Exact::from_integer(0))
                }
                Some(Err(outcome)) => {
                    let mut open = Open { slot: slot.clone(), entity, row, ..Open::default() };
                    lacking(parsed, dataset, &outcome, &mut open);
                    found.open.push(open);
                    (Sum { rows: 1, open: 1, ..Sum::default() }, false)
                }
            };
            if counted {
                found.counted.push((slot.clone(), row));
            }
            let sum = found.slots.entry(slot).or_default();
            *sum = sum.and(&outcome);
        }
        found
    }
}

/// Why a row of a year of the indicator is not counted: its day is before the first or after the last of a part of a year.
/// Whole years before and after are no news.
fn beside(day: Date, (first, last): (Date, Date)) -> Option<String> {
    if day < first && day.year() == first.year() {
        Some(format!("avant le {first}, premier jour compté"))
    } else if day > last && day.year() == last.year() {
        Some(format!("après le {last}, dernier jour compté"))
    } else {
        None
    }
}

/// The columns that decide a term.
struct Columns<'d> {
    how: How,
    value: Option<&'d DecisionColumn>,
    only: Vec<(&'d DecisionColumn, &'d Value)>,
}

impl<'d> Columns<'d> {
    fn of(term: &'d Term, decided: &'d Decided) -> Result<Columns<'d>, String> {
        let column = |name: &str| match decided.get(name) {
            Some(Ok(column)) => Ok(column),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("`{name}` n'est pas décidé")),
        };
        let value = match term.how {
            How::Rows => None,
            How::Count | How::Sum => Some(column(&term.name.0)?),
        };
        let only = term.only.iter().map(|(name, value, _)| Ok((column(name)?, value)));
        Ok(Columns { how: term.how, value, only: only.collect::<Result<_, String>>()? })
    }

    /// The number that a row adds; none if the row does not count, and what is not known instead of it.
    fn outcome(&self, row: usize) -> Option<Result<Exact, Outcome>> {
        let mut open = None;
        for (column, wanted) in &self.only {
            match column.get(row) {
                Some(Outcome::Known(value)) if value == **wanted => {}
                Some(Outcome::Known(_)) | None => return None,
                Some(other) => open = Some(other),
            }
        }
        if let Some(open) = open {
            return Some(Err(open));
        }
        let one = |is: bool| Exact::from_integer(i128::from(is));
        let Some(column) = self.value else { return Some(Ok(one(true))) };
        match (column.get(row)?, self.how) {
            (Outcome::Known(Value::Bool(is)), _) => Some(Ok(one(is))),
            (Outcome::Known(Value::Number(number)), How::Sum) => Some(Ok(number)),
            (other, _) => Some(Err(other)),
        }
    }
}

/// What an outcome that is not known lacks, in words.
fn lacking(parsed: &Parsed, dataset: &Dataset, outcome: &Outcome, open: &mut Open) {
    let say = |input: &MissingInput| {
        let entity = parsed.schema.entities.get(input.entity);
        let table = dataset.tables.get(input.entity);
        let row = usize::try_from(input.row).ok();
        let column = match input.what {
            MissingCell::Field(field) => parsed.schema.fields.get(field).map(|f| f.column.clone()),
            MissingCell::Relation(number) => {
                entity.and_then(|e| e.belongs_to.get(number)).map(|r| r.column.clone())
            }
            MissingCell::Parameter(id) => {
                let path = match parsed.parameters.get(id) {
                    Some(parameter) => parameter.path.as_str(),
                    None => parsed.rule_behind(id).map_or("?", |rule| rule.name.as_str()),
                };
                open.lacks.insert(format!("`{path}` n'a pas de valeur à cette date ou à cet endroit"));
                return;
            }
        };
        let name = table_name(parsed, input.entity);
        open.lacks.insert(format!("{name} : {}", column.unwrap_or_default()));
        if (input.entity, row) != (open.entity, Some(open.row)) {
            let id = row.and_then(|row| table?.ids.text(row)).unwrap_or("?");
            open.whose.insert(format!("{name} {id}"));
        }
    };
    match outcome {
        Outcome::Unknown(missing) => missing.iter().for_each(say),
        Outcome::Error(error) => {
            let rule = error.rule.and_then(|rule| parsed.rules.get(rule)).map(|rule| rule.name.as_str());
            open.lacks.insert(match rule {
                Some(rule) => format!("erreur dans `{rule}` : {}", error.error),
                None => format!("erreur : {}", error.error),
            });
        }
        Outcome::Known(_) => {
            open.lacks.insert("d'un autre type que ce qui est additionné".to_string());
        }
    }
}

/// The unit of a rule or a field.
fn unit_of<'p>(parsed: &'p Parsed, name: &str) -> Option<&'p str> {
    let rule = parsed.rule(name).and_then(|id| parsed.rules.get(id)).and_then(|rule| rule.texts.last());
    let field = || parsed.schema.field(name).and_then(|id| parsed.schema.fields.get(id));
    rule.and_then(|text| text.doc.unit.as_deref()).or_else(|| field()?.unit.as_deref())
}

/// What users call the table of an entity.
pub fn table_name(parsed: &Parsed, entity: EntityId) -> String {
    let found = parsed.schema.entities.get(entity);
    match found.map(|e| &e.origin) {
        Some(Origin::Data { table }) => table.clone(),
        _ => found.map_or_else(String::new, |e| e.name.clone()),
    }
}

/// The rules and fields that a term asks for.
fn decided_by(term: &Term) -> impl Iterator<Item = &str> {
    let value = (term.how != How::Rows).then_some(term.name.0.as_str());
    value.into_iter().chain(term.only.iter().map(|(name, ..)| name.as_str()))
}

/// The entity whose rows a term counts.
pub fn entity_of(parsed: &Parsed, term: &Term) -> Option<EntityId> {
    match term.how {
        How::Rows => parsed.schema.entity(&term.name.0),
        How::Count | How::Sum => Target::find(parsed, &term.name.0).map(|(_, entity)| entity),
    }
}

/// The plans that decide a term on the day of the review, for what is to be known of its rules.
pub fn plan_of(pack: &Pack, as_of: Date, term: &Term) -> Option<Arc<Plan>> {
    let names: Vec<&str> = decided_by(term).collect();
    if names.is_empty() { None } else { pack.plan(as_of, &names).ok() }
}
