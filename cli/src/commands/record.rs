//! The receipts that `logis eval --record` keeps.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use logis::Pack;
use logis::data::column_of;
use logis::dated::DatedPlan;
use logis::evaluate::Context;
use logis::pack::schema::Origin;
use logis::parts::{DecidedPart, Rules};
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
    /// Of receipts as of the date of each row: the plans made so far, the rows without a date, and the field.
    plans: BTreeMap<Date, Arc<Plan>>,
    undated: usize,
    field: String,
}

impl Recording {
    /// Begins a file, if one is asked for.
    pub fn new(path: Option<&Path>) -> Result<Recording> {
        let begin = |path| -> Result<_> {
            let sink = Sink::new(Some(path), false)?;
            let writer = sink.writer()?;
            Ok((sink, writer))
        };
        Ok(Recording {
            file: path.map(begin).transpose()?,
            sealer: Sealer::default(),
            plans: BTreeMap::new(),
            undated: 0,
            field: String::new(),
        })
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

    /// Keeps the decisions of all rows of a part. A row without a date of its own, where each has one, is not
    /// decided and leaves no receipt.
    pub fn part(&mut self, pack: &Pack, rules: &Rules, part: &DecidedPart) -> Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        let dataset = &part.read.dataset;
        let plan = match rules {
            Rules::AsOf(plan) => plan,
            Rules::AsOfField(dated) => return self.by_date(pack, dated, part),
        };
        let entity = plan.parsed.schema.entities.get(plan.entity);
        if let Some(Origin::Pair(..)) = entity.map(|e| &e.origin) {
            bail!(
                "--record garde les décisions d'une ligne de données: `{}` est une paire",
                entity.map_or("", |e| &e.name)
            );
        }
        let rows: Vec<usize> = (0..part.ids().len()).collect();
        let context = Context::new(plan, dataset);
        let recorder = Recorder::new(&context);
        for rows in rows.chunks(CHUNK) {
            self.receipts(&recorder.lines(rows, &part.decisions))?;
        }
        Ok(())
    }

    /// A receipt is as of the date of its row: for each date, the plan of that date says what it holds.
    fn by_date(&mut self, pack: &Pack, dated: &DatedPlan, part: &DecidedPart) -> Result<()> {
        let (schema, dataset) = (&pack.parsed().schema, &part.read.dataset);
        let dates = column_of(dataset, schema, dated.field());
        let mut rows: BTreeMap<Date, Vec<usize>> = BTreeMap::new();
        let count = part.ids().len();
        for row in 0..count {
            if let Some(Value::Date(date)) = dates.and_then(|dates| dates.get(row)) {
                rows.entry(date).or_default().push(row);
            }
        }
        let names: Vec<&str> = dated.names().iter().map(String::as_str).collect();
        let mut lines: Vec<Option<String>> = vec![None; count];
        for (date, rows) in rows {
            let plan = match self.plans.get(&date) {
                Some(plan) => plan.clone(),
                None => self.plans.entry(date).or_insert(pack.plan(date, &names)?).clone(),
            };
            let context = Context::new(&plan, dataset);
            for (row, line) in rows.iter().zip(Recorder::new(&context).lines(&rows, &part.decisions)) {
                if let Some(slot) = lines.get_mut(*row) {
                    *slot = Some(line);
                }
            }
        }
        self.undated += lines.iter().filter(|line| line.is_none()).count();
        let field = schema.fields.get(dated.field()).map_or("", |f| f.name.as_str());
        self.field = field.to_string();
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        self.receipts(&lines)
    }

    /// Writes the line that closes the file, and puts it into its place.
    pub fn close(self) -> Result<()> {
        let Some((sink, mut writer)) = self.file else { return Ok(()) };
        if self.undated > 0 {
            let part = crate::input::of_part();
            eprintln!("avertissement{part}: {} ligne(s) sans `{}`: pas de reçu", self.undated, self.field);
        }
        writer.write_all(self.sealer.close().as_bytes())?;
        writer.write_all(b"\n")?;
        writer.flush()?;
        sink.close()
    }
}
