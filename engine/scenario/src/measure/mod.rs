//! What a run gives: its tables of measures, and what becomes of each household.

mod counts;
mod matchings;
mod summary;
mod waits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::allocation::Allocation;
use super::basis::Local;
use super::decided::Decide;
use super::file::{Leases, Measured, Weeks};
use super::run::Household;
use super::table::{Table, scaled};
use counts::{by_request, by_unit, number, outcomes, shown};
use logis_allocation::attribution::{MatchingPlan, acceptance};
use logis_allocation::candidates::{decide_pairs, sides};
use logis_data::{Dataset, InputFile, Issue, Needs, ReadOutcome, TextTable, read_texts};
use logis_decide::evaluate::{DecisionColumn, Decisions};
use logis_decide::invariants::Invariants;
use logis_decide::places::Places;
use logis_language::Pack;
use logis_language::diagnostic::PackError;
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::manifest::Named;
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::EntityId;
use logis_language::plan::Plan;
use logis_language::value::{Date, Exact, Type, Value};
pub(super) use summary::Sums;
pub(super) use waits::waiting;

/// Rules of one entity whose outcomes are counted.
struct Group {
    id: String,
    title: String,
    plan: Arc<Plan>,
}

/// What sessions read besides.
#[derive(Clone, Default)]
pub(super) struct WeeklyPlans {
    /// On pairs: how likely an offer is taken.
    pub acceptance: Option<Arc<Plan>>,
    /// On units: how many candidates are presented, where the scenario does not say it.
    pub presented: Option<Arc<Plan>>,
    /// On requests: the day on which one comes.
    pub request_date: Option<Arc<Plan>>,
    /// On units: the day from which one is free.
    pub unit_date: Option<Arc<Plan>>,
}

impl WeeklyPlans {
    fn all(&self) -> impl Iterator<Item = &Arc<Plan>> {
        self.acceptance.iter().chain(&self.request_date).chain(&self.unit_date)
    }
}

/// All that a run plans before it reads its data.
pub(super) struct Planned {
    pub matching: MatchingPlan,
    /// Where years go by sessions: what those read besides.
    pub weekly: Option<WeeklyPlans>,
    /// The entity of the requests.
    pub requests: EntityId,
    /// The entity of the units.
    pub units: EntityId,
    groups: Vec<Group>,
    requests_by: Option<Arc<Plan>>,
    units_by: Option<Arc<Plan>>,
    waiting: Option<Arc<Plan>>,
    /// By what reservations are counted.
    product: Option<(String, Arc<Plan>)>,
    /// Aids and their amounts, a plan for each entity.
    money: Vec<Arc<Plan>>,
    /// On pairs: the rent burden.
    burden: Option<Arc<Plan>>,
    /// On pairs, where attributions are followed to leases: how likely an offer is taken.
    pub acceptance: Option<Arc<Plan>>,
}

/// What is measured of a year.
pub(super) struct Measures {
    pub tables: Vec<Table>,
    pub households: Vec<Household>,
    pub sums: Sums,
}

/// How the summary is obtained.
const SUMMARY: &str = "Comptes sur les demandes et les logements du jeu de données ; l'appariement loge le plus de demandes possible, puis sert les parts de la loi, puis les plus prioritaires, puis le mieux ; sa preuve est vérifiée à chaque calcul.";

/// How the summary of a year of sessions is obtained.
const SESSIONS: &str = "Comptes sur les demandes et les logements du jeu de données, au bout d'une année de séances : les attributions sont des baux. À chaque séance, l'appariement loge le plus de demandes possible, puis sert les parts, comptées sur l'année, puis les plus prioritaires, puis le mieux ; sa preuve est vérifiée.";

/// How waiting times are obtained.
const WAITED: &str = "Ancienneté de chaque demande le jour de la décision, en mois entiers, par la règle du paquet ; comptée à l'attribution pour les demandes servies.";

/// The table of what each household is eligible to.
const ELIGIBILITY: &str = "eligibilite";

