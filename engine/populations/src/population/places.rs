//! The communes of a territory: how many requests and units each has, its zone, its basin.

use std::collections::BTreeMap;

use super::model::{ABC, Local, Model, Zone};
use crate::GenerateError;
use crate::deck::{Draw, quotas};
use crate::spec::Count;
use crate::territory::{Commune, Kind, Land, Territory};

/// The region that counts as one territory for the first quartile.
const ILE_DE_FRANCE: &str = "11";

/// A commune of the territory.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub code: String,
    pub name: String,
    pub requests: u64,
    pub units: u64,
    pub ceilings: Zone,
    /// Its place in [`ABC`].
    pub abc: usize,
    pub basin: usize,
    /// Its territory for the first quartile.
    pub quartile: usize,
}

/// A ceiling zone and an ABC zone: a class of the cross table.
#[derive(Clone, Debug)]
pub(super) struct ZoneClass {
    pub name: String,
    pub places: Vec<usize>,
}

/// Communes that a request may wish together: an EPCI.
#[derive(Clone, Debug, Default)]
pub(super) struct Basin {
    places: Vec<usize>,
    /// Running sums of the populations.
    sums: Vec<u64>,
}

/// All communes of a territory.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub all: Vec<Place>,
    pub zones: Vec<ZoneClass>,
    pub basins: Vec<Basin>,
    /// How many territories there are for the first quartile.
    pub quartiles: usize,
    /// Where the number of requests, and of units, comes from.
    pub sizes: [Size; 2],
    /// Where the weights of the communes come from, and how far that can be trusted.
    pub weights: (String, String),
    /// Communes left out: overseas, or without population; and the inhabitants of the first.
    pub overseas: (usize, u64),
    pub empty: usize,
}

/// A number of rows, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Size {
    pub rows: u64,
    pub source: String,
    pub confidence: String,
}

/// The most rows that are asked for: beyond, identifiers and memory were not tried.
const MOST: u64 = 100_000_000;

impl Places {
    pub fn new(
        model: &Model,
        land: &Land,
        territory: &Territory,
        asked: [Option<u64>; 2],
    ) -> Result<Places, GenerateError> {
        let of = |at: &usize| land.communes.get(*at);
        let zone_of = |name: &str| {
            let name = if name.is_empty() { model.outre_mer.as_str() } else { name };
            model.plafonds.zones.get(name).copied()
        };
        let mut kept = Vec::new();
        let (mut overseas, mut empty) = ((0, 0), 0);
        for commune in territory.communes.iter().filter_map(of) {
            let people = commune.population.unwrap_or(0);
            match zone_of(&commune.ceiling_zone) {
                _ if people == 0 => empty += 1,
                Some(ceilings) => kept.push((commune, people, ceilings)),
                None => overseas = (overseas.0 + 1, overseas.1 + people),
            }
        }
        if kept.is_empty() {
            return Err(GenerateError::Territory(format!(
                "{}: aucune commune habitée dont les plafonds soient dans les tables; pour tirer les revenus d'outre-mer sous les plafonds d'une autre zone: `outre_mer` dans le fichier de population",
                territory.title()
            )));
        }
        let people: u64 = kept.iter().map(|(_, people, _)| people).sum();
        // The country is what is drawn of it: with overseas or without.
        let known = |c: &Commune| zone_of(&c.ceiling_zone).is_some();
        let country: u64 = land.communes.iter().filter(|c| known(c)).filter_map(|c| c.population).sum();
        let local = model.locaux.iter().find(|l| territory.kind == Kind::Epci && l.epci == territory.code);
        let published = match territory.kind {
            Kind::Commune => model.locaux.iter().find_map(|l| Some((*l.communes.get(&territory.code)?, l))),
            _ => local.map(|l| (l.demandes, l)),
        };
        let sizes = sizes(model, territory, published, (people, country), asked)?;
        let [requests, units] = &sizes;
        let weights = weights(&kept, local);
        let by_commune = quotas(requests.rows, &weights);
        let units = quotas(units.rows, &kept.iter().map(|(_, people, _)| *people).collect::<Vec<_>>());
        let mut places = Places {
            all: Vec::new(),
            zones: Vec::new(),
            basins: Vec::new(),
            quartiles: 0,
            weights: match local.filter(|l| !l.communes.is_empty()) {
                Some(l) => (format!("{}; population pour les autres communes", l.source), l.confidence.clone()),
                None => (
                    "population municipale (découpage administratif): aucune demande par commune n'est dans les données de référence".into(),
                    "C".into(),
                ),
            },
            sizes: sizes.clone(),
            overseas,
            empty,
        };
        let (mut zones, mut basins, mut quartiles) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (((commune, people, ceilings), requests), units) in kept.iter().zip(by_commune).zip(units) {
            let at = places.all.len();
            let abc = ABC.iter().position(|zone| *zone == commune.abc_zone).unwrap_or(ABC.len() - 1);
            let zone = (zone_rank(&commune.ceiling_zone), abc);
            zones
                .entry(zone)
                .or_insert_with(|| (zone_name(&commune.ceiling_zone, abc), Vec::new()))
                .1
                .push(at);
            // A commune without an EPCI is a basin by itself.
            let own = if commune.epci.is_empty() { &commune.code } else { &commune.epci };
            let count = basins.len();
            let basin = *basins.entry(own.clone()).or_insert(count);
            if basin == count {
                places.basins.push(Basin::default());
            }
            if let Some(basin) = places.basins.get_mut(basin) {
                let before = basin.sums.last().copied().unwrap_or(0);
                basin.places.push(at);
                basin.sums.push(before + people);
            }
            let area = if commune.region == ILE_DE_FRANCE { ILE_DE_FRANCE } else { own };
            let count = quartiles.len();
            let quartile = *quartiles.entry(area.to_string()).or_insert(count);
            let (code, name) = (commune.code.clone(), commune.name.clone());
            places.all.push(Place { code, name, requests, units, ceilings: *ceilings, abc, basin, quartile });
        }
        places.quartiles = quartiles.len();
        places.zones = zones.into_values().map(|(name, places)| ZoneClass { name, places }).collect();
        Ok(places)
    }

