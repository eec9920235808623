//! The end of the road of `logis eval`: decided parts become results and receipts, and what was found is told.

use std::mem::take;

use anyhow::Result;
use logis::Pack;
use logis::data::{
    BatchWriter, Dataset, Output, OutputColumn, ReadOutcome, RecordBatch, Share, batch_to_parquet,
};
use logis::evaluate::{Decisions, Outcome};
use logis::explain::{Shown, Words, about, show};
use logis::pack::schema::EntityId;
use logis::parts::{DecidedPart, PartDecider, PartSink, Rules};
use logis::places::Places;
use logis::plan::Plan;
use logis::value::{Type, Value, french_day};

use super::eval::EvalArgs;
use super::record::Recording;
use super::{described, given, missing_inputs, reserves};
use crate::args::Format;
use crate::output::{self, Named, Sink};
use crate::presented::Presented;
use crate::{input, text};

/// Why the road ends before its end.
pub enum Stopped {
    /// These parts cannot be written one after the other: the package is to be read whole.
    ReadWhole,
    /// What is told to the user.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Stopped {
        Stopped::Failed(error)
    }
}

/// Results that are being written, with the receipts that are asked for.
pub struct Results<'a> {
    args: &'a EvalArgs,
    pack: &'a Pack,
    form: Format,
    to: To,
    recording: Recording,
    told: input::Told,
    counted: reserves::Counted,
    open: missing_inputs::Counted,
    places: Places,
}

/// Where results go.
enum To {
    /// One part, written at once in any form.
    Whole,
    /// Part after part into one file.
    Parts(Box<Batches>),
}

/// A file of batches.
struct Batches {
    sink: Sink,
    writer: BatchWriter<Named>,
    /// The columns of the file, once there is a part: no rows.
    columns: Option<RecordBatch>,
}

impl<'a> Results<'a> {
    /// Results of data that is read whole.
    pub fn whole(args: &'a EvalArgs, pack: &'a Pack, form: Format) -> Result<Results<'a>> {
        Results::new(args, pack, form, To::Whole)
    }

    /// Results that are written part by part, as Parquet or CSV.
    pub fn by_parts(args: &'a EvalArgs, pack: &'a Pack, form: Format) -> Result<Results<'a>> {
        let sink = Sink::new(args.output.output.as_deref(), form == Format::Parquet)?;
        let writer = match form {
            Format::Parquet => BatchWriter::parquet(sink.writer()?),
            _ if has_headers(args) => BatchWriter::csv(sink.writer()?),
            _ => BatchWriter::csv_rows(sink.writer()?),
        };
        Results::new(args, pack, form, To::Parts(Box::new(Batches { sink, writer, columns: None })))
    }

    fn new(args: &'a EvalArgs, pack: &'a Pack, form: Format, to: To) -> Result<Results<'a>> {
        let recording = Recording::new(args.record.as_deref())?;
        let (mut told, counted) = (input::Told::default(), reserves::Counted::new());
        told.of_some = args.part.is_some() && matches!(to, To::Parts(_));
        let (open, places) = (missing_inputs::Counted::default(), Places::default());
        Ok(Results { args, pack, form, to, recording, told, counted, open, places })
    }

    /// Leaves to others the rows that are not of this part.
    pub fn only(&mut self, share: &Share, entity: EntityId, dataset: &mut Dataset) {
        self.told.whole(dataset);
        let all = dataset.tables.get(entity).map_or(0, |table| table.rows() as u64);
        dataset.keep(&self.pack.parsed().schema, entity, share.rows(all));
    }

    /// Tells what parts have not told yet, and puts the files into their places; false, and no file, if there was
    /// no part.
    pub fn close(self, decider: &PartDecider) -> Result<bool> {
        if let To::Parts(batches) = self.to {
            if batches.columns.is_none() {
                return Ok(false);
            }
            tell(self.args, self.pack, &self.told, decider)?;
            batches.writer.close()?;
            batches.sink.close()?;
        }
        reserves::say(&decider.plans(), &self.counted, self.args.reserves);
        if let Some(line) = decider.plans().last().and_then(|plan| self.open.line(plan, false)) {
            eprintln!("note{}: {line}", input::of_part());
        }
        if !self.places.is_empty() {
            eprintln!("note{}: règles locales par ligne: {}", input::of_part(), self.places);
        }
        self.recording.close()?;
        Ok(true)
    }
}

impl PartSink for &mut Results<'_> {
    type Error = Stopped;

    fn read(&mut self, read: &mut ReadOutcome, decider: &PartDecider) -> Result<(), Stopped> {
        let absent = read.absent.clone();
        self.told.part(take(&mut read.issues), absent, take(&mut read.dropped), &read.dataset);
        self.told.place(self.pack, &named(decider), &read.dataset);
        // Faults of the whole stop the command before it decides; those of parts are told after the last part.
        if matches!(self.to, To::Whole) {
            tell(self.args, self.pack, &self.told, decider)?;
        }
        Ok(())
    }

    fn decided(&mut self, part: &DecidedPart, decider: &PartDecider) -> Result<(), Stopped> {
        reserves::count(part, &mut self.counted);
        self.open.add(&part.decisions);
        if decider.plans().iter().any(|plan| plan.is_local()) {
            self.places.add(self.pack.parsed(), &part.read.dataset, decider.entity());
        }
        match &mut self.to {
            To::Whole => {
                let Some(plan) = &part.plan else { return Err(undated(self.args).into()) };
                say_errors(part);
                self.recording.part(self.pack, decider.rules(), part)?;
                write(self, plan, part)?;
            }
            To::Parts(batches) => {
                // Units of later rules that the columns of the file cannot hold, or no date in all of the rows.
                let like = batches.columns.as_ref().map(|columns| columns.schema_ref().as_ref());
                if part.plan.is_none() || like.is_some_and(|like| !part.decisions.fits(like)) {
                    return Err(Stopped::ReadWhole);
                }
                say_errors(part);
                batches.part(part)?;
                self.recording.part(self.pack, decider.rules(), part)?;
            }
        }
        Ok(())
    }
}