/// What people call a rule or field.
pub(super) fn label(parsed: &Parsed, name: &str) -> String {
    let rule = parsed.rule(name).and_then(|id| parsed.rules.get(id)).and_then(|r| r.texts.last());
    let field = || parsed.schema.field(name).and_then(|id| parsed.schema.fields.get(id));
    let found = rule.map(|t| t.doc.label.clone()).or_else(|| field().map(|f| f.label.clone()));
    found.filter(|l| !l.is_empty()).map_or_else(|| name.to_string(), |l| l.trim_end_matches('.').to_string())
}

fn sources(parsed: &Parsed, names: &[String]) -> String {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        let text = parsed.rule(name).and_then(|id| parsed.rules.get(id)).and_then(|r| r.texts.last());
        for source in text.iter().flat_map(|t| &t.doc.sources) {
            if !all.contains(source) {
                all.push(source.clone());
            }
        }
    }
    all.join(" ; ")
}

/// The names that a scenario measures by: its own, or those of `pack.toml`.
fn chosen<'n>(own: &'n [Named], of_pack: &'n [Named]) -> Vec<&'n str> {
    let names = if own.is_empty() { of_pack } else { own };
    names.iter().map(|(name, _)| name.as_str()).collect()
}

/// The name that a scenario measures by: its own, or that of `pack.toml`.
fn one<'n>(own: &'n Option<Named>, of_pack: &'n Option<Named>) -> Option<&'n str> {
    own.as_ref().or(of_pack.as_ref()).map(|(name, _)| name.as_str())
}

impl Planned {
    /// Plans a run as of a date.
    pub fn new(
        pack: &Pack,
        date: Date,
        measures: &Measured,
        (weeks, leases): (Option<&Weeks>, Option<&Leases>),
    ) -> Result<Planned, PackError> {
        let parsed = pack.parsed();
        let of_pack = &parsed.manifest.measures;
        let matching = MatchingPlan::new(parsed, date, &[])?;
        // Of the pairs that are made alone: there may be hundreds of millions of others.
        let burden = one(&measures.burden, &of_pack.burden);
        let burden = burden.map(|name| Plan::seen_from(parsed, date, matching.pairs.entity, &[name]));
        let burden = burden.transpose()?.map(Arc::new);
        let (requests, units) = sides(&matching.pairs).unwrap_or_default();
        // Names may be of an entity that the rows belong to (a unit's operation), so they are planned as seen
        // from the rows.
        let seen = |entity: EntityId, names: Vec<&str>| match names.is_empty() {
            true => Ok(None),
            false => Plan::seen_from(parsed, date, entity, &names).map(|p| Some(Arc::new(p))),
        };
        let requests_by = seen(requests, chosen(&measures.requests_by, &of_pack.requests_by))?;
        let units_by = seen(units, chosen(&measures.units_by, &of_pack.units_by))?;
        let waiting = match one(&measures.waiting, &of_pack.waiting) {
            Some(waiting) => seen(requests, vec![waiting])?,
            None => None,
        };
        let product = match one(&measures.product, &of_pack.product) {
            Some(product) => seen(units, vec![product])?.map(|plan| (label(parsed, product), plan)),
            None => None,
        };
        let mut money = Vec::new();
        let names: Vec<&str> = measures.money.iter().map(|(name, _)| name.as_str()).collect();
        // A plan decides rows of one entity: a group of rules on persons and on requests is two plans.
        for (_, rules) in by_entity(parsed, &pack.expand(&names)) {
            money.push(pack.plan(date, &rules)?);
        }
        let mut groups = Vec::new();
        let of_requests =
            |name: &&str| Target::find(parsed, name).is_some_and(|(_, entity)| entity == requests);
        let results: Vec<&str> = pack.results().into_iter().filter(of_requests).collect();
        if let Some(plan) = booleans(pack, date, &results)? {
            groups.push(Group {
                id: ELIGIBILITY.into(),
                title: "Éligibilité aux plafonds et aux règles du paquet".into(),
                plan,
            });
        }
        for (name, _) in &measures.groups {
            for (entity, rules) in by_entity(parsed, &pack.expand(&[name])) {
                let what = parsed.schema.entities.get(entity).map_or("", |e| e.label.as_str());
                let id = match parsed.schema.entities.get(entity) {
                    Some(e) if entity != requests => format!("{name}_{}", e.name),
                    _ => name.clone(),
                };
                let title = format!("Groupe « {name} », par {}", what.to_lowercase());
                groups.push(Group { id, title, plan: pack.plan(date, &rules)? });
            }
        }
        let weekly = weeks.map(|own| -> Result<WeeklyPlans, PackError> {
            Ok(WeeklyPlans {
                acceptance: acceptance(parsed, date)?.map(Arc::new),
                presented: match parsed.manifest.matching.as_ref().and_then(|own| own.presented.as_ref()) {
                    Some((rule, _)) if own.candidates.is_none() => seen(units, vec![rule])?,
                    _ => None,
                },
                request_date: seen(requests, one(&own.request_date, &None).into_iter().collect())?,
                unit_date: seen(units, one(&own.unit_date, &None).into_iter().collect())?,
            })
        });
        let weekly = weekly.transpose()?;
        let acceptance = match leases {
            Some(_) => acceptance(parsed, date)?.map(Arc::new),
            None => None,
        };
        Ok(Planned {
            matching,
            weekly,
            requests,
            units,
            groups,
            requests_by,
            units_by,
            waiting,
            product,
            money,
            burden,
            acceptance,
        })
    }

