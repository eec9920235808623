//! What a run gives: its tables of measures, and what becomes of each household.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::allocation::Allocation;
use super::file::Measured;
use super::table::{Table, percent, ratio, scaled};
use crate::Pack;
use crate::attribution::MatchingPlan;
use crate::candidates::sides;
use crate::data::{self, Dataset, Needs};
use crate::diagnostic::PackError;
use crate::evaluate::{DecisionColumn, Decisions, evaluate};
use crate::graph::Target;
use crate::pack::Parsed;
use crate::pack::manifest::Named;
use crate::pack::schema::EntityId;
use crate::plan::Plan;
use crate::value::{Date, Exact, Type, Value};

/// What becomes of one household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// Identifier of the request.
    pub id: String,
    /// The unit that it gets.
    pub unit: Option<String>,
    /// By rule of the table `eligibilite`: is it true? `None` where it is not known.
    pub eligible: Vec<Option<bool>>,
    /// By measure of `requests_by`: to what it belongs.
    pub by: Vec<String>,
}

/// Rules of one entity whose outcomes are counted.
struct Group {
    id: String,
    title: String,
    plan: Arc<Plan>,
}

/// All that a run plans before it reads its data.
pub(super) struct Planned {
    pub matching: MatchingPlan,
    /// The entity of the requests.
    pub requests: EntityId,
    /// The entity of the units.
    pub units: EntityId,
    groups: Vec<Group>,
    requests_by: Option<Arc<Plan>>,
    units_by: Option<Arc<Plan>>,
    waiting: Option<Arc<Plan>>,
    burden: bool,
}

/// Names that a pack is asked for where the scenario names none, if it has them.
const REQUESTS_BY: [&str; 4] = ["nom_commune", "categorie_menage", "premier_quartile", "public_ani"];
const UNITS_BY: [&str; 4] = ["nom_commune", "financement", "typologie", "en_quartier_prioritaire"];
const BURDEN: &str = "taux_effort";
const WAITING: &str = "anciennete_demande";

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

