//! `logis commission` with ranks that are filled for the most leases to be expected, on an example that is counted by hand.

use crate::support::{Folder, LOGIS, stderr, stdout};
use std::process::{Command, Output};

const SCHEMA: &str = "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n[demande.fields]\n\
points = { type = \"integer\" }\nprefere = { type = \"integer\" }\nun = { type = \"integer\" }\ndeux = { type = \"integer\" }\n\
[logement]\ntable = \"logements\"\nkey = \"logement_id\"\n[logement.fields]\ntaille = { type = \"integer\" }\n\
[candidature]\npair = [\"demande\", \"logement\"]\n";

const RULES: &str = "//! entité: candidature\n\n/// Convient.\nfn convient(taille) { taille > 0 }\n\n\
/// Adéquation.\nfn adequation(prefere, taille) { if prefere == taille { 900 } else { 500 } }\n\n\
/// En dixièmes.\nfn acceptation(taille, un, deux) { if taille == 1 { un / 10 } else { deux / 10 } }\n";

const PACK: &str = "name = \"essai\"\n[matching]\ncandidature = \"candidature\"\nsuitable = \"convient\"\npriority = \"points\"\n\
fit = \"adequation\"\nacceptance = \"acceptation\"\n";

/// A and B are first; C takes the first unit with 0.9 and the second with 0.8, D with 0.6 and 0.1.
const REQUESTS: &str = "demande_id,points,prefere,un,deux\nA,9,1,5,0\nB,9,2,0,5\nC,5,1,9,8\nD,4,2,6,1\n";

fn folder() -> Folder {
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/r.rhai", RULES),
        ("regles/pack.toml", PACK),
        ("donnees/demandes.csv", REQUESTS),
        ("donnees/logements.csv", "logement_id,taille\nL1,1\nL2,2\n"),
    ])
}

fn commission(folder: &Folder, more: &[&str]) -> Output {
    let base = ["commission", "--rules", "regles", "--data", "donnees", "--as-of", "2018-01-01"];
    let args = [&base[..], &["--candidates", "2", "--format", "csv"], more].concat();
    Command::new(LOGIS).current_dir(folder.path("")).args(args).output().unwrap()
}

/// Both ways side by side; the lists of each; a session says how its ranks were filled, and is another one if they are filled
/// otherwise.
#[test]
fn ranks_are_filled_as_is_asked() {
    let folder = folder();
    let compared = commission(&folder, &["--compare"]);
    // By the levels 1 - 0.5 × 0.1 and 1 - 0.5 × 0.9; for leases 1 - 0.5 × 0.4 and 1 - 0.5 × 0.2.
    assert_eq!(
        stdout(&compared),
        "rangs,places,baux_attendus,baux_au_plus,points_candidats,points_baux\n\
         by-levels,4,1.5,1.7,27,11.45\nexpected-leases,4,1.7,1.7,27,12.2\n"
    );
    let said = stderr(&compared);
    assert!(said.contains("1,7, et 1,5 par les niveaux (+0,2)"), "{said}");
    assert!(said.contains("ne donnent plus de baux attendus"), "{said}");
    let levels = stdout(&commission(&folder, &[]));
    assert_eq!(
        levels,
        "logement_id,rang,demande_id,priorite,adequation,partage\nL1,1,A,9,900,false\nL1,2,C,5,900,false\n\
         L2,1,B,9,900,false\nL2,2,D,4,900,false\n"
    );
    let leases = "logement_id,rang,demande_id,priorite,adequation,partage,probabilite\nL1,1,A,9,900,false,0.5\n\
                  L1,2,D,4,500,false,0.6\nL2,1,B,9,900,false,0.5\nL2,2,C,5,500,false,0.8\n";
    let asked = commission(&folder, &["--ranks", "expected-leases", "--ledger", "r.db", "--append"]);
    assert_eq!(stdout(&asked), leases, "{}", stderr(&asked));
    let again = ["--ledger", "r.db", "--up-to", "0"];
    let other = commission(&folder, &again);
    assert!(stderr(&other).contains("`rangs` y est \"expected-leases\", ici rien"), "{}", stderr(&other));
    // What the pack says is done without being asked for, and is not where the other is asked for.
    folder.write("regles/pack.toml", &format!("{PACK}ranks = \"expected-leases\"\n"));
    assert_eq!(stdout(&commission(&folder, &[])), leases);
    assert_eq!(stdout(&commission(&folder, &["--ranks", "by-levels"])), levels);
    let missing = commission(&folder, &["--ranks", "leases"]);
    assert_eq!(missing.status.code(), Some(2));
}
