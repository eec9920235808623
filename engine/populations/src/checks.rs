//! What the margins of a model must be, each by itself and together.

use std::collections::{BTreeMap, BTreeSet};

use logis_language::value::parse_date;

use crate::columns::{Fields, Kind};
use crate::error::GenerateError;
use crate::model::{ABC, Commune, Financement, Model, Place};

impl Model {
    /// Holds the margins against each other; the first that makes no sense is named.
    pub(crate) fn check(&self) -> Result<(), GenerateError> {
        if parse_date(&self.as_of).is_none() {
            return wrong("as_of", "attendu: une date telle que 2024-12-31");
        }
        let m = &self.menages;
        if !some(&[m.seule, m.monoparentale, m.couple, m.couple_enfants])
            || !some(&m.enfants_monoparentale)
            || !some(&m.enfants_couple)
            || m.enfants_monoparentale.len().max(m.enfants_couple.len()) > 7
        {
            return wrong("menages", "attendu: une part non nulle au moins, et de 1 à 7 enfants");
        }
        if !some(&self.revenus.parts) || !some(&self.parc_social.parts) || !some(&self.souhaits.communes) {
            return wrong("revenus, parc_social, souhaits", "attendu: une part non nulle au moins");
        }
        if self.revenus.au_plus_pour_cent_pls <= 100 || self.revenus.plancher_pour_cent_plai >= 90 {
            return wrong(
                "revenus",
                "attendu: plancher_pour_cent_plai au-dessous de 90, au_plus_pour_cent_pls au-dessus de 100",
            );
        }
        if !classes(&m.ages) || m.ages.iter().any(|(low, _, _)| *low < 18) {
            return wrong("menages.ages", "attendu: des tranches [au moins 18, au plus, poids]");
        }
        if !classes(&self.anciennete.classes) {
            return wrong("anciennete.classes", "attendu: des tranches [mois au moins, mois au plus, poids]");
        }
        if !self.emploi.contrats.values().any(|w| *w > 0) || !classes(&self.emploi.effectifs) {
            return wrong(
                "emploi",
                "attendu: un contrat de poids non nul et une tranche d'effectif au moins",
            );
        }
        match (self.employeurs.nombre, self.employeurs.demandes_par_employeur) {
            (Some(n), None) | (None, Some(n)) if n > 0 => {}
            _ => {
                return wrong(
                    "employeurs",
                    "attendu: `nombre` ou `demandes_par_employeur`, l'un des deux, non nul",
                );
            }
        }
        if !self.typologies.liste.values().any(|t| t.part > 0)
            || !self.financements.liste.values().any(|f| f.part > 0)
        {
            return wrong("typologies, financements", "attendu: une ligne de part non nulle au moins");
        }
        self.check_ground()?;
        self.check_columns()
    }

    /// Zones, rents and communes.
    fn check_ground(&self) -> Result<(), GenerateError> {
        if self.plafonds.zones.is_empty()
            || !self.outre_mer.is_empty() && !self.plafonds.zones.contains_key(&self.outre_mer)
        {
            return wrong("outre_mer", "attendu: rien, ou l'une des zones de [plafonds.zones]");
        }
        let mut zones: Vec<&str> = ABC.to_vec();
        if let Some(own) = &self.communes {
            if !self.plafonds.zones.contains_key(&own.zone_plafond) {
                return wrong("communes.zone_plafond", "attendu: l'une des zones de [plafonds.zones]");
            }
            zones = own.liste.iter().map(|c| c.zone_abc.as_str()).collect();
            if zones.iter().any(|zone| !ABC.contains(zone)) {
                return wrong("communes.liste", "zone_abc: attendu: Abis, A, B1, B2 ou C");
            }
            let any = |weight: fn(&Commune) -> u64| own.liste.iter().any(|c| weight(c) > 0);
            if !any(|c| c.demandes) || !any(|c| c.logements) || !any(|c| c.population) {
                return wrong(
                    "communes.liste",
                    "attendu: `demandes`, `logements` et `population` non nuls pour une commune au moins",
                );
            }
            let mut codes = BTreeSet::new();
            if let Some(twice) = own.liste.iter().find(|c| !codes.insert(&c.code)) {
                return wrong(
                    "communes.liste",
                    &format!("{}: cette commune s'y trouve deux fois", twice.code),
                );
            }
            if !self.locaux.is_empty() {
                return wrong("locaux", "attendu: rien; [communes] dit déjà les demandes du territoire");
            }
        }
        let rents = |f: &Financement| zones.iter().all(|zone| f.loyers_m2_centimes.contains_key(*zone));
        if !self.financements.liste.values().all(rents) {
            let message = match self.communes {
                None => "attendu: un loyer pour chaque zone: Abis, A, B1, B2, C",
                Some(_) => "attendu: un loyer pour chaque `zone_abc` des communes",
            };
            return wrong("financements", message);
        }
        Ok(())
    }

