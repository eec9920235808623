//! Numbers and dates as functions of one missing cell, exactly.
//!
//! Where all other cells of a row are known, what a rule computes from a missing number or date is mostly
//! a straight line of it (`0.9 * rfr_n2`, the difference of two incomes). What is not (an age, a rounded
//! amount) is a straight line of a *source*: a function of the cell that only rises or only falls and that is
//! computed where it is asked for. So where a comparison turns is solved, not searched.

use std::cmp::Ordering;
use std::sync::Arc;

use num_integer::Integer;
use num_traits::Zero;

use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::Comparison;
use logis_language::value::{
    Date, Exact, Rounding, Value, add_days, add_months, day_number, months_between, years_between,
};

/// What is counted below stays within ± this: then no product of two of them, nor the sum of two such
/// products, leaves 128 bits; and neither does what the rules compute at any single value of the cell.
const LARGEST: i128 = 1 << 60;

/// No whole number of years or months between two dates of the calendar is larger.
const MOST_MONTHS: i128 = 300_000;

/// No date of the calendar is further from 1 January 1970, in days.
const MOST_DAYS: i128 = 5_000_000;

/// A straight line: `(times * g + plus) / over`, `g` being the value of its source; of a date, the days since
/// 1 January 1970. `times` is not 0, `over` is positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub source: usize,
    times: i128,
    plus: i128,
    over: i128,
    date: bool,
}

/// A whole number that the cell moves, always in the same direction.
#[derive(Clone, Copy, Debug)]
struct Source {
    kind: Kind,
    /// Does it rise with the cell?
    rises: bool,
    /// The largest it can be, without its sign; at least 1.
    most: i128,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The cell itself, counted in its steps.
    Cell,
    /// A line rounded, counted in its last decimal: the last field is ten to the number of decimals.
    Rounded(Line, Rounding, i128),
    /// Whole years or months from the first date to the second.
    Elapsed(Builtin, Line, Date),
    /// Whole years or months from the first date to the second, which is the one that moves.
    ElapsedTo(Builtin, Date, Line),
    /// A date moved by whole months.
    Moved(Line, i64),
}

/// What a node comes to, the other cells being known.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// This, for all values of the cell that are looked at.
    Fixed(Value),
    /// A number or a date that moves with the cell.
    Moving(Line),
    /// A list of which some items move.
    Items(Arc<[Form]>),
}

/// The difference of two forms, times a positive number: `slope * g + offset`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference {
    pub source: usize,
    slope: i128,
    offset: i128,
}

/// The sources met in one walk.
#[derive(Debug, Default)]
pub(super) struct Lines {
    sources: Vec<Source>,
}

impl Lines {
    /// Begins with a missing cell counted in steps of 1/`over` (a date: in days, `over` is 1), at most `most` steps
    /// from 0. Gives the line that is the cell itself.
    pub fn begin(&mut self, over: i128, date: bool, most: i128) -> Option<Line> {
        self.sources.clear();
        self.line(Kind::Cell, true, most, over, date)
    }

    /// A source of its own, and the line that is this source divided by `over`.
    fn line(&mut self, kind: Kind, rises: bool, most: i128, over: i128, date: bool) -> Option<Line> {
        let source = self.sources.len();
        self.sources.push(Source { kind, rises, most: most.max(1) });
        self.fitting(Line { source, times: 1, plus: 0, over, date })
    }

    /// The line, in lowest terms if need be; `None` if it is too large to compute with.
    fn fitting(&self, line: Line) -> Option<Line> {
        let most = self.sources.get(line.source)?.most;
        let fits = |line: &Line| {
            let reach = line.times.abs().checked_mul(most).and_then(|m| m.checked_add(line.plus.abs()));
            line.over <= LARGEST && reach.is_some_and(|reach| reach <= LARGEST)
        };
        if fits(&line) {
            return Some(line);
        }
        // Lowest terms: mostly a common factor of `over`, from sums of fractions.
        let common = line.times.gcd(&line.plus).gcd(&line.over);
        let (times, plus, over) = (line.times / common, line.plus / common, line.over / common);
        Some(Line { times, plus, over, ..line }).filter(fits)
    }

    /// A line, or the constant that it is where nothing moves it.
    fn form(&self, line: Line) -> Option<Form> {
        if !line.times.is_zero() {
            return self.fitting(line).map(Form::Moving);
        }
        let day = || i64::try_from(line.plus / line.over).ok().and_then(date_of);
        Some(Form::Fixed(match line.date {
            true => Value::Date(day()?),
            false => Value::Number(Exact::new(line.plus, line.over)),
        }))
    }

