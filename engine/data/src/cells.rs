//! From the cells of a file to a typed column, with the words for what does not fit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::buffers::Bits;
use super::codes::{Codebook, Meant, items, parts};
use super::dictionary::Dictionary;
use super::issue::{Fault, meant};
use super::issue_code::Code;
use super::lists::Listed;
use super::numbers::TWO_READINGS;
use super::raw::{Raw, RawColumn};
use super::table::{Cells, Column};
use super::texts::Texts;
use super::{lists, numbers};
use logis_language::pack::schema::{Field, FieldKind};
use logis_language::value::{Date, Exact, days_between, mul, parse_date, parse_number, power_of_ten};

/// What is said of a number that is too large.
const TOO_LARGE: &str = "est trop grand";

/// What is said of a number with too many decimals.
const DECIMALS: &str = "a trop de décimales";

/// Types the cells of a field; `book` has the codes that they may hold, if they are codes of a reference
/// table. `wrong` is told the row and the fault of each that does not fit.
pub(super) fn column(
    field: &Field,
    raw: &RawColumn,
    book: Option<&Codebook>,
    wrong: impl FnMut(usize, Fault),
) -> Column {
    match raw {
        RawColumn::Typed(cells) => match codes_of_book(field, raw, book)
            .or_else(|| cells.column(field).filter(|column| all_codes(column, book)))
            .or_else(|| lists_of_codes(field, raw, book))
        {
            Some(column) => column,
            None => each(field, (0..raw.len()).map(|row| Cow::Owned(raw.get(row))), book, wrong),
        },
        RawColumn::Cells(cells) => lists_of_codes(field, raw, book)
            .unwrap_or_else(|| each(field, cells.iter().map(Cow::Borrowed), book, wrong)),
        RawColumn::Unread(rows) => each(field, (0..*rows).map(|_| Cow::Owned(Raw::Empty)), book, wrong),
    }
}

/// The column of texts that are numbers into a dictionary already, if each is a code of the book as it stands, or empty.
fn codes_of_book(field: &Field, raw: &RawColumn, book: Option<&Codebook>) -> Option<Column> {
    let book = book.filter(|_| field.kind == FieldKind::Text)?;
    let Texts::Coded { codes, texts } = raw.texts()? else { return None };
    let (numbers, dictionary) = book.numbered(&texts)?;
    let there: Vec<bool> = texts.iter().map(|text| !text.is_empty()).collect();
    let is_there = |code: &u32| there.get(*code as usize) == Some(&true);
    let known = (!codes.iter().all(is_there)).then(|| codes.iter().map(is_there).collect::<Bits>());
    if field.required && known.is_some() {
        return None;
    }
    let number = |code: &u32| numbers.get(*code as usize).copied();
    let codes: Vec<u32> = codes.iter().map(number).collect::<Option<_>>()?;
    let cells = Cells::Text { codes: codes.into(), dictionary };
    Some(Column::new(cells, known.filter(|_| !field.empty_is_none)))
}

/// Are all texts of the column codes of the book, if there is one?
fn all_codes(column: &Column, book: Option<&Codebook>) -> bool {
    match (column.cells(), book) {
        (Cells::Text { dictionary, .. }, Some(book)) => {
            dictionary.iter().all(|t| t.is_empty() || book.has(t))
        }
        _ => true,
    }
}

/// The lists of codes of a column at once, if that is what the field has, and each cell lists codes as they stand.
fn lists_of_codes(field: &Field, raw: &RawColumn, book: Option<&Codebook>) -> Option<Column> {
    if field.kind != FieldKind::Codes || book.is_some_and(|book| !book.plain()) {
        return None;
    }
    let texts = raw.texts()?;
    let mut dictionary = Dictionary::default();
    let (mut codes, mut offsets, mut known) = (Vec::new(), vec![0_u32], Vec::with_capacity(texts.len()));
    for row in 0..texts.len() {
        let text = texts.get(row);
        let odd = |c: char| matches!(c, '\n' | '\r' | '\u{fffd}');
        if text.contains(odd) || text.is_empty() && field.required {
            return None;
        }
        for part in parts(text) {
            if book.is_some_and(|book| !book.has(part)) {
                return None;
            }
            codes.push(dictionary.code(part));
        }
        offsets.push(u32::try_from(codes.len()).ok()?);
        known.push(!text.is_empty() || field.empty_is_none);
    }
    let known: Bits = known.into_iter().collect();
    let cells =
        Cells::Codes { offsets: offsets.into(), codes: codes.into(), dictionary: dictionary.finish() };
    Some(Column::new(cells, (known.zeros() > 0).then_some(known)))
}

