//! What people write for a value of a closed list: the value itself in any dress, and its synonyms.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostics, Span, fold, texts};
use crate::pack::toml_reader::Reader;

/// Reads `synonyms = { cdi = ["contrat à durée indéterminée"] }`, and finds what two values would share.
pub(super) fn read_synonyms(
    values: &[Arc<str>],
    reader: &mut Reader<'_, '_>,
    out: &mut Diagnostics,
) -> Vec<(Arc<str>, u32)> {
    let mut all: Vec<(Arc<str>, u32)> = Vec::new();
    let mut folded: HashMap<String, u32> = HashMap::new();
    // Cells are compared without case and accents: two values that fold to one text could not be told apart
    // in the data.
    for (at, value) in (0_u32..).zip(values) {
        if let Some(other) = folded.insert(folded_value(value), at) {
            let other = values.get(other as usize).map_or("", AsRef::as_ref);
            out.push(texts::schema::same_value(other, value, reader.span()));
        }
    }
    let Some(table) = reader.table("synonyms", out) else { return all };
    for (value, texts) in table.iter() {
        let span = Span::new(reader.file, value.span());
        let Some((at, _)) = (0_u32..).zip(values).find(|(_, v)| v.as_ref() == value.get_ref().as_ref())
        else {
            let listed = values.iter().map(AsRef::as_ref);
            out.push(texts::schema::not_listed(value.get_ref(), listed, span));
            continue;
        };
        for text in texts.get_ref().as_array().into_iter().flat_map(|a| a.iter()) {
            let Some(written) = text.get_ref().as_str() else {
                out.push(texts::schema::synonym_not_a_text(span.clone()));
                continue;
            };
            // A synonym that is a value already, or a synonym of another, would have two meanings.
            match folded.insert(folded_value(written), at) {
                Some(other) if other != at => {
                    let already = values.get(other as usize).map_or("", AsRef::as_ref);
                    let place = Span::new(reader.file, text.span());
                    out.push(texts::schema::two_meanings(written, already, place));
                }
                _ => all.push((written.into(), at)),
            }
        }
        if texts.get_ref().as_array().is_none() {
            out.push(texts::schema::synonyms_not_a_list(span));
        }
    }
    all
}

/// A value of a closed list without what those who type it leave out: case, accents, blanks, hyphens,
/// underscores, apostrophes and full stops.
pub fn folded_value(text: &str) -> String {
    let plain = text.chars().filter_map(|c| match c {
        // Accents that stand by themselves, as in file names of macOS.
        '\u{300}'..='\u{36f}' => None,
        '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}' | '.' | '_' | '-' | ' ' | '\t' => None,
        'œ' | 'Œ' => Some('œ'),
        c => Some(c),
    });
    fold(&plain.collect::<String>()).replace('œ', "oe").replace(['æ', 'Æ'], "ae")
}
