//! From conditions to the units that may meet them, without looking at every pair.
//!
//! An inverted index: units stand in buckets by the value that a request must name ([`Form::Key`]). In a
//! bucket they are sorted by each value that a threshold bounds ([`Form::Bound`]), so that those within it
//! are one run. A value that is not known excludes nothing, so that no suitable pair is lost.

use std::collections::{BTreeMap, BTreeSet};

use logis_data::Dataset;
use logis_decide::evaluate::{DecisionColumn, evaluate_settled};
use logis_language::pack::schema::EntityId;
use logis_language::plan::Plan;
use logis_language::plan::conditions::{Condition, Form, Truth};
use logis_language::plan::ir::{Comparison, NodeId};
use logis_language::value::Value;

/// The units that may suit each request.
pub(super) struct Index {
    /// By request: do the conditions on the request alone hold, as far as is known?
    open: Vec<bool>,
    /// By condition of the form [`Form::Key`], by request: which keys it names.
    named: Vec<Vec<Named>>,
    bounds: Vec<BoundIndex>,
    /// All units.
    units: Units,
}

/// Units by what requests ask for: all, or some of them.
pub(super) struct Units {
    /// Those for which the conditions on the unit alone hold, as far as is known.
    all: Bucket,
    /// By condition of the form [`Form::Key`].
    keys: Vec<KeyIndex>,
}

/// The units of one condition of the form [`Form::Key`].
struct KeyIndex {
    /// By number of a key (a value of some unit): the units that have it.
    buckets: Vec<Bucket>,
    /// Units that meet the condition whatever the request names.
    always: Bucket,
}

/// Which keys a request names.
enum Named {
    /// It may meet the condition with any unit.
    Any,
    /// Those of these numbers.
    Keys(Vec<u32>),
}

/// The index of one condition of the form [`Form::Bound`].
struct BoundIndex {
    /// By unit: the rank of its value among the distinct values of all units; `None` if it is not known.
    ranks: Vec<Option<u32>>,
    /// By request: the first rank that meets its threshold, and the first after that does not.
    within: Vec<(u32, u32)>,
}

/// Some units (rows), also sorted for each threshold.
#[derive(Default)]
struct Bucket {
    units: Vec<u32>,
    /// By threshold (in the order of [`Index::bounds`]): the units sorted by its value.
    ordered: Vec<Ordered>,
}

/// Units sorted by a value: `units[i]` has rank `ranks[i]`, ascending.
struct Ordered {
    ranks: Vec<u32>,
    units: Vec<u32>,
    /// Units whose value is not known.
    unknown: Vec<u32>,
}

impl Index {
    /// Reads the values that the conditions of a hoisted plan compare, and puts the units in order.
    pub fn new(
        plan: &Plan,
        dataset: &Dataset,
        (requests, units): (EntityId, EntityId),
        conditions: &[Condition],
    ) -> Index {
        // All values that conditions read are decided once, by columns, for each side.
        let of_requests =
            Values::of(plan, dataset, requests, conditions.iter().flat_map(|c| c.form.nodes().0));
        let of_units = Values::of(plan, dataset, units, conditions.iter().flat_map(|c| c.form.nodes().1));
        // Conditions on one side alone leave out requests and units from the start.
        let mut open = vec![true; of_requests.rows];
        let mut usable = vec![true; of_units.rows];
        for condition in conditions {
            let (all, values, truth) = match condition.form {
                Form::Request(truth) => (&mut open, &of_requests, truth),
                Form::Unit(truth) => (&mut usable, &of_units, truth),
                _ => continue,
            };
            // What is not known may hold: only a certain no leaves a row out.
            for (row, open) in all.iter_mut().enumerate() {
                *open &= values.may_be(truth, row);
            }
        }
        let usable: Vec<u32> = (0..).zip(&usable).filter(|(_, u)| **u).map(|(row, _)| row).collect();
        // Thresholds first: buckets are sorted by them.
        let mut bounds: Vec<BoundIndex> = Vec::new();
        for condition in conditions {
            if let Form::Bound { comparison, request, unit, requests } = &condition.form {
                bounds.push(BoundIndex::new(
                    *comparison,
                    (&of_requests, *request, requests),
                    (&of_units, *unit),
                ));
            }
        }
        let (mut keys, mut named) = (Vec::new(), Vec::new());
        for condition in conditions {
            if let Form::Key { request, unit, requests, units } = &condition.form {
                let asked = (&of_requests, *request, &requests[..]);
                let offered = (&of_units, *unit, &units[..]);
                let (own, of_requests) = KeyIndex::new(asked, offered, &usable, &bounds);
                keys.push(own);
                named.push(of_requests);
            }
        }
        let all = Bucket::new(usable, &bounds);
        Index { open, named, bounds, units: Units { all, keys } }
    }

