//! Single households, decided: what an allocation tool calls.
//!
//! ```
//! use logis::{Decider, Pack, value::parse_date};
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct Demande { commune: String, rfr_n2: u32, rfr_n1: u32, revenus_12_mois: u32, personnes: Vec<Personne> }
//! #[derive(Serialize)]
//! struct Personne { lien: String, date_naissance: String, a_charge: bool, handicap: bool }
//!
//! let pack = Pack::load("../../rules")?;
//! let date = parse_date("2017-06-30").ok_or("a date")?;
//! let decider = Decider::new(pack.plan(date, &["eligible_plus", "eligible_pls"])?);
//!
//! let demandeur = Personne {
//!     lien: "demandeur".into(), date_naissance: "1980-02-01".into(), a_charge: false, handicap: false,
//! };
//! let demande = Demande {
//!     commune: "21231".into(), rfr_n2: 20_124, rfr_n1: 20_124, revenus_12_mois: 22_000,
//!     personnes: vec![demandeur],
//! };
//! let decision = decider.decide(&demande)?;
//! assert!(!decision.is_true("eligible_plus")); // one euro above 20,123
//! assert!(decision.is_true("eligible_pls"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::at_once::{self, AtOnce};
use crate::evaluate::{Context, Evaluator, Layout, Outcome, outcome};
use crate::explain::{Explanation, RowName, Shown, explain_in, row_name, show};
use crate::invariants::Invariants;
use logis_data::{Code, Dataset, Issue, Records, visible_cell};
use logis_language::diagnostic::{Issues, foreign};
use logis_language::exchange::FORMAT;
use logis_language::pack::Parsed;
use logis_language::pack::schema::EntityId;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Date, Value};

/// Data that do not fit the schema: all that is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct DataError {
    /// Each with its place.
    pub issues: Vec<Issue>,
}

impl From<Vec<Issue>> for DataError {
    fn from(issues: Vec<Issue>) -> DataError {
        DataError { issues }
    }
}