    /// Does a source rise with the cell?
    pub fn rises(&self, source: usize) -> bool {
        self.sources.get(source).is_none_or(|s| s.rises)
    }

    /// Is a source the cell itself, counted in its steps?
    pub fn is_cell(&self, source: usize) -> bool {
        matches!(self.sources.get(source).map(|s| s.kind), Some(Kind::Cell))
    }

    /// A source where the cell is at step `n`; `None` beyond the calendar.
    pub fn at(&self, source: usize, n: i128) -> Option<i128> {
        Some(match self.sources.get(source)?.kind {
            Kind::Cell => n,
            Kind::Rounded(line, how, unit) => {
                let scaled = self.over_its_own(&line, n)?.checked_mul(unit)?;
                // Down to a whole, and up by one where the way of rounding says so of what is left on both sides.
                let (floor, rest) = scaled.div_mod_floor(&line.over);
                floor + i128::from(how.up(rest, line.over - rest, scaled > 0))
            }
            Kind::Elapsed(builtin, from, to) => elapsed(builtin, self.date(&from, n)?, to),
            Kind::ElapsedTo(builtin, from, to) => elapsed(builtin, from, self.date(&to, n)?),
            Kind::Moved(line, months) => day_number(add_months(self.date(&line, n)?, months)?).into(),
        })
    }

    /// A line where the cell is at step `n`, times its `over`.
    fn over_its_own(&self, line: &Line, n: i128) -> Option<i128> {
        Some(line.times * self.at(line.source, n)? + line.plus)
    }

    fn date(&self, line: &Line, n: i128) -> Option<Date> {
        date_of(i64::try_from(self.over_its_own(line, n)?.checked_div(line.over)?).ok()?)
    }

    /// The value of a line where the cell is at step `n`.
    pub fn value(&self, line: &Line, n: i128) -> Option<Value> {
        Some(match line.date {
            true => Value::Date(self.date(line, n)?),
            false => Value::Number(Exact::new(self.over_its_own(line, n)?, line.over)),
        })
    }

    /// `a + b`, or `a - b` where `sign` is -1, for numbers; of dates, the days between them.
    pub fn sum(&self, a: &Form, b: &Form, sign: i128) -> Option<Form> {
        match (a, b) {
            (Form::Moving(line), Form::Fixed(value)) => {
                let (top, bottom) = fraction(value)?;
                self.plus(*line, sign * top, bottom)
            }
            (Form::Fixed(value), Form::Moving(line)) => {
                let (top, bottom) = fraction(value)?;
                self.plus(Line { times: sign * line.times, plus: sign * line.plus, ..*line }, top, bottom)
            }
            // Over a common denominator; lines of two sources do not add up to a line.
            (Form::Moving(a), Form::Moving(b)) if a.source == b.source => self.form(Line {
                times: a.times * b.over + sign * b.times * a.over,
                plus: a.plus * b.over + sign * b.plus * a.over,
                over: a.over * b.over,
                date: false,
                ..*a
            }),
            _ => None,
        }
    }

    fn plus(&self, line: Line, top: i128, bottom: i128) -> Option<Form> {
        let line = Line { date: false, ..line };
        // Mostly whole, or over the same denominator: no larger numbers are needed.
        if bottom == 1 || bottom == line.over {
            let more = if bottom == 1 { top * line.over } else { top };
            return self.form(Line { plus: line.plus + more, ..line });
        }
        self.form(Line {
            times: line.times * bottom,
            plus: line.plus * bottom + top * line.over,
            over: line.over * bottom,
            ..line
        })
    }

    /// A line times `top / bottom`.
    pub fn times(&self, line: &Line, top: i128, bottom: i128) -> Option<Form> {
        // `over` stays positive: the sign goes into the numerator.
        let sign = bottom.signum();
        self.form(Line {
            times: line.times * top * sign,
            plus: line.plus * top * sign,
            over: line.over * bottom.abs(),
            ..*line
        })
    }

    /// A line rounded to `decimals` decimals.
    pub fn rounded(&mut self, line: Line, how: Rounding, decimals: u32) -> Option<Line> {
        let unit = logis_language::value::power_of_ten(decimals)?;
        let source = self.sources.get(line.source)?;
        // The largest it can be: that of its line, rounded away from 0.
        let most = (line.times.abs() * source.most + line.plus.abs()) / line.over + 1;
        let rises = source.rises == (line.times > 0);
        self.line(Kind::Rounded(line, how, unit), rises, most.checked_mul(unit)?, unit, false)
    }

