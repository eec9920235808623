//! From the cells of a file to a typed column, with the words for what does not fit.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_buffer::{BooleanBufferBuilder, NullBuffer};

use super::arrow_column;
use super::issue::meant;
use super::raw::{Raw, RawColumn};
use super::table::{Cells, Column};
use crate::diagnostic::{fold, nearest};
use crate::pack::schema::{Field, FieldKind};
use crate::value::{Date, Exact, days_between, parse_date, parse_number, power_of_ten};

/// Types the cells of a field. `wrong` is told the row and the message of each that does not fit.
pub(super) fn column(field: &Field, raw: &RawColumn, wrong: impl FnMut(usize, String)) -> Column {
    match raw {
        RawColumn::Arrow(array) => match arrow_column::column(field, array) {
            Some(column) => column,
            None => each(field, (0..raw.len()).map(|row| raw.get(row)), wrong),
        },
        RawColumn::Cells(cells) => each(field, cells.iter().cloned(), wrong),
    }
}

/// Types cells one by one.
fn each(
    field: &Field,
    raw: impl ExactSizeIterator<Item = Raw>,
    mut wrong: impl FnMut(usize, String),
) -> Column {
    let mut known = BooleanBufferBuilder::new(raw.len());
    let mut texts = Dictionary::default();
    let (mut bools, mut units, mut days) = (BooleanBufferBuilder::new(0), Vec::new(), Vec::new());
    let (mut codes, mut offsets) = (Vec::new(), vec![0_u32]);
    if let FieldKind::Enum(values) = &field.kind {
        for value in values.iter() {
            texts.code(value);
        }
    }
    for (row, cell) in raw.enumerate() {
        let cell = &cell;
        let empty = *cell == Raw::Empty;
        if empty && field.required {
            wrong(row, format!("la cellule est vide ; attendu: {}", expected(field)));
        }
        let mut fits = !empty || field.empty_is_none;
        let mut fail = |message: String| {
            fits = false;
            wrong(row, message);
        };
        match &field.kind {
            FieldKind::Boolean => bools.append(match boolean(cell) {
                Some(value) => value,
                None => {
                    if !empty {
                        fail(unfit(field, cell, "n'est ni vrai ni faux", ""));
                    }
                    false
                }
            }),
            FieldKind::Number { decimals, .. } => units.push(if empty {
                0
            } else {
                number(field, cell, *decimals).unwrap_or_else(|message| {
                    fail(message);
                    0
                })
            }),
            FieldKind::Date => days.push(match date(cell) {
                Some(value) => i32::try_from(days_between(Date::constant(1970, 1, 1), value)).unwrap_or(0),
                None => {
                    if !empty {
                        let text = cell.shown();
                        let hint = if text.contains('/') && text.split('/').any(|p| p.len() == 4) {
                            " (le jour vient avant le mois)"
                        } else {
                            ""
                        };
                        fail(unfit(field, cell, "n'est pas une date", hint));
                    }
                    0
                }
            }),
            FieldKind::Text => codes.push(match text(cell) {
                Ok(value) => texts.code(&value),
                Err(message) => {
                    fail(format!("« {} » {message}", cell.shown()));
                    texts.code("")
                }
            }),
            FieldKind::Enum(values) => codes.push(if empty {
                field.empty_code().unwrap_or(0)
            } else {
                let shown = cell.shown();
                match values.iter().position(|v| v.as_ref() == shown) {
                    Some(at) => u32::try_from(at).unwrap_or(0),
                    None => {
                        let folded = fold(&shown);
                        let near = values
                            .iter()
                            .find(|v| fold(v) == folded)
                            .map(AsRef::as_ref)
                            .or_else(|| nearest(&shown, values.iter().map(AsRef::as_ref)));
                        fail(format!(
                            "{}{}",
                            unfit(field, cell, "n'est pas une valeur admise", ""),
                            meant(near)
                        ));
                        0
                    }
                }
            }),
            FieldKind::Codes => {
                match text(cell) {
                    Ok(value) => codes.extend(value.split_whitespace().map(|c| texts.code(c))),
                    Err(message) => fail(format!("« {} » {message}", cell.shown())),
                }
                offsets.push(u32::try_from(codes.len()).unwrap_or(u32::MAX));
            }
        }
        known.append(fits);
    }
    let cells = match &field.kind {
        FieldKind::Boolean => Cells::Bool(bools.finish()),
        FieldKind::Number { decimals, .. } => Cells::Number { units: units.into(), decimals: *decimals },
        FieldKind::Date => Cells::Date(days.into()),
        FieldKind::Text | FieldKind::Enum(_) => {
            Cells::Text { codes: codes.into(), dictionary: texts.finish() }
        }
        FieldKind::Codes => {
            Cells::Codes { offsets: offsets.into(), codes: codes.into(), dictionary: texts.finish() }
        }
    };
    let known = NullBuffer::new(known.finish());
    Column::new(cells, (known.null_count() > 0).then_some(known))
}

