//! What a pack can say of its data: what an empty cell of a closed list is, what must hold of a row, pairs that
//! are given. Each expectation is worked out by hand from the pack and the rows beside it.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use crate::support::{logis, root, stderr, stdout};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use logis::Evaluate;
use logis::value::parse_date;
use logis::{Decider, Pack};
use serde_json::{Value as Json, json};

/// A folder of files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The decisions of `logis eval` as rows of JSON, and its exit code.
fn eval(rules: &Path, data: &Path, more: &[&str]) -> (Vec<Json>, Output) {
    let (rules, data) = (rules.to_string_lossy().into_owned(), data.to_string_lossy().into_owned());
    let mut args =
        vec!["eval", "--rules", &rules, "--data", &data, "--as-of", "2019-12-31", "--format", "json"];
    args.extend(more);
    let output = logis(&args);
    let rows = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (rows, output)
}

mod closed_lists {
    use super::*;

    const SCHEMA: &str = r#"
[quartier]
table = "quartiers"
key   = "quartier_id"

[quartier.fields.interet]
values = ["national", "regional", "aucun"]
empty  = "aucun"
"#;
    const RULES: &str = "//! entité: quartier\n\n/// Le quartier est du renouvellement urbain.\n\
                         fn renouvellement(interet) {\n    interet == \"national\" || interet == \"regional\"\n}\n";

    fn pack() -> tempfile::TempDir {
        folder(&[("schema.toml", SCHEMA), ("a.rhai", RULES)])
    }

