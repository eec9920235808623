//! The units that are free, and the employers.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use crate::columns::{Fields, Kind, Rows, named};
use crate::deck::{Draw, quotas};
use crate::model::{ABC, Model};
use crate::places::Places;
use crate::shuffle::Deal;

/// Kinds of the columns of units, in the order of [`crate::names::UnitColumns`].
const UNITS: [Kind; 8] =
    [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Whole, Kind::Cents, Kind::Cents];
/// Kinds of the columns of employers, in the order of their names.
const EMPLOYERS: [Kind; 3] = [Kind::Text, Kind::Whole, Kind::Text];

/// Draws the units: commune, size and product in exact shares, each in an order of its own.
pub(crate) fn units(
    model: &Model,
    places: &Places,
    total: u64,
    key: impl Fn(u64) -> u64,
    draw: &mut Draw,
) -> Result<RecordBatch, ArrowError> {
    let counts: Vec<u64> = places.all.iter().map(|p| p.units).collect();
    let communes = Deal::new(&counts, key(10));
    let sizes: Vec<_> = model.typologies.liste.iter().collect();
    let by_size = Deal::new(&quotas(total, &sizes.iter().map(|(_, s)| s.part).collect::<Vec<_>>()), key(11));
    let products: Vec<_> = model.financements.liste.iter().collect();
    let by_product =
        Deal::new(&quotas(total, &products.iter().map(|(_, p)| p.part).collect::<Vec<_>>()), key(12));
    let (low, high) = model.financements.charges_m2_centimes;
    let digits = total.to_string().len();
    let mut rows =
        Rows::new(&named(model.colonnes.logements.all(), &UNITS), usize::try_from(total).unwrap_or(0));
    for number in 0..total {
        let place = places.all.get(communes.at(number).0);
        let (Some(place), Some((size, shape)), Some((product, price))) =
            (place, sizes.get(by_size.at(number).0), products.get(by_product.at(number).0))
        else {
            continue;
        };
        // One draw, whatever the commune: the districts of one do not change what is drawn in another.
        let mut left = draw.between(1, 100);
        let district = model.quartiers.liste.iter().filter(|q| q.commune == place.code).find(|q| {
            left -= q.pour_cent;
            left <= 0
        });
        let surface = draw.between(shape.surface - shape.ecart, shape.surface + shape.ecart).max(9);
        let rent = price.loyers_m2_centimes.get(*ABC.get(place.abc).unwrap_or(&"C")).copied().unwrap_or(0);
        rows.text(Some(&format!("L{:0digits$}", number + 1)));
        rows.text(Some(&place.code));
        rows.text(district.map(|q| q.quartier.as_str()));
        rows.text(Some(product));
        rows.text(Some(size));
        rows.number(Some(surface));
        rows.number(Some(surface * rent));
        rows.number(Some(surface * draw.between(low, high)));
    }
    rows.finish()
}

/// Employers; each is drawn for a person in proportion to its headcount.
pub(crate) struct Employers<'m> {
    model: &'m Model,
    /// Prefix sums of the headcounts.
    sums: Vec<u64>,
    sectors: Vec<&'m str>,
    /// Digits of an identifier.
    digits: usize,
}

impl<'m> Employers<'m> {
    pub fn new(model: &'m Model, requests: u64, draw: &mut Draw) -> Employers<'m> {
        let by_requests = |each: u64| (requests / each.max(1)).max(1);
        let own = model.employeurs.demandes_par_employeur.map_or(1, by_requests);
        let total = model.employeurs.nombre.unwrap_or(own);
        let words = &model.valeurs;
        let classes = &model.emploi.effectifs;
        let by_size = Deal::new(&quotas(total, &classes.iter().map(|c| c.2).collect::<Vec<_>>()), 7);
        let digits = total.to_string().len();
        let mut employers = Employers { model, sums: Vec::new(), sectors: Vec::new(), digits };
        let mut sum = 0;
        for number in 0..total {
            let (low, high, _) = classes.get(by_size.at(number).0).copied().unwrap_or((10, 10, 1));
            sum += draw.between(low, high).unsigned_abs().max(1);
            employers.sums.push(sum);
            let public = draw.percent(model.employeurs.public_pour_cent);
            let farm = draw.percent(model.emploi.agricole_pour_cent);
            employers.sectors.push(match (public, farm) {
                (true, _) => words.secteur_public.as_str(),
                (_, true) => words.secteur_agricole.as_str(),
                _ => words.secteur_prive.as_str(),
            });
        }
        employers
    }

    /// The place of one of them, drawn in proportion to the headcount.
    pub fn pick(&self, draw: &mut Draw) -> usize {
        let total = self.sums.last().copied().unwrap_or(1);
        let at = draw.between(1, i64::try_from(total).unwrap_or(i64::MAX)).unsigned_abs();
        self.sums.partition_point(|sum| *sum < at)
    }

    pub fn id(&self, employer: usize) -> String {
        let digits = self.digits;
        format!("E{:0digits$}", employer + 1)
    }

    /// The table; what is drawn of an employer beside its headcount has a stream of its own.
    pub fn table(&self, draw: &mut Draw) -> Result<RecordBatch, ArrowError> {
        let own = &self.model.employeurs;
        let fields = Fields::new(&own.champs, self.model.day());
        let mut columns = named(self.model.colonnes.employeurs.all(), &EMPLOYERS);
        columns.extend(own.centiemes_effectif.keys().map(|name| (name.clone(), Kind::Whole)));
        columns.extend(fields.columns());
        let mut rows = Rows::new(&columns, self.sums.len());
        let mut before = 0;
        for (number, (sum, sector)) in self.sums.iter().zip(&self.sectors).enumerate() {
            rows.text(Some(&self.id(number)));
            rows.number(i64::try_from(sum - before).ok());
            rows.text(Some(sector));
            for (low, high) in own.centiemes_effectif.values() {
                let headcount = i64::try_from(sum - before).unwrap_or(0);
                rows.number(Some(headcount * draw.between(*low, *high) / 100));
            }
            fields.add(false, &mut rows, draw);
            before = *sum;
        }
        rows.finish()
    }
}
