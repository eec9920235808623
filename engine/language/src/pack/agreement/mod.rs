//! `bilan.toml` of a territory: what an agreement of it counts, year by year, and against which targets.
//!
//! A territory may have several: each is a folder with its own `bilan.toml`, below that of the territory, and the tables of
//! parameters below that folder are its targets. Rules read the table that the successive agreements make together
//! (`join_targets`); a review reads the values of its own agreement.
//!
//! An indicator adds up or counts the outcomes of a rule, or the cells of a field, over the dated rows of a table. What it
//! is held against is a dated parameter of the territory, another sum, or a figure that the text observes. Nothing is
//! computed here; that names are right is checked where the pack's names are wired.

mod read;

use super::Parsed;
use super::params::{Parameter, ParameterVersion, Source};
use super::territory::{TerritoryId, local_path, national_path};
use crate::diagnostic::{Diagnostics, Sources, Span, texts};
use crate::value::{Date, Exact, Value};
pub(super) use read::read;

/// The file of a territory that says what its agreement counts.
pub const FILE: &str = "bilan.toml";

/// What `bilan.toml` of a territory says.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The territory.
    pub territory: TerritoryId,
    /// Its name on the command line: that of its folder, which may be the territory's own.
    pub name: String,
    /// The path of its folder, with `/` at its end.
    pub folder: String,
    /// What people call the agreement.
    pub title: String,
    /// First day of the agreement.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Where the agreement is written.
    pub sources: Vec<Source>,
    /// The reference tables by whose rows figures are broken down: communes, districts.
    pub places: Vec<(String, Span)>,
    /// Its indicators, in the order of the file.
    pub indicators: Vec<Indicator>,
    /// The tables that are given to the partners, in the order of the file.
    pub exports: Vec<Exported>,
    /// The file.
    pub span: Span,
}

/// How a day stands to the days of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is before the first.
    NotBegun,
    /// It is one of them.
    InForce,
    /// It is after the last.
    Over,
}

/// A table that is given to the partners: rows counted by what they have in common.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Its name in files.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The article that asks for it.
    pub article: String,
    /// The entity whose rows are counted.
    pub of: (String, Span),
    /// The date field whose year is the first column.
    pub date: Option<(String, Span)>,
    /// The rules and fields by which rows are counted: of the entity, or of one that it belongs to.
    pub by: Vec<(String, Span)>,
    /// Of numbers among them: the ends of the bands in which they are counted.
    pub bands: Vec<(String, Vec<Exact>)>,
    /// The rules and fields that are added up.
    pub sums: Vec<(String, Span)>,
    /// Only rows of which it is true.
    pub only: Option<(String, Span)>,
    /// Where it is declared.
    pub span: Span,
}

/// One line of the review.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// Its number in the agreement: `A29`.
    pub id: String,
    /// The article.
    pub article: String,
    /// What is counted, in words.
    pub label: String,
    /// Unit of its figures; `%` shows a share by the hundred.
    pub unit: String,
    /// What is to be known to read it.
    pub text: Option<String>,
    /// What computes it.
    pub measure: Measure,
    /// What it is held against.
    pub target: Option<Target>,
    /// Whether more, less or as much is wanted.
    pub kind: Kind,
    /// Over what the target is counted.
    pub every: Every,
    /// First day of its own period, if it is not that of the agreement.
    pub from: Option<Date>,
    /// Last day of its own period.
    pub until: Option<Date>,
    /// Where it is written, if neither its target nor its article says.
    pub sources: Vec<Source>,
    /// Why it may be wrong.
    pub doubt: Option<String>,
    /// Are the rows that it counts listed by name?
    pub listed: bool,
    /// Where it is declared.
    pub span: Span,
}

/// What computes an indicator.
#[derive(Clone, Debug)]
pub enum Measure {
    /// Sums over rows.
    Sums {
        /// What is added up.
        terms: Vec<Term>,
        /// What the sum is divided by: then it is a share or a mean.
        over: Option<Box<Term>>,
        /// The year to which the growth is counted, of a growth.
        growth: Option<i16>,
    },
    /// What the review itself knows.
    Made(Made),
    /// Nothing: a commitment in words.
    Words,
}

/// Figures that no table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The years of the agreement.
    Years,
    /// This review, once for the year that it is of.
    Review,
    /// Values that targets took after their first.
    Amendments,
    /// Attributions by the matching of the package's requests and units, with its shares; the target is those without.
    Attributions,
}

/// A sum over the rows of one table.
#[derive(Clone, Debug)]
pub struct Term {
    /// How rows are added up.
    pub how: How,
    /// The rule or field that is added up; the entity, where rows are counted.
    pub name: (String, Span),
    /// The date field by which a row is of a year; without one the rows are those of today.
    pub date: Option<(String, Span)>,
    /// Only rows whose fields have these values.
    pub only: Vec<(String, Value, Span)>,
    /// The field with the code of the place of a row, where its table belongs to none.
    pub place: Option<(String, Span)>,
}

/// How rows are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The rows themselves.
    Rows,
    /// The rows of which it is true.
    Count,
    /// Its numbers.
    Sum,
}

/// What an indicator is held against.
#[derive(Clone, Debug)]
pub enum Target {
    /// A parameter of the territory, or of all.
    Parameter(String, Span),
    /// Another sum over the same years.
    Term(Box<Term>),
    /// A figure that the text wants.
    Wanted(Exact),
    /// A figure that the text gives of the past: it is shown beside, and nothing is judged by it.
    Observed(Exact),
}

/// Whether more, less or as much is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// At least the target.
    AtLeast,
    /// At most.
    AtMost,
    /// About as much: the text gives no margin, so the gap is shown and not judged.
    About,
}

