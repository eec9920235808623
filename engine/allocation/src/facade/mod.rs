//! The face of allocation: a problem as it is posed, and an allocation, which is its answer.

mod answered;
pub mod apart;
mod asked;
mod conditions;
mod defer;
mod error;
mod frontier;
mod keep;
mod lack;
mod margin;
pub mod posing;
mod position;
mod rows;
mod sent;
mod verified;
mod weekly;

pub use answered::{Allocation, PLACES};
pub use asked::{AskedError, AskedOptions};
pub use conditions::Conditions;
pub use defer::{Cost, Deferral};
pub use error::AllocationError;
pub use frontier::FrontierPoint;
pub use keep::Kept;
pub use lack::{Bottleneck, Lack};
pub use margin::{Draws, Margin, Margins, OnPaper};
pub use posing::{Options, Posing};
pub use position::{Newcomers, Position, Rank, YearsToDraw};
pub use sent::Sent;
pub use verified::Refuted;
pub use weekly::{Arrivals, Lease, Session, Weekly, Year, arrival};
