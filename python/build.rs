//! Does nothing: it is there for the features that the manifest asks of `syn`, which macros of all crates share.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
