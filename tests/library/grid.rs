//! Grids of points that are written as a table: what they count is what the same grid counts that is written as a rule, and
//! what a few lines of the test itself count.

use std::collections::BTreeMap;

use crate::support::{files, root};
use logis::data::{Dataset, InputFile, Needs, read};
use logis::value::{Value, parse_date};
use logis::{Pack, evaluate, reference};

/// The outcomes of a rule on a day for tables of data, by the plan; the interpreter says the same where it knows.
fn decided(pack: &Pack, tables: &[(&str, &str)], day: &str, rule: &str) -> Vec<Option<Value>> {
    let plan = pack.plan(parse_date(day).unwrap(), &[rule]).unwrap();
    let data = data(pack, tables, &plan.needs());
    let decisions = evaluate::evaluate(&plan, &data);
    let rows = data.tables[plan.entity].rows();
    let interpreter = reference::Interpreter::new(&plan, &data).unwrap();
    let found: Vec<Option<Value>> = (0..rows).map(|row| decisions.columns[0].value(row)).collect();
    for (row, value) in found.iter().enumerate() {
        match interpreter.decide_name(rule, row as u64) {
            reference::Answer::Known(known) => assert_eq!(value.as_ref(), Some(&known), "{day} {row}"),
            reference::Answer::Unknown => {}
            reference::Answer::Error(error) => panic!("{day} {row}: {error}"),
        }
    }
    found
}

fn data(pack: &Pack, tables: &[(&str, &str)], needs: &Needs) -> Dataset {
    let file = |(name, text): &(&str, &str)| InputFile {
        name: format!("{name}.csv"),
        bytes: text.to_string().into(),
    };
    let parsed = pack.parsed();
    let read = read(&parsed.schema, &parsed.references, tables.iter().map(file).collect(), needs);
    assert!(read.issues.iter().all(|issue| !issue.is_error()), "{:?}", read.issues);
    read.dataset
}

/// Numbers that look drawn, and are the same in every run.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// A cell: one of these, or empty.
    fn cell<'a>(&mut self, cells: &[&'a str]) -> &'a str {
        let at = self.below(cells.len() as u64 + 1);
        cells.get(usize::try_from(at).unwrap()).copied().unwrap_or("")
    }
}

/// The example grid of Dijon, as a table.
const DIJON: &str = r#"
title  = "Points de la demande"
from   = 2009-06-01
source = { title = "un exemple" }

[[criterion]]
name   = "mois"
label  = "Ancienneté"
of     = 'anciennete_demande'
points = 1

[[criterion]]
name   = "dalo"
label  = "DALO"
when   = 'public_dalo'
points = 50

[[criterion]]
name   = "delai"
label  = "Délai"
when   = 'delai_anormalement_long'
points = 20

[[criterion]]
name   = "loi"
label  = "Public de la loi"
when   = 'public_l441_1'
points = 10

[[criterion]]
name   = "expulsion"
label  = "Expulsion"
when   = 'menace_expulsion'
points = 20

[[criterion]]
name   = "parent"
label  = "Parent seul"
when   = 'personne_seule_avec_charge'
points = 5

[[criterion]]
name   = "ani"
label  = "Public de l'accord"
when   = 'public_ani == true'
points = 10

[[criterion]]
name   = "refus"
label  = "Refus"
when   = 'refus_offre_adaptee'
points = -10
"#;

