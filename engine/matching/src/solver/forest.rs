//! A heaviest assignment, part by part: [`super::simplex`] in each connected part of a graph.
//!
//! Parts share no row and no column, so each has its own tree, smaller than one for all, and they are
//! solved side by side. The numbers of rows, columns and arcs are those of the whole graph.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of a graph, which its makers check"
)]

use std::sync::Arc as Shared;

use rayon::prelude::*;

use super::columns::{Column, NONE};
use super::fit::{Rows, best};
use super::graph::Graph;
use super::part::Sets;
use super::simplex::{Arc, Simplex};

/// The trees of all parts.
#[derive(Clone)]
pub(super) struct Forest {
    layout: Shared<Layout>,
    trees: Vec<Simplex>,
}

/// Which rows, columns and arcs are in which part.
struct Layout {
    parts: Vec<Part>,
    /// By arc, by row and by column: its part, and its number there.
    arc: Vec<(u32, u32)>,
    row: Vec<(u32, u32)>,
    column: Vec<(u32, Column)>,
}

/// One part: by number there, the number in the whole graph.
#[derive(Default)]
struct Part {
    rows: Vec<u32>,
    columns: Vec<u32>,
    arcs: Vec<u32>,
}

/// By part, what its nodes would be worth: see [`Simplex::values`].
pub(super) struct Values(Vec<Vec<i64>>);

impl Layout {
    fn new(rows: usize, columns: usize, arcs: &[Arc]) -> Layout {
        let mut sets = Sets::new(columns);
        // A row is in the part of its first column, and joins the parts of all its columns.
        let mut first = vec![NONE; rows];
        for arc in arcs {
            let own = &mut first[arc.row as usize];
            let here = sets.find(arc.column.0);
            if *own == NONE {
                *own = here;
            } else {
                let there = sets.find(*own);
                if here != there {
                    sets.join(here, there);
                }
            }
        }
        // Parts are numbered by their first column; rows without arcs are in a part without columns.
        let mut number = vec![NONE; columns];
        let mut parts: Vec<Part> = vec![Part::default()];
        let mut layout = Layout {
            parts: Vec::new(),
            arc: Vec::with_capacity(arcs.len()),
            row: Vec::with_capacity(rows),
            column: Vec::with_capacity(columns),
        };
        let put = |list: &mut Vec<u32>, own: usize| {
            list.push(own as u32);
            list.len() as u32 - 1
        };
        for column in 0..columns {
            let root = sets.find(column as u32) as usize;
            if number[root] == NONE {
                number[root] = parts.len() as u32;
                parts.push(Part::default());
            }
            let part = number[root];
            layout.column.push((part, Column(put(&mut parts[part as usize].columns, column))));
        }
        // Numbers within a part are given in the order of the whole graph, so that orders agree.
        for (row, &first) in first.iter().enumerate() {
            let part = if first == NONE { 0 } else { number[sets.find(first) as usize] };
            layout.row.push((part, put(&mut parts[part as usize].rows, row)));
        }
        for (at, arc) in arcs.iter().enumerate() {
            let part = layout.row[arc.row as usize].0;
            layout.arc.push((part, put(&mut parts[part as usize].arcs, at)));
        }
        layout.parts = parts;
        layout
    }

    /// By row of a part: the arc that it uses of those of the part, or [`NONE`].
    fn used(&self, part: &Part, used: &[u32]) -> Vec<u32> {
        let own = |&row: &u32| match used[row as usize] {
            NONE => NONE,
            arc => self.arc[arc as usize].1,
        };
        part.rows.iter().map(own).collect()
    }
}

impl Part {
    /// What its columns have.
    fn of_columns<T: Copy>(&self, all: &[T]) -> Vec<T> {
        self.columns.iter().map(|&column| all[column as usize]).collect()
    }
}

impl Forest {
    /// The capacity of each column, the arcs, and a first assignment: by row the arc it uses, or
    /// [`NONE`].
    pub fn new(capacity: &[u32], arcs: &[Arc], used: &[u32]) -> Forest {
        let layout = Layout::new(used.len(), capacity.len(), arcs);
        // Each tree sees its own numbers only.
        let trees = layout
            .parts
            .par_iter()
            .map(|part| {
                let local = |&arc: &u32| {
                    let Arc { row, column } = arcs[arc as usize];
                    Arc { row: layout.row[row as usize].1, column: layout.column[column.index()].1 }
                };
                let (capacity, used) = (part.of_columns(capacity), layout.used(part, used));
                Simplex::new(part.rows.len(), &capacity, part.arcs.iter().map(local).collect(), &used)
            })
            .collect();
        Forest { layout: Shared::new(layout), trees }
    }

    /// Plants each tree anew along arcs that lose least at these prices of the columns: see
    /// [`Simplex::replant`].
    pub fn replant(&mut self, prices: &[i64]) {
        self.trees.par_iter_mut().zip(&self.layout.parts).for_each(|(tree, part)| {
            tree.replant(&part.of_columns(prices));
        });
    }