    /// No column of a table may be drawn twice.
    fn check_columns(&self) -> Result<(), GenerateError> {
        let (names, fields) = (&self.colonnes, &self.champs);
        // Two columns may be listed among the drawn ones, and are then drawn with the household.
        let linked = [&names.demandes.situation_logement, &names.personnes.parc_social];
        for (key, own, drawn) in [
            ("champs.demandes", names.demandes.all(), &fields.demandes),
            ("champs.personnes", names.personnes.all(), &fields.personnes),
            ("projets.champs", names.projets.all(), &self.projets.champs),
        ] {
            let mut seen: BTreeSet<&str> =
                own.into_iter().filter(|n| !linked.iter().any(|l| l == n)).collect();
            if let Some(twice) = drawn.names().find(|name| !seen.insert(name.as_str())) {
                return wrong(key, &format!("`{twice}`: cette colonne serait tirée deux fois"));
            }
        }
        let own = names
            .employeurs
            .all()
            .into_iter()
            .chain(self.employeurs.centiemes_effectif.keys().map(String::as_str));
        let mut seen: BTreeSet<&str> = own.collect();
        if let Some(twice) = self.employeurs.champs.names().find(|name| !seen.insert(name.as_str())) {
            return wrong("employeurs.champs", &format!("`{twice}`: cette colonne serait tirée deux fois"));
        }
        self.check_others()
    }

    /// Tables drawn apart: no name of another table, and each column of one kind in all blocks.
    fn check_others(&self) -> Result<(), GenerateError> {
        let mut kinds: BTreeMap<(&str, String), Kind> = BTreeMap::new();
        for block in &self.autres_tables {
            let table = block.table.as_str();
            if self.tables().contains(&table) {
                return wrong("autres_tables", &format!("`{table}` est déjà tirée avec les demandes"));
            }
            if block.lieu != Some(Place::Chaque) && block.nombre == 0 {
                return wrong("autres_tables", &format!("{table}: attendu: `nombre`, non nul"));
            }
            for (column, kind) in Fields::new(&block.champs, self.day()).columns() {
                if *kinds.entry((table, column.clone())).or_insert(kind) != kind {
                    return wrong(
                        "autres_tables",
                        &format!("{table}: `{column}` est d'une sorte ici, d'une autre ailleurs"),
                    );
                }
            }
        }
        Ok(())
    }
}

fn wrong(key: &'static str, message: &str) -> Result<(), GenerateError> {
    Err(GenerateError::Margin { key, message: message.to_string() })
}

fn some(weights: &[u64]) -> bool {
    weights.iter().any(|w| *w > 0)
}

/// Classes with their ends in order, one of them at least with a weight.
fn classes(classes: &[(i64, i64, u64)]) -> bool {
    classes.iter().all(|(low, high, _)| 0 <= *low && low <= high) && classes.iter().any(|c| c.2 > 0)
}
