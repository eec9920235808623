//! What is said of a file whose form this build does not read: the feature that would read it.

use super::issue::Issue;
use super::issue_code::Code;

/// An error that names what is missing (« la lecture du Parquet ») and the feature of the crate that has it.
pub(super) fn unbuilt(file: &str, what: &str, feature: &str) -> Issue {
    Issue::error(
        Code::FormNotBuilt,
        file,
        format!(
            "ce programme est construit sans {what} ; attendu: la fonctionnalité `{feature}` de `logis` ou de \
             `logis-data` (dans Cargo.toml: features = [\"{feature}\"])"
        ),
    )
}

#[cfg(test)]
mod tests {
    use crate::{InputFile, Needs, read};
    use logis_language::Pack;

    /// What this build does not read is one error, which names the feature: the table is not told to be missing too.
    #[test]
    fn a_form_that_is_not_built_names_its_feature() {
        let schema =
            "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\nfields.revenu = { type = \"integer\" }";
        let pack =
            Pack::from_files("", vec![("schema.toml".to_string(), schema.as_bytes().to_vec())]).unwrap();
        let schema = &pack.parsed().schema;
        let needs = Needs { entities: [0].into(), ..Needs::default() };
        let forms = [
            ("csv", "csv", cfg!(feature = "csv")),
            ("json", "json", cfg!(feature = "json")),
            ("ods", "xlsx", cfg!(feature = "xlsx")),
            ("parquet", "parquet", cfg!(feature = "parquet")),
        ];
        for (ending, feature, _) in forms.iter().filter(|(.., built)| !built) {
            let file =
                InputFile { name: format!("menages.{ending}"), bytes: b"menage_id,revenu\nM1,2\n".to_vec() };
            let issues = read(schema, &[], vec![file], &needs).issues;
            let said: Vec<String> = issues.iter().filter(|i| i.is_error()).map(ToString::to_string).collect();
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].starts_with(&format!("menages.{ending}: ")), "{said:?}");
            assert!(said[0].contains(&format!("`{feature}`")), "{said:?}");
        }
    }
}
