//! Units: an amount per month is not one per year.
//!
//! Fields, parameters and rules may declare a unit (`EUR/an`, `m²`, `EUR/mois/personne`). Units follow
//! the computation; where two that must agree do not, the error points at both. What declares none,
//! and every constant, agrees with anything; `mois/an` of a parameter turns one into the other.

use std::collections::BTreeMap;

use super::builtins::Builtin;
use super::ir::{Arithmetic, Comparison, Node, NodeId, Op};
use crate::diagnostic::texts::rules::Together;
use crate::diagnostic::{Diagnostics, Span, texts};
use crate::pack::Parsed;
use crate::value::Type;

/// A unit: the power of each of its words (`EUR/an` is EUR¹ an⁻¹); no word has the power zero. Shares
/// (`part …`, `%`) have no words.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct Unit(BTreeMap<String, i32>);

impl Unit {
    /// Reads `EUR/an/personne`. A plural is its singular.
    fn parse(text: &str) -> Unit {
        let mut powers = BTreeMap::new();
        if text == "%" || text.split_whitespace().next() == Some("part") {
            return Unit(powers);
        }
        // The first word is above the line, all others are below.
        for (i, word) in text.split('/').enumerate() {
            let word = word.trim();
            let word = if word == "mois" { word } else { word.strip_suffix('s').unwrap_or(word) };
            *powers.entry(word.to_string()).or_insert(0) += if i == 0 { 1 } else { -1 };
        }
        // Words that cancel leave no trace, so that equal units are equal maps.
        powers.retain(|_, power| *power != 0);
        Unit(powers)
    }

    /// The unit of a product (`sign` 1) or of a quotient (`sign` -1).
    fn times(&self, other: &Unit, sign: i32) -> Unit {
        let mut powers = self.0.clone();
        for (word, power) in &other.0 {
            *powers.entry(word.clone()).or_insert(0) += sign * power;
        }
        powers.retain(|_, power| *power != 0);
        Unit(powers)
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = |sign: i32| {
            self.0.iter().filter(move |(_, p)| p.signum() == sign).flat_map(|(word, power)| {
                std::iter::repeat_n(word.as_str(), power.unsigned_abs().try_into().unwrap_or(0))
            })
        };
        let above: Vec<&str> = words(1).collect();
        f.write_str(&if above.is_empty() { "1".to_string() } else { above.join("·") })?;
        words(-1).try_for_each(|word| write!(f, "/{word}"))
    }
}

/// The unit of a node, and the declaration or operation that it comes from.
#[derive(Clone)]
struct Known {
    unit: Unit,
    at: Span,
}

/// Reports every place where two units that must agree do not.
pub(super) fn check(parsed: &Parsed, nodes: &[Node], out: &mut Diagnostics) {
    let mut units: Vec<Option<Known>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let unit = of(parsed, node, &units, out);
        units.push(unit);
    }
}

/// For each node, its unit: declared, or following from those of its inputs; `None` if not known.
pub(super) fn texts(parsed: &Parsed, nodes: &[Node]) -> Vec<Option<String>> {
    let mut out = Diagnostics::default();
    let mut units: Vec<Option<Known>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let unit = of(parsed, node, &units, &mut out);
        units.push(unit);
    }
    units.into_iter().map(|known| known.map(|k| k.unit.to_string())).collect()
}

