//! The decisions of a plan: its boolean expressions, each made of conditions.
//!
//! A decision is what an `if` asks, or what a rule answers by yes or no; its conditions are what is
//! left when `&&`, `||` and `!` are taken away: comparisons, boolean fields and rules.

use logis_language::diagnostic::Span;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Type;

/// The most conditions that a decision is taken apart into; what is left is one condition.
const MOST_LEAVES: usize = 256;

/// One decision.
pub(crate) struct Decision {
    /// The `if` or the rule that it is a decision of.
    pub of: NodeId,
    /// The branch of the `if` that it stands in, if it does.
    pub branch: Option<bool>,
    /// Its conditions, in the order of the text.
    pub leaves: Vec<Leaf>,
    /// How they make it.
    pub tree: Tree,
}

/// One condition of a decision.
pub(crate) struct Leaf {
    /// The node that computes it.
    pub node: NodeId,
    /// Where it is written.
    pub place: Span,
}

/// How the conditions of a decision, by their numbers among its leaves, are joined.
pub(crate) enum Tree {
    Leaf(usize),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

impl Tree {
    /// The outcome for these values of the conditions; `None` if one that is not known (`None`) decides.
    /// Adds to `computed` the numbers of the conditions that are computed on the way, from left to right.
    pub fn value(&self, leaves: &[Option<bool>], computed: &mut Vec<usize>) -> Option<bool> {
        match self {
            Tree::Leaf(number) => {
                computed.push(*number);
                leaves.get(*number).copied().flatten()
            }
            Tree::Not(a) => a.value(leaves, computed).map(|v| !v),
            Tree::And(a, b) | Tree::Or(a, b) => {
                let settling = matches!(self, Tree::Or(..));
                // As in Rhai, the right side is computed only if the left one does not settle it.
                let left = a.value(leaves, computed);
                if left == Some(settling) {
                    return left;
                }
                match (left, b.value(leaves, computed)) {
                    (_, Some(right)) if right == settling => Some(settling),
                    (Some(_), right) => right,
                    (None, _) => None,
                }
            }
        }
    }
}

/// The decisions of a plan whose expressions stay apart, sorted by what they are decisions of.
pub(crate) fn decisions(plan: &Plan) -> Vec<Decision> {
    let mut found = Vec::new();
    for (id, node) in (0..).zip(&plan.nodes) {
        // What an `if` asks, whatever it gives; and what a rule answers, if that is yes or no.
        match node.op {
            // A choice by territory is not written: no case has to show it.
            Op::If(condition, ..) if plan.choice(id).is_none() => {
                let at = place(plan, id, 0, condition);
                found.extend(decision(plan, condition, at, (id, None)));
            }
            Op::Rule(_, body) if node.ty == Type::Bool => {
                answers(plan, body, &node.span, (id, None), &mut found);
            }
            _ => {}
        }
    }
    found.sort_by_key(|d: &Decision| (d.of, d.branch));
    found
}

/// The `if` or rule of a decision, and the branch that it stands in.
type Of = (NodeId, Option<bool>);

/// Adds the decisions of the expressions that a rule gives as its answer: one for each path through its
/// `if`s.
fn answers(plan: &Plan, node: NodeId, place: &Span, of: Of, found: &mut Vec<Decision>) {
    match plan.node(node).map(|n| (&n.op, &n.span)) {
        // The rule of a territory answers for itself; the national text stands in the branch of all others.
        Some((Op::If(_, here, elsewhere), _)) if plan.choice(node).is_some() => {
            if matches!(plan.node(*here).map(|n| &n.op), Some(Op::Rule(..))) {
                answers(plan, *elsewhere, place, (node, Some(false)), found);
            }
        }
        // Of a rule that only territories give nothing stands there.
        Some((Op::Param(id, _), _)) if plan.parsed.rule_behind(*id).is_some() => {}
        Some((Op::If(_, a, b), span)) => {
            answers(plan, *a, span, (node, Some(true)), found);
            answers(plan, *b, span, (node, Some(false)), found);
        }
        Some((Op::Strict(_, value), _)) => answers(plan, *value, place, of, found),
        Some((Op::Const(_), _)) | None => {}
        Some((op, span)) => {
            let place = if op.is_written() { span } else { place };
            found.extend(decision(plan, node, place.clone(), of));
        }
    }
}

/// The decision of one boolean expression; `None` if it has no condition.
fn decision(plan: &Plan, root: NodeId, place: Span, (of, branch): Of) -> Option<Decision> {
    let mut leaves = Vec::new();
    let tree = tree(plan, root, place, &mut leaves)?;
    (!leaves.is_empty()).then_some(Decision { of, branch, leaves, tree })
}

/// How an expression is joined of conditions, which are added to `leaves`.
fn tree(plan: &Plan, node: NodeId, at: Span, leaves: &mut Vec<Leaf>) -> Option<Tree> {
    // What is written in one place, and reached in more ways than anybody reads, is one condition.
    if leaves.len() >= MOST_LEAVES {
        leaves.push(Leaf { node, place: at });
        return Some(Tree::Leaf(leaves.len() - 1));
    }
    let mut operand =
        |slot: usize, input: NodeId| tree(plan, input, place(plan, node, slot, input), leaves).map(Box::new);
    Some(match plan.node(node)?.op {
        Op::Not(a) => Tree::Not(operand(0, a)?),
        Op::And(a, b) => Tree::And(operand(0, a)?, operand(1, b)?),
        Op::Or(a, b) => Tree::Or(operand(0, a)?, operand(1, b)?),
        Op::Strict(_, value) => return tree(plan, value, at, leaves),
        _ => {
            leaves.push(Leaf { node, place: at });
            Tree::Leaf(leaves.len() - 1)
        }
    })
}

/// Where an operand (number `slot` of `node`) is written: its sign, if it has one, or the word that it
/// begins with.
fn place(plan: &Plan, node: NodeId, slot: usize, operand: NodeId) -> Span {
    match plan.node(operand) {
        Some(n) if n.op.is_written() => n.span.clone(),
        _ => match plan.places.get(&(node, slot)) {
            Some(span) => span.clone(),
            None => plan.node(node).map(|n| n.span.clone()).unwrap_or_default(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    fn leaf(n: usize) -> Box<Tree> {
        Box::new(Tree::Leaf(n))
    }

    /// `a && (b || !c)`: what is not known matters only where nothing else settles it, and what stands
    /// to the right of a settled side is not computed.
    #[test]
    fn a_tree_is_decided_from_left_to_right() {
        let tree = Tree::And(leaf(0), Box::new(Tree::Or(leaf(1), Box::new(Tree::Not(leaf(2))))));
        let value = |a, b, c| {
            let mut computed = Vec::new();
            (tree.value(&[a, b, c], &mut computed), computed)
        };
        assert_eq!(value(Some(false), None, None), (Some(false), vec![0]));
        assert_eq!(value(Some(true), Some(true), None), (Some(true), vec![0, 1]));
        assert_eq!(value(Some(true), Some(false), Some(true)), (Some(false), vec![0, 1, 2]));
        assert_eq!(value(Some(true), None, Some(false)), (Some(true), vec![0, 1, 2]));
        assert_eq!(value(Some(true), None, Some(true)), (None, vec![0, 1, 2]));
        assert_eq!(value(None, Some(false), Some(true)), (Some(false), vec![0, 1, 2]));
    }
}
