//! Ctrl-C: once, and what runs ends first; twice, and what runs is aborted; `kill -9`, and nothing goes on by itself.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "tests start the binary themselves")]

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// In the place of `ansible-playbook`: it notes its number, waits for `go`, and notes that it has ended well.
const HOOK: &str = "#!/bin/sh\necho $$ >>\"$DIR/began\"\nwhile [ ! -e \"$DIR/go\" ]; do sleep 0.05; done\n\
     echo done >>\"$DIR/ended\"\n";

/// A site with one image that is built already, and a hook before and after.
struct Site {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        let site = Self { _dir: dir, path };
        site.write("environments/common/inventory/hosts", "localhost\n");
        let images = site.path.join("published");
        let configuration = format!("ymir_image_path: {}\n", images.display());
        site.write("environments/common/images.yml", &configuration);
        site.write("host-images/demo.yml", "release: bookworm\n");
        let hooks = "environments/common/hooks/overcloud-host-image-build";
        site.write(&format!("{hooks}/pre.d/10-a.yml"), "[]\n");
        site.write(&format!("{hooks}/post.d/10-a.yml"), "[]\n");
        site.write("ansible-playbook", HOOK);
        let runnable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(site.path.join("ansible-playbook"), runnable).unwrap();
        let manifest = serde_json::json!({
            "name": "demo", "digest": digest(), "built_at": "2026-11-22T14:00:00Z", "kernel": "6.1",
            "files": [], "packages": [],
        });
        site.write("published/demo.manifest.json", &manifest.to_string());
        site
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Lines of a file that the hook writes; none if it has not.
    fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path.join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn ymir(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
        command.args(args).arg("--config-path").arg(&self.path).current_dir(&self.path);
        for name in ["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT", "TERM"] {
            command.env_remove(name);
        }
        command
            .env("YMIR_STATE_DIR", self.path.join("state"))
            .env("YMIR_CACHE_DIR", self.path.join("cache"))
            .env("YMIR_ANSIBLE_PLAYBOOK", self.path.join("ansible-playbook"))
            .env("DIR", &self.path);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Starts a build in a process group of its own, as a shell would, and waits until its hook runs.
    fn start(&self) -> Child {
        let stderr = fs::File::create(self.path.join("stderr")).unwrap();
        let mut command = self.ymir(&["overcloud", "host", "image", "build"]);
        let child = command.stderr(stderr).process_group(0).spawn().unwrap();
        until("the hook runs", || !self.lines("began").is_empty());
        child
    }

    /// Presses it once, and waits until Ymir has heard it.
    fn interrupt_once(&self, ymir: &Child) {
        interrupt(ymir);
        until("Ymir has heard it", || self.lines("stderr").concat().contains("stopping:"));
    }

    fn hook(&self) -> Pid {
        pid(self.lines("began")[0].parse().unwrap())
    }

    /// Gives the command again with `ymir run resume`, which does all that is left.
    fn resume(&self) {
        self.write("go", "");
        let output = self.ymir(&["run", "resume"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Presses Ctrl-C: the terminal sends it to the whole process group.
fn interrupt(ymir: &Child) {
    kill_process_group(pid(ymir.id()), Signal::INT).unwrap();
}

/// What the manifest of an up-to-date image has to say.
fn digest() -> String {
    use ymir::{
        model::{dib, image},
        origin, plan,
        resolve::image_recipe,
    };
    let recipe = image_recipe::parse("demo", "release: bookworm\n", &"demo.yml".into()).unwrap();
    let setting = origin::Setting { variable: String::new(), origin: origin::Origin::whole("") };
    let images = image::Images {
        path: origin::Sourced { value: "/nowhere".into(), setting: setting.clone() },
        apt_sources: Vec::new(),
        recipes: vec![recipe],
        dib: dib::Dib { images: Vec::new(), setting, builder: dib::DibBuilder::default() },
        described: std::collections::BTreeMap::new(),
        signing_key: None,
    };
    let plan = plan::host_image::plan(&images, &plan::host_image::Request::default()).unwrap();
    let action = &plan.stages[0].lanes[0].steps[0].action;
    let action = serde_json::to_value(action).unwrap();
    let found = |value: &serde_json::Value| value.get("digest").cloned();
    let digest = found(&action).or_else(|| action.as_object()?.values().find_map(found));
    digest.unwrap().as_str().unwrap().to_owned()
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.cast_signed()).unwrap()
}

/// Waits for a condition; the bound only ends a test that would hang.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process has ended, reaped or not.
fn has_ended(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.map_or(true, |stat| stat.rsplit(')').next().unwrap().trim().starts_with('Z'))
}

#[test]
fn ctrl_c_lets_a_running_hook_end_and_the_rest_waits() {
    let site = Site::new();
    let mut ymir = site.start();
    site.interrupt_once(&ymir);
    assert!(!has_ended(site.hook()), "the hook heard Ctrl-C");
    site.write("go", "");
    assert_eq!(ymir.wait().unwrap().code(), Some(130));
    assert_eq!(site.lines("ended"), ["done"], "one hook has ended well, the one after did not run");
    site.resume();
    assert_eq!(site.lines("ended").len(), 3, "the hooks before and after");
}

#[test]
fn a_second_ctrl_c_aborts_the_hook_and_the_run_can_be_resumed() {
    let site = Site::new();
    let mut ymir = site.start();
    site.interrupt_once(&ymir);
    interrupt(&ymir);
    assert_eq!(ymir.wait().unwrap().code(), Some(130));
    until("the hook is gone", || has_ended(site.hook()));
    assert!(site.lines("ended").is_empty());
    assert!(site.lines("stderr").concat().contains("ymir run resume 1"));
    let listed = site.ymir(&["run", "list"]).stdout(Stdio::piped()).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("  interrupted  ") && !listed.contains("killed"), "{listed}");
    site.resume();
    assert_eq!(site.lines("ended").len(), 2);
}

#[test]
fn a_hook_ends_with_a_killed_ymir() {
    let site = Site::new();
    let mut ymir = site.start();
    kill_process(pid(ymir.id()), Signal::KILL).unwrap();
    ymir.wait().unwrap();
    until("the hook is gone", || has_ended(site.hook()));
    assert!(site.lines("ended").is_empty());
    site.resume();
}
