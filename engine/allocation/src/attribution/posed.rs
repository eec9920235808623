//! By what the problem of a matching was posed: a result tells it, and whoever verifies poses it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::instance::Instance;
use super::recorded::Recorded;
use super::report::ReportError;
use super::rules::{Asks, MatchingPlan, QuotaInForce};
use logis_data::{Dataset, NO_ROW, Table};
use logis_language::diagnostic::PackError;
use logis_language::fingerprint::{self, sha256};
use logis_language::pack::schema::{Entity, Schema};
use logis_language::plan::Plan;

/// What posed the problem of a matching, besides its date and the most candidates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posed {
    /// Name of the pack.
    pub pack: String,
    /// Hash of the rules by which it matches, and of what `[matching]` says: see [`logis_language::fingerprint`].
    pub rules: String,
    /// Hash of the parameters in force that they read, shares of quotas included.
    pub parameters: String,
    /// Hash of the data that they read. The order of the rows, and the form of the files, do not count.
    pub data: String,
    /// How many requests.
    pub requests: usize,
    /// How many units.
    pub units: usize,
    /// How many suitable pairs were kept.
    pub candidates: usize,
    /// Were the quotas of the pack turned off?
    pub no_quotas: bool,
    /// What the quotas count.
    pub quotas: Vec<Counted>,
    /// To whom attributions are charged, if they are to anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<PosedFlow>,
    /// The columns that were asked for besides.
    pub select: Vec<String>,
    /// The quotas that had to be met.
    pub hard: Vec<String>,
    /// The seed of the lottery among requests that nothing else ranks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Pairs that were decided: identifiers of request and unit, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<(String, String)>,
    /// Pairs that were ruled out: likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<(String, String)>,
    /// Requests that hold a unit, with it: identifiers, in the order of the requests'.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<(String, String)>,
    /// Points that might be given up to move fewer from where they were before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<u64>,
    /// Hash of the last line of the ledger that was followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
}

/// What a quota counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Its name.
    pub name: String,
    /// The rule or field of its base, if not all attributions count.
    pub base: Option<String>,
    /// The rule or field of its members; where what is charged to a holder is its members, nothing.
    pub members: String,
    /// The rule or field of the unit by whose value it counts, with the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<(String, String)>,
    /// The holder: what is charged to it are its members or, beside members, its base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged: Option<String>,
}

/// To whom attributions are charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PosedFlow {
    /// The rule or field of the unit that says whether it is in flow; without one, all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// The rule or field of the unit that says who holds one that is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The holders: name, and the rule or field that says whether it may propose a household.
    pub holders: Vec<(String, String)>,
}

/// What was asked for, besides the most candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Turn off the quotas.
    pub no_quotas: bool,
    /// Columns besides.
    pub select: Vec<String>,
    /// Quotas that must be met.
    pub hard: Vec<String>,
    /// The seed of the lottery among requests that nothing else ranks.
    pub seed: Option<u64>,
    /// Pairs that are decided: identifiers of request and unit, sorted.
    pub fixed: Vec<(String, String)>,
    /// Pairs that are ruled out: likewise.
    pub forbidden: Vec<(String, String)>,
    /// Points that may be given up to move fewer from where they were before.
    pub keep: Option<u64>,
    /// What the ledger says that is followed.
    pub recorded: Option<Recorded>,
}