/// Texts and their numbers.
#[derive(Default)]
pub(super) struct Dictionary {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Dictionary {
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.numbers.get(text) {
            return code;
        }
        let (text, code): (Arc<str>, u32) =
            (Arc::from(text), u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text.clone());
        self.numbers.insert(text, code);
        code
    }

    pub fn finish(self) -> Arc<[Arc<str>]> {
        self.texts.into()
    }
}

/// `« 21 3O0 » n'est pas un montant (lettre O ?); attendu: …`
fn unfit(field: &Field, cell: &Raw, what: &str, hint: &str) -> String {
    format!("« {} » {what}{hint} ; attendu: {}", cell.shown(), expected(field))
}

/// What the cells of a field are, with an example.
fn expected(field: &Field) -> String {
    match &field.kind {
        FieldKind::Boolean => "vrai ou faux (aussi: oui, non, true, false, 1, 0)".to_string(),
        FieldKind::Number { amount: true, .. } => "euros, ex. 21300 ou 21 300,50".to_string(),
        FieldKind::Number { decimals: 0, .. } => "un nombre entier, ex. 12".to_string(),
        FieldKind::Number { decimals, .. } => format!("un nombre, {decimals} décimales au plus, ex. 45,5"),
        FieldKind::Date => "une date, ex. 2017-06-30 ou 30/06/2017".to_string(),
        FieldKind::Text => "un texte".to_string(),
        FieldKind::Enum(values) => values.join(", "),
        FieldKind::Codes => "des codes séparés par des espaces".to_string(),
    }
}

fn boolean(cell: &Raw) -> Option<bool> {
    match cell {
        Raw::Bool(value) => Some(*value),
        Raw::Text(text) | Raw::Number(text) => match fold(text).as_str() {
            "true" | "vrai" | "oui" | "1" => Some(true),
            "false" | "faux" | "non" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn date(cell: &Raw) -> Option<Date> {
    match cell {
        Raw::Date(date) => Some(*date),
        Raw::Text(text) => parse_date(text),
        _ => None,
    }
}

/// A code or identifier. A number of a typed file has lost its leading zeros: only whole numbers
/// that cannot have had one are taken.
pub(super) fn text(cell: &Raw) -> Result<String, String> {
    match cell {
        Raw::Number(text) if text.contains('.') => Err("est un nombre ; attendu: un texte".to_string()),
        Raw::Number(text) if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) => {
            Err(format!("est un nombre de quatre chiffres: zéro initial perdu ? Écrire « 0{text} » en texte"))
        }
        Raw::Other(_) => Err("n'est pas un texte".to_string()),
        other => Ok(other.shown()),
    }
}

pub(super) fn number(field: &Field, cell: &Raw, decimals: u32) -> Result<i64, String> {
    let FieldKind::Number { amount, .. } = field.kind else { return Ok(0) };
    let what = if amount { "n'est pas un montant" } else { "n'est pas un nombre" };
    let value = match cell {
        Raw::Number(text) => parse_number(text),
        Raw::Text(text) => parse_number(&plain(text)),
        _ => None,
    };
    let Some(value) = value else {
        let shown = cell.shown();
        let hint = if shown.contains(['O', 'o']) {
            " (lettre O ?)"
        } else if shown.contains(['l', 'I']) {
            " (lettre l ou I ?)"
        } else if shown.matches([',', '.']).count() > 1 {
            " (plusieurs virgules ou points ?)"
        } else {
            ""
        };
        return Err(unfit(field, cell, what, hint));
    };
    let unit = Exact::from_integer(power_of_ten(decimals).unwrap_or(1));
    let Ok(scaled) = crate::value::mul(&value, &unit) else {
        return Err(unfit(field, cell, "est trop grand", ""));
    };
    if !scaled.is_integer() {
        return Err(unfit(field, cell, &format!("a plus de {decimals} décimales"), ""));
    }
    if let Some((low, high)) = &field.range
        && (value < *low || value > *high)
    {
        return Err(format!("« {} » est hors de l'intervalle ; attendu: de {low} à {high}", cell.shown()));
    }
    i64::try_from(*scaled.numer()).map_err(|_| unfit(field, cell, "est trop grand", ""))
}

/// `21 300,50 €` as `21300.50`.
fn plain(text: &str) -> String {
    let text = text.strip_suffix('€').unwrap_or(text).trim_end();
    text.chars()
        .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}'))
        .map(|c| if c == ',' { '.' } else { c })
        .collect()
}
