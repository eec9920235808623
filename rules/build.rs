//! Lists the files of the rule book.

fn main() -> std::process::ExitCode {
    logis_build::embed(&[".toml", ".rhai", ".csv", ".cas.yaml", ".cas.yml"])
}
