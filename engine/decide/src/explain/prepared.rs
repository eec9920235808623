//! What explanations of one plan have in common, whatever the rows: found once for many.

use std::sync::Arc;

use crate::evaluate::Doubts;
use crate::reserves::{any_selected, touched};
use logis_language::plan::Plan;

/// What a plan alone says of explanations of its outcomes.
#[derive(Debug)]
pub(super) struct Prepared {
    /// By node: may it rest on reserves? `None` if no selected one does.
    pub touched: Option<Arc<[bool]>>,
    pub doubts: Doubts,
}

impl Prepared {
    /// That of a plan.
    pub fn of(plan: &Plan) -> Prepared {
        let touched = touched(plan);
        let touched = any_selected(plan, &touched).then(|| touched.into());
        Prepared { touched, doubts: Doubts::of(plan) }
    }
}
