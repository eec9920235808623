//! Receipts: what a decision leaves behind, so that it can be made again years later.
//!
//! A receipt holds the inputs as decided, the outcomes, the date, and what decided: the engine's version,
//! the pack's name, the hashes of the rules and of the parameters in force ([`logis_language::fingerprint`]). It is
//! one line of JSON. [`Replay`] decides receipts again and says what has drifted, and why it may have;
//! with the pack of their day it gives each receipt again, byte by byte.
//!
//! ```
//! use logis::receipt::{Receipt, Replay};
//! use logis::{Decider, Pack, value::parse_date};
//! use serde_json::json;
//!
//! let pack = Pack::load("../../rules")?;
//! let date = parse_date("2017-06-30").ok_or("a date")?;
//! let decider = Decider::new(pack.plan(date, &["eligible_plus"])?);
//! let receipt = decider.receipt(&json!({
//!     "demande_id": "D1", "commune": "21231", "rfr_n2": 20_124, "rfr_n1": 20_124, "revenus_12_mois": 22_000,
//!     "personnes": [{ "lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": false, "handicap": false }],
//! }))?;
//! let line = receipt.to_line();
//!
//! // Years later:
//! let receipt = Receipt::from_line(&line)?;
//! let replayed = Replay::new(&pack).replay(&[receipt]);
//! assert!(replayed[0].drifts.is_empty());
//! assert_eq!(replayed[0].again.to_line(), line);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod replay;
mod seal;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use rayon::prelude::*;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decide::{DataError, Decider};
use crate::evaluate::{Context, Decisions, Outcome};
use crate::explain::{Failed, Shown, show};
use logis_data::{Dataset, TextRows, to_text_rows};
use logis_language::exchange::FORMAT;
use logis_language::fingerprint::fingerprint;
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::plan::Plan;
use logis_language::plan::ir::Op;
pub use replay::{Changed, Drift, Replay, Replayed};
pub use seal::{Closing, Flaw, Line, Seal, SealCheck, Sealer};

/// The version of the engine that this is.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// The kind of a receipt among documents.
const KIND: &str = "receipt";

/// One decision: what it was made from, by what, and its outcomes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The version of its form: [`FORMAT`]; none for a receipt of before `logis/1`, which is written again as it was.
    #[serde(default, deserialize_with = "read_format")]
    pub format: Option<String>,
    /// What it is: `receipt`, where there is a format.
    #[serde(default, deserialize_with = "read_kind")]
    pub kind: Option<String>,
    /// Version of the engine.
    pub engine: String,
    /// Name of the pack.
    pub pack: String,
    /// Hash of the rules in force.
    pub rules: String,
    /// Hash of the parameters in force.
    pub parameters: String,
    /// The date as of which it was decided: `2017-06-30`.
    pub date: String,
    /// The entity of the decided row.
    pub entity: String,
    /// Its identifier.
    pub id: String,
    /// The row, its members and the rows that it belongs to, as far as the rules read them: by entity,
    /// the cells by column as a CSV file would hold them.
    #[serde(deserialize_with = "read_rows")]
    pub inputs: TextRows,
    /// The outcomes, in the order in which the rules were selected.
    #[serde(deserialize_with = "read_outcomes")]
    pub outcomes: Vec<(String, Shown)>,
    /// Its place among the receipts of a file; none outside of one: see [`Sealer`].
    #[serde(default)]
    pub seal: Option<Seal>,
}

/// A receipt as it is written: outcomes in the form that its version has.
impl Serialize for Receipt {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Some(format) = &self.format {
            map.serialize_entry("format", format)?;
        }
        if let Some(kind) = &self.kind {
            map.serialize_entry("kind", kind)?;
        }
        for (key, text) in [
            ("engine", &self.engine),
            ("pack", &self.pack),
            ("rules", &self.rules),
            ("parameters", &self.parameters),
            ("date", &self.date),
            ("entity", &self.entity),
            ("id", &self.id),
        ] {
            map.serialize_entry(key, text)?;
        }
        map.serialize_entry("inputs", &self.inputs)?;
        map.serialize_entry("outcomes", &Outcomes(self))?;
        if let Some(seal) = &self.seal {
            map.serialize_entry("seal", seal)?;
        }
        map.end()
    }
}

