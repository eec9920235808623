//! What must be there of a data package for rules to be decided.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::ir::{NodeId, Op};
use crate::pack::schema::{BelongsTo, EntityId, FieldId, Origin, Schema};
use crate::value::Value;

/// What a command needs of a data package: the columns of these fields, and these tables with the
/// columns of their relations.
///
/// A column that is not there is unknown throughout (`ReadOutcome::absent`), unless rows make no sense
/// without it: identifiers, and what says to which row of another table of the data a row belongs. What is
/// wrong with a cell that is not needed is a warning.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Fields.
    pub fields: BTreeSet<FieldId>,
    /// Entities.
    pub entities: BTreeSet<EntityId>,
    /// Entities whose rows are decided: their tables must be there.
    pub decided: BTreeSet<EntityId>,
    /// Relations that the rules follow: entity, and number of the relation among its own.
    pub relations: BTreeSet<(EntityId, usize)>,
    /// Of these relations those whose other way the rules follow: they list the rows that belong to one.
    pub members: BTreeSet<(EntityId, usize)>,
    /// Those of the fields whose columns may be absent even if `strict`: an empty cell of theirs is a value, or they
    /// are read only where such a cell holds another value than that, or only by rules of some territories. So a package
    /// of before a field was added, and one of another place, stay whole.
    pub spared: BTreeSet<FieldId>,
    /// Must all tables be there, and all columns that are not spared?
    pub strict: bool,
    /// May any table be absent, without a word?
    pub any_table: bool,
}

impl Needs {
    /// Needs what the other does, too.
    pub fn join(&mut self, other: Needs) {
        let demanded = |needs: &Needs| &needs.fields - &needs.spared;
        self.spared = &(&self.spared | &other.spared) - &(&demanded(self) | &demanded(&other));
        self.fields.extend(other.fields);
        self.entities.extend(other.entities);
        self.decided.extend(other.decided);
        self.relations.extend(other.relations);
        self.members.extend(other.members);
        self.strict |= other.strict;
        self.any_table |= other.any_table;
    }

    /// Must it be known to which row of another each row belongs by a relation, number `number` of an entity's own?
    pub fn of_relation(&self, entity: EntityId, number: usize, relation: &BelongsTo) -> bool {
        let own = relation.required && self.entities.contains(&entity);
        own || self.relations.contains(&(entity, number))
    }

    /// By table of data, the columns that are read: the identifier, what says where a row belongs, the fields.
    ///
    /// ```
    /// use logis::{Pack, value::parse_date};
    ///
    /// let pack = Pack::load("../../rules")?;
    /// let date = parse_date("2017-06-30").ok_or("a date")?;
    /// let columns = pack.plan(date, &["plafond_plus"])?.needs().columns(&pack.parsed().schema);
    /// assert_eq!(columns["demandes"], ["demande_id", "commune"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn columns(&self, schema: &Schema) -> BTreeMap<String, Vec<String>> {
        let mut tables = BTreeMap::new();
        for (id, entity) in schema.entities.iter().enumerate() {
            let Origin::Data { table } = &entity.origin else { continue };
            if !self.entities.contains(&id) && !self.decided.contains(&id) {
                continue;
            }
            let relations = entity.belongs_to.iter().enumerate();
            let followed = relations.filter(|(n, r)| r.required || self.relations.contains(&(id, *n)));
            let fields = entity.fields.iter().filter(|field| self.fields.contains(field));
            let fields = fields.filter_map(|field| schema.fields.get(*field)).map(|field| &field.column);
            let mut columns: Vec<String> = Vec::new();
            for column in [&entity.key].into_iter().chain(followed.map(|(_, r)| &r.column)).chain(fields) {
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            }
            tables.insert(table.clone(), columns);
        }
        tables
    }

    /// Is a row of `main` decided by itself, by what belongs to it, and by rows that are the same for every row? Then
    /// some rows of `main`, with what belongs to them, are decided as among all others. It is not so where a rule lists
    /// what belongs to something else (the persons of an employer, who belong to many requests), or where a row
    /// belongs to two rows that may be of two parts.
    pub fn by_parts(&self, schema: &Schema, main: EntityId) -> bool {
        let below = schema.below(main);
        let inside = |child: EntityId, relation: usize| {
            let target = schema.entities.get(child)?.belongs_to.get(relation)?.target;
            Some(below.contains(&target))
        };
        let lists_others = |&(child, relation): &(EntityId, usize)| {
            below.contains(&child) && inside(child, relation) == Some(false)
        };
        let of_two = |child: &EntityId| {
            let Some(entity) = schema.entities.get(*child) else { return false };
            let followed = entity.belongs_to.iter().enumerate().filter(|(number, relation)| {
                below.contains(&relation.target)
                    && (relation.required || self.relations.contains(&(*child, *number)))
            });
            followed.count() > usize::from(*child != main)
        };
        !self.members.iter().any(lists_others) && !below.iter().any(of_two)
    }

    /// These needs; all tables and all columns that are not spared must be there if `strict`.
    pub fn strictly(self, strict: bool) -> Needs {
        Needs { strict: self.strict || strict, ..self }
    }
}

impl Plan {
    /// The columns and tables that must be there for the plan to decide.
    pub fn needs(&self) -> Needs {
        let entities = &self.parsed.schema.entities;
        let data = |e: &EntityId| matches!(entities.get(*e).map(|e| &e.origin), Some(Origin::Data { .. }));
        let decided = match self.parsed.schema.entities.get(self.entity).map(|e| &e.origin) {
            Some(Origin::Pair(a, b)) => [*a, *b].into(),
            _ => [self.entity].into(),
        };
        let entities = self.entities().into_iter().filter(data).collect();
        let fields = self.fields();
        let empty = |f: &FieldId| Some((*f, self.parsed.schema.fields.get(*f)?.empty()?));
        let known: BTreeMap<FieldId, Value> = fields.iter().filter_map(empty).collect();
        let (read, _) = self.given(&known).inputs(self.selected.iter().map(|(_, node)| *node));
        let spared = &fields - &(&read & &self.read_everywhere());
        Needs {
            fields,
            entities,
            decided,
            relations: self.relations(),
            members: self.members(),
            spared,
            ..Needs::default()
        }
    }

    /// The fields that rows of no territory read: not those that only rules of territories do.
    fn read_everywhere(&self) -> BTreeSet<FieldId> {
        let mut open: Vec<NodeId> = self.selected.iter().map(|(_, node)| *node).collect();
        let (mut seen, mut fields) = (BTreeSet::new(), BTreeSet::new());
        while let Some(id) = open.pop() {
            let Some(node) = self.node(id).filter(|_| seen.insert(id)) else { continue };
            if let Some(choice) = self.choice(id) {
                open.extend([choice.territory, choice.elsewhere]);
                continue;
            }
            if let Op::Field(field) = node.op {
                fields.insert(field);
            }
            open.extend(node.op.inputs());
        }
        fields
    }
}
