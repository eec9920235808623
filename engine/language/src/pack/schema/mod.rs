//! The schema: which entities there are, what their fields are, and how they belong to each other.

mod entities;
mod fields;
mod listed;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) use entities::read;
pub use listed::folded_value;

use crate::diagnostic::Span;
use crate::value::{Exact, Type, Value};

/// Number of an entity in [`Schema::entities`].
pub type EntityId = usize;

/// Number of a field in [`Schema::fields`].
pub type FieldId = usize;

/// Name of the field that every entity has: the date as of which all is decided.
pub const DECISION_DATE: &str = "date_decision";

/// Identifier of the row of a reference table that stands for every identifier that the table lacks.
pub const OTHERS: &str = "*";

/// The entities of a pack and their fields.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// In the order of the file.
    pub entities: Vec<Entity>,
    /// Of all entities; names are unique over the whole pack.
    pub fields: Vec<Field>,
}

/// Where the rows of an entity come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file or sheet of that name in the data package.
    Data {
        /// Name without extension.
        table: String,
    },
    /// A CSV file of the pack: the same for every data package.
    Reference {
        /// Name of the file, in any folder of the pack.
        file: String,
    },
    /// All pairs of a row of the first and a row of the second entity.
    Pair(EntityId, EntityId),
}

/// One entity.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name in rule files: `demande`.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Where its rows come from.
    pub origin: Origin,
    /// The identifier's column (empty for pairs).
    pub key: String,
    /// Of a pair: the file or sheet of a data package that gives pairs of its own.
    pub pair_table: Option<String>,
    /// Its fields.
    pub fields: Vec<FieldId>,
    /// The entities that it belongs to.
    pub belongs_to: Vec<BelongsTo>,
    /// The column of a reference table that holds a name for each code, if it has one.
    pub names: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// A relation: each row belongs to one row of `target`, or to none.
#[derive(Clone, Debug)]
pub struct BelongsTo {
    /// The entity belonged to.
    pub target: EntityId,
    /// The column that holds the target's identifier.
    pub column: String,
    /// Must every row belong to one?
    pub required: bool,
    /// How many members each row of the target must have at least.
    pub min: u64,
}

/// What the cells of a field hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// `true` or `false`.
    Boolean,
    /// A number with this many decimals (0: an integer; 2: an amount in euros and cents).
    Number {
        /// Decimals.
        decimals: u32,
        /// Is it money?
        amount: bool,
    },
    /// A civil date.
    Date,
    /// A code or a free text.
    Text,
    /// One value of a closed list.
    Enum(Arc<[Arc<str>]>),
    /// Several codes in one cell, separated by spaces.
    Codes,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in rules, unique over the pack.
    pub name: String,
    /// Its entity.
    pub entity: EntityId,
    /// Its column in the data.
    pub column: String,
    /// What its cells hold.
    pub kind: FieldKind,
    /// Smallest and largest value allowed, if declared.
    pub range: Option<(Exact, Exact)>,
    /// Is an empty cell an error?
    pub required: bool,
    /// Is an empty cell a known nothing (rather than an unknown)?
    pub empty_is_none: bool,
    /// Of a closed list: the listed value that an empty cell is. It is then known (`empty_is_none`).
    pub empty_value: Option<Arc<str>>,
    /// What else people write for a value of the closed list: the text, and the number of the value.
    pub synonyms: Vec<(Arc<str>, u32)>,
    /// The reference entity whose codes the cells hold.
    pub of: Option<EntityId>,
    /// Where an empty cell is a value outside the closed list: why. No rule can decide on it.
    pub unlisted: Option<String>,
    /// Of a closed list: why an empty cell is one of the listed values and nothing else.
    pub exhaustive: Option<String>,
    /// Does it name the territory that the row is of? Its values are then those of the pack.
    pub territory: bool,
    /// Does another field say what the column holds, so that this one takes each cell as the text it is?
    /// See [`Schema::field_of_column`].
    pub as_written: bool,
    /// What people call it.
    pub label: String,
    /// Its unit: `EUR/an`, `m²`…
    pub unit: Option<String>,
    /// Where the official request form asks it.
    pub form: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

impl Field {
    /// The type of its values in rules.
    pub fn value_type(&self) -> Type {
        match &self.kind {
            FieldKind::Boolean => Type::Bool,
            FieldKind::Number { .. } => Type::Number,
            FieldKind::Date => Type::Date,
            FieldKind::Text => Type::Text(None),
            FieldKind::Enum(values) => Type::Text(Some(values.clone())),
            FieldKind::Codes => Type::List(Box::new(Type::Text(None))),
        }
    }

