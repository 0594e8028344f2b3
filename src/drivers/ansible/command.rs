//! The command line and the environment of `ansible-playbook`: pure, from what the operator gave and what there is.

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    HookRun,
    material::{self, Material},
    prompt,
};
use crate::{drivers::process::Run, model::hook::Hook, settings::Environment};

/// What the operator's command line says that playbooks are to know, too.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    /// `-e`, in order, as given.
    pub extra_vars: Vec<String>,
    /// `-i`: instead of the site's inventories.
    pub inventories: Vec<Utf8PathBuf>,
    pub limit: Option<String>,
    pub tags: Option<String>,
    pub skip_tags: Option<String>,
    pub r#become: bool,
    pub check: bool,
    pub diff: bool,
    /// How often `-v` was given.
    pub verbose: u8,
}

/// Kayobe adds this tag whenever tags are given, and sites have tagged their playbooks with it.
const ALWAYS_WITH_TAGS: &str = "kayobe-generate-config";

/// Kinds of plug-ins: the variable that says where they are, the directory's name here and in Ansible's own folders.
const PLUGINS: &[(&str, &str, &str)] = &[
    ("ANSIBLE_ACTION_PLUGINS", "action_plugins", "plugins/action"),
    ("ANSIBLE_FILTER_PLUGINS", "filter_plugins", "plugins/filter"),
    ("ANSIBLE_LOOKUP_PLUGINS", "lookup_plugins", "plugins/lookup"),
    ("ANSIBLE_TEST_PLUGINS", "test_plugins", "plugins/test"),
    ("ANSIBLE_ROLES_PATH", "roles", "roles"),
    ("ANSIBLE_COLLECTIONS_PATH", "collections", "collections"),
];

/// One call of `ansible-playbook`.
#[derive(Debug)]
pub(super) struct Command<'a> {
    pub cx: &'a HookRun,
    pub hooks: &'a [Hook],
    pub material: &'a Material,
}

