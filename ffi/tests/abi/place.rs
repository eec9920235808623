//! Where the tests find things: the library as it is installed, programs compiled against it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

/// A file of this crate.
pub fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

static INSTALLED: LazyLock<TempDir> = LazyLock::new(|| {
    let place = TempDir::new().unwrap();
    std::fs::create_dir_all(place.path().join("lib")).unwrap();
    std::fs::create_dir_all(place.path().join("include")).unwrap();
    std::fs::copy(here("logis.h"), place.path().join("include/logis.h")).unwrap();
    // Cargo builds it beside this test.
    let built = std::env::current_exe().unwrap().with_file_name("liblogis_ffi.so");
    assert!(built.is_file(), "{} is not there", built.display());
    for name in ["liblogis.so", "liblogis.so.1"] {
        std::os::unix::fs::symlink(&built, place.path().join("lib").join(name)).unwrap();
    }
    place
});

/// A folder with `lib/` and `include/`, as `cargo xtask c-library` makes one.
pub fn installed() -> &'static Path {
    INSTALLED.path()
}

/// Compiles a program of C against the library; warnings are errors.
pub fn compiled(source: &str, flags: &[&str]) -> PathBuf {
    let (source, to) = (here(source), installed());
    let program = to.join(source.file_stem().unwrap()).with_extension(flags.join(""));
    let library = to.join("lib");
    let ran = Command::new("cc")
        .args(["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(flags)
        .arg("-I")
        .arg(to.join("include"))
        .arg(&source)
        .arg("-L")
        .arg(&library)
        .arg("-llogis")
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .arg("-o")
        .arg(&program)
        .output()
        .expect("a compiler of C: `cc`");
    assert!(ran.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&ran.stderr));
    program
}

/// What a program says of what it is given on its standard input, with its exit code.
pub fn said(command: &mut Command, input: &str) -> (Option<i32>, String, String) {
    use std::io::Write;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut to = child.stdin.take().unwrap();
    let input = input.to_string();
    let sender = std::thread::spawn(move || to.write_all(input.as_bytes()));
    let ran = child.wait_with_output().unwrap();
    // A program that ends before it has read everything says so by its code.
    let _ = sender.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code(), text(ran.stdout), text(ran.stderr))
}
