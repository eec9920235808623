//! The lines of the rows of a table in its file.

use std::sync::Arc;

/// The line of each row, as an editor or a spreadsheet shows it. Clones share them.
#[derive(Clone, Debug)]
pub struct Lines(Of);

#[derive(Clone, Debug)]
enum Of {
    /// One row a line from this one on.
    Run { first: u64, rows: usize },
    /// Each row at a line of its own.
    Each(Arc<Vec<u64>>),
}

impl Default for Lines {
    fn default() -> Lines {
        Lines::run(1, 0)
    }
}

impl Lines {
    /// So many rows, one a line from the first one's line on.
    pub fn run(first: u64, rows: usize) -> Lines {
        Lines(Of::Run { first, rows })
    }

    /// The line of a row; `None` if there is no such row, or it comes from no file.
    pub fn get(&self, row: usize) -> Option<u64> {
        match &self.0 {
            Of::Run { first, rows } => (row < *rows).then(|| first.saturating_add(row as u64)),
            Of::Each(lines) => lines.get(row).copied(),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Of::Run { rows, .. } => *rows,
            Of::Each(lines) => lines.len(),
        }
    }

    /// Are there no rows, or do they come from no file?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a row.
    pub fn push(&mut self, line: u64) {
        match &mut self.0 {
            Of::Run { first, rows: rows @ 0 } => (*first, *rows) = (line, 1),
            Of::Run { first, rows } if first.checked_add(*rows as u64) == Some(line) => *rows += 1,
            Of::Run { first, rows } => {
                let before = (0..*rows as u64).map(|row| *first + row);
                self.0 = Of::Each(Arc::new(before.chain([line]).collect()));
            }
            Of::Each(lines) => Arc::make_mut(lines).push(line),
        }
    }

    /// Those of some rows.
    pub(super) fn pick(&self, rows: &[usize]) -> Lines {
        rows.iter().filter_map(|row| self.get(*row)).collect()
    }
}

impl FromIterator<u64> for Lines {
    fn from_iter<I: IntoIterator<Item = u64>>(lines: I) -> Lines {
        let mut all = Lines::default();
        for line in lines {
            all.push(line);
        }
        all
    }
}

impl From<Vec<u64>> for Lines {
    fn from(lines: Vec<u64>) -> Lines {
        lines.into_iter().collect()
    }
}
