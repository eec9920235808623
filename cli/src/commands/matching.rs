//! `logis match` and `logis verify`: who gets which unit, and whether a written result holds.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use logis::attribution::{Before, Flags, Posed, QuotaInForce, ReadError, Report, ReportError};
use logis::diagnostic::nearest;
use logis::matching::{Gaps, Level, Matching, Prices, Proof, ProofError, solve, verify};
use logis::value::Value;
use serde_json::{Map, Value as Json};

use super::pairs::{self, Loaded};
use crate::args::{DataArgs, Format, OutputArgs, ProblemArgs, ReadingArgs, RulesArgs};
use crate::text::{align_numbers, count, empty, percent};
use crate::{End, input, output};

/// `logis match`
#[derive(clap::Args)]
pub struct MatchArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    problem: ProblemArgs,
    /// Résultat précédent (`logis match --format json`): repart de lui, et ne déplace que qui doit l'être
    #[arg(long, value_name = "FICHIER")]
    near: Option<PathBuf>,
}

/// `logis verify`
#[derive(clap::Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Le résultat à vérifier, écrit par `logis match --format json`
    #[arg(long = "match", value_name = "FICHIER")]
    result: PathBuf,
    #[command(flatten, next_help_heading = "Le problème, à poser comme à `logis match`")]
    problem: ProblemArgs,
}

/// `logis match`: one row per attribution; as JSON, with what each level and quota reaches, and the proof.
pub fn run(args: &MatchArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let near = match &args.near {
        Some(path) => {
            let Some(report) = read(path)? else { return Ok(End::FellShort) };
            Some((path, report))
        }
        None => None,
    };
    let posing = pose(&mut run, &args.problem, &args.data.reading)?;
    let loaded = &posing.loaded;
    let before = near
        .map(|(path, report)| {
            let before = report.before(&loaded.plan, &loaded.dataset, &loaded.instance);
            before.map_err(|error| format!("{}: {error}", path.display()))
        })
        .transpose();
    let before = match before {
        Ok(before) => before,
        Err(why) => {
            eprintln!("{why}");
            return Ok(End::FellShort);
        }
    };
    let (matching, gaps) = loaded.solve_from(before.as_ref())?;
    let unmet = unmet(loaded, &matching, &posing.hard);
    if !unmet.is_empty() {
        // Nothing is written: the result is not one that was asked for.
        eprint!("{unmet}");
        return Ok(End::FellShort);
    }
    let prices = loaded.prices(&matching);
    if output::format(&args.output)? == Format::Json {
        let report = posing.report(&matching, &prices)?;
        let text = format!("{}\n", serde_json::to_string_pretty(&report)?);
        output::text_to(&text, args.output.output.as_deref())?;
    } else {
        let (requests, units) = (&loaded.instance.requests, &loaded.instance.units);
        let given = |request: u32, unit: u32| {
            let own = matching.unit_of.get(requests.number(request) as usize);
            own == Some(&Some(units.number(unit)))
        };
        output::write(&pairs::table(loaded, given, "attributions"), &args.output)?;
    }
    pairs::say(loaded);
    eprint!("{}", summary(loaded, &matching, &gaps, &prices));
    if let Some(before) = &before {
        eprint!("{}", moved(before, &matching));
    }
    Ok(End::Fine)
}

/// The problem of a matching as the rules, the data, the date and the flags pose it.
pub struct Posing {
    /// Its rules, its data, its numbers.
    pub loaded: Loaded,
    /// The quotas that must be met, by their places.
    hard: Vec<usize>,
    flags: Flags,
}

