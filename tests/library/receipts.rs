//! Receipts: the pack of their day gives the same bytes, another pack is found out.

use logis::data::{InputFile, read};
use logis::evaluate::{Context, evaluate};
use logis::explain::{Missing, Shown};
use logis::fingerprint::fingerprint;
use logis::receipt::{Receipt, Recorder, Replay};
use logis::value::{Value, parse_date, parse_number};
use logis::{Decider, Pack};
use serde_json::json;

const SCHEMA: &str = "\
[commune]\nsource = \"communes.csv\"\nkey = \"commune\"\n\
fields.zone = { values = [\"a\", \"b\"] }\n\
[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
belongs_to.commune = { column = \"commune\" }\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n\
fields.codes_publics = { type = \"codes\", empty = \"none\" }\n\
[personne]\ntable = \"personnes\"\nkey = \"personne_id\"\n\
belongs_to.menage = { column = \"menage_id\", required = true }\n\
fields.age = { type = \"integer\" }\nfields.couleur = { type = \"text\" }\n";

const PARAMETERS: &str = "\
[plafond]\nunit = \"EUR/an\"\nby = [\"zone\"]\n\
[[plafond.values]]\nfrom = 2017-01-01\nsource = { title = \"art. 1\" }\na = 20000\nb = 18000.50\n\
[[plafond.values]]\nfrom = 2018-01-01\nsource = { title = \"art. 1\" }\na = 20100\nb = 18100\n";

const RULES: &str = "\
//! entité: menage\n\
/// Le plafond.\n/// source: art. 1\n\
fn plafond_du_menage(zone) { param(\"plafond\", zone) }\n\
/// Le revenu par tête.\n/// source: art. 2\n\
fn part(revenu, age) { moitie(revenu, nombre(age)) }\n\
private fn moitie(a, n) { arrondi(a / n, 2) }\n\
/// Ni plafond ni public.\n/// source: art. 1\n\
fn eligible(revenu, plafond_du_menage, codes_publics) { revenu <= plafond_du_menage || contient(codes_publics, \"dalo\") }\n";

const COMMUNES: &str = "commune,zone\n21231,b\n75101,a\n";

fn pack_of(schema: &str, parameters: &str, rules: &str, communes: &str) -> Pack {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let files = vec![
        file("schema.toml", schema),
        file("x/plafond.toml", parameters),
        file("x/regles.rhai", rules),
        file("communes.csv", communes),
    ];
    Pack::from_files("", files).unwrap()
}

fn pack() -> Pack {
    pack_of(SCHEMA, PARAMETERS, RULES, COMMUNES)
}

const NAMES: [&str; 3] = ["eligible", "part", "plafond_du_menage"];

/// Four households: under the ceiling of their zone, over it, over it but of a public, without income;
/// and a person who is not decided on, of a household that is.
fn receipts(pack: &Pack, date: &str) -> Vec<Receipt> {
    let file = |name: &str, text: &str| InputFile { name: name.to_string(), bytes: text.as_bytes().to_vec() };
    let files = vec![
        file(
            "menages.csv",
            "menage_id,commune,revenu,codes_publics\nM1,21231,18000.50,\nM2,21231,18000.51,\nM3,75101,20000.01,dalo ani\nM4,75101,,\n",
        ),
        file(
            "personnes.csv",
            "personne_id,menage_id,age,couleur\nP1,M1,30,bleu\nP2,M2,31,\nP3,M2,,\nP4,M3,40,\n",
        ),
    ];
    let parsed = pack.parsed();
    let plan = pack.plan(parse_date(date).unwrap(), &NAMES).unwrap();
    let data = read(&parsed.schema, &parsed.references, files, &plan.needs());
    assert!(data.issues.iter().all(|i| !i.is_error()), "{:?}", data.issues);
    let decisions = evaluate(&plan, &data.dataset);
    let context = Context::new(&plan, &data.dataset);
    let lines = Recorder::new(&context).lines(&[0, 1, 2, 3], &decisions);
    lines.iter().map(|line| Receipt::from_line(line).unwrap()).collect()
}

fn value(text: &str) -> Shown {
    let truth = match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => None,
    };
    Shown::Value(truth.or_else(|| parse_number(text).map(Value::Number)).unwrap())
}

