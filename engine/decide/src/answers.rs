//! Explanations as other programs read them: of each outcome why, and of each refusal what would turn it. One document
//! of `logis/1` of the kind `explanation`, whoever writes it.

use serde::Serialize;

use crate::counterfactual::{Counterfactual, OtherDates, counterfactual, other_dates};
use crate::decide::{DataError, Decider};
use crate::explain::{Explanation, RowName, explain, row_name};
use logis_data::Dataset;
use logis_language::exchange::Document;
use logis_language::plan::Plan;

/// The explanations of one row, as the body of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanations {
    /// The row as it was asked for.
    pub id: String,
    /// The row.
    pub about: RowName,
    /// The date as of which it is decided.
    pub date: String,
    /// By selected rule.
    pub explanations: Vec<Explained>,
}

/// The explanation of one outcome, with what would turn it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// Why it is as it is.
    #[serde(flatten)]
    pub explanation: Explanation,
    /// Of a refusal: the nearest value of each single input that turns it.
    pub counterfactual: Counterfactual,
    /// Of a refusal: the nearest dates with another answer.
    pub other_dates: OtherDates,
}

impl Explanations {
    /// Explains the selected rules of a plan for one row of its entity; `id` is what the row was asked for by.
    pub fn of(plan: &Plan, dataset: &Dataset, row: u64, id: &str) -> Explanations {
        let explained =
            plan.selected.iter().zip(explain(plan, dataset, row)).map(|((name, node), explanation)| {
                let (counterfactual, other_dates) = match explanation.outcome.as_bool() {
                    Some(false) => {
                        (counterfactual(plan, dataset, *node, row), other_dates(plan, dataset, name, row))
                    }
                    _ => Default::default(),
                };
                Explained { explanation, counterfactual, other_dates }
            });
        Explanations {
            id: id.to_string(),
            about: row_name(plan, dataset, plan.entity, row),
            date: plan.date.to_string(),
            explanations: explained.collect(),
        }
    }

    /// The document of `logis/1`.
    pub fn document(self) -> Document<Explanations> {
        Document::new("explanation", self)
    }
}

impl Decider {
    /// Explains the decisions of one record, with what would turn each refusal.
    ///
    /// ```
    /// use logis::{Decider, Pack, value::parse_date};
    /// use serde_json::json;
    ///
    /// let date = parse_date("2017-06-30").ok_or("a date")?;
    /// let decider = Decider::new(Pack::load("../../rules")?.plan(date, &["eligible_plus"])?);
    /// let explained = decider.explanations(&json!({
    ///     "commune": "21231", "rfr_n2": 20_124, "rfr_n1": 20_124, "revenus_12_mois": 22_000,
    ///     "personnes": [{
    ///         "lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": false, "handicap": false
    ///     }],
    /// }))?;
    /// let why = &explained.explanations[0];
    /// assert_eq!(why.explanation.outcome.as_bool(), Some(false));
    /// assert!(!why.counterfactual.changes.is_empty());
    /// assert_eq!(serde_json::to_value(explained.document())?["kind"], "explanation");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Decider::decide`].
    pub fn explanations(&self, record: &impl Serialize) -> Result<Explanations, DataError> {
        let (dataset, _) = self.held(record)?;
        let about = row_name(self.plan(), &dataset, self.plan().entity, 0);
        Ok(Explanations::of(self.plan(), &dataset, 0, &about.id))
    }
}