    /// The value of an empty cell, where it is known: the empty list, the empty text, or the listed value
    /// that the schema says.
    pub fn empty(&self) -> Option<Value> {
        self.empty_is_none.then(|| match (&self.kind, &self.empty_value) {
            (FieldKind::Codes, _) => Value::List(Arc::from([])),
            (_, Some(value)) => Value::Text(value.clone()),
            (_, None) => Value::text(""),
        })
    }

    /// Of a closed list: the place of the value that an empty cell is.
    pub fn empty_code(&self) -> Option<u32> {
        let (FieldKind::Enum(values), Some(empty)) = (&self.kind, &self.empty_value) else { return None };
        values.iter().position(|v| v == empty).and_then(|at| u32::try_from(at).ok())
    }
}

impl Schema {
    /// The names of the tables that data packages hold.
    pub fn data_tables(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().filter_map(|entity| match &entity.origin {
            Origin::Data { table } => Some(table.as_str()),
            Origin::Pair(..) => entity.pair_table.as_deref(),
            Origin::Reference { .. } => None,
        })
    }

    /// A copy of the schema, in which the pairs of an entity are not all that can be made but the rows of its table:
    /// each belongs to one row of either side, and their two identifiers are its own. `None` if the entity is no
    /// pair, or gives no table.
    pub fn with_given_pairs(&self, pair: EntityId) -> Option<Schema> {
        let mut schema = self.clone();
        let Origin::Pair(first, second) = self.entities.get(pair)?.origin else { return None };
        let key = |side: EntityId| self.entities.get(side).map(|e| e.key.clone());
        let (first_key, second_key) = (key(first)?, key(second)?);
        let entity = schema.entities.get_mut(pair)?;
        entity.origin = Origin::Data { table: entity.pair_table.clone()? };
        entity.key = format!("{first_key}:{second_key}");
        let sides = [(first, first_key), (second, second_key)];
        let sides = sides.map(|(target, column)| BelongsTo { target, column, required: true, min: 0 });
        entity.belongs_to.splice(0..0, sides);
        Some(schema)
    }

    /// The entity of that name.
    pub fn entity(&self, name: &str) -> Option<EntityId> {
        self.entities.iter().position(|e| e.name == name)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// The field that says what a column of an entity holds.
    ///
    /// Several fields may read one column: beside a date or a number one that reads its text, by which a rule tells
    /// an empty cell. What the column holds is what the others say.
    ///
    /// # Examples
    /// ```
    /// use logis_language::Pack;
    ///
    /// let pack = Pack::load("../../rules").unwrap();
    /// let schema = &pack.parsed().schema;
    /// let person = &schema.entities[schema.entity("personne").unwrap()];
    /// // `bail_donne` reads it as text.
    /// assert_eq!(schema.field_of_column(person, "date_bail").unwrap().name, "date_effet_bail");
    /// ```
    pub fn field_of_column(&self, entity: &Entity, column: &str) -> Option<&Field> {
        let mut all = entity.fields.iter().filter_map(|&f| self.fields.get(f)).filter(|f| f.column == column);
        let first = all.clone().next();
        all.find(|f| f.kind != FieldKind::Text).or(first)
    }

    /// An entity with those whose rows belong to its rows, and to those in turn.
    pub fn below(&self, main: EntityId) -> BTreeSet<EntityId> {
        let mut below = BTreeSet::from([main]);
        let next = |below: &BTreeSet<EntityId>| {
            let of = |(_, entity): &(EntityId, &Entity)| {
                entity.belongs_to.iter().any(|r| below.contains(&r.target))
            };
            self.entities.iter().enumerate().filter(|(id, _)| !below.contains(id)).find(of).map(|(id, _)| id)
        };
        while let Some(id) = next(&below) {
            below.insert(id);
        }
        below
    }

    /// The entities that rows of `child` belong to directly: relations, and the two sides of a pair.
    pub fn parents(&self, child: EntityId) -> Vec<EntityId> {
        let Some(entity) = self.entities.get(child) else { return Vec::new() };
        let mut parents: Vec<EntityId> = entity.belongs_to.iter().map(|r| r.target).collect();
        if let Origin::Pair(a, b) = entity.origin {
            parents.extend([a, b]);
        }
        parents
    }
}
