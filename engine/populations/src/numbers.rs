//! Range checks of every number in a population file.
//!
//! No number escapes, whatever its key is called: the draw multiplies and adds them without further checks. The
//! allowed range follows from words in the key (`pour_cent`, `pour_mille`, `mois`, `nombre`).

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::GenerateError;

/// The largest number where the key sets no other bound: weights, euros, cents.
const MOST: f64 = 1e9;

/// The first number outside its range is an error with its line.
pub(crate) fn check(text: &str) -> Result<(), GenerateError> {
    // Syntax errors are reported by the caller, which parses the whole model.
    let (table, _) = DeTable::parse_recoverable(text);
    let mut walk = Walk { text, path: Vec::new() };
    walk.table(table.get_ref())
}

struct Walk<'t> {
    text: &'t str,
    /// The path of keys to the value.
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

    /// The allowed range, by the path of keys.
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

    /// Classes `[low, high, weight]` and ranges `[low, high]` have their ends in order.
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

/// The number as a float, precise enough for the bounds.
fn as_number(item: &Spanned<DeValue<'_>>) -> Option<f64> {
    match item.get_ref() {
        DeValue::Integer(n) if n.radix() == 10 => n.as_str().parse().ok(),
        DeValue::Float(n) => n.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}
