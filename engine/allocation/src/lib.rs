//! Who may be given which unit, and who is: candidates and attributions of a pack on data.
//!
//! [`candidates`] finds the pairs that the rules allow; [`attribution`] poses the matching of a pack on data, reads
//! results again and speaks of them.

pub mod attribution;
pub mod candidates;

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");
