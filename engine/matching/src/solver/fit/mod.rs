//! The best fit of rows to columns, one each: a *linear assignment problem*.
//!
//! Rows are requests, columns units and, where requests may be left out, as many empty places. An auction with
//! falling steps (Bertsekas, 1979) brings prices near the right ones: rows bid for the column that gains them
//! most above its price. The rows whose column is not their best at those prices are then taken out and put back
//! along shortest paths (Dijkstra, with the prices as potentials: lengths are losses at the prices, which are
//! never below 0), which makes the answer exact.
//!
//! `rows` is the problem, `state` an assignment in the making with the auction, `paths` what puts rows back; `crowd` is
//! for parts in which few units face many requests.

mod crowd;
mod paths;
mod rows;
mod state;

use super::columns::Column;
use state::{STEPS, State};

pub(super) use crowd::{CROWD, Crowded, crowded};
pub(super) use rows::{Best, Rows};

/// The best assignment of rows to columns. If they are `paid`, all columns are given; if not, all rows have
/// one. With `near`, one that was best before, only what changed is assigned anew.
pub(super) fn best(rows: &Rows, paid: bool, near: Option<Best>) -> Best {
    if paid
        && near.is_none()
        && let Some(best) = crowd::of_rows(rows)
    {
        return best;
    }
    let mut state = State::new(rows);
    match near {
        Some(near) => state.begin(rows, near.column_of, near.prices, paid),
        None if paid => {
            for step in STEPS {
                state.auction(rows, step);
            }
            state.drop_loose(rows);
        }
        // Where columns may stay free, prices begin at 0, which is right for those that do: paths alone find
        // the answer.
        None => {}
    }
    paths::put_back(&mut state, rows);
    // Prices are known but for a constant: it is chosen so that an empty place costs nothing, or, where there is
    // none, so that nobody who may be left out loses by being housed.
    let shift = if rows.empty > 0 {
        state.empty_price
    } else {
        let free = (0..rows.len() as u32).filter(|&r| rows.may_be_idle(r));
        free.map(|r| state.profit(rows, r)).min().map_or(0, |least| (-least).max(0))
    };
    let column_of = state.column_of.iter().map(|&c| if c == Column::EMPTY { Column::NONE } else { c });
    Best { column_of: column_of.collect(), prices: state.price.iter().map(|p| p - shift).collect() }
}
