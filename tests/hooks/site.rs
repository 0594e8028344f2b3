//! A small site to run hooks in.

use std::{fs, io::Write};

use camino::{Utf8Path, Utf8PathBuf};
use ymir::{
    drivers::ansible::{self, Arguments, HookRun},
    event::Event,
    model::hook::Side,
    settings::Environment,
    trouble::Result,
};

/// The environment with Ansible in it, or `None` (told loudly) on a machine without.
pub(crate) fn with_ansible() -> Option<Environment> {
    let mut environment = Environment::of_this_process();
    let installed = environment.cache_dir().join("test-ansible/bin/ansible-playbook");
    if environment.get("YMIR_ANSIBLE_PLAYBOOK").is_none() {
        if !installed.exists() {
            // Not `eprintln!`: the test harness would swallow it.
            let skipped = b"SKIPPED: no Ansible to run hooks with; run tests/setup-ansible\n";
            std::io::stderr().write_all(skipped).unwrap();
            return None;
        }
        environment.0.insert("YMIR_ANSIBLE_PLAYBOOK".into(), installed.into_string());
    }
    Some(environment)
}

pub(crate) struct Site {
    _dir: tempfile::TempDir,
    pub(crate) path: Utf8PathBuf,
    pub(crate) cx: HookRun,
}

/// A Kayobe configuration with an environment `lab` that depends on `mixin`; files as given.
pub(crate) fn site(mut environment: Environment, files: &[(&str, &str)]) -> Site {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(dir.path()).unwrap().canonicalize_utf8().unwrap();
    for (name, text) in files {
        let file = path.join("etc").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let base = path.join("etc");
    let layers = vec![base.clone(), base.join("environments/mixin"), base.join("environments/lab")];
    environment.0.insert("KAYOBE_CONFIG_PATH".into(), base.into_string());
    environment.0.insert("KAYOBE_ENVIRONMENT".into(), "lab".into());
    environment.0.insert("OUT".into(), path.join("out").into_string());
    let defaults = [
        ("group_vars/all/networks", "provision_oc_net_name: 'provision_oc_net'\n"),
        (
            "group_vars/all/globals",
            "from_default: \"{{ other_default }}\"\nother_default: default\nkayobe_env_search_paths: \"{{ query('cached', 'kayobe_environments') }}\"\n",
        ),
    ];
    let defaults = defaults.map(|(name, text)| (name.into(), text.to_owned())).to_vec();
    let cx = HookRun {
        environment,
        layers,
        defaults,
        vault: Vec::new(),
        arguments: Arguments::default(),
        dir: path.join("state"),
    };
    Site { _dir: dir, path, cx }
}

impl Site {
    /// Runs the hooks of one side of `overcloud provision`.
    pub(crate) fn run(&self, side: Side) -> (Result<()>, Vec<Event>) {
        let hooks = ansible::find(&self.cx.layers, "overcloud provision", None).unwrap();
        ansible::check_runnable(&hooks, &self.cx.environment).unwrap();
        let mut events = Vec::new();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let run = ansible::run(&hooks, side, &self.cx, |event| events.push(event));
        let outcome = runtime.block_on(run);
        (outcome, events)
    }

    pub(crate) fn out(&self) -> String {
        fs::read_to_string(self.path.join("out")).unwrap()
    }
}

pub(crate) const INVENTORY: (&str, &str) = (
    "inventory/hosts",
    "localhost ansible_connection=local\n[overcloud]\nbm1\nbm2\n[overcloud:vars]\nansible_connection=local\n\
     ansible_python_interpreter={{ ansible_playbook_python }}\n",
);

/// A playbook that appends a line about `bm1` to `$OUT`.
pub(crate) fn say(line: &str) -> String {
    format!(
        "- hosts: bm1\n  gather_facts: false\n  tasks:\n    - ansible.builtin.shell: \
         echo \"$LINE\" >> $OUT\n      environment: {{LINE: \"{line}\"}}\n      check_mode: false\n"
    )
}
