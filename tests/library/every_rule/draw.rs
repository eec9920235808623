//! Rows of every entity, drawn from a schema alone: its closed lists and ranges, the thresholds of the
//! parameters in force, dates around the day of the decision.

use std::collections::{BTreeMap, BTreeSet};

use logis::Pack;
use logis::data::{Dataset, InputFile, Needs, column_of, read};
use logis::pack::schema::{EntityId, Field, FieldId, FieldKind, Origin, Schema};
use logis::value::{Date, Exact, Value, add_days, add_months, format_number};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// The tables of a data package, as texts.
#[derive(Clone)]
pub struct Package {
    tables: BTreeMap<EntityId, Table>,
}

#[derive(Clone)]
struct Table {
    name: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Draws cells as of a day.
pub struct Draw<'p> {
    pack: &'p Pack,
    pub day: Date,
    /// The numbers that the parameters in force hold.
    numbers: Vec<Exact>,
    /// Identifiers of the reference tables, by entity.
    known: BTreeMap<EntityId, Vec<String>>,
    /// Those among them that differ in what the tables and the parameters say of them.
    telling: BTreeMap<EntityId, Vec<String>>,
}

/// Values of a reference field beyond which it tells nothing by its values.
const FEW: usize = 24;

impl<'p> Draw<'p> {
    pub fn new(pack: &'p Pack, day: Date) -> Draw<'p> {
        let parsed = pack.parsed();
        let mut numbers: Vec<Exact> = parsed
            .parameters
            .iter()
            .filter_map(|p| p.at(day))
            .flat_map(|v| v.cells.values())
            .filter_map(|c| if let Value::Number(n) = c.value { Some(n) } else { None })
            .collect();
        numbers.sort();
        numbers.dedup();
        let references = read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default()).dataset;
        let known: BTreeMap<EntityId, Vec<String>> = (0..parsed.schema.entities.len())
            .filter(|e| matches!(parsed.schema.entities[*e].origin, Origin::Reference { .. }))
            .map(|e| (e, references.tables[e].ids.texts().map(ToString::to_string).collect()))
            .collect();
        let keys: BTreeSet<String> = parsed
            .parameters
            .iter()
            .filter_map(|p| p.at(day))
            .flat_map(|v| v.cells.keys().flatten())
            .filter_map(|k| if let Value::Text(t) = k { Some(t.to_string()) } else { None })
            .collect();
        let mut telling = BTreeMap::new();
        for (&entity, ids) in &known {
            let mut rows: BTreeSet<usize> =
                (0..ids.len()).filter(|r| keys.contains(&ids[*r])).take(60).collect();
            for &field in &parsed.schema.entities[entity].fields {
                let column = column_of(&references, &parsed.schema, field);
                let mut values: BTreeMap<Option<Value>, usize> = BTreeMap::new();
                for row in 0..ids.len() {
                    if values.len() > FEW {
                        break;
                    }
                    values.entry(column.and_then(|c| c.get(row))).or_insert(row);
                }
                if values.len() <= FEW {
                    rows.extend(values.values());
                }
            }
            rows.extend(0..ids.len().min(2));
            telling.insert(entity, rows.into_iter().map(|r| ids[r].clone()).collect());
        }
        Draw { pack, day, numbers, known, telling }
    }