/// The outcomes of a receipt as an object whose keys keep their order.
struct Outcomes<'r>(&'r Receipt);

impl Serialize for Outcomes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Outcomes(receipt) = self;
        let mut map = to.serialize_map(Some(receipt.outcomes.len()))?;
        for (rule, outcome) in &receipt.outcomes {
            match receipt.format {
                Some(_) => map.serialize_entry(rule, outcome)?,
                None => map.serialize_entry(rule, &outcome.before_format())?,
            }
        }
        map.end()
    }
}

impl Receipt {
    /// One line of JSON, without the line's end.
    pub fn to_line(&self) -> String {
        // A struct of texts has always a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The line without its seal: the text whose hash the seal holds.
    pub fn content(&self) -> String {
        match self.seal {
            None => self.to_line(),
            Some(_) => Receipt { seal: None, ..self.clone() }.to_line(),
        }
    }

    /// Reads one line. Its seal is not checked: see [`SealCheck`].
    ///
    /// # Errors
    /// It is no receipt; the message says where in the line.
    pub fn from_line(line: &str) -> Result<Receipt, serde_json::Error> {
        serde_json::from_str(line)
    }

    /// Was it written before receipts had a version?
    pub fn is_of_before(&self) -> bool {
        self.format.is_none()
    }

    /// The outcome of a rule.
    pub fn outcome(&self, rule: &str) -> Option<&Shown> {
        self.outcomes.iter().find(|(name, _)| name == rule).map(|(_, outcome)| outcome)
    }
}

/// Reads many lines, on all threads.
///
/// # Errors
/// By line: as [`Receipt::from_line`].
pub fn from_lines(lines: &[String]) -> Vec<Result<Receipt, serde_json::Error>> {
    lines.par_iter().map(|line| Receipt::from_line(line)).collect()
}

/// Makes the receipts of decisions of one plan over one data set.
pub struct Recorder<'c, 'd> {
    context: &'c Context<'d>,
    /// What all receipts have in common.
    blank: Receipt,
    /// What the rules read: cells and relations that a receipt keeps.
    fields: BTreeSet<FieldId>,
    relations: BTreeSet<(EntityId, usize)>,
}

impl<'c, 'd> Recorder<'c, 'd> {
    /// A recorder of decisions in that context.
    pub fn new(context: &'c Context<'d>) -> Recorder<'c, 'd> {
        let plan = context.plan;
        let parsed = &plan.parsed;
        let print = fingerprint(plan);
        let blank = Receipt {
            format: Some(FORMAT.to_string()),
            kind: Some(KIND.to_string()),
            engine: ENGINE.to_string(),
            pack: parsed.manifest.name.clone(),
            rules: print.rules,
            parameters: print.parameters,
            date: plan.date.to_string(),
            entity: parsed.schema.entities.get(plan.entity).map_or_else(String::new, |e| e.name.clone()),
            id: String::new(),
            inputs: TextRows::new(),
            outcomes: Vec::new(),
            seal: None,
        };
        Recorder { context, blank, fields: plan.fields(), relations: plan.relations() }
    }

    /// The receipt of a row of the plan's entity; `outcomes` are those of the selected rules, in order.
    pub fn receipt(&self, row: usize, outcomes: impl IntoIterator<Item = Outcome>) -> Receipt {
        let (plan, dataset) = (self.context.plan, self.context.dataset);
        // Only rows and cells that the rules can read: a receipt keeps no other data of persons.
        let rows = reached(self.context, row);
        let ids = dataset.tables.get(plan.entity).map(|t| &t.ids);
        Receipt {
            id: ids.and_then(|ids| ids.text(row)).unwrap_or_default().to_string(),
            inputs: to_text_rows(&plan.parsed.schema, dataset, &rows, &self.fields, &self.relations),
            outcomes: plan
                .selected
                .iter()
                .zip(outcomes)
                .map(|((name, _), outcome)| (name.clone(), answer(plan, dataset, &outcome)))
                .collect(),
            ..self.blank.clone()
        }
    }

