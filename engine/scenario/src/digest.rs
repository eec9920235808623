//! What a run's result depends on, as one hash: the build of the engine, the files, the scenario's own words.
//!
//! What is hashed is unambiguous: names, numbers and texts as `Debug` writes them, with their lengths. Places in
//! the scenario file, titles and texts for people do not count.

use sha2::{Digest, Sha256};

use super::file::{
    CellsOf, Margin, MatchingChange, ParameterChange, RowChange, Scenario, Variant, Weeks, Years,
};
use super::inputs::Inputs;
use super::run::Run;
use logis_language::pack::manifest::Named;
use logis_language::value::Date;

/// The builds of all crates that a run is computed by.
const BUILDS: [&str; 7] = [
    logis_language::fingerprint::BUILD,
    logis_data::BUILD,
    logis_decide::BUILD,
    logis_matching::BUILD,
    logis_allocation::BUILD,
    logis_populations::BUILD,
    env!("LOGIS_BUILD"),
];

/// A hash of parts, each with its length.
struct Parts(Sha256);

impl Parts {
    fn take(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn say(&mut self, what: &str, text: String) {
        self.take(what.as_bytes());
        self.take(text.as_bytes());
    }
}

/// Of the engine and of all files.
pub(super) fn of_inputs(inputs: &Inputs) -> Vec<u8> {
    let mut parts = Parts(Sha256::new());
    for build in BUILDS {
        parts.take(build.as_bytes());
    }
    let mut files = |kind: String, files: Vec<(&str, &[u8])>| {
        parts.take(format!("{kind} {}", files.len()).as_bytes());
        for (name, bytes) in files {
            parts.take(name.as_bytes());
            parts.take(bytes);
        }
    };
    for (folder, own) in &inputs.overlays {
        files(format!("overlay {folder:?}"), pairs(own));
    }
    files("rules".into(), pairs(&inputs.rules));
    // What was not there at first is hashed only where it is.
    if !inputs.left_out.is_empty() {
        let names = inputs.left_out.iter().map(|name| (name.as_str(), &[][..]));
        files("left out".into(), names.collect());
    }
    for package in std::iter::once(&inputs.data).chain(&inputs.draws) {
        files("data".into(), package.iter().map(|f| (f.name.as_str(), f.bytes.as_slice())).collect());
    }
    let reviewed = &inputs.reviewed;
    files("reviewed".into(), reviewed.iter().map(|f| (f.name.as_str(), f.bytes.as_slice())).collect());
    parts.0.finalize().to_vec()
}

fn pairs(files: &[(String, Vec<u8>)]) -> Vec<(&str, &[u8])> {
    files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect()
}

/// What decides the result of one run beside the files.
pub(super) struct Of<'s> {
    pub scenario: &'s Scenario,
    pub run: &'s Run,
    pub date: Date,
    pub variant: Option<&'s Variant>,
    pub points: Vec<&'s ParameterChange>,
    pub years: Option<&'s Years>,
    pub weeks: Option<&'s Weeks>,
}

