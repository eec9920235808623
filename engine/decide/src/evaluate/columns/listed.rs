//! Evaluates a plan on pairs for lists of pairs, in place of all pairs there are.
//!
//! What reads one side only is computed once for all rows of that side, when the plan is compiled; what
//! reads both, for each pair of a list, block by block.

use super::block::{Block, Part};
use super::passes::Pass;
use super::program::Program;
use super::{BLOCK, Certain, Context, Filling, Full, run};

/// A plan on pairs, ready to be evaluated on any list of them.
pub(crate) struct Listed<'c> {
    program: Program<'c>,
    /// The pass over pairs, if anything is computed on them.
    pass: Option<Pass>,
    /// By selected outcome: its place among the pass's kept columns; none if it has no columnar form.
    places: Vec<Option<usize>>,
}

/// The outcomes of a list of pairs: by kept column, the values and the marks of pairs left over.
pub(crate) struct Piece {
    columns: Vec<(Filling, Vec<u8>)>,
}

impl<'c> Listed<'c> {
    /// Compiles the plan of a context, and computes what reads one side of a pair only.
    pub fn new(context: &'c Context<'c>) -> Listed<'c> {
        let mut program = Program::compile(context);
        // All that is on pairs is one pass (see `passes`); the others are on the sides' own rows.
        let (mut own, others): (Vec<Pass>, Vec<Pass>) = std::mem::take(&mut program.passes)
            .into_iter()
            .partition(|pass| pass.family.root == context.plan.entity);
        let pass = own.pop();
        let mut others = others.into_iter();
        while let Some(side) = others.next() {
            for (node, full) in run(&program, &side) {
                program.keep(node, full);
            }
            program.forget(others.as_slice().iter().chain(&pass));
        }
        let place = |node| pass.as_ref()?.kept.iter().position(|k| *k == program.resolve(node));
        let places = context.plan.selected.iter().map(|(_, node)| place(*node)).collect();
        Listed { program, pass, places }
    }

    /// The working memory of one thread.
    pub fn worker(&self) -> Worker<'_> {
        Worker { block: self.pass.as_ref().map(|pass| (Block::new(&self.program, pass), pass)), listed: self }
    }

    /// The certain outcomes of a list, by selected outcome; `None` where there is no columnar form.
    pub fn certain(&self, piece: Piece) -> Vec<Option<Certain>> {
        let full: Vec<Full> = piece
            .columns
            .into_iter()
            .map(|(filling, left)| Full { array: filling.finish(), left: left.into() })
            .collect();
        let selected = self.program.context.plan.selected.iter().map(|(_, node)| *node);
        let certain = |(place, node): (&Option<usize>, _)| {
            Some(Certain {
                full: full.get((*place)?)?.clone(),
                denominator: self.program.denominator(node),
                dictionary: self.program.dictionary.clone(),
            })
        };
        self.places.iter().zip(selected).map(certain).collect()
    }
}

/// See [`Listed::worker`].
pub(crate) struct Worker<'l> {
    block: Option<(Block<'l>, &'l Pass)>,
    listed: &'l Listed<'l>,
}

impl Worker<'_> {
    /// Evaluates the pairs of a list: a row of the first side, and one of the second.
    pub fn run(&mut self, first: &[u32], second: &[u32]) -> Piece {
        let rows = first.len().min(second.len());
        let Some((block, pass)) = &mut self.block else { return Piece { columns: Vec::new() } };
        let program = &self.listed.program;
        let mut columns: Vec<(Filling, Vec<u8>)> =
            pass.kept.iter().map(|&node| (Filling::new(program.repr(node), rows), Vec::new())).collect();
        let mut parts: Vec<Part<'_>> = columns
            .iter_mut()
            .map(|(filling, _)| Part { array: filling.part(), filled: 0, left: Vec::new() })
            .collect();
        for (first, second) in first.chunks(BLOCK).zip(second.chunks(BLOCK)) {
            block.run_listed(first, second, &mut parts);
        }
        // Marks may end before the rows do: what follows is not left over.
        let left: Vec<Vec<u8>> = parts.into_iter().map(|part| part.left).collect();
        for ((_, own), mut left) in columns.iter_mut().zip(left) {
            if !left.is_empty() {
                left.resize(rows, 0);
            }
            *own = left;
        }
        Piece { columns }
    }
}
