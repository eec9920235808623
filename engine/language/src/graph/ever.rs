//! What a name reads on any day, and so the days on which it may come out otherwise.

use std::collections::BTreeSet;

use rhai::{ASTNode, Expr, Stmt};

use super::RuleId;
use crate::pack::params::{Parameter, ParameterId};
use crate::pack::script::RuleText;
use crate::pack::{Parsed, RuleTexts};
use crate::value::Date;

/// The rules, functions and parameters that names read through any of their texts, of any day and territory: at least all
/// that a plan of them reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ever {
    rules: BTreeSet<RuleId>,
    parameters: BTreeSet<ParameterId>,
}

impl Ever {
    /// What these names read, themselves included. A field reads nothing.
    ///
    /// ```
    /// # use logis_language::{Pack, graph::Ever};
    /// let pack = Pack::load("../../rules").unwrap();
    /// let ever = Ever::of(pack.parsed(), &["eligible_plus"]);
    /// // Its own days are fewer than those of the whole law.
    /// let all = logis_language::pack::changes(pack.parsed());
    /// assert!(ever.values(pack.parsed()).len() < all.len() / 2);
    /// ```
    pub fn of(parsed: &Parsed, names: &[&str]) -> Ever {
        let mut found = Ever::default();
        let mut left: Vec<RuleId> = names.iter().filter_map(|name| parsed.rule(name)).collect();
        while let Some(id) = left.pop() {
            let Some(rule) = parsed.rules.get(id).filter(|_| found.rules.insert(id)) else { continue };
            left.extend(&rule.local);
            for text in &rule.texts {
                left.extend(text.params.iter().filter_map(|(name, _)| parsed.rule(name)));
                left.extend(called(parsed, text));
                found.parameters.extend(read(parsed, text));
            }
        }
        found
    }

    /// The days from which a rule has another text, is in force or is not, or other territories are: between two of them
    /// the plan of the names is lowered to the same nodes.
    pub fn texts(&self, parsed: &Parsed) -> BTreeSet<Date> {
        let rules = self.rules.iter().filter_map(|id| parsed.rules.get(*id));
        rules.flat_map(RuleTexts::changes).chain(parsed.territories.changes()).collect()
    }

    /// The days from which a parameter has another value.
    pub fn values(&self, parsed: &Parsed) -> BTreeSet<Date> {
        let parameters = self.parameters.iter().filter_map(|id| parsed.parameters.get(*id));
        parameters.flat_map(Parameter::changes).collect()
    }
}

/// The calls that are written in a text, functions of the engine and operators among them.
fn calls(text: &RuleText, mut each: impl FnMut(&rhai::FnCallExpr)) {
    for statement in text.body() {
        statement.walk(&mut Vec::new(), &mut |path| {
            if let Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) =
                path.last()
            {
                each(call);
            }
            true
        });
    }
}

/// The rules and functions of the pack that a text calls by name.
pub(crate) fn called(parsed: &Parsed, text: &RuleText) -> BTreeSet<RuleId> {
    let mut found = BTreeSet::new();
    // Operators are calls too, of names that no rule has.
    calls(text, |call| found.extend(parsed.territories.called(parsed, text.span.file, &call.name)));
    found
}

/// The parameters that a text reads, and those that territories give in their place.
fn read(parsed: &Parsed, text: &RuleText) -> BTreeSet<ParameterId> {
    let mut found = BTreeSet::new();
    calls(text, |call| {
        let path = match call.args.first() {
            Some(Expr::StringConstant(path, _)) if call.name == "param" => path,
            _ => return,
        };
        let Some(id) = parsed.parameter(path) else { return };
        found.insert(id);
        found.extend(parsed.parameters.get(id).iter().flat_map(|parameter| &parameter.local));
    });
    found
}
