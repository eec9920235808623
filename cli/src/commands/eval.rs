//! `logis eval`: decides rules for each row of a data package.

use std::path::PathBuf;

use anyhow::Result;
use logis::Pack;
use logis::data::{BatchWriter, Dataset, Needs, NotInOrder, Output, OutputColumn, Stream, batch_to_parquet};
use logis::evaluate::{DecisionColumn, Decisions, Outcome, evaluate};
use logis::explain::{Shown, show};
use logis::graph::Target;
use logis::invariants::Invariants;
use logis::plan::Plan;
use logis::reference::{Answer, Interpreter};
use logis::value::{Type, Value};

use super::given;
use super::record::Recording;
use crate::args::{DataArgs, Format, OutputArgs, RulesArgs};
use crate::{End, input, output};

/// `logis eval`
#[derive(clap::Args)]
pub struct EvalArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Règles ou groupes de règles à décider, séparés par des virgules (sinon les résultats du paquet)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Champ qui donne à chaque ligne sa propre date de décision
    #[arg(long, value_name = "CHAMP", conflicts_with = "as_of")]
    as_of_field: Option<String>,
    /// Moteur: le plan, ou l'interpréteur de Rhai pour le contrôler
    #[arg(long, value_name = "MOTEUR", value_enum, default_value = "plan")]
    engine: Engine,
    /// Garde un reçu de chaque décision dans ce fichier (JSON Lines): voir `logis replay`
    #[arg(long, value_name = "FICHIER")]
    record: Option<PathBuf>,
}

/// Which engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// Le plan: rapide, données manquantes suivies
    Plan,
    /// L'interpréteur de Rhai: l'oracle
    Reference,
}

/// Rows decided at a time when a package is read part by part.
const PART: usize = 1 << 16;

/// Decides, then writes one row per row of the entity: its identifier, then the rules as asked.
pub fn run(args: &EvalArgs) -> Result<End> {
    let pack = input::pack(&args.rules)?;
    let selected: Vec<String> = match args.select.is_empty() {
        true => pack.results().into_iter().map(str::to_string).collect(),
        false => {
            let asked: Vec<&str> = args.select.iter().map(|s| s.trim()).collect();
            pack.expand(&asked).into_iter().map(str::to_string).collect()
        }
    };
    let names: Vec<&str> = selected.iter().map(String::as_str).collect();
    let form = output::format(&args.output)?;
    if args.record.is_some() && args.engine == Engine::Reference {
        anyhow::bail!("--record garde les décisions du plan: sans --engine reference");
    }
    // Rules of pairs are decided on the pairs that the data gives.
    let of_pairs = given::pair_of(&pack, &names);
    let pack = match of_pairs {
        None => pack,
        Some(_) if args.record.is_some() => {
            anyhow::bail!("--record garde les décisions d'une ligne de données, et non d'un couple")
        }
        Some(pair) => given::pack(&pack, pair, &names, &args.data.data)?,
    };
    if let Some(field) = &args.as_of_field {
        return by_date(args, &pack, field, &names, form);
    }
    let by_parts =
        args.engine == Engine::Plan && of_pairs.is_none() && matches!(form, Format::Parquet | Format::Csv);
    if by_parts && let Some(end) = by_part(args, &pack, &names, form)? {
        return Ok(end);
    }
    let mut run = input::Run::with(pack, &args.data)?;
    let plan = run.plan(&names)?;
    let files = std::mem::take(&mut run.files);
    let dataset = input::dataset(&run.pack, files, &[&plan], &args.data.reading)?;
    let busy = crate::text::busy("décisions");
    let decisions = match args.engine {
        Engine::Plan => evaluate(&plan, &dataset),
        Engine::Reference => reference(&plan, &dataset)?,
    };
    drop(busy);
    say_errors(|_| Some(&plan), &dataset, &decisions);
    let mut recording = Recording::new(args.record.as_deref())?;
    recording.all(&plan, &dataset, &decisions)?;
    write(args, &plan, &dataset, decisions, form)?;
    recording.close()?;
    Ok(End::Fine)
}

