//! Counts of what was drawn, from the tables alone: by code that takes no part in the drawing.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type};
use arrow_array::{Array, BooleanArray, PrimitiveArray, RecordBatch, StringArray};

use crate::fitted::{Part, Population};
use crate::households::ceilings;
use logis_language::value::{Date, add_days, months_between, years_between};

/// Counts of what was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub(crate) requests: u64,
    pub(crate) persons: u64,
    pub(crate) by_commune: BTreeMap<String, u64>,
    /// Couple or not, and children.
    pub(crate) households: BTreeMap<(bool, i64), u64>,
    /// Under PLAI, PLUS, PLS, above.
    pub(crate) incomes: [u64; 4],
    /// By age of the applicant.
    pub(crate) ages: BTreeMap<i64, u64>,
    pub(crate) social: u64,
    /// By whole months since the request.
    pub(crate) months: BTreeMap<i64, u64>,
    /// By number of wished communes.
    pub(crate) wishes: BTreeMap<usize, u64>,
    pub(crate) employers: u64,
    pub(crate) units: u64,
    pub(crate) units_by_commune: BTreeMap<String, u64>,
    pub(crate) sizes: BTreeMap<String, u64>,
    pub(crate) products: BTreeMap<String, u64>,
    pub(crate) districts: u64,
}

/// The household of one request, read back from the rows of its persons.
#[derive(Default)]
struct Seen {
    persons: i64,
    dependents: i64,
    children: i64,
    couple: bool,
    disabled: bool,
    /// Sum of the ages of applicant and partner.
    ages: i64,
}

impl Seen {
    /// The household category, without the rules; `disability` says whether a disabled person raises it.
    fn category(&self, disability: bool) -> i64 {
        let lone = self.persons >= 2 && !self.couple && self.persons == self.dependents + 1;
        let young = self.persons == 2 && self.couple && self.dependents == 0 && self.ages <= 55;
        self.persons + i64::from(lone || young || (disability && self.disabled))
    }
}

impl Population<'_> {
    /// Counts the rows of a part.
    pub fn count(&self, part: &Part) -> Tally {
        let mut tally = Tally::default();
        let as_of = self.model.day();
        let persons = &part.persons;
        let (own, words) = (&self.model.colonnes.personnes, &self.model.valeurs);
        let (Some(of), Some(links), Some(births)) =
            (text(persons, &own.demande), text(persons, &own.lien), days(persons, &own.naissance))
        else {
            return tally;
        };
        let (Some(dependent), Some(disabled), Some(social)) =
            (flags(persons, &own.a_charge), flags(persons, &own.handicap), flags(persons, &own.parc_social))
        else {
            return tally;
        };
        let requests = &part.requests;
        let own = &self.model.colonnes.demandes;
        let (Some(ids), Some(communes), Some(wished), Some(asked)) = (
            text(requests, &own.demande),
            text(requests, &own.commune),
            text(requests, &own.communes_souhaitees),
            days(requests, &own.date),
        ) else {
            return tally;
        };
        let incomes = [&own.revenu_n2, &own.revenu_n1, &own.revenu_12_mois]
            .map(|name| requests.column_by_name(name).map(|column| column.as_primitive::<Int64Type>()));
        tally.persons = persons.num_rows() as u64;
        // Persons stand in the order of their requests: one walk over both counts all.
        let mut next = 0;
        for row in 0..requests.num_rows() {
            let mut seen = Seen::default();
            while next < persons.num_rows() && of.value(next) == ids.value(row) {
                let link = links.value(next);
                seen.persons += 1;
                seen.dependents += i64::from(dependent.value(next));
                seen.children += i64::from(link == words.enfant);
                seen.couple |= link == words.conjoint;
                seen.disabled |= disabled.value(next);
                if link == words.demandeur || link == words.conjoint {
                    let age = years_between(date(births.value(next)), as_of);
                    seen.ages += age;
                    if link == words.demandeur {
                        *tally.ages.entry(age).or_default() += 1;
                        tally.social += u64::from(social.value(next));
                    }
                }
                next += 1;
            }
            tally.requests += 1;
            let commune = communes.value(row);
            add(&mut tally.by_commune, commune);
            *tally.households.entry((seen.couple, seen.children)).or_default() += 1;
            *tally.wishes.entry(wished.value(row).split_whitespace().count()).or_default() += 1;
            *tally.months.entry(months_between(date(asked.value(row)), as_of)).or_default() += 1;
            let known = incomes.iter().map(|c| c.filter(|c| c.is_valid(row)).map(|c| c.value(row)));
            let known: Vec<Option<i64>> = known.collect();
            if let (Some(place), Some(Some(n2))) = (self.places.find(commune), known.first()) {
                // The rules take a later income where it is lower by at least a tenth.
                let lower = known.iter().skip(1).flatten().filter(|later| 10 * **later <= 9 * n2).min();
                let income = lower.map_or(*n2, |lower| *lower.min(n2));
                let class = ceilings(&place.ceilings, seen.category(self.model.plafonds.handicap_releve))
                    .iter()
                    .filter(|c| income > **c)
                    .count();
                if let Some(count) = tally.incomes.get_mut(class) {
                    *count += 1;
                }
            }
        }
        tally
    }

    /// Counts the employers.
    pub fn count_employers(&self, employers: &RecordBatch) -> Tally {
        Tally { employers: employers.num_rows() as u64, ..Tally::default() }
    }

    /// Counts the units.
    pub fn count_units(&self, units: &RecordBatch) -> Tally {
        let mut tally = Tally { units: units.num_rows() as u64, ..Tally::default() };
        let own = &self.model.colonnes.logements;
        let columns =
            [&own.commune, &own.typologie, &own.financement, &own.quartier].map(|name| text(units, name));
        let [Some(communes), Some(sizes), Some(products), Some(districts)] = columns else { return tally };
        for row in 0..units.num_rows() {
            add(&mut tally.units_by_commune, communes.value(row));
            add(&mut tally.sizes, sizes.value(row));
            add(&mut tally.products, products.value(row));
            tally.districts += u64::from(districts.is_valid(row));
        }
        tally
    }
}

impl Tally {
    /// Adds what another one counted.
    pub fn merge(&mut self, other: Tally) {
        self.requests += other.requests;
        self.persons += other.persons;
        self.social += other.social;
        self.employers += other.employers;
        self.units += other.units;
        self.districts += other.districts;
        for (own, other) in self.incomes.iter_mut().zip(other.incomes) {
            *own += other;
        }
        merge(&mut self.by_commune, other.by_commune);
        merge(&mut self.households, other.households);
        merge(&mut self.ages, other.ages);
        merge(&mut self.months, other.months);
        merge(&mut self.wishes, other.wishes);
        merge(&mut self.units_by_commune, other.units_by_commune);
        merge(&mut self.sizes, other.sizes);
        merge(&mut self.products, other.products);
    }
}

fn merge<K: Ord>(into: &mut BTreeMap<K, u64>, other: BTreeMap<K, u64>) {
    for (key, count) in other {
        *into.entry(key).or_default() += count;
    }
}

fn add(counts: &mut BTreeMap<String, u64>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => drop(counts.insert(key.to_string(), 1)),
    }
}

fn date(days: i32) -> Date {
    let start = Date::constant(1970, 1, 1);
    add_days(start, days.into()).unwrap_or(start)
}

fn text<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name)?.as_string_opt()
}

fn flags<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b BooleanArray> {
    batch.column_by_name(name)?.as_boolean_opt()
}

fn days<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b PrimitiveArray<Date32Type>> {
    batch.column_by_name(name)?.as_primitive_opt()
}
