//! A mapping of files of others to the schema: which file or sheet is which table, which header is which
//! column, which of their values is which of a closed list.

use std::collections::{BTreeMap, HashMap};

use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::names::{self, key};
use super::package::InputFile;
use super::raw::{Raw, RawColumn, RawTable};
use logis_language::diagnostic::{foreign, nearest};
use logis_language::pack::schema::{Entity, FieldKind, Schema};

/// The file of a data package that holds one; `--mapping` puts another in its place.
pub const MAPPING_FILE: &str = "correspondance.toml";

/// What a mapping says, by table of the schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    file: String,
    tables: BTreeMap<String, OfTable>,
}

#[derive(Clone, Debug, Default)]
struct OfTable {
    /// The file without ending, or the sheet.
    from: Option<String>,
    /// The header of each column.
    columns: BTreeMap<String, String>,
    /// By column: which value stands for which of the list.
    values: BTreeMap<String, BTreeMap<String, String>>,
}

impl Mapping {
    /// Reads the mapping among the files of a package; an empty one if there is none.
    pub fn of(schema: &Schema, files: &[InputFile], issues: &mut Vec<Issue>) -> Mapping {
        let Some(file) = files.iter().find(|f| f.name == MAPPING_FILE) else { return Mapping::default() };
        let mut reader = MappingReader { schema, file: &file.name, issues };
        let text = String::from_utf8_lossy(&file.bytes);
        let tables = match text.parse::<toml::Table>() {
            Ok(table) => reader.tables(&table),
            Err(error) => {
                reader.wrong(format!("ce n'est pas du TOML: {}", foreign::toml(&error)));
                BTreeMap::new()
            }
        };
        Mapping { file: file.name.clone(), tables }
    }

    /// The table of the schema that a file or a sheet of this name is said to be.
    pub fn table<'s>(&self, schema: &'s Schema, name: &str) -> Option<&'s str> {
        let said = |of: &OfTable| of.from.as_deref().is_some_and(|from| key(from) == key(name));
        let (table, _) = self.tables.iter().find(|(_, of)| said(of))?;
        schema.data_tables().find(|t| t == table)
    }

    /// The headers that it speaks of, of a table.
    pub fn headers(&self, table: &str) -> impl Iterator<Item = String> {
        self.tables.get(table).into_iter().flat_map(|of| of.columns.values().map(|header| key(header)))
    }

    /// Gives a table the headers and values of the schema.
    pub fn apply(&self, name: &str, table: &mut RawTable, issues: &mut Vec<Issue>) {
        let Some(of) = self.tables.get(name) else { return };
        let mut places: HashMap<String, usize> = HashMap::new();
        // Of two equal headers the first is meant; that they are two is told elsewhere.
        for (at, header) in table.headers.iter().enumerate() {
            places.entry(key(header)).or_insert(at);
        }
        let mut renamed = Vec::new();
        for (column, header) in &of.columns {
            match places.get(&key(header)) {
                Some(&at) => renamed.push((at, column)),
                None => {
                    let near = nearest(header, table.headers.iter().map(String::as_str));
                    let message = format!(
                        "`{name}.columns`: l'en-tête « {header} », donné à `{column}`, n'est pas dans {}{}",
                        table.file,
                        meant(near)
                    );
                    issues.push(Issue::error(Code::Mapping, &self.file, message));
                }
            }
        }
        // What had the name of a column that is now another is not that column.
        for header in &mut table.headers {
            if renamed.iter().any(|(_, column)| key(column) == key(header)) {
                header.push_str(" (du fichier)");
            }
        }
        for (at, column) in renamed {
            if let Some(header) = table.headers.get_mut(at) {
                header.clone_from(column);
            }
        }
        for (column, values) in &of.values {
            // Values are compared as headers are: without case and accents.
            let values: HashMap<String, &str> = values.iter().map(|(k, v)| (key(k), v.as_str())).collect();
            let at = table.headers.iter().position(|h| key(h) == key(column));
            let Some(cells) = at.and_then(|at| table.columns.get_mut(at)) else { continue };
            let new = |row: usize| match cells.get(row) {
                cell @ (Raw::Text(_) | Raw::Number(_) | Raw::Bool(_)) => {
                    values.get(&key(&cell.shown())).map_or(cell, |value| Raw::text(value))
                }
                cell => cell,
            };
            *cells = RawColumn::Cells((0..cells.len()).map(new).collect());
        }
    }
}

