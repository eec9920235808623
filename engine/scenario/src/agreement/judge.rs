//! What an indicator is held against, and what is said of the gap.

use super::figure::{Figure, Parts, Window};
use crate::sheet::Cell;
use crate::table::scaled;
use logis_language::pack::Parsed;
use logis_language::pack::agreement::{Agreement, Every, Indicator, Kind, Measure, Target};
use logis_language::value::{Date, Exact, Value, div, mul, sub};

/// What is said of the gap between a figure and its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is reached.
    Reached,
    /// It is not.
    Missed,
    /// It is not yet, and its period goes on.
    Underway,
    /// The text says « environ »: it is for the reader to say.
    Reader,
    /// The figure of the text is of the past: nothing is judged.
    Memory,
    /// All is known, and nothing was asked: no row to which the share would apply.
    Idle,
    /// The figure is not known.
    Unknown,
    /// The year is not of the period.
    Outside,
    /// There is no target.
    None,
}

impl Verdict {
    /// As it is read.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Reached => "oui",
            Verdict::Missed => "non",
            Verdict::Underway => "en cours",
            Verdict::Reader => "à apprécier",
            Verdict::Memory => "pour mémoire",
            Verdict::Idle => "sans objet",
            Verdict::Unknown => "inconnu",
            Verdict::Outside => "hors période",
            Verdict::None => "sans objectif",
        }
    }
}

/// The years of an indicator, up to that of the review.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// First year.
    pub from: i16,
    /// Last year.
    pub until: i16,
    /// The last year that is over or is reviewed.
    pub now: i16,
}

impl Period {
    /// Of that indicator.
    pub fn of(agreement: &Agreement, indicator: &Indicator, as_of: Date) -> Period {
        let from = indicator.from.unwrap_or(agreement.from).year();
        let until = indicator.until.unwrap_or(agreement.until).year();
        Period { from, until, now: as_of.year().min(until) }
    }

    /// Is the year one of it?
    pub fn holds(&self, year: i16) -> bool {
        (self.from..=self.until).contains(&year)
    }

    /// How many of its years are over or reviewed.
    pub fn elapsed(&self) -> i16 {
        (self.now - self.from + 1).max(0)
    }

    /// All its years so far.
    pub fn window(&self, year: i16) -> Window {
        Window { from: self.from, until: self.now, timeless: self.now == year, place: None }
    }

    /// `2015-2020`, or one year.
    pub fn words(&self) -> String {
        if self.from == self.until { self.from.to_string() } else { format!("{}-{}", self.from, self.until) }
    }
}

/// An indicator held against its target.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The target as it is read.
    pub words: String,
    /// The figure that is held against it.
    pub figure: Figure,
    /// Figure minus target.
    pub gap: Option<Exact>,
    /// What is said of it.
    pub verdict: Verdict,
    /// Of a sum over a period that goes on: what it would be by now in even steps.
    pub by_now: Option<Exact>,
    /// Where the target is written.
    pub source: String,
}

/// Holds an indicator against its target. `of_year` is its figure of the year of the review, `so_far` that of its period.
pub fn judge(
    parsed: &Parsed,
    agreement: &Agreement,
    indicator: &Indicator,
    parts: &Parts<'_>,
    (of_year, so_far): (&Figure, &Figure),
    as_of: Date,
) -> Judged {
    let period = Period::of(agreement, indicator, as_of);
    let figure = match indicator.every {
        Every::Year => of_year,
        Every::Period | Every::Last => so_far,
    };
    let (target, source) = target(parsed, agreement, indicator, parts, &period, as_of);
    let gap = figure.value.zip(target).and_then(|(figure, target)| sub(&figure, &target).ok());
    let outside = indicator.every == Every::Year && !period.holds(as_of.year());
    let verdict = match (&indicator.target, gap) {
        (None, _) => Verdict::None,
        _ if outside => Verdict::Outside,
        (_, None) if figure.baseless => Verdict::Idle,
        (_, None) => Verdict::Unknown,
        (Some(Target::Observed(_)), _) => Verdict::Memory,
        (_, Some(gap)) => {
            let zero = Exact::from_integer(0);
            let reached = if indicator.kind == Kind::AtMost { gap <= zero } else { gap >= zero };
            match (indicator.kind, reached) {
                (Kind::About, _) => Verdict::Reader,
                (_, true) => Verdict::Reached,
                // What may still be done is not missed.
                (Kind::AtLeast, false) if indicator.every == Every::Period && period.now < period.until => {
                    Verdict::Underway
                }
                (_, false) => Verdict::Missed,
            }
        }
    };
    let share = matches!(&indicator.measure, Measure::Sums { over: Some(_), .. });
    let steps = indicator.every == Every::Period && !share && period.now < period.until;
    let by_now = target.filter(|_| steps && verdict != Verdict::Memory).and_then(|target| {
        let years = i128::from(period.until - period.from + 1);
        let part =
            div(&Exact::from_integer(i128::from(period.elapsed())), &Exact::from_integer(years)).ok()?;
        mul(&target, &part).ok()
    });
    Judged { words: words(indicator, target, &period), figure: figure.clone(), gap, verdict, by_now, source }
}

