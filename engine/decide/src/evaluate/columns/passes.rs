//! Which nodes are evaluated together, in which order, and what is kept between.
//!
//! The rows of an entity and those that belong to them, where they stand in order (a request and
//! its persons), are a *family*: one block of both is worked on at a time, so that what the one
//! reads of the other never leaves the processor's cache. A node that reads rows elsewhere (an
//! employer, a pair) comes one pass later, and what it reads is kept whole.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::row::Context;
use super::program::{Compiled, Instruction, Repr};
use logis_data::Members;
use logis_language::graph::Step;
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::plan::ir::{NodeId, Op};

/// The most members of one row for which its entity and theirs are a family: a block of rows with more
/// would not stay in the cache.
const MOST_MEMBERS: usize = 64;

/// Rows that are worked on together: those of a root, and those that belong to them in order.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub root: EntityId,
    children: Vec<Child>,
}

/// An entity whose rows belong to the root's, in the order of the root's rows.
#[derive(Clone, Debug)]
struct Child {
    entity: EntityId,
    relation: usize,
    groups: Arc<Members>,
}

impl Family {
    /// The rows of an entity that belong to these rows of the root; for the root's own entity, they
    /// themselves.
    pub fn rows(&self, entity: EntityId, root: &Range<usize>) -> Range<usize> {
        match self.children.iter().find(|c| c.entity == entity) {
            Some(child) => child.groups.places(root.clone()),
            None => root.clone(),
        }
    }

    /// Are the rows of an entity and those that they belong to by this relation always in one block?
    pub fn is_near(&self, entity: EntityId, relation: usize) -> bool {
        self.children.iter().any(|c| c.entity == entity && c.relation == relation)
    }
}

/// Nodes of one family that are evaluated in one pass over its rows.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub family: Arc<Family>,
    pub steps: Vec<Work>,
    /// The nodes whose rows are all kept, for later passes or as outcomes.
    pub kept: Vec<NodeId>,
    /// By node: the slot that holds its values, [`NO_SLOT`] if none does.
    pub slots: Vec<u32>,
    /// How many slots there are.
    pub slot_count: usize,
}

impl Pass {
    /// A pass that evaluates one node, which reads constants and what is there whole, and keeps it.
    pub fn of_one(node: NodeId, entity: EntityId, nodes: &[Compiled], same: &[NodeId]) -> Pass {
        let mut kept = vec![false; nodes.len()];
        if let Some(kept) = kept.get_mut(node as usize) {
            *kept = true;
        }
        pass(Arc::new(Family { root: entity, children: Vec::new() }), &[node], nodes, same, &kept)
    }
}

/// Evaluates one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub node: NodeId,
    /// Its place among the kept ones.
    pub keep: Option<usize>,
}

/// A node without a slot: its rows are there whole, or it belongs to another pass.
pub(crate) const NO_SLOT: u32 = u32::MAX;

/// The level of nodes on pairs: after all others.
const LAST: usize = usize::MAX;