/// Decides each row as of its own date.
fn by_date(args: &EvalArgs, pack: &Pack, field: &str, names: &[&str], form: Format) -> Result<End> {
    let dated = logis::dated::DatedPlan::of(pack, field, names)?;
    let files = input::data_files(pack, &args.data)?;
    let dataset = input::dataset_by_date(pack, files, &dated, &args.data.reading)?;
    let busy = crate::text::busy("décisions");
    let periods = dated.periods(&dataset)?;
    let each = match args.engine {
        Engine::Plan => periods.plans.iter().map(|plan| evaluate(plan, &dataset)).collect(),
        Engine::Reference => {
            periods.plans.iter().map(|plan| reference(plan, &dataset)).collect::<Result<Vec<_>>>()?
        }
    };
    let decisions = dated.join(&periods, each);
    drop(busy);
    for plan in &periods.plans {
        input::say_warnings(plan);
    }
    let Some(plan) = periods.plans.last() else {
        anyhow::bail!("aucune ligne n'a de date: `{field}` est vide partout");
    };
    let plan_of = |row: usize| periods.plans.get(*periods.of.get(row)? as usize).map(|p| &**p);
    say_errors(plan_of, &dataset, &decisions);
    let mut recording = Recording::new(args.record.as_deref())?;
    recording.by_date(pack, field, names, &dataset, &decisions)?;
    write(args, plan, &dataset, decisions, form)?;
    recording.close()?;
    Ok(End::Fine)
}

/// Writes the outcomes of all rows.
fn write(args: &EvalArgs, plan: &Plan, dataset: &Dataset, decisions: Decisions, form: Format) -> Result<()> {
    let entity = plan.parsed.schema.entities.get(plan.entity);
    let ids = dataset.tables.get(plan.entity).map(|t| t.ids.clone()).unwrap_or_default();
    let pair = entity.is_some_and(|e| e.pair_table.is_some());
    if form == Format::Parquet && !pair {
        let batch = decisions.to_record_batch(plan, &ids, None)?;
        return output::bytes_to(&batch_to_parquet(&batch)?, args.output.output.as_deref(), true);
    }
    let mut columns = match pair {
        true => given::sides(plan, dataset),
        false => vec![OutputColumn {
            name: entity.map_or_else(String::new, |e| e.key.clone()),
            cells: ids.iter().map(|id| Some(Value::Text(id.clone()))).collect(),
            kind: Type::Text(None),
        }],
    };
    columns.extend(outcome_columns(plan, decisions));
    output::write(
        &Output { name: entity.map_or_else(String::new, |e| e.name.clone()), columns },
        &args.output,
    )
}

