//! Under which reserves an answer on the matching stands: counted by hand on three requests and three units.

use std::process::Output;

use serde_json::{Value, json};

use crate::matching_commands::Place;

/// A unit suits a modest request under the reserve on its lease, any other one under none; in the district nothing is
/// asked, so that it frees. Points rest on a reserve of the request where it is urgent.
const RULES: &str = "//! entité: candidature\n\n\
/// Le logement est assez grand.\nfn assez_grand(besoin, taille) { taille >= besoin }\n\n\
/// Le bail se signe.\n/// réserve: le bail est signé\nfn bail(modeste) { modeste }\n\n\
/// Le logement convient.\nfn convient(assez_grand, bail, modeste, quartier) { assez_grand && (!modeste || bail || quartier) }\n\n\
/// Adéquation.\nfn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }\n";

const OF_REQUESTS: &str = "//! entité: demande\n\n\
/// Les points.\nfn rang(points, urgence) { if urgence { 500 + points } else { points } }\n\n\
/// L'urgence.\n/// réserve: la commission la reconnaît\n/// réserve: elle dure\nfn urgence(points) { points >= 80 }\n";

fn place() -> Place {
    let place = Place::new();
    place.write("regles/r.rhai", RULES);
    place.write("regles/d.rhai", OF_REQUESTS);
    let pack = "name = \"essai\"\n[matching]\ncandidature = \"candidature\"\nsuitable = \"convient\"\npriority = \"rang\"\n\
                fit = \"adequation\"\nblocks = [\"assez_grand\"]\n[groups]\nequite = [\"urgence\"]\n";
    place.write("regles/pack.toml", pack);
    // D1 is urgent and not modest; D3 and D4 are modest and need two rooms. Only L3 is in the district.
    place.write(
        "donnees/demandes.csv",
        "demande_id,besoin,points,modeste\nD1,1,90,false\nD3,2,20,true\nD4,2,30,true\n",
    );
    place
}

fn err(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const NOTE: &str = "note: sous réserve de conditions des textes que les règles ne vérifient pas:\n";

/// D1 is housed in L1, the two others in L2 and L3: of these, whoever gets L3 needs no lease.
fn expected() -> Value {
    json!([
        {"reserve": "elle dure", "rules": ["urgence"], "count": 1},
        {"reserve": "la commission la reconnaît", "rules": ["urgence"], "count": 1},
        {"reserve": "le bail est signé", "rules": ["bail"], "count": 1},
    ])
}

#[test]
fn a_matching_says_its_reserves_where_it_is_read() {
    let place = place();
    let told = err(&place.run("match", &[]));
    let lines = "   1 attribution: elle dure (`urgence`)\n   1 attribution: la commission la reconnaît (`urgence`)\n   \
                 1 attribution: le bail est signé (`bail`)\n";
    assert!(told.contains(&format!("{NOTE}{lines}")), "{told}");
    assert_eq!(place.result()["reserves"], expected());
}

/// All three units suit D1, L2 and L3 the two others: of their four pairs two are outside of the district. Candidacies
/// are not ranked, so nothing is said of the priority.
#[test]
fn candidates_say_the_reserves_of_their_pairs() {
    let place = place();
    let told = err(&place.run("candidates", &[]));
    assert!(told.contains(&format!("{NOTE}   2 candidatures: le bail est signé (`bail`)\n")), "{told}");
    assert!(!told.contains("elle dure"), "{told}");
    // What is asked for besides is written, and said.
    let told = err(&place.run("candidates", &["--select", "urgence"]));
    assert!(told.contains("   3 candidatures: elle dure (`urgence`)\n"), "{told}");
}

#[test]
fn fairness_and_the_commission_say_them_too() {
    let place = place();
    let told = err(&place.run("fairness", &[]));
    assert!(told.contains("   1 attribution: le bail est signé (`bail`)\n"), "{told}");
    let text = place.stdout("fairness", &[]);
    assert!(text.contains("urgence : 1 demandes sous réserve de : elle dure\n"), "{text}");
    let json: Value = serde_json::from_str(&place.stdout("fairness", &["--format", "json"])).unwrap();
    assert_eq!(json["reserves"], expected());
    let of_requests = json!([
        {"reserve": "elle dure", "rules": ["urgence"], "count": 1},
        {"reserve": "la commission la reconnaît", "rules": ["urgence"], "count": 1},
    ]);
    assert_eq!(json["groups"][0]["reserves"], of_requests);
    let told = err(&place.run("commission", &["--candidates", "1"]));
    assert!(told.contains("   1 candidat: le bail est signé (`bail`)\n"), "{told}");
}

/// A result of before, without a word of reserves, still holds; one that hides or invents any does not.
#[test]
fn reserves_of_a_result_are_held_against_the_rules() {
    let place = place();
    let mut result = place.result();
    let mut verify = |change: &dyn Fn(&mut Value)| {
        change(&mut result);
        place.write("r.json", &result.to_string());
        let output = place.run("verify", &["--match", "r.json"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, told) = verify(&|_| {});
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("   1 attribution: le bail est signé (`bail`)\n"), "{told}");
    let (code, told) = verify(&|result| result["reserves"][2]["count"] = json!(2));
    assert_eq!(code, Some(1));
    assert!(told.contains("le bail est signé (bail), 1 attributions"), "{told}");
    let (code, told) = verify(&|result| drop(result["reserves"].as_array_mut().unwrap().pop()));
    assert_eq!(code, Some(1));
    assert!(told.contains("ne disent pas: le bail est signé"), "{told}");
    let more = json!({"reserve": "le bail est signé", "rules": ["bail"], "count": 1});
    let other = json!({"reserve": "la lune est pleine", "rules": ["bail"], "count": 1});
    let (code, told) =
        verify(&|result| result["reserves"].as_array_mut().unwrap().extend([more.clone(), other.clone()]));
    assert_eq!(code, Some(1));
    assert!(told.contains("disent: la lune est pleine"), "{told}");
    let (code, told) = verify(&|result| drop(result.as_object_mut().unwrap().remove("reserves")));
    assert_eq!(code, Some(0), "{told}");
}
