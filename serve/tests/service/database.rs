//! A real PostgreSQL that lives as long as a test: its files are in a folder of the test, its socket too, and nobody
//! else reaches it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The folder of PostgreSQL's programs: where the system says, or where Debian has them.
fn programs() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok();
    let said = said.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    said.into_iter()
        .chain(debian)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// A server that runs.
pub struct Database {
    folder: tempfile::TempDir,
    programs: PathBuf,
    child: Child,
}

impl Database {
    /// Starts a new one; where there is no PostgreSQL, says so.
    pub fn start() -> Option<Database> {
        let Some(programs) = programs() else {
            eprintln!("no PostgreSQL (initdb and postgres): receipts are not kept in one");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL is not run by root.
        if root() {
            let given = Command::new("chown").arg("65534:65534").arg(folder.path()).status().unwrap();
            assert!(given.success());
        }
        let data = folder.path().join("data");
        let made = unprivileged(&programs.join("initdb"), folder.path())
            .args([
                "--username=logis",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb");
        let child = run(&programs, folder.path());
        let database = Database { folder, programs, child };
        database.wait();
        Some(database)
    }

    /// Its address: the socket in the folder, written as one part of it.
    pub fn address(&self) -> String {
        let socket = self.folder.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://logis@{socket}/postgres")
    }

    /// A connection of the test's own.
    pub fn client(&self) -> postgres::Client {
        postgres::Client::connect(&self.address(), postgres::NoTls).unwrap()
    }

    /// Until it answers.
    fn wait(&self) {
        for _ in 0..200 {
            if postgres::Client::connect(&self.address(), postgres::NoTls).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL does not start");
    }

    /// Breaks it off as a machine that stops would: nothing is written any more, and nobody is told.
    pub fn crash(&mut self) {
        signal(&self.child, "QUIT");
        self.child.wait().unwrap();
    }

    /// Starts it again on the same files.
    pub fn restart(&mut self) {
        self.child = run(&self.programs, self.folder.path());
        self.wait();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        signal(&self.child, "INT");
        drop(self.child.wait());
    }
}

fn signal(child: &Child, name: &str) {
    drop(
        Command::new("kill")
            .args([&format!("-{name}"), &child.id().to_string()])
            .stderr(Stdio::null())
            .status(),
    );
}

fn root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// A program that is run by nobody of note, where the test is run by root.
fn unprivileged(program: &Path, folder: &Path) -> Command {
    let mut command = match root() {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program);
            command
        }
        false => Command::new(program),
    };
    command.current_dir(folder).env("HOME", folder);
    command
}

fn run(programs: &Path, folder: &Path) -> Child {
    unprivileged(&programs.join("postgres"), folder)
        .args(["-c", "listen_addresses=", "-c", "max_connections=20", "-k"])
        .arg(folder)
        .arg("-D")
        .arg(folder.join("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
