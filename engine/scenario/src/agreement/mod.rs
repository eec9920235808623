//! The yearly review of a territory's agreement: for each of its lines the target, what is reached, the gap and the trend,
//! by year and place, with what leaves a figure open and what is doubtful.
//!
//! What is counted is said by `bilan.toml` of the territory. A [`Reviewer`] plans it as of a day, says what it needs of a
//! data package, and makes a [`Review`] of the rows. Nothing of an agreement is known here.

mod doubts;
mod export;
mod figure;
mod gather;
mod judge;
mod places;
mod shares;
mod sheets;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use export::Exporter;
use figure::{Figure, Parts, Window};
use gather::{Gatherer, table_name};
use judge::{Judged, Period, Verdict, judge};
use logis_allocation::attribution::MatchingPlan;
use logis_data::{Dataset, Needs};
use logis_language::Pack;
use logis_language::pack::Parsed;
use logis_language::pack::agreement::{Agreement, Indicator, Made, Measure, Standing, Target};
use logis_language::pack::params::ParameterVersion;
use logis_language::pack::schema::EntityId;
use logis_language::value::{Date, Exact, div, french_day, mul};
use serde::Serialize;
use shares::Compared;

use crate::basis::{Basis, Stands};
use crate::map::Figures;
use crate::sheet::{Cell, Sheet};
use crate::table::{Table, scaled};

/// What the review of an agreement reads, planned as of a day.
pub struct Reviewer<'p> {
    pack: &'p Pack,
    agreement: &'p Agreement,
    as_of: Date,
    gatherer: Gatherer<'p>,
    matching: Option<MatchingPlan>,
}

/// The review of one year.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    /// What people call the agreement.
    pub title: String,
    /// What the review is of.
    pub text: String,
    /// The territory.
    pub territory: String,
    /// Which agreement it is, and how its days stand to that of the review.
    pub agreement: Reviewed,
    /// The year.
    pub year: i16,
    /// The day as of which all is counted.
    pub date: String,
    /// How many lines are reached, missed and so on, in words.
    pub summary: Vec<Counted>,
    /// What is to be known of it.
    pub warnings: Vec<String>,
    /// What all of it rests on.
    pub basis: Basis,
    /// The sheets, in the order in which they are read.
    pub sheets: Vec<Sheet>,
    /// The figures of places, each beside a sheet: maps, for whoever has contours.
    #[serde(skip)]
    pub maps: Vec<Figures>,
}

/// The agreement of a review.
#[derive(Clone, Debug, Serialize)]
pub struct Reviewed {
    /// Its name: that of its folder.
    pub name: String,
    /// Its first day.
    pub from: String,
    /// Its last day.
    pub until: String,
    /// Is the day of the review one of them: `in_force`, `not_begun` or `over`?
    pub standing: &'static str,
}

/// How many lines have a verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// The verdict, in words.
    pub verdict: String,
    /// How many lines.
    pub count: usize,
}

/// What sheets are made from.
struct Read<'r> {
    pack: &'r Pack,
    agreement: &'r Agreement,
    as_of: Date,
    dataset: &'r Dataset,
    kinds: Vec<EntityId>,
}

/// One indicator with its figures.
struct Line<'r> {
    indicator: &'r Indicator,
    parts: Parts<'r>,
    period: Period,
    of_year: Figure,
    before: Figure,
    so_far: Figure,
    judged: Judged,
    /// The year of the review.
    year: i16,
}

/// The agreements of a pack, each with the name of its territory.
pub fn agreements(pack: &Pack) -> impl Iterator<Item = (&str, &Agreement)> {
    let all = &pack.parsed().territories.all;
    pack.parsed().agreements.iter().filter_map(|agreement| {
        let of = all.get(agreement.territory).filter(|of| !of.left_out)?;
        Some((of.name.as_ref(), agreement))
    })
}

/// Of these agreements those that hold on a day; where none does, of each territory the one that ended last before the
/// day, or that begins first after it.
pub fn of_day<'p>(
    of: impl IntoIterator<Item = (&'p str, &'p Agreement)>,
    day: Date,
) -> Vec<(&'p str, &'p Agreement)> {
    let all: Vec<_> = of.into_iter().collect();
    let held: Vec<_> = all.iter().filter(|(_, a)| a.on(day) == Standing::InForce).copied().collect();
    if !held.is_empty() {
        return held;
    }
    let mut nearest: BTreeMap<&str, &Agreement> = BTreeMap::new();
    for (territory, agreement) in all {
        // What is over is nearer than what has not begun.
        let rank = |a: &Agreement| match a.on(day) {
            Standing::Over => (1, Some(a.until), None),
            _ => (0, None, Some(Reverse(a.from))),
        };
        let known = nearest.entry(territory).or_insert(agreement);
        if rank(agreement) > rank(known) {
            *known = agreement;
        }
    }
    nearest.into_iter().collect()
}