    /// The receipts of these rows as lines of JSON, made on all threads.
    pub fn lines(&self, rows: &[usize], decisions: &Decisions) -> Vec<String> {
        let line = |&row: &usize| {
            self.receipt(row, decisions.columns.iter().filter_map(|column| column.get(row))).to_line()
        };
        rows.par_iter().map(line).collect()
    }
}

impl Decider {
    /// Decides one record, and keeps what it was made from.
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn receipt(&self, record: &impl Serialize) -> Result<Receipt, DataError> {
        let dataset = self.dataset(record)?;
        let context = Context::new(self.plan(), &dataset);
        let decision = self.decide(record)?;
        Ok(Recorder::new(&context).receipt(0, decision.iter().map(|(_, outcome)| outcome.clone())))
    }
}

/// An outcome as a receipt holds it. The place of an error in the script is left out: a line that moves
/// changes no decision.
pub fn answer(plan: &Plan, dataset: &Dataset, outcome: &Outcome) -> Shown {
    match show(plan, dataset, outcome) {
        Shown::Error(error) => Shown::Error(Failed { written: None, ..error }),
        shown => shown,
    }
}

/// The rows that the rules of a plan read to decide a row: by entity, that row, its members and what
/// they belong to, as far as the rules follow.
pub fn reached(context: &Context<'_>, row: usize) -> BTreeMap<EntityId, BTreeSet<usize>> {
    let plan = context.plan;
    let mut rows: BTreeMap<EntityId, BTreeSet<usize>> = [(plan.entity, [row].into())].into();
    // The nodes that lead to other rows. Rounds are repeated until one adds no row (a fixed point).
    let ways: Vec<_> =
        (0_u32..).zip(&plan.nodes).filter(|(_, n)| matches!(n.op, Op::Up(..) | Op::Members(..))).collect();
    loop {
        let before: usize = rows.values().map(BTreeSet::len).sum();
        // What a way leads to comes before the way itself: from the last to the first, most are found
        // in one round.
        for (id, node) in ways.iter().rev() {
            let from: Vec<usize> = rows.get(&node.entity).into_iter().flatten().copied().collect();
            let target = match node.op {
                Op::Up(_, inner) => plan.node(inner).map_or(node.entity, |n| n.entity),
                Op::Members(child, ..) => child,
                _ => continue,
            };
            let to = rows.entry(target).or_default();
            for row in from {
                match node.op {
                    Op::Up(step, _) => {
                        let up = context.step(step, row as u64).ok();
                        to.extend(up.and_then(|up| usize::try_from(up).ok()));
                    }
                    _ => to.extend(context.members(*id, row as u64).iter().map(|&m| m as usize)),
                }
            }
        }
        if rows.values().map(BTreeSet::len).sum::<usize>() == before {
            rows.retain(|_, rows| !rows.is_empty());
            return rows;
        }
    }
}

fn read_format<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    this_one(from, FORMAT)
}

fn read_kind<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    this_one(from, KIND)
}

/// Reads a text that must be `expected`.
fn this_one<'de, D: Deserializer<'de>>(from: D, expected: &'static str) -> Result<Option<String>, D::Error> {
    let read = String::deserialize(from)?;
    if read == expected {
        return Ok(Some(read));
    }
    Err(D::Error::custom(format!("unknown variant `{read}`, expected `{expected}`")))
}

fn read_outcomes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, Shown)>, D::Error> {
    from.deserialize_map(Once(PhantomData))
}

fn read_rows<'de, D: Deserializer<'de>>(from: D) -> Result<TextRows, D::Error> {
    let rows: Vec<(String, Vec<Cells>)> = from.deserialize_map(Once(PhantomData))?;
    let cells = |rows: Vec<Cells>| rows.into_iter().map(|Cells(cells)| cells).collect();
    Ok(rows.into_iter().map(|(entity, rows)| (entity, cells(rows))).collect())
}

/// The cells of a row.
struct Cells(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Cells, D::Error> {
        let cells: Vec<(String, String)> = from.deserialize_map(Once(PhantomData))?;
        Ok(Cells(cells.into_iter().collect()))
    }
}

/// Reads an object as a list of its entries, in the order of the text. A key that stands twice is an error:
/// one of its values would be used and the other dropped without a word.
struct Once<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Once<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("un objet")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, V>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            all.push((key, value));
        }
        Ok(all)
    }
}