impl Command<'_> {
    /// The call as a process; the vault password travels in the environment only. Ctrl-C does not reach it, unless it
    /// has to ask on the terminal.
    pub(super) fn run(&self, program: &Utf8Path) -> Run {
        let environment = self.environment(program);
        let run = Run::new(program.as_str()).args(self.args()).clean_env();
        let run = if prompt::asks(&Environment(environment.iter().cloned().collect())) {
            run.with_terminal()
        } else {
            run.without_terminal()
        };
        environment.into_iter().fold(run, |run, (name, value)| run.env(name, value))
    }

    fn args(&self) -> Vec<String> {
        let given = &self.cx.arguments;
        let mut args = Vec::new();
        let mut option = |name: &str, value: &str| args.extend([name.to_owned(), value.to_owned()]);
        self.inventories().iter().for_each(|path| option("--inventory", path.as_str()));
        let files = self.cx.layers.iter().flat_map(|layer| variable_files(layer));
        files.for_each(|file| option("-e", &format!("@{file}")));
        given.extra_vars.iter().for_each(|vars| option("-e", vars));
        if let Some(limit) = &given.limit {
            option("--limit", limit);
        }
        if let Some(tags) = &given.skip_tags {
            option("--skip-tags", tags);
        }
        if let Some(tags) = &given.tags {
            option("--tags", &format!("{tags},{ALWAYS_WITH_TAGS}"));
        }
        let flags =
            [("--become", given.r#become), ("--check", given.check), ("--diff", given.diff)];
        args.extend(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| (*flag).to_owned()));
        args.extend((0..given.verbose).map(|_| "-v".to_owned()));
        args.extend(self.hooks.iter().map(|hook| hook.playbook.to_string()));
        args
    }

    /// One program for each vault password answers with the variable that holds it. The list replaces one in
    /// `ansible.cfg`, whose passwords are among these.
    fn vault(&self) -> Vec<(String, String)> {
        let given = &self.cx.vault;
        let ids = given
            .iter()
            .enumerate()
            .map(|(at, (label, _))| format!("{label}@{}", self.material.vault_password(at)));
        let ids = ids.collect::<Vec<_>>().join(",");
        let passwords = given.iter().map(|(_, password)| password.reveal().to_owned()).enumerate();
        let mut set: Vec<_> =
            passwords.map(|(at, password)| (material::vault_variable(at), password)).collect();
        if !given.is_empty() {
            set.push(("ANSIBLE_VAULT_IDENTITY_LIST".to_owned(), ids));
        }
        // Kayobe's own playbooks look for it here.
        let unnamed = given.iter().rfind(|(label, _)| label == "default");
        let unnamed = unnamed.map(|(_, password)| password.reveal().to_owned());
        set.extend(unnamed.map(|password| ("KAYOBE_VAULT_PASSWORD".to_owned(), password)));
        set
    }

    /// The built-in defaults, then `-i` or each layer's inventory.
    fn inventories(&self) -> Vec<Utf8PathBuf> {
        let given = &self.cx.arguments.inventories;
        let own = || {
            let paths = self.cx.layers.iter().map(|layer| layer.join("inventory"));
            paths.filter(|path| path.exists()).collect()
        };
        let site = if given.is_empty() { own() } else { given.clone() };
        [vec![self.material.inventory()], site].concat()
    }

    /// What the operator has set wins; Kayobe's plug-ins come after the site's.
    fn environment(&self, program: &Utf8Path) -> Vec<(String, String)> {
        let mut set = self.cx.environment.0.clone();
        let base = self.cx.layers.first().map_or(Utf8Path::new(""), Utf8PathBuf::as_path);
        let mut default = |name: &str, value: String| {
            set.entry(name.to_owned()).or_insert(value);
        };
        for (variable, here, there) in PLUGINS {
            let own = self.material.plugins().join(here);
            default(
                variable,
                format!(
                    "{base}/ansible/{here}:{own}:~/.ansible/{there}:/usr/share/ansible/{there}"
                ),
            );
        }
        if base.join("ansible.cfg").is_file() {
            default("ANSIBLE_CONFIG", base.join("ansible.cfg").into_string());
        }
        // Kayobe's variables still hold conditions that are no booleans.
        default("ANSIBLE_ALLOW_BROKEN_CONDITIONALS", "true".into());
        let environments = self.cx.layers.iter().skip(1).map(|layer| layer.as_str());
        set.insert("YMIR_ENVIRONMENT_LAYERS".into(), environments.collect::<Vec<_>>().join(":"));
        set.extend(self.vault());
        // Playbooks call `ansible-galaxy` and its like by name.
        if let Some(dir) = program.parent().filter(|dir| !dir.as_str().is_empty()) {
            let path = set.get("PATH").map_or(String::new(), |path| format!(":{path}"));
            set.insert("PATH".into(), format!("{dir}{path}"));
        }
        set.into_iter().collect()
    }
}

