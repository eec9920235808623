//! Quotas that count by the value of a rule or field of the unit (its landlord, its holder, its EPCI, its programme): one quota for
//! each value that the data have, with its own base, its own target and what counted already.

use std::collections::BTreeMap;
use std::sync::Arc;

use logis_data::{Dataset, Table};
use logis_decide::evaluate::{DecisionColumn, evaluate_settled};
use logis_language::pack::manifest;
use logis_language::value::Value;
use logis_matching::MOST_QUOTAS;

use super::flow::OfUnit;
use super::instance::InstanceError;
use super::rules::{MatchingPlan, NotInForce, QuotaInForce, value};

/// By what a quota counts.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The rule or field of the unit.
    pub by: String,
    /// The value whose units it counts; `None` before the plan is set on data.
    pub value: Option<Value>,
    /// Among what is decided of units.
    pub(super) place: usize,
    /// By row of the unit: is it of that value?
    pub(super) of_units: Arc<[Option<bool>]>,
}

impl Scope {
    pub(super) fn new(by: &str, place: usize) -> Scope {
        Scope { by: by.to_string(), value: None, place, of_units: Arc::default() }
    }
}

/// Units of which it is not known what a quota counts by, or to whom they are charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownUnits {
    /// The rule or field.
    pub rule: String,
    /// Does a quota count by it? Otherwise it says to whom attributions are charged.
    pub scope: bool,
    /// The rows of the units.
    pub rows: Vec<u32>,
}

impl MatchingPlan {
    /// Does anything of this plan wait for the data?
    pub fn is_open(&self) -> bool {
        let waits = |quota: &QuotaInForce| quota.scope.as_ref().is_some_and(|scope| scope.value.is_none());
        self.quotas.iter().any(waits) || self.flow.as_ref().is_some_and(|flow| flow.of_units.is_empty())
    }

    /// This plan as data have it: a quota with a scope is one for each value that the units have, in the order of the values,
    /// named `quota [value]`.
    ///
    /// # Errors
    /// More quotas than a matching takes.
    pub fn on(mut self, dataset: &Dataset) -> Result<MatchingPlan, InstanceError> {
        let Some(units) = &self.units else { return Ok(self) };
        let rows = dataset.tables.get(units.entity).map_or(0, Table::rows);
        let decided = evaluate_settled(units, dataset);
        let cell = |column: Option<&DecisionColumn>, row: usize| column.and_then(|column| column.value(row));
        let mut unknown: Vec<UnknownUnits> = Vec::new();
        let mut unknown_of = |rule: &str, scope: bool, rows: Vec<u32>| {
            let there = unknown.iter().any(|own| own.rule == rule && own.scope == scope);
            if !rows.is_empty() && !there {
                unknown.push(UnknownUnits { rule: rule.to_string(), scope, rows });
            }
        };
        let mut quotas = Vec::with_capacity(self.quotas.len());
        for quota in std::mem::take(&mut self.quotas) {
            let Some(scope) = quota.scope.clone().filter(|scope| scope.value.is_none()) else {
                quotas.push(quota);
                continue;
            };
            let column = decided.columns.get(scope.place);
            let all: Vec<Option<Value>> = (0..rows).map(|row| cell(column, row)).collect();
            let open = (0_u32..).zip(&all).filter(|(_, value)| value.is_none()).map(|(row, _)| row).collect();
            unknown_of(&scope.by, true, open);
            let values: BTreeMap<&Value, ()> = all.iter().flatten().map(|value| (value, ())).collect();
            if quotas.len() + values.len() > MOST_QUOTAS {
                let values: Vec<String> = values.keys().map(ToString::to_string).collect();
                let (quota, by) = (quota.quota.name, scope.by);
                return Err(InstanceError::Scopes { quota, by, values, most: MOST_QUOTAS });
            }
            for own in values.into_keys() {
                match self.line(&quota, &scope, own, &all) {
                    Some(line) => quotas.push(line),
                    None => self.not_in_force.push(NotInForce {
                        name: named(&quota.quota.name, own),
                        label: named(&quota.label, own),
                        from: None,
                    }),
                }
            }
        }
        if quotas.len() > MOST_QUOTAS {
            let last = quotas
                .iter()
                .rev()
                .find_map(|quota| quota.scope.as_ref().map(|scope| (quota.family.clone(), scope.by.clone())));
            let (quota, by) = last.unwrap_or_default();
            return Err(InstanceError::Scopes { quota, by, values: Vec::new(), most: MOST_QUOTAS });
        }
        self.quotas = quotas;
        if let Some(flow) = &mut self.flow {
            let of = |row: usize| {
                let own = |place: Option<usize>| place.map(|at| cell(decided.columns.get(at), row));
                flow.of_unit(own(flow.units), own(flow.holder))
            };
            let all: Vec<Option<OfUnit>> = (0..rows).map(of).collect();
            let open = (0_u32..).zip(&all).filter(|(_, own)| own.is_none()).map(|(row, _)| row).collect();
            let names = [flow.units, flow.holder].into_iter().flatten();
            let names = names.filter_map(|at| units.selected.get(at)).map(|(name, _)| name.as_str());
            unknown_of(&names.collect::<Vec<_>>().join(", "), false, open);
            flow.of_units = all.into_iter().map(|own| own.unwrap_or(OfUnit::Of(None))).collect();
        }
        self.unknown_units = unknown;
        Ok(self)
    }

    /// The quota of one value; `None` if it has no share there.
    fn line(
        &self,
        quota: &QuotaInForce,
        scope: &Scope,
        own: &Value,
        all: &[Option<Value>],
    ) -> Option<QuotaInForce> {
        let parsed = &self.pairs.parsed;
        let declared: &manifest::Quota = parsed
            .manifest
            .matching
            .iter()
            .flat_map(|matching| &matching.quotas)
            .find(|declared| declared.name.0 == quota.family)?;
        let found = value(parsed, declared, self.pairs.date, Some(own))?;
        let mut line = quota.clone();
        line.quota = found.quota;
        line.quota.name = named(&quota.quota.name, own);
        line.label = named(&quota.label, own);
        (line.asks, line.source, line.doubt) = (found.asks, found.source, found.doubt);
        let of_units = all.iter().map(|value| value.as_ref().map(|value| value == own)).collect();
        line.scope = Some(Scope { value: Some(own.clone()), of_units, ..scope.clone() });
        Some(line)
    }
}

/// The name of the quota of one value.
fn named(quota: &str, value: &Value) -> String {
    format!("{} [{value}]", quota.trim_end_matches('.'))
}