/// Over what a target is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Each year.
    Year,
    /// All years of the period together.
    Period,
    /// The state at the last date that is given.
    Last,
}

impl Agreement {
    /// The parameter of that path: the territory's own, or that of all.
    pub fn parameter<'p>(&self, parsed: &'p Parsed, path: &str) -> Option<&'p Parameter> {
        let of = parsed.territories.all.get(self.territory);
        let local = of.and_then(|of| parsed.parameter(&local_path(path, of)));
        parsed.parameters.get(local.or_else(|| parsed.parameter(path))?)
    }

    /// The values that a target has for this agreement, oldest first: its own, and those that no agreement gives.
    pub fn target_values<'p>(
        &'p self,
        parsed: &'p Parsed,
        path: &str,
    ) -> impl Iterator<Item = &'p ParameterVersion> {
        let versions = self.parameter(parsed, path).into_iter().flat_map(|p| &p.versions);
        versions.filter(|version| {
            let of = owner(&parsed.agreements, &parsed.sources, &version.span);
            of.is_none_or(|of| of.folder == self.folder)
        })
    }

    /// The value of a target that is in force for this agreement on a day.
    pub fn target_at<'p>(
        &'p self,
        parsed: &'p Parsed,
        path: &str,
        day: Date,
    ) -> Option<&'p ParameterVersion> {
        let version = self.target_values(parsed, path).filter(|v| v.from <= day).last()?;
        version.until.is_none_or(|until| day <= until).then_some(version)
    }

    /// How a day stands to the days of the agreement.
    pub fn on(&self, day: Date) -> Standing {
        match day {
            day if day < self.from => Standing::NotBegun,
            day if day > self.until => Standing::Over,
            _ => Standing::InForce,
        }
    }
}

/// The agreement in whose folder a place stands: the innermost.
fn owner<'a>(agreements: &'a [Agreement], sources: &Sources, place: &Span) -> Option<&'a Agreement> {
    let path = sources.get(place.file)?.path.as_str();
    let holders = agreements.iter().filter(|a| path.starts_with(&a.folder));
    holders.max_by_key(|a| a.folder.len())
}

/// Two agreements of a territory have two names.
pub(super) fn named_once(agreements: &[Agreement], out: &mut Diagnostics) {
    for (at, agreement) in agreements.iter().enumerate() {
        let same = |a: &&Agreement| (a.territory, &a.name) == (agreement.territory, &agreement.name);
        if let Some(first) = agreements.iter().take(at).find(same) {
            let (own, other) = (agreement.span.clone(), first.span.clone());
            out.push(texts::names::declared_twice(&agreement.name, own, other));
        }
    }
}

/// Joins the targets of one name that successive agreements of a territory give, of parameters sorted by path: each holds
/// from its first day until the next agreement's begins, as the amended values of one table do.
///
/// What cannot be told apart by days is reported, and left as it is declared.
pub(super) fn join_targets(
    agreements: &[Agreement],
    sources: &Sources,
    parameters: &mut Vec<Parameter>,
    out: &mut Diagnostics,
) {
    let mut joined: Vec<(Parameter, Option<&Agreement>)> = Vec::new();
    for parameter in parameters.drain(..) {
        let of = owner(agreements, sources, &parameter.span);
        let (Some(before), Some(of)) = (joined.last_mut(), of) else {
            joined.push((parameter, of));
            continue;
        };
        match before.1.filter(|first| before.0.path == parameter.path && first.folder != of.folder) {
            Some(first) => join(before, first, (parameter, of), out),
            None => joined.push((parameter, Some(of))),
        }
    }
    parameters.extend(joined.into_iter().map(|(parameter, _)| parameter));
}

/// Joins a target to that of the same name of another agreement.
fn join<'a>(
    into: &mut (Parameter, Option<&'a Agreement>),
    first: &'a Agreement,
    (parameter, of): (Parameter, &'a Agreement),
    out: &mut Diagnostics,
) {
    let known = &mut into.0;
    let same = (&known.unit, &known.by) == (&parameter.unit, &parameter.by);
    if !same || !known.value_type.matches(&parameter.value_type) {
        let path = national_path(&parameter.path);
        out.push(texts::agreement::target_differs(path, parameter.span.clone(), known.span.clone()));
        return;
    }
    let (earlier, later) = if first.from <= of.from { (first, of) } else { (of, first) };
    let (old, new) =
        if earlier.folder == first.folder { (&*known, &parameter) } else { (&parameter, &*known) };
    let begun = new.versions.first().map(|v| v.from);
    let successive = earlier.until < later.from
        && old.versions.iter().all(|version| begun.is_none_or(|begun| version.from < begun));
    if !successive {
        let (path, titles) = (national_path(&parameter.path), (earlier.title.as_str(), later.title.as_str()));
        let (own, first) = (parameter.span.clone(), known.span.clone());
        out.push(texts::agreement::target_of_two(path, own, first, titles));
        return;
    }
    let mut versions = [old.versions.clone(), new.versions.clone()].concat();
    versions.sort_by_key(|v| v.from);
    // What the table says of itself is what the later agreement says.
    into.0 = Parameter { versions, ..new.clone() };
    into.1 = Some(later);
}

impl Indicator {
    /// All sums that it is made of.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        let (terms, over) = match &self.measure {
            Measure::Sums { terms, over, .. } => (terms.as_slice(), over.as_deref()),
            _ => (&[][..], None),
        };
        let target = match &self.target {
            Some(Target::Term(term)) => Some(term.as_ref()),
            _ => None,
        };
        terms.iter().chain(over).chain(target)
    }
}
