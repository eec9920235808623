//! What the names of a scenario are called in its report: the labels of the pack, the names of places beside their codes.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use logis_data::{Column, Dataset, Needs, column_of, read};
use logis_decide::explain::Words;
use logis_language::pack::schema::{EntityId, FieldKind, Origin};
use logis_language::plan::Plan;
use logis_language::value::{Value, parse_date};

use super::file::Called;
use super::sheet::Cell;

/// Names as people know them.
///
/// ```
/// use logis::{Pack, scenario::Spoken, value::parse_date};
/// let pack = Pack::national();
/// let plan = pack.plan(parse_date("2017-06-30").ok_or("a date")?, &["eligible_plus"])?;
/// let spoken = Spoken::new(&plan);
/// assert_eq!(spoken.value_of("commune", "31555"), "Toulouse (31555)");
/// assert_eq!(spoken.value_of("commune", "inconnu"), "inconnu");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Spoken<'p> {
    plan: &'p Plan,
    words: Words<'p>,
    /// The tables of the pack, read when a code is met.
    tables: OnceCell<Dataset>,
    /// By table: by name, the rows that have it.
    by_name: RefCell<BTreeMap<EntityId, BTreeMap<String, Vec<usize>>>>,
}

impl<'p> Spoken<'p> {
    /// By the pack of a plan, as of its date.
    pub fn new(plan: &'p Plan) -> Spoken<'p> {
        Spoken { plan, words: Words::new(plan), tables: OnceCell::new(), by_name: RefCell::default() }
    }

    /// What an entity, a rule or a field is called.
    pub fn name_of(&self, name: &str) -> String {
        match self.plan.parsed.schema.entity(name) {
            Some(_) => self.entity(name),
            None => self.words.label(name),
        }
    }

    /// What a value of such a thing is called: a row of a table of the pack by its name beside its code, a rule (of a group)
    /// by its label.
    pub fn value_of(&self, name: &str, value: &str) -> String {
        let schema = &self.plan.parsed.schema;
        let field = schema.field(name).and_then(|id| schema.fields.get(id));
        let table = schema.entity(name).or_else(|| field?.of);
        if let Some(named) = table.and_then(|table| self.named(table, value)) {
            return format!("{named} ({value})");
        }
        let of_group = self.plan.parsed.manifest.groups.contains_key(name);
        let rule = if of_group { self.words.own_label(value) } else { None };
        rule.unwrap_or_else(|| match value {
            "true" => "oui".to_string(),
            "false" => "non".to_string(),
            _ => value.to_string(),
        })
    }

    /// The table of the pack whose rows the values of a field are, and whether they are their names and not their codes.
    pub(super) fn places_of(&self, name: &str) -> Option<(EntityId, bool)> {
        let schema = &self.plan.parsed.schema;
        let field = schema.fields.get(schema.field(name)?)?;
        let has_names = |id: EntityId| schema.entities.get(id).is_some_and(|entity| entity.names.is_some());
        let own = schema.entities.get(field.entity)?;
        if matches!(own.origin, Origin::Reference { .. }) && own.names.as_deref() == Some(&field.column) {
            return Some((field.entity, true));
        }
        field.of.filter(|id| has_names(*id)).map(|id| (id, false))
    }

    /// The codes of the rows of a table of the pack that have a name, of those that are `among`.
    pub(super) fn codes_of(
        &self,
        table: EntityId,
        name: &str,
        among: Option<&BTreeSet<String>>,
    ) -> Vec<String> {
        let Some((tables, column)) = self.names(table) else { return Vec::new() };
        let Some(rows) = tables.tables.get(table) else { return Vec::new() };
        let mut by_name = self.by_name.borrow_mut();
        // A report asks for each place of the country.
        let by_name = by_name.entry(table).or_insert_with(|| {
            let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for row in 0..rows.ids.len() {
                if let Some(Value::Text(text)) = column.get(row) {
                    by_name.entry(text.to_string()).or_default().push(row);
                }
            }
            by_name
        });
        let own = by_name.get(name).into_iter().flatten().filter_map(|row| rows.ids.text(*row));
        own.filter(|id| among.is_none_or(|among| among.contains(*id))).map(str::to_string).collect()
    }

    /// The tables of the pack, and the column of a table that holds names.
    fn names(&self, table: EntityId) -> Option<(&Dataset, &Column)> {
        let schema = &self.plan.parsed.schema;
        let entity = schema.entities.get(table)?;
        let column = entity.names.as_deref().filter(|_| matches!(entity.origin, Origin::Reference { .. }))?;
        let is = |id: &&usize| schema.fields.get(**id).is_some_and(|f| f.column == column);
        let field = entity.fields.iter().find(is)?;
        let tables = self.tables.get_or_init(|| {
            read(schema, &self.plan.parsed.references, Vec::new(), &Needs::default()).dataset
        });
        Some((tables, column_of(tables, schema, *field)?))
    }

    /// The name of a row of a table of the pack.
    pub(super) fn named(&self, table: EntityId, code: &str) -> Option<String> {
        let (tables, column) = self.names(table)?;
        let row = tables.tables.get(table)?.ids.place(code)?;
        Some(column.get(row as usize)?.to_string())
    }
}

impl Called for Spoken<'_> {
    fn entity(&self, name: &str) -> String {
        let schema = &self.plan.parsed.schema;
        let label = schema.entity(name).and_then(|id| schema.entities.get(id)).map(|entity| &entity.label);
        label.filter(|label| !label.is_empty()).cloned().unwrap_or_else(|| name.to_string())
    }

