//! The households of some requests: where they ask, since when, who they are, what they earn.

use std::ops::Range;

use crate::columns::{EPOCH, day};
use crate::deck::Draw;
use crate::model::{Ceilings, Model};
use crate::names::Words;
use crate::places::Places;
use crate::shuffle::Deal;
use crate::table::{FILING_AGE, HouseholdClass, Table, household_classes, youngest};
use logis_language::value::{add_days, add_months};

/// Ages are below this, in years.
const AGES: i64 = 121;

/// A person of a household.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub link: Link,
    /// Day of birth, in days since 1970.
    pub born: i32,
    pub disabled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Applicant,
    Partner,
    Child,
    Ascendant,
}

impl Link {
    /// The pack's word for it.
    pub fn text(self, words: &Words) -> &str {
        match self {
            Link::Applicant => &words.demandeur,
            Link::Partner => &words.conjoint,
            Link::Child => &words.enfant,
            Link::Ascendant => &words.ascendant,
        }
    }

    pub fn dependent(self) -> bool {
        matches!(self, Link::Child | Link::Ascendant)
    }
}

/// A request and its household.
#[derive(Clone, Debug)]
pub(crate) struct Household {
    /// Place of its commune in [`Places::all`].
    pub place: usize,
    /// Day of the request, in days since 1970.
    pub asked: i32,
    pub persons: Vec<Person>,
    /// Age of the applicant.
    pub age: i64,
    /// Already in the social stock?
    pub social: bool,
    /// Reference tax income of the last year but one and of the last, and income of the last twelve months, euros
    /// a year; none where the data is to lack it.
    pub income_n2: i64,
    pub income_n1: Option<i64>,
    pub last_12: Option<i64>,
}

/// What households are drawn from.
pub(crate) struct Source<'m> {
    model: &'m Model,
    pub table: Table,
    /// Deals the cells of the table to the requests.
    deal: Deal,
    /// By zone: deals its communes to its requests.
    communes: Vec<Deal>,
    classes: Vec<HouseholdClass>,
    /// By age: the last day of birth of whoever has it on the day of the decision.
    birthdays: Vec<i32>,
    /// By class of seniority: its first day and its last.
    asked: Vec<(i32, i32)>,
    /// Whoever is born after this day is under 14.
    fourteen: i32,
}

