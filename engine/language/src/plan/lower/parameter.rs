//! `param("path", key, …)`: a cell of a parameter's table, with its keys checked against the table.

use rhai::{Expr, FnCallExpr, Position};

use super::{Env, Lowering, Place};
use crate::diagnostic::{Span, texts};
use crate::pack::params::{Parameter, ParameterId, show_keys};
use crate::pack::territory::TerritoryId;
use crate::plan::ir::{Comparison, NodeId, Op};
use crate::value::{Type, Value};

impl<'p> Lowering<'_, 'p, '_> {
    /// The node of a cell.
    pub(super) fn param(
        &mut self,
        call: &FnCallExpr,
        position: Position,
        env: &Env,
        place: Place,
    ) -> Option<NodeId> {
        let span = self.span(position, place);
        let Some((Expr::StringConstant(path, at), keys)) = call.args.split_first() else {
            self.out.push(texts::rules::path_not_written(span));
            return None;
        };
        // The path must be a text in the code: which table is read is known before any row is.
        let path_span = self.text_span(*at, path, place);
        let (id, parameter) = self.parameter_at(path, &path_span)?;
        // All keys are lowered before giving up, so that what is wrong in any is reported.
        let keys: Vec<Option<NodeId>> = keys.iter().map(|k| self.expr(k, env, place)).collect();
        let keys: Vec<NodeId> = keys.into_iter().collect::<Option<_>>()?;
        if keys.len() != parameter.by.len() {
            let declared = parameter.span.clone();
            self.out.push(texts::names::keys(path, &parameter.by, keys.len(), path_span, declared));
            return None;
        }
        for (at, &key) in keys.iter().enumerate() {
            self.key_type(parameter, at, key)?;
            self.key_value(parameter, at, key)?;
        }
        let ty = parameter.value_type.clone();
        let national = self.node(Op::Param(id, keys.clone()), place.entity, ty, path_span.clone());
        self.local_param(parameter, national, &keys, place, &path_span)
    }

    /// The cell that the territory of the row gives in place of the national one, by a choice for each territory that
    /// gives one: the finest decides.
    fn local_param(
        &mut self,
        parameter: &'p Parameter,
        national: NodeId,
        keys: &[NodeId],
        place: Place,
        span: &Span,
    ) -> Option<NodeId> {
        let parsed = self.wiring.parsed;
        let mut chosen = national;
        for &id in &parameter.local {
            let Some(local) = parsed.parameters.get(id) else { continue };
            let Some((territory, of)) =
                local.territory.and_then(|t| Some((t, parsed.territories.all.get(t)?)))
            else {
                continue;
            };
            // What it does not give is left to the others, and to the national table.
            let given = (0..).zip(keys).all(|(at, key)| self.has_key(local, at, *key));
            if !of.holds_on(self.wiring.date) || !given {
                continue;
            }
            let here = self.in_territory(territory, place, span)?;
            let ty = local.value_type.clone();
            let value = self.node(Op::Param(id, keys.to_vec()), place.entity, ty.clone(), span.clone());
            chosen = self.node(Op::If(here, value, chosen), place.entity, ty, span.clone());
        }
        Some(chosen)
    }

    /// Is the row of this territory? Reports an entity whose rows do not say.
    pub(super) fn in_territory(
        &mut self,
        territory: TerritoryId,
        place: Place,
        span: &Span,
    ) -> Option<NodeId> {
        let parsed = self.wiring.parsed;
        let of = parsed.territories.all.get(territory)?;
        let Some(link) = parsed.territories.link(&parsed.schema, place.entity, of.level) else {
            let entity = parsed.schema.entities.get(place.entity).map_or("?", |e| e.name.as_str());
            self.out.push(texts::territories::no_way(entity, span.clone()));
            return None;
        };
        let own = self.link(&link, place.entity, span)?;
        let name = Value::Text(of.name.clone());
        let ty = name.value_type();
        let name = self.node(Op::Const(name), place.entity, ty, span.clone());
        Some(self.node(Op::Compare(Comparison::Equal, own, name), place.entity, Type::Bool, span.clone()))
    }

    /// Has a table this key at this place? A key that is not a constant is looked for when rows are decided.
    fn has_key(&self, parameter: &Parameter, at: usize, key: NodeId) -> bool {
        let Some(Op::Const(value)) = self.op(key) else { return true };
        parameter.versions.iter().flat_map(|v| v.cells.keys()).any(|keys| keys.get(at) == Some(value))
    }

    /// The parameter of a path. One whose file could not be read was reported with the file.
    fn parameter_at(&mut self, path: &str, span: &Span) -> Option<(ParameterId, &'p Parameter)> {
        let parsed = self.wiring.parsed;
        let found = parsed.parameter(path).and_then(|id| parsed.parameters.get(id).map(|p| (id, p)));
        if found.is_none() && !parsed.unreadable.iter().any(|n| n == path || n == "*") {
            let known = parsed.parameters.iter().map(|p| p.path.as_str());
            self.out.push(texts::names::no_parameter(path, known, span.clone()));
        }
        found
    }

    /// The keys at one place of a table, and of those that territories give in its place.
    fn keys_at(&self, parameter: &'p Parameter, at: usize) -> Vec<&'p Value> {
        let parsed = self.wiring.parsed;
        let local = parameter.local.iter().filter_map(|id| parsed.parameters.get(*id));
        let versions = std::iter::once(parameter).chain(local).flat_map(|p| &p.versions);
        versions.flat_map(|v| v.cells.keys()).filter_map(|k| k.get(at)).collect()
    }

    /// Reports a key of another type than that of the table's keys at this place.
    fn key_type(&mut self, parameter: &'p Parameter, at: usize, key: NodeId) -> Option<()> {
        let ty = self.ty(key);
        // One cell is enough: all keys at one place of a table were read as one type.
        let cells = self.keys_at(parameter, at);
        let mut cells = cells.into_iter();
        let Some(expected) = cells.next().filter(|expected| !expected.value_type().matches(&ty)) else {
            return Some(());
        };
        let span = self.span_of(key);
        let by = parameter.by.get(at).map_or("?", String::as_str);
        self.out.push(texts::rules::wrong_key(by, &parameter.path, &expected.value_type(), &ty, span));
        None
    }

    /// Reports a constant key that no version of the table has.
    fn key_value(&mut self, parameter: &'p Parameter, at: usize, key: NodeId) -> Option<()> {
        let keys = || self.keys_at(parameter, at).into_iter();
        let Some(Op::Const(value)) = self.op(key) else { return Some(()) };
        // A table that no territory gives yet has none.
        if keys().next().is_none() || keys().any(|known| known == value) {
            return Some(());
        }
        let (text, span) = (value.to_string(), self.span_of(key));
        let known: Vec<String> = keys().map(Value::to_string).collect();
        let (key, known) = (show_keys(std::slice::from_ref(value)), known.iter().map(String::as_str));
        self.out.push(texts::rules::no_cell(&parameter.path, &key, &text, known, span));
        None
    }
}
