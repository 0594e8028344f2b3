//! Settings of Ansible that change what a configuration means and that are not followed: refused, never ignored.

use super::config::{Config, Name};
use crate::trouble::{Result, Trouble};

/// A setting, and the values with which everything means what it means here; the first is Ansible's own.
struct Setting {
    name: Name,
    followed: &'static [&'static str],
    /// What another value would do.
    effect: &'static str,
}

const SETTINGS: &[Setting] = &[
    Setting {
        name: ("ANSIBLE_HASH_BEHAVIOUR", "defaults", "hash_behaviour"),
        followed: &["replace"],
        effect: "maps of several layers would be merged",
    },
    Setting {
        name: ("ANSIBLE_PRECEDENCE", "defaults", "precedence"),
        followed: &[
            "all_inventory,groups_inventory,all_plugins_inventory,all_plugins_play,groups_plugins_inventory,\
             groups_plugins_play",
        ],
        effect: "group variables would take precedence in another order",
    },
    Setting {
        name: ("ANSIBLE_VARS_ENABLED", "defaults", "vars_plugins_enabled"),
        followed: &["host_group_vars", "ansible.builtin.host_group_vars"],
        effect: "variables would come from other places than `group_vars` and `host_vars`",
    },
    Setting {
        name: ("ANSIBLE_RUN_VARS_PLUGINS", "defaults", "run_vars_plugins"),
        followed: &["demand"],
        effect: "`group_vars` and `host_vars` would be read before other inventories",
    },
    Setting {
        name: ("ANSIBLE_VARS_PLUGIN_STAGE", "vars_host_group_vars", "stage"),
        followed: &["all"],
        effect: "`group_vars` and `host_vars` would count at some times only",
    },
    Setting {
        name: ("ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", "defaults", "force_valid_group_names"),
        followed: &["never", "ignore"],
        effect: "groups would get other names",
    },
    Setting {
        name: ("ANSIBLE_YAML_FILENAME_EXT", "defaults", "yaml_valid_extensions"),
        followed: &[".yml,.yaml,.json"],
        effect: "other files would hold variables",
    },
    Setting {
        name: ("ANSIBLE_INVENTORY_PLUGIN_EXTS", "inventory_plugin_yaml", "yaml_valid_extensions"),
        followed: &[".yaml,.yml,.json", ".yml,.yaml,.json"],
        effect: "other files would be inventories",
    },
    Setting {
        name: ("ANSIBLE_INVENTORY_USE_EXTRA_VARS", "inventory_plugins", "use_extra_vars"),
        followed: &["false", "no", "off", "0", "n", "f"],
        effect: "constructed inventories would read extra variables",
    },
];

/// Refuses a setting with a value that is not followed.
pub(super) fn check(config: &Config) -> Result<()> {
    SETTINGS.iter().try_for_each(|setting| setting.check(config))
}

impl Setting {
    fn check(&self, config: &Config) -> Result<()> {
        let Some(value) = config.value(self.name) else { return Ok(()) };
        let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect();
        if self.followed.contains(&plain.trim_matches(['[', ']']).to_lowercase().as_str()) {
            return Ok(());
        }
        let (variable, _, key) = self.name;
        let place = config.place(self.name);
        Err(Trouble::refused(format!("following Ansible's setting `{key}`"))
            .because(format!(
                "it is `{value}` in {place}, with which {}; only `{}` is understood",
                self.effect, self.followed[0]
            ))
            .hint(format!("take `{key}` out of `ansible.cfg` and unset {variable}")))
    }
}
