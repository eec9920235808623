//! `logis match` and `logis verify`: who gets which unit, and whether a written result holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use logis::attribution::{
    Asks, Balance, Before, FIRST, MatchingPlan, Moves, MovesKind, QuotaInForce, ReadError, Report, SHORTFALL,
};
use logis::data::{Output, OutputColumn, visible_cell};
use logis::exchange::FORMAT;
use logis::matching::{Gaps, Matching};
use logis::value::{Type, Value};
use logis::{Allocation, AllocationError, Bottleneck, Conditions, Kept, Lack, Options, Posing, Refuted};

use super::frontier;
use super::ledger;
use super::pair_file::{self, Line};
use super::pairs;
use super::session;
use crate::args::{DataArgs, Format, OutputArgs, ProblemArgs, ReadingArgs, RulesArgs, positive};
use crate::text::{align_numbers, count, empty, percent};
use crate::{End, input, output};

/// Chains and exchanges told one by one after a run; all of them are in the result as JSON.
const MOVES_TOLD: usize = 10;

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
    /// Résultat précédent (`logis match --format json`): repart de lui, et remet à leur place ceux que rien n'en éloigne
    #[arg(long, value_name = "FICHIER")]
    near: Option<PathBuf>,
    /// Écrit, au lieu des attributions, ce que coûte ce quota: attributions, points et adéquation selon ce qu'il lui manque
    #[arg(long, value_name = "QUOTA", conflicts_with_all = ["near", "no_quotas", "prices", "time_limit", "select"])]
    frontier: Option<String>,
    /// Calcule le prix de chaque quota en points, ce qui résout le problème une fois de plus par quota
    #[arg(long)]
    prices: bool,
    /// Durée de la recherche au plus, en secondes: ce qui n'est pas prouvé alors est dit, et dépend de la machine
    #[arg(long, value_name = "SECONDES", allow_negative_numbers = true, value_parser = positive)]
    time_limit: Option<usize>,
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
    /// Recalcule aussi les prix des quotas, ce qui demande le solveur
    #[arg(long)]
    prices: bool,
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
    let mut posing = pose(&mut run, &args.problem, &args.data.reading)?;
    posing.prices = args.prices;
    posing.time_limit = args.time_limit.map(|seconds| Duration::from_secs(seconds as u64));
    if let Some(quota) = &args.frontier {
        return frontier::write(&posing, quota, &args.output);
    }
    let near = near.as_ref().map(|(path, report)| (*path, report));
    let allocation = match pairs::solve(posing, near.map(|(_, report)| report)) {
        Ok(allocation) => allocation,
        Err(AllocationError::Before(why)) => {
            let path = near.map_or_else(String::new, |(path, _)| path.display().to_string());
            eprintln!("{path}: {why}");
            return Ok(End::FellShort);
        }
        Err(AllocationError::Unmet(unmet)) => {
            // Nothing is written: the result is not one that was asked for.
            unmet.iter().for_each(|lack| eprint!("{}", unmet_text(lack)));
            return Ok(End::FellShort);
        }
        Err(other) => return Err(other.into()),
    };
    let loaded = &allocation.posing;
    if output::format(&args.output)? == Format::Json {
        let text = format!("{}\n", serde_json::to_string_pretty(&allocation.report()?)?);
        output::text_to(&text, args.output.output.as_deref())?;
    } else {
        let given = Some(&allocation.matching);
        let title = format!(
            "Attributions : {}",
            count(usize::try_from(allocation.matching.reached.attributions).unwrap_or(usize::MAX))
        );
        let mut rows = loaded.rows("attributions", given);
        moves_columns(&allocation, &mut rows);
        charged_column(&allocation, &mut rows);
        output::write(&pairs::presented(&run.pack, loaded, rows, &title, given)?, &args.output)?;
    }
    pairs::say(loaded);
    pairs::say_reserves(allocation.reserves(), pairs::ATTRIBUTIONS);
    eprint!("{}", summary(&allocation));
    eprint!("{}", moves_text(&allocation));
    eprint!("{}", balances(&allocation));
    if let Some(conditions) = &allocation.conditions {
        eprint!("{}", conditions_text(conditions, allocation.reached().attributions));
    }
    if let Some(Kept { given_up, kept, kept_by_best, .. }) = &allocation.kept {
        eprintln!(
            "{kept} attributions inchangées, au lieu de {kept_by_best} au mieux des points, pour {given_up} points cédés"
        );
    }
    if let Some(before) = &allocation.before {
        eprint!("{}", moved(before, &allocation.matching));
    }
    Ok(End::Fine)
}

