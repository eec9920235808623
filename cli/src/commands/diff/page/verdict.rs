//! Is all that changes accepted, and does all that was accepted happen?

use logis::compare::Unaccepted;

use super::differences::kind;
use super::{Found, count};

pub(super) fn verdict(found: &Found) -> Vec<String> {
    if found.nothing_decided {
        let text = "Rien n'a été décidé : le changement atteint des règles, et aucun cas ni aucune donnée ne les décide (--corpus, --boundaries)";
        return vec![text.to_string()];
    }
    let Some(acceptance) = &found.acceptance else {
        return match found.report.differences.len() {
            0 => Vec::new(),
            n => vec![format!("{n} sorte(s) de différences, aucune acceptée (--accept)")],
        };
    };
    let mut lines = Vec::new();
    for Unaccepted { difference: number, rows } in &acceptance.unaccepted {
        if let Some(d) = found.report.differences.get(*number) {
            lines.push(format!(
                "non acceptée : {}, au {}, {} devient {} ({} lignes) ; {}",
                d.corpus,
                d.date,
                d.rule,
                kind(d.kind),
                count(*rows),
                d.cause.in_full()
            ));
        }
    }
    for unmet in &acceptance.unmet {
        let expected = unmet
            .expected
            .map_or_else(|| "au moins une ligne".to_string(), |n| format!("{} lignes", count(n)));
        lines.push(format!(
            "acceptée, mais n'arrive pas ainsi : n° {} ({}) : {expected} attendue(s), {} trouvée(s)",
            unmet.entry,
            unmet.rule,
            count(unmet.found)
        ));
    }
    if lines.is_empty() {
        lines.push("Tout ce qui change est accepté, et tout ce qui est accepté arrive.".to_string());
    }
    lines
}
