//! The graph as a picture: DOT and Mermaid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{RuleGraph, RuleId, Target};
use crate::pack::schema::EntityId;

impl<'p> RuleGraph<'p> {
    /// These rules and the fields they read, in Graphviz's DOT.
    pub fn to_dot(&self, rules: &[RuleId]) -> String {
        let picture = self.picture(rules);
        let mut out = String::from("digraph regles {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
        for (entity, nodes) in &picture.nodes {
            let name = self.wiring.parsed.schema.entities.get(*entity).map_or("", |e| e.name.as_str());
            let _ = writeln!(out, "  subgraph \"cluster_{name}\" {{\n    label=\"{name}\";");
            for (node, is_rule) in nodes {
                let shape = if *is_rule { "box" } else { "ellipse" };
                let _ = writeln!(out, "    \"{node}\" [shape={shape}];");
            }
            out.push_str("  }\n");
        }
        for (from, to) in &picture.edges {
            let _ = writeln!(out, "  \"{from}\" -> \"{to}\";");
        }
        out.push_str("}\n");
        out
    }

    /// These rules and the fields they read, in Mermaid, which Markdown pages draw.
    pub fn to_mermaid(&self, rules: &[RuleId]) -> String {
        let picture = self.picture(rules);
        let mut out = String::from("flowchart LR\n");
        for (entity, nodes) in &picture.nodes {
            let name = self.wiring.parsed.schema.entities.get(*entity).map_or("", |e| e.name.as_str());
            let _ = writeln!(out, "  subgraph entite_{name} [{name}]");
            for (node, is_rule) in nodes {
                let (open, close) = if *is_rule { ("[", "]") } else { ("([", "])") };
                let _ = writeln!(out, "    {node}{open}{node}{close}");
            }
            out.push_str("  end\n");
        }
        for (from, to) in &picture.edges {
            let _ = writeln!(out, "  {from} --> {to}");
        }
        out
    }

    /// What both drawings show of these rules.
    fn picture(&self, rules: &[RuleId]) -> Picture<'p> {
        let (mut picture, parsed) = (Picture::default(), self.wiring.parsed);
        for &id in rules {
            let (Some(rule), Some(Some(wired))) = (parsed.rules.get(id), self.wiring.rules.get(id)) else {
                continue;
            };
            picture.nodes.entry(rule.entity).or_default().insert((rule.name.as_str(), true));
            for link in wired.links.iter() {
                let from = match link.target {
                    Target::Rule(needed) if rules.contains(&needed) => {
                        parsed.rules.get(needed).map(|r| r.name.as_str())
                    }
                    Target::Field(field) => parsed.schema.fields.get(field).map(|f| {
                        picture.nodes.entry(f.entity).or_default().insert((f.name.as_str(), false));
                        f.name.as_str()
                    }),
                    _ => None,
                };
                picture.edges.extend(from.map(|from| (from, rule.name.as_str())));
            }
        }
        picture
    }
}

/// What a drawing shows: names by entity (is it a rule?), and arrows.
#[derive(Default)]
struct Picture<'p> {
    nodes: BTreeMap<EntityId, BTreeSet<(&'p str, bool)>>,
    edges: BTreeSet<(&'p str, &'p str)>,
}
