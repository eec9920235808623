//! Errors of the command line: what is wrong, what is expected, the nearest right name.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use logis::diagnostic::nearest;

/// What is wrong with a command line, how the command is called, and where its help is. `None` if clap has help or
/// a version to show, which are French already.
pub fn message(error: &Error, command: &Command) -> Option<String> {
    use ErrorKind as K;
    if matches!(
        error.kind(),
        K::DisplayHelp | K::DisplayVersion | K::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        return None;
    }
    let mut text = wrong(error, command);
    if let Some(usage) = error.get(ContextKind::Usage) {
        text += &format!("\n\n{}", usage.to_string().trim_end());
    }
    Some(text + "\n\nPour en savoir plus: --help")
}

fn wrong(error: &Error, command: &Command) -> String {
    let argument = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => format!("`{argument}` attend une valeur"),
        ErrorKind::InvalidValue => {
            let known = list(error, ContextKind::ValidValue);
            format!("« {value} » n'est pas une valeur de `{argument}`{}", instead(&value, &known))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map_or_else(String::new, |why| format!("; {why}"));
            format!("« {value} » n'est pas une valeur de `{argument}`{why}")
        }
        ErrorKind::UnknownArgument => unknown_argument(error, &argument),
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand);
            let known: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_string()).collect();
            let near = nearest(&name, known.iter().map(String::as_str));
            format!("il n'y a pas de commande « {name} »{}", meant(near))
        }
        ErrorKind::MissingSubcommand => "il manque une commande".to_string(),
        ErrorKind::MissingRequiredArgument => {
            let missing = list(error, ContextKind::InvalidArg);
            let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            format!("il manque {}", missing.join(", "))
        }
        ErrorKind::ArgumentConflict => conflict(error, &argument),
        ErrorKind::TooManyValues => format!("« {value} » est de trop: `{argument}` n'en prend pas autant"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            let wanted = match error.get(ContextKind::MinValues) {
                Some(least) => least.to_string(),
                None => text(error, ContextKind::ExpectedNumValues),
            };
            let found = text(error, ContextKind::ActualNumValues);
            format!("`{argument}` a {found} valeurs; attendu: {wanted}")
        }
        ErrorKind::NoEquals => format!("`{argument}` s'écrit avec un `=` avant sa valeur"),
        ErrorKind::InvalidUtf8 => "un argument n'est pas un texte en UTF-8".to_string(),
        _ => "la ligne de commande ne se lit pas".to_string(),
    }
}

fn unknown_argument(error: &Error, argument: &str) -> String {
    if !argument.starts_with('-') {
        return format!("« {argument} » est de trop");
    }
    let near = text(error, ContextKind::SuggestedArg);
    let near = meant(Some(near.as_str()).filter(|near| !near.is_empty()));
    // That a value which begins with a dash stands after `--`.
    let as_value = error.get(ContextKind::Suggested).is_some() && near.is_empty();
    let as_value = match as_value {
        true => format!("; si c'est une valeur et non une option: `-- {argument}`"),
        false => String::new(),
    };
    format!("il n'y a pas d'option `{argument}`{near}{as_value}")
}

fn conflict(error: &Error, argument: &str) -> String {
    let others = list(error, ContextKind::PriorArg);
    if others.is_empty() || others.iter().all(|other| other == argument) {
        return format!("`{argument}` ne se donne qu'une fois");
    }
    let others: Vec<String> = others.iter().map(|other| format!("`{other}`")).collect();
    format!("`{argument}` ne se donne pas avec {}", others.join(", "))
}

/// The nearest of the values that may be, or all of them.
fn instead(value: &str, known: &[String]) -> String {
    match nearest(value, known.iter().map(String::as_str)) {
        Some(near) => meant(Some(near)),
        None if known.is_empty() => String::new(),
        None => {
            let known: Vec<String> = known.iter().map(|value| format!("`{value}`")).collect();
            format!("; attendu: {}", known.join(", "))
        }
    }
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; vouliez-vous dire `{near}` ?"))
}

fn text(error: &Error, kind: ContextKind) -> String {
    error.get(kind).map_or_else(String::new, |value| match value {
        ContextValue::None => String::new(),
        other => other.to_string(),
    })
}

fn list(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::Strings(all)) => all.clone(),
        Some(ContextValue::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}