impl Posed {
    /// What posed the problem of an instance; `plan` has the quotas that it was made with.
    ///
    /// # Errors
    /// None that the plan has not had.
    pub fn new(
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
        flags: Flags,
    ) -> Result<Posed, PackError> {
        let parsed = &plan.pairs.parsed;
        // Without what was asked for besides: columns pose no problem.
        let own = MatchingPlan::new(parsed, plan.pairs.date, &[])?;
        let plans: Vec<&Plan> = own.deciding().collect();
        let matching = parsed.manifest.matching.as_ref();
        let declared: Vec<_> = matching.iter().flat_map(|m| &m.quotas).collect();
        let counted = |own: &QuotaInForce| {
            let name = own.quota.name.clone();
            let first = matching.iter().flat_map(|m| &m.first).find(|first| first.name.0 == own.family);
            if let Some(first) = first {
                let members = first.members.0.clone();
                return Some(Counted { name, base: None, members, scope: None, charged: None });
            }
            let quota = declared.iter().find(|q| q.name.0 == own.family)?;
            let text = |named: &Option<(String, _)>| named.as_ref().map(|named| named.0.clone());
            let scope = own.scope.as_ref();
            let scope = scope.and_then(|scope| Some((scope.by.clone(), scope.value.as_ref()?.to_string())));
            let (base, charged) = (text(&quota.base), text(&quota.charged));
            Some(Counted { name, base, members: text(&quota.members).unwrap_or_default(), scope, charged })
        };
        let flow = matching.and_then(|m| m.flow.as_ref()).filter(|_| plan.flow.is_some());
        let flow = flow.map(|flow| PosedFlow {
            units: flow.units.as_ref().map(|named| named.0.clone()),
            holder: flow.holder.as_ref().map(|named| named.0.clone()),
            holders: flow.holders.iter().map(|own| (own.name.0.clone(), own.proposes.0.clone())).collect(),
        });
        // Sorted lines, so that the hash depends on no order of declaration; with them what `[matching]`
        // says, which no rule holds.
        let mut rules: BTreeSet<String> = plans.iter().map(|plan| fingerprint::rules(plan)).collect();
        if let Some(matching) = &parsed.manifest.matching {
            let name = |named: &Option<(String, _)>| named.as_ref().map_or("-".to_string(), |n| n.0.clone());
            let (priority, fit) = (name(&matching.priority), name(&matching.fit));
            rules.insert(format!(
                "matching of {}: suitable {}, priority {priority}, fit {fit}",
                matching.candidature.0, matching.suitable.0
            ));
            rules.extend(matching.quotas.iter().map(|quota| {
                let base = name(&quota.base);
                let (name, members, value) = (&quota.name.0, name(&quota.members), &quota.value.0);
                let what = if quota.is_number { "number" } else { "share" };
                format!("quota {name}: base {base}, members {members}, {what} {value}")
            }));
            // What was not there at first is said only where it is, so that hashes of before stay.
            let tie = matching.tie.as_ref().map(|(name, _)| format!("ties by {name}"));
            let hard = matching.quotas.iter().filter(|quota| quota.hard);
            let order = matching.by_points.then(|| "order by points".to_string());
            rules.extend(
                order.into_iter().chain(tie).chain(hard.map(|quota| format!("quota {}: hard", quota.name.0))),
            );
            let at_most = matching.quotas.iter().filter(|quota| quota.at_most);
            rules.extend(at_most.map(|quota| format!("quota {}: at most", quota.name.0)));
            let scoped = matching.quotas.iter().filter_map(|quota| quota.scope.as_ref().zip(Some(quota)));
            rules.extend(scoped.map(|((by, _), quota)| format!("quota {}: by {by}", quota.name.0)));
            let charged = matching.quotas.iter().filter_map(|quota| quota.charged.as_ref().zip(Some(quota)));
            rules.extend(charged.map(|((to, _), quota)| format!("quota {}: charged to {to}", quota.name.0)));
            if let Some(flow) = &matching.flow {
                rules.insert(format!("flow: units {}, holder {}", name(&flow.units), name(&flow.holder)));
                rules.extend(flow.holders.iter().enumerate().map(|(at, own)| {
                    format!("holder {}: {}, proposes {}", at + 1, own.name.0, own.proposes.0)
                }));
            }
            rules.extend(matching.first.iter().enumerate().map(|(at, first)| {
                format!("first {}: {}, members {}", at + 1, first.name.0, first.members.0)
            }));
        }
        let mut parameters: BTreeSet<String> =
            plans.iter().map(|plan| fingerprint::parameters(plan)).collect();
        // Shares are read by the matching and by no rule, so they are added to the rules' own cells.
        let given = own.quotas.iter().filter(|own| own.asks != Asks::First);
        parameters.extend(given.map(|own| {
            // A share is written as it was before there were numbers, so that hashes of before stay.
            let what = if own.target().contains('/') { "share" } else { "number" };
            format!("{what} of {} = {}", own.quota.name, own.target())
        }));
        // Of a table by the scope, each value: the first stands above.
        let keyed = declared.iter().filter_map(|quota| {
            let parameter = parsed.parameters.get(parsed.parameter(&quota.value.0)?)?;
            let version = parameter.at(plan.pairs.date).filter(|_| !parameter.by.is_empty())?;
            Some((quota, version))
        });
        parameters.extend(keyed.flat_map(|(quota, version)| {
            version.cells.iter().map(move |(key, cell)| {
                let key: Vec<String> = key.iter().map(ToString::to_string).collect();
                format!("value of {} by {} = {}", quota.name.0, key.join(", "), cell.value)
            })
        }));
        let text = |lines: BTreeSet<String>| lines.into_iter().collect::<Vec<_>>().join("\n");
        Ok(Posed {
            pack: parsed.manifest.name.clone(),
            rules: sha256(text(rules).as_bytes()),
            parameters: sha256(text(parameters).as_bytes()),
            data: data(&parsed.schema, dataset, &plans),
            requests: instance.requests.len(),
            units: instance.units.len(),
            candidates: instance.candidates.len(),
            no_quotas: flags.no_quotas,
            quotas: plan.quotas.iter().filter_map(counted).collect(),
            flow,
            select: flags.select,
            hard: flags.hard,
            seed: flags.seed,
            fixed: flags.fixed,
            forbidden: flags.forbidden,
            held: instance.held_by_id(dataset),
            keep: flags.keep,
            ledger: flags.recorded.map(|recorded| recorded.head),
        })
    }

