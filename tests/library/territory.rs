//! A territory is data: a folder beside the national rules, found from the commune of each row, and no line of Rust.

use std::collections::BTreeMap;

use crate::support::{files, root};
use logis::data::{Dataset, InputFile, Needs, read};
use logis::plan::Plan;
use logis::value::{Value, parse_date};
use logis::{Pack, evaluate, reference, testing};

/// The pack with the folders of these territories alone.
fn pack_of(territories: &[&str]) -> Pack {
    let mut all = Vec::new();
    files(&root().join("rules"), "", &mut all);
    let kept = |path: &str| match path.strip_prefix("territoires/") {
        Some(inside) => territories.iter().any(|name| inside.starts_with(&format!("{name}/"))),
        None => true,
    };
    all.retain(|(path, _)| kept(path));
    Pack::from_files("", all).unwrap()
}

/// What a rule says of requests, each of a commune and filed on a day, by both engines.
fn decided(pack: &Pack, requests: &[(&str, &str)], day: &str, rule: &str) -> Vec<Option<Value>> {
    decided_with(pack, requests, day, rule, ["", ""])
}

/// As [`decided`], with one more column in all rows: its name and its cell, each after a comma.
fn decided_with(
    pack: &Pack,
    requests: &[(&str, &str)],
    day: &str,
    rule: &str,
    [name, cell]: [&str; 2],
) -> Vec<Option<Value>> {
    let plan = pack.plan(parse_date(day).unwrap(), &[rule]).unwrap();
    let rows =
        requests.iter().enumerate().map(|(n, (commune, filed))| format!("D{n},{commune},{filed}{cell}\n"));
    let rows: String = rows.collect();
    let data = data_of(pack, &plan, &format!("demande_id,commune,date_demande{name}\n{rows}"));
    let decisions = evaluate::evaluate(&plan, &data);
    // The interpreter is slow, and plain: it sees one row of each hundred.
    for (row, oracle) in reference_rows(&plan, &data, 100) {
        assert_eq!(decisions.columns[0].value(row), oracle, "{:?}", requests[row]);
    }
    (0..requests.len()).map(|row| decisions.columns[0].value(row)).collect()
}

fn reference_rows(plan: &Plan, data: &Dataset, each: usize) -> Vec<(usize, Option<Value>)> {
    let interpreter = reference::Interpreter::new(plan, data).unwrap();
    let rows = data.tables[plan.entity].rows();
    let rows = (0..rows).step_by(if rows > each { each } else { 1 });
    rows.map(|row| match interpreter.decide_name(&plan.selected[0].0, row as u64) {
        reference::Answer::Known(value) => (row, Some(value)),
        reference::Answer::Unknown => (row, None),
        reference::Answer::Error(error) => panic!("{error}"),
    })
    .collect()
}

fn data_of(pack: &Pack, plan: &Plan, table: &str) -> Dataset {
    let files = vec![InputFile { name: "demandes.csv".into(), bytes: table.to_string().into() }];
    let read = read(&pack.parsed().schema, &pack.parsed().references, files, &plan.needs());
    assert!(read.issues.iter().all(|issue| !issue.is_error()), "{:?}", read.issues);
    read.dataset
}

/// By commune, its EPCI and its département: the table as text, which the test reads by itself.
fn epci() -> BTreeMap<String, (String, String)> {
    let text = std::fs::read_to_string(root().join("rules/referentiels/communes.csv")).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_string).collect::<Vec<_>>();
    text.lines()
        .skip(1)
        .map(cells)
        .map(|cells| (cells[0].clone(), (cells[4].clone(), cells[11].clone())))
        .collect()
}

/// The delays in months that the pages of the sources say, of a unit of one room and of one of four: EPCI first, which the
/// orders of some départements set apart.
const DELAYS: [(&str, u32, u32); 14] = [
    ("242100410", 24, 24),
    ("243100518", 36, 36),
    ("243500139", 30, 24),
    ("244400404", 30, 30),
    ("244900015", 24, 24),
    ("13", 30, 30),
    ("30", 36, 36),
    ("34", 36, 36),
    ("49", 18, 18),
    ("61", 13, 13),
    ("75", 72, 120),
    ("93", 36, 36),
    ("95", 36, 36),
    ("974", 36, 36),
];

