//! Functions of the engine: of values, of dates, of the members of each row.

use super::super::program::{Factors, Instruction, Repr};
use super::{Compiler, NO_BOUNDS, Typed, fits};
use crate::evaluate::row::Context;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Exact;

impl Compiler<'_> {
    /// A call; `None` if it has no columnar form.
    pub(super) fn call(&mut self, builtin: Builtin, args: &[NodeId]) -> Option<Typed> {
        match (builtin, args) {
            (Builtin::Arrondi(how), [x, decimals @ ..]) => {
                let decimals = match decimals {
                    [] => 0,
                    [d, ..] => u32::try_from(*self.constant(*d).filter(Exact::is_integer)?.numer())
                        .ok()
                        .filter(|d| *d <= 9)?,
                };
                self.round(how, *x, 10_i64.checked_pow(decimals)?)
            }
            (Builtin::Max | Builtin::Min, [a, b]) => {
                let largest = builtin == Builtin::Max;
                let extreme = |factors| Instruction::Extreme { largest, a: *a, b: *b, factors };
                match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => {
                        let common = self.common(*a, *b)?;
                        Some((extreme(common.factors), Repr::Number(common.denominator), common.either()))
                    }
                    (Repr::Date, Repr::Date) => Some((extreme(Factors::ONE), Repr::Date, NO_BOUNDS)),
                    _ => None,
                }
            }
            (Builtin::AnneesEntre | Builtin::MoisEntre | Builtin::JoursEntre, [a, b]) => {
                self.repr(*a)?;
                self.repr(*b)?;
                // Twice the days of the calendar's twenty thousand years.
                let most = 20_000_000;
                Some((Instruction::Between(builtin, *a, *b), Repr::Number(1), (-most, most)))
            }
            (Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours, [date, n]) => {
                let fits = self.repr(*date)? == Repr::Date && self.repr(*n)? == Repr::Number(1);
                fits.then_some((Instruction::Move(builtin, *date, *n), Repr::Date, NO_BOUNDS))
            }
            (Builtin::Contient, [codes, text]) => {
                self.codes_of(*codes)?;
                (self.repr(*text)? == Repr::Text).then_some((
                    Instruction::Contains { codes: *codes, text: *text },
                    Repr::Bool,
                    NO_BOUNDS,
                ))
            }
            (Builtin::Longueur | Builtin::Nombre, [codes]) if self.codes_of(*codes).is_some() => {
                Some((Instruction::Length(*codes), Repr::Number(1), (0, i128::from(u32::MAX))))
            }
            (_, [list]) => self.reduce(builtin, *list),
            _ => None,
        }
    }

    /// The codes column that a node reads, seen through relations.
    fn codes_of(&self, node: NodeId) -> Option<NodeId> {
        match &self.context.plan.node(node)?.op {
            Op::Field(_) if self.codes.contains_key(&node) => Some(node),
            Op::Up(_, inner) => self.codes_of(*inner),
            _ => None,
        }
    }

    /// A builtin on the members of each row; what it takes of them is told by their type, as the kernels take it.
    fn reduce(&self, what: Builtin, list: NodeId) -> Option<Typed> {
        let Op::Members(entity, relation, child) = self.context.plan.node(list)?.op else { return None };
        let repr = self.repr(child)?;
        // `nombre` of a list of anything but booleans is its length.
        let what = self.context.plan.counted(what, &[list]);
        let instruction = Instruction::Reduce { what, members: list, entity, relation, child };
        let many = i128::from(u32::MAX);
        match (what, repr) {
            (Builtin::Nombre, Repr::Bool) | (Builtin::Longueur, _) => {
                Some((instruction, Repr::Number(1), (0, many)))
            }
            (Builtin::Un | Builtin::Tous, Repr::Bool) => Some((instruction, Repr::Bool, NO_BOUNDS)),
            (Builtin::Somme, Repr::Number(d)) => {
                let (low, high) = self.bounds(child);
                // The total of no members is zero, and of the most the most times the largest.
                let most = self.context.most_members(list);
                let bounds = (low.min(0).checked_mul(most)?, high.max(0).checked_mul(most)?);
                fits(bounds).then_some((instruction, Repr::Number(d), bounds))
            }
            (Builtin::Max | Builtin::Min, Repr::Number(_) | Repr::Date) => {
                Some((instruction, repr, self.bounds(child)))
            }
            _ => None,
        }
    }
}

impl Context<'_> {
    /// The most members that any row has, for a node that takes them.
    fn most_members(&self, node: NodeId) -> i128 {
        self.members_table(node).map_or(0, |m| i128::try_from(m.most()).unwrap_or(i128::MAX))
    }
}
