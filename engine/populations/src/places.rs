//! The communes that requests and units are drawn in: how many each has, its zones, its basin.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::deck::{Draw, quotas};
use crate::error::GenerateError;
use crate::model::{ABC, Ceilings, Communes, Count, Local, Model, Zone};
use crate::territory::{Commune, Kind, Land, Territory};

/// A commune of the territory.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub code: String,
    pub name: String,
    pub requests: u64,
    pub units: u64,
    pub ceilings: Ceilings,
    /// Its place in [`ABC`].
    pub abc: usize,
    pub basin: usize,
    /// Its territory for the first quartile.
    pub quartile: usize,
}

/// A ceiling zone and an ABC zone: a class of the cross table.
#[derive(Clone, Debug)]
pub(crate) struct ZoneClass {
    pub name: String,
    pub places: Vec<usize>,
}

/// A basin: communes that one request may wish together (an EPCI).
#[derive(Clone, Debug, Default)]
pub(crate) struct Basin {
    places: Vec<usize>,
    /// Running sums of the populations.
    sums: Vec<u64>,
}

/// All communes of a territory.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub all: Vec<Place>,
    pub zones: Vec<ZoneClass>,
    pub basins: Vec<Basin>,
    /// How many territories there are for the first quartile.
    pub quartiles: usize,
    /// Where the number of requests, and of units, comes from.
    pub sizes: [Size; 2],
    /// Where the weights of the communes come from, and how far that can be trusted.
    pub weights: (String, String),
    /// Where the list of communes comes from, likewise.
    pub origin: (String, String),
    /// Communes left out: overseas (with their inhabitants), or without population.
    pub overseas: (usize, u64),
    pub empty: usize,
}

/// A number of rows, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    pub rows: u64,
    pub source: String,
    pub confidence: String,
}

/// Most rows of a table; more was not tried.
const MOST: u64 = 100_000_000;

/// A commune before the draw: what [`Places::build`] needs of it.
struct Seat<'s> {
    code: &'s str,
    name: &'s str,
    requests: u64,
    units: u64,
    /// Inhabitants: the weight by which it is drawn among those of its basin.
    people: u64,
    /// The name of its ceiling zone; none overseas, where the ceilings are those of another zone by hypothesis.
    zone: Option<&'s str>,
    ceilings: &'s Zone,
    abc_zone: &'s str,
    basin: &'s str,
    quartile: &'s str,
}

impl Places {
    /// The communes that the model itself lists: one basin, one territory for the first quartile.
    pub fn of_model(model: &Model, own: &Communes, asked: [Option<u64>; 2]) -> Result<Places, GenerateError> {
        let published = |count: &Count| Size {
            rows: count.nombre,
            source: count.source.clone(),
            confidence: count.confidence.clone(),
        };
        let [asked_requests, asked_units] = asked;
        let requests = asked_requests.map_or_else(|| published(&model.demandes), chosen);
        let units = asked_units.map_or_else(|| published(&model.logements), chosen);
        let sizes = within_limits([requests, units], &model.title)?;
        let Some(zone) = model.plafonds.zones.get(&own.zone_plafond) else {
            // Checked by `Model::parse`.
            return Err(GenerateError::Territory(format!("`{}`: zone inconnue", own.zone_plafond)));
        };
        let mut listed: Vec<_> = own.liste.iter().collect();
        listed.sort_by(|a, b| a.code.cmp(&b.code));
        let [requests, units] = &sizes;
        let by_request = quotas(requests.rows, &listed.iter().map(|c| c.demandes).collect::<Vec<_>>());
        let by_unit = quotas(units.rows, &listed.iter().map(|c| c.logements).collect::<Vec<_>>());
        let seats = listed.iter().zip(by_request).zip(by_unit).map(|((commune, requests), units)| Seat {
            code: &commune.code,
            name: &commune.nom,
            requests,
            units,
            people: commune.population,
            zone: Some(&own.zone_plafond),
            ceilings: zone,
            abc_zone: &commune.zone_abc,
            basin: "",
            quartile: "",
        });
        let mut places = Places::build(seats, sizes.clone());
        places.weights = (own.source.clone(), own.confidence.clone());
        places.origin = (own.source.clone(), own.confidence.clone());
        Ok(places)
    }

