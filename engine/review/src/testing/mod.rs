//! Runs the cases of a pack: inputs in, outcomes compared with the expected ones.
//!
//! A case may give the outcome of a rule as an input: that rule is then not computed. Besides
//! outcomes, a case may expect reasons: names that the explanation of a rule must rest on.

pub(crate) mod groups;
mod rows;
pub(crate) mod values;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use groups::{Expected, Group, groups};
use logis_data::{Dataset, Issue};
use logis_decide::evaluate::{Context, Evaluator, Outcome, outcome};
use logis_decide::explain::{Explanation, Shown, explain_in, in_words, show};
use logis_decide::invariants::Invariants;
use logis_language::Pack;
use logis_language::diagnostic::{Diagnostic, PackError, Span};
use logis_language::pack::schema::EntityId;
use logis_language::plan::Apart;
use logis_language::value::{Date, Value, format_number, sub};

/// What became of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// The file it stands in, relative to the pack.
    pub file: String,
    /// Where it is written.
    pub place: String,
    /// What is not as expected; empty if all is.
    pub failures: Vec<Failure>,
}

/// One outcome that is not as expected.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The rule.
    pub rule: String,
    /// What was expected: an outcome, or names in its explanation.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// How much more was found than expected, of a number.
    pub difference: Option<String>,
    /// The parameter cells that it was computed from: path, keys, value, place.
    pub cells: Vec<String>,
    /// How it came about.
    pub explanation: Option<Box<Explanation>>,
    /// Where the expected outcome is written; `None` for expected reasons.
    pub written: Option<Span>,
    /// The outcome found; `None` for a reason that is missing.
    pub outcome: Option<Outcome>,
}

/// Runs the cases whose name or file contains `filter` (all, if empty), on all threads; the results
/// are in the order of the files. `references` holds the reference tables of the pack, and no other
/// rows.
///
/// # Errors
/// Cases that name what is not in the pack, or that cannot be planned on their date.
pub fn run(pack: &Pack, references: &Dataset, filter: &str) -> Result<Vec<CaseResult>, PackError> {
    let groups = groups(pack, references, filter, Apart::No)?;
    let keys: BTreeSet<Held> = groups.iter().map(held).collect();
    let make = |key: Held| (key.clone(), Invariants::new(pack.parsed(), key.0, &key.1));
    let invariants: BTreeMap<Held, Invariants> =
        keys.into_iter().collect::<Vec<_>>().into_par_iter().map(make).collect();
    let run = |group| run_group(pack, group, invariants.get(&held(group)));
    let mut results: Vec<(Span, CaseResult)> = groups.par_iter().flat_map_iter(run).collect();
    results.sort_by_key(|(span, _)| (span.file, span.range.start));
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// What is wrong with the cases themselves, before any is run: names that are not in the pack, values that
/// are not of their type, rules that cannot be decided on the day of the case. Empty if [`run`] would run.
pub fn unfit(pack: &Pack, references: &Dataset) -> Vec<Diagnostic> {
    match groups(pack, references, "", Apart::No) {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics,
    }
}

/// What the invariants of a group of cases depend on: its date, and the entities that it reads.
type Held = (Date, BTreeSet<EntityId>);

fn held(group: &Group<'_>) -> Held {
    (group.plan.date, group.plan.entities())
}

fn run_group(pack: &Pack, group: &Group<'_>, invariants: Option<&Invariants>) -> Vec<(Span, CaseResult)> {
    let sources = &pack.parsed().sources;
    let context = group.context(&group.plan);
    let mut evaluator = Evaluator::new(&context);
    let broken = invariants.map_or_else(Vec::new, |invariants| group.impossible(invariants));
    let cases = group.cases.iter().zip(&group.expected).enumerate().map(|(number, (case, expected))| {
        let row = group.row(&context, number);
        let mut failures: Vec<Failure> = expected
            .iter()
            .filter_map(|expected| {
                let found = outcome(&mut evaluator, expected.node, row);
                (!expected.holds(&found)).then(|| failure(group, &context, expected, found, row))
            })
            .collect();
        failures.extend(
            case.reasons
                .iter()
                .filter_map(|(rule, names, _)| missing_reasons(group, &context, rule, names, row)),
        );
        let own = broken.iter().filter(|(case, ..)| *case == number);
        failures.extend(own.map(|(_, name, issue)| impossible(name, issue)));
        let file = sources.get(case.span.file).map_or_else(String::new, |f| f.path.clone());
        let result =
            CaseResult { name: case.name.clone(), file, place: sources.locate(&case.span), failures };
        (case.span.clone(), result)
    });
    cases.collect()
}

fn explanation(context: &Context<'_>, rule: &str, row: u64) -> Option<Explanation> {
    explain_in(context, row).into_iter().find(|e| e.rule == rule)
}

fn failure(
    group: &Group<'_>,
    context: &Context<'_>,
    expected: &Expected<'_>,
    found: Outcome,
    row: u64,
) -> Failure {
    let explanation = explanation(context, expected.rule, row);
    let difference = match (&found, &expected.value) {
        (Outcome::Known(Value::Number(a)), Some(Value::Number(b))) => {
            sub(a, b).ok().map(|d| format!("{}{}", if a > b { "+" } else { "" }, format_number(&d)))
        }
        _ => None,
    };
    let tolerance =
        expected.tolerance.map_or_else(String::new, |t| format!(" (à {} près)", format_number(&t)));
    Failure {
        rule: expected.rule.to_string(),
        expected: match &expected.value {
            Some(value) => format!("{value}{tolerance}"),
            None => "inconnu".to_string(),
        },
        found: match show(&group.plan, group.dataset(), &found) {
            Shown::Value(value) => value.to_string(),
            Shown::Unknown(missing) => format!("inconnu, manque {}", in_words(&missing)),
            Shown::Error(error) => format!("erreur : {error}"),
        },
        difference,
        cells: explanation.as_ref().map_or_else(Vec::new, Explanation::cells),
        explanation: explanation.map(Box::new),
        written: Some(expected.span.clone()),
        outcome: Some(found),
    }
}

/// An invariant at the level of errors that the inputs of a case break: such a row is not decided.
fn impossible(name: &str, issue: &Issue) -> Failure {
    Failure {
        rule: name.to_string(),
        expected: "true, de niveau erreur : une telle ligne est écartée".to_string(),
        found: format!("false, {}", issue.message),
        difference: None,
        cells: Vec::new(),
        explanation: None,
        written: None,
        outcome: None,
    }
}

/// The names that the explanation of a rule should rest on and does not.
fn missing_reasons(
    group: &Group<'_>,
    context: &Context<'_>,
    rule: &str,
    names: &[String],
    row: u64,
) -> Option<Failure> {
    let explanation = explanation(context, rule, row)?;
    let given = explanation.reasons();
    let missing: Vec<&str> = names.iter().map(String::as_str).filter(|n| !given.contains(n)).collect();
    if missing.is_empty() {
        return None;
    }
    let given: Vec<&str> =
        given.iter().copied().filter(|name| group.plan.parsed.rule(name).is_some()).collect();
    Some(Failure {
        rule: rule.to_string(),
        expected: format!("parmi les raisons : {}", missing.join(", ")),
        found: if given.is_empty() { "aucune règle".to_string() } else { given.join(", ") },
        difference: None,
        cells: Vec::new(),
        explanation: Some(Box::new(explanation)),
        written: None,
        outcome: None,
    })
}
