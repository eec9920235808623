//! Typed columns of a table under construction, and the columns that are drawn independently of all else.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::deck::Draw;
use crate::model::Drawn;
use logis_language::value::{Date, add_months, days_between, parse_date};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Whole,
    /// Euros with two decimals, given in cents.
    Cents,
    /// Days since 1970.
    Day,
}

/// Digits of a column of euros and cents.
const CENTS: (u8, i8) = (18, 2);

enum Builder {
    Text(StringBuilder),
    Bool(BooleanBuilder),
    Whole(Int64Builder),
    Cents(Decimal128Builder),
    Day(Date32Builder),
}

/// A table under construction: cells are added row by row, in the order of the columns.
pub(crate) struct Rows {
    names: Vec<String>,
    builders: Vec<Builder>,
    /// The column of the next cell.
    next: usize,
}

/// The columns of a table, by the names that the model gives them and their kinds, in one order.
pub(crate) fn named(names: Vec<&str>, kinds: &[Kind]) -> Vec<(String, Kind)> {
    names.into_iter().map(str::to_string).zip(kinds.iter().copied()).collect()
}

impl Rows {
    pub fn new(columns: &[(String, Kind)], rows: usize) -> Rows {
        let builder = |(_, kind): &(String, Kind)| match kind {
            Kind::Text => Builder::Text(StringBuilder::with_capacity(rows, rows * 8)),
            Kind::Bool => Builder::Bool(BooleanBuilder::with_capacity(rows)),
            Kind::Whole => Builder::Whole(Int64Builder::with_capacity(rows)),
            Kind::Cents => Builder::Cents(
                Decimal128Builder::with_capacity(rows).with_data_type(DataType::Decimal128(CENTS.0, CENTS.1)),
            ),
            Kind::Day => Builder::Day(Date32Builder::with_capacity(rows)),
        };
        Rows {
            names: columns.iter().map(|(name, _)| name.clone()).collect(),
            builders: columns.iter().map(builder).collect(),
            next: 0,
        }
    }

    /// The column of the next cell.
    fn next(&mut self) -> Option<&mut Builder> {
        let at = self.next;
        // Cells come row by row, so after the last column the first one is next.
        self.next = if at + 1 < self.builders.len() { at + 1 } else { 0 };
        self.builders.get_mut(at)
    }

    pub fn text(&mut self, text: Option<&str>) {
        if let Some(Builder::Text(builder)) = self.next() {
            builder.append_option(text);
        }
    }

    pub fn bool(&mut self, value: bool) {
        if let Some(Builder::Bool(builder)) = self.next() {
            builder.append_value(value);
        }
    }

    /// A whole number, or cents.
    pub fn number(&mut self, value: Option<i64>) {
        match self.next() {
            Some(Builder::Whole(builder)) => builder.append_option(value),
            Some(Builder::Cents(builder)) => builder.append_option(value.map(i128::from)),
            _ => {}
        }
    }

    pub fn day(&mut self, value: Option<i32>) {
        if let Some(Builder::Day(builder)) = self.next() {
            builder.append_option(value);
        }
    }

    /// Nothing.
    pub fn none(&mut self) {
        match self.next() {
            Some(Builder::Text(builder)) => builder.append_null(),
            Some(Builder::Bool(builder)) => builder.append_null(),
            Some(Builder::Whole(builder)) => builder.append_null(),
            Some(Builder::Cents(builder)) => builder.append_null(),
            Some(Builder::Day(builder)) => builder.append_null(),
            None => {}
        }
    }

    /// The table.
    pub fn finish(self) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let arrays: Vec<ArrayRef> = self
            .builders
            .into_iter()
            .map(|builder| -> ArrayRef {
                match builder {
                    Builder::Text(mut b) => Arc::new(b.finish()),
                    Builder::Bool(mut b) => Arc::new(b.finish()),
                    Builder::Whole(mut b) => Arc::new(b.finish()),
                    Builder::Cents(mut b) => Arc::new(b.finish()),
                    Builder::Day(mut b) => Arc::new(b.finish()),
                }
            })
            .collect();
        let fields: Vec<Field> = self
            .names
            .iter()
            .zip(&arrays)
            .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
            .collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
    }
}

/// The day that days are counted from.
pub(crate) const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970.
pub(crate) fn day(date: Date) -> i32 {
    i32::try_from(days_between(EPOCH, date)).unwrap_or(0)
}