    /// Plants each tree anew at the best assignment by fits alone, found faster than from any tree; the
    /// columns of the graph are units. Weights are `scale` times the fit, and `housed`.
    ///
    /// A part of which some rows are idle and some columns free stays as it is.
    pub fn plant_by_fits(&mut self, graph: &Graph, housed: i64, scale: i64) {
        let layout = &self.layout;
        self.trees.par_iter_mut().zip(&layout.parts).for_each(|(tree, part)| {
            // `fit` wants all columns given, or all rows housed.
            let given = tree.used().iter().filter(|arc| **arc != NONE).count();
            let paid = given == part.columns.len();
            if !(paid || given == part.rows.len()) || given == 0 {
                return;
            }
            // Arcs are in the order of their rows and columns; every row has some.
            let column = |arc: u32| layout.column[graph.arcs[arc as usize].column.index()].1;
            // A row that must be housed may not be idle; columns that must be full are, as all are given.
            let row = |arc: u32| graph.arcs[arc as usize].row;
            let by_row: Vec<&[u32]> = part.arcs.chunk_by(|a, b| row(*a) == row(*b)).collect();
            let fits = by_row.iter().zip(&part.rows).map(|(arcs, &row)| {
                let fit = |&arc: &u32| (column(arc), graph.fits[arc as usize]);
                (arcs.iter().map(fit), !graph.row_must[row as usize])
            });
            let best = best(&Rows::of(fits, part.columns.len(), paid), paid, None);
            // From columns back to arcs.
            let used = |(arcs, &own): (&&[u32], &Column)| {
                let used = arcs.iter().find(|arc| column(**arc) == own);
                used.map_or(NONE, |&arc| layout.arc[arc as usize].1)
            };
            let used: Vec<u32> = by_row.iter().zip(&best.column_of).map(used).collect();
            tree.assign(&vec![1; part.columns.len()], &used);
            // Prices of the fit are turned into weights: who pays for a column pays for being housed too, where
            // columns are scarce.
            let level = if paid { housed } else { 0 };
            let prices: Vec<i64> = best.prices.iter().map(|&p| level + scale * i64::from(p)).collect();
            tree.replant(&prices);
        });
    }

    /// Begins again with another assignment, at the weights of the moment.
    pub fn assign(&mut self, capacity: &[u32], used: &[u32]) {
        let layout = &self.layout;
        self.trees.par_iter_mut().zip(&layout.parts).for_each(|(tree, part)| {
            tree.assign(&part.of_columns(capacity), &layout.used(part, used));
        });
    }

    /// What a row is worth: what its best arc is above the price of its column.
    pub fn row_value(&self, row: u32) -> i64 {
        let (part, own) = self.layout.row[row as usize];
        self.trees[part as usize].row_value(own)
    }

    /// What a place of a column costs.
    pub fn price(&self, column: Column) -> i64 {
        let (part, own) = self.layout.column[column.index()];
        self.trees[part as usize].price(own)
    }

    /// Sets the weight of each arc, of each idle row and of each free place.
    pub fn weigh(
        &mut self,
        arc: impl Fn(usize) -> i64 + Sync,
        idle: impl Fn(usize) -> i64 + Sync,
        free: impl Fn(usize) -> i64 + Sync,
    ) {
        self.trees.par_iter_mut().zip(&self.layout.parts).for_each(|(tree, part)| {
            tree.weigh(
                |own| arc(part.arcs[own] as usize),
                |own| idle(part.rows[own] as usize),
                |own| free(part.columns[own] as usize),
            );
        });
    }

    /// Pivots until no arc would gain. `false` if it takes more steps than it should.
    pub fn run(&mut self) -> bool {
        self.trees.par_iter_mut().map(Simplex::run).reduce(|| true, |a, b| a & b)
    }

    /// By row: the arc it uses, or [`NONE`].
    pub fn used(&self) -> Vec<u32> {
        // From the numbers of each part back to those of the graph.
        let mut used = vec![NONE; self.layout.row.len()];
        for (tree, part) in self.trees.iter().zip(&self.layout.parts) {
            for (&row, own) in part.rows.iter().zip(tree.used()) {
                if own != NONE {
                    used[row as usize] = part.arcs[own as usize];
                }
            }
        }
        used
    }

    /// What each node would be worth at other weights: see [`Simplex::values`].
    pub fn values(
        &self,
        arc: impl Fn(usize) -> i64 + Sync,
        idle: impl Fn(usize) -> i64 + Sync,
        free: impl Fn(usize) -> i64 + Sync,
    ) -> Values {
        let of = |(tree, part): (&Simplex, &Part)| {
            tree.values(
                |own| arc(part.arcs[own] as usize),
                |own| idle(part.rows[own] as usize),
                |own| free(part.columns[own] as usize),
            )
        };
        Values(self.trees.par_iter().zip(&self.layout.parts).map(of).collect())
    }

    /// What a sum over the arcs gains if one row moves along an arc, and others round the cycle that it closes.
    /// `weight` is what the arc counts in the sum, `values` what nodes do.
    pub fn by_step(&self, arc: usize, weight: i64, values: &Values) -> i64 {
        let (part, own) = self.layout.arc[arc];
        self.trees[part as usize].by_step(own as usize, weight, &values.0[part as usize])
    }

    /// Is the arc in its tree?
    pub fn in_tree(&self, arc: usize) -> bool {
        let (part, own) = self.layout.arc[arc];
        self.trees[part as usize].in_tree(own as usize)
    }

    /// How much can flow round the cycle of an arc.
    pub fn can_flow(&self, arc: usize) -> u32 {
        let (part, own) = self.layout.arc[arc];
        self.trees[part as usize].can_flow(own as usize)
    }

    /// Lets an arc enter its tree.
    pub fn pivot(&mut self, arc: usize) {
        let (part, own) = self.layout.arc[arc];
        self.trees[part as usize].pivot(own as usize);
    }
}
