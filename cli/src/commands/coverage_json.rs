//! What the cases reach, as JSON.

use anyhow::Result;
use logis::coverage::{Coverage, TextCoverage};
use logis::diagnostic::{Sources, Span};
use logis::exchange::{Document, Written};
use serde::Serialize;

/// The whole as a document of the kind `coverage`.
pub fn json(coverage: &Coverage, sources: &Sources) -> Result<String> {
    let [rules, branches, both_ways, alone] = coverage.totals().map(|(reached, all)| Share { reached, all });
    let stale = coverage.stale.iter().map(|(entry, why)| Stale {
        rule: &entry.rule,
        condition: &entry.condition,
        why,
        written: Written::of(sources, &entry.span),
    });
    let body = Body {
        cases: coverage.cases,
        totals: Totals { rules, branches, both_ways, alone },
        rules: coverage.texts.iter().map(|text| rule(text, sources)).collect(),
        stale: stale.collect(),
    };
    Ok(Document::new("coverage", body).pretty()?)
}

fn rule<'c>(text: &'c TextCoverage, sources: &Sources) -> Rule<'c> {
    let at = |span: &Span| Written::of(sources, span);
    let branches = text.branches.iter().map(|branch| Branch {
        text: &branch.text,
        answer: branch.taken,
        cases: branch.cases,
        written: at(&branch.span),
    });
    let conditions = text.conditions.iter().map(|condition| {
        let ([false_cases, true_cases], [alone_false, alone_true]) = (condition.cases, &condition.shown);
        Condition {
            text: &condition.text,
            written: at(&condition.span),
            false_cases,
            true_cases,
            alone_false: alone_false.as_deref(),
            alone_true: alone_true.as_deref(),
            accepted: condition.accepted.as_deref(),
        }
    });
    Rule {
        rule: &text.rule,
        from: text.from.map(|date| date.to_string()),
        written: at(&text.span),
        cases: text.cases,
        branches: branches.collect(),
        conditions: conditions.collect(),
    }
}

#[derive(Serialize)]
struct Body<'c> {
    cases: usize,
    totals: Totals,
    rules: Vec<Rule<'c>>,
    stale: Vec<Stale<'c>>,
}

#[derive(Serialize)]
struct Totals {
    rules: Share,
    branches: Share,
    both_ways: Share,
    alone: Share,
}

#[derive(Serialize)]
struct Share {
    reached: usize,
    all: usize,
}

#[derive(Serialize)]
struct Rule<'c> {
    rule: &'c str,
    from: Option<String>,
    written: Option<Written>,
    cases: usize,
    branches: Vec<Branch<'c>>,
    conditions: Vec<Condition<'c>>,
}

#[derive(Serialize)]
struct Branch<'c> {
    text: &'c str,
    answer: bool,
    cases: usize,
    written: Option<Written>,
}

#[derive(Serialize)]
struct Condition<'c> {
    text: &'c str,
    written: Option<Written>,
    false_cases: usize,
    true_cases: usize,
    alone_false: Option<&'c str>,
    alone_true: Option<&'c str>,
    accepted: Option<&'c str>,
}

#[derive(Serialize)]
struct Stale<'c> {
    rule: &'c str,
    condition: &'c str,
    why: &'c str,
    written: Option<Written>,
}