impl Issues for DataError {
    fn issues(&self) -> Vec<Issue> {
        self.issues.clone()
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, issue) in self.issues.iter().enumerate() {
            write!(f, "{}{issue}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Decides records one at a time, each a row of the plan's entity with its members.
///
/// It holds the reference tables of the pack, which all deciders of one pack share, and is shared by threads.
#[derive(Clone, Debug)]
pub struct Decider {
    plan: Arc<Plan>,
    layout: Arc<Layout>,
    records: Arc<Records>,
    invariants: Arc<Invariants>,
    /// The selected rules and fields.
    selected: Arc<Selected>,
    /// The fast way for plain records, made for the first: `None` if the plan has none.
    at_once: Arc<OnceLock<Option<AtOnce>>>,
}

/// What all decisions of one plan have in common.
#[derive(Debug, PartialEq)]
struct Selected {
    /// Names, in the order in which they were selected.
    rules: Vec<String>,
    /// By name: the unit.
    units: Vec<Option<String>>,
    /// A record that does not say its identifier.
    nameless: Arc<RowName>,
}

impl Decider {
    /// A decider for a plan.
    pub fn new(plan: impl Into<Arc<Plan>>) -> Decider {
        let plan = plan.into();
        let records = typed(&plan.parsed);
        let invariants = invariants(&plan);
        let selected = Arc::new(Selected {
            rules: plan.selected.iter().map(|(name, _)| name.clone()).collect(),
            units: plan.selected.iter().map(|(_, node)| unit(&plan, *node)).collect(),
            nameless: Arc::new(named(&plan, None)),
        });
        let layout = Arc::new(Layout::of(&plan));
        Decider { plan, layout, records, invariants, selected, at_once: Arc::default() }
    }

    /// Decides one record: a struct, or whatever else `serde` makes an object of, as
    /// [`Records::dataset`] says.
    ///
    /// # Errors
    /// What does not fit the schema, each with its place: `demande.personnes[1]: colonne …`; the invariants of
    /// the pack at level `erreur` that are false. Those at level `avertissement` are [`Decision::warnings`].
    pub fn decide(&self, record: &impl Serialize) -> Result<Decision, DataError> {
        let at_once = || AtOnce::new(&self.plan, &self.records, &self.invariants);
        let decided = self.at_once.get_or_init(at_once).as_ref().and_then(|way| way.decide(record));
        let Some(decided) = decided else { return self.decide_generally(record, &[]) };
        let certain = decided.holds && decided.values.iter().all(Option::is_some);
        if certain { Ok(self.of_values(decided)) } else { self.decide_generally(record, &decided.values) }
    }

    /// The decision of a record of which all is known and nothing is to be told.
    fn of_values(&self, decided: at_once::Decided) -> Decision {
        let about = match decided.id {
            None => self.selected.nameless.clone(),
            Some(id) => Arc::new(named(&self.plan, Some(&id))),
        };
        let one = |value: Value| Decided {
            outcome: Outcome::Known(value.clone()),
            shown: Shown::Value(value),
            words: Vec::new(),
        };
        let outcomes = decided.values.into_iter().flatten().map(one).collect();
        Decision {
            about,
            date: self.plan.date,
            selected: self.selected.clone(),
            outcomes,
            warnings: Vec::new(),
        }
    }

    /// [`Decider::decide`] of any record: as a table of one row. `certain` has outcomes that are known already.
    fn decide_generally(
        &self,
        record: &impl Serialize,
        certain: &[Option<Value>],
    ) -> Result<Decision, DataError> {
        let (dataset, warnings) = self.held(record)?;
        let context = Context::with(&self.plan, self.layout.clone(), &dataset);
        let mut evaluator = Evaluator::new(&context);
        let one = |(at, (_, node)): (usize, &(String, NodeId))| {
            let outcome = match certain.get(at) {
                Some(Some(value)) => Outcome::Known(value.clone()),
                _ => outcome(&mut evaluator, *node, 0),
            };
            let shown = show(&self.plan, &dataset, &outcome);
            let words = match &shown {
                Shown::Unknown(missing) => missing.iter().map(ToString::to_string).collect(),
                _ => Vec::new(),
            };
            Decided { outcome, shown, words }
        };
        let outcomes = self.plan.selected.iter().enumerate().map(one).collect();
        let about = Arc::new(row_name(&self.plan, &dataset, self.plan.entity, 0));
        Ok(Decision { about, date: self.plan.date, selected: self.selected.clone(), outcomes, warnings })
    }

    /// The data set of a record, if no invariant at the level of errors is false, and the warnings.
    pub(crate) fn held(&self, record: &impl Serialize) -> Result<(Dataset, Vec<Issue>), DataError> {
        let dataset = self.dataset(record)?;
        let (issues, warnings): (Vec<Issue>, Vec<Issue>) =
            self.invariants.issues(&dataset).into_iter().partition(Issue::is_error);
        if issues.is_empty() { Ok((dataset, warnings)) } else { Err(DataError { issues }) }
    }

    /// Says why each rule is decided as it is: see [`crate::explain::to_text`].
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn explain(&self, record: &impl Serialize) -> Result<Vec<Explanation>, DataError> {
        let (dataset, _) = self.held(record)?;
        let context = Context::with(&self.plan, self.layout.clone(), &dataset);
        Ok(explain_in(&context, 0))
    }

    /// The plan that it decides by.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A data set of one record: a row of the plan's entity with its members, and the reference tables.
    pub fn dataset(&self, record: &impl Serialize) -> Result<Dataset, DataError> {
        let wrong = |error: serde_json::Error| DataError {
            issues: vec![Issue::error(
                Code::OtherForm,
                "",
                format!("l'enregistrement ne s'écrit pas en JSON: {}", foreign::json(&error)),
            )],
        };
        let record = serde_json::to_value(record).map_err(wrong)?;
        let schema = &self.plan.parsed.schema;
        self.records.dataset(schema, self.plan.entity, &record).map_err(|issues| DataError { issues })
    }
}

/// A record by its names, as [`row_name`] says it.
fn named(plan: &Plan, id: Option<&str>) -> RowName {
    let entity = plan.parsed.schema.entities.get(plan.entity).map_or(String::new(), |e| e.name.clone());
    // A row that does not say its identifier has that of its place in the record.
    let id = id.unwrap_or(&entity).to_string();
    let words = format!("{entity} {}", visible_cell(&id));
    RowName { entity, id, words }
}

/// Invariants by date and by the entities that are needed.
type HeldBy = BTreeMap<(Date, BTreeSet<EntityId>), Arc<Invariants>>;

/// What the deciders of one pack share.
#[derive(Default)]
struct Kept {
    /// The reference tables, once they are typed: typing the communes of France takes a hundred times as long as all
    /// else that a decider needs.
    records: OnceLock<Arc<Records>>,
    /// What must hold of rows.
    invariants: Mutex<HeldBy>,
}

/// Each pack that a decider was made for, and what its deciders share.
static KEPT: Mutex<Vec<(Weak<Parsed>, Arc<Kept>)>> = Mutex::new(Vec::new());

/// How many dates and needs a pack remembers the invariants of; beyond, it forgets them all.
const INVARIANTS: usize = 256;

/// What the deciders of a pack share, kept as long as the pack is there.
fn kept(parsed: &Arc<Parsed>) -> Arc<Kept> {
    // A thread that panicked while it held the lock has left a whole list behind it.
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    // A `Weak` keeps its place in memory taken, so that no other pack has the address of one that is gone.
    all.retain(|(pack, _)| pack.strong_count() > 0);
    if let Some((_, kept)) = all.iter().find(|(pack, _)| pack.as_ptr() == Arc::as_ptr(parsed)) {
        return kept.clone();
    }
    let kept = Arc::<Kept>::default();
    all.push((Arc::downgrade(parsed), kept.clone()));
    kept
}

/// The reference tables of a pack, typed when they are first asked for.
pub(crate) fn typed(parsed: &Arc<Parsed>) -> Arc<Records> {
    // Outside of the lock of the list: deciders of other packs do not wait.
    let read = || Arc::new(Records::new(&parsed.schema, &parsed.references));
    kept(parsed).records.get_or_init(read).clone()
}

/// What must hold of the rows that a plan needs.
fn invariants(plan: &Plan) -> Arc<Invariants> {
    let kept = kept(&plan.parsed);
    let key = (plan.date, plan.needs().entities);
    if let Some(known) = kept.invariants.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return known.clone();
    }
    let made = Arc::new(Invariants::new(&plan.parsed, plan.date, &key.1));
    let mut all = kept.invariants.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= INVARIANTS {
        all.clear();
    }
    all.insert(key, made.clone());
    made
}

/// The unit of a rule on the day of its plan, or of a field.
fn unit(plan: &Plan, node: NodeId) -> Option<String> {
    match plan.node(node)?.op {
        Op::Rule(id, _) => plan.parsed.rules.get(id)?.text_near(plan.date)?.doc.unit.clone(),
        Op::Field(id) => plan.parsed.schema.fields.get(id)?.unit.clone(),
        _ => None,
    }
}

/// The outcomes of one record. As JSON: a document of the kind `decision`, each outcome with its state, value and
/// unit, or the missing cells that would settle it.
///
/// ```
/// use logis::{Decider, Pack, value::parse_date};
/// use serde_json::json;
///
/// let date = parse_date("2017-06-30").ok_or("a date")?;
/// let decider = Decider::new(Pack::load("../../rules")?.plan(date, &["plafond_plus"])?);
/// let decision = decider.decide(&json!({
///     "demande_id": "D1", "commune": "21231",
///     "personnes": [{ "lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": false, "handicap": false }],
/// }))?;
/// let written = serde_json::to_value(&decision)?;
/// assert_eq!(written["format"], "logis/1");
/// assert_eq!(
///     written["outcomes"]["plafond_plus"],
///     json!({ "state": "known", "type": "number", "value": 20123, "unit": "EUR/an" })
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    about: Arc<RowName>,
    date: Date,
    selected: Arc<Selected>,
    /// By selected rule.
    outcomes: Vec<Decided>,
    warnings: Vec<Issue>,
}

/// One outcome of a decision.
#[derive(Clone, Debug, PartialEq)]
struct Decided {
    outcome: Outcome,
    shown: Shown,
    /// The missing cells, as people read them.
    words: Vec<String>,
}

impl Decision {
    fn of(&self, rule: &str) -> Option<&Decided> {
        self.outcomes.get(self.selected.rules.iter().position(|own| own == rule)?)
    }