    /// In what a result says that its problem was posed otherwise than `expected`; not in its columns, nor in the
    /// quotas that had to be met, which claim something of the answer. `same_quotas`, if the result as a whole
    /// has the quotas that are expected.
    pub(super) fn differences(&self, expected: &Posed, same_quotas: bool) -> Vec<ReportError> {
        let mut all = Vec::new();
        let mut compare = |what: &str, found: String, expected: String| {
            if found != expected {
                all.push(ReportError::Posed { what: what.to_string(), found, expected });
            }
        };
        let yes = |yes: bool| if yes { "oui" } else { "non" }.to_string();
        compare("--no-quotas", yes(self.no_quotas), yes(expected.no_quotas));
        let seed =
            |of: &Posed| of.seed.map_or_else(|| "sans tirage au sort".to_string(), |seed| seed.to_string());
        compare("--seed", seed(self), seed(expected));
        let keep = |of: &Posed| of.keep.map_or_else(|| "non".to_string(), |points| points.to_string());
        compare("--keep", keep(self), keep(expected));
        let ledger = |of: &Posed| of.ledger.clone().unwrap_or_else(|| "sans registre".to_string());
        compare("dernière empreinte du registre", ledger(self), ledger(expected));
        let pairs = |of: &[(String, String)]| match of.is_empty() {
            true => "aucun".to_string(),
            false => of.iter().map(|(a, b)| format!("{a}:{b}")).collect::<Vec<_>>().join(", "),
        };
        compare("logements occupés", pairs(&self.held), pairs(&expected.held));
        compare("--fix", pairs(&self.fixed), pairs(&expected.fixed));
        compare("--forbid", pairs(&self.forbidden), pairs(&expected.forbidden));
        for own in &self.quotas {
            let Some(other) = expected.quotas.iter().find(|other| other.name == own.name) else { continue };
            let base = |of: &Counted| of.base.clone().unwrap_or_else(|| "toutes".to_string());
            compare(&format!("quota {}: base", own.name), base(own), base(other));
            let (found, expected) = (own.members.clone(), other.members.clone());
            compare(&format!("quota {}: membres", own.name), found, expected);
            let scope = |of: &Counted| {
                of.scope
                    .as_ref()
                    .map_or_else(|| "toutes".to_string(), |(by, value)| format!("{by} = {value}"))
            };
            compare(&format!("quota {}: portée", own.name), scope(own), scope(other));
            let holder = |of: &Counted| of.charged.clone().unwrap_or_else(|| "personne".to_string());
            compare(&format!("quota {}: imputé à", own.name), holder(own), holder(other));
        }
        let flow = |of: &Posed| match &of.flow {
            None => "sans imputation".to_string(),
            Some(PosedFlow { units, holder, holders }) => {
                let text = |own: &Option<String>| own.clone().unwrap_or_else(|| "-".to_string());
                let holders = holders.iter().map(|(name, proposes)| format!("{name} ({proposes})"));
                let holders = holders.collect::<Vec<_>>().join(", ");
                format!("{holders}, flux {}, stock {}", text(units), text(holder))
            }
        };
        compare("réservataires", flow(self), flow(expected));
        let names = |of: &Posed| of.quotas.iter().map(|q| q.name.as_str()).collect::<Vec<_>>().join(", ");
        if same_quotas {
            compare("quotas comptés", names(self), names(expected));
        }
        compare("paquet de règles", self.pack.clone(), expected.pack.clone());
        compare("empreinte des règles", self.rules.clone(), expected.rules.clone());
        compare("empreinte des paramètres", self.parameters.clone(), expected.parameters.clone());
        if self.rules == expected.rules {
            // Other rules may read other columns: then the hashes of the data do not compare.
            compare("empreinte des données", self.data.clone(), expected.data.clone());
        }
        for (what, found, expected) in [
            ("demandes", self.requests, expected.requests),
            ("logements", self.units, expected.units),
            ("candidatures recevables", self.candidates, expected.candidates),
        ] {
            compare(what, found.to_string(), expected.to_string());
        }
        all
    }
}