    /// The communes of a territory of the land.
    pub fn of_territory(
        model: &Model,
        land: &Land,
        territory: &Territory,
        asked: [Option<u64>; 2],
    ) -> Result<Places, GenerateError> {
        let zone_of = |name: &str| {
            let name = if name.is_empty() { model.outre_mer.as_str() } else { name };
            model.plafonds.zones.get(name)
        };
        let mut kept = Vec::new();
        let (mut overseas, mut empty) = ((0, 0), 0);
        for commune in territory.communes.iter().filter_map(|at| land.communes.get(*at)) {
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
        let by_request = quotas(requests.rows, &weights(&kept, local));
        let by_unit = quotas(units.rows, &kept.iter().map(|(_, people, _)| *people).collect::<Vec<_>>());
        let seats =
            kept.iter().zip(by_request).zip(by_unit).map(|(((commune, people, zone), requests), units)| {
                // A commune without an EPCI is a basin by itself.
                let basin = if commune.epci.is_empty() { &commune.code } else { &commune.epci };
                let one = model.revenus.quartile_regions.contains(&commune.region);
                Seat {
                    code: &commune.code,
                    name: &commune.name,
                    requests,
                    units,
                    people: *people,
                    zone: Some(commune.ceiling_zone.as_str()).filter(|zone| !zone.is_empty()),
                    ceilings: zone,
                    abc_zone: &commune.abc_zone,
                    basin,
                    quartile: if one { &commune.region } else { basin },
                }
            });
        let mut places = Places::build(seats, sizes.clone());
        places.weights = match local.filter(|l| !l.communes.is_empty()) {
            Some(l) => (format!("{}; population pour les autres communes", l.source), l.confidence.clone()),
            None => (
                "population municipale (découpage administratif): aucune demande par commune n'est dans les données de référence".into(),
                "C".into(),
            ),
        };
        places.origin = ("référentiel du paquet de règles".into(), "A".into());
        (places.overseas, places.empty) = (overseas, empty);
        Ok(places)
    }

    /// Groups communes by zone, basin and territory of the first quartile; seats come in the order of their codes.
    fn build<'s>(seats: impl Iterator<Item = Seat<'s>>, sizes: [Size; 2]) -> Places {
        let mut places = Places {
            all: Vec::new(),
            zones: Vec::new(),
            basins: Vec::new(),
            quartiles: 0,
            sizes,
            weights: Default::default(),
            origin: Default::default(),
            overseas: (0, 0),
            empty: 0,
        };
        let (mut zones, mut basins, mut quartiles) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for seat in seats {
            let at = places.all.len();
            let abc = ABC.iter().position(|zone| *zone == seat.abc_zone).unwrap_or(ABC.len() - 1);
            // Classes of the cross table: dearest ceilings first, overseas last, then dearest ABC zone first.
            let zone = (seat.zone.is_none(), Reverse(seat.ceilings.plus), seat.zone, abc);
            let name = if seat.zone.is_some() { seat.ceilings.nom.as_str() } else { "outre-mer" };
            let class = || (format!("{name}, zone {}", ABC.get(abc).unwrap_or(&"C")), Vec::new());
            zones.entry(zone).or_insert_with(class).1.push(at);
            let count = basins.len();
            let basin = *basins.entry(seat.basin).or_insert(count);
            if basin == count {
                places.basins.push(Basin::default());
            }
            if let Some(basin) = places.basins.get_mut(basin) {
                let before = basin.sums.last().copied().unwrap_or(0);
                basin.places.push(at);
                basin.sums.push(before + seat.people);
            }
            let count = quartiles.len();
            let quartile = *quartiles.entry(seat.quartile).or_insert(count);
            places.all.push(Place {
                code: seat.code.to_string(),
                name: seat.name.to_string(),
                requests: seat.requests,
                units: seat.units,
                ceilings: Ceilings { plus: seat.ceilings.plus, plai: seat.ceilings.plai },
                abc,
                basin,
                quartile,
            });
        }
        places.quartiles = quartiles.len();
        places.zones = zones.into_values().map(|(name, places)| ZoneClass { name, places }).collect();
        places
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
            // A draw among all inhabitants of the basin; the prefix sums tell in which commune the one drawn
            // lives.
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
        // Doubled, so that a half counts up in whole numbers.
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
    let requests = match (asked, published) {
        ([Some(rows), _], _) => chosen(rows),
        (_, Some((rows, local))) => {
            Size { rows, source: local.source.clone(), confidence: local.confidence.clone() }
        }
        _ => share(&model.demandes),
    };
    let [_, units] = asked;
    let units = units.map_or_else(|| share(&model.logements), chosen);
    within_limits([requests, units], &territory.title())
}

/// A number of rows that the user gives.
fn chosen(rows: u64) -> Size {
    Size { rows, source: "demandé en ligne de commande".into(), confidence: "–".into() }
}

/// Sizes that can be drawn: requests, units.
fn within_limits(sizes: [Size; 2], title: &str) -> Result<[Size; 2], GenerateError> {
    for (what, size) in ["demandes", "logements"].into_iter().zip(&sizes) {
        if size.rows > MOST {
            return Err(GenerateError::Territory(format!("{} {what}: attendu: {MOST} au plus", size.rows)));
        }
    }
    let [requests, _] = &sizes;
    if requests.rows == 0 {
        return Err(GenerateError::Territory(format!(
            "{title}: aucune demande à tirer; en donner un nombre avec --demandes"
        )));
    }
    Ok(sizes)
}

/// Weights of the communes in the requests: what is published of them, the others by population.
fn weights(kept: &[(&Commune, u64, &Zone)], local: Option<&Local>) -> Vec<u64> {
    let Some(local) = local.filter(|l| !l.communes.is_empty()) else {
        return kept.iter().map(|(_, people, _)| *people).collect();
    };
    let known: u64 = local.communes.values().sum();
    let others: u64 =
        kept.iter().filter(|(c, ..)| !local.communes.contains_key(&c.code)).map(|(_, p, _)| p).sum();
    // What the published communes leave is shared by the others.
    let rest = local.demandes.saturating_sub(known);
    kept.iter()
        .map(|(commune, people, _)| match local.communes.get(&commune.code) {
            // Both by the same unit: a request is `others` of it.
            Some(requests) => requests * others.max(1),
            None => rest * people,
        })
        .collect()
}
