//! What was asked beside what was drawn.
//!
//! The counts come from the tables, by code that takes no part in the drawing.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type};
use arrow_array::{Array, BooleanArray, RecordBatch, StringArray};

use super::households::ceilings;
use super::{Part, Population};
use crate::calibration::texts;
use crate::deck::quotas;
use logis_data::Output;
use logis_language::value::{Date, add_days, months_between, years_between};

/// Communes up to which each has its own line.
const MOST_COMMUNES: usize = 60;

/// Counts of what was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    requests: u64,
    persons: u64,
    by_commune: BTreeMap<String, u64>,
    /// Couple or not, and children.
    households: BTreeMap<(bool, i64), u64>,
    /// Under PLAI, PLUS, PLS, above.
    incomes: [u64; 4],
    /// By age of the applicant.
    ages: BTreeMap<i64, u64>,
    social: u64,
    /// By whole months since the request.
    months: BTreeMap<i64, u64>,
    /// By number of wished communes.
    wishes: BTreeMap<usize, u64>,
    units: u64,
    units_by_commune: BTreeMap<String, u64>,
    sizes: BTreeMap<String, u64>,
    products: BTreeMap<String, u64>,
    districts: u64,
}

/// One figure: asked, and drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalibrationLine {
    /// What it is.
    pub figure: String,
    /// The share that was published or supposed; empty for plain counts.
    pub share: String,
    /// Rows that were asked for; empty where nothing is published nor supposed.
    pub asked: String,
    /// Rows, or the value, in the data.
    pub found: String,
    /// How far the data are from what was asked, in rows.
    pub distance: String,
    /// Where it was published, or that it is a hypothesis.
    pub source: String,
    /// How far that can be trusted.
    pub confidence: String,
}

/// The persons of one request, as a tally sees them.
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
    /// The household category since 2 January 2020, without the rules.
    fn category(&self) -> i64 {
        let lone = self.persons >= 2 && !self.couple && self.persons == self.dependents + 1;
        let young = self.persons == 2 && self.couple && self.dependents == 0 && self.ages <= 55;
        self.persons + i64::from(lone || young || self.disabled)
    }
}

