//! Reading `[years]`: a run over several years, one decision a year.

use toml::Spanned;
use toml::de::DeValue;

use super::changes::{count, row_changes};
use super::read::own;
use super::{Count, Move, Years};
use crate::texts::{self, form, what};
use logis_language::diagnostic::Diagnostics;
use logis_language::pack::toml_reader::{Reader, scalar};
use logis_language::value::{Date, Exact, Value};

/// Units that may be given before the first year: more than there are in the country.
const MOST_STOCK: i64 = 10_000_000;

/// The years of a scenario; of a variant, those things in which its years differ.
pub(super) fn years(mut reader: Reader<'_, '_>, own_dates: bool, out: &mut Diagnostics) -> Years {
    let mut dates = Vec::new();
    let mut data_of = None;
    if own_dates {
        dates = read_dates(&mut reader, out);
        data_of = reader.date("data_of", out);
    }
    let freed = share(&mut reader, "freed", out);
    let withdrawn = share(&mut reader, "withdrawn", out);
    let stock = reader.int("stock", out).and_then(|n| match u64::try_from(n) {
        Ok(given) if n <= MOST_STOCK => Some(given),
        _ => {
            out.push(texts::not_a_stock(MOST_STOCK, reader.span()));
            None
        }
    });
    let mut moves = Vec::new();
    for (span, table) in reader.tables("move", out) {
        let mut reader = Reader::new(0, span, what::MOVE, table);
        let field = reader.required_str("field", out).map(own);
        let by = reader.required_str("by", out).map(own);
        reader.finish(out);
        moves.extend(field.zip(by).map(|(field, by)| Move { field, by }));
    }
    let rows = row_changes(&reader, out);
    Years { dates, data_of, freed, withdrawn, stock, moves, rows }
}

fn read_dates(reader: &mut Reader<'_, '_>, out: &mut Diagnostics) -> Vec<Date> {
    let item = reader.get("dates");
    let date = |item: &Spanned<DeValue<'_>>| match scalar(item.get_ref()) {
        Some(Value::Date(date)) => Some(date),
        _ => None,
    };
    let dates: Option<Vec<Date>> =
        item.and_then(|i| i.get_ref().as_array()).and_then(|list| list.iter().map(date).collect());
    let in_order = |dates: &Vec<Date>| {
        !dates.is_empty() && dates.len() <= 50 && dates.iter().zip(dates.iter().skip(1)).all(|(a, b)| a < b)
    };
    dates.filter(in_order).unwrap_or_else(|| {
        let at = item.map_or_else(|| reader.span(), |i| reader.at(i));
        out.push(texts::not_dates(at));
        Vec::new()
    })
}

fn share(reader: &mut Reader<'_, '_>, key: &'static str, out: &mut Diagnostics) -> Option<Exact> {
    let item = reader.get(key)?;
    match count(item) {
        Some(Count::Share(share)) if share <= Exact::from_integer(1) => Some(share),
        Some(Count::All) => Some(Exact::from_integer(1)),
        _ => {
            let label = texts::such_as("\"9,6 %\"", false);
            out.push(texts::wrong_form(&reader.what, key, form::SHARE, reader.at(item), label));
            None
        }
    }
}
