//! Plain records, read without tables: each cell goes from the record into a register.
//!
//! A record is plain if all that it says is said in the one form that leaves nothing to interpret: numbers as numbers,
//! days as `2017-06-30`, texts of a list or table as they stand there. [`Plain`] finds the place of each key once for
//! all records and takes no memory for a cell. What is not plain, right or wrong, it refuses ([`NotPlain`]), and
//! [`Records::dataset`] reads it: that is the authority on what a record means, and this the fast way to the same
//! values.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::hash::{HashMap, hash};
use super::record::{Key, Records};
use super::table::NO_ROW;
use logis_language::pack::schema::{Entity, EntityId, Field, FieldKind, OTHERS, Origin, Schema};
use logis_language::value::{Exact, mul, power_of_ten};

/// What a register holds whose value is not known.
pub const LEFT: i64 = i64::MIN;

/// The most keys that records of one entity may have.
const MOST_KEYS: usize = 256;

/// Where the cells of records go.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    /// By entity.
    pub entities: Vec<EntityRegisters>,
    /// The numbers of texts: of those that rules or tables name.
    pub texts: Vec<(Arc<str>, i64)>,
}

/// Where the cells of one entity's rows go.
#[derive(Clone, Debug, Default)]
pub struct EntityRegisters {
    /// What the registers of a row hold before its cells are read.
    pub template: Vec<i64>,
    /// By field of the entity: its register, if its cells are kept.
    pub fields: Vec<Option<usize>>,
}

/// The rows of a plain record. Kept from one record to the next, so that no memory is taken for each.
#[derive(Clone, Debug, Default)]
pub struct PlainRows {
    /// By entity.
    pub tables: Vec<PlainTable>,
    /// Texts that have no number of their own: theirs count on from those that have.
    pub texts: Vec<Arc<str>>,
    /// The identifier of the record, if it gives one.
    pub id: Option<Arc<str>>,
}

/// The rows of one entity in a plain record.
#[derive(Clone, Debug, Default)]
pub struct PlainTable {
    /// How many there are.
    pub rows: usize,
    /// The registers of all rows, one row after the other: booleans are 0 or 1, numbers counts of their field's unit,
    /// dates days since 1 January 1970, texts numbers; [`LEFT`] if a cell is missing.
    pub registers: Vec<i64>,
    /// By row and relation: the row that it belongs to, or [`NO_ROW`]. Of a reference table it is the row of the table.
    pub links: Vec<u32>,
    /// The keys under which any row gives something.
    given: Keys,
    /// By key of the row before (its number plus one; zero at the beginning of a row): the key that came next. Records are
    /// mostly alike, so that it is mostly the next again.
    next: Vec<u16>,
}

/// A set of keys of one entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys([u64; MOST_KEYS / 64]);

impl Keys {
    /// Adds a key by its number; `false` if it was there.
    fn insert(&mut self, key: usize) -> bool {
        let bit = 1 << (key % 64);
        match self.0.get_mut(key / 64) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                true
            }
            _ => false,
        }
    }

    fn has(&self, key: usize) -> bool {
        self.0.get(key / 64).is_some_and(|word| word >> (key % 64) & 1 == 1)
    }
}

/// A record that is not plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not plain")]
pub struct NotPlain;

impl serde::ser::Error for NotPlain {
    fn custom<T: fmt::Display>(_: T) -> NotPlain {
        NotPlain
    }
}

/// Reads plain records of one entity.
#[derive(Debug)]
pub struct Plain {
    records: Arc<Records>,
    root: EntityId,
    /// By entity.
    entities: Vec<PlainEntity>,
    texts: HashMap<Arc<str>, i64>,
}

#[derive(Debug)]
struct PlainEntity {
    template: Vec<i64>,
    /// How many relations a row has.
    relations: usize,
    keys: Vec<(Box<str>, PlainKey)>,
    /// Open addressing: the number of a key plus one, or zero for none. Its length is a power of two.
    places: Vec<u16>,
}

/// What a key of a record is: see [`Key`].
#[derive(Debug, Default)]
struct PlainKey {
    fields: Vec<PlainField>,
    /// The relation, and the reference table that it leads to.
    relation: Option<(usize, EntityId)>,
    /// The relation to a row around this one, and its entity.
    around: Option<(usize, EntityId)>,
    /// The entity of members, and the relation by which they belong to this row.
    members: Option<(EntityId, usize)>,
    is_id: bool,
    /// Nothing but the old way reads it.
    odd: bool,
}

