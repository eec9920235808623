//! What a pack can say of its data: what an empty cell of a closed list is, what must hold of a row, pairs that
//! are given. Each expectation is worked out by hand from the pack and the rows beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use logis_engine::value::parse_date;
use logis_engine::{Decider, Pack};
use serde_json::{Value as Json, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn logis(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_logis")).current_dir(root()).args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

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
            Some(logis_engine::value::Value::Bool(false))
        );
    }

    /// The JSON Schema of the data says what an empty cell is.
    #[test]
    fn the_schema_of_the_data_says_what_an_empty_cell_is() {
        let rules = pack();
        let output = logis(&["schema", "--rules", &rules.path().to_string_lossy()]);
        let schema: Json = serde_json::from_slice(&output.stdout).unwrap();
        let field = &schema["properties"]["quartiers"]["items"]["properties"]["interet"];
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
