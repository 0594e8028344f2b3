//! Kayobe's `overcloud_dib_…` and `kolla_bifrost_dib_…`: the images that diskimage-builder makes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Reader;
use crate::{
    model::dib::{Dib, DibBuilder, DibImage, GitElements},
    secret::{SecretRef, names_secret},
    trouble::{Result, Trouble},
};

const IMAGES: &str = "overcloud_dib_host_images";

/// An item as it is written; what Kayobe passes on without a use here is let be.
#[derive(Debug, Deserialize)]
struct Written {
    name: Option<String>,
    elements: Option<Vec<String>>,
    env: Option<BTreeMap<String, Value>>,
    packages: Option<Vec<String>>,
    size: Option<Value>,
    r#type: Option<String>,
    architecture: Option<String>,
    force_rebuild: Option<bool>,
}

/// The images that are built with diskimage-builder. A site with recipes of its own does not mean Kayobe's default.
pub fn images(reader: &Reader, has_recipes: bool) -> Result<Dib> {
    let kayobe_builds = reader.get::<bool>("overcloud_dib_build_host_images")?;
    let images = match kayobe_builds.is_none_or(|found| found.value) {
        true if has_recipes && reader.variables.is_built_in(reader.host, IMAGES) => Vec::new(),
        true => listed(reader)?,
        // Bifrost builds one by itself, which its own variables describe.
        false if has_recipes => Vec::new(),
        false => vec![bifrosts(reader)?],
    };
    Ok(Dib { images, setting: reader.setting(IMAGES), builder: builder(reader)? })
}

fn listed(reader: &Reader) -> Result<Vec<DibImage>> {
    let Some(found) = reader.get::<Vec<Written>>(IMAGES)? else { return Ok(Vec::new()) };
    let vaulted = reader.variables.is_secret(reader.host, IMAGES);
    let read = |(at, written): (usize, Written)| {
        let refused = |cause: String| {
            Trouble::refused(format!("reading the image {} of `{IMAGES}`", at + 1))
                .because(cause)
                .set_by(&found.setting)
        };
        let name = written.name.ok_or_else(|| refused("it has no `name`".into()))?;
        if !is_file_name(&name) {
            return Err(refused(format!("`{name}` cannot be an image's name"))
                .hint("use letters, digits, `-`, `_` and `.`"));
        }
        let elements = written.elements.ok_or_else(|| {
            refused(format!("`{name}` has no `elements`"))
                .hint("an image that is not built here belongs into `ymir_host_images`")
        })?;
        let at = at.to_string();
        let secret = |key: &str| SecretRef::of(reader.host, IMAGES, &[&at, "env", key]);
        let (env, secrets) = environment(written.env.unwrap_or_default(), vaulted, secret);
        Ok(DibImage {
            name,
            elements,
            env,
            secrets,
            packages: written.packages.unwrap_or_default(),
            size: written.size.filter(|size| !size.is_null()).map(text),
            r#type: written.r#type.filter(|kind| !kind.is_empty()),
            architecture: written.architecture.filter(|name| !name.is_empty()),
            force_rebuild: written.force_rebuild.unwrap_or_default(),
        })
    };
    found.value.into_iter().enumerate().map(read).collect()
}

/// The one image that Bifrost would build.
fn bifrosts(reader: &Reader) -> Result<DibImage> {
    const ENV: &str = "kolla_bifrost_dib_env_vars";
    let word = |name| Ok::<_, Trouble>(reader.get::<String>(name)?.map(|found| found.value));
    let words = |name| Ok::<_, Trouble>(reader.get::<Vec<String>>(name)?.map(|found| found.value));
    let mut elements: Vec<String> = word("kolla_bifrost_dib_os_element")?.into_iter().collect();
    elements.extend(words("kolla_bifrost_dib_elements")?.unwrap_or_default());
    elements.extend(word("kolla_bifrost_dib_init_element")?);
    let env = reader.get::<BTreeMap<String, Value>>(ENV)?.map(|found| found.value);
    let vaulted = reader.variables.is_secret(reader.host, ENV);
    let secret = |key: &str| SecretRef::of(reader.host, ENV, &[key]);
    let (mut env, secrets) = environment(env.unwrap_or_default(), vaulted, secret);
    if let Some(release) = word("kolla_bifrost_dib_os_release")? {
        env.entry("DIB_RELEASE".into()).or_insert(release);
    }
    Ok(DibImage {
        name: "deployment_image".into(),
        elements,
        env,
        secrets,
        packages: words("kolla_bifrost_dib_packages")?.unwrap_or_default(),
        size: None,
        r#type: None,
        architecture: None,
        force_rebuild: false,
    })
}

fn builder(reader: &Reader) -> Result<DibBuilder> {
    let word = |name| {
        let found = reader.get::<String>(name)?.map(|found| found.value);
        Ok::<_, Trouble>(found.filter(|text| !text.is_empty()))
    };
    let git = reader.get::<Vec<GitElements>>("overcloud_dib_git_elements")?;
    let packages = reader.get::<Vec<String>>("overcloud_dib_host_packages_extra")?;
    let packages = packages.map(|found| found.value).unwrap_or_default();
    Ok(DibBuilder {
        version: word("ymir_image_dib_version")?,
        constraints: word("overcloud_dib_dib_upper_constraints_file")?,
        packages: packages.into_iter().filter(|name| !name.is_empty()).collect(),
        git_elements: git.map_or_else(Vec::new, |found| found.value),
    })
}

/// The environment in two parts: what may be seen, and what is found again when it is used.
fn environment(
    env: BTreeMap<String, Value>,
    vaulted: bool,
    secret: impl Fn(&str) -> SecretRef,
) -> (BTreeMap<String, String>, BTreeMap<String, SecretRef>) {
    let hidden = |key: &String, value: &Value| value.is_string() && (vaulted || names_secret(key));
    let (secrets, plain): (BTreeMap<_, _>, BTreeMap<_, _>) = env
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .partition(|(key, value)| hidden(key, value));
    let secrets = secrets.into_keys().map(|key| (key.clone(), secret(&key))).collect();
    (plain.into_iter().map(|(key, value)| (key, text(value))).collect(), secrets)
}

/// A value as Ansible puts it into an environment.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        other => other.to_string(),
    }
}

fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.chars().all(plain) && !name.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_environment_is_as_ansible_would_have_it_and_shows_no_secret() {
        let env = json!({ "DIB_A": true, "DIB_B": 3, "DIB_DEV_USER_PASSWORD": "hidden", "DIB_C": "x", "DIB_D": null });
        let env: BTreeMap<String, Value> = serde_json::from_value(env).unwrap();
        let secret = |key: &str| SecretRef::of("localhost", IMAGES, &["0", "env", key]);
        let (plain, secrets) = environment(env.clone(), false, secret);
        let told: Vec<_> = plain.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(told, ["DIB_A=True", "DIB_B=3", "DIB_C=x"]);
        assert_eq!(secrets.keys().collect::<Vec<_>>(), ["DIB_DEV_USER_PASSWORD"]);
        let (plain, secrets) = environment(env, true, secret);
        assert_eq!((plain.len(), secrets.len()), (2, 2), "all text of a vault is hidden");
    }
}
