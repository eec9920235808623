//! Static analysis of a pack: what loads, and is likely not what was meant.
//!
//! Each analysis is one file and gives findings; this one runs them over every period between two
//! changes of the law and applies the levels that `pack.toml` sets. What a code means is told by
//! [`logis_language::diagnostic::codes`].

mod conditions;
mod domain;
mod lists;
mod literals;
mod local;
mod monotone;
mod signatures;
mod sources;
mod syntax;
mod tables;
mod unused;
mod walk;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::Domain;
use logis_language::Pack;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Diagnostics};
use logis_language::graph::RuleId;
use logis_language::pack::Parsed;
use logis_language::pack::changes;
use logis_language::pack::manifest::Level;
use logis_language::plan::Plan;
use logis_language::value::{Date, add_days};
use monotone::{Answer, Claim};
use walk::{Seen, Walk};

/// All findings on a pack that loads, each at the level that the pack sets for its code or that the
/// code has of itself, sorted by place. What is set to `off` is left out.
///
/// ```
/// use logis::{Pack, check::check, diagnostic::Severity};
/// let pack = Pack::load("../../rules")?;
/// assert!(check(&pack).iter().all(|finding| finding.severity < Severity::Warning));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(pack: &Pack) -> Vec<Diagnostic> {
    let parsed = pack.parsed();
    let mut found = pack.warnings.clone();
    found.extend(pack.shortfalls());
    unused::findings(parsed, &mut found);
    literals::findings(parsed, &mut found);
    sources::findings(parsed, &mut found);
    local::findings(parsed, &mut found);
    let seen = over_time(parsed, &mut found);
    conditions::findings(&seen, &parsed.sources, &mut found);
    tables::findings(parsed, &seen, &mut found);
    let levels = &parsed.manifest.levels;
    found.retain_mut(|d| match levels.get(d.code) {
        Some(Level::Off) => false,
        Some(Level::At(severity)) => {
            d.severity = *severity;
            true
        }
        None => true,
    });
    let mut found = Diagnostics { items: found };
    found.sort();
    found.items
}

/// Follows the rules over each period between two changes of the law. A rule of which nothing changed
/// since the period before is not followed again.
fn over_time(parsed: &Arc<Parsed>, found: &mut Vec<Diagnostic>) -> Seen {
    let mut seen = Seen::default();
    let mut claims: BTreeMap<(RuleId, Option<Date>), Vec<Claim>> = BTreeMap::new();
    for (id, rule) in parsed.rules.iter().enumerate() {
        for text in rule.texts.iter().filter(|t| !t.doc.monotone.is_empty()) {
            claims.insert((id, text.from), monotone::claims(parsed, text, found));
        }
    }
    let mut answers: BTreeMap<(RuleId, Option<Date>, usize), Answer> = BTreeMap::new();
    let (mut agreements, mut compared) = (lists::Agreements::new(), lists::Compared::new());
    let mut before: HashMap<RuleId, (u64, Domain)> = HashMap::new();
    let starts: Vec<Date> = changes(parsed).into_iter().collect();
    for (i, &first) in starts.iter().enumerate() {
        let last = starts.get(i + 1).and_then(|next| add_days(*next, -1));
        let mut out = Diagnostics::default();
        let whole = Plan::whole_in(parsed, first, &mut out);
        // Each period has its own; the place of the limit may be another, and one is enough.
        if let Some(large) = out.items.into_iter().find(|d| d.code == "L0131") {
            found.push(large);
            return seen;
        }
        let signatures = signatures::of_rules(parsed, &whole, first);
        let known = |rule: &RuleId| {
            let (signature, outcome) = before.get(rule)?;
            (signatures.get(rule) == Some(signature)).then(|| (*rule, outcome.clone()))
        };
        let known: HashMap<RuleId, Domain> =
            whole.rule_nodes().filter_map(|(rule, _)| known(&rule)).collect();
        let mut walk = Walk::new(parsed, &whole, (first, last), &mut seen);
        let outcomes = walk.rules(&known);
        let mut period = lists::Period::new(parsed, &whole, first);
        for (rule, node) in whole.rule_nodes().filter(|(rule, _)| !known.contains_key(rule)) {
            lists::look(&mut period, &mut walk, node, &mut compared, &mut agreements);
            let texts = parsed.rules.get(rule).map_or(&[][..], |r| &r.texts);
            let from = logis_language::graph::text_at(texts, first).and_then(|t| t.from);
            for (number, claim) in claims.get(&(rule, from)).into_iter().flatten().enumerate() {
                let key = (rule, from, number);
                if matches!(answers.get(&key), Some(Answer::Refuted(_))) {
                    continue;
                }
                match monotone::answer(parsed, &whole, &mut walk, node, claim, first) {
                    Answer::Proved => {}
                    answer => {
                        answers.insert(key, answer);
                    }
                }
            }
        }
        before = outcomes
            .into_iter()
            .filter_map(|(rule, outcome)| Some((rule, (*signatures.get(&rule)?, outcome))))
            .collect();
    }
    lists::findings(parsed, agreements, found);
    for ((rule, from, number), answer) in answers {
        let claim = claims.get(&(rule, from)).and_then(|c| c.get(number));
        let name = parsed.rules.get(rule).map_or("?", |r| r.name.as_str());
        if let Some(claim) = claim {
            found.extend(told(name, claim, answer));
        }
    }
    seen
}

