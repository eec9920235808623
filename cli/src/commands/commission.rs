//! `logis commission`: the candidates of each unit, in order, and what refusals change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use logis::attribution::{Acceptances, Commission, Instance, Likely, MostLeases, Place, acceptance};
use logis::data::{self, Absent, Dataset, Output, OutputColumn};
use logis::matching::Matching;
use logis::pack::manifest::Ranks;
use logis::pack::schema::Schema;
use logis::value::{Exact, Type, Value, format_number};
use logis::{Allocation, AllocationError, Options, PLACES, Pack, Plan, Posing};
use serde_json::Value as Json;

use super::pair_file::{self, Line};
use super::ranks::{Both, RanksArgs};
use super::session::{self, Followed};
use super::{margin, pairs};
use crate::args::{DataArgs, LedgerArgs, OutputArgs, RulesArgs, positive};
use crate::presented::Presented;
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
    #[command(flatten)]
    ranks: RanksArgs,
    /// Probabilité, de 0 à 1, qu'un ménage accepte une proposition dont la règle `acceptance` du paquet ne dit rien, ou que le
    /// paquet n'a pas; elle ne sert qu'aux baux attendus
    #[arg(long, value_name = "PROBABILITÉ", allow_negative_numbers = true, value_parser = margin::probability)]
    acceptance: Option<Exact>,
    /// Au lieu des listes, ce que donnent les deux façons de remplir les rangs, côte à côte
    #[arg(long, conflicts_with_all = ["append", "refusals"])]
    compare: bool,
    /// Règles, champs ou groupes de la candidature, de la demande ou du logement à montrer, séparés par des virgules (sinon
    /// le groupe `commission` du paquet)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Refus, dans leur ordre: CSV dont les colonnes sont les identifiants des deux côtés; le suivant de chaque liste est proposé
    #[arg(long, value_name = "FICHIER", conflicts_with = "ledger")]
    refusals: Option<PathBuf>,
    /// Listes à suivre, écrites par cette commande: leurs rangs restent, seuls les logements nouveaux en reçoivent une
    #[arg(long, value_name = "FICHIER", conflicts_with = "ledger")]
    lists: Option<PathBuf>,
    /// Tire au sort, avec cette graine, l'ordre des demandes que ni les points ni le paquet ne départagent
    #[arg(long, value_name = "GRAINE")]
    seed: Option<u64>,
    #[command(flatten)]
    ledger: LedgerArgs,
    /// Inscrit la séance et ses propositions nouvelles à la fin du registre
    #[arg(long, requires = "ledger", conflicts_with = "up_to")]
    append: bool,
}

/// The group of the pack that says what a commission is shown.
const GROUP: &str = "commission";

