//! Decisions that were kept and cases of the packs, compared as rows are.

use std::collections::{BTreeMap, BTreeSet};

use super::Comparison;
use super::align::Align;
use super::found::Found;
use super::pairs::Pairs;
use logis_data::{Dataset, Records, TextRows, from_text_rows};
use logis_decide::evaluate::{Context, evaluate};
use logis_decide::receipt::Receipt;
use logis_language::Pack;
use logis_language::diagnostic::PackError;
use logis_language::plan::Plan;
use logis_language::value::parse_date;

impl<'p> Comparison<'p> {
    /// Decides receipts again by both packs, each as of its own date.
    pub fn receipts(&mut self, corpus: &str, receipts: &[Receipt]) {
        let mut groups: BTreeMap<(&str, &str, Vec<&str>), Vec<&Receipt>> = BTreeMap::new();
        for receipt in receipts {
            let asked = |name: &&str| self.names.iter().any(|n| n == name);
            let names: Vec<&str> =
                receipt.outcomes.iter().map(|(name, _)| name.as_str()).filter(asked).collect();
            if names.is_empty() {
                self.set_aside(corpus, "aucun de leurs résultats n'est comparé".to_string());
                continue;
            }
            // Receipts of one date, entity and selection are decided in one pass.
            groups.entry((&receipt.date, &receipt.entity, names)).or_default().push(receipt);
        }
        let records = |pack: &Pack| Records::new(&pack.parsed().schema, &pack.parsed().references);
        let (old, new) = (records(self.base), records(self.head));
        for ((date, entity, names), receipts) in groups {
            let Some(date) = parse_date(date) else {
                self.note([format!("{corpus}: « {date} » n'est pas une date")]);
                continue;
            };
            let names: Vec<&str> = names.into_iter().filter(|n| self.could(n)).collect();
            let pairs = Pairs::new(self.base, self.head, date, &names, self.reads_the_same, &BTreeSet::new());
            self.note(pairs.notes);
            let packages: Vec<(&TextRows, &str)> =
                receipts.iter().map(|r| (&r.inputs, r.id.as_str())).collect();
            for pair in pairs.pairs.iter().filter(|pair| pair.entity == entity) {
                let read = |pack: &Pack, records: &Records, plan: &Plan| {
                    from_text_rows(&pack.parsed().schema, records, plan.entity, &packages)
                };
                let before = read(self.base, &old, &pair.base);
                let after = read(self.head, &new, &pair.head);
                let issues: BTreeSet<(usize, String)> =
                    after.issues.iter().map(|(package, issue)| (*package, issue.to_string())).collect();
                for (_, issue) in issues {
                    self.set_aside(corpus, issue);
                }
                let contexts =
                    (Context::new(&pair.base, &before.dataset), Context::new(&pair.head, &after.dataset));
                let rows = before.rows.iter().zip(&after.rows);
                let rows: Vec<(u64, u64)> =
                    rows.filter_map(|(a, b)| Some(((*a)? as u64, (*b)? as u64))).collect();
                let outcomes = (evaluate(&pair.base, &before.dataset), evaluate(&pair.head, &after.dataset));
                let mut found: Vec<Found> = Vec::new();
                for (rule, (a, b)) in outcomes.0.columns.iter().zip(&outcomes.1.columns).enumerate() {
                    for &rows in &rows {
                        let place = |row| usize::try_from(row).unwrap_or(usize::MAX);
                        let (Some(a), Some(b)) = (a.get(place(rows.0)), b.get(place(rows.1))) else {
                            continue;
                        };
                        if !a.same_as(&b) {
                            found.push((rule, rows, a, b));
                        }
                    }
                }
                self.say(corpus, pair, rows.len() as u64, false);
                // Packages have their rows in the same order for both.
                self.add(corpus, pair, &Align::default(), (&contexts.0, &contexts.1), found, None);
            }
        }
    }

    /// Counts a receipt of which something was not compared.
    fn set_aside(&mut self, corpus: &str, what: String) {
        *self.aside.entry((corpus.to_string(), what)).or_default() += 1;
    }

    /// Decides the recorded cases of both packs by both: the rules whose outcomes they expect, as of their
    /// dates; if `asked`, only those that are compared. `references` are data sets of the packs' reference
    /// tables alone.
    ///
    /// # Errors
    /// What is wrong in the cases of a pack that was read to decide and no more.
    pub fn cases(
        &mut self,
        corpus: &str,
        references: (&Dataset, &Dataset),
        asked: bool,
    ) -> Result<(), PackError> {
        super::cases::compare(self, corpus, references, asked)
    }
}