/// Poses the problem of a matching.
pub fn pose(run: &mut input::Run, args: &ProblemArgs, reading: &ReadingArgs) -> Result<Posing> {
    let select: Vec<&str> = args.select.iter().map(|s| s.trim()).collect();
    let mut plan = pairs::plan(run, &select)?;
    let names: Vec<String> = plan.quotas.iter().map(|q| q.quota.name.clone()).collect();
    let not_in_force: Vec<&str> = plan.not_in_force.iter().map(|q| q.name.as_str()).collect();
    let hard = hard(&args.hard, &names, &not_in_force)?;
    if args.no_quotas {
        plan = plan.with_quotas(|_| false);
        plan.not_in_force.clear();
    }
    let flags = Flags {
        no_quotas: args.no_quotas,
        select: select.iter().map(ToString::to_string).collect(),
        hard: hard.iter().filter_map(|at| names.get(*at).cloned()).collect(),
    };
    let loaded = pairs::load(run, plan, &[], args.max_candidates, reading)?;
    Ok(Posing { loaded, hard, flags })
}

impl Posing {
    fn posed(&self) -> Result<Posed> {
        let Loaded { plan, dataset, instance, .. } = &self.loaded;
        Ok(Posed::new(plan, dataset, instance, self.flags.clone())?)
    }

    /// The result of a matching, to be written; `prices` are those of the quotas.
    fn report(&self, matching: &Matching, prices: &[u64]) -> Result<Report> {
        let Loaded { plan, dataset, instance, most } = &self.loaded;
        let posed = (*most, Some(self.posed()?));
        Ok(Report::new(plan, dataset, instance, (matching, prices), posed, |row, own| self.columns(row, own)))
    }

    /// What was asked for of a candidate, by its place in the outcomes.
    fn columns(&self, row: usize, own: &mut Map<String, Json>) {
        let asked = self.loaded.plan.pairs.selected.iter().skip(1).take(self.loaded.plan.asked);
        for ((name, _), outcomes) in asked.zip(&self.loaded.instance.candidates.outcomes) {
            let value = outcomes.value(row).map_or(Json::Null, |value| json(&value));
            own.insert(name.clone(), value);
        }
    }

    /// The answer that a written result tells, if it holds for this problem with all that it claims; or why it
    /// does not, in French.
    pub fn answer(&self, report: &Report) -> Result<Result<Matching, Vec<String>>> {
        let loaded = &self.loaded;
        let others = report.differences(&loaded.plan, loaded.most, &self.posed()?);
        if !others.is_empty() {
            return Ok(Err(others.iter().map(ToString::to_string).collect()));
        }
        Ok(self.checked(report).map_err(|why| vec![why]))
    }

    fn checked(&self, report: &Report) -> Result<Matching, String> {
        let Loaded { plan, dataset, instance, .. } = &self.loaded;
        let text = |error: ReportError| error.to_string();
        let matching = report.matching(plan, dataset, instance).map_err(text)?;
        verify(&instance.problem, &matching).map_err(|error| sentence(&self.loaded, &error))?;
        let claimed = report.certificate.problem.as_ref();
        report.check_columns(plan, dataset, instance, |row, own| self.columns(row, own)).map_err(text)?;
        let unchecked = |name: &&String| !self.flags.select.contains(name);
        let select = claimed.into_iter().flat_map(|posed| &posed.select).filter(unchecked);
        let select: Vec<String> = select.cloned().collect();
        if !select.is_empty() {
            return Err(text(ReportError::Unchecked(select)));
        }
        report.check_prices(&self.loaded.prices(&matching)).map_err(text)?;
        let hard = self.flags.hard.iter().chain(claimed.into_iter().flat_map(|posed| &posed.hard));
        for name in hard {
            let at = plan.quotas.iter().position(|q| q.quota.name == *name);
            match at.and_then(|at| matching.reached.quotas.get(at)) {
                Some(reached) if reached.shortfall == 0 => {}
                Some(reached) => {
                    return Err(format!("quota {name}: doit être tenu, il manque {}", reached.shortfall));
                }
                None => return Err(format!("quota {name}: doit être tenu, et n'est pas en vigueur ici")),
            }
        }
        Ok(matching)
    }