/// Of a run; `inputs` is the hash of the engine and the files.
pub(super) fn of_run(inputs: &[u8], of: &Of<'_>) -> String {
    let mut parts = Parts(Sha256::new());
    parts.take(inputs);
    let base = &of.scenario.base;
    let measures = &of.scenario.measures;
    parts.say("run", format!("{:?}", (&of.run.id, of.date, of.run.seed)));
    parts.say("territory", format!("{:?}", cells(&base.territory)));
    parts.say("groups", format!("{:?}", names(&measures.groups)));
    parts.say("by", format!("{:?}", (names(&measures.requests_by), names(&measures.units_by))));
    parts.say(
        "measures",
        format!(
            "{:?}",
            (own(&measures.burden), own(&measures.waiting), own(&measures.product), names(&measures.money))
        ),
    );
    base.rows.iter().for_each(|change| parts.say("base", row(change)));
    if let Some(variant) = of.variant {
        variant.parameters.iter().for_each(|change| parts.say("parameter", parameter(change)));
        variant.rows.iter().for_each(|change| parts.say("row", row(change)));
        parts.say("quotas", format!("{:?}", variant.quotas.as_deref().map(names)));
        let named = (own(&variant.priority), own(&variant.fit), own(&variant.rules));
        parts.say("variant", format!("{named:?}"));
        // What was not there at first is hashed only where it is.
        if let Some(change) = &variant.matching {
            parts.say("matching", matching(change));
        }
    }
    of.points.iter().for_each(|change| parts.say("point", parameter(change)));
    if let Some(leases) = &of.scenario.leases {
        let own = (leases.acceptance, leases.allowed(), leases.draws(), leases.places());
        parts.say("leases", format!("{own:?}"));
    }
    // Where any variant matches otherwise, each run tells more.
    if of.scenario.compares_matchings() {
        parts.say("matchings", "compared".to_string());
    }
    if let Some(years) = of.years {
        let own = (&years.dates, years.data_of, years.freed, years.withdrawn, years.stock);
        parts.say("years", format!("{own:?}"));
        years.moves.iter().for_each(|m| parts.say("move", format!("{:?}", (&m.field.0, &m.by.0))));
        years.rows.iter().for_each(|change| parts.say("yearly", row(change)));
    }
    if let Some(weeks) = of.weeks {
        let own = (weeks.sessions(), weeks.candidates, weeks.acceptance, weeks.ranks);
        parts.say("weeks", format!("{:?}", (own, own_dates(weeks))));
        if !weeks.at_once() {
            parts.say("weeks", "not at once".to_string());
        }
    }
    parts.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn matching(change: &MatchingChange) -> String {
    let margin = change.margin.as_ref().map(|margin| match margin {
        Margin::Least => None,
        Margin::Members(all) => Some(all.iter().map(|((name, _), n)| (name, n)).collect::<Vec<_>>()),
    });
    format!("{:?}", (change.order, change.hard.as_deref().map(names), change.charges, margin))
}

fn own_dates(weeks: &Weeks) -> [Option<&str>; 2] {
    [own(&weeks.request_date), own(&weeks.unit_date)]
}

fn own(named: &Option<Named>) -> Option<&str> {
    named.as_ref().map(|(name, _)| name.as_str())
}

fn names(named: &[Named]) -> Vec<&str> {
    named.iter().map(|(name, _)| name.as_str()).collect()
}

fn cells(cells: &CellsOf) -> Vec<(&str, &[String])> {
    cells.iter().map(|((name, _), values)| (name.as_str(), values.as_slice())).collect()
}

fn parameter(change: &ParameterChange) -> String {
    format!("{:?}", (&change.path.0, &change.key, &change.how))
}

fn row(change: &RowChange) -> String {
    let members: Vec<_> =
        change.members.iter().map(|((name, _), which, to)| (name, cells(which), cells(to))).collect();
    let what = (&change.entity.0, change.kind, &change.count);
    format!("{:?}", (what, cells(&change.which), cells(&change.to), members))
}

#[cfg(test)]
mod tests {
    use super::row;
    use crate::Scenario;

    /// A value that is written « rien », or « a ou b », is not an empty one, nor two: a report words both alike, a
    /// hash must not.
    #[test]
    fn what_is_worded_alike_is_told_apart() {
        let rows = |change: &str| {
            let text = format!("title = \"t\"\n[base]\ndata = \"d\"\n[[base.demande]]\n{change}\n");
            let scenario = Scenario::parse("t.toml", &text).map_err(|e| e.to_string());
            scenario.map(|s| s.base.rows.iter().map(|r| (r.to_string(), row(r))).collect::<Vec<_>>())
        };
        for (one, other) in [
            ("change = 1\nto = { c = \"\" }", "change = 1\nto = { c = \"rien\" }"),
            (
                "change = 1\nwhere = { c = [\"a\", \"b\"] }\nto = { d = 1 }",
                "change = 1\nwhere = { c = \"a ou b\" }\nto = { d = 1 }",
            ),
        ] {
            let (one, other) = (rows(one), rows(other));
            let (Ok(one), Ok(other)) = (&one, &other) else { panic!("{one:?} {other:?}") };
            assert_eq!((one.len(), other.len()), (1, 1));
            assert_eq!(one.first().map(|r| &r.0), other.first().map(|r| &r.0));
            assert_ne!(one.first().map(|r| &r.1), other.first().map(|r| &r.1));
        }
    }
}
