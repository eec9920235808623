//! Codes of a reference table in data: each checked, names taken for the codes that they stand for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::ids::Ids;
use super::issue::{Fault, meant};
use super::issue_code::Code;
use super::raw::{RawColumn, RawTable};
use super::short_codes::ShortCodes;
use super::texts::Texts;
use logis_language::diagnostic::{fold, nearest};
use logis_language::pack::schema::{Entity, EntityId, OTHERS, Origin, Schema};

/// The codes of one reference table, and the names that stand for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Codebook {
    /// What messages call a row: `commune`.
    entity: String,
    /// By row: its code.
    codes: Ids,
    /// The codes once more, if all are as long and short.
    short: OnceLock<Option<ShortCodes>>,
    /// The codes as texts that columns share, and the empty text behind them.
    shared: OnceLock<Vec<Arc<str>>>,
    /// Can a list of codes be taken for nothing else? Each code begins with a digit and has none of the signs that part
    /// a list; no name has a digit, or it has more letters side by side than any code.
    plain: OnceLock<bool>,
    /// By row: its name, if the table has names.
    names: Ids,
    by_name: OnceLock<HashMap<String, Vec<Arc<str>>>>,
    /// Is it of some rows of its table only? Names are then not looked for, and what is no code of theirs may be one of
    /// another row.
    some_rows: bool,
    /// Set when such a book was asked for more than it has.
    unanswered: OnceLock<()>,
}

/// The codebooks of a pack, by entity.
pub(super) type Codebooks = BTreeMap<EntityId, Codebook>;

/// What a text stands for.
pub(super) enum Meant {
    /// This code.
    Code(Arc<str>),
    /// None, or several.
    Unclear(Fault),
}

/// The codebooks of the reference tables that a schema's fields and relations have codes of.
pub(super) fn codebooks<'r>(
    schema: &Schema,
    raw: impl Fn(EntityId, &Entity) -> Option<&'r RawTable>,
) -> Codebooks {
    let mut all = Codebooks::new();
    for (id, entity) in schema.entities.iter().enumerate() {
        let referred = schema.fields.iter().any(|f| f.of == Some(id))
            || schema.entities.iter().any(|e| e.belongs_to.iter().any(|r| r.target == id));
        if !referred || !matches!(entity.origin, Origin::Reference { .. }) {
            continue;
        }
        let Some(table) = raw(id, entity) else { continue };
        let column =
            |name: &str| table.headers.iter().position(|h| h == name).and_then(|at| table.columns.get(at));
        let Some(keys) = column(&entity.key) else { continue };
        let names = entity.names.as_deref().and_then(column);
        // The row that stands for all others has no code.
        let keys = texts(keys);
        let rows = || (0..table.lines.len()).filter(|row| keys.get(*row) != OTHERS);
        let codes = Ids::of(rows().map(|row| keys.get(row)));
        let names = names.map_or_else(Ids::default, |names| {
            let names = texts(names);
            Ids::of(rows().map(|row| names.get(row)))
        });
        let (entity, some_rows) = (entity.name.clone(), table.some_rows);
        all.insert(id, Codebook { entity, codes, names, some_rows, ..Codebook::default() });
    }
    all
}

/// Texts that columns share.
pub(crate) type SharedTexts = Arc<[Arc<str>]>;

/// The cells of a column as they are shown.
fn texts(cells: &RawColumn) -> Texts<'_> {
    cells
        .texts()
        .unwrap_or_else(|| Texts::Owned((0..cells.len()).map(|row| cells.get(row).shown()).collect()))
}

impl Codebook {
    /// Is it a code as it stands?
    pub fn has(&self, text: &str) -> bool {
        let short = self.short.get_or_init(|| ShortCodes::of(self.codes.texts()));
        match short.as_ref().and_then(|short| short.has(text)) {
            Some(is_there) => is_there,
            None => self.codes.place(text).is_some(),
        }
    }

    /// Some texts as codes of this book: a number for each, and what the numbers stand for, in the order in which they come;
    /// the empty text has one too. `None` if another is no code as it stands. Codes have no text of their own in every
    /// column.
    pub fn numbered(&self, texts: &[&str]) -> Option<(Vec<u32>, SharedTexts)> {
        let shared = self.shared.get_or_init(|| self.codes.texts().chain([""]).map(Arc::from).collect());
        let empty = self.codes.len();
        let mut numbers = vec![u32::MAX; shared.len()];
        let mut dictionary: Vec<Arc<str>> = Vec::with_capacity(texts.len());
        let number = |text: &&str| {
            let place = if text.is_empty() { empty } else { self.codes.place(text)? as usize };
            let number = numbers.get_mut(place)?;
            if *number == u32::MAX {
                *number = u32::try_from(dictionary.len()).ok()?;
                dictionary.push(shared.get(place)?.clone());
            }
            Some(*number)
        };
        let codes = texts.iter().map(number).collect::<Option<_>>()?;
        Some((codes, dictionary.into()))
    }

    /// Was a book of some rows asked for a code or a name that it does not have? What was read by it is then to be read by the
    /// whole table.
    pub fn unanswered(&self) -> bool {
        self.unanswered.get().is_some()
    }

    /// May the parts of a list (see [`parts`]) that are codes as they stand be taken for what the list says?
    /// A book of some rows answers by the names of these: no name of another row is taken to be made of their codes alone.
    pub fn plain(&self) -> bool {
        *self.plain.get_or_init(|| {
            let whole = |code: &str| {
                code.starts_with(|c: char| c.is_ascii_digit()) && parts(code).next() == Some(code)
            };
            let most = self.codes.texts().map(letters).max().unwrap_or(0);
            let other = |name: &str| !name.contains(|c: char| c.is_numeric()) || letters(name) > most;
            self.codes.texts().all(whole) && self.names.texts().all(other)
        })
    }