impl<'p> Reviewer<'p> {
    /// Plans the review of an agreement as of a day: its year is reviewed up to it.
    pub fn new(pack: &'p Pack, agreement: &'p Agreement, as_of: Date) -> Reviewer<'p> {
        let gatherer = Gatherer::new(pack, agreement, as_of);
        Reviewer { pack, agreement, as_of, gatherer, matching: shares::plan(pack, agreement, as_of) }
    }

    /// What it reads of a data package. A table or a column that is not there leaves figures open, and is no error.
    pub fn needs(&self) -> Needs {
        let mut needs = self.gatherer.needs();
        if let Some(plan) = &self.matching {
            needs.join(shares::needs(plan));
        }
        needs.decided.clear();
        needs.any_table = true;
        needs
    }

    /// Reviews the rows of a data package.
    pub fn review(&self, dataset: &Dataset) -> Review {
        let (agreement, year) = (self.agreement, self.as_of.year());
        let (gathered, left) = self.gatherer.gather(dataset);
        let compared = self.matching.clone().map(|plan| Compared::new(plan, dataset));
        let read = Read {
            pack: self.pack,
            agreement,
            as_of: self.as_of,
            dataset,
            kinds: self.gatherer.kinds().to_vec(),
        };
        let mut at = 0;
        let mut lines = Vec::new();
        for indicator in &agreement.indicators {
            let many = indicator.terms().count();
            let parts = Parts::new(indicator, gathered.get(at..at + many).unwrap_or_default());
            at += many;
            lines.push(self.line(indicator, parts, compared.as_ref()));
        }
        let mut sheets = vec![sheets::balance(&read, &lines), sheets::years(&read, &lines)];
        sheets.extend((0..read.kinds.len()).filter_map(|kind| sheets::places(&read, &lines, kind)));
        let maps = (0..read.kinds.len()).flat_map(|kind| sheets::maps(&read, &lines, kind)).collect();
        sheets.extend(
            compared.as_ref().and_then(|c| c.as_ref().ok()).map(|c| c.sheet(self.pack, agreement, &gathered)),
        );
        let local = self.gatherer.local(dataset);
        let doubted = doubts::doubts(self.pack, agreement, &local.held, self.as_of);
        let rest = [
            sheets::lists(&read, &lines),
            sheets::amendments(&read),
            sheets::unknown(&read, &lines),
            sheets::left_out(&read, &left),
            doubts::sheet(&doubted),
            sheets::figures(&read, &lines),
        ];
        sheets.extend(rest.into_iter().filter(|sheet| !sheet.rows.is_empty()));
        let summary = sheets::counted(&lines).into_iter().filter(|(_, count)| *count > 0);
        Review {
            title: agreement.title.clone(),
            text: format!(
                "Bilan de l'année {year}, compté jusqu'au {} ; convention du {} au {}{}.",
                french_day(self.as_of),
                french_day(agreement.from),
                french_day(agreement.until),
                match agreement.on(self.as_of) {
                    Standing::NotBegun => ", pas encore commencée",
                    Standing::InForce => "",
                    Standing::Over => ", finie",
                }
            ),
            territory: read
                .parsed()
                .territories
                .all
                .get(agreement.territory)
                .map_or_else(String::new, |t| t.label.clone()),
            agreement: Reviewed {
                name: agreement.name.clone(),
                from: agreement.from.to_string(),
                until: agreement.until.to_string(),
                standing: match agreement.on(self.as_of) {
                    Standing::NotBegun => "not_begun",
                    Standing::InForce => "in_force",
                    Standing::Over => "over",
                },
            },
            year,
            date: self.as_of.to_string(),
            summary: summary
                .map(|(verdict, count)| Counted { verdict: verdict.word().to_string(), count })
                .collect(),
            warnings: self.warnings(dataset, &lines, left.len()),
            basis: Basis {
                dates: vec![self.as_of.to_string()],
                stands: vec![Stands::of_pack("Règles", self.pack.parsed())],
                places: local.counted,
                doubts: doubted.into_keys().collect(),
                ..Basis::default()
            },
            sheets,
            maps,
        }
    }

    /// The figures of a review as a table of measures: the year, the years so far, and their mean.
    pub(crate) fn measures(&self, dataset: &Dataset) -> Table {
        let year = self.as_of.year();
        let mut table = Table::new(
            "convention",
            &format!("{} : bilan au {}", self.agreement.title, self.as_of),
            "Indicateur",
            "Sommes sur les opérations, les aides et les attributions du paquet suivi, chaque ligne par les règles en vigueur à sa date ; aucune variante n'y change rien.",
            "`bilan.toml` du territoire et règles du paquet",
        )
        .column("annee", &format!("Année {year}"), "", 2, false)
        .column("cumul", "Cumul de la période", "", 2, false)
        .column("moyenne", "Moyenne par an", "", 2, false);
        let (gathered, _) = self.gatherer.gather(dataset);
        let mut at = 0;
        for indicator in &self.agreement.indicators {
            let many = indicator.terms().count();
            let parts = Parts::new(indicator, gathered.get(at..at + many).unwrap_or_default());
            at += many;
            let line = self.line(indicator, parts, None);
            if !line.is_summed() {
                continue;
            }
            let shown = |value: Option<Exact>| {
                let hundred = Exact::from_integer(100);
                let value =
                    value.and_then(|v| if indicator.unit == "%" { mul(&v, &hundred).ok() } else { Some(v) });
                value.and_then(|v| scaled(&v, 2))
            };
            let cells = vec![shown(line.of_year.value), shown(line.so_far.value), shown(line.mean())];
            table.row(&indicator.id, &format!("{} {}", indicator.id, indicator.label), cells);
            if let Some(row) = table.rows.last_mut() {
                row.unit = Some((indicator.unit.clone(), 2));
            }
        }
        table
    }

    fn line<'r>(
        &self,
        indicator: &'r Indicator,
        parts: Parts<'r>,
        compared: Option<&Result<Compared, String>>,
    ) -> Line<'r> {
        let year = self.as_of.year();
        let period = Period::of(self.agreement, indicator, self.as_of);
        let at = |year: i16| {
            let window = window(indicator, &period, year, self.as_of.year());
            window.map_or_else(Figure::default, |window| parts.figure(window))
        };
        let (mut of_year, mut before) = (at(year), at(year - 1));
        let mut so_far = parts.figure(period.window(year));
        let mut target = None;
        if let Measure::Made(made) = indicator.measure {
            let made = self.made(made, &period, compared);
            target = made.1;
            (of_year, so_far, before) = (made.0.clone(), made.0, Figure::default());
        }
        let parsed = self.pack.parsed();
        let mut judged = judge(parsed, self.agreement, indicator, &parts, (&of_year, &so_far), self.as_of);
        if let Some(without) = target {
            // The target of a comparison is the other matching.
            judged.words = format!("au moins {}, sans les parts", judge::cell(indicator, Some(&without)));
            judged.gap = of_year.value.and_then(|with| logis_language::value::sub(&with, &without).ok());
            let reached = judged.gap.is_some_and(|gap| gap >= Exact::from_integer(0));
            judged.verdict = if reached { Verdict::Reached } else { Verdict::Missed };
        }
        Line { indicator, parts, period, of_year, before, so_far, judged, year }
    }

    /// A figure that no table holds, and what it is held against if the review knows that, too.
    fn made(
        &self,
        made: Made,
        period: &Period,
        compared: Option<&Result<Compared, String>>,
    ) -> (Figure, Option<Exact>) {
        let whole = |n: i128| Figure {
            value: Some(Exact::from_integer(n)),
            known: Some(Exact::from_integer(n)),
            rows: 1,
            ..Figure::default()
        };
        let none = |why: &str| Figure { why: Some(why.to_string()), ..Figure::default() };
        match (made, compared) {
            (Made::Years, _) => (whole(i128::from(period.until - period.from) + 1), None),
            (Made::Review, _) => (whole(1), None),
            (Made::Amendments, _) => {
                let count = amended(self.pack, self.agreement, self.as_of).len();
                (whole(i128::try_from(count).unwrap_or(0)), None)
            }
            (Made::Attributions, Some(Ok(compared))) => {
                let (with, without) = compared.attributions();
                (whole(i128::from(with)), Some(Exact::from_integer(i128::from(without))))
            }
            (Made::Attributions, Some(Err(why))) => (none(why), None),
            (Made::Attributions, None) => (none("ce paquet de règles n'a pas d'appariement"), None),
        }
    }

    fn warnings(&self, dataset: &Dataset, lines: &[Line<'_>], left: usize) -> Vec<String> {
        let mut all = Vec::new();
        if dataset.about.synthetic {
            let title = dataset.about.title.clone().unwrap_or_default();
            all.push(format!(
                "les données sont synthétiques, aucune personne ni opération n'est réelle ({title})"
            ));
        }
        all.extend(dataset.about.text.as_ref().map(|text| text.trim_end_matches('.').to_string()));
        let unknown = lines.iter().filter(|line| line.judged.verdict == Verdict::Unknown).count();
        if unknown > 0 {
            all.push(format!(
                "{unknown} chiffres sont inconnus : « Ce qui rend un chiffre inconnu » dit pourquoi"
            ));
        }
        if left > 0 {
            all.push(format!("{left} lignes ne sont pas comptées : « Ce qui n'est pas compté » les nomme"));
        }
        all.extend(outside(self.agreement, self.as_of));
        all.extend(self.part_of_a_year());
        all
    }

    /// What is to be known of a year that only in part is one of the agreement.
    fn part_of_a_year(&self) -> Option<String> {
        let (agreement, year) = (self.agreement, self.as_of.year());
        let day = |month, day| Date::new(year, month, day).ok();
        let late = agreement.from.year() == year && day(1, 1).is_some_and(|first| agreement.from > first);
        let early = agreement.until.year() == year && day(12, 31).is_some_and(|last| agreement.until < last);
        let (from, until) = (french_day(agreement.from), french_day(agreement.until));
        let when = match (late, early) {
            (false, false) => return None,
            (true, false) => format!("du {from} au 31 décembre"),
            (false, true) => format!("du 1er janvier au {until}"),
            (true, true) => format!("du {from} au {until}"),
        };
        Some(format!(
            "en {year} la convention ne vaut que {when} : ses objectifs par an y sont ceux d'une année entière, face aux lignes de ces jours"
        ))
    }
}

