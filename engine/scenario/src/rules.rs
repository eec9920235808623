//! The rules of a run: the pack with parameters, quotas and priorities changed.

use super::file::{Charges, How, MatchingChange, Order, ParameterChange, Variant};
use logis_language::Pack;
use logis_language::diagnostic::PackError;
use logis_language::pack::Parsed;
use logis_language::pack::manifest::Matching;
use logis_language::pack::params::{Parameter, ParameterVersion};
use logis_language::value::{Date, NumberError, Value, add, mul};

/// Why the rules of a run cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// What the change breaks in the pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A value that does not fit.
    #[error("{0}: {1}")]
    Number(String, NumberError),
}

/// The changes of parameters of a run, in order: those that bring other versions, and those that only
/// change the values of all versions. Where one brings another version, all stand among the first: their
/// order counts.
pub(super) fn sorted<'s>(
    variant: Option<&'s Variant>,
    points: &[&'s ParameterChange],
) -> (Vec<&'s ParameterChange>, Vec<&'s ParameterChange>) {
    let own = variant.map_or(&[][..], |v| &v.parameters);
    let all: Vec<&ParameterChange> = own.iter().chain(points.iter().copied()).collect();
    let dated = all.iter().any(|change| matches!(change.how, How::AsOf(_)));
    if dated { (all, Vec::new()) } else { (Vec::new(), all) }
}

/// The pack with other versions of parameters, quotas and priorities, as of a date.
pub(super) fn changed(
    pack: &Pack,
    variant: Option<&Variant>,
    changes: &[&ParameterChange],
    date: Date,
) -> Result<Pack, RulesError> {
    let untouched = variant.is_none_or(|v| {
        v.quotas.is_none() && v.priority.is_none() && v.fit.is_none() && v.matching.is_none()
    });
    if changes.is_empty() && untouched {
        return Ok(pack.clone());
    }
    let mut failed = None;
    let changed = pack.changed(|parsed| {
        for change in changes {
            let found = parsed.parameter(&change.path.0);
            let parameter = found.and_then(|id| parsed.parameters.get_mut(id));
            if let Some(Err(error)) = parameter.map(|p| apply(p, change, date)) {
                failed = Some(RulesError::Number(change.to_string(), error));
            }
        }
        if let Some(variant) = variant {
            matching(parsed, variant);
        }
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(changed?),
    }
}

/// The pack with other values of parameters. Every version is changed, so that the change holds on any
/// date; its source says so.
pub(super) fn with_values(pack: &Pack, changes: &[&ParameterChange], date: Date) -> Result<Pack, RulesError> {
    if changes.is_empty() {
        return Ok(pack.clone());
    }
    let ids: Vec<Option<usize>> = changes.iter().map(|c| pack.parsed().parameter(&c.path.0)).collect();
    let mut failed = None;
    let changed = pack.with_values(|parameters| {
        for (change, id) in changes.iter().zip(&ids) {
            let parameter = id.and_then(|id| parameters.get_mut(id));
            if let Some(Err(error)) = parameter.map(|p| apply(p, change, date)) {
                failed = Some(RulesError::Number(change.to_string(), error));
            }
        }
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(changed?),
    }
}

fn apply(parameter: &mut Parameter, change: &ParameterChange, date: Date) -> Result<(), NumberError> {
    if let How::AsOf(other) = change.how {
        as_of(parameter, change, date, other);
        return Ok(());
    }
    for version in &mut parameter.versions {
        for (key, cell) in &mut version.cells {
            if !key.starts_with(&change.key) {
                continue;
            }
            cell.value = match (&change.how, &cell.value) {
                (How::Multiply(factor), Value::Number(n)) => Value::Number(mul(n, factor)?),
                (How::Add(more), Value::Number(n)) => Value::Number(add(n, more)?),
                (How::Set(value), _) => value.clone(),
                (_, value) => value.clone(),
            };
        }
        version.source.title = format!("{} ; changé par le scénario : {change}", version.source.title);
    }
    Ok(())
}

/// On `date` the values are those of another date.
fn as_of(parameter: &mut Parameter, change: &ParameterChange, date: Date, other: Date) {
    let (Some(there), here) = (parameter.at(other).cloned(), parameter.at(date).cloned()) else { return };
    let mut version = ParameterVersion { from: date, until: None, ..there };
    version.source.title = format!("{} ; mis en vigueur par le scénario : {change}", version.source.title);
    if let Some(here) = here {
        let others = here.cells.into_iter().filter(|(key, _)| !key.starts_with(&change.key));
        version.cells.retain(|key, _| key.starts_with(&change.key));
        version.cells.extend(others);
    }
    parameter.versions.retain(|v| v.from < date);
    parameter.versions.push(version);
}

fn matching(parsed: &mut Parsed, variant: &Variant) {
    let Some(matching) = &mut parsed.manifest.matching else { return };
    if let Some(names) = &variant.quotas {
        let all = std::mem::take(&mut matching.quotas);
        let of = |name: &str| all.iter().find(|q| q.name.0 == name).cloned();
        matching.quotas = names.iter().filter_map(|(name, _)| of(name)).collect();
        // Without any, nobody comes before others: as `--no-quotas` poses the problem.
        if names.is_empty() {
            matching.first.clear();
        }
    }
    if let Some(change) = &variant.matching {
        otherwise(matching, change);
    }
    // The place in `pack.toml` of what is replaced stands for what replaces it.
    if let (Some((name, _)), Some(own)) = (&variant.priority, &mut matching.priority) {
        own.0.clone_from(name);
    }
    if let (Some((name, _)), Some(own)) = (&variant.fit, &mut matching.fit) {
        own.0.clone_from(name);
    }
}

/// What a variant matches otherwise.
fn otherwise(matching: &mut Matching, change: &MatchingChange) {
    if let Some(order) = change.order {
        matching.by_points = order == Order::ByPoints;
        // Nobody comes first in that order, nor does any quota: they are counted.
        if matching.by_points {
            matching.first.clear();
            matching.quotas.iter_mut().for_each(|quota| quota.hard = false);
        }
    }
    if let Some(names) = &change.hard {
        for quota in &mut matching.quotas {
            quota.hard = names.iter().any(|(name, _)| *name == quota.name.0);
        }
    }
    match (change.charges, &mut matching.flow) {
        (Some(Charges::None), flow) => {
            *flow = None;
            matching.quotas.retain(|quota| quota.charged.is_none());
        }
        (Some(Charges::AllInFlow), Some(flow)) => (flow.units, flow.holder) = (None, None),
        _ => {}
    }
}
