//! What data is expected: the columns of each table as they are documented, and its line of headers.

use logis_language::pack::schema::{Entity, EntityId, Field, FieldKind, Schema};

/// One column of a table, as it is documented.
#[cfg_attr(
    not(all(feature = "json", feature = "xlsx")),
    allow(dead_code, reason = "each form shows some of them")
)]
pub(super) struct Documented<'s> {
    pub column: &'s str,
    pub label: String,
    pub kind: String,
    pub unit: &'s str,
    pub values: String,
    pub required: bool,
    pub form: &'s str,
}

/// The columns of an entity: its key, its relations, its fields; each once.
pub(super) fn columns<'s>(schema: &'s Schema, entity: &'s Entity) -> Vec<Documented<'s>> {
    let plain = |column: &'s str, label: String, kind: String, required: bool| Documented {
        column,
        label,
        kind,
        unit: "",
        values: String::new(),
        required,
        form: "",
    };
    let mut all =
        vec![plain(&entity.key, format!("Identifiant: {}", entity.label), "identifiant".into(), true)];
    if entity.pair_table.is_some() {
        // The identifiers of both sides are that of a pair.
        all.clear();
    }
    for relation in &entity.belongs_to {
        let target = schema.entities.get(relation.target).map_or("", |t| t.label.as_str());
        all.push(plain(
            &relation.column,
            format!("Identifiant: {target}"),
            "identifiant".into(),
            relation.required,
        ));
    }
    for field in entity.fields.iter().filter_map(|&f| schema.fields.get(f)) {
        // Of several fields that read one column, the one that says what it holds.
        let says = schema.field_of_column(entity, &field.column);
        if all.iter().any(|c| c.column == field.column) || says.is_some_and(|f| f.name != field.name) {
            continue;
        }
        all.push(Documented {
            column: &field.column,
            label: field.label.clone(),
            kind: kind(field),
            unit: field.unit.as_deref().unwrap_or(""),
            values: match (&field.kind, &field.range) {
                (FieldKind::Enum(values), _) => match &field.empty_value {
                    Some(empty) => format!("{} (cellule vide : {empty})", values.join(", ")),
                    None => values.join(", "),
                },
                (_, Some((low, high))) => format!("de {low} à {high}"),
                _ => String::new(),
            },
            required: field.required,
            form: field.form.as_deref().unwrap_or(""),
        });
    }
    all
}

fn kind(field: &Field) -> String {
    match &field.kind {
        FieldKind::Boolean => "vrai ou faux".to_string(),
        FieldKind::Number { amount: true, .. } => "montant en euros".to_string(),
        FieldKind::Number { decimals: 0, .. } => "nombre entier".to_string(),
        FieldKind::Number { decimals, .. } => format!("nombre, {decimals} décimales"),
        FieldKind::Date => "date (AAAA-MM-JJ ou JJ/MM/AAAA)".to_string(),
        FieldKind::Text => "texte".to_string(),
        FieldKind::Enum(_) => "une des valeurs".to_string(),
        FieldKind::Codes => "codes séparés par des espaces".to_string(),
    }
}

/// The header line of an entity's table.
pub fn template_csv(schema: &Schema, entity: EntityId) -> String {
    let columns = schema.entities.get(entity).map_or_else(Vec::new, |e| columns(schema, e));
    let names: Vec<&str> = columns.iter().map(|c| c.column).collect();
    format!("{}\n", names.join(","))
}
