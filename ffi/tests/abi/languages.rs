//! Programs in C, C#, Java and for Node decide the hundred households of the demo as the library does, byte for byte.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use logis::value::parse_date;
use logis::{Decider, Pack};

use crate::households::households;
use crate::place::{compiled, here, installed, said};

const DATE: &str = "2017-06-30";

/// The rule that is explained; decided are the results of the pack.
const EXPLAINED: &str = "eligible_plus";

/// What goes in, a record a line, and what comes out, a document a line.
struct Said {
    input: String,
    decided: String,
    explained: String,
}

static SAID: LazyLock<Said> = LazyLock::new(|| {
    let pack = Pack::national();
    let date = parse_date(DATE).unwrap();
    let decider = Decider::new(pack.plan(date, &pack.results()).unwrap());
    let explainer = Decider::new(pack.plan(date, &[EXPLAINED]).unwrap());
    let mut said = Said { input: String::new(), decided: String::new(), explained: String::new() };
    for record in households(100) {
        said.input += &format!("{record}\n");
        said.decided += &format!("{}\n", serde_json::to_string(&decider.decide(&record).unwrap()).unwrap());
        let explained = explainer.explanations(&record).unwrap().document();
        said.explained += &format!("{}\n", serde_json::to_string(&explained).unwrap());
    }
    assert!(said.decided.contains("\"value\":true") && said.decided.contains("\"value\":false"));
    said
});

/// The first lines of a text.
fn first(text: &str, lines: usize) -> String {
    text.split_inclusive('\n').take(lines).collect()
}

/// Holds what a program says of the households against the library, of so many with explanations; `program` takes a
/// date, rules and `explain`.
fn hold(explained: usize, program: impl Fn() -> Command) {
    let results = Pack::national().results().join(",");
    let (code, out, errors) = said(program().args([DATE, &results]), &SAID.input);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(out.lines().count(), 100);
    assert!(out == SAID.decided, "another decision");
    let input = first(&SAID.input, explained);
    let (code, out, errors) = said(program().args([DATE, EXPLAINED, "explain"]), &input);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(out == first(&SAID.explained, explained), "another explanation");
    // What is refused is told with its code, and the next record is decided.
    let input = format!("{{\"rfr_n2\": \"beaucoup\"}}\n{{\n{}", first(&SAID.input, 1));
    let (code, out, errors) = said(program().args([DATE, &results]), &input);
    assert_eq!(code, Some(1));
    assert_eq!(out, first(&SAID.decided, 1));
    assert!(errors.contains("\"code\":\"D0403\"") && errors.contains("\"code\":\"D0102\""), "{errors}");
    let (code, out, errors) = said(program().args([DATE, "eligible_pluss"]), "");
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("\"kind\":\"problem\"") && errors.contains("eligible_plus`"), "{errors}");
}

#[test]
fn c_decides_a_hundred_households_as_the_library() {
    let program = compiled("examples/decide.c", &[]);
    hold(100, || Command::new(&program));
}

/// The example for .NET, compiled by Mono's compiler; warnings are errors.
fn csharp() -> Option<PathBuf> {
    let program = installed().join("Decide.exe");
    let ran = Command::new("mcs")
        .args(["-warnaserror", "-warn:4"])
        .arg(format!("-out:{}", program.display()))
        .arg(here("examples/Decide.cs"))
        .output()
        .ok()?;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    Command::new("mono").arg("--version").output().ok().map(|_| program)
}

#[test]
fn csharp_decides_a_hundred_households_as_the_library() {
    let Some(program) = csharp() else {
        eprintln!("no Mono (mcs, mono): the example for .NET is not run");
        return;
    };
    hold(10, || {
        let mut command = Command::new("mono");
        command.env("LD_LIBRARY_PATH", installed().join("lib")).arg(&program);
        command
    });
}

/// A `java` of version 22 or newer: the one of `JAVA_HOME`, the one that is found by name, or one of this machine.
fn java() -> Option<PathBuf> {
    let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let mut all: Vec<PathBuf> = home.into_iter().chain([PathBuf::from("java")]).collect();
    let installed = std::fs::read_dir("/usr/lib/jvm").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin/java")).collect();
    installed.sort();
    all.extend(installed);
    all.into_iter().find(|java| {
        // `openjdk version "25.0.1" 2025-10-21`
        let Ok(ran) = Command::new(java).arg("-version").output() else { return false };
        let text = String::from_utf8_lossy(&ran.stderr).into_owned();
        let version =
            text.split('"').nth(1).and_then(|version| version.split(['.', '-']).next()?.parse().ok());
        version.is_some_and(|version: u32| version >= 22)
    })
}

#[test]
fn java_decides_a_hundred_households_as_the_library() {
    let Some(java) = java() else {
        eprintln!(
            "no JDK of version 22 or newer (JAVA_HOME, java, /usr/lib/jvm): the example for Java is not run"
        );
        return;
    };
    hold(10, || {
        let mut command = Command::new(&java);
        command
            .args(["--enable-native-access=ALL-UNNAMED", "-Xshare:auto"])
            .arg(here("examples/Decide.java"))
            .arg(installed().join("lib/liblogis.so"));
        command
    });
}

/// The folder of the example, with its one dependency installed by `npm ci`.
fn node_folder() -> Option<PathBuf> {
    let folder = installed().join("node");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["decide.mjs", "package.json", "package-lock.json"] {
        std::fs::copy(here("examples/node").join(name), folder.join(name)).unwrap();
    }
    let ran = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder)
        .output()
        .ok()?;
    if !ran.status.success() {
        eprintln!("npm ci: {}", String::from_utf8_lossy(&ran.stderr));
        return None;
    }
    Some(folder)
}

#[test]
fn node_decides_a_hundred_households_as_the_library() {
    let Some(folder) = node_folder() else {
        eprintln!("no npm, or koffi cannot be installed: the example for Node is not run");
        return;
    };
    hold(10, || {
        let mut command = Command::new("node");
        command.arg(folder.join("decide.mjs")).arg(installed().join("lib/liblogis.so"));
        command
    });
}
