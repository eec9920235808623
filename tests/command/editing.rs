//! Editing a pack: its layout, the schemas for editors, and checking on save.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::support::{logis, root};
use serde_json::Value as Json;

fn small_pack() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(root().join("tests/bad/check/sain")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

fn toml_files(at: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_files(&path, into);
        // A pack's folder may be that of a crate, whose manifest is none of it.
        } else if path.extension().is_some_and(|e| e == "toml") && path.file_name().unwrap() != "Cargo.toml" {
            into.push(path);
        }
    }
}

#[test]
fn the_embedded_pack_is_laid_out() {
    let output = logis(&["fmt", "--check", "--rules", "rules"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "run `logis fmt --rules rules`:\n{said}");
}

/// Whatever blanks are put into the pack's own files, laying out gives their values back, twice the same.
#[test]
fn layout_changes_no_value_and_is_stable() {
    let mut files = Vec::new();
    toml_files(&root().join("rules"), &mut files);
    assert!(files.len() > 80);
    let folder = tempfile::tempdir().unwrap();
    let mut given = Vec::new();
    for (i, file) in files.iter().enumerate() {
        let text = fs::read_to_string(file).unwrap();
        let spoilt: String = text
            .lines()
            .enumerate()
            .map(|(n, line)| match (line.split_once(" = "), n % 3) {
                // The inside of a value over several lines is let be.
                (Some((key, value)), 0)
                    if !key.contains('"') && !line.starts_with(' ') && !value.ends_with('[') =>
                {
                    format!("{}={value}  \r\n\n\n", key.trim_end())
                }
                _ => format!("{line}\n"),
            })
            .collect();
        let path = folder.path().join(format!("{i}.toml"));
        fs::write(&path, &spoilt).unwrap();
        given.push((path, text));
    }
    let run = || logis(&["fmt", "--rules", folder.path().to_str().unwrap()]);
    assert!(run().status.success());
    let laid_out: Vec<String> = given.iter().map(|(path, _)| fs::read_to_string(path).unwrap()).collect();
    for ((path, text), after) in given.iter().zip(&laid_out) {
        let read = |t: &str| t.parse::<toml::Table>().unwrap();
        assert_eq!(read(after), read(text), "{}", path.display());
        let comments = |t: &str| t.lines().filter(|l| l.trim_start().starts_with('#')).count();
        assert_eq!(comments(after), comments(text));
        assert!(!after.contains(" \n") && !after.contains("\n\n\n") && after.ends_with('\n'));
    }
    assert!(run().status.success());
    let again: Vec<String> = given.iter().map(|(path, _)| fs::read_to_string(path).unwrap()).collect();
    assert_eq!(again, laid_out);
}

#[test]
fn nothing_is_written_where_a_file_does_not_parse() {
    let folder = small_pack();
    let loose = "[plafond]\nunit=\"EUR\"\n";
    fs::write(folder.path().join("a.toml"), loose).unwrap();
    fs::write(folder.path().join("b.toml"), "[plafond]\nunit = \"EUR\nx = 1\n").unwrap();
    let rules = folder.path().to_str().unwrap();
    let output = logis(&["fmt", "--rules", rules]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("b.toml:2: ce n'est pas du TOML"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("a.toml")).unwrap(), loose);
    fs::remove_file(folder.path().join("b.toml")).unwrap();
    let checked = logis(&["fmt", "--check", "--rules", rules]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8(checked.stdout).unwrap().contains("a.toml:2: à mettre en forme"));
    assert_eq!(fs::read_to_string(folder.path().join("a.toml")).unwrap(), loose);
}

/// What of a JSON Schema the written ones use: where the value does not fit, or nothing.
fn misfit(value: &Json, schema: &Json, root: &Json, at: &str) -> Option<String> {
    if let Some(path) = schema["$ref"].as_str() {
        return misfit(value, &root["$defs"][path.strip_prefix("#/$defs/").unwrap()], root, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let all: Option<Vec<String>> = any.iter().map(|s| misfit(value, s, root, at)).collect();
        if let Some(all) = all {
            return Some(all.join(" | "));
        }
    }
    let kind = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(n) if n.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    let is = |wanted: &str| wanted == kind || wanted == "number" && kind == "integer";
    let fits = match &schema["type"] {
        Json::String(one) => is(one),
        Json::Array(several) => several.iter().any(|t| is(t.as_str().unwrap())),
        _ => true,
    };
    if !fits {
        return Some(format!("{at}: a {kind}, not {}", schema["type"]));
    }
    let one_of = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    if !one_of || schema.get("const").is_some_and(|c| c != value) {
        return Some(format!("{at}: {value} is not allowed"));
    }
    if let Some(items) = value.as_array() {
        let item = schema.get("items")?;
        return items.iter().enumerate().find_map(|(i, v)| misfit(v, item, root, &format!("{at}[{i}]")));
    }
    let object = value.as_object()?;
    if let Some(absent) = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|k| !object.contains_key(k.as_str().unwrap()))
    {
        return Some(format!("{at}: no {absent}"));
    }
    object.iter().find_map(|(key, value)| {
        let at = format!("{at}.{key}");
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Json::Null, Json::Bool(false)) => Some(format!("{at}: no such key")),
            (Json::Null, Json::Null | Json::Bool(true)) => None,
            (Json::Null, others) => misfit(value, others, root, &at),
            (known, _) => misfit(value, known, root, &at),
        }
    })
}

