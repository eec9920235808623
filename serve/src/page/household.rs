//! What a household has answered so far. It travels in the hidden fields of the form and is kept nowhere else.

use std::fmt;

use logis::pack::schema::{EntityId, Schema};
use logis::value::Date;
use serde_json::{Map, Value as Json, json};

use super::kin::Kin;
use crate::day;

/// The most members that the page asks for.
pub const MOST: usize = 12;

/// A cell of a household: `demande.rfr_n2`, `personne.0.lien`, `employeur.0.secteur`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    pub entity: EntityId,
    /// The name of the entity.
    pub name: String,
    /// The member, or the member whose row it is; none for the main row, which is alone.
    pub at: Option<usize>,
    pub column: String,
}

impl Cell {
    /// Reads a cell; `None` for what is none of the household's tables and columns.
    pub fn parse(text: &str, kin: &Kin, schema: &Schema) -> Option<Cell> {
        let mut parts = text.splitn(3, '.');
        let (name, second, third) = (parts.next()?, parts.next()?, parts.next());
        let entity = schema.entity(name)?;
        let (at, column) = match third {
            None if entity == kin.main => (None, second),
            Some(column) if entity != kin.main => {
                (Some(second.parse().ok().filter(|at| *at < MOST)?), column)
            }
            _ => return None,
        };
        let members = kin.members.as_ref();
        let known =
            entity == kin.main || members.is_some_and(|m| m.entity == entity || m.parents.contains(&entity));
        let declared = schema.entities.get(entity).filter(|_| known)?;
        let is_column = schema.field_of_column(declared, column).is_some()
            || declared.belongs_to.iter().any(|relation| relation.column == column);
        is_column.then(|| Cell { entity, name: name.to_string(), at, column: column.to_string() })
    }

    /// The cell of a column in a row of a data set that [`Household::record`] was read as.
    pub fn of(entity: EntityId, row: u64, column: &str, kin: &Kin, schema: &Schema) -> Option<Cell> {
        let name = &schema.entities.get(entity)?.name;
        let text = match entity == kin.main {
            true => format!("{name}.{column}"),
            false => format!("{name}.{row}.{column}"),
        };
        Cell::parse(&text, kin, schema)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            // The main row is alone.
            None => write!(f, "{}.{}", self.name, self.column),
            Some(at) => write!(f, "{}.{at}.{}", self.name, self.column),
        }
    }
}

/// What a household has answered.
#[derive(Clone, Debug)]
pub struct Household {
    /// What it wants to know: a rule or a group.
    pub goal: String,
    /// As of when.
    pub date: Date,
    /// How many members it has, once it said so.
    pub members: Option<usize>,
    /// In the order in which it answered; an empty answer is one that it does not know.
    pub answers: Vec<(Cell, String)>,
}

impl Household {
    /// Reads the fields of a form; what is none of them is passed over, as browsers and their tools add some.
    ///
    /// # Errors
    /// In words, a date that is none.
    pub fn of(fields: &[(String, String)], kin: &Kin, schema: &Schema) -> Result<Household, String> {
        let get = |name: &str| fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim());
        let date = match get("date") {
            None | Some("") => day::today(),
            Some(text) => day::date(text)?,
        };
        let members = get("n").and_then(|text| text.parse().ok()).filter(|n| (1..=MOST).contains(n));
        let mut household = Household {
            goal: get("but").unwrap_or_default().to_string(),
            date,
            members,
            answers: Vec::new(),
        };
        for (name, value) in fields {
            if let Some(cell) = name.strip_prefix("r.").and_then(|text| Cell::parse(text, kin, schema)) {
                household.answer(cell, value.trim());
            }
        }
        Ok(household)
    }

    /// Takes an answer, in the place of one of before.
    pub fn answer(&mut self, cell: Cell, value: &str) {
        match self.answers.iter_mut().find(|(own, _)| *own == cell) {
            Some((_, own)) => *own = value.to_string(),
            None => self.answers.push((cell, value.to_string())),
        }
    }

    /// Takes an answer back.
    pub fn forget(&mut self, cell: &Cell) {
        self.answers.retain(|(own, _)| own != cell);
    }

    pub fn has(&self, cell: &Cell) -> bool {
        self.answers.iter().any(|(own, _)| own == cell)
    }

    /// How many members are counted: one, as long as nobody said.
    pub fn count(&self) -> usize {
        self.members.unwrap_or(1)
    }

    /// The household as a record of the library.
    pub fn record(&self, kin: &Kin, schema: &Schema) -> Json {
        let cells = |entity: EntityId, at: Option<usize>| -> Map<String, Json> {
            let own = self.answers.iter().filter(|(cell, _)| cell.entity == entity && cell.at == at);
            let known = own.filter(|(_, value)| !value.is_empty());
            known.map(|(cell, value)| (cell.column.clone(), json!(value))).collect()
        };
        let mut record = cells(kin.main, None);
        if let Some(members) = &kin.members {
            let one = |at: usize| {
                let mut member = cells(members.entity, Some(at));
                if let (0, Some((column, value))) = (at, &members.first) {
                    member.insert(column.clone(), json!(value));
                }
                for &parent in &members.parents {
                    if let Some(entity) = schema.entities.get(parent) {
                        member.insert(entity.name.clone(), Json::Object(cells(parent, Some(at))));
                    }
                }
                Json::Object(member)
            };
            record.insert(members.table.clone(), (0..self.count()).map(one).collect());
        }
        Json::Object(record)
    }
}