#[derive(Debug)]
struct PlainField {
    register: Option<usize>,
    kind: PlainKind,
}

#[derive(Debug)]
enum PlainKind {
    Boolean,
    /// The units of one, and the smallest and largest count of units allowed.
    Number {
        unit: i64,
        low: i64,
        high: i64,
        decimals: u32,
    },
    Date,
    /// A code of a table, or any text.
    Text {
        book: Option<EntityId>,
    },
    /// Whatever stands there, as a text.
    AsWritten,
    /// The values, and the number of each as a text.
    List(Vec<(Arc<str>, i64)>),
    Codes {
        book: Option<EntityId>,
    },
}

/// A cell as the record gives it.
#[derive(Clone, Copy)]
enum Scalar<'s> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'s str),
}

impl Plain {
    /// A reader of records of `root`; `None` if these are no records that can be plain.
    pub fn new(records: Arc<Records>, schema: &Schema, root: EntityId, to: Registers) -> Option<Plain> {
        let texts: HashMap<Arc<str>, i64> = to.texts.into_iter().collect();
        let mut entities = Vec::new();
        for ((id, entity), own) in schema.entities.iter().enumerate().zip(to.entities) {
            entities.push(PlainEntity::new(&records, schema, (id, entity), own, &texts)?);
        }
        let is_data = matches!(schema.entities.get(root)?.origin, Origin::Data { .. });
        (is_data && entities.len() == schema.entities.len()).then_some(Plain {
            records,
            root,
            entities,
            texts,
        })
    }

    /// Reads a record into `rows`, whatever they held before; its row 0 is the record's own.
    ///
    /// # Errors
    /// The record is not plain.
    pub fn read(&self, record: &impl Serialize, rows: &mut PlainRows) -> Result<(), NotPlain> {
        rows.tables.resize_with(self.entities.len(), PlainTable::default);
        for table in &mut rows.tables {
            table.rows = 0;
            table.registers.clear();
            table.links.clear();
            table.given = Keys::default();
        }
        rows.texts.clear();
        rows.id = None;
        record.serialize(Entry { plain: self, rows, at: At::Row(self.root, None) })
    }

    /// The number of the key that gives a column of an entity.
    pub fn key(&self, entity: EntityId, column: &str) -> Option<usize> {
        self.entities.get(entity)?.find(column)
    }
}

impl PlainTable {
    /// Gives any row something under this key?
    pub fn gives(&self, key: usize) -> bool {
        self.given.has(key)
    }

    /// Where its rows belong by one relation of so many.
    pub fn links(&self, relation: usize) -> impl Iterator<Item = u32> {
        let relations = self.links.len().checked_div(self.rows).unwrap_or(0).max(1);
        self.links.iter().skip(relation).step_by(relations).copied()
    }
}

impl PlainEntity {
    fn new(
        records: &Records,
        schema: &Schema,
        (id, entity): (EntityId, &Entity),
        own: EntityRegisters,
        texts: &HashMap<Arc<str>, i64>,
    ) -> Option<PlainEntity> {
        let mut keys: Vec<(Box<str>, PlainKey)> = Vec::new();
        // In the order of their names: the map has none.
        let mut named: Vec<(&Box<str>, &Key)> = records.keys.get(id)?.iter().collect();
        named.sort_by_key(|(name, _)| *name);
        for (name, key) in named {
            let mut plain =
                PlainKey { members: key.members, is_id: name.as_ref() == entity.key, ..PlainKey::default() };
            for place in &key.fields {
                let field = schema.fields.get(*entity.fields.get(*place)?)?;
                let register = own.fields.get(*place).copied().flatten();
                let relation = entity.belongs_to.iter().find(|r| r.column == field.column);
                let book = field.of.or_else(|| relation.map(|r| r.target));
                let book = book.filter(|book| records.books.contains_key(book));
                match plain_kind(field, book, texts) {
                    Some(kind) => plain.fields.push(PlainField { register, kind }),
                    None => plain.odd = true,
                }
            }
            if let Some(relation) = key.relation {
                let target = entity.belongs_to.get(relation)?.target;
                match schema.entities.get(target)?.origin {
                    Origin::Reference { .. } => plain.relation = Some((relation, target)),
                    _ => plain.odd |= key.fields.is_empty() && key.around.is_none(),
                }
                // A relation of a column that is a field too, to rows of the data: nothing that it could lead to.
                plain.odd |= plain.relation.is_none() && !key.fields.is_empty();
            }
            plain.around =
                key.around.and_then(|around| Some((around, entity.belongs_to.get(around)?.target)));
            keys.push((name.clone(), plain));
        }
        if !keys.iter().any(|(name, _)| name.as_ref() == entity.key) && !entity.key.is_empty() {
            keys.push((entity.key.as_str().into(), PlainKey { is_id: true, ..PlainKey::default() }));
        }
        if keys.len() > MOST_KEYS {
            return None;
        }
        let mut places = vec![0_u16; (keys.len() * 4).next_power_of_two()];
        let mask = places.len() - 1;
        for (number, (name, _)) in (1_u16..).zip(&keys) {
            let mut at = first_place(name, mask);
            while places.get(at).is_some_and(|place| *place != 0) {
                at = (at + 1) & mask;
            }
            *places.get_mut(at)? = number;
        }
        Some(PlainEntity { template: own.template, relations: entity.belongs_to.len(), keys, places })
    }