    /// All units.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// Some of the units (rows).
    pub fn among(&self, rows: &[u32]) -> Units {
        let last = rows.iter().max().map_or(0, |row| *row as usize + 1);
        let mut kept = vec![false; last];
        for row in rows {
            kept.get_mut(*row as usize).into_iter().for_each(|kept| *kept = true);
        }
        let is_kept = |unit: &u32| kept.get(*unit as usize) == Some(&true);
        let some = |bucket: &Bucket| {
            Bucket::new(bucket.units.iter().copied().filter(is_kept).collect(), &self.bounds)
        };
        let key = |own: &KeyIndex| KeyIndex {
            buckets: own.buckets.iter().map(some).collect(),
            always: some(&own.always),
        };
        Units { all: some(&self.units.all), keys: self.units.keys.iter().map(key).collect() }
    }

    /// Adds those of the units that may suit a request, each once, in no order.
    pub fn units_of(&self, request: usize, units: &Units, into: &mut Vec<u32>) {
        if self.open.get(request) != Some(&true) {
            return;
        }
        // Of several key conditions one is used, that which leaves fewest units: each pair is decided
        // by the whole rule anyway.
        let fewest = units
            .keys
            .iter()
            .zip(&self.named)
            .map(|(index, named)| {
                let buckets = index.buckets_of(named.get(request), &units.all);
                let count: usize = buckets.clone().map(|b| b.units.len()).sum();
                (count, buckets)
            })
            .min_by_key(|(count, _)| *count);
        match fewest {
            Some((_, buckets)) => buckets.for_each(|bucket| self.within(bucket, request, into)),
            None => self.within(&units.all, request, into),
        }
    }

    /// Adds the units of a bucket that meet a threshold of the request: the one that leaves fewest.
    fn within(&self, bucket: &Bucket, request: usize, into: &mut Vec<u32>) {
        let fewest = self
            .bounds
            .iter()
            .zip(&bucket.ordered)
            .filter_map(|(bound, ordered)| {
                let (from, to) = *bound.within.get(request)?;
                // Two binary searches give the run of the units whose rank meets the threshold.
                let start = ordered.ranks.partition_point(|&rank| rank < from);
                let end = ordered.ranks.partition_point(|&rank| rank < to);
                let run = ordered.units.get(start..end).unwrap_or(&[]);
                Some((run, &ordered.unknown))
            })
            .min_by_key(|(run, unknown)| run.len() + unknown.len());
        match fewest {
            Some((run, unknown)) => {
                into.extend_from_slice(run);
                into.extend_from_slice(unknown);
            }
            None => into.extend_from_slice(&bucket.units),
        }
    }
}

impl KeyIndex {
    /// The units by their keys, and by request which it names. `asked` and `offered` are the values of a side, the node of its
    /// keys, and its alternatives.
    fn new(
        (of_requests, request, requests): (&Values, NodeId, &[Truth]),
        (of_units, unit, units): (&Values, NodeId, &[Truth]),
        usable: &[u32],
        bounds: &[BoundIndex],
    ) -> (KeyIndex, Vec<Named>) {
        let mut numbers: BTreeMap<Value, u32> = BTreeMap::new();
        let mut buckets: Vec<Vec<u32>> = Vec::new();
        let mut always = Vec::new();
        // A unit without a known value, or for which an alternative may hold, meets the condition for all.
        for &row in usable {
            let place = row as usize;
            // The other operands of an `||` around the condition: where one may hold, the key decides
            // nothing.
            let alternative = units.iter().any(|truth| of_units.may_be(*truth, place));
            let Some(value) = of_units.value(unit, place).filter(|_| !alternative) else {
                always.push(row);
                continue;
            };
            // A unit that takes several keys (communes of a list) stands in the bucket of each.
            for key in each(&value) {
                let next = u32::try_from(buckets.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry(key.clone()).or_insert(next);
                if number == next {
                    buckets.push(Vec::new());
                }
                if let Some(bucket) = buckets.get_mut(number as usize) {
                    bucket.push(row);
                }
            }
        }
        // A key that no unit has leads nowhere, and is left out.
        let named = |row: usize| {
            let alternative = requests.iter().any(|truth| of_requests.may_be(*truth, row));
            match of_requests.value(request, row).filter(|_| !alternative) {
                Some(value) => Named::Keys(each(&value).filter_map(|k| numbers.get(k).copied()).collect()),
                None => Named::Any,
            }
        };
        let index = KeyIndex {
            buckets: buckets.into_iter().map(|units| Bucket::new(units, bounds)).collect(),
            always: Bucket::new(always, bounds),
        };
        (index, (0..of_requests.rows).map(named).collect())
    }

    /// The buckets whose units may suit a request that names these keys.
    fn buckets_of<'i>(
        &'i self,
        named: Option<&'i Named>,
        all: &'i Bucket,
    ) -> impl Iterator<Item = &'i Bucket> + Clone {
        let (keys, whole) = match named {
            Some(Named::Keys(keys)) => (&keys[..], None),
            _ => (&[][..], Some(all)),
        };
        let always = whole.is_none().then_some(&self.always);
        keys.iter().filter_map(|&key| self.buckets.get(key as usize)).chain(always).chain(whole)
    }
}

