//! The help of the command line: clap's own words, and the values that an argument takes.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

/// The command line with all that clap adds in French: the flags of help and version, their descriptions, the
/// heading of the commands, the values that an argument takes and the one that it has if it is not given.
pub fn in_french(command: Command) -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_string()).collect();
    of_command(command).disable_version_flag(true).arg(version.help("Affiche la version")).mut_subcommand(
        "help",
        |help| {
            let names = PossibleValuesParser::new(names);
            help.mut_arg("command", |arg| arg.value_parser(names).hide_possible_values(true))
        },
    )
}

fn of_command(command: Command) -> Command {
    let command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading("Commandes")
        .subcommand_value_name("COMMANDE")
        .mut_args(of_arg)
        .mut_subcommands(of_command);
    let is_long = command.get_arguments().any(|arg| arg.get_long_help().is_some());
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    command.arg(match is_long {
        true => help.help("Affiche l'aide (--help: en entier)").long_help("Affiche l'aide (-h: en bref)"),
        false => help.help("Affiche l'aide"),
    })
}

/// An argument with its values and its default in its own help; clap's words for them are left out.
fn of_arg(arg: Arg) -> Arg {
    if !arg.get_action().takes_values() {
        return arg;
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values = arg.get_possible_values();
    let values: Vec<_> = values.iter().filter(|value| !value.is_hide_set()).collect();
    let default: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
    let mut short = vec![help.clone()];
    let mut long = vec![help];
    if !values.is_empty() {
        let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
        short.push(format!("[valeurs: {}]", names.join(", ")));
        if values.iter().any(|value| value.get_help().is_some()) {
            let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
            let mut list = String::from("\n\nValeurs:");
            for value in &values {
                let name = format!("{}:", value.get_name());
                let about = value.get_help().map(ToString::to_string).unwrap_or_default();
                list += format!("\n- {name:<width$} {about}", width = width + 1).trim_end();
            }
            long.push(list);
        } else {
            long.push(format!(" [valeurs: {}]", names.join(", ")));
        }
    }
    if !default.is_empty() {
        let default = format!("[par défaut: {}]", default.join(", "));
        long.push(if long.len() > 1 { format!("\n\n{default}") } else { format!(" {default}") });
        short.push(default);
    }
    let listed = values.iter().any(|value| value.get_help().is_some());
    let arg = arg.hide_possible_values(true).hide_default_value(true).help(short.join(" "));
    if listed { arg.long_help(long.concat()) } else { arg }
}
