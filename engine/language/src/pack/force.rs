//! When a rule is in force: `/// en vigueur: du 2012-05-02 au 2023-06-30`.
//!
//! Outside of its days a rule is not refused but absent: a boolean is false and a number 0, with that reason;
//! what has no such value (a text, a date, a list) is unknown.

use std::fmt;

use super::RuleTexts;
use super::script::{RuleText, text_at};
use crate::value::{Date, Type, Value, add_days, parse_date};

/// The days on which a rule is in force, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The first day; `None`: from ever.
    pub from: Option<Date>,
    /// The last day; `None`: for ever.
    pub until: Option<Date>,
}

/// Why a rule is not in force on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It begins on that day.
    NotYet(Date),
    /// It has no longer been in force since that day: the one after its last.
    NoLonger(Date),
}

/// As the end of a sentence whose subject is the rule.
impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outside::NotYet(first) => write!(f, "n'est pas encore en vigueur (à partir du {first})"),
            Outside::NoLonger(since) => write!(f, "n'est plus en vigueur depuis le {since}"),
        }
    }
}

impl InForce {
    /// Reads `du JOUR au JOUR`, `depuis le JOUR`, `à partir du JOUR` or `jusqu'au JOUR`; days are written as
    /// `2012-05-02` or `02/05/2012`. `None` for anything else, and for days in the wrong order.
    pub fn parse(text: &str) -> Option<InForce> {
        let text = text.trim().trim_end_matches('.').replace('’', "'");
        let day = |text: &str| parse_date(text.trim());
        if let Some(first) =
            ["depuis le ", "à partir du ", "dès le "].iter().find_map(|p| text.strip_prefix(p))
        {
            return Some(InForce { from: Some(day(first)?), until: None });
        }
        if let Some(last) = text.strip_prefix("jusqu'au ") {
            return Some(InForce { from: None, until: Some(day(last)?) });
        }
        let (first, last) = text.strip_prefix("du ")?.split_once(" au ")?;
        let (first, last) = (day(first)?, day(last)?);
        (first <= last).then_some(InForce { from: Some(first), until: Some(last) })
    }

    /// Why the rule is not in force on a date, if it is not.
    pub fn outside(&self, date: Date) -> Option<Outside> {
        if let Some(first) = self.from.filter(|first| date < *first) {
            return Some(Outside::NotYet(first));
        }
        let last = self.until.filter(|last| date > *last)?;
        Some(Outside::NoLonger(add_days(last, 1).unwrap_or(last)))
    }
}

/// As the tag writes it: `du 2012-05-02 au 2023-06-30`.
impl fmt::Display for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (Some(first), Some(last)) => write!(f, "du {first} au {last}"),
            (Some(first), None) => write!(f, "depuis le {first}"),
            (None, Some(last)) => write!(f, "jusqu'au {last}"),
            (None, None) => f.write_str("toujours"),
        }
    }
}

/// The outcome of a rule of such a type where it is not in force; `None`: unknown.
pub(crate) fn value_outside(kind: &Type) -> Option<Value> {
    match kind {
        Type::Bool => Some(Value::Bool(false)),
        Type::Number => Some(Value::int(0)),
        Type::Date | Type::Text(_) | Type::List(_) => None,
    }
}

impl RuleTexts {
    /// The days on which the rule is in force, if one of its texts says them.
    pub fn in_force(&self) -> Option<InForce> {
        self.texts.iter().find_map(|t| t.doc.in_force.as_ref()).map(|(days, _)| *days)
    }

    /// Why the rule is not in force on a date, if it is not.
    pub fn outside(&self, date: Date) -> Option<Outside> {
        self.in_force()?.outside(date)
    }

    /// The text of the rule on a date; before its first text, that one: what is told of a rule that is not in force.
    pub fn text_near(&self, date: Date) -> Option<&RuleText> {
        text_at(&self.texts, date).or(self.texts.first())
    }

    /// The days from which it has another text, comes into force or is no longer in force, in no order.
    pub fn changes(&self) -> impl Iterator<Item = Date> + '_ {
        let days = self.in_force().into_iter();
        let days = days.flat_map(|days| [days.from, days.until.and_then(|last| add_days(last, 1))]);
        self.texts.iter().filter_map(|text| text.from).chain(days.flatten())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn both_days_of_a_period_are_in_force() {
        let days = InForce::parse("du 2012-05-02 au 30/06/2023").unwrap();
        assert_eq!(days.outside(day("2012-05-01")), Some(Outside::NotYet(day("2012-05-02"))));
        assert_eq!(days.outside(day("2012-05-02")), None);
        assert_eq!(days.outside(day("2023-06-30")), None);
        assert_eq!(days.outside(day("2023-07-01")), Some(Outside::NoLonger(day("2023-07-01"))));
    }

    #[test]
    fn a_period_may_have_one_end_only_and_nothing_else_is_one() {
        assert_eq!(InForce::parse("depuis le 2018-01-01").unwrap().outside(day("9000-01-01")), None);
        assert_eq!(InForce::parse("jusqu’au 2019-12-31").unwrap().outside(day("0001-01-01")), None);
        for wrong in
            ["2018", "du 2019-01-01", "du 2019-01-02 au 2019-01-01", "depuis 2018-01-01", "le 2018-01-01"]
        {
            assert_eq!(InForce::parse(wrong), None, "{wrong}");
        }
    }
}
