//! `logis candidates`, and what all commands on the matching read: the rules, the data, the problem.

use anyhow::{Result, anyhow};
use logis::attribution::{Flags, MatchingPlan, Report, UnderReserve, UnknownUnits};
use logis::data::{Output, Table, visible_cell};
use logis::matching::Matching;
use logis::pack::schema::{EntityId, Origin};
use logis::places::Places;
use logis::plan::Plan;
use logis::value::french_day;
use logis::{Allocation, AllocationError, Options, Pack, Posing};

use super::described;
use crate::args::{DataArgs, OutputArgs, ReadingArgs, RulesArgs, positive};
use crate::presented::Presented;
use crate::text::count;
use crate::{End, input, output};

/// `logis candidates`
#[derive(clap::Args)]
pub struct CandidatesArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Règles de la candidature, de la demande ou du logement à écrire en plus, séparées par des virgules
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Ne garde que N logements par demande, les plus adaptés; ce qui suit ne vaut plus qu'entre eux
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = positive)]
    max_candidates: Option<usize>,
}

/// Number of rows of an entity.
pub fn rows(posing: &Posing, entity: EntityId) -> usize {
    posing.dataset.tables.get(entity).map_or(0, Table::rows)
}

/// Plans the matching that the pack declares.
pub fn plan(run: &input::Run, options: &Options) -> Result<(MatchingPlan, Flags)> {
    let asked = logis::posing::plan(&run.pack, run.date, options).map_err(|error| match error {
        AllocationError::NotInForce(name) => {
            anyhow!("--hard {name}: ce quota n'est pas en vigueur à cette date")
        }
        AllocationError::UnknownQuota { name, nearest } => {
            let hint = nearest.map_or_else(String::new, |n| format!("; vouliez-vous dire `{n}` ?"));
            anyhow!("--hard {name}: le paquet de règles n'a pas ce quota{hint}")
        }
        other => other.into(),
    })?;
    asked.0.plans().for_each(input::say_warnings);
    Ok(asked)
}

/// Reads the data of a matching, and those of other plans, and makes the problem.
pub fn load(
    run: &mut input::Run,
    asked: (MatchingPlan, Flags),
    others: &[&Plan],
    most: Option<usize>,
    reading: &ReadingArgs,
) -> Result<Posing> {
    let files = std::mem::take(&mut run.files);
    let plans: Vec<&Plan> = asked.0.plans().chain(others.iter().copied()).collect();
    let dataset = input::dataset(&run.pack, files, &plans, reading)?;
    let _busy = crate::text::busy("candidatures");
    Ok(Posing::new(asked, dataset, most)?)
}

/// Solves a problem, the answer near a result of before if there is one.
pub fn solve(posing: Posing, near: Option<&Report>) -> Result<Allocation, AllocationError> {
    let _busy = crate::text::busy("appariement");
    posing.solve(near)
}

/// `logis candidates`: one row per suitable pair.
pub fn candidates(args: &CandidatesArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let mut options = Options::default();
    options.select.clone_from(&args.select);
    let (plan, flags) = plan(&run, &options)?;
    // Nothing is matched here: the quotas are not needed.
    let asked = (plan.with_quotas(|_| false), flags);
    let loaded = load(&mut run, asked, &[], args.max_candidates, &args.data.reading)?;
    let rows = loaded.rows("candidatures", None);
    let title = format!("Candidatures recevables : {} couples", count(loaded.instance.candidates.len()));
    let result = presented(&run.pack, &loaded, rows, &title, None)?;
    output::write(&result, &args.output)?;
    say(&loaded);
    say_reserves(&loaded.reserves_of_candidates(), ["candidature", "candidatures"]);
    Ok(End::Fine)
}

/// Rows of all candidates, or of those `given` their unit, for people and programs; `title` is what a workbook is called.
pub fn presented(
    pack: &Pack,
    loaded: &Posing,
    rows: Output,
    title: &str,
    given: Option<&Matching>,
) -> Result<Presented> {
    let plan = &loaded.plan.pairs;
    let found = &loaded.instance.candidates;
    let mut result = Presented::of(rows, &[plan]);
    let kept: Vec<usize> = loaded.instance.places(given).into_iter().map(|(at, _)| at).collect();
    let asked = plan.selected.iter().skip(1).take(loaded.plan.asked);
    for ((name, _), outcomes) in asked.zip(&found.outcomes) {
        result.decided(name, &outcomes.rows_at(&kept));
    }
    result.name_codes(&[plan], || input::references(pack))?;
    Ok(result.with_about(about(loaded, title)))
}