struct MappingReader<'r> {
    schema: &'r Schema,
    file: &'r str,
    issues: &'r mut Vec<Issue>,
}

impl MappingReader<'_> {
    fn wrong(&mut self, message: String) {
        self.issues.push(Issue::error(Code::Mapping, self.file, message));
    }

    fn tables(&mut self, root: &toml::Table) -> BTreeMap<String, OfTable> {
        let mut tables = BTreeMap::new();
        for (name, value) in root {
            let Some((_, entity)) = names::entity(self.schema, name) else {
                let near = nearest(name, self.schema.data_tables());
                self.wrong(format!("`{name}` n'est pas une table du schéma{}", meant(near)));
                continue;
            };
            match value {
                toml::Value::Table(table) => {
                    tables.insert(name.clone(), self.table(name, entity, table));
                }
                other => self
                    .wrong(format!("`{name}`: « {other} » ; attendu: [{name}], puis from, columns, values")),
            }
        }
        tables
    }

    fn table(&mut self, name: &str, entity: &Entity, table: &toml::Table) -> OfTable {
        let mut of = OfTable::default();
        for (what, value) in table {
            match (what.as_str(), value) {
                ("from", toml::Value::String(from)) => of.from = Some(from.clone()),
                ("columns", toml::Value::Table(columns)) => {
                    for (column, header) in columns {
                        match header {
                            toml::Value::String(header) if self.column(name, entity, column) => {
                                of.columns.insert(column.clone(), header.clone());
                            }
                            toml::Value::String(_) => {}
                            other => self.wrong(format!("`{name}.columns.{column}`: « {other} » ; attendu: un en-tête, entre guillemets")),
                        }
                    }
                }
                ("values", toml::Value::Table(columns)) => {
                    for (column, values) in columns {
                        let read = self.values(name, entity, column, values);
                        of.values.insert(column.clone(), read);
                    }
                }
                (what, _) => {
                    let near = nearest(what, ["from", "columns", "values"]);
                    self.wrong(format!(
                        "`{name}.{what}` n'est pas attendu, ou pas de ce type{}",
                        meant(near)
                    ));
                }
            }
        }
        of
    }

    /// Is there such a column?
    fn column(&mut self, name: &str, entity: &Entity, column: &str) -> bool {
        let all = names::own_columns(self.schema, entity);
        let known = all.contains(&column);
        if !known {
            let near = nearest(column, all.iter().copied());
            self.wrong(format!("`{name}.columns`: `{column}` n'est pas une colonne{}", meant(near)));
        }
        known
    }

    fn values(
        &mut self,
        name: &str,
        entity: &Entity,
        column: &str,
        values: &toml::Value,
    ) -> BTreeMap<String, String> {
        let field = self.schema.field_of_column(entity, column);
        let place = format!("{name}.values.{column}");
        let list = match field.map(|f| &f.kind) {
            Some(FieldKind::Enum(list)) => Some(list.clone()),
            Some(FieldKind::Boolean) => None,
            _ => {
                self.wrong(format!("`{place}`: ce n'est pas une colonne à liste de valeurs"));
                return BTreeMap::new();
            }
        };
        let toml::Value::Table(table) = values else {
            self.wrong(format!(
                "`{place}`: « {values} » ; attendu: \"valeur du fichier\" = \"valeur du schéma\""
            ));
            return BTreeMap::new();
        };
        let mut read = BTreeMap::new();
        for (theirs, ours) in table {
            let (text, known) = match (ours, &list) {
                (toml::Value::String(text), Some(list)) => {
                    (text.clone(), list.iter().any(|v| v.as_ref() == text))
                }
                (toml::Value::Boolean(value), None) => (value.to_string(), true),
                (other, _) => (other.to_string(), false),
            };
            if known {
                read.insert(theirs.clone(), text);
                continue;
            }
            let admitted = list.as_ref().map_or_else(|| "true, false".to_string(), |list| list.join(", "));
            self.wrong(format!("`{place}`: « {text} » n'est pas une valeur admise ; attendu: {admitted}"));
        }
        read
    }
}