impl<'m> Source<'m> {
    pub fn new(model: &'m Model, places: &Places, table: Table, key: impl Fn(u64) -> u64) -> Source<'m> {
        let as_of = model.day();
        let back = |months: i64| add_months(as_of, -months).unwrap_or(as_of);
        let communes = (100..)
            .zip(&places.zones)
            .map(|(salt, zone)| {
                let counts: Vec<u64> =
                    zone.places.iter().filter_map(|at| places.all.get(*at)).map(|p| p.requests).collect();
                Deal::new(&counts, key(salt))
            })
            .collect();
        Source {
            model,
            deal: Deal::new(&table.counts, key(1)),
            communes,
            classes: household_classes(model, 0).into_iter().map(|(class, _)| class).collect(),
            birthdays: (0..=AGES).map(|age| day(back(12 * age))).collect(),
            asked: model
                .anciennete
                .classes
                .iter()
                .map(|(low, high, _)| (day(back(high + 1)) + 1, day(back(*low))))
                .collect(),
            fourteen: day(back(14 * 12)),
            table,
        }
    }

    /// The households of some requests, the same whatever else is drawn.
    pub fn households(&self, requests: Range<u64>, places: &Places, draw: &mut Draw) -> Vec<Household> {
        requests.map(|request| self.household(request, places, draw)).collect()
    }

    fn household(&self, request: u64, places: &Places, draw: &mut Draw) -> Household {
        let (cell, rank) = self.deal.at(request);
        let [zone, kind, income, age, social, seniority] = self.table.classes(cell);
        // The zone is the first axis, so its cells are contiguous, and its requests too when laid out by cell:
        // the place of the request among those of its zone is what its commune is dealt by.
        let cells = self.table.counts.len() / self.table.sizes.first().copied().unwrap_or(1).max(1);
        let in_zone = self.deal.start(cell) - self.deal.start(zone * cells) + rank;
        let commune = self.communes.get(zone).map_or(0, |deal| deal.at(in_zone).0);
        let place = places.zones.get(zone).and_then(|z| z.places.get(commune)).copied().unwrap_or(0);
        let m = &self.model.menages;
        let (low, high, _) = m.ages.get(age).copied().unwrap_or((30, 39, 1));
        let age = draw.between(low, high).max(self.youngest(seniority).min(high));
        let disabled = draw.per_mille(m.handicap_pour_mille);
        let class = self.classes.get(kind).copied().unwrap_or(HouseholdClass { couple: false, children: 0 });
        let mut persons = vec![Person { link: Link::Applicant, born: self.born(age, draw), disabled }];
        let mut add = |link, age: i64, draw: &mut Draw| {
            persons.push(Person { link, born: self.born(age, draw), disabled: false });
        };
        let partner = class.couple.then(|| (age + draw.between(-5, 5)).max(18));
        if let Some(age) = partner {
            add(Link::Partner, age, draw);
        }
        for _ in 0..class.children {
            let age = draw.between(0, (age - 18).clamp(0, 20));
            add(Link::Child, age, draw);
        }
        let ascendant = draw.per_mille(m.ascendant_pour_mille);
        if ascendant {
            let age = (age + draw.between(22, 35)).min(95);
            add(Link::Ascendant, age, draw);
        }
        let dependents = class.children + i64::from(ascendant);
        let young = dependents == 0 && partner.is_some_and(|other| other + age <= 55);
        let disability = disabled && self.model.plafonds.handicap_releve;
        // The household category (arrêté du 29 juillet 1987, annexe I), without the rules: persons, and one more for
        // a lone parent, a young couple or a disabled person.
        let raised = (partner.is_none() && dependents > 0) || disability || young;
        let category = 1 + i64::from(class.couple) + dependents + i64::from(raised);
        let ceilings = places.all.get(place).map(|p| p.ceilings);
        let [income_n2, n1, last_12] = self.incomes(income, category, ceilings, draw);
        // Never above all ceilings, where one income that is lacking would leave the class open.
        let missing = |per_mille: i64, draw: &mut Draw| income < 3 && draw.per_mille(per_mille);
        let r = &self.model.revenus;
        let (no_n1, no_12) =
            (missing(r.manque_n1_pour_mille, draw), missing(r.manque_12_mois_pour_mille, draw));
        // Filed by whoever is of age to be emancipated, which the last day of the class leaves room for.
        let (first, last) = self.asked.get(seniority).copied().unwrap_or((0, 0));
        let of_age = persons.first().map_or(first, |applicant| self.of_age(applicant.born));
        let first = first.max(of_age.min(last));
        Household {
            place,
            asked: i32::try_from(draw.between(first.into(), last.into())).unwrap_or(last),
            persons,
            age,
            social: social == 0,
            income_n2,
            income_n1: (!no_n1).then_some(n1),
            last_12: (!no_12).then_some(last_12),
        }
    }

    /// The least age of whoever can have filed a request of a class of seniority.
    fn youngest(&self, seniority: usize) -> i64 {
        self.model.anciennete.classes.get(seniority).map_or(0, |(months, ..)| youngest(*months))
    }

    /// The first day on which whoever is born on that day can file.
    fn of_age(&self, born: i32) -> i32 {
        let birth = add_days(EPOCH, born.into());
        birth.and_then(|birth| add_months(birth, 12 * FILING_AGE)).map_or(born, day)
    }

    /// A day of birth that makes that age.
    fn born(&self, age: i64, draw: &mut Draw) -> i32 {
        let at = |age: i64| usize::try_from(age).ok().and_then(|age| self.birthdays.get(age)).copied();
        let last = at(age.clamp(0, AGES - 1)).unwrap_or(0);
        let first = at(age.clamp(0, AGES - 1) + 1).map_or(last, |day| day + 1);
        i32::try_from(draw.between(first.into(), last.into())).unwrap_or(last)
    }

    /// Reference incomes of the last but one year and of the last, and the income of the last twelve
    /// months, euros a year, in a class of income.
    fn incomes(&self, class: usize, category: i64, zone: Option<Ceilings>, draw: &mut Draw) -> [i64; 3] {
        let Some(zone) = zone else { return [0; 3] };
        let r = &self.model.revenus;
        let [plai, plus, pls] = ceilings(&zone, category);
        let n2 = match class {
            0 => draw.between(plai * r.plancher_pour_cent_plai / 100, plai),
            1 => draw.between(plai + 1, plus),
            2 => draw.between(plus + 1, pls),
            _ => draw.between(pls + 1, pls * r.au_plus_pour_cent_pls / 100),
        };
        // Only incomes under the PLAI ceiling drop, since the rules take the lower one: the class of the others
        // stays what was drawn. The reference income is nine tenths of the income (abatement of a tenth).
        if class == 0 && draw.percent(r.baisse_pour_cent) {
            let n1 = n2 * draw.between(60, 90) / 100;
            [n2, n1, n1 * 10 / 9]
        } else {
            let n1 = n2 * draw.between(96, 106) / 100;
            [n2, n1, n2 * 10 / 9 * draw.between(97, 105) / 100]
        }
    }

    /// Income per consumption unit of a household, euros a year.
    pub fn per_unit(&self, household: &Household) -> Option<i64> {
        // Consumption units in tenths: 5 for the household, then 5 for each person from 14 on, 3 for each child.
        let units = |person: &Person| if person.born <= self.fourteen { 5 } else { 3 };
        let tenths = 5 + household.persons.iter().map(units).sum::<i64>();
        Some(household.last_12? * 10 / tenths)
    }
}

/// The ceilings PLAI, PLUS and PLS of a category, each person beyond the sixth adding the last value.
pub(crate) fn ceilings(zone: &Ceilings, category: i64) -> [i64; 3] {
    let of = |ceilings: &[i64; 7]| {
        let [.., sixth, further] = *ceilings;
        let place = usize::try_from(category - 1).unwrap_or(0);
        match ceilings.get(place) {
            Some(&value) if place < 6 => value,
            _ => sixth + (category - 6) * further,
        }
    };
    let plus = of(&zone.plus);
    // PLUS × 1.3, to the nearest euro.
    [of(&zone.plai), plus, (plus * 13 + 5) / 10]
}
