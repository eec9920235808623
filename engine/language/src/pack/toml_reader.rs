//! Reads TOML tables key by key, keeping the place of everything and reporting all problems.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::slips;
use crate::diagnostic::texts::files::{self, form};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Span};
use crate::value::{Date, Exact, Value, parse_date, parse_number};

/// A table being read: keys taken so far, the rest is reported by [`Reader::finish`].
pub struct Reader<'t, 'i> {
    /// The file.
    pub file: FileId,
    /// Where the table stands, in bytes of the file.
    pub span: Range<usize>,
    /// What the table is, for messages: "champ `demande.rfr_n2`".
    pub what: String,
    table: &'t DeTable<'i>,
    known: Vec<&'static str>,
}

impl<'t, 'i> Reader<'t, 'i> {
    /// Begins to read a table.
    pub fn new(file: FileId, span: Range<usize>, what: impl Into<String>, table: &'t DeTable<'i>) -> Self {
        Reader { file, span, what: what.into(), table, known: Vec::new() }
    }

    /// The place of the table.
    pub fn span(&self) -> Span {
        Span::new(self.file, self.span.clone())
    }

    /// The place of a value.
    pub fn at(&self, item: &Spanned<DeValue<'i>>) -> Span {
        Span::new(self.file, item.span())
    }

    /// The value of a key, which is known from now on.
    pub fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.table.get(key)
    }

    fn wrong(&self, item: &Spanned<DeValue<'i>>, key: &str, expected: &str) -> Diagnostic {
        let found = files::toml_kind(item.get_ref().type_str());
        files::wrong_form(&self.what, key, expected, found, self.at(item))
    }

    /// A text and its place; another type is told.
    pub fn str(&mut self, key: &'static str, out: &mut Diagnostics) -> Option<(&'t str, Span)> {
        let item = self.get(key)?;
        match item.get_ref().as_str() {
            Some(text) => Some((text, self.at(item))),
            None => {
                out.push(self.wrong(item, key, form::TEXT));
                None
            }
        }
    }

    /// Tells that the value of a key that is not known beforehand is no text.
    pub(crate) fn not_a_text(&self, key: &str, item: &Spanned<DeValue<'i>>, out: &mut Diagnostics) {
        out.push(self.wrong(item, key, form::TEXT));
    }

    /// A text; another type is told.
    pub fn string(&mut self, key: &'static str, out: &mut Diagnostics) -> Option<String> {
        self.str(key, out).map(|(text, _)| text.to_string())
    }

    /// A text that must be there.
    pub fn required_str(&mut self, key: &'static str, out: &mut Diagnostics) -> Option<(&'t str, Span)> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            out.push(files::missing_key(&self.what, key, self.span()));
            return None;
        }
        self.str(key, out)
    }

    /// True or false; false where the key is not there. Another type is told.
    pub fn bool(&mut self, key: &'static str, out: &mut Diagnostics) -> bool {
        let Some(item) = self.get(key) else { return false };
        item.get_ref().as_bool().unwrap_or_else(|| {
            out.push(self.wrong(item, key, form::BOOLEAN));
            false
        })
    }

    /// A whole number of 64 bits; anything else is told.
    pub fn int(&mut self, key: &'static str, out: &mut Diagnostics) -> Option<i64> {
        let item = self.get(key)?;
        let value = item.get_ref().as_integer().and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
        if value.is_none() {
            out.push(self.wrong(item, key, form::INTEGER));
        }
        value
    }

    /// A date; anything else is told.
    pub fn date(&mut self, key: &'static str, out: &mut Diagnostics) -> Option<Date> {
        let item = self.get(key)?;
        let date = match scalar(item.get_ref()) {
            Some(Value::Date(date)) => Some(date),
            _ => None,
        };
        if date.is_none() {
            out.push(self.wrong(item, key, form::DATE));
        }
        date
    }

    /// A list of texts, each with its place.
    pub fn strings(&mut self, key: &'static str, out: &mut Diagnostics) -> Option<Vec<(String, Span)>> {
        let item = self.get(key)?;
        self.strings_of(key, item, out)
    }

    /// The texts of a list, each with its place, of an item whose key is not known beforehand.
    pub(crate) fn strings_of(
        &self,
        key: &str,
        item: &Spanned<DeValue<'i>>,
        out: &mut Diagnostics,
    ) -> Option<Vec<(String, Span)>> {
        let list: Option<Vec<_>> = item.get_ref().as_array().and_then(|array| {
            array.iter().map(|i| Some((i.get_ref().as_str()?.to_string(), self.at(i)))).collect()
        });
        if list.is_none() {
            out.push(self.wrong(item, key, form::TEXTS));
        }
        list
    }

    /// The entries of a sub-table, in the order of the file.
    pub fn table(&mut self, key: &'static str, out: &mut Diagnostics) -> Option<&'t DeTable<'i>> {
        let item = self.get(key)?;
        let table = item.get_ref().as_table();
        if table.is_none() {
            out.push(self.wrong(item, key, form::TABLE));
        }
        table
    }

    /// The tables of an array of tables, each with its place, in the order of the file.
    pub fn tables(
        &mut self,
        key: &'static str,
        out: &mut Diagnostics,
    ) -> Vec<(Range<usize>, &'t DeTable<'i>)> {
        let Some(item) = self.get(key) else { return Vec::new() };
        let tables: Option<Vec<_>> = item
            .get_ref()
            .as_array()
            .and_then(|items| items.iter().map(|i| Some((i.span(), i.get_ref().as_table()?))).collect());
        tables.unwrap_or_else(|| {
            out.push(self.wrong(item, key, form::TABLES));
            Vec::new()
        })
    }

    /// The keys that were asked for.
    pub fn known(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.known.iter().copied()
    }

    /// The keys that nobody asked for.
    pub fn rest(
        &self,
    ) -> impl Iterator<Item = (&'t str, Range<usize>, &'t Spanned<DeValue<'i>>)> + use<'t, 'i> {
        let known = self.known.clone();
        let table: &'t DeTable<'i> = self.table;
        table.iter().filter_map(move |(key, value)| {
            let name: &'t str = key.get_ref();
            (!known.contains(&name)).then(|| (name, key.span(), value))
        })
    }

    /// Reports the keys that nobody asked for, with the nearest one that exists.
    pub fn finish(self, out: &mut Diagnostics) {
        for (key, span, _) in self.rest() {
            let known = self.known.iter().copied();
            out.push(files::unknown_key(&self.what, key, known, Span::new(self.file, span)));
        }
    }
}

/// Parses a TOML file; syntax errors are reported and `None` given.
pub fn parse<'i>(file: FileId, text: &'i str, out: &mut Diagnostics) -> Option<Spanned<DeTable<'i>>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Some(table);
    }
    out.items.extend(slips::toml::explain(file, text, &errors));
    None
}

/// A scalar of TOML as a value: numbers exact from their own text, `"2/3"` stays a text here.
pub fn scalar(item: &DeValue<'_>) -> Option<Value> {
    match item {
        DeValue::String(text) => Some(Value::text(text)),
        DeValue::Integer(i) if i.radix() == 10 => {
            i.as_str().parse().ok().map(|n| Value::Number(Exact::from_integer(n)))
        }
        DeValue::Float(f) => parse_number(f.as_str()).map(Value::Number),
        DeValue::Boolean(b) => Some(Value::Bool(*b)),
        DeValue::Datetime(d) if d.time.is_none() && d.offset.is_none() => {
            parse_date(&d.to_string()).map(Value::Date)
        }
        _ => None,
    }
}