/// The passes of a program, in order.
pub(super) fn passes(context: &Context<'_>, nodes: &[Compiled], same: &[NodeId]) -> Vec<Pass> {
    let families = families(context);
    let family = |node: &Compiled| families.get(node.entity);
    // Of an outcome that is left over on every row, nothing is computed: it has no column.
    let has_column = |node: &NodeId| {
        nodes.get(*node as usize).is_some_and(|node| !matches!(node.instruction, Instruction::Nothing))
    };
    let selected = context.plan.selected.iter().map(|(_, node)| resolve(same, *node));
    let selected: Vec<NodeId> = selected.filter(has_column).collect();
    let needed = needed(nodes, same, &selected);
    let is_needed = |node: usize| needed.get(node) == Some(&true);
    let entities = &context.plan.parsed.schema.entities;
    let is_pair = |e: EntityId| entities.get(e).is_some_and(|e| matches!(e.origin, Origin::Pair(..)));
    // A node's level is one more than that of any node on rows elsewhere that it reads, and at least that
    // of any that it reads in its own block. A pass is one level of one family.
    let mut level = vec![0_usize; nodes.len()];
    let mut kept = vec![false; nodes.len()];
    for (id, node) in nodes.iter().enumerate() {
        let Some(own_family) = family(node).filter(|_| is_needed(id)) else { continue };
        let reads: Vec<NodeId> = node.instruction.reads().into_iter().map(|n| resolve(same, n)).collect();
        let far = is_far(&node.instruction, own_family);
        let level_of = |level: &[usize], read: NodeId| level.get(read as usize).copied().unwrap_or(0);
        let is_there = |read: NodeId| {
            let read = nodes.get(read as usize).map(|n| &n.instruction);
            matches!(read, Some(Instruction::Full | Instruction::Constant(_)))
        };
        let later = |read: NodeId| level_of(&level, read) + usize::from(far && !is_there(read));
        // Nothing reads what is of a pair, so that all of it comes in one pass at the end.
        let own = match is_pair(node.entity) {
            true => LAST,
            false => reads.iter().map(|&read| later(read)).max().unwrap_or(0),
        };
        // What an earlier pass computes must be kept to be read here.
        for &read in &reads {
            if level_of(&level, read) < own
                && let Some(kept) = kept.get_mut(read as usize)
            {
                *kept = true;
            }
        }
        if let Some(level) = level.get_mut(id) {
            *level = own;
        }
    }
    for &node in &selected {
        if let Some(kept) = kept.get_mut(node as usize) {
            *kept = true;
        }
    }
    // Of each pass, the nodes that have something to compute, in their order.
    let mut by_pass: BTreeMap<(usize, EntityId), Vec<NodeId>> = BTreeMap::new();
    for ((id, node), level) in (0..).zip(nodes).zip(&level) {
        let works =
            !matches!(node.instruction, Instruction::None | Instruction::Full | Instruction::Constant(_));
        if works
            && is_needed(id as usize)
            && resolve(same, id) == id
            && let Some(family) = family(node)
        {
            by_pass.entry((*level, family.root)).or_default().push(id);
        }
    }
    let pass = |((_, root), own): ((usize, EntityId), Vec<NodeId>)| {
        let family = families.get(root)?.clone();
        Some(pass(family, &own, nodes, same, &kept))
    };
    by_pass.into_iter().filter_map(pass).collect()
}

fn resolve(same: &[NodeId], node: NodeId) -> NodeId {
    same.get(node as usize).copied().unwrap_or(node)
}

/// Does an instruction read other rows than those of its family's block?
fn is_far(instruction: &Instruction, family: &Family) -> bool {
    match instruction {
        Instruction::Up(Step::BelongsTo(entity, relation), _) => !family.is_near(*entity, *relation),
        Instruction::Up(..) => true,
        Instruction::Reduce { entity, relation, .. } => !family.is_near(*entity, *relation),
        _ => false,
    }
}

/// By entity: the family that it is in, of which it is the root unless its rows stand beside those of
/// another.
fn families(context: &Context<'_>) -> Vec<Arc<Family>> {
    let plan = context.plan;
    let count = plan.parsed.schema.entities.len();
    let mut children: Vec<Vec<Child>> = vec![Vec::new(); count];
    let mut root: Vec<EntityId> = (0..count).collect();
    // The relations that the plan follows to members which stand in the order of their owners.
    let mut relations: Vec<(EntityId, EntityId, usize, Arc<Members>)> = Vec::new();
    for (id, node) in (0..).zip(&plan.nodes) {
        if let Op::Members(child, relation, _) = node.op
            && let Some(groups) = context.members_table(id)
            && groups.in_order()
            && groups.most() <= MOST_MEMBERS
            && child != node.entity
            && !relations.iter().any(|(_, c, r, _)| (*c, *r) == (child, relation))
        {
            relations.push((node.entity, child, relation, groups.clone()));
        }
    }
    // What is decided comes first: its rows and their members are worked on together.
    relations.sort_by_key(|(parent, ..)| *parent != plan.entity);
    // Families are one level deep: neither is in another family yet, and the child is no root of one.
    for (parent, child, relation, groups) in relations {
        let is_root = |e: EntityId| root.get(e) == Some(&e);
        let has_children = children.get(child).is_some_and(|c| !c.is_empty());
        if !is_root(parent) || !is_root(child) || has_children {
            continue;
        }
        if let (Some(children), Some(root)) = (children.get_mut(parent), root.get_mut(child)) {
            children.push(Child { entity: child, relation, groups });
            *root = parent;
        }
    }
    let families: Vec<Arc<Family>> =
        (0..).zip(children).map(|(root, children)| Arc::new(Family { root, children })).collect();
    root.into_iter().filter_map(|r| families.get(r).cloned()).collect()
}