    /// The outcome of a selected rule.
    pub fn get(&self, rule: &str) -> Option<&Outcome> {
        self.of(rule).map(|one| &one.outcome)
    }

    /// The outcome of a selected rule with its names, as explanations and receipts show it.
    pub fn shown(&self, rule: &str) -> Option<&Shown> {
        self.of(rule).map(|one| &one.shown)
    }

    /// Is the outcome of a rule known, and true?
    pub fn is_true(&self, rule: &str) -> bool {
        self.get(rule).is_some_and(Outcome::is_true)
    }

    /// The cells that would settle an unknown outcome, as people read them; empty if it is settled.
    pub fn missing(&self, rule: &str) -> &[String] {
        self.of(rule).map_or(&[], |one| &one.words)
    }

    /// The invariants of the pack at level `avertissement` that are false of the record.
    pub fn warnings(&self) -> &[Issue] {
        &self.warnings
    }

    /// All outcomes, in the order in which the rules were selected.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Outcome)> {
        self.selected.rules.iter().zip(&self.outcomes).map(|(rule, one)| (rule.as_str(), &one.outcome))
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("format", FORMAT)?;
        map.serialize_entry("kind", "decision")?;
        map.serialize_entry("about", &*self.about)?;
        map.serialize_entry("date", &self.date.to_string())?;
        map.serialize_entry("outcomes", &Outcomes(self))?;
        map.serialize_entry("warnings", &self.warnings)?;
        map.end()
    }
}

/// The outcomes of a decision by rule, in the order in which the rules were selected.
struct Outcomes<'d>(&'d Decision);

impl Serialize for Outcomes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct One<'o> {
            #[serde(flatten)]
            outcome: &'o Shown,
            #[serde(skip_serializing_if = "Option::is_none")]
            unit: Option<&'o str>,
        }
        let Outcomes(decision) = self;
        let mut map = to.serialize_map(Some(decision.outcomes.len()))?;
        let Selected { rules, units, .. } = &*decision.selected;
        for ((rule, unit), one) in rules.iter().zip(units).zip(&decision.outcomes) {
            map.serialize_entry(rule, &One { outcome: &one.shown, unit: unit.as_deref() })?;
        }
        map.end()
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap
)]
mod tests;
