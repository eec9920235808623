//! Finds, for one comparison, rows on each side of its threshold between which it alone decides.

use std::collections::BTreeSet;

use super::world::{State, World};
use logis_language::pack::schema::FieldKind;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Type, Value};

/// The most paths from an outcome down to a comparison that are tried.
const PATHS: usize = 8;

/// How the left side of a comparison compares with the right one.
pub(super) type Side = std::cmp::Ordering;

/// States of a world in which the comparison decides, how its sides compare in each, and whether it holds.
pub(super) type Found = Vec<(State, Side, bool)>;

/// By node: does it need this one, directly or not, or is it this one?
pub(super) fn above(plan: &Plan, node: NodeId) -> Vec<bool> {
    let mut above = vec![false; plan.nodes.len()];
    if let Some(slot) = above.get_mut(node as usize) {
        *slot = true;
    }
    // Upwards from the node: inputs have smaller numbers, so one pass finds all that need it.
    for (id, candidate) in plan.nodes.iter().enumerate().skip(node as usize + 1) {
        let needs = candidate.op.inputs().iter().any(|i| above.get(*i as usize) == Some(&true));
        if let Some(slot) = above.get_mut(id).filter(|s| !**s) {
            *slot = needs;
        }
    }
    above
}

/// Nodes with their rows, each an input of the one before.
type Path = Vec<(NodeId, u64)>;

/// Paths from `root` down to `target`, shortest first (breadth first). `above` says which nodes need the
/// target.
fn paths(world: &World<'_>, root: NodeId, target: NodeId, above: &[bool]) -> Vec<Path> {
    let mut found = Vec::new();
    let mut queue = std::collections::VecDeque::from([vec![(root, 0_u64)]]);
    let mut looked = 0;
    while let Some(path) = queue.pop_front() {
        looked += 1;
        let Some(&(node, row)) = path.last() else { continue };
        if node == target {
            found.push(path);
            if found.len() >= PATHS {
                break;
            }
            continue;
        }
        if looked > 4_000 {
            break;
        }
        let Some(op) = world.context.plan.node(node).map(|n| &n.op) else { continue };
        let next: Vec<(NodeId, u64)> = match op {
            Op::Up(step, inner) => {
                world.context.step(*step, row).ok().map(|parent| (*inner, parent)).into_iter().collect()
            }
            Op::Members(_, _, inner) => {
                world.context.members(node, row).iter().map(|m| (*inner, u64::from(*m))).collect()
            }
            other => other.inputs().into_iter().map(|input| (input, row)).collect(),
        };
        // Only through nodes that need the target, and never twice through one node on a path.
        let mut seen = BTreeSet::new();
        for step in next {
            if above.get(step.0 as usize) == Some(&true) && seen.insert(step) && !path.contains(&step) {
                queue.push_back(path.iter().copied().chain([step]).collect());
            }
        }
    }
    found
}

/// Searches in a world for rows that show `target` deciding `root`. Empty if there are none.
pub(super) fn search(world: &mut World<'_>, root: NodeId, target: NodeId, above: &[bool]) -> Found {
    let start = world.state.clone();
    let mut best = Found::new();
    // Each path from the same start; on each, the best way of making rows that finds both sides.
    for path in paths(world, root, target, above) {
        world.restore(start.clone());
        world.guards.clear();
        let Some(&(node, row)) = path.last() else { continue };
        if !decide(world, &path, root, None) {
            continue;
        }
        let decided = world.state.clone();
        for how in [How::Alone, How::WithOthers, How::Anyhow] {
            world.restore(decided.clone());
            let found = match how {
                How::Anyhow => both(world, &path, root),
                _ => around(world, &path, (node, row), root, how == How::WithOthers),
            };
            if sides(&found) == 2 && turns(world, &found, root) {
                return found;
            }
            if (sides(&found), found.len()) > (sides(&best), best.len()) {
                best = found;
            }
        }
    }
    best
}

/// Is the outcome another on the two sides of a comparison? It may not be where the cell that moved
/// is read by other comparisons too.
fn turns(world: &mut World<'_>, found: &Found, root: NodeId) -> bool {
    let mut outcomes = [BTreeSet::new(), BTreeSet::new()];
    for (state, _, holds) in found {
        world.restore(state.clone());
        if let (Some(outcome), Some(side)) = (world.value(root, 0), outcomes.get_mut(usize::from(*holds))) {
            side.insert(outcome);
        }
    }
    let [no, yes] = outcomes;
    no.union(&yes).count() > 1
}

