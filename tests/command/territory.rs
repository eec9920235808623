//! `docs/src/fr/territoire.md`, played: its files are written, its commands run, and what it shows is what they say.

use crate::played::{copied, play, run};

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
