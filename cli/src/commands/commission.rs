//! `logis commission`: the candidates of each unit, in order, and what refusals change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use logis::attribution::{Commission, Instance, Place};
use logis::data::{self, Absent, Dataset, Output, OutputColumn};
use logis::pack::schema::Schema;
use logis::value::{Type, Value};
use logis::{Options, PLACES, Plan, Posing};

use super::pairs;
use crate::args::{DataArgs, OutputArgs, RulesArgs, positive};
use crate::{End, input, output};

/// `logis commission`
#[derive(clap::Args)]
pub struct CommissionArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Candidats par logement (sinon ce que dit la règle `presented` du paquet, sinon 3)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = positive)]
    candidates: Option<usize>,
    /// Refus à prendre en compte: CSV dont les colonnes sont les identifiants des deux côtés
    #[arg(long, value_name = "FICHIER")]
    refusals: Option<PathBuf>,
}

/// Writes one row for each place of each list.
pub fn run(args: &CommissionArgs) -> Result<End> {
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let plan = pairs::plan(&run, &Options::default())?;
    let presented = run.pack.parsed().manifest.matching.as_ref().and_then(|m| m.presented.clone());
    let presented = match (args.candidates, presented) {
        (None, Some((name, _))) => Some(run.plan(&[&name])?).filter(|plan| has_columns(&run, plan)),
        _ => None,
    };
    let others: Vec<_> = presented.iter().map(AsRef::as_ref).collect();
    let loaded = pairs::load(&mut run, plan, &others, None, &args.data.reading)?;
    let mut allocation = pairs::solve(loaded, None)?;
    let (places, open) = match (args.candidates, &presented) {
        (None, Some(_)) => allocation.posing.places()?,
        _ => (vec![args.candidates.unwrap_or(PLACES); allocation.posing.instance.units.len()], 0),
    };
    if open > 0 {
        eprintln!("{open} logements dont le nombre de candidats n'est pas connu: {PLACES} sont présentés");
    }
    let mut commission = allocation.commission_of(&places)?;
    if let Some(path) = &args.refusals {
        let schema = &run.pack.parsed().schema;
        let refusals = refusals(path, schema, &allocation.posing)?;
        let after = commission.after(&allocation.posing.instance, &allocation.matching, &refusals)?;
        let loaded = &allocation.posing;
        let id = |request: Option<u32>| {
            request.map_or("personne", |request| loaded.instance.requests.id(&loaded.dataset, request))
        };
        for (unit, before, now) in &after.changes {
            eprintln!(
                "{}: refusé par {}, proposé à {}",
                data::visible_cell(loaded.instance.units.id(&loaded.dataset, *unit)),
                data::visible_cell(id(*before)),
                data::visible_cell(id(*now))
            );
        }
        eprintln!("{} logements changent de main; tous les autres restent", after.changes.len());
        allocation.matching.unit_of = after.unit_of;
        allocation.posing.instance = allocation.posing.instance.without(&refusals)?;
        commission = allocation.commission_of(&places)?;
    }
    let loaded = &allocation.posing;
    output::write(
        &table(&run.pack.parsed().schema, &loaded.dataset, &loaded.instance, &commission),
        &args.output,
    )?;
    let presented =
        (0_u32..).zip(&commission.lists).flat_map(|(unit, list)| list.iter().map(move |p| (p.request, unit)));
    pairs::say_reserves(&loaded.reserves_of(presented), ["candidat", "candidats"]);
    let short = commission.lists.iter().zip(&places).filter(|(list, asked)| list.len() < **asked).count();
    let shared = commission.lists.iter().flatten().filter(|place| place.shared).count();
    eprintln!(
        "{} logements; les places propres ne sont qu'à une demande: qui que ce soit qui refuse, le suivant de chaque liste peut accepter sans que personne d'autre ne bouge",
        commission.lists.len()
    );
    if shared > 0 {
        eprintln!("{shared} places partagées: la demande est aussi dans d'autres listes");
    }
    if short > 0 {
        eprintln!(
            "{short} logements ont moins de candidats qu'il n'en faut: trop peu de demandes leur conviennent"
        );
    }
    Ok(End::Fine)
}

