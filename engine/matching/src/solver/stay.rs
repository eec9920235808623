//! Of the answers that are as good, the one in which most stay where they were.
//!
//! A row can go to any column where it gains as much as now, and the sum of worths does not change as long as
//! columns that cost something stay taken (complementary slackness). Which of these answers has most rows where
//! they were is an assignment problem again, with fits of 0 and 1; only rows that could go back and are
//! elsewhere move in it, and those whom they push.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of rows and columns of one part, which its makers check"
)]

use super::columns::Column;
use super::fit::{Best, Rows, best};

/// Where a row can be without a loss.
pub(super) struct Choice {
    /// Columns, ascending, with its own now.
    pub columns: Vec<Column>,
    /// Or in none?
    pub idle: bool,
    /// Its column now, or [`Column::NONE`].
    pub now: Column,
    /// The one that it had, or [`Column::NONE`].
    pub had: Column,
}

/// By row: its column, so that most rows have those that they had. `costs` says by column whether it costs
/// something. If the rows are `paid`, all columns are taken and some rows may be idle; if not, no row is.
pub(super) fn stay(rows: &[Choice], costs: &[bool], paid: bool) -> Vec<Column> {
    let now: Vec<Column> = rows.iter().map(|row| row.now).collect();
    let could = |row: &Choice| {
        row.had != Column::NONE && row.now != row.had && row.columns.binary_search(&row.had).is_ok()
    };
    // To keep a column taken that costs something is worth more than all that rows had. Fits have 16 bits: in a
    // part of more rows nobody is moved back here.
    let Ok(taken) = u16::try_from(rows.len() + 1) else { return now };
    if taken == u16::MAX || !rows.iter().any(could) {
        return now;
    }
    let by_row = rows.iter().map(|row| {
        let worth = |&column: &Column| {
            let kept = u16::from(column == row.had);
            (column, if paid || !costs[column.index()] { kept } else { taken + kept })
        };
        (row.columns.iter().map(worth), row.idle)
    });
    let graph = Rows::of(by_row, costs.len(), paid);
    // From where rows are now only those move who could go back, and those whom they push.
    let near = Best { column_of: now, prices: vec![0; costs.len()] };
    best(&graph, paid, Some(near)).column_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(columns: &[u32], now: u32, had: Column) -> Choice {
        let columns = columns.iter().copied().map(Column).collect();
        Choice { columns, idle: false, now: Column(now), had }
    }

    /// Row 0 had column 2 and row 1, which is new, is there; it can as well have column 1.
    #[test]
    fn who_was_there_goes_back_if_the_other_can_have_another() {
        let rows = [choice(&[0, 2], 0, Column(2)), choice(&[1, 2], 2, Column::NONE)];
        assert_eq!(stay(&rows, &[false, false, false], false), [Column(2), Column(1)]);
        // Where column 0 costs something and nobody else could have it, nobody moves.
        assert_eq!(stay(&rows, &[true, false, false], false), [Column(0), Column(2)]);
    }

    /// One of two must be idle: the one that had nothing.
    #[test]
    fn who_had_nothing_is_idle() {
        let row = |now, had| Choice { columns: vec![Column(0)], idle: true, now, had };
        let rows = [row(Column::NONE, Column(0)), row(Column(0), Column::NONE)];
        assert_eq!(stay(&rows, &[true], true), [Column(0), Column::NONE]);
    }
}