/// As editors see TOML: a date is a text.
fn as_json(text: &str) -> Json {
    fn of(value: toml::Value) -> Json {
        match value {
            toml::Value::Datetime(d) => Json::String(d.to_string()),
            toml::Value::Array(items) => items.into_iter().map(of).collect(),
            toml::Value::Table(table) => Json::Object(table.into_iter().map(|(k, v)| (k, of(v))).collect()),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    of(toml::Value::Table(text.parse::<toml::Table>().unwrap()))
}

fn schema_for(path: &Path) -> &'static str {
    match path.file_name().unwrap().to_str().unwrap() {
        "pack.toml" => "pack.schema.json",
        "schema.toml" => "schema.schema.json",
        "mutants.toml" => "mutants.schema.json",
        "territoire.toml" => "territoire.schema.json",
        "bilan.toml" => "bilan.schema.json",
        "grille.toml" => "grille.schema.json",
        name if name.ends_with(".cas.toml") => "cas.schema.json",
        _ => "parametres.schema.json",
    }
}

#[test]
fn the_files_of_a_pack_fit_the_schemas_for_editors() {
    for pack in ["rules", "tests/bad/check/sain"] {
        let out = tempfile::tempdir().unwrap();
        let written = logis(&["schema", "--rules", pack, "--files", out.path().to_str().unwrap()]);
        assert!(written.status.success());
        let schema = |name: &str| -> Json {
            serde_json::from_str(&fs::read_to_string(out.path().join(name)).unwrap()).unwrap()
        };
        let mut files = Vec::new();
        toml_files(&root().join(pack), &mut files);
        for file in &files {
            let schema = schema(schema_for(file));
            let value = as_json(&fs::read_to_string(file).unwrap());
            assert_eq!(misfit(&value, &schema, &schema, ""), None, "{}", file.display());
        }
        // What is misspelt does not fit.
        for (name, text) in [
            ("cas.schema.json", "[[cas]]\nnom = \"x\"\ndate = 2017-06-30\nattendu = { eligble = true }\n"),
            ("parametres.schema.json", "[p]\nunits = \"EUR\"\n[[p.values]]\nfrom = 2017-01-01\nvalue = 1\n"),
            ("schema.schema.json", "[m]\nkey = \"id\"\n[m.fields.a]\ntype = \"money\"\n"),
            ("pack.schema.json", "results = [\"eligble\"]\n"),
            (
                "bilan.schema.json",
                "title = \"c\"\nfrom = 2017-01-01\nuntil = 2019-12-31\n[[indicator]]\nid = \"1\"\nlabel = \"l\"\nsom = \"x\"\n",
            ),
            (
                "grille.schema.json",
                "title = \"g\"\nfrom = 2017-01-01\n[[criterion]]\nname = \"a\"\nlabel = \"l\"\nwhen = 'b'\npoint = 1\n",
            ),
            ("pack.schema.json", "[check.levels]\nL0501 = \"éteint\"\n"),
        ] {
            let schema = schema(name);
            assert!(misfit(&as_json(text), &schema, &schema, "").is_some(), "{name}: {text}");
        }
        let taplo = fs::read_to_string(out.path().join(".taplo.toml")).unwrap();
        assert_eq!(taplo.parse::<toml::Table>().unwrap()["rule"].as_array().unwrap().len(), 8);
    }
}

#[test]
fn watch_once_says_how_the_pack_is() {
    let folder = small_pack();
    let rules = folder.path().to_str().unwrap();
    let fine = logis(&["watch", "--once", "--rules", rules]);
    assert!(fine.status.success());
    let line = String::from_utf8(fine.stdout).unwrap();
    assert!(line.starts_with("essai: rien à redire ; 1 cas réussis, 0 en échec ("), "{line}");
    assert_eq!(line.lines().count(), 1);
    // One euro less: the case at the ceiling fails.
    let tables = folder.path().join("plafond.toml");
    let text = fs::read_to_string(&tables).unwrap().replace("[20000,", "[19999,");
    fs::write(&tables, text).unwrap();
    let failed = logis(&["watch", "--once", "--rules", rules]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8(failed.stdout).unwrap().contains("eligible : attendu true, trouvé false"));
}

/// A save is seen, whatever it holds; an interruption ends the command with 0.
#[cfg(unix)]
#[test]
fn watch_sees_a_save_and_stops_cleanly() {
    let folder = small_pack();
    let mut child = Command::new(env!("CARGO_BIN_EXE_logis"))
        .args(["watch", "--rules", folder.path().to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (sender, lines) = channel();
    let out = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines() {
            let _ = sender.send(line.unwrap());
        }
    });
    let wait_for = |what: &str| loop {
        let line = lines.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("no « {what} »"));
        if line.contains(what) {
            break;
        }
    };
    wait_for("1 cas réussis");
    let tables = folder.path().join("plafond.toml");
    let text = fs::read_to_string(&tables).unwrap();
    fs::write(&tables, text.replace("[20000,", "[19999,")).unwrap();
    wait_for("0 cas réussis, 1 en échec");
    fs::write(&tables, "[plafond").unwrap();
    wait_for("le paquet ne se charge pas");
    fs::write(&tables, &text).unwrap();
    wait_for("1 cas réussis");
    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