/// The files that count as extra variables: those directly in the layer, sorted by name.
fn variable_files(layer: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = layer.read_dir_utf8().into_iter().flatten().flatten();
    let files = entries.map(camino::Utf8DirEntry::into_path).filter(|path| path.is_file());
    let counts = |path: &Utf8PathBuf| {
        let name = path.file_name().unwrap_or_default();
        !name.starts_with('.') && matches!(path.extension(), Some("yml" | "yaml" | "json"))
    };
    let mut files: Vec<_> = files.filter(counts).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::secret::Secret;

    /// A base with an environment, and what runs in it.
    fn site(dir: &tempfile::TempDir) -> HookRun {
        let root = Utf8Path::from_path(dir.path()).unwrap();
        let layers = ["base", "env"].map(|layer| root.join(layer)).to_vec();
        for layer in &layers {
            fs::create_dir_all(layer.join("inventory")).unwrap();
            fs::create_dir_all(layer.join("directory.yml")).unwrap();
            for file in ["b.yml", "a.json", "c.yaml", "readme.md", ".hidden.yml"] {
                fs::write(layer.join(file), "{}").unwrap();
            }
        }
        HookRun {
            environment: Environment::default(),
            layers,
            defaults: Vec::new(),
            vault: Vec::new(),
            arguments: Arguments::default(),
            dir: root.join("state"),
        }
    }

    /// The command line, with the temporary directories' names taken out.
    fn args(cx: &HookRun) -> String {
        let material = Material::write(cx).unwrap();
        let hook = Hook { file: "pre.d/1-a.yml".into(), playbook: "/site/a.yml".into() };
        let line = Command { cx, hooks: &[hook], material: &material }.args().join(" ");
        let root = cx.dir.parent().unwrap();
        let own = material.inventory();
        line.replace(own.parent().unwrap().as_str(), "OWN").replace(root.as_str(), "ROOT")
    }

    fn environment(cx: &HookRun) -> std::collections::BTreeMap<String, String> {
        let material = Material::write(cx).unwrap();
        let command = Command { cx, hooks: &[], material: &material };
        command.environment("/venv/bin/ansible-playbook".into()).into_iter().collect()
    }

    #[test]
    fn inventories_and_variable_files_stand_in_kayobes_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut cx = site(&dir);
        let files = |layer: &str| {
            ["a.json", "b.yml", "c.yaml"].map(|file| format!("-e @ROOT/{layer}/{file}")).join(" ")
        };
        let files = format!("{} {}", files("base"), files("env"));
        assert_eq!(
            args(&cx),
            format!(
                "--inventory OWN/inventory --inventory ROOT/base/inventory --inventory ROOT/env/inventory {files} /site/a.yml"
            )
        );
        cx.vault = vec![("default".into(), Secret::new("hunter2")), ("b".into(), Secret::new("c"))];
        let set = environment(&cx);
        let ids = &set["ANSIBLE_VAULT_IDENTITY_LIST"];
        let shape: Vec<_> =
            ids.split(',').map(|id| (id.split('@').next(), &id[id.len() - 2..])).collect();
        assert_eq!(shape, [(Some("default"), "-0"), (Some("b"), "-1")]);
        let passwords = ["KAYOBE_VAULT_PASSWORD", "YMIR_VAULT_PASSWORD_0", "YMIR_VAULT_PASSWORD_1"];
        assert_eq!(passwords.map(|name| &*set[name]), ["hunter2", "hunter2", "c"]);
        cx.arguments = Arguments {
            extra_vars: vec!["a=1".into(), "@more.yml".into()],
            inventories: vec!["mine".into()],
            limit: Some("bm1".into()),
            tags: Some("x".into()),
            skip_tags: Some("y".into()),
            r#become: true,
            check: true,
            diff: true,
            verbose: 2,
        };
        assert_eq!(
            args(&cx),
            format!(
                "--inventory OWN/inventory --inventory mine {files} \
                 -e a=1 -e @more.yml --limit bm1 --skip-tags y --tags x,kayobe-generate-config \
                 --become --check --diff -v -v /site/a.yml"
            )
        );
    }

    #[test]
    fn what_the_operator_has_set_wins() {
        let dir = tempfile::tempdir().unwrap();
        let mut cx = site(&dir);
        let base = cx.layers[0].clone();
        let set = environment(&cx);
        assert!(!set.contains_key("ANSIBLE_CONFIG"), "there is no ansible.cfg");
        assert!(
            set["ANSIBLE_FILTER_PLUGINS"].starts_with(&format!("{base}/ansible/filter_plugins:"))
        );
        assert_eq!(set["YMIR_ENVIRONMENT_LAYERS"], cx.layers[1]);
        assert_eq!(set["PATH"], "/venv/bin");

        fs::write(base.join("ansible.cfg"), "").unwrap();
        assert_eq!(environment(&cx)["ANSIBLE_CONFIG"], base.join("ansible.cfg"));
        let own = [("ANSIBLE_CONFIG", "mine"), ("ANSIBLE_FILTER_PLUGINS", "also mine")];
        cx.environment = Environment(own.map(|(name, value)| (name.into(), value.into())).into());
        let set = environment(&cx);
        assert_eq!(own.map(|(name, _)| set[name].as_str()), own.map(|(_, value)| value));
    }
}