/// Poses the problem of a matching.
pub fn pose(run: &mut input::Run, args: &ProblemArgs, reading: &ReadingArgs) -> Result<Posing> {
    let mut options = Options::default();
    options.select.clone_from(&args.select);
    options.hard.clone_from(&args.hard);
    options.no_quotas = args.no_quotas;
    options.seed = args.seed;
    options.keep = args.keep;
    let ledger = ledger::opened(&args.ledger)?;
    options.recorded = ledger.as_ref().map(|ledger| session::of_matching(ledger, run.date));
    let keys = pair_file::keys(run.pack.parsed());
    let lines = |path: &Option<PathBuf>| -> Result<Vec<Line>> {
        path.as_ref().map_or_else(|| Ok(Vec::new()), |path| pair_file::read(path, &keys, &[]))
    };
    let fixed = lines(&args.fix)?;
    let forbidden = lines(&args.forbid)?;
    options.fixed = pair_file::pairs(&fixed);
    options.forbidden = pair_file::pairs(&forbidden);
    let asked = pairs::plan(run, &options)?;
    let posing = pairs::load(run, asked, &[], args.max_candidates, reading).map_err(|error| {
        match (error.downcast_ref(), &args.fix) {
            (Some(AllocationError::NotDecided(wrong)), Some(path)) => {
                pair_file::not_decided(path, &fixed, wrong)
            }
            _ => error,
        }
    })?;
    if let Some(path) = &args.forbid {
        pair_file::say_without_effect(path, &forbidden, &posing, |line| posing.idle.contains(&line.pair));
    }
    if let Some(ledger) = &ledger {
        session::say(ledger, &posing);
    }
    Ok(posing)
}

/// Which quotas come before the number of attributions.
fn first(plan: &MatchingPlan) -> String {
    let hard = plan.quotas.iter().filter(|quota| quota.hard).map(|quota| quota.quota.name.as_str());
    match hard.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => none,
        hard => format!(", dont {hard} avant le nombre d'attributions"),
    }
}

