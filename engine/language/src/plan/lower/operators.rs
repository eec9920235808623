//! Operators: `!`, `-`, the four operations and the six comparisons, with the types that they take.

use rhai::{FnCallExpr, Position};

use super::{Lowering, Place};
use crate::diagnostic::texts::rules::Forbidden;
use crate::diagnostic::{Span, texts};
use crate::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use crate::value::{Type, Value};

impl Lowering<'_, '_, '_> {
    /// An operator with its operands. `rounded` says that its value is rounded at once.
    pub(super) fn operator(
        &mut self,
        args: &[NodeId],
        call: &FnCallExpr,
        position: Position,
        place: Place,
        rounded: bool,
    ) -> Option<NodeId> {
        let symbol = call.name.as_str();
        let span = self.span(position, place);
        match (args, arithmetic(symbol), comparison(symbol)) {
            ([a], ..) if symbol == "!" => {
                self.expect(*a, &Type::Bool, position, place)?;
                let not = self.node(Op::Not(*a), place.entity, Type::Bool, span);
                if let Some(operand) = call.args.first() {
                    self.place(not, 0, operand.start_position(), place);
                }
                Some(not)
            }
            ([a], ..) if symbol == "-" => {
                self.expect(*a, &Type::Number, position, place)?;
                Some(self.node(Op::Negate(*a), place.entity, Type::Number, span))
            }
            ([a, b], Some(op), _) => {
                for (arg, expr) in [a, b].into_iter().zip(&call.args) {
                    self.expect(*arg, &Type::Number, expr.position(), place)?;
                }
                self.exactly_divisible(op, *b, rounded, &span)?;
                Some(self.node(Op::Arithmetic(op, *a, *b), place.entity, Type::Number, span))
            }
            ([a, b], _, Some(op)) => self.compare(op, *a, *b, span, place),
            _ => self.forbidden(position, place, Forbidden::Operator(symbol)),
        }
    }

    /// Reports a division by a value of the row that is not rounded at once: the denominator of its
    /// quotient differs from row to row, and a column holds whole counts of one unit, known before any
    /// row is decided. A divisor that is a constant or a parameter gives such a unit.
    fn exactly_divisible(
        &mut self,
        op: Arithmetic,
        divisor: NodeId,
        rounded: bool,
        span: &Span,
    ) -> Option<()> {
        let fixed = matches!(self.op(divisor), Some(Op::Const(_) | Op::Param(..)));
        if op != Arithmetic::Divide || fixed || rounded {
            return Some(());
        }
        self.out.push(texts::rules::inexact_division(span.clone()));
        None
    }

    /// A comparison of two values of one type: numbers and dates in any way, the rest for equality.
    fn compare(&mut self, op: Comparison, a: NodeId, b: NodeId, span: Span, place: Place) -> Option<NodeId> {
        let (ta, tb) = (self.ty(a), self.ty(b));
        let ordered = matches!(op, Comparison::Equal | Comparison::NotEqual)
            && matches!(ta, Type::Bool | Type::Number | Type::Date | Type::Text(_))
            || matches!(ta, Type::Number | Type::Date);
        if !ta.matches(&tb) || !ordered {
            let (here, there) = (self.span_of(a), self.span_of(b));
            let (a, b) = ((&ta, here), (&tb, there));
            self.out.push(texts::rules::not_comparable(op.symbol(), a, b, span));
            return None;
        }
        // Either side may be the constant.
        self.one_of_the_list(&ta, b)?;
        self.one_of_the_list(&tb, a)?;
        Some(self.node(Op::Compare(op, a, b), place.entity, Type::Bool, span))
    }

    /// Reports a constant text that is none of the values that the other side's closed list allows: a
    /// comparison with it would be false for every row.
    fn one_of_the_list(&mut self, listed: &Type, other: NodeId) -> Option<()> {
        if let (Type::Text(Some(values)), Some(Op::Const(Value::Text(text)))) = (listed, self.op(other))
            && !values.contains(text)
        {
            let (text, at) = (text.clone(), self.span_of(other));
            self.out.push(texts::rules::not_in_list(&text, values.iter().map(AsRef::as_ref), at));
            return None;
        }
        Some(())
    }
}

fn arithmetic(symbol: &str) -> Option<Arithmetic> {
    Some(match symbol {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        "/" => Arithmetic::Divide,
        _ => return None,
    })
}

fn comparison(symbol: &str) -> Option<Comparison> {
    Some(match symbol {
        "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::AtMost,
        ">" => Comparison::Greater,
        ">=" => Comparison::AtLeast,
        _ => return None,
    })
}