/// In one run over all communes of France, a request has waited for long by the delay of its own territory and, where that
/// tells them apart, of the size it wants; elsewhere nobody knows.
#[test]
fn each_commune_is_decided_by_the_rules_of_its_own_territory() {
    let pack = Pack::national();
    let epci = epci();
    let communes: Vec<&str> = epci.keys().map(String::as_str).collect();
    assert!(communes.len() > 35_000);
    // Filed so many months before the day, and a day more or not: what is no longer than the delay is not yet long.
    for (filed, months, more, size) in [
        ("2023-05-30", 13, false, "T1"),
        ("2022-06-29", 24, true, "T4"),
        ("2021-12-30", 30, false, "T1"),
        ("2021-06-29", 36, true, "T1"),
    ] {
        let requests: Vec<_> = communes.iter().map(|commune| (*commune, filed)).collect();
        let wanted = [",typologie_souhaitee", &format!(",{size}")];
        let long = decided_with(&pack, &requests, "2024-06-30", "delai_anormalement_long", wanted);
        let beyond = |delay: u32| if more { months >= delay } else { months > delay };
        let mut known = 0;
        for (commune, long) in communes.iter().zip(long) {
            let (epci, departement) = &epci[*commune];
            known += usize::from(long.is_some());
            let codes = pack.parsed().territories.all.iter().flat_map(|t| &t.codes);
            match DELAYS.iter().find(|(code, ..)| code == epci || code == departement) {
                Some((_, one, four)) => {
                    let delay = if size == "T1" { *one } else { *four };
                    assert_eq!(long, Some(Value::Bool(beyond(delay))), "{commune} {filed}");
                }
                // Other territories of the pack may say; of what none of them holds nobody knows.
                None if codes.map(|(code, _)| code).any(|code| code == epci || code == departement) => {}
                None => assert_eq!(long, None, "{commune} {filed}"),
            }
        }
        assert!(known > 1_500 && known < 10_000, "{known}");
    }
    assert!(epci.contains_key("97411"));
}

/// A rule that only territories give is reached by the cases of each, and counts once for each of them; and a territory
/// lacks no table that only rules of another read, or only the one that it replaces.
#[test]
fn a_rule_that_only_territories_give_is_theirs_alone() {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let place = |code: &str| format!("name = \"x\"\nepci = [\"{code}\"]\nsource = {{ title = \"t\" }}\n");
    let table = |path: &str| {
        format!("[{path}]\n[[{path}.values]]\nfrom = 2000-01-01\nsource = {{ title = \"t\" }}\nvalue = 1\n")
    };
    let case = "[[cas]]\nnom = \"c\"\ndate = 2024-06-30\ndemande = { n = 1 }\nattendu = { w = 2 }\n";
    let local = |path: &str| format!("[{path}]\nlocal = true\ntype = \"number\"\n");
    let pack = Pack::from_files(
        "",
        vec![
            file("pack.toml", "[territories]\ntable = \"commune\"\nlevels = [\"epci\"]\n"),
            file(
                "schema.toml",
                "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n\
            [demande.belongs_to.commune]\ncolumn = \"commune\"\n[demande.fields.n]\ntype = \"integer\"\n\
            [commune]\nsource = \"communes.csv\"\nkey = \"commune\"\n",
            ),
            file("communes.csv", "commune,epci\nA,e1\nB,e2\n"),
            file("local.toml", &["a", "b", "c"].map(local).concat()),
            file(
                "r.rhai",
                "//! entité: demande\nfn x(n) { n * param(\"b\") }\nfn y(n) { n * param(\"c\") }\n",
            ),
            file("t/one/territoire.toml", &place("e1")),
            file("t/one/v.toml", &table("a")),
            file("t/one/r.rhai", "//! entité: demande\nfn w(n) { n + param(\"a\") }\nfn x(n) { n }\n"),
            file("t/one/w.cas.toml", case),
            file("t/two/territoire.toml", &place("e2")),
            file("t/two/v.toml", &table("c")),
            file("t/two/r.rhai", "//! entité: demande\nfn w(n) { n * 2 }\n"),
            file("t/two/w.cas.toml", case),
        ],
    )
    .unwrap();
    let parsed = pack.parsed();
    let references = read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default());
    let reached = logis::coverage::coverage(&pack, &references.dataset, "").unwrap();
    let reached: Vec<_> = reached.texts.iter().map(|t| (t.rule.as_str(), t.cases)).collect();
    assert_eq!(reached, [("x", 0), ("y", 0), ("w@one", 1), ("x@one", 0), ("w@two", 1)]);
    // The first replaces what reads `b` and gives `a`, the second has no rule that reads `a`.
    let lacking: Vec<_> =
        logis::check::check(&pack).into_iter().filter(|found| found.code == "L0524").collect();
    let notes: Vec<_> = lacking.iter().map(|found| found.notes.join(" ")).collect();
    assert_eq!(notes, ["`c`, que lit `y`", "`b`, que lit `x`"]);
}