/// What is kept is what was read, and no more: not the colour, which no rule reads.
#[test]
fn a_receipt_holds_the_inputs_as_decided() {
    let all = receipts(&pack(), "2017-06-30");
    assert_eq!(
        serde_json::to_value(&all[1].inputs).unwrap(),
        json!({
            "menage": [{ "menage_id": "M2", "commune": "21231", "revenu": "18000.51", "codes_publics": "" }],
            "personne": [
                { "personne_id": "P2", "menage_id": "M2", "age": "31" },
                { "personne_id": "P3", "menage_id": "M2" },
            ],
            "commune": [{ "commune": "21231", "zone": "b" }],
        })
    );
    // 18,000.51 is a cent over 18,000.50; half of it is 9,000.255, and halves go away from zero.
    let outcomes: Vec<&Shown> = all[1].outcomes.iter().map(|(_, o)| o).collect();
    assert_eq!(outcomes, [&value("false"), &value("9000.26"), &value("18000.5")]);
    assert_eq!(all[2].outcome("eligible"), Some(&value("true")));
    assert_eq!(
        all[3].outcome("eligible"),
        Some(&Shown::Unknown(vec![Missing::Field {
            field: "revenu".into(),
            entity: "menage".into(),
            id: "M4".into(),
            reason: None,
        }]))
    );
    let Some(Shown::Error(failed)) = all[3].outcome("part") else { panic!("{:?}", all[3].outcome("part")) };
    assert_eq!(failed.to_string(), "division par zéro (règle `part`)");
}

#[test]
fn the_pack_of_its_day_gives_the_same_bytes() {
    let pack = pack();
    let all = receipts(&pack, "2017-06-30");
    for replayed in [Replay::new(&pack).replay(&all), Replay::new(&self::pack()).replay(&all)] {
        for (receipt, replayed) in all.iter().zip(&replayed) {
            assert!(replayed.changed.nothing(), "{:?}", replayed.changed);
            assert_eq!(replayed.again.to_line(), receipt.to_line());
        }
    }
    // Receipts of several dates and selections, in any order.
    let mut mixed = receipts(&pack, "2018-06-30");
    mixed.extend(all);
    mixed.reverse();
    let replayed = Replay::new(&pack).replay(&mixed);
    assert!(mixed.iter().zip(&replayed).all(|(a, b)| a == &b.again));
}

/// The ceiling of zone b a cent higher: M2 becomes eligible, M1 has only another ceiling.
#[test]
fn another_parameter_is_found_out() {
    let all = receipts(&pack(), "2017-06-30");
    let other = pack_of(SCHEMA, &PARAMETERS.replace("18000.50", "18000.51"), RULES, COMMUNES);
    let replayed = Replay::new(&other).replay(&all);
    let drifts = |n: usize| -> Vec<&str> { replayed[n].drifts.iter().map(|d| d.rule.as_str()).collect() };
    assert_eq!(drifts(0), ["plafond_du_menage"]);
    assert_eq!(drifts(1), ["eligible", "plafond_du_menage"]);
    assert_eq!(
        (&replayed[1].drifts[0].before, &replayed[1].drifts[0].after),
        (&value("false"), &value("true"))
    );
    assert!(drifts(2).is_empty() && drifts(3).is_empty());
    // The cells in force are others, whether this row reads them or not; the rules are the same.
    assert!(replayed.iter().all(|r| r.changed.parameters && !r.changed.rules && !r.changed.engine));
    // On another date those cells are not in force.
    let later = receipts(&pack(), "2018-06-30");
    assert!(Replay::new(&other).replay(&later).iter().all(|r| r.changed.nothing()));
}

#[test]
fn another_reference_row_is_found_out() {
    let all = receipts(&pack(), "2017-06-30");
    let other = pack_of(SCHEMA, PARAMETERS, RULES, "commune,zone\n21231,a\n");
    let replayed = Replay::new(&other).replay(&all);
    assert_eq!(replayed[1].changed.inputs, ["commune 21231: zone: « b » → « a »"]);
    assert_eq!(replayed[1].drifts[0].after, value("true"));
    assert_eq!(replayed[2].changed.inputs, ["commune 75101: cette ligne n'est plus lue"]);
}