/// The distinct values of a list; of a value that is no list, it alone.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let (list, one) = match value {
        Value::List(items) => (&items[..], None),
        one => (&[][..], Some(one)),
    };
    list.iter().chain(one).collect::<BTreeSet<_>>().into_iter()
}

impl BoundIndex {
    fn new(
        comparison: Comparison,
        (of_requests, request, requests): (&Values, NodeId, &[Truth]),
        (of_units, unit): (&Values, NodeId),
    ) -> BoundIndex {
        let values: Vec<Option<Value>> = (0..of_units.rows).map(|row| of_units.value(unit, row)).collect();
        let mut sorted: Vec<&Value> = values.iter().flatten().collect();
        sorted.sort_unstable();
        sorted.dedup();
        // Ranks in place of values: a threshold is found once for each request, not once for each pair.
        let rank = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let below = |value: &Value| rank(sorted.partition_point(|&other| other < value));
        let up_to = |value: &Value| rank(sorted.partition_point(|&other| other <= value));
        let within = |row: usize| {
            let alternative = requests.iter().any(|truth| of_requests.may_be(*truth, row));
            let Some(value) = of_requests.value(request, row).filter(|_| !alternative) else {
                // The threshold is not known, or need not be met: every rank is within it.
                return (0, u32::MAX);
            };
            match comparison {
                Comparison::AtMost => (0, up_to(&value)),
                Comparison::Less => (0, below(&value)),
                Comparison::AtLeast => (below(&value), u32::MAX),
                Comparison::Greater => (up_to(&value), u32::MAX),
                Comparison::Equal | Comparison::NotEqual => (0, u32::MAX),
            }
        };
        BoundIndex {
            within: (0..of_requests.rows).map(within).collect(),
            ranks: values.iter().map(|value| value.as_ref().map(below)).collect(),
        }
    }
}

impl Bucket {
    fn new(units: Vec<u32>, bounds: &[BoundIndex]) -> Bucket {
        let ordered = |bound: &BoundIndex| {
            // By rank, then by row, so that the order does not depend on that of the units given.
            let rank = |unit: &u32| bound.ranks.get(*unit as usize).copied().flatten();
            let mut known: Vec<(u32, u32)> = units.iter().filter_map(|u| Some((rank(u)?, *u))).collect();
            known.sort_unstable();
            let (ranks, in_order) = known.into_iter().unzip();
            let unknown = units.iter().copied().filter(|u| rank(u).is_none()).collect();
            Ordered { ranks, units: in_order, unknown }
        };
        let ordered = bounds.iter().map(ordered).collect();
        Bucket { units, ordered }
    }
}

/// The outcomes of nodes on one side, for all its rows.
struct Values {
    rows: usize,
    columns: BTreeMap<NodeId, DecisionColumn>,
}

impl Values {
    fn of(plan: &Plan, dataset: &Dataset, entity: EntityId, nodes: impl Iterator<Item = NodeId>) -> Values {
        let nodes: BTreeSet<NodeId> = nodes.collect();
        let selected = nodes.iter().map(|node| (String::new(), *node)).collect();
        let decided = evaluate_settled(&Plan { entity, selected, ..plan.clone() }, dataset);
        let rows = dataset.tables.get(entity).map_or(0, logis_data::Table::rows);
        Values { rows, columns: nodes.into_iter().zip(decided.columns).collect() }
    }

    /// The value, if it is certain.
    fn value(&self, node: NodeId, row: usize) -> Option<Value> {
        self.columns.get(&node)?.value(row)
    }

    /// May the node have that value, as far as is known?
    fn may_be(&self, (node, truth): Truth, row: usize) -> bool {
        self.value(node, row) != Some(Value::Bool(!truth))
    }
}