fn told(rule: &str, claim: &Claim, answer: Answer) -> Option<Diagnostic> {
    let name = &claim.name;
    Some(match answer {
        Answer::Proved => return None,
        Answer::Refuted(example) => texts::refuted(rule, name, example, claim.span.clone()),
        Answer::Open(at) => texts::unproved(rule, name, claim.span.clone(), at),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use std::collections::HashMap;

    use super::domain::Domain;
    use super::walk::{Seen, Walk};
    use logis_data::{InputFile, read};
    use logis_decide::evaluate::{Outcome, evaluate};
    use logis_language::plan::Plan;
    use logis_language::value::parse_date;

    /// Every outcome decided on Grand Dijon lies in what the analysis says that its rule can be.
    #[test]
    fn no_outcome_is_outside_its_domain() {
        let pack = logis_language::Pack::load("../../rules").expect("the pack");
        let parsed = pack.parsed();
        let folder = "../../scenarios/grand-dijon-2015";
        let files = |names: &[&str]| -> Vec<InputFile> {
            let file = |n: &&str| InputFile {
                name: n.to_string(),
                bytes: std::fs::read(format!("{folder}/{n}")).unwrap(),
            };
            names.iter().map(file).collect()
        };
        let mut narrow = 0;
        let mut held = 0;
        for day in ["2017-06-30", "2020-11-02"] {
            let day = parse_date(day).unwrap();
            let start = *super::changes(parsed).range(..=day).next_back().unwrap();
            let end = super::changes(parsed).range(day..).find(|d| **d > day).copied();
            let end = end.and_then(|d| logis_language::value::add_days(d, -1));
            let whole = Plan::whole(parsed, start);
            let mut seen = Seen::default();
            let mut walk = Walk::new(parsed, &whole, (start, end), &mut seen);
            let outcomes = walk.rules(&HashMap::new());
            for (entity, tables) in [
                ("demande", &["demandes.csv", "personnes.csv", "employeurs.csv"][..]),
                ("personne", &["demandes.csv", "personnes.csv", "employeurs.csv"]),
                ("projet", &["demandes.csv", "personnes.csv", "employeurs.csv", "projets.csv"]),
                ("logement", &["logements.csv"]),
            ] {
                let entity = parsed.schema.entity(entity).unwrap();
                let names: Vec<&str> = whole
                    .rule_nodes()
                    .filter(|(rule, _)| parsed.rules[*rule].entity == entity)
                    .map(|(rule, _)| parsed.rules[rule].name.as_str())
                    .filter(|name| Plan::new(parsed, day, &[name]).is_ok())
                    .collect();
                let plan = Plan::new(parsed, day, &names).expect("rules that plan one by one");
                let data = read(&parsed.schema, &parsed.references, files(tables), &plan.needs());
                let decisions = evaluate(&plan, &data.dataset);
                for (name, column) in names.iter().zip(&decisions.columns) {
                    let domain = &outcomes[&parsed.rule(name).unwrap()];
                    narrow += usize::from(!matches!(domain, Domain::Any));
                    for outcome in column.iter() {
                        if let Outcome::Known(value) = outcome {
                            assert!(domain.may_be(&value), "{name} on {day}: {value} is not in {domain:?}");
                            held += 1;
                        }
                    }
                }
            }
        }
        assert!(narrow > 200 && held > 50_000, "{narrow} {held}");
    }
}