/// Writes one row for each place of each list.
pub fn run(args: &CommissionArgs) -> Result<End> {
    session::needs_day(args.append, args.data.as_of.is_some())?;
    let mut followed = Followed::open(&args.ledger, args.append)?;
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let mut options = Options::default();
    options.select = shown(&run.pack, &args.select);
    options.seed = args.seed;
    options.recorded = followed.as_ref().map(|followed| followed.recorded(run.date));
    let mut plan = pairs::plan(&run, &options)?;
    args.ranks.set(&mut plan.0);
    let ranks = plan.0.ranks;
    let weighs = ranks == Ranks::Leases || args.compare;
    let rule = if weighs { acceptance(run.pack.parsed(), run.date)? } else { None };
    if weighs && rule.is_none() && args.acceptance.is_none() {
        bail!(margin::NO_ACCEPTANCE);
    }
    let presented = presented(&run, args.candidates)?;
    let others: Vec<&Plan> = presented.iter().map(AsRef::as_ref).chain(&rule).collect();
    let loaded = pairs::load(&mut run, plan, &others, None, &args.data.reading)?;
    if loaded.instance.has_tenants() && (args.refusals.is_some() || args.lists.is_some()) {
        bail!(
            "des demandes occupent un logement: `--refusals` et `--lists` ne suivent pas encore les mutations, car un refus rompt la chaîne; mettre le couple refusé dans un fichier et relancer avec `logis match --forbid`"
        );
    }
    let mut places = places(&loaded, args.candidates, presented.is_some())?;
    let keys = pair_file::keys(run.pack.parsed());
    let likely = Likely { rule: rule.as_ref(), assumed: args.acceptance };
    let chances = weighs.then(|| loaded.chances(likely)).transpose().map_err(margin::with_hint)?;
    let following = |loaded: &Posing, lists: Vec<Vec<Place>>, places: &[usize]| -> Result<Listed> {
        let instance = &loaded.instance;
        match &chances {
            None => {
                let (commission, matching) = Commission::following(instance, lists, places)?;
                Ok((matching, commission, None))
            }
            Some(_) if instance.by_points => Err(AllocationError::RanksByPoints.into()),
            Some(chances) => {
                let how = (chances, true);
                let (most, matching) = Commission::following_for_leases(instance, lists, places, how)?;
                Ok((matching, of_both(&most, ranks), Some(most)))
            }
        }
    };
    let solved = |allocation: &Allocation, places: &[usize]| -> Result<(Commission, Option<MostLeases>)> {
        let Some(chances) = &chances else { return Ok((allocation.commission_of(places)?, None)) };
        let most = allocation.most_leases(places, (chances, true))?;
        Ok((of_both(&most, ranks), Some(most)))
    };
    let (loaded, matching, mut commission, most) = match (&args.lists, &mut followed) {
        (_, Some(followed)) => {
            followed.prepare(&loaded, &mut places);
            let (loaded, matching, commission, most) = match followed.follows() {
                true => {
                    let (matching, commission, most) = following(&loaded, followed.lists(), &places)?;
                    (loaded, matching, commission, most)
                }
                false => {
                    let allocation = pairs::solve(loaded, None)?;
                    let (commission, most) = solved(&allocation, &places)?;
                    (allocation.posing, allocation.matching, commission, most)
                }
            };
            followed.number(&commission);
            expect_none(&loaded.instance, &matching, &mut places);
            say_conditions(&loaded, &matching, &commission);
            (loaded, matching, commission, most)
        }
        (Some(path), None) => {
            let lists = lists(path, &keys, &loaded)?;
            let (matching, commission, most) = following(&loaded, lists, &places)?;
            (loaded, matching, commission, most)
        }
        (None, None) => {
            let allocation = pairs::solve(loaded, None)?;
            let (commission, most) = solved(&allocation, &places)?;
            expect_none(&allocation.posing.instance, &allocation.matching, &mut places);
            say_conditions(&allocation.posing, &allocation.matching, &commission);
            (allocation.posing, allocation.matching, commission, most)
        }
    };
    let both = most.as_ref().zip(chances.as_ref());
    let both = both.map(|(most, chances)| Both::new(&loaded, &matching, most, chances));
    if let Some(both) = both.as_ref().filter(|_| args.compare) {
        let compared = Presented::of(both.table(), &[&loaded.plan.pairs]);
        let about = pairs::about(&loaded, "Les rangs par les niveaux, et pour le plus de baux attendus");
        output::write(&compared.with_about(about), &args.output)?;
        both.say();
        return Ok(End::Fine);
    }
    if let Some(path) = &args.refusals {
        let lines = pair_file::read(path, &keys, &[])?;
        let Posing { instance, dataset, .. } = &loaded;
        let find = |line: &Line| {
            let (request, unit) = &line.pair;
            Some((instance.requests.find(dataset, request)?, instance.units.find(dataset, unit)?))
        };
        let idle =
            |line: &Line| find(line).is_none_or(|(request, unit)| instance.pair(request, unit).is_none());
        // What was refused and is not in the data any more is history: it is told, and changes nothing.
        pair_file::say_without_effect(path, &lines, &loaded, idle);
        let refusals: Vec<(u32, u32)> = lines.iter().filter_map(find).collect();
        let after = commission.after(instance, &matching, &places, &refusals);
        let id = |request: Option<u32>| {
            request.map_or("personne", |request| instance.requests.id(dataset, request))
        };
        for (unit, before, now) in &after.changes {
            eprintln!(
                "{}: refusé par {}, proposé à {}",
                data::visible_cell(instance.units.id(dataset, *unit)),
                data::visible_cell(id(*before)),
                data::visible_cell(id(*now))
            );
        }
        eprintln!(
            "{} logements changent de main; les autres places des listes restent, et ce qui est épuisé est complété à la fin",
            after.changes.len()
        );
        commission = after.commission;
    }
    let loaded = &loaded;
    let mut holders = loaded.instance.holders_charged(&matching);
    if let Some(followed) = &followed {
        followed.charge(loaded, &mut holders);
    }
    let rank = |unit: u32, at: usize| followed.as_ref().map_or(at + 1, |followed| followed.rank(unit, at));
    let accepted = match ranks {
        Ranks::Levels => None,
        Ranks::Leases => {
            let own = Acceptances::new(likely, &loaded.dataset, &loaded.instance, &commission);
            Some(own.map_err(|wrong| margin::with_hint(AllocationError::Instance(wrong)))?)
        }
    };
    let result = result(&run.pack, loaded, &commission, (&rank, &holders, accepted.as_ref()))?;
    // Entered before it is shown: what was shown and is in no ledger could be notified.
    let end = match (&mut followed, &args.ledger.ledger) {
        (Some(followed), Some(path)) => {
            let how = session_details(args, ranks);
            followed.end(path, (loaded, &commission, &holders), (&how, args.append))?
        }
        _ => End::Fine,
    };
    let about = pairs::about(loaded, "Candidats par logement, pour la commission d'attribution");
    output::write(&result.with_about(about), &args.output)?;
    let presented =
        (0_u32..).zip(&commission.lists).flat_map(|(unit, list)| list.iter().map(move |p| (p.request, unit)));
    pairs::say_reserves(&loaded.reserves_of(presented), ["candidat", "candidats"]);
    let short = commission.lists.iter().zip(&places).filter(|(list, asked)| list.len() < **asked).count();
    let shared = commission.lists.iter().flatten().filter(|place| place.shared).count();
    eprintln!(
        "{} logements; les places propres ne sont qu'à une demande: qui que ce soit qui refuse, le suivant de chaque liste peut accepter sans que personne d'autre ne bouge",
        commission.lists.len()
    );
    both.iter().filter(|_| ranks == Ranks::Leases).for_each(Both::say);
    if shared > 0 {
        eprintln!("{shared} places partagées: la demande est aussi dans d'autres listes");
    }
    if short > 0 {
        eprintln!(
            "{short} logements ont moins de candidats qu'il n'en faut: trop peu de demandes leur conviennent"
        );
    }
    Ok(end)
}

