//! What would turn a decision: the nearest value of each single input, and the nearest date.
//!
//! A search by bisection. Evaluating a plan with an input that may be anything between two bounds gives
//! an outcome only if all values between agree; a range that decides nothing is cut in two, the half
//! nearer to the present value first. So the first value found is the nearest there is, with no
//! assumption on what rules compute; and it is found by deciding with it.

use serde::Serialize;

use crate::evaluate::possible::{Missing, MissingCell, MissingInput, Possible, Range};
use crate::evaluate::{Context, Evaluator};
use crate::explain::{Explanation, RowName, Words, row_name};
use logis_data::Dataset;
use logis_language::exchange::typed;
use logis_language::pack::changes;
use logis_language::pack::schema::{Field, FieldId, FieldKind, Origin};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Date, Exact, Value, add_days, day_number, french_day, parse_date, power_of_ten};

/// Evaluations spent on one input before the search is given up.
const BUDGET: usize = 4_000;

/// Numbers without a declared range are tried from 0 up to this, in units of the field.
const FURTHEST: i64 = 10_000_000;

/// Days tried before and after a date: 120 years.
const DAYS: i64 = 120 * 366;

/// One change of one input that turns a decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What people call it.
    pub label: String,
    /// The row that holds it.
    pub about: RowName,
    /// Its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it is.
    #[serde(serialize_with = "typed")]
    pub from: Value,
    /// The nearest value that turns the decision.
    #[serde(serialize_with = "typed")]
    pub to: Value,
    /// The field and its row, for programs in this one.
    #[serde(skip)]
    pub cell: (FieldId, u64),
}

/// What would turn a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counterfactual {
    /// One for each input that can, in the order in which the rule reads them.
    pub changes: Vec<Change>,
    /// Inputs for which the search was given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
}

impl Change {
    /// `Revenu fiscal de référence (demande D0042) : 20 123 € par an au lieu de 25 000 € par an`; without the row if it
    /// is `of`, of which all else speaks.
    pub fn to_words(&self, words: &Words<'_>, of: Option<&RowName>) -> String {
        let value = |value: &Value| words.value(value, self.unit.as_deref());
        let about = if of == Some(&self.about) { String::new() } else { format!(" ({})", self.about) };
        format!("{}{about} : {} au lieu de {}", words.label(&self.field), value(&self.to), value(&self.from))
    }
}

impl Counterfactual {
    /// As French text, a line each; empty if nothing turns the decision.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for change in &self.changes {
            let unit = change.unit.as_ref().map_or_else(String::new, |u| format!(" {u}"));
            let french = |value: &Value| match value {
                Value::Bool(true) => "oui".to_string(),
                Value::Bool(false) => "non".to_string(),
                other => format!("{other}{unit}"),
            };
            let (field, label, about) = (&change.field, &change.label, &change.about);
            let (from, to) = (french(&change.from), french(&change.to));
            out.push_str(&format!("   {field} : {to} au lieu de {from} — {label} [{about}]\n"));
        }
        for field in &self.open {
            out.push_str(&format!("   {field} : recherche abandonnée, trop de cas\n"));
        }
        out
    }

    /// For whoever knows no names of the pack: a section with its title; empty if nothing turns the decision.
    pub fn to_words(&self, words: &Words<'_>) -> String {
        let mut out = String::new();
        for change in &self.changes {
            out.push_str(&format!("   {}\n", change.to_words(words, None)));
        }
        if !self.open.is_empty() {
            out.push_str("   Pour d'autres données, la recherche a été abandonnée : trop de cas.\n");
        }
        match out.is_empty() {
            true => out,
            false => format!("Ce qui changerait la réponse, une seule donnée à la fois :\n{out}"),
        }
    }
}