    /// These plans with other values of some parameters: see [`Plan::with_values`].
    pub fn with_values(&self, parsed: &Arc<Parsed>, differ: &BTreeSet<ParameterId>) -> Planned {
        let plan = |plan: &Arc<Plan>| match plan.reads(differ) {
            true => Arc::new(plan.with_values(parsed)),
            false => plan.clone(),
        };
        let group = |g: &Group| Group { id: g.id.clone(), title: g.title.clone(), plan: plan(&g.plan) };
        Planned {
            matching: self.matching.with_values(parsed, differ),
            weekly: self.weekly.as_ref().map(|own| WeeklyPlans {
                acceptance: own.acceptance.as_ref().map(plan),
                presented: own.presented.as_ref().map(plan),
                request_date: own.request_date.as_ref().map(plan),
                unit_date: own.unit_date.as_ref().map(plan),
            }),
            groups: self.groups.iter().map(group).collect(),
            requests_by: self.requests_by.as_ref().map(plan),
            units_by: self.units_by.as_ref().map(plan),
            waiting: self.waiting.as_ref().map(plan),
            product: self.product.as_ref().map(|(label, p)| (label.clone(), plan(p))),
            money: self.money.iter().map(plan).collect(),
            burden: self.burden.as_ref().map(plan),
            acceptance: self.acceptance.as_ref().map(plan),
            ..*self
        }
    }