    /// Among what a result that holds is best.
    fn among(&self) -> String {
        let Loaded { plan, instance, most, .. } = &self.loaded;
        let kept = most.map_or_else(String::new, |most| format!(" gardées par --max-candidates {most}"));
        let share =
            |q: &QuotaInForce| format!("{} ({}/{})", q.quota.name, q.quota.numerator, q.quota.denominator);
        let quotas = match (plan.quotas.is_empty(), self.flags.no_quotas) {
            (false, _) => format!("quotas {}", plan.quotas.iter().map(share).collect::<Vec<_>>().join(", ")),
            (true, true) => "sans les quotas du paquet de règles".to_string(),
            (true, false) => "aucun quota n'étant en vigueur".to_string(),
        };
        format!(
            "parmi les {} candidatures recevables{kept} de {} demandes et {} logements, {quotas}, au {}",
            count(instance.candidates.len()),
            count(instance.requests.len()),
            count(instance.units.len()),
            plan.pairs.date
        )
    }
}

/// What has changed since the result of before.
fn moved(before: &Before, matching: &Matching) -> String {
    let (mut kept, mut moved, mut new, mut lost) = (0, 0, 0, 0);
    for (had, now) in before.unit_of.iter().zip(&matching.unit_of) {
        match (had, now) {
            (Some(had), Some(now)) if had == now => kept += 1,
            (Some(_), Some(_)) => moved += 1,
            (None, Some(_)) => new += 1,
            (Some(_), None) => lost += 1,
            (None, None) => {}
        }
    }
    let mut text = format!(
        "depuis le résultat précédent: {} attributions inchangées, {} demandes changent de logement, {} sont logées de plus, {} ne le sont plus\n",
        count(kept),
        count(moved),
        count(new),
        count(lost)
    );
    if before.requests_gone + before.units_gone > 0 {
        let _ = writeln!(
            text,
            "   des attributions précédentes, {} demandes et {} logements ne sont plus dans les données",
            count(before.requests_gone),
            count(before.units_gone)
        );
    }
    text
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(b) => (*b).into(),
        Value::Number(n) if n.is_integer() => {
            i64::try_from(*n.numer()).map_or_else(|_| n.to_string().into(), Into::into)
        }
        other => other.to_string().into(),
    }
}

/// The quotas that are conditions, by their places.
fn hard(asked: &[String], names: &[String], not_in_force: &[&str]) -> Result<Vec<usize>> {
    let mut places = BTreeSet::new();
    for name in asked {
        if name == "all" {
            places.extend(0..names.len());
        } else if let Some(at) = names.iter().position(|n| n == name) {
            places.insert(at);
        } else if not_in_force.contains(&name.as_str()) {
            bail!("--hard {name}: ce quota n'est pas en vigueur à cette date");
        } else {
            let all = names.iter().map(String::as_str).chain(not_in_force.iter().copied()).chain(["all"]);
            let hint =
                nearest(name, all).map_or_else(String::new, |n| format!("; vouliez-vous dire `{n}` ?"));
            bail!("--hard {name}: le paquet de règles n'a pas ce quota{hint}");
        }
    }
    Ok(places.into_iter().collect())
}

/// What keeps the quotas that are conditions from being met; empty, if they are.
fn unmet(loaded: &Loaded, matching: &Matching, hard: &[usize]) -> String {
    let mut text = String::new();
    for &at in hard {
        let (Some(quota), Some(reached)) = (loaded.plan.quotas.get(at), matching.reached.quotas.get(at))
        else {
            continue;
        };
        if reached.shortfall == 0 {
            continue;
        }
        let _ = writeln!(
            text,
            "quota {}: ne peut être tenu sans loger moins de demandes: {} attributions comptent, il en faut {} à des membres, et il y en a {} au plus",
            quota.quota.name, reached.base, reached.target, reached.members
        );
        text.push_str(&lacking(loaded, at, reached.target));
    }
    text
}