/// That a day is none of the agreement, if it is none.
pub fn outside(agreement: &Agreement, day: Date) -> Option<String> {
    let said = match agreement.on(day) {
        Standing::InForce => return None,
        Standing::NotBegun => format!("qui ne commence que le {}", french_day(agreement.from)),
        Standing::Over => format!("finie depuis le {}", french_day(agreement.until)),
    };
    let title = &agreement.title;
    Some(format!(
        "le {} n'est pas de la convention « {title} », {said} : une année hors de ses années n'est pas jugée",
        french_day(day)
    ))
}

/// The window of a year of an indicator; none if the year is not of its period.
fn window(indicator: &Indicator, period: &Period, year: i16, now: i16) -> Option<Window> {
    // The state at a date is that of the last day until then.
    let last = indicator.every == logis_language::pack::agreement::Every::Last;
    let from = if last { period.from.min(year) } else { year };
    let held = period.holds(year) || last && year <= period.until;
    held.then_some(Window { from, until: year, timeless: year == now, place: None })
}

impl<'r> Line<'r> {
    /// Is it a sum over rows, and not a commitment or what the review itself knows?
    fn is_summed(&self) -> bool {
        matches!(self.indicator.measure, Measure::Sums { .. })
    }

    fn year_window(&self, year: i16) -> Option<Window> {
        window(self.indicator, &self.period, year, self.year)
    }

