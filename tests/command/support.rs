//! What several files of this binary need.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

#[path = "../support.rs"]
mod both;

pub use both::{files, root};

/// The binary under test.
pub const LOGIS: &str = env!("CARGO_BIN_EXE_logis");

/// Runs the command in the folder of the repository.
pub fn logis(args: &[&str]) -> Output {
    Command::new(LOGIS).current_dir(root()).args(args).output().unwrap()
}

/// What it wrote on the standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it wrote on the standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A pack of a stranger: households, one ceiling, one rule, a case of it at the ceiling.
pub const SCHEMA: &str = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\nfields.quartier = { type = \"text\" }\n";
pub const PARAMETER: &str = "[plafond]\nunit = \"EUR/an\"\n[[plafond.values]]\nfrom = 2017-01-01\n\
source = { title = \"art. 1\" }\nvalue = 20000\n";
pub const RULE: &str = "//! entité: menage\n\n/// Le revenu ne dépasse pas le plafond.\n/// source: art. 1\n\
fn eligible(revenu) {\n    revenu <= param(\"plafond\")\n}\n";
pub const CASE: &str = "[[cas]]\nnom = \"au plafond\"\ndate = 2017-06-30\nmenage = { revenu = 20000 }\n\
attendu = { eligible = true }\n";

/// A folder that goes with the test.
pub struct Folder(pub tempfile::TempDir);

impl Folder {
    /// A folder with these files, by their paths in it.
    pub fn of(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `logis` in the folder, with nothing to read.
    pub fn run(&self, args: &[&str]) -> Output {
        Command::new(LOGIS).args(args).current_dir(self.0.path()).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs `logis` in the folder; gives the exit code and both outputs.
    pub fn logis(&self, args: &[&str]) -> (i32, String, String) {
        told(&self.run(args))
    }
}

/// The exit code and both outputs of what ran.
pub fn told(ran: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (ran.status.code().unwrap(), text(&ran.stdout), text(&ran.stderr))
}
