//! TOML and YAML as one tree: what is written, each with its place.

use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::Spanned;
use toml::de::DeValue;

use super::super::slips;
use super::super::toml_reader::{parse, scalar};
use super::CaseValue;
use crate::diagnostic::texts::cases::{self as texts, Yaml, what};
use crate::diagnostic::texts::files::{self, form, toml_kind};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Span};
use crate::value::Value;

/// One thing that is written.
pub(super) struct Item {
    pub span: Span,
    pub kind: Kind,
}

/// What it is.
pub(super) enum Kind {
    /// A single value.
    Value(CaseValue),
    /// Several things in order.
    List(Vec<Item>),
    /// Things by name, each name with its place, in the order of the file.
    Table(Vec<(String, Span, Item)>),
}

impl Kind {
    /// In words.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Value(CaseValue::Unknown) => what::NOTHING,
            Kind::Value(_) => form::VALUE,
            Kind::List(_) => form::LIST,
            Kind::Table(_) => form::TABLE,
        }
    }
}

impl Item {
    /// The text, if it is one.
    pub fn text(&self) -> Option<String> {
        match &self.kind {
            Kind::Value(CaseValue::Typed(Value::Text(text))) => Some(text.to_string()),
            Kind::Value(CaseValue::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The value, if it is a single one.
    pub fn value(&self) -> Option<Value> {
        match &self.kind {
            Kind::Value(CaseValue::Typed(value)) => Some(value.clone()),
            Kind::Value(CaseValue::Text(text)) => Some(Value::text(text)),
            _ => None,
        }
    }
}

/// The tree of a TOML file.
pub(super) fn of_toml(file: FileId, text: &str, out: &mut Diagnostics) -> Option<Item> {
    let root = parse(file, text, out)?;
    let entries = root.get_ref().iter().filter_map(|(key, value)| {
        Some((key.get_ref().to_string(), Span::new(file, key.span()), toml_item(file, value, out)?))
    });
    Some(Item { span: Span::new(file, 0..0), kind: Kind::Table(entries.collect()) })
}

fn toml_item(file: FileId, item: &Spanned<DeValue<'_>>, out: &mut Diagnostics) -> Option<Item> {
    let span = Span::new(file, item.span());
    let kind = match item.get_ref() {
        DeValue::Array(items) => Kind::List(items.iter().filter_map(|i| toml_item(file, i, out)).collect()),
        DeValue::Table(table) => {
            let entries = table.iter().filter_map(|(key, value)| {
                Some((key.get_ref().to_string(), Span::new(file, key.span()), toml_item(file, value, out)?))
            });
            Kind::Table(entries.collect())
        }
        value => match scalar(value) {
            Some(Value::Text(text)) if text.as_ref() == "inconnu" => Kind::Value(CaseValue::Unknown),
            Some(value) => Kind::Value(CaseValue::Typed(value)),
            None => {
                out.push(texts::not_plain(toml_kind(value.type_str()), span));
                return None;
            }
        },
    };
    Some(Item { span, kind })
}

/// The tree of a YAML file.
///
/// A value is a text that is read as the type it is needed as: `no` is a text where a text is asked,
/// and `0.1` is exact. Anchors, tags and several documents in a file are not read.
pub(super) fn of_yaml(file: FileId, text: &str, out: &mut Diagnostics) -> Option<Item> {
    // Places come in characters.
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let offset = |index: usize| offsets.get(index).copied().unwrap_or(text.len());
    let mut open: Vec<(Item, Option<(String, Span)>)> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, at) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = offset(error.marker().index());
                let (message, label, at) = slips::cases::yaml(error.info(), text, at);
                out.push(Diagnostic::error("L0047", message, Span::new(file, at..at), label));
                return None;
            }
        };
        let span = Span::new(file, offset(at.start.index())..offset(at.end.index()));
        let refused = |form| texts::refused_yaml(form, span.clone());
        let item = match event {
            Event::Alias(_) => {
                out.push(refused(Yaml::Alias));
                return None;
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                out.push(refused(Yaml::Tag));
                return None;
            }
            Event::DocumentStart(_) if root.is_some() => {
                out.push(refused(Yaml::Document));
                return None;
            }
            Event::SequenceStart(..) => {
                open.push((Item { span, kind: Kind::List(Vec::new()) }, None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Item { span, kind: Kind::Table(Vec::new()) }, None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((item, _)) => item,
                None => continue,
            },
            Event::Scalar(value, style, _, _) => {
                // The first scalar of a pair is its key.
                if let Some((Item { kind: Kind::Table(entries), .. }, key @ None)) = open.last_mut() {
                    if entries.iter().any(|(k, _, _)| *k == value) {
                        out.push(files::key_written_twice(&value, span));
                        return None;
                    }
                    *key = Some((value.to_string(), span));
                    continue;
                }
                let plain = style == ScalarStyle::Plain;
                let kind = match value.as_ref() {
                    "inconnu" => Kind::Value(CaseValue::Unknown),
                    "" | "~" | "null" if plain => {
                        out.push(texts::says_nothing(span));
                        return None;
                    }
                    text => Kind::Value(CaseValue::Text(text.to_string())),
                };
                Item { span, kind }
            }
            _ => continue,
        };
        match open.last_mut() {
            None => root = Some(item),
            Some((Item { kind: Kind::List(items), .. }, _)) => items.push(item),
            Some((Item { kind: Kind::Table(entries), .. }, key)) => match key.take() {
                Some((key, at)) => entries.push((key, at, item)),
                None => {
                    out.push(files::not_a_key(item.span));
                    return None;
                }
            },
            Some(_) => {}
        }
    }
    root.or_else(|| Some(Item { span: Span::new(file, 0..0), kind: Kind::Table(Vec::new()) }))
}
