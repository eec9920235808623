//! `docs/src/fr/territoire.md`, played: its files are written, its commands run, and what it shows is what they say.

use crate::played::{copied, play, run};
use crate::support::Folder;

#[test]
fn the_guide_to_a_territory_is_what_the_commands_say() {
    let shown = play("docs/src/fr/territoire.md", &copied("rules", "mes_regles"));
    assert!(shown >= 8, "{shown}");
}

/// A folder that is there is not touched, and what cannot be a territory is refused before anything is written.
#[test]
fn a_territory_is_drafted_once_and_where_it_can_be() {
    let folder = copied("rules", "mes_regles");
    for (line, why) in [
        ("logis new territory dijon --rules mes_regles", "existe déjà"),
        ("logis new territory Mende --rules mes_regles", "ne peut être le nom d'un territoire"),
        (
            "logis new territory mende --rules mes_regles --at region=x",
            "attendu une colonne parmi departement, epci, commune",
        ),
        ("logis eval --rules mes_regles --data x --territory dijjon", "vouliez-vous dire `dijon` ?"),
    ] {
        let (code, _, err) = run(&folder, line);
        assert!(code == 2 && err.contains(why), "{line}: {code} {err}");
    }
    assert!(!folder.path("mes_regles/territoires/mende").exists());
    // A draft without a place says what it wants.
    assert_eq!(run(&folder, "logis new territory mende --rules mes_regles").0, 0);
    let (code, out, err) = run(&folder, "logis check --rules mes_regles");
    assert!(
        code != 0 && format!("{out}{err}").contains("le territoire `mende` ne dit pas où il est"),
        "{out}{err}"
    );
}

/// A column that only rules of other places read is asked of no package, `--strict` or not; a place whose rules read it has
/// no answer without it, and is told why. Scenarios read strictly, and those of Grand Dijon are of a package without it.
#[test]
fn a_column_that_only_other_places_read_is_not_asked_for() {
    let folder = Folder::of(&[]);
    // Filed eight years before: in Paris that is long of one room, and not of four.
    let package = |commune: &str| {
        let rows = format!("demande_id,commune,date_demande\nD1,{commune},2016-06-30\n");
        folder.write("donnees/demandes.csv", &rows);
        let eval =
            "eval --data donnees --as-of 2024-06-30 --select delai_anormalement_long --format csv --strict";
        folder.logis(&eval.split(' ').collect::<Vec<_>>())
    };
    let (code, out, err) = package("21231");
    assert_eq!((code, out.as_str()), (0, "demande_id,delai_anormalement_long\nD1,true\n"));
    assert!(!err.contains("typologie_souhaitee"), "nobody there reads it: {err}");
    let (code, out, err) = package("75118");
    assert_eq!((code, out.as_str()), (0, "demande_id,delai_anormalement_long\nD1,\n"), "{err}");
    assert!(err.contains("1 inconnu, dont 1 par `typologie_souhaitee`"), "{err}");
    assert!(err.contains("colonnes absentes, donc inconnues: demandes.csv: `typologie_souhaitee`"), "{err}");
    // What is asked already is not asked for again.
    assert!(!err.contains("pour les exiger"), "{err}");
    // One row of a place that reads it is enough, and so is one that does not say where it is.
    for rows in [
        "demande_id,commune,date_demande\nD1,21231,2016-06-30\nD2,75118,2016-06-30\n",
        "demande_id,date_demande\nD1,2016-06-30\n",
    ] {
        folder.write("donnees/demandes.csv", rows);
        let eval = "eval --data donnees --as-of 2024-06-30 --select delai_anormalement_long --format csv";
        let (_, _, err) = folder.logis(&eval.split(' ').collect::<Vec<_>>());
        assert!(err.contains("donc inconnues") && err.contains("`typologie_souhaitee`"), "{rows}: {err}");
    }
    // The same of rows that are read part by part.
    folder.write("donnees/demandes.csv", "demande_id,commune,date_demande\nD1,21231,2016-06-30\n");
    let eval = "eval --data donnees --as-of 2024-06-30 --select delai_anormalement_long -o resultats.parquet";
    let (code, _, err) = folder.logis(&eval.split(' ').collect::<Vec<_>>());
    assert!(code == 0 && !err.contains("typologie_souhaitee"), "{err}");
    // What the national rule reads is asked for.
    folder.write("donnees/demandes.csv", "demande_id,commune\nD1,21231\n");
    let eval = "eval --data donnees --as-of 2024-06-30 --select delai_anormalement_long --strict";
    assert_eq!(folder.logis(&eval.split(' ').collect::<Vec<_>>()).0, 2);
}

