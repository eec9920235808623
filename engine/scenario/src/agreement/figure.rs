//! The figures of an indicator: sums, shares and growths over years and places.

use std::collections::BTreeMap;

use super::gather::{Gathered, Slot, Sum};
use logis_language::pack::agreement::{Every, Indicator, Measure, Target};
use logis_language::value::{Date, Exact, div, sub};

/// A figure, or why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Its value, if all of it is known.
    pub value: Option<Exact>,
    /// What is known of a sum of which some rows are not.
    pub known: Option<Exact>,
    /// How many rows it rests on.
    pub rows: u64,
    /// How many of them are not known.
    pub open: u64,
    /// Of a share: of how many it is; of money, of how many rows.
    pub of: Option<u64>,
    /// Why there is no value.
    pub why: Option<String>,
    /// Is all known, and is there nothing to divide by: nothing was asked?
    pub baseless: bool,
}

/// The years that a figure is of, and the place.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// First year.
    pub from: i16,
    /// Last year.
    pub until: i16,
    /// Are rows without a time of them? They are of the year of the review alone.
    pub timeless: bool,
    /// The kind and the row of the place; everywhere, if none is said.
    pub place: Option<(usize, u32)>,
}

impl Window {
    fn holds(&self, slot: &Slot) -> bool {
        let then = slot.day.map_or(self.timeless, |day| (self.from..=self.until).contains(&day.year()));
        then && self.place.is_none_or(|(kind, row)| slot.places.get(kind) == Some(&row))
    }
}

/// The sums of one indicator, in the order of its terms.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'g> {
    indicator: &'g Indicator,
    gathered: &'g [Gathered],
}

impl<'g> Parts<'g> {
    /// Of that indicator.
    pub fn new(indicator: &'g Indicator, gathered: &'g [Gathered]) -> Parts<'g> {
        Parts { indicator, gathered }
    }

    /// The sums themselves.
    pub fn gathered(&self) -> &'g [Gathered] {
        self.gathered
    }

    /// The figure of a window.
    pub fn figure(&self, window: Window) -> Figure {
        let Measure::Sums { terms, over, growth } = &self.indicator.measure else { return Figure::default() };
        let own = self.gathered.get(..terms.len()).unwrap_or_default();
        let Some(base) = growth else {
            let whole = self.sum(own, window);
            return match over.as_ref().and_then(|_| self.gathered.get(terms.len())) {
                Some(over) => {
                    let base = self.sum(std::slice::from_ref(over), window);
                    let counted = base.value.filter(|_| !over.money).filter(Exact::is_integer);
                    let of = counted.and_then(|n| u64::try_from(n.to_integer()).ok()).unwrap_or(base.rows);
                    Figure { of: Some(of), ..ratio(&whole, &base) }
                }
                None => whole,
            };
        };
        // A growth compares a year with its base.
        let year = Window { from: window.until, ..window };
        let of_base = Window { from: *base, until: *base, timeless: false, ..window };
        let grown = ratio(&self.sum(own, year), &self.sum(own, of_base));
        let one = Exact::from_integer(1);
        Figure { value: grown.value.and_then(|value| sub(&value, &one).ok()), ..grown }
    }

    /// The sum that it is held against, if it is held against one.
    pub fn target(&self, window: Window) -> Option<Figure> {
        match self.indicator.target {
            Some(Target::Term(_)) => {
                let last = self.gathered.last()?;
                Some(self.sum(std::slice::from_ref(last), window))
            }
            _ => None,
        }
    }

    fn sum(&self, terms: &[Gathered], window: Window) -> Figure {
        if let Some(why) = terms.iter().find_map(|term| term.absent.clone()) {
            return Figure { why: Some(why), ..Figure::default() };
        }
        let whole = terms.iter().fold(Sum::default(), |whole, term| {
            let own = match self.indicator.every {
                Every::Last => last(term, window),
                Every::Year | Every::Period => {
                    let held = term.slots.iter().filter(|(slot, _)| window.holds(slot));
                    held.fold(Sum::default(), |all, (_, sum)| all.and(sum))
                }
            };
            whole.and(&own)
        });
        let figure = Figure { rows: whole.rows, open: whole.open, ..Figure::default() };
        if whole.open > 0 {
            let lines = if whole.open == 1 {
                "1 ligne inconnue".into()
            } else {
                format!("{} lignes inconnues", whole.open)
            };
            return Figure { known: Some(whole.known), why: Some(lines), ..figure };
        }
        // No row at all of years that the data do not reach is no zero.
        if whole.rows == 0 && !terms.iter().any(|term| reaches(term, window)) {
            return Figure { why: Some("aucune ligne de cette période dans les données".into()), ..figure };
        }
        Figure { value: Some(whole.known), known: Some(whole.known), ..figure }
    }
}

/// Do the rows of the table go from before the end of the window to after its beginning?
fn reaches(term: &Gathered, window: Window) -> bool {
    let dated = term.years.is_some_and(|(first, last)| first <= window.until && window.from <= last);
    dated || term.timeless && window.timeless
}

/// The state at the end of a window: at each place that of the last day that is given.
fn last(term: &Gathered, window: Window) -> Sum {
    let mut latest: BTreeMap<&[u32], (Option<Date>, Sum)> = BTreeMap::new();
    for (slot, sum) in term.slots.iter().filter(|(slot, _)| window.holds(slot)) {
        let found = latest.entry(&slot.places).or_insert((slot.day, *sum));
        if found.0 < slot.day {
            *found = (slot.day, *sum);
        }
    }
    latest.values().fold(Sum::default(), |all, (_, sum)| all.and(sum))
}

/// One figure over another.
fn ratio(part: &Figure, whole: &Figure) -> Figure {
    let rows =
        Figure { rows: part.rows.max(whole.rows), open: part.open.max(whole.open), ..Figure::default() };
    if let Some(why) = part.why.as_ref().or(whole.why.as_ref()) {
        return Figure { why: Some(why.clone()), ..rows };
    }
    let value = part.value.zip(whole.value).and_then(|(part, whole)| div(&part, &whole).ok());
    match value {
        Some(_) => Figure { value, known: value, ..rows },
        None => {
            let baseless = whole.value == Some(Exact::from_integer(0));
            Figure { why: Some("rien à quoi le rapporter".into()), baseless, ..rows }
        }
    }
}
