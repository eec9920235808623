//! `logis candidates` and `logis match`: requests facing units.

use std::cmp::Reverse;
use std::sync::Arc;

use anyhow::{Result, bail};
use logis_engine::candidates::{Candidates, Options, candidates as find, check_blocks, sides};
use logis_engine::data::{Dataset, Output, OutputColumn};
use logis_engine::evaluate::{Decisions, evaluate};
use logis_engine::matching::{Matching, Pair, Problem, solve, verify};
use logis_engine::pack::manifest;
use logis_engine::pack::schema::EntityId;
use logis_engine::plan::Plan;
use logis_engine::value::{Type, Value};

use crate::{End, PairArgs, input, output};

/// What a matching needs: the plans on pairs and on requests, and the data.
pub struct Pairs {
    /// The plan on pairs: the suitability, then what was selected.
    pub plan: Arc<Plan>,
    /// The plan on requests: their priority.
    pub priority: Option<Arc<Plan>>,
    /// The data.
    pub dataset: Dataset,
    /// Entity of the requests.
    pub requests: EntityId,
    /// Entity of the units.
    pub units: EntityId,
}

impl Pairs {
    /// Number of rows of an entity.
    pub fn rows(&self, entity: EntityId) -> usize {
        self.dataset.tables.get(entity).map_or(0, logis_engine::data::Table::rows)
    }

    /// The candidates.
    pub fn candidates(&self) -> Candidates {
        let _busy = crate::text::busy("candidatures");
        find(&self.plan, &self.dataset, &Options::default())
    }

    /// The attributions, checked against their proof.
    pub fn matching(&self, candidates: &Candidates) -> Result<Matching> {
        // Units are numbered by identifier, so that the order of the rows decides nothing.
        let rows = self.by_identifier(self.units);
        let mut numbers = vec![0; rows.len()];
        for (number, &row) in (0_u32..).zip(&rows) {
            if let Some(slot) = numbers.get_mut(row as usize) {
                *slot = number;
            }
        }
        let number = |row: u32| numbers.get(row as usize).copied().unwrap_or(u32::MAX);
        let pair = |(request, unit)| Pair { request, unit: number(unit), fit: 0, marks: 0 };
        // The first to be served has the most points.
        let order = self.ordered();
        let mut points = vec![0; order.len()];
        for (rank, &request) in (0_u32..).zip(order.iter().rev()) {
            if let Some(slot) = points.get_mut(request as usize) {
                *slot = rank;
            }
        }
        let units = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let pairs = candidates.iter().map(pair).collect();
        let problem = Problem::from_pairs(points, units, pairs, Vec::new())?;
        let mut matching = solve(&problem);
        verify(&problem, &matching)?;
        for unit in matching.unit_of.iter_mut().flatten() {
            *unit = rows.get(*unit as usize).copied().unwrap_or(*unit);
        }
        Ok(matching)
    }

    /// The rows of an entity in the order of their identifiers.
    fn by_identifier(&self, entity: EntityId) -> Vec<u32> {
        let ids = self.dataset.tables.get(entity).map_or(&[][..], |t| &t.ids);
        let mut rows: Vec<u32> = (0_u32..).take(ids.len()).collect();
        rows.sort_by_key(|&row| ids.get(row as usize));
        rows
    }

    /// Requests, the first to be served first: by priority, then by identifier. A request whose
    /// priority is not known comes after those of which it is.
    fn ordered(&self) -> Vec<u32> {
        let decisions =
            self.priority.as_ref().map_or_else(Decisions::default, |p| evaluate(p, &self.dataset));
        let priority = decisions.columns.first();
        let mut order = self.by_identifier(self.requests);
        order.sort_by_cached_key(|&row| Reverse(priority.and_then(|p| p.value(row as usize))));
        order
    }
}

/// The matching that a pack declares.
pub fn declared(run: &input::Run) -> Result<&manifest::Matching> {
    match &run.pack.parsed().manifest.matching {
        Some(matching) => Ok(matching),
        None => bail!("le paquet de règles ne déclare pas d'appariement: `[matching]` dans pack.toml"),
    }
}

