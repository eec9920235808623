//! Places: from the positions of Rhai's syntax tree (line and column) to spans of bytes in a file; and
//! what is reported of many kinds of code.

use rhai::Position;

use super::{Lowering, Place};
use crate::diagnostic::texts::rules::Forbidden;
use crate::diagnostic::{Span, texts};
use crate::pack::script::word_at;
use crate::plan::Apart;
use crate::plan::ir::NodeId;
use crate::value::Type;

impl Lowering<'_, '_, '_> {
    /// The place of a position of Rhai: the word or sign that starts there.
    pub(super) fn span(&self, position: Position, place: Place) -> Span {
        let sources = &self.wiring.parsed.sources;
        let Some(line) = position.line() else { return Span::new(place.file, 0..0) };
        let at = sources.offset(place.file, line, position.position().unwrap_or(1));
        let text = sources.get(place.file).map_or("", |f| f.text.as_ref());
        Span::new(place.file, word_at(text, at))
    }

    /// The place of a text constant, quotes included.
    pub(super) fn text_span(&self, position: Position, text: &str, place: Place) -> Span {
        let span = self.span(position, place);
        let end = self.wiring.parsed.sources.get(place.file).map_or(0, |f| f.text.len());
        Span::new(place.file, span.range.start..(span.range.start + text.len() + 2).min(end))
    }

    /// The place of the connector before an operand; the operand's own if it is not found.
    pub(super) fn sign_before(&self, sign: &str, operand: Position, place: Place) -> Span {
        let span = self.span(operand, place);
        let text = self.wiring.parsed.sources.get(place.file).map_or("", |f| f.text.as_ref());
        let before = text.get(..span.range.start).and_then(|t| t.rfind(sign));
        before.map_or(span, |at| Span::new(place.file, at..at + sign.len()))
    }

    /// Notes where an operand of a node is written, if equal expressions stay apart.
    pub(super) fn place(&mut self, node: NodeId, operand: usize, position: Position, place: Place) {
        if self.apart == Apart::Yes {
            let span = self.span(position, place);
            self.places.insert((node, operand), span);
        }
    }

    /// Where a node is first written.
    pub(super) fn span_of(&self, node: NodeId) -> Span {
        self.nodes.get(node as usize).map(|n| n.span.clone()).unwrap_or_default()
    }

    /// Reports a node of another type than is needed.
    pub(super) fn expect(
        &mut self,
        node: NodeId,
        expected: &Type,
        position: Position,
        place: Place,
    ) -> Option<()> {
        let found = self.ty(node);
        if found.matches(expected) {
            return Some(());
        }
        let span = self.span(position, place);
        self.out.push(texts::rules::wrong_type(expected, &found, span));
        None
    }

    /// Reports code that rules may not use; `what` says which, and what to write in its place.
    pub(super) fn forbidden(
        &mut self,
        position: Position,
        place: Place,
        what: Forbidden<'_>,
    ) -> Option<NodeId> {
        let span = self.span(position, place);
        self.out.push(texts::rules::forbidden(what, span));
        None
    }
}
