//! The reserved units.

use super::TableOut;
use super::deck::Draw;
use super::spec::Spec;

/// Draws the units.
pub(super) fn units(spec: &Spec, draw: &mut Draw) -> TableOut {
    let total = spec.logements.nombre;
    let districts = &spec.quartiers.liste;
    let weights: Vec<u64> =
        [spec.quartiers.hors].into_iter().chain(districts.iter().map(|q| q.part)).collect();
    let places = draw.deck(total, &weights);
    let outside = places.iter().filter(|p| **p == 0).count() as u64;
    let communes = &spec.communes.liste;
    let mut elsewhere = draw.deck(outside, &communes.iter().map(|c| c.parc).collect::<Vec<_>>()).into_iter();
    let sizes: Vec<_> = spec.typologies.liste.iter().collect();
    let size_deck = draw.deck(total, &sizes.iter().map(|(_, s)| s.part).collect::<Vec<_>>());
    let products: Vec<_> = spec.financements.liste.iter().collect();
    let product_deck = draw.deck(total, &products.iter().map(|(_, p)| p.part).collect::<Vec<_>>());
    let (low, high) = spec.financements.charges_m2_centimes;
    let mut rows = Vec::new();
    for (number, ((place, size), product)) in places.into_iter().zip(size_deck).zip(product_deck).enumerate()
    {
        let district = place.checked_sub(1).and_then(|p| districts.get(p));
        let commune = match district {
            Some(district) => district.commune.clone(),
            None => {
                elsewhere.next().and_then(|c| communes.get(c)).map_or_else(String::new, |c| c.code.clone())
            }
        };
        let (Some((size, shape)), Some((product, price))) = (sizes.get(size), products.get(product)) else {
            continue;
        };
        let surface = draw.between(shape.surface - shape.ecart, shape.surface + shape.ecart).max(9);
        rows.push(vec![
            format!("L{:04}", number + 1),
            commune,
            district.map_or_else(String::new, |d| d.quartier.clone()),
            product.to_string(),
            size.to_string(),
            surface.to_string(),
            euros(surface * price.loyer_m2_centimes),
            euros(surface * draw.between(low, high)),
        ]);
    }
    TableOut::new(
        "logements",
        &["logement_id", "commune", "quartier", "financement", "typologie", "surface", "loyer", "charges"],
        rows,
    )
}

/// `248.40` of 24840 cents.
fn euros(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