/// Plans and reads what a matching needs, and what other plans on the same data do.
pub fn prepare(run: &mut input::Run, select: &[&str], others: &[&Plan], keep_going: bool) -> Result<Pairs> {
    let declared = declared(run)?.clone();
    let names: Vec<&str> = [declared.suitable.0.as_str()].into_iter().chain(select.iter().copied()).collect();
    let plan = run.plan_pairs(&declared.candidature.0, &names)?;
    check_blocks(&plan, &declared.blocks)?;
    let Some((requests, units)) = sides(&plan) else {
        bail!("`{}` n'est pas une règle d'une candidature", declared.suitable.0);
    };
    let priority = declared.priority.as_ref().map(|(name, _)| run.plan(&[name])).transpose()?;
    let files = std::mem::take(&mut run.files);
    let own = std::iter::once(&plan).chain(&priority).map(Arc::as_ref);
    let plans: Vec<&Plan> = own.chain(others.iter().copied()).collect();
    let dataset = input::dataset(&run.pack, files, &plans, keep_going)?;
    Ok(Pairs { plan, priority, dataset, requests, units })
}

/// `logis candidates`: one row per suitable pair.
pub fn candidates(args: &PairArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let select: Vec<&str> = args.select.iter().map(|s| s.trim()).collect();
    let pairs = prepare(&mut run, &select, &[], args.data.keep_going)?;
    let found = pairs.candidates();
    output::write(&table(&pairs, &found, |_, _| true, "candidatures"), &args.output)?;
    summary(&found);
    Ok(End::Fine)
}

/// `logis match`: one row per attribution.
pub fn matching(args: &PairArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let select: Vec<&str> = args.select.iter().map(|s| s.trim()).collect();
    let pairs = prepare(&mut run, &select, &[], args.data.keep_going)?;
    let found = pairs.candidates();
    let matching = pairs.matching(&found)?;
    let given = |request: u32, unit: u32| matching.unit_of.get(request as usize) == Some(&Some(unit));
    output::write(&table(&pairs, &found, given, "attributions"), &args.output)?;
    summary(&found);
    eprintln!(
        "{} attributions; la preuve qu'il n'en est pas davantage a été vérifiée",
        matching.reached.attributions
    );
    Ok(End::Fine)
}

fn summary(found: &Candidates) {
    let open: u32 = found.open.iter().sum();
    eprintln!(
        "{} candidatures recevables sur {} couples, dont {} ont été regardés",
        found.len(),
        found.pairs,
        found.looked_at
    );
    if open > 0 {
        eprintln!("{open} couples restent ouverts faute de données: ils ne sont pas proposés");
    }
    if found.errors > 0 {
        eprintln!("{} couples ont une erreur: ils ne sont pas proposés", found.errors);
    }
}

/// Some candidates as a table: both identifiers, then the selected rules.
fn table(pairs: &Pairs, found: &Candidates, keep: impl Fn(u32, u32) -> bool, name: &str) -> Output {
    let schema = &pairs.plan.parsed.schema;
    let chosen: Vec<(usize, (u32, u32))> =
        found.iter().enumerate().filter(|(_, (request, unit))| keep(*request, *unit)).collect();
    let ids = |entity: EntityId, of: fn((u32, u32)) -> u32| {
        let table = pairs.dataset.tables.get(entity);
        OutputColumn {
            name: schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone()),
            cells: chosen
                .iter()
                .map(|(_, pair)| table?.ids.get(of(*pair) as usize).cloned().map(Value::Text))
                .collect(),
            kind: Type::Text(None),
        }
    };
    let mut columns = vec![ids(pairs.requests, |(request, _)| request), ids(pairs.units, |(_, unit)| unit)];
    for ((name, node), outcomes) in pairs.plan.selected.iter().skip(1).zip(&found.outcomes) {
        columns.push(OutputColumn {
            name: name.clone(),
            cells: chosen.iter().map(|(row, _)| outcomes.value(*row)).collect(),
            kind: pairs.plan.node(*node).map_or(Type::Bool, |n| n.ty.clone()),
        });
    }
    Output { name: name.to_string(), columns }
}