/// Points that no source of Toulouse gives are unknown, not 0: who is in such a situation has no sum, and reads why.
#[test]
fn points_that_no_source_gives_are_unknown_and_say_so() {
    let folder = Folder::of(&[(
        "donnees/demandes.csv",
        "demande_id,commune,date_demande,decision_dalo,refus_offre_adaptee\nT1,31555,2022-10-30,false,true\n",
    )]);
    folder.write(
        "donnees/personnes.csv",
        "personne_id,demande_id,lien,date_naissance\nP1,T1,demandeur,1980-01-01\n",
    );
    let explain = "explain --data donnees --as-of 2024-06-30 --rule cotation --id T1";
    let (code, out, err) = folder.logis(&explain.split(' ').collect::<Vec<_>>());
    assert_eq!(code, 0, "{err}");
    let why = "« Points du critère Refus d'une offre adaptée (la page de la métropole n'en dit rien) », sans valeur au 30 juin 2024";
    assert!(out.contains(why), "{out}");
    assert!(out.contains("Points pour le critère Ancienneté de la demande, en mois : 20"), "{out}");
    // What the national rule says of its own sum is not said of this one.
    assert!(!out.contains("La règle précise"), "{out}");
}

/// The published list of priority districts becomes rows of the table: with and without the zero of a code, a district of
/// two communes, a blank row at the end. A unit in one is in a priority district from the list's first day, and what the list
/// does not say is unknown. (Four rows of the list of 2024, with its marks.)
#[test]
fn the_published_list_of_districts_is_a_table() {
    let folder = copied("rules", "mes_regles");
    let list = "\u{feff}code_qp;lib_qp;insee_reg;lib_reg;insee_dep;lib_dep;insee_com;lib_com;siren_epci;lib_epci;;\n\
        QN00102M;Croix Blanche;84;ARA;1;Ain;1053;Bourg-en-Bresse;200071751;CA;;\n\
        QN00101M;Grande Reyssouze Terre Des Fleurs;84;ARA;1;Ain;1053;Bourg-en-Bresse;200071751;CA;;\n\
        QN00103M;\"Les Courbes De L'Albarine\";84;ARA;1;Ain;01004;Ambérieu-en-Bugey;240100883;CC;;\n\
        QN00201M;Europe;32;HDF;2;Aisne;\"02571; 02691\";Omissy, Saint-Quentin;200071892;CA;;\n\
        ;;;;;;;;;;;\n";
    folder.write("liste.csv", list);
    let (code, out, err) = run(&folder, "logis new districts liste.csv --rules mes_regles");
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("4 quartiers") && err.is_empty(), "{out}{err}");
    let table = folder.read("mes_regles/referentiels/quartiers_prioritaires/quartiers.csv");
    assert!(table.contains("QN00102M,\"Croix Blanche\",01053,,quartier_prioritaire,\n"), "{table}");
    assert!(table.contains("QN00201M,\"Europe\",02571 02691,,quartier_prioritaire,\n"), "{table}");
    // Once is enough.
    assert_eq!(run(&folder, "logis new districts liste.csv --rules mes_regles").0, 2);
    let unit = "logement_id,commune,quartier,quartier_prioritaire\nL1,01004,QN00103M,selon_le_quartier\nL2,21166,le_mail,selon_le_quartier\n";
    folder.write("donnees/logements.csv", unit);
    for (day, wanted) in [("2023-12-31", "L1,\nL2,true"), ("2024-01-01", "L1,true\nL2,true")] {
        let eval = format!(
            "logis eval --rules mes_regles --data donnees --as-of {day} --select en_quartier_prioritaire --format csv"
        );
        let (code, out, err) = run(&folder, &eval);
        assert_eq!(
            (code, out.trim()),
            (0, format!("logement_id,en_quartier_prioritaire\n{wanted}").as_str()),
            "{err}"
        );
    }
    for (line, why) in [
        ("code_qp;lib_qp\nQN00101M;A\n", "aucune colonne insee_com"),
        ("code_qp;lib_qp;insee_com\nQX00101M;A;01053\n", ":2: « QX00101M » n'est pas le code"),
        (
            "code_qp;lib_qp;insee_com\nQN00101M;A;01053\nQN00101M;B;01053\n",
            ":3: `QN00101M` est dit deux fois",
        ),
    ] {
        let folder = copied("rules", "mes_regles");
        folder.write("liste.csv", line);
        let (code, _, err) = run(&folder, "logis new districts liste.csv --rules mes_regles");
        assert!(code == 2 && err.contains(why), "{why}: {err}");
        assert!(!folder.path("mes_regles/referentiels/quartiers_prioritaires").exists());
    }
}