/// The requests and units through which every attribution to a member must pass, where they are too few.
fn lacking(loaded: &Loaded, quota: usize, target: u64) -> String {
    let instance = &loaded.instance;
    let member = |request, unit| {
        instance.pair(request, unit).is_some_and(|(_, marks)| marks >> (2 * quota + 1) & 1 == 1)
    };
    let Ok(problem) = instance.part(member).map(|problem| problem.without_quotas()) else {
        return String::new();
    };
    let most = solve(&problem);
    if most.reached.attributions >= target {
        return "   il y a assez de membres: le nombre d'attributions ou un quota placé avant en empêchent\n"
            .into();
    }
    let (mut requests, mut units) = (Vec::new(), Vec::new());
    let cells = problem.cell_of_units();
    if let Proof::Bound(bound) = &most.certificate.attributions
        && let Prices::Cells(prices) = &bound.prices
    {
        let full =
            |inside: usize| cells.get(inside).and_then(|c| prices.get(c.index())).is_some_and(|p| *p > 0);
        let mut cover = vec![false; instance.units.len()];
        for (inside, &unit) in problem.names().iter().enumerate() {
            if full(inside)
                && let Some(slot) = cover.get_mut(unit as usize)
            {
                *slot = true;
                units.push(instance.units.id(&loaded.dataset, unit));
            }
        }
        for (request, unit) in (0_u32..).zip(&most.unit_of) {
            if unit.is_some_and(|unit| cover.get(unit as usize) == Some(&false)) {
                requests.push(instance.requests.id(&loaded.dataset, request));
            }
        }
    }
    units.sort_unstable();
    let mut text = format!(
        "   {} attributions à des membres sont possibles, tout au plus; chacune passe par l'une de ces lignes, et aucune n'est de trop:\n",
        most.reached.attributions
    );
    for (what, ids) in [("demandes", requests), ("logements", units)] {
        if !ids.is_empty() {
            let _ = writeln!(text, "   {} {what}: {}", ids.len(), ids.join(", "));
        }
    }
    text
}

/// Levels and quotas as people read them; `prices` are those of the quotas.
pub fn summary(loaded: &Loaded, matching: &Matching, gaps: &Gaps, prices: &[u64]) -> String {
    let reached = &matching.reached;
    let mut text = format!(
        "{} attributions, {} points de priorité, {} points d'adéquation; {}\n",
        reached.attributions,
        reached.priority,
        reached.fit,
        proved(loaded, gaps)
    );
    if loaded.plan.quotas.is_empty() {
        return text;
    }
    let without = loaded.without_quotas().reached;
    text.push_str(&quotas(loaded, matching, prices));
    let points = without.priority.saturating_sub(reached.priority);
    // Fits compare between answers of as many points only.
    let cost = match (points, without.fit.saturating_sub(reached.fit)) {
        (0, 0) => "ne coûtent rien".to_string(),
        (0, fits) => format!("coûtent {fits} points d'adéquation, et aucun de priorité"),
        (points, _) => format!("coûtent {points} points de priorité"),
    };
    let as_many = match without.attributions == reached.attributions {
        true => "autant de demandes que sans eux".to_string(),
        false => format!("moins de demandes que sans eux ({})", without.attributions),
    };
    let _ = writeln!(text, "Ces quotas logent {as_many} ; ils {cost}.");
    text
}

/// What is proved of an answer.
fn proved(loaded: &Loaded, gaps: &Gaps) -> String {
    let quotas = loaded.plan.quotas.iter().map(|q| q.quota.name.as_str()).zip(gaps.quotas.iter().copied());
    let levels = [("attributions", gaps.attributions)].into_iter().chain(quotas);
    let open: Vec<String> = levels
        .chain([("priorité", gaps.priority), ("adéquation", gaps.fit)])
        .filter(|(_, gap)| *gap > 0)
        .map(|(level, gap)| format!("{level}: {gap}"))
        .collect();
    match open.is_empty() {
        true => "chaque niveau est prouvé et la preuve vérifiée".to_string(),
        false => format!("ce que la preuve laisse encore ouvert: {}", open.join(", ")),
    }
}