    /// The number of a key.
    fn find(&self, name: &str) -> Option<usize> {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = first_place(name, mask);
        loop {
            let number = usize::from(self.places.get(at)?.checked_sub(1)?);
            if self.keys.get(number).is_some_and(|(own, _)| own.as_ref() == name) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }
}

fn first_place(name: &str, mask: usize) -> usize {
    usize::try_from(hash(name) & mask as u64).unwrap_or(0)
}

/// How the cells of a field are read; `None` if no cell of it is plain.
fn plain_kind(field: &Field, book: Option<EntityId>, texts: &HashMap<Arc<str>, i64>) -> Option<PlainKind> {
    Some(match &field.kind {
        FieldKind::Boolean => PlainKind::Boolean,
        FieldKind::Number { decimals, .. } => {
            let unit = power_of_ten(*decimals)?;
            let count = |bound: &Exact| mul(bound, &Exact::from_integer(unit)).ok();
            let (low, high) = match &field.range {
                // Counts within the bounds are within those bounds rounded inwards.
                Some((low, high)) => (count(low)?.ceil().to_integer(), count(high)?.floor().to_integer()),
                None => (i128::from(LEFT + 1), i128::from(i64::MAX)),
            };
            let within = |bound: i128| bound.clamp(i128::from(LEFT + 1), i128::from(i64::MAX));
            PlainKind::Number {
                unit: i64::try_from(unit).ok()?,
                low: i64::try_from(within(low)).ok()?,
                high: i64::try_from(within(high)).ok()?,
                decimals: *decimals,
            }
        }
        FieldKind::Date => PlainKind::Date,
        FieldKind::Text if field.as_written => PlainKind::AsWritten,
        FieldKind::Text => PlainKind::Text { book },
        FieldKind::Enum(values) => {
            let number = |value: &Arc<str>| (value.clone(), texts.get(value).copied().unwrap_or(LEFT));
            PlainKind::List(values.iter().map(number).collect())
        }
        FieldKind::Codes => PlainKind::Codes { book },
    })
}

/// What a value of a record stands for.
#[derive(Clone, Copy)]
enum At<'r> {
    /// A row of this entity, and the relation by which it belongs to a row around it.
    Row(EntityId, Option<(usize, u32)>),
    /// What a key of a row gives.
    Key { of: &'r PlainEntity, entity: EntityId, row: u32, key: &'r PlainKey, number: usize },
    /// What no key gives: nothing but null is plain.
    Unknown,
}

/// One value of a record while it is read.
struct Entry<'r, 'p> {
    plain: &'p Plain,
    rows: &'r mut PlainRows,
    at: At<'p>,
}

