//! Who may be given which unit, and who is: candidates and attributions of a pack on data.
//!
//! [`Allocation`] is the face: a pack, a date, tables in; attributions, explanations, lists and a proof out. Behind it,
//! [`candidates`] finds the pairs that the rules allow; [`attribution`] poses the matching of a pack on data, reads
//! results again and speaks of them.

pub mod attribution;
pub mod candidates;
pub mod facade;

pub use facade::{
    Allocation, AllocationError, Arrivals, AskedError, AskedOptions, Bottleneck, Conditions, Cost, Deferral,
    Draws, FrontierPoint, Kept, Lack, Lease, Margin, Margins, Newcomers, OnPaper, Options, PLACES, Posing,
    Position, Rank, Refuted, Sent, Session, Weekly, Year, YearsToDraw, apart, arrival, posing,
};

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");
