//! Operations: constants, logic, comparisons, arithmetic and roundings, with their units and bounds.

use super::super::program::{Constant, Factors, Instruction, Repr};
use super::{Common, Compiler, NO_BOUNDS, Typed, day, fits};
use logis_language::plan::ir::{Arithmetic, NodeId, Op};
use logis_language::value::{Exact, Rounding, Type, Value};

impl Compiler<'_> {
    /// An operation on columns; `None` if it has no columnar form, or if its numbers may not fit 64 bits.
    pub(super) fn operation(&mut self, op: &Op, ty: &Type) -> Option<Typed> {
        let boolean = |i| Some((i, Repr::Bool, NO_BOUNDS));
        match op {
            Op::Const(value) => self.literal(value),
            Op::DecisionDate => self.literal(&Value::Date(self.context.plan.date)),
            Op::Rule(_, body) => Some((Instruction::Same(*body), self.repr(*body)?, self.bounds(*body))),
            Op::Strict(a, b) => {
                self.repr(*a)?;
                Some((Instruction::Strict(*a, *b), self.repr(*b)?, self.bounds(*b)))
            }
            Op::Up(step, inner) => {
                Some((Instruction::Up(*step, *inner), self.repr(*inner)?, self.bounds(*inner)))
            }
            Op::Not(a) => {
                self.repr(*a)?;
                boolean(Instruction::Not(*a))
            }
            Op::And(a, b) => {
                self.repr(*a)?;
                self.repr(*b)?;
                boolean(Instruction::And(*a, *b))
            }
            Op::Or(a, b) => {
                self.repr(*a)?;
                self.repr(*b)?;
                boolean(Instruction::Or(*a, *b))
            }
            Op::Negate(a) => self.scaled(*a, Exact::from_integer(-1)),
            Op::If(c, a, b) => {
                self.repr(*c)?;
                let choice = |factors| Instruction::If { condition: *c, yes: *a, no: *b, factors };
                match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => {
                        let common = self.common(*a, *b)?;
                        Some((choice(common.factors), Repr::Number(common.denominator), common.either()))
                    }
                    (x, y) if x == y => Some((choice(Factors::ONE), x, NO_BOUNDS)),
                    _ => None,
                }
            }
            Op::Compare(comparison, a, b) => {
                let factors = match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => self.common(*a, *b)?.factors,
                    (x, y) if x == y => Factors::ONE,
                    _ => return None,
                };
                boolean(Instruction::Compare { comparison: *comparison, a: *a, b: *b, factors })
            }
            Op::Arithmetic(op, a, b) => self.arithmetic(*op, *a, *b),
            Op::Param(param, keys) => self.table(*param, keys, ty),
            Op::Call(builtin, args) => self.call(*builtin, args),
            Op::Members(..) | Op::Field(_) => None,
        }
    }

    /// A constant.
    pub(super) fn literal(&mut self, value: &Value) -> Option<Typed> {
        let (constant, repr) = match value {
            Value::Bool(b) => (Constant::Bool(*b), Repr::Bool),
            Value::Number(n) => {
                let (units, d) = (i64::try_from(*n.numer()).ok()?, i64::try_from(*n.denom()).ok()?);
                let bounds = (i128::from(units.min(0)), i128::from(units.max(0)));
                return Some((Instruction::Constant(Constant::Number(units)), Repr::Number(d), bounds));
            }
            Value::Date(d) => (Constant::Date(day(*d)?), Repr::Date),
            Value::Text(t) => (Constant::Text(self.texts.number(t)), Repr::Text),
            Value::List(_) => return None,
        };
        Some((Instruction::Constant(constant), repr, NO_BOUNDS))
    }

    /// A number times an exact constant: another unit, and units multiplied.
    fn scaled(&self, a: NodeId, by: Exact) -> Option<Typed> {
        let Repr::Number(d) = self.repr(a)? else { return None };
        // A count of 1/d times n/m is a count of 1/(d m), n times as large; the fraction is reduced.
        let unit = Exact::new(*by.numer(), i128::from(d).checked_mul(*by.denom())?);
        let (times, d) = (i64::try_from(*unit.numer()).ok()?, i64::try_from(*unit.denom()).ok()?);
        let (low, high) = self.bounds(a);
        let (x, y) = (low.checked_mul(i128::from(times))?, high.checked_mul(i128::from(times))?);
        let bounds = (x.min(y), x.max(y));
        fits(bounds).then_some((Instruction::Scale(a, times), Repr::Number(d), bounds))
    }

    /// One of the four operations. Sums are in the common unit of the two; the denominator of a product is
    /// that of the one times that of the other.
    fn arithmetic(&self, op: Arithmetic, a: NodeId, b: NodeId) -> Option<Typed> {
        match op {
            Arithmetic::Add | Arithmetic::Subtract => {
                let Common { denominator, factors, a: x, b: y } = self.common(a, b)?;
                let (instruction, bounds) = if op == Arithmetic::Add {
                    let bounds = (x.0.checked_add(y.0)?, x.1.checked_add(y.1)?);
                    (Instruction::Add { a, b, factors }, bounds)
                } else {
                    // The least difference is that of the least `a` and the greatest `b`.
                    let bounds = (x.0.checked_sub(y.1)?, x.1.checked_sub(y.0)?);
                    (Instruction::Subtract { a, b, factors }, bounds)
                };
                fits(bounds).then_some((instruction, Repr::Number(denominator), bounds))
            }
            Arithmetic::Multiply => {
                if let Some(by) = self.constant(b) {
                    return self.scaled(a, by);
                }
                if let Some(by) = self.constant(a) {
                    return self.scaled(b, by);
                }
                let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else {
                    return None;
                };
                let d = da.checked_mul(db)?;
                let ((la, ha), (lb, hb)) = (self.bounds(a), self.bounds(b));
                // The extremes of a product are among the products of the extremes.
                let corners =
                    [la.checked_mul(lb)?, la.checked_mul(hb)?, ha.checked_mul(lb)?, ha.checked_mul(hb)?];
                let bounds = (corners.into_iter().min()?, corners.into_iter().max()?);
                fits(bounds).then_some((Instruction::Multiply(a, b), Repr::Number(d), bounds))
            }
            // By a constant only: times its reciprocal.
            Arithmetic::Divide => {
                let by = self.constant(b)?;
                if *by.numer() == 0 {
                    return None;
                }
                self.scaled(a, by.recip())
            }
        }
    }

    /// A rounding, of a division if its argument is one.
    pub(super) fn round(&self, how: Rounding, x: NodeId, unit: i64) -> Option<Typed> {
        let division = match self.context.plan.node(x)?.op {
            Op::Arithmetic(Arithmetic::Divide, a, b) if self.constant(b).is_none() => Some((a, b)),
            _ => None,
        };
        // Of a count x of 1/d, the whole count of 1/unit nearest to it is round(x * unit / d).
        let Some((a, b)) = division else {
            let Repr::Number(d) = self.repr(x)? else { return None };
            let (low, high) = self.bounds(x);
            let of = |v: i128| Some(v.checked_mul(i128::from(unit))?.div_euclid(i128::from(d)));
            let bounds = (of(low)?.checked_sub(1)?, of(high)?.checked_add(1)?);
            let instruction =
                Instruction::Round { how, a: x, b: None, times: i128::from(unit), by: i128::from(d) };
            return fits(bounds).then_some((instruction, Repr::Number(unit), bounds));
        };
        let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else { return None };
        // Of counts x of 1/da and y of 1/db, the quotient is (x / da) / (y / db); in counts of 1/unit, that is
        // x * unit * db / (y * da). A divisor of a whole count is at least 1, so the dividend bounds it.
        let times = i128::from(unit).checked_mul(i128::from(db))?;
        let (low, high) = self.bounds(a);
        let (low, high) = (low.checked_mul(times)?, high.checked_mul(times)?);
        let most = low.abs().max(high.abs()).checked_add(1)?;
        let bounds = (-most, most);
        let instruction = Instruction::Round { how, a, b: Some(b), times, by: i128::from(da) };
        fits(bounds).then_some((instruction, Repr::Number(unit), bounds))
    }
}