/// Toulouse Métropole has a grid of its own: the national points, which only the rules that lead to the national sum read, are
/// none of what it lacks; Lyon, which replaces no sum, lacks them.
#[test]
fn a_grid_of_its_own_lacks_no_national_points() {
    let found = logis::check::check(&Pack::national());
    let note = |name: &str| {
        let own = found.iter().find(|d| d.code == "L0524" && d.message.contains(&format!("`{name}`")));
        own.unwrap_or_else(|| panic!("{name}")).notes.join(" ")
    };
    let (toulouse, lyon) = (note("toulouse"), note("lyon"));
    assert!(!toulouse.contains("cotation.points"), "{toulouse}");
    assert!(toulouse.contains("`convention.accession`, que lit `ecart_accession`"), "{toulouse}");
    assert!(lyon.contains("`cotation.points`, que lit `cotation`"), "{lyon}");
}

/// A column that only rules of some territories read (the size wanted, in Rennes and in Paris) is not asked of a package
/// of another place, however strict; what the national rule reads, too, is.
#[test]
fn what_only_territories_read_is_not_asked_of_all() {
    let pack = Pack::national();
    let needs = pack
        .plan(parse_date("2024-06-30").unwrap(), &["delai_anormalement_long"])
        .unwrap()
        .needs()
        .strictly(true);
    let named = |fields: &std::collections::BTreeSet<usize>| {
        let name = |field: &usize| pack.parsed().schema.fields[*field].column.clone();
        fields.iter().map(name).collect::<Vec<_>>()
    };
    let of = |fields, name: &str| named(fields).iter().any(|field| field == name);
    assert!(of(&needs.fields, "date_demande") && of(&needs.fields, "typologie_souhaitee"));
    assert!(!of(&needs.spared, "date_demande") && of(&needs.spared, "typologie_souhaitee"));
}

/// A boolean rule that a territory replaces keeps the conditions of its national text, and cases of other places show them;
/// those of the territory's own text are counted apart.
#[test]
fn what_a_territory_replaces_keeps_its_conditions() {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let case = |a: bool, b: bool, x: bool| {
        format!(
            "[[cas]]\nnom = \"{a} {b}\"\ndate = 2024-06-30\ndemande = {{ commune = \"B\", a = {a}, b = {b} }}\nattendu = {{ x = {x} }}\n"
        )
    };
    let cases = [case(true, true, true), case(true, false, false), case(false, true, false)].concat();
    let pack = Pack::from_files(
        "",
        vec![
            file("pack.toml", "[territories]\ntable = \"commune\"\nlevels = [\"epci\"]\n"),
            file(
                "schema.toml",
                "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n[demande.belongs_to.commune]\ncolumn = \"commune\"\n\
                 [demande.fields.a]\ntype = \"boolean\"\n[demande.fields.b]\ntype = \"boolean\"\n\
                 [commune]\nsource = \"communes.csv\"\nkey = \"commune\"\n",
            ),
            file("communes.csv", "commune,epci\nA,e1\nB,e2\n"),
            file("r.rhai", "//! entité: demande\nfn x(a, b) { a && b }\n"),
            file("r.cas.toml", &cases),
            file("t/un/territoire.toml", "name = \"x\"\nepci = [\"e1\"]\nsource = { title = \"t\" }\n"),
            file("t/un/r.rhai", "//! entité: demande\nfn x(a, b) { a || b }\n"),
        ],
    )
    .unwrap();
    let parsed = pack.parsed();
    let references = read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default());
    let coverage = logis::coverage::coverage(&pack, &references.dataset, "").unwrap();
    let shown: Vec<_> = coverage
        .texts
        .iter()
        .map(|t| (t.rule.as_str(), t.conditions.len(), t.conditions.iter().filter(|c| c.is_shown()).count()))
        .collect();
    assert_eq!(shown, [("x", 2, 2), ("x@un", 2, 0)]);
}

/// What territories side by side say of a row is what a pack with the folder of its own territory alone says.
#[test]
fn side_by_side_is_as_each_alone() {
    let all = Pack::national();
    let filed = ["2019-01-15", "2022-06-30", "2022-07-01", "2024-05-02"];
    for (territory, commune) in [("dijon", "21231"), ("toulouse", "31555")] {
        let alone = pack_of(&[territory]);
        let requests: Vec<_> = filed.iter().flat_map(|day| [(commune, *day), ("48095", *day)]).collect();
        for rule in ["delai_anormalement_long", "cotation_anciennete"] {
            let found = decided(&alone, &requests, "2024-07-30", rule);
            assert_eq!(decided(&all, &requests, "2024-07-30", rule), found, "{territory} {rule}");
            assert!(found.chunks(2).all(|pair| pair[0].is_some() && pair[1].is_none()), "{found:?}");
        }
    }
}