    /// So many rows of each entity that `count` gives any; every row that must have members has some.
    pub fn package(&self, rng: &mut ChaCha8Rng, count: impl Fn(&str) -> usize, empty: f64) -> Package {
        let schema = &self.pack.parsed().schema;
        let mut tables: BTreeMap<EntityId, Table> = BTreeMap::new();
        let ids = |e: EntityId| -> Vec<String> {
            let name = &schema.entities[e].name;
            (0..count(name)).map(|i| format!("{}{i}", name[..2].to_uppercase())).collect()
        };
        for (id, entity) in schema.entities.iter().enumerate() {
            let Origin::Data { table } = &entity.origin else { continue };
            let mut columns = vec![entity.key.clone()];
            columns.extend(entity.belongs_to.iter().map(|r| r.column.clone()));
            for field in &entity.fields {
                let column = &schema.fields[*field].column;
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            }
            let mut rows = Vec::new();
            for (number, own) in ids(id).into_iter().enumerate() {
                // In some rows nearly nothing is true, in some nearly everything.
                let truth = [0.03, 0.5, 0.9][rng.random_range(0..3)];
                let mut row = vec![own];
                for relation in &entity.belongs_to {
                    let targets = match self.telling.get(&relation.target) {
                        Some(known) => known.clone(),
                        None => ids(relation.target),
                    };
                    // The first rows in turn, so that everybody has a member; the others anywhere.
                    let at = if number < targets.len() && relation.min > 0 {
                        number
                    } else if rng.random_bool(0.3) {
                        // One that has many.
                        0
                    } else {
                        rng.random_range(0..targets.len().max(1))
                    };
                    let none = !relation.required && empty > 0.0 && rng.random_bool(0.1);
                    row.push(targets.get(at).filter(|_| !none).cloned().unwrap_or_default());
                }
                for column in &columns[row.len()..] {
                    let field = told(schema, id, column).expect("a column of a field");
                    let none = is_empty_known(schema, id, column);
                    let leave = !field.required && rng.random_bool(if none { 0.3 } else { empty });
                    row.push(match field.kind {
                        _ if leave => String::new(),
                        FieldKind::Boolean => rng.random_bool(truth).to_string(),
                        _ => text(&self.cell(rng, field)),
                    });
                }
                rows.push(row);
            }
            tables.insert(id, Table { name: table.clone(), columns, rows });
        }
        Package { tables }
    }

    /// A value that a field may hold.
    pub fn cell(&self, rng: &mut ChaCha8Rng, field: &Field) -> Value {
        match &field.kind {
            FieldKind::Boolean => Value::Bool(rng.random_bool(0.5)),
            FieldKind::Enum(values) => Value::Text(values[rng.random_range(0..values.len())].clone()),
            FieldKind::Number { decimals, .. } => self.number(rng, field, *decimals),
            FieldKind::Date => Value::Date(self.date(rng)),
            FieldKind::Text => self.code(rng, field),
            FieldKind::Codes => {
                let count = rng.random_range(0..4);
                Value::List((0..count).map(|_| self.code(rng, field)).collect())
            }
        }
    }

    fn code(&self, rng: &mut ChaCha8Rng, field: &Field) -> Value {
        let wanted =
            ["quartier", "commune"].into_iter().find(|w| field.name.contains(w)).unwrap_or("commune");
        let entity = self.pack.parsed().schema.entity(wanted);
        let known = entity.and_then(|e| {
            let from = if rng.random_bool(0.1) { &self.known } else { &self.telling };
            from.get(&e).filter(|k| !k.is_empty())
        });
        known.map_or(Value::text("x"), |k| Value::text(&k[rng.random_range(0..k.len())]))
    }

    /// A threshold, one step beside it, an end of the range, or anything.
    fn number(&self, rng: &mut ChaCha8Rng, field: &Field, decimals: u32) -> Value {
        let one = 10_i128.pow(decimals);
        let (low, high) = field.range.unwrap_or((Exact::from_integer(0), Exact::from_integer(1_000_000)));
        let around = if self.numbers.is_empty() {
            Exact::from_integer(1)
        } else {
            self.numbers[rng.random_range(0..self.numbers.len())]
        };
        let step = |n: Exact, by: i128| Exact::new((n * one).floor().to_integer() + by, one);
        let value = match rng.random_range(0..8) {
            0 => low,
            1 => high,
            2..=4 => step(around, rng.random_range(-1..=1)),
            _ => {
                // As many small ones as large ones.
                let width = (high - low).to_integer().clamp(1, 1 << 40) as f64;
                let part = (width.ln() * rng.random_range(0.0..1.0)).exp() as i128;
                step(low + Exact::from_integer(part), rng.random_range(-1..=1))
            }
        };
        Value::Number(value.clamp(low, high))
    }

    /// Around the day, or around a birthday.
    pub fn date(&self, rng: &mut ChaCha8Rng) -> Date {
        let beside = rng.random_range(-1..=1);
        let day = match rng.random_range(0..40) {
            // What cannot be: a birth to come, or of two lives ago.
            0 => add_months(self.day, 12 * rng.random_range(-160..20)),
            n => match n % 4 {
                0 => add_days(self.day, rng.random_range(-900..300)),
                1 => add_months(self.day, -rng.random_range(0..72)).and_then(|d| add_days(d, beside)),
                _ => add_months(self.day, -12 * rng.random_range(0..85)).and_then(|d| add_days(d, beside)),
            },
        };
        day.expect("a date of the calendar")
    }

