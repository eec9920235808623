//! The national rule book of Logis, as the files that it is written in: rules, dated tables, cases.
//!
//! `logis_language::Pack::national` reads it.

/// Paths below the folder of the pack, with `/`, and contents, sorted by path.
pub static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));