/// Among what a result that holds is best.
fn among(posing: &Posing) -> String {
    let Posing { plan, instance, most, flags, .. } = posing;
    let kept = most.map_or_else(String::new, |most| format!(" gardées par --max-candidates {most}"));
    let share = |q: &QuotaInForce| match q.asks {
        Asks::First => format!("{} (d'abord)", q.quota.name),
        Asks::ShareAtLeast => format!("{} ({})", q.quota.name, q.target()),
        Asks::NumberAtLeast(number) => format!("{} (au moins {number})", q.quota.name),
        Asks::ShareAtMost(..) | Asks::NumberAtMost(_) => format!("{} (au plus {})", q.quota.name, q.target()),
    };
    let quotas = match (plan.quotas.is_empty(), flags.no_quotas) {
        (false, _) => {
            format!("quotas {}{}", plan.quotas.iter().map(share).collect::<Vec<_>>().join(", "), first(plan))
        }
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

/// The chains and exchanges of an answer, in order.
fn moves_of(allocation: &Allocation) -> Vec<Moves> {
    let Posing { instance, dataset, .. } = &allocation.posing;
    instance.moves(dataset, &allocation.matching.unit_of)
}

/// Adds to the attributions, where some requests hold a unit, in which chain or exchange each stands, which unit it frees
/// and who gets that one.
fn moves_columns(allocation: &Allocation, rows: &mut Output) {
    if !allocation.posing.instance.has_tenants() {
        return;
    }
    let mut of: BTreeMap<String, [String; 3]> = BTreeMap::new();
    for (number, moves) in (1..).zip(moves_of(allocation)) {
        let kind = match moves.kind {
            MovesKind::Chain => "chaîne",
            MovesKind::Exchange => "échange",
        };
        let after = moves.steps.iter().skip(1).chain(match moves.kind {
            MovesKind::Chain => None,
            MovesKind::Exchange => moves.steps.first(),
        });
        let after = after.map(|step| step.request.clone()).chain([String::new()]);
        for (step, next) in moves.steps.iter().zip(after) {
            let leaves = step.leaves.clone().unwrap_or_default();
            of.insert(step.request.clone(), [format!("{kind} {number}"), leaves, next]);
        }
    }
    let requests: Vec<String> = rows.columns.first().map_or_else(Vec::new, |column| {
        let text = |cell: &Option<Value>| cell.as_ref().map_or_else(String::new, ToString::to_string);
        column.cells.iter().map(text).collect()
    });
    for (at, name) in ["mutation", "logement_libere", "repris_par"].into_iter().enumerate() {
        let cell = |request: &String| {
            let text = of.get(request).and_then(|cells| cells.get(at)).filter(|text| !text.is_empty());
            text.map(|text| Value::text(text.as_str()))
        };
        let cells = requests.iter().map(cell).collect();
        rows.columns.push(OutputColumn { name: name.to_string(), cells, kind: Type::Text(None) });
    }
}

/// How many requests hold a unit, and the chains and exchanges that move them; nothing where none does.
fn moves_text(allocation: &Allocation) -> String {
    let instance = &allocation.posing.instance;
    if !instance.has_tenants() {
        return String::new();
    }
    let moves = moves_of(allocation);
    let tenants = allocation.posing.instance.holders().iter().flatten().count();
    let moved: usize = moves.iter().flat_map(|own| &own.steps).filter(|step| step.leaves.is_some()).count();
    let of = |kind: MovesKind| moves.iter().filter(|own| own.kind == kind).count();
    let mut text = format!(
        "{} mutations, pour {} demandes qui occupent un logement: {} chaînes et {} échanges; les autres y restent\n",
        count(moved),
        count(tenants),
        count(of(MovesKind::Chain)),
        count(of(MovesKind::Exchange))
    );
    for own in moves.iter().take(MOVES_TOLD) {
        let steps = own.steps.iter().map(|step| match &step.leaves {
            Some(leaves) => format!("{} reçoit {} et quitte {leaves}", step.request, step.unit),
            None => format!("{} reçoit {}", step.request, step.unit),
        });
        let mut line = steps.collect::<Vec<_>>().join("; ");
        if let Some(empty) = &own.left_empty {
            let _ = write!(line, "; {empty} reste vide");
        }
        let kind = if own.kind == MovesKind::Chain { "chaîne" } else { "échange" };
        let _ = writeln!(text, "   {kind}: {}", visible_cell(&line));
    }
    if moves.len() > MOVES_TOLD {
        let _ = writeln!(
            text,
            "   et {} autres: --format json les dit tous (`moves`)",
            count(moves.len() - MOVES_TOLD)
        );
    }
    text
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

/// A quota that must be met and is not, and why.
fn unmet_text(lack: &Lack) -> String {
    let mut text = format!("{}\n", lack.sentence());
    match &lack.why {
        Bottleneck::Rows { most, requests, units } => {
            let _ = writeln!(
                text,
                "   {most} attributions à des membres sont possibles, tout au plus; chacune passe par l'une de ces lignes, et aucune n'est de trop:"
            );
            for (what, ids) in [("demandes", requests), ("logements", units)] {
                if !ids.is_empty() {
                    let _ = writeln!(text, "   {} {what}: {}", ids.len(), ids.join(", "));
                }
            }
        }
        _ if lack.too_many.is_some() => {
            text.push_str("   le nombre d'attributions ou un quota placé avant en empêchent\n");
        }
        _ => text.push_str(
            "   il y a assez de membres: le nombre d'attributions ou un quota placé avant en empêchent\n",
        ),
    }
    text
}

/// What hard quotas cost in attributions, and the least that would lack without them.
fn conditions_text(conditions: &Conditions, reached: u64) -> String {
    let Conditions { quotas, most, conflict, lacking, .. } = conditions;
    let mut text = format!(
        "quotas à tenir ({}): tenus, en logeant {reached} demandes au lieu de {most}\n",
        quotas.join(", ")
    );
    let _ = match conflict.as_slice() {
        [one] => writeln!(text, "   à lui seul, {one} ne peut être tenu en en logeant {most}"),
        several => writeln!(
            text,
            "   {} ne peuvent être tenus ensemble en en logeant {most}; sans l'un d'eux, quel qu'il soit, les autres le peuvent",
            several.join(", ")
        ),
    };
    for lack in lacking {
        let _ = writeln!(
            text,
            "   en en logeant {most}, il manquerait au moins {} membres à {}, les quotas d'avant étant tenus au mieux ({} sur {} demandés)",
            lack.target.saturating_sub(lack.members),
            lack.quota,
            lack.members,
            lack.target
        );
    }
    text
}

/// Levels and quotas as people read them.
pub fn summary(allocation: &Allocation) -> String {
    let Allocation { posing: loaded, matching, gaps, .. } = allocation;
    let reached = &allocation.reached();
    let mut text = format!(
        "{} attributions, {} points de priorité, {} points d'adéquation; {}\n",
        reached.attributions,
        reached.priority,
        reached.fit,
        proved(loaded, gaps)
    );
    if loaded.most.is_some() && loaded.instance.candidates.cut > 0 {
        // No answer houses more than there are units, nor more than wait.
        let left = |all: usize| (all as u64).saturating_sub(reached.attributions);
        let more = left(loaded.instance.units.len()).min(left(loaded.instance.requests.len()));
        let _ =
            writeln!(text, "   sans --max-candidates, {more} attributions de plus sont possibles, au plus");
    }
    if loaded.plan.quotas.is_empty() {
        return text;
    }
    let without = allocation.without_quotas();
    let prices = loaded.prices.then(|| allocation.prices());
    text.push_str(&quotas(loaded, matching, prices));
    if loaded.instance.by_points {
        text.push_str("L'ordre des points ne tient pas de quotas: le tableau dit ce qu'il leur en manque.\n");
        return text;
    }
    if allocation.kept.is_some() {
        // What was given up to move fewer is no cost of the quotas.
        return text;
    }
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
fn proved(loaded: &Posing, gaps: &Gaps) -> String {
    if loaded.instance.by_points {
        return "chaque demande a, à son tour dans l'ordre des points, ce qui lui convient le mieux de ce qui reste".to_string();
    }
    if let Some(keep) = loaded.flags.keep {
        // Points were given up on purpose, and the fit comes after them.
        let quotas = gaps.quotas.iter().all(|gap| *gap == 0);
        if gaps.attributions == 0 && quotas && gaps.fit > 0 {
            return format!(
                "attributions et quotas prouvés, points à moins de {keep} du mieux, adéquation non prouvée (--keep)"
            );
        }
    }
    let quotas = loaded.plan.quotas.iter().map(|q| q.quota.name.as_str()).zip(gaps.quotas.iter().copied());
    let levels = [("attributions", gaps.attributions)].into_iter().chain(quotas);
    let open: Vec<String> = levels
        .chain([("priorité", gaps.priority), ("adéquation", gaps.fit)])
        .filter(|(_, gap)| *gap > 0)
        .map(|(level, gap)| format!("{level}: {gap}"))
        .collect();
    match open.is_empty() {
        true => match loaded.most {
            None => "chaque niveau est prouvé et la preuve vérifiée".to_string(),
            Some(most) => format!(
                "chaque niveau est prouvé et la preuve vérifiée, entre les seules candidatures gardées par --max-candidates {most}"
            ),
        },
        false => format!("ce que la preuve laisse encore ouvert: {}", open.join(", ")),
    }
}

/// What a quota asks for, in words.
fn asked(quota: &QuotaInForce) -> String {
    let share = |a: u32, b: u32| percent(a as usize, b as usize);
    match quota.asks {
        Asks::First => "d'abord".to_string(),
        Asks::ShareAtLeast => share(quota.quota.numerator, quota.quota.denominator),
        Asks::ShareAtMost(a, b) => format!("{} au plus", share(a, b)),
        Asks::NumberAtLeast(number) => format!("{number} au moins"),
        Asks::NumberAtMost(number) => format!("{number} au plus"),
    }
}

/// The quotas as a table.
fn quotas(loaded: &Posing, matching: &Matching, prices: Option<&[u64]>) -> String {
    let columns = ["Quota", "Part visée", "Part atteinte", "Attributions", "Membres", "Manque"];
    // What counted before stands beside what this answer adds to it.
    let year = loaded.plan.quotas.iter().any(|quota| quota.quota.already.base > 0);
    let more = [("Avant, dans l'année", year), ("Prix", prices.is_some())];
    let more: Vec<&str> = more.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect();
    let mut table = empty(&[&columns[..], &more].concat());
    for (at, (quota, reached)) in loaded.plan.quotas.iter().zip(&matching.reached.quotas).enumerate() {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let (base, members) = quota.asks.counted(reached);
        let mut row = vec![
            quota.label.clone(),
            asked(quota),
            percent(number(members), number(base)),
            count(number(base)),
            count(number(members)),
            // As many as can be are asked for of who comes first: none lacks.
            match quota.asks {
                Asks::First => "-".to_string(),
                _ => count(number(reached.shortfall)),
            },
        ];
        if year {
            let before = quota.quota.already;
            let (base, members) = quota.asks.told(before.base, before.members);
            row.push(format!("{} sur {}", count(number(members)), count(number(base))));
        }
        if let Some(prices) = prices {
            // Where hard quotas cost attributions, points do not make up for them.
            row.push(prices.get(at).map_or_else(|| "-".to_string(), |price| count(number(*price))));
        }
        table.add_row(row);
    }
    align_numbers(&mut table);
    match prices {
        Some(_) => {
            format!(
                "{table}\nPrix: points de priorité qu'apporterait, en tout, un membre de moins demandé.\n"
            )
        }
        None => format!("{table}\n"),
    }
}

/// The column of the holder to whom each attribution is charged, where there are holders.
fn charged_column(allocation: &Allocation, rows: &mut Output) {
    let Posing { instance, plan, dataset, .. } = &allocation.posing;
    if plan.flow.is_none() {
        return;
    }
    let holder =
        |request: &str| charged_to(allocation, instance.requests.find(dataset, request)?).map(Value::text);
    // The first column is that of the requests.
    let requests = rows.columns.first().map_or(&[][..], |column| &column.cells);
    let cell = |cell: &Option<Value>| cell.as_ref().and_then(|id| holder(&id.to_string()));
    let all: Vec<Option<Value>> = requests.iter().map(cell).collect();
    let (name, cells) = (super::commission::CHARGED.to_string(), all);
    rows.columns.push(OutputColumn { name, cells, kind: Type::Text(None) });
}

/// To whom the attribution of a request, by number, is charged.
fn charged_to(allocation: &Allocation, request: u32) -> Option<&str> {
    let Allocation { posing: Posing { instance, plan, .. }, matching, .. } = allocation;
    let unit = matching.unit_of.get(request as usize).copied().flatten()?;
    plan.flow.as_ref()?.name(instance.marks(matching, request, unit))
}

/// How the holders stand by their conventions, as a table.
fn balances(allocation: &Allocation) -> String {
    let balances = allocation.posing.plan.balances(&allocation.matching.reached);
    if balances.is_empty() {
        return String::new();
    }
    let mut table = empty(&["Réservataire", "Convention", "Dû", "Eu avant", "Ici", "Reste"]);
    for Balance { label, quota, category, at_most, due, had, run, left, .. } in balances {
        let number = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX));
        let category = category.map_or_else(String::new, |category| format!(" · {category}"));
        let most = if at_most { " (au plus)" } else { "" };
        let left =
            if left < 0 { format!("-{}", number(left.unsigned_abs())) } else { number(left.unsigned_abs()) };
        table.add_row(vec![
            label,
            format!("{quota}{category}{most}"),
            number(due),
            number(had),
            number(run),
            left,
        ]);
    }
    align_numbers(&mut table);
    let housed = (0_u32..).zip(&allocation.matching.unit_of).filter(|(_, unit)| unit.is_some());
    let but = match housed.filter(|(request, _)| charged_to(allocation, *request).is_none()).count() {
        0 => String::new(),
        none => format!(", sauf {}, qu'aucun ne peut proposer ou dont on ne le sait pas", count(none)),
    };
    format!(
        "{table}\nChaque attribution est imputée à un réservataire et à un seul{but}. Dû: la part de ce qui est attribué dans l'année, ou le nombre; reste: ce qui revient encore au réservataire ou, « au plus », ce qu'il peut encore avoir.\n"
    )
}

/// Reads a written result; one that says what is no result's to say, or whose certificate has not the form of
/// one, is none, which is told.
pub fn read(path: &Path) -> Result<Option<Report>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    match Report::read(text.trim_start_matches('\u{feff}')) {
        Ok(report) => {
            if report.format.is_none() {
                eprintln!("{}: résultat d'avant le format {FORMAT} ; il se lit comme avant", path.display());
            }
            Ok(Some(report))
        }
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
    let mut posing = pose(&mut run, &args.problem, &args.data.reading)?;
    posing.prices = args.prices;
    let allocation = match posing.verify(&report) {
        Ok(allocation) => allocation,
        Err(refuted) => {
            does_not_hold(&refuted);
            say_line(&args.problem, &report)?;
            return Ok(End::FellShort);
        }
    };
    output::print(&format!(
        "Le résultat tient: {} attributions; {}, {}.\n",
        allocation.reached().attributions,
        among(&allocation.posing),
        match args.problem.keep {
            _ if allocation.posing.instance.by_points => {
                "chaque demande a, à son tour dans l'ordre des points, ce qui lui convient le mieux de ce qui reste".to_string()
            }
            None => "aucune autre répartition ne fait mieux, niveau par niveau".to_string(),
            Some(keep) => format!(
                "aucune autre répartition ne loge plus, ne tient mieux les quotas, ni n'a plus de {keep} points de priorité de plus"
            ),
        }
    ))?;
    for level in &report.levels {
        output::print(&format!("   {}: {}\n", level_name(&level.name), level.value))?;
    }
    if report.certificate.problem.is_none() {
        output::print(
            "Il ne nomme ni les règles, ni les paramètres, ni les données dont il est fait: il tient sur ceux d'ici.\n",
        )?;
    }
    if report.tells_prices() && !args.prices {
        output::print(
            "Les prix des quotas ne sont tenus que contre leur borne, sans le solveur; --prices les recalcule.\n",
        )?;
    }
    pairs::say(&allocation.posing);
    pairs::say_reserves(allocation.reserves(), pairs::ATTRIBUTIONS);
    Ok(End::Fine)
}

/// The name of a level, in French.
fn level_name(name: &str) -> String {
    match name {
        "priority" => "priorite".to_string(),
        "tie" => "departage".to_string(),
        "fit" => "adequation".to_string(),
        other => match (other.strip_prefix(SHORTFALL), other.strip_prefix(FIRST)) {
            (Some(quota), _) => format!("manque:{quota}"),
            (_, Some(first)) => format!("d'abord:{first}"),
            _ => other.to_string(),
        },
    }
}

/// Says at which line the ledger was that a result follows, if it was at one.
fn say_line(args: &ProblemArgs, report: &Report) -> Result<()> {
    let head = report.certificate.problem.as_ref().and_then(|problem| problem.ledger.as_ref());
    let (Some(path), Some(head)) = (&args.ledger.ledger, head) else { return Ok(()) };
    let ledger = ledger::open(path)?;
    if let Some(line) = ledger.lines().iter().find(|line| line.hash == *head) {
        let number = line.number;
        eprintln!("   il suit ce registre tel qu'il était après sa ligne {number}: --up-to {number}");
    }
    Ok(())
}

/// Says why a written result does not hold.
pub fn does_not_hold(refuted: &Refuted) {
    refuted.why.iter().for_each(|why| eprintln!("le résultat ne tient pas: {why}"));
}