impl<'r, 'p> Entry<'r, 'p> {
    /// A row begins here.
    fn row(self) -> Result<Row<'r, 'p>, NotPlain> {
        let Entry { plain, rows, at } = self;
        let (entity, parent) = match at {
            At::Row(entity, parent) => (entity, parent),
            At::Key { of, entity, row, key, .. } => {
                let (relation, target) = match key {
                    PlainKey { odd: false, around: Some(around), members: None, fields, .. }
                        if fields.is_empty() =>
                    {
                        *around
                    }
                    _ => return Err(NotPlain),
                };
                let number = rows.tables.get(target).map_or(0, |table| table.rows);
                let number = u32::try_from(number).map_err(|_| NotPlain)?;
                of.link(rows.tables.get_mut(entity).ok_or(NotPlain)?, row, relation, number)?;
                (target, None)
            }
            At::Unknown => return Err(NotPlain),
        };
        let own = plain.entities.get(entity).ok_or(NotPlain)?;
        let table = rows.tables.get_mut(entity).ok_or(NotPlain)?;
        let row = u32::try_from(table.rows).ok().filter(|row| *row != NO_ROW).ok_or(NotPlain)?;
        table.rows += 1;
        table.registers.extend_from_slice(&own.template);
        table.links.resize(table.rows * own.relations, NO_ROW);
        if let Some((relation, parent)) = parent {
            own.link(table, row, relation, parent)?;
        }
        Ok(Row { plain, rows, own, entity, row, seen: Keys::default(), last: 0, key: At::Unknown })
    }

    /// A cell stands here.
    fn cell(self, value: Scalar<'_>) -> Result<(), NotPlain> {
        let Entry { plain, rows, at: At::Key { of, entity, row, key, number } } = self else {
            return Err(NotPlain);
        };
        if key.odd {
            return Err(NotPlain);
        }
        if key.fields.is_empty() {
            match (key, value) {
                (PlainKey { members: Some(_), .. } | PlainKey { around: Some(_), .. }, _) => {
                    return Err(NotPlain);
                }
                (PlainKey { relation: Some(_), .. }, _) => {}
                (PlainKey { is_id: true, .. }, Scalar::Text(text)) => {
                    if entity == plain.root && row == 0 {
                        rows.id = Some(text.into());
                    }
                    return Ok(());
                }
                _ => return Err(NotPlain),
            }
        }
        if let Scalar::Text(text) = value
            && text.is_empty()
        {
            // An empty text is an empty cell.
            return if key.relation.is_none() { Ok(()) } else { Err(NotPlain) };
        }
        let PlainRows { tables, texts, .. } = rows;
        let table = tables.get_mut(entity).ok_or(NotPlain)?;
        if let Some((relation, target)) = key.relation {
            let Scalar::Text(text) = value else { return Err(NotPlain) };
            let found = plain.records.rows.get(target).and_then(|rows| rows.get(text));
            let found =
                found.filter(|_| text != OTHERS && plain.is_code(Some(target), text)).ok_or(NotPlain)?;
            of.link(table, row, relation, *found)?;
        }
        for field in &key.fields {
            let value = plain.value(&field.kind, value, field.register.is_some(), texts)?;
            if let Some(register) = field.register {
                let at = row as usize * of.template.len() + register;
                *table.registers.get_mut(at).ok_or(NotPlain)? = value;
            }
        }
        table.given.insert(number);
        Ok(())
    }

    /// Nothing stands here: the cell is missing.
    fn nothing(self) -> Result<(), NotPlain> {
        if matches!(self.at, At::Row(..)) { Err(NotPlain) } else { Ok(()) }
    }
}

impl PlainEntity {
    /// Notes where a row belongs by a relation.
    fn link(&self, table: &mut PlainTable, row: u32, relation: usize, target: u32) -> Result<(), NotPlain> {
        *table.links.get_mut(row as usize * self.relations + relation).ok_or(NotPlain)? = target;
        Ok(())
    }
}

