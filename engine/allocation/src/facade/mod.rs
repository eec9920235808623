//! The face of allocation: a problem as it is posed, and an allocation, which is its answer.

mod answered;
pub mod posing;

pub use answered::{Allocation, PLACES};
pub use posing::{AllocationError, Bottleneck, Lack, Options, Posing, Refuted};
