//! Calls: the engine's functions, and the pack's, whose bodies take the place of their calls.

use rhai::{FnCallExpr, Position};

use super::{Env, Lowering, Place};
use crate::diagnostic::texts::rules::Forbidden;
use crate::diagnostic::{Span, texts};
use crate::graph::text_at;
use crate::plan::builtins::{self, BUILTINS, Builtin, builtin, result_type};
use crate::plan::ir::{NodeId, Op};
use crate::value::Type;

impl Lowering<'_, '_, '_> {
    /// A call; Rhai writes operators as calls too. `rounded` says that it is the direct argument of a
    /// rounding.
    pub(super) fn call(
        &mut self,
        call: &FnCallExpr,
        position: Position,
        env: &Env,
        place: Place,
        rounded: bool,
    ) -> Option<NodeId> {
        if !call.namespace.is_empty() {
            return self.forbidden(position, place, Forbidden::Module);
        }
        // The first argument of `param` is a path and no value, so it is taken before the arguments.
        if call.op_token.is_none() && call.name == "param" {
            return self.param(call, position, env, place);
        }
        let rounding = call.op_token.is_none() && matches!(builtin(&call.name), Some(Builtin::Arrondi(_)));
        // All arguments are lowered before giving up, so that what is wrong in any is reported.
        let mut args = Vec::with_capacity(call.args.len());
        for (i, arg) in call.args.iter().enumerate() {
            self.in_rounding = rounding && i == 0;
            args.push(self.expr(arg, env, place));
        }
        let args: Vec<NodeId> = args.into_iter().collect::<Option<_>>()?;
        if call.op_token.is_some() {
            return self.operator(&args, call, position, place, rounded);
        }
        // The engine's functions come before the pack's.
        if let Some(builtin) = builtin(&call.name) {
            return self.builtin(builtin, args, position, place);
        }
        self.inline(call, args, position, place)
    }

    /// A call of a function of the pack, inlined: the body, lowered with the arguments as its
    /// parameters and for the entity of the caller, takes the place of the call.
    fn inline(
        &mut self,
        call: &FnCallExpr,
        args: Vec<NodeId>,
        position: Position,
        place: Place,
    ) -> Option<NodeId> {
        let name = call.name.as_str();
        let span = self.span(position, place);
        let parsed = self.wiring.parsed;
        let called = parsed.territories.called(parsed, place.file, name);
        let Some(rule) = called.and_then(|r| parsed.rules.get(r)) else {
            self.unknown_function(name, span);
            return None;
        };
        let text = text_at(&rule.texts, self.wiring.date)?;
        if text.params.len() != args.len() {
            let (expected, declared) = (text.params.len(), text.span.clone());
            self.out.push(texts::names::arguments(name, expected, args.len(), span, declared));
            return None;
        }
        if self.calls.iter().any(|c| c == name) {
            self.out.push(texts::names::calls_itself(name, span));
            return None;
        }
        // A function called again with equal arguments, for the same entity, comes to the same node.
        let key = (text.span.file, text.span.range.start, place.entity, args.clone());
        if let Some(done) = self.inlined.get(&key) {
            let node = (*done)?;
            return Some(self.strict_in_arguments(args, node));
        }
        self.calls.push(name.to_string());
        let env = text.params.iter().map(|(n, _)| n.clone()).zip(args.iter().copied()).collect();
        let inner = Place { entity: place.entity, file: text.span.file };
        let node = self.function_body(text, env, inner);
        self.calls.pop();
        self.inlined.insert(key, node);
        let node = node?;
        Some(self.strict_in_arguments(args, node))
    }

    /// Reports a call of a function that neither the engine nor the pack has.
    fn unknown_function(&mut self, name: &str, span: Span) {
        let parsed = self.wiring.parsed;
        // Of a file that does not read, this was said.
        if parsed.unreadable.iter().any(|n| n == name || n == "*") {
            return;
        }
        let names = BUILTINS.iter().map(|(n, _)| *n).chain(["param"]);
        let names = names.chain(parsed.rules.iter().map(|r| r.name.as_str()));
        self.out.push(match ["eval", "print", "debug", "import"].contains(&name) {
            true => texts::rules::forbidden(Forbidden::Function(name), span),
            false => texts::names::no_function(name, names, span),
        });
    }

    /// The body of a function with the errors of its arguments too: Rhai computes each argument, in
    /// order, whether the function uses it or not.
    fn strict_in_arguments(&mut self, args: Vec<NodeId>, body: NodeId) -> NodeId {
        args.into_iter().rev().fold(body, |body, arg| self.strict(arg, body))
    }

    /// A call of a function of the engine, whose types of arguments are checked.
    fn builtin(
        &mut self,
        builtin: Builtin,
        args: Vec<NodeId>,
        position: Position,
        place: Place,
    ) -> Option<NodeId> {
        let types: Vec<Type> = args.iter().map(|&a| self.ty(a)).collect();
        let span = self.span(position, place);
        match result_type(builtin, &types) {
            Ok(ty) => Some(self.node(Op::Call(builtin, args), place.entity, ty, span)),
            Err(expected) => {
                let name = builtins::name(builtin);
                self.out.push(texts::rules::wrong_arguments(name, expected, &types, span));
                None
            }
        }
    }
}