/// A unit whose tenant stays asks for no candidates.
fn expect_none(instance: &Instance, matching: &Matching, places: &mut [usize]) {
    for (asked, _) in
        places.iter_mut().zip(instance.occupied(&matching.unit_of)).filter(|(_, occupied)| *occupied)
    {
        *asked = 0;
    }
}

/// The rank of a place in the list of a unit: numbers of the unit and of the place.
type RankOf<'r> = dyn Fn(u32, usize) -> usize + 'r;

/// An answer, its lists and, where both are made, those of both ways to fill the ranks.
type Listed = (Matching, Commission, Option<MostLeases>);

/// The lists whose ranks are filled as is said.
fn of_both(most: &MostLeases, ranks: Ranks) -> Commission {
    match ranks {
        Ranks::Levels => most.by_levels.clone(),
        Ranks::Leases => most.commission.clone(),
    }
}

/// What a session says of what was asked for, so that it can be held again.
fn session_details(args: &CommissionArgs, ranks: Ranks) -> Vec<(&'static str, Json)> {
    let mut details: Vec<(&'static str, Json)> = Vec::new();
    details.extend(args.candidates.map(|asked| ("candidats", asked.into())));
    if ranks == Ranks::Leases {
        details.push(("rangs", ranks.written().into()));
        details.extend(args.acceptance.map(|own| ("acceptation", format_number(&own).into())));
    }
    details
}

/// Which lists stand under the condition that a tenant takes what it is given, on the standard error.
fn say_conditions(loaded: &Posing, matching: &Matching, commission: &Commission) {
    let Posing { instance, dataset, .. } = loaded;
    // Lists that are followed, of units whose tenant is the first of none.
    let occupied = instance.occupied(&matching.unit_of);
    for (unit, tenant) in (0_u32..).zip(instance.holders()) {
        let at = unit as usize;
        let listed = commission.lists.get(at).is_some_and(|list| !list.is_empty());
        if let Some(tenant) = tenant.filter(|_| listed && occupied.get(at) == Some(&true)) {
            eprintln!(
                "{}: libre seulement si la demande {}, qui l'occupe, accepte un autre logement",
                data::visible_cell(instance.units.id(dataset, unit)),
                data::visible_cell(instance.requests.id(dataset, tenant))
            );
        }
    }
    let moves = instance.moves(dataset, &matching.unit_of);
    for step in moves.iter().flat_map(|moves| &moves.steps) {
        if let Some(leaves) = &step.leaves {
            eprintln!(
                "{}: libre seulement si la demande {}, qui l'occupe, accepte {}",
                data::visible_cell(leaves),
                data::visible_cell(&step.request),
                data::visible_cell(&step.unit)
            );
        }
    }
}

/// What is shown of each candidate beside its place: what is asked, or the group of the pack.
fn shown(pack: &Pack, asked: &[String]) -> Vec<String> {
    let asked: Vec<&str> = asked.iter().map(|name| name.trim()).collect();
    let names = match asked.is_empty() {
        true if pack.parsed().manifest.groups.contains_key(GROUP) => pack.expand(&[GROUP]),
        _ => pack.expand(&asked),
    };
    names.into_iter().map(str::to_string).collect()
}

/// The column of the holder to whom an attribution is charged.
pub(super) const CHARGED: &str = "imputation";

/// The lists, with what is shown of each candidate.
fn result(
    pack: &Pack,
    loaded: &Posing,
    commission: &Commission,
    (rank, holders, accepted): (&RankOf<'_>, &[Option<usize>], Option<&Acceptances>),
) -> Result<Presented> {
    let (instance, plan) = (&loaded.instance, &loaded.plan.pairs);
    let mut rows = table(&pack.parsed().schema, &loaded.dataset, (instance, commission), rank);
    if let Some(accepted) = accepted {
        let cells = accepted.lists.iter().flatten().map(|own| Some(Value::Number(*own)));
        let (name, kind) = ("probabilite".to_string(), Type::Number);
        rows.columns.push(OutputColumn { name, cells: cells.collect(), kind });
    }
    // Who is in a list is a candidate: what was decided of the pair is at its place among the candidates.
    let lists = (0_u32..).zip(&commission.lists);
    let places: Vec<usize> = lists
        .flat_map(|(unit, list)| {
            list.iter().map(move |place| instance.place_of(place.request, unit).unwrap_or(usize::MAX))
        })
        .collect();
    let asked = plan.selected.iter().skip(1).take(loaded.plan.asked);
    let decided: Vec<_> = asked
        .zip(&instance.candidates.outcomes)
        .map(|((name, node), outcomes)| (name, node, outcomes.rows_at(&places)))
        .collect();
    for (name, node, outcomes) in &decided {
        rows.columns.push(OutputColumn {
            name: (*name).clone(),
            cells: (0..outcomes.len()).map(|row| outcomes.value(row)).collect(),
            kind: plan.node(**node).map_or(Type::Bool, |node| node.ty.clone()),
        });
    }
    if let Some(flow) = &loaded.plan.flow {
        let lists = (0_u32..).zip(commission.lists.iter().zip(holders));
        let holder = |request: u32, unit: u32, own: Option<usize>| {
            flow.name(instance.marks_in_list(own, request, unit)).map(Value::text)
        };
        let cells = lists.flat_map(|(unit, (list, own))| {
            list.iter().map(move |place| holder(place.request, unit, *own)).collect::<Vec<_>>()
        });
        let (name, kind) = (CHARGED.to_string(), Type::Text(None));
        rows.columns.push(OutputColumn { name, cells: cells.collect(), kind });
    }
    let mut result = Presented::of(rows, &[plan]);
    decided.iter().for_each(|(name, _, outcomes)| result.decided(name, outcomes));
    result.name_codes(&[plan], || input::references(pack))?;
    Ok(result)
}

/// The plan of the pack's rule for the number of candidates, where no number is asked for and the data have what it reads.
pub(super) fn presented(run: &input::Run, asked: Option<usize>) -> Result<Option<Arc<Plan>>> {
    let rule = run.pack.parsed().manifest.matching.as_ref().and_then(|m| m.presented.clone());
    match (asked, rule) {
        (None, Some((name, _))) => Ok(Some(run.plan(&[&name])?).filter(|plan| has_columns(run, plan))),
        _ => Ok(None),
    }
}

/// By number of the unit: how many candidates it has, as asked for or by the pack's rule; what that leaves open is said.
pub(super) fn places(
    posing: &Posing,
    asked: Option<usize>,
    by_rule: bool,
) -> Result<Vec<usize>, AllocationError> {
    if !by_rule {
        return Ok(vec![asked.unwrap_or(PLACES); posing.instance.units.len()]);
    }
    let (places, open) = posing.places()?;
    if open > 0 {
        eprintln!("{open} logements dont le nombre de candidats n'est pas connu: {PLACES} sont présentés");
    }
    Ok(places)
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

/// The lists of a file that this command wrote: by unit, its places in order. Who is not in the data any more is left out,
/// which is told.
fn lists(path: &Path, keys: &[String; 2], loaded: &Posing) -> Result<Vec<Vec<Place>>> {
    let Posing { instance, dataset, .. } = loaded;
    let mut ranked: Vec<Vec<(usize, Place)>> = vec![Vec::new(); instance.units.len()];
    let (mut requests_gone, mut units_gone, mut unsuitable) = (BTreeSet::new(), BTreeSet::new(), 0);
    for Line { number, pair: (request, unit), more } in pair_file::read(path, keys, &["rang", "partage"])? {
        let [rank, shared] = more.as_slice() else { continue };
        let Ok(rank) = rank.parse() else {
            bail!("{}:{number}: `rang`: « {rank} » ; attendu: un entier d'au moins 1", path.display());
        };
        let Some(unit) = instance.units.find(dataset, &unit) else {
            units_gone.insert(unit);
            continue;
        };
        let Some(request) = instance.requests.find(dataset, &request) else {
            requests_gone.insert(request);
            continue;
        };
        if instance.pair(request, unit).is_none() {
            unsuitable += 1;
            continue;
        }
        if let Some(list) = ranked.get_mut(unit as usize) {
            list.push((rank, Place { request, shared: shared == "true" }));
        }
    }
    for (count, what) in [
        (requests_gone.len(), "demandes des listes suivies ne sont plus dans les données"),
        (units_gone.len(), "logements des listes suivies ne sont plus dans les données"),
        (unsuitable, "places des listes suivies ne sont plus celles d'une candidature recevable"),
    ] {
        if count > 0 {
            eprintln!("{count} {what}: elles en sortent, sans que les autres changent de rang");
        }
    }
    let in_order = |mut list: Vec<(usize, Place)>| {
        list.sort();
        list.into_iter().map(|(_, place)| place).collect()
    };
    Ok(ranked.into_iter().map(in_order).collect())
}

fn table(
    schema: &Schema,
    dataset: &Dataset,
    (instance, commission): (&Instance, &Commission),
    rank: &dyn Fn(u32, usize) -> usize,
) -> Output {
    let rows: Vec<(u32, usize, Place)> = (0_u32..)
        .zip(&commission.lists)
        .flat_map(|(unit, list)| {
            list.iter().enumerate().map(move |(at, place)| (unit, rank(unit, at), *place))
        })
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
            number(instance.points(place.request) as usize)
        }),
        column("adequation".to_string(), Type::Number, &|(unit, _, place)| {
            number(instance.pair(place.request, *unit).map_or(0, |(fit, _)| fit).into())
        }),
        column("partage".to_string(), Type::Bool, &|(.., place)| Value::Bool(place.shared)),
    ];
    Output { name: "commission".to_string(), columns }
}
