//! `luks_devices`, and where their keys are.

use camino::Utf8PathBuf;
use serde::Deserialize;

use super::{Class, filled};
use crate::{
    host::{
        concern::{Concern, Encrypted, Luks},
        sealed::{Place, Sealed},
    },
    resolve::Reader,
    secret::Holder,
    trouble::{Result, Trouble},
};

const VARIABLE: &str = "luks_devices";

/// Where keys are on hosts unless the site says otherwise.
const KEYS: &str = "/etc/luks-keys";

/// An item of `luks_devices`.
#[derive(Deserialize)]
struct Item {
    name: Option<String>,
    device: String,
    keyfile: Option<Utf8PathBuf>,
    mode: Option<String>,
    #[serde(default)]
    options: Vec<String>,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let Some(found) = reader.get::<Vec<Item>>(VARIABLE)? else {
        return Ok(Some(Luks { devices: Vec::new() }.into()));
    };
    if let Some(place) = filled(reader, "luks_key_collection_path")?
        && !found.value.is_empty()
    {
        return Err(Trouble::refused(format!("{}: `luks_key_collection_path`", reader.host))
            .because("Ymir leaves keys that hosts make on the hosts")
            .set_by(&place.setting)
            .hint(
                "leave it out; keys of the site's own, in `keyfile`, are at hand if a host is lost",
            ));
    }
    let keys = filled(reader, "luks_keys_path")?.map_or_else(|| KEYS.into(), |path| path.value);
    let mut devices = Vec::new();
    for (index, item) in found.value.into_iter().enumerate() {
        let shown = item.device.clone();
        devices.push(device(reader, index, item, &keys).map_err(|why| {
            Trouble::refused(format!("{}: the device {shown} of `{VARIABLE}`", reader.host))
                .because(why)
                .set_by(&found.setting)
        })?);
    }
    Ok(Some(Luks { devices }.into()))
}

fn device(
    reader: &Reader,
    index: usize,
    item: Item,
    keys: &str,
) -> std::result::Result<Encrypted, String> {
    let Some(own) = item.device.strip_prefix('/') else {
        return Err("it is no absolute path".into());
    };
    let name = item.name.filter(|name| !name.is_empty() && !name.contains('/'));
    let name = name.ok_or("it has no `name`, under which it is opened")?;
    match item.mode.as_deref() {
        None | Some("keyfile") => {}
        Some(mode @ ("tang" | "tpm2")) => {
            return Err(format!(
                "Ymir does not open devices by `{mode}` yet, only with a key in a file"
            ));
        }
        Some(mode) => return Err(format!("`{mode}` is no mode; `keyfile` is one")),
    }
    let given = match &item.keyfile {
        None => None,
        Some(path) => {
            let bytes =
                reader.variables.files().bytes(path).map_err(|trouble| trouble.to_string())?;
            if bytes.is_none_or(|(bytes, _)| bytes.is_empty()) {
                return Err(format!("there is no key in {path} on this machine"));
            }
            let path = vec![index.to_string(), "keyfile".into()];
            let (host, variable) = (reader.host.into(), VARIABLE.into());
            Some(Sealed::Sealed(Place { host, variable, path, holder: Holder::Bytes }))
        }
    };
    let key = format!("{keys}/{}", own.replace('/', "-"));
    Ok(Encrypted { name, device: item.device, key, given, options: item.options })
}