#[test]
fn what_cannot_be_decided_any_more_is_a_drift() {
    let all = receipts(&pack(), "2017-06-30");
    let gone = pack_of(SCHEMA, PARAMETERS, &RULES.replace("fn eligible(", "fn eligibilite("), COMMUNES);
    let replayed = Replay::new(&gone).replay(&all);
    assert_eq!(replayed[0].drifts.len(), 1);
    assert_eq!(replayed[0].drifts[0].rule, "eligible");
    assert!(
        matches!(&replayed[0].drifts[0].after, Shown::Error(why) if why.message.contains("n'a plus cette règle"))
    );
    let later = pack_of(SCHEMA, &PARAMETERS.replace("2017-01-01", "2017-07-01"), RULES, COMMUNES);
    let drift = &Replay::new(&later).replay(&all)[0].drifts[0].after;
    assert!(
        matches!(drift, Shown::Unknown(why) if why[0].to_string().contains("paramètre `plafond`, sans valeur au 2017-06-30")),
        "{drift:?}"
    );
    let narrower = pack_of(
        &SCHEMA.replace("\"amount\", unit", "\"amount\", range = [0, 18000], unit"),
        PARAMETERS,
        RULES,
        COMMUNES,
    );
    let replayed = Replay::new(&narrower).replay(&all);
    assert!(
        replayed[0].changed.rules && replayed[0].changed.inputs[0].contains("revenu"),
        "{:?}",
        replayed[0].changed
    );
}

/// Names of files, comments, layout and order do not count; a text, a helper's text, a cell, a field do.
#[test]
fn a_fingerprint_is_of_what_is_said() {
    let date = parse_date("2017-06-30").unwrap();
    let of = |pack: &Pack| fingerprint(&pack.plan(date, &NAMES).unwrap());
    let same = of(&pack());
    let layout = RULES
        .replace("a / n, 2", "a\n  /n /* n */, 2 // ici\n")
        .replace("/// source: art. 1", "/// source: autre");
    let mut rules: Vec<&str> = layout.splitn(2, "/// Le revenu par tête.").collect();
    let second = format!("//! entité: menage\n/// Le revenu par tête.{}", rules.pop().unwrap());
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let moved = Pack::from_files(
        "",
        vec![
            file("z.rhai", rules[0]),
            file("a.rhai", &second),
            file("schema.toml", SCHEMA),
            file("y/communes.csv", COMMUNES),
            file(
                "p.toml",
                &PARAMETERS.replace("a = 20000\nb = 18000.50", "b = 18000.5 # centimes\na = 20_000"),
            ),
        ],
    )
    .unwrap();
    assert_eq!(of(&moved), same);
    let rules =
        |from: &str, to: &str| of(&pack_of(SCHEMA, PARAMETERS, &RULES.replace(from, to), COMMUNES)).rules;
    assert_ne!(rules("revenu <= plafond", "revenu < plafond"), same.rules);
    assert_ne!(rules("a / n, 2", "a / n, 1"), same.rules);
    assert_ne!(rules("\"dalo\"", "\"da lo\""), same.rules);
    let cells = of(&pack_of(SCHEMA, &PARAMETERS.replace("20000", "20001"), RULES, COMMUNES));
    assert_eq!(cells.rules, same.rules);
    assert_ne!(cells.parameters, same.parameters);
    let schema =
        of(&pack_of(&SCHEMA.replace("empty = \"none\"", "range = [0, 9]"), PARAMETERS, RULES, COMMUNES));
    assert_ne!(schema.rules, same.rules);
}

#[test]
fn a_record_leaves_a_receipt() {
    let pack = pack();
    let decider = Decider::new(pack.plan(parse_date("2017-06-30").unwrap(), &NAMES).unwrap());
    let receipt = decider.receipt(&json!({
        "menage_id": "M9", "commune": "75101", "revenu": 20000, "personnes": [{ "age": 30 }, { "age": 3 }],
    })).unwrap();
    assert_eq!(receipt.outcome("part"), Some(&value("10000")));
    let replayed = Replay::new(&pack).replay(std::slice::from_ref(&receipt));
    assert_eq!(replayed[0].again, receipt);
    assert!(Receipt::from_line("{\"engine\":\"0\"}").is_err());
}