    /// All that it plans: the matching, then what is measured.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        let plans = self.groups.iter().map(|g| &g.plan).chain(&self.requests_by).chain(&self.units_by);
        let plans = plans.chain(&self.money).chain(self.product.as_ref().map(|(_, plan)| plan));
        let plans = plans.chain(self.weekly.iter().flat_map(WeeklyPlans::all));
        let plans = plans.chain(&self.acceptance);
        let own = self.burden.iter().chain(plans.chain(&self.waiting));
        self.matching.plans().chain(own.map(Arc::as_ref))
    }

    /// Whose local rules decide the requests and the units, as far as any is asked.
    pub fn local(&self, parsed: &Parsed, dataset: &Dataset) -> Local {
        let mut places = Places::default();
        if self.plans().any(Plan::is_local) {
            places.add(parsed, dataset, self.requests);
            places.add(parsed, dataset, self.units);
        }
        Local::of(parsed, &places)
    }

    /// What the data must have.
    pub fn needs(&self) -> Needs {
        let mut all = Needs::default();
        for plan in self.plans() {
            all.join(plan.needs());
        }
        all
    }

    /// What the data must have for the number of candidates that the pack's rule says, besides: data without it are read
    /// all the same.
    pub fn wished(&self) -> Option<Needs> {
        let presented = self.weekly.as_ref()?.presented.as_ref()?;
        let mut all = self.needs();
        all.join(presented.needs());
        Some(all)
    }

    /// Measures an allocation: all, or only what the points of sweeps show.
    pub fn measure(
        &self,
        parsed: &Parsed,
        decide: &Decide<'_>,
        allocation: &Allocation,
        all: bool,
    ) -> Measures {
        // What several tables show is decided once.
        let burden = self.burdens(decide.dataset, allocation);
        let sums = self.sums(decide, allocation, &burden);
        let how = if allocation.weekly { SESSIONS } else { SUMMARY };
        let mut tables = vec![sums.table("L'essentiel", how)];
        tables.extend(self.quotas(allocation));
        let mut eligible = Arc::default();
        for group in self.groups.iter().filter(|g| all || g.id == ELIGIBILITY) {
            let decided = decide.rows(&group.id, &group.plan);
            tables.extend(outcomes(parsed, group, &decided));
            if group.id == ELIGIBILITY {
                eligible = decided;
            }
        }
        // A sweep has hundreds of points, of which charts show the summary, the quotas and the eligibility
        // alone.
        if !all {
            return Measures { tables, households: Vec::new(), sums };
        }
        if let Some(waits) = &sums.waits {
            let rules = self.waiting.iter().flat_map(|plan| &plan.selected);
            let rules: Vec<String> = rules.map(|(name, _)| name.clone()).collect();
            tables.push(waiting(waits, WAITED, &sources(parsed, &rules)));
        }
        if let Some((label, plan)) = &self.product
            && let Some(column) = decide.rows("produit", plan).columns.first()
        {
            tables.push(waits::reservations(label, column, allocation));
        }
        tables.extend(self.money(parsed, decide));
        let by = |slot: &str, plan: &Option<Arc<Plan>>| {
            plan.as_ref().map_or_else(Arc::default, |plan| decide.rows(slot, plan))
        };
        let of_requests = by("demandes_par", &self.requests_by);
        let of_units = by("logements_par", &self.units_by);
        for (name, column) in of_requests.names.iter().zip(&of_requests.columns) {
            tables.push(by_request(parsed, name, column, allocation, &burden));
        }
        for (name, column) in of_units.names.iter().zip(&of_units.columns) {
            let id = format!("logements_par_{name}");
            tables.push(by_unit(&id, &label(parsed, name), &[column], allocation));
        }
        // All columns crossed, the most wanted kinds of units first.
        if of_units.columns.len() > 1 && allocation.at_once {
            let columns: Vec<&DecisionColumn> = of_units.columns.iter().collect();
            let mut table =
                by_unit("valeur_marginale", "Ce qu'un logement de plus apporterait", &columns, allocation);
            table.rows.sort_by_key(|row| std::cmp::Reverse(row.cells.last().copied().flatten()));
            table.of = of_units.names.iter().map(|n| label(parsed, n)).collect::<Vec<_>>().join(" · ");
            tables.push(table);
        }
        let households = self.households(decide, allocation, &eligible.columns, &of_requests);
        Measures { tables, households, sums }
    }

    /// By row of the request: the rent burden in the unit that it gets; none where that is not measured.
    fn burdens(&self, dataset: &Dataset, allocation: &Allocation) -> Vec<Option<Exact>> {
        let Some(plan) = &self.burden else { return Vec::new() };
        let made = (0_u32..).zip(&allocation.unit_of).filter_map(|(row, unit)| Some((row, (*unit)?)));
        let (requests, units): (Vec<u32>, Vec<u32>) = made.unzip();
        let decided = decide_pairs(plan, dataset, &requests, &units);
        let mut burdens = vec![None; allocation.unit_of.len()];
        for (at, row) in requests.iter().enumerate() {
            if let (Some(slot), Some(column)) = (burdens.get_mut(*row as usize), decided.first()) {
                *slot = number(column.value(at));
            }
        }
        burdens
    }

    fn households(
        &self,
        decide: &Decide<'_>,
        allocation: &Allocation,
        eligible: &[DecisionColumn],
        by: &Decisions,
    ) -> Vec<Household> {
        let waits = self.waiting.as_ref().map_or_else(Arc::default, |plan| decide.rows("attente", plan));
        let dataset = decide.dataset;
        let ids = |entity: EntityId| dataset.tables.get(entity).map(|t| t.ids.clone()).unwrap_or_default();
        let (requests, units) = (ids(self.requests), ids(self.units));
        let row = |(row, id): (usize, &str)| Household {
            id: id.to_string(),
            unit: allocation
                .unit_of
                .get(row)
                .copied()
                .flatten()
                .and_then(|u| units.text(u as usize))
                .map(str::to_string),
            eligible: eligible
                .iter()
                .map(|c| match c.value(row) {
                    Some(Value::Bool(b)) => Some(b),
                    _ => None,
                })
                .collect(),
            by: by.columns.iter().map(|c| shown(c.value(row))).collect(),
            wait: waits.columns.first().and_then(|c| scaled(&number(c.value(row))?, 0)),
        };
        let mut all: Vec<Household> = requests.texts().enumerate().map(row).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }
}

