//! A small pack of the tests of the matching: requests and units with a few fields, and rules of their pairs.

use logis::Pack;
use logis::diagnostic::PackError;

/// `[matching]` with the names that these packs give: what more it says follows.
pub const MATCHING: &str = r#"
name = "essai"
[matching]
candidature = "candidature"
suitable = "convient"
priority = "points"
fit = "adequation"
"#;

/// A schema of requests and units with these fields, each `name: type` or `name: type, more of it`, and of their pairs.
pub fn schema(request: &[&str], unit: &[&str]) -> String {
    let field = |text: &&str| {
        let (name, of) = text.split_once(": ").unwrap();
        let (kind, more) = of.split_once(',').unwrap_or((of, ""));
        let more = if more.is_empty() { String::new() } else { format!(",{more}") };
        format!("{name} = {{ type = \"{kind}\"{more} }}\n")
    };
    let fields = |all: &[&str]| all.iter().map(field).collect::<String>();
    let table = |name: &str, all: &[&str]| {
        format!("[{name}]\ntable = \"{name}s\"\nkey = \"{name}_id\"\n[{name}.fields]\n{}", fields(all))
    };
    let pair = "[candidature]\npair = [\"demande\", \"logement\"]\n";
    format!("{}{}{pair}", table("demande", request), table("logement", unit))
}

/// A parameter with one value, as TOML writes it, since 2010.
pub fn parameter(name: &str, value: &str) -> String {
    format!("[{name}]\n[[{name}.values]]\nfrom = 2010-01-01\nsource = {{ title = \"s\" }}\nvalue = {value}\n")
}

/// The pack of these files: schema, manifest, rules, parameters.
pub fn pack(schema: &str, manifest: &str, rules: &str, parameters: &str) -> Pack {
    read(schema, manifest, rules, parameters).unwrap()
}

/// As [`pack`], where something may be wrong.
pub fn read(schema: &str, manifest: &str, rules: &str, parameters: &str) -> Result<Pack, PackError> {
    let file = |(name, text): (&str, &str)| (name.to_string(), text.as_bytes().to_vec());
    let files = [("schema.toml", schema), ("pack.toml", manifest), ("r.rhai", rules), ("p.toml", parameters)];
    Pack::from_files("", files.map(file).to_vec())
}