    /// Of three districts one is of national interest, one of regional, and of one nothing is written: it is of
    /// none. Both engines say so, of a table with that column, of one without, and of a record.
    #[test]
    fn an_empty_cell_is_the_listed_value_that_the_schema_names() {
        let rules = pack();
        let data =
            folder(&[("quartiers.csv", "quartier_id,interet\nQ1,national\nQ2,\nQ3,regional\nQ4,aucun\n")]);
        for engine in ["plan", "reference"] {
            let (rows, output) =
                eval(rules.path(), data.path(), &["--select", "renouvellement", "--engine", engine]);
            let found: Vec<&Json> = rows.iter().map(|r| &r["renouvellement"]).collect();
            assert_eq!(
                found,
                [&json!(true), &json!(false), &json!(true), &json!(false)],
                "{}",
                stderr(&output)
            );
        }
        let pack = Pack::load(rules.path()).unwrap();
        let plan = pack.plan(parse_date("2019-12-31").unwrap(), &["renouvellement"]).unwrap();
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["Q1", "Q2", "Q3"]));
        let nulls: ArrayRef = Arc::new(StringArray::from(vec![Some("national"), None, Some("")]));
        let batch = RecordBatch::try_from_iter([("quartier_id", ids.clone()), ("interet", nulls)]).unwrap();
        let decided = plan.evaluate(&batch).unwrap();
        let column = decided.column_by_name("renouvellement").unwrap().as_boolean();
        assert_eq!(column.null_count(), 0);
        assert_eq!(column.iter().map(Option::unwrap).collect::<Vec<_>>(), [true, false, false]);
        let decider = Decider::new(plan);
        let said = |record: Json| decider.decide(&record).unwrap().is_true("renouvellement");
        assert!(said(json!({ "interet": "regional" })));
        let none = decider.decide(&json!({ "quartier_id": "Q9" })).unwrap();
        assert_eq!(
            none.get("renouvellement").and_then(|o| o.value().cloned()),
            Some(logis::value::Value::Bool(false))
        );
    }

    /// The JSON Schema of the data says what an empty cell is.
    #[test]
    fn the_schema_of_the_data_says_what_an_empty_cell_is() {
        let rules = pack();
        let output = logis(&["schema", "--rules", &rules.path().to_string_lossy()]);
        let schema: Json = serde_json::from_slice(&output.stdout).unwrap();
        let field = &schema["$defs"]["quartiers"]["properties"]["interet"];
        assert_eq!(field["default"], "aucun", "{schema}");
    }

    /// A value that is not listed, a word that means nothing for the type, and two things said at once do not load.
    #[test]
    fn a_slip_in_what_an_empty_cell_is_does_not_load() {
        let pack = |field: &str| {
            let schema = format!("[q]\ntable = \"q\"\nkey = \"q_id\"\n[q.fields.f]\n{field}\n");
            let files = vec![("schema.toml".to_string(), schema.into_bytes())];
            Pack::from_files("", files)
                .err()
                .map(|e| e.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>())
        };
        for wrong in [
            "values = [\"a\", \"b\"]\nempty = \"none\"",
            "values = [\"a\", \"b\"]\nempty = \"A\"",
            "type = \"boolean\"\nempty = \"none\"",
            "type = \"text\"\nempty = \"a\"",
            "values = [\"a\", \"b\"]\nempty = \"a\"\nunlisted = \"x\"",
            "values = [\"a\", \"b\"]\nempty = \"a\"\nrequired = true",
        ] {
            assert!(pack(wrong).is_some(), "{wrong}");
        }
        for right in [
            "values = [\"a\", \"b\"]\nempty = \"b\"",
            "values = [\"a\", \"b\"]\nexhaustive = \"x\"",
            "type = \"codes\"\nempty = \"none\"",
        ] {
            assert_eq!(pack(right), None, "{right}");
        }
    }

    /// The convention-cadre of Grand Dijon (preamble and 2.8) names two districts of the urban renewal programme:
    /// Le Mail and La Fontaine d'Ouche. The five others of the table are not of it, nor is one that it lacks, which
    /// is said.
    #[test]
    fn two_districts_of_grand_dijon_are_of_the_renewal_programme() {
        let districts = [
            ("le_mail", true),
            ("fontaine_d_ouche", true),
            ("les_gresilles", false),
            ("bief_du_moulin", false),
            ("belvedere", false),
            ("guynemer", false),
            ("centre_ville_quetigny", false),
            ("ailleurs", false),
        ];
        let mut text = "operation_id,convention_id,commune,quartier\n".to_string();
        for (district, _) in districts {
            text += &format!("{district},GD,21231,{district}\n");
        }
        let data = folder(&[("operations.csv", &text), ("conventions.csv", "convention_id,annees\nGD,3\n")]);
        for engine in ["plan", "reference"] {
            let (rows, output) = eval(
                &root().join("rules"),
                data.path(),
                &["--select", "operation_en_renouvellement", "--engine", engine],
            );
            assert_eq!(rows.len(), districts.len(), "{}", stderr(&output));
            for (row, (district, expected)) in rows.iter().zip(districts) {
                assert_eq!(row["operation_en_renouvellement"], json!(expected), "{district}");
            }
            assert!(
                stderr(&output).contains("« ailleurs » n'est pas dans la table `quartier`"),
                "{}",
                stderr(&output)
            );
        }
    }

    /// Saint-Martin (97801) is in no zone of the ABC zoning, Ambérieu-en-Bugey (01004) in B1.
    #[test]
    fn a_commune_outside_the_zoning_has_no_zone() {
        let data = folder(&[(
            "demandes.csv",
            "demande_id,commune,date_demande\nD1,97801,2017-01-01\nD2,01004,2017-01-01\n",
        )]);
        let (rows, output) = eval(&root().join("rules"), data.path(), &["--select", "zone_pli"]);
        assert_eq!(rows[0]["zone_pli"], Json::Null, "{}", stderr(&output));
        assert_eq!(rows[1]["zone_pli"], "B1");
        assert!(stdout(&output).contains("D1"));
    }
}

mod invariants {
    use super::*;
    use logis::data::{InputFile, Output, OutputColumn, read, to_parquet};
    use logis::invariants::Invariants;
    use logis::value::{Type, Value};

    const REQUESTS: &str =
        "demande_id,commune,date_demande,rfr_n2,rfr_n1,revenus_12_mois,communes_souhaitees\n";
    const PERSONS: &str = "personne_id,demande_id,lien,date_naissance,a_charge,handicap\n";

