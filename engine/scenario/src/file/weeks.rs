//! Reading `[weeks]`: a year that goes by sessions.

use super::changes::number;
use super::read::own;
use super::{MOST_SESSIONS, Weeks};
use crate::texts::{self, form};
use logis_language::diagnostic::Diagnostics;
use logis_language::pack::manifest::Ranks;
use logis_language::pack::toml_reader::Reader;
use logis_language::value::Exact;

/// Candidates that a unit may have at most.
pub(super) const MOST_CANDIDATES: i64 = 100;

/// The sessions of a scenario; of a variant (`own_dates` is false), those things in which its sessions differ.
pub(super) fn weeks(mut reader: Reader<'_, '_>, own_dates: bool, out: &mut Diagnostics) -> Weeks {
    let span = reader.span();
    let count = whole(&mut reader, "count", (i64::from(MOST_SESSIONS), "52"), out)
        .and_then(|n| u32::try_from(n).ok());
    let candidates =
        whole(&mut reader, "candidates", (MOST_CANDIDATES, "3"), out).and_then(|n| usize::try_from(n).ok());
    let acceptance = probability(&mut reader, "acceptance", "0.54", out);
    let ranks = reader.str("ranks", out).and_then(|(written, span)| {
        let read = Ranks::read(written);
        if read.is_none() {
            let label = texts::such_as(&Ranks::WRITTEN.map(|own| format!("\"{own}\"")).join(", "), false);
            out.push(texts::wrong_form(&reader.what, "ranks", form::RANKS, span, label));
        }
        read
    });
    let (mut request_date, mut unit_date, mut at_once) = (None, None, None);
    if own_dates {
        request_date = reader.str("request_date", out).map(own);
        unit_date = reader.str("unit_date", out).map(own);
        at_once = reader.get("at_once").is_some().then(|| reader.bool("at_once", out));
    }
    reader.finish(out);
    Weeks { count, candidates, acceptance, ranks, request_date, unit_date, at_once, span }
}

/// A number from 0 to 1.
pub(super) fn probability(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    example: &str,
    out: &mut Diagnostics,
) -> Option<Exact> {
    let item = reader.get(key)?;
    let found = number(item).filter(|n| (0..=*n.denom()).contains(n.numer()));
    if found.is_none() {
        let label = texts::such_as(example, false);
        out.push(texts::wrong_form(&reader.what, key, form::PROBABILITY, reader.at(item), label));
    }
    found
}

pub(super) fn whole(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    limit: (i64, &str),
    out: &mut Diagnostics,
) -> Option<i64> {
    let item = reader.get(key)?;
    let found = number(item).filter(Exact::is_integer).and_then(|n| i64::try_from(*n.numer()).ok());
    let found = found.filter(|n| (1..=limit.0).contains(n));
    if found.is_none() {
        out.push(texts::not_so_many(&reader.what, key, limit, reader.at(item)));
    }
    found
}
