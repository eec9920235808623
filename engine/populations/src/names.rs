//! The pack's tables, columns and values, by the role in which the generator knows them.
//!
//! The model says which is which: another pack has other names, and no name of a pack stands in the code.

use serde::Deserialize;

/// Tables and columns of the pack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Columns {
    pub demandes: RequestColumns,
    pub personnes: PersonColumns,
    pub projets: ProjectColumns,
    pub employeurs: EmployerColumns,
    pub logements: UnitColumns,
}

/// A table: its name, and its columns in the order in which they are written.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($(#[$column_doc:meta])* $column:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs)]
        pub struct $name {
            pub table: String,
            $($(#[$column_doc])* pub $column: String,)*
        }

        impl $name {
            /// The columns, in the order in which they are written.
            pub(crate) fn all(&self) -> Vec<&str> {
                vec![$(self.$column.as_str()),*]
            }
        }
    };
}

columns! {
    /// Requests.
    RequestColumns {
        demande,
        date,
        commune,
        /// Reference tax income of the last year but one, of the last year, and income of the last twelve months.
        revenu_n2,
        revenu_n1,
        revenu_12_mois,
        communes_souhaitees,
        situation_logement,
        seuil_quartile,
    }
}

columns! {
    /// Persons of a request's household.
    PersonColumns {
        personne,
        demande,
        lien,
        naissance,
        a_charge,
        handicap,
        employeur,
        contrat,
        salaire,
        salaire_net,
        commune_travail,
        periode_essai,
        embauche,
        mobilite,
        mutation,
        difficulte,
        parc_social,
    }
}

columns! {
    /// Projects to buy or to repair.
    ProjectColumns { projet, personne }
}

columns! {
    /// Employers.
    EmployerColumns { employeur, effectif, secteur }
}

columns! {
    /// Free units.
    UnitColumns { logement, commune, quartier, financement, typologie, surface, loyer, charges }
}

/// Values that the generator writes by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Words {
    /// Links of a person to the request.
    pub demandeur: String,
    pub conjoint: String,
    pub enfant: String,
    pub ascendant: String,
    /// Where those live who are in the social stock.
    pub locataire: String,
    /// Of those who have no employer.
    pub sans_contrat: String,
    /// Of the partner who works, and of whoever is too old for `contrats_etudes`.
    pub contrat_stable: String,
    /// Contracts of those who learn: of the young only.
    pub contrats_etudes: Vec<String>,
    pub secteur_public: String,
    pub secteur_agricole: String,
    pub secteur_prive: String,
}
