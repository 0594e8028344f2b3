//! `trust_store_ca_certificates`: files of this machine.

use camino::Utf8PathBuf;

use super::Class;
use crate::{
    host::concern::{Certificate, Concern, TrustStore},
    resolve::Reader,
    trouble::{Result, Tell, Trouble},
};

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let Some(paths) = reader.get::<Vec<Utf8PathBuf>>("trust_store_ca_certificates")? else {
        return Ok(None);
    };
    let mut certificates = Vec::new();
    for path in &paths.value {
        let told = || format!("{}: reading the certificate {path}", reader.host);
        let missing =
            || Trouble::refused(told()).because("there is no such file").set_by(&paths.setting);
        let (bytes, _) = reader.variables.files().bytes(path)?.ok_or_else(missing)?;
        let text = String::from_utf8(bytes).or_refused(told)?;
        let name = path.file_name().unwrap_or_default().to_owned();
        certificates.push(Certificate { name, text });
    }
    Ok(Some(TrustStore { certificates }.into()))
}