/// By node: does a selected one need it?
fn needed(nodes: &[Compiled], same: &[NodeId], selected: &[NodeId]) -> Vec<bool> {
    let mut needed = vec![false; nodes.len()];
    let mark = |needed: &mut Vec<bool>, node: NodeId| {
        if let Some(slot) = needed.get_mut(node as usize) {
            *slot = true;
        }
    };
    // Backwards, since a node comes after all that it reads.
    selected.iter().for_each(|&node| mark(&mut needed, node));
    for (id, node) in nodes.iter().enumerate().rev() {
        if needed.get(id) == Some(&true) {
            node.instruction.reads().into_iter().for_each(|read| mark(&mut needed, resolve(same, read)));
        }
    }
    needed
}

/// Gives the nodes of a pass their slots (register allocation along a straight line): a slot is free
/// again once its last reader has run. `kept` says by node whether all its rows are kept.
fn pass(family: Arc<Family>, own: &[NodeId], nodes: &[Compiled], same: &[NodeId], kept: &[bool]) -> Pass {
    let reads = |id: NodeId| -> Vec<NodeId> {
        let reads = nodes.get(id as usize).map_or_else(Vec::new, |n| n.instruction.reads());
        reads.into_iter().map(|n| resolve(same, n)).collect()
    };
    let mut last_read: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (at, &id) in own.iter().enumerate() {
        reads(id).into_iter().for_each(|read| {
            last_read.insert(read, at);
        });
    }
    let mut slots = vec![NO_SLOT; nodes.len()];
    let mut slot_count = 0_u32;
    let mut free: BTreeMap<Repr, Vec<u32>> = BTreeMap::new();
    let mut new = || {
        slot_count += 1;
        slot_count - 1
    };
    let is = |id: NodeId, wanted: fn(&Instruction) -> bool| {
        nodes.get(id as usize).is_some_and(|n| wanted(&n.instruction))
    };
    let constant = |id: NodeId| is(id, |i| matches!(i, Instruction::Constant(_)));
    let mut steps = Vec::with_capacity(own.len());
    let mut all_kept = Vec::new();
    for (at, &id) in own.iter().enumerate() {
        let reads = reads(id);
        // Constants have slots for the whole pass.
        for &read in reads.iter().filter(|r| constant(**r)) {
            if let Some(slot) = slots.get_mut(read as usize).filter(|s| **s == NO_SLOT) {
                *slot = new();
            }
        }
        // Its own slot first: it must not write over what it reads.
        let kind = nodes.get(id as usize).map_or(Repr::Bool, |n| n.repr.kind());
        let own_slot = free.get_mut(&kind).and_then(Vec::pop).unwrap_or_else(&mut new);
        if let Some(slot) = slots.get_mut(id as usize) {
            *slot = own_slot;
        }
        let mut done: Vec<NodeId> = reads;
        done.sort_unstable();
        done.dedup();
        // What nobody reads in this pass is free as soon as it is kept.
        if !last_read.contains_key(&id) {
            done.push(id);
        }
        for node in done {
            let over = node == id || last_read.get(&node) == Some(&at);
            let computed = own.binary_search(&node).is_ok();
            if over
                && computed
                && let Some(&slot) = slots.get(node as usize)
            {
                let kind = nodes.get(node as usize).map_or(Repr::Bool, |n| n.repr.kind());
                free.entry(kind).or_default().push(slot);
            }
        }
        let keep = kept.get(id as usize) == Some(&true);
        steps.push(Work { node: id, keep: keep.then_some(all_kept.len()) });
        all_kept.extend(keep.then_some(id));
    }
    Pass { family, steps, kept: all_kept, slots, slot_count: slot_count as usize }
}
