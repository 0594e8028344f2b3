//! Whether Ansible is told to ask on the terminal. Most hooks are not to hear Ctrl-C, but one that asks needs it.

use std::fs;

use camino::Utf8PathBuf;

use crate::settings::Environment;

/// Switches that make Ansible ask for a password: the variable, and the key in `ansible.cfg`.
const SWITCHES: [(&str, &str); 3] = [
    ("ANSIBLE_ASK_PASS", "ask_pass"),
    ("ANSIBLE_ASK_VAULT_PASS", "ask_vault_pass"),
    ("ANSIBLE_BECOME_ASK_PASS", "become_ask_pass"),
];

/// A list of vault passwords, each `label@source`; the source `prompt` asks.
const IDENTITIES: (&str, &str) = ("ANSIBLE_VAULT_IDENTITY_LIST", "vault_identity_list");

/// Whether Ansible will ask, by its environment and the `ansible.cfg` that it will find.
pub(super) fn asks(environment: &Environment) -> bool {
    let text = configuration(environment).and_then(|file| fs::read_to_string(file).ok());
    asks_in(environment, &text.unwrap_or_default())
}

/// The first of the places where Ansible looks.
fn configuration(environment: &Environment) -> Option<Utf8PathBuf> {
    let home = environment.get("HOME").map(|home| format!("{home}/.ansible.cfg"));
    let named = environment.get("ANSIBLE_CONFIG").map(str::to_owned);
    let places = [named, Some("ansible.cfg".into()), home, Some("/etc/ansible/ansible.cfg".into())];
    places.into_iter().flatten().map(Utf8PathBuf::from).find(|place| place.is_file())
}

/// A variable wins over the file.
fn asks_in(environment: &Environment, text: &str) -> bool {
    let value = |(variable, key): (&str, &str)| {
        environment.get(variable).or_else(|| value_of(text, key)).unwrap_or_default().to_lowercase()
    };
    let on = |value: String| matches!(value.as_str(), "true" | "yes" | "on" | "1" | "y" | "t");
    SWITCHES.into_iter().any(|switch| on(value(switch)))
        || value(IDENTITIES).split(',').any(|identity| identity.trim().ends_with("@prompt"))
}

/// The value of a key, in whatever section; the last one counts.
fn value_of<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let setting = |line: &'t str| {
        let (name, value) = line.split_once(['=', ':'])?;
        (name.trim().eq_ignore_ascii_case(key))
            .then(|| value.split(" ;").next().unwrap_or_default().trim())
    };
    text.lines().filter_map(setting).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variables, the text of `ansible.cfg`, and whether Ansible asks.
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, bool);

    #[test]
    fn what_makes_ansible_ask_is_known() {
        let table: [Case<'_>; 10] = [
            (&[], "", false),
            (&[], "[privilege_escalation]\nbecome_ask_pass = True\n", true),
            (&[], "[privilege_escalation]\n# become_ask_pass = True\nbecome = yes\n", false),
            (&[], "[defaults]\nask_pass: yes ; of course\n", true),
            (&[], "[defaults]\nask_vault_pass=no\n", false),
            (&[], "[defaults]\nvault_identity_list = dev@~/.dev, prod@prompt\n", true),
            (&[], "[defaults]\nvault_identity_list = dev@~/prompt\n", false),
            (&[("ANSIBLE_BECOME_ASK_PASS", "1")], "", true),
            (&[("ANSIBLE_ASK_PASS", "false")], "[defaults]\nask_pass = true\n", false),
            (&[("ANSIBLE_VAULT_IDENTITY_LIST", "all@prompt")], "", true),
        ];
        for (variables, text, expected) in table {
            let set = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            assert_eq!(
                asks_in(&Environment(set.collect()), text),
                expected,
                "{variables:?} {text}"
            );
        }
    }
}