/// How the rows of the sides of a comparison are made, the best first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// One cell moves over the threshold, all else stays.
    Alone,
    /// One cell moves over the threshold; others follow, so that the comparison still decides.
    WithOthers,
    /// On each side somewhere.
    Anyhow,
}

/// On how many sides of a comparison rows were found.
pub(super) fn sides(found: &Found) -> usize {
    found.iter().map(|(.., holds)| *holds).collect::<BTreeSet<_>>().len()
}

/// A boolean node that must keep its value on a row while other cells are changed.
type Guard = (NodeId, u64, bool);

/// Changes cells until the end of a path decides its beginning; says whether it does.
fn decide(world: &mut World<'_>, path: &Path, root: NodeId, keep: Option<Guard>) -> bool {
    let Some(&(target, row)) = path.last() else { return false };
    // First from the target upwards, keeping what was made; then downwards, come what may.
    for upwards in [true, false] {
        world.guards = keep.into_iter().collect();
        let mut pairs: Vec<_> = path.windows(2).collect();
        if upwards {
            pairs.reverse();
        }
        for pair in pairs {
            if let [(parent, at), (child, _)] = *pair {
                let made = open(world, parent, child, at);
                world.guards.extend(made.filter(|_| upwards));
            }
        }
        if world.decides(target, row, root) || tune(world, path, root) {
            return true;
        }
    }
    repair(world, target, row, root)
}

/// Changes cells so that a node depends on one of its inputs (the other side of an `&&` true, the branch
/// of an `if` taken); gives what must stay so.
fn open(world: &mut World<'_>, parent: NodeId, child: NodeId, row: u64) -> Option<Guard> {
    let op = world.context.plan.node(parent).map(|n| n.op.clone())?;
    match op {
        Op::And(a, b) | Op::Or(a, b) => {
            let (other, truth) = (if child == a { b } else { a }, matches!(op, Op::And(..)));
            world.want(other, row, truth, 0).then_some((other, row, truth))
        }
        // A condition matters only if its branches differ.
        Op::If(c, a, b) if child == c => {
            let boolean = world.context.plan.node(a).is_some_and(|n| n.ty == Type::Bool);
            if boolean && world.truth(a, row) == world.truth(b, row) {
                let _ = [true, false].into_iter().any(|way| {
                    world.want(a, row, way, 0)
                        && world.want(b, row, !way, 0)
                        && world.truth(a, row) == Some(way)
                });
            }
            None
        }
        Op::If(c, a, _) => world.want(c, row, child == a, 0).then_some((c, row, child == a)),
        _ => None,
    }
}

