//! The receipts that `logis eval --record` keeps.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Result, bail};
use logis::Pack;
use logis::data::{Dataset, column_of};
use logis::evaluate::{Context, Decisions};
use logis::pack::schema::Origin;
use logis::plan::Plan;
use logis::receipt::{Recorder, Sealer};
use logis::value::{Date, Value};

use crate::output::{Named, Sink};

/// Receipts made at a time.
const CHUNK: usize = 1 << 14;

/// A file of receipts being written, or none.
pub struct Recording {
    file: Option<(Sink, Named)>,
    sealer: Sealer,
}

impl Recording {
    /// Begins a file, if one is asked for.
    pub fn new(path: Option<&Path>) -> Result<Recording> {
        let begin = |path| -> Result<_> {
            let sink = Sink::new(Some(path), false)?;
            let writer = sink.writer()?;
            Ok((sink, writer))
        };
        Ok(Recording { file: path.map(begin).transpose()?, sealer: Sealer::default() })
    }

    /// Is nothing to be kept?
    pub fn is_off(&self) -> bool {
        self.file.is_none()
    }

    /// Seals and writes receipts, given as lines.
    pub fn receipts(&mut self, lines: &[String]) -> Result<()> {
        let Some((_, writer)) = &mut self.file else { return Ok(()) };
        for line in self.sealer.lines(lines) {
            writer.write_all(line.as_bytes())?;
            writer.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Keeps the decisions of all rows.
    pub fn all(&mut self, plan: &Plan, dataset: &Dataset, decisions: &Decisions) -> Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        let entity = plan.parsed.schema.entities.get(plan.entity);
        if let Some(Origin::Pair(..)) = entity.map(|e| &e.origin) {
            bail!(
                "--record garde les décisions d'une ligne de données: `{}` est une paire",
                entity.map_or("", |e| &e.name)
            );
        }
        let rows: Vec<usize> = (0..dataset.tables.get(plan.entity).map_or(0, |t| t.rows())).collect();
        let context = Context::new(plan, dataset);
        let recorder = Recorder::new(&context);
        for rows in rows.chunks(CHUNK) {
            self.receipts(&recorder.lines(rows, decisions))?;
        }
        Ok(())
    }

    /// Keeps decisions of which each is as of the date of its row; a row without one is not decided, and
    /// leaves none.
    pub fn by_date(
        &mut self,
        pack: &Pack,
        field: &str,
        names: &[&str],
        dataset: &Dataset,
        decisions: &Decisions,
    ) -> Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        let schema = &pack.parsed().schema;
        let dates = schema.field(field).and_then(|field| column_of(dataset, schema, field));
        let mut rows: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
        let count = decisions.columns.first().map_or(0, |c| c.len());
        for row in 0..count {
            if let Some(Value::Date(date)) = dates.and_then(|dates| dates.get(row)) {
                rows.entry(date).or_default().push(row);
            }
        }
        let mut lines: Vec<Option<String>> = vec![None; count];
        for (date, rows) in rows {
            let plan = pack.plan(date, names)?;
            let context = Context::new(&plan, dataset);
            for (row, line) in rows.iter().zip(Recorder::new(&context).lines(&rows, decisions)) {
                if let Some(slot) = lines.get_mut(*row) {
                    *slot = Some(line);
                }
            }
        }
        let undated = lines.iter().filter(|line| line.is_none()).count();
        if undated > 0 {
            eprintln!("avertissement: {undated} ligne(s) sans `{field}`: pas de reçu");
        }
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        self.receipts(&lines)
    }

    /// Writes the line that closes the file, and puts it into its place.
    pub fn close(self) -> Result<()> {
        let Some((sink, mut writer)) = self.file else { return Ok(()) };
        writer.write_all(self.sealer.close().as_bytes())?;
        writer.write_all(b"\n")?;
        writer.flush()?;
        sink.close()
    }
}