    /// `Financement « PLAI »`, `Commune « Toulouse (31555) »`
    fn cell(&self, entity: &str, name: &str, values: &[String]) -> String {
        let schema = &self.plan.parsed.schema;
        let entity = schema.entity(entity).and_then(|id| schema.entities.get(id));
        let own = |id: &&usize| schema.fields.get(**id).is_some_and(|f| f.name == name || f.column == name);
        let field = entity.and_then(|e| schema.fields.get(*e.fields.iter().find(own)?));
        let relation = entity.and_then(|e| e.belongs_to.iter().find(|relation| relation.column == name));
        let table = relation.map(|relation| relation.target).or_else(|| field?.of);
        let label = field.and_then(|field| self.words.own_label(&field.name)).or_else(|| {
            table.and_then(|id| schema.entities.get(id)).map(|e| e.label.clone()).filter(|l| !l.is_empty())
        });
        let value = |value: &String| {
            if value.is_empty() {
                return "rien".to_string();
            }
            let code = || Some(format!("{} ({value})", self.named(table?, value)?));
            let listed = || match field?.kind {
                FieldKind::Enum(_) => Some(self.words.value(&Value::text(value), None)),
                FieldKind::Boolean => match value.as_str() {
                    "true" => Some("oui".to_string()),
                    "false" => Some("non".to_string()),
                    _ => None,
                },
                FieldKind::Date => Some(self.words.value(&Value::Date(parse_date(value)?), None)),
                _ => None,
            };
            code().or_else(listed).unwrap_or_else(|| value.clone())
        };
        let values: Vec<String> = values.iter().map(value).collect();
        let label = label.unwrap_or_else(|| name.to_string());
        // What a label adds in brackets or after a comma is for whoever fills in the field.
        let ends = [" (", ", ", " : "].into_iter().filter_map(|mark| label.find(mark));
        let short = ends.min().and_then(|end| label.get(..end)).unwrap_or(&label);
        format!("{short} « {} »", values.join(" ou "))
    }

    /// `Plafond de ressources PLUS (autres régions, 3)`
    fn parameter(&self, path: &str, key: &[Value]) -> String {
        let label = self.words.label(path);
        match key.is_empty() {
            true => label,
            false => {
                let keys: Vec<String> = key.iter().map(|key| self.words.value(key, None)).collect();
                format!("{label} ({})", keys.join(", "))
            }
        }
    }

    fn rule(&self, name: &str) -> String {
        self.words.label(name)
    }

    fn count(&self, n: u64) -> String {
        Cell::number(i64::try_from(n).ok(), 0).to_string()
    }

    fn value(&self, value: &Value) -> String {
        self.words.value(value, None)
    }
}
