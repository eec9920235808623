//! Are the numbers of a population file such as a population can have?
//!
//! Every number of the file is looked at, whatever its key is called: what is drawn multiplies and adds them without
//! another look. The bounds follow from the words of the key.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::spec::GenerateError;

/// What a file may say of most things: weights, euros, cents.
const MOST: f64 = 1e9;

/// Finds the first number that no population has, with its line.
pub(super) fn check(text: &str) -> Result<(), GenerateError> {
    // What is no TOML is told by who reads it.
    let (table, _) = DeTable::parse_recoverable(text);
    let mut walk = Walk { text, path: Vec::new() };
    walk.table(table.get_ref())
}

struct Walk<'t> {
    text: &'t str,
    /// The keys down to the value.
    path: Vec<String>,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>) -> Result<(), GenerateError> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, item) in entries {
            self.path.push(key.get_ref().to_string());
            self.value(item)?;
            self.path.pop();
        }
        Ok(())
    }

    fn value(&mut self, item: &Spanned<DeValue<'_>>) -> Result<(), GenerateError> {
        match item.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => {
                items.iter().try_for_each(|item| self.value(item))?;
                self.ordered(item, items)
            }
            DeValue::Integer(_) | DeValue::Float(_) => self.number(item),
            _ => Ok(()),
        }
    }

    fn number(&self, item: &Spanned<DeValue<'_>>) -> Result<(), GenerateError> {
        let (low, high) = self.bounds();
        match as_number(item) {
            Some(n) if (low..=high).contains(&n) => Ok(()),
            _ => Err(self.wrong(item, format!("de {low} à {high}"))),
        }
    }

    /// By the keys: how small and how large.
    fn bounds(&self) -> (f64, f64) {
        let key = self.path.last().map_or("", String::as_str);
        let says = |word: &str| self.path.iter().any(|key| key.contains(word));
        if key == "au_plus_pour_cent_pls" {
            (100.0, 1000.0)
        } else if says("pour_mille") {
            (0.0, 1000.0)
        } else if says("pour_cent") {
            (0.0, 100.0)
        } else if key == "nombre" || key == "demandes" {
            (0.0, 1e8)
        } else if says("mois") && !says("parmi") {
            (0.0, 1200.0)
        } else {
            (0.0, MOST)
        }
    }

    /// Classes and ranges begin with their smallest and largest number.
    fn ordered(
        &self,
        item: &Spanned<DeValue<'_>>,
        items: &[Spanned<DeValue<'_>>],
    ) -> Result<(), GenerateError> {
        let key = self.path.last().map_or("", String::as_str);
        let range = self.path.iter().any(|key| key == "entre") || key == "charges_m2_centimes";
        let class = ["ages", "effectifs", "classes"].contains(&key);
        let ends: Vec<f64> = items.iter().filter_map(as_number).collect();
        match ends.as_slice() {
            [low, high] if range && low > high => Err(self.wrong(item, "le plus petit d'abord".into())),
            [low, high, _] if class && low > high => Err(self.wrong(item, "le plus petit d'abord".into())),
            _ => Ok(()),
        }
    }

    fn wrong(&self, item: &Spanned<DeValue<'_>>, expected: String) -> GenerateError {
        let span = item.span();
        let before = self.text.get(..span.start).unwrap_or("");
        GenerateError::Number {
            line: before.matches('\n').count() + 1,
            key: self.path.join("."),
            found: self.text.get(span).unwrap_or("").to_string(),
            expected,
        }
    }
}

/// As a float: bounds need no more.
fn as_number(item: &Spanned<DeValue<'_>>) -> Option<f64> {
    match item.get_ref() {
        DeValue::Integer(n) if n.radix() == 10 => n.as_str().parse().ok(),
        DeValue::Float(n) => n.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}