/// The example grid of Dijon counts as much written as a table as written as a rule with a table of points, of households
/// that are drawn and of which much is not known.
#[test]
fn a_grid_counts_as_the_same_grid_written_as_a_rule() {
    let mut all = Vec::new();
    files(&root().join("rules"), "", &mut all);
    all.retain(|(path, _)| !path.starts_with("territoires/") || path.starts_with("territoires/dijon/"));
    let as_rule = Pack::from_files("", all.clone()).unwrap();
    all.retain(|(path, _)| !path.starts_with("territoires/dijon/cotation"));
    all.push(("territoires/dijon/grille.toml".to_string(), DIJON.as_bytes().to_vec()));
    let as_table = Pack::from_files("", all).unwrap();

    let mut drawn = Drawn(21);
    let facts = [
        "decision_dalo",
        "logement_indigne",
        "logement_non_decent",
        "mal_loge",
        "menace_expulsion",
        "parcours_prostitution",
        "refus_offre_adaptee",
        "reprise_activite",
        "sortie_ase",
        "sortie_coordination_therapeutique",
        "victime_traite",
        "violences",
    ];
    let mut rarely = ["false"; 11];
    rarely[0] = "true";
    let mut requests = format!("demande_id,commune,date_demande,{}\n", facts.join(","));
    let mut persons = "personne_id,demande_id,lien,date_naissance,a_charge,handicap,difficulte_logement,mobilite_professionnelle,type_contrat\n"
        .to_string();
    for request in 0..600 {
        let filed = format!("20{:02}-{:02}-15", 10 + drawn.below(7), 1 + drawn.below(12));
        let said: Vec<&str> = facts.iter().map(|_| drawn.cell(&rarely)).collect();
        requests += &format!("D{request},21231,{filed},{}\n", said.join(","));
        for person in 0..1 + drawn.below(3) {
            let (lien, born) = if person == 0 { ("demandeur", 1980) } else { ("enfant", 2012) };
            let charge = if person == 0 { "false" } else { drawn.cell(&["true"]) };
            persons += &format!(
                "P{request}_{person},D{request},{lien},{born}-01-01,{charge},false,false,{},{}\n",
                drawn.cell(&rarely),
                drawn.cell(&["cdi", "cdd"])
            );
        }
    }
    let tables = [("demandes", requests.as_str()), ("personnes", persons.as_str())];
    for day in ["2017-06-30", "2024-06-30"] {
        let wanted = decided(&as_rule, &tables, day, "cotation");
        assert_eq!(decided(&as_table, &tables, day, "cotation"), wanted, "{day}");
        let known = wanted.iter().flatten().count();
        let sums: std::collections::BTreeSet<String> =
            wanted.iter().flatten().map(Value::to_string).collect();
        assert!(known > 80 && known < 580 && sums.len() > 40, "{known} known, {} sums", sums.len());
    }
    // Before the grid nobody knows, of both.
    assert!(decided(&as_table, &tables, "2009-05-31", "cotation").iter().all(Option::is_none));
}

const SCHEMA: &str = "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n\
    [demande.belongs_to.commune]\ncolumn = \"commune\"\n[demande.fields.mois]\ntype = \"integer\"\n\
    [demande.fields.enfants]\ntype = \"integer\"\n[demande.fields.urgent]\ntype = \"boolean\"\n\
    [demande.fields.situation]\ntype = \"enum\"\nvalues = [\"loge\", \"heberge\", \"rue\"]\n\
    [commune]\nsource = \"communes.csv\"\nkey = \"commune\"\n";

fn small(grid: &str) -> Result<Pack, String> {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let place = "name = \"x\"\nepci = [\"e1\"]\nsource = { title = \"t\" }\n";
    Pack::from_files(
        "",
        vec![
            file(
                "pack.toml",
                "entity = \"demande\"\n[territories]\ntable = \"commune\"\nlevels = [\"epci\"]\n",
            ),
            file("schema.toml", SCHEMA),
            file("communes.csv", "commune,epci\nA,e1\nB,e2\n"),
            file("r.rhai", "//! entité: demande\nfn famille(enfants) { enfants > 0 }\n"),
            file("t/un/territoire.toml", place),
            file("t/un/grille.toml", grid),
        ],
    )
    .map_err(|error| error.to_string())
}

