//! The pairs that a level with quotas chooses from: requests as rows, cells or units as columns.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::Problem;
use super::columns::{Column, NONE};
use super::looked::Looked;
use super::sift::{Room, Sifted};
use super::simplex::Arc;

/// The assignments that a level chooses from: arcs of a bipartite graph.
pub(super) struct Graph {
    /// By row: its request.
    pub requests: Vec<u32>,
    /// By row: the points of its request.
    pub points: Vec<u32>,
    /// By row: must it have a column?
    pub row_must: Vec<bool>,
    /// By column: how many rows it can have.
    pub capacity: Vec<u32>,
    /// By column: must it be full?
    pub column_must: Vec<bool>,
    /// In the order of their rows and columns.
    pub arcs: Vec<Arc>,
    /// By arc: its kind, as a place in `marks` and `stays`.
    pub kind: Vec<u16>,
    /// The different marks that there are: a handful, so that what a condition weighs is looked up by kind.
    pub marks: Vec<u64>,
    /// By kind: is it a tenant's, who stays where it is?
    pub stays: Vec<bool>,
    /// By arc: the fit, if columns are units.
    pub fits: Vec<u16>,
    /// Are columns units, or cells?
    pub by_unit: bool,
    /// Has any row several arcs to one column?
    pub choices: bool,
}

impl Graph {
    /// The active requests, facing the cells; by the slots that are looked at, if not by all.
    pub fn of_cells(problem: &Problem, active: &[bool], looked: Option<&Looked>) -> Graph {
        let requests: Vec<u32> =
            (0_u32..).zip(active).filter(|(_, active)| **active).map(|(r, _)| r).collect();
        let mut graph = Graph {
            // Who holds a unit has it, or another.
            row_must: requests.iter().map(|request| problem.home(*request).is_some()).collect(),
            requests: Vec::new(),
            points: Vec::new(),
            capacity: problem.firsts.windows(2).map(|w| w[1] - w[0]).collect(),
            column_must: vec![false; problem.cell_count()],
            arcs: Vec::new(),
            kind: Vec::new(),
            marks: Vec::new(),
            stays: Vec::new(),
            fits: Vec::new(),
            by_unit: false,
            choices: problem.has_choices(),
        };
        let mut kinds = Kinds::new(problem);
        // Slots stand by request and cell, so that arcs do by row and column.
        for (row, &request) in (0_u32..).zip(&requests) {
            for slot in problem.slots_of(request) {
                if looked.is_some_and(|looked| !looked.takes(slot)) {
                    continue;
                }
                let cell = problem.open[slot];
                graph.arcs.push(Arc { row, column: cell.into() });
                graph.kind.push(kinds.of(problem, problem.kind(slot), problem.stays(request, cell)));
            }
        }
        graph.points = requests.iter().map(|request| problem.points[*request as usize]).collect();
        graph.requests = requests;
        (graph.marks, graph.stays) = (kinds.marks, kinds.stays);
        graph
    }