/// The national rules need no territory: without any they load, and their cases hold; with one, its own too.
#[test]
fn national_rules_decide_without_any_territory() {
    for territories in [&[][..], &["toulouse"]] {
        let pack = pack_of(territories);
        let parsed = pack.parsed();
        let references = read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default());
        assert!(references.issues.is_empty());
        // Of the other the national cases are those of the first.
        let wanted = territories.first().map_or("", |name| name);
        let results = testing::run(&pack, &references.dataset, wanted).unwrap();
        let failed: Vec<_> = results.iter().filter(|r| !r.failures.is_empty()).map(|r| &r.name).collect();
        assert!(failed.is_empty() && results.len() >= 3, "{failed:?}");
    }
}

/// The finest territory that gives a value gives it; what it lacks comes from the wider one, then from the nation; before
/// its first day and after its last it gives nothing. Both engines agree.
#[test]
fn the_finest_territory_that_gives_a_value_gives_it() {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let table = |path: &str, value: u32| {
        format!(
            "[{path}]\n[[{path}.values]]\nfrom = 2000-01-01\nsource = {{ title = \"t\" }}\nvalue = {value}\n"
        )
    };
    let place = |level: &str, code: &str, more: &str| {
        format!("name = \"x\"\n{level} = [\"{code}\"]\nsource = {{ title = \"t\" }}\n{more}")
    };
    let pack = Pack::from_files("", vec![
        file("pack.toml", "[territories]\ntable = \"commune\"\nlevels = [\"departement\", \"epci\"]\n"),
        file("schema.toml", "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n\
            [demande.belongs_to.commune]\ncolumn = \"commune\"\n[demande.fields.date_demande]\ntype = \"text\"\n\
            [commune]\nsource = \"communes.csv\"\nkey = \"commune\"\n"),
        file("communes.csv", "commune,epci,departement\nA,e1,d1\nB,e2,d1\nC,e3,d2\n"),
        file("national.toml", &table("a", 1)),
        file("local.toml", "[b]\nlocal = true\ntype = \"number\"\n"),
        file("t/fin/territoire.toml", &place("epci", "e1", "from = 2010-01-01\nuntil = 2019-12-31\n")),
        file("t/fin/v.toml", &table("a", 3)),
        file("t/fin/r.rhai", "//! entité: demande\nfn z(x) { aide(x) }\nprivate fn aide(n) { n * param(\"a\") }\n"),
        file("t/large/r.rhai", "//! entité: demande\nfn z(y) { y + 10 }\nfn w(z) { aide(z) }\nprivate fn aide(n) { 100 * n }\n"),
        file("t/large/territoire.toml", &place("departement", "d1", "")),
        file("t/large/v.toml", &format!("{}{}", table("a", 2), table("b", 2))),
        file("r.rhai", "//! entité: demande\nfn x() { param(\"a\") }\nfn y() { param(\"b\") }\nfn z(x) { 0 - x }\nfn v(z) { z + 1 }\n"),
    ])
    .unwrap();
    let of = |day: &str, rule: &str| {
        let numbers = decided(&pack, &["A", "B", "C", ""].map(|commune| (commune, "x")), day, rule);
        numbers.iter().map(|n| n.as_ref().map(Value::to_string)).collect::<Vec<_>>().join_known()
    };
    assert_eq!(of("2015-06-30", "x"), "3 2 1 ?");
    assert_eq!(of("2020-01-01", "x"), "2 2 1 ?");
    assert_eq!(of("2009-12-31", "x"), "2 2 1 ?");
    assert_eq!(of("2015-06-30", "y"), "2 2 ? ?");
    // A rule too: x × a in the finest (3 × 3), y + 10 in the wider one, and the national one. Who reads it reads that of
    // its row; a rule of one territory is unknown elsewhere.
    assert_eq!(of("2015-06-30", "z"), "9 12 -1 ?");
    assert_eq!(of("2020-01-01", "z"), "12 12 -1 ?");
    assert_eq!(of("2015-06-30", "v"), "10 13 0 ?");
    assert_eq!(of("2015-06-30", "w"), "900 1200 ? ?");
    let replaced = logis::check::check(&pack).into_iter().filter(|found| found.code == "L0523").count();
    assert_eq!(replaced, 2);
}

trait JoinKnown {
    fn join_known(&self) -> String;
}

impl JoinKnown for Vec<Option<String>> {
    fn join_known(&self) -> String {
        self.iter().map(|n| n.as_deref().unwrap_or("?")).collect::<Vec<_>>().join(" ")
    }
}