/// Bands, a cap of a criterion and of the whole, a group of which the most counts, a criterion that comes later and one that
/// ends, points that change, one that takes away: all households of a small world on the days around each change, against
/// sums that the test makes.
#[test]
fn a_grid_counts_what_its_rows_say() {
    let pack = small(
        r#"
title  = "Grille"
entity = "demande"
from   = 2015-01-01
until  = 2022-12-31
source = { title = "t" }
cap    = 60

[[criterion]]
name  = "anciennete"
label = "Ancienneté"
of    = 'mois'
bands = [[12, 2], [24, 5], [36.5, 11]]

[[criterion]]
name   = "famille"
label  = "Enfants"
when   = 'famille'
of     = 'enfants'
points = 4
cap    = 10

[[criterion]]
name   = "rue"
label  = "Sans abri"
when   = 'situation == "rue"'
group  = "logement"
points = 20

[[criterion]]
name   = "heberge"
label  = "Hébergé"
when   = 'situation == "heberge" || situation == "rue"'
group  = "logement"
points = 8

# Deux textes du même critère : les points et la condition changent.
[[criterion]]
name   = "rue"
label  = "Sans abri"
when   = 'situation == "rue" && urgent'
group  = "logement"
from   = 2018-07-01
points = 30

[[criterion]]
name   = "urgence"
label  = "Urgence"
when   = 'urgent'
from   = 2017-01-01
until  = 2019-12-31
points = 25

[[criterion]]
name   = "logement"
label  = "Logé"
when   = '!(situation != "loge")'
points = -3
"#,
    )
    .unwrap();
    // By hand, without a word of the grid.
    let by_hand = |day: &str, mois: i64, enfants: i64, urgent: bool, situation: &str| -> Option<i64> {
        if !("2015-01-01"..="2022-12-31").contains(&day) {
            return None;
        }
        let seniority = match mois {
            ..12 => 0,
            12..24 => 2,
            24..37 => 5,
            _ => 11,
        };
        let family = (4 * enfants).min(10);
        let street = match (situation, day < "2018-07-01") {
            ("rue", true) => 20,
            ("rue", false) if urgent => 30,
            ("rue", false) | ("heberge", _) => 8,
            _ => 0,
        };
        let urgency = if urgent && ("2017-01-01"..="2019-12-31").contains(&day) { 25 } else { 0 };
        let housed = if situation == "loge" { -3 } else { 0 };
        Some((seniority + family + street + urgency + housed).min(60))
    };
    let mut table = "demande_id,commune,mois,enfants,urgent,situation\n".to_string();
    let mut world = Vec::new();
    for mois in [0, 11, 12, 23, 24, 36, 37, 80] {
        for enfants in 0..4 {
            for urgent in [false, true] {
                for situation in ["loge", "heberge", "rue"] {
                    table += &format!("D{},A,{mois},{enfants},{urgent},{situation}\n", world.len());
                    world.push((mois, enfants, urgent, situation));
                }
            }
        }
    }
    table += "B1,B,80,3,true,rue\n";
    let days = [
        "2014-12-31",
        "2015-01-01",
        "2016-12-31",
        "2017-01-01",
        "2018-06-30",
        "2018-07-01",
        "2019-12-31",
        "2020-01-01",
        "2022-12-31",
        "2023-01-01",
    ];
    for day in days {
        let found = decided(&pack, &[("demandes", table.as_str())], day, "cotation");
        let mut reached = BTreeMap::new();
        for (found, (mois, enfants, urgent, situation)) in found.iter().zip(&world) {
            let wanted = by_hand(day, *mois, *enfants, *urgent, situation);
            assert_eq!(
                found.as_ref().map(Value::to_string),
                wanted.map(|n| n.to_string()),
                "{day} {mois} {enfants} {urgent} {situation}"
            );
            *reached.entry(wanted).or_insert(0) += 1;
        }
        // Of another place the grid says nothing.
        assert_eq!(found.last(), Some(&None));
        assert!(reached.len() > 20 || reached.contains_key(&None), "{reached:?}");
    }
}