    /// Whole years or months between two dates of which one moves.
    pub fn elapsed(&mut self, builtin: Builtin, from: &Form, to: &Form) -> Option<Line> {
        let (kind, line, forward) = match (from, to) {
            (Form::Moving(from), Form::Fixed(Value::Date(to))) => {
                (Kind::Elapsed(builtin, *from, *to), from, false)
            }
            (Form::Fixed(Value::Date(from)), Form::Moving(to)) => {
                (Kind::ElapsedTo(builtin, *from, *to), to, true)
            }
            _ => return None,
        };
        let rises = (self.rises(line.source) == (line.times > 0)) == forward;
        self.line(kind, rises, MOST_MONTHS, 1, false)
    }

    /// A date moved by days.
    pub fn days_later(&self, line: Line, days: i128) -> Option<Line> {
        self.fitting(Line { plus: line.plus + days * line.over, ..line })
    }

    /// A date moved by whole months.
    pub fn months_later(&mut self, line: Line, months: i64) -> Option<Line> {
        let rises = self.rises(line.source) == (line.times > 0);
        self.line(Kind::Moved(line, months), rises, MOST_DAYS, 1, true)
    }

    /// By how much two forms differ.
    pub fn difference(&self, a: &Form, b: &Form) -> Option<Difference> {
        Some(match (a, b) {
            (Form::Moving(line), Form::Fixed(value)) => from_constant(line, value, 1)?,
            (Form::Fixed(value), Form::Moving(line)) => from_constant(line, value, -1)?,
            (Form::Moving(a), Form::Moving(b)) if a.source == b.source => Difference {
                source: a.source,
                slope: a.times * b.over - b.times * a.over,
                offset: a.plus * b.over - b.plus * a.over,
            },
            _ => return None,
        })
    }
}

impl Line {
    /// How far it moves its date, in days.
    pub fn shift(&self) -> i128 {
        self.plus / self.over
    }
}

impl Difference {
    /// How the two compare where the source is `g`, and the values of the source, from and to (an absent bound is no
    /// bound), between which `op` comes out as it does there.
    pub fn around(&self, op: Comparison, g: i128) -> (Ordering, Option<i128>, Option<i128>) {
        let here = self.slope * g + self.offset;
        // What the difference may be for `op` to come out so.
        let (from, to) = match op {
            Comparison::Less | Comparison::AtLeast if here < 0 => (None, Some(-1)),
            Comparison::Less | Comparison::AtLeast => (Some(0), None),
            Comparison::AtMost | Comparison::Greater if here <= 0 => (None, Some(0)),
            Comparison::AtMost | Comparison::Greater => (Some(1), None),
            Comparison::Equal | Comparison::NotEqual => match here.signum() {
                -1 => (None, Some(-1)),
                0 => (Some(0), Some(0)),
                _ => (Some(1), None),
            },
        };
        // Which `g` that is: the inequality divided by the slope, whose sign turns it round.
        let first = |bound: i128| Integer::div_ceil(&(bound - self.offset), &self.slope);
        let last = |bound: i128| Integer::div_floor(&(bound - self.offset), &self.slope);
        let (low, high) = match self.slope.signum() {
            0 => (None, None),
            1 => (from.map(first), to.map(last)),
            _ => (to.map(first), from.map(last)),
        };
        (here.cmp(&0), low, high)
    }
}

/// By how much a line differs from a constant, times the sign.
fn from_constant(line: &Line, value: &Value, sign: i128) -> Option<Difference> {
    let (top, bottom) = fraction(value)?;
    Some(Difference {
        source: line.source,
        slope: sign * line.times * bottom,
        offset: sign * (line.plus * bottom - top * line.over),
    })
}

/// A number or a date as a fraction; `None` if it is neither, or too large to compute with.
pub(super) fn fraction(value: &Value) -> Option<(i128, i128)> {
    match value {
        Value::Number(n) if n.numer().unsigned_abs() <= LARGEST.unsigned_abs() && *n.denom() <= LARGEST => {
            Some((*n.numer(), *n.denom()))
        }
        Value::Date(date) => Some((day_number(*date).into(), 1)),
        _ => None,
    }
}

fn date_of(day: i64) -> Option<Date> {
    add_days(Date::constant(1970, 1, 1), day)
}

fn elapsed(builtin: Builtin, from: Date, to: Date) -> i128 {
    match builtin {
        Builtin::AnneesEntre => years_between(from, to),
        _ => months_between(from, to),
    }
    .into()
}

#[cfg(test)]
mod tests;
