//! The solver: the best answer to a problem, with its certificate. `ARCHITECTURE.md` says how it works.
//!
//! Files stand in one order, each using those before it only:
//! `columns`, `marks`, `part`, `looked`; `housed`, `face` (who is housed, and by which pairs); `fit`, `stay`, `simplex`,
//! `multipliers`, `relink` (algorithms that know numbers only); `start` (an answer of before); `assign`,
//! `sift`, `graph`, `forest`; `search`, `levels` (problems with quotas); `solve`, `near`.

mod assign;
mod columns;
mod face;
mod fit;
mod forest;
mod graph;
mod housed;
mod levels;
mod looked;
mod marks;
mod multipliers;
mod near;
mod part;
mod relink;
mod search;
mod sift;
mod simplex;
mod solve;
mod start;
mod stay;

pub use near::{one_member_less, solve_near, solve_near_until};
pub use solve::{solve, solve_until};
pub use start::Duals;
