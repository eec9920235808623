//! A run over several years: who waits comes back, units are freed, others arrive.
//!
//! At each date all is decided and matched as of that date, with the rules and figures then in force. Who
//! is housed leaves with a unit; a share of the units so given, and of those given before the first year,
//! is freed each year and offered again. New rows are copies of rows of the first year, with their dates
//! moved by the time between; so those who wait grow older and wait longer, and those who arrive are as
//! old as the first were.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::file::{Count, Move, RowChange, RowKind, Years};
use super::rows::{Ceilings, Tables, TooMany, share_of};
use logis_data::{TextTable, date_of, number_of};
use logis_language::diagnostic::Span;
use logis_language::pack::Parsed;
use logis_language::pack::schema::{EntityId, FieldKind, Origin, Schema};
use logis_language::value::{
    Date, Exact, Rounding, Value, add_days, add_months, days_between, format_number, months_between, round,
};

/// What a year begins with and ends with, in numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Requests that arrive.
    pub arrived: usize,
    /// Units that are new.
    pub new_units: usize,
    /// Units given before, and freed.
    pub freed: usize,
    /// Requests that go away without a unit.
    pub withdrawn: usize,
}

/// What goes from a year to the next.
pub(super) struct State {
    /// The rows, before amounts are moved to the prices of the year.
    tables: Vec<TextTable>,
    /// The rows that arrivals copy.
    models: Vec<TextTable>,
    /// The rows of the units given: identifiers and all.
    occupied: Vec<Vec<String>>,
    /// By identifier of the request: the number of the year in which it arrived.
    pub arrived: BTreeMap<String, usize>,
    /// Identifiers of the units that are freed in the year.
    pub freed: BTreeSet<String>,
    requests: EntityId,
    units: EntityId,
    seed: u64,
    ceilings: Ceilings,
}

/// Where a change is written that adds more rows than a table may have, and the table.
type Over = (Span, String);

impl State {
    /// Before the first year. `models` are the rows that later years copy.
    pub fn new(
        schema: &Schema,
        tables: Vec<TextTable>,
        models: Vec<TextTable>,
        (requests, units): (EntityId, EntityId),
        years: &Years,
        seed: u64,
        ceilings: Ceilings,
    ) -> Result<State, Over> {
        let (mut tables, mut models) = (tables, models);
        if let (Some(of), Some(first)) = (years.data_of, years.dates.first()) {
            for set in [&mut tables, &mut models] {
                move_dates(schema, set, of, *first);
            }
        }
        let (occupied, arrived) = (Vec::new(), BTreeMap::new());
        let freed = BTreeSet::new();
        let mut state = State { tables, models, occupied, arrived, freed, requests, units, seed, ceilings };
        // Occupied units that no file has: copies of those offered, of which a share is freed each year.
        let stock = usize::try_from(years.stock.unwrap_or(0)).unwrap_or(0);
        let mut copies = Tables::marked(schema, state.models.clone(), "parc.", &state.ceilings);
        let before = copies.rows_of(units).len();
        let entity = schema.entities.get(units).map(|e| e.name.clone()).unwrap_or_default();
        let change = RowChange {
            entity: (entity, Span::default()),
            kind: RowKind::Add,
            count: Count::Rows(stock as u64),
            which: Vec::new(),
            to: Vec::new(),
            members: Vec::new(),
            span: Span::default(),
        };
        copies.apply(&change, state.draw(0, 1)).map_err(|TooMany(table)| (change.span, table))?;
        state.occupied = copies.rows_of(units).get(before..).unwrap_or(&[]).to_vec();
        Ok(state)
    }

    fn draw(&self, year: usize, what: u64) -> u64 {
        // A stream of its own for each year and each purpose, so that a change of one moves no other.
        self.seed ^ ((year as u64 + 1) << 40) ^ (what << 32)
    }

