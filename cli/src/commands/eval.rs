//! `logis eval`: decides rules for each row of a data package.

use anyhow::Result;
use logis_engine::data::{Output, OutputColumn};
use logis_engine::evaluate::{DecisionColumn, Decisions, Outcome, evaluate};
use logis_engine::explain::{Shown, show};
use logis_engine::plan::Plan;
use logis_engine::reference::{Answer, Interpreter};
use logis_engine::value::{Type, Value};

use crate::{End, Engine, EvalArgs, input, output};

/// Decides, then writes one row per row of the entity: its identifier, then the rules as asked.
pub fn run(args: &EvalArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let selected: Vec<&str> = match args.select.is_empty() {
        true => run.pack.results(),
        false => args.select.iter().map(|s| s.trim()).collect(),
    };
    let plan = run.plan(&selected)?;
    let files = std::mem::take(&mut run.files);
    let dataset = input::dataset(&run.pack, files, &[&plan], args.data.keep_going)?;
    let busy = crate::text::busy("décisions");
    let decisions = match args.engine {
        Engine::Plan => evaluate(&plan, &dataset),
        Engine::Reference => reference(&plan, &dataset)?,
    };
    drop(busy);
    for (row, rule, error) in decisions.row_errors() {
        let about = logis_engine::explain::about(&plan, &dataset, plan.entity, row as u64);
        if let Shown::Error(text) = show(&plan, &dataset, &Outcome::Error(error.clone())) {
            eprintln!("avertissement: {about}: `{rule}` sans résultat: {text}");
        }
    }
    let entity = plan.parsed.schema.entities.get(plan.entity);
    let ids = dataset.tables.get(plan.entity).map(|t| t.ids.clone()).unwrap_or_default();
    let mut columns = vec![OutputColumn {
        name: entity.map_or_else(String::new, |e| e.key.clone()),
        cells: ids.into_iter().map(|id| Some(Value::Text(id))).collect(),
        kind: Type::Text(None),
    }];
    columns.extend(outcome_columns(&plan, decisions));
    output::write(
        &Output { name: entity.map_or_else(String::new, |e| e.name.clone()), columns },
        &args.output,
    )?;
    Ok(End::Fine)
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
fn reference(plan: &Plan, dataset: &logis_engine::data::Dataset) -> Result<Decisions> {
    let interpreter = Interpreter::new(plan, dataset)?;
    let rows = dataset.tables.get(plan.entity).map_or(0, |t| t.rows() as u64);
    let mut decisions = Decisions::default();
    for (name, node) in &plan.selected {
        let decide = |row| match interpreter.decide_name(name, row) {
            Answer::Known(value) => Outcome::Known(value),
            Answer::Unknown => Outcome::Unknown(Vec::new()),
            Answer::Error(error) => {
                Outcome::Error(logis_engine::evaluate::RowError { error, node: *node, rule: None })
            }
        };
        decisions.names.push(name.clone());
        decisions.columns.push(DecisionColumn::new((0..rows).map(decide)));
    }
    Ok(decisions)
}
