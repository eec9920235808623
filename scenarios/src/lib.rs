//! The data that the command line carries: the synthetic requests of Grand Dijon, the scenarios, the model of
//! populations.

/// Paths below this folder, with `/`, and contents, sorted by path.
pub static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The files of a folder, their paths relative to it.
pub fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
    let inside = |path: &str| path.strip_prefix(name)?.strip_prefix('/').map(str::to_string);
    FILES.iter().filter_map(|(path, bytes)| Some((inside(path)?, bytes.to_vec()))).collect()
}