/// Points that are not known leave open the sum of whom they concern, and of nobody else; the reason is said.
#[test]
fn points_that_nobody_knows_leave_open_whom_they_concern() {
    let grid = "title = \"G\"\nentity = \"demande\"\nfrom = 2015-01-01\nsource = { title = \"t\" }\n\
        [[criterion]]\nname = \"mois\"\nlabel = \"Mois\"\nof = 'mois'\npoints = 1\n\
        [[criterion]]\nname = \"urgence\"\nlabel = \"Urgence\"\nwhen = 'urgent'\nunknown = \"la page ne le dit pas\"\n\
        [[criterion]]\nname = \"urgence\"\nlabel = \"Urgence\"\nwhen = 'urgent'\nfrom = 2020-01-01\npoints = 7\n";
    let pack = small(grid).unwrap();
    let rows = "demande_id,commune,mois,urgent\nD1,A,5,false\nD2,A,5,true\nD3,A,,false\nD4,A,5,\n";
    let found = |day: &str| {
        let found = decided(&pack, &[("demandes", rows)], day, "cotation");
        found
            .iter()
            .map(|v| v.as_ref().map_or("?".to_string(), Value::to_string))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(found("2019-12-31"), "5 ? ? ?");
    assert_eq!(found("2020-01-01"), "5 12 ? ?");
    let plan = pack.plan(parse_date("2019-12-31").unwrap(), &["cotation"]).unwrap();
    let data = data(&pack, &[("demandes", rows)], &plan.needs());
    let told = logis::explain::to_text(&logis::explain::explain(&plan, &data, 1)[0]);
    assert!(told.contains("`grille.cotation.urgence@un`, sans valeur au"), "{told}");
    let figure = &pack.parsed().parameters[pack.parsed().parameter("grille.cotation.urgence@un").unwrap()];
    assert_eq!(figure.label, "Points du critère Urgence (la page ne le dit pas)");
}

/// Outside its days a grid gives no sum, not even to whom none of its criteria concerns; bands and points may follow each other.
#[test]
fn outside_its_days_a_grid_gives_no_sum() {
    let grid = "title = \"G\"\nentity = \"demande\"\nfrom = 2015-01-01\nuntil = 2019-12-31\nsource = { title = \"t\" }\n\
        [[criterion]]\nname = \"urgence\"\nlabel = \"Urgence\"\nwhen = 'urgent'\npoints = 3\nuntil = 2017-12-31\n\
        [[criterion]]\nname = \"mois\"\nlabel = \"Mois\"\nof = 'mois'\nfrom = 2016-01-01\npoints = 1\n\
        [[criterion]]\nname = \"mois\"\nlabel = \"Mois\"\nof = 'mois'\nfrom = 2017-01-01\nbands = [[5, 30]]\ncap = 20\n";
    let pack = small(grid).unwrap();
    let rows = "demande_id,commune,mois,urgent\nD1,A,0,false\nD2,A,5,true\n";
    let found = |day: &str, rule: &str| {
        let found = decided(&pack, &[("demandes", rows)], day, rule);
        found
            .iter()
            .map(|v| v.as_ref().map_or("?".to_string(), Value::to_string))
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (day, sums) in [
        ("2014-12-31", "? ?"),
        ("2015-01-01", "0 3"),
        ("2016-01-01", "0 8"),
        ("2017-01-01", "0 23"),
        ("2018-01-01", "0 20"),
        ("2019-12-31", "0 20"),
        ("2020-01-01", "? ?"),
    ] {
        assert_eq!(found(day, "cotation"), sums, "{day}");
    }
    assert_eq!(found("2018-01-01", "cotation_urgence"), "0 0");
    let plan = pack.plan(parse_date("2020-01-01").unwrap(), &["cotation"]).unwrap();
    let data = data(&pack, &[("demandes", rows)], &plan.needs());
    let told = logis::explain::to_text(&logis::explain::explain(&plan, &data, 0)[0]);
    assert!(told.contains("`grille.cotation@un`, sans valeur au 2020-01-01"), "{told}");
}

/// What is wrong in a grid is said at its line, with the nearest right name.
#[test]
fn what_is_wrong_in_a_grid_is_said_at_its_line() {
    let head = "title = \"G\"\nentity = \"demande\"\nfrom = 2015-01-01\nsource = { title = \"t\" }\n";
    let row = |more: &str| format!("{head}[[criterion]]\nname = \"a\"\nlabel = \"A\"\n{more}");
    for (grid, wanted) in [
        (row("when = 'urgnt'\npoints = 1\n"), &["t/un/grille.toml:8:9", "vouliez-vous dire `urgent` ?"][..]),
        (row("when = 'mois > 3 && situatio == \"rue\"'\npoints = 1\n"), &["grille.toml:8:21", "`situation`"]),
        (row("when = 'situation == \"ru\"'\npoints = 1\n"), &["grille.toml:8:22", "`rue`"]),
        (row("when = 'mois'\npoints = 1\n"), &["grille.toml:8:9", "vrai ou faux"]),
        (row("of = 'urgent'\npoints = 1\n"), &["grille.toml:8:"]),
        (row("when = 'mois >'\npoints = 1\n"), &["grille.toml:8:"]),
        (row("when = 'let x = 1; x > 0'\npoints = 1\n"), &["L0049", "une seule expression"]),
        (row("when = \"situation == \\\"rue\\\"\"\npoints = 1\n"), &["grille.toml:8:8", "apostrophes"]),
        (row("when = 'urgent'\npoint = 1\n"), &["vouliez-vous dire `points` ?", "grille.toml:9:1"]),
        (row("when = 'urgent'\n"), &["combien de points"]),
        (row("when = 'urgent'\npoints = 1\nunknown = \"?\"\n"), &["de deux façons"]),
        (row("points = 1\n"), &["qui les reçoit"]),
        (row("when = 'urgent'\nbands = [[1, 2]]\n"), &["ajouter `of`"]),
        (row("of = 'mois'\nbands = [[2, 2], [1, 3]]\n"), &["du plus petit au plus grand"]),
        (row("when = 'urgent'\npoints = \"1\"\n"), &["n'est pas un nombre"]),
        (
            row("when = 'urgent'\npoints = 1\nfrom = 2014-01-01\n"),
            &["ses jours ne sont pas ceux de la grille"],
        ),
        (
            row(
                "when = 'urgent'\npoints = 1\n[[criterion]]\nname = \"a\"\nlabel = \"A\"\nwhen = 'urgent'\npoints = 2\n",
            ),
            &["dit deux fois", "grille.toml:11:8"],
        ),
        (row("when = 'urgent'\npoints = 1\n").replace("entity = \"demande\"\n", ""), &["ajouter `entity`"]),
        (
            row("when = 'urgent'\npoints = 1\n").replace("source = { title = \"t\" }\n", ""),
            &["rien ne dit d'où il vient"],
        ),
        (head.to_string(), &["n'a pas de critère"]),
    ] {
        let told = small(&grid).err().unwrap_or_else(|| panic!("no word on {grid}"));
        for word in wanted {
            assert!(told.contains(word), "{grid}\n{word}\n{told}");
        }
    }
}
