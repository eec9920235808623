//! Reading `[variant.matching]`, in what a variant matches otherwise than the pack says, and `[leases]`, what becomes of
//! attributions that are offered.

use toml::de::DeValue;

use super::changes::number;
use super::weeks::{MOST_CANDIDATES, probability, whole};
use super::{Charges, Leases, Margin, MatchingChange, Order};
use crate::texts::{self, form};
use logis_language::diagnostic::{Diagnostics, Span};
use logis_language::pack::toml_reader::Reader;
use logis_language::value::Exact;

/// Draws of answers that may be asked for.
const MOST_DRAWS: i64 = 1_000_000;

/// Members that a margin may ask for besides.
const MOST_MARGIN: i64 = 1_000_000;

/// The orders of the levels, as a pack spells them.
const ORDERS: [(&str, Order); 2] =
    [("fit-after-points", Order::FitAfterPoints), ("by-points", Order::ByPoints)];

/// To whom attributions are charged.
const CHARGES: [(&str, Charges); 2] = [("none", Charges::None), ("all-in-flow", Charges::AllInFlow)];

pub(super) fn matching(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> MatchingChange {
    let span = reader.span();
    let order = one_of(&mut reader, "order", &ORDERS, out);
    let charges = one_of(&mut reader, "flow", &CHARGES, out);
    let hard = reader.strings("hard", out);
    let margin = margin(&mut reader, out);
    reader.finish(out);
    MatchingChange { order, hard, charges, margin, span }
}

/// One of some words.
fn one_of<T: Copy>(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    words: &[(&'static str, T)],
    out: &mut Diagnostics,
) -> Option<T> {
    let (word, span) = reader.str(key, out)?;
    let found = words.iter().find(|(own, _)| *own == word);
    if found.is_none() {
        let names: Vec<&str> = words.iter().map(|(own, _)| *own).collect();
        out.push(texts::no_such_word(key, word, &names, span));
    }
    found.map(|(_, own)| *own)
}

/// `margin = "least"`, or a number of members by quota.
fn margin(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Option<Margin> {
    let item = reader.get("margin")?;
    match item.get_ref() {
        DeValue::String(word) if word == "least" => Some(Margin::Least),
        DeValue::Table(table) => {
            let mut all = Vec::new();
            for (name, item) in table.iter() {
                let found = number(item).filter(Exact::is_integer);
                let found = found.and_then(|n| i64::try_from(*n.numer()).ok());
                match found.filter(|n| (0..=MOST_MARGIN).contains(n)) {
                    Some(n) => {
                        let span = Span::new(reader.file, name.span());
                        all.push(((name.get_ref().to_string(), span), n.unsigned_abs()));
                    }
                    None => out.push(texts::wrong_form(
                        &reader.what,
                        name.get_ref(),
                        form::MARGIN,
                        reader.at(item),
                        texts::such_as("2", false),
                    )),
                }
            }
            Some(Margin::Members(all))
        }
        _ => {
            let label = texts::such_as("{ quart_reserve = 2 }", false);
            out.push(texts::wrong_form(&reader.what, "margin", form::MARGINS, reader.at(item), label));
            None
        }
    }
}

/// What becomes of attributions that are offered.
pub(super) fn leases(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Leases {
    let span = reader.span();
    let acceptance = probability(&mut reader, "acceptance", "0.54", out);
    let missed = probability(&mut reader, "missed", "0.1", out);
    let draws = whole(&mut reader, "draws", (MOST_DRAWS, "1000"), out).and_then(|n| u32::try_from(n).ok());
    let candidates =
        whole(&mut reader, "candidates", (MOST_CANDIDATES, "3"), out).and_then(|n| usize::try_from(n).ok());
    reader.finish(out);
    Leases { acceptance, missed, draws, candidates, span }
}
