//! The examples hold what they say: each asserts it.

#![allow(clippy::duplicate_mod, reason = "each example has what they share as a module of its own")]

#[path = "../../examples/allocate.rs"]
mod allocate;
#[path = "../../examples/commission.rs"]
mod commission;
#[path = "../../examples/decide_batch.rs"]
mod decide_batch;
#[path = "../../examples/decide_one.rs"]
mod decide_one;
#[path = "../../examples/diff_rules.rs"]
mod diff_rules;
#[path = "../../examples/verify.rs"]
mod verify;

#[test]
fn the_examples_run() {
    decide_one::main().unwrap();
    decide_batch::main().unwrap();
    allocate::main().unwrap();
    verify::main().unwrap();
    commission::main().unwrap();
    diff_rules::main().unwrap();
}

#[test]
fn the_embedded_pack_is_that_of_the_folder() {
    let embedded = logis::Pack::national();
    let folder = logis::Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap();
    let (a, b) = (embedded.parsed(), folder.parsed());
    assert_eq!(a.sources.files().len(), b.sources.files().len());
    for (one, other) in a.sources.files().iter().zip(b.sources.files()) {
        assert_eq!((&one.path, &one.text), (&other.path, &other.text));
    }
    assert_eq!(a.references.len(), b.references.len());
    // It is not checked again, and its functions are parsed when they are asked for: so nothing may be wrong with it.
    assert!(folder.warnings.is_empty() && embedded.warnings.is_empty());
    for (rule, (one, other)) in a.rules.iter().zip(b.rules.iter()).enumerate() {
        assert_eq!((&one.name, a.kind(rule)), (&other.name, b.kind(rule)));
        for (one, other) in one.texts.iter().zip(&other.texts) {
            assert_eq!(format!("{:?}", one.body()), format!("{:?}", other.body()), "{}", one.name);
        }
    }
}
