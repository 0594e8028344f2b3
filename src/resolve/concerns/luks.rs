//! `luks_devices`, and where their keys are.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::{Class, filled};
use crate::{
    host::{
        concern::{Concern, Encrypted, Luks, Opener},
        resource::{Pin, Tang},
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
    options: Option<Vec<String>>,
    tang_server: Option<String>,
    tang_adv: Option<Utf8PathBuf>,
    tang_remove_key: Option<bool>,
    tpm2_remove_key: Option<bool>,
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
    let name = item.name.clone().filter(|name| !name.is_empty() && !name.contains('/'));
    let name = name.ok_or("it has no `name`, under which it is opened")?;
    let opener = opener(reader, &item)?;
    // Behind the network, as that is where the server is.
    let behind =
        matches!(&opener, Some(Opener { pin: Pin::Tang(_), .. })).then(|| "_netdev".into());
    let options = item.options.unwrap_or_else(|| behind.into_iter().collect());
    let given = match &item.keyfile {
        None => None,
        Some(path) => {
            if here(reader, path)?.is_empty() {
                return Err(format!("there is no key in {path} on this machine"));
            }
            let path = vec![index.to_string(), "keyfile".into()];
            let (host, variable) = (reader.host.into(), VARIABLE.into());
            Some(Sealed::Sealed(Place { host, variable, path, holder: Holder::Bytes }))
        }
    };
    let key = format!("{keys}/{}", own.replace('/', "-"));
    Ok(Encrypted { name, device: item.device, key, given, options, opener })
}

/// What a file of this machine holds; nothing if there is none.
fn here(reader: &Reader, path: &Utf8Path) -> std::result::Result<Vec<u8>, String> {
    let read = reader.variables.files().bytes(path).map_err(|trouble| trouble.to_string())?;
    Ok(read.map(|(bytes, _)| bytes).unwrap_or_default())
}

/// What opens the device; nothing where that is the key in its file.
fn opener(reader: &Reader, item: &Item) -> std::result::Result<Option<Opener>, String> {
    let (pin, removes_key, option) = match item.mode.as_deref() {
        None | Some("keyfile") => return Ok(None),
        Some("tang") => (Pin::Tang(tang(reader, item)?), item.tang_remove_key, "tang_remove_key"),
        Some("tpm2") => (Pin::Tpm2, item.tpm2_remove_key, "tpm2_remove_key"),
        Some(mode) => {
            return Err(format!("`{mode}` is no mode: there are `keyfile`, `tang` and `tpm2`"));
        }
    };
    let keeps_key = !removes_key.unwrap_or(true);
    if keeps_key && item.keyfile.is_none() {
        return Err(format!(
            "with `{option}: false` it opens with a key that nobody has: a key that the host makes is destroyed. Name one of the \
             site's in `keyfile`"
        ));
    }
    Ok(Some(Opener { pin, keeps_key }))
}

fn tang(reader: &Reader, item: &Item) -> std::result::Result<Tang, String> {
    let url = item.tang_server.clone().filter(|url| !url.is_empty());
    let url = url.ok_or("it has no `tang_server`, which opens it")?;
    let path = item.tang_adv.as_ref().ok_or_else(|| {
        format!(
            "it has no `tang_adv`, the file with the keys of the server that the site trusts: `curl {url}/adv` gives it, and \
             `tang-show-keys` on the server the thumbprint to compare"
        )
    })?;
    let text = String::from_utf8(here(reader, path)?).unwrap_or_default();
    Tang::trusted(url.clone(), &text).ok_or_else(|| {
        format!("there is no advertisement of a tang server in {path} on this machine; `curl {url}/adv` gives it")
    })
}
