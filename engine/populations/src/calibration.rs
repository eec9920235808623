//! What was asked beside what was drawn: one line for each margin.

use std::collections::BTreeMap;

use crate::deck::quotas;
use crate::fitted::Population;
use crate::tally::Tally;

/// Communes up to which each has its own line.
const MOST_COMMUNES: usize = 60;

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

impl Population<'_> {
    /// Compares what was drawn with what the model and the territory ask for.
    pub fn calibration(&self, tally: &Tally) -> Vec<CalibrationLine> {
        let mut lines = Lines(Vec::new());
        let model = self.model;
        let total = self.requests();
        let [requests, units] = &self.places.sizes;
        lines.count("demandes", requests.rows, tally.requests, &requests.source, &requests.confidence);
        lines.count("logements", units.rows, tally.units, &units.source, &units.confidence);
        if let Some(asked) = model.employeurs.nombre {
            let e = &model.employeurs;
            lines.count("employeurs", asked, tally.employers, &e.source, &e.confidence);
        }
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
            // Households are counted by couple or not, and number of children: a kind is all of its numbers.
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
        // Where nobody does without a wish there is no line for it.
        let none = usize::from(s.communes.first() == Some(&0));
        for (wished, (share, asked)) in (0..).zip(shares(total, &s.communes)).skip(none) {
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
        for observed in &model.observes {
            let (figure, asked) = (observed.chiffre.clone(), observed.nombre.to_string());
            let (source, confidence) = (observed.source.clone(), observed.confidence.clone());
            let (found, empty) = ("non calé".to_string(), String::new);
            let (share, distance) = (empty(), empty());
            lines.0.push(CalibrationLine { figure, share, asked, found, distance, source, confidence });
        }
        lines.0
    }

    /// Zones and communes.
    fn ground(&self, tally: &Tally, lines: &mut Lines) {
        let places = &self.places;
        let (source, confidence) = (&places.weights.0, &places.weights.1);
        lines.note("communes", places.all.len().to_string(), &places.origin.0, &places.origin.1);
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
                &places.origin.0,
                &places.origin.1,
            );
        }
        let of = |counts: &BTreeMap<String, u64>, at: &usize| {
            places.all.get(*at).and_then(|p| counts.get(&p.code)).copied().unwrap_or(0)
        };
        for (zone, asked) in places.zones.iter().zip(places.by_zone()) {
            let found = zone.places.iter().map(|at| of(&tally.by_commune, at)).sum();
            lines.count(&format!("demandes: {}", zone.name), asked, found, source, confidence);
        }
        // Commune by commune as long as the table can be read; of a country, the largest gap alone.
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

    /// A figure without a target.
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

/// By class: its share as a text, to a tenth of a percent (halves up), and its part of `total` rows.
fn shares(total: u64, weights: &[u64]) -> Vec<(String, u64)> {
    let sum = weights.iter().map(|w| u128::from(*w)).sum::<u128>().max(1);
    let share = |weight: &u64| {
        let tenths = (2000 * u128::from(*weight) + sum) / (2 * sum);
        format!("{},{} %", tenths / 10, tenths % 10)
    };
    weights.iter().map(share).zip(quotas(total, weights)).collect()
}