    /// Begins a year: units are freed, and what arrives is added (in the first year all is there).
    pub fn begin(&mut self, schema: &Schema, years: &Years, year: usize) -> Result<Flow, Over> {
        let mut flow = Flow::default();
        let freed = years.freed.map_or(0, |share| share_of(&share, self.occupied.len()));
        let mut draw = ChaCha8Rng::seed_from_u64(self.draw(year, 2));
        self.occupied.shuffle(&mut draw);
        // The first of the shuffled units are freed; the others stay for later years.
        let rest = self.occupied.split_off(freed.min(self.occupied.len()));
        let back = std::mem::replace(&mut self.occupied, rest);
        flow.freed = back.len();
        if year > 0 {
            self.arrivals(schema, years, year, &mut flow)?;
        }
        let mut tables = Tables::marked(schema, std::mem::take(&mut self.tables), "", &self.ceilings);
        let before = tables.rows_of(self.units).len();
        tables.append(self.units, back);
        self.freed = tables.identifiers(self.units).into_iter().skip(before).collect();
        if year > 0 {
            // What arrives was copied before; what changes or leaves is taken from all that is there now.
            let others = years.rows.iter().filter(|c| c.kind != RowKind::Add);
            for (number, change) in (16_u64..).zip(others) {
                let taken = tables.apply(change, self.draw(year, number));
                taken.map_err(|TooMany(table)| (change.span.clone(), table))?;
            }
        }
        for id in tables.identifiers(self.requests) {
            self.arrived.entry(id).or_insert(year);
        }
        self.tables = tables.tables;
        Ok(flow)
    }

    fn arrivals(&mut self, schema: &Schema, years: &Years, year: usize, flow: &mut Flow) -> Result<(), Over> {
        let (Some(first), Some(date)) = (years.dates.first(), years.dates.get(year)) else { return Ok(()) };
        let mark = format!("{}.", date.year());
        let mut copies = Tables::marked(schema, self.models.clone(), &mark, &self.ceilings);
        // Copies are made beside the models, whose rows are then taken away again.
        let before: Vec<usize> = copies.tables.iter().map(|t| t.rows.len()).collect();
        let added = years.rows.iter().filter(|c| c.kind == RowKind::Add);
        for (number, change) in (8_u64..).zip(added) {
            let taken = copies.apply(change, self.draw(year, number));
            let taken = taken.map_err(|TooMany(table)| (change.span.clone(), table))?;
            let entity = schema.entity(&change.entity.0);
            if entity == Some(self.requests) {
                flow.arrived += taken;
            } else if entity == Some(self.units) {
                flow.new_units += taken;
            }
        }
        let mut copies = copies.tables;
        for (table, before) in copies.iter_mut().zip(&before) {
            table.rows.drain(..*before);
        }
        // Who arrives in a later year is as old, and has waited as long, as the models had in the first.
        move_dates(schema, &mut copies, *first, *date);
        for copy in copies {
            let Some(table) = self.tables.iter_mut().find(|t| t.name == copy.name) else { continue };
            let ceiling = self.ceilings.get(&table.name).copied().unwrap_or(usize::MAX);
            if table.rows.len().saturating_add(copy.rows.len()) > ceiling {
                let last = years.rows.iter().rfind(|c| c.kind == RowKind::Add);
                return Err((last.map(|c| c.span.clone()).unwrap_or_default(), copy.name));
            }
            // Columns may stand in another order where a variant has written into one that there was not.
            for row in copy.rows {
                let cell = |column: &String| {
                    let at = copy.header.iter().position(|c| c == column);
                    at.and_then(|at| row.get(at)).cloned().unwrap_or_default()
                };
                let row = table.header.iter().map(cell).collect();
                table.rows.push(row);
            }
        }
        Ok(())
    }

    /// The rows of a year, with its amounts.
    pub fn tables(&self, parsed: &Parsed, years: &Years, date: Date) -> Vec<TextTable> {
        let mut tables = self.tables.clone();
        let from = years.data_of.or(years.dates.first().copied()).unwrap_or(date);
        for change in &years.moves {
            move_amounts(parsed, &mut tables, change, from, date);
        }
        tables
    }