fn chosen<'n>(named: &'n [Named], defaults: &[&'static str], parsed: &Parsed) -> Vec<&'n str> {
    if named.is_empty() {
        return defaults.iter().copied().filter(|n| Target::find(parsed, n).is_some()).collect();
    }
    named.iter().map(|(n, _)| n.as_str()).collect()
}

impl Planned {
    /// Plans a run as of a date.
    pub fn new(pack: &Pack, date: Date, measures: &Measured) -> Result<Planned, PackError> {
        let parsed = pack.parsed();
        let burden = measures.burden.as_ref().map(|b| b.0.as_str()).or(Some(BURDEN));
        let burden: Vec<&str> = burden.into_iter().filter(|n| Target::find(parsed, n).is_some()).collect();
        let matching = MatchingPlan::new(parsed, date, &burden)?;
        let (requests, units) = sides(&matching.pairs).unwrap_or_default();
        let seen = |entity: EntityId, names: Vec<&str>| match names.is_empty() {
            true => Ok(None),
            false => Plan::seen_from(parsed, date, entity, &names).map(|p| Some(Arc::new(p))),
        };
        let requests_by = seen(requests, chosen(&measures.requests_by, &REQUESTS_BY, parsed))?;
        let units_by = seen(units, chosen(&measures.units_by, &UNITS_BY, parsed))?;
        let waiting = measures.waiting.as_ref().map_or(WAITING, |w| w.0.as_str());
        let waiting = match Target::find(parsed, waiting) {
            Some(_) => seen(requests, vec![waiting])?,
            None => None,
        };
        let mut groups = Vec::new();
        let of_requests =
            |name: &&str| Target::find(parsed, name).is_some_and(|(_, entity)| entity == requests);
        let results: Vec<&str> = pack.results().into_iter().filter(of_requests).collect();
        if let Some(plan) = booleans(pack, date, &results)? {
            groups.push(Group {
                id: "eligibilite".into(),
                title: "Éligibilité aux plafonds et aux règles du paquet".into(),
                plan,
            });
        }
        for (name, _) in &measures.groups {
            let mut by_entity: BTreeMap<EntityId, Vec<&str>> = BTreeMap::new();
            for rule in pack.expand(&[name]) {
                if let Some((_, entity)) = Target::find(parsed, rule) {
                    by_entity.entry(entity).or_default().push(rule);
                }
            }
            for (entity, rules) in by_entity {
                let what = parsed.schema.entities.get(entity).map_or("", |e| e.label.as_str());
                let id = match parsed.schema.entities.get(entity) {
                    Some(e) if entity != requests => format!("{name}_{}", e.name),
                    _ => name.clone(),
                };
                let title = format!("Groupe « {name} », par {}", what.to_lowercase());
                groups.push(Group { id, title, plan: pack.plan(date, &rules)? });
            }
        }
        Ok(Planned {
            matching,
            requests,
            units,
            groups,
            requests_by,
            units_by,
            waiting,
            burden: !burden.is_empty(),
        })
    }

    /// What the data must have.
    pub fn needs(&self) -> Needs {
        let mut all = Needs::default();
        let plans = self.groups.iter().map(|g| &g.plan).chain(&self.requests_by).chain(&self.units_by);
        for plan in self.matching.plans().chain(plans.chain(&self.waiting).map(Arc::as_ref)) {
            let more = plan.needs();
            all.fields.extend(more.fields);
            all.entities.extend(more.entities);
            all.relations.extend(more.relations);
        }
        all
    }

    /// Measures an allocation.
    pub fn measure(
        &self,
        parsed: &Parsed,
        dataset: &Dataset,
        allocation: &Allocation,
    ) -> (Vec<Table>, Vec<Household>) {
        let burden = if self.burden { self.burdens(allocation) } else { Vec::new() };
        let of_requests = self.requests_by.as_ref().map(|p| evaluate(p, dataset)).unwrap_or_default();
        let of_units = self.units_by.as_ref().map(|p| evaluate(p, dataset)).unwrap_or_default();
        let mut tables = vec![self.summary(dataset, allocation, &burden)];
        tables.extend(self.quotas(allocation));
        let mut eligible: Vec<DecisionColumn> = Vec::new();
        for group in &self.groups {
            let decided = evaluate(&group.plan, dataset);
            tables.extend(outcomes(parsed, group, &decided));
            if group.id == "eligibilite" {
                eligible = decided.columns;
            }
        }
        for (name, column) in of_requests.names.iter().zip(&of_requests.columns) {
            tables.push(by_request(parsed, name, column, allocation, &burden));
        }
        for (name, column) in of_units.names.iter().zip(&of_units.columns) {
            tables.push(by_unit(
                &format!("logements_par_{name}"),
                &label(parsed, name),
                &[column],
                allocation,
            ));
        }
        if of_units.columns.len() > 1 {
            let columns: Vec<&DecisionColumn> = of_units.columns.iter().collect();
            let mut table =
                by_unit("valeur_marginale", "Ce qu'un logement de plus apporterait", &columns, allocation);
            table.rows.sort_by_key(|row| std::cmp::Reverse(row.cells.last().copied().flatten()));
            table.of = of_units.names.iter().map(|n| label(parsed, n)).collect::<Vec<_>>().join(" · ");
            tables.push(table);
        }
        let households = self.households(dataset, allocation, &eligible, &of_requests);
        (tables, households)
    }

    /// By row of the request: the rent burden in the unit that it gets.
    fn burdens(&self, allocation: &Allocation) -> Vec<Option<Exact>> {
        let candidates = allocation.candidates();
        let Some(column) = candidates.outcomes.first() else { return Vec::new() };
        let of = |(row, unit): (usize, &Option<u32>)| {
            let unit = (*unit)?;
            let at = candidates.of(row).iter().position(|u| *u == unit)?;
            match column.value(candidates.rows_of(row).start + at) {
                Some(Value::Number(n)) => Some(n),
                _ => None,
            }
        };
        allocation.unit_of.iter().enumerate().map(of).collect()
    }

    fn summary(&self, dataset: &Dataset, allocation: &Allocation, burden: &[Option<Exact>]) -> Table {
        let mut table = Table::new(
            "synthese",
            "L'essentiel",
            "Mesure",
            "Comptes sur les demandes et les logements du jeu de données ; l'appariement loge le plus de demandes possible, puis sert les parts de la loi, puis les plus prioritaires, puis le mieux ; sa preuve est vérifiée à chaque calcul.",
            "règles de `[matching]` du paquet",
        )
        .column("valeur", "Valeur", "", 0, true);
        let count = |n: u64| i64::try_from(n).ok();
        let (requests, units) = (allocation.unit_of.len() as u64, allocation.units() as u64);
        let reached = &allocation.matching.reached;
        let housed = reached.attributions;
        let none = (0..allocation.unit_of.len()).filter(|&r| allocation.candidates().of(r).is_empty()).count()
            as u64;
        table.figure("demandes", "Demandes", ("demandes", 0), count(requests));
        table.figure("logements", "Logements", ("logements", 0), count(units));
        table.figure(
            "candidatures",
            "Couples recevables",
            ("couples", 0),
            count(allocation.candidates().len() as u64),
        );
        let open = allocation.candidates().open.iter().map(|n| u64::from(*n)).sum();
        table.figure(
            "ouverts",
            "Couples qu'une donnée manquante laisse ouverts",
            ("couples", 0),
            count(open),
        );
        table.figure("attributions", "Attributions", ("attributions", 0), count(housed));
        table.figure("part_servie", "Part des demandes servies", ("%", 1), percent(housed, requests, 1));
        table.figure("non_servies", "Demandes non servies", ("demandes", 0), count(requests - housed));
        table.figure(
            "sans_logement_recevable",
            "Demandes auxquelles aucun logement ne convient",
            ("demandes", 0),
            count(none),
        );
        table.figure("logements_libres", "Logements restés libres", ("logements", 0), count(units - housed));
        table.figure(
            "priorite",
            "Priorité moyenne des demandes servies",
            ("points", 1),
            ratio(i128::from(reached.priority), i128::from(housed), 1),
        );
        table.figure(
            "adequation",
            "Adéquation moyenne des attributions",
            ("points", 1),
            ratio(i128::from(reached.fit), i128::from(housed), 1),
        );
        if let Some(plan) = &self.waiting {
            let decided = evaluate(plan, dataset);
            let mean = |served: bool| {
                let column = decided.columns.first()?;
                let rows = allocation.unit_of.iter().enumerate().filter(|(_, u)| u.is_some() == served);
                mean(rows.filter_map(|(row, _)| number(column.value(row))))
            };
            table.figure(
                "attente_servies",
                "Ancienneté moyenne des demandes servies",
                ("mois", 1),
                mean(true),
            );
            table.figure(
                "attente_non_servies",
                "Ancienneté moyenne des demandes non servies",
                ("mois", 1),
                mean(false),
            );
        }
        if self.burden {
            let mut known: Vec<Exact> =
                burden.iter().flatten().map(|n| n * Exact::from_integer(100)).collect();
            known.sort();
            table.figure(
                "effort_moyen",
                "Taux d'effort moyen des attributions, aide déduite",
                ("%", 1),
                mean(known.iter().copied()),
            );
            let median = known.get(known.len().saturating_sub(1) / 2).and_then(|n| scaled(n, 1));
            table.figure("effort_median", "Taux d'effort médian", ("%", 1), median);
        }
        table
    }

    fn quotas(&self, allocation: &Allocation) -> Option<Table> {
        if self.matching.quotas.is_empty() {
            return None;
        }
        let mut table = Table::new(
            "quotas",
            "Les parts demandées, dans l'ordre où elles sont servies",
            "Part",
            "Attributions comptées et membres : comptes sur l'appariement. Prix : ce qu'un membre de moins à loger apporterait de points de priorité, d'après les multiplicateurs de la preuve ; aucun prix, la part se sert d'elle-même.",
            "quotas de `[matching]` du paquet et leurs paramètres",
        )
        .column("base", "Attributions comptées", "attributions", 0, false)
        .column("membres", "dont membres", "attributions", 0, false)
        .column("attendus", "Membres attendus", "attributions", 0, false)
        .column("part", "Part atteinte", "%", 1, true)
        .column("legale", "Part demandée", "%", 1, true)
        .column("manque", "Manque", "attributions", 0, true)
        .column("prix", "Prix", "points par membre", 1, true);
        let reached = &allocation.matching.reached.quotas;
        for (at, (quota, reached)) in self.matching.quotas.iter().zip(reached).enumerate() {
            let count = |n: u64| i64::try_from(n).ok();
            let (price, scale) = allocation.quota_price(at);
            table.row(
                &quota.quota.name,
                &quota.label,
                vec![
                    count(reached.base),
                    count(reached.members),
                    count(reached.target),
                    percent(reached.members, reached.base, 1),
                    ratio(i128::from(quota.quota.numerator) * 100, i128::from(quota.quota.denominator), 1),
                    count(reached.shortfall),
                    ratio(i128::from(price), i128::from(scale), 1),
                ],
            );
        }
        Some(table)
    }

    fn households(
        &self,
        dataset: &Dataset,
        allocation: &Allocation,
        eligible: &[DecisionColumn],
        by: &Decisions,
    ) -> Vec<Household> {
        let ids = |entity: EntityId| dataset.tables.get(entity).map_or(&[][..], |t| &t.ids);
        let (requests, units) = (ids(self.requests), ids(self.units));
        let row = |(row, id): (usize, &Arc<str>)| Household {
            id: id.to_string(),
            unit: allocation
                .unit_of
                .get(row)
                .copied()
                .flatten()
                .and_then(|u| units.get(u as usize))
                .map(|u| u.to_string()),
            eligible: eligible
                .iter()
                .map(|c| match c.value(row) {
                    Some(Value::Bool(b)) => Some(b),
                    _ => None,
                })
                .collect(),
            by: by.columns.iter().map(|c| shown(c.value(row))).collect(),
        };
        let mut all: Vec<Household> = requests.iter().enumerate().map(row).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }
}

/// The boolean ones of some rules, planned.
fn booleans(pack: &Pack, date: Date, names: &[&str]) -> Result<Option<Arc<Plan>>, PackError> {
    let all = pack.plan(date, names)?;
    let boolean = |node| all.node(node).is_some_and(|n| n.ty == Type::Bool);
    let names: Vec<&str> =
        all.selected.iter().filter(|(_, node)| boolean(*node)).map(|(n, _)| n.as_str()).collect();
    if names.is_empty() { Ok(None) } else { Ok(Some(pack.plan(date, &names)?)) }
}

fn number(value: Option<Value>) -> Option<Exact> {
    match value {
        Some(Value::Number(n)) => Some(n),
        _ => None,
    }
}

/// The mean, with one decimal.
fn mean(values: impl Iterator<Item = Exact>) -> Option<i64> {
    let (mut sum, mut count) = (Exact::from_integer(0), 0);
    for value in values {
        sum = crate::value::add(&sum, &value).ok()?;
        count += 1;
    }
    if count == 0 { None } else { scaled(&(sum / Exact::from_integer(count)), 1) }
}

/// A value as people read it.
fn shown(value: Option<Value>) -> String {
    match value {
        Some(Value::Bool(true)) => "oui".to_string(),
        Some(Value::Bool(false)) => "non".to_string(),
        Some(value) => value.to_string(),
        None => "inconnu".to_string(),
    }
}

/// How often the booleans of a group are true, and the sums of its numbers.
fn outcomes(parsed: &Parsed, group: &Group, decided: &Decisions) -> Vec<Table> {
    let of = |wanted: Type| -> Vec<(&String, &DecisionColumn)> {
        let ty = |node| group.plan.node(node).map(|n| &n.ty);
        let selected = group.plan.selected.iter().zip(&decided.columns);
        selected
            .filter(|((_, node), _)| ty(*node) == Some(&wanted))
            .map(|((name, _), column)| (name, column))
            .collect()
    };
    let names: Vec<String> = group.plan.selected.iter().map(|(n, _)| n.clone()).collect();
    let mut tables = Vec::new();
    let booleans = of(Type::Bool);
    if !booleans.is_empty() {
        let mut table = Table::new(&group.id, &group.title, "Règle", "Chaque règle est décidée pour chaque ligne ; « inconnu » : une donnée manquante pourrait changer la réponse, ou la ligne a une erreur.", &sources(parsed, &names))
            .column("oui", "Oui", "lignes", 0, true)
            .column("non", "Non", "lignes", 0, false)
            .column("inconnu", "Inconnu", "lignes", 0, false)
            .column("part", "Part de oui", "%", 1, true);
        for (name, column) in booleans {
            let values: Vec<Option<Value>> = (0..column.len()).map(|row| column.value(row)).collect();
            let count = |wanted| values.iter().filter(|v| **v == wanted).count() as u64;
            let (yes, no) = (count(Some(Value::Bool(true))), count(Some(Value::Bool(false))));
            let all = values.len() as u64;
            let cells = [yes, no, all - yes - no].map(|n| i64::try_from(n).ok());
            table.row(name, &label(parsed, name), cells.into_iter().chain([percent(yes, all, 1)]).collect());
        }
        tables.push(table);
    }
    let numbers = of(Type::Number);
    if !numbers.is_empty() {
        let id = format!("{}_sommes", group.id);
        let mut table = Table::new(&id, &format!("{} : sommes", group.title), "Règle", "Somme des résultats connus de chaque règle ; « nombre » : lignes dont le résultat n'est pas nul. Ce que les règles ouvriraient si chacun demandait : ce n'est pas une prévision de dépense.", &sources(parsed, &names))
            .column("somme", "Somme", "unité de la règle", 2, true)
            .column("nombre", "Nombre", "lignes", 0, true)
            .column("inconnu", "Inconnu", "lignes", 0, false);
        for (name, column) in numbers {
            let values: Vec<Option<Exact>> = (0..column.len()).map(|row| number(column.value(row))).collect();
            let known = values.iter().flatten();
            let sum = known.clone().try_fold(Exact::from_integer(0), |a, b| crate::value::add(&a, b).ok());
            let some = known.filter(|n| *n.numer() != 0).count();
            let unknown = values.iter().filter(|v| v.is_none()).count();
            let count = |n: usize| i64::try_from(n).ok();
            table.row(
                name,
                &label(parsed, name),
                vec![sum.and_then(|s| scaled(&s, 2)), count(some), count(unknown)],
            );
        }
        tables.push(table);
    }
    tables
}

/// Requests by what a rule or field gives.
fn by_request(
    parsed: &Parsed,
    name: &str,
    column: &DecisionColumn,
    allocation: &Allocation,
    burden: &[Option<Exact>],
) -> Table {
    let label = label(parsed, name);
    let mut groups: BTreeMap<Key, (u64, u64, Vec<Exact>)> = BTreeMap::new();
    for (row, unit) in allocation.unit_of.iter().enumerate() {
        let group = groups.entry(Key::of(column.value(row))).or_default();
        group.0 += 1;
        group.1 += u64::from(unit.is_some());
        group.2.extend(burden.get(row).copied().flatten().map(|n| n * Exact::from_integer(100)));
    }
    let mut table = Table::new(&format!("demandes_par_{name}"), &format!("Demandes par : {label}"), &label, "Demandes et attributions comptées ; taux d'effort moyen des attributions dont il est connu, aide au logement déduite.", &sources(parsed, &[name.to_string()]))
        .column("demandes", "Demandes", "demandes", 0, false)
        .column("servies", "Servies", "demandes", 0, true)
        .column("non_servies", "Non servies", "demandes", 0, false)
        .column("part", "Part servie", "%", 1, true)
        .column("effort", "Taux d'effort moyen", "%", 1, false);
    for (key, (all, served, burdens)) in groups {
        let count = |n: u64| i64::try_from(n).ok();
        let name = key.name();
        table.row(
            &name,
            &name,
            vec![
                count(all),
                count(served),
                count(all - served),
                percent(served, all, 1),
                mean(burdens.into_iter()),
            ],
        );
    }
    table
}

/// Units by what some rules or fields give.
fn by_unit(id: &str, label: &str, columns: &[&DecisionColumn], allocation: &Allocation) -> Table {
    let (prices, scale) = allocation.unit_prices();
    let given = allocation.request_of();
    let mut groups: BTreeMap<Vec<Key>, (u64, u64, i128)> = BTreeMap::new();
    for (row, request) in given.iter().enumerate() {
        let key = columns.iter().map(|c| Key::of(c.value(row))).collect();
        let group = groups.entry(key).or_default();
        group.0 += 1;
        group.1 += u64::from(request.is_some());
        group.2 += i128::from(prices.get(row).copied().unwrap_or(0));
    }
    let mut table = Table::new(id, &if columns.len() == 1 { format!("Logements par : {label}") } else { label.to_string() }, label, "Valeur d'un logement de plus : les points de priorité que l'appariement gagnerait au plus, moyenne des prix de la preuve sur les logements du groupe ; une attribution de plus compte en outre. Nulle : il y a assez de tels logements.", "prix duaux de l'appariement, vérifiés")
        .column("logements", "Logements", "logements", 0, false)
        .column("attribues", "Attribués", "logements", 0, true)
        .column("libres", "Libres", "logements", 0, false)
        .column("valeur", "Valeur d'un logement de plus", "points", 1, true);
    for (key, (all, taken, price)) in groups {
        let count = |n: u64| i64::try_from(n).ok();
        let name = key.iter().map(Key::name).collect::<Vec<_>>().join(" · ");
        table.row(
            &name,
            &name,
            vec![
                count(all),
                count(taken),
                count(all - taken),
                ratio(price, i128::from(all) * i128::from(scale), 1),
            ],
        );
    }
    table
}

/// A value as a key of rows: numbers in their own order, what is not known last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Known(Value),
    Unknown,
}

impl Key {
    fn of(value: Option<Value>) -> Key {
        value.map_or(Key::Unknown, Key::Known)
    }

    fn name(&self) -> String {
        match self {
            Key::Known(value) => shown(Some(value.clone())),
            Key::Unknown => shown(None),
        }
    }
}

/// Reads what a run needs, with all that is wrong.
pub(super) fn read(
    parsed: &Parsed,
    tables: &[data::TextTable],
    needs: &Needs,
) -> Result<Dataset, Vec<data::Issue>> {
    let outcome = data::read_texts(&parsed.schema, &parsed.references, tables, needs);
    let errors: Vec<data::Issue> = outcome.issues.into_iter().filter(data::Issue::is_error).collect();
    if errors.is_empty() { Ok(outcome.dataset) } else { Err(errors) }
}