/// Is it sure, without typing them, that no cell of a column would be wrong?
pub(super) fn nothing_wrong(field: &Field, raw: &RawColumn, book: Option<&Codebook>) -> bool {
    let typed = matches!(raw, RawColumn::Typed(_));
    // Of texts alone it is seen below whether each is there.
    if field.required && !(typed && field.kind == FieldKind::Text) {
        return false;
    }
    // Whatever its type, what stands there is read as it is written.
    if !field.required && field.as_written && field.kind == FieldKind::Text && typed {
        return true;
    }
    let Some(texts) = raw.texts() else { return false };
    if field.required && !texts.all_there() {
        return false;
    }
    let fits: &dyn Fn(&str) -> bool = match (&field.kind, book) {
        (FieldKind::Text, None) if typed => return true,
        (FieldKind::Text, Some(book)) => &|text| text.is_empty() || book.has(text),
        (FieldKind::Enum(values), _) => {
            &|text| text.is_empty() || values.iter().any(|value| value.as_ref() == text)
        }
        (FieldKind::Codes, Some(book)) if book.plain() => {
            &|text| !text.contains(['\n', '\r', '\u{fffd}']) && parts(text).all(|part| book.has(part))
        }
        _ => return false,
    };
    match &texts {
        Texts::Coded { texts, .. } => texts.iter().all(|text| fits(text)),
        texts => (0..texts.len()).all(|row| fits(texts.get(row))),
    }
}