    /// Its figure of a year; none if the year is not of its period.
    fn of(&self, read: &Read<'_>, year: i16) -> Option<Figure> {
        let window = window(self.indicator, &self.period, year, read.year())?;
        Some(self.parts.figure(window))
    }

    /// The mean of a sum over the years so far.
    fn mean(&self) -> Option<Exact> {
        let summed = matches!(self.indicator.measure, Measure::Sums { over: None, growth: None, .. });
        let years = Exact::from_integer(i128::from(self.period.elapsed()));
        self.so_far.value.filter(|_| summed).and_then(|sum| div(&sum, &years).ok())
    }
}

impl Read<'_> {
    fn parsed(&self) -> &Arc<Parsed> {
        self.pack.parsed()
    }

    fn year(&self) -> i16 {
        self.as_of.year()
    }

    /// The identifier of a row.
    fn id(&self, entity: EntityId, row: usize) -> String {
        self.dataset.tables.get(entity).and_then(|t| t.ids.text(row)).unwrap_or_default().to_string()
    }

    /// The file and the line of a row.
    fn place(&self, entity: EntityId, row: usize) -> (String, Cell) {
        let table = self.dataset.tables.get(entity);
        let file = table.map(|t| t.file.to_string()).filter(|file| !file.is_empty());
        let line = table.and_then(|t| t.lines.get(row)).and_then(|line| i64::try_from(line).ok());
        (
            file.unwrap_or_else(|| table_name(self.parsed(), entity)),
            line.map_or(Cell::Empty, |value| Cell::Number { value, decimals: 0 }),
        )
    }
}

/// The values that targets of an agreement took after their first, up to a day.
fn amended<'p>(
    pack: &'p Pack,
    agreement: &'p Agreement,
    as_of: Date,
) -> Vec<(&'p str, &'p ParameterVersion)> {
    let mut all: BTreeMap<(&str, Date), &ParameterVersion> = BTreeMap::new();
    for indicator in &agreement.indicators {
        let Some(Target::Parameter(path, _)) = &indicator.target else { continue };
        let Some(parameter) = agreement.parameter(pack.parsed(), path) else { continue };
        if parameter.territory.is_none() {
            continue;
        }
        let values = agreement.target_values(pack.parsed(), path);
        for version in values.skip(1).filter(|v| v.from <= as_of) {
            all.insert((path, version.from), version);
        }
    }
    all.into_iter().map(|((path, _), version)| (path, version)).collect()
}
