//! What is doubtful in the figures of a review: rules, parameters and readings that may be wrong, and reserves.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::plan_of;
use crate::basis::{Doubt, Doubts};
use crate::sheet::{Cell, Sheet};
use logis_language::Pack;
use logis_language::pack::agreement::{Agreement, Indicator, Target};
use logis_language::value::Date;

/// All doubts of an agreement, each once with the indicators that it concerns; local rules of territories that hold none
/// of the rows decide nothing.
pub fn doubts<'a>(
    pack: &Pack,
    agreement: &'a Agreement,
    held: &BTreeSet<String>,
    as_of: Date,
) -> BTreeMap<Doubt, Vec<&'a str>> {
    let mut all: BTreeMap<Doubt, Vec<&str>> = BTreeMap::new();
    for indicator in &agreement.indicators {
        for doubt in of_indicator(pack, agreement, indicator, held, as_of) {
            all.entry(doubt).or_default().push(&indicator.id);
        }
    }
    all
}

/// They as a sheet.
pub fn sheet(all: &BTreeMap<Doubt, Vec<&str>>) -> Sheet {
    let mut sheet = Sheet::new(
        "doutes",
        "Ce qui est douteux",
        "Les doutes et les réserves que portent les règles et les paramètres de chaque chiffre, à la date du bilan.",
        "étiquettes « doute » et « réserve » du paquet de règles",
    );
    sheet.header = ["Sur quoi", "Genre", "Ce qui est dit", "Indicateurs", "Nom dans les règles"]
        .map(str::to_string)
        .to_vec();
    for (doubt, indicators) in all {
        let Doubt { of, name, kind, text } = doubt.clone();
        sheet.rows.push([of, kind, text, indicators.join(", "), name].map(Cell::Text).to_vec());
    }
    sheet
}

fn of_indicator(
    pack: &Pack,
    agreement: &Agreement,
    indicator: &Indicator,
    held: &BTreeSet<String>,
    as_of: Date,
) -> BTreeSet<Doubt> {
    let parsed = pack.parsed();
    let mut found = Doubts::held_by(held.clone());
    if let Some(doubt) = &indicator.doubt {
        found.say(&format!("Indicateur {} : {}", indicator.id, indicator.label), "", doubt);
    }
    if let Some(Target::Parameter(path, _)) = &indicator.target
        && let Some(parameter) = agreement.parameter(parsed, path)
    {
        found.of_value(parsed, parameter, agreement.target_at(parsed, path, as_of));
    }
    let plans = indicator.terms().filter_map(|term| plan_of(pack, as_of, term));
    plans.for_each(|plan| found.of_plan(&plan));
    found.all
}
