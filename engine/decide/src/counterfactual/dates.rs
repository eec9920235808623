//! The nearest days on which a rule answers otherwise.

use std::collections::BTreeSet;

use serde::Serialize;

use super::search::{BUDGET, Search, day, verdict};
use crate::evaluate::possible::{Missing, Possible};
use crate::evaluate::{Context, Evaluator};
use crate::explain::Explanation;
use logis_data::Dataset;
use logis_language::graph::Ever;
use logis_language::pack::changes;
use logis_language::plan::Plan;
use logis_language::value::{Date, Value, day_number, french_day, parse_date};

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
    let parsed = &plan.parsed;
    // The first of all changes is the beginning of the calendar, which is no change of the law.
    let law: Vec<Date> = changes(parsed).into_iter().filter(|day| *day > Date::MIN).collect();
    let (Some(&first), Some(&last)) = (law.first(), law.last()) else { return OtherDates::default() };
    let (end, today) = (day_number(last) + 730, day_number(plan.date));
    // Periods between two changes of what the rule reads; within one, only the date itself moves.
    let ever = Ever::of(parsed, &[name]);
    let texts = ever.texts(parsed);
    let mut turning: BTreeSet<Date> = texts.union(&ever.values(parsed)).copied().collect();
    turning.retain(|day| *day > Date::MIN);
    turning.insert(first);
    let starts: Vec<i64> = turning.into_iter().map(day_number).collect();
    let periods: Vec<(i64, i64)> = starts
        .iter()
        .enumerate()
        .map(|(i, &start)| (start, starts.get(i + 1).map_or(end, |next| next - 1)))
        .collect();
    // The plan lowered last, by the last day on which a text began: the next period mostly has the same texts.
    let mut lowered: Option<(Option<Date>, Option<Plan>)> = None;
    // The first day of a period's part (the last, unless upwards) on which the outcome is another.
    let mut look = |low: i64, high: i64, upwards: bool| -> Option<OtherDate> {
        let Some(Value::Date(date)) = day(low) else { return None };
        let since = texts.range(..=date).next_back().copied();
        let own = match lowered.take() {
            Some((of, own)) if of == since => own.map(|own| own.on(date)),
            _ => Plan::new(parsed, date, &[name]).ok(),
        };
        let (_, own) = lowered.insert((since, own));
        let own = own.as_ref()?;
        let (_, node) = *own.selected.first()?;
        let mut context = Context::new(own, dataset);
        let mut turns = |value: Possible| {
            context.suppose_date(value);
            verdict(&context, node, row, present)
        };
        let missing = Missing::default();
        let mut search = Search { missing: &missing, value: &day, turns: &mut turns, left: BUDGET };
        let Some(Value::Date(at)) = day(search.first(low, high, upwards).ok()??) else { return None };
        Some(OtherDate { date: at.to_string(), outcome: !present, stale: !own.on(at).warnings.is_empty() })
    };
    let after = periods
        .iter()
        .filter(|(_, to)| *to > today)
        .find_map(|&(from, to)| look(from.max(today + 1), to, true));
    let mut before = periods.iter().rev().filter(|(from, _)| *from < today);
    let before = before.find_map(|&(from, to)| look(from, to.min(today - 1), false));
    OtherDates { after, before }
}