    /// The pairs that lose no more than the room left: requests facing units; and the assignment `at`, by
    /// request the cell, as one by units. `near` has by request the unit that it had, if any; nobody else had
    /// it. Who is in the cell of that unit begins there.
    ///
    /// A pair that loses more than the room leaves is in no answer with these points; a request or a unit that is worth more
    /// is in all of them. Requests that are not looked at are left out.
    pub fn of_units(
        problem: &Problem,
        (at, marks_at): (&[Cell], &[u64]),
        near: &[InnerUnit],
        (room, sifted): (&Room<'_>, &Sifted),
    ) -> (Graph, Vec<u32>) {
        let (prices, left) = (room.prices, room.left);
        let mut graph = Graph {
            requests: Vec::new(),
            points: Vec::new(),
            row_must: Vec::new(),
            capacity: vec![1; problem.units()],
            column_must: Vec::with_capacity(problem.units()),
            arcs: Vec::new(),
            kind: Vec::new(),
            marks: Vec::new(),
            stays: Vec::new(),
            fits: Vec::new(),
            by_unit: true,
            choices: problem.has_choices(),
        };
        for (cell, &price) in (0_u32..).map(Cell).zip(prices) {
            // A unit whose price is more than the room is given in every answer considered.
            graph.column_must.extend(problem.units_of(cell).map(|_| price > left));
        }
        let mut places = Places::new(problem, at, near);
        let mut kinds = Kinds::new(problem);
        let mut start = Vec::new();
        let mut slots = Vec::new();
        for (request, &home) in (0_u32..).zip(at).filter(|(request, _)| sifted.takes(*request)) {
            let worth = room.slots_of(problem, request, &mut slots);
            // A request that loses more by any pair than the room is in no answer considered.
            if slots.is_empty() {
                continue;
            }
            let row = graph.requests.len() as u32;
            let mut first = NONE;
            let mut place = None;
            for &slot in slots.iter().filter(|slot| sifted.takes_slot(**slot)) {
                let cell = problem.open[slot];
                let range = problem.range(cell);
                // Of several slots of its cell, the one by which it is there.
                if cell == home && (first == NONE || problem.marks(slot) == marks_at[request as usize]) {
                    let place = *place.get_or_insert_with(|| places.of(problem, request, cell));
                    first = graph.arcs.len() as u32 + (place.0 - range.start);
                }
                problem.fits.fill(request, slot, range, &mut graph.fits);
                graph.arcs.extend(problem.units_of(cell).map(|unit| Arc { row, column: unit.into() }));
                // One slot has one kind for all its units.
                graph.kind.resize(
                    graph.arcs.len(),
                    kinds.of(problem, problem.kind(slot), problem.stays(request, cell)),
                );
            }
            graph.requests.push(request);
            graph.points.push(problem.points[request as usize]);
            // Being idle loses its worth, which may be more than the room.
            graph.row_must.push(worth > left || problem.home(request).is_some());
            start.push(first);
        }
        (graph.marks, graph.stays) = (kinds.marks, kinds.stays);
        (graph, start)
    }

    /// By row: its arc to the column where its request is, of several the one of the marks by which it is there, or the
    /// first.
    pub fn used<P: Copy + Into<Column>>(&self, at: &[P], marks_at: &[u64]) -> Vec<u32> {
        let mut used = vec![NONE; self.requests.len()];
        for (number, arc) in (0_u32..).zip(&self.arcs) {
            let request = self.requests[arc.row as usize] as usize;
            let own = &mut used[arc.row as usize];
            let marks = || marks_at.get(request) == Some(&self.marks_of(number));
            if at[request].into() == arc.column && (*own == NONE || marks()) {
                *own = number;
            }
        }
        used
    }

    /// The marks of an arc.
    pub fn marks_of(&self, arc: u32) -> u64 {
        self.marks[self.kind[arc as usize] as usize]
    }
}

/// Units for requests that are housed in cells: those they had, where they can.
struct Places<'a> {
    near: &'a [InnerUnit],
    /// By unit: is it kept for the request that had it?
    taken: Vec<bool>,
    /// By cell: the first unit that is not looked at yet.
    next: Vec<u32>,
}

impl<'a> Places<'a> {
    fn new(problem: &Problem, at: &[Cell], near: &'a [InnerUnit]) -> Places<'a> {
        let mut taken = vec![false; problem.units()];
        for (&unit, &home) in near.iter().zip(at) {
            if unit != InnerUnit::NONE && home != Cell::NONE && problem.holds(home, unit) {
                taken[unit.index()] = true;
            }
        }
        Places { near, taken, next: problem.firsts.clone() }
    }

    /// The unit of a request in its cell.
    fn of(&mut self, problem: &Problem, request: u32, cell: Cell) -> InnerUnit {
        match self.near.get(request as usize) {
            Some(&had) if problem.holds(cell, had) => had,
            _ => {
                // A cell houses no more than it has units, so that a free one is left.
                let next = &mut self.next[cell.index()];
                while self.taken[*next as usize] {
                    *next += 1;
                }
                *next += 1;
                InnerUnit(*next - 1)
            }
        }
    }
}

/// Numbers for the kinds of arcs that there are.
struct Kinds {
    /// By kind of marks, of arcs that are attributions and of those by which tenants stay: their number, or [`NONE`].
    number: [Vec<u32>; 2],
    marks: Vec<u64>,
    stays: Vec<bool>,
}

impl Kinds {
    fn new(problem: &Problem) -> Kinds {
        let number = vec![NONE; problem.kinds.len()];
        Kinds { number: [number.clone(), number], marks: Vec::new(), stays: Vec::new() }
    }

    fn of(&mut self, problem: &Problem, kind: u16, stays: bool) -> u16 {
        let number = &mut self.number[usize::from(stays)][kind as usize];
        if *number == NONE {
            *number = self.marks.len() as u32;
            self.marks.push(problem.marks_of(kind));
            self.stays.push(stays);
        }
        *number as u16
    }
}