/// Rows that one thread hashes at a time. The hash depends on it.
const CHUNK: usize = 1 << 12;

/// The hash of the data that plans read: by entity, in the order of names, its rows in the order of their
/// identifiers, each with the cells of the fields and relations that the plans read.
fn data(schema: &Schema, dataset: &Dataset, plans: &[&Plan]) -> String {
    let entities: BTreeSet<usize> = plans.iter().flat_map(|plan| plan.entities()).collect();
    let fields: BTreeSet<_> = plans.iter().flat_map(|plan| plan.fields()).collect();
    let relations: BTreeSet<_> = plans.iter().flat_map(|plan| plan.relations()).collect();
    let mut hashes: BTreeMap<&str, String> = BTreeMap::new();
    for id in entities {
        let (Some(entity), Some(table)) = (schema.entities.get(id), dataset.tables.get(id)) else { continue };
        // By name: the column of a field, or the links of a relation and the rows that they lead to.
        let mut columns: BTreeMap<&str, Source<'_>> = BTreeMap::new();
        for (field, column) in entity.fields.iter().zip(&table.columns).filter(|(f, _)| fields.contains(f)) {
            if let (Some(field), Some(column)) = (schema.fields.get(*field), column) {
                columns.insert(&field.column, Source::Field(column));
            }
        }
        for (number, (relation, links)) in entity.belongs_to.iter().zip(&table.links).enumerate() {
            if relations.contains(&(id, number))
                && let Some(target) = dataset.tables.get(relation.target)
            {
                columns.insert(&relation.column, Source::Relation(links, target));
            }
        }
        hashes.insert(&entity.name, rows(entity, table, &columns));
    }
    let all: Vec<String> = hashes.into_iter().map(|(name, rows)| format!("{name} {rows}")).collect();
    sha256(all.join("\n").as_bytes())
}

/// Where a cell comes from.
enum Source<'d> {
    Field(&'d logis_data::Column),
    Relation(&'d [u32], &'d Table),
}

/// The hash of the rows of a table.
fn rows(entity: &Entity, table: &Table, columns: &BTreeMap<&str, Source<'_>>) -> String {
    let mut order: Vec<usize> = (0..table.rows()).collect();
    order.par_sort_by_key(|row| table.ids.text(*row));
    let chunk = |rows: &[usize]| {
        let mut text = String::new();
        for &row in rows {
            put(&mut text, &entity.key, table.ids.text(row));
            for (name, source) in columns {
                match source {
                    Source::Field(column) => {
                        let value = column.get(row).map(|value| value.to_string());
                        put(&mut text, name, value.as_deref());
                    }
                    Source::Relation(links, target) => {
                        let target = links
                            .get(row)
                            .filter(|at| **at != NO_ROW)
                            .and_then(|at| target.ids.text(*at as usize));
                        put(&mut text, name, target);
                    }
                }
            }
            text.push('\n');
        }
        sha256(text.as_bytes())
    };
    let parts: Vec<String> = order.par_chunks(CHUNK).map(chunk).collect();
    format!("{} rows {}", order.len(), parts.join(" "))
}

/// A cell with its name and its length, so that no two rows have the same text; a missing one is nothing.
fn put(text: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = write!(text, "{name}={}:{value};", value.len());
    }
}
