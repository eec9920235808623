//! A territory is data: another one is a folder beside the national rules, and no line of Rust.

use crate::support::{files, root};
use logis::Pack;
use logis::data::{Needs, read};
use logis::testing;

/// The national rules with Toulouse in the place of Dijon: the pack loads, its cases hold, and those of
/// the national rules hold too.
#[test]
fn another_territory_needs_no_code() {
    let root = root();
    let mut all = Vec::new();
    files(&root.join("rules"), "", &mut all);
    all.retain(|(path, _)| !path.starts_with("territoires/"));
    assert!(!all.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("param(\"dijon")));
    files(&root.join("tests/territories/toulouse"), "territoires/toulouse/", &mut all);
    let pack = Pack::from_files("", all).unwrap();
    let parsed = pack.parsed();
    let references = read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default());
    assert!(references.issues.is_empty());
    let results = testing::run(&pack, &references.dataset, "").unwrap();
    let failed: Vec<_> = results.iter().filter(|r| !r.failures.is_empty()).map(|r| &r.name).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert!(testing::run(&pack, &references.dataset, "toulouse").unwrap().len() >= 3);
}