/// The unit of a node, from those of its inputs. Reports two inputs that must agree and do not; the node
/// then has no known unit, so that one mistake is reported once.
fn of(parsed: &Parsed, node: &Node, units: &[Option<Known>], out: &mut Diagnostics) -> Option<Known> {
    let unit = |id: &NodeId| units.get(*id as usize).cloned().flatten();
    let declared = |text: Option<&String>, at: &Span| {
        Some(Known { unit: Unit::parse(text.filter(|t| !t.is_empty())?), at: at.clone() })
    };
    let word = |text: &str| Some(Known { unit: Unit::parse(text), at: node.span.clone() });
    // Where one of the two has no known unit, the other's is that of both.
    let mut agree = |a: &NodeId, b: &NodeId, use_of: Together| {
        let (Some(x), Some(y)) = (unit(a), unit(b)) else { return unit(a).or_else(|| unit(b)) };
        if x.unit != y.unit {
            let at = node.span.clone();
            out.push(texts::rules::two_units(use_of, (&x.unit, x.at.clone()), (&y.unit, y.at), at));
            return None;
        }
        Some(x)
    };
    match &node.op {
        Op::Field(field) => {
            let field = parsed.schema.fields.get(*field)?;
            declared(field.unit.as_ref(), &field.span)
        }
        Op::Param(id, _) => {
            let parameter = parsed.parameters.get(*id)?;
            if parameter.value_type != Type::Number {
                return None;
            }
            declared(parameter.unit.as_ref(), &parameter.span)
        }
        Op::Rule(id, body) => {
            let rule = parsed.rules.get(*id)?;
            // A rule may have several texts; the node's place is the name in the one that was lowered.
            let text = rule.texts.iter().find(|t| t.span == node.span);
            // What a rule declares holds for those that use it, even where its body disagrees.
            let own = declared(text.and_then(|t| t.doc.unit.as_ref()), &node.span);
            if let (Some(own), Some(found)) = (&own, unit(body))
                && own.unit != found.unit
            {
                let declared = (&own.unit, node.span.clone());
                let computed = (&found.unit, found.at.clone());
                out.push(texts::rules::not_the_unit(&rule.name, declared, computed));
            }
            own.or_else(|| unit(body))
        }
        Op::Up(_, a) | Op::Members(_, _, a) | Op::Negate(a) | Op::Strict(_, a) => unit(a),
        Op::Arithmetic(Arithmetic::Add, a, b) => agree(a, b, Together::Added),
        Op::Arithmetic(Arithmetic::Subtract, a, b) => agree(a, b, Together::Subtracted),
        // A product with a factor of unknown unit is of unknown unit.
        Op::Arithmetic(Arithmetic::Multiply, a, b) => {
            let (a, b) = (unit(a)?, unit(b)?);
            Some(Known { unit: a.unit.times(&b.unit, 1), at: node.span.clone() })
        }
        Op::Arithmetic(Arithmetic::Divide, a, b) => {
            let (a, b) = (unit(a)?, unit(b)?);
            Some(Known { unit: a.unit.times(&b.unit, -1), at: node.span.clone() })
        }
        Op::Compare(comparison, a, b) => {
            let equal = *comparison == Comparison::Equal;
            // An outcome of two units is yes or no: it has none itself.
            agree(a, b, if equal { Together::Equal } else { Together::Compared });
            None
        }
        Op::If(_, a, b) => agree(a, b, Together::Branches),
        Op::Call(Builtin::Max | Builtin::Min, args) if args.len() == 2 => match args.as_slice() {
            [a, b] => agree(a, b, Together::Compared),
            _ => None,
        },
        Op::Call(Builtin::AnneesEntre, _) => word("an"),
        Op::Call(Builtin::MoisEntre, _) => word("mois"),
        Op::Call(Builtin::JoursEntre, _) => word("jour"),
        Op::Call(Builtin::Somme | Builtin::Max | Builtin::Min | Builtin::Arrondi(_), args) => {
            unit(args.first()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn units_multiply_and_cancel() {
        let unit = Unit::parse;
        assert_eq!(unit("EUR/mois").times(&unit("mois/an"), 1), unit("EUR/an"));
        assert_eq!(unit("EUR/an/personne").times(&unit("personnes"), 1), unit("EUR/an"));
        assert_eq!(unit("EUR").times(&unit("m²"), -1), unit("EUR/m²"));
        assert_eq!(unit("part des revenus"), unit("%"));
        assert_ne!(unit("EUR/an"), unit("EUR/mois"));
        assert_eq!(unit("EUR/an").times(&unit("EUR/an"), -1).to_string(), "1");
        assert_eq!(unit("EUR/an/personnes").to_string(), "EUR/an/personne");
    }
}
