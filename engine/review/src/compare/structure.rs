//! What differs between two packs, before any row is decided: rules, parameters, fields, reference
//! tables.
//!
//! Compared is what is in force: a new version of a table that repeats the figures of the old one is no
//! change, nor are comments, layout, labels and legal references. Of comments, two say what is decided: the days on which
//! a rule is in force, and its reserves.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use logis_language::exchange::typed_option;
use logis_language::fingerprint::{field_line, relation_line, source, tokens};
use logis_language::graph::text_at;
use logis_language::pack::force::InForce;
use logis_language::pack::params::{Parameter, show_keys};
use logis_language::pack::schema::Origin;
use logis_language::pack::script::RuleText;
use logis_language::pack::{Parsed, RuleTexts};
use logis_language::value::{Date, Value, add_days};

/// All that differs between two packs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Structure {
    /// Rules and helpers.
    pub rules: Vec<RuleChange>,
    /// Cells of parameters.
    pub parameters: Vec<CellChange>,
    /// Fields and relations of the schema.
    pub fields: Vec<FieldChange>,
    /// Reference tables with another content, by the name of their entity.
    pub references: Vec<String>,
    /// Rules of both packs that are in force on other days.
    pub in_force: Vec<ForceChange>,
    /// Rules under other reserves.
    pub reserves: Vec<ReserveChange>,
}

/// What became of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// Its meaning differs.
    Changed,
}

/// A rule whose text in force is another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleChange {
    /// The rule or helper.
    pub rule: String,
    /// What became of it.
    pub change: Change,
    /// The first day on which it differs; `None` if there is no first day.
    pub from: Option<String>,
    /// The text before.
    pub before: Option<String>,
    /// The text after.
    pub after: Option<String>,
}

/// A rule that says of other days that it is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForceChange {
    /// The rule.
    pub rule: String,
    /// The days before, as the rule says them: `du 2012-05-02 au 2023-06-30`; `None`: always.
    pub before: Option<String>,
    /// The days after, likewise.
    pub after: Option<String>,
    /// A day of each period in which only one of the packs has the rule in force: its first, or its last where it has
    /// no first.
    pub days: Vec<String>,
}

/// A rule whose text says other conditions that are not modelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReserveChange {
    /// The rule.
    pub rule: String,
    /// The first day on which they differ; `None` if there is no first day.
    pub from: Option<String>,
    /// Reserves that are new.
    pub added: Vec<String>,
    /// Reserves that are gone.
    pub removed: Vec<String>,
}

/// A cell whose value in force is another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CellChange {
    /// Path of the table.
    pub path: String,
    /// The keys of the cell: `[autres_regions, 1]`; empty, if it has none.
    pub keys: String,
    /// From when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value before; `None` if the table has no such cell.
    #[serde(serialize_with = "typed_option")]
    pub before: Option<Value>,
    /// The value after; `None` if the table has no such cell.
    #[serde(serialize_with = "typed_option")]
    pub after: Option<Value>,
}

impl CellChange {
    /// `plus.plafond[autres_regions, 1]`
    pub fn cell(&self) -> String {
        format!("{}{}", self.path, self.keys)
    }
}

/// A field or a relation that the schema declares otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, or the column of the relation.
    pub field: String,
    /// What became of it.
    pub change: Change,
    /// How it was declared.
    pub before: Option<String>,
    /// How it is declared.
    pub after: Option<String>,
}

impl Structure {
    /// Compares two packs.
    pub fn new(base: &Parsed, head: &Parsed) -> Structure {
        Structure {
            rules: rules(base, head),
            parameters: parameters(base, head),
            fields: fields(base, head),
            references: references(base, head),
            in_force: in_force(base, head),
            reserves: reserves(base, head),
        }
    }

    /// Does nothing differ?
    pub fn is_empty(&self) -> bool {
        *self == Structure::default()
    }

    /// The days from which a rule, its reserves or a cell differs, and days on which a rule is in force in one pack
    /// only; the earliest first.
    pub fn dates(&self) -> BTreeSet<String> {
        let rules = self.rules.iter().filter_map(|change| change.from.clone());
        let cells = self.parameters.iter().filter_map(|change| change.from.clone());
        let reserves = self.reserves.iter().filter_map(|change| change.from.clone());
        let days = self.in_force.iter().flat_map(|change| change.days.iter().cloned());
        rules.chain(cells).chain(reserves).chain(days).collect()
    }
}

