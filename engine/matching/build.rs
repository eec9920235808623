//! Names this build of the crate: see `logis_build`.

fn main() -> std::process::ExitCode {
    logis_build::name_this_build()
}