    /// What a text stands for: a code, or a name that only one has. `hints` is how many more unknown
    /// texts are compared with all names.
    pub fn find(&self, text: &str, hints: &mut usize) -> Meant {
        let code = |text: &str| self.codes.place(text).map(|_| Arc::from(text));
        if let Some(code) = code(text).or_else(|| code(&text.to_uppercase())) {
            return Meant::Code(code);
        }
        let entity = &self.entity;
        if self.some_rows {
            let _ = self.unanswered.set(());
            return Meant::Unclear(Fault::of(Code::NoSuchCode, text, "n'est pas lu", ""));
        }
        let with_zero = format!("0{text}");
        if text.len() == 4 && self.has(&with_zero) {
            let rest = format!(": zéro initial perdu ? Écrire « {with_zero} »");
            return Meant::Unclear(Fault::of(
                Code::NoSuchCode,
                text,
                format!("n'existe pas dans `{entity}`"),
                rest,
            ));
        }
        let by_name = self.by_name.get_or_init(|| {
            let mut all: HashMap<String, Vec<Arc<str>>> = HashMap::new();
            for (code, name) in self.codes.texts().zip(self.names.texts()) {
                all.entry(plain_name(name)).or_default().push(Arc::from(code));
            }
            all
        });
        match by_name.get(&plain_name(text)).map(Vec::as_slice) {
            Some([one]) => return Meant::Code(one.clone()),
            Some(several @ [_, _, ..]) => {
                let shown: Vec<&str> = several.iter().take(8).map(AsRef::as_ref).collect();
                let more = if several.len() > 8 { "…" } else { "" };
                let rest = format!(": donner le code, l'un de {}{more}", shown.join(", "));
                let what = format!("est le nom de plusieurs lignes de `{entity}`");
                return Meant::Unclear(Fault::of(Code::SeveralCodes, text, what, rest));
            }
            _ => {}
        }
        // The nearest of many codes, or of short ones, tells nothing.
        let near = if *hints == 0 || text.chars().count() < 5 {
            None
        } else if text.chars().any(char::is_alphabetic) {
            *hints -= 1;
            nearest(text, self.names.texts())
        } else if self.codes.len() <= 5_000 {
            *hints -= 1;
            let mut codes: Vec<&str> = self.codes.texts().collect();
            codes.sort_unstable();
            nearest(text, codes)
        } else {
            None
        };
        let message = format!("la {entity} « {text} » n'existe pas{}", meant(near));
        let kind = format!("n'existe pas dans `{entity}`").into();
        Meant::Unclear(Fault {
            code: Code::NoSuchCode,
            message,
            kind,
            value: text.to_string(),
            warning: false,
        })
    }

    /// The codes of a cell that lists several; `Err` of the first that is none.
    pub fn list(&self, cell: &str, hints: &mut usize) -> Result<Vec<Arc<str>>, Fault> {
        let mut codes = Vec::new();
        for item in items(cell) {
            match self.find(item, hints) {
                Meant::Code(code) => codes.push(code),
                // Blanks stand in names, and between codes.
                Meant::Unclear(fault) if item.contains(char::is_whitespace) => {
                    for word in item.split_whitespace() {
                        match self.find(word, hints) {
                            Meant::Code(code) => codes.push(code),
                            // The whole is a name if none of its words has the form of a code.
                            Meant::Unclear(_) if !item.contains(|c: char| c.is_ascii_digit()) => {
                                return Err(fault);
                            }
                            Meant::Unclear(fault) => return Err(fault),
                        }
                    }
                }
                Meant::Unclear(fault) => return Err(fault),
            }
        }
        Ok(codes)
    }
}

/// The items of a cell that lists several, as any of these signs separates them.
pub(super) fn items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([',', ';', '/', '|', '\n', '\r']).map(str::trim).filter(|item| !item.is_empty())
}

/// The items of a cell that lists several, where blanks separate them too.
pub(super) fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(|c: char| matches!(c, ',' | ';' | '/' | '|') || c.is_whitespace())
        .filter(|part| !part.is_empty())
}

/// The most letters that a text has side by side.
fn letters(text: &str) -> usize {
    text.split(|c: char| !c.is_alphabetic()).map(|run| run.chars().count()).max().unwrap_or(0)
}

/// A name without case, accents, hyphens and blanks, `St` in full.
fn plain_name(name: &str) -> String {
    let folded = fold(name).replace(['\'', '\u{2019}', '\u{a0}'], "_");
    let words = folded.split('_').map(|word| match word {
        "st" => "saint",
        "ste" => "sainte",
        word => word,
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::Codebook;
    use crate::dictionary::Dictionary;
    use crate::ids::Ids;
    use proptest::prelude::*;

    proptest! {
        /// Codes get the numbers that a dictionary gives them, one after the other; what is no code is not numbered.
        #[test]
        fn codes_are_numbered_as_texts_are(
            codes in prop::collection::btree_set("[ab]{1,2}", 1..5),
            asked in prop::collection::vec("[ab]{0,2}", 0..8),
        ) {
            let book = Codebook { codes: Ids::of(codes.iter().map(String::as_str)), ..Codebook::default() };
            let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
            let mut plain = Dictionary::default();
            let numbers: Vec<u32> = asked.iter().map(|text| plain.code(text)).collect();
            let all_codes = asked.iter().all(|text| text.is_empty() || codes.contains(*text));
            prop_assert_eq!(book.numbered(&asked), all_codes.then(|| (numbers, plain.finish())));
        }
    }
}