impl Plain {
    /// What a register holds of a cell.
    fn value(
        &self,
        kind: &PlainKind,
        value: Scalar<'_>,
        is_kept: bool,
        texts: &mut Vec<Arc<str>>,
    ) -> Result<i64, NotPlain> {
        match (kind, value) {
            (PlainKind::Boolean, Scalar::Bool(value)) => Ok(i64::from(value)),
            (PlainKind::Boolean, Scalar::Text("true" | "oui")) => Ok(1),
            (PlainKind::Boolean, Scalar::Text("false" | "non")) => Ok(0),
            (PlainKind::Number { unit, low, high, .. }, Scalar::Int(count)) => {
                count.checked_mul(*unit).filter(|units| (*low..=*high).contains(units)).ok_or(NotPlain)
            }
            (PlainKind::Number { low, high, decimals, .. }, Scalar::Float(value)) => {
                units(value, *decimals).filter(|units| (*low..=*high).contains(units)).ok_or(NotPlain)
            }
            (PlainKind::Date, Scalar::Text(text)) => day(text).map(i64::from).ok_or(NotPlain),
            (PlainKind::List(values), Scalar::Text(text)) => values
                .iter()
                .find(|(value, _)| value.as_ref() == text)
                .map(|(_, number)| *number)
                .ok_or(NotPlain),
            (PlainKind::Text { book }, Scalar::Text(text)) => {
                if !as_it_stands(text) || !self.is_code(*book, text) {
                    return Err(NotPlain);
                }
                Ok(if is_kept { self.number(text, texts) } else { LEFT })
            }
            (PlainKind::AsWritten, value) => {
                let number = |text: &str, texts: &mut Vec<Arc<str>>| match is_kept {
                    true => self.number(text, texts),
                    false => LEFT,
                };
                match value {
                    Scalar::Text(text) if as_it_stands(text) => Ok(number(text, texts)),
                    Scalar::Bool(value) => Ok(number(if value { "true" } else { "false" }, texts)),
                    Scalar::Int(value) => Ok(number(&value.to_string(), texts)),
                    Scalar::Float(value) if value.is_finite() => Ok(number(&format!("{value}"), texts)),
                    _ => Err(NotPlain),
                }
            }
            // Several codes are read as one text, and so is one.
            (PlainKind::Codes { book }, Scalar::Text(text)) => {
                let one = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
                if one && self.is_code(*book, text) { Ok(LEFT) } else { Err(NotPlain) }
            }
            _ => Err(NotPlain),
        }
    }

    /// Is a text a code of that table as it stands, if it must be one?
    fn is_code(&self, book: Option<EntityId>, text: &str) -> bool {
        book.is_none_or(|book| self.records.books.get(&book).is_none_or(|book| book.has(text)))
    }

    /// The number of a text.
    fn number(&self, text: &str, others: &mut Vec<Arc<str>>) -> i64 {
        if let Some(number) = self.texts.get(text) {
            return *number;
        }
        let at = others.iter().position(|other| other.as_ref() == text).unwrap_or_else(|| {
            others.push(text.into());
            others.len() - 1
        });
        i64::try_from(self.texts.len() + at).unwrap_or(LEFT)
    }
}

/// Is a text read as it stands: no blank around it, no line end and no lost character in it?
fn as_it_stands(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c == '\u{feff}';
    let inside = if text.is_ascii() {
        !text.bytes().any(|byte| matches!(byte, b'\n' | b'\r'))
    } else {
        !text.contains(['\n', '\r', '\u{fffd}'])
    };
    inside && !text.starts_with(odd) && !text.ends_with(odd)
}

/// The count of units that a binary number was meant as: its shortest decimal text has so many decimals at most.
fn units(value: f64, decimals: u32) -> Option<i64> {
    /// Decimals of up to fifteen digits are told apart by binary numbers, so that the one found is the shortest.
    const MOST: f64 = 1e15;
    const UNITS: [f64; 13] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];
    let unit = *UNITS.get(decimals as usize)?;
    let count = (value * unit).round();
    if count.abs() >= MOST || count / unit != value {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 10^15")]
    Some(count as i64)
}

/// The day of `2017-06-30`, since 1 January 1970.
fn day(text: &str) -> Option<i32> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else { return None };
    let two = |x: u8, y: u8| {
        let (x, y) = (x.wrapping_sub(b'0'), y.wrapping_sub(b'0'));
        (x < 10 && y < 10).then(|| i32::from(x) * 10 + i32::from(y))
    };
    let (year, month, day) = (two(a, b)? * 100 + two(c, d)?, two(e, f)?, two(g, h)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i32::from(is_leap),
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    // Years from March on, so that the leap day is the last of its year; days since 1 March of the year 0.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + (153 * month + 2) / 5 + day - 1 - 719_468)
}

/// A row of a record while it is read.
struct Row<'r, 'p> {
    plain: &'p Plain,
    rows: &'r mut PlainRows,
    own: &'p PlainEntity,
    entity: EntityId,
    row: u32,
    seen: Keys,
    /// The number of the last key plus one.
    last: usize,
    /// Of a map whose keys come by themselves: the last.
    key: At<'p>,
}

