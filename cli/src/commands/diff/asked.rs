//! As of which days is compared, and what must be in the data.

use std::collections::BTreeSet;

use anyhow::Result;
use logis::compare::{Pair, Structure};
use logis::data::{self, InputFile, Needs};
use logis::value::{Date, parse_date};

use super::DiffArgs;
use crate::input;

/// The dates as of which a package is decided: those asked, or its own and those from which something is
/// otherwise.
pub(super) fn dates(args: &DiffArgs, structure: &Structure, about: &[InputFile]) -> Result<BTreeSet<Date>> {
    if !args.as_of.is_empty() {
        return Ok(args.as_of.iter().copied().collect());
    }
    let mut dates: BTreeSet<Date> = structure.dates().iter().filter_map(|date| parse_date(date)).collect();
    let own = data::about(about).0.as_of;
    if own.is_some() || dates.is_empty() {
        dates.insert(input::as_of(own, &[])?);
    }
    Ok(dates)
}

/// What must be in the data: what the rules need; if they were not asked for by name, a table may be absent.
pub(super) fn needs(args: &DiffArgs, pairs: &[Pair], head: bool) -> Needs {
    let mut all = Needs::default();
    for pair in pairs {
        all.join(if head { pair.head.needs() } else { pair.base.needs() });
    }
    all.any_table = args.select.is_empty();
    all.strict = args.reading.strict;
    all
}
