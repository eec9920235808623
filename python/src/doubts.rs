//! What data leave in doubt of a matching: counts that add up over parts, and their words.

use std::collections::BTreeMap;

use logis::Posing;

/// By kind, how many pairs, requests or candidates; kinds of which there are none are not in it.
pub type Doubts = BTreeMap<String, u64>;

/// Pairs of which the data leave open whether they are suitable.
const OPEN: &str = "open_pairs";
/// Pairs whose rules are in error.
const WRONG: &str = "wrong_pairs";
/// Suitable pairs that `max_candidates` leaves out.
const CUT: &str = "cut";
/// Requests without a priority.
const PRIORITY: &str = "no_priority";
/// Candidates without a fit.
const FIT: &str = "no_fit";
/// What the kind of a quota begins with: candidates of which it is open whether they count for it.
const QUOTA: &str = "open_quota ";

/// Those of a problem.
pub fn of(posing: &Posing) -> Doubts {
    let (candidates, open) = (&posing.instance.candidates, &posing.instance.open);
    let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
    let mut all = Doubts::from([
        (OPEN.to_string(), candidates.open.iter().map(|open| u64::from(*open)).sum()),
        (WRONG.to_string(), candidates.errors),
        (CUT.to_string(), candidates.cut),
        (PRIORITY.to_string(), count(open.priority.len())),
        (FIT.to_string(), open.fit),
    ]);
    for (quota, open) in posing.plan.quotas.iter().zip(&open.quotas) {
        all.insert(format!("{QUOTA}{}", quota.quota.name), *open);
    }
    all.retain(|_, count| *count > 0);
    all
}

/// They in French, a line each; `most` is the most candidates that a request was left with.
pub fn lines(doubts: &Doubts, most: Option<usize>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |kind: &str, words: &dyn Fn(u64) -> String| {
        if let Some(count) = doubts.get(kind) {
            lines.push(words(*count));
        }
    };
    say(OPEN, &|n| format!("{n} couples restent ouverts faute de données: ils ne sont pas proposés"));
    say(WRONG, &|n| format!("{n} couples ont une erreur: ils ne sont pas proposés"));
    let most = most.map_or_else(String::new, |most| format!("={most}"));
    say(CUT, &|n| {
        format!(
            "{n} candidatures écartées par max_candidates{most}: ce qui est prouvé ne l'est qu'entre celles qui restent"
        )
    });
    say(PRIORITY, &|n| format!("{n} demandes n'ont pas de priorité connue et passent après les autres"));
    say(FIT, &|n| format!("{n} candidatures n'ont pas d'adéquation connue: elle compte pour zéro"));
    for (kind, count) in doubts {
        if let Some(quota) = kind.strip_prefix(QUOTA) {
            lines.push(format!(
                "quota {quota}: on ne sait pas si {count} candidatures comptent; elles comptent dans la base et non parmi les membres"
            ));
        }
    }
    lines
}