/// The same, part by part in bounded memory, for a package of Parquet files whose tables are in one
/// order; `None` if it is not such a package.
fn by_part(args: &EvalArgs, pack: &Pack, names: &[&str], form: Format) -> Result<Option<End>> {
    // The entity of the rules does not depend on the date.
    let parsed = pack.parsed();
    let Some((_, entity)) = names.first().and_then(|name| Target::find(parsed, name)) else {
        return Ok(None);
    };
    // Files of others are read whole.
    if args.data.mapping.is_some() {
        return Ok(None);
    }
    let Some(parts) = input::parts(&args.data.data, pack, entity)? else { return Ok(None) };
    let date = input::as_of(args.data.as_of, &parts.others)?;
    let plan = pack.plan(date, names)?;
    let Some(streamed) = parts.open()? else { return Ok(None) };
    let needs = Needs { strict: args.data.reading.strict, ..plan.needs() };
    let invariants = Invariants::new(parsed, date, &needs.entities);
    let schema = &parsed.schema;
    let Some(mut stream) =
        Stream::open(schema, &parsed.references, entity, streamed, parts.others, &needs, PART)
    else {
        return Ok(None);
    };
    let sink = output::Sink::new(args.output.output.as_deref(), form == Format::Parquet)?;
    let mut writer = match form {
        Format::Parquet => BatchWriter::parquet(sink.writer()?),
        _ => BatchWriter::csv(sink.writer()?),
    };
    let mut recording = Recording::new(args.record.as_deref())?;
    let busy = crate::text::busy("décisions");
    let (mut columns, mut told) = (None, input::Told::default());
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    // One thread reads ahead of the others that decide.
    let read = std::thread::scope(|scope| -> Result<bool> {
        scope.spawn(move || {
            loop {
                let part = stream.next_part();
                let more = matches!(part, Ok(Some(_)));
                if sender.send(part).is_err() || !more {
                    break;
                }
            }
        });
        for part in receiver {
            let part = match part {
                Ok(Some(part)) => part,
                Ok(None) => return Ok(true),
                Err(NotInOrder) => return Ok(false),
            };
            let mut part = part;
            invariants.hold(&mut part.dataset, &mut part.issues, &mut part.dropped);
            told.part(part.issues, part.absent, part.dropped, &part.dataset);
            let part = part.dataset;
            let decisions = evaluate(&plan, &part);
            say_errors(|_| Some(&plan), &part, &decisions);
            let ids = part.tables.get(entity).map_or(&[][..], |t| &t.ids);
            let batch = decisions.to_record_batch(&plan, ids, columns.as_deref())?;
            writer.write(&batch)?;
            recording.all(&plan, &part, &decisions)?;
            columns.get_or_insert(batch.schema());
        }
        Ok(false)
    })?;
    drop(busy);
    if !read || columns.is_none() {
        return Ok(None);
    }
    input::say_warnings(&plan);
    input::report(pack, &told, &needs, &[&plan], &args.data.reading)?;
    writer.close()?;
    sink.close()?;
    recording.close()?;
    Ok(Some(End::Fine))
}

/// The rows without an outcome, on the standard error; `plan_of` is the plan of a row.
fn say_errors<'p>(plan_of: impl Fn(usize) -> Option<&'p Plan>, dataset: &Dataset, decisions: &Decisions) {
    for (row, rule, error) in decisions.row_errors() {
        let Some(plan) = plan_of(row) else { continue };
        let about = logis::explain::about(plan, dataset, plan.entity, row as u64);
        if let Shown::Error(text) = show(plan, dataset, &Outcome::Error(error.clone())) {
            eprintln!("avertissement: {about}: `{rule}` sans résultat: {text}");
        }
    }
}

/// The outcomes as columns; what is not decided is empty.
fn outcome_columns(plan: &Plan, decisions: Decisions) -> Vec<OutputColumn> {
    decisions
        .names
        .into_iter()
        .zip(decisions.columns)
        .zip(&plan.selected)
        .map(|((name, column), (_, node))| OutputColumn {
            name,
            cells: (0..column.len()).map(|row| column.value(row)).collect(),
            kind: plan.node(*node).map_or(Type::Bool, |n| n.ty.clone()),
        })
        .collect()
}

/// The same decisions by Rhai's interpreter.
fn reference(plan: &Plan, dataset: &logis::data::Dataset) -> Result<Decisions> {
    let interpreter = Interpreter::new(plan, dataset)?;
    let rows = dataset.tables.get(plan.entity).map_or(0, |t| t.rows() as u64);
    let mut decisions = Decisions::default();
    for (name, node) in &plan.selected {
        let decide = |row| match interpreter.decide_name(name, row) {
            Answer::Known(value) => Outcome::Known(value),
            Answer::Unknown => Outcome::Unknown(Vec::new()),
            Answer::Error(error) => {
                Outcome::Error(logis::evaluate::RowError { error, node: *node, rule: None })
            }
        };
        decisions.names.push(name.clone());
        decisions.columns.push(DecisionColumn::new((0..rows).map(decide)));
    }
    Ok(decisions)
}