impl Batches {
    /// Writes a part; the first one says what the columns of the file are.
    fn part(&mut self, part: &DecidedPart) -> Result<()> {
        let like = self.columns.as_ref().map(|columns| columns.schema_ref().as_ref());
        let batch = part.to_record_batch(like)?;
        self.writer.write(&batch)?;
        self.columns.get_or_insert_with(|| RecordBatch::new_empty(batch.schema()));
        Ok(())
    }
}

fn undated(args: &EvalArgs) -> anyhow::Error {
    let field = args.as_of_field.as_deref().unwrap_or_default();
    anyhow::anyhow!("aucune ligne n'a de date: `{field}` est vide partout")
}

/// Tells on the standard error what is to be known of the plans, and what was found while reading. Faults of the
/// data are an error, unless the command is to go on without their rows.
fn tell(args: &EvalArgs, pack: &Pack, told: &input::Told, decider: &PartDecider) -> Result<()> {
    let plans = decider.plans();
    for plan in &plans {
        input::say_warnings(plan);
    }
    input::report(pack, told, decider.needs(), &named(decider), &args.data.reading)
}

/// The plan whose absent columns are told; none where each row has its own date.
fn named(decider: &PartDecider) -> Vec<&Plan> {
    match decider.rules() {
        Rules::AsOf(plan) => vec![plan],
        Rules::AsOfField(_) => Vec::new(),
    }
}

/// The rows without an outcome, on the standard error.
fn say_errors(part: &DecidedPart) {
    for (row, rule, error) in part.decisions.row_errors() {
        let Some(plan) = part.plan_of(row) else { continue };
        let dataset = &part.read.dataset;
        let about = about(plan, dataset, plan.entity, row as u64);
        if let Shown::Error(text) = show(plan, dataset, &Outcome::Error(error.clone())) {
            eprintln!("avertissement{}: {about}: `{rule}` sans résultat: {text}", input::of_part());
        }
    }
}

/// Writes the outcomes of all rows.
fn write(results: &Results<'_>, plan: &Plan, part: &DecidedPart) -> Result<()> {
    let Results { args, pack, form, .. } = results;
    let entity = plan.parsed.schema.entities.get(plan.entity);
    let pair = entity.is_some_and(|e| e.pair_table.is_some());
    if *form == Format::Parquet && !pair && !args.reserves && !args.output.states {
        let batch = part.to_record_batch(None)?;
        return output::bytes_to(&batch_to_parquet(&batch)?, args.output.output.as_deref(), true);
    }
    let mut columns = match pair {
        true => given::sides(plan, &part.read.dataset),
        false => vec![OutputColumn {
            name: entity.map_or_else(String::new, |e| e.key.clone()),
            cells: part.ids().texts().map(|id| Some(Value::Text(id.into()))).collect(),
            kind: Type::Text(None),
        }],
    };
    columns.extend(outcome_columns(plan, &part.decisions));
    columns.extend(args.reserves.then(|| reserves::column(part)));
    let name = entity.map_or_else(String::new, |e| e.name.clone());
    let result = Output { name, columns };
    if !form.is_for_people() && !args.output.states {
        return output::write_part(&result, &args.output, has_headers(args));
    }
    let mut result = Presented::of(result, &[plan]);
    for (name, column) in part.decisions.names.iter().zip(&part.decisions.columns) {
        result.decided(name, column);
    }
    if !form.is_for_people() {
        return output::write_part(&result.for_programs(true), &args.output, has_headers(args));
    }
    result.name_codes(&[plan], || input::references(pack))?;
    output::write(&result.with_about(about_result(results, plan, part)), &args.output)
}

/// What a workbook says of itself: what was decided, as of when, by which rules.
fn about_result(results: &Results<'_>, plan: &Plan, part: &DecidedPart) -> Vec<String> {
    let entity = plan.parsed.schema.entities.get(plan.entity);
    let rows = text::count(part.ids().len());
    let mut lines = vec![
        "Décisions".to_string(),
        format!("{rows} lignes : {}.", entity.map_or("", |entity| entity.label.as_str())),
    ];
    lines.push(match &results.args.as_of_field {
        Some(field) => {
            format!("Chaque ligne est décidée à sa propre date : {}.", Words::new(plan).label(field))
        }
        None => format!("Tout est décidé au {}.", french_day(plan.date)),
    });
    lines.extend(described::data(&part.read.dataset));
    lines.extend(described::rules(plan));
    lines.extend(results.open.line(plan, true).map(|line| format!("À compléter : {line}.")));
    let plans = [part.plan.clone()].into_iter().flatten().collect::<Vec<_>>();
    lines.extend(reserves::lines(&plans, &results.counted));
    lines
}

/// Does the result have its line of headers? Of several parts the first one has it, for all that follow on it.
fn has_headers(args: &EvalArgs) -> bool {
    args.part.is_none_or(|share| share.is_first())
}

/// The outcomes as columns; what is not decided is empty.
fn outcome_columns(plan: &Plan, decisions: &Decisions) -> Vec<OutputColumn> {
    decisions
        .names
        .iter()
        .zip(&decisions.columns)
        .zip(&plan.selected)
        .map(|((name, column), (_, node))| OutputColumn {
            name: name.clone(),
            cells: (0..column.len()).map(|row| column.value(row)).collect(),
            kind: plan.node(*node).map_or(Type::Bool, |n| n.ty.clone()),
        })
        .collect()
}