    /// Households by identifier: the persons of each, with their dates of birth.
    fn package(households: &[(&str, &[(&str, &str)])]) -> tempfile::TempDir {
        let (mut requests, mut persons) = (REQUESTS.to_string(), PERSONS.to_string());
        for (id, members) in households {
            requests += &format!("{id},21231,2017-01-01,20000,20000,20000,21231\n");
            for (number, (link, born)) in members.iter().enumerate() {
                persons += &format!("{id}-{number},{id},{link},{born},false,false\n");
            }
        }
        folder(&[("demandes.csv", &requests), ("personnes.csv", &persons)])
    }

    /// One household that can be, then the impossible ones: without an applicant, with two, with two spouses, an
    /// applicant of twelve, a spouse who is not born, one hired before birth is below.
    const HOUSEHOLDS: [(&str, &[(&str, &str)]); 6] = [
        ("JUSTE", &[("demandeur", "1980-02-01"), ("conjoint", "1981-02-01"), ("enfant", "2015-02-01")]),
        ("SANS", &[("conjoint", "1980-02-01"), ("enfant", "2015-02-01")]),
        ("DEUX", &[("demandeur", "1980-02-01"), ("demandeur", "1981-02-01")]),
        ("EPOUX", &[("demandeur", "1980-02-01"), ("conjoint", "1981-02-01"), ("conjoint", "1982-02-01")]),
        ("ENFANT", &[("demandeur", "2007-12-31")]),
        ("DEMAIN", &[("demandeur", "1980-02-01"), ("conjoint", "2020-01-01")]),
    ];