    /// The commune of that code; they stand in the order of their codes.
    pub fn find(&self, code: &str) -> Option<&Place> {
        let at = self.all.binary_search_by(|place| place.code.as_str().cmp(code)).ok()?;
        self.all.get(at)
    }

    /// Requests by zone.
    pub fn by_zone(&self) -> Vec<u64> {
        let of = |at: &usize| self.all.get(*at).map_or(0, |p| p.requests);
        self.zones.iter().map(|zone| zone.places.iter().map(of).sum()).collect()
    }

    /// Another commune of the same basin, or the same one: by population.
    pub fn near(&self, place: usize, draw: &mut Draw) -> usize {
        let basin = self.all.get(place).and_then(|p| self.basins.get(p.basin));
        basin.map_or(place, |basin| {
            let total = basin.sums.last().copied().unwrap_or(1);
            let at = draw.between(1, i64::try_from(total).unwrap_or(i64::MAX)).unsigned_abs();
            basin.places.get(basin.sums.partition_point(|sum| *sum < at)).copied().unwrap_or(place)
        })
    }

    /// Communes in the basin of one.
    pub fn neighbours(&self, place: usize) -> usize {
        self.all.get(place).and_then(|p| self.basins.get(p.basin)).map_or(1, |basin| basin.places.len())
    }
}

/// How many requests and units, and where that comes from.
fn sizes(
    model: &Model,
    territory: &Territory,
    published: Option<(u64, &Local)>,
    (people, country): (u64, u64),
    asked: [Option<u64>; 2],
) -> Result<[Size; 2], GenerateError> {
    let share = |count: &Count| {
        // To the nearest.
        let [all, inhabitants, of] = [count.nombre, people, country.max(1)].map(u128::from);
        let rows = (2 * all * inhabitants + of) / (2 * of);
        Size {
            rows: u64::try_from(rows).unwrap_or(u64::MAX),
            source: match territory.kind {
                Kind::France => count.source.clone(),
                _ => format!(
                    "part de la population ({people} habitants sur {country}) dans {}: {}",
                    count.nombre, count.source
                ),
            },
            confidence: count.confidence.clone(),
        }
    };
    let chosen =
        |rows| Size { rows, source: "demandé en ligne de commande".into(), confidence: "–".into() };
    let requests = match (asked, published) {
        ([Some(rows), _], _) => chosen(rows),
        (_, Some((rows, local))) => {
            Size { rows, source: local.source.clone(), confidence: local.confidence.clone() }
        }
        _ => share(&model.demandes),
    };
    let [_, units] = asked;
    let units = units.map_or_else(|| share(&model.logements), chosen);
    for (what, size) in [("demandes", &requests), ("logements", &units)] {
        if size.rows > MOST {
            return Err(GenerateError::Territory(format!("{} {what}: attendu: {MOST} au plus", size.rows)));
        }
    }
    if requests.rows == 0 {
        return Err(GenerateError::Territory(format!(
            "{}: aucune demande à tirer; en donner un nombre avec --demandes",
            territory.title()
        )));
    }
    Ok([requests, units])
}

/// Weights of the communes in the requests: what is published of them, the others by population.
fn weights(kept: &[(&Commune, u64, Zone)], local: Option<&Local>) -> Vec<u64> {
    let Some(local) = local.filter(|l| !l.communes.is_empty()) else {
        return kept.iter().map(|(_, people, _)| *people).collect();
    };
    let known: u64 = local.communes.values().sum();
    let others: u64 =
        kept.iter().filter(|(c, ..)| !local.communes.contains_key(&c.code)).map(|(_, p, _)| p).sum();
    let rest = local.demandes.saturating_sub(known);
    kept.iter()
        .map(|(commune, people, _)| match local.communes.get(&commune.code) {
            // Both by the same unit: a request is `others` of it.
            Some(requests) => requests * others.max(1),
            None => rest * people,
        })
        .collect()
}

/// Dearest first.
fn zone_rank(ceiling_zone: &str) -> usize {
    let order = ["paris_communes_limitrophes", "ile_de_france", "autres_regions"];
    order.iter().position(|zone| *zone == ceiling_zone).unwrap_or(order.len())
}

fn zone_name(ceiling_zone: &str, abc: usize) -> String {
    let zone = match ceiling_zone {
        "paris_communes_limitrophes" => "Paris et communes limitrophes",
        "ile_de_france" => "Île-de-France",
        "autres_regions" => "autres régions",
        _ => "outre-mer",
    };
    format!("{zone}, zone {}", ABC.get(abc).unwrap_or(&"C"))
}
