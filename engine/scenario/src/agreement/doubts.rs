//! What is doubtful in the figures of a review: rules, parameters and readings that may be wrong, and reserves.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::plan_of;
use crate::sheet::{Cell, Sheet};
use logis_language::Pack;
use logis_language::graph::text_at;
use logis_language::pack::agreement::{Agreement, Indicator, Target};
use logis_language::pack::doubt::split;
use logis_language::plan::ir::Op;
use logis_language::value::Date;

/// A doubt: what it is about, its kind and what it says.
type Doubt = (String, String, String);

/// All doubts of an agreement, each once with the indicators that it concerns.
pub fn doubts(pack: &Pack, agreement: &Agreement, as_of: Date) -> Sheet {
    let mut all: BTreeMap<Doubt, Vec<&str>> = BTreeMap::new();
    for indicator in &agreement.indicators {
        for doubt in of_indicator(pack, agreement, indicator, as_of) {
            all.entry(doubt).or_default().push(&indicator.id);
        }
    }
    let mut sheet = Sheet::new(
        "doutes",
        "Ce qui est douteux",
        "Les doutes et les réserves que portent les règles et les paramètres de chaque chiffre, à la date du bilan.",
        "étiquettes « doute » et « réserve » du paquet de règles",
    );
    sheet.header = ["Sur quoi", "Genre", "Ce qui est dit", "Indicateurs"].map(str::to_string).to_vec();
    for ((of, kind, text), indicators) in all {
        sheet.rows.push([of, kind, text, indicators.join(", ")].map(Cell::Text).to_vec());
    }
    sheet
}

fn of_indicator(pack: &Pack, agreement: &Agreement, indicator: &Indicator, as_of: Date) -> BTreeSet<Doubt> {
    let parsed = pack.parsed();
    let mut found = BTreeSet::new();
    let mut say = |of: String, doubt: &str| {
        let (kind, text) = split(doubt);
        found.insert((of, kind.to_string(), text.to_string()));
    };
    if let Some(doubt) = &indicator.doubt {
        say(format!("indicateur {}", indicator.id), doubt);
    }
    if let Some(Target::Parameter(path, _)) = &indicator.target
        && let Some(doubt) = agreement.parameter(parsed, path).and_then(|p| p.at(as_of)?.doubt.as_deref())
    {
        say(format!("objectif {path}"), doubt);
    }
    let mut reserves = Vec::new();
    for plan in indicator.terms().filter_map(|term| plan_of(pack, as_of, term)) {
        for (rule, _) in plan.rule_nodes() {
            let Some(rule) = parsed.rules.get(rule) else { continue };
            let Some(text) = text_at(&rule.texts, as_of) else { continue };
            let of = format!("règle {}", rule.name);
            text.doc.doubts.iter().for_each(|doubt| say(of.clone(), doubt));
            reserves.extend(text.doc.reserves.iter().map(|r| (of.clone(), "réserve".to_string(), r.clone())));
        }
        for node in &plan.nodes {
            let Op::Param(id, _) = node.op else { continue };
            let Some(parameter) = parsed.parameters.get(id) else { continue };
            let doubt = parameter.at(as_of).and_then(|version| version.doubt.as_deref());
            doubt.into_iter().for_each(|doubt| say(format!("paramètre {}", parameter.path), doubt));
        }
    }
    found.extend(reserves);
    found
}
