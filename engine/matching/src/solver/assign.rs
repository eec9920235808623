//! The best fit within one part of the face, and who stays where they were.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::super::numbers::InnerUnit;
use super::super::problem::Problem;
use super::columns::Column;
use super::fit::{Best, Crowded, Rows, best, crowded};
use super::part::Part;
use super::start::Near;
use super::stay::{Choice, stay};

/// Warm-start prices are clamped to ± this, so that no sum of two overflows an `i32`. Prices of a part are sums
/// of differences of fits along a path: more than 2^28 would take a path of 268,000 units.
const FARTHEST: i64 = 1 << 28;

/// The answer in one part.
pub(super) struct Fitted {
    /// Requests and the units they get.
    pub pairs: Vec<(u32, InnerUnit)>,
    /// Units and their prices, in fit.
    pub prices: Vec<(InnerUnit, i64)>,
}

/// Assigns the requests of a part so that the sum of the fits is the largest. `prices` are by cell. `near` says
/// where the search begins, if there was an answer before.
pub(super) fn assign(problem: &Problem, part: &Part, prices: &[i64], near: Option<&Near>) -> Fitted {
    if near.is_none()
        && let Some(Crowded { pairs, prices }) = crowded(problem, part, prices)
    {
        return Fitted { pairs, prices };
    }
    let (rows, units) = Rows::of_part(problem, part, prices);
    // By row: the column that the request had. Units ascend, as cells do.
    let had = |near: &Near| -> Vec<Column> {
        let column = |request: &u32| {
            let had = units.binary_search(&near.had[*request as usize]);
            had.map_or(Column::NONE, |c| Column(c as u32))
        };
        part.requests.iter().map(column).collect()
    };
    let begin = near.and_then(|near| {
        let by_unit = near.duals.as_ref()?;
        let prices = units.iter().map(|&unit| by_unit.fit.prices[unit.index()] / by_unit.fit.scale);
        let prices = prices.map(|p| p.clamp(-FARTHEST, FARTHEST) as i32).collect();
        Some(Best { column_of: had(near), prices })
    });
    let mut best = best(&rows, part.paid, begin);
    if let Some(near) = near {
        best.column_of = stay_at(&best, &rows, part.paid, &had(near));
    }
    // Back from rows and columns to requests and units.
    let taken = (0_u32..).zip(&best.column_of).filter(|(_, column)| **column != Column::NONE);
    Fitted {
        pairs: taken.map(|(row, column)| (part.requests[row as usize], units[column.index()])).collect(),
        prices: units.iter().zip(&best.prices).map(|(&u, &p)| (u, i64::from(p))).collect(),
    }
}

/// By row: its column in an assignment with the same sum of fits, in which most have the column that they `had`.
fn stay_at(best: &Best, rows: &Rows, paid: bool, had: &[Column]) -> Vec<Column> {
    let choice = |(row, (&now, &had)): (u32, (&Column, &Column))| {
        let gain = |column: Column| rows.fit(row, column) - best.prices[column.index()];
        let own = if now == Column::NONE { 0 } else { gain(now) };
        // Complementary slackness: any assignment along pairs that gain as much is as good.
        let idle = rows.may_be_idle(row) && own == 0;
        Choice { columns: rows.columns_of(row).filter(|c| gain(*c) == own).collect(), idle, now, had }
    };
    let choices: Vec<Choice> = (0_u32..).zip(best.column_of.iter().zip(had)).map(choice).collect();
    let costs: Vec<bool> = best.prices.iter().map(|p| *p != 0).collect();
    stay(&choices, &costs, paid)
}
