//! How large a scenario may be: rows that its changes add, runs that it asks for.
//!
//! What a file asks for is counted before anything is made, so that a digit too many is a message and not a
//! machine without memory. What only the data decides (a share of rows, year after year) is counted when
//! rows are added: [`Scenario::too_many`].

use super::{Count, RowChange, RowKind, Scenario};
use crate::texts;
use logis_language::diagnostic::{Diagnostics, PackError, Span};

/// Rows that changes may add to a table, if `max_added` does not say otherwise: ten times what a large EPCI has.
pub(super) const MAX_ADDED: usize = 1_000_000;

/// What `max_added` may say: a table of this many rows takes tens of gigabytes.
pub(super) const MOST_ADDED: usize = 100_000_000;

/// Runs of a scenario: each is a file, and some seconds.
const RUNS: u128 = 100_000;

/// Reports what is too large.
pub(super) fn check(scenario: &Scenario, base: Span, out: &mut Diagnostics) {
    let years =
        |years: &'_ Option<super::Years>| years.iter().flat_map(|y| y.rows.clone()).collect::<Vec<_>>();
    let mut rows: Vec<RowChange> = scenario.base.rows.clone();
    rows.extend(years(&scenario.years));
    for variant in &scenario.variants {
        rows.extend(variant.rows.iter().cloned());
        rows.extend(years(&variant.years));
    }
    let most = scenario.base.max_added;
    for change in rows.iter().filter(|change| change.kind == RowKind::Add) {
        match change.count {
            Count::Rows(n) if u128::from(n) > most as u128 => {
                let entity = &change.entity.0;
                out.push(texts::change_too_large(entity, &n.to_string(), most, change.span.clone()));
            }
            _ => {}
        }
    }
    let stocks = [&scenario.years].into_iter().chain(scenario.variants.iter().map(|v| &v.years));
    for stock in stocks.flatten().filter_map(|y| y.stock).filter(|n| u128::from(*n) > most as u128) {
        out.push(texts::stock_too_large(stock, most, base.clone()));
    }
    let points = |sweep: &super::Sweep| {
        sweep.axes.iter().fold(1_u128, |all, axis| all.saturating_mul(axis.points.len() as u128))
    };
    let sweeps = scenario.sweeps.iter().map(points).fold(0_u128, u128::saturating_add);
    let each = sweeps.saturating_add(1 + scenario.variants.len() as u128);
    let runs = each.saturating_mul(scenario.base.seeds.len() as u128);
    if runs > RUNS {
        out.push(texts::too_many_runs((runs, RUNS), (scenario.base.seeds.len(), each), base));
    }
}

impl Scenario {
    /// That a change adds more rows to a table than it may; `asked` says how many it would have after it.
    pub(crate) fn too_many(&self, span: &Span, table: &str) -> PackError {
        let most = self.base.max_added;
        let diagnostic = texts::too_many_rows(table, most, span.clone());
        PackError { diagnostics: vec![diagnostic], sources: self.sources.clone() }
    }
}