    /// Each is told with its file, line and identifier, the sentence that does not hold and the values read, and
    /// nothing is written; with `--keep-going` the one that can be is decided alone. So it is of tables of CSV and
    /// of Parquet, read whole or part by part.
    #[test]
    fn impossible_households_are_not_decided() {
        let data = package(&HOUSEHOLDS);
        let rules = root().join("rules");
        let (_, output) = eval(&rules, data.path(), &["--select", "categorie_menage"]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
        let said = stderr(&output);
        for expected in [
            "demandes.csv:3",
            "demande SANS",
            "Le ménage a un demandeur, et un seul",
            "`un_seul_demandeur`",
            "est_demandeur = non (SANS-0), non (SANS-1)",
            "lignes 3, 4",
            "demande EPOUX",
            "`un_conjoint_au_plus`",
            "personne ENFANT-0",
            "`demandeur_en_age`",
            "date_naissance = 2007-12-31",
            "personne DEMAIN-1",
            "`deja_ne`",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
        // What else may be odd of a household that is not decided is not told.
        let columns = "avertissement: colonnes absentes, lues comme vides:";
        assert!(said.lines().all(|l| !l.starts_with("avertissement") || l.starts_with(columns)), "{said}");
        for engine in ["plan", "reference"] {
            let more = ["--select", "categorie_menage", "--keep-going", "--engine", engine];
            let (rows, output) = eval(&rules, data.path(), &more);
            let kept: Vec<&str> = rows.iter().map(|r| r["demande_id"].as_str().unwrap()).collect();
            assert_eq!(kept, ["JUSTE"], "{}", stderr(&output));
            assert_eq!(output.status.code(), Some(1));
        }
        let parquet = tempfile::tempdir().unwrap();
        for (table, text) in ["demandes", "personnes"]
            .map(|t| (t, fs::read_to_string(data.path().join(format!("{t}.csv"))).unwrap()))
        {
            let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
            let header = lines.next().unwrap();
            let rows: Vec<Vec<&str>> = lines.collect();
            let column = |(at, name): (usize, &&str)| OutputColumn {
                name: name.to_string(),
                cells: rows.iter().map(|r| Some(Value::text(r[at]))).collect(),
                kind: Type::Text(None),
            };
            let output =
                Output { name: table.to_string(), columns: header.iter().enumerate().map(column).collect() };
            fs::write(parquet.path().join(format!("{table}.parquet")), to_parquet(&output).unwrap()).unwrap();
        }
        let parquet_path = parquet.path().to_string_lossy().into_owned();
        let args = [
            "eval",
            "--data",
            &parquet_path,
            "--as-of",
            "2019-12-31",
            "--select",
            "categorie_menage",
            "--format",
            "csv",
        ];
        let output = logis(&args);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{}", stderr(&output));
        let output = logis(&[&args[..], &["--keep-going"]].concat());
        let kept: Vec<String> =
            stdout(&output).lines().skip(1).map(|l| l.split(',').next().unwrap().to_string()).collect();
        assert_eq!(kept, ["JUSTE"], "{}", stderr(&output));
    }

    /// The same by the other commands that decide.
    #[test]
    fn no_command_decides_an_impossible_household() {
        let data = package(&HOUSEHOLDS);
        fs::write(
            data.path().join("logements.csv"),
            "logement_id,commune,financement,typologie,surface,loyer,charges\nL1,21231,PLUS,T2,45,300,50\n",
        )
        .unwrap();
        let path = data.path().to_string_lossy().into_owned();
        for command in [
            vec![
                "explain",
                "--data",
                &path,
                "--as-of",
                "2019-12-31",
                "--id",
                "JUSTE",
                "--rule",
                "categorie_menage",
            ],
            vec!["candidates", "--data", &path, "--as-of", "2019-12-31"],
            vec!["match", "--data", &path, "--as-of", "2019-12-31"],
            vec!["eval", "--data", &path, "--as-of-field", "date_demande", "--select", "categorie_menage"],
        ] {
            let output = logis(&command);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{command:?} {said}");
            assert!(
                said.contains("`un_seul_demandeur`") && said.contains("demande SANS"),
                "{command:?} {said}"
            );
        }
    }

    /// An applicant of seventeen may be emancipated: that is a warning, and the household is decided.
    #[test]
    fn a_warning_goes_on() {
        let data = package(&[
            ("DIXSEPT", &[("demandeur", "2002-06-01")]),
            ("AUTRE", &[("demandeur", "2002-07-01")]),
        ]);
        let (rows, output) = eval(&root().join("rules"), data.path(), &["--select", "categorie_menage"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["categorie_menage"], 1);
        let said = stderr(&output);
        assert!(
            said.contains("avertissement") && said.contains("`demandeur_majeur`") && said.contains("DIXSEPT"),
            "{said}"
        );
    }

    /// A record with two applicants is an error of that record; a minor applicant is a warning of the decision.
    #[test]
    fn records_are_held_too() {
        let pack = Pack::load(root().join("rules")).unwrap();
        let decider =
            Decider::new(pack.plan(parse_date("2019-12-31").unwrap(), &["categorie_menage"]).unwrap());
        let record = |persons: Json| {
            decider.decide(&json!({ "commune": "21231", "date_demande": "2017-01-01", "personnes": persons }))
        };
        let applicant = |born: &str| json!({ "lien": "demandeur", "date_naissance": born, "a_charge": false, "handicap": false });
        let decision = record(json!([applicant("1980-01-01")])).unwrap();
        assert!(decision.warnings().is_empty());
        let error = record(json!([applicant("1980-01-01"), applicant("1981-01-01")])).unwrap_err();
        assert!(error.to_string().contains("`un_seul_demandeur`"), "{error}");
        let minor = record(json!([applicant("2002-06-01")])).unwrap();
        assert!(minor.warnings().iter().any(|w| w.message.contains("`demandeur_majeur`")));
        // What is not known holds nothing.
        assert!(record(json!([{ "lien": "demandeur" }])).unwrap().warnings().is_empty());
    }

    /// 400 drawn households; those that are kept are those that a count by hand keeps.
    #[test]
    fn what_is_kept_is_what_a_count_keeps() {
        let pack = Pack::load(root().join("rules")).unwrap();
        let mut seed = 7_u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let (mut requests, mut persons, mut expected) =
            (REQUESTS.to_string(), PERSONS.to_string(), Vec::new());
        for household in 0..400 {
            let id = format!("D{household:03}");
            requests += &format!("{id},21231,2017-01-01,20000,20000,20000,21231\n");
            let (mut applicants, mut spouses, mut wrong) = (0, 0, false);
            for person in 0..=draw(4) {
                let link =
                    ["demandeur", "conjoint", "enfant", "ascendant"][usize::try_from(draw(4)).unwrap()];
                // Some dates are missing; some are after the decision, at the end of 2019.
                let year = 1940 + draw(82);
                let born = if draw(8) == 0 { String::new() } else { format!("{year}-06-01") };
                applicants += u32::from(link == "demandeur");
                spouses += u32::from(link == "conjoint");
                if !born.is_empty() {
                    wrong |= link == "demandeur" && year > 2003;
                    wrong |= link != "enfant" && year > 2019;
                }
                persons += &format!("{id}-{person},{id},{link},{born},false,false\n");
            }
            if applicants == 1 && spouses <= 1 && !wrong {
                expected.push(id);
            }
        }
        let files = [("demandes.csv", requests), ("personnes.csv", persons)];
        let files = files.map(|(name, text)| InputFile { name: name.to_string(), bytes: text.into_bytes() });
        let parsed = pack.parsed();
        let plan = pack.plan(parse_date("2019-12-31").unwrap(), &["categorie_menage"]).unwrap();
        let mut outcome = read(&parsed.schema, &parsed.references, files.into(), &plan.needs());
        assert!(outcome.issues.is_empty(), "{:?}", outcome.issues);
        Invariants::new(parsed, plan.date, &plan.needs().entities).hold(
            &mut outcome.dataset,
            &mut outcome.issues,
            &mut outcome.dropped,
        );
        let requests = &outcome.dataset.tables[parsed.schema.entity("demande").unwrap()];
        let kept: Vec<String> = requests.ids.texts().map(ToString::to_string).collect();
        assert_eq!(kept, expected);
        assert!(kept.len() > 30 && kept.len() < 200, "{}", kept.len());
        // No person is left without a household, nor in another's.
        let persons = &outcome.dataset.tables[parsed.schema.entity("personne").unwrap()];
        for (id, household) in persons.ids.texts().zip(persons.links[0].iter()) {
            assert!(id.starts_with(kept[*household as usize].as_str()));
        }
    }

    /// A case whose household cannot be fails, unless it is about that; a level that is none does not load, nor
    /// does an invariant that is no boolean.
    #[test]
    fn cases_are_held_and_slips_do_not_load() {
        let files = |tag: &str, body: &str, expected: &str| {
            let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
            vec![
                file(
                    "schema.toml",
                    "[m]\ntable = \"m\"\nkey = \"m_id\"\nfields.n = { type = \"integer\" }\n",
                ),
                file(
                    "a.rhai",
                    &format!(
                        "//! entité: m\n\n/// Positif.\n/// {tag}\nfn positif(n) {{ {body} }}\n\n/// Double.\nfn double(n) {{ 2 * n }}\n"
                    ),
                ),
                file(
                    "a.cas.toml",
                    &format!(
                        "[[cas]]\nnom = \"c\"\ndate = 2017-06-30\nm = {{ n = -1 }}\nattendu = {{ {expected} }}\n"
                    ),
                ),
            ]
        };
        let run = |expected: &str| {
            let pack = Pack::from_files("", files("invariant: erreur", "n > 0", expected)).unwrap();
            let results = logis::testing::run(&pack, &Default::default(), "").unwrap();
            results[0].failures.len()
        };
        assert_eq!(run("double = -2"), 1);
        assert_eq!(run("double = -2, positif = false"), 0);
        for (tag, body) in [("invariant: grave", "n > 0"), ("invariant: erreur", "n + 1")] {
            let error = Pack::from_files("", files(tag, body, "double = -2")).unwrap_err();
            assert!(error.diagnostics.iter().any(|d| d.code == "L0411"), "{error:?}");
        }
    }
}

mod given_pairs {
    use super::*;

    /// Two households, one in place in two units: at a ceiling of 20,123 EUR (PLUS, one person, 2017) 30,000 EUR are
    /// 49 % above it, at that of PLS, 1.3 times as much, 14 %; 20,124 EUR are 0 % above. The supplement is due from
    /// 20 %.
    fn package(occupations: Option<&str>) -> tempfile::TempDir {
        let requests = "demande_id,commune,date_demande,rfr_n2,rfr_n1,revenus_12_mois\n\
                        D1,21231,2015-01-01,30000,30000,30000\nD2,21231,2015-01-01,20124,20124,20124\n";
        let persons = "personne_id,demande_id,lien,date_naissance,a_charge,handicap\n\
                       P1,D1,demandeur,1980-01-01,false,false\nP2,D2,demandeur,1980-01-01,false,false\n";
        let units = "logement_id,commune,quartier,financement,typologie,surface,loyer,charges,zone_revitalisation\n\
             L1,21231,,PLUS,T2,45,300,50,false\nL2,21231,,PLS,T2,45,300,50,false\n";
        let package =
            folder(&[("demandes.csv", requests), ("personnes.csv", persons), ("logements.csv", units)]);
        if let Some(text) = occupations {
            fs::write(package.path().join("occupations.csv"), text).unwrap();
        }
        package
    }

    const OCCUPATIONS: &str =
        "demande_id,logement_id,depuis\nD1,L1,2010-05-01\nD1,L2,2018-05-01\nD2,L1,2011-05-01\n";

    fn run(data: &Path, more: &[&str]) -> Output {
        let data = data.to_string_lossy().into_owned();
        logis(&[&["eval", "--data", &data, "--as-of", "2017-06-30", "--format", "csv"], more].concat())
    }

    /// Rules of a pair are decided on the pairs that the data gives, by both engines; an invariant of the pair sees
    /// the household that is not in yet.
    #[test]
    fn rules_of_a_pair_are_decided_on_the_pairs_given() {
        let data = package(Some(OCCUPATIONS));
        for engine in ["plan", "reference"] {
            let more = ["--select", "depassement_plafond,supplement_du", "--engine", engine];
            let output = run(data.path(), &more);
            let expected = "demande_id,logement_id,depassement_plafond,supplement_du\n\
                            D1,L1,49,true\nD1,L2,14,false\nD2,L1,0,false\n";
            assert_eq!(stdout(&output), expected, "{}", stderr(&output));
            assert!(stderr(&output).contains("`occupation_commencee`"), "{}", stderr(&output));
        }
    }

    /// As JSON a pair is named by the identifiers of its two sides, and the published schema asks for no other.
    #[test]
    fn a_pair_in_json_is_named_by_its_two_sides() {
        let package = folder(&[(
            "paquet.json",
            r#"{"demandes": [{"demande_id": "D1", "commune": "21231", "date_demande": "2015-01-01", "rfr_n2": 30000,
                "rfr_n1": 30000, "revenus_12_mois": 30000, "personnes": [{"personne_id": "P1", "lien": "demandeur",
                "date_naissance": "1980-01-01", "a_charge": false, "handicap": false}]}],
              "logements": [{"logement_id": "L1", "commune": "21231", "financement": "PLUS", "typologie": "T2"}],
              "occupations": [{"demande_id": "D1", "logement_id": "L1"}]}"#,
        )]);
        let output = run(&package.path().join("paquet.json"), &["--select", "depassement_plafond"]);
        let expected = "demande_id,logement_id,depassement_plafond\nD1,L1,49\n";
        assert_eq!(stdout(&output), expected, "{}", stderr(&output));
        let schema: serde_json::Value = serde_json::from_str(&stdout(&logis(&["schema"]))).unwrap();
        let pair = &schema["anyOf"][0]["properties"]["occupations"]["items"];
        assert_eq!(pair["required"], serde_json::json!(["demande_id", "logement_id"]), "{pair}");
    }

    /// Without such a table a rule of a pair is an error that says what to give; a pair that stands twice, or of a
    /// unit that is not there, is one of its row.
    #[test]
    fn without_pairs_and_with_wrong_ones() {
        let output = run(package(None).path(), &["--select", "supplement_du"]);
        let said = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{said}");
        assert!(said.contains("`occupations`") && said.contains("logis candidates --select"), "{said}");
        for wrong in ["D1,L1,\nD1,L1,\n", "D1,L9,\n", "D1,,\n"] {
            let data = package(Some(&format!("demande_id,logement_id,depuis\n{wrong}")));
            let output = run(data.path(), &["--select", "supplement_du"]);
            assert_eq!(output.status.code(), Some(2), "{wrong} {}", stderr(&output));
            assert!(stderr(&output).contains("occupations.csv"), "{wrong} {}", stderr(&output));
        }
    }
}
