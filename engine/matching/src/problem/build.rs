//! A problem from pairs one by one, or from cells; what is wrong with them.

#![expect(clippy::indexing_slicing, reason = "measured loops over numbers that are checked here first")]

use std::sync::Arc;

use super::super::numbers::Cell;
use super::by_key::by_key;
use super::draft::{Draft, used_marks};
use super::kinds::Kinds;
use super::parts::{Fits, Pair, ProblemError, Quota, check};
use super::posed::Problem;

impl Problem {
    /// From suitable pairs in any order: `points` by request, and how many units there are.
    ///
    /// Where requests and units are numbered in the order of their identifiers, the answer does not
    /// depend on the order of their rows.
    ///
    /// # Errors
    /// Numbers out of range, pairs that stand twice, quotas beyond the limits.
    ///
    /// ```
    /// # use logis_matching::{Pair, Problem, solve, verify};
    /// // Two requests want the one unit; the second has more points.
    /// let pair = |request| Pair { request, unit: 0, fit: 500, marks: 0 };
    /// let problem = Problem::from_pairs(vec![3, 7], 1, vec![pair(0), pair(1)], vec![])?;
    /// let matching = solve(&problem);
    /// assert_eq!(matching.unit_of, [None, Some(0)]);
    /// verify(&problem, &matching)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_pairs(
        points: Vec<u32>,
        units: u32,
        mut pairs: Vec<Pair>,
        quotas: Vec<Quota>,
    ) -> Result<Problem, ProblemError> {
        let requests = points.len();
        if let Some(Pair { request, unit, .. }) = pairs.iter().find(|p| p.request as usize >= requests) {
            return Err(ProblemError::OutOfRange { request: *request, unit: *unit });
        }
        // Callers mostly give them in order; then nothing is copied.
        if !pairs.is_sorted_by_key(|pair| pair.request) {
            pairs = by_key(requests, pairs.iter().map(|pair| (pair.request, *pair))).1;
        }
        let mut starts = Vec::with_capacity(requests + 1);
        for own in pairs.chunk_by(|a, b| a.request == b.request) {
            let start = starts.last().copied().unwrap_or(0);
            starts.resize(own[0].request as usize + 1, start);
            starts.push(start + own.len());
        }
        let last = starts.last().copied().unwrap_or(0);
        starts.resize(requests + 1, last);
        let own = |request: u32, into: &mut Vec<Pair>| {
            into.extend_from_slice(&pairs[starts[request as usize]..starts[request as usize + 1]]);
        };
        Problem::from_lists(points, units, own, quotas)
    }

    /// The same where `own` adds the pairs of a request, in any order.
    ///
    /// # Errors
    /// As [`Problem::from_pairs`].
    ///
    /// ```
    /// # use logis_matching::{Pair, Problem};
    /// let own = |request: u32, into: &mut Vec<Pair>| into.push(Pair { request, unit: 0, fit: 500, marks: 0 });
    /// let problem = Problem::from_lists(vec![3, 7], 1, own, vec![])?;
    /// assert_eq!((problem.requests(), problem.units()), (2, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_lists(
        points: Vec<u32>,
        units: u32,
        own: impl Fn(u32, &mut Vec<Pair>),
        quotas: Vec<Quota>,
    ) -> Result<Problem, ProblemError> {
        check(&points, &quotas)?;
        let mut draft = Draft::new(units, quotas);
        let mut pairs = Vec::new();
        for request in 0..points.len() as u32 {
            pairs.clear();
            own(request, &mut pairs);
            draft.add(request, &mut pairs)?;
        }
        draft.problem(points)
    }

    /// From cells: `firsts` has the first unit of each and the number of units at the end (the caller's
    /// numbers are those inside); `open[starts[i]..starts[i + 1]]` are the cells open to request `i`,
    /// ascending; `marks` by slot (empty without quotas).
    ///
    /// # Errors
    /// [`ProblemError::Shape`] if the tables contradict each other; points and quotas beyond the limits.
    pub fn from_cells(
        points: Vec<u32>,
        firsts: Vec<u32>,
        (starts, open): (Vec<usize>, Vec<u32>),
        fits: Arc<dyn Fits>,
        (quotas, marks): (Vec<Quota>, Vec<u64>),
    ) -> Result<Problem, ProblemError> {
        check(&points, &quotas)?;
        let count = firsts.len().saturating_sub(1);
        let wrong = [
            (
                firsts.first() != Some(&0) || firsts.windows(2).any(|w| w[0] >= w[1]),
                "une cellule sans logement",
            ),
            (
                starts.len() != points.len() + 1
                    || starts.first() != Some(&0)
                    || starts.last() != Some(&open.len()),
                "les cases ne sont pas celles des demandes",
            ),
            (
                starts.windows(2).any(|w| {
                    w[0] > w[1] || open.get(w[0]..w[1]).is_none_or(|own| own.windows(2).any(|c| c[0] >= c[1]))
                }),
                "les cellules d'une demande ne sont pas dans l'ordre",
            ),
            (open.iter().any(|&c| c as usize >= count), "une case ouvre une cellule qui n'existe pas"),
            (marks.len() != if quotas.is_empty() { 0 } else { open.len() }, "une case sans ses marques"),
        ];
        if let Some((_, what)) = wrong.iter().find(|(wrong, _)| *wrong) {
            return Err(ProblemError::Shape(what));
        }
        let units = firsts.last().copied().unwrap_or(0);
        let used = used_marks(&quotas);
        let mut kinds = Kinds::new(vec![0]);
        let marks = marks.into_iter().map(|marks| kinds.of(marks & used)).collect::<Result<_, _>>()?;
        let open = open.into_iter().map(Cell).collect();
        Ok(Problem {
            points,
            firsts,
            starts,
            open,
            marks,
            kinds: kinds.marks,
            choices: false,
            fits,
            quotas,
            allowed: Vec::new(),
            names: (0..units).collect(),
            homes: Vec::new(),
            stays_count: false,
        })
    }
}