/// May data be read once for both packs? Yes, if both declare equal entities and fields in one order, and
/// have equal reference tables.
pub fn reads_the_same(base: &Parsed, head: &Parsed) -> bool {
    let fields = |p: &Parsed| -> Vec<_> {
        let line = |id| {
            let f = p.schema.fields.get(id)?;
            Some((field_line(p, id)?, f.column.clone(), f.required))
        };
        (0..p.schema.fields.len()).map(line).collect()
    };
    let entities = |p: &Parsed| -> Vec<_> {
        let one = |e: &logis_language::pack::schema::Entity| {
            let ways = e.belongs_to.iter().map(|r| (r.target, r.column.clone(), r.required, r.min));
            (e.name.clone(), e.key.clone(), e.origin.clone(), e.fields.clone(), ways.collect::<Vec<_>>())
        };
        p.schema.entities.iter().map(one).collect()
    };
    fields(base) == fields(head) && entities(base) == entities(head) && references(base, head).is_empty()
}

/// What became of something that is in one pack or in both.
fn what<T>(before: Option<&T>, after: Option<&T>) -> Change {
    match (before, after) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Changed,
    }
}

fn rules(base: &Parsed, head: &Parsed) -> Vec<RuleChange> {
    let names: BTreeSet<&str> = base.rules.iter().chain(head.rules.iter()).map(|r| r.name.as_str()).collect();
    let mut found = Vec::new();
    for name in names {
        // Rules are paired by name, whatever their entity: that is among the tokens compared.
        let of = |p: &'_ Parsed| p.rule(name);
        let texts = |p: &'_ Parsed| -> Option<RuleTexts> { p.rules.get(of(p)?).cloned() };
        let (before, after) = (texts(base), texts(head));
        let all = before.iter().chain(&after).flat_map(|r| &r.texts);
        let dates: BTreeSet<Option<Date>> = all.map(|t| t.from).chain([None]).collect();
        // The texts in force from each day on which either pack begins a new one.
        for from in dates {
            let at = from.unwrap_or(Date::MIN);
            let text = |r: &'_ Option<RuleTexts>, p: &'_ Parsed| -> Option<(RuleText, String, Vec<String>)> {
                let rule = r.as_ref()?;
                let text = text_at(&rule.texts, at)?;
                let source = source(p, text);
                let entity = p.schema.entities.get(rule.entity).map_or("", |e| e.name.as_str());
                let said = tokens(source).into_iter().chain([entity]).map(str::to_string).collect();
                Some((text.clone(), format!("fn {source}"), said))
            };
            let (before, after) = (text(&before, base), text(&after, head));
            if before.as_ref().map(|(t, _, said)| (said, t.helper))
                == after.as_ref().map(|(t, _, said)| (said, t.helper))
            {
                continue;
            }
            found.push(RuleChange {
                rule: name.to_string(),
                change: what(before.as_ref(), after.as_ref()),
                from: from.map(|d| d.to_string()),
                before: before.map(|(_, text, _)| text),
                after: after.map(|(_, text, _)| text),
            });
        }
    }
    found
}

/// The rule of a name, in each of the packs.
fn rule_of<'p>(parsed: &'p Parsed, name: &str) -> Option<&'p RuleTexts> {
    parsed.rules.get(parsed.rule(name)?)
}

fn in_force(base: &Parsed, head: &Parsed) -> Vec<ForceChange> {
    let mut found = Vec::new();
    let mut names: Vec<&str> = head.rules.iter().map(|rule| rule.name.as_str()).collect();
    names.sort_unstable();
    for name in names {
        let (Some(old), Some(new)) = (rule_of(base, name), rule_of(head, name)) else { continue };
        let (before, after) = (old.in_force(), new.in_force());
        if before == after {
            continue;
        }
        // Days on which something begins or ends; before the first of them nothing changes any more.
        let ends =
            before.iter().chain(&after).flat_map(|days| [days.from, days.until.and_then(|d| add_days(d, 1))]);
        let ends: BTreeSet<Date> = ends.flatten().collect();
        let inside = |days: &Option<InForce>, date| days.is_none_or(|days| days.outside(date).is_none());
        let differs = |date: Date| inside(&before, date) != inside(&after, date);
        let first = ends.first().and_then(|first| add_days(*first, -1)).filter(|day| differs(*day));
        let mut days: Vec<Date> = first.into_iter().collect();
        let mut going_on = first.is_some();
        for day in ends {
            if differs(day) && !going_on {
                days.push(day);
            }
            going_on = differs(day);
        }
        found.push(ForceChange {
            rule: name.to_string(),
            before: before.map(|days| days.to_string()),
            after: after.map(|days| days.to_string()),
            days: days.iter().map(ToString::to_string).collect(),
        });
    }
    found
}

