//! Attribution: the matching of a pack on data, from its rules to what is said of the answer.
//!
//! [`MatchingPlan`] is what `[matching]` of a pack means on a date; [`Instance`] the candidates of some
//! data and the problem that [`logis_matching`] solves. Of the answer, [`Report`] is what is written and
//! read again, [`Explainer`] says why, [`Commission`] makes lists for those who decide, and [`fairness`]
//! tells who waits.

mod assign;
mod at_best;
mod by_points;
mod chances;
mod commission;
mod decided;
mod expected;
mod fairness;
mod flow;
mod instance;
mod leases;
mod posed;
mod read;
mod recorded;
mod report;
pub(crate) mod reserves;
mod rules;
mod scopes;
mod session;
mod sides;
mod tenants;
mod ties;
mod why;

pub use by_points::{OrderReached, Shortfall, by_points, envying};
pub use chances::{Chances, ListsWorth};
pub use commission::{AfterRefusals, Commission, MostLeases, Place};
pub use decided::NotDecided;
pub use fairness::{Envy, Fairness, Groups, Line, Silence, fairness, silences};
pub use flow::{Balance, FlowInForce, HolderInForce, charged};
pub(crate) use instance::with_tenants;
pub use instance::{Instance, InstanceError, MOST_PRIORITY, Numbers, Open};
pub(crate) use leases::drawn_part;
pub use leases::{Acceptances, Answer, Drawn, Likely, acceptance};
pub use posed::{Counted, Flags, Posed, PosedFlow};
pub use read::ReadError;
pub use recorded::{CountedLease, Left, Recorded};
pub(crate) use report::is_ahead;
pub use report::{
    AlreadyReport, Before, CHARGED, FIRST, LevelReport, QuotaReport, Report, ReportError, SHORTFALL, Signed,
};
pub use reserves::UnderReserve;
pub use rules::NO_MATCHING;
pub use rules::{Asks, MatchingPlan, NotInForce, QuotaInForce};
pub use scopes::{Scope, UnknownUnits};
pub use tenants::{Moves, MovesKind, Step};
pub use why::{Explainer, Fails, Holder, HousedIn, Reason, ReasonCount, Why};