impl Population<'_> {
    /// Counts the rows of a part.
    pub fn count(&self, part: &Part) -> Tally {
        let mut tally = Tally::default();
        let as_of = self.model.day();
        let persons = &part.persons;
        let (Some(of), Some(links), Some(births)) =
            (text(persons, "demande_id"), text(persons, "lien"), days(persons, "date_naissance"))
        else {
            return tally;
        };
        let (Some(dependent), Some(disabled), Some(social)) =
            (flags(persons, "a_charge"), flags(persons, "handicap"), flags(persons, "parc_social"))
        else {
            return tally;
        };
        let requests = &part.requests;
        let (Some(ids), Some(communes), Some(wished), Some(asked)) = (
            text(requests, "demande_id"),
            text(requests, "commune"),
            text(requests, "communes_souhaitees"),
            days(requests, "date_demande"),
        ) else {
            return tally;
        };
        let incomes = ["rfr_n2", "rfr_n1", "revenus_12_mois"]
            .map(|name| requests.column_by_name(name).map(|column| column.as_primitive::<Int64Type>()));
        tally.persons = persons.num_rows() as u64;
        let mut next = 0;
        for row in 0..requests.num_rows() {
            let mut seen = Seen::default();
            while next < persons.num_rows() && of.value(next) == ids.value(row) {
                let link = links.value(next);
                seen.persons += 1;
                seen.dependents += i64::from(dependent.value(next));
                seen.children += i64::from(link == "enfant");
                seen.couple |= link == "conjoint";
                seen.disabled |= disabled.value(next);
                if matches!(link, "demandeur" | "conjoint") {
                    let age = years_between(date(births.value(next)), as_of);
                    seen.ages += age;
                    if link == "demandeur" {
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
                // The later incomes count where they are at least a tenth lower.
                let lower = known.iter().skip(1).flatten().filter(|later| 10 * **later <= 9 * n2).min();
                let income = lower.map_or(*n2, |lower| *lower.min(n2));
                let class =
                    ceilings(&place.ceilings, seen.category()).iter().filter(|c| income > **c).count();
                if let Some(count) = tally.incomes.get_mut(class) {
                    *count += 1;
                }
            }
        }
        tally
    }

    /// Counts the units.
    pub fn count_units(&self, units: &RecordBatch) -> Tally {
        let mut tally = Tally { units: units.num_rows() as u64, ..Tally::default() };
        let columns = ["commune", "typologie", "financement", "quartier"].map(|name| text(units, name));
        let [Some(communes), Some(sizes), Some(products), Some(districts)] = columns else { return tally };
        for row in 0..units.num_rows() {
            add(&mut tally.units_by_commune, communes.value(row));
            add(&mut tally.sizes, sizes.value(row));
            add(&mut tally.products, products.value(row));
            tally.districts += u64::from(districts.is_valid(row));
        }
        tally
    }

    /// Compares what was drawn with what the model and the territory ask for.
    pub fn calibration(&self, tally: &Tally) -> Vec<CalibrationLine> {
        let mut lines = Lines(Vec::new());
        let model = self.model;
        let total = self.requests();
        let [requests, units] = &self.places.sizes;
        lines.count("demandes", requests.rows, tally.requests, &requests.source, &requests.confidence);
        lines.count("logements", units.rows, tally.units, &units.source, &units.confidence);
        lines.note("personnes", tally.persons.to_string(), "les ménages tirés", "–");
        self.ground(tally, &mut lines);
        let m = &model.menages;
        let kinds = [
            ("personnes seules", m.seule, false, false),
            ("familles monoparentales", m.monoparentale, false, true),
            ("couples sans enfant", m.couple, true, false),
            ("couples avec enfants", m.couple_enfants, true, true),
        ];
        let weights = kinds.map(|kind| kind.1);
        for ((name, _, couple, children), (share, asked)) in kinds.into_iter().zip(shares(total, &weights)) {
            let found = tally.households.iter().filter(|((c, n), _)| *c == couple && (*n > 0) == children);
            let found = found.map(|(_, n)| n).sum();
            lines.share(&format!("ménages: {name}"), share, asked, found, (&m.source, &m.confidence));
        }
        for (name, couple, weights) in [
            ("familles monoparentales", false, &m.enfants_monoparentale),
            ("couples", true, &m.enfants_couple),
        ] {
            let of: u64 =
                tally.households.iter().filter(|((c, n), _)| *c == couple && *n > 0).map(|(_, n)| n).sum();
            for (children, (share, asked)) in (1..).zip(shares(of, weights)) {
                let found = tally.households.get(&(couple, children)).copied().unwrap_or(0);
                let figure = format!("{name}: {children} enfant{}", if children > 1 { "s" } else { "" });
                lines.share(&figure, share, asked, found, ("hypothèse", "C"));
            }
        }
        let r = &model.revenus;
        let names = ["sous PLAI", "de PLAI à PLUS", "de PLUS à PLS", "au-delà de PLS"];
        for ((name, (share, asked)), found) in names.iter().zip(shares(total, &r.parts)).zip(tally.incomes) {
            lines.share(&format!("ressources: {name}"), share, asked, found, (&r.source, &r.confidence));
        }
        let ages: Vec<u64> = m.ages.iter().map(|a| a.2).collect();
        for ((low, high, _), (share, asked)) in m.ages.iter().zip(shares(total, &ages)) {
            let found = tally.ages.range(low..=high).map(|(_, n)| n).sum();
            let figure = format!("âge du demandeur: {low} à {high} ans");
            lines.share(&figure, share, asked, found, ("hypothèse", "C"));
        }
        let p = &model.parc_social;
        let named = ["déjà dans le parc social", "hors du parc social"];
        let found = [tally.social, tally.requests - tally.social.min(tally.requests)];
        for ((name, (share, asked)), found) in named.iter().zip(shares(total, &p.parts)).zip(found) {
            lines.share(name, share, asked, found, (&p.source, &p.confidence));
        }
        let a = &model.anciennete;
        let weights: Vec<u64> = a.classes.iter().map(|c| c.2).collect();
        for ((low, high, _), (share, asked)) in a.classes.iter().zip(shares(total, &weights)) {
            let found = tally.months.range(low..=high).map(|(_, n)| n).sum();
            let figure = format!("ancienneté: {low} à {high} mois révolus");
            lines.share(&figure, share, asked, found, (&a.source, &a.confidence));
        }
        let s = &model.souhaits;
        for (wished, (share, asked)) in (1..).zip(shares(total, &s.communes)) {
            let found = tally.wishes.get(&wished).copied().unwrap_or(0);
            let figure = format!("communes souhaitées: {wished}");
            lines.share(&figure, share, asked, found, (&s.source, &s.confidence));
        }
        lines.note("seuil du premier quartile", self.threshold_range(), &r.quartile_source, "C");
        let t = &model.typologies;
        let weights: Vec<u64> = t.liste.values().map(|t| t.part).collect();
        for (name, (share, asked)) in t.liste.keys().zip(shares(self.units(), &weights)) {
            let found = tally.sizes.get(name).copied().unwrap_or(0);
            lines.share(&format!("logements: {name}"), share, asked, found, (&t.source, &t.confidence));
        }
        let f = &model.financements;
        let weights: Vec<u64> = f.liste.values().map(|f| f.part).collect();
        for (name, (share, asked)) in f.liste.keys().zip(shares(self.units(), &weights)) {
            let found = tally.products.get(name).copied().unwrap_or(0);
            lines.share(&format!("logements: {name}"), share, asked, found, (&f.source, &f.confidence));
        }
        let q = &model.quartiers;
        lines.note(
            "logements dans un quartier de la politique de la ville",
            tally.districts.to_string(),
            &q.source,
            &q.confidence,
        );
        let e = &model.emploi;
        let text = "contrats, effectifs, mobilités, situations, projets: tirés un à un selon le fichier de population";
        lines.note(text, "non calé".to_string(), &e.source, &e.confidence);
        lines.0
    }

    /// Zones and communes.
    fn ground(&self, tally: &Tally, lines: &mut Lines) {
        let places = &self.places;
        let (source, confidence) = (&places.weights.0, &places.weights.1);
        lines.note("communes", places.all.len().to_string(), "référentiel du paquet de règles", "A");
        if places.overseas.0 > 0 {
            lines.note(
                "communes d'outre-mer laissées de côté",
                format!("{} ({} habitants)", places.overseas.0, places.overseas.1),
                "leurs plafonds ne sont pas dans les tables",
                "A",
            );
        }
        if places.empty > 0 {
            lines.note(
                "communes sans population, laissées de côté",
                places.empty.to_string(),
                "référentiel du paquet de règles",
                "A",
            );
        }
        let of = |counts: &BTreeMap<String, u64>, at: &usize| {
            places.all.get(*at).and_then(|p| counts.get(&p.code)).copied().unwrap_or(0)
        };
        for (zone, asked) in places.zones.iter().zip(places.by_zone()) {
            let found = zone.places.iter().map(|at| of(&tally.by_commune, at)).sum();
            lines.count(&format!("demandes: {}", zone.name), asked, found, source, confidence);
        }
        if places.all.len() <= MOST_COMMUNES {
            for (at, place) in places.all.iter().enumerate() {
                let (figure, found) =
                    (format!("demandes: {} ({})", place.name, place.code), of(&tally.by_commune, &at));
                lines.count(&figure, place.requests, found, source, confidence);
            }
            return;
        }
        for (what, counts, asked) in [
            ("demandes", &tally.by_commune, places.all.iter().map(|p| p.requests).collect::<Vec<_>>()),
            ("logements", &tally.units_by_commune, places.all.iter().map(|p| p.units).collect()),
        ] {
            let far = (0..).zip(asked).map(|(at, asked)| asked.abs_diff(of(counts, &at))).max().unwrap_or(0);
            lines.0.push(CalibrationLine {
                figure: format!("{what} par commune: plus grand écart"),
                share: String::new(),
                asked: "0".into(),
                found: far.to_string(),
                distance: far.to_string(),
                source: source.clone(),
                confidence: confidence.clone(),
            });
        }
    }

    fn threshold_range(&self) -> String {
        let known = || self.thresholds.iter().flatten();
        match (known().min(), known().max()) {
            (Some(low), Some(high)) if low == high => format!("{low} EUR/UC/an"),
            (Some(low), Some(high)) => format!("{low} à {high} EUR/UC/an"),
            _ => "–".into(),
        }
    }
}

impl Tally {
    /// Adds what another one counted.
    pub fn merge(&mut self, other: Tally) {
        self.requests += other.requests;
        self.persons += other.persons;
        self.social += other.social;
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

struct Lines(Vec<CalibrationLine>);

impl Lines {
    fn count(&mut self, figure: &str, asked: u64, found: u64, source: &str, confidence: &str) {
        self.share(figure, String::new(), asked, found, (source, confidence));
    }

    fn share(
        &mut self,
        figure: &str,
        share: String,
        asked: u64,
        found: u64,
        (source, confidence): (&str, &str),
    ) {
        self.0.push(CalibrationLine {
            figure: figure.to_string(),
            share,
            asked: asked.to_string(),
            found: found.to_string(),
            distance: asked.abs_diff(found).to_string(),
            source: source.to_string(),
            confidence: confidence.to_string(),
        });
    }

    /// A figure that nothing asks for.
    fn note(&mut self, figure: &str, found: String, source: &str, confidence: &str) {
        self.0.push(CalibrationLine {
            figure: figure.to_string(),
            share: String::new(),
            asked: String::new(),
            found,
            distance: String::new(),
            source: source.to_string(),
            confidence: confidence.to_string(),
        });
    }
}

/// By class: its share in percent, and its rows of so many.
fn shares(total: u64, weights: &[u64]) -> Vec<(String, u64)> {
    let sum = weights.iter().map(|w| u128::from(*w)).sum::<u128>().max(1);
    let share = |weight: &u64| {
        let tenths = (2000 * u128::from(*weight) + sum) / (2 * sum);
        format!("{},{} %", tenths / 10, tenths % 10)
    };
    weights.iter().map(share).zip(quotas(total, weights)).collect()
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

fn days<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b arrow_array::PrimitiveArray<Date32Type>> {
    batch.column_by_name(name)?.as_primitive_opt()
}

/// The comparison as a result to write.
pub fn calibration_output(lines: &[CalibrationLine]) -> Output {
    texts(
        lines,
        &[
            ("chiffre", |l| &l.figure),
            ("part", |l| &l.share),
            ("demande", |l| &l.asked),
            ("donnees", |l| &l.found),
            ("ecart", |l| &l.distance),
            ("source", |l| &l.source),
            ("confiance", |l| &l.confidence),
        ],
    )
}
