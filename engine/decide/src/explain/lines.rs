//! The lines of an explanation in words: values, comparisons, members, missing cells.

use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

use super::french::{day_in_words, on, short};
use super::phrases::Phrases;
use super::{Because, Member, Shown};

/// Members who are named in a line; of the others it says how many there are.
const NAMED: usize = 8;

impl Phrases<'_> {
    /// A value as it is shown, with its unit.
    pub(super) fn shown(&self, shown: &Shown, unit: Option<&str>) -> String {
        match shown {
            Shown::Value(value) => self.value(value, unit),
            Shown::Unknown(_) => "inconnu".to_string(),
            Shown::Error(error) => format!("erreur : {}", error.message),
        }
    }

    /// `Ressources du ménage : 25 000 € par an, ce qui dépasse 20 123 € par an (plafond de ressources PLUS)`: how the
    /// two sides stand, whether the rule wanted that or not.
    pub(super) fn comparison(&self, because: &Because) -> Option<String> {
        let Because::Comparison { left, sign, right, holds, sides, .. } = because else { return None };
        // What hangs on no data comes second: it is what the rest is held against.
        let turned = self.constant(sides.0).is_some() && self.constant(sides.1).is_none();
        let (a, b, left, right) =
            if turned { (sides.1, sides.0, right, left) } else { (sides.0, sides.1, left, right) };
        let sign = match (*sign, turned) {
            ("<", true) => ">",
            ("<=", true) => ">=",
            (">", true) => "<",
            (">=", true) => "<=",
            (sign, _) => sign,
        };
        let unit = self.unit(a).or_else(|| self.unit(b));
        let (first, x, y) = (self.subject(a), self.shown(left, unit), self.shown(right, unit));
        let constant = self.is_literal(b);
        let object = if constant { String::new() } else { format!(" ({})", self.object(b)) };
        let Shown::Value(Value::Bool(holds)) = holds else {
            // Not known: the values say why.
            return Some(format!("{first} : {x}, à comparer à {y}{object}"));
        };
        let day = matches!(left, Shown::Value(Value::Date(_)));
        let empty = matches!(right, Shown::Value(Value::Text(text)) if text.is_empty());
        let relation = match (sign, *holds) {
            // Compared with nothing: the value says it.
            ("==" | "!=", _) if empty => return Some(format!("{first} : {x}")),
            ("==", true) | ("!=", false) if constant => return Some(format!("{first} : {x}")),
            ("==", true) | ("!=", false) => return Some(format!("{first} : {x}, comme {}", self.object(b))),
            ("==", false) | ("!=", true) if matches!(right, Shown::Value(Value::Text(_))) => {
                return Some(format!("{first} : {x}, et non « {y} »{object}"));
            }
            ("==", false) | ("!=", true) => "et non",
            ("<", true) | (">=", false) if day => "avant le",
            ("<", false) | (">=", true) if day => "pas avant le",
            (">", true) | ("<=", false) if day => "après le",
            _ if day => "au plus tard le",
            ("<", true) | (">=", false) => "ce qui est inférieur à",
            ("<", false) | (">=", true) => "ce qui atteint",
            (">", true) | ("<=", false) => "ce qui dépasse",
            _ => "ce qui ne dépasse pas",
        };
        Some(format!("{first} : {x}, {relation} {y}{object}"))
    }

    /// Is it a constant that a rule writes itself?
    fn is_literal(&self, node: NodeId) -> bool {
        matches!(self.plan.node(node).map(|n| &n.op), Some(Op::Const(_)))
    }

    /// Whom a condition or a number counts among several members. `None`, if it counts nobody: see
    /// [`Phrases::nobody`].
    pub(super) fn counted(&self, of: NodeId, name: &str, values: &[Member]) -> Option<String> {
        let label = self.label_of_members(of, name);
        let unit = self.unit(of);
        let is = |wanted: bool| values.iter().filter(move |m| m.value.as_bool() == Some(wanted));
        let all_bool = is(true).count() + is(false).count() + open(values).count() == values.len();
        if values.is_empty() || (all_bool && is(true).count() + open(values).count() == 0) {
            return None;
        }
        if !all_bool || is(true).count() + is(false).count() == 0 {
            let told = values.iter().map(|m| format!("{} ({})", self.shown(&m.value, unit), m.id));
            return Some(format!("{label} : {}", some(told.collect())));
        }
        let (yes, unknown): (Vec<String>, Vec<String>) =
            (is(true).map(|m| m.id.clone()).collect(), open(values).map(|m| m.id.clone()).collect());
        let of_all = match (yes.len(), values.len()) {
            (1, 1) => String::new(),
            (n, all) if n == all => format!(" (les {all})"),
            (n, all) => format!(" ({n} sur {all})"),
        };
        let mut line =
            format!("{label} : {}{of_all}", if yes.is_empty() { "aucun".into() } else { some(yes) });
        if !unknown.is_empty() {
            line.push_str(&format!(" ; on ne sait pas pour {}", some(unknown)));
        }
        Some(line)
    }

    /// A condition that no member meets: `La personne est le conjoint du demandeur : non pour les 3 personnes`.
    pub(super) fn nobody(&self, of: NodeId, name: &str, values: &[Member]) -> String {
        let label = self.label_of_members(of, name);
        let entity = self.plan.node(of).and_then(|n| self.parsed().schema.entities.get(n.entity));
        let noun = entity.map_or_else(|| "ligne".to_string(), |e| e.name.replace('_', " "));
        let plural = if noun.ends_with(['s', 'x', 'z']) { noun.clone() } else { format!("{noun}s") };
        match values {
            [] => format!("{label} : sans objet, faute de {noun}"),
            [only] => format!("{label} : non ({noun} {})", only.id),
            all => format!("{label} : non pour les {} {plural}", all.len()),
        }
    }

    fn label_of_members(&self, of: NodeId, name: &str) -> String {
        self.label(name).unwrap_or_else(|| self.subject(of))
    }

    /// A cell of a table: its label and its keys.
    pub(super) fn cell(&self, path: &str, label: &str, keys: &[Shown]) -> String {
        let by = self.parsed().parameter(path).and_then(|id| self.parsed().parameters.get(id));
        let by = by.map_or(&[][..], |parameter| &parameter.by);
        let keys = keys.iter().enumerate().map(|(at, key)| {
            let value = self.shown(key, None);
            match (key, by.get(at).and_then(|name| self.label(name))) {
                // A bare number or letter says nothing of what it counts.
                (Shown::Value(Value::Number(_) | Value::Bool(_)), Some(label)) => {
                    format!("{} : {value}", on(&label))
                }
                _ => value,
            }
        });
        let keys: Vec<String> = keys.collect();
        let keys = if keys.is_empty() { String::new() } else { format!(" ({})", keys.join(" ; ")) };
        let label = if label == path { self.named(path) } else { self.prose(short(label)) };
        format!("{label}{keys}")
    }

    /// A missing cell by its label: `Revenu fiscal de référence (demande D0042)`.
    pub(super) fn missing(&self, cell: &super::Missing) -> String {
        use super::Missing::{Field, Local, Parameter, Relation, Rule, Words};
        match cell {
            Field { field, entity, id, reason } => {
                let reason =
                    reason.as_ref().map_or_else(String::new, |why| format!(" : {}", self.prose(why)));
                format!("{} ({entity} {}{reason})", self.named(field), logis_data::visible_cell(id))
            }
            Relation { column, entity, id } => {
                format!("{} ({entity} {})", column.replace('_', " "), logis_data::visible_cell(id))
            }
            Parameter { parameter, date } => {
                format!("« {} », sans valeur au {}", self.named(parameter), day_in_words(date))
            }
            Local { parameter } => format!("« {} », qu'aucun territoire ne donne ici", self.named(parameter)),
            Rule { rule, why } => format!("« {} », qui {}", self.named(rule), self.prose(why)),
            Words { words } => self.prose(words),
        }
    }
}

/// Members whose value is not known.
fn open(values: &[Member]) -> impl Iterator<Item = &Member> {
    values.iter().filter(|m| matches!(m.value, Shown::Unknown(_)))
}

/// `A, B et C`; of many the first, and how many more there are.
pub(super) fn some(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 {
        all.push(format!("{more} {}", if more == 1 { "autre" } else { "autres" }));
    }
    match all.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} et {last}", first.join(", ")),
        _ => all.join(""),
    }
}
