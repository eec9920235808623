//! The rules and the demo data that the binary carries, so that it works from any folder.

/// The model of populations, and the names of territories.
pub fn populations() -> Vec<(String, Vec<u8>)> {
    logis_scenarios::folder("populations")
}

/// The files of the embedded pack.
pub fn rules() -> Vec<(String, Vec<u8>)> {
    logis_rules::FILES.iter().map(|(path, bytes)| (path.to_string(), bytes.to_vec())).collect()
}

/// The files of the demo's data package.
pub fn grand_dijon() -> Vec<(String, Vec<u8>)> {
    logis_scenarios::folder("grand-dijon-2015")
}