/// What would make a boolean rule of the plan come out the other way for a row: for each number,
/// date and boolean that it reads from the data, the nearest value that does, all else being equal.
///
/// Nothing, for an outcome that is no known boolean.
pub fn counterfactual(plan: &Plan, dataset: &Dataset, node: NodeId, row: u64) -> Counterfactual {
    let mut context = Context::new(plan, dataset);
    let Ok(Possible::Known(Value::Bool(present))) = Evaluator::new(&context).outcome(node, row) else {
        return Counterfactual::default();
    };
    let mut result = Counterfactual::default();
    for (reader, field, at) in cells(&context, node, row) {
        let Some(declared) = plan.parsed.schema.fields.get(field) else { continue };
        let Some(from) = Evaluator::new(&context).eval(reader, at).ok().and_then(|v| v.known().cloned())
        else {
            continue;
        };
        // While a range is supposed, the cell counts as missing: the outcome is open because of it.
        let missing = MissingInput { entity: declared.entity, row: at, what: MissingCell::Field(field) };
        let missing = Missing::new([missing].into());
        let mut turns = |value: Possible| {
            context.suppose(reader, at, value);
            verdict(&context, node, row, present)
        };
        match nearest_value(declared, &from, &missing, &mut turns) {
            Found::None => {}
            Found::GivenUp => result.open.push(declared.name.clone()),
            Found::Value(to) => result.changes.push(Change {
                field: declared.name.clone(),
                label: declared.label.clone(),
                about: row_name(plan, dataset, declared.entity, at),
                unit: declared.unit.clone(),
                from,
                to,
                cell: (field, at),
            }),
        }
        context.suppose_nothing();
    }
    result
}

/// What evaluation says of a range of values of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Each of them turns the decision.
    All,
    /// None of them does.
    None,
    /// Some may: the range must be cut.
    Open,
}

/// Decides with what `context` supposes, and compares with the `present` outcome.
fn verdict(context: &Context<'_>, node: NodeId, row: u64, present: bool) -> Verdict {
    // Without deciding by cases: the search cuts the ranges itself.
    match Evaluator::new(context).outcome_uncut(node, row) {
        Ok(Possible::Known(Value::Bool(value))) if value != present => Verdict::All,
        Ok(Possible::Known(_)) | Err(_) => Verdict::None,
        Ok(_) => Verdict::Open,
    }
}

/// What the search of one input found.
enum Found {
    Value(Value),
    None,
    GivenUp,
}

/// The numbers, dates and booleans of the data that a node reads for a row, in the order of reading.
fn cells(context: &Context<'_>, node: NodeId, row: u64) -> Vec<(NodeId, FieldId, u64)> {
    let schema = &context.plan.parsed.schema;
    let mut seen = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    // Depth first; inputs go onto the stack in reverse, so that the first is looked at first.
    let mut stack = vec![(node, row)];
    while let Some((node, row)) = stack.pop() {
        if !seen.insert((node, row)) {
            continue;
        }
        let Some(op) = context.plan.node(node).map(|n| &n.op) else { continue };
        match op {
            Op::Field(field) => {
                let Some(declared) = schema.fields.get(*field) else { continue };
                let data = schema.entities.get(declared.entity).map(|e| &e.origin);
                let kind =
                    matches!(declared.kind, FieldKind::Number { .. } | FieldKind::Date | FieldKind::Boolean);
                if kind && matches!(data, Some(Origin::Data { .. })) {
                    found.push((node, *field, row));
                }
            }
            Op::Up(step, inner) => stack.extend(context.step(*step, row).ok().map(|parent| (*inner, parent))),
            Op::Members(_, _, inner) => {
                stack.extend(context.members(node, row).iter().rev().map(|&m| (*inner, u64::from(m))))
            }
            other => stack.extend(other.inputs().into_iter().rev().map(|input| (input, row))),
        }
    }
    found
}

/// The value nearest to `from` that turns the decision; of two as near, the smaller.
fn nearest_value(
    field: &Field,
    from: &Value,
    missing: &Missing,
    turns: &mut impl FnMut(Possible) -> Verdict,
) -> Found {
    match (from, &field.kind) {
        (Value::Bool(value), _) => {
            let other = Value::Bool(!value);
            match turns(Possible::Known(other.clone())) {
                Verdict::All => Found::Value(other),
                _ => Found::None,
            }
        }
        (Value::Number(number), FieldKind::Number { decimals, .. }) => {
            let Some(unit) = power_of_ten(*decimals) else { return Found::None };
            // The search is over whole counts of the field's last decimal.
            let steps = |n: &Exact| i64::try_from((n * unit).to_integer()).ok();
            let (low, high) = match &field.range {
                Some((low, high)) => (steps(low), steps(high)),
                None => (Some(0), FURTHEST.checked_mul(i64::try_from(unit).unwrap_or(1))),
            };
            let (Some(present), Some(low), Some(high)) = (steps(number), low, high) else {
                return Found::None;
            };
            let value = |n: i64| Some(Value::Number(Exact::new(i128::from(n), unit)));
            nearest(present, low, high, missing, &value, turns)
        }
        (Value::Date(date), _) => {
            let present = day_number(*date);
            nearest(present, present - DAYS, present + DAYS, missing, &day, turns)
        }
        _ => Found::None,
    }
}