/// Has the data what the rule reads? If not, that is said.
fn has_columns(run: &input::Run, plan: &Plan) -> bool {
    let parsed = run.pack.parsed();
    let read = data::read(&parsed.schema, &parsed.references, run.files.clone(), &plan.needs());
    if let Some(issue) = read.issues.iter().find(|issue| issue.is_error()) {
        eprintln!("{issue}: {PLACES} candidats sont présentés par logement");
        return false;
    }
    if let Some(absent) = read.absent.first() {
        let Absent { file, column, .. } = absent;
        eprintln!("{file}: la colonne `{column}` manque: {PLACES} candidats sont présentés par logement");
        return false;
    }
    true
}

/// Reads pairs of a request and a unit; all that is wrong at once.
fn refusals(path: &Path, schema: &Schema, loaded: &Posing) -> Result<BTreeSet<(u32, u32)>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    let instance = &loaded.instance;
    let keys = [instance.requests.entity, instance.units.entity]
        .map(|entity| schema.entities.get(entity).map_or("", |e| e.key.as_str()));
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let header: Vec<&str> = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    let Some(places) =
        keys.iter().map(|key| header.iter().position(|h| h == key)).collect::<Option<Vec<_>>>()
    else {
        bail!(
            "{}:1: attendu: une ligne d'en-tête avec `{}` et `{}`",
            path.display(),
            keys.first().unwrap_or(&""),
            keys.last().unwrap_or(&"")
        );
    };
    let (mut found, mut wrong) = (BTreeSet::new(), Vec::new());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells = cells(line);
        let of = |at: usize| places.get(at).and_then(|place| cells.get(*place)).copied().unwrap_or("");
        let pair =
            (instance.requests.find(&loaded.dataset, of(0)), instance.units.find(&loaded.dataset, of(1)));
        match pair {
            (Some(request), Some(unit)) => {
                if instance.pair(request, unit).is_none() {
                    eprintln!(
                        "avertissement: {}:{}: `{}` n'est pas candidate au logement `{}`: ce refus ne change rien",
                        path.display(),
                        number + 1,
                        of(0),
                        of(1)
                    );
                }
                found.insert((request, unit));
            }
            _ => wrong.push(format!(
                "{}:{}: `{}` ou `{}` n'est l'identifiant d'aucune ligne",
                path.display(),
                number + 1,
                of(0),
                of(1)
            )),
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(found)
}

fn cells(line: &str) -> Vec<&str> {
    line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"')).collect()
}

fn table(schema: &Schema, dataset: &Dataset, instance: &Instance, commission: &Commission) -> Output {
    let rows: Vec<(u32, usize, Place)> = (0_u32..)
        .zip(&commission.lists)
        .flat_map(|(unit, list)| list.iter().enumerate().map(move |(rank, place)| (unit, rank + 1, *place)))
        .collect();
    let key = |entity: usize| schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone());
    let column = |name: String, kind: Type, cell: &dyn Fn(&(u32, usize, Place)) -> Value| OutputColumn {
        name,
        kind,
        cells: rows.iter().map(|row| Some(cell(row))).collect(),
    };
    let number = |n: usize| Value::int(i64::try_from(n).unwrap_or(i64::MAX));
    let columns = vec![
        column(key(instance.units.entity), Type::Text(None), &|(unit, ..)| {
            Value::text(instance.units.id(dataset, *unit))
        }),
        column("rang".to_string(), Type::Number, &|(_, rank, _)| number(*rank)),
        column(key(instance.requests.entity), Type::Text(None), &|(.., place)| {
            Value::text(instance.requests.id(dataset, place.request))
        }),
        column("priorite".to_string(), Type::Number, &|(.., place)| {
            number(instance.problem.points(place.request) as usize)
        }),
        column("adequation".to_string(), Type::Number, &|(unit, _, place)| {
            number(instance.pair(place.request, *unit).map_or(0, |(fit, _)| fit).into())
        }),
        column("partage".to_string(), Type::Bool, &|(.., place)| Value::Bool(place.shared)),
    ];
    Output { name: "commission".to_string(), columns }
}