impl<'p> Row<'_, 'p> {
    fn find(&mut self, name: &str) -> Result<At<'p>, NotPlain> {
        let own = self.own;
        let table = self.rows.tables.get_mut(self.entity).ok_or(NotPlain)?;
        let expected = table.next.get(self.last).and_then(|next| own.keys.get(usize::from(*next)));
        let (number, key) = match expected {
            Some((expected, key)) if expected.as_ref() == name => {
                (table.next.get(self.last).copied().map_or(0, usize::from), key)
            }
            _ => {
                let Some(number) = own.find(name) else { return Ok(At::Unknown) };
                if table.next.len() <= own.keys.len() {
                    table.next.resize(own.keys.len() + 1, 0);
                }
                if let (Some(slot), Ok(next)) = (table.next.get_mut(self.last), u16::try_from(number)) {
                    *slot = next;
                }
                (number, &own.keys.get(number).ok_or(NotPlain)?.1)
            }
        };
        self.last = number + 1;
        // Of a key that stands twice, the last counts.
        if !self.seen.insert(number) {
            return Err(NotPlain);
        }
        Ok(At::Key { of: own, entity: self.entity, row: self.row, key, number })
    }

    fn entry<T: Serialize + ?Sized>(&mut self, at: At<'p>, value: &T) -> Result<(), NotPlain> {
        value.serialize(Entry { plain: self.plain, rows: &mut *self.rows, at })
    }
}

impl SerializeMap for Row<'_, '_> {
    type Ok = ();
    type Error = NotPlain;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotPlain> {
        self.key = key.serialize(Name(self))?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotPlain> {
        self.entry(self.key, value)
    }

    fn end(self) -> Result<(), NotPlain> {
        Ok(())
    }
}

impl SerializeStruct for Row<'_, '_> {
    type Ok = ();
    type Error = NotPlain;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NotPlain> {
        let at = self.find(key)?;
        self.entry(at, value)
    }

    fn end(self) -> Result<(), NotPlain> {
        Ok(())
    }
}

/// Rows in an array.
struct Items<'r, 'p> {
    plain: &'p Plain,
    rows: &'r mut PlainRows,
    /// The entity of the rows, and the relation by which they belong to the row around them.
    entity: EntityId,
    parent: (usize, u32),
}

impl SerializeSeq for Items<'_, '_> {
    type Ok = ();
    type Error = NotPlain;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotPlain> {
        let at = At::Row(self.entity, Some(self.parent));
        value.serialize(Entry { plain: self.plain, rows: &mut *self.rows, at })
    }

    fn end(self) -> Result<(), NotPlain> {
        Ok(())
    }
}

/// Forms of `serde` that no plain value has.
macro_rules! refused {
    ($($name:ident($($what:ty),*) -> $ok:ty;)*) => {
        $(fn $name(self, $(_: $what),*) -> Result<$ok, NotPlain> {
            Err(NotPlain)
        })*
    };
}

impl<'r, 'p> Serializer for Entry<'r, 'p> {
    type Ok = ();
    type Error = NotPlain;
    type SerializeSeq = Items<'r, 'p>;
    type SerializeTuple = Impossible<(), NotPlain>;
    type SerializeTupleStruct = Impossible<(), NotPlain>;
    type SerializeTupleVariant = Impossible<(), NotPlain>;
    type SerializeMap = Row<'r, 'p>;
    type SerializeStruct = Row<'r, 'p>;
    type SerializeStructVariant = Impossible<(), NotPlain>;

    fn serialize_bool(self, value: bool) -> Result<(), NotPlain> {
        self.cell(Scalar::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(value.into()))
    }