/// What a workbook of the matching says of itself.
pub fn about(loaded: &Posing, title: &str) -> Vec<String> {
    let plan = &loaded.plan.pairs;
    let mut lines = vec![title.to_string(), format!("Tout est décidé au {}.", french_day(plan.date))];
    lines.extend(described::data(&loaded.dataset));
    lines.extend(described::rules(plan));
    lines
}

/// Under which reserves an answer stands, on the standard error; `what` is what is counted, one and many.
pub fn say_reserves(reserves: &[UnderReserve], [one, many]: [&str; 2]) {
    if !reserves.is_empty() {
        eprintln!("note: sous réserve de conditions des textes que les règles ne vérifient pas:");
    }
    for UnderReserve { reserve, rules, count, .. } in reserves {
        let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
        let what = if *count == 1 { one } else { many };
        eprintln!("   {count} {what}: {reserve} ({})", rules.join(", "));
    }
}

/// What is counted of an answer: its attributions.
pub const ATTRIBUTIONS: [&str; 2] = ["attribution", "attributions"];

/// How many requests and units have local rules, and of which territories.
fn say_places(loaded: &Posing) {
    let parsed = &loaded.plan.pairs.parsed;
    let sides = match parsed.schema.entities.get(loaded.plan.pairs.entity).map(|e| &e.origin) {
        Some(Origin::Pair(request, unit)) => [*request, *unit],
        _ => return,
    };
    let local =
        [loaded.plan.priority.as_ref().is_some_and(|plan| plan.is_local()), loaded.plan.pairs.is_local()];
    for (entity, _) in sides.into_iter().zip(local).filter(|(_, local)| *local) {
        let mut places = Places::default();
        places.add(parsed, &loaded.dataset, entity);
        let name = parsed.schema.entities.get(entity).map_or("", |e| e.name.as_str());
        eprintln!("note: règles locales par {name}: {places}");
    }
}

/// What is to be known of the candidates, on the standard error.
pub fn say(loaded: &Posing) {
    say_places(loaded);
    let (found, open) = (&loaded.instance.candidates, &loaded.instance.open);
    eprintln!(
        "{} candidatures recevables sur {} couples ({} regardés, les autres manquent à une condition)",
        found.len(),
        found.pairs,
        found.looked_at
    );
    let waiting: u32 = found.open.iter().sum();
    if waiting > 0 {
        eprintln!("{waiting} couples restent ouverts faute de données: ils ne sont pas proposés");
    }
    if found.errors > 0 {
        eprintln!("{} couples ont une erreur: ils ne sont pas proposés", found.errors);
    }
    if let Some(most) = loaded.most {
        eprintln!(
            "{} candidatures écartées par --max-candidates {most}: ce qui est prouvé ne l'est qu'entre celles qui restent, et une demande peut attendre un logement qui lui convient",
            found.cut
        );
    }
    if !open.priority.is_empty() {
        let requests = &loaded.instance.requests;
        let id = |row: &u32| requests.id(&loaded.dataset, requests.number(*row));
        let first: Vec<_> = open.priority.iter().take(3).map(|row| visible_cell(id(row))).collect();
        eprintln!(
            "{} demandes n'ont pas de priorité connue et passent après les autres: {}{}",
            open.priority.len(),
            first.join(", "),
            if open.priority.len() > 3 { "…" } else { "" }
        );
    }
    if open.fit > 0 {
        eprintln!("{} candidatures n'ont pas d'adéquation connue: elle compte pour zéro", open.fit);
    }
    for (quota, open) in loaded.plan.quotas.iter().zip(&open.quotas).filter(|(_, open)| **open > 0) {
        eprintln!(
            "quota {}: on ne sait pas si {open} candidatures comptent; elles comptent dans la base et non parmi les membres",
            quota.quota.name
        );
    }
    for UnknownUnits { rule, scope, rows } in &loaded.plan.unknown_units {
        let units = &loaded.instance.units;
        let id = |row: &u32| units.id(&loaded.dataset, units.number(*row));
        let first: Vec<_> = rows.iter().take(3).map(|row| visible_cell(id(row))).collect();
        let what = match scope {
            true => "chaque quota qui se compte par lui les compte, et aucun parmi ses membres",
            false => "leur attribution n'est imputée à personne",
        };
        eprintln!(
            "{} logements n'ont pas de `{rule}` connu: {}{}; {what}",
            rows.len(),
            first.join(", "),
            if rows.len() > 3 { "…" } else { "" }
        );
    }
    for quota in &loaded.plan.not_in_force {
        let from = quota.from.map_or_else(String::new, |from| format!(" avant le {from}"));
        eprintln!("quota {}: pas en vigueur{from}", quota.name);
    }
}
