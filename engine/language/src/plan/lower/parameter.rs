//! `param("path", key, …)`: a cell of a parameter's table, with its keys checked against the table.

use rhai::{Expr, FnCallExpr, Position};

use super::{Env, Lowering, Place};
use crate::diagnostic::{Span, texts};
use crate::pack::params::{Parameter, ParameterId, show_keys};
use crate::plan::ir::{NodeId, Op};
use crate::value::Value;

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
        Some(self.node(Op::Param(id, keys), place.entity, ty, path_span))
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

    /// Reports a key of another type than that of the table's keys at this place.
    fn key_type(&mut self, parameter: &Parameter, at: usize, key: NodeId) -> Option<()> {
        let ty = self.ty(key);
        // One cell is enough: all keys at one place of a table were read as one type.
        let mut cells = parameter.versions.iter().flat_map(|v| v.cells.keys()).filter_map(|k| k.get(at));
        let Some(expected) = cells.next().filter(|expected| !expected.value_type().matches(&ty)) else {
            return Some(());
        };
        let span = self.span_of(key);
        let by = parameter.by.get(at).map_or("?", String::as_str);
        self.out.push(texts::rules::wrong_key(by, &parameter.path, &expected.value_type(), &ty, span));
        None
    }

    /// Reports a constant key that no version of the table has.
    fn key_value(&mut self, parameter: &Parameter, at: usize, key: NodeId) -> Option<()> {
        let keys = || parameter.versions.iter().flat_map(|v| v.cells.keys()).filter_map(|k| k.get(at));
        let Some(Op::Const(value)) = self.op(key) else { return Some(()) };
        if keys().any(|known| known == value) {
            return Some(());
        }
        let (text, span) = (value.to_string(), self.span_of(key));
        let known: Vec<String> = keys().map(Value::to_string).collect();
        let (key, known) = (show_keys(std::slice::from_ref(value)), known.iter().map(String::as_str));
        self.out.push(texts::rules::no_cell(&parameter.path, &key, &text, known, span));
        None
    }
}
