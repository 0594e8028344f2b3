//! Stamps the binary with the commit that it was built from, and parses the YAML that is built in.
#![expect(clippy::disallowed_methods, reason = "the build script has neither drivers nor settings")]

use std::{env, fs, path::Path, process::Command};

use events::{Event, Events, Kind, Label};

#[path = "src/ansible/yaml/events.rs"]
mod events;

/// The data of OpenStack releases, and Ymir's own.
const BUILT_IN: &str = "src/ansible/builtin";
/// A release that only tests have.
const OF_TESTS: &str = "tests/releases";

fn git(args: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn main() {
    // Asked for, as they lie elsewhere in a worktree; a file that is missing would mean a build every time.
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    // Files that are added here become part of the binary.
    println!("cargo::rerun-if-changed={BUILT_IN}");
    println!("cargo::rerun-if-changed={OF_TESTS}");
    println!("cargo::rerun-if-changed=src/ansible/yaml/events.rs");
    let commit =
        git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown commit".into());
    println!("cargo::rustc-env=YMIR_COMMIT={commit}");
    let into = env::var("OUT_DIR").expect("cargo says where");
    let into = Path::new(&into);
    let mut secrets = String::new();
    parse_all(Path::new(BUILT_IN), &into.join("builtin"), &mut secrets);
    parse_all(Path::new(OF_TESTS), &into.join("releases-of-tests"), &mut secrets);
    fs::write(into.join("secrets"), secrets).expect("the output directory can be written");
}

/// Holds templates, whatever their names end in.
const TEMPLATES: &str = "files";

/// The folder of what there is to know about variables.
const REFERENCE: &str = "reference";

/// Writes the events of every YAML file below a directory to a file of its name, and notes the secrets of references.
fn parse_all(from: &Path, into: &Path, secrets: &mut String) {
    fs::create_dir_all(into).expect("the output directory can be written");
    let entries = fs::read_dir(from).expect("the sources are there");
    for entry in entries {
        let path = entry.expect("the sources can be read").path();
        let target = into.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() && !path.ends_with(TEMPLATES) {
            parse_all(&path, &target, secrets);
        } else if path.extension().is_some_and(|end| end == "yml") {
            let text = fs::read_to_string(&path).expect("built-in YAML is text");
            let events = events(&path, &text);
            if let Some(folder) = from.parent().filter(|_| from.ends_with(REFERENCE)) {
                let folder = folder.file_name().expect("a folder has a name").to_string_lossy();
                note_secrets(&folder, &events, secrets);
            }
            let mut out = Vec::new();
            for event in &events {
                write(event, &mut out);
            }
            fs::write(target, out).expect("the output directory can be written");
        }
    }
}

/// The events of a text, as `src/ansible/yaml/compiled.rs` reads them.
fn events(path: &Path, text: &str) -> Vec<Event> {
    let mut events = Events::new(text);
    let mut all = Vec::new();
    loop {
        let event = events.next().unwrap_or_else(|problem| {
            let line = problem.mark.line;
            panic!("{}:{line}: {}", path.display(), problem.message)
        });
        let ends = matches!(event.kind, Kind::StreamEnd);
        all.push(event);
        if ends {
            return all;
        }
    }
}

/// Adds a line with the folder, the name and the type of each variable whose type speaks of secrets. A reference is a map
/// of maps of texts.
fn note_secrets(folder: &str, events: &[Event], secrets: &mut String) {
    let (mut depth, mut texts) = (0, Vec::new());
    let mut variable = "";
    for event in events {
        match &event.kind {
            Kind::MapStart(_) => {
                depth += 1;
                variable = texts.pop().unwrap_or_default();
                texts.clear();
            }
            Kind::MapEnd => {
                depth -= 1;
                let mut pairs = texts.chunks_exact(2);
                let kind = pairs.find_map(|pair| (pair[0] == "type").then_some(pair[1]));
                if let Some(kind) = kind.filter(|kind| depth == 1 && kind.contains("secret")) {
                    secrets.extend([folder, "\t", variable, "\t", kind, "\n"]);
                }
                texts.clear();
            }
            Kind::Scalar { text, .. } => texts.push(text.as_str()),
            _ => {}
        }
    }
}

fn write(event: &Event, out: &mut Vec<u8>) {
    let (kind, label, text) = match &event.kind {
        Kind::StreamStart => (b'<', None, None),
        Kind::StreamEnd => (b'>', None, None),
        Kind::DocumentStart => (b'-', None, None),
        Kind::DocumentEnd => (b'.', None, None),
        Kind::Alias(name) => (b'*', None, Some(name)),
        Kind::Scalar { label, text, plain: true } => (b'p', Some(label), Some(text)),
        Kind::Scalar { label, text, plain: false } => (b'q', Some(label), Some(text)),
        Kind::ListStart(label) => (b'[', Some(label), None),
        Kind::ListEnd => (b']', None, None),
        Kind::MapStart(label) => (b'{', Some(label), None),
        Kind::MapEnd => (b'}', None, None),
    };
    out.push(kind);
    out.extend(event.mark.line.to_le_bytes());
    out.extend(event.mark.column.to_le_bytes());
    if let Some(Label { anchor, tag }) = label {
        out.push(u8::from(anchor.is_some()) + 2 * u8::from(tag.is_some()));
        [anchor, tag].into_iter().flatten().for_each(|text| write_text(text, out));
    }
    if let Some(text) = text {
        write_text(text, out);
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let length = u32::try_from(text.len()).expect("a text is short");
    out.extend(length.to_le_bytes());
    out.extend(text.as_bytes());
}
