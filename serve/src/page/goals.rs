//! What a household can ask: the rights of the pack, each by itself, and its groups of rules.

use std::collections::BTreeMap;

use logis::Pack;
use logis::graph::Target;

use super::kin::Kin;

/// What can be asked of a pack, by name.
pub struct Goals {
    /// Rights: rules that the pack's documentation names so, in results and groups.
    pub rights: Vec<String>,
    /// Groups, the results among them under an empty name.
    pub groups: Vec<String>,
    rules: BTreeMap<String, Vec<String>>,
}

/// The name of the results of the pack.
pub const RESULTS: &str = "resultats";

impl Goals {
    /// Rules of rows that a household has: its own and its members'.
    pub fn of(pack: &Pack, kin: &Kin) -> Goals {
        let parsed = pack.parsed();
        let results = pack.results().into_iter().map(str::to_string).collect();
        let groups = parsed.manifest.groups.iter();
        let groups =
            groups.map(|(name, rules)| (name.clone(), rules.iter().map(|(rule, _)| rule.clone()).collect()));
        let mut goals = Goals { rights: Vec::new(), groups: Vec::new(), rules: BTreeMap::new() };
        for (name, rules) in std::iter::once((RESULTS.to_string(), results)).chain(groups) {
            let rules: Vec<String> = rules;
            let entities: Vec<_> =
                rules.iter().filter_map(|rule| Some(Target::find(parsed, rule)?.1)).collect();
            let Some(entity) = entities.first().filter(|entity| kin.decides(**entity)) else { continue };
            if entities.iter().any(|other| other != entity) || entities.len() != rules.len() {
                continue;
            }
            for rule in rules.iter().filter(|rule| parsed.manifest.documentation.is_right(rule)) {
                if !goals.rights.contains(rule) {
                    goals.rights.push(rule.clone());
                }
            }
            goals.rules.insert(name.clone(), rules);
            goals.groups.push(name);
        }
        // A rule alone, whatever group names it.
        let alone: Vec<String> = goals.rules.values().flatten().cloned().collect();
        for rule in alone {
            goals.rules.entry(rule.clone()).or_insert_with(|| vec![rule]);
        }
        goals
    }

    /// The rules of a goal.
    pub fn rules(&self, goal: &str) -> Option<&[String]> {
        self.rules.get(goal).map(Vec::as_slice)
    }
}
