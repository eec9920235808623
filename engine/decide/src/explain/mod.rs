//! Explanations: the evaluated expression of a rule, in the words of its doc comments.
//!
//! An explanation is a tree: each rule with its outcome, the comparisons that led to it with both
//! values, the parameters with their date and legal reference, the inputs. Only what decided is
//! shown: the branch taken, the side of an `&&` that failed.

mod deciding;
mod expression;
mod french;
mod lines;
mod marks;
mod moot;
mod outcome;
mod phrases;
mod prepared;
mod reads;
mod shown;
mod spelling;
mod text;
mod walk;
mod words;

use serde::Serialize;

use crate::evaluate::Context;
pub use deciding::{Deciding, Figure};
pub use expression::text_of;
pub use french::unit_in_words;
use logis_data::Dataset;
use logis_language::exchange::Written;
use logis_language::plan::Plan;
use logis_language::plan::ir::NodeId;
pub use outcome::{Failed, Missing, RowName, Shown};
use prepared::Prepared;
pub use shown::{about, in_words, missing, plain, row_name, show};
pub use text::to_text;
use walk::Explainer;
pub use words::{Words, to_words};

/// Explains the selected rules of a plan for one row of the plan's entity, in the order in which they
/// were selected.
pub fn explain(plan: &Plan, dataset: &Dataset, row: u64) -> Vec<Explanation> {
    explain_in(&Context::new(plan, dataset), row)
}

/// [`explain`] for many rows of one data package: what `context` computed of it (members by row) is used again, and what its
/// layout knows of the plan.
pub fn explain_in(context: &Context<'_>, row: u64) -> Vec<Explanation> {
    let prepared = context.beside(|| Prepared::of(context.plan));
    let mut explainer = Explainer::new(context, &prepared, row);
    let selected = context.plan.selected.iter().enumerate();
    selected.map(|(number, (name, node))| explainer.selected(name, (number, *node), row)).collect()
}

/// Why a rule has its outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The rule.
    pub rule: String,
    /// Its sentence.
    pub label: String,
    /// The row that it is about.
    pub about: RowName,
    /// The outcome.
    pub outcome: Shown,
    /// Unit of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Legal references.
    pub sources: Vec<String>,
    /// Why the rule may be wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// What an aid may and may not be combined with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub combined: Vec<String>,
    /// What the outcome grants, it grants under these reserves: conditions of the texts that are not modelled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reserves: Vec<String>,
    /// Why the rule is not in force on the date, if it is not: `n'est plus en vigueur depuis le 2023-07-01`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<String>,
    /// Where the rule is written; nowhere, for a field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// What led to the outcome.
    pub because: Vec<Because>,
}

/// One thing that led to an outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Because {
    /// A comparison, with the values of both sides.
    Comparison {
        /// As the rule writes it.
        text: String,
        /// Left side and its value.
        left: Shown,
        /// The sign.
        sign: &'static str,
        /// Right side and its value.
        right: Shown,
        /// Does it hold?
        holds: Shown,
        /// The nodes of both sides in the plan, for programs in this one.
        #[serde(skip)]
        sides: (NodeId, NodeId),
    },
    /// A cell of a parameter's table.
    Parameter {
        /// Path of the table.
        path: String,
        /// What people call it.
        label: String,
        /// The keys of the cell.
        keys: Vec<Shown>,
        /// The value.
        value: Shown,
        /// Its unit.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// First day on which it holds.
        from: String,
        /// Legal reference.
        source: String,
        /// Why it may be wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        doubt: Option<String>,
        /// The last day on which the table was seen to hold, if it says so.
        #[serde(skip_serializing_if = "Option::is_none")]
        verified: Option<String>,
        /// Where it is written.
        #[serde(skip_serializing_if = "Option::is_none")]
        written: Option<Written>,
    },
    /// An input.
    Input {
        /// The field.
        field: String,
        /// What people call it.
        label: String,
        /// The row.
        about: RowName,
        /// The value.
        value: Shown,
        /// Its unit.
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// The values of several members.
    Members {
        /// The rule or field of the member.
        name: String,
        /// Each member.
        values: Vec<Member>,
        /// The rules that led to these values, with their texts and doubts.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        rules: Vec<MemberRule>,
        /// The cells of parameters that led to these values.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        parameters: Vec<Because>,
        /// The node of the rule or field in the plan, for programs in this one.
        #[serde(skip)]
        of: NodeId,
    },
    /// A rule that was needed.
    Rule(Box<Explanation>),
    /// A rule that was explained above.
    Above {
        /// The rule.
        rule: String,
        /// Its outcome.
        outcome: Shown,
    },
}

/// A rule that led to the values of members.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemberRule {
    /// The rule.
    pub rule: String,
    /// Its sentence.
    pub label: String,
    /// Legal references.
    pub sources: Vec<String>,
    /// Why it may be wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
}

/// One of several members, and its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Member {
    /// Its identifier.
    pub id: String,
    /// The value.
    pub value: Shown,
}