/// The date of a day number (days since 1 January 1970).
fn day(number: i64) -> Option<Value> {
    add_days(Date::constant(1970, 1, 1), number).map(Value::Date)
}

/// The number of `low..=high` nearest to `present` that turns the decision, as a value; of two as near,
/// the smaller. `value` gives the value of a number.
fn nearest(
    present: i64,
    low: i64,
    high: i64,
    missing: &Missing,
    value: &dyn Fn(i64) -> Option<Value>,
    turns: &mut impl FnMut(Possible) -> Verdict,
) -> Found {
    let mut search = Search { missing, value, turns, left: BUDGET };
    let above = search.first(present.saturating_add(1), high, true);
    // Only what is at least as near is of use on the other side.
    let reach = above
        .as_ref()
        .ok()
        .copied()
        .flatten()
        .map_or(low, |up| low.max(present.saturating_mul(2).saturating_sub(up)));
    search.left = BUDGET;
    let below = search.first(reach, present.saturating_sub(1), false);
    match (below, above) {
        // What is found below is at least as near as what is above.
        (Ok(Some(at)), _) | (Ok(None), Ok(Some(at))) => value(at).map_or(Found::None, Found::Value),
        (Ok(None), Ok(None)) => Found::None,
        _ => Found::GivenUp,
    }
}

/// The search of one input.
struct Search<'s, F> {
    /// The cell that is open while a range is supposed.
    missing: &'s Missing,
    /// The value of a number.
    value: &'s dyn Fn(i64) -> Option<Value>,
    /// Does a value, or all of a range, turn the decision?
    turns: &'s mut F,
    /// Evaluations left of the budget.
    left: usize,
}

/// The budget is spent.
struct Spent;

impl<F: FnMut(Possible) -> Verdict> Search<'_, F> {
    /// The first number of `low..=high` (the last, unless `upwards`) that turns the decision.
    fn first(&mut self, low: i64, high: i64, upwards: bool) -> Result<Option<i64>, Spent> {
        if low > high {
            return Ok(None);
        }
        self.left = self.left.checked_sub(1).ok_or(Spent)?;
        let (Some(a), Some(b)) = ((self.value)(low), (self.value)(high)) else { return Ok(None) };
        let point = low == high;
        let possible = if point {
            Possible::Known(a)
        } else {
            Possible::Open(Range::Between(Some(a), Some(b)), self.missing.clone())
        };
        match (self.turns)(possible) {
            Verdict::All => return Ok(Some(if upwards { low } else { high })),
            Verdict::None => return Ok(None),
            Verdict::Open if point => return Ok(None),
            Verdict::Open => {}
        }
        // The half that is looked at first is the one nearer to the present value.
        let middle = low + (high - low) / 2;
        let (first, second) = ((low, middle), (middle + 1, high));
        let (first, second) = if upwards { (first, second) } else { (second, first) };
        match self.first(first.0, first.1, upwards)? {
            Some(found) => Ok(Some(found)),
            None => self.first(second.0, second.1, upwards),
        }
    }
}

/// When a decision changes by the mere passing of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OtherDates {
    /// The first later day with another outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<OtherDate>,
    /// The last earlier day with another outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<OtherDate>,
}

/// A day on which the outcome differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OtherDate {
    /// The day, as `2018-01-01`.
    pub date: String,
    /// The outcome on it.
    pub outcome: bool,
    /// The rules of that day lean on tables that the law has renewed since, or that may be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

impl OtherDates {
    /// For whoever knows no names of the pack: a section with its title; empty if no day turns the decision.
    pub fn to_words(&self, explanation: &Explanation, date: Date) -> String {
        let lines: Vec<String> =
            self.sentences(explanation, date).iter().map(|line| format!("   {line}\n")).collect();
        if lines.is_empty() { String::new() } else { format!("À une autre date :\n{}", lines.concat()) }
    }