/// The target, and where it is written.
fn target(
    parsed: &Parsed,
    agreement: &Agreement,
    indicator: &Indicator,
    parts: &Parts<'_>,
    period: &Period,
    as_of: Date,
) -> (Option<Exact>, String) {
    let own = indicator.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ; ");
    let cited = || agreement.sources.first().map_or_else(String::new, ToString::to_string);
    let article = match indicator.article.as_str() {
        "" => cited(),
        words if words.starts_with(|c: char| c.is_ascii_digit()) => format!("{}, § {words}", cited()),
        words => format!("{}, {words}", cited()),
    };
    let source = if own.is_empty() { article } else { own };
    match &indicator.target {
        None => (None, source),
        Some(Target::Wanted(number) | Target::Observed(number)) => (Some(*number), source),
        Some(Target::Term(_)) => (parts.target(period.window(as_of.year())).and_then(|f| f.value), source),
        Some(Target::Parameter(path, _)) => {
            // After its last year a target is that of its last year.
            let last = Date::new(period.until, 12, 31).unwrap_or(as_of);
            let version = agreement.target_at(parsed, path, as_of.min(last));
            let value = version.and_then(|v| match v.cells.get(&Vec::new()).map(|c| &c.value) {
                Some(Value::Number(number)) => Some(*number),
                _ => None,
            });
            (value, version.map_or(source, |v| v.cited()))
        }
    }
}

/// `au moins 790 par an`.
fn words(indicator: &Indicator, target: Option<Exact>, period: &Period) -> String {
    if indicator.target.is_none() {
        return String::new();
    }
    let Some(target) = target else { return "pas connu à cette date".to_string() };
    let number = cell(indicator, Some(&target));
    let unit = if indicator.unit == "%" { "\u{202f}%" } else { "" };
    let kind = match (&indicator.target, indicator.kind) {
        (Some(Target::Observed(_)), _) => return format!("{number}{unit} dans le texte"),
        (_, Kind::AtLeast) => "au moins",
        (_, Kind::AtMost) => "au plus",
        (_, Kind::About) => "environ",
    };
    let share = indicator.unit == "%" || matches!(&indicator.measure, Measure::Sums { over: Some(_), .. });
    let every = match indicator.every {
        _ if matches!(indicator.target, Some(Target::Term(_))) => format!(" en {}", period.words()),
        Every::Year if share || matches!(indicator.measure, Measure::Made(_)) => String::new(),
        Every::Year => " par an".to_string(),
        Every::Period => format!(" en {}", period.words()),
        Every::Last => String::new(),
    };
    format!("{kind} {number}{unit}{every}")
}

/// A figure as it is shown, a share with what it is a share of.
pub fn figure_cell(indicator: &Indicator, figure: Option<&Figure>) -> Cell {
    let shown = cell(indicator, figure.and_then(|figure| figure.value.as_ref()));
    let of = figure.and_then(|figure| figure.of).filter(|_| indicator.unit == "%");
    match shown {
        Cell::Number { value, decimals } => Cell::share(Some(value), decimals, of),
        other => other,
    }
}

/// A figure as it is shown: a share by the hundred, with two decimals at most.
pub fn cell(indicator: &Indicator, value: Option<&Exact>) -> Cell {
    let percent = indicator.unit == "%";
    let shown = value.and_then(|value| match percent {
        true => mul(value, &Exact::from_integer(100)).ok(),
        false => Some(*value),
    });
    shown.map_or(Cell::Empty, |shown| {
        // No more decimals than it has, and two at most.
        let decimals = if shown.is_integer() { 0 } else { 2 };
        scaled(&shown, decimals).map_or(Cell::Empty, |value| Cell::Number { value, decimals })
    })
}