/// Types cells one by one.
fn each<'r>(
    field: &Field,
    raw: impl ExactSizeIterator<Item = Cow<'r, Raw>>,
    book: Option<&Codebook>,
    mut wrong: impl FnMut(usize, Fault),
) -> Column {
    let mut known = Vec::with_capacity(raw.len());
    let mut texts = Dictionary::default();
    let (mut bools, mut units, mut days) = (Vec::new(), Vec::new(), Vec::new());
    let (mut codes, mut offsets) = (Vec::new(), vec![0_u32]);
    let mut resolved = Resolved { book, strict: field.of.is_some(), hints: 20, seen: HashMap::new() };
    let mut switch = Switch::default();
    let mut listed = None;
    if let FieldKind::Enum(values) = &field.kind {
        listed = Some(Listed::new(field, values));
    }
    for (row, cell) in raw.enumerate() {
        let mut cell = &*cell;
        let mut fits = true;
        let mut fail = |fault: Fault| {
            fits &= fault.warning;
            wrong(row, fault);
        };
        if let Some(fault) = broken(field, cell) {
            fail(fault);
            cell = &Raw::Empty;
        } else if *cell == Raw::Empty && field.required {
            fail(Fault::empty(
                Code::EmptyCell,
                format!("la cellule est vide ; attendu: {}", expected(field)),
            ));
        }
        let empty = *cell == Raw::Empty;
        match &field.kind {
            FieldKind::Boolean => bools.push(match boolean(cell) {
                Some(value) => {
                    switch.see(row, cell);
                    value
                }
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
                number(field, cell, *decimals).unwrap_or_else(|fault| {
                    fail(fault);
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
            FieldKind::Text if field.as_written => codes.push(texts.code(&cell.shown())),
            FieldKind::Text => codes.push(match text(cell).and_then(|text| resolved.one(&text)) {
                Ok(value) => texts.code(&value),
                Err(fault) => {
                    fail(fault);
                    texts.code("")
                }
            }),
            FieldKind::Enum(_) => codes.push(match listed.as_mut() {
                Some(listed) if !empty => {
                    let shown = cell.shown();
                    listed.find(&shown).unwrap_or_else(|| {
                        let fault = unfit(field, cell, "n'est pas une valeur admise", "");
                        let message = format!("{}{}", fault.message, meant(listed.near(&shown)));
                        fail(Fault { message, ..fault });
                        0
                    })
                }
                _ => field.empty_code().unwrap_or(0),
            }),
            FieldKind::Codes => {
                match text(cell).and_then(|text| resolved.several(&text)) {
                    Ok(values) => {
                        // Codes may stand one under the other; so do rows that a cell swallowed.
                        if let Raw::Text(text) = cell
                            && text.contains(['\n', '\r'])
                        {
                            let shown = text.replace(['\n', '\r'], "⏎");
                            let fault = Fault::of(
                                Code::SeveralLines,
                                &shown,
                                "tient sur plusieurs lignes",
                                ": une liste de codes ?",
                            );
                            fail(Fault { warning: true, ..fault });
                        }
                        codes.extend(values.iter().map(|c| texts.code(c)));
                    }
                    Err(fault) => fail(fault),
                }
                offsets.push(u32::try_from(codes.len()).unwrap_or(u32::MAX));
            }
        }
        known.push(fits && (!empty || field.empty_is_none));
    }
    for (row, text) in switch.doubtful() {
        if let Some(known) = known.get_mut(row) {
            *known = false;
        }
        wrong(
            row,
            Fault::of(
                Code::TwoReadings,
                text,
                "se lit de deux façons",
                ": la lettre O (oui) ou un zéro (non) ? D'autres cellules de la colonne sont des 0 ou des 1",
            ),
        );
    }
    let cells = match &field.kind {
        FieldKind::Boolean => Cells::Bool(bools.into_iter().collect()),
        FieldKind::Number { decimals, .. } => Cells::Number { units: units.into(), decimals: *decimals },
        FieldKind::Date => Cells::Date(days.into()),
        FieldKind::Text => Cells::Text { codes: codes.into(), dictionary: texts.finish() },
        FieldKind::Enum(values) => Cells::Text { codes: codes.into(), dictionary: Arc::clone(values) },
        FieldKind::Codes => {
            Cells::Codes { offsets: offsets.into(), codes: codes.into(), dictionary: texts.finish() }
        }
    };
    let known: Bits = known.into_iter().collect();
    Column::new(cells, (known.zeros() > 0).then_some(known))
}

/// What no field can take, whatever it holds: a lone quotation mark, a line end inside, a character that
/// was lost on the way.
fn broken(field: &Field, cell: &Raw) -> Option<Fault> {
    match cell {
        Raw::Stray(text) => Some(Fault::of(
            Code::Quotation,
            text,
            "a un guillemet seul",
            " ; attendu: deux, autour de la cellule, ou aucun",
        )),
        Raw::Text(text) if text.contains(['\n', '\r']) && field.kind != FieldKind::Codes => Some(Fault::of(
            Code::SeveralLines,
            &text.replace(['\n', '\r'], "⏎"),
            "tient sur plusieurs lignes",
            format!(" ; attendu: {}", expected(field)),
        )),
        Raw::Text(text) if text.contains('\u{fffd}') => Some(Fault::of(
            Code::LostCharacter,
            text,
            "a un caractère perdu (codage du fichier ?)",
            format!(" ; attendu: {}", expected(field)),
        )),
        _ => None,
    }
}

/// Texts as the codes that they stand for, each looked up once.
struct Resolved<'b> {
    book: Option<&'b Codebook>,
    /// Is what is no code an error? Otherwise it stands as it is.
    strict: bool,
    hints: usize,
    seen: HashMap<String, Result<Arc<str>, Fault>>,
}

impl Resolved<'_> {
    fn one(&mut self, text: &str) -> Result<Arc<str>, Fault> {
        let Some(book) = self.book.filter(|book| !text.is_empty() && !book.has(text)) else {
            return Ok(Arc::from(text));
        };
        if let Some(seen) = self.seen.get(text) {
            return seen.clone();
        }
        let found = match book.find(text, &mut self.hints) {
            Meant::Code(code) => Ok(code),
            Meant::Unclear(fault) if self.strict => Err(fault),
            Meant::Unclear(_) => Ok(Arc::from(text)),
        };
        if self.seen.len() < 10_000 {
            self.seen.insert(text.to_string(), found.clone());
        }
        found
    }

    fn several(&mut self, cell: &str) -> Result<Vec<Arc<str>>, Fault> {
        match self.book {
            Some(book) => book.list(cell, &mut self.hints),
            None => Ok(items(cell).flat_map(str::split_whitespace).map(Arc::from).collect()),
        }
    }
}

/// Whether a column of booleans mixes zeros and ones with the letter O, which is a yes by itself.
#[derive(Default)]
struct Switch {
    digits: bool,
    letters: Vec<(usize, Box<str>)>,
}

impl Switch {
    fn see(&mut self, row: usize, cell: &Raw) {
        if let Raw::Text(text) = cell {
            self.digits |= lists::digit(text);
            if lists::letter_o(text) {
                self.letters.push((row, text.clone()));
            }
        }
    }

    /// The cells that may be either.
    fn doubtful(&self) -> impl Iterator<Item = (usize, &str)> {
        self.letters.iter().filter(|_| self.digits).map(|(row, text)| (*row, text.as_ref()))
    }
}

/// `« 21 3O0 » n'est pas un montant (lettre O ?); attendu: …`
fn unfit(field: &Field, cell: &Raw, what: &'static str, hint: &str) -> Fault {
    Fault::of(code(field, what), &cell.shown(), what, format!("{hint} ; attendu: {}", expected(field)))
}

/// The code of a cell that does not fit its field, by what is said of it.
fn code(field: &Field, what: &str) -> Code {
    match (what, &field.kind) {
        (TWO_READINGS, _) => Code::TwoReadings,
        (TOO_LARGE, _) => Code::OutOfRange,
        (DECIMALS, _) => Code::Decimals,
        (_, FieldKind::Boolean) => Code::NotABoolean,
        (_, FieldKind::Number { .. }) => Code::NotANumber,
        (_, FieldKind::Date) => Code::NotADate,
        (_, FieldKind::Enum(_)) => Code::NotInList,
        (_, FieldKind::Text | FieldKind::Codes) => Code::NotAText,
    }
}

/// What the cells of a field are, with an example.
fn expected(field: &Field) -> String {
    match &field.kind {
        FieldKind::Boolean => "vrai ou faux (aussi: oui, non, O, N, true, false, 1, 0)".to_string(),
        FieldKind::Number { amount: true, .. } => "euros, ex. 21300 ou 21 300,50".to_string(),
        FieldKind::Number { decimals: 0, .. } => "un nombre entier, ex. 12".to_string(),
        FieldKind::Number { decimals, .. } => format!("un nombre, {decimals} décimales au plus, ex. 45,5"),
        FieldKind::Date => "une date, ex. 2017-06-30 ou 30/06/2017".to_string(),
        FieldKind::Text => "un texte".to_string(),
        FieldKind::Enum(values) => values.join(", "),
        FieldKind::Codes => "des codes, séparés par des espaces, « , », « ; », « / » ou « | »".to_string(),
    }
}

fn boolean(cell: &Raw) -> Option<bool> {
    match cell {
        Raw::Bool(value) => Some(*value),
        Raw::Text(text) | Raw::Number(text) => lists::boolean(text),
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
pub(super) fn text(cell: &Raw) -> Result<String, Fault> {
    match cell {
        Raw::Number(text) if text.contains('.') => {
            Err(Fault::of(Code::NotAText, text, "est un nombre", " ; attendu: un texte"))
        }
        Raw::Number(text) if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) => Err(Fault::of(
            Code::NotAText,
            text,
            "est un nombre de quatre chiffres",
            format!(": zéro initial perdu ? Écrire « 0{text} » en texte"),
        )),
        Raw::Other(text) => Err(Fault::of(Code::NotAText, text, "n'est pas un texte", "")),
        other => Ok(other.shown()),
    }
}

pub(super) fn number(field: &Field, cell: &Raw, decimals: u32) -> Result<i64, Fault> {
    let FieldKind::Number { amount, .. } = field.kind else { return Ok(0) };
    let what = if amount { "n'est pas un montant" } else { "n'est pas un nombre" };
    let value = match cell {
        Raw::Number(text) => parse_number(text).ok_or_else(|| unfit(field, cell, what, ""))?,
        Raw::Text(text) => {
            let of = numbers::Of { amount, decimals, unit: field.unit.as_deref() };
            numbers::read(text, of).map_err(|wrong| unfit(field, cell, wrong.what, &wrong.hint))?
        }
        _ => return Err(unfit(field, cell, what, "")),
    };
    let scaled = power_of_ten(decimals).and_then(|unit| mul(&value, &Exact::from_integer(unit)).ok());
    let Some(scaled) = scaled else { return Err(unfit(field, cell, TOO_LARGE, "")) };
    if !scaled.is_integer() {
        let fault = unfit(field, cell, DECIMALS, "");
        let message =
            format!("« {} » a plus de {decimals} décimales ; attendu: {}", fault.value, expected(field));
        return Err(Fault { message, ..fault });
    }
    if let Some((low, high)) = &field.range
        && (value < *low || value > *high)
    {
        let rest = format!(" ; attendu: de {low} à {high}");
        return Err(Fault::of(Code::OutOfRange, &cell.shown(), "est hors de l'intervalle", rest));
    }
    i64::try_from(*scaled.numer()).map_err(|_| unfit(field, cell, TOO_LARGE, ""))
}

/// The rows whose yearly income is so small that it is one of a month, or in thousands: over zero, and
/// 500 euros at most.
pub(super) fn small_incomes(field: &Field, column: &Column) -> Vec<usize> {
    match (field.unit.as_deref(), &field.kind, column.cells()) {
        (Some("EUR/an"), FieldKind::Number { amount: true, .. }, Cells::Number { units, decimals }) => {
            let unit = power_of_ten(*decimals).and_then(|unit| i64::try_from(unit).ok()).unwrap_or(1);
            /// Rows that are looked at together: mostly none is so small.
            const ROWS: usize = 256;
            let known = |row: &usize| column.known().is_none_or(|k| k.get(*row));
            let most = 500 * unit;
            let small = |n: i64| (n > 0) & (n <= most);
            let some = |units: &[i64]| units.iter().fold(false, |some, n| some | small(*n));
            let parts = units.chunks(ROWS).enumerate().filter(|(_, units)| some(units));
            let rows = parts.flat_map(|(part, units)| {
                let own = units.iter().enumerate().filter(|(_, n)| small(**n));
                own.map(move |(at, _)| part * ROWS + at)
            });
            rows.filter(known).collect()
        }
        _ => Vec::new(),
    }
}