/// The quotas as a table.
fn quotas(loaded: &Loaded, matching: &Matching, prices: &[u64]) -> String {
    let mut table =
        empty(&["Quota", "Part visée", "Part atteinte", "Attributions", "Membres", "Manque", "Prix"]);
    for (at, (quota, reached)) in loaded.plan.quotas.iter().zip(&matching.reached.quotas).enumerate() {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        table.add_row([
            quota.label.clone(),
            percent(quota.quota.numerator as usize, quota.quota.denominator as usize),
            percent(number(reached.members), number(reached.base)),
            count(number(reached.base)),
            count(number(reached.members)),
            count(number(reached.shortfall)),
            count(number(prices.get(at).copied().unwrap_or(0))),
        ]);
    }
    align_numbers(&mut table);
    format!("{table}\nPrix: points de priorité qu'apporterait, en tout, un membre de moins demandé.\n")
}

/// Reads a written result; one that says what is no result's to say, or whose certificate has not the form of
/// one, is none, which is told.
pub fn read(path: &Path) -> Result<Option<Report>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    match Report::read(text.trim_start_matches('\u{feff}')) {
        Ok(report) => Ok(Some(report)),
        Err(error @ ReadError::NotAResult { .. }) => bail!("{}: {error}", path.display()),
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            Ok(None)
        }
    }
}

/// `logis verify`: does a written result hold on this data?
pub fn check(args: &VerifyArgs) -> Result<End> {
    let Some(report) = read(&args.result)? else { return Ok(End::FellShort) };
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let posing = pose(&mut run, &args.problem, &args.data.reading)?;
    let matching = match posing.answer(&report)? {
        Ok(matching) => matching,
        Err(why) => {
            does_not_hold(&why);
            return Ok(End::FellShort);
        }
    };
    output::print(&format!(
        "Le résultat tient: {} attributions; {}, aucune autre répartition ne fait mieux, niveau par niveau.\n",
        matching.reached.attributions,
        posing.among()
    ))?;
    for level in &report.levels {
        output::print(&format!("   {}: {}\n", level.name, level.value))?;
    }
    if report.certificate.problem.is_none() {
        output::print(
            "Il ne nomme ni les règles, ni les paramètres, ni les données dont il est fait: il tient sur ceux d'ici.\n",
        )?;
    }
    pairs::say(&posing.loaded);
    Ok(End::Fine)
}

/// Says why a written result does not hold.
pub fn does_not_hold(why: &[String]) {
    why.iter().for_each(|why| eprintln!("le résultat ne tient pas: {why}"));
}

/// What is wrong with an answer or its proof, with identifiers in place of numbers.
fn sentence(loaded: &Loaded, error: &ProofError) -> String {
    let (instance, dataset) = (&loaded.instance, &loaded.dataset);
    let level = |level: &Level| match level {
        Level::Quota(at) => {
            let quota = loaded.plan.quotas.get(*at).map_or("?", |q| q.quota.name.as_str());
            format!("quota {quota}")
        }
        other => other.to_string(),
    };
    match error {
        ProofError::NotSuitable { request, unit } => format!(
            "la demande {} reçoit le logement {}, qui ne lui convient pas",
            instance.requests.id(dataset, *request),
            instance.units.id(dataset, *unit)
        ),
        ProofError::Twice { unit } => {
            format!("le logement {} est attribué deux fois", instance.units.id(dataset, *unit))
        }
        ProofError::Claim { level: at, found, claimed } => {
            format!("{}: la réponse atteint {found}, et non {claimed}", level(at))
        }
        ProofError::Form { level: at, what } => format!("la preuve est mal formée: {}: {what}", level(at)),
        ProofError::NotProved { level: at, reached, bound: u64::MAX } => {
            format!("{}: la réponse atteint {reached}, et rien ne prouve que ce soit au mieux", level(at))
        }
        ProofError::NotProved { level: at, reached, bound } => {
            format!("{}: la preuve laisse place à {bound}, la réponse atteint {reached}", level(at))
        }
        other => other.to_string(),
    }
}