fn reserves(base: &Parsed, head: &Parsed) -> Vec<ReserveChange> {
    let names: BTreeSet<&str> = base.rules.iter().chain(head.rules.iter()).map(|r| r.name.as_str()).collect();
    let mut found = Vec::new();
    for name in names {
        let (old, new) = (rule_of(base, name), rule_of(head, name));
        let texts = old.iter().chain(&new).flat_map(|rule| &rule.texts);
        let dates: BTreeSet<Option<Date>> = texts.map(|text| text.from).chain([None]).collect();
        let mut said = (Vec::new(), Vec::new());
        for from in dates {
            let at = from.unwrap_or(Date::MIN);
            let of = |rule: Option<&'_ RuleTexts>| -> Vec<String> {
                let text = rule.and_then(|rule| text_at(&rule.texts, at));
                text.map_or_else(Vec::new, |text| text.doc.reserves.clone())
            };
            let (before, after) = (of(old), of(new));
            let without = |all: &[String], others: &[String]| -> Vec<String> {
                all.iter().filter(|reserve| !others.contains(reserve)).cloned().collect()
            };
            let differ = (without(&after, &before), without(&before, &after));
            // A difference that goes on unchanged was said when it began.
            if differ != said && differ != (Vec::new(), Vec::new()) {
                let (added, removed) = differ.clone();
                let (rule, from) = (name.to_string(), from.map(|day| day.to_string()));
                found.push(ReserveChange { rule, from, added, removed });
            }
            said = differ;
        }
    }
    found
}

fn parameters(base: &Parsed, head: &Parsed) -> Vec<CellChange> {
    let paths: BTreeSet<&str> =
        base.parameters.iter().chain(&head.parameters).map(|p| p.path.as_str()).collect();
    let mut found = Vec::new();
    for path in paths {
        let of = |p: &'_ Parsed| -> Option<Parameter> { p.parameters.get(p.parameter(path)?).cloned() };
        let (before, after) = (of(base), of(head));
        let versions = before.iter().chain(&after).flat_map(|p| &p.versions);
        let dates = versions.flat_map(|v| [Some(v.from), v.until.and_then(|last| add_days(last, 1))]);
        // On each day on which either pack begins or ends a version, all cells in force are compared.
        let dates: BTreeSet<Date> = dates.flatten().collect();
        let mut said: BTreeMap<String, (Option<Value>, Option<Value>)> = BTreeMap::new();
        for date in dates {
            let cells = |p: &Option<Parameter>| -> BTreeMap<String, Value> {
                let version = p.as_ref().and_then(|p| p.at(date));
                let cells = version.iter().flat_map(|v| &v.cells);
                let keys = |keys: &[_]| if keys.is_empty() { String::new() } else { show_keys(keys) };
                cells.map(|(k, cell)| (keys(k), cell.value.clone())).collect()
            };
            let (old, new) = (cells(&before), cells(&after));
            for keys in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                let pair = (old.get(keys).cloned(), new.get(keys).cloned());
                // A difference that goes on unchanged was said when it began.
                if pair.0 == pair.1 {
                    said.remove(keys);
                } else if said.insert(keys.clone(), pair.clone()) != Some(pair.clone()) {
                    found.push(CellChange {
                        path: path.to_string(),
                        keys: keys.clone(),
                        from: Some(date.to_string()),
                        before: pair.0,
                        after: pair.1,
                    });
                }
            }
        }
    }
    found
}

fn fields(base: &Parsed, head: &Parsed) -> Vec<FieldChange> {
    let lines = |p: &Parsed| -> BTreeMap<(String, bool), String> {
        let schema = &p.schema;
        // Fields by their name; relations, which have none, by their entity and column.
        let fields = schema
            .fields
            .iter()
            .enumerate()
            .filter_map(|(id, f)| Some(((f.name.clone(), false), field_line(p, id)?)));
        let entities = schema.entities.iter().enumerate();
        let relations = entities.flat_map(|(id, e)| {
            e.belongs_to.iter().enumerate().filter_map(move |(number, r)| {
                Some(((format!("{}.{}", e.name, r.column), true), relation_line(p, id, number)?))
            })
        });
        fields.chain(relations).collect()
    };
    let (before, after) = (lines(base), lines(head));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let one = |key: &(String, bool)| FieldChange {
        field: key.0.clone(),
        change: what(before.get(key), after.get(key)),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
    };
    changed.map(one).collect()
}

fn references(base: &Parsed, head: &Parsed) -> Vec<String> {
    fn tables(p: &Parsed) -> BTreeMap<&str, &[u8]> {
        let all = p.schema.entities.iter().enumerate();
        let own = all.filter(|(_, e)| matches!(e.origin, Origin::Reference { .. }));
        own.filter_map(|(id, e)| {
            // By their bytes: a table that is laid out otherwise counts as another.
            let table = p.references.iter().find(|r| r.entity == id)?;
            Some((e.name.as_str(), table.bytes.as_ref()))
        })
        .collect()
    }
    let (before, after) = (tables(base), tables(head));
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).map(str::to_string).collect()
}
