//! Lists the files of the demo and of the model of populations.

fn main() -> std::process::ExitCode {
    logis_build::embed(&[".toml", ".csv"])
}
