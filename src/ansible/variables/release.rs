//! Which OpenStack release's defaults lie below a site: its `openstack_release` says so.

use std::sync::Arc;

use serde_json::Value;

use super::{
    site::Site,
    table::{Entry, Table},
};
use crate::{
    ansible::{builtin::Release, yaml::Data},
    origin::Setting,
    secret::MASK,
    trouble::Trouble,
};

const NAME: &str = "openstack_release";
/// The host that the release is asked of: one that every site has.
const LOCALHOST: &str = "localhost";

/// The release that extra variables name as plain text, where most sites do: defaults are read once then.
pub(super) fn written(extra: &Table) -> Option<Release> {
    match &extra.winner(NAME)?.written().data {
        Data::Text(text) => Release::named(text),
        Data::Float(number) => Release::named(&number.to_string()),
        _ => None,
    }
}

/// A release to read a site with.
pub(super) struct Choice {
    pub(super) release: Release,
    /// The site means another, whose defaults are not there, or it cannot be known which.
    pub(super) doubt: Option<Trouble>,
}

impl From<Release> for Choice {
    fn from(release: Release) -> Self {
        Self { release, doubt: None }
    }
}

/// The release that the site names, once everything is read; the newest if it names none.
pub(super) fn named(site: &Arc<Site>) -> Choice {
    let Some(host) = site.inventory.host(LOCALHOST) else { return site.release.into() };
    let Some(entry) = site.winner(host, NAME).filter(|entry| entry.is_of_site()) else {
        return Release::newest().into();
    };
    let name = match site.evaluator(host).variable(NAME) {
        Ok(None | Some(Value::Null)) => String::new(),
        Ok(Some(Value::String(text))) => text,
        Ok(Some(other)) => other.to_string(),
        Err(trouble) => {
            let doubt = trouble.while_trying("finding the OpenStack release of the site");
            return Choice { release: Release::newest(), doubt: Some(doubt) };
        }
    };
    if name.is_empty() {
        return Release::newest().into();
    }
    Release::named(&name).map_or_else(|| near(&name, entry), Choice::from)
}

/// What is nearest to a release without defaults.
fn near(name: &str, entry: &Entry) -> Choice {
    let setting = Setting { variable: NAME.to_owned(), origin: entry.written().origin.clone() };
    let known: Vec<_> = Release::all().into_iter().map(Release::name).collect();
    let shown = if entry.is_secret() { MASK } else { name };
    let doubt = Trouble::refused(format!("taking the defaults of the OpenStack release `{shown}`"))
        .because(format!("Ymir knows the defaults of {}", known.join(", ")))
        .set_by(&setting)
        .hint("set `openstack_release` to a release that is known, or use the Ymir made for yours");
    Choice { release: Release::nearest(name), doubt: Some(doubt) }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use camino::Utf8Path;

    use crate::{
        ansible::{Load, Variables, world::Machine},
        settings::Environment,
    };

    fn site(files: &[(&str, &str)]) -> Variables {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(directory.path()).unwrap();
        fs::create_dir_all(path.join("inventory/group_vars")).unwrap();
        fs::write(path.join("inventory/hosts"), "[overcloud]\nh1\n").unwrap();
        for (file, text) in files {
            fs::write(path.join(file), text).unwrap();
        }
        let load = Load { config_path: path.to_owned(), ..Load::default() };
        Variables::load(&load, Arc::new(Machine::new(Environment::default()))).unwrap()
    }

    /// The release that a site is read with, and the default of one variable.
    fn read(files: &[(&str, &str)]) -> String {
        let variables = site(files);
        let engine = variables.value("h1", "container_engine").unwrap().unwrap_or_default();
        format!("{} {engine}", variables.release().name())
    }

    #[test]
    fn the_site_chooses_among_the_folders_there_are() {
        let (older, newest) = ("2000.1 \"jail\"", "2026.2 \"docker\"");
        let table = [
            ("openstack_release: '2000.1'", older),
            ("openstack_release: 2000.1", older),
            ("openstack_release: '2026.2'", newest),
            ("openstack_release: MASTER", newest),
            ("openstack_release:", newest),
            ("a: 1", newest),
            ("openstack_release: \"{{ b }}\"\nb: '2000.1'", older),
            ("openstack_release: \"{{ 'master' }}\"", newest),
        ];
        for (text, expected) in table {
            assert_eq!(read(&[("openstack.yml", text)]), expected, "{text}");
        }
        let of_all = ("inventory/group_vars/all", "openstack_release: '2000.1'");
        assert_eq!(read(&[of_all]), older);
    }

    #[test]
    fn everything_that_is_built_in_is_of_one_release() {
        let variables = site(&[("openstack.yml", "openstack_release: '2000.1'")]);
        let release = variables.release();
        assert!(variables.names("h1").contains(&"punch_card_reader".to_owned()));
        assert!(!variables.names("h1").contains(&"docker_storage_driver".to_owned()));
        let secrets: Vec<_> = release.secrets().map(|(name, _)| name).collect();
        assert!(secrets.contains(&"punch_card_reader"), "{secrets:?}");
        assert!(!secrets.contains(&"docker_registry_password"), "{secrets:?}");
        let files: Vec<_> =
            release.reference().unwrap().into_iter().map(|(file, _)| file).collect();
        assert_eq!(files, ["site", "variables"]);
        let files: Vec<_> = release.contributions().unwrap().into_keys().collect();
        assert_eq!(files, ["kolla/globals.yml"]);
        let handed_over = variables.inventory();
        let all = handed_over.iter().any(|(path, _)| path == "group_vars/all/containers.yml");
        assert!(!all, "{handed_over:?}");
    }

    #[test]
    fn a_release_without_a_folder_is_doubted_and_read_with_the_nearest() {
        let table = [
            ("openstack_release: '2031.1'", "2026.2", "defaults of 2000.1, 2026.2"),
            ("openstack_release: [a]", "2026.2", "release `[\"a\"]`"),
            ("openstack_release: \"{{ 2002 }}.1\"", "2000.1", "release `2002.1`"),
            ("openstack_release: \"{{ b }}\"", "2026.2", "'b' is undefined"),
        ];
        for (text, release, said) in table {
            let variables = site(&[("openstack.yml", text)]);
            let doubt = variables.unknown_release().unwrap();
            assert_eq!(variables.release().name(), release, "{text}");
            assert!(doubt.to_string().contains(said), "{doubt}");
            assert_eq!(doubt.settings[0].origin.line, 1, "{doubt:?}");
        }
    }
}