/// Where the path goes through another comparison: puts its other side between what this side would
/// be, the target coming out one way or the other; and leaves the other members out of a list.
fn tune(world: &mut World<'_>, path: &Path, root: NodeId) -> bool {
    let Some(&(target, at)) = path.last() else { return false };
    for pair in path.windows(2).rev() {
        let [(parent, row), (child, inner_row)] = *pair else { continue };
        match world.context.plan.node(parent).map(|n| n.op.clone()) {
            Some(Op::Compare(_, a, b)) if parent != target => {
                let other = if child == a { b } else { a };
                // The values of this side with the target forced either way: the threshold between them.
                let values = [false, true].map(|truth| {
                    world.context.force(Some((target, at, truth)));
                    let value = world.value(child, row);
                    world.context.force(None);
                    value
                });
                for value in values.into_iter().flatten() {
                    let back = world.state.clone();
                    if world.want_value(other, row, &value, 0) && world.decides(target, at, root) {
                        return true;
                    }
                    world.restore(back);
                }
                // Or this side is moved to where the other one stands, the target coming out one way.
                let cells = world.cells_under(child, row);
                for truth in [false, true] {
                    world.context.force(Some((target, at, truth)));
                    let side = |w: &World<'_>| Some(w.value(a, row)?.cmp(&w.value(b, row)?));
                    let found = world.each_crossing(&cells, &side, &mut |world, field, cell, near| {
                        let hit = near.iter().any(|near| {
                            world.set(field, cell, near.clone());
                            world.decides(target, at, root)
                        });
                        world.context.force(Some((target, at, truth)).filter(|_| !hit));
                        hit
                    });
                    world.context.force(None);
                    if found {
                        return true;
                    }
                }
            }
            Some(Op::Call(builtin @ (Builtin::Un | Builtin::Tous), _)) => {
                let Some(Op::Members(_, _, inner)) = world.context.plan.node(child).map(|n| n.op.clone())
                else {
                    continue;
                };
                let own = path.iter().find(|(n, _)| *n == inner).map_or(inner_row, |(_, r)| *r);
                // The other members are made neutral: false for `un`, true for `tous`.
                let others: Vec<u64> = world
                    .context
                    .members(child, row)
                    .iter()
                    .map(|m| u64::from(*m))
                    .filter(|m| *m != own)
                    .collect();
                for member in others {
                    world.want(inner, member, builtin == Builtin::Tous, 0);
                }
                if world.decides(target, at, root) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Last resort: one cell that lists its values is tried with each.
fn repair(world: &mut World<'_>, target: NodeId, row: u64, root: NodeId) -> bool {
    let schema = &world.context.plan.parsed.schema;
    let cells: Vec<_> = world.state.cells.keys().copied().collect();
    for (field, at) in cells {
        let values: Vec<Value> = match schema.fields.get(field).map(|f| &f.kind) {
            Some(FieldKind::Boolean) => [false, true].map(Value::Bool).to_vec(),
            Some(FieldKind::Enum(values)) => values.iter().cloned().map(Value::Text).collect(),
            _ => continue,
        };
        let back = world.state.clone();
        for value in values {
            world.set(field, at, value);
            if world.decides(target, row, root) {
                return true;
            }
        }
        world.restore(back);
    }
    false
}

/// How the sides of a comparison compare on a row, and whether it holds; `None` if one is not known.
fn side(world: &World<'_>, node: NodeId, row: u64) -> Option<(Side, bool)> {
    let Op::Compare(op, a, b) = world.context.plan.node(node)?.op else { return None };
    let side = world.value(a, row)?.cmp(&world.value(b, row)?);
    Some((side, op.holds(side)))
}

/// Moves one number or date to where the sides of the comparison cross: one unit before its threshold,
/// at it, one unit after. All else stays, so that two rows on the two sides show the comparison alone
/// deciding; with `with_others`, cells that keep it decisive may follow.
fn around(
    world: &mut World<'_>,
    path: &Path,
    (node, row): (NodeId, u64),
    root: NodeId,
    with_others: bool,
) -> Found {
    let Some(Op::Compare(_, a, b)) = world.context.plan.node(node).map(|n| n.op.clone()) else {
        return Found::new();
    };
    if !world.context.plan.node(a).is_some_and(|n| matches!(n.ty, Type::Number | Type::Date)) {
        return Found::new();
    }
    let mut cells = world.cells_under(a, row);
    cells.extend(world.cells_under(b, row));
    let mut best = Found::new();
    let order = |w: &World<'_>| side(w, node, row).map(|(side, _)| side);
    world.each_crossing(&cells, &order, &mut |world, field, at, near| {
        let mut found = Found::new();
        for value in near {
            world.set(field, at, value.clone());
            let Some((here, holds)) = side(world, node, row) else { continue };
            let before = world.state.clone();
            let decides = world.decides(node, row, root)
                || with_others && decide(world, path, root, Some((node, row, holds)));
            // What follows may not move the comparison off its threshold.
            if decides && side(world, node, row) == Some((here, holds)) {
                found.push((world.state.clone(), here, holds));
            }
            world.guards.clear();
            world.restore(before);
        }
        if (sides(&found), found.len()) > (sides(&best), best.len()) {
            best = found;
        }
        sides(&best) == 2 && best.len() >= 3
    });
    best
}

/// A row where the comparison holds and one where it does not, deciding both times.
fn both(world: &mut World<'_>, path: &Path, root: NodeId) -> Found {
    let Some(&(node, row)) = path.last() else { return Found::new() };
    let start = world.state.clone();
    let mut found = Found::new();
    // Each side from the same start, by asking for the comparison itself to come out so.
    for truth in [true, false] {
        world.restore(start.clone());
        world.guards.clear();
        let made = world.want(node, row, truth, 0)
            && (world.decides(node, row, root) || decide(world, path, root, Some((node, row, truth))));
        if let Some((side, holds)) = side(world, node, row).filter(|(_, holds)| made && *holds == truth) {
            found.push((world.state.clone(), side, holds));
        }
    }
    world.restore(start);
    found
}