/// Names by the entity that they speak of.
fn by_entity<'n>(parsed: &Parsed, names: &[&'n str]) -> BTreeMap<EntityId, Vec<&'n str>> {
    let mut by: BTreeMap<EntityId, Vec<&str>> = BTreeMap::new();
    for name in names {
        if let Some((_, entity)) = Target::find(parsed, name) {
            by.entry(entity).or_default().push(name);
        }
    }
    by
}

/// The boolean ones of some rules, planned.
fn booleans(pack: &Pack, date: Date, names: &[&str]) -> Result<Option<Arc<Plan>>, PackError> {
    let all = pack.plan(date, names)?;
    let boolean = |node| all.node(node).is_some_and(|n| n.ty == Type::Bool);
    let names: Vec<&str> =
        all.selected.iter().filter(|(_, node)| boolean(*node)).map(|(n, _)| n.as_str()).collect();
    if names.is_empty() { Ok(None) } else { Ok(Some(pack.plan(date, &names)?)) }
}

/// What a run reads: its data and the warnings of what holds of their rows, or all that is wrong.
type Read = Result<(Dataset, Vec<String>), Vec<Issue>>;

/// Reads what a run needs from tables whose rows it changed.
pub(super) fn read(parsed: &Arc<Parsed>, tables: &[TextTable], needs: &Needs, date: Date) -> Read {
    let needs = strict(needs);
    held(parsed, read_texts(&parsed.schema, &parsed.references, tables, &needs), &needs, date)
}

/// Reads what is wished for or, if something is wrong with that, what is needed alone.
pub(super) fn wished(needs: &Needs, wished: Option<&Needs>, read: impl Fn(&Needs) -> Read) -> Read {
    match wished {
        Some(wished) => read(wished).or_else(|_| read(needs)),
        None => read(needs),
    }
}

/// Reads what a run needs from the files of a package.
pub(super) fn read_files(parsed: &Arc<Parsed>, files: Vec<InputFile>, needs: &Needs, date: Date) -> Read {
    let needs = strict(needs);
    held(parsed, logis_data::read(&parsed.schema, &parsed.references, files, &needs), &needs, date)
}

/// A run has nobody to warn of a column that is not there.
fn strict(needs: &Needs) -> Needs {
    Needs { strict: true, ..needs.clone() }
}

/// What was read, if nothing is wrong with it, nor with what must hold of its rows.
fn held(parsed: &Arc<Parsed>, read: ReadOutcome, needs: &Needs, date: Date) -> Read {
    let mut errors: Vec<Issue> = read.issues.into_iter().filter(Issue::is_error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let held = Invariants::new(parsed, date, &needs.entities).issues(&read.dataset);
    let (broken, warnings): (Vec<Issue>, Vec<Issue>) = held.into_iter().partition(Issue::is_error);
    errors.extend(broken);
    let warnings = warnings.iter().map(ToString::to_string).collect();
    if errors.is_empty() { Ok((read.dataset, warnings)) } else { Err(errors) }
}