    /// `oui dès le 1er janvier 2023, à données inchangées`, for each of the nearest days with another answer.
    pub fn brief(&self) -> Vec<String> {
        let other = |(when, other): (&str, &Option<OtherDate>)| {
            let other = other.as_ref()?;
            let day = parse_date(&other.date).map_or_else(|| other.date.clone(), french_day);
            Some(format!("{} {when} le {day}", if other.outcome { "oui" } else { "non" }))
        };
        [("dès", &self.after), ("encore", &self.before)].into_iter().filter_map(other).collect()
    }

    /// A sentence for each of the nearest days with another answer, and what that supposes: incomes of a year are those
    /// of another year on a day of another year.
    pub fn sentences(&self, explanation: &Explanation, date: Date) -> Vec<String> {
        let mut lines = Vec::new();
        for (when, other) in [("dès", &self.after), ("encore", &self.before)] {
            let Some(other) = other else { continue };
            let day = parse_date(&other.date);
            let of_another_year =
                day.is_some_and(|day| day.year() != date.year()) && explanation.reads_yearly();
            let supposed = match of_another_year {
                true => {
                    "à revenus inchangés (ceux qui comptent ce jour-là sont d'une autre année, et sont à produire)"
                }
                false => "à données inchangées",
            };
            let answer = if other.outcome { "oui" } else { "non" };
            let stale = if other.stale { " (barème peut-être périmé à cette date)" } else { "" };
            let day = day.map_or_else(|| other.date.clone(), french_day);
            lines.push(format!("La réponse serait « {answer} » {when} le {day}{stale}, {supposed}."));
        }
        lines
    }
}

/// The nearest days, before and after the plan's, on which a rule has another known boolean outcome
/// for the row, all inputs being equal. The days looked at go from the first dated value of the pack
/// to two years after its last.
pub fn other_dates(plan: &Plan, dataset: &Dataset, name: &str, row: u64) -> OtherDates {
    let own = plan.selected.iter().find(|(n, _)| n == name).map(|(_, node)| *node);
    let present = own.map(|node| Evaluator::new(&Context::new(plan, dataset)).outcome(node, row));
    let Some(Ok(Possible::Known(Value::Bool(present)))) = present else { return OtherDates::default() };
    let turning = turning_days(plan);
    let Some(&last) = turning.last() else { return OtherDates::default() };
    let (end, today) = (day_number(last) + 730, day_number(plan.date));
    // Periods between two changes of the law; within one, only the date itself moves.
    let starts: Vec<i64> = turning.iter().map(|d| day_number(*d)).collect();
    let periods: Vec<(i64, i64)> = starts
        .iter()
        .enumerate()
        .map(|(i, &start)| (start, starts.get(i + 1).map_or(end, |next| next - 1)))
        .collect();
    // The first day of a period's part (the last, unless upwards) on which the outcome is another.
    let look = |low: i64, high: i64, upwards: bool| -> Option<OtherDate> {
        let Some(Value::Date(date)) = day(low) else { return None };
        let plan = Plan::new(&plan.parsed, date, &[name]).ok()?;
        let (_, node) = *plan.selected.first()?;
        let mut context = Context::new(&plan, dataset);
        let mut turns = |value: Possible| {
            context.suppose_date(value);
            verdict(&context, node, row, present)
        };
        let missing = Missing::default();
        let mut search = Search { missing: &missing, value: &day, turns: &mut turns, left: BUDGET };
        let at = search.first(low, high, upwards).ok()??;
        Some(OtherDate { date: day(at)?.to_string(), outcome: !present, stale: !plan.warnings.is_empty() })
    };
    let after = periods
        .iter()
        .filter(|(_, to)| *to > today)
        .find_map(|&(from, to)| look(from.max(today + 1), to, true));
    let mut before = periods.iter().rev().filter(|(from, _)| *from < today);
    let before = before.find_map(|&(from, to)| look(from, to.min(today - 1), false));
    OtherDates { after, before }
}

/// The days on which a value of a parameter, the text of a rule or a rule itself begins or ends, sorted.
fn turning_days(plan: &Plan) -> Vec<Date> {
    // The first of all changes is the beginning of the calendar, which is no change of the law.
    changes(&plan.parsed).into_iter().filter(|day| *day > Date::MIN).collect()
}
