#![doc = include_str!("../README.md")]

mod allocations;
mod decisions;
mod enter;
mod library;
mod packs;
mod raw;
mod refusal;
mod tables;

pub use allocations::{logis_candidates, logis_match, logis_verify};
pub use decisions::{LogisDecider, logis_decide, logis_decider_free, logis_decider_new, logis_explain};
pub use library::{LOGIS_ABI, logis_abi, logis_text_free, logis_version};
pub use packs::{LogisPack, logis_pack_about, logis_pack_free, logis_pack_load, logis_pack_national};
pub use refusal::LogisStatus;
pub use tables::{LogisTable, logis_evaluate};
