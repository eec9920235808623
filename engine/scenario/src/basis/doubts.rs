//! What is doubtful in the rules and figures that were used, and what of the law is not verified.

use std::collections::BTreeSet;

use serde::Serialize;

use logis_language::graph::text_at;
use logis_language::pack::doubt::split;
use logis_language::pack::params::{Parameter, ParameterVersion};
use logis_language::pack::territory::TerritoryId;
use logis_language::pack::{Parsed, RuleTexts};
use logis_language::plan::Plan;
use logis_language::plan::ir::Op;
use logis_language::value::Date;

/// A doubt of a rule, a figure or a territory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Doubt {
    /// What people call what is doubtful.
    pub of: String,
    /// Its name in the pack.
    pub name: String,
    /// `chiffre`, `date`, `lecture`, `source`, `autre`; or `réserve`, a condition of the texts that nothing verifies.
    pub kind: String,
    /// What is said.
    pub text: String,
}

/// Doubts as they are gathered from plans, each once.
#[derive(Clone, Debug, Default)]
pub struct Doubts {
    /// In the order of what they are about.
    pub all: BTreeSet<Doubt>,
    /// The territories that hold some row; local rules of others decide nothing. `None`: all do.
    held: Option<BTreeSet<String>>,
}

impl Doubts {
    /// Of the national rules, and of the local ones of these territories.
    pub fn held_by(held: BTreeSet<String>) -> Doubts {
        Doubts { all: BTreeSet::new(), held: Some(held) }
    }

    /// Those of the rules and parameters that a plan reads, on its date.
    pub fn of_plan(&mut self, plan: &Plan) {
        let parsed = &plan.parsed;
        for (rule, _) in plan.rule_nodes() {
            if let Some(rule) = parsed.rules.get(rule).filter(|rule| self.holds(parsed, rule.territory)) {
                self.of_rule(parsed, rule, plan.date);
            }
        }
        for node in &plan.nodes {
            let Op::Param(id, _) = node.op else { continue };
            if let Some(parameter) = parsed.parameters.get(id) {
                self.of_parameter(parsed, parameter, plan.date);
            }
        }
        let named = |name: &str| self.held.as_ref().is_some_and(|held| held.contains(name));
        let local = parsed.territories.all.iter().filter(|one| plan.is_local() && named(&one.name));
        let doubts: Vec<_> = local.filter_map(|one| Some((one, one.doubt.as_ref()?))).collect();
        for (territory, doubt) in doubts {
            self.say(&territory.label, &territory.name, doubt);
        }
    }

    /// Those of a rule's text that is in force.
    fn of_rule(&mut self, parsed: &Parsed, rule: &RuleTexts, date: Date) {
        let Some(text) = text_at(&rule.texts, date) else { return };
        let label = text.doc.label.trim_end_matches('.');
        let label = placed(parsed, if label.is_empty() { &rule.name } else { label }, rule.territory);
        text.doc.doubts.iter().for_each(|doubt| self.say(&label, &rule.name, doubt));
        for reserve in &text.doc.reserves {
            self.insert(&label, &rule.name, "réserve", reserve);
        }
    }

    /// That of a parameter's values in force.
    pub fn of_parameter(&mut self, parsed: &Parsed, parameter: &Parameter, date: Date) {
        self.of_value(parsed, parameter, parameter.at(date));
    }

    /// That of one of a parameter's values.
    pub fn of_value(&mut self, parsed: &Parsed, parameter: &Parameter, value: Option<&ParameterVersion>) {
        let doubt = value.and_then(|version| version.doubt.as_deref());
        if let Some(doubt) = doubt.filter(|_| self.holds(parsed, parameter.territory)) {
            let label = if parameter.label.is_empty() { &parameter.path } else { &parameter.label };
            self.say(&placed(parsed, label, parameter.territory), &parameter.path, doubt);
        }
    }

    /// A doubt as the pack writes it, its kind before a colon.
    pub fn say(&mut self, of: &str, name: &str, doubt: &str) {
        let (kind, text) = split(doubt);
        self.insert(of, name, &kind.to_string(), text);
    }

    fn insert(&mut self, of: &str, name: &str, kind: &str, text: &str) {
        let [of, name, kind, text] = [of, name, kind, text].map(str::to_string);
        self.all.insert(Doubt { of, name, kind, text });
    }

    fn holds(&self, parsed: &Parsed, territory: Option<TerritoryId>) -> bool {
        let (Some(held), Some(territory)) = (&self.held, territory) else { return true };
        parsed.territories.all.get(territory).is_some_and(|one| held.contains(one.name.as_ref()))
    }
}

/// A label with the territory whose it is.
fn placed(parsed: &Parsed, label: &str, territory: Option<TerritoryId>) -> String {
    match territory.and_then(|at| parsed.territories.all.get(at)) {
        Some(territory) => format!("{label} ({})", territory.label),
        None => label.to_string(),
    }
}