    /// Values of a field for the completions of an empty cell: all of a closed list; of numbers and dates
    /// those at and beside the thresholds in force, and any.
    pub fn completions(&self, rng: &mut ChaCha8Rng, field: &Field, most: usize) -> Vec<Value> {
        match &field.kind {
            FieldKind::Boolean => vec![Value::Bool(false), Value::Bool(true)],
            FieldKind::Enum(values) => values.iter().cloned().map(Value::Text).collect(),
            _ => {
                let mut all: Vec<Value> = (0..most).map(|_| self.cell(rng, field)).collect();
                if let (FieldKind::Number { .. }, Some((low, high))) = (&field.kind, field.range) {
                    all.splice(0..0, [Value::Number(low), Value::Number(high)]);
                }
                all
            }
        }
    }
}

/// The fields that are read from a column: mostly one; two where a rule asks whether a cell is written at all
/// (a text that may be none) besides what it says.
fn fields_of<'s>(schema: &'s Schema, entity: EntityId, column: &'s str) -> impl Iterator<Item = &'s Field> {
    let fields = schema.entities[entity].fields.iter().map(|f: &FieldId| &schema.fields[*f]);
    fields.filter(move |f| f.column == column)
}

/// The field whose values a column holds: of two, the one that is no text.
fn told<'s>(schema: &'s Schema, entity: EntityId, column: &'s str) -> Option<&'s Field> {
    fields_of(schema, entity, column).min_by_key(|f| matches!(f.kind, FieldKind::Text))
}

/// Is an empty cell of a column known to be nothing, so that nobody completes it?
pub fn is_empty_known(schema: &Schema, entity: EntityId, column: &str) -> bool {
    fields_of(schema, entity, column).any(|f| f.empty_is_none)
}

fn text(value: &Value) -> String {
    match value {
        Value::Number(n) => format_number(n),
        other => other.to_string(),
    }
}

impl Package {
    /// The rows of a table whose cell in a relation's column is an identifier.
    pub fn members(&self, entity: EntityId, column: &str, of: &str) -> Vec<usize> {
        let Some(table) = self.tables.get(&entity) else { return Vec::new() };
        let Some(at) = table.columns.iter().position(|c| c == column) else { return Vec::new() };
        (0..table.rows.len()).filter(|row| table.rows[*row][at] == of).collect()
    }

    pub fn id(&self, entity: EntityId, row: usize) -> &str {
        &self.tables[&entity].rows[row][0]
    }

    /// Takes away a cell; false if it is empty already.
    pub fn clear(&mut self, entity: EntityId, row: usize, column: &str) -> bool {
        let table = self.tables.get_mut(&entity).unwrap();
        let at = table.columns.iter().position(|c| c == column).unwrap();
        !std::mem::take(&mut table.rows[row][at]).is_empty()
    }

    /// Fills every empty cell of the fields that an empty cell leaves unknown.
    pub fn completed(&self, draw: &Draw<'_>, rng: &mut ChaCha8Rng) -> Package {
        let schema = &draw.pack.parsed().schema;
        let mut full = self.clone();
        for (entity, table) in &mut full.tables {
            for (at, column) in table.columns.iter().enumerate() {
                let Some(field) = told(schema, *entity, column) else { continue };
                let relation = schema.entities[*entity].belongs_to.iter().any(|r| r.column == *column);
                if is_empty_known(schema, *entity, column) || relation {
                    continue;
                }
                for row in &mut table.rows {
                    if row[at].is_empty() {
                        row[at] = text(&draw.cell(rng, field));
                    }
                }
            }
        }
        full
    }

    pub fn read(&self, pack: &Pack) -> Dataset {
        let quote = |cell: &String| {
            if cell.contains([',', '"', ' ']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            }
        };
        let files = self.tables.values().map(|table| {
            let lines = std::iter::once(&table.columns).chain(&table.rows);
            let lines: Vec<String> =
                lines.map(|row| row.iter().map(quote).collect::<Vec<_>>().join(",")).collect();
            InputFile { name: format!("{}.csv", table.name), bytes: (lines.join("\n") + "\n").into_bytes() }
        });
        let parsed = pack.parsed();
        let outcome = read(&parsed.schema, &parsed.references, files.collect(), &Needs::default());
        let errors: Vec<_> = outcome.issues.iter().filter(|i| i.is_error()).take(5).collect();
        assert!(errors.is_empty(), "{errors:?}");
        outcome.dataset
    }
}