    /// Ends a year: who is housed leaves, with the unit; some of the others go away.
    pub fn end(
        &mut self,
        schema: &Schema,
        years: &Years,
        year: usize,
        housed: &BTreeMap<&str, &str>,
        flow: &mut Flow,
    ) {
        let mut tables = Tables::marked(schema, std::mem::take(&mut self.tables), "", &self.ceilings);
        let given: BTreeSet<&str> = housed.values().copied().collect();
        let at = |tables: &Tables<'_>, entity: EntityId, is: &dyn Fn(&str) -> bool| -> BTreeSet<usize> {
            let ids = tables.identifiers(entity).into_iter().enumerate();
            ids.filter(|(_, id)| is(id)).map(|(row, _)| row).collect()
        };
        let rows = at(&tables, self.units, &|id| given.contains(id));
        // A unit that is given is occupied from now on, and may be freed later.
        self.occupied.extend(rows.iter().filter_map(|&row| tables.rows_of(self.units).get(row).cloned()));
        tables.remove(self.units, &rows);
        let rows = at(&tables, self.requests, &|id| housed.contains_key(id));
        tables.remove(self.requests, &rows);
        // A drawn share of those who still wait goes away unserved.
        let left = tables.rows_of(self.requests).len();
        let mut gone: Vec<usize> = (0..left).collect();
        gone.shuffle(&mut ChaCha8Rng::seed_from_u64(self.draw(year, 3)));
        gone.truncate(years.withdrawn.map_or(0, |share| share_of(&share, left)));
        flow.withdrawn = gone.len();
        tables.remove(self.requests, &gone.into_iter().collect());
        self.tables = tables.tables;
    }
}

/// Moves the dates of rows by the time between two days: by months where the two are a whole number of
/// months apart, by days otherwise.
fn move_dates(schema: &Schema, tables: &mut [TextTable], from: Date, to: Date) {
    let months = months_between(from, to);
    // Whole months keep the day of the month: an anniversary stays one.
    let whole = add_months(from, months) == Some(to);
    let days = days_between(from, to);
    for table in tables {
        let dates = schema.fields.iter().filter(|f| f.kind == FieldKind::Date).filter(|f| {
            let entity = schema.entities.get(f.entity);
            entity.is_some_and(|e| matches!(&e.origin, Origin::Data { table: own } if *own == table.name))
        });
        for column in dates.filter_map(|f| table.column(&f.column)).collect::<Vec<_>>() {
            for cell in table.rows.iter_mut().filter_map(|row| row.get_mut(column)) {
                let Some(date) = date_of(cell) else { continue };
                let moved = if whole { add_months(date, months) } else { add_days(date, days) };
                if let Some(moved) = moved {
                    *cell = moved.to_string();
                }
            }
        }
    }
}

/// Multiplies the amounts of a field by what a parameter has become since.
fn move_amounts(parsed: &Parsed, tables: &mut [TextTable], change: &Move, from: Date, to: Date) {
    let value = |date: Date| {
        let version = parsed.parameters.get(parsed.parameter(&change.by.0)?)?.at(date)?;
        match &version.cells.get(&Vec::new())?.value {
            Value::Number(n) if *n != Exact::from_integer(0) => Some(*n),
            _ => None,
        }
    };
    let (Some(before), Some(after)) = (value(from), value(to)) else { return };
    let field = parsed.schema.field(&change.field.0).and_then(|id| parsed.schema.fields.get(id));
    let Some(field) = field.filter(|_| before != after) else { return };
    let Some(Origin::Data { table }) = parsed.schema.entities.get(field.entity).map(|e| &e.origin) else {
        return;
    };
    let Some(table) = tables.iter_mut().find(|t| t.name == *table) else { return };
    let Some(column) = table.column(&field.column) else { return };
    let FieldKind::Number { decimals, .. } = field.kind else { return };
    for cell in table.rows.iter_mut().filter_map(|row| row.get_mut(column)) {
        let Some(amount) = number_of(field, cell) else { continue };
        let moved =
            logis_language::value::mul(&amount, &after).and_then(|n| logis_language::value::div(&n, &before));
        if let Ok(n) = moved.and_then(|n| round(&n, decimals, Rounding::Nearest)) {
            *cell = format_number(&n);
        }
    }
}
