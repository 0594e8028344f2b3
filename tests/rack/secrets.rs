//! Secrets with a mark are planted wherever a site can have them; none may be found where others can read it.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use crate::{serving::Served, site::Site};

/// The password of the BMCs, which stands in a vault; the vault's own; and the others, which stand in files of the site.
const MARKS: [&str; 5] =
    ["correct horse", "sesame", "marked-ironic", "marked-user-data", "0123456789abcdef0123"];

const SECRETS: &str = "---
ymir_ironic_username: operator
ymir_ironic_password: marked-ironic
kolla_bifrost_deploy_image_user_data_content: |
  #cloud-config
  password: marked-user-data
";

fn site(served: &Served) -> Site {
    let site = Site::of(served, 2);
    let vault = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites/merged/secrets.yml");
    site.write("environments/rack/secrets.yml", &fs::read_to_string(vault).unwrap());
    site.write("environments/rack/marked.yml", SECRETS);
    let bmc = "environments/rack/inventory/group_vars/overcloud/bmc.yml";
    site.edit(bmc, "'bmc-password'", "nova_password");
    let settings = "ironic_driver_info: {redfish_address: \"{{ redfish_address }}\", \
         redfish_system_id: \"/redfish/v1/Systems/{{ inventory_hostname }}\", \
         redfish_username: \"{{ redfish_username }}\", redfish_password: \"{{ redfish_password }}\", \
         ipmi_hex_kg_key: \"0123456789abcdef0123\"}\n";
    site.write("environments/rack/inventory/group_vars/overcloud/more.yml", settings);
    site
}

/// Every command of a host's life, those that fail among them, with the exit code that each ends with.
const LIFE: &[(&str, i32)] = &[
    ("configuration dump --host node-1", 0),
    ("configuration explain redfish_password --host node-1", 0),
    ("overcloud hardware register --check --diff", 0),
    ("overcloud hardware register", 4),
    ("overcloud hardware register --output json", 0),
    ("overcloud bmc info", 0),
    ("overcloud bmc check --output json", 0),
    ("overcloud introspection rules configure", 0),
    ("overcloud hardware inspect", 0),
    ("overcloud introspection data save", 0),
    ("overcloud inventory discover", 0),
    ("overcloud provision --check --diff", 0),
    ("overcloud provision --output json", 4),
    ("why node-1 --output json", 0),
    ("why node-1 node-2", 0),
    ("run resume", 0),
    ("overcloud provision --reprovision --all -e confirm_reprovision=yes", 0),
    ("overcloud host image list --output json", 0),
    ("run list", 0),
    ("run show --output json", 0),
    ("overcloud deprovision -e confirm_deprovision=yes", 0),
];

#[test]
fn what_is_secret_stays_so() {
    marks_are_found_where_they_are();
    let faults = "[[fault]]\nnode = \"node-1\"\nstep = \"verify\"\nwhat = \"bmc-dead\"\ntimes = 1\n\
        [[fault]]\nnode = \"node-1\"\nstep = \"deploy\"\nwhat = \"image-404\"\ntimes = 1\n";
    let served = Served::of(
        "speed = 1000.0\nbmc = { user = \"admin\", password = \"correct horse\" }",
        &format!("[[nodes]]\ncount = 2\nname = \"node-{{n}}\"\n{faults}"),
    );
    let site = site(&served);
    let scratch = PathBuf::from(site.file("scratch"));
    fs::create_dir(&scratch).unwrap();
    let planted = files(Path::new(&site.file("")));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ends = Ends(&over);
        let mut told: Vec<String> = Vec::new();
        let seen = scope.spawn(|| marked_while(&over, &scratch));
        for (words, code) in LIFE {
            let mut command = site.command(words);
            command.env("KAYOBE_VAULT_PASSWORD", "sesame").env("TMPDIR", &scratch);
            println!("ymir {words}");
            let output = command.output().unwrap();
            let said = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
            assert_eq!(output.status.code(), Some(*code), "{words}\n{said}");
            told.extend(marks(said.as_bytes()).iter().map(|mark| format!("ymir {words}: {mark}")));
        }
        drop(ends);
        let seen = seen.join().unwrap();
        assert!(seen.processes > 0, "no process was looked at");
        assert_eq!(seen.marked, BTreeSet::new());
        assert!(told.is_empty(), "{}", told.join("\n"));
    });
    let new = files(Path::new(&site.file(""))).into_iter().filter(|file| !planted.contains(file));
    let new: Vec<PathBuf> = new.collect();
    assert!(new.iter().any(|file| file.ends_with("events.jsonl")), "{new:?}");
    for file in new {
        let found = marks(&fs::read(&file).unwrap());
        assert_eq!(found, NONE, "{} holds a secret", file.display());
    }
}

/// What finds nothing would pass: the marks are found where they are.
fn marks_are_found_where_they_are() {
    assert_eq!(marks(SECRETS.as_bytes()), ["marked-ironic", "marked-user-data"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("open");
    fs::write(&file, "sesame").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(open_and_marked(dir.path()), [format!("{}: sesame", file.display())]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(open_and_marked(dir.path()).is_empty());
    let mut process = Command::new("sleep").args(["60"]).arg0("marked-ironic").spawn().unwrap();
    // Its command line appears a moment after it was started.
    let end = Instant::now() + Duration::from_secs(20);
    let mut found = Vec::new();
    while found.is_empty() && Instant::now() < end {
        found = marked_processes().1;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(found, ["marked-ironic 60: marked-ironic"]);
}

const NONE: [&str; 0] = [];

fn marks(bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(bytes);
    MARKS.into_iter().filter(|mark| text.contains(mark)).collect()
}

/// Ends the looking, also when a command ended otherwise than it should.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What was seen while commands ran.
struct Seen {
    processes: usize,
    marked: BTreeSet<String>,
}

/// Looks at all processes and at temporary files until it is over.
fn marked_while(over: &AtomicBool, scratch: &Path) -> Seen {
    let mut seen = Seen { processes: 0, marked: BTreeSet::new() };
    while !over.load(Ordering::Relaxed) {
        let (processes, marked) = marked_processes();
        seen.processes += processes;
        seen.marked.extend(marked);
        seen.marked.extend(open_and_marked(scratch));
        std::thread::sleep(Duration::from_millis(3));
    }
    seen
}

/// How many processes there are, and the command lines that hold a mark.
fn marked_processes() -> (usize, Vec<String>) {
    let numbers = fs::read_dir("/proc").unwrap().flatten();
    let lines = numbers.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines: Vec<Vec<u8>> = lines.filter(|line| !line.is_empty()).collect();
    let told = |line: &Vec<u8>| {
        let found = marks(line);
        let line = String::from_utf8_lossy(line).replace('\0', " ");
        (!found.is_empty()).then(|| format!("{}: {}", line.trim(), found.join(", ")))
    };
    (lines.len(), lines.iter().filter_map(told).collect())
}

/// Files with a mark that others than their owner can read.
fn open_and_marked(dir: &Path) -> Vec<String> {
    let told = |file: PathBuf| {
        let mode = fs::metadata(&file).ok()?.mode();
        let found = marks(&fs::read(&file).ok()?);
        let is_open = mode & 0o077 != 0 && !found.is_empty();
        is_open.then(|| format!("{}: {}", file.display(), found.join(", ")))
    };
    files(dir).into_iter().filter_map(told).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            Ok(kind) if kind.is_file() => vec![entry.path()],
            _ => Vec::new(),
        })
        .collect()
}
