//! Expressions: constants, names, `&&` and `||`, blocks used as values; and those that rules may not use.

use rhai::{Expr, Position};

use super::statements::has_return;
use super::{Env, Lowering, Place};
use crate::diagnostic::texts::rules::Forbidden;
use crate::plan::ir::{NodeId, Op};
use crate::value::{Type, Value, parse_number};

impl Lowering<'_, '_, '_> {
    /// The node of an expression; `None` if something in it is wrong, which is reported.
    pub(super) fn expr(&mut self, expr: &Expr, env: &Env, place: Place) -> Option<NodeId> {
        if self.too_large {
            return None;
        }
        let position = expr.position();
        // The mark is for this expression alone, not for those inside it.
        let rounded = std::mem::take(&mut self.in_rounding);
        match expr {
            Expr::BoolConstant(value, _) => Some(self.constant(Value::Bool(*value), position, place)),
            Expr::IntegerConstant(value, _) => Some(self.constant(Value::int(*value), position, place)),
            Expr::StringConstant(value, _) => Some(self.constant(Value::text(value), position, place)),
            // A number with decimals. Its text is read again, as an exact fraction.
            Expr::DynamicConstant(value, _) => match value.as_decimal() {
                Ok(decimal) => {
                    let number = parse_number(&decimal.to_string())?;
                    Some(self.constant(Value::Number(number), position, place))
                }
                Err(_) => self.forbidden(position, place, Forbidden::Closure),
            },
            Expr::Variable(variable, _, _) => self.variable(&variable.1, position, env, place),
            Expr::FnCall(call, _) => self.call(call, position, env, place, rounded),
            Expr::And(operands, _) => self.connective("&&", Op::And, operands, env, place),
            Expr::Or(operands, _) => self.connective("||", Op::Or, operands, env, place),
            Expr::Stmt(block) => {
                // `return` would leave the function from inside a value: the graph has no such jump.
                if block.statements().iter().any(has_return) {
                    return self.forbidden(position, place, Forbidden::ReturnInside);
                }
                let end = self.span(position, place);
                self.body(block.statements(), env.clone(), place, end)
            }
            Expr::Coalesce(_, position) => self.forbidden(*position, place, not_allowed(expr)),
            _ => self.forbidden(position, place, not_allowed(expr)),
        }
    }

    fn constant(&mut self, value: Value, position: Position, place: Place) -> NodeId {
        let span = match &value {
            Value::Text(text) => self.text_span(position, text, place),
            _ => self.span(position, place),
        };
        let ty = value.value_type();
        self.node(Op::Const(value), place.entity, ty, span)
    }

    /// `a && b && c`, joined from the left: `(a && b) && c`. Each connector is a node of two operands,
    /// so that coverage and mutation can look at each by itself.
    fn connective(
        &mut self,
        sign: &str,
        join: fn(NodeId, NodeId) -> Op,
        operands: &[Expr],
        env: &Env,
        place: Place,
    ) -> Option<NodeId> {
        let mut joined: Option<(NodeId, Position)> = None;
        for operand in operands {
            let node = self.expr(operand, env, place)?;
            self.expect(node, &Type::Bool, operand.position(), place)?;
            let at = operand.start_position();
            joined = Some(match joined {
                None => (node, at),
                Some((left, first)) => {
                    // Rhai keeps the place of the first connector only: each is found in the text.
                    let span = self.sign_before(sign, at, place);
                    let both = self.node(join(left, node), place.entity, Type::Bool, span);
                    self.place(both, 0, first, place);
                    self.place(both, 1, at, place);
                    (both, first)
                }
            });
        }
        joined.map(|(node, _)| node)
    }
}

/// What an expression is that rules may not use.
fn not_allowed(expr: &Expr) -> Forbidden<'static> {
    match expr {
        Expr::FloatConstant(..) => Forbidden::LongNumber,
        Expr::Coalesce(..) => Forbidden::Coalesce,
        Expr::InterpolatedString(..) | Expr::CharConstant(..) => Forbidden::Interpolation,
        Expr::Array(..) | Expr::Map(..) | Expr::Index(..) => Forbidden::Collection,
        Expr::Dot(..) | Expr::MethodCall(..) | Expr::Property(..) => Forbidden::Method,
        _ => Forbidden::Expression,
    }
}