    fn serialize_i16(self, value: i16) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(value.into()))
    }

    fn serialize_i32(self, value: i32) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(value.into()))
    }

    fn serialize_i64(self, value: i64) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(value))
    }

    fn serialize_u8(self, value: u8) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Result<(), NotPlain> {
        self.cell(Scalar::Int(i64::try_from(value).map_err(|_| NotPlain)?))
    }

    fn serialize_f64(self, value: f64) -> Result<(), NotPlain> {
        self.cell(Scalar::Float(value))
    }

    fn serialize_str(self, value: &str) -> Result<(), NotPlain> {
        self.cell(Scalar::Text(value))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), NotPlain> {
        self.cell(Scalar::Text(variant))
    }

    fn serialize_none(self) -> Result<(), NotPlain> {
        self.nothing()
    }

    fn serialize_unit(self) -> Result<(), NotPlain> {
        self.nothing()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotPlain> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotPlain> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NotPlain> {
        Err(NotPlain)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'r, 'p>, NotPlain> {
        let Entry { plain, rows, at: At::Key { row, key, .. } } = self else { return Err(NotPlain) };
        match key {
            PlainKey { odd: false, members: Some((child, relation)), fields, .. } if fields.is_empty() => {
                Ok(Items { plain, rows, entity: *child, parent: (*relation, row) })
            }
            _ => Err(NotPlain),
        }
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Row<'r, 'p>, NotPlain> {
        self.row()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Row<'r, 'p>, NotPlain> {
        self.row()
    }

    refused! {
        serialize_f32(f32) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}

/// The key of a map.
struct Name<'k, 'r, 'p>(&'k mut Row<'r, 'p>);

impl<'p> Serializer for Name<'_, '_, 'p> {
    type Ok = At<'p>;
    type Error = NotPlain;
    type SerializeSeq = Impossible<At<'p>, NotPlain>;
    type SerializeTuple = Impossible<At<'p>, NotPlain>;
    type SerializeTupleStruct = Impossible<At<'p>, NotPlain>;
    type SerializeTupleVariant = Impossible<At<'p>, NotPlain>;
    type SerializeMap = Impossible<At<'p>, NotPlain>;
    type SerializeStruct = Impossible<At<'p>, NotPlain>;
    type SerializeStructVariant = Impossible<At<'p>, NotPlain>;

    fn serialize_str(self, name: &str) -> Result<At<'p>, NotPlain> {
        self.0.find(name)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<At<'p>, NotPlain> {
        Err(NotPlain)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<At<'p>, NotPlain> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<At<'p>, NotPlain> {
        Err(NotPlain)
    }

    refused! {
        serialize_bool(bool) -> At<'p>;
        serialize_i8(i8) -> At<'p>;
        serialize_i16(i16) -> At<'p>;
        serialize_i32(i32) -> At<'p>;
        serialize_i64(i64) -> At<'p>;
        serialize_u8(u8) -> At<'p>;
        serialize_u16(u16) -> At<'p>;
        serialize_u32(u32) -> At<'p>;
        serialize_u64(u64) -> At<'p>;
        serialize_f32(f32) -> At<'p>;
        serialize_f64(f64) -> At<'p>;
        serialize_char(char) -> At<'p>;
        serialize_bytes(&[u8]) -> At<'p>;
        serialize_none() -> At<'p>;
        serialize_unit() -> At<'p>;
        serialize_unit_struct(&'static str) -> At<'p>;
        serialize_unit_variant(&'static str, u32, &'static str) -> At<'p>;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}

#[cfg(test)]
mod tests {
    use super::{day, units};
    use logis_language::value::{Exact, day_number, parse_date, parse_number};
    use proptest::prelude::*;

    proptest! {
        /// A text is the day that the calendar says, or none.
        #[test]
        fn days_are_those_of_the_calendar(year in 0_i32..10_000, month in 0_u32..14, day_of in 0_u32..33) {
            let text = format!("{year:04}-{month:02}-{day_of:02}");
            let expected = parse_date(&text).map(|date| i32::try_from(day_number(date)).unwrap());
            prop_assert_eq!(day(&text), expected, "{}", text);
        }

        /// What is found of a binary number is what its shortest text says.
        #[test]
        fn binary_numbers_are_what_their_texts_say(
            value in prop_oneof![
                any::<f64>(),
                (-1e13..1e13).prop_map(|n: f64| (n * 100.0).round() / 100.0),
                (-1000.0..1000.0).prop_map(|n: f64| (n * 1e6).round() / 1e6),
            ],
            decimals in 0_u32..13,
        ) {
            if let Some(found) = units(value, decimals) {
                let exact = Exact::new(found.into(), 10_i128.pow(decimals));
                prop_assert_eq!(parse_number(&format!("{value}")), Some(exact));
            }
        }

        /// Amounts in cents are found.
        #[test]
        fn amounts_are_found(cents in -1_000_000_000_000_i64..1_000_000_000_000) {
            #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
            let value = cents as f64 / 100.0;
            prop_assert_eq!(units(value, 2), Some(cents));
        }
    }
}