/// Columns that are drawn independently of all else.
#[derive(Clone, Debug)]
pub(crate) struct Fields(Vec<(String, How)>);

#[derive(Clone, Debug)]
enum How {
    AlwaysBool(bool),
    AlwaysText(String),
    /// `true` with this probability, in percent.
    Yes(i64),
    /// A day between these two, in days since 1970.
    Days(i32, i32),
    /// A whole number between these two.
    Between(i64, i64),
    Among(Choice),
}

/// One of several, by weight.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub classes: Vec<String>,
    pub weights: Vec<u64>,
}

impl Choice {
    pub fn pick(&self, draw: &mut Draw) -> Option<&str> {
        self.classes.get(draw.pick(&self.weights)).map(String::as_str)
    }
}

impl Fields {
    /// In the order of the file's parts, by name in each.
    pub fn new(drawn: &Drawn, as_of: Date) -> Fields {
        let mut all: Vec<(String, How)> = Vec::new();
        for (name, value) in &drawn.toujours {
            let how = match value.parse::<bool>() {
                Ok(value) => How::AlwaysBool(value),
                Err(_) => How::AlwaysText(value.clone()),
            };
            all.push((name.clone(), how));
        }
        all.extend(drawn.oui_pour_cent.iter().map(|(name, percent)| (name.clone(), How::Yes(*percent))));
        for (name, months) in &drawn.mois {
            let first = add_months(as_of, -months).unwrap_or(as_of);
            all.push((name.clone(), How::Days(day(first), day(as_of))));
        }
        for (name, (first, last)) in &drawn.jours {
            let at = |of: &toml::value::Datetime| parse_date(&of.to_string()).map_or(day(as_of), day);
            all.push((name.clone(), How::Days(at(first), at(last))));
        }
        all.extend(drawn.entre.iter().map(|(name, (low, high))| (name.clone(), How::Between(*low, *high))));
        for (name, weights) in &drawn.parmi {
            let choice = Choice {
                classes: weights.keys().cloned().collect(),
                weights: weights.values().copied().collect(),
            };
            all.push((name.clone(), How::Among(choice)));
        }
        Fields(all)
    }

    /// Takes one column out; its classes, if it is drawn from several.
    pub fn without(mut self, name: &str) -> (Fields, Option<Choice>) {
        let at = self.0.iter().position(|(own, _)| own == name);
        match at.map(|at| self.0.remove(at).1) {
            Some(How::Among(choice)) => (self, Some(choice)),
            _ => (self, None),
        }
    }

    pub fn columns(&self) -> impl Iterator<Item = (String, Kind)> {
        self.0.iter().map(|(name, how)| {
            let kind = match how {
                How::AlwaysBool(_) | How::Yes(_) => Kind::Bool,
                How::AlwaysText(_) | How::Among(_) => Kind::Text,
                How::Days(..) => Kind::Day,
                How::Between(..) => Kind::Whole,
            };
            (name.clone(), kind)
        })
    }

    /// Is a column of that name among them?
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// Adds the cell of one column.
    pub fn add_one(&self, name: &str, rows: &mut Rows, draw: &mut Draw) {
        if let Some((_, how)) = self.0.iter().find(|(own, _)| own == name) {
            how.add(false, rows, draw);
        }
    }

    /// Adds the cells of one row. In a passive row (a child's) what is drawn is `false` or missing.
    pub fn add(&self, passive: bool, rows: &mut Rows, draw: &mut Draw) {
        self.0.iter().for_each(|(_, how)| how.add(passive, rows, draw));
    }
}

impl How {
    fn add(&self, passive: bool, rows: &mut Rows, draw: &mut Draw) {
        match self {
            How::AlwaysBool(value) => rows.bool(*value),
            How::AlwaysText(value) => rows.text(Some(value)),
            // Who has no work has none of what goes with it; no draw is taken for it.
            How::Yes(_) if passive => rows.bool(false),
            How::Yes(percent) => rows.bool(draw.percent(*percent)),
            How::Days(..) if passive => rows.day(None),
            How::Days(first, last) => {
                let day = draw.between((*first).into(), (*last).into());
                rows.day(i32::try_from(day).ok());
            }
            How::Between(..) if passive => rows.number(None),
            How::Between(low, high) => rows.number(Some(draw.between(*low, *high))),
            How::Among(_) if passive => rows.text(None),
            How::Among(choice) => rows.text(choice.pick(draw)),
        }
    }
}
